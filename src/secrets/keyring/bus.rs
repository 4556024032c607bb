//! A connection to the message bus of the user's session. Each step is bounded by the moment at which all must be done.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use zeroize::Zeroizing;

use super::KeyringError;
use super::wire::{Body, Reader, Writer};
use crate::platform;

/// More than any answer of a keyring; a bus lets 128 MiB pass.
const MESSAGE_LIMIT: usize = 1024 * 1024;
const REPLY: u8 = 2;
const ERROR: u8 = 3;
const SIGNAL: u8 = 4;

/// Where a method is.
#[derive(Clone, Copy)]
pub(super) struct Method<'a> {
    pub(super) service: &'a str,
    pub(super) object: &'a str,
    pub(super) interface: &'a str,
    pub(super) name: &'a str,
}

/// One message that came.
pub(super) struct Message {
    kind: u8,
    reply_to: u32,
    error: String,
    path: String,
    name: String,
    body: Zeroizing<Vec<u8>>,
    is_big: bool,
}

impl Message {
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::new(&self.body, self.is_big)
    }
}

pub(super) struct Bus {
    stream: UnixStream,
    until: Instant,
    limit: Duration,
    serial: u32,
}

impl Bus {
    /// Connects to the first of the addresses that this machine can reach. The other end must be this user: whoever
    /// listens there is handed keys.
    pub(super) fn connect(addresses: &str, limit: Duration) -> Result<Self, KeyringError> {
        let stream =
            addresses.split(';').filter_map(socket_address).find_map(|address| dial(&address, limit).ok()).ok_or(KeyringError::NoBus)?;
        if !platform::peer_uid(&stream).is_ok_and(|uid| uid == platform::own_uid()) {
            return Err(KeyringError::Foreign);
        }
        let mut bus = Self { stream, until: Instant::now() + limit, limit, serial: 0 };
        bus.authenticate()?;
        const BUS: &str = "org.freedesktop.DBus";
        bus.call(Method { service: BUS, object: "/org/freedesktop/DBus", interface: BUS, name: "Hello" }, &Body::empty())?;
        Ok(bus)
    }

    /// From now on everything must be done within this time: somebody has to type something.
    pub(super) fn extend(&mut self, limit: Duration) {
        (self.until, self.limit) = (Instant::now() + limit, limit);
    }

