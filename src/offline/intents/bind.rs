use super::kinds::{Kind, SlotSpec};
use crate::offline::grammar::may_name_folder;
use crate::offline::lexicon::{Lemma, Lexicon, Role};
use crate::offline::slots::{Age, AgeKind, Value, extensions_of, is_pattern};
use crate::offline::tokens::Token;

/// What a slot was bound to.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::offline) struct Filled {
    pub items: Vec<String>,
    pub is_path: bool,
    /// The shell shall expand the pattern.
    pub expands: bool,
    pub range: Option<(u64, u64)>,
    pub age: Option<Age>,
    pub defaulted: bool,
    /// The items are variables of the shell, which shall expand them.
    pub variable: bool,
}

impl Filled {
    fn text(text: &str) -> Self {
        Self { items: vec![text.to_owned()], is_path: false, expands: false, range: None, age: None, defaulted: false, variable: false }
    }

    /// Names of files as the user gave them: a pattern is one, a variable may be.
    pub(in crate::offline) fn path(items: Vec<String>, variable: bool) -> Self {
        let expands = !variable && items.iter().any(|item| is_pattern(item));
        Self { items, is_path: true, expands, range: None, age: None, defaulted: false, variable }
    }

    pub(super) fn plain(&self) -> String {
        self.items.join(" ")
    }
}

/// The slots and flags of one parse.
#[derive(Debug, Clone, Default)]
pub(in crate::offline) struct Bindings {
    slots: Vec<(String, Filled)>,
    /// Each with the words that set it.
    flags: Vec<(String, String)>,
}

impl Bindings {
    pub(super) fn get(&self, name: &str) -> Option<&Filled> {
        self.slots.iter().find(|(slot, _)| slot == name).map(|(_, filled)| filled)
    }

    /// Binds a slot; the first value stays.
    pub(in crate::offline) fn bind(&mut self, name: &str, filled: Filled) {
        if self.get(name).is_none() {
            self.slots.push((name.to_owned(), filled));
        }
    }

    pub(in crate::offline) fn is_bound(&self, name: &str) -> bool {
        self.flags.iter().any(|(flag, _)| flag == name) || self.get(name).is_some_and(|filled| !filled.defaulted)
    }

    /// Whether another slot holds the same name as this one.
    pub(in crate::offline) fn is_doubled(&self, name: &str) -> bool {
        let Some(filled) = self.get(name) else { return false };
        self.slots.iter().any(|(slot, other)| slot != name && other.items.iter().any(|item| filled.items.contains(item)))
    }

    pub(in crate::offline) fn forget(&mut self, name: &str) {
        self.slots.retain(|(slot, _)| slot != name);
        self.flags.retain(|(flag, _)| flag != name);
    }

    pub(in crate::offline) fn has_slot(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(super) fn any_default(&self) -> bool {
        self.slots.iter().any(|(_, filled)| filled.defaulted)
    }

    /// Sets a flag because of these words.
    pub(in crate::offline) fn set_flag(&mut self, name: &str, said: &str) {
        self.flags.push((name.to_owned(), said.to_owned()));
    }

    /// All names with their texts, for people.
    pub(in crate::offline) fn shown(&self) -> Vec<(String, String)> {
        let assumed = |filled: &Filled| if filled.defaulted { " (assumed)" } else { "" };
        let slots = self.slots.iter().map(|(name, filled)| (name.clone(), format!("{}{}", filled.plain(), assumed(filled))));
        slots.chain(self.flags.iter().cloned()).collect()
    }
}

/// The sentence while slots are bound: which tokens are spoken for.
pub(super) struct Binder<'a> {
    pub query: &'a str,
    pub tokens: &'a [Token],
    pub lexicon: &'a Lexicon,
    pub explained: u64,
    /// Words that the intent expects anyhow: no names, unless announced as one.
    pub reserved: u64,
    /// The tokens taken as slots.
    pub bound: u64,
    pub bindings: Bindings,
}

