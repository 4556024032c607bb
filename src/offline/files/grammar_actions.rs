//! What to do with the files.

use super::Row;
use super::query::{Action, Query, TestKind, Verb};
use crate::offline::grammar::Caught;
use crate::offline::slots::is_pattern;

pub(super) fn verb(query: &mut Query, caught: &Caught, verb: Verb) -> Option<()> {
    if query.verb == Verb::None || verb == Verb::Find {
        query.verb = verb;
    }
    (!caught.negated).then_some(())
}

/// One thing is done with the files; a second one is no single command.
fn act(query: &mut Query, caught: &Caught, action: Action) -> Option<()> {
    let replaces = matches!(query.action, Action::List)
        || query.action == action
        || matches!((&query.action, &action), (Action::Count, Action::CountLines));
    if caught.negated || !replaces {
        return None;
    }
    query.action = action;
    Some(())
}

fn pending(query: &mut Query, caught: &Caught) -> Option<()> {
    let text = caught.text(0)?.to_owned();
    match &mut query.action {
        Action::Chmod(mode @ None) => *mode = Some(text),
        Action::Chown(owner @ None) | Action::Chgrp(owner @ None) => *owner = Some(text),
        _ => return None,
    }
    Some(())
}

fn show(query: &mut Query, caught: &Caught, action: Action) -> Option<()> {
    verb(query, caught, Verb::Show)?;
    act(query, caught, action)
}

/// Rights for more people beside those that were given before.
fn more_rights(query: &mut Query, who: &str, rights: &str) -> Option<()> {
    let Action::Chmod(Some(mode)) = &mut query.action else { return None };
    if !mode.starts_with(['u', 'g', 'o', 'a']) || mode.contains('-') {
        return None;
    }
    // What is set is all that they may, what is given comes on top.
    *mode = match query.sets_rights || rights.is_empty() {
        true => format!("{},{who}={rights}", mode.replace('+', "=")),
        false if mode.contains('=') => format!("{mode},{who}={rights}"),
        false => format!("{mode},{who}+{rights}"),
    };
    Some(())
}

/// A program and its arguments, when they are plain words and need no shell.
fn program(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '=' | ',' | '+');
    (text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '.')) && text.chars().all(plain)).then(|| text.to_owned())
}

/// A script by its name lies here: the shell looks for none in the current folder by itself.
fn script(text: &str) -> Option<String> {
    let plain = program(text)?;
    let lies_here = !plain.contains('/') && plain.contains('.');
    Some(if lies_here { format!("./{plain}") } else { plain })
}

