use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use super::kinds::SlotSpec;
use super::template::{Template, TemplateError};
use crate::offline::lexicon::{Lemma, Lexicon, Role};

/// What is wrong with a file of intents.
#[derive(Debug, Error)]
pub(in crate::offline) enum FormatError {
    #[error("intents: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("intent {id}: slot `{slot}`: {reason}")]
    Slot { id: String, slot: String, reason: String },
    #[error("intent {id}: {source}")]
    Template { id: String, source: TemplateError },
    #[error("intent {0}: `not` names a word that `need` or `may` names too")]
    Contradiction(String),
    #[error("intent {id}: `{name}` is neither a slot nor a flag")]
    Unknown { id: String, name: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    family: String,
    intent: Vec<RawIntent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIntent {
    id: String,
    example: String,
    /// Every group must be said: `"delete|prune"`.
    need: Vec<String>,
    /// Words that belong to the intent and need not be said.
    #[serde(default)]
    may: String,
    /// Words that mean something else.
    #[serde(default)]
    not: String,
    /// `"name: kind [after a|b] [before c] [= default]"`, in the order of binding; `?` after the name: optional.
    #[serde(default)]
    slots: Vec<String>,
    /// Words that switch a part of the command on.
    #[serde(default)]
    flags: BTreeMap<String, String>,
    /// The first form whose `@` guards hold is the answer.
    cmd: OneOrMore,
    /// Other commands worth offering.
    #[serde(default)]
    alt: Vec<String>,
    reading: String,
    /// Deletes or overwrites: every slot must come from the text.
    #[serde(default)]
    destructive: bool,
    /// Taken from the confidence: for an answer that fits most people, not all.
    #[serde(default)]
    doubt: f64,
    /// Decides between intents that explain a sentence equally well.
    #[serde(default)]
    priority: i8,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// An intent ready to be matched.
#[derive(Debug)]
pub(in crate::offline) struct Intent {
    pub id: String,
    pub family: String,
    pub example: String,
    pub need: Vec<Vec<Lemma>>,
    pub may: Vec<Lemma>,
    pub not: Vec<Lemma>,
    pub slots: Vec<SlotSpec>,
    pub flags: Vec<(String, Vec<Lemma>)>,
    pub commands: Vec<Template>,
    pub alternatives: Vec<Template>,
    pub reading: Template,
    pub destructive: bool,
    pub doubt: f64,
    pub priority: i8,
}

/// Reads one file of intents and teaches the lexicon their words.
pub(in crate::offline) fn load(data: &str, lexicon: &mut Lexicon) -> Result<Vec<Intent>, FormatError> {
    let file: RawFile = toml::from_str(data)?;
    file.intent.into_iter().map(|raw| build(raw, &file.family, lexicon)).collect()
}

fn words(text: &str, lexicon: &mut Lexicon) -> Vec<Lemma> {
    text.split(['|', ' ', '\n']).filter(|word| !word.is_empty()).map(|word| lexicon.intern(word, Role::Content)).collect()
}

fn build(raw: RawIntent, family: &str, lexicon: &mut Lexicon) -> Result<Intent, FormatError> {
    let id = raw.id;
    let template = |text: &str| Template::parse(text).map_err(|source| FormatError::Template { id: id.clone(), source });
    let commands = match raw.cmd {
        OneOrMore::One(text) => vec![template(&text)?],
        OneOrMore::More(texts) => texts.iter().map(|text| template(text)).collect::<Result<_, _>>()?,
    };
    let alternatives = raw.alt.iter().map(|text| template(text)).collect::<Result<Vec<_>, _>>()?;
    let reading = template(&raw.reading)?;
    let mut slots = Vec::new();
    for text in &raw.slots {
        let spec = SlotSpec::parse(text, lexicon).map_err(|reason| FormatError::Slot { id: id.clone(), slot: text.clone(), reason })?;
        slots.push(spec);
    }
    // Slots with cues first: they are surer of their words than those that take what is left.
    slots.sort_by_key(|spec| spec.after.is_empty() && spec.before.is_empty());
    let flags: Vec<_> = raw.flags.iter().map(|(name, list)| (name.clone(), words(list, lexicon))).collect();
    for name in commands.iter().chain(&alternatives).chain([&reading]).flat_map(Template::names) {
        if !slots.iter().any(|slot| slot.name == name) && !flags.iter().any(|(flag, _)| *flag == name) {
            return Err(FormatError::Unknown { id, name });
        }
    }
    let need: Vec<Vec<Lemma>> = raw.need.iter().map(|group| words(group, lexicon)).collect();
    let (may, not) = (words(&raw.may, lexicon), words(&raw.not, lexicon));
    if not.iter().any(|word| may.contains(word) || need.iter().flatten().any(|needed| needed == word)) {
        return Err(FormatError::Contradiction(id));
    }
    Ok(Intent {
        family: family.to_owned(),
        example: raw.example,
        need,
        may,
        not,
        slots,
        flags,
        commands,
        alternatives,
        reading,
        destructive: raw.destructive,
        doubt: raw.doubt,
        priority: raw.priority,
        id,
    })
}
