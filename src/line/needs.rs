//! The line that says what needs the user. It comes along with an answer, or before the next prompt, once a day for each cause, over all
//! shells.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::domain::Cause;
use crate::platform;

/// What was told today, a line each. It lies with the other hints. An empty one may say by the time of its last change on which day the disk
/// was said to be full: that takes no room.
const NAME: &str = "hints.needs";
/// What is to be told before the next prompt, a cause and its text a line. The shells look whether it is there and not empty.
const NOTICE: &str = "notice";
/// More is not read.
const MOST_BYTES: u64 = 4096;

/// Whether one of these causes was not told today. Without a place to remember that, none ever is.
pub fn is_due<'a>(state_dir: Option<&Path>, causes: impl IntoIterator<Item = &'a str>) -> bool {
    let mut causes = causes.into_iter().peekable();
    let Some(directory) = state_dir.filter(|_| causes.peek().is_some()) else { return false };
    let told = open(&directory.join(NAME), OpenOptions::new().read(true)).map(|file| Told::read(&file)).unwrap_or_default();
    let today = platform::local_day(SystemTime::now());
    causes.any(|cause| !told.holds(today, cause))
}

/// The first of these needs, each a cause and a text, that was not told today. Whoever gets it tells it: two shells do not get
/// the same, and where nothing can be kept it would come with each answer, and is left out.
pub fn claim<'a>(state_dir: Option<&Path>, needs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    claim_on(platform::local_day(SystemTime::now()), state_dir, needs)
}

fn claim_on<'a>(today: i32, state_dir: Option<&Path>, needs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<&'a str> {
    let mut needs = needs.into_iter().peekable();
    let directory = state_dir.filter(|_| needs.peek().is_some())?;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).ok()?;
    let path = directory.join(NAME);
    let file = open(&path, OpenOptions::new().read(true).write(true).create(true))?;
    // Whoever has the lock tells; an answer waits for nobody.
    file.try_lock().ok()?;
    let told = Told::read(&file);
    let (cause, text) = needs.find(|(cause, _)| !told.holds(today, cause))?;
    let kept: Vec<&str> = told.lines.lines().filter(|line| line.starts_with(&format!("{today} "))).collect();
    let lines: String = kept.into_iter().map(str::to_owned).chain([format!("{today} {cause}")]).map(|line| line + "\n").collect();
    if put(&file, &lines).is_ok() {
        return Some(text);
    }
    if cause != Cause::Disk.name() {
        let _ = fs::remove_file(&path);
        return None;
    }
    file.set_len(0).and_then(|()| file.set_modified(mark(today)?)).ok()?;
    Some(text)
}

/// Leaves these needs where the shells look before each prompt, if one of them was not told today, and takes away what lies there
/// otherwise. Where nothing can be kept nothing is left.
pub fn leave<'a>(state_dir: Option<&Path>, needs: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let Some(directory) = state_dir else { return };
    let needs: Vec<_> = needs.into_iter().collect();
    let path = directory.join(NOTICE);
    if !is_due(state_dir, needs.iter().map(|(cause, _)| *cause)) {
        let _ = fs::remove_file(path);
        return;
    }
    let lines: String = needs.iter().map(|(cause, text)| format!("{cause} {}\n", text.replace('\n', " "))).collect();
    if read_notice(&path).as_deref() == Some(lines.as_str()) {
        return;
    }
    // Whoever reads it meanwhile sees all of it or none.
    let aside = directory.join(format!("{NOTICE}.{}", std::process::id()));
    let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    let file = open(&aside, OpenOptions::new().write(true).create_new(true));
    let is_left = file.is_some_and(|file| put(&file, &lines).is_ok()) && fs::rename(&aside, &path).is_ok();
    if !is_left {
        let _ = fs::remove_file(&aside);
    }
}

/// The first line of those that were left for the prompt and not told today. Whoever gets it tells it; when all are told they are
/// taken away.
pub fn take(state_dir: Option<&Path>) -> Option<String> {
    let path = state_dir?.join(NOTICE);
    let lines = read_notice(&path).unwrap_or_default();
    let needs = || lines.lines().filter_map(|line| line.split_once(' '));
    let told = claim(state_dir, needs()).map(str::to_owned);
    if !is_due(state_dir, needs().map(|(cause, _)| cause)) {
        let _ = fs::remove_file(path);
    }
    told
}

