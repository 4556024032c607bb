//! `status`: how the resident is, and how the providers have been.

use serde::Serialize;

use super::ExitStatus;
use super::ask::Surroundings;
use super::columns;
use super::daemon::{exchange, failed, not_running};
use super::facts;
use super::output::{Output, visible};
use super::translate::obstacle;
use crate::client::Unavailable;
use crate::config::{Config, ConfigFile};
use crate::memory::{self, MemoryError};
use crate::protocol::{Status, WireAudit, WireEndpoint, WireHealth};
use crate::providers;

/// Which columns are cut when a line is too long, and to how much: the model, the way and the name, and all once more.
const MAY_SHRINK: [(usize, usize); 6] = [(1, 8), (6, 24), (0, 8), (1, 6), (0, 6), (6, 8)];

/// `gptos status --json` where a resident runs; where none does, `running` stands alone.
#[derive(Serialize)]
struct Told<'a> {
    running: bool,
    #[serde(flatten)]
    status: &'a Status,
    /// Absent where nothing is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Remembered>,
}

/// The file of what was run.
#[derive(Serialize)]
struct Remembered {
    /// Lines that can be read.
    lines: usize,
    /// Places that cannot.
    damaged: usize,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Remembered {
    fn new(looked: Result<(usize, usize), MemoryError>) -> Self {
        match looked {
            Ok((lines, damaged)) => Self { lines, damaged, error: None },
            Err(error) => Self { lines: 0, damaged: 0, error: Some(error.to_string()) },
        }
    }

    /// What is wrong with it.
    fn trouble(&self) -> Option<String> {
        match (&self.error, self.damaged) {
            (Some(error), _) => Some(format!("memory cannot be used: {}: `gptos doctor` tells what to do", visible(error))),
            (None, 0) => None,
            (None, places) => {
                Some(format!("memory damaged in {places} places, {} lines can be read: `gptos doctor` tells what to do", self.lines))
            }
        }
    }
}

/// Prints what the resident says of itself and of the providers.
pub(super) fn status(json: bool, output: &mut Output<'_>) -> ExitStatus {
    let reply = match exchange("GET", "/v1/status") {
        Ok(reply) => reply,
        Err(unavailable) => {
            if json {
                // One that is there and does not answer as it should is running all the same.
                let running = matches!(unavailable, Unavailable::Unresponsive | Unavailable::Refused(_));
                let error = (unavailable != Unavailable::NotRunning).then(|| obstacle(&unavailable));
                tell_failure(running, error, output);
            }
            return not_running(&unavailable, output);
        }
    };
    let Ok(mut status) = serde_json::from_slice::<Status>(&reply) else {
        if json {
            tell_failure(true, Some("unreadable reply of the resident"), output);
        }
        return failed(output, "status: unreadable reply of the resident", Some("`gptos daemon stop` ends it"));
    };
    let paths = Surroundings::look().paths;
    let state = paths.state_dir.clone();
    let config = ConfigFile::new(paths.config_file, paths.home).current().0;
    add_ways(&mut status.endpoints, &config, &facts::proxies());
    let memory = state.filter(|_| config.memory).map(|state| Remembered::new(memory::look(&state)));
    if json {
        output.data(&format!("{}\n", serde_json::to_string(&Told { running: true, status: &status, memory }).unwrap_or_default()));
    } else {
        show(&status, output.width(), output);
        memory.and_then(|memory| memory.trouble()).iter().for_each(|told| output.line(told));
    }
    ExitStatus::Success
}

/// What `--json` says where there is no status.
fn tell_failure(running: bool, error: Option<&str>, output: &mut Output<'_>) {
    let mut told = serde_json::json!({ "running": running });
    if let Some(error) = error {
        told["error"] = error.into();
    }
    output.data(&format!("{told}\n"));
}

/// Adds the way that a request takes from a shell with these variables. A provider that this shell's configuration does
/// not know, or that is a program, has none.
fn add_ways(endpoints: &mut [WireEndpoint], config: &Config, proxies: &[(String, String)]) {
    for endpoint in endpoints {
        let provider = config.providers.iter().find(|provider| provider.name == endpoint.name);
        endpoint.proxy = provider.and_then(|provider| provider.server()).map(|server| providers::way_to(server, proxies));
    }
}

fn show(status: &Status, width: usize, output: &mut Output<'_>) {
    output.line(&format!(
        "resident {} running as process {} for {} s, {:.1} MB resident, {} requests",
        status.version,
        status.pid,
        status.uptime_s,
        status.rss_bytes as f64 / 1e6,
        status.requests
    ));
    status.health.iter().for_each(|health| health_lines(health, status.uptime_s).iter().for_each(|line| output.line(line)));
    status.audit.iter().for_each(|audit| output.line(&trail(audit)));
    status.traces.iter().for_each(|traces| output.line(&format!("traces {}", visible(traces))));
    status.numbers.iter().for_each(|numbers| output.line(&format!("numbers {}", visible(numbers))));
    if status.endpoints.is_empty() {
        return;
    }
    let header = ["NAME", "MODEL", "HEALTH", "STATE", "P50/P95 MS", "LAST ERROR", "WAY"].map(str::to_owned);
    let rows: Vec<_> =
        std::iter::once(header).chain(status.endpoints.iter().map(|endpoint| row(endpoint, status.health.as_ref()))).collect();
    let mut lines = columns::lines(&rows, width, &MAY_SHRINK).into_iter();
    if let Some(header) = lines.next() {
        output.bold_line(&header);
    }
    lines.for_each(|line| output.line(&line));
}

/// How everything is, where answers are kept, and what waits.
fn health_lines(health: &WireHealth, uptime_s: u64) -> Vec<String> {
    let reasons: Vec<String> = health.reasons.iter().map(|reason| visible(reason)).collect();
    let colon = if reasons.is_empty() { "" } else { ": " };
    let store = &health.store;
    let looked_up = store.hits + store.misses;
    let share = (store.hits * 100).checked_div(looked_up).map(|share| format!(", {share} % of {looked_up} lookups found"));
    let queues: Vec<String> =
        health.queues.iter().map(|queue| format!("{} {}/{}", visible(&queue.name), queue.depth, queue.capacity)).collect();
    vec![
        format!("health {}{colon}{}", health.status, reasons.join("; ")),
        format!("versions build {}, protocol {}, up {}", visible(&health.versions.build), health.versions.protocol, span(uptime_s)),
        format!("cache {}, {} answers, {} kB{}", visible(&store.mode), store.entries, store.live_bytes / 1000, share.unwrap_or_default()),
        format!("queues {}", queues.join(", ")),
    ]
}

/// How the audit trail stands, in one line.
fn trail(audit: &WireAudit) -> String {
    if audit.mode == "off" {
        return "audit off".to_owned();
    }
    let sealed = if audit.sealed { format!("sealed but for {} records", audit.unsealed) } else { "not sealed".to_owned() };
    let head = audit.head.map(|head| format!(", the last is number {head}")).unwrap_or_default();
    let mut line = format!("audit {}, {} records written, {sealed}{head}", visible(&audit.mode), audit.records);
    if audit.dropped > 0 {
        line += &format!(", {} lost", audit.dropped);
    }
    if let Some(failure) = &audit.failure {
        line += &format!(", cannot be written: {}", visible(failure));
    }
    if audit.damaged {
        line += ", changed by somebody: `gptos audit verify` tells where, `gptos doctor` what to do";
    }
    line
}

fn row(endpoint: &WireEndpoint, health: Option<&WireHealth>) -> [String; 7] {
    let none = || "-".to_owned();
    let state = match endpoint.retry_in_ms {
        Some(wait) => format!("{} {}", visible(&endpoint.state), span(wait.div_ceil(1000))),
        None => visible(&endpoint.state),
    };
    let quickness = match (endpoint.p50_ms, endpoint.p95_ms) {
        (Some(p50), Some(p95)) => format!("{p50}/{p95}"),
        _ => none(),
    };
    let error = match (&endpoint.last_error, endpoint.last_error_s) {
        (Some(error), Some(ago)) => format!("{} {}", visible(error), span(ago)),
        (Some(error), None) => visible(error),
        (None, _) => none(),
    };
    let way = endpoint.proxy.as_deref().map_or_else(none, visible);
    let word = health.and_then(|health| health.providers.iter().find(|provider| provider.name == endpoint.name));
    let word = word.map_or_else(none, |provider| provider.status.to_string());
    [visible(&endpoint.name), visible(&endpoint.model), word, state, quickness, error, way]
}

/// A number of seconds in its largest unit.
fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::Captured;
    use crate::config::parse;
    use crate::protocol::{HealthWord, WireCacheStats, WireProviderHealth, WireQueue, WireVersions};

