//! Keys that a program prints, through the resident: what becomes of one that fails, and of a key that was changed.

use std::time::{Duration, Instant};

use crate::environment::TestEnv;
use crate::fake_provider::{FakeProvider, Reply, Script, answer};

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < deadline, "waited a minute for: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_key_command_that_failed_or_gave_a_former_key_is_asked_again_soon() {
    let works = || Script::Always(Reply::stream(&answer("echo ok")));
    let provider = FakeProvider::start(works());
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "key = { command = [\"cat\", \"store\"] }");
    let mut resident = env.start_resident();
    let ask = || env.run(&["translate", "--shell", "bash", "--no-cache", "--", "frobnicate the quux"]);
    let failed = ask();
    assert!(failed.err.contains("key command cat: exit status 1"), "{}", failed.err);
    std::fs::write(env.home().join("store"), "sk-old\n").unwrap();
    wait_for("the program is run again", || ask().out == "echo ok\n");

    provider.set(Script::Always(Reply::status("401 Unauthorized", "content-type: application/json\r\n", "{}")));
    let refused = ask();
    assert!(refused.err.contains("HTTP 401"), "{}", refused.err);
    let calls = provider.requests().len();
    let passed_over = ask();
    assert!(passed_over.err.contains("it cannot answer as it is set up"), "{}", passed_over.err);
    assert_eq!(provider.requests().len(), calls, "the same key is not sent again");
    std::fs::write(env.home().join("store"), "sk-new\n").unwrap();
    provider.set(works());
    wait_for("the new key is found", || ask().out == "echo ok\n");
    assert_eq!(provider.requests().last().unwrap().header("authorization"), Some("Bearer sk-new"));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
