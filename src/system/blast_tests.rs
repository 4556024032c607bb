//! What is counted and how it is said, on real files and on a file system of the test's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use super::*;
use crate::system::tests::facts;

fn effect(kind: EffectKind, path: &str, recursive: bool) -> Effect {
    Effect { kind, path: path.to_owned(), recursive, loss: None }
}

fn delete(path: &str) -> Effect {
    effect(EffectKind::Delete, path, true)
}

fn overwrite(path: &str) -> Effect {
    effect(EffectKind::Overwrite, path, false)
}

fn place() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let at = root.path();
    fs::create_dir_all(at.join("build/deep/er")).unwrap();
    fs::create_dir_all(at.join("empty/nothing")).unwrap();
    for (name, bytes) in
        [("build/a.o", 1_200), ("build/deep/b.o", 2_000_000), ("build/deep/er/.c", 10), ("notes.txt", 12_345), ("x.log", 1)]
    {
        fs::write(at.join(name), vec![b'x'; bytes]).unwrap();
    }
    fs::write(at.join(".hidden.log"), "x").unwrap();
    fs::write(at.join("none.txt"), "").unwrap();
    root
}

fn said(root: &tempfile::TempDir, effects: &[Effect]) -> Option<String> {
    // No wall time decides here: only what hangs is cut off.
    measure(effects, &facts("", root.path()), || Disk { remote: RemoteMounts::read() }, Duration::from_secs(20)).said
}

#[test]
fn what_is_reached_is_said_in_one_line() {
    let root = place();
    for (effects, expected) in [
        (vec![delete("build")], Some("deletes 3 files (2.0 MB) under ./build")),
        (vec![delete("./build/")], Some("deletes 3 files (2.0 MB) under ./build")),
        (vec![delete("build/deep/er")], Some("deletes 1 file (10 bytes) under ./build/deep/er")),
        (vec![delete("notes.txt")], Some("deletes notes.txt (12 KB)")),
        (vec![effect(EffectKind::Delete, "notes.txt", false)], Some("deletes notes.txt (12 KB)")),
        (vec![delete("empty")], Some("deletes 2 empty directories under ./empty")),
        (vec![delete("missing")], None),
        (vec![delete("missing/*")], None),
        (vec![effect(EffectKind::Delete, "build", false)], None),
        (vec![delete("*.log")], Some("deletes 1 file (1 byte) matching *.log")),
        (vec![delete("{x}.log")], None),
        (vec![delete("\\*.log")], None),
        (vec![delete("build/*")], Some("deletes 3 files (2.0 MB) matching build/*")),
        (vec![delete("*/d??p/[a-b].o")], Some("deletes 1 file (2.0 MB) matching */d??p/[a-b].o")),
        (vec![delete("build"), delete("empty")], Some("deletes 3 files (2.0 MB) under ./build and ./empty")),
        (vec![delete("notes.txt"), delete("x.log"), delete("gone")], Some("deletes 2 files (12 KB)")),
        (vec![delete("build"), delete("build/deep")], Some("deletes 3 files (2.0 MB) under ./build")),
        (vec![overwrite("notes.txt")], Some("overwrites notes.txt (12 KB)")),
        (vec![overwrite("none.txt")], None),
        (vec![overwrite("build")], None),
        (vec![overwrite("/dev/null")], None),
        (vec![effect(EffectKind::ChangeAccess, "build", true)], Some("changes 6 files under ./build")),
        (vec![effect(EffectKind::ChangeAccess, "notes.txt", false)], None),
        (vec![effect(EffectKind::ChangeAccess, "*.txt", false)], Some("changes 2 files matching *.txt")),
        (vec![overwrite("notes.txt"), delete("x.log")], Some("deletes x.log (1 byte); overwrites notes.txt (12 KB)")),
        (vec![], None),
    ] {
        assert_eq!(said(&root, &effects).as_deref(), expected, "{effects:?}");
    }
    let absolute = root.path().join("build").to_str().unwrap().to_owned();
    assert!(said(&root, &[delete(&absolute)]).is_some_and(|text| text.starts_with("deletes 3 files (2.0 MB) under /")));
}

#[test]
fn what_would_be_lost_is_looked_at_before_anything_is_counted() {
    let root = place();
    let many = root.path().join("many");
    fs::create_dir(&many).unwrap();
    (0..=ENTRY_LIMIT).for_each(|number| fs::write(many.join(number.to_string()), "").unwrap());
    let line = "chmod -R u+r many && cp missing notes.txt";
    let effects = crate::validate::check(line, &crate::validate::Policy::new(ShellKind::Bash)).effects;
    let lossy = effects.iter().position(|effect| effect.loss.is_some()).unwrap();
    let described = measure(&effects, &facts("", root.path()), || Disk { remote: RemoteMounts::read() }, Duration::from_secs(20));
    assert!(lossy > 0 && described.reached.contains(&lossy), "{effects:?} {:?}", described.reached);
    assert!(described.said.is_some_and(|said| said.starts_with("overwrites notes.txt (12 KB); changes at least ")));
}

