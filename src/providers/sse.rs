//! Server-sent events, as far as answers need them: only the data of each event.

use thiserror::Error;

/// Bytes of one event, beyond which the stream is not an answer.
const EVENT_LIMIT: usize = 256 * 1024;

/// Why bytes are not an event stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum SseError {
    #[error("an event is larger than 256 KiB")]
    TooLarge,
    #[error("the stream is not UTF-8 text")]
    NotText,
}

/// Splits a stream into events, whatever the borders of its chunks are. Text is decoded by whole lines, so a character
/// may be cut by a chunk border.
#[derive(Debug, Default)]
pub(super) struct Parser {
    line: Vec<u8>,
    data: Option<String>,
    after_cr: bool,
    started: bool,
}

impl Parser {
    /// Takes the next chunk and returns the data of the events that it completes.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Result<Vec<String>, SseError> {
        let mut events = Vec::new();
        for &byte in chunk {
            let second_half_of_crlf = self.after_cr && byte == b'\n';
            self.after_cr = byte == b'\r';
            match byte {
                _ if second_half_of_crlf => {}
                b'\r' | b'\n' => events.extend(self.end_line()?),
                _ => self.line.push(byte),
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > EVENT_LIMIT {
                return Err(SseError::TooLarge);
            }
        }
        Ok(events)
    }

    /// The body ended: an event that lacks only its blank line counts, since some servers leave it out.
    pub(super) fn finish(mut self) -> Result<Option<String>, SseError> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        Ok(self.data)
    }

    fn end_line(&mut self) -> Result<Option<String>, SseError> {
        let bytes = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&bytes).map_err(|_| SseError::NotText)?;
        let line = if self.started { line } else { line.strip_prefix('\u{feff}').unwrap_or(line) };
        self.started = true;
        if line.is_empty() {
            return Ok(self.data.take());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "data" {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(chunks: &[&[u8]]) -> Result<Vec<String>, SseError> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for chunk in chunks {
            events.extend(parser.feed(chunk)?);
        }
        events.extend(parser.finish()?);
        Ok(events)
    }

    #[test]
    fn reads_every_form_of_event() {
        for (input, expected) in [
            ("data: a\n\ndata: b\n\n", vec!["a", "b"]),
            ("data: a\r\n\r\ndata: b\r\n\r\n", vec!["a", "b"]),
            ("data: a\r\rdata: b\r\r", vec!["a", "b"]),
            ("data:a\n\n", vec!["a"]),
            ("data:  a\n\n", vec![" a"]),
            (": a comment\n\ndata: a\n\n", vec!["a"]),
            (": PROCESSING\n: PROCESSING\n\n", vec![]),
            ("event: message\nid: 7\ndata: a\nretry: 10\n\n", vec!["a"]),
            ("data: a\ndata: b\n\n", vec!["a\nb"]),
            ("data\n\n", vec![""]),
            ("data: [DONE]", vec!["[DONE]"]),
            ("data: a\n\ndata: [DONE]\n", vec!["a", "[DONE]"]),
            ("\u{feff}data: a\n\n", vec!["a"]),
            ("\n\n\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(parse(&[input.as_bytes()]), Ok(expected.iter().map(|s| (*s).to_owned()).collect()), "{input:?}");
        }
    }

    #[test]
    fn joins_characters_and_line_ends_cut_by_a_chunk_border() {
        assert_eq!(parse(&[b"data: \xe2\x82", b"\xac\r", b"\n\r", b"\ndata: b\r\n\r\n"]), Ok(vec!["\u{20ac}".into(), "b".into()]));
    }

    #[test]
    fn refuses_bytes_that_are_not_text_and_endless_events() {
        assert_eq!(parse(&[b"data: \xff\n\n"]), Err(SseError::NotText));
        let mut parser = Parser::default();
        let flood = vec![b'x'; EVENT_LIMIT + 1];
        assert_eq!(parser.feed(&flood), Err(SseError::TooLarge));
        let lines = b"data: 0123456789\n".repeat(EVENT_LIMIT / 10);
        assert_eq!(Parser::default().feed(&lines), Err(SseError::TooLarge));
    }

    proptest! {
        #[test]
        fn chunk_borders_never_matter(text in "(data: [a-zé€]{0,4}|: c|event: x)?(\n|\r|\r\n){0,3}(data: [a-z]{0,4}(\n|\r\n)){0,3}\n", cut in 0usize..64) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            prop_assert_eq!(parse(&[&bytes[..cut], &bytes[cut..]]), parse(&[bytes]));
        }
    }
}
