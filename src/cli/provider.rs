//! `gptos provider …`

use std::path::Path;

use super::arguments::{ProviderAddArguments, ProviderListArguments};
use super::config::{load, refuse, without_place};
use super::config_edit::{self, EditError};
use super::output::{Output, visible};
use super::{ExitStatus, columns, facts, provider_ask, provider_command};
use crate::config::nearest;
use crate::domain::{KeySettings, LoginStore};
use crate::paths::Paths;
use crate::providers::{BaseUrl, ProviderKind, ProviderSettings};

/// What is known about a service or a local server by its name.
struct Known {
    /// What the user types.
    name: &'static str,
    /// What stands in the file, where a dot is not allowed.
    section: &'static str,
    kind: ProviderKind,
    base_url: &'static str,
    /// A model that answers fast enough for a key press; servers of one's own differ too much for a default.
    model: Option<&'static str>,
    /// The variable in which its users keep its key; `None` for a server that needs no key.
    key_variable: Option<&'static str>,
}

const fn known(
    (name, section): (&'static str, &'static str),
    (kind, base_url): (ProviderKind, &'static str),
    model: Option<&'static str>,
    key_variable: Option<&'static str>,
) -> Known {
    Known { name, section, kind, base_url, model, key_variable }
}

const OPENAI: ProviderKind = ProviderKind::OpenAi;
const KNOWN: [Known; 9] = [
    known(("openai", "openai"), (OPENAI, "https://api.openai.com/v1"), Some("gpt-4.1-mini"), Some("OPENAI_API_KEY")),
    known(
        ("anthropic", "anthropic"),
        (ProviderKind::Anthropic, "https://api.anthropic.com/v1"),
        Some("claude-haiku-4-5"),
        Some("ANTHROPIC_API_KEY"),
    ),
    known(
        ("gemini", "gemini"),
        (ProviderKind::Gemini, "https://generativelanguage.googleapis.com/v1beta"),
        Some("gemini-2.5-flash"),
        Some("GEMINI_API_KEY"),
    ),
    known(("openrouter", "openrouter"), (OPENAI, "https://openrouter.ai/api/v1"), Some("openai/gpt-4.1-mini"), Some("OPENROUTER_API_KEY")),
    known(("groq", "groq"), (OPENAI, "https://api.groq.com/openai/v1"), Some("llama-3.3-70b-versatile"), Some("GROQ_API_KEY")),
    known(("ollama", "ollama"), (ProviderKind::Ollama, "http://localhost:11434"), None, None),
    // The server of llama.cpp answers with the model it was started with, whatever name is asked for.
    known(("llama.cpp", "llama-cpp"), (OPENAI, "http://localhost:8080/v1"), Some("default"), None),
    known(("lmstudio", "lmstudio"), (OPENAI, "http://localhost:1234/v1"), None, None),
    known(("vllm", "vllm"), (OPENAI, "http://localhost:8000/v1"), None, None),
];

/// A service elsewhere that is known by name.
pub(super) struct Vendor {
    /// What the user types.
    pub(super) name: &'static str,
    /// What its block is called.
    pub(super) section: &'static str,
    /// The variable in which its users keep its key.
    pub(super) variable: &'static str,
    /// What this process has there.
    pub(super) key: Option<String>,
}

/// All of them.
pub(super) fn vendors() -> Vec<Vendor> {
    let vendor = |known: &Known| {
        let variable = known.key_variable?;
        let key = facts::variable(variable).filter(|key| !key.trim().is_empty());
        Some(Vendor { name: known.name, section: known.section, variable, key })
    };
    KNOWN.iter().filter_map(vendor).collect()
}

/// Whether this is the address of such a service.
pub(super) fn is_address_of_a_service(url: &BaseUrl) -> bool {
    let services = KNOWN.iter().filter(|known| known.key_variable.is_some());
    services.filter_map(|known| known.base_url.parse::<BaseUrl>().ok()).any(|service| service.origin() == url.origin())
}

/// Makes one call to a provider and gives a line about the answer, or the reason why there is none.
pub type Tester<'a> = &'a dyn Fn(&ProviderSettings) -> Result<String, String>;

/// Lists the configured providers in the order they are asked.
pub fn list(arguments: &ProviderListArguments, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let config = match load(paths) {
        Ok(config) => config,
        Err(problem) => return refuse(&problem, output),
    };
    if arguments.names {
        config.providers.iter().for_each(|provider| output.line(&provider.name));
        return ExitStatus::Success;
    }
    if config.providers.is_empty() {
        output.remark("no provider is configured; the embedded translator answers alone");
        return ExitStatus::Success;
    }
    let header = ["NAME", "KIND", "MODEL", "ORIGIN", "KEY"].map(str::to_owned);
    let rows = config.providers.iter().map(|provider| {
        let key = match &provider.key {
            None => "none".to_owned(),
            // The value of none of these is the key, but a name is enough here; `gptos config show` tells the place.
            Some(KeySettings::File(_)) => "file".to_owned(),
            Some(KeySettings::Command(_)) => "command".to_owned(),
            Some(KeySettings::Env(_)) => "env".to_owned(),
            Some(KeySettings::Login(login)) => format!("login {}", login.store.name()),
        };
        let origin = provider.server().map_or_else(|| "this machine".to_owned(), |server| server.base_url.origin());
        [provider.name.clone(), provider.kind().name().to_owned(), visible(&provider.model), origin, key]
    });
    let table: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    columns::lines(&table, usize::MAX, &[]).iter().for_each(|line| output.line(line));
    ExitStatus::Success
}

/// Adds a provider to the configuration file and tests it with one call. The block stays when the call fails: the
/// network may be down, or the server not started yet. Then the exit status is 1.
pub fn add(arguments: &ProviderAddArguments, paths: &Paths, tester: Tester<'_>, output: &mut Output<'_>) -> ExitStatus {
    let Some(file) = paths.config_file.as_deref() else { return without_place(output) };
    let block = match block(arguments) {
        Ok(block) => block,
        Err((what, hint)) => return wrong(&what, hint.as_deref(), output),
    };
    let section = match config_edit::append_provider(file, paths.home.as_deref(), &block) {
        Ok(section) => section,
        Err(EditError::Config(problem)) => return refuse(&problem, output),
        Err(EditError::Duplicate(name)) => {
            let hint = format!("choose another name, or change the block in {}", file.display());
            return wrong(&format!("there is a provider named `{name}` already"), Some(&hint), output);
        }
        Err(EditError::Refused(problem)) => return wrong(&problem, None, output),
        Err(error @ EditError::Io { .. }) => {
            output.error(&format!("provider add: {error}"), None);
            return ExitStatus::Internal;
        }
    };
    output.remark(&format!("added `{}` to {}", section.name, file.display()));
    if section.kind() == ProviderKind::Command {
        output.remark(&provider_command::who_pays(&section.model));
    }
    if let Some(why) = provider_ask::off_here(paths) {
        output.remark(&format!("provider {}: not tested here: {why}", section.name));
        return ExitStatus::Success;
    }
    test(&section, file, tester, output)
}

fn test(section: &ProviderSettings, file: &Path, tester: Tester<'_>, output: &mut Output<'_>) -> ExitStatus {
    match tester(section) {
        Ok(answer) => {
            output.remark(&format!("provider {}: {answer}", section.name));
            ExitStatus::Success
        }
        Err(reason) => {
            output.error(
                &format!("provider {}: test call: {reason}", section.name),
                Some(&format!("the block was written nevertheless; change or remove it in {}", file.display())),
            );
            ExitStatus::NoAnswer
        }
    }
}

fn wrong(what: &str, hint: Option<&str>, output: &mut Output<'_>) -> ExitStatus {
    output.error(&format!("provider add: {what}"), hint);
    ExitStatus::Usage
}

/// The names by which services are known that need a key.
pub(super) fn services() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().filter(|known| known.key_variable.is_some()).map(|known| known.name)
}

