use std::fmt;
use std::path::PathBuf;

/// A credential. It has no `Display`, its `Debug` hides it, and only [`Secret::expose`] gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a credential.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The credential itself: for the header of a request to the origin it belongs to, nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Where the credential of a provider is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySettings {
    /// A file that only its owner can read, with the key as its only line.
    File(PathBuf),
    /// A program and its arguments; it prints the key.
    Command(Vec<String>),
    /// A variable of the shell that asks.
    Env(String),
}
