//! What a value in the place of a secret can be: the secret, a reference to one, or a word that stands in for it.

/// How surely a place holds a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Certainty {
    /// A password: any text may be one.
    Sure,
    /// A token: no word of a language, no small number.
    Likely,
    /// Many things are called `key`: only what looks like chance.
    Doubtful,
}

/// Stand-ins that manuals write instead of a secret, in lower case.
const STAND_INS: [&str; 47] = [
    "changeme",
    "change-me",
    "change_me",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api-key",
    "api_key",
    "key",
    "pass",
    "pwd",
    "true",
    "false",
    "null",
    "none",
    "nil",
    "yes",
    "no",
    "on",
    "off",
    "undefined",
    "empty",
    "example",
    "placeholder",
    "redacted",
    "hidden",
    "removed",
    "masked",
    "dummy",
    "todo",
    "tbd",
    "fixme",
    "replaceme",
    "replace-me",
    "replace_me",
    "mypassword",
    "mytoken",
    "mysecret",
    "string",
    "required",
    "optional",
    "prompt",
    "ask",
    "insert",
];

/// Words that such a stand-in of several words begins with, and those that it ends with.
const BEGINNINGS: [&str; 6] = ["your", "my", "insert", "enter", "replace", "example"];
const NOUNS: [&str; 19] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "apikey",
    "accesskey",
    "secretkey",
    "authtoken",
    "accesstoken",
    "credential",
    "credentials",
    "value",
    "me",
    "it",
    "this",
];
/// A longer text is a sentence.
const MOST_PARTS: usize = 5;

/// Endings of file names.
const FILE_ENDINGS: [&str; 58] = [
    "pem", "key", "crt", "cer", "pub", "txt", "json", "yaml", "yml", "toml", "ini", "cfg", "conf", "env", "gpg", "asc", "enc", "age",
    "zip", "tar", "gz", "tgz", "xz", "bz2", "zst", "7z", "rar", "pdf", "md", "sh", "py", "js", "ts", "rs", "go", "rb", "c", "h", "cpp",
    "java", "sql", "db", "sqlite", "csv", "log", "html", "xml", "png", "jpg", "jpeg", "mp4", "p12", "pfx", "jks", "kdbx", "docx", "xlsx",
    "iso",
];

/// Whether a value is what a secret place holds when it does not hold a secret.
pub(super) fn is_stand_in(value: &str) -> bool {
    if is_reference(value) {
        return true;
    }
    let value = value.trim_matches(['"', '\'', '`']);
    if value.is_empty() || is_reference(value) || value.ends_with("...") || value.ends_with('\u{2026}') {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    let words = lower.trim_matches(['<', '>', '[', ']', '{', '}', '(', ')', '*', '.']);
    let crossed_out = value.len() >= 3
        && (lower.bytes().all(|byte| matches!(byte, b'x' | b'-' | b'_' | b'.' | b'/'))
            || !value.starts_with(char::is_alphanumeric) && value.chars().all(|c| value.starts_with(c)));
    STAND_INS.contains(&words) || words.is_empty() || crossed_out || names_itself(value) || is_manuals(words)
}

/// Whether a token that its own shape gives away, behind no name, is one that manuals show.
pub(super) fn is_sample(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    is_stand_in(body)
        || ["example", "examplekey"].iter().any(|end| lower.ends_with(end))
        || lower.starts_with("xxx")
        || BEGINNINGS.iter().any(|start| lower.starts_with(start)) && !body.bytes().any(|byte| byte.is_ascii_digit())
}

/// `YOUR_API_KEY`, `GITHUB_TOKEN`: a name where its value would stand.
fn names_itself(value: &str) -> bool {
    let nouns = ["TOKEN", "KEY", "PASS", "PASSWORD", "PASSWD", "PWD", "SECRET", "YOUR", "HERE", "CREDENTIAL", "CREDENTIALS", "APIKEY"];
    value.contains('_')
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        && value.split('_').any(|part| nouns.contains(&part))
}

/// `your-api-key`, `my_token`, `yourpasswordhere`: what a manual asks its reader to exchange, in lower case. A text that only begins so
/// may be a password.
fn is_manuals(words: &str) -> bool {
    let parts: Vec<&str> = words.split(['-', '_', ' ']).collect();
    if let [first, .., last] = parts.as_slice() {
        let plain = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()));
        return plain && parts.len() <= MOST_PARTS && BEGINNINGS.contains(first) && (*last == "here" || NOUNS.contains(last));
    }
    let Some(rest) = BEGINNINGS.iter().find_map(|start| words.strip_prefix(start)) else { return false };
    let noun = rest.strip_suffix("here").unwrap_or(rest);
    NOUNS.contains(&noun) || noun.is_empty() && !rest.is_empty()
}

