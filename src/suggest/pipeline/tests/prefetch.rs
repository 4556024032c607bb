//! When words that are being typed are asked ahead, and what becomes of the answer.

use super::*;

/// Hands in words as the shell does, and gives what was queued the time to begin.
async fn type_words(bench: &Bench, request: &Request) -> Vec<String> {
    let provider: Arc<dyn Provider> = Arc::clone(&bench.provider) as _;
    let needed = bench.pipeline.prefetch(request, &[provider]).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    needed
}

fn dropped(bench: &Bench) -> u64 {
    bench.pipeline.counts().get("gptos_queue_dropped_total{queue=\"prefetch\"}").copied().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_in_the_cache_when_the_words_are_asked() {
    let bench = Bench::new("echo one");
    type_words(&bench, &bench.request(UNKNOWN)).await;
    settle().await;
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Cache));
    type_words(&bench, &bench.request(UNKNOWN)).await;
    settle().await;
    assert_eq!(bench.provider.count(), 1, "what is kept is not asked ahead again");
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_before_the_answer_is_there_joins_the_flight() {
    let bench = Bench::new("echo one");
    bench.provider.answers(500, Ok(json("echo one")));
    type_words(&bench, &bench.request(UNKNOWN)).await;
    assert_eq!(bench.provider.count(), 1);
    let begun = Instant::now();
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Live));
    assert_eq!((bench.provider.count(), begun.elapsed()), (1, Duration::from_millis(499)));
}

#[tokio::test(start_paused = true)]
async fn whoever_joined_a_flight_that_fails_gets_one_of_their_own() {
    let bench = Arc::new(Bench::new("echo one"));
    bench.provider.answers(500, Err(FailureClass::Transient));
    type_words(&bench, &bench.request(UNKNOWN)).await;
    let asked = {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.best(UNKNOWN).await })
    };
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(bench.provider.count(), 2, "once ahead, without a second attempt, and once for the question");
    bench.set(Ok("echo two"));
    assert_eq!(asked.await.unwrap(), given("echo two", Via::Live));
}

