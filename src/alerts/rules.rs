//! The rules themselves.

use super::{AVAILABILITY, CACHED_WITHIN, Group, LEAST_FAILURES, MOST_DEGRADED, ONLINE_WITHIN, QUEUE_FULL, Rule, Severity};
use crate::suggest::metrics::families::{
    AUDIT_VERIFY_FAILURES, AUDIT_WRITE_FAILURES, CACHE_DAMAGED, PROVIDER_ATTEMPTS, QUEUE_CAPACITY, QUEUE_DEPTH, QUEUE_DROPPED,
    RATELIMIT_DECISIONS, REQUEST_DURATION, REQUESTS, RETRY_BUDGET,
};

/// The windows over which the share of failures is computed.
const WINDOWS: [&str; 5] = ["5m", "30m", "1h", "6h", "3d"];

/// All rules, from the objectives.
pub fn rules() -> Vec<Group> {
    vec![
        Group { name: "gptos-shares", rules: WINDOWS.map(failures).into() },
        Group { name: "gptos-objectives", rules: objectives() },
        Group { name: "gptos-causes", rules: causes() },
    ]
}

/// The share of questions that ended in an error, of those that somebody waited for to the end.
fn failures(window: &str) -> Rule {
    let requests = REQUESTS.name();
    let expr =
        format!("sum(rate({requests}{{outcome=\"error\"}}[{window}])) / (sum(rate({requests}{{outcome!=\"cancelled\"}}[{window}])) > 0)");
    Rule::Record { name: share(window), expr }
}

fn share(window: &str) -> String {
    format!("gptos:request_errors:ratio_rate{window}")
}

/// The allowance of the month is used up `times` as fast as it may be, over the long window and still over the short one.
fn burns(times: f64, long: &str, short: &str) -> String {
    let limit = times * (1.0 - AVAILABILITY);
    let (long_share, short_share, requests) = (share(long), share(short), REQUESTS.name());
    format!(
        "({long_share} > {limit:.4} and {short_share} > {limit:.4}) and on() sum(increase({requests}{{outcome=\"error\"}}[{long}])) >= {LEAST_FAILURES}"
    )
}

/// More than `most` of the answers of `source` took longer than `within`.
fn slow(source: &str, within: &str, most: f64) -> String {
    let duration = REQUEST_DURATION.name();
    format!(
        "1 - sum(rate({duration}_bucket{{source=\"{source}\",le=\"{within}\"}}[30m])) / (sum(rate({duration}_count{{source=\"{source}\"}}[30m])) > 0) > {most}"
    )
}

/// The series has risen within the window. One that was not there before has risen from nothing, which `increase` does not see.
fn rose(series: &str, window: &str) -> String {
    format!("increase({series}[{window}]) > 0 or ({series} > 0 unless {series} offset {window})")
}

fn objectives() -> Vec<Rule> {
    let (page, ticket) = (Severity::Page, Severity::Ticket);
    let alert = |name, expr, lasts, severity, summary, action| Rule::Alert { name, expr, lasts, severity, summary, action };
    let requests = REQUESTS.name();
    vec![
        alert(
            "GptosErrorsBurnFast",
            burns(14.4, "1h", "5m"),
            "",
            page,
            "Questions fail so often that an hour of it uses up 2 % of what a month allows.",
            "`gptos status` names the providers that fail and why.",
        ),
        alert(
            "GptosErrorsBurnSlow",
            burns(6.0, "6h", "30m"),
            "",
            page,
            "Questions fail so often that six hours of it use up 5 % of what a month allows.",
            "`gptos status` names the providers that fail and why.",
        ),
        alert(
            "GptosErrorsLeak",
            burns(1.0, "3d", "6h"),
            "",
            ticket,
            "Questions fail more often than the objective allows.",
            "`gptos status` names the providers that fail and why.",
        ),
        alert(
            "GptosCachedAnswersSlow",
            slow("cache", CACHED_WITHIN, 0.01),
            "10m",
            ticket,
            "More than one in a hundred answers of the cache took longer than half a second.",
            "`gptos cache stats` shows its size; look for a slow disk or a machine that is busy.",
        ),
        alert(
            "GptosProviderAnswersSlow",
            slow("provider", ONLINE_WITHIN, 0.05),
            "15m",
            ticket,
            "More than one in twenty answers of providers took longer than two seconds.",
            "`gptos provider test` times each of them.",
        ),
        alert(
            "GptosServingDegraded",
            format!(
                "sum(rate({requests}{{outcome=\"degraded\"}}[15m])) / (sum(rate({requests}[15m])) > 0) > {MOST_DEGRADED} and on() sum(increase({requests}{{outcome=\"degraded\"}}[15m])) >= {LEAST_FAILURES}"
            ),
            "5m",
            ticket,
            "More than one in ten answers is a guess, or what was left because no provider could be asked.",
            "`gptos status` names the providers that fail and why.",
        ),
    ]
}

