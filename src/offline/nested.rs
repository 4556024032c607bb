//! Sentences that hold a smaller one: "save X in the variable v" says how to print X and where it goes, "the second line of
//! the output of 'ls -l'" says what happens to standard input and where that comes from.

use std::ops::Range;

use super::machine::Machine;
use super::parse::Parse;
use crate::domain::ShellKind;

/// Words that begin such a sentence.
const VERBS: &[&str] = &["save", "store", "put", "assign", "record", "saves", "stores", "puts", "assigns"];

/// Words between the verb and the variable that say no more than "it".
const IT: &[&str] =
    &["it", "that", "them", "the", "result", "results", "output", "path", "to", "of", "new", "created", "its", "file", "value"];

/// A sentence without what stands around it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Nested {
    pub about: String,
    around: Around,
}

#[derive(Debug, PartialEq, Eq)]
enum Around {
    /// The variable that the output goes to.
    Variable(String),
    /// The command that standard input comes from, and whether its errors come too.
    Source(String, bool),
}

/// The smaller sentence, if there is one.
pub(super) fn split(query: &str) -> Option<Nested> {
    let saved = saved(query).map(|(about, name)| Nested { about, around: Around::Variable(name) });
    saved.or_else(|| piped(query))
}

/// "… the output and error of 'make' …": the same of standard input, and the command.
fn piped(query: &str) -> Option<Nested> {
    // Letters stay where they are in it.
    let low = query.to_ascii_lowercase();
    let (start, mut rest) = low.match_indices("output").find_map(|(at, word)| {
        let rest = low[at + word.len()..].strip_prefix(' ')?;
        let rest = ["and error ", "and errors ", "and standard error ", "and stderr "]
            .into_iter()
            .find_map(|both| rest.strip_prefix(both))
            .unwrap_or(rest);
        let rest = rest.strip_prefix("of ").or_else(|| rest.strip_prefix("from "))?;
        Some((at, rest))
    })?;
    let errors = low[start..low.len() - rest.len()].contains(" and ");
    while let Some(next) = ["the ", "a ", "command ", "running ", "executing "].iter().find_map(|word| rest.strip_prefix(word)) {
        rest = next;
    }
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let from = low.len() - rest.len() + 1;
    let end = from + query.get(from..)?.find(quote)?;
    let command = query.get(from..end).filter(|text| is_command(text))?;
    let mut before = query.get(..start)?;
    while let Some(shorter) = ["the ", "standard ", "unbuffered "].iter().find_map(|word| before.strip_suffix(word)) {
        before = shorter;
    }
    let about = format!("{before}standard input{}", query.get(end + 1..)?);
    Some(Nested { about, around: Around::Source(command.to_owned(), errors) })
}

/// A command or several in a row that only read: nothing that writes to a file or runs beside the shell.
fn is_command(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || " _@%+:,./=-|$'\"*~".contains(c);
    let even = |quote: char| text.matches(quote).count().is_multiple_of(2);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '~'))
        && text.contains(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(fits)
        && even('\'')
        && even('"')
        && !text.trim_end().ends_with('|')
}

/// The sentence about what is saved, and the variable it goes to.
fn saved(query: &str) -> Option<(String, String)> {
    let text = query.trim().trim_end_matches(['.', ';']);
    let words: Vec<&str> = text.split_whitespace().collect();
    // Blanks inside a name in quotes are a part of it.
    let mut read = 0;
    let span = |word: &&str| {
        let start = read + text[read..].find(*word).unwrap_or_default();
        read = start + word.len();
        start..read
    };
    let spans: Vec<Range<usize>> = words.iter().map(span).collect();
    let written = |from: usize, to: usize| Some(&text[spans.get(from)?.start..spans.get(to.checked_sub(1)?)?.end]);
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
        words.get(at + 3..).filter(|about| about.len() > 1 && about[0].starts_with(char::is_alphabetic))?;
        return Some((format!("print {}", written(at + 3, words.len())?), name));
    }
    let (end, name) = target(&words)?;
    let body = words.get(..end)?;
    if VERBS.contains(&body.first()?.to_lowercase().as_str()) {
        let rest = &body[1..];
        let about = rest.iter().any(|word| !IT.contains(word));
        return about.then(|| written(1, end)).flatten().map(|about| (format!("print {about}"), name));
    }
    // "… and save it in the variable v".
    let verb = body.iter().rposition(|word| VERBS.contains(&word.to_lowercase().as_str()))?;
    let before = body[..verb].strip_suffix(&["and"]).or_else(|| body[..verb].strip_suffix(&["then"]))?;
    (!before.is_empty() && body[verb + 1..].iter().all(|word| IT.contains(word))).then_some(())?;
    Some((written(0, before.len())?.trim_end_matches(',').to_owned(), name))
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

