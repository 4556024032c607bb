//! "Save X in the variable v": what prints X, put into a variable of the shell.

use super::machine::Machine;
use super::parse::Parse;
use crate::domain::ShellKind;

/// Words that begin such a sentence.
const VERBS: &[&str] = &["save", "store", "put", "assign", "record", "saves", "stores", "puts", "assigns"];

/// Words between the verb and the variable that say no more than "it".
const IT: &[&str] =
    &["it", "that", "them", "the", "result", "results", "output", "path", "to", "of", "new", "created", "its", "file", "value"];

/// The sentence about what is saved, and the variable it goes to.
pub(super) fn split(query: &str) -> Option<(String, String)> {
    let words: Vec<&str> = query.trim().trim_end_matches(['.', ';']).split_whitespace().collect();
    if words.len() < 4 || words.len() > 40 {
        return None;
    }
    // "Set the variable v to X".
    let is = |at: usize, list: &[&str]| words.get(at).is_some_and(|word| list.contains(&word.to_lowercase().as_str()));
    if is(0, &["set", "sets"]) {
        let at = (1..4).find(|at| is(*at, &["variable"]))?;
        is_plain(&words[1..at]).then_some(())?;
        let name = identifier(words.get(at + 1)?)?;
        is(at + 2, &["to"]).then_some(())?;
        // "to bar" is a text, "to the name of this host" is what prints it.
        let about = words.get(at + 3..).filter(|about| about.len() > 1 && about[0].starts_with(char::is_alphabetic))?;
        return Some((format!("print {}", about.join(" ")), name));
    }
    let (end, name) = target(&words)?;
    let body = words.get(..end)?;
    if VERBS.contains(&body.first()?.to_lowercase().as_str()) {
        let rest = &body[1..];
        let about = rest.iter().any(|word| !IT.contains(word));
        return about.then(|| (format!("print {}", rest.join(" ")), name));
    }
    // "… and save it in the variable v".
    let verb = body.iter().rposition(|word| VERBS.contains(&word.to_lowercase().as_str()))?;
    let before = body[..verb].strip_suffix(&["and"]).or_else(|| body[..verb].strip_suffix(&["then"]))?;
    (!before.is_empty() && body[verb + 1..].iter().all(|word| IT.contains(word))).then_some(())?;
    Some((before.join(" ").trim_end_matches(',').to_owned(), name))
}

/// Where "in the variable v" or "to 'v' variable" at the end begins, and the variable.
fn target(words: &[&str]) -> Option<(usize, String)> {
    let at = words.iter().rposition(|word| word.eq_ignore_ascii_case("variable"))?;
    let (first, name) = match words.len() - at {
        1 => (at.checked_sub(1)?, identifier(words.get(at.checked_sub(1)?)?)?),
        2 => (at, identifier(words.last()?)?),
        _ => return None,
    };
    let start = words[..first].iter().rposition(|word| matches!(*word, "in" | "into" | "to" | "as"))?;
    (is_plain(&words[start + 1..first]) && start > 0).then_some((start, name))
}

fn is_plain(words: &[&str]) -> bool {
    words.iter().all(|word| ["a", "the", "shell", "bash", "environment", "new"].contains(&word.to_lowercase().as_str()))
}

fn identifier(word: &str) -> Option<String> {
    let name = word.trim_matches(['"', '\'', '`', ',']).trim_start_matches('$');
    let fits =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (fits && !["a", "the", "this", "that", "another", "some", "named", "called"].contains(&name)).then(|| name.to_owned())
}

/// The parse that puts the output of another into a variable; `None` for one that changes something.
pub(super) fn wrap(parse: Parse, name: &str, machine: &Machine) -> Option<Parse> {
    if parse.destructive {
        return None;
    }
    let wrapped = |command: &String| {
        // `wc` names the file behind the figure, unless it does not know it.
        let command = match command.split(' ').collect::<Vec<_>>().as_slice() {
            ["wc", flag, file] if flag.starts_with('-') && !file.contains('*') => format!("wc {flag} < {file}"),
            _ => command.clone(),
        };
        match machine.shell {
            ShellKind::Fish => format!("set {name} ({command})"),
            _ => format!("{name}=$({command})"),
        }
    };
    Some(Parse {
        commands: parse.commands.iter().map(wrapped).collect(),
        reading: format!("put into {name}: {}", parse.reading),
        weight: parse.weight + 3.0,
        // The words of the inner sentence are not those of this one.
        explained: u64::MAX,
        bound: u64::MAX,
        ..parse
    })
}
