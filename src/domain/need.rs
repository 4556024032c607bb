/// Why something needs the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A provider refuses the key.
    Key,
    /// A provider has nothing left for the user.
    Quota,
    /// There is no room on the disk.
    Disk,
    /// The audit trail was changed, or cannot be written.
    Audit,
    /// A cap on spending is reached.
    Spend,
}

impl Cause {
    /// All of them.
    pub const ALL: [Cause; 5] = [Cause::Key, Cause::Quota, Cause::Disk, Cause::Audit, Cause::Spend];

    /// The word for it in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Key => "key",
            Cause::Quota => "quota",
            Cause::Disk => "disk",
            Cause::Audit => "audit",
            Cause::Spend => "spend",
        }
    }

    /// Reads what [`Cause::name`] wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.name() == name)
    }
}

/// Something that only the user can see to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Why.
    pub cause: Cause,
    /// What is wrong and what to do, in one short line.
    pub text: String,
}
