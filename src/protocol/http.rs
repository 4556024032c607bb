//! The little HTTP/1.1 a blocking client needs for one request on a fresh connection: a fixed head out, a head and a
//! chunked or measured body back.

use std::io::{self, BufRead};

use thiserror::Error;

/// Longest accepted response head in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Longest accepted chunk in bytes; the resident's answers are far smaller.
const MAX_CHUNK: usize = 4 * 1024 * 1024;

/// Why a response could not be read.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The connection failed, timed out or ended early.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The bytes are not the HTTP we speak.
    #[error("unexpected reply: {0}")]
    Malformed(&'static str),
}

/// Status and headers of a response; header names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// HTTP status.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl ResponseHead {
    /// Value of a header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A whole request on a connection of its own.
pub fn request_bytes(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: gptos\r\nconnection: close\r\ncontent-type: application/json\r\n");
    for (name, value) in headers {
        bytes.push_str(name);
        bytes.push_str(": ");
        bytes.push_str(value);
        bytes.push_str("\r\n");
    }
    bytes.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Reads the head of a response.
///
/// # Errors
/// [`HttpError`] when the connection fails or the bytes are not an HTTP/1 head.
pub fn read_head(reader: &mut impl BufRead) -> Result<ResponseHead, HttpError> {
    let mut budget = MAX_HEAD;
    let first = head_line(reader, &mut budget)?;
    let status = first
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split(' ').nth(1))
        .and_then(|code| code.parse().ok())
        .ok_or(HttpError::Malformed("no status line"))?;
    let mut headers = Vec::new();
    loop {
        let line = head_line(reader, &mut budget)?;
        if line.is_empty() {
            return Ok(ResponseHead { status, headers });
        }
        let (name, value) = line.split_once(':').ok_or(HttpError::Malformed("a header without a colon"))?;
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn head_line(reader: &mut impl BufRead, budget: &mut usize) -> Result<String, HttpError> {
    let mut line = Vec::new();
    loop {
        let available = match reader.fill_buf() {
            Ok([]) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let end = available.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(available.len(), |end| end + 1);
        line.extend_from_slice(&available[..taken]);
        reader.consume(taken);
        *budget = budget.checked_sub(taken).ok_or(HttpError::Malformed("a head without end"))?;
        if end.is_some() {
            while matches!(line.last(), Some(b'\n' | b'\r')) {
                line.pop();
            }
            return String::from_utf8(line).map_err(|_| HttpError::Malformed("a head that is not text"));
        }
    }
}

/// Reads a body piece by piece.
#[derive(Debug)]
pub enum BodyReader {
    /// `transfer-encoding: chunked`.
    Chunked,
    /// `content-length`, with what is left of it.
    Measured(usize),
}

impl BodyReader {
    /// Chooses the framing from the head.
    ///
    /// # Errors
    /// When the head names no framing: a body that ends with its connection cannot be told from a cut one.
    pub fn new(head: &ResponseHead) -> Result<Self, HttpError> {
        if head.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return Ok(BodyReader::Chunked);
        }
        match head.header("content-length").and_then(|value| value.parse().ok()) {
            Some(length) if length <= MAX_CHUNK => Ok(BodyReader::Measured(length)),
            _ => Err(HttpError::Malformed("a body without a length")),
        }
    }

    /// The next piece; `None` at the proper end.
    ///
    /// # Errors
    /// A read time-out surfaces as [`HttpError::Io`] with nothing consumed of the next piece, so that the caller may
    /// show progress and call again; only a piece that stops in its middle cannot be resumed and is an error for good.
    pub fn next(&mut self, reader: &mut impl BufRead) -> Result<Option<Vec<u8>>, HttpError> {
        match self {
            BodyReader::Measured(0) => Ok(None),
            BodyReader::Measured(left) => {
                let mut piece = vec![0; *left];
                wait_readable(reader)?;
                reader.read_exact(&mut piece)?;
                *left = 0;
                Ok(Some(piece))
            }
            BodyReader::Chunked => {
                wait_readable(reader)?;
                let mut budget = 64;
                let size = head_line(reader, &mut budget)?;
                let size = size.split(';').next().unwrap_or_default().trim();
                let size = usize::from_str_radix(size, 16).map_err(|_| HttpError::Malformed("a chunk without a size"))?;
                if size > MAX_CHUNK {
                    return Err(HttpError::Malformed("a chunk too large"));
                }
                let mut piece = vec![0; size];
                reader.read_exact(&mut piece)?;
                let mut line_end = [0; 2];
                reader.read_exact(&mut line_end)?;
                if &line_end != b"\r\n" {
                    return Err(HttpError::Malformed("a chunk without end"));
                }
                Ok((size > 0).then_some(piece))
            }
        }
    }
}

/// Blocks until a byte can be read, so that a time-out strikes between pieces and not inside one.
fn wait_readable(reader: &mut impl BufRead) -> Result<(), HttpError> {
    loop {
        match reader.fill_buf() {
            Ok([]) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(bytes: &[u8]) -> Result<Vec<u8>, HttpError> {
        let mut reader = bytes;
        let head = read_head(&mut reader)?;
        let mut framing = BodyReader::new(&head)?;
        let mut whole = Vec::new();
        while let Some(piece) = framing.next(&mut reader)? {
            whole.extend(piece);
        }
        Ok(whole)
    }

    #[test]
    fn reads_chunked_and_measured_bodies() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(body(chunked).unwrap(), b"abcde");
        let measured = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd";
        assert_eq!(body(measured).unwrap(), b"abcd");
    }

    #[test]
    fn a_cut_body_is_an_error_not_an_answer() {
        assert!(body(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc").is_err());
        assert!(body(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n").is_err());
        assert!(body(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").is_err());
        assert!(body(b"HTTP/1.1 200 OK\r\n\r\nabc").is_err());
        assert!(body(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
    }

    #[test]
    fn an_endless_head_is_refused() {
        let mut bytes = b"HTTP/1.1 200 OK\r\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'a', MAX_HEAD + 1));
        assert!(matches!(read_head(&mut bytes.as_slice()), Err(HttpError::Malformed(_))));
    }
}
