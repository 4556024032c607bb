//! The user's configuration file as a text in which one key changes and everything else stays, comments included.

use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::config::{keys, nearest};

/// A key as the user writes it, taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The whole of it.
    pub(super) key: &'a str,
    /// The provider it is about.
    pub(super) provider: Option<&'a str>,
    /// The tables it is in, and the key in the innermost one; empty for a whole provider.
    pub(super) path: &'a str,
}

impl<'a> Place<'a> {
    /// The place of a key that means nothing, to take it out.
    pub(super) fn unknown(key: &'a str) -> Self {
        let (provider, path) = match key.strip_prefix("provider.").and_then(|rest| rest.split_once('.')) {
            Some((name, path)) => (Some(name), path),
            None => (None, key),
        };
        Self { key, provider, path }
    }

    /// # Errors
    /// That there is no such key, and which one may have been meant.
    pub(super) fn of(key: &'a str) -> Result<Self, (String, String)> {
        let (provider, path) = match key.strip_prefix("provider.") {
            Some(rest) => rest.split_once('.').map_or((Some(rest), ""), |(name, path)| (Some(name), path)),
            None => (None, key),
        };
        let known = match provider {
            Some(_) => path.is_empty() || keys::find(&format!("provider.{path}")).is_some(),
            None => keys::find(path).is_some(),
        };
        if known && (provider.is_some() || !matches!(key, "provider" | "rules" | "locked") && !key.starts_with("rules.add")) {
            return Ok(Self { key, provider, path });
        }
        let hint = match key {
            "provider" => "`gptos provider add` adds one; `provider.NAME.KEY` is a value of one that is there".to_owned(),
            "rules" | "locked" => "`gptos config edit` opens the file".to_owned(),
            key if key.starts_with("rules.add") => "`gptos config edit` opens the file".to_owned(),
            key => match (provider, nearest(key, keys::ALL.iter().map(|entry| entry.path))) {
                (Some(name), _) => {
                    let known = keys::ALL.iter().filter_map(|entry| entry.path.strip_prefix("provider."));
                    let meant = nearest(path, known).map(|meant| format!("did you mean `provider.{name}.{meant}`?"));
                    meant.unwrap_or_else(|| "`gptos config reference` names the keys".to_owned())
                }
                (None, Some(meant)) => format!("did you mean `{meant}`?"),
                (None, None) => "`gptos config reference` names the keys".to_owned(),
            },
        };
        Err((format!("`{key}`: no key that can be set here"), hint))
    }
}

/// The text with another value. Its lines end as they did.
///
/// # Errors
/// Why there is no place for it.
pub(super) fn with(text: &str, place: Place<'_>, literal: &str) -> Result<String, String> {
    with_plain_ends(text, place, literal).map(|made| ended_as(text, made))
}

/// What was made of a text by a library that ends all lines in one way, with the ends of that text.
fn ended_as(text: &str, made: String) -> String {
    let carriage = text.matches("\r\n").count();
    if carriage == 0 || carriage * 2 < text.matches('\n').count() { made } else { made.replace("\r\n", "\n").replace('\n', "\r\n") }
}

fn with_plain_ends(text: &str, place: Place<'_>, literal: &str) -> Result<String, String> {
    let broken = |_| "the file is not TOML".to_owned();
    let mut document: DocumentMut = text.parse().map_err(broken)?;
    // The first key of the top goes behind what the user wrote about the whole file.
    let is_first = place.provider.is_none() && !place.path.contains('.') && !document.iter().any(|(_, item)| item.is_value());
    let (head, rest) = text.split_at(if is_first { head_of(text) } else { 0 });
    if !head.is_empty() {
        document = rest.parse().map_err(broken)?;
    }
    let value: Value = literal.parse().map_err(|_| format!("`{}`: not a value", place.key))?;
    let table: &mut dyn TableLike = match place.provider {
        Some(name) => provider_of(&mut document, name).ok_or_else(|| format!("no provider is named `{name}`"))?,
        None => document.as_table_mut(),
    };
    let (table, key, value): (&mut dyn TableLike, _, _) = match (place.path.split_once('.'), place.provider) {
        (None, _) => (table, place.path, value),
        // A provider's key is in one place; naming another forgets the former.
        (Some((key, way)), Some(_)) => (table, key, Value::InlineTable(InlineTable::from_iter([(way, value)]))),
        (Some((section, key)), None) => {
            let inner = table.entry(section).or_insert(toml_edit::table());
            (inner.as_table_like_mut().ok_or_else(|| format!("`{section}` is no table"))?, key, value)
        }
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(former) => {
            let decor = former.decor().clone();
            *former = value;
            *former.decor_mut() = decor;
        }
        None => drop(table.insert(key, Item::Value(value))),
    }
    let gap = if head.is_empty() || head.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{head}{gap}{document}"))
}

/// How much of a text, from its beginning, is comments that no table follows at once.
fn head_of(text: &str) -> usize {
    let (mut at, mut end) = (0, 0);
    for line in text.split_inclusive('\n') {
        if !(line.trim().is_empty() || line.starts_with('#')) {
            return end;
        }
        at += line.len();
        if line.trim().is_empty() {
            end = at;
        }
    }
    at
}

