//! Asks the real shell whether it would accept a line, without running any of it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::find_executable;
use crate::domain::{ShellFacts, ShellKind};
use crate::suggest::ports::ShellSyntax;

/// A shell takes a few milliseconds; after this it is killed and has said nothing.
const LIMIT: Duration = Duration::from_millis(100);

/// The shells on the asking shell's search path, started with nothing of the user's: no start-up files, no
/// environment, no arguments but the switches. The line goes in by standard input.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstalledShells;

impl ShellSyntax for InstalledShells {
    fn accepts<'a>(&'a self, line: &'a str, facts: &'a ShellFacts) -> BoxFuture<'a, Option<bool>> {
        async move {
            let program = find_executable(facts.shell.name(), facts)?;
            // Dropping the future, here by the limit, kills the shell.
            tokio::time::timeout(LIMIT, ask(program, facts.shell, line)).await.ok().flatten()
        }
        .boxed()
    }
}

async fn ask(program: PathBuf, shell: ShellKind, line: &str) -> Option<bool> {
    let switches: &[&str] = match shell {
        // Extended patterns are off as bash comes, and on as soon as its completions are installed.
        ShellKind::Bash => &["--norc", "-O", "extglob", "-n"],
        ShellKind::Zsh => &["-f", "-n"],
        ShellKind::Fish => &["--no-config", "-n"],
    };
    let mut command = Command::new(program);
    command.args(switches).env_clear().current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.kill_on_drop(true).spawn().ok()?;
    let mut input = child.stdin.take()?;
    // A shell that has seen enough closes its end, and its status tells why.
    let _ = input.write_all(line.as_bytes()).await;
    let _ = input.write_all(b"\n").await;
    drop(input);
    let status = child.wait().await.ok()?;
    match (shell, status.code()?) {
        (_, 0) => Some(true),
        (ShellKind::Bash, 1 | 2) | (ShellKind::Zsh, 1) | (ShellKind::Fish, 1 | 2 | 127) => Some(false),
        // It could not be started properly, or it was killed.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::system::tests::facts;

    async fn asked(shell: ShellKind, line: &str) -> Option<bool> {
        let facts = ShellFacts { shell, ..facts("/usr/local/bin:/usr/bin:/bin", Path::new("/")) };
        // Another shell may hold the processor for longer than the limit; then it has said nothing, which is asked again.
        for _ in 0..50 {
            let said = InstalledShells.accepts(line, &facts).await;
            if said.is_some() || find_executable(shell.name(), &facts).is_none() {
                return said;
            }
        }
        None
    }

    #[tokio::test]
    async fn each_shell_knows_its_own_syntax() {
        use ShellKind::{Bash, Fish, Zsh};
        for (shell, line, accepted) in [
            (Zsh, "ls *(.om[1])", true),
            (Zsh, "for f (*.txt) echo $f", true),
            (Zsh, "if test -f x; echo a; end", false),
            (Zsh, "echo $(ls", false),
            (Bash, "ls -l | wc -l", true),
            (Bash, "ls !(a)", true),
            (Bash, "ls *(.om[1]", false),
            (Bash, "if true; then", false),
            (Fish, "for f in *; echo $f; end", true),
            (Fish, "string match -r a b; and echo x", true),
            (Fish, "for f in *; do echo $f; done", false),
        ] {
            let said = asked(shell, line).await;
            assert!(said.is_none_or(|said| said == accepted), "{shell} {line}: {said:?}");
        }
        // At least one of them is installed wherever this is developed.
        assert_eq!(asked(Bash, "echo (").await, Some(false));
    }

    #[tokio::test]
    async fn nothing_runs_and_nothing_is_an_argument() {
        let place = tempfile::tempdir().unwrap();
        let marker = place.path().join("ran");
        for shell in ShellKind::ALL {
            let line = format!("touch {0}; echo $(touch {0}) `touch {0}` > {0}", marker.display());
            let _ = asked(shell, &line).await;
            assert!(!marker.exists(), "{shell}");
        }
        // A stand-in writes down how it is called.
        let fake = place.path().join("bash");
        let seen = place.path().join("seen");
        fs::write(&fake, format!("#!/bin/sh\n{{ echo \"$@\"; /usr/bin/env; cat; }} > {}\nexit 2\n", seen.display())).unwrap();
        fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
        let facts = facts(place.path().to_str().unwrap(), Path::new("/"));
        let mut said = None;
        for _ in 0..50 {
            said = said.or(InstalledShells.accepts("echo s3cret", &facts).await);
        }
        assert_eq!(said, Some(false));
        let seen = fs::read_to_string(seen).unwrap();
        let (arguments, rest) = seen.split_once('\n').unwrap();
        assert_eq!(arguments, "--norc -O extglob -n");
        assert!(rest.ends_with("echo s3cret\n") && !rest.contains("HOME=") && !rest.contains("CARGO"), "{rest}");
    }

    #[tokio::test]
    async fn a_shell_that_is_missing_hangs_or_fails_has_said_nothing() {
        let place = tempfile::tempdir().unwrap();
        let facts = facts(place.path().to_str().unwrap(), Path::new("/"));
        assert_eq!(InstalledShells.accepts("ls", &facts).await, None);
        let fake = place.path().join("bash");
        let pid = place.path().join("pid");
        for body in [format!("echo $$ > {}; exec sleep 1000", pid.display()), "exit 126".to_owned(), "kill -9 $$".to_owned()] {
            fs::write(&fake, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(InstalledShells.accepts("ls", &facts).await, None, "{body}");
        }
        // The one that hung was killed, if it came as far as to say who it is.
        if let Ok(number) = fs::read_to_string(&pid).unwrap_or_default().trim().parse::<i32>() {
            let until = std::time::Instant::now() + Duration::from_secs(20);
            let state = || fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
            while state().contains("(sleep) S") && std::time::Instant::now() < until {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(!state().contains("(sleep) S"));
        }
    }
}
