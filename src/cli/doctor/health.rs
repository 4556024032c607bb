//! What the background process says of itself and of the providers: each thing that is not well, with the command that mends it.

use std::path::Path;

use super::around::{Area, Around, apart, word};
use super::checks::Finding;
use super::public;
use crate::cli::auth_status::source_of;
use crate::cli::provider_mend::mend_key;
use crate::config::Config;
use crate::domain::{Day, KeySettings, Money};
use crate::protocol::{Ailment, HealthWord, Status, WireEndpoint, WireTrouble};
use crate::stats;
use crate::suggest::ports::{more_money, more_tokens};

/// What ends a process that does not do its work.
const ANEW: &str = "gptos daemon stop    (the next question starts a new one)";

/// Reads it. What the other areas have found by themselves is not told again.
pub(super) fn check(around: &Around, others: &[Area]) -> Area {
    let is_told = |ids: &[&str]| others.iter().flat_map(|area| &area.findings).any(|finding| ids.contains(&finding.id));
    let mut area = match &around.status {
        Ok(status) => {
            let health = status.health.clone().unwrap_or_default();
            let state = around.surroundings.paths.state_dir.as_deref();
            // A store that is still opening is one in memory for a moment, and the cache was looked at after that.
            let lasts = |trouble: &&WireTrouble| trouble.kind != Ailment::MemoryOnly || is_told(found_by_others(trouble.kind));
            let troubles: Vec<&WireTrouble> = health.troubles.iter().filter(lasts).collect();
            let word = if troubles.is_empty() { HealthWord::Ok } else { health.status };
            let mut area = Area::counted("health", word.to_string());
            let told_of_key = |trouble: &WireTrouble| {
                trouble
                    .of
                    .as_deref()
                    .is_some_and(|of| matches!(trouble.kind, Ailment::Provider | Ailment::KeyUnavailable) && tells(others, of))
            };
            let new = troubles.into_iter().filter(|trouble| !is_told(found_by_others(trouble.kind)) && !told_of_key(trouble));
            area.findings = new.map(|trouble| finding(trouble, status, state, &around.config)).collect();
            area
        }
        Err(_) => Area::new("health", "nobody to ask: no background process answers"),
    };
    // What was spent is known without a background process as well.
    if !is_told(&["spend"])
        && !area.findings.iter().any(|finding| finding.id == "spend")
        && let Some(key) = around.surroundings.paths.state_dir.as_deref().and_then(|state| reached(state, &around.config))
    {
        area.findings.push(spent(key, around.surroundings.paths.state_dir.as_deref(), &around.config));
    }
    if !area.findings.iter().any(|finding| finding.id == "stats-damaged")
        && let Some(damage) = around.surroundings.paths.state_dir.as_deref().and_then(|state| stats::days(state).ok()?.1)
    {
        area.findings.push(damaged(damage));
    }
    area
}

/// Whether others have found that this provider has no key, or what a call to it says now.
fn tells(others: &[Area], provider: &str) -> bool {
    let place = format!("provider {provider}");
    others.iter().flat_map(|area| &area.findings).any(|finding| matches!(finding.id, "key" | "provider") && finding.place == place)
}

/// The findings of this machine that say the same.
fn found_by_others(kind: Ailment) -> &'static [&'static str] {
    match kind {
        Ailment::Configuration => &["config"],
        Ailment::Spend => &["spend"],
        Ailment::AuditChanged => &["audit-changed"],
        Ailment::AuditUnwritten => &[
            "audit-unwritten",
            "audit-changed",
            "audit-folder",
            "audit-key",
            "audit-owner",
            "audit-open",
            "audit-not-writable",
            "disk-full",
            "no-inodes",
        ],
        Ailment::MemoryOnly => &["cache-memory", "cache-folder", "cache-owner", "cache-open", "elsewhere"],
        _ => &[],
    }
}