impl Binder<'_> {
    /// Binds one slot. `false` if it is required and nothing fits.
    pub(super) fn bind(&mut self, spec: &SlotSpec) -> bool {
        let has_cue = !spec.after.is_empty() || !spec.before.is_empty();
        let is_free = |at: usize| self.explained & (1 << at) == 0;
        let fitting: Vec<usize> =
            (0..self.tokens.len()).filter(|&at| is_free(at) && self.cued(at, spec) && self.fits(at, spec, has_cue)).collect();
        let ambiguous = !has_cue && fitting.len() > 1 && matches!(spec.kind, Kind::Name | Kind::Text | Kind::Package);
        // Quoted text and unknown words are surer names than words of the engine.
        let best = match spec.kind {
            // A message in quotes is the message; unquoted, it is all that follows.
            Kind::Rest => fitting.iter().find(|&&at| matches!(self.tokens[at].value, Value::Quoted)).or(fitting.first()),
            Kind::Text | Kind::Name | Kind::Package | Kind::Path | Kind::Image | Kind::Ref => {
                fitting.iter().min_by_key(|&&at| self.plainness(at))
            }
            _ => fitting.first(),
        };
        let Some(&first) = best.filter(|_| !ambiguous) else {
            if let Some(default) = &spec.default {
                let is_path = matches!(spec.kind, Kind::Path | Kind::File | Kind::Files);
                self.bindings.slots.push((spec.name.clone(), Filled { defaulted: true, is_path, ..Filled::text(default) }));
            }
            return spec.optional;
        };
        let mut filled = self.value(first, spec);
        self.explain_with_cue(first, spec);
        if spec.kind == Kind::Files {
            for &at in fitting[1..].iter().filter(|_| !has_cue) {
                let more = self.value(at, spec);
                if more.expands == filled.expands {
                    filled.items.extend(more.items);
                    self.explained |= 1 << at;
                    self.bound |= 1 << at;
                }
            }
        } else if spec.kind == Kind::Rest {
            for at in first..self.tokens.len() {
                self.explained |= 1 << at;
                self.bound |= 1 << at;
            }
        }
        self.bindings.slots.push((spec.name.clone(), filled));
        true
    }

    fn plainness(&self, at: usize) -> u8 {
        let token = &self.tokens[at];
        let capitals = token.raw.len() > 1 && token.raw.chars().all(|c| c.is_uppercase() || !c.is_alphabetic());
        match token.value {
            Value::Quoted | Value::Image => 0,
            Value::Word if token.known.is_some() && token.role() != Some(Role::Name) && !capitals => 2,
            _ => 1,
        }
    }

    /// The place of the word that announces the token: articles and "file", "folder", "called" may stand between.
    fn cue_before(&self, at: usize, after: &[Lemma]) -> Option<usize> {
        for place in (0..at).rev().take(4) {
            let token = &self.tokens[place];
            let lemma = token.lemma()?;
            if after.contains(&lemma) {
                return Some(place);
            }
            if !token.is_filler() && !self.lexicon.may_stand_between(lemma) {
                return None;
            }
        }
        None
    }

    fn precedes_cue(&self, at: usize, spec: &SlotSpec) -> bool {
        self.tokens.get(at + 1).and_then(Token::lemma).is_some_and(|lemma| spec.before.contains(&lemma))
    }

    fn cued(&self, at: usize, spec: &SlotSpec) -> bool {
        let (follows, precedes) = (self.cue_before(at, &spec.after).is_some(), self.precedes_cue(at, spec));
        match (spec.after.is_empty(), spec.before.is_empty()) {
            // With both kinds of cue either is enough: "branch X" and "X branch" mean the same.
            (false, false) => follows || precedes,
            (free_after, free_before) => (free_after || follows) && (free_before || precedes),
        }
    }

    fn explain_with_cue(&mut self, at: usize, spec: &SlotSpec) {
        self.explained |= 1 << at;
        self.bound |= 1 << at;
        if let Some(cue) = self.cue_before(at, &spec.after) {
            for place in cue..at {
                self.explained |= 1 << place;
            }
        } else if !spec.before.is_empty() {
            self.explained |= 1 << (at + 1).min(self.tokens.len() - 1);
        }
    }

    fn fits(&self, at: usize, spec: &SlotSpec, cued: bool) -> bool {
        let token = &self.tokens[at];
        let is_word = matches!(token.value, Value::Word);
        let article = at > 0
            && matches!(
                self.tokens[at - 1].raw.to_lowercase().as_str(),
                "the" | "my" | "our" | "your" | "some" | "these" | "those" | "a" | "an"
            );
        let noun_follows = self.tokens.get(at + 1).and_then(Token::role) == Some(Role::Content);
        // "merge the companies": after an article an unknown word is English, unless "branch", "service" or so follows.
        let plausible_name =
            token.role() == Some(Role::Name) || (token.known.is_none_or(|known| known.repaired) && (!article || noun_follows));
        // "directory my project" is a name in two words; half of it would be wrong.
        let possessive = at > 0 && matches!(self.tokens[at - 1].raw.to_lowercase().as_str(), "my" | "our") && !noun_follows;
        let unknown = is_word && !possessive && plausible_name && is_nameable(&token.raw);
        let content =
            is_word && is_nameable(&token.raw) && matches!(token.role(), Some(Role::Content | Role::Plain)) && !token.is_repaired();
        let after_in =
            at > 0 && matches!(self.tokens[at - 1].raw.to_lowercase().as_str(), "in" | "inside" | "under" | "into" | "of" | "from");
        let value = &token.value;
        let before = at.checked_sub(1).and_then(|before| self.tokens[before].lemma());
        // After the very word that announces it ("folder", "called") even an English word is a name.
        let announced = before.is_some_and(|lemma| self.lexicon.role(lemma) == Role::Content && spec.after.contains(&lemma));
        let precedes_noun = noun_follows && may_name_folder(&token.raw) && self.precedes_cue(at, spec);
        let ends_phrase = self.tokens.get(at + 1).is_none_or(|next| matches!(next.role(), Some(Role::Link)));
        let strong = content
            && ((announced && ends_phrase) || (precedes_noun && token.role() == Some(Role::Content) && after_link(self.tokens, at)));
        if self.reserved & (1 << at) != 0
            && !announced
            && matches!(spec.kind, Kind::Name | Kind::Package | Kind::Text | Kind::Image | Kind::Ref)
        {
            return false;
        }
        let path_like = token.raw.contains(['.', '/']) || before.is_some_and(|lemma| self.lexicon.role(lemma) == Role::Link);
        let quoted_path = matches!(value, Value::Quoted) && (path_like || announced || self.follows_file(at));
        match spec.kind {
            // "here" is where a command looks anyway when the place is optional.
            Kind::Path if matches!(value, Value::Here) => !spec.optional,
            Kind::Folder => matches!(value, Value::Path) || unknown || (content && after_in && self.is_plural_place(at)),
            Kind::Path => {
                matches!(value, Value::Path | Value::File)
                    || quoted_path
                    || strong
                    || (unknown && (cued || after_in))
                    || (content && after_in && self.is_plural_place(at))
            }
            Kind::File => matches!(value, Value::Path | Value::File) || quoted_path || (unknown && self.follows_file(at)),
            Kind::Files => matches!(value, Value::Path | Value::File | Value::Glob(_) | Value::Ext) || quoted_path || (unknown && cued),
            Kind::Glob => matches!(value, Value::Glob(_) | Value::Ext),
            Kind::Ext => {
                let known_ending = is_word && may_name_folder(&token.raw) && extensions_of(&token.raw.to_lowercase()).is_some();
                matches!(value, Value::Ext | Value::Glob(_)) && self.extension(at).is_some() || known_ending
            }
            Kind::Name => {
                let unit = token.raw.ends_with(".service") || token.raw.ends_with(|c: char| c.is_ascii_digit());
                let named = matches!(value, Value::Quoted | Value::Version)
                    || (matches!(value, Value::File) && (cued || unit))
                    || (cued && matches!(value, Value::Path | Value::Image | Value::Ref));
                named && is_nameable(&token.raw) || unknown || strong || (cued && content && at + 1 == self.tokens.len())
            }
            Kind::Package => {
                unknown || (cued && content && token.role() == Some(Role::Content)) || matches!(value, Value::File | Value::Quoted)
            }
            Kind::Text if self.names_files(at, spec) => false,
            Kind::Text => match value {
                Value::Quoted => true,
                Value::Word if cued && article && !unknown && !noun_follows => false,
                Value::Word if cued => {
                    !token.is_filler()
                        && !token.lemma().is_some_and(|lemma| spec.after.contains(&lemma))
                        && !matches!(token.role(), Some(Role::Link | Role::Negation))
                }
                Value::Word => unknown,
                Value::Age(_) | Value::Here | Value::Size(_) | Value::Glob(_) | Value::Range(..) => false,
                _ => cued,
            },
            Kind::Literal => match value {
                Value::Quoted => true,
                Value::Word => self.plainness(at) < 2 && (unknown || token.known.is_some()),
                _ => matches!(value, Value::Host | Value::Url | Value::HostPort | Value::Version | Value::Number(_)),
            },
            Kind::Rest => cued && !token.raw.eq_ignore_ascii_case("command") && !matches!(token.role(), Some(Role::Link)),
            Kind::Number => matches!(value, Value::Number(_)),
            Kind::Port => matches!(value, Value::Number(1..=65535)),
            Kind::Mode => matches!(value, Value::Mode) || matches!(value, Value::Number(number) if is_octal_mode(&token.raw, *number)),
            Kind::Url => matches!(value, Value::Url | Value::HostPort) || (matches!(value, Value::Host) && !token.raw.contains('@')),
            Kind::Host => matches!(value, Value::Host) || (unknown && cued && !article),
            Kind::HostPort => matches!(value, Value::HostPort),
            Kind::Remote => matches!(value, Value::Remote),
            Kind::Image => matches!(value, Value::Image) || (cued && (unknown || matches!(value, Value::Path | Value::HostPort))),
            Kind::Ports => matches!(value, Value::Ports),
            Kind::Ref => matches!(value, Value::Ref) || (cued && (unknown || matches!(value, Value::Path | Value::Version))),
            Kind::Time => matches!(value, Value::Time),
            Kind::Date => matches!(value, Value::Date),
            Kind::Range => matches!(value, Value::Range(..)),
            Kind::Age => matches!(value, Value::Age(age) if age.kind != AgeKind::Ago && age.kind != AgeKind::Older),
            Kind::Ago => matches!(value, Value::Age(age) if age.kind == AgeKind::Ago),
            Kind::Today => matches!(value, Value::Age(age) if age.kind == AgeKind::Today),
            Kind::Size => matches!(value, Value::Size(size) if size.bound.is_none()),
        }
    }

    /// "find large files", "find the file X": the word says which files, it is not a text to look for. A word that a
    /// phrase was turned into is no text either.
    fn names_files(&self, at: usize, spec: &SlotSpec) -> bool {
        let token = &self.tokens[at];
        let is_noun = |token: Option<&Token>| token.is_some_and(|token| self.is_file_or_folder(token));
        let is_word = matches!(token.value, Value::Word);
        let rewritten = is_word && self.query.get(token.span.0..token.span.1).is_none_or(|text| text != token.raw);
        let found = self.cue_before(at, &spec.after).and_then(|cue| self.tokens[cue].lemma()) == self.lexicon.lemma("find");
        let file_said = self.tokens.iter().any(|token| matches!(token.value, Value::File));
        let looks_for_kind = found && is_word && token.known.is_some() && self.plainness(at) > 1 && !file_said;
        let finds = self.tokens.iter().any(|token| token.lemma().is_some() && token.lemma() == self.lexicon.lemma("find"));
        let beside =
            is_noun(self.tokens.get(at + 1)) || (is_noun(at.checked_sub(1).and_then(|before| self.tokens.get(before))) && !is_word);
        rewritten || looks_for_kind || (finds && beside)
    }

    fn is_file_or_folder(&self, token: &Token) -> bool {
        token.lemma().is_some_and(|lemma| ["file", "folder"].iter().any(|noun| self.lexicon.lemma(noun) == Some(lemma)))
    }

    /// "in logs", "under images": a plural after the preposition, at the end or before another one, is a folder.
    fn is_plural_place(&self, at: usize) -> bool {
        let next = self.tokens.get(at + 1);
        self.tokens[at].raw.ends_with('s')
            && !self.is_file_or_folder(&self.tokens[at])
            && next.is_none_or(|next| !matches!(next.value, Value::Word) || matches!(next.role(), Some(Role::Link | Role::Negation)))
    }

    /// "file called X", "the file X".
    fn follows_file(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.tokens[before].lemma());
        before.is_some() && (before == self.lexicon.lemma("file") || before == self.lexicon.lemma("call"))
    }

    fn extension(&self, at: usize) -> Option<String> {
        let token = &self.tokens[at];
        match &token.value {
            Value::Ext => Some(token.raw.trim_start_matches('.').to_owned()),
            Value::Glob(patterns) => {
                // "jpeg files" are of two endings, of which this sentence names one.
                let said = token.raw.to_lowercase();
                let said = said.split_whitespace().next().map(|word| format!("*.{}", word.trim_start_matches('.')));
                let pattern = patterns.iter().find(|pattern| patterns.len() == 1 || Some(*pattern) == said.as_ref())?;
                pattern.strip_prefix("*.").filter(|ending| ending.bytes().all(|b| b.is_ascii_alphanumeric())).map(str::to_owned)
            }
            Value::Word => {
                let said = token.raw.to_lowercase();
                let endings = extensions_of(&said)?;
                Some(endings.iter().find(|ending| **ending == said).or_else(|| endings.first())?.to_string())
            }
            _ => None,
        }
    }

    fn value(&self, at: usize, spec: &SlotSpec) -> Filled {
        let token = &self.tokens[at];
        let mut filled = Filled::text(&token.raw);
        filled.is_path = matches!(spec.kind, Kind::Path | Kind::File | Kind::Files);
        match (&token.value, spec.kind) {
            (_, Kind::Ext) => filled.items = self.extension(at).into_iter().collect(),
            (_, Kind::Rest) => {
                filled.items = vec![self.query.get(token.span.0..).unwrap_or_default().trim_end_matches(['?', '!']).trim().to_owned()]
            }
            (Value::Glob(patterns), _) => {
                filled.items = patterns.clone();
                filled.expands = true;
            }
            (Value::Ext, Kind::Glob | Kind::Files) => {
                filled.items = vec![format!("*{}", token.raw)];
                filled.expands = true;
            }
            (Value::Number(number), Kind::Number | Kind::Port) => filled.items = vec![number.to_string()],
            (Value::Size(size), _) => filled.items = vec![size.find_operand()],
            (Value::Range(from, to), _) => filled.range = Some((*from, *to)),
            (Value::Age(age), _) => filled.age = Some(age.clone()),
            _ => {}
        }
        if spec.kind == Kind::Rest && token.value == Value::Quoted && at + 1 == self.tokens.len() {
            filled.items = vec![token.raw.clone()];
        }
        filled
    }
}

/// "to sudo group": a preposition or an article in front.
fn after_link(tokens: &[Token], at: usize) -> bool {
    at > 0 && (tokens[at - 1].role() == Some(Role::Link) || matches!(tokens[at - 1].raw.as_str(), "the" | "The"))
}

/// A bare word that can be the name of a thing.
fn is_nameable(raw: &str) -> bool {
    raw.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '.'))
        && raw.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '/' | '+' | ':'))
}

fn is_octal_mode(raw: &str, number: u64) -> bool {
    matches!(raw.len(), 3 | 4) && number <= 7777 && raw.bytes().all(|b| (b'0'..=b'7').contains(&b))
}
