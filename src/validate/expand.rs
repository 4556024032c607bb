//! What the shell makes of a word before a program sees it: braces, variables, the output of simple commands, splitting.
//! What cannot be known stays as a mark in the shape.

use std::sync::Arc;

use super::analyse::Analysis;
use crate::syntax::{Edit, HOME, Part, Tree, UNKNOWN, Word};

/// Most words that one word may become; the rest is ignored.
const MAX_FIELDS: usize = 256;

/// Longest word that is put together; what is longer counts as unknown.
const MAX_BYTES: usize = 16 * 1024;

/// One character of a word, or a part of it that is not text.
#[derive(Debug, Clone)]
enum Token<'a> {
    Char(char, bool),
    Part(&'a Part),
}

/// Collects the words that one word becomes.
struct Fields<'a> {
    source: &'a Word,
    done: Vec<Word>,
    shape: String,
    known: bool,
    glob: bool,
    begun: bool,
}

impl<'a> Fields<'a> {
    fn new(source: &'a Word) -> Self {
        Fields { source, done: Vec::new(), shape: String::new(), known: true, glob: false, begun: false }
    }

    fn end(&mut self) {
        if !std::mem::take(&mut self.begun) || self.done.len() >= MAX_FIELDS {
            self.shape.clear();
            (self.known, self.glob) = (true, false);
            return;
        }
        let shape = std::mem::take(&mut self.shape);
        let value = std::mem::replace(&mut self.known, true).then(|| shape.clone());
        let glob = std::mem::take(&mut self.glob) && shape != "[" && shape != "[[";
        self.done.push(Word { raw: self.source.raw.clone(), value, shape, glob, parts: Vec::new(), span: self.source.span.clone() });
    }

    fn char(&mut self, c: char, quoted: bool) {
        self.begun = true;
        self.glob |= !quoted && matches!(c, '*' | '?' | '[');
        self.shape.push(c);
    }

    fn mark(&mut self, mark: char, text: &str) {
        self.begun = true;
        self.known = false;
        if self.shape.len() >= MAX_BYTES {
            return;
        }
        self.shape.push(mark);
        self.shape.push_str(text);
    }

    /// A value that was found for an expansion.
    fn value(&mut self, value: &Word, quoted: bool, separators: &str) {
        // A value that grows with every assignment is cut off, and then it is not known any more.
        if self.shape.len() + value.shape.len() > MAX_BYTES {
            return self.mark(UNKNOWN, "");
        }
        self.known &= value.value.is_some() || value.shape.is_empty();
        if quoted {
            self.begun = true;
            self.shape.push_str(&value.shape);
            return;
        }
        let mut first = true;
        for piece in value.shape.split(|c| separators.contains(c)) {
            if !first {
                self.end();
                self.known = value.value.is_some();
            }
            first = false;
            piece.chars().for_each(|c| self.char(c, false));
        }
    }
}

impl Analysis<'_> {
    /// The words that a command really gets.
    pub(super) fn expand_all(&mut self, tree: &Arc<Tree>, words: &[Word]) -> Vec<Word> {
        let mut fields = Vec::with_capacity(words.len());
        for word in words {
            if fields.len() >= MAX_FIELDS * 4 {
                break;
            }
            fields.extend(self.expand(tree, word));
        }
        fields
    }

    /// The words that one word becomes.
    pub(super) fn expand(&mut self, tree: &Arc<Tree>, word: &Word) -> Vec<Word> {
        // Most words are plain.
        if word.parts.is_empty() || word.value.is_some() {
            // The mark stands in texts that were put together from known and unknown parts.
            let value = word.value.clone().filter(|value| !value.contains(UNKNOWN));
            return vec![Word { value, parts: Vec::new(), ..word.clone() }];
        }
        let mut tokens = Vec::new();
        for part in &word.parts {
            match part {
                Part::Quoted(text) => {
                    tokens.extend(text.chars().map(|c| Token::Char(c, true)));
                    if text.is_empty() {
                        tokens.push(Token::Part(part));
                    }
                }
                Part::Bare(text) => tokens.extend(text.chars().map(|c| Token::Char(c, false))),
                other => tokens.push(Token::Part(other)),
            }
        }
        let mut fields = Fields::new(word);
        for tokens in braces(tokens) {
            for token in tokens {
                match token {
                    Token::Char(c, quoted) => fields.char(c, quoted),
                    Token::Part(part) => self.part(tree, part, &mut fields),
                }
            }
            fields.end();
        }
        fields.done
    }

    fn part(&mut self, tree: &Arc<Tree>, part: &Part, fields: &mut Fields<'_>) {
        match part {
            Part::Quoted(_) | Part::Bare(_) => fields.begun = true,
            Part::Home(name) => fields.mark(HOME, name),
            Part::Unknown | Part::OutputFile(_) => fields.mark(UNKNOWN, ""),
            Part::Parameter { name, edit, quoted } => match self.parameter(name, edit) {
                Some(values) => {
                    let separators = self.scope.text("IFS").unwrap_or_else(|| " \t\n".to_owned());
                    // A loop takes its words one after the other: all of them are looked at.
                    let loops = self.scope.is_loop(name);
                    let list = values.len() > 1 && fields.source.raw.contains("[@]");
                    let apart = name == "@" || loops || list || !*quoted;
                    for (index, value) in values.iter().enumerate() {
                        match (index, apart) {
                            (0, _) => {}
                            (_, true) => fields.end(),
                            (_, false) => fields.char(' ', true),
                        }
                        fields.value(value, *quoted, &separators);
                        fields.glob |= loops && value.glob;
                    }
                }
                None => fields.mark(UNKNOWN, ""),
            },
            Part::Output { commands, quoted } => match self.output(tree, commands.clone()) {
                Some(text) => fields.value(&Word::literal(text.trim_end_matches('\n')), *quoted, " \t\n"),
                None => fields.mark(UNKNOWN, ""),
            },
        }
    }

    /// The values of `${name…}`; `None` when only the running shell knows them.
    fn parameter(&self, name: &str, edit: &Edit) -> Option<Vec<Word>> {
        let known = if name.is_empty() { None } else { self.scope.get(name) };
        let edited = |text: &dyn Fn(&str) -> Option<String>| {
            let values = known.as_ref()?;
            values.iter().map(|value| Some(Word::literal(&text(value.value.as_deref()?)?))).collect()
        };
        match edit {
            Edit::None => known,
            Edit::Default(text) => known.or_else(|| text_as_word(text)),
            Edit::Alternative(text) => text_as_word(text),
            Edit::Lower => edited(&|value| Some(value.to_lowercase())),
            Edit::Upper => edited(&|value| Some(value.to_uppercase())),
            Edit::WithoutPrefix(pattern) => edited(&|value| Some(value.strip_prefix(plain(pattern)?).unwrap_or(value).to_owned())),
            Edit::WithoutSuffix(pattern) => edited(&|value| Some(value.strip_suffix(plain(pattern)?).unwrap_or(value).to_owned())),
            Edit::Replace { pattern, with, all } => {
                let (pattern, with) = (plain(pattern)?, plain(with)?);
                edited(&|value| Some(if *all { value.replace(pattern, with) } else { value.replacen(pattern, with, 1) }))
            }
            Edit::Substring(offset, length) => {
                let offset: i64 = offset.trim().parse().ok()?;
                let length: Option<usize> = match length {
                    Some(length) => Some(length.trim().parse().ok()?),
                    None => None,
                };
                edited(&|value| {
                    let count = i64::try_from(value.chars().count()).ok()?;
                    let start = usize::try_from(if offset < 0 { (count + offset).max(0) } else { offset }).ok()?;
                    Some(value.chars().skip(start).take(length.unwrap_or(usize::MAX)).collect())
                })
            }
            Edit::Indirect => {
                let target = self.scope.text(name)?;
                self.scope.get(&target)
            }
            Edit::Other => None,
        }
    }
}

