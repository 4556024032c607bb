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
    /// A file that is there and may not have said all that it was to say, so that both are off.
    pub unusable: Option<PathBuf>,
    /// What was refused and why, one line each.
    pub remarks: Vec<String>,
}

/// What was read of a file.
enum Said {
    /// It holds as it stands.
    All(String),
    /// What it says holds, and more may be meant.
    Part { text: String, doubt: Doubt },
    /// Nothing of it can be used.
    Nothing(Doubt),
    /// It is no file of this project's.
    Foreign { cause: String },
}

/// What is wrong with a file as a whole, as the end of a sentence, and what mends it.
struct Doubt {
    cause: String,
    mend: String,
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
            project.take(read(&file), &file);
            if home == Some(directory) {
                break;
            }
        }
        project
    }

    /// What the one file at `path` asks for, wherever it is; `None` when there is none.
    pub fn of_file(path: &Path) -> Option<Self> {
        let said = read(path)?;
        let mut project = Self::default();
        project.take(Some(said), path);
        Some(project)
    }

    fn take(&mut self, said: Option<Said>, file: &Path) {
        match said {
            None => {}
            Some(Said::All(text)) => self.add(&text, file),
            Some(Said::Part { text, doubt }) => {
                self.distrust(file, &format!("{} does not count as it stands: it {}", file.display(), doubt.cause), &doubt.mend);
                self.add(&text, file);
            }
            Some(Said::Nothing(doubt)) => {
                self.distrust(file, &format!("{} is not used: it {}", file.display(), doubt.cause), &doubt.mend);
            }
            Some(Said::Foreign { cause }) => self.remarks.push(format!("{} is not used: it {cause}", file.display())),
        }
    }

    /// Nobody knows what such a file was to turn off, so it turns off all that it could.
    fn distrust(&mut self, file: &Path, problem: &str, mend: &str) {
        self.remarks.push(format!("{problem}; until it is mended ({mend}), neither a provider nor the cache is used here"));
        for place in [&mut self.providers_off, &mut self.cache_off, &mut self.unusable] {
            place.get_or_insert_with(|| file.to_owned());
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
        if let Some(error) = errors.first() {
            self.distrust(file, &reader.shape_problem(error).to_string(), "gptos config check tells all of it");
        }
        let mut remarks: Vec<String> = Vec::new();
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

/// What a project file says; `None` when there is none.
fn read(path: &Path) -> Option<Said> {
    match open(path) {
        Ok(None) => None,
        Ok(Some(file)) => Some(text_of(file, path).unwrap_or_else(Said::Nothing)),
        Err(doubt) => Some(Said::Nothing(doubt)),
    }
    .map(|said| match said {
        Said::Nothing(doubt) if may_be_anybodys(path) => Said::Foreign { cause: doubt.cause },
        said => said,
    })
}

fn open(path: &Path) -> Result<Option<File>, Doubt> {
    // Opening a FIFO would wait for a writer, and a link could lead to a file that was never meant to be one of these.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => Ok(Some(File::from(file))),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::MLINK) => Err(Doubt::new("is a symbolic link", "a plain file in its place")),
        Err(rustix::io::Errno::NXIO) => Err(Doubt::irregular()),
        Err(errno) => Err(Doubt::unread(&std::io::Error::from(errno), path)),
    }
}

fn text_of(file: File, path: &Path) -> Result<Said, Doubt> {
    let metadata = file.metadata().map_err(|error| Doubt::unread(&error, path))?;
    if !metadata.is_file() {
        return Err(Doubt::irregular());
    }
    let uid = metadata.uid();
    if !is_trusted(uid) {
        return Err(Doubt::new(&format!("belongs to user {uid}"), &format!("sudo chown $USER {}", path.display())));
    }
    let others = metadata.mode() & 0o022;
    let writable = || {
        let cause = format!("can be written by other users (mode {:04o})", metadata.mode() & 0o7777);
        Doubt { cause, mend: format!("chmod go-w {}", path.display()) }
    };
    if others & 0o002 != 0 {
        return Err(writable());
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| Doubt::unread(&error, path))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Doubt::new("is larger than 64 KiB", "fewer or shorter rules"));
    }
    match String::from_utf8(bytes) {
        // Whoever is in its group can have taken a line out, and what is still there only tightens.
        Ok(text) if others != 0 => Ok(Said::Part { text, doubt: writable() }),
        Ok(text) => Ok(Said::All(text)),
        Err(error) => {
            let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let doubt = if others != 0 { writable() } else { Doubt::new(&format!("is not UTF-8 text in line {line}"), "save it as UTF-8") };
            Ok(Said::Part { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), doubt })
        }
    }
}

fn is_trusted(uid: u32) -> bool {
    uid == 0 || uid == rustix::process::geteuid().as_raw()
}

/// Whether somebody else has laid it where anybody may, as into `/tmp`, or nobody can tell that it is there at all. Such a file must
/// not turn anything off, or everybody could do that to everybody.
fn may_be_anybodys(path: &Path) -> bool {
    let Ok(own) = path.symlink_metadata() else { return true };
    let place =
        path.parent().and_then(|place| if place.as_os_str().is_empty() { Path::new(".").metadata() } else { place.metadata() }.ok());
    !is_trusted(own.uid()) && place.is_some_and(|place| place.mode() & 0o002 != 0)
}

impl Doubt {
    fn new(cause: &str, mend: &str) -> Self {
        Self { cause: cause.to_owned(), mend: mend.to_owned() }
    }

    fn irregular() -> Self {
        Self::new("is not a regular file", "a plain file in its place")
    }

    fn unread(error: &std::io::Error, path: &Path) -> Self {
        Self { cause: format!("cannot be read: {error}"), mend: format!("chmod u+r {}", path.display()) }
    }
}

#[cfg(test)]
#[path = "project_tests.rs"]
mod tests;
