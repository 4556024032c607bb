//! Lines of configuration files, with the place at which they stand. The files are read and never run.

use std::fs;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::domain::ShellKind;
use crate::system::Lookup;

/// Most bytes of one file.
const MOST: u64 = 1 << 20;

/// A line that is no comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Line {
    /// File and number, the home directory as `~`.
    pub place: String,
    /// Its text.
    pub text: String,
}

/// The lines of the files that an interactive shell reads at its start, in that order.
pub(in crate::cli) fn start_up(shell: ShellKind, home: &Path, variable: Lookup<'_>) -> Vec<Line> {
    let folder = |name: &str, below: &str| variable(name).map(PathBuf::from).unwrap_or_else(|| home.join(below));
    let mut files: Vec<PathBuf> = Vec::new();
    match shell {
        ShellKind::Zsh => {
            let own = folder("ZDOTDIR", "");
            files.extend([".zshenv", ".zprofile", ".zshrc"].map(|name| own.join(name)));
        }
        ShellKind::Bash => files.extend([".bash_profile", ".profile", ".bashrc"].map(|name| home.join(name))),
        ShellKind::Fish => {
            let own = folder("XDG_CONFIG_HOME", ".config").join("fish");
            let parts = fs::read_dir(own.join("conf.d")).into_iter().flatten().flatten().map(|entry| entry.path());
            files.extend(parts.filter(|path| path.extension().is_some_and(|ending| ending == "fish")));
            files.sort();
            files.push(own.join("config.fish"));
            files.push(own.join("functions/fish_user_key_bindings.fish"));
        }
    }
    files.iter().flat_map(|file| lines(file, home)).collect()
}

/// The file into which a line for this shell goes.
pub(super) fn start_up_file(shell: ShellKind) -> &'static str {
    match shell {
        ShellKind::Zsh => "~/.zshrc",
        ShellKind::Bash => "~/.bashrc",
        ShellKind::Fish => "~/.config/fish/config.fish",
    }
}

/// The lines of one file that are no comments; none when it is not there or is no plain file.
pub(super) fn lines(file: &Path, home: &Path) -> Vec<Line> {
    let Some(text) = text(file) else { return Vec::new() };
    let shown = match file.strip_prefix(home) {
        Ok(below) => format!("~/{}", below.display()),
        Err(_) => file.display().to_string(),
    };
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#'));
    numbered.map(|(at, line)| Line { place: format!("{shown}:{}", at + 1), text: line.trim().to_owned() }).collect()
}

/// The text of a plain file.
pub(super) fn text(file: &Path) -> Option<String> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let opened = fs::OpenOptions::new().read(true).custom_flags(flags).open(file).ok()?;
    if !opened.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    opened.take(MOST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
