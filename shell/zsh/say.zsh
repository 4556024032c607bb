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

# Says a text below the rows of a line that is read aloud, as many as the screen has room for.
__gptos_say_rows() {
    emulate -L zsh
    local text='' row=''
    integer room=$(( LINES > 8 ? LINES - 6 : 3 ))
    if (( ! $#_GPTOS_ROWS )); then
        __gptos_say "$1"
        return 0
    fi
    (( $#_GPTOS_ROWS > room )) && _GPTOS_ROWS=("${(@)_GPTOS_ROWS[1,room - 1]}" '...')
    for row in "${_GPTOS_ROWS[@]}"; do
        row="${row//[[:cntrl:]]/?}"
        text+="${row[1,COLUMNS - 1]}"$'\n'
    done
    _GPTOS_ROWS=() _GPTOS_SAID="$1"
    row="gptos: ${1//[[:cntrl:]]/?}"
    zle -M -- "$text${row[1,COLUMNS - 1]}"
}
