use super::{Action, FileQuery, Key, Order, Verb, What};
use crate::offline::intents::is_plural_place;
use crate::offline::lexicon::{Lexicon, Role};
use crate::offline::slots::{AgeKind, Value};
use crate::offline::tokens::Token;

/// The sentence being read, word by word.
pub(super) struct Scan<'a> {
    pub tokens: &'a [Token],
    lexicon: &'a Lexicon,
    pub query: FileQuery,
}

/// Collects what the sentence says about files; `None` if it is not about files.
pub(super) fn scan(tokens: &[Token], lexicon: &Lexicon) -> Option<FileQuery> {
    let mut scan = Scan { tokens, lexicon, query: FileQuery::default() };
    let subject = (0..tokens.len())
        .any(|at| scan.is_any(at, &["file", "folder", "symlink"]) || matches!(tokens[at].value, Value::Glob(_)) || scan.raw(at) == "ls");
    let named = (0..tokens.len()).any(|at| matches!(tokens[at].value, Value::File)) && (0..tokens.len()).any(|at| scan.is(at, "find"));
    if !subject && !named {
        return None;
    }
    // What binds other words goes first: destinations, exclusions, names, texts; then single words.
    (0..tokens.len()).for_each(|at| scan.destination(at));
    (0..tokens.len()).for_each(|at| scan.exclusion(at));
    (0..tokens.len()).for_each(|at| scan.named(at));
    (0..tokens.len()).for_each(|at| scan.inside(at));
    (0..tokens.len()).for_each(|at| scan.ownership(at));
    (0..tokens.len()).for_each(|at| scan.order(at));
    (0..tokens.len()).for_each(|at| scan.value(at));
    (0..tokens.len()).for_each(|at| scan.word(at));
    scan.finish()
}

