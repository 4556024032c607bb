//! What a command line consists of, as far as judging it needs to know.

use std::ops::Range;

use super::outline::Item;

/// Stands in [`Word::shape`] for a part that only the running shell knows.
pub const UNKNOWN: char = '\u{fffc}';

/// Stands in [`Word::shape`] for the user's home directory, written `~`, `$HOME` or `${HOME}`.
pub const HOME: char = '~';

/// All commands that a text contains, however deeply they are nested.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    pub(super) commands: Vec<Command>,
    pub(super) outline: Vec<Item>,
    pub(super) substitutions: Vec<(Range<usize>, Vec<Item>)>,
    pub(super) complete: usize,
    pub(super) partial: bool,
    pub(super) unclear: bool,
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

    /// Whether the text was split into words by quotes, brackets and keywords alone, because no grammar that we have
    /// reads this dialect.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Whether something in it could run code that is not in the list of commands.
    pub fn is_unclear(&self) -> bool {
        self.unclear
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
    /// Whether it is nothing but the redirects of a group of commands.
    pub of_group: bool,
}

impl Command {
    /// The name as far as it is known before the shell runs: without quotes and without the folder it stands in.
    pub fn name(&self) -> Option<&str> {
        let first = self.words.first()?;
        let value = first.value.as_deref().filter(|_| !first.glob)?;
        value.rsplit('/').next().filter(|name| !name.is_empty())
    }
}

/// A part of a word, as far as the shell has something to do with it.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Text that is taken as it is.
    Quoted(String),
    /// Text outside quotes: braces and patterns mean something in it.
    Bare(String),
    /// The home directory of the user, or of a named one.
    Home(String),
    /// The value of a variable.
    Parameter {
        /// Its name; `@` and digits for positional ones, `x[1]` and `x[@]` for elements of an array.
        name: String,
        /// What is done to the value.
        edit: Edit,
        /// Whether it stands between double quotes, where a value stays one word.
        quoted: bool,
    },
    /// The output of the commands with these indices.
    Output {
        /// Indices into [`Tree::commands`].
        commands: Range<usize>,
        /// Whether it stands between double quotes.
        quoted: bool,
    },
    /// A file with the output of the commands with these indices: `<( )`.
    OutputFile(Range<usize>),
    /// Something that only the running shell knows.
    Unknown,
}

/// What an expansion does to the value of its variable. Texts are as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// `$x`
    None,
    /// `${x:-text}`, `${x:=text}`
    Default(String),
    /// `${x:+text}`
    Alternative(String),
    /// `${x#pattern}`, `${x##pattern}`
    WithoutPrefix(String),
    /// `${x%pattern}`, `${x%%pattern}`
    WithoutSuffix(String),
    /// `${x,,}`
    Lower,
    /// `${x^^}`
    Upper,
    /// `${x:offset:length}`
    Substring(String, Option<String>),
    /// `${x/pattern/with}`
    Replace {
        /// What is looked for.
        pattern: String,
        /// What stands there instead.
        with: String,
        /// Whether every occurrence is meant.
        all: bool,
    },
    /// `${!x}`: the variable whose name the value is.
    Indirect,
    /// Anything else.
    Other,
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
    /// What it consists of.
    pub parts: Vec<Part>,
    /// The bytes of the whole text that it stands in; those of the surrounding word when it was written in another form
    /// there.
    pub span: Range<usize>,
}

impl Word {
    /// A word that stands for exactly this text.
    pub fn literal(text: &str) -> Self {
        Word {
            raw: text.to_owned(),
            value: Some(text.to_owned()),
            shape: text.to_owned(),
            glob: false,
            parts: vec![Part::Quoted(text.to_owned())],
            span: 0..0,
        }
    }

    /// A word about which nothing is known.
    pub fn unknown(raw: &str) -> Self {
        Word { raw: raw.to_owned(), value: None, shape: UNKNOWN.to_string(), glob: false, parts: vec![Part::Unknown], span: 0..0 }
    }

