//! The parts of the report for a bug. Each shows the numbers of its source and the words that this program has for everybody; names and
//! texts of the user pass through `public`, which knows what others may read.

use serde_json::{Map, Value};
use tokio::runtime::Runtime;

use super::around::Around;
use super::checks::Sight;
use super::public::{self, Names};
use super::{look, machine, question};
use crate::cli::output::{Color, Output};
use crate::cli::{daemon, facts, provider_ask, tour};
use crate::config::ValueOrigin;
use crate::domain::{KeySettings, ShellKind};
use crate::platform;
use crate::protocol::{Status, WireEndpoint, WireHealth, WireProviderHealth, WireTrouble};
use crate::providers::{ProviderSettings, ProxySettings, ReachSettings, WireSettings};
use crate::telemetry::{Follow, without_words};

/// Lines of the log.
const LOG_LINES: usize = 300;
/// Variables that tell about the terminal.
const TERMINAL: [&str; 7] = ["TERM", "TERM_PROGRAM", "COLORTERM", "TERMINAL_EMULATOR", "LANG", "LC_ALL", "NO_COLOR"];

/// Labels of the numbers whose values are words of this program.
const OWN_LABELS: [&str; 16] = [
    "source",
    "outcome",
    "result",
    "reason",
    "queue",
    "tier",
    "op",
    "version",
    "build",
    "protocol",
    "to",
    "role",
    "scope",
    "decision",
    "le",
    "gen_ai_operation_name",
];
/// The same for the fields of the log.
const OWN_FIELDS: [&str; 13] =
    ["level", "event", "version", "request_id", "trace_id", "span_id", "source", "outcome", "kind", "error_type", "reason", "levels", "of"];

/// All of them, with their names. Providers are called only with `call`.
pub(super) fn all(around: &Around, call: bool, runtime: &Runtime) -> Vec<(&'static str, String)> {
    // Nobody is asked anything while a file is written: providers are called if that was said, or not at all.
    let mut silent = Output::new(Box::new(std::io::sink()), Box::new(std::io::sink()), Color::Never);
    let areas = machine::areas(around, call, runtime, &provider_ask::call_once, &mut silent);
    let names = Names::new(around.config.providers.iter().map(|provider| provider.name.as_str()));
    let mut sections = vec![
        ("versions", versions(around)),
        ("findings", machine::lines_for_strangers(&areas)),
        ("configuration", configuration(around)),
        ("shell", shell(around)),
    ];
    sections.push(match &around.status {
        Ok(status) => ("status", serde_json::to_string_pretty(&status_of(status, &names)).unwrap_or_default()),
        Err(_) => ("status", "no background process answers".to_owned()),
    });
    if let Some(page) = daemon::exchange("GET", "/v1/metrics").ok().and_then(|page| String::from_utf8(page).ok()) {
        let counted = page.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" 0"));
        sections.push(("metrics", counted.filter_map(|line| series(line, &names)).flat_map(|line| [line, "\n".to_owned()]).collect()));
    }
    if let Some(state) = around.surroundings.paths.state_dir.as_deref()
        && let Ok((lines, _)) = Follow::begin(state, LOG_LINES)
        && !lines.is_empty()
    {
        sections.push(("log", lines.iter().filter_map(|line| log_line(line, &names)).flat_map(|line| [line, "\n".to_owned()]).collect()));
    }
    sections
}

fn versions(around: &Around) -> String {
    let build = around.surroundings.binary.as_ref().map(|binary| binary.build()).unwrap_or_default();
    let system = rustix::system::uname();
    let kernel = format!("{} {}", system.sysname().to_string_lossy(), public::version(&system.release().to_string_lossy()));
    let mut text = format!("gptos {build}\n{}\n{kernel} {}\n", platform::OS_NAME, system.machine().to_string_lossy());
    for name in TERMINAL {
        if let Some(value) = facts::variable(name) {
            text.push_str(&format!("{name}={}\n", public::terminal(&value)));
        }
    }
    text
}

