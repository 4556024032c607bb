# Part of the integration for zsh: what can be had while the answer is awaited.

# Keeps the candidate that may be taken while the answer is awaited. There is one for a request.
__gptos_meanwhile() {
    emulate -L zsh
    [[ -z $_GPTOS_MEANWHILE && $1 != "$_GPTOS_ASKED" ]] && __gptos_is_plain "$1" || return 1
    _GPTOS_MEANWHILE="$1" _GPTOS_MEANWHILE_NOTE="$2"
}

# Whether the key would put that candidate into the line now.
__gptos_may_take() {
    emulate -L zsh
    (( _GPTOS_FD && ! _GPTOS_TAKEN && ! _GPTOS_CANCELLED )) && [[ -n $_GPTOS_MEANWHILE && $BUFFER == "$_GPTOS_ASKED" ]]
}

__gptos_progress() {
    emulate -L zsh
    local limit="$GPTOS_PROGRESS_MS" text=''
    [[ $limit == <-> ]] || limit=120
    (( _GPTOS_ELAPSED >= limit )) || return 0
    text="${_GPTOS_WAITING_FOR:-working}… $(( _GPTOS_ELAPSED / 1000 )).$(( _GPTOS_ELAPSED % 1000 / 100 )) s"
    if (( _GPTOS_TAKEN )); then
        # The line has a note of its own by now, and a reason why it does not run is worth more than the time.
        [[ $_GPTOS_SAID == "$_GPTOS_NOTE" || $_GPTOS_SAID == "$_GPTOS_PROGRESS" ]] || return 0
        text="$_GPTOS_NOTE · $text"
    elif __gptos_may_take; then
        text+=" · $_GPTOS_KEY_NAME takes: $_GPTOS_MEANWHILE ($_GPTOS_MEANWHILE_NOTE)"
    else
        text+=' (Ctrl-C cancels)'
    fi
    _GPTOS_PROGRESS="$text"
    __gptos_say "$text"
    zle -R
}

# Puts the candidate into the line as a suggestion like any other. The request goes on.
__gptos_take() {
    emulate -L zsh
    integer at=0
    (( _GPTOS_EXTENDS )) || _GPTOS_ORIGINAL="$BUFFER"
    at=${_GPTOS_RING[(Ie)$_GPTOS_MEANWHILE]}
    if (( ! at )); then
        _GPTOS_RING+=("$_GPTOS_MEANWHILE")
        _GPTOS_NOTES+=("$_GPTOS_MEANWHILE_NOTE")
        _GPTOS_READINGS+=('') _GPTOS_TOOKS+=('') _GPTOS_REMARKS+=('')
        at=$#_GPTOS_RING
    fi
    _GPTOS_TAKEN=1 _GPTOS_TYPED="$_GPTOS_TYPED_ASKED"
    __gptos_show $at
}

# A complete answer is here, and the line holds what was taken meanwhile, or what became of it. It stays as it is.
__gptos_arrive_late() {
    emulate -L zsh
    local REPLY='' text=''
    integer first=0
    __gptos_join
    first=$REPLY
    if (( ! $#_GPTOS_NEW )); then
        __gptos_why_none
        text="$REPLY"
    elif (( $#_GPTOS_RING < first )); then
        text="the answer is the same ($_GPTOS_NEW_NOTES[1])"
    else
        # Whatever the line holds now, the next press of the key leads to the answer, and further presses to all the others.
        _GPTOS_SHOWN="$BUFFER" _GPTOS_AT=$(( first - 1 ))
        text="the answer is here, $_GPTOS_KEY_NAME shows: $_GPTOS_RING[first] ($_GPTOS_NOTES[first])"
    fi
    (( _GPTOS_EXTENDS )) || _GPTOS_MORE="$_GPTOS_NEW_MORE"
    if __gptos_is_held; then
        text="$_GPTOS_HELD_REASON · $text"
    elif [[ -z $_GPTOS_HELD && -n $_GPTOS_WHY && $BUFFER == "$_GPTOS_WITHHELD" ]]; then
        text="$_GPTOS_WHY · $text"
    fi
    __gptos_say "$text"
}
