//! What files must be like beside their names: ages, sizes, rights, owners, links, contents.

use super::Row;
use super::grammar_tests::test;
use super::query::{Action, Field, Query, TestKind, What};
use crate::offline::grammar::Caught;

fn time(query: &mut Query, caught: &Caught, field: Field) -> Option<()> {
    query.push(caught.negated, TestKind::Time(field, caught.age(0)?));
    Some(())
}

fn newer(query: &mut Query, caught: &Caught, field: Field, later: bool) -> Option<()> {
    query.push(caught.negated == later, TestKind::Newer(field, caught.text(0)?.to_owned()));
    Some(())
}

fn perm(query: &mut Query, caught: &Caught, operand: &str) -> Option<()> {
    query.push(caught.negated, TestKind::Perm(operand.to_owned()));
    Some(())
}

/// Behind "give the owner …" the sentence goes on with what shall be given.
fn is_giving(query: &Query) -> bool {
    matches!(&query.action, Action::Chmod(Some(mode)) if mode.contains(['+', '=']))
}

/// "all of these bits", in octal: `-022` for "go" and "w".
fn bits(who: &str, rights: &str) -> String {
    let sum = |text: &str, values: &[(char, u32)]| {
        values.iter().filter(|(letter, _)| text.contains(*letter)).map(|(_, value)| value).sum::<u32>()
    };
    let places = if who.contains('a') { 0o111 } else { sum(who, &[('u', 0o100), ('g', 0o010), ('o', 0o001)]) };
    format!("-{:03o}", places * sum(rights, &[('r', 4), ('w', 2), ('x', 1)]))
}

fn text(query: &mut Query, caught: &Caught, at: usize) -> Option<()> {
    let text = caught.text(at)?.to_owned();
    // People write these markers small and mean the capitals.
    query.ignore_case |= matches!(text.as_str(), "todo" | "fixme" | "hack" | "xxx");
    test(query, caught, TestKind::Text(text))
}

fn links(query: &mut Query, caught: &Caught, sign: &str) -> Option<()> {
    let count = caught.number(0)?;
    test(query, caught, TestKind::Links(format!("{sign}{count}")))
}

fn size(query: &mut Query, caught: &Caught) -> Option<()> {
    let sizes = caught.size(0)?;
    if caught.negated && sizes.len() > 1 {
        return None;
    }
    for size in sizes {
        query.push(caught.negated, TestKind::Size(size));
    }
    Some(())
}

