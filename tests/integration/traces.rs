//! Spans of a real resident, taken by a stand-in for a collector: their names, parents and attributes, whose trace they are
//! part of, what never is in them, and a collector that does not take them.

use serde_json::{Value, json};

use crate::collector::{Collector, Manner, Span};
use crate::environment::{Resident, Run, TestEnv, kill, provider_block, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};
use crate::scripted::{Act, Scripted, json as reply};

const KNOWN: &str = "find files bigger than 100 MB changed this week";
const UNKNOWN: &str = "frobnicate the zyzzyva";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A home whose resident hands spans to the collector at once.
fn home(collector: &Collector) -> TestEnv {
    TestEnv::new().set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()).set("OTEL_BSP_SCHEDULE_DELAY", "20")
}

fn translate(env: &TestEnv, words: &str, more: &[&str]) -> Run {
    env.run(&[&["translate", "--shell", "bash"], more, &["--", words]].concat())
}

/// Asks until a whole trace of a request with this source has arrived.
fn traced(collector: &Collector, source: &str, mut ask: impl FnMut()) -> Vec<Span> {
    let mut trace = Vec::new();
    wait_until(&format!("a trace of {source}"), || {
        ask();
        trace = collector.trace_of(source);
        !trace.is_empty()
    });
    trace
}

fn only<'a>(trace: &'a [Span], name: &str) -> &'a Span {
    let mut found = trace.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no {name} in {:?}", names(trace)));
    assert!(found.next().is_none(), "{name} twice");
    span
}

