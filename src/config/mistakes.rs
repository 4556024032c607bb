//! All mistakes of a text that does not hold, not only the one that reading it stops at.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::raw::RawConfig;
use super::resolve::{Layer, Reader};
use super::{Config, ConfigProblem};

/// Most that are told of.
const MOST: usize = 20;

impl Reader<'_> {
    /// The mistakes in the order of their lines. Where the text is no TOML what else is wrong with it is not looked for: much of it would
    /// be read as something else than it was meant to be.
    pub(super) fn mistakes(&self, layer: Layer, below: &Config) -> Vec<ConfigProblem> {
        let (_, errors) = DeTable::parse_recoverable(self.text);
        let mut found: Vec<ConfigProblem> = Vec::new();
        if errors.is_empty() {
            let mut left_out = Vec::new();
            while found.len() < MOST
                && let Some(problem) = self.first_without(&left_out, layer, below)
            {
                let place = problem.key.clone().map(|key| Place { key, line: problem.line });
                found.push(problem);
                match place.filter(|place| !left_out.contains(place)) {
                    Some(place) => left_out.push(place),
                    None => break,
                }
            }
        } else {
            // One slip makes the parser stumble at many a place of the same statement.
            let mut statements = Vec::new();
            for error in errors {
                let at = error.span().map(|span| statement(self.text, span.start).0);
                if !statements.contains(&at) {
                    statements.push(at);
                    found.push(self.shape_problem(&error));
                }
            }
        }
        found.sort_by_key(|problem| problem.line);
        // What follows from a mistake on the same line is no second one.
        found.dedup_by(|later, former| later.line == former.line && (later.key == former.key || later.key.is_none()));
        found
    }

    /// The mistake that reading stops at when these are left out.
    fn first_without(&self, left_out: &[Place], layer: Layer, below: &Config) -> Option<ConfigProblem> {
        let mut table = DeTable::parse(self.text).ok()?;
        below.locks.take_out(table.get_mut(), self);
        left_out.iter().for_each(|place| place.take_out_of(table.get_mut(), self));
        match RawConfig::deserialize(Deserializer::from(table)) {
            Ok(raw) => self.resolve(raw, layer, below).err(),
            Err(error) => Some(self.shape_problem(&error)),
        }
    }
}

/// Where a mistake is.
#[derive(Debug, PartialEq)]
struct Place {
    key: String,
    line: Option<usize>,
}

impl Place {
    /// Takes out what is wrong. Of a block nothing is left: what its other keys mean depends on each of them.
    fn take_out_of<'a>(&self, table: &mut DeTable<'a>, reader: &Reader<'_>) {
        let path: Vec<&str> = self.key.split('.').collect();
        match path.as_slice() {
            ["provider", ..] => self.take_block(table, "provider", reader),
            ["rules", "add", ..] => match table.get_mut("rules").map(Spanned::as_mut) {
                Some(DeValue::Table(rules)) => self.take_block(rules, "add", reader),
                _ => drop(table.remove("rules")),
            },
            [section, key, ..] => match table.get_mut(*section).map(Spanned::as_mut) {
                Some(DeValue::Table(inner)) if inner.contains_key(*key) => drop(inner.remove(*key)),
                _ => drop(table.remove(*section)),
            },
            [key] => drop(table.remove(*key)),
            [] => {}
        }
    }

    fn take_block<'a>(&self, table: &mut DeTable<'a>, name: &str, reader: &Reader<'_>) {
        if let Some(DeValue::Array(blocks)) = table.get_mut(name).map(Spanned::as_mut)
            && let Some(line) = self.line
            && let Some(at) = blocks.iter().rposition(|block| reader.line(block.span().start) <= line)
        {
            let kept = std::mem::replace(blocks, DeArray::new()).into_iter().enumerate().filter(|(place, _)| *place != at);
            *blocks = kept.map(|(_, block)| block).collect();
            return;
        }
        table.remove(name);
    }
}

