//! Lists of models, the look around on this machine, and the verbs for both.

use gptos::domain::FailureClass;
use gptos::providers::{HttpPool, LOCAL_SERVERS, LocalServer, ServerSettings, WireSettings, discover, models};
use gptos::secrets::{self, KeySettings};

use crate::environment::TestEnv;
use crate::fake_provider::{FakeProvider, Reply, answer};
use crate::provider::{KEY, facts, settings_of};
use crate::scripted::{Act, Scripted, json};

async fn list(server: &Scripted, wire: WireSettings, path: &str) -> Result<Vec<String>, FailureClass> {
    let base_url = format!("{}{path}", server.origin("http")).parse().expect("a valid base URL");
    let key = KeySettings::Env("FAKE_KEY".into());
    let settings = settings_of(ServerSettings::new(wire, base_url), "m", Some(key.clone()));
    models(&settings, &HttpPool::new(), secrets::source(&key, None).as_ref(), &facts(&[])).await.map_err(|error| {
        assert!(!error.detail.contains(KEY), "{error:?}");
        error.class
    })
}

#[tokio::test]
async fn each_service_lists_its_models_in_its_own_way() {
    let bearer = format!("Bearer {KEY}");
    for (wire, path, line, (header, value), body) in [
        (WireSettings::OpenAi, "/v1", "GET /v1/models", ("authorization", bearer.as_str()), r#"{"data":[{"id":"a"},{"id":"b"}]}"#),
        (
            WireSettings::Anthropic,
            "/v1",
            "GET /v1/models?limit=1000",
            ("x-api-key", KEY),
            r#"{"data":[{"id":"a"},{"id":"b"}],"has_more":false}"#,
        ),
        (
            WireSettings::Gemini,
            "/v1beta",
            "GET /v1beta/models?pageSize=1000",
            ("x-goog-api-key", KEY),
            r#"{"models":[{"name":"models/a"},{"name":"models/b"}]}"#,
        ),
        (WireSettings::Ollama, "", "GET /api/tags", ("authorization", bearer.as_str()), r#"{"models":[{"name":"a"},{"name":"b"}]}"#),
    ] {
        let server = Scripted::start(move |_, _| Act::Reply(json("200 OK", body)));
        assert_eq!(list(&server, wire.clone(), path).await, Ok(vec!["a".to_owned(), "b".to_owned()]), "{wire:?}");
        assert_eq!(server.lines(), [line]);
        assert_eq!(server.requests()[0].header(header), Some(value), "{wire:?}");
    }
}

#[tokio::test]
async fn what_is_no_list_has_its_class() {
    for (reply, expected) in [
        (json("401 Unauthorized", &format!(r#"{{"error":{{"message":"bad key {KEY}"}}}}"#)), FailureClass::Auth),
        (json("404 Not Found", ""), FailureClass::Config),
        (json("200 OK", "{}"), FailureClass::Malformed),
        (json("200 OK", "<html>"), FailureClass::Malformed),
    ] {
        let server = Scripted::start(move |_, _| Act::Reply(reply.clone()));
        assert_eq!(list(&server, WireSettings::OpenAi, "/v1").await, Err(expected));
    }
    let azure = WireSettings::Azure { api_version: "2024-10-21".into() };
    let server = Scripted::start(|_, _| Act::Close);
    assert_eq!(list(&server, azure, "").await, Err(FailureClass::Config));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn only_what_lists_models_is_found_on_this_machine() {
    let ollama = Scripted::start(|_, _| Act::Reply(json("200 OK", r#"{"models":[{"name":"qwen:7b"}]}"#)));
    let lmstudio = Scripted::start(|_, _| Act::Reply(json("200 OK", r#"{"data":[{"id":"phi"}]}"#)));
    let website = Scripted::start(|_, _| Act::Reply(json("200 OK", "<html>my blog</html>")));
    let gone = Scripted::start(|_, _| Act::Close).port();
    let at = |index: usize, port: u16| LocalServer { port, ..LOCAL_SERVERS[index] };
    let places = [at(0, ollama.port()), at(1, website.port()), at(2, lmstudio.port()), at(3, gone)];
    let found = discover(&places, &HttpPool::new()).await;
    let shown: Vec<_> = found.iter().map(|found| (found.server.name, found.base_url.to_string(), found.models.join(" "))).collect();
    let expected = [
        ("ollama", format!("http://localhost:{}", ollama.port()), "qwen:7b".to_owned()),
        ("lmstudio", format!("http://localhost:{}/v1", lmstudio.port()), "phi".to_owned()),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn the_verbs_speak_to_the_configured_servers() {
    let server = Scripted::start(|request, _| match request.head.starts_with("GET ") {
        true => Act::Reply(json("200 OK", r#"{"models":[{"name":"qwen:7b"},{"name":"phi"}]}"#)),
        false => {
            let text = serde_json::json!({ "message": { "content": answer("pwd") }, "done": true, "done_reason": "stop" });
            Act::Reply(json("200 OK", &text.to_string()).replace("application/json", "application/x-ndjson"))
        }
    });
    let broken = FakeProvider::always(Reply::status("500 Internal Server Error", "", "oops"));
    let env = TestEnv::new();
    env.configure(&format!(
        "[[provider]]\nname = \"local\"\nkind = \"ollama\"\nbase_url = \"{}\"\nmodel = \"qwen:7b\"\n[[provider]]\nname = \"bad\"\nbase_url = \"{}\"\nmodel = \"m\"\n",
        server.origin("http"),
        broken.base_url()
    ));
    let listed = env.run(&["provider", "models", "local"]);
    assert_eq!((listed.code, listed.out.as_str(), listed.err.as_str()), (Some(0), "qwen:7b\nphi\n", ""));
    let tested = env.run(&["provider", "test", "local"]);
    assert_eq!(tested.code, Some(0), "{}", tested.err);
    assert!(tested.out.starts_with("local: ok after ") && tested.out.ends_with(" ms: pwd\n"), "{}", tested.out);
    let all = env.run(&["provider", "test"]);
    assert_eq!((all.code, all.out.lines().count()), (Some(1), 1));
    assert!(all.err.starts_with("gptos: provider bad: HTTP 500"), "{}", all.err);
    let unknown = env.run(&["provider", "models", "loca"]);
    assert_eq!(unknown.code, Some(64));
    assert!(unknown.err.contains("hint: did you mean `local`?"), "{}", unknown.err);
}

#[test]
fn who_cannot_list_models_says_where_they_are_told() {
    let server = Scripted::start(|_, _| Act::Close);
    let env = TestEnv::new();
    env.configure(&format!(
        "[[provider]]\nname = \"azure\"\nkind = \"azure\"\nbase_url = \"{}/openai/deployments/small\"\nmodel = \"m\"\n\
         [[provider]]\nname = \"mine\"\nkind = \"command\"\nargv = [\"llm\"]\n",
        server.origin("http"),
    ));
    for (name, reason, hint) in [
        ("azure", "the deployments on Azure cannot be listed with an API key", "`az cognitiveservices account deployment list "),
        ("mine", "a program has no list of models", "name one among the words of its `argv`"),
    ] {
        let run = env.run(&["provider", "models", name]);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{}", run.err);
        assert!(run.err.starts_with(&format!("gptos: provider {name}: {reason}\nhint: {hint}")), "{}", run.err);
    }
    assert_eq!(server.connections(), 0, "nobody is asked for what is not there");
}

#[test]
fn a_program_is_added_tested_once_and_answers() {
    let env = TestEnv::new();
    env.configure("# mine\ndeadline_ms = 20000\n");
    let script = format!("cat > /dev/null; echo x >> \"$HOME/asked\"; echo '{}'", answer("echo from a program"));
    let added = env.run(&["provider", "add", "--kind", "command", "mine", "--", "sh", "-c", &script]);
    assert_eq!((added.code, added.out.as_str()), (Some(0), ""), "{}", added.err);
    assert!(added.err.contains("each question runs `sh` under its own login") && !added.err.contains("asked"), "{}", added.err);
    assert_eq!(std::fs::read_to_string(env.home().join("asked")).unwrap(), "x\n", "one test call");
    assert!(std::fs::read_to_string(env.config_file()).unwrap().starts_with("# mine\ndeadline_ms = 20000\n\n[[provider]]\n"));
    let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", "frobnicate the quux"]);
    assert_eq!(run.out, "echo from a program\n", "{}", run.err);
    let missing = env.run(&["provider", "add", "--kind", "command", "other", "--", "no-such-program-4711"]);
    assert_eq!((missing.code, missing.out.as_str()), (Some(64), ""));
    assert!(missing.err.contains("no program `no-such-program-4711` is on the search path\nhint: "), "{}", missing.err);
}

#[test]
fn a_program_of_the_users_answers() {
    let env = TestEnv::new();
    let script = format!("cat > \"$HOME/heard\"; echo '{}'", answer("echo from a program"));
    env.configure(&format!("[[provider]]\nname = \"mine\"\nkind = \"command\"\nargv = [\"sh\", \"-c\", {script:?}]\n"));
    let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", "frobnicate the quux"]);
    assert_eq!(run.out, "echo from a program\n", "{}", run.err);
    let heard = std::fs::read_to_string(env.home().join("heard")).unwrap();
    assert!(heard.contains("frobnicate the quux") && heard.contains("JSON"), "{heard}");
    let shown = env.run(&["translate", "--shell", "bash", "--show-request", "--", "frobnicate the quux"]);
    assert!(shown.out.starts_with("RUN sh\n\n") && shown.out.contains("frobnicate the quux"), "{}", shown.out);
}
