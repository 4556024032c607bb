//! Lengths of time, moments, signals and commands in words, as tools take them.

use super::ages::{age, length, month};
use super::measures::Span;
use super::slots::number;
use super::words::Word;
use crate::offline::slots::{Unit, Value};

/// A length of time with a number: "5 minutes", "1.5 seconds", "minute" after "every", "half a second".
fn amount(words: &[Word], at: usize) -> Option<(usize, String, Unit)> {
    let word = words.get(at)?;
    if word.is("half") {
        let next = at + 1 + usize::from(words.get(at + 1).is_some_and(|word| word.is("a")));
        let unit = Unit::named(&words.get(next)?.low)?;
        return match unit {
            Unit::Second => Some((next + 1, "0.5".to_owned(), unit)),
            Unit::Minute => Some((next + 1, "30".to_owned(), Unit::Second)),
            Unit::Hour => Some((next + 1, "30".to_owned(), Unit::Minute)),
            _ => None,
        };
    }
    if let Some(unit) = word.is_word().then(|| Unit::named(&word.low)).flatten().filter(|_| word.low.len() > 1) {
        return Some((at + 1, "1".to_owned(), unit));
    }
    if matches!(word.value, Value::Version) && word.raw.matches('.').count() == 1 {
        let unit = Unit::named(&words.get(at + 1)?.low)?;
        return Some((at + 2, word.raw.clone(), unit));
    }
    let (end, length) = length(words, at)?;
    Some((end, length.amount.to_string(), length.unit))
}

/// In seconds: `300` for "5 minutes".
pub(super) fn seconds(words: &[Word], at: usize) -> Option<(usize, String)> {
    let (end, text, unit) = amount(words, at)?;
    let text = match (unit, text.parse::<u64>()) {
        (Unit::Second, _) => text,
        (_, Ok(number)) => number.checked_mul(unit.seconds())?.to_string(),
        _ => return None,
    };
    Some((end, text))
}

/// As `sleep` and `timeout` take it: `5m`, `10`.
pub(super) fn delay(words: &[Word], at: usize) -> Option<(usize, String)> {
    let (end, text, unit) = amount(words, at)?;
    let text = match unit {
        Unit::Second => text,
        Unit::Minute => format!("{text}m"),
        Unit::Hour => format!("{text}h"),
        Unit::Day => format!("{text}d"),
        _ => seconds(words, at)?.1,
    };
    Some((end, text))
}

/// In words: `90 days`.
pub(super) fn in_words(words: &[Word], at: usize) -> Option<(usize, String)> {
    let (end, length) = length(words, at)?;
    Some((end, length.words()))
}

/// A moment as git and journalctl read it: "in the last 2 hours", "since yesterday", "since 2024-01-31".
pub(super) fn since(words: &[Word], at: usize) -> Option<(usize, String)> {
    let (end, span) = age(words, at)?;
    let text = match span {
        Span::Within(length) | Span::Exactly(length) => format!("{} ago", length.words()),
        Span::Day(0) => "today".to_owned(),
        Span::Day(1) => "yesterday".to_owned(),
        Span::Since(date) => date,
        _ => return None,
    };
    Some((end, text))
}

/// The number of a month: "february", "feb".
pub(super) fn month_number(words: &[Word], at: usize) -> Option<(usize, String)> {
    let word = words.get(at).filter(|word| word.is_word())?;
    Some((at + 1, month(&word.low)?.to_string()))
}

const SIGNALS: &[&str] = &[
    "HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "CONT", "STOP", "TSTP", "WINCH", "ABRT", "ALRM", "CHLD", "PIPE", "SEGV", "TRAP", "TTIN",
    "TTOU",
];

/// A signal as `kill` takes it, but SIGTERM, which is what it sends anyway: `9` for SIGKILL, `HUP` for SIGHUP.
pub(super) fn signal(words: &[Word], at: usize) -> Option<(usize, String)> {
    let word = words.get(at)?;
    if let Value::Number(number) = word.value {
        return (number < 65 && number != 15 && number > 0).then(|| (at + 1, number.to_string()));
    }
    let name = word.raw.strip_prefix("SIG").or_else(|| word.raw.strip_prefix("sig")).unwrap_or(&word.raw).to_uppercase();
    let known = word.is_word() && SIGNALS.contains(&name.as_str());
    known.then(|| (at + 1, if name == "KILL" { "9".to_owned() } else { name }))
}

