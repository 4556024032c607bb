use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use toml::Spanned;

use crate::offline::IntentInfo;
use crate::offline::grammar::{Pattern, Vocabulary};
use crate::offline::intents::{RawWording, Wording};
use crate::offline::pack::Written;
use crate::offline::source::{Author, Cause, OneOrMore, SourceError, doubt, pattern};

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

/// An option that many phrases share.
struct Shared {
    option: Arc<SaidOption>,
    /// What it adds to the command.
    suffix: String,
}

struct SharedOptions {
    options: BTreeMap<String, Shared>,
    vocabulary: Vocabulary,
}

static SHARED: LazyLock<SharedOptions> = LazyLock::new(|| {
    let raw: BTreeMap<String, RawShared> =
        toml::from_str(include_str!("../data/phrases.shared.toml")).expect("a test reads the embedded data");
    let mut vocabulary = Vocabulary::default();
    let mut shared = |(name, raw): (String, RawShared)| {
        let patterns = raw.say.all().iter().map(|text| Pattern::parse(text, &mut vocabulary).expect("a test reads the embedded data"));
        let option = Arc::new(SaidOption::new(&name, patterns.collect(), raw.destructive));
        let suffix = if raw.cmd.is_empty() { String::new() } else { format!("(?{name}:{}?)", raw.cmd) };
        (name, Shared { option, suffix })
    };
    SharedOptions { options: raw.into_iter().map(&mut shared).collect(), vocabulary }
});

/// The words of the options that many phrases share.
pub(in crate::offline) fn shared_vocabulary() -> &'static Vocabulary {
    &SHARED.vocabulary
}

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
    /// Whoever says one of these means something else; all phrases of a file share them.
    pub not: Arc<[Pattern]>,
    pub options: Vec<Arc<SaidOption>>,
    pub wording: Wording,
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
}

impl RawPhrase {
    /// Checks it. A sentence that fits one of `not` is none for its file.
    pub(in crate::offline) fn build(
        self,
        family: &str,
        not: &Arc<[Pattern]>,
        vocabulary: &mut Vocabulary,
        author: Author,
    ) -> Result<Phrase, SourceError> {
        let say = self.say.iter().map(|text| pattern(text.get_ref(), text.span(), vocabulary)).collect::<Result<Vec<_>, _>>()?;
        if say.is_empty() {
            return Err(Cause::Empty("say").at(self.id.span()));
        }
        let mut options = Vec::new();
        for (name, texts) in &self.with {
            let texts = texts.get_ref().all().iter().map(|text| pattern(text, texts.span(), vocabulary));
            options.push(Arc::new(SaidOption::new(name, texts.collect::<Result<Vec<_>, _>>()?, false)));
        }
        let mut suffix = String::new();
        for name in &self.shared {
            let Some(shared) = SHARED.options.get(name.get_ref()) else {
                return Err(Cause::Unknown(name.get_ref().clone()).at(name.span()));
            };
            options.push(Arc::clone(&shared.option));
            suffix.push_str(&shared.suffix);
        }
        let wording = RawWording { cmd: &self.cmd, alt: &self.alt, reading: &self.reading, suffix: &suffix };
        let patterns = || say.iter().chain(options.iter().flat_map(|option| &option.patterns));
        let knows = |name: &str| {
            options.iter().any(|option| option.name == name) || patterns().any(|pattern| pattern.slots().any(|slot| slot == name))
        };
        let wording = wording.build(author, knows)?;
        Ok(Phrase {
            family: family.to_owned(),
            example: self.example,
            not: Arc::clone(not),
            say,
            options,
            wording,
            destructive: self.destructive,
            doubt: doubt(self.doubt, self.id.span())?,
            back: self.back,
            at: self.id.span().start,
            written: None,
            id: self.id.into_inner(),
        })
    }
}
