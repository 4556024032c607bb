//! Tests in the words of `find`.

use super::query::{Action, Field, Key, Query, Test, TestKind, What};
use super::render::Writer;
use crate::offline::grammar::{Length, Span};
use crate::offline::slots::{Bound, Unit};

pub(super) fn tests(query: &Query, writer: &mut Writer<'_>) -> Option<()> {
    kind(query, writer);
    for test in &query.tests {
        one(test, query, writer)?;
    }
    let by_itself = matches!(query.action, Action::List | Action::Count)
        && !(query.order.is_some_and(|order| order.key != Key::Name) && query.action == Action::List);
    let texts = query.text().is_some() && query.action == Action::List && query.order.is_none();
    if texts || prunes(query) && by_itself {
        writer.raw("-print");
    }
    Some(())
}

fn kind(query: &Query, writer: &mut Writer<'_>) {
    match query.what {
        What::Regular => writer.raw("-type f"),
        What::Files if says_file(query) => writer.raw("-type f"),
        What::Files | What::Any => {}
        What::Folders => writer.raw("-type d"),
        What::Symlinks => writer.raw("-type l"),
        What::BrokenSymlinks if writer.is_gnu() => writer.raw("-xtype l"),
        What::BrokenSymlinks => writer.raw("-type l ! -exec test -e {} \\; -print"),
        What::Other(letter) => writer.raw(&format!("-type {letter}")),
    }
}

/// Where a name, a size, rights or an owner pick the files out, or the place is spelled out as in the manual of `find`, `find`
/// is told just that, as people write it. Where folders would come along uncalled-for, or something happens with the files,
/// their kind is said.
fn says_file(query: &Query) -> bool {
    let lists = matches!(query.action, Action::List | Action::Long | Action::Null | Action::BaseNames);
    let picks = |test: &Test| {
        let by_itself = match &test.kind {
            TestKind::Names(_) | TestKind::Paths(_) | TestKind::Regex(_) | TestKind::Perm(_) => true,
            TestKind::User(_)
            | TestKind::Group(_)
            | TestKind::NoUser
            | TestKind::NoGroup
            | TestKind::Inode(_)
            | TestKind::SameFile(_)
            | TestKind::Leads(_) => true,
            TestKind::Size(size) => size.bound == Some(Bound::More),
            TestKind::Any(tests) => tests.iter().all(|test| matches!(test.kind, TestKind::Names(_))),
            _ => false,
        };
        (by_itself && !test.not) || query.root_spelled
    };
    let of_folders_too = |test: &Test| {
        matches!(test.kind, TestKind::Empty | TestKind::Executable | TestKind::Hidden | TestKind::Links(_))
            || matches!(&test.kind, TestKind::Under(folders) if !is_plain(folders))
    };
    !(lists && query.order.is_none() && query.tests.iter().any(picks) && !query.tests.iter().any(of_folders_too))
}

