//! The words the engine knows: which are synonyms, which carry no meaning, which must never be overlooked.

use std::collections::hash_map::Entry;

use super::grammar::{ByKey, Key};

/// The number of a lemma: all forms and synonyms of one word share it.
pub(super) type Lemma = u16;

/// What a word counts for when nothing in a parse explains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Carries meaning: unexplained, it makes the parse doubtful.
    Content,
    /// Politeness and articles.
    Filler,
    /// Prepositions: they bind slots and mean nothing alone.
    Link,
    /// Words that rarely change the answer ("all", "currently").
    Weak,
    /// Turns the meaning round: unexplained, the parse is void.
    Negation,
    /// A name people give to things (nginx, main, src) that is also a word of the engine.
    Name,
    /// Plain English the engine has no use for; never a name, never repaired into something else.
    Plain,
}

/// How one written word was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub lemma: Lemma,
    pub role: Role,
    /// The spelling was corrected.
    pub repaired: bool,
}

/// All words, by their written form.
#[derive(Debug, Default, Clone)]
pub(super) struct Lexicon {
    forms: ByKey<Lemma>,
    /// The forms as they are written, until spelling repair is prepared.
    written: Vec<(Box<str>, Lemma)>,
    roles: Vec<Role>,
    /// Written forms by length, for spelling repair.
    by_length: Vec<Vec<(Box<str>, Lemma)>>,
    phrases: Vec<(Vec<String>, Vec<String>)>,
    /// Words that may stand between a preposition and the name it announces.
    between: Vec<Lemma>,
}

impl Lexicon {
    /// Reads the word list: `[role]` sections, `lemma: other forms` lines in `[content]` and `[name]`, and
    /// `words = words` lines in `[phrase]`.
    pub(super) fn from_data(data: &str) -> Self {
        let mut lexicon = Self::default();
        let mut section = "";
        for line in data.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
                continue;
            }
            if section == "phrase" {
                if let Some((from, to)) = line.split_once('=') {
                    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
                    lexicon.phrases.push((words(from), words(to)));
                }
                continue;
            }
            let role = match section {
                "filler" => Role::Filler,
                "link" => Role::Link,
                "weak" => Role::Weak,
                "negation" => Role::Negation,
                "name" => Role::Name,
                "plain" => Role::Plain,
                _ => Role::Content,
            };
            match line.split_once(':') {
                Some((head, others)) => {
                    let lemma = lexicon.intern(head.trim(), role);
                    for form in others.split_whitespace() {
                        lexicon.write(form, lemma);
                    }
                }
                None => {
                    for word in line.split_whitespace() {
                        lexicon.intern(word, role);
                    }
                }
            }
        }
        // Longer phrases first, so that "how much space" wins over "how much".
        lexicon.phrases.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        lexicon
    }

    /// Makes a form known, unless it is one of another word.
    fn write(&mut self, form: &str, lemma: Lemma) {
        if let Entry::Vacant(free) = self.forms.entry(Key::of(form)) {
            free.insert(lemma);
            self.written.push((form.into(), lemma));
        }
    }

    fn form(&self, word: &str) -> Option<Lemma> {
        self.forms.get(&Key::of(word)).copied()
    }

    /// The lemma of a trigger word, made known if it was not. A plain word becomes content.
    pub(super) fn intern(&mut self, word: &str, role: Role) -> Lemma {
        let plural_of = || word.strip_suffix('s').filter(|stem| stem.len() > 2 && role == Role::Content).and_then(|stem| self.form(stem));
        if let Some(lemma) = self.form(word).or_else(plural_of) {
            if self.roles[usize::from(lemma)] == Role::Plain {
                self.roles[usize::from(lemma)] = role;
            }
            return lemma;
        }
        let lemma = Lemma::try_from(self.roles.len()).unwrap_or(Lemma::MAX);
        self.write(word, lemma);
        self.roles.push(role);
        lemma
    }

    /// Whether there is no room for more words: a lemma is a small number.
    pub(super) fn is_full(&self) -> bool {
        self.roles.len() >= usize::from(Lemma::MAX)
    }

    /// Prepares spelling repair, once all words are known.
    pub(super) fn finish(&mut self) {
        for (form, lemma) in std::mem::take(&mut self.written) {
            let length = form.len();
            if self.by_length.len() <= length {
                self.by_length.resize_with(length + 1, Vec::new);
            }
            // Plain words explain nothing, so repairing something into one is of no use.
            if length >= 4 && form.is_ascii() && self.roles[usize::from(lemma)] != Role::Plain {
                self.by_length[length].push((form, lemma));
            }
        }
        self.between = ["file", "folder", "call", "branch", "to", "up"].iter().filter_map(|word| self.lemma(word)).collect();
        self.by_length.iter_mut().for_each(|words| words.sort_unstable());
    }

    /// The lemma of a word that the code itself names. It exists: the word list holds it.
    pub(super) fn lemma(&self, word: &str) -> Option<Lemma> {
        self.form(word).or_else(|| self.inflected(word))
    }

    pub(super) fn role(&self, lemma: Lemma) -> Role {
        self.roles.get(usize::from(lemma)).copied().unwrap_or(Role::Content)
    }

    pub(super) fn may_stand_between(&self, lemma: Lemma) -> bool {
        self.between.contains(&lemma)
    }

    pub(super) fn phrases(&self) -> &[(Vec<String>, Vec<String>)] {
        &self.phrases
    }

    /// Looks a lower-case word up: as written, without its ending, then one letter off.
    pub(super) fn read(&self, word: &str) -> Option<Known> {
        let known = |lemma, repaired| Known { lemma, role: self.role(lemma), repaired };
        if let Some(lemma) = self.lemma(word) {
            return Some(known(lemma, false));
        }
        self.repair(word).map(|lemma| known(lemma, true))
    }

    /// `files` → `file`, `copies` → `copy`, `running` → `run`, `deleted` → `delete`.
    fn inflected(&self, word: &str) -> Option<Lemma> {
        let find = |stem: &str| self.form(stem);
        if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() >= 2) {
            return find(&format!("{stem}y"));
        }
        for ending in ["s", "es", "'s", "ing", "ed", "d", "er"] {
            let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() >= 2) else { continue };
            if let Some(lemma) = find(stem) {
                return Some(lemma);
            }
            if !matches!(ending, "ing" | "ed" | "er") {
                continue;
            }
            let undoubled = stem.char_indices().next_back().and_then(|(at, last)| stem[..at].ends_with(last).then_some(&stem[..at]));
            if let Some(lemma) = find(&format!("{stem}e")).or_else(|| undoubled.and_then(find)) {
                return Some(lemma);
            }
        }
        None
    }

    /// The one known word at Damerau distance 1 of a word of four letters or more. The first letter must agree unless
    /// it changed places with the second: people rarely miss it, and unrelated words differ there.
    fn repair(&self, word: &str) -> Option<Lemma> {
        let letters = word.as_bytes();
        if letters.len() < 4 || letters.len() > 24 || !letters.iter().all(u8::is_ascii_lowercase) {
            return None;
        }
        let mut found: Option<Lemma> = None;
        for length in letters.len() - 1..=letters.len() + 1 {
            let forms = self.by_length.get(length).map(Vec::as_slice).unwrap_or_default();
            // With the first two letters swapped the second one comes first; other lengths differ elsewhere.
            let swapped = if length == letters.len() && letters[0] != letters[1] { beginning(forms, letters[1]) } else { &[] };
            for (form, lemma) in beginning(forms, letters[0]).iter().chain(swapped) {
                let empty = |lemma: Lemma| matches!(self.role(lemma), Role::Filler | Role::Link);
                let conflict = |before: Lemma| before != *lemma && !(empty(before) && empty(*lemma));
                if one_edit(letters, form.as_bytes()) && found.replace(*lemma).is_some_and(conflict) {
                    return None;
                }
            }
        }
        found
    }
}

