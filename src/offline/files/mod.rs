//! The language of files: which files, where, and what to do with them.
//!
//! A sentence is read from left to right. At each word the rows of the grammar (`grammar_*`) are tried, the longest match
//! wins, and its effect adds a test, a place or an action to the query. What no row explains makes the result doubtful.

mod grammar_actions;
mod grammar_places;
mod grammar_tests;
mod names;
mod pattern;
mod places;
mod query;
mod reading;
mod render;
mod render_action;
mod render_tests;
mod slots;
mod words;

use std::sync::LazyLock;

use self::pattern::{Caught, Pattern};
use self::query::{Action, Field, Key, Length, Order, Place, Query, Sink, Span, Test, TestKind, Verb, What};
use self::words::{Word, words};
use super::lexicon::Lexicon;
use super::machine::Machine;
use super::parse::{Coverage, Parse};
use super::slots::Value;
use super::tokens::Token;

struct Grammar {
    patterns: Vec<Pattern>,
    /// The words of all patterns, sorted.
    vocabulary: Vec<String>,
}

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| {
    let rows = [grammar_tests::ROWS, grammar_places::ROWS, grammar_actions::ROWS];
    let patterns: Vec<Pattern> = rows.into_iter().flatten().copied().map(Pattern::new).collect();
    let mut vocabulary: Vec<String> = patterns.iter().flat_map(Pattern::vocabulary).map(str::to_owned).collect();
    vocabulary.sort_unstable();
    vocabulary.dedup();
    Grammar { patterns, vocabulary }
});

/// Reads the sentence as a question about files, if it is one.
pub(super) fn match_files(query: &str, tokens: &[Token], lexicon: &Lexicon, machine: &Machine) -> Option<Parse> {
    let words = words(query, tokens, lexicon, &GRAMMAR.vocabulary);
    let read = read(&words)?;
    let Read { query, weight, coverage } = read;
    let destructive = query.is_destructive();
    if destructive && !query.may_destroy() {
        return None;
    }
    let command = render::command(&query, machine)?;
    Some(Parse {
        intent: format!("files.{}", reading::action_name(&query.action)),
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

struct Read {
    query: Query,
    weight: f64,
    coverage: Coverage,
}

fn read(words: &[Word]) -> Option<Read> {
    let variables = words.iter().filter(|word| word.is_variable()).map(|word| word.raw.clone()).collect();
    let mut query = Query { variables, ..Query::default() };
    let (mut at, mut negated, mut either) = (0, false, false);
    let (mut total, mut left, mut weight, mut repairs) = (0.0, 0.0, 0.0, 0.0);
    while at < words.len() {
        if let Some((end, next)) = step(&query, words, at, negated) {
            let before = query.tests.len();
            query = next;
            if either && query.tests.len() > before && before > 0 {
                query.join_last();
            }
            let taken = words[at..end].iter().filter(|word| !word.is_light()).count();
            // Only what was needed to choose the row counts as mended.
            repairs += words[at..end].iter().filter(|word| word.repaired).count() as f64;
            total += taken as f64;
            weight += taken as f64;
            (negated, either) = (false, false);
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
            // The verb of the sentence counts most.
            let weighs = if at == 0 { 2.0 } else if word.namely { 1.2 } else { 1.0 };
            if std::env::var_os("T").is_some() { eprintln!("   left {}", word.raw); }
            total += weighs;
            left += weighs;
        } else {
            if std::env::var_os("T").is_some() { eprintln!("   VOID by {:?} {}", word.value, word.raw); }
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
    Some(Read { query, weight, coverage: Coverage { confidence, repaired: repairs > 0.0 } })
}

/// The query after the row that takes most words at `at` and makes sense there; of equals the first.
fn step(query: &Query, words: &[Word], at: usize, negated: bool) -> Option<(usize, Query)> {
    let mut found: Vec<(usize, &Pattern, Caught)> =
        GRAMMAR.patterns.iter().filter_map(|pattern| pattern.matches(words, at).map(|(end, caught)| (end, pattern, caught))).collect();
    found.sort_by_key(|(end, ..)| std::cmp::Reverse(*end));
    found.into_iter().find_map(|(end, pattern, mut caught)| {
        caught.negated = negated;
        let mut next = query.clone();
        (pattern.effect)(&mut next, &caught)?;
        if std::env::var_os("T").is_some() { eprintln!("   [{}] neg={negated} {:?}", words[at..end].iter().map(|w|w.raw.as_str()).collect::<Vec<_>>().join(" "), caught.bound); }
        Some((end, next))
    })
}
