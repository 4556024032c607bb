//! Where the secrets of a text are. Written by hand: the formats are simple, and the text is read once on every query.

use std::ops::Range;

use super::words::{ANNOUNCING_WORDS, NOT_A_VALUE, SECRET_NAMES, TOKEN_PREFIXES};

/// The secrets of a text, in order, not overlapping.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    pem_blocks(text, &mut found);
    tokens(text, &mut found);
    url_passwords(text, &mut found);
    authorization(text, &mut found);
    named_values(text, &mut found);
    let words = split(text);
    options(text, &words, &mut found);
    prose(text, &words, &mut found);
    found.retain(|span: &Range<usize>| !span.is_empty());
    found.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut last_end = 0;
    found.retain(|span| {
        let free = span.start >= last_end;
        last_end = if free { span.end } else { last_end };
        free
    });
    found
}

fn pem_blocks(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(at) = text[from..].find("-----BEGIN ").map(|at| from + at) {
        let header_end = text[at + 11..].find("-----").map_or(text.len(), |end| at + 11 + end + 5);
        from = header_end;
        if !text[at..header_end].contains("PRIVATE KEY") {
            continue;
        }
        let footer = text[header_end..].find("-----END ").map(|end| header_end + end);
        let end = footer.and_then(|footer| text[footer + 9..].find("-----").map(|end| footer + 9 + end + 5)).unwrap_or(text.len());
        found.push(at..end);
        from = end;
    }
}

fn tokens(text: &str, found: &mut Vec<Range<usize>>) {
    for at in word_starts(text) {
        let rest = &text[at..];
        for (prefix, least) in TOKEN_PREFIXES {
            let Some(body) = rest.strip_prefix(prefix) else { continue };
            let length = body.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(body.len());
            let body = body[..length].trim_end_matches(['.', '-']);
            if body.len() >= least && (body.contains(|c: char| c.is_ascii_digit()) || body.len() == least && prefix.starts_with('A')) {
                found.push(at..at + prefix.len() + body.len());
                break;
            }
        }
        if rest.starts_with("eyJ") {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(rest.len());
            if rest[..length].matches('.').count() >= 2 && length > 30 {
                found.push(at..at + length);
            }
        }
    }
}

/// Places where a token may begin: after anything that is no part of a word.
fn word_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut inside = false;
    text.char_indices().filter_map(move |(at, c)| {
        let word = c.is_alphanumeric() || matches!(c, '_' | '-');
        let starts = word && !inside;
        inside = word;
        starts.then_some(at)
    })
}

/// The password of `scheme://user:password@host`.
fn url_passwords(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = &text[start..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"' | '?' | '#')).unwrap_or(rest.len());
        let Some(host) = rest[..end].rfind('@') else { continue };
        if let Some(colon) = rest[..host].find(':') {
            push_value(text, start + colon + 1..start + host, found);
        }
    }
}

/// The credential after `Authorization:` or `Bearer`.
fn authorization(text: &str, found: &mut Vec<Range<usize>>) {
    let lower = text.to_ascii_lowercase();
    for (at, name) in lower.match_indices("authorization:") {
        let mut words = split(&text[at + name.len()..]).into_iter().map(|span| at + name.len() + span.start..at + name.len() + span.end);
        let Some(first) = words.next() else { continue };
        let scheme = matches!(lower[first.clone()].trim_matches(['"', '\'']), "bearer" | "basic" | "token" | "digest" | "apikey");
        let value = if scheme { words.next() } else { Some(first) };
        if let Some(value) = value {
            push_value(text, value, found);
        }
    }
}

