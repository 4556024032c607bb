use thiserror::Error;

use super::bind::{Bindings, Filled};
use super::filters::{FILTERS, filtered};
use crate::domain::ShellKind;
use crate::offline::machine::{Machine, Os};
use crate::syntax::{quote, quote_glob, quote_path, quote_variables};

/// What is wrong with a command template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(in crate::offline) enum TemplateError {
    #[error("unknown guard `@{0}`")]
    Guard(String),
    #[error("`{0}` is not closed")]
    Open(&'static str),
    #[error("there is no filter `{0}`")]
    Filter(String),
}

/// When a form of a command applies.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Guard {
    Os(Os),
    Shell(ShellKind),
    Has(String),
    With(String),
    Without(String),
    /// The slot is the current folder.
    Here(String),
    /// The slot names none of the folders that hold everything: `/`, `~`, `.`, `..`.
    Inside(String),
    /// The slot holds a path below folders that need not exist: `a/b/c`.
    Deep(String),
    /// The slot's text ends in one of these.
    Ends(String, Vec<String>),
    /// The slot's text is one of these.
    Is(String, Vec<String>),
}

/// A piece of a command. Shell text of ours is `Text`; whatever the user wrote is a `Slot` and is quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// `<name>` or `<name|filter>`; `<name|excludes>` gives an `--exclude=` for each item.
    Slot {
        name: String,
        filter: Option<String>,
    },
    /// `<"…">`: everything inside is one literal word.
    Word(Vec<Part>),
    /// `(?name: …?)` appears if the slot or flag is bound, `(!name: …!)` if not.
    When {
        name: String,
        bound: bool,
        parts: Vec<Part>,
    },
}

/// A command with slots: `du -sh <path>`, `git log(?n: -n <n>?)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::offline) struct Template {
    guards: Vec<Guard>,
    parts: Vec<Part>,
}

impl Template {
    pub(in crate::offline) fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut rest = text.trim();
        let mut guards = Vec::new();
        while let Some(guarded) = rest.strip_prefix('@') {
            let (guard, after) = guarded.split_once(' ').unwrap_or((guarded, ""));
            guards.push(match guard.split_once('=') {
                Some(("has", tool)) => Guard::Has(tool.to_owned()),
                Some(("with", name)) => Guard::With(name.to_owned()),
                Some(("without", name)) => Guard::Without(name.to_owned()),
                Some(("inside", name)) => Guard::Inside(name.to_owned()),
                Some(("deep", name)) => Guard::Deep(name.to_owned()),
                Some(("here", name)) => Guard::Here(name.to_owned()),
                Some(("ends", rule)) => {
                    let (name, endings) = rule.split_once(':').ok_or_else(|| TemplateError::Guard(rule.to_owned()))?;
                    Guard::Ends(name.to_owned(), endings.split('|').map(str::to_owned).collect())
                }
                Some(("is", rule)) => {
                    let (name, texts) = rule.split_once(':').ok_or_else(|| TemplateError::Guard(rule.to_owned()))?;
                    Guard::Is(name.to_owned(), texts.split('|').map(str::to_owned).collect())
                }
                _ => match guard {
                    "bsd" => Guard::Os(Os::MacOs),
                    "gnu" => Guard::Os(Os::Linux),
                    "bash" => Guard::Shell(ShellKind::Bash),
                    "zsh" => Guard::Shell(ShellKind::Zsh),
                    "fish" => Guard::Shell(ShellKind::Fish),
                    other => return Err(TemplateError::Guard(other.to_owned())),
                },
            });
            rest = after.trim_start();
        }
        let (parts, left) = parse_parts(rest, None)?;
        debug_assert!(left.is_empty());
        Ok(Self { guards, parts })
    }

    /// The slots and flags it mentions.
    pub(in crate::offline) fn names(&self) -> Vec<String> {
        fn collect(parts: &[Part], names: &mut Vec<String>) {
            for part in parts {
                match part {
                    Part::Text(_) => {}
                    Part::Slot { name, .. } => names.push(name.clone()),
                    Part::Word(parts) => collect(parts, names),
                    Part::When { name, parts, .. } => {
                        names.push(name.clone());
                        collect(parts, names);
                    }
                }
            }
        }
        let mut names: Vec<String> = Vec::new();
        for guard in &self.guards {
            if let Guard::With(name)
            | Guard::Without(name)
            | Guard::Here(name)
            | Guard::Deep(name)
            | Guard::Inside(name)
            | Guard::Ends(name, _)
            | Guard::Is(name, _) = guard
            {
                names.push(name.clone());
            }
        }
        collect(&self.parts, &mut names);
        names
    }

    pub(in crate::offline) fn applies(&self, machine: &Machine, bindings: &Bindings) -> bool {
        self.guards.iter().all(|guard| match guard {
            Guard::Os(os) => machine.os == *os,
            Guard::Shell(shell) => machine.shell == *shell,
            Guard::Has(tool) => machine.has(tool),
            Guard::With(name) => bindings.is_bound(name),
            Guard::Without(name) => !bindings.is_bound(name),
            Guard::Inside(name) => bindings.get(name).is_some_and(|filled| {
                filled.items.iter().all(|item| !matches!(item.trim_end_matches('/'), "" | "~" | "." | ".." | "*" | "/*" | "~/*"))
            }),
            Guard::Deep(name) => {
                let deep = |item: &String| !item.starts_with(['/', '~', '$']) && item.trim_end_matches('/').matches('/').count() >= 2;
                bindings.get(name).is_some_and(|filled| filled.items.iter().any(deep))
            }
            Guard::Here(name) => bindings.get(name).is_some_and(|filled| filled.plain() == "."),
            Guard::Is(name, texts) => bindings.get(name).is_some_and(|filled| texts.contains(&filled.plain())),
            Guard::Ends(name, endings) => bindings.get(name).is_some_and(|filled| {
                let text = filled.plain().to_lowercase();
                endings.iter().any(|ending| text.ends_with(ending.as_str()))
            }),
        })
    }

    /// The command; `None` if a slot it needs is not bound or a filter does not fit.
    pub(in crate::offline) fn render(&self, bindings: &Bindings, shell: ShellKind) -> Option<String> {
        let mut out = String::new();
        render_parts(&self.parts, bindings, Some(shell), &mut out)?;
        Some(out)
    }

    /// The same as plain words, for the reading.
    pub(in crate::offline) fn plain(&self, bindings: &Bindings) -> Option<String> {
        let mut out = String::new();
        render_parts(&self.parts, bindings, None, &mut out)?;
        Some(out)
    }
}