fn names(trace: &[Span]) -> Vec<&str> {
    let mut names: Vec<&str> = trace.iter().map(|span| span.name.as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn an_offline_and_a_cached_answer_are_told_with_their_steps() {
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector).set("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
    let _resident = Resident(env.start_resident());
    let offline = traced(&collector, "offline", || drop(translate(&env, KNOWN, &[])));
    let root = only(&offline, "gptos.translate");
    assert_eq!((root.kind, root.parent.as_str(), root.text("gptos.outcome"), root.status), (1, "", "ok", 0));
    assert_eq!((&root.resource["service.name"], &root.resource["service.version"]), (&json!("gptos"), &json!(env!("CARGO_PKG_VERSION"))));
    assert_eq!(root.resource["deployment.environment.name"], "test");
    for name in ["gptos.cache.lookup", "gptos.offline.match", "gptos.audit.append"] {
        let span = only(&offline, name);
        assert_eq!((span.kind, span.parent.as_str()), (1, root.id.as_str()), "{name}");
        // What is recorded is handed over behind the reply.
        assert!(name == "gptos.audit.append" || span.nanoseconds <= root.nanoseconds, "{name}");
    }
    assert_eq!(only(&offline, "gptos.cache.lookup").text("gptos.cache.result"), "miss");
    assert!(
        offline.iter().any(|span| span.name == "gptos.validate" && span.parent == root.id && span.text("gptos.validate.verdict") == "none")
    );
    assert!(!names(&offline).iter().any(|name| name.starts_with("chat") || *name == "POST" || *name == "gptos.provider.select"));

    let cached = traced(&collector, "cache", || drop(translate(&env, KNOWN, &[])));
    assert_eq!(only(&cached, "gptos.cache.lookup").text("gptos.cache.result"), "hit");
    assert_eq!(only(&cached, "gptos.translate").text("gptos.outcome"), "ok");

    let (head, _) = &collector.requests()[0];
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n") && head.contains("content-type: application/x-protobuf"), "{head}");
}

#[test]
fn every_call_to_a_provider_is_a_span_with_what_came_of_it() {
    let failing = FakeProvider::always(Reply::status("503 Service Unavailable", "", ""));
    let said = answer("echo well").replace('"', "\\\"");
    let event = |rest: &str| format!("data: {{\"id\":\"chatcmpl-7\",\"model\":\"fake-1\",{rest}}}\n\n");
    let stream = [
        event(&format!("\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{said}\"}},\"finish_reason\":null}}]")),
        event("\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]"),
        event("\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":5}}"),
        "data: [DONE]\n\n".to_owned(),
    ];
    let second = FakeProvider::always(Reply::events(&stream.concat()));
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector);
    env.configure(&format!("{}\n{}", provider_block("failing", &failing.base_url(), ""), provider_block("second", &second.base_url(), "")));
    let _resident = Resident(env.start_resident());
    // On a busy machine there may be no time left for a repeat before the second provider is due.
    let mut traces = (0..3).map(|_| traced(&collector, "local_model", || drop(translate(&env, UNKNOWN, &["--no-cache"]))));
    let has_repeat = |trace: &Vec<Span>| trace.iter().any(|span| span.text("gptos.attempt.kind") == "retry");
    let trace = traces.find(has_repeat).unwrap();
    let root = only(&trace, "gptos.translate");
    let chats: Vec<&Span> = trace.iter().filter(|span| span.name == "chat test-model").collect();
    let told: Vec<_> =
        chats.iter().map(|span| (span.text("gptos.provider"), span.text("gptos.attempt.kind"), span.text("error.type"))).collect();
    assert_eq!(told, [("failing", "first", "http_5xx"), ("failing", "retry", "http_5xx"), ("second", "fallback", "")]);
    for chat in &chats {
        assert_eq!((chat.kind, &chat.parent), (3, &root.id));
        for (name, expected) in [
            ("gen_ai.operation.name", json!("chat")),
            ("gen_ai.provider.name", json!("openai")),
            ("gen_ai.request.model", json!("test-model")),
            ("gen_ai.request.stream", json!(true)),
            ("server.address", json!("127.0.0.1")),
        ] {
            assert_eq!(chat.attributes.get(name), Some(&expected), "{name}");
        }
        assert!(chat.attributes["gen_ai.request.max_tokens"].as_u64().is_some_and(|tokens| tokens > 0));
        let post = trace.iter().find(|span| span.name == "POST" && span.parent == chat.id).expect("its request");
        assert_eq!((post.kind, post.text("http.request.method"), post.text("server.address")), (3, "POST", "127.0.0.1"));
    }
    let [first, retry, fallback] = chats[..] else { panic!("three calls") };
    assert_eq!((first.status, fallback.status), (2, 0));
    for (name, expected) in [
        ("gen_ai.response.model", json!("fake-1")),
        ("gen_ai.response.id", json!("chatcmpl-7")),
        ("gen_ai.response.finish_reasons", json!(["stop"])),
        ("gen_ai.usage.input_tokens", json!(9)),
        ("gen_ai.usage.output_tokens", json!(4)),
        ("gen_ai.usage.cache_read.input_tokens", json!(5)),
    ] {
        assert_eq!(fallback.attributes.get(name), Some(&expected), "{name}");
    }
    assert!(fallback.attributes["gen_ai.response.time_to_first_chunk"].as_f64().is_some_and(|seconds| seconds > 0.0 && seconds < 60.0));
    let post = |chat: &Span| trace.iter().find(|span| span.parent == chat.id).expect("its request").attributes.clone();
    assert_eq!((post(first).get("http.request.resend_count"), post(retry).get("http.request.resend_count")), (None, Some(&json!(1))));
    assert_eq!((&post(first)["error.type"], post(fallback).get("error.type")), (&json!("http_5xx"), None));
    assert_eq!((&post(first)["http.response.status_code"], &post(fallback)["http.response.status_code"]), (&json!(503), &json!(200)));
    let selected: Vec<_> = trace
        .iter()
        .filter(|span| span.name == "gptos.provider.select" && span.parent == root.id)
        .map(|span| (span.text("gptos.provider"), span.text("gptos.select.result")))
        .collect();
    assert_eq!(selected, [("failing", "chosen"), ("failing", "chosen"), ("second", "chosen")]);
    let events: Vec<&str> = root.events.iter().map(|(name, _)| name.as_str()).collect();
    assert!(events.contains(&"gptos.retry"), "{events:?}");
    assert_eq!(root.events.iter().find(|(name, _)| name == "gptos.retry").unwrap().1["gptos.retry.result"], "scheduled");
    assert!(trace.iter().any(|span| span.name == "gptos.validate" && span.parent == root.id));
    // The breaker opens after three failures in a row, and says so where it does and where it keeps a call back.
    let blocked = |trace: &[Span]| trace.iter().any(|span| span.events.iter().any(|(name, _)| name == "gptos.breaker.blocked"));
    wait_until("the breaker has kept a call back", || {
        drop(translate(&env, UNKNOWN, &["--no-cache"]));
        blocked(&collector.trace_of("local_model"))
    });
    let opened =
        |span: &Span| span.events.iter().any(|(name, told)| name == "gptos.breaker.opened" && told["gptos.reason"] == "consecutive");
    assert!(collector.spans().iter().any(|span| span.name == "chat test-model" && opened(span)));
    for provider in [&failing, &second] {
        assert!(provider.requests().iter().all(|request| request.header("traceparent").is_none()), "vendors are told of no trace");
    }
}

