//! What can be seen of the place where a shell stands.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::domain::ContextField;
use crate::suggest::ports::{SeenPlace, Surroundings};

/// Most names of files that are looked at.
const MAX_FILES: usize = 500;
/// Git keeps one line in its files of this kind.
const MAX_LINE: u64 = 4096;

/// The file system as this process sees it.
#[derive(Debug, Clone, Copy)]
pub struct FileSystem;

impl Surroundings for FileSystem {
    fn look(&self, fields: &[ContextField], cwd: &Path) -> SeenPlace {
        let wanted = |field| fields.contains(&field);
        SeenPlace {
            folder: wanted(ContextField::Folder).then(|| Some(cwd.file_name()?.to_str()?.to_owned())).flatten(),
            branch: wanted(ContextField::Branch).then(|| branch(cwd)).flatten(),
            files: if wanted(ContextField::Files) { files(cwd) } else { Vec::new() },
        }
    }
}

/// Names that are not text are left out: nobody could write them into an answer.
fn files(cwd: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(cwd) else { return Vec::new() };
    let mut names: Vec<String> = entries.take(MAX_FILES).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The branch that is checked out in the nearest repository, read from its files: git itself may run hooks.
fn branch(cwd: &Path) -> Option<String> {
    head_branch(&git_folder(cwd)?)
}

/// Where the nearest repository keeps what belongs to this worktree.
pub(super) fn git_folder(cwd: &Path) -> Option<PathBuf> {
    let git = cwd.ancestors().map(|folder| folder.join(".git")).find(|git| git.symlink_metadata().is_ok())?;
    match line(&git).and_then(|line| line.strip_prefix("gitdir: ").map(str::to_owned)) {
        Some(elsewhere) => Some(git.parent()?.join(elsewhere)),
        None => Some(git),
    }
}

/// The branch that such a folder says is checked out.
pub(super) fn head_branch(git: &Path) -> Option<String> {
    line(&git.join("HEAD"))?.strip_prefix("ref: refs/heads/").map(str::to_owned)
}

fn line(file: &Path) -> Option<String> {
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    fs::File::open(file).ok()?.take(MAX_LINE).read_to_string(&mut text).ok()?;
    text.lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wanted_is_seen() {
        let temp = tempfile::tempdir().unwrap();
        let work = temp.path().join("work");
        fs::create_dir_all(work.join("src")).unwrap();
        fs::create_dir(work.join(".git")).unwrap();
        fs::write(work.join(".git/HEAD"), "ref: refs/heads/topic/x\n").unwrap();
        fs::write(work.join("b.txt"), "").unwrap();
        let see = |fields: &[ContextField], at: &Path| FileSystem.look(fields, at);
        assert_eq!(see(&[], &work), SeenPlace::default());
        assert_eq!(see(&[ContextField::Folder], &work), SeenPlace { folder: Some("work".into()), ..SeenPlace::default() });
        let all = see(&ContextField::ALL, &work);
        assert_eq!((all.branch.as_deref(), all.files), (Some("topic/x"), [".git", "b.txt", "src"].map(str::to_owned).to_vec()));
        assert_eq!(see(&[ContextField::Branch], &work.join("src")).branch.as_deref(), Some("topic/x"), "from below");
        fs::write(work.join(".git/HEAD"), "5174f31f48e56547ee73b4c7d33a7a1bca02840f\n").unwrap();
        assert_eq!(see(&ContextField::ALL, &work).branch, None, "no branch is checked out");
        assert_eq!(see(&ContextField::ALL, &temp.path().join("absent")).files, Vec::<String>::new());
    }

    #[test]
    fn a_repository_that_is_kept_elsewhere_is_found() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("main/.git/worktrees/w")).unwrap();
        fs::create_dir(temp.path().join("w")).unwrap();
        fs::write(temp.path().join("main/.git/worktrees/w/HEAD"), "ref: refs/heads/side\n").unwrap();
        fs::write(temp.path().join("w/.git"), "gitdir: ../main/.git/worktrees/w\n").unwrap();
        assert_eq!(FileSystem.look(&ContextField::ALL, &temp.path().join("w")).branch.as_deref(), Some("side"));
    }
}
