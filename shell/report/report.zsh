# What `gptos doctor` asks a zsh that it started: who has which key, and what else is loaded. Printed to standard output behind the word in $2.
# The hooks of the first prompt come first, because some plugins bind their keys there.

for __gptos_hook in precmd "${precmd_functions[@]-}"; do
    [[ -n $__gptos_hook && -n ${functions[$__gptos_hook]-} ]] && $__gptos_hook </dev/null >/dev/null 2>&1
done

__gptos_report() {
    'builtin' 'emulate' '-L' 'zsh'
    zmodload zsh/parameter
    local -a said=(version '' "$ZSH_VERSION")
    local name='' line='' keymap=''
    for name in GPTOS_KEY GPTOS_KEY2 GPTOS_BIN; do
        (( ${(P)+name} )) && said+=(variable $name "${(P)name}")
    done
    (( ${+functions[__gptos_translate]} )) && said+=(loaded '' "${functions_source[__gptos_translate]-}")
    # Somebody may type in a keymap of their own.
    for keymap in emacs viins vicmd ${${"$(bindkey -lL main)":#*(emacs|viins|vicmd) main}:+main}; do
        for line in "${(@f)$(bindkey -M $keymap)}"; do
            said+=(key $keymap "$line")
        done
    done
    said+=(enter '' "${widgets[accept-line]-}" enters '' "${(j: :)${(k)widgets[(R)user:__gptos_accept_line]}}")
    local -A known=(
        _zsh_autosuggest_start zsh-autosuggestions _zsh_highlight zsh-syntax-highlighting fzf-history-widget fzf fzf-tab-complete fzf-tab
        _atuin_search atuin prompt_starship_precmd starship starship_precmd starship p10k powerlevel10k zvm_init zsh-vi-mode compdef compinit
        _zsh_history_substring_search_begin zsh-history-substring-search zinit zinit antidote antidote antigen antigen omz oh-my-zsh _navi_widget navi
        zplug zplug __zoxide_hook zoxide _zoxide_hook zoxide _direnv_hook direnv _lp_precmd liquidprompt prompt_powerlevel9k_setup powerlevel9k
    )
    for name in "${(@k)known}"; do
        (( ${+functions[$name]} )) && said+=(seen '' "$known[$name]")
    done
    (( ${+FAST_HIGHLIGHT} )) && said+=(seen '' fast-syntax-highlighting)
    said+=(end '' '')
    print -rn -- $'\0'"$1"$'\0'"${(pj:\0:)said}"$'\0'
}
__gptos_report "$2"
