//! Streams of one JSON object a line, and the choice between them and server-sent events.

use super::sse::{self, SseError};
use super::wire::Framing;

/// Bytes of one line, beyond which the stream is not an answer.
const LINE_LIMIT: usize = 256 * 1024;

/// Cuts a stream into the data of its events, whatever the borders of its chunks are.
pub(super) enum Splitter {
    Events(sse::Parser),
    Lines(Vec<u8>),
}

impl Splitter {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::Events => Splitter::Events(sse::Parser::default()),
            Framing::Lines => Splitter::Lines(Vec::new()),
        }
    }

    /// Takes the next chunk and returns the data of the events that it completes.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<Vec<String>, SseError> {
        let open = match self {
            Splitter::Events(parser) => return parser.feed(chunk),
            Splitter::Lines(open) => open,
        };
        let mut lines = Vec::new();
        for &byte in chunk {
            match byte {
                b'\n' => lines.extend(line(std::mem::take(open))?),
                _ => open.push(byte),
            }
            if open.len() > LINE_LIMIT {
                return Err(SseError::TooLarge);
            }
        }
        Ok(lines)
    }

    /// The body ended: what lacks only its end counts.
    pub(super) fn finish(self) -> Result<Option<String>, SseError> {
        match self {
            Splitter::Events(parser) => parser.finish(),
            Splitter::Lines(open) => line(open),
        }
    }
}

/// A line is decoded as a whole, so a character may be cut by a chunk border. An empty one says nothing.
fn line(bytes: Vec<u8>) -> Result<Option<String>, SseError> {
    let text = String::from_utf8(bytes).map_err(|_| SseError::NotText)?;
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(chunks: &[&[u8]]) -> Result<Vec<String>, SseError> {
        let mut splitter = Splitter::new(Framing::Lines);
        let mut lines = Vec::new();
        for chunk in chunks {
            lines.extend(splitter.feed(chunk)?);
        }
        lines.extend(splitter.finish()?);
        Ok(lines)
    }

    #[test]
    fn lines_are_the_same_for_every_border_of_chunks() {
        let text = "{\"a\":\"größe\"}\r\n\n{\"b\":2}\n{\"c\"".as_bytes();
        let whole = split(&[text]).expect("is text");
        assert_eq!(whole, ["{\"a\":\"größe\"}\r", "{\"b\":2}", "{\"c\""]);
        for cut in 0..=text.len() {
            assert_eq!(split(&[&text[..cut], &text[cut..]]), Ok(whole.clone()), "{cut}");
        }
    }

    #[test]
    fn endless_lines_and_other_bytes_are_refused() {
        assert_eq!(split(&[b"\xff\n"]), Err(SseError::NotText));
        assert_eq!(split(&[&vec![b'x'; LINE_LIMIT + 1]]), Err(SseError::TooLarge));
        assert_eq!(split(&[b"\n \n"]), Ok(Vec::new()));
    }
}
