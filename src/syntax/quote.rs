use crate::domain::ShellKind;

/// Writes `word` so that `shell` reads back exactly that one literal word. Words that need no quotes get none.
///
/// The word must not contain NUL: no shell can hold it. A NUL is dropped.
pub fn quote(word: &str, shell: ShellKind) -> String {
    if is_bare(word) {
        return word.to_owned();
    }
    let word: std::borrow::Cow<'_, str> = if word.contains('\0') { word.replace('\0', "").into() } else { word.into() };
    if word.is_empty() {
        return "''".to_owned();
    }
    match shell {
        ShellKind::Fish => quote_fish(&word),
        ShellKind::Bash | ShellKind::Zsh => quote_posix(&word),
    }
}

/// Like [`quote`] for an operand that names a file as a person types it: `~/x` and `~name/x` keep their tilde unquoted,
/// and a leading `-` cannot be taken for an option.
pub fn quote_path(path: &str, shell: ShellKind) -> String {
    let (tilde, rest) = split_tilde(path);
    match (tilde, rest) {
        ("", rest) if rest.starts_with('-') => quote(&format!("./{rest}"), shell),
        ("", rest) => quote(rest, shell),
        (tilde, "") => tilde.to_owned(),
        (tilde, rest) => format!("{tilde}{}", quote(rest, shell)),
    }
}

/// Like [`quote_path`] for a pattern that the shell shall expand: `*` and `?` stay active, everything else is literal.
pub fn quote_glob(pattern: &str, shell: ShellKind) -> String {
    let (tilde, rest) = split_tilde(pattern);
    let mut out = String::from(tilde);
    if tilde.is_empty() && rest.starts_with('-') {
        out.push_str("./");
    }
    let mut literal = String::new();
    for c in rest.chars() {
        if matches!(c, '*' | '?') {
            push_literal(&mut out, &mut literal, shell);
            out.push(c);
        } else {
            literal.push(c);
        }
    }
    push_literal(&mut out, &mut literal, shell);
    if out.is_empty() { "''".to_owned() } else { out }
}

/// A word that holds variables of the shell, in double quotes, in which every shell expands each to a part of the one word.
/// Everything else in it must mean nothing inside double quotes.
///
/// Variables are written as in a POSIX shell. fish calls the first argument `$argv[1]` and knows no braces around a name.
/// `None` if the shell would read another name than the one that is meant, or a subscript.
pub fn quote_variables(word: &str, shell: ShellKind) -> Option<String> {
    let mut out = String::from("\"");
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        out.push_str(before);
        let (name, behind, braced) = variable_name(after)?;
        let is_digit = name.bytes().all(|b| b.is_ascii_digit());
        match shell {
            ShellKind::Fish if name == "0" || braced && behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => return None,
            ShellKind::Fish if is_digit => out.push_str(&format!("$argv[{name}]")),
            ShellKind::Fish => out.push_str(&format!("${name}")),
            ShellKind::Bash | ShellKind::Zsh if braced => out.push_str(&format!("${{{name}}}")),
            ShellKind::Bash | ShellKind::Zsh => out.push_str(&format!("${name}")),
        }
        if behind.starts_with('[') && shell != ShellKind::Bash {
            return None;
        }
        rest = behind;
    }
    Some(out + rest + "\"")
}

/// The name of a variable behind its dollar, what follows, and whether the name stands in braces. One digit is a name.
fn variable_name(text: &str) -> Option<(&str, &str, bool)> {
    if let Some(braced) = text.strip_prefix('{') {
        let (name, behind) = braced.split_once('}')?;
        return Some((name, behind, true));
    }
    let digit = text.starts_with(|c: char| c.is_ascii_digit());
    let end = if digit { 1 } else { text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count() };
    (end > 0).then(|| (&text[..end], &text[end..], false))
}

fn push_literal(out: &mut String, literal: &mut String, shell: ShellKind) {
    if !literal.is_empty() {
        out.push_str(&quote(literal, shell));
        literal.clear();
    }
}

/// `~/` or `~name/` with what follows, or an empty first part. `~2` and `~-` are folders that the shell remembers, which
/// nobody means.
fn split_tilde(path: &str) -> (&str, &str) {
    let Some(after) = path.strip_prefix('~') else { return ("", path) };
    let name = after.find('/').unwrap_or(after.len());
    if !after[..name].bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        || after.starts_with(|c: char| c.is_ascii_digit() || c == '-')
    {
        return ("", path);
    }
    let end = if name == after.len() { path.len() } else { name + 2 };
    path.split_at(end)
}

/// True if every shell reads the word back as it stands. `~` and `=` (zsh: the path of a command) count only in front,
/// `%self` is a variable of fish.
fn is_bare(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with(['=', '%'])
        && word
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'%' | b'+' | b'=' | b':' | b',' | b'.' | b'/' | b'-'))
}

/// True if double quotes hold the text without any escape in all three shells, `!` of interactive history included.
fn fits_double_quotes(word: &str) -> bool {
    !word.contains(['$', '`', '"', '\\', '!']) && !word.contains(char::is_control)
}