/// Services and servers that bring their own address.
pub(super) fn known_names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name)
}

/// Whether a service or a server is known by this name.
pub(super) fn is_service(name: &str) -> bool {
    KNOWN.iter().any(|known| known.name == name)
}

/// The block of a known service whose key is handed over, or why there is none.
pub(super) fn login_block(name: &str, store: LoginStore) -> Result<String, (String, Option<String>)> {
    if !services().any(|service| service == name) {
        return Err((format!("`{name}` needs no key"), Some(format!("`gptos provider add {name}` adds it"))));
    }
    let arguments = ProviderAddArguments { name: name.to_owned(), ..ProviderAddArguments::default() };
    block_with(&arguments, Some(format!("login = {}", toml_string(store.name()))))
}

/// The text of a block, and what is wrong with the arguments, if it cannot be made.
pub(super) fn block(arguments: &ProviderAddArguments) -> Result<String, (String, Option<String>)> {
    let key = match (&arguments.key_file, &arguments.key_command, &arguments.key_env) {
        (Some(file), _, _) => Some(format!("file = {}", toml_string(&absolute_key_file(file)?))),
        (_, Some(command), _) => Some(format!("command = {}", toml_string(command))),
        (_, _, Some(variable)) => Some(format!("env = {}", toml_string(variable))),
        _ => None,
    };
    block_with(arguments, key)
}

