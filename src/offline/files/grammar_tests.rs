//! What files must be like: names, ages, sizes, rights, owners, links, contents.

use super::Row;
use super::query::{Action, Field, Query, TestKind, Verb, What};
use crate::offline::grammar::Caught;

fn what(query: &mut Query, what: What, plural: bool) -> Option<()> {
    query.what = match (query.said_what, query.what, what) {
        // "files … the directory": a second noun does not change what was asked for.
        (true, before, What::Files) => before,
        (true, before, What::Folders) if before != What::Folders => before,
        _ => what,
    };
    query.said_what = true;
    query.plural |= plural;
    Some(())
}

fn names(query: &mut Query, caught: &Caught, names: Vec<String>) -> Option<()> {
    // A pattern with a slash fits no name but a path.
    if names.iter().all(|name| name.contains('/') && name.contains('*')) {
        query.push(caught.negated, TestKind::Paths(names));
        return Some(());
    }
    // So does one with a slash and no star, wherever it lies.
    if names.iter().all(|name| name.contains('/') && !name.ends_with('/')) {
        let anywhere = |name: String| if name.starts_with(['/', '.', '~', '$']) { name } else { format!("*/{name}") };
        query.push(caught.negated, TestKind::Paths(names.into_iter().map(anywhere).collect()));
        return Some(());
    }
    query.push(caught.negated, TestKind::Names(names));
    Some(())
}

fn affix(query: &mut Query, caught: &Caught, before: &str, after: &str, at: usize) -> Option<()> {
    let list = caught.list(at).or_else(|| caught.text(at).map(|text| vec![text.to_owned()]))?;
    let one = |text: String| {
        let text = match text.as_str() {
            "space" | "spaces" | "whitespace" | "whitespaces" | "blanks" => " ".to_owned(),
            _ => text,
        };
        if text.contains(['*', '?']) { text } else { format!("{before}{text}{after}") }
    };
    // Such a clause looks for files, whatever the verb.
    query.verb = Verb::Find;
    names(query, caught, list.into_iter().map(one).collect())
}

fn kinds(query: &mut Query, caught: &Caught) -> Option<()> {
    what(query, What::Files, caught.plural)?;
    names(query, caught, caught.list(0)?)
}

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

/// "all of these bits", in octal: `-022` for "go" and "w".
fn bits(who: &str, rights: &str) -> String {
    let sum = |text: &str, values: &[(char, u32)]| {
        values.iter().filter(|(letter, _)| text.contains(*letter)).map(|(_, value)| value).sum::<u32>()
    };
    let places = if who.contains('a') { 0o111 } else { sum(who, &[('u', 0o100), ('g', 0o010), ('o', 0o001)]) };
    format!("-{:03o}", places * sum(rights, &[('r', 4), ('w', 2), ('x', 1)]))
}

