//! What a command line consists of, as far as judging it needs to know.

use std::ops::Range;

/// Stands in [`Word::shape`] for a part that only the running shell knows.
pub const UNKNOWN: char = '\u{fffc}';

/// Stands in [`Word::shape`] for the user's home directory, written `~`, `$HOME` or `${HOME}`.
pub const HOME: char = '~';

/// All commands that a text contains, however deeply they are nested.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    pub(super) commands: Vec<Command>,
    pub(super) complete: usize,
    pub(super) partial: bool,
}

impl Tree {
    /// Every simple command, a nested one before the one that contains it, and the stages of a pipeline in order.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// How many complete commands stand at the top level, one after the other on lines of their own. A shell runs
    /// each of them on its own when the text is entered.
    pub fn complete_commands(&self) -> usize {
        self.complete
    }

    /// Whether the text was only split into words, because no grammar that we have reads this dialect. Then commands
    /// may be missing from the list.
    pub fn is_partial(&self) -> bool {
        self.partial
    }
}

/// One simple command: a name with its arguments, or only assignments, or only redirects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Command {
    /// The name and the arguments.
    pub words: Vec<Word>,
    /// Assignments before the name.
    pub assignments: Vec<Assignment>,
    /// Where its input and output go.
    pub redirects: Vec<Redirect>,
    /// Indices of the commands whose output it reads through a pipe.
    pub input: Range<usize>,
    /// Indices of the commands inside its own words: `$( )`, backquotes, `<( )`.
    pub nested: Range<usize>,
    /// Whether the shell goes on without waiting for it: `&`.
    pub background: bool,
    /// The function whose body contains it.
    pub function: Option<String>,
}

impl Command {
    /// The name as far as it is known before the shell runs: without quotes and without the folder it stands in.
    pub fn name(&self) -> Option<&str> {
        let first = self.words.first()?;
        let value = first.value.as_deref().filter(|_| !first.glob)?;
        value.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

/// One word, before and after the shell has read it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Word {
    /// As it is written.
    pub raw: String,
    /// What it stands for, when that is certain now: quotes removed, nothing expanded. A word with an unquoted glob
    /// counts as certain and has [`Word::glob`] set.
    pub value: Option<String>,
    /// The value with [`HOME`] and [`UNKNOWN`] where the shell expands something; braces are kept as written.
    pub shape: String,
    /// Whether it contains an unquoted `*`, `?` or `[`.
    pub glob: bool,
}

impl Word {
    /// A word that stands for exactly this text.
    pub fn literal(text: &str) -> Self {
        Word { raw: text.to_owned(), value: Some(text.to_owned()), shape: text.to_owned(), glob: false }
    }

    /// A word about which nothing is known.
    pub fn unknown(raw: &str) -> Self {
        Word { raw: raw.to_owned(), value: None, shape: UNKNOWN.to_string(), glob: false }
    }
}

/// `NAME=value` before a command, or alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The new value; `None` for an array.
    pub value: Option<Word>,
}

/// Where a redirect leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`, `>|`, `&>`: what the file held before is lost.
    Truncate,
    /// `>>`, `&>>`
    Append,
    /// `<>`
    ReadWrite,
    /// `2>&1`: to another descriptor.
    Duplicate,
    /// `<<` and `<<<`: the target is the text itself.
    HereText,
}

/// One redirect of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Redirect {
    /// What happens to the target.
    pub kind: RedirectKind,
    /// The file, or the text of a here-document.
    pub target: Word,
}

/// Collects one word from the pieces a reader finds.
#[derive(Debug)]
pub(super) struct WordBuilder {
    word: Word,
    known: bool,
}

impl WordBuilder {
    pub(super) fn new() -> Self {
        WordBuilder { word: Word::default(), known: true }
    }

    /// Text that the shell takes as it is.
    pub(super) fn quoted(&mut self, text: &str) {
        self.word.shape.push_str(text);
    }

    /// Text outside quotes: globs and braces mean something here.
    pub(super) fn bare(&mut self, text: &str) {
        self.word.glob |= text.contains(['*', '?', '[']);
        self.known &= !braces_expand(text);
        self.word.shape.push_str(text);
    }

    /// The home directory.
    pub(super) fn home(&mut self) {
        self.known = false;
        self.word.shape.push(HOME);
    }

    /// Something that only the running shell knows.
    pub(super) fn unknown(&mut self) {
        self.known = false;
        self.word.shape.push(UNKNOWN);
    }

    pub(super) fn finish(self, raw: &str) -> Word {
        let value = self.known.then(|| self.word.shape.clone());
        // The command `[` is no pattern.
        let glob = self.word.glob && self.word.shape != "[" && self.word.shape != "[[";
        Word { raw: raw.to_owned(), value, glob, ..self.word }
    }
}

/// `{a,b}` and `{1..9}` become several words; `{}` and `{a}` stay as they are.
fn braces_expand(text: &str) -> bool {
    text.find('{').is_some_and(|open| {
        let inside = &text[open + 1..];
        inside.find('}').is_some_and(|close| inside[..close].contains(',') || inside[..close].contains(".."))
    })
}
