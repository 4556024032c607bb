use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, OnceLock};

use crate::offline::SHARED_PHRASES;
use crate::offline::answer::{Answer, RawAnswer};
use crate::offline::grammar::{Names, Pattern, Vocabulary};
use crate::offline::source::{self, Author, Cause, Digest, Fields, SourceError, Text, Texts, Value, pattern};

/// An option that many phrases share: what can be said with many commands ("from standard input", "page by page") and what
/// it adds behind them.
struct Shared {
    option: Arc<SaidOption>,
    /// What it adds to the command.
    suffix: String,
}

static SHARED: LazyLock<BTreeMap<String, Shared>> = LazyLock::new(|| {
    let mut names = Names::default();
    let mut shared = |(name, value): (Text<'static>, Value<'static>)| {
        let mut fields = Fields::of(value)?;
        let say = fields.must("say").and_then(Value::list_of_texts)?;
        let command = fields.take("cmd").map(Value::text).transpose()?;
        let destructive = fields.is_set("destructive")?;
        fields.end()?;
        let name = name.into_string();
        let option = Arc::new(SaidOption::new(&name, patterns(&say, &mut names)?, destructive));
        let suffix = command.map_or_else(String::new, |command| format!("(?{name}:{}?)", command.text));
        Ok((name, Shared { option, suffix }))
    };
    let read = source::ours(SHARED_PHRASES).and_then(Value::table);
    let options = read.and_then(|table| table.into_iter().map(&mut shared).collect::<Result<_, SourceError>>());
    options.expect("a test reads the embedded data")
});

/// Makes the options ready that many phrases share, and teaches their words.
pub(in crate::offline) fn prepare(vocabulary: &mut Vocabulary) {
    LazyLock::force(&SHARED);
    let options = source::ours(SHARED_PHRASES).and_then(Value::table).expect("a test reads the embedded data");
    for fields in options.into_iter().filter_map(|(_, option)| Fields::of(option).ok()) {
        fields.each_text("say", &mut |text| vocabulary.learn(text));
    }
}

fn patterns(texts: &[Text<'_>], names: &mut Names) -> Result<Vec<Pattern>, SourceError> {
    texts.iter().map(|text| pattern(text, names)).collect()
}

/// What the phrases of one file have in common.
#[derive(Debug)]
pub(in crate::offline) struct PhraseFile {
    pub family: Arc<str>,
    /// Whoever says one of these means something else.
    pub not: Arc<[Pattern]>,
    /// What tells `not` from that of other files.
    pub digest: Digest,
}

/// A phrase as it is written.
#[derive(Debug)]
pub(in crate::offline) struct RawPhrase<'a> {
    pub answer: RawAnswer<'a>,
    /// One of them names the command.
    pub say: Vec<Text<'a>>,
    /// What else can be said: each sets a flag of its name and binds its slots. A name that begins with `no_` is for what
    /// stands behind a negation ("without …").
    pub with: Vec<(Text<'a>, Texts<'a>)>,
    /// Shared options, in the order in which their commands are added.
    shared: Vec<Text<'a>>,
    /// Stands behind others that explain the sentence as well.
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
    pub answer: Answer,
    pub say: Vec<Pattern>,
    /// Whoever says one of these means something else; all phrases of a file share them.
    pub not: Arc<[Pattern]>,
    pub options: Vec<Arc<SaidOption>>,
    pub back: bool,
}

impl<'a> RawPhrase<'a> {
    /// Takes what a phrase may hold and nothing else.
    pub(in crate::offline) fn of(mut fields: Fields<'a>) -> Result<Self, SourceError> {
        let mut with = Vec::new();
        for (name, texts) in fields.table("with")? {
            with.push((name, texts.texts()?));
        }
        let raw = Self {
            answer: RawAnswer::take(&mut fields)?,
            say: fields.must("say").and_then(Value::list_of_texts)?,
            with,
            shared: fields.list_of_texts("use")?,
            back: fields.is_set("back")?,
        };
        fields.end()?;
        Ok(raw)
    }

    /// What tells the sentences that it fits from those that others fit.
    pub(in crate::offline) fn digest(&self, file: &PhraseFile) -> Digest {
        let mut digest = source::Hasher::new();
        digest.update(&file.digest);
        let options = self.with.iter().flat_map(|(name, texts)| [std::slice::from_ref(name), &texts.all]);
        for texts in [&self.say, &self.shared].into_iter().map(Vec::as_slice).chain(options) {
            source::digest_texts(texts, &mut digest);
        }
        digest.finalize().into()
    }

    /// Checks it.
    pub(in crate::offline) fn build(self, file: &PhraseFile, author: Author) -> Result<Phrase, SourceError> {
        let mut names = Names::default();
        let say = patterns(&self.say, &mut names)?;
        if say.is_empty() {
            return Err(Cause::Empty("say").at(self.answer.id.at));
        }
        let mut options = Vec::new();
        for (name, texts) in &self.with {
            options.push(Arc::new(SaidOption::new(&name.text, patterns(&texts.all, &mut names)?, false)));
        }
        let mut suffix = String::new();
        for name in self.shared {
            let Some(shared) = SHARED.get(&*name.text) else {
                return Err(Cause::Unknown(name.text.into_owned()).at(name.at));
            };
            options.push(Arc::clone(&shared.option));
            suffix.push_str(&shared.suffix);
        }
        let patterns = || say.iter().chain(options.iter().flat_map(|option| &option.patterns));
        let knows = |name: &str| {
            options.iter().any(|option| option.name == name) || patterns().any(|pattern| pattern.slots().any(|slot| slot == name))
        };
        let answer = self.answer.build(&file.family, &suffix, author, knows)?;
        Ok(Phrase { answer, not: Arc::clone(&file.not), say, options, back: self.back })
    }
}

/// A phrase that is read when a sentence first may mean it.
#[derive(Debug)]
pub(in crate::offline) struct LatePhrase {
    /// As it stands in an embedded file.
    text: &'static str,
    file: Arc<PhraseFile>,
    digest: Option<Digest>,
    read: OnceLock<Box<Phrase>>,
}

impl LatePhrase {
    /// One of ours.
    pub(in crate::offline) fn ours(text: &'static str, file: &Arc<PhraseFile>) -> Self {
        Self { text, file: Arc::clone(file), digest: None, read: OnceLock::new() }
    }

    /// One that was read and checked.
    pub(in crate::offline) fn read(phrase: Phrase, file: &Arc<PhraseFile>, digest: Digest) -> Self {
        Self { text: "", file: Arc::clone(file), digest: Some(digest), read: OnceLock::from(Box::new(phrase)) }
    }

    pub(in crate::offline) fn phrase(&self) -> &Phrase {
        self.read.get_or_init(|| Box::new(self.raw().build(&self.file, Author::Us).expect("a test reads the embedded data")))
    }

    pub(in crate::offline) fn phrase_mut(&mut self) -> Option<&mut Phrase> {
        self.read.get_mut().map(|phrase| &mut **phrase)
    }

    /// What tells the sentences that it fits from those that others fit.
    pub(in crate::offline) fn digest(&self) -> Digest {
        self.digest.unwrap_or_else(|| self.raw().digest(&self.file))
    }

    fn raw(&self) -> RawPhrase<'static> {
        source::our_phrase(self.text).expect("a test reads the embedded data")
    }
}
