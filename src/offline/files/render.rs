//! The command for a query: `ls` for what one folder holds, `grep` for texts, `cp` for what a pattern names, `find` for all
//! else.

use super::query::{Action, Key, Order, Query, TestKind, Verb, What};
use super::{render_action, render_preferred, render_tests};
use crate::offline::machine::{Machine, Os};
use crate::offline::slots::is_pattern;
use crate::syntax::{quote, quote_glob, quote_path, quote_variables};

/// A pipeline being written: every word of the user goes through the quoting function.
pub(super) struct Writer<'a> {
    pub text: String,
    pub machine: &'a Machine,
    pub variables: &'a [String],
}

impl Writer<'_> {
    /// Our own words.
    pub(super) fn raw(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    pub(super) fn word(&mut self, text: &str) {
        match self.variable(text) {
            Some(quoted) => self.raw(&quoted),
            None => self.raw(&quote(text, self.machine.shell)),
        }
    }

    pub(super) fn path(&mut self, text: &str) {
        match self.variable(text) {
            Some(quoted) => self.raw(&quoted),
            None => self.raw(&quote_path(text, self.machine.shell)),
        }
    }

    /// A variable in double quotes, which all shells expand to one word.
    fn variable(&self, text: &str) -> Option<String> {
        let known =
            self.variables.iter().any(|known| text.strip_prefix(known.as_str()).is_some_and(|rest| matches!(rest, "" | "/" | "/*")));
        known.then(|| quote_variables(text, self.machine.shell)).flatten()
    }

    pub(super) fn glob(&mut self, pattern: &str) {
        self.raw(&quote_glob(pattern, self.machine.shell));
    }

    pub(super) fn is_gnu(&self) -> bool {
        self.machine.os == Os::Linux
    }
}

/// The command for the query; `None` for a combination that no short command expresses.
pub(super) fn command(query: &Query, machine: &Machine) -> Option<String> {
    // `$0` has no counterpart in fish that stands in a word.
    if query.variables.iter().any(|variable| quote_variables(variable, machine.shell).is_none()) {
        return None;
    }
    let mut writer = Writer { text: String::new(), machine, variables: &query.variables };
    if lists_one_folder(query) {
        list(query, &mut writer);
    } else if let Some(text) = greps(query) {
        render_preferred::ripgrep(query, text, &mut writer).or_else(|| grep(query, text, &mut writer))?;
    } else if by_pattern(query) {
        on_pattern(query, &mut writer)?;
    } else {
        render_preferred::fd(query, &mut writer).or_else(|| find(query, &mut writer))?;
    }
    if let Some(sink) = &query.sink {
        writer.raw(if sink.append { ">>" } else { ">" });
        writer.path(&sink.file);
    }
    if query.quiet {
        writer.raw("2>/dev/null");
    }
    Some(writer.text)
}

fn is_hidden_only(query: &Query) -> bool {
    matches!(query.tests.as_slice(), [test] if test.kind == TestKind::Hidden && !test.not)
}

/// `ls` answers what one folder holds and in which order; all else walks the tree.
fn lists_one_folder(query: &Query) -> bool {
    let ordered_here = query.order.is_none_or(|order| order.key == Key::Time || query.top.is_none() || order.key == Key::Name);
    let patterns = query.only_names();
    let plain = patterns.is_some_and(|names| names.len() <= 2) || is_hidden_only(query);
    matches!(query.action, Action::List | Action::Long)
        && query.variables.is_empty()
        && matches!(query.what, What::Files | What::Any | What::Folders)
        && plain
        && !query.recursive
        && query.min_depth.is_none()
        && query.depth.is_none_or(|depth| depth == 1)
        && !query.follow
        && query.verb != Verb::Find
        && !(query.displays && query.root_spelled && query.order.is_none() && query.depth.is_none())
        && (query.roots.is_empty() || query.roots == ["."] || query.tests.is_empty() && query.roots.len() == 1)
        && ordered_here
        && !(query.what == What::Folders
            && (query.order.is_some() || is_hidden_only(query) || patterns.is_some_and(|names| !names.is_empty())))
}

fn list(query: &Query, writer: &mut Writer<'_>) {
    let mut flags = String::from("-");
    let long = query.action == Action::Long || query.order.is_some_and(|order| order.key != Key::Name && query.top.is_none());
    if is_hidden_only(query) {
        flags.push('A');
    }
    match query.order {
        Some(Order { key: Key::Size, reverse }) => flags.push_str(if reverse { "lhSr" } else { "lhS" }),
        Some(Order { key: Key::Time, reverse }) => {
            flags.push_str(if long { "l" } else { "" });
            flags.push_str(if reverse { "tr" } else { "t" });
        }
        Some(Order { key: Key::Name, reverse: true }) => flags.push('r'),
        _ if long => flags.push_str("lh"),
        _ => {}
    }
    writer.raw("ls");
    if flags.len() > 1 {
        writer.raw(&flags);
    }
    let root = query.roots.first().map(String::as_str).filter(|root| *root != ".");
    let inside = |pattern: &str| root.map_or(pattern.to_owned(), |root| format!("{}/{pattern}", root.trim_end_matches('/')));
    let patterns = query.only_names().unwrap_or_default();
    if query.what == What::Folders {
        writer.raw("-d");
        writer.glob(&inside("*/"));
    } else if patterns.is_empty() {
        root.into_iter().for_each(|root| writer.path(root));
    } else {
        patterns.iter().for_each(|pattern| writer.glob(&inside(pattern)));
    }
    if let Some(top) = query.top {
        writer.raw(&format!("| head -n {top}"));
    }
}

