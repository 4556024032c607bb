# Part of the integration for zsh: messages under the line.

# At most one `zle -M` may happen between two redraws: a second one with another number of lines would overwrite the prompt.
__gptos_say() {
    emulate -L zsh
    local text="gptos: ${1//[[:cntrl:]]/?}" dot='·'
    _GPTOS_SAID="$1"
    # Outside UTF-8 locales the line editor would show bytes.
    (( $#dot > 1 )) && text="${${text//·/-}//…/...}"
    zle -M -- "${text[1,COLUMNS * 3 - 1]}"
}

# REPLY: a text without control characters, cut to so many columns.
__gptos_fit() {
    emulate -L zsh
    local dot='·'
    REPLY="${1//[[:cntrl:]]/?}"
    (( $#dot > 1 )) && REPLY="${${${REPLY//·/-}//…/...}//●/*}"
    (( ${(m)#REPLY} > $2 )) || return 0
    REPLY="${REPLY[1,$2 - 1]}"
    while (( ${(m)#REPLY} > $2 - 1 )); do
        REPLY="${REPLY[1,-2]}"
    done
    (( $#dot > 1 )) || REPLY+='…'
    return 0
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
    local REPLY='' note="$1"
    local -a said
    integer room=$(( COLUMNS - 1 ))
    _GPTOS_SAID="$note"
    [[ $note == *'risk '(high|critical)* ]] && room=$(( COLUMNS * 3 - 1 ))
    if [[ $GPTOS_NOTE != 0 ]] || (( room > COLUMNS )); then
        __gptos_fit "● ${3:+$3 }$note${2:+ · $2}" $room
        said+=("$REPLY")
    fi
    if [[ -n ${4-} ]]; then
        __gptos_fit "gptos: $4" $(( COLUMNS * 2 - 1 ))
        said+=("$REPLY")
    fi
    __gptos_take_rows
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
    local row=''
    integer room=$(( LINES > 8 ? LINES - 6 : 3 ))
    REPLY=''
    (( $#_GPTOS_ROWS > room )) && _GPTOS_ROWS=("${(@)_GPTOS_ROWS[1,room - 1]}" '...')
    for row in "${_GPTOS_ROWS[@]}"; do
        row="${row//[[:cntrl:]]/?}"
        REPLY+="${row[1,COLUMNS - 1]}"$'\n'
    done
    _GPTOS_ROWS=()
}

# Says a text below such rows.
__gptos_say_rows() {
    emulate -L zsh
    local REPLY='' row=''
    __gptos_take_rows
    if [[ -z $REPLY ]]; then
        __gptos_say "$1"
    else
        _GPTOS_SAID="$1"
        row="gptos: ${1//[[:cntrl:]]/?}"
        zle -M -- "$REPLY${row[1,COLUMNS - 1]}"
    fi
}
