# Part of the integration for zsh: messages under the line.

# What turns the direction of writing or is not seen, by its bytes, so that any locale can read it. Joiners stay: emoji are made of them.
typeset -g _GPTOS_UNSEEN=$'(\xd8\x9c|\xe2\x80[\x8b\x8c\x8e\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xf3\xa0[\x80-\xbf][\x80-\xbf])'

# The same for what has no look of its own: fillers, selectors, notes of annotators, joiners behind ASCII, and blanks that are none.
typeset -g _GPTOS_HIDDEN=$'(\xc2[\xa0\xad]|\xcd\x8f|\xe1(\x85[\x9f\xa0]|\x9a\x80|\x9e[\xb4\xb5]|\xa0[\x8b-\x8f])|\xe2(\x80[\x80-\x8c\xaf]|\x81\x9f|\xa0\x80)|\xe3\x85\xa4|\xef(\xb8[\x80-\x8e]|\xbe\xa0|\xbf[\xb0-\xbb])|\xf3[\xa0\xa1]|[\x01-\x7f](\xe2\x80\x8d|\xef\xb8\x8f))'

# Whether a text is one that may come into the line: one row of a length that the gate lets through, without a sign that nobody sees. Blanks of another
# width are such signs, and so is the one that joins emoji unless something else than ASCII stands before it. Whoever answered, this is judged here.
__gptos_is_plain() {
    emulate -L zsh
    local text="$1"
    [[ -n $text && $text != *[[:cntrl:]]* ]] || return 1
    setopt no_multibyte
    # Most are of nothing but what everybody sees, and then nothing has to be looked for.
    [[ $text == *[^\ -\~]* ]] || { (( $#text <= 8192 )); return }
    [[ $text != *${~_GPTOS_UNSEEN}* ]] || return 1
    # A joiner at the very beginning joins nothing.
    text=" $text"
    (( $#text <= 8193 )) && [[ $text != *${~_GPTOS_HIDDEN}* ]]
}

# At most one `zle -M` may happen between two redraws: a second one with another number of lines would overwrite the prompt.
__gptos_say() {
    emulate -L zsh
    local REPLY=''
    _GPTOS_SAID="$1"
    __gptos_fit "gptos: $1" $(( COLUMNS * 3 - 1 ))
    zle -M -- "$REPLY"
}

# Says why Enter did nothing. While the line stays as it is no note about it takes the place of that.
__gptos_withhold() {
    emulate -L zsh
    _GPTOS_WITHHELD="$BUFFER" _GPTOS_WHY="$1"
    __gptos_say "$1"
}

# REPLY: a text with `?` for whatever a terminal would not show as it stands there, cut to so many columns.
__gptos_fit() {
    emulate -L zsh
    local dot='·'
    REPLY="${1//[[:cntrl:]]/?}"
    setopt no_multibyte
    REPLY="${REPLY//${~_GPTOS_UNSEEN}/?}"
    setopt multibyte
    # Outside UTF-8 locales the line editor would show bytes.
    (( $#dot > 1 )) && REPLY="${${${REPLY//·/-}//…/...}//●/*}"
    (( ${(m)#REPLY} <= $2 && ${(m)#REPLY} < COLUMNS )) && return 0
    if (( ${(m)#REPLY} > $2 )); then
        REPLY="${REPLY[1,$2 - 1]}"
        while (( ${(m)#REPLY} > $2 - 1 )); do
            REPLY="${REPLY[1,-2]}"
        done
        (( $#dot > 1 )) || REPLY+='…'
    fi
    # The line editor counts a row more than there is where the last one is full, and would draw the line that much too high.
    (( COLUMNS < 1 || ${(m)#REPLY} % COLUMNS )) || REPLY+=' '
    return 0
}

# REPLY: a note with the risk first, where it would not be seen behind the rest.
__gptos_risk_first() {
    emulate -L zsh
    local source="${1%% · risk *}"
    REPLY="$1"
    [[ $source == "$1" ]] || REPLY="${1#"$source · "} · $source"
}

# Says what the suggestion of this place in the ring is.
__gptos_say_suggestion() {
    emulate -L zsh
    __gptos_say_note "$_GPTOS_NOTES[$1]" "$_GPTOS_READINGS[$1]" "$_GPTOS_TOOKS[$1]" "$_GPTOS_REMARKS[$1]"
}

# Says what a command is, in one line of the screen: NOTE READING [TOOK [REMARK]]. Why it is dangerous may take three lines, and what the binary
# remarks comes below.
__gptos_say_note() {
    emulate -L zsh
    local REPLY='' note="$1" dot='·'
    local -a said
    integer room=$(( COLUMNS - 1 ))
    _GPTOS_SAID="$note" _GPTOS_WITHHELD=''
    [[ $note == *'risk '(high|critical)* ]] && room=$(( COLUMNS * 3 - 1 ))
    if [[ $GPTOS_NOTE != 0 ]] || (( room > COLUMNS )); then
        REPLY="${3:+$3 }$note${2:+ · $2}"
        # `risk critical`, and the sign in front of all.
        (( ${(m)#${REPLY%% · risk *}} + 18 <= room )) || __gptos_risk_first "$REPLY"
        # Most need not be looked at more closely.
        if [[ ${REPLY//·/} == *[^\ -\~]* ]] || (( $#REPLY + 2 > room || $#REPLY + 2 >= COLUMNS || $#dot > 1 )); then
            __gptos_fit "● $REPLY" $room
        else
            REPLY="● $REPLY"
        fi
        said+=("$REPLY")
    fi
    if [[ -n ${4-} ]]; then
        __gptos_fit "gptos: $4" $(( COLUMNS * 2 - 1 ))
        said+=("$REPLY")
    fi
    REPLY=''
    (( $#_GPTOS_ROWS )) && __gptos_take_rows
    if [[ -n $REPLY ]] || (( $#said )); then
        (( $#said )) || REPLY="${REPLY%$'\n'}"
        zle -M -- "$REPLY${(pj:\n:)said}"
    else
        zle -Rc
    fi
}

# REPLY: the rows of a line that is read aloud, each with its end, as many as the screen has room for. Then they are gone.
__gptos_take_rows() {
    emulate -L zsh
    local row='' rows=''
    integer room=$(( LINES > 8 ? LINES - 6 : 3 ))
    (( $#_GPTOS_ROWS > room )) && _GPTOS_ROWS=("${(@)_GPTOS_ROWS[1,room - 1]}" '...')
    for row in "${_GPTOS_ROWS[@]}"; do
        __gptos_fit "$row" $(( COLUMNS - 1 ))
        rows+="$REPLY"$'\n'
    done
    _GPTOS_ROWS=()
    REPLY="$rows"
}

# Says a text below such rows.
__gptos_say_rows() {
    emulate -L zsh
    local REPLY='' rows=''
    __gptos_take_rows
    if [[ -z $REPLY ]]; then
        __gptos_say "$1"
    else
        _GPTOS_SAID="$1"
        rows="$REPLY"
        __gptos_fit "gptos: $1" $(( COLUMNS - 1 ))
        zle -M -- "$rows$REPLY"
    fi
}
