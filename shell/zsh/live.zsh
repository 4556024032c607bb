# Part of the integration for zsh: while a suggestion is edited, its risk and what it does stand below the line.

# The line that was asked about last, and the one that the note below is about.
typeset -g _GPTOS_LIVE_ASKED='' _GPTOS_LIVE_LINE='' _GPTOS_LIVE_READING=''
# Whether a search of the history is under way: 1 until it is drawn, then 2.
typeset -gi _GPTOS_SEARCHES=0

# A search shows itself in the place of a message's first row, and zsh leaves the others where they are. So ours goes, and with it what an Enter was to
# confirm.
__gptos_search() {
    (( $_GPTOS_TOUCHED )) || return 0
    if (( ! _GPTOS_SEARCHES )); then
        _GPTOS_HELD=''
        zle -Rc
    fi
    _GPTOS_SEARCHES=1
}

# Before each redraw of a line that was searched for: nobody tells of a search that was given up. Then the note of the line comes back.
__gptos_watch_search() {
    if (( _GPTOS_SEARCHES == 1 )); then
        _GPTOS_SEARCHES=2
    else
        _GPTOS_SEARCHES=0 _GPTOS_LIVE_LINE=search _GPTOS_LIVE_ASKED=''
    fi
    return 0
}

# Before a redraw: the line is another suggestion than the one that was noted last. What stands below is now about this one, and the key goes on from it.
# Nobody has read what did not come by typing.
__gptos_come_back() {
    emulate -L zsh
    (( _GPTOS_SEARCHES )) && return 0
    _GPTOS_NOTED="$BUFFER" _GPTOS_SHOWN="$BUFFER" _GPTOS_AT=$1 _GPTOS_NOTE="$_GPTOS_NOTES[$1]"
    _GPTOS_LIVE_LINE='' _GPTOS_LIVE_ASKED=''
    __gptos_drop_holes
    __gptos_say_suggestion $1
    __gptos_offer "$BUFFER"
    [[ $LASTWIDGET == *(self-insert|delete|rubout|kill|yank|paste)* ]] || __gptos_guard_arm
}

# Before a redraw: the line is the user's own words again, or empty, and what was said of a suggestion goes.
__gptos_unsay() {
    emulate -L zsh
    (( _GPTOS_SEARCHES )) && return 0
    _GPTOS_NOTED='' _GPTOS_LIVE_LINE='' _GPTOS_LIVE_ASKED='' _GPTOS_WITHHELD=''
    _GPTOS_NOTE='your words' _GPTOS_SAID='your words'
    zle -Rc
}

# Before each redraw: does the line still say what the note below it says?
__gptos_watch_live() {
    emulate -L zsh
    integer at=0
    (( _GPTOS_DESCENDS && ! _GPTOS_FD && ! _GPTOS_N_HOLES && ! _GPTOS_SEARCHES )) || return 0
    # The user's own words are no command.
    [[ $BUFFER != "$_GPTOS_ORIGINAL" || $BUFFER == "$_GPTOS_NOTED" ]] || return 0
    [[ $CONTEXT == start && $BUFFER != "$_GPTOS_LIVE_ASKED" && $BUFFER == [^[:space:]]* && -z $_GPTOS_GHOST_LINE && -z $_GPTOS_HELD ]] || return 0
    [[ $BUFFER != "$_GPTOS_WITHHELD" ]] || return 0
    __gptos_glance_must_wait && return 0
    at=${_GPTOS_RING[(Ie)$BUFFER]}
    # Words behind a suggestion make no command of it.
    if [[ $BUFFER == *'??'* ]] && __gptos_is_behind "$BUFFER"; then
        at=${_GPTOS_RING[(Ie)$_GPTOS_OFFERED]}
        (( at )) || return 0
    fi
    if (( at )); then
        # It is a suggestion again, as it was given.
        if [[ -n $_GPTOS_LIVE_LINE ]]; then
            _GPTOS_LIVE_LINE='' _GPTOS_LIVE_ASKED=''
            __gptos_say_suggestion $at
        fi
        return 0
    fi
    __gptos_glance_at reading "$BUFFER" 2>/dev/null && (( _GPTOS_GLANCE_FD )) && [[ $_GPTOS_GLANCE_LINE == "$BUFFER" ]] && _GPTOS_LIVE_ASKED="$BUFFER"
    return 0
}

# The resident has read the line. Enter may have been pressed since, and why it did nothing is worth more than a note.
__gptos_live_answer() {
    emulate -L zsh
    [[ $BUFFER != "$_GPTOS_WITHHELD" ]] && (( ! _GPTOS_SEARCHES )) || return 0
    local -a fields=("${(@0)1}")
    local note='' reading=''
    integer i=0
    for (( i = 1; i + 3 <= $#fields; i += 3 )); do
        case $fields[i] in
            note) note="$fields[i+1]" ;;
            reading) reading="$fields[i+1]" ;;
        esac
    done
    [[ -n $note ]] || return 0
    if [[ $GPTOS_NOTE == 0 && "$note$_GPTOS_SAID" != *'risk '(high|critical)* ]]; then
        # Neither is anything shown nor is there anything to take away.
        _GPTOS_SAID="$note"
    elif [[ -z $_GPTOS_LIVE_LINE || $note != "$_GPTOS_SAID" || $reading != "$_GPTOS_LIVE_READING" ]]; then
        __gptos_say_note "$note" "$reading"
    fi
    _GPTOS_LIVE_READING="$reading"
    _GPTOS_LIVE_LINE="$BUFFER"
}
