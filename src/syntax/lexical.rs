//! Splitting without a grammar: for what only zsh or fish can read.

use super::outline::{Block, Join, Outliner};
use super::parse::SyntaxError;
use super::tree::{Assignment, Command, Tree, Word, WordBuilder};
use crate::domain::ShellKind;

/// Splits a line of zsh or fish into commands and words, as far as quotes and brackets tell.
pub(super) fn split(text: &str, shell: ShellKind) -> Result<Tree, SyntaxError> {
    let mut scanner = Scanner::new(text, 0, shell);
    scanner.tree.partial = true;
    scanner.list(None)?;
    match scanner.blocks.pop() {
        Some(open) => Err(SyntaxError::Unpaired(open)),
        None => {
            scanner.tree.outline = scanner.outline.finish();
            Ok(scanner.tree)
        }
    }
}

/// The byte at which a text stops being a line of zsh or fish.
pub(super) fn place_of_error(text: &str, shell: ShellKind) -> Option<usize> {
    let mut scanner = Scanner::new(text, 0, shell);
    scanner.list(None).err()?;
    scanner.places.get(scanner.at).copied()
}

/// The caps of [`super::parse()`] bound how deep its methods call each other.
#[derive(Debug)]
pub(super) struct Scanner {
    pub(super) chars: Vec<char>,
    /// For every character and the end, its place in bytes in the whole line.
    pub(super) places: Vec<usize>,
    pub(super) at: usize,
    pub(super) shell: ShellKind,
    pub(super) tree: Tree,
    pub(super) blocks: Vec<String>,
    pub(super) cases: usize,
    /// The functions whose bodies are being read, each with the number of blocks around it, and one whose body begins.
    pub(super) functions: Vec<(usize, String)>,
    pub(super) announced: Option<String>,
    pub(super) outline: Outliner,
}

/// What a function without a name is called; no name can hold a blank.
const ANONYMOUS: &str = "anonymous function";

