//! The verbs that a shell waits for, at its start and at each key press, and `translate` in its plain forms. They are read
//! by hand: building the definition of the whole command line takes a good part of the time of a cached answer.

use std::ffi::OsString;

use super::arguments::{ShellName, TranslateArguments, UsageError};
use crate::domain::ShellKind;

/// A call by a shell. Queries and commands come on standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HotVerb {
    /// `gptos widget SHELL [--fresh] [--list] [--holes] [--at-once [--line NAMES]] [--shell-version V]`: turn the words into a command.
    Widget {
        /// The calling shell.
        shell: ShellKind,
        /// Ask a provider at once.
        fresh: bool,
        /// Offer more of them, to choose from.
        list: bool,
        /// The integration keeps a line with holes from running; one of an earlier version does not ask for them.
        holes: bool,
        /// Only what is at hand is wanted, in a form that the shell reads in one go; another status than 0 says that it is not.
        at_once: bool,
        /// The words are still within the line, which comes on standard input; these are the names that only the shell knows.
        line: Option<String>,
        /// The shell's version, `""` when it did not say.
        shell_version: String,
    },
    /// `gptos widget SHELL --fix STATUS [--shell-version V]`: mend the line that failed with this status.
    Fix {
        /// The calling shell.
        shell: ShellKind,
        /// The exit status of the line.
        status: u8,
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
    /// `gptos guard SHELL`: judge the line that is about to run.
    Guard {
        /// The calling shell.
        shell: ShellKind,
    },
    /// `gptos notice`: tell what was left for the next prompt.
    Notice,
    /// `gptos warm SHELL`: words for a provider are being typed, so a connection may be opened.
    Warm {
        /// The calling shell.
        shell: ShellKind,
    },
    /// `gptos prefetch SHELL [--session PID] [--shell-version V]`: these words are being typed, so their answer may be fetched.
    Prefetch {
        /// The calling shell.
        shell: ShellKind,
        /// The process of the shell, which is not the parent of what it starts aside.
        session: Option<u32>,
        /// The shell's version, `""` when it did not say.
        shell_version: String,
    },
    /// `gptos init SHELL`: what a shell's start-up file evaluates.
    Init {
        /// The shell that starts.
        shell: ShellKind,
    },
    /// `gptos parts SHELL BUILD`: what that build's integration reads later.
    Parts {
        /// The calling shell.
        shell: ShellKind,
        /// What [`OwnBinary::build`](crate::platform::OwnBinary::build) said to `init`, `""` when it could not.
        build: String,
    },
    /// `gptos translate …` without anything unusual.
    Translate(TranslateArguments),
}

/// Reads a hot verb; `None` for every other command line.
///
/// # Errors
/// [`UsageError`] for a hot verb with wrong arguments.
pub fn hot_verb(arguments: &[OsString]) -> Result<Option<HotVerb>, UsageError> {
    let Some((verb, rest)) = arguments.split_first() else { return Ok(None) };
    match verb.to_str() {
        Some("widget") => widget(rest).map(Some).ok_or_else(|| {
            usage("gptos widget SHELL [--fresh | --fix STATUS] [--list] [--holes] [--at-once [--line NAMES]] [--shell-version VERSION]")
        }),
        Some("ran") => ran(rest).map(Some).ok_or_else(|| usage("gptos ran SHELL STATUS")),
        Some("guard") => only_shell(rest).map(|shell| Some(HotVerb::Guard { shell })).ok_or_else(|| usage("gptos guard SHELL")),
        // An integration that was loaded before an update names its shell, which nothing depends on.
        Some("notice") if rest.len() <= 1 => Ok(Some(HotVerb::Notice)),
        Some("notice") => Err(usage("gptos notice")),
        Some("warm") => only_shell(rest).map(|shell| Some(HotVerb::Warm { shell })).ok_or_else(|| usage("gptos warm SHELL")),
        Some("prefetch") => prefetch(rest).map(Some).ok_or_else(|| usage("gptos prefetch SHELL [--session PID] [--shell-version VERSION]")),
        // Its help and its mistakes are for the full definition.
        Some("init") => Ok(only_shell(rest).map(|shell| HotVerb::Init { shell })),
        Some("parts") => parts(rest).map(Some).ok_or_else(|| usage("gptos parts SHELL BUILD")),
        Some("translate") => Ok(translate(rest).map(HotVerb::Translate)),
        _ => Ok(None),
    }
}

