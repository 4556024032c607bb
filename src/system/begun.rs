//! What a command that somebody has begun may go on with on this machine: commands, files, variables, branches.
//!
//! Looking happens on a thread of its own and is bounded in time and number. Nothing is run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::{builtins, expand_home, failure, is_executable};
use crate::complete::{Found, Wanted};
use crate::domain::ShellFacts;
use crate::platform::RemoteMounts;

/// How long looking for names may take.
const TIME_LIMIT: Duration = Duration::from_millis(100);

/// Most threads that look at a time, those included that hang.
const MOST_LOOKING: usize = 8;

/// Most names of a folder that are looked at.
const MOST_NAMES: usize = 10_000;

/// Most names that are kept of each kind.
const MOST_KEPT: usize = 64;

static LOOKING: AtomicUsize = AtomicUsize::new(0);

/// Looks up what is wanted, as the asking shell sees it. It blocks for some milliseconds, and for 250 at most.
pub fn look(wanted: &Wanted, facts: &ShellFacts) -> Found {
    let found = Found { seen: failure::look(&wanted.mending, facts), ..Found::default() };
    if LOOKING.fetch_add(1, Ordering::AcqRel) >= MOST_LOOKING {
        LOOKING.fetch_sub(1, Ordering::AcqRel);
        return found;
    }
    let (sender, receiver) = mpsc::channel();
    let (wanted, facts) = (wanted.clone(), facts.clone());
    let work = move || {
        // Nobody may be waiting any more.
        let _ = sender.send(names(&wanted, &facts));
        LOOKING.fetch_sub(1, Ordering::AcqRel);
    };
    if std::thread::Builder::new().name("look-at-names".to_owned()).spawn(work).is_err() {
        LOOKING.fetch_sub(1, Ordering::AcqRel);
        return found;
    }
    let names = receiver.recv_timeout(TIME_LIMIT).unwrap_or_default();
    Found { seen: found.seen, ..names }
}

fn names(wanted: &Wanted, facts: &ShellFacts) -> Found {
    let mut found = Found::default();
    if let Some(start) = &wanted.variable {
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(start.as_str()) && name != start).collect();
        names.sort();
        names.truncate(MOST_KEPT);
        found.variables = names;
    }
    if let Some(start) = &wanted.command {
        found.commands = commands(start, facts);
    }
    if let Some(start) = &wanted.path {
        let (folder, name) = start.rsplit_once('/').map_or(("", start.as_str()), |(folder, name)| (folder, name));
        let folder = match folder {
            "" if start.starts_with('/') => "/".into(),
            "~" => facts.home.clone().unwrap_or_else(|| facts.cwd.join("~")),
            folder => facts.cwd.join(expand_home(folder, facts)),
        };
        let mut names: Vec<(String, bool)> = entries(&folder)
            .filter(|other| other.starts_with(name) && (name.starts_with('.') || !other.starts_with('.')))
            .map(|name| (folder.join(&name).is_dir(), name))
            .filter(|(is_folder, _)| *is_folder || !wanted.folders_only)
            .map(|(is_folder, name)| (name, is_folder))
            .take(MOST_KEPT)
            .collect();
        names.sort();
        found.names = names;
    }
    found
}

/// The names in the shell's directory, unless another machine serves it, which may hang.
pub fn names_here(facts: &ShellFacts) -> Vec<String> {
    if RemoteMounts::read().holds(&facts.cwd) { Vec::new() } else { entries(&facts.cwd).collect() }
}

fn commands(start: &str, facts: &ShellFacts) -> Vec<String> {
    let mut found: BTreeSet<String> = facts.own_commands.iter().filter(|name| name.starts_with(start)).cloned().collect();
    found.extend(builtins::names(facts.shell).filter(|name| name.starts_with(start)).map(str::to_owned));
    for folder in facts.path.split(':').filter(|folder| folder.starts_with('/')) {
        for name in entries(Path::new(folder)).filter(|name| name.starts_with(start)) {
            if found.len() < MOST_KEPT * 4 && is_executable(&Path::new(folder).join(&name)) {
                found.insert(name);
            }
        }
    }
    found.into_iter().collect()
}

/// Names that are text without control characters, of the first entries of a folder.
fn entries(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let names = fs::read_dir(folder).into_iter().flatten().take(MOST_NAMES).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| !name.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::facts;

    #[test]
    fn names_are_those_of_the_asking_shell() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("bin")).unwrap();
        fs::create_dir(temp.path().join("notes")).unwrap();
        fs::write(temp.path().join("notes.txt"), "").unwrap();
        fs::write(temp.path().join(".hidden"), "").unwrap();
        fs::write(temp.path().join("no\u{1b}te"), "").unwrap();
        let program = temp.path().join("bin/frobnicate");
        fs::write(&program, "").unwrap();
        let search = temp.path().join("bin").display().to_string();
        let facts = crate::domain::ShellFacts { home: Some(temp.path().to_owned()), ..facts(&search, temp.path()) };
        let look = |wanted: &Wanted| names(wanted, &facts);
        let frob = Wanted { command: Some("frob".to_owned()), ..Wanted::default() };
        assert!(look(&frob).commands.is_empty(), "it may not be run");
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        assert_eq!(look(&frob).commands, ["frobnicate"]);
        let path = |start: &str, folders_only| look(&Wanted { path: Some(start.to_owned()), folders_only, ..Wanted::default() }).names;
        let both = [("notes".to_owned(), true), ("notes.txt".to_owned(), false)];
        assert_eq!(path("no", false), both);
        assert_eq!(path("~/no", false), both);
        assert_eq!(path("no", true), both[..1]);
        assert_eq!(path("bin/", false), [("frobnicate".to_owned(), false)]);
        assert!(path("nowhere/x", false).is_empty());
        assert_eq!(path("", false).len(), 3, "hidden names are for those who begin them");
    }
}