/// Every value in force, by whom.
fn configuration(around: &Around) -> String {
    let rows = around.config.rows().into_iter().filter(|(key, ..)| !key.starts_with("provider."));
    let own = rows.map(|(key, value, origin)| format!("{key} = {}  # {}\n", public::value(&key, &value), by(origin)));
    let providers = around.config.providers.iter().enumerate().flat_map(|(at, provider)| settings(at + 1, provider));
    own.chain(providers).collect()
}

/// A provider by its number.
fn settings(number: usize, provider: &ProviderSettings) -> Vec<String> {
    let row = |key: &str, value: String| format!("provider.{number}.{key} = {value}\n");
    let mut rows = vec![row("kind", provider.kind().name().to_owned())];
    if provider.price.is_some() {
        rows.push(row("price", "set".to_owned()));
    }
    let server = match &provider.reach {
        ReachSettings::Server(server) => server,
        ReachSettings::Program(argv) => {
            rows.push(row("argv", format!("a program and {} words", argv.len().saturating_sub(1))));
            return rows;
        }
    };
    rows.push(row("base_url", public::address(&server.base_url)));
    rows.push(row("model", public::model(&provider.model)));
    let key = match &provider.key {
        None => "none".to_owned(),
        Some(KeySettings::File(_)) => "a file".to_owned(),
        Some(KeySettings::Command(words)) => format!("a command and {} words", words.len().saturating_sub(1)),
        Some(KeySettings::Env(_)) => "a variable".to_owned(),
        Some(KeySettings::Login(login)) => format!("login {}", login.store.name()),
    };
    rows.push(row("key", key));
    if matches!(server.wire, WireSettings::Azure { .. }) {
        rows.push(row("api_version", "set".to_owned()));
    }
    if server.proxy == ProxySettings::Off {
        rows.push(row("proxy", "off".to_owned()));
    }
    if server.ca_file.is_some() {
        rows.push(row("ca_file", "a file".to_owned()));
    }
    rows
}

fn by(origin: ValueOrigin) -> &'static str {
    match origin {
        ValueOrigin::Default => "default",
        ValueOrigin::Admin { .. } => "administrator",
        ValueOrigin::File { .. } => "user",
        ValueOrigin::Variable => "environment",
        ValueOrigin::Flag => "option",
    }
}

fn shell(around: &Around) -> String {
    let shell = around.facts.shell;
    match tour::program(shell).map(|program| question(shell, &program)) {
        Some(Ok(report)) => keys(&look(shell, report, &around.surroundings.paths)),
        _ => format!("{} tells nothing\n", shell.name()),
    }
}

/// What a shell says of its keys: of what is bound to them the kind alone, since macros hold passwords.
fn keys(sight: &Sight) -> String {
    let (shell, report) = (sight.shell, &sight.report);
    let mut text = format!("{} {}\n", shell.name(), public::version(&report.version));
    let loaded = match report.loaded.as_deref() {
        None => "nothing",
        Some(place) if place.starts_with("/dev") || place.starts_with("/proc") || place == "-" => "a pipe",
        Some(_) => "a file",
    };
    text.push_str(&format!(
        "loaded from {loaded}\nbeside it: {}\n",
        report.seen.iter().filter_map(|name| tool(name)).collect::<Vec<_>>().join(", ")
    ));
    for (name, value) in &report.variables {
        match name.as_str() {
            "GPTOS_KEY" | "GPTOS_KEY2" => text.push_str(&format!("{name}={}\n", public::key(value))),
            "GPTOS_BIN" => text.push_str("GPTOS_BIN=set\n"),
            _ => {}
        }
    }
    for (name, sent) in sight.own_keys() {
        for binding in report.bindings.iter().filter(|one| one.keys == sent) {
            let told = if sight.is_ours(binding) {
                format!("of gptos in {}", public::keymap(&binding.keymap))
            } else {
                public::binding(shell, binding)
            };
            text.push_str(&format!("{}: {told}\n", public::key(&name)));
        }
    }
    if let (ShellKind::Zsh, Some((widget, _))) = (shell, &report.enter) {
        text.push_str(&format!("Enter: {}\n", public::action(shell, widget.rsplit(':').next().unwrap_or_default())));
    }
    text
}

