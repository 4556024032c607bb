//! The line that loads gptos in a start-up file: the one that the installer writes, so that either finds what the other did.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::cli::{doctor, init};
use crate::domain::ShellKind;
use crate::system::Lookup;

/// How the installer knows its line again.
const MARKER: &str = "# gptos: words to commands";
/// What the copy of the former file is called, behind its own name.
const BACKUP: &str = ".before-gptos";

/// A line and where it belongs.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) file: PathBuf,
    pub(super) text: String,
    /// Where the integration is loaded already.
    loaded_by: Option<String>,
}

impl Line {
    /// The line for a shell that finds the program at this place.
    pub(super) fn new(shell: ShellKind, home: &Path, binary: &Path, variable: Lookup<'_>) -> Self {
        let file = file(shell, home, variable);
        let text = text(shell, binary);
        let ours = |line: &doctor::Line| line.text.ends_with(MARKER);
        let loads = |line: &doctor::Line| line.text.contains("gptos") && line.text.contains("init");
        let lines = doctor::start_up(shell, home, variable);
        // An older line of ours is replaced; one that the user wrote is theirs.
        let loaded_by = lines.iter().find(|line| line.text == text || loads(line) && !ours(line)).map(|line| line.place.clone());
        Self { file, text, loaded_by }
    }

    /// The place of a line that does it already.
    pub(super) fn is_there(&self) -> Option<&str> {
        self.loaded_by.as_deref()
    }

    /// Writes it. The file that was there is copied once, the first time; a link stays a link.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self) -> io::Result<Option<PathBuf>> {
        // A link may lead to what is not there yet.
        let led_to = || fs::read_link(&self.file).map(|to| self.file.parent().unwrap_or(Path::new("/")).join(to));
        let target = fs::canonicalize(&self.file).or_else(|_| led_to()).unwrap_or_else(|_| self.file.clone());
        let folder = target.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let (former, mode) = match fs::metadata(&target) {
            Ok(metadata) if !metadata.is_file() => return Err(io::Error::other("it is no file")),
            Ok(metadata) => (fs::read(&target)?, metadata.permissions().mode() & 0o7777),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), 0o644),
            Err(error) => return Err(error),
        };
        let mut backup = None;
        if !former.is_empty() {
            let mut name = target.file_name().unwrap_or_default().to_owned();
            name.push(BACKUP);
            let copy = target.with_file_name(name);
            match put(&copy, &former, mode) {
                Ok(()) => backup = Some(copy),
                // The first one is the one that is worth keeping.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        let aside = target.with_file_name(format!(".gptos-start-up-{}", std::process::id()));
        let _ = fs::remove_file(&aside);
        let written = put(&aside, &with_line(&former, &self.text), mode).and_then(|()| fs::rename(&aside, &target));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written.map(|()| backup)
    }
}

fn put(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

/// The bytes of a file with the line at their end, in the place of an older one of ours.
fn with_line(former: &[u8], line: &str) -> Vec<u8> {
    let mut made = Vec::with_capacity(former.len() + line.len() + 2);
    for kept in former.split_inclusive(|byte| *byte == b'\n').filter(|kept| !kept.trim_ascii_end().ends_with(MARKER.as_bytes())) {
        made.extend_from_slice(kept);
    }
    if made.last().is_some_and(|last| *last != b'\n') {
        made.push(b'\n');
    }
    made.extend_from_slice(line.as_bytes());
    made.push(b'\n');
    made
}

/// The file into which the line goes.
fn file(shell: ShellKind, home: &Path, variable: Lookup<'_>) -> PathBuf {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match shell {
        ShellKind::Zsh => folder("ZDOTDIR").unwrap_or_else(|| home.to_owned()).join(".zshrc"),
        ShellKind::Fish => folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config")).join("fish/conf.d/gptos.fish"),
        ShellKind::Bash => {
            // A login bash reads .bash_profile alone; where one exists and does not lead to .bashrc, the line goes there.
            let login = home.join(".bash_profile");
            let leads_on = fs::read(&login).is_ok_and(|text| memchr::memmem::find(&text, b"bashrc").is_some());
            if cfg!(target_os = "macos") || login.is_file() && !leads_on { login } else { home.join(".bashrc") }
        }
    }
}

