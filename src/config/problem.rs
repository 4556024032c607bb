use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// What is wrong with the configuration file. It never quotes a value, since somebody may have written a key there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ConfigProblem {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1, when the problem has one.
    pub line: Option<usize>,
    /// The dotted key, when the problem has one.
    pub key: Option<String>,
    /// What is wrong or what was expected.
    pub cause: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": `{key}`")?;
        }
        write!(f, ": {}", self.cause)
    }
}

impl ConfigProblem {
    /// What is wrong and what to do about it, in one line.
    pub fn in_one_line(&self) -> String {
        self.hint.as_ref().map_or_else(|| self.to_string(), |hint| format!("{self} ({hint})"))
    }

    /// The same with something to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
