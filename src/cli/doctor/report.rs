//! What a shell says of itself, read from bytes that anything in its start-up files may have written to.

use std::collections::BTreeMap;

use memchr::memmem;

use crate::config::key_notation::{self, Binding};
use crate::domain::ShellKind;

/// Most records that are read.
const MOST_RECORDS: usize = 20_000;

/// A shell as it says it is at its first prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// Its version, `""` when it did not say.
    pub version: String,
    /// The file or pipe from which the integration was read; `None` when it is not there.
    pub loaded: Option<String>,
    /// Options of the integration.
    pub variables: BTreeMap<String, String>,
    /// Every key.
    pub bindings: Vec<Binding>,
    /// Other programs of the line editor and the prompt, by name.
    pub seen: Vec<String>,
    /// zsh: the widget that accepts a line, and all widgets that lead to ours.
    pub enter: Option<(String, Vec<String>)>,
    /// bash: what completes `?? words`.
    pub completes: Option<String>,
    /// bash: what is run before each prompt.
    pub prompts: Option<String>,
}

/// Whether the bytes hold a whole report behind this word.
pub(super) fn is_whole(bytes: &[u8], word: &str) -> bool {
    // fish draws its screen to standard output as well, so more may follow.
    begin(bytes, word).is_some_and(|rest| memmem::find(rest, b"\0end\0\0\0").is_some())
}

fn begin<'a>(bytes: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let mark = format!("\0{word}\0");
    memmem::find(bytes, mark.as_bytes()).map(|at| &bytes[at + mark.len()..])
}

/// Reads it; `None` when there is none.
pub(super) fn read(shell: ShellKind, bytes: &[u8], word: &str) -> Option<Report> {
    let text = String::from_utf8_lossy(begin(bytes, word)?).into_owned();
    let fields: Vec<&str> = text.split('\0').collect();
    let mut report = Report::default();
    for record in fields.chunks_exact(3).take(MOST_RECORDS) {
        let [kind, name, value] = record else { break };
        match *kind {
            "version" => report.version = (*value).to_owned(),
            "loaded" => report.loaded = Some((*value).to_owned()),
            "variable" => drop(report.variables.insert((*name).to_owned(), (*value).to_owned())),
            "key" => report.bindings.extend(key_notation::binding(shell, name, value)),
            "enter" => report.enter = Some(((*value).to_owned(), Vec::new())),
            "enters" => {
                if let Some((_, all)) = &mut report.enter {
                    *all = value.split_whitespace().map(str::to_owned).collect();
                }
            }
            "completes" => report.completes = Some((*value).to_owned()),
            "prompts" => report.prompts = Some((*value).to_owned()),
            "seen" if !report.seen.iter().any(|known| known == value) => report.seen.push((*value).to_owned()),
            "end" => break,
            _ => {}
        }
    }
    report.seen.sort();
    Some(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_word_is_no_part_of_it() {
        let bytes =
            b"motd\0seen\0\0forged\0\0W0RD\0version\0\x005.9\0key\0emacs\0\"^G\" gptos-translate\0seen\0\0fzf\0seen\0\0fzf\0end\0\0\0";
        assert!(is_whole(bytes, "W0RD") && !is_whole(&bytes[..bytes.len() - 2], "W0RD") && !is_whole(bytes, "OTHER"));
        let report = read(ShellKind::Zsh, bytes, "W0RD").unwrap();
        assert_eq!((report.version.as_str(), report.loaded.clone(), report.seen.clone()), ("5.9", None, vec!["fzf".to_owned()]));
        assert_eq!(report.bindings.len(), 1);
        assert_eq!(read(ShellKind::Zsh, bytes, "OTHER"), None);
    }

    #[test]
    fn no_bytes_are_too_much_for_it() {
        for bytes in [&b"\0W\0"[..], b"\0W\0key\0\0", b"\0W\0\xff\xfe\0\0\0", b"\0W\0enters\0\0a b\0end\0\0\0", b""] {
            let _ = read(ShellKind::Bash, bytes, "W");
        }
    }
}
