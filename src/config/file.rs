//! The configuration files on disk, read when they changed, and what is in force of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::overrides::Overrides;
use super::owned::{Owner, Stamp, is_missing, problem, read_lossily, read_owned, settled, stamp};
use super::resolve::{Layer, Reader, layer};
use super::still_said::{still_said, with_record};
use super::{Config, ConfigProblem};
use crate::domain::AuditMode;

/// The configuration of one user, kept up to date: the administrator's file, the user's, and what stands over both.
#[derive(Debug)]
pub struct ConfigFile {
    admin: Source,
    user: Source,
    home: Option<PathBuf>,
    overrides: Overrides,
    config: Arc<Config>,
    problems: Vec<ConfigProblem>,
    /// Variables and options for locked keys.
    locked: Vec<ConfigProblem>,
    is_rejected: bool,
    reloads: Reloads,
}

/// How often a change of a file was taken over, and how often not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reloads {
    /// Changes that hold.
    pub ok: u64,
    /// Changes that left the former values in force.
    pub rejected: u64,
}

/// One file and what was last read of it.
#[derive(Debug)]
struct Source {
    path: Option<PathBuf>,
    owner: Owner,
    seen: Option<Seen>,
    newest: Result<Option<String>, ConfigProblem>,
    /// What can be read of a file that is no text or cannot be trusted.
    remains: Option<Remains>,
    /// The last text without a mistake.
    good: Option<String>,
}

/// The text of a file that cannot be used as it is; what is no UTF-8 is U+FFFD in it.
#[derive(Debug, PartialEq)]
struct Remains {
    text: String,
    is_trusted: bool,
}

/// The state that was read last.
#[derive(Debug, PartialEq)]
enum Seen {
    /// There was no file.
    Missing,
    /// A state that cannot be mistaken for a later one.
    Settled(Stamp),
}

impl ConfigFile {
    /// A loader for the user's file at `path` and the administrator's in its usual place; nothing is read yet. Without a
    /// path the defaults hold. `home` is what `~/` stands for.
    pub fn new(path: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        Self::layered(admin_path(), path, home, process_overrides())
    }

    /// The same for the process that answers the shells: what stands in the environment it was started with, or among its
    /// options, is no shell's, but for what is about that process itself.
    pub fn shared(path: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        Self::layered(admin_path(), path, home, process_overrides().about_process())
    }

    pub(super) fn layered(admin: Option<PathBuf>, user: Option<PathBuf>, home: Option<PathBuf>, overrides: Overrides) -> Self {
        let source = |path, owner| Source { path, owner, seen: None, newest: Ok(None), remains: None, good: None };
        let (config, problems, locked) = overrides.put_on(Config::default());
        Self {
            admin: source(admin, Owner::Admin),
            user: source(user, Owner::User),
            home,
            overrides,
            config: Arc::new(config),
            problems,
            locked,
            is_rejected: false,
            reloads: Reloads::default(),
        }
    }

    /// The user's file, if there is a place for one.
    pub fn path(&self) -> Option<&Path> {
        self.user.path.as_deref()
    }

    /// The administrator's file.
    pub fn admin_path(&self) -> Option<&Path> {
        self.admin.path.as_deref()
    }

    /// The configuration in force, and what is wrong with the files now. A broken file leaves its last good text in
    /// force; a missing one says nothing.
    pub fn current(&mut self) -> (Arc<Config>, Option<ConfigProblem>) {
        let is_first = self.admin.seen.is_none() && self.user.seen.is_none() && self.user.newest == Ok(None);
        let changes = [self.admin.refresh(), self.user.refresh()];
        if changes.contains(&true) {
            self.build();
            if self.is_rejected {
                self.reloads.rejected += 1;
            } else if !is_first {
                self.reloads.ok += 1;
            }
        }
        (Arc::clone(&self.config), self.problems.first().cloned())
    }

    /// Everything that is wrong, as [`ConfigFile::current`] found it.
    pub fn problems(&self) -> Vec<ConfigProblem> {
        self.problems.iter().chain(&self.locked).cloned().collect()
    }

    /// The files that are empty. A process that has read them before holds to what they said then, which another one cannot know.
    pub fn empty(&self) -> Vec<ConfigProblem> {
        let is_empty = |source: &&Source| matches!(&source.newest, Ok(Some(text)) if text.is_empty());
        [&self.admin, &self.user].into_iter().filter(is_empty).filter_map(|source| Some(emptied(source.path.as_deref()?))).collect()
    }

