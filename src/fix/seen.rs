use std::collections::{BTreeMap, BTreeSet};

/// What has to be looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Words that stand where a command is due.
    pub commands: BTreeSet<String>,
    /// Paths as the line has them; `~` is the home directory.
    pub paths: BTreeSet<String>,
    /// Whether the repository of the place matters.
    pub repository: bool,
    /// Ports that the line wants to listen on.
    pub ports: BTreeSet<u16>,
}

/// What was found on the machine, seen from the asking shell. What is missing in it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Whether the user may do everything.
    pub is_root: bool,
    /// The words of [`Wanted::commands`] that are commands, of whatever kind.
    pub commands: BTreeSet<String>,
    /// Those that are files on the search path of the administrator.
    pub programs: BTreeSet<String>,
    /// For those that are no commands, the names that are and look like them.
    pub near: BTreeMap<String, Vec<String>>,
    /// For those, the name under which this system has the program.
    pub other_names: BTreeMap<String, String>,
    /// For those, the package that has the program.
    pub packages: BTreeMap<String, String>,
    /// The command that installs a package, without `sudo`.
    pub installer: Option<String>,
    /// `sudo` or `doas`, what there is.
    pub elevator: Option<String>,
    /// What the paths of [`Wanted::paths`] are.
    pub paths: BTreeMap<String, PathSeen>,
    /// Whether a repository was looked for, and what was found.
    pub repository: Option<Option<Repository>>,
    /// Those of [`Wanted::ports`] that somebody listens on, each with the next that is free.
    pub taken: BTreeMap<u16, u16>,
    /// `ss` or `lsof`, what there is to show who listens.
    pub port_lister: Option<String>,
    /// Folders below the working directory that hold a repository, when it is in none.
    pub repositories_below: Vec<String>,
    /// Whether the time ended before all was looked up.
    pub late: bool,
}

impl Seen {
    /// The package that has a command, and the line that installs it; `None` where either is not known.
    pub fn install(&self, command: &str) -> Option<(&str, String)> {
        let (package, installer) = (self.packages.get(command)?, self.installer.as_deref()?);
        // Homebrew refuses to run as root.
        let elevator = self.elevator.as_deref().filter(|_| !self.is_root && !installer.starts_with("brew"));
        let line = [elevator, Some(installer), Some(package.as_str())].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some((package, line))
    }
}

/// What a path is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathSeen {
    /// Something stands there.
    pub exists: bool,
    /// It is a folder.
    pub is_folder: bool,
    /// It may be run.
    pub is_executable: bool,
    /// The folder it stands in is there.
    pub has_parent: bool,
    /// The user may read it.
    pub may_read: bool,
    /// The user may write it, or make it where it does not exist.
    pub may_write: bool,
    /// The user may add names to the folder it stands in and take names away.
    pub may_replace: bool,
    /// It belongs to the user.
    pub is_own: bool,
    /// How many components of the path lead to something that is there.
    pub reached: usize,
    /// The folders beside the first component that is missing, as far as their names look like it.
    pub folders: Vec<String>,
    /// The files there.
    pub files: Vec<String>,
}

/// A repository of git, as its files tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repository {
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// The branches, those of remotes without the remote's name, and the tags.
    pub names: BTreeSet<String>,
    /// The remotes.
    pub remotes: Vec<String>,
    /// Whether the branch has another one to push to.
    pub has_upstream: bool,
}
