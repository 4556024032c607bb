//! The order of the sources, with scripted providers, a cache in memory and a time of the test's own.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::cache::{CacheSettings, MemoryCache};
use crate::domain::{FailureClass, Origin};
use crate::suggest::ports::Pace;
use crate::suggest::tests::scripted::{Scripted, facts, plain};

const DAY: Duration = Duration::from_secs(24 * 3600);
const UNKNOWN: &str = "frobnicate the quux";
const KNOWN: &str = "list files by size";

fn json(command: &str) -> String {
    serde_json::json!({ "command": command }).to_string()
}

struct Everything;

impl Commands for Everything {
    fn resolves(&self, _word: &str, _facts: &ShellFacts) -> bool {
        true
    }
}

/// A shell that has said nothing, or what it says of everything but `ls`.
struct Says(Mutex<Option<bool>>);

impl ShellSyntax for Says {
    fn accepts<'a>(&'a self, line: &'a str, _facts: &'a ShellFacts) -> BoxFuture<'a, Option<bool>> {
        let said = if line == "ls" { Some(true) } else { *self.0.lock().unwrap() };
        futures_util::future::ready(said).boxed()
    }
}

struct Bench {
    shell: Arc<Says>,
    pipeline: Pipeline,
    provider: Arc<Scripted>,
    now: SystemTime,
}

impl Bench {
    fn new(command: &str) -> Self {
        let settings = CacheSettings { ttl: 30 * DAY, stale: 150 * DAY, ..CacheSettings::default() };
        let place = Place { os: "linux", build: "one".to_owned(), ttl: settings.ttl };
        let shell = Arc::new(Says(Mutex::new(None)));
        let pipeline = Pipeline::new(place, Arc::new(MemoryCache::new(settings)), Arc::new(Everything), Arc::clone(&shell) as _);
        let provider = Scripted::new("scripted", &[]);
        provider.answers(0, Ok(json(command)));
        Self { shell, pipeline, provider, now: SystemTime::UNIX_EPOCH + 20_000 * DAY }
    }

    /// What the provider answers from now on.
    fn set(&self, answer: Result<&str, FailureClass>) {
        self.provider.answers(0, answer.map(json));
    }

    fn request(&self, query: &str) -> Request {
        Request {
            query: Query::from_bytes(query.as_bytes()).unwrap(),
            facts: facts(),
            mode: Mode::Normal,
            want: 4,
            use_cache: true,
            patient: false,
            session: 1,
            offered_keys: Vec::new(),
            rules: Arc::default(),
            context: Vec::new(),
            deadline: Instant::now() + Duration::from_secs(8),
            now: self.now,
        }
    }

    async fn outcome(&self, request: &Request) -> Outcome {
        let provider: Arc<dyn Provider> = Arc::clone(&self.provider) as _;
        self.pipeline.suggest(request, &[provider], &WaitingFor::default()).await
    }

    async fn ask(&self, request: &Request) -> Reply {
        match self.outcome(request).await {
            Outcome::Reply(reply) => reply,
            Outcome::NeedKeys(names) => panic!("needs {names:?}"),
        }
    }

    async fn best(&self, query: &str) -> Option<(String, Via)> {
        let reply = self.ask(&self.request(query)).await;
        reply.offers.first().map(|offer| (offer.suggestion.command().to_owned(), offer.via))
    }
}

fn given(command: &str, via: Via) -> Option<(String, Via)> {
    Some((command.to_owned(), via))
}

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

/// Lets work that nobody waits for come to its end.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(10)).await;
}

#[tokio::test(start_paused = true)]
async fn an_aged_answer_is_given_at_once_and_made_anew_for_next_time() {
    let mut bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.now += 31 * DAY;
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Stale));
    settle().await;
    assert_eq!(bench.provider.count(), 2);
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Cache));
}

