//! Every family of series there is. Nothing can be counted or measured that has no row in this table, because families
//! are made here only.

use std::time::Duration;

/// What kind of number a family holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Events so far.
    Counter,
    /// How things stand.
    Gauge,
    /// How long something took, by upper edges in milliseconds.
    Histogram(&'static [u64]),
}

/// What all series of a family have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
    /// Most series, the one in which the rest is gathered included.
    pub(super) most: usize,
}

/// Series of one name that differ in the values of their labels.
#[derive(Debug, Clone, Copy)]
pub struct Family<const LABELS: usize> {
    pub(super) about: About,
    pub(super) labels: [&'static str; LABELS],
}

impl<const LABELS: usize> Family<LABELS> {
    /// The name of its series.
    pub const fn name(&self) -> &'static str {
        self.about.name
    }
}

/// The names of all families.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|about| about.name)
}

/// The edges of how long questions took, as the page writes them, in seconds.
pub fn request_edges() -> impl Iterator<Item = String> {
    REQUEST_EDGES.iter().map(|edge| seconds(*edge))
}

/// Milliseconds as seconds.
pub(super) fn seconds(milliseconds: u64) -> String {
    (Duration::from_millis(milliseconds).as_secs_f64()).to_string()
}

/// Most lines of numbers on the whole page.
pub(super) const MOST_LINES: usize = 600;

/// No edge above a second is a whole one: Prometheus would rewrite `le="2"` to `le="2.0"`, and make it another series.
const REQUEST_EDGES: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 1024, 2048, 4096, 8192];
/// Those that OpenTelemetry names for calls to models.
const CALL_EDGES: &[u64] = &[10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240, 20_480, 40_960, 81_920];

macro_rules! families {
    ($($family:ident: $kind:expr, $name:literal, [$($label:literal),*], most $most:literal, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $family: Family<{ <[&str]>::len(&[$($label),*]) }> =
                Family { about: About { name: $name, kind: $kind, help: $help, most: $most }, labels: [$($label),*] };
        )*

        /// The whole table.
        pub(super) const ALL: &[About] = &[$($family.about),*];
    };
}

