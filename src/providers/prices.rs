//! What the vendors' models cost, as their price lists said. Only what goes to the vendor's own address is known: others resell
//! the same models for another price. Models that are not here cost an amount that nobody here knows.

use crate::domain::{Money, Price, Rate};

use super::{ProviderSettings, ReachSettings, ServerSettings};

/// When the lists were read.
pub const AS_OF: &str = "2025-11";

/// Host, model, and thousandths of a dollar for a million tokens read and written.
const LIST: &[(&str, &str, i64, i64)] = &[
    (OPENAI, "gpt-5.1", 1_250, 10_000),
    (OPENAI, "gpt-5", 1_250, 10_000),
    (OPENAI, "gpt-5-mini", 250, 2_000),
    (OPENAI, "gpt-5-nano", 50, 400),
    (OPENAI, "gpt-4.1", 2_000, 8_000),
    (OPENAI, "gpt-4.1-mini", 400, 1_600),
    (OPENAI, "gpt-4.1-nano", 100, 400),
    (OPENAI, "gpt-4o", 2_500, 10_000),
    (OPENAI, "gpt-4o-mini", 150, 600),
    (OPENAI, "o3", 2_000, 8_000),
    (OPENAI, "o3-mini", 1_100, 4_400),
    (OPENAI, "o4-mini", 1_100, 4_400),
    (ANTHROPIC, "claude-opus-4-5", 5_000, 25_000),
    (ANTHROPIC, "claude-opus-4-1", 15_000, 75_000),
    (ANTHROPIC, "claude-opus-4", 15_000, 75_000),
    (ANTHROPIC, "claude-sonnet-4-5", 3_000, 15_000),
    (ANTHROPIC, "claude-sonnet-4", 3_000, 15_000),
    (ANTHROPIC, "claude-haiku-4-5", 1_000, 5_000),
    (ANTHROPIC, "claude-3-7-sonnet", 3_000, 15_000),
    (ANTHROPIC, "claude-3-5-haiku", 800, 4_000),
    (ANTHROPIC, "claude-3-haiku", 250, 1_250),
    (GOOGLE, "gemini-2.5-pro", 1_250, 10_000),
    (GOOGLE, "gemini-2.5-flash", 300, 2_500),
    (GOOGLE, "gemini-2.5-flash-lite", 100, 400),
    (GOOGLE, "gemini-2.0-flash", 100, 400),
    (GOOGLE, "gemini-2.0-flash-lite", 75, 300),
];

const OPENAI: &str = "api.openai.com";
const ANTHROPIC: &str = "api.anthropic.com";
const GOOGLE: &str = "generativelanguage.googleapis.com";

/// What calls to this provider cost: what the user says, then nothing for a model on this machine, then the lists. A program
/// of the user's has an account of its own.
pub(super) fn price(settings: &ProviderSettings) -> Price {
    match (settings.price, &settings.reach) {
        (Some(rate), _) => Price::Known(rate),
        (None, ReachSettings::Server(server)) if server.base_url.is_loopback() => Price::Free,
        (None, ReachSettings::Server(server)) => listed(server, &settings.model).map_or(Price::Unknown, Price::Known),
        (None, ReachSettings::Program(_)) => Price::Unknown,
    }
}

/// Whether a model is in a list, whoever serves it.
pub fn is_listed(model: &str) -> bool {
    LIST.iter().any(|(_, name, ..)| model.strip_prefix(name).is_some_and(is_version))
}

fn listed(server: &ServerSettings, model: &str) -> Option<Rate> {
    let model = model.strip_prefix("models/").unwrap_or(model);
    let host = server.base_url.host();
    let (_, _, input, output) = LIST.iter().find(|(at, name, ..)| *at == host && model.strip_prefix(name).is_some_and(is_version))?;
    let thousandths = |amount: i64| Money(amount * 1_000_000);
    Some(Rate { input: thousandths(*input), output: thousandths(*output) })
}

/// Whether what follows the name of a model only tells which state of it: a date, or that it is the latest.
fn is_version(rest: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let date = |text: &str| match text.split('-').collect::<Vec<_>>()[..] {
        [day] => digits(day, 8),
        [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2),
        _ => false,
    };
    rest.is_empty() || rest == "-latest" || rest.strip_prefix(['-', '@']).is_some_and(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::WireSettings;

    fn of(url: &str, model: &str, own: Option<Rate>) -> Price {
        let server = ServerSettings::new(WireSettings::OpenAi, url.parse().unwrap());
        let reach = ReachSettings::Server(server);
        price(&ProviderSettings { name: "p".to_owned(), reach, model: model.to_owned(), key: None, price: own })
    }

    #[test]
    fn a_price_is_the_users_or_the_vendors_or_unknown() {
        let mini = Rate { input: "0.15 USD".parse().unwrap(), output: "0.60 USD".parse().unwrap() };
        let vendor = "https://api.openai.com/v1";
        for model in ["gpt-4o-mini", "gpt-4o-mini-2024-07-18"] {
            assert_eq!(of(vendor, model, None), Price::Known(mini), "{model}");
        }
        for model in ["gpt-4o-mini-audio", "gpt-4o-realtime", "gpt-6", "gpt-4", "gpt-4o-mini-1", "gpt-5-1-20260101", ""] {
            assert_eq!(of(vendor, model, None), Price::Unknown, "{model}");
        }
        assert_eq!(of("https://reseller.example/v1", "gpt-4o-mini", None), Price::Unknown);
        assert_eq!(of("https://reseller.example/v1", "gpt-4o-mini", Some(mini)), Price::Known(mini));
        assert_eq!(of("http://127.0.0.1:8080/v1", "gpt-4o-mini", None), Price::Free);
        let reach = ReachSettings::Program(vec!["llm".to_owned()]);
        let program = ProviderSettings { name: "p".to_owned(), reach, model: "llm".to_owned(), key: None, price: None };
        assert_eq!(price(&program), Price::Unknown);
    }

    #[test]
    fn no_model_is_listed_twice_and_none_is_free() {
        for (place, (host, name, input, output)) in LIST.iter().enumerate() {
            assert!(*input > 0 && output > input, "{name}");
            assert!(LIST[place + 1..].iter().all(|(other, model, ..)| (other, model) != (host, name)), "{name}");
        }
        assert_eq!(AS_OF.len(), 7);
    }
}
