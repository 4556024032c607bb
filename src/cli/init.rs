//! `gptos init`: what a shell's start-up file evaluates.

use std::path::Path;

use crate::config::{Config, answering_variables, keys};
use crate::domain::ShellKind;
use crate::env_vars;
use crate::platform::OwnBinary;

/// The script for `shell`: the configured defaults, each only where the user has not set the variable, and then the
/// integration. `binary` is the absolute path of this program; without it the shell looks `gptos` up in `$PATH`.
pub fn script(shell: ShellKind, config: &Config, binary: Option<&Path>) -> String {
    let section = &config.shell;
    let mut defaults: Vec<(&str, String)> = Vec::new();
    if let Some(path) = binary.and_then(Path::to_str) {
        defaults.push((env_vars::BIN, path.to_owned()));
    }
    let is_locked = |name: &str| {
        let keys = keys::ALL.iter().filter(|key| keys::variable(key.path).is_some_and(|variable| variable.name == name));
        keys.into_iter().any(|key| config.lock_on(key.path).is_some())
    };
    defaults.push((env_vars::KEY, section.key.clone()));
    if let Some(key2) = &section.key2 {
        defaults.push((env_vars::KEY2, key2.clone()));
    }
    if let Some(asynchronous) = section.asynchronous {
        defaults.push((env_vars::ASYNC, u8::from(asynchronous).to_string()));
    }
    defaults.push((env_vars::PROGRESS_MS, section.progress.as_millis().to_string()));
    defaults.push((env_vars::ENTER_GUARD_MS, section.enter_guard.as_millis().to_string()));
    // The other shells cannot notice a pause.
    if shell == ShellKind::Zsh && (section.prefetch || is_locked(env_vars::PREFETCH)) {
        defaults.push((env_vars::PREFETCH, u8::from(section.prefetch).to_string()));
    }
    // The other shells have no place for it.
    if shell == ShellKind::Zsh && (!section.ghost || is_locked(env_vars::GHOST)) {
        defaults.push((env_vars::GHOST, u8::from(section.ghost).to_string()));
    }
    if !section.note || is_locked(env_vars::NOTE) {
        defaults.push((env_vars::NOTE, u8::from(section.note).to_string()));
    }
    if !section.scopes.is_empty() || is_locked(env_vars::SCOPES) {
        defaults.push((env_vars::SCOPES, section.scopes.join(" ")));
    }
    if section.hash || is_locked(env_vars::HASH) {
        defaults.push((env_vars::HASH, u8::from(section.hash).to_string()));
    }
    defaults.push((env_vars::GUARD, config.guard.name().to_owned()));
    let assigned =
        |(name, value): &(&str, String)| if is_locked(name) { forced(shell, name, value) } else { assignment(shell, name, value) };
    // Where the lock leaves the choice to the shell, no variable makes it.
    let unchosen = [(env_vars::KEY2, section.key2.is_none()), (env_vars::ASYNC, section.asynchronous.is_none())];
    let unchosen = unchosen.into_iter().filter(|(name, is_open)| *is_open && is_locked(name));
    let mut script: String = unchosen.map(|(name, _)| removal(shell, name)).collect();
    script.extend(defaults.iter().map(assigned));
    script.push_str(&integration(shell));
    script
}

/// Tells the integration which build it belongs to. Only zsh asks for it: a resident of another build is not its own.
pub fn identity(shell: ShellKind, binary: &OwnBinary) -> String {
    match (shell, binary.path.to_str()) {
        (ShellKind::Zsh, Some(path)) => {
            let (build, path) = (quote(shell, &binary.build()), quote(shell, path));
            format!("\\builtin typeset -g _GPTOS_BUILD={build} _GPTOS_BUILD_BIN={path}\n")
        }
        _ => String::new(),
    }
}

/// Defines a function of zsh that reads its first argument as a script, whatever the user's options and aliases are: quoted
/// words are no aliases, and the function is defined by an assignment so that no word of the shell's grammar is needed.
/// Functions that are defined while `emulate sh -c` runs keep to its options for good, so there they are given those of zsh.
const ZSH_READER: &str = r#"functions[__gptos_read]="'builtin' 'typeset' '-g' \"_GPTOS_EMULATED=\${options[shglob]}\"
'builtin' 'emulate' '-L' 'zsh'
'builtin' 'setopt' 'no_aliases'
'builtin' 'test' \"\$_GPTOS_EMULATED\" '!=' 'on' || 'builtin' 'emulate' 'zsh' '-o' 'no_aliases' '-c' \"\$1\"
'builtin' 'test' \"\$_GPTOS_EMULATED\" '=' 'on' || 'builtin' 'eval' \"\$1\""
"#;

/// What zsh reads at its start.
const ZSH_START: &str = include_str!("../../shell/zsh/start.zsh");

