//! The two verbs that the shell integration calls on every key press. They are read by hand: building the definition
//! of the whole command line would take longer than a cached answer.

use std::ffi::OsString;

use super::arguments::UsageError;
use crate::domain::ShellKind;

/// A call by the shell integration. Queries and commands come on standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HotVerb {
    /// `gptos widget SHELL [--fresh] [--shell-version V]`: turn the words into a command.
    Widget {
        /// The calling shell.
        shell: ShellKind,
        /// Ask a provider at once.
        fresh: bool,
        /// The shell's version, `""` when it did not say.
        shell_version: String,
    },
    /// `gptos ran SHELL STATUS`: tell what became of a suggestion.
    Ran {
        /// The calling shell.
        shell: ShellKind,
        /// The exit status of the command that was run.
        status: u8,
    },
}

/// Reads a hot verb; `None` for every other command line.
///
/// # Errors
/// [`UsageError`] for a hot verb with wrong arguments.
pub fn hot_verb(arguments: &[OsString]) -> Result<Option<HotVerb>, UsageError> {
    let Some((verb, rest)) = arguments.split_first() else { return Ok(None) };
    match verb.to_str() {
        Some("widget") => widget(rest).map(Some).ok_or_else(|| usage("gptos widget SHELL [--fresh] [--shell-version VERSION]")),
        Some("ran") => ran(rest).map(Some).ok_or_else(|| usage("gptos ran SHELL STATUS")),
        _ => Ok(None),
    }
}

fn usage(form: &str) -> UsageError {
    UsageError { message: format!("expected `{form}`"), hint: None }
}

fn widget(arguments: &[OsString]) -> Option<HotVerb> {
    let mut words = arguments.iter().map(|argument| argument.to_str());
    let shell = words.next()??.parse().ok()?;
    let (mut fresh, mut shell_version) = (false, String::new());
    while let Some(word) = words.next() {
        match word? {
            "--fresh" => fresh = true,
            "--shell-version" => shell_version = words.next()??.to_owned(),
            _ => return None,
        }
    }
    Some(HotVerb::Widget { shell, fresh, shell_version })
}

fn ran(arguments: &[OsString]) -> Option<HotVerb> {
    let [shell, status] = arguments else { return None };
    Some(HotVerb::Ran { shell: shell.to_str()?.parse().ok()?, status: status.to_str()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hot_verbs_are_read_and_others_left_alone() {
        let widget = |shell, fresh, version: &str| Ok(Some(HotVerb::Widget { shell, fresh, shell_version: version.to_owned() }));
        for (line, expected) in [
            ("widget zsh", widget(ShellKind::Zsh, false, "")),
            ("widget bash --fresh", widget(ShellKind::Bash, true, "")),
            ("widget fish --shell-version 3.6.0 --fresh", widget(ShellKind::Fish, true, "3.6.0")),
            ("ran zsh 0", Ok(Some(HotVerb::Ran { shell: ShellKind::Zsh, status: 0 }))),
            ("ran zsh 255", Ok(Some(HotVerb::Ran { shell: ShellKind::Zsh, status: 255 }))),
            ("", Ok(None)),
            ("status", Ok(None)),
            ("widgets zsh", Ok(None)),
        ] {
            let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(hot_verb(&arguments), expected, "{line}");
        }
        for line in [
            "widget",
            "widget tcsh",
            "widget zsh --shell-version",
            "widget zsh list files",
            "ran zsh",
            "ran zsh 256",
            "ran zsh -1",
            "ran zsh 0 x",
        ] {
            let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert!(hot_verb(&arguments).is_err(), "{line}");
        }
    }
}
