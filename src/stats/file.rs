//! The file: parts of days, a line each, with a checksum in front. They are added up, so whoever counts something appends what
//! he counted under a lock, and nobody overwrites what another has counted. It is rewritten, a line a day, when it has grown.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing::{debug, warn};

use super::rows::{Days, Row};
use super::spent::{Beside, Spent};
use crate::domain::{Day, LogEvent};
use crate::platform;

/// The name of the file in the state directory.
pub(super) const NAME: &str = "stats.v1";
/// The file is rewritten when it is larger than that, in bytes.
const MOST_BYTES: u64 = 1024 * 1024;
/// It is not read further than that, whoever wrote it.
const MOST_READ: u64 = 4 * MOST_BYTES;
/// Days that are kept.
pub const MOST_DAYS: i32 = 400;
/// Stands first in a file that was begun anew while what is noted beside was damaged. No line is written so, so it counts as a
/// damaged one, with all that follows from that.
const ALL_LOST: &[u8] = b"what was spent before is not known\n";
/// Digits of a checksum.
const DIGITS: usize = 8;

/// Why what was counted cannot be read or kept.
#[derive(Debug, Error)]
pub enum StatsError {
    /// The system refuses.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not a private file of the user.
    #[error("{0}: it is not a file that only you can write")]
    Foreign(PathBuf),
}

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(rename = "d")]
    day: i32,
    #[serde(flatten)]
    row: Row,
}

/// The file as it was read last, and what is in it.
#[derive(Debug, Default)]
pub(super) struct File {
    /// `None`: what is counted lives as long as the process.
    directory: Option<PathBuf>,
    pub(super) days: Days,
    /// The file's number, and how much of it was read.
    read: Option<(u64, u64)>,
    /// What was counted of the last days according to the file beside it.
    beside: Beside,
    damage: Damage,
}

/// Lines that are not as they were written. What was being written when its writer ended is none of them.
#[derive(Debug, Default)]
struct Damage {
    lines: u64,
    /// The last day that one of them can be of, by the line that follows it.
    until: Option<Day>,
    /// Whether none follows.
    is_last: bool,
}

/// The file, held against all others for as long as this lives.
pub(super) struct Locked {
    file: Option<(fs::File, PathBuf)>,
}

impl File {
    pub(super) fn new(directory: Option<&Path>) -> Self {
        Self { directory: directory.map(Path::to_owned), ..Self::default() }
    }

