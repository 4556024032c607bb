//! When examples out of pages stand beside an answer, and which.

use super::recorded::recorder;
use super::*;
use crate::domain::OptionCheck;
use crate::suggest::ports::Pages;

/// What the translator guesses at.
const GUESSED: &str = "change the last commit message to";

struct Shelf;

impl Pages for Shelf {
    fn offers(&self, words: &str, most: usize) -> Vec<PageOffer> {
        let offer = |command: &str| PageOffer {
            page: "pack".to_owned(),
            reading: words.to_owned(),
            command: command.to_owned(),
            confidence: 0.6,
            options: OptionCheck::Unknown,
        };
        ["pack {{file}}", "pack \u{202e}{{file}}", "pack 'open"].iter().map(|command| offer(command)).take(most).collect()
    }
}

fn bench() -> Bench {
    let bench = Bench::new("echo one");
    Bench { pipeline: bench.pipeline.with_pages(Arc::new(Shelf)), ..bench }
}

fn commands(reply: &Reply) -> Vec<&str> {
    reply.pages.iter().map(|offer| offer.command.as_str()).collect()
}

#[tokio::test]
async fn examples_that_pass_the_gate_are_offered_when_nothing_answers() {
    let bench = bench();
    bench.set(Err(FailureClass::Config));
    let failed = bench.ask(&bench.request(UNKNOWN)).await;
    assert_eq!((failed.offers.len(), commands(&failed)), (0, vec!["pack {{file}}"]));
    assert_eq!(failed.remarks.len(), 1);
    let offline = bench.ask(&Request { mode: Mode::Offline, ..bench.request(UNKNOWN) }).await;
    assert_eq!(commands(&offline), ["pack {{file}}"]);
    let private = bench.ask(&bench.request(&format!(" {UNKNOWN}"))).await;
    assert_eq!(commands(&private), ["pack {{file}}"]);
    let guessed = bench.ask(&Request { mode: Mode::Offline, ..bench.request(GUESSED) }).await;
    assert!(guessed.offers.iter().all(|offer| offer.via == Via::Guess), "{guessed:?}");
    assert_eq!(commands(&guessed), ["pack {{file}}"]);
}

/// A page of programs that delete.
struct Shredder;

impl Pages for Shredder {
    fn offers(&self, words: &str, _most: usize) -> Vec<PageOffer> {
        let (page, reading, options) = ("rm".to_owned(), words.to_owned(), OptionCheck::Unknown);
        let offer = PageOffer { page, reading, command: "rm -rf {{path/to/folder}}".to_owned(), confidence: 0.6, options };
        vec![PageOffer { command: "ls {{path/to/folder}}".to_owned(), ..offer.clone() }, offer]
    }
}

#[tokio::test]
async fn where_a_record_is_required_no_risky_example_is_shown() {
    let bench = Bench::new("echo one");
    let bench = Bench { pipeline: bench.pipeline.with_pages(Arc::new(Shredder)), ..bench };
    for is_required in [false, true] {
        bench.pipeline.audit(Some(recorder(&Arc::default(), is_required)));
        let reply = bench.ask(&Request { mode: Mode::Offline, ..bench.request(UNKNOWN) }).await;
        assert_eq!(commands(&reply).contains(&"rm -rf {{path/to/folder}}"), !is_required, "{reply:?}");
        assert!(commands(&reply).contains(&"ls {{path/to/folder}}"), "{reply:?}");
    }
}

#[tokio::test]
async fn no_examples_beside_what_is_sure_or_in_a_batch() {
    let bench = bench();
    for request in [
        bench.request(KNOWN),
        Request { mode: Mode::Offline, ..bench.request(KNOWN) },
        bench.request(UNKNOWN),
        Request { mode: Mode::Offline, ..bench.request(UNKNOWN) },
        Request { mode: Mode::Offline, patient: true, ..bench.request("quux the frobnicator") },
    ] {
        assert!(bench.ask(&request).await.pages.is_empty(), "{:?}", request.query);
    }
}
