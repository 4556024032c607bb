//! `.gptos.toml`: what a project asks of everybody who works in it. It can only tighten. Where answers come from and
//! who gets a key is the user's own business, so that a cloned repository cannot redirect either.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::raw::RawRule;
use super::resolve::Reader;
use super::{ConfigProblem, nearest};
use crate::validate::{CustomRule, MOST_RULES};

/// The file's name.
pub const PROJECT_FILE: &str = ".gptos.toml";
/// Larger files are not read.
const MAX_BYTES: u64 = 64 * 1024;
/// Directories above this one are not looked at.
const MOST_PARENTS: usize = 64;
/// The keys that tighten.
const KEYS: [&str; 3] = ["rules", "providers", "cache"];

/// What the project files above a directory ask for, all of them taken together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// The files that were read, the nearest first.
    pub files: Vec<PathBuf>,
    /// Rules beside the embedded ones and the user's.
    pub rules: Vec<CustomRule>,
    /// The file that each of them is from.
    pub rule_files: Vec<PathBuf>,
    /// The file that turns providers off.
    pub providers_off: Option<PathBuf>,
    /// The file that turns the cache off.
    pub cache_off: Option<PathBuf>,
    /// What was refused and why, one line each.
    pub remarks: Vec<String>,
}

impl Project {
    /// Reads the files in `cwd` and its parents up to the home directory, or to the root of the file system that `cwd`
    /// is on. All of them count, since the nearest one could otherwise undo what another asks for.
    pub fn find(cwd: &Path, home: Option<&Path>) -> Self {
        let mut project = Self::default();
        let mut device = None;
        for directory in cwd.ancestors().take(MOST_PARENTS) {
            let Ok(metadata) = directory.metadata() else { break };
            if *device.get_or_insert(metadata.dev()) != metadata.dev() {
                break;
            }
            let file = directory.join(PROJECT_FILE);
            match read(&file) {
                Ok(Some(text)) => project.add(&text, &file),
                Ok(None) => {}
                Err(cause) => project.remarks.push(unusable(&file, &cause)),
            }
            if home == Some(directory) {
                break;
            }
        }
        project
    }

    /// What the one file at `path` asks for, wherever it is; `None` when there is none.
    pub fn of_file(path: &Path) -> Option<Self> {
        match read(path) {
            Ok(Some(text)) => Some(Self::of_text(&text, path)),
            Ok(None) => None,
            Err(cause) => Some(Self { remarks: vec![unusable(path, &cause)], ..Self::default() }),
        }
    }

    /// What the text of one file would ask for if it were a project's.
    pub(super) fn of_text(text: &str, file: &Path) -> Self {
        let mut project = Self::default();
        project.add(text, file);
        project
    }

    /// Takes over everything in the text of `file` that tightens and remarks on the rest.
    fn add(&mut self, text: &str, file: &Path) {
        let reader = Reader { text, path: file, home: None };
        // What stands before and after a mistake counts all the same.
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut remarks: Vec<String> = errors.iter().take(1).map(|error| reader.shape_problem(error).to_string()).collect();
        let mut refused: Vec<(usize, String)> = Vec::new();
        for (key, value) in table.into_inner() {
            let (at, name) = (key.span().start, key.into_inner().into_owned());
            let word = value.get_ref().as_str();
            let is_switch = || word != Some("on");
            let place = match name.as_str() {
                "rules" => {
                    self.add_rules(value, &reader, &mut refused, &mut remarks);
                    continue;
                }
                "providers" if is_switch() => &mut self.providers_off,
                "cache" if is_switch() && !value.get_ref().is_table() => &mut self.cache_off,
                _ => {
                    refused.push((at, name));
                    continue;
                }
            };
            // A slip must not leave something on that was meant to be off.
            if word != Some("off") {
                let line = reader.line(at);
                remarks.push(format!("{}:{line}: `{name}`: expected \"off\"; taken as \"off\"", file.display()));
            }
            place.get_or_insert_with(|| file.to_owned());
        }
        remarks.extend(refusal(&reader, refused));
        self.remarks.append(&mut remarks);
        self.files.push(file.to_owned());
    }

    fn add_rules(
        &mut self,
        value: Spanned<DeValue<'_>>,
        reader: &Reader<'_>,
        refused: &mut Vec<(usize, String)>,
        remarks: &mut Vec<String>,
    ) {
        let at = value.span().start;
        let DeValue::Table(table) = value.into_inner() else { return refused.push((at, "rules".to_owned())) };
        for (key, value) in table {
            let (at, name) = (key.span().start, key.into_inner());
            match (name.as_ref(), value.into_inner()) {
                ("add", DeValue::Array(blocks)) => {
                    for block in blocks {
                        let line = reader.line(block.span().start);
                        match rule(block, reader) {
                            Ok(rule) if self.rules.contains(&rule) => {}
                            Ok(rule) if self.rules.len() < MOST_RULES => {
                                self.rules.push(rule);
                                self.rule_files.push(reader.path.to_owned());
                            }
                            Ok(_) => return remarks.push(format!("{}:{line}: more than {MOST_RULES} rules", reader.path.display())),
                            Err(problem) => remarks.push(problem.to_string()),
                        }
                    }
                }
                _ => refused.push((at, format!("rules.{name}"))),
            }
        }
    }
}

fn unusable(file: &Path, cause: &str) -> String {
    format!("{} is not used: it {cause}", file.display())
}

fn rule(block: Spanned<DeValue<'_>>, reader: &Reader<'_>) -> Result<CustomRule, ConfigProblem> {
    let span = block.span();
    let raw = RawRule::deserialize(ValueDeserializer::from(block)).map_err(|error| reader.shape_problem(&error))?;
    reader.rule(span, raw)
}

/// One line for all keys of a file that are not for a project to set.
fn refusal(reader: &Reader<'_>, mut refused: Vec<(usize, String)>) -> Option<String> {
    refused.sort();
    let (at, first) = refused.first()?;
    let shown = |name: &String| {
        let letters = name.chars().map(|letter| if letter.is_control() { '?' } else { letter });
        format!("`{}`", letters.take(32).collect::<String>())
    };
    let mut names: Vec<String> = refused.iter().take(4).map(|(_, name)| shown(name)).collect();
    if refused.len() > names.len() {
        names.push("…".to_owned());
    }
    let verb = if refused.len() == 1 { "is" } else { "are" };
    let meant = nearest(first, KEYS).filter(|meant| refused.len() == 1 && meant != first);
    let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let line = reader.line(*at);
    Some(format!("{}:{line}: {} {verb} ignored: a project may only tighten{hint}", reader.path.display(), names.join(", ")))
}

/// The text of a project file; `None` when there is none.
///
/// # Errors
/// Why it must not be used, as the end of a sentence.
fn read(path: &Path) -> Result<Option<String>, String> {
    // Opening a FIFO would wait for a writer, and a link could lead to a file that was never meant to be one of these.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(None),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::MLINK) => return Err("is a symbolic link".to_owned()),
        Err(rustix::io::Errno::NXIO) => return Err("is not a regular file".to_owned()),
        Err(errno) => return Err(format!("cannot be read: {}", std::io::Error::from(errno))),
    };
    let metadata = file.metadata().map_err(|error| format!("cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let uid = metadata.uid();
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        return Err(format!("belongs to user {uid}"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(format!("can be written by other users (mode {:04o})", metadata.mode() & 0o7777));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("is larger than 64 KiB".to_owned());
    }
    String::from_utf8(bytes).map(Some).map_err(|_| "is not UTF-8 text".to_owned())
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests;
