//! What a request is called wherever something is told of it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The number of a request: a UUID of version 7, so that later requests have greater ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(u128);

impl RequestId {
    /// The number of a request that came at `at`; `random` tells it from others of the same millisecond.
    pub fn new(at: SystemTime, random: u128) -> Self {
        let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let time = since.as_millis() & 0xffff_ffff_ffff;
        let kept = random & !(0xf << 76) & !(0x3 << 62) & (u128::MAX >> 48);
        Self(time << 80 | 0x7 << 76 | 0x2 << 62 | kept)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |from: u32, bits: u32| (self.0 >> from) & ((1 << bits) - 1);
        write!(f, "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", part(96, 32), part(80, 16), part(64, 16), part(48, 16), part(0, 48))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_uuid_of_version_7() {
        // The example of RFC 9562.
        let at = UNIX_EPOCH + Duration::from_millis(0x017F_22E2_79B0);
        let random = 0xCC3_u128 << 64 | 0x18C4_DC0C_0C07_398F;
        assert_eq!(RequestId::new(at, random).to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        let all = RequestId::new(at, u128::MAX).to_string();
        assert_eq!(all, "017f22e2-79b0-7fff-bfff-ffffffffffff");
        assert!(RequestId::new(at, u128::MAX) < RequestId::new(at + Duration::from_millis(1), 0));
    }
}
