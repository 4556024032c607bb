use std::fmt;

use super::Hole;

/// Where a candidate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The user ran this command for the same words before.
    Ran,
    /// The embedded translator.
    Offline,
    /// The rules that mend a line which failed, or go on with one that was begun.
    Fix,
    /// A page of the tldr collection on this machine.
    Tldr,
    /// A configured provider.
    Provider(Answerer),
}

/// A provider that answered, and the model it answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answerer {
    /// The user's name for it.
    pub name: String,
    /// The model that answered, in the provider's own words; `None` when it did not say.
    pub model: Option<String>,
    /// The model that was asked, when the one that answered is another one.
    pub instead_of: Option<String>,
}

/// Longest name of a model that is shown, in characters.
const LONGEST_MODEL: usize = 40;

impl Answerer {
    /// A provider that did not say which model it answered with.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), model: None, instead_of: None }
    }

    /// That another model answered than was asked, in words; `None` when it was the right one.
    pub fn exchange(&self) -> Option<String> {
        let (model, asked) = (self.model.as_deref()?, self.instead_of.as_deref()?);
        Some(format!("{} answered for {}", shortened(model), shortened(asked)))
    }
}

impl fmt::Display for Answerer {
    /// `openai`, `openai (gpt-4o-mini)` or `openai (gpt-4o-mini answered for gpt-4o)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.exchange(), &self.model) {
            (Some(exchange), _) => write!(f, "{} ({exchange})", self.name),
            // A program is its own model.
            (None, Some(model)) if *model != self.name => write!(f, "{} ({})", self.name, shortened(model)),
            (None, _) => f.write_str(&self.name),
        }
    }
}

fn shortened(model: &str) -> String {
    match model.char_indices().nth(LONGEST_MODEL) {
        Some((end, _)) => format!("{}…", &model[..end]),
        None => model.to_owned(),
    }
}

impl Origin {
    /// The word for notes, JSON and the cache: `ran`, `offline`, `fix`, `tldr` or `provider:NAME`.
    pub fn label(&self) -> String {
        match self {
            Origin::Ran => "ran".to_owned(),
            Origin::Offline => "offline".to_owned(),
            Origin::Fix => "fix".to_owned(),
            Origin::Tldr => "tldr".to_owned(),
            Origin::Provider(provider) => format!("provider:{}", provider.name),
        }
    }

    /// The provider, if it was one.
    pub fn provider(&self) -> Option<&Answerer> {
        match self {
            Origin::Provider(provider) => Some(provider),
            Origin::Ran | Origin::Offline | Origin::Fix | Origin::Tldr => None,
        }
    }

    /// The same origin with what is known of the models; where it is no provider, there is nothing to know.
    #[must_use]
    pub fn with_models(self, model: Option<String>, instead_of: Option<String>) -> Self {
        match self {
            Origin::Provider(provider) => Origin::Provider(Answerer { model, instead_of, ..provider }),
            other => other,
        }
    }

    /// Reads what [`Origin::label`] wrote; `None` for anything else.
    pub fn from_label(label: &str) -> Option<Self> {
        match label {
            "ran" => Some(Origin::Ran),
            "offline" => Some(Origin::Offline),
            "fix" => Some(Origin::Fix),
            "tldr" => Some(Origin::Tldr),
            other => other.strip_prefix("provider:").filter(|name| !name.is_empty()).map(|name| Origin::Provider(Answerer::named(name))),
        }
    }
}

/// A command that somebody proposes and nobody has checked yet. Only `validate` turns it into a suggestion.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The command text, unchecked.
    pub command: String,
    /// What of it the user has yet to write, in its order. A source that writes `<name>` by itself has left no hole.
    pub holes: Vec<Hole>,
    /// One line in plain words saying what the command does, when the source gave one.
    pub reading: Option<String>,
    /// Who proposed it.
    pub origin: Origin,
    /// The source's own confidence, from 0 to 1. Providers give none and count as 0.8.
    pub confidence: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_shown_with_its_model_and_what_that_stands_for() {
        let shown = |model: Option<&str>, instead_of: Option<&str>| {
            let (model, instead_of) = (model.map(str::to_owned), instead_of.map(str::to_owned));
            Answerer { model, instead_of, ..Answerer::named("openai") }.to_string()
        };
        for (model, instead_of, expected) in [
            (None, None, "openai".to_owned()),
            (None, Some("gpt-4o"), "openai".to_owned()),
            (Some("openai"), None, "openai".to_owned()),
            (Some("gpt-4o"), None, "openai (gpt-4o)".to_owned()),
            (Some("gpt-4o-mini"), Some("gpt-4o"), "openai (gpt-4o-mini answered for gpt-4o)".to_owned()),
            (Some(&"ü".repeat(41)), None, format!("openai ({}…)", "ü".repeat(40))),
        ] {
            assert_eq!(shown(model, instead_of), expected);
        }
    }
}
