//! Rules beside the embedded ones, as the asking process found them where its shell stands.

use serde::{Deserialize, Serialize};

/// The rules that a shell's answers are judged against.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireRules {
    /// Embedded rules that do not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silenced: Vec<String>,
    /// Rules that count as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<WireRule>,
}

/// One rule. All conditions that it names must hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireRule {
    /// Its name.
    pub id: String,
    /// The programs it is about.
    pub programs: Vec<String>,
    /// The first operands must be one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub: Vec<String>,
    /// Of each group one flag must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Vec<String>>,
    /// None of these flags may be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// One argument must contain one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<String>,
    /// One operand must be of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How bad it is.
    pub risk: String,
    /// Why.
    pub reason: String,
    /// What would do the same with less danger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safer: Option<String>,
}
