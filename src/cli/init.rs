//! `gptos init`: what a shell's start-up file evaluates.

use std::path::Path;

use crate::config::Config;
use crate::domain::ShellKind;
use crate::env_vars;

/// The script for `shell`: the configured defaults, each only where the user has not set the variable, and then the
/// integration. `binary` is the absolute path of this program; without it the shell looks `gptos` up in `$PATH`.
pub fn script(shell: ShellKind, config: &Config, binary: Option<&Path>) -> String {
    let section = &config.shell;
    let mut defaults: Vec<(&str, String)> = Vec::new();
    if let Some(path) = binary.and_then(Path::to_str) {
        defaults.push((env_vars::BIN, path.to_owned()));
    }
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
    if shell == ShellKind::Zsh && section.prefetch {
        defaults.push((env_vars::PREFETCH, "1".to_owned()));
    }
    defaults.push((env_vars::GUARD, config.guard.name().to_owned()));
    let mut script: String = defaults.iter().map(|(name, value)| assignment(shell, name, value)).collect();
    script.push_str(integration(shell));
    script
}

/// The parts of an integration as one script, in the order of their names.
fn integration(shell: ShellKind) -> &'static str {
    match shell {
        ShellKind::Zsh => include_str!("../../shell/zsh/gptos.zsh"),
        ShellKind::Bash => concat!(
            include_str!("../../shell/bash/gptos.bash"),
            include_str!("../../shell/bash/guard.bash"),
            include_str!("../../shell/bash/holes.bash"),
            include_str!("../../shell/bash/live.bash"),
            include_str!("../../shell/bash/meanwhile.bash"),
            include_str!("../../shell/bash/mend.bash"),
            include_str!("../../shell/bash/setup.bash"),
        ),
        ShellKind::Fish => concat!(
            include_str!("../../shell/fish/gptos.fish"),
            include_str!("../../shell/fish/guard.fish"),
            include_str!("../../shell/fish/holes.fish"),
            include_str!("../../shell/fish/keys.fish"),
            include_str!("../../shell/fish/meanwhile.fish"),
            include_str!("../../shell/fish/mend.fish"),
            include_str!("../../shell/fish/note.fish"),
        ),
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

fn quote(shell: ShellKind, text: &str) -> String {
    match shell {
        ShellKind::Zsh | ShellKind::Bash => format!("'{}'", text.replace('\'', r"'\''")),
        ShellKind::Fish => format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")),
    }
}

#[cfg(test)]
#[path = "init_tests.rs"]
mod tests;
