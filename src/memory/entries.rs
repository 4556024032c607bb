//! What is remembered, in order of how well it served.

use std::collections::HashMap;

use super::record::{Line, Record};
use crate::domain::ShellKind;
use crate::suggest::ports::Remembered;

/// At most so many lines are remembered.
pub const MOST_LINES: usize = 10_000;

/// After so many failures in a row a line is no longer the answer.
const DEMOTED_AFTER: u32 = 2;

/// All lines, by the key of their question.
#[derive(Debug, Default)]
pub(super) struct Entries {
    lines: HashMap<String, Vec<Line>>,
    /// Keys of questions by shape.
    shapes: HashMap<String, Vec<String>>,
    /// Questions whose alias was offered.
    offered: Vec<String>,
    count: usize,
}

impl Entries {
    pub(super) fn apply(&mut self, record: Record) {
        match record {
            Record::Offered { key } if self.offered.contains(&key) => {}
            Record::Offered { key } => self.offered.push(key),
            Record::Ran(line) => self.ran(line),
        }
    }

    fn ran(&mut self, line: Line) {
        if let Some(shape) = &line.shape {
            let keys = self.shapes.entry(shape.clone()).or_default();
            keys.retain(|key| *key != line.key);
            keys.push(line.key.clone());
        }
        let known = self.lines.entry(line.key.clone()).or_default();
        match known.iter().position(|known| known.command == line.command && known.shell == line.shell) {
            Some(at) => {
                let before = known.remove(at);
                known.push(Line {
                    worked: before.worked.saturating_add(line.worked),
                    failed: if line.failed == 0 { 0 } else { before.failed.saturating_add(line.failed) },
                    at: before.at.max(line.at),
                    shape: line.shape.or(before.shape),
                    ..before
                });
            }
            // Only what has worked is worth remembering.
            None if line.worked == 0 => {}
            None => {
                known.push(line);
                self.count += 1;
            }
        }
        if self.count > MOST_LINES {
            self.forget_least_used();
        }
    }

    /// Forgets a tenth of all lines: those that served least, of equals the oldest.
    pub(super) fn forget_least_used(&mut self) {
        let mut worth: Vec<(u32, u64)> = self.lines.values().flatten().map(|line| (line.worked, line.at)).collect();
        worth.sort_unstable();
        let Some(least) = worth.get(worth.len() / 10).copied() else { return };
        self.retain(|line| (line.worked, line.at) > least);
    }

    fn retain(&mut self, keep: impl Fn(&Line) -> bool) {
        self.lines.values_mut().for_each(|lines| lines.retain(&keep));
        self.lines.retain(|_, lines| !lines.is_empty());
        let lines = &self.lines;
        self.shapes.values_mut().for_each(|keys| keys.retain(|key| lines.contains_key(key)));
        self.shapes.retain(|_, keys| !keys.is_empty());
        self.offered.retain(|key| lines.contains_key(key));
        self.count = self.lines.values().map(Vec::len).sum();
    }

    /// Forgets the lines that were run for these words, or all; says how many.
    pub(super) fn forget(&mut self, query: Option<&str>) -> usize {
        let before = self.count;
        match query {
            Some(query) => self.retain(|line| line.query != query),
            None => *self = Self::default(),
        }
        before - self.count
    }

    /// The lines for a question: what worked last comes first, what failed twice last.
    pub(super) fn recall(&self, key: &str) -> Vec<Remembered> {
        let mut lines: Vec<&Line> = self.lines.get(key).into_iter().flatten().rev().collect();
        lines.sort_by_key(|line| (line.failed >= DEMOTED_AFTER, std::cmp::Reverse(line.at)));
        lines.into_iter().filter_map(remembered).collect()
    }

    /// The lines that served for questions of this shape, the latest question first.
    pub(super) fn alike(&self, shape: &str, shell: ShellKind) -> Vec<Remembered> {
        let keys = self.shapes.get(shape).into_iter().flatten().rev();
        keys.flat_map(|key| self.recall(key)).filter(|line| line.shell == shell && !line.demoted).collect()
    }

    /// How often lines for this question worked, and whether its alias was offered.
    pub(super) fn uses(&self, key: &str) -> (u32, bool) {
        let uses = self.lines.get(key).into_iter().flatten().map(|line| line.worked).sum();
        (uses, self.offered.iter().any(|offered| offered == key))
    }

