//! What has to be known of this machine to mend a line that failed there: commands, paths, the repository.
//!
//! Looking happens on a thread of its own and is bounded in time and number, so that a mount that hangs costs the time limit
//! and nothing else. Nothing is run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, mpsc};
use std::time::Duration;

use super::{LocalTools, SearchPath, find_executable, is_executable, listening, package_index, repository};
use crate::domain::ShellFacts;
use crate::fix::{PathSeen, Seen, Wanted, is_near};
use crate::platform;
use crate::suggest::ports::{Commands, Tools};

/// How long looking may take.
const TIME_LIMIT: Duration = Duration::from_millis(150);

/// Most threads that look at a time, those included that hang.
const MOST_LOOKING: usize = 8;

/// Most names of a folder that are looked at.
const MOST_NAMES: usize = 10_000;

/// Most names that are kept for one word.
const MOST_NEAR: usize = 50;

/// Where the programs of the administrator are, which may be missing in a user's search path.
const ADMINISTRATORS: &str = "/usr/local/sbin:/usr/sbin:/sbin";

/// What installs a package, by the program that does.
const INSTALLERS: [(&str, &str); 7] = [
    ("apt", "apt install"),
    ("dnf", "dnf install"),
    ("yum", "yum install"),
    ("pacman", "pacman -S"),
    ("zypper", "zypper install"),
    ("apk", "apk add"),
    ("brew", "brew install"),
];

/// Looks up what is wanted, as the asking shell sees it. It blocks for some milliseconds, and for 150 at most.
pub fn look(wanted: &Wanted, facts: &ShellFacts) -> Seen {
    let (wanted, facts) = (wanted.clone(), facts.clone());
    static LOOKING: LazyLock<Arc<()>> = LazyLock::new(Arc::default);
    within(TIME_LIMIT, &LOOKING, move |tell| look_all(&wanted, &facts, tell))
}

/// The last that was told before the time ended. Who looks holds `looking`, and nobody does while it is held by as many as
/// may: a mount that hangs keeps its thread, and a resident lives long.
fn within(limit: Duration, looking: &Arc<()>, work: impl FnOnce(&dyn Fn(&Seen)) + Send + 'static) -> Seen {
    let mut seen = Seen { late: true, ..Seen::default() };
    let held = Arc::clone(looking);
    if Arc::strong_count(looking) > MOST_LOOKING + 1 {
        return seen;
    }
    let (sender, receiver) = mpsc::channel();
    let deadline = std::time::Instant::now() + limit;
    // Nobody may be waiting any more.
    let tell = move |seen: &Seen| drop(sender.send(seen.clone()));
    let look = move || {
        let _held = held;
        work(&tell);
    };
    if std::thread::Builder::new().name("look-around".to_owned()).spawn(look).is_err() {
        return seen;
    }
    while let Ok(told) = receiver.recv_timeout(deadline.saturating_duration_since(std::time::Instant::now())) {
        seen = told;
    }
    seen
}

