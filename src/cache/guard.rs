//! The wall around sled: its panics become faults.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use thiserror::Error;

/// Why the store cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Fault {
    /// Its content is wrong: set it aside.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The system refuses: permissions, space, a lock. The content may be fine.
    #[error("{0}")]
    Unusable(String),
}

/// The name sled gives to its input and output threads, which carry its panics too.
const SLED_THREADS: &str = "sled-io-";

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs one call of sled.
pub(crate) fn guarded<T>(call: impl FnOnce() -> sled::Result<T>) -> Result<T, Fault> {
    keep_quiet();
    let was_guarded = IS_GUARDED.replace(true);
    // After a panic the store is never used again, so no broken invariant can be seen.
    let outcome = panic::catch_unwind(AssertUnwindSafe(call));
    IS_GUARDED.set(was_guarded);
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fault(error)),
        Err(payload) => Err(Fault::Damaged(message(payload.as_ref()))),
    }
}

fn fault(error: sled::Error) -> Fault {
    use std::io::ErrorKind::{InvalidData, InvalidInput, IsADirectory, NotADirectory, NotFound, UnexpectedEof};
    match error {
        sled::Error::Io(error) => match error.kind() {
            InvalidData | InvalidInput | IsADirectory | NotADirectory | NotFound | UnexpectedEof => Fault::Damaged(error.to_string()),
            _ => Fault::Unusable(error.to_string()),
        },
        error => Fault::Damaged(error.to_string()),
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("panic").to_owned()
}

/// A caught panic is no news for the user's terminal. The hook belongs to the whole process, so only the panics
/// inside a guarded call and on sled's own threads are kept from the hook that was there before.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_sled = std::thread::current().name().is_some_and(|name| name.starts_with(SLED_THREADS));
            if !is_sled && !IS_GUARDED.get() {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn panics_and_corruption_are_damage() {
        assert_eq!(guarded(|| Ok(1)), Ok(1));
        assert_eq!(guarded::<()>(|| panic!("bad page {}", 7)), Err(Fault::Damaged("bad page 7".to_owned())));
        assert_eq!(guarded::<()>(|| panic!("bad page")), Err(Fault::Damaged("bad page".to_owned())));
        assert!(matches!(guarded::<()>(|| Err(sled::Error::ReportableBug("x".to_owned()))), Err(Fault::Damaged(_))));
        assert!(matches!(guarded::<()>(|| Err(sled::Error::Io(io::ErrorKind::UnexpectedEof.into()))), Err(Fault::Damaged(_))));
    }

    #[test]
    fn a_refusing_system_is_not_damage() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::StorageFull, io::ErrorKind::ReadOnlyFilesystem, io::ErrorKind::Other] {
            assert!(matches!(guarded::<()>(|| Err(sled::Error::Io(kind.into()))), Err(Fault::Unusable(_))), "{kind:?}");
        }
    }
}
