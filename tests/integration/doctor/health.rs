//! What the background process says of itself, and processes of one's own that this shell does not ask.

use super::strangers::ids;
use super::*;
use crate::environment::Resident;

/// A home with a provider that answers like this, and its background process, which has asked it once.
fn asked(reply: Reply, more: &str) -> (TestEnv, FakeProvider, Resident) {
    let server = FakeProvider::always(reply);
    let env = well();
    env.configure(&format!("{more}\n{}", provider_block("own", &server.base_url(), "")));
    let resident = Resident(env.start_resident());
    env.run(&["translate", "--shell", "bash", "--no-cache", "--", "zorble the quux of every frobnicator"]);
    assert!(server.count() > 0);
    (env, server, resident)
}

fn error(status: &str, code: &str) -> Reply {
    Reply::status(status, "", &format!("{{\"error\":{{\"message\":\"m\",\"type\":\"x\",\"code\":\"{code}\"}}}}"))
}

#[test]
fn a_provider_that_refuses_is_told_of_by_what_mends_it() {
    for (status, code, id, mend) in [
        ("401 Unauthorized", "invalid_api_key", "key-refused", "gptos auth login own    ("),
        ("429 Too Many Requests", "insufficient_quota", "quota", "gptos daemon stop    ("),
        ("404 Not Found", "model_not_found", "model", "gptos provider models own    ("),
    ] {
        let (env, _server, _resident) = asked(error(status, code), "");
        let health = &env.status().unwrap()["health"];
        assert_eq!(health["troubles"][0]["kind"], "provider", "{health}");
        let told = only(&env, id);
        assert!(told.starts_with(mend), "{told}");
        let shown = env.run(&["doctor"]).out;
        assert!(shown.contains("health     degraded\n") && shown.contains("provider own: "), "{shown}");
    }
}

