//! The redirects of a line that is split without a grammar.

use super::lexical::Scanner;
use super::parse::SyntaxError;
use super::tree::{Command, Redirect, RedirectKind};
use crate::domain::ShellKind;

impl Scanner {
    /// `>`, `<`, `2>`, `&>`; but `<(`, `>(` are words.
    pub(super) fn starts_redirect(&self) -> bool {
        let digits = self.chars[self.at..].iter().take_while(|c| c.is_ascii_digit()).count();
        let mut rest = self.chars[self.at + digits..].iter();
        match rest.next() {
            Some('&') if digits == 0 => rest.next() == Some(&'>'),
            Some('<' | '>') => self.shell == ShellKind::Fish || rest.next() != Some(&'('),
            _ => false,
        }
    }

    pub(super) fn redirect(&mut self, command: &mut Command) -> Result<(), SyntaxError> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || matches!(c, '<' | '>' | '&' | '|' | '?' | '!')) {
            self.at += 1;
            // A digit after the arrows is the target.
            if self.chars[self.at - 1] == '&' && self.at - 1 > start {
                break;
            }
            if matches!(self.chars[self.at - 1], '<' | '>') && self.peek().is_some_and(|c| c.is_ascii_digit()) {
                break;
            }
        }
        let operator: String = self.chars[start..self.at].iter().collect();
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        if self.peek().is_none_or(|c| matches!(c, '\n' | ';' | '|' | ')' | '<' | '>')) {
            return Err(SyntaxError::Grammar(self.shell));
        }
        let target = self.word()?;
        let kind = match operator.trim_start_matches(|c: char| c.is_ascii_digit()) {
            "<" | "<?" => RedirectKind::Read,
            "<<<" if self.shell == ShellKind::Zsh => RedirectKind::HereText,
            "<>" => RedirectKind::ReadWrite,
            ">>" | "&>>" | ">>&" | ">>|" => RedirectKind::Append,
            ">&" | "<&" if target.shape.chars().all(|c| c.is_ascii_digit() || c == '-') => RedirectKind::Duplicate,
            operator if operator.contains("<<") => return Err(SyntaxError::Grammar(self.shell)),
            _ => RedirectKind::Truncate,
        };
        let forced = operator.starts_with('>') && operator.contains(['|', '!']);
        command.redirects.push(Redirect { kind, target, forced, operator });
        Ok(())
    }
}