/// The name of a tool, as far as it is one that the shell was asked about: its start-up files may have said others.
fn tool(name: &str) -> Option<&str> {
    let asked = [
        include_str!("../../../shell/report/report.zsh"),
        include_str!("../../../shell/report/report.bash"),
        include_str!("../../../shell/report/report.fish"),
    ];
    let is_word = |text: &str| text.split(|letter: char| letter.is_whitespace() || ":\\0'".contains(letter)).any(|word| word == name);
    asked.into_iter().any(is_word).then_some(name)
}

/// What the background process says of itself, with providers by their numbers.
fn status_of(status: &Status, names: &Names) -> Status {
    let word = |text: &str| if is_word(text) { text.to_owned() } else { "other".to_owned() };
    let endpoint = |endpoint: &WireEndpoint| WireEndpoint {
        name: names.provider(&endpoint.name),
        model: public::model(&endpoint.model),
        kind: endpoint.kind.as_deref().map(word),
        address: endpoint.address.as_deref().map(public::address_of),
        state: word(&endpoint.state),
        last_error: endpoint.last_error.as_deref().map(word),
        key_trouble: None,
        proxy: None,
        ..endpoint.clone()
    };
    let health = |health: &WireHealth| WireHealth {
        // They name providers, which stand below with the same.
        reasons: Vec::new(),
        troubles: health
            .troubles
            .iter()
            .map(|trouble| WireTrouble { kind: trouble.kind, of: trouble.of.as_deref().map(|of| whose(of, names)), text: String::new() })
            .collect(),
        providers: health
            .providers
            .iter()
            .map(|provider| WireProviderHealth {
                name: names.provider(&provider.name),
                state: word(&provider.state),
                last_error: provider.last_error.as_deref().map(word),
                key_trouble: None,
                ..provider.clone()
            })
            .collect(),
        audit: audit(&health.audit),
        ..health.clone()
    };
    let shown = |text: &String| if text.starts_with("off") { "off".to_owned() } else { "on".to_owned() };
    Status {
        counts: status
            .counts
            .iter()
            .filter_map(|(name, count)| Some((series(&format!("{name} 0"), names)?.strip_suffix(" 0")?.to_owned(), *count)))
            .collect(),
        endpoints: status.endpoints.iter().map(endpoint).collect(),
        audit: status.audit.as_ref().map(audit),
        numbers: status.numbers.as_ref().map(shown),
        traces: status.traces.as_ref().map(shown),
        health: status.health.as_ref().map(health),
        version: word(&status.version),
        ..status.clone()
    }
}

/// A provider by its number; a key of the configuration or a queue as it is called.
fn whose(of: &str, names: &Names) -> String {
    let is_ours = of.starts_with("spend.") || ["batch", "audit", "log", "memory", "stats"].contains(&of);
    if is_ours { of.to_owned() } else { names.provider(of) }
}

fn audit(audit: &crate::protocol::WireAudit) -> crate::protocol::WireAudit {
    let failure = audit.failure.as_deref().map(|failure| format!("cannot be written {}", public::number(failure)).trim_end().to_owned());
    crate::protocol::WireAudit { failure, ..audit.clone() }
}

/// Whether this may be a word of this program, by its form; no user chooses the values that are looked at.
fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.+-=,".contains(&byte))
}

