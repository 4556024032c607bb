//! The embedded translator: English to commands without a model.
//!
//! A sentence becomes tokens (`tokens`, `slots`), each way to read it becomes a parse (`files`, `intents`), and
//! `rank` decides how sure the best one is. Nothing here reads a file or a clock: the same words on the same machine
//! always give the same answer.

mod files;
mod grammar;
mod intents;
mod lexicon;
mod machine;
mod parse;
mod phrases;
mod rank;
mod slots;
mod tokens;

#[cfg(test)]
mod corpus_tests;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::domain::Candidate;
use intents::Intent;
use lexicon::{Lemma, Lexicon, Role};
pub use machine::{Machine, Os, ToolSet};
use phrases::Phrase;

/// From this confidence on a command is put into the line at once.
pub const SURE: f64 = 0.8;

/// From this confidence on a command is offered, marked as a guess.
pub const PLAUSIBLE: f64 = 0.5;

/// What the translator makes of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// Best first; empty when it does not know.
    pub candidates: Vec<Candidate>,
    /// Up to three sentences that it knows and that look like the query.
    pub nearest: Vec<&'static str>,
}

/// One thing the translator can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentInfo {
    /// Its name: `git.undo-commit`.
    pub id: &'static str,
    /// The family it belongs to: `git`.
    pub family: &'static str,
    /// A sentence it understands.
    pub example: &'static str,
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

/// Names that the phrases use as plain words.
const NEEDED_NAMES: [&str; 8] = ["server", "client", "target", "public", "website", "web", "backup", "git"];

struct Engine {
    lexicon: Lexicon,
    intents: Vec<Intent>,
    phrases: Vec<Phrase>,
    /// How many intents need a word: rare words say more.
    uses: HashMap<Lemma, u32>,
    /// The words of all patterns, sorted.
    vocabulary: Vec<String>,
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut lexicon = Lexicon::from_data(include_str!("data/words.txt"));
    let mut all = Vec::new();
    for data in DATA {
        all.extend(intents::load(data, &mut lexicon).expect("the embedded intents are read by a test"));
    }
    lexicon.finish();
    let mut uses = HashMap::new();
    for lemma in all.iter().flat_map(|intent| intent.need.iter().flatten()) {
        *uses.entry(*lemma).or_insert(0) += 1;
    }
    let phrases: Vec<Phrase> =
        PHRASES.iter().flat_map(|data| phrases::load(data).expect("the embedded phrases are read by a test")).collect();
    let mut vocabulary: Vec<String> = files::vocabulary().map(str::to_owned).collect();
    // What people call their folders stays a name, unless a sentence needs it for what it means.
    let is_name = |word: &&str| !NEEDED_NAMES.contains(word) && lexicon.read(word).is_some_and(|known| known.role == Role::Name);
    vocabulary.extend(phrases.iter().flat_map(Phrase::vocabulary).filter(|word| !is_name(word)).map(str::to_owned));
    vocabulary.sort_unstable();
    vocabulary.dedup();
    Engine { lexicon, intents: all, phrases, uses, vocabulary }
});

/// What the files grammar understands, for the list of intents.
const FILE_EXAMPLES: [IntentInfo; 8] = [
    IntentInfo { id: "files.list", family: "files", example: "find files bigger than 100 MB changed this week" },
    IntentInfo { id: "files.order", family: "files", example: "find the ten largest files under /var" },
    IntentInfo { id: "files.content", family: "files", example: "find python files containing \"TODO\"" },
    IntentInfo { id: "files.count", family: "files", example: "how many png files are in ~/pictures" },
    IntentInfo { id: "files.lines", family: "files", example: "count lines in all python files" },
    IntentInfo { id: "files.size", family: "files", example: "total size of all mp4 files in ~/videos" },
    IntentInfo { id: "files.delete", family: "files", example: "delete *.tmp files older than 7 days in /tmp" },
    IntentInfo { id: "files.copy", family: "files", example: "copy all jpg files to ~/backup" },
];

/// Translates a sentence for a machine.
pub fn translate(query: &str, machine: &Machine) -> Translation {
    let engine = &*ENGINE;
    let Some(tokens) = tokens::tokenise(query, &engine.lexicon).filter(|tokens| !tokens.is_empty()) else {
        return Translation { candidates: Vec::new(), nearest: Vec::new() };
    };
    let said = tokens::Said::of(&tokens);
    let sentence = intents::Sentence { query, tokens: &tokens, said: &said, lexicon: &engine.lexicon, machine };
    let mut parses: Vec<_> = engine.intents.iter().filter_map(|intent| intents::match_intent(intent, sentence)).collect();
    let pieces = tokens::pieces(query, &engine.lexicon).unwrap_or_default();
    let words = grammar::words(query, &pieces, &engine.lexicon, &engine.vocabulary);
    parses.extend(files::match_files(&words, machine));
    parses.extend(engine.phrases.iter().filter_map(|phrase| phrases::match_phrase(phrase, &words, machine)));
    let candidates = rank::candidates(parses, &tokens);
    let nearest = if candidates.is_empty() { rank::nearest(engine, &tokens) } else { Vec::new() };
    Translation { candidates, nearest }
}

/// Everything the translator knows, family by family.
pub fn intents() -> impl Iterator<Item = IntentInfo> {
    let info = |intent: &'static Intent| IntentInfo { id: &intent.id, family: &intent.family, example: &intent.example };
    let said = |phrase: &'static Phrase| IntentInfo { id: &phrase.id, family: &phrase.family, example: &phrase.example };
    FILE_EXAMPLES.into_iter().chain(ENGINE.intents.iter().map(info)).chain(ENGINE.phrases.iter().map(said))
}
