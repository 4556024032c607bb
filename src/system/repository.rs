//! A repository of git, read from its files: git itself may run hooks.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::place::{git_folder, head_branch};
use crate::fix::Repository;

/// Most names of branches and tags that are read.
const MOST_NAMES: usize = 5000;

/// Most bytes of a file that are read.
const MOST_BYTES: u64 = 1024 * 1024;

/// Deepest folders of branches: `feature/team/x`.
const DEEPEST: usize = 6;

/// Most folders below the working directory that are looked into.
const MOST_FOLDERS: usize = 200;

/// The repository that a folder is in.
pub(super) fn look(cwd: &Path) -> Option<Repository> {
    let git = git_folder(cwd)?;
    // A worktree keeps its branches where the others are.
    let shared = match text(&git.join("commondir")).lines().next() {
        Some(elsewhere) => git.join(elsewhere.trim()),
        None => git.clone(),
    };
    let mut names = BTreeSet::new();
    for kind in ["heads", "tags", "remotes"] {
        collect(&shared.join("refs").join(kind), "", 0, &mut |name| add(&mut names, kind, name));
    }
    for line in text(&shared.join("packed-refs")).lines() {
        let Some((kind, name)) = line.split_once(" refs/").and_then(|(_, name)| name.split_once('/')) else { continue };
        add(&mut names, kind, name);
    }
    let (remotes, tracking) = configured(&text(&shared.join("config")));
    let branch = head_branch(&git);
    let has_upstream = branch.as_ref().is_some_and(|branch| tracking.contains(branch));
    Some(Repository { branch, names, remotes, has_upstream })
}

/// Folders right below one that are repositories.
pub(super) fn below(cwd: &Path) -> Vec<String> {
    let entries = fs::read_dir(cwd).into_iter().flatten().take(MOST_FOLDERS);
    let mut found: Vec<String> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let is_folder = entry.file_type().ok()?.is_dir();
            (is_folder && entry.path().join(".git").exists()).then(|| entry.file_name().into_string().ok()).flatten()
        })
        .collect();
    found.sort();
    found
}

fn add(names: &mut BTreeSet<String>, kind: &str, name: &str) {
    if names.len() >= MOST_NAMES || name.ends_with("/HEAD") {
        return;
    }
    // A branch of a remote can be named with it and, to be checked out, without.
    if kind == "remotes"
        && let Some((_, branch)) = name.split_once('/')
    {
        names.insert(branch.to_owned());
    }
    if matches!(kind, "heads" | "tags" | "remotes") {
        names.insert(name.to_owned());
    }
}

fn collect(folder: &Path, before: &str, depth: usize, each: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).into_iter().flatten().take(MOST_NAMES).flatten() {
        let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
        let name = if before.is_empty() { name } else { format!("{before}/{name}") };
        if kind.is_dir() && depth < DEEPEST {
            collect(&entry.path(), &name, depth + 1, each);
        } else if kind.is_file() {
            each(&name);
        }
    }
}

/// The remotes, and the branches that have one to push to.
fn configured(text: &str) -> (Vec<String>, BTreeSet<String>) {
    let (mut remotes, mut tracking, mut section) = (Vec::new(), BTreeSet::new(), (String::new(), String::new()));
    for line in text.lines().map(str::trim) {
        if let Some(head) = line.strip_prefix('[').and_then(|head| head.split(']').next()) {
            let (kind, name) = head.split_once(' ').unwrap_or((head, ""));
            section = (kind.to_ascii_lowercase(), name.trim().trim_matches('"').to_owned());
            if section.0 == "remote" && !section.1.is_empty() {
                remotes.push(section.1.clone());
            }
        } else if section.0 == "branch" && line.to_ascii_lowercase().starts_with("merge") {
            tracking.insert(section.1.clone());
        }
    }
    remotes.dedup();
    (remotes, tracking)
}

/// The first part of a file; nothing of what is no file.
fn text(file: &PathBuf) -> String {
    let mut bytes = Vec::new();
    if file.metadata().is_ok_and(|metadata| metadata.is_file())
        && let Ok(open) = fs::File::open(file)
    {
        let _ = open.take(MOST_BYTES).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_remotes_and_upstreams_are_read_from_the_files() {
        let temp = tempfile::tempdir().unwrap();
        let git = temp.path().join(".git");
        fs::create_dir_all(git.join("refs/heads/topic")).unwrap();
        fs::create_dir_all(git.join("refs/remotes/origin")).unwrap();
        fs::write(git.join("HEAD"), "ref: refs/heads/topic/x\n").unwrap();
        fs::write(git.join("refs/heads/topic/x"), "").unwrap();
        fs::write(git.join("refs/remotes/origin/develop"), "").unwrap();
        fs::write(git.join("packed-refs"), "# pack-refs\n0123 refs/heads/main\n0123 refs/tags/v1.0\n^0123\n").unwrap();
        let config =
            "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = x\n[branch \"main\"]\n\tremote = origin\n\tmerge = refs/heads/main\n";
        fs::write(git.join("config"), config).unwrap();
        fs::create_dir(temp.path().join("src")).unwrap();
        let found = look(&temp.path().join("src")).unwrap();
        assert_eq!(found.branch.as_deref(), Some("topic/x"));
        assert_eq!(found.names.iter().map(String::as_str).collect::<Vec<_>>(), ["develop", "main", "origin/develop", "topic/x", "v1.0"]);
        assert_eq!((found.remotes.as_slice(), found.has_upstream), (&["origin".to_owned()][..], false));
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert!(look(temp.path()).unwrap().has_upstream);
        fs::create_dir_all(temp.path().join("w")).unwrap();
        fs::create_dir_all(git.join("worktrees/w")).unwrap();
        fs::write(git.join("worktrees/w/HEAD"), "ref: refs/heads/side\n").unwrap();
        fs::write(git.join("worktrees/w/commondir"), "../..\n").unwrap();
        fs::write(temp.path().join("w/.git"), "gitdir: ../.git/worktrees/w\n").unwrap();
        let worktree = look(&temp.path().join("w")).unwrap();
        assert_eq!((worktree.branch.as_deref(), worktree.names.contains("develop")), (Some("side"), true));
    }

    #[test]
    fn repositories_below_are_found() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("project/.git")).unwrap();
        fs::create_dir_all(temp.path().join("other")).unwrap();
        assert_eq!(below(temp.path()), ["project"]);
        assert_eq!(look(temp.path()), None);
    }
}
