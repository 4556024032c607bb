//! The phrases about files that bind other words: where to, what not, which name, which owner.

use super::Action;
use super::scan::Scan;
use crate::offline::lexicon::Role;
use crate::offline::slots::{AgeKind, Value};
use crate::offline::tokens::Token;

impl Scan<'_> {
    /// "copy … to DEST", "make … executable", "chmod 644 …".
    pub(super) fn destination(&mut self, at: usize) {
        if self.is_any(at, &["copy", "move"]) && self.query.action == Action::List {
            let Some(to) = (at + 1..self.tokens.len()).find(|&place| matches!(self.raw(place).as_str(), "to" | "into" | "onto")) else {
                return;
            };
            let target = self.after(to + 1, &["folder"]);
            let fits =
                matches!(self.tokens.get(target).map(|token| &token.value), Some(Value::Path | Value::Quoted)) || self.is_name(target);
            if fits && !matches!(self.tokens[target].value, Value::File) {
                let place = self.tokens[target].raw.clone();
                self.query.action = if self.is(at, "copy") { Action::Copy(place) } else { Action::Move(place) };
                self.mark(at);
                self.mark_bound(target);
                (to..target).for_each(|place| self.mark(place));
            }
        } else if self.is_any(at, &["create", "permission"]) && (0..self.tokens.len()).any(|place| self.is(place, "executable")) {
            self.query.action = Action::Chmod("+x".to_owned());
            self.mark(at);
            self.mark_words(0, self.tokens.len(), "executable");
        } else if self.is(at, "permission")
            && (self.raw(at) == "chmod" || (0..at).any(|place| self.is(place, "change") || self.raw(place) == "set"))
        {
            let mode = (at + 1..self.tokens.len()).find(|&place| matches!(self.tokens[place].value, Value::Mode | Value::Number(_)));
            if let Some(mode) = mode {
                self.query.action = Action::Chmod(self.tokens[mode].raw.clone());
                self.mark(at);
                self.mark_bound(mode);
                (0..at)
                    .filter(|&place| self.is(place, "change") || self.raw(place) == "set")
                    .collect::<Vec<_>>()
                    .into_iter()
                    .for_each(|place| self.mark(place));
            }
        }
    }

    /// "except *.log", "without node_modules", "not in subfolders", "no hidden files".
    pub(super) fn exclusion(&mut self, at: usize) {
        if self.tokens[at].role() != Some(Role::Negation) || !self.free(at) {
            return;
        }
        let mut from = at + 1;
        while self.tokens.get(from).and_then(Token::role) == Some(Role::Negation) {
            from += 1;
        }
        let mut target = self.after(from, &["file", "folder", "call", "contain", "change"]);
        if self.raw(target).starts_with("sub") || (at + 1..target).any(|place| self.raw(place).starts_with("sub")) {
            self.query.depth = Some(1);
            self.mark(at);
            self.mark_words(at, target + 1, "folder");
            return;
        }
        let folder_said = (at + 1..target).any(|place| self.is(place, "folder") || self.raw(place) == "in");
        let change_said = (at + 1..target).any(|place| self.is(place, "change"));
        let noun_said = (at + 1..target).any(|place| self.is_any(place, &["folder", "file", "symlink"]));
        let content_said = (at + 1..target).any(|place| self.is(place, "contain"));
        let Some(token) = self.tokens.get(target) else { return };
        let raw = token.raw.clone();
        match &token.value {
            Value::Age(age) if age.kind == AgeKind::Within && change_said && !noun_said => {
                let mut age = age.clone();
                age.kind = AgeKind::Older;
                self.query.age = Some(age);
            }
            _ if change_said || content_said => return,
            Value::Glob(patterns) => self.query.not_patterns.extend(patterns.clone()),
            Value::Ext => self.query.not_patterns.push(format!("*{raw}")),
            Value::File | Value::Quoted
                if !folder_said && (raw.contains('.') || (at.saturating_sub(3)..target).any(|place| self.is(place, "call"))) =>
            {
                self.query.not_patterns.push(raw)
            }
            Value::Word if self.is(target, "hidden") => self.query.no_hidden = true,
            // "the files specified in …" names a list, not a folder.
            Value::Word if self.tokens.get(target + 1).and_then(Token::role) == Some(Role::Link) && !folder_said => return,
            _ if self.is_name(target) => {
                self.query.not_folders.push(raw);
                while matches!(self.raw(target + 1).as_str(), "and" | "or") && self.is_name(target + 2) {
                    let more = self.tokens[target + 2].raw.clone();
                    self.query.not_folders.push(more);
                    self.mark(target + 1);
                    target += 2;
                    self.mark_bound(target);
                }
                if self.is(target + 1, "folder") {
                    self.mark(target + 1);
                }
            }
            _ => return,
        }
        (at..target).for_each(|place| self.mark(place));
        if self.is(target, "hidden") { self.mark(target) } else { self.mark_bound(target) }
    }

    /// "called X", "whose name starts with X", "ending in .log", "containing X".
    pub(super) fn named(&mut self, at: usize) {
        if !self.free(at) {
            return;
        }
        let (prefix, suffix) = match () {
            () if self.is(at, "start-with") => ("", "*"),
            () if self.is(at, "end-with") => ("*", ""),
            () if self.is(at, "contain") => ("*", "*"),
            () if self.is_any(at, &["call", "match"]) => ("", ""),
            () => return,
        };
        let name_said = (at.saturating_sub(4)..at).any(|place| self.is(place, "call"));
        let mut target = self.after(at + 1, &["word", "string", "text", "call", "pattern", "match"]);
        // "starting with a and …": a letter by itself is the text, not the article.
        let letter =
            self.raw(at + 1).len() == 1 && self.tokens.get(at + 2).is_none_or(|next| next.is_filler() || next.role() == Some(Role::Link));
        if letter {
            target = at + 1;
        }
        let name_said = name_said || (target + 1..target + 4).any(|place| self.is(place, "call"));
        if (at + 1..=target).any(|place| self.is_any(place, &["start-with", "end-with", "contain"])) {
            // "whose name contains": the second word decides, the first one only says that the name is meant.
            if !(at + 1..target).any(|place| self.raw(place) == "and") {
                self.mark(at);
            }
            return;
        }
        let Some(token) = self.tokens.get(target).filter(|_| self.free(target)) else { return };
        if self.is(target, "hidden") {
            self.mark(at);
            return;
        }
        let raw = token.raw.clone();
        let text = match &token.value {
            Value::Glob(patterns) if patterns.len() == 1 && (suffix.is_empty() || patterns[0].ends_with('*')) => patterns[0].clone(),
            Value::Word if matches!(raw.as_str(), "space" | "spaces" | "whitespace" | "whitespaces" | "blanks") => {
                format!("{prefix} {suffix}")
            }
            Value::Quoted if raw.contains('*') => raw.clone(),
            Value::Ext if prefix == "*" && suffix.is_empty() => format!("*{raw}"),
            Value::Quoted | Value::File | Value::Version | Value::Number(_) => format!("{prefix}{raw}{suffix}"),
            Value::Word if (letter || !token.is_filler()) && token.role() != Some(Role::Negation) => format!("{prefix}{raw}{suffix}"),
            _ => return,
        };
        if self.is(at, "contain") && !name_said {
            if self.query.content.is_some() {
                return;
            }
            // People write these markers small and mean the capitals.
            self.query.ignore_case |= matches!(raw.as_str(), "todo" | "fixme" | "hack" | "xxx");
            self.query.content = Some(raw);
        } else {
            match self.query.patterns.as_slice() {
                [] => self.query.patterns.push(text),
                // "starts with a and ends with b" is one pattern.
                [first] if first.ends_with('*') && text.starts_with('*') => self.query.patterns = vec![format!("{first}{}", &text[1..])],
                _ => return,
            }
        }
        (at..target).for_each(|place| self.mark(place));
        self.mark_bound(target);
        self.mark_words(at.saturating_sub(4), at, "call");
        self.mark_words(target + 1, (target + 4).min(self.tokens.len()), "call");
    }

    /// "with TODO in them", "that have TODO in it".
    pub(super) fn inside(&mut self, at: usize) {
        let inside = matches!(self.raw(at + 1).as_str(), "in" | "inside") && matches!(self.raw(at + 2).as_str(), "them" | "it");
        let cue = at.checked_sub(1).filter(|&before| matches!(self.raw(before).as_str(), "with" | "have" | "having" | "has"));
        if let (true, Some(cue), true, None) = (inside, cue, self.free(at), &self.query.content) {
            let text = self.tokens[at].raw.clone();
            self.query.ignore_case |= matches!(text.as_str(), "todo" | "fixme" | "hack" | "xxx");
            self.query.content = Some(text);
            [cue, at + 1, at + 2].into_iter().for_each(|place| self.mark(place));
            self.mark_bound(at);
        }
    }

    /// "owned by bob", "not owned by root", "of group staff".
    pub(super) fn ownership(&mut self, at: usize) {
        if !self.free(at) || !self.is_any(at, &["owner", "group"]) {
            return;
        }
        let target = self.after(at + 1, &["user", "group"]);
        let is_group = (at..target).any(|place| self.is(place, "group"));
        let named = matches!(self.tokens.get(target).map(|token| &token.value), Some(Value::Word | Value::Quoted)) && self.free(target);
        if !named || self.tokens[target].role() == Some(Role::Plain) {
            return;
        }
        let name = self.tokens[target].raw.clone();
        let negation = at.checked_sub(1).filter(|&before| self.tokens[before].role() == Some(Role::Negation));
        if is_group && negation.is_none() {
            self.query.group = Some(name);
        } else if !is_group {
            self.query.owner = Some((negation.is_none(), name));
            negation.into_iter().for_each(|before| self.mark(before));
        }
        (at..target).for_each(|place| self.mark(place));
        self.mark_bound(target);
    }
}
