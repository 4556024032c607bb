//! The redirects in the grammar's tree.

use brush_parser::ast::{self, IoFileRedirectKind, IoFileRedirectTarget, IoRedirect};
use brush_parser::word;

use super::operator::operator;
use super::outline::Join;
use super::parse::SyntaxError;
use super::tree::{Command, Redirect, RedirectKind, UNKNOWN, Word, WordBuilder};
use super::walk::{Context, Outcome, Walker};

impl Walker {
    pub(super) fn bare_redirects(&mut self, redirects: Option<&ast::RedirectList>, context: &Context) -> Outcome {
        let start = self.tree.commands.len();
        let mut command = Command { of_group: true, ..Command::default() };
        for redirect in redirects.iter().flat_map(|list| &list.0) {
            command.redirects.extend(self.redirect(redirect, context)?);
        }
        if !command.redirects.is_empty() {
            command.nested = start..self.tree.commands.len();
            self.outline.joined(Join::Part);
            self.outline.command(self.tree.commands.len());
            self.tree.commands.push(command);
        }
        Ok(())
    }

    pub(super) fn redirect(&mut self, redirect: &IoRedirect, context: &Context) -> Outcome<Option<Redirect>> {
        let (kind, target) = match redirect {
            IoRedirect::File(_, kind, target) => {
                let operator_reads = matches!(kind, IoFileRedirectKind::DuplicateInput);
                let kind = match kind {
                    IoFileRedirectKind::Read => RedirectKind::Read,
                    IoFileRedirectKind::Write | IoFileRedirectKind::Clobber => RedirectKind::Truncate,
                    IoFileRedirectKind::Append => RedirectKind::Append,
                    IoFileRedirectKind::ReadAndWrite => RedirectKind::ReadWrite,
                    IoFileRedirectKind::DuplicateInput | IoFileRedirectKind::DuplicateOutput => RedirectKind::Duplicate,
                };
                match target {
                    IoFileRedirectTarget::Filename(word) => (kind, self.word(word)?),
                    IoFileRedirectTarget::Fd(fd) => (RedirectKind::Duplicate, Word::literal(&fd.to_string())),
                    IoFileRedirectTarget::ProcessSubstitution(_, subshell) => {
                        let commands = self.process_substitution(subshell, context)?;
                        if kind != RedirectKind::Read {
                            return Ok(None);
                        }
                        let mut builder = WordBuilder::new();
                        builder.output_file(commands);
                        (kind, builder.finish("<( )", self.source.whole()))
                    }
                    IoFileRedirectTarget::Duplicate(word) => {
                        let word = self.word(word)?;
                        // `>&file` is the old way to write `&>file`.
                        let descriptor = operator_reads || word.shape.chars().all(|c| c.is_ascii_digit() || c == '-' || c == UNKNOWN);
                        (if descriptor { RedirectKind::Duplicate } else { RedirectKind::Truncate }, word)
                    }
                }
            }
            IoRedirect::HereDocument(_, document) => {
                self.not_in_fish("a here-document")?;
                let text = &document.doc.value;
                if !document.requires_expansion {
                    return Ok(Some(Redirect {
                        kind: RedirectKind::HereText,
                        target: Word::literal(text).at(self.source.whole()),
                        forced: false,
                        operator: operator(redirect),
                    }));
                }
                let pieces = word::parse_heredoc(text, &self.options).map_err(|_| SyntaxError::Grammar(self.shell))?;
                (RedirectKind::HereText, self.assemble(text, &pieces, self.source.whole())?)
            }
            IoRedirect::HereString(_, word) => {
                self.not_in_fish("`<<<`")?;
                (RedirectKind::HereText, self.word(word)?)
            }
            IoRedirect::OutputAndError(word, append) => {
                (if *append { RedirectKind::Append } else { RedirectKind::Truncate }, self.word(word)?)
            }
        };
        let forced = matches!(redirect, IoRedirect::File(_, IoFileRedirectKind::Clobber, _));
        Ok(Some(Redirect { kind, target, forced, operator: operator(redirect) }))
    }
}
