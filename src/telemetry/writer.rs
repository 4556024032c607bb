//! The thread that writes lines.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use super::Dropped;
use super::file::LogFile;
use super::limit::Limiter;
use super::line::Line;

/// Lines that may wait; some hundred kilobytes.
const CAPACITY: usize = 1024;
/// Lines that are written at once.
const BATCH: usize = 256;
/// How soon it is told that lines were left out.
const OWING: Duration = Duration::from_millis(250);

/// What the thread is told.
pub(super) enum Message {
    Line(Box<Line>),
    /// Everything before it is written when it is answered.
    Flush(SyncSender<()>),
}

/// The way to the thread.
pub(super) struct Writer(SyncSender<Message>);

impl Writer {
    /// Starts the thread. It ends with the process; without it, lines are dropped and counted.
    pub(super) fn start(path: PathBuf, dropped: Arc<Dropped>) -> Self {
        let (queue, lines) = sync_channel(CAPACITY);
        let thread = Thread { file: LogFile::new(path), limiter: Limiter::default(), dropped };
        let _ = std::thread::Builder::new().name("log".to_owned()).spawn(move || thread.run(&lines));
        Self(queue)
    }

    pub(super) fn queue(&self) -> SyncSender<Message> {
        self.0.clone()
    }

    /// Waits until what was told is written, for so long at most.
    pub(super) fn flush(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let (written, done) = sync_channel(1);
        let mut message = Message::Flush(written);
        // A full queue is being emptied.
        while let Err(error) = self.0.try_send(message) {
            match error {
                std::sync::mpsc::TrySendError::Full(back) if Instant::now() < deadline => message = back,
                _ => return,
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = done.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

struct Thread {
    file: LogFile,
    limiter: Limiter,
    dropped: Arc<Dropped>,
}

impl Thread {
    fn run(mut self, lines: &Receiver<Message>) {
        loop {
            let first = match self.limiter.is_owing() {
                true => lines.recv_timeout(OWING),
                false => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let mut batch = Vec::new();
            match first {
                Ok(message) => batch.push(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            batch.extend(lines.try_iter().take(BATCH));
            self.write(batch);
        }
    }

    fn write(&mut self, batch: Vec<Message>) {
        let (mut text, mut count, mut flushed) = (String::new(), 0, Vec::new());
        for (event, left_out) in self.limiter.over(Instant::now()) {
            Line::suppressed(SystemTime::now(), event, left_out).write(&mut text);
            count += 1;
        }
        for message in batch {
            match message {
                Message::Line(line) if self.limiter.admits(line.event, Instant::now()) => {
                    line.write(&mut text);
                    count += 1;
                }
                Message::Line(_) => Dropped::add(&self.dropped.suppressed, 1),
                Message::Flush(waiting) => flushed.push(waiting),
            }
        }
        if !text.is_empty() {
            let fails = self.file.append(text.as_bytes()).is_err();
            self.dropped.fails.store(fails, Ordering::Relaxed);
            if fails {
                Dropped::add(&self.dropped.write, count);
            }
        }
        for waiting in flushed {
            // Who does not wait any more is not told.
            let _ = waiting.try_send(());
        }
    }
}
