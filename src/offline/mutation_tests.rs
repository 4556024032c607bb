use std::num::NonZeroUsize;
use std::ops::Range;
use std::thread;

use super::budget::MOST_STEPS;
use super::corpus_tests::corpus;
use super::*;
use crate::domain::ShellKind;
use crate::syntax;

/// A small generator of pseudo-random numbers, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

const HUGE: &str = "99999999999999999999";

const ODD: [&str; 31] = [
    "\"", "'", "`", "“", "”", "\u{0}", "\u{7f}", "🙂", "\u{202e}", "-", "--", "/", "~", "*", ".", "..", ":", "@", "%", HUGE, "0", "1.",
    ">1", "to", "$x", "$(x)", "\\", ";", "&&", "'a b'", "\"*'\"",
];

/// A sentence of the corpus with words dropped, doubled, swapped, misspelt or replaced by something odd; now and then
/// words of all sentences, or mere letters.
fn mutated(sentences: &[String], dice: &mut Dice) -> String {
    let mut words: Vec<String> = sentences[dice.roll(sentences.len())].split(' ').map(str::to_owned).collect();
    match dice.roll(20) {
        0 => words = (0..=dice.roll(12)).map(|_| word_of(&sentences[dice.roll(sentences.len())], dice)).collect(),
        1 => words = (0..=dice.roll(6)).map(|_| letters(dice)).collect(),
        _ => {}
    }
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(words.len());
        match dice.roll(7) {
            0 if words.len() > 1 => drop(words.remove(at)),
            5 => words.truncate(at + 1),
            1 => words.insert(at, ODD[dice.roll(ODD.len())].to_owned()),
            2 => words.insert(at, words[at].clone()),
            3 => {
                let other = &sentences[dice.roll(sentences.len())];
                words.extend(other.split(' ').skip(dice.roll(4)).take(8).map(str::to_owned));
            }
            4 => {
                let mut letters: Vec<char> = words[at].chars().collect();
                if letters.len() > 1 {
                    let place = dice.roll(letters.len() - 1);
                    letters.swap(place, place + 1);
                }
                words[at] = letters.into_iter().collect();
            }
            _ => words[at].push_str(ODD[dice.roll(ODD.len())]),
        }
    }
    words.join(if dice.roll(20) == 0 { "\n" } else { " " })
}

fn word_of(sentence: &str, dice: &mut Dice) -> String {
    let words: Vec<&str> = sentence.split(' ').collect();
    words[dice.roll(words.len())].to_owned()
}

fn letters(dice: &mut Dice) -> String {
    let mut letter = || {
        let most = [0x80, 0x500, 0x11_0000][dice.roll(3)];
        char::from_u32(dice.roll(most) as u32).unwrap_or('a')
    };
    let word = [letter(), letter(), letter(), letter()];
    word[..=dice.roll(word.len())].iter().collect()
}

/// The sentence of a round, and the machine that it is said on.
fn round(sentences: &[String], number: usize) -> (String, Machine) {
    let mut dice = Dice(number as u64);
    // The first numbers of neighbouring seeds are alike.
    dice.roll(2);
    let query = mutated(sentences, &mut dice);
    (query, Machine::usual(ShellKind::ALL[number % 3], if number.is_multiple_of(5) { Os::MacOs } else { Os::Linux }))
}

/// Checks what is said to the sentences, and gives back every tenth answer.
fn answers(sentences: &[String], numbers: Range<usize>) -> Vec<(usize, Translation)> {
    let mut some = Vec::new();
    for number in numbers {
        let (query, machine) = round(sentences, number);
        let translation = translate(&query, &machine);
        assert!(translation.candidates.len() <= 4 && translation.nearest.len() <= 3, "{query:?}");
        assert!(translation.candidates.iter().all(|candidate| (PLAUSIBLE..=1.0).contains(&candidate.confidence)), "{query:?}");
        assert!(translation.candidates.is_sorted_by(|a, b| a.confidence >= b.confidence), "{query:?}");
        for candidate in &translation.candidates {
            // One with holes is none until they are filled in.
            let (command, holes) = (&candidate.command, &candidate.holes);
            assert!(syntax::is_inert(command, holes, machine.shell), "{query:?} gives {command:?}");
            let filled = syntax::with_unknowns(command, holes);
            let parsed = syntax::parse(filled.as_deref().expect("the holes are what they are said to be"), machine.shell);
            // A number that no machine counts to is refused before anybody reads on.
            let refused = parsed == Err(syntax::SyntaxError::ParserFailure) && query.contains(HUGE);
            assert!(
                parsed.is_ok() || refused,
                "{query:?} gives {:?}, which is no {} command: {parsed:?}",
                candidate.command,
                machine.shell
            );
        }
        if number.is_multiple_of(10) {
            let explanation = Translator::embedded().explain(&query, &machine);
            assert_eq!(explanation.gave_up, explanation.steps >= MOST_STEPS, "{query:?}: {} steps", explanation.steps);
            assert!(!explanation.gave_up || translation.candidates.is_empty(), "{query:?}");
            some.push((number, translation));
        }
    }
    some
}

/// Shells ask while the words are being typed.
#[test]
fn a_sentence_that_ends_too_early_is_read_as_well() {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    for sentence in corpus().case.iter().flat_map(|case| &case.say).step_by(5) {
        for (at, _) in sentence.match_indices(' ') {
            translate(&sentence[..at], &machine);
        }
    }
    let odd = "--all a n--graph kill long of print listing --oneline current the log git folder date -l abort the pending shutdown";
    translate(odd, &machine);
    assert!(translate("move the .log files into", &machine).candidates.iter().all(|candidate| !candidate.holes.is_empty()));
}

/// Where the answers of others are checked the sentences are said a second time, in another thread.
#[test]
fn no_sentence_panics_and_the_same_words_give_the_same_answer() {
    let corpus = corpus();
    let mut sentences: Vec<String> = corpus.case.into_iter().flat_map(|case| case.say).collect();
    sentences.extend(corpus.decline);
    let rounds: usize = std::env::var("MUTATED_SENTENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get).max(2);
    let part = |thread: usize| thread * rounds / threads..(thread + 1) * rounds / threads;
    let sentences = &sentences;
    thread::scope(|scope| {
        let first: Vec<_> = (0..threads).map(|thread| scope.spawn(move || answers(sentences, part(thread)))).collect();
        let first: Vec<Vec<(usize, Translation)>> = first.into_iter().map(|thread| thread.join().expect("no thread panics")).collect();
        assert_eq!(first.iter().map(Vec::len).sum::<usize>(), rounds.div_ceil(10));
        for answers in first {
            scope.spawn(move || {
                for (number, before) in answers {
                    let (query, machine) = round(sentences, number);
                    assert_eq!(translate(&query, &machine), before, "{query:?}");
                }
            });
        }
    });
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text: String) {
        translate(&text, &Machine::usual(ShellKind::Zsh, Os::Linux));
    }
}