fn provider_of<'a>(document: &'a mut DocumentMut, name: &str) -> Option<&'a mut dyn TableLike> {
    let is_named = |table: &dyn TableLike| table.get("name").and_then(Item::as_str) == Some(name);
    match document.get_mut("provider")? {
        Item::ArrayOfTables(blocks) => blocks.iter_mut().find(|block| is_named(*block)).map(|block| block as &mut dyn TableLike),
        Item::Value(Value::Array(blocks)) => {
            blocks.iter_mut().filter_map(Value::as_inline_table_mut).find(|block| is_named(*block)).map(|block| block as &mut dyn TableLike)
        }
        _ => None,
    }
}

/// The text without a key or a block, by whole lines, so that every other one stays as it is; `None` if it is not there.
pub(super) fn without(text: &str, place: Place<'_>) -> Option<String> {
    let root = DeTable::parse(text).ok()?;
    let mut table = root.get_ref();
    if let Some(name) = place.provider {
        let DeValue::Array(blocks) = table.get("provider")?.get_ref() else { return None };
        let named = |block: &DeTable<'_>| block.get("name").and_then(|value| value.get_ref().as_str()) == Some(name);
        let (at, block) =
            blocks.iter().enumerate().find_map(|(at, block)| Some((at, block.get_ref().as_table()?)).filter(|(_, block)| named(block)))?;
        if place.path.is_empty() {
            return without_block(text, at);
        }
        table = block;
    }
    let mut path = place.path;
    // A provider's key has one way to be had, so that goes as a whole.
    if let (Some((key, way)), Some(_)) = (path.split_once('.'), place.provider) {
        table.get(key)?.get_ref().as_table()?.get(way)?;
        path = key;
    }
    if let Some((section, key)) = path.split_once('.') {
        table = table.get(section)?.get_ref().as_table()?;
        path = key;
    }
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == path)?;
    let span = key.span().start..value.span().end.max(key.span().end);
    whole_lines(text, span).or_else(|| without_inline(text, place))
}

/// The text without the lines of a value, if nothing else stands on them.
fn whole_lines(text: &str, span: Range<usize>) -> Option<String> {
    let begin = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at + 1);
    let rest = text[span.end..end].trim();
    let before = text[begin..span.start].trim();
    // A dotted key begins on the same line: `shell.key = …`.
    let is_alone =
        (before.is_empty() || before.ends_with('.') && !before.contains(['{', '='])) && (rest.is_empty() || rest.starts_with('#'));
    is_alone.then(|| format!("{}{}", &text[..begin], &text[end..]))
}

fn without_inline(text: &str, place: Place<'_>) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let table: &mut dyn TableLike = match place.provider {
        Some(name) => provider_of(&mut document, name)?,
        None => document.as_table_mut(),
    };
    match place.path.split_once('.') {
        Some((key, _)) if place.provider.is_some() => table.remove(key)?,
        Some((section, key)) => table.get_mut(section)?.as_table_like_mut()?.remove(key)?,
        None => table.remove(place.path)?,
    };
    Some(ended_as(text, document.to_string()))
}

fn without_block(text: &str, at: usize) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    match document.get_mut("provider")? {
        Item::ArrayOfTables(blocks) => {
            let block = blocks.get(at)?;
            let above = block.decor().prefix().and_then(|above| above.as_str()).filter(|above| above.contains('#')).map(str::to_owned);
            let position = block.position();
            blocks.remove(at);
            if let Some(above) = above {
                keep_above_next(&mut document, &above, position);
            }
        }
        Item::Value(Value::Array(blocks)) => {
            blocks.remove(at);
        }
        _ => return None,
    }
    Some(ended_as(text, document.to_string()))
}

/// Puts comments that stood above a block which is gone above what came behind it.
fn keep_above_next(document: &mut DocumentMut, above: &str, gone: Option<isize>) {
    let mut headers = Vec::new();
    headers_in(document.as_table_mut(), &mut headers);
    let next = headers.into_iter().filter(|table| table.position() > gone).min_by_key(|table| table.position());
    match next {
        Some(table) => {
            let own = table.decor().prefix().and_then(|own| own.as_str()).unwrap_or_default();
            let both = format!("{above}{own}");
            table.decor_mut().set_prefix(both);
        }
        None => {
            let own = document.trailing().as_str().unwrap_or_default();
            let both = format!("{above}{own}");
            document.set_trailing(both);
        }
    }
}

/// The tables that have a header of their own.
fn headers_in<'a>(table: &'a mut Table, found: &mut Vec<&'a mut Table>) {
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => {
                if inner.is_implicit() || inner.is_dotted() {
                    headers_in(inner, found);
                } else {
                    found.push(inner);
                }
            }
            Item::ArrayOfTables(blocks) => found.extend(blocks.iter_mut()),
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "config_document_tests.rs"]
mod tests;
