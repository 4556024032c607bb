//! Every key of the configuration changes something that somebody can see. A key without a row here is an error.

mod effects;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;

use gptos::config::keys;

use self::effects::Effect;
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
    /// In what the program does.
    Done(Effect),
}

const ASK: &[&str] = &["translate", "--no-cache", "--shell", "bash", "--", "frobnicate the quux"];
/// A thousandth of a dollar for a token that is read, two for one that is written.
const PRICE: &str = "price = { input = \"1000 USD/Mtok\", output = \"2000 USD/Mtok\" }";
const RULE: &str = "[[rules.add]]\nid = \"mine\"\nprograms = [\"cp\"]\nrisk = \"high\"\nreason = \"it changes what runs\"\n";

/// Where a key shows, in a file with it and in one without. `URL` is a provider, `PORT` a port that nobody has.
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
    // A background process and a provider whose answers are dear, and the same with a cap on what is spent.
    let on = |more: &str| format!("{more}\n{}", provider("openai", "").replace("resident = \"off\"\n", ""));
    let under = |more: &str| format!("{more}\n{}", provider("openai", ""));
    let priced = |cap: &str| Some((Shows::Print(ASK), format!("{cap}\n{}", provider("openai", PRICE)), provider("openai", PRICE)));
    let away = |url: &str, more: &str| provider("openai", more).replace("URL", url);
    let alone = |shows: Shows, text: &str| Some((shows, text.to_owned(), String::new()));
    match key {
        "resident" => alone(Shows::Print(&["daemon", "run"]), "resident = \"off\""),
        "memory" => alone(Shows::Done(effects::remembered), "resident = \"off\"\nmemory = \"off\""),
        "audit" => alone(Shows::Done(effects::recorded), "resident = \"off\"\naudit = \"off\""),
        "deadline_ms" => Some((Shows::Done(effects::awaited), under("deadline_ms = 600"), under(""))),
        "idle_exit_minutes" => alone(Shows::Done(effects::stays), "idle_exit_minutes = 1"),
        "metrics_port" => alone(Shows::Done(effects::told_to), "metrics_port = PORT"),
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
        "shell.read_screen" => alone(Shows::Done(effects::mended), "shell.read_screen = true"),
        "offline.prefer" => alone(Shows::Done(effects::searched), "offline.prefer = [\"rg\"]"),
        "cache.max_entries" => alone(Shows::Done(effects::kept), "cache.max_entries = 3"),
        "cache.max_disk_mib" => alone(Shows::Print(&["privacy"]), "cache.max_disk_mib = 3"),
        "cache.ttl_days" => Some((Shows::Done(effects::asked_again), on("cache.ttl_days = 3"), on(""))),
        "log.level" => alone(Shows::Print(&["log", "level"]), "log.level = \"warn,suggest=debug\""),
        "traces.endpoint" => alone(Shows::Done(effects::told_to), "traces.endpoint = \"http://localhost:4318\""),
        "hedge" => Some((Shows::Done(effects::hedged), on("hedge = \"on\""), on(""))),
        "limits.user_per_minute" => Some((Shows::Done(effects::called), on("limits.user_per_minute = 3"), on(""))),
        "limits.session_per_minute" => Some((Shows::Done(effects::called), on("limits.session_per_minute = 3"), on(""))),
        "limits.in_flight" => Some((Shows::Done(effects::at_once), on("limits.in_flight = 1"), on(""))),
        "limits.calls_per_provider" => Some((Shows::Done(effects::at_once), on("limits.calls_per_provider = 1"), on(""))),
        "alerts.notify" => Some((Shows::Done(effects::needed), on("alerts.notify = false"), on(""))),
        "alerts.silence" => Some((Shows::Done(effects::needed), on("alerts.silence = [\"key\"]"), on(""))),
        "spend.day" => priced("spend.day = \"0.01 USD\""),
        "spend.month" => priced("spend.month = \"0.01 USD\""),
        "spend.day_tokens" => priced("spend.day_tokens = 1"),
        "provider.price" => Some((Shows::Done(effects::spent), provider("openai", PRICE), provider("openai", ""))),
        "provider.price.input" => {
            Some((Shows::Done(effects::spent), provider("openai", PRICE), provider("openai", &PRICE.replace("1000", "3000"))))
        }
        "provider.price.output" => {
            Some((Shows::Done(effects::spent), provider("openai", PRICE), provider("openai", &PRICE.replace("2000", "4000"))))
        }
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
        "provider.proxy" => {
            Some((Shows::Done(effects::way), away("https://vendor.invalid", "proxy = \"off\""), away("https://vendor.invalid", "")))
        }
        "provider.ca_file" => {
            Some((Shows::Print(ASK), away("https://127.0.0.1:1", "ca_file = \"~/ca.pem\""), away("https://127.0.0.1:1", "")))
        }
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
    let bin = env.home().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("rg"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(bin.join("rg"), fs::Permissions::from_mode(0o755)).unwrap();
    let env = env.set("PATH", &format!("{}:/usr/bin:/bin", bin.display()));
    fs::write(env.home().join("key"), "k").unwrap();
    fs::set_permissions(env.home().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    let keys = env.home().join(".local/state/gptos/keys");
    fs::create_dir_all(&keys).unwrap();
    fs::set_permissions(keys.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(keys.join("own"), format!("http://{}\nhanded-over\n", provider.address())).unwrap();
    fs::set_permissions(keys.join("own"), fs::Permissions::from_mode(0o600)).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    env.configure(&text.replace("URL", &provider.base_url()).replace("PORT", &port));
    let plain = |said: String| {
        let said = said.replace(&provider.address().to_string(), "HOST").replace(&*env.home().to_string_lossy(), "HOME");
        said.replace(&format!(":{port}"), ":PORT")
    };
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
        Shows::Done(effect) => plain(effect(&env, &provider)),
    }
}

/// Looks at keys, several at once, because some of them need a while to show.
fn look_at(keys: impl Iterator<Item = &'static str> + Send, look: impl Fn(&str) + Sync) {
    let left = Mutex::new(keys);
    let next = || left.lock().unwrap().next();
    std::thread::scope(|scope| {
        (0..4).for_each(|_| {
            drop(scope.spawn(|| {
                while let Some(key) = next() {
                    look(key)
                }
            }))
        })
    });
}

#[test]
fn every_key_does_something() {
    look_at(keys::ALL.iter().map(|key| key.path), |key| {
        let (shows, with, without) = row(key).unwrap_or_else(|| panic!("no row for `{key}`"));
        let (with, without) = (seen(&shows, &with), seen(&shows, &without));
        assert_ne!(with, without, "`{key}` does nothing");
    });
}

#[test]
fn what_is_seen_without_a_change_is_the_same() {
    let others = ["guard", "provider.model", "rules.add.risk", "provider", "spend.day"];
    let is_done = |key: &&str| others.contains(key) || matches!(row(key), Some((Shows::Done(_), ..)));
    look_at(keys::ALL.iter().map(|key| key.path).filter(is_done), |key| {
        let (shows, with, _) = row(key).unwrap();
        // Where the machine is busy a question may be answered beside the background process.
        let is_same = (0..3).any(|_| seen(&shows, &with) == seen(&shows, &with));
        assert!(is_same, "{key}");
    });
}
