//! Commands inside the arguments of other commands.

use super::rules::{self, Call};
use crate::syntax::{UNKNOWN, Word};

/// What a program runs.
#[derive(Debug, PartialEq)]
pub(super) enum Inner {
    /// A program with its arguments.
    Words(Vec<Word>),
    /// A text for a shell.
    Text(String),
    /// A text that only the running shell knows.
    UnknownText,
}

const SHELLS: [&str; 8] = ["sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish"];

const INTERPRETERS: [&str; 7] = ["python", "python2", "python3", "perl", "ruby", "node", "php"];

/// Whether a program runs shell text.
pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

/// Whether a program runs whatever program text it gets.
pub(super) fn is_interpreter(name: &str) -> bool {
    is_shell(name) || INTERPRETERS.contains(&name)
}

/// Everything that a call runs beside itself.
pub(super) fn inner(call: &Call<'_>) -> Vec<Inner> {
    match call.name {
        name if is_shell(name) || name == "su" => after_flag(call, 'c').map(text_of).into_iter().collect(),
        "eval" => vec![joined(call.args)],
        "trap" => call.operands.first().map(|word| text_of(word)).into_iter().collect(),
        "find" | "fd" | "fdfind" => executed(call),
        name => match rules::wrapper(name) {
            Some(wrapper) => wrapped(call, wrapper).into_iter().collect(),
            None => Vec::new(),
        },
    }
}

fn text_of(word: &Word) -> Inner {
    word.value.clone().map_or(Inner::UnknownText, Inner::Text)
}

fn joined(words: &[Word]) -> Inner {
    let known: Option<Vec<&str>> = words.iter().map(|word| word.value.as_deref()).collect();
    known.map_or(Inner::UnknownText, |parts| Inner::Text(parts.join(" ")))
}

/// The word after an option of one letter, also when the letter ends a cluster: `-lc`.
fn after_flag<'a>(call: &Call<'a>, letter: char) -> Option<&'a Word> {
    let at =
        call.args.iter().position(|word| word.shape.starts_with('-') && !word.shape.starts_with("--") && word.shape.contains(letter))?;
    call.args[at + 1..].iter().find(|word| !word.shape.starts_with('-'))
}

/// `find … -exec cmd {} +`, once for each.
fn executed(call: &Call<'_>) -> Vec<Inner> {
    let mut found = Vec::new();
    for (at, word) in call.args.iter().enumerate() {
        if matches!(word.shape.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec" | "--exec-batch") {
            let rest = call.args[at + 1..].iter();
            let words = rest.take_while(|word| !matches!(word.shape.as_str(), ";" | "+")).map(filled_in);
            found.push(Inner::Words(words.collect()));
        }
    }
    found
}

/// The braces become a name that nobody knows yet.
fn filled_in(word: &Word) -> Word {
    if !word.shape.contains("{}") {
        return word.clone();
    }
    Word { shape: word.shape.replace("{}", &UNKNOWN.to_string()), value: None, ..word.clone() }
}

fn wrapped(call: &Call<'_>, wrapper: &rules::Wrapper) -> Option<Inner> {
    let mut rest = call.args;
    let mut skip = wrapper.skip;
    while let Some(word) = rest.first() {
        let shape = word.shape.as_str();
        let own_text = call.name == "env" && (shape == "-S" || shape == "--split-string");
        if own_text {
            return rest.get(1).map(text_of);
        }
        let step = match shape {
            "--" => 1,
            _ if shape.len() > 1 && shape.starts_with('-') => 1 + usize::from(rules::takes_value(call.name, shape)),
            _ if wrapper.assignments
                && shape.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_')) =>
            {
                1
            }
            _ if skip > 0 => {
                skip -= 1;
                1
            }
            _ => break,
        };
        rest = rest.get(step..).unwrap_or_default();
    }
    if rest.is_empty() {
        return None;
    }
    if wrapper.text {
        return Some(joined(rest));
    }
    let mut words = rest.to_vec();
    if wrapper.appends {
        words = words.iter().map(filled_in).collect();
        words.push(Word::unknown("…"));
    }
    Some(Inner::Words(words))
}