    /// Waits for the lock and takes up what others have counted.
    pub(super) fn lock(&mut self) -> Result<Locked, StatsError> {
        let Some(directory) = &self.directory else { return Ok(Locked { file: None }) };
        DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|error| failed(directory, error))?;
        let path = directory.join(NAME);
        let mut file = locked(&path)?;
        self.beside = Spent::load(&path);
        self.take_up(&mut file, &path)?;
        if self.has_lost_all() {
            let torn = self.read.is_none_or(|(_, read)| file.metadata().is_ok_and(|facts| facts.len() > read));
            let line = if torn { [b"\n", ALL_LOST].concat() } else { ALL_LOST.to_vec() };
            file.write_all(&line).map_err(|error| failed(&path, error))?;
            self.take_up(&mut file, &path)?;
        }
        Ok(Locked { file: Some((file, path)) })
    }

    /// Takes up what others have counted, if there is a file.
    pub(super) fn look(&mut self) -> Result<(), StatsError> {
        let Some(path) = self.directory.as_ref().map(|directory| directory.join(NAME)) else { return Ok(()) };
        // It comes first: nobody holds the lock, and what is counted meanwhile is not to look as if it were missing.
        self.beside = Spent::load(&path);
        match open(&path, OpenOptions::new().read(true)) {
            Ok(mut file) => self.take_up(&mut file, &path)?,
            Err(StatsError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                (self.days, self.damage, self.read) = (Days::default(), Damage::default(), None);
            }
            Err(error) => return Err(error),
        }
        if self.has_lost_all() {
            // As if the line were there already that the next writer begins with.
            (self.damage, self.read) = (Damage { lines: 1, until: None, is_last: true }, None);
        }
        Ok(())
    }

    /// Whether nothing is left of what was spent, in neither file, though something was. Where nothing ever was nothing stands beside.
    fn has_lost_all(&self) -> bool {
        matches!(self.beside, Beside::Damaged) && self.days.0.is_empty() && self.damage.lines == 0
    }

    fn take_up(&mut self, file: &mut fs::File, path: &Path) -> Result<(), StatsError> {
        let facts = file.metadata().map_err(|error| failed(path, error))?;
        let from = match self.read {
            Some((number, length)) if number == facts.ino() && length <= facts.len() => length,
            _ => {
                (self.days, self.damage) = (Days::default(), Damage::default());
                0
            }
        };
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(from)).map_err(|error| failed(path, error))?;
        file.take(MOST_READ).read_to_end(&mut text).map_err(|error| failed(path, error))?;
        // What follows the last end of a line may be one that is being written, or what is left of one that never was.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (mut damaged, mut before) = (0, 0);
        for line in text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match decode(line) {
                Some(line) => {
                    self.days.add(Day(line.day), &line.row);
                    if std::mem::take(&mut self.damage.is_last) {
                        self.damage.until = self.damage.until.max(Some(Day(line.day)));
                    }
                }
                None if is_torn(line) => {}
                None => damaged += 1,
            }
            self.damage.is_last |= damaged > before;
            before = damaged;
        }
        if damaged > 0 {
            self.damage.lines += damaged;
            warn!(event = LogEvent::StatsFailed.name(), reason = "damaged", count = damaged, "damaged lines were passed over");
        }
        self.read = Some((facts.ino(), from + whole as u64));
        Ok(())
    }

    /// Counts these parts of days, in the file and here.
    pub(super) fn append(&mut self, locked: &mut Locked, rows: &[(Day, Row)], sync: bool) -> Result<(), StatsError> {
        let Some((file, path)) = &mut locked.file else {
            rows.iter().for_each(|(day, row)| self.days.add(*day, row));
            return Ok(());
        };
        let length = file.seek(SeekFrom::End(0)).map_err(|error| failed(path, error))?;
        let mut bytes: Vec<u8> = rows.iter().flat_map(|(day, row)| encode(*day, row)).collect();
        // The rest of a torn line must not swallow the next one.
        if self.read.is_none_or(|(_, read)| read != length) {
            bytes.insert(0, b'\n');
        }
        file.write_all(&bytes).map_err(|error| failed(path, error))?;
        if sync {
            file.sync_data().map_err(|error| failed(path, error))?;
        }
        let path = path.clone();
        self.take_up(file, &path)?;
        let latest = self.days.0.keys().next_back().copied();
        // While nobody knows what was spent, nothing is to look as if somebody did.
        if latest.is_some_and(|latest| self.is_known_since(latest.first_of_month())) {
            self.note(&path, rows);
            if length > MOST_BYTES {
                self.rewrite(&path)?;
            }
        }
        Ok(())
    }

    /// Notes what the last days cost beside the file.
    fn note(&mut self, path: &Path, rows: &[(Day, Row)]) {
        let before = self.beside.spent().cloned().unwrap_or_default();
        let now = before.behind(rows, &self.days);
        if before == now {
            return;
        }
        match now.store(path) {
            Ok(()) => self.beside = Beside::Spent(now),
            Err(error) => {
                debug!(event = LogEvent::StatsFailed.name(), reason = "spent", detail = %error, "what was spent is noted once only")
            }
        }
    }

    /// All days, with what is missing of them according to what is noted beside.
    pub(super) fn whole(&self) -> Days {
        let mut days = self.days.clone();
        self.lost().iter().for_each(|(day, row)| days.add(*day, row));
        days
    }

    /// What was spent and stands in no line any more.
    pub(super) fn lost(&self) -> Vec<(Day, Row)> {
        self.beside.spent().map(|spent| spent.beyond(&self.days)).unwrap_or_default()
    }

    /// How many lines are damaged.
    pub(super) fn damaged(&self) -> u64 {
        self.damage.lines
    }

    /// Whether it can be told what was spent from that day on: nothing of it is damaged, or it is noted beside.
    pub(super) fn is_known_since(&self, day: Day) -> bool {
        self.beside.spent().is_some() || !self.damage.is_last && self.damage.until.is_none_or(|until| until < day)
    }

    /// Writes the file anew without what is damaged, with what is known of it to be missing.
    pub(super) fn mend(&mut self) -> Result<(), StatsError> {
        let Locked { file: Some((_held, path)) } = self.lock()? else { return Ok(()) };
        self.days = self.whole();
        self.rewrite(&path)?;
        self.damage = Damage::default();
        if matches!(self.beside, Beside::Damaged) {
            Spent::forget(&path)?;
            self.beside = Beside::Nothing;
        }
        self.note(&path, &[]);
        Ok(())
    }

    /// Writes the file anew, a line a day, without the days that are too old.
    fn rewrite(&mut self, path: &Path) -> Result<(), StatsError> {
        if let Some(latest) = self.days.0.keys().next_back().copied() {
            self.days.0.retain(|day, _| latest.0.saturating_sub(day.0) < MOST_DAYS);
        }
        let aside = path.with_extension("v1.new");
        let _ = fs::remove_file(&aside);
        let mut new = open(&aside, OpenOptions::new().write(true).create_new(true))?;
        let bytes: Vec<u8> = self.days.0.iter().flat_map(|(day, row)| encode(*day, row)).collect();
        let written = new.write_all(&bytes).and_then(|()| new.sync_all()).and_then(|()| fs::rename(&aside, path));
        written.map_err(|error| failed(path, error))?;
        self.read = Some((new.metadata().map_err(|error| failed(path, error))?.ino(), bytes.len() as u64));
        Ok(())
    }
}

