//! The engine: embedded data and packs made ready once, and sentences read with them.

use std::sync::LazyLock;

use super::answer::Answer;
use super::budget::Budget;
use super::explain::{self, Explanation};
use super::grammar::{self, Ours, Vocabulary, Word};
use super::holes::{Holed, OpenSentence};
use super::index::{Index, Repeated};
use super::intents::{self, Intent};
use super::lexicon::{Lexicon, Role};
use super::nested;
use super::pack::{MOST_INTENTS, Pack, PackProblem};
use super::parse::Parse;
use super::phrases::{self, LatePhrase, Refusals};
use super::repeats::Repeats;
use super::source::Source;
use super::tokens::{self, Token};
use super::{DATA, FILE_EXAMPLES, IntentInfo, Machine, PHRASES, Preferred, Translation, files, rank};

/// The translator with what it was taught.
#[derive(Debug)]
pub struct Translator {
    pub(super) lexicon: Lexicon,
    intents: Vec<Intent>,
    phrases: Vec<LatePhrase>,
    index: Index,
    /// The words of all patterns, those of the grammar of files first.
    vocabulary: Vocabulary,
    of_files: usize,
    tools: Vec<String>,
    identity: String,
}

static EMBEDDED: LazyLock<Translator> = LazyLock::new(|| Translator::with_packs(&[]).0);

/// A sentence and all that it may mean.
struct Read {
    tokens: Vec<Token>,
    words: Vec<Word>,
    parses: Vec<Parse>,
    budget: Budget,
}

impl Translator {
    /// The one that knows the embedded data and nothing else.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// One that knows these packs too, as far as nothing is wrong with them. A pack with a mistake is left out whole.
    pub fn with_packs(packs: &[Pack]) -> (Self, Vec<PackProblem>) {
        let mut lexicon = Lexicon::from_data(include_str!("data/words.txt"));
        let (mut all, mut problems) = (Source::default(), Vec::new());
        files::prepare(&mut all.vocabulary);
        let of_files = all.vocabulary.words().len();
        all.vocabulary.learn_slots();
        phrases::prepare(&mut all.vocabulary);
        for data in DATA.iter().chain(&PHRASES) {
            all.add_ours(data, &mut lexicon).expect("a test reads the embedded data");
        }
        all.tools.extend(Preferred::ALL.iter().flat_map(|preferred| preferred.programs()).map(|program| (*program).to_owned()));
        let mut room = MOST_INTENTS;
        let mut digest = blake3::Hasher::new();
        for pack in packs {
            match pack.read(room, &lexicon) {
                Ok((source, taught)) => {
                    lexicon = taught;
                    room -= source.intents.len() + source.phrases.len();
                    all.join(source);
                    digest.update(&(pack.text.len() as u64).to_le_bytes()).update(pack.text.as_bytes());
                }
                Err(problem) => problems.push(problem),
            }
        }
        lexicon.finish();
        let Source { intents, phrases, needs, vocabulary, tools } = all;
        let identity = digest.finalize().to_hex()[..16].to_owned();
        let mut repeats = Repeated::default();
        // No two of ours say the same.
        if room < MOST_INTENTS {
            repeats.intents = Repeats::of(intents.iter().map(|intent| &intent.cues));
            repeats.phrases = Repeats::of(phrases.iter().map(LatePhrase::digest));
        }
        let index = Index::of(&intents, needs, vocabulary.words().len(), repeats);
        (Self { lexicon, intents, phrases, index, vocabulary, of_files, tools: tools.into_iter().collect(), identity }, problems)
    }

