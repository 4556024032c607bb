//! The language of files: which files, where, and what to do with them.
//!
//! A sentence is read from left to right. At each word the rows of the grammar (`grammar_*`) are tried, the longest match
//! wins, and its effect adds a test, a place or an action to the query. What no row explains makes the result doubtful.

mod grammar_actions;
mod grammar_marks;
mod grammar_output;
mod grammar_places;
mod grammar_tests;
mod query;
mod reading;
mod render;
mod render_action;
mod render_preferred;
mod render_tests;

use std::sync::LazyLock;

use self::query::{Query, TestKind, Verb, What};
use super::OVERLOOKED;
use super::budget::Budget;
use super::grammar::{Caught, Names, Pattern, Vocabulary, Word};
use super::machine::Machine;
use super::parse::{Coverage, Parse};

/// What a row does with the query; `None` when it makes no sense there.
type Effect = fn(&mut Query, &Caught) -> Option<()>;

/// A row of the grammar: a pattern and what it means.
type Row = (&'static str, Effect);

/// The rows with their patterns ready to be matched.
static GRAMMAR: LazyLock<Vec<(Pattern, Effect)>> = LazyLock::new(|| {
    let mut names = Names::default();
    let parse = |(pattern, effect): &Row| (Pattern::parse(pattern, &mut names).expect("a test reads every pattern"), *effect);
    rows().map(parse).collect()
});

fn rows() -> impl Iterator<Item = &'static Row> {
    [grammar_tests::ROWS, grammar_marks::ROWS, grammar_places::ROWS, grammar_actions::ROWS, grammar_output::ROWS].into_iter().flatten()
}

/// Makes the grammar ready, and teaches the words of its rows.
pub(super) fn prepare(vocabulary: &mut Vocabulary) {
    rows().for_each(|(pattern, _)| vocabulary.learn(pattern));
    LazyLock::force(&GRAMMAR);
}

/// Reads the sentence as a question about files, if it is one.
pub(super) fn match_files(words: &[Word], machine: &Machine, budget: &Budget) -> Option<Parse> {
    let read = read(words, budget)?;
    let Read { query, weight, left, coverage } = read;
    let destructive = query.is_destructive();
    if destructive && (!query.may_destroy() || left >= OVERLOOKED) {
        return None;
    }
    let command = render::command(&query, machine)?;
    Some(Parse {
        intent: format!("files.{}", reading::action_name(&query.action)),
        from_pack: false,
        slots: reading::parts(&query),
        reading: reading::reading(&query),
        commands: vec![command],
        explained: u64::MAX,
        bound: u64::MAX,
        destructive,
        doubt: 0.0,
        weight,
        coverage: Some(coverage),
    })
}

/// Whether a reading is about all files that there are, as far as nothing else is said of them.
pub(super) fn is_collection(parse: &Parse) -> bool {
    parse.intent.starts_with("files.") && parse.slots.first().is_some_and(|(name, _)| name == reading::WHAT)
}

struct Read {
    query: Query,
    weight: f64,
    /// How much the words weigh that nothing is known of.
    left: f64,
    coverage: Coverage,
}

fn read(words: &[Word], budget: &Budget) -> Option<Read> {
    let mut unread = Vec::new();
    let variables = words.iter().filter(|word| word.is_variable()).map(|word| word.raw.clone()).collect();
    let mut query = Query { variables, ..Query::default() };
    let (mut at, mut negated, mut either) = (0, false, false);
    let (mut total, mut left, mut weight, mut repairs) = (0.0, 0.0, 0.0, 0.0);
    while at < words.len() {
        if let Some((end, next)) = step(&query, words, at, negated, budget) {
            let before = query.tests.len();
            query = next;
            query.ignore_case |= query.tests.len() > before && words[at..end].windows(2).any(is_shouted);
            if either && query.tests.len() > before && before > 0 {
                query.join_last();
            }
            let taken = words[at..end].iter().filter(|word| !word.is_light()).count();
            // Only what was needed to choose the row counts as mended.
            repairs += words[at..end].iter().filter(|word| word.repaired).count() as f64;
            total += taken as f64;
            weight += taken as f64;
            // "excluding files with the name x": the negation is of what is said of the files.
            negated &= before == query.tests.len() && words[at..end].iter().all(is_noun) && words.get(end).is_some_and(describes);
            either = false;
            at = end;
            continue;
        }
        let word = &words[at];
        if word.is("or") || word.is("either") {
            either = word.is("or");
        } else if word.is("@neg") {
            // "but not" is one negation, "not … not" is none that we can follow.
            let doubled = at.checked_sub(1).is_some_and(|before| words[before].is("@neg"));
            if negated && !doubled {
                return None;
            }
            negated = true;
        } else if word.is_noise() || word.is("and") {
            // It says nothing.
        } else if word.is_word() {
            let weighs = word.weight(at == 0);
            total += weighs;
            left += weighs;
            unread.push(word.raw.clone());
        } else {
            return None;
        }
        at += 1;
    }
    if negated {
        return None;
    }
    query.settle()?;
    let share = 0.6 - 0.04 * f64::min(total, 6.0);
    let confidence = f64::clamp(0.95 - left * share - 0.08 * repairs, 0.0, 1.0);
    Some(Read { query, weight, left, coverage: Coverage { confidence, repaired: repairs > 0.0, left: unread } })
}

fn is_noun(word: &Word) -> bool {
    word.is_light() || ["@file", "@dir", "@sub", "and", "or", "regular"].iter().any(|noun| word.is(noun))
}

/// Whether what is said next is said of the files that were named before.
fn describes(word: &Word) -> bool {
    ["with", "whose", "having", "@named", "@begin", "@end", "@matches", "@own"].iter().any(|cue| word.is(cue))
}

/// "MP3 files": devices and programs write these endings in either case, and who writes them so means both.
fn is_shouted(pair: &[Word]) -> bool {
    const BOTH: [&str; 14] = ["JPG", "JPEG", "PNG", "GIF", "BMP", "TIFF", "MP3", "MP4", "OGG", "WAV", "AVI", "MOV", "MKV", "TXT"];
    BOTH.contains(&pair[0].raw.as_str()) && pair[1].is("@file")
}

/// The query after the row that takes most words at `at` and makes sense there; of equals the first.
fn step(query: &Query, words: &[Word], at: usize, negated: bool, budget: &Budget) -> Option<(usize, Query)> {
    let matched = |(pattern, effect): &(Pattern, Effect)| pattern.matches(words, at, budget).map(|(end, caught)| (end, *effect, caught));
    let mut found: Vec<(usize, Effect, Caught)> = GRAMMAR.iter().filter_map(matched).collect();
    found.sort_by_key(|(end, ..)| std::cmp::Reverse(*end));
    found.into_iter().find_map(|(end, effect, mut caught)| {
        caught.negated = negated;
        let mut next = query.clone();
        effect(&mut next, &caught)?;
        Some((end, next))
    })
}
