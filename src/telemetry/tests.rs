//! The log as a whole: levels, words, floods and a full disk.

use std::fs;

use tracing::{debug, info, warn};

use super::*;

struct Place {
    state: tempfile::TempDir,
    log: Log,
}

impl Place {
    /// Runs `told` with a log of its own.
    fn with(levels: &str, told: impl FnOnce(&Log)) -> Self {
        let state = tempfile::tempdir().unwrap();
        let (log, subscriber) = Log::new(state.path(), levels.parse().unwrap());
        tracing::subscriber::with_default(subscriber, || told(&log));
        log.flush(Duration::from_secs(10));
        Self { state, log }
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(log_file(self.state.path())).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn tell() {
    info!(target: "gptos::suggest::engine", event = LogEvent::AttemptEnded.name(), query = "planted words", attempt = 1, "an attempt has ended");
    debug!(target: "gptos::suggest::pipeline", event = LogEvent::RequestBegan.name(), query = "planted words", "words were asked");
    warn!(target: "gptos::cache", event = LogEvent::CacheFailed.name(), detail = "planted words", "trouble");
    warn!(target: "h2::codec", event = LogEvent::CacheFailed.name(), "of another crate");
    warn!(target: "gptos::cache", event = "something else", "not in the list");
}

#[test]
fn levels_decide_by_module_and_words_are_kept_for_debug() {
    let told = |levels: &str| {
        let place = Place::with(levels, |_| tell());
        let lines = place.lines();
        let brief = |line: &serde_json::Value| {
            let words = ["query", "detail"].iter().any(|field| !line[field].is_null());
            format!("{}{}", line["event"].as_str().unwrap(), if words { "+words" } else { "" })
        };
        lines.iter().map(brief).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(told("info"), "attempt_ended cache_failed");
    assert_eq!(told("warn"), "cache_failed");
    assert_eq!(told("off"), "");
    assert_eq!(told("info,suggest=debug"), "attempt_ended+words request_began+words cache_failed");
    assert_eq!(told("trace,suggest::engine=off"), "request_began+words cache_failed+words");
}

#[test]
fn levels_change_while_lines_are_told() {
    let place = Place::with("off", |log| {
        tell();
        log.ask(Some("debug".parse().unwrap()));
        tell();
        log.configure(&"warn".parse().unwrap());
        assert_eq!(log.levels().0.to_string(), "debug", "who asked stands over the configuration");
        log.ask(None);
        tell();
    });
    let events: Vec<_> = place.lines().iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect();
    assert_eq!(events, ["levels_changed", "attempt_ended", "request_began", "cache_failed", "levels_changed", "cache_failed"]);
    assert_eq!(place.log.levels().0.to_string(), "warn");
}

#[test]
fn a_secret_in_any_field_is_hidden() {
    const KEY: &str = "sk-ant-api03-Zq9aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789";
    let place = Place::with("trace", |_| {
        warn!(target: "gptos::cache", event = LogEvent::CacheFailed.name(), detail = KEY, provider = KEY, reason = %KEY, "trouble");
    });
    assert_eq!(place.lines().len(), 1);
    assert!(!fs::read_to_string(log_file(place.state.path())).unwrap().contains("Zq9aBcDeFgHi"));
}

#[test]
fn a_flood_is_cut_and_counted_and_waits_for_nobody() {
    let place = Place::with("info", |_| {
        for _ in 0..5000 {
            info!(target: "gptos::cache", event = LogEvent::CacheRewritten.name(), "again");
        }
    });
    let of = |event: &str| place.lines().iter().filter(|line| line["event"] == event).count() as u64;
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while of("lines_suppressed") == 0 {
        assert!(std::time::Instant::now() < deadline, "nobody is told of the rest");
        std::thread::yield_now();
    }
    let lost: u64 = place.log.dropped().iter().map(|(_, count)| count).sum();
    assert_eq!(of("cache_rewritten") + lost, 5000);
    assert!(lost > 0 && of("cache_rewritten") >= 50);
}

#[test]
fn a_disk_that_takes_nothing_costs_lines_and_nothing_else() {
    let state = tempfile::tempdir().unwrap();
    // A file where the folder should be: no line can be written.
    fs::write(state.path().join(FOLDER), "").unwrap();
    let (log, subscriber) = Log::new(state.path(), LogLevels::default());
    tracing::subscriber::with_default(subscriber, tell);
    log.flush(Duration::from_secs(10));
    assert_eq!(log.dropped(), [("log_queue", 0), ("log_write", 2), ("log_rate", 0)]);
}

#[test]
fn turning_the_log_down_or_off_is_told_and_so_is_turning_it_on() {
    let place = Place::with("info", |log| {
        for levels in ["off", "telemetry=info", "warn", "info", "telemetry=error"] {
            log.configure(&levels.parse::<LogLevels>().unwrap());
        }
    });
    let told: Vec<_> = place.lines().iter().map(|line| line["levels"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, ["off", "info,telemetry=info", "warn", "info", "info,telemetry=error"]);
}

#[test]
fn the_modules_that_may_have_a_level_are_those_that_write_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<String> = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "tests.rs")
                && fs::read_to_string(&path).unwrap().replace("LogEvent::ALL", "").contains("event = LogEvent::")
            {
                let module = path.strip_prefix(&root).unwrap().with_extension("").to_string_lossy().replace('/', "::");
                found.push(module.trim_end_matches("::mod").to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, crate::domain::LOGGING_MODULES);
}