    /// The same word at another place.
    #[must_use]
    pub fn at(self, span: Range<usize>) -> Self {
        Word { span, ..self }
    }
}

/// `NAME=value` before a command, or alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The new value; `None` for an array.
    pub value: Option<Word>,
    /// The elements of an array, or what a loop variable takes one after the other.
    pub elements: Vec<Word>,
    /// Whether a loop sets it.
    pub loops: bool,
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
    /// Whether it overrides the shell's refusal to overwrite files: `>|`.
    pub forced: bool,
    /// The sign and the descriptor before it, as they are written: `2>`, `&>>`.
    pub operator: String,
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
        match self.word.parts.last_mut() {
            Some(Part::Quoted(last)) => last.push_str(text),
            _ => self.word.parts.push(Part::Quoted(text.to_owned())),
        }
    }

    /// Text outside quotes: globs and braces mean something here.
    pub(super) fn bare(&mut self, text: &str) {
        self.word.glob |= text.contains(['*', '?', '[']);
        self.word.shape.push_str(text);
        match self.word.parts.last_mut() {
            Some(Part::Bare(last)) => last.push_str(text),
            _ => self.word.parts.push(Part::Bare(text.to_owned())),
        }
    }

    /// The home directory, of the user when `name` is empty.
    pub(super) fn home(&mut self, name: &str) {
        self.known = false;
        self.word.shape.push(HOME);
        self.word.shape.push_str(name);
        self.word.parts.push(Part::Home(name.to_owned()));
    }

    /// A variable. `$HOME` is the home directory.
    pub(super) fn parameter(&mut self, name: &str, edit: Edit, quoted: bool) {
        self.known = false;
        if name == "HOME" && matches!(edit, Edit::None | Edit::Default(_)) {
            return self.home("");
        }
        self.word.shape.push(UNKNOWN);
        self.word.parts.push(Part::Parameter { name: name.to_owned(), edit, quoted });
    }

    /// The output of commands.
    pub(super) fn output(&mut self, commands: Range<usize>, quoted: bool) {
        self.known = false;
        self.word.shape.push(UNKNOWN);
        self.word.parts.push(Part::Output { commands, quoted });
    }

    /// The name of a file with the output of commands.
    pub(super) fn output_file(&mut self, commands: Range<usize>) {
        self.known = false;
        self.word.shape.push(UNKNOWN);
        self.word.parts.push(Part::OutputFile(commands));
    }

    /// Something that only the running shell knows.
    pub(super) fn unknown(&mut self) {
        self.known = false;
        self.word.shape.push(UNKNOWN);
        self.word.parts.push(Part::Unknown);
    }

    pub(super) fn finish(self, raw: &str, span: Range<usize>) -> Word {
        let braces = self.word.parts.iter().any(|part| matches!(part, Part::Bare(text) if braces_expand(text)))
            || (self.word.shape.contains('{') && self.word.parts.len() > 1 && braces_expand(&bare_outline(&self.word.parts)));
        let value = (self.known && !braces).then(|| self.word.shape.clone());
        // The command `[` is no pattern.
        let glob = self.word.glob && self.word.shape != "[" && self.word.shape != "[[";
        Word { raw: raw.to_owned(), value, glob, span, ..self.word }
    }
}

/// The text outside quotes, with a letter for every other part.
fn bare_outline(parts: &[Part]) -> String {
    parts.iter().map(|part| if let Part::Bare(text) = part { text.as_str() } else { "x" }).collect()
}

/// `{a,b}` and `{1..9}` become several words; `{}` and `{a}` stay as they are.
fn braces_expand(text: &str) -> bool {
    text.find('{').is_some_and(|open| {
        let inside = &text[open + 1..];
        inside.find('}').is_some_and(|close| inside[..close].contains(',') || inside[..close].contains(".."))
    })
}
