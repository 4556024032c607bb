//! What a sentence said about files.

use crate::offline::grammar::Span;
use crate::offline::slots::Size;

/// What kind of directory entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum What {
    /// "files", which people also say of folders.
    #[default]
    Files,
    /// "regular files".
    Regular,
    Folders,
    Symlinks,
    BrokenSymlinks,
    /// "files and folders".
    Any,
    /// A letter of `find -type`.
    Other(char),
}

/// What happens with the files that match.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Action {
    #[default]
    List,
    /// With sizes, dates, permissions.
    Long,
    /// Names with a NUL behind each.
    Null,
    /// The last part of each name.
    BaseNames,
    Count,
    CountLines,
    /// One figure per file.
    CountLinesEach,
    TotalSize,
    Delete,
    /// Delete, asking for each.
    DeleteAsking,
    /// Where to; `None` until it is said.
    Copy(Option<String>),
    Move(Option<String>),
    Chmod(Option<String>),
    Chown(Option<String>),
    Chgrp(Option<String>),
    Archive(Option<String>),
    Link(Option<String>),
    /// A tool of the system's that takes any number of files.
    Apply(&'static str),
    /// A program of the user's, with its arguments, once for each file.
    Run(String),
    /// The first or the last so many lines of each.
    Lines(&'static str, u64),
    Checksum(&'static str),
    /// Lines with a text.
    Grep(String),
    /// One text by another.
    Replace(String, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Size,
    Time,
    Name,
}

/// `reverse`: smallest, oldest, or Z first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub key: Key,
    pub reverse: bool,
}

/// How the user started the request: `find` looks through the tree, `list` looks at one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Verb {
    #[default]
    None,
    Find,
    Show,
}

/// Which of a file's times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Changed,
    Read,
    Status,
}

/// What a file must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TestKind {
    /// Any of these patterns.
    Names(Vec<String>),
    /// The whole path fits any of these patterns.
    Paths(Vec<String>),
    Regex(String),
    Size(Size),
    Time(Field, Span),
    /// Changed, read or its status changed later than that file was changed.
    Newer(Field, String),
    /// An operand of `find -perm`.
    Perm(String),
    User(String),
    Group(String),
    NoUser,
    NoGroup,
    Empty,
    Executable,
    Readable,
    Writable,
    Hidden,
    /// An operand of `find -links`.
    Links(String),
    Inode(String),
    SameFile(String),
    /// Links that hold such a path.
    Leads(String),
    /// A text in it.
    Text(String),
    /// Below a folder of one of these names.
    Under(Vec<String>),
    /// Any of these tests.
    Any(Vec<Test>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Test {
    pub not: bool,
    pub kind: TestKind,
}

/// Where the output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sink {
    pub file: String,
    pub append: bool,
}

/// Everything that a sentence said about files.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub what: What,
    pub said_what: bool,
    pub plural: bool,
    pub verb: Verb,
    pub tests: Vec<Test>,
    pub ignore_case: bool,
    pub roots: Vec<String>,
    pub root_said: bool,
    /// Whether the place is a path, or "the current folder" in so many words.
    pub root_spelled: bool,
    pub min_depth: Option<u64>,
    pub depth: Option<u64>,
    pub recursive: bool,
    pub one_filesystem: bool,
    pub follow: bool,
    pub action: Action,
    pub order: Option<Order>,
    pub top: Option<u64>,
    /// "large files", "recent files": nobody says how large or recent, so the first of them are meant.
    pub notable: Option<Key>,
    /// Whether rights are set, and not only given.
    pub sets_rights: bool,
    /// Whether ages count from midnight.
    pub by_day: bool,
    /// "display", which people say of whole trees where "list" and "show" look at one folder.
    pub displays: bool,
    pub sink: Option<Sink>,
    pub quiet: bool,
    /// Which of the texts are variables of the shell.
    pub variables: Vec<String>,
}

impl Query {
    pub(super) fn push(&mut self, not: bool, kind: TestKind) {
        // Nothing has two endings, so "*.sh scripts and perl files" are either.
        let is_ending = |name: &String| name.starts_with("*.") && !name[2..].contains('*');
        if let (TestKind::Names(new), Some(Test { not: false, kind: TestKind::Names(last) })) = (&kind, self.tests.last_mut())
            && !not
            && new.iter().chain(last.iter()).all(is_ending)
        {
            new.iter().for_each(|name| {
                if !last.contains(name) {
                    last.push(name.clone())
                }
            });
            return;
        }
        // "starts with a and ends with b" is one pattern.
        if let (TestKind::Names(new), Some(Test { not: false, kind: TestKind::Names(last) })) = (&kind, self.tests.last_mut())
            && !not
            && let ([new], [last]) = (new.as_slice(), last.as_mut_slice())
            && last.ends_with('*')
            && new.starts_with('*')
            && !last.starts_with('*')
        {
            last.push_str(&new[1..]);
            return;
        }
        // So are "scripts whose names begin with a".
        if let (TestKind::Names(new), Some(Test { not: false, kind: TestKind::Names(last) })) = (&kind, self.tests.last_mut())
            && !not
            && let ([new], [last]) = (new.as_slice(), last.as_mut_slice())
            && is_ending(last)
            && new.ends_with('*')
            && new.len() > 1
            && !new.starts_with('*')
        {
            *last = format!("{}{}", new.trim_end_matches('*'), last);
            return;
        }
        self.tests.push(Test { not, kind });
    }