    fn status(endpoints: Vec<WireEndpoint>) -> Status {
        let word = |state: &str| if state == "open" { HealthWord::Down } else { HealthWord::Ok };
        let providers = endpoints
            .iter()
            .map(|endpoint| WireProviderHealth { name: endpoint.name.clone(), status: word(&endpoint.state), ..Default::default() })
            .collect();
        Status {
            pid: 7,
            version: "1.0.0".to_owned(),
            uptime_s: 60,
            rss_bytes: 12_500_000,
            requests: 3,
            counts: Default::default(),
            endpoints,
            audit: None,
            retry_budget: Some(10.0),
            numbers: None,
            traces: None,
            health: Some(WireHealth { providers, ..WireHealth::default() }),
        }
    }

    fn endpoint(name: &str, state: &str) -> WireEndpoint {
        WireEndpoint { name: name.to_owned(), model: "gpt-4.1-mini".to_owned(), state: state.to_owned(), ..WireEndpoint::default() }
    }

    fn shown(endpoints: Vec<WireEndpoint>) -> Vec<String> {
        let captured = Captured::default();
        let mut output = captured.output();
        show(&status(endpoints), 80, &mut output);
        output.finish(ExitStatus::Success);
        captured.out().lines().skip(5).map(str::to_owned).collect()
    }

