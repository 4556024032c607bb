//! What is known at a point of the line: variables, functions, aliases, the working directory.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::syntax::{HOME, Tree, Word};

use super::path;

/// Most values that one variable may hold; the rest is ignored.
const MAX_VALUES: usize = 64;

/// Longest value that is kept.
const MAX_BYTES: usize = 16 * 1024;

/// Names and what they stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    variables: HashMap<String, Vec<Word>>,
    loops: Vec<String>,
    functions: HashMap<String, (Arc<Tree>, Range<usize>)>,
    aliases: HashMap<String, Vec<Word>>,
    positional: Option<Vec<Word>>,
    positional_name: Option<Word>,
    fetched: Vec<String>,
    written: HashMap<String, String>,
    folder: Folder,
}

/// The working directory.
#[derive(Debug, Clone, Default, PartialEq)]
enum Folder {
    /// Where the user is.
    #[default]
    Start,
    /// Somewhere that only the running shell knows.
    Unknown,
    /// A path, absolute, in a home directory, or relative to where the user is.
    At(String),
}

impl Scope {
    pub(super) fn set(&mut self, name: &str, mut values: Vec<Word>) {
        values.truncate(MAX_VALUES);
        self.loops.retain(|known| known != name);
        values.retain(|value| value.shape.len() <= MAX_BYTES);
        self.variables.insert(name.to_owned(), values);
    }

    /// Notes that a variable takes its values one after the other.
    pub(super) fn set_loop(&mut self, name: &str, values: Vec<Word>) {
        self.set(name, values);
        self.loops.push(name.to_owned());
    }

    pub(super) fn is_loop(&self, name: &str) -> bool {
        self.loops.iter().any(|known| known == name)
    }

    /// The values of a variable that the line has set, or that is the same in every shell.
    pub(super) fn get(&self, name: &str) -> Option<Vec<Word>> {
        if name == "@" {
            return self.positional.clone();
        }
        if let Some((array, index)) = name.strip_suffix(']').and_then(|rest| rest.split_once('[')) {
            let values = self.variables.get(array)?;
            return match index.parse::<usize>() {
                Ok(index) => Some(values.get(index).cloned().into_iter().collect()),
                Err(_) => Some(values.clone()),
            };
        }
        if name == "0" && self.positional_name.is_some() {
            return self.positional_name.clone().map(|word| vec![word]);
        }
        if let Ok(index @ 1..) = name.parse::<usize>() {
            return self.positional.as_ref().map(|words| words.get(index - 1).cloned().into_iter().collect());
        }
        if let Some(values) = self.variables.get(name) {
            return Some(values.clone());
        }
        (name == "PWD").then(|| vec![Word::literal(".")])
    }

    /// The first value of a variable as text, when it is known.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.variables.get(name)?.first()?.value.clone()
    }

    pub(super) fn set_positional(&mut self, words: Option<Vec<Word>>) -> Option<Vec<Word>> {
        std::mem::replace(&mut self.positional, words)
    }

    /// What a text for a shell is called, `$0`.
    pub(super) fn set_positional_name(&mut self, word: Option<Word>) -> Option<Word> {
        std::mem::replace(&mut self.positional_name, word)
    }

    pub(super) fn define(&mut self, name: &str, tree: &Arc<Tree>, index: usize) {
        match self.functions.get_mut(name) {
            Some((known, range)) if Arc::ptr_eq(known, tree) && range.end == index => range.end += 1,
            _ => drop(self.functions.insert(name.to_owned(), (Arc::clone(tree), index..index + 1))),
        }
    }

    pub(super) fn function(&self, name: &str) -> Option<(Arc<Tree>, Range<usize>)> {
        self.functions.get(name).cloned()
    }

    pub(super) fn alias(&mut self, name: &str, words: Vec<Word>) {
        self.aliases.insert(name.to_owned(), words);
    }

    pub(super) fn aliased(&self, name: &str) -> Option<&[Word]> {
        self.aliases.get(name).map(Vec::as_slice)
    }

    /// Notes a file that came from the network.
    pub(super) fn fetched(&mut self, path: String) {
        self.fetched.push(path);
    }

    pub(super) fn is_fetched(&self, path: &str) -> bool {
        self.fetched.iter().any(|known| known == path)
    }

    /// Notes what a file holds since the line wrote it.
    pub(super) fn wrote(&mut self, path: String, text: String) {
        if text.len() <= MAX_BYTES {
            self.written.insert(path, text);
        }
    }

    /// What a file holds, when the line wrote it; it is forgotten, so that a file that runs itself is read once.
    pub(super) fn take_written(&mut self, path: &str) -> Option<String> {
        self.written.remove(path)
    }

    /// `cd target`; without a target it goes home.
    pub(super) fn change_folder(&mut self, target: Option<&Word>) {
        let shape = target.map_or(HOME.to_string(), |word| word.shape.clone());
        self.folder = match self.resolve(&shape) {
            Some(path) => Folder::At(path),
            None => Folder::Unknown,
        };
    }

    /// The shape of a path as seen from where the user is: absolute, in a home directory, or relative. `None` when the
    /// working directory is unknown and the path is relative.
    pub(super) fn resolve(&self, shape: &str) -> Option<String> {
        if shape.starts_with(['/', HOME]) {
            return Some(path::normalise(shape));
        }
        match &self.folder {
            Folder::Start => Some(path::normalise(shape)),
            Folder::Unknown => None,
            Folder::At(folder) => Some(path::normalise(&format!("{folder}/{shape}"))),
        }
    }

    /// [`Scope::resolve`] for a word: its shape is replaced. A relative path below an unknown folder stays as it is.
    pub(super) fn located(&self, word: &Word) -> Word {
        let Some(shape) = self.resolve(&word.shape) else { return word.clone() };
        Word { shape, ..word.clone() }
    }
}