#[tokio::test(start_paused = true)]
async fn newer_words_of_a_shell_end_the_older_call_unless_somebody_joined_it() {
    let bench = Arc::new(Bench::new("echo one"));
    bench.provider.answers(2500, Ok(json("echo one")));
    type_words(&bench, &bench.request(UNKNOWN)).await;
    type_words(&bench, &bench.request("frobnicate the quux now")).await;
    assert_eq!((bench.provider.count(), dropped(&bench)), (2, 1), "the newer words do not stand behind the older");
    let asked = {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.best("frobnicate the quux now").await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    type_words(&bench, &bench.request("frobnicate the quux later")).await;
    assert_eq!(asked.await.unwrap(), given("echo one", Via::Live));
    let other = Request { session: 2, ..bench.request("frobnicate the quux elsewhere") };
    type_words(&bench, &other).await;
    assert_eq!((bench.provider.count(), bench.pipeline.background.queues()[1]), (3, ("prefetch", 2, 5)), "another shell waits its turn");
    settle().await;
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Live), "what was given up is not kept");
    for words in ["frobnicate the quux later", "frobnicate the quux elsewhere"] {
        assert_eq!(bench.best(words).await, given("echo one", Via::Cache));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_ahead_that_is_private_secret_short_known_or_not_wanted() {
    let bench = Bench::new("echo one");
    let not_kept = Request { use_cache: false, ..bench.request(UNKNOWN) };
    let offline = Request { mode: Mode::Offline, ..bench.request(UNKNOWN) };
    let fresh = Request { mode: Mode::Fresh, ..bench.request(UNKNOWN) };
    let words = [&format!(" {UNKNOWN}"), "frobnicate with --password=hunter2hunter2", "frobnicate quux", KNOWN];
    for request in words.map(|words| bench.request(words)).iter().chain([&not_kept, &offline, &fresh]) {
        assert!(type_words(&bench, request).await.is_empty());
    }
    assert!(bench.pipeline.prefetch(&bench.request(UNKNOWN), &[]).await.is_empty(), "nobody to ask");
    settle().await;
    assert_eq!(bench.provider.count(), 0);
    let aged = "frobnicate an old quux";
    let mut bench = bench;
    bench.best(aged).await;
    bench.now += 31 * DAY;
    type_words(&bench, &bench.request(aged)).await;
    settle().await;
    assert_eq!(bench.provider.count(), 1, "it is going to be given at once, and made anew then");
}

#[tokio::test(start_paused = true)]
async fn ten_calls_a_minute_are_made_ahead_and_none_counts_for_questions() {
    let bench = Bench::new("echo one");
    for number in 0..15 {
        type_words(&bench, &bench.request(&format!("frobnicate the quux {number}"))).await;
    }
    assert_eq!(bench.provider.count(), 10);
    for number in 20..30 {
        assert_eq!(bench.best(&format!("frobnicate the quux {number}")).await, given("echo one", Via::Live));
    }
    assert_eq!(bench.provider.count(), 20, "all of one shell's burst is left");
    tokio::time::advance(Duration::from_secs(60)).await;
    type_words(&bench, &bench.request("frobnicate the quux a minute later")).await;
    assert_eq!(bench.provider.count(), 21);
    bench.pipeline.reconfigure(OnlineSettings { user_per_minute: 2, ..OnlineSettings::default() });
    for number in 40..45 {
        type_words(&bench, &bench.request(&format!("frobnicate the quux {number}"))).await;
    }
    assert_eq!(bench.provider.count(), 23, "the user's own limit is kept where it is lower");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_ahead_in_trouble() {
    for (class, words_before) in [(FailureClass::LocalNetwork, 1), (FailureClass::Auth, 1)] {
        let bench = Bench::new("echo one");
        bench.set(Err(class.clone()));
        for number in 0..words_before {
            bench.best(&format!("frobnicate quux {number}")).await;
        }
        let calls = bench.provider.count();
        bench.set(Ok("echo one"));
        type_words(&bench, &bench.request(UNKNOWN)).await;
        assert_eq!(bench.provider.count(), calls, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_ahead_leave_a_place_and_are_the_first_to_be_left_out() {
    let settings = OnlineSettings { most_in_flight: 4, calls_per_provider: 2, ..OnlineSettings::default() };
    for (asking, calls) in [(0, 1), (1, 1), (2, 2)] {
        let bench = Arc::new(Bench::new("echo one"));
        bench.pipeline.reconfigure(settings);
        bench.provider.answers(1000, Ok(json("echo one")));
        for number in 0..asking {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.best(&format!("frobnicate quux {number}")).await });
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        type_words(&bench, &bench.request(UNKNOWN)).await;
        assert_eq!((bench.provider.count(), dropped(&bench)), (calls, u64::from(asking == 2)), "{asking} ask");
    }
}

#[tokio::test(start_paused = true)]
async fn a_needed_key_is_asked_for_first() {
    let mut bench = Bench::new("echo one");
    bench.provider = Scripted::with_key("scripted", "MY_KEY");
    bench.set(Ok("echo one"));
    let request = bench.request(UNKNOWN);
    assert_eq!(type_words(&bench, &request).await, ["MY_KEY"]);
    assert_eq!(bench.provider.count(), 0);
    assert!(type_words(&bench, &bench.request(KNOWN)).await.is_empty(), "no key is needed for what is known");
    let offered = Request { offered_keys: vec!["MY_KEY".to_owned()], ..request };
    assert!(type_words(&bench, &offered).await.is_empty());
    assert_eq!(bench.provider.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn words_that_somebody_asked_while_they_waited_are_not_asked_again() {
    let bench = Bench::new("echo one");
    bench.provider.answers(1000, Ok(json("echo one")));
    type_words(&bench, &Request { session: 2, ..bench.request("frobnicate the quux first") }).await;
    type_words(&bench, &bench.request(UNKNOWN)).await;
    bench.provider.answers(10, Ok(json("echo one")));
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Live));
    settle().await;
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_configuration_drops_what_waits() {
    let bench = Bench::new("echo one");
    bench.provider.answers(1000, Ok(json("echo one")));
    for session in 0..3 {
        let request = Request { session, ..bench.request(&format!("frobnicate the quux {session}")) };
        type_words(&bench, &request).await;
    }
    bench.pipeline.reconfigure(OnlineSettings::default());
    settle().await;
    assert_eq!((bench.provider.count(), dropped(&bench)), (1, 2));
}
