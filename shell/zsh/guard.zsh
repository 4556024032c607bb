# Part of the integration for zsh: Enter, and what it must not run.

# === too early: nobody can have read the line ===

# For a while after the line was changed Enter is swallowed: nobody has read the command yet. The guard is lifted by an event, not by a look
# at the clock when Enter arrives: the line editor serves the keyboard before any other fd, so a key pressed too early is also handled too
# early, however late a loaded machine comes to it.
#
# The process that counts the time is not started before no key waits: a key press waits for all that is done here. Where no key waits it is
# started at once: zsh polls what an fd handler adds to its list without asking for input (`events` is 0 in 5.9), so it notices the end of a
# pipe there, but never that /dev/null can be read.
__gptos_guard_arm() {
    emulate -L zsh
    setopt no_aliases
    local limit="$GPTOS_ENTER_GUARD_MS"
    integer fd=0
    [[ $limit == <-> ]] || limit=250
    # A key that is held down repeats after half a second or a little more, and such a command must not be what it runs.
    (( limit && limit < 700 )) && [[ $_GPTOS_NOTE == *'risk medium'* ]] && limit=700
    _GPTOS_HELD=''
    (( _GPTOS_GUARD_FD )) && __gptos_guard_lift
    (( limit )) || return 0
    if (( ${_GPTOS_HANDLING:-0} )) || ! exec {fd}</dev/null; then
        __gptos_guard_wait $limit
        return
    fi
    _GPTOS_GUARD_FD=$fd _GPTOS_GUARD_MS_NOW=$limit
    (( _GPTOS_GUARD_DUE = EPOCHREALTIME + limit / 1000.0 + 0.1 ))
    __gptos_await $fd __gptos_guard_begin
}

# Called as soon as the line editor waits for a key.
__gptos_guard_begin() {
    emulate -L zsh
    [[ $1 == "$_GPTOS_GUARD_FD" ]] || return 0
    integer left=$(( (_GPTOS_GUARD_DUE - 0.1 - EPOCHREALTIME) * 1000 ))
    (( left <= _GPTOS_GUARD_MS_NOW )) || left=$_GPTOS_GUARD_MS_NOW
    __gptos_guard_lift
    __gptos_guard_wait $(( left > 1 ? left : 1 ))
    return 0
}

__gptos_guard_wait() {
    emulate -L zsh
    local REPLY=''
    __gptos_clock $(( ($1 + 9) / 10 )) || return 1
    _GPTOS_GUARD_FD=$REPLY
    (( _GPTOS_GUARD_DUE = EPOCHREALTIME + $1 / 1000.0 + 0.1 ))
    __gptos_await -w $REPLY gptos-guard
}

__gptos_guard_lift() {
    emulate -L zsh
    (( _GPTOS_GUARD_FD )) || return 0
    zle -F $_GPTOS_GUARD_FD
    exec {_GPTOS_GUARD_FD}<&-
    _GPTOS_GUARD_FD=0
}

# Another plugin may close an fd whose number it had before, and that may be ours by now: Enter would be dead. So when the guard is overdue
# and nobody watches its fd, there is a new one.
__gptos_guard_watch() {
    emulate -L zsh
    setopt no_aliases
    (( EPOCHREALTIME < _GPTOS_GUARD_DUE && EPOCHREALTIME > _GPTOS_GUARD_DUE - 60 )) && return 0
    [[ $(zle -F -L) == *" $_GPTOS_GUARD_FD "(gptos-guard|__gptos_guard_begin)* ]] && return 0
    _GPTOS_GUARD_FD=0
    __gptos_guard_wait 20
    return 0
}

__gptos_guard() {
    emulate -L zsh
    [[ $1 == "$_GPTOS_GUARD_FD" ]] || return 0
    __gptos_guard_lift
    # A key that came in since the keyboard was looked at counts as pressed too early.
    if (( PENDING || KEYS_QUEUED_COUNT )); then
        __gptos_guard_wait 20
    elif (( EPOCHREALTIME >= _GPTOS_EARLY_ENTER && EPOCHREALTIME < _GPTOS_EARLY_ENTER + 0.25 )); then
        # An Enter key that is held down repeats; only after a pause is the next Enter a decision.
        __gptos_guard_wait 250
    fi
    return 0
}

# === judged: a dangerous line needs a second Enter ===

