//! The quoting function against the shells themselves: whatever the word, the shell reads it back unchanged.

use std::process::Command;

use gptos::domain::ShellKind;
use gptos::syntax::{quote, quote_glob, quote_path};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Runs a script without any start-up file and gives its standard output.
fn run(shell: ShellKind, script: &str, cwd: &std::path::Path) -> Vec<u8> {
    let arguments: &[&str] = match shell {
        ShellKind::Bash => &["--noprofile", "--norc", "-c"],
        ShellKind::Zsh => &["-f", "-c"],
        ShellKind::Fish => &["--no-config", "-c"],
    };
    let output = Command::new(shell.name())
        .args(arguments)
        .arg(script)
        .current_dir(cwd)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", cwd)
        .output()
        .unwrap_or_else(|error| panic!("{shell} must be installed for this test: {error}"));
    assert!(output.status.success(), "{shell}: {}\n{script}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// How many words go to a shell at once, and how often: some hundreds in all, or as many as the environment says.
fn amount() -> (usize, u32) {
    let wanted: usize = std::env::var("GPTOS_TEST_NAMES").ok().and_then(|count| count.parse().ok()).unwrap_or(720);
    let at_once = if wanted > 10_000 { 500 } else { 60 };
    (at_once, u32::try_from(wanted.div_ceil(at_once)).unwrap())
}

fn words(count: usize) -> impl Strategy<Value = Vec<String>> {
    let nasty = prop::sample::select(vec![
        "",
        "~",
        "~root",
        "=ls",
        "-n",
        "--",
        "%self",
        "$HOME",
        "${x:-y}",
        "`id`",
        "$(id)",
        "it's",
        "\"",
        "\\",
        "\\'",
        "'\\''",
        "!!",
        "!x",
        "a b",
        "*",
        "?",
        "[a-z]",
        "{a,b}",
        "a=~/b",
        "#x",
        "x#y",
        "^a",
        "a;b",
        "a&b",
        "a|b",
        "<a",
        ">b",
        "(a)",
        "\n",
        "a\nb",
        "\t",
        "\r",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "ünïcödé",
        "日本語",
        "🙂",
        "-rf /",
        "\u{1}0",
        "\\n",
        "$'a'",
        "end",
        "if",
        "then",
        "a\\",
    ]);
    let from_meta = "[a-z0-9 '\"\\\\$`!*?\\[\\]{}()<>|&;~#=%^,:@+\n\t./_-]{0,12}";
    let any = any::<String>().prop_map(|text| text.replace('\0', ""));
    let word = prop_oneof![3 => nasty.prop_map(str::to_owned), 4 => from_meta, 3 => any];
    prop::collection::vec(word, count)
}

#[test]
fn any_word_comes_back_as_one_literal_word() {
    let empty = tempfile::tempdir().unwrap();
    for shell in ShellKind::ALL {
        let (count, cases) = amount();
        let mut runner = TestRunner::new(Config { cases, max_shrink_iters: 200, ..Config::default() });
        let outcome = runner.run(&words(count), |words| {
            // The private use area is where fish keeps its own marks; it takes no such character from anybody.
            let words: Vec<String> = words.iter().map(|word| word.replace(|c| ('\u{e000}'..='\u{f8ff}').contains(&c), "")).collect();
            let quoted: Vec<String> = words.iter().map(|word| quote(word, shell)).collect();
            let output = run(shell, &format!("printf '%s\\0' {}", quoted.join(" ")), empty.path());
            let expected: Vec<u8> = words.iter().flat_map(|word| word.bytes().chain([0])).collect();
            prop_assert_eq!(String::from_utf8_lossy(&output), String::from_utf8_lossy(&expected), "{}: {:?}", shell, quoted);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{shell}: {error}");
        }
    }
}

#[test]
fn a_tilde_in_front_of_a_path_still_expands() {
    let home = tempfile::tempdir().unwrap();
    for shell in ShellKind::ALL {
        let script = format!("printf '%s\\0' {} {}", quote_path("~/my docs/$x", shell), quote_path("~", shell));
        let expected = format!("{0}/my docs/$x\0{0}\0", home.path().display());
        assert_eq!(String::from_utf8_lossy(&run(shell, &script, home.path())), expected, "{shell}");
    }
}

#[test]
fn a_pattern_still_matches_and_only_that() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a b.txt", "a c.txt", "-x.txt", "$y.md"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    for shell in ShellKind::ALL {
        let list = |pattern: &str| {
            let output = run(shell, &format!("printf '%s\\0' {}", quote_glob(pattern, shell)), folder.path());
            let mut names: Vec<String> = String::from_utf8_lossy(&output).split_terminator('\0').map(str::to_owned).collect();
            names.sort();
            names
        };
        assert_eq!(list("a *.txt"), ["a b.txt", "a c.txt"], "{shell}");
        assert_eq!(list("$y*"), ["$y.md"], "{shell}");
        assert_eq!(list("-*"), ["./-x.txt"], "{shell}");
    }
}