/// The key of the statement that a byte of a text belongs to, where the text cannot be read: with the table above it, as it is written.
pub(super) fn key_of_statement(text: &str, offset: usize) -> Option<String> {
    statement(text, offset).1
}

/// Where that statement begins, and its key.
fn statement(text: &str, offset: usize) -> (usize, Option<String>) {
    let (mut table, mut key, mut open, mut at, mut start_at) = (String::new(), None, 0_usize, 0, 0);
    for line in text.split_inclusive('\n') {
        if at > offset {
            break;
        }
        if open == 0 {
            start_at = at;
        }
        at += line.len();
        if open == 0 {
            let start = line.trim_start();
            if start.starts_with('[') {
                table = plain_key(start.trim_start_matches('[').split(']').next().unwrap_or_default()).unwrap_or_default();
                key = None;
                continue;
            }
            key = start.split_once('=').and_then(|(name, _)| plain_key(name));
        }
        open = open.saturating_add_signed(opened(line));
    }
    (start_at, key.map(|key: String| if table.is_empty() { key } else { format!("{table}.{key}") }))
}

/// A key that needs no quotes, without the blanks around it.
fn plain_key(name: &str) -> Option<String> {
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.len() <= 64 && name.chars().all(plain)).then(|| name.to_owned())
}

/// How many more brackets a line opens than it closes, outside of quotes and comments.
fn opened(line: &str) -> isize {
    let (mut quote, mut escaped, mut count) = (None, false, 0);
    for letter in line.chars() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '#') => break,
            (None, '[' | '{') => count += 1,
            (None, ']' | '}') => count -= 1,
            (None, _) => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn all(text: &str) -> Vec<String> {
        let reader = Reader { text, path: Path::new("F"), home: None };
        reader.mistakes(Layer::User, &Config::default()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_is_found_in_the_order_of_the_lines() {
        let text = "memory = 3\naudit = \"of\"\ndeadlin_ms = 1\n[shell]\nkeyy = 1\nnote = 3\nhash = true\n[cahce]\nttl_days = 1\n\
                    [[provider]]\nname = \"a\"\nkind = \"ollama\"\nmodel = \"m\"\n[[provider]]\nname = \"b\"\nkind = \"olama\"\nmodel = \"m\"\n\
                    [[provider]]\nname = \"a\"\nkind = \"ollama\"\nmodel = \"m\"\n[[rules.add]]\nid = \"x\"\n";
        let lines: Vec<String> = all(text).iter().map(|said| said.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines,
            [
                "F:1 `memory`",
                "F:2 `audit`",
                "F:3 `deadlin_ms`",
                "F:5 `shell.keyy`",
                "F:6 `shell.note`",
                "F:8 `cahce`",
                "F:16 `provider.kind`",
                "F:19 `provider.name`",
                "F:22 `rules.add.programs`",
            ]
        );
        assert_eq!(all("memory = \"on\"\n"), Vec::<String>::new());
        assert_eq!(all("locked = [\"x\"]\nmemory = 1\n").len(), 2);
    }

    #[test]
    fn what_is_no_toml_is_told_with_the_key_of_its_statement() {
        for (text, key) in [
            ("hedge = \"on\"\nmemory = off\n", "F:2: `memory`: "),
            ("[shell]\nkey = ctrl-g\n", "F:2: `shell.key`: "),
            ("[[provider]]\nname = \"a\"\nmodel = gpt\n", "F:3: `provider.model`: "),
            ("context = [\n  \"cwd\",\n  branch,\n]\n", "F:3: `context`: "),
            ("memory = \"on\n", "F:1: `memory`: "),
        ] {
            assert!(all(text).first().is_some_and(|said| said.starts_with(key)), "{text}: {:?}", all(text));
        }
        assert_eq!(all("memory = off\n[shell]\nnote = \"x\"\nkey = ctrl-g\n").len(), 2);
        assert_eq!(key_of_statement("\"odd key\" = 1\n", 3), None);
    }
}
