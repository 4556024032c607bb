# Part of the integration for zsh: earlier lines of words come back.

# Up: `??` leads through the earlier lines that begin with it, `?? list` through those that begin so. True if the key was ours.
__gptos_takes_up() {
    emulate -L zsh
    setopt extended_glob
    [[ $CONTEXT == start && $BUFFER == '??'* && $BUFFER != *$'\n'* ]] || return 1
    if [[ $BUFFER != "$_GPTOS_RECALLED" ]]; then
        # A line that came back in the usual way leads on in the usual way.
        (( HISTNO == HISTCMD )) || return 1
        _GPTOS_RECALLS="${BUFFER%%[[:space:]]##}"
    fi
    __gptos_recall backward
    return 0
}

# Down: back again, to the line as it was typed in the end.
__gptos_takes_down() {
    emulate -L zsh
    [[ $CONTEXT == start && -n $_GPTOS_RECALLED && $BUFFER == "$_GPTOS_RECALLED" ]] || return 1
    __gptos_recall forward
    return 0
}

# The line editor's own search looks for what stands before the cursor.
__gptos_recall() {
    emulate -L zsh
    CURSOR=$#_GPTOS_RECALLS
    zle .history-beginning-search-$1
    CURSOR=$#BUFFER
    _GPTOS_RECALLED="$BUFFER"
}

__gptos_older() {
    if ! __gptos_takes_up; then
        zle "${_GPTOS_BORROWED[${(V)KEYS}]:-${_GPTOS_BORROWED[^P]:-up-line-or-history}}" -- "$@" || zle .beep
    fi
}

__gptos_newer() {
    if ! __gptos_takes_down; then
        zle "${_GPTOS_BORROWED[${(V)KEYS}]:-${_GPTOS_BORROWED[^N]:-down-line-or-history}}" -- "$@" || zle .beep
    fi
}
