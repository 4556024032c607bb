//! A line that is typed and not shown.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::output::Output;

/// More than any key; what is longer is not typed by anybody.
const LIMIT: usize = 20 * 1024;

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
    drop(quiet);
    output.prompt("\n");
    typed
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
/// is never left like this.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN);
        quiet.input_modes.remove(InputModes::IXON);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(io::stdin(), OptionalActions::Now, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
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
