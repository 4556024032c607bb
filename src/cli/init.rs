//! `gptos init`: what a shell's start-up file evaluates.

use std::path::Path;

use super::output::Output;
use super::parts::{BASH_ALIASED, BASH_EARLY, BASH_START, BASH_UNALIASED, FISH_START, ZSH_START, bare};
use crate::config::{Config, ConfigFile, keys};
use crate::domain::ShellKind;
use crate::env_vars;
use crate::paths::Paths;
use crate::platform::OwnBinary;

/// Prints it. A shell must start also when the configuration is broken: then the defaults hold, and one line says why.
pub(super) fn print(shell: ShellKind, paths: &Paths, output: &mut Output<'_>) {
    let mut file = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
    let (config, problem) = file.current();
    if let Some(problem) = problem {
        let instead = if file.is_rejected() { "; using the defaults" } else { "" };
        output.error(&format!("{problem}{instead}"), problem.hint.as_deref());
    }
    output.data(&whole(shell, &config, OwnBinary::look().ok().as_ref()));
}

/// All that `gptos init` prints.
#[must_use]
pub fn whole(shell: ShellKind, config: &Config, binary: Option<&OwnBinary>) -> String {
    let identity = binary.map(|binary| identity(shell, binary)).unwrap_or_default();
    identity + &script(shell, config, binary.map(|binary| binary.path.as_path()))
}

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
    // What the texts themselves say where nobody says anything costs a start of a shell nothing.
    let usual = Config::default();
    if section.key != usual.shell.key || is_locked(env_vars::KEY) {
        defaults.push((env_vars::KEY, section.key.clone()));
    }
    if let Some(key2) = &section.key2 {
        defaults.push((env_vars::KEY2, key2.clone()));
    }
    if let Some(asynchronous) = section.asynchronous {
        defaults.push((env_vars::ASYNC, u8::from(asynchronous).to_string()));
    }
    if section.progress != usual.shell.progress || is_locked(env_vars::PROGRESS_MS) {
        defaults.push((env_vars::PROGRESS_MS, section.progress.as_millis().to_string()));
    }
    if section.enter_guard != usual.shell.enter_guard || is_locked(env_vars::ENTER_GUARD_MS) {
        defaults.push((env_vars::ENTER_GUARD_MS, section.enter_guard.as_millis().to_string()));
    }
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
    if config.guard != usual.guard || is_locked(env_vars::GUARD) {
        defaults.push((env_vars::GUARD, config.guard.name().to_owned()));
    }
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

/// Tells the integration which build it belongs to, and who has its other parts. A resident of another build is not zsh's own.
pub fn identity(shell: ShellKind, binary: &OwnBinary) -> String {
    let Some(path) = binary.path.to_str() else { return String::new() };
    let (build, path) = (quote(shell, &binary.build()), quote(shell, path));
    match shell {
        ShellKind::Zsh => {
            let resident = format!("_GPTOS_BUILD={build} _GPTOS_BUILD_BIN={path}");
            format!("\\builtin typeset -g {resident} _GPTOS_PARTS_BUILD={build} _GPTOS_PARTS_BIN={path}\n")
        }
        ShellKind::Bash => format!("_GPTOS_PARTS_BUILD={build} _GPTOS_PARTS_BIN={path}\n"),
        ShellKind::Fish => format!("builtin set -g _GPTOS_PARTS_BUILD {build}; builtin set -g _GPTOS_PARTS_BIN {path}\n"),
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

/// After that the user's options, which start.bash has put aside, are as they were.
const BASH_END: &str = "__gptos_set_up || :\n\
    [[ $_GPTOS_EXPORTS == 0 ]] || \\builtin set -a\n\
    [[ $_GPTOS_ALIASES == 0 ]] || \\builtin shopt -s expand_aliases\n";

/// The first part of an integration, without the user's choices. It asks for [`parts`] later.
#[must_use]
pub fn integration(shell: ShellKind) -> String {
    match shell {
        ShellKind::Zsh => format!("{ZSH_READER}'__gptos_read' {}\n'builtin' 'unfunction' '__gptos_read'\n", quote(shell, &bare(ZSH_START))),
        ShellKind::Bash => {
            let early = format!("{BASH_UNALIASED}{}{BASH_ALIASED}", bare(BASH_EARLY));
            format!("{}__gptos_early_text() {{\nbuiltin read -r -d '' text <<'GPTOS'\n{early}GPTOS\n}}\n{BASH_END}", bare(BASH_START))
        }
        ShellKind::Fish => bare(FISH_START),
    }
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
