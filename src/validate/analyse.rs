//! From a tree to findings. It never runs anything and knows nothing of this machine.

use std::ops::Range;
use std::sync::Arc;

use super::call::Call;
use super::path;
use super::rules;
use super::scope::Scope;
use super::unwrap::{self, Inner};
use super::verdict::{Effect, Finding, Policy};
use crate::domain::{Risk, ShellKind};
use crate::syntax::{self, HOME, Part, Tree, UNKNOWN, Word};

/// Most levels of commands inside the arguments of commands.
const MAX_DEPTH: usize = 10;

/// Most commands that are judged for one line, those of functions each time they are called.
const MAX_COMMANDS: usize = 2_000;

/// Variables that hold the name of a program the user chose.
const CHOSEN_PROGRAMS: [&str; 6] = ["$EDITOR", "$VISUAL", "$PAGER", "$SHELL", "$BROWSER", "$SUDO_EDITOR"];

/// What was found out about a line so far.
pub(super) struct Analysis<'p> {
    pub(super) policy: &'p Policy,
    pub(super) scope: Scope,
    pub(super) findings: Vec<Finding>,
    pub(super) effects: Vec<Effect>,
    pub(super) programs: Vec<String>,
    pub(super) output_steps: usize,
    /// What the present findings are about.
    pub(super) here: Range<usize>,
    /// Set while a text is judged that stands inside a word: all findings are about that word.
    fixed: Option<Range<usize>>,
    commands: usize,
}

/// Where a command stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Around<'t> {
    pub(super) tree: &'t Arc<Tree>,
    /// Its index in the tree.
    pub(super) index: usize,
    /// How many commands it stands inside.
    pub(super) depth: usize,
    /// Whether it runs as root.
    pub(super) root: bool,
    /// Whether it reads what the command of the tree reads; a command inside `find -exec` does not.
    pub(super) reads_input: bool,
    /// The loop around it runs for every file or without end.
    pub(super) repeated: bool,
}

/// Everything there is to say about a command line; nothing means that it only reads.
pub(super) fn analyse<'p>(tree: Tree, policy: &'p Policy) -> Analysis<'p> {
    let mut analysis = Analysis {
        policy,
        scope: Scope::default(),
        findings: Vec::new(),
        effects: Vec::new(),
        programs: Vec::new(),
        output_steps: 0,
        here: 0..0,
        fixed: None,
        commands: 0,
    };
    analysis.tree(&Arc::new(tree), 0, false);
    analysis
}

