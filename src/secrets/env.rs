use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{only_line, refuse};
use crate::domain::{AttemptError, Secret, ShellFacts};
use crate::suggest::ports::{KeySource, NO_KEY};

/// A variable of the asking shell. This process's own environment belongs to whichever shell started it, so it is
/// never read.
pub(super) struct KeyVariable {
    name: String,
}

impl KeyVariable {
    pub(super) fn new(name: String) -> Self {
        Self { name }
    }

    fn find(&self, facts: &ShellFacts) -> Result<Option<Secret>, AttemptError> {
        let Some((_, value)) = facts.keys.iter().find(|(name, value)| *name == self.name && !value.expose().trim().is_empty()) else {
            return Err(refuse(format!("{}: not set in this shell; hint: export {}=…", self.name, self.name)).of_asker());
        };
        only_line(value.expose().as_bytes()).map(Some).map_err(|cause| refuse(format!("{}: {cause}", self.name)))
    }
}

impl KeySource for KeyVariable {
    fn key<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, Result<Option<Secret>, AttemptError>> {
        ready(self.find(facts)).boxed()
    }

    fn variables(&self) -> Vec<&str> {
        vec![&self.name]
    }

    fn state<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, u64> {
        let value = facts.keys.iter().find(|(name, value)| *name == self.name && !value.expose().trim().is_empty());
        let state = value.map_or(NO_KEY, |(_, value)| BuildHasherDefault::<DefaultHasher>::default().hash_one(value.expose()));
        ready(state).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;

    fn facts(keys: &[(&str, &str)]) -> ShellFacts {
        let keys = keys.iter().map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned()))).collect();
        ShellFacts { keys, ..ShellFacts::bare(ShellKind::Zsh, "/") }
    }

    #[tokio::test]
    async fn only_the_asking_shell_is_read() {
        // PATH is set in every process, so a look into the own environment would find it.
        let source = KeyVariable::new("PATH".into());
        assert_eq!(source.variables(), ["PATH"]);
        for (keys, expected) in [
            (vec![("PATH", " k1 ")], Ok(Some(Secret::new("k1".into())))),
            (vec![("OTHER", "k1")], Err("PATH: not set in this shell; hint: export PATH=…")),
            (vec![("PATH", " ")], Err("PATH: not set in this shell; hint: export PATH=…")),
            (vec![("PATH", "a\nb")], Err("PATH: has more than one line")),
        ] {
            assert_eq!(source.key(&facts(&keys)).await.map_err(|error| error.detail), expected.map_err(str::to_owned));
        }
    }
}
