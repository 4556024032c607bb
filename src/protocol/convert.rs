//! Between wire types and the vocabulary.

use std::path::PathBuf;

use super::{Via, WireAim, WireCandidate, WireOptions, WirePage, WireShell};
use crate::domain::{Aim, AimError, Candidate, Hole, OptionCheck, Origin, PROXY_VARIABLES, PageOffer, Refined, Scope, Secret, ShellFacts};

impl WireShell {
    /// Puts the facts of a shell on the wire, with the key variables that were asked for.
    pub fn from_facts(facts: &ShellFacts, asked: &[String]) -> Self {
        let value = |name: &String| facts.keys.iter().find(|(known, _)| known == name).map(|(_, key)| key.expose().to_owned());
        Self {
            name: facts.shell.name().to_owned(),
            version: facts.shell_version.clone(),
            cwd: facts.cwd.to_string_lossy().into_owned(),
            home: facts.home.as_ref().map(|home| home.to_string_lossy().into_owned()),
            path: facts.path.clone(),
            locale: facts.locale.clone(),
            proxies: facts.proxies.clone(),
            keys: asked.iter().map(|name| (name.clone(), value(name))).collect(),
            own_commands: facts.own_commands.join(" "),
            comments: (facts.comments != ShellFacts::usual_comments(facts.shell)).then_some(facts.comments),
        }
    }

    /// Reads the facts of a shell off the wire.
    ///
    /// # Errors
    /// One line naming what is wrong: an unknown shell, or a working directory that is not absolute.
    pub fn into_facts(self) -> Result<ShellFacts, String> {
        let shell = self.name.parse()?;
        let cwd = PathBuf::from(self.cwd);
        if !cwd.is_absolute() {
            return Err("the working directory is not absolute".to_owned());
        }
        Ok(ShellFacts {
            shell,
            shell_version: self.version,
            cwd,
            home: self.home.map(PathBuf::from),
            path: self.path,
            locale: self.locale,
            proxies: self.proxies.into_iter().filter(|(name, _)| PROXY_VARIABLES.contains(&name.as_str())).collect(),
            keys: self.keys.into_iter().filter_map(|(name, value)| Some((name, Secret::new(value?)))).collect(),
            own_commands: self.own_commands.split_ascii_whitespace().map(str::to_owned).collect(),
            comments: self.comments.unwrap_or_else(|| ShellFacts::usual_comments(shell)),
        })
    }
}

impl WireAim {
    /// Whether the words say all there is to say.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Puts an aim on the wire.
    pub fn from_aim(aim: &Aim) -> Self {
        Self {
            refines: aim.refines.as_ref().map(|refined| refined.command().to_owned()),
            asked: aim.refines.as_ref().map(|refined| refined.asked().to_owned()),
            scope: aim.scope.as_ref().map(|scope| scope.program().to_owned()),
            cursor: aim.cursor,
        }
    }

    /// Reads one off the wire.
    ///
    /// # Errors
    /// [`AimError`].
    pub fn into_aim(self) -> Result<Aim, AimError> {
        let refines = self.refines.map(|command| Refined::new(&command, self.asked.as_deref().unwrap_or_default())).transpose()?;
        let scope = self.scope.map(|word| Scope::from_word(&word)).transpose()?;
        Ok(Aim { refines, scope, cursor: self.cursor })
    }
}

impl WirePage {
    /// Puts an example on the wire.
    pub fn from_offer(offer: PageOffer) -> Self {
        let options = match offer.options {
            OptionCheck::Unknown => WireOptions::Unknown,
            OptionCheck::Listed => WireOptions::Listed,
            OptionCheck::Unlisted { program, option } => WireOptions::Unlisted { program, option },
        };
        Self { page: offer.page, reading: offer.reading, command: offer.command, confidence: offer.confidence, options }
    }

    /// Reads one off the wire.
    pub fn into_offer(self) -> PageOffer {
        let options = match self.options {
            WireOptions::Unknown => OptionCheck::Unknown,
            WireOptions::Listed => OptionCheck::Listed,
            WireOptions::Unlisted { program, option } => OptionCheck::Unlisted { program, option },
        };
        PageOffer { page: self.page, reading: self.reading, command: self.command, confidence: likelihood(self.confidence), options }
    }
}

impl WireOptions {
    pub(super) fn is_unknown(&self) -> bool {
        *self == WireOptions::Unknown
    }
}

fn likelihood(number: f64) -> f64 {
    if number.is_finite() { number.clamp(0.0, 1.0) } else { 0.0 }
}

impl WireCandidate {
    /// Puts a candidate on the wire.
    pub fn from_candidate(candidate: Candidate, via: Via) -> Self {
        let provider = candidate.origin.provider().cloned();
        Self {
            command: candidate.command,
            holes: candidate.holes.into_iter().map(|hole| (hole.at.start, hole.at.end)).collect(),
            reading: candidate.reading,
            origin: candidate.origin.label(),
            model: provider.as_ref().and_then(|provider| provider.model.clone()),
            asked_model: provider.and_then(|provider| provider.instead_of),
            via,
            confidence: candidate.confidence,
        }
    }

    /// Reads a candidate off the wire; `None` when its origin is not one we know.
    pub fn into_candidate(self) -> Option<Candidate> {
        Some(Candidate {
            origin: Origin::from_label(&self.origin)?.with_models(self.model, self.asked_model),
            command: self.command,
            holes: self.holes.into_iter().map(|(start, end)| Hole { at: start..end }).collect(),
            reading: self.reading,
            confidence: likelihood(self.confidence),
        })
    }
}