/// Words at which a command that stands in a sentence without quotes ends.
const AFTER_COMMAND: &[&str] = &[
    "every",
    "each",
    "as",
    "in",
    "with",
    "without",
    "after",
    "for",
    "at",
    "under",
    "and",
    "then",
    "but",
    "until",
    "when",
    "if",
    "so",
    "ignoring",
    "immune",
    "even",
    "again",
    "once",
    "twice",
    "on",
    "takes",
    "took",
    "to",
    "using",
    "command",
    "repeatedly",
    "continuously",
    "while",
    "periodically",
    "has",
    "is",
];

/// A command: one in quotes, or the words up to one that goes on with the sentence.
pub(super) fn command(words: &[Word], at: usize) -> Option<(usize, String)> {
    let first = words.get(at)?;
    if matches!(first.value, Value::Quoted | Value::Variable) {
        return Some((at + 1, first.raw.clone()));
    }
    let fits = |word: &&Word| !(word.is_word() && AFTER_COMMAND.contains(&word.low.as_str()));
    let taken: Vec<&str> = words[at..].iter().take_while(fits).map(|word| word.raw.as_str()).collect();
    let named = first.is_word() && first.namely || matches!(first.value, Value::Path | Value::File);
    let known = first.is_word() && COMMANDS.contains(&first.raw.as_str());
    let quoted = words[at..at + taken.len()].iter().any(|word| matches!(word.value, Value::Quoted));
    (!taken.is_empty() && !quoted && (named || known)).then(|| (at + taken.len(), taken.join(" ")))
}

/// Commands whose names are English words.
const COMMANDS: &[&str] = &[
    "make", "date", "cat", "sleep", "top", "find", "sort", "watch", "time", "who", "free", "kill", "head", "tail", "split", "cut", "join",
    "less", "more", "touch", "host", "git", "docker", "test", "yes", "file", "ls", "df", "du", "ps", "cp", "mv", "rm", "tar", "ssh",
    "python", "python3", "node", "java", "echo",
];

/// A clock time: "17:30", "5pm", "noon", "midnight".
pub(super) fn clock(words: &[Word], at: usize) -> Option<(usize, String)> {
    let word = words.get(at)?;
    if matches!(word.value, Value::Time) {
        return Some((at + 1, word.raw.clone()));
    }
    if word.is("noon") {
        return Some((at + 1, "12:00".to_owned()));
    }
    if word.is("midnight") {
        return Some((at + 1, "0:00".to_owned()));
    }
    let (end, hour) = number(words, at)?;
    let half = words.get(end).filter(|word| word.is("am") || word.is("pm"))?;
    (1..=12).contains(&hour).then(|| (end + 1, format!("{hour}{}", half.low)))
}

/// The name of a variable of the shell, given as `PATH` or as `$PATH`.
pub(super) fn identifier(words: &[Word], at: usize) -> Option<(usize, String)> {
    let word = words.get(at)?;
    let name = word.raw.strip_prefix('$').unwrap_or(&word.raw);
    let is_name =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let fits = word.is_variable() || matches!(word.value, Value::Quoted) || word.is_word() && !word.is_light();
    (is_name && fits).then(|| (at + 1, name.to_owned()))
}

const SHELL_OPTIONS: &[&str] = &[
    "autocd",
    "cdable_vars",
    "cdspell",
    "checkhash",
    "checkjobs",
    "checkwinsize",
    "cmdhist",
    "direxpand",
    "dirspell",
    "dotglob",
    "execfail",
    "expand_aliases",
    "extdebug",
    "extglob",
    "failglob",
    "globasciiranges",
    "globstar",
    "gnu_errfmt",
    "histappend",
    "histreedit",
    "histverify",
    "hostcomplete",
    "huponexit",
    "inherit_errexit",
    "lastpipe",
    "lithist",
    "localvar_inherit",
    "nocaseglob",
    "nocasematch",
    "nullglob",
    "progcomp",
    "promptvars",
    "sourcepath",
    "xpg_echo",
];

/// An option of bash that `shopt` knows.
pub(super) fn shell_option(words: &[Word], at: usize) -> Option<(usize, String)> {
    let word = words.get(at)?;
    SHELL_OPTIONS.contains(&word.raw.as_str()).then(|| (at + 1, word.raw.clone()))
}
