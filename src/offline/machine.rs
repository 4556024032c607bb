use std::collections::BTreeSet;

use crate::domain::ShellKind;

/// Which family of base tools the machine has: GNU on Linux, BSD on macOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// GNU coreutils, findutils, sed; systemd; `ss`, `ip`.
    Linux,
    /// BSD tools; `lsof`, `launchctl`, `brew`.
    MacOs,
}

/// The names of the programs on `PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ToolSet(Vec<String>);

impl ToolSet {
    /// Takes the names in any order.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self(names.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// All names, sorted, with a comma between them.
    pub fn names(&self) -> String {
        self.0.join(",")
    }

    /// True if the program is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }
}

/// A program that some people put in the place of a usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preferred {
    /// ripgrep, for `grep -r`.
    Ripgrep,
    /// fd, for `find`.
    Fd,
}

impl Preferred {
    /// All that the translator can write.
    pub const ALL: [Self; 2] = [Self::Ripgrep, Self::Fd];

    /// What it is called.
    pub fn name(self) -> &'static str {
        self.programs()[0]
    }

    /// The names under which systems install it.
    pub fn programs(self) -> &'static [&'static str] {
        match self {
            Preferred::Ripgrep => &["rg"],
            Preferred::Fd => &["fd", "fdfind"],
        }
    }
}

/// What the translator must know of the machine to write a command that works there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Machine {
    /// The dialect to write.
    pub shell: ShellKind,
    /// The flavour of the base tools.
    pub os: Os,
    /// The programs that exist; `None` when unknown, then the usual ones are assumed.
    pub tools: Option<ToolSet>,
    /// What the user wants in the place of usual programs, where it is installed.
    pub preferred: Vec<Preferred>,
}

/// What a machine of each kind is assumed to have when nobody looked.
const USUAL_LINUX: [&str; 12] = ["apt", "ss", "ip", "systemctl", "journalctl", "sha256sum", "md5sum", "lsof", "nc", "dig", "curl", "free"];
const USUAL_MACOS: [&str; 8] = ["brew", "lsof", "launchctl", "shasum", "md5", "nc", "dig", "curl"];

impl Machine {
    /// A machine nobody looked at.
    pub fn usual(shell: ShellKind, os: Os) -> Self {
        Self { shell, os, tools: None, preferred: Vec::new() }
    }

    /// The machine that has those of these programs that are there. One that has none of them is taken for a usual one.
    #[must_use]
    pub fn with_tools<'a>(self, names: impl IntoIterator<Item = &'a String>, is_there: impl Fn(&str) -> bool) -> Self {
        let there: Vec<String> = names.into_iter().filter(|name| is_there(name)).cloned().collect();
        Self { tools: (!there.is_empty()).then(|| ToolSet::new(there)), ..self }
    }

    /// The machine of a user who prefers these programs.
    #[must_use]
    pub fn preferring(self, preferred: &[Preferred]) -> Self {
        Self { preferred: preferred.to_vec(), ..self }
    }

    /// The program to write in the place of a usual one: one that is preferred and was seen.
    pub fn preferred(&self, wanted: Preferred) -> Option<&'static str> {
        let tools = self.tools.as_ref().filter(|_| self.preferred.contains(&wanted))?;
        wanted.programs().iter().copied().find(|program| tools.has(program))
    }

    /// True if the program is there, or is usual on such a machine when nobody looked.
    pub fn has(&self, name: &str) -> bool {
        match (&self.tools, self.os) {
            (Some(tools), _) => tools.has(name),
            (None, Os::Linux) => USUAL_LINUX.contains(&name),
            (None, Os::MacOs) => USUAL_MACOS.contains(&name),
        }
    }
}
