//! The body of a success, as far as it comes within its limits.

use std::time::Duration;

use tokio::time::Instant;

use super::answer::{Assembly, Progress};
use super::exchange::{Bound, Reply, web_page};
use super::splitter::Splitter;
use super::sse::SseError;
use super::told::Told;
use super::wire::{Framing, Wire};
use crate::domain::{AttemptError, FailureClass, Secret, Stage};
use crate::suggest::ports::{Call, Heard, RawAnswer};

/// The limits of one exchange, counted from its start.
#[derive(Clone, Copy)]
pub(super) struct Times<'a> {
    begun: Instant,
    pub(super) first: Bound,
    total: Bound,
    gap: Duration,
    heard: &'a Heard,
}

impl<'a> Times<'a> {
    pub(super) fn new(call: &Call<'a>, total: Bound) -> Self {
        let first = Bound::new(Stage::FirstChunk, call.limits.first_chunk).and(total);
        Self { begun: Instant::now(), first, total, gap: call.limits.gap, heard: call.heard }
    }

    /// The limit of a pause that begins now.
    pub(super) fn next_gap(self) -> Bound {
        Bound::new(Stage::Gap, self.gap).and(self.total)
    }

    /// The first piece of the model's text is here.
    fn first_chunk(self) -> Duration {
        self.heard.tell();
        self.begun.elapsed()
    }
}

/// Reads the body of a success, streamed or not; which of them it is, its first byte tells more reliably than its
/// declared type.
pub(super) async fn read(
    wire: &dyn Wire,
    mut reply: Reply,
    key: Option<&Secret>,
    times: Times<'_>,
    told: &mut Told,
) -> Result<RawAnswer, AttemptError> {
    let mut assembly = Assembly::default();
    let mut splitter = Splitter::new(wire.framing());
    let mut whole = Vec::new();
    let mut kind = None;
    let mut bound = times.first;
    let mut began: Option<Duration> = None;
    let whole_answer = |assembly: Assembly, clean_end, began: Option<Duration>| {
        let first_chunk = Some(began.unwrap_or_else(|| times.first_chunk()));
        assembly.finish(clean_end).map(|answer| RawAnswer { first_chunk, ..answer })
    };
    while let Some(chunk) = reply.next(bound).await? {
        let chunk = chunk.as_ref();
        let first_byte = || chunk.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        kind = kind.or_else(|| first_byte().map(|byte| Kind::from_first_byte(byte, wire.framing())));
        match kind {
            None => {}
            Some(Kind::Page) => return Err(web_page()),
            Some(Kind::Whole) => {
                began.get_or_insert_with(|| times.first_chunk());
                whole.extend_from_slice(chunk);
                bound = times.next_gap();
            }
            Some(Kind::Stream) => {
                for event in splitter.feed(chunk).map_err(damaged)? {
                    told.read(event.as_bytes(), key);
                    match wire.event(&event, &mut assembly, key)? {
                        Progress::Done => {
                            let answer = whole_answer(assembly, false, began);
                            reply.drain().await;
                            return answer;
                        }
                        Progress::Text => {
                            began.get_or_insert_with(|| times.first_chunk());
                        }
                        Progress::Idle => {}
                    }
                }
                // Comments and roles are signs of life, but of the gateway and not of the model.
                if began.is_some() {
                    bound = times.next_gap();
                }
            }
        }
    }
    match kind {
        Some(Kind::Whole) => {
            told.read(&whole, key);
            wire.whole(&whole, &mut assembly, key)?;
        }
        _ => {
            if let Some(event) = splitter.finish().map_err(damaged)? {
                told.read(event.as_bytes(), key);
                wire.event(&event, &mut assembly, key)?;
            }
        }
    }
    whole_answer(assembly, true, began)
}

fn damaged(error: SseError) -> AttemptError {
    AttemptError::new(FailureClass::Malformed, error.to_string())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Stream,
    Page,
}

impl Kind {
    fn from_first_byte(byte: u8, framing: Framing) -> Self {
        match (byte, framing) {
            (b'<', _) => Kind::Page,
            (b'{' | b'[', Framing::Events) => Kind::Whole,
            _ => Kind::Stream,
        }
    }
}
