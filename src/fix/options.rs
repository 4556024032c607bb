//! Options that a program does not have.

use super::called::Line;
use super::{Fix, Seen, nearest_names};
use crate::explain;

pub(super) fn fixes(line: &Line<'_>, _: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    for call in line.failing() {
        let Some(unknown) = explain::unknown(call.words) else { continue };
        for word in unknown.options.iter().filter_map(|at| call.words.get(*at)) {
            // Behind the sign a pattern may stand.
            let Some(text) = word.value.as_deref() else { continue };
            let name = text.split('=').next().unwrap_or(text);
            let bare = name.trim_start_matches('-');
            let dashes = &name[..name.len() - bare.len()];
            let known =
                unknown.known_options.iter().filter_map(|option| option.strip_prefix(dashes)).filter(|option| !option.starts_with('-'));
            let known: Vec<&str> = known.filter(|option| option.len() > 1).collect();
            // The value behind the sign stays as it was written, with its quotes.
            let Some(rest) = word.raw.strip_prefix(name) else { continue };
            for (at, meant) in nearest_names(bare, known, 2).iter().enumerate() {
                let slope = f64::from(u8::try_from(at).unwrap_or(u8::MAX));
                let reading = format!("{} has no `{name}`, but `{dashes}{meant}`", unknown.family);
                found.extend(line.with(word, &format!("{dashes}{meant}{rest}")).map(|line| Fix::new(line, reading, 0.86 - 0.1 * slope)));
            }
        }
    }
    found
}
