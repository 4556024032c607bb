//! Whatever bytes an answer is made of: what may enter the buffer holds nothing hidden, and passes the gate unchanged.

#![no_main]

use gptos::domain::ShellKind;
use gptos::validate::{Action, Policy, sanitize};
use libfuzzer_sys::fuzz_target;

/// Longest text for the buffer, in bytes.
const MAX_BYTES: usize = 8192;

fn is_forbidden(c: char) -> bool {
    let control = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let direction = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // The joiner is part of many emoji.
    let invisible = matches!(c, '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let tag = matches!(c, '\u{e0000}'..='\u{e007f}');
    control || direction || invisible || tag
}

fuzz_target!(|bytes: &[u8]| {
    for shell in ShellKind::ALL {
        let policy = Policy::new(shell);
        let first = sanitize(bytes, &policy);
        assert!(first.text.len() <= MAX_BYTES, "{shell}: {} bytes", first.text.len());
        assert!(!first.text.contains(is_forbidden), "{shell}: {:?}", first.text);
        assert_eq!(first.action == Action::Insert, first.why.is_none(), "{shell}: {first:?}");
        match first.action {
            Action::Refuse => assert!(first.text.is_empty(), "{shell}: {first:?}"),
            Action::Insert => assert_eq!(sanitize(first.text.as_bytes(), &policy), first, "{shell}"),
            Action::Show => {}
        }
    }
});