#[tokio::test(start_paused = true)]
async fn an_aged_answer_is_made_anew_at_most_once_an_hour() {
    let mut bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.now += 31 * DAY;
    bench.set(Err(FailureClass::Auth));
    for _ in 0..5 {
        assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Stale));
        settle().await;
    }
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_is_used_only_when_the_provider_fails() {
    let mut bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.now += 61 * DAY;
    bench.set(Err(FailureClass::Transient));
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Stale));
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Live));
    bench.now += 181 * DAY;
    bench.set(Err(FailureClass::Auth));
    let reply = bench.ask(&bench.request(UNKNOWN)).await;
    assert!(reply.offers.is_empty(), "past the stale period an answer is gone");
    assert_eq!(reply.remarks, ["scripted: scripted failure"]);
}

#[tokio::test(start_paused = true)]
async fn an_aged_answer_that_could_do_harm_is_not_given_at_once() {
    let mut bench = Bench::new("rm -rf ./build");
    bench.best(UNKNOWN).await;
    bench.now += 31 * DAY;
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Live));
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_here_ages_within_a_day() {
    let mut bench = Bench::new("echo one");
    bench.best("frobnicate the quux in this folder").await;
    bench.now += 2 * DAY;
    bench.best("frobnicate the quux in this folder").await;
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_ask_the_same_at_the_same_time_share_one_call() {
    let bench = Arc::new(Bench::new("echo one"));
    bench.provider.answers(500, Ok(json("echo one")));
    let asked: Vec<_> = (0..10)
        .map(|number| {
            let bench = Arc::clone(&bench);
            let words = if number < 9 { UNKNOWN } else { "frobnicate another quux" };
            tokio::spawn(async move { bench.best(words).await })
        })
        .collect();
    asked[0].abort();
    for task in asked.into_iter().skip(1) {
        assert_eq!(task.await.unwrap(), given("echo one", Via::Live), "although the first one gave up");
    }
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_connections_are_dropped_and_nothing_is_held_against_anybody() {
    let mut bench = Bench::new("echo one");
    bench.set(Err(FailureClass::Auth));
    for number in 0..3 {
        bench.best(&format!("frobnicate quux {number}")).await;
        bench.now += Duration::from_secs(1);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!((bench.provider.count(), bench.provider.resumed.load(Ordering::Relaxed)), (1, 0));
    bench.now += Duration::from_secs(8 * 3600);
    bench.set(Ok("echo two"));
    assert_eq!(bench.best("frobnicate quux 9").await, given("echo two", Via::Live));
    assert_eq!(bench.provider.resumed.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn words_with_a_secret_share_nothing() {
    let bench = Arc::new(Bench::new("echo one"));
    bench.provider.answers(500, Ok(json("echo one")));
    let asked = ["hunter2hunter2", "letmein-letmein"].map(|secret| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.best(&format!("frobnicate with --password={secret}")).await })
    });
    for task in asked {
        task.await.unwrap().expect("an answer");
    }
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn words_that_were_rejected_are_not_sent_again_for_a_while() {
    let bench = Bench::new("echo one");
    bench.set(Err(FailureClass::Refusal));
    for _ in 0..3 {
        assert_eq!(bench.ask(&bench.request(UNKNOWN)).await.remarks, ["scripted: scripted failure"]);
    }
    assert_eq!(bench.provider.count(), 1);
    let fresh = Request { mode: Mode::Fresh, ..bench.request(UNKNOWN) };
    bench.ask(&fresh).await;
    assert_eq!(bench.provider.count(), 2, "`???` asks all the same");
    tokio::time::advance(Duration::from_secs(601)).await;
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Live));
}

#[tokio::test(start_paused = true)]
async fn limits_count_calls_to_providers_and_a_batch_waits_instead() {
    let bench = Bench::new("echo one");
    let mut refused = 0;
    for number in 0..15 {
        let request = bench.request(&format!("frobnicate quux {number}"));
        refused += usize::from(bench.ask(&request).await.offers.is_empty());
    }
    assert_eq!((bench.provider.count(), refused), (10, 5));
    assert_eq!(bench.best("frobnicate quux 3").await, given("echo one", Via::Cache), "what is kept is no call");
    let other = Request { session: 2, ..bench.request("frobnicate quux 14") };
    assert_eq!(bench.ask(&other).await.offers.len(), 1, "another shell has its own limit");
    for number in 0..30 {
        let request = Request { patient: true, ..bench.request(&format!("frobnicate quux in batch {number}")) };
        assert_eq!(bench.ask(&request).await.offers.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_get_what_is_known_here_and_a_batch_gets_its_turn() {
    let settings = OnlineSettings { most_in_flight: 3, user_per_minute: 0, session_per_minute: 0, ..OnlineSettings::default() };
    let bench = Bench::new("echo one");
    bench.pipeline.reconfigure(settings);
    bench.provider.answers(500, Ok(json("echo one")));
    let bench = Arc::new(bench);
    for (patient, answered) in [(false, 3), (true, 40)] {
        let asked: Vec<_> = (0..40)
            .map(|number| {
                let bench = Arc::clone(&bench);
                let request = Request { patient, ..bench.request(&format!("frobnicate quux {patient} {number}")) };
                tokio::spawn(async move { bench.ask(&request).await.offers.len() })
            })
            .collect();
        let mut count = 0;
        for task in asked {
            count += task.await.unwrap();
        }
        assert_eq!(count, answered, "{patient}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_run_comes_first_until_it_fails() {
    let bench = Bench::new("echo one");
    let query = Query::from_bytes(KNOWN.as_bytes()).unwrap();
    bench.pipeline.record_ran(&query, "ls -lhS /var", 0, &facts(), bench.now);
    assert_eq!(bench.best(KNOWN).await, given("ls -lhS /var", Via::Cache));
    assert!(bench.ask(&bench.request(KNOWN)).await.offers.len() >= 2, "the translation stays in the ring");
    bench.pipeline.record_ran(&query, "ls -lhS /var", 2, &facts(), bench.now);
    assert_ne!(bench.best(KNOWN).await, given("ls -lhS /var", Via::Cache));
    bench.pipeline.record_ran(&query, "ls -d /etc", 0, &facts(), bench.now);
    assert_ne!(bench.best(KNOWN).await, given("ls -d /etc", Via::Cache), "another command typed over the suggestion");
    bench.pipeline.record_ran(&query, "mysql --password=hunter2hunter2", 0, &facts(), bench.now);
    let reply = bench.ask(&bench.request(KNOWN)).await;
    assert!(reply.offers.iter().all(|offer| !offer.suggestion.command().contains("hunter2")));
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

/// Answers with the word that stands where the query has its secret, wherever `command` says `WORD`, and notes what it was
/// sent.
fn repeating(command: &'static str, sent: &Arc<Mutex<Vec<String>>>) -> Arc<dyn Provider> {
    let sent = Arc::clone(sent);
    Scripted::doing("repeating", move |call| {
        let user = call.prompt.user.as_str().to_owned();
        let word = user.trim_end_matches("\"}").rsplit(' ').next().unwrap_or_default().to_owned();
        sent.lock().unwrap().push(user);
        std::future::ready(Ok(plain(json(&command.replace("WORD", &word))))).boxed()
    })
}

async fn ask_other(bench: &Bench, provider: &Arc<dyn Provider>, query: &str) -> Reply {
    match bench.pipeline.suggest(&bench.request(query), std::slice::from_ref(provider), &WaitingFor::default()).await {
        Outcome::Reply(reply) => reply,
        Outcome::NeedKeys(names) => panic!("needs {names:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_stays_here_and_returns_in_the_command() {
    let bench = Bench::new("unused");
    let sent = Arc::default();
    let provider = repeating("frob --token WORD", &sent);
    for (secret, via) in [("hunter2;$(x)", Via::Live), ("other3'y", Via::Cache)] {
        let reply = ask_other(&bench, &provider, &format!("frobnicate with password {secret}")).await;
        let best = reply.offers.first().unwrap_or_else(|| panic!("{:?}", reply.remarks));
        assert_eq!(shell_words::split(best.suggestion.command()).unwrap(), ["frob", "--token", secret]);
        assert_eq!(best.via, via, "placeholders differ from request to request, what is kept does not");
    }
    let sent = sent.lock().unwrap().clone();
    assert!(sent.len() == 1 && !sent[0].contains("hunter2"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_placeholder_is_no_answer() {
    let bench = Bench::new("unused");
    let provider = repeating("frob --token WORDx", &Arc::default());
    let reply = ask_other(&bench, &provider, "frobnicate with password hunter2").await;
    assert!(reply.offers.is_empty());
    assert!(reply.remarks[0].as_str().contains("it changed the word that stands for a secret"), "{:?}", reply.remarks);
    assert_eq!(bench.pipeline.cache().stats().entries, 0);
}

#[tokio::test(start_paused = true)]
async fn words_with_a_blank_in_front_reach_nobody_and_are_not_kept() {
    let bench = Bench::new("echo one");
    for mode in [Mode::Normal, Mode::Fresh] {
        let reply = bench.ask(&Request { mode, ..bench.request(&format!(" {UNKNOWN}")) }).await;
        assert!(reply.offers.is_empty() && reply.more.is_none());
        assert_eq!(reply.remarks, [PRIVATE]);
    }
    let known = bench.ask(&bench.request(&format!(" {KNOWN}"))).await;
    assert_eq!((known.offers[0].suggestion.origin(), known.more.as_deref()), (&Origin::Offline, None));
    let query = Query::from_bytes(format!(" {KNOWN}").as_bytes()).unwrap();
    bench.pipeline.record_ran(&query, "ls -lhS /var", 0, &facts(), bench.now);
    assert_eq!((bench.provider.count(), bench.pipeline.cache().stats().entries), (0, 0));
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
async fn a_panic_costs_one_request_its_answer_and_nobody_else_anything() {
    let bench = Arc::new(Bench::new("echo one"));
    let panicking: Arc<dyn Provider> = Scripted::doing("panicking", |_| async { panic!("on purpose") }.boxed());
    for _ in 0..3 {
        let reply = ask_other(&bench, &panicking, UNKNOWN).await;
        assert!(reply.offers.is_empty() && reply.remarks.len() == 1, "{reply:?}");
    }
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Live));
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

#[tokio::test(start_paused = true)]
async fn a_model_here_that_is_back_is_asked_before_its_time_is_over_and_one_elsewhere_is_left_alone() {
    let bench = Arc::new(Bench::new("unused"));
    bench.pipeline.reconfigure(OnlineSettings { user_per_minute: 0, session_per_minute: 0, ..OnlineSettings::default() });
    let failing = [(10, Err(FailureClass::Transient))];
    let here = Scripted::with_pace("here", Pace::Loopback, &failing);
    let elsewhere = Scripted::new("elsewhere", &failing);
    let both: [Arc<dyn Provider>; 2] = [Arc::clone(&here) as _, Arc::clone(&elsewhere) as _];
    let watcher = tokio::spawn({
        let (bench, both) = (Arc::clone(&bench), both.to_vec());
        async move { bench.pipeline.look_after(|| both.clone()).await }
    });
    // Until both are left alone for 40 seconds or more.
    let waits = || bench.pipeline.health(&both).endpoints.into_iter().filter_map(|endpoint| endpoint.retry_in).min().unwrap_or_default();
    for number in 0..200 {
        let request = bench.request(&format!("frobnicate quux {number}"));
        bench.pipeline.suggest(&request, &both, &WaitingFor::default()).await;
        if waits() > Duration::from_secs(40) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(waits() > Duration::from_secs(40), "{:?}", bench.pipeline.health(&both));
    let before = here.looks.load(Ordering::Relaxed);
    here.back.store(true, Ordering::Relaxed);
    here.now_does(&[(10, Ok("{\"command\": \"echo one\"}"))]);
    tokio::time::sleep(Duration::from_secs(37)).await;
    assert!(here.looks.load(Ordering::Relaxed) > before);
    let health = bench.pipeline.health(&both).endpoints;
    assert_eq!(health[0].retry_in, Some(Duration::ZERO));
    assert!(health[1].retry_in > Some(Duration::ZERO));
    assert_eq!(elsewhere.looks.load(Ordering::Relaxed), 0);
    let (request, calls) = (bench.request(UNKNOWN), elsewhere.count());
    let Outcome::Reply(reply) = bench.pipeline.suggest(&request, &both, &WaitingFor::default()).await else { panic!("a reply") };
    assert_eq!(reply.offers[0].suggestion.origin(), &Origin::Provider("here".to_owned()));
    assert_eq!(elsewhere.count(), calls);
    watcher.abort();
    assert!(watcher.await.is_err_and(|error| error.is_cancelled()), "it goes on until it is ended");
}
