use super::{Value, merge, word_at};
use crate::offline::lexicon::{Lexicon, Role};
use crate::offline::tokens::Token;

/// Kinds of files that go by another name than their ending.
const KINDS: [(&str, &[&str]); 29] = [
    ("python", &["py"]),
    ("rust", &["rs"]),
    ("javascript", &["js"]),
    ("typescript", &["ts"]),
    ("java", &["java"]),
    ("ruby", &["rb"]),
    ("golang", &["go"]),
    ("perl", &["pl"]),
    ("markdown", &["md"]),
    ("text", &["txt"]),
    ("shell", &["sh"]),
    ("yaml", &["yaml", "yml"]),
    ("image", &["jpg", "jpeg", "png", "gif", "webp"]),
    ("picture", &["jpg", "jpeg", "png", "gif", "webp"]),
    ("video", &["mp4", "mkv", "mov", "avi", "webm"]),
    ("audio", &["mp3", "wav", "flac", "ogg", "m4a"]),
    ("log", &["log"]),
    ("logs", &["log"]),
    ("temp", &["tmp"]),
    ("temporary", &["tmp"]),
    ("backup", &["bak"]),
    ("jpeg", &["jpg", "jpeg"]),
    ("c++", &["cpp", "cc", "cxx"]),
    ("cpp", &["cpp"]),
    ("header", &["h"]),
    ("csharp", &["cs"]),
    ("excel", &["xlsx", "xls"]),
    ("word", &["docx", "doc"]),
    ("kotlin", &["kt"]),
];

/// Endings that name themselves: "png files".
const ENDINGS: [&str; 90] = [
    "png", "jpg", "gif", "webp", "svg", "pdf", "txt", "md", "rst", "csv", "tsv", "json", "jsonl", "xml", "yml", "toml", "ini", "cfg",
    "conf", "html", "htm", "css", "scss", "js", "mjs", "jsx", "ts", "tsx", "vue", "py", "pyc", "ipynb", "rs", "go", "c", "h", "cc", "hpp",
    "cs", "kt", "java", "class", "jar", "rb", "php", "pl", "lua", "swift", "scala", "sh", "zsh", "fish", "bat", "ps1", "sql", "db",
    "sqlite", "tmp", "bak", "swp", "old", "orig", "lock", "o", "so", "a", "exe", "dll", "zip", "tar", "gz", "tgz", "bz2", "xz", "7z",
    "rar", "iso", "img", "mp3", "wav", "flac", "ogg", "mp4", "mkv", "mov", "avi", "webm", "doc", "docx", "xlsx",
];

/// The file endings that a kind of file goes by: `python` → `py`, `pngs` → `png`.
pub(in crate::offline) fn extensions_of(kind: &str) -> Option<Vec<&'static str>> {
    let singular = kind.strip_suffix('s').filter(|stem| stem.len() >= 2);
    for name in std::iter::once(kind).chain(singular) {
        if let Some((_, endings)) = KINDS.iter().find(|(known, _)| *known == name) {
            return Some(endings.to_vec());
        }
        if let Some(ending) = ENDINGS.iter().find(|known| **known == name) {
            return Some(vec![ending]);
        }
    }
    None
}

/// Whether a star in the name is meant for the shell. A name with characters that nobody writes into a pattern is one name.
pub(in crate::offline) fn is_pattern(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '"' | '\'' | '`' | '\\' | '$' | ';' | '&' | '|' | '<' | '>' | '!');
    name.contains('*') && !name.contains(odd) && !name.contains("//")
}

/// `.java`: a known ending with its dot.
fn is_ending(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|ending| extensions_of(&ending.to_lowercase()).is_some())
}

/// "png files", ".rs files", "all the pngs", "*.tar.gz archives" become patterns.
pub(super) fn file_kinds(tokens: &mut Vec<Token>, lexicon: &Lexicon) {
    let file = lexicon.lemma("file");
    let mut at = 0;
    while at < tokens.len() {
        let next_is_file = tokens.get(at + 1).is_some_and(|token| token.lemma().is_some() && token.lemma() == file);
        let kind = match &tokens[at].value {
            Value::Word => word_at(tokens, at),
            Value::Ext => tokens[at].raw.to_lowercase().trim_start_matches('.').to_owned(),
            Value::Quoted
                if next_is_file
                    && !tokens[at].raw.contains(char::is_whitespace)
                    && (tokens[at].raw.contains('*') || is_ending(&tokens[at].raw)) =>
            {
                let pattern = if tokens[at].raw.contains('*') { tokens[at].raw.clone() } else { format!("*{}", tokens[at].raw) };
                merge(tokens, at, at + 2, Value::Glob(vec![pattern]));
                at += 1;
                continue;
            }
            Value::Glob(_) if next_is_file => {
                let value = tokens[at].value.clone();
                merge(tokens, at, at + 2, value);
                at += 1;
                continue;
            }
            _ => String::new(),
        };
        let after_all = at > 0 && matches!(word_at(tokens, at - 1).as_str(), "all" | "every" | "the" | "each" | "any");
        let Some(endings) = extensions_of(&kind) else {
            at += 1;
            continue;
        };
        let patterns = || Value::Glob(endings.iter().map(|ending| format!("*.{ending}")).collect());
        let is_word = matches!(tokens[at].value, Value::Word);
        let named = lexicon.lemma(&kind).is_some();
        let plural = kind.ends_with('s') && endings.iter().any(|ending| kind == format!("{ending}s"));
        if next_is_file && kind != "old" && kind != "a" {
            merge(tokens, at, at + 2, patterns());
        } else if is_word
            && kind.len() > 1
            && !matches!(kind.as_str(), "old" | "lock" | "class" | "tar" | "zip")
            && ((plural && !matches!(kind.as_str(), "docs" | "logs")) || (after_all && !named))
        {
            let value = patterns();
            merge(tokens, at, at + 1, value);
        }
        at += 1;
    }
    join_lists(tokens);
}

