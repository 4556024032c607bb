use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::cli::parts;
use crate::config::{Guard, ShellSection};

fn config() -> Config {
    let shell = ShellSection {
        key2: Some(r"\e'g$x".to_owned()),
        asynchronous: Some(true),
        enter_guard: Duration::from_millis(300),
        ..ShellSection::default()
    };
    let mut config = Config::default();
    config.guard = Guard::All;
    config.shell = shell;
    config
}

#[test]
fn each_shell_gets_guarded_defaults_and_then_its_integration() {
    let binary = Path::new("/home/o'neil/bin\\x/gptos");
    let zsh = script(ShellKind::Zsh, &config(), Some(binary));
    assert!(zsh.starts_with("[[ -n ${GPTOS_BIN+x} ]] || \\builtin typeset -g GPTOS_BIN='/home/o'\\''neil/bin\\x/gptos'\n"), "{zsh}");
    let bash = script(ShellKind::Bash, &config(), Some(binary));
    assert!(bash.contains("[[ -n ${GPTOS_ASYNC+x} ]] || GPTOS_ASYNC='1'\n"), "{bash}");
    let fish = script(ShellKind::Fish, &config(), Some(binary));
    assert!(fish.starts_with("builtin set -q GPTOS_BIN; or builtin set -g GPTOS_BIN '/home/o\\'neil/bin\\\\x/gptos'\n"), "{fish}");
    for (shell, text) in [(ShellKind::Zsh, zsh), (ShellKind::Bash, bash), (ShellKind::Fish, fish)] {
        assert!(text.ends_with(&integration(shell)));
        assert_eq!(text.matches("GPTOS_ENTER_GUARD_MS").count() - integration(shell).matches("GPTOS_ENTER_GUARD_MS").count(), 2, "{text}");
        assert!(
            text.strip_suffix(&integration(shell)).unwrap().lines().last().unwrap().ends_with(if shell == ShellKind::Fish {
                "GPTOS_GUARD 'all'"
            } else {
                "GPTOS_GUARD='all'"
            }),
            "{text}"
        );
    }
}

#[test]
fn what_nobody_chose_is_left_to_the_shell() {
    let bash = script(ShellKind::Bash, &Config::default(), None);
    let defaults = bash.strip_suffix(&integration(ShellKind::Bash)).unwrap();
    assert!(!["GPTOS_BIN", "GPTOS_KEY2", "GPTOS_ASYNC"].iter().any(|name| defaults.contains(&format!("{{{name}+"))), "{defaults}");
}

/// A default that differed from the one of the configuration would hold where nobody chose anything.
#[test]
fn the_texts_have_the_defaults_of_the_configuration() {
    let usual = Config::default();
    let milliseconds = |time: Duration| time.as_millis().to_string();
    for shell in ShellKind::ALL {
        assert!(!script(shell, &usual, None).trim_end_matches(integration(shell).as_str()).contains("GPTOS_"), "{shell}");
        let text = integration(shell) + &parts::text(shell, "", &|| Arc::new(Config::default()), None);
        for (name, value) in [
            (env_vars::KEY, usual.shell.key.clone()),
            (env_vars::PROGRESS_MS, milliseconds(usual.shell.progress)),
            (env_vars::ENTER_GUARD_MS, milliseconds(usual.shell.enter_guard)),
            (env_vars::GUARD, usual.guard.name().to_owned()),
        ] {
            let said = [format!("{{{name}={value}}}"), format!("set -q {name}; or set -g {name} {value}\n")];
            assert!(said.iter().any(|said| text.contains(said)), "{shell}: {name}");
        }
    }
}

#[test]
fn what_the_file_says_of_notes_scopes_and_comments_reaches_the_shell() {
    let mut config = Config::default();
    let defaults = |config: &Config| {
        let text = script(ShellKind::Bash, config, None);
        text.strip_suffix(&integration(ShellKind::Bash)).unwrap().to_owned()
    };
    assert!(!["GPTOS_NOTE", "GPTOS_SCOPES", "GPTOS_HASH"].iter().any(|name| defaults(&config).contains(*name)));
    config.shell.note = false;
    config.shell.ghost = false;
    config.shell.scopes = ["git", "k"].map(str::to_owned).to_vec();
    config.shell.hash = true;
    assert!(script(ShellKind::Zsh, &config, None).contains("GPTOS_GHOST='0'\n"));
    assert!(!script(ShellKind::Bash, &config, None).contains("GPTOS_GHOST"));
    for line in ["GPTOS_NOTE='0'\n", "GPTOS_SCOPES='git k'\n", "GPTOS_HASH='1'\n"] {
        assert!(defaults(&config).contains(line), "{line}");
    }
}

