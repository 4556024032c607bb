//! Who may be asked: model servers of this machine, and vendors whose keys are in the environment or who were named.

use super::plan::{NewProvider, Plan};
use super::questions::Questions;
use super::request::{self, Shown};
use crate::cli::arguments::{KeptKey, ProviderAddArguments, SetupArguments};
use crate::cli::ask::Ask;
use crate::cli::output::Output;
use crate::cli::provider::{self, Vendor};
use crate::cli::provider_discover::{self, Looker};
use crate::cli::{ExitStatus, direct, facts};
use crate::config::{Config, parse};
use crate::domain::{Aim, LoginKey, LoginStore, Secret};
use crate::paths::Paths;
use crate::platform;
use crate::providers::{Found, ProviderSettings};
use crate::secrets;
use crate::secrets::keyring::Place;

/// Words with a secret in them, so that what happens to it is seen.
const EXAMPLE: &str = "upload report.pdf to ftp.example.org with password Tr0ub4dor&3";

/// What of them stays as it is.
const EXAMPLE_BEGINS: &str = "upload report.pdf to ftp.example.org";

/// Puts providers into the plan. `false` when one that was named has no consent.
///
/// # Errors
/// The exit status, after a mistake in the options was told of.
pub(super) fn choose(
    arguments: &SetupArguments,
    paths: &Paths,
    (config, looker): (&Config, Looker<'_>),
    plan: &mut Plan,
    questions: &mut Questions<'_, '_>,
) -> Result<bool, ExitStatus> {
    let is_known = |name: &str| config.providers.iter().any(|provider| provider.name == name);
    let looks = questions.asks || questions.yes || !arguments.provider.is_empty();
    let found = if looks { looker().unwrap_or_default() } else { Vec::new() };
    let mut named: Vec<&str> = Vec::new();
    for name in arguments.provider.iter().chain(&arguments.consent).map(String::as_str) {
        if !named.contains(&name) {
            named.push(name);
        }
    }
    for server in &found {
        local(server, named.contains(&server.server.name), config, plan, questions);
    }
    let (in_environment, unnamed) = (provider::vendors(), questions.asks);
    let offered = in_environment.iter().filter(|vendor| unnamed && vendor.key.is_some() && !named.contains(&vendor.name));
    let offered: Vec<&str> = offered.map(|vendor| vendor.name).collect();
    let mut have_consent = true;
    for name in named.into_iter().chain(offered).filter(|name| !found.iter().any(|server| server.server.name == *name)) {
        let Some(vendor) = in_environment.iter().find(|vendor| vendor.name == name) else {
            let names: Vec<&str> = in_environment.iter().map(|vendor| vendor.name).collect();
            let hint =
                format!("known here: {}; model servers of this machine that answer; others: gptos provider add --help", names.join(", "));
            questions
                .output
                .error(&format!("setup: `{name}` is neither a service that is known by name nor a server that answers"), Some(&hint));
            return Err(ExitStatus::Usage);
        };
        if is_known(vendor.section) || plan.providers.iter().any(|new| new.settings.name == vendor.section) {
            questions.say(&format!("{name} is configured already"));
            continue;
        }
        have_consent &= vendor_of(vendor, arguments, paths, plan, questions)?;
    }
    Ok(have_consent)
}

/// A model server of this machine: nothing leaves it.
fn local(server: &Found, is_named: bool, config: &Config, plan: &mut Plan, questions: &mut Questions<'_, '_>) {
    let place = server.base_url.authority();
    if provider_discover::configured(config, server).is_some() {
        return;
    }
    let Some(model) = server.models.first() else {
        questions.say(&format!("a model server answers on {place}, but it has no model yet"));
        return;
    };
    let block = provider_discover::block(config, server, model);
    if questions.asks && !is_named {
        questions.say(&format!("a model server answers on {place}, with {model}; words for it do not leave this machine"));
    }
    if is_named || questions.yes_or_no(&format!("Let {} answer what is not known otherwise?", server.server.name)) {
        plan.providers.extend(read(&block, questions.output).map(|settings| NewProvider { block, settings, import: None }));
    }
}

/// A service elsewhere: it is added with the user's consent alone. `false` when nobody could be asked for it.
fn vendor_of(
    vendor: &Vendor,
    arguments: &SetupArguments,
    paths: &Paths,
    plan: &mut Plan,
    questions: &mut Questions<'_, '_>,
) -> Result<bool, ExitStatus> {
    let name = vendor.name;
    let with_key = ProviderAddArguments { name: name.to_owned(), key_env: Some(vendor.variable.to_owned()), ..Default::default() };
    let block = match provider::block(&with_key) {
        Ok(block) => block,
        Err((what, hint)) => {
            questions.output.error(&format!("setup: {what}"), hint.as_deref());
            return Err(ExitStatus::Usage);
        }
    };
    let Some(settings) = read(&block, questions.output) else { return Err(ExitStatus::Internal) };
    let host = settings.server().map(|server| server.base_url.authority()).unwrap_or_default();
    let consents = arguments.consent.iter().any(|consent| consent == name);
    if !consents && !questions.asks && !arguments.show_request {
        questions.say(&format!("{name} is not added: it would be sent your words at {host}, and needs --consent {name}"));
        return Ok(false);
    }
    if !consents || arguments.show_request {
        questions.say(&format!("{name} ({host}) would be asked what nothing here knows. For the words"));
        questions.show(EXAMPLE);
        questions.say("it would be sent this and nothing else:");
        let shown = match request(paths, &settings) {
            Ok(shown) => shown,
            Err(reason) => {
                questions.output.error(&format!("setup: {name}: its request cannot be shown: {reason}"), None);
                return Err(ExitStatus::NoAnswer);
            }
        };
        if consents || !questions.asks {
            questions.show(&shown.whole);
        } else if !request::consents(
            &format!("Do you consent that {name} is sent your words like that?"),
            &shown,
            arguments.show_request,
            questions,
        ) {
            return Ok(true);
        }
    }
    if !consents && !questions.asks {
        questions.say(&format!("{name} is not added: that needs --consent {name}"));
        return Ok(false);
    }
    let kept = match (arguments.keep_key, &vendor.key) {
        (_, None) => {
            questions.say(&format!(
                "`{}` is not set here: `gptos auth login {name}` takes a key, or set it before a shell asks",
                vendor.variable
            ));
            KeptKey::Env
        }
        (Some(kept), Some(_)) => kept,
        (None, Some(_)) => place_of_key(vendor, questions),
    };
    if kept != KeptKey::Env {
        platform::keep_secrets();
    }
    let import = match (kept, &vendor.key) {
        (KeptKey::Keyring, Some(key)) => Some((login(&settings, LoginStore::Keyring), key)),
        (KeptKey::File, Some(key)) => Some((login(&settings, LoginStore::File), key)),
        _ => None,
    };
    let import = match import.map(|(login, key)| secrets::from_line(key.as_bytes()).map(|key| (login, key))).transpose() {
        Ok(import) => import,
        Err(why) => {
            questions.output.error(&format!("setup: what `{}` holds is no key: it {why}", vendor.variable), None);
            return Err(ExitStatus::NoAnswer);
        }
    };
    // The block is the one that `gptos auth login` writes.
    let block = match &import {
        Some((login, _)) => provider::login_block(name, login.store).unwrap_or(block),
        None => block,
    };
    plan.providers.push(NewProvider { block, settings, import });
    Ok(true)
}

/// Where the key goes that is in a variable now; it stays there if nothing is said.
fn place_of_key(vendor: &Vendor, questions: &mut Questions<'_, '_>) -> KeptKey {
    if !questions.asks {
        return KeptKey::Env;
    }
    let has_keyring = Place::of(&facts::gather(facts::default_shell(), String::new())).check().is_ok();
    let choices =
        if has_keyring { "`keyring`, `file` (that only you can read) or `env`" } else { "`file` (that only you can read) or `env`" };
    let question = format!("Its key is in `{}`. Keep it in {choices}? Enter: env", vendor.variable);
    let chosen = questions.until(&question, |answer| match answer {
        "keyring" if has_keyring => Ok(KeptKey::Keyring),
        "file" => Ok(KeptKey::File),
        "env" => Ok(KeptKey::Env),
        _ => Err(format!("one of {choices}")),
    });
    chosen.unwrap_or(KeptKey::Env)
}

fn login(settings: &ProviderSettings, store: LoginStore) -> LoginKey {
    let origin = settings.server().map(|server| server.base_url.origin()).unwrap_or_default();
    LoginKey { provider: settings.name.clone(), origin, store }
}

fn read(block: &str, output: &mut Output<'_>) -> Option<ProviderSettings> {
    match parse(block, std::path::Path::new("block"), None) {
        Ok(config) => config.providers.into_iter().next(),
        Err(problem) => {
            output.error(&problem.to_string(), problem.hint.as_deref());
            None
        }
    }
}

/// A request as it would go out for the example.
fn request(paths: &Paths, settings: &ProviderSettings) -> Result<Shown, String> {
    let facts = facts::gather(facts::default_shell(), String::new());
    let ask = Ask::new(EXAMPLE.to_owned(), Aim::default(), facts, 1);
    Shown::new(&direct::Loaded::from(paths).preview_by(&ask, settings)?, EXAMPLE_BEGINS)
}

/// A secret that is to be kept, and the provider it is for.
pub(super) type Import = (LoginKey, Secret);
