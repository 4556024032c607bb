//! A query in plain words.

use super::query::{Action, Field, Key, Order, Query, Test, TestKind, What};
use crate::offline::grammar::Span;

/// The action's name, for the parse and for people.
pub(super) fn action_name(action: &Action) -> &'static str {
    match action {
        Action::List | Action::Long | Action::Null | Action::BaseNames => "list",
        Action::Count => "count",
        Action::CountLines | Action::CountLinesEach => "lines",
        Action::TotalSize => "size",
        Action::Delete | Action::DeleteAsking => "delete",
        Action::Copy(_) => "copy",
        Action::Move(_) => "move",
        Action::Chmod(_) => "mode",
        Action::Chown(_) | Action::Chgrp(_) => "owner",
        Action::Archive(_) => "archive",
        Action::Link(_) => "link",
        Action::Lines(..) => "show",
        Action::Checksum(_) => "describe",
        Action::Apply(tool) => tool,
        Action::Run(_) => "run",
        Action::Grep(_) => "content",
        Action::Replace(..) => "replace",
    }
}

/// The first part of each.
pub(super) const WHAT: &str = "what";

/// What the query was filled with: name and text of each part.
pub(super) fn parts(query: &Query) -> Vec<(String, String)> {
    let part = |name: &str, text: String| (name.to_owned(), text);
    let mut parts = vec![part(WHAT, what(query.what).to_owned())];
    parts.extend((!query.roots.is_empty()).then(|| part("in", query.roots.join(", "))));
    parts.extend(query.tests.iter().map(|test| part("test", words(test))));
    parts.extend(query.depth.map(|depth| part("depth", depth.to_string())));
    parts.extend(query.order.map(|order| part("order", order_words(order).to_owned())));
    parts.extend(query.top.map(|top| part("first", top.to_string())));
    parts.extend(query.sink.as_ref().map(|sink| part("to", sink.file.clone())));
    parts
}

fn what(what: What) -> &'static str {
    match what {
        What::Files | What::Regular => "files",
        What::Folders => "folders",
        What::Symlinks => "symbolic links",
        What::BrokenSymlinks => "broken symbolic links",
        What::Any => "files and folders",
        What::Other('s') => "sockets",
        What::Other('p') => "named pipes",
        What::Other(_) => "devices",
    }
}

/// What the command does, in one line of plain words.
pub(super) fn reading(query: &Query) -> String {
    let mut text = begin(&query.action);
    if let Some(top) = query.top {
        text.push_str(&format!("the first {top} of "));
    }
    text.push_str(what(query.what));
    let names = query.tests.iter().filter(|test| matches!(test.kind, TestKind::Names(_)));
    names.for_each(|test| text.push_str(&format!(" {}", words(test))));
    if query.roots.is_empty() {
        text.push_str(" here");
    } else {
        text.push_str(&format!(" in {}", query.roots.join(", ")));
    }
    let mut more: Vec<String> = query.tests.iter().filter(|test| !matches!(test.kind, TestKind::Names(_))).map(words).collect();
    more.extend(query.min_depth.map(|depth| format!("at least {depth} deep")));
    more.extend(query.depth.map(|depth| if depth == 1 { "not deeper".to_owned() } else { format!("at most {depth} deep") }));
    more.extend(query.one_filesystem.then(|| "on this filesystem only".to_owned()));
    more.extend(query.follow.then(|| "following links".to_owned()));
    more.extend(query.order.map(|order| order_words(order).to_owned()));
    more.extend(query.sink.as_ref().map(|sink| format!("{} {}", if sink.append { "appended to" } else { "saved to" }, sink.file)));
    for part in more {
        text.push_str(", ");
        text.push_str(&part);
    }
    text
}

