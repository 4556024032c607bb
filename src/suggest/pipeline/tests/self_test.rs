use super::*;

#[tokio::test]
async fn the_question_of_the_process_to_itself_is_answered_and_leaves_nothing_behind() {
    let bench = Bench::new("ls");
    let before = bench.pipeline.cache().stats();
    assert!(bench.pipeline.answers_itself());
    assert_eq!(bench.pipeline.cache().stats(), before);
    assert!(bench.pipeline.counts().keys().all(|series| !series.starts_with("gptos_requests_total")));
    assert_eq!(bench.provider.count(), 0);
}
