//! The providers: whether they have their keys, and, where the user says so, whether they answer.

use std::time::SystemTime;

use tokio::runtime::Runtime;

use super::around::{Area, Around, apart, mend};
use super::network::SET_CLOCK;
use super::public;
use crate::cli::facts;
use crate::cli::output::Output;
use crate::cli::provider::Tester;
use crate::cli::provider_ask;
use crate::cli::provider_mend::mend_key;
use crate::domain::{KeySettings, LoginStore};
use crate::providers::{self, HttpPool, ProviderSettings};
use crate::secrets::keyring::Place;
use crate::secrets::{self, LoginError, Logins};
use crate::suggest::ports::HELD_BACK;

/// More seconds between two clocks make keys and certificates fail.
const MOST_SKEW: u64 = 300;

/// The keys of caps, each behind the one that it begins with.
const SPEND: [&str; 3] = ["spend.day", "spend.day_tokens", "spend.month"];

/// Looks at each provider. `call` says whether each is called without a question before it; without a terminal nobody is asked, and
/// then nobody is called.
pub(super) fn check(around: &Around, call: bool, runtime: &Runtime, tester: Tester<'_>, output: &mut Output<'_>) -> Area {
    let all = &around.config.providers;
    if all.is_empty() {
        return Area::new("providers", "none; this machine answers by itself");
    }
    let mut area = Area::new("providers", "");
    let mut called = 0;
    let is_off = provider_ask::off_here(&around.surroundings.paths).is_some();
    for provider in all {
        if let Err((cause, mend)) = key(provider, around, runtime) {
            area.wrong("key", format!("provider {}", provider.name), cause, mend);
            area.publicly(provider.key.as_ref().map_or("", crate::cli::auth_status::source_of));
            continue;
        }
        let host = provider.server().map_or_else(|| provider.model.clone(), |server| server.base_url.authority());
        if is_off || !call && !output.consents(&format!("ask {} ({host}) one small question?", provider.name)) {
            continue;
        }
        called += 1;
        output.progress(&format!("asking {}", provider.name));
        if let Err(reason) = tester(provider) {
            // The same for all of them, and told once.
            if let Some(key) = reason.strip_prefix(HELD_BACK).and_then(|told| SPEND.into_iter().rfind(|key| told.contains(key))) {
                if !area.findings.iter().any(|finding| finding.id == "spend") {
                    let (cause, mend) = apart(&reason, "gptos stats");
                    area.wrong("spend", "spend", cause.to_owned(), mend);
                    area.publicly(key);
                }
                output.end_progress();
                continue;
            }
            let test = format!("gptos provider test {}", provider.name);
            let (cause, mend) = apart(&reason, &test);
            area.wrong("provider", format!("provider {}", provider.name), cause.to_owned(), mend);
            area.publicly(public::number(cause));
        }
        if let Some(seconds) = skew(provider, around, runtime).filter(|seconds| *seconds > MOST_SKEW) {
            area.wrong("clock-skew", "clock", format!("it differs by {} min from that of {host}", seconds / 60), SET_CLOCK);
        }
        output.end_progress();
    }
    area.count(match called {
        0 if is_off => format!("{} configured, none was called: this project turns providers off", all.len()),
        0 => format!("{} configured, none was called; gptos doctor --call", all.len()),
        called => format!("{called} of {} called", all.len()),
    });
    area
}

/// Whether the key is there. A program that prints one is not run for that.
fn key(provider: &ProviderSettings, around: &Around, runtime: &Runtime) -> Result<(), (String, String)> {
    match &provider.key {
        Some(KeySettings::Env(name)) if crate::cli::facts::variable(name).is_none_or(|value| value.trim().is_empty()) => Err((
            format!("its key is to be in `{name}`, which is not set in this shell"),
            format!("export {name}=…    (before the shell asks)"),
        )),
        Some(settings @ KeySettings::File(_)) => match runtime.block_on(secrets::source(settings, None).key(&around.facts)) {
            Ok(_) => Ok(()),
            Err(error) => {
                let (cause, mend) = apart(&error.detail, &mend_key(&provider.name, Some(settings)));
                Err((cause.to_owned(), mend))
            }
        },
        Some(KeySettings::Login(login)) => {
            let logins = Logins { keyring: Place::from_lookup(&facts::variable), folder: around.surroundings.paths.keys_dir() };
            let again = |error: &LoginError| match error {
                LoginError::Keyring(_) => format!("gptos provider test {}", provider.name),
                _ => mend_key(&provider.name, provider.key.as_ref()),
            };
            logins.find(login).map(drop).map_err(|error| {
                let otherwise = mend(error.hint(&provider.name).as_deref(), &again(&error));
                let told = error.to_string();
                let (cause, mend) = apart(&told, &otherwise);
                (cause.to_owned(), mend)
            })
        }
        _ => Ok(()),
    }
}

/// The keyring, where a key is in it.
pub(super) fn keyring(around: &Around) -> Area {
    let is_in_it =
        |provider: &&ProviderSettings| matches!(&provider.key, Some(KeySettings::Login(login)) if login.store == LoginStore::Keyring);
    let names: Vec<&str> = around.config.providers.iter().filter(is_in_it).map(|provider| provider.name.as_str()).collect();
    if names.is_empty() {
        return Area::new("keyring", "not needed: no key is in it");
    }
    let mut area = Area::new("keyring", format!("answers, for {}", names.join(", ")));
    if let Err(error) = Place::from_lookup(&facts::variable).check() {
        area.said = "does not answer".into();
        let otherwise = format!("gptos provider test {}", names[0]);
        area.wrong("keyring", "keyring", error.to_string(), mend(Some(&error.hint(names[0])), &otherwise));
    }
    area
}

/// The seconds between this clock and that of a server.
fn skew(provider: &ProviderSettings, around: &Around, runtime: &Runtime) -> Option<u64> {
    let there = runtime.block_on(providers::clock(provider.server()?, &provider.model, &HttpPool::new(), &around.facts.proxies))?;
    let now = SystemTime::now();
    Some(now.duration_since(there).or_else(|_| there.duration_since(now)).ok()?.as_secs())
}