fn read_notice(path: &Path) -> Option<String> {
    let mut text = String::new();
    open(path, OpenOptions::new().read(true))?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The time that an empty file has for a day. No file gets it by being written.
fn mark(day: i32) -> io::Result<SystemTime> {
    let days = u64::try_from(day).map_err(|_| io::ErrorKind::InvalidInput)?;
    Ok(UNIX_EPOCH + Duration::from_secs(days * 24 * 3600))
}

fn open(path: &Path, options: &mut OpenOptions) -> Option<File> {
    platform::open_private(path, options).ok()?
}

/// Writes over what is there, whose room is taken already, before what is left of it goes.
fn put(file: &File, text: &str) -> io::Result<()> {
    file.write_all_at(text.as_bytes(), 0)?;
    file.set_len(text.len() as u64)
}

/// What a file says.
#[derive(Default)]
struct Told {
    lines: String,
    /// When an empty one was changed last.
    emptied: Option<SystemTime>,
}

impl Told {
    fn read(file: &File) -> Self {
        let mut bytes = Vec::new();
        // What cannot be read says nothing.
        let _ = file.take(MOST_BYTES).read_to_end(&mut bytes);
        let changed = || file.metadata().and_then(|facts| facts.modified()).ok();
        Self { emptied: if bytes.is_empty() { changed() } else { None }, lines: String::from_utf8_lossy(&bytes).into_owned() }
    }

    fn holds(&self, today: i32, cause: &str) -> bool {
        let line = format!("{today} {cause}");
        let is_marked = || self.emptied.is_some() && self.emptied == mark(today).ok();
        self.lines.lines().any(|told| told == line) || cause == Cause::Disk.name() && is_marked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: [(&str, &str); 2] = [("audit", "changed"), ("key", "refused")];

    #[test]
    fn each_cause_is_told_once_a_day() {
        let state = tempfile::tempdir().unwrap();
        let directory = Some(state.path());
        for (day, told) in [(5, Some("changed")), (5, Some("refused")), (5, None), (6, Some("changed")), (6, Some("refused")), (6, None)] {
            assert_eq!(claim_on(day, directory, NEEDS), told, "day {day}");
        }
        assert_eq!(fs::read_to_string(state.path().join(NAME)).unwrap().lines().count(), 2, "the days before are forgotten");
        assert!(is_due(directory, ["key"]) && !is_due(directory, []) && !is_due(None, ["key"]));
        assert_eq!(claim(directory, [NEEDS[1]]), Some("refused"));
        assert!(!is_due(directory, ["key"]) && is_due(directory, ["key", "audit"]));
    }

    #[test]
    fn of_many_shells_one_tells() {
        let state = tempfile::tempdir().unwrap();
        let told = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| claim(Some(state.path()), [NEEDS[0]]).is_some())).collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).filter(|told| *told).count()
        });
        assert_eq!(told, 1);
    }

    #[test]
    fn nobody_waits_for_who_has_the_file_and_what_is_damaged_is_written_anew() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(claim(Some(state.path()), [NEEDS[0]]), Some("changed"));
        let path = state.path().join(NAME);
        let held = File::options().read(true).open(&path).unwrap();
        held.lock().unwrap();
        let (asked, told) = std::sync::mpsc::channel();
        let directory = state.path().to_owned();
        let waiting = std::thread::spawn(move || asked.send(claim(Some(&directory), [NEEDS[1]]).is_some()));
        let told = told.recv_timeout(Duration::from_secs(20));
        drop(held);
        waiting.join().unwrap().unwrap();
        assert_eq!(told, Ok(false), "somebody else tells");
        assert_eq!(claim(Some(state.path()), [NEEDS[1]]), Some("refused"));
        fs::write(&path, b"\xff\xfe no text").unwrap();
        assert!(is_due(Some(state.path()), ["key"]));
        assert_eq!((claim(Some(state.path()), [NEEDS[1]]), claim(Some(state.path()), [NEEDS[1]])), (Some("refused"), None));
        // A pipe in its place is nobody's to write to, and nobody waits at its end.
        fs::remove_file(&path).unwrap();
        platform::make_named_pipe(&path).unwrap();
        assert_eq!((claim(Some(state.path()), NEEDS), is_due(Some(state.path()), ["key"])), (None, true));
    }

    #[test]
    fn an_empty_file_says_that_the_disk_was_full_that_day() {
        let state = tempfile::tempdir().unwrap();
        let path = state.path().join(NAME);
        let file = platform::open_private(&path, OpenOptions::new().write(true).create(true)).unwrap().unwrap();
        assert!(is_due(Some(state.path()), ["disk"]), "one that was just made says nothing");
        let today = platform::local_day(SystemTime::now());
        file.set_modified(mark(today).unwrap()).unwrap();
        assert!(!is_due(Some(state.path()), ["disk"]) && is_due(Some(state.path()), ["key"]));
        assert_eq!(claim_on(today, Some(state.path()), [("disk", "full")]), None);
        assert_eq!(claim_on(today + 1, Some(state.path()), [("disk", "full")]), Some("full"));
    }

    #[test]
    fn what_is_left_for_the_prompt_is_told_once_and_taken_away() {
        let state = tempfile::tempdir().unwrap();
        let (directory, path) = (Some(state.path()), state.path().join(NOTICE));
        assert_eq!(take(directory), None);
        leave(directory, NEEDS);
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777;
        assert_eq!(mode, 0o600);
        assert_eq!(claim(directory, [NEEDS[0]]), Some("changed"), "one was told beside an answer meanwhile");
        assert_eq!((take(directory).as_deref(), path.exists()), (Some("refused"), false));
        leave(directory, NEEDS);
        assert!(!path.exists(), "all of it was told today, whoever asks");
        leave(directory, [("spend", "reached\nand more")]);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "spend reached and more\n");
        leave(directory, []);
        assert!(!path.exists(), "what is mended is not told");
        fs::write(&path, b"\xff no text").unwrap();
        assert_eq!((take(directory), path.exists()), (None, false));
        assert_eq!(fs::read_dir(state.path()).unwrap().count(), 1, "nothing is left but what was told");
    }

    #[test]
    fn where_nothing_can_be_kept_nothing_is_told() {
        assert_eq!(claim(Some(Path::new("/proc/nonexistent")), NEEDS), None);
        assert_eq!(claim(None, NEEDS), None);
    }
}
