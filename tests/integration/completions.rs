//! What shells offer behind `gptos auth login` and where else a provider is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::environment::{TestEnv, binary, provider_block, run};
use crate::pty::Terminal;

/// Providers that are configured: a service, and a server of one's own.
const CONFIGURED: [&str; 2] = ["openai", "own-server"];
const FOR_LOGIN: [&str; 6] = ["anthropic", "gemini", "groq", "openai", "openrouter", "own-server"];

/// A home in which shells find the program.
fn home() -> TestEnv {
    let env = TestEnv::new();
    let bin = env.home().join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(binary(), bin.join("gptos")).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let providers = [provider_block("openai", "https://api.openai.com/v1", ""), provider_block("own-server", "http://localhost:9", "")];
    env.configure(&providers.concat());
    env.set("PATH", &path)
}

/// What a shell offers for the last of these words.
fn offered(env: &TestEnv, shell: &str, words: &[&str]) -> Vec<String> {
    let mut command = Command::new(shell);
    command.env_clear().current_dir(env.work());
    for (name, value) in env.command(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let script = match shell {
        "bash" => {
            "source <(gptos completions bash); COMP_WORDS=(gptos \"$@\"); COMP_CWORD=$#
             _gptos gptos \"${COMP_WORDS[$#]}\" \"${COMP_WORDS[$# - 1]}\"; printf '%s\\n' \"${COMPREPLY[@]}\""
        }
        _ => "gptos completions fish | source; complete -C \"gptos $argv\"",
    };
    let own: &[&str] = if shell == "bash" { &["--norc", "-c", script, "bash"] } else { &["--no-config", "-c", script] };
    command.args(own).args(words);
    let told = run(command, b"");
    assert_eq!(told.err, "", "{shell} {words:?}");
    let names = told.out.lines().filter_map(|line| line.split('\t').next()).filter(|name| !name.is_empty() && !name.starts_with('-'));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn names_of_providers_are_offered_where_one_is_meant() {
    let env = home();
    assert_eq!(env.run(&["provider", "list", "--names"]).out, "openai\nown-server\n");
    for shell in ["bash", "fish"] {
        for (words, names) in [
            (["auth", "login", ""], &FOR_LOGIN[..]),
            (["auth", "login", "o"], &["openai", "openrouter", "own-server"]),
            (["auth", "logout", ""], &CONFIGURED),
            (["auth", "status", "ow"], &["own-server"]),
            (["provider", "test", ""], &CONFIGURED),
            (["provider", "models", "opena"], &["openai"]),
            (["provider", "add", "llama"], &["llama.cpp"]),
        ] {
            assert_eq!(offered(&env, shell, &words), names, "{shell} {words:?}");
        }
    }
    // With a mistake in the configuration the services are still known, and nobody is bothered.
    env.configure("deadlin_ms = 1\n");
    for shell in ["bash", "fish"] {
        assert_eq!(offered(&env, shell, &["auth", "login", "a"]), ["anthropic"]);
        assert_eq!(offered(&env, shell, &["auth", "status", "o"]), Vec::<String>::new(), "{shell}");
    }
}

#[test]
fn zsh_completes_a_name_and_lists_several() {
    let env = home();
    let mut terminal = Terminal::start_program(&env, "/usr/bin/zsh", &["-f", "-i"]);
    terminal.type_in("PS1='%# '; autoload -Uz compinit; compinit -u -D; source <(gptos completions zsh); print -r -- re''ady\n");
    terminal.wait_for("ready", 1);
    terminal.type_in("gptos auth status own\t 2>/dev/null >seen; print -r -- do''ne\n");
    terminal.wait_for("done", 1);
    assert!(fs::read_to_string(env.work().join("seen")).unwrap().contains("own-server"), "{}", terminal.shown());
    terminal.type_in("gptos auth login \t");
    for name in FOR_LOGIN {
        terminal.wait_for(name, 1);
    }
    terminal.type_in("\u{15}exit\n");
    assert_eq!(terminal.end().0, Some(0));
}
