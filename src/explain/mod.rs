//! A command line read aloud: what each program in it does and what each of its words means there. All of it comes from
//! tables and small readers in this binary; nothing is run, looked up or guessed. What the tables do not hold is said
//! to be unknown.

mod arguments;
mod call;
mod knowledge;
mod measures;
mod node;
mod offered;
mod phrase;
mod rights;
mod schedule;
mod scripts;
mod specs;
mod structure;
mod unknown;

#[cfg(test)]
mod readings_tests;

use std::cell::Cell;

use crate::domain::ShellKind;
use crate::syntax::{self, SyntaxError, Tree};

pub use node::{Kind, Node, Reading, Row};
pub use offered::{Offered, offered};
pub use unknown::{Unknown, all_verbs, knows, programs, unknown, verbs};

/// Most nodes that a reading has. A line of [`syntax::MAX_BYTES`] stays below unless it is made to grow.
const MOST_NODES: usize = 4000;

/// Most levels of commands inside the texts of other commands.
const DEEPEST: usize = 6;

/// Most calls inside each other: `env env env …` may be as long as a line.
const MOST_CALLS: usize = 32;

/// What is said of a program or an option that the tables do not hold.
pub const UNKNOWN: &str = "not known here";

/// Reads a line as `shell` would, without running any of it.
///
/// # Errors
/// [`SyntaxError`] when it is no line of that shell.
pub fn read(line: &str, shell: ShellKind) -> Result<Reading, SyntaxError> {
    let tree = syntax::parse(line, shell)?;
    let (left, calls) = (Cell::new(MOST_NODES), Cell::new(0));
    let reader = Reader { tree: &tree, shell, depth: 0, left: &left, calls: &calls };
    let commands = reader.items(tree.outline());
    Ok(Reading { commands, whole: left.get() > 0 && !tree.is_unclear() })
}

/// Reads one tree; the texts inside it are read by readers of their own that share what is left.
struct Reader<'a> {
    tree: &'a Tree,
    shell: ShellKind,
    depth: usize,
    left: &'a Cell<usize>,
    /// How many calls are being read, each inside the one before.
    calls: &'a Cell<usize>,
}

impl Reader<'_> {
    /// Takes the place for one more node.
    fn take(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Reads a text that a program hands to a shell.
    fn text(&self, text: &str, shell: ShellKind) -> Option<Vec<Node>> {
        if self.depth >= DEEPEST {
            return None;
        }
        let tree = syntax::parse(text, shell).ok()?;
        let reader = Reader { tree: &tree, shell, depth: self.depth + 1, left: self.left, calls: self.calls };
        Some(reader.items(tree.outline()))
    }
}
