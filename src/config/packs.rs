//! The folder of intents beside the configuration file: what is in it, read again when it changed. What the texts mean
//! is the translator's business.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::owned::{Stamp, is_missing, problem, settled, stamp};
use super::{ConfigProblem, read_text};

/// Files that are read at most.
const MOST_FILES: usize = 64;
/// Longest file, in bytes.
const MOST_BYTES: usize = 256 * 1024;
/// Names that are looked at in the folder.
const MOST_NAMES: usize = 10_000;

/// What the folder holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PackFiles {
    /// The files that could be read, in the order of their names.
    pub files: Vec<(PathBuf, String)>,
    /// What is wrong with the others.
    pub problems: Vec<ConfigProblem>,
}

/// The folder of one user, kept up to date.
#[derive(Debug)]
pub struct PackFolder {
    folder: Option<PathBuf>,
    /// The state that was read last, if no later one can be mistaken for it.
    seen: Option<Vec<(PathBuf, Stamp)>>,
    current: Arc<PackFiles>,
}

impl PackFolder {
    /// A loader for `folder`; nothing is read yet.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, seen: None, current: Arc::default() }
    }

    /// What is in it now; the same value as long as nothing changed.
    pub fn current(&mut self) -> Arc<PackFiles> {
        if let Some(folder) = self.folder.clone() {
            self.refresh(&folder);
        }
        Arc::clone(&self.current)
    }

    fn refresh(&mut self, folder: &Path) {
        let (paths, left_out) = match names(folder) {
            Ok(found) => found,
            Err(failed) => {
                self.seen = None;
                return self.hold(PackFiles { files: Vec::new(), problems: vec![failed] });
            }
        };
        let metadata = |path: &PathBuf| fs::metadata(path).ok().map(|metadata| (path.clone(), metadata));
        let found: Vec<_> = paths.iter().filter_map(metadata).collect();
        let stamps: Vec<_> = found.iter().map(|(path, metadata)| (path.clone(), stamp(metadata))).collect();
        if self.seen.as_ref() == Some(&stamps) {
            return;
        }
        self.seen = found.iter().all(|(_, metadata)| settled(metadata)).then_some(stamps);
        let mut packs = PackFiles { files: Vec::new(), problems: left_out.into_iter().collect() };
        for path in paths {
            match read_pack(&path) {
                Ok(Some(text)) => packs.files.push((path, text)),
                // It went away in the meantime.
                Ok(None) => {}
                Err(problem) => packs.problems.push(problem),
            }
        }
        self.hold(packs);
    }

    fn hold(&mut self, packs: PackFiles) {
        if *self.current != packs {
            self.current = Arc::new(packs);
        }
    }
}

/// The text of one pack; `None` if there is no such file.
///
/// # Errors
/// When it cannot be read, is too long, or others could write it.
pub fn read_pack(path: &Path) -> Result<Option<String>, ConfigProblem> {
    match read_text(path)? {
        Some((text, _)) if text.len() > MOST_BYTES => Err(problem(path, "larger than 256 KiB").with_hint("split it into several files")),
        found => Ok(found.map(|(text, _)| text)),
    }
}

/// The packs of a folder in the order of their names, and what is wrong when there are too many.
fn names(folder: &Path) -> Result<(Vec<PathBuf>, Option<ConfigProblem>), ConfigProblem> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_missing(&error) => return Ok((Vec::new(), None)),
        Err(error) => return Err(problem(folder, error.to_string())),
    };
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_pack = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml") && !hidden(path);
    let mut paths: Vec<PathBuf> = entries.take(MOST_NAMES).flatten().map(|entry| entry.path()).filter(is_pack).collect();
    paths.sort();
    let left_out = paths
        .get(MOST_FILES)
        .map(|first| problem(folder, format!("more than {MOST_FILES} files; {} and what comes after it is left out", first.display())));
    paths.truncate(MOST_FILES);
    Ok((paths, left_out))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Place {
        temp: tempfile::TempDir,
        folder: PackFolder,
    }

    impl Place {
        fn new() -> Self {
            let temp = tempfile::tempdir().unwrap();
            Self { folder: PackFolder::new(Some(temp.path().join("intents"))), temp }
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.temp.path().join("intents").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            path
        }

        fn texts(&mut self) -> Vec<String> {
            self.folder.current().files.iter().map(|(_, text)| text.clone()).collect()
        }

        fn problems(&mut self) -> Vec<String> {
            self.folder.current().problems.iter().map(|problem| problem.cause.clone()).collect()
        }
    }

    #[test]
    fn what_changes_in_the_folder_is_seen() {
        let mut place = Place::new();
        assert_eq!(place.texts(), [""; 0]);
        let b = place.write("b.toml", "b");
        place.write("a.toml", "a");
        place.write("notes.txt", "n");
        place.write(".hidden.toml", "h");
        assert_eq!(place.texts(), ["a", "b"]);
        // A change of the same length, at once.
        place.write("b.toml", "c");
        assert_eq!(place.texts(), ["a", "c"]);
        let before = place.folder.current();
        assert!(Arc::ptr_eq(&before, &place.folder.current()));
        fs::remove_file(b).unwrap();
        assert_eq!(place.texts(), ["a"]);
        assert_eq!(PackFolder::new(None).current(), Arc::default());
    }

    #[test]
    fn what_is_no_pack_is_named_and_the_others_are_read() {
        let mut place = Place::new();
        place.write("a.toml", "a");
        place.write("b.toml", &"#".repeat(MOST_BYTES + 1));
        let open = place.write("c.toml", "c");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o666)).unwrap();
        fs::create_dir(place.temp.path().join("intents/d.toml")).unwrap();
        assert_eq!(place.texts(), ["a"]);
        assert_eq!(place.problems(), ["larger than 256 KiB", "other users can write it (mode 0666)", "is a directory"]);
        for number in 0..MOST_FILES {
            place.write(&format!("b{number:02}.toml"), "x");
        }
        assert_eq!(place.texts().len(), MOST_FILES - 1);
        assert!(place.problems().iter().any(|problem| problem.starts_with("more than 64 files; ")));
        fs::remove_dir_all(place.temp.path().join("intents")).unwrap();
        fs::write(place.temp.path().join("intents"), "").unwrap();
        assert_eq!((place.texts(), place.problems()), (Vec::new(), Vec::new()));
    }
}
