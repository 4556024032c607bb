//! What changes the meaning of what follows: variables, aliases, functions, the working directory.

use super::analyse::{Analysis, Around};
use super::call::Call;
use super::path;
use crate::domain::{Risk, ShellKind};
use crate::syntax::{Assignment, UNKNOWN, Word};

/// Variables that put other code into every program that starts.
const LOADERS: [&str; 15] = [
    "LD_PRELOAD",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
    "DYLD_FRAMEWORK_PATH",
    "BASH_ENV",
    "PROMPT_COMMAND",
    "PERL5OPT",
    "PERL5LIB",
    "PYTHONSTARTUP",
    "RUBYOPT",
    "NODE_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
];

/// Variables that hold a command, which other programs run.
const COMMANDS: [&str; 16] = [
    "PAGER",
    "GIT_PAGER",
    "MANPAGER",
    "SYSTEMD_PAGER",
    "EDITOR",
    "VISUAL",
    "FCEDIT",
    "SUDO_EDITOR",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "LESSOPEN",
    "LESSCLOSE",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "BROWSER",
];

/// Prompts: the shell runs what they substitute whenever it shows one.
const PROMPTS: [&str; 8] = ["PS0", "PS1", "PS2", "PS4", "PROMPT", "RPROMPT", "RPS1", "SPROMPT"];

/// Variables that name what a shell reads when it starts.
const STARTUP: [&str; 3] = ["ENV", "ZDOTDIR", "INPUTRC"];

/// Variables on which the record of what was run depends.
const HISTORY: [&str; 7] = ["HISTSIZE", "HISTFILESIZE", "HISTFILE", "SAVEHIST", "HISTCONTROL", "HISTIGNORE", "fish_history"];

/// Programs that people trust; a definition of the same name takes their place.
const TRUSTED: [&str; 22] = [
    "sudo", "doas", "su", "ssh", "scp", "passwd", "login", "gpg", "ls", "cd", "cat", "rm", "cp", "mv", "ps", "kill", "git", "vim", "curl",
    "apt", "exit", "command",
];

