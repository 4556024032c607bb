//! A failed line taken apart: the commands that may be to blame for it, without what is wrapped around them.

use std::ops::Range;

use super::{Failed, status};
use crate::domain::ShellKind;
use crate::syntax::{self, Block, Command, Item, Join, Part, Piece, Redirect, Tree, UNKNOWN, Word};

/// Programs that run the command behind them, with their options that take a value.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-T", "-U", "-r", "-t", "-D", "-R", "--user", "--group", "--host", "--prompt", "--chdir"]),
    ("doas", &["-u", "-C"]),
    ("env", &["-u", "--unset", "-C", "--chdir"]),
    ("nohup", &[]),
    ("time", &["-f", "-o"]),
    ("nice", &["-n"]),
    ("command", &[]),
    ("exec", &["-a"]),
];

/// Those that give the rights of the administrator.
const ELEVATORS: [&str; 2] = ["sudo", "doas"];

/// A line and its commands.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) status: i32,
    pub(super) shell: ShellKind,
    tree: Tree,
    blamed: Vec<Blamed>,
}

/// A command by its index, and whether the status of the line may be its own.
#[derive(Debug, Clone, Copy)]
struct Blamed {
    index: usize,
    guilty: bool,
}

/// One command of a line, with the name of its program first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// Its words without those of the wrappers.
    pub(super) words: &'a [Word],
    /// All of them.
    pub(super) all: &'a [Word],
    pub(super) redirects: &'a [Redirect],
    /// It runs with the rights of the administrator.
    pub(super) elevated: bool,
    /// The status of the line may be its own.
    pub(super) guilty: bool,
}

impl<'a> Line<'a> {
    /// Takes a line apart.
    ///
    /// # Errors
    /// Why nothing can be said of it.
    pub(super) fn read(failed: &Failed<'a>) -> Result<Self, String> {
        if failed.line.contains('\n') {
            return Err("the line has several rows and is left as it is".to_owned());
        }
        let tree = syntax::parse(failed.line, failed.shell).map_err(|error| error.to_string())?;
        let mut blamed = Vec::new();
        blame(tree.outline(), true, &mut blamed);
        Ok(Self { text: failed.line, status: failed.status, shell: failed.shell, tree, blamed })
    }

    /// The commands that are not inside of substitutions, in their order.
    pub(super) fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.blamed.iter().filter_map(|blamed| Call::of(self.tree.commands().get(blamed.index)?, blamed.guilty))
    }

    /// Those that failed, as far as the status tells.
    pub(super) fn failing(&self) -> impl Iterator<Item = Call<'_>> {
        self.calls().filter(|call| call.guilty && !status::is_answer(call.name(), self.status))
    }

    /// Whether it is nothing but one command.
    pub(super) fn is_single(&self) -> bool {
        self.blamed.len() == 1 && self.tree.commands().len() == 1
    }

    /// The line with another text for a word; `None` when the word does not stand in it as it is.
    pub(super) fn with(&self, word: &Word, text: &str) -> Option<String> {
        self.stands(word).then(|| self.with_range(word.span.clone(), text))
    }

    /// The line with a text in front of a word.
    pub(super) fn before(&self, word: &Word, text: &str) -> Option<String> {
        self.stands(word).then(|| self.with_range(word.span.start..word.span.start, text))
    }

    /// The line with a text behind a word.
    pub(super) fn behind(&self, word: &Word, text: &str) -> Option<String> {
        self.stands(word).then(|| self.with_range(word.span.end..word.span.end, text))
    }

    fn stands(&self, word: &Word) -> bool {
        !word.raw.is_empty() && self.text.get(word.span.clone()) == Some(word.raw.as_str())
    }

    fn with_range(&self, range: Range<usize>, text: &str) -> String {
        let mut line = self.text.to_owned();
        line.replace_range(range, text);
        line
    }

    pub(super) fn quoted(&self, text: &str) -> String {
        syntax::quote(text, self.shell)
    }

    pub(super) fn quoted_path(&self, path: &str) -> String {
        syntax::quote_path(path, self.shell)
    }
}

