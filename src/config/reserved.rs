//! Keys that may be ours and keys that never can: one list for `gptos setup`, for the doctor's offers and for its findings.

use std::path::Path;

use super::{Config, ConfigProblem, ValueOrigin, key_notation};
use crate::domain::ShellKind;

/// Keys that are offered, the best first.
pub(crate) const OFFERED: [&str; 7] = ["ctrl-g", "ctrl-]", "ctrl-o", "ctrl-t", "alt-m", "alt-k", "alt-g"];

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
pub(crate) fn lost(shell: ShellKind, sent: &str) -> Option<&'static str> {
    let mut letters = sent.chars();
    let first = letters.next()?;
    // zsh and fish bind Ctrl-Space, which sends no byte but zero.
    if first == '\0' && shell != ShellKind::Bash {
        return None;
    }
    match (first, letters.next()) {
        ('\x1b', Some('[' | 'O')) => letters.next().is_none().then_some("begins the arrow keys"),
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
        _ => return key_notation::named(shell, name),
    };
    Some(sent.to_owned())
}

/// Why a name is none of a key that may be ours; `None` for one that may.
pub(crate) fn refusal(shell: ShellKind, name: &str) -> Option<String> {
    match sent(shell, name).filter(|sent| sent.starts_with(char::is_control)) {
        None => Some(format!("`{name}` is no key that {} knows", shell.name())),
        Some(sent) => lost(shell, &sent).map(|what| told(name, what)),
    }
}

/// The same for a file that all shells read, each in its own notation: what one of them cannot do without, and what is typed in all of them.
pub(crate) fn refusal_anywhere(name: &str) -> Option<String> {
    let sent: Vec<(ShellKind, String)> = ShellKind::ALL.into_iter().filter_map(|shell| Some((shell, sent(shell, name)?))).collect();
    let mut lost = sent.iter().map(|(shell, sent)| lost(*shell, sent).filter(|_| sent != "\0"));
    if let Some(what) = lost.find_map(|what| what) {
        return Some(told(name, what));
    }
    let is_typed = !name.is_empty() && sent.iter().all(|(_, sent)| !sent.starts_with(char::is_control)) && !is_named_by_fish(name);
    is_typed.then(|| format!("`{name}` is typed, so it cannot be the key"))
}

/// Leaves keys out that no shell can do without, so that the rest of a text holds and what is below it says the key.
pub(super) fn take_out(config: &mut Config, below: &Config, path: &Path) -> Vec<ConfigProblem> {
    let (first, second) = (refusal_anywhere(&config.shell.key), config.shell.key2.as_deref().and_then(refusal_anywhere));
    if first.is_some() {
        config.shell.key.clone_from(&below.shell.key);
    }
    if second.is_some() {
        config.shell.key2.clone_from(&below.shell.key2);
    }
    let mut problem = |(key, why): (&str, Option<String>)| {
        let cause = format!("{}; it is left out", why?);
        let line = match config.origin(key) {
            ValueOrigin::Admin { line } | ValueOrigin::File { line } => Some(line),
            ValueOrigin::Default | ValueOrigin::Variable | ValueOrigin::Flag => None,
        };
        config.origins.remove(key);
        config.origins.extend(below.origins.get(key).map(|origin| (key.to_owned(), *origin)));
        Some(ConfigProblem { path: path.to_owned(), line, key: Some(key.to_owned()), cause, hint: Some(choice()) })
    };
    [("shell.key", first), ("shell.key2", second)].into_iter().filter_map(&mut problem).collect()
}

/// Keys that fish 4 has names for and that no words are typed with.
fn is_named_by_fish(name: &str) -> bool {
    const NAMES: [&str; 12] =
        ["up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "menu", "printscreen"];
    let is_function = |key: &str| key.strip_prefix('f').and_then(|number| number.parse().ok()).is_some_and(|number: u8| number <= 12);
    let is_named = |key: &str| {
        let (modifiers, key) = key.rsplit_once('-').unwrap_or(("", key));
        is_function(key) || NAMES.contains(&key) || modifiers.split('-').any(|modifier| matches!(modifier, "ctrl" | "alt" | "super"))
    };
    name.to_ascii_lowercase().split(',').all(is_named)
}

fn told(name: &str, what: &str) -> String {
    format!("{} {what}, so it cannot be the key", key_name(name))
}

/// What a key is called: `ctrl-g` is Ctrl-G. Another notation is left as it is.
pub(crate) fn key_name(key: &str) -> String {
    let lower = key.to_ascii_lowercase();
    match lower.split_once('-') {
        Some(("ctrl", rest)) if rest.chars().count() == 1 => format!("Ctrl-{}", rest.to_uppercase()),
        Some(("alt", rest)) if rest.chars().count() == 1 => format!("Alt-{rest}"),
        _ => key.to_owned(),
    }
}

/// The keys to choose from, in words.
pub(crate) fn choice() -> String {
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
        for name in [
            "ctrl-o",
            "ctrl-space",
            "f5",
            "",
            "^T",
            "^@",
            "^X^G",
            "^[[15~",
            "^[x",
            "\\C-t",
            "\\cx",
            "ctrl-alt-g",
            "shift-f5",
            "ctrl-x,ctrl-g",
        ] {
            assert_eq!(refusal_anywhere(name), None, "{name}");
        }
        for name in
            ["^M", "^j", "^[", "^C", "\\C-m", "\\cm", "\\r", "\\t", "enter", "Return", "tab", "esc", "a", "space", "?", "shift-g", "x"]
        {
            assert!(refusal_anywhere(name).is_some_and(|why| why.contains("so it cannot be the key")), "{name}");
        }
        assert_eq!(refusal(Bash, "ctrl-m").unwrap(), "Ctrl-M is Enter, so it cannot be the key");
        assert!(refusal(Bash, "ctrl-space").is_some() && refusal(Zsh, "ctrl-space").is_none());
        assert!(refusal(Zsh, "^M").is_some() && refusal(Zsh, "^X^G").is_none() && refusal(Zsh, "^[x").is_none());
    }
}