fn begin(action: &Action) -> String {
    match action {
        Action::List | Action::Long | Action::Null | Action::BaseNames => String::new(),
        Action::Count => "how many: ".to_owned(),
        Action::CountLines => "lines in all: ".to_owned(),
        Action::CountLinesEach => "lines of each: ".to_owned(),
        Action::TotalSize => "total size of: ".to_owned(),
        Action::Delete => "delete ".to_owned(),
        Action::DeleteAsking => "delete, asking for each: ".to_owned(),
        Action::Copy(to) => format!("copy to {}: ", to.as_deref().unwrap_or_default()),
        Action::Move(to) => format!("move to {}: ", to.as_deref().unwrap_or_default()),
        Action::Link(to) => format!("link in {}: ", to.as_deref().unwrap_or_default()),
        Action::Chmod(mode) => format!("set mode {} on ", mode.as_deref().unwrap_or_default()),
        Action::Chown(owner) => format!("give to {}: ", owner.as_deref().unwrap_or_default()),
        Action::Chgrp(group) => format!("give to group {}: ", group.as_deref().unwrap_or_default()),
        Action::Archive(file) => format!("pack into {}: ", file.as_deref().unwrap_or_default()),
        Action::Apply(tool) => match *tool {
            "gzip" => "compress ",
            "gunzip" => "decompress ",
            "cat" => "what is in ",
            "file" => "what kind of data is in ",
            "touch" => "set the time to now for ",
            _ => "everything about ",
        }
        .to_owned(),
        Action::Run(program) => format!("run {program} on each of "),
        Action::Lines("tail", count) => format!("the last {count} lines of "),
        Action::Lines(_, count) => format!("the first {count} lines of "),
        Action::Checksum(tool) => format!("{} of ", tool.trim_end_matches("sum")),
        Action::Grep(text) => format!("lines with {text} in "),
        Action::Replace(old, new) => format!("replace {old} by {new} in "),
    }
}

fn words(test: &Test) -> String {
    let not = if test.not { "not " } else { "" };
    match &test.kind {
        TestKind::Names(names) => format!("{not}named {}", names.join(" or ")),
        TestKind::Paths(paths) => format!("{not}with a path like {}", paths.join(" or ")),
        TestKind::Regex(regex) => format!("{not}with a path that fits {regex}"),
        TestKind::Size(size) => format!("{not}{}", size.words()),
        TestKind::Time(field, span) => format!("{not}{} {}", field_words(*field), span_words(span)),
        TestKind::Newer(field, file) => format!("{not}{} later than {file}", field_words(*field)),
        TestKind::Perm(mode) => format!("{not}with mode {mode}"),
        TestKind::User(user) => format!("{not}owned by {user}"),
        TestKind::Group(group) => format!("{not}of group {group}"),
        TestKind::NoUser => format!("{not}owned by nobody known"),
        TestKind::NoGroup => format!("{not}of no known group"),
        TestKind::Empty => format!("{not}empty"),
        TestKind::Executable => format!("{not}executable"),
        TestKind::Readable => format!("{not}readable"),
        TestKind::Writable => format!("{not}writable"),
        TestKind::Hidden => format!("{not}hidden"),
        TestKind::Links(count) => format!("{not}with {} hard links", count.replace('+', "more than ").replace('-', "less than ")),
        TestKind::Inode(number) => format!("{not}with inode {number}"),
        TestKind::Leads(path) => format!("{not}leading to {path}"),
        TestKind::SameFile(file) => format!("{not}the same file as {file}"),
        TestKind::Text(text) => format!("{not}containing {text}"),
        TestKind::Under(folders) => format!("{not}below {}", folders.join(" or ")),
        TestKind::Any(tests) => tests.iter().map(words).collect::<Vec<_>>().join(" or "),
    }
}

fn field_words(field: Field) -> &'static str {
    match field {
        Field::Changed => "changed",
        Field::Read => "read",
        Field::Status => "status changed",
    }
}

fn span_words(span: &Span) -> String {
    match span {
        Span::Within(length) => format!("within the last {}", length.words()),
        Span::Older(length) | Span::InOver(length) => format!("more than {} ago", length.words()),
        Span::Exactly(length) => format!("{} ago", length.words()),
        Span::Between(near, far) => format!("between {} and {} ago", near.words(), far.words()),
        Span::Day(0) => "today".to_owned(),
        Span::Day(_) => "yesterday".to_owned(),
        Span::Since(date) => format!("since {date}"),
        Span::Before(date) => format!("before {date}"),
        Span::On(date) => format!("on {date}"),
        Span::Dates(from, to) => format!("between {from} and {to}"),
    }
}

fn order_words(order: Order) -> &'static str {
    match (order.key, order.reverse) {
        (Key::Size, false) => "largest first",
        (Key::Size, true) => "smallest first",
        (Key::Time, false) => "newest first",
        (Key::Time, true) => "oldest first",
        (Key::Name, false) => "by name",
        (Key::Name, true) => "by name, backwards",
    }
}
