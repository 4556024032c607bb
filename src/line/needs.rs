//! The line that says what needs the user. It comes along with an answer, once a day for each cause, over all shells.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::SystemTime;

use crate::platform;

/// What was told today, a line each. It lies with the other hints.
const NAME: &str = "hints.needs";
/// More is not read.
const MOST_BYTES: u64 = 4096;

/// Whether one of these causes was not told today. Without a place to remember that, none ever is.
pub fn is_due<'a>(state_dir: Option<&Path>, causes: impl IntoIterator<Item = &'a str>) -> bool {
    let mut causes = causes.into_iter().peekable();
    let Some(directory) = state_dir.filter(|_| causes.peek().is_some()) else { return false };
    let told = told(&directory.join(NAME)).unwrap_or_default();
    let today = platform::local_day(SystemTime::now());
    causes.any(|cause| !is_told(&told, today, cause))
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
    let mut file = platform::open_private(&directory.join(NAME), OpenOptions::new().read(true).write(true).create(true)).ok()??;
    file.lock().ok()?;
    let mut told = String::new();
    Read::by_ref(&mut file).take(MOST_BYTES).read_to_string(&mut told).ok()?;
    let (cause, text) = needs.find(|(cause, _)| !is_told(&told, today, cause))?;
    let kept: Vec<&str> = told.lines().filter(|line| line.starts_with(&format!("{today} "))).collect();
    let lines: String = kept.into_iter().map(str::to_owned).chain([format!("{today} {cause}")]).map(|line| line + "\n").collect();
    file.set_len(0).ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    file.write_all(lines.as_bytes()).ok()?;
    Some(text)
}

fn told(path: &Path) -> Option<String> {
    let mut text = String::new();
    let file = platform::open_private(path, OpenOptions::new().read(true)).ok()??;
    file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

fn is_told(told: &str, today: i32, cause: &str) -> bool {
    let line = format!("{today} {cause}");
    told.lines().any(|told| told == line)
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
    fn where_nothing_can_be_kept_nothing_is_told() {
        assert_eq!(claim(Some(Path::new("/proc/nonexistent")), NEEDS), None);
        assert_eq!(claim(None, NEEDS), None);
    }
}