/// What is told of one thing, and what mends it.
fn finding(trouble: &WireTrouble, status: &Status, state: Option<&Path>, config: &Config) -> Finding {
    let name = "background process";
    let of = trouble.of.as_deref().unwrap_or_default();
    let text = trouble.text.clone();
    match trouble.kind {
        Ailment::Provider => {
            let endpoint = status.endpoints.iter().find(|endpoint| endpoint.name == of).cloned();
            provider(&endpoint.unwrap_or_else(|| WireEndpoint { name: of.to_owned(), ..WireEndpoint::default() }), config)
        }
        Ailment::KeyUnavailable => {
            let endpoint = status.endpoints.iter().find(|endpoint| endpoint.name == of);
            key_unavailable(of, endpoint.and_then(|endpoint| endpoint.key_trouble.as_deref()).unwrap_or(&text), config)
        }
        Ailment::Spend => spent(of, state, config),
        Ailment::Stats => damaged(text),
        Ailment::Draining => Finding::new(
            "draining",
            name,
            "it is about to end",
            "gptos daemon stop    (waits until it has; the next question starts a new one)",
        ),
        Ailment::NotListening => Finding::new("not-listening", name, "its socket does not listen", ANEW),
        Ailment::Hangs => Finding::new("hangs", name, text, ANEW),
        Ailment::Configuration => Finding::new("not-read", name, "it could not read the configuration", ANEW),
        Ailment::AuditChanged => {
            let mend = state.map(super::store::begin_anew).unwrap_or_default();
            Finding::new("audit-gone", "audit", "records that were written are changed or gone", mend)
        }
        Ailment::AuditUnwritten => Finding::new("audit-fails", "audit", "it cannot be written", super::store::UNWRITTEN),
        Ailment::MemoryOnly => Finding::new("memory-only", "cache", "answers are kept in memory only", ANEW),
        Ailment::QueueFull => {
            Finding::new("queue-full", name, text, "gptos status    (it empties by itself; where it does not: gptos daemon stop)")
        }
        Ailment::Log => {
            let folder = state.map(|state| word(&state.join("log"))).unwrap_or_default();
            Finding::new(
                "log-fails",
                "log",
                "it cannot be written",
                format!("chmod -R u+rwX {folder}    (or make room there: df -h {folder})"),
            )
        }
        Ailment::Traces => {
            let mend = traces(config, &text);
            Finding::new("traces", "traces", text, mend)
        }
        Ailment::Numbers => {
            Finding::new("numbers", "numbers", text, "gptos config set metrics_port 9465    (or another one that is free; 0: none)")
        }
        Ailment::Other => Finding::new("degraded", name, text, "gptos status    (tells more)"),
    }
}

/// A provider that is not asked because there is no key for it. `why` may carry its hint.
fn key_unavailable(name: &str, why: &str, config: &Config) -> Finding {
    let key = key_of(name, config);
    let otherwise = match key {
        Some(KeySettings::Command(_)) => format!("gptos provider test {name}    (fetches the key once more)"),
        key => mend_key(name, key),
    };
    let (cause, mend) = apart(why, &otherwise);
    let place = format!("provider {name}");
    Finding::new("key-unavailable", place, format!("its key cannot be had: {cause}"), mend).publicly(key.map_or("", source_of))
}

fn key_of<'a>(name: &str, config: &'a Config) -> Option<&'a KeySettings> {
    config.providers.iter().find(|provider| provider.name == name)?.key.as_ref()
}

/// A provider that is not asked, or asked less.
fn provider(endpoint: &WireEndpoint, config: &Config) -> Finding {
    let WireEndpoint { name, model, state, .. } = endpoint;
    let place = format!("provider {name}");
    let why = endpoint.last_error.as_deref().filter(|_| matches!(state.as_str(), "open" | "quarantined"));
    let (id, cause, mend) = match why {
        Some("auth") => ("key-refused", "it refuses the key".to_owned(), mend_key(name, key_of(name, config))),
        Some("quota") => (
            "quota",
            "it has no credit or quota left for you".to_owned(),
            "gptos daemon stop    (when its account has credit again, so that it is asked at once)".to_owned(),
        ),
        Some("config" | "request") => (
            "model",
            format!("it cannot answer as it is set up, with the model {model}"),
            format!("gptos provider models {name}    (then gptos config set provider.{name}.model MODEL)"),
        ),
        _ => {
            let error = endpoint.last_error.as_deref().map(|error| format!(", after {error}")).unwrap_or_default();
            let wait = endpoint.retry_in_ms.map(|wait| format!(", for {} s more", wait.div_ceil(1000))).unwrap_or_default();
            let test = format!("gptos provider test {name}    (tells why; it is asked again by itself)");
            ("provider-down", format!("it is left alone or asked less ({state}{error}{wait})"), test)
        }
    };
    Finding::new(id, place, cause, mend).publicly(public::words(&[state, endpoint.last_error.as_deref().unwrap_or_default()]))
}