#[test]
fn a_question_that_nobody_answers_has_failed() {
    let failing = FakeProvider::always(Reply::status("500 Internal Server Error", "", ""));
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector);
    env.with_provider("own", &failing.base_url(), "");
    let _resident = Resident(env.start_resident());
    let trace = traced(&collector, "none", || drop(translate(&env, UNKNOWN, &["--no-cache"])));
    let root = only(&trace, "gptos.translate");
    assert_eq!((root.status, root.text("gptos.outcome"), root.text("error.type")), (2, "error", "http_5xx"));
    let answered = traced(&collector, "offline", || drop(translate(&env, KNOWN, &["--no-cache"])));
    assert_eq!(only(&answered, "gptos.translate").attributes.get("error.type"), None);
}

#[test]
fn the_trace_of_whoever_asks_goes_on_and_a_hostile_one_does_not() {
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector);
    let _resident = Resident(env.start_resident());
    let ask = |parent: &str| {
        let mut command = env.command(&["translate", "--shell", "bash", "--", KNOWN]);
        command.env("TRACEPARENT", parent);
        assert_eq!(run(command, b"").code, Some(0));
    };
    // Spans travel in the order in which they ended, so what comes before one that has arrived has arrived.
    let arrives = |parent: &str| {
        let [_, trace, span, _] = parent.split('-').collect::<Vec<_>>()[..] else { panic!("four parts") };
        let mut root = None;
        wait_until("the trace goes on", || {
            ask(parent);
            let is_root = |found: &Span| found.name == "gptos.translate" && found.trace == trace && found.parent == span;
            root = collector.spans().into_iter().find(is_root);
            root.is_some()
        });
        root.unwrap()
    };
    let root = arrives(PARENT);
    assert!(collector.spans().iter().any(|span| span.name == "gptos.cache.lookup" && span.parent == root.id && span.trace == root.trace));
    wait_until("the log names the span", || {
        let log = std::fs::read_to_string(env.home().join(".local/state/gptos/log/gptos.jsonl")).unwrap();
        let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.any(|line| line["trace_id"] == root.trace.as_str() && line["span_id"] == root.id.as_str())
    });
    let marker = |number: u32| PARENT.replace("4bf92f35", &format!("aaaa{number:04}"));
    arrives(&marker(1));
    let continued = || collector.spans().iter().filter(|span| span.trace == root.trace).count();
    let before = continued();
    // Whose trace is not kept, neither are its parts.
    ask(&PARENT.replace("-01", "-00").replace("4bf9", "abcd"));
    for hostile in [&PARENT.to_uppercase(), "00-0-0-01", &PARENT.replace("00-4", "ff-4"), &"x".repeat(100_000), "00-ü"] {
        ask(hostile);
    }
    arrives(&marker(2));
    assert_eq!(continued(), before);
    assert!(!collector.spans().iter().any(|span| span.trace.starts_with("abcd")));
    // They began traces of their own.
    assert!(collector.spans().iter().any(|span| span.name == "gptos.translate" && span.parent.is_empty()));
}

