//! Secrets out of a text before it leaves the machine, and back into the command that comes in return.

mod blocks;
mod formats;
mod headers;
mod names;
mod options;
mod placeholder;
mod programs;
mod prose;
mod restore;
mod scan;
mod service_formats;
mod text;
mod tokens;
mod urls;
mod value;
mod words;

pub use text::{RedactedObject, RedactedText};

use std::borrow::Cow;

use thiserror::Error;

use crate::domain::{Secret, ShellKind};

/// A text without its secrets, and the secrets.
#[derive(Debug, Clone)]
pub struct Redacted {
    /// What may leave the machine: each secret is a plain word that nobody can guess.
    pub text: RedactedText,
    stable: RedactedText,
    beside: Vec<Beside>,
    hidden: Vec<Hidden>,
}

/// A text that belongs to another one, without its secrets.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// What may leave the machine.
    pub text: RedactedText,
    /// What is kept on it.
    pub stable: RedactedText,
}

/// One secret and the words that stand for it.
#[derive(Debug, Clone)]
struct Hidden {
    placeholder: String,
    stable: String,
    secret: Secret,
}

/// Why secrets cannot be put back into a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RedactError {
    /// A placeholder came back cut, in other capitals, or with something glued to it.
    #[error("it changed the word that stands for a secret")]
    Altered,
    /// There is no way to write the secret where the placeholder stands.
    #[error("a secret does not fit where its placeholder stands")]
    Unplaceable,
}

impl Redacted {
    /// The same text with words for the secrets that depend on nothing else: what is kept on this machine is found by it.
    pub fn stable(&self) -> &RedactedText {
        &self.stable
    }

    /// The texts that belong to it, in their order.
    pub fn beside(&self) -> &[Beside] {
        &self.beside
    }

    /// Puts the secrets back into a command that mentions their placeholders, quoted so that the shell reads the
    /// placeholder's word with the secret in its place and nothing more. Judge the result, not the text that came in.
    ///
    /// # Errors
    /// [`RedactError`]: the command is of no use then.
    pub fn restore(&self, command: &str, shell: ShellKind) -> Result<String, RedactError> {
        let away = self.hidden.iter().filter(|hidden| hidden.placeholder != text::MASK);
        let secrets: Vec<_> = away.map(|hidden| (hidden.placeholder.as_str(), &hidden.secret)).collect();
        placeholder::check_intact(command, secrets.iter().map(|(placeholder, _)| *placeholder))?;
        restore::restore(command, &secrets, shell)
    }

    /// Like [`Redacted::restore`] for a command that was kept.
    ///
    /// # Errors
    /// [`RedactError`]: the command is of no use then.
    pub fn restore_kept(&self, command: &RedactedText, shell: ShellKind) -> Result<String, RedactError> {
        let secrets: Vec<_> = self.hidden.iter().map(|hidden| (hidden.stable.as_str(), &hidden.secret)).collect();
        restore::restore(command.as_str(), &secrets, shell)
    }

    /// A command that came in return in the form in which it is kept. `None` when it may not be kept: it holds a secret
    /// of its own, or a word that would be taken for a placeholder when it is read again.
    pub fn keep(&self, command: &str) -> Option<RedactedText> {
        if command.contains(placeholder::STABLE_STEM) {
            return None;
        }
        let kept = self.hidden.iter().fold(command.to_owned(), |text, hidden| text.replace(&hidden.placeholder, &hidden.stable));
        RedactedText::if_clean(kept)
    }

    /// A text about the command, for the screen: the placeholders in it would mean nothing to the user.
    pub fn mask(&self, text: &str) -> String {
        self.hidden
            .iter()
            .fold(text.to_owned(), |text, hidden| text.replace(&hidden.placeholder, text::MASK).replace(&hidden.stable, text::MASK))
    }

    /// A command with the secrets put back, or written after it, without them for good. Where a secret is written in a way that
    /// cannot be followed nothing of the command is left.
    pub fn conceal(&self, command: &str) -> RedactedText {
        let bare = |text: &str| text.replace(['\'', '"', '\\'], "");
        let mut text = command.to_owned();
        for secret in self.hidden.iter().map(|hidden| hidden.secret.expose()).filter(|secret| !secret.is_empty()) {
            text = text.replace(secret, text::MASK);
            if !bare(secret).is_empty() && bare(&text).contains(&bare(secret)) {
                return RedactedText::scanned(text::MASK.to_owned());
            }
        }
        RedactedText::mask(&text)
    }

    /// Whether nothing had to be taken out.
    pub fn is_clean(&self) -> bool {
        self.hidden.is_empty()
    }
}

/// Takes out everything that looks like a secret. The same secret gets the same placeholder.
pub fn redact(text: &str) -> Redacted {
    redact_with(text, &[])
}

/// The same for a text and others that belong to it: a secret of any of them can be put back into one command.
pub fn redact_with(text: &str, beside: &[&str]) -> Redacted {
    let mut hidden: Vec<Hidden> = Vec::new();
    // A word that stands for a secret must be in none of the texts.
    let all = if beside.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n{}", beside.join("\n"))) };
    let main = without_secrets(text, &all, &mut hidden);
    let beside = beside.iter().map(|text| without_secrets(text, &all, &mut hidden)).collect();
    Redacted { text: main.text, stable: main.stable, beside, hidden }
}

fn without_secrets(text: &str, all: &str, hidden: &mut Vec<Hidden>) -> Beside {
    let (mut out, mut stable) = (String::with_capacity(text.len()), String::with_capacity(text.len()));
    let mut done = 0;
    for span in scan::spans(text) {
        let raw = &text[span.clone()];
        let value = if raw.contains(['\'', '"', '\\']) { words::unquoted(raw).unwrap_or_else(|| raw.to_owned()) } else { raw.to_owned() };
        for text_out in [&mut out, &mut stable] {
            text_out.push_str(&text[done..span.start]);
        }
        done = span.end;
        let known = hidden.iter().position(|hidden| hidden.secret.expose() == value);
        let known = known.unwrap_or_else(|| {
            let stable = placeholder::stable(all, hidden.len() + 1);
            // Without random bytes the word is one that is never put back.
            let placeholder = placeholder::unguessable(all).unwrap_or_else(|| text::MASK.to_owned());
            hidden.push(Hidden { placeholder, stable, secret: Secret::new(value) });
            hidden.len() - 1
        });
        out.push_str(&hidden[known].placeholder);
        stable.push_str(&hidden[known].stable);
    }
    out.push_str(&text[done..]);
    stable.push_str(&text[done..]);
    Beside { text: RedactedText::scanned(out), stable: RedactedText::scanned(stable) }
}

/// Whether a text holds anything that [`redact`] would take out.
pub fn looks_secret(text: &str) -> bool {
    !scan::spans(text).is_empty()
}

#[cfg(test)]
#[path = "redact_tests.rs"]
mod tests;
