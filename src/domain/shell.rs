use std::fmt;
use std::str::FromStr;

/// A shell whose edit buffer a suggestion can enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShellKind {
    /// zsh, 5.8 or newer.
    Zsh,
    /// GNU bash, 5.1 or newer.
    Bash,
    /// fish, 3.6 or newer.
    Fish,
}

impl ShellKind {
    /// All supported shells, in the order the documentation names them.
    pub const ALL: [ShellKind; 3] = [ShellKind::Zsh, ShellKind::Bash, ShellKind::Fish];

    /// The shell's program name, which is also its name on the command line and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            ShellKind::Zsh => "zsh",
            ShellKind::Bash => "bash",
            ShellKind::Fish => "fish",
        }
    }
}

impl fmt::Display for ShellKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ShellKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|shell| shell.name() == name).ok_or_else(|| format!("`{name}` is not one of zsh, bash, fish"))
    }
}
