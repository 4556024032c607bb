//! What the tests of the sources share.

pub(super) mod scripted;
