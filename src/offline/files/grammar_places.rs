//! Where to look and how deep.

use super::Row;
use super::query::{Action, Query, Test, TestKind};
use crate::offline::grammar::Caught;

fn at(query: &mut Query, caught: &Caught, slot: usize) -> Option<()> {
    let place = caught.place(slot)?;
    // "create a link in /a for each file in /b".
    if query.action == Action::Link(None) && !caught.negated {
        return destination(query, caught, slot);
    }
    // "copy all of /a in /b": the second place is where they go.
    if query.root_said && !caught.negated && destination(query, caught, slot).is_some() {
        return Some(());
    }
    if caught.negated {
        // "not in /a", "excluding ./b": only a part of what is searched can be left out.
        return under(query, &place.roots);
    }
    for root in &place.roots {
        if !query.roots.contains(root) {
            query.roots.push(root.clone());
        }
    }
    query.root_said = true;
    query.root_spelled |= place.roots.iter().any(|root| root == "." || root.starts_with(['/', '~', '$']) || root.starts_with("./"));
    query.recursive |= place.recursive || place.roots.iter().any(|root| root == "/");
    Some(())
}

fn under(query: &mut Query, folders: &[String]) -> Option<()> {
    if folders.iter().any(|folder| folder == "." || folder == "/") {
        return None;
    }
    if let Some(Test { not: true, kind: TestKind::Under(all) }) = query.tests.last_mut() {
        all.extend(folders.iter().cloned());
    } else {
        query.push(true, TestKind::Under(folders.to_vec()));
    }
    Some(())
}

fn depth(query: &mut Query, levels: u64) -> Option<()> {
    query.depth = Some(levels);
    Some(())
}

/// So deep and no less.
fn exactly(query: &mut Query, caught: &Caught, low: usize, high: usize) -> Option<()> {
    (query.min_depth, query.depth) = (caught.number(low), caught.number(high));
    (!caught.negated && query.min_depth <= query.depth).then_some(())?;
    query.recursive = true;
    if caught.bound.len() > high + 1 { at(query, caught, high + 1) } else { Some(()) }
}

fn flat(query: &mut Query, caught: &Caught) -> Option<()> {
    if caught.negated {
        return depth(query, 1);
    }
    query.recursive = true;
    Some(())
}

fn destination(query: &mut Query, caught: &Caught, slot: usize) -> Option<()> {
    let text = caught.text(slot).map(str::to_owned).or_else(|| caught.place(slot).and_then(|place| place.roots.first().cloned()))?;
    if let Some(sink) = query.sink.as_mut().filter(|sink| sink.file.is_empty()) {
        sink.file = text;
        return Some(());
    }
    match &mut query.action {
        Action::Copy(to @ None) | Action::Move(to @ None) | Action::Link(to @ None) | Action::Archive(to @ None) => *to = Some(text),
        _ => return None,
    }
    Some(())
}