    /// All lines, the latest first.
    pub(super) fn all(&self) -> Vec<Remembered> {
        let mut lines: Vec<&Line> = self.lines.values().flatten().collect();
        lines.sort_by_key(|line| (std::cmp::Reverse(line.at), &line.query));
        lines.into_iter().filter_map(remembered).collect()
    }

    /// The records that say the same in as few as possible, the oldest first.
    pub(super) fn records(&self) -> Vec<Record> {
        let mut lines: Vec<&Line> = self.lines.values().flatten().collect();
        lines.sort_by_key(|line| line.at);
        let offered = self.offered.iter().map(|key| Record::Offered { key: key.clone() });
        lines.into_iter().cloned().map(Record::Ran).chain(offered).collect()
    }
}

fn remembered(line: &Line) -> Option<Remembered> {
    Some(Remembered {
        query: line.query.clone(),
        command: line.command.clone(),
        shell: line.shell()?,
        worked: line.worked,
        demoted: line.failed >= DEMOTED_AFTER,
        at: std::time::UNIX_EPOCH + std::time::Duration::from_millis(line.at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(query: &str, command: &str, worked: bool, at: u64) -> Record {
        Record::Ran(Line {
            key: format!("key of {query}"),
            shape: Some("shape".to_owned()),
            shell: "bash".to_owned(),
            query: query.to_owned(),
            command: command.to_owned(),
            worked: u32::from(worked),
            failed: u32::from(!worked),
            at,
        })
    }

    fn recalled(entries: &Entries, query: &str) -> Vec<(String, bool)> {
        entries.recall(&format!("key of {query}")).into_iter().map(|line| (line.command, line.demoted)).collect()
    }

    #[test]
    fn what_worked_last_is_first_and_two_failures_demote() {
        let mut entries = Entries::default();
        let said = |command: &str, demoted| (command.to_owned(), demoted);
        entries.apply(ran("q", "first", true, 1));
        entries.apply(ran("q", "second", true, 2));
        assert_eq!(recalled(&entries, "q"), [said("second", false), said("first", false)]);
        entries.apply(ran("q", "second", false, 3));
        assert_eq!(recalled(&entries, "q"), [said("second", false), said("first", false)], "one failure is bad luck");
        entries.apply(ran("q", "second", false, 4));
        assert_eq!(recalled(&entries, "q"), [said("first", false), said("second", true)]);
        entries.apply(ran("q", "second", true, 5));
        assert_eq!(recalled(&entries, "q"), [said("second", false), said("first", false)], "it works again");
        entries.apply(ran("q", "third", false, 6));
        assert_eq!(recalled(&entries, "q").len(), 2, "what never worked is not remembered");
    }

    #[test]
    fn the_least_used_are_forgotten_when_there_are_too_many() {
        let mut entries = Entries::default();
        entries.apply(ran("kept", "often", true, 0));
        entries.apply(ran("kept", "often", true, 0));
        for number in 0..MOST_LINES as u64 {
            entries.apply(ran(&format!("q{number}"), "x", true, number + 1));
        }
        assert!(entries.count <= MOST_LINES && entries.count > MOST_LINES * 8 / 10, "{}", entries.count);
        assert_eq!(recalled(&entries, "kept").len(), 1);
        assert_eq!(recalled(&entries, "q0").len(), 0);
        assert_eq!(entries.alike("shape", ShellKind::Bash).len(), entries.count, "no shape leads to what is forgotten");
    }

    #[test]
    fn the_fewest_records_say_the_same() {
        let mut entries = Entries::default();
        for at in 0..5 {
            entries.apply(ran("q", "x", true, at));
        }
        entries.apply(ran("q", "x", false, 5));
        entries.apply(Record::Offered { key: "key of q".to_owned() });
        let records = entries.records();
        assert_eq!(records.len(), 2);
        let mut again = Entries::default();
        records.into_iter().for_each(|record| again.apply(record));
        assert_eq!(again.uses("key of q"), (5, true));
        assert_eq!(again.records(), entries.records());
    }

    #[test]
    fn words_are_forgotten_with_all_that_was_run_for_them() {
        let mut entries = Entries::default();
        entries.apply(ran("a", "x", true, 1));
        entries.apply(ran("a", "y", true, 2));
        entries.apply(ran("b", "z", true, 3));
        assert_eq!(entries.forget(Some("a")), 2);
        assert_eq!(entries.all().len(), 1);
        assert_eq!(entries.forget(None), 1);
        assert_eq!(entries.all().len(), 0);
    }
}
