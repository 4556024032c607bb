//! Changes to the configuration file on the user's behalf: what is there stays byte for byte, and the file is replaced
//! as a whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::{ConfigFile, ConfigProblem, parse, read_text};
use crate::providers::ProviderSettings;

/// Why the file was not changed.
#[derive(Debug, Error)]
pub(super) enum EditError {
    /// The file is broken already.
    #[error("{0}")]
    Config(ConfigProblem),
    /// A provider of that name exists.
    #[error("there is a provider named `{0}` already")]
    Duplicate(String),
    /// With the addition the file would not be valid.
    #[error("{0}")]
    Refused(String),
    /// The file cannot be written.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// What could not be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What an empty file says instead. A file that has become empty looks like a write that failed, and a resident keeps what it had.
pub(super) const NOTHING_SET: &str = "# `gptos config reference` tells what can stand here.\n";

/// Makes another text of the user's `file`, under a lock, and puts it in its place as a whole.
pub(super) fn change<T>(file: &Path, make: impl FnOnce(&str) -> Result<(String, T), EditError>) -> Result<T, EditError> {
    change_as(file, read_text, make)
}

/// How the file is read.
type Read = fn(&Path) -> Result<Option<(String, fs::Metadata)>, ConfigProblem>;

/// The same for a text that is read like this.
pub(super) fn change_as<T>(file: &Path, read: Read, make: impl FnOnce(&str) -> Result<(String, T), EditError>) -> Result<T, EditError> {
    // A file that is a symbolic link, as managers of dot files make them, is changed where it really is.
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let dir = target.parent().unwrap_or(Path::new("/"));
    let io_error = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| EditError::Io { path, source }
    };
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(io_error(dir))?;
    // Two changes at once would each keep the other's from lasting. The lock ends with the opened directory.
    let lock = fs::File::open(dir).map_err(io_error(dir))?;
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).map_err(|errno| io_error(dir)(errno.into()))?;
    let existing = read(&target).map_err(EditError::Config)?;
    let (text, mode) = existing.map_or((String::new(), 0o600), |(text, metadata)| (text, metadata.permissions().mode() & 0o777));
    let (made, told) = make(&text)?;
    let made = if made.is_empty() && !text.is_empty() { NOTHING_SET.to_owned() } else { made };
    if made != text {
        replace(&target, dir, &made, mode).map_err(io_error(&target))?;
    }
    Ok(told)
}

/// Adds the text of a `[[provider]]` block to the end of `file` and gives the provider as the file now says it.
pub(super) fn append_provider(file: &Path, home: Option<&Path>, block: &str) -> Result<ProviderSettings, EditError> {
    change(file, |text| {
        let before = parse(text, file, home).map_err(EditError::Config)?;
        let alone = parse(block, file, home).map_err(|problem| EditError::Refused(place_free(&problem)))?;
        let Some(wanted) = alone.providers.first() else { return Err(EditError::Refused("expected one provider".to_owned())) };
        if before.providers.iter().any(|provider| provider.name == wanted.name) {
            return Err(EditError::Duplicate(wanted.name.clone()));
        }
        if let Some(lock) = ConfigFile::new(Some(file.to_owned()), home.map(Path::to_owned)).current().0.lock_on("provider") {
            return Err(EditError::Refused(format!("`provider` is locked by the administrator: {lock}")));
        }
        let gap = match text {
            "" => "",
            text if text.ends_with('\n') => "\n",
            _ => "\n\n",
        };
        let made = format!("{text}{gap}{block}");
        // The block is valid by itself and so is the file; together they are not if the file lists providers inline.
        let after = parse(&made, file, home)
            .map_err(|problem| EditError::Refused(format!("cannot add a block to this file: {}", place_free(&problem))))?;
        if after.providers.len() != before.providers.len() + 1 {
            return Err(EditError::Refused("cannot add a block to this file".to_owned()));
        }
        Ok((made, wanted.clone()))
    })
}

/// A problem without its line: the user never saw the text that the line is in.
fn place_free(problem: &ConfigProblem) -> String {
    match &problem.key {
        Some(key) => format!("{}: {}", key.strip_prefix("provider.").unwrap_or(key), problem.cause),
        None => problem.cause.clone(),
    }
}

fn replace(target: &Path, dir: &Path, text: &str, mode: u32) -> io::Result<()> {
    let staged = dir.join(format!(".gptos-config-{}", std::process::id()));
    // A leftover of a run that was killed; the lock is ours, so nobody writes to it.
    let _ = fs::remove_file(&staged);
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&staged, target));
    if replaced.is_err() {
        let _ = fs::remove_file(&staged);
    }
    replaced
}
