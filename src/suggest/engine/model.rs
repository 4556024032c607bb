//! Which model answered, and whether it is the one that was asked.

use crate::domain::Answerer;

/// What stands in a model's name where a secret was taken out: then nobody can tell which it is.
pub(super) const HIDDEN: &str = "[hidden]";

/// The provider as the source of an answer: the model is told of as the provider named it.
pub(super) fn answerer(provider: &str, answered: &str, asked: &str) -> Answerer {
    let known = !answered.is_empty() && !answered.contains(HIDDEN);
    Answerer {
        model: known.then(|| answered.to_owned()),
        instead_of: (known && !asked.is_empty() && !is_kin(answered, asked)).then(|| asked.to_owned()),
        ..Answerer::named(provider)
    }
}

/// Whether a model that answered is the one that was asked: services add dates, versions and tags, and leave out vendors.
fn is_kin(answered: &str, asked: &str) -> bool {
    let (answered, asked) = (Name::of(answered), Name::of(asked));
    let tags_agree = answered.tag.is_empty() || asked.tag.is_empty() || answered.tag == asked.tag;
    answered.stem == asked.stem && tags_agree
}

#[derive(Debug, PartialEq, Eq)]
struct Name {
    /// The parts without vendor, version and signs: `gpt-3.5-turbo` and `gpt-35-turbo` are one model.
    stem: String,
    /// What Ollama and others write behind a colon; the usual tag is none.
    tag: String,
}

impl Name {
    fn of(name: &str) -> Self {
        let bare = name.rsplit('/').next().unwrap_or_default().to_lowercase();
        let (bare, tag) = bare.split_once(':').unwrap_or((&bare, ""));
        let mut parts: Vec<&str> = bare.trim_end_matches(".gguf").split(['-', '.', '_', '@']).collect();
        while parts.len() > 1 && parts.split_last().is_some_and(|(last, before)| tells_a_version(last, before)) {
            parts.pop();
        }
        Self { stem: parts.concat(), tag: tag.trim_start_matches("latest").to_owned() }
    }
}

/// Whether the last part of a name says when the model was made, and not which it is. `4` and `70` say which it is.
fn tells_a_version(last: &str, before: &[&str]) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let follows_date = before.last().is_some_and(|part| part.len() > 1 && (digits(part) || matches!(*part, "preview" | "exp")));
    match last {
        "latest" | "preview" | "exp" | "experimental" | "0" => true,
        // `2024-07-18`, `05-20`.
        _ if last.len() == 2 && digits(last) => follows_date,
        _ => last.len() > 2 && digits(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_versions_and_vendors_make_no_other_model() {
        for (answered, asked) in [
            ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
            ("gpt-4o", "openai/gpt-4o"),
            ("gpt-4-0613", "gpt-4"),
            ("gpt-3.5-turbo", "gpt-35-turbo"),
            ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet-latest"),
            ("claude-sonnet-4-20250514", "claude-sonnet-4-0"),
            ("claude-3-5-sonnet@20240620", "anthropic/claude-3.5-sonnet"),
            ("gemini-2.5-flash-preview-05-20", "gemini-2.5-flash"),
            ("gemini-1.5-pro-002", "models/gemini-1.5-pro"),
            ("llama3.2", "llama3.2:3b"),
            ("llama3.2:latest", "llama3.2"),
            ("/models/qwen2.5-7b.gguf", "qwen2.5-7b"),
            ("GPT-4o", "gpt-4o"),
        ] {
            assert!(is_kin(answered, asked) && is_kin(asked, answered), "{answered} for {asked}");
        }
        for (answered, asked) in [
            ("gpt-4o-mini", "gpt-4o"),
            ("gpt-3.5-turbo", "gpt-4o"),
            ("gpt-3", "gpt-4"),
            ("gpt-4-turbo", "gpt-4"),
            ("claude-haiku-4-5-20251001", "claude-sonnet-4-5"),
            ("claude-sonnet-4-20250514", "claude-sonnet-4-5"),
            ("llama3.2:1b", "llama3.2:3b"),
            ("llama-70", "llama-8"),
            ("vendor/small", "vendor/large"),
        ] {
            assert!(!is_kin(answered, asked) && !is_kin(asked, answered), "{answered} for {asked}");
        }
    }

    #[test]
    fn a_model_that_nobody_named_is_not_another_one() {
        for (answered, asked, model, instead_of) in [
            ("", "gpt-4o", None, None),
            ("[hidden]", "gpt-4o", None, None),
            ("gpt-4o-2024-08-06", "gpt-4o", Some("gpt-4o-2024-08-06"), None),
            ("gpt-4o-mini", "gpt-4o", Some("gpt-4o-mini"), Some("gpt-4o")),
            ("gpt-4o", "", Some("gpt-4o"), None),
        ] {
            let from = answerer("own", answered, asked);
            assert_eq!((from.model.as_deref(), from.instead_of.as_deref()), (model, instead_of), "{answered} for {asked}");
            assert_eq!(from.name, "own");
        }
    }
}
