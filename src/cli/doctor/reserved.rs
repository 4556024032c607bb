//! Keys that may be ours and keys that never can: one list for `gptos setup`, for the doctor's offers and for its findings.

use super::keys;
use crate::domain::ShellKind;

/// Keys that are offered, the best first.
pub(super) const OFFERED: [&str; 7] = ["ctrl-g", "ctrl-]", "ctrl-o", "ctrl-t", "alt-m", "alt-k", "alt-g"];

/// What the terminal or every line editor does with a key, which nobody can do without.
const NEEDED: [(char, &str); 14] = [
    ('\x03', "interrupts what runs"),
    ('\x04', "ends the input, and at an empty prompt the shell"),
    ('\x08', "is Backspace in many terminals"),
    ('\t', "is Tab"),
    ('\n', "ends the line, as Enter does"),
    ('\r', "is Enter"),
    ('\x11', "lets the terminal go on after Ctrl-S"),
    ('\x13', "stops the output of the terminal"),
    ('\x16', "takes the next key as it is"),
    ('\x1a', "stops what runs"),
    ('\x1b', "begins the arrow keys and Alt"),
    ('\x1c', "ends what runs and writes its memory to the disk"),
    ('\x7f', "is Backspace"),
    ('\0', "is no character that bash can bind"),
];

/// What somebody would lose if this key, as the terminal sends it, became ours.
pub(super) fn lost(shell: ShellKind, sent: &str) -> Option<&'static str> {
    let mut letters = sent.chars();
    let first = letters.next()?;
    // zsh and fish bind Ctrl-Space, which sends no byte but zero.
    if first == '\0' && shell != ShellKind::Bash {
        return None;
    }
    match (first, letters.next()) {
        ('\x1b', Some('[' | 'O')) => Some("begins the arrow keys"),
        ('\x1b', Some(_)) => None,
        _ => NEEDED.iter().find(|(key, _)| *key == first).map(|(_, what)| *what),
    }
}

/// What the terminal sends for a name, also for one that people use and no shell does.
fn sent(shell: ShellKind, name: &str) -> Option<String> {
    let sent = match name.to_ascii_lowercase().as_str() {
        "esc" | "escape" => "\x1b",
        "enter" | "return" => "\r",
        "tab" => "\t",
        "backspace" => "\x7f",
        _ => return keys::named(shell, name),
    };
    Some(sent.to_owned())
}

/// Why a name is none of a key that may be ours; `None` for one that may.
pub(in crate::cli) fn refusal(shell: ShellKind, name: &str) -> Option<String> {
    match sent(shell, name).filter(|sent| sent.starts_with(char::is_control)) {
        None => Some(format!("`{name}` is no key that {} knows", shell.name())),
        Some(sent) => lost(shell, &sent).map(|what| told(name, what)),
    }
}

/// The same for a file that all shells read: what none of them can do without.
pub(in crate::cli) fn refusal_anywhere(name: &str) -> Option<String> {
    let lost: Option<Vec<&str>> = ShellKind::ALL.iter().map(|shell| lost(*shell, &sent(*shell, name)?)).collect();
    Some(told(name, lost?.first()?))
}

fn told(name: &str, what: &str) -> String {
    format!("{} {what}, so it cannot be the key", crate::cli::tour::key_name(name))
}

/// The keys to choose from, in words.
pub(in crate::cli) fn choice() -> String {
    format!("free in most shells: {}; `gptos doctor --shell` tells which is free in yours", OFFERED.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_may_be_ours_and_what_a_shell_needs_may_not() {
        use ShellKind::{Bash, Fish, Zsh};
        for shell in [Zsh, Bash, Fish] {
            for name in OFFERED {
                assert_eq!(refusal(shell, name), None, "{name}");
            }
            let needed = [
                "ctrl-m", "Ctrl-C", "ctrl-i", "ctrl-j", "ctrl-d", "ctrl-z", "ctrl-s", "ctrl-q", "ctrl-[", "ctrl-h", "ctrl-v", "ctrl-\\",
                "ctrl-?",
            ];
            for name in needed.into_iter().chain(["esc", "Escape", "enter", "tab", "backspace", "alt-[", "alt-O"]) {
                assert!(refusal(shell, name).is_some_and(|why| why.contains("so it cannot be the key")), "{name}");
            }
            for name in ["g", "shift-g", "", "ctrl-", "f5"] {
                assert!(refusal(shell, name).is_some_and(|why| why.contains("is no key that")), "{name}");
            }
        }
        assert_eq!(refusal_anywhere("ctrl-c").unwrap(), "Ctrl-C interrupts what runs, so it cannot be the key");
        for name in ["ctrl-o", "ctrl-space", "f5", ""] {
            assert_eq!(refusal_anywhere(name), None, "{name}");
        }
        assert_eq!(refusal(Bash, "ctrl-m").unwrap(), "Ctrl-M is Enter, so it cannot be the key");
        assert!(refusal(Bash, "ctrl-space").is_some() && refusal(Zsh, "ctrl-space").is_none());
        assert!(refusal(Zsh, "^M").is_some() && refusal(Zsh, "^X^G").is_none() && refusal(Zsh, "^[x").is_none());
    }
}
