use super::{Action, FileQuery, Key, Order, Verb, What};
use crate::offline::machine::{Machine, Os};
use crate::offline::slots::{Age, AgeKind, Unit};
use crate::syntax::{quote, quote_glob, quote_path};

/// A pipeline being written: every word of the user goes through the quoting function.
struct Writer<'a> {
    text: String,
    machine: &'a Machine,
}

impl Writer<'_> {
    /// Our own words.
    fn raw(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    fn word(&mut self, text: &str) {
        self.raw(&quote(text, self.machine.shell));
    }

    fn path(&mut self, text: &str) {
        self.raw(&quote_path(text, self.machine.shell));
    }

    fn is_gnu(&self) -> bool {
        self.machine.os == Os::Linux
    }
}

/// The command for the query; `None` for a combination that no short command expresses.
pub(super) fn command(query: &FileQuery, machine: &Machine) -> Option<String> {
    let mut writer = Writer { text: String::new(), machine };
    if query.content.is_some() && searches_only_text(query) {
        grep(query, &mut writer)?;
    } else if lists_one_folder(query) {
        list(query, &mut writer)?;
    } else if copies_by_glob(query) {
        copy(query, &mut writer)?;
    } else {
        find(query, &mut writer)?;
    }
    Some(writer.text)
}

/// `ls` answers what one folder holds and in which order; all else walks the tree.
fn lists_one_folder(query: &FileQuery) -> bool {
    let ordered_here = query.order.is_some_and(|order| order.key == Key::Time || query.top.is_none() || order.key == Key::Name);
    matches!(query.action, Action::List | Action::Long)
        && matches!(query.what, What::Files | What::Any | What::Folders)
        && !query.has_tree_predicate()
        && !query.recursive
        && query.depth.is_none_or(|depth| depth == 1)
        && query.verb != Verb::Find
        && query.roots.len() <= 1
        && query.patterns.len() <= 2
        && (query.order.is_none() || ordered_here)
        && !(query.what == What::Folders && (query.order.is_some() || query.hidden || !query.patterns.is_empty()))
}