/// The text after `:-` is a word of its own; the commands it substitutes are in the tree already.
fn text_as_word(text: &str) -> Option<Vec<Word>> {
    if text.contains(['$', '`']) {
        return None;
    }
    let bare: String = text.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
    let home = bare == "~" || bare.starts_with("~/");
    Some(vec![Word { value: (!home).then(|| bare.clone()), shape: bare, ..Word::default() }])
}

/// A pattern without anything special.
fn plain(text: &str) -> Option<&str> {
    (!text.contains(['*', '?', '[', '$', '`', '\\', '\'', '"'])).then_some(text)
}

/// All token lists that the braces of one stand for.
fn braces(tokens: Vec<Token<'_>>) -> Vec<Vec<Token<'_>>> {
    let mut done = Vec::new();
    let mut open = vec![tokens];
    while let Some(tokens) = open.pop() {
        match first_braces(&tokens) {
            Some((start, end, choices)) if done.len() + open.len() + choices.len() <= MAX_FIELDS => {
                for choice in choices.into_iter().rev() {
                    let mut next = tokens[..start].to_vec();
                    next.extend(choice);
                    next.extend_from_slice(&tokens[end..]);
                    open.push(next);
                }
            }
            _ => done.push(tokens),
        }
    }
    done
}

type Choices<'a> = (usize, usize, Vec<Vec<Token<'a>>>);

/// The first pair of braces that expands, and what it may be.
fn first_braces<'a>(tokens: &[Token<'a>]) -> Option<Choices<'a>> {
    let is = |token: &Token<'_>, wanted: char| matches!(token, Token::Char(c, false) if *c == wanted);
    'starts: for start in (0..tokens.len()).filter(|index| is(&tokens[*index], '{')) {
        let (mut depth, mut commas) = (0, vec![start]);
        for (index, token) in tokens.iter().enumerate().skip(start + 1) {
            match token {
                token if is(token, '{') => depth += 1,
                token if is(token, ',') && depth == 0 => commas.push(index),
                token if is(token, '}') && depth > 0 => depth -= 1,
                token if is(token, '}') => {
                    if commas.len() > 1 {
                        commas.push(index);
                        let choices = commas.windows(2).map(|pair| tokens[pair[0] + 1..pair[1]].to_vec()).collect();
                        return Some((start, index + 1, choices));
                    }
                    let Some(range) = range(&tokens[start + 1..index]) else { continue 'starts };
                    return Some((start, index + 1, range));
                }
                _ => {}
            }
        }
    }
    None
}

/// `1..5` or `a..e`.
fn range<'a>(tokens: &[Token<'a>]) -> Option<Vec<Vec<Token<'a>>>> {
    let text: Option<String> = tokens.iter().map(|token| if let Token::Char(c, false) = token { Some(*c) } else { None }).collect();
    let text = text?;
    let (from, to) = text.split_once("..")?;
    let chars = |text: String| text.chars().map(|c| Token::Char(c, false)).collect();
    if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
        let last = if from <= to { to.min(from.saturating_add(31)) } else { to.max(from.saturating_sub(31)) };
        return Some((from.min(last)..=from.max(last)).map(|number| chars(number.to_string())).collect());
    }
    let (mut first, mut second) = (from.chars(), to.chars());
    match (first.next(), first.next(), second.next(), second.next()) {
        (Some(from), None, Some(to), None) => Some((from.min(to)..=from.max(to)).take(32).map(|c| chars(c.to_string())).collect()),
        _ => None,
    }
}
