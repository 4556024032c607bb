//! Which programs the asking shell has, as far as what the embedded translator writes depends on it: `apt` or `dnf`, `ss` or
//! `netstat`.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::ports::Commands;
use crate::domain::ShellFacts;
use crate::offline::{Machine, Os, Preferred, ToolSet};

/// Search paths remembered; a user has a handful.
const PATHS_KEPT: usize = 64;

/// How long the first question from a search path waits. A directory on a network mount may hang.
const LOOK_LIMIT: Duration = Duration::from_millis(50);

/// What was seen is looked at again after that, behind the user's back: programs are installed meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What was found on one search path.
#[derive(Clone)]
struct Seen {
    /// `None` as long as nobody has looked.
    tools: Option<ToolSet>,
    at: Instant,
}

/// The programs by search path.
pub(super) struct Toolbox {
    commands: Arc<dyn Commands>,
    os: Os,
    seen: Arc<quick_cache::sync::Cache<String, Seen>>,
    preferred: RwLock<Vec<Preferred>>,
}

impl Toolbox {
    pub(super) fn new(commands: Arc<dyn Commands>, os: &str) -> Self {
        // The tools of these systems are of one family.
        let os = if matches!(os, "macos" | "freebsd" | "openbsd" | "netbsd") { Os::MacOs } else { Os::Linux };
        Self { commands, os, seen: Arc::new(quick_cache::sync::Cache::new(PATHS_KEPT)), preferred: RwLock::default() }
    }

    /// What the user wants in the place of usual programs from now on.
    pub(super) fn prefer(&self, preferred: &[Preferred]) {
        *self.preferred.write().unwrap_or_else(PoisonError::into_inner) = preferred.to_vec();
    }

    /// The machine as the asking shell sees it, as far as somebody has looked.
    pub(super) fn machine(&self, facts: &ShellFacts) -> Machine {
        let tools = self.seen.get(&facts.path).and_then(|seen| seen.tools);
        let preferred = self.preferred.read().unwrap_or_else(PoisonError::into_inner);
        Machine { tools, ..Machine::usual(facts.shell, self.os) }.preferring(&preferred)
    }

    /// Whether somebody has looked from this search path.
    pub(super) fn knows(&self, facts: &ShellFacts) -> bool {
        self.seen.get(&facts.path).is_some_and(|seen| seen.tools.is_some())
    }

    /// Looks which of these programs are there. Whoever is the first to ask from a search path waits a moment for it.
    pub(super) async fn look(&self, names: &[String], facts: &ShellFacts) {
        let seen = self.seen.get(&facts.path);
        if seen.as_ref().is_some_and(|seen| seen.at.elapsed() < LOOK_AGAIN) {
            return;
        }
        let is_first = seen.is_none();
        let known = seen.and_then(|seen| seen.tools);
        // Others that ask meanwhile need not look too.
        self.seen.insert(facts.path.clone(), Seen { tools: known, at: Instant::now() });
        let (commands, os, seen, names) = (Arc::clone(&self.commands), self.os, Arc::clone(&self.seen), names.to_vec());
        // What a shell calls by a name of its own says nothing of the next one with this search path.
        let facts = ShellFacts { own_commands: Vec::new(), keys: Vec::new(), ..facts.clone() };
        let look = tokio::task::spawn_blocking(move || {
            let machine = Machine::usual(facts.shell, os).with_tools(&names, |name| commands.resolves(name, &facts));
            seen.insert(facts.path.clone(), Seen { tools: machine.tools, at: Instant::now() });
        });
        if is_first {
            let _ = tokio::time::timeout(LOOK_LIMIT, look).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::suggest::tests::scripted::facts;

    /// A system on which programs come and go.
    #[derive(Default)]
    struct Installed(Mutex<Vec<&'static str>>);

    impl Commands for Installed {
        fn resolves(&self, word: &str, _facts: &ShellFacts) -> bool {
            self.0.lock().unwrap().contains(&word)
        }
    }

    #[tokio::test]
    async fn a_system_is_asked_what_it_has_and_asked_again_later() {
        let installed = Arc::new(Installed(Mutex::new(vec!["dnf"])));
        let toolbox = Toolbox::new(Arc::clone(&installed) as Arc<dyn Commands>, "linux");
        let names = ["apt".to_owned(), "dnf".to_owned()];
        assert!(toolbox.machine(&facts()).has("apt"), "nobody has looked");
        toolbox.look(&names, &facts()).await;
        assert!(toolbox.machine(&facts()).has("dnf") && !toolbox.machine(&facts()).has("apt"));
        installed.0.lock().unwrap().push("apt");
        toolbox.look(&names, &facts()).await;
        assert!(!toolbox.machine(&facts()).has("apt"), "it was looked at a moment ago");
        tokio::time::pause();
        tokio::time::advance(LOOK_AGAIN).await;
        toolbox.look(&names, &facts()).await;
        let limit = std::time::Instant::now() + Duration::from_secs(10);
        while !toolbox.machine(&facts()).has("apt") {
            assert!(std::time::Instant::now() < limit, "it is looked at again");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_is_preferred_is_used_once_it_was_seen() {
        let installed = Arc::new(Installed(Mutex::new(vec!["rg"])));
        let toolbox = Toolbox::new(Arc::clone(&installed) as Arc<dyn Commands>, "linux");
        toolbox.prefer(&Preferred::ALL);
        assert_eq!(toolbox.machine(&facts()).preferred(Preferred::Ripgrep), None, "nobody has looked");
        toolbox.look(&["rg".to_owned(), "fd".to_owned(), "fdfind".to_owned()], &facts()).await;
        assert_eq!(toolbox.machine(&facts()).preferred(Preferred::Ripgrep), Some("rg"));
        assert_eq!(toolbox.machine(&facts()).preferred(Preferred::Fd), None, "it is not installed");
        toolbox.prefer(&[]);
        assert_eq!(toolbox.machine(&facts()).preferred(Preferred::Ripgrep), None, "nobody prefers it");
    }

    #[tokio::test]
    async fn a_search_path_with_nothing_on_it_leaves_the_usual_programs() {
        let toolbox = Toolbox::new(Arc::new(Installed::default()), "linux");
        toolbox.look(&["dnf".to_owned()], &facts()).await;
        assert!(toolbox.machine(&facts()).has("apt"));
    }
}