/// `NAME=value`, `name: value`, `"name": "value"`, where the name says that it is a secret.
fn named_values(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, sign) in text.char_indices().filter(|(_, c)| matches!(c, '=' | ':')) {
        let unspaced = if sign == '=' && text[at..].starts_with("= ") { text[..at].trim_end_matches(' ') } else { &text[..at] };
        let before = unspaced.trim_end_matches(['"', '\'']);
        let name_start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .map_or(0, |last| last + before[last..].chars().next().map_or(1, char::len_utf8));
        // `"$token" = x` compares a variable.
        if !is_secret_name(&before[name_start..]) || before[..name_start].ends_with(['$', '{']) {
            continue;
        }
        let rest = &text[at + 1..];
        let blanks = if sign == ':' || (unspaced.len() < at) { rest.len() - rest.trim_start_matches([' ', '\t']).len() } else { 0 };
        // `user:pass:x` and `https://…` name nothing.
        if sign == ':' && blanks == 0 && !rest.starts_with(['"', '\'']) {
            continue;
        }
        push_value(text, value_span(text, at + 1 + blanks), found);
    }
}

fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let ends = SECRET_NAMES.iter().any(|secret| plain.ends_with(secret));
    // `bypass`, `compass` are other words; `DB_PASS` and `pgpass` are not.
    ends && !matches!(plain.as_str(), "bypass" | "compass" | "surpass" | "trespass")
}

/// Options that are followed by a secret, or have it glued on.
fn options(text: &str, words: &[Range<usize>], found: &mut Vec<Range<usize>>) {
    let mut program = "";
    for (index, span) in words.iter().enumerate() {
        let word = &text[span.clone()];
        let next = words.get(index + 1);
        let starts_command = index == 0
            || matches!(&text[words[index - 1].clone()], "|" | "&&" | "||" | ";" | "sudo")
            || words[index - 1].end < span.start && text[words[index - 1].end..span.start].contains('\n');
        if starts_command || is_client(word) {
            program = word.rsplit('/').next().unwrap_or(word);
        }
        let glued = |flag: &str| word.strip_prefix(flag).filter(|rest| !rest.is_empty()).map(|_| span.start + flag.len()..span.end);
        let separate = |flags: &[&str]| next.filter(|_| flags.contains(&word)).cloned();
        let value = match program {
            "mysql" | "mysqldump" | "mysqladmin" | "mariadb" | "mariadb-dump" => glued("-p"),
            "sshpass" => separate(&["-p"]).or_else(|| glued("-p")),
            "docker" | "podman" | "helm" | "oc" | "az" if text.contains(" login") => separate(&["-p"]),
            "ldapsearch" | "ldapadd" | "ldapmodify" | "ldapdelete" | "ldappasswd" => separate(&["-w"]),
            "smbclient" => {
                separate(&["-U"]).and_then(|user| text[user.clone()].find('%').map(|percent| user.start + percent + 1..user.end))
            }
            "openssl" => glued("pass:"),
            "redis-cli" => separate(&["-a"]),
            "curl" | "wget" | "http" => {
                separate(&["-u", "--user"]).and_then(|user| text[user.clone()].find(':').map(|colon| user.start + colon + 1..user.end))
            }
            _ => None,
        };
        let long = word
            .strip_prefix("--")
            .filter(|name| is_secret_name(name))
            .and(next)
            .filter(|next| !text[(*next).clone()].starts_with('-'))
            .cloned();
        if let Some(value) = value.or(long) {
            push_value(text, value, found);
        }
    }
}

fn is_client(word: &str) -> bool {
    matches!(word, "mysql" | "mysqldump" | "mysqladmin" | "mariadb" | "sshpass" | "redis-cli" | "curl" | "wget")
}