fn quote_posix(word: &str) -> String {
    if word.contains(char::is_control) {
        return quote_ansi_c(word);
    }
    if !word.contains('\'') {
        return format!("'{word}'");
    }
    if fits_double_quotes(word) {
        return format!("\"{word}\"");
    }
    let mut out = String::new();
    for (i, part) in word.split('\'').enumerate() {
        if i > 0 {
            out.push_str("\\'");
        }
        if is_bare(part) && i > 0 {
            out.push_str(part);
        } else if !part.is_empty() {
            out.push('\'');
            out.push_str(part);
            out.push('\'');
        }
    }
    out
}

/// `$'…'`. Controls are written as octal bytes, which do not depend on the locale.
fn quote_ansi_c(word: &str) -> String {
    let mut out = String::from("$'");
    for c in word.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            c if c.is_control() => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    out.push_str(&format!("\\{byte:03o}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// fish knows only `\\` and `\'` inside single quotes; controls are escapes outside of them.
fn quote_fish(word: &str) -> String {
    if word.contains('\'') && fits_double_quotes(word) {
        return format!("\"{word}\"");
    }
    let mut out = String::new();
    let mut open = false;
    for c in word.chars() {
        if c.is_control() {
            if std::mem::take(&mut open) {
                out.push('\'');
            }
            match c {
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                '\r' => out.push_str("\\r"),
                c if c.is_ascii() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
                c => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            }
            continue;
        }
        if !std::mem::replace(&mut open, true) {
            out.push('\'');
        }
        if matches!(c, '\\' | '\'') {
            out.push('\\');
        }
        out.push(c);
    }
    if open {
        out.push('\'');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ShellKind::{Bash, Fish, Zsh};

    #[test]
    fn a_variable_is_written_as_its_shell_writes_it() {
        let both = |word: &str| (quote_variables(word, ShellKind::Bash), quote_variables(word, ShellKind::Fish));
        let some = |posix: &str, fish: &str| (Some(posix.to_owned()), Some(fish.to_owned()));
        assert_eq!(both("$1"), some("\"$1\"", "\"$argv[1]\""));
        assert_eq!(both("--exclude=$dir/x"), some("\"--exclude=$dir/x\"", "\"--exclude=$dir/x\""));
        assert_eq!(both("${name}.bak"), some("\"${name}.bak\"", "\"$name.bak\""));
        assert_eq!(both("$0"), (Some("\"$0\"".to_owned()), None));
        assert_eq!(both("${name}s"), (Some("\"${name}s\"".to_owned()), None), "fish would read another name");
        assert_eq!(both("$name[1]"), (Some("\"$name[1]\"".to_owned()), None), "a subscript of fish");
        assert_eq!(quote_variables("$name[1]", ShellKind::Zsh), None, "a subscript of zsh");
        assert_eq!(both("$"), (None, None));
    }

    #[test]
    fn safe_words_stay_bare() {
        for word in ["file.txt", "/var/log", "a-b_c", "user@host", "50%", "a=b", "-n", "1:2,3"] {
            assert_eq!(quote(word, Bash), word);
        }
    }

    #[test]
    fn words_with_a_meaning_are_quoted() {
        assert_eq!(quote("", Fish), "''");
        assert_eq!(quote("my file", Zsh), "'my file'");
        assert_eq!(quote("*.png", Bash), "'*.png'");
        assert_eq!(quote("~/x", Bash), "'~/x'");
        assert_eq!(quote("=ls", Zsh), "'=ls'");
        assert_eq!(quote("it's", Fish), "\"it's\"");
        assert_eq!(quote("it's $5", Bash), "'it'\\''s $5'");
        assert_eq!(quote("it's $5", Fish), "'it\\'s $5'");
        assert_eq!(quote("a\nb", Zsh), "$'a\\nb'");
        assert_eq!(quote("a\nb", Fish), "'a'\\n'b'");
    }

    #[test]
    fn paths_keep_their_tilde() {
        assert_eq!(quote_path("~/my docs", Bash), "~/'my docs'");
        assert_eq!(quote_path("~", Zsh), "~");
        assert_eq!(quote_path("~bob/x", Fish), "~bob/x");
        assert_eq!(quote_path("~$x/y", Bash), "'~$x/y'");
        assert_eq!(quote_path("~1/x", Bash), "'~1/x'");
        assert_eq!(quote_path("~-", Zsh), "'~-'");
        assert_eq!(quote_path("-rf", Bash), "./-rf");
    }

    #[test]
    fn globs_stay_active() {
        assert_eq!(quote_glob("*.txt", Bash), "*.txt");
        assert_eq!(quote_glob("my dir/*.txt", Bash), "'my dir/'*.txt");
        assert_eq!(quote_glob("~/a b/*", Fish), "~/'a b/'*");
        assert_eq!(quote_glob("-*", Zsh), "./-*");
    }
}