/// A variable, a substitution, a gap of a template or a manual, or a word of our own.
pub(super) fn is_reference(value: &str) -> bool {
    let hashed =
        ["$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$argon2", "$apr1$", "$scrypt"].iter().any(|start| value.starts_with(start));
    let template = ["{{", "{%", "${", "$(", "<%", "%(", "#{", "@{", "!vault", "***", "...", "\u{2026}", "\u{2022}\u{2022}"]
        .iter()
        .any(|start| value.starts_with(start));
    let variable = value.strip_prefix('$').is_some_and(|name| {
        let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        length == name.len()
            || !name.starts_with(|c: char| c.is_ascii_digit())
                && name[length..].starts_with(['/', '"', '\'', '@', ':', '{', '[', '.', ',', ')', ';'])
    });
    let substitution = value.starts_with('`') || value.starts_with("(cat ") || value.starts_with("(pass ");
    let windows = value.len() > 2 && value.starts_with('%') && value.ends_with('%');
    let gap = value.starts_with('<')
        && (value.ends_with('>') || !value[1..].contains(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')));
    let gap = gap || value.starts_with('[') && value.ends_with(']');
    !hashed && (template || variable || substitution || windows || gap) || value.starts_with(super::placeholder::STABLE_STEM)
}

/// Whether a text is a path or the name of a file, an address, or a number of a host.
pub(super) fn is_place(value: &str) -> bool {
    let path = value.starts_with("~/")
        || value.starts_with("./")
        || value.starts_with("../")
        || value.starts_with("@/")
        || value.starts_with("@./");
    let absolute = value.strip_prefix('/').is_some_and(|rest| rest.split('/').all(|part| !is_scrambled(part)));
    let file = value.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty() && !is_scrambled(stem) && FILE_ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
    });
    let address = value.split('.').count() == 4 && value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'/'));
    let identity = value.starts_with("id_") && !is_scrambled(&value[3..]);
    path || absolute || file || address || identity || value.contains("://")
}

/// Whether a value in a secret place is the secret.
pub(super) fn is_secret(value: &str, certainty: Certainty) -> bool {
    if is_stand_in(value) || is_place(value) {
        return false;
    }
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match certainty {
        Certainty::Sure => !(digits && value.len() < 4),
        Certainty::Likely => !(digits && value.len() < 8) && is_chosen(value),
        Certainty::Doubtful => value.len() >= 16 && is_scrambled(value) && !is_fingerprint(value),
    }
}

/// No word of a language and no name: letters with digits, signs or capitals among them.
pub(super) fn is_chosen(word: &str) -> bool {
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let sign = word.contains(['!', '#', '^', '*', '@', '+', '$', '%', '&', '~', '=']);
    let capital = word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
    let letter = word.chars().any(char::is_alphabetic);
    word.chars().count() >= 6 && (digit || sign || capital) && (letter || word.len() >= 8)
}

/// Letters and digits mixed in one piece, or capitals and small letters in a long one.
fn is_scrambled(part: &str) -> bool {
    let count = |test: fn(&u8) -> bool| part.bytes().filter(test).count();
    let (digits, capitals, small) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    part.len() >= 12
        && (digits >= 2 && capitals + small >= 3 && (capitals >= 1 && small >= 1 || digits >= 3) || capitals >= 4 && small >= 4)
}

/// Not a word: a digit in it, or capitals and small letters in no order of a name.
pub(super) fn is_mixed(body: &str) -> bool {
    let capitals = body.bytes().filter(u8::is_ascii_uppercase).count();
    let small = body.bytes().filter(u8::is_ascii_lowercase).count();
    body.bytes().any(|byte| byte.is_ascii_digit()) || capitals >= 3 && small >= 3 || capitals >= 12
}

/// Hexadecimal digits in capitals as keys are named by, or with a `0x` in front, or in pairs.
fn is_fingerprint(value: &str) -> bool {
    let bare = value.strip_prefix("0x").unwrap_or(value);
    let capitals = matches!(bare.len(), 16 | 32 | 40) && bare.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    capitals || value.starts_with("SHA256:") || value.starts_with("MD5:") || value.split(':').count() > 5 || value.starts_with("AAAA")
}