    /// Variables and options that do not count now, because the administrator locks their keys.
    pub(super) fn locked_out_now(mut self) -> Vec<ConfigProblem> {
        self.current();
        self.locked
    }

    /// The same without what a lock leaves out of variables and options.
    pub fn mistakes(&self) -> &[ConfigProblem] {
        &self.problems
    }

    /// Whether a file is not in force as it stands. Otherwise what is wrong concerns single keys, which are left out.
    pub fn is_rejected(&self) -> bool {
        self.is_rejected
    }

    /// How often changes were taken over.
    pub fn reloads(&self) -> Reloads {
        self.reloads
    }

    fn build(&mut self) {
        self.problems.clear();
        let home = self.home.as_deref();
        let admin = self.admin.layer(home, (Layer::Admin, &Config::default()), &mut self.problems);
        // Without the administrator's locks nobody knows what a user's file may say.
        let is_closed = admin.is_none() && self.admin.newest != Ok(None);
        let below = match admin {
            Some(good) if self.admin.is_broken() => self.admin.with_its_audit(good, Layer::Admin, false),
            Some(said) => said,
            None => self.admin.locks_and_audit(),
        };
        let user = if is_closed { None } else { self.user.layer(home, (Layer::User, &below), &mut self.problems) };
        self.is_rejected = self.admin.is_broken() || self.user.is_broken();
        let overrides = if is_closed { &Overrides::default() } else { &self.overrides };
        let mut said = user.unwrap_or(below);
        if is_closed || self.user.is_broken() {
            said = self.user.with_its_audit(said, Layer::User, is_closed);
        }
        let (config, problems, locked) = overrides.put_on(said);
        self.problems.extend(problems);
        self.locked = locked;
        if *self.config != config {
            self.config = Arc::new(config);
        }
    }
}

/// What holds if the user's file at `path` had this text, and what of it is left out because it is locked.
///
/// # Errors
/// The first mistake, in the text or in the administrator's file.
pub fn check_text(text: &str, path: &Path, home: Option<&Path>) -> Result<(Config, Vec<ConfigProblem>), ConfigProblem> {
    layer(text, path, home, (Layer::User, &below_user()?))
}

/// What is told of a file that has become empty: the last text before it stays in force.
pub fn emptied(path: &Path) -> ConfigProblem {
    problem(path, "it is empty").with_hint("remove it if the defaults are wanted")
}

/// What the administrator says.
fn below_user() -> Result<Config, ConfigProblem> {
    let Some(admin) = admin_path() else { return Ok(Config::default()) };
    match read_owned(&admin, Owner::Admin)? {
        Some((text, _)) => Ok(layer(&text, &admin, None, (Layer::Admin, &Config::default()))?.0),
        None => Ok(Config::default()),
    }
}

/// Everything that is wrong with a text that reading stops at `first` in.
fn all_mistakes(
    text: &str,
    (path, home): (&Path, Option<&Path>),
    (speaker, below): (Layer, &Config),
    first: ConfigProblem,
) -> Vec<ConfigProblem> {
    let all = Reader { text, path, home }.mistakes(speaker, below);
    if all.is_empty() { vec![first] } else { all }
}

/// Everything that would be wrong if the user's file at `path` had this text: mistakes, or else what of it is left out because it is
/// locked.
///
/// # Errors
/// What is wrong with the administrator's file.
pub fn mistakes_in(text: &str, path: &Path, home: Option<&Path>) -> Result<Vec<ConfigProblem>, ConfigProblem> {
    let below = below_user()?;
    Ok(match layer(text, path, home, (Layer::User, &below)) {
        Ok((_, refused)) => refused,
        Err(first) => all_mistakes(text, (path, home), (Layer::User, &below), first),
    })
}

/// Whether all `keys` are the administrator's alone. Where that file cannot be read, every key is.
pub(super) fn are_locked(keys: &[&str]) -> bool {
    let Some(path) = admin_path() else { return false };
    match read_owned(&path, Owner::Admin) {
        Ok(None) => false,
        Ok(Some((text, _))) => match layer(&text, &path, None, (Layer::Admin, &Config::default())) {
            Ok((config, _)) => keys.iter().all(|key| config.lock_on(key).is_some()),
            Err(_) => true,
        },
        Err(_) => true,
    }
}

#[cfg(not(test))]
fn admin_path() -> Option<PathBuf> {
    Some(crate::paths::admin_config())
}

#[cfg(not(test))]
fn process_overrides() -> Overrides {
    Overrides::of_process()
}

/// A test is about the files that it names.
#[cfg(test)]
fn admin_path() -> Option<PathBuf> {
    None
}

