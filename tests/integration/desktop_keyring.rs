//! The keyring of a real desktop: GNOME Keyring on a message bus of its own.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gptos::secrets::Logins;
use gptos::secrets::keyring::{KeyringError, Place};

use crate::environment::wait_until;

const PASSWORD: &str = "of the keyring";
const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// A bus, and a keyring if one was started; both end with the test.
pub struct Session {
    folder: tempfile::TempDir,
    bus: Child,
    keyring: Option<Child>,
}

impl Session {
    /// A bus on which no service starts by itself.
    pub fn without_keyring() -> Self {
        let folder = tempfile::Builder::new().prefix("gptos-kr").tempdir().unwrap();
        for name in ["home", "run"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let config = folder.path().join("bus.conf");
        let socket = folder.path().join("bus");
        let policy = "<policy context=\"default\"><allow send_destination=\"*\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>";
        let listen = format!("<listen>unix:path={}</listen><auth>EXTERNAL</auth>", socket.display());
        fs::write(&config, format!("<busconfig><type>session</type>{listen}{policy}</busconfig>")).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.arg(format!("--config-file={}", config.display())).arg("--nofork").stderr(Stdio::null());
        let bus = command.spawn().expect("dbus-daemon is installed by tests/run");
        wait_until("the bus listens", || socket.exists());
        Self { folder, bus, keyring: None }
    }

    /// A bus with a keyring that is unlocked.
    pub fn start() -> Self {
        let mut session = Self::without_keyring();
        session.keyring = Some(session.daemon());
        wait_until("the keyring is unlocked", || session.place().check().is_ok());
        session
    }

    /// Starts the daemon with its keyring unlocked.
    fn daemon(&self) -> Child {
        let mut command = self.on_the_bus(Command::new("gnome-keyring-daemon"));
        command.args(["--unlock", "--foreground", "--components=secrets"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("gnome-keyring is installed by tests/run");
        child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        child
    }

    fn on_the_bus(&self, mut command: Command) -> Command {
        command.env("HOME", self.folder.path().join("home")).env("XDG_RUNTIME_DIR", self.folder.path().join("run"));
        command.env(BUS, self.address()).env_remove("DISPLAY").stderr(Stdio::null());
        command
    }

    pub fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    pub fn place(&self) -> Place {
        let address = self.address();
        Place::from_lookup(&|name| (name == BUS).then(|| address.clone()))
    }

    pub fn lock(&self) {
        let mut command = self.on_the_bus(Command::new("dbus-send"));
        let destination = "--dest=org.freedesktop.secrets";
        let method = "org.freedesktop.Secret.Service.Lock";
        command.args(["--session", "--print-reply", destination, "/org/freedesktop/secrets", method]);
        command.arg("array:objpath:/org/freedesktop/secrets/collection/login").stdout(Stdio::null());
        assert!(command.status().unwrap().success());
        assert_eq!(self.place().check(), Err(KeyringError::Locked));
    }

    /// Another login of the same user.
    pub fn unlock(&mut self) {
        let mut former = self.keyring.take().unwrap();
        former.kill().unwrap();
        former.wait().unwrap();
        self.keyring = Some(self.daemon());
        wait_until("the keyring is unlocked", || self.place().check().is_ok());
    }

    /// What another program sees of the entry of a provider.
    pub fn looked_up(&self, provider: &str) -> String {
        let mut command = self.on_the_bus(Command::new("secret-tool"));
        let output = command.args(["lookup", "application", "gptos", "provider", provider]).output().expect("libsecret-tools is installed");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Stops the keyring without ending it, so that it answers nothing.
    pub fn freeze(&self) {
        let pid = i32::try_from(self.keyring.as_ref().unwrap().id()).unwrap();
        crate::environment::kill(pid, "STOP");
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.keyring.iter_mut().chain([&mut self.bus]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn login(origin: &str) -> gptos::domain::LoginKey {
    gptos::domain::LoginKey { provider: "openai".into(), origin: origin.into(), store: gptos::domain::LoginStore::Keyring }
}

fn secret(text: &str) -> gptos::domain::Secret {
    gptos::domain::Secret::new(text.into())
}

#[test]
fn a_key_is_stored_found_changed_and_removed() {
    let session = Session::start();
    let logins = Logins { keyring: session.place(), folder: None };
    let here = login("https://a.example");
    assert_eq!(logins.find(&here).unwrap_err().to_string(), "no key is stored for `openai` in the keyring");
    for key in ["sk-first", "sk-second"] {
        logins.store(&here, &secret(key)).unwrap();
        assert_eq!(logins.find(&here), Ok(secret(key)));
        assert_eq!(session.looked_up("openai"), key);
    }
    // Another provider's key is another's, and another address gets none.
    let other = gptos::domain::LoginKey { provider: "other".into(), ..here.clone() };
    logins.store(&other, &secret("sk-other")).unwrap();
    let refused = logins.find(&login("https://b.example")).unwrap_err().to_string();
    assert_eq!(refused, "the key of `openai` was given for https://a.example and is not sent to https://b.example");
    // A login for the new address leaves nothing of the old one.
    logins.store(&login("https://b.example"), &secret("sk-third")).unwrap();
    assert!(logins.find(&here).is_err());
    assert_eq!(session.place().entries("openai").unwrap().len(), 1);
    assert_eq!(logins.remove("openai", here.store), Ok(true));
    assert_eq!(logins.remove("openai", here.store), Ok(false));
    assert_eq!((session.looked_up("openai").as_str(), session.looked_up("other").as_str()), ("", "sk-other"));
}

#[test]
fn a_locked_keyring_says_so_and_works_again_when_it_is_unlocked() {
    let mut session = Session::start();
    let logins = Logins { keyring: session.place(), folder: None };
    let here = login("https://a.example");
    logins.store(&here, &secret("sk-1")).unwrap();
    session.lock();
    for error in [logins.find(&here).unwrap_err(), logins.store(&here, &secret("sk-2")).unwrap_err()] {
        assert_eq!(error.to_string(), "keyring: it is locked");
        assert!(error.hint("openai").is_some_and(|hint| hint.starts_with("unlock it")));
    }
    session.unlock();
    assert_eq!(logins.find(&here), Ok(secret("sk-1")));
}

#[test]
fn a_keyring_that_is_missing_or_hangs_costs_a_moment() {
    let session = Session::without_keyring();
    assert_eq!(session.place().check(), Err(KeyringError::NoService));
    let session = Session::start();
    session.freeze();
    let limit = Duration::from_millis(200);
    assert_eq!(session.place().within(limit).check(), Err(KeyringError::Late(limit)));
}

#[test]
fn what_somebody_else_put_there_is_no_key_for_an_address() {
    let session = Session::start();
    let mut command = session.on_the_bus(Command::new("secret-tool"));
    command.args(["store", "--label=x", "application", "gptos", "provider", "openai"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"sk-by-hand").unwrap();
    assert!(child.wait().unwrap().success());
    let error = Logins { keyring: session.place(), folder: None }.find(&login("https://a.example")).unwrap_err();
    assert_eq!(error.to_string(), "the key of `openai` was given for no address and is not sent to https://a.example");
}