#[test]
fn no_words_commands_paths_or_secrets_are_in_what_is_sent() {
    // Spelled in parts, so that no scanner takes this file for a leak.
    let key = ["sk-", "proj-Zz9yXx8wVv7uTt6sRr5qPp4oNn3mLl2kJj1i"].concat();
    let provider = FakeProvider::always(Reply::stream(&answer("printf quuxline")));
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector).set("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=mine").set("OTEL_SERVICE_NAME", "laptop");
    std::fs::write(env.home().join("key"), &key).unwrap();
    std::fs::set_permissions(env.home().join("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    env.with_provider("own", &provider.base_url(), "key = { file = \"~/key\" }");
    let _resident = Resident(env.start_resident());
    traced(&collector, "local_model", || drop(translate(&env, &format!("{UNKNOWN} with {key}"), &["--no-cache"])));
    let before = collector.spans().len();
    // Of words behind a blank nobody is told, so the next one that is told of is another.
    translate(&env, &format!(" {KNOWN}"), &[]);
    wait_until("the next request has arrived", || {
        drop(translate(&env, KNOWN, &[]));
        collector.spans().len() > before
    });
    let all: Vec<u8> = collector.requests().into_iter().flat_map(|(head, body)| [head.into_bytes(), body].concat()).collect();
    let work = env.work().display().to_string();
    for planted in ["zyzzyva", "quuxline", "100 MB", "printf", key.as_str(), work.as_str(), env.home().to_str().unwrap()] {
        assert!(!all.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted}");
    }
    assert!(collector.requests()[0].0.contains("x-tenant: mine"), "{}", collector.requests()[0].0);
    assert_eq!(collector.spans()[0].resource["service.name"], "laptop");
}

#[test]
fn a_call_that_is_given_up_says_so_down_to_its_request() {
    let silent = FakeProvider::always(Reply::nothing());
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector);
    env.configure(&provider_block("silent", &silent.base_url(), ""));
    let _resident = Resident(env.start_resident());
    let mut asking = env.command(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]).spawn().unwrap();
    wait_until("the provider is asked", || silent.count() > 0);
    asking.kill().unwrap();
    asking.wait().unwrap();
    let failed = |name: &str| {
        let all = collector.spans();
        all.iter().find(|span| span.name == name).map(|span| (span.text("error.type").to_owned(), span.status))
    };
    wait_until("the spans have arrived", || failed("POST").is_some() && failed("chat test-model").is_some());
    for name in ["POST", "chat test-model"] {
        assert_eq!(failed(name), Some(("cancelled".to_owned(), 2)), "{name}");
    }
}

#[test]
fn a_collector_that_is_gone_refuses_or_hangs_costs_no_answer() {
    let gone = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let [refusing, hanging, flooding] = [Manner::Refuses, Manner::Hangs, Manner::Floods].map(Collector::start);
    for (url, manner) in [(gone, "gone"), (refusing.url(), "refuses"), (hanging.url(), "hangs"), (flooding.url(), "floods")] {
        let env = TestEnv::new()
            .set("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
            .set("OTEL_EXPORTER_OTLP_TIMEOUT", "300")
            .set("OTEL_BSP_SCHEDULE_DELAY", "1")
            .set("OTEL_BSP_MAX_QUEUE_SIZE", "16");
        let resident = Resident(env.start_resident());
        let expected = TestEnv::new().run(&["translate", "--shell", "bash", "--", KNOWN]).out;
        let lost = |reason: &str| {
            let page = env.run(&["metrics"]).out;
            let line = page.lines().find(|line| line.starts_with(&format!("gptos_telemetry_dropped_total{{reason=\"{reason}\"}}")));
            line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).unwrap_or_default()
        };
        wait_until(&format!("spans were lost on the way and in the queue: {manner}"), || {
            let run = translate(&env, KNOWN, &[]);
            assert_eq!((run.code, run.out.as_str()), (Some(0), expected.as_str()), "{manner}: {}", run.err);
            lost("span_export") > 0 && lost("span_queue") > 0
        });
        let told = env.status().unwrap()["traces"].as_str().unwrap().to_owned();
        assert!(told.starts_with(&format!("to {url}: 0 spans, ")), "{told}");
        // Its end is not kept waiting either.
        kill(resident.pid(), "TERM");
        wait_until(&format!("the resident has ended: {manner}"), || !crate::environment::is_alive(resident.pid()));
    }
}

