//! In which order, how many, and where the output goes.

use super::Row;
use super::grammar_actions::verb;
use super::query::{Key, Order, Query, Sink, TestKind, Verb};
use crate::offline::grammar::Caught;

fn order(query: &mut Query, key: Key, reverse: bool) -> Option<()> {
    let reverse = reverse || query.order.is_some_and(|order| order.reverse && order.key == key);
    query.order = Some(Order { key, reverse });
    Some(())
}

fn top(query: &mut Query, count: u64, key: Key, reverse: bool) -> Option<()> {
    query.top = Some(count);
    order(query, key, reverse)
}

fn notable(query: &mut Query, caught: &Caught, key: Key) -> Option<()> {
    query.notable = Some(key);
    (!caught.negated).then_some(())
}

fn sink(query: &mut Query, caught: &Caught, append: bool) -> Option<()> {
    let file = caught.text(0)?.to_owned();
    query.sink = Some(Sink { file, append });
    (!caught.negated).then_some(())
}

pub(super) const ROWS: &[Row] = &[
    // --- order ---
    (
        "sort|sorted|sorting|order|ordered|arrange|arranged them|results|output|result? by|on|in|according to? order? of? size|sizes",
        |q, _| order(q, Key::Size, false),
    ),
    ("by size", |q, _| order(q, Key::Size, false)),
    ("in order of size", |q, _| order(q, Key::Size, false)),
    (
        "sort|sorted|sorting|order|ordered|arrange|arranged them|results|output|result? by|on|in|according to? order? of? last? modification|modified|change|creation? time|date|age|mtime|modification|timestamp",
        |q, _| order(q, Key::Time, false),
    ),
    ("by last? modification|modified|change? time|date|age|mtime", |q, _| {
        // "older than that file by modification time" says which time, not which order.
        if q.tests.iter().any(|test| matches!(test.kind, TestKind::Newer(..) | TestKind::Time(..))) {
            Some(())
        } else {
            order(q, Key::Time, false)
        }
    }),
    (
        "sort|sorted|sorting|order|ordered|arrange|arranged them|results|output|result|list? by|on|in? name|names|alphabetically|alphabetical|lexically order?",
        |q, _| order(q, Key::Name, false),
    ),
    ("by name|names", |q, _| order(q, Key::Name, false)),
    ("alphabetically|alphabetical order?", |q, _| order(q, Key::Name, false)),
    ("and? sort|sorted results|result|output|them|list?", |q, _| order(q, Key::Name, false)),
    ("in? reverse|reversed|backwards|ascending order?", |q, _| {
        q.order.as_mut()?.reverse = true;
        Some(())
    }),
    ("in? descending|decreasing order?", |q, _| q.order.map(|_| ())),
    ("biggest|largest|heaviest first", |q, _| order(q, Key::Size, false)),
    ("smallest first", |q, _| order(q, Key::Size, true)),
    ("newest|latest|recent|youngest first", |q, _| order(q, Key::Time, false)),
    ("oldest first", |q, _| order(q, Key::Time, true)),
    ("very|really|unusually? large|big|huge|heavy", |q, c| notable(q, c, Key::Size)),
    ("recent", |q, c| notable(q, c, Key::Time)),
    ("biggest|largest|heaviest", |q, _| top(q, 0, Key::Size, false)),
    ("smallest", |q, _| top(q, 0, Key::Size, true)),
    ("most? newest|latest|youngest", |q, _| top(q, 0, Key::Time, false)),
    ("last? most recently|recent @mod?", |q, _| top(q, 0, Key::Time, false)),
    ("recently @mod", |q, _| top(q, 0, Key::Time, false)),
    ("last @mod", |q, _| top(q, 0, Key::Time, false)),
    ("oldest", |q, _| top(q, 0, Key::Time, true)),
    ("top|first? $n biggest|largest|heaviest", |q, c| top(q, c.number(0)?, Key::Size, false)),
    ("top|first? $n smallest", |q, c| top(q, c.number(0)?, Key::Size, true)),
    ("top|first|last? $n newest|latest|recent|youngest", |q, c| top(q, c.number(0)?, Key::Time, false)),
    ("top|first|last? $n most recently|recent|newly @mod?", |q, c| top(q, c.number(0)?, Key::Time, false)),
    ("$n last|recently @mod", |q, c| top(q, c.number(0)?, Key::Time, false)),
    ("last $n @mod", |q, c| top(q, c.number(0)?, Key::Time, false)),
    ("top|first? $n oldest", |q, c| top(q, c.number(0)?, Key::Time, true)),
    ("top|biggest|largest $n", |q, c| {
        q.top = c.number(0);
        if q.order.is_none() { order(q, Key::Size, false) } else { Some(()) }
    }),
    ("@show $n @file|@dir", |q, c| {
        q.top = c.number(0);
        q.said_what = true;
        verb(q, c, Verb::Find)
    }),
    ("first|only $n", |q, c| {
        q.top = c.number(0);
        Some(())
    }),
    ("limit|limiting output|results? to $n @file|results?", |q, c| {
        q.top = c.number(0);
        Some(())
    }),
    ("newest|latest $n", |q, c| top(q, c.number(0)?, Key::Time, false)),
    // --- output ---
    (
        "save|saves|saving|write|writes|writing|store|redirect|put|send|output|dump|print output|outputs|result|results|list|listing|names|name|paths|them|it|everything|its? of|file|in|to? in|to|into|as|on file|files|text|named|called? $path file?",
        |q, c| sink(q, c, false),
    ),
    ("save|write|store|redirect|put|send|output|dump output|result|results|list|them|it of? in|to|into|as @file? $path", |q, c| {
        sink(q, c, false)
    }),
    // Where to is said later.
    ("save|write|store|dump list|listing|output|result|results|names|paths of?", |q, c| {
        q.sink = Some(Sink { file: String::new(), append: false });
        (!c.negated).then_some(())
    }),
    ("append|appending|add output|result|results|list|them|it? to|into file? $path", |q, c| sink(q, c, true)),
    (
        "discard|discarding|suppress|suppressing|hide|hiding|ignore|ignoring|redirect|skip|without|no error|errors|stderr|permission|warnings|warning message|messages|denied|output|errors? errors|messages?",
        |q, _| {
            q.quiet = true;
            Some(())
        },
    ),
    ("reporting|report|displaying|display|showing|show|printing|print any|the? error|errors|warnings messages|message?", |q, c| {
        q.quiet |= c.negated;
        c.negated.then_some(())
    }),
    ("donot|dont display|show|print|report any|the? error|errors messages?", |q, _| {
        q.quiet = true;
        Some(())
    }),
    ("redirect|discard|send error|errors|stderr to /dev/null", |q, _| {
        q.quiet = true;
        Some(())
    }),
];
