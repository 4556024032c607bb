//! Where a shell stands: the rules in force there and what its project asks for. A directory whose server is gone must
//! not hold the prompt, so anything but a disk of this machine is read on a thread of its own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use crate::config::{InForce, PROJECT_FILE};
use crate::domain::ShellFacts;
use crate::paths::Paths;
use crate::platform;
use crate::protocol::{Answer, Mode};
use crate::validate::{CustomRules, Policy};

/// Most remarks about the files of a project beside an answer.
const MOST_REMARKS: usize = 6;

/// How long reading may take; it takes some ten microseconds.
const LIMIT: Duration = Duration::from_millis(50);

/// What holds where the shell stands.
#[derive(Debug)]
pub struct Standing {
    in_force: InForce,
    /// Nothing could be read in time.
    silent: bool,
}

impl Standing {
    /// Reads it for the shell that started this process.
    pub fn look(paths: &Paths, facts: &ShellFacts) -> Self {
        let (config_file, cwd, home) = (paths.config_file.clone(), facts.cwd.clone(), paths.home.clone());
        let read = move || InForce::read(config_file.as_deref(), &cwd, home.as_deref());
        // A thread costs more than the reading, and on a busy machine much more.
        if platform::stands_on_a_disk() { Self { in_force: read(), silent: false } } else { Self::within(LIMIT, read) }
    }

    /// Reads it for a shell that stands in `cwd`. It takes as long as that directory takes to answer.
    pub fn read(config_file: Option<&Path>, cwd: &Path, home: Option<&Path>) -> Self {
        Self { in_force: InForce::read(config_file, cwd, home), silent: false }
    }

    /// The result, or the careful assumption when there is none in time.
    fn within(limit: Duration, read: impl FnOnce() -> InForce + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        // Nobody may be waiting any more; without a thread nothing is ever sent.
        let _ = std::thread::Builder::new().name("read-rules".to_owned()).spawn(move || drop(sender.send(read())));
        match receiver.recv_timeout(limit) {
            Ok(in_force) => Self { in_force, silent: false },
            Err(_) => Self { in_force: InForce::default(), silent: true },
        }
    }
}

impl Standing {
    /// What commands are judged against here.
    pub fn policy(&self, facts: &ShellFacts) -> Policy {
        Policy::new(facts.shell).with_comments(facts.comments).with_rules(Arc::clone(&self.in_force.rules))
    }

    /// The rules beside the embedded ones that hold here.
    pub fn rules(&self) -> &Arc<CustomRules> {
        &self.in_force.rules
    }

    /// Whether what is run here is kept for next time.
    pub fn keeps_answers(&self) -> bool {
        !self.silent && self.in_force.project.cache_off.is_none()
    }

    /// Has a question obey the project: no provider, no cache.
    pub fn tighten(&self, mode: &mut Mode, no_cache: &mut bool) {
        if self.silent || self.in_force.project.providers_off.is_some() {
            *mode = Mode::Offline;
        }
        *no_cache |= !self.keeps_answers();
    }

    /// Adds what its user should know to an answer: what was refused, and why no provider was asked when none was.
    pub fn remark(&self, answer: &mut Answer, asked: Mode) {
        let project = &self.in_force.project;
        answer.remarks.extend(project.remarks.iter().take(MOST_REMARKS).cloned());
        if let Some(more) = project.remarks.len().checked_sub(MOST_REMARKS).filter(|more| *more > 0) {
            answer.remarks.push(format!("and {more} more about this project's files; `gptos config check` tells all"));
        }
        let unanswered = answer.candidates.is_empty() || asked == Mode::Fresh;
        if self.silent {
            answer.remarks.push(format!("{PROJECT_FILE} could not be looked for in time, so neither a provider nor the cache was used"));
        } else if project.unusable.is_some() && project.providers_off == project.unusable {
            // The remark about that file says so already.
        } else if let Some(why) = self.keeps_to_itself().filter(|_| unanswered && asked != Mode::Offline) {
            answer.remarks.push(format!("no provider was asked: {why}"));
        }
    }

