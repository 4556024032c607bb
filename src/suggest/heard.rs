//! What is heard of an answer while it is on its way.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// What the head of a response says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyHead {
    /// The status of HTTP.
    pub status: u16,
    /// The number under which the provider finds the request. It holds no secret.
    pub request_id: Option<String>,
}

/// Tells whoever waits for an answer what has come of it: its head, and that its first piece is here.
#[derive(Debug)]
pub struct Heard {
    has_begun: watch::Sender<bool>,
    head: Mutex<Option<ReplyHead>>,
}

impl Default for Heard {
    fn default() -> Self {
        Self { has_begun: watch::Sender::new(false), head: Mutex::default() }
    }
}

impl Heard {
    /// The first piece is here.
    pub fn tell(&self) {
        self.has_begun.send_replace(true);
    }

    /// Ends when the first piece is here, also when it has been for long.
    pub async fn wait(&self) {
        // The other end is this very value, so it is not gone.
        let _ = self.has_begun.subscribe().wait_for(|has_begun| *has_begun).await;
    }

    /// The head of a response is here, and takes the place of one that came before it.
    pub fn tell_head(&self, head: ReplyHead) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some(head);
    }

    /// The head of the last response; `None` where there was none.
    pub fn head(&self) -> Option<ReplyHead> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
