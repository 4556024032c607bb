use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;

use crate::offline::IntentInfo;
use crate::offline::grammar::Pattern;
use crate::offline::intents::Template;
use crate::offline::pack::Written;
use crate::offline::source::{Cause, OneOrMore, SourceError, doubt, short};

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

static SHARED: LazyLock<BTreeMap<String, RawShared>> =
    LazyLock::new(|| toml::from_str(include_str!("../data/phrases.shared.toml")).expect("a test reads the embedded data"));

/// A phrase as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::offline) struct RawPhrase {
    pub id: Spanned<String>,
    example: String,
    /// One of them names the command.
    say: Vec<Spanned<String>>,
    /// What else can be said: each sets a flag of its name and binds its slots. A name that begins with `no_` is for what
    /// stands behind a negation ("without …").
    #[serde(default)]
    with: BTreeMap<String, Spanned<OneOrMore>>,
    /// Shared options, in the order in which their commands are added.
    #[serde(default, rename = "use")]
    shared: Vec<Spanned<String>>,
    /// The first form whose `@` guards hold and whose slots are bound is the answer.
    cmd: Spanned<OneOrMore>,
    /// Other commands worth offering.
    #[serde(default)]
    alt: Vec<Spanned<String>>,
    reading: Spanned<String>,
    /// Deletes or overwrites.
    #[serde(default)]
    destructive: bool,
    /// Taken from the confidence.
    #[serde(default)]
    doubt: f64,
    /// Stands behind others that explain the sentence as well.
    #[serde(default)]
    back: bool,
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

impl SaidOption {
    fn new(name: &str, patterns: Vec<Pattern>, destructive: bool) -> Self {
        let repeats = patterns.iter().all(|pattern| pattern.slots().next().is_none());
        Self { negated: name.starts_with("no_"), name: name.to_owned(), repeats, destructive, patterns }
    }
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
    /// The byte at which its id stands in its file.
    pub at: usize,
    /// Where in a pack it was written.
    pub written: Option<Written>,
    pub back: bool,
}

impl Phrase {
    /// What people are told of it.
    pub(in crate::offline) fn info(&self) -> IntentInfo<'_> {
        IntentInfo { id: &self.id, family: &self.family, example: &self.example, written: self.written.as_ref() }
    }

    /// The words of its patterns.
    pub(in crate::offline) fn vocabulary(&self) -> impl Iterator<Item = &str> {
        let options = self.options.iter().flat_map(|option| &option.patterns);
        self.say.iter().chain(options).flat_map(Pattern::vocabulary)
    }
}

fn pattern(text: &str, at: Range<usize>) -> Result<Pattern, SourceError> {
    Pattern::parse(short(text, at.clone())?).map_err(|source| Cause::Pattern { pattern: text.to_owned(), source }.at(at))
}

fn template(text: &str, at: Range<usize>) -> Result<Template, SourceError> {
    Template::parse(short(text, at.clone())?).map_err(|error| Cause::Template(error).at(at))
}

impl RawPhrase {
    /// Checks it. A sentence that fits one of `not` is none for its file.
    pub(in crate::offline) fn build(self, family: &str, not: &[Spanned<String>]) -> Result<Phrase, SourceError> {
        let say = self.say.iter().map(|text| pattern(text.get_ref(), text.span())).collect::<Result<Vec<_>, _>>()?;
        if say.is_empty() {
            return Err(Cause::Empty("say").at(self.id.span()));
        }
        let mut options = Vec::new();
        for (name, texts) in &self.with {
            let patterns = texts.get_ref().all().iter().map(|text| pattern(text, texts.span())).collect::<Result<Vec<_>, _>>()?;
            options.push(SaidOption::new(name, patterns, false));
        }
        let mut suffix = String::new();
        for name in &self.shared {
            let Some(option) = SHARED.get(name.get_ref()) else { return Err(Cause::Unknown(name.get_ref().clone()).at(name.span())) };
            let patterns = option.say.all().iter().map(|text| pattern(text, name.span())).collect::<Result<Vec<_>, _>>()?;
            options.push(SaidOption::new(name.get_ref(), patterns, option.destructive));
            if !option.cmd.is_empty() {
                suffix.push_str(&format!("(?{}:{}?)", name.get_ref(), option.cmd));
            }
        }
        let not = not.iter().map(|text| pattern(text.get_ref(), text.span())).collect::<Result<Vec<_>, _>>()?;
        let whole = |text: &str, at: Range<usize>| template(&format!("{text}{suffix}"), at);
        let commands: Vec<Template> = self.cmd.get_ref().all().iter().map(|text| whole(text, self.cmd.span())).collect::<Result<_, _>>()?;
        if commands.is_empty() {
            return Err(Cause::Empty("cmd").at(self.cmd.span()));
        }
        let alternatives = self.alt.iter().map(|text| whole(text.get_ref(), text.span())).collect::<Result<Vec<_>, _>>()?;
        let reading = template(self.reading.get_ref(), self.reading.span())?;
        let patterns = || say.iter().chain(options.iter().flat_map(|option| &option.patterns));
        let spans =
            std::iter::repeat_n(self.cmd.span(), commands.len()).chain(self.alt.iter().map(Spanned::span)).chain([self.reading.span()]);
        for (template, at) in commands.iter().chain(&alternatives).chain([&reading]).zip(spans) {
            for name in template.names() {
                if !options.iter().any(|option| option.name == name) && !patterns().any(|pattern| pattern.slots().any(|slot| slot == name))
                {
                    return Err(Cause::Unknown(name).at(at));
                }
            }
        }
        Ok(Phrase {
            family: family.to_owned(),
            example: self.example,
            say,
            not,
            options,
            commands,
            alternatives,
            reading,
            destructive: self.destructive,
            doubt: doubt(self.doubt, self.id.span())?,
            back: self.back,
            at: self.id.span().start,
            written: None,
            id: self.id.into_inner(),
        })
    }
}
