//! Accepts connections of this user only.

use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};

use crate::platform;

/// Pause after a failed accept. Out of descriptors, the accept fails at once and for ever; the loop must not spin.
const PAUSE: Duration = Duration::from_millis(50);

/// A listener that drops every connection whose other end is another user.
pub(super) struct OwnPeers(pub(super) UnixListener);

impl axum::serve::Listener for OwnPeers {
    type Io = UnixStream;
    type Addr = ();

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) if platform::peer_uid(&stream).is_ok_and(|uid| uid == platform::own_uid()) => return (stream, ()),
                Ok(_) => {}
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(())
    }
}
