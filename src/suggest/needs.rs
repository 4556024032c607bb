//! What only the user can see to: a key that is refused, a quota or a disk that is full, a record that was changed, a cap that is
//! reached. It is looked up when an answer is given and at no other time.

use std::sync::Arc;

use super::pipeline::Pipeline;
use super::ports::Provider;
use crate::domain::{Cause, EndpointState, FailureClass, Need};

/// What systems say when there is no room.
const FULL: [&str; 3] = ["no space left", "quota exceeded", "disk full"];

impl Pipeline {
    /// What needs the user now, the worst first.
    pub fn needs(&self, providers: &[Arc<dyn Provider>]) -> Vec<Need> {
        let mut needs = Vec::new();
        let mut add = |cause, text: String| needs.push(Need { cause, text });
        let trail = self.audit_stats().map(|(stats, _)| stats).unwrap_or_default();
        if trail.verify_failures > 0 {
            add(Cause::Audit, "the audit trail was changed: `gptos audit verify` tells where".to_owned());
        }
        let failures = [trail.failure, self.ledger_failure()];
        let is_full = |failure: &String| FULL.iter().any(|words| failure.to_lowercase().contains(words));
        if failures.iter().flatten().any(is_full) {
            add(Cause::Disk, "the disk is full, and nothing is recorded: `df -h ~` shows it".to_owned());
        } else if failures[0].is_some() {
            add(Cause::Audit, "the audit trail cannot be written: `gptos status` tells why".to_owned());
        }
        for (provider, health) in providers.iter().zip(self.health(providers).endpoints) {
            let class = health.last_error.filter(|_| health.state == EndpointState::Quarantined).map(|(class, _)| class);
            let name = provider.name();
            match class {
                Some(FailureClass::Auth) => add(Cause::Key, format!("{name} refuses the key: `gptos provider test {name}` tells why")),
                Some(FailureClass::Quota) => add(Cause::Quota, format!("{name} has no credit or quota left for you")),
                _ => {}
            }
        }
        if let Some(key) = self.cap_reached() {
            add(Cause::Spend, format!("{key} is reached, so no provider is asked: `gptos stats`"));
        }
        needs
    }
}