/// "jpg and png files", "jpg or png files": the list takes the patterns of its last member.
fn join_lists(tokens: &mut Vec<Token>) {
    for at in (0..tokens.len().saturating_sub(2)).rev() {
        let Some(Value::Glob(last)) = tokens.get(at + 2).map(|token| token.value.clone()) else { continue };
        let mut patterns = match &tokens[at].value {
            Value::Glob(patterns) => patterns.clone(),
            Value::Word | Value::Ext => {
                let kind = tokens[at].raw.to_lowercase();
                let endings = extensions_of(kind.trim_start_matches('.')).unwrap_or_default();
                endings.iter().map(|ending| format!("*.{ending}")).collect()
            }
            _ => Vec::new(),
        };
        if !patterns.is_empty() && matches!(word_at(tokens, at + 1).as_str(), "and" | "or" | "&") {
            patterns.extend(last);
            merge(tokens, at, at + 3, Value::Glob(patterns));
        }
    }
}

/// "this folder", "here", "the current directory", "my home": places in words.
pub(super) fn places(tokens: &mut Vec<Token>, lexicon: &Lexicon) {
    let folder = lexicon.lemma("folder");
    let is_folder = |token: Option<&Token>| token.is_some_and(|token| token.exact_lemma().is_some() && token.exact_lemma() == folder);
    let mut at = 0;
    while at < tokens.len() {
        let word = word_at(tokens, at);
        let mut end = at + 1;
        while matches!(word_at(tokens, end).as_str(), "current" | "working" | "same") {
            end += 1;
        }
        let place = match word.as_str() {
            "here" | "cwd" | "pwd" if word == "here" => Some((at + 1, Value::Here, ".")),
            "this" | "current" | "working" if is_folder(tokens.get(end)) => Some((end + 1, Value::Here, ".")),
            "home" if is_folder(tokens.get(at + 1)) => Some((at + 2, Value::Path, "~")),
            "everywhere" => Some((at + 1, Value::Path, "/")),
            "root" if is_folder(tokens.get(at + 1)) && word_at(tokens, at + 2) != "of" => Some((at + 2, Value::Path, "/")),
            "system" | "filesystem" | "machine" | "disk" if matches!(word_at(tokens, at.wrapping_sub(1)).as_str(), "whole" | "entire") => {
                Some((at + 1, Value::Path, "/"))
            }
            _ => None,
        };
        if let Some((end, value, raw)) = place {
            merge(tokens, at, end, value);
            tokens[at].raw = raw.to_owned();
        }
        at += 1;
    }
    // "logs folder": a plural in front of one folder is its name.
    for at in 0..tokens.len() {
        let plural = tokens[at].raw.ends_with('s') && tokens[at].exact_lemma().is_some() && tokens[at].role() == Some(Role::Content);
        let one_folder = matches!(word_at(tokens, at + 1).as_str(), "folder" | "dir" | "directory");
        let verb = matches!(word_at(tokens, at).as_str(), "list" | "lists" | "shows" | "process" | "progress");
        if plural && one_folder && !is_folder(tokens.get(at)) && !verb {
            tokens[at].value = Value::Path;
            tokens[at].known = None;
        }
    }
    // "folder src" and "src folder" name a path when the name cannot be anything else.
    for at in 0..tokens.len() {
        let named_here =
            matches!(tokens[at].value, Value::Word) && tokens[at].known.is_none_or(|known| known.role == Role::Name || known.repaired);
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let after_link = before.and_then(Token::role) == Some(Role::Link) || before.is_some_and(Token::is_filler);
        let one_folder = before.is_some_and(|token| matches!(token.raw.to_lowercase().as_str(), "folder" | "dir" | "directory"));
        let called = is_folder(before) && one_folder && tokens.get(at + 1).and_then(Token::role).is_none_or(|role| role == Role::Link);
        if named_here && ((is_folder(tokens.get(at + 1)) && after_link) || called) {
            tokens[at].value = Value::Path;
            tokens[at].known = None;
        }
    }
}