    /// The words that patterns are made of.
    fn ours(&self) -> Ours<'_> {
        Ours { vocabulary: &self.vocabulary, of_files: self.of_files, lexicon: &self.lexicon }
    }

    /// The programs on whose presence its commands depend, sorted.
    pub fn tools(&self) -> &[String] {
        &self.tools
    }

    /// What tells its answers from those of a translator with other packs in the same build.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Translates a sentence for a machine.
    pub fn translate(&self, query: &str, machine: &Machine) -> Translation {
        let Some(Read { tokens, words, parses, budget }) = self.read(query, machine) else { return Translation::default() };
        // What was not tried might have been better than what was.
        let mut weighed = if budget.is_spent() { Vec::new() } else { rank::weigh(parses, &tokens) };
        let holed = self.with_holes(query, machine, &mut weighed);
        let shape = weighed.first().filter(|best| holed.is_empty() && best.is_offered()).map(|best| best.parse.shape());
        let candidates =
            if holed.is_empty() { rank::candidates(weighed) } else { holed.into_iter().map(|holed| holed.candidate).collect() };
        let unknown = candidates.is_empty();
        Translation {
            candidates,
            shape,
            nearest: if unknown { self.nearest(query, machine, &tokens, &words) } else { Vec::new() },
            is_foreign: unknown && self.is_foreign(&tokens, &words),
        }
    }

    /// Commands with holes, for a sentence that is not understood but for what it leaves open. Readings that take a noun for
    /// a name are dropped.
    fn with_holes(&self, query: &str, machine: &Machine, weighed: &mut Vec<rank::Weighed>) -> Vec<Holed> {
        let Some(open) = OpenSentence::of(query, self) else { return Vec::new() };
        weighed.retain(|weighed| !open.names_a_noun(weighed));
        let best = weighed.first().filter(|best| best.is_offered());
        if best.is_none_or(|best| open.is_doubtful(best)) { open.readings(self, machine) } else { Vec::new() }
    }

    /// The readings of a sentence, the best first.
    pub(super) fn weighed(&self, query: &str, machine: &Machine) -> Option<Vec<rank::Weighed>> {
        let Read { tokens, parses, budget, .. } = self.read(query, machine)?;
        (!budget.is_spent()).then(|| rank::weigh(parses, &tokens))
    }

    /// Whether a pattern names the word.
    pub(super) fn names_word(&self, word: &str) -> bool {
        self.ours().has(word)
    }

    /// Tells how a sentence is read, and why one reading is believed and another is not.
    pub fn explain(&self, query: &str, machine: &Machine) -> Explanation {
        let Some(Read { tokens, words, parses, budget }) = self.read(query, machine) else { return Explanation::default() };
        let mut weighed = rank::weigh(parses, &tokens);
        let holed = if budget.is_spent() { Vec::new() } else { self.with_holes(query, machine, &mut weighed) };
        let mut readings: Vec<_> = holed.into_iter().map(Holed::considered).collect();
        let unknown = readings.is_empty() && (budget.is_spent() || !weighed.iter().any(rank::Weighed::is_offered));
        // What is offered instead of the others comes before them.
        readings.extend(explain::considered(&weighed, &tokens, &words));
        readings.truncate(explain::MOST_READINGS);
        Explanation {
            readings,
            nearest: if unknown { self.nearest(query, machine, &tokens, &words) } else { Vec::new() },
            is_foreign: unknown && self.is_foreign(&tokens, &words),
            steps: budget.used(),
            gave_up: budget.is_spent(),
        }
    }

    /// Everything it knows, family by family, embedded before packs.
    pub fn intents(&self) -> impl Iterator<Item = IntentInfo<'_>> {
        FILE_EXAMPLES.into_iter().chain((0..self.intents.len() + self.phrases.len()).map(|number| self.answer(number).info()))
    }

    /// The answer of this number: those of the intents come first.
    fn answer(&self, number: usize) -> &Answer {
        let phrase = |number: usize| &self.phrases[number].phrase().answer;
        self.intents.get(number).map_or_else(|| phrase(number - self.intents.len()), |intent| &intent.answer)
    }

    fn read(&self, query: &str, machine: &Machine) -> Option<Read> {
        let budget = Budget::new();
        let (tokens, words, mut parses) = self.parses(query, machine, &budget)?;
        // One sentence may stand in another; what stands in that is not looked for.
        if let Some(nested) = nested::split(query)
            && let Some((tokens, _, parses_of_it)) = self.parses(&nested.about, machine, &budget)
            && let Some(best) = rank::weigh(parses_of_it, &tokens).into_iter().next().filter(rank::Weighed::is_offered)
        {
            parses.extend(nested.wrap(Parse { coverage: best.coverage, ..best.parse }, machine));
        }
        Some(Read { tokens, words, parses, budget })
    }

    fn parses(&self, query: &str, machine: &Machine, budget: &Budget) -> Option<(Vec<Token>, Vec<Word>, Vec<Parse>)> {
        let lexicon = &self.lexicon;
        let tokens = tokens::tokenise(query, lexicon).filter(|tokens| !tokens.is_empty())?;
        let said = tokens::Said::of(&tokens);
        let sentence = intents::Sentence { query, tokens: &tokens, said: &said, lexicon, machine, budget };
        let mut parses = Vec::new();
        for first in self.index.intents(&tokens) {
            let Some(bound) = intents::bind_intent(&self.intents[first as usize].cues, sentence) else { continue };
            let parse = |number: u32| bound.parse(&self.intents[number as usize], sentence).map(|parse| (number, parse));
            parses.extend(self.index.repeats.intents.all(first).filter_map(parse));
        }
        let mut parses = in_order(parses);
        let pieces = tokens::pieces(query, lexicon).unwrap_or_default();
        let words = grammar::words(query, &pieces, lexicon, self.ours());
        parses.extend(files::match_files(&words, machine, budget));
        let (mut refusals, mut of_phrases) = (Refusals::default(), Vec::new());
        for first in self.index.phrases(&words, &self.vocabulary) {
            let phrase = |number: u32| self.phrases[number as usize].phrase();
            let Some(fitting) = phrases::fit_phrase(phrase(first), &words, budget, &mut refusals) else { continue };
            let parse = |number: u32| fitting.parse(phrase(number), &words, machine).map(|parse| (number, parse));
            of_phrases.extend(self.index.repeats.phrases.all(first).filter_map(parse));
        }
        parses.extend(in_order(of_phrases));
        Some((tokens, words, parses))
    }

    /// The sentence itself with a place, where that is what it lacks, and examples of intents that share rare words with it, nearest first.
    fn nearest(&self, query: &str, machine: &Machine, tokens: &[Token], words: &[Word]) -> Vec<String> {
        let (intents, phrases) = self.index.near(tokens, words, &self.vocabulary);
        let phrases = phrases.into_iter().map(|(number, score)| (score, self.intents.len() + number as usize));
        let intents = intents.into_iter().map(|(number, score)| (score, number as usize));
        let mut scored: Vec<(f64, usize)> = intents.chain(phrases).collect();
        scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let examples = scored.into_iter().map(|(_, number)| self.answer(number).example.clone());
        self.placed(query, machine).into_iter().chain(examples).take(3).collect()
    }

    /// Nothing is deleted or changed of which only the kind was said: this is the sentence that says that the files here are meant.
    fn placed(&self, query: &str, machine: &Machine) -> Option<String> {
        if query.chars().any(char::is_control) {
            return None;
        }
        let said = format!("{} here", query.trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_punctuation()));
        let best = self.weighed(&said, machine)?.into_iter().next().filter(rank::Weighed::is_offered)?;
        (best.parse.destructive && best.parse.intent.starts_with("files.")).then_some(said)
    }

    /// Whether most of the sentence is no English: letters that English does not have, or not one word that is known.
    /// Small words prove nothing: "in", "an" and "no" are words of many languages.
    fn is_foreign(&self, tokens: &[Token], words: &[Word]) -> bool {
        let plain: Vec<&Token> = tokens.iter().filter(|token| token.is_plain() && token.raw.chars().any(char::is_alphabetic)).collect();
        let known = |token: &&&Token| token.exact_lemma().is_some();
        let strange = plain.len() - plain.iter().filter(known).count();
        let small = |role| matches!(role, Role::Filler | Role::Link | Role::Negation);
        let has_english = plain.iter().filter(known).any(|token| token.role().is_some_and(|role| !small(role)))
            || words.iter().any(|word| word.is_word() && !word.is_noise() && self.ours().has(&word.raw.to_lowercase()));
        let letters = |token: &&Token| token.raw.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) && token.exact_lemma().is_none();
        strange * 2 > plain.len() && (plain.iter().any(letters) || (strange >= 3 && !has_english))
    }
}