#[test]
fn the_home_of_the_asking_shell_counts() {
    let root = place();
    let mut facts = facts("", Path::new("/"));
    assert_eq!(describe(&[delete("~/build")], &facts), None, "no home is known");
    facts.home = Some(root.path().to_owned());
    let effects = [delete("~/build")];
    let said = measure(&effects, &facts, || Disk { remote: RemoteMounts::read() }, Duration::from_secs(20)).said;
    assert_eq!(said.as_deref(), Some("deletes 3 files (2.0 MB) under ~/build"));
}

#[test]
fn double_stars_mean_what_the_shell_means() {
    let root = place();
    let said = |shell: ShellKind, path: &str| {
        let facts = ShellFacts { shell, ..facts("", root.path()) };
        measure(&[delete(path)], &facts, || Disk { remote: RemoteMounts::read() }, Duration::from_secs(20)).said
    };
    assert_eq!(said(ShellKind::Bash, "**/*.o").as_deref(), Some("deletes 1 file (1 KB) matching **/*.o"));
    assert_eq!(said(ShellKind::Zsh, "**/*.o").as_deref(), Some("deletes 2 files (2.0 MB) matching **/*.o"));
    assert_eq!(said(ShellKind::Fish, "**.o").as_deref(), Some("deletes 2 files (2.0 MB) matching **.o"));
}