impl Nested {
    /// The parse of the whole from that of the smaller sentence; `None` if they make no sense together.
    pub(super) fn wrap(&self, parse: Parse, machine: &Machine) -> Option<Parse> {
        let (commands, reading): (Vec<String>, String) = match &self.around {
            Around::Variable(_) if parse.destructive => return None,
            Around::Variable(name) => (
                parse.commands.iter().map(|command| assign(command, name, machine)).collect(),
                format!("put into {name}: {}", parse.reading),
            ),
            Around::Source(source, errors) => {
                let joint = if *errors { "2>&1 |" } else { "|" };
                // `cat` only hands on what it gets.
                let piped = |command: &String| match (command.strip_prefix("cat > "), errors) {
                    (Some(file), false) => format!("{source} > {file}"),
                    (Some(file), true) => format!("{source} > {file} 2>&1"),
                    _ => format!("{source} {joint} {command}"),
                };
                (parse.commands.iter().map(piped).collect(), format!("of the output of {source}: {}", parse.reading))
            }
        };
        // The words of the inner sentence are not those of this one.
        Some(Parse { commands, reading, weight: parse.weight + 3.0, explained: u64::MAX, bound: u64::MAX, ..parse })
    }
}

fn assign(command: &str, name: &str, machine: &Machine) -> String {
    // `wc` names the file behind the figure, unless it does not know it.
    let counted = command.strip_prefix("wc -").and_then(|rest| rest.split_once(' ')).filter(|(_, file)| {
        let quoted = file.strip_prefix('\'').and_then(|file| file.strip_suffix('\''));
        quoted.map_or(!file.contains([' ', '*']), |inside| !inside.contains('\''))
    });
    let command = counted.map_or_else(|| command.to_owned(), |(flag, file)| format!("wc -{flag} < {file}"));
    match machine.shell {
        ShellKind::Fish => format!("set {name} ({command})"),
        _ => format!("{name}=$({command})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_inside_a_name_stay() {
        let about = |query: &str| split(query).map(|nested| nested.about);
        assert_eq!(about("save the  path of \"a  b\tc\" in the variable x").as_deref(), Some("print the  path of \"a  b\tc\""));
        assert_eq!(about("count the lines of 'a  b' and save it in the variable x").as_deref(), Some("count the lines of 'a  b'"));
        assert_eq!(about("set the variable x to the size of 'a  b'").as_deref(), Some("print the size of 'a  b'"));
        let machine = Machine::usual(ShellKind::Bash, crate::offline::machine::Os::Linux);
        assert_eq!(assign("wc -l 'a  b'", "n", &machine), "n=$(wc -l < 'a  b')");
        assert_eq!(assign("wc -l 'a' 'b'", "n", &machine), "n=$(wc -l 'a' 'b')");
        assert_eq!(assign("wc -l *.txt", "n", &machine), "n=$(wc -l *.txt)");
    }

    #[test]
    fn a_command_that_writes_or_runs_aside_is_no_source() {
        let about = |command: &str| split(&format!("count the lines of the output of \"{command}\"")).map(|nested| nested.about);
        assert_eq!(about("ls -l | sort").as_deref(), Some("count the lines of standard input"));
        for command in ["ls > list", "make & true", "ls; rm x", "echo $(id)", "ls |", "...", "echo 'a"] {
            assert_eq!(about(command), None, "{command}");
        }
    }

    #[test]
    fn a_text_that_a_variable_is_set_to_is_no_sentence() {
        let name = |query: &str| match split(query)?.around {
            Around::Variable(name) => Some(name),
            Around::Source(..) => None,
        };
        assert_eq!(name("save the host name in the variable HOST").as_deref(), Some("HOST"));
        assert_eq!(name("create a temporary file and save the path to it in the 'tmp' variable").as_deref(), Some("tmp"));
        for query in ["set the variable HOST to web", "set the variable HOST to \"my web\"", "save it in the variable x"] {
            assert_eq!(name(query), None, "{query}");
        }
    }
}
