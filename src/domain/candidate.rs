/// Where a candidate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The user ran this command for the same words before.
    Ran,
    /// The embedded translator.
    Offline,
    /// A page of the tldr collection on this machine.
    Tldr,
    /// A configured provider, by its name.
    Provider(String),
}

impl Origin {
    /// The word for notes, JSON and the cache: `ran`, `offline`, `tldr` or `provider:NAME`.
    pub fn label(&self) -> String {
        match self {
            Origin::Ran => "ran".to_owned(),
            Origin::Offline => "offline".to_owned(),
            Origin::Tldr => "tldr".to_owned(),
            Origin::Provider(name) => format!("provider:{name}"),
        }
    }

    /// Reads what [`Origin::label`] wrote; `None` for anything else.
    pub fn from_label(label: &str) -> Option<Self> {
        match label {
            "ran" => Some(Origin::Ran),
            "offline" => Some(Origin::Offline),
            "tldr" => Some(Origin::Tldr),
            other => other.strip_prefix("provider:").filter(|name| !name.is_empty()).map(|name| Origin::Provider(name.to_owned())),
        }
    }
}

/// A command that somebody proposes and nobody has checked yet. Only `validate` turns it into a suggestion.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The command text, unchecked.
    pub command: String,
    /// One line in plain words saying what the command does, when the source gave one.
    pub reading: Option<String>,
    /// Who proposed it.
    pub origin: Origin,
    /// The source's own confidence, from 0 to 1. Providers give none and count as 0.8.
    pub confidence: f64,
}