families! {
    BUILD_INFO: Kind::Gauge, "gptos_build_info", ["version", "build", "protocol"], most 1,
        "Always 1; the labels tell the version, the build and the number of the protocol.";
    PROCESS_START: Kind::Gauge, "process_start_time_seconds", [], most 1,
        "When the resident started, in seconds since 1970.";
    RESIDENT_MEMORY: Kind::Gauge, "process_resident_memory_bytes", [], most 1,
        "Memory of the resident.";
    OPEN_DESCRIPTORS: Kind::Gauge, "process_open_fds", [], most 1,
        "Open files and connections of the resident.";
    CONFIG_RELOADS: Kind::Counter, "gptos_config_reload_total", ["result"], most 2,
        "Changes of the configuration files, by whether they hold.";

    REQUESTS: Kind::Counter, "gptos_requests_total", ["source", "outcome"], most 24,
        "Questions that ended, by what gave the answer and how it went.";
    REQUEST_DURATION: Kind::Histogram(REQUEST_EDGES), "gptos_request_duration_seconds", ["source"], most 8,
        "How long questions took, by what gave the answer.";
    REQUESTS_IN_FLIGHT: Kind::Gauge, "gptos_requests_in_flight", [], most 1,
        "Requests of shells that are being answered.";
    QUEUE_DEPTH: Kind::Gauge, "gptos_queue_depth", ["queue"], most 6,
        "What is waiting or under way, by queue.";
    QUEUE_CAPACITY: Kind::Gauge, "gptos_queue_capacity", ["queue"], most 6,
        "How much a queue takes.";
    QUEUE_DROPPED: Kind::Counter, "gptos_queue_dropped_total", ["queue"], most 4,
        "Work that nobody waited for and that was given up, by queue.";

    AUDIT_RECORDS: Kind::Counter, "gptos_audit_records_total", [], most 1,
        "Records written to the audit trail.";
    AUDIT_WRITE_FAILURES: Kind::Counter, "gptos_audit_write_failures_total", [], most 1,
        "Times that the audit trail could not be written.";
    AUDIT_VERIFY_FAILURES: Kind::Counter, "gptos_audit_verify_failures_total", [], most 1,
        "Times that the audit trail was found to be changed.";
    AUDIT_TORN_TAIL: Kind::Counter, "gptos_audit_torn_tail_total", [], most 1,
        "Torn ends of the audit trail that were cut off.";
    AUDIT_UNANCHORED: Kind::Gauge, "gptos_audit_unanchored_records", [], most 1,
        "Records of the audit trail that no seal covers; without a seal, those of this process.";

    CACHE_OPERATIONS: Kind::Counter, "gptos_cache_operations_total", ["tier", "op", "result"], most 4,
        "Lookups in the cache, by where it keeps its answers.";
    CACHE_DAMAGED: Kind::Counter, "gptos_cache_damaged_total", ["tier"], most 2,
        "Damaged files and entries of the cache that were dropped.";
    CACHE_ENTRIES: Kind::Gauge, "gptos_cache_entries", ["tier"], most 2,
        "Answers in the cache.";
    CACHE_BYTES: Kind::Gauge, "gptos_cache_bytes", ["tier"], most 2,
        "Bytes of the answers in the cache.";
    CACHE_FILE_BYTES: Kind::Gauge, "gptos_cache_file_bytes", [], most 1,
        "Bytes of the files of the cache.";

    PROVIDER_ATTEMPTS: Kind::Counter, "gptos_provider_attempts_total", ["provider", "result"], most 48,
        "Calls to providers that ended, by how.";
    CALL_DURATION: Kind::Histogram(CALL_EDGES), "gen_ai_client_operation_duration_seconds",
        ["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"], most 6,
        "How long calls to providers took, whatever came of them.";
    OTHER_MODEL: Kind::Counter, "gptos_other_model_total", ["provider"], most 8,
        "Answers of another model than the one asked for.";
    RETRIES: Kind::Counter, "gptos_retries_total", ["result"], most 5,
        "Calls to the same provider that were to be repeated, by what came of it.";
    RETRY_BUDGET: Kind::Gauge, "gptos_retry_budget", [], most 1,
        "Repeats of calls that are left, from 0 to 10.";
    HEDGES: Kind::Counter, "gptos_hedges_total", ["result"], most 5,
        "Second calls beside a slow first one.";
    FALLBACKS: Kind::Counter, "gptos_fallbacks_total", ["from", "to", "reason"], most 16,
        "Times the next provider was asked instead.";
    BREAKER_TRANSITIONS: Kind::Counter, "gptos_breaker_transitions_total", ["provider", "to", "reason"], most 16,
        "Times a provider was left alone for a while, by why.";
    REJECTIONS: Kind::Counter, "gptos_rejections_total", ["reason"], most 12,
        "Calls that were not made, by why.";
    RATELIMIT_DECISIONS: Kind::Counter, "gptos_ratelimit_decisions_total", ["scope", "decision"], most 4,
        "Calls that a cap on spending allowed or denied.";
    SINGLE_FLIGHT: Kind::Counter, "gptos_singleflight_total", ["role"], most 4,
        "Questions that began a call or joined one under way.";
    POOL_PURGES: Kind::Counter, "gptos_pool_purges_total", ["reason"], most 3,
        "Times all connections were given up.";
    TELEMETRY_DROPPED: Kind::Counter, "gptos_telemetry_dropped_total", ["reason"], most 6,
        "What was told and lost: events that went to the series _OTHER because their family has as many series as it may have, and lines of the log and spans that were not written.";
}

const _: () = assert!(most_lines() <= MOST_LINES, "the families could make more lines than the page may have");

/// How many lines there are when every family has all its series.
const fn most_lines() -> usize {
    let (mut lines, mut at) = (0, 0);
    while at < ALL.len() {
        // Besides its edges a histogram has a bucket without one, a sum and a count.
        lines += ALL[at].most
            * match ALL[at].kind {
                Kind::Counter | Kind::Gauge => 1,
                Kind::Histogram(edges) => edges.len() + 3,
            };
        at += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn is_name(text: &str) -> bool {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    }

    #[test]
    fn names_follow_the_conventions_and_stand_once() {
        let names: BTreeSet<_> = ALL.iter().map(|about| about.name).collect();
        assert_eq!(names.len(), ALL.len());
        for about in ALL {
            assert!(is_name(about.name), "{}", about.name);
            assert_eq!(about.name.ends_with("_total"), about.kind == Kind::Counter, "{}", about.name);
            assert!(about.help.ends_with('.') && about.most > 0, "{}", about.name);
            if let Kind::Histogram(edges) = about.kind {
                assert!(about.name.ends_with("_seconds"), "{}", about.name);
                assert!(edges.is_sorted() && edges.iter().all(|edge| edge % 1000 != 0), "{}", about.name);
            }
        }
        assert!(FALLBACKS.labels.into_iter().chain(CALL_DURATION.labels).chain(CACHE_OPERATIONS.labels).all(is_name));
    }
}