fn block_with(arguments: &ProviderAddArguments, key: Option<String>) -> Result<String, (String, Option<String>)> {
    let known = KNOWN.iter().find(|known| known.name == arguments.name || known.section == arguments.name);
    let name = known.map_or(arguments.name.as_str(), |known| known.section);
    crate::config::check_provider_name(name).map_err(|expected| (format!("name: {expected}"), None))?;
    let kind = match arguments.kind.as_deref() {
        None => known.map_or(ProviderKind::OpenAi, |known| known.kind),
        Some(kind) => ProviderKind::from_name(kind).ok_or_else(|| {
            let kinds = ProviderKind::ALL.map(ProviderKind::name);
            (format!("--kind: expected one of {}", kinds.join(", ")), None)
        })?,
    };
    if kind == ProviderKind::Command {
        return provider_command::block(name, arguments, &facts::gather(facts::default_shell(), String::new()));
    }
    if !arguments.argv.is_empty() {
        return Err(("a program after `--` goes with --kind command".to_owned(), None));
    }
    let known = known.filter(|known| known.kind == kind);
    let own = arguments.kind.as_ref().and_then(|_| kind.vendor_url());
    let base_url = arguments.base_url.as_deref().or(known.map(|known| known.base_url)).or(own).ok_or_else(|| {
        let names = KNOWN.iter().map(|known| known.name);
        let hint = match nearest(name, names.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("these bring their own URL: {}", names.collect::<Vec<_>>().join(", ")),
        };
        (format!("`{name}` is not a known service, so --base-url is needed"), Some(hint))
    })?;
    // At another address under a known name may be another server, which has another set of models and keys.
    let known = known.filter(|known| arguments.base_url.as_deref().is_none_or(|url| url.trim_end_matches('/') == known.base_url));
    let model =
        arguments.model.as_deref().or(known.and_then(|known| known.model)).ok_or_else(|| (format!("`{name}` needs --model"), None))?;
    if let (None, Some(variable)) = (&key, known.and_then(|known| known.key_variable)) {
        let hint = format!("--key-env {variable}, --key-file FILE or --key-command COMMAND; or `gptos auth login {}`", arguments.name);
        return Err((format!("`{name}` needs a key"), Some(hint)));
    }
    let mut block = format!(
        "[[provider]]\nname = {}\nkind = {}\nbase_url = {}\nmodel = {}\n",
        toml_string(name),
        toml_string(kind.name()),
        toml_string(base_url),
        toml_string(model)
    );
    if let Some(key) = key {
        block.push_str(&format!("key = {{ {key} }}\n"));
    }
    Ok(block)
}

/// A relative path on the command line begins at the working directory, one in the file beside the file.
fn absolute_key_file(file: &str) -> Result<String, (String, Option<String>)> {
    if file.starts_with("~/") {
        return Ok(file.to_owned());
    }
    let absolute = std::path::absolute(file).map_err(|error| (format!("--key-file: {error}"), None))?;
    absolute.into_os_string().into_string().map_err(|_| ("--key-file: the path is not UTF-8 text".to_owned(), None))
}

/// `text` as a TOML string.
pub(super) fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