impl Analysis<'_> {
    pub(super) fn add(&mut self, rule: &str, risk: Risk, reason: impl Into<String>) {
        self.add_safer(rule, risk, reason, None);
    }

    pub(super) fn add_safer(&mut self, rule: &str, risk: Risk, reason: impl Into<String>, safer: Option<&str>) {
        if risk == Risk::None || self.policy.rules.silences(rule) {
            return;
        }
        let finding =
            Finding { rule: rule.to_owned(), risk, span: self.here.clone(), reason: reason.into(), safer: safer.map(str::to_owned) };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// Notes a finding about one word.
    pub(super) fn add_at(&mut self, word: &Word, rule: &str, risk: Risk, reason: impl Into<String>) {
        let place = self.place_of(word);
        let outside = std::mem::replace(&mut self.here, place);
        self.add(rule, risk, reason);
        self.here = outside;
    }

    /// Where a finding about a word stands.
    pub(super) fn place_of(&self, word: &Word) -> Range<usize> {
        let is_in_text = self.fixed.is_some() || word.span.is_empty();
        if is_in_text { self.here.clone() } else { word.span.clone() }
    }

    pub(super) fn tree(&mut self, tree: &Arc<Tree>, depth: usize, root: bool) {
        if tree.is_unclear() {
            self.add("partial", Risk::Medium, "understood only in part");
        }
        self.range(tree, 0..tree.commands().len(), depth, root);
    }

    fn range(&mut self, tree: &Arc<Tree>, range: Range<usize>, depth: usize, root: bool) {
        for index in range {
            self.commands += 1;
            if self.commands > MAX_COMMANDS {
                return self.add("size", Risk::Medium, "too long to be understood as a whole");
            }
            let around = Around { tree, index, depth, root, reads_input: true, repeated: false };
            self.command(&around);
        }
    }

    fn command(&mut self, around: &Around<'_>) {
        let command = &around.tree.commands()[around.index];
        self.here = self.fixed.clone().unwrap_or_else(|| span_of(command));
        if let Some(name) = &command.function {
            self.scope.define(name, around.tree, around.index);
        }
        if forks_itself(command, &around.tree.commands()[command.input.clone()]) {
            self.add("fork-bomb", Risk::Critical, "starts processes without end");
        }
        for assignment in command.assignments.iter().filter(|assignment| assignment.loops) {
            self.assignment(assignment, around, false);
        }
        let words = self.expand_all(around.tree, &command.words);
        for redirect in &command.redirects {
            self.redirect(redirect, &words, around);
        }
        for assignment in command.assignments.iter().filter(|assignment| !assignment.loops) {
            self.assignment(assignment, around, words.is_empty());
        }
        if !words.is_empty() || !command.words.is_empty() {
            self.words(&words, around);
        }
    }

    /// Judges a program with its arguments, already expanded.
    pub(super) fn words(&mut self, words: &[Word], around: &Around<'_>) {
        if around.depth > MAX_DEPTH {
            return self.add("depth", Risk::Medium, "understood only in part");
        }
        // All of it expanded to nothing.
        let Some(first) = words.first() else { return };
        let Some(value) = first.value.as_deref().filter(|_| !first.glob) else { return self.hidden_name(words, around) };
        if !value.is_ascii()
            && value.chars().any(|c| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ff01}'..='\u{ff5e}'))
        {
            return self.add("foreign-letters", Risk::High, "the program's name has letters that may look like others");
        }
        if let Some(alias) = self.scope.aliased(value).filter(|_| around.depth < MAX_DEPTH).map(<[Word]>::to_vec) {
            let replaced: Vec<Word> = alias.into_iter().chain(words[1..].iter().cloned()).collect();
            return self.words(&replaced, &Around { depth: around.depth + 1, ..*around });
        }
        if let Some((tree, body)) = self.scope.function(value).filter(|_| around.depth < MAX_DEPTH) {
            let inside = body.contains(&around.index) && Arc::ptr_eq(&tree, around.tree);
            if !inside {
                let outside = self.scope.set_positional(Some(words[1..].to_vec()));
                let fixed = self.fixed.clone();
                self.fixed.get_or_insert_with(|| self.here.clone());
                self.range(&tree, body, around.depth + 1, around.root);
                self.fixed = fixed;
                self.scope.set_positional(outside);
            }
            return;
        }
        let name = value.trim_start_matches('=');
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let name = name.strip_suffix(".exe").unwrap_or(name);
        // The module zsh/files has its own forms of these programs.
        let name = name.strip_prefix("zf_").unwrap_or(name);
        if value.contains('/') {
            self.runs_fetched(first);
            self.runs_written(first);
        }
        self.call(&Call::new(name, &words[1..]), first, around);
    }

    fn call(&mut self, call: &Call<'_>, first: &Word, around: &Around<'_>) {
        if let Some(program) = &first.value
            && !self.programs.contains(program)
        {
            self.programs.push(program.clone());
        }
        if call.has_any(&["--help", "--version"]) && call.args.len() <= 2 && !unwrap::is_shell(call.name) {
            return;
        }
        let wrapper = rules::wrapper(call.name);
        let inside = unwrap::inner(call, around.root);
        // A shell is as harmless as the text it runs, when that is known.
        let known_text = inside.iter().all(|inner| matches!(inner, Inner::Text(..))) && !inside.is_empty();
        if !(known_text && (unwrap::is_shell(call.name) || call.name == "eval")) {
            self.base(call);
        }
        self.program(call, around);
        if inside.is_empty() {
            self.carried(call, around);
        }
        let root = around.root || wrapper.is_some_and(|wrapper| wrapper.root);
        if root && wrapper.is_none_or(|wrapper| !wrapper.root) {
            self.as_root(call);
        }
        for inner in inside {
            match inner {
                Inner::Words(words) => {
                    // Wrappers hand their input on; `find` and `xargs` do not.
                    let appends = wrapper.is_none_or(|wrapper| wrapper.appends);
                    let words = if appends { self.with_input(call, words, around) } else { words };
                    let reads_input = around.reads_input && !appends;
                    self.words(&words, &Around { depth: around.depth + 1, root, reads_input, repeated: appends, ..*around });
                }
                Inner::Text(text, word) => {
                    if self.decodes(around, around.tree.commands()[around.index].nested.clone()) {
                        self.add_at(&word, "encoded-code", Risk::High, "runs a command that is written in code");
                    }
                    let named = self.name_arguments(call, &word);
                    let before = self.findings.len();
                    self.text(&text, &word, around.depth + 1, root);
                    if let Some((name, words)) = named {
                        self.scope.set_positional_name(name);
                        self.scope.set_positional(words);
                    }
                    if call.name == "ssh" && self.reads_public_key(around) {
                        let keys = self.findings[before..].iter_mut().filter(|finding| finding.rule == "write-setup");
                        keys.for_each(|finding| finding.risk = finding.risk.min(Risk::Medium));
                    }
                }
                Inner::UnknownText(word) => self.unknown_text(&word, around, root),
            }
        }
    }

    /// `sh -c text name words…` gives the text its positional parameters; what they were before is given back.
    fn name_arguments(&mut self, call: &Call<'_>, text: &Word) -> Option<(Option<Word>, Option<Vec<Word>>)> {
        if !unwrap::is_shell(call.name) {
            return None;
        }
        let at = call.args.iter().position(|word| word.raw == text.raw && word.shape == text.shape)?;
        let (name, words) = call.args[at + 1..].split_first()?;
        Some((self.scope.set_positional_name(Some(name.clone())), self.scope.set_positional(Some(words.to_vec()))))
    }

    /// The base risk of a program, by the table of programs.
    fn base(&mut self, call: &Call<'_>) {
        let asks = call.has("--help") && call.args.len() <= 3 || call.has("--version") && call.args.len() == 1;
        if asks && rules::wrapper(call.name).is_none() {
            return;
        }
        match rules::base(call) {
            Some(base) => self.add("program", base.risk.0, base.reason.as_str()),
            None if rules::wrapper(call.name).is_some() => {}
            None => {
                self.add("unknown-program", Risk::Low, format!("runs {}, which is not known here", named(call.name)));
                self.destructive_verb(call);
            }
        }
    }

    /// As root even what only reads is worth a word.
    fn as_root(&mut self, call: &Call<'_>) {
        let unknown = rules::base(call).is_none() && rules::wrapper(call.name).is_none();
        let shell = |word: &Word| unwrap::is_shell(word.shape.rsplit('/').next().unwrap_or_default());
        if unknown && call.args.last().is_some_and(shell) {
            self.add("root-shell", Risk::Medium, "opens a shell in which everything runs as root");
        }
        if !rules::base(call).is_some_and(|base| base.root) {
            self.add("as-root", Risk::Low, "runs as root");
        }
    }

    fn hidden_name(&mut self, words: &[Word], around: &Around<'_>) {
        let first = &words[0];
        let raw = first.raw.trim_matches('"');
        if matches!(raw, "$SHELL" | "${SHELL}" | "$BASH" | "${BASH}")
            && words.len() + around.tree.commands()[around.index].redirects.len() > 1
        {
            return self.call(&Call::new("sh", &words[1..]), first, around);
        }
        if CHOSEN_PROGRAMS.contains(&raw) {
            return self.add("chosen-program", Risk::Low, format!("runs {raw}"));
        }
        // A home directory, `~/bin/tool`, names a program all the same.
        if first.shape.starts_with(HOME) && !first.glob && !first.shape.contains(['{', UNKNOWN]) {
            return self.add("own-program", Risk::Low, "runs a program of your own");
        }
        if self.downloads(around.tree, around.tree.commands()[around.index].nested.clone()) {
            return self.add("remote-code", Risk::High, "runs what it downloads");
        }
        // With arguments that only a deletion takes, it hardly matters what it is called.
        let call = Call::new("rm", &words[1..]);
        let deletes = call.has_any(&["-r", "-R"]) && call.has("-f") && !call.operands.is_empty();
        let paths = call.paths(&self.scope);
        if deletes
            || (!paths.is_empty()
                && paths.iter().all(|(path, word)| path::is_vital(path) && !word.shape.contains(UNKNOWN))
                && call.has_any(&["-r", "-R"]))
        {
            return self.add("hidden-name", Risk::High, "hides the name of a program that seems to delete");
        }
        if first.shape.contains(UNKNOWN) && !first.glob {
            return self.add("dynamic-name", Risk::Medium, "the program is known only when it runs");
        }
        self.add("hidden-name", Risk::High, "hides the name of the program it runs");
    }

    /// Judges a text that a shell will run; `word` is where it stands.
    pub(super) fn text(&mut self, text: &str, word: &Word, depth: usize, root: bool) {
        if depth > MAX_DEPTH {
            return self.add("depth", Risk::Medium, "understood only in part");
        }
        let shell = self.policy.shell;
        let parsed = syntax::parse(text, ShellKind::Bash)
            .or_else(|error| if shell == ShellKind::Bash { Err(error) } else { syntax::parse(text, shell) });
        let Ok(tree) = parsed else { return self.add("partial", Risk::Medium, "understood only in part") };
        let (here, fixed) = (self.here.clone(), self.fixed.clone());
        if self.fixed.is_none() {
            self.fixed = Some(if word.span.is_empty() { here.clone() } else { word.span.clone() });
        }
        self.tree(&Arc::new(tree), depth, root);
        (self.here, self.fixed) = (here, fixed);
    }
}

