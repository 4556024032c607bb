//! Starts the user's editor and waits for it.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use super::ExitStatus;

/// What is started where the user named nothing.
const USUAL: &str = "vi";

/// Ctrl-C and Ctrl-\\ reach this program as well as the editor, and are the editor's: they end this program only while it asks
/// something itself. What else ends a program ends it at any time.
pub(super) struct Signals {
    asks: Arc<AtomicBool>,
}

impl Signals {
    /// Takes them from now on, and does `leave` before they end the program. An editor starts with the usual answer to them, which it
    /// would not if they were ignored here.
    pub(super) fn take(leave: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let (mut interrupt, mut quit) = (signal(SignalKind::interrupt())?, signal(SignalKind::quit())?);
        let (mut hangup, mut terminate) = (signal(SignalKind::hangup())?, signal(SignalKind::terminate())?);
        drop(entered);
        let asks = Arc::new(AtomicBool::new(false));
        let is_asking = Arc::clone(&asks);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                loop {
                    let is_for_all = tokio::select! {
                        _ = interrupt.recv() => false,
                        _ = quit.recv() => false,
                        _ = hangup.recv() => true,
                        _ = terminate.recv() => true,
                    };
                    if is_for_all || is_asking.load(Ordering::Acquire) {
                        leave();
                        std::process::exit(i32::from(ExitStatus::Cancelled.code()));
                    }
                }
            });
        })?;
        Ok(Self { asks })
    }

    /// Lets them end the program while `ask` waits for the user.
    pub(super) fn let_through<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.asks.store(true, Ordering::Release);
        let answer = ask();
        self.asks.store(false, Ordering::Release);
        answer
    }
}

/// Opens `file` in `$VISUAL`, `$EDITOR` or vi.
///
/// # Errors
/// Why it was not edited, in one line.
pub(super) fn open(file: &Path, lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<(), String> {
    let named = ["VISUAL", "EDITOR"].iter().find_map(|name| lookup(name)?.into_string().ok().filter(|line| !line.trim().is_empty()));
    let line = named.unwrap_or_else(|| USUAL.to_owned());
    // Both variables hold words, as in `code --wait`.
    let words = shell_words::split(&line).ok().filter(|words| !words.is_empty()).ok_or(format!("`{line}`: quotes without an end"))?;
    let status = Command::new(&words[0]).args(&words[1..]).arg(file).status().map_err(|error| format!("{}: {error}", words[0]))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", words[0])) }
}
