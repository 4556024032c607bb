//! The manual page, from the one definition of the command line and the tables of keys and variables.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::help::{built, leaves};
use crate::config::keys;
use crate::env_vars;

/// The manual page `gptos(1)`.
pub fn page() -> String {
    let command = built();
    let mut page = Vec::new();
    let man = Man::new(command.clone()).title("GPTOS").manual("User Commands");
    // Writing to memory cannot fail.
    let _ = man.render_title(&mut page);
    let _ = man.render_name_section(&mut page);
    let mut roff = Roff::new();
    synopsis(&mut roff);
    verbs(&mut roff, &command);
    configuration(&mut roff);
    intents(&mut roff);
    environment(&mut roff);
    statuses(&mut roff);
    let _ = roff.to_writer(&mut page);
    // Formatters differ in the encoding they expect; what is not ASCII here has an ASCII form.
    String::from_utf8_lossy(&page).replace('…', "...")
}

fn synopsis(roff: &mut Roff) {
    roff.control("SH", ["SYNOPSIS"]);
    for form in [" \"WORDS...\"", " -- WORDS...", " VERB [OPTIONS]"] {
        roff.text([bold("gptos"), roman(form)]).control("br", []);
    }
    roff.control("SH", ["DESCRIPTION"]);
    roff.text([roman(
        "gptos turns words into a shell command. It prints the command and never runs it. With the integration that `gptos init` \
         prints, a key does the same in the line you are typing: the words become the command, which you read, change and run, or not. \
         An embedded translator answers many questions on this machine; services that you configure are asked about the others.",
    )]);
}

fn verbs(roff: &mut Roff, command: &Command) {
    roff.control("SH", ["VERBS"]);
    for leaf in leaves(command) {
        let usage = leaf.clone().render_usage().to_string();
        roff.control("TP", []).text([bold(usage.trim_start_matches("Usage: ").trim_end())]);
        roff.text([roman(sentence(&leaf.get_about().map(ToString::to_string).unwrap_or_default()))]);
        let arguments: Vec<_> = leaf.get_arguments().filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version")).collect();
        if arguments.is_empty() {
            continue;
        }
        roff.control("RS", []);
        for argument in arguments {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            roff.control("TP", []).text([italic(argument.to_string())]).text([roman(sentence(&help))]);
        }
        roff.control("RE", []);
    }
}

fn configuration(roff: &mut Roff) {
    roff.control("SH", ["CONFIGURATION"]);
    roff.text([
        roman("The file is "),
        italic("~/.config/gptos/config.toml"),
        roman(
            " unless `gptos config path` says otherwise. Everything works without it. Over the values of the administrator's file \
             /etc/gptos/config.toml stand those of this file, over them environment variables, and over them the options --set KEY=VALUE in \
             front of the verb; what the administrator's file locks nobody else sets. A shell whose environment sets other keys than those of \
             the shell is answered without the background process. The files are TOML with these keys:",
        ),
    ]);
    for key in keys::ALL {
        let variable = keys::variable(key.path).map(|variable| format!(" Environment: {}.", variable.name)).unwrap_or_default();
        let text = format!("{} Expected is {}. Default: {}.{variable}", key.doc, key.expects, key.default);
        roff.control("TP", []).text([bold(key.path)]).text([roman(text)]);
    }
}

fn intents(roff: &mut Roff) {
    roff.control("SH", ["INTENTS OF YOUR OWN"]);
    roff.text([
        roman("Every file "),
        italic("~/.config/gptos/intents/*.toml"),
        roman(
            " (beside the configuration file) teaches the embedded translator more: up to 64 files of 256 KiB and 2000 intents. A file with a \
             mistake is left out. What they answer is judged like every other answer. A whole file:",
        ),
    ]);
    roff.control("nf", []).text([roman(include_str!("intents_example.toml"))]).control("fi", []);
}

fn environment(roff: &mut Roff) {
    for (reader, title, intro) in [
        (env_vars::Reader::Program, "ENVIRONMENT", "The program reads:"),
        (
            env_vars::Reader::Shell,
            "SHELL VARIABLES",
            "The shell integration reads these variables of the shell; they need not be exported:",
        ),
    ] {
        roff.control("SH", [title]).text([roman(intro)]);
        for variable in env_vars::ALL.iter().filter(|variable| variable.read_by == reader) {
            roff.control("TP", []).text([bold(variable.name)]).text([roman(variable.doc)]);
        }
    }
}

fn statuses(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in [
        ("0", "Done; for `translate`, a command was printed."),
        ("1", "No answer."),
        ("2", "An internal error."),
        ("3", "`check`: the command line has a medium risk."),
        ("4", "`check`: it has a high risk."),
        ("5", "`check`: it has a critical risk."),
        ("6", "`translate`: a command was printed that has `<parts>` to be filled in; it cannot be run as it is."),
        ("64", "Wrong usage or configuration."),
        ("75", "`widget --at-once`: the answer is not at hand."),
        ("130", "Canceled by the user."),
    ] {
        roff.control("TP", []).text([bold(status)]).text([roman(meaning)]);
    }
}

/// Help lines carry no full stop; the sentences of a manual do.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_covers_every_verb_key_variable_and_status() {
        let page = page().replace("\\-", "-");
        for leaf in leaves(&built()) {
            let name = leaf.get_bin_name().unwrap_or_default();
            assert!(page.contains(name), "{name}");
        }
        let names = keys::ALL.iter().map(|key| key.path).chain(env_vars::ALL.iter().map(|variable| variable.name));
        for name in names.chain(["EXIT STATUS", "130", "--no-cache", "--key-command"]) {
            assert!(page.contains(name), "{name}");
        }
        assert!(page.is_ascii());
        assert!(page.starts_with(".ie") || page.contains(".TH GPTOS 1"), "{page}");
    }
}