/// The forms that begin with this letter; they are sorted.
fn beginning(forms: &[(Box<str>, Lemma)], letter: u8) -> &[(Box<str>, Lemma)] {
    let first = |form: &(Box<str>, Lemma)| form.0.as_bytes().first().copied();
    let start = forms.partition_point(|form| first(form) < Some(letter));
    let end = forms.partition_point(|form| first(form) <= Some(letter));
    &forms[start..end]
}

/// True at Damerau–Levenshtein distance exactly 1 with the rule about the first letter.
fn one_edit(word: &[u8], known: &[u8]) -> bool {
    let swapped = |a: &[u8], b: &[u8]| a.len() >= 2 && b.len() >= 2 && a[0] == b[1] && a[1] == b[0];
    if word.first() != known.first() {
        return word.len() == known.len() && swapped(word, known) && word[2..] == known[2..];
    }
    let prefix = word.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (rest, other) = (&word[prefix..], &known[prefix..]);
    match rest.len() as isize - other.len() as isize {
        0 if rest.is_empty() => false,
        0 => rest[1..] == other[1..] || (swapped(rest, other) && rest[2..] == other[2..]),
        1 => rest[1..] == *other,
        -1 => *rest == other[1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Lexicon {
        let mut lexicon = Lexicon::from_data("[content]\ndelete: remove rm\nfile\ncopy\nbranch\n[plain]\nfilm\n");
        lexicon.finish();
        lexicon
    }

    #[test]
    fn forms_of_one_word_share_a_lemma() {
        let lexicon = small();
        let delete = lexicon.lemma("delete");
        for word in ["remove", "rm", "deleted", "deleting", "removes", "removing"] {
            assert_eq!(lexicon.read(word).map(|known| known.lemma), delete, "{word}");
        }
        assert_eq!(lexicon.lemma("copies"), lexicon.lemma("copy"));
    }

    #[test]
    fn one_wrong_letter_is_repaired_and_said_so() {
        let lexicon = small();
        for word in ["delte", "dleete", "delette", "brnach", "barnch"] {
            assert!(lexicon.read(word).is_some_and(|known| known.repaired), "{word}");
        }
        assert_eq!(lexicon.read("xelete"), None, "the first letter differs");
        assert_eq!(lexicon.read("fil"), None, "too short");
        assert!(lexicon.read("film").is_some_and(|known| !known.repaired), "plain English is not repaired");
    }
}
