//! Two sentences as one: what was asked, and what is to be different.

use super::phrasing::{core, exchange, without_lead};
use super::tokens::{exchanged, number, recounted, retimed, with_words};

/// Verbs that begin a question and are dropped where another one is wanted.
const VERBS: [&str; 14] = [
    "find all",
    "find",
    "list all",
    "list",
    "show me all",
    "show me",
    "show all",
    "show",
    "print",
    "display",
    "search for",
    "get",
    "look for",
    "what are",
];

/// What things are called that a wish may name more closely.
const NOUNS: [&str; 14] = [
    "files",
    "file",
    "folders",
    "directories",
    "images",
    "pictures",
    "videos",
    "lines",
    "processes",
    "containers",
    "packages",
    "commits",
    "branches",
    "everything",
];

/// Ways to say both, the likeliest first.
pub(super) fn all(asked: &str, wish: &str) -> Vec<String> {
    let core = core(wish);
    let asked = asked.trim().trim_end_matches(['.', '?', '!']);
    let mut found: Vec<String> = Vec::new();
    if let Some((old, new)) = exchange(&core) {
        found.extend(with_words(asked, &old, &new));
        found.extend(exchanged(asked, &new));
        // Somebody who says what goes does not want it beside what comes.
        return found;
    }
    let bare = ["only", "just", "the", "limit it to", "limited to", "limit to", "at most", "show only"].iter();
    let bare = bare.fold(core.clone(), |text, lead| without_lead(&text, lead).unwrap_or(text));
    for phrase in [&core, &bare] {
        let shorter = ["the", "in the", "from the", "of the"].iter().filter_map(|lead| without_lead(phrase, lead));
        found.extend(std::iter::once(phrase.clone()).chain(shorter).filter_map(|phrase| exchanged(asked, &phrase)));
    }
    found.extend(retimed(asked, &core));
    found.extend(counted(&bare).and_then(|count| recounted(asked, count)));
    found.extend(about_them(asked, &core));
    let noun = NOUNS.iter().find(|noun| with_words(asked, noun, "").is_some());
    if let Some(noun) = noun {
        // "python files", or a wish that names the thing in another way.
        if NOUNS.iter().any(|known| bare.split_whitespace().last().is_some_and(|last| last.eq_ignore_ascii_case(known))) {
            found.extend(with_words(asked, noun, &bare));
        }
        found.extend(with_words(asked, noun, &format!("{bare} {noun}")));
        let ones = bare.trim_end_matches(" ones").trim_end_matches(" one");
        if ones != bare {
            found.extend(with_words(asked, noun, &format!("{ones} {noun}")));
        }
    }
    // Whoever wants no `node_modules` does not mean that name alone.
    if let Some(left_out) =
        ["without", "no", "not", "except", "skip", "ignore", "excluding"].iter().find_map(|lead| without_lead(&core, lead))
        && !left_out.contains(' ')
    {
        found.extend([format!("{asked}, skip {left_out}"), format!("{asked} excluding {left_out}")]);
    }
    // A place needs no word before it where it cannot be anything else.
    let is_place = bare.starts_with(['/', '~', '.']);
    for joint in [" ", " and ", ", ", " that are ", " with "].into_iter().chain(is_place.then_some(" in ")) {
        found.push(format!("{asked}{joint}{bare}"));
        if core != bare {
            found.push(format!("{asked}{joint}{core}"));
        }
    }
    if let Some(by) = ["sort them by", "sort by", "sorted by", "order by", "ordered by"].iter().find_map(|lead| without_lead(&bare, lead)) {
        found.push(format!("{asked} sorted by {by}"));
        found.push(format!("{asked} by {by}"));
    }
    let mut seen = Vec::new();
    found.retain(|sentence| {
        !seen.contains(sentence) && {
            seen.push(sentence.clone());
            true
        }
    });
    found
}

/// The number in "5", "the first 5", "top ten", "5 of them".
pub(super) fn counted(phrase: &str) -> Option<u32> {
    let words: Vec<&str> = phrase.split_whitespace().collect();
    match words[..] {
        [count] | ["first" | "top", count] | ["the", "first" | "top", count] => number(count),
        [count, "of", "them"] | [count, "results" | "lines" | "entries" | "rows" | "files" | "matches" | "hits" | "items"] => number(count),
        ["first" | "top", count, "results" | "lines" | "entries" | "rows" | "matches" | "hits" | "ones" | "items"] => number(count),
        _ => None,
    }
}

/// "delete them": the verb goes before what was asked for.
fn about_them(asked: &str, core: &str) -> Vec<String> {
    let lower = core.to_ascii_lowercase();
    let Some(object) = VERBS.iter().find_map(|verb| without_lead(asked, verb)) else { return Vec::new() };
    if matches!(lower.as_str(), "how many" | "how many are there" | "count" | "count them" | "the number" | "their number") {
        return vec![format!("how many {object} are there"), format!("count {object}"), format!("count the {object}")];
    }
    for pronoun in [" them", " those", " these"] {
        if let Some(at) = lower.find(pronoun).filter(|at| !lower[..*at].contains(' ')) {
            let (verb, rest) = (&core[..at], &core[at + pronoun.len()..]);
            return vec![format!("{verb} {object}{rest}"), format!("{verb} all {object}{rest}")];
        }
    }
    Vec::new()
}
