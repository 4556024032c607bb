use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::locks::Locks;
use super::provider::PER_MILLION;
use crate::cache::CacheSettings;
use crate::domain::{AuditMode, Cause, ContextField, KeySettings, LogLevels, Money};
use crate::offline::Preferred;
use crate::providers::{ProviderSettings, ProxySettings, ReachSettings, WireSettings};
use crate::suggest::online::OnlineSettings;
use crate::validate::CustomRules;

/// The checked configuration. The default is what holds without a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Whether a resident process is used.
    pub resident: bool,
    /// Whether what the user runs is remembered.
    pub memory: bool,
    /// Whether what is asked, offered and run is recorded.
    pub audit: AuditMode,
    /// The time for one question, from key press to answer.
    pub deadline: Duration,
    /// When an idle resident ends; `None` lets it decide by where it runs.
    pub idle_exit: Option<Duration>,
    /// The port of the loopback address under which numbers are served to Prometheus.
    pub metrics_port: Option<u16>,
    /// Which lines are judged again at Enter.
    pub guard: Guard,
    /// What providers may be told about the place where the shell stands; nothing by default.
    pub context: Vec<ContextField>,
    /// What `gptos init` writes.
    pub shell: ShellSection,
    /// What the embedded translator writes in the place of usual programs, where it is installed.
    pub prefer: Vec<Preferred>,
    /// Whether a line says what needs the user.
    pub notify: bool,
    /// Causes that it does not speak of.
    pub silenced: Vec<Cause>,
    /// Bounds of the cache.
    pub cache: CacheSettings,
    /// Which lines a resident writes to its log.
    pub log: LogLevels,
    /// The collector that spans of requests are handed to.
    pub traces_endpoint: Option<String>,
    /// How much providers may be asked.
    pub online: OnlineSettings,
    /// Providers in the user's order of preference.
    pub providers: Vec<ProviderSettings>,
    /// The user's rules beside the embedded ones.
    pub rules: Arc<CustomRules>,
    /// Where the values come from that somebody set.
    pub(super) origins: BTreeMap<String, ValueOrigin>,
    /// What the administrator lets nobody else set.
    pub(super) locks: Arc<Locks>,
}

/// Which lines are judged again when Enter is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guard {
    /// Those that came from a suggestion, edited or not.
    #[default]
    Suggested,
    /// Every line.
    All,
    /// None.
    Off,
}

impl Guard {
    /// The word for it in the file and in the shells.
    pub fn name(self) -> &'static str {
        match self {
            Guard::Suggested => "suggested",
            Guard::All => "all",
            Guard::Off => "off",
        }
    }
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
    /// Whether providers are asked while words are being typed.
    pub prefetch: bool,
    /// Whether a line under the prompt tells of a suggestion.
    pub note: bool,
    /// Whether what would be answered is shown behind the words while they are typed.
    pub ghost: bool,
    /// Words that ask about one program with a question mark behind them.
    pub scopes: Vec<String>,
    /// Whether a comment asks.
    pub hash: bool,
    /// Whether what a failed line printed is read off the terminal.
    pub read_screen: bool,
}

/// Where a key is, in words that are safe to show: arguments of a command are left out.
fn key_place(key: &KeySettings) -> String {
    match key {
        KeySettings::File(path) => format!("file {}", path.display()),
        KeySettings::Command(words) => format!("command {}", words_place(words)),
        KeySettings::Env(name) => format!("env {name}"),
        KeySettings::Login(login) => format!("login {}", login.store.name()),
    }
}

