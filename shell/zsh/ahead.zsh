# Part of the integration for zsh: words are asked before Enter.

# Whether a line holds words that may be asked before Enter: REPLY. Those after three question marks are to be asked anew, and behind a blank
# they are nobody's business.
__gptos_words_ahead() {
    emulate -L zsh
    setopt extended_glob
    local -a reply
    [[ $1 == '??'[[:space:]]##[^[:space:]]##[[:space:]]##[^[:space:]]##[[:space:]]##[^[:space:]]* ]] || return 1
    __gptos_parse "$1"
    REPLY="$reply[2]"
}

# Before each redraw: when was the line changed last? A process per key would be too many, so there is one for 0.6 s, and at its end the clock
# tells whether the pause was as long. A new line waits for the end of the wait of the one before.
__gptos_watch_pause() {
    emulate -L zsh
    local REPLY='' line="$BUFFER"
    # What continues a line, or answers a prompt of a program, is no line of words.
    [[ $CONTEXT == start ]] || line=''
    [[ $line == "$_GPTOS_DRAWN" ]] && return 0
    _GPTOS_DRAWN="$line" _GPTOS_DRAWN_AT=$EPOCHREALTIME
    if (( ! _GPTOS_PAUSE_FD && (EPOCHREALTIME >= _GPTOS_PAUSE_ENDS || EPOCHREALTIME < _GPTOS_PAUSE_ENDS - 1) )) &&
        __gptos_words_ahead "$line"; then
        __gptos_pause_wait 60
    fi
    return 0
}

# Waits so many hundredths of a second.
__gptos_pause_wait() {
    emulate -L zsh
    local REPLY=''
    __gptos_clock $1 || return 0
    _GPTOS_PAUSE_FD=$REPLY
    (( _GPTOS_PAUSE_ENDS = EPOCHREALTIME + $1 / 100.0 ))
    __gptos_await $REPLY __gptos_pause
}

__gptos_pause_end() {
    emulate -L zsh
    (( _GPTOS_PAUSE_FD )) || return 0
    zle -F $_GPTOS_PAUSE_FD
    exec {_GPTOS_PAUSE_FD}<&-
    _GPTOS_PAUSE_FD=0
}

# The wait is over. No widget, so that neither other plugins nor the line notice: the line is as it was drawn.
__gptos_pause() {
    __gptos_note_options "${options[banghist]}" "${options[interactivecomments]}"
    emulate -L zsh
    local REPLY=''
    local -F quiet=0
    integer left=0
    [[ $1 == "$_GPTOS_PAUSE_FD" ]] || return 0
    __gptos_pause_end
    # Words that were asked by hand are on their way.
    (( _GPTOS_FD )) && return 0
    __gptos_words_ahead "$_GPTOS_DRAWN" || return 0
    (( quiet = EPOCHREALTIME - _GPTOS_DRAWN_AT ))
    if (( quiet >= 0 && quiet < 0.6 )); then
        left=$(( (0.6 - quiet) * 100 + 1 ))
        __gptos_pause_wait $left
    elif [[ $REPLY != "$_GPTOS_AHEAD" ]]; then
        _GPTOS_AHEAD="$REPLY"
        __gptos_aside "$REPLY" prefetch zsh --session $$ --shell-version "$ZSH_VERSION"
    fi
    return 0
}

# The line is done or given up.
__gptos_pause_forget() {
    emulate -L zsh
    __gptos_pause_end
    _GPTOS_DRAWN='' _GPTOS_AHEAD=''
}
