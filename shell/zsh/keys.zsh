# Part of the integration for zsh: what the key and Enter mean.

# Called before the user's options give way to ours: BANG_HIST INTERACTIVE_COMMENTS, each on or off.
__gptos_note_options() {
    emulate -L zsh
    _GPTOS_BANG_HIST=$1 _GPTOS_COMMENTS=$2
}

# The key: ask for the words on the line; on a suggestion that was not touched, the next one.
__gptos_translate() {
    # A call costs a key press more than this, which an option of the user's could not stand in the way of either.
    builtin set -- "${options[banghist]}" "${options[interactivecomments]}"
    emulate -L zsh
    setopt extended_glob
    local -a reply
    _GPTOS_BANG_HIST=$1 _GPTOS_COMMENTS=$2
    [[ $CONTEXT == (start|cont) ]] || return 1
    if (( _GPTOS_FD )); then
        if (( _GPTOS_CANCELLED )); then
            __gptos_release KILL
        elif (( _GPTOS_TAKEN )) && [[ $BUFFER == "$_GPTOS_SHOWN" ]]; then
            :
        elif (( _GPTOS_TAKEN )) && [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
            # The words came back by undo: the request for them is under way already.
            _GPTOS_SHOWN="$BUFFER" _GPTOS_AT=0
        elif __gptos_may_take; then
            __gptos_take
            return 0
        elif [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
            __gptos_say 'waiting, Ctrl-C cancels'
            return 0
        else
            __gptos_release TERM
        fi
    fi

    (( _GPTOS_N_HOLES )) && __gptos_next_hole && return 0
    if (( $#_GPTOS_RING )) && [[ $BUFFER == "$_GPTOS_SHOWN" ]]; then
        __gptos_go_on
        return 0
    fi

    if ! __gptos_read_words "$BUFFER"; then
        # The line may be a command that is not finished, so the binary sees it as it is, and where the cursor stands.
        reply=(0 "${BUFFER:#[[:space:]]#}")
        _GPTOS_FIELDS=("cursor=$CURSOR")
    elif [[ -z $reply[2] ]] && __gptos_is_mark "$BUFFER" && __gptos_mend $reply[1]; then
        return 0
    fi
    if [[ -z $reply[2] ]]; then
        __gptos_say 'type what you want, then press the key'
        return 0
    fi
    __gptos_ask "$reply[2]" $reply[1] 0
    return 0
}

# The next suggestion. Other ways than the answer are looked for when they are wanted; then a provider is asked, and then come the words.
__gptos_go_on() {
    emulate -L zsh
    if (( _GPTOS_AT < $#_GPTOS_RING )); then
        __gptos_show $(( _GPTOS_AT + 1 ))
    elif (( _GPTOS_OTHERS )); then
        _GPTOS_OTHERS=0
        __gptos_ask "$_GPTOS_QUERY" 0 1 '' 1
    elif [[ -n $_GPTOS_MORE ]]; then
        _GPTOS_MORE=''
        __gptos_ask "$_GPTOS_QUERY" 1 1
    else
        __gptos_show 0
    fi
}

# Whether Enter is ours: true if it was swallowed or became a request, or if the line must not run yet.
__gptos_takes_enter() {
    # Most lines are the user's own, and every function that changes options costs time.
    if [[ $BUFFER != *['?#']* && $GPTOS_GUARD != all ]] && (( ! ($_GPTOS_TOUCHED) )); then
        return 1
    fi
    __gptos_note_options "${options[banghist]}" "${options[interactivecomments]}"
    emulate -L zsh
    setopt extended_glob
    local -a reply
    if (( _GPTOS_FD && _GPTOS_CANCELLED )); then
        __gptos_release KILL
    elif (( _GPTOS_FD && ! _GPTOS_TAKEN )); then
        __gptos_say 'waiting, Ctrl-C cancels'
        return 0
    fi
    (( _GPTOS_GUARD_FD )) && __gptos_guard_watch
    if (( _GPTOS_GUARD_FD )) && [[ -z $_GPTOS_HELD ]]; then
        _GPTOS_EARLY_ENTER=$EPOCHREALTIME
        __gptos_withhold "$_GPTOS_NOTE · read it first, then Enter"
        _GPTOS_WHY=''
        return 0
    elif (( _GPTOS_GUARD_FD )) && __gptos_is_held; then
        _GPTOS_EARLY_ENTER=$EPOCHREALTIME
        __gptos_withhold "$_GPTOS_HELD_REASON"
        return 0
    fi
    # Only a line that was edited while it was held comes here with the guard up.
    __gptos_guard_lift

    if [[ $CONTEXT == start ]] && __gptos_read_words "$BUFFER"; then
        if [[ -n $reply[2] ]]; then
            __gptos_release TERM
            __gptos_ask "$reply[2]" $reply[1] 0
        elif ! __gptos_mend $reply[1]; then
            __gptos_say 'type what you want after the question marks'
        fi
        return 0
    fi
    __gptos_is_unfilled && return 0
    # At a continuation prompt the first part of the line is accepted already.
    [[ $CONTEXT == start ]] && _GPTOS_ACCEPTED=0
    (( _GPTOS_DESCENDS )) && _GPTOS_ACCEPTED=1
    if __gptos_guards && ! __gptos_may_run; then
        return 0
    fi
    # Who runs the line no longer waits for another one.
    __gptos_release TERM
    return 1
}
