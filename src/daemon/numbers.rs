//! The numbers on a port of this machine, for a Prometheus that cannot read a Unix socket.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::api::Activity;
use crate::domain::LogEvent;

/// Serves them where the configuration says, and follows when it says something else.
pub(super) struct Numbers {
    router: Router,
    activity: Arc<Activity>,
    served: Option<(u16, JoinHandle<std::io::Result<()>>)>,
}

impl Numbers {
    pub(super) fn new(router: Router, activity: Arc<Activity>) -> Self {
        Self { router, activity, served: None }
    }

    /// Serves under `port` from now on. A port that somebody else has is tried again at the next call.
    pub(super) async fn follow(&mut self, port: Option<u16>) {
        if port == self.served.as_ref().map(|(port, _)| *port) {
            return;
        }
        self.stop();
        let Some(port) = port else {
            let _ = self.activity.note_numbers(None);
            return;
        };
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => {
                self.served = Some((port, tokio::spawn(axum::serve(listener, self.router.clone()).into_future())));
                let _ = self.activity.note_numbers(Some(format!("at http://127.0.0.1:{port}/metrics")));
            }
            Err(error) => {
                if self.activity.note_numbers(Some(format!("not served at 127.0.0.1:{port}: {error}"))) {
                    warn!(event = LogEvent::NumbersFailed.name(), port, detail = %error, "the numbers are not served on their port");
                }
            }
        }
    }

    fn stop(&mut self) {
        if let Some((_, server)) = self.served.take() {
            server.abort();
        }
    }
}

impl Drop for Numbers {
    fn drop(&mut self) {
        self.stop();
    }
}
