use super::*;

const FAILURE: Report = Report::Failure { slow: false, at_least: None, overloaded: false };

fn success(ms: u64) -> Report {
    Report::Success { took: Duration::from_millis(ms), first_chunk: Some(Duration::from_millis(ms)), pause: None }
}

fn blocked(gate: Gate, now: Instant) -> Option<(Block, u128)> {
    match gate {
        Gate::Blocked(block, until) => Some((block, until.saturating_duration_since(now).as_millis())),
        Gate::Pass | Gate::Probe(_) => None,
    }
}

fn probe_of(endpoint: &mut Endpoint, now: Instant) -> Option<Probe> {
    match endpoint.admit(now) {
        Gate::Probe(probe) => Some(probe),
        other => panic!("{other:?}"),
    }
}

fn open(now: Instant) -> Endpoint {
    let mut endpoint = Endpoint::default();
    for _ in 0..3 {
        endpoint.report(now, FAILURE, None, 0.5);
    }
    endpoint
}

#[test]
fn each_report_blocks_for_its_own_time() {
    let now = Instant::now();
    let second = Duration::from_secs(1);
    let overloaded = Report::Failure { slow: false, at_least: None, overloaded: true };
    for (report, expected) in [
        (success(100), None),
        (FAILURE, None),
        (Report::Neutral, None),
        (overloaded, Some((Block::Overloaded, 5000))),
        (Report::RateLimited(Some(7 * second)), Some((Block::RateLimited, 7000))),
        (Report::RateLimited(Some(3600 * second)), Some((Block::RateLimited, 60_000))),
        (Report::RateLimited(None), None),
        (Report::RateLimited(Some(Duration::ZERO)), None),
        (Report::Quarantine(300 * second), Some((Block::Quarantined, 300_000))),
        (Report::Success { took: second, first_chunk: None, pause: Some(3 * second) }, Some((Block::RateLimited, 3000))),
    ] {
        let mut endpoint = Endpoint::default();
        endpoint.report(now, report, None, 0.5);
        assert_eq!(blocked(endpoint.admit(now), now), expected, "{report:?}");
        assert_eq!(endpoint.is_usable(now), expected.is_none(), "{report:?}");
    }
}

#[test]
fn a_probe_that_meets_a_limit_fails_and_one_that_meets_something_else_is_free_again() {
    let now = Instant::now();
    let later = now + Duration::from_secs(5);
    let mut endpoint = open(now);
    assert_eq!(blocked(endpoint.admit(now), now), Some((Block::Open, 5000)));
    assert!(endpoint.is_usable(later));
    let probe = probe_of(&mut endpoint, later);
    assert!(!endpoint.is_usable(later), "one probe at a time");
    assert_eq!(endpoint.report(later, Report::RateLimited(None), None, 0.5), None, "another call's limit is not the probe's");
    assert_eq!(endpoint.report(later, Report::RateLimited(None), probe, 0.5), Some(Trip::ProbeFailed));
    let mut endpoint = open(now);
    let probe = probe_of(&mut endpoint, later);
    for report in [Report::Neutral, FAILURE] {
        endpoint.report(later, report, None, 0.5);
        assert!(matches!(endpoint.admit(later), Gate::Blocked(Block::Open, _)), "another call does not free the probe: {report:?}");
    }
    endpoint.report(later, Report::Neutral, probe, 0.5);
    probe_of(&mut endpoint, later);
}