fn damaged(cause: String) -> Finding {
    let cause = cause.split(": `").next().unwrap_or(&cause).to_owned();
    Finding::new("stats-damaged", "stats", cause, "gptos stats --mend")
}

fn spent(key: &str, state: Option<&Path>, config: &Config) -> Finding {
    let cause = format!("{key} is reached, so no provider is asked");
    let (caps, today) = (config.online.caps, stats::today());
    let days = state.and_then(|state| stats::days(state).ok()).map(|(days, _)| days).unwrap_or_default();
    let value = match key {
        "spend.day_tokens" => more_tokens(caps.day_tokens.unwrap_or_default(), days.tokens_since(today)),
        "spend.month" => more_money(caps.month.unwrap_or_default(), days.spent_since(today.first_of_month())),
        _ => more_money(caps.day.unwrap_or_default(), days.spent_since(today)),
    };
    let mend = format!("gptos config set {key} {value}    (or another limit; gptos stats tells what was spent)");
    Finding::new("spend", "spend", cause, mend).publicly(public::words(&[key]))
}

/// The key of a cap that nothing is left of.
fn reached(state: &Path, config: &Config) -> Option<&'static str> {
    let caps = config.online.caps;
    if caps.day.is_none() && caps.month.is_none() && caps.day_tokens.is_none() {
        return None;
    }
    let (days, today) = (stats::days(state).ok()?.0, stats::today());
    let passes = |cap: Option<Money>, since: Day| cap.is_some_and(|cap| days.spent_since(since) >= cap);
    let tokens = caps.day_tokens.is_some_and(|cap| days.tokens_since(today) >= cap);
    [(passes(caps.day, today), "spend.day"), (passes(caps.month, today.first_of_month()), "spend.month"), (tokens, "spend.day_tokens")]
        .into_iter()
        .find_map(|(is_reached, key)| is_reached.then_some(key))
}