#[test]
fn spans_are_made_where_somebody_wants_them_and_what_is_wrong_is_said() {
    let collector = Collector::start(Manner::Takes);
    for (name, value, told) in [
        ("OTEL_SDK_DISABLED", "true", None),
        ("OTEL_TRACES_EXPORTER", "none", None),
        ("OTEL_TRACES_SAMPLER", "always_off", Some("0 spans, 0 lost")),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", Some("only `http/protobuf` is spoken here")),
        ("OTEL_TRACES_SAMPLER", "sometimes", Some("OTEL_TRACES_SAMPLER: one of")),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", Some("off: OTEL_EXPORTER_OTLP_COMPRESSION: only `gzip` and `none`")),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant", Some("off: OTEL_EXPORTER_OTLP_HEADERS: expected name=value")),
    ] {
        let env = home(&collector).set(name, value);
        let mut resident = Resident(env.start_resident());
        assert_eq!(translate(&env, KNOWN, &[]).code, Some(0));
        let said = env.status().unwrap()["traces"].clone();
        match told {
            None => assert_eq!(said, Value::Null, "{name}"),
            Some(told) => assert!(said.as_str().is_some_and(|said| said.contains(told)), "{name}: {said}"),
        }
        env.run(&["daemon", "stop"]);
        resident.0.wait().unwrap();
    }
    assert_eq!(collector.connections(), 0, "nobody wanted a span");
    // The configuration says so too, and a running resident takes it up.
    let env = TestEnv::new().set("OTEL_BSP_SCHEDULE_DELAY", "20");
    let _resident = Resident(env.start_resident());
    assert_eq!(env.status().unwrap()["traces"], Value::Null);
    env.configure(&format!("traces.endpoint = \"{}\"\n", collector.url()));
    traced(&collector, "offline", || drop(translate(&env, KNOWN, &["--no-cache"])));
    env.configure("traces.endpoint = \"\"\n");
    wait_until("nobody wants them any more", || env.status().unwrap()["traces"].is_null());
}

#[test]
fn a_resident_that_a_shell_starts_knows_what_its_variables_say_and_no_more() {
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector).set("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "not-for-us=1").set("OTHER_SECRET", "hush");
    // All that is read beside the endpoint comes along.
    let (authority, compressed) = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION");
    let env = env.set(authority, "/nonexistent.pem").set(compressed, "gzip").set("OTEL_BSP_EXPORT_TIMEOUT", "4000");
    let begun = env.run_with_input(&["widget", "bash"], KNOWN.as_bytes());
    assert!(begun.out.contains("find"), "{}", begun.out);
    wait_until("it runs", || env.status().is_some());
    let pid = env.status().unwrap()["pid"].as_i64().unwrap();
    if let Ok(variables) = std::fs::read_to_string(format!("/proc/{pid}/environ")) {
        assert!(variables.contains("OTEL_EXPORTER_OTLP_ENDPOINT=") && variables.contains("OTEL_BSP_SCHEDULE_DELAY=20"), "{variables:?}");
        for name in [authority, compressed, "OTEL_BSP_EXPORT_TIMEOUT"] {
            assert!(variables.contains(&format!("{name}=")), "{name}: {variables:?}");
        }
        assert!(!variables.contains("hush") && !variables.contains("not-for-us"), "{variables:?}");
    }
    wait_until("its spans arrive", || {
        drop(translate(&env, KNOWN, &[]));
        collector.spans().iter().any(|span| span.name == "gptos.translate")
    });
}

