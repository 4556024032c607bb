//! Whether a provider may be called now: its own health, a model that is loading, the user's limits.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::health::{Health, Leave};
use super::timing::LEAST;
use super::{Engine, Round, Urgency};
use crate::domain::{AttemptError, FailureClass, Stage};
use crate::resilience::{Block, Gate};
use crate::suggest::ports::{Pace, Provider, Readiness, SpanValue};

/// How often to look whether a model has been loaded.
const LOADING_LOOK: Duration = Duration::from_millis(250);

impl Engine {
    /// Why nobody is asked at this moment, however well the provider is.
    pub(super) fn hindrance(&self, round: &Round, provider: &Arc<dyn Provider>) -> Option<AttemptError> {
        let now = Instant::now();
        if round.deadline.saturating_duration_since(now) < LEAST {
            return Some(AttemptError::new(FailureClass::Slow(Stage::Total), "not asked: no time left"));
        }
        (provider.pace() == Pace::Remote && self.shared().outage.lasts(now))
            .then(|| AttemptError::new(FailureClass::LocalNetwork, "not asked: this machine's network was gone a moment ago"))
    }

    /// Leave to call this provider, when it is given in time. For one that is `alone` in being able to answer, an open
    /// breaker does not count and a limit is waited for.
    ///
    /// # Errors
    /// Why it is passed over.
    pub(super) async fn leave(&self, round: &Round, provider: &Arc<dyn Provider>, alone: bool) -> Result<Leave, AttemptError> {
        let health = self.health(provider);
        // Whoever waits finds out whether it is well again.
        if round.urgency == Urgency::Nobody && !health.endpoint().is_closed() {
            return Err(blocked(Block::Open, Duration::ZERO));
        }
        let leave = self.pass(round, provider, &health, alone).await?;
        if provider.pace() == Pace::Loopback && !self.is_loaded(round, provider, alone).await {
            self.metrics.rejections.add(["loading"]);
            return Err(AttemptError::new(FailureClass::Overloaded, "not asked: it is loading its model"));
        }
        if !round.acceptance.admit(provider.name()) {
            self.metrics.rejections.add([if round.urgency == Urgency::Nobody { "background_limit" } else { "rate_limit" }]);
            let class = FailureClass::RateLimited { retry_after: None };
            return Err(AttemptError::new(class, "not asked: too many calls in a short time"));
        }
        Ok(leave)
    }

    async fn pass(&self, round: &Round, provider: &Arc<dyn Provider>, health: &Arc<Health>, alone: bool) -> Result<Leave, AttemptError> {
        let mut looked = false;
        loop {
            let now = Instant::now();
            let gate = health.endpoint().admit(now);
            match gate {
                Gate::Pass => return Ok(Leave::new(health, None)),
                Gate::Probe(probe) => {
                    round.track.event("gptos.breaker.probe", &[("gptos.provider", SpanValue::Text(provider.name()))]);
                    return Ok(Leave::new(health, Some(probe)));
                }
                Gate::Blocked(Block::Quarantined, until) => {
                    if looked || !health.has_new_key(provider.key_state(&round.facts).await) {
                        self.metrics.rejections.add([block_label(Block::Quarantined)]);
                        tell_block(round, provider, Block::Quarantined);
                        return Err(blocked(Block::Quarantined, until - now));
                    }
                    looked = true;
                    health.endpoint().release(now);
                }
                Gate::Blocked(Block::Open | Block::Overloaded, _) if alone => return Ok(Leave::new(health, None)),
                Gate::Blocked(_, until) if alone && until + LEAST <= round.deadline => tokio::time::sleep_until(until).await,
                Gate::Blocked(block, until) => {
                    self.metrics.rejections.add([block_label(block)]);
                    tell_block(round, provider, block);
                    return Err(blocked(block, until.saturating_duration_since(now)));
                }
            }
        }
    }

    /// Whether a model on this machine could answer now. Where nobody else could, its loading is waited for.
    async fn is_loaded(&self, round: &Round, provider: &Arc<dyn Provider>, alone: bool) -> bool {
        while provider.readiness(&round.facts).await == Readiness::Loading {
            let next = Instant::now() + LOADING_LOOK;
            if !alone || next + LEAST > round.deadline {
                return false;
            }
            round.waiting.set(provider.name());
            tokio::time::sleep_until(next).await;
        }
        true
    }
}

/// Tells in the span of the request why a provider is left alone.
fn tell_block(round: &Round, provider: &Arc<dyn Provider>, block: Block) {
    let told = [("gptos.provider", SpanValue::Text(provider.name())), ("gptos.block", SpanValue::Text(block_label(block)))];
    round.track.event("gptos.breaker.blocked", &told);
}

fn block_label(block: Block) -> &'static str {
    match block {
        Block::Open => "breaker",
        Block::Overloaded => "overloaded",
        Block::RateLimited => "provider_limit",
        Block::Quarantined => "quarantine",
    }
}

/// Why a provider was passed over.
fn blocked(block: Block, wait: Duration) -> AttemptError {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    let (class, why) = match block {
        Block::Open => (FailureClass::Transient, "it failed several times of late"),
        Block::Overloaded => (FailureClass::Overloaded, "it is overloaded"),
        Block::RateLimited => (FailureClass::RateLimited { retry_after: Some(wait) }, "its limit on calls is reached"),
        Block::Quarantined => (FailureClass::Config, "it cannot answer as it is set up"),
    };
    AttemptError::new(class, format!("not asked: {why}; next try in {seconds:.0} s"))
}