/// A function that calls itself through a pipe or in the background doubles with every call.
fn forks_itself(command: &syntax::Command, feeders: &[syntax::Command]) -> bool {
    let itself = |other: &syntax::Command| {
        let script = other.words.first().is_some_and(|word| matches!(word.raw.trim_matches('"'), "$0" | "${0}"));
        script || (other.function.is_some() && other.name() == other.function.as_deref())
    };
    itself(command) && (command.background || feeders.iter().any(itself))
}

/// Where a command stands, from its first word to its last.
fn span_of(command: &syntax::Command) -> Range<usize> {
    let words = command.words.iter().chain(command.redirects.iter().map(|redirect| &redirect.target));
    let values = command.assignments.iter().flat_map(|assignment| assignment.value.iter().chain(&assignment.elements));
    let spans = words.chain(values).map(|word| word.span.clone()).filter(|span| !span.is_empty());
    spans.reduce(|all, next| all.start.min(next.start)..all.end.max(next.end)).unwrap_or(0..0)
}

/// Whether a word is nothing but the name of a file with the output of commands.
pub(super) fn output_file(word: &Word) -> Option<Range<usize>> {
    match word.parts.as_slice() {
        [Part::OutputFile(commands)] => Some(commands.clone()),
        _ => None,
    }
}

/// A name for a line of prose.
pub(super) fn named(target: &str) -> String {
    match target.chars().count() {
        _ if target.contains(UNKNOWN) => "a file that is known only then".to_owned(),
        0..=40 => target.to_owned(),
        _ => format!("{}…", target.chars().take(39).collect::<String>()),
    }
}

#[cfg(test)]
#[path = "analyse_tests.rs"]
mod tests;