/// The parses in the order of the numbers of what they are parses of.
fn in_order(mut parses: Vec<(u32, Parse)>) -> Vec<Parse> {
    parses.sort_by_key(|(number, _)| *number);
    parses.into_iter().map(|(_, parse)| parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::offline::Os;

    #[test]
    fn the_index_leaves_out_nothing_that_fits() {
        let (translator, machine) = (Translator::embedded(), Machine::usual(ShellKind::Bash, Os::Linux));
        for info in translator.intents() {
            let read = translator.read(info.example, &machine).expect("a sentence");
            let (said, budget) = (tokens::Said::of(&read.tokens), Budget::new());
            let sentence = intents::Sentence {
                query: info.example,
                tokens: &read.tokens,
                said: &said,
                lexicon: &translator.lexicon,
                machine: &machine,
                budget: &budget,
            };
            let intent = |intent: &Intent| intents::bind_intent(&intent.cues, sentence)?.parse(intent, sentence);
            let mut all: Vec<String> = translator.intents.iter().filter_map(intent).map(|parse| parse.intent).collect();
            all.extend(files::match_files(&read.words, &machine, &Budget::new()).map(|parse| parse.intent));
            let mut refusals = Refusals::default();
            let phrase = |late: &LatePhrase| {
                let phrase = late.phrase();
                phrases::fit_phrase(phrase, &read.words, &Budget::new(), &mut refusals)?.parse(phrase, &read.words, &machine)
            };
            all.extend(translator.phrases.iter().filter_map(phrase).map(|parse| parse.intent));
            let found: Vec<String> = read.parses.into_iter().map(|parse| parse.intent).collect();
            assert_eq!(found, all, "{}", info.example);
        }
    }
}
