//! `gptos provider test` and `gptos provider models`: what the configured providers say for themselves. In a project that turns
//! providers off nobody is asked.

use std::time::Instant;

use super::config::{load, refuse};
use super::output::Output;
use super::provider::Tester;
use super::{ExitStatus, facts, provider_mend};
use crate::config::{Config, nearest};
use crate::line::standing::Standing;
use crate::paths::Paths;
use crate::providers::{self, HttpPool, ProviderSettings};
use crate::wiring;

/// Lists the models of a provider, or says in one line why it cannot.
pub(super) type Lister<'a> = &'a dyn Fn(&ProviderSettings) -> Result<Vec<String>, String>;

/// Asks each configured provider, or the named one, a small question. The exit status is 1 when one of them fails.
pub(super) fn test(name: Option<&str>, paths: &Paths, tester: Tester<'_>, output: &mut Output<'_>) -> ExitStatus {
    let config = match load(paths) {
        Ok(config) => config,
        Err(problem) => return refuse(&problem, output),
    };
    let chosen: Vec<&ProviderSettings> = match name {
        Some(name) => match find(&config, name, "provider test", output) {
            Ok(provider) => vec![provider],
            Err(status) => return status,
        },
        None => config.providers.iter().collect(),
    };
    if chosen.is_empty() {
        output.error("provider test: no provider is configured", Some("`gptos provider add --help`, or `gptos provider discover`"));
        return ExitStatus::NoAnswer;
    }
    if let Some(why) = off_here(paths) {
        return refused_here("provider test", &why, output);
    }
    let mut status = ExitStatus::Success;
    for provider in chosen {
        output.progress(&format!("asking {}", provider.name));
        let started = Instant::now();
        match tester(provider) {
            Ok(answer) => {
                output.end_progress();
                output.line(&format!("{}: ok after {} ms: {answer}", provider.name, started.elapsed().as_millis()));
            }
            Err(reason) => {
                complain(&format!("provider {}", provider.name), &reason, output);
                status = ExitStatus::NoAnswer;
            }
        }
    }
    status
}

/// Prints the names of the models that a provider offers, one a line.
pub(super) fn models(name: &str, paths: &Paths, lister: Lister<'_>, output: &mut Output<'_>) -> ExitStatus {
    let config = match load(paths) {
        Ok(config) => config,
        Err(problem) => return refuse(&problem, output),
    };
    let provider = match find(&config, name, "provider models", output) {
        Ok(provider) => provider,
        Err(status) => return status,
    };
    if let Some(why) = off_here(paths) {
        return refused_here("provider models", &why, output);
    }
    match lister(provider) {
        Ok(models) => {
            models.iter().for_each(|model| output.line(model));
            ExitStatus::Success
        }
        Err(reason) => {
            complain(&format!("provider {name}"), &reason, output);
            ExitStatus::NoAnswer
        }
    }
}

/// Why no provider may be asked where this process stands, if none may.
pub(super) fn off_here(paths: &Paths) -> Option<String> {
    let facts = facts::gather(facts::default_shell(), String::new());
    Standing::look(paths, &facts).keeps_to_itself()
}

fn refused_here(verb: &str, why: &str, output: &mut Output<'_>) -> ExitStatus {
    output.error(&format!("{verb}: no provider is asked here: {why}"), Some("call it from a folder outside that project"));
    ExitStatus::NoAnswer
}

fn find<'a>(config: &'a Config, name: &str, verb: &str, output: &mut Output<'_>) -> Result<&'a ProviderSettings, ExitStatus> {
    config.providers.iter().find(|provider| provider.name == name).ok_or_else(|| {
        let names = || config.providers.iter().map(|provider| provider.name.as_str());
        let hint = match nearest(name, names()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if config.providers.is_empty() => "none is configured yet; `gptos provider add --help`".to_owned(),
            None => format!("configured: {}", names().collect::<Vec<_>>().join(", ")),
        };
        output.error(&format!("{verb}: no provider is named `{name}`"), Some(&hint));
        ExitStatus::Usage
    })
}

/// Reasons carry their hint behind a semicolon; on a line of its own it is easier to see.
fn complain(what: &str, reason: &str, output: &mut Output<'_>) {
    match reason.split_once("; hint: ") {
        Some((reason, hint)) => output.error(&format!("{what}: {reason}"), Some(hint)),
        None => output.error(&format!("{what}: {reason}"), None),
    }
}

