use super::lexicon::Role;
use super::slots::Value;
use super::tokens::Token;

/// One way to understand the sentence, with the command it means.
#[derive(Debug, Clone)]
pub(super) struct Parse {
    /// The intent's name.
    pub intent: String,
    /// Whether the intent comes from a pack.
    pub from_pack: bool,
    /// The command and, after it, other commands that do nearly the same.
    pub commands: Vec<String>,
    /// What it does, in plain words.
    pub reading: String,
    /// What was bound, for people: names of slots and flags with the text they stand for.
    pub slots: Vec<(String, String)>,
    /// Which tokens the parse accounts for, as a bit set.
    pub explained: u64,
    /// Which of them were taken as slots: their spelling is the user's own.
    pub bound: u64,
    /// Deletes or overwrites.
    pub destructive: bool,
    /// What the author of the intent takes from the confidence.
    pub doubt: f64,
    /// How much of the sentence chose this intent rather than merely being allowed by it.
    pub weight: f64,
    /// How sure it is, when the family that made it counted the words itself.
    pub coverage: Option<Coverage>,
}

impl Parse {
    /// The intent and the names of what was bound, without what they were bound to.
    pub(super) fn shape(&self) -> String {
        let names: Vec<&str> = self.slots.iter().map(|(name, _)| name.as_str()).collect();
        format!("{}({})", self.intent, names.join(","))
    }
}

/// What the words of a sentence say about a parse of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Coverage {
    pub confidence: f64,
    pub repaired: bool,
    /// Words that nothing explains.
    pub left: Vec<String>,
}

/// Confidence from what is left unexplained. `None` voids the parse: a negation or a typed slot was overlooked.
pub(super) fn coverage(tokens: &[Token], explained: u64, bound: u64) -> Option<Coverage> {
    let (mut total, mut left, mut repairs, mut unread) = (0.0, 0.0, 0.0, Vec::new());
    for (at, token) in tokens.iter().enumerate() {
        let is_explained = explained & (1 << at) != 0;
        let weight = match (&token.value, token.role()) {
            (Value::Here, _) => 0.0,
            (Value::Word, None) => 1.2,
            (Value::Word, Some(role)) => match role {
                Role::Negation if !is_explained => return None,
                Role::Negation | Role::Filler | Role::Link => 0.0,
                Role::Weak => 0.1,
                Role::Name => 1.2,
                Role::Content | Role::Plain => 1.0,
            },
            _ if !is_explained => return None,
            _ => 1.0,
        };
        total += weight;
        if !is_explained {
            left += weight;
            if weight > 0.0 {
                unread.push(token.raw.clone());
            }
        } else if token.is_repaired() && bound & (1 << at) == 0 {
            // A short word is more easily another word than a misspelt one.
            repairs += if token.raw.chars().count() <= 4 { 2.0 } else { 1.0 };
        }
    }
    let share = 0.6 - 0.04 * f64::min(total, 6.0);
    let confidence: f64 = 0.95 - left * share - 0.08 * repairs;
    Some(Coverage { confidence: confidence.clamp(0.0, 1.0), repaired: repairs > 0.0, left: unread })
}
