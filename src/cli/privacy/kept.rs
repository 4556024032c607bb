//! What is kept on this machine. Each kind of file is one row of a table; what no row knows is told of as well.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::audit;
use crate::config::Config;
use crate::domain::{AuditMode, LogLevel, LogLevels};
use crate::memory;
use crate::paths::Paths;
use crate::stats;
use crate::telemetry;

/// Names that are looked at when sizes are summed up.
const MOST_NAMES: usize = 20_000;
/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// One kind of thing that is kept.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Kept {
    /// What it is.
    pub(super) what: &'static str,
    /// The name that stands for it in its folder.
    pub(super) name: String,
    /// The folder.
    pub(super) folder: PathBuf,
    /// All that is there of it.
    pub(super) paths: Vec<PathBuf>,
    /// How large that is.
    pub(super) bytes: u64,
    /// Whether more is written.
    pub(super) on: bool,
    /// For how long and how much.
    pub(super) lasts: String,
    /// Whether its content is encrypted on the disk.
    pub(super) encrypted: bool,
    /// What keeps it from being written, where something does.
    pub(super) turned_off_by: Option<&'static str>,
    /// What removes what is there.
    pub(super) deleted_by: String,
    /// The verb of this program that does it.
    #[serde(skip)]
    pub(super) verb: Option<&'static str>,
    /// Whether anybody but its user could read some of it.
    pub(super) others_can_read: bool,
    /// Whether the screen tells of it also where nothing of it is there.
    #[serde(skip)]
    pub(super) is_usual: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Stock {
    pub(super) kept: Vec<Kept>,
    /// What stands in our folders and belongs to no row: left behind by another version, or put there by somebody else.
    pub(super) unknown: Vec<String>,
}

/// A row: what it is, its names in the folder (a star at the end takes any ending), and the rest of what is told.
struct Row {
    what: &'static str,
    names: &'static [&'static str],
    on: bool,
    lasts: String,
    encrypted: bool,
    turned_off_by: Option<&'static str>,
    /// The verb that does it.
    verb: Option<&'static str>,
    /// What removes the files.
    removal: Removal,
    is_usual: bool,
}

