use super::*;

fn read(arguments: &[&str]) -> Result<Invocation, UsageError> {
    parse(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
}

fn query(arguments: &[&str]) -> Option<String> {
    match read(arguments) {
        Ok(Invocation::Translate(translate)) => translate.words(),
        other => panic!("{arguments:?}: {other:?}"),
    }
}

#[test]
fn every_verb_is_understood() {
    let json = StatusArguments { json: true };
    let plain = StatusArguments { json: false };
    for (arguments, invocation) in [
        (&["init", "zsh"][..], Invocation::Init(ShellKind::Zsh)),
        (&["init", "bash"], Invocation::Init(ShellKind::Bash)),
        (&["completions", "fish"], Invocation::Completions(ShellKind::Fish)),
        (&["man"], Invocation::Man),
        (&["auth", "logout"], Invocation::Auth(AuthVerb::Logout { provider: None })),
        (
            &["auth", "login", "openai", "--stdin", "--no-check", "--store", "file"],
            Invocation::Auth(AuthVerb::Login(AuthLoginArguments {
                provider: Some("openai".to_owned()),
                stdin: true,
                no_check: true,
                replace: false,
                store: Some(StoreName(crate::domain::LoginStore::File)),
            })),
        ),
        (&["auth", "status", "--json"], Invocation::Auth(AuthVerb::Status(AuthStatusArguments { provider: None, json: true }))),
        (
            &["explain", "--shell", "zsh", "--short", "--", "ls", "-l"],
            Invocation::Explain(ExplainArguments {
                shell: Some(ShellName(ShellKind::Zsh)),
                json: false,
                short: true,
                command: vec!["ls".to_owned(), "-l".to_owned()],
            }),
        ),
        (&["tldr", "search", "pack", "it"], Invocation::Tldr(TldrVerb::Search { words: vec!["pack".to_owned(), "it".to_owned()] })),
        (
            &["tldr", "update", "--url", "https://m/a.zip"],
            Invocation::Tldr(TldrVerb::Update(TldrUpdateArguments { url: Some("https://m/a.zip".to_owned()) })),
        ),
        (&["daemon", "run"], Invocation::Daemon(DaemonVerb::Run(RunArguments::default()))),
        (&["daemon", "stop"], Invocation::Daemon(DaemonVerb::Stop)),
        (&["daemon", "status", "--json"], Invocation::Daemon(DaemonVerb::Status(json))),
        (&["status"], Invocation::Daemon(DaemonVerb::Status(plain))),
        (&["status", "--json"], Invocation::Daemon(DaemonVerb::Status(json))),
        (&["privacy", "--json"], Invocation::Privacy(json)),
        (&["stats", "--since", "36h"], Invocation::Stats(StatsArguments { since: 36 * 3_600_000, json: false, mend: false })),
        (&["metrics"], Invocation::Metrics),
        (&["alerts", "rules"], Invocation::AlertRules),
        (&["cache", "stats"], Invocation::Cache(CacheVerb::Stats(StatusArguments { json: false }))),
        (&["cache", "clear"], Invocation::Cache(CacheVerb::Clear)),
        (&["config", "path"], Invocation::Config(ConfigVerb::Path)),
        (&["config", "show"], Invocation::Config(ConfigVerb::Show { origin: false })),
        (&["config", "check"], Invocation::Config(ConfigVerb::Check { file: None })),
        (&["provider", "list"], Invocation::Provider(ProviderVerb::List(ProviderListArguments::default()))),
        (&["provider", "list", "--names"], Invocation::Provider(ProviderVerb::List(ProviderListArguments { names: true }))),
        (&["provider", "test"], Invocation::Provider(ProviderVerb::Test { name: None })),
        (&["provider", "test", "a"], Invocation::Provider(ProviderVerb::Test { name: Some("a".to_owned()) })),
        (&["provider", "models", "a"], Invocation::Provider(ProviderVerb::Models { name: "a".to_owned() })),
        (&["provider", "discover", "--yes"], Invocation::Provider(ProviderVerb::Discover(ProviderDiscoverArguments { yes: true }))),
        (
            &["provider", "add", "openai", "--key-env", "OPENAI_API_KEY"],
            Invocation::Provider(ProviderVerb::Add(ProviderAddArguments {
                name: "openai".to_owned(),
                key_env: Some("OPENAI_API_KEY".to_owned()),
                ..Default::default()
            })),
        ),
        (
            &["batch", "translate", "--offline", "--shell", "fish"],
            Invocation::Batch(BatchVerb::Translate(BatchArguments {
                shell: Some(ShellName(ShellKind::Fish)),
                offline: true,
                no_cache: false,
            })),
        ),
        (
            &["translate", "-n", "3", "--no-cache", "--json", "--shell", "bash", "--", "a", "--offline"],
            Invocation::Translate(TranslateArguments {
                why: false,
                shell: Some(ShellName(ShellKind::Bash)),
                count: 3,
                offline: false,
                no_cache: true,
                json: true,
                show_request: false,
                refine: None,
                asked: None,
                scope: None,
                words: vec!["a".to_owned(), "--offline".to_owned()],
            }),
        ),
    ] {
        assert_eq!(read(arguments), Ok(invocation), "{arguments:?}");
    }
}

#[test]
fn words_become_a_query_only_when_that_is_plain() {
    assert_eq!(query(&["list files by size"]).as_deref(), Some("list files by size"));
    assert_eq!(query(&["status of the disk"]).as_deref(), Some("status of the disk"));
    assert_eq!(query(&["--", "list", "files"]).as_deref(), Some("list files"));
    assert_eq!(query(&["--", "status"]).as_deref(), Some("status"));
    assert_eq!(query(&["--", "--help"]).as_deref(), Some("--help"));
    assert_eq!(query(&["--", "a", "--", "b"]).as_deref(), Some("a -- b"));
    assert_eq!(query(&["translate", "--", "list", "files"]).as_deref(), Some("list files"));
    assert_eq!(query(&["translate", "--", "what's  my ip"]).as_deref(), Some("what's  my ip"));
    assert_eq!(query(&["größte\u{a0}Dateien"]).as_deref(), Some("größte\u{a0}Dateien"));
    assert_eq!(query(&["translate"]), None);
    assert_eq!(query(&["translate", "--offline"]), None);
    assert_eq!(query(&["two\nlines"]).as_deref(), Some("two\nlines"));
    assert_eq!(query(&[" "]).as_deref(), Some(" "));
}

#[test]
fn a_wrong_command_line_says_what_to_do() {
    for (arguments, message, hint) in [
        (&["sttaus"][..], "`sttaus` is not a verb", "did you mean `gptos status`?"),
        (&["translat"], "`translat` is not a verb", "did you mean `gptos translate`?"),
        (&["ls"], "`ls` is not a verb", "to ask for a command, use several words in quotes"),
        (&["list", "files"], "`list` is not a verb", "to ask for a command, quote the words or put `--` in front of them"),
        (&["sttaus", "--json"], "`sttaus` is not a verb", "did you mean `gptos status`?"),
        (&["list files", "by size"], "`list files` is not a verb", "to ask for a command, quote the words or put `--` in front of them"),
        (
            &["confg", "show"],
            "`confg` is not a verb",
            "did you mean `gptos config`? to ask for a command, quote the words or put `--` in front of them",
        ),
        (&["config", "shwo"], "`shwo` is not a verb", "did you mean `gptos config show`?"),
        (&["config", "frobnicate"], "`frobnicate` is not a verb", "run `gptos help config`"),
        (&["config"], "`config` needs to know what to do", "run `gptos help config`"),
        (&[], "nothing asked", "run `gptos help`"),
        (&["--"], "nothing asked", "run `gptos help`"),
        (&["--jsn"], "unexpected argument '--jsn' found", "run `gptos help`"),
        (&["status", "--jsn"], "unexpected argument '--jsn' found", "did you mean `--json`?"),
        (&["translate", "list", "files"], "unexpected argument 'list' found", "put `--` in front of the words"),
        (&["translate", "-n", "0"], "invalid value '0' for '--count <N>': 0 is not in 1..=20", "run `gptos help translate`"),
        (&["translate", "-n", "x"], "invalid value 'x' for '--count <N>': invalid digit found in string", "run `gptos help translate`"),
        (&["init", "tcsh"], "invalid value 'tcsh' for '<SHELL>'", "one of zsh, bash, fish"),
        (&["init"], "the following required arguments were not provided: <SHELL>", "run `gptos help init`"),
        (
            &["audit", "forget"],
            "the following required arguments were not provided: <--since <TIME>|--all>",
            "run `gptos help audit forget`",
        ),
        (&["memory", "forget"], "the following required arguments were not provided: <--all|WORDS>", "run `gptos help memory forget`"),
        (&["help", "sttaus"], "`sttaus` is not a verb", "did you mean `status`?"),
        (&["help", "config", "x"], "`config x` is not a verb", "run `gptos help all`"),
        (
            &["provider", "add", "a", "--key-env", "A", "--key-file", "B"],
            "the argument '--key-env <NAME>' cannot be used with '--key-file <FILE>'",
            "run `gptos help provider add`",
        ),
    ] {
        let error = read(arguments).unwrap_err();
        assert_eq!((error.message.as_str(), error.hint.as_deref()), (message, Some(hint)), "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_answers() {
    for arguments in
        [&["--help"][..], &["-h"], &["help"], &["--version"], &["-V"], &["help", "all"], &["config", "--help"], &["help", "config", "show"]]
    {
        assert!(matches!(read(arguments), Ok(Invocation::Print(text)) if !text.is_empty() && text.ends_with('\n')), "{arguments:?}");
    }
    assert_eq!(read(&["--version"]), Ok(Invocation::Print(format!("gptos {}\n", env!("CARGO_PKG_VERSION")))));
}

fn printed(arguments: &[&str]) -> String {
    match read(arguments) {
        Ok(Invocation::Print(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn short_help_shows_ten_verbs_at_most_and_full_help_shows_all() {
    let short = printed(&["--help"]);
    let listed: Vec<_> = short.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  ")).collect();
    assert!((5..=10).contains(&listed.len()), "{short}");
    let full = printed(&["help", "all"]);
    for leaf in help::leaves(&help::built()) {
        let name = leaf.get_display_name().unwrap_or_default().replace('-', " ");
        assert!(full.contains(&name), "{name} in {full}");
    }
    assert!(full.contains("gptos completions") && full.contains("gptos man") && full.contains("gptos cache clear"), "{full}");
    assert!(!full.contains("widget"), "{full}");
    assert!(printed(&["help", "config", "show"]).contains("gptos config show"));
}

#[test]
fn the_definition_is_sound() {
    definition().debug_assert();
    for leaf in help::leaves(&help::built()) {
        assert!(leaf.get_about().is_some_and(|about| !about.to_string().ends_with('.')), "{}", leaf.get_name());
        assert!(leaf.get_arguments().all(|argument| argument.get_help().is_some()), "{}", leaf.get_name());
    }
}

#[test]
fn words_that_are_not_text_are_refused() {
    use std::os::unix::ffi::OsStringExt;
    let garbage = OsString::from_vec(vec![b'a', b' ', 0xff]);
    for arguments in [vec![garbage.clone()], vec!["--".into(), garbage.clone()], vec!["translate".into(), "--".into(), garbage]] {
        assert!(parse(&arguments).is_err());
    }
}
