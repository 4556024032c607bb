//! From the bytes that somebody answered to what may enter the edit buffer. What is judged is byte for byte what is
//! handed on.

use serde::Deserialize;

use super::suggestion::{Rejection, check};
use super::text;
use super::verdict::Policy;
use super::{framing, is_prose, mixture};
use crate::domain::{Risk, ShellKind};
use crate::syntax::{Command, Comment, RedirectKind, SyntaxError, Tree};

/// Languages of a fenced block that holds a command.
const SHELL_FENCES: [&str; 10] = ["", "bash", "sh", "zsh", "fish", "shell", "console", "terminal", "shell-session", "shellsession"];

/// A run of blanks from this length on pushes what follows out of sight.
const PADDING: usize = 32;

/// The same inside quotes, where tables and drawings have blanks too.
const QUOTED_PADDING: usize = 64;

/// Programs that say what they are told, in sentences if need be.
const TALKERS: [&str; 10] = ["echo", "printf", "print", "say", "espeak", "figlet", "cowsay", "wall", "logger", "notify-send"];

/// What to do with an answer, the strictest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Its text may enter the buffer.
    Insert,
    /// The user sees it, with the reason; it does not enter the buffer by itself.
    Show,
    /// Nothing of it is used.
    Refuse,
}

/// An answer after the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Sanitized {
    /// What to do with it.
    pub action: Action,
    /// Exactly what may enter the buffer: one line without anything invisible. Empty when nothing may.
    pub text: String,
    /// How much the text can destroy; of a refused answer, how much what a shell could make of it would.
    pub risk: Risk,
    /// Why it is not simply inserted.
    pub why: Option<Rejection>,
}

impl Sanitized {
    /// Whether it was refused only because it is not the syntax of the shell it was read for.
    pub fn is_foreign(&self) -> bool {
        matches!(self.why, Some(Rejection::Syntax(SyntaxError::Grammar(_) | SyntaxError::Foreign(..))))
    }
}

/// What of an answer may enter the buffer.
pub fn sanitize(bytes: &[u8], policy: &Policy) -> Sanitized {
    let Ok(answer) = std::str::from_utf8(bytes) else {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(text::MAX_BYTES)]).into_owned();
        return Sanitized {
            action: Action::Refuse,
            text: String::new(),
            risk: risk_of_remains(&text, policy),
            why: Some(Rejection::NotText),
        };
    };
    match read(answer, policy) {
        Ok(Reading { text, why, floor, .. }) => {
            let risk = check(&text, policy).risk.max(floor);
            let action = if why.is_some() { Action::Show } else { Action::Insert };
            // A text of several lines is shown, and none of it can be taken as it is.
            let text = if text.contains('\n') { String::new() } else { text };
            Sanitized { action, text, risk, why }
        }
        Err(why) => Sanitized { action: Action::Refuse, text: String::new(), risk: risk_of_remains(answer, policy), why: Some(why) },
    }
}

