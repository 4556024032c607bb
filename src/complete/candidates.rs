//! What may stand at the cursor.

use super::words::Piece;
use super::{Found, MOST, NAME, Partial, missing, names_of, verbs};
use crate::domain::{Candidate, Hole, Origin};
use crate::explain;
use crate::fix::nearest_names;
use crate::syntax::{Word, quote, quote_path};

/// Most candidates of one kind.
const MOST_OF_A_KIND: usize = 4;

impl Partial<'_> {
    /// What the word at the cursor may become.
    pub(super) fn at_cursor(&self, found: &Found) -> Vec<Candidate> {
        let word = self.word().to_owned();
        if let Some((before, _)) = word.rsplit_once('$') {
            let is_plain =
                !self.begun.word.as_ref().is_some_and(|word| word.quoted) && before.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'/');
            let names = found.variables.iter().filter(|_| is_plain).take(MOST_OF_A_KIND);
            return names.filter_map(|name| self.with(&format!("{before}${name}"), "a variable")).collect();
        }
        if self.is_first() {
            return self.commands(found, &word);
        }
        let mut all = Vec::new();
        if !self.begun.is_target {
            all.extend(self.named(found, &word));
            if word.starts_with('-') && word.len() > 1 {
                all.extend(self.options(&word));
            }
            // A word that is complete, or none: what has to follow.
            if all.is_empty() || word.is_empty() {
                let mut holes = self.holes(&word);
                holes.append(&mut all);
                all = holes;
            }
        }
        if !word.starts_with('-') && (all.iter().all(|one| !one.holes.is_empty())) {
            all.extend(self.paths(found, &word));
        }
        all.truncate(MOST);
        all
    }

    fn commands(&self, found: &Found, word: &str) -> Vec<Candidate> {
        let mut all = Vec::new();
        if self.is_known(found) {
            all.extend(self.holes(word));
            let of = format!("a verb of {word}");
            let verbs = verbs::of(word).into_iter().take(MOST_OF_A_KIND);
            all.extend(verbs.filter_map(|verb| self.with(&format!("{} {verb}", quote(word, self.shell)), &of)));
        }
        let mut names: Vec<&String> = found.commands.iter().filter(|name| name.as_str() != word).collect();
        names.sort_by_key(|name| (!explain::knows(name), name.len(), (*name).clone()));
        all.extend(names.into_iter().take(MOST_OF_A_KIND).filter_map(|name| self.with(&quote(name, self.shell), NAME)));
        all
    }

    /// Verbs of the program, branches and remotes.
    fn named(&self, found: &Found, word: &str) -> Vec<Candidate> {
        let words: Vec<&str> = self.begun.before.iter().map(|piece| piece.value.as_str()).collect();
        let literals: Vec<Word> = words.iter().chain(&[word]).map(|text| Word::literal(text)).collect();
        let unknown = explain::unknown(&literals);
        let verb_due = unknown.as_ref().filter(|unknown| unknown.verb == Some(words.len())).map(|unknown| unknown.family.clone());
        let usual = (words.len() == 1 && words[0] == "make").then(|| "make".to_owned());
        let usual = usual.or_else(|| (words.len() == 2 && words[..] == ["npm", "run"]).then(|| "npm run".to_owned()));
        if let Some(family) = verb_due.or(usual) {
            let all = verbs::of(&family);
            let mut begins: Vec<&str> = all.iter().copied().filter(|verb| verb.starts_with(word) && *verb != word).collect();
            // The tables of `explain` hold the usual ones, so they stay in front.
            begins.sort_by_key(|verb| !explain::verbs(&family).contains(verb));
            if begins.is_empty() {
                begins = nearest_names(word, &all, 2).iter().filter_map(|near| all.iter().copied().find(|verb| verb == near)).collect();
            }
            let of = format!("a verb of {family}");
            return begins.into_iter().filter(|_| !word.is_empty()).take(MOST_OF_A_KIND).filter_map(|verb| self.with(verb, &of)).collect();
        }
        let Some(Some(repository)) = found.seen.repository.as_ref().filter(|_| self.wants_branch()) else { return Vec::new() };
        if word.starts_with('-') {
            return Vec::new();
        }
        let all = names_of(repository, &words);
        let mut names: Vec<&String> = all.iter().filter(|name| name.starts_with(word) && *name != word).collect();
        let near = nearest_names(word, &all, 2);
        if names.is_empty() && !all.iter().any(|name| name == word) {
            names = near.iter().collect();
        }
        names.into_iter().take(MOST_OF_A_KIND).filter_map(|name| self.with(&quote(name, self.shell), "of this repository")).collect()
    }

    /// The line with an earlier option spelled out, of a program that takes no beginnings of them, such as `find`.
    pub(super) fn spelled_out(&self) -> Vec<Candidate> {
        let literals: Vec<Word> = self.begun.before.iter().map(|piece| Word::literal(&piece.value)).collect();
        let Some(unknown) = explain::unknown(&literals).filter(|_| !self.is_first()) else { return Vec::new() };
        let known = &unknown.known_options;
        if known.iter().any(|option| option.starts_with("--")) {
            return Vec::new();
        }
        let meant = |piece: &&Piece| {
            let is_begun = piece.value.len() > 2 && piece.value.starts_with('-') && !known.contains(&piece.value) && !piece.quoted;
            known.iter().find(|option| is_begun && option.starts_with(&piece.value))
        };
        let found = self.begun.before.iter().skip(1).find_map(|piece| Some((piece, meant(&piece)?)));
        let line = |(piece, option): (&Piece, &String)| format!("{}{option}{}", &self.line[..piece.start], &self.line[piece.end..]);
        let reading = Some(format!("an option of {}", unknown.family));
        let candidate =
            |command: String| Candidate { command, holes: Vec::new(), reading: reading.clone(), origin: Origin::Fix, confidence: 0.85 };
        found.map(line).map(|line| candidate(line.trim().to_owned())).into_iter().collect()
    }

    fn options(&self, word: &str) -> Vec<Candidate> {
        let literals: Vec<Word> = self.begun.before.iter().map(|piece| Word::literal(&piece.value)).collect();
        let Some(unknown) = explain::unknown(&literals) else { return Vec::new() };
        let known = &unknown.known_options;
        if known.iter().any(|option| option == word) {
            return Vec::new();
        }
        let mut begins: Vec<&String> = known.iter().filter(|option| option.starts_with(word)).collect();
        let bare = |option: &str| option.trim_start_matches('-').to_owned();
        let near = nearest_names(&bare(word), known.iter().map(|option| bare(option)), 2);
        if begins.is_empty() && word.len() > 3 {
            begins = known.iter().filter(|option| near.contains(&bare(option)) && option.len() > 2).collect();
        }
        let of = format!("an option of {}", unknown.family);
        begins.into_iter().take(MOST_OF_A_KIND).filter_map(|option| self.with(option, &of)).collect()
    }

    /// The line with what is missing at its end.
    fn holes(&self, word: &str) -> Vec<Candidate> {
        if !self.line[self.begun.at..].trim().is_empty() {
            return Vec::new();
        }
        let mut words = self.begun.before.clone();
        words.extend(self.begun.word.clone().filter(|_| !word.is_empty()));
        // Whoever is still writing an operand is asked for it by its own letters.
        let is_writing = self.begun.word.is_some()
            && !word.starts_with('-')
            && !self.begun.before.is_empty()
            && self.line.ends_with(|c: char| !c.is_whitespace());
        let missing = |words: &[Piece]| {
            let mut names = missing::after(words);
            // What it would read comes through the pipe.
            names.retain(|name| !(self.begun.is_piped && *name == "file"));
            names
        };
        let names = missing(&words);
        if names.is_empty() || is_writing && names == missing(&self.begun.before) {
            return Vec::new();
        }
        let mut command = self.line.trim_end().to_owned();
        let mut holes = Vec::new();
        for name in &names {
            command.push(' ');
            let start = command.len();
            command.push_str(&Hole::text(name));
            holes.push(Hole { at: start..command.len() });
        }
        vec![Candidate { command, holes, reading: Some("what is missing".to_owned()), origin: Origin::Fix, confidence: 0.9 }]
    }

    fn paths(&self, found: &Found, word: &str) -> Vec<Candidate> {
        let folder = word.rfind('/').map_or("", |at| &word[..=at]);
        let name_of = |(name, is_folder): &(String, bool)| format!("{folder}{name}{}", if *is_folder { "/" } else { "" });
        let mut names: Vec<String> = found.names.iter().filter(|_| !(word.is_empty() && self.is_word_due())).map(name_of).collect();
        names.retain(|name| name != word);
        names.into_iter().take(MOST_OF_A_KIND).filter_map(|path| self.with(&quote_path(&path, self.shell), "a file here")).collect()
    }

    /// Whether something else than a file is due where no word has been begun.
    fn is_word_due(&self) -> bool {
        matches!(
            self.program(),
            "git" | "docker" | "systemctl" | "kubectl" | "apt" | "npm" | "ssh" | "kill" | "man" | "ping" | "curl" | "echo" | "find"
        )
    }

    /// The line with a text in the place of the word.
    fn with(&self, text: &str, reading: &str) -> Option<Candidate> {
        let (start, end) = self.begun.word.as_ref().map_or((self.begun.at, self.begun.at), |word| (word.start, word.end));
        let (before, after) = (self.line.get(..start)?, self.line.get(end..)?);
        let command = format!("{before}{text}{after}").trim().to_owned();
        Some(Candidate { command, holes: Vec::new(), reading: Some(reading.to_owned()), origin: Origin::Fix, confidence: 0.9 })
    }
}
