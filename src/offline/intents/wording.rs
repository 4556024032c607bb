use std::ops::Range;
use std::sync::OnceLock;

use super::bind::Bindings;
use super::template::Template;
use crate::offline::machine::Machine;
use crate::offline::source::{Author, Cause, SourceError, Text, Texts, short};

/// The commands of an intent or a phrase as they are written.
#[derive(Debug, Clone, Copy)]
pub(in crate::offline) struct RawWording<'a> {
    /// The first form whose `@` guards hold is the answer.
    pub cmd: &'a Texts<'a>,
    /// Other commands worth offering.
    pub alt: &'a [Text<'a>],
    pub reading: &'a Text<'a>,
    /// What stands behind each command.
    pub suffix: &'a str,
}

/// The commands of an intent or a phrase, and its reading. Most are never asked for, so ours are parsed when they are.
#[derive(Debug)]
pub(in crate::offline) struct Wording {
    commands: Box<[Box<str>]>,
    alternatives: Box<[Box<str>]>,
    reading: Box<str>,
    parsed: OnceLock<Option<Parsed>>,
}

#[derive(Debug)]
struct Parsed {
    commands: Box<[Template]>,
    alternatives: Box<[Template]>,
    reading: Template,
}

/// What is rendered for a sentence.
#[derive(Debug)]
pub(in crate::offline) struct Rendered {
    /// The answer, then others worth offering.
    pub commands: Vec<String>,
    pub reading: String,
}

impl RawWording<'_> {
    /// Takes it as it is, or checked, where `knows` tells which slots and flags there are.
    pub(in crate::offline) fn build(self, author: Author, knows: impl Fn(&str) -> bool) -> Result<Wording, SourceError> {
        if self.cmd.all.is_empty() {
            return Err(Cause::Empty("cmd").at(self.cmd.at.clone()));
        }
        let whole = |text: &Text<'_>| format!("{}{}", text.text, self.suffix).into_boxed_str();
        let wording = Wording {
            commands: self.cmd.all.iter().map(whole).collect(),
            alternatives: self.alt.iter().map(whole).collect(),
            reading: (*self.reading.text).into(),
            parsed: OnceLock::new(),
        };
        if author == Author::User {
            let written = wording.commands.iter().zip(&self.cmd.all).chain(wording.alternatives.iter().zip(self.alt));
            for (text, written) in written.chain([(&wording.reading, self.reading)]) {
                check(text, written.at.clone(), &knows)?;
            }
        }
        Ok(wording)
    }
}

fn check(text: &str, at: Range<usize>, knows: impl Fn(&str) -> bool) -> Result<(), SourceError> {
    let template = Template::parse(short(text, at.clone())?).map_err(|error| Cause::Template(error).at(at.clone()))?;
    match template.names().into_iter().find(|name| !knows(name)) {
        Some(name) => Err(Cause::Unknown(name).at(at)),
        None => Ok(()),
    }
}

/// The programs on whose presence a command depends.
pub(in crate::offline) fn tools(command: &str) -> impl Iterator<Item = &str> {
    command.split(' ').take_while(|word| word.starts_with('@')).filter_map(|guard| guard.strip_prefix("@has="))
}

impl Wording {
    /// Writes the commands that apply; `None` when none does, or the reading lacks a slot.
    pub(in crate::offline) fn write(&self, bindings: &Bindings, machine: &Machine) -> Option<Rendered> {
        let Parsed { commands, alternatives, reading } = self.parsed.get_or_init(|| self.parse()).as_ref()?;
        let rendered = |template: &Template| template.applies(machine, bindings).then(|| template.render(bindings, machine.shell))?;
        let mut written: Vec<String> = commands.iter().find_map(rendered).into_iter().collect();
        if written.is_empty() {
            return None;
        }
        written.extend(alternatives.iter().filter_map(rendered));
        Some(Rendered { commands: written, reading: reading.plain(bindings)? })
    }

    /// All that it was written with.
    #[cfg(test)]
    pub(in crate::offline) fn texts(&self) -> impl Iterator<Item = &str> {
        self.commands.iter().chain(&self.alternatives).chain([&self.reading]).map(|text| &**text)
    }

    fn parse(&self) -> Option<Parsed> {
        let all = |texts: &[Box<str>]| texts.iter().map(|text| Template::parse(text).ok()).collect::<Option<_>>();
        Some(Parsed {
            commands: all(&self.commands)?,
            alternatives: all(&self.alternatives)?,
            reading: Template::parse(&self.reading).ok()?,
        })
    }
}