pub(super) const ROWS: &[Row] = &[
    // --- verbs ---
    ("@find for|all|out?", |q, c| verb(q, c, Verb::Find)),
    ("@find for? $dotted", |q, c| {
        verb(q, c, Verb::Find)?;
        q.push(false, TestKind::Names(vec![c.text(0)?.to_owned()]));
        Some(())
    }),
    ("for $dotted", |q, c| {
        q.push(c.negated, TestKind::Names(vec![c.text(0)?.to_owned()]));
        verb(q, &Caught::default(), Verb::Find)
    }),
    ("look|looking for", |q, c| verb(q, c, Verb::Find)),
    ("ls", |q, c| {
        q.said_what = true;
        verb(q, c, Verb::Show)
    }),
    ("display|displays", |q, c| {
        q.displays = true;
        verb(q, c, Verb::Show)
    }),
    ("@show", |q, c| verb(q, c, Verb::Show)),
    ("check|validate|verify|perform|do|run syntax|lint check? of|on|in|for? all? $kind @file|scripts", |q, c| {
        let list = c.list(0)?;
        let tool = match list.first()?.as_str() {
            "*.php" => "php -l",
            "*.sh" => "bash -n",
            "*.rb" => "ruby -c",
            "*.pl" => "perl -c",
            _ => return None,
        };
        q.said_what = true;
        q.push(false, TestKind::Names(list));
        act(q, c, Action::Run(tool.to_owned()))
    }),
    (
        "@show file|path|full|relative|absolute|their|complete? name|names|filename|filenames|path|paths|pathname|pathnames|location",
        |q, c| verb(q, c, Verb::Find),
    ),
    ("their|its|full|relative? pathnames|paths|filenames|path|names", |q, c| {
        if c.negated {
            None
        } else {
            let _ = q;
            Some(())
        }
    }),
    // --- how to show ---
    ("long|detailed list|listing|format|details|information|info|manner", |q, c| act(q, c, Action::Long)),
    (
        "in|with|and|show|display|list? details|detail|detailed|information|attributes|timestamps long|listing|list|details|information|format?",
        |q, c| act(q, c, Action::Long),
    ),
    ("list|show|display|print|with|and? their|its? long? details|attributes|properties", |q, c| act(q, c, Action::Long)),
    ("with|and their|its? sizes|size|dates|permissions|owners", |q, c| act(q, c, Action::Long)),
    ("in? ls long|style|format", |q, c| act(q, c, Action::Long)),
    (
        "null|nul|null-separated|null-terminated|nul-separated|zero separated|terminated|delimited|character|delimiter|list|characters?",
        |q, c| act(q, c, Action::Null),
    ),
    ("separated|terminated|delimited by|with null|nul|zero|ascii character|characters|byte|bytes?", |q, c| act(q, c, Action::Null)),
    ("with|using|by null|nul|zero character|byte|characters as delimiter|separator", |q, c| act(q, c, Action::Null)),
    ("print0", |q, c| act(q, c, Action::Null)),
    ("@show? only? base|basename|basenames names|name|only|of|filenames?", |q, c| act(q, c, Action::BaseNames)),
    ("file|filename|filenames|names only without path|paths|directory|directories", |q, c| act(q, c, Action::BaseNames)),
    ("@show? contents|content of|from? @file?", |q, c| show(q, c, Action::Apply("cat"))),
    ("first $n lines|line of|from|in?", |q, c| act(q, c, Action::Lines("head", c.number(0)?))),
    ("last $n lines|line of|from|in?", |q, c| act(q, c, Action::Lines("tail", c.number(0)?))),
    ("file type|types|information|info of|for|about?", |q, c| act(q, c, Action::Apply("file"))),
    ("@show|check|find|determine|get type|types of|for", |q, c| act(q, c, Action::Apply("file"))),
    ("@show? stat|status|statistics information|info|of|for|output?", |q, c| act(q, c, Action::Apply("stat"))),
    (
        "calculate|compute|@show|generate|create|run|get|check? md5|md5sum md5|sum|sums|checksum|checksums|hash|hashes|digest|of|for? of|for?",
        |q, c| act(q, c, Action::Checksum("md5sum")),
    ),
    ("calculate|compute|@show|generate|create|run|get? sha1|sha1sum sum|sums|checksum|checksums|hash|hashes|of|for? of|for?", |q, c| {
        act(q, c, Action::Checksum("sha1sum"))
    }),
    (
        "calculate|compute|@show|generate|create|run|get? sha256|sha256sum sum|sums|checksum|checksums|hash|hashes|of|for? of|for?",
        |q, c| act(q, c, Action::Checksum("sha256sum")),
    ),
    ("concatenate|concat|cat content|contents? of?", |q, c| act(q, c, Action::Apply("cat"))),
    (
        "append|appending|adding|add|put|with|followed|terminated? by|a? null|nul|zero|\\0 character|byte at|after|behind|to|in end|each? of? each|every? @file|its|their|the? path|paths|name|names|end|filename?",
        |q, c| act(q, c, Action::Null),
    ),
    ("and? @show only|just @file? names|name|filenames|filename|paths|path of? matching|matched|files?", |q, c| {
        // Of a search in files, their names are what is wanted.
        let Action::Grep(text) = &q.action else { return act(q, c, Action::BaseNames) };
        let text = text.clone();
        q.action = Action::List;
        q.push(false, TestKind::Text(text));
        Some(())
    }),
    // --- counting ---
    ("count|counting|counts", |q, c| act(q, c, Action::Count)),
    ("count|counts|calculate|find|@show|get? total? number of", |q, c| act(q, c, Action::Count)),
    ("how many", |q, c| act(q, c, Action::Count)),
    ("@count lines|line in|of?", |q, c| act(q, c, Action::CountLines)),
    ("count|counts|calculate|@show|get? total? number|count of? lines|line in|of?", |q, c| act(q, c, Action::CountLines)),
    ("how many lines in|of|do|does?", |q, c| act(q, c, Action::CountLines)),
    ("lines|line of? code in|of?", |q, c| act(q, c, Action::CountLines)),
    ("count|@show|get? total? number|count of? lines|line in|of|for each|every|individual", |q, c| act(q, c, Action::CountLinesEach)),
    ("count their|its line|lines number|numbers?", |q, c| act(q, c, Action::CountLinesEach)),
    ("count|@show|get? lines|line in|of|for each|every|individual @file?", |q, c| act(q, c, Action::CountLinesEach)),
    ("total|combined|overall|sum size|sizes|space of|for|used|taken?", |q, c| act(q, c, Action::TotalSize)),
    // --- changing ---
    ("@del", |q, c| act(q, c, Action::Delete)),
    ("@del them|it|these|those all?", |q, c| act(q, c, Action::Delete)),
    (
        "ask|asking|prompt|prompting|prompts|confirm|confirming|confirmation|after|with user|for|the|you|before|me? confirmation|confirm|permission|before|delete|deleting|removing|user|prompt?",
        |q, c| {
            if q.action != Action::Delete || c.negated {
                return None;
            }
            q.action = Action::DeleteAsking;
            Some(())
        },
    ),
    ("interactively", |q, _| {
        if q.action != Action::Delete {
            return None;
        }
        q.action = Action::DeleteAsking;
        Some(())
    }),
    ("copy|copies|cp|copying", |q, c| act(q, c, Action::Copy(None))),
    ("move|moves|mv|moving", |q, c| act(q, c, Action::Move(None))),
    ("archive|tar|pack|bundle", |q, c| act(q, c, Action::Archive(None))),
    ("create|make|build tar|compressed|gzipped|gzip? archive|tarball|tar named|called? $path of|from|with|containing|for?", |q, c| {
        act(q, c, Action::Archive(Some(c.text(0)?.to_owned())))
    }),
    ("create|make|build? archive|tarball|tar of|from|with|containing", |q, c| act(q, c, Action::Archive(None))),
    ("compress|gzip|zip them|each? using|with|by? gzip?", |q, c| act(q, c, Action::Apply("gzip"))),
    ("decompress|uncompress|gunzip|unzip|extract them|each? using|with|by? gunzip|gzip?", |q, c| act(q, c, Action::Apply("gunzip"))),
    (
        "run|execute|invoke|apply|call|use shell|the? command|program|tool? $any command? on|for|against|over|with|to each|every|all|them|it|those|the|@file|@dir|regular",
        |q, c| act(q, c, Action::Run(program(c.text(0)?)?)),
    ),
    (
        "run|execute|invoke|apply|call|use shell|bash|python|the? script $any on|for|against|over|with|to each|every|all|them|it|those|the|@file|@dir|regular",
        |q, c| act(q, c, Action::Run(script(c.text(0)?)?)),
    ),
    (
        "pass|give|send|supply|feed|passing|giving|sending|provide all|each|the|of? them|it|those|files|each|one|result|results|output? as|like an|the|its? input|argument|arguments|parameter|parameters to command|program|the? $any command|program?",
        |q, c| act(q, c, Action::Run(program(c.text(0)?)?)),
    ),
    (
        "pass|give|send|supply|feed|passing|giving|sending|provide all|each|the|of? them|it|those|files|each|one|result|results|output? as|like an|the|its? input|argument|arguments|parameter|parameters to shell|bash|the? script $any script?",
        |q, c| act(q, c, Action::Run(script(c.text(0)?)?)),
    ),
    ("create|make symbolic|sym|soft? @link|@symlink", |q, c| act(q, c, Action::Link(None))),
    ("create|make? symbolic|sym|soft? @link|@symlink to|for|of", |q, c| act(q, c, Action::Link(None))),
    ("touch|update timestamp|timestamps|of|modification|access? time|times|of?", |q, c| act(q, c, Action::Apply("touch"))),
    ("change|set|modify|alter|make|give|update|chmod|fix? @perm of|for|on|to?", |q, c| act(q, c, Action::Chmod(None))),
    ("change|set|modify|chmod|give|update @perm of|to|for? $mode to|for|of|on?", |q, c| {
        act(q, c, Action::Chmod(Some(c.text(0)?.to_owned())))
    }),
    ("chmod|set $mode @perm? for|on|to?", |q, c| act(q, c, Action::Chmod(Some(c.text(0)?.to_owned())))),
    ("from $mode to $mode", |q, c| {
        q.push(false, TestKind::Perm(c.text(0)?.to_owned()));
        match &mut q.action {
            Action::Chmod(mode @ None) => *mode = Some(c.text(1)?.to_owned()),
            _ => return None,
        }
        Some(())
    }),
    ("set|sets|setting $rights @perm for|to $who to|for|on|of?", |q, c| {
        q.sets_rights = true;
        act(q, c, Action::Chmod(Some(format!("{}+{}", c.text(1)?, c.text(0)?))))
    }),
    ("give|grant|add|set $rights @perm for|to $who to|for|on|of?", |q, c| {
        act(q, c, Action::Chmod(Some(format!("{}+{}", c.text(1)?, c.text(0)?))))
    }),
    ("give|grant|add $who $rights @perm to|for|on|of?", |q, c| act(q, c, Action::Chmod(Some(format!("{}+{}", c.text(0)?, c.text(1)?))))),
    ("@del|revoke|clear|unset $rights @perm for|from|of $who from|for|on|of?", |q, c| {
        act(q, c, Action::Chmod(Some(format!("{}-{}", c.text(1)?, c.text(0)?))))
    }),
    ("@del|revoke|clear|unset $who $rights @perm from|for|on|of?", |q, c| {
        act(q, c, Action::Chmod(Some(format!("{}-{}", c.text(0)?, c.text(1)?))))
    }),
    // "… for the owner, read permission for the group and no permission for others": together they are all rights.
    ("and|or? $rights @perm|access|privileges for|to|by $who", |q, c| more_rights(q, c.text(1)?, c.text(0)?)),
    ("and|or? $who $rights @perm|access|privileges", |q, c| more_rights(q, c.text(0)?, c.text(1)?)),
    ("and? no|without|zero @perm|access|rights|privileges for|to $who", |q, c| more_rights(q, c.text(0)?, "")),
    ("@perm|access|rights|privileges for|to $who", |q, c| if c.negated { more_rights(q, c.text(0)?, "") } else { None }),
    ("modify|change|update|set|alter|reset them|it|these|those|its|their|to? have|be? $mode @perm?", |q, c| {
        act(q, c, Action::Chmod(Some(c.text(0)?.to_owned())))
    }),
    ("modify|change|update|set|alter them|it|these|those? to have? $mode @perm?", |q, c| {
        act(q, c, Action::Chmod(Some(c.text(0)?.to_owned())))
    }),
    ("use|using|with chmod command? to? set|change|modify? @perm? to? $mode", |q, c| act(q, c, Action::Chmod(Some(c.text(0)?.to_owned())))),
    ("chmod", |q, c| act(q, c, Action::Chmod(None))),
    ("make|mark|set|turn $kind @file? executable", |q, c| {
        q.push(false, TestKind::Names(c.list(0)?));
        q.said_what = true;
        act(q, c, Action::Chmod(Some("+x".to_owned())))
    }),
    ("make|mark|set|turn $names executable", |q, c| {
        // One file by its name needs no search.
        c.list(0)?.iter().any(|name| is_pattern(name)).then_some(())?;
        q.push(false, TestKind::Names(c.list(0)?));
        act(q, c, Action::Chmod(Some("+x".to_owned())))
    }),
    ("make|mark|set @file executable", |q, c| {
        q.said_what = true;
        act(q, c, Action::Chmod(Some("+x".to_owned())))
    }),
    ("make|mark|set them|all|it? executable", |q, c| act(q, c, Action::Chmod(Some("+x".to_owned())))),
    ("executable|+x", |q, _| match &mut q.action {
        Action::Chmod(mode @ None) => {
            *mode = Some("+x".to_owned());
            Some(())
        }
        _ => None,
    }),
    ("to|as|with|in|by accordance|mode with|mode? mode? $mode", pending),
    ("to|as|with $mode", pending),
    ("change|set|modify|chown|update owner|ownership|owners of|for|to?", |q, c| act(q, c, Action::Chown(None))),
    ("chown $user", |q, c| act(q, c, Action::Chown(Some(c.text(0)?.to_owned())))),
    ("change|set|modify|chgrp|update @group ownership|owner|of|for|to?", |q, c| act(q, c, Action::Chgrp(None))),
    ("to user|group|owner? $user", pending),
    ("to user|group|owner? $any", |q, c| match q.action {
        Action::Chown(None) | Action::Chgrp(None) => pending(q, c),
        _ => None,
    }),
    ("replace|substitute|change|replacing $any with|by|to $any in|within|inside|from?", |q, c| {
        act(q, c, Action::Replace(c.text(0)?.to_owned(), c.text(1)?.to_owned()))
    }),
    (
        "replace|substitute|change all|every|each? @string|occurrences|occurrence of? @string? $any with|by|to @string? $any in|within|inside|from?",
        |q, c| act(q, c, Action::Replace(c.text(0)?.to_owned(), c.text(1)?.to_owned())),
    ),
    // --- lines with a text ---
    ("@find|grep for? @string $any in|within|inside|of|from", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
    ("grep for? $text in|within|inside|from", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
    ("@find for? $phrase in|within|inside|from", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
    ("@find|grep for? extended|basic|grep|perl|egrep? regular? regex|regexp|expression $text in|within|inside|from?", |q, c| {
        act(q, c, Action::Grep(c.text(0)?.to_owned()))
    }),
    ("for extended|basic|grep|perl|egrep? regular? regex|regexp|expression $text", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
    ("@show? lines|line that|which? @matches|@contain|@holds regular? regex|regexp|expression|pattern? $text", |q, c| {
        act(q, c, Action::Grep(c.text(0)?.to_owned()))
    }),
    ("@find|grep for? $any in|within|inside $kind @file", |q, c| {
        act(q, c, Action::Grep(c.text(0)?.to_owned()))?;
        q.ignore_case |= matches!(c.text(0)?, "todo" | "fixme" | "hack" | "xxx");
        q.said_what = true;
        q.push(false, TestKind::Names(c.list(1)?));
        Some(())
    }),
    ("for @string $any", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
    ("for $phrase", |q, c| {
        // "list files for grandma" looks for no text.
        (q.verb == Verb::Find).then_some(())?;
        act(q, c, Action::Grep(c.text(0)?.to_owned()))
    }),
    ("search|look|searching for? @string? $phrase", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
    ("grep for? @string? $text", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
    ("@show|find? lines|line that|which? @contain|@holds @string? $any in|from|of?", |q, c| act(q, c, Action::Grep(c.text(0)?.to_owned()))),
];
