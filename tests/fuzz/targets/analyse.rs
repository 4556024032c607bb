//! Whatever is on a command line: a verdict comes, its risk is that of its worst finding, and its findings are about
//! parts of the line.

#![no_main]

use gptos::domain::{Risk, ShellKind};
use gptos::validate::{Policy, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let line = String::from_utf8_lossy(bytes);
    for shell in ShellKind::ALL {
        let verdict = check(&line, &Policy::new(shell));
        let worst = verdict.findings.iter().map(|finding| finding.risk).max().unwrap_or(Risk::None);
        assert_eq!(verdict.risk, worst, "{shell}: {verdict:?}");
        for finding in &verdict.findings {
            assert!(line.get(finding.span.clone()).is_some(), "{shell}: no such part of the line: {finding:?}");
        }
    }
});
