//! A line that is typed and not shown.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

use super::output::Output;

/// More than any key; what is longer is not typed by anybody.
const LIMIT: usize = 20 * 1024;

/// What a shell gives as the status of a program that a signal ended.
const BY_SIGNAL: i32 = 128;

/// What came of asking.
pub(super) enum Typed {
    /// This line.
    Line(Zeroizing<Vec<u8>>),
    /// Ctrl-C, or the end of what is typed.
    Cancelled,
}

/// Whether somebody could be asked.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a line on the terminal.
///
/// # Errors
/// When the terminal cannot be read.
pub(super) fn ask(question: &str, output: &mut Output<'_>) -> io::Result<Typed> {
    let quiet = Quiet::begin()?;
    output.prompt(question);
    let typed = line(io::stdin().as_fd());
    let is_more = !matches!(typed, Ok(Typed::Cancelled)) && quiet.swallow()?;
    drop(quiet);
    output.prompt("\n");
    match typed {
        Ok(Typed::Line(_)) if is_more => Err(io::Error::other("more than one line was typed or pasted")),
        typed => typed,
    }
}

/// Reads standard input to its end, past the buffer that would keep a copy.
///
/// # Errors
/// When it cannot be read, or does not end.
pub(super) fn all_input() -> io::Result<Zeroizing<Vec<u8>>> {
    let mut all = Zeroizing::new(Vec::with_capacity(LIMIT + 512));
    let mut some = Zeroizing::new([0; 512]);
    loop {
        match read(io::stdin().as_fd(), &mut some[..])? {
            0 => return Ok(all),
            count if all.len() + count > LIMIT => return Err(io::Error::other("too much for a key")),
            count => all.extend_from_slice(&some[..count]),
        }
    }
}

fn read(from: impl AsFd, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match rustix::io::read(&from, &mut *into) {
            Err(rustix::io::Errno::INTR) => {}
            result => return Ok(result?),
        }
    }
}

/// The terminal hands over each byte, shows none, and sends no signals: the program ends by itself, so that the terminal
/// is never left like this. Signals of others put it back as well before they end the program.
struct Quiet(Arc<Mutex<Option<Termios>>>);

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        quiet.input_modes.remove(InputModes::IXON);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        let begun = Self(Arc::new(Mutex::new(Some(before))));
        begun.put_back_at_signals()?;
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet)?;
        Ok(begun)
    }

    fn put_back_at_signals(&self) -> io::Result<()> {
        let before = Arc::clone(&self.0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let (mut hangup, mut interrupt) = (signal(SignalKind::hangup())?, signal(SignalKind::interrupt())?);
        let (mut quit, mut terminate) = (signal(SignalKind::quit())?, signal(SignalKind::terminate())?);
        drop(entered);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let kind = runtime.block_on(async {
                tokio::select! {
                    _ = hangup.recv() => SignalKind::hangup(),
                    _ = interrupt.recv() => SignalKind::interrupt(),
                    _ = quit.recv() => SignalKind::quit(),
                    _ = terminate.recv() => SignalKind::terminate(),
                }
            });
            // Held to the end, so that nobody begins anew in between.
            let mut before = before.lock().unwrap_or_else(PoisonError::into_inner);
            put_back(&mut before);
            std::process::exit(BY_SIGNAL + kind.as_raw_value());
        })?;
        Ok(())
    }

    /// Takes what else was typed, until nothing has come for a tenth of a second, and says whether there was anything.
    fn swallow(&self) -> io::Result<bool> {
        let mut waits = tcgetattr(io::stdin())?;
        waits.special_codes[SpecialCodeIndex::VMIN] = 0;
        waits.special_codes[SpecialCodeIndex::VTIME] = 1;
        tcsetattr(io::stdin(), OptionalActions::Now, &waits)?;
        let mut some = Zeroizing::new([0; 512]);
        let mut is_any = false;
        while read(io::stdin().as_fd(), &mut some[..])? > 0 {
            is_any = true;
        }
        Ok(is_any)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        put_back(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// What was typed and not read is a part of a key, and nothing for the shell.
fn put_back(before: &mut Option<Termios>) {
    if let Some(before) = before.take() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &before);
    }
}

fn line(from: impl AsFd) -> io::Result<Typed> {
    let mut line = Zeroizing::new(Vec::with_capacity(LIMIT));
    let mut byte = Zeroizing::new([0]);
    loop {
        let is_end = read(&from, &mut byte[..])? == 0;
        match byte[0] {
            // Ctrl-C, and Ctrl-D or a closed terminal before anything was typed.
            3 if !is_end => return Ok(Typed::Cancelled),
            4 if line.is_empty() => return Ok(Typed::Cancelled),
            _ if is_end && line.is_empty() => return Ok(Typed::Cancelled),
            b'\r' | b'\n' | 4 => return Ok(Typed::Line(line)),
            _ if is_end => return Ok(Typed::Line(line)),
            8 | 127 => drop(line.pop()),
            // Ctrl-U.
            21 => line.clear(),
            _ if line.len() == LIMIT => return Err(io::Error::other("too much for a key")),
            other => line.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn typed(bytes: &[u8]) -> Option<String> {
        let (from, mut to) = io::pipe().unwrap();
        to.write_all(bytes).unwrap();
        drop(to);
        match line(from).unwrap() {
            Typed::Line(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
            Typed::Cancelled => None,
        }
    }

    #[test]
    fn a_line_is_edited_and_ended_as_on_a_terminal() {
        for (bytes, expected) in [
            (&b"sk-1\n"[..], Some("sk-1")),
            (b"sk-1\rmore", Some("sk-1")),
            (b"sk-x\x7f1\n", Some("sk-1")),
            (b"wrong\x15sk-1\n", Some("sk-1")),
            (b"sk-1\x04", Some("sk-1")),
            (b"sk-1", Some("sk-1")),
            (b"\n", Some("")),
            (b"sk\x03-1\n", None),
            (b"\x04", None),
            (b"", None),
        ] {
            assert_eq!(typed(bytes).as_deref(), expected, "{bytes:?}");
        }
    }
}
