//! From the raw file to checked values.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::mistakes::key_of_statement;
use super::raw::{RawAudit, RawConfig, RawContext, RawCount, RawGuard, RawPreferred, RawSwitch, key_at};
use super::value::{Config, DAY, Guard, MIB, NO_LIMIT, ValueOrigin};
use super::{ConfigProblem, keys, nearest, reserved};
use crate::domain::{AuditMode, Cause, ContextField, Money, Scope};
use crate::offline::Preferred;
use crate::telemetry::is_endpoint;

/// Nobody takes more tokens on a day.
const MOST_TOKENS: i64 = 1_000_000_000_000;
/// Most programs that may be asked about by their names.
const MOST_SCOPES: usize = 32;

/// Reads the text of a configuration file. `path` is named in problems and is where relative paths begin; `home` is
/// what `~/` stands for.
///
/// # Errors
/// The first problem, with its line and key.
pub fn parse(text: &str, path: &Path, home: Option<&Path>) -> Result<Config, ConfigProblem> {
    layer(text, path, home, (Layer::User, &Config::default())).map(|(config, _)| config)
}

/// What holds with this text of an administrator's.
#[cfg(test)]
pub(crate) fn parse_admin(text: &str) -> Config {
    layer(text, Path::new("/admin.toml"), None, (Layer::Admin, &Config::default())).unwrap().0
}

/// Who speaks in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Admin,
    User,
    Variable,
    Flag,
}

impl Layer {
    pub(super) fn origin(self, line: usize) -> ValueOrigin {
        match self {
            Layer::Admin => ValueOrigin::Admin { line },
            Layer::User => ValueOrigin::File { line },
            Layer::Variable => ValueOrigin::Variable,
            Layer::Flag => ValueOrigin::Flag,
        }
    }
}

/// What holds when the text of a layer is put on what the layers before it say, and what was left out because it is locked or a key that
/// no shell can do without.
pub(super) fn layer(
    text: &str,
    path: &Path,
    home: Option<&Path>,
    (layer, below): (Layer, &Config),
) -> Result<(Config, Vec<ConfigProblem>), ConfigProblem> {
    let reader = Reader { text, path, home };
    let mut refused = Vec::new();
    let raw: Result<RawConfig, _> = if below.locks.is_empty() {
        toml::from_str(text)
    } else {
        DeTable::parse(text).and_then(|mut table| {
            refused = below.locks.take_out(table.get_mut(), &reader);
            RawConfig::deserialize(toml::de::Deserializer::from(table))
        })
    };
    let mut config = reader.resolve(raw.map_err(|error| reader.shape_problem(&error))?, layer, below)?;
    refused.extend(reserved::take_out(&mut config, below, path));
    Ok((config, refused))
}

/// Checks a provider's name.
///
/// # Errors
/// What was expected.
pub fn check_provider_name(name: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    // A leading dash would read as an option on a command line.
    let valid = (1..=32).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-');
    if valid { Ok(()) } else { Err(expected("provider.name")) }
}

/// Checks the name of an environment variable.
///
/// # Errors
/// What was expected.
pub fn check_env_name(name: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let valid = !name.is_empty() && name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    if valid { Ok(()) } else { Err(expected("provider.key.env")) }
}

pub(super) fn expected(key: &str) -> String {
    format!("expected {}", keys::find(key).map_or("a table", |entry| entry.expects))
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) path: &'a Path,
    pub(super) home: Option<&'a Path>,
}

/// Where each value was found.
pub(super) type Lines = BTreeMap<String, usize>;

