//! The one place that prints. Standard output carries data, standard error talks, the exit status decides.
//!
//! A reader that went away (`gptos config show | head -1`) is no error. A standard output that cannot take the data (a
//! full disk) is one, and [`Output::finish`] turns it into the exit status.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};

use super::ExitStatus;
pub use crate::domain::visible;

/// Columns of a terminal that does not tell its width.
const USUAL_WIDTH: usize = 80;

/// Standard output and standard error of one run.
pub struct Output<'a> {
    out: Box<dyn Write + 'a>,
    err: Box<dyn Write + 'a>,
    color: Color,
    out_color: Color,
    /// Columns of the terminal that standard output is.
    columns: Option<usize>,
    is_terminal: bool,
    failure: Option<io::Error>,
    /// Whether a line that redraws itself may be shown, and whether one stands on the screen now.
    live: bool,
    drawn: bool,
}

/// Whether messages are colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Bold and dim on a terminal that can.
    Always,
    /// Plain text.
    Never,
}

impl Output<'static> {
    /// The process's own streams. Color is used only on a terminal, and not against `NO_COLOR` or `TERM=dumb`.
    pub fn standard(lookup: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| lookup(name).is_some_and(|value| !value.is_empty());
        let capable = set("TERM") && lookup("TERM").is_none_or(|term| term != "dumb");
        let color = if io::stderr().is_terminal() && capable && !set("NO_COLOR") { Color::Always } else { Color::Never };
        let live = io::stderr().is_terminal() && capable;
        let out_color = if io::stdout().is_terminal() && capable && !set("NO_COLOR") { Color::Always } else { Color::Never };
        let size = io::stdout().is_terminal().then(|| rustix::termios::tcgetwinsize(io::stdout()).ok()).flatten();
        let columns = size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0);
        Self {
            live,
            out_color,
            columns,
            is_terminal: io::stdout().is_terminal(),
            ..Self::new(Box::new(BufWriter::new(io::stdout())), Box::new(io::stderr()), color)
        }
    }
}

impl<'a> Output<'a> {
    /// Other streams, for tests.
    pub fn new(out: Box<dyn Write + 'a>, err: Box<dyn Write + 'a>, color: Color) -> Self {
        Self { out, err, color, out_color: Color::Never, columns: None, is_terminal: false, failure: None, live: false, drawn: false }
    }

    /// Writes data to standard output, byte for byte.
    pub fn data(&mut self, text: &str) {
        if self.failure.is_none() {
            self.failure = self.out.write_all(text.as_bytes()).err();
        }
    }

    /// Writes one line for people to standard output; what a terminal would obey is shown instead.
    pub fn line(&mut self, text: &str) {
        let line = format!("{}\n", visible(text));
        self.data(&line);
    }

    /// The same line, in bold on a terminal that can.
    pub fn bold_line(&mut self, text: &str) {
        match self.out_color {
            Color::Always => self.data(&format!("\x1b[1m{}\x1b[0m\n", visible(text))),
            Color::Never => self.line(text),
        }
    }

    /// Columns of the terminal that standard output is; `None` when it is none.
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// How wide a table may be: as the terminal is, and as wide as it likes where it goes to a program or a file.
    pub fn width(&self) -> usize {
        self.columns.unwrap_or(if self.is_terminal { USUAL_WIDTH } else { usize::MAX })
    }

    /// Hands on what was written so far.
    pub fn flush(&mut self) {
        if self.failure.is_none() {
            self.failure = self.out.flush().err();
        }
    }

    /// Whether nobody takes the data any more, so that producing more is pointless.
    pub fn is_closed(&self) -> bool {
        self.failure.is_some()
    }

    /// Says what went wrong, and in a second line what to do about it.
    pub fn error(&mut self, what: &str, hint: Option<&str>) {
        self.talk("gptos:", what);
        if let Some(hint) = hint {
            self.talk("hint:", hint);
        }
    }

    /// Says something that is not an error.
    pub fn remark(&mut self, what: &str) {
        self.talk("gptos:", what);
    }

