//! The thread that writes lines.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use super::Dropped;
use super::file::LogFile;
use super::limit::Limiter;
use super::line::Line;
use crate::backlog::{Manner, Nothing, Receiver, Sender, backlog};
use crate::domain::LogLevel;

/// Some hundred kilobytes of lines may wait. They wait until whoever asked has his answer and has shown it.
const MANNER: Manner = Manner { capacity: 1024, enough: 256, lull: Duration::from_millis(20) };
/// How soon it is told that lines were left out.
const OWING: Duration = Duration::from_millis(250);
/// Otherwise nothing is to be done without lines.
const LONG: Duration = Duration::from_secs(3600);

/// What the thread is told.
enum Message {
    Line(Box<Line>),
    /// Everything before it is written when it is answered.
    Flush(SyncSender<()>),
}

/// The way to the thread.
pub(super) struct Writer(Queue);

/// Where lines are told.
#[derive(Clone)]
pub(super) struct Queue(Sender<Message>);

impl Queue {
    /// Hands a line over; says whether there was a place for it. One about trouble is written at once: it may be the last one.
    pub(super) fn tell(&self, line: Line) -> bool {
        let is_trouble = line.level <= LogLevel::Warn;
        let message = Message::Line(Box::new(line));
        if is_trouble { self.0.put_urgently(message) } else { self.0.put(message) }.is_ok()
    }
}

impl Writer {
    /// Starts the thread. It ends with the process; without it, lines are dropped and counted.
    pub(super) fn start(path: PathBuf, dropped: Arc<Dropped>) -> Self {
        let (queue, lines) = backlog(MANNER);
        let thread = Thread { file: LogFile::new(path), limiter: Limiter::default(), dropped };
        let _ = std::thread::Builder::new().name("log".to_owned()).spawn(move || thread.run(&lines));
        Self(Queue(queue))
    }

    pub(super) fn queue(&self) -> Queue {
        self.0.clone()
    }

    /// Waits until what was told is written, for so long at most.
    pub(super) fn flush(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let (written, done) = sync_channel(1);
        let mut message = Message::Flush(written);
        // A full queue is being emptied.
        while let Err(back) = self.0.0.put_urgently(message) {
            if Instant::now() >= deadline {
                return;
            }
            message = back;
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
            let patience = if self.limiter.is_owing() { OWING } else { LONG };
            match lines.take(patience, None) {
                Ok(taken) => self.write(taken.items),
                Err(Nothing::Yet) => self.write(Vec::new()),
                Err(Nothing::Ever) => return,
            }
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
