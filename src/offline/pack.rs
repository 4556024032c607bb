//! Files of intents that users and teams write. Who reads them from the disk hands their texts over.

use std::sync::Arc;

use super::lexicon::Lexicon;
use super::phrases::LatePhrase;
use super::source::{self, Source};

/// Most intents and phrases in all packs together.
pub const MOST_INTENTS: usize = 2000;

/// A pack as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// What its user calls it, such as its path.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Why a pack was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackProblem {
    /// The pack's name.
    pub pack: String,
    /// The line, counted from 1, when it has one.
    pub line: Option<usize>,
    /// What is wrong.
    pub cause: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Where an intent of a pack was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The pack's name.
    pub pack: Arc<str>,
    /// The line of its id, counted from 1.
    pub line: usize,
}

impl Pack {
    /// Reads it; `room` is how many intents it may have.
    pub(super) fn read(&self, room: usize, lexicon: &Lexicon) -> Result<(Source, Lexicon), PackProblem> {
        let problem =
            |line, cause: String, hint: Option<&str>| PackProblem { pack: self.name.clone(), line, cause, hint: hint.map(str::to_owned) };
        // A pack that is left out must leave no words behind.
        let mut lexicon = lexicon.clone();
        let mut source = Source::of_pack(&self.text, &mut lexicon).map_err(|error| {
            let line = error.at.as_ref().map(|at| source::line(&self.text, at.start));
            problem(line, error.cause.to_string(), error.cause.hint())
        })?;
        if source.intents.len() + source.phrases.len() > room {
            return Err(problem(None, format!("more than {MOST_INTENTS} intents in all packs"), Some("take out what nobody asks for")));
        }
        if lexicon.is_full() {
            return Err(problem(None, "more words than the translator can hold".to_owned(), None));
        }
        let name: Arc<str> = self.name.as_str().into();
        let written = |at: usize| Some(Written { pack: Arc::clone(&name), line: source::line(&self.text, at) });
        let phrases = source.phrases.iter_mut().filter_map(LatePhrase::phrase_mut).map(|phrase| &mut phrase.answer);
        let answers = source.intents.iter_mut().map(|intent| &mut intent.answer).chain(phrases);
        answers.for_each(|answer| answer.written = written(answer.at));
        Ok((source, lexicon))
    }
}