/// Parses up to `end` (or to the end of the text) and returns what follows it.
fn parse_parts<'a>(mut text: &'a str, end: Option<&'static str>) -> Result<(Vec<Part>, &'a str), TemplateError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let flush = |literal: &mut String, parts: &mut Vec<Part>| {
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(literal)));
        }
    };
    loop {
        if let Some(rest) = end.and_then(|end| text.strip_prefix(end)) {
            flush(&mut literal, &mut parts);
            return Ok((parts, rest));
        }
        if let Some(rest) = text.strip_prefix("<\"") {
            flush(&mut literal, &mut parts);
            let (inner, after) = parse_parts(rest, Some("\">"))?;
            parts.push(Part::Word(inner));
            text = after;
            continue;
        }
        if let Some((name, filter, after)) = slot_at(text) {
            flush(&mut literal, &mut parts);
            if let Some(unknown) = filter.as_ref().filter(|filter| !FILTERS.contains(&filter.as_str())) {
                return Err(TemplateError::Filter(unknown.clone()));
            }
            parts.push(Part::Slot { name, filter });
            text = after;
            continue;
        }
        if let Some((bound, name, rest)) = when_at(text) {
            flush(&mut literal, &mut parts);
            let (inner, after) = parse_parts(rest, Some(if bound { "?)" } else { "!)" }))?;
            parts.push(Part::When { name, bound, parts: inner });
            text = after;
            continue;
        }
        let Some(c) = text.chars().next() else {
            flush(&mut literal, &mut parts);
            return end.map_or(Ok((parts, "")), |end| Err(TemplateError::Open(end)));
        };
        literal.push(c);
        text = &text[c.len_utf8()..];
    }
}

fn name_at(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(|b| b.is_ascii_lowercase() || *b == b'_').count())
}

fn slot_at(text: &str) -> Option<(String, Option<String>, &str)> {
    let (name, rest) = name_at(text.strip_prefix('<')?);
    if name.is_empty() {
        return None;
    }
    if let Some(rest) = rest.strip_prefix('>') {
        return Some((name.to_owned(), None, rest));
    }
    let (filter, rest) = name_at(rest.strip_prefix('|')?);
    Some((name.to_owned(), Some(filter.to_owned()), rest.strip_prefix('>')?))
}

fn when_at(text: &str) -> Option<(bool, String, &str)> {
    let (bound, rest) = text.strip_prefix("(?").map(|rest| (true, rest)).or_else(|| text.strip_prefix("(!").map(|rest| (false, rest)))?;
    let (name, rest) = name_at(rest);
    Some((bound, name.to_owned(), rest.strip_prefix(':')?)).filter(|(_, name, _)| !name.is_empty())
}

