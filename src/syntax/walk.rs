//! From the grammar's tree to the flat list of commands. The grammar leaves substitutions as text inside words; here
//! they are parsed as well, all of them under one depth counter.

use std::ops::Range;

use brush_parser::ast::{self, CompoundCommand, ExtendedTestExpr};
use brush_parser::{Parser, ParserOptions};

use super::outline::{Block, Join, Outliner, Piece};
use super::parse::SyntaxError;
use super::source::Source;
use super::tree::{Assignment, Command, Tree, WordBuilder};
use crate::domain::ShellKind;

/// Most levels of substitutions inside substitutions.
pub(super) const MAX_SUBSTITUTIONS: usize = 16;

/// Plain names for bash, structure for fish.
const FISH_BLOCK_WORDS: [&str; 8] = ["begin", "case", "else", "end", "for", "function", "switch", "while"];

pub(super) type Outcome<T = ()> = Result<T, SyntaxError>;

/// What surrounds a command.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    input: Range<usize>,
    function: Option<String>,
}

/// Reads one text; the commands of nested texts join the same list.
pub(super) struct Walker {
    pub(super) shell: ShellKind,
    pub(super) options: ParserOptions,
    pub(super) tree: Tree,
    pub(super) depth: usize,
    pub(super) source: Source,
    pub(super) outline: Outliner,
}

impl Walker {
    /// Reads a whole command line.
    pub(super) fn read(text: &str, shell: ShellKind) -> Outcome<Tree> {
        let (options, source) = (ParserOptions::default(), Source::line(text));
        let mut walker = Walker { shell, options, tree: Tree::default(), depth: 0, source, outline: Outliner::default() };
        walker.tree.complete = walker.text(text, &Context::default())?;
        walker.tree.outline = std::mem::take(&mut walker.outline).finish();
        Ok(walker.tree)
    }

    /// Reads a text and says how many complete commands it holds.
    fn text(&mut self, text: &str, context: &Context) -> Outcome<usize> {
        if self.depth > MAX_SUBSTITUTIONS {
            return Err(SyntaxError::TooDeep);
        }
        let program = Parser::new(text.as_bytes(), &self.options).parse_program().map_err(|_| SyntaxError::Grammar(self.shell))?;
        self.depth += 1;
        for list in &program.complete_commands {
            self.list(list, context)?;
        }
        self.depth -= 1;
        Ok(program.complete_commands.len())
    }

    /// Reads the text of a substitution inside a word that stands at `span` and is written `raw`; its commands join the
    /// list, and their indices are returned.
    pub(super) fn substitution(&mut self, text: &str, raw: &str, span: &Range<usize>) -> Outcome<Range<usize>> {
        let start = self.tree.commands.len();
        let outside = std::mem::replace(&mut self.source, Source::inside(text, raw, span));
        let around = std::mem::take(&mut self.outline);
        self.text(text, &Context::default())?;
        self.source = outside;
        Ok(self.end_substitution(start, around))
    }

    /// Keeps the outline of a substitution that began at the command `start`, and goes on with the one around it.
    fn end_substitution(&mut self, start: usize, around: Outliner) -> Range<usize> {
        let range = start..self.tree.commands.len();
        let inside = std::mem::replace(&mut self.outline, around).finish();
        self.tree.substitutions.push((range.clone(), inside));
        range
    }

    /// Reads a list under a head of its own.
    fn block(&mut self, block: Block, list: &ast::CompoundList, context: &Context) -> Outcome {
        self.outline.open(block);
        self.list(list, context)?;
        self.outline.close();
        Ok(())
    }

    /// The same as a further part of the construct that stands before.
    fn part(&mut self, block: Block, list: &ast::CompoundList, context: &Context) -> Outcome {
        self.outline.joined(Join::Part);
        self.block(block, list, context)
    }

    fn list(&mut self, list: &ast::CompoundList, context: &Context) -> Outcome {
        for ast::CompoundListItem(chain, separator) in &list.0 {
            let start = self.tree.commands.len();
            let first = self.outline.len();
            self.outline.joined(Join::Then);
            self.pipeline(&chain.first, context)?;
            for link in &chain.additional {
                let (pipeline, join) = match link {
                    ast::AndOr::And(pipeline) => (pipeline, Join::And),
                    ast::AndOr::Or(pipeline) => (pipeline, Join::Or),
                };
                self.outline.joined(join);
                self.pipeline(pipeline, context)?;
            }
            if matches!(separator, ast::SeparatorOperator::Async) {
                self.outline.background(first);
                self.tree.commands[start..].iter_mut().for_each(|command| command.background = true);
            }
        }
        Ok(())
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline, context: &Context) -> Outcome {
        let start = self.tree.commands.len();
        if pipeline.bang {
            self.outline.negate();
        }
        for (stage, command) in pipeline.seq.iter().enumerate() {
            if stage > 0 {
                self.outline.joined(Join::Pipe);
            }
            let input = if stage == 0 { context.input.clone() } else { start..self.tree.commands.len() };
            self.command(command, &Context { input, function: context.function.clone() })?;
        }
        Ok(())
    }