/// The cheapest first, so that little is lost when the time ends.
fn look_all(wanted: &Wanted, facts: &ShellFacts, tell: &dyn Fn(&Seen)) {
    let mut seen = Seen { is_root: platform::own_uid() == 0, late: true, ..Seen::default() };
    let administrators = ShellFacts { path: format!("{}:{ADMINISTRATORS}", facts.path), ..facts.clone() };
    seen.elevator = ["sudo", "doas"].into_iter().find(|name| find_executable(name, facts).is_some()).map(str::to_owned);
    let installer = INSTALLERS.iter().find(|(program, _)| find_executable(program, facts).is_some());
    seen.installer = installer.map(|(_, command)| (*command).to_owned());
    seen.port_lister = ["ss", "lsof"].into_iter().find(|name| find_executable(name, facts).is_some()).map(str::to_owned);
    if !wanted.ports.is_empty() {
        seen.taken = listening::taken(&wanted.ports);
    }
    let tools = LocalTools::new();
    for word in &wanted.commands {
        if find_executable(word, &administrators).is_some() {
            seen.programs.insert(word.clone());
        }
        if SearchPath.resolves(word, facts) {
            seen.commands.insert(word.clone());
            continue;
        }
        seen.near.insert(word.clone(), near_commands(word, facts));
        let other = tools.other_name(word).filter(|other| find_executable(other, facts).is_some());
        seen.other_names.extend(other.map(|other| (word.clone(), other.to_owned())));
        seen.packages.extend(tools.package(word).map(|package| (word.clone(), package.to_owned())));
        tell(&seen);
    }
    for path in &wanted.paths {
        seen.paths.insert(path.clone(), look_at(path, facts));
        tell(&seen);
    }
    if wanted.repository {
        let found = repository::look(&facts.cwd);
        if found.is_none() {
            seen.repositories_below = repository::below(&facts.cwd);
        }
        seen.repository = Some(found);
    }
    // Indexes of packages are large, so they come last.
    let unknown: Vec<String> = seen.near.keys().filter(|word| !seen.packages.contains_key(*word)).cloned().collect();
    for word in unknown {
        tell(&seen);
        seen.packages.extend(package_index::package_of(&word).map(|package| (word, package)));
    }
    seen.late = false;
    tell(&seen);
}

fn near_commands(word: &str, facts: &ShellFacts) -> Vec<String> {
    let mut near: BTreeSet<String> = facts.own_commands.iter().filter(|name| is_near(word, name)).cloned().collect();
    near.extend(super::builtins::names(facts.shell).filter(|name| is_near(word, name)).map(str::to_owned));
    for folder in facts.path.split(':').filter(|folder| folder.starts_with('/')) {
        for name in names(Path::new(folder)).filter(|name| is_near(word, name)) {
            if near.len() < MOST_NEAR && is_executable(&Path::new(folder).join(&name)) {
                near.insert(name);
            }
        }
    }
    near.into_iter().collect()
}

