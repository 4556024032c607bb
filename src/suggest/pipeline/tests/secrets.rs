//! Words that must stay here.

use super::*;

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

#[tokio::test(start_paused = true)]
async fn a_secret_stays_here_and_returns_in_the_command() {
    let bench = Bench::new("unused");
    let sent = Arc::default();
    let provider = repeating("frob --token WORD", &sent);
    for (secret, via) in [("hunter2;$(x)", Via::Live), ("other3'y", Via::Cache)] {
        let reply = bench.ask_of(Arc::clone(&provider), &bench.request(&format!("frobnicate with password {secret}"))).await;
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
    let reply = bench.ask_of(provider, &bench.request("frobnicate with password hunter2")).await;
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
    bench.ran(&query, "ls -lhS /var", 0);
    assert_eq!((bench.provider.count(), bench.pipeline.cache().stats().entries), (0, 0));
}
