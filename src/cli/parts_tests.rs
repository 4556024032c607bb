use std::path::Path;
use std::process::Command;

use super::*;
use crate::cli::at_hand::TOLD;

fn own(shell: ShellKind, of: &str, binary: Option<&OwnBinary>) -> String {
    text(shell, of, &|| Arc::new(Config::default()), binary)
}

/// Each shell can tell that nothing is missing, and zsh where a part ends.
#[test]
fn the_end_can_be_seen() {
    let zsh = own(ShellKind::Zsh, "", None);
    let parts: Vec<&str> = zsh.split_terminator(BEHIND_A_PART).collect();
    assert!(zsh.ends_with(BEHIND_A_PART) && parts.len() == ZSH_REST.len() + 2, "{}", parts.len());
    // A key that comes while one is read waits for no more.
    assert!(parts.iter().all(|part| part.len() < 12_000 && !part.contains(|c: char| c != '\n' && c.is_control())));
    for shell in [ShellKind::Bash, ShellKind::Fish] {
        assert!(own(shell, "", None).ends_with("\n: end\n"), "{shell}");
    }
}

#[test]
fn an_integration_of_another_build_is_given_a_new_one() {
    let binary = OwnBinary::look().unwrap();
    for shell in ShellKind::ALL {
        let parts = own(shell, &binary.build(), Some(&binary));
        assert_eq!(parts, own(shell, "", Some(&binary)), "{shell}");
        let other = own(shell, "0.0.9+1.2", Some(&binary));
        let new = init::whole(shell, &Config::default(), Some(&binary));
        assert!(other.contains(&new) && other.len() < new.len() + 20 && !parts.contains(&new), "{shell}");
        // One that cannot say its own build is none of theirs.
        assert!(own(shell, "0.0.9+1.2", None).contains(&init::whole(shell, &Config::default(), None)), "{shell}");
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
                ShellKind::Bash => [BASH_START, BASH_EARLY].contains(&part.as_str()) || BASH_REST.contains(&part.as_str()),
                ShellKind::Fish => FISH_START == part || FISH_REST.contains(&part),
            };
            assert!(known, "{}", path.display());
        }
    }
}

/// zsh knows the same functions whether it reads the parts as they are or what `gptos parts` makes of them.
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

/// bash knows the same functions whether it reads the parts as they are or what `gptos parts` makes of them.
#[test]
fn without_comments_and_indentation_bash_reads_the_same() {
    let functions = |text: &str| {
        let output = Command::new("bash").args(["--norc", "-c", "eval \"$1\"; declare -f", "bash", text]).output().ok()?;
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let parts: Vec<&str> = [BASH_START, BASH_EARLY].iter().chain(BASH_REST).copied().collect();
    let (whole, short) = (parts.concat(), parts.iter().map(|part| bare(part)).collect::<String>());
    let Some(expected) = functions(&whole) else { return };
    assert!(expected.contains("__gptos_prepare () "), "{expected}");
    assert_eq!(functions(&short).unwrap(), expected);
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
