# Part of the integration for zsh: asking the resident over its socket, without a process. Whatever is odd there leaves the question to the
# binary, which tells a foreign socket from ours, starts a resident, and answers by itself. What it says on the way is thrown away where
# somebody asks: to do so for each step costs more than the steps.

# The build that this script belongs to and its program; `gptos init` says both. Another program is always asked itself.
: ${_GPTOS_BUILD=} ${_GPTOS_BUILD_BIN=}
# How long a key waits for the resident, in seconds.
: ${_GPTOS_SOCKET_LIMIT=0.02}
# Whether the modules are there (-1: not tried); until when the resident is left alone, for how many seconds it was the last time, and how
# often in a row it has not answered.
typeset -gi _GPTOS_SOCKET_READY=-1 _GPTOS_AWAY=0 _GPTOS_SILENCES=0
typeset -gF _GPTOS_AWAY_UNTIL=0
# Its socket, where nobody but this user can put another, and what it was found by; the names that the next question tells of.
typeset -g _GPTOS_SOCKET='' _GPTOS_SOCKET_BY='' _GPTOS_NAMES=''
# When it answered last.
typeset -gF _GPTOS_ANSWERED_AT=0
# What is asked while the user types: the fd (0 = none), what for, about which line, since when, and what has come.
typeset -gi _GPTOS_GLANCE_FD=${_GPTOS_GLANCE_FD:-0}
typeset -g _GPTOS_GLANCE_WISH='' _GPTOS_GLANCE_LINE='' _GPTOS_GLANCE_INPUT=''
typeset -gF _GPTOS_GLANCE_AT=0
typeset -gi _GPTOS_GLANCE_WAITS=0