/// What removes files.
#[derive(Clone, Copy)]
enum Removal {
    /// The verb.
    Verb,
    /// The verb, with the name of each file.
    VerbForEach,
    /// A hand.
    Hand,
    /// A hand, together with what stands beside it and is nothing without it.
    HandWith(&'static str),
}

impl Row {
    fn new(what: &'static str, names: &'static [&'static str], lasts: impl Into<String>, deleted_by: &'static str) -> Self {
        Self { verb: Some(deleted_by), removal: Removal::Verb, ..Self::by_hand(what, names, lasts) }
    }

    fn by_hand(what: &'static str, names: &'static [&'static str], lasts: impl Into<String>) -> Self {
        Self {
            what,
            names,
            on: true,
            lasts: lasts.into(),
            encrypted: false,
            turned_off_by: None,
            verb: None,
            removal: Removal::Hand,
            is_usual: false,
        }
    }

    fn removed(self, removal: Removal) -> Self {
        Self { removal, ..self }
    }

    fn usual(self) -> Self {
        Self { is_usual: true, ..self }
    }
}

fn in_cache(config: &Config) -> Vec<Row> {
    let days = config.cache.ttl.saturating_add(config.cache.stale).as_secs() / DAY;
    let most = config.cache.max_disk_bytes / (1024 * 1024);
    let answers = Row::new("answers", &["cache.v1*", "cache.key*", "cache.lock"], format!("{days} days, {most} MiB"), "gptos cache clear");
    vec![answers.usual(), Row::by_hand("index of tldr pages", &["tldr.index", "tldr.new", "tldr.lock"], "with pages")]
}

fn in_state(config: &Config) -> Vec<Row> {
    let (bytes, age) = audit::bounds();
    let trail = format!("{} days, {} MB", age.as_secs() / DAY, bytes / 1_000_000);
    let memory = Row::new("lines that you ran", &["memory.v1*"], format!("{} lines", memory::MOST_LINES), "gptos memory forget --all");
    let audit = Row::new("history of requests", &["audit"], trail, "gptos audit forget --all");
    let keys = Row::by_hand("keys and end of the history", &["audit.key*", "audit.seal*", "audit.end*"], "with audit");
    let keys = keys.removed(Removal::HandWith("audit"));
    let on = config.audit != AuditMode::Off;
    let log = Row::by_hand("log of the background process", &["log"], format!("{} MiB", telemetry::MOST_BYTES / (1024 * 1024)));
    let writes = config.log != LogLevels { rest: LogLevel::Off, modules: Vec::new() };
    let logins = Row::new("keys of providers that you handed over", &["keys"], "till removed", "gptos auth logout");
    let logins = logins.removed(Removal::VerbForEach);
    vec![
        logins,
        Row { on: config.memory, turned_off_by: Some("gptos config set memory off"), ..memory.usual() },
        Row { on, encrypted: true, turned_off_by: Some("gptos audit off"), ..audit.usual() },
        Row { on, turned_off_by: Some("gptos audit off"), ..keys },
        Row { on: writes, turned_off_by: Some("gptos config set log.level off"), ..log },
        Row::by_hand("counts of the days, without words", &["stats.v1*"], format!("{} days", stats::MOST_DAYS)),
        Row::by_hand("hints that were given, files of the tour", &["hints*", "notice*", "welcomed", "tour"], "a day; once"),
    ]
}

fn in_data() -> Vec<Row> {
    vec![Row::by_hand("tldr pages", &["tldr"], "till updated")]
}

fn in_runtime() -> Vec<Row> {
    let socket = Row::new(
        "socket, pipes, slates and lock of the background process",
        &["v1.*", "*.sock", "*.lock", "*.pipes", "ssh-*"],
        "while it runs",
        "gptos daemon stop",
    );
    vec![socket.usual()]
}

impl Stock {
    /// Looks at the folders.
    pub(super) fn take(config: &Config, paths: &Paths) -> Self {
        let mut stock = Self::default();
        let folders = [(&paths.cache_dir, in_cache(config)), (&paths.state_dir, in_state(config)), (&paths.data_dir, in_data())];
        for (folder, rows) in folders {
            if let Some(folder) = folder {
                stock.add(folder, rows, None);
            }
        }
        if let Some(file) = &paths.config_file {
            stock.add_configuration(file);
        }
        let runtime = paths.runtime.iter().map(|runtime| runtime.dir.as_path()).filter(|folder| folder.is_dir());
        for folder in runtime {
            stock.add(folder, in_runtime(), None);
        }
        stock
    }

    fn add_configuration(&mut self, file: &Path) {
        let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else { return };
        let rows = vec![
            Row::new("configuration", &[".gptos-config-*", ".gptos-edit-*"], "yours", "gptos config edit").removed(Removal::Hand).usual(),
            Row::by_hand("sentences that you taught", &["intents"], "yours"),
            Row::by_hand("plugin for a framework", &["plugin"], "yours"),
        ];
        self.add(folder, rows, Some(&name.to_string_lossy()));
    }

    /// Adds the rows of a folder. `own` is the name of a file that belongs to the first row, in a folder that may be anybody's.
    fn add(&mut self, folder: &Path, rows: Vec<Row>, own: Option<&str>) {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut there: Vec<String> = entries.take(MOST_NAMES).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        there.sort();
        for (at, row) in rows.into_iter().enumerate() {
            let own = own.filter(|_| at == 0);
            let (ours, others): (Vec<String>, Vec<String>) =
                there.into_iter().partition(|name| own == Some(name.as_str()) || row.names.iter().any(|pattern| fits(pattern, name)));
            there = others;
            let paths: Vec<PathBuf> = ours.iter().map(|name| folder.join(name)).collect();
            self.kept.push(Kept {
                what: row.what,
                name: own.unwrap_or_else(|| row.names[0].trim_end_matches('*').trim_end_matches('.')).to_owned(),
                folder: folder.to_owned(),
                bytes: paths.iter().map(|path| size(path)).sum(),
                deleted_by: deleted_by(&row, folder, &paths, own),
                verb: row.verb,
                others_can_read: paths.iter().any(|path| others_can_read(path)),
                paths,
                on: row.on,
                lasts: row.lasts,
                encrypted: row.encrypted,
                turned_off_by: row.turned_off_by,
                is_usual: row.is_usual,
            });
        }
        if own.is_none() || folder.file_name().is_some_and(|name| name == "gptos") {
            self.unknown.extend(there.iter().map(|name| folder.join(name).display().to_string()));
        }
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(ending), _) => name.ends_with(ending),
        (_, Some(beginning)) => name.starts_with(beginning),
        _ => pattern == name,
    }
}

/// What removes the files of a row.
fn deleted_by(row: &Row, folder: &Path, paths: &[PathBuf], own: Option<&str>) -> String {
    let usual = folder.join(own.unwrap_or_else(|| row.names[0].trim_end_matches('*')));
    match (row.removal, row.verb) {
        (Removal::Verb, Some(verb)) => verb.to_owned(),
        (Removal::VerbForEach, Some(verb)) => {
            let names = paths.iter().flat_map(|path| fs::read_dir(path).into_iter().flatten().flatten());
            let lines: Vec<String> = names.map(|entry| format!("{verb} {}", word(&entry.file_name().to_string_lossy()))).collect();
            if lines.is_empty() { verb.to_owned() } else { lines.join(" && ") }
        }
        (Removal::HandWith(other), _) => removal(&[&[folder.join(other)], paths].concat(), &usual),
        _ => removal(paths, &usual),
    }
}

fn word(text: &str) -> String {
    shell_words::quote(text).into_owned()
}

/// The line that removes these files, wherever the shell stands; `usual` is what there would be.
fn removal(paths: &[PathBuf], usual: &Path) -> String {
    let quoted = |path: &Path| word(&path.to_string_lossy());
    match paths {
        [] => format!("rm -r {}", quoted(usual)),
        paths => format!("rm -r {}", paths.iter().map(|path| quoted(path)).collect::<Vec<_>>().join(" ")),
    }
}

/// Whether the rights of a file or folder let others read it. What lies in a folder of the user's alone is read by nobody else.
fn others_can_read(path: &Path) -> bool {
    let is_open = |path: &Path| fs::symlink_metadata(path).is_ok_and(|facts| !facts.is_symlink() && facts.mode() & 0o044 != 0);
    is_open(path) && path.parent().is_none_or(|folder| fs::metadata(folder).is_ok_and(|facts| facts.mode() & 0o011 != 0))
}

/// The bytes of a file, or of all files below a folder. Links are not followed.
fn size(path: &Path) -> u64 {
    let (mut bytes, mut left, mut open) = (0, MOST_NAMES, vec![path.to_owned()]);
    while let Some(path) = open.pop().filter(|_| left > 0) {
        left -= 1;
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_dir() {
            open.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        } else if metadata.is_file() {
            bytes += metadata.len();
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn taken(config: &str, files: &[&str]) -> (tempfile::TempDir, Stock) {
        let home = tempfile::tempdir().unwrap();
        for file in files {
            let path = home.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "12345").unwrap();
        }
        let own = home.path().as_os_str().to_owned();
        let lookup = |name: &str| ["HOME", "XDG_RUNTIME_DIR"].contains(&name).then(|| OsString::from(&own));
        let paths = Paths { runtime: Vec::new(), ..Paths::resolve(&lookup, 1000, &|| None) };
        let config = crate::config::parse(config, Path::new("/c.toml"), None).unwrap();
        let stock = Stock::take(&config, &paths);
        (home, stock)
    }

    fn row<'a>(stock: &'a Stock, name: &str) -> &'a Kept {
        stock.kept.iter().find(|kept| kept.name == name).unwrap()
    }

