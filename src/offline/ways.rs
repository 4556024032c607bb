//! Other ways to say what a command says, for who asks to see several. They are found by the command alone, whoever wrote
//! it: a table holds groups of commands that say the same, and for each what else is often meant.

use std::ops::Range;
use std::sync::LazyLock;

use super::machine::{Machine, Os};
use crate::domain::ShellKind;
use crate::syntax;

/// Longer lines are nobody's usual way.
const MOST_WORDS: usize = 40;

/// Programs that have the same options on every system.
const PORTABLE: [&str; 17] = [
    "git",
    "docker",
    "docker-compose",
    "kubectl",
    "curl",
    "wget",
    "ssh",
    "npm",
    "cargo",
    "brew",
    "jq",
    "tmux",
    "make",
    "ffmpeg",
    "rg",
    "pip",
    "python3",
];

/// A command beside another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The command.
    pub command: String,
    /// What makes it different; `None` when it does the same.
    pub difference: Option<&'static str>,
}

/// The commands that say the same as this one, and then those that say nearly the same.
pub fn ways(command: &str, machine: &Machine) -> Vec<Way> {
    // What is run inside a word is no word of a pattern, and a line of several commands has no name.
    if command.contains(['`', '\n']) || ["$(", "<(", ">("].iter().any(|open| command.contains(open)) {
        return Vec::new();
    }
    let ways = fitting(command, "", machine);
    match command.strip_prefix("sudo ").filter(|_| ways.is_empty()) {
        Some(rest) => fitting(rest, "sudo ", machine),
        None => ways,
    }
}

/// The ways of a command, with these words before each.
fn fitting(command: &str, before: &str, machine: &Machine) -> Vec<Way> {
    let line = Line::of(command, machine.shell);
    if line.words.len() > MOST_WORDS || (machine.os == Os::MacOs && !line.words.first().is_some_and(|word| PORTABLE.contains(&word.text))) {
        return Vec::new();
    }
    let fitting = TABLE.iter().flat_map(|group| group.forms.iter().map(move |form| (group, form)));
    let fitting = fitting.filter(|(_, form)| !form.is_only_offered && form.applies(machine));
    let fitting = fitting.filter_map(|(group, form)| Some((group, form, form.fit(&line)?)));
    // The one that says most of it; of those that say as much the first.
    let Some((group, form, bound)) = fitting.rev().max_by_key(|(_, form, _)| form.says()) else { return Vec::new() };
    let others = group.forms.iter().filter(|other| !std::ptr::eq(*other, form) && other.applies(machine) && other.allows(&line));
    // For rsync alone a slash behind a folder means what is in it.
    let is_slashed = |word: &Piece<'_>| word.text.trim_end_matches(['\'', '"']).ends_with('/');
    let spills = !command.starts_with("rsync") && line.words.split_last().is_some_and(|(_, sources)| sources.iter().any(is_slashed));
    let mut ways: Vec<Way> = others
        .filter_map(|other| {
            let written = other.write(&bound).filter(|written| !(spills && written.starts_with("rsync")))?;
            let command = if written.starts_with("sudo ") { written } else { format!("{before}{written}") };
            Some(Way { command, difference: other.difference })
        })
        .collect();
    ways.sort_by_key(|way| way.difference.is_some());
    ways
}

/// A form of two commands by which they are told apart: whether options stand together, in which order, and in quotes that
/// they do not need makes no difference.
pub fn normal_form(command: &str, shell: ShellKind) -> String {
    let mut words: Vec<String> = Vec::new();
    // Whether the last word is made of short options.
    let mut clustered = false;
    for word in Line::of(command, shell).words {
        let bare = word.text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let bare = bare.filter(|text| syntax::quote(text, shell) == *text).unwrap_or(word.text);
        let is_cluster = bare.len() > 1 && bare.starts_with('-') && bare[1..].bytes().all(|byte| byte.is_ascii_alphabetic());
        match words.last_mut().filter(|_| clustered && is_cluster) {
            Some(last) => last.push_str(&bare[1..]),
            None => words.push(bare.to_owned()),
        }
        clustered = is_cluster;
        if let Some(last) = words.last_mut().filter(|_| is_cluster) {
            let mut letters: Vec<char> = last[1..].chars().collect();
            letters.sort_unstable();
            *last = std::iter::once('-').chain(letters).collect();
        }
    }
    words.join(" ")
}

/// A line in its words, as they are written.
struct Line<'a> {
    words: Vec<Piece<'a>>,
}

#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    /// It joins commands or sends their output somewhere.
    is_operator: bool,
}

