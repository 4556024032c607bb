//! The same with programs that the user prefers, as far as they can say it. Both leave out hidden files and what
//! `.gitignore` names, which is why people prefer them.

use super::query::{Action, Query, Test, TestKind, What};
use super::render::Writer;
use crate::offline::machine::Preferred;
use crate::offline::slots::is_pattern;

/// `rg` where `grep -r` would look for the text.
pub(super) fn ripgrep(query: &Query, text: &str, writer: &mut Writer<'_>) -> Option<()> {
    let program = writer.machine.preferred(Preferred::Ripgrep)?;
    writer.raw(program);
    if !matches!(query.action, Action::Grep(_)) {
        writer.raw("-l");
    }
    if query.ignore_case {
        writer.raw("-i");
    }
    // Its patterns are not those of `grep`; nobody who asks in words means one.
    if text.contains(|c: char| "\\.+*?()|[]{}^$".contains(c)) {
        writer.raw("-F");
    }
    for test in &query.tests {
        let (sign, list) = match &test.kind {
            TestKind::Names(names) => (if test.not { "!" } else { "" }, names),
            TestKind::Under(folders) => ("!", folders),
            _ => continue,
        };
        for name in list {
            writer.raw("-g");
            writer.word(&format!("{sign}{}", name.trim_start_matches("./")));
        }
    }
    if text.starts_with('-') {
        writer.raw("-e");
    }
    writer.word(text);
    places(query, writer);
    Some(())
}

/// `fd` where `find` would list files by their name or kind alone.
pub(super) fn fd(query: &Query, writer: &mut Writer<'_>) -> Option<()> {
    let program = writer.machine.preferred(Preferred::Fd)?;
    let pattern = match query.tests.as_slice() {
        [] => None,
        [Test { not: false, kind: TestKind::Names(names) }] => match names.as_slice() {
            [name] if !name.contains('/') && !name.starts_with(['-', '.']) => Some(name.as_str()),
            _ => return None,
        },
        _ => return None,
    };
    let kind = match query.what {
        What::Files if pattern.is_some() => None,
        What::Files | What::Regular => Some("-t f"),
        What::Folders => Some("-t d"),
        What::Symlinks => Some("-t l"),
        What::Any => None,
        What::BrokenSymlinks | What::Other(_) => return None,
    };
    let plain = query.action == Action::List
        && (pattern.is_some() || kind.is_some())
        && query.order.is_none()
        && query.top.is_none()
        && query.min_depth.is_none()
        && !query.one_filesystem
        && !query.by_day
        && query.variables.is_empty();
    plain.then_some(())?;
    writer.raw(program);
    kind.into_iter().for_each(|kind| writer.raw(kind));
    if query.follow {
        writer.raw("-L");
    }
    if let Some(depth) = query.depth {
        writer.raw(&format!("-d {depth}"));
    }
    // It ignores case where a pattern has no capital.
    if !query.ignore_case && pattern.is_some() {
        writer.raw("-s");
    }
    if let Some(pattern) = pattern {
        writer.raw("-g");
        writer.word(pattern);
    } else if !query.roots.is_empty() {
        writer.raw(".");
    }
    places(query, writer);
    Some(())
}

/// Both begin where the user is.
fn places(query: &Query, writer: &mut Writer<'_>) {
    query.roots.iter().filter(|root| *root != ".").for_each(|root| if is_pattern(root) { writer.glob(root) } else { writer.path(root) });
}

#[cfg(test)]
mod tests {
    use crate::domain::ShellKind;
    use crate::offline::{Machine, Os, Preferred, ToolSet, translate};

    fn command(query: &str, installed: &[&str], preferred: &[Preferred]) -> String {
        let tools = Some(ToolSet::new(installed.iter().map(|name| (*name).to_owned())));
        let machine = Machine { tools, ..Machine::usual(ShellKind::Bash, Os::Linux) }.preferring(preferred);
        translate(query, &machine).candidates.into_iter().next().map(|best| best.command).unwrap_or_default()
    }

    #[test]
    fn what_is_preferred_is_written_where_it_can_say_the_same() {
        for (query, usual, preferred) in [
            ("find python files containing \"TODO\"", "grep -rl '--include=*.py' TODO .", "rg -l -g '*.py' TODO"),
            ("find files containing \"a.b\" in src", "grep -rl a.b src", "rg -l -F a.b src"),
            ("find all *.rs files in src", "find src -name '*.rs'", "fd -s -g '*.rs' src"),
            ("find all empty files in src", "find src -type f -empty", "find src -type f -empty"),
            (
                "delete *.tmp files older than 7 days in /tmp",
                "find /tmp -type f -name '*.tmp' -mtime +7 -delete",
                "find /tmp -type f -name '*.tmp' -mtime +7 -delete",
            ),
        ] {
            assert_eq!(command(query, &["rg", "fd"], &[]), usual, "{query}: nobody prefers it");
            assert_eq!(command(query, &["rg", "fd"], &Preferred::ALL), preferred, "{query}");
            assert_eq!(command(query, &["apt"], &Preferred::ALL), usual, "{query}: it is not installed");
        }
        assert_eq!(command("find all *.rs files in src", &["fdfind"], &[Preferred::Fd]), "fdfind -s -g '*.rs' src");
        assert_eq!(command("find all *.rs files in src", &["rg", "fd"], &[Preferred::Ripgrep]), "find src -name '*.rs'");
    }
}