fn causes() -> Vec<Rule> {
    let (page, ticket) = (Severity::Page, Severity::Ticket);
    let alert = |name, expr, lasts, severity, summary, action| Rule::Alert { name, expr, lasts, severity, summary, action };
    let attempts = PROVIDER_ATTEMPTS.name();
    vec![
        alert(
            "GptosProviderFails",
            format!(
                "sum by (provider) (rate({attempts}{{result!~\"ok|cancelled|policy\"}}[15m])) / (sum by (provider) (rate({attempts}{{result!=\"cancelled\"}}[15m])) > 0) > 0.5 and sum by (provider) (increase({attempts}{{result!~\"ok|cancelled|policy\"}}[15m])) >= {LEAST_FAILURES}"
            ),
            "5m",
            ticket,
            "More than half of the calls to provider {{ $labels.provider }} fail.",
            "`gptos provider test {{ $labels.provider }}` says why.",
        ),
        alert(
            "GptosKeyRefused",
            rose(&format!("{attempts}{{result=~\"auth|quota\"}}"), "15m"),
            "",
            ticket,
            "Provider {{ $labels.provider }} refuses the key or has no credit left.",
            "`gptos provider test {{ $labels.provider }}` says which.",
        ),
        alert(
            "GptosSpendCapReached",
            rose(&format!("{}{{scope=\"spend\",decision=\"deny\"}}", RATELIMIT_DECISIONS.name()), "15m"),
            "",
            ticket,
            "A cap on what may be spent is reached, and no provider is asked.",
            "`gptos stats` shows what was spent; `gptos config set spend.day '20 USD'` allows so much a day.",
        ),
        alert(
            "GptosRetryBudgetExhausted",
            format!("{} < 1 and on() sum(increase({attempts}[5m])) > 0", RETRY_BUDGET.name()),
            "5m",
            ticket,
            "Providers fail so often that calls are no longer repeated.",
            "`gptos status` names the providers that fail and why.",
        ),
        alert(
            "GptosQueueNearFull",
            format!("{} / {} > {QUEUE_FULL}", QUEUE_DEPTH.name(), QUEUE_CAPACITY.name()),
            "5m",
            ticket,
            "The queue {{ $labels.queue }} is nearly full.",
            "`gptos status` shows what the resident does; `gptos daemon stop` starts it afresh.",
        ),
        alert(
            "GptosWorkDropped",
            format!("sum by (queue) (increase({}[15m])) > {LEAST_FAILURES}", QUEUE_DROPPED.name()),
            "",
            ticket,
            "The queue {{ $labels.queue }} was full, and work was given up.",
            "`gptos status` shows what the resident does.",
        ),
        alert(
            "GptosCacheDamaged",
            rose(CACHE_DAMAGED.name(), "1h"),
            "",
            ticket,
            "A part of the cache was damaged and has been dropped; answers are made anew.",
            "`gptos cache stats` shows what is left; look at the disk if it comes again.",
        ),
        alert(
            "GptosAuditChanged",
            rose(AUDIT_VERIFY_FAILURES.name(), "10m"),
            "",
            page,
            "The audit trail was changed by something else than this program.",
            "`gptos audit verify` names the record.",
        ),
        alert(
            "GptosAuditNotWritten",
            rose(AUDIT_WRITE_FAILURES.name(), "10m"),
            "",
            page,
            "The audit trail cannot be written.",
            "`gptos audit verify` and `df` tell whether the disk is full.",
        ),
    ]
}
