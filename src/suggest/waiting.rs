//! What can be said to somebody who waits for an answer.

use std::sync::{Arc, Mutex, PoisonError};

use super::pipeline::Offer;

#[derive(Debug, Default)]
struct Inner {
    provider: Option<String>,
    meanwhile: Option<Offer>,
    /// Whether that was handed to who waits.
    is_offered: bool,
    /// The state of work that several wait for.
    shared: Option<WaitingFor>,
}

/// Which provider a request waits for at this moment, and what could be had without waiting any longer.
#[derive(Debug, Clone, Default)]
pub struct WaitingFor(Arc<Mutex<Inner>>);

impl WaitingFor {
    /// The provider's name, if one is asked right now.
    pub fn name(&self) -> Option<String> {
        let (name, shared) = {
            let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (inner.provider.clone(), inner.shared.clone())
        };
        name.or_else(|| shared?.name())
    }

    /// The best answer of this machine's own, when it is not sure enough to be given unasked. Who asks for it hands it on.
    pub fn meanwhile(&self) -> Option<Offer> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.is_offered |= inner.meanwhile.is_some();
        inner.meanwhile.clone()
    }

    /// What was handed on so far.
    pub(super) fn offered(&self) -> Option<Offer> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.meanwhile.clone().filter(|_| inner.is_offered)
    }

    pub(super) fn set(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).provider = Some(name.to_owned());
    }

    pub(super) fn set_meanwhile(&self, offer: Option<Offer>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).meanwhile = offer;
    }

    /// From now on this one waits for work that others wait for too.
    pub(super) fn follow(&self, shared: WaitingFor) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).shared = Some(shared);
    }
}
