//! Words around a wish that say nothing of it.

/// How people begin a wish, the longest first where one begins another.
const LEADS: [&str; 38] = [
    "but",
    "and",
    "now",
    "also",
    "no,",
    "nope,",
    "not that,",
    "instead,",
    "actually",
    "please",
    "ok",
    "okay",
    "just",
    "then",
    "hm",
    "hmm",
    "rather",
    "sorry,",
    "i meant",
    "i mean",
    "i want",
    "i only want",
    "can you",
    "could you",
    "make it",
    "make that",
    "make them",
    "do it",
    "do that",
    "let it",
    "let's",
    "show me",
    "it should be",
    "they should be",
    "with only",
    "use",
    "run it",
    "this time",
];

/// How they end it.
const ENDS: [&str; 9] = ["please", "instead", "too", "as well", "this time", "then", "though", "for me", "now"];

/// A wish without the words around it.
pub(super) fn core(wish: &str) -> String {
    let mut core = wish.trim().trim_end_matches(['.', '!', '?']).trim().to_owned();
    while let Some(rest) = LEADS.iter().find_map(|lead| without_lead(&core, lead)) {
        core = rest;
    }
    while let Some(rest) = ENDS.iter().find_map(|end| without_end(&core, end)) {
        core = rest;
    }
    core
}

/// A text without words at its beginning, of which something is left.
pub(super) fn without_lead(text: &str, lead: &str) -> Option<String> {
    let start = text.get(..lead.len()).filter(|start| start.eq_ignore_ascii_case(lead))?;
    let rest = &text[start.len()..];
    let is_whole = lead.ends_with(',') || rest.starts_with([' ', ',']);
    let rest = rest.trim_start_matches([' ', ',']);
    (is_whole && !rest.is_empty()).then(|| rest.to_owned())
}

fn without_end(text: &str, end: &str) -> Option<String> {
    let at = text.len().checked_sub(end.len())?;
    let rest = text.get(..at).filter(|_| text.get(at..).is_some_and(|last| last.eq_ignore_ascii_case(end)))?;
    let bare = rest.trim_end_matches([' ', ',']);
    (rest.len() > bare.len() && !bare.is_empty()).then(|| bare.to_owned())
}

/// The two sides of a wish to have one thing in place of another: what goes, and what comes.
pub(super) fn exchange(core: &str) -> Option<(String, String)> {
    let lower = core.to_ascii_lowercase();
    let pair = |old: &str, new: &str| {
        let (old, new) = (old.trim().trim_end_matches(','), new.trim());
        (!old.is_empty() && !new.is_empty()).then(|| (old.to_owned(), new.to_owned()))
    };
    let split = |text: &'_ str, mark: &str| -> Option<(usize, usize)> { text.find(mark).map(|at| (at, at + mark.len())) };
    if let Some(rest_lower) = lower.strip_prefix("instead of ") {
        let rest = &core[core.len() - rest_lower.len()..];
        let marks = [", use ", " use ", " take ", " i want ", ", ", " with ", " by "];
        return marks.iter().find_map(|mark| split(rest_lower, mark)).and_then(|(at, behind)| pair(&rest[..at], &rest[behind..]));
    }
    for (verb, mark) in [("replace ", " with "), ("replace ", " by "), ("change ", " to "), ("change ", " into "), ("exchange ", " for ")] {
        if lower.starts_with(verb)
            && let Some((at, behind)) = split(&lower[verb.len()..], mark)
        {
            let rest = &core[verb.len()..];
            return pair(&rest[..at], &rest[behind..]);
        }
    }
    for mark in [" instead of ", " rather than ", ", not ", " in place of "] {
        if let Some((at, behind)) = split(&lower, mark) {
            let new = core[..at].trim();
            let new = ["use ", "take ", "with ", "do "].iter().find_map(|verb| new.strip_prefix(verb)).unwrap_or(new);
            return pair(&core[behind..], new);
        }
    }
    None
}