/// `the password is hunter2`, `token 9f86d0…`.
fn prose(text: &str, words: &[Range<usize>], found: &mut Vec<Range<usize>>) {
    let lower: Vec<String> = words.iter().map(|span| text[span.clone()].to_lowercase()).collect();
    for (index, word) in lower.iter().enumerate() {
        let announcing = word.trim_matches(|c: char| !c.is_alphanumeric());
        let told = matches!(announcing, "password" | "passphrase" | "passwd" | "secret" | "token" | "passcode");
        let verb = matches!(lower.get(index + 1).map(String::as_str), Some("is" | "was" | "ist"));
        if told
            && verb
            && let (Some(span), Some(value)) = (words.get(index + 2), lower.get(index + 2))
            && !NOT_A_VALUE.contains(&value.trim_matches(|c: char| !c.is_alphanumeric()))
        {
            push_value(text, without_full_stop(text, span.clone()), found);
        }
        let handed_over = index > 0 && matches!(lower[index - 1].as_str(), "with" | "using" | "and" | "mit");
        if told
            && handed_over
            && let Some(span) = words.get(index + 1)
            && looks_chosen(&text[span.clone()])
        {
            push_value(text, without_full_stop(text, span.clone()), found);
        }
        if ANNOUNCING_WORDS.contains(&announcing) {
            for span in words.iter().skip(index + 1).take(3) {
                let span = without_full_stop(text, span.clone());
                if is_random(&text[span.clone()]) {
                    push_value(text, span, found);
                }
            }
        }
    }
}

/// No word of a language: letters with digits or signs among them.
fn looks_chosen(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';', '?', '!']);
    let mixed = word.contains(|c: char| c.is_ascii_digit() || matches!(c, '!' | '#' | '^' | '*' | '@' | '+'));
    word.len() >= 6 && mixed && word.contains(char::is_alphabetic) && !word.starts_with('-')
}

fn without_full_stop(text: &str, span: Range<usize>) -> Range<usize> {
    let word = text[span.clone()].trim_end_matches(['.', ',', ';', '?', '!']);
    span.start..span.start + word.len()
}

/// Long, of one piece, with digits among its letters. UUIDs are names, not secrets; paths have slashes and a start.
fn is_random(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(char::is_ascii_alphabetic).count();
    let uuid = word.len() == 36 && word.matches('-').count() == 4;
    let path = word.starts_with(['/', '~', '.', '$', '-']) || word.matches('/').count() > 2;
    let charset = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-'));
    word.len() >= 20 && charset && digits >= 3 && letters >= 3 && !uuid && !path
}

/// The words of a line: blanks separate, quotes keep together; the quotes are not part of the span.
fn split(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let quoted = matches!(c, '"' | '\'').then(|| text[at + 1..].find(c)).flatten();
        // An apostrophe may also end a word that was quoted further left.
        let end = match quoted {
            Some(length) if length > 0 && text[at + 1 + length + 1..].chars().next().is_none_or(|c| !c.is_alphanumeric()) => {
                words.push(at + 1..at + 1 + length);
                at + 1 + length + 1
            }
            _ => {
                let length = text[at..].find(char::is_whitespace).unwrap_or(text.len() - at);
                let word = text[at..at + length].trim_matches(['"', '\'']);
                let start = at + text[at..at + length].find(word).unwrap_or(0);
                words.push(start..start + word.len());
                at + length
            }
        };
        while chars.next_if(|(next, _)| *next < end).is_some() {}
    }
    words
}

/// The value that begins at a place: a quoted text without its quotes, or one word.
fn value_span(text: &str, start: usize) -> Range<usize> {
    let rest = &text[start..];
    match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => start + 1..start + 1 + rest[1..].find(quote).unwrap_or(rest.len() - 1),
        _ => {
            start
                ..start
                    + rest
                        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '|' | '&' | ',' | '}' | ')'))
                        .unwrap_or(rest.len())
        }
    }
}

/// Keeps a value unless it is a reference to one: a variable, a substitution, a path, a gap in a manual.
fn push_value(text: &str, span: Range<usize>, found: &mut Vec<Range<usize>>) {
    let raw = &text[span.clone()];
    let value = raw.trim_matches(['"', '\'']);
    let start = span.start + raw.find(value).unwrap_or(0);
    let reference = value.starts_with(['$', '`', '<', '/', '~', '{', '%'])
        || value.starts_with("./")
        || value.starts_with("...")
        || value.starts_with("***");
    let constant = matches!(value, "true" | "false" | "null" | "none" | "None" | "yes" | "no" | "xxx");
    let number = value.len() < 4 && value.chars().all(|c| c.is_ascii_digit());
    if !value.is_empty() && !reference && !constant && !number {
        found.push(start..start + value.len());
    }
}
