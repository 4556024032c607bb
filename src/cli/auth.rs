//! `gptos auth login` and `logout`: a key is handed over once, tried, and kept where only this user can read it.

use std::path::Path;

use super::arguments::{AuthLoginArguments, AuthVerb};
use super::config::{load, refuse, without_place};
use super::config_edit::{self, EditError};
use super::hidden::{self, Typed};
use super::output::Output;
use super::{ExitStatus, auth_status, config_set, facts, provider, provider_ask};
use crate::config::{Config, nearest, parse};
use crate::domain::{KeySettings, LoginKey, LoginStore, Secret};
use crate::paths::Paths;
use crate::providers::{ProviderKind, ProviderSettings};
use crate::secrets::keyring::{KeyringError, Place};
use crate::secrets::{LoginError, Logins, from_line};
use crate::{platform, wiring};

/// What could not be done: why, a hint, and the exit status.
pub(super) struct Refusal(String, Option<String>, ExitStatus);

impl Refusal {
    fn usage(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(what.into(), Some(hint.into()), ExitStatus::Usage)
    }

    pub(super) fn say(self, verb: &str, output: &mut Output<'_>) -> ExitStatus {
        let Self(what, hint, status) = self;
        output.error(&format!("auth {verb}: {what}"), hint.as_deref());
        status
    }
}

impl Refusal {
    fn of_login(error: &LoginError, provider: &str) -> Self {
        Self(error.to_string(), error.hint(provider), ExitStatus::NoAnswer)
    }
}

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        let status = if matches!(error, EditError::Io { .. }) { ExitStatus::Internal } else { ExitStatus::Usage };
        Self(error.to_string(), None, status)
    }
}

/// Does what a verb asks for.
pub(super) fn run(verb: &AuthVerb, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let config = match load(paths) {
        Ok(config) => config,
        Err(problem) => {
            let told = refuse(&problem, output);
            // Who wants a key gone should not have to mend a file first.
            return match verb {
                AuthVerb::Logout { provider: Some(name) } => {
                    logout_unconfigured(name, paths, output).unwrap_or_else(|refusal| refusal.say("logout", output))
                }
                // Programs are told of what is stored all the same.
                AuthVerb::Status(arguments) if arguments.json && arguments.provider.is_none() => {
                    let _ = auth_status::run(arguments, &Config::default(), paths, output);
                    told
                }
                _ => told,
            };
        }
    };
    let (name, done) = match verb {
        AuthVerb::Status(arguments) => ("status", auth_status::run(arguments, &config, paths, output)),
        AuthVerb::Logout { provider } => ("logout", logout(provider.as_deref(), &config, paths, output)),
        AuthVerb::Login(arguments) => match &paths.config_file {
            None => return without_place(output),
            Some(file) => ("login", login(arguments, &config, (file, paths), output)),
        },
    };
    done.unwrap_or_else(|refusal| refusal.say(name, output))
}

/// Where keys are kept, as this shell reaches it.
pub(super) fn logins(paths: &Paths) -> Logins {
    Logins { keyring: Place::from_lookup(&facts::variable), folder: paths.keys_dir() }
}