/// Names that are text, of the first entries of a folder.
fn names(folder: &Path) -> impl Iterator<Item = String> {
    fs::read_dir(folder).into_iter().flatten().take(MOST_NAMES).filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

fn look_at(text: &str, facts: &ShellFacts) -> PathSeen {
    let path = facts.cwd.join(super::expand_home(text, facts));
    let parent = path.parent().map(Path::to_owned).unwrap_or_else(|| PathBuf::from("/"));
    let metadata = path.metadata().ok();
    let there = path.symlink_metadata().is_ok();
    let mut seen = PathSeen {
        exists: metadata.is_some(),
        is_folder: metadata.as_ref().is_some_and(fs::Metadata::is_dir),
        is_executable: is_executable(&path),
        has_parent: parent.is_dir(),
        may_read: platform::may_read(&path),
        may_replace: platform::may_write(&parent),
        is_own: metadata.as_ref().is_some_and(platform::is_own),
        ..PathSeen::default()
    };
    seen.may_write = if there { platform::may_write(&path) } else { seen.may_replace };
    if !seen.exists {
        reach(text, facts, &mut seen);
    }
    seen
}

/// How far a path leads, and what is there in place of what is missing.
fn reach(text: &str, facts: &ShellFacts, seen: &mut PathSeen) {
    let parts: Vec<&str> = text.split('/').collect();
    let mut folder = if text.starts_with('/') { PathBuf::from("/") } else { facts.cwd.clone() };
    for (at, part) in parts.iter().enumerate() {
        let next = match (at, *part) {
            (_, "") => folder.clone(),
            (0, "~") => facts.home.clone().unwrap_or_else(|| folder.join("~")),
            (_, part) => folder.join(part),
        };
        if next.metadata().is_err() {
            seen.reached = at;
            for name in names(&folder).filter(|name| is_near(part, name)).take(MOST_NEAR) {
                let is_folder = folder.join(&name).is_dir();
                if is_folder { &mut seen.folders } else { &mut seen.files }.push(name);
            }
            return;
        }
        folder = next;
    }
    seen.reached = parts.len();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::facts;

    #[test]
    fn paths_are_seen_from_the_asking_shell() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("Downloads/music")).unwrap();
        fs::write(temp.path().join("readme.md"), "").unwrap();
        let facts = ShellFacts { home: Some(temp.path().to_owned()), ..facts("", temp.path()) };
        let seen = |path: &str| look_at(path, &facts);
        let near = seen("Donwloads");
        assert_eq!((near.exists, near.reached, near.has_parent, near.folders), (false, 0, true, vec!["Downloads".to_owned()]));
        let deep = seen("~/Downloads/musci/x");
        assert_eq!((deep.reached, deep.has_parent, deep.folders), (2, false, vec!["music".to_owned()]));
        let deep = seen(&format!("{}/Downloads/musci", temp.path().display()));
        assert_eq!(deep.folders, ["music"]);
        let there = seen("Downloads");
        assert!(there.exists && there.is_folder && there.may_write && there.is_own);
        assert_eq!(seen("raedme.md").files, ["readme.md"]);
        assert!(!seen("new/").exists && seen("new/").may_write);
    }

    #[test]
    fn commands_are_looked_up_on_the_search_path_of_the_asking_shell() {
        use std::os::unix::fs::PermissionsExt;
        let temp = tempfile::tempdir().unwrap();
        for (name, mode) in [("frobnicate", 0o755), ("frobnicator", 0o644)] {
            fs::write(temp.path().join(name), "").unwrap();
            fs::set_permissions(temp.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        let facts = ShellFacts { own_commands: vec!["deploy".to_owned()], ..facts(temp.path().to_str().unwrap(), temp.path()) };
        let commands = ["frobnciate", "frobnicate", "depoly", "ehco"].map(str::to_owned).into();
        let seen = look(&Wanted { commands, ..Wanted::default() }, &facts);
        let near = |word: &str| seen.near.get(word).cloned();
        assert_eq!(near("frobnciate"), Some(vec!["frobnicate".to_owned()]));
        assert_eq!(near("frobnicate"), None);
        assert_eq!(near("depoly"), Some(vec!["deploy".to_owned()]));
        assert_eq!(near("ehco"), Some(vec!["echo".to_owned()]));
        assert!(seen.programs.contains("frobnicate") && seen.commands.contains("frobnicate") && !seen.late);
    }

    #[test]
    fn what_takes_too_long_is_left_out_and_said() {
        let (hold, wait) = mpsc::channel::<()>();
        let looking = Arc::default();
        let seen = within(Duration::from_millis(1), &looking, move |_| {
            let _ = wait.recv();
        });
        assert_eq!(seen, Seen { late: true, ..Seen::default() });
        drop(hold);
        let seen = within(Duration::from_secs(20), &looking, |tell| tell(&Seen { is_root: true, ..Seen::default() }));
        assert!(seen.is_root && !seen.late);
    }

    #[test]
    fn looks_that_hang_do_not_pile_up() {
        let looking = Arc::default();
        let begun = Arc::new(());
        let (hold, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        for _ in 0..2 * MOST_LOOKING {
            let (wait, begun) = (Arc::clone(&wait), Arc::clone(&begun));
            within(Duration::from_millis(1), &looking, move |_| {
                let _begun = begun;
                let _ = wait.lock().unwrap().recv();
            });
        }
        assert_eq!(Arc::strong_count(&begun), MOST_LOOKING + 1);
        drop(hold);
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while Arc::strong_count(&looking) > 1 {
            assert!(std::time::Instant::now() < deadline);
            std::thread::yield_now();
        }
        let seen = within(Duration::from_secs(20), &looking, |tell| tell(&Seen { is_root: true, ..Seen::default() }));
        assert!(seen.is_root, "there is room again");
    }
}
