//! `gptos provider discover`: model servers on this machine, and the blocks that would add them. Nothing is added unless
//! the user says so.

use super::ExitStatus;
use super::config::{load, refuse, without_place};
use super::config_edit::{self, EditError};
use super::output::Output;
use super::provider::toml_string;
use crate::config::Config;
use crate::paths::Paths;
use crate::providers::{self, Found, HttpPool, LOCAL_SERVERS, ProviderKind};

/// Looks around on this machine.
pub(super) type Looker<'a> = &'a dyn Fn() -> Result<Vec<Found>, String>;

/// Prints what was found and the blocks for it, and adds those that are new after consent. The exit status is 1 when
/// nothing was found.
pub(super) fn run(yes: bool, paths: &Paths, looker: Looker<'_>, output: &mut Output<'_>) -> ExitStatus {
    let Some(file) = paths.config_file.as_deref() else { return without_place(output) };
    let config = match load(paths) {
        Ok(config) => config,
        Err(problem) => return refuse(&problem, output),
    };
    let found = match looker() {
        Ok(found) => found,
        Err(reason) => {
            output.error(&format!("provider discover: {reason}"), None);
            return ExitStatus::Internal;
        }
    };
    if found.is_empty() {
        let ports: Vec<String> = LOCAL_SERVERS.iter().map(|server| format!("{} ({})", server.port, server.name)).collect();
        output.error(
            &format!("provider discover: no model server answers on localhost: {}", ports.join(", ")),
            Some("start one, or `gptos provider add NAME --base-url URL --model MODEL` for another port"),
        );
        return ExitStatus::NoAnswer;
    }
    for server in &found {
        let place = server.base_url.authority();
        if let Some(known) = configured(&config, server) {
            output.remark(&format!("{place} is configured already as `{known}`"));
            continue;
        }
        let Some(model) = server.models.first() else {
            output.remark(&format!("a model server answers on {place}, but it has no model yet"));
            continue;
        };
        let count = server.models.len();
        output.remark(&format!("a model server answers on {place} with {count} model{}", if count == 1 { "" } else { "s" }));
        let block = block(&config, server, model);
        output.data(&format!("{block}\n"));
        if !yes && !output.consents(&format!("add this block to {}?", file.display())) {
            continue;
        }
        match config_edit::append_provider(file, paths.home.as_deref(), &block) {
            Ok(section) => output.remark(&format!("added `{}` to {}", section.name, file.display())),
            Err(EditError::Config(problem)) => return refuse(&problem, output),
            Err(error @ EditError::Io { .. }) => {
                output.error(&format!("provider discover: {error}"), None);
                return ExitStatus::Internal;
            }
            Err(error) => {
                output.error(&format!("provider discover: {error}"), None);
                return ExitStatus::Usage;
            }
        }
    }
    ExitStatus::Success
}

/// The name under which a server is configured, whatever protocol it is spoken to.
pub(super) fn configured<'a>(config: &'a Config, found: &Found) -> Option<&'a str> {
    let port = |authority: &str| authority.rsplit(':').next().map(str::to_owned);
    let is_same = |server: &providers::ServerSettings| {
        server.base_url.is_loopback() && port(&server.base_url.authority()) == port(&found.base_url.authority())
    };
    config.providers.iter().find(|provider| provider.server().is_some_and(is_same)).map(|provider| provider.name.as_str())
}

/// The text of a block for a server, under a name that is free.
pub(super) fn block(config: &Config, found: &Found, model: &str) -> String {
    let is_taken = |name: &str| config.providers.iter().any(|provider| provider.name == name);
    let name = found.server.name;
    let free = (2..).map(|number| format!("{name}-{number}")).find(|name| !is_taken(name));
    let name = if is_taken(name) { free.unwrap_or_default() } else { name.to_owned() };
    let kind = if found.server.is_ollama { ProviderKind::Ollama } else { ProviderKind::OpenAi };
    format!(
        "[[provider]]\nname = {}\nkind = {}\nbase_url = {}\nmodel = {}\n",
        toml_string(&name),
        toml_string(kind.name()),
        toml_string(&found.base_url.to_string()),
        toml_string(model)
    )
}

