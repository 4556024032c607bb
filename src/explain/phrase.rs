//! Phrases with places for what the line says there.

use super::node::Node;
use super::{Reader, measures, node, rights, schedule, scripts, specs};
use crate::domain::ShellKind;
use crate::syntax::{Part, Word};

/// What stands in a place of a phrase.
#[derive(Debug, Clone, Default)]
pub(super) struct Value {
    /// Without quotes where that is certain, otherwise as it is written.
    pub(super) text: String,
    /// As it is written.
    pub(super) raw: String,
    /// Whether it is a pattern for names of files.
    glob: bool,
    /// The word it comes from, when it is the whole of it.
    pub(super) word: Option<Word>,
}

impl Value {
    pub(super) fn of(word: &Word) -> Self {
        let unquoted = word.raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|rest| !rest.contains('"'));
        let text = word.value.clone().unwrap_or_else(|| unquoted.unwrap_or(&word.raw).to_owned());
        Self { text, raw: word.raw.clone(), glob: word.glob, word: Some(word.clone()) }
    }

    #[cfg(test)]
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), raw: text.to_owned(), ..Self::default() }
    }

    /// What follows the first `bytes` bytes of the text.
    pub(super) fn after(&self, bytes: usize) -> Self {
        let text = self.text.get(bytes..).unwrap_or_default().to_owned();
        let raw = if self.raw.ends_with(&text) { text.clone() } else { self.raw.get(bytes..).unwrap_or(&text).to_owned() };
        Self { text, raw, glob: self.glob, word: self.word.clone() }
    }

    fn has_output(&self) -> bool {
        self.word.iter().flat_map(|word| &word.parts).any(|part| matches!(part, Part::Output { .. } | Part::OutputFile(_)))
    }
}

/// A phrase with all places filled, and the commands that stand in them.
#[derive(Debug, Default)]
pub(super) struct Filled {
    pub(super) text: String,
    pub(super) inside: Vec<Node>,
}

impl Filled {
    pub(super) fn join(&mut self, other: Filled) {
        self.text.push_str(&other.text);
        self.inside.extend(other.inside);
    }
}

impl Reader<'_> {
    /// Fills the places of a phrase with a value.
    pub(super) fn fill(&self, template: &str, value: Option<&Value>) -> Filled {
        let empty = Value::default();
        let (mut filled, mut rest) = (Filled::default(), template);
        while let Some((before, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}').unwrap_or((after, ""));
            filled.text.push_str(before);
            match value {
                Some(value) if matches!(place, "shell" | "zsh" | "fish" | "line") => {
                    let shell = match place {
                        "zsh" => ShellKind::Zsh,
                        "fish" => ShellKind::Fish,
                        "line" => self.shell,
                        _ => ShellKind::Bash,
                    };
                    self.shell_text(value, shell, &mut filled);
                }
                Some(value) if place == "path" && value.text == "-" => filled.text.push_str(match before {
                    "" => "standard input",
                    before if before.ends_with("to ") => "standard output",
                    before if ["from ", "in ", "of "].iter().any(|word| before.ends_with(word)) => "standard input",
                    _ => "standard input or output",
                }),
                value => filled.text.push_str(&say(place, value.unwrap_or(&empty))),
            }
            rest = after;
        }
        filled.text.push_str(rest);
        filled
    }

    fn shell_text(&self, value: &Value, shell: ShellKind, filled: &mut Filled) {
        let certain = value.word.as_ref().is_none_or(|word| word.value.is_some());
        match self.text(&value.text, shell).filter(|_| certain) {
            Some(nodes) => {
                filled.text.push_str(&node::joined(&nodes));
                filled.inside.extend(nodes);
            }
            None => filled.text.push_str(&value.raw),
        }
    }
}

/// What a value is called in a place of this kind.
fn say(place: &str, value: &Value) -> String {
    let text = value.text.as_str();
    // Nothing is known of a value that the running shell makes.
    if value.has_output() {
        return output_of(value);
    }
    if let Some(unit) = place.strip_prefix("count ") {
        return measures::counted(text, unit);
    }
    if let Some(unit) = place.strip_prefix("fields ") {
        return measures::fields(unit, text).unwrap_or_else(|| format!("{unit} {text}"));
    }
    let read = match place {
        "path" => return path(value),
        "remote" => return specs::remote(value),
        "size" => measures::size(text),
        "days" => measures::ago(text, "day"),
        "minutes" => measures::ago(text, "minute"),
        "duration" => measures::duration(text),
        "signal" => Some(measures::signal(text)),
        "head lines" => measures::head(text, "line"),
        "head bytes" => measures::head(text, "byte"),
        "tail lines" => measures::tail(text, "line"),
        "tail bytes" => measures::tail(text, "byte"),
        "sort key" => measures::sort_key(text),
        "perm" => rights::wanted(text),
        "mode" => rights::given(text),
        "mask" => rights::masked(text),
        "cron" => schedule::crontab_line(text).map(|line| format!("a line for crontab: {line}")),
        "date" => specs::date_format(text),
        "setting" => specs::setting(text),
        "publish" => specs::published(text),
        "volume" => specs::volume(text),
        "forward" => specs::forward(text),
        "characters" => Some(specs::characters(text)),
        "sed" => scripts::sed(text),
        "awk" => scripts::awk(text).or_else(|| Some("a program in awk".to_owned())),
        "jq" => scripts::jq(text).or_else(|| Some("a filter of jq".to_owned())),
        _ => None,
    };
    read.unwrap_or_else(|| plain(value))
}

fn plain(value: &Value) -> String {
    if value.text.is_empty() { "an empty text".to_owned() } else { value.text.clone() }
}

fn output_of(value: &Value) -> String {
    if value.raw.starts_with(">(") { "what goes there is read by:".to_owned() } else { "what this prints:".to_owned() }
}

/// A file or folder.
pub(super) fn path(value: &Value) -> String {
    match value.text.as_str() {
        "." | "./" => "this folder".to_owned(),
        ".." | "../" => "the folder above".to_owned(),
        "~" | "~/" => "your home folder".to_owned(),
        "/" => "the root folder".to_owned(),
        "-" => "standard input or output".to_owned(),
        "/dev/null" => "nowhere".to_owned(),
        "{}" => "each of them".to_owned(),
        "*" => "everything here".to_owned(),
        _ if value.has_output() => output_of(value),
        text if value.glob => format!("all that match {text}"),
        _ => plain(value),
    }
}