/// The program without its arguments, since somebody may have written a key there.
fn words_place(words: &[String]) -> String {
    format!("{}{}", words.first().map_or("", String::as_str), if words.len() > 1 { " …" } else { "" })
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueOrigin {
    /// Nobody set it.
    Default,
    /// The administrator's file, at this line.
    Admin {
        /// Counted from 1.
        line: usize,
    },
    /// The user's file, at this line.
    File {
        /// Counted from 1.
        line: usize,
    },
    /// The environment variable of that key.
    Variable,
    /// An option of the command line.
    Flag,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            resident: true,
            memory: true,
            audit: AuditMode::default(),
            deadline: Duration::from_millis(8000),
            idle_exit: None,
            metrics_port: None,
            guard: Guard::default(),
            context: Vec::new(),
            shell: ShellSection::default(),
            prefer: Vec::new(),
            notify: true,
            silenced: Vec::new(),
            cache: CacheSettings::default(),
            log: LogLevels::default(),
            traces_endpoint: None,
            online: OnlineSettings::default(),
            providers: Vec::new(),
            rules: Arc::default(),
            origins: BTreeMap::new(),
            locks: Arc::default(),
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
            prefetch: false,
            note: true,
            ghost: true,
            scopes: Vec::new(),
            hash: false,
            read_screen: false,
        }
    }
}

/// In the place of an amount: there is no limit.
pub(super) const NO_LIMIT: &str = "none";
/// One day.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// One MiB.
pub(super) const MIB: u64 = 1024 * 1024;

impl Config {
    /// Where the value of a dotted key comes from; a provider's keys are `provider.NAME.KEY`.
    pub fn origin(&self, key: &str) -> ValueOrigin {
        self.origins.get(key).copied().unwrap_or(ValueOrigin::Default)
    }

    /// What keeps a key from being set, as `file:line`.
    pub fn lock_on(&self, key: &str) -> Option<String> {
        self.locks.on(key)
    }

    /// The causes of needs that are told.
    pub fn notified(&self) -> Vec<Cause> {
        Cause::ALL.into_iter().filter(|cause| self.notify && !self.silenced.contains(cause)).collect()
    }

    /// Whether somebody set the value of a dotted key.
    pub fn sets(&self, key: &str) -> bool {
        self.origins.contains_key(key)
    }

