//! An ssh server of this test alone, on a free port of this machine, and the client's configuration for it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::super::terminal::{Shell, children};

/// How long the server may take to listen on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running server. It ends when it is dropped, and so do its sessions.
pub struct Server {
    dir: tempfile::TempDir,
    child: Child,
}

/// What sets a server apart.
#[derive(Default)]
pub struct Ways<'a> {
    /// Lines of its configuration.
    pub lines: &'a str,
    /// Variables of its sessions.
    pub variables: &'a [(&'a str, &'a str)],
}

impl Server {
    /// A server whose sessions have this login shell and this home.
    pub fn start(shell: Shell, home: &Path, ways: &Ways<'_>) -> Self {
        let dir = tempfile::Builder::new().prefix("gptos-sshd").tempdir().unwrap();
        for name in ["host", "key"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(dir.path().join(name)).status();
            assert!(made.unwrap().success());
        }
        fs::copy(dir.path().join("key.pub"), dir.path().join("authorized_keys")).unwrap();
        // A server that root runs wants its own empty folder; that of another user does without.
        if rustix::process::geteuid().is_root() {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let begun = Instant::now();
        loop {
            // Somebody else may take the port before the server does.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut child = Self::spawn(dir.path(), port, shell, home, ways);
            while child.try_wait().unwrap().is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    let server = Self { dir, child };
                    server.configure_client(port);
                    return server;
                }
                assert!(begun.elapsed() < DEADLINE, "sshd does not listen: {}", server_log(dir.path()));
                thread::sleep(Duration::from_millis(8));
            }
            assert!(begun.elapsed() < DEADLINE, "sshd does not start: {}", server_log(dir.path()));
        }
    }

    fn spawn(dir: &Path, port: u16, shell: Shell, home: &Path, ways: &Ways<'_>) -> Child {
        let program = ["/usr/bin", "/bin", "/usr/local/bin"].map(|folder| Path::new(folder).join(shell.name()));
        let program = program.iter().find(|path| path.exists()).expect("the shell is installed");
        // Of several values the server takes the first.
        let mut variables: String = ways.variables.iter().map(|(name, value)| format!("\"{name}={value}\" ")).collect();
        variables.push_str(&format!("HOME={} SHELL={}", home.display(), program.display()));
        let (at, lines) = (dir.display(), ways.lines);
        let text = format!(
            "{lines}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nPidFile none\nAuthorizedKeysFile {at}/authorized_keys\n\
             StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nSetEnv {variables}\n"
        );
        fs::write(dir.join("sshd_config"), text).unwrap();
        let log = fs::File::create(dir.join("log")).unwrap();
        // It starts itself anew for each connection, so it must be called by its whole name.
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f"]).arg(dir.join("sshd_config")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().expect("sshd is installed; `tests/run` does that")
    }

    fn configure_client(&self, port: u16) {
        let user = Command::new("id").arg("-un").output().unwrap();
        let (at, user) = (self.dir.path().display(), String::from_utf8(user.stdout).unwrap());
        let text = format!(
            "Host box\n  HostName 127.0.0.1\n  Port {port}\n  User {user}  IdentityFile {at}/key\n  IdentitiesOnly yes\n\
             \x20 StrictHostKeyChecking no\n  UserKnownHostsFile {at}/known\n  GlobalKnownHostsFile /dev/null\n  LogLevel ERROR\n"
        );
        fs::write(self.client_config(), text).unwrap();
        fs::set_permissions(self.client_config(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Has the sessions share a connection, whose socket is given.
    pub fn share_connections(&self) -> PathBuf {
        let control = self.dir.path().join("control");
        let text = fs::read_to_string(self.client_config()).unwrap();
        let more = format!("  ControlMaster auto\n  ControlPath {}\n  ControlPersist 60\n", control.display());
        fs::write(self.client_config(), text + &more).unwrap();
        control
    }

    /// The server and all that it has started.
    pub fn processes(&self) -> Vec<u32> {
        let mut found = vec![self.child.id()];
        let mut at = 0;
        while let Some(pid) = found.get(at) {
            found.extend(children(*pid));
            at += 1;
        }
        found
    }

    /// The configuration file for `ssh -F`, in which the server is called `box`.
    pub fn client_config(&self) -> PathBuf {
        self.dir.path().join("client")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A master would wait for further sessions.
        let mut exit = Command::new("ssh");
        exit.args(["-O", "exit", "-F"]).arg(self.client_config()).arg("box").stdin(Stdio::null()).stderr(Stdio::null());
        let _ = exit.stdout(Stdio::null()).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn server_log(dir: &Path) -> String {
    fs::read_to_string(dir.join("log")).unwrap_or_default()
}
