//! Neighbours in zsh.

use super::*;

beside! {
    draws_with_starship, Zsh, true, "eval \"$(starship init zsh)\"", starship;
    searches_with_atuin, Zsh, false, "mkdir -p ~/.config/atuin; echo 'update_check = false' >~/.config/atuin/config.toml
eval \"$(atuin init zsh --disable-ai)\"", atuin;
    jumps_with_zoxide, Zsh, false, "eval \"$(zoxide init zsh)\"", zoxide;
    follows_direnv, Zsh, false, "eval \"$(direnv hook zsh)\"", direnv;
    jumps_with_autojump, Zsh, false, "source /usr/share/autojump/autojump.zsh", autojump;
    draws_with_liquidprompt, Zsh, true, "source /usr/share/liquidprompt/liquidprompt", powerline;
    draws_with_powerlevel9k, Zsh, true, "source /usr/share/powerlevel9k/powerlevel9k.zsh-theme", powerline;
    draws_with_powerline, Zsh, true, "source /usr/share/powerline/bindings/zsh/powerline.zsh", powerline;
    asks_command_not_found, Zsh, false, "source /etc/zsh_command_not_found", command_not_found;
    searches_with_a_new_fzf, Zsh, false, "export FZF_DEFAULT_OPTS=--prompt=FIND; autoload -Uz compinit; compinit -u -D; source <(fzf --zsh)", fzf;
}