fn list(query: &FileQuery, writer: &mut Writer<'_>) -> Option<()> {
    let mut flags = String::from("-");
    let long = query.action == Action::Long || query.order.is_some_and(|order| order.key != Key::Name && query.top.is_none());
    if query.hidden {
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
    if query.what == What::Folders {
        writer.raw("-d");
        writer.raw(&quote_glob(&inside("*/"), writer.machine.shell));
    } else if query.patterns.is_empty() {
        root.into_iter().for_each(|root| writer.path(root));
    } else {
        let shell = writer.machine.shell;
        query.patterns.iter().for_each(|pattern| writer.raw(&quote_glob(&inside(pattern), shell)));
    }
    if let Some(top) = query.top {
        writer.raw(&format!("| head -n {top}"));
    }
    Some(())
}

/// Only a text, at most with patterns and places: `grep` walks by itself.
fn searches_only_text(query: &FileQuery) -> bool {
    query.action == Action::List
        && query.order.is_none()
        && query.size.is_none()
        && query.age.is_none()
        && !query.empty
        && !query.executable
        && query.perm.is_none()
        && query.owner.is_none()
        && query.group.is_none()
        && query.depth.is_none()
        && query.what != What::Folders
}

fn grep(query: &FileQuery, writer: &mut Writer<'_>) -> Option<()> {
    let text = query.content.as_deref()?;
    writer.raw(if query.ignore_case { "grep -rli" } else { "grep -rl" });
    for pattern in &query.patterns {
        let option = format!("--include={pattern}");
        writer.word(&option);
    }
    for pattern in &query.not_patterns {
        let option = format!("--exclude={pattern}");
        writer.word(&option);
    }
    for folder in &query.not_folders {
        let option = format!("--exclude-dir={}", folder.trim_end_matches('/'));
        writer.word(&option);
    }
    if text.starts_with('-') {
        writer.raw("-e");
    }
    writer.word(text);
    roots(query, writer);
    Some(())
}

fn roots(query: &FileQuery, writer: &mut Writer<'_>) {
    if query.roots.is_empty() {
        writer.raw(".");
    }
    query.roots.iter().for_each(|root| writer.path(root));
}

/// `cp *.jpg DEST` for what lies in one folder.
fn copies_by_glob(query: &FileQuery) -> bool {
    matches!(query.action, Action::Copy(_) | Action::Move(_))
        && !query.patterns.is_empty()
        && !query.has_tree_predicate()
        && !query.recursive
        && query.verb != Verb::Find
        && query.roots.len() <= 1
        && query.what == What::Files
}

fn copy(query: &FileQuery, writer: &mut Writer<'_>) -> Option<()> {
    let (tool, place) = match &query.action {
        Action::Copy(place) => ("cp", place),
        Action::Move(place) => ("mv", place),
        _ => return None,
    };
    writer.raw(tool);
    let root = query.roots.first().map(|root| root.trim_end_matches('/')).filter(|root| *root != ".");
    let shell = writer.machine.shell;
    for pattern in &query.patterns {
        let full = root.map_or(pattern.clone(), |root| format!("{root}/{pattern}"));
        writer.raw(&quote_glob(&full, shell));
    }
    writer.path(&format!("{}/", place.trim_end_matches('/')));
    Some(())
}

fn find(query: &FileQuery, writer: &mut Writer<'_>) -> Option<()> {
    writer.raw("find");
    roots(query, writer);
    let counts_one_folder = query.action == Action::Count && !query.has_predicate() && !query.recursive && query.verb != Verb::Find;
    let lists_hidden = query.hidden && query.verb != Verb::Find && !query.recursive;
    if let Some(depth) = query.depth.or((counts_one_folder || lists_hidden).then_some(1)) {
        writer.raw(&format!("-maxdepth {depth}"));
    }
    predicates(query, writer)?;
    action(query, writer)
}

fn predicates(query: &FileQuery, writer: &mut Writer<'_>) -> Option<()> {
    match query.what {
        What::Files => writer.raw("-type f"),
        What::Folders => writer.raw("-type d"),
        What::Symlinks => writer.raw("-type l"),
        What::BrokenSymlinks if writer.is_gnu() => writer.raw("-xtype l"),
        What::BrokenSymlinks => writer.raw("-type l ! -exec test -e {} \\; -print"),
        What::Any => {}
    }
    let name = if query.ignore_case { "-iname" } else { "-name" };
    match query.patterns.as_slice() {
        [] => {}
        [pattern] => {
            writer.raw(name);
            writer.word(pattern);
        }
        patterns => {
            for (i, pattern) in patterns.iter().enumerate() {
                writer.raw(if i == 0 { "\\(" } else { "-o" });
                writer.raw(name);
                writer.word(pattern);
            }
            writer.raw("\\)");
        }
    }
    if query.hidden {
        writer.raw("-name '.*'");
        if query.what != What::Files {
            writer.raw("! -name .");
        }
    }
    if query.no_hidden {
        writer.raw("! -path '*/.*'");
    }
    for pattern in &query.not_patterns {
        writer.raw("!");
        writer.raw(name);
        writer.word(pattern);
    }
    for folder in &query.not_folders {
        writer.raw("-not -path");
        let pattern = match folder.trim_end_matches('/') {
            full if full.starts_with('/') || full.starts_with('~') => format!("{full}/*"),
            part => format!("*/{}/*", part.trim_start_matches("./")),
        };
        writer.path(&pattern);
    }
    if let Some(size) = &query.size {
        writer.raw(&format!("-size {}", size.find_operand()));
    }
    if let Some(age) = &query.age {
        let test = age_test(age, query.accessed, writer.is_gnu())?;
        writer.raw(&test);
    }
    if query.empty {
        writer.raw("-empty");
    }
    if query.executable {
        writer.raw(if writer.is_gnu() { "-executable" } else { "-perm +111" });
    }
    if let Some(perm) = &query.perm {
        writer.raw(&format!("-perm {perm}"));
    }
    if let Some((is, owner)) = &query.owner {
        writer.raw(if *is { "-user" } else { "! -user" });
        writer.word(owner);
    }
    if let Some(group) = &query.group {
        writer.raw("-group");
        writer.word(group);
    }
    if let Some(text) = &query.content {
        writer.raw(if query.ignore_case { "-exec grep -qi -e" } else { "-exec grep -q -e" });
        writer.word(text);
        writer.raw("{} \\;");
        if query.action == Action::List && query.order.is_none() {
            writer.raw("-print");
        }
    }
    Some(())
}

/// `-mtime` counts whole days, `-mmin` minutes; what is shorter than a minute has no test.
fn age_test(age: &Age, accessed: bool, gnu: bool) -> Option<String> {
    let (days, minutes) = if accessed { ("-atime", "-amin") } else { ("-mtime", "-mmin") };
    let sign = match age.kind {
        AgeKind::Today => return Some(if gnu { format!("-daystart {days} 0") } else { format!("{days} -1") }),
        AgeKind::Yesterday => return Some(if gnu { format!("-daystart {days} 1") } else { format!("{days} 1") }),
        AgeKind::Within => '-',
        AgeKind::Older => '+',
        AgeKind::Ago => return None,
    };
    let seconds = age.seconds();
    match age.unit {
        Unit::Second => None,
        Unit::Minute | Unit::Hour => Some(format!("{minutes} {sign}{}", seconds / 60)),
        _ => Some(format!("{days} {sign}{}", seconds / 86_400)),
    }
}

fn action(query: &FileQuery, writer: &mut Writer<'_>) -> Option<()> {
    match &query.action {
        Action::List | Action::Long if query.order.is_some() => return ordered(query, writer),
        Action::List => {}
        Action::Long => writer.raw(if query.order.is_none() { "-exec ls -ldh {} +" } else { "" }),
        Action::Count => writer.raw("| wc -l"),
        Action::CountLines => writer.raw("-exec cat {} + | wc -l"),
        Action::CountLinesEach => writer.raw("-exec wc -l {} +"),
        Action::TotalSize => writer.raw("-exec du -ch {} + | tail -n 1"),
        Action::Delete => writer.raw("-delete"),
        Action::Chmod(mode) => {
            writer.raw("-exec chmod");
            writer.word(mode);
            writer.raw("{} +");
        }
        Action::Copy(place) | Action::Move(place) => {
            writer.raw(if matches!(query.action, Action::Copy(_)) { "-exec cp {}" } else { "-exec mv {}" });
            writer.path(&format!("{}/", place.trim_end_matches('/')));
            writer.raw("\\;");
        }
    }
    Some(())
}

/// Largest, newest and so on over a tree.
fn ordered(query: &FileQuery, writer: &mut Writer<'_>) -> Option<()> {
    let order = query.order?;
    let direction = if order.reverse { "" } else { "r" };
    match order.key {
        Key::Name => writer.raw(if order.reverse { "| sort -r" } else { "| sort" }),
        Key::Size if query.what == What::Folders => writer.raw(&format!("-exec du -sh {{}} + | sort -{direction}h")),
        Key::Size => writer.raw(&format!("-exec du -h {{}} + | sort -{direction}h")),
        Key::Time if writer.is_gnu() => writer.raw(&format!("-printf '%T@ %p\\n' | sort -{direction}n")),
        Key::Time => writer.raw(&format!("-exec stat -f '%m %N' {{}} + | sort -{direction}n")),
    }
    if let Some(top) = query.top {
        writer.raw(&format!("| head -n {top}"));
    }
    if order.key == Key::Time {
        writer.raw("| cut -d' ' -f2-");
    }
    Some(())
}
