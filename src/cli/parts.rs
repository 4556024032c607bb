//! `gptos parts`: what an integration reads when it is first needed. A shell looks at every character of a text, also where it only keeps it, so
//! of each integration only what a line needs that is none of ours is read at the start.

use std::io;
use std::sync::Arc;

use super::init;
use super::output::Output;
use crate::config::{Config, ConfigFile, answering_variables};
use crate::domain::ShellKind;
use crate::paths::Paths;
use crate::platform::{self, OwnBinary};

/// What zsh reads at its start.
pub(super) const ZSH_START: &str = include_str!("../../shell/zsh/start.zsh");

/// What zsh reads one by one when it is idle, or at once when it has to: the variables first.
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
pub(super) const BASH_START: &str = include_str!("../../shell/bash/start.bash");

/// What it keeps as a text until a line needs more than that.
pub(super) const BASH_EARLY: &str = include_str!("../../shell/bash/early.bash");

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

/// What fish reads at its start.
pub(super) const FISH_START: &str = include_str!("../../shell/fish/start.fish");

/// What fish reads at the first press of a key of ours.
const FISH_REST: &str = concat!(
    include_str!("../../shell/fish/answer.fish"),
    include_str!("../../shell/fish/ask.fish"),
    include_str!("../../shell/fish/asks.fish"),
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

/// What stands behind each of the parts of zsh, so that it can read them one by one.
const BEHIND_A_PART: &str = "\x0e";

/// Bash reads its parts without aliases, whatever the user's options are.
pub(super) const BASH_UNALIASED: &str = "\\builtin shopt -q expand_aliases && _GPTOS_PARTS_ALIASES=1 || _GPTOS_PARTS_ALIASES=0\n\
    \\builtin shopt -u expand_aliases\n";
pub(super) const BASH_ALIASED: &str = "[[ $_GPTOS_PARTS_ALIASES == 0 ]] || builtin shopt -s expand_aliases\n";

/// And with comments.
const BASH_COMMENTED: &str = "builtin shopt -q interactive_comments && _GPTOS_PARTS_COMMENTS=1 || _GPTOS_PARTS_COMMENTS=0\n\
    builtin shopt -s interactive_comments\n";

/// What bash and fish know by that their own parts are there.
const BASH_LOADED: &str = "[[ $_GPTOS_PARTS_COMMENTS == 1 ]] || builtin shopt -u interactive_comments\n\
    _GPTOS_LOADED=1\n";
const FISH_LOADED: &str = "set -g _GPTOS_LOADED 1\n";

/// The last line for both of them, by which they know that nothing is missing.
const END: &str = ": end\n";

/// Prints them in one piece: a shell that is told that something has come finds all of it.
pub(super) fn print(shell: ShellKind, of: &str, paths: &Paths, output: &mut Output<'_>) {
    let config = || ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
    let text = text(shell, of, &config, OwnBinary::look().ok().as_ref());
    platform::widen_pipe(io::stdout(), text.len());
    output.data(&text);
}

/// The parts that a shell reads later, for an integration of the build `of`; an empty one fits all. One of another build is given a whole
/// new integration instead, which asks again: its first part may not go with these.
#[must_use]
pub fn text(shell: ShellKind, of: &str, config: &dyn Fn() -> Arc<Config>, binary: Option<&OwnBinary>) -> String {
    let is_ours = of.is_empty() || binary.is_some_and(|binary| binary.build() == of);
    let parts = match shell {
        _ if !is_ours => init::whole(shell, &config(), binary),
        ShellKind::Zsh => return zsh_rest().iter().flat_map(|part| [part, BEHIND_A_PART]).collect(),
        ShellKind::Bash => [BASH_UNALIASED, BASH_COMMENTED, &bash_rest(), BASH_ALIASED, BASH_LOADED].concat(),
        ShellKind::Fish => fish_rest() + FISH_LOADED,
    };
    match shell {
        ShellKind::Zsh => parts + BEHIND_A_PART,
        ShellKind::Bash | ShellKind::Fish => parts + END,
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

/// A script without comments, blank lines and indentation: a shell looks at every character of a text, also where it only keeps it.
/// No quoted text of the parts goes over several lines but fish's scripts for sh, which lose nothing by it.
pub(super) fn bare(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;