#[test]
fn a_compressed_body_holds_the_same_spans() {
    let collector = Collector::start(Manner::Takes);
    let env = home(&collector).set("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    let _resident = Resident(env.start_resident());
    let trace = traced(&collector, "offline", || drop(translate(&env, KNOWN, &[])));
    assert!(only(&trace, "gptos.translate").text("gptos.outcome") == "ok");
    assert!(collector.requests()[0].0.contains("content-encoding: gzip"), "{}", collector.requests()[0].0);
}

#[test]
fn a_collector_behind_tls_is_trusted_by_the_certificate_of_the_variable_alone() {
    let server = Scripted::start_tls(|_, _| Act::Reply(reply("200 OK", "")));
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/data/authority.pem");
    let secret = "hush-4711";
    let env = || {
        TestEnv::new()
            .set("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("{}/{secret}", server.origin("https")))
            .set("OTEL_EXPORTER_OTLP_HEADERS", &format!("authorization={secret}"))
            .set("OTEL_BSP_SCHEDULE_DELAY", "1")
            .set("OTEL_EXPORTER_OTLP_TIMEOUT", "2000")
    };
    let ask = |env: &TestEnv| drop(translate(env, KNOWN, &[]));
    let status = |env: &TestEnv| env.status().unwrap()["traces"].as_str().unwrap_or_default().to_owned();
    // Somebody who is not trusted is told nothing, and what may be a secret is written nowhere.
    let untrusting = env();
    untrusting.configure("log.level = \"trace\"\n");
    let resident = Resident(untrusting.start_resident());
    wait_until("spans are lost", || {
        ask(&untrusting);
        !status(&untrusting).ends_with(" 0 lost")
    });
    assert!(server.requests().is_empty());
    let log = untrusting.home().join(".local/state/gptos/log/gptos.jsonl");
    wait_until("the log tells", || std::fs::read_to_string(&log).is_ok_and(|log| log.contains("spans were not taken")));
    assert!(!std::fs::read_to_string(&log).unwrap().contains(secret) && !status(&untrusting).contains(secret));
    drop(resident);
    let trusting = env().set("OTEL_EXPORTER_OTLP_CERTIFICATE", authority);
    let _resident = Resident(trusting.start_resident());
    wait_until("spans arrive", || {
        ask(&trusting);
        !server.requests().is_empty()
    });
    assert!(server.lines()[0].starts_with(&format!("POST /{secret}/v1/traces")), "{:?}", server.lines());
    for (name, file, why) in [
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nonexistent.pem", "No such file"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/dev/zero", "not a file"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/etc/passwd", "there is no certificate"),
    ] {
        let env = env().set(name, file);
        let _resident = Resident(env.start_resident());
        wait_until(&format!("it is said: {file}"), || {
            ask(&env);
            let said = status(&env);
            said.starts_with(&format!("off: {name}: ")) && said.contains(why)
        });
    }
}

#[test]
fn what_the_administrator_locks_no_variable_redirects() {
    let (ours, theirs) = (Collector::start(Manner::Takes), Collector::start(Manner::Takes));
    let env = home(&theirs).set("OTEL_SDK_DISABLED", "true");
    let admin = env.home().join("admin.toml");
    std::fs::write(&admin, format!("traces.endpoint = \"{}\"\nlocked = [\"traces\"]\n", ours.url())).unwrap();
    let env = env.set("GPTOS_TEST_ADMIN_CONFIG", admin.to_str().unwrap());
    let _resident = Resident(env.start_resident());
    traced(&ours, "offline", || drop(translate(&env, KNOWN, &["--no-cache"])));
    assert!(theirs.requests().is_empty());
    let told = env.run(&["status"]).out;
    assert!(
        told.contains("OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED count for nothing") && told.contains("admin.toml:2 locks"),
        "{told}"
    );
}
