//! What flows from one program into another: downloaded text into a shell, secrets into the network.

use std::ops::Range;
use std::sync::Arc;

use super::analyse::{Analysis, Around, output_file};
use super::call::Call;
use super::{code, path, rules, unwrap};
use crate::domain::Risk;
use crate::syntax::{Redirect, RedirectKind, Tree, UNKNOWN, Word};

/// Programs whose output comes from somewhere else.
const DOWNLOADERS: [&str; 20] = [
    "curl",
    "wget",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "aria2c",
    "ftp",
    "http",
    "https",
    "xh",
    "lynx",
    "w3m",
    "telnet",
    "fetch",
    "ssh",
    "axel",
    "GET",
    "lwp-download",
    "openssl",
];

/// Programs that print what is secret by itself.
const REVEALERS: [&str; 8] = ["env", "printenv", "history", "security", "secret-tool", "pass", "keyring", "export"];

/// What is known of a program's standard input.
#[derive(Debug, Default, Clone)]
pub(super) struct Input {
    /// Some program or file feeds it.
    pub(super) fed: bool,
    /// What it reads, when that is certain.
    pub(super) text: Option<String>,
    /// It comes from the network.
    pub(super) downloaded: bool,
    /// Credentials or private records are in it.
    pub(super) secret: Option<String>,
    /// A whole home or system is in it.
    pub(super) bulk: bool,
}

