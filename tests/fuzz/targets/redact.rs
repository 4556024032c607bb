//! Whatever a text holds: taking the secrets out leaves nothing to take out, and putting them back changes no command but
//! for the words that stood for them.

#![no_main]

use gptos::domain::ShellKind;
use gptos::redact::{RedactedText, looks_secret, redact};
use gptos::syntax;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let redacted = redact(&text);
    assert_eq!(redacted.is_clean(), !looks_secret(&text));
    assert_eq!(redact(&text).stable(), redacted.stable());

    let masked = RedactedText::mask(&text);
    assert_eq!(RedactedText::mask(masked.as_str()), masked, "masked again");
    let _ = RedactedText::mask_foreign(&text);
    if redacted.is_clean() {
        assert_eq!(redacted.text.as_str(), text);
        assert_eq!(masked.as_str(), text);
    }

    for shell in ShellKind::ALL {
        let sent = redacted.restore(redacted.text.as_str(), shell);
        let kept = redacted.restore_kept(redacted.stable(), shell);
        if let (Ok(sent), Ok(kept)) = (&sent, &kept) {
            assert_eq!(sent, kept, "{shell}");
        }
        let (Ok(before), Ok(restored)) = (syntax::parse(redacted.text.as_str(), shell), sent) else { continue };
        match syntax::parse(&restored, shell) {
            Ok(after) => assert_eq!(before.commands().len(), after.commands().len(), "{shell}: {restored:?}"),
            Err(error) => panic!("{shell}: {restored:?}: {error}"),
        }
    }
});
