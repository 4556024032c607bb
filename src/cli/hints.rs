//! The line for when there is no answer: why, what is near, and what to do next, from what is really here. The same
//! advice is not given twice a day.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::OFlags;

use super::facts;
use super::pages::ShownPage;
use crate::paths::Paths;
use crate::protocol::Answer;
use crate::suggest::recording::WITHHELD;

/// How long a look for a model server on this machine may take; a refused connection takes microseconds.
const PROBE_LIMIT: Duration = Duration::from_millis(50);
/// Most bytes of a list, of models or of advice, that are looked at.
const LIST_LIMIT: u64 = 64 * 1024;
/// Examples that fit into the line.
const EXAMPLES: usize = 2;
/// Well-known key variables and the provider that `provider add` knows by name.
const KEYS: [(&str, &str); 5] = [
    ("OPENAI_API_KEY", "openai"),
    ("ANTHROPIC_API_KEY", "anthropic"),
    ("GEMINI_API_KEY", "gemini"),
    ("OPENROUTER_API_KEY", "openrouter"),
    ("GROQ_API_KEY", "groq"),
];
/// Default ports of model servers with an OpenAI-compatible interface and their names for `provider add`.
const SERVERS: [(u16, &str); 3] = [(11434, "ollama"), (8080, "llama.cpp"), (1234, "lmstudio")];

/// One line for an answer without a candidate, with a few examples.
pub(super) fn no_answer(answer: &Answer, query: &str, examples: &[ShownPage], paths: &Paths) -> String {
    let mut line = if answer.remarks.is_empty() {
        format!("not sure what `{}` means", shorten(query))
    } else {
        format!("no answer: {}", answer.remarks.join("; "))
    };
    if !answer.nearest.is_empty() {
        let quoted: Vec<String> = answer.nearest.iter().map(|sentence| format!("`{sentence}`")).collect();
        line.push_str(&format!("; near it: {}", quoted.join(", ")));
    }
    if !examples.is_empty() {
        let quoted = |page: &ShownPage| match page.doubt() {
            Some(doubt) => format!("`{}` ({doubt})", page.command()),
            None => format!("`{}`", page.command()),
        };
        let quoted: Vec<String> = examples.iter().take(EXAMPLES).map(quoted).collect();
        line.push_str(&format!("; from tldr: {}", quoted.join(", ")));
    }
    // What is held back would be held back of a provider as well.
    if !answer.has_provider
        && !answer.remarks.iter().any(|remark| remark.starts_with(WITHHELD))
        && let Some((id, advice)) = next_step()
        && is_new_today(&id, paths)
    {
        line.push_str("; ");
        line.push_str(&advice);
    }
    line
}

fn shorten(query: &str) -> String {
    let mut words: String = query.chars().take(40).map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if query.chars().nth(40).is_some() {
        words.push('…');
    }
    words
}

fn next_step() -> Option<(String, String)> {
    for (variable, provider) in KEYS {
        if facts::variable(variable).is_some_and(|value| !value.is_empty()) {
            return Some((format!("key-{provider}"), format!("`{variable}` is set: `gptos provider add {provider} --key-env {variable}`")));
        }
    }
    for (port, provider) in SERVERS {
        if let Some(model) = served_model(port) {
            return Some((
                format!("server-{provider}"),
                format!("a model server answers on :{port}: `gptos provider add {provider} --model {model}`"),
            ));
        }
    }
    Some(("no-provider".to_owned(), "a provider can answer more: `gptos provider add --help`".to_owned()))
}

/// The first model that a server on this port lists. Many programs listen on these ports; one that lists no models in
/// the way of OpenAI is not meant.
fn served_model(port: u16) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PROBE_LIMIT).ok()?;
    stream.set_read_timeout(Some(PROBE_LIMIT)).ok()?;
    stream.set_write_timeout(Some(PROBE_LIMIT)).ok()?;
    stream.write_all(b"GET /v1/models HTTP/1.0\r\nhost: localhost\r\n\r\n").ok()?;
    let mut reply = Vec::new();
    // A server that keeps the connection open ends the reading by the time limit; what came until then counts.
    let _ = stream.take(LIST_LIMIT).read_to_end(&mut reply);
    first_model(&String::from_utf8_lossy(&reply))
}

fn first_model(reply: &str) -> Option<String> {
    let body = reply.get(reply.find('{')?..=reply.rfind('}')?)?;
    let list: serde_json::Value = serde_json::from_str(body).ok()?;
    let model = list.get("data")?.get(0)?.get("id")?.as_str()?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/@".contains(letter);
    (!model.is_empty() && model.len() <= 80 && model.chars().all(is_plain)).then(|| model.to_owned())
}

/// Whether this advice has not been given today. Without a place to remember it is given each time.
pub(super) fn is_new_today(id: &str, paths: &Paths) -> bool {
    let Some(directory) = &paths.state_dir else { return true };
    let today = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400;
    let file = directory.join("hints");
    let line = format!("{today} {id}");
    let known = read_plain(&file).unwrap_or_default();
    if known.lines().any(|known| known == line) {
        return false;
    }
    let kept = known.lines().filter(|known| known.starts_with(&format!("{today} ")));
    let text: String = kept.chain([line.as_str()]).map(|line| format!("{line}\n")).collect();
    let _ = write_private(directory, &file, &text);
    true
}

/// The text of a regular file. Anything else that stands at its place, such as a pipe that nobody writes to, is not read.
fn read_plain(file: &Path) -> std::io::Result<String> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let opened = fs::OpenOptions::new().read(true).custom_flags(flags).open(file)?;
    if !opened.metadata()?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut text = String::new();
    opened.take(LIST_LIMIT).read_to_string(&mut text).map(|_| text)
}

fn write_private(directory: &Path, file: &Path, text: &str) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let temporary = file.with_extension(std::process::id().to_string());
    let written = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary);
    let replaced = written?.write_all(text.as_bytes()).and_then(|()| fs::rename(&temporary, file));
    if replaced.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_of_models_names_a_model() {
        let list =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"object\":\"list\",\"data\":[{\"id\":\"qwen2.5-coder:7b\"}]}";
        assert_eq!(first_model(list).as_deref(), Some("qwen2.5-coder:7b"));
        for other in [
            "",
            "HTTP/1.1 404 Not Found\r\n\r\n<html>{}</html>",
            "HTTP/1.1 200 OK\r\n\r\n{\"data\":[]}",
            "HTTP/1.1 200 OK\r\n\r\n{\"data\":[{\"id\":\"x; rm -rf ~\"}]}",
        ] {
            assert_eq!(first_model(other), None, "{other}");
        }
    }
}