fn render_parts(parts: &[Part], bindings: &Bindings, shell: Option<ShellKind>, out: &mut String) -> Option<()> {
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Slot { name, filter } => {
                let filled = bindings.get(name)?;
                if let (Some("excludes"), Some(shell)) = (filter.as_deref(), shell) {
                    let one = |item: &String| {
                        let option = format!("--exclude={item}");
                        let holds = filled.variable && item.starts_with('$');
                        if holds { quote_variables(&option, shell) } else { Some(quote(&option, shell)) }
                    };
                    out.push_str(&filled.items.iter().map(one).collect::<Option<Vec<_>>>()?.join(" "));
                    continue;
                }
                let trimmed = Filled { items: filled.items.iter().map(|item| trimmed(item)).collect(), ..filled.clone() };
                let (filled, filter) = if filter.as_deref() == Some("trim") { (&trimmed, &None) } else { (filled, filter) };
                let text = match (filter.as_deref().filter(|filter| *filter != "args").map(|filter| filtered(filled, filter)), shell) {
                    _ if filter.as_deref() == Some("arg") => argument(filled, shell)?,
                    _ if filter.as_deref() == Some("echo") => echoed(filled, shell)?,
                    _ if filter.as_deref() == Some("quoted") => in_quotes(filled, shell)?,
                    (Some(text), Some(shell)) => quote_path(&text?, shell),
                    (Some(text), None) => text?,
                    (None, Some(_)) if filter.is_some() => plain_command(&filled.plain())?,
                    // No file is called `--option=…` or `pod/…`: what is a part of a word is no pattern for the shell.
                    (None, Some(shell)) if filled.expands && (is_open(out) || parts.get(at + 1).is_some_and(goes_on)) => {
                        quote(&filled.plain(), shell)
                    }
                    (None, Some(shell)) => quoted(filled, shell)?,
                    (None, None) => filled.plain(),
                };
                out.push_str(&text);
            }
            Part::Word(inner) => {
                let mut word = String::new();
                render_parts(inner, bindings, None, &mut word)?;
                let holds_variable =
                    |part: &Part| matches!(part, Part::Slot { name, .. } if bindings.get(name).is_some_and(|filled| filled.variable));
                let text = match shell {
                    Some(shell) if inner.iter().any(holds_variable) => {
                        // Only what double quotes leave alone may stand beside a variable.
                        let literal = inner.iter().filter(|part| !holds_variable(part));
                        let plain = literal.clone().all(|part| !matches!(part, Part::Slot { name, .. } if bindings.get(name).is_some_and(|filled| filled.plain().contains(['$', '`', '"', '\\', '!']))));
                        plain.then(|| quote_variables(&word, shell))??
                    }
                    Some(shell) => quote(&word, shell),
                    None => word,
                };
                out.push_str(&text);
            }
            Part::When { name, bound, parts } => {
                if bindings.is_bound(name) == *bound {
                    render_parts(parts, bindings, shell, out)?;
                }
            }
        }
    }
    Some(())
}

/// Whether a word has begun at the end of the command.
fn is_open(command: &str) -> bool {
    command.ends_with(|c: char| !c.is_whitespace() && c != '(')
}

/// Whether the part belongs to the word in front of it.
fn goes_on(part: &Part) -> bool {
    matches!(part, Part::Text(text) if text.starts_with(|c: char| !c.is_whitespace() && !matches!(c, ')' | ';' | '|' | '&' | '<' | '>')))
}

/// A command that means the same without quotes: words and nothing that a shell reads otherwise.
fn plain_command(text: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '%' | '+' | ':' | ',' | '.' | '/' | '-' | ' ');
    (text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_')) && text.chars().all(fits))
        .then(|| text.to_owned())
}

fn quoted(filled: &Filled, shell: ShellKind) -> Option<String> {
    if filled.variable {
        // A list can hold names beside the variables.
        let one = |item: &String| if item.starts_with('$') { quote_variables(item, shell) } else { Some(quote_glob(item, shell)) };
        return Some(filled.items.iter().map(one).collect::<Option<Vec<_>>>()?.join(" "));
    }
    let one = |text: &str| if filled.expands { quote_glob(text, shell) } else { quote(text, shell) };
    Some(match filled.is_path {
        true if !filled.expands => filled.items.iter().map(|item| quote_path(item, shell)).collect::<Vec<_>>().join(" "),
        _ => filled.items.iter().map(|item| one(item)).collect::<Vec<_>>().join(" "),
    })
}

/// A path without the slash at its end.
fn trimmed(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { path.to_owned() } else { trimmed.to_owned() }
}

/// The value as one argument that is no name of a file: `\t` and its kind are the characters that they stand for.
fn argument(filled: &Filled, shell: Option<ShellKind>) -> Option<String> {
    let text = filled.plain();
    Some(match shell {
        None => text,
        Some(shell) if filled.variable => quote_variables(&text, shell)?,
        Some(ShellKind::Fish) if matches!(text.as_str(), "\\t" | "\\n") => text,
        Some(_) if matches!(text.as_str(), "\\t" | "\\n") => format!("$'{text}'"),
        Some(shell) => quote(&text, shell),
    })
}

/// The value as an argument of `echo`, which must not take it for an option or an escape.
fn echoed(filled: &Filled, shell: Option<ShellKind>) -> Option<String> {
    let text = filled.plain();
    (!text.starts_with('-') && !text.contains('\\')).then(|| argument(filled, shell))?
}

/// A character or two in single quotes, as people write them for `tr`.
fn in_quotes(filled: &Filled, shell: Option<ShellKind>) -> Option<String> {
    let text = filled.plain();
    let plain =
        !filled.variable && !text.contains(['\'', '\0']) && (!text.contains('\\') || matches!(text.as_str(), "\\t" | "\\n" | "\\r"));
    match shell {
        None => Some(text),
        Some(_) if plain => Some(format!("'{text}'")),
        Some(shell) => (!filled.variable && !text.contains('\\')).then(|| quote(&text, shell)),
    }
}
