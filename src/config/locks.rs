//! Keys that the administrator's file lets no other layer set.

use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::resolve::{Lines, Reader};
use super::{ConfigProblem, keys, nearest};

/// What is locked, and where that is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Locks {
    file: PathBuf,
    /// Keys and whole tables with the line of the lock.
    locks: Vec<(String, usize)>,
}

impl Locks {
    pub(super) fn is_empty(&self) -> bool {
        self.locks.is_empty()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.locks.iter().map(|(name, _)| name.as_str())
    }

    /// The place of the lock on a key, as `file:line`.
    pub(super) fn on(&self, key: &str) -> Option<String> {
        let covers = |lock: &str| key.strip_prefix(lock).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let (_, line) = self.locks.iter().find(|(lock, _)| covers(lock))?;
        Some(format!("{}:{line}", self.file.display()))
    }

    /// Takes what is locked out of the text of another layer. The rest of it holds.
    pub(super) fn take_out(&self, table: &mut DeTable<'_>, reader: &Reader<'_>) -> Vec<ConfigProblem> {
        let mut refused: Vec<(usize, String)> = Vec::new();
        let mut whole: Vec<String> = Vec::new();
        for (key, value) in table.iter_mut() {
            let name = key.get_ref().to_string();
            if let DeValue::Table(inner) = value.as_mut() {
                let locked = inner.keys().map(|key| (key.span().start, key.get_ref().to_string()));
                let locked: Vec<_> = locked.filter(|(_, key)| self.on(&format!("{name}.{key}")).is_some()).collect();
                for (at, key) in locked {
                    inner.remove(key.as_str());
                    refused.push((at, format!("{name}.{key}")));
                }
            } else if self.on(&name).is_some() {
                refused.push((key.span().start, name.clone()));
                whole.push(name);
            }
        }
        whole.iter().for_each(|name| drop(table.remove(name.as_str())));
        refused.sort();
        let problem = |(at, key): (usize, String)| {
            let lock = self.on(&key).unwrap_or_default();
            let problem = reader.problem(Some(at..at), Some(&key), "locked by the administrator, so it is left out");
            problem.with_hint(format!("{lock} locks it; what the administrator says holds"))
        };
        refused.into_iter().map(problem).collect()
    }
}

impl Reader<'_> {
    /// The locks that an administrator's file sets.
    pub(super) fn locks(&self, locked: Spanned<Vec<Spanned<String>>>, lines: &mut Lines) -> Result<Locks, ConfigProblem> {
        let names = self.take(Some(locked), "locked", lines).unwrap_or_default();
        let mut locks = Vec::with_capacity(names.len());
        for name in names {
            if !keys::lockable().any(|known| known == name.get_ref()) {
                let problem = self.problem(Some(name.span()), Some("locked"), "no key or table that can be locked has this name");
                return Err(match nearest(name.get_ref(), keys::lockable()) {
                    Some(meant) => problem.with_hint(format!("did you mean `{meant}`?")),
                    None => problem.with_hint("`gptos config reference` names the keys"),
                });
            }
            let line = self.line(name.span().start);
            locks.push((name.into_inner(), line));
        }
        Ok(Locks { file: self.path.to_owned(), locks })
    }
}