    /// "a or b": the last test is an alternative to the one before it.
    pub(super) fn join_last(&mut self) {
        let (Some(last), Some(before)) = (self.tests.pop(), self.tests.pop()) else { return };
        let joined = match (before, last) {
            (Test { not: false, kind: TestKind::Names(mut first) }, Test { not: false, kind: TestKind::Names(second) }) => {
                first.extend(second);
                TestKind::Names(first)
            }
            (Test { not: false, kind: TestKind::Any(mut all) }, last) => {
                all.push(last);
                TestKind::Any(all)
            }
            (before, last) => TestKind::Any(vec![before, last]),
        };
        self.tests.push(Test { not: false, kind: joined });
    }

    /// The names that are asked for, when they are all that narrows the files down.
    pub(super) fn only_names(&self) -> Option<&[String]> {
        match self.tests.as_slice() {
            [] => Some(&[]),
            [Test { not: false, kind: TestKind::Names(names) }] if !self.ignore_case => Some(names),
            _ => None,
        }
    }

    /// The text that files shall contain.
    pub(super) fn text(&self) -> Option<&str> {
        self.tests.iter().find_map(|test| match &test.kind {
            TestKind::Text(text) if !test.not => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether files are changed or lost by it.
    pub(super) fn is_destructive(&self) -> bool {
        match &self.action {
            Action::Delete | Action::DeleteAsking | Action::Move(_) | Action::Replace(..) | Action::Chown(_) | Action::Chgrp(_) => true,
            Action::Chmod(mode) => mode.as_deref() != Some("+x"),
            Action::Apply(tool) => matches!(*tool, "gzip" | "gunzip" | "touch"),
            Action::Run(_) => true,
            _ => false,
        }
    }

    /// Whether enough was said to change files: which ones, and where.
    pub(super) fn may_destroy(&self) -> bool {
        let narrowed = !self.tests.is_empty();
        match self.action {
            Action::Delete => self.root_said && (narrowed || self.roots.iter().all(|root| is_told_apart(root))),
            _ => self.root_said || narrowed,
        }
    }

    /// Makes sense of the whole once all was read; `None` when it is no request about files.
    pub(super) fn settle(&mut self) -> Option<()> {
        let picks = |test: &Test| matches!(test.kind, TestKind::Names(_) | TestKind::Perm(_) | TestKind::Paths(_));
        if !self.said_what && !self.tests.iter().any(picks) && (self.verb == Verb::None || self.tests.is_empty()) {
            return None;
        }
        // "in /a but not in /b" compares two places; only a part of what is searched can be left out.
        let inside = |folder: &String| !folder.starts_with(['/', '~']) || self.roots.iter().any(|root| folder.starts_with(root.as_str()));
        if self.tests.iter().any(|test| matches!(&test.kind, TestKind::Under(folders) if !folders.iter().all(inside))) {
            return None;
        }
        if let Some(key) = self.notable {
            let is_measured = |test: &Test| match key {
                Key::Size => matches!(test.kind, TestKind::Size(_)),
                _ => matches!(test.kind, TestKind::Time(..) | TestKind::Newer(..)),
            };
            let only_looks = matches!(self.action, Action::List | Action::Long) && matches!(self.what, What::Files | What::Regular);
            let says_enough = self.tests.iter().any(is_measured) || self.order.is_some();
            match only_looks {
                _ if says_enough => {}
                true => (self.top, self.order) = (Some(0), Some(Order { key, reverse: false })),
                false => return None,
            }
        }
        if self.top == Some(0) {
            self.top = Some(if self.plural { 10 } else { 1 });
        }
        match &self.action {
            Action::Copy(None)
            | Action::Move(None)
            | Action::Chmod(None)
            | Action::Chown(None)
            | Action::Chgrp(None)
            | Action::Link(None) => return None,
            Action::Archive(None) => return None,
            _ if self.sink.as_ref().is_some_and(|sink| sink.file.is_empty()) => return None,
            _ => {}
        }
        // Who looks for such files without naming a place looks at the whole system.
        let of_system = |test: &Test| {
            !test.not
                && (matches!(test.kind, TestKind::NoUser | TestKind::NoGroup)
                    || matches!(&test.kind, TestKind::Perm(mode) if mode == "-4000" || mode == "-2000"))
        };
        if !self.root_said && self.action == Action::List && self.tests.iter().any(of_system) {
            self.roots = vec!["/".to_owned()];
        }
        // What is searched is itself a folder.
        let takes_folders = matches!(self.what, What::Folders | What::Any);
        let only_empty = self.tests.iter().any(|test| test.kind == TestKind::Empty && !test.not);
        if takes_folders && matches!(self.action, Action::Delete) && self.min_depth.is_none() && !only_empty {
            self.min_depth = Some(1);
        }
        if takes_folders && matches!(self.action, Action::Copy(_) | Action::Move(_)) {
            (self.min_depth, self.depth) = (Some(1), self.depth.or(Some(1)));
        }
        let exact = |test: &&Test| !test.not && matches!(&test.kind, TestKind::Perm(mode) if !mode.starts_with(['-', '/']));
        if self.tests.iter().filter(exact).count() > 1 {
            return None;
        }
        let asks = self.verb != Verb::None || self.action != Action::List || self.order.is_some() || !self.tests.is_empty();
        (asks || self.what == What::BrokenSymlinks).then_some(())
    }
}

/// Whether a place was told apart from everything there is: by its name, or as the folder that one is in.
fn is_told_apart(root: &str) -> bool {
    root == "." || !root.starts_with('$') && root.chars().any(char::is_alphanumeric)
}
