use std::path::Path;

use super::*;
use crate::config::{Config, ValueOrigin, parse};

fn read(block: &str) -> Result<Config, ConfigProblem> {
    parse(&format!("[[provider]]\nname = \"a\"\n{block}"), Path::new("/home/ada/.config/gptos/config.toml"), Some(Path::new("/home/ada")))
}

fn server(block: &str) -> ServerSettings {
    read(block).unwrap_or_else(|problem| panic!("{block}: {problem}")).providers[0].server().expect("a server").clone()
}

#[test]
fn kinds_with_one_service_bring_its_address() {
    for (kind, url) in [
        ("openai", "https://api.openai.com/v1"),
        ("anthropic", "https://api.anthropic.com/v1"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta"),
        ("ollama", "http://localhost:11434"),
    ] {
        let config = read(&format!("kind = \"{kind}\"\nmodel = \"m\"")).unwrap();
        let provider = &config.providers[0];
        assert_eq!((provider.kind().name(), provider.server().unwrap().base_url.to_string().as_str()), (kind, url));
        assert_eq!(config.origin("provider.a.base_url"), ValueOrigin::Default);
        assert_eq!(config.origin("provider.a.kind"), ValueOrigin::File { line: 3 });
        let elsewhere = format!("kind = \"{kind}\"\nmodel = \"m\"\nbase_url = \"https://b.example/x\"");
        assert_eq!(server(&elsewhere).base_url.to_string(), "https://b.example/x");
    }
}

#[test]
fn every_kind_has_its_wire() {
    for kind in ProviderKind::ALL {
        let block = match kind {
            ProviderKind::Command => "kind = \"command\"\nargv = [\"/usr/bin/llm\", \"-m\", \"x\"]".to_owned(),
            kind => format!("kind = \"{}\"\nmodel = \"m\"\nbase_url = \"https://b.example\"", kind.name()),
        };
        let provider = &read(&block).unwrap().providers[0];
        assert_eq!(provider.kind(), kind);
        assert_eq!(ProviderKind::from_name(kind.name()), Some(kind));
        assert_eq!(provider.model, if kind == ProviderKind::Command { "llm" } else { "m" });
    }
    let azure = |more: &str| server(&format!("kind = \"azure\"\nmodel = \"m\"\nbase_url = \"https://b.example\"\n{more}")).wire;
    assert_eq!(azure(""), WireSettings::Azure { api_version: AZURE_VERSION.to_owned() });
    assert_eq!(azure("api_version = \"2025-04-01-preview\""), WireSettings::Azure { api_version: "2025-04-01-preview".to_owned() });
    let documented = crate::config::keys::find("provider.api_version").unwrap().default;
    assert_eq!(documented, format!("\"{AZURE_VERSION}\""));
}

#[test]
fn the_way_to_a_server_can_be_told() {
    let plain = server("kind = \"openai\"\nmodel = \"m\"");
    assert_eq!((plain.proxy, plain.ca_file), (ProxySettings::OfTheShell, None));
    for (file, path) in [("/ca.pem", "/ca.pem"), ("~/ca.pem", "/home/ada/ca.pem"), ("ca.pem", "/home/ada/.config/gptos/ca.pem")] {
        let block = format!("kind = \"openai\"\nmodel = \"m\"\nproxy = \"off\"\nca_file = \"{file}\"");
        let own = server(&block);
        assert_eq!((own.proxy, own.ca_file.as_deref()), (ProxySettings::Off, Some(Path::new(path))));
        let config = read(&block).unwrap();
        let row = |name: &str| config.rows().into_iter().find(|(key, ..)| key == name).map(|(_, value, origin)| (value, origin));
        assert_eq!(row("provider.a.proxy"), Some(("\"off\"".to_owned(), ValueOrigin::File { line: 5 })));
        assert_eq!(row("provider.a.ca_file"), Some((format!("\"{path}\""), ValueOrigin::File { line: 6 })));
    }
}

#[test]
fn arguments_of_programs_are_not_shown() {
    let config = read("kind = \"command\"\nargv = [\"llm\", \"--key\", \"sk-do-not-print-me\"]").unwrap();
    let rows = config.rows();
    let argv = rows.iter().find(|(key, ..)| key == "provider.a.argv").unwrap();
    assert_eq!((argv.1.as_str(), argv.2), ("llm …", ValueOrigin::File { line: 4 }));
    assert!(!format!("{rows:?}").contains("sk-do-not"));
}

#[test]
fn keys_that_do_not_fit_the_kind_are_named_with_their_line() {
    let azure = "kind = \"azure\"\nmodel = \"m\"\nbase_url = \"https://b.example\"\n";
    for (block, line, key, cause) in [
        ("model = \"m\"", 1, "base_url", "missing"),
        ("kind = \"azure\"\nmodel = \"m\"", 1, "base_url", "missing"),
        ("kind = \"anthropic\"", 1, "model", "missing"),
        ("kind = \"command\"", 1, "argv", "missing"),
        ("kind = \"command\"\nargv = []", 4, "argv", "expected an array of words such as [\"claude\", \"-p\"]"),
        ("kind = \"command\"\nargv = [\"\"]", 4, "argv", "expected an array of words such as [\"claude\", \"-p\"]"),
        ("kind = \"command\"\nargv = \"claude -p\"", 4, "argv", "expected an array of words such as [\"claude\", \"-p\"]"),
        ("kind = \"command\"\nargv = [\"llm\"]\nmodel = \"m\"", 5, "model", "does not go with kind = \"command\""),
        ("kind = \"command\"\nargv = [\"llm\"]\nbase_url = \"https://b\"", 5, "base_url", "does not go with kind = \"command\""),
        ("kind = \"command\"\nargv = [\"llm\"]\nkey = { env = \"K\" }", 5, "key", "does not go with kind = \"command\""),
        ("kind = \"command\"\nargv = [\"llm\"]\nproxy = \"off\"", 5, "proxy", "does not go with kind = \"command\""),
        ("kind = \"openai\"\nmodel = \"m\"\nargv = [\"llm\"]", 5, "argv", "does not go with kind = \"openai\""),
        ("kind = \"gemini\"\nmodel = \"m\"\napi_version = \"v1\"", 5, "api_version", "does not go with kind = \"gemini\""),
        (&format!("{azure}api_version = \"1&key=2\""), 6, "api_version", "expected a version such as \"2024-10-21\""),
        (&format!("{azure}proxy = \"on\""), 6, "proxy", "expected \"off\""),
        (&format!("{azure}ca_file = \"\""), 6, "ca_file", "expected a path that is absolute, begins with `~/` or is relative to this file"),
    ] {
        let problem = read(block).unwrap_err();
        let key = format!("provider.{key}");
        assert_eq!((problem.line, problem.key.as_deref(), problem.cause.as_str()), (Some(line), Some(key.as_str()), cause), "{block}");
    }
}
