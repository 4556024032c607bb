use std::fmt;

/// How much a command can destroy, from nothing to everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Reads only.
    None,
    /// Changes something small and named.
    Low,
    /// Worth a second look: deletes named things, restarts, publishes, or could not be fully understood.
    Medium,
    /// Serious but limited damage, or untrusted code.
    High,
    /// Irreversible and system-wide.
    Critical,
}

impl Risk {
    /// Whether nobody should run it without a second look, so that it may have to be on record before it is given.
    pub fn wants_a_record(self) -> bool {
        self >= Risk::Medium
    }

    /// The lower-case word.
    pub fn name(self) -> &'static str {
        match self {
            Risk::None => "none",
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
            Risk::Critical => "critical",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
