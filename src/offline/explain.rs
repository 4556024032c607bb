use super::grammar::Word;
use super::rank::Weighed;
use super::tokens::Token;
use crate::domain::Hole;

/// How sure the translator is of one way to read a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sureness {
    /// Put into the line at once.
    Sure,
    /// Offered, marked as a guess.
    Guess,
    /// Offered with holes, for what the sentence leaves open.
    Open,
    /// As good as another reading, so both are guesses.
    Tie,
    /// Too much of the sentence is left.
    Unsure,
    /// A negation, a name or a number of the sentence would be overlooked.
    Overlooks,
    /// It deletes or overwrites, and a word that means so is misspelt.
    Misspelt,
}

/// One way to read a sentence, and why it is believed or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Considered {
    /// The intent's name.
    pub intent: String,
    /// Whether it comes from a pack.
    pub from_pack: bool,
    /// The command it would mean.
    pub command: String,
    /// What of it the user has yet to write.
    pub holes: Vec<Hole>,
    /// That command in plain words.
    pub reading: String,
    /// What was bound: names of slots and flags, each with the text that it stands for.
    pub slots: Vec<(String, String)>,
    /// Words that it leaves unexplained.
    pub left: Vec<String>,
    /// Words that it needs and whose spelling was mended.
    pub mended: Vec<String>,
    /// How much of the sentence it explains, from 0 to 1.
    pub coverage: f64,
    /// What the author of the intent takes from that.
    pub doubt: f64,
    /// What is left of it.
    pub confidence: f64,
    /// How much surer it is than the next reading with another command, if it is offered and there is one.
    pub margin: Option<f64>,
    /// What becomes of it.
    pub sureness: Sureness,
}

/// What the translator thinks of a sentence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Explanation {
    /// The best readings, at most three, surest first.
    pub readings: Vec<Considered>,
    /// Up to three sentences that it knows, when it is not sure of any reading.
    pub nearest: Vec<String>,
    /// Whether the sentence does not look like English.
    pub is_foreign: bool,
    /// Steps of matching that reading it took.
    pub steps: u32,
    /// Whether it could be read in more ways than the translator looks at.
    pub gave_up: bool,
}

/// Readings worth showing.
pub(super) const MOST_READINGS: usize = 3;

pub(super) fn considered(weighed: &[Weighed], tokens: &[Token], words: &[Word]) -> Vec<Considered> {
    let one = |at: usize| {
        let Weighed { parse, coverage, confidence, sureness } = &weighed[at];
        let others = if weighed[at].is_offered() { &weighed[at + 1..] } else { &[] };
        let rival = others.iter().find(|other| other.parse.commands.first() != parse.commands.first());
        Considered {
            intent: parse.intent.clone(),
            from_pack: parse.from_pack,
            command: parse.commands.first().cloned().unwrap_or_default(),
            holes: Vec::new(),
            reading: parse.reading.clone(),
            slots: parse.slots.clone(),
            left: coverage.as_ref().map(|coverage| coverage.left.clone()).unwrap_or_default(),
            mended: match &parse.coverage {
                Some(_) => words.iter().filter(|word| word.repaired).map(|word| format!("{} ({})", word.raw, word.low)).collect(),
                None => mended(tokens, parse.explained & !parse.bound),
            },
            coverage: coverage.as_ref().map_or(0.0, |coverage| coverage.confidence),
            doubt: parse.doubt,
            confidence: *confidence,
            margin: rival.map(|rival| confidence - rival.confidence),
            sureness: *sureness,
        }
    };
    let any_offered = weighed.iter().any(Weighed::is_offered);
    let is_near = |at: &usize| match weighed[*at].sureness {
        Sureness::Overlooks | Sureness::Misspelt => !any_offered,
        // Of those of which nothing is left the best one is enough.
        _ => *at == 0 || weighed[*at].confidence > 0.0,
    };
    (0..weighed.len()).filter(is_near).take(MOST_READINGS).map(one).collect()
}

fn mended(tokens: &[Token], places: u64) -> Vec<String> {
    let mended = |(at, token): &(usize, &Token)| token.is_repaired() && places & (1 << at) != 0;
    tokens.iter().enumerate().filter(mended).map(|(_, token)| token.raw.clone()).collect()
}
