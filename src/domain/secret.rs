use std::fmt;
use std::path::PathBuf;

use zeroize::Zeroizing;

/// A credential. It has no `Display`, its `Debug` hides it, only [`Secret::expose`] gives it away, and its memory is
/// overwritten when it is no longer needed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a credential.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The credential itself: for the header of a request to the origin it belongs to, nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its last four characters, by which its owner knows it again; `None` for one so short that they would tell much of it.
    pub fn tail(&self) -> Option<&str> {
        self.0.len().checked_sub(4).filter(|start| *start >= 16).and_then(|start| self.0.get(start..))
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
    /// Where `gptos auth login` put it.
    Login(LoginKey),
}

/// A key that the user handed over once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginKey {
    /// The user's name for the provider.
    pub provider: String,
    /// The scheme, host and port that it may be sent to.
    pub origin: String,
    /// Where it is.
    pub store: LoginStore,
}

/// Where keys that were handed over are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginStore {
    /// The keyring of the desktop, or the keychain of macOS.
    Keyring,
    /// A file in the folder of state.
    File,
}

impl LoginStore {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_of_a_key_is_ever_shown() {
        assert_eq!(format!("{:?}", Secret::new("sk-1".to_owned())), "Secret(hidden)");
        assert_eq!(Secret::new("0123456789abcdefWXYZ".to_owned()).tail(), Some("WXYZ"));
        for short in ["", "abc", "0123456789abcdefXYZ", "0123456789abcdeöWXYZ"] {
            assert!(Secret::new(short.to_owned()).tail().is_none_or(|tail| tail.len() <= 4 && short.len() >= 20), "{short}");
        }
    }
}
