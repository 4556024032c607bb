//! Neighbours in fish.

use super::*;

beside! {
    draws_with_starship, Fish, true, "starship init fish | source", starship;
    searches_with_atuin, Fish, false, "mkdir -p ~/.config/atuin; echo 'update_check = false' >~/.config/atuin/config.toml
atuin init fish --disable-ai | source", atuin;
    jumps_with_zoxide, Fish, false, "zoxide init fish | source", zoxide;
    follows_direnv, Fish, false, "direnv hook fish | source", direnv;
    jumps_with_autojump, Fish, false, "source /usr/share/autojump/autojump.fish", autojump;
    draws_with_powerline, Fish, true, "set fish_function_path $fish_function_path /usr/share/powerline/bindings/fish; powerline-setup", powerline;
    searches_with_a_new_fzf, Fish, false, "set -gx FZF_DEFAULT_OPTS --prompt=FIND; fzf --fish | source", fzf;
}
