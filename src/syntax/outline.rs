//! How the commands of a line belong together: lists, pipes, groups, loops and branches.

use std::ops::Range;

use super::tree::Tree;

/// How a piece of a line is joined to the one before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Join {
    /// Nothing stands before it.
    #[default]
    Start,
    /// `;` or a line break: it runs afterwards.
    Then,
    /// `&&`: it runs if that worked.
    And,
    /// `||`: it runs if that failed.
    Or,
    /// `|`: it reads what that prints.
    Pipe,
    /// It is a further part of the same construct, such as the body of a loop.
    Part,
}

/// What holds commands together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// `( … )`
    Subshell,
    /// `{ …; }`, `begin … end`
    Group,
    /// The condition of `if`.
    If,
    /// The condition of `elif` or `else if`.
    ElseIf,
    /// What runs if the condition holds.
    Then,
    /// What runs if it does not.
    Else,
    /// The condition of `while`.
    While,
    /// The condition of `until`.
    Until,
    /// The body of a loop.
    Do,
    /// `for ((…))` with the text of its head.
    Count(String),
    /// `case` or `switch` over this word.
    Case(String),
    /// What runs for these patterns.
    Arm(String),
    /// The body of the function of this name.
    Function(String),
    /// `coproc`
    Coprocess,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The command with this index in [`Tree::commands`].
    Command(usize),
    /// Several of them under one head.
    Block(Block, Vec<Item>),
    /// `[[ … ]]` with its text.
    Test(String),
    /// `((…))` with its text.
    Arithmetic(String),
}

/// A piece with its place among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// How it follows the one before.
    pub join: Join,
    /// Whether its outcome is turned round: `!`, `not`.
    pub negated: bool,
    /// Whether the shell goes on without waiting for it.
    pub background: bool,
    /// The piece itself.
    pub piece: Piece,
}

impl Tree {
    /// The pieces of the line in their order.
    pub fn outline(&self) -> &[Item] {
        &self.outline
    }

    /// The pieces of a substitution, given the indices of its commands; nothing when there is none with these.
    pub fn outline_of(&self, commands: &Range<usize>) -> &[Item] {
        self.substitutions.iter().find(|(range, _)| range == commands).map_or(&[], |(_, items)| items)
    }

    /// The commands of every substitution that stands directly in the words of the commands in `range`.
    pub fn substitutions_in(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let inside = |outer: &Range<usize>, inner: &Range<usize>| outer.start <= inner.start && inner.end <= outer.end && !inner.is_empty();
        let all: Vec<_> = self.substitutions.iter().map(|(found, _)| found).filter(|found| inside(range, found)).collect();
        all.iter().filter(|found| !all.iter().any(|other| other != *found && inside(other, found))).map(|found| (*found).clone()).collect()
    }
}

/// Collects the pieces in the order in which a reader comes upon them. What closes without having been opened is
/// passed over: the readers complain about it themselves.
#[derive(Debug, Default)]
pub(super) struct Outliner {
    done: Vec<Item>,
    open: Vec<(Item, Block)>,
    next: Join,
    negated: bool,
}

impl Outliner {
    /// Says how the next piece follows.
    pub(super) fn joined(&mut self, join: Join) {
        self.next = join;
    }

    /// Turns the outcome of the next piece round.
    pub(super) fn negate(&mut self) {
        self.negated = !self.negated;
    }

    pub(super) fn command(&mut self, index: usize) {
        self.push(Piece::Command(index));
    }

    pub(super) fn push(&mut self, piece: Piece) {
        let item = self.item(piece);
        self.here().push(item);
    }

    pub(super) fn open(&mut self, block: Block) {
        let item = self.item(Piece::Block(block.clone(), Vec::new()));
        self.open.push((item, block));
    }

    pub(super) fn close(&mut self) {
        if let Some((item, _)) = self.open.pop() {
            self.here().push(item);
            self.next = Join::Then;
        }
    }

    /// The innermost block that is open.
    pub(super) fn inside(&self) -> Option<&Block> {
        self.open.last().map(|(_, block)| block)
    }

    /// Ends a block and begins the next part of the same construct.
    pub(super) fn continue_with(&mut self, block: Block) {
        self.close();
        self.joined(Join::Part);
        self.open(block);
    }

    /// Where no keyword ends a condition, the first command that is not joined to it begins the body.
    pub(super) fn end_condition(&mut self) {
        if matches!(self.next, Join::And | Join::Or | Join::Pipe) || self.here().is_empty() {
            return;
        }
        match self.inside() {
            Some(Block::If | Block::ElseIf) => self.continue_with(Block::Then),
            Some(Block::While | Block::Until) => self.continue_with(Block::Do),
            _ => {}
        }
    }