/// What zsh reads part by part when it is idle, or at once when it has to: the variables first.
const ZSH_REST: &[&str] = &[
    include_str!("../../shell/zsh/state.zsh"),
    include_str!("../../shell/zsh/ahead.zsh"),
    include_str!("../../shell/zsh/answer.zsh"),
    include_str!("../../shell/zsh/ask.zsh"),
    include_str!("../../shell/zsh/ghost.zsh"),
    include_str!("../../shell/zsh/guard.zsh"),
    include_str!("../../shell/zsh/holes.zsh"),
    include_str!("../../shell/zsh/hooks.zsh"),
    include_str!("../../shell/zsh/live.zsh"),
    include_str!("../../shell/zsh/list.zsh"),
    include_str!("../../shell/zsh/menu.zsh"),
    include_str!("../../shell/zsh/meanwhile.zsh"),
    include_str!("../../shell/zsh/mend.zsh"),
    include_str!("../../shell/zsh/recall.zsh"),
    include_str!("../../shell/zsh/say.zsh"),
    include_str!("../../shell/zsh/socket.zsh"),
    include_str!("../../shell/zsh/words.zsh"),
];

/// What it reads last, as one part: whatever is called from elsewhere, which uses all the others.
const ZSH_LAST: [&str; 2] = [include_str!("../../shell/zsh/keys.zsh"), include_str!("../../shell/zsh/setup.zsh")];

/// What bash reads at its start.
const BASH_START: &str = include_str!("../../shell/bash/start.bash");

/// What bash reads at the first press of a key of ours.
const BASH_REST: &[&str] = &[
    include_str!("../../shell/bash/line.bash"),
    include_str!("../../shell/bash/guard.bash"),
    include_str!("../../shell/bash/history.bash"),
    include_str!("../../shell/bash/holes.bash"),
    include_str!("../../shell/bash/keys.bash"),
    include_str!("../../shell/bash/list.bash"),
    include_str!("../../shell/bash/live.bash"),
    include_str!("../../shell/bash/meanwhile.bash"),
    include_str!("../../shell/bash/mend.bash"),
    include_str!("../../shell/bash/note.bash"),
    include_str!("../../shell/bash/pipes.bash"),
    include_str!("../../shell/bash/protocol.bash"),
    include_str!("../../shell/bash/refine.bash"),
    include_str!("../../shell/bash/request.bash"),
    include_str!("../../shell/bash/ring.bash"),
];

/// After that the user's options, which start.bash has put aside, are as they were.
const BASH_END: &str = "__gptos_set_up || :\n\
    [[ $_GPTOS_EXPORTS == 0 ]] || \\builtin set -a\n\
    [[ $_GPTOS_ALIASES == 0 ]] || \\builtin shopt -s expand_aliases\n";

/// What fish reads at its start. It parses whatever it is given at once, so the rest is a text to it until the first use.
const FISH_START: &str = include_str!("../../shell/fish/start.fish");

const FISH_REST: &str = concat!(
    include_str!("../../shell/fish/answer.fish"),
    include_str!("../../shell/fish/ask.fish"),
    include_str!("../../shell/fish/guard.fish"),
    include_str!("../../shell/fish/holes.fish"),
    include_str!("../../shell/fish/keys.fish"),
    include_str!("../../shell/fish/list.fish"),
    include_str!("../../shell/fish/meanwhile.fish"),
    include_str!("../../shell/fish/mend.fish"),
    include_str!("../../shell/fish/note.fish"),
    include_str!("../../shell/fish/request.fish"),
    include_str!("../../shell/fish/slate.fish"),
);

/// The parts of an integration as one script, without the user's choices.
#[must_use]
pub fn integration(shell: ShellKind) -> String {
    match shell {
        ShellKind::Zsh => {
            let (start, rest) = (quote(shell, &bare(ZSH_START)), quote(shell, &folded(&zsh_rest().join(BETWEEN_PARTS))));
            format!("{ZSH_READER}'__gptos_read' {start} {rest}{}\n'builtin' 'unfunction' '__gptos_read'\n", unfolding())
        }
        ShellKind::Bash => {
            format!("{}__gptos_rest() {{\n{}}}\n{BASH_END}", bare(BASH_START), here_documents(&bash_rest()))
        }
        ShellKind::Fish => format!("{}function __gptos_load\neval {}\nend\n", bare(FISH_START), quote(shell, &fish_rest())),
    }
}

/// The parts that zsh reads later. It asks a resident only where the environment says nothing of the configuration.
fn zsh_rest() -> Vec<String> {
    let types: String = answering_variables().map(|name| format!("${{(t){name}}}")).collect();
    let first = format!("typeset -g _GPTOS_CONFIGURING='{types}'\n");
    let parts = ZSH_REST.iter().map(|part| bare(part));
    std::iter::once(first).chain(parts).chain([ZSH_LAST.map(bare).concat()]).collect()
}

/// The parts that bash reads later. What its pipes know holds for as long as the environment says the same of the configuration.
fn bash_rest() -> String {
    let seen: String = answering_variables().map(|name| format!(" ${{{name}@A}}")).collect();
    let parts = BASH_REST.iter().map(|part| bare(part));
    std::iter::once(format!("__gptos_see_configuration() {{\n_GPTOS_SEEN+=\"{seen}\"\n}}\n")).chain(parts).collect()
}

