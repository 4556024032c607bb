//! Keys as the three shells write them, made into the characters that a terminal sends.

use crate::domain::ShellKind;

/// A key and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Binding {
    /// The keymap, or fish's mode.
    pub keymap: String,
    /// What the terminal sends.
    pub keys: String,
    /// What the shell does then.
    pub action: String,
}

/// Reads one line of the shell's list of keys; `None` for what names no single key.
pub(crate) fn binding(shell: ShellKind, keymap: &str, line: &str) -> Option<Binding> {
    let (keymap, keys, action) = match shell {
        ShellKind::Zsh | ShellKind::Bash => {
            let (keys, rest) = quoted(line)?;
            let action = rest.strip_prefix(':').unwrap_or(rest);
            // A range such as `" "-"~"`.
            let is_range = shell == ShellKind::Zsh && rest.starts_with('-');
            let keys = if shell == ShellKind::Zsh { carets(keys) } else { backslashes(keys) };
            (keymap.to_owned(), keys.filter(|_| !is_range)?, action)
        }
        ShellKind::Fish => fish(line)?,
    };
    Some(Binding { keymap, keys, action: action.trim().to_owned() })
}

/// What the terminal sends for a key as `GPTOS_KEY` names it.
pub(crate) fn named(shell: ShellKind, name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let one = |rest: &str| rest.chars().next().filter(|_| rest.chars().count() == 1);
    if let Some(letter) = lower.strip_prefix("ctrl-").and_then(one) {
        return control(letter).map(String::from);
    }
    if lower == "ctrl-space" {
        return Some("\0".to_owned());
    }
    if lower.starts_with("alt-") {
        return one(name.get(4..)?).map(|letter| format!("\x1b{letter}"));
    }
    match shell {
        ShellKind::Zsh => carets(name),
        ShellKind::Bash => backslashes(name),
        ShellKind::Fish => fish_keys(name),
    }
}

/// As zsh writes such a key.
pub(crate) fn carets_of(sent: &str) -> String {
    let one = |letter: char| match u32::from(letter) {
        code @ 0..=0x1f => format!("^{}", char::from_u32(code + 0x40).unwrap_or('@')),
        _ => letter.to_string(),
    };
    sent.chars().map(one).collect()
}

fn control(letter: char) -> Option<char> {
    match letter {
        '?' => Some('\x7f'),
        ' ' => Some('\0'),
        letter if letter.is_ascii() => char::from_u32(u32::from(letter.to_ascii_uppercase()) & 0x1f),
        _ => None,
    }
}

/// The text in quotes at the beginning, and what follows.
fn quoted(line: &str) -> Option<(&str, &str)> {
    let inside = line.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            '"' if !escaped => return Some((&inside[..at], &inside[at + 1..])),
            _ => escaped = letter == '\\' && !escaped,
        }
    }
    None
}

/// zsh: `^G`, `^[x`, `\M-x`.
fn carets(text: &str) -> Option<String> {
    let mut keys = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '^' => keys.push(control(rest.next()?)?),
            '\\' => match rest.next()? {
                'e' | 'E' => keys.push('\x1b'),
                'C' => keys.push(control(rest.by_ref().find(|letter| *letter != '-')?)?),
                'M' => {
                    keys.push('\x1b');
                    keys.extend(rest.by_ref().find(|letter| *letter != '-'));
                }
                other => keys.push(other),
            },
            other => keys.push(other),
        }
    }
    Some(keys)
}

/// bash: `\C-g`, `\e`, `\M-x`.
fn backslashes(text: &str) -> Option<String> {
    let mut keys = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\\C-") {
            let mut letters = after.chars();
            keys.push(control(letters.next()?)?);
            rest = letters.as_str();
        } else if let Some(after) = rest.strip_prefix("\\M-") {
            keys.push('\x1b');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            let mut letters = after.chars();
            keys.push(match letters.next()? {
                'e' => '\x1b',
                'a' => '\x07',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                other => other,
            });
            rest = letters.as_str();
        } else {
            keys.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    Some(keys)
}

/// fish: `bind [--preset] [-M MODE] [-m MODE] [-s] KEYS COMMAND…`.
fn fish(line: &str) -> Option<(String, String, &str)> {
    let mut mode = "default".to_owned();
    let mut rest = line.strip_prefix("bind ")?;
    loop {
        let (word, after) = rest.split_once(' ')?;
        match word {
            "-M" | "-m" => {
                let (value, after) = after.split_once(' ')?;
                if word == "-M" {
                    mode = value.to_owned();
                }
                rest = after;
            }
            // A key that is named by the terminal's description.
            "-k" => return None,
            "--preset" | "--user" | "-s" | "--silent" => rest = after,
            keys => return Some((mode, fish_keys(keys)?, after)),
        }
    }
}

