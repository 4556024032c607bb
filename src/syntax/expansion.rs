//! What the words of a tree stand for, and the commands inside their substitutions.

use std::ops::Range;

use brush_parser::ast;
use brush_parser::word::{self, Parameter, ParameterExpr, TildeExpr, WordPiece, WordPieceWithSource};

use super::bounds::outside_single_quotes;
use super::escapes::{self, Dialect};
use super::parameters;
use super::parse::SyntaxError;
use super::tree::{Part, Word, WordBuilder};
use super::walk::{MAX_SUBSTITUTIONS, Outcome, Walker};
use crate::domain::ShellKind;

impl Walker {
    /// Words that are not arguments of a command; only what they substitute matters.
    pub(super) fn words_only<'a>(&mut self, words: impl IntoIterator<Item = &'a ast::Word>) -> Outcome {
        words.into_iter().try_for_each(|word| self.word(word).map(drop))
    }

    pub(super) fn word(&mut self, word: &ast::Word) -> Outcome<Word> {
        if has_zsh_form(&word.value) {
            return Err(SyntaxError::Grammar(self.shell));
        }
        let pieces = word::parse(&word.value, &self.options).map_err(|_| SyntaxError::Grammar(self.shell))?;
        let span = self.source.locate(word);
        let read = self.assemble(&word.value, &pieces, span)?;
        self.tree.unclear |= self.shell == ShellKind::Zsh && runs_code_in_glob(&read);
        Ok(read)
    }

    pub(super) fn assemble(&mut self, raw: &str, pieces: &[WordPieceWithSource], span: Range<usize>) -> Outcome<Word> {
        let mut builder = WordBuilder::new();
        self.pieces(raw, pieces, false, &span, &mut builder)?;
        Ok(builder.finish(raw, span))
    }

    fn pieces(
        &mut self,
        raw: &str,
        pieces: &[WordPieceWithSource],
        quoted: bool,
        span: &Range<usize>,
        builder: &mut WordBuilder,
    ) -> Outcome {
        for piece in pieces {
            match &piece.piece {
                // Something that the grammar could not read and passed on as text.
                WordPiece::Text(text) if text.contains("${") || text.contains("$(") => {
                    self.tree.unclear = true;
                    builder.unknown();
                }
                WordPiece::Text(text) if quoted => builder.quoted(text),
                WordPiece::Text(text) => builder.bare(text),
                WordPiece::SingleQuotedText(text) => builder.quoted(text),
                WordPiece::AnsiCQuotedText(text) => {
                    self.not_in_fish("`$' '`")?;
                    builder.quoted(&escapes::decode(text, Dialect::AnsiC));
                }
                WordPiece::EscapeSequence(text) => match text.strip_prefix('\\').unwrap_or(text) {
                    // A line that goes on after a backslash.
                    "\n" => {}
                    escaped => builder.quoted(escaped),
                },
                WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                    builder.quoted("");
                    self.pieces(raw, inner, true, span, builder)?;
                }
                WordPiece::TildeExpansion(TildeExpr::Home) => builder.home(""),
                WordPiece::TildeExpansion(TildeExpr::UserHome(user)) => builder.home(user),
                WordPiece::TildeExpansion(_) => builder.unknown(),
                WordPiece::ParameterExpansion(expr) => {
                    let written = raw.get(piece.start_index..piece.end_index).unwrap_or(raw);
                    self.parameter(expr, written, quoted, builder)?;
                }
                WordPiece::CommandSubstitution(text) => {
                    let commands = self.substitution(text, raw, span)?;
                    builder.output(commands, quoted);
                }
                WordPiece::BackquotedCommandSubstitution(text) => {
                    self.not_in_fish("a backquoted command")?;
                    let commands = self.substitution(&unescape_backquoted(text), raw, span)?;
                    builder.output(commands, quoted);
                }
                WordPiece::ArithmeticExpression(expr) => {
                    self.not_in_fish("`$(( ))`")?;
                    self.inner_text(&expr.value)?;
                    builder.unknown();
                }
            }
        }
        Ok(())
    }

    fn parameter(&mut self, expr: &ParameterExpr, written: &str, quoted: bool, builder: &mut WordBuilder) -> Outcome {
        if self.shell == ShellKind::Fish && (written.starts_with("${") || !is_plain_variable(expr)) {
            return Err(SyntaxError::Foreign("this form of `$`", self.shell));
        }
        if let Some(inside) = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) {
            // Between double quotes an apostrophe quotes nothing, so it must not hide a substitution here.
            if quoted { self.inner_text(&inside.replace('\'', " "))? } else { self.inner_text(inside)? }
        }
        match parameters::read(expr) {
            Some((name, edit)) => builder.parameter(&name, edit, quoted),
            None => builder.unknown(),
        }
        Ok(())
    }

    /// Text that is no word but may contain substitutions: arithmetic, the inside of `${…}`, an array index.
    pub(super) fn inner_text(&mut self, text: &str) -> Outcome {
        if !text.contains(['$', '`', '<', '>']) {
            return Ok(());
        }
        if self.depth > MAX_SUBSTITUTIONS {
            return Err(SyntaxError::TooDeep);
        }
        self.depth += 1;
        let pieces = word::parse(text, &self.options).map_err(|_| SyntaxError::Grammar(self.shell))?;
        self.assemble(text, &pieces, self.source.whole())?;
        self.depth -= 1;
        Ok(())
    }
}

/// Whether a word has an expansion of zsh that the grammar would take for text.
fn has_zsh_form(word: &str) -> bool {
    word.contains("${")
        && outside_single_quotes(word)
            .iter()
            .any(|(at, _)| word[*at..].strip_prefix("${").is_some_and(|inside| inside.starts_with([':', '(', '=', '~', '^'])))
}

/// `$name`: the only form of a variable that fish shares with the others.
fn is_plain_variable(expr: &ParameterExpr) -> bool {
    matches!(expr, ParameterExpr::Parameter { parameter: Parameter::Named(_), indirect: false })
}

/// Inside backquotes a backslash hides only another backslash, a dollar sign or a backquote.
fn unescape_backquoted(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(&next @ ('\\' | '$' | '`')) if c == '\\' => {
                plain.push(next);
                chars.next();
            }
            _ => plain.push(c),
        }
    }
    plain
}

/// zsh's glob qualifiers `(e:…:)` and `(+name)` run code for every file.
pub(super) fn runs_code_in_glob(word: &Word) -> bool {
    let code = |text: &str| {
        text.match_indices('(').any(|(at, _)| {
            let inside = &text[at + 1..];
            let inside = &inside[..inside.find(['|', ')']).unwrap_or(inside.len())];
            let mut previous = None;
            inside.chars().any(|c| {
                // A number after the plus is a size or an age.
                let hit = (previous == Some('+') && !c.is_ascii_digit()) || (previous == Some('e') && !c.is_alphanumeric());
                previous = Some(c);
                hit
            })
        })
    };
    word.parts.iter().any(|part| matches!(part, Part::Bare(text) if code(text)))
}