impl<'a> Call<'a> {
    fn of(command: &'a Command, guilty: bool) -> Option<Self> {
        let all = command.words.as_slice();
        let (mut words, mut elevated) = (all, false);
        while let Some(name) = words.first().and_then(value) {
            let Some((_, valued)) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name) else { break };
            let inner = inner(words, valued);
            // Without a command behind it, the wrapper is what was called.
            if inner.is_empty() {
                break;
            }
            elevated |= ELEVATORS.contains(&name);
            words = inner;
        }
        (!all.is_empty()).then_some(Self { words, all, redirects: &command.redirects, elevated, guilty })
    }

    /// The name of the program, without the folder it stands in.
    pub(super) fn name(&self) -> &'a str {
        let name = self.words.first().and_then(value).unwrap_or_default();
        name.rsplit('/').next().unwrap_or(name)
    }

    /// The words behind the name that are no options; some of them may be values of options.
    pub(super) fn operands(&self) -> Vec<&'a Word> {
        let mut ended = false;
        let rest = self.words.iter().skip(1);
        rest.filter(|word| {
            let text = value(word).unwrap_or_default();
            let is_end = !ended && text == "--";
            ended |= is_end;
            !is_end && (ended || !text.starts_with('-') || text == "-")
        })
        .collect()
    }

    pub(super) fn has(&self, option: &str) -> bool {
        self.words.iter().skip(1).any(|word| value(word) == Some(option))
    }
}

fn inner<'a>(words: &'a [Word], valued: &[&str]) -> &'a [Word] {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        match value(word) {
            // They tell of a command and do not run it.
            Some("-v" | "-V") if value(&words[0]) == Some("command") => return &[],
            Some("--") => return &words[at + 1..],
            Some(text) if valued.contains(&text) => at += 2,
            Some(text) if text.starts_with('-') || text.contains('=') => at += 1,
            _ => return &words[at..],
        }
    }
    &[]
}

/// What a word stands for, when that is certain.
pub(super) fn value(word: &Word) -> Option<&str> {
    word.value.as_deref().filter(|_| !word.glob)
}

/// A word as a path: the home directory may stand in front of what is certain.
pub(super) fn path(word: &Word) -> Option<String> {
    if word.glob || word.shape.contains(UNKNOWN) || word.shape.is_empty() {
        return None;
    }
    match word.parts.split_first() {
        Some((Part::Home(name), rest)) if name.is_empty() => {
            let is_plain = rest.iter().all(|part| matches!(part, Part::Quoted(_) | Part::Bare(_)));
            (is_plain && (word.shape == "~" || word.shape.starts_with("~/"))).then(|| word.shape.clone())
        }
        // A tilde in quotes is a letter.
        _ => word.value.clone().filter(|text| !text.starts_with('~')),
    }
}

/// Whose status is the line's: that of the last command, and of those before it that had to end for it to run or not.
fn blame(items: &[Item], guilty: bool, found: &mut Vec<Blamed>) {
    let (mut open, mut piped) = (guilty, false);
    let mut marked = vec![false; items.len()];
    for (at, item) in items.iter().enumerate().rev() {
        marked[at] = open && !piped && !item.background && !item.negated;
        // Of a pipe only the last command has a say.
        piped = item.join == Join::Pipe;
        open &= piped || matches!(item.join, Join::And | Join::Or | Join::Part);
    }
    for (item, guilty) in items.iter().zip(marked) {
        match &item.piece {
            Piece::Command(index) => found.push(Blamed { index: *index, guilty }),
            Piece::Block(block, inside) => {
                let counts = matches!(block, Block::Subshell | Block::Group | Block::Then | Block::Else | Block::Do);
                blame(inside, guilty && counts, found);
            }
            Piece::Test(_) | Piece::Arithmetic(_) => {}
        }
    }
}