/// fish 3: `\cg`, `\e`, `\ex`; fish 4: `ctrl-g`, `alt-x`, `ctrl-x,ctrl-g`.
fn fish_keys(text: &str) -> Option<String> {
    let text = text.trim_matches('\'');
    if !text.contains('\\') && text.split(',').all(|key| key.contains('-') && key.len() > 2) {
        let keys: Option<Vec<String>> = text.split(',').map(fish_key).collect();
        return keys.map(|keys| keys.concat());
    }
    match text {
        "enter" => return Some("\r".to_owned()),
        "tab" => return Some("\t".to_owned()),
        "escape" => return Some("\x1b".to_owned()),
        _ => {}
    }
    let mut keys = String::new();
    let mut rest = text.chars();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => match rest.next()? {
                'c' => keys.push(control(rest.next()?)?),
                'e' => keys.push('\x1b'),
                'r' => keys.push('\r'),
                'n' => keys.push('\n'),
                't' => keys.push('\t'),
                'b' => keys.push('\x08'),
                'x' => {
                    let digits: String = rest.by_ref().take(2).collect();
                    keys.push(char::from(u8::from_str_radix(&digits, 16).ok()?));
                }
                other => keys.push(other),
            },
            other => keys.push(other),
        }
    }
    Some(keys)
}

fn fish_key(key: &str) -> Option<String> {
    let (modifier, letter) = key.split_once('-')?;
    let letter = Some(letter).filter(|letter| letter.chars().count() == 1)?;
    match modifier {
        "ctrl" => control(letter.chars().next()?).map(String::from),
        "alt" => Some(format!("\x1b{letter}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_keys_are_read() {
        use ShellKind::{Bash, Fish, Zsh};
        for (shell, line, expected) in [
            (Zsh, "\"^G\" send-break", Some(("emacs", "\x07", "send-break"))),
            (Zsh, "\"^X^G\" fzf-git", Some(("emacs", "\x18\x07", "fzf-git"))),
            (Zsh, "\"^[[A\" up-line-or-history", Some(("emacs", "\x1b[A", "up-line-or-history"))),
            (Zsh, r#""^[\"" quote-region"#, Some(("emacs", "\x1b\"", "quote-region"))),
            (Zsh, "\" \"-\"~\" self-insert", None),
            (Zsh, "nonsense", None),
            (Bash, r#""\C-g": abort"#, Some(("emacs", "\x07", "abort"))),
            (Bash, r#""\C-g": "\C-x\C-_gr\a""#, Some(("emacs", "\x07", r#""\C-x\C-_gr\a""#))),
            (Bash, r#""\e\C-]": character-search-backward"#, Some(("emacs", "\x1b\x1d", "character-search-backward"))),
            (Fish, "bind --preset \\cg cancel", Some(("default", "\x07", "cancel"))),
            (Fish, "bind -M insert \\cg __gptos_key", Some(("insert", "\x07", "__gptos_key"))),
            (Fish, "bind --preset -M insert -m default \\e\\[A cancel repaint-mode", Some(("insert", "\x1b[A", "cancel repaint-mode"))),
            (Fish, "bind ctrl-x,ctrl-g 'echo a'", Some(("default", "\x18\x07", "'echo a'"))),
            (Fish, "bind --preset -k nul complete", None),
        ] {
            let read = binding(shell, "emacs", line);
            let read = read.as_ref().map(|found| (found.keymap.as_str(), found.keys.as_str(), found.action.as_str()));
            assert_eq!(read, expected, "{line}");
        }
    }

    #[test]
    fn a_key_is_written_as_zsh_reads_it() {
        for name in ["^G", "^X^G", "^[x", "^]"] {
            assert_eq!(carets_of(&carets(name).unwrap()), name);
        }
    }

    #[test]
    fn the_key_of_the_options_is_read() {
        use ShellKind::{Bash, Fish, Zsh};
        for (shell, name, keys) in [
            (Zsh, "ctrl-g", "\x07"),
            (Bash, "Ctrl-]", "\x1d"),
            (Fish, "alt-m", "\x1bm"),
            (Zsh, "^Xg", "\x18g"),
            (Bash, "\\C-xg", "\x18g"),
            (Fish, "\\cx\\cg", "\x18\x07"),
        ] {
            assert_eq!(named(shell, name).as_deref(), Some(keys), "{name}");
        }
    }
}
