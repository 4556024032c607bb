//! Words that are still being typed leave nothing behind.

use super::*;

#[tokio::test]
async fn they_are_neither_hits_nor_misses_of_the_cache() {
    let bench = Bench::new("echo one");
    bench.ask(&bench.request(KNOWN)).await;
    let counted = || {
        let stats = bench.pipeline.cache().stats();
        (stats.hits, stats.misses)
    };
    let before = counted();
    for words in [KNOWN, UNKNOWN, "list files by"] {
        let _ = bench.pipeline.at_once(&bench.request(words), &[], true);
    }
    assert_eq!(counted(), before);
    assert!(bench.pipeline.at_once(&bench.request(KNOWN), &[], false).is_some());
    assert_ne!(counted(), before, "who asks is counted");
}
