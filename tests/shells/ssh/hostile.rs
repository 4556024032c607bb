//! What the other side may do with the socket when it is not the stub that asks.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

use super::super::terminal::Shell;
use super::{SHELLS, Session, Ways};

/// Sends bytes through the forwarded socket and gives what comes back, all of it or what had come when the line broke.
fn send(socket: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may be refused before all of it was taken.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The next connection that asks something. That the session has begun is told with a bare request, which may come late.
fn question(listener: &UnixListener) -> UnixStream {
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        let mut read = [0_u8; 4096];
        let length = stream.read(&mut read).unwrap_or_default();
        if read[..length].starts_with(b"POST /v1/line ") {
            return stream;
        }
    }
}

fn status(socket: &Path, request: &str) -> String {
    send(socket, request.as_bytes()).split(' ').nth(1).unwrap_or("closed").to_owned()
}

#[test]
fn only_two_questions_get_through() {
    let mut session = Session::open(Shell::Bash, &Ways::default());
    let socket = session.far_folder().join("s");
    for path in ["/v1/suggest", "/v1/ran", "/v1/warm", "/v1/prefetch", "/v1/fix", "/v1/drain", "/v1/cache", "/", "/v1/line/../ran"] {
        assert_eq!(status(&socket, &format!("POST {path} HTTP/1.1\r\ncontent-length: 2\r\n\r\n{{}}")), "404", "{path}");
    }
    for path in ["/v1/status", "/v1/metrics", "/v1/cache", "/v1/line"] {
        assert_eq!(status(&socket, &format!("GET {path} HTTP/1.1\r\n\r\n")), "404", "{path}");
    }
    assert_eq!(status(&socket, "POST /v1/line HTTP/1.1\r\ncontent-length: 100000\r\n\r\n"), "413");
    assert_eq!(status(&socket, &format!("POST /v1/line HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000))), "413");
    assert_eq!(status(&socket, "POST /v1/line HTTP/1.1\r\ncontent-length: 3\r\n\r\nx\n\n"), "400");
    assert_eq!(session.leave(0), "0");
}

#[test]
fn a_flood_is_refused_and_the_session_stays() {
    let mut session = Session::open(Shell::Bash, &Ways::default());
    let socket = session.far_folder().join("s");
    let mut idle: Vec<UnixStream> = Vec::new();
    let body = "shell=bash 5.2\nos=Linux\ntools=gnu\n\nlist files";
    let request = format!("POST /v1/line HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // One that says nothing is not kept for ever, so there are always new ones.
    let taken = || {
        idle.extend((0..8).map_while(|_| UnixStream::connect(&socket).ok()));
        (status(&socket, &request) == "503").then_some(())
    };
    session.t.wait_for(taken, "the places to be taken");
    drop(idle);
    session.t.wait_for(|| (status(&socket, &request) == "200").then_some(()), "the places to be free again");
    session.t.wait_for(|| (status(&socket, &request) == "429").then_some(()), "the minute to be full");
    session.t.type_text("list files by size");
    session.t.key("C-g");
    session.t.wait_for_screen("gptos: too many questions; wait a moment");
    assert_eq!(session.t.buffer(), "list files by size");
    session.t.key("C-c");
    session.t.wait_for_buffer(str::is_empty);
    assert_eq!(session.leave(0), "0");
}

#[test]
fn what_was_run_at_home_is_not_told() {
    let mut session = Session::prepare(Shell::Bash, &Ways::default(), "");
    let state = session.t.dir().join("home/.local/state");
    fs::create_dir_all(&state).unwrap();
    // The user once answered these words with a line of their own; at home it is the first answer.
    let ran = format!(
        "printf '%s\\0%s' 'list files by size' 'ls -lhS secret-project' | {0} ran bash 0; {0} memory list",
        env!("CARGO_BIN_EXE_gptos")
    );
    session.t.type_text(&ran);
    session.t.key("Enter");
    session.t.wait_for_screen("\nlist files by size");
    session.enter("");
    session.t.type_text("list files by size");
    session.t.key("C-g");
    let line = session.answered("risk none");
    assert!(line.starts_with("ls ") && !line.contains("secret"), "{line}");
    session.t.key("C-c");
    session.t.wait_for_buffer(str::is_empty);
    assert_eq!(session.leave(0), "0");
}

#[test]
fn an_answer_that_would_do_something_stays_out_of_the_line() {
    for shell in SHELLS {
        let mut session = Session::open(shell, &Ways::default());
        let folder = session.far_folder();
        // Whoever is root over there may listen in our place; the stub takes no more from it than from home.
        fs::remove_file(folder.join("s")).unwrap();
        let listener = UnixListener::bind(folder.join("s")).unwrap();
        let answers = ["cmd\techo a\x1b[2Jb\tnone\t\tnote\nend\n", "cmd\techo cut\tnone\t\tnote\n", "cmd\techo fine\tnone\t\tnote\nend\n"];
        let server = thread::spawn(move || {
            for body in answers {
                let mut stream = question(&listener);
                let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            }
        });
        let t = &session.t;
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("the answer holds a control character");
        assert_eq!(t.buffer(), "list files", "{shell:?}");
        t.key("C-g");
        t.wait_for_screen("nobody answers at home");
        assert_eq!(t.buffer(), "list files", "{shell:?}");
        t.key("C-g");
        assert_eq!(session.answered("gptos: note"), "echo fine", "{shell:?}");
        server.join().unwrap();
        t.key("C-c");
        t.wait_for_buffer(str::is_empty);
        assert_eq!(session.leave(0), "0", "{shell:?}");
    }
}

#[test]
fn a_dead_socket_is_told_and_costs_nothing() {
    for shell in SHELLS {
        let mut session = Session::open(shell, &Ways::default());
        session.t.type_text("?? list files by size");
        session.t.key("Enter");
        assert!(session.answered("risk none").starts_with("ls "), "{shell:?}");
        for socket in session.sockets() {
            fs::remove_file(socket).unwrap();
        }
        // A line that was changed can no longer be judged; it is the user's and runs.
        let ran = session.t.dir().join("ran");
        session.t.key("C-e");
        session.t.type_text(&format!(" >{}", ran.display()));
        session.enter_until(|| ran.exists(), "the line to run");
        session.t.wait_for_screen("gptos: the line was not checked");
        session.t.type_text("list files by size");
        session.t.key("C-g");
        session.t.wait_for_screen("gptos: nobody answers at home; the session goes on without the keys");
        assert_eq!(session.t.buffer(), "list files by size", "{shell:?}");
        session.t.key("C-c");
        session.t.wait_for_buffer(str::is_empty);
        assert_eq!(session.leave(0), "0", "{shell:?}");
    }
}
