use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use super::*;
use crate::cli::output::tests::Captured;
use crate::config::parse;

struct Place {
    _temp: tempfile::TempDir,
    file: PathBuf,
    tested: RefCell<Vec<String>>,
    verdict: Result<String, String>,
}

fn place() -> Place {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("conf/gptos/config.toml");
    Place { _temp: temp, file, tested: RefCell::default(), verdict: Ok("answers `ls`".to_owned()) }
}

impl Place {
    fn write(&self, text: &str) {
        fs::create_dir_all(self.file.parent().unwrap()).unwrap();
        fs::write(&self.file, text).unwrap();
        fs::set_permissions(&self.file, fs::Permissions::from_mode(0o640)).unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap_or_default()
    }

    fn paths(&self) -> Paths {
        Paths {
            home: Some(PathBuf::from("/home/ada")),
            config_file: Some(self.file.clone()),
            cache_dir: None,
            data_dir: None,
            state_dir: None,
            runtime: Vec::new(),
        }
    }

    fn add(&self, arguments: &ProviderAddArguments) -> (ExitStatus, String) {
        let captured = Captured::default();
        let tester = |section: &ProviderSettings| {
            self.tested.borrow_mut().push(section.name.clone());
            self.verdict.clone()
        };
        let status = add(arguments, &self.paths(), &tester, &mut captured.output());
        assert_eq!(captured.out(), "");
        (status, captured.err().replace(&self.file.display().to_string(), "FILE"))
    }

    fn list(&self) -> (ExitStatus, String) {
        let captured = Captured::default();
        let mut output = captured.output();
        let status = list(&ProviderListArguments::default(), &self.paths(), &mut output);
        (output.finish(status), captured.out())
    }
}

fn named(name: &str) -> ProviderAddArguments {
    ProviderAddArguments { name: name.to_owned(), ..Default::default() }
}

fn openai() -> ProviderAddArguments {
    ProviderAddArguments { key_env: Some("OPENAI_API_KEY".to_owned()), ..named("openai") }
}

fn program(argv: &[&str]) -> ProviderAddArguments {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    ProviderAddArguments { kind: Some("command".to_owned()), argv, ..named("mine") }
}

#[test]
fn a_program_is_added_and_whoever_adds_it_hears_whose_subscription_pays() {
    let place = place();
    let before = "# mine\ndeadline_ms = 5000 # odd  spacing\n";
    place.write(before);
    let (status, err) = place.add(&program(&["sh", "-c", "echo \"$1\""]));
    assert_eq!(status, ExitStatus::Success, "{err}");
    let block = "[[provider]]\nname = \"mine\"\nkind = \"command\"\nargv = [\"sh\", \"-c\", \"echo \\\"$1\\\"\"]\n";
    assert_eq!(place.text(), format!("{before}\n{block}"));
    let said = "gptos: each question runs `sh` under its own login: it counts against the subscription or credit of that account, ";
    assert!(err.lines().nth(1).is_some_and(|line| line.starts_with(said)), "{err}");
    assert!(!err.contains("echo"), "its arguments may hold a key: {err}");
    assert_eq!(*place.tested.borrow(), ["mine"]);
}

#[test]
fn a_provider_is_added_to_a_new_file_and_tested_once() {
    let place = place();
    let (status, err) = place.add(&openai());
    assert_eq!((status, err.as_str()), (ExitStatus::Success, "gptos: added `openai` to FILE\ngptos: provider openai: answers `ls`\n"));
    assert_eq!(
        place.text(),
        "[[provider]]\nname = \"openai\"\nkind = \"openai\"\nbase_url = \"https://api.openai.com/v1\"\nmodel = \"gpt-4.1-mini\"\nkey = { env = \"OPENAI_API_KEY\" }\n"
    );
    assert_eq!(*place.tested.borrow(), ["openai"]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place.file), mode(place.file.parent().unwrap())), (0o600, 0o700));
    let table = "NAME    KIND    MODEL         ORIGIN                  KEY\nopenai  openai  gpt-4.1-mini  https://api.openai.com  env\n";
    assert_eq!(place.list(), (ExitStatus::Success, table.to_owned()));
}

#[test]
fn what_was_in_the_file_stays_byte_for_byte() {
    for before in [
        "# mine\r\ndeadline_ms = 5000 # odd  spacing",
        "[shell]\nkey = ''\n",
        "\n\n",
        "[[provider]]\nname='x'\nbase_url='https://x.example'\nmodel='m'",
    ] {
        let place = place();
        place.write(before);
        assert_eq!(place.add(&openai()).0, ExitStatus::Success);
        assert!(
            place.text().starts_with(before) && place.text()[before.len()..].trim_start().starts_with("[[provider]]\n"),
            "{}",
            place.text()
        );
        assert_eq!(fs::metadata(&place.file).unwrap().permissions().mode() & 0o777, 0o640);
        let left: Vec<_> = fs::read_dir(place.file.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1);
    }
}

#[test]
fn a_file_that_is_a_link_stays_one() {
    let place = place();
    place.write("");
    let real = place.file.with_file_name("real.toml");
    fs::rename(&place.file, &real).unwrap();
    symlink("real.toml", &place.file).unwrap();
    assert_eq!(place.add(&openai()).0, ExitStatus::Success);
    assert!(fs::symlink_metadata(&place.file).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("openai"));
}

