//! `gptos auth status`: where the key of each provider is and whether it is there, never the key.

use serde::Serialize;

use super::arguments::AuthStatusArguments;
use super::auth::{Refusal, find};
use super::daemon::exchange;
use super::output::{Output, visible};
use super::{ExitStatus, columns, facts};
use crate::config::{Config, check_provider_name};
use crate::domain::{KeySettings, LoginStore, Secret};
use crate::paths::Paths;
use crate::protocol::{KEY_UNAVAILABLE, Status, WireEndpoint};
use crate::providers::ProviderSettings;
use crate::wiring;

/// What is told of one provider.
#[derive(Debug, Serialize)]
struct Told {
    name: String,
    /// `keyring`, `file`, `command`, `environment` or `none`.
    source: &'static str,
    /// Which file, command or variable.
    place: Option<String>,
    /// Whether the key is there; `None` where finding out would run something, or where no key is needed.
    found: Option<bool>,
    /// Its last four characters.
    tail: Option<String>,
    /// Whether something is there that cannot be used as it is.
    refused: bool,
    /// Why it is not there, or refused.
    problem: Option<String>,
    /// The only address it is sent to.
    origin: Option<String>,
    /// `auth`, `quota` or `key_unavailable` when a call of the background process failed so and none was answered since.
    last_failure: Option<String>,
    last_failure_s: Option<u64>,
}

#[derive(Serialize)]
struct All {
    providers: Vec<Told>,
    unconfigured: Vec<Left>,
}

/// A key that was handed over for a provider that is not configured any more.
#[derive(Debug, Serialize)]
struct Left {
    name: String,
    source: &'static str,
}

pub(super) fn run(arguments: &AuthStatusArguments, config: &Config, paths: &Paths, output: &mut Output<'_>) -> Result<ExitStatus, Refusal> {
    let chosen: Vec<&ProviderSettings> = match arguments.provider.as_deref() {
        Some(name) => vec![find(Some(name), config, |_| true)?],
        None => config.providers.iter().collect(),
    };
    let seen = if chosen.is_empty() { Vec::new() } else { endpoints() };
    let providers: Vec<Told> = chosen.into_iter().map(|provider| told(provider, paths, &seen)).collect();
    let unconfigured = if arguments.provider.is_none() { left(config, paths) } else { Vec::new() };
    let status = if providers.iter().any(|told| told.found == Some(false)) { ExitStatus::NoAnswer } else { ExitStatus::Success };
    if arguments.json {
        output.data(&format!("{}\n", serde_json::to_string(&All { providers, unconfigured }).unwrap_or_default()));
        return Ok(status);
    }
    if providers.is_empty() {
        output.remark("no provider is configured, so no key is needed");
    } else {
        show(&providers, output);
    }
    for Left { name, source } in &unconfigured {
        output.remark(&format!("the {source} holds a key of `{name}`, which is not configured; `gptos auth logout {name}` removes it"));
    }
    Ok(status)
}

/// How the providers have been, as far as a background process knows.
fn endpoints() -> Vec<WireEndpoint> {
    let reply = exchange("GET", "/v1/status").ok();
    reply.and_then(|reply| serde_json::from_slice::<Status>(&reply).ok()).map(|status| status.endpoints).unwrap_or_default()
}

fn told(provider: &ProviderSettings, paths: &Paths, seen: &[WireEndpoint]) -> Told {
    let endpoint = seen.iter().find(|endpoint| endpoint.name == provider.name);
    let failed = endpoint.filter(|endpoint| matches!(endpoint.last_error.as_deref(), Some("auth" | "quota" | KEY_UNAVAILABLE)));
    let (found, tail, problem) = match &provider.key {
        None | Some(KeySettings::Command(_)) => (None, None, None),
        Some(_) => match look(provider) {
            Ok(key) => (Some(true), key.and_then(|key| key.tail().map(str::to_owned)), None),
            Err(problem) => (Some(false), None, Some(problem)),
        },
    };
    Told {
        name: provider.name.clone(),
        source: source(provider.key.as_ref()),
        place: match &provider.key {
            Some(KeySettings::Login(login)) if login.store == LoginStore::File => {
                paths.keys_dir().map(|folder| folder.join(&login.provider).display().to_string())
            }
            Some(KeySettings::Login(_)) | None => None,
            key => Some(what(key.as_ref())),
        },
        refused: found == Some(false) && is_there(provider, paths),
        found,
        tail,
        problem,
        origin: provider.server().map(|server| server.base_url.origin()),
        last_failure: failed.and_then(|endpoint| endpoint.last_error.clone()),
        last_failure_s: failed.and_then(|endpoint| endpoint.last_error_s),
    }
}

