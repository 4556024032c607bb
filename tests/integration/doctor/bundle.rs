//! `gptos doctor --bundle`: a report that strangers may read.

use super::*;

#[test]
fn a_report_holds_what_helps_and_nothing_of_the_user() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // Somewhere all of it must come from.
    let env = well();
    let terminal = format!("ada-of-the-test plain-key-of-the-test {host} {}/x", env.home().display());
    let env = env.set("USER", "ada-of-the-test").set("FAKE_KEY", "plain-key-of-the-test").set("TERM_PROGRAM", &terminal);
    env.with_provider("own", &server.base_url(), "key = { env = \"FAKE_KEY\" }");
    let mut resident = env.start_resident();
    // The log may hold words, from a time in which somebody wanted to see them.
    assert_eq!(env.run(&["log", "level", "debug"]).code, Some(0));
    env.run(&["translate", "--shell", "bash", "--no-cache", "--", "list files by size in ./plain-words"]);
    let log = env.home().join(".local/state/gptos/log/gptos.jsonl");
    wait_until("words are in the log", || fs::read_to_string(&log).is_ok_and(|log| log.contains("plain-words")));
    assert_eq!(env.run(&["log", "level", "--reset"]).code, Some(0));
    env.run_with_input(&["widget", "bash"], b"list files by size in ./plain-words");
    env.run_with_input(&["ran", "bash", "0"], b"list files by size in ./plain-words\0ls -lS ./plain-words");
    let run = env.run(&["doctor", "--bundle", "report.txt"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "report.txt\n"), "{}", run.err);
    assert!(
        run.err.contains("versions, findings, configuration, shell, status, metrics") && run.err.contains("read it before you send it")
    );
    let file = env.work().join("report.txt");
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    for part in [
        "== versions ==\ngptos ",
        "deadline_ms = 8000",
        "provider.1.base_url = this machine, http, port ",
        "provider.1.key = a variable",
        "loaded from a file",
        "Ctrl-G: of gptos in keymap emacs-standard",
        "gptos_requests_total",
        "\"event\":\"request_began\"",
        "\"version\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("TERM_PROGRAM=set\n"), "{text}");
    for gone in [env.home().to_str().unwrap(), "ada-of-the-test", "plain-key-of-the-test", "plain-words", &format!(" {host} ")] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    assert_eq!(server.connections(), 0);
    // What is there is never written over.
    let again = env.run(&["doctor", "--bundle", "report.txt"]);
    assert_eq!((again.code, again.out.as_str()), (Some(2), ""));
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert_eq!(env.run(&["doctor", "--bundle"]).code, Some(0));
    let named = |name: &str| name.starts_with("gptos-report-");
    wait_until("it has a name of its own", || {
        fs::read_dir(env.work()).unwrap().any(|one| named(one.unwrap().file_name().to_str().unwrap()))
    });
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

/// What is written where a user may write something: it must be nowhere in a report.
const PLANTED: &str = "zqplanted";

/// A word that is found again, and that tells where it comes from.
fn planted(place: &str) -> String {
    format!("{PLANTED}-{place}")
}

/// The lines of a report that hold something of the user.
fn leaks(text: &str) -> Vec<&str> {
    let lower = |line: &str| line.to_lowercase().contains(PLANTED) || line.contains("hunter2");
    text.lines().filter(|line| lower(line)).collect()
}

fn report(env: &TestEnv, name: &str, more: &[&str]) -> String {
    let arguments: Vec<&str> = ["doctor", "--bundle", name].iter().chain(more).copied().collect();
    let run = env.run(&arguments);
    assert_eq!(run.code, Some(0), "{}", run.err);
    fs::read_to_string(env.work().join(name)).unwrap()
}

/// A start-up file whose keys, plugins and options are the user's own, behind the integration.
fn start_up(env: &TestEnv, shell: &str) {
    let bin = binary().display();
    let (file, text) = match shell {
        "bash" => (
            ".bashrc",
            format!(
                "GPTOS_KEY2='zqplanted-key'\neval \"$({bin} init bash)\"\nzqplanted_plugin() {{ :; }}\nalias zq='mysql -phunter2'\n\
                 bind '\"\\C-g\": \"mysql -phunter2\\n\"'\nbind -m vi-insert -x '\"\\C-g\": mysql -phunter2'\nbind '\"\\t\": \"zqplanted\"'\n\
                 bind '\"?\": \"zqplanted-mark\"'\nbind -m vi-command '\"\\C-g\\C-f\": \"zqplanted-longer\"'\n"
            ),
        ),
        "zsh" => (
            ".zshrc",
            format!(
                "source <({bin} init zsh)\nzqplanted-widget() {{ :; }}\nzle -N zqplanted-widget\nbindkey -M viins '^G' zqplanted-widget\n\
                 bindkey -s '^G' 'mysql -phunter2\\n'\nbindkey -s '^I' 'zqplanted'\nbindkey '?' zqplanted-widget\nbindkey '^G^F' zqplanted-widget\n\
                 bindkey -N zqplantedmap emacs\n"
            ),
        ),
        _ => (
            ".config/fish/config.fish",
            format!(
                "set -g GPTOS_KEY2 zqplanted\n{bin} init fish | source\nfunction zqplanted_function; end\nbind \\cg 'mysql -phunter2'\nbind \\t zqplanted_function\n\
                 bind '?' zqplanted_function\nbind \\cg\\cf zqplanted_function\n"
            ),
        ),
    };
    let file = env.home().join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// A machine on which everything that a user may name holds the word.
fn full_of_names(shell: &str, away: &str) -> TestEnv {
    let env = TestEnv::new();
    let state = folder(env.home().join(planted("state")));
    let other = folder(env.work().join(planted("bin")));
    fs::write(other.join("gptos"), "#!/bin/sh\n").unwrap();
    set_mode(&other.join("gptos"), 0o755);
    folder(env.work().join(planted("kitty/kitty")));
    fs::write(env.work().join(planted("kitty/kitty/kitty.conf")), "map ctrl+g launch zqplanted\n").unwrap();
    let proxy = "http://zqplanted-user:zqplanted-password@zqplanted-proxy.localhost:1";
    let env = env
        .set("XDG_STATE_HOME", state.to_str().unwrap())
        .set("PATH", &format!("{}:/usr/bin:/bin", other.display()))
        .set("SHELL", &format!("/bin/{shell}"))
        .set("USER", &planted("user"))
        .set("TERM_PROGRAM", &planted("terminal"))
        .set("TERM", &planted("term"))
        .set("LANG", &planted("lang"))
        .set("COLORTERM", &planted("color"))
        .set("HTTPS_PROXY", proxy)
        .set("ZQPLANTED_KEY", &planted("value-of-a-key"))
        .set("OTEL_EXPORTER_OTLP_HEADERS", "zqplanted=zqplanted-header")
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://zqplanted-collector.localhost:1");
    start_up(&env, shell);
    let key = env.home().join(planted("key-file"));
    fs::write(&key, planted("key-in-a-file")).unwrap();
    set_mode(&key, 0o644);
    let block = |name: &str, rest: &str| format!("[[provider]]\nname = \"zqplanted-{name}\"\n{rest}\n");
    env.configure(
        &[
            "[shell]\nkey = \"ctrl-g\"\nscopes = [\"git\", \"zqplanted-scope\"]\n[log]\nlevel = \"debug\"\n",
            "[traces]\nendpoint = \"http://zqplanted-collector.localhost:4318\"\n[spend]\nday = \"777.77 USD\"\n",
            "[[rules.add]]\nid = \"zqplanted-rule\"\nprograms = [\"zqplanted\"]\nrisk = \"high\"\nreason = \"zqplanted\"\n",
            &block("near", &format!("base_url = \"{away}\"\nmodel = \"zqplanted-model\"\nkey = {{ env = \"ZQPLANTED_KEY\" }}")),
            &block(
                "far",
                "base_url = \"https://zqplanted-host.localhost:8443/zqplanted-path\"\nmodel = \"zqplanted\"\nca_file = \"/zqplanted/ca.pem\"\n\
                 key = { command = [\"/zqplanted/pass\", \"show\", \"zqplanted-entry\"] }\nproxy = \"off\"",
            ),
            &block("file", "base_url = \"https://zqplanted-host.localhost:8444\"\nmodel = \"m\"\nkey = { file = \"~/zqplanted-key-file\" }"),
            &block("login", "base_url = \"https://zqplanted-host.localhost:8445\"\nmodel = \"m\"\nkey = { login = \"file\" }"),
            &block("program", "kind = \"command\"\nargv = [\"/zqplanted/llm\", \"--zqplanted\"]"),
            &block("azure", "kind = \"azure\"\nbase_url = \"https://zqplanted.openai.azure.com/openai/deployments/zqplanted\"\nmodel = \"m\""),
        ]
        .concat(),
    );
    let intents = folder(env.home().join(".config/gptos/intents"));
    fs::write(intents.join("zqplanted.toml"), "zqplanted = 3\n").unwrap();
    fs::write(
        env.work().join(".gptos.toml"),
        "zqplanted = 1\n[[rules.add]]\nid = \"zqplanted-project\"\nprograms = [\"zqplanted\"]\nrisk = \"high\"\nreason = \"zqplanted\"\n",
    )
    .unwrap();
    env
}

#[test]
fn nothing_that_a_user_named_or_wrote_is_in_a_report() {
    let body = format!("{{\"error\":{{\"message\":\"{}\",\"type\":\"x\"}}}}", planted("message-of-a-server"));
    let server = FakeProvider::always(Reply::status("401 Unauthorized", "x-request-id: zqplanted-request\r\n", &body));
    for (shell, kind) in [
        ("bash", "Ctrl-G: a macro or a command in keymap emacs-standard"),
        ("zsh", "Ctrl-G: a macro in keymap emacs"),
        ("fish", "Ctrl-G: a command or function of the user's in keymap default"),
    ] {
        let env = full_of_names(shell, &server.base_url());
        let mut resident = env.start_resident();
        for words in ["zqplanted things of zqplanted-town", "list files by size in ./zqplanted-folder"] {
            env.run(&["translate", "--shell", "bash", "--no-cache", "--", words]);
        }
        assert!(server.count() > 0, "the provider was asked, so its name is counted and logged");
        let text = report(&env, "first.txt", &["--call"]);
        assert_eq!(leaks(&text), Vec::<&str>::new(), "{shell}");
        for part in [
            kind,
            "provider.1.base_url = this machine, http, port ",
            "provider.2.base_url = a private host, https, port 8443",
            "provider.2.key = a command and 2 words",
            "provider.5.argv = a program and 1 words",
            "provider: HTTP 401",
            "shadowed",
            "key-taken: Ctrl-G is ",
            "gptos_provider_attempts_total{provider=\"provider-1\",result=",
            "\"provider\":\"provider-1\"",
        ] {
            assert!(text.contains(part), "{shell}: {part}: {text}");
        }
        // The same where the file cannot be read, and where the state is what is wrong.
        env.configure("zqplanted = \"zqplanted\"\n[zqplanted-table]\nx = 1\n");
        set_mode(&env.home().join("zqplanted-state/gptos"), 0o755);
        let text = report(&env, "second.txt", &[]);
        assert_eq!(leaks(&text), Vec::<&str>::new(), "{shell}");
        assert!(text.contains("config: line 1, a key that is not known"), "{text}");
        env.run(&["daemon", "stop"]);
        resident.wait().unwrap();
    }
}

#[test]
fn a_dash_is_standard_output_and_no_file() {
    let env = well();
    let run = env.run(&["doctor", "--bundle", "-"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.starts_with("A report of gptos for a bug.") && run.out.contains("\n== versions ==\ngptos "), "{}", run.out);
    assert!(run.err.contains("read it before you send it") && !run.err.contains("readable by you alone"), "{}", run.err);
    assert_eq!(fs::read_dir(env.work()).unwrap().count(), 0, "nothing is left behind");
}
