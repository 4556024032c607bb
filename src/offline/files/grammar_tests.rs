//! Which files: their kinds and their names.

use super::Row;
use super::query::{Query, TestKind, Verb, What};
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

pub(super) fn test(query: &mut Query, caught: &Caught, kind: TestKind) -> Option<()> {
    query.push(caught.negated, kind);
    Some(())
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
        "@matches|is|are|has|have|of|with @string|name|glob? @string|one? given|specified|stored|held|taken|passed|expanded as|by|in|from|through the? variable|value|parameter|argument? $quoted",
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
];