    fn command(&mut self, command: &ast::Command, context: &Context) -> Outcome {
        match command {
            ast::Command::Simple(simple) => self.simple(simple, context),
            ast::Command::Compound(compound, redirects) => {
                self.compound(compound, context)?;
                self.bare_redirects(redirects.as_ref(), context)
            }
            ast::Command::Function(function) => {
                self.not_in_fish("`name() { … }`")?;
                let ast::FunctionBody(body, redirects) = &function.body;
                let inside = Context { function: Some(function.fname.value.clone()), ..Context::default() };
                self.outline.open(Block::Function(function.fname.value.clone()));
                self.compound(body, &inside)?;
                self.bare_redirects(redirects.as_ref(), &inside)?;
                self.outline.close();
                Ok(())
            }
            ast::Command::ExtendedTest(test, redirects) => {
                self.not_in_fish("`[[`")?;
                self.test(&test.expr)?;
                self.outline.push(Piece::Test(test.expr.to_string()));
                self.bare_redirects(redirects.as_ref(), context)
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand, context: &Context) -> Outcome {
        match compound {
            CompoundCommand::Arithmetic(arithmetic) => {
                self.not_in_fish("`((`")?;
                self.inner_text(&arithmetic.expr.value)?;
                self.outline.push(Piece::Arithmetic(arithmetic.expr.value.clone()));
                Ok(())
            }
            CompoundCommand::ArithmeticForClause(clause) => {
                self.not_in_fish("`for ((`")?;
                let mut head = Vec::new();
                for part in [&clause.initializer, &clause.condition, &clause.updater].into_iter().flatten() {
                    self.inner_text(&part.value)?;
                    head.push(part.value.trim());
                }
                self.block(Block::Count(head.join("; ")), &clause.body.list, context)
            }
            CompoundCommand::BraceGroup(group) => {
                self.not_in_fish("`{ … }`")?;
                self.block(Block::Group, &group.list, context)
            }
            CompoundCommand::Subshell(subshell) => {
                self.not_in_fish("`( … )`")?;
                self.block(Block::Subshell, &subshell.list, context)
            }
            CompoundCommand::ForClause(clause) => {
                self.not_in_fish("`do … done`")?;
                self.loop_variable(clause, context)?;
                self.part(Block::Do, &clause.body.list, context)
            }
            CompoundCommand::CaseClause(clause) => {
                self.not_in_fish("`case … esac`")?;
                self.words_only([&clause.value])?;
                self.outline.open(Block::Case(clause.value.value.clone()));
                for item in &clause.cases {
                    self.words_only(&item.patterns)?;
                    let patterns: Vec<&str> = item.patterns.iter().map(|pattern| pattern.value.as_str()).collect();
                    self.outline.open(Block::Arm(patterns.join(" | ")));
                    if let Some(list) = &item.cmd {
                        self.list(list, context)?;
                    }
                    self.outline.close();
                }
                self.outline.close();
                Ok(())
            }
            CompoundCommand::IfClause(clause) => {
                self.not_in_fish("`if … fi`")?;
                self.block(Block::If, &clause.condition, context)?;
                self.part(Block::Then, &clause.then, context)?;
                for branch in clause.elses.iter().flatten() {
                    match &branch.condition {
                        Some(condition) => {
                            self.part(Block::ElseIf, condition, context)?;
                            self.part(Block::Then, &branch.body, context)?;
                        }
                        None => self.part(Block::Else, &branch.body, context)?,
                    }
                }
                Ok(())
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.not_in_fish("`do … done`")?;
                let head = if matches!(compound, CompoundCommand::WhileClause(_)) { Block::While } else { Block::Until };
                self.block(head, &clause.0, context)?;
                self.part(Block::Do, &clause.1.list, context)
            }
            CompoundCommand::Coprocess(coprocess) => {
                self.not_in_fish("`coproc`")?;
                self.outline.open(Block::Coprocess);
                self.command(&coprocess.body, context)?;
                self.outline.close();
                Ok(())
            }
        }
    }

    /// A loop sets its variable before its body runs.
    fn loop_variable(&mut self, clause: &ast::ForClauseCommand, context: &Context) -> Outcome {
        let start = self.tree.commands.len();
        let elements = clause.values.iter().flatten().map(|word| self.word(word)).collect::<Outcome<Vec<_>>>()?;
        let assignment = Assignment { name: clause.variable_name.clone(), value: None, elements, loops: true };
        let nested = start..self.tree.commands.len();
        let function = context.function.clone();
        self.outline.command(self.tree.commands.len());
        self.tree.commands.push(Command { assignments: vec![assignment], nested, function, ..Command::default() });
        Ok(())
    }

    fn test(&mut self, expr: &ExtendedTestExpr) -> Outcome {
        match expr {
            ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
                self.test(left)?;
                self.test(right)
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => self.test(inner),
            ExtendedTestExpr::UnaryTest(_, word) => self.words_only([word]),
            ExtendedTestExpr::BinaryTest(_, left, right) => self.words_only([left, right]),
        }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand, context: &Context) -> Outcome {
        let start = self.tree.commands.len();
        let mut command = Command { input: context.input.clone(), function: context.function.clone(), ..Command::default() };
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            self.item(item, true, context, &mut command)?;
        }
        if let Some(name) = &simple.word_or_name {
            command.words.push(self.word(name)?);
        }
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.item(item, false, context, &mut command)?;
        }
        if self.shell == ShellKind::Fish {
            let keywords = command.words.iter().take_while(|word| matches!(word.raw.as_str(), "and" | "or" | "not" | "!")).count();
            for keyword in command.words.drain(..keywords) {
                match keyword.raw.as_str() {
                    "and" => self.outline.joined(Join::And),
                    "or" => self.outline.joined(Join::Or),
                    _ => self.outline.negate(),
                }
            }
            if command.words.first().is_some_and(|word| FISH_BLOCK_WORDS.contains(&word.raw.as_str())) {
                return Err(SyntaxError::Grammar(self.shell));
            }
            if command.words.is_empty() && !command.assignments.is_empty() {
                return Err(SyntaxError::Foreign("a variable assignment without a command", self.shell));
            }
        }
        command.nested = start..self.tree.commands.len();
        self.outline.command(self.tree.commands.len());
        self.tree.commands.push(command);
        Ok(())
    }