#[test]
fn a_key_that_cannot_be_had_is_told_of_once_and_mended_where_it_is() {
    let server = FakeProvider::always(Reply::stream(&answer("echo well")));
    let env = well();
    let file = env.home().join("own key");
    fs::write(&file, "sk-1\n").unwrap();
    set_mode(&file, 0o644);
    let ask = || env.run(&["translate", "--shell", "bash", "--no-cache", "--", "zorble the quux of every frobnicator"]);
    let absent = env.home().join("keys of mine/own");
    for (key, id, begin) in [
        ("{ command = [\"sh\", \"-c\", \"exit 1\"] }".to_owned(), "key-unavailable", "gptos provider test own    ("),
        ("{ command = [\"yes\"] }".to_owned(), "key-unavailable", "gptos provider test own    ("),
        ("{ command = [\"echo\", \"the key: sk-1\"] }".to_owned(), "key-unavailable", "gptos provider test own    ("),
        ("{ env = \"KEY_OF_NOBODY\" }".to_owned(), "key", "export KEY_OF_NOBODY=…"),
        (format!("{{ file = \"{}\" }}", absent.display()), "key", "mkdir -p "),
        (format!("{{ file = \"{}\" }}", file.display()), "key", "chmod 600 "),
    ] {
        env.configure(&provider_block("own", &server.base_url(), &format!("key = {key}")));
        let _resident = Resident(env.start_resident());
        assert_ne!(ask().out, "echo well\n");
        let health = env.status().unwrap()["health"].clone();
        assert_eq!((&health["troubles"][0]["kind"], &health["troubles"][0]["of"]), (&"key_unavailable".into(), &"own".into()), "{health}");
        assert!(health["troubles"][0]["text"].as_str().unwrap().starts_with("the key of provider own cannot be had: "), "{health}");
        let told = only(&env, id);
        assert!(told.starts_with(begin) && !told.contains("auth login"), "{key}: {told}");
        let tried = env.run(&["provider", "test", "own"]).err;
        assert!(tried.contains("\nhint: ") && !tried.contains("auth login"), "{key}: {tried}");
        if id == "key" && !key.contains("env") {
            mend(&env, &told);
        }
        if begin == "chmod 600 " {
            // The mode alone has changed, and that counts at once.
            assert_eq!(ask().out, "echo well\n");
            assert_eq!(look(&env), []);
        }
        env.run(&["daemon", "stop"]);
    }
    assert_eq!(fs::metadata(&absent).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_key_of_a_login_that_others_may_read_is_told_of_once() {
    let server = FakeProvider::always(Reply::stream(&answer("echo well")));
    let env = well();
    env.with_provider("own", &server.base_url(), "");
    let stored = env.run_with_input(&["auth", "login", "own", "--stdin", "--no-check", "--store", "file"], b"sk-of-a-test\n");
    assert_eq!(stored.code, Some(0), "{}", stored.err);
    set_mode(&env.home().join(".local/state/gptos/keys/own"), 0o644);
    let _resident = Resident(env.start_resident());
    let ask = || env.run(&["translate", "--shell", "bash", "--no-cache", "--", "zorble the quux of every frobnicator"]);
    assert_ne!(ask().out, "echo well\n");
    let told = only(&env, "key");
    assert!(told.starts_with("chmod 600 "), "{told}");
    mend(&env, &told);
    assert_eq!(ask().out, "echo well\n");
    assert_eq!(look(&env), []);
}

#[test]
fn a_server_in_trouble_is_told_of() {
    let server = FakeProvider::always(Reply::status("503 Service Unavailable", "", ""));
    let env = well();
    env.with_provider("own", &server.base_url(), "");
    let _resident = Resident(env.start_resident());
    wait_until("it is left alone", || {
        env.run(&["translate", "--shell", "bash", "--no-cache", "--", "zorble the quux of every frobnicator"]);
        env.status().is_some_and(|status| status["health"]["status"] == "degraded")
    });
    let told = only(&env, "provider-down");
    assert!(told.starts_with("gptos provider test own    ("), "{told}");
}

#[test]
fn a_cap_that_is_reached_is_told_of_with_and_without_a_background_process() {
    let usage = "\"usage\":{\"prompt_tokens\":900000,\"completion_tokens\":900000}";
    let said = answer("echo well").replace('"', "\\\"");
    let body = format!("{{\"choices\":[{{\"message\":{{\"content\":\"{said}\"}},\"finish_reason\":\"stop\"}}],{usage}}}");
    let server = FakeProvider::always(Reply::status("200 OK", "content-type: application/json\r\n", &body));
    let env = well();
    let block = provider_block("own", &server.base_url(), "price = { input = \"10 USD/Mtok\", output = \"10 USD/Mtok\" }");
    env.configure(&format!("[spend]\nday = \"5 USD\"\n{block}"));
    let mut resident = env.start_resident();
    for _ in 0..2 {
        env.run(&["translate", "--shell", "bash", "--no-cache", "--", "zorble the quux of every frobnicator"]);
    }
    let health = env.status().unwrap()["health"].clone();
    assert!(health["reasons"].to_string().contains("spend.day is reached"), "{health}");
    only(&env, "spend");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    let calling = findings(&env.run(&["doctor", "--json", "--call"]));
    assert_eq!(ids(&calling), ["spend"], "{calling:?}");
    mend(&env, &calling[0].2);
    env.configure(&format!("[spend]\nday = \"5 USD\"\n{block}"));
    let told = only(&env, "spend");
    assert!(told.starts_with("gptos config set spend.day '"), "{told}");
    mend(&env, &told);
    assert_eq!(look(&env), []);
}

#[test]
fn spans_that_nobody_takes_are_told_of_once() {
    let env = well();
    env.configure("[traces]\nendpoint = \"http://127.0.0.1:9\"\n");
    let mut command = env.command(&["daemon", "run"]);
    command.env("OTEL_BSP_SCHEDULE_DELAY", "1");
    let _resident = Resident(env.start(command));
    env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
    wait_until("spans were refused", || env.status().is_some_and(|status| status["health"]["reasons"].to_string().contains("collector")));
    mend(&env, &only(&env, "traces"));
    assert_eq!(look(&env), []);
    env.configure("[traces]\nendpoint = \"http://127.0.0.1:9\"\n");
    env.run(&["daemon", "stop"]);
    let mut command = env.command(&["daemon", "run"]);
    command.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let _second = Resident(env.start(command));
    only(&env, "traces");
}

#[test]
fn a_process_that_listens_elsewhere_is_well_and_never_to_be_killed() {
    let env = well();
    let mut resident = env.start_resident();
    env.run_with_input(&["widget", "bash"], b"list files by size");
    wait_until("it has the cache", || env.run(&["cache", "stats"]).out.contains("kept in disk"));
    let other = folder(env.work().join("other"));
    let elsewhere = || {
        let mut command = env.command(&["doctor", "--json"]);
        command.env("XDG_RUNTIME_DIR", &other);
        findings(&run(command, b""))
    };
    let found = elsewhere();
    assert_eq!(ids(&found), ["elsewhere"], "{found:?}");
    let export = found[0].2.split("    (").next().unwrap();
    let script = format!("{export} && exec \"$@\" doctor --json");
    let mended = findings(&run(env.wrapped(&["sh", "-c", &script, "sh"], &[]), b""));
    assert_eq!(mended, []);
    // Beside a second one, which has its answers in memory alone.
    let mut command = env.command(&["daemon", "run"]);
    command.env("XDG_RUNTIME_DIR", &other);
    let mut second = command.spawn().unwrap();
    wait_until("the second one listens", || other.join("gptos/v1.sock").exists());
    wait_until("it has found out", || elsewhere().len() == 1);
    assert_eq!(ids(&elsewhere()), ["elsewhere"]);
    let mut stop = env.command(&["daemon", "stop"]);
    stop.env("XDG_RUNTIME_DIR", &other);
    assert_eq!(run(stop, b"").code, Some(0));
    second.wait().unwrap();
    // A folder that others may enter: the process in it is not asked, and the mode is what is to be mended.
    let place = env.socket().parent().unwrap().to_owned();
    set_mode(&place, 0o755);
    let found = look(&env);
    assert_eq!(ids(&found), ["folder-open"], "{found:?}");
    assert!(found[0].1.contains("which listens there, is not asked"), "{found:?}");
    mend(&env, &found[0].2);
    assert_eq!(look(&env), []);
    assert!(resident.try_wait().unwrap().is_none(), "it was never ended");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