impl Reader<'_> {
    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.text.bytes().take(offset).filter(|b| *b == b'\n').count()
    }

    pub(super) fn problem(&self, span: Option<Range<usize>>, key: Option<&str>, cause: impl Into<String>) -> ConfigProblem {
        ConfigProblem {
            path: self.path.to_owned(),
            line: span.map(|span| self.line(span.start)),
            key: key.map(str::to_owned),
            cause: cause.into(),
            hint: None,
        }
    }

    /// Turns a parser's error into ours. Its own wording is used only for broken syntax, where it is a fixed phrase: the
    /// wording for a wrong type quotes the value, which may be somebody's key.
    pub(super) fn shape_problem(&self, error: &toml::de::Error) -> ConfigProblem {
        let span = error.span();
        let Some(key) = span.as_ref().and_then(|span| key_at(self.text, span.start)) else {
            let phrase = error.message().lines().next().unwrap_or("not TOML");
            let key = span.as_ref().and_then(|span| key_of_statement(self.text, span.start));
            return self.problem(span, key.as_deref(), phrase.strip_prefix("TOML parse error: ").unwrap_or(phrase));
        };
        if !error.message().starts_with("unknown field") {
            return self.problem(span, Some(&key), expected(&key));
        }
        let (parent, name) = key.rsplit_once('.').unwrap_or(("", &key));
        let mut problem = self.problem(span, Some(&key), "unknown key");
        problem.hint = Some(match nearest(name, keys::inside(parent)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("known here: {}", keys::inside(parent).collect::<Vec<_>>().join(", ")),
        });
        problem
    }

    pub(super) fn resolve(&self, raw: RawConfig, layer: Layer, below: &Config) -> Result<Config, ConfigProblem> {
        let mut config = below.clone();
        let mut lines = Lines::new();
        if let Some(locked) = raw.locked {
            if layer != Layer::Admin {
                let problem = self.problem(Some(locked.span()), Some("locked"), "only the administrator's file may lock keys");
                return Err(problem.with_hint("leave it out"));
            }
            config.locks = Arc::new(self.locks(locked, &mut lines)?);
        }
        if let Some(switch) = self.take(raw.resident, "resident", &mut lines) {
            config.resident = switch == RawSwitch::On;
        }
        if let Some(switch) = self.take(raw.memory, "memory", &mut lines) {
            config.memory = switch == RawSwitch::On;
        }
        if let Some(audit) = self.take(raw.audit, "audit", &mut lines) {
            config.audit = match audit {
                RawAudit::Off => AuditMode::Off,
                RawAudit::Local => AuditMode::Local,
                RawAudit::Required => AuditMode::Required,
            };
        }
        let millis = Duration::from_millis;
        self.number(raw.deadline_ms, "deadline_ms", 500..=60_000, &mut lines, |n| config.deadline = millis(n))?;
        self.number(raw.idle_exit_minutes, "idle_exit_minutes", 1..=10_080, &mut lines, |n| {
            config.idle_exit = Some(Duration::from_secs(60 * n))
        })?;
        if raw.metrics_port.as_ref().is_some_and(|port| *port.get_ref() == 0) {
            self.take(raw.metrics_port, "metrics_port", &mut lines);
            config.metrics_port = None;
        } else {
            self.number(raw.metrics_port, "metrics_port", 1024..=65_535, &mut lines, |port| {
                config.metrics_port = u16::try_from(port).ok()
            })?;
        }
        if let Some(guard) = self.take(raw.guard, "guard", &mut lines) {
            config.guard = match guard {
                RawGuard::Suggested => Guard::Suggested,
                RawGuard::All => Guard::All,
                RawGuard::Off => Guard::Off,
            };
        }
        if raw.context.is_some() {
            config.context.clear();
        }
        for wanted in self.take(raw.context, "context", &mut lines).unwrap_or_default() {
            let field = match wanted {
                RawContext::Cwd => ContextField::Folder,
                RawContext::Branch => ContextField::Branch,
                RawContext::Files => ContextField::Files,
            };
            if !config.context.contains(&field) {
                config.context.push(field);
            }
        }
        let shell = &mut config.shell;
        if let Some(key) = self.shell_key(raw.shell.key, "shell.key", &mut lines)? {
            shell.key = key;
        }
        shell.key2 = self.shell_key(raw.shell.key2, "shell.key2", &mut lines)?.or(shell.key2.take());
        shell.asynchronous = self.take(raw.shell.asynchronous, "shell.async", &mut lines).or(shell.asynchronous);
        self.number(raw.shell.progress_ms, "shell.progress_ms", 0..=60_000, &mut lines, |n| shell.progress = millis(n))?;
        self.number(raw.shell.enter_guard_ms, "shell.enter_guard_ms", 0..=5_000, &mut lines, |n| shell.enter_guard = millis(n))?;
        if let Some(prefetch) = self.take(raw.shell.prefetch, "shell.prefetch", &mut lines) {
            shell.prefetch = prefetch;
        }
        shell.note = self.take(raw.shell.note, "shell.note", &mut lines).unwrap_or(shell.note);
        shell.ghost = self.take(raw.shell.ghost, "shell.ghost", &mut lines).unwrap_or(shell.ghost);
        if let Some(scopes) = self.scopes(raw.shell.scopes, &mut lines)? {
            shell.scopes = scopes;
        }
        shell.hash = self.take(raw.shell.hash, "shell.hash", &mut lines).unwrap_or(shell.hash);
        if let Some(read) = self.take(raw.shell.read_screen, "shell.read_screen", &mut lines) {
            shell.read_screen = read;
        }
        if raw.offline.prefer.is_some() {
            config.prefer.clear();
        }
        for wanted in self.take(raw.offline.prefer, "offline.prefer", &mut lines).unwrap_or_default() {
            let wanted = match wanted {
                RawPreferred::Rg => Preferred::Ripgrep,
                RawPreferred::Fd => Preferred::Fd,
            };
            if !config.prefer.contains(&wanted) {
                config.prefer.push(wanted);
            }
        }
        config.notify = self.take(raw.alerts.notify, "alerts.notify", &mut lines).unwrap_or(config.notify);
        if let Some(silence) = raw.alerts.silence {
            let causes: Option<Vec<Cause>> = silence.get_ref().iter().map(|name| Cause::from_name(name)).collect();
            let key = "alerts.silence";
            config.silenced = causes.ok_or_else(|| self.problem(Some(silence.span()), Some(key), expected(key)))?;
            self.take(Some(silence), key, &mut lines);
        }
        let cache = &mut config.cache;
        self.number(raw.cache.max_entries, "cache.max_entries", 1..=10_000_000, &mut lines, |n| cache.max_entries = n)?;
        self.number(raw.cache.max_disk_mib, "cache.max_disk_mib", 1..=65_536, &mut lines, |n| cache.max_disk_bytes = n * MIB)?;
        self.number(raw.cache.ttl_days, "cache.ttl_days", 1..=3_650, &mut lines, |n| cache.ttl = Duration::from_secs(n * DAY.as_secs()))?;
        if let Some(level) = &raw.log.level {
            let read = level.get_ref().parse();
            config.log = read.map_err(|_| self.problem(Some(level.span()), Some("log.level"), expected("log.level")))?;
            self.take(raw.log.level, "log.level", &mut lines);
        }
        if let Some(endpoint) = &raw.traces.endpoint {
            let text = endpoint.get_ref();
            if !text.is_empty() && !is_endpoint(text) {
                return Err(self.problem(Some(endpoint.span()), Some("traces.endpoint"), expected("traces.endpoint")));
            }
            config.traces_endpoint = Some(text.clone()).filter(|text| !text.is_empty());
            self.take(raw.traces.endpoint, "traces.endpoint", &mut lines);
        }
        let limits = &mut config.online;
        if let Some(switch) = self.take(raw.hedge, "hedge", &mut lines) {
            limits.hedge = switch == RawSwitch::On;
        }
        let small = |value, key: &str, range, lines: &mut Lines| {
            let mut set = None;
            self.number(value, key, range, lines, |n| set = u32::try_from(n).ok())?;
            Ok::<_, ConfigProblem>(set)
        };
        let raw_limits = raw.limits;
        for (value, key, range, target) in [
            (raw_limits.user_per_minute, "limits.user_per_minute", 0..=100_000, &mut limits.user_per_minute),
            (raw_limits.session_per_minute, "limits.session_per_minute", 0..=100_000, &mut limits.session_per_minute),
            (raw_limits.in_flight, "limits.in_flight", 1..=100_000, &mut limits.most_in_flight),
            (raw_limits.calls_per_provider, "limits.calls_per_provider", 1..=1_000, &mut limits.calls_per_provider),
        ] {
            *target = small(value, key, range, &mut lines)?.unwrap_or(*target);
        }
        limits.caps.day = self.money(raw.spend.day, "spend.day", &mut lines)?.unwrap_or(limits.caps.day);
        limits.caps.month = self.money(raw.spend.month, "spend.month", &mut lines)?.unwrap_or(limits.caps.month);
        limits.caps.day_tokens = self.count(raw.spend.day_tokens, "spend.day_tokens", &mut lines)?.unwrap_or(limits.caps.day_tokens);
        let inherited = std::mem::take(&mut config.providers);
        for provider in raw.provider {
            let span = provider.span();
            let provider = self.provider(span.clone(), provider.into_inner(), &mut lines)?;
            if config.providers.iter().any(|other| other.name == provider.name) {
                let line = lines.get(&format!("provider.{}.name", provider.name)).copied();
                let mut problem = self.problem(None, Some("provider.name"), format!("a second provider named `{}`", provider.name));
                problem.line = line;
                return Err(problem);
            }
            let prefix = format!("provider.{}.", provider.name);
            config.origins.retain(|key, _| !key.starts_with(&prefix));
            config.providers.push(provider);
        }
        // Who names services of their own wants them asked first; one of the same name takes the other's place.
        config.providers.extend(inherited.into_iter().filter(|other| !lines.contains_key(&format!("provider.{}.name", other.name))));
        let own = self.rules(raw.rules, &mut lines)?;
        config.rules = Arc::new(self.all_rules(&below.rules, own, &lines)?);
        config.origins.extend(lines.into_iter().map(|(key, line)| (key, layer.origin(line))));
        Ok(config)
    }

    pub(super) fn take<T>(&self, value: Option<Spanned<T>>, key: &str, lines: &mut Lines) -> Option<T> {
        let value = value?;
        lines.insert(key.to_owned(), self.line(value.span().start));
        Some(value.into_inner())
    }

    fn number(
        &self,
        value: Option<Spanned<i64>>,
        key: &str,
        range: std::ops::RangeInclusive<u64>,
        lines: &mut Lines,
        set: impl FnOnce(u64),
    ) -> Result<(), ConfigProblem> {
        let Some(value) = value else { return Ok(()) };
        match u64::try_from(*value.get_ref()) {
            Ok(number) if range.contains(&number) => set(number),
            _ => return Err(self.problem(Some(value.span()), Some(key), expected(key))),
        }
        self.take(Some(value), key, lines);
        Ok(())
    }

    /// An amount of money, or no limit.
    fn money(&self, value: Option<Spanned<String>>, key: &str, lines: &mut Lines) -> Result<Option<Option<Money>>, ConfigProblem> {
        let Some(value) = value else { return Ok(None) };
        let amount = match value.get_ref().as_str() {
            NO_LIMIT => None,
            text => Some(text.parse().map_err(|_| self.problem(Some(value.span()), Some(key), expected(key)))?),
        };
        self.take(Some(value), key, lines);
        Ok(Some(amount))
    }

    /// A count, or no limit.
    fn count(&self, value: Option<Spanned<RawCount>>, key: &str, lines: &mut Lines) -> Result<Option<Option<u64>>, ConfigProblem> {
        let Some(value) = value else { return Ok(None) };
        let count = match value.get_ref() {
            RawCount::Word(word) if word == NO_LIMIT => None,
            RawCount::Number(number) if (0..=MOST_TOKENS).contains(number) => u64::try_from(*number).ok(),
            _ => return Err(self.problem(Some(value.span()), Some(key), expected(key))),
        };
        self.take(Some(value), key, lines);
        Ok(Some(count))
    }

    /// Names that a shell compares words with; they become part of its start-up script.
    fn scopes(&self, value: Option<Spanned<Vec<String>>>, lines: &mut Lines) -> Result<Option<Vec<String>>, ConfigProblem> {
        let key = "shell.scopes";
        if let Some(value) = &value
            && (value.get_ref().len() > MOST_SCOPES || value.get_ref().iter().any(|word| Scope::from_word(word).is_err()))
        {
            return Err(self.problem(Some(value.span()), Some(key), expected(key)));
        }
        Ok(self.take(value, key, lines))
    }

    fn shell_key(&self, value: Option<Spanned<String>>, key: &str, lines: &mut Lines) -> Result<Option<String>, ConfigProblem> {
        if let Some(value) = &value {
            // The text becomes part of a shell's start-up script.
            if value.get_ref().len() > 32 || value.get_ref().chars().any(char::is_control) {
                return Err(self.problem(Some(value.span()), Some(key), expected(key)));
            }
        }
        Ok(self.take(value, key, lines))
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
