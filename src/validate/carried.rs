//! Commands that a program carries in its arguments without being a plain wrapper: options that take a command line,
//! runners of tools and of containers, and programs that nobody knows.

use super::analyse::{Analysis, Around, named};
use super::call::Call;
use super::code;
use super::rules;
use super::unwrap::{self, Inner};
use crate::domain::Risk;
use crate::syntax::{UNKNOWN, Word};

/// Options whose value is a command line for a shell.
const OPTIONS: [(&str, &[&str]); 29] = [
    ("npx", &["-c", "--call"]),
    ("npm", &["-c", "--call"]),
    ("pnpm", &["-c", "--shell-mode"]),
    ("nodemon", &["-x", "--exec"]),
    ("nix-shell", &["--run", "--command"]),
    ("vagrant", &["-c", "--command"]),
    ("gcloud", &["--command"]),
    ("sg", &["-c"]),
    ("kdesu", &["-c"]),
    ("kdesudo", &["-c"]),
    ("compgen", &["-C"]),
    ("complete", &["-C"]),
    ("man", &["-P", "--pager"]),
    ("fc", &["-e"]),
    ("emulate", &["-c"]),
    ("split", &["--filter"]),
    ("zip", &["-TT", "--unzip-command"]),
    ("make", &["--eval"]),
    ("gmake", &["--eval"]),
    ("sort", &["--compress-program"]),
    ("hyperfine", &["-p", "--prepare", "-c", "--cleanup", "-s", "--setup", "--conclude"]),
    ("xterm", &["-e"]),
    ("konsole", &["-e"]),
    ("gnome-terminal", &["--command", "-e"]),
    ("x-terminal-emulator", &["-e"]),
    ("cargo-watch", &["-s", "--shell"]),
    ("lima", &["-c"]),
    ("runas", &["-c"]),
    ("dbus-launch", &["--exit-with-session"]),
];

/// Operands, counted from nought, that are a command line for a shell.
const OPERANDS: [(&str, usize); 5] = [("gksudo", 0), ("gksu", 0), ("kdesudo", 0), ("sched", 1), ("hyperfine", 0)];

/// Programs that run or keep what stands inside their arguments, each in a form of its own.
const HOLDERS: [&str; 11] = ["bind", "bindkey", "abbr", "add-zsh-hook", "zle", "less", "gdb", "lldb", "make", "gmake", "screen"];

/// Options that take a program in a language other than the shell's.
const EVALUATORS: [(&str, &[&str]); 20] = [
    ("R", &["-e"]),
    ("Rscript", &["-e"]),
    ("guile", &["-c"]),
    ("emacs", &["--eval", "-eval", "--execute", "-execute"]),
    ("emacsclient", &["--eval", "-e"]),
    ("julia", &["-e", "--eval", "-E"]),
    ("elixir", &["-e", "--eval"]),
    ("iex", &["-e"]),
    ("ghc", &["-e"]),
    ("runghc", &["-e"]),
    ("swift", &["-e"]),
    ("groovy", &["-e"]),
    ("groovysh", &["-e"]),
    ("jrunscript", &["-e"]),
    ("scala", &["-e"]),
    ("erl", &["-eval"]),
    ("racket", &["-e"]),
    ("sbcl", &["--eval"]),
    ("clojure", &["-e", "-M"]),
    ("octave", &["--eval"]),
];

/// Programs that show, keep or send the text they get and run none of it.
const TALKERS: [&str; 34] = [
    "cowsay",
    "figlet",
    "toilet",
    "lolcat",
    "banner",
    "notify-send",
    "say",
    "espeak",
    "spd-say",
    "zenity",
    "kdialog",
    "dialog",
    "whiptail",
    "yad",
    "xmessage",
    "wall",
    "write",
    "gum",
    "task",
    "todo",
    "jira",
    "gh",
    "glab",
    "hub",
    "jrnl",
    "note",
    "nb",
    "mail",
    "mutt",
    "slack",
    "boxes",
    "pueue",
    "tldr",
    "cheat",
];

