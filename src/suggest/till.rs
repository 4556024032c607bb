//! Between the calls to providers and whoever keeps count of them: what a call may take at most is set aside before it is made,
//! and given back as far as it was not taken.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::ledger::{Callee, Caps, EndedCall, Held, Ledger, Reached};
use super::metrics::Metrics;
use super::ports::{Prompt, Provider, RawAnswer};
use crate::domain::{AttemptError, FailureClass, Price, Stage, Usage};

/// How long a call waits for the file of what was spent.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long after a call was refused that is worth a line of its own. The next call is refused with a line as well.
const TOLD: Duration = Duration::from_secs(10 * 60);

/// Where calls are counted.
pub(super) struct Till {
    ledger: RwLock<Option<Arc<dyn Ledger>>>,
    /// The cap that the last call was refused for, and when.
    reached: Mutex<Option<(Reached, Instant)>>,
    metrics: Arc<Metrics>,
}

/// A call that is counted when it ends. One that nobody waits for any more counts as if it had taken all it may: providers
/// write on for a while and charge for it.
pub struct Counted {
    ledger: Arc<dyn Ledger>,
    /// When it began: a call over midnight belongs to the day for which it was set aside.
    now: SystemTime,
    call: Option<EndedCall>,
    likely_input: u64,
}

impl Till {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { ledger: RwLock::default(), reached: Mutex::default(), metrics }
    }

    /// Calls and answers are counted here from now on.
    pub(super) fn keep(&self, ledger: Arc<dyn Ledger>) {
        *self.ledger.write().unwrap_or_else(PoisonError::into_inner) = Some(ledger);
    }

    /// The key of the cap that calls were refused for a moment ago.
    pub(super) fn cap_reached(&self) -> Option<&'static str> {
        let reached = *self.reached();
        reached.filter(|(_, at)| at.elapsed() < TOLD).map(|(reached, _)| reached.key())
    }

    /// Other caps hold from now on.
    pub(super) fn forget(&self) {
        *self.reached() = None;
    }

    fn reached(&self) -> MutexGuard<'_, Option<(Reached, Instant)>> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which cap lets nothing more be spent, as everybody has counted. It may block on the disk.
    pub(super) fn standing(&self, caps: Caps) -> Option<Reached> {
        self.ledger().and_then(|ledger| ledger.reached(&caps, SystemTime::now()))
    }

    pub(super) fn ledger(&self) -> Option<Arc<dyn Ledger>> {
        self.ledger.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A call is about to be made.
    ///
    /// # Errors
    /// That the user lets nothing more be spent.
    pub(super) async fn call(
        &self,
        provider: &dyn Provider,
        prompt: &Prompt,
        caps: Caps,
        now: SystemTime,
    ) -> Result<Option<Counted>, AttemptError> {
        let Some(ledger) = self.ledger() else { return Ok(None) };
        let callee = Callee { provider: provider.name().to_owned(), model: provider.model().to_owned() };
        let (price, most) = (provider.price(), provider.most_tokens(prompt));
        let mut held = None;
        if caps.bound(price) {
            let wanted = Held { callee: callee.clone(), tokens: most.total(), money: price.of(most).unwrap_or_default() };
            let decided = self.hold(&ledger, wanted.clone(), price, caps, now).await;
            self.metrics.ratelimit_decisions.add(["spend", if decided.is_ok() { "allow" } else { "deny" }]);
            *self.reached() = decided.err().map(|reached| (reached, Instant::now()));
            decided.map_err(|reached| AttemptError::new(FailureClass::Spent, reached.to_string()))?;
            held = Some(wanted);
        }
        let call = EndedCall { callee, usage: most, is_guessed: true, price, held, was_made: true };
        Ok(Some(Counted { ledger, now, call: Some(call), likely_input: prompt.likely_tokens() }))
    }

    async fn hold(&self, ledger: &Arc<dyn Ledger>, wanted: Held, price: Price, caps: Caps, now: SystemTime) -> Result<(), Reached> {
        let (told, decided) = oneshot::channel();
        let ledger = Arc::clone(ledger);
        tokio::task::spawn_blocking(move || {
            let held = ledger.hold(&wanted, &caps, now);
            // Nobody waits for it any more, so the call is not made.
            if let Err(Ok(())) = told.send(held) {
                let (callee, usage) = (wanted.callee.clone(), Usage::default());
                ledger.ended(EndedCall { callee, usage, is_guessed: false, price, held: Some(wanted), was_made: false }, now);
                ledger.write(true);
            }
        });
        match tokio::time::timeout(PATIENCE, decided).await {
            Ok(Ok(decided)) => decided,
            _ => Err(Reached::Unknown),
        }
    }

    /// An answer was given.
    pub(super) fn answered(&self, source: &'static str, took: Duration, now: SystemTime) {
        if let Some(ledger) = self.ledger() {
            ledger.answered(source, took, now);
        }
    }
}

impl Counted {
    /// The call has ended like this.
    pub(super) fn ended(mut self, answered: Result<&RawAnswer, &AttemptError>) {
        let Some(call) = self.call.as_mut() else { return };
        match answered {
            Ok(answer) => {
                let guess = || Usage { input: self.likely_input, output: (answer.text.len() as u64).div_ceil(4) };
                (call.usage, call.is_guessed) = (answer.usage.unwrap_or_else(guess), answer.usage.is_none());
            }
            // Nobody is told of a call that was not made.
            Err(error) if !error.was_made && call.held.is_none() => self.call = None,

            Err(error) if !error.was_made => (call.usage, call.is_guessed, call.was_made) = (Usage::default(), false, false),
            Err(error) if !may_cost(&error.class) => (call.usage, call.is_guessed) = (Usage::default(), false),
            // It was answered somehow, and nobody told how long the answer was: it counts as the longest.
            Err(_) => {}
        }
    }
}

/// Whether a call that failed like this may be charged for.
fn may_cost(class: &FailureClass) -> bool {
    matches!(
        class,
        FailureClass::Refusal
            | FailureClass::Malformed
            | FailureClass::Truncated
            | FailureClass::Slow(Stage::FirstChunk | Stage::Gap | Stage::Total)
    )
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        let was_held = call.held.is_some();
        self.ledger.ended(call, self.now);
        if was_held && let Ok(runtime) = tokio::runtime::Handle::try_current() {
            // Other processes wait for what is given back, and nobody waits for the disk.
            let ledger = Arc::clone(&self.ledger);
            drop(runtime.spawn_blocking(move || ledger.write(true)));
        }
    }
}
