use super::*;
use crate::cli::output::tests::Captured;
use crate::domain::{Price, Rate, Usage};
use crate::stats::FileLedger;
use crate::suggest::ports::{Callee, EndedCall, Ledger};
use std::time::{Duration, SystemTime};

/// What was counted in a folder of its own, today.
fn counted() -> Days {
    let state = tempfile::tempdir().unwrap();
    let ledger = FileLedger::new(Some(state.path()));
    let now = SystemTime::now();
    for (source, millis, times) in [("cache", 2, 6), ("cache", 60, 1), ("offline", 12, 2), ("provider", 20_000, 1)] {
        (0..times).for_each(|_| ledger.answered(source, Duration::from_millis(millis), now));
    }
    let rate = Rate { input: "0.15 USD".parse().unwrap(), output: "0.60 USD".parse().unwrap() };
    let call = |model: &str, price, is_guessed| {
        let callee = Callee { provider: "own".to_owned(), model: model.to_owned() };
        ledger.ended(EndedCall { callee, usage: Usage { input: 1000, output: 100 }, is_guessed, price, held: None, was_made: true }, now);
    };
    call("paid", Price::Known(rate), false);
    call("paid", Price::Known(rate), false);
    call("here", Price::Free, false);
    call("odd", Price::Unknown, true);
    ledger.write(true);
    stats::days(state.path()).unwrap().0
}

fn report(config: &Config) -> Report {
    let learned = Learned { lines: 3, questions: 2, answers: 0 };
    Report::new(&counted(), (stats::today(), stats::today()), config, learned)
}

fn shown(report: &Report, width: usize, steps: &[char; 8]) -> Vec<String> {
    let captured = Captured::default();
    let mut output = captured.output();
    show(report, width, steps, &mut output);
    output.finish(ExitStatus::Success);
    captured.out().lines().map(str::to_owned).collect()
}

#[test]
fn a_screen_tells_all() {
    let mut config = Config::default();
    config.online.caps.day = Some("2 USD".parse().unwrap());
    config.online.caps.day_tokens = Some(9000);
    let lines = shown(&report(&config), 80, &STEPS);
    assert_eq!(
        lines,
        [
            "today: 10 answers, 70 % from the cache",
            "SOURCE    ANSWERS  P50 MS  P95 MS  1 MS TO 8 S",
            "cache     7        2       64       █    ▂",
            "offline   2        16      16          █",
            "provider  1        > 8192  > 8192                █",
            "PROVIDER  MODEL  CALLS  TOKENS IN/OUT   COST",
            "own       paid   2      2000/200        0.00042 USD",
            "own       here   1      1000/100        free",
            "own       odd    1      about 1000/100  price unknown",
            "prices of 2025-11; `provider.price` in the configuration sets others",
            "spent today 0.00042 USD of 2.00 USD, this month 0.00042 USD; 3300 of 9000 tokens today",
            "learned 3 lines for 2 questions; 0 answers were what you ran before",
        ]
    );
}

#[test]
fn a_narrow_terminal_and_one_without_wide_letters_get_what_they_can_show() {
    let report = report(&Config::default());
    let tables: Vec<_> = shown(&report, 50, &STEPS).into_iter().filter(|line| line.contains("  ")).collect();
    assert!(tables.iter().all(|line| line.chars().count() <= 50 && !line.contains('█')), "{tables:#?}");
    let plain = shown(&report, 80, &PLAIN_STEPS);
    assert!(plain.iter().all(|line| line.is_ascii()) && plain[2].ends_with("#    ."), "{plain:#?}");
}

#[test]
fn programs_get_numbers_and_no_price_that_nobody_knows() {
    let told = serde_json::to_value(report(&Config::default())).unwrap();
    assert_eq!((&told["total"], &told["cache_hit_rate"]), (&10.into(), &0.7.into()));
    let cache = &told["answers"][0];
    assert_eq!((&cache["source"], &cache["p95_ms"], &cache["histogram"][1]["count"]), (&"cache".into(), &64.into(), &6.into()));
    let prices: Vec<_> = told["models"].as_array().unwrap().iter().map(|model| (&model["price"], &model["cost_usd"])).collect();
    assert_eq!(prices[1..], [(&"free".into(), &0.0.into()), (&"unknown".into(), &serde_json::Value::Null)]);
    assert_eq!((&told["spent"]["day_tokens"], &told["spent"]["day_cap_usd"]), (&3300.into(), &serde_json::Value::Null));
}