    #[test]
    fn every_file_is_counted_once_and_strange_ones_are_named() {
        let files = [
            ".cache/gptos/cache.v1/db",
            ".cache/gptos/cache.v1.bad-12/db",
            ".cache/gptos/cache.key",
            ".local/state/gptos/audit/00000001.seg",
            ".local/state/gptos/audit/00000002.seg",
            ".local/state/gptos/strange",
            ".config/gptos/config.toml",
            ".config/gptos/intents/team.toml",
        ];
        let (home, stock) = taken("", &files);
        assert_eq!((row(&stock, "cache.v1").bytes, row(&stock, "audit").bytes, row(&stock, "memory.v1").bytes), (15, 10, 0));
        assert_eq!((row(&stock, "config.toml").bytes, row(&stock, "intents").bytes), (5, 5));
        assert_eq!(stock.unknown, [home.path().join(".local/state/gptos/strange").display().to_string()]);
        let all: Vec<&PathBuf> = stock.kept.iter().flat_map(|kept| &kept.paths).collect();
        assert_eq!(all.len(), 6, "{all:?}");
    }

    #[test]
    fn every_verb_that_is_named_is_one() {
        let (_home, stock) = taken("", &[".local/state/gptos/keys/open-ai", ".local/state/gptos/audit.key"]);
        let mut seen = 0;
        for line in stock.kept.iter().flat_map(|kept| [Some(kept.deleted_by.as_str()), kept.turned_off_by, kept.verb]).flatten() {
            let words = shell_words::split(line).unwrap();
            let Some(("gptos", rest)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) else {
                assert!(line.starts_with("rm -r /"), "{line}");
                continue;
            };
            let rest: Vec<OsString> = rest.iter().map(OsString::from).collect();
            assert!(crate::cli::arguments::parse(&rest).is_ok(), "{line}");
            seen += 1;
        }
        assert!(seen > 5, "{seen}");
        assert_eq!(row(&stock, "keys").deleted_by, "gptos auth logout open-ai");
        let history = &row(&stock, "audit.key").deleted_by;
        assert!(history.contains("/audit ") && history.ends_with("/audit.key"), "{history}");
        let configuration = row(&stock, "config.toml");
        assert!(configuration.deleted_by.ends_with("/config.toml") && configuration.verb == Some("gptos config edit"));
    }

