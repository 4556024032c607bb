//! What only the user can see to.

use super::recorded::{FakeTrail, recorder};
use super::*;
use crate::domain::{AttemptError, Cause, Money};
use crate::stats::FileLedger;
use crate::suggest::ports::{Caps, TrailStats};

fn causes(bench: &Bench) -> Vec<Cause> {
    let provider: Arc<dyn Provider> = Arc::clone(&bench.provider) as _;
    bench.pipeline.needs(&[provider]).into_iter().map(|need| need.cause).collect()
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_refuses_the_key_or_has_no_quota_needs_the_user_and_one_in_trouble_does_not() {
    for (class, expected) in [
        (FailureClass::Auth, vec![Cause::Key]),
        (FailureClass::Quota, vec![Cause::Quota]),
        (FailureClass::Transient, vec![]),
        (FailureClass::Config, vec![]),
        (FailureClass::LocalNetwork, vec![]),
    ] {
        let bench = Bench::new("ls");
        assert_eq!(causes(&bench), [], "nobody was asked");
        bench.set(Err(class.clone()));
        bench.ask(&bench.request(UNKNOWN)).await;
        assert_eq!(causes(&bench), expected, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_without_a_key_refuses_none() {
    let bench = Bench::new("ls");
    let keyless: Arc<dyn Provider> =
        Scripted::doing("keyless", |_| async { Err(AttemptError::new(FailureClass::Auth, "KEY: not set").not_made()) }.boxed());
    bench.ask_of(Arc::clone(&keyless), &bench.request(UNKNOWN)).await;
    let needs = bench.pipeline.needs(&[Arc::clone(&keyless)]);
    assert!(
        matches!(needs.as_slice(), [need] if need.cause == Cause::Key && need.text.starts_with("there is no key for keyless")),
        "{needs:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_is_reached_is_told_until_a_call_is_allowed_again() {
    let bench = Bench::new("ls");
    bench.pipeline.count_in(Arc::new(FileLedger::new(None)));
    let set = |cap| {
        let caps = Caps { day_tokens: Some(cap), day: Some(Money(1)), month: None };
        bench.pipeline.reconfigure(OnlineSettings { caps, ..OnlineSettings::default() });
    };
    set(1);
    bench.ask(&bench.request(UNKNOWN)).await;
    assert_eq!(causes(&bench), [Cause::Spend]);
    set(100_000);
    bench.ask(&bench.request(UNKNOWN)).await;
    assert_eq!(causes(&bench), []);
}

#[test]
fn a_trail_that_was_changed_and_a_disk_that_is_full_need_the_user() {
    let failing = |text: &str| TrailStats { failure: Some(text.to_owned()), ..TrailStats::default() };
    for (stats, expected) in [
        (TrailStats::default(), vec![]),
        (TrailStats { verify_failures: 1, ..TrailStats::default() }, vec![Cause::Audit]),
        (failing("/x: No space left on device (os error 28)"), vec![Cause::Disk]),
        (failing("/x: Disk quota exceeded (os error 122)"), vec![Cause::Disk]),
        (failing("/x: Permission denied (os error 13)"), vec![Cause::Audit]),
    ] {
        let bench = Bench::new("ls");
        bench.pipeline.audit(Some(recorder(&Arc::new(FakeTrail { stats: stats.clone(), ..FakeTrail::default() }), false)));
        assert_eq!(causes(&bench), expected, "{stats:?}");
        let texts = bench.pipeline.needs(&[]);
        assert!(texts.iter().all(|need| need.text.chars().count() < 80 && need.text.contains('`')), "{texts:?}");
    }
}