fn one(test: &Test, query: &Query, writer: &mut Writer<'_>) -> Option<()> {
    if test.not {
        match &test.kind {
            TestKind::Time(field, span) => return negated_time(*field, span, writer),
            TestKind::Under(folders) if prunes(query) && is_plain(folders) => return Some(()),
            TestKind::Under(folders) => return without(folders, writer),
            TestKind::Hidden => {
                writer.raw("! -path '*/.*'");
                return Some(());
            }
            _ => writer.raw("!"),
        }
    }
    let fold = |plain: &'static str, folded: &'static str| if query.ignore_case { folded } else { plain };
    match &test.kind {
        TestKind::Names(names) => any(names, fold("-name", "-iname"), stands_alone(query), writer),
        TestKind::Paths(paths) => any(paths, fold("-path", "-ipath"), stands_alone(query), writer),
        TestKind::Regex(regex) => {
            writer.raw(fold("-regex", "-iregex"));
            writer.word(regex);
        }
        TestKind::Size(size) => writer.raw(&format!("-size {}", size.find_operand())),
        TestKind::Time(field, span) => {
            let text = time(*field, span, writer)?;
            writer.raw(&text);
        }
        TestKind::Newer(field, file) => {
            writer.raw(match field {
                Field::Changed => "-newer",
                Field::Read => "-anewer",
                Field::Status => "-cnewer",
            });
            writer.path(file);
        }
        TestKind::Perm(mode) => {
            writer.raw("-perm");
            writer.word(mode);
        }
        TestKind::User(user) => {
            writer.raw("-user");
            writer.word(user);
        }
        TestKind::Group(group) => {
            writer.raw("-group");
            writer.word(group);
        }
        TestKind::NoUser => writer.raw("-nouser"),
        TestKind::NoGroup => writer.raw("-nogroup"),
        TestKind::Empty => writer.raw("-empty"),
        TestKind::Executable => writer.raw(if writer.is_gnu() { "-executable" } else { "-perm +111" }),
        TestKind::Readable => writer.raw(if writer.is_gnu() { "-readable" } else { "-perm +444" }),
        TestKind::Writable => writer.raw(if writer.is_gnu() { "-writable" } else { "-perm +222" }),
        TestKind::Hidden => {
            writer.raw("-name '.*'");
            if query.what != What::Files && query.what != What::Regular {
                writer.raw("! -name .");
            }
        }
        TestKind::Links(count) => writer.raw(&format!("-links {count}")),
        TestKind::Inode(number) => writer.raw(&format!("-inum {number}")),
        TestKind::SameFile(file) => {
            writer.raw("-samefile");
            writer.path(file);
        }
        TestKind::Leads(pattern) => {
            writer.raw("-lname");
            writer.word(pattern);
        }
        TestKind::Text(text) => {
            writer.raw(if query.ignore_case { "-exec grep -qi" } else { "-exec grep -q" });
            if text.starts_with('-') {
                writer.raw("-e");
            }
            writer.word(text);
            writer.raw("{} \\;");
        }
        TestKind::Under(_) => return None,
        TestKind::Any(tests) => {
            writer.raw("\\(");
            for (at, test) in tests.iter().enumerate() {
                if at > 0 {
                    writer.raw("-o");
                }
                one(test, query, writer)?;
            }
            writer.raw("\\)");
        }
    }
    Some(())
}

/// Alternatives need no brackets when nothing stands beside them.
fn stands_alone(query: &Query) -> bool {
    matches!(query.tests.as_slice(), [Test { not: false, .. }])
        && query.what == What::Files
        && query.action == Action::List
        && query.order.is_none()
}

fn any(patterns: &[String], option: &str, alone: bool, writer: &mut Writer<'_>) {
    if let [pattern] = patterns {
        writer.raw(option);
        writer.word(pattern);
        return;
    }
    for (at, pattern) in patterns.iter().enumerate() {
        if at > 0 || !alone {
            writer.raw(if at == 0 { "\\(" } else { "-o" });
        }
        writer.raw(option);
        writer.word(pattern);
    }
    if !alone {
        writer.raw("\\)");
    }
}

fn is_plain(folders: &[String]) -> bool {
    folders.iter().all(|folder| !folder.contains('*'))
}

/// Whether folders are left out by not going into them, which `-delete` cannot do: it takes what a folder holds first.
pub(super) fn prunes(query: &Query) -> bool {
    !matches!(query.action, Action::Delete | Action::DeleteAsking)
        && query.tests.iter().any(|test| matches!(&test.kind, TestKind::Under(folders) if test.not && is_plain(folders)))
}

/// Stops at the folders that are left out.
pub(super) fn prune(query: &Query, writer: &mut Writer<'_>) {
    if !prunes(query) {
        return;
    }
    let folders = query.tests.iter().filter_map(|test| match &test.kind {
        TestKind::Under(folders) if test.not && is_plain(folders) => Some(folders),
        _ => None,
    });
    let folders: Vec<&String> = folders.flatten().collect();
    let brackets = folders.len() > 1;
    for (at, folder) in folders.into_iter().enumerate() {
        if at > 0 || brackets {
            writer.raw(if at == 0 { "\\(" } else { "-o" });
        }
        let folder = folder.trim_end_matches('/');
        match folder {
            path if path.starts_with(['/', '~', '$']) || path.starts_with("./") => {
                writer.raw("-path");
                writer.path(path);
            }
            path if path.contains('/') && matches!(query.roots.as_slice(), [] | [_]) && query.roots.iter().all(|root| root == ".") => {
                writer.raw("-path");
                writer.word(&format!("./{path}"));
            }
            path if path.contains('/') => {
                writer.raw("-path");
                writer.word(&format!("*/{path}"));
            }
            name => {
                writer.raw("-name");
                writer.word(name);
            }
        }
    }
    writer.raw(if brackets { "\\) -prune -o" } else { "-prune -o" });
}