/// The worst that a shell or a terminal could make of a text that is refused.
fn risk_of_remains(text: &str, policy: &Policy) -> Risk {
    let mut end = text.len().min(text::MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let ways = ["", " ", "\n"].map(|instead| check(text::without_refused(&text[..end], instead).trim(), policy).risk);
    // Whatever takes a text into quotes of its own ends them where the text does.
    let freed =
        text.starts_with(['\'', '"']).then(|| check(&text::without_refused(&text[..end], " ").replace(['\'', '"'], " "), policy).risk);
    ways.into_iter().chain(freed).max().unwrap_or(Risk::Medium)
}

/// An answer in which nothing is hidden.
#[derive(Debug)]
pub(super) struct Reading {
    /// The command. It has several lines only when they cannot be joined.
    pub(super) text: String,
    /// Why it must be shown first: of several reasons the gravest; that it has several lines is the least.
    pub(super) why: Option<Rejection>,
    /// The least risk that it has, whatever the analyser says of its text.
    pub(super) floor: Risk,
    /// The complete commands in it.
    n_commands: usize,
}

impl Reading {
    /// Whether it is one command that needs several lines, and nothing else speaks against it.
    pub(super) fn is_block(&self) -> bool {
        self.why == Some(Rejection::SeveralLines) && self.n_commands == 1 && self.text.contains('\n')
    }
}

/// What of an answer may enter the buffer, and why it must be shown first. A joiner inside an emoji is only trusted in a
/// text that nothing else speaks against.
///
/// # Errors
/// [`Rejection`] when nothing of it is used.
pub(super) fn read(answer: &str, policy: &Policy) -> Result<Reading, Rejection> {
    match unpacked(answer, policy)? {
        reading if reading.why.is_some() && reading.text.contains('\u{200d}') => Err(Rejection::Invisible('\u{200d}')),
        sound => Ok(sound),
    }
}

/// The text for the buffer, and why it must be shown first; or why it is refused.
fn unpacked(answer: &str, policy: &Policy) -> Result<Reading, Rejection> {
    if answer.len() > text::MAX_BYTES {
        return Err(Rejection::TooLong);
    }
    let text = without_edges(answer.strip_prefix('\u{feff}').unwrap_or(answer));
    let bare = match () {
        () if text.starts_with("```") => without_fence(text)?.to_owned(),
        () if text.starts_with('{') => from_json(text)?.unwrap_or_else(|| text.to_owned()),
        () => text.to_owned(),
    };
    let text = without_edges(&bare);
    let text = text.strip_prefix("$ ").map_or(text, without_edges);
    if text.is_empty() || text == "$" {
        return Err(Rejection::Empty);
    }
    if text.len() > text::MAX_BYTES {
        return Err(Rejection::TooLong);
    }
    let (text, padded) = with_single_blanks(text, policy);
    if is_wrapped(&text) {
        return Err(Rejection::Form("something wrapped twice"));
    }
    text::check_characters(&text)?;
    if text.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1 {
        return Err(Rejection::TrailingBackslash);
    }
    check_start(&text)?;
    let padded = padded || text.split(|c: char| !matches!(c, ' ' | '\t' | '\u{3000}')).any(|run| run.chars().count() >= QUOTED_PADDING);
    let (n_commands, why) = check_meaning(&text, policy)?;
    let floor = if policy.shell != ShellKind::Fish && expands_history(&text) { Risk::Medium } else { Risk::None };
    if !text.contains('\n') {
        let why = why.or(padded.then_some(Rejection::Misleading("blanks push a part of it out of sight")));
        return Ok(Reading { text, why, floor, n_commands });
    }
    let why = why.or(Some(Rejection::SeveralLines));
    Ok(Reading { text: joined(&text, policy).unwrap_or(text), why, floor, n_commands })
}

/// The text without blanks, line ends and bells around it.
fn without_edges(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n', '\u{7}'])
}

/// What stands in the one fenced block that the text is.
fn without_fence(text: &str) -> Result<&str, Rejection> {
    let (language, body) = text[3..].split_once('\n').ok_or(Rejection::Form("a block that does not end"))?;
    if !SHELL_FENCES.contains(&language.trim().to_ascii_lowercase().as_str()) {
        return Err(Rejection::Form("a block in another language"));
    }
    let inside = body.strip_suffix("```").ok_or(Rejection::Form("a block and something beside it"))?;
    if inside.contains("```") { Err(Rejection::Form("several blocks")) } else { Ok(inside) }
}

#[derive(Deserialize)]
struct Answer {
    command: String,
    // Read so that a second one is noticed.
    #[serde(default, rename = "reading")]
    _reading: Option<serde_json::Value>,
}

/// The command in a JSON object; `None` when the text is none.
fn from_json(text: &str) -> Result<Option<String>, Rejection> {
    match serde_json::from_str::<Answer>(text) {
        Ok(answer) => Ok(Some(answer.command)),
        Err(_) if text[1..].trim_start().starts_with('"') => Err(Rejection::Form("an object that holds no command")),
        Err(_) => Ok(None),
    }
}

/// Whether a text that was unpacked would be unpacked once more. Whoever judges it again must come to the same text.
fn is_wrapped(text: &str) -> bool {
    text.starts_with("$ ") || text.starts_with('{') && !matches!(from_json(text), Ok(None))
}

/// The text with one blank for every run of blanks and tabs outside quotes, and whether a run was long enough to hide
/// what follows. Indentation in a text of several lines stays.
fn with_single_blanks(text: &str, policy: &Policy) -> (String, bool) {
    let (outside, _) = policy.unquoted(text);
    if text.contains('\n') {
        return (text.to_owned(), false);
    }
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut run, mut padded) = (0, 0, false);
    let mut last = usize::MAX;
    for (at, c) in outside.into_iter().filter(|(_, c)| matches!(c, ' ' | '\t')) {
        run = if last == at.wrapping_sub(1) { run + 1 } else { 1 };
        last = at;
        padded |= run >= PADDING;
        out.push_str(&text[copied..at]);
        if run == 1 {
            out.push(' ');
        }
        copied = at + c.len_utf8();
    }
    out.push_str(&text[copied..]);
    (out, padded)
}

/// What a command never begins with.
fn check_start(text: &str) -> Result<(), Rejection> {
    let first = text.split_whitespace().next().unwrap_or_default();
    if text.starts_with('-') {
        return Err(Rejection::Form("it begins with an option"));
    }
    if let Some(around) = framing::framing(text) {
        return Err(Rejection::Form(around));
    }
    if first.len() > 1 && first.ends_with(':') && first.starts_with(char::is_alphabetic) {
        return Err(Rejection::Form("it begins as a message"));
    }
    for line in text.lines().map(str::trim_start) {
        let first = line.split_whitespace().next().unwrap_or_default();
        if line.starts_with("```") {
            return Err(Rejection::Form("a block and something beside it"));
        }
        if !TALKERS.contains(&first) && is_prose(line) && !text.contains("<<") {
            return Err(Rejection::Form("it is prose"));
        }
    }
    let mut chars = text.chars();
    if text.starts_with('^') {
        return Err(Rejection::History);
    }
    if chars.next() == Some('!') && chars.next().is_some_and(|c| !c.is_whitespace()) {
        return Err(Rejection::History);
    }
    Ok(())
}