/// Words after which a program is often told what to run.
const RUN_WORDS: [&str; 20] = [
    "--",
    "run",
    "exec",
    "x",
    "shell",
    "enter",
    "ssh",
    "-c",
    "-x",
    "-e",
    "-r",
    "--exec",
    "--command",
    "--run",
    "-exec",
    "develop",
    "chroot",
    "execute",
    "dlx",
    "cmd",
];

/// Options whose value is prose.
const PROSE: [&str; 12] = [
    "-m",
    "--message",
    "--title",
    "--body",
    "--text",
    "--description",
    "--summary",
    "--subject",
    "--comment",
    "--note",
    "--notes",
    "--reason",
];

/// Findings that say only that something could not be read.
const UNSURE: [&str; 4] = ["hidden-name", "foreign-letters", "encoded-code", "access-folder"];

/// The command lines that options and operands of some programs are.
pub(super) fn texts(call: &Call<'_>) -> Vec<Inner> {
    let options = OPTIONS.iter().filter(|(name, _)| *name == call.name).filter_map(|(_, flags)| call.value_of(flags));
    let operands = OPERANDS.iter().filter(|(name, _)| *name == call.name);
    let operands = operands.filter_map(|(_, index)| call.operands.get(*index).map(|word| (*word).clone()));
    options.chain(operands).map(|word| unwrap::text_of(&word)).collect()
}