__gptos_remember() {
    emulate -L zsh
    _GPTOS_SEEN=("${(@)_GPTOS_SEEN:#${(b)1}}" "$1")
    (( $#_GPTOS_SEEN > 50 )) && shift _GPTOS_SEEN
    return 0
}

# Whether the line is one that is to be judged before it runs.
__gptos_guards() {
    emulate -L zsh
    local suggestion=''
    [[ $CONTEXT == (start|cont) && $GPTOS_GUARD != off && $PREBUFFER$BUFFER == *[^[:space:]]* ]] || return 1
    [[ $GPTOS_GUARD == all ]] && return 0
    (( _GPTOS_DESCENDS || _GPTOS_ACCEPTED )) && return 0
    # A suggestion that was cut out and put back behind other words.
    for suggestion in "${_GPTOS_RING[@]}"; do
        [[ $BUFFER == *"$suggestion"* ]] && return 0
    done
    return 1
}

# Whether the line still is, untouched, the one that waits for a second Enter.
__gptos_is_held() {
    emulate -L zsh
    [[ -n $_GPTOS_HELD && $PREBUFFER$BUFFER == "$_GPTOS_HELD" && $UNDO_CHANGE_NO == "$_GPTOS_HELD_CHANGE" ]]
}

# Whether the line may run now; if not, the user is told why. A continuation is judged together with the lines before it.
__gptos_may_run() {
    emulate -L zsh
    local -a reply
    if __gptos_is_held; then
        _GPTOS_HELD=''
        __gptos_remember "$BUFFER"
        return 0
    fi
    _GPTOS_HELD=''
    # What runs is what `!!` stands for, so that is what is judged and shown. Who wants to see it first has Enter show it.
    if [[ $_GPTOS_BANG_HIST == on && $CONTEXT == start && -n $histchars[1] && $BUFFER == *"$histchars[1]"* ]]; then
        local line="$BUFFER"
        zle .expand-history
        [[ ! -o hist_verify || $BUFFER == "$line" ]] || return 1
    fi
    __gptos_judge "$PREBUFFER$BUFFER"
    case $reply[1] in
        pass) ;;
        hold)
            __gptos_hold "$reply[3]"
            return 1
            ;;
        stop)
            __gptos_withhold "$reply[3]"
            zle -R
            return 1
            ;;
        *) _GPTOS_UNCHECKED="$reply[2]" ;;
    esac
    (( _GPTOS_DESCENDS )) && __gptos_remember "$BUFFER"
    return 0
}

# Asks the binary about a line: reply=(pass RISK ''), (hold RISK REASON), (stop KIND REASON) or (msg REASON). Waits no longer than GPTOS_GUARD_MS.
__gptos_judge() {
    emulate -L zsh
    setopt no_aliases
    local REPLY='' limit="$GPTOS_GUARD_MS" input='' chunk='' pid=''
    local -a fields
    local -F deadline=0 left=0
    integer fd=0 i=0 ended=0
    reply=(msg 'the line was not checked: no answer')
    [[ $limit == <-> ]] || limit=100
    if ! __gptos_binary; then
        reply=(msg "the line was not checked: ${GPTOS_BIN:-GPTOS_BIN} not found")
        return 0
    fi
    {
        (( deadline = EPOCHREALTIME + limit / 1000.0 ))
        exec {fd}< <(
            print -r -- "$sysparams[pid]"
            { print -rn -- "$1" | exec "$REPLY" guard zsh } 2>/dev/null
        ) || return 0
        while (( ! ended && $#input < 65536 )); do
            (( left = deadline - EPOCHREALTIME ))
            # A clock that was set back must not make the wait longer.
            (( left > limit / 1000.0 )) && left=0
            (( left > 0 )) && sysread -i $fd -t $left chunk || break
            input+="$chunk"
            [[ -z $pid && $input == *$'\n'* ]] && pid="${input%%$'\n'*}"
            fields=("${(@0)${input#*$'\n'}}")
            for (( i = 1; i + 3 <= $#fields; i += 3 )); do
                [[ $fields[i] == end ]] && ended=1
            done
        done
        if (( ended )) && [[ $fields[1] == (pass|hold|stop|msg) ]]; then
            reply=("${(@)fields[1,3]}")
        fi
    } always {
        (( fd )) && exec {fd}<&-
        if (( ! ended )) && [[ $pid == <2-> ]]; then
            kill -KILL -- -$pid 2>/dev/null || kill -KILL $pid 2>/dev/null
        fi
        __gptos_reap "$pid"
    }
    return 0
}

# Shows why the line does not run yet. The time until a second Enter counts begins when the reason is on the screen.
__gptos_hold() {
    emulate -L zsh
    local limit="$GPTOS_CONFIRM_MS" offer=' · Enter again runs it' reason="$1"
    # Of a line that is taller than the window nobody sees all, nor the reason. Prompt and reason take up to six rows.
    local whole=$PREBUFFER$BUFFER
    local -a parts=("${(@f)whole}")
    # What has no width may be drawn as a sign of its own.
    integer taken=$(( ${(m)#whole} > $#whole ? ${(m)#whole} : $#whole ))
    if (( taken + ($#parts - 1) * COLUMNS >= COLUMNS * (LINES > 7 ? LINES - 6 : 1) )); then
        _GPTOS_HELD=''
        __gptos_withhold 'the line is taller than the window, so it does not run'
        zle -R
        return 0
    fi
    [[ $limit == <700-> ]] || limit=700
    integer room=$(( COLUMNS * 3 - 8 - $#offer ))
    (( $#reason > room )) && reason="${reason[1,room - 1]}…"
    _GPTOS_HELD="$PREBUFFER$BUFFER" _GPTOS_HELD_CHANGE="$UNDO_CHANGE_NO" _GPTOS_HELD_REASON="$reason$offer" _GPTOS_EARLY_ENTER=0
    __gptos_withhold "$_GPTOS_HELD_REASON"
    zle -R
    __gptos_guard_lift
    # Without the clock no later Enter would be known from one typed ahead.
    __gptos_guard_wait $limit || _GPTOS_HELD=''
}
