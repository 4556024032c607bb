//! One word of a line that is split without a grammar.

use std::ops::Range;

use super::escapes::{self, Dialect};
use super::expansion::runs_code_in_glob;
use super::lexical::Scanner;
use super::parse::SyntaxError;
use super::tree::{Edit, Part, Word, WordBuilder};
use crate::domain::ShellKind;

impl Scanner {
    pub(super) fn word(&mut self) -> Result<Word, SyntaxError> {
        let start = self.at;
        let zsh = self.shell == ShellKind::Zsh;
        let mut braces = 0;
        let mut builder = WordBuilder::new();
        while let Some(c) = self.peek() {
            let at_start = self.at == start;
            match c {
                ' ' | '\t' | '\n' | ';' | '|' | '&' => break,
                ')' => break,
                '<' | '>' | '=' if zsh && at_start && self.chars.get(self.at + 1) == Some(&'(') => {
                    self.at += 2;
                    builder.output_file(self.nested()?);
                }
                '<' | '>' => break,
                '\'' => builder.quoted(&self.single_quoted()?),
                '"' => self.double_quoted(&mut builder)?,
                '\\' if self.chars.get(self.at + 1) == Some(&'\n') => self.at += 2,
                '\\' => {
                    self.at += 1;
                    let escaped = self.peek().ok_or(SyntaxError::Grammar(self.shell))?;
                    self.at += 1;
                    builder.quoted(escaped.encode_utf8(&mut [0; 4]));
                }
                '$' => self.dollar(&mut builder, false)?,
                '`' if zsh => self.backquoted(&mut builder, false)?,
                '(' if zsh => builder.bare(&self.glob_parentheses()?),
                '(' => {
                    self.at += 1;
                    builder.output(self.nested()?, false);
                }
                '~' if at_start => {
                    self.at += 1;
                    let name = self.at;
                    while self.peek().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                        self.at += 1;
                    }
                    builder.home(&self.text(name));
                }
                c => {
                    self.at += 1;
                    braces += i32::from(c == '{') - i32::from(c == '}');
                    builder.bare(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
        let raw = self.text(start);
        if !zsh && braces != 0 {
            return Err(SyntaxError::Unpaired(if braces > 0 { "{" } else { "}" }.to_owned()));
        }
        let word = builder.finish(&raw, self.places[start]..self.places[self.at]);
        self.tree.unclear |= zsh && runs_code_in_glob(&word);
        Ok(word)
    }

    /// What was read since `start`.
    fn text(&self, start: usize) -> String {
        self.chars[start..self.at].iter().collect()
    }

    /// Reads commands up to the closing parenthesis; their indices.
    fn nested(&mut self) -> Result<Range<usize>, SyntaxError> {
        let first = self.tree.commands.len();
        let around = std::mem::take(&mut self.outline);
        self.list(Some(')'))?;
        let range = first..self.tree.commands.len();
        let inside = std::mem::replace(&mut self.outline, around).finish();
        self.tree.substitutions.push((range.clone(), inside));
        Ok(range)
    }

    fn single_quoted(&mut self) -> Result<String, SyntaxError> {
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\'' => return Ok(text),
                '\\' if self.shell == ShellKind::Fish && matches!(self.peek(), Some('\'' | '\\')) => {
                    text.extend(self.peek());
                    self.at += 1;
                }
                c => text.push(c),
            }
        }
        Err(SyntaxError::OpenQuote)
    }

    fn double_quoted(&mut self, builder: &mut WordBuilder) -> Result<(), SyntaxError> {
        self.at += 1;
        builder.quoted("");
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '\\' => {
                    self.at += 1;
                    let escaped = self.peek().ok_or(SyntaxError::OpenQuote)?;
                    self.at += 1;
                    if !matches!(escaped, '"' | '\\' | '$' | '`') {
                        builder.quoted("\\");
                    }
                    builder.quoted(escaped.encode_utf8(&mut [0; 4]));
                }
                '$' => self.dollar(builder, true)?,
                '`' if self.shell == ShellKind::Zsh => self.backquoted(builder, true)?,
                c => {
                    self.at += 1;
                    builder.quoted(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
        Err(SyntaxError::OpenQuote)
    }

    fn dollar(&mut self, builder: &mut WordBuilder, quoted: bool) -> Result<(), SyntaxError> {
        self.at += 1;
        match self.peek() {
            Some('(') => {
                self.at += 1;
                builder.output(self.nested()?, quoted);
            }
            Some('\'') if self.shell == ShellKind::Zsh && !quoted => {
                let start = self.at + 1;
                self.at = start;
                while self.peek().is_some_and(|c| c != '\'') {
                    self.at = (self.at + 1 + usize::from(self.peek() == Some('\\'))).min(self.chars.len());
                }
                let text = self.text(start);
                self.peek().ok_or(SyntaxError::OpenQuote)?;
                self.at += 1;
                builder.quoted(&escapes::decode(&text, Dialect::AnsiC));
            }
            Some('{') if self.shell == ShellKind::Zsh => self.braced(builder, quoted)?,
            Some('{' | '?' | '#' | '@' | '*' | '$' | '!') if self.shell == ShellKind::Fish => {
                return Err(SyntaxError::Foreign("this form of `$`", self.shell));
            }
            Some('@' | '*') => {
                self.at += 1;
                builder.parameter("@", Edit::None, quoted);
            }
            Some(c) if c.is_alphanumeric() || c == '_' => {
                let name = self.name();
                builder.parameter(&name, Edit::None, quoted);
            }
            _ => builder.unknown(),
        }
        Ok(())
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        self.text(start)
    }

    /// `${…}` of zsh: flags are skipped, a name and its default are kept, quotes and substitutions inside are read.
    fn braced(&mut self, builder: &mut WordBuilder, quoted: bool) -> Result<(), SyntaxError> {
        self.at += 1;
        if self.peek() == Some('(') {
            self.glob_parentheses()?;
        }
        let name = self.name();
        let operator = self.at;
        let mut inside = WordBuilder::new();
        loop {
            match self.peek() {
                None => return Err(SyntaxError::Unpaired("${".to_owned())),
                Some('}') => break,
                Some('\\') => self.at = (self.at + 2).min(self.chars.len()),
                Some('"') => self.double_quoted(&mut inside)?,
                Some('$') => self.dollar(&mut inside, quoted)?,
                Some('`') => self.backquoted(&mut inside, quoted)?,
                Some(_) => self.at += 1,
            }
        }
        let rest = self.text(operator);
        self.at += 1;
        match (rest.strip_prefix(":-").or_else(|| rest.strip_prefix(":=")), rest.as_str()) {
            (Some(text), _) => builder.parameter(&name, Edit::Default(text.to_owned()), quoted),
            (None, "" | "[@]" | "[*]") if !name.is_empty() => builder.parameter(&name, Edit::None, quoted),
            _ => match inside.finish("", 0..0).parts.as_slice() {
                [Part::Output { commands, .. }] => builder.output(commands.clone(), quoted),
                _ => builder.unknown(),
            },
        }
        Ok(())
    }

    fn backquoted(&mut self, builder: &mut WordBuilder, quoted: bool) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at += 1;
        let mut inside = Vec::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match (c, self.peek()) {
                ('`', _) => {
                    let text: String = inside.into_iter().collect();
                    let mut inner = Scanner::new(&text, 0, self.shell);
                    // Its text is written in another form here, so all of it stands where the backquotes stand.
                    inner.places.fill(self.places[start]);
                    inner.tree = std::mem::take(&mut self.tree);
                    let complete = inner.tree.complete;
                    let first = inner.tree.commands.len();
                    let outcome = inner.list(None);
                    self.tree = inner.tree;
                    self.tree.complete = complete;
                    self.tree.substitutions.push((first..self.tree.commands.len(), inner.outline.finish()));
                    builder.output(first..self.tree.commands.len(), quoted);
                    return outcome;
                }
                ('\\', Some(next @ ('`' | '\\' | '$'))) => {
                    self.at += 1;
                    inside.push(next);
                }
                _ => inside.push(c),
            }
        }
        Err(SyntaxError::Unpaired("`".to_owned()))
    }

    /// zsh's glob qualifiers and alternatives, kept as text.
    fn glob_parentheses(&mut self) -> Result<String, SyntaxError> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\\' => self.at = (self.at + 1).min(self.chars.len()),
                '(' => depth += 1,
                ')' => depth -= 1,
                '\n' => break,
                _ => {}
            }
            if depth == 0 {
                return Ok(self.chars[start..self.at].iter().collect());
            }
        }
        Err(SyntaxError::Unpaired("(".to_owned()))
    }
}
