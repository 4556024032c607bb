//! What lines of the log are about.

macro_rules! events {
    ($($event:ident, $name:literal, $doc:literal;)*) => {
        /// What a line of the log is about. There are no other lines.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum LogEvent {
            $(#[doc = $doc] $event,)*
        }

        impl LogEvent {
            /// All of them.
            pub const ALL: &[LogEvent] = &[$(LogEvent::$event),*];

            /// The word for it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(LogEvent::$event => $name,)*
                }
            }
        }
    };
}

events! {
    ResidentStarted, "resident_started", "The resident listens.";
    ResidentEnded, "resident_ended", "The resident ends.";
    ResidentPanicked, "resident_panicked", "A task of the resident ended in a panic.";
    ConfigReloaded, "config_reloaded", "A change of the configuration holds.";
    ConfigRejected, "config_rejected", "A change of the configuration does not hold.";
    LevelsChanged, "levels_changed", "Other lines are written from now on.";
    LinesSuppressed, "lines_suppressed", "Lines of one event were left out, because there were too many.";
    RequestBegan, "request_began", "A question has come.";
    RequestEnded, "request_ended", "A question was answered or given up.";
    AttemptEnded, "attempt_ended", "A call to a provider has ended.";
    RetryScheduled, "retry_scheduled", "A call is to be repeated.";
    ProviderPassedOver, "provider_passed_over", "A provider was not asked.";
    BreakerOpened, "breaker_opened", "A provider is left alone for a while.";
    TranslatorFailed, "translator_failed", "The embedded translator could not read a sentence.";
    CacheFailed, "cache_failed", "The files of the cache gave trouble.";
    CacheRewritten, "cache_rewritten", "The files of the cache are written anew.";
    MemoryFailed, "memory_failed", "The file of what was run gave trouble.";
    StatsFailed, "stats_failed", "The file of what was counted gave trouble.";
    AuditFailed, "audit_failed", "The audit trail gave trouble.";
    AuditDamaged, "audit_damaged", "The audit trail was found to be changed.";
    TracesStarted, "traces_started", "Spans are handed to a collector from now on.";
    NumbersFailed, "numbers_failed", "The numbers could not be served on their port.";
    TracesFailed, "traces_failed", "Spans could not be handed over.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_has_a_name_of_its_own() {
        let names: BTreeSet<_> = LogEvent::ALL.iter().map(|event| event.name()).collect();
        assert_eq!(names.len(), LogEvent::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }
}