/// The path is absolute, PATH is extended only where the directory is missing, and all is silent if the file is gone.
fn text(shell: ShellKind, binary: &Path) -> String {
    let quoted = |path: &Path| init::quote(ShellKind::Bash, &path.display().to_string());
    let (program, folder) = (quoted(binary), quoted(binary.parent().unwrap_or(Path::new("/"))));
    match shell {
        ShellKind::Fish => format!(
            "if test -x {program}; contains -- {folder} $PATH; or set -gx PATH {folder} $PATH; status is-interactive; and {program} init fish | source; end {MARKER}"
        ),
        ShellKind::Zsh | ShellKind::Bash => {
            let load =
                if shell == ShellKind::Zsh { format!("source <({program} init zsh)") } else { format!("eval \"$({program} init bash)\"") };
            format!(
                "if [ -x {program} ]; then case \":$PATH:\" in *:{folder}:*) ;; *) PATH={folder}:$PATH ;; esac; case $- in *i*) {load} ;; esac; fi {MARKER}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn it_is_the_line_of_the_installer() {
        let installer = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh")).unwrap();
        let function = |name: &str| {
            let from = installer.find(&format!("\n{name}() {{")).unwrap() + 1;
            let rest = &installer[from..];
            let end = if rest.lines().next().is_some_and(|line| line.ends_with('}')) {
                rest.find('\n')
            } else {
                rest.find("\n}\n").map(|at| at + 2)
            };
            &rest[..end.unwrap()]
        };
        let marker = installer.lines().find(|line| line.starts_with("marker=")).unwrap();
        for prefix in ["/home/ada/.local", "/home/o'hara/my files"] {
            for shell in ShellKind::ALL {
                let script =
                    format!("prefix=$1\n{marker}\n{}\n{}\nstart_up_line {}", function("quoted"), function("start_up_line"), shell.name());
                let output = Command::new("sh").args(["-c", &script, "sh", prefix]).output().unwrap();
                let ours = text(shell, &Path::new(prefix).join("bin/gptos"));
                assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{ours}\n"), "{}", String::from_utf8_lossy(&output.stderr));
            }
        }
    }

    #[test]
    fn the_rest_of_the_file_stays_as_it_was() {
        for (former, made) in [
            (&b""[..], &b"L\n"[..]),
            (b"a\nb", b"a\nb\nL\n"),
            (b"a\r\n\xff\n", b"a\r\n\xff\nL\n"),
            (b"x # gptos: words to commands\nb\n", b"b\nL\n"),
        ] {
            assert_eq!(with_line(former, "L"), made);
        }
    }

    #[test]
    fn a_copy_is_made_once_and_links_stay() {
        let home = tempfile::tempdir().unwrap();
        let real = home.path().join("dotfiles");
        fs::write(&real, "first\n").unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, home.path().join(".zshrc")).unwrap();
        let nothing = |_: &str| None;
        let line = |binary: &str| Line::new(ShellKind::Zsh, home.path(), Path::new(binary), &nothing);
        assert!(line("/a/gptos").is_there().is_none());
        let backup = line("/a/gptos").write().unwrap().unwrap();
        assert_eq!(fs::read_to_string(&backup).unwrap(), "first\n");
        assert!(fs::symlink_metadata(home.path().join(".zshrc")).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(line("/a/gptos").is_there(), Some("~/.zshrc:2"));
        // A program that has moved gets its line anew, and the copy stays the first one.
        assert!(line("/b/gptos").is_there().is_none());
        assert_eq!(line("/b/gptos").write().unwrap(), None);
        let text = fs::read_to_string(&real).unwrap();
        assert!(text.starts_with("first\nif [ -x '/b/gptos'") && text.matches(MARKER).count() == 1, "{text}");
        assert_eq!(fs::read_to_string(&backup).unwrap(), "first\n");
        // A link to what is not there yet stays one as well.
        let missing = home.path().join("missing");
        fs::remove_file(home.path().join(".zshrc")).unwrap();
        std::os::unix::fs::symlink("missing", home.path().join(".zshrc")).unwrap();
        assert_eq!(line("/b/gptos").write().unwrap(), None);
        assert!(fs::symlink_metadata(home.path().join(".zshrc")).unwrap().is_symlink());
        assert!(fs::read_to_string(&missing).unwrap().starts_with("if [ -x '/b/gptos'"));
        fs::remove_file(&missing).unwrap();
        fs::create_dir(&missing).unwrap();
        assert!(line("/b/gptos").write().is_err() && missing.is_dir());
        fs::remove_file(home.path().join(".zshrc")).unwrap();
        std::os::unix::fs::symlink(&real, home.path().join(".zshrc")).unwrap();
        // A line of the user's own is theirs.
        fs::write(&real, "source <(gptos init zsh)\n").unwrap();
        assert_eq!(line("/a/gptos").is_there(), Some("~/.zshrc:1"));
    }
}
