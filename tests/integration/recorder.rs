//! Runs command lines in the real shells with every command replaced by one that notes its words: what the shell made of
//! the line is known, and nothing of it happens.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gptos::domain::ShellKind;

/// What a file that a command reads holds.
const CONTENT: &str = "content-of-a-file";

/// What closes the words of one command.
const END: &str = "\u{1e}";

/// What stands for a line break.
const BREAK: &str = "\u{1d}";

/// A line to run in a folder of its own.
pub(crate) struct Line {
    pub command: String,
    /// A file that is there when it runs: one that it may read, and one that a pattern finds.
    pub file: Option<String>,
}

/// What the shell made of a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The words of each command that was run. The last one is `<` with what it could read.
    pub calls: Vec<Vec<String>>,
    /// The files that it made.
    pub made: Vec<String>,
}

impl Record {
    /// All words, of commands and of redirections.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        let read = |call: &Vec<String>| call.last().is_some_and(|input| input.contains(CONTENT)).then_some(CONTENT);
        let words = self.calls.iter().flat_map(|call| &call[..call.len() - 1]).map(String::as_str);
        words.chain(self.calls.iter().filter_map(read)).chain(self.made.iter().map(String::as_str))
    }

    /// Whether a redirection gave a command the file to read.
    pub(crate) fn is_content(word: &str) -> bool {
        word == CONTENT
    }

    /// The commands by name, in order of the alphabet: those of a pipeline run at once.
    pub(crate) fn programs(&self) -> Vec<&str> {
        let mut programs: Vec<&str> = self.calls.iter().map(|call| call[0].as_str()).collect();
        programs.sort_unstable();
        programs
    }
}

/// Runs the lines, each as if it was the first one, and gives a record for each.
pub(crate) fn record(shell: ShellKind, lines: &[Line]) -> Vec<Record> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    for (number, line) in lines.iter().enumerate() {
        let place = folder.path().join(number.to_string());
        fs::create_dir(&place).unwrap();
        if let Some(file) = &line.file {
            let file = place.join(file.strip_prefix("~/").unwrap_or(file));
            file.parent().map(fs::create_dir_all).transpose().unwrap();
            // Where the name leads out of the folder or is that of a folder there is nothing to read.
            let _ = fs::write(file, CONTENT);
        }
        fs::write(folder.path().join(format!("{number}.line")), &line.command).unwrap();
    }
    let script = folder.path().join("script");
    fs::write(&script, script_for(shell, root, lines)).unwrap();
    let before: Vec<_> = (0..lines.len()).map(|number| files(&folder.path().join(number.to_string()))).collect();
    // bash expands its history without being interactive when it is told to, zsh only when it is.
    let arguments: &[&str] = match shell {
        ShellKind::Bash => &["--noprofile", "--norc", "-s"],
        ShellKind::Zsh => &["-f", "-i", "+m", "+Z"],
        ShellKind::Fish => &["--no-config"],
    };
    Command::new(shell.name())
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", root)
        .env("XDG_CONFIG_HOME", root)
        .env("XDG_DATA_HOME", root)
        .stdin(File::open(&script).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("{shell} must be installed for this test: {error}"));
    let made = |number: usize| files(&folder.path().join(number.to_string())).difference(&before[number]).cloned().collect();
    (0..lines.len()).map(|number| Record { calls: calls(&folder.path().join(format!("{number}.calls"))), made: made(number) }).collect()
}

fn calls(file: &Path) -> Vec<Vec<String>> {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let words: Vec<String> = text.split_terminator('\0').map(|word| word.replace(BREAK, "\n")).collect();
    words.split(|word| word == END).filter(|call| !call.is_empty()).map(<[String]>::to_vec).collect()
}

/// The files below a folder, with their paths from there.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found
}

fn script_for(shell: ShellKind, root: &str, lines: &[Line]) -> String {
    let mut script = match shell {
        ShellKind::Bash => BASH.to_owned(),
        ShellKind::Zsh => ZSH.to_owned(),
        ShellKind::Fish => {
            let names: BTreeSet<&str> = lines.iter().flat_map(|line| programs(&line.command)).collect();
            FISH.replace("NAMES", &names.into_iter().collect::<Vec<_>>().join(" "))
        }
    };
    for (number, line) in lines.iter().enumerate() {
        let place = format!("{root}/{number}");
        script.push_str(&match shell {
            ShellKind::Fish => format!(
                "builtin cd {place}; set -gx HOME {place}; set -g __out {place}.calls\n\
                 builtin read -z __line <{place}.line; builtin eval $__line </dev/null >/dev/null\n"
            ),
            // The line stands alone, as on a terminal, so that the history is expanded in it.
            _ => format!(
                "( builtin cd {place}; HOME={place}; __out={place}.calls\n{}\nbuiltin wait\n) </dev/null >/dev/null\n",
                line.command
            ),
        });
    }
    script
}

/// What may be the name of a program in a command. fish runs no pipeline in which one is missing, so each needs a function.
fn programs(command: &str) -> impl Iterator<Item = &str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+');
    command.split(move |c| !fits(c)).filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()) && !FISH_WORDS.contains(word))
}

/// What fish lets nobody define.
const FISH_WORDS: [&str; 24] = [
    "if", "else", "switch", "case", "for", "in", "while", "begin", "end", "function", "and", "or", "not", "time", "command", "builtin",
    "exec", "return", "break", "continue", "set", "eval", "read", "source",
];

// It writes each line at once, which lets two commands that run together write into each other: a break is another mark.
const BASH: &str = r#"set -o history; set -H; HISTFILE=; PATH=/nowhere
__record() { IFS= builtin read -r -d '' __in; builtin printf '%s\0' "${@//$'\n'/$'\x1d'}" "<${__in//$'\n'/$'\x1d'}" $'\x1e' >>"$__out"; builtin return 0; }
command_not_found_handle() { __record "$@"; }
for __name in $(compgen -b); do
    case $__name in builtin | eval) ;; *) builtin eval "function $__name { __record $__name \"\$@\"; }" ;; esac
done
function eval { __record eval "$@"; }
"#;

const ZSH: &str = r#"PATH=/nowhere; HISTFILE=; unalias -a
__record() { IFS= builtin read -r -d '' __in; builtin printf '%s\0' "$@" "<$__in" $'\x1e' >>"$__out"; builtin return 0; }
command_not_found_handler() { __record "$@"; }
disable -r export typeset declare local readonly integer float
for __name in ${(k)builtins}; do
    [[ $__name == (builtin|eval) ]] || builtin eval "function ${(q)__name} { __record ${(q)__name} \"\$@\"; }"
done
function eval { __record eval "$@"; }
"#;

const FISH: &str = r#"set -gx PATH /nowhere
function __record
    builtin read -z --local __in
    builtin printf '%s\0' $argv "<$__in" \x1e >>$__out
end
function fish_command_not_found
    __record $argv
end
for __name in NAMES
    builtin eval "function $__name; __record $__name \$argv; end"
end
"#;