/// Which program is started, and what it reads of its environment beside what changes its answers.
const READ_BY_PROGRAMS: [&str; 11] = [
    "GPTOS_BIN",
    "HOME",
    "PATH",
    "LC_ALL",
    "LC_MESSAGES",
    "LANG",
    "TRACEPARENT",
    "GPTOS_CONFIG",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
];

/// The parts that fish reads later. Its slate holds for as long as a program would see the same environment.
fn fish_rest() -> String {
    let names: Vec<&str> = READ_BY_PROGRAMS.into_iter().chain(answering_variables()).collect();
    format!("set -g _GPTOS_WATCHES {}\n{}", names.join(" "), bare(FISH_REST))
}

/// Commands of bash that put a text into `rest`. A document is taken as it stands, while a quoted word costs ten times as much to
/// read; one of this length fits into a pipe everywhere, so that none is written to a file.
fn here_documents(text: &str) -> String {
    const MOST: usize = 4000;
    let mut parts = vec![String::new()];
    for line in text.split_inclusive('\n') {
        match parts.last_mut() {
            Some(part) if part.len() + line.len() <= MOST => part.push_str(line),
            _ => parts.push(line.to_owned()),
        }
    }
    let read = |part: &String| format!("builtin read -r -N 4096 part <<'__GPTOS__'\n{part}__GPTOS__\nrest+=$part\n");
    parts.iter().map(read).collect()
}

/// A script without comments, blank lines and indentation: a shell looks at every character of a text, also where it only keeps it.
/// No quoted text of the parts goes over several lines but fish's scripts for sh, which lose nothing by it.
fn bare(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What stands between the parts in that text.
const BETWEEN_PARTS: &str = "\x0e";

/// What one sign stands for in the text that zsh keeps, and unfolds when nobody types. Until then each line costs as much as thirty
/// characters, a quote inside the quoted text is four, and reading what is left costs half of the start. What comes later is made of what
/// comes first.
const FOLDS: [(&str, char); 16] = [
    ("\n", '\x1f'),
    ("'", '\x1e'),
    ("__gptos_", '\x1d'),
    ("_GPTOS_", '\x1c'),
    ("() {\x1femulate -L zsh\x1f", '\x1a'),
    ("; then\x1f", '\x19'),
    ("\x1ftypeset -g", '\x18'),
    ("return ", '\x17'),
    (" && ", '\x16'),
    (" || ", '\x15'),
    ("(( ", '\x14'),
    (" ))", '\x13'),
    ("local ", '\x12'),
    ("BUFFER", '\x11'),
    ("EPOCHREALTIME", '\x10'),
    ("[:space:]]", '\x0f'),
];

/// A text with a sign in the place of what stands in it most often.
fn folded(script: &str) -> String {
    FOLDS.iter().fold(script.to_owned(), |text, (whole, sign)| text.replace(whole, sign.encode_utf8(&mut [0; 4])))
}

/// The words that tell zsh how to unfold it, in that order: each a sign and what it stands for.
fn unfolding() -> String {
    FOLDS.iter().rev().map(|(whole, sign)| format!(" {}", quote(ShellKind::Zsh, &format!("{sign}{whole}")))).collect()
}

/// Sets a variable unless it is set already, be it to nothing. The words before the first quote are safe against
/// aliases, and `typeset -g` keeps zsh from a remark when the script is evaluated inside a function.
fn assignment(shell: ShellKind, name: &str, value: &str) -> String {
    let value = quote(shell, value);
    match shell {
        ShellKind::Zsh => format!("[[ -n ${{{name}+x}} ]] || \\builtin typeset -g {name}={value}\n"),
        ShellKind::Bash => format!("[[ -n ${{{name}+x}} ]] || {name}={value}\n"),
        ShellKind::Fish => format!("builtin set -q {name}; or builtin set -g {name} {value}\n"),
    }
}

/// Sets a variable whatever it was. Where the administrator locked the key, a shell starts with the locked value.
fn forced(shell: ShellKind, name: &str, value: &str) -> String {
    let value = quote(shell, value);
    match shell {
        ShellKind::Zsh => format!("\\builtin typeset -g {name}={value}\n"),
        ShellKind::Bash => format!("{name}={value}\n"),
        ShellKind::Fish => format!("builtin set -g {name} {value}\n"),
    }
}

/// Takes a variable away.
fn removal(shell: ShellKind, name: &str) -> String {
    match shell {
        ShellKind::Zsh | ShellKind::Bash => format!("\\builtin unset -v {name}\n"),
        ShellKind::Fish => format!("builtin set -q {name}; and builtin set -eg {name}\n"),
    }
}

pub(super) fn quote(shell: ShellKind, text: &str) -> String {
    match shell {
        ShellKind::Zsh | ShellKind::Bash => format!("'{}'", text.replace('\'', r"'\''")),
        ShellKind::Fish => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
    }
}

#[cfg(test)]
#[path = "init_tests.rs"]
mod tests;
