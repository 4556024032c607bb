use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::BaseUrl;

/// The checked configuration. The default is what holds without a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Whether a resident process is used.
    pub resident: bool,
    /// The time for one question, from key press to answer.
    pub deadline: Duration,
    /// When an idle resident ends; `None` lets it decide by where it runs.
    pub idle_exit: Option<Duration>,
    /// What `gptos init` writes.
    pub shell: ShellSection,
    /// Bounds of the cache.
    pub cache: CacheSection,
    /// Providers in the user's order of preference.
    pub providers: Vec<ProviderSection>,
    /// Keys that the file sets, with their lines.
    pub(super) lines: BTreeMap<String, usize>,
}

/// Defaults of the shell integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellSection {
    /// The key that asks; empty binds none.
    pub key: String,
    /// A second key; `None` leaves it to the shell file.
    pub key2: Option<String>,
    /// Whether the prompt stays live; `None` leaves it to the shell file.
    pub asynchronous: Option<bool>,
    /// No sign of progress before this.
    pub progress: Duration,
    /// How long Enter is ignored after a command appeared.
    pub enter_guard: Duration,
}

/// Bounds of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSection {
    /// Most entries.
    pub max_entries: u64,
    /// Most bytes on disk.
    pub max_disk_bytes: u64,
    /// How long an answer is fresh.
    pub ttl: Duration,
    /// How long after that it may still be served when nothing better is to be had.
    pub stale: Duration,
}

/// The protocol a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// OpenAI's chat completions, which many services and most local servers speak.
    OpenAi,
}

impl ProviderKind {
    /// The word in the configuration file.
    pub fn name(self) -> &'static str {
        match self {
            ProviderKind::OpenAi => "openai",
        }
    }
}

/// One configured provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSection {
    /// The user's name for it, unique.
    pub name: String,
    /// The protocol it speaks.
    pub kind: ProviderKind,
    /// Where its interface begins.
    pub base_url: BaseUrl,
    /// The model to ask for.
    pub model: String,
    /// Where its key is; `None` for a provider that needs none.
    pub key: Option<KeySection>,
}

/// Where a key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySection {
    /// A file, by its absolute path.
    File(PathBuf),
    /// A command that prints it: program and arguments, at least one word.
    Command(Vec<String>),
    /// An environment variable of the asking shell.
    Env(String),
}

impl KeySection {
    /// Where the key is, in words that are safe to show: arguments of a command are left out.
    pub fn place(&self) -> String {
        match self {
            KeySection::File(path) => format!("file {}", path.display()),
            KeySection::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                format!("command {program}{}", if words.len() > 1 { " …" } else { "" })
            }
            KeySection::Env(name) => format!("env {name}"),
        }
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueOrigin {
    /// Nobody set it.
    Default,
    /// The file, at this line.
    File {
        /// Counted from 1.
        line: usize,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            resident: true,
            deadline: Duration::from_millis(8000),
            idle_exit: None,
            shell: ShellSection::default(),
            cache: CacheSection::default(),
            providers: Vec::new(),
            lines: BTreeMap::new(),
        }
    }
}

impl Default for ShellSection {
    fn default() -> Self {
        Self {
            key: "ctrl-g".to_owned(),
            key2: None,
            asynchronous: None,
            progress: Duration::from_millis(120),
            enter_guard: Duration::from_millis(250),
        }
    }
}

/// One day.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// One MiB.
pub(super) const MIB: u64 = 1024 * 1024;

impl Default for CacheSection {
    fn default() -> Self {
        // A command ages with the tools that are installed and not by the clock: an old answer, marked as such, is
        // better than none for half a year.
        Self { max_entries: 20_000, max_disk_bytes: 64 * MIB, ttl: 30 * DAY, stale: 150 * DAY }
    }
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueOrigin::Default => f.write_str("default"),
            ValueOrigin::File { line } => write!(f, "line {line}"),
        }
    }
}

impl Config {
    /// Where the value of a dotted key comes from; a provider's keys are `provider.NAME.KEY`.
    pub fn origin(&self, key: &str) -> ValueOrigin {
        self.lines.get(key).map_or(ValueOrigin::Default, |line| ValueOrigin::File { line: *line })
    }

    /// The environment variables that hold keys: only these may be taken along from the asking shell.
    pub fn key_variables(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().filter_map(|provider| match &provider.key {
            Some(KeySection::Env(name)) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Every value in force, as key, value and origin. No secret is among them.
    pub fn rows(&self) -> Vec<(String, String, ValueOrigin)> {
        let by_shell = || "chosen by the shell".to_owned();
        let minutes = |time: Duration| (time.as_secs() / 60).to_string();
        let mut rows = vec![
            ("resident".to_owned(), quoted(if self.resident { "on" } else { "off" })),
            ("deadline_ms".to_owned(), self.deadline.as_millis().to_string()),
            ("idle_exit_minutes".to_owned(), self.idle_exit.map_or_else(|| "30, under SSH 5".to_owned(), minutes)),
            ("shell.key".to_owned(), quoted(&self.shell.key)),
            ("shell.key2".to_owned(), self.shell.key2.as_deref().map_or_else(by_shell, quoted)),
            ("shell.async".to_owned(), self.shell.asynchronous.map_or_else(by_shell, |on| on.to_string())),
            ("shell.progress_ms".to_owned(), self.shell.progress.as_millis().to_string()),
            ("shell.enter_guard_ms".to_owned(), self.shell.enter_guard.as_millis().to_string()),
            ("cache.max_entries".to_owned(), self.cache.max_entries.to_string()),
            ("cache.max_disk_mib".to_owned(), (self.cache.max_disk_bytes / MIB).to_string()),
            ("cache.ttl_days".to_owned(), (self.cache.ttl.as_secs() / DAY.as_secs()).to_string()),
        ];
        for provider in &self.providers {
            let key = |key: &str| format!("provider.{}.{key}", provider.name);
            rows.push((key("kind"), quoted(provider.kind.name())));
            rows.push((key("base_url"), quoted(provider.base_url.as_str())));
            rows.push((key("model"), quoted(&provider.model)));
            rows.push((key("key"), provider.key.as_ref().map_or_else(|| "none".to_owned(), KeySection::place)));
        }
        let with_origin = |(key, value): (String, String)| {
            let origin = self.origin(&key);
            (key, value, origin)
        };
        rows.into_iter().map(with_origin).collect()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