/// What the tree and the characters outside quotes tell: the number of complete commands, and a reason to show it. A reason to show the text is a value, one to refuse it an error.
fn check_meaning(text: &str, policy: &Policy) -> Result<(usize, Option<Rejection>), Rejection> {
    let shell = policy.shell;
    let (outside, comment) = policy.unquoted(text);
    if text.starts_with('#') {
        return Err(Rejection::Comment);
    }
    let tree = policy.parse(text)?;
    if tree.complete_commands() == 0 {
        return Err(Rejection::Comment);
    }
    for command in tree.commands() {
        let name = command.words.first().map_or("", |word| word.shape.as_str());
        if shell != ShellKind::Fish && name.starts_with('!') && name.len() > 1 {
            return Err(Rejection::History);
        }
        if name.starts_with('-') {
            return Err(Rejection::Form("a command begins with an option"));
        }
        if name.contains(|c| matches!(c, '\u{ff00}'..='\u{ffef}')) {
            return Err(Rejection::Misleading("a command's name in full-width letters"));
        }
        if name.contains([';', '|', '\n']) && name.contains(' ') {
            return Err(Rejection::Misleading("a command's name holds other commands"));
        }
    }
    let typography = match text::check_unquoted(text, &outside, &policy.typed) {
        Err(Rejection::Typographic(c)) => Some(Rejection::Typographic(c)),
        Err(other) => return Err(other),
        Ok(()) => None,
    };
    let names = tree.commands().iter().filter_map(|command| command.words.first()).map(|word| word.shape.as_str());
    let mixed = mixture::is_mixed(text, &outside) || names.into_iter().any(mixture::has_lookalikes);
    let blank = outside.iter().any(|(_, c)| c.is_whitespace() && !matches!(c, ' ' | '\n'));
    let runs_comment = comment == Comment::Present && !policy.comments;
    let why = match () {
        () if typography.is_some() => typography,
        () if mixed => Some(Rejection::Misleading("letters of another script look like Latin ones")),
        () if mixture::has_false_signs(&outside) => Some(Rejection::Misleading("a sign looks like one that the shell knows")),
        () if mixture::is_overloaded(text) => Some(Rejection::Misleading("marks are piled up on a letter")),
        () if text.starts_with('`') && text.ends_with('`') => Some(Rejection::Misleading("in backquotes, its output would run")),
        () if blank => Some(Rejection::Misleading("a blank that the shell does not take as one")),
        () if runs_comment => Some(Rejection::Misleading("this shell takes `#` as a word and runs what follows")),
        () if shell != ShellKind::Fish && expands_history(text) => Some(Rejection::History),
        () => None,
    };
    Ok((tree.complete_commands(), why))
}

/// Whether bash or zsh replaces a `!` by an earlier command: outside single quotes, before a word.
fn expands_history(text: &str) -> bool {
    let (mut single, mut double) = (false, false);
    let mut previous = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            '\\' if !single => drop(chars.next()),
            '!' if !single && !matches!(previous, '[' | '{' | '$') => {
                let next = chars.peek().copied().unwrap_or(' ');
                if !next.is_whitespace() && !matches!(next, '=' | '(' | '"' | '\'' | ')' | ';' | '|' | '&') {
                    return true;
                }
            }
            _ => {}
        }
        previous = c;
    }
    false
}

/// The lines of a text joined by `; `, when that is surely the same: its tree is the list of the trees of the lines.
fn joined(text: &str, policy: &Policy) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut parts = Vec::new();
    for line in &lines {
        let (_, comment) = policy.unquoted(line);
        let tree = policy.parse(line).ok()?;
        if comment == Comment::Present || tree.complete_commands() != 1 || line.ends_with([';', '&', '|', '\\']) {
            return None;
        }
        parts.extend(outline(&tree)?);
    }
    let joined = lines.join("; ");
    let whole = policy.parse(&joined).ok()?;
    (joined.len() <= text::MAX_BYTES && outline(&whole)? == parts && outline(&policy.parse(text).ok()?)? == parts).then_some(joined)
}

/// What each command of a tree consists of, without places; `None` when one reads text from the lines after it.
fn outline(tree: &Tree) -> Option<Vec<Vec<String>>> {
    let of = |command: &Command| {
        let mut all: Vec<String> = command.words.iter().map(|word| word.raw.clone()).collect();
        for assignment in &command.assignments {
            let value = assignment.value.iter().chain(&assignment.elements).map(|word| word.raw.as_str());
            all.push(format!("={}={}", assignment.name, value.collect::<Vec<_>>().join(" ")));
        }
        for redirect in &command.redirects {
            if redirect.kind == RedirectKind::HereText {
                return None;
            }
            all.push(format!("{:?} {}", redirect.kind, redirect.target.raw));
        }
        all.push(format!("{} {} {:?}", command.background, command.input.len(), command.function));
        Some(all)
    };
    tree.commands().iter().map(of).collect()
}

#[cfg(test)]
#[path = "sanitize_tests.rs"]
mod tests;