    fn item(&mut self, item: &ast::CommandPrefixOrSuffixItem, before: bool, context: &Context, command: &mut Command) -> Outcome {
        use ast::CommandPrefixOrSuffixItem as Item;
        match item {
            Item::IoRedirect(redirect) => {
                let redirect = self.redirect(redirect, context)?;
                command.redirects.extend(redirect);
            }
            Item::Word(word) => command.words.push(self.word(word)?),
            Item::AssignmentWord(assignment, _) if before => {
                let assignment = self.assignment(assignment)?;
                command.assignments.push(assignment);
            }
            Item::AssignmentWord(_, word) => command.words.push(self.word(word)?),
            Item::ProcessSubstitution(kind, subshell) => {
                let commands = self.process_substitution(subshell, context)?;
                let mut builder = WordBuilder::new();
                builder.output_file(commands);
                let raw = if matches!(kind, ast::ProcessSubstitutionKind::Read) { "<( )" } else { ">( )" };
                command.words.push(builder.finish(raw, self.source.whole()));
            }
        }
        Ok(())
    }

    fn assignment(&mut self, assignment: &ast::Assignment) -> Outcome<Assignment> {
        let name = match &assignment.name {
            ast::AssignmentName::VariableName(name) => name.clone(),
            ast::AssignmentName::ArrayElementName(name, index) => {
                self.inner_text(index)?;
                name.clone()
            }
        };
        let (mut value, mut elements) = (None, Vec::new());
        match &assignment.value {
            ast::AssignmentValue::Scalar(word) => value = Some(self.word(word)?),
            ast::AssignmentValue::Array(items) => {
                self.words_only(items.iter().filter_map(|(key, _)| key.as_ref()))?;
                elements = items.iter().map(|(_, value)| self.word(value)).collect::<Outcome<_>>()?;
            }
        }
        Ok(Assignment { name, value, elements, loops: false })
    }

    pub(super) fn process_substitution(&mut self, subshell: &ast::SubshellCommand, context: &Context) -> Outcome<Range<usize>> {
        self.not_in_fish("`<( )`")?;
        let start = self.tree.commands.len();
        // The inner command of `>( )` reads what the outer one was fed with.
        let around = std::mem::take(&mut self.outline);
        self.list(&subshell.list, &Context { input: context.input.clone(), function: None })?;
        Ok(self.end_substitution(start, around))
    }

    pub(super) fn not_in_fish(&self, construct: &'static str) -> Outcome {
        match self.shell {
            ShellKind::Fish => Err(SyntaxError::Foreign(construct, self.shell)),
            _ => Ok(()),
        }
    }
}
