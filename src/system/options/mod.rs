//! Which options the programs of this machine have, as far as it says so itself: in the files that shells complete with and,
//! for tools of the base system, in their help. What is listed exists; what is not listed is in doubt only where the list
//! is known to be whole.

mod fish;
mod help;
mod mentioned;
mod used;

use std::collections::{BTreeSet, HashMap};
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;

use super::Lookup;
use crate::domain::OptionCheck;

/// Bytes of one file that are read; the longest that fish comes with has about 200 KiB.
const FILE_LIMIT: u64 = 512 * 1024;
/// Programs whose lists are kept in memory, and for how long.
const MOST_KEPT: usize = 64;
const KEEP: Duration = Duration::from_secs(600);

/// Where systems keep data that is not the user's.
const SHARED: [&str; 3] = ["/usr/local/share", "/opt/homebrew/share", "/usr/share"];

/// What is known of the options of one program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct OptionList {
    /// As they are written: `-x`, `--long`, `-old`.
    known: BTreeSet<String>,
    /// Whether an option that is not there does not exist.
    is_whole: bool,
}

impl OptionList {
    fn extend(&mut self, other: OptionList) {
        self.known.extend(other.known);
        self.is_whole |= other.is_whole;
    }

    /// Whether it lists an option, as programs read them: `--rec` for `--recursive`, `-xvf` and `-n10` by their first letter.
    fn has(&self, option: &str) -> bool {
        if self.known.contains(option) {
            return true;
        }
        match option.strip_prefix("--") {
            Some(long) => {
                let longer = self.known.range(option.to_owned()..).next();
                longer.is_some_and(|known| known.starts_with(option))
                    || long.strip_prefix("no-").is_some_and(|plain| self.known.contains(&format!("--{plain}")))
            }
            None => option.chars().nth(1).is_some_and(|letter| option.len() > 2 && self.known.contains(&format!("-{letter}"))),
        }
    }
}

/// Folders with files for completion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    fish: Vec<PathBuf>,
    bash: Vec<PathBuf>,
    zsh: Vec<PathBuf>,
}

impl Places {
    /// Where the shells themselves look, and what fish makes out of manual pages.
    pub fn usual(home: Option<&Path>, lookup: Lookup<'_>) -> Self {
        let base = |name: &str, below: &str| {
            let named = lookup(name).map(PathBuf::from).filter(|path| path.is_absolute());
            named.or_else(|| home.map(|home| home.join(below)))
        };
        let (config, data, cache) =
            (base("XDG_CONFIG_HOME", ".config"), base("XDG_DATA_HOME", ".local/share"), base("XDG_CACHE_HOME", ".cache"));
        let own = |base: &Option<PathBuf>, below: &str| base.as_ref().map(|base| base.join(below));
        let shared =
            |below: &'static [&'static str]| SHARED.iter().flat_map(move |base| below.iter().map(move |below| Path::new(base).join(below)));
        let own_fish = [
            own(&config, "fish/completions"),
            own(&data, "fish/vendor_completions.d"),
            own(&cache, "fish/generated_completions"),
            own(&data, "fish/generated_completions"),
        ];
        Self {
            fish: own_fish.into_iter().flatten().chain(shared(&["fish/vendor_completions.d", "fish/completions"])).collect(),
            bash: own(&data, "bash-completion/completions").into_iter().chain(shared(&["bash-completion/completions"])).collect(),
            zsh: shared(&[
                "zsh/site-functions",
                "zsh/vendor-completions",
                "zsh/functions/Completion/Unix",
                "zsh/functions/Completion/Linux",
            ])
            .collect(),
        }
    }

    fn list(&self, program: &str) -> OptionList {
        let mut list = OptionList::default();
        let texts =
            |folders: &[PathBuf], name: String| -> Vec<String> { folders.iter().filter_map(|folder| read(&folder.join(&name))).collect() };
        texts(&self.fish, format!("{program}.fish")).iter().for_each(|text| list.extend(fish::read(text, program)));
        let bash = [program.to_owned(), format!("{program}.bash")].into_iter().flat_map(|name| texts(&self.bash, name));
        bash.for_each(|text| list.known.extend(mentioned::in_bash(&text)));
        texts(&self.zsh, format!("_{program}")).iter().for_each(|text| list.known.extend(mentioned::in_zsh(text)));
        list
    }
}

