//! Pages of the tldr collection that are on this machine already, for what nothing else knows. An index in a file finds the
//! example that fits; of the pages themselves nothing is kept in memory.

mod archive;
mod build;
mod file;
mod lookup;
mod page;
pub(super) mod places;
mod terms;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::options::OptionLists;
use crate::domain::{OptionCheck, PageOffer};
use crate::suggest::ports::Pages;
use crate::syntax::UNKNOWN;

pub use archive::{ArchiveError, check_sum, own_copy, unpack};
pub use file::IndexError;
use file::{FileState, IndexFile};
pub use places::roots;

/// The index in the folder for caches.
const INDEX: &str = "tldr.index";

/// How often it is looked whether the pages have changed.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// What is left of the confidence in an example with an option that its program may not have here.
const DOUBT: f64 = 0.7;

/// The pages of this machine.
pub struct TldrPages {
    kept: Arc<Kept>,
    opened: Mutex<Option<Arc<IndexFile>>>,
    upkeep: Option<Upkeep>,
    options: OptionLists,
}

/// Where pages may be, and the index of them.
struct Kept {
    roots: Vec<PathBuf>,
    index: PathBuf,
}

/// When the index was last compared with the pages, and whether that goes on right now: at most one thread does it.
#[derive(Default)]
struct Upkeep {
    last: Mutex<Option<Instant>>,
    busy: Arc<AtomicBool>,
}

impl TldrPages {
    /// Pages below the first of these folders that has any, with their index in a folder for caches. Nothing is built: an
    /// index that is not there answers nothing.
    pub fn new(roots: Vec<PathBuf>, cache: &Path) -> Self {
        Self {
            kept: Arc::new(Kept { roots, index: cache.join(INDEX) }),
            opened: Mutex::default(),
            upkeep: None,
            options: OptionLists::default(),
        }
    }

    /// Has the options of examples looked up in these lists.
    #[must_use]
    pub fn with_options(self, options: OptionLists) -> Self {
        Self { options, ..self }
    }

    /// Has the index built, and compared with the pages once an hour, by a thread beside the questions, and the lists of
    /// options completed by another.
    #[must_use]
    pub fn with_upkeep(self) -> Self {
        Self { upkeep: Some(Upkeep::default()), options: self.options.with_help(), ..self }
    }

    /// Builds the index unless it is that of the pages as they are now.
    ///
    /// # Errors
    /// [`IndexError`] when there are no pages, or the file cannot be written.
    pub fn refresh(&self) -> Result<(), IndexError> {
        self.kept.refresh()
    }

    /// The examples that fit best; those with an option that its program may not have here come last.
    ///
    /// # Errors
    /// [`IndexError`] when there is no index, or a damaged one.
    pub fn search(&self, words: &str, most: usize) -> Result<Vec<PageOffer>, IndexError> {
        let mut found = lookup::search(&*self.opened()?, &terms::question(words), most)?;
        for offer in &mut found {
            offer.options = self.options.check(&offer.with_gaps(UNKNOWN), UNKNOWN);
            if is_doubted(offer) {
                offer.confidence *= DOUBT;
            }
        }
        found.sort_by_key(is_doubted);
        Ok(found)
    }

    /// The index as it is now; another process may have put a new one there.
    fn opened(&self) -> Result<Arc<IndexFile>, IndexError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        match opened.as_ref().filter(|opened| FileState::of(&self.kept.index) == Some(opened.state)) {
            Some(index) => Ok(Arc::clone(index)),
            None => {
                *opened = None;
                let index = Arc::new(IndexFile::open(&self.kept.index)?);
                *opened = Some(Arc::clone(&index));
                Ok(index)
            }
        }
    }
}

fn is_doubted(offer: &PageOffer) -> bool {
    matches!(offer.options, OptionCheck::Unlisted { .. })
}

impl Pages for TldrPages {
    fn offers(&self, words: &str, most: usize) -> Vec<PageOffer> {
        let found = self.search(words, most);
        if let Some(upkeep) = &self.upkeep {
            let is_damaged = matches!(found, Err(IndexError::Damaged));
            upkeep.look(Instant::now(), is_damaged, &self.kept);
        }
        found.unwrap_or_default()
    }
}

impl Kept {
    fn refresh(&self) -> Result<(), IndexError> {
        let Some(folder) = places::pages(&self.roots) else {
            // Pages that were removed are not offered any more.
            let _ = fs::remove_file(&self.index);
            return Err(IndexError::NoPages);
        };
        if build::is_fresh(&self.index, &folder) { Ok(()) } else { build::build(&self.index, &folder).map(drop) }
    }
}

impl Upkeep {
    /// Looks after the index on a thread of its own when it is time to.
    fn look(&self, now: Instant, is_damaged: bool, kept: &Arc<Kept>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.duration_since(last) >= LOOK_EVERY) || is_damaged;
        if !is_due || self.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        *last = Some(now);
        let (kept, busy) = (Arc::clone(kept), Turn(Arc::clone(&self.busy)));
        // Without the thread it is tried again in an hour.
        let _ = std::thread::Builder::new().name("tldr-index".to_owned()).spawn(move || {
            let _busy = busy;
            // A block that does not match its sum says nothing to the comparison, which reads the header only.
            if is_damaged {
                let _ = fs::remove_file(&kept.index);
            }
            let _ = kept.refresh();
        });
    }
}

/// Ends with the thread, however it ends.
struct Turn(Arc<AtomicBool>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