/// A line of numbers with the names of providers and models replaced; `None` for what is no such line.
fn series(line: &str, names: &Names) -> Option<String> {
    let Some((name, rest)) = line.split_once('{') else {
        return line.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ').then(|| line.to_owned());
    };
    let (mut rest, mut labels) = (rest, Vec::new());
    loop {
        let (label, value) = rest.split_once("=\"")?;
        let mut escaped = false;
        let end = value.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        })?;
        let shown = match label {
            "provider" | "from" | "gen_ai_provider_name" => names.provider(&value[..end]),
            "to" if name.starts_with("gptos_fallbacks") => names.provider(&value[..end]),
            "gen_ai_request_model" => public::model(&value[..end]),
            _ if OWN_LABELS.contains(&label) && is_word(&value[..end]) => value[..end].to_owned(),
            _ => "other".to_owned(),
        };
        labels.push(format!("{label}=\"{shown}\""));
        rest = &value[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    Some(format!("{name}{{{}{rest}", labels.join(",")))
}

/// A line of the log without words and names.
fn log_line(line: &str, names: &Names) -> Option<String> {
    let mut fields: Map<String, Value> = serde_json::from_str(&without_words(line)?).ok()?;
    // It ties the request to an account.
    fields.remove("provider_request_id");
    for (name, value) in &mut fields {
        let Value::String(text) = value else { continue };
        *text = match name.as_str() {
            "provider" => names.provider(text),
            "model" => public::model(text),
            // A place in the code, below a folder of whoever built it.
            "place" => text.find("src/").map_or("other", |at| &text[at..]).to_owned(),
            "msg" | "ts" => continue,
            own if OWN_FIELDS.contains(&own) && is_word(text) => continue,
            _ => "other".to_owned(),
        };
    }
    serde_json::to_string(&fields).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_name_providers_by_number() {
        let names = Names::new(["acme", "b"].into_iter());
        for (line, told) in [
            ("gptos_retry_budget 10", "gptos_retry_budget 10"),
            ("gptos_x_total{provider=\"b\",result=\"ok\"} 3", "gptos_x_total{provider=\"provider-2\",result=\"ok\"} 3"),
            (
                "gptos_fallbacks_total{from=\"acme\",to=\"gone\",reason=\"auth\"} 1",
                "gptos_fallbacks_total{from=\"provider-1\",to=\"provider-other\",reason=\"auth\"} 1",
            ),
            (
                "gptos_breaker_transitions_total{provider=\"b\",to=\"open\"} 1",
                "gptos_breaker_transitions_total{provider=\"provider-2\",to=\"open\"} 1",
            ),
            (
                "g_bucket{gen_ai_request_model=\"acme\\\"} hush\",le=\"+Inf\"} 1",
                "g_bucket{gen_ai_request_model=\"another model\",le=\"+Inf\"} 1",
            ),
            ("g{reason=\"a secret of acme\"} 1", "g{reason=\"other\"} 1"),
            ("g{new=\"acme\"} 1", "g{new=\"other\"} 1"),
        ] {
            assert_eq!(series(line, &names).as_deref(), Some(told));
        }
        assert_eq!(series("g{provider=\"acme", &names), None);
    }

    #[test]
    fn a_line_of_the_log_keeps_numbers_and_own_words() {
        let names = Names::new(["acme"].into_iter());
        let line = r#"{"ts":"t","level":"info","msg":"a call ended","event":"attempt_ended","provider":"acme","model":"acme-7b","reason":"auth","place":"/home/ada/src/x.rs:3","source":"a secret","provider_request_id":"req_1","status":401,"version":"1.0.0"}"#;
        let told: Value = serde_json::from_str(&log_line(line, &names).unwrap()).unwrap();
        let expected = serde_json::json!({"ts":"t","level":"info","msg":"a call ended","event":"attempt_ended","provider":"provider-1",
            "model":"another model","reason":"auth","place":"src/x.rs:3","source":"other","status":401,"version":"1.0.0"});
        assert_eq!(told, expected);
    }

    #[test]
    fn only_tools_that_were_asked_about_have_a_name() {
        assert_eq!(
            ["fzf", "ble.sh", "zsh-vi-mode", "acme-plugin", "bash-preexec", "fzf.fish"].map(|name| tool(name).is_some()),
            [true, true, true, false, true, true]
        );
    }
}
