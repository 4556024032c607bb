# Part of the integration for zsh: several suggestions to choose from.

# Tab: asks for several suggestions for the words on the line, or opens the list that is here already. True if the key was ours.
__gptos_takes_tab() {
    __gptos_note_options "${options[banghist]}" "${options[interactivecomments]}"
    emulate -L zsh
    local -a reply
    [[ $CONTEXT == start ]] || return 1
    if (( _GPTOS_LIST_WAITS )) && [[ $BUFFER == "$_GPTOS_SHOWN" ]]; then
        __gptos_open_list
        return 0
    fi
    __gptos_read_words "$BUFFER" || return 1
    if [[ -z $reply[2] ]]; then
        __gptos_say 'type what you want after the question marks'
    elif (( _GPTOS_FD && ! _GPTOS_CANCELLED )) && [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
        __gptos_say 'waiting, Ctrl-C cancels'
    else
        __gptos_release TERM
        __gptos_ask "$reply[2]" $reply[1] 0 '' 1 && __gptos_await_list
    fi
    return 0
}

# Most lists are here at once, and then the menu opens in the same moment. After 0.3 s, or with the next key, the line is live again.
__gptos_await_list() {
    emulate -L zsh
    local -F deadline=0
    local -a ready
    (( deadline = EPOCHREALTIME + 0.3 ))
    _GPTOS_LIST_AWAITED=1
    # The terminal cannot be waited for as well: in the line editor it always counts as ready. A clock that was set back must not prolong this.
    while (( _GPTOS_FD && ! PENDING && ! KEYS_QUEUED_COUNT && EPOCHREALTIME < deadline && EPOCHREALTIME > deadline - 1 )); do
        zselect -t 2 -a ready -r $_GPTOS_FD && __gptos_data $_GPTOS_FD
    done
    _GPTOS_LIST_AWAITED=0
    (( _GPTOS_LIST_WAITS )) && __gptos_open_list
    return 0
}

# A list is here, for the line as it is. While Tab is awaiting it, Tab opens it: a menu opened by the handler of an fd would swallow a key.
__gptos_list_arrived() {
    emulate -L zsh
    _GPTOS_LIST_WAITS=1
    (( _GPTOS_LIST_AWAITED )) && return 0
    (( $#_GPTOS_RING > 1 )) && _GPTOS_REMARKS[1]+="${_GPTOS_REMARKS[1]:+; }Tab shows all $#_GPTOS_RING"
    __gptos_show 1
}

# Lets the user choose.
__gptos_open_list() {
    emulate -L zsh
    local REPLY=''
    _GPTOS_LIST_WAITS=0
    if (( $#_GPTOS_RING == 1 )); then
        __gptos_show 1
        return 0
    fi
    __gptos_take_rows
    __gptos_ghost_forget
    __gptos_choose "$REPLY"
    if (( REPLY )); then
        __gptos_show $REPLY
    else
        _GPTOS_LIST_WAITS=1
        __gptos_say "Tab shows the $#_GPTOS_RING suggestions again"
        zle -R
    fi
}

# --- keys that mean something else on a line of words ---

# Before a redraw: is this line one of words?
__gptos_watch_keys() {
    emulate -L zsh
    local -a reply
    [[ $CONTEXT == start ]] && __gptos_read_words "$BUFFER" && __gptos_borrow_keys
    return 0
}

# Of a line of words: Tab, the arrows and the keys that take a ghost become ours until the line is done. So whatever they are bound to at that moment, by
# whom and in which order, is what they do again on all other lines.
__gptos_borrow_keys() {
    emulate -L zsh
    setopt no_monitor
    local binding='' key='' traps=''
    local -a words
    local -A ours=('^I' gptos-list '^[[A' gptos-older '^[OA' gptos-older '^P' gptos-older '^[[B' gptos-newer '^[OB' gptos-newer '^N' gptos-newer)
    _GPTOS_BORROWED=()
    # One process for all the keys: what they are bound to is only printed, and so are the user's traps, which a substitution would not know.
    { for key in ${(k)ours}; do bindkey -M main -- $key; done; bindkey -L -M main; print; trap } | while IFS= read -r binding; do
        [[ -n $binding ]] || traps=1
        if [[ -n $traps ]]; then
            [[ $binding != *' INT' ]] || _GPTOS_GHOST_TRAPS=-1
            continue
        fi
        # `"KEY" WIDGET`, or `"KEY" "TEXT"`; and then `bindkey "KEY" WIDGET`
        words=(${(z)binding})
        if [[ $words[1] == bindkey ]]; then
            [[ $#words -eq 3 && -n ${widgets[_gptos-ghost-$words[3]]-} ]] || continue
            key="${(Q)words[2]}"
            _GPTOS_BORROWED[$key]="$words[3]"
            bindkey -M main -- $key _gptos-ghost-$words[3]
            continue
        fi
        key="${(Q)words[1]}"
        [[ $words[2] == [\"\']* || -z ${ours[$key]-} || $words[2] == gptos-* ]] && continue
        _GPTOS_BORROWED[$key]="$words[2]"
        bindkey -M main -- $key $ours[$key]
    done
    _GPTOS_HAS_KEYS=1
}

__gptos_return_keys() {
    emulate -L zsh
    local key=''
    for key in ${(k)_GPTOS_BORROWED}; do
        if [[ $_GPTOS_BORROWED[$key] == undefined-key ]]; then
            bindkey -M main -r -- $key
        else
            bindkey -M main -- $key $_GPTOS_BORROWED[$key]
        fi
    done
    _GPTOS_BORROWED=() _GPTOS_HAS_KEYS=0 _GPTOS_RECALLED=''
    (( _GPTOS_GHOST_TRAPS > 0 )) || _GPTOS_GHOST_TRAPS=0
}

# No options are changed around what the key did before: it may be the user's. Where it fails there is the sound that the key would have made:
# with `setopt err_exit` a false end of a function of ours would be the end of the shell.
__gptos_list() {
    _GPTOS_MENU_KEY=''
    if ! __gptos_takes_tab; then
        zle "${_GPTOS_BORROWED[^I]:-expand-or-complete}" -- "$@" || zle .beep
    elif [[ -n $_GPTOS_MENU_KEY ]]; then
        zle "$_GPTOS_MENU_KEY" || zle .beep
    fi
}
