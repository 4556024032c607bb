//! From a command with stand-ins to one with holes.

use super::sentence::{NOTHING, Named};
use crate::domain::{Hole, ShellKind};
use crate::syntax::{self, Comment};

/// The command with a hole for every stand-in; `None` when one is missing, was changed, or stands in quotes, where a hole
/// would be text.
pub(super) fn with_holes(command: &str, named: &Named, shell: ShellKind) -> Option<(String, Vec<Hole>)> {
    let (outside, comment) = syntax::unquoted(command, shell);
    if comment == Comment::Present || command.contains('\n') || outside.iter().any(|(_, c)| *c == '`') {
        return None;
    }
    let (mut text, mut holes, mut at) = (String::new(), Vec::new(), 0);
    let mut filled = vec![false; named.names.len()];
    while at < command.len() {
        let rest = &command[at..];
        if let Some((number, length, label)) = stand_in_at(command, at, named) {
            outside.iter().any(|(place, _)| *place == at).then_some(())?;
            filled[number] |= label != STEM;
            let start = text.len();
            text.push_str(&Hole::text(label));
            holes.push(Hole { at: start..text.len() });
            // What a redirection empties is said in full.
            let before = command[..at].trim_end_matches(' ');
            if before.ends_with('>') && !before.ends_with(">>") {
                return None;
            }
            at += length;
        } else if rest.starts_with(NOTHING) {
            at += NOTHING.len();
        } else {
            let c = rest.chars().next()?;
            text.push(c);
            at += c.len_utf8();
        }
    }
    if !filled.iter().all(|filled| *filled) || is_left(&text, named) {
        return None;
    }
    if !syntax::is_inert(&text, &holes, shell) {
        let start = text.len() + 1;
        text.push_str(&format!(" {}", Hole::STOP));
        holes.push(Hole { at: start..text.len() });
    }
    syntax::is_inert(&text, &holes, shell).then_some((text, holes))
}

/// The same for words.
pub(super) fn in_words(text: &str, named: &Named) -> Option<String> {
    let mut text = text.replace(&format!(":{NOTHING}"), "");
    for name in &named.names {
        let hole = Hole::text(&name.label);
        text = text.replace(&name.text, &hole).replace(name.text.trim_end_matches('/'), &hole);
        text = text.replace(stem(&name.text), &Hole::text(STEM));
    }
    (!is_left(&text, named)).then_some(text)
}

/// What a hole for a name without its ending is called.
const STEM: &str = "name";

/// The stand-in that begins at this byte of the command, its length there, and what its hole is called.
fn stand_in_at<'a>(command: &str, at: usize, named: &'a Named) -> Option<(usize, usize, &'a str)> {
    let rest = &command[at..];
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if command[..at].ends_with(is_part) {
        return None;
    }
    named.names.iter().enumerate().find_map(|(number, name)| {
        let (folder, stem) = (name.text.trim_end_matches('/'), stem(&name.text));
        let forms = [(name.text.as_str(), name.label.as_str()), (folder, &name.label), (stem, STEM)];
        let (text, label) = forms.into_iter().find(|(text, _)| rest.starts_with(text))?;
        let ends = !rest[text.len()..].starts_with(is_part);
        ends.then_some((number, text.len(), label))
    })
}

/// A name without its ending.
fn stem(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// Whether a part of a stand-in is still there: a template took it apart.
fn is_left(text: &str, named: &Named) -> bool {
    named.names.iter().any(|name| {
        let stem = name.text.trim_start_matches("https://");
        let stem = stem.split(['.', '/']).next().unwrap_or(stem);
        text.contains(stem)
    })
}