impl Analysis<'_> {
    /// Whether any of these commands turns what nobody can read into text.
    pub(super) fn decodes(&self, around: &Around<'_>, range: Range<usize>) -> bool {
        around.tree.commands()[range].iter().any(|command| {
            command.name().is_some_and(|name| {
                matches!(name, "base64" | "gbase64" | "base32" | "xxd" | "rev" | "tr" | "openssl" | "uudecode" | "gunzip" | "zcat")
            })
        })
    }

    /// Whether any of these commands fetches something.
    pub(super) fn downloads(&mut self, tree: &Arc<Tree>, range: Range<usize>) -> bool {
        tree.commands()[range].iter().any(|command| {
            let network = command.redirects.iter().any(|redirect| redirect.target.shape.starts_with("/dev/tcp/"));
            network
                || command.words.iter().any(|word| {
                    let fields = if word.value.is_some() { Vec::new() } else { self.expand(tree, word) };
                    let named = |word: &Word| {
                        word.value.as_deref().is_some_and(|value| DOWNLOADERS.contains(&value.rsplit('/').next().unwrap_or(value)))
                    };
                    named(word) || fields.iter().any(named)
                })
        })
    }

    pub(super) fn standard_input(&mut self, around: &Around<'_>) -> Input {
        let command = &around.tree.commands()[around.index];
        let mut input = Input::default();
        if !around.reads_input {
            return input;
        }
        for redirect in &command.redirects {
            match redirect.kind {
                RedirectKind::HereText => input.fed = true,
                RedirectKind::Read => {
                    input.fed = true;
                    if let Some(range) = output_file(&redirect.target) {
                        input.downloaded |= self.downloads(around.tree, range);
                    } else {
                        let fields = self.expand(around.tree, &redirect.target);
                        input.secret = input.secret.or_else(|| fields.iter().find_map(|field| self.secret_name(&field.shape)));
                        input.downloaded |= fields.iter().any(|field| field.shape.starts_with("/dev/tcp/"));
                        let paths: Vec<String> = fields.iter().filter_map(|field| self.scope.resolve(&field.shape)).collect();
                        input.downloaded |= paths.iter().any(|path| self.scope.is_fetched(path));
                    }
                }
                _ => {}
            }
        }
        if !command.input.is_empty() {
            input.fed = true;
            input.downloaded |= self.downloads(around.tree, command.input.clone());
            for index in command.input.clone() {
                let feeder = &around.tree.commands()[index];
                let words = self.expand_all(around.tree, &feeder.words);
                let names: Vec<&str> = words.iter().filter_map(|word| word.value.as_deref()).collect();
                let reveals = names.first().is_some_and(|name| REVEALERS.contains(name) && (*name != "export" || names.len() == 1))
                    || names.windows(3).any(|three| matches!(three, ["kubectl", "get", "secrets" | "secret"]))
                    || names.first() == Some(&"aws") && names.contains(&"get-secret-value");
                let packs = names
                    .iter()
                    .any(|name| matches!(*name, "tar" | "zip" | "7z" | "cpio" | "dd" | "tcpdump" | "mysqldump" | "pg_dump" | "bsdtar"));
                input.bulk |= names.contains(&"--all-databases") || names.first() == Some(&"pg_dumpall");
                if reveals && input.secret.is_none() {
                    input.secret = Some(names.join(" ").chars().take(40).collect());
                }
                for word in words.iter().skip(1) {
                    let located = self.scope.located(word);
                    if input.secret.is_none() {
                        input.secret = self.secret_name(&located.shape);
                    }
                    input.bulk |= packs && path::is_vital(&located.shape);
                }
            }
        }
        if input.fed {
            input.text = self.input(around.tree, around.index);
        }
        input
    }

    pub(super) fn secret_name(&self, shape: &str) -> Option<String> {
        let shape = shape.trim_start_matches('@');
        path::is_secret(shape).then(|| shape.to_owned())
    }

    /// A text that only the running shell knows goes to a shell.
    pub(super) fn unknown_text(&mut self, word: &Word, around: &Around<'_>, root: bool) {
        let nested = around.tree.commands()[around.index].nested.clone();
        if self.downloads(around.tree, nested.clone()) {
            return self.add_at(word, "remote-code", Risk::High, "runs what it downloads");
        }
        // What stands around the unknown parts can be judged, with a mark in their place.
        if word.shape.chars().any(|c| c != UNKNOWN && !c.is_whitespace()) {
            return self.text(&word.shape, word, around.depth + 1, root);
        }
        // `eval "$(tool init zsh)"` is how tools set themselves up: it runs as much as the tool itself.
        let only_output = !nested.is_empty() && word.shape.chars().count() == 1;
        let tools = around.tree.commands()[nested].iter().all(|command| {
            command.name().is_some_and(|name| !unwrap::is_language(name) && !unwrap::is_shell(name) && !rules::prints_text(name))
                && command.input.is_empty()
        });
        if only_output && tools {
            return self.add_at(word, "tool-code", Risk::Low, "runs what a tool prints for the shell");
        }
        self.add_at(word, "generated-code", Risk::Medium, "runs text that is known only when it runs");
    }

    /// What a shell or an interpreter does with its arguments and its input.
    pub(super) fn interpreter(&mut self, call: &Call<'_>, around: &Around<'_>) {
        let shell = unwrap::is_shell(call.name);
        let nested = around.tree.commands()[around.index].nested.clone();
        let inline = call.has_any(if shell { &["-c"] } else { &["-c", "-e", "-m", "-n", "-p", "-r", "-E", "--eval", "-M"] });
        let first = call.operands.first();
        let from_file = first.is_some_and(|word| !matches!(word.shape.as_str(), "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0"));
        if !nested.is_empty() && first.is_some_and(|word| word.value.is_none()) && self.downloads(around.tree, nested.clone()) {
            return self.add("remote-code", Risk::High, "runs what it downloads");
        }
        if from_file && !inline && !nested.is_empty() && first.is_some_and(|word| word.raw.starts_with("<(")) {
            match self.output(around.tree, nested) {
                Some(text) if shell => self.text(&text, first.map_or(&Word::default(), |word| word), around.depth + 1, around.root),
                _ => self.add("generated-code", Risk::Medium, "runs the output of another program"),
            }
            return;
        }
        let elsewhere = |redirect: &&Redirect| {
            redirect.kind == RedirectKind::Duplicate
                && redirect.target.shape.parse::<u32>().map_or(redirect.target.shape.contains(UNKNOWN), |number| number > 2)
        };
        if shell && !from_file && !inline && around.tree.commands()[around.index].redirects.iter().filter(elsewhere).count() >= 2 {
            return self.add("reverse-shell", Risk::Critical, "hands a shell to whoever holds the other end");
        }
        let reads_program = (call.has("-s") && shell) || (!inline && !from_file);
        if !reads_program || call.has_any(&["-n", "--version", "--help"]) && shell {
            return;
        }
        let input = self.standard_input(around);
        let interactive = call.has("-i") && shell;
        match input {
            Input { downloaded: true, .. } => {
                self.add_safer("remote-code", Risk::High, "runs what it downloads", Some("save it to a file, read it, then run the file"))
            }
            Input { text: Some(text), .. } if shell => {
                let place =
                    around.tree.commands()[around.index].redirects.first().map(|redirect| redirect.target.clone()).unwrap_or_default();
                let command = &around.tree.commands()[around.index];
                if self.decodes(around, command.input.clone()) || self.decodes(around, command.nested.clone()) {
                    self.add("encoded-code", Risk::High, "runs a command that is written in code");
                }
                self.text(&text, &place, around.depth + 1, around.root);
            }
            Input { text: Some(text), .. } => code::scan(self, &text, around),
            Input { fed: true, .. } if interactive => {
                self.add("generated-code", Risk::High, "a shell takes its commands from another program")
            }
            Input { fed: true, .. } if !around.tree.commands()[around.index].input.is_empty() => {
                self.add("generated-code", Risk::High, "runs the output of another program");
            }
            Input { fed: true, .. } => self.add("runs-file", Risk::Low, "runs the commands of a file"),
            _ if around.root && shell && call.operands.is_empty() && around.repeated => {
                self.add("root-shell", Risk::High, "opens a shell out of a program that runs as root");
            }
            _ if around.root && shell && call.operands.is_empty() => {
                self.add("root-shell", Risk::Medium, "opens a shell in which everything runs as root");
            }
            _ => {}
        }
    }

    /// `source`, `.`
    pub(super) fn sourced(&mut self, call: &Call<'_>, around: &Around<'_>) {
        let command = &around.tree.commands()[around.index];
        let nested = command.nested.clone();
        let input = if call.operands.is_empty()
            || call.operands.iter().any(|word| matches!(word.shape.as_str(), "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0"))
        {
            self.standard_input(around)
        } else {
            Input::default()
        };
        if input.downloaded || self.downloads(around.tree, nested.clone()) {
            return self.add("remote-code", Risk::High, "runs what it downloads");
        }
        let text = match &input.text {
            Some(text) => Some(text.clone()),
            None if !nested.is_empty() => self.output(around.tree, nested.clone()),
            None => None,
        };
        match text {
            Some(text) => self.text(&text, &Word::default(), around.depth + 1, around.root),
            None if input.fed => self.add("generated-code", Risk::Medium, "runs the output of another program"),
            None if !nested.is_empty() => self.add("tool-code", Risk::Low, "runs what a tool prints for the shell"),
            None => {}
        }
    }

    /// Notes a file that is fetched: running it later is running what was downloaded.
    pub(super) fn fetched(&mut self, call: &Call<'_>, around: &Around<'_>) {
        if matches!(call.name, "scp" | "rsync") {
            self.copied_here(call);
        }
        if !DOWNLOADERS.contains(&call.name) {
            return;
        }
        let flags: &[&str] = if call.name == "wget" { &["-O", "--output-document"] } else { &["-o", "--output"] };
        let named = call.value_of(flags).map(|word| word.shape);
        let by_address =
            call.operands.iter().rfind(|word| word.shape.contains('/')).and_then(|word| word.shape.rsplit('/').next().map(str::to_owned));
        let keeps_name =
            matches!(call.name, "wget" | "aria2c" | "axel" | "fetch" | "lwp-download") || call.has_any(&["-O", "--remote-name"]);
        let redirected = around.tree.commands()[around.index].redirects.iter().find(|redirect| redirect.kind == RedirectKind::Truncate);
        let target = named
            .filter(|name| name != "-")
            .or_else(|| redirected.map(|redirect| redirect.target.shape.clone()))
            .or(by_address.filter(|_| keeps_name));
        if let Some(path) = target.and_then(|target| self.scope.resolve(&target)).filter(|path| !path.is_empty() && path != ".") {
            self.scope.fetched(path);
        }
    }

    /// `scp host:file .` fetches as well.
    fn copied_here(&mut self, call: &Call<'_>) {
        let Some((target, sources)) = call.operands.split_last() else { return };
        for source in sources.iter().filter(|source| super::sends::is_remote(&source.shape)) {
            let name = source.shape.rsplit(['/', ':']).next().unwrap_or_default();
            for path in [target.shape.clone(), format!("{}/{name}", target.shape)] {
                if let Some(path) = self.scope.resolve(&path).filter(|path| !path.is_empty() && path != ".") {
                    self.scope.fetched(path);
                }
            }
        }
    }

    /// Whether a public key is what a command reads: giving one's own key to one's own machine is everyday work.
    pub(super) fn reads_public_key(&self, around: &Around<'_>) -> bool {
        let commands = around.tree.commands();
        let public = |word: &Word| word.shape.ends_with(".pub");
        let read = commands[around.index].redirects.iter().any(|redirect| redirect.kind == RedirectKind::Read && public(&redirect.target));
        read || commands[commands[around.index].input.clone()].iter().any(|feeder| feeder.words.iter().any(public))
    }

    /// A program that a session on another machine or as another user runs, when its text comes through the input.
    pub(super) fn session(&mut self, call: &Call<'_>, around: &Around<'_>) {
        if call.operands.len() > 1 {
            return;
        }
        let input = self.standard_input(around);
        if input.downloaded {
            self.add("remote-code", Risk::High, "runs what it downloads");
        } else if let Some(text) = input.text {
            self.text(&text, &Word::default(), around.depth + 1, around.root);
        }
    }

    /// Running a file that was fetched before.
    pub(super) fn runs_fetched(&mut self, word: &Word) {
        if self.scope.resolve(&word.shape).is_some_and(|path| self.scope.is_fetched(&path)) {
            self.add_at(word, "remote-code", Risk::High, "runs what it downloads");
        }
    }

    /// A shell runs a file: what it holds may be known.
    pub(super) fn runs_file(&mut self, word: &Word) {
        self.runs_fetched(word);
        self.runs_written(word);
    }

    /// Running a file that the line itself wrote is running what was written.
    pub(super) fn runs_written(&mut self, word: &Word) {
        let Some(path) = self.scope.resolve(&word.shape) else { return };
        if let Some(text) = self.scope.take_written(&path) {
            self.text(&text, word, 2, false);
            self.scope.wrote(path, text);
        }
    }

    /// Words that `xargs` or `find` fill in: what is known of them, or a mark.
    pub(super) fn with_input(&mut self, call: &Call<'_>, words: Vec<Word>, around: &Around<'_>) -> Vec<Word> {
        if !rules::wrapper(call.name).is_some_and(|wrapper| wrapper.appends) {
            return words;
        }
        let from_file = call.value_of(&["-a", "--arg-file"]).is_some();
        let text = if from_file { None } else { self.standard_input(around).text };
        let given: Vec<Word> = match text {
            Some(text) => {
                text.split(|c: char| c.is_whitespace() || c == '\0').filter(|part| !part.is_empty()).take(64).map(Word::literal).collect()
            }
            None => vec![Word::unknown("…")],
        };
        let endless =
            around.tree.commands()[around.tree.commands()[around.index].input.clone()].iter().any(|command| command.name() == Some("yes"));
        if endless && around.tree.commands()[around.index].input.len() == 1 {
            self.add("fork-bomb", Risk::High, "starts processes without end");
        }
        let mark = call.value_of(&["-I", "-i", "-J", "--replace"]).map(|word| word.shape).filter(|mark| !mark.is_empty());
        let mark = mark.or_else(|| (call.name == "parallel" || call.has("-i")).then(|| "{}".to_owned()));
        match mark {
            Some(mark) if words.iter().any(|word| word.shape.contains(&mark)) => words
                .into_iter()
                .flat_map(|word| match word.shape.contains(&mark) {
                    true => given
                        .iter()
                        .map(|known| {
                            let shape = word.shape.replace(&mark, &known.shape);
                            Word { value: known.value.is_some().then(|| shape.clone()), shape, ..word.clone() }
                        })
                        .collect(),
                    false => vec![word],
                })
                .collect(),
            // The words of `parallel cmd ::: a b` are written out.
            _ if call.args.iter().any(|word| word.shape == ":::") => words,
            _ => words.into_iter().chain(given).collect(),
        }
    }
}