impl Analysis<'_> {
    /// What a program may run of its arguments. These are guesses, so only what would be serious counts.
    pub(super) fn carried(&mut self, call: &Call<'_>, around: &Around<'_>) {
        for (_, flags) in EVALUATORS.iter().filter(|(name, _)| *name == call.name) {
            if let Some(word) = call.value_of(flags) {
                code::scan(self, &word.shape, around);
            }
        }
        if matches!(call.name, "sed" | "gsed") {
            self.edits_run(call, around);
        }
        let base = rules::base(call);
        let unknown = base.is_none() && rules::wrapper(call.name).is_none();
        let holder = HOLDERS.contains(&call.name);
        let silent = base.is_some_and(|base| base.risk.0 == Risk::None) && !holder;
        let versioned = matches!(call.name, "git" | "hg" | "svn" | "jj" | "rm" | "mv" | "cp" | "touch" | "mkdir");
        if silent || versioned || unwrap::is_shell(call.name) || unwrap::is_language(call.name) || TALKERS.contains(&call.name) {
            return;
        }
        let told = |index: usize| call.args[..index].iter().any(|word| RUN_WORDS.contains(&word.shape.as_str()));
        for (index, word) in call.args.iter().enumerate().take(10) {
            if index > 0 && PROSE.contains(&call.args[index - 1].shape.as_str()) {
                continue;
            }
            let Some(value) = word.value.as_deref() else {
                self.carried_text(word, &word.shape, holder || told(index), unknown, around);
                continue;
            };
            let name = value.rsplit('/').next().unwrap_or(value);
            if rules::is_destructive(name) && index + 1 < call.args.len() && (unknown || told(index)) {
                let before = self.findings.len();
                self.words(&call.args[index..], &Around { reads_input: false, depth: around.depth + 1, ..*around });
                return self.keep_serious(before, false);
            }
            self.carried_text(word, value, holder || told(index), unknown, around);
        }
    }

    /// A program that nobody knows may still say what it does: `thing delete --all --force`.
    pub(super) fn destructive_verb(&mut self, call: &Call<'_>) {
        const VERBS: [&str; 20] = [
            "delete",
            "destroy",
            "purge",
            "wipe",
            "erase",
            "drop",
            "nuke",
            "terminate",
            "format",
            "flush",
            "uninstall",
            "remove",
            "rm",
            "prune",
            "reset",
            "del",
            "unpublish",
            "teardown",
            "obliterate",
            "factory-reset",
        ];
        let says = |word: &&Word| {
            let shape = word.shape.as_str();
            VERBS.contains(&shape)
                || VERBS.iter().take(9).any(|verb| shape.strip_prefix(verb).is_some_and(|rest| rest.starts_with(['-', ':', '_'])))
        };
        if !call.operands.iter().take(4).any(says) || call.has_any(&["--dry-run", "--what-if", "--help", "-h"]) {
            return;
        }
        let all = [
            "--force",
            "--all",
            "--yes",
            "--recursive",
            "--purge",
            "--no-confirm",
            "--auto-approve",
            "-auto-approve",
            "--hard",
            "--cascade",
        ];
        match call.has_any(&all) {
            true => self.add("destructive-all", Risk::High, format!("{} seems to delete without asking", named(call.name))),
            false => self.add("destructive", Risk::Medium, format!("{} seems to delete something", named(call.name))),
        }
    }

    /// An argument that reads as a command line.
    fn carried_text(&mut self, word: &Word, text: &str, told: bool, unknown: bool, around: &Around<'_>) {
        // `--command=…`, `SHELL=…`, `+!…` and the shell command of a debugger stand before it.
        let assigned = text.split_once('=').filter(|(key, _)| !key.contains(char::is_whitespace));
        let keyed = text.split_once("\": ").filter(|(key, _)| key.starts_with('"'));
        let text = keyed.or(assigned).map_or(text, |(_, value)| value);
        let text = text.trim_start_matches(['+', ':', '!', ' ']);
        let text = text.strip_prefix("shell ").unwrap_or(text);
        let command = text.trim().contains(' ') && text.len() < 2_000 && !text.trim_start().starts_with(UNKNOWN);
        if command && (told || unknown || assigned.is_some()) {
            let before = self.findings.len();
            self.text(text, word, around.depth + 1, around.root);
            self.keep_serious(before, !told && assigned.is_none());
        }
    }

    /// Drops what a guess found that is not serious; a wild guess counts for one level less.
    fn keep_serious(&mut self, before: usize, wild: bool) {
        let guessed = self.findings.split_off(before.min(self.findings.len()));
        for mut finding in guessed.into_iter().filter(|finding| finding.risk >= Risk::High && !UNSURE.contains(&finding.rule.as_str())) {
            // Prose may well begin with the name of a program.
            if wild && finding.rule == "program" {
                continue;
            }
            if wild {
                finding.risk = if finding.risk == Risk::Critical { Risk::High } else { Risk::Medium };
            }
            self.findings.push(finding);
        }
    }

    /// What a text would run that is looked at only when something else happens: only what is serious counts.
    pub(super) fn later(&mut self, text: &str, word: &Word) {
        let before = self.findings.len();
        self.text(text, word, 2, false);
        self.keep_serious(before, false);
    }

    /// GNU sed runs `e command`, and with the flag `e` the result of a substitution.
    fn edits_run(&mut self, call: &Call<'_>, around: &Around<'_>) {
        for word in call.args.iter().filter(|word| !word.shape.starts_with('-')).take(4) {
            let script = word.shape.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ',' | '$' | ' '));
            if let Some(command) = script.strip_prefix("e ") {
                self.text(command, word, around.depth + 1, around.root);
                self.add_at(word, "script-runs", Risk::Medium, "the script runs other programs");
            }
            let parts = script.strip_prefix('s').and_then(|rest| Some((rest, rest.chars().next()?)));
            if let Some((rest, mark)) = parts.filter(|(_, mark)| matches!(mark, '/' | '|' | '#' | ',' | '@')) {
                let plain = rest.replace(&format!("\\{mark}"), "\u{1}");
                let fields: Vec<&str> = plain.split(mark).collect();
                if let [_, _, with, flags] = fields.as_slice()
                    && flags.contains('e')
                    && flags.chars().all(|c| c.is_ascii_alphanumeric())
                {
                    self.text(&with.replace('\u{1}', &mark.to_string()), word, around.depth + 1, around.root);
                    self.add_at(word, "script-runs", Risk::Medium, "the script runs other programs");
                }
            }
        }
    }
}
