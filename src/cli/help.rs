//! Help texts beyond what clap prints by itself, and where to send somebody who mistyped.

use std::ffi::OsString;

use clap::Command;

use super::arguments::{UsageError, definition};
use crate::config::nearest;

/// The text of `gptos help …`.
///
/// # Errors
/// [`UsageError`] for a verb that does not exist.
pub(super) fn about(verbs: &[String]) -> Result<String, UsageError> {
    let mut root = built();
    if verbs.is_empty() {
        return Ok(root.render_help().to_string());
    }
    if verbs == ["all"] {
        return Ok(overview(&root));
    }
    let mut command = &mut root;
    for (depth, verb) in verbs.iter().enumerate() {
        let meant = nearest(verb, command.get_subcommands().map(Command::get_name)).map(str::to_owned);
        command = command.find_subcommand_mut(verb).ok_or_else(|| UsageError {
            message: format!("`{}` is not a verb", verbs[..=depth].join(" ")),
            hint: Some(meant.map_or_else(|| "run `gptos help all`".to_owned(), |meant| format!("did you mean `{meant}`?"))),
        })?;
    }
    Ok(command.render_help().to_string())
}

/// Every verb with its usage and what it does.
fn overview(root: &Command) -> String {
    let mut text = String::from("gptos \"WORDS…\"\ngptos -- WORDS…\n    Print the command for some words\n");
    for leaf in leaves(root) {
        let usage = leaf.clone().render_usage().to_string();
        text.push_str(usage.trim_start_matches("Usage: ").trim_end());
        text.push_str(&format!("\n    {}\n", leaf.get_about().map(ToString::to_string).unwrap_or_default()));
    }
    text.push_str("\n`gptos help VERB` tells about the options of one.\n");
    text
}

/// The definition with full usage lines, down to the last verb.
pub(super) fn built() -> Command {
    let mut root = definition();
    root.build();
    root
}

/// All verbs that do something themselves, in the order of the definition.
pub(super) fn leaves(command: &Command) -> Vec<&Command> {
    let mut found = Vec::new();
    for verb in command.get_subcommands() {
        if verb.has_subcommands() {
            found.extend(leaves(verb));
        } else {
            found.push(verb);
        }
    }
    found
}

/// Where to read on about the verb that `arguments` begins with.
pub(super) fn pointer(arguments: &[OsString]) -> String {
    let root = definition();
    let (_, path) = innermost(&root, arguments);
    let verbs: String = path.iter().map(|verb| format!(" {verb}")).collect();
    format!("run `gptos help{verbs}`")
}

/// The verb that was probably meant by `word`, where the command line stands.
pub(super) fn nearest_verb(word: &str, arguments: &[OsString]) -> Option<String> {
    let root = definition();
    let (command, path) = innermost(&root, arguments);
    let mut meant: Vec<String> = path.into_iter().map(str::to_owned).collect();
    meant.insert(0, "gptos".to_owned());
    meant.push(nearest(word, command.get_subcommands().map(Command::get_name))?.to_owned());
    Some(meant.join(" "))
}

fn innermost<'a>(root: &'a Command, arguments: &[OsString]) -> (&'a Command, Vec<&'a str>) {
    let (mut command, mut path) = (root, Vec::new());
    for argument in arguments {
        let Some(next) = argument.to_str().and_then(|verb| command.find_subcommand(verb)) else { break };
        path.push(next.get_name());
        command = next;
    }
    (command, path)
}

/// Whether an argument that was refused is a word and not an option.
pub(super) fn is_plain_word(argument: Option<String>) -> bool {
    argument.is_some_and(|argument| !argument.starts_with('-'))
}
