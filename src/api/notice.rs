//! What is told once: mistakes in files, and what needs the user.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::{Backend, Setup};
use crate::domain::Need;
use crate::line::needs;
use crate::platform;

/// Something that is told once.
#[derive(Debug)]
pub struct Notice {
    text: String,
    told: AtomicBool,
    /// Where it is remembered over the end of the process that it was told today.
    place: Option<PathBuf>,
}

impl Notice {
    /// One that has not been told.
    pub fn new(text: String) -> Self {
        Self { text, told: AtomicBool::new(false), place: None }
    }

    /// The same, told once a day by all processes that remember it there.
    #[must_use]
    pub fn kept_in(self, place: Option<PathBuf>) -> Self {
        Self { place, ..self }
    }

    /// What it says, told or not.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A short name for what it says.
    pub fn id(&self) -> String {
        format!("notice-{}", &blake3::hash(self.text.as_bytes()).to_hex()[..16])
    }

    /// Whether it has been told.
    pub fn is_told(&self) -> bool {
        self.told.load(Ordering::Acquire)
    }

    /// The text, the first time.
    pub fn tell(&self) -> Option<&str> {
        (!self.told.swap(true, Ordering::AcqRel) && self.is_new_today()).then_some(self.text.as_str())
    }

    fn is_new_today(&self) -> bool {
        let (Some(place), id) = (self.place.as_deref(), self.id()) else { return true };
        let is_new = needs::is_due(Some(place), [id.as_str()]);
        // Where that cannot be remembered it is told by each process once.
        if is_new {
            let _ = needs::claim(Some(place), [(id.as_str(), "")]);
        }
        is_new
    }
}

/// What a resident leaves for the shells to tell before their next prompt.
#[derive(Debug, Default)]
pub struct Notices(Mutex<Option<(i32, Vec<Need>)>>);

impl Notices {
    /// Leaves what needs the user now, if that is something else than the last time. It costs the disk nothing otherwise.
    pub fn look(&self, backend: &dyn Backend, setup: &Setup) {
        let now = (platform::local_day(SystemTime::now()), setup.needs(backend.pipeline()));
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(&now) {
            needs::leave(backend.state_dir(), now.1.iter().map(|need| (need.cause.name(), need.text.as_str())));
            *last = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_today_is_not_told_again_by_the_next_process() {
        let state = tempfile::tempdir().unwrap();
        let notice = |text: &str| Notice::new(text.to_owned()).kept_in(Some(state.path().to_owned()));
        let first = notice("a mistake");
        assert_eq!((first.tell(), first.tell()), (Some("a mistake"), None));
        let next = notice("a mistake");
        assert_eq!((next.is_told(), next.tell(), next.is_told()), (false, None, true));
        assert_eq!(notice("another one").tell(), Some("another one"));
        assert_eq!(Notice::new("a mistake".to_owned()).tell(), Some("a mistake"), "who remembers nothing tells it");
        let nowhere = || Notice::new("a mistake".to_owned()).kept_in(Some("/proc/nonexistent".into()));
        assert_eq!((nowhere().tell(), nowhere().tell()), (Some("a mistake"), Some("a mistake")));
    }
}