#[cfg(test)]
fn process_overrides() -> Overrides {
    Overrides::default()
}

impl Source {
    /// Reads the file if it may have changed, and tells whether it says something else now.
    fn refresh(&mut self) -> bool {
        let Some(path) = self.path.as_deref() else { return false };
        let stamp = match std::fs::metadata(path) {
            Ok(metadata) => stamp(&metadata),
            Err(error) if is_missing(&error) => {
                self.seen = Some(Seen::Missing);
                return self.hold(Ok(None), None);
            }
            Err(error) => {
                let failed = problem(path, error.to_string());
                self.seen = None;
                return self.hold(Err(failed), None);
            }
        };
        if self.seen == Some(Seen::Settled(stamp)) {
            return false;
        }
        let newest = match read_owned(path, self.owner) {
            Ok(Some((text, metadata))) => {
                self.seen = settled(&metadata).then(|| Seen::Settled(self::stamp(&metadata)));
                // Who rewrites a file empties it first, and a write to a full disk leaves it so.
                let is_lost = text.is_empty() && self.good.as_ref().is_some_and(|good| !good.is_empty());
                if is_lost { Err(emptied(path)) } else { Ok(Some(text)) }
            }
            Ok(None) => Ok(None),
            Err(failed) => {
                self.seen = None;
                Err(failed)
            }
        };
        let remains = newest.is_err().then(|| Remains::of(path, self.owner)).flatten();
        self.hold(newest, remains)
    }

    fn hold(&mut self, newest: Result<Option<String>, ConfigProblem>, remains: Option<Remains>) -> bool {
        let is_new = self.newest != newest || self.remains != remains;
        self.newest = newest;
        self.remains = remains;
        is_new
    }

    /// What holds with this file on what is below it; `None` if it says nothing, or never said anything that could hold.
    fn layer(&mut self, home: Option<&Path>, below: (Layer, &Config), problems: &mut Vec<ConfigProblem>) -> Option<Config> {
        let path = self.path.as_deref()?;
        match &self.newest {
            Ok(None) => {
                self.good = None;
                return None;
            }
            Ok(Some(text)) => match layer(text, path, home, below) {
                Ok((config, refused)) => {
                    problems.extend(refused);
                    self.good = Some(text.clone());
                    return Some(config);
                }
                Err(problem) => problems.extend(all_mistakes(text, (path, home), below, problem)),
            },
            Err(problem) => problems.push(problem.clone()),
        }
        let (config, _) = layer(self.good.as_deref()?, path, home, below).ok()?;
        Some(config)
    }

    /// The newest text, whatever can be read of it, and whether it may be trusted.
    fn readable(&self) -> Option<(&Path, &str, bool)> {
        let path = self.path.as_deref()?;
        match (&self.newest, &self.remains) {
            (Ok(Some(text)), _) => Some((path, text, true)),
            (Err(_), Some(remains)) => Some((path, &remains.text, remains.is_trusted)),
            _ => None,
        }
    }

    /// What an administrator's text that does not hold still says of locks and of the record: a slip elsewhere must open and hide
    /// nothing. A file of which nothing can be known may have required the record.
    fn locks_and_audit(&self) -> Config {
        match self.readable() {
            Some((path, text, true)) => still_said(text, path, &["locked", "audit"], (Layer::Admin, &Config::default())),
            _ if self.newest.is_err() => with_record(Config::default(), Layer::Admin, 1),
            _ => Config::default(),
        }
    }

    /// `config` with what a text that does not hold says of the record: whether anything is recorded must not depend on a slip
    /// elsewhere. What others can write may require the record, and so may a user's text that does not count while the
    /// administrator's file is broken; neither turns it off.
    fn with_its_audit(&self, config: Config, speaker: Layer, is_closed: bool) -> Config {
        let is_locked = speaker == Layer::User && config.lock_on("audit").is_some();
        let Some((path, text, is_trusted)) = self.readable().filter(|_| !is_locked) else { return config };
        let said = still_said(text, path, &["audit"], (speaker, &config));
        if said.audit == AuditMode::Required || is_trusted && !is_closed { said } else { config }
    }

    /// Whether the newest text is not the one in force.
    fn is_broken(&self) -> bool {
        match &self.newest {
            Ok(text) => *text != self.good,
            Err(_) => true,
        }
    }
}

impl Remains {
    fn of(path: &Path, owner: Owner) -> Option<Self> {
        let of = |owner, is_trusted| Some(Self { text: read_lossily(path, owner).ok()??.0, is_trusted });
        of(owner, true).or_else(|| of(Owner::Anybody, false))
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