    /// Why no provider may be asked here, if none may.
    pub fn keeps_to_itself(&self) -> Option<String> {
        if self.silent {
            return Some(format!("{PROJECT_FILE} could not be looked for in time"));
        }
        let project = &self.in_force.project;
        let file = project.providers_off.as_deref()?;
        Some(match project.unusable.as_deref() {
            Some(unusable) if unusable == file => {
                format!("{} cannot be used as it is (`gptos config check`), and may turn them off", near(file))
            }
            _ => format!("{} turns them off", near(file)),
        })
    }
}

/// A path as its user knows it.
fn near(file: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute() && home.parent().is_some());
    match home.and_then(|home| file.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(below) => format!("~/{}", below.display()),
        None => file.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::protocol::WireShell;
    use crate::system::tests::facts;

    #[test]
    fn a_directory_that_does_not_answer_is_taken_for_the_strictest() {
        let (alive, until) = mpsc::channel::<()>();
        let standing = Standing::within(Duration::from_millis(1), move || {
            let _ = until.recv();
            InForce::default()
        });
        assert!(standing.silent && !standing.keeps_answers());
        let (mut mode, mut no_cache) = (Mode::Normal, false);
        standing.tighten(&mut mode, &mut no_cache);
        assert_eq!((mode, no_cache), (Mode::Offline, true));
        let mut answer = Answer::default();
        standing.remark(&mut answer, Mode::Normal);
        assert_eq!(answer.remarks.len(), 1);
        drop(alive);
    }

    #[test]
    fn a_file_that_cannot_be_used_keeps_words_here_and_is_told_of_once() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join(PROJECT_FILE), b"providers = \"off\" # \xff\n").unwrap();
        let standing = Standing::read(None, home.path(), Some(home.path()));
        let (mut mode, mut no_cache) = (Mode::Normal, false);
        standing.tighten(&mut mode, &mut no_cache);
        assert_eq!((mode, no_cache, standing.keeps_answers()), (Mode::Offline, true, false));
        assert!(standing.keeps_to_itself().is_some_and(|why| why.contains("cannot be used as it is")));
        let mut answer = Answer::default();
        standing.remark(&mut answer, Mode::Normal);
        assert_eq!(answer.remarks.len(), 1, "{:?}", answer.remarks);
        assert!(answer.remarks[0].contains("not UTF-8 text in line 1") && answer.remarks[0].contains("neither a provider"));
    }

    #[test]
    fn a_project_turns_providers_and_cache_off_and_says_so_when_it_matters() {
        let mut in_force = InForce::default();
        let standing = Standing::within(Duration::from_secs(20), InForce::default);
        let (mut mode, mut no_cache) = (Mode::Fresh, false);
        standing.tighten(&mut mode, &mut no_cache);
        assert_eq!((mode, no_cache, standing.keeps_answers()), (Mode::Fresh, false, true));
        in_force.project.providers_off = Some("/p/.gptos.toml".into());
        let standing = Standing { in_force, silent: false };
        standing.tighten(&mut mode, &mut no_cache);
        assert_eq!((mode, no_cache), (Mode::Offline, false));
        let remarks = |candidates: usize, mode: Mode| {
            let wire = crate::protocol::WireCandidate {
                command: "ls".to_owned(),
                holes: Vec::new(),
                reading: None,
                origin: "offline".to_owned(),
                model: None,
                asked_model: None,
                via: crate::protocol::Via::Live,
                confidence: 1.0,
            };
            let mut answer = Answer { candidates: vec![wire; candidates], ..Answer::default() };
            standing.remark(&mut answer, mode);
            answer.remarks
        };
        let off = ["no provider was asked: /p/.gptos.toml turns them off".to_owned()];
        assert_eq!(remarks(0, Mode::Normal), off);
        assert_eq!(remarks(1, Mode::Fresh), off);
        assert!(remarks(1, Mode::Normal).is_empty() && remarks(0, Mode::Offline).is_empty());
        assert_eq!(standing.policy(&facts("", Path::new("/"))).shell, ShellKind::Bash);
        assert_eq!(WireShell::from_facts(&facts("", Path::new("/")), &[]).own_commands, "");
    }
}
