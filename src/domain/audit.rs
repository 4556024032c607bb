/// Whether what is asked, offered and run is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AuditMode {
    /// It is not.
    Off,
    /// It is, on this machine.
    #[default]
    Local,
    /// It is, and no risky suggestion is given without a record.
    Required,
}

impl AuditMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Off, Self::Local, Self::Required];

    /// The word for it in the configuration file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Local => "local",
            Self::Required => "required",
        }
    }
}