fn encode(day: Day, row: &Row) -> Vec<u8> {
    with_checksum(&serde_json::to_string(&Line { day: day.0, row: row.clone() }).unwrap_or_default())
}

fn decode(line: &[u8]) -> Option<Line> {
    checked(line).and_then(|text| serde_json::from_slice(text).ok())
}

/// A line with its checksum.
pub(super) fn with_checksum(text: &str) -> Vec<u8> {
    format!("{} {text}\n", checksum(text.as_bytes())).into_bytes()
}

/// The text of a line, if it is as it was written.
pub(super) fn checked(line: &[u8]) -> Option<&[u8]> {
    let (sum, text) = line.split_at_checked(DIGITS)?;
    let text = text.strip_prefix(b" ")?;
    (checksum(text).as_bytes() == sum).then_some(text)
}

/// Whether a line may be the beginning of one whose writer ended. No writer asks a provider before his line is whole.
fn is_torn(line: &[u8]) -> bool {
    let (sum, text) = line.split_at(line.len().min(DIGITS + 1));
    // A number of which only the sign is there is no end of a text to the parser.
    let text = text.strip_suffix(b"-").unwrap_or(text);
    let is_cut = |text: &[u8]| serde_json::from_slice::<IgnoredAny>(text).is_err_and(|error| error.is_eof());
    sum.iter().take(DIGITS).all(u8::is_ascii_hexdigit) && is_cut(text)
}

fn checksum(text: &[u8]) -> String {
    blake3::hash(text).to_hex()[..DIGITS].to_owned()
}

pub(super) fn failed(path: &Path, source: io::Error) -> StatsError {
    StatsError::Io { path: path.to_owned(), source }
}

pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<fs::File, StatsError> {
    let file = platform::open_private(path, options).map_err(|error| failed(path, error))?;
    file.ok_or_else(|| StatsError::Foreign(path.to_owned()))
}

/// Opens the file for writing, made if there is none, and waits for its lock. The lock is gone with the value.
fn locked(path: &Path) -> Result<fs::File, StatsError> {
    loop {
        let file = open(path, OpenOptions::new().read(true).append(true).create(true))?;
        file.lock().map_err(|error| failed(path, error))?;
        let mine = file.metadata().map_err(|error| failed(path, error))?.ino();
        // Whoever held the lock before may have put another file in its place.
        if fs::symlink_metadata(path).is_ok_and(|facts| facts.ino() == mine) {
            return Ok(file);
        }
    }
}