/// Finds a provider by name; without a name the only one that `fits`.
pub(super) fn find<'a>(
    name: Option<&str>,
    config: &'a Config,
    fits: impl Fn(&ProviderSettings) -> bool,
) -> Result<&'a ProviderSettings, Refusal> {
    let names = || config.providers.iter().map(|provider| provider.name.as_str());
    let Some(name) = name else {
        let mut fitting = config.providers.iter().filter(|provider| fits(provider));
        return match (fitting.next(), fitting.next()) {
            (Some(provider), None) => Ok(provider),
            (None, _) => Err(Refusal::usage("which provider?", "name one, such as openai")),
            _ => Err(Refusal::usage("which provider?", format!("configured: {}", names().collect::<Vec<_>>().join(", ")))),
        };
    };
    config.providers.iter().find(|provider| provider.name == name).ok_or_else(|| {
        let hint = match nearest(name, names().chain(provider::services().map(|service| -> &'a str { service }))) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("`gptos provider add {name} --base-url URL --model MODEL` adds it"),
        };
        Refusal::usage(format!("no provider is named `{name}`"), hint)
    })
}

fn login(
    arguments: &AuthLoginArguments,
    config: &Config,
    (file, paths): (&Path, &Paths),
    output: &mut Output<'_>,
) -> Result<ExitStatus, Refusal> {
    let logins = logins(paths);
    let wished = arguments.store.map(|name| name.0);
    // What is known of a provider does not hang on the store.
    let (named, _) = section(arguments.provider.as_deref(), config, wished.unwrap_or(LoginStore::File), file)?;
    if !arguments.replace {
        keep_place(&named)?;
    }
    let (store, reason) = choose(wished, &logins, &named.name)?;
    let (section, block) = section(arguments.provider.as_deref(), config, store, file)?;
    let origin = section.server().map(|server| server.base_url.origin()).ok_or_else(|| {
        let what = format!("`{}` is a program, which answers under its own login", section.name);
        Refusal::usage(what, "log in with the program itself")
    })?;
    let key = format!("provider.{}.key", section.name);
    if let Some(lock) = config.lock_on(if block.is_some() { "provider" } else { &key }) {
        return Err(Refusal::usage(format!("`{key}`: locked by the administrator"), format!("{lock} locks it")));
    }
    platform::keep_secrets();
    let Some(secret) = obtain(arguments.stdin, &format!("key of {} for {origin}: ", section.name), output)? else {
        return Ok(ExitStatus::Cancelled);
    };
    let off_here = if arguments.no_check { None } else { provider_ask::off_here(paths) };
    if let Some(why) = &off_here {
        output.remark(&format!("the key is not tried here: {why}"));
    }
    if !arguments.no_check && off_here.is_none() {
        output.progress(&format!("asking {} with this key", section.name));
        let asked = call_with(&section, secret.clone(), paths);
        output.end_progress();
        let answer = asked.map_err(|reason| refused(&section.name, &reason))?;
        output.remark(&format!("provider {}: {answer}", section.name));
    }
    let login = LoginKey { provider: section.name.clone(), origin, store };
    let (login, refused) =
        keep(login, &secret, &logins, arguments.store.is_none()).map_err(|error| Refusal::of_login(&error, &section.name))?;
    let (store, reason) = (login.store, refused.or(reason));
    let written = match block.map(|_| service_block(arguments.provider.as_deref(), store)) {
        Some(block) => block.and_then(|block| Ok(config_edit::append_provider(file, paths.home.as_deref(), &block).map(drop)?)),
        None if section.key == Some(KeySettings::Login(login.clone())) => Ok(()),
        None => config_set::set_literal(file, paths, &key, &format!("{{ login = \"{}\" }}", store.name())).map_err(Refusal::from),
    };
    if let Err(error) = written {
        // A key that nothing refers to would be forgotten where it is.
        let _ = logins.remove(&login.provider, store);
        return Err(error);
    }
    if section.key != Some(KeySettings::Login(login.clone())) {
        remove_elsewhere(&section, &logins, store);
    }
    said(&login, &secret, &logins, reason, output);
    if let Some(former @ (KeySettings::File(_) | KeySettings::Command(_) | KeySettings::Env(_))) = &section.key {
        output.remark(&format!("`{key}` no longer names {}", auth_status::place(Some(former))));
    }
    Ok(ExitStatus::Success)
}

/// A key that comes from a place of the user's choice is not replaced by the way.
fn keep_place(section: &ProviderSettings) -> Result<(), Refusal> {
    match &section.key {
        Some(former @ (KeySettings::File(_) | KeySettings::Command(_) | KeySettings::Env(_))) => {
            let name = &section.name;
            Err(Refusal::usage(
                format!("the key of `{name}` comes from elsewhere: {}", auth_status::place(Some(former))),
                format!("`gptos auth login {name} --replace` puts a key of this login in its place"),
            ))
        }
        Some(KeySettings::Login(_)) | None => Ok(()),
    }
}

/// Stores a key. A keyring may ask for its password where somebody sits; when nobody unlocks it, and nobody wished for it,
/// the key goes into a file, and why comes back.
fn keep(login: LoginKey, key: &Secret, logins: &Logins, may_move: bool) -> Result<(LoginKey, Option<KeyringError>), LoginError> {
    let keyring = if hidden::is_possible() { logins.keyring.clone().with_prompt() } else { logins.keyring.clone() };
    match (Logins { keyring, ..logins.clone() }.store(&login, key)) {
        Ok(()) => Ok((login, None)),
        Err(LoginError::Keyring(error)) if may_move => {
            let login = LoginKey { store: LoginStore::File, ..login };
            logins.store(&login, key)?;
            Ok((login, Some(error)))
        }
        Err(error) => Err(error),
    }
}

/// The store that was wished for, or the keyring if it answers. With a file instead of it comes the reason.
fn choose(wished: Option<LoginStore>, logins: &Logins, provider: &str) -> Result<(LoginStore, Option<KeyringError>), Refusal> {
    if wished == Some(LoginStore::File) {
        return Ok((LoginStore::File, None));
    }
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| facts::variable(name).is_some_and(|value| !value.is_empty()));
    match (logins.keyring.check(), wished) {
        (Ok(()), _) => Ok((LoginStore::Keyring, None)),
        // It asks for its password in a window of its own.
        (Err(KeyringError::Locked), _) if desktop && hidden::is_possible() => Ok((LoginStore::Keyring, None)),
        (Err(error), None) => Ok((LoginStore::File, Some(error))),
        (Err(error), Some(_)) => Err(Refusal::of_login(&error.into(), provider)),
    }
}

