//! Commands inside the arguments of other commands.

use super::call::Call;
use super::rules;
use crate::syntax::{UNKNOWN, Word};

/// What a program runs.
#[derive(Debug, PartialEq)]
pub(super) enum Inner {
    /// A program with its arguments.
    Words(Vec<Word>),
    /// A text for a shell, and the word it stands in.
    Text(String, Word),
    /// A text that only the running shell knows.
    UnknownText(Word),
}

const SHELLS: [&str; 12] = ["sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "fish", "rbash", "csh", "tcsh", "pwsh"];

const INTERPRETERS: [&str; 13] =
    ["python", "python2", "python3", "perl", "ruby", "node", "nodejs", "php", "lua", "deno", "bun", "osascript", "tclsh"];

/// Whether a program runs shell text.
pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

/// Whether a program runs whatever program text it gets, in a language other than the shell's.
pub(super) fn is_language(name: &str) -> bool {
    INTERPRETERS.contains(&name)
        || ["python3.", "python2.", "perl5", "ruby2", "ruby3", "php7", "php8", "lua5"].iter().any(|start| name.starts_with(start))
}

/// Everything that a call runs beside itself.
pub(super) fn inner(call: &Call<'_>, root: bool) -> Vec<Inner> {
    match call.name {
        name if is_shell(name) || matches!(name, "su" | "runuser") => match after_flag(call, 'c')
            .or_else(|| call.value_of(&["--command"]))
            .or_else(|| (call.name == "fish").then(|| call.value_of(&["-C", "--init-command"])).flatten())
        {
            Some(word) => vec![text_of(&word)],
            None => positional_shell(call),
        },
        "eval" => vec![joined(call.args)],
        "trap" => {
            call.operands.first().filter(|word| !matches!(word.shape.as_str(), "-" | "")).map(|word| text_of(word)).into_iter().collect()
        }
        "find" | "fd" | "fdfind" | "gfind" => executed(call),
        "script" | "scriptreplay" | "expect" => after_flag(call, 'c').map(|word| text_of(&word)).into_iter().collect(),
        "vim" | "vi" | "nvim" | "ex" | "view" | "vimdiff" => editor_commands(call),
        "git" => git_commands(call),
        "tmux" | "screen" => multiplexed(call),
        "tar" | "bsdtar" | "gtar" => tar_commands(call),
        "flock" => match after_flag(call, 'c') {
            Some(word) => vec![text_of(&word)],
            None => wrapped_by_table(call),
        },
        "parallel" => match call.operands.as_slice() {
            [single] if single.shape.contains(' ') => vec![text_of(single)],
            _ => wrapped_by_table(call),
        },
        "docker" | "podman" | "nerdctl" | "kubectl" | "oc" => in_container(call),
        "awk" | "gawk" | "mawk" | "nawk" | "sed" | "gsed" | "ssh" | "watch" => wrapped_by_table(call),
        "ip" if call.begins_with("netns exec") => after_operands(call, 3),
        "mapfile" | "readarray" => call.value_of(&["-C"]).map(|word| text_of(&word)).into_iter().collect(),
        "zargs" => after_double_dash(call),
        "rsync" | "scp" | "sftp" | "GIT_SSH" => call.value_of(&["-e", "--rsh"]).map(|word| text_of(&word)).into_iter().collect(),
        "entr" | "hyperfine" | "strace" | "ltrace" | "perf" | "valgrind" | "nsenter" | "unshare" | "systemd-run" | "pkexec" => {
            wrapped_by_table(call)
        }
        "bundle" | "poetry" | "uv" | "pipenv" | "npm" | "pnpm" | "yarn" | "pdm" | "hatch" | "rye"
            if call.begins_with("exec") || call.begins_with("run") =>
        {
            after_operands(call, 1)
        }
        "fzf" => call.value_of(&["--preview"]).map(|word| text_of(&word)).into_iter().collect(),
        "sudo" | "doas" if root && call.operands.is_empty() => Vec::new(),
        _ => match super::carried::texts(call) {
            texts if texts.is_empty() => wrapped_by_table(call),
            texts => texts,
        },
    }
}

pub(super) fn text_of(word: &Word) -> Inner {
    word.value.clone().map_or_else(|| text_with_home(word), |text| Inner::Text(text, word.clone()))
}

/// A text in which only a home directory is unknown reads the same with a tilde in its place.
fn text_with_home(word: &Word) -> Inner {
    if word.shape.contains(UNKNOWN) { Inner::UnknownText(word.clone()) } else { Inner::Text(word.shape.clone(), word.clone()) }
}

fn joined(words: &[Word]) -> Inner {
    let Some(first) = words.first() else { return Inner::Text(String::new(), Word::default()) };
    match words.iter().find(|word| word.shape.contains(UNKNOWN)) {
        Some(unknown) => Inner::UnknownText(unknown.clone()),
        None => {
            let end = words.iter().map(|word| word.span.end).max().unwrap_or_default();
            let place = first.clone().at(first.span.start..end.max(first.span.end));
            Inner::Text(words.iter().map(|word| word.shape.as_str()).collect::<Vec<_>>().join(" "), place)
        }
    }
}

/// The word after an option of one letter, also when the letter ends a cluster: `-lc`.
fn after_flag(call: &Call<'_>, letter: char) -> Option<Word> {
    let at =
        call.args.iter().position(|word| word.shape.starts_with('-') && !word.shape.starts_with("--") && word.shape.contains(letter))?;
    call.args[at + 1..].iter().find(|word| !word.shape.starts_with('-')).cloned()
}

/// `zargs -- files -- cmd`
fn after_double_dash(call: &Call<'_>) -> Vec<Inner> {
    match call.args.iter().rposition(|word| word.shape == "--") {
        Some(at) if at + 1 < call.args.len() => {
            let mut words = call.args[at + 1..].to_vec();
            words.push(Word::unknown("…"));
            vec![Inner::Words(words)]
        }
        _ => Vec::new(),
    }
}

/// What follows a number of operands, options and all.
fn after_operands(call: &Call<'_>, count: usize) -> Vec<Inner> {
    let Some(first) = call.operands.get(count) else { return Vec::new() };
    let at = call.args.iter().position(|word| std::ptr::eq(word, *first)).unwrap_or_default();
    vec![Inner::Words(call.args[at..].to_vec())]
}

/// Some systems' shells take the name of a program to run: `busybox sh`, `pwsh -Command`.
fn positional_shell(call: &Call<'_>) -> Vec<Inner> {
    call.value_of(&["-Command"]).map(|word| text_of(&word)).into_iter().collect()
}

/// `find … -exec cmd {} +`, once for each.
fn executed(call: &Call<'_>) -> Vec<Inner> {
    let mut found = Vec::new();
    for (at, word) in call.args.iter().enumerate() {
        if matches!(word.shape.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec" | "--exec-batch") {
            let rest = call.args[at + 1..].iter();
            let mut words: Vec<Word> = rest.take_while(|word| !matches!(word.shape.as_str(), ";" | "+")).map(filled_in).collect();
            // fd adds what it found when no braces say where.
            if call.name.starts_with("fd") && !words.iter().any(|word| word.shape.contains(UNKNOWN)) {
                words.push(Word::unknown("{}"));
            }
            found.push(Inner::Words(words));
        }
    }
    found
}

/// The braces become a name that nobody knows yet.
pub(super) fn filled_in(word: &Word) -> Word {
    if !word.shape.contains("{}") {
        return word.clone();
    }
    Word { shape: word.shape.replace("{}", &UNKNOWN.to_string()), value: None, ..word.clone() }
}

/// `:!cmd` in an editor's commands.
fn editor_commands(call: &Call<'_>) -> Vec<Inner> {
    let mut texts = Vec::new();
    for (at, word) in call.args.iter().enumerate() {
        let text = match word.shape.as_str() {
            "-c" | "--cmd" | "-S" => call.args.get(at + 1).map(|word| (word.shape.as_str(), word)),
            shape => shape.strip_prefix('+').map(|text| (text, word)),
        };
        if let Some((text, word)) = text
            && let Some(command) = text.trim_start_matches([':', ' ']).strip_prefix('!')
        {
            texts.push(Inner::Text(command.to_owned(), word.clone()));
        }
    }
    texts
}

/// Aliases, hooks and pagers that a call of git sets for itself or for good.
fn git_commands(call: &Call<'_>) -> Vec<Inner> {
    let mut found = Vec::new();
    for (at, word) in call.args.iter().enumerate() {
        let next = call.args.get(at + 1);
        match (word.shape.as_str(), next) {
            ("-c", Some(setting)) => {
                if let Some((key, value)) = setting.shape.split_once('=') {
                    found.extend(git_setting(key, value, setting));
                }
            }
            ("--upload-pack" | "--receive-pack" | "--exec" | "-x" | "--tree-filter" | "--index-filter" | "--msg-filter", Some(text)) => {
                found.push(text_of(text));
            }
            (key, Some(value)) if call.begins_with("config") && key.contains('.') => found.extend(git_setting(key, &value.shape, value)),
            _ => {}
        }
    }
    if call.begins_with("bisect run") {
        found.extend(after_operands(call, 2));
    }
    if call.begins_with("submodule foreach") {
        found.extend(call.operands.get(2).map(|word| text_of(word)));
    }
    found
}

fn git_setting(key: &str, value: &str, word: &Word) -> Option<Inner> {
    let key = key.to_ascii_lowercase();
    let runs = ["core.pager", "core.editor", "core.sshcommand", "core.fsmonitor", "diff.external", "sequence.editor", "core.askpass"]
        .contains(&key.as_str());
    let text = match value.strip_prefix('!') {
        Some(text) if key.starts_with("alias.") || key.starts_with("credential.") => text,
        _ if runs => value,
        _ => return None,
    };
    Some(if text.contains(UNKNOWN) { Inner::UnknownText(word.clone()) } else { Inner::Text(text.to_owned(), word.clone()) })
}

/// `tmux new -d 'cmd'`, `tmux send-keys 'cmd' Enter`, `screen -dm cmd`.
fn multiplexed(call: &Call<'_>) -> Vec<Inner> {
    if call.name == "screen" {
        let dm = call.has("-m") || call.has("-dm") || call.has("-X");
        return if dm && !call.operands.is_empty() { vec![joined_operands(&call.operands)] } else { Vec::new() };
    }
    const RUNS: [&str; 13] = [
        "new",
        "new-session",
        "neww",
        "new-window",
        "splitw",
        "split-window",
        "respawn-pane",
        "respawn-window",
        "run",
        "run-shell",
        "if-shell",
        "pipe-pane",
        "popup",
    ];
    match call.operands.split_first() {
        Some((verb, rest)) if RUNS.contains(&verb.shape.as_str()) && !rest.is_empty() => vec![joined_operands(rest)],
        Some((verb, rest)) if matches!(verb.shape.as_str(), "send" | "send-keys") && !rest.is_empty() => {
            let keys: Vec<&Word> =
                rest.iter().copied().filter(|word| !matches!(word.shape.as_str(), "Enter" | "C-m" | "KPEnter")).collect();
            if keys.is_empty() { Vec::new() } else { vec![joined_operands(&keys)] }
        }
        _ => Vec::new(),
    }
}

fn joined_operands(words: &[&Word]) -> Inner {
    let words: Vec<Word> = words.iter().map(|word| (*word).clone()).collect();
    joined(&words)
}

/// `tar --checkpoint-action=exec=cmd`, `--to-command=cmd`, `-I cmd`.
fn tar_commands(call: &Call<'_>) -> Vec<Inner> {
    let mut found = Vec::new();
    for word in call.args {
        let text = ["--checkpoint-action=exec=", "--to-command=", "--use-compress-program=", "--rsh-command="]
            .iter()
            .find_map(|option| word.shape.strip_prefix(option));
        if let Some(text) = text {
            found.push(Inner::Text(text.to_owned(), word.clone()));
        }
    }
    found.extend(call.value_of(&["-I", "--to-command", "--use-compress-program"]).map(|word| text_of(&word)));
    found
}

/// The command that runs inside a container: it matters when the container holds the machine's files.
fn in_container(call: &Call<'_>) -> Vec<Inner> {
    if matches!(call.name, "kubectl" | "oc") {
        let at = call.args.iter().position(|word| word.shape == "--");
        return match at {
            Some(at) if call.begins_with("exec") && at + 1 < call.args.len() => vec![Inner::Words(call.args[at + 1..].to_vec())],
            _ => Vec::new(),
        };
    }
    match call.operands.first().map(|word| word.shape.as_str()) {
        Some("exec") => after_operands(call, 2),
        Some("compose") if call.begins_with("compose exec") => after_operands(call, 3),
        _ => Vec::new(),
    }
}

fn wrapped_by_table(call: &Call<'_>) -> Vec<Inner> {
    match rules::wrapper(call.name) {
        Some(wrapper) => wrapped(call, wrapper).into_iter().collect(),
        None => Vec::new(),
    }
}

fn wrapped(call: &Call<'_>, wrapper: &rules::Wrapper) -> Option<Inner> {
    let mut rest = call.args;
    let mut skip = wrapper.skip;
    while let Some(word) = rest.first() {
        let shape = word.shape.as_str();
        if call.name == "env" {
            if matches!(shape, "-S" | "--split-string") {
                return Some(joined(rest.get(1..)?));
            }
            if let Some(text) = shape.strip_prefix("-S").or_else(|| shape.strip_prefix("--split-string=")) {
                return Some(Inner::Text(text.to_owned(), word.clone()));
            }
        }
        let step = match shape {
            "--" => 1,
            _ if shape.len() > 1 && shape.starts_with('-') => 1 + usize::from(rules::takes_value(call.name, shape)),
            _ if wrapper.assignments
                && shape.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_alphanumeric() || c == '_')) =>
            {
                1
            }
            _ if skip > 0 => {
                skip -= 1;
                1
            }
            _ => break,
        };
        rest = rest.get(step..).unwrap_or_default();
    }
    if rest.is_empty() {
        return None;
    }
    if wrapper.text {
        return Some(joined(rest));
    }
    Some(Inner::Words(rest.to_vec()))
}