    #[test]
    fn each_endpoint_has_a_line_that_fits() {
        let direct = Some("direct".to_owned());
        let well = WireEndpoint {
            since_s: Some(7300),
            p50_ms: Some(420),
            p95_ms: Some(900),
            proxy: Some("proxy http://proxy.example:3128".to_owned()),
            ..endpoint("openai", "ready")
        };
        let down = WireEndpoint {
            since_s: Some(9),
            retry_in_ms: Some(19_100),
            last_error: Some("transient".to_owned()),
            last_error_s: Some(130),
            proxy: direct.clone(),
            ..endpoint("local", "open")
        };
        let over = WireEndpoint { retry_in_ms: Some(0), ..endpoint("claude", "open") };
        let lines = shown(vec![well.clone(), down, over, endpoint("new", "unasked")]);
        assert_eq!(
            lines,
            [
                "NAME    MODEL   HEALTH  STATE      P50/P95 MS  LAST ERROR       WAY",
                "openai  gpt-4…  ok      ready      420/900     -                proxy http://pr…",
                "local   gpt-4…  down    open 20 s  -           transient 2 min  direct",
                "claude  gpt-4…  down    open 0 s   -           -                -",
                "new     gpt-4…  ok      unasked    -           -                -",
            ]
        );
        let alone = shown(vec![well, WireEndpoint { proxy: direct, ..endpoint("a-very-long-name-of-a-provider", "unasked") }]);
        assert!(alone.iter().all(|line| line.chars().count() <= 80), "{alone:#?}");
        assert!(shown(Vec::new()).is_empty());
    }

    #[test]
    fn what_is_not_well_is_told_with_the_store_and_the_queues() {
        let queue = |name: &str, depth| WireQueue { name: name.to_owned(), depth, capacity: 10 };
        let mut health = WireHealth { queues: vec![queue("batch", 0), queue("audit", 7)], ..WireHealth::default() };
        health.versions = WireVersions { program: "1.0.0".to_owned(), build: "1-2-3".to_owned(), protocol: 1 };
        health.store = WireCacheStats { mode: "disk".to_owned(), entries: 12, live_bytes: 3500, hits: 3, misses: 1, ..Default::default() };
        let usual = [
            "health ok",
            "versions build 1-2-3, protocol 1, up 2 h",
            "cache disk, 12 answers, 3 kB, 75 % of 4 lookups found",
            "queues batch 0/10, audit 7/10",
        ];
        assert_eq!(health_lines(&health, 7300), usual);
        health.status = HealthWord::Degraded;
        health.reasons = vec!["provider p\x1b is down: open".to_owned(), "draining".to_owned()];
        health.store = WireCacheStats { mode: "memory".to_owned(), ..Default::default() };
        let lines = health_lines(&health, 9);
        assert!(lines[0].starts_with("health degraded: provider p") && lines[0].ends_with(" is down: open; draining"), "{lines:?}");
        assert!(!lines[0].contains('\x1b') && lines[2] == "cache memory, 0 answers, 0 kB", "{lines:?}");
    }

    #[test]
    fn what_comes_from_elsewhere_does_not_reach_the_terminal_as_it_is() {
        let hostile = WireEndpoint { model: "m\x1b[2J".to_owned(), ..endpoint("a", "ready\n") };
        assert!(shown(vec![hostile]).iter().all(|line| !line.contains(char::is_control)));
    }

    #[test]
    fn the_way_is_that_of_the_asking_shell() {
        let block = |name: &str, more: &str| format!("[[provider]]\nname = \"{name}\"\nmodel = \"m\"\n{more}\n");
        let text = [
            block("far", "base_url = \"https://a.example\""),
            block("off", "base_url = \"https://a.example\"\nproxy = \"off\""),
            block("near", "base_url = \"http://localhost:1\""),
            block("excepted", "base_url = \"https://b.example\""),
            "[[provider]]\nname = \"program\"\nkind = \"command\"\nargv = [\"llm\"]\n".to_owned(),
        ]
        .concat();
        let config = parse(&text, std::path::Path::new("/c.toml"), None).expect("a valid configuration");
        let proxies = [("https_proxy", "http://ada:hush@p:1"), ("no_proxy", "b.example")];
        let proxies = proxies.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut endpoints: Vec<_> =
            ["far", "off", "near", "excepted", "program", "unknown"].iter().map(|name| endpoint(name, "ready")).collect();
        add_ways(&mut endpoints, &config, &proxies);
        let ways: Vec<_> = endpoints.iter().map(|endpoint| endpoint.proxy.as_deref()).collect();
        assert_eq!(ways, [Some("proxy http://p:1"), Some("direct"), Some("direct"), Some("direct"), None, None]);
    }
}