/// `None` leaves the arguments to the full definition, which knows every form and every mistake.
fn translate(arguments: &[OsString]) -> Option<TranslateArguments> {
    let mut parsed = TranslateArguments::bare(Vec::new());
    let mut words = arguments.iter().map(|argument| argument.to_str());
    while let Some(word) = words.next() {
        match word? {
            "--offline" if !parsed.offline => parsed.offline = true,
            "--no-cache" if !parsed.no_cache => parsed.no_cache = true,
            "--json" if !parsed.json => parsed.json = true,
            "--shell" if parsed.shell.is_none() => parsed.shell = Some(ShellName(words.next()??.parse().ok()?)),
            "--" => {
                parsed.words = words.by_ref().map(|word| word.map(str::to_owned)).collect::<Option<_>>()?;
            }
            _ => return None,
        }
    }
    Some(parsed)
}

fn usage(form: &str) -> UsageError {
    UsageError { message: format!("expected `{form}`"), hint: None }
}

fn widget(arguments: &[OsString]) -> Option<HotVerb> {
    let mut words = arguments.iter().map(|argument| argument.to_str());
    let shell = words.next()??.parse().ok()?;
    let (mut fresh, mut list, mut holes, mut at_once) = (false, false, false, false);
    let (mut failed, mut line, mut shell_version) = (None, None, String::new());
    while let Some(word) = words.next() {
        match word? {
            "--fresh" => fresh = true,
            "--list" => list = true,
            "--holes" => holes = true,
            "--at-once" => at_once = true,
            "--line" => line = Some(words.next()??.to_owned()),
            "--fix" => failed = Some(words.next()??.parse().ok()?),
            "--shell-version" => shell_version = words.next()??.to_owned(),
            _ => return None,
        }
    }
    match failed {
        _ if line.is_some() && !at_once => None,
        Some(status) => (!fresh && !at_once).then_some(HotVerb::Fix { shell, status, shell_version }),
        None => Some(HotVerb::Widget { shell, fresh, list, holes, at_once, line, shell_version }),
    }
}

fn ran(arguments: &[OsString]) -> Option<HotVerb> {
    let [shell, status] = arguments else { return None };
    Some(HotVerb::Ran { shell: shell.to_str()?.parse().ok()?, status: status.to_str()?.parse().ok()? })
}

fn prefetch(arguments: &[OsString]) -> Option<HotVerb> {
    let (session, arguments) = match arguments {
        [shell, flag, pid, rest @ ..] if flag == "--session" => {
            (Some(pid.to_str()?.parse().ok()?), [std::slice::from_ref(shell), rest].concat())
        }
        _ => (None, arguments.to_vec()),
    };
    match widget(&arguments)? {
        HotVerb::Widget { shell, fresh: false, list: false, holes: false, at_once: false, line: None, shell_version } => {
            Some(HotVerb::Prefetch { shell, session, shell_version })
        }
        _ => None,
    }
}

fn parts(arguments: &[OsString]) -> Option<HotVerb> {
    let [shell, build] = arguments else { return None };
    Some(HotVerb::Parts { shell: shell.to_str()?.parse().ok()?, build: build.to_str()?.to_owned() })
}