impl Scan<'_> {
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).and_then(Token::lemma).is_some_and(|lemma| self.lexicon.lemma(word) == Some(lemma))
    }

    pub(super) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    pub(super) fn raw(&self, at: usize) -> String {
        self.tokens.get(at).map(|token| token.raw.to_lowercase()).unwrap_or_default()
    }

    pub(super) fn free(&self, at: usize) -> bool {
        at < self.tokens.len() && self.query.explained & (1 << at) == 0
    }

    pub(super) fn mark(&mut self, at: usize) {
        if at < self.tokens.len() && self.free(at) {
            self.query.explained |= 1 << at;
            self.query.weight += 1.0;
        }
    }

    pub(super) fn mark_bound(&mut self, at: usize) {
        self.mark(at);
        if at < self.tokens.len() {
            self.query.bound |= 1 << at;
        }
    }

    pub(super) fn mark_words(&mut self, from: usize, to: usize, word: &str) {
        for at in from..to {
            if self.is(at, word) {
                self.mark(at);
            }
        }
    }

    /// The next place at or after `at` that is neither filler nor one of `skip`.
    pub(super) fn after(&self, mut at: usize, skip: &[&str]) -> usize {
        while self.tokens.get(at).is_some_and(|token| token.is_filler() || token.role() == Some(Role::Link)) || self.is_any(at, skip) {
            at += 1;
        }
        at
    }

    /// A word that can be the name of something the user has.
    pub(super) fn is_name(&self, at: usize) -> bool {
        let Some(token) = self.tokens.get(at) else { return false };
        match token.value {
            Value::Quoted | Value::File | Value::Path => true,
            Value::Word => token.known.is_none_or(|known| known.repaired || known.role == Role::Name),
            _ => false,
        }
    }

    /// "sorted by size", "largest first", "ten newest", "top 5".
    fn order(&mut self, at: usize) {
        if !self.free(at) {
            return;
        }
        let named =
            [("largest", Key::Size, false), ("smallest", Key::Size, true), ("newest", Key::Time, false), ("oldest", Key::Time, true)];
        if let Some((_, key, reverse)) = named.into_iter().find(|(word, ..)| self.is(at, word)) {
            self.query.order = Some(Order { key, reverse });
            let first = self.is(at + 1, "first");
            if first {
                self.mark(at + 1);
            } else if self.query.top.is_none() && !self.sorted_before(at) {
                self.query.top = Some(0);
            }
            if self.is(at + 1, "change") {
                self.mark(at + 1);
            }
            self.mark(at);
        } else if matches!(self.raw(at).as_str(), "by") || self.is(at, "sort") {
            let target = self.after(at + 1, &["file", "sort", "change"]);
            let key = match () {
                () if self.is(target, "size") => Key::Size,
                () if self.is_any(target, &["time", "date"]) || matches!(self.raw(target).as_str(), "age" | "modification" | "mtime") => {
                    Key::Time
                }
                () if self.is(target, "call") && self.raw(target) == "name" => Key::Name,
                () => return,
            };
            let reverse = self.query.order.is_some_and(|order| order.reverse);
            self.query.order = Some(Order { key, reverse });
            (at..=target).for_each(|place| self.mark(place));
            if matches!(self.raw(target + 1).as_str(), "time" | "date") {
                self.mark(target + 1);
            }
        } else if self.is(at, "by-name") {
            self.query.order = Some(Order { key: Key::Name, reverse: false });
            self.mark(at);
        } else if self.is(at, "reverse") && self.query.order.is_some_and(|order| order.key == Key::Name) {
            self.query.order = Some(Order { key: Key::Name, reverse: true });
            self.mark(at);
        }
        if let Value::Number(number) = self.tokens[at].value
            && self.free(at)
        {
            let next = self.after(at + 1, &[]);
            let near = self.is_any(at.wrapping_sub(1), &["top", "first", "last"])
                || self.is_any(next, &["largest", "smallest", "newest", "oldest"]);
            let before = at > 0 && self.is_any(at - 1, &["largest", "smallest", "newest", "oldest"]);
            if near || before {
                self.query.top = Some(number);
                self.mark_bound(at);
                if self.is_any(at.wrapping_sub(1), &["top", "first", "last"]) {
                    self.mark(at - 1);
                }
            }
        }
    }

    fn sorted_before(&self, at: usize) -> bool {
        (at.saturating_sub(4)..at).any(|place| self.is(place, "sort"))
    }

    /// Measures, patterns and places.
    fn value(&mut self, at: usize) {
        if !self.free(at) {
            return;
        }
        let token = &self.tokens[at];
        let raw = token.raw.clone();
        match &token.value {
            Value::Size(size) if self.query.size.is_none() => self.query.size = Some(size.clone()),
            Value::Age(age) if self.query.age.is_none() && age.kind != AgeKind::Ago => self.query.age = Some(age.clone()),
            Value::Glob(patterns) if self.query.patterns.is_empty() => {
                self.query.patterns = patterns.clone();
                self.query.said_what = true;
                self.query.plural = true;
            }
            Value::Ext => self.query.patterns.push(format!("*{raw}")),
            Value::Here | Value::Path => {
                if !self.query.roots.contains(&raw) {
                    self.query.roots.push(raw);
                }
                self.query.root_said = true;
                let before = at.checked_sub(1).map(|before| self.raw(before)).unwrap_or_default();
                self.query.recursive |= matches!(before.as_str(), "under" | "below") || self.tokens[at].raw == "/";
                if before == "below" {
                    self.mark(at - 1);
                }
            }
            Value::File
                if self.query.patterns.is_empty()
                    && (self.is(at + 1, "file") && self.raw(at + 1) == "files"
                        || (0..self.tokens.len()).any(|place| self.is(place, "find"))) =>
            {
                self.query.patterns.push(raw)
            }
            Value::Number(_) if self.perm_said() && raw.len() >= 3 => self.query.perm = Some(raw),
            Value::Number(number) if self.is_any(at.wrapping_sub(1), &["depth"]) || self.is(at + 1, "depth") => {
                self.query.depth = Some(*number);
                self.mark(if self.is(at + 1, "depth") { at + 1 } else { at - 1 });
            }
            Value::Quoted if self.is(at.wrapping_sub(1), "file") && self.query.patterns.is_empty() => self.query.patterns.push(raw),
            Value::Quoted if self.place_before(at) && raw.contains('/') => {
                self.query.roots.push(raw);
                self.query.root_said = true;
            }
            Value::Word if self.place_before(at) && (self.is_name(at) || self.is_place_word(at)) => {
                self.query.roots.push(raw);
                self.query.root_said = true;
            }
            _ => return,
        }
        self.mark_bound(at);
    }

    fn perm_said(&self) -> bool {
        (0..self.tokens.len()).any(|place| self.is(place, "permission"))
    }

    /// "in logs": a word of the engine that names a folder here.
    fn is_place_word(&self, at: usize) -> bool {
        let content = self.tokens[at].role() == Some(Role::Content) && !self.tokens[at].is_repaired();
        content && !self.is_any(at, &["folder", "file"]) && is_plural_place(self.tokens, at)
    }

    /// True after "in", "under", "inside" (an article may stand between).
    fn place_before(&self, at: usize) -> bool {
        if at > 0 && matches!(self.raw(at - 1).as_str(), "their" | "its" | "it" | "each") {
            return false;
        }
        let before = (0..at).rev().find(|&place| !self.tokens[place].is_filler());
        before.is_some_and(|place| matches!(self.raw(place).as_str(), "in" | "under" | "inside" | "within" | "from" | "below"))
    }

    /// Words that say something by themselves.
    fn word(&mut self, at: usize) {
        if !self.free(at) {
            return;
        }
        let raw = self.raw(at);
        match () {
            () if self.is(at, "find") => self.query.verb = Verb::Find,
            () if self.is_any(at, &["show", "get"]) => {
                if self.query.verb == Verb::None {
                    self.query.verb = Verb::Show;
                }
                self.query.said_what |= raw == "ls";
            }
            () if self.is(at, "file") => {
                self.query.what = match self.query.what {
                    What::Folders if self.query.said_what => What::Any,
                    What::Symlinks | What::BrokenSymlinks => self.query.what,
                    _ => What::Files,
                };
                self.query.said_file = true;
                self.query.said_what = true;
                self.query.plural |= raw.ends_with('s');
            }
            () if self.is(at, "folder") => {
                let names_place = [at.wrapping_sub(1), at + 1].into_iter().any(|near| {
                    self.tokens.get(near).is_some_and(|token| matches!(token.value, Value::Path | Value::Here)) && !raw.ends_with("ies")
                });
                if names_place && (self.query.said_file || self.query.said_what || !raw.ends_with('s')) {
                    // "the folder /var/www" is a place, not what is looked for.
                } else if raw.starts_with("sub") && self.query.said_what {
                    self.query.recursive = true;
                } else {
                    self.query.what = if self.query.said_file { What::Any } else { What::Folders };
                    self.query.said_what = true;
                    self.query.plural |= raw.ends_with('s') || raw.ends_with("ies");
                }
            }
            () if self.is(at, "symlink") => {
                self.query.what = if self.query.what == What::BrokenSymlinks { What::BrokenSymlinks } else { What::Symlinks };
                self.query.said_what = true;
            }
            () if matches!(raw.as_str(), "broken" | "dangling") && (0..self.tokens.len()).any(|place| self.is(place, "symlink")) => {
                self.query.what = What::BrokenSymlinks;
            }
            () if self.is(at, "count") => {
                if self.query.action == Action::List {
                    self.query.action = Action::Count;
                }
            }
            () if self.is(at, "line") && (0..self.tokens.len()).any(|place| self.is(place, "count")) => {
                self.query.action = Action::CountLines
            }
            () if matches!(raw.as_str(), "each" | "per") && self.query.action == Action::CountLines => {
                self.query.action = Action::CountLinesEach
            }
            () if self.is(at, "delete") => self.query.action = Action::Delete,
            () if self.is(at, "empty") => self.query.empty = true,
            () if self.is(at, "executable") => self.query.executable = true,
            () if self.is(at, "hidden") => self.query.hidden = true,
            () if self.is(at, "case-insensitive") => self.query.ignore_case = true,
            () if raw == "tree" && at > 0 && matches!(self.tokens[at - 1].value, Value::Here | Value::Path) => self.query.recursive = true,
            () if raw == "tree" && self.is(at.wrapping_sub(1), "folder") => self.query.recursive = true,
            () if matches!(raw.as_str(), "recursively" | "recursive" | "subtree") => self.query.recursive = true,
            () if matches!(raw.as_str(), "accessed" | "opened" | "read") && self.query.age.is_some() => self.query.accessed = true,
            () if self.is_any(at, &["change", "create"]) && self.query.age.is_some() => {}
            () if self.is(at, "permission") && self.query.perm.is_some() => {}
            () if self.is_any(at, &["end-with", "call"]) && !self.query.patterns.is_empty() => {}
            () if matches!(raw.as_str(), "detail" | "details" | "detailed" | "long" | "permissions" | "dates") => {
                if self.query.action == Action::List {
                    self.query.action = Action::Long;
                }
            }
            () if self.is(at, "size") && raw.starts_with("size") => {
                let total = (0..self.tokens.len()).any(|place| matches!(self.raw(place).as_str(), "total" | "combined" | "overall"));
                if self.query.action == Action::List && self.query.size.is_none() {
                    self.query.action = if total { Action::TotalSize } else { Action::Long };
                } else if self.query.size.is_none() {
                    return;
                }
            }
            () if self.is(at, "size") && self.query.verb != Verb::None && self.query.size.is_some() => {}
            () => return,
        }
        self.mark(at);
    }

    fn finish(mut self) -> Option<FileQuery> {
        let query = &mut self.query;
        if !query.said_what && query.patterns.is_empty() {
            return None;
        }
        // "in /a but not in /b" compares two places; only a part of what is searched can be left out.
        let inside = |folder: &str| query.roots.iter().any(|root| folder.starts_with(root.as_str()));
        if query.not_folders.iter().any(|folder| folder.starts_with(['/', '~']) && !inside(folder)) {
            return None;
        }
        if query.top == Some(0) {
            query.top = Some(if query.plural { 10 } else { 1 });
        }
        let asks =
            query.verb != Verb::None || query.action != Action::List || query.order.is_some() || query.has_tree_predicate() || query.hidden;
        let asks = asks || matches!(query.what, What::BrokenSymlinks) || !query.patterns.is_empty();
        asks.then_some(self.query)
    }
}
