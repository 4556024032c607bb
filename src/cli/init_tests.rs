use std::process::Command;
use std::time::Duration;

use super::*;
use crate::cli::at_hand::TOLD;
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
        assert_eq!(text.matches("GPTOS_ENTER_GUARD_MS").count() - integration(shell).matches("GPTOS_ENTER_GUARD_MS").count(), 2);
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
    for line in script(ShellKind::Fish, &config(), Some(Path::new("/g"))).lines().take(7) {
        let name = line.split_whitespace().nth(3).unwrap().trim_end_matches(';');
        assert!(env_vars::ALL.iter().any(|variable| variable.name == name), "{line}");
    }
}

#[test]
fn every_part_is_joined() {
    for shell in [ShellKind::Zsh, ShellKind::Bash, ShellKind::Fish] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shell").join(shell.name());
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let part = std::fs::read_to_string(&path).unwrap();
            let known = match shell {
                ShellKind::Zsh => part == ZSH_START || ZSH_REST.iter().chain(&ZSH_LAST).any(|known| *known == part),
                ShellKind::Bash => part == BASH_START || BASH_REST.contains(&part.as_str()),
                ShellKind::Fish => FISH_START == part || FISH_REST.contains(&part),
            };
            assert!(known, "{}", path.display());
        }
    }
}

/// zsh knows the same functions whether it reads the parts as they are or what `gptos init` makes of them.
#[test]
fn without_comments_and_indentation_zsh_reads_the_same() {
    let functions = |text: &str| {
        let mut command = Command::new("zsh");
        let output = command.args(["-fc", "zmodload zsh/parameter; eval \"$1\"; functions", "zsh", text]).output().ok()?;
        // zsh keeps the blanks of process substitutions.
        Some(String::from_utf8(output.stdout).unwrap().lines().map(str::trim).collect::<Vec<_>>().join("\n"))
    };
    let parts: Vec<&str> = ZSH_REST.iter().chain(&ZSH_LAST).copied().filter(|part| !part.contains("zle -N gptos-data")).collect();
    let (whole, short) = (parts.concat(), parts.iter().map(|part| bare(part)).collect::<String>());
    let Some(expected) = functions(&whole) else { return };
    assert!(expected.contains("__gptos_data () {"), "{expected}");
    assert_eq!(functions(&short).unwrap(), expected);
}

/// bash knows the same functions whether it reads the parts as they are or what `gptos init` makes of them.
#[test]
fn without_comments_and_indentation_bash_reads_the_same() {
    let functions = |text: &str| {
        let output = Command::new("bash").args(["--norc", "-c", "eval \"$1\"; declare -f", "bash", text]).output().ok()?;
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let parts: Vec<&str> = std::iter::once(BASH_START).chain(BASH_REST.iter().copied()).collect();
    let (whole, short) = (parts.concat(), parts.iter().map(|part| bare(part)).collect::<String>());
    let Some(expected) = functions(&whole) else { return };
    assert!(expected.contains("__gptos_prepare () "), "{expected}");
    assert_eq!(functions(&short).unwrap(), expected);
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

#[test]
fn what_zsh_only_keeps_at_its_start_is_one_line() {
    let text = integration(ShellKind::Zsh);
    let parts = zsh_rest();
    assert!(parts.iter().all(|part| !part.contains(|c: char| c != '\n' && c.is_control()) && part.len() < 12_000));
    let rest = parts.join(BETWEEN_PARTS);
    assert!(rest.lines().count() > 1000);
    let kept = folded(&rest);
    assert!(text.contains(&format!("'{kept}'")) && kept.len() * 4 < rest.len() * 3, "{} of {}", kept.len(), rest.len());
    let back = FOLDS.iter().rev().fold(kept, |text, (whole, sign)| text.replace(*sign, whole));
    assert_eq!(back, rest);
    assert!(text.lines().count() < 200, "{}", text.lines().count());
}

#[test]
fn shells_are_told_of_every_variable_that_changes_answers() {
    let names: Vec<&str> = answering_variables().collect();
    for name in ["GPTOS_DEADLINE_MS", "GPTOS_AUDIT", "GPTOS_OFFLINE_PREFER"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for name in ["GPTOS_KEY", "GPTOS_GUARD", "GPTOS_CACHE_TTL_DAYS", "GPTOS_CONFIG"] {
        assert!(!names.contains(&name), "{names:?}");
    }
    for name in TOLD {
        assert!(READ_BY_PROGRAMS.contains(&name), "{name}");
    }
    for name in READ_BY_PROGRAMS.into_iter().filter(|name| !["GPTOS_BIN", "TRACEPARENT"].contains(name)) {
        assert!(bash_rest().contains(&format!("${{{name}@A}}")), "{name}");
    }
    for name in READ_BY_PROGRAMS.into_iter().chain(answering_variables()) {
        assert!(fish_rest().lines().next().unwrap().split(' ').any(|watched| watched == name), "{name}");
    }
    for name in names {
        assert!(bash_rest().contains(&format!(" ${{{name}@A}}")), "{name}");
        assert!(zsh_rest()[0].contains(&format!("${{(t){name}}}")), "{name}");
    }
}