/// The text that `grep` looks for by itself: nothing but names and places narrows the files down.
fn greps(query: &Query) -> Option<&str> {
    let text = match &query.action {
        Action::Grep(text) if query.text().is_none() => text.as_str(),
        Action::List => query.text()?,
        _ => return None,
    };
    let plain = query.tests.iter().all(|test| match test.kind {
        TestKind::Names(_) => true,
        TestKind::Text(_) => !test.not,
        TestKind::Under(_) => test.not,
        _ => false,
    });
    let once = query.tests.iter().filter(|test| matches!(test.kind, TestKind::Text(_))).count() <= 1;
    let simple = query.order.is_none() && query.depth.is_none() && query.min_depth.is_none() && query.what != What::Folders;
    (plain && once && simple && !query.one_filesystem).then_some(text)
}

fn grep(query: &Query, text: &str, writer: &mut Writer<'_>) -> Option<()> {
    let mut flags = String::from("grep -r");
    flags.push_str(if matches!(query.action, Action::Grep(_)) { "n" } else { "l" });
    if query.ignore_case {
        flags.push('i');
    }
    writer.raw(&flags);
    for test in &query.tests {
        let (option, list) = match &test.kind {
            TestKind::Names(names) if test.not => ("--exclude", names),
            TestKind::Names(names) => ("--include", names),
            TestKind::Under(folders) => ("--exclude-dir", folders),
            _ => continue,
        };
        for name in list {
            let name = if option == "--exclude-dir" { name.trim_end_matches('/').trim_start_matches("./") } else { name };
            writer.word(&format!("{option}={name}"));
        }
    }
    if text.starts_with('-') {
        writer.raw("-e");
    }
    writer.word(text);
    roots(query, writer);
    Some(())
}

fn roots(query: &Query, writer: &mut Writer<'_>) {
    if query.roots.is_empty() {
        writer.raw(".");
    }
    query.roots.iter().for_each(|root| if is_pattern(root) { writer.glob(root) } else { writer.path(root) });
}

/// `cp *.jpg DEST`, `gzip *.log` for what lies in one folder.
fn by_pattern(query: &Query) -> bool {
    matches!(query.action, Action::Copy(_) | Action::Move(_) | Action::Replace(..) | Action::Apply("gzip" | "gunzip" | "cat" | "file"))
        && query.only_names().is_some_and(|names| !names.is_empty())
        && query.variables.is_empty()
        && !query.recursive
        && query.depth.is_none()
        && query.verb != Verb::Find
        && query.roots.len() <= 1
        && query.what == What::Files
}

fn on_pattern(query: &Query, writer: &mut Writer<'_>) -> Option<()> {
    let (tool, place) = match &query.action {
        Action::Copy(place) => ("cp", Some(place.as_deref()?)),
        Action::Move(place) => ("mv", Some(place.as_deref()?)),
        Action::Apply(tool) => (*tool, None),
        Action::Replace(old, new) => {
            render_action::sed(old, new, writer)?;
            ("", None)
        }
        _ => return None,
    };
    if !tool.is_empty() {
        writer.raw(tool);
    }
    let root = query.roots.first().map(|root| root.trim_end_matches('/')).filter(|root| *root != ".");
    for pattern in query.only_names()? {
        writer.glob(&root.map_or(pattern.clone(), |root| format!("{root}/{pattern}")));
    }
    if let Some(place) = place {
        writer.path(&format!("{}/", place.trim_end_matches('/')));
    }
    Some(())
}

fn find(query: &Query, writer: &mut Writer<'_>) -> Option<()> {
    writer.raw("find");
    if query.follow {
        writer.raw("-L");
    }
    roots(query, writer);
    let of_one_folder = !query.recursive && query.verb != Verb::Find;
    let counts_one_folder = query.action == Action::Count && query.only_names().is_some_and(<[String]>::is_empty) && of_one_folder;
    let lists_hidden = is_hidden_only(query) && of_one_folder;
    if let Some(depth) = query.min_depth {
        writer.raw(&format!("-mindepth {depth}"));
    }
    if let Some(depth) = query.depth.or((counts_one_folder || lists_hidden).then_some(1)) {
        writer.raw(&format!("-maxdepth {depth}"));
    }
    if query.one_filesystem {
        writer.raw("-xdev");
    }
    if query.by_day && writer.is_gnu() {
        writer.raw("-daystart");
    }
    render_tests::prune(query, writer);
    render_tests::tests(query, writer)?;
    render_action::action(query, writer)
}