fn only_shell(arguments: &[OsString]) -> Option<ShellKind> {
    let [shell] = arguments else { return None };
    shell.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::{self, Invocation};

    fn prefetched(session: Option<u32>, version: &str) -> HotVerb {
        HotVerb::Prefetch { shell: ShellKind::Zsh, session, shell_version: version.to_owned() }
    }

    #[test]
    fn plain_translations_are_read_as_the_full_definition_reads_them() {
        let words = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        for line in [
            "translate",
            "translate --offline --no-cache --json",
            "translate --shell fish -- list files",
            "translate --json -- -n 3 --",
            "translate --",
        ] {
            let Ok(Some(HotVerb::Translate(by_hand))) = hot_verb(&words(line)) else { panic!("{line}: not read by hand") };
            let Ok(Invocation::Translate(by_definition)) = arguments::parse(&words(line)) else { panic!("{line}: not a translation") };
            assert_eq!(by_hand, by_definition, "{line}");
        }
        for line in [
            "translate -n 3",
            "translate --help",
            "translate --shell tcsh",
            "translate --offline --offline",
            "translate list",
            "translate --shell",
        ] {
            assert_eq!(hot_verb(&words(line)), Ok(None), "{line}");
        }
    }

    #[test]
    fn init_is_read_as_the_full_definition_reads_it() {
        for name in ["zsh", "bash", "fish", "BASH", "/bin/zsh", "-zsh", "tcsh", "", "zsh bash", "zsh --json", "-- zsh", "--help"] {
            let words: Vec<OsString> = std::iter::once("init").chain(name.split_whitespace()).map(OsString::from).collect();
            let by_definition = match arguments::parse(&words) {
                Ok(Invocation::Init(shell)) => Some(HotVerb::Init { shell }),
                _ => None,
            };
            let by_hand = hot_verb(&words).unwrap();
            assert!(by_hand == by_definition || by_hand.is_none(), "{name}: {by_hand:?}");
            assert!(by_hand.is_some() || by_definition.is_none() || name.starts_with("--"), "{name}: {by_definition:?}");
        }
    }

    #[test]
    fn hot_verbs_are_read_and_others_left_alone() {
        let asked = |shell, fresh, list, holes, version: &str| {
            Ok(Some(HotVerb::Widget { shell, fresh, list, holes, at_once: false, line: None, shell_version: version.to_owned() }))
        };
        let at_once = HotVerb::Widget {
            shell: ShellKind::Fish,
            fresh: false,
            list: false,
            holes: true,
            at_once: true,
            line: None,
            shell_version: "4.0".to_owned(),
        };
        let widget = |shell, fresh, version: &str| asked(shell, fresh, false, false, version);
        for (line, expected) in [
            ("widget zsh", widget(ShellKind::Zsh, false, "")),
            ("widget bash --fresh", widget(ShellKind::Bash, true, "")),
            ("widget fish --shell-version 3.6.0 --fresh", widget(ShellKind::Fish, true, "3.6.0")),
            ("widget zsh --holes --fresh", asked(ShellKind::Zsh, true, false, true, "")),
            ("widget bash --list --holes", asked(ShellKind::Bash, false, true, true, "")),
            (
                "widget zsh --fix 127 --shell-version 5.9",
                Ok(Some(HotVerb::Fix { shell: ShellKind::Zsh, status: 127, shell_version: "5.9".to_owned() })),
            ),
            ("widget fish --at-once --holes --shell-version 4.0", Ok(Some(at_once))),
            ("ran zsh 0", Ok(Some(HotVerb::Ran { shell: ShellKind::Zsh, status: 0 }))),
            ("ran zsh 255", Ok(Some(HotVerb::Ran { shell: ShellKind::Zsh, status: 255 }))),
            ("guard fish", Ok(Some(HotVerb::Guard { shell: ShellKind::Fish }))),
            ("notice", Ok(Some(HotVerb::Notice))),
            ("notice bash", Ok(Some(HotVerb::Notice))),
            ("init bash", Ok(Some(HotVerb::Init { shell: ShellKind::Bash }))),
            ("init", Ok(None)),
            ("init tcsh", Ok(None)),
            ("init --help", Ok(None)),
            ("parts zsh 0.1.0+a.b", Ok(Some(HotVerb::Parts { shell: ShellKind::Zsh, build: "0.1.0+a.b".to_owned() }))),
            ("warm zsh", Ok(Some(HotVerb::Warm { shell: ShellKind::Zsh }))),
            ("prefetch zsh --session 4711 --shell-version 5.9", Ok(Some(prefetched(Some(4711), "5.9")))),
            ("prefetch zsh --shell-version 5.9", Ok(Some(prefetched(None, "5.9")))),
            ("prefetch zsh", Ok(Some(prefetched(None, "")))),
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
            "widget zsh --fix",
            "widget zsh --fix 256",
            "widget zsh --fix 1 --fresh",
            "widget fish --fix 1 --at-once",
            "widget fish --line ll",
            "widget fish --at-once --line",
            "prefetch zsh --fix 1",
            "ran zsh",
            "ran zsh 256",
            "ran zsh -1",
            "ran zsh 0 x",
            "guard",
            "guard tcsh",
            "guard zsh ls",
            "notice bash x",
            "warm",
            "warm zsh x",
            "parts",
            "parts zsh",
            "parts tcsh x",
            "parts zsh x y",
            "prefetch",
            "prefetch zsh --session",
            "prefetch zsh --session x",
            "prefetch --session 1",
            "prefetch zsh --fresh",
            "prefetch zsh --holes",
            "prefetch zsh --at-once",
            "prefetch zsh --list",
            "prefetch zsh list files",
        ] {
            let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert!(hot_verb(&arguments).is_err(), "{line}");
        }
    }
}