impl Analysis<'_> {
    pub(super) fn assignment(&mut self, assignment: &Assignment, around: &Around<'_>, alone: bool) {
        let values: Vec<Word> = match &assignment.value {
            Some(word) => {
                // A value is never split, so its parts are put together again.
                let fields = self.expand(around.tree, word);
                let shape = fields.iter().map(|field| field.shape.as_str()).collect::<Vec<_>>().join(" ");
                let known = fields.iter().all(|field| field.value.is_some());
                vec![Word { value: known.then(|| shape.clone()), shape, parts: Vec::new(), glob: false, ..word.clone() }]
            }
            None => self.expand_all(around.tree, &assignment.elements),
        };
        if !assignment.loops {
            for value in &values {
                self.variable(&assignment.name, value);
            }
            if alone {
                self.add("assignment", Risk::Low, "sets a variable");
            }
        }
        // What is set for one program only is not set afterwards, but knowing it does no harm.
        match (assignment.loops, values.is_empty()) {
            (true, true) => {}
            (true, false) => self.scope.set_loop(&assignment.name, values),
            (false, _) => self.scope.set(&assignment.name, values),
        }
    }

    /// What setting a variable means.
    fn variable(&mut self, name: &str, value: &Word) {
        let shape = value.shape.as_str();
        if shape.starts_with("() {") || shape.starts_with("(){") {
            return self.add("function-variable", Risk::High, "hides a function in a variable, which old shells run");
        }
        match name {
            "PATH" | "fish_user_paths" | "path" | "MANPATH" if name != "MANPATH" => {
                let foreign = |part: &str| path::is_passing(&format!("{part}/")) || matches!(part, "." | "");
                if shape.split([':', ' ']).any(foreign) {
                    self.add("search-path", Risk::High, "programs are looked for first where anybody may put them");
                } else if !shape.contains(UNKNOWN) && name == "PATH" {
                    self.add("search-path-replaced", Risk::Low, "replaces the list of folders with programs");
                }
            }
            "LD_LIBRARY_PATH" => self.add("library-path", Risk::Low, "changes where programs find their libraries"),
            "IFS" => {}
            name if COMMANDS.contains(&name) => {
                if let Some(text) = &value.value {
                    self.later(text.trim_start_matches(['|', '-']), value);
                }
            }
            name if PROMPTS.contains(&name) && (shape.contains("$(") || shape.contains('`')) => {
                self.later(&format!(": \"{}\"", shape.replace('"', "")), value);
            }
            name if STARTUP.contains(&name) && path::is_passing(&format!("{shape}/")) => {
                self.add("loader-variable", Risk::Medium, "changes which code programs run");
            }
            "functions" | "aliases" | "galiases" | "saliases" => {
                if let Some(text) = &value.value {
                    self.later(text, value);
                }
            }
            "commands" => self.add("impostor", Risk::Medium, "puts something else in the place of a program"),
            name if LOADERS.contains(&name) && !shape.is_empty() => {
                let risk = if path::is_passing(shape) { Risk::High } else { Risk::Medium };
                self.add("loader-variable", risk, "changes which code programs run");
                if name == "PROMPT_COMMAND"
                    && let Some(text) = &value.value
                {
                    self.text(text, value, 1, false);
                }
            }
            name if HISTORY.contains(&name) && matches!(shape, "0" | "" | "/dev/null" | "*") => {
                self.add("history-off", Risk::Medium, "stops the record of what you run");
            }
            _ => {}
        }
    }

    /// Builtins that define something.
    pub(super) fn definition(&mut self, call: &Call<'_>, around: &Around<'_>) {
        match call.name {
            "cd" | "pushd" => self.scope.change_folder(call.operands.first().copied()),
            "alias" | "abbr" => self.alias(call),
            "export" | "declare" | "typeset" | "local" | "readonly" | "env" | "setenv" => {
                for word in call.operands.iter().take_while(|word| word.shape.contains('=') || call.name != "env") {
                    if let Some((name, value)) = word.shape.split_once('=') {
                        let value =
                            Word { shape: value.to_owned(), value: word.value.as_ref().map(|_| value.to_owned()), ..(*word).clone() };
                        self.variable(name, &value);
                        self.scope.set(name, vec![value]);
                    }
                }
            }
            "set" if self.policy.shell == ShellKind::Fish => {
                if let Some((name, values)) = call.operands.split_first()
                    && !call.has_any(&["-e", "-q", "--erase", "--query"])
                {
                    let values: Vec<Word> = values.iter().map(|word| (*word).clone()).collect();
                    for value in &values {
                        self.variable(&name.shape, value);
                    }
                    self.scope.set(&name.shape, values);
                }
            }
            "set" => {
                if let Some(at) = call.args.iter().position(|word| word.shape == "--") {
                    self.scope.set_positional(Some(call.args[at + 1..].to_vec()));
                }
                // Without --shell fish's form is read here as well.
                if call.has_any(&["-x", "-Ux", "-gx"])
                    && let [name, values @ ..] = call.operands.as_slice()
                {
                    values.iter().for_each(|value| self.variable(&name.shape, value));
                }
            }
            "read" => {
                if let (Some(text), Some((last, before))) = (self.standard_input(around).text, call.operands.split_last()) {
                    let mut words = text.lines().next().unwrap_or_default().splitn(before.len() + 1, ' ');
                    for name in before.iter().chain([last]) {
                        self.scope.set(&name.shape, vec![Word::literal(words.next().unwrap_or_default())]);
                    }
                }
            }
            "printf" => {
                if let (Some(name), Some(text)) = (call.value_of(&["-v"]), self.formatted(call)) {
                    self.scope.set(&name.shape, vec![Word::literal(&text)]);
                }
            }
            "mapfile" | "readarray" => {
                if let Some(text) = self.standard_input(around).text {
                    let name = call.operands.first().map_or("MAPFILE", |word| word.shape.as_str());
                    self.scope.set(name, text.lines().map(Word::literal).collect());
                }
            }
            "tee" => {
                if let Some(text) = self.standard_input(around).text {
                    for path in call.operands.iter().filter_map(|word| self.scope.resolve(&word.shape)).collect::<Vec<_>>() {
                        self.scope.wrote(path, text.clone());
                    }
                }
            }
            "cp" | "ln" | "mv" | "install" => {
                if let [program, name] = call.operands.as_slice() {
                    self.renamed(program, name);
                }
            }
            "hash" if call.has("-p") => {
                if let (Some(program), Some(name)) = (call.value_of(&["-p"]), call.operands.last()) {
                    self.renamed(&program, name);
                }
            }
            _ => {}
        }
        if let Some(name) = &around.tree.commands()[around.index].function
            && TRUSTED.contains(&name.as_str())
        {
            self.add("impostor", Risk::High, format!("puts something else in the place of {name}"));
        }
    }

    /// A program of the system under another name is that program.
    fn renamed(&mut self, program: &Word, name: &Word) {
        const FOLDERS: [&str; 6] = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/", "/usr/local/bin/", "/opt/homebrew/bin/"];
        let Some(path) = program.value.as_deref().filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder))) else { return };
        let Some(name) = name.value.as_deref().filter(|name| !name.ends_with('/') && *name != ".") else { return };
        let last = name.rsplit('/').next().unwrap_or(name);
        if path.ends_with(&format!("/{last}")) {
            return;
        }
        for name in [name.to_owned(), format!("./{name}"), last.to_owned()] {
            self.scope.alias(&name, vec![Word::literal(path)]);
        }
    }

    fn alias(&mut self, call: &Call<'_>) {
        // fish writes the name and the command as two words.
        if let [name, value] = call.operands.as_slice()
            && !name.shape.contains('=')
            && let Some(text) = &value.value
        {
            self.later(text, value);
        }
        for word in &call.operands {
            let Some((name, value)) = word.shape.split_once('=') else { continue };
            if TRUSTED.contains(&name) && name != "ls" && !value.starts_with(name) && !value.is_empty() {
                self.add("impostor", Risk::High, format!("puts something else in the place of {name}"));
            }
            if name == "rm" && value.split_whitespace().any(|part| part.starts_with('-') && part.contains('f')) {
                self.add("impostor", Risk::Medium, "rm no longer asks before it deletes");
            }
            if value.contains(UNKNOWN) {
                continue;
            }
            let words: Vec<Word> = value
                .split_whitespace()
                .map(|part| Word { shape: part.to_owned(), value: Some(part.to_owned()), ..Word::default() })
                .collect();
            // Its own name inside an alias is the program.
            if words.first().is_some_and(|word| word.shape != name) {
                self.scope.alias(name, words);
            }
            // An alias with more than one command runs more than a name.
            if !value.contains([';', '|', '&', '`', '$', '>']) {
                self.later(value, word);
            } else {
                let before = self.findings.len();
                self.text(value, word, 2, false);
                self.findings[before..].iter_mut().for_each(|finding| finding.reason.push_str(", whenever it is used"));
            }
        }
    }
}
