//! The embedded translator: English to commands without a model.
//!
//! A sentence becomes tokens (`tokens`, `slots`), each way to read it becomes a parse (`files`, `intents`), and
//! `rank` decides how sure the best one is. Nothing here reads a file or a clock: the same words on the same machine
//! always give the same answer.

mod answer;
mod budget;
mod explain;
mod files;
mod grammar;
mod holes;
mod index;
mod intents;
mod lexicon;
mod machine;
mod nested;
mod pack;
mod parse;
mod phrases;
mod rank;
mod repeats;
mod slots;
mod source;
mod tokens;
mod translator;
mod ways;

#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod mutation_tests;
#[cfg(test)]
mod pack_tests;

use crate::domain::Candidate;
pub use explain::{Considered, Explanation, Sureness};
pub use machine::{Machine, Os, Preferred, ToolSet};
pub use pack::{MOST_INTENTS, Pack, PackProblem, Written};
pub use translator::Translator;
pub use ways::{Way, normal_form, ways};

/// From this confidence on a command is put into the line at once.
pub const SURE: f64 = 0.8;

/// From this confidence on a command is offered, marked as a guess.
pub const PLAUSIBLE: f64 = 0.5;

/// What destroys something is declined when so much of the sentence was overlooked: one word with a meaning counts 1, and it may be the one that
/// says what is to be spared.
const OVERLOOKED: f64 = 1.0;

/// What the translator makes of a sentence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Translation {
    /// Best first; empty when it does not know.
    pub candidates: Vec<Candidate>,
    /// What the sentence asks for apart from the names and numbers in it: the intent of the first candidate and its slots.
    /// Two sentences with the same shape differ in what they are about alone.
    pub shape: Option<String>,
    /// Up to three sentences that it knows and that look like the query.
    pub nearest: Vec<String>,
    /// Whether it has no candidate and the sentence does not look like English.
    pub is_foreign: bool,
}

/// One thing the translator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentInfo<'a> {
    /// Its name: `git.undo-commit`.
    pub id: &'a str,
    /// The family it belongs to: `git`.
    pub family: &'a str,
    /// A sentence it understands.
    pub example: &'a str,
    /// Where it was written, if it comes from a pack.
    pub written: Option<&'a Written>,
}

/// The embedded data, one file for each group of families.
const DATA: [&str; 7] = [
    include_str!("data/files.toml"),
    include_str!("data/text.toml"),
    include_str!("data/system.toml"),
    include_str!("data/network.toml"),
    include_str!("data/git.toml"),
    include_str!("data/containers.toml"),
    include_str!("data/tools.toml"),
];

/// Commands whose options are said in words, one file for each group.
const PHRASES: [&str; 22] = [
    include_str!("data/phrases.files.toml"),
    include_str!("data/phrases.rights.toml"),
    include_str!("data/phrases.folders.toml"),
    include_str!("data/phrases.archives.toml"),
    include_str!("data/phrases.remote.toml"),
    include_str!("data/phrases.shell.toml"),
    include_str!("data/phrases.env.toml"),
    include_str!("data/phrases.process.toml"),
    include_str!("data/phrases.system.toml"),
    include_str!("data/phrases.users.toml"),
    include_str!("data/phrases.services.toml"),
    include_str!("data/phrases.network.toml"),
    include_str!("data/phrases.git.toml"),
    include_str!("data/phrases.git2.toml"),
    include_str!("data/phrases.docker.toml"),
    include_str!("data/phrases.tools.toml"),
    include_str!("data/phrases.screen.toml"),
    include_str!("data/phrases.media.toml"),
    include_str!("data/phrases.edit.toml"),
    include_str!("data/phrases.text.toml"),
    include_str!("data/phrases.tables.toml"),
    include_str!("data/phrases.streams.toml"),
];

/// What can be said with many phrases.
const SHARED_PHRASES: &str = include_str!("data/phrases.shared.toml");

/// Names that the phrases use as plain words.
const NEEDED_NAMES: [&str; 8] = ["server", "client", "target", "public", "website", "web", "backup", "git"];

/// What the files grammar understands, for the list of intents.
const FILE_EXAMPLES: [IntentInfo<'static>; 8] = [
    file_example("files.list", "find files bigger than 100 MB changed this week"),
    file_example("files.order", "find the ten largest files under /var"),
    file_example("files.content", "find python files containing \"TODO\""),
    file_example("files.count", "how many png files are in ~/pictures"),
    file_example("files.lines", "count lines in all python files"),
    file_example("files.size", "total size of all mp4 files in ~/videos"),
    file_example("files.delete", "delete *.tmp files older than 7 days in /tmp"),
    file_example("files.copy", "copy all jpg files to ~/backup"),
];

const fn file_example(id: &'static str, example: &'static str) -> IntentInfo<'static> {
    IntentInfo { id, family: "files", example, written: None }
}

/// Translates a sentence for a machine, with the embedded data alone.
pub fn translate(query: &str, machine: &Machine) -> Translation {
    Translator::embedded().translate(query, machine)
}

/// Everything the embedded data knows, family by family.
pub fn intents() -> impl Iterator<Item = IntentInfo<'static>> {
    Translator::embedded().intents()
}
