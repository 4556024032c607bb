use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::offline::grammar::{Pattern, PatternError};
use crate::offline::intents::{Template, TemplateError};

/// What is wrong with a file of phrases.
#[derive(Debug, Error)]
pub(in crate::offline) enum PhraseError {
    #[error("phrases: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("phrase {id}: `{pattern}`: {source}")]
    Pattern { id: String, pattern: String, source: PatternError },
    #[error("phrase {id}: {source}")]
    Template { id: String, source: TemplateError },
    #[error("phrase {id}: `{name}` is neither a slot nor an option")]
    Unknown { id: String, name: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    family: String,
    /// What none of the phrases of the file is about: a sentence that says one of these is not theirs.
    #[serde(default)]
    not: Vec<String>,
    phrase: Vec<RawPhrase>,
}

/// What can be said with many commands ("from standard input", "page by page") and what it adds behind them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawShared {
    say: OneOrMore,
    #[serde(default)]
    cmd: String,
    #[serde(default)]
    destructive: bool,
}

const SHARED: &str = include_str!("../data/phrases.shared.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPhrase {
    id: String,
    example: String,
    /// One of them names the command.
    say: Vec<String>,
    /// What else can be said: each sets a flag of its name and binds its slots. A name that begins with `no_` is for what
    /// stands behind a negation ("without …").
    #[serde(default)]
    with: BTreeMap<String, OneOrMore>,
    /// Shared options, in the order in which their commands are added.
    #[serde(default, rename = "use")]
    shared: Vec<String>,
    /// The first form whose `@` guards hold and whose slots are bound is the answer.
    cmd: OneOrMore,
    /// Other commands worth offering.
    #[serde(default)]
    alt: Vec<String>,
    reading: String,
    /// Deletes or overwrites.
    #[serde(default)]
    destructive: bool,
    /// Taken from the confidence.
    #[serde(default)]
    doubt: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            OneOrMore::One(text) => vec![text],
            OneOrMore::More(texts) => texts,
        }
    }
}

/// Something that can be said beside the command.
#[derive(Debug)]
pub(in crate::offline) struct SaidOption {
    pub name: String,
    pub negated: bool,
    /// It can be said more than once: it binds nothing.
    pub repeats: bool,
    /// Saying it makes the command overwrite something.
    pub destructive: bool,
    pub patterns: Vec<Pattern>,
}

/// A phrase ready to be matched.
#[derive(Debug)]
pub(in crate::offline) struct Phrase {
    pub id: String,
    pub family: String,
    pub example: String,
    pub say: Vec<Pattern>,
    /// Whoever says one of these means something else.
    pub not: Vec<Pattern>,
    pub options: Vec<SaidOption>,
    pub commands: Vec<Template>,
    pub alternatives: Vec<Template>,
    pub reading: Template,
    pub destructive: bool,
    pub doubt: f64,
}

impl Phrase {
    /// The words of its patterns.
    pub(in crate::offline) fn vocabulary(&self) -> impl Iterator<Item = &str> {
        let options = self.options.iter().flat_map(|option| &option.patterns);
        self.say.iter().chain(options).flat_map(Pattern::vocabulary)
    }
}

/// Reads one file of phrases.
pub(in crate::offline) fn load(data: &str) -> Result<Vec<Phrase>, PhraseError> {
    let file: RawFile = toml::from_str(data)?;
    let shared: BTreeMap<String, RawShared> = toml::from_str(SHARED)?;
    file.phrase.into_iter().map(|raw| build(raw, &file.family, &file.not, &shared)).collect()
}

fn build(raw: RawPhrase, family: &str, not: &[String], shared: &BTreeMap<String, RawShared>) -> Result<Phrase, PhraseError> {
    let id = raw.id;
    let mut suffix = String::new();
    let mut with: Vec<(String, OneOrMore, bool)> = raw.with.into_iter().map(|(name, patterns)| (name, patterns, false)).collect();
    for name in raw.shared {
        let Some(option) = shared.get(&name) else { return Err(PhraseError::Unknown { id, name }) };
        if !option.cmd.is_empty() {
            suffix.push_str(&format!("(?{name}:{}?)", option.cmd));
        }
        with.push((name, option.say.clone(), option.destructive));
    }
    let pattern =
        |text: &String| Pattern::parse(text).map_err(|source| PhraseError::Pattern { id: id.clone(), pattern: text.clone(), source });
    let template = |text: &String| Template::parse(text).map_err(|source| PhraseError::Template { id: id.clone(), source });
    let say = raw.say.iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
    let not = not.iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
    let mut options = Vec::new();
    for (name, patterns, destructive) in with {
        let patterns = patterns.all().iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
        let repeats = patterns.iter().all(|pattern| pattern.slots().next().is_none());
        options.push(SaidOption { negated: name.starts_with("no_"), name, repeats, destructive, patterns });
    }
    let whole = |text: &String| template(&format!("{text}{suffix}"));
    let commands = raw.cmd.all().iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    let alternatives = raw.alt.iter().map(whole).collect::<Result<Vec<_>, _>>()?;
    let reading = template(&raw.reading)?;
    let patterns = || say.iter().chain(options.iter().flat_map(|option| &option.patterns));
    for name in commands.iter().chain(&alternatives).chain([&reading]).flat_map(Template::names) {
        if !options.iter().any(|option| option.name == name) && !patterns().any(|pattern| pattern.slots().any(|slot| slot == name)) {
            return Err(PhraseError::Unknown { id, name });
        }
    }
    Ok(Phrase {
        id,
        family: family.to_owned(),
        example: raw.example,
        say,
        not,
        options,
        commands,
        alternatives,
        reading,
        destructive: raw.destructive,
        doubt: raw.doubt,
    })
}
