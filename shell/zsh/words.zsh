# Part of the integration for zsh: which lines are words, and what they are about.

# Takes a line apart that is words: reply=(FRESH WORDS), _GPTOS_FIELDS is what else the binary is told. False for all other lines.
__gptos_read_words() {
    emulate -L zsh
    setopt extended_glob
    local line="${1##[[:space:]]##}" private='' scope='' rest=''
    _GPTOS_FIELDS=()
    [[ $1 == [[:space:]]* ]] && private=' '
    if [[ $line == '??'('?'|)([[:space:]]*|) ]]; then
        # Most lines need no closer look.
        if [[ $1 == '?? '[^[:space:]]* && $1 != *[[:space:]] ]]; then
            reply=(0 "${1#'?? '}")
        else
            __gptos_parse "$1"
        fi
        if [[ ${(L)reply[2]} == ${~_GPTOS_WISHES} ]] && __gptos_is_change "$reply[2]"; then
            _GPTOS_FIELDS=("refines=$_GPTOS_LATEST" "asked=$_GPTOS_LATEST_WORDS")
        fi
        return 0
    elif [[ -n $_GPTOS_OFFERED ]] && __gptos_is_behind "$1"; then
        __gptos_parse "${1#"$_GPTOS_BEHIND"}"
        # The blank between a suggestion and the marks does not make the words private.
        reply[2]="${reply[2]##[[:space:]]##}"
        [[ $_GPTOS_OFFERED_WORDS == [[:space:]]* ]] && reply[2]=" $reply[2]"
        _GPTOS_FIELDS=("refines=$_GPTOS_BEHIND" "asked=${_GPTOS_OFFERED_WORDS##[[:space:]]##}")
        return 0
    elif [[ $GPTOS_HASH == 1 && $1 == '#'[[:blank:]]##[^[:space:]]* ]]; then
        rest="${1#'#'}"
    else
        for scope in ${=GPTOS_SCOPES}; do
            [[ $scope == [A-Za-z0-9_.+-]## && $line == "$scope?"[[:space:]]##[^[:space:]]* ]] || continue
            rest="${line#"$scope?"}"
            _GPTOS_FIELDS=("scope=$scope")
            break
        done
    fi
    [[ -n $rest ]] || return 1
    rest="${rest##[[:space:]]##}"
    reply=(0 "$private${rest%%[[:space:]]##}")
}

# Words that begin a wish about a suggestion, as a pattern.
typeset -g _GPTOS_WISHES='(but|and|only|now|instead|also|without|no,)[[:space:]]##*'

# Whether words stand behind the suggestion shown last for this line, or behind what was added to it: that command is then in _GPTOS_BEHIND. A
# command may hold `??` as a pattern, so behind one that is not the suggestion alone they must be a wish.
__gptos_is_behind() {
    emulate -L zsh
    setopt extended_glob
    _GPTOS_BEHIND="$_GPTOS_OFFERED"
    [[ -n $_GPTOS_OFFERED && $1 == "$_GPTOS_OFFERED"*'??'* ]] || return 1
    [[ $1 == "$_GPTOS_OFFERED"[[:space:]]##'??'('?'|)[[:space:]]##[^[:space:]]* ]] && return 0
    [[ ${(L)1##*[[:space:]]'??'('?'|)[[:space:]]##} == ${~_GPTOS_WISHES} ]] || return 1
    _GPTOS_BEHIND="${1%[[:space:]]##'??'('?'|)[[:space:]]##*}"
    [[ $_GPTOS_BEHIND == "$_GPTOS_OFFERED"* ]]
}

# Whether words want the last suggestion of this shell changed. Another directory may have other rules for what goes to a provider.
__gptos_is_change() {
    emulate -L zsh
    setopt extended_glob
    [[ -n $_GPTOS_LATEST && $PWD == "$_GPTOS_LATEST_IN" && ${(L)1} == ${~_GPTOS_WISHES} ]] || return 1
    (( EPOCHREALTIME >= _GPTOS_LATEST_AT && EPOCHREALTIME < _GPTOS_LATEST_AT + 600 ))
}

# A suggestion is shown for words: later ones may want it changed. Those behind a blank are kept nowhere but with this line.
__gptos_offer() {
    emulate -L zsh
    setopt extended_glob
    local words="$_GPTOS_QUERY"
    local -a former=(${(M)_GPTOS_ASKED_FIELDS:#asked=?*})
    if (( $#former )); then
        words="${words%%[^[:space:]]*}${former[1]#asked=}, ${words##[[:space:]]##}"
    fi
    (( $#words <= 1000 )) || words="$_GPTOS_QUERY"
    _GPTOS_OFFERED="$1" _GPTOS_OFFERED_WORDS="$words"
    if [[ $words == [^[:space:]]* && $#1 -le 4000 ]]; then
        _GPTOS_LATEST="$1" _GPTOS_LATEST_WORDS="$words" _GPTOS_LATEST_IN="$PWD" _GPTOS_LATEST_AT=$EPOCHREALTIME
    fi
}
