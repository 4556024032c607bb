//! The language of files: which files, where, and what to do with them.

mod phrases;
mod reading;
mod render;
mod scan;

use super::lexicon::Lexicon;
use super::machine::Machine;
use super::parse::Parse;
use super::slots::{Age, Size};
use super::tokens::Token;

/// What kind of directory entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum What {
    #[default]
    Files,
    Folders,
    Symlinks,
    BrokenSymlinks,
    /// "files and folders".
    Any,
}

/// What happens with the files that match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Action {
    #[default]
    List,
    /// With sizes, dates, permissions.
    Long,
    Count,
    CountLines,
    /// One figure per file.
    CountLinesEach,
    TotalSize,
    Delete,
    Copy(String),
    Move(String),
    Chmod(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Size,
    Time,
    Name,
}

/// `reverse`: smallest, oldest, or Z first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Order {
    key: Key,
    reverse: bool,
}

/// How the user started the request: `find` looks through the tree, `list` looks at one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Verb {
    #[default]
    None,
    Find,
    Show,
}

/// Everything that a sentence said about files.
#[derive(Debug, Clone, Default)]
struct FileQuery {
    what: What,
    said_what: bool,
    said_file: bool,
    plural: bool,
    verb: Verb,
    patterns: Vec<String>,
    ignore_case: bool,
    size: Option<Size>,
    age: Option<Age>,
    accessed: bool,
    empty: bool,
    executable: bool,
    hidden: bool,
    no_hidden: bool,
    perm: Option<String>,
    owner: Option<(bool, String)>,
    group: Option<String>,
    content: Option<String>,
    not_patterns: Vec<String>,
    not_folders: Vec<String>,
    roots: Vec<String>,
    root_said: bool,
    depth: Option<u64>,
    recursive: bool,
    action: Action,
    order: Option<Order>,
    top: Option<u64>,
    /// Tokens used as slots rather than as triggers.
    bound: u64,
    explained: u64,
    weight: f64,
}

impl FileQuery {
    /// True if anything narrows the files down.
    fn has_predicate(&self) -> bool {
        self.has_tree_predicate() || !self.patterns.is_empty()
    }

    /// True if something is asked that only a walk can answer.
    fn has_tree_predicate(&self) -> bool {
        self.size.is_some()
            || self.age.is_some()
            || self.empty
            || self.executable
            || self.perm.is_some()
            || self.owner.is_some()
            || self.group.is_some()
            || self.content.is_some()
            || !self.not_patterns.is_empty()
            || !self.not_folders.is_empty()
    }
}

/// Reads the sentence as a question about files, if it is one.
pub(super) fn match_files(tokens: &[Token], lexicon: &Lexicon, machine: &Machine) -> Option<Parse> {
    let query = scan::scan(tokens, lexicon)?;
    // Whole folders are copied, moved and measured by other means than one by one.
    let moves_folders = query.what == What::Folders && matches!(query.action, Action::Copy(_) | Action::Move(_) | Action::TotalSize);
    if moves_folders || (query.what == What::Folders && query.order.is_some_and(|order| order.key == Key::Size)) {
        return None;
    }
    // Deleting needs a place that was said and something that narrows it down.
    let destructive =
        matches!(query.action, Action::Delete | Action::Move(_)) || matches!(&query.action, Action::Chmod(mode) if mode != "+x");
    if matches!(query.action, Action::Delete) && !(query.root_said && query.has_predicate()) {
        return None;
    }
    if destructive && !matches!(query.action, Action::Delete) && !query.root_said && query.patterns.is_empty() {
        return None;
    }
    let command = render::command(&query, machine)?;
    Some(Parse {
        intent: format!("files.{}", reading::action_name(&query.action)),
        reading: reading::reading(&query),
        commands: vec![command],
        explained: query.explained,
        bound: query.bound,
        destructive,
        doubt: 0.0,
        weight: query.weight,
    })
}