    /// The bus knows the user from the socket; the name is only said again.
    fn authenticate(&mut self) -> Result<(), KeyringError> {
        let name: String = platform::own_uid().to_string().bytes().map(|digit| format!("{digit:02x}")).collect();
        self.write(format!("\0AUTH EXTERNAL {name}\r\n").as_bytes())?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            if line.len() > 512 {
                return Err(KeyringError::Broken);
            }
            let mut byte = [0];
            self.read(&mut byte)?;
            line.extend(byte);
        }
        if !line.starts_with(b"OK ") {
            return Err(KeyringError::Foreign);
        }
        self.write(b"BEGIN\r\n")
    }

    /// Calls a method and waits for what it gives.
    pub(super) fn call(&mut self, method: Method<'_>, body: &Body) -> Result<Message, KeyringError> {
        self.serial += 1;
        let serial = self.serial;
        self.write(&head(method, body, serial))?;
        self.write(&body.bytes)?;
        loop {
            let message = self.next()?;
            match message.kind {
                REPLY if message.reply_to == serial => return Ok(message),
                ERROR if message.reply_to == serial => return Err(KeyringError::from_name(&message.error)),
                _ => {}
            }
        }
    }

    /// Waits for a signal of an object.
    pub(super) fn signal(&mut self, path: &str, name: &str) -> Result<Message, KeyringError> {
        loop {
            let message = self.next()?;
            if message.kind == SIGNAL && message.path == path && message.name == name {
                return Ok(message);
            }
        }
    }

    fn next(&mut self) -> Result<Message, KeyringError> {
        let mut fixed = [0; 16];
        self.read(&mut fixed)?;
        let is_big = fixed[0] == b'B';
        let mut reader = Reader::new(&fixed[4..], is_big);
        let mut size = || reader.number().and_then(|size| usize::try_from(size).ok());
        let (Some(body), Some(_serial), Some(fields)) = (size(), size(), size()) else { return Err(KeyringError::Broken) };
        if body > MESSAGE_LIMIT || fields > MESSAGE_LIMIT {
            return Err(KeyringError::Broken);
        }
        // The fields count from the sixteenth byte, which is a multiple of eight, as all alignment does.
        let mut head = vec![0; fields.next_multiple_of(8)];
        self.read(&mut head)?;
        let mut message = Message {
            kind: fixed[1],
            reply_to: 0,
            error: String::new(),
            path: String::new(),
            name: String::new(),
            body: Zeroizing::new(vec![0; body]),
            is_big,
        };
        self.read(&mut message.body)?;
        fields_of(&head[..fields], &mut message).ok_or(KeyringError::Broken)?;
        Ok(message)
    }

    fn rest(&self) -> Result<Duration, KeyringError> {
        let rest = self.until.saturating_duration_since(Instant::now());
        if rest.is_zero() { Err(KeyringError::Late(self.limit)) } else { Ok(rest) }
    }

    fn failed(&self, error: &std::io::Error) -> KeyringError {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => KeyringError::Late(self.limit),
            _ => KeyringError::NoBus,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), KeyringError> {
        let set = self.stream.set_write_timeout(Some(self.rest()?));
        set.and_then(|()| self.stream.write_all(bytes)).map_err(|error| self.failed(&error))
    }

    fn read(&mut self, mut into: &mut [u8]) -> Result<(), KeyringError> {
        while !into.is_empty() {
            let set = self.stream.set_read_timeout(Some(self.rest()?));
            match set.and_then(|()| self.stream.read(into)) {
                Ok(0) => return Err(KeyringError::NoBus),
                Ok(count) => into = &mut into[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(())
    }
}

fn head(method: Method<'_>, body: &Body, serial: u32) -> Zeroizing<Vec<u8>> {
    let mut head = Writer::plain();
    // A call, without flags, of the first version of the protocol.
    [b'l', 1, 0, 1].into_iter().for_each(|byte| head.byte(byte));
    head.number(u32::try_from(body.bytes.len()).unwrap_or_default());
    head.number(serial);
    head.array(8, |head| {
        for (code, kind, value) in
            [(1, "o", method.object), (2, "s", method.interface), (3, "s", method.name), (6, "s", method.service), (8, "g", body.signature)]
        {
            if value.is_empty() {
                continue;
            }
            head.align(8);
            head.byte(code);
            head.signature(kind);
            if kind == "g" { head.signature(value) } else { head.text(value) }
        }
    });
    head.align(8);
    head.done()
}

/// Reads the fields of a head; those of types that no field of interest has are an error, since their length is not known.
fn fields_of(bytes: &[u8], message: &mut Message) -> Option<()> {
    let mut fields = Reader::new(bytes, message.is_big);
    loop {
        fields.align(8);
        if fields.is_at_end() {
            return Some(());
        }
        let code = fields.byte()?;
        match fields.signature()? {
            "u" => {
                let number = fields.number()?;
                if code == 5 {
                    message.reply_to = number;
                }
            }
            "s" | "o" => {
                let text = fields.text()?;
                match code {
                    1 => message.path = text.to_owned(),
                    3 => message.name = text.to_owned(),
                    4 => message.error = text.to_owned(),
                    _ => {}
                }
            }
            "g" => drop(fields.signature()?),
            _ => return None,
        }
    }
}

/// The socket that one address names; other ways to a bus, such as TCP, are none for keys.
fn socket_address(address: &str) -> Option<SocketAddrUnix> {
    let options = address.trim().strip_prefix("unix:")?;
    let (name, value) =
        options.split(',').filter_map(|option| option.split_once('=')).find(|(name, _)| matches!(*name, "path" | "abstract"))?;
    let value = unescaped(value)?;
    match name {
        "path" => SocketAddrUnix::new(value).ok(),
        _ => SocketAddrUnix::new_abstract_name(&value).ok(),
    }
}

fn unescaped(value: &str) -> Option<Vec<u8>> {
    let mut bytes = value.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    Some(plain)
}

/// A send time-out bounds the connect as well.
fn dial(address: &SocketAddrUnix, limit: Duration) -> std::io::Result<UnixStream> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Send, Some(limit))?;
    connect(&socket, address)?;
    Ok(UnixStream::from(socket))
}

#[cfg(test)]
#[path = "bus_tests.rs"]
mod tests;
