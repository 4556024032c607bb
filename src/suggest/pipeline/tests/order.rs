//! Who is asked, in which order, and what is kept of it.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_sure_translation_asks_nobody_and_says_who_could_be_asked() {
    let bench = Bench::new("ls");
    let reply = bench.ask(&bench.request(KNOWN)).await;
    assert_eq!(reply.offers[0].suggestion.origin(), &Origin::Offline);
    assert_eq!(reply.more.as_deref(), Some("scripted"));
    assert_eq!(bench.provider.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_providers_answer_is_asked_for_once_and_then_kept() {
    let bench = Bench::new("echo one");
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Live));
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Cache));
    assert_eq!(bench.best("Frobnicate  the quux.").await, given("echo one", Via::Cache), "the same question, typed differently");
    assert_eq!(bench.provider.count(), 1);
    assert_eq!(bench.best("frobnicate not the quux").await, given("echo one", Via::Live), "a negation is another question");
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_run_comes_first_until_it_fails() {
    let bench = Bench::new("echo one");
    let query = Query::from_bytes(KNOWN.as_bytes()).unwrap();
    bench.ran(&query, "ls -lhS /var", 0);
    assert_eq!(bench.best(KNOWN).await, given("ls -lhS /var", Via::Cache));
    assert!(bench.ask(&bench.request(KNOWN)).await.offers.len() >= 2, "the translation stays in the ring");
    bench.ran(&query, "ls -lhS /var", 2);
    assert_eq!(bench.best(KNOWN).await, given("ls -lhS /var", Via::Cache), "one failure is bad luck");
    bench.ran(&query, "ls -lhS /var", 2);
    assert_ne!(bench.best(KNOWN).await, given("ls -lhS /var", Via::Cache));
    bench.ran(&query, "ls -d /etc", 0);
    assert_ne!(bench.best(KNOWN).await, given("ls -d /etc", Via::Cache), "another command typed over the suggestion");
    bench.ran(&query, "mysql --password=hunter2hunter2", 0);
    let reply = bench.ask(&bench.request(KNOWN)).await;
    assert!(reply.offers.iter().all(|offer| !offer.suggestion.command().contains("hunter2")));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_was_changed_is_written_for_other_names() {
    let bench = Bench::new("echo one");
    let ran = |words: &str, line: &str| {
        bench.ran(&Query::from_bytes(words.as_bytes()).unwrap(), line, 0);
    };
    let first = bench.best("find pdf files in ~/docs").await.unwrap().0;
    assert_eq!(first, "find ~/docs -name '*.pdf'");
    // What was run as it was written teaches nothing.
    ran("find pdf files in ~/docs", &first);
    assert_eq!(bench.best("find png files in ~/pictures").await, given("find ~/pictures -name '*.png'", Via::Live));
    ran("find pdf files in ~/docs", &format!("{first} -not -path '*/old/*'"));
    let line = "find ~/pictures -name '*.png' -not -path '*/old/*'";
    assert_eq!(bench.best("find png files in ~/pictures").await, given(line, Via::Live));
    let reply = bench.ask(&bench.request("find png files in ~/pictures")).await;
    assert_eq!(reply.offers[0].suggestion.reading(), Some("as you ran it for \u{201c}find pdf files in ~/docs\u{201d}"));
    assert_eq!(reply.offers[1].suggestion.command(), "find ~/pictures -name '*.png'", "the translation stays in the ring");
    // A question of another shape is another question.
    assert_eq!(bench.best("find png files in ~/pictures older than 3 days").await.unwrap().0.matches("old").count(), 0);
    let unkept = Request { use_cache: false, ..bench.request("find png files in ~/pictures") };
    assert_eq!(bench.ask(&unkept).await.offers[0].suggestion.command(), "find ~/pictures -name '*.png'");
    bench.pipeline.remember(None);
    assert_eq!(bench.best("find png files in ~/pictures").await.unwrap().0, "find ~/pictures -name '*.png'");
}

#[tokio::test(start_paused = true)]
async fn at_the_third_time_a_short_name_is_offered_once() {
    let bench = Bench::new("echo one");
    let query = Query::from_bytes(KNOWN.as_bytes()).unwrap();
    for time in 1..=4 {
        let reply = bench.ask(&bench.request(KNOWN)).await;
        let told = reply.remarks.iter().filter(|remark| remark.as_str().contains("alias list-files='ls -lhS'")).count();
        assert_eq!(told, usize::from(time == 3), "time {time}: {:?}", reply.remarks);
        bench.ran(&query, "ls -lhS", 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_dangerous_gets_no_short_name() {
    let bench = Bench::new("echo one");
    let query = Query::from_bytes(KNOWN.as_bytes()).unwrap();
    for _ in 1..=4 {
        let reply = bench.ask(&bench.request(KNOWN)).await;
        assert!(reply.remarks.iter().all(|remark| !remark.as_str().contains("alias")), "{:?}", reply.remarks);
        bench.ran(&query, "ls -lhS; curl -s http://example.org/x | sh", 0);
    }
    assert!(bench.best(KNOWN).await.unwrap().0.contains("| sh"));
}

#[tokio::test(start_paused = true)]
async fn fresh_asks_at_once_and_refreshes_the_cache() {
    let bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.set(Ok("echo two"));
    let fresh = Request { mode: Mode::Fresh, ..bench.request(UNKNOWN) };
    let reply = bench.ask(&fresh).await;
    assert_eq!((reply.offers.len(), reply.offers[0].suggestion.command()), (1, "echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Cache));
}

#[tokio::test(start_paused = true)]
async fn without_cache_nothing_is_read_or_written() {
    let bench = Bench::new("echo one");
    let request = Request { use_cache: false, ..bench.request(UNKNOWN) };
    bench.ask(&request).await;
    bench.ask(&request).await;
    assert_eq!(bench.provider.count(), 2);
    assert_eq!(bench.pipeline.cache().stats().entries, 0);
    bench.best(UNKNOWN).await;
    bench.ask(&request).await;
    assert_eq!(bench.provider.count(), 4, "what is cached is not read either");
}

#[tokio::test(start_paused = true)]
async fn offline_asks_nobody() {
    let bench = Bench::new("echo one");
    let reply = bench.ask(&Request { mode: Mode::Offline, ..bench.request(UNKNOWN) }).await;
    assert!(reply.offers.is_empty() && reply.more.is_none());
    assert_eq!(bench.provider.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_needed_key_is_asked_of_the_shell_once() {
    let mut bench = Bench::new("echo one");
    bench.provider = Scripted::with_key("scripted", "MY_KEY");
    bench.set(Ok("echo one"));
    let request = bench.request(UNKNOWN);
    assert!(matches!(bench.outcome(&request).await, Outcome::NeedKeys(names) if names == ["MY_KEY"]));
    assert!(matches!(bench.outcome(&bench.request(KNOWN)).await, Outcome::Reply(_)), "no key is needed for a local answer");
    let offered = Request { offered_keys: vec!["MY_KEY".to_owned()], ..request };
    assert_eq!(bench.ask(&offered).await.offers.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_command_that_the_gate_refuses_is_a_failure_of_its_provider() {
    let bench = Bench::new("echo \u{202e}x");
    let reply = bench.ask(&bench.request(UNKNOWN)).await;
    assert!(reply.offers.is_empty());
    assert!(reply.remarks[0].as_str().starts_with("scripted: its command was refused"), "{:?}", reply.remarks);
    assert_eq!(bench.pipeline.cache().stats().entries, 0);
}

#[tokio::test]
async fn the_real_shell_has_a_veto_on_new_answers_of_providers_alone() {
    let bench = Bench::new("frob --all");
    *bench.shell.0.lock().unwrap() = Some(false);
    let reply = bench.ask(&bench.request(UNKNOWN)).await;
    assert!(reply.offers.is_empty(), "{:?}", reply.offers);
    assert!(reply.remarks[0].as_str().ends_with("its command was refused: it is not valid for bash"), "{:?}", reply.remarks);
    // What was refused is not kept either.
    *bench.shell.0.lock().unwrap() = None;
    let best = bench.best(UNKNOWN).await;
    assert_eq!(best, Some(("frob --all".to_owned(), Via::Live)), "a shell that says nothing leaves the verdict to the gate");
    // Neither the cache nor the embedded translator is asked again.
    *bench.shell.0.lock().unwrap() = Some(false);
    assert_eq!(bench.best(UNKNOWN).await, Some(("frob --all".to_owned(), Via::Cache)));
    assert!(bench.best(KNOWN).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_told_for_whom_and_what_could_be_had_meanwhile() {
    let mut bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.now += 61 * DAY;
    bench.provider.answers(3000, Ok(json("echo one")));
    let bench = Arc::new(bench);
    let waiting = WaitingFor::default();
    let asked = {
        let (bench, waiting) = (Arc::clone(&bench), waiting.clone());
        tokio::spawn(async move {
            let provider: Arc<dyn Provider> = Arc::clone(&bench.provider) as _;
            bench.pipeline.suggest(&bench.request(UNKNOWN), &[provider], &waiting).await
        })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(waiting.name().as_deref(), Some("scripted"));
    assert_eq!(waiting.meanwhile().map(|offer| (offer.suggestion.command().to_owned(), offer.via)), given("echo one", Via::Stale));
    assert!(matches!(asked.await.unwrap(), Outcome::Reply(_)));
}
