//! What the resident answers at once, for the process of a key press. It is asked as the line editor of zsh asks it, and its
//! records go on as they came: the same code has made and judged them. Whatever is odd leaves the question to the ways after it.

use std::time::Duration;

use super::ask::Surroundings;
use crate::domain::ShellKind;

/// How long the resident may take. It gives up sooner by itself.
const LIMIT: Duration = Duration::from_millis(20);
/// What the resident reads of the asking shell's environment.
pub(super) const TOLD: [&str; 8] = ["HOME", "PATH", "LC_ALL", "LC_MESSAGES", "LANG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "GPTOS_CONFIG"];

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) shell: ShellKind,
    pub(super) version: &'a str,
    /// Whether the shell keeps a line with holes from running.
    pub(super) holes: bool,
}

/// The records that answer what the shell wrote, if they are at hand.
pub(super) fn ask(asking: &Asking<'_>, written: &[u8], surroundings: &Surroundings) -> Option<String> {
    let channel = surroundings.answering_channel()?;
    let build = channel.binary.as_ref()?.build();
    let body = question(asking, &build, written)?;
    let answer = channel.exchange("POST", "/v1/line", &body, LIMIT).ok()?;
    String::from_utf8(answer).ok().filter(|records| is_answer(records))
}

fn question(asking: &Asking<'_>, build: &str, written: &[u8]) -> Option<Vec<u8>> {
    let here = std::env::current_dir().ok()?;
    let mut fields = vec![
        ("wish", "answer".to_owned()),
        ("shell", asking.shell.name().to_owned()),
        ("version", asking.version.to_owned()),
        ("build", build.to_owned()),
        ("holes", u8::from(asking.holes).to_string()),
        ("PWD", here.to_str()?.to_owned()),
    ];
    for name in TOLD {
        if let Some(value) = std::env::var_os(name) {
            fields.push((name, value.into_string().ok()?));
        }
    }
    let mut body: Vec<u8> = fields.iter().flat_map(|(key, value)| [key, "=", value, "\0"]).flat_map(str::bytes).collect();
    body.push(0);
    body.extend_from_slice(written);
    Some(body)
}

/// Whether these are whole records with an end, and not the one that leaves the question to this process.
fn is_answer(records: &str) -> bool {
    // A resident that breaks the promise of the records is not believed.
    if records.contains(|c: char| c != '\0' && c.is_control()) {
        return false;
    }
    let Some(records) = records.strip_suffix('\0') else { return false };
    let fields: Vec<&str> = records.split('\0').collect();
    let kinds: Vec<&str> = fields.chunks(3).map(|record| record[0]).collect();
    fields.len().is_multiple_of(3) && kinds.first() != Some(&"ask") && kinds.iter().position(|kind| *kind == "end") == Some(kinds.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_answers_count() {
        for (records, whole) in [
            ("cmd\0ls\0note\0end\x000\0\0", true),
            ("end\x000\0\0", true),
            ("ask\0\0\0end\x000\0\0", false),
            ("cmd\0ls\0note\0end\x000\0", false),
            ("cmd\0ls\0note\0end\x000\0\0more\0\0\0", false),
            ("cmd\0ls\0note\0", false),
            ("cmd\0ls\0end\x000\0\0", false),
            ("end", false),
            ("cmd\0a\nb\0note\0end\x000\0\0", false),
            ("cmd\0a\x1fb\0note\0end\x000\0\0", false),
            ("\0", false),
            ("", false),
        ] {
            assert_eq!(is_answer(records), whole, "{records:?}");
        }
    }

    #[test]
    fn the_question_is_one_that_the_resident_reads() {
        let asking = Asking { shell: ShellKind::Fish, version: "3.6.0", holes: true };
        let body = question(&asking, "1-2-3", b"list\nfiles\0ll\0\0cursor=3").unwrap();
        let read = crate::line::question::Question::read(&body).unwrap();
        assert_eq!((read.wish, read.build.as_str(), read.holes), (crate::line::question::Wish::Answer, "1-2-3", true));
        assert_eq!((read.facts.shell, read.facts.shell_version.as_str()), (ShellKind::Fish, "3.6.0"));
        assert_eq!(read.facts.cwd, std::env::current_dir().unwrap());
        assert_eq!((read.context.query.as_slice(), read.facts.own_commands.as_slice()), (&b"list\nfiles"[..], &["ll".to_owned()][..]));
        assert_eq!(read.context.aim().unwrap().cursor, Some(3));
        assert_eq!(read.facts.path, std::env::var("PATH").unwrap_or_default());
    }
}