#[test]
fn what_cannot_be_added_changes_nothing() {
    let inline = "provider = [{ name = \"x\", base_url = \"https://x.example\", model = \"m\" }]\n";
    let with = |change: &dyn Fn(&mut ProviderAddArguments)| {
        let mut arguments = openai();
        change(&mut arguments);
        arguments
    };
    for (before, arguments, said) in [
        ("deadline_ms = x", openai(), "FILE:1: "),
        ("deadline_ms = 1", openai(), "FILE:1: `deadline_ms`: expected"),
        (
            "[[provider]]\nname = \"openai\"\nbase_url = \"https://x.example\"\nmodel = \"m\"\n",
            openai(),
            "there is a provider named `openai` already",
        ),
        (inline, openai(), "cannot add a block to this file"),
        ("", named("openai"), "`openai` needs a key\nhint: --key-env OPENAI_API_KEY"),
        ("", named("ollama"), "`ollama` needs --model"),
        ("", named("mine"), "`mine` is not a known service, so --base-url is needed\nhint: these bring their own URL: openai,"),
        ("", named("opnai"), "did you mean `openai`?"),
        ("", named("My Server"), "name: expected 1 to 32 characters"),
        ("", with(&|a| a.kind = Some("smtp".to_owned())), "--kind: expected one of openai, anthropic, gemini, ollama, azure, command"),
        ("", with(&|a| a.kind = Some("command".to_owned())), "--key-env does not go with --kind command\nhint: "),
        ("", with(&|a| a.argv = vec!["sh".to_owned()]), "a program after `--` goes with --kind command"),
        ("", program(&[]), "`mine` needs a program after `--`\nhint: gptos provider add --kind command mine -- claude -p"),
        ("", program(&["no-such-program-4711"]), "no program `no-such-program-4711` is on the search path\nhint: "),
        ("", with(&|a| (a.name, a.kind) = ("mine".to_owned(), Some("azure".to_owned()))), "`mine` is not a known service, so --base-url"),
        ("", with(&|a| a.base_url = Some("http://x.example".to_owned())), "needs --model"),
        (
            "",
            with(&|a| (a.base_url, a.model) = (Some("http://x.example".to_owned()), Some("m".to_owned()))),
            "plain http to x.example would send",
        ),
        ("", with(&|a| a.key_env = Some("sk-secret".to_owned())), "key.env: expected the name of an environment variable"),
        ("", with(&|a| a.model = Some(" ".to_owned())), "model: expected the name of a model"),
    ] {
        let place = place();
        place.write(before);
        let (status, err) = place.add(&arguments);
        assert_eq!(status, ExitStatus::Usage, "{err}");
        assert!(err.contains(said) && !err.contains("sk-secret"), "{said}: {err}");
        assert_eq!(place.text(), before);
        assert!(place.tested.borrow().is_empty());
    }
}

#[test]
fn a_failed_test_call_is_reported_and_the_block_stays() {
    let place = Place { verdict: Err("HTTP 401".to_owned()), ..place() };
    let (status, err) = place.add(&openai());
    assert_eq!(status, ExitStatus::NoAnswer);
    assert!(err.contains("provider openai: test call: HTTP 401\nhint: the block was written nevertheless"), "{err}");
    assert!(place.text().contains("openai"));
}

#[test]
fn known_names_bring_what_they_need() {
    for known in &KNOWN {
        let mut arguments = named(known.name);
        arguments.key_env = known.key_variable.map(str::to_owned);
        arguments.model = known.model.is_none().then(|| "m".to_owned());
        let text = block(&arguments).unwrap();
        let config = parse(&text, Path::new("/c.toml"), None).unwrap();
        assert_eq!(
            (config.providers[0].name.as_str(), config.providers[0].server().unwrap().base_url.to_string().as_str()),
            (known.section, known.base_url)
        );
        assert_eq!(config.providers[0].kind(), known.kind);
        assert!(known.key_variable.is_none() || known.kind.vendor_url().is_none_or(|url| url == known.base_url || known.kind == OPENAI));
    }
}

#[test]
fn a_kind_with_one_service_needs_no_address() {
    let place = place();
    let arguments = ProviderAddArguments {
        kind: Some("anthropic".to_owned()),
        model: Some("claude-x".to_owned()),
        key_env: Some("K".to_owned()),
        ..named("work")
    };
    assert_eq!(place.add(&arguments).0, ExitStatus::Success);
    assert!(place.text().contains("kind = \"anthropic\"\nbase_url = \"https://api.anthropic.com/v1\"\n"), "{}", place.text());
    place.write("[[provider]]\nname = \"mine\"\nkind = \"command\"\nargv = [\"/opt/llm\", \"-x\"]\n");
    assert_eq!(place.list().1, "NAME  KIND     MODEL  ORIGIN        KEY\nmine  command  llm    this machine  none\n");
}

#[test]
fn many_additions_at_once_all_last() {
    let place = place();
    let file = &place.file;
    std::thread::scope(|scope| {
        for number in 0..12 {
            scope.spawn(move || {
                let block = format!("[[provider]]\nname = \"p{number}\"\nbase_url = \"https://x.example\"\nmodel = \"m\"\n");
                config_edit::append_provider(file, None, &block).unwrap();
            });
        }
    });
    assert_eq!(parse(&place.text(), file, None).unwrap().providers.len(), 12);
}

proptest::proptest! {
    #[test]
    fn any_text_survives_being_written(text in "\\PC*|[\\x00-\\x7f]*") {
        let table: toml::Table = toml::from_str(&format!("x = {}", toml_string(&text))).unwrap();
        proptest::prop_assert_eq!(table["x"].as_str(), Some(text.as_str()));
    }
}