pub(super) const ROWS: &[Row] = &[
    ("under|in and|or below|under|beneath $place", |q, c| {
        at(q, c, 0)?;
        q.recursive = true;
        Some(())
    }),
    ("starting|rooted|residing? under|below|beneath|underneath|within|across|throughout|through $place", |q, c| {
        at(q, c, 0)?;
        q.recursive = true;
        Some(())
    }),
    ("in|inside|from $place", |q, c| at(q, c, 0)),
    ("@begin with|from|at $where", |q, c| at(q, c, 0)),
    (
        "@in|starting|rooted|@find|residing? from|in|under|at|within|the? directory|folder|path|directories|folders tree|trees|hierarchy? name|names? given|specified|passed|provided|supplied|stored|held|represented|identified as|by|in|through|with variable|variables|value|argument|parameter? $where variable|variables|for? for?",
        |q, c| at(q, c, 0),
    ),
    (
        "@in|starting|rooted in|from|under|at|of? @dir|@file|path|paths? @dir|@file? and|or? @file? taken|expanded|matched|given|resulting|matching|that|match by|from|with? glob|shell? pattern|patterns|glob $where recursively?",
        |q, c| {
            q.recursive = true;
            at(q, c, 0)
        },
    ),
    ("@in $where", |q, c| at(q, c, 0)),
    ("@in|starting|rooted|residing|located|beginning in|at|from|on|under|below $place", |q, c| at(q, c, 0)),
    ("@find|@show|traverse|traversing|explore|walk|scan|go|descend $where for?", |q, c| {
        q.verb = super::Verb::Find;
        at(q, c, 0)
    }),
    ("@find|scan $place for $dotted", |q, c| {
        q.verb = super::Verb::Find;
        q.push(false, TestKind::Names(vec![c.text(1)?.to_owned()]));
        at(q, c, 0)
    }),
    ("@find|scan $place for", |q, c| {
        q.verb = super::Verb::Find;
        at(q, c, 0)
    }),
    ("@find|@show|traverse|traversing|explore|walk|scan|go|descend in|through|into|within|inside $place for?", |q, c| {
        q.verb = super::Verb::Find;
        at(q, c, 0)
    }),
    ("to|into|onto|in|as $place", |q, c| if c.negated { None } else { destination(q, c, 0) }),
    ("to|into|onto|as|named|called file|archive|tarball|tar? $path", |q, c| if c.negated { None } else { destination(q, c, 0) }),
    ("here", |q, c| {
        q.root_said = true;
        if c.negated { None } else { Some(()) }
    }),
    ("@in? subdirectories|subfolders|subdirs", |q, c| flat(q, c)),
    ("in|of|through|into|from|under|within|inside and|also? @sub", |q, c| flat(q, c)),
    ("and|or in|from|of|also? its|their|it's? @sub", |q, c| flat(q, c)),
    ("and|or? below|beneath|deeper|underneath|downwards", |q, c| flat(q, c)),
    (
        "recurse|recursing|descend|descending|traverse|traversing|go|going|search|searching|look|looking in|into|to|through|inside|down? @sub|sub-directories",
        |q, c| flat(q, c),
    ),
    ("search|searching|look|looking|go|going|descend|descending in|into|to|through|inside? sub @dir", |q, c| flat(q, c)),
    ("recurse|recursing|descend|descending|recursion|recursively|recursive", |q, c| flat(q, c)),
    ("non-recursively|nonrecursively|non-recursive", |q, _| depth(q, 1)),
    ("@in this|current @dir only", |q, _| {
        q.root_said = true;
        depth(q, 1)
    }),
    ("maximum|max|most|upto|only|first|to|than $n level|levels|directories deep|down|below|depth|of?", |q, c| depth(q, c.number(0)?)),
    ("@in? maximum|max $n level|levels down|deep|below|depth|of? $place?", |q, c| {
        depth(q, c.number(0)?)?;
        if c.bound.len() > 1 { at(q, c, 1) } else { Some(()) }
    }),
    ("at|up most|to $n level|levels|directories down|deep|below|of? $place?", |q, c| {
        depth(q, c.number(0)?)?;
        if c.bound.len() > 1 { at(q, c, 1) } else { Some(()) }
    }),
    ("maximum|max|with? maximum|max|search|directory? depth|maxdepth|max-depth set|equal|limited? of|is|=|to? $n", |q, c| {
        depth(q, c.number(0)?)
    }),
    ("depth of|is? $n", |q, c| depth(q, c.number(0)?)),
    (
        "going|go|search|searching|descending|descend|looking|look beyond|deeper|below|past|over|further than? $n level|levels deep|down?",
        |q, c| {
            if c.negated { depth(q, c.number(0)?) } else { None }
        },
    ),
    ("@in|at|on|to? level|depth $n of|under|in|below|down|from|inside? @sub|@dir? of|under|in|below|down|from|inside? $place?", |q, c| {
        exactly(q, c, 0, 0)
    }),
    ("level|depth $n @sub|@dir of|under|in|below|from|inside? $place?", |q, c| {
        q.said_what = true;
        q.what = super::What::Folders;
        exactly(q, c, 0, 0)
    }),
    ("between|from|in? @sub|@dir|depth? level|levels|depth $n and|to|through $n of|under|in|below|down? $place?", |q, c| {
        exactly(q, c, 0, 1)
    }),
    ("between|from|in? $n and|to $n level|levels deep|down|below|of|under? $place?", |q, c| exactly(q, c, 0, 1)),
    ("$n level|levels deep|down|below|depth", |q, c| depth(q, c.number(0)?)),
    ("@in? minimum|min $n level|levels down|deep|below? $place?", |q, c| {
        q.min_depth = c.number(0);
        if c.bound.len() > 1 { at(q, c, 1) } else { Some(()) }
    }),
    ("at least $n level|levels down|deep|below? $place?", |q, c| {
        q.min_depth = c.number(0);
        if c.bound.len() > 1 { at(q, c, 1) } else { Some(()) }
    }),
    ("with|at|a|and|to? minimum|min|mindepth search? depth|level? set|equal|is|of|as|levels|= to|of|as? $n", |q, c| {
        q.min_depth = c.number(0);
        Some(())
    }),
    ("immediate|direct|top-level|first-level|toplevel @sub|@dir", |q, _| {
        q.said_what = true;
        q.what = super::What::Folders;
        q.min_depth = Some(1);
        depth(q, 1)
    }),
    ("top|first level @sub|@dir", |q, _| {
        q.said_what = true;
        q.what = super::What::Folders;
        q.min_depth = Some(1);
        depth(q, 1)
    }),
    ("@in|with path|paths|pathname|pathnames $any", |q, c| {
        let path = c.text(0)?;
        (!c.negated && path.contains('*') && path.contains('/')).then_some(())?;
        q.push(false, TestKind::Paths(vec![path.to_owned()]));
        Some(())
    }),
    ("directory|folder|path|paths? $names", |q, c| if c.negated { under(q, &c.list(0)?) } else { None }),
    (
        "@in? any|directories|directory|folder|folders|path|paths|subdirectory|subdirectories|sub-directory? named|called|names $called",
        |q, c| {
            if c.negated { under(q, &c.list(0)?) } else { None }
        },
    ),
    (
        "descending|descend|recursing|recurse|going|searching|looking|search|look|traversing|files|those|ones|results|anything in|into|under|inside|below|to|from|on|within|through|that? directories|directory|dir|dirs|folder|folders|sub-directory|paths? named|called? $names",
        |q, c| {
            if c.negated { under(q, &c.list(0)?) } else { None }
        },
    ),
    ("@in $names @dir", |q, c| if c.negated { under(q, &c.list(0)?) } else { None }),
    ("$names directory|directories|folder|folders|repository|repositories", |q, c| if c.negated { under(q, &c.list(0)?) } else { None }),
    ("on|in? same|single|one|this|current|only filesystem|file-system|partition|device|filesystems only?", |q, c| {
        q.one_filesystem = !c.negated;
        Some(())
    }),
    (
        "cross|crossing|descend|descending|leaving|traverse|traversing|searching|going in|into|to|on|over|through? other? filesystem|filesystems|partitions|partition|devices|mounts|mount|mounted|boundaries point|points|boundaries|filesystems?",
        |q, c| {
            q.one_filesystem = c.negated;
            Some(())
        },
    ),
    ("other filesystems|partitions|devices", |q, c| {
        q.one_filesystem = c.negated;
        if c.negated { Some(()) } else { None }
    }),
    ("follow|following|follows|dereference|dereferencing symbolic|sym|soft? @link|@symlink if|when? needed|necessary?", |q, c| {
        q.follow = !c.negated;
        Some(())
    }),
];
