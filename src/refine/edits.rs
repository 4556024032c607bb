//! Changes of the command itself, by a table of wishes and of what programs can do.

use super::phrasing::{core, exchange, without_lead};
use super::tokens::number;
use crate::domain::ShellKind;
use crate::explain;
use crate::syntax::{self, Command, Join, Piece, RedirectKind, Tree, Word, quote, quote_path};

const WISHES: &str = include_str!("wishes.txt");

/// Programs that belong to the shell, so the administrator cannot be asked to run them.
const OF_THE_SHELL: [&str; 14] =
    ["cd", "export", "alias", "source", ".", "set", "unset", "read", "eval", "exec", "pushd", "popd", "history", "jobs"];

/// Tests of `find` that have a twin for any case.
const CASED: [(&str, &str); 4] = [("-name", "-iname"), ("-path", "-ipath"), ("-regex", "-iregex"), ("-lname", "-ilname")];

/// A command in one piece.
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) shell: ShellKind,
    tree: Tree,
}

/// The command as it is wished for; `None` unless every part of the wish is understood.
pub(super) fn edited(command: &str, wish: &str, shell: ShellKind) -> Option<String> {
    let core = core(wish);
    if let Some(done) = edit(command, &core, shell) {
        return Some(done);
    }
    // Two wishes in one.
    let (first, second) = core.split_once(" and ").or_else(|| core.split_once(", "))?;
    edit(&edit(command, &super::phrasing::core(first), shell)?, &super::phrasing::core(second), shell)
}

fn edit(command: &str, core: &str, shell: ShellKind) -> Option<String> {
    let tree = syntax::parse(command, shell).ok().filter(|tree| !tree.is_partial() && !tree.is_unclear())?;
    let line = Line { text: command, shell, tree };
    let lower = core.to_lowercase();
    let only = ["only", "just"].iter().find_map(|lead| without_lead(&lower, lead)).unwrap_or_else(|| lower.clone());
    line.rights(&lower)
        .or_else(|| line.exchanged(core))
        .or_else(|| line.kept_in(core))
        .or_else(|| line.limited(&only))
        .or_else(|| line.depth(&lower))
        .or_else(|| line.hidden(&lower))
        .or_else(|| line.option(&lower))
        .or_else(|| line.option(&only))
        .or_else(|| line.piped(&lower))
        .or_else(|| line.matching(core))
        .filter(|edited| edited != command)
}