    #[test]
    fn what_the_configuration_says_is_what_is_told() {
        let (_home, stock) = taken("", &[]);
        assert_eq!((row(&stock, "cache.v1").lasts.as_str(), row(&stock, "audit").lasts.as_str()), ("180 days, 64 MiB", "90 days, 16 MB"));
        assert!(row(&stock, "memory.v1").on && row(&stock, "audit").on && row(&stock, "audit").encrypted);
        let (_home, stock) = taken("memory = \"off\"\naudit = \"off\"\n[cache]\nttl_days = 10\nmax_disk_mib = 7", &[]);
        assert_eq!(row(&stock, "cache.v1").lasts, "160 days, 7 MiB");
        assert!(!row(&stock, "memory.v1").on && !row(&stock, "audit").on);
    }

    #[test]
    fn what_others_can_read_is_told_and_a_removal_is_about_the_same_files_everywhere() {
        let (home, stock) = taken("", &[".config/gptos/config.toml", ".config/gptos/intents/team.toml", ".local/state/gptos/memory.v1"]);
        let base = home.path().display();
        assert!(row(&stock, "memory.v1").others_can_read && !row(&stock, "cache.v1").others_can_read);
        assert_eq!(row(&stock, "intents").deleted_by, format!("rm -r {base}/.config/gptos/intents"));
        assert_eq!(row(&stock, "plugin").deleted_by, format!("rm -r {base}/.config/gptos/plugin"), "also where there is none");
        fs::set_permissions(home.path().join(".local/state/gptos"), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let paths = [home.path().join(".local/state/gptos/memory.v1")];
        assert!(!others_can_read(&paths[0]), "nobody else comes into the folder");
        assert_eq!(removal(&[PathBuf::from("/a b/c")], Path::new("/x")), "rm -r '/a b/c'");
    }

    #[test]
    fn links_lead_nowhere() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("large"), [0; 4096]).unwrap();
        fs::create_dir(home.path().join("audit")).unwrap();
        std::os::unix::fs::symlink(home.path().join("large"), home.path().join("audit/link")).unwrap();
        assert_eq!(size(&home.path().join("audit")), 0);
        assert_eq!(size(&home.path().join("large")), 4096);
    }
}