/// A whole text file, if it is one and not too long. Links are followed: packages put most of these files there as links.
fn read(path: &Path) -> Option<String> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let facts = file.metadata().ok()?;
    let mut text = String::new();
    let is_whole = facts.is_file() && facts.len() <= FILE_LIMIT && file.take(FILE_LIMIT).read_to_string(&mut text).is_ok();
    is_whole.then_some(text)
}

/// What this machine says of the options of its programs.
#[derive(Debug, Default)]
pub struct OptionLists {
    places: Places,
    kept: Mutex<HashMap<String, (Instant, Arc<OptionList>)>>,
    help: Option<Arc<Asked>>,
}

/// What tools of the base system said when they were asked for help; nothing from one that said nothing.
#[derive(Debug, Default)]
struct Asked {
    said: Mutex<HashMap<&'static str, OptionList>>,
    busy: AtomicBool,
}

impl OptionLists {
    /// Lists in these places. No program is started.
    pub fn new(places: Places) -> Self {
        Self { places, ..Self::default() }
    }

    /// Has tools of the base system asked for their help, each once, by a thread beside the questions. The question that
    /// met the tool first is answered without it.
    #[must_use]
    pub fn with_help(self) -> Self {
        Self { help: Some(Arc::default()), ..self }
    }

    /// What the lists say of all options in a command. A part of it that is `gap` is not known yet.
    pub fn check(&self, command: &str, gap: char) -> OptionCheck {
        let (mut all, mut any) = (true, false);
        for (program, options) in used::options(command, gap).into_iter().filter(|(_, options)| !options.is_empty()) {
            let list = self.list(&program);
            match options.into_iter().find(|option| !list.has(option)) {
                None => any = true,
                Some(option) if list.is_whole => return OptionCheck::Unlisted { program, option },
                Some(_) => {
                    all = false;
                    self.ask(&program);
                }
            }
        }
        if all && any { OptionCheck::Listed } else { OptionCheck::Unknown }
    }

    fn list(&self, program: &str) -> OptionList {
        let mut list = OptionList::clone(&self.completed(program));
        // Of these tools the help knows better: the completions of fish leave some options out.
        list.is_whole &= help::base_tool(program).is_none();
        if let Some(help) = &self.help
            && let Some(said) = help.said.lock().unwrap_or_else(PoisonError::into_inner).get(program)
        {
            list.extend(said.clone());
        }
        list
    }

    fn completed(&self, program: &str) -> Arc<OptionList> {
        let now = Instant::now();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, list)) = kept.get(program).filter(|(since, _)| now.duration_since(*since) < KEEP) {
            return Arc::clone(list);
        }
        let list = Arc::new(self.places.list(program));
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(program.to_owned(), (now, Arc::clone(&list)));
        list
    }

    /// Asks a tool for help on a thread of its own, one tool at a time.
    fn ask(&self, program: &str) {
        let (Some(asked), Some(tool)) = (&self.help, help::base_tool(program)) else { return };
        let is_known = asked.said.lock().unwrap_or_else(PoisonError::into_inner).contains_key(tool);
        if is_known || asked.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let theirs = Arc::clone(asked);
        let started = std::thread::Builder::new().name("tool-help".to_owned()).spawn(move || {
            let list = help::ask(tool).map(|text| help::read(&text)).unwrap_or_default();
            theirs.said.lock().unwrap_or_else(PoisonError::into_inner).insert(tool, list);
            theirs.busy.store(false, Ordering::Release);
        });
        // Without the thread it is tried again next time.
        if started.is_err() {
            asked.busy.store(false, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests;