impl Line<'_> {
    /// The commands at the top level, in their order.
    pub(super) fn calls(&self) -> Vec<&Command> {
        let index = |piece: &Piece| match piece {
            Piece::Command(index) => Some(*index),
            _ => None,
        };
        let commands = self.tree.outline().iter().filter_map(|item| index(&item.piece)).filter_map(|index| self.tree.commands().get(index));
        commands.filter(|command| command.words.first().is_some_and(|word| self.stands(word))).collect()
    }

    fn stands(&self, word: &Word) -> bool {
        !word.raw.is_empty() && self.text.get(word.span.clone()) == Some(word.raw.as_str())
    }

    /// Whether it is one pipe whose output nobody has yet sent elsewhere.
    pub(super) fn prints(&self) -> bool {
        let items = self.tree.outline();
        let is_pipe = items.iter().skip(1).all(|item| item.join == Join::Pipe);
        let is_plain = items.iter().all(|item| !item.background && !item.negated && matches!(item.piece, Piece::Command(_)));
        let is_sent =
            |command: &Command| command.redirects.iter().any(|to| matches!(to.kind, RedirectKind::Truncate | RedirectKind::Append));
        is_pipe && is_plain && !self.calls().iter().any(|command| is_sent(command))
    }

    pub(super) fn with(&self, word: &Word, text: &str) -> Option<String> {
        self.stands(word).then(|| format!("{}{text}{}", &self.text[..word.span.start], &self.text[word.span.end..]))
    }

    pub(super) fn behind(&self, word: &Word, text: &str) -> Option<String> {
        self.stands(word).then(|| format!("{} {text}{}", &self.text[..word.span.end], &self.text[word.span.end..]))
    }

    pub(super) fn then(&self, text: &str) -> Option<String> {
        self.prints().then(|| format!("{} | {text}", self.text.trim_end()))
    }

    /// The words of a call behind what gives it rights.
    pub(super) fn words(command: &Command) -> &[Word] {
        let is_sudo = command.words.first().is_some_and(|word| word.raw == "sudo");
        let plain = is_sudo && command.words.get(1).is_some_and(|word| !word.raw.starts_with('-'));
        &command.words[usize::from(plain)..]
    }

    fn rights(&self, wish: &str) -> Option<String> {
        let calls = self.calls();
        let first = calls.first()?.words.first()?;
        match wish {
            "sudo"
            | "with sudo"
            | "use sudo"
            | "as root"
            | "as administrator"
            | "as admin"
            | "as the administrator"
            | "as superuser"
            | "with root rights"
            | "with administrator rights" => {
                let may = first.raw != "sudo" && first.span.start == 0 && !OF_THE_SHELL.contains(&first.raw.as_str());
                may.then(|| format!("sudo {}", self.text))
            }
            "without sudo" | "no sudo" | "not as root" | "as myself" => {
                (first.raw == "sudo").then(|| self.text[first.span.end..].trim_start().to_owned())
            }
            "in background" | "in the background" if self.prints() => Some(format!("{} &", self.text.trim_end())),
            "measure the time" | "time it" | "measure how long it takes" | "with the time it takes" => Some(format!("time {}", self.text)),
            _ => None,
        }
    }

    /// One text of the command in place of another.
    fn exchanged(&self, core: &str) -> Option<String> {
        if let Some((old, new)) = exchange(core) {
            let is_it = |word: &&Word| word.value.as_deref() == Some(old.as_str()) && !word.raw.starts_with('-');
            let words: Vec<&Word> = self.calls().into_iter().flat_map(|command| command.words.iter().skip(1)).filter(is_it).collect();
            let ([only], true) = (&words[..], !new.contains(' ')) else { return None };
            let quoted = if only.glob { syntax::quote_glob(&new, self.shell) } else { quote_path(&new, self.shell) };
            return self.with(only, &quoted);
        }
        // "in /etc": the only folder of the command.
        let place = ["in", "under", "below", "from"].iter().find_map(|lead| without_lead(core, lead))?;
        let is_place = |text: &str| text.starts_with(['/', '~']) || text.starts_with("./") || matches!(text, "." | "..");
        let bare = place.trim_matches(['"', '\'']);
        let words: Vec<&Word> =
            self.calls().into_iter().flat_map(|command| command.words.iter().skip(1)).filter(|word| is_place(&word.shape)).collect();
        let ([only], true) = (&words[..], is_place(bare) && !bare.contains(' ')) else { return None };
        self.with(only, &quote_path(bare, self.shell))
    }

    /// How deep it goes.
    fn depth(&self, wish: &str) -> Option<String> {
        let levels = match wish {
            "not in subfolders"
            | "without subfolders"
            | "only in this folder"
            | "only here"
            | "not recursively"
            | "not recursive"
            | "no subfolders"
            | "only the top level"
            | "only top level" => 1,
            _ => {
                let words: Vec<&str> = wish.split_whitespace().collect();
                match words[..] {
                    ["not", "deeper", "than", count, "level" | "levels"]
                    | ["only", count, "level" | "levels", ..]
                    | ["at", "most", count, "level" | "levels", ..]
                    | ["max", "depth", count]
                    | ["depth", count]
                    | ["up", "to", count, "level" | "levels", ..]
                    | [count, "level" | "levels", "deep"] => number(count)?,
                    _ => return None,
                }
            }
        };
        let calls = self.calls();
        let words = Self::words(calls.first()?);
        match words.first()?.value.as_deref()? {
            "find" => {
                if let Some(at) = words.iter().position(|word| word.raw == "-maxdepth") {
                    return self.with(words.get(at + 1)?, &levels.to_string());
                }
                let last_place = words.iter().skip(1).take_while(|word| !word.raw.starts_with(['-', '(', '!', '\\'])).last();
                self.behind(last_place.unwrap_or(&words[0]), &format!("-maxdepth {levels}"))
            }
            "tree" => self.behind(&words[0], &format!("-L {levels}")),
            "du" if !words.iter().any(|word| word.raw.starts_with("-d") || word.raw == "-s" || word.raw == "-sh") => {
                self.behind(&words[0], &format!("-d {levels}"))
            }
            _ => None,
        }
    }

    /// Whether hidden files take part.
    fn hidden(&self, wish: &str) -> Option<String> {
        let without = [
            "without hidden files",
            "no hidden files",
            "not hidden files",
            "excluding hidden files",
            "ignore hidden files",
            "skip hidden files",
            "without dotfiles",
            "not the hidden ones",
            "exclude hidden files",
        ];
        let calls = self.calls();
        let words = Self::words(calls.first()?);
        let program = words.first()?.value.as_deref()?;
        if !without.contains(&wish) {
            return None;
        }
        match program {
            "find" => {
                let action = words
                    .iter()
                    .skip(1)
                    .find(|word| matches!(word.raw.as_str(), "-delete" | "-exec" | "-execdir" | "-print0" | "-printf" | "-ok"));
                match action {
                    Some(action) => self.with(action, &format!("-not -path {} {}", quote("*/.*", self.shell), action.raw)),
                    None => self.behind(words.last()?, &format!("-not -path {}", quote("*/.*", self.shell))),
                }
            }
            "ls" => {
                let letters = words
                    .iter()
                    .skip(1)
                    .find(|word| word.raw.starts_with('-') && word.raw.contains(['a', 'A']) && !word.raw.starts_with("--"))?;
                let left = letters.raw.replace(['a', 'A'], "");
                let line = self.with(letters, if left == "-" { "" } else { &left })?;
                Some(line.replace("ls  ", "ls ").trim_end().to_owned())
            }
            _ => None,
        }
    }

    /// An option that says what is wished.
    fn option(&self, wish: &str) -> Option<String> {
        let names: Vec<&str> = WISHES.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
            let (phrases, names) = line.split_once(" = ")?;
            phrases.split(" | ").any(|phrase| phrase == wish).then(|| names.split(' ').collect())
        })?;
        let calls = self.calls();
        // The order of the output is made by the last of a pipe.
        let from_the_end = names.iter().any(|name| matches!(*name, "--reverse" | "--numeric-sort" | "--unique"));
        let ordered: Vec<&&Command> = if from_the_end { calls.iter().rev().collect() } else { calls.iter().collect() };
        ordered.into_iter().find_map(|command| self.given(Self::words(command), &names))
    }

    fn given(&self, words: &[Word], names: &[&str]) -> Option<String> {
        let program = words.first()?.value.as_deref()?;
        if program == "find" {
            if names.contains(&"-iname") {
                let found = words.iter().find_map(|word| Some((word, CASED.iter().find(|(plain, _)| *plain == word.raw)?.1)));
                return found.and_then(|(word, twin)| self.with(word, twin));
            }
            if names.contains(&"--dry-run") {
                let delete = words.iter().find(|word| word.raw == "-delete")?;
                return Some(format!("{}{}", self.text[..delete.span.start].trim_end(), &self.text[delete.span.end..]));
            }
            if names.contains(&"-xdev") {
                let last_place = words.iter().skip(1).take_while(|word| !word.raw.starts_with(['-', '(', '!', '\\'])).last();
                return self.behind(last_place.unwrap_or(&words[0]), "-xdev");
            }
        }
        let usable: Vec<&str> = names.iter().copied().filter(|name| may_give(program, name)).collect();
        let offered = explain::offered(words, &usable)?;
        if offered.takes_value {
            return None;
        }
        match offered.joins {
            Some((at, letter)) => {
                let word = &words[at];
                let joined = format!("{}{}{}", &word.raw[..letter], &offered.name[1..], &word.raw[letter..]);
                (word.value.as_deref() == Some(word.raw.as_str())).then(|| self.with(word, &joined)).flatten()
            }
            None => self.behind(&words[offered.behind], &offered.name),
        }
    }
}

/// Whether an option means with this program what it means with others.
fn may_give(program: &str, name: &str) -> bool {
    match name {
        "-R" => matches!(program, "ls" | "chmod" | "chown" | "chgrp" | "cp" | "git"),
        "-t" | "-S" | "-1" => program == "ls",
        "-l" => program == "ls",
        "-h" => matches!(program, "ls" | "df" | "du" | "free" | "sort"),
        "-n" => matches!(program, "cp" | "mv"),
        "-i" => matches!(program, "rm" | "cp" | "mv"),
        "-P" => program == "rsync",
        "--all" => matches!(program, "docker" | "podman" | "git" | "df" | "du" | "systemctl"),
        "--archive" => matches!(program, "cp" | "rsync"),
        "--include" => program == "curl",
        _ => true,
    }
}
