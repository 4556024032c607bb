//! What only the user can see to: a key that is refused, a quota or a disk that is full, a record that was changed, a cap that is
//! reached. It is looked up when an answer is given, and now and then by a resident.

use std::sync::Arc;

use super::pipeline::Pipeline;
use super::ports::{Provider, Reached};
use crate::domain::{Cause, EndpointState, FailureClass, Need};

/// What systems say when there is no room.
const FULL: [&str; 3] = ["no space left", "quota exceeded", "disk full"];

/// What is not well about what calls cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spending {
    /// The key of a cap that is reached, and a line that says so.
    pub reached: Option<(&'static str, String)>,
    /// What is wrong with what was counted, in one line.
    pub damage: Option<String>,
}

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
            let is_keyless = health.key_trouble.is_some();
            let class = health.last_error.filter(|_| health.state == EndpointState::Quarantined).map(|(class, _)| class);
            let name = provider.name();
            match class {
                Some(FailureClass::Auth) if is_keyless => {
                    add(Cause::Key, format!("there is no key for {name}: `gptos provider test {name}` tells why"));
                }
                Some(FailureClass::Auth) => add(Cause::Key, format!("{name} refuses the key: `gptos provider test {name}` tells why")),
                Some(FailureClass::Quota) => {
                    add(Cause::Quota, format!("{name} has no credit or quota left: pay there, or `gptos provider add` another"))
                }
                _ => {}
            }
        }
        if let Some(key) = self.till().0.cap_reached() {
            add(Cause::Spend, format!("{key} is reached, so no provider is asked: `gptos stats`"));
        }
        needs
    }

    /// What is not well about what calls cost. It may block on the disk.
    pub fn spending(&self, providers: &[Arc<dyn Provider>]) -> Spending {
        let (till, caps) = self.till();
        let line = |text: String| text.split("; hint:").next().unwrap_or_default().to_owned();
        let damage = || till.ledger().and_then(|ledger| ledger.damage());
        let is_bound = providers.iter().any(|provider| caps.bound(provider.price()));
        match till.standing(caps).filter(|_| is_bound) {
            Some(unknown @ (Reached::Unknown | Reached::Damaged)) => Spending { reached: None, damage: Some(line(unknown.to_string())) },
            Some(reached) => Spending {
                reached: Some((reached.key(), format!("{} is reached: {}", reached.key(), line(reached.to_string())))),
                damage: damage(),
            },
            None => {
                let refused = till.cap_reached().filter(|_| is_bound);
                let reached = refused.map(|key| (key, format!("{key} is reached: a call might pass it, so no provider is asked")));
                Spending { reached, damage: damage() }
            }
        }
    }
}