impl<'a> Line<'a> {
    fn of(text: &'a str, shell: ShellKind) -> Self {
        let (outside, _) = syntax::unquoted(text, shell);
        let blanks: Vec<usize> = outside.iter().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| *at).collect();
        let ends = blanks.iter().copied().chain([text.len()]);
        let starts = std::iter::once(0).chain(blanks.iter().map(|at| at + 1));
        let is_operator = |range: &Range<usize>| outside.iter().any(|(at, c)| range.contains(at) && "|&;<>()".contains(*c));
        let words = starts.zip(ends).map(|(start, end)| start..end).filter(|range| !range.is_empty());
        Self { words: words.map(|range| Piece { text: &text[range.clone()], is_operator: is_operator(&range) }).collect() }
    }
}

impl Piece<'_> {
    /// An option, also one in quotes.
    fn is_option(&self) -> bool {
        self.text.trim_start_matches(['\'', '"']).starts_with('-')
    }
}

/// What a slot stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// `<x>`: a word that is no option.
    One,
    /// `<x..>`: one or more of them.
    Some,
    /// `<-x>`: any number of options.
    Options,
    /// `<*x>`: any number of words.
    Any,
}

/// A part of a word.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(&'static str),
    /// `<#x>`.
    Digits(&'static str),
    /// `<x>` at the end of a word that begins with something else.
    Rest(&'static str),
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(Vec<Part>),
    Slot(Slot, &'static str),
}

/// When a form is written, and for which lines.
#[derive(Debug, PartialEq, Eq)]
enum Guard {
    Os(Os),
    Posix,
    Bash,
    /// None of these words is in the line.
    Not(Vec<&'static str>),
}

#[derive(Debug)]
struct Form {
    guards: Vec<Guard>,
    tokens: Vec<Token>,
    is_only_offered: bool,
    difference: Option<&'static str>,
}

#[derive(Debug)]
struct Group {
    forms: Vec<Form>,
}

static TABLE: LazyLock<Vec<Group>> = LazyLock::new(|| groups(include_str!("data/ways.txt")));

fn groups(text: &'static str) -> Vec<Group> {
    let mut groups = vec![Group { forms: Vec::new() }];
    for line in text.lines().map(str::trim) {
        match groups.last_mut() {
            Some(group) if !line.is_empty() && !line.starts_with('#') => group.forms.push(Form::parse(line)),
            Some(group) if !group.forms.is_empty() => groups.push(Group { forms: Vec::new() }),
            _ => {}
        }
    }
    groups.retain(|group| !group.forms.is_empty());
    groups
}

type Bound<'a> = Vec<(&'static str, Vec<&'a str>)>;

impl Form {
    fn parse(line: &'static str) -> Self {
        let (mut guards, mut rest, mut is_only_offered) = (Vec::new(), line, false);
        loop {
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            match word {
                "@gnu" => guards.push(Guard::Os(Os::Linux)),
                "@bsd" => guards.push(Guard::Os(Os::MacOs)),
                "@posix" => guards.push(Guard::Posix),
                "@bash" => guards.push(Guard::Bash),
                ">" => is_only_offered = true,
                _ => match word.strip_prefix("@not=") {
                    Some(words) => guards.push(Guard::Not(words.split('|').collect())),
                    None => break,
                },
            }
            rest = after;
        }
        let (command, difference) = match rest.split_once(" :: ") {
            Some((command, difference)) => (command, Some(difference)),
            None => (rest, None),
        };
        let words = Line::of(command, ShellKind::Bash).words;
        Self { guards, tokens: words.into_iter().map(|word| Token::parse(word.text)).collect(), is_only_offered, difference }
    }

    fn applies(&self, machine: &Machine) -> bool {
        self.guards.iter().all(|guard| match guard {
            Guard::Os(os) => *os == machine.os,
            Guard::Posix => machine.shell != ShellKind::Fish,
            Guard::Bash => machine.shell == ShellKind::Bash,
            Guard::Not(_) => true,
        })
    }

    fn allows(&self, line: &Line<'_>) -> bool {
        let not = self.guards.iter().filter_map(|guard| if let Guard::Not(words) = guard { Some(words) } else { None });
        not.flatten().all(|word| line.words.iter().all(|known| known.text != *word))
    }

    /// How much of a line it says by itself.
    fn says(&self) -> usize {
        let text = |part: &Part| if let Part::Text(text) = part { text.len() } else { 0 };
        self.tokens.iter().map(|token| if let Token::Word(parts) = token { parts.iter().map(text).sum() } else { 0 }).sum()
    }

    fn fit<'a>(&self, line: &Line<'a>) -> Option<Bound<'a>> {
        let mut bound = Vec::new();
        (self.allows(line) && fits(&self.tokens, &line.words, &mut bound)).then_some(bound)
    }

    /// The command with what was bound; `None` if it lacks something.
    fn write(&self, bound: &Bound<'_>) -> Option<String> {
        let find = |name: &str| bound.iter().find(|(known, _)| *known == name).map(|(_, words)| words);
        let mut written: Vec<String> = Vec::new();
        for token in &self.tokens {
            match token {
                Token::Slot(_, name) => written.extend(find(name)?.iter().map(|word| (*word).to_owned())),
                Token::Word(parts) => {
                    let part = |part: &Part| match part {
                        Part::Text(text) => Some((*text).to_owned()),
                        Part::Digits(name) | Part::Rest(name) => match find(name)?.as_slice() {
                            [word] => Some((*word).to_owned()),
                            _ => None,
                        },
                    };
                    written.push(parts.iter().map(part).collect::<Option<String>>()?);
                }
            }
        }
        Some(written.join(" "))
    }
}

impl Token {
    fn parse(word: &'static str) -> Self {
        let inner = word.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).filter(|inner| !inner.contains(['<', '>', '#']));
        if let Some(inner) = inner.filter(|inner| !inner.is_empty()) {
            return match (inner.strip_prefix('-'), inner.strip_prefix('*'), inner.strip_suffix("..")) {
                (Some(name), _, _) => Token::Slot(Slot::Options, name),
                (_, Some(name), _) => Token::Slot(Slot::Any, name),
                (_, _, Some(name)) => Token::Slot(Slot::Some, name),
                _ => Token::Slot(Slot::One, inner),
            };
        }
        let (mut parts, mut rest) = (Vec::new(), word);
        while let Some((before, name, after)) = slot_in(rest) {
            if !before.is_empty() {
                parts.push(Part::Text(before));
            }
            parts.push(name.strip_prefix('#').map_or(Part::Rest(name), Part::Digits));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        Token::Word(parts)
    }
}

/// The first `<name>` in a word, with what stands before and behind it.
fn slot_in(word: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let is_name = |name: &str| {
        let letters = name.strip_prefix('#').unwrap_or(name);
        !letters.is_empty() && letters.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    word.match_indices('<').find_map(|(open, _)| {
        let (name, after) = word[open + 1..].split_once('>')?;
        is_name(name).then_some((&word[..open], name, after))
    })
}

fn fits<'a>(tokens: &[Token], words: &[Piece<'a>], bound: &mut Bound<'a>) -> bool {
    let Some((token, tokens)) = tokens.split_first() else { return words.is_empty() };
    let (slot, name) = match token {
        Token::Word(parts) => {
            let before = bound.len();
            let is_there = words.split_first().is_some_and(|(word, rest)| fits_word(parts, word, bound) && fits(tokens, rest, bound));
            if !is_there {
                bound.truncate(before);
            }
            return is_there;
        }
        Token::Slot(slot, name) => (*slot, *name),
    };
    let belongs = |word: &Piece<'_>| match slot {
        Slot::One | Slot::Some => !word.is_operator && !word.is_option(),
        Slot::Options => !word.is_operator && word.is_option(),
        Slot::Any => !word.is_operator,
    };
    let (least, most) = match slot {
        Slot::One => (1, 1),
        Slot::Some => (1, words.len()),
        Slot::Options | Slot::Any => (0, words.len()),
    };
    let most = words.iter().take(most).take_while(|word| belongs(word)).count();
    (least..=most).rev().any(|count| {
        let taken: Vec<&'a str> = words[..count].iter().map(|word| word.text).collect();
        let before = bound.len();
        let is_there = bind(name, taken, bound) && fits(tokens, &words[count..], bound);
        if !is_there {
            bound.truncate(before);
        }
        is_there
    })
}

fn fits_word<'a>(parts: &[Part], word: &Piece<'a>, bound: &mut Bound<'a>) -> bool {
    let mut rest = word.text;
    for part in parts {
        match part {
            Part::Text(text) => match rest.strip_prefix(text) {
                Some(after) => rest = after,
                None => return false,
            },
            Part::Digits(name) => {
                let (digits, after) = rest.split_at(rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
                if digits.is_empty() || !bind(name, vec![digits], bound) {
                    return false;
                }
                rest = after;
            }
            Part::Rest(name) => {
                if rest.is_empty() || word.is_operator || !bind(name, vec![rest], bound) {
                    return false;
                }
                rest = "";
            }
        }
    }
    rest.is_empty()
}

/// Whether a name stands for these words, which it does if it stood for nothing else.
fn bind<'a>(name: &'static str, words: Vec<&'a str>, bound: &mut Bound<'a>) -> bool {
    match bound.iter().find(|(known, _)| *known == name) {
        Some((_, known)) => *known == words,
        None => {
            bound.push((name, words));
            true
        }
    }
}

#[cfg(test)]
#[path = "ways_tests.rs"]
mod tests;
