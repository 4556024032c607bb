//! The line of help that the first answer of an installation brings along, and never again.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::domain::ShellKind;
use crate::paths::Paths;

/// The empty file that says that the line was shown.
const MARKER: &str = "welcomed";

/// Whether nobody has been shown the line yet. Without a place to remember that, nobody ever is.
pub fn is_due(state_dir: Option<&Path>) -> bool {
    state_dir.is_some_and(|directory| fs::symlink_metadata(directory.join(MARKER)).is_err())
}

/// The line, if nobody has been shown it yet. Every other key press pays one look at one file. Whoever makes the file shows the line, so
/// two shells cannot both do so; where nothing can be kept it would come with each answer, and is left out. `key` says what the key is called.
pub fn help(shell: ShellKind, paths: &Paths, key: &dyn Fn() -> String) -> Option<String> {
    let directory = paths.state_dir.as_deref()?;
    let marker = directory.join(MARKER);
    if fs::symlink_metadata(&marker).is_ok() {
        return None;
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).ok()?;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&marker).ok()?;
    let undo = if shell == ShellKind::Fish { "Ctrl-Z" } else { "Ctrl-_" };
    Some(format!("Enter runs it, {}: the next, {undo}: your words, Ctrl-C: none; gptos tour", key()))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    fn key() -> String {
        "Ctrl-G".to_owned()
    }

    fn paths(home: &Path) -> Paths {
        Paths::resolve(&|name| (name == "HOME").then(|| OsString::from(home)), 1000, &|| Some(PathBuf::from("/nonexistent")))
    }

    #[test]
    fn it_is_shown_once_and_fits_a_narrow_terminal() {
        for shell in ShellKind::ALL {
            let home = tempfile::tempdir().unwrap();
            let paths = paths(home.path());
            let line = help(shell, &paths, &key).expect("the first time");
            assert!(line.chars().count() < 80, "{line}");
            assert!(["Enter", "Ctrl-G: the next", "Ctrl-C", "gptos tour"].iter().all(|part| line.contains(part)), "{line}");
            for other in ShellKind::ALL {
                assert_eq!(help(other, &paths, &key), None);
            }
            let marker = paths.state_dir.unwrap().join(MARKER);
            assert_eq!(fs::metadata(marker).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn of_many_shells_one_shows_it() {
        let home = tempfile::tempdir().unwrap();
        let paths = paths(home.path());
        let shown = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| help(ShellKind::Bash, &paths, &key).is_some())).collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).filter(|shown| *shown).count()
        });
        assert_eq!(shown, 1);
    }

    #[test]
    fn where_nothing_can_be_kept_it_is_left_out() {
        assert_eq!(help(ShellKind::Zsh, &paths(Path::new("/proc/nonexistent")), &key), None);
        let file = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(help(ShellKind::Zsh, &paths(file.path()), &key), None);
    }
}
