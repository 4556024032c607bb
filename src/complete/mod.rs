//! A command line that somebody has begun: whether it is one, and what it may become. Pure rules, as those of `fix`: they see
//! the line, the cursor and what somebody else has looked up, and they run nothing. What they find are candidates, which the
//! gate judges like any other.

mod candidates;
mod decide;
mod missing;
#[cfg(test)]
mod tests;
mod verbs;
mod words;

use std::collections::BTreeSet;

pub use decide::{Known, Reading, decide, has_form, is_well_known};
use words::{Begun, begun};

use crate::domain::{Candidate, ShellKind};
use crate::fix::{Failed, Repository, Seen};
use crate::{explain, fix};

/// What is said of a name that begins like the word at the cursor.
pub const NAME: &str = "a command";

/// Most candidates for one line.
const MOST: usize = 4;

/// Programs with verbs that are run without one as well.
const ALONE: [&str; 5] = ["make", "just", "ninja", "task", "yarn"];

/// The status of a line whose program does not exist, and one of a line that is wrong in another way: what is mended in a line
/// that was not run is what would be mended after these.
const NOT_FOUND: i32 = 127;
const WRONG: i32 = 2;

/// A line and the place of the cursor in it.
#[derive(Debug, Clone)]
pub struct Partial<'a> {
    line: &'a str,
    shell: ShellKind,
    begun: Begun,
}

/// What has to be looked up on the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The beginning of a command's name.
    pub command: Option<String>,
    /// The beginning of a path, with `~` for the home directory.
    pub path: Option<String>,
    /// Whether a folder is due.
    pub folders_only: bool,
    /// The beginning of a variable's name.
    pub variable: Option<String>,
    /// What mending the line needs.
    pub mending: fix::Wanted,
}

/// What was found, as the asking shell sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Commands that begin like that.
    pub commands: Vec<String>,
    /// Names in the folder of the path that begin like it, and whether each is a folder.
    pub names: Vec<(String, bool)>,
    /// Variables that begin like that.
    pub variables: Vec<String>,
    /// What mending the line needs.
    pub seen: Seen,
}

impl<'a> Partial<'a> {
    /// A line whose cursor stands behind so many characters; `None` when there is nothing to complete.
    pub fn new(line: &'a str, cursor: usize, shell: ShellKind) -> Option<Self> {
        if line.trim().is_empty() || line.contains(char::is_control) {
            return None;
        }
        let cursor = line.char_indices().nth(cursor).map_or(line.len(), |(at, _)| at);
        Some(Self { line, shell, begun: begun(line, cursor) })
    }

    /// What has to be looked up before [`Partial::candidates`] can tell more than the line itself does.
    pub fn wanted(&self) -> Wanted {
        let word = self.word();
        let mut wanted = Wanted { mending: self.failed(WRONG).wanted(), ..Wanted::default() };
        if let Some((_, name)) = word.rsplit_once('$') {
            wanted.variable = Some(name.trim_start_matches('{').to_owned());
        } else if self.is_first() && !word.contains('/') {
            wanted.command = Some(word.to_owned()).filter(|word| !word.is_empty());
        } else if !word.starts_with('-') {
            wanted.path = Some(word.to_owned());
            wanted.folders_only = matches!(self.program(), "cd" | "rmdir" | "pushd") && !self.begun.is_target;
        }
        wanted.mending.repository |= self.wants_branch();
        if let Some(program) = self.begun.before.first().or(self.begun.word.as_ref()) {
            wanted.mending.commands.insert(program.value.clone());
        }
        wanted
    }

    /// What the line may become, the likeliest first.
    pub fn candidates(&self, found: &Found) -> Vec<Candidate> {
        let is_command = self.is_first() || self.is_known(found);
        let mut all = if is_command { self.at_cursor(found) } else { Vec::new() };
        all.extend(self.spelled_out());
        all.extend(self.mended(found, is_command));
        let mut known = BTreeSet::from([self.line.trim().to_owned()]);
        all.retain(|candidate| known.insert(candidate.command.trim().to_owned()));
        all.truncate(MOST);
        all
    }

    /// Whether the word at the cursor is one as it stands: a file that is there, a verb of its program, or a program.
    pub fn is_finished(&self, found: &Found) -> bool {
        let word = self.word();
        if self.is_first() {
            return self.is_known(found) && (verbs::of(word).is_empty() || ALONE.contains(&word));
        }
        let is_verb = self.begun.before.len() == 1 && verbs::of(self.program()).contains(&word);
        let folder = word.rfind('/').map_or("", |at| &word[..=at]);
        is_verb || !word.is_empty() && found.names.iter().any(|(name, _)| word.strip_prefix(folder) == Some(name))
    }

    /// The line as it would be mended after it had failed.
    fn mended(&self, found: &Found, is_command: bool) -> Vec<Candidate> {
        // A name that others begin with is not mistyped yet.
        if self.is_first() && (self.is_known(found) || !found.commands.is_empty()) {
            return Vec::new();
        }
        let fixes = self.failed(if is_command { WRONG } else { NOT_FOUND }).fixes(&found.seen).candidates;
        // What would be installed is no completion.
        fixes.into_iter().filter(|fix| !fix.reading.as_deref().is_some_and(|reading| reading.contains("is in the package"))).collect()
    }

    fn failed(&self, status: i32) -> Failed<'a> {
        Failed { line: self.line.trim(), status, shell: self.shell, printed: None }
    }

    fn is_first(&self) -> bool {
        self.begun.before.is_empty() && !self.begun.is_target
    }

    fn is_known(&self, found: &Found) -> bool {
        let program = self.program();
        found.seen.commands.contains(program) || program.contains('/') || explain::knows(program) && !found.seen.near.contains_key(program)
    }

    /// The program of the command that the cursor is in.
    fn program(&self) -> &str {
        self.begun.before.first().or(self.begun.word.as_ref()).map_or("", |word| word.value.as_str())
    }

    /// What stands before the cursor of the word that it is in.
    fn word(&self) -> &str {
        self.begun.word.as_ref().map_or("", |word| word.value.as_str())
    }

    fn wants_branch(&self) -> bool {
        let words: Vec<&str> = self.begun.before.iter().map(|word| word.value.as_str()).collect();
        words.first() == Some(&"git")
            && words.get(1).is_some_and(|verb| {
                matches!(
                    *verb,
                    "checkout"
                        | "switch"
                        | "merge"
                        | "rebase"
                        | "branch"
                        | "push"
                        | "pull"
                        | "fetch"
                        | "log"
                        | "diff"
                        | "cherry-pick"
                        | "reset"
                )
            })
    }
}

/// The programs that a mistyped name may have been meant to be, for whoever only wants to know whether there is one.
pub fn known_commands() -> impl Iterator<Item = &'static str> {
    explain::programs()
}

/// The branches and remotes that may stand in a call of git.
fn names_of(repository: &Repository, words: &[&str]) -> Vec<String> {
    let position = words.iter().skip(2).filter(|word| !word.starts_with('-')).count();
    match (words.get(1), position) {
        (Some(&("push" | "pull" | "fetch")), 0) => repository.remotes.clone(),
        (Some(&("push" | "pull" | "fetch")), _) => repository.branch.iter().chain(&repository.names).cloned().collect(),
        _ => repository.names.iter().filter(|name| Some(*name) != repository.branch.as_ref()).cloned().collect(),
    }
}