/// Whether something stands where the key should be.
fn is_there(provider: &ProviderSettings, paths: &Paths) -> bool {
    match &provider.key {
        Some(KeySettings::File(path)) => path.symlink_metadata().is_ok(),
        Some(KeySettings::Login(login)) if login.store == LoginStore::File => {
            paths.keys_dir().is_some_and(|folder| folder.join(&login.provider).symlink_metadata().is_ok())
        }
        Some(KeySettings::Env(name)) => facts::variable(name).is_some_and(|value| !value.trim().is_empty()),
        _ => false,
    }
}

/// Keys that are stored for nobody who is configured, as far as the places where they are can be listed.
fn left(config: &Config, paths: &Paths) -> Vec<Left> {
    let logins = super::auth::logins(paths);
    let is_configured = |name: &str| config.providers.iter().any(|provider| provider.name == name);
    // Anybody may have made an entry in a keyring.
    let is_left = |name: &String| check_provider_name(name).is_ok() && !is_configured(name);
    let in_store = |store: LoginStore| {
        let names = logins.stored(store).into_iter().filter(is_left);
        names.map(move |name| Left { name, source: store.name() })
    };
    in_store(LoginStore::Keyring).chain(in_store(LoginStore::File)).collect()
}

/// Looks for the key as an attempt would.
fn look(provider: &ProviderSettings) -> Result<Option<Secret>, String> {
    let mut facts = facts::gather(facts::default_shell(), String::new());
    let keys = wiring::key_source(provider);
    facts::add_keys(&mut facts, &keys.variables().into_iter().map(str::to_owned).collect::<Vec<_>>());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let found = runtime.block_on(keys.key(&facts));
    runtime.shutdown_background();
    found.map_err(|error| error.detail)
}

fn source(key: Option<&KeySettings>) -> &'static str {
    key.map_or("none", source_of)
}

/// The kind of place in which a key is.
pub(super) fn source_of(key: &KeySettings) -> &'static str {
    match key {
        KeySettings::Login(login) => login.store.name(),
        KeySettings::File(_) => "file",
        KeySettings::Command(_) => "command",
        KeySettings::Env(_) => "environment",
    }
}

/// The place itself, without what a command's arguments may hold.
fn what(key: Option<&KeySettings>) -> String {
    match key {
        Some(KeySettings::File(path)) => path.display().to_string(),
        Some(KeySettings::Command(words)) => words.first().cloned().unwrap_or_default(),
        Some(KeySettings::Env(name)) => name.clone(),
        Some(KeySettings::Login(_)) | None => String::new(),
    }
}

/// Where a key is, in words.
pub(super) fn place(key: Option<&KeySettings>) -> String {
    format!("{} {}", source(key), what(key)).trim_end().to_owned()
}

fn show(providers: &[Told], output: &mut Output<'_>) {
    let header = ["NAME", "SOURCE", "KEY", "ADDRESS", "LAST FAILURE"].map(str::to_owned);
    let rows = providers.iter().map(|told| {
        let source = format!("{} {}", told.source, told.place.as_deref().unwrap_or_default());
        let key = match (told.found, &told.tail) {
            (Some(true), Some(tail)) => format!("…{}", visible(tail)),
            (Some(true), None) => "found".to_owned(),
            (Some(false), _) if told.refused => "refused".to_owned(),
            (Some(false), _) => "missing".to_owned(),
            (None, _) if told.source == "command" => "when needed".to_owned(),
            (None, _) => "-".to_owned(),
        };
        let failure = match (&told.last_failure, told.last_failure_s) {
            (Some(failure), Some(ago)) => format!("{failure} {ago} s"),
            (Some(failure), None) => failure.clone(),
            (None, _) => "-".to_owned(),
        };
        let origin = told.origin.clone().unwrap_or_else(|| "this machine".to_owned());
        [told.name.clone(), visible(source.trim_end()), key, origin, failure]
    });
    let table: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    let mut lines = columns::lines(&table, output.width(), &[(1, 24), (3, 24), (0, 12), (1, 12)]).into_iter();
    if let Some(header) = lines.next() {
        output.bold_line(&header);
    }
    lines.for_each(|line| output.line(&line));
    for told in providers {
        if let Some(problem) = &told.problem {
            let (problem, hint) = problem.split_once("; hint: ").map_or((problem.as_str(), None), |(problem, hint)| (problem, Some(hint)));
            output.error(&format!("provider {}: {problem}", told.name), hint);
        }
    }
}