    /// The environment variables that hold keys: only these may be taken along from the asking shell.
    pub fn key_variables(&self) -> impl Iterator<Item = &str> {
        self.providers.iter().filter_map(|provider| match &provider.key {
            Some(KeySettings::Env(name)) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Every value in force, as key, value and origin. No secret is among them.
    pub fn rows(&self) -> Vec<(String, String, ValueOrigin)> {
        let by_shell = || "chosen by the shell".to_owned();
        let minutes = |time: Duration| (time.as_secs() / 60).to_string();
        let mut rows = vec![
            ("resident".to_owned(), quoted(if self.resident { "on" } else { "off" })),
            ("memory".to_owned(), quoted(if self.memory { "on" } else { "off" })),
            ("audit".to_owned(), quoted(self.audit.name())),
            ("deadline_ms".to_owned(), self.deadline.as_millis().to_string()),
            ("idle_exit_minutes".to_owned(), self.idle_exit.map_or_else(|| "30, under SSH 5".to_owned(), minutes)),
            ("metrics_port".to_owned(), self.metrics_port.unwrap_or_default().to_string()),
            ("guard".to_owned(), quoted(self.guard.name())),
            ("context".to_owned(), list(self.context.iter().map(|field| field.name()))),
            ("shell.key".to_owned(), quoted(&self.shell.key)),
            ("shell.key2".to_owned(), self.shell.key2.as_deref().map_or_else(by_shell, quoted)),
            ("shell.async".to_owned(), self.shell.asynchronous.map_or_else(by_shell, |on| on.to_string())),
            ("shell.progress_ms".to_owned(), self.shell.progress.as_millis().to_string()),
            ("shell.enter_guard_ms".to_owned(), self.shell.enter_guard.as_millis().to_string()),
            ("shell.prefetch".to_owned(), self.shell.prefetch.to_string()),
            ("shell.note".to_owned(), self.shell.note.to_string()),
            ("shell.ghost".to_owned(), self.shell.ghost.to_string()),
            ("shell.scopes".to_owned(), list(self.shell.scopes.iter().map(String::as_str))),
            ("shell.hash".to_owned(), self.shell.hash.to_string()),
            ("shell.read_screen".to_owned(), self.shell.read_screen.to_string()),
            ("offline.prefer".to_owned(), list(self.prefer.iter().map(|preferred| preferred.name()))),
            ("cache.max_entries".to_owned(), self.cache.max_entries.to_string()),
            ("cache.max_disk_mib".to_owned(), (self.cache.max_disk_bytes / MIB).to_string()),
            ("cache.ttl_days".to_owned(), (self.cache.ttl.as_secs() / DAY.as_secs()).to_string()),
            ("hedge".to_owned(), quoted(if self.online.hedge { "on" } else { "off" })),
            ("limits.user_per_minute".to_owned(), self.online.user_per_minute.to_string()),
            ("limits.session_per_minute".to_owned(), self.online.session_per_minute.to_string()),
            ("limits.in_flight".to_owned(), self.online.most_in_flight.to_string()),
            ("limits.calls_per_provider".to_owned(), self.online.calls_per_provider.to_string()),
        ];
        rows.push(("log.level".to_owned(), quoted(&self.log.to_string())));
        rows.push(("traces.endpoint".to_owned(), quoted(self.traces_endpoint.as_deref().unwrap_or_default())));
        let amount = |amount: Option<Money>| quoted(&amount.map_or_else(|| NO_LIMIT.to_owned(), |amount| amount.to_string()));
        let caps = &self.online.caps;
        rows.push(("alerts.notify".to_owned(), self.notify.to_string()));
        rows.push(("alerts.silence".to_owned(), list(self.silenced.iter().map(|cause| cause.name()))));
        rows.push(("spend.day".to_owned(), amount(caps.day)));
        rows.push(("spend.month".to_owned(), amount(caps.month)));
        rows.push(("spend.day_tokens".to_owned(), caps.day_tokens.map_or_else(|| quoted(NO_LIMIT), |count| count.to_string())));
        if !self.rules.is_empty() {
            rows.push(("rules.silence".to_owned(), list(self.rules.silenced().iter().map(String::as_str))));
            let added: Vec<&str> = self.rules.added().iter().map(|rule| rule.id.as_str()).collect();
            rows.push(("rules.add".to_owned(), if added.is_empty() { "none".to_owned() } else { added.join(", ") }));
        }
        if !self.locks.is_empty() {
            rows.push(("locked".to_owned(), list(self.locks.names())));
        }
        for provider in &self.providers {
            let key = |key: &str| format!("provider.{}.{key}", provider.name);
            rows.push((key("kind"), quoted(provider.kind().name())));
            if let Some(rate) = &provider.price {
                let part = |money: Money| quoted(&format!("{money}{PER_MILLION}"));
                rows.push((key("price"), format!("{{ input = {}, output = {} }}", part(rate.input), part(rate.output))));
            }
            let server = match &provider.reach {
                ReachSettings::Server(server) => server,
                ReachSettings::Program(argv) => {
                    rows.push((key("argv"), words_place(argv)));
                    continue;
                }
            };
            rows.push((key("base_url"), quoted(&server.base_url.to_string())));
            rows.push((key("model"), quoted(&provider.model)));
            rows.push((key("key"), provider.key.as_ref().map_or_else(|| "none".to_owned(), key_place)));
            if let WireSettings::Azure { api_version } = &server.wire {
                rows.push((key("api_version"), quoted(api_version)));
            }
            if server.proxy == ProxySettings::Off {
                rows.push((key("proxy"), quoted("off")));
            }
            if let Some(file) = &server.ca_file {
                rows.push((key("ca_file"), quoted(&file.display().to_string())));
            }
        }
        let with_origin = |(key, value): (String, String)| {
            let origin = self.origin(&key);
            (key, value, origin)
        };
        rows.into_iter().map(with_origin).collect()
    }
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
