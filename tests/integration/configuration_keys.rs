//! Every key of the configuration changes something that somebody can see. A key without a row here is an error.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use gptos::config::{ConfigFile, keys};
use gptos::paths::Paths;
use gptos::wiring;

use crate::environment::{TestEnv, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

/// Where it shows.
enum Shows {
    /// In what a shell's start-up file reads.
    Init,
    /// In what a command prints.
    Print(&'static [&'static str]),
    /// In what is said of a command that a provider answers.
    Verdict(&'static str),
    /// In what a provider is sent.
    Request,
    /// In what the parts of the program are told. What they do with it their own tests show.
    Settings,
}

const ASK: &[&str] = &["translate", "--no-cache", "--shell", "bash", "--", "frobnicate the quux"];
const PRICE: &str = "price = { input = \"0.15 USD/Mtok\", output = \"0.60 USD/Mtok\" }";
const RULE: &str = "[[rules.add]]\nid = \"mine\"\nprograms = [\"cp\"]\nrisk = \"high\"\nreason = \"it changes what runs\"\n";

/// Where a key shows, in a file with it and in one without. `URL` is a provider.
fn row(key: &str) -> Option<(Shows, String, String)> {
    let provider = |kind: &str, more: &str| {
        format!("resident = \"off\"\n[[provider]]\nname = \"own\"\nkind = \"{kind}\"\nbase_url = \"URL\"\nmodel = \"m\"\n{more}\n")
    };
    let request = |more: &str| Some((Shows::Request, provider("openai", more), provider("openai", "")));
    let instead = |from: &str, to: &str| Some((Shows::Request, provider("openai", "").replace(from, to), provider("openai", "")));
    let rule = |from: &str, to: &str| {
        assert!(RULE.contains(from));
        Some((Shows::Verdict("cp -r one prod"), RULE.replace(from, to), RULE.to_owned()))
    };
    let part = |more: &str| Some((Shows::Verdict("cp -r one prod"), format!("{RULE}{more}\n"), RULE.to_owned()));
    let alone = |shows: Shows, text: &str| Some((shows, text.to_owned(), String::new()));
    match key {
        "resident" => alone(Shows::Print(&["daemon", "run"]), "resident = \"off\""),
        "memory" => alone(Shows::Settings, "memory = \"off\""),
        "audit" => alone(Shows::Settings, "audit = \"off\""),
        "deadline_ms" => alone(Shows::Settings, "deadline_ms = 900"),
        "idle_exit_minutes" => alone(Shows::Settings, "idle_exit_minutes = 3"),
        "metrics_port" => alone(Shows::Settings, "metrics_port = 9464"),
        "guard" => alone(Shows::Init, "guard = \"all\""),
        "context" => Some((Shows::Request, format!("context = [\"cwd\"]\n{}", provider("openai", "")), provider("openai", ""))),
        "shell.key" => alone(Shows::Init, "shell.key = \"alt-x\""),
        "shell.key2" => alone(Shows::Init, "shell.key2 = \"alt-x\""),
        "shell.async" => alone(Shows::Init, "shell.async = true"),
        "shell.progress_ms" => alone(Shows::Init, "shell.progress_ms = 7"),
        "shell.enter_guard_ms" => alone(Shows::Init, "shell.enter_guard_ms = 7"),
        "shell.prefetch" => alone(Shows::Init, "shell.prefetch = true"),
        "shell.note" => alone(Shows::Init, "shell.note = false"),
        "shell.ghost" => alone(Shows::Init, "shell.ghost = false"),
        "shell.scopes" => alone(Shows::Init, "shell.scopes = [\"git\"]"),
        "shell.hash" => alone(Shows::Init, "shell.hash = true"),
        "shell.read_screen" => alone(Shows::Settings, "shell.read_screen = true"),
        "offline.prefer" => alone(Shows::Settings, "offline.prefer = [\"rg\"]"),
        "cache.max_entries" => alone(Shows::Settings, "cache.max_entries = 3"),
        "cache.max_disk_mib" => alone(Shows::Settings, "cache.max_disk_mib = 3"),
        "cache.ttl_days" => alone(Shows::Settings, "cache.ttl_days = 3"),
        "log.level" => alone(Shows::Print(&["log", "level"]), "log.level = \"warn,suggest=debug\""),
        "traces.endpoint" => alone(Shows::Settings, "traces.endpoint = \"http://localhost:4318\""),
        "hedge" => alone(Shows::Settings, "hedge = \"on\""),
        "limits.user_per_minute" => alone(Shows::Settings, "limits.user_per_minute = 3"),
        "limits.session_per_minute" => alone(Shows::Settings, "limits.session_per_minute = 3"),
        "limits.in_flight" => alone(Shows::Settings, "limits.in_flight = 3"),
        "limits.calls_per_provider" => alone(Shows::Settings, "limits.calls_per_provider = 3"),
        "alerts.notify" => alone(Shows::Settings, "alerts.notify = false"),
        "alerts.silence" => alone(Shows::Settings, "alerts.silence = [\"quota\"]"),
        "spend.day" => alone(Shows::Settings, "spend.day = \"2.50 USD\""),
        "spend.month" => alone(Shows::Settings, "spend.month = \"20 USD\""),
        "spend.day_tokens" => alone(Shows::Settings, "spend.day_tokens = 100000"),
        "provider.price" => Some((Shows::Settings, provider("openai", PRICE), provider("openai", ""))),
        "provider.price.input" => Some((Shows::Settings, provider("openai", PRICE), provider("openai", &PRICE.replace("0.15", "0.16")))),
        "provider.price.output" => Some((Shows::Settings, provider("openai", PRICE), provider("openai", &PRICE.replace("0.60", "0.61")))),
        "provider" => Some((Shows::Print(ASK), provider("openai", ""), "resident = \"off\"".to_owned())),
        "provider.name" => alone(Shows::Print(&["provider", "list"]), &provider("openai", "").replace("own", "other")),
        "provider.kind" => instead("\"openai\"", "\"ollama\""),
        "provider.base_url" => instead("URL", "URL/deeper"),
        "provider.model" => instead("\"m\"", "\"n\""),
        "provider.key" => request("key = { command = \"echo k\" }"),
        "provider.key.login" => request("key = { login = \"file\" }"),
        "provider.key.file" => request("key = { file = \"~/key\" }"),
        "provider.key.command" => request("key = { command = [\"echo\", \"l\"] }"),
        "provider.key.env" => request("key = { env = \"OWN_KEY\" }"),
        "provider.api_version" => Some((Shows::Request, provider("azure", "api_version = \"2025-01-01\""), provider("azure", ""))),
        "provider.argv" => {
            let program = |word: &str| {
                format!("resident = \"off\"\n[[provider]]\nname = \"own\"\nkind = \"command\"\nargv = [\"echo\", \"{word}\"]\n")
            };
            Some((Shows::Print(ASK), program("pwd"), program("ls")))
        }
        "provider.proxy" => Some((Shows::Settings, provider("openai", "proxy = \"off\""), provider("openai", ""))),
        "provider.ca_file" => Some((Shows::Settings, provider("openai", "ca_file = \"~/ca.pem\""), provider("openai", ""))),
        "rules" => alone(Shows::Verdict("cp -r one prod"), RULE),
        "rules.silence" => alone(Shows::Verdict("rm -rf build"), "rules.silence = [\"rm-recursive\"]"),
        "rules.add" => alone(Shows::Verdict("cp -r one prod"), RULE),
        "rules.add.id" => Some((Shows::Print(&["config", "get", "rules.add"]), RULE.replace("mine", "yours"), RULE.to_owned())),
        "rules.add.programs" => rule("[\"cp\"]", "[\"mv\"]"),
        "rules.add.sub" => part("sub = [\"plan\"]"),
        "rules.add.flags" => part("flags = [[\"-z\"]]"),
        "rules.add.without" => part("without = [\"-r\"]"),
        "rules.add.contains" => part("contains = [\"staging\"]"),
        "rules.add.target" => part("target = \"device\""),
        "rules.add.risk" => rule("\"high\"", "\"critical\""),
        "rules.add.reason" => rule("it changes", "that changes"),
        "rules.add.safer" => part("safer = \"cp -n\""),
        // The administrator's alone: the user's file is refused with it.
        "locked" => alone(Shows::Print(&["config", "check"]), "locked = [\"memory\"]"),
        _ => None,
    }
}

fn seen(shows: &Shows, text: &str) -> String {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new().set("OWN_KEY", "k");
    fs::write(env.home().join("key"), "k").unwrap();
    fs::set_permissions(env.home().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    let keys = env.home().join(".local/state/gptos/keys");
    fs::create_dir_all(&keys).unwrap();
    fs::set_permissions(keys.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(keys.join("own"), format!("http://{}\nhanded-over\n", provider.address())).unwrap();
    fs::set_permissions(keys.join("own"), fs::Permissions::from_mode(0o600)).unwrap();
    env.configure(&text.replace("URL", &provider.base_url()));
    let plain = |said: String| said.replace(&provider.address().to_string(), "HOST").replace(&*env.home().to_string_lossy(), "HOME");
    match shows {
        Shows::Init => ["bash", "zsh"].map(|shell| env.run(&["init", shell]).out).concat(),
        Shows::Print(["daemon", "run"]) if text.is_empty() => {
            let mut resident = env.start_resident();
            env.run(&["daemon", "stop"]);
            format!("{:?}", resident.wait().unwrap().code())
        }
        Shows::Print(arguments) => {
            let run = env.run(arguments);
            plain(format!("{:?} {} {}", run.code, run.out, run.err))
        }
        Shows::Verdict(command) => {
            let provider = "[[provider]]\nname = \"own\"\nkind = \"command\"\nargv";
            env.configure(&format!("resident = \"off\"\n{text}\n{provider} = [\"echo\", \"{command}\"]\n"));
            let run = env.run(&["translate", "--json", "--no-cache", "--shell", "bash", "--", "frobnicate the quux"]);
            let said: serde_json::Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.err));
            // A machine that is busy may leave it too little time.
            let mut held = String::new();
            wait_until("the line is judged", || {
                held = env.run_with_input(&["guard", "bash"], command.as_bytes()).out;
                !held.contains("took too long")
            });
            format!("{} {} {held}", said["risk"], said["reason"])
        }
        Shows::Request => {
            env.run(ASK);
            let requests = provider.requests();
            let request = requests.first().unwrap_or_else(|| panic!("nothing was asked with\n{text}"));
            let (way, key) = (request.head.lines().next().unwrap(), request.header("authorization"));
            plain(format!("{way} {key:?} {}", request.body))
        }
        Shows::Settings => {
            let paths = Paths {
                home: Some(env.home()),
                config_file: Some(env.config_file()),
                cache_dir: None,
                data_dir: None,
                state_dir: None,
                runtime: Vec::new(),
            };
            let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
            let setup = wiring::direct(&paths).setup();
            let told = (
                setup.deadline,
                setup.idle_exit,
                setup.metrics_port,
                setup.notify,
                config.memory,
                config.audit,
                config.shell.read_screen,
                &config.prefer,
                &config.traces_endpoint,
            );
            plain(format!("{told:?} {:?} {:?} {:?}", config.cache, config.online, config.providers))
        }
    }
}

#[test]
fn every_key_does_something() {
    for key in keys::ALL {
        let (shows, with, without) = row(key.path).unwrap_or_else(|| panic!("no row for `{}`", key.path));
        let (with, without) = (seen(&shows, &with), seen(&shows, &without));
        assert_ne!(with, without, "`{}` does nothing", key.path);
    }
}

#[test]
fn what_is_seen_without_a_change_is_the_same() {
    for key in ["guard", "deadline_ms", "provider.model", "rules.add.risk", "provider"] {
        let (shows, with, _) = row(key).unwrap();
        assert_eq!(seen(&shows, &with), seen(&shows, &with), "{key}");
    }
}
