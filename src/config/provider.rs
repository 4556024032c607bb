//! The `[[provider]]` blocks: which keys go with which kind, and what each must be.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;

use super::ConfigProblem;
use super::raw::{RawCommand, RawKey, RawKind, RawPrice, RawProvider, RawStore};
use super::resolve::{Lines, Reader, check_env_name, check_provider_name, expected};
use crate::domain::{KeySettings, LoginKey, LoginStore, Money, Rate};
use crate::providers::{BaseUrl, ProviderKind, ProviderSettings, ProxySettings, ReachSettings, ServerSettings, WireSettings};

/// The newest version of Azure's interface that is not a preview.
const AZURE_VERSION: &str = "2024-10-21";
/// The unit behind a price.
pub(super) const PER_MILLION: &str = "/Mtok";

impl Reader<'_> {
    /// Checks one block. `block` is where it stands.
    pub(super) fn provider(&self, block: Range<usize>, mut raw: RawProvider, lines: &mut Lines) -> Result<ProviderSettings, ConfigProblem> {
        let missing = |key: &str| self.problem(Some(block.clone()), Some(key), "missing").with_hint(expected(key));
        let name = raw.name.take().ok_or_else(|| missing("provider.name"))?;
        check_provider_name(name.get_ref()).map_err(|cause| self.problem(Some(name.span()), Some("provider.name"), cause))?;
        let is_written = raw.kind.is_some();
        let at = |key: &str| format!("provider.{}.{key}", name.get_ref());
        let kind = match self.take(raw.kind.take(), &at("kind"), lines) {
            None | Some(RawKind::OpenAi) => ProviderKind::OpenAi,
            Some(RawKind::Anthropic) => ProviderKind::Anthropic,
            Some(RawKind::Gemini) => ProviderKind::Gemini,
            Some(RawKind::Ollama) => ProviderKind::Ollama,
            Some(RawKind::Azure) => ProviderKind::Azure,
            Some(RawKind::Command) => ProviderKind::Command,
        };
        self.check_fit(kind, &raw)?;
        for (key, span) in written(&raw) {
            lines.insert(at(key), self.line(span.start));
        }
        lines.insert(at("name"), self.line(name.span().start));
        let price = raw.price.take().map(|price| self.price(price)).transpose()?;
        if kind == ProviderKind::Command {
            let argv = raw.argv.ok_or_else(|| missing("provider.argv"))?;
            let reach = ReachSettings::Program(self.argv(&argv)?);
            let model = argv.get_ref().first().and_then(|program| program.rsplit('/').next()).unwrap_or_default().to_owned();
            return Ok(ProviderSettings { name: name.into_inner(), reach, model, key: None, price });
        }
        let base_url = match &raw.base_url {
            Some(url) => self.base_url(url)?,
            // Somebody who names neither address nor kind has forgotten one of them, and a key must not go to a guess.
            None => {
                let known = kind.vendor_url().filter(|_| is_written).and_then(|url| url.parse().ok());
                known.ok_or_else(|| missing("provider.base_url"))?
            }
        };
        let model = raw.model.ok_or_else(|| missing("provider.model"))?;
        self.plain_text(&model, "provider.model", |text| !text.trim().is_empty() && text.len() <= 256)?;
        let server = ServerSettings {
            wire: self.wire(kind, raw.api_version)?,
            base_url,
            proxy: if raw.proxy.is_some() { ProxySettings::Off } else { ProxySettings::OfTheShell },
            ca_file: raw.ca_file.map(|file| self.file(&file, "provider.ca_file")).transpose()?,
        };
        let key = raw.key.map(|key| self.key(key, name.get_ref(), &server.base_url)).transpose()?;
        Ok(ProviderSettings { name: name.into_inner(), reach: ReachSettings::Server(server), model: model.into_inner(), key, price })
    }

    /// A key that says nothing to this kind is a mistake about what it does.
    fn check_fit(&self, kind: ProviderKind, raw: &RawProvider) -> Result<(), ConfigProblem> {
        let fits = |key: &str| match (kind, key) {
            (ProviderKind::Command, key) => matches!(key, "argv" | "price"),
            (_, "argv") => false,
            (kind, "api_version") => kind == ProviderKind::Azure,
            _ => true,
        };
        match written(raw).find(|(key, _)| !fits(key)) {
            Some((key, span)) => {
                let cause = format!("does not go with kind = \"{}\"", kind.name());
                Err(self.problem(Some(span), Some(&format!("provider.{key}")), cause))
            }
            None => Ok(()),
        }
    }

    fn wire(&self, kind: ProviderKind, api_version: Option<Spanned<String>>) -> Result<WireSettings, ConfigProblem> {
        Ok(match kind {
            ProviderKind::Anthropic => WireSettings::Anthropic,
            ProviderKind::Gemini => WireSettings::Gemini,
            ProviderKind::Ollama => WireSettings::Ollama,
            ProviderKind::Azure => {
                if let Some(version) = &api_version {
                    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
                    self.plain_text(version, "provider.api_version", |text| (1..=32).contains(&text.len()) && plain(text))?;
                }
                WireSettings::Azure { api_version: api_version.map_or_else(|| AZURE_VERSION.to_owned(), Spanned::into_inner) }
            }
            ProviderKind::OpenAi | ProviderKind::Command => WireSettings::OpenAi,
        })
    }

    fn base_url(&self, url: &Spanned<String>) -> Result<BaseUrl, ConfigProblem> {
        let parsed = url.get_ref().parse::<BaseUrl>();
        parsed.map_err(|error| self.problem(Some(url.span()), Some("provider.base_url"), error.to_string()))
    }

    fn plain_text(&self, value: &Spanned<String>, key: &str, fits: impl Fn(&str) -> bool) -> Result<(), ConfigProblem> {
        let text = value.get_ref();
        if fits(text) && !text.chars().any(char::is_control) {
            Ok(())
        } else {
            Err(self.problem(Some(value.span()), Some(key), expected(key)))
        }
    }

    fn argv(&self, argv: &Spanned<Vec<String>>) -> Result<Vec<String>, ConfigProblem> {
        let words = argv.get_ref();
        if words.first().is_none_or(String::is_empty) || words.iter().any(|word| word.contains('\0')) {
            return Err(self.problem(Some(argv.span()), Some("provider.argv"), expected("provider.argv")));
        }
        Ok(words.clone())
    }

    fn key(&self, raw: Spanned<RawKey>, provider: &str, base_url: &BaseUrl) -> Result<KeySettings, ConfigProblem> {
        let span = raw.span();
        let refuse = |span, key: &str| self.problem(Some(span), Some(key), expected(key));
        match raw.into_inner() {
            RawKey { file: Some(file), command: None, env: None, login: None } => {
                Ok(KeySettings::File(self.file(&file, "provider.key.file")?))
            }
            RawKey { file: None, command: Some(command), env: None, login: None } => {
                let at = command.span();
                let words = match command.into_inner() {
                    RawCommand::Line(line) => shell_words::split(&line).ok(),
                    RawCommand::Words(words) => Some(words),
                };
                let words = words.filter(|words| words.first().is_some_and(|program| !program.is_empty()));
                words
                    .filter(|words| !words.iter().any(|word| word.contains('\0')))
                    .map(KeySettings::Command)
                    .ok_or_else(|| refuse(at, "provider.key.command"))
            }
            RawKey { file: None, command: None, env: None, login: Some(store) } => {
                let store = match store.into_inner() {
                    RawStore::Keyring => LoginStore::Keyring,
                    RawStore::File => LoginStore::File,
                };
                Ok(KeySettings::Login(LoginKey { provider: provider.to_owned(), origin: base_url.origin(), store }))
            }
            RawKey { file: None, command: None, env: Some(env), login: None } => match check_env_name(env.get_ref()) {
                Ok(()) => Ok(KeySettings::Env(env.into_inner())),
                Err(_) => Err(refuse(env.span(), "provider.key.env")),
            },
            _ => Err(refuse(span, "provider.key")),
        }
    }

    fn price(&self, raw: Spanned<RawPrice>) -> Result<Rate, ConfigProblem> {
        let span = raw.span();
        let RawPrice { input: Some(input), output: Some(output) } = raw.into_inner() else {
            return Err(self.problem(Some(span), Some("provider.price"), expected("provider.price")));
        };
        let rate = |text: &Spanned<String>, key: &str| {
            let amount = text.get_ref().strip_suffix(PER_MILLION).map(str::parse::<Money>);
            amount.and_then(Result::ok).ok_or_else(|| self.problem(Some(text.span()), Some(key), expected(key)))
        };
        Ok(Rate { input: rate(&input, "provider.price.input")?, output: rate(&output, "provider.price.output")? })
    }

    fn file(&self, value: &Spanned<String>, key: &str) -> Result<PathBuf, ConfigProblem> {
        let text = value.get_ref();
        let path = match text.strip_prefix("~/") {
            _ if text.is_empty() || text.contains('\0') => None,
            Some(rest) => self.home.map(|home| home.join(rest)),
            None => self.path.parent().map(|folder| folder.join(text)),
        };
        path.ok_or_else(|| self.problem(Some(value.span()), Some(key), expected(key)))
    }
}

/// The keys of a block that are there, besides name and kind, with their places.
fn written(raw: &RawProvider) -> impl Iterator<Item = (&'static str, Range<usize>)> {
    let span = |key: &'static str, at: Option<Range<usize>>| at.map(|at| (key, at));
    [
        span("base_url", raw.base_url.as_ref().map(Spanned::span)),
        span("model", raw.model.as_ref().map(Spanned::span)),
        span("key", raw.key.as_ref().map(Spanned::span)),
        span("api_version", raw.api_version.as_ref().map(Spanned::span)),
        span("argv", raw.argv.as_ref().map(Spanned::span)),
        span("proxy", raw.proxy.as_ref().map(Spanned::span)),
        span("ca_file", raw.ca_file.as_ref().map(Spanned::span)),
        span("price", raw.price.as_ref().map(Spanned::span)),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
