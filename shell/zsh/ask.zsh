# Part of the integration for zsh: a line becomes a question, and Ctrl-C ends it.

# Takes a line apart: reply=(FRESH WORDS). Of the blanks before a line one is kept in front of the words: such a line is private.
__gptos_parse() {
    emulate -L zsh
    setopt extended_glob
    local words="${1##[[:space:]]##}" private=''
    integer fresh=0
    [[ $1 == [[:space:]]* ]] && private=' '
    if [[ $words == '???'([[:space:]]*|) ]]; then
        fresh=1
        words="${words#'???'}"
    elif [[ $words == '??'([[:space:]]*|) ]]; then
        words="${words#'??'}"
    fi
    words="${words##[[:space:]]##}"
    words="${words%%[[:space:]]##}"
    reply=($fresh "${words:+$private$words}")
}

# REPLY: the names of functions and aliases that a command may begin with.
__gptos_names() {
    emulate -L zsh
    # The table gives the names that match without their texts; a shell with all completions has a thousand others.
    local -a names=(${(k)functions[(I)[^_-]*]} ${(k)aliases[(I)[^_-]*]})
    names=(${names:#*[^A-Za-z0-9_.+:-]*})
    REPLY="${(j: :)names}"
    if (( $#REPLY > 16384 )); then
        REPLY="${REPLY[1,16384]}"
        REPLY="${REPLY% *}"
    fi
}

# Writes what the binary is asked: the words, and behind NULs what it cannot see from outside: the names of functions and aliases, and
# the options that change how a line is read; and then the fields of the request.
__gptos_question() {
    emulate -L zsh
    local REPLY=''
    __gptos_names
    print -rn -- "$1"$'\0'"$REPLY"$'\0'"${${_GPTOS_COMMENTS:#off}:+interactivecomments}"
    shift
    (( ! $# )) || print -rn -- $'\0'"${(pj:\0:)@}"
}

# Asks for what a line is to become: WORDS FRESH EXTENDS [STATUS [LIST]]; with a status, WORDS is the line that failed with it. The resident may
# answer at once. What else is told is in _GPTOS_FIELDS, and who asks for more tells the same again.
__gptos_ask() {
    emulate -L zsh
    local REPLY=''
    integer ended=0 progressed=0 _GPTOS_EXPECTED=0
    _GPTOS_LISTS=${5:-0}
    (( $3 )) && _GPTOS_FIELDS=("${_GPTOS_ASKED_FIELDS[@]}")
    [[ -n ${4-} ]] && _GPTOS_FIELDS=()
    if [[ $2$3$_GPTOS_LISTS${4-} == 000 ]] && __gptos_socket_ask "$1" 2>/dev/null; then
        _GPTOS_INPUT="$REPLY"
        __gptos_records
        __gptos_arrive
        (( _GPTOS_DESCENDS )) || __gptos_guard_lift
        return 0
    fi
    (( _GPTOS_EXPECTED )) && __gptos_guard_lift
    __gptos_ask_binary "$@"
}

# Asks the binary the same. The answer comes to the widget gptos-data; until then the line stays live.
__gptos_ask_binary() {
    emulate -L zsh
    setopt no_aliases
    local pid='' REPLY=''
    local -a arguments=(widget zsh --shell-version "$ZSH_VERSION" --holes)
    integer fd=0
    (( $2 )) && arguments=(widget zsh --fresh --shell-version "$ZSH_VERSION" --holes)
    [[ -n ${4-} ]] && arguments=(widget zsh --fix $4 --shell-version "$ZSH_VERSION" --holes)
    (( _GPTOS_LISTS )) && arguments+=(--list)
    if ! __gptos_binary; then
        __gptos_say "${GPTOS_BIN:-GPTOS_BIN} not found"
        return 1
    fi

    # The last part of a pipeline takes over the process that printed its number, so that number is the binary's. The words go
    # through the pipe: arguments can be seen by everybody on the machine, and a here-string would write them to a file.
    exec {fd}< <(
        print -r -- "$sysparams[pid]"
        { __gptos_question "$1" "${_GPTOS_FIELDS[@]}" | exec "$REPLY" "${arguments[@]}" } 2>/dev/null
    )
    (( fd )) && IFS= read -r -u $fd pid
    if [[ $pid != <1-> ]]; then
        (( fd )) && exec {fd}<&-
        __gptos_say 'no answer (cannot start a process)'
        return 1
    fi

    (( _GPTOS_EXPECTED )) || __gptos_expect "$1" $3
    _GPTOS_FD=$fd _GPTOS_PID=$pid _GPTOS_PLAIN=0
    __gptos_await -w $fd gptos-data
    __gptos_trap_interrupt
}

# Nothing has come yet of the answer to WORDS; EXTENDS says whether it adds to the ring.
__gptos_expect() {
    emulate -L zsh
    local typed="$BUFFER"
    local -a changed before=("${_GPTOS_TYPED_BEFORE[@]}")
    # Words behind a suggestion say what it is to become, and those that it came of were typed as well.
    if [[ -n $_GPTOS_OFFERED ]] && __gptos_is_behind "$BUFFER"; then
        typed="?? $1"
        [[ $1 == [[:space:]]* ]] && typed=" ??$1"
        [[ $_GPTOS_TYPED == "$typed" ]] || before+=($_GPTOS_TYPED)
        changed=("$_GPTOS_BEHIND" "$_GPTOS_OFFERED_WORDS")
    elif (( ! $2 )); then
        before=()
    fi
    if (( ! $2 )); then
        __gptos_forget
        _GPTOS_CHANGED=("${changed[@]}")
    fi
    _GPTOS_PLAIN=0 _GPTOS_CANCELLED=0 _GPTOS_EXTENDS=$2
    _GPTOS_INPUT='' _GPTOS_ASKED="$BUFFER" _GPTOS_QUERY="$1" _GPTOS_TYPED_ASKED="${_GPTOS_TYPED:-$typed}"
    _GPTOS_ASKED_FIELDS=("${_GPTOS_FIELDS[@]}") _GPTOS_TYPED_BEFORE=("${before[@]}")
    _GPTOS_NEW=() _GPTOS_NEW_NOTES=() _GPTOS_NEW_READINGS=() _GPTOS_NEW_MORE='' _GPTOS_NEW_OTHERS=0 _GPTOS_NEW_HOLES='' _GPTOS_NEW_READING='' _GPTOS_NEW_TOOK=''
    _GPTOS_REMARK='' _GPTOS_REFUSED=0 _GPTOS_ROWS=()
    _GPTOS_ELAPSED='' _GPTOS_WAITING_FOR='' _GPTOS_MEANWHILE='' _GPTOS_MEANWHILE_NOTE='' _GPTOS_TAKEN=0
}

# Forgets the suggestions for this line.
__gptos_forget() {
    _GPTOS_RING=() _GPTOS_NOTES=() _GPTOS_READINGS=() _GPTOS_TOOKS=() _GPTOS_REMARKS=() _GPTOS_AT=0 _GPTOS_DESCENDS=0
    _GPTOS_OFFERED='' _GPTOS_OFFERED_WORDS='' _GPTOS_LIST_WAITS=0 _GPTOS_TYPED_BEFORE=() _GPTOS_NOTED=''
    _GPTOS_WITHHELD='' _GPTOS_WHY=''
    _GPTOS_ORIGINAL='' _GPTOS_SHOWN='' _GPTOS_MORE='' _GPTOS_OTHERS=0 _GPTOS_QUERY='' _GPTOS_TYPED=''
    _GPTOS_HOLES=() _GPTOS_GLUE=() _GPTOS_N_HOLES=0 _GPTOS_SEARCHES=0
}

# Ends the request under way; with a signal name its processes too. Never to be called from a trap.
__gptos_release() {
    emulate -L zsh
    (( _GPTOS_FD )) || return 0
    [[ -n ${1-} ]] && __gptos_kill $1
    zle -F $_GPTOS_FD
    exec {_GPTOS_FD}<&-
    __gptos_reap $_GPTOS_PID
    _GPTOS_FD=0 _GPTOS_PID=0 _GPTOS_INPUT=''
    __gptos_untrap_interrupt
}

# With job control the request has a process group of its own, without it only a number.
__gptos_kill() {
    emulate -L zsh
    (( _GPTOS_PID > 1 )) || return 0
    kill -$1 -- -$_GPTOS_PID 2>/dev/null || kill -$1 $_GPTOS_PID 2>/dev/null
    return 0
}

# The user's own TRAPINT function is put aside while a request is under way. (One set by `trap '…' INT` cannot be read back and is lost.)
__gptos_trap_interrupt() {
    emulate -L zsh
    setopt no_local_traps
    _GPTOS_USER_TRAP="${functions[TRAPINT]-}"
    functions[TRAPINT]='__gptos_interrupt; return 0'
}

__gptos_untrap_interrupt() {
    emulate -L zsh
    setopt no_local_traps
    unfunction TRAPINT 2>/dev/null
    [[ -n $_GPTOS_USER_TRAP ]] && functions[TRAPINT]="$_GPTOS_USER_TRAP"
    _GPTOS_USER_TRAP=''
}

# Only a flag and a signal: the end of the binary's output then reaches gptos-data, which cleans up. Closing a watched fd in a trap
# would leave zsh 5.9 polling a dead fd at full speed.
__gptos_interrupt() {
    emulate -L zsh
    if (( _GPTOS_CANCELLED )); then
        __gptos_kill KILL
    else
        _GPTOS_CANCELLED=1
        __gptos_kill TERM
    fi
}
