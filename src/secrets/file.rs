use std::fs::OpenOptions;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use super::program::why;
use super::{KEY_LIMIT, only_line, refuse};
use crate::domain::{AttemptError, Secret, ShellFacts};
use crate::suggest::ports::KeySource;

/// A file system that hangs costs no more than this.
const LOOK: Duration = Duration::from_millis(50);

/// A file that belongs to this user and that nobody else can read. It is read for each attempt, so a new key counts at
/// once.
pub(super) struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl KeySource for KeyFile {
    fn key<'a>(&'a self, _: &'a ShellFacts) -> BoxFuture<'a, Result<Option<Secret>, AttemptError>> {
        let path = self.path.clone();
        async move {
            // A home on a network file system may block.
            let read = tokio::task::spawn_blocking(move || read(&path)).await;
            read.unwrap_or_else(|_| Err(refuse("key file: reading it failed".to_owned()))).map(Some)
        }
        .boxed()
    }

    fn variables(&self) -> Vec<&str> {
        Vec::new()
    }

    fn state<'a>(&'a self, _: &'a ShellFacts) -> BoxFuture<'a, u64> {
        look(self.path.clone()).boxed()
    }
}

/// A number that changes when the file does.
pub(super) async fn look(path: PathBuf) -> u64 {
    let look = tokio::task::spawn_blocking(move || {
        std::fs::metadata(path).map(|file| {
            let changed = (file.ctime(), file.ctime_nsec(), file.mtime(), file.mtime_nsec());
            (file.dev(), file.ino(), file.size(), file.mode(), file.uid(), changed)
        })
    });
    let seen = tokio::time::timeout(LOOK, look).await.ok().and_then(Result::ok).and_then(Result::ok);
    BuildHasherDefault::<DefaultHasher>::default().hash_one(seen)
}

fn read(path: &Path) -> Result<Secret, AttemptError> {
    only_line(&private_bytes(path)?).map_err(|cause| refuse(format!("key file {}: {cause}", path.display())))
}

/// What makes a private file where there is none.
fn making(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new("/"));
    format!("`mkdir -p {} && install -m 600 /dev/null {}` makes it; put the key alone into it", word(folder), word(path))
}

/// A path as a word of a command line.
fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(&byte));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// What a file holds that is this user's alone.
pub(super) fn private_bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, AttemptError> {
    let shown = path.display();
    let fail = |cause: &str| refuse(format!("key file {shown}: {cause}"));
    // Without O_NONBLOCK a pipe in place of the file would block for ever.
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => fail(&format!("no such file; hint: {}", making(path))),
        kind => fail(&why(kind, "file")),
    })?;
    // Asked of the open file and not of the path, which may change in between. It also judges what a link points to.
    let metadata = file.metadata().map_err(|error| fail(&why(error.kind(), "file")))?;
    if !metadata.is_file() {
        return Err(fail("not a regular file"));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(fail("belongs to another user"));
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(fail(&format!("others may open it (mode {mode:04o}); hint: chmod 600 {}", word(path))));
    }
    // With all the room in advance, no copy stays behind when it grows.
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_LIMIT + 32));
    file.take(KEY_LIMIT as u64 + 1).read_to_end(&mut bytes).map_err(|error| fail(&why(error.kind(), "file")))?;
    if bytes.len() > KEY_LIMIT {
        return Err(fail("too large for a key"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn file(directory: &Path, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, content).expect("writes");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changes the mode");
        path
    }

    fn cause(path: &Path) -> String {
        let error = read(path).expect_err("refused");
        assert_eq!(error.class, crate::domain::FailureClass::Auth);
        error.detail.replace(&path.display().to_string(), "F")
    }

    #[test]
    fn a_private_file_gives_its_line() {
        let directory = tempfile::tempdir().expect("makes a directory");
        for mode in [0o600, 0o400] {
            assert_eq!(read(&file(directory.path(), &format!("k{mode}"), b"sk-1\n", mode)), Ok(Secret::new("sk-1".into())));
        }
        let link = directory.path().join("link");
        symlink(directory.path().join("k384"), &link).expect("links");
        assert_eq!(read(&link), Ok(Secret::new("sk-1".into())), "a link to an own private file is fine");
    }

    #[test]
    fn anything_else_is_refused_and_says_why() {
        let directory = tempfile::tempdir().expect("makes a directory");
        let at = directory.path();
        for (mode, shown) in [(0o644, "0644"), (0o640, "0640"), (0o604, "0604"), (0o660, "0660"), (0o610, "0610")] {
            let path = file(at, &format!("m{shown}"), b"sk-1\n", mode);
            assert_eq!(cause(&path), format!("key file F: others may open it (mode {shown}); hint: chmod 600 F"));
        }
        let link = at.join("link");
        symlink(at.join("m0644"), &link).expect("links");
        assert!(cause(&link).contains("mode 0644"));
        let folder = at.display();
        let made = format!("hint: `mkdir -p {folder} && install -m 600 /dev/null F` makes it; put the key alone into it");
        assert_eq!(cause(&at.join("absent")), format!("key file F: no such file; {made}"));
        let open = file(at, "it's open", b"sk-1\n", 0o644);
        assert!(read(&open).expect_err("refused").detail.ends_with(&format!("hint: chmod 600 '{folder}/it'\\''s open'")));
        assert_eq!(cause(at), "key file F: not a regular file");
        assert_eq!(cause(Path::new("/dev/null")), "key file F: not a regular file");
        assert_eq!(cause(&file(at, "empty", b" \n", 0o600)), "key file F: is empty");
        assert_eq!(cause(&file(at, "two", b"a\nb\n", 0o600)), "key file F: has more than one line");
        assert_eq!(cause(&file(at, "large", &vec![b'x'; KEY_LIMIT + 1], 0o600)), "key file F: too large for a key");
        let pipe = at.join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).expect("makes a pipe");
        assert_eq!(cause(&pipe), "key file F: not a regular file");
    }

    #[tokio::test]
    async fn a_change_of_mode_alone_is_noticed() {
        let directory = tempfile::tempdir().expect("makes a directory");
        let path = file(directory.path(), "k", b"sk-1\n", 0o644);
        let open = look(path.clone()).await;
        assert_eq!(look(path.clone()).await, open);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changes the mode");
        assert_ne!(look(path).await, open);
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        // /etc/shadow and /etc/passwd belong to root; as root, a file is given away instead.
        let directory = tempfile::tempdir().expect("makes a directory");
        let path = if rustix::process::geteuid().is_root() {
            let path = file(directory.path(), "theirs", b"sk-1\n", 0o600);
            std::os::unix::fs::chown(&path, Some(65534), None).expect("root may give files away");
            path
        } else {
            PathBuf::from("/etc/passwd")
        };
        assert_eq!(cause(&path), "key file F: belongs to another user");
    }
}