fn test(query: &mut Query, caught: &Caught, kind: TestKind) -> Option<()> {
    query.push(caught.negated, kind);
    Some(())
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

pub(super) const ROWS: &[Row] = &[
    // --- what ---
    ("@file", |q, c| what(q, What::Files, c.plural)),
    ("regular|normal|ordinary|plain @file", |q, c| what(q, What::Regular, c.plural)),
    ("regular|normal|ordinary|plain", |q, _c| what(q, What::Regular, false)),
    ("@dir", |q, c| what(q, What::Folders, c.plural)),
    ("@sub", |q, c| what(q, What::Folders, c.plural)),
    ("sub @dir", |q, c| what(q, What::Folders, c.plural)),
    ("@file and|or|and/or|& @dir", |q, c| what(q, What::Any, c.plural)),
    ("@file @dir", |q, c| what(q, What::Any, c.plural)),
    ("@dir and|or|and/or|& @file", |q, c| what(q, What::Any, c.plural)),
    ("@file and|or|and/or|& @sub", |q, c| what(q, What::Any, c.plural)),
    ("entries|objects|everything|anything", |q, c| what(q, What::Any, c.plural)),
    ("symbolic|sym|soft @link", |q, c| what(q, What::Symlinks, c.plural)),
    ("@symlink", |q, c| what(q, What::Symlinks, c.plural)),
    ("broken|dangling|bad|invalid symbolic|sym|soft? @link", |q, c| what(q, What::BrokenSymlinks, c.plural)),
    ("broken|dangling|bad|invalid @symlink", |q, c| what(q, What::BrokenSymlinks, c.plural)),
    ("socket|sockets @file?", |q, c| what(q, What::Other('s'), c.plural)),
    ("named? pipe|pipes|fifo|fifos @file?", |q, c| what(q, What::Other('p'), c.plural)),
    ("block special|device @file", |q, c| what(q, What::Other('b'), c.plural)),
    ("character special|device @file", |q, c| what(q, What::Other('c'), c.plural)),
    ("hidden|dot @file?", |q, c| {
        q.said_what = true;
        q.plural = true;
        test(q, c, TestKind::Hidden)
    }),
    ("including|include|even|also|with hidden|dotfiles @file|ones?", |q, c| test(q, c, TestKind::Hidden)),
    ("hidden @dir", |q, c| {
        what(q, What::Folders, c.plural)?;
        test(q, c, TestKind::Hidden)
    }),
    ("non-hidden|nonhidden|unhidden|visible", |q, _| {
        q.push(true, TestKind::Hidden);
        Some(())
    }),
    ("non-empty|nonempty", |q, _| {
        q.push(true, TestKind::Empty);
        Some(())
    }),
    ("empty|zero-length|zero-byte|zero-size|zero-sized|blank", |q, c| test(q, c, TestKind::Empty)),
    ("zero size|length|bytes|byte|sized", |q, c| test(q, c, TestKind::Empty)),
    ("0 size|length|byte|bytes|kb|sized", |q, c| test(q, c, TestKind::Empty)),
    ("@size zero|0 bytes?", |q, c| test(q, c, TestKind::Empty)),
    // --- names ---
    ("$kind @file", kinds),
    ("$kind source|code|script|program|image|text|document|type? @file", kinds),
    ("$kind documents|images|scripts|archives|pictures|videos|movies|photos|sources|programs|songs|tarballs", kinds),
    ("@file of type $kind", kinds),
    ("@file named? $names", |q, c| {
        what(q, What::Files, c.plural)?;
        names(q, c, c.list(0)?)
    }),
    ("@file $kind", kinds),
    ("regular|normal|ordinary|plain @file named? $quoted", |q, c| {
        what(q, What::Regular, c.plural)?;
        names(q, c, vec![c.text(0)?.to_owned()])
    }),
    ("@dir|@sub|@symlink $quoted", |q, c| {
        if c.negated {
            return None;
        }
        let kind = q.what;
        what(q, if kind == What::Symlinks { kind } else { What::Folders }, c.plural)?;
        q.verb = Verb::Find;
        names(q, c, vec![c.text(0)?.to_owned()])
    }),
    ("@find for|the|a? directory|folder|dir $name", |q, c| {
        what(q, What::Folders, false)?;
        q.verb = Verb::Find;
        names(q, c, vec![c.text(0)?.to_owned()])
    }),
    (
        "@matches|is|are|has|have|of|with @string|name|glob? @string|one? given|specified|stored|held|taken|passed|expanded as|by|in|from|through the? variable|value|parameter|argument? $var",
        |q, c| names(q, c, vec![c.text(0)?.to_owned()]),
    ),
    ("core dump? @file", |q, c| {
        what(q, What::Files, c.plural)?;
        names(q, c, vec!["core".to_owned()])
    }),
    ("core dumps", |q, c| {
        what(q, What::Files, true)?;
        names(q, c, vec!["core".to_owned()])
    }),
    ("with|of|having|by? @name pattern|patterns|glob $called", |q, c| names(q, c, c.list(0)?)),
    ("with|of|having|by? case? insensitive|case-insensitive @name pattern|patterns|glob? $called", |q, c| {
        q.ignore_case = true;
        names(q, c, c.list(0)?)
    }),
    ("$names @file", |q, c| {
        what(q, What::Files, c.plural)?;
        names(q, c, c.list(0)?)
    }),
    ("$names @dir", |q, c| {
        if c.negated {
            return test(q, c, TestKind::Under(c.list(0)?));
        }
        what(q, What::Folders, c.plural)?;
        names(q, c, c.list(0)?)
    }),
    ("$pattern", |q, c| names(q, c, c.list(0)?)),
    ("@named $called", |q, c| {
        q.verb = Verb::Find;
        names(q, c, c.list(0)?)
    }),
    ("@named $kind", |q, c| names(q, c, c.list(0)?)),
    ("with|having|by|of? @name of|is|are|like|as|equal|equals|=|to? $called", |q, c| names(q, c, c.list(0)?)),
    ("@name is|are|equals|equal|of|matches|matching|like|to? $called", |q, c| names(q, c, c.list(0)?)),
    ("@name is|are|does|do? not matching|match|equal|equals|like? @string? $called", |q, c| {
        q.push(!c.negated, TestKind::Names(c.list(0)?));
        Some(())
    }),
    ("@named|@name @begin with|by|from? @string? $called", |q, c| affix(q, c, "", "*", 0)),
    ("@begin with|by either? @string? $called in? @name?", |q, c| affix(q, c, "", "*", 0)),
    ("@name? @begin with|by @string? $called", |q, c| affix(q, c, "", "*", 0)),
    ("@named|@name? @end with|in|by @string? $called", |q, c| affix(q, c, "*", "", 0)),
    ("@end with|in|by either @string? $called", |q, c| affix(q, c, "*", "", 0)),
    ("@end with|in|by @string? $called in|of @name", |q, c| affix(q, c, "*", "", 0)),
    ("@end with|in|by @ext? $ext @ext?", |q, c| {
        let list = c.list(0)?.into_iter().map(|name| name.replace("*..", "*.")).collect();
        names(q, c, list)
    }),
    ("with|having|have|has|of|the? @file? @ext of|is|as|like|name|named|= $ext", |q, c| names(q, c, c.list(0)?)),
    ("with|having|have|has|by|of|in? @file? @ext $ext", |q, c| names(q, c, c.list(0)?)),
    ("with|having|have|has|of|in? $ending @file? @ext", |q, c| names(q, c, c.list(0)?)),
    ("@name @contain @string? $any", |q, c| affix(q, c, "*", "*", 0)),
    ("@contain @string? $any in|as|within|inside|of @name", |q, c| affix(q, c, "*", "*", 0)),
    ("@contain @string? $any case-insensitive|case-insensitively|case insensitive|insensitively? in|within @name", |q, c| {
        q.ignore_case = true;
        affix(q, c, "*", "*", 0)
    }),
    ("@name @contain @string? $any or $any", |q, c| {
        q.verb = Verb::Find;
        names(q, c, vec![format!("*{}*", c.text(0)?), format!("*{}*", c.text(1)?)])
    }),
    ("@contain @string? $any in|as|within|inside|of @file|@dir @name", |q, c| affix(q, c, "*", "*", 0)),
    ("@contain @string? $any somewhere|anywhere in|as|within|inside|of @name", |q, c| affix(q, c, "*", "*", 0)),
    ("@name matches|matching|match|matched|like @string|glob|wildcard|shell? @string? $called", |q, c| names(q, c, c.list(0)?)),
    ("@matches @string|glob|wildcard|shell|name? @string? $names", |q, c| names(q, c, c.list(0)?)),
    ("@contain @string|glob|wildcard $kind", |q, c| names(q, c, c.list(0)?)),
    ("case insensitive|insensitively|independent|sensitive? search|match|matching|pattern|name?", |q, c| {
        q.ignore_case = !c.negated;
        Some(())
    }),
    ("case-insensitive|case-insensitively|caseless|insensitive", |q, _| {
        q.ignore_case = true;
        Some(())
    }),
    ("ignore|ignoring|regardless|irrespective|independent of? case|letter-case", |q, _| {
        q.ignore_case = true;
        Some(())
    }),
    ("case ignored|insensitive", |q, _| {
        q.ignore_case = true;
        Some(())
    }),
    ("not case sensitive", |q, _| {
        q.ignore_case = true;
        Some(())
    }),
    ("@matches regular|regex expression|pattern? $text in? @name|path|paths|pathname|pathnames?", |q, c| {
        test(q, c, TestKind::Regex(c.text(0)?.to_owned()))
    }),
    ("regex|regexp $text in? @name|path|paths|pathname|pathnames?", |q, c| test(q, c, TestKind::Regex(c.text(0)?.to_owned()))),
    ("case-insensitive|insensitive regex|regexp $text in? @name|path|paths|pathname|pathnames?", |q, c| {
        q.ignore_case = true;
        test(q, c, TestKind::Regex(c.text(0)?.to_owned()))
    }),
    ("full|whole|complete? path|pathname|pathnames @name? @end with|in $any", |q, c| {
        test(q, c, TestKind::Paths(vec![format!("*{}", c.text(0)?)]))
    }),
    ("full|whole|complete? path|pathname|pathnames @name? is|are|like|@matches @string|glob? $any", |q, c| {
        test(q, c, TestKind::Paths(vec![c.text(0)?.to_owned()]))
    }),
    ("path|paths|pathname|pathnames @contain|@matches|is|are @string? $any", |q, c| {
        let text = c.text(0)?;
        let pattern = if text.contains('*') { text.to_owned() } else { format!("*{text}*") };
        test(q, c, TestKind::Paths(vec![pattern]))
    }),
    ("@contain @string? $any in|within path|paths|pathname|pathnames", |q, c| {
        test(q, c, TestKind::Paths(vec![format!("*{}*", c.text(0)?)]))
    }),
    (
        "with|whose|having|have|has? @name is|are|has|have|of? length|exactly|precisely|only? of|is|exactly|only? $n characters|letters|character|letter|chars|char|digits? long|in? length?",
        |q, c| {
            // A number alone is a name.
            let count = usize::try_from(c.number(0)?).ok().filter(|count| (1..=64).contains(count) && c.plural)?;
            names(q, c, vec!["?".repeat(count)])
        },
    ),
    ("@contain space|spaces|blanks in @name", |q, c| names(q, c, vec!["* *".to_owned()])),
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
        "with|having|have|has|give|gives|allow|set? $rights @perm|bit|bits|access|privileges|enabled set|enabled|enable? for|to|by|of|in $who",
        |q, c| perm(q, c, &bits(c.text(1)?, c.text(0)?)),
    ),
    ("with|having|have|has? $who $rights @perm|bit|bits|access|enabled set?", |q, c| perm(q, c, &bits(c.text(0)?, c.text(1)?))),
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
