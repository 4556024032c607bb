//! Which lines of the log are wanted.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How much a line matters, the most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing is written.
    Off,
    /// Something is broken.
    Error,
    /// Something went wrong and was got over.
    Warn,
    /// What was asked for and what came of it, without words.
    Info,
    /// The same with words and details, without secrets.
    Debug,
    /// Every step.
    Trace,
}

impl LogLevel {
    const ALL: [LogLevel; 6] = [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Off => "off",
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// The modules that write lines, in the order of their names. A test compares them with the source.
pub const LOGGING_MODULES: [&str; 21] = [
    "audit::log",
    "audit::place",
    "audit::trail",
    "cache::upkeep",
    "cache::worker",
    "daemon",
    "daemon::numbers",
    "memory",
    "memory::file",
    "stats",
    "stats::file",
    "suggest::engine",
    "suggest::engine::attempt",
    "suggest::local",
    "suggest::metrics::asking",
    "suggest::pipeline",
    "telemetry",
    "telemetry::traces",
    "telemetry::traces::export",
    "wiring",
    "wiring::notices",
];

/// A level for all modules, and others for some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevels {
    /// For every module without one of its own.
    pub rest: LogLevel,
    /// By module, as `suggest` or `suggest::engine`, in the order of the names.
    pub modules: Vec<(String, LogLevel)>,
}

/// What is wrong with a text that should name levels.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogLevelsError {
    /// No level.
    #[error("`{0}` is no level; one of off, error, warn, info, debug, trace")]
    Level(String),
    /// No module that writes lines.
    #[error(
        "`{0}` writes no log; modules are audit, cache, daemon, memory, stats, suggest, telemetry, wiring, and parts such as suggest::engine"
    )]
    Module(String),
    /// Nothing.
    #[error("expected a level such as info, or levels by module such as info,suggest=debug")]
    Shape,
}

impl Default for LogLevels {
    fn default() -> Self {
        Self { rest: LogLevel::Info, modules: Vec::new() }
    }
}

impl LogLevels {
    /// The level of a module, by the longest name that is its own or that of a module around it.
    pub fn of(&self, module: &str) -> LogLevel {
        let own = self.modules.iter().filter(|(name, _)| is_within(module, name)).max_by_key(|(name, _)| name.len());
        own.map_or(self.rest, |(_, level)| *level)
    }

    /// These levels with what `text` says in their place: a level for all takes the place of everything.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn changed(&self, text: &str) -> Result<Self, LogLevelsError> {
        let mut levels = self.clone();
        let mut count = 0;
        for part in text.split([',', ' ', '\n']).filter(|part| !part.is_empty()) {
            count += 1;
            match part.split_once('=') {
                None => levels = Self { rest: level(part)?, modules: Vec::new() },
                Some((module, word)) => {
                    let module = module.strip_prefix("gptos::").unwrap_or(module);
                    let level = level(word)?;
                    if !LOGGING_MODULES.iter().any(|known| is_within(known, module)) {
                        return Err(LogLevelsError::Module(module.to_owned()));
                    }
                    levels.modules.retain(|(known, _)| known != module);
                    levels.modules.push((module.to_owned(), level));
                }
            }
        }
        levels.modules.sort();
        if count == 0 { Err(LogLevelsError::Shape) } else { Ok(levels) }
    }
}

/// Whether a module is the one of this name or a part of it.
fn is_within(module: &str, name: &str) -> bool {
    module.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

fn level(word: &str) -> Result<LogLevel, LogLevelsError> {
    let same = |level: &LogLevel| level.name().eq_ignore_ascii_case(word);
    LogLevel::ALL.into_iter().find(same).ok_or_else(|| LogLevelsError::Level(word.to_owned()))
}

impl FromStr for LogLevels {
    type Err = LogLevelsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::default().changed(text)
    }
}

impl fmt::Display for LogLevels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.rest.name())?;
        self.modules.iter().try_for_each(|(module, level)| write!(f, ",{module}={}", level.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_written_and_changed() {
        for (before, text, after) in [
            ("info", "debug", "debug"),
            ("info", "suggest=debug", "info,suggest=debug"),
            ("info,suggest=debug", "suggest=off,cache=TRACE", "info,cache=trace,suggest=off"),
            ("info,suggest=debug", "warn", "warn"),
            ("info", "warn gptos::suggest::engine=trace", "warn,suggest::engine=trace"),
            ("info", "suggest=debug,warn", "warn"),
        ] {
            let changed = before.parse::<LogLevels>().unwrap().changed(text).unwrap();
            assert_eq!(changed.to_string(), after, "{before} {text}");
            assert_eq!(after.parse::<LogLevels>(), Ok(changed));
        }
        for text in
            ["", ",", "loud", "suggest", "suggest=", "=debug", "sugest=debug", "suggest=debug=x", "suggest/engine=debug", "reqwest=trace"]
        {
            assert!(text.parse::<LogLevels>().is_err(), "{text:?}");
        }
        for module in
            ["suggest::nothing", "suggest::engin", "suggest::", "suggest::engine::attempt::x", "cache:upkeep", "providers", "::suggest"]
        {
            assert_eq!(format!("{module}=debug").parse::<LogLevels>(), Err(LogLevelsError::Module(module.to_owned())));
        }
    }

    #[test]
    fn the_nearest_module_decides() {
        let levels: LogLevels = "warn,suggest=debug,suggest::engine=off".parse().unwrap();
        for (module, level) in [
            ("cache", LogLevel::Warn),
            ("suggest", LogLevel::Debug),
            ("suggest::online", LogLevel::Debug),
            ("suggest::engine::race", LogLevel::Off),
            ("suggestions", LogLevel::Warn),
        ] {
            assert_eq!(levels.of(module), level, "{module}");
        }
    }
}