pub(super) const ROWS: &[Row] = &[
    // --- times ---
    ("last|data|content|contents|recently? @mod last|date|time|is|was|at|on|data? $age", |q, c| time(q, c, Field::Changed)),
    ("$age", |q, c| time(q, c, Field::Changed)),
    ("last|recently? @acc last|date|time|is|was? $age", |q, c| time(q, c, Field::Read)),
    ("status|inode|metadata|attributes|permissions|ctime last? @mod? $age", |q, c| time(q, c, Field::Status)),
    ("mtime|dated $age", |q, c| time(q, c, Field::Changed)),
    ("atime $age", |q, c| time(q, c, Field::Read)),
    ("newer|younger|recent than @file|@dir? and|or|/? @dir|@file? $path", |q, c| newer(q, c, Field::Changed, true)),
    ("older than @file|@dir? $path", |q, c| newer(q, c, Field::Changed, false)),
    (
        "status|inode|metadata|attributes|permissions last? @mod? more? recently|later|after|newer|since than? @file? $path was? @mod?",
        |q, c| newer(q, c, Field::Status, true),
    ),
    ("last? @mod more? recently|later|after|newer|since than? @file? $path", |q, c| newer(q, c, Field::Changed, true)),
    ("last? @mod before|earlier than? @file? $path", |q, c| newer(q, c, Field::Changed, false)),
    ("last? @acc more? recently|later|after|newer|since than? @file? $path", |q, c| newer(q, c, Field::Read, true)),
    ("last? @mod|@acc more? recently|later|after|since than? $path @mod|modification time?", |q, c| newer(q, c, Field::Changed, true)),
    (
        "today? counted|counting|count|measured|calculated|starting|considering|taken? from|at|by|since? start|strart|beginning|begin of? day|today ie|i.e?",
        |q, _| {
            q.by_day = true;
            Some(())
        },
    ),
    ("day starting|start|counted from|of? today|midnight|day?", |q, _| {
        q.by_day = true;
        Some(())
    }),
    ("from midnight|00:00", |q, _| {
        q.by_day = true;
        Some(())
    }),
    // --- sizes ---
    ("$size", |q, c| size(q, c)),
    ("with|having|have|has|whose|of? @file? @size of|is|are|greater|=? $size", |q, c| size(q, c)),
    ("@size $size", |q, c| size(q, c)),
    ("weighing|exceeding|exceed|exceeds|occupying|taking $size", |q, c| size(q, c)),
    ("larger|bigger|greater|more than $size", |q, c| size(q, c)),
    // --- rights ---
    ("with|having|have|has|whose|by? @file? @perm of|is|are|set|to|equal|exactly|equals|=|as|bits $mode", |q, c| perm(q, c, c.text(0)?)),
    ("with|having|have|has|whose|by? @perm set to $mode", |q, c| perm(q, c, c.text(0)?)),
    ("with|having|have|has|by? @perm bits|exactly? $mode", |q, c| perm(q, c, c.text(0)?)),
    ("with|having|have|has $mode @perm", |q, c| perm(q, c, c.text(0)?)),
    ("and whose|with|having @perm is|are|of|set|to? $mode", |q, c| perm(q, c, c.text(0)?)),
    ("with|whose? @perm is|are? not $mode", |q, c| {
        q.push(!c.negated, TestKind::Perm(c.text(0)?.to_owned()));
        Some(())
    }),
    ("with|having|have|has|of? at least|minimum|minimal $mode @perm", |q, c| perm(q, c, &format!("-{}", c.text(0)?))),
    ("with|having|have|has|of? @perm of|is|are? at least $mode", |q, c| perm(q, c, &format!("-{}", c.text(0)?))),
    ("$mode @perm", |q, c| perm(q, c, c.text(0)?)),
    (
        "with|having|have|has|give|gives|allow $rights @perm|bit|bits|access|privileges|enabled set|enabled|enable? for|to|by|of|in $who",
        |q, c| perm(q, c, &bits(c.text(1)?, c.text(0)?)),
    ),
    ("$rights @perm|bit|bits|access|privileges|enabled set|enabled|enable? for|to|by|of|in $who", |q, c| {
        if is_giving(q) { None } else { perm(q, c, &bits(c.text(1)?, c.text(0)?)) }
    }),
    ("with|having|have|has $who $rights @perm|bit|bits|access|enabled set?", |q, c| perm(q, c, &bits(c.text(0)?, c.text(1)?))),
    ("$who $rights @perm|bit|bits|access|enabled set?", |q, c| if is_giving(q) { None } else { perm(q, c, &bits(c.text(0)?, c.text(1)?)) }),
    ("$rights by|for|to $who", |q, c| perm(q, c, &bits(c.text(1)?, c.text(0)?))),
    ("exact? @perm $mode", |q, c| perm(q, c, c.text(0)?)),
    ("world|public writable|writeable|write", |q, c| perm(q, c, "-002")),
    ("world-writable|world-writeable|publicly-writable", |q, c| perm(q, c, "-002")),
    ("world|public readable", |q, c| perm(q, c, "-004")),
    ("world-readable", |q, c| perm(q, c, "-004")),
    ("writable|writeable by somebody|someone|anybody", |q, c| perm(q, c, "/222")),
    ("writable|writeable by group or others|other", |q, c| perm(q, c, "/022")),
    ("group-writable|group-writeable", |q, c| perm(q, c, "-020")),
    ("setuid|suid|set-uid|set-user-id bit|bits|flag|@perm? set|enabled?", |q, c| perm(q, c, "-4000")),
    ("set uid|user-id bit?", |q, c| perm(q, c, "-4000")),
    ("set gid|group-id bit?", |q, c| perm(q, c, "-2000")),
    ("writable|writeable by|for both|either? $who", |q, c| perm(q, c, &bits(c.text(0)?, "w"))),
    ("setgid|sgid|set-gid|set-group-id bit|bits|flag|@perm? set|enabled?", |q, c| perm(q, c, "-2000")),
    ("sticky bit|bits? set|enabled?", |q, c| perm(q, c, "-1000")),
    ("executable|executables bit|@file? set?", |q, c| {
        // "chmod … executable" is what shall be done.
        if q.action == Action::Chmod(None) {
            return None;
        }
        q.said_what = true;
        test(q, c, TestKind::Executable)
    }),
    ("with execute|executable @perm|bit", |q, c| test(q, c, TestKind::Executable)),
    ("readable", |q, c| test(q, c, TestKind::Readable)),
    ("writable|writeable", |q, c| test(q, c, TestKind::Writable)),
    // --- owners ---
    ("@own by|to|is|of? user|owner|account? $user", |q, c| test(q, c, TestKind::User(c.text(0)?.to_owned()))),
    ("@own by|to|is|of? @group $user", |q, c| test(q, c, TestKind::Group(c.text(0)?.to_owned()))),
    ("@own by|to? @group id|gid|number|of? $n", |q, c| test(q, c, TestKind::Group(c.number(0)?.to_string()))),
    ("@own by|to? user|owner id|uid|number|of? $n", |q, c| test(q, c, TestKind::User(c.number(0)?.to_string()))),
    ("@own by|to? nobody", |q, c| test(q, c, TestKind::NoUser)),
    ("@own by|to|of? $user @group", |q, c| test(q, c, TestKind::Group(c.text(0)?.to_owned()))),
    ("whose|with|by|of|for @own|user is|of|to|named? $user", |q, c| test(q, c, TestKind::User(c.text(0)?.to_owned()))),
    ("user $user and|or? group $user", |q, c| {
        q.push(c.negated, TestKind::User(c.text(0)?.to_owned()));
        test(q, c, TestKind::Group(c.text(1)?.to_owned()))
    }),
    ("user $user", |q, c| test(q, c, TestKind::User(c.text(0)?.to_owned()))),
    ("whose|with|by|of|for? @group is|of|to|named? $user", |q, c| test(q, c, TestKind::Group(c.text(0)?.to_owned()))),
    ("orphaned|orphan|unowned|ownerless", |q, c| test(q, c, TestKind::NoUser)),
    ("valid|existing user|owner", |q, c| {
        if !c.negated {
            return None;
        }
        q.push(false, TestKind::NoUser);
        Some(())
    }),
    ("no|without valid|existing|associated|corresponding|known? user|owner", |q, c| test(q, c, TestKind::NoUser)),
    ("@own by|to? no|nonexistent|nobody valid|existing? user|owner?", |q, c| test(q, c, TestKind::NoUser)),
    ("no|without valid|existing|associated|corresponding? @group", |q, c| test(q, c, TestKind::NoGroup)),
    ("@own by|to any|valid|existing|known|registered valid|existing? user|users|owner|account", |q, c| {
        if !c.negated {
            return None;
        }
        q.push(false, TestKind::NoUser);
        Some(())
    }),
    ("@own by|to? any|valid|existing|known|a valid|existing? @group", |q, c| {
        if !c.negated {
            return None;
        }
        q.push(false, TestKind::NoGroup);
        Some(())
    }),
    ("@own by|to no|nonexistent valid|existing|known? @group", |q, c| test(q, c, TestKind::NoGroup)),
    // --- links ---
    ("with|having|have|has? inode number|numbers|no? $n", |q, c| test(q, c, TestKind::Inode(c.number(0)?.to_string()))),
    ("inode number|of|is|with|number|= $n", |q, c| test(q, c, TestKind::Inode(c.number(0)?.to_string()))),
    ("hard? @link to|of $path", |q, c| test(q, c, TestKind::SameFile(c.text(0)?.to_owned()))),
    (
        "pointing|point|points|leading|leads|linked|linking|links|referring|refer to|at any|anywhere|the? @file|@dir|within|in|under|path? $path",
        |q, c| {
            matches!(q.what, What::Symlinks | What::BrokenSymlinks).then_some(())?;
            let path = c.text(0)?;
            // What lies below a folder is as good as the folder.
            let pattern = if path.ends_with('/') { format!("{path}*") } else { path.to_owned() };
            test(q, c, TestKind::Leads(pattern))
        },
    ),
    ("same inode as|number|of $path", |q, c| test(q, c, TestKind::SameFile(c.text(0)?.to_owned()))),
    ("with|having|have|has? more than $n hard? @link", |q, c| links(q, c, "+")),
    ("with|having|have|has? less|fewer than $n hard? @link", |q, c| links(q, c, "-")),
    ("with|having|have|has? at least $n hard? @link", |q, c| {
        let count = c.number(0)?;
        test(q, c, TestKind::Links(format!("+{}", count.saturating_sub(1))))
    }),
    ("with|having|have|has exactly? $n hard? @link", |q, c| links(q, c, "")),
    // --- contents ---
    ("@holds @string? $text", |q, c| text(q, c, 0)),
    ("@holds @string $any", |q, c| text(q, c, 0)),
    ("with|having|have|has @string $text", |q, c| text(q, c, 0)),
    ("with|having|have|has @string? $text in|inside|within them|it|contents|content", |q, c| text(q, c, 0)),
    ("with|having|have|has $any in|inside them|it", |q, c| text(q, c, 0)),
    ("that|which? @holds $any", |q, c| text(q, c, 0)),
];