/// Asks the usual ports of this machine.
pub(super) fn look() -> Result<Vec<Found>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let found = runtime.block_on(providers::discover(&LOCAL_SERVERS, &HttpPool::new()));
    runtime.shutdown_background();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::output::tests::Captured;
    use crate::config::parse;

    const BLOCK: &str = "[[provider]]\nname = \"ollama\"\nkind = \"ollama\"\nbase_url = \"http://localhost:11434\"\nmodel = \"qwen:7b\"\n";

    fn ollama(models: &[&str]) -> Result<Vec<Found>, String> {
        let models = models.iter().map(|model| (*model).to_owned()).collect();
        Ok(vec![Found { server: LOCAL_SERVERS[0], base_url: "http://localhost:11434".parse().unwrap(), models }])
    }

    fn discover(yes: bool, before: &str, looker: Looker<'_>) -> (ExitStatus, String, String, String) {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("config.toml");
        fs::write(&file, before).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let paths =
            Paths { home: None, config_file: Some(file.clone()), cache_dir: None, data_dir: None, state_dir: None, runtime: Vec::new() };
        let captured = Captured::default();
        let mut output = captured.output();
        let status = run(yes, &paths, looker, &mut output);
        let status = output.finish(status);
        let err = captured.err().replace(&file.display().to_string(), "FILE");
        (status, captured.out(), err, fs::read_to_string(&file).unwrap())
    }

    #[test]
    fn without_consent_the_block_is_only_shown() {
        let (status, out, err, file) = discover(false, "", &|| ollama(&["qwen:7b", "b"]));
        assert_eq!((status, out, file.as_str()), (ExitStatus::Success, format!("{BLOCK}\n"), ""));
        assert_eq!(err, "gptos: a model server answers on localhost:11434 with 2 models\n");
    }

    #[test]
    fn with_consent_it_is_added_as_it_was_shown() {
        let (status, out, err, file) = discover(true, "", &|| ollama(&["qwen:7b"]));
        assert_eq!((status, out, file.as_str()), (ExitStatus::Success, format!("{BLOCK}\n"), BLOCK));
        assert!(err.ends_with("with 1 model\ngptos: added `ollama` to FILE\n"), "{err}");
        assert_eq!(parse(&file, std::path::Path::new("/c.toml"), None).unwrap().providers[0].model, "qwen:7b");
    }

    #[test]
    fn a_server_that_is_configured_is_not_added_again() {
        let before = "[[provider]]\nname = \"mine\"\nbase_url = \"http://127.0.0.1:11434/v1\"\nmodel = \"m\"\n";
        let (status, out, err, file) = discover(true, before, &|| ollama(&["qwen:7b"]));
        assert_eq!((status, out.as_str(), file.as_str()), (ExitStatus::Success, "", before));
        assert_eq!(err, "gptos: localhost:11434 is configured already as `mine`\n");
        let other = "[[provider]]\nname = \"ollama\"\nbase_url = \"https://a.example\"\nmodel = \"m\"\n";
        let (status, _, err, file) = discover(true, other, &|| ollama(&["qwen:7b"]));
        assert!(status == ExitStatus::Success && file.contains("name = \"ollama-2\""), "{err}{file}");
    }

    #[test]
    fn nothing_to_add_is_said_in_one_line() {
        let (status, out, err, _) = discover(true, "", &|| Ok(Vec::new()));
        assert_eq!((status, out.as_str()), (ExitStatus::NoAnswer, ""));
        assert!(err.contains("no model server answers on localhost: 11434 (ollama), 8080") && err.contains("\nhint: start one"), "{err}");
        let (status, out, err, file) = discover(true, "", &|| ollama(&[]));
        assert_eq!((status, out.as_str(), file.as_str()), (ExitStatus::Success, "", ""));
        assert_eq!(err, "gptos: a model server answers on localhost:11434, but it has no model yet\n");
    }
}