/// Real shells read what a lock on the defaults makes of the user's variables; a shell that is not installed is skipped.
#[test]
fn a_lock_on_the_defaults_stands_over_what_the_user_exported() {
    let locked = crate::config::parse_admin("locked = [\"shell\"]\n");
    let names = ["GPTOS_NOTE", "GPTOS_HASH", "GPTOS_SCOPES", "GPTOS_GHOST", "GPTOS_PREFETCH", "GPTOS_KEY2", "GPTOS_ASYNC"];
    for (shell, options) in [(ShellKind::Zsh, "-fuc"), (ShellKind::Bash, "-uec"), (ShellKind::Fish, "-Nc")] {
        let text = |config: &Config| script(shell, config, None).strip_suffix(&integration(shell)).unwrap().to_owned();
        let left = |config: &Config| {
            let mut command = Command::new(shell.name());
            command.args([options, &format!("{}\nenv", text(config))]).envs(names.map(|name| (name, "mine")));
            let output = command.output().ok()?;
            let told = String::from_utf8(output.stdout).unwrap();
            let value = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned);
            Some(names.map(value))
        };
        let Some(open) = left(&Config::default()) else { continue };
        assert!(open.iter().all(|value| value.as_deref() == Some("mine")), "{shell}: {open:?}");
        let shut = left(&locked).unwrap().map(Option::unwrap_or_default);
        // Only zsh looks at the fourth and the fifth.
        let zshs = if shell == ShellKind::Zsh { ["1", "0"] } else { ["mine"; 2] };
        assert_eq!(shut[..3], ["1", "0", ""], "{shell}");
        assert_eq!((&shut[3..5], &shut[5..]), (&zshs.map(str::to_owned)[..], &["", ""].map(str::to_owned)[..]), "{shell}");
    }
}

#[test]
fn only_zsh_is_told_to_ask_ahead_and_only_where_the_file_says_so() {
    let mut config = Config::default();
    for (prefetch, shell) in [(false, ShellKind::Zsh), (true, ShellKind::Zsh), (true, ShellKind::Bash), (true, ShellKind::Fish)] {
        config.shell.prefetch = prefetch;
        let text = script(shell, &config, None);
        let defaults = text.strip_suffix(&integration(shell)).unwrap();
        assert_eq!(defaults.contains("GPTOS_PREFETCH='1'"), prefetch && shell == ShellKind::Zsh, "{shell}: {defaults}");
    }
}

#[test]
fn only_documented_variables_are_set() {
    let text = script(ShellKind::Fish, &config(), Some(Path::new("/g")));
    let lines: Vec<&str> = text.strip_suffix(&integration(ShellKind::Fish)).unwrap().lines().collect();
    assert_eq!(lines.len(), 5, "{lines:?}");
    for line in lines {
        let name = line.split_whitespace().nth(3).unwrap().trim_end_matches(';');
        assert!(env_vars::ALL.iter().any(|variable| variable.name == name), "{line}");
    }
}

/// Real shells read the assignments back; a shell that is not installed is skipped.
#[test]
fn shells_read_back_what_was_quoted() {
    for value in ["plain", "o'neil", r"back\slash", "$HOME `id` $(id) !x", "a\nb", "", "''", r"\'", "größe"] {
        for (shell, options) in [(ShellKind::Zsh, "-fuc"), (ShellKind::Bash, "-uec"), (ShellKind::Fish, "-Nc")] {
            let lines = assignment(shell, "GPTOS_KEY", value);
            let text = format!("{lines}{lines}printf %s \"$GPTOS_KEY\"");
            let run = |set: Option<&str>| {
                let mut command = Command::new(shell.name());
                command.args([options, &text]).env_remove("GPTOS_KEY").envs(set.map(|set| ("GPTOS_KEY", set)));
                command.output().ok().map(|output| String::from_utf8(output.stdout).unwrap())
            };
            let Some(fresh) = run(None) else { continue };
            assert_eq!(fresh, value, "{shell}: {text}");
            assert_eq!(run(Some("mine")).as_deref(), Some("mine"), "{shell}");
            assert_eq!(run(Some("")).as_deref(), Some(""), "{shell}");
        }
    }
}

/// A shell looks at every character of what it reads at its start. Those of a here-document cost bash little.
#[test]
fn what_a_shell_reads_at_its_start_is_little() {
    for (shell, most) in [(ShellKind::Zsh, 7000), (ShellKind::Bash, 6000), (ShellKind::Fish, 4500)] {
        let text = integration(shell);
        let read = text.split("<<'GPTOS'\n").next().unwrap_or_default();
        assert!(read.len() < most, "{shell}: {}", read.len());
        assert!(parts::text(shell, "", &|| Arc::new(Config::default()), None).len() > 5 * text.len(), "{shell}");
    }
}

#[test]
fn each_shell_is_told_who_has_the_other_parts() {
    let binary = OwnBinary::look().unwrap();
    for shell in ShellKind::ALL {
        let text = whole(shell, &Config::default(), Some(&binary));
        for word in [quote(shell, binary.path.to_str().unwrap()), quote(shell, &binary.build())] {
            assert!(text.lines().next().unwrap().contains(&word), "{text}");
        }
        assert!(text.ends_with(&script(shell, &Config::default(), Some(&binary.path))));
    }
}
