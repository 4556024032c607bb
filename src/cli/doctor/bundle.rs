//! `gptos doctor --bundle`: one text file for the report of a bug. It holds nothing of what was asked, offered or run.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::Runtime;

use super::around::Around;
use super::scrub::Scrub;
use super::sections;
use crate::cli::output::Output;
use crate::cli::{ExitStatus, facts};
use crate::domain::KeySettings;

/// Most bytes of a section; of a longer one the end counts.
const MOST: usize = 64 * 1024;
const HEAD: &str = "A report of gptos for a bug. Read it before you send it to anybody. It holds numbers and words that gptos has for everybody:\n\
    your providers have numbers, addresses and models of your own a kind alone, and so has what is bound to your keys.\n\
    What you asked, were offered and ran is not in it.\n";

/// Writes it and says where; `-` is standard output. What is there already is never overwritten.
pub(super) fn write(file: Option<&Path>, around: &Around, call: bool, runtime: &Runtime, output: &mut Output<'_>) -> ExitStatus {
    let sections = sections::all(around, call, runtime);
    let scrub = scrub(around);
    let mut text = HEAD.to_owned();
    for (name, content) in &sections {
        text.push_str(&format!("\n== {name} ==\n{}", scrub.text(tail(content))));
    }
    let names: Vec<&str> = sections.iter().map(|(name, _)| *name).collect();
    if file == Some(Path::new("-")) {
        output.data(&text);
        tell(&format!("{} bytes", text.len()), &names, output);
        return ExitStatus::Success;
    }
    let file = file.map_or_else(usual_name, Path::to_owned);
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    if let Err(error) = opened.and_then(|mut opened| opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all())) {
        let hint = if file.exists() {
            "name another file: gptos doctor --bundle FILE"
        } else {
            "name a file in a folder of yours: gptos doctor --bundle FILE"
        };
        output.error(&format!("doctor: {}: {error}", file.display()), Some(hint));
        return ExitStatus::Internal;
    }
    output.line(&file.display().to_string());
    tell(&format!("{} bytes, readable by you alone", text.len()), &names, output);
    ExitStatus::Success
}

fn tell(size: &str, names: &[&str], output: &mut Output<'_>) {
    output.remark(&format!("{size}: {}", names.join(", ")));
    output.remark("nothing of what you asked, were offered or ran is in it; read it before you send it to anybody");
}

fn usual_name() -> PathBuf {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    PathBuf::from(format!("gptos-report-{seconds}.txt"))
}

/// The end of a text that is too long.
fn tail(text: &str) -> &str {
    let from = text.len().saturating_sub(MOST);
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[from..]
}

/// What this user and this machine are called, and the keys that this shell has.
fn scrub(around: &Around) -> Scrub {
    let home = around.surroundings.paths.home.as_deref();
    let user = facts::variable("USER").or_else(|| facts::variable("LOGNAME")).or_else(|| Some(home?.file_name()?.to_str()?.to_owned()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let keys: Vec<String> = around
        .config
        .providers
        .iter()
        .filter_map(|provider| match &provider.key {
            Some(KeySettings::Env(name)) => facts::variable(name),
            Some(KeySettings::File(file)) => std::fs::read_to_string(file).ok().map(|key| key.trim().to_owned()),
            _ => None,
        })
        .collect();
    Scrub::new(home, user.as_deref(), Some(&host), &keys)
}