impl Scanner {
    pub(super) fn new(text: &str, base: usize, shell: ShellKind) -> Self {
        Scanner {
            chars: text.chars().collect(),
            places: text.char_indices().map(|(at, _)| base + at).chain([base + text.len()]).collect(),
            at: 0,
            shell,
            tree: Tree::default(),
            blocks: Vec::new(),
            cases: 0,
            functions: Vec::new(),
            announced: None,
            outline: Outliner::default(),
        }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    /// Reads commands up to `close`, which is consumed, or to the end.
    pub(super) fn list(&mut self, close: Option<char>) -> Result<(), SyntaxError> {
        let blocks_outside = self.blocks.len();
        let mut pipeline = self.tree.commands.len();
        let mut command = Command { nested: pipeline..pipeline, ..Command::default() };
        let (mut something, mut open_end) = (false, false);
        loop {
            let Some(c) = self.peek() else {
                if close.is_some() {
                    return Err(SyntaxError::Unpaired("(".to_owned()));
                }
                self.end(&mut command, &mut pipeline, false)?;
                if open_end {
                    return Err(SyntaxError::Grammar(self.shell));
                }
                self.tree.complete += usize::from(something && close.is_none());
                return Ok(());
            };
            match c {
                ' ' | '\t' => self.at += 1,
                '\\' if self.chars.get(self.at + 1) == Some(&'\n') => self.at += 2,
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                '\n' | ';' => {
                    self.at += 1;
                    self.end(&mut command, &mut pipeline, false)?;
                    self.outline.joined(Join::Then);
                    if c == '\n' && close.is_none() && self.blocks.is_empty() && !open_end {
                        self.tree.complete += usize::from(std::mem::take(&mut something));
                    }
                    if c == ';' && open_end {
                        return Err(SyntaxError::Grammar(self.shell));
                    }
                }
                // Only fish allows an empty command, and neither joins one to another.
                '|' | '&' if !self.starts_redirect() && (!something || open_end) => return Err(SyntaxError::Grammar(self.shell)),
                '|' | '&' if !self.starts_redirect() => {
                    self.at += 1;
                    let doubled = self.take(c);
                    self.take('&');
                    self.end(&mut command, &mut pipeline, c == '|' && !doubled)?;
                    self.outline.joined(match (c, doubled) {
                        ('|', false) => Join::Pipe,
                        ('|', true) => Join::Or,
                        (_, true) => Join::And,
                        (_, false) => Join::Then,
                    });
                    if c == '&' && !doubled {
                        let last = self.outline.len().saturating_sub(1);
                        self.outline.background(last);
                    }
                    open_end = c == '|' || doubled;
                    continue;
                }
                c if Some(c) == close && self.blocks.len() == blocks_outside => {
                    self.at += 1;
                    return self.end(&mut command, &mut pipeline, false);
                }
                ')' if self.cases > 0 => {
                    self.at += 1;
                    command.words.clear();
                }
                ')' => return Err(SyntaxError::Unpaired(")".to_owned())),
                '(' if self.shell == ShellKind::Zsh && command.words.is_empty() => {
                    self.at += 1;
                    if self.peek() == Some(')') {
                        self.announced = Some(ANONYMOUS.to_owned());
                    }
                    self.outline.open(Block::Subshell);
                    self.list(Some(')'))?;
                    self.outline.close();
                    something = true;
                }
                _ if self.starts_redirect() => {
                    self.redirect(&mut command)?;
                    something = true;
                    open_end = false;
                }
                _ => {
                    let before = self.at;
                    let word = self.word()?;
                    if self.at == before {
                        return Err(SyntaxError::Grammar(self.shell));
                    }
                    let zsh = self.shell == ShellKind::Zsh;
                    match word.raw.strip_suffix("()").filter(|name| zsh && command.words.is_empty() && !name.is_empty()) {
                        Some(name) => self.announced = Some(name.to_owned()),
                        None if zsh && matches!(word.raw.as_str(), "{" | "}") => {
                            self.end(&mut command, &mut pipeline, false)?;
                            // What follows the body of a function without a name are its arguments.
                            if self.zsh_brace(&word.raw)?.is_some_and(|name| name == ANONYMOUS) {
                                command.words.push(Word::literal(ANONYMOUS).at(word.span));
                            }
                        }
                        None => command.words.push(word),
                    }
                    something = true;
                    open_end = false;
                }
            }
        }
    }

    /// Ends a command, takes the keywords off its front and keeps what is left.
    fn end(&mut self, command: &mut Command, pipeline: &mut usize, piped: bool) -> Result<(), SyntaxError> {
        let mut done = std::mem::take(command);
        done.function = self.functions.last().map(|(_, name)| name.clone());
        self.keywords(&mut done)?;
        done.nested.end = self.tree.commands.len().max(done.nested.start);
        if *pipeline < done.nested.start {
            done.input = *pipeline..done.nested.start;
        }
        if !(done.words.is_empty() && done.redirects.is_empty() && done.assignments.is_empty()) {
            let loops = done.assignments.first().is_some_and(|assignment| assignment.loops);
            if self.shell == ShellKind::Fish {
                self.outline.end_condition();
            }
            self.outline.command(self.tree.commands.len());
            self.tree.commands.push(done);
            if loops && self.shell == ShellKind::Fish {
                self.outline.joined(Join::Part);
                self.outline.open(Block::Do);
            }
        }
        let next = self.tree.commands.len();
        command.nested = next..next;
        if !piped {
            *pipeline = next;
        }
        Ok(())
    }

    /// Opens or closes a block; gives the function that the block was the body of.
    fn zsh_brace(&mut self, brace: &str) -> Result<Option<String>, SyntaxError> {
        if brace == "{" {
            self.open(brace.to_owned());
            return Ok(None);
        }
        self.close(brace)
    }

    fn open(&mut self, block: String) {
        let head = match block.as_str() {
            "if" => Some(Block::If),
            "while" => Some(Block::While),
            "begin" | "{" => Some(self.announced.clone().map_or(Block::Group, Block::Function)),
            "function" => Some(Block::Function(self.announced.clone().unwrap_or_default())),
            _ => None,
        };
        if let Some(head) = head {
            self.outline.open(head);
        }
        if let Some(name) = self.announced.take() {
            self.functions.push((self.blocks.len(), name));
        }
        self.blocks.push(block);
    }

    fn close(&mut self, word: &str) -> Result<Option<String>, SyntaxError> {
        self.blocks.pop().ok_or(SyntaxError::Unpaired(word.to_owned()))?;
        if matches!(self.outline.inside(), Some(Block::Arm(_))) {
            self.outline.close();
        }
        self.outline.close();
        let ended = self.functions.pop_if(|(depth, _)| *depth == self.blocks.len());
        Ok(ended.map(|(_, name)| name))
    }

    /// What the keywords of zsh open and close.
    fn outline_keyword(&mut self, word: &str) {
        match word {
            "if" => self.outline.open(Block::If),
            "while" => self.outline.open(Block::While),
            "until" => self.outline.open(Block::Until),
            "then" => self.outline.continue_with(Block::Then),
            "elif" => self.outline.continue_with(Block::ElseIf),
            "else" => self.outline.continue_with(Block::Else),
            "do" if matches!(self.outline.inside(), Some(Block::While | Block::Until)) => self.outline.continue_with(Block::Do),
            "do" => {
                self.outline.joined(Join::Part);
                self.outline.open(Block::Do);
            }
            "fi" | "done" => self.outline.close(),
            _ => {}
        }
    }

    /// `for x in a b` of both shells: the variable takes one word after the other.
    fn loop_variable(command: &mut Command) {
        let mut words = std::mem::take(&mut command.words).into_iter().skip(1);
        let Some(name) = words.next() else { return };
        let mut words: Vec<Word> = words.filter(|word| word.raw != "in").collect();
        // `for x (a b) command` of zsh has its command on the same line.
        let listed = words.first().and_then(|word| Some((word.raw.strip_prefix('(')?.strip_suffix(')')?.to_owned(), word.span.clone())));
        let elements = match listed {
            Some((list, span)) => {
                command.words = words.split_off(1);
                let element = |text: &str| {
                    let mut builder = WordBuilder::new();
                    builder.bare(text);
                    builder.finish(text, span.clone())
                };
                list.split_whitespace().map(element).collect()
            }
            None => words,
        };
        command.assignments.push(Assignment { name: name.shape, value: None, elements, loops: true });
    }

    fn keywords(&mut self, command: &mut Command) -> Result<(), SyntaxError> {
        let fish = self.shell == ShellKind::Fish;
        while let Some(first) = command.words.first().map(|word| word.raw.clone()) {
            let drop_all = match first.as_str() {
                "begin" | "if" | "while" if fish => {
                    // `else if` goes on with the block that `else` belongs to.
                    self.open(first);
                    false
                }
                "for" if fish => {
                    self.open(first);
                    Self::loop_variable(command);
                    return Ok(());
                }
                "function" if fish => {
                    self.announced = command.words.get(1).map(|word| word.shape.clone());
                    self.open(first);
                    true
                }
                "switch" if fish => {
                    self.open(first);
                    self.outline.open(Block::Case(raws(command)));
                    true
                }
                "end" if fish => {
                    self.close(&first)?;
                    true
                }
                "else" if fish => {
                    command.words.remove(0);
                    let again = command.words.first().is_some_and(|word| word.raw == "if");
                    if again {
                        command.words.remove(0);
                    }
                    self.outline.continue_with(if again { Block::ElseIf } else { Block::Else });
                    continue;
                }
                "case" if fish => {
                    if matches!(self.outline.inside(), Some(Block::Arm(_))) {
                        self.outline.close();
                    }
                    self.outline.open(Block::Arm(raws(command)));
                    true
                }
                "and" | "or" if fish => {
                    self.outline.joined(if first == "and" { Join::And } else { Join::Or });
                    false
                }
                "not" | "!" => {
                    self.outline.negate();
                    false
                }
                "and" | "or" | "time" => false,
                "if" | "then" | "elif" | "else" | "while" | "until" | "do" | "fi" | "done" | "nocorrect" if !fish => {
                    self.outline_keyword(&first);
                    false
                }
                "for" | "foreach" | "select" if !fish => {
                    Self::loop_variable(command);
                    return Ok(());
                }
                "repeat" if !fish => true,
                "case" if !fish => {
                    self.cases += 1;
                    true
                }
                "esac" if !fish => {
                    self.cases = self.cases.saturating_sub(1);
                    false
                }
                _ => return Ok(()),
            };
            command.words.drain(..if drop_all { command.words.len() } else { 1 });
        }
        Ok(())
    }
}

/// The words after the first, as they are written.
fn raws(command: &Command) -> String {
    command.words.iter().skip(1).map(|word| word.raw.as_str()).collect::<Vec<_>>().join(" ")
}
