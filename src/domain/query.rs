use thiserror::Error;

/// What the user asked, in words: UTF-8, trimmed, not empty, at most [`Query::MAX_BYTES`] bytes, without NUL.
///
/// A query that begins with a blank is private, as a line is that shall not go into a shell's history: it never leaves
/// the machine and is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    text: String,
    private: bool,
}

/// Why bytes are not a query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// Nothing but blanks.
    #[error("the query is empty")]
    Empty,
    /// More than [`Query::MAX_BYTES`] bytes.
    #[error("the query has more than {} bytes", Query::MAX_BYTES)]
    TooLong,
    /// Invalid UTF-8 or a NUL byte.
    #[error("the query is not UTF-8 text")]
    NotText,
}

impl Query {
    /// Longest accepted query in bytes: a sentence with a few paths, far below any provider's limit.
    pub const MAX_BYTES: usize = 4096;

    /// Reads a query from untrusted bytes.
    ///
    /// # Errors
    /// [`QueryError`] names what is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, QueryError> {
        if bytes.len() > Self::MAX_BYTES && bytes.trim_ascii().len() > Self::MAX_BYTES {
            return Err(QueryError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| QueryError::NotText)?.trim();
        match text {
            "" => Err(QueryError::Empty),
            text if text.contains('\0') => Err(QueryError::NotText),
            text => Ok(Self { text: text.to_owned(), private: bytes.starts_with(b" ") || bytes.starts_with(b"\t") }),
        }
    }

    /// The words, trimmed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the words are for this machine alone.
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// The words in the form that [`Query::from_bytes`] reads back as the same query.
    pub fn to_wire(&self) -> String {
        if self.private { format!(" {}", self.text) } else { self.text.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_in_front_makes_words_private_on_both_sides_of_the_wire() {
        for (bytes, private) in [("list", false), (" list", true), ("\tlist  ", true), ("list ", false), ("\n list", false)] {
            let query = Query::from_bytes(bytes.as_bytes()).unwrap();
            assert_eq!((query.as_str(), query.is_private()), ("list", private), "{bytes:?}");
            assert_eq!(Query::from_bytes(query.to_wire().as_bytes()), Ok(query));
        }
    }
}