#[test]
fn links_are_not_followed_and_pipes_are_not_opened() {
    let root = place();
    let at = root.path();
    std::os::unix::fs::symlink(at, at.join("build/loop")).unwrap();
    std::os::unix::fs::symlink("self", at.join("self")).unwrap();
    std::os::unix::fs::symlink("notes.txt", at.join("link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, at.join("build/pipe"), rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    assert_eq!(said(&root, &[delete("build")]).as_deref(), Some("deletes 5 files (2.0 MB) under ./build"));
    assert_eq!(said(&root, &[delete("link")]).as_deref(), Some("deletes link (0 bytes)"));
    assert_eq!(said(&root, &[overwrite("link")]).as_deref(), Some("overwrites link (12 KB)"));
    assert_eq!(said(&root, &[overwrite("self")]), None);
    assert_eq!(said(&root, &[overwrite("build/pipe")]), None);
    assert_eq!(said(&root, &[delete("loop/*"), delete("build/loop/loop/x")]), None);
}

#[test]
fn many_entries_are_counted_up_to_the_limit() {
    let root = tempfile::tempdir().unwrap();
    for directory in 0..12 {
        let directory = root.path().join(format!("d{directory}"));
        fs::create_dir(&directory).unwrap();
        (0..1_000).for_each(|file| drop(fs::File::create(directory.join(file.to_string())).unwrap()));
    }
    let text = said(&root, &[delete(".")]).unwrap();
    assert!(text.starts_with("deletes at least 9,") && text.ends_with(" files (0 bytes) under ."), "{text}");
    let text = said(&root, &[delete("*/*")]).unwrap();
    assert!(text.starts_with("deletes at least 9,") && text.ends_with(" files (0 bytes) matching */*"), "{text}");
    // One target beyond the limit takes nothing away from what the others showed.
    let text = said(&root, &[delete("d1"), delete("*/*"), delete("d2")]).unwrap();
    assert!(text.starts_with("deletes at least "), "{text}");
}

#[test]
fn a_directory_of_a_hundred_thousand_names_is_read_up_to_the_limit() {
    let names: Vec<&'static str> = vec!["same"; 100_000];
    let fake = || Fake { directories: [(PathBuf::from("/w/a"), names.clone())].into(), ..Fake::default() };
    let text = faked(fake(), &[delete("a")], LONG);
    assert_eq!(text.as_deref(), Some("deletes at least 1 file (10 bytes) under ./a"), "one name counts once");
    let text = faked(fake(), &[delete("a/*"), delete("a")], LONG);
    assert_eq!(text.as_deref(), Some("deletes at least 1 file (10 bytes) matching a/*"));
}

/// A file system of the test's own: directories with their entries; everything else is a file of 10 bytes.
#[derive(Default)]
struct Fake {
    directories: BTreeMap<PathBuf, Vec<&'static str>>,
    devices: BTreeMap<PathBuf, u64>,
    refused: Vec<PathBuf>,
    remote: Vec<PathBuf>,
    /// Looking at this never ends until the sender of the channel is gone.
    hangs: Option<(PathBuf, Mutex<mpsc::Receiver<()>>)>,
}

impl Fake {
    fn with(entries: &[(&str, &[&'static str])]) -> Self {
        Self { directories: entries.iter().map(|(path, names)| (PathBuf::from(path), names.to_vec())).collect(), ..Self::default() }
    }
}

impl Files for Fake {
    fn look(&self, path: &Path) -> io::Result<Entry> {
        assert!(!self.is_remote(path), "{} was touched", path.display());
        if let Some((hanging, until)) = &self.hangs
            && path == hanging
        {
            let _ = until.lock().unwrap().recv();
        }
        let device = self.devices.get(path).copied().unwrap_or(1);
        let kind = if self.directories.contains_key(path) { Kind::Directory } else { Kind::File };
        Ok(Entry { kind, bytes: 10, device })
    }

    fn follow(&self, path: &Path) -> io::Result<Entry> {
        self.look(path)
    }

    fn list(&self, directory: &Path, each: &mut dyn FnMut(&OsStr) -> bool) -> io::Result<()> {
        assert!(!self.is_remote(directory), "{} was touched", directory.display());
        if self.refused.iter().any(|refused| refused == directory) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let names = self.directories.get(directory).ok_or(io::ErrorKind::NotADirectory)?;
        let _ = names.iter().all(|name| each(OsStr::new(name)));
        Ok(())
    }

    fn is_remote(&self, path: &Path) -> bool {
        self.remote.iter().any(|remote| path.starts_with(remote))
    }
}

fn faked(fake: Fake, effects: &[Effect], limit: Duration) -> Option<String> {
    measure(effects, &facts("", Path::new("/w")), move || fake, limit).said
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn what_cannot_be_looked_at_makes_the_number_a_lower_bound() {
    let tree: &[(&str, &[&'static str])] = &[("/w/a", &["x", "sub"]), ("/w/a/sub", &["y"])];
    let sure = Some("deletes 2 files (20 bytes) under ./a".to_owned());
    assert_eq!(faked(Fake::with(tree), &[delete("a")], LONG), sure);
    let less = Some("deletes at least 1 file (10 bytes) under ./a".to_owned());
    let refused = Fake { refused: vec!["/w/a/sub".into()], ..Fake::with(tree) };
    assert_eq!(faked(refused, &[delete("a")], LONG), less);
    let other_disk = Fake { devices: [(PathBuf::from("/w/a/sub"), 2)].into(), ..Fake::with(tree) };
    assert_eq!(faked(other_disk, &[delete("a")], LONG), less);
    let remote = Fake { remote: vec!["/w/a/sub".into()], ..Fake::with(tree) };
    assert_eq!(faked(remote, &[delete("a")], LONG), less);
    let all_remote = Fake { remote: vec!["/w".into()], ..Fake::with(tree) };
    assert_eq!(faked(all_remote, &[delete("a"), delete("*"), overwrite("b")], LONG), None);
}

#[test]
fn a_mount_that_hangs_costs_the_limit_and_keeps_what_was_counted() {
    let tree: &[(&str, &[&'static str])] = &[("/w/a", &["x", "stuck", "z"])];
    for (hanging, expected) in [("/w/a/stuck", Some("deletes at least 1 file (10 bytes) under ./a")), ("/w/a", None)] {
        let (alive, until) = mpsc::channel();
        let fake = Fake { hangs: Some((hanging.into(), Mutex::new(until))), ..Fake::with(tree) };
        let begun = Instant::now();
        // It would wait for ever: the sender lives until after the answer.
        let said = faked(fake, &[delete("a")], TIME_LIMIT);
        assert!(begun.elapsed() >= TIME_LIMIT);
        assert_eq!(said.as_deref(), expected);
        drop(alive);
    }
}

#[test]
fn numbers_and_sizes_read_well() {
    for (bytes, text) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (812, "812 bytes"),
        (1_000, "1 KB"),
        (12_345, "12 KB"),
        (999_400, "999 KB"),
        (999_600, "1.0 MB"),
        (12_400_000, "12.4 MB"),
        (3_050_000_000, "3.1 GB"),
        (u64::MAX, "18446744.1 TB"),
    ] {
        assert_eq!(size(bytes), text);
    }
    for (number, text) in [(1, "1"), (999, "999"), (1_203, "1,203"), (10_000_000, "10,000,000")] {
        assert_eq!(grouped(number), text);
    }
    assert_eq!(label(&"d/".repeat(60), true).chars().count(), LABEL_LIMIT - 1);
    assert_eq!(label("a\u{1b}[31m", false), "a?[31m");
    assert_eq!(label("/", true), "/");
}