    /// Ends the run: hands on what was written and says so if it could not be.
    pub fn finish(mut self, status: ExitStatus) -> ExitStatus {
        self.flush();
        match self.failure.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.error(&format!("standard output: {error}"), None);
                ExitStatus::Internal
            }
            _ => status,
        }
    }

    /// Asks a question that is answered with yes or no, and takes everything but a yes for a no. Where nobody can answer,
    /// because the question or the answer would not pass a terminal, it is not asked.
    pub fn consents(&mut self, question: &str) -> bool {
        self.ask(&format!("{question} [y/N]")).is_some_and(|answer| is_yes(&answer))
    }

    /// Whether somebody can be asked.
    pub fn can_ask(&self) -> bool {
        self.live && io::stdin().is_terminal()
    }

    /// Asks for a line. `None` where nobody can answer, and at the end of the input.
    pub fn ask(&mut self, question: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        self.end_progress();
        self.flush();
        let mut answer = String::new();
        write!(self.err, "{} ", visible(question)).and_then(|()| self.err.flush()).ok()?;
        match io::stdin().read_line(&mut answer) {
            Ok(1..) => Some(answer.trim().to_owned()),
            Ok(0) | Err(_) => None,
        }
    }

    /// Shows a question behind which something is typed, on standard error.
    pub(super) fn prompt(&mut self, question: &str) {
        self.end_progress();
        self.flush();
        let shown = if question == "\n" { question.to_owned() } else { visible(question) };
        let _ = self.err.write_all(shown.as_bytes()).and_then(|()| self.err.flush());
    }

    /// Shows a sign of progress that the next output replaces; only on a terminal that can take it back.
    pub fn progress(&mut self, text: &str) {
        if self.live {
            self.drawn = true;
            let _ = write!(self.err, "\r\x1b[Kgptos: {}", visible(text));
        }
    }

    /// Takes the sign of progress back.
    pub fn end_progress(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(self.err, "\r\x1b[K");
        }
    }

    fn talk(&mut self, label: &str, text: &str) {
        self.end_progress();
        // What was printed before must also be seen before.
        self.flush();
        let text = visible(text);
        let line = match self.color {
            Color::Always => format!("\x1b[1m{label}\x1b[0m {text}\n"),
            Color::Never => format!("{label} {text}\n"),
        };
        // Nobody can be told that standard error is gone.
        let _ = self.err.write_all(line.as_bytes());
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// Standard output and standard error in memory.
    #[derive(Default, Clone)]
    pub(crate) struct Captured(Rc<RefCell<(Vec<u8>, Vec<u8>)>>);

    struct Stream(Captured, bool);

    impl Write for Stream {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut both = self.0.0.borrow_mut();
            if self.1 {
                both.1.extend_from_slice(bytes)
            } else {
                both.0.extend_from_slice(bytes)
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Captured {
        pub(crate) fn output(&self) -> Output<'static> {
            Output::new(Box::new(Stream(self.clone(), false)), Box::new(Stream(self.clone(), true)), Color::Never)
        }

        pub(crate) fn out(&self) -> String {
            String::from_utf8(self.0.borrow().0.clone()).unwrap()
        }

        pub(crate) fn err(&self) -> String {
            String::from_utf8(self.0.borrow().1.clone()).unwrap()
        }
    }

    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn data_and_talk_go_their_own_ways() {
        let captured = Captured::default();
        let mut output = captured.output();
        output.data("ls\n");
        output.line("a\x1b[31m\u{202e}b");
        output.error("config: broken", Some("mend it"));
        output.remark("written\nby a model");
        assert_eq!(output.finish(ExitStatus::NoAnswer), ExitStatus::NoAnswer);
        assert_eq!(captured.out(), "ls\na\\x1b[31m\\u{202e}b\n");
        assert_eq!(captured.err(), "gptos: config: broken\nhint: mend it\ngptos: written\\nby a model\n");
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is() {
        for (kind, status) in [(io::ErrorKind::BrokenPipe, ExitStatus::Success), (io::ErrorKind::StorageFull, ExitStatus::Internal)] {
            let captured = Captured::default();
            let mut output = Output::new(Box::new(Failing(kind)), Box::new(Stream(captured.clone(), true)), Color::Never);
            output.line("x");
            output.line("y");
            assert!(output.is_closed());
            assert_eq!(output.finish(ExitStatus::Success), status);
            assert_eq!(captured.err().is_empty(), kind == io::ErrorKind::BrokenPipe);
        }
    }

    #[test]
    fn only_a_yes_is_one_and_nobody_is_asked_where_nobody_can_answer() {
        for (answer, yes) in [("y\n", true), (" YES \n", true), ("\n", false), ("no\n", false), ("yesterday\n", false), ("", false)] {
            assert_eq!(is_yes(answer), yes, "{answer:?}");
        }
        let captured = Captured::default();
        assert!(!captured.output().consents("add it?"));
        assert_eq!(captured.err(), "");
    }

    #[test]
    fn a_lost_standard_error_is_survived() {
        let mut output = Output::new(Box::new(io::sink()), Box::new(Failing(io::ErrorKind::BrokenPipe)), Color::Always);
        output.error("x", Some("y"));
        assert_eq!(output.finish(ExitStatus::Usage), ExitStatus::Usage);
    }

    #[test]
    fn text_that_people_can_read_stays_as_it_is() {
        for text in ["find . -name '*.txt'", "größer als 100 MB → là", "日本語 😀"] {
            assert_eq!(visible(text), text);
        }
        for (text, shown) in [
            ("a\tb\r\n", "a\\tb\\r\\n"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\x7f\0", "\\x7f\\x00"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
