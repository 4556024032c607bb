use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::*;

/// The lines of families that were given a number, apart from those that say what a family means.
fn numbers(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn the_page_is_this_text() {
    let metrics = Metrics::default();
    let ms = Duration::from_millis;
    for (source, outcome, took) in
        [("provider", "ok", ms(1500)), ("cache", "ok", ms(1)), ("cache", "ok", ms(3)), ("cache", "degraded", ms(9000))]
    {
        metrics.requests.add([source, outcome]);
        metrics.request_duration.observe([source], took);
    }
    metrics.fallbacks.add(["my \"own\"", "b\\c", "timeout_gap"]);
    let mut page = metrics.page();
    page.cache(&CacheStats { entries: 3, live_bytes: 640, disk_bytes: 4096, hits: 2, misses: 1, damaged: 0, mode: "disk" });
    page.queue("waiting", 2, 64);
    page.level(&families::PROCESS_START, [], 1_764_000_000.25);
    let expected = include_str!("tests/page.txt");
    let text = page.text();
    assert_eq!(text, expected, "what is expected stands in tests/page.txt; the page is:\n{text}");
    assert_eq!(text, page.text(), "the same every time");
}

#[test]
fn counts_are_the_counters_of_the_page() {
    let metrics = Metrics::default();
    metrics.retries.add(["scheduled"]);
    metrics.retries.add(["scheduled"]);
    metrics.request_duration.observe(["cache"], Duration::ZERO);
    let counts = metrics.counts();
    assert_eq!(counts.get("gptos_retries_total{result=\"scheduled\"}"), Some(&2));
    assert_eq!(counts.get("gptos_telemetry_dropped_total{reason=\"series_limit\"}"), Some(&0));
    assert_eq!(counts.len(), 2, "{counts:?}");
}

#[test]
fn whatever_is_counted_the_page_stays_short_and_tells_what_was_left_out() {
    let metrics = Metrics::default();
    for number in 0..1000 {
        let name = number.to_string();
        metrics.requests.add([&name, &name]);
        metrics.provider_attempts.add([&name, &name]);
        metrics.fallbacks.add([&name, &name, &name]);
        metrics.breaker_transitions.add([&name, &name, &name]);
        metrics.request_duration.observe([&name], Duration::ZERO);
        metrics.call_duration.observe(["chat", &name, &name], Duration::ZERO);
        for counter in
            [&metrics.other_model, &metrics.retries, &metrics.hedges, &metrics.rejections, &metrics.single_flight, &metrics.pool_purges]
        {
            counter.add([&name]);
        }
    }
    let mut page = metrics.page();
    for number in 0..1000 {
        page.queue(&number.to_string(), 0, 0);
    }
    let text = page.text();
    let numbers = numbers(&text);
    assert!(numbers.len() <= families::MOST_LINES, "{}", numbers.len());
    assert!(numbers.contains(&"gptos_retries_total{result=\"_OTHER\"} 996"), "{text}");
    let places: usize = [24, 48, 16, 16, 8, 6, 8, 5, 5, 12, 4, 3].iter().map(|most| most - 1).sum();
    assert!(numbers.contains(&format!("gptos_telemetry_dropped_total{{reason=\"series_limit\"}} {}", 12_000 - places).as_str()), "{text}");
}

#[test]
fn every_family_says_what_it_means_once_and_every_number_belongs_to_one() {
    let metrics = Metrics::default();
    metrics.call_duration.observe(["chat", "a", "m"], Duration::ZERO);
    metrics.hedges.add(["fired"]);
    let text = metrics.page().text();
    let mut told = BTreeSet::new();
    for about in families::ALL {
        assert_eq!(text.matches(&format!("# HELP {} ", about.name)).count(), 1, "{}", about.name);
        assert_eq!(text.matches(&format!("# TYPE {} ", about.name)).count(), 1, "{}", about.name);
        told.insert(about.name);
    }
    for line in numbers(&text) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
        assert!(told.contains(family), "{line}");
    }
}

#[test]
fn many_threads_lose_nothing() {
    let metrics = Arc::new(Metrics::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|number| metrics.rejections.add([if number % 2 == 0 { "a" } else { "b" }])));
        }
    });
    let counts = metrics.counts();
    assert_eq!(counts.get("gptos_rejections_total{reason=\"a\"}"), Some(&2000));
    assert_eq!(counts.get("gptos_rejections_total{reason=\"b\"}"), Some(&2000));
}
