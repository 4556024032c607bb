//! What a reading consists of, and its two forms for people: rows, and one line.

use serde::Serialize;

/// What a node stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A program with its arguments inside.
    Command,
    /// A group, a branch or the body of a loop, with its commands inside.
    Block,
    /// A loop's variable with what it takes.
    Loop,
    /// A condition in brackets.
    Test,
    /// An option with its value.
    Option,
    /// An argument that is no option.
    Operand,
    /// Where input comes from or output goes.
    Redirect,
    /// A variable that is set.
    Assignment,
}

/// A piece of the line with its meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// How it follows the node before: `|`, `&&`, `||`, `;`, or nothing.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub join: &'static str,
    /// As it is written.
    pub text: String,
    /// In plain words.
    pub meaning: String,
    /// Whether the tables hold it.
    pub known: bool,
    /// Whether its outcome is turned round.
    #[serde(skip_serializing_if = "is_false")]
    pub negated: bool,
    /// Whether the shell goes on without waiting for it.
    #[serde(skip_serializing_if = "is_false")]
    pub background: bool,
    /// Where this machine has more about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub see: Option<String>,
    /// What belongs to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<Node>,
    /// The meaning with the ones inside, as part of one line.
    #[serde(skip)]
    pub(super) short: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Node {
    pub(super) fn new(kind: Kind, text: impl Into<String>, meaning: impl Into<String>) -> Self {
        let meaning = meaning.into();
        Self {
            kind,
            join: "",
            text: text.into(),
            short: meaning.clone(),
            meaning,
            known: true,
            negated: false,
            background: false,
            see: None,
            inside: Vec::new(),
        }
    }

    pub(super) fn unknown(kind: Kind, text: impl Into<String>) -> Self {
        Self { known: false, ..Self::new(kind, text, super::UNKNOWN) }
    }

    #[must_use]
    pub(super) fn with(self, inside: Vec<Node>) -> Self {
        Self { inside, ..self }
    }

    /// Calls `visit` with this node and all inside it.
    pub fn each(&mut self, visit: &mut dyn FnMut(&mut Node)) {
        visit(self);
        self.inside.iter_mut().for_each(|node| node.each(visit));
    }

    fn rows(&self, indent: usize, rows: &mut Vec<Row>) {
        let mut text = String::new();
        if !matches!(self.join, "" | ";") {
            text.push_str(self.join);
            text.push(' ');
        }
        text.push_str(if self.negated { "! " } else { "" });
        text.push_str(&self.text);
        text.push_str(if self.background { " &" } else { "" });
        let mut meaning = match self.join {
            "&&" => format!("if that worked: {}", self.meaning),
            "||" => format!("if that failed: {}", self.meaning),
            _ => self.meaning.clone(),
        };
        if self.negated {
            meaning.push_str("; success counts as failure and the reverse");
        }
        if self.background {
            meaning.push_str(", in the background");
        }
        if let Some(see) = &self.see {
            meaning.push_str(&format!("; `{see}` tells more"));
        }
        rows.push(Row { indent, text, meaning });
        self.inside.iter().for_each(|node| node.rows(indent + 1, rows));
    }
}

/// One row of the reading for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// How deep it stands.
    pub indent: usize,
    /// As it is written, with what joins it to the one before.
    pub text: String,
    /// In plain words.
    pub meaning: String,
}

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The pieces at the top level.
    pub commands: Vec<Node>,
    /// Whether all of the line is in here.
    pub whole: bool,
}

/// Longest one-line reading, in characters.
const LONGEST_SHORT: usize = 240;

impl Reading {
    /// The reading row by row.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        self.commands.iter().for_each(|node| node.rows(0, &mut rows));
        rows
    }

    /// The reading in one line of at most 240 characters.
    pub fn short(&self) -> String {
        let text = joined(&self.commands);
        if text.chars().count() <= LONGEST_SHORT {
            return text;
        }
        text.chars().take(LONGEST_SHORT - 1).chain(['…']).collect()
    }
}

/// The short forms of nodes that follow each other.
pub(super) fn joined(nodes: &[Node]) -> String {
    let mut text = String::new();
    for node in nodes {
        let joint = match (node.join, text.is_empty()) {
            (_, true) => "",
            ("|", _) => ", then ",
            ("&&", _) => ", and if that works, ",
            ("||", _) => ", or if that fails, ",
            (";", _) => "; then ",
            _ if text.ends_with(':') => " ",
            _ => ", ",
        };
        text.push_str(joint);
        text.push_str(if node.negated { "not: " } else { "" });
        // A loop says "for each" already.
        let short =
            if text.trim_end().ends_with(':') { node.short.strip_prefix("each time: ").unwrap_or(&node.short) } else { &node.short };
        text.push_str(short);
        text.push_str(if node.background { " in the background" } else { "" });
    }
    text
}
