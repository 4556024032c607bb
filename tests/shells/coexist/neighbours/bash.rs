//! Neighbours in bash.

use super::*;

beside! {
    draws_with_starship, Bash, true, "eval \"$(starship init bash)\"", starship;
    searches_with_atuin_and_bash_preexec, Bash, false, "mkdir -p ~/.config/atuin; echo 'update_check = false' >~/.config/atuin/config.toml
eval \"$(atuin init bash --disable-ai)\"", atuin;
    jumps_with_zoxide, Bash, false, "eval \"$(zoxide init bash)\"", zoxide;
    follows_direnv, Bash, false, "eval \"$(direnv hook bash)\"", direnv;
    jumps_with_autojump, Bash, false, "source /usr/share/autojump/autojump.bash", autojump;
    draws_with_liquidprompt, Bash, true, "source /usr/share/liquidprompt/liquidprompt", powerline;
    draws_with_powerline, Bash, true, "source /usr/share/powerline/bindings/bash/powerline.sh", powerline;
    searches_with_a_new_fzf, Bash, false, "export FZF_DEFAULT_OPTS=--prompt=FIND; eval \"$(fzf --bash)\"", fzf;
    asks_command_not_found, Bash, false, "[[ -n $(type -t command_not_found_handle) ]] || echo No such file", command_not_found;
}