/// What mends that spans are not handed over: a setting that is wrong is named, otherwise it is where they go.
fn traces(config: &Config, text: &str) -> String {
    let wrong =
        text.split(": ").find(|part| part.starts_with("OTEL_") && part.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase()));
    if let Some(variable) = wrong {
        return format!("unset {variable} && gptos daemon stop    (or give it another value)");
    }
    let why = "(or start the collector; gptos status tells where spans go)";
    if config.sets("traces.endpoint") {
        format!("gptos config unset traces.endpoint    {why}")
    } else {
        format!("unset OTEL_EXPORTER_OTLP_ENDPOINT && gptos daemon stop    {why}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_not_well_has_a_finding_and_a_command() {
        use Ailment::*;
        // Each leads to the next, so that one that is new has no place here before it is named.
        let next = |kind: &Ailment| match kind {
            Draining => Some(NotListening),
            NotListening => Some(Configuration),
            Configuration => Some(Hangs),
            Hangs => Some(Provider),
            Provider => Some(KeyUnavailable),
            KeyUnavailable => Some(AuditChanged),
            AuditChanged => Some(AuditUnwritten),
            AuditUnwritten => Some(MemoryOnly),
            MemoryOnly => Some(QueueFull),
            QueueFull => Some(Spend),
            Spend => Some(Stats),
            Stats => Some(Log),
            Log => Some(Traces),
            Traces => Some(Numbers),
            Numbers => Some(Other),
            Other => None,
        };
        let status = serde_json::json!({"pid": 1, "version": "1", "uptime_s": 1, "rss_bytes": 1, "requests": 1});
        let status: Status = serde_json::from_value(status).unwrap();
        let mut seen = Vec::new();
        for kind in std::iter::successors(Some(Draining), next) {
            let trouble = WireTrouble { kind, of: Some("spend.day".to_owned()), text: "text".to_owned() };
            let found = finding(&trouble, &status, Some(Path::new("/s")), &Config::default());
            let begins = ["gptos ", "df ", "chmod ", "unset "].iter().any(|begin| found.mend.starts_with(begin));
            assert!(begins && !found.cause.is_empty() && !seen.contains(&found.id), "{kind:?}: {found:?}");
            seen.push(found.id);
        }
        let later: WireTrouble = serde_json::from_str(r#"{"kind":"of_a_later_version","text":"t"}"#).unwrap();
        assert_eq!(finding(&later, &status, None, &Config::default()).cause, "t");
    }

    #[test]
    fn a_key_that_cannot_be_had_is_mended_where_it_is() {
        let block = "[[provider]]\nname = \"p\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n";
        for (key, why, mend) in [
            ("{ command = [\"pass\"] }", "key command pass: exit status 1; hint: run it in a terminal", "gptos provider test p"),
            ("{ command = [\"pass\"] }", "key command pass: printed too much for a key", "gptos provider test p"),
            ("{ env = \"P_KEY\" }", "P_KEY: not set in this shell; hint: export P_KEY=…", "export P_KEY=…"),
            ("{ file = \"/x/k\" }", "key file /x/k: others may open it (mode 0644); hint: chmod 600 /x/k", "chmod 600 /x/k"),
            ("{ login = \"file\" }", "reading the key failed", "gptos auth login p"),
        ] {
            let config = crate::config::parse(&format!("{block}key = {key}\n"), Path::new("/c/config.toml"), None).unwrap();
            let found = key_unavailable("p", why, &config);
            assert_eq!((found.id, found.mend.split("    (").next().unwrap()), ("key-unavailable", mend), "{key} {why}");
            assert_eq!(found.cause, format!("its key cannot be had: {}", why.split("; hint: ").next().unwrap()));
        }
    }

    #[test]
    fn of_spans_that_are_off_the_variable_that_is_wrong_is_named() {
        let endpoint = "unset OTEL_EXPORTER_OTLP_ENDPOINT && gptos daemon stop";
        for (text, mend) in [
            (
                "traces are off: OTEL_EXPORTER_OTLP_TIMEOUT: expected milliseconds, from 1 to 9",
                "unset OTEL_EXPORTER_OTLP_TIMEOUT && gptos daemon stop",
            ),
            ("traces are off: OTEL_TRACES_SAMPLER: one of always_on", "unset OTEL_TRACES_SAMPLER && gptos daemon stop"),
            ("the collector of traces takes no spans, 3 are lost", endpoint),
        ] {
            assert_eq!(traces(&Config::default(), text).split("    (").next(), Some(mend), "{text}");
        }
    }

    #[test]
    fn each_way_in_which_a_provider_is_ill_has_what_mends_it() {
        for (state, error, id, mend) in [
            ("quarantined", Some("auth"), "key-refused", "gptos auth login p"),
            ("quarantined", Some("quota"), "quota", "gptos daemon stop"),
            ("quarantined", Some("config"), "model", "gptos provider models p"),
            ("open", Some("transient"), "provider-down", "gptos provider test p"),
            ("open", Some("tls"), "provider-down", "gptos provider test p"),
            ("limited", Some("auth"), "provider-down", "gptos provider test p"),
            ("half_open", None, "provider-down", "gptos provider test p"),
        ] {
            let last_error = error.map(str::to_owned);
            let endpoint = WireEndpoint { name: "p".to_owned(), state: state.to_owned(), last_error, ..WireEndpoint::default() };
            let found = provider(&endpoint, &Config::default());
            assert_eq!((found.id, found.mend.split("    (").next().unwrap()), (id, mend), "{state} {error:?}");
        }
    }
}
