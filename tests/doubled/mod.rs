//! Packs with as many intents as the embedded data has, made of it. About other things they are when the words that tell
//! one intent from another are different ones, while "show", "all" and the like stay.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use gptos::offline::Pack;
use toml::{Table, Value};

/// A word of more patterns than these is everybody's.
const MOST_PATTERNS: usize = 300;

/// The lists of patterns and words of an intent or a phrase.
const SAID: [&str; 4] = ["say", "need", "may", "not"];

/// The embedded data about other things.
pub(crate) fn about_other_things() -> Vec<Pack> {
    packs(MOST_PATTERNS)
}

/// The embedded data once more, under other names alone.
pub(crate) fn about_the_same() -> Vec<Pack> {
    packs(0)
}

/// The embedded data with another word for each that so many patterns use at most.
fn packs(most_patterns: usize) -> Vec<Pack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/offline/data");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml") && !path.ends_with("phrases.shared.toml"));
    paths.sort();
    let files: Vec<(String, Table)> = paths
        .iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap().parse().unwrap()))
        .collect();
    let mut uses: HashMap<String, usize> = HashMap::new();
    for text in files.iter().flat_map(|(_, file)| entries(file)).flat_map(|(_, entry)| SAID.iter().filter_map(|key| entry.get(*key))) {
        texts(text).into_iter().flat_map(words).for_each(|word| *uses.entry(word.to_owned()).or_default() += 1);
    }
    let renamed = |text: &str| renamed(text, &|word| uses.get(word).is_some_and(|uses| *uses <= most_patterns));
    files
        .into_iter()
        .map(|(name, file)| {
            let mut text = format!("family = {}\n", written(&file["family"], &str::to_owned));
            if let Some(not) = file.get("not") {
                text.push_str(&format!("not = {}\n", written(not, &renamed)));
            }
            for (kind, entry) in entries(&file) {
                text.push_str(&format!("[[{kind}]]\n"));
                for (key, value) in entry {
                    let value = match key.as_str() {
                        "id" => written(value, &|id: &str| format!("other.{id}")),
                        key if SAID.contains(&key) => written(value, &renamed),
                        _ => written(value, &str::to_owned),
                    };
                    text.push_str(&format!("{key} = {value}\n"));
                }
            }
            Pack { name, text }
        })
        .collect()
}

fn entries(file: &Table) -> impl Iterator<Item = (&'static str, &Table)> {
    ["intent", "phrase"].into_iter().flat_map(|kind| {
        let list = file.get(kind).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().map(move |entry| (kind, entry.as_table().unwrap()))
    })
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn is_word(part: &str) -> bool {
    part.len() > 2 && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// The plain words of a pattern: neither slots nor sets.
fn words(pattern: &str) -> impl Iterator<Item = &str> {
    pattern
        .split([' ', '|', '\n'])
        .map(|part| part.trim_end_matches('?').split('=').next().unwrap_or_default())
        .filter(|part| is_word(part))
}

fn renamed(pattern: &str, tells: &dyn Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for piece in pattern.split_inclusive([' ', '|', '\n', '?', '=']) {
        let word = piece.trim_end_matches([' ', '|', '\n', '?', '=']);
        let other = if is_word(word) && tells(word) { format!("{word}qx") } else { word.to_owned() };
        // What follows the sign is the name of a flag.
        let is_flag = out.ends_with('=');
        out.push_str(if is_flag { word } else { &other });
        out.push_str(&piece[word.len()..]);
    }
    out
}

/// The value as TOML, with its texts changed.
fn written(value: &Value, change: &dyn Fn(&str) -> String) -> String {
    match value {
        // What JSON escapes TOML escapes the same way.
        Value::String(text) => serde_json::to_string(&change(text)).unwrap(),
        Value::Array(list) => format!("[{}]", list.iter().map(|value| written(value, change)).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let fields = table.iter().map(|(key, value)| format!("{key} = {}", written(value, change)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Float(number) => format!("{number:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(_) => unreachable!("no intent has a date"),
    }
}