    /// How many pieces the innermost block holds.
    pub(super) fn len(&mut self) -> usize {
        self.here().len()
    }

    /// The shell does not wait for the pieces from `start` on.
    pub(super) fn background(&mut self, start: usize) {
        self.here().iter_mut().skip(start).for_each(|item| item.background = true);
    }

    pub(super) fn finish(mut self) -> Vec<Item> {
        while !self.open.is_empty() {
            self.close();
        }
        self.done
    }

    fn item(&mut self, piece: Piece) -> Item {
        let join = std::mem::replace(&mut self.next, Join::Then);
        let join = if self.here().is_empty() { Join::Start } else { join };
        Item { join, negated: std::mem::take(&mut self.negated), background: false, piece }
    }

    fn here(&mut self) -> &mut Vec<Item> {
        match self.open.last_mut() {
            Some((Item { piece: Piece::Block(_, items), .. }, _)) => items,
            _ => &mut self.done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::syntax::parse;

    /// The outline as a text: names of commands and of blocks.
    fn drawn(tree: &Tree, items: &[Item]) -> String {
        let mut text = String::new();
        for item in items {
            text.push_str(match item.join {
                Join::Start | Join::Part => "",
                Join::Then => "; ",
                Join::And => "&& ",
                Join::Or => "|| ",
                Join::Pipe => "| ",
            });
            text.push_str(if item.negated { "! " } else { "" });
            match &item.piece {
                Piece::Command(index) => text.push_str(tree.commands()[*index].name().unwrap_or("=")),
                Piece::Block(block, inside) => text.push_str(&format!("{block:?}[{}]", drawn(tree, inside).trim_end())),
                Piece::Test(test) => text.push_str(test),
                Piece::Arithmetic(sum) => text.push_str(sum),
            }
            text.push_str(if item.background { " & " } else { " " });
        }
        text
    }

    #[test]
    fn the_pieces_keep_their_order_and_their_joins() {
        for (text, shell, expected) in [
            ("a | b && c || ! d; e & f", ShellKind::Bash, "a | b && c || ! d ; e & ; f"),
            ("(a; b) | { c; d; }", ShellKind::Bash, "Subshell[a ; b] | Group[c ; d]"),
            ("if a; then b; elif c; then d; else e; fi; f", ShellKind::Bash, "If[a] Then[b] ElseIf[c] Then[d] Else[e] ; f"),
            ("for x in 1 2; do a; b; done | c", ShellKind::Bash, "= Do[a ; b] | c"),
            ("while a; do b; done < c", ShellKind::Bash, "While[a] Do[b] ="),
            ("case x in y|z) a;; *) b;; esac", ShellKind::Bash, "Case(\"x\")[Arm(\"y | z\")[a] ; Arm(\"*\")[b]]"),
            ("f() { a; }", ShellKind::Bash, "Function(\"f\")[Group[a]]"),
            ("echo $(a | b) c", ShellKind::Bash, "echo"),
            ("for f in *; a $f; b; end | c", ShellKind::Fish, "= Do[a ; b] | c"),
            ("if a; and b; c; else if d; e; else; g; end", ShellKind::Fish, "If[a && b] Then[c] ElseIf[d] Then[e] Else[g]"),
            ("while a; b; end; c", ShellKind::Fish, "While[a] Do[b] ; c"),
            ("switch x; case y; a; case '*'; b; end; c", ShellKind::Fish, "Case(\"x\")[Arm(\"y\")[a] ; Arm(\"'*'\")[b]] ; c"),
            ("a; and not b; or c", ShellKind::Fish, "a && ! b || c"),
            ("begin; a; b; end | c", ShellKind::Fish, "Group[a ; b] | c"),
            ("for f in *(.); do a; done && b", ShellKind::Zsh, "= Do[a] && b"),
            ("if a *(.); then b; else c; fi", ShellKind::Zsh, "If[a] Then[b] Else[c]"),
            ("(a *(.) | b); c", ShellKind::Zsh, "Subshell[a | b] ; c"),
        ] {
            let tree = parse(text, shell).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(drawn(&tree, tree.outline()).trim_end(), expected, "{text}");
        }
    }

    #[test]
    fn substitutions_have_outlines_of_their_own() {
        for (text, shell) in [("e $(a | b) <(c) `d`", ShellKind::Bash), ("print =(a | b *(.)) $(c) `d`", ShellKind::Zsh)] {
            let tree = parse(text, shell).expect("valid");
            let last = tree.commands().last().expect("a command");
            let found: Vec<_> = tree.substitutions_in(&last.nested).iter().map(|range| drawn(&tree, tree.outline_of(range))).collect();
            assert_eq!(found, ["a | b ", "c ", "d "], "{text}");
        }
    }
}
