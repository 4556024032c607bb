//! The rc file of the shell under test: prompt counter, the key that shows the buffer, and what the test adds.

use std::path::Path;

use super::{Setup, Shell};

/// The text of the rc file. On a busy machine the stand-in for the binary is slower than Enter waits by default.
pub fn rc_text(shell: Shell, setup: &Setup, dir: &Path) -> String {
    let (bin, dump, script) = (setup.bin.display(), dir.join("dump").display().to_string(), shell.script().display().to_string());
    let load = setup.load.clone().unwrap_or_else(|| format!("source '{script}'"));
    let (before, after) = (&setup.before, &setup.rc);
    match shell {
        Shell::Zsh => {
            let mode = if setup.vi { "bindkey -v; KEYTIMEOUT=1" } else { "bindkey -e" };
            format!(
                r#"{mode}
typeset -gi __test_prompt=0 __test_dumps=0
__test_precmd() {{ emulate -L zsh; PS1="[$(( ++__test_prompt ))]> " }}
precmd_functions+=(__test_precmd)
__test_dump() {{
    emulate -L zsh
    print -rn -- "$(( ++__test_dumps ))"$'\0'"$CURSOR"$'\0'"$BUFFER"$'\0end' >| '{dump}'
}}
zle -N _test-dump __test_dump
for __test_map in emacs viins vicmd; do bindkey -M $__test_map $'\e[24;8~' _test-dump; done
HISTFILE= HISTSIZE=1000 SAVEHIST=0
GPTOS_BIN='{bin}' GPTOS_GUARD_MS=10000
{before}
{load}
{after}
"#
            )
        }
        Shell::Bash => {
            let mode = if setup.vi { "set -o vi" } else { "set -o emacs" };
            format!(
                r#"{mode}
__test_prompt=0 __test_dumps=0
__test_precmd() {{ __test_prompt=$((__test_prompt + 1)); PS1="[$__test_prompt]> "; }}
PROMPT_COMMAND=(__test_precmd)
__test_dump() {{
    __test_dumps=$((__test_dumps + 1))
    printf '%s\0%s\0%s\0end' "$__test_dumps" "$READLINE_POINT" "$READLINE_LINE" >| '{dump}'
}}
for __test_map in emacs-standard vi-insert vi-command; do bind -m $__test_map -x '"\e[24;8~": __test_dump'; done
HISTFILE= HISTSIZE=1000
GPTOS_BIN='{bin}' GPTOS_GUARD_MS=10000
{before}
{load}
{after}
"#
            )
        }
        Shell::Fish => {
            let mode = if setup.vi { "fish_vi_key_bindings" } else { "fish_default_key_bindings" };
            format!(
                r#"set -g fish_greeting
{mode}
set -g __test_prompt 0
set -g __test_dumps 0
function __test_precmd --on-event fish_prompt; set -g __test_prompt (math $__test_prompt + 1); end
function fish_prompt; printf '[%s]> ' $__test_prompt; end
function fish_mode_prompt; end
function __test_dump
    set -g __test_dumps (math $__test_dumps + 1)
    set -l text (commandline -b | string collect)
    printf '%s\0%s\0%s\0end' $__test_dumps (commandline -C) "$text" >'{dump}'
end
for mode in default insert visual; bind -M $mode \e\[24\;8~ __test_dump; end
set -g GPTOS_BIN '{bin}'
set -g GPTOS_GUARD_MS 10000
{before}
{load}
{after}
"#
            )
        }
    }
}
