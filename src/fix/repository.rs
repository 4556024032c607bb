//! What git lacks: a repository, a branch, a place to push to.

use super::called::{Call, Line, value};
use super::{Fix, Repository, Seen, Wanted, nearest_names};
use crate::syntax::Word;

/// With these the repository of the place is not the one that is meant.
const ELSEWHERE: [&str; 3] = ["-C", "--git-dir", "--work-tree"];

/// Verbs that need no repository.
const ANYWHERE: [&str; 8] = ["clone", "init", "help", "version", "config", "ls-remote", "archive", "credential"];

/// Verbs whose first operand is a branch, a tag or a commit.
const BRANCHES: [&str; 5] = ["checkout", "switch", "merge", "rebase", "cherry-pick"];

/// With these it is a name that does not exist yet, or a file.
const NEW: [&str; 8] = ["-b", "-B", "-c", "-C", "--create", "--orphan", "--abort", "--"];

/// What git says when it cannot go on.
const FATAL: i32 = 128;

pub(super) fn want(line: &Line<'_>, wanted: &mut Wanted) {
    wanted.repository |= line.failing().any(|call| verb(&call).is_some());
}

/// The verb of a call of git and the words behind it.
fn verb<'a>(call: &Call<'a>) -> Option<(&'a str, &'a [Word])> {
    if call.name() != "git" {
        return None;
    }
    let texts = call.words.iter().skip(1).map(|word| value(word).unwrap_or_default());
    let before = texts.take_while(|text| text.starts_with('-'));
    let mut count = 1;
    for option in before {
        if ELSEWHERE.iter().any(|name| option.starts_with(name)) || option == "-c" {
            return None;
        }
        count += 1;
    }
    Some((value(call.words.get(count)?)?, &call.words[count + 1..]))
}

/// The candidates, and what is to be said when there are none.
pub(super) fn fixes(line: &Line<'_>, seen: &Seen) -> (Vec<Fix>, Option<String>) {
    let (mut found, mut remark) = (Vec::new(), None);
    for call in line.failing() {
        let (Some((verb, rest)), Some(repository)) = (verb(&call), &seen.repository) else { continue };
        match repository {
            None if line.status == FATAL && !ANYWHERE.contains(&verb) => {
                remark = Some("this is no git repository, nor in one (`git init` makes one)".to_owned());
                found.extend(outside(line, &call, seen));
            }
            None => {}
            Some(repository) if verb == "push" => {
                found.extend(push(line, rest, call.words, repository));
                if repository.remotes.is_empty() {
                    remark = Some("the repository knows no remote to push to".to_owned());
                }
            }
            Some(repository) if BRANCHES.contains(&verb) => found.extend(branch(line, verb, rest, repository)),
            Some(_) => {}
        }
    }
    (found, remark)
}

fn outside(line: &Line<'_>, call: &Call<'_>, seen: &Seen) -> Vec<Fix> {
    let Some(first) = call.all.first() else { return Vec::new() };
    let below = seen.repositories_below.iter().take(2);
    let go = |folder: &String| {
        let fixed = line.before(first, &format!("cd {} && ", line.quoted_path(folder)))?;
        Some(Fix::new(fixed, format!("this is no git repository, `{folder}` is"), 0.8))
    };
    let mut found: Vec<Fix> = below.filter_map(go).collect();
    if !found.is_empty() {
        found.push(Fix::new("git init", "this is no git repository; make it one", 0.4));
    }
    found
}

fn push(line: &Line<'_>, rest: &[Word], words: &[Word], repository: &Repository) -> Option<Fix> {
    let is_option = |word: &Word| value(word).is_some_and(|text| text.starts_with('-'));
    let names_more = |word: &Word| {
        let text = value(word).unwrap_or_default();
        matches!(text, "-u" | "--set-upstream" | "--all" | "--tags" | "--mirror" | "--delete" | "-d" | "-o" | "--repo" | "--prune")
    };
    let is_bare = rest.iter().all(|word| is_option(word) && !names_more(word));
    let branch = repository.branch.as_ref().filter(|_| is_bare && !repository.has_upstream && matches!(line.status, 1 | FATAL))?;
    let remote = repository.remotes.iter().find(|remote| *remote == "origin").or(repository.remotes.first())?;
    let fixed = line.behind(words.last()?, &format!(" -u {} HEAD", line.quoted(remote)))?;
    Some(Fix::new(fixed, format!("`{branch}` has no branch to push to yet; give it one on {remote}"), 0.92))
}

fn branch(line: &Line<'_>, verb: &str, rest: &[Word], repository: &Repository) -> Vec<Fix> {
    let mut found = Vec::new();
    let texts: Vec<&str> = rest.iter().filter_map(value).collect();
    let first = rest.iter().find(|word| value(word).is_some_and(|text| !text.starts_with('-')));
    let Some((word, name)) = first.and_then(|word| Some((word, value(word)?))) else { return found };
    let is_known = repository.names.contains(name) || matches!(name, "HEAD" | "FETCH_HEAD" | "ORIG_HEAD" | ".");
    if is_known || texts.iter().any(|text| NEW.contains(text)) || name.contains(['~', '^', '@', ':']) {
        return found;
    }
    for (at, meant) in nearest_names(name, &repository.names, 3).iter().enumerate() {
        let slope = f64::from(u8::try_from(at).unwrap_or(u8::MAX));
        let fixed = line.with(word, &line.quoted(meant));
        found.extend(fixed.map(|line| Fix::new(line, format!("there is no branch `{name}`, but `{meant}`"), 0.9 - 0.1 * slope)));
    }
    let create = match verb {
        "checkout" if !name.contains('.') => "-b",
        "switch" => "-c",
        _ => return found,
    };
    found.extend(line.before(word, &format!("{create} ")).map(|line| Fix::new(line, format!("there is no branch `{name}`; make it"), 0.4)));
    found
}
