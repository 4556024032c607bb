//! Ports that somebody listens on already.

use super::called::{Call, Line, value};
use super::{Fix, Seen, Wanted};
use crate::syntax::Word;

/// A program that listens, by its name and what must stand behind that.
struct Server {
    program: &'static str,
    behind: &'static [&'static str],
    /// Where it listens when nobody says.
    usual: u16,
    /// How another port is said; empty: as the first operand.
    option: &'static str,
}

const fn server(program: &'static str, behind: &'static [&'static str], usual: u16, option: &'static str) -> Server {
    Server { program, behind, usual, option }
}

const SERVERS: &[Server] = &[
    server("python", &["-m", "http.server"], 8000, ""),
    server("python3", &["-m", "http.server"], 8000, ""),
    server("flask", &["run"], 5000, "--port"),
    server("uvicorn", &[], 8000, "--port"),
    server("gunicorn", &[], 8000, "--bind"),
    server("rails", &["server"], 3000, "--port"),
    server("rails", &["s"], 3000, "--port"),
    server("jekyll", &["serve"], 4000, "--port"),
    server("hugo", &["server"], 1313, "--port"),
    server("mkdocs", &["serve"], 8000, "--dev-addr"),
    server("vite", &[], 5173, "--port"),
    server("ng", &["serve"], 4200, "--port"),
    server("http-server", &[], 8080, "--port"),
    server("serve", &[], 3000, "--listen"),
    server("redis-server", &[], 6379, "--port"),
    server("caddy", &["file-server"], 80, "--listen"),
];

/// Options whose value is a port to listen on, alone or behind an address, whatever the program.
const LISTEN: [&str; 3] = ["--listen", "--publish", "--dev-addr"];

/// Options that mean it in programs that listen, and other things elsewhere.
const OPTIONS: [&str; 6] = ["-p", "--port", "-l", "-S", "--bind", "-b"];

/// Programs that listen, beside those with a usual port.
const LISTENERS: [&str; 13] = ["docker", "podman", "nerdctl", "php", "nc", "ncat", "npx", "npm", "node", "deno", "bun", "socat", "ttyd"];

/// The port a call wants to listen on, and the word and bytes of it that say so.
struct Asked<'a> {
    port: u16,
    said: Option<(&'a Word, &'a str)>,
    option: &'static str,
}

pub(super) fn want(line: &Line<'_>, wanted: &mut Wanted) {
    wanted.ports.extend(line.failing().filter_map(|call| Some(asked(&call)?.port)));
}

pub(super) fn fixes(line: &Line<'_>, seen: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    for call in line.failing() {
        let Some(asked) = asked(&call) else { continue };
        let Some(free) = seen.taken.get(&asked.port) else { continue };
        let reading = format!("port {} is taken, port {free} is free", asked.port);
        found.extend(elsewhere(line, &call, &asked, *free).map(|line| Fix::new(line, reading, 0.85)));
        found.extend(who(asked.port, seen));
    }
    found
}

/// What shows who listens on a port.
pub(super) fn who(port: u16, seen: &Seen) -> Option<Fix> {
    let command = match seen.port_lister.as_deref()? {
        "ss" => format!("ss -ltnp 'sport = :{port}'"),
        _ => format!("lsof -nP -iTCP:{port} -sTCP:LISTEN"),
    };
    Some(Fix::new(command, format!("port {port} is taken; this shows by whom"), 0.6))
}

/// The line with another port.
fn elsewhere(line: &Line<'_>, call: &Call<'_>, asked: &Asked<'_>, port: u16) -> Option<String> {
    let port = port.to_string();
    match asked.said {
        Some((word, said)) => {
            let text = value(word)?;
            // `8080:8080` says two, and only one of them is taken.
            let at = said.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
            let changed = format!("{}{port}{}", &text[..at], &text[at + said.len()..]);
            line.with(word, &line.quoted(&changed))
        }
        None if asked.option.is_empty() => line.behind(call.words.last()?, &format!(" {port}")),
        None => {
            let told = if matches!(asked.option, "--bind" | "--dev-addr") { format!("127.0.0.1:{port}") } else { port };
            line.behind(call.words.last()?, &format!(" {} {told}", asked.option))
        }
    }
}

fn asked<'a>(call: &Call<'a>) -> Option<Asked<'a>> {
    let name = call.name();
    let texts: Vec<&str> = call.words.iter().skip(1).map(|word| value(word).unwrap_or_default()).collect();
    let server = SERVERS.iter().find(|server| server.program == name && texts.starts_with(server.behind));
    let listens = server.is_some() || LISTENERS.contains(&name);
    let means_port = |option: &str| LISTEN.contains(&option) || (listens && OPTIONS.contains(&option));
    let words = || call.words.iter().skip(1);
    for (word, behind) in words().zip(words().skip(1)) {
        if value(word).is_some_and(means_port)
            && let Some((port, said)) = value(behind).and_then(port_in)
        {
            return Some(Asked { port, said: Some((behind, said)), option: "" });
        }
    }
    for word in words() {
        let Some((option, rest)) = value(word).and_then(|text| text.split_once('=')) else { continue };
        if means_port(option)
            && let Some((port, said)) = port_in(rest)
        {
            return Some(Asked { port, said: Some((word, said)), option: "" });
        }
    }
    let server = server?;
    let rest = call.words.get(1 + server.behind.len()..).unwrap_or_default();
    if server.option.is_empty()
        && let Some((word, (port, said))) = rest.iter().find_map(|word| Some((word, port_in(value(word)?)?)))
    {
        return Some(Asked { port, said: Some((word, said)), option: "" });
    }
    Some(Asked { port: server.usual, said: None, option: server.option })
}

/// The port in `8000`, `:8000`, `host:8000` or, of two as docker takes them, the outer one.
fn port_in(text: &str) -> Option<(u16, &str)> {
    let number = |text: &'_ str| text.parse::<u16>().ok().filter(|port| *port > 0);
    let text = text.split_once('/').map_or(text, |(text, _)| text);
    let parts: Vec<&str> = text.rsplit(':').collect();
    let said = match parts.as_slice() {
        [inner, outer, ..] if number(inner).is_some() && number(outer).is_some() => outer,
        [port, ..] => port,
        [] => return None,
    };
    Some((number(said)?, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_where_they_stand() {
        for (text, port) in [("8000", 8000), (":8000", 8000), ("0.0.0.0:80", 80), ("8080:80", 8080), ("127.0.0.1:8081:80/tcp", 8081)] {
            assert_eq!(port_in(text).map(|(port, _)| port), Some(port), "{text}");
        }
        for text in ["", "0", "70000", "x", "localhost", "a:b"] {
            assert_eq!(port_in(text), None, "{text}");
        }
    }
}
