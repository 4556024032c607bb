//! One word of a line that is split without a grammar.

use super::expansion::runs_code_in_glob;
use super::lexical::Scanner;
use super::parse::SyntaxError;
use super::tree::{Word, WordBuilder};
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
                    self.list(Some(')'))?;
                    builder.unknown();
                }
                '<' | '>' => break,
                '\'' => builder.quoted(&self.single_quoted()?),
                '"' => self.double_quoted(&mut builder)?,
                '\\' => {
                    self.at += 1;
                    let escaped = self.peek().ok_or(SyntaxError::Grammar(self.shell))?;
                    self.at += 1;
                    builder.quoted(escaped.encode_utf8(&mut [0; 4]));
                }
                '$' => self.dollar(&mut builder)?,
                '`' if zsh => self.backquoted(&mut builder)?,
                '(' if zsh => builder.bare(&self.glob_parentheses()?),
                '(' => {
                    self.at += 1;
                    self.list(Some(')'))?;
                    builder.unknown();
                }
                '~' if at_start => {
                    self.at += 1;
                    builder.home();
                }
                c => {
                    self.at += 1;
                    braces += i32::from(c == '{') - i32::from(c == '}');
                    builder.bare(c.encode_utf8(&mut [0; 4]));
                    if matches!(c, '{' | '}') && self.at - start > 1 {
                        // Whether it expands depends on the rest of the word; treating it as unknown is the safe guess.
                        builder.unknown();
                    }
                }
            }
        }
        let raw: String = self.chars[start..self.at].iter().collect();
        if !zsh && braces != 0 {
            return Err(SyntaxError::Unpaired(if braces > 0 { "{" } else { "}" }.to_owned()));
        }
        if zsh && runs_code_in_glob(&raw) {
            builder.unknown();
        }
        Ok(builder.finish(&raw))
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
                '$' => self.dollar(builder)?,
                '`' if self.shell == ShellKind::Zsh => self.backquoted(builder)?,
                c => {
                    self.at += 1;
                    builder.quoted(c.encode_utf8(&mut [0; 4]));
                }
            }
        }
        Err(SyntaxError::OpenQuote)
    }

    fn dollar(&mut self, builder: &mut WordBuilder) -> Result<(), SyntaxError> {
        self.at += 1;
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.list(Some(')'))?;
                builder.unknown();
            }
            Some('{') if self.shell == ShellKind::Zsh => {
                self.braced()?;
                builder.unknown();
            }
            Some('{' | '?' | '#' | '@' | '*' | '$' | '!') if self.shell == ShellKind::Fish => {
                return Err(SyntaxError::Foreign("this form of `$`", self.shell));
            }
            Some(c) if c.is_alphanumeric() || c == '_' => {
                let start = self.at;
                while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    self.at += 1;
                }
                let home = self.chars[start..self.at].iter().collect::<String>() == "HOME";
                if home { builder.home() } else { builder.unknown() }
            }
            _ => builder.unknown(),
        }
        Ok(())
    }

    /// `${…}` of zsh: flags and operators are skipped, quotes and substitutions inside are read.
    fn braced(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        let mut ignored = WordBuilder::new();
        while let Some(c) = self.peek() {
            match c {
                '}' => {
                    self.at += 1;
                    return Ok(());
                }
                '\\' => self.at = (self.at + 2).min(self.chars.len()),
                '"' => self.double_quoted(&mut ignored)?,
                '$' => self.dollar(&mut ignored)?,
                '`' => self.backquoted(&mut ignored)?,
                _ => self.at += 1,
            }
        }
        Err(SyntaxError::Unpaired("${".to_owned()))
    }

    fn backquoted(&mut self, builder: &mut WordBuilder) -> Result<(), SyntaxError> {
        self.at += 1;
        let mut inside = Vec::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match (c, self.peek()) {
                ('`', _) => {
                    let mut inner = Scanner {
                        chars: inside,
                        at: 0,
                        shell: self.shell,
                        tree: std::mem::take(&mut self.tree),
                        blocks: Vec::new(),
                        cases: 0,
                    };
                    let complete = inner.tree.complete;
                    let outcome = inner.list(None);
                    self.tree = inner.tree;
                    self.tree.complete = complete;
                    builder.unknown();
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