/// The provider, and the block that adds it where it is not configured but known.
fn section(name: Option<&str>, config: &Config, store: LoginStore, file: &Path) -> Result<(ProviderSettings, Option<String>), Refusal> {
    let unknown = match find(name, config, |provider| provider.kind() != ProviderKind::Command) {
        Ok(section) => return Ok((section.clone(), None)),
        Err(refusal) => refusal,
    };
    if !name.is_some_and(provider::is_service) {
        return Err(unknown);
    }
    let block = service_block(name, store)?;
    let parsed = parse(&block, file, None).map_err(|problem| Refusal(problem.to_string(), problem.hint, ExitStatus::Internal))?;
    let section = parsed.providers.into_iter().next().ok_or(unknown)?;
    // A service has a name in the file that may differ from the one it is known by.
    match config.providers.iter().find(|provider| provider.name == section.name) {
        Some(configured) => Ok((configured.clone(), None)),
        None => Ok((section, Some(block))),
    }
}

/// The block of a service that is known by its name.
fn service_block(name: Option<&str>, store: LoginStore) -> Result<String, Refusal> {
    provider::login_block(name.unwrap_or_default(), store).map_err(|(what, hint)| Refusal(what, hint, ExitStatus::Usage))
}

/// The key, from standard input or from whoever sits at the terminal; `None` when they would rather not.
fn obtain(from_input: bool, question: &str, output: &mut Output<'_>) -> Result<Option<Secret>, Refusal> {
    let unreadable = |error: std::io::Error| Refusal(format!("the key cannot be read: {error}"), None, ExitStatus::Usage);
    let bytes = if from_input {
        hidden::all_input().map_err(unreadable)?
    } else if hidden::is_possible() {
        match hidden::ask(question, output).map_err(unreadable)? {
            Typed::Line(line) => line,
            Typed::Cancelled => return Ok(None),
        }
    } else {
        return Err(Refusal::usage("there is no terminal to ask for the key on", "`--stdin` reads it from standard input"));
    };
    from_line(&bytes).map(Some).map_err(|cause| Refusal(format!("what was given {cause}"), None, ExitStatus::Usage))
}

fn call_with(section: &ProviderSettings, key: Secret, paths: &Paths) -> Result<String, String> {
    let facts = facts::gather(facts::default_shell(), String::new());
    wiring::try_provider(&wiring::provider_with_key(section, key), &facts, paths).map_err(|(_, reason)| reason)
}

fn refused(name: &str, reason: &str) -> Refusal {
    let reason = reason.split_once("; hint: ").map_or(reason, |(reason, _)| reason);
    let hint = "nothing was stored; `--no-check` stores a key without asking the provider";
    Refusal(format!("provider {name}: {reason}"), Some(hint.to_owned()), ExitStatus::NoAnswer)
}

/// A key that was handed over before is not left behind in another store.
fn remove_elsewhere(section: &ProviderSettings, logins: &Logins, store: LoginStore) {
    if let Some(KeySettings::Login(former)) = &section.key
        && former.store != store
    {
        let _ = logins.remove(&section.name, former.store);
    }
}

fn said(login: &LoginKey, key: &Secret, logins: &Logins, reason: Option<KeyringError>, output: &mut Output<'_>) {
    let LoginKey { provider, origin, store } = login;
    let tail = key.tail().map(|tail| format!(" (…{tail})")).unwrap_or_default();
    let place = match (store, logins.file(provider)) {
        (LoginStore::File, Ok(file)) => format!("in {}, a file that only you can read", file.display()),
        _ => "in the keyring".to_owned(),
    };
    output.remark(&format!("the key of `{provider}`{tail} is stored {place}; it is sent to {origin} alone"));
    if let Some(reason) = reason {
        output.remark(&format!("not in the keyring: {reason}"));
    }
}