/// Tries a provider with one small question and returns the command it gave.
pub(super) fn call_once(section: &ProviderSettings) -> Result<String, String> {
    let mut facts = facts::gather(facts::default_shell(), String::new());
    let provider = wiring::provider(section);
    facts::add_keys(&mut facts, &provider.key_variables().into_iter().map(str::to_owned).collect::<Vec<_>>());
    let tried = wiring::try_provider(&provider, &facts, &Paths::from_environment());
    tried.map_err(|(class, reason)| provider_mend::with_command(section, class.as_ref(), &reason))
}

/// Fetches the list of models.
pub(super) fn list_models(section: &ProviderSettings) -> Result<Vec<String>, String> {
    let mut facts = facts::gather(facts::default_shell(), String::new());
    let keys = wiring::key_source(section);
    facts::add_keys(&mut facts, &keys.variables().into_iter().map(str::to_owned).collect::<Vec<_>>());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let listed = runtime.block_on(providers::models(section, &HttpPool::new(), keys.as_ref(), &facts));
    runtime.shutdown_background();
    listed.map_err(|error| error.detail)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::output::tests::Captured;

    const TWO: &str = "[[provider]]\nname = \"one\"\nkind = \"ollama\"\nmodel = \"m\"\n[[provider]]\nname = \"two\"\nkind = \"command\"\nargv = [\"llm\"]\n";

    fn with(text: &str, act: impl FnOnce(&Paths, &mut Output<'_>) -> ExitStatus) -> (ExitStatus, String, String) {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("config.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let paths = Paths { home: None, config_file: Some(file), cache_dir: None, data_dir: None, state_dir: None, runtime: Vec::new() };
        let captured = Captured::default();
        let mut output = captured.output();
        let status = act(&paths, &mut output);
        (output.finish(status), captured.out(), captured.err())
    }

    fn tester(section: &ProviderSettings) -> Result<String, String> {
        if section.name == "one" { Ok("pwd".to_owned()) } else { Err("HTTP 401: no; hint: check the key".to_owned()) }
    }

    #[test]
    fn all_are_tested_or_the_one_that_is_named() {
        let (status, out, err) = with(TWO, |paths, output| test(None, paths, &tester, output));
        assert_eq!(status, ExitStatus::NoAnswer);
        assert!(out.starts_with("one: ok after ") && out.ends_with(" ms: pwd\n") && out.lines().count() == 1, "{out}");
        assert_eq!(err, "gptos: provider two: HTTP 401: no\nhint: check the key\n");
        let (status, _, err) = with(TWO, |paths, output| test(Some("one"), paths, &tester, output));
        assert_eq!((status, err.as_str()), (ExitStatus::Success, ""));
    }

    #[test]
    fn what_is_not_configured_is_named_with_what_is() {
        let (status, _, err) = with(TWO, |paths, output| test(Some("on"), paths, &tester, output));
        let said = "gptos: provider test: no provider is named `on`\nhint: did you mean `one`?\n";
        assert_eq!((status, err.as_str()), (ExitStatus::Usage, said));
        let (status, _, err) = with("", |paths, output| test(None, paths, &tester, output));
        assert!(status == ExitStatus::NoAnswer && err.contains("no provider is configured\nhint: "), "{err}");
        let (status, _, err) = with(TWO, |paths, output| models("elsewhere", paths, &|_| Ok(Vec::new()), output));
        assert!(status == ExitStatus::Usage && err.contains("hint: configured: one, two"), "{err}");
    }

    #[test]
    fn models_are_data_on_standard_output() {
        let lister = |_: &ProviderSettings| Ok(vec!["a:1".to_owned(), "b\u{1b}[2J".to_owned()]);
        let (status, out, err) = with(TWO, |paths, output| models("one", paths, &lister, output));
        assert_eq!((status, out.lines().count(), err.as_str()), (ExitStatus::Success, 2, ""));
        assert!(out.starts_with("a:1\n") && !out.contains('\u{1b}'), "{out}");
        let (status, out, err) =
            with(TWO, |paths, output| models("one", paths, &|_| Err("nothing listens; hint: start it".to_owned()), output));
        let said = "gptos: provider one: nothing listens\nhint: start it\n";
        assert_eq!((status, out.as_str(), err.as_str()), (ExitStatus::NoAnswer, "", said));
    }
}
