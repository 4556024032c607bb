//! Where provider keys come from: what was handed over with `gptos auth login`, a private file, a program that prints
//! them, or a variable of the asking shell.

mod command;
mod env;
mod file;
pub mod keyring;
mod login;
pub mod program;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

pub use crate::domain::KeySettings;
use crate::domain::{AttemptError, FailureClass, Secret, ShellFacts};
use crate::suggest::ports::KeySource;
pub use login::{LoginError, Logins};

/// Longest accepted key; the longest in use are signed tokens of some 2 KiB.
const KEY_LIMIT: usize = 16 * 1024;

/// The source that the configuration names. `folder` is where the files of `gptos auth login` are.
pub fn source(settings: &KeySettings, folder: Option<PathBuf>) -> Arc<dyn KeySource> {
    match settings {
        KeySettings::File(path) => Arc::new(file::KeyFile::new(path.clone())),
        KeySettings::Command(argv) => Arc::new(command::KeyCommand::new(argv.clone())),
        KeySettings::Env(name) => Arc::new(env::KeyVariable::new(name.clone())),
        KeySettings::Login(login) => Arc::new(login::KeyLogin::new(login.clone(), folder)),
    }
}

/// The source for a server that wants no key.
pub fn none() -> Arc<dyn KeySource> {
    Arc::new(NoKey)
}

/// The source of a key that was just handed over and is not kept yet.
pub fn given(key: Secret) -> Arc<dyn KeySource> {
    Arc::new(GivenKey(key))
}

/// The key in what a person or a script hands over: its only line.
///
/// # Errors
/// What is wrong with it.
pub fn from_line(bytes: &[u8]) -> Result<Secret, &'static str> {
    if bytes.len() > KEY_LIMIT {
        return Err("is too large for a key");
    }
    let key = only_line(bytes)?;
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    match key.expose() {
        text if text.split_once('=').is_some_and(|(name, value)| is_name(name) && value.starts_with(|c: char| c != '=')) => {
            Err("sets a variable; the key is what stands behind the `=`")
        }
        _ => Ok(key),
    }
}

struct GivenKey(Secret);

impl KeySource for GivenKey {
    fn key<'a>(&'a self, _: &'a ShellFacts) -> BoxFuture<'a, Result<Option<Secret>, AttemptError>> {
        ready(Ok(Some(self.0.clone()))).boxed()
    }

    fn variables(&self) -> Vec<&str> {
        Vec::new()
    }
}

struct NoKey;

impl KeySource for NoKey {
    fn key<'a>(&'a self, _: &'a ShellFacts) -> BoxFuture<'a, Result<Option<Secret>, AttemptError>> {
        ready(Ok(None)).boxed()
    }

    fn variables(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// The key in what a file or a program gave: its only line.
fn only_line(bytes: &[u8]) -> Result<Secret, &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not text")?.trim();
    match text {
        "" => Err("is empty"),
        text if text.contains(['\n', '\r']) => Err("has more than one line"),
        text if text.contains([' ', '\t']) => Err("holds blanks, as no key does"),
        text if text.contains(|c: char| c.is_control() || !c.is_ascii()) => Err("holds characters that no key can have"),
        text => Ok(Secret::new(text.to_owned())),
    }
}

fn refuse(detail: String) -> AttemptError {
    AttemptError::new(FailureClass::Auth, detail).not_made()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_script_is_no_key() {
        for (line, expected) in [
            ("sk-1\n", None),
            ("QUJD=", None),
            ("QUJDRA==\n", None),
            ("export OPENAI_API_KEY=sk-1\n", Some("holds blanks, as no key does")),
            ("Bearer sk-1", Some("holds blanks, as no key does")),
            ("OPENAI_API_KEY=sk-1", Some("sets a variable; the key is what stands behind the `=`")),
        ] {
            assert_eq!(from_line(line.as_bytes()).err(), expected, "{line:?}");
        }
    }

    #[test]
    fn a_key_is_one_line() {
        for (bytes, expected) in [
            (&b"sk-1"[..], Ok("sk-1")),
            (b" sk-1\r\n\n", Ok("sk-1")),
            (b"", Err("is empty")),
            (b" \n", Err("is empty")),
            (b"a\nb", Err("has more than one line")),
            (b"a\rb", Err("has more than one line")),
            (b"the key: sk-1", Err("holds blanks, as no key does")),
            (b"a\x1bb", Err("holds characters that no key can have")),
            ("schlüssel".as_bytes(), Err("holds characters that no key can have")),
            (b"\xff", Err("is not text")),
        ] {
            assert_eq!(only_line(bytes), expected.map(|key| Secret::new(key.into())), "{bytes:?}");
        }
    }
}
