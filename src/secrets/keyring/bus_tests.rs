use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::JoinHandle;

use super::*;

const SOON: Duration = Duration::from_millis(150);

/// A bus that says its lines and closes when the other end does.
fn bus(folder: &Path, says: &'static [&'static [u8]]) -> (String, JoinHandle<()>) {
    let socket = folder.join("a bus");
    let listener = UnixListener::bind(&socket).expect("binds");
    let served = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("is connected");
        let mut reader = BufReader::new(stream.try_clone().expect("clones"));
        let mut line = Vec::new();
        let _ = reader.read_until(b'\n', &mut line);
        for words in says {
            let _ = (&stream).write_all(words);
        }
        let _ = reader.read_to_end(&mut line);
    });
    (format!("tcp:host=x;unix:guid=1,path={}", socket.display().to_string().replace(' ', "%20")), served)
}

fn error(says: &'static [&'static [u8]]) -> KeyringError {
    let folder = tempfile::tempdir().expect("makes a directory");
    let (address, served) = bus(folder.path(), says);
    let error = Bus::connect(&address, SOON).err().expect("gives nothing");
    served.join().expect("ends");
    error
}

#[test]
fn a_bus_that_is_silent_or_talks_nonsense_costs_a_moment() {
    assert_eq!(error(&[]), KeyringError::Late(SOON));
    assert_eq!(error(&[b"REJECTED EXTERNAL\r\n"]), KeyringError::Foreign);
    assert_eq!(error(&[b"OK 1234\r\n"]), KeyringError::Late(SOON));
    assert_eq!(error(&[&[b'x'; 600]]), KeyringError::Broken);
    // A body, and fields, of four gigabytes.
    assert_eq!(error(&[b"OK 1\r\n", b"l\x02\x01\x01\xff\xff\xff\xff\x01\0\0\0\0\0\0\0"]), KeyringError::Broken);
    assert_eq!(error(&[b"OK 1\r\n", b"l\x02\x01\x01\0\0\0\0\x01\0\0\0\xff\xff\xff\xff"]), KeyringError::Broken);
    // A field of a type that none has.
    assert_eq!(error(&[b"OK 1\r\n", b"l\x02\x01\x01\0\0\0\0\x01\0\0\0\x05\0\0\0\x05\x01v\0\0\0\0\0"]), KeyringError::Broken);
}

#[test]
fn an_error_of_the_bus_is_told_from_others() {
    for (name, expected) in [
        ("org.freedesktop.DBus.Error.ServiceUnknown", KeyringError::NoService),
        ("org.freedesktop.DBus.Error.Spawn.ExecFailed", KeyringError::NoService),
        ("org.freedesktop.Secret.Error.IsLocked", KeyringError::Locked),
        ("org.gnome.\x1bkeyring", KeyringError::Refused("org.gnome.keyring".to_owned())),
    ] {
        assert_eq!(KeyringError::from_name(name), expected);
    }
}

#[test]
fn only_sockets_of_this_machine_are_addresses() {
    assert!(socket_address("unix:path=/run/user/1/bus").is_some() && socket_address("unix:abstract=/tmp/x,guid=2").is_some());
    for address in ["", "tcp:host=h,port=1", "unix:", "unix:path", "unix:path=/a%zz", "unixexec:path=/bin/sh"] {
        assert!(socket_address(address).is_none(), "{address}");
    }
    assert_eq!(Bus::connect("unix:path=/nonexistent/bus", SOON).err(), Some(KeyringError::NoBus));
}
