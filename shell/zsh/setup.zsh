# Part of the integration for zsh: it is put in its place. The last part.

# What the key is called in a message.
__gptos_name_key() {
    emulate -L zsh
    local key="${GPTOS_KEY:-$GPTOS_KEY2}"
    [[ ${TERM_PROGRAM-} == vscode && -n $GPTOS_KEY2 ]] && key="$GPTOS_KEY2"
    case ${(L)key} in
        ctrl-space) _GPTOS_KEY_NAME='Ctrl-Space' ;;
        ctrl-?) _GPTOS_KEY_NAME="Ctrl-${(U)key[-1]}" ;;
        alt-?) _GPTOS_KEY_NAME="Alt-${key[-1]}" ;;
        *) _GPTOS_KEY_NAME='the key' ;;
    esac
}

# In the insert mode of vi the key that takes a suggestion back has no meaning but itself.
__gptos_bind_undo() {
    emulate -L zsh
    setopt no_aliases
    [[ $(bindkey -M viins '^_') != *' self-insert' ]] || bindkey -M viins '^_' undo
}

# The user's own keys are bound by now.
__gptos_bind_searches() {
    emulate -L zsh
    setopt no_aliases
    local binding=''
    # A history search knows these widgets by name and accepts the line by itself. A key that it does not know ends the search and is then
    # looked up as usual, so the keys that accept the line become unknown to it, unless the user gave them a meaning there.
    local -a bindings=(${(M)${(f)"$(bindkey -L -M isearch; bindkey -L -M emacs; bindkey -L -M viins)"}:#*(-M isearch|accept-|gptos-translate)*}) words=()
    local -A meant=()
    zle -N gptos-end-search __gptos_end_search
    for binding in $bindings; do
        # `bindkey -M KEYMAP "KEY" WIDGET`
        words=(${(z)binding})
        case "$words[2] $words[3] $words[5]" in
            '-M isearch '*) meant[$words[4]]=1 ;;
            '-M '*' '(accept-line|accept-and-hold|accept-line-and-down-history|accept-and-infer-next-history))
                (( ${+meant[$words[4]]} )) || bindkey -M isearch -- "${(Q)words[4]}" gptos-end-search
                ;;
            # It has given the line back until it became ours.
            '-M '*' gptos-translate')
                [[ ${(Q)words[4]} != '^G' ]] || (( ${+meant[$words[4]]} )) || bindkey -M isearch '^G' send-break
                ;;
        esac
    done
}

# Bound where a history search would accept the line; the search never calls it.
__gptos_end_search() { : }

zle -N gptos-data __gptos_data
zle -N gptos-catch-up __gptos_catch_up
zle -N gptos-guard __gptos_guard
zle -N gptos-list __gptos_list
zle -N gptos-older __gptos_older
zle -N gptos-newer __gptos_newer
__gptos_name_key
__gptos_bind_undo
__gptos_bind_searches

# Has FUNCTION called at a HOOK of the line editor. zsh shares such a hook among several by a function that costs each key and each Enter more
# than ours do. So where nobody has it we have it by ourselves, and with a VARIABLE a plain function that has it is called by ours, which finds
# its name there. Who comes later and shares the hook finds us there.
__gptos_hook() {
    emulate -L zsh
    local former="${widgets[zle-$1]-}"
    if [[ -z $former || $former == user:$2 ]]; then
        zle -N zle-$1 $2
    elif [[ -n ${widgets[(re)user:$2]-} ]]; then
        # Somebody has wrapped ours since and calls it.
        return 0
    elif [[ -n ${3-} && $former == user:* && $former != user:azhw:* && -n ${functions[${former#user:}]-} ]]; then
        typeset -g $3="${former#user:}"
        zle -N zle-$1 $2
    else
        autoload -Uz add-zle-hook-widget
        add-zle-hook-widget $1 $2
    fi
}

# Whether anything of ours has happened to the line. `#NAME` is the code of the first character of a text, and 0 of an empty one.
_GPTOS_PLAIN=0
_GPTOS_TOUCHED='#_GPTOS_QUERY||#_GPTOS_TYPED||#_GPTOS_HELD||#_GPTOS_UNCHECKED||#_GPTOS_GHOST_LINE||#_GPTOS_GHOST_ASKED||_GPTOS_FD'
_GPTOS_TOUCHED+='||_GPTOS_GUARD_FD||_GPTOS_DESCENDS||_GPTOS_ACCEPTED||_GPTOS_HAS_KEYS||_GPTOS_N_HOLES||_GPTOS_PAUSE_FD||_GPTOS_GLANCE_FD||_GPTOS_WARM_FD'

autoload -Uz add-zsh-hook
add-zsh-hook -d zshaddhistory __gptos_first_history
add-zsh-hook -d precmd __gptos_first_precmd
add-zsh-hook zshaddhistory __gptos_add_history
add-zsh-hook precmd __gptos_precmd
add-zsh-hook zshexit __gptos_exit
__gptos_hook line-init __gptos_line_init _GPTOS_FORMER_INIT
__gptos_hook line-finish __gptos_line_finish _GPTOS_FORMER_FINISH
__gptos_hook line-pre-redraw __gptos_watch_line
__gptos_hook isearch-update __gptos_search