/// Folders that are left out with all below them.
fn without(folders: &[String], writer: &mut Writer<'_>) -> Option<()> {
    for folder in folders {
        writer.raw("-not -path");
        let pattern = match folder.trim_end_matches("/*").trim_end_matches('/') {
            part if part.starts_with('*') => format!("{part}*").replace("**", "*"),
            full if full.starts_with(['/', '~']) => format!("{full}/*"),
            part if part.starts_with("./") => format!("{part}/*"),
            part if part.contains('*') => format!("*/{part}"),
            part => format!("*/{part}/*"),
        };
        writer.path(&pattern);
    }
    Some(())
}

fn letters(field: Field) -> (&'static str, &'static str, &'static str) {
    match field {
        Field::Changed => ("-mtime", "-mmin", "-newermt"),
        Field::Read => ("-atime", "-amin", "-newerat"),
        Field::Status => ("-ctime", "-cmin", "-newerct"),
    }
}

/// `-mtime` counts whole days, `-mmin` minutes; what is no number of minutes has no test.
fn time(field: Field, span: &Span, writer: &Writer<'_>) -> Option<String> {
    let (days, minutes, since) = letters(field);
    let gnu = writer.is_gnu();
    let quote = |text: &str| crate::syntax::quote(text, writer.machine.shell);
    let measured = |sign: &str, length: &Length| {
        let seconds = length.seconds();
        match length.unit {
            Unit::Second if !seconds.is_multiple_of(60) => None,
            Unit::Second | Unit::Minute => Some(format!("{minutes} {sign}{}", seconds / 60)),
            Unit::Hour if !seconds.is_multiple_of(86_400) => Some(format!("{minutes} {sign}{}", seconds / 60)),
            _ => Some(format!("{days} {sign}{}", seconds / 86_400)),
        }
    };
    match span {
        Span::Within(length) => measured("-", length),
        Span::Older(length) | Span::InOver(length) => measured("+", length),
        Span::Exactly(length) => measured("", length),
        Span::Between(near, far) => Some(format!("{} {}", measured("+", near)?, measured("-", far)?)),
        Span::Day(0) => Some(if gnu { format!("-daystart {days} 0") } else { format!("{days} -1") }),
        Span::Day(count) => Some(if gnu { format!("-daystart {days} {count}") } else { format!("{days} {count}") }),
        Span::Since(date) => Some(format!("{since} {}", quote(date))),
        Span::Before(date) => Some(format!("! {since} {}", quote(date))),
        Span::Dates(from, to) => Some(format!("{since} {} ! {since} {}", quote(from), quote(to))),
        Span::On(date) if gnu => Some(format!("{since} {} ! {since} {}", quote(date), quote(&format!("{date} +1 day")))),
        Span::On(_) => None,
    }
}

/// "not changed in the last week" is changed before that.
fn negated_time(field: Field, span: &Span, writer: &mut Writer<'_>) -> Option<()> {
    let text = match span {
        Span::Within(length) | Span::InOver(length) => time(field, &Span::Older(*length), writer)?,
        Span::Older(length) => time(field, &Span::Within(*length), writer)?,
        Span::Since(date) => time(field, &Span::Before(date.clone()), writer)?,
        Span::Before(date) => time(field, &Span::Since(date.clone()), writer)?,
        // The negation is of the test alone: `-daystart` is always true.
        Span::Exactly(_) | Span::Day(_) => match time(field, span, writer)? {
            text if text.starts_with("-daystart ") => text.replacen("-daystart ", "-daystart ! ", 1),
            text => format!("! {text}"),
        },
        _ => return None,
    };
    writer.raw(&text);
    Some(())
}