#[test]
fn it_tells_how_it_stands_and_since_when() {
    let start = Instant::now();
    let at = |seconds: u64| start + Duration::from_secs(seconds);
    let mut endpoint = Endpoint::default();
    let seen = |endpoint: &Endpoint, seconds: u64| {
        let view = endpoint.view(at(seconds));
        let whole = |moment: Option<Instant>| moment.map(|moment| moment.duration_since(start).as_secs());
        (view.standing, whole(view.since), whole(view.until))
    };
    assert_eq!(seen(&endpoint, 9), (Standing::Unasked, None, None));
    endpoint.admit(at(9));
    assert_eq!(seen(&endpoint, 9), (Standing::Unasked, None, None));
    endpoint.report(at(10), success(5), None, 0.5);
    endpoint.report(at(12), FAILURE, None, 0.5);
    assert_eq!(seen(&endpoint, 20), (Standing::Ready, Some(10), None));
    endpoint.report(at(20), Report::RateLimited(Some(Duration::from_secs(10))), None, 0.5);
    assert_eq!(seen(&endpoint, 25), (Standing::Blocked(Block::RateLimited), Some(20), Some(30)));
    assert_eq!(seen(&endpoint, 50), (Standing::Ready, Some(30), None), "it was over when its time was");
    endpoint.report(at(60), FAILURE, None, 0.5);
    assert_eq!(seen(&endpoint, 60), (Standing::Ready, Some(30), None));
    endpoint.report(at(61), FAILURE, None, 0.5);
    assert_eq!(seen(&endpoint, 62), (Standing::Blocked(Block::Open), Some(61), Some(66)));
    assert_eq!(seen(&endpoint, 90), (Standing::Blocked(Block::Open), Some(61), Some(66)), "until a probe says otherwise");
    let probe = probe_of(&mut endpoint, at(90));
    assert_eq!(seen(&endpoint, 91), (Standing::Probed, Some(90), None));
    endpoint.report(at(92), success(5), probe, 0.5);
    assert_eq!(seen(&endpoint, 99), (Standing::Ready, Some(92), None));
    endpoint.report(at(100), Report::Quarantine(Duration::from_secs(300)), None, 0.5);
    assert_eq!(seen(&endpoint, 100), (Standing::Blocked(Block::Quarantined), Some(100), Some(400)));
    endpoint.release(at(110));
    assert_eq!(seen(&endpoint, 120), (Standing::Ready, Some(110), None));
    let view = endpoint.view(at(120));
    assert_eq!((view.calls, view.successes), (7, 2));
}

#[test]
fn what_failed_or_had_too_many_to_serve_may_be_called_when_it_seems_back() {
    let now = Instant::now();
    let overloaded = Report::Failure { slow: false, at_least: Some(Duration::from_secs(40)), overloaded: true };
    let mut busy = Endpoint::default();
    busy.report(now, overloaded, None, 0.5);
    assert_eq!(blocked(busy.admit(now), now), Some((Block::Overloaded, 40_000)), "as long as it asks for");
    let mut limited = Endpoint::default();
    limited.report(now, Report::RateLimited(Some(Duration::from_secs(7))), None, 0.5);
    let mut failed = open(now);
    assert!(busy.is_left_alone(now) && failed.is_left_alone(now) && !limited.is_left_alone(now));
    for endpoint in [&mut busy, &mut failed, &mut limited] {
        endpoint.seems_back(now);
    }
    assert_eq!(busy.admit(now), Gate::Pass);
    assert!(!failed.is_left_alone(now));
    probe_of(&mut failed, now);
    assert_eq!(blocked(limited.admit(now), now), Some((Block::RateLimited, 7000)), "a limit is the provider's word");
}

#[test]
fn it_is_promising_until_twenty_calls_and_a_minute_have_failed() {
    let start = Instant::now();
    let mut endpoint = Endpoint::default();
    for _ in 0..19 {
        assert!(endpoint.is_promising(start));
        endpoint.report(start, FAILURE, None, 0.5);
    }
    endpoint.report(start, FAILURE, None, 0.5);
    assert!(!endpoint.is_promising(start));
    endpoint.report(start, success(10), None, 0.5);
    for _ in 0..25 {
        endpoint.report(start, FAILURE, None, 0.5);
    }
    assert!(endpoint.is_promising(start + Duration::from_secs(60)));
    assert!(!endpoint.is_promising(start + Duration::from_secs(61)));
}

#[test]
fn the_percentile_needs_some_answers_and_forgets_old_ones() {
    let (now, mut endpoint) = (Instant::now(), Endpoint::default());
    for ms in 1..=4 {
        endpoint.report(now, success(ms), None, 0.5);
    }
    assert_eq!((endpoint.percentile(50), endpoint.p95()), (None, None));
    for ms in 5..=100 {
        endpoint.report(now, success(ms), None, 0.5);
    }
    let whole = Report::Success { took: Duration::from_secs(3), first_chunk: None, pause: None };
    endpoint.report(now, whole, None, 0.5);
    assert_eq!(endpoint.p95(), Some(Duration::from_millis(99)), "of 81 to 100");
    assert_eq!(endpoint.percentile(50), Some(Duration::from_millis(90)));
}