# Whether the resident may be asked: REPLY is its socket. The places are those of the program, in its order, and as there only what belongs to
# this user and is closed to others counts.
__gptos_socket_find() {
    emulate -L zsh
    setopt extended_glob
    local base='' folder=''
    local -a seen bases
    [[ -n $_GPTOS_BUILD && -n $_GPTOS_BUILD_BIN && $GPTOS_BIN == "$_GPTOS_BUILD_BIN" ]] || return 1
    (( _GPTOS_SOCKET_READY && _GPTOS_SILENCES < 2 && EPOCHREALTIME >= _GPTOS_AWAY_UNTIL )) || return 1
    if (( _GPTOS_SOCKET_READY < 0 )); then
        _GPTOS_SOCKET_READY=0
        zmodload zsh/net/socket && zmodload -F zsh/stat b:zstat || return 1
        _GPTOS_SOCKET_READY=1
    fi
    local by="${(t)XDG_RUNTIME_DIR} $XDG_RUNTIME_DIR"
    if [[ $_GPTOS_SOCKET_BY == "$by" ]]; then
        REPLY="$_GPTOS_SOCKET"
        return 0
    fi
    [[ ${(t)XDG_RUNTIME_DIR} == *export* && $XDG_RUNTIME_DIR == /* ]] && bases=("$XDG_RUNTIME_DIR")
    bases+=("/run/user/$EUID" /tmp)
    for base in "${(@u)bases}"; do
        folder="$base/gptos"
        [[ $base == /tmp ]] && folder="/tmp/gptos-$EUID"
        # The program goes on where others could put a folder of theirs in the place of ours.
        zstat -A seen -- "$base" || continue
        (( seen[5] == 0 || seen[5] == EUID )) && (( !(seen[3] & 8#22) || seen[3] & 8#1000 )) || continue
        if ! zstat -L -A seen -- "$folder"; then
            # It would make this one, so there is no resident yet.
            [[ -w $base ]] && return 1
            continue
        fi
        (( (seen[3] & 8#170077) == 8#40000 && seen[5] == EUID )) || continue
        REPLY="$folder/v1.sock"
        zstat -L -A seen -- "$REPLY" || return 1
        (( $#REPLY < 96 && (seen[3] & 8#170077) == 8#140000 && seen[5] == EUID )) || return 1
        # What is cleared out of a folder for all is anybody's to make again.
        zstat -A seen -- "$base" && (( seen[5] == EUID && !(seen[3] & 8#22) )) || return 0
        zstat -A seen -- "${base:h}" && (( (seen[5] == 0 || seen[5] == EUID) && !(seen[3] & 8#22) )) || return 0
        _GPTOS_SOCKET="$REPLY" _GPTOS_SOCKET_BY="$by"
        return 0
    done
    return 1
}

# Whether a connection would be taken at once. Linux lets one wait for room in the queue of a resident that hangs, and nothing in zsh can end
# that wait; other systems refuse it. The kernel lists what nobody has taken yet.
__gptos_socket_is_free() {
    emulate -L zsh
    setopt extended_glob
    local table='' name="${1:t:r}"
    [[ $OSTYPE == linux* ]] || return 0
    table="$(</proc/net/unix)"
    # It is listed under the name that it was bound to, before it was put in its place.
    local -a waiting=(${(M)${(f)table}:#* 0001 02 [[:space:]]#<-> ${(b)1:h}/${(b)name}.(new|sock)})
    [[ -n $table ]] && (( $#waiting < 8 ))
}

# REPLY: what the resident is sent: WISH WORDS NAMES. Of the environment only what the program would read for it as well.
__gptos_socket_request() {
    emulate -L zsh
    setopt no_multibyte
    local body='' field='' nul=$'\0' here="$PWD" link=$'\r\n'
    local -a seen
    # A shell may have come to its directory through a link, and only the system knows where it really is.
    zstat -L -A seen /proc/self/cwd && [[ $seen[14] == /* ]] && here="$seen[14]"
    # What the environment says of the configuration is the program's to read; `gptos init` wrote the types of the variables that do. Such a
    # word is quicker than a loop.
    [[ ${(e)_GPTOS_CONFIGURING} == *export* ]] && return 1
    body="wish=$1${nul}shell=zsh${nul}version=$ZSH_VERSION${nul}build=$_GPTOS_BUILD${nul}holes=1${nul}PWD=$here$nul"
    # What is exported goes along.
    body+="${${(M)${(t)HOME}:#*export*}:+HOME=$HOME$nul}${${(M)${(t)PATH}:#*export*}:+PATH=$PATH$nul}"
    body+="${${(M)${(t)LANG}:#*export*}:+LANG=$LANG$nul}${${(M)${(t)LC_ALL}:#*export*}:+LC_ALL=$LC_ALL$nul}"
    body+="${${(M)${(t)LC_MESSAGES}:#*export*}:+LC_MESSAGES=$LC_MESSAGES$nul}"
    body+="${${(M)${(t)XDG_CONFIG_HOME}:#*export*}:+XDG_CONFIG_HOME=$XDG_CONFIG_HOME$nul}"
    body+="${${(M)${(t)XDG_STATE_HOME}:#*export*}:+XDG_STATE_HOME=$XDG_STATE_HOME$nul}"
    body+="${${(M)${(t)GPTOS_CONFIG}:#*export*}:+GPTOS_CONFIG=$GPTOS_CONFIG$nul}"
    body+="$nul$2$nul$3$nul${${_GPTOS_COMMENTS:#off}:+interactivecomments}$nul"
    # A glance is at the line as it is.
    [[ $1 == answer ]] && for field in "${_GPTOS_FIELDS[@]}"; do
        body+="$field$nul"
    done
    # A program would find it in its environment.
    [[ $1 == answer && ${(t)TRACEPARENT} == *export* ]] && (( $#TRACEPARENT < 128 )) && body+="traceparent=$TRACEPARENT$nul"
    # It has to fit into what the system takes at once: a resident that reads nothing must not hold the line.
    (( $#body < 65536 )) || return 1
    REPLY="POST /v1/line HTTP/1.1${link}host: gptos${link}connection: close${link}content-length: $#body${link}${link}$body"
}

# Sends the resident a request: REPLY is the fd of the answer.
__gptos_socket_send() {
    emulate -L zsh
    integer fd=0
    # A resident that has just answered does not hang.
    if (( EPOCHREALTIME < _GPTOS_ANSWERED_AT || EPOCHREALTIME >= _GPTOS_ANSWERED_AT + 10 )) && ! __gptos_socket_is_free "$1"; then
        __gptos_socket_away
        return 1
    fi
    zsocket "$1" || return 1
    fd=$REPLY
    if ! syswrite -o $fd -- "$2"; then
        exec {fd}>&-
        return 1
    fi
    REPLY=$fd
}

# Takes an HTTP answer apart: REPLY holds its records. 1: not whole yet, 2: it is no answer.
__gptos_socket_read() {
    emulate -L zsh
    setopt no_multibyte extended_glob
    local head='' size=''
    (( $#1 <= 262144 )) || return 2
    # To cut a beginning off as a pattern, zsh tries each length of it.
    head="${1%%$'\r\n\r\n'*}"
    (( $#head < $#1 )) || return $(( $#1 > 8192 ? 2 : 1 ))
    REPLY="${1[$#head + 5,-1]}"
    head="${(L)head}"$'\r\n'
    [[ $head == 'http/1.1 200 '* && $head == *$'\r\ncontent-length: '[0-9]##$'\r\n'* ]] || return 2
    size="${${head##*$'\r\ncontent-length: '}%%$'\r\n'*}"
    [[ $size == <0-262144> ]] || return 2
    (( $#REPLY >= size )) || return 1
    (( $#REPLY == size )) && [[ ${REPLY[-10,-1]} == (*$'\0'|)end$'\0'[0-9]#$'\0\0' ]] || return 2
    return 0
}

# The resident did not answer as it should: for some seconds it is left alone. A connection has no limit of time, and a resident that hangs
# has a queue that fills; so after the second time the program must have got an answer first.
__gptos_socket_away() {
    (( ++_GPTOS_SILENCES ))
    (( _GPTOS_AWAY = _GPTOS_AWAY ? _GPTOS_AWAY * 2 : 2 ))
    (( _GPTOS_AWAY > 60 )) && _GPTOS_AWAY=60
    (( _GPTOS_AWAY_UNTIL = EPOCHREALTIME + _GPTOS_AWAY ))
}

# The program has answered, so the resident may be there again.
__gptos_socket_back() {
    (( _GPTOS_SILENCES < 2 )) || _GPTOS_SILENCES=1
}

# Whether the question that is under way should have been answered by now.
__gptos_glance_is_late() {
    (( _GPTOS_GLANCE_FD && (EPOCHREALTIME >= _GPTOS_GLANCE_AT + 10 * _GPTOS_SOCKET_LIMIT || EPOCHREALTIME < _GPTOS_GLANCE_AT) ))
}

# Asks the resident for WORDS and waits a moment for it: REPLY holds the records of an answer. False leaves it to the binary. Where it was asked,
# the caller's `_GPTOS_EXPECTED` is 1, and the guard of Enter is up if there is one.
__gptos_socket_ask() {
    emulate -L zsh
    local socket='' answer='' chunk=''
    local -F deadline=0 left=0
    integer fd=0 failed=0 outcome=1
    if (( _GPTOS_GLANCE_FD )) && __gptos_glance_is_late; then
        __gptos_glance_end
        __gptos_socket_away
        return 1
    fi
    __gptos_socket_find || return 1
    socket="$REPLY"
    # To look for them takes longer the more there are, so what it tells is of the question before.
    [[ -n $_GPTOS_NAMES ]] || { __gptos_names; _GPTOS_NAMES="$REPLY" }
    __gptos_socket_request answer "$1" "$_GPTOS_NAMES" || return 1
    __gptos_socket_send "$socket" "$REPLY" || return 1
    fd=$REPLY
    # What is left to do before its answer is read is done while it looks for it.
    __gptos_expect "$1" 0
    _GPTOS_NOTE=''
    __gptos_guard_arm
    __gptos_names
    _GPTOS_NAMES="$REPLY" _GPTOS_EXPECTED=1
    (( deadline = EPOCHREALTIME + _GPTOS_SOCKET_LIMIT ))
    while (( outcome == 1 )); do
        (( left = deadline - EPOCHREALTIME ))
        # A clock that was set back must not make the wait longer.
        (( left > 0 && left <= _GPTOS_SOCKET_LIMIT )) || break
        sysread -i $fd -t $left chunk || break
        answer+="$chunk"
        __gptos_socket_read "$answer"
        outcome=$?
    done
    exec {fd}>&-
    if (( outcome )); then
        __gptos_socket_away
        return 1
    fi
    _GPTOS_AWAY=0 _GPTOS_SILENCES=0 _GPTOS_ANSWERED_AT=$EPOCHREALTIME
    [[ $REPLY != ask$'\0'* ]]
}

# Whether the last key took text out of the line to keep it, or put it back, or lists what may stand there. A widget of ours after it would end
# the row of such keys, and a note would take the place of the list. The answer to an earlier question is no longer wanted either.
__gptos_glance_must_wait() {
    emulate -L zsh
    _GPTOS_GLANCE_WAITS=0
    [[ $LASTWIDGET == *(kill|yank|complete|menu|expand|list-choices)* && $LASTWIDGET != *gptos* ]] && _GPTOS_GLANCE_WAITS=1
    (( _GPTOS_GLANCE_WAITS ))
}

# Called by the line editor, as no widget.
__gptos_glance_ready() {
    [[ $1 == "$_GPTOS_GLANCE_FD" ]] || return 0
    if (( _GPTOS_GLANCE_WAITS )); then
        __gptos_glance_end
        _GPTOS_GHOST_ASKED='' _GPTOS_LIVE_ASKED=''
    else
        zle _gptos-glance $1
    fi
    return 0
}

# Asks about the line while the user types: WISH WORDS. There is one such question at a time; the end of one looks at the line again.
__gptos_glance_at() {
    emulate -L zsh
    local REPLY='' socket=''
    if (( _GPTOS_GLANCE_FD )); then
        __gptos_glance_is_late || return 0
        __gptos_glance_end
        __gptos_socket_away
        return 1
    fi
    __gptos_socket_find || return 1
    socket="$REPLY"
    __gptos_socket_request $1 "$2" '' || return 1
    __gptos_socket_send "$socket" "$REPLY" || return 1
    _GPTOS_GLANCE_FD=$REPLY _GPTOS_GLANCE_WISH=$1 _GPTOS_GLANCE_LINE="$BUFFER" _GPTOS_GLANCE_INPUT='' _GPTOS_GLANCE_AT=$EPOCHREALTIME
    __gptos_await $_GPTOS_GLANCE_FD __gptos_glance_ready
}

__gptos_glance_end() {
    emulate -L zsh
    (( _GPTOS_GLANCE_FD )) || return 0
    zle -F $_GPTOS_GLANCE_FD
    exec {_GPTOS_GLANCE_FD}>&-
    _GPTOS_GLANCE_FD=0 _GPTOS_GLANCE_INPUT=''
}

# Something of the answer has come, or its end.
__gptos_glance() {
    emulate -L zsh
    [[ $1 == "$_GPTOS_GLANCE_FD" ]] || return 0
    local REPLY='' chunk='' line="$_GPTOS_GLANCE_LINE" wish="$_GPTOS_GLANCE_WISH"
    integer failed=0 rounds=0 outcome=1
    while (( rounds++ < 40 )); do
        sysread -i $1 -t 0 chunk 2>/dev/null
        failed=$?
        (( failed )) && break
        _GPTOS_GLANCE_INPUT+="$chunk"
    done
    __gptos_socket_read "$_GPTOS_GLANCE_INPUT"
    outcome=$?
    # Status 4 only means that there is no more now.
    (( outcome == 1 && (failed == 4 || ! failed) )) && return 0
    __gptos_glance_end
    if (( outcome )); then
        __gptos_socket_away
        return 0
    fi
    _GPTOS_AWAY=0 _GPTOS_SILENCES=0 _GPTOS_ANSWERED_AT=$EPOCHREALTIME
    if [[ $BUFFER != "$line" ]]; then
        # It was changed meanwhile, so it is asked for as it is now.
        REPLY=''
    elif [[ $wish == ghost ]]; then
        __gptos_ghost_answer "$REPLY"
    else
        __gptos_live_answer "$REPLY"
    fi
    __gptos_watch_ghost
    __gptos_watch_live
    zle -R
    return 0
}

zle -N _gptos-glance __gptos_glance
