//! Rules beside the embedded ones: the user's, which may add and silence, and a project's, which may only add.

use thiserror::Error;

/// Rules of the user and of the project. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomRules {
    silenced: Vec<String>,
}

/// Why a text holds no rules.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct RuleError {
    /// The bytes of the text it is about.
    pub span: Option<std::ops::Range<usize>>,
    /// What is wrong, in one line.
    pub reason: String,
}

impl CustomRules {
    /// Whether the user silenced a rule.
    pub fn silences(&self, id: &str) -> bool {
        self.silenced.iter().any(|known| known == id)
    }
}
