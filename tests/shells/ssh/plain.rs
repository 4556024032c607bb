//! Where the keys cannot be, the session is a plain one, and one line says why.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use super::super::terminal::Shell;
use super::{SHELLS, Server, Session, Ways, write_script};

#[test]
fn a_server_that_forwards_no_sockets_gives_a_plain_session() {
    for shell in SHELLS {
        let mut session = Session::open(shell, &Ways { lines: "AllowStreamLocalForwarding no", ..Ways::default() });
        let screen = session.t.wait_for_screen("gptos: the server forwards no sockets, so this is a plain session");
        assert_eq!(screen.matches("gptos: ").count(), 1, "{shell:?}: {screen}");
        session.t.type_text("echo still-$((1 + 1))");
        session.t.key("C-a");
        assert!(session.t.buffer().starts_with("echo still"), "{shell:?}");
        session.t.key("C-c");
        session.t.wait_for_buffer(str::is_empty);
        assert_eq!(session.leave(3), "3", "{shell:?}");
        assert!(session.sockets().is_empty(), "{shell:?}");
    }
}

#[test]
fn without_curl_bash_and_fish_say_so() {
    for shell in [Shell::Bash, Shell::Fish] {
        let bin = tempfile::tempdir().unwrap();
        for name in ["sh", "cat", "rm", "mv", "tr", "mktemp", "ls", "uname", "id", "dirname", "date", shell.name()] {
            symlink(format!("/usr/bin/{name}"), bin.path().join(name)).unwrap();
        }
        let path = bin.path().display().to_string();
        let mut session = Session::open(shell, &Ways { variables: &[("FAR_PATH", &path)], ..Ways::default() });
        session.t.wait_for_screen("gptos: there is no curl to ask with, so this is a plain session");
        assert_eq!(session.leave(4), "4", "{shell:?}");
    }
}

/// What is on the screen after `gptos ssh` to a server that runs a command of its own, which ends with this status.
fn greeted(status: u8) -> String {
    let dir = tempfile::tempdir().unwrap();
    let greeter = dir.path().join("greeter");
    // What it was to have moved stays where it is, so the test takes it away.
    let text = "#!/bin/sh\n[ -z \"$SSH_ORIGINAL_COMMAND\" ] && { echo welcome to the box; exit 9; }\n\
         rm -f \"$(printf %s \"$SSH_ORIGINAL_COMMAND\" | grep -ao '/tmp/\\.gptos-[0-9a-f]*' | head -n 1)\"\n\
         echo 'no such command'; exit ";
    write_script(&greeter, &format!("{text}{status}\n"));
    let lines = format!("ForceCommand {}", greeter.display());
    let mut session = Session::prepare(Shell::Bash, &Ways { lines: &lines, ..Ways::default() }, "");
    let config = session.server.client_config();
    session.t.type_text(&format!("{} ssh -F {} box; echo \"ended with $?.\"", env!("CARGO_BIN_EXE_gptos"), config.display()));
    session.t.key("Enter");
    let screen = session.t.wait_for_screen("\nended with ");
    session.t.follow(session.home);
    screen
}

#[test]
fn a_far_side_without_a_shell_is_asked_plainly() {
    let screen = greeted(127);
    assert!(screen.contains("gptos: the other side does not start `sh`") && screen.contains("welcome to the box"), "{screen}");
    assert!(screen.contains("\nended with 9."), "{screen}");
}

#[test]
fn a_command_that_the_server_runs_in_place_of_ours_is_run_once() {
    let screen = greeted(1);
    assert_eq!(screen.matches("no such command").count(), 1, "{screen}");
    assert!(screen.contains("`ssh` gives a plain session") && !screen.contains("welcome to the box"), "{screen}");
    assert!(screen.contains("\nended with 1."), "{screen}");
}

#[test]
fn a_shell_that_has_no_keys_is_started_all_the_same() {
    let session = Session::prepare(Shell::Bash, &Ways { variables: &[("SHELL", "/bin/sh")], ..Ways::default() }, "");
    let config = session.server.client_config();
    session.t.type_text(&format!("{} ssh -F {} box", env!("CARGO_BIN_EXE_gptos"), config.display()));
    session.t.key("Enter");
    session.t.wait_for_screen("gptos: there are no keys for sh, so this is a plain session");
    session.t.type_text("echo alive-$((40 + 2)); exit");
    session.t.key("Enter");
    session.t.wait_for_screen("alive-42");
}

#[test]
fn a_command_and_its_streams_are_passed_on() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(Shell::Bash, home.path(), &Ways::default());
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gptos"));
        command.arg("ssh").arg("-F").arg(server.client_config()).args(arguments).env_clear().env("PATH", "/usr/bin:/bin");
        command.env("HOME", home.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"sent\n").unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(run(&["box", "cat; echo said >&2; exit 5"]), (Some(5), "sent\n".to_owned(), "said\n".to_owned()));
    assert_eq!(run(&["box", "kill -TERM $$"]).0, Some(255), "as ssh itself says");
    // No terminal: a shell that reads what it is sent, and nothing of ours.
    let (status, printed, said) = run(&["-T", "box"]);
    assert_eq!((status, said.contains("gptos")), (Some(127), false), "{printed}{said}");
    let (status, _, said) = run(&["box"]);
    assert_eq!((status, said.contains("gptos")), (Some(127), false), "{said}");
    assert_eq!(run(&["-o", "ConnectTimeout=1", "-p", "1", "box"]).0, Some(255));
}