fn logout(name: Option<&str>, config: &Config, paths: &Paths, output: &mut Output<'_>) -> Result<ExitStatus, Refusal> {
    let logins = logins(paths);
    let is_login = |provider: &ProviderSettings| matches!(provider.key, Some(KeySettings::Login(_)));
    let configured = match find(name, config, is_login) {
        Ok(provider) => Some(provider),
        // The block of a provider may be gone while its key is still there.
        Err(refusal) => match name {
            Some(name) if crate::config::check_provider_name(name).is_ok() => None,
            None if !config.providers.iter().any(is_login) => {
                return Err(none_is_stored(&logins));
            }
            _ => return Err(refusal),
        },
    };
    let provider = configured.map_or_else(|| name.unwrap_or_default().to_owned(), |provider| provider.name.clone());
    let key = configured.and_then(|provider| provider.key.as_ref());
    let mut removed = Vec::new();
    for store in [LoginStore::Keyring, LoginStore::File] {
        let is_meant = matches!(key, Some(KeySettings::Login(login)) if login.store == store);
        match logins.remove(&provider, store) {
            Ok(true) => removed.push(store.name()),
            Ok(false) => {}
            Err(error) if is_meant => return Err(Refusal::of_login(&error, &provider)),
            Err(_) => {}
        }
    }
    if !removed.is_empty() {
        say_removed(&provider, &removed, output);
        if matches!(key, Some(KeySettings::Login(_))) {
            output.remark(&format!("`{provider}` stays configured and has no key; `gptos config unset provider.{provider}` removes it"));
        }
        return Ok(ExitStatus::Success);
    }
    Err(match key {
        Some(KeySettings::File(_) | KeySettings::Command(_) | KeySettings::Env(_)) => Refusal::usage(
            format!("the key of `{provider}` was not handed over: its place is {}", auth_status::place(key)),
            format!("`gptos config unset provider.{provider}.key` makes gptos forget the place"),
        ),
        _ if configured.is_none() => match find(name, config, is_login) {
            Err(refusal) => refusal,
            Ok(_) => Refusal(format!("no key of `{provider}` is stored"), None, ExitStatus::NoAnswer),
        },
        _ => Refusal(format!("no key of `{provider}` is stored"), None, ExitStatus::NoAnswer),
    })
}

/// That no configured provider has a key that was handed over; another may be left.
fn none_is_stored(logins: &Logins) -> Refusal {
    let stores = [LoginStore::Keyring, LoginStore::File].into_iter();
    match stores.flat_map(|store| logins.stored(store)).find(|name| crate::config::check_provider_name(name).is_ok()) {
        Some(left) => {
            let what = "no configured provider has a key that was handed over";
            Refusal(what.to_owned(), Some(format!("`gptos auth logout {left}` removes one that is left")), ExitStatus::NoAnswer)
        }
        None => Refusal("no key is stored".to_owned(), None, ExitStatus::NoAnswer),
    }
}

/// Removes what is stored under this name, whatever the configuration would say.
fn logout_unconfigured(provider: &str, paths: &Paths, output: &mut Output<'_>) -> Result<ExitStatus, Refusal> {
    if crate::config::check_provider_name(provider).is_err() {
        return Err(Refusal::usage(format!("no provider can be named `{provider}`"), "names are letters, digits and dashes"));
    }
    let logins = logins(paths);
    let (mut removed, mut unreached) = (Vec::new(), Vec::new());
    for store in [LoginStore::Keyring, LoginStore::File] {
        match logins.remove(provider, store) {
            Ok(true) => removed.push(store.name()),
            Ok(false) => {}
            Err(error) => unreached.push(error.to_string()),
        }
    }
    for problem in unreached {
        output.remark(&format!("not looked for everywhere: {problem}"));
    }
    if removed.is_empty() {
        return Err(Refusal(format!("no key of `{provider}` is stored"), None, ExitStatus::NoAnswer));
    }
    say_removed(provider, &removed, output);
    Ok(ExitStatus::Success)
}

fn say_removed(provider: &str, stores: &[&str], output: &mut Output<'_>) {
    output.remark(&format!("the key of `{provider}` is removed from the {}", stores.join(" and the ")));
}
