# GPT-OS for zsh: a key turns the words on the line into a command, which you read before you run it.
#
# Assumes zsh 5.3 or later with the modules zsh/system, zsh/zselect and zsh/datetime; any options, aliases and plugins, loaded before or
# after. Defines the widget gptos-translate (bound to GPTOS_KEY), wraps accept-line and its kin for lines that begin with `??` and for lines
# that are judged before they run, and adds hooks named __gptos_*. Options are GPTOS_*, private globals _GPTOS_*. Nothing here runs what
# the binary answers: accept-line is only called for a line the user submitted.

# Quoted words cannot be aliases. From `no_aliases` on, neither aliases nor the user's options change how the rest is read.
'builtin' 'typeset' '-g' "_GPTOS_USER_OPTIONS=${(j: :)${(@kv)options[@]}}"
'builtin' 'emulate' 'zsh'
'builtin' 'setopt' 'no_aliases'

{

if [[ ! -o interactive || ! -o zle || ${TERM:-dumb} == dumb ]]; then
    :
elif ! zmodload zsh/system zsh/zselect zsh/parameter zsh/datetime 2>/dev/null; then
    print -ru2 -- 'gptos: zsh: one of the modules zsh/system, zsh/zselect, zsh/parameter, zsh/datetime is missing'
else

: ${GPTOS_BIN=gptos}
: ${GPTOS_KEY=ctrl-g}
# The terminal of that editor keeps Ctrl-G for itself.
if [[ ${TERM_PROGRAM-} == vscode ]]; then
    : ${GPTOS_KEY2='ctrl-]'}
else
    : ${GPTOS_KEY2=}
fi
: ${GPTOS_ENTER_GUARD_MS=250}
: ${GPTOS_PROGRESS_MS=120}
: ${GPTOS_GUARD=suggested}
: ${GPTOS_GUARD_MS=100}
: ${GPTOS_CONFIRM_MS=700}
: ${GPTOS_PREFETCH=0}

# --- state -----------------------------------------------------------------------------------------------------------

# The request under way: its fd (0 = none), its process, what it has written, the buffer it was asked for, whether it extends the ring.
typeset -gi _GPTOS_FD=${_GPTOS_FD:-0} _GPTOS_PID=${_GPTOS_PID:-0} _GPTOS_CANCELLED=0 _GPTOS_EXTENDS=0
typeset -g _GPTOS_INPUT='' _GPTOS_ASKED='' _GPTOS_USER_TRAP=${_GPTOS_USER_TRAP-}
# What its answer held so far.
typeset -ga _GPTOS_NEW=() _GPTOS_NEW_NOTES=()
typeset -g _GPTOS_NEW_MORE='' _GPTOS_NEW_HOLES='' _GPTOS_REMARK='' _GPTOS_REFUSED=0
# The rows of a line that is read aloud, until they are shown.
typeset -ga _GPTOS_ROWS=()
# What it waits for and since when, the candidate that may be taken until the answer is here, and whether it was taken.
typeset -g _GPTOS_ELAPSED='' _GPTOS_WAITING_FOR='' _GPTOS_MEANWHILE='' _GPTOS_MEANWHILE_NOTE=''
typeset -gi _GPTOS_TAKEN=0
# What was said last, and the last sign of progress.
typeset -g _GPTOS_SAID='' _GPTOS_PROGRESS='' _GPTOS_KEY_NAME='the key'
# The suggestions for this line: the ring, where in it the line is (0 = the original words), and who could be asked for more.
typeset -ga _GPTOS_RING=() _GPTOS_NOTES=()
typeset -g _GPTOS_AT=0 _GPTOS_ORIGINAL='' _GPTOS_SHOWN='' _GPTOS_NOTE='' _GPTOS_MORE='' _GPTOS_QUERY=''
# The line as typed, for the history; set from the first suggestion shown until the line is done.
typeset -g _GPTOS_TYPED='' _GPTOS_TYPED_ASKED=''
# Whether the buffer descends from a suggestion, and what was run of it.
typeset -g _GPTOS_DESCENDS=0 _GPTOS_ACCEPTED=0 _GPTOS_RUNNING='' _GPTOS_BLANK=''
# While this fd is open, Enter is swallowed.
typeset -gi _GPTOS_GUARD_FD=${_GPTOS_GUARD_FD:-0}
# The line that waits for a second Enter: its text, its place in the undo history, what was said of it, and when Enter came too early.
typeset -g _GPTOS_HELD='' _GPTOS_HELD_CHANGE='' _GPTOS_HELD_REASON=''
typeset -gF _GPTOS_EARLY_ENTER=0
# When a connection was last asked for.
typeset -gF _GPTOS_WARMED=0
# The line as it was drawn last and since when it is so; the fd that ends the wait for a pause (0 = none) and when that wait is over; the
# words that were asked ahead last.
typeset -g _GPTOS_DRAWN='' _GPTOS_AHEAD=''
typeset -gF _GPTOS_DRAWN_AT=0 _GPTOS_PAUSE_ENDS=0
typeset -gi _GPTOS_PAUSE_FD=${_GPTOS_PAUSE_FD:-0}
# The line that runs, and the last one that failed, with its status.
typeset -g _GPTOS_LINE='' _GPTOS_FAILED=${_GPTOS_FAILED-}
typeset -gi _GPTOS_FAILED_STATUS=${_GPTOS_FAILED_STATUS:-0}
# What is to be said when the line runs although it was not judged.
typeset -g _GPTOS_UNCHECKED=''
# Suggestions of this shell, and lines made of them, which may come back as a line of their own.
typeset -ga _GPTOS_SEEN=(${_GPTOS_SEEN[@]})
# The holes of suggestions of this shell, by the text of these; those of this line in their order, what stood in front of each in its word,
# and the line as it was drawn last.
typeset -gA _GPTOS_HOLED
typeset -ga _GPTOS_HOLES=() _GPTOS_GLUE=()
typeset -g _GPTOS_DRAFT=''
typeset -gi _GPTOS_N_HOLES=0 _GPTOS_HOLES_LIT=0
# Options of the user that count while our own hold.
typeset -g _GPTOS_BANG_HIST=off _GPTOS_COMMENTS=off
# Whether the keys that accept a line end a history search first.
typeset -g _GPTOS_SEARCHES_BOUND=0
# What Enter and its kin did before.
typeset -gA _GPTOS_FORMER

# --- messages --------------------------------------------------------------------------------------------------------

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

# --- asking ----------------------------------------------------------------------------------------------------------

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

# Writes what the binary is asked: the words, and behind NULs what it cannot see from outside: the names of functions and aliases, and
# the options that change how a line is read.
__gptos_question() {
    emulate -L zsh
    local -aU names=(${(ok)functions} ${(ok)aliases})
    local text=''
    names=(${${names:#[_-]*}:#*[^A-Za-z0-9_.+:-]*})
    text="${(j: :)names}"
    if (( $#text > 16384 )); then
        text="${text[1,16384]}"
        text="${text% *}"
    fi
    print -rn -- "$1"$'\0'"$text"$'\0'"${${_GPTOS_COMMENTS:#off}:+interactivecomments}"
}

# Asks the binary: WORDS FRESH EXTENDS [STATUS]; with a status, WORDS is the line that failed with it. The answer comes to the widget
# gptos-data; until then the line stays live.
__gptos_ask() {
    emulate -L zsh
    local bin="$GPTOS_BIN" pid=''
    local -a arguments=(widget zsh --shell-version "$ZSH_VERSION" --holes)
    integer fd=0
    (( $2 )) && arguments=(widget zsh --fresh --shell-version "$ZSH_VERSION" --holes)
    [[ -n ${4-} ]] && arguments=(widget zsh --fix $4 --shell-version "$ZSH_VERSION" --holes)
    [[ $bin == */* ]] || bin="${commands[$bin]-}"
    if [[ ! -f $bin || ! -x $bin ]]; then
        __gptos_say "${GPTOS_BIN:-GPTOS_BIN} not found"
        return 1
    fi

    # The last part of a pipeline takes over the process that printed its number, so that number is the binary's. The words go
    # through the pipe: arguments can be seen by everybody on the machine, and a here-string would write them to a file.
    exec {fd}< <(
        print -r -- "$sysparams[pid]"
        { __gptos_question "$1" | exec "$bin" "${arguments[@]}" } 2>/dev/null
    )
    (( fd )) && IFS= read -r -u $fd pid
    if [[ $pid != <1-> ]]; then
        (( fd )) && exec {fd}<&-
        __gptos_say 'no answer (cannot start a process)'
        return 1
    fi

    (( $3 )) || __gptos_forget
    _GPTOS_FD=$fd _GPTOS_PID=$pid _GPTOS_CANCELLED=0 _GPTOS_EXTENDS=$3
    _GPTOS_INPUT='' _GPTOS_ASKED="$BUFFER" _GPTOS_QUERY="$1" _GPTOS_TYPED_ASKED="${_GPTOS_TYPED:-$BUFFER}"
    _GPTOS_NEW=() _GPTOS_NEW_NOTES=() _GPTOS_NEW_MORE='' _GPTOS_NEW_HOLES='' _GPTOS_REMARK='' _GPTOS_REFUSED=0 _GPTOS_ROWS=()
    _GPTOS_ELAPSED='' _GPTOS_WAITING_FOR='' _GPTOS_MEANWHILE='' _GPTOS_MEANWHILE_NOTE='' _GPTOS_TAKEN=0
    zle -F -w $fd gptos-data
    __gptos_trap_interrupt
}

# Forgets the suggestions for this line.
__gptos_forget() {
    _GPTOS_RING=() _GPTOS_NOTES=() _GPTOS_AT=0 _GPTOS_DESCENDS=0
    _GPTOS_ORIGINAL='' _GPTOS_SHOWN='' _GPTOS_MORE='' _GPTOS_QUERY='' _GPTOS_TYPED=''
    __gptos_drop_holes
}

# Ends the request under way; with a signal name its processes too. Never to be called from a trap.
__gptos_release() {
    emulate -L zsh
    (( _GPTOS_FD )) || return 0
    [[ -n ${1-} ]] && __gptos_kill $1
    zle -F $_GPTOS_FD
    exec {_GPTOS_FD}<&-
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

# --- Ctrl-C ----------------------------------------------------------------------------------------------------------

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

# --- the answer ------------------------------------------------------------------------------------------------------

# Called by the line editor when the binary has written something or has ended.
__gptos_data() {
    emulate -L zsh
    # A handler removed by another handler in the same round of polling is still called once.
    [[ $1 == "$_GPTOS_FD" ]] || return 0
    local chunk='' outcome=cancelled
    integer i=0 ended=0 rounds=0 failed=0 progressed=0
    while (( rounds++ < 40 )); do
        sysread -i $1 -t 0 chunk
        failed=$?
        (( failed )) && break
        _GPTOS_INPUT+="$chunk"
    done

    local -a fields=("${(@0)_GPTOS_INPUT}")
    # The last field is what follows the last NUL: not complete yet.
    for (( i = 1; i + 3 <= $#fields; i += 3 )); do
        case $fields[i] in
            tick) _GPTOS_ELAPSED="$fields[i+1]" _GPTOS_WAITING_FOR="$fields[i+2]" progressed=1 ;;
            meanwhile) __gptos_meanwhile "$fields[i+1]" "$fields[i+2]" && progressed=1 ;;
            holes) _GPTOS_NEW_HOLES="$fields[i+1]" ;;
            cmd)
                __gptos_candidate "$fields[i+1]" "$fields[i+2]" "$_GPTOS_NEW_HOLES"
                _GPTOS_NEW_HOLES=''
                ;;
            row) _GPTOS_ROWS+=("$fields[i+1]") ;;
            more) _GPTOS_NEW_MORE="$fields[i+1]" ;;
            msg) _GPTOS_REMARK="$fields[i+1]" ;;
            end) ended=1; break ;;
        esac
    done
    _GPTOS_INPUT="${(pj:\0:)fields[i,-1]}"

    if (( ended )); then
        __gptos_release
        __gptos_arrive
        zle -R
    elif (( failed && failed != 4 )) || (( $#_GPTOS_INPUT > 262144 )); then
        # Status 4 only means that there is no more now.
        __gptos_release TERM
        # A line that is held would wait for its second Enter without its reason on the screen.
        _GPTOS_HELD=''
        (( _GPTOS_CANCELLED )) || outcome='no answer (helper ended early)'
        __gptos_say "$outcome"
        zle -R
    elif (( progressed && ! _GPTOS_CANCELLED )) && [[ $_GPTOS_ELAPSED == <-> ]]; then
        __gptos_progress
    fi
    return 0
}

# What the binary refuses must not come in through a binary that was replaced.
__gptos_candidate() {
    emulate -L zsh
    if [[ -z $1 || $1 == *[[:cntrl:]]* ]]; then
        _GPTOS_REFUSED=1
    elif (( $#_GPTOS_NEW < 50 && ! ${_GPTOS_NEW[(Ie)$1]} )); then
        [[ -n $3 ]] && __gptos_keep_holes "$1" "$3"
        _GPTOS_NEW+=("$1")
        _GPTOS_NEW_NOTES+=("$2")
    fi
}

# Keeps the candidate that may be taken while the answer is awaited. There is one for a request.
__gptos_meanwhile() {
    emulate -L zsh
    [[ -z $_GPTOS_MEANWHILE && -n $1 && $1 != *[[:cntrl:]]* && $1 != "$_GPTOS_ASKED" ]] || return 1
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
        at=$#_GPTOS_RING
    fi
    _GPTOS_TAKEN=1 _GPTOS_TYPED="$_GPTOS_TYPED_ASKED"
    __gptos_show $at
}

# Adds the answer to the ring: REPLY is the place of its first command that was not there before.
__gptos_join() {
    emulate -L zsh
    integer i=0
    REPLY=$(( $#_GPTOS_RING + 1 ))
    for (( i = 1; i <= $#_GPTOS_NEW; i++ )); do
        (( ${_GPTOS_RING[(Ie)$_GPTOS_NEW[i]]} )) && continue
        _GPTOS_RING+=("$_GPTOS_NEW[i]")
        _GPTOS_NOTES+=("$_GPTOS_NEW_NOTES[i]${_GPTOS_REMARK:+ · $_GPTOS_REMARK}")
    done
}

__gptos_why_none() {
    emulate -L zsh
    REPLY="${_GPTOS_REMARK:-no answer}"
    (( _GPTOS_REFUSED )) && REPLY='no answer (a command with control characters was refused)'
    return 0
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
    __gptos_is_held && text="$_GPTOS_HELD_REASON · $text"
    __gptos_say "$text"
}

# A complete answer is here: _GPTOS_NEW and the rest say what it was.
__gptos_arrive() {
    emulate -L zsh
    local REPLY=''
    integer first=0
    if (( _GPTOS_CANCELLED )); then
        _GPTOS_HELD=''
        __gptos_say 'cancelled'
        return 0
    elif (( _GPTOS_TAKEN )); then
        __gptos_arrive_late
        return 0
    fi
    __gptos_join
    first=$REPLY

    if (( $#_GPTOS_RING < first )); then
        if (( $#_GPTOS_NEW )); then
            __gptos_say 'the same answer again'
        else
            __gptos_why_none
            __gptos_say_rows "$REPLY"
        fi
        return 0
    fi
    (( _GPTOS_EXTENDS )) || _GPTOS_MORE="$_GPTOS_NEW_MORE"
    _GPTOS_TYPED="$_GPTOS_TYPED_ASKED"
    if [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
        (( _GPTOS_EXTENDS )) || _GPTOS_ORIGINAL="$BUFFER"
        __gptos_show $first
    else
        # The line was edited meanwhile: it stays as it is, and the key puts the answer in.
        _GPTOS_ORIGINAL="$BUFFER" _GPTOS_SHOWN="$BUFFER" _GPTOS_AT=$(( first - 1 ))
        __gptos_say "the line was edited; press the key again for: $_GPTOS_RING[first]"
    fi
}

# Makes the line the suggestion of this index (0 = the original words): one undo step.
__gptos_show() {
    emulate -L zsh
    zle split-undo
    if (( $1 )); then
        BUFFER="$_GPTOS_RING[$1]" _GPTOS_NOTE="$_GPTOS_NOTES[$1]"
    else
        BUFFER="$_GPTOS_ORIGINAL" _GPTOS_NOTE='your words'
    fi
    CURSOR=$#BUFFER
    __gptos_open_holes
    # The ghost text of another plugin belongs to the line that was replaced.
    POSTDISPLAY=''
    _GPTOS_AT=$1 _GPTOS_SHOWN="$BUFFER" _GPTOS_DESCENDS=$(( $1 > 0 ))
    (( $1 )) && __gptos_remember "$BUFFER"
    __gptos_say_rows "$_GPTOS_NOTE"
    zle -R
    __gptos_guard_arm
}

# --- holes -----------------------------------------------------------------------------------------------------------

# Keeps which parts of a suggestion are to be filled in: TEXT HOLES, the latter apart by blanks. Of no use are those that it does not hold.
__gptos_keep_holes() {
    emulate -L zsh
    setopt extended_glob
    local hole='' rest="$1"
    for hole in ${=2}; do
        [[ $hole == '<'[a-z0-9-]#'>' && $rest == *"$hole"* ]] || return 0
        rest="${rest#*"$hole"}"
    done
    (( $#_GPTOS_HOLED < 200 )) || _GPTOS_HOLED=()
    _GPTOS_HOLED[$1]="$2"
}

# The line has nothing to fill in, or is no longer ours.
__gptos_drop_holes() {
    _GPTOS_HOLES=() _GPTOS_GLUE=() _GPTOS_N_HOLES=0
}

# The line is what was just put into it, or came back: its holes, if it has any, with the cursor on the first.
__gptos_open_holes() {
    emulate -L zsh
    local -a places
    local place=''
    __gptos_drop_holes
    _GPTOS_HOLES=(${=_GPTOS_HOLED[$BUFFER]-})
    _GPTOS_N_HOLES=$#_GPTOS_HOLES
    (( _GPTOS_N_HOLES )) || return 0
    __gptos_find_holes
    for place in $places; do
        __gptos_before_hole $place
        _GPTOS_GLUE+=("$REPLY")
    done
    CURSOR=$places[1]
}

# Where the holes of this line are: places, -1 for one that is no more. Of those with one name the first are filled in first.
__gptos_find_holes() {
    emulate -L zsh
    local before="$BUFFER"
    integer i=0
    places=()
    for (( i = $#_GPTOS_HOLES; i > 0; i-- )); do
        if [[ $before == *"$_GPTOS_HOLES[i]"* ]]; then
            before="${before%"$_GPTOS_HOLES[i]"*}"
            places[i]=$#before
        else
            places[i]=-1
        fi
    done
}

# REPLY: what stands in front of a place in its word, behind any other hole.
__gptos_before_hole() {
    emulate -L zsh
    REPLY="${BUFFER[1,$1]}"
    REPLY="${${REPLY##*[[:space:]]}##*>}"
}

# Takes out of the line every hole in front of which something was written: that is what it asked for.
__gptos_settle_holes() {
    emulate -L zsh
    local REPLY=''
    local -a places
    integer i=0 cursor=$CURSOR
    __gptos_find_holes
    for (( i = $#places; i > 0; i-- )); do
        (( places[i] >= 0 )) && [[ $_GPTOS_HOLES[i] != '<>' ]] || continue
        __gptos_before_hole $places[i]
        if [[ -n $_GPTOS_GLUE[i] && $REPLY == *"$_GPTOS_GLUE[i]" || -z $_GPTOS_GLUE[i] && -z $REPLY ]]; then
            continue
        fi
        (( cursor > places[i] )) && cursor=$(( cursor > places[i] + $#_GPTOS_HOLES[i] ? cursor - $#_GPTOS_HOLES[i] : places[i] ))
        BUFFER="${BUFFER[1,places[i]]}${BUFFER[places[i] + $#_GPTOS_HOLES[i] + 1,-1]}"
        CURSOR=$cursor
    done
}

# Before each redraw: what was typed on a hole takes its place.
__gptos_watch_holes() {
    emulate -L zsh
    local -a places
    integer i=0
    (( _GPTOS_HOLES_LIT )) && region_highlight=("${(@)region_highlight:#* memo=gptos-hole}")
    _GPTOS_HOLES_LIT=0
    __gptos_find_holes
    # Something was typed or pasted, not brought back by undo.
    if (( $#BUFFER > $#_GPTOS_DRAFT && ${places[(Ie)$CURSOR]} )) && [[ $LASTWIDGET != (*undo*|redo) && $BUFFER != "$_GPTOS_SHOWN" ]]; then
        __gptos_settle_holes
        __gptos_find_holes
    fi
    _GPTOS_DRAFT="$BUFFER"
    # Before 5.9 nobody could tell our marks from those of others.
    [[ $ZSH_VERSION == (5.<9->*|<6->.*) ]] || return 0
    for (( i = 1; i <= $#places; i++ )); do
        (( places[i] >= 0 )) || continue
        region_highlight+=("$places[i] $(( places[i] + $#_GPTOS_HOLES[i] )) standout memo=gptos-hole")
        _GPTOS_HOLES_LIT=1
    done
    return 0
}

# Leads to the next hole, or to the first again. False if there is nothing to fill in, or the line is as it was shown and the cursor is on the
# last hole: then the key means the next suggestion.
__gptos_next_hole() {
    emulate -L zsh
    local -a places named
    integer i=0 first=0 next=0
    (( $#_GPTOS_HOLES )) || return 1
    __gptos_settle_holes
    __gptos_find_holes
    for (( i = 1; i <= $#places; i++ )); do
        (( places[i] >= 0 )) && [[ $_GPTOS_HOLES[i] != '<>' ]] || continue
        (( first )) || first=$i
        (( next || places[i] <= CURSOR )) || next=$i
    done
    if (( ! first )); then
        __gptos_close_holes
        # Pressed once more at the end, the key means what it always does.
        (( CURSOR < $#BUFFER )) || [[ $places[-1] -ge 0 ]] || return 1
        CURSOR=$#BUFFER
        __gptos_say 'all is filled in, Enter runs it'
        return 0
    fi
    if (( ! next )); then
        [[ $BUFFER == "$_GPTOS_SHOWN" && $CURSOR -ge $places[first] ]] && return 1
        next=$first
    fi
    CURSOR=$places[next]
    __gptos_say "fill in $_GPTOS_HOLES[next]"
    return 0
}

# All is filled in: the sign at the end that kept the line from running has done its work.
__gptos_close_holes() {
    emulate -L zsh
    if [[ $_GPTOS_HOLES[-1] == '<>' && $BUFFER == *'<>' ]]; then
        BUFFER="${${BUFFER%'<>'}% }"
    fi
    __gptos_drop_holes
}

# Whether the line must not run because a hole is left; then the cursor is on it.
__gptos_is_unfilled() {
    emulate -L zsh
    local -a places
    integer i=0
    (( $#_GPTOS_HOLES )) && [[ $CONTEXT == start ]] || return 1
    __gptos_settle_holes
    __gptos_find_holes
    for (( i = 1; i <= $#places; i++ )); do
        (( places[i] >= 0 )) && [[ $_GPTOS_HOLES[i] != '<>' ]] || continue
        CURSOR=$places[i]
        __gptos_say "fill in $_GPTOS_HOLES[i] first"
        return 0
    done
    __gptos_close_holes
    return 1
}

# --- the guard of time -----------------------------------------------------------------------------------------------

# For a while after the line was changed Enter is swallowed: nobody has read the command yet. The guard is lifted by an event, not by a look
# at the clock when Enter arrives: the line editor serves the keyboard before any other fd, so a key pressed too early is also handled too
# early, however late a loaded machine comes to it.
__gptos_guard_arm() {
    emulate -L zsh
    local limit="$GPTOS_ENTER_GUARD_MS"
    [[ $limit == <-> ]] || limit=250
    _GPTOS_HELD=''
    __gptos_guard_lift
    (( limit )) && __gptos_guard_wait $limit
}

__gptos_guard_wait() {
    emulate -L zsh
    integer fd=0
    exec {fd}< <(zselect -t $(( ($1 + 9) / 10 ))) || return 1
    _GPTOS_GUARD_FD=$fd
    zle -F -w $fd gptos-guard
}

__gptos_guard_lift() {
    emulate -L zsh
    (( _GPTOS_GUARD_FD )) || return 0
    zle -F $_GPTOS_GUARD_FD
    exec {_GPTOS_GUARD_FD}<&-
    _GPTOS_GUARD_FD=0
}

__gptos_guard() {
    emulate -L zsh
    [[ $1 == "$_GPTOS_GUARD_FD" ]] || return 0
    __gptos_guard_lift
    # A key that came in since the keyboard was looked at counts as pressed too early.
    if (( PENDING || KEYS_QUEUED_COUNT )); then
        __gptos_guard_wait 20
    elif [[ -n $_GPTOS_HELD ]] && (( EPOCHREALTIME >= _GPTOS_EARLY_ENTER && EPOCHREALTIME < _GPTOS_EARLY_ENTER + 0.2 )); then
        # An Enter key that is held down repeats; only after a pause is the next Enter a decision.
        __gptos_guard_wait 200
    fi
    return 0
}

# --- the guard of content --------------------------------------------------------------------------------------------

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
    # What runs is what `!!` stands for, so that is what is judged and shown.
    [[ $_GPTOS_BANG_HIST == on && $CONTEXT == start && -n $histchars[1] && $BUFFER == *"$histchars[1]"* ]] && zle .expand-history
    __gptos_judge "$PREBUFFER$BUFFER"
    case $reply[1] in
        pass) ;;
        hold)
            __gptos_hold "$reply[3]"
            return 1
            ;;
        stop)
            __gptos_say "$reply[3]"
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
    local bin="$GPTOS_BIN" limit="$GPTOS_GUARD_MS" input='' chunk='' pid=''
    local -a fields
    local -F deadline=0 left=0
    integer fd=0 i=0 ended=0
    reply=(msg 'the line was not checked: no answer')
    [[ $limit == <-> ]] || limit=100
    [[ $bin == */* ]] || bin="${commands[$bin]-}"
    if [[ ! -f $bin || ! -x $bin ]]; then
        reply=(msg "the line was not checked: ${GPTOS_BIN:-GPTOS_BIN} not found")
        return 0
    fi
    {
        (( deadline = EPOCHREALTIME + limit / 1000.0 ))
        exec {fd}< <(
            print -r -- "$sysparams[pid]"
            { print -rn -- "$1" | exec "$bin" guard zsh } 2>/dev/null
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
    }
    return 0
}

# Shows why the line does not run yet. The time until a second Enter counts begins when the reason is on the screen.
__gptos_hold() {
    emulate -L zsh
    local limit="$GPTOS_CONFIRM_MS" offer=' · Enter again runs it' reason="$1"
    [[ $limit == <700-> ]] || limit=700
    integer room=$(( COLUMNS * 3 - 8 - $#offer ))
    (( $#reason > room )) && reason="${reason[1,room - 1]}…"
    _GPTOS_HELD="$PREBUFFER$BUFFER" _GPTOS_HELD_CHANGE="$UNDO_CHANGE_NO" _GPTOS_HELD_REASON="$reason$offer" _GPTOS_EARLY_ENTER=0
    __gptos_say "$_GPTOS_HELD_REASON"
    zle -R
    __gptos_guard_lift
    # Without the clock no later Enter would be known from one typed ahead.
    __gptos_guard_wait $limit || _GPTOS_HELD=''
}

# --- widgets ---------------------------------------------------------------------------------------------------------

# Called before the user's options give way to ours: BANG_HIST INTERACTIVE_COMMENTS, each on or off.
__gptos_note_options() {
    emulate -L zsh
    _GPTOS_BANG_HIST=$1 _GPTOS_COMMENTS=$2
}

# The key: ask for the words on the line; on a suggestion that was not touched, the next one.
__gptos_translate() {
    __gptos_note_options "${options[banghist]}" "${options[interactivecomments]}"
    emulate -L zsh
    local -a reply
    [[ $CONTEXT == (start|cont) ]] || return 1
    if (( _GPTOS_FD )); then
        if (( _GPTOS_CANCELLED )); then
            __gptos_release KILL
        elif (( _GPTOS_TAKEN )) && [[ $BUFFER == "$_GPTOS_SHOWN" ]]; then
            :
        elif (( _GPTOS_TAKEN )) && [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
            # The words came back by undo: the request for them is under way already.
            _GPTOS_SHOWN="$BUFFER" _GPTOS_AT=0
        elif __gptos_may_take; then
            __gptos_take
            return 0
        elif [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
            __gptos_say 'waiting, Ctrl-C cancels'
            return 0
        else
            __gptos_release TERM
        fi
    fi

    __gptos_next_hole && return 0
    if (( $#_GPTOS_RING )) && [[ $BUFFER == "$_GPTOS_SHOWN" ]]; then
        if (( _GPTOS_AT < $#_GPTOS_RING )); then
            __gptos_show $(( _GPTOS_AT + 1 ))
        elif [[ -n $_GPTOS_MORE ]]; then
            _GPTOS_MORE=''
            __gptos_ask "$_GPTOS_QUERY" 1 1
        else
            __gptos_show 0
        fi
        return 0
    fi

    __gptos_parse "$BUFFER"
    if __gptos_is_mark "$BUFFER" && __gptos_mend $reply[1]; then
        return 0
    elif [[ -z $reply[2] ]]; then
        __gptos_say 'type what you want, then press the key'
        return 0
    fi
    __gptos_ask "$reply[2]" $reply[1] 0
    return 0
}

# Whether Enter is ours: true if it was swallowed or became a request, or if the line must not run yet.
__gptos_takes_enter() {
    __gptos_note_options "${options[banghist]}" "${options[interactivecomments]}"
    emulate -L zsh
    setopt extended_glob
    local -a reply
    if (( _GPTOS_FD && _GPTOS_CANCELLED )); then
        __gptos_release KILL
    elif (( _GPTOS_FD && ! _GPTOS_TAKEN )); then
        __gptos_say 'waiting, Ctrl-C cancels'
        return 0
    fi
    if (( _GPTOS_GUARD_FD )) && [[ -z $_GPTOS_HELD ]]; then
        __gptos_say "$_GPTOS_NOTE · read it first, then Enter"
        return 0
    elif (( _GPTOS_GUARD_FD )) && __gptos_is_held; then
        _GPTOS_EARLY_ENTER=$EPOCHREALTIME
        __gptos_say "$_GPTOS_HELD_REASON"
        return 0
    fi
    # Only a line that was edited while it was held comes here with the guard up.
    __gptos_guard_lift

    if [[ $CONTEXT == start && $BUFFER == [[:space:]]#'??'('?'|)([[:space:]]*|) ]]; then
        __gptos_parse "$BUFFER"
        if [[ -n $reply[2] ]]; then
            __gptos_release TERM
            __gptos_ask "$reply[2]" $reply[1] 0
        elif ! __gptos_mend $reply[1]; then
            __gptos_say 'type what you want after the question marks'
        fi
        return 0
    fi
    __gptos_is_unfilled && return 0
    # At a continuation prompt the first part of the line is accepted already.
    [[ $CONTEXT == start ]] && _GPTOS_ACCEPTED=0
    (( _GPTOS_DESCENDS )) && _GPTOS_ACCEPTED=1
    if __gptos_guards && ! __gptos_may_run; then
        return 0
    fi
    # Who runs the line no longer waits for another one.
    __gptos_release TERM
    return 1
}

# No options are changed around the widget that was there before: it may be the user's.
__gptos_accept_line() {
    if ! __gptos_takes_enter; then
        zle "${_GPTOS_FORMER[accept-line]}" -- "$@"
    fi
}

__gptos_accept_and_hold() {
    if ! __gptos_takes_enter; then
        zle "${_GPTOS_FORMER[accept-and-hold]}" -- "$@"
    fi
}

__gptos_accept_line_and_down_history() {
    if ! __gptos_takes_enter; then
        zle "${_GPTOS_FORMER[accept-line-and-down-history]}" -- "$@"
    fi
}

__gptos_accept_and_infer_next_history() {
    if ! __gptos_takes_enter; then
        zle "${_GPTOS_FORMER[accept-and-infer-next-history]}" -- "$@"
    fi
}

# --- lines that failed -----------------------------------------------------------------------------------------------

# Asks what the line that failed was meant to be; false when none did. Nothing is run. The blank in front says that the line is nobody
# else's business: no report follows.
__gptos_mend() {
    emulate -L zsh
    (( ! $1 )) && [[ -n $_GPTOS_FAILED ]] || return 1
    __gptos_release TERM
    __gptos_ask " $_GPTOS_FAILED" 0 0 $_GPTOS_FAILED_STATUS
    return 0
}

# A line is about to run. One that begins with a blank is kept nowhere.
__gptos_note_line() {
    emulate -L zsh
    [[ $1 == *[^[:space:]]* ]] || return 0
    _GPTOS_LINE="${1%$'\n'}" _GPTOS_FAILED=''
    [[ $1 == [[:space:]]* ]] && _GPTOS_LINE=''
    return 0
}

# It has ended with this status. A program stopped by Ctrl-Z has not failed.
__gptos_note_status() {
    emulate -L zsh
    [[ -n $_GPTOS_LINE ]] || return 0
    (( $1 && $1 != 148 )) && _GPTOS_FAILED="$_GPTOS_LINE" _GPTOS_FAILED_STATUS=$1
    _GPTOS_LINE=''
}

# Whether the line as typed is the mark alone, which is no words for the history.
__gptos_is_mark() {
    emulate -L zsh
    setopt extended_glob
    [[ $1 == [[:space:]]#'??'[[:space:]]# ]]
}

# --- hooks -----------------------------------------------------------------------------------------------------------

# A new line is not held; one that begins with text may be a suggestion put aside or accepted before.
__gptos_line_init() {
    emulate -L zsh
    _GPTOS_HELD=''
    __gptos_guard_lift
    __gptos_watch_line
    (( _GPTOS_SEARCHES_BOUND )) || __gptos_bind_searches
    if [[ -n $BUFFER && $CONTEXT == start ]] && (( ${_GPTOS_SEEN[(Ie)$BUFFER]} )); then
        _GPTOS_DESCENDS=1
        __gptos_open_holes
    fi
    return 0
}

# Words for a provider are about to be typed, so the resident may open a connection. A blank in front keeps the line here.
__gptos_warm() {
    emulate -L zsh
    # A clock that was set back must not put it off for long.
    if (( EPOCHREALTIME < _GPTOS_WARMED || EPOCHREALTIME >= _GPTOS_WARMED + 15 )); then
        _GPTOS_WARMED=$EPOCHREALTIME
        __gptos_aside '' warm zsh
    fi
    return 0
}

# Has the binary do something that nobody waits for: INPUT ARGUMENTS. A process substitution is no job: it changes neither the list of jobs
# nor `$!`.
__gptos_aside() {
    emulate -L zsh
    local input="$1" bin="$GPTOS_BIN"
    integer fd=0
    shift
    [[ $bin == */* ]] || bin="${commands[$bin]-}"
    [[ -f $bin && -x $bin ]] || return 0
    exec {fd}< <({ { [[ -z $input ]] || __gptos_question "$input" } | exec "$bin" "$@" } &>/dev/null) || return 0
    exec {fd}<&-
}

# --- asking ahead ----------------------------------------------------------------------------------------------------

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
    integer fd=0
    exec {fd}< <(zselect -t $1) || return 0
    _GPTOS_PAUSE_FD=$fd
    (( _GPTOS_PAUSE_ENDS = EPOCHREALTIME + $1 / 100.0 ))
    zle -F $fd __gptos_pause
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
        __gptos_aside "$REPLY" prefetch zsh --shell-version "$ZSH_VERSION"
    fi
    return 0
}

# The line is done or given up.
__gptos_pause_forget() {
    emulate -L zsh
    __gptos_pause_end
    _GPTOS_DRAWN='' _GPTOS_AHEAD=''
}

# Before each redraw: does the line still descend from a suggestion, or was it emptied or undone?
__gptos_watch_line() {
    [[ $BUFFER == '?'* ]] && __gptos_warm
    [[ $GPTOS_PREFETCH == 1 ]] && __gptos_watch_pause
    (( _GPTOS_N_HOLES || _GPTOS_HOLES_LIT )) && __gptos_watch_holes
    [[ -n $_GPTOS_TYPED || -z $BUFFER ]] || return 0
    emulate -L zsh
    # Who empties the line wants neither what was taken nor what is still to come.
    if [[ -z $BUFFER ]] && (( _GPTOS_FD && _GPTOS_TAKEN && ! _GPTOS_CANCELLED )); then
        __gptos_release TERM
        __gptos_say 'cancelled'
    fi
    if [[ -z $BUFFER || $BUFFER == "$_GPTOS_ORIGINAL" ]]; then
        _GPTOS_DESCENDS=0
        __gptos_drop_holes
    elif (( ${_GPTOS_RING[(Ie)$BUFFER]} )); then
        _GPTOS_DESCENDS=1
        (( _GPTOS_N_HOLES )) || __gptos_open_holes
    fi
}

# The words go into the history just before the command that came of them. (From a widget, the line being edited would be stored.)
__gptos_add_history() {
    local -i hides_blank=0
    [[ -o hist_ignore_space ]] && hides_blank=1
    emulate -L zsh
    [[ $1 == [[:space:]]* ]] && _GPTOS_BLANK=' '
    __gptos_note_line "$1"
    __gptos_is_mark "$_GPTOS_TYPED" && _GPTOS_TYPED=''
    # Who hides a line by a blank in front of it does not want its words kept either.
    if [[ -n $_GPTOS_TYPED && ${1%$'\n'} != "$_GPTOS_TYPED" ]] && ! { (( hides_blank )) && [[ $_GPTOS_TYPED == [[:space:]]* ]] }; then
        print -sr -- "$_GPTOS_TYPED"
    fi
    _GPTOS_TYPED=''
    return 0
}

__gptos_preexec() {
    emulate -L zsh
    __gptos_release TERM
    __gptos_pause_forget
    # $1 is empty when our history hook has stored the words just now, and $3 has lost a blank in front.
    (( _GPTOS_ACCEPTED )) && _GPTOS_RUNNING="$_GPTOS_BLANK${1:-$3}"
    _GPTOS_BLANK=''
    [[ -n $_GPTOS_UNCHECKED ]] && print -ru2 -- "gptos: ${_GPTOS_UNCHECKED//[[:cntrl:]]/?}"
    _GPTOS_UNCHECKED=''
    return 0
}

# A line given up by Ctrl-C or send-break comes only here; zle-line-finish is for lines that were accepted.
__gptos_precmd() {
    local -i last_status=$? hides_blank=0
    [[ -o hist_ignore_space ]] && hides_blank=1
    emulate -L zsh
    setopt no_bg_nice
    __gptos_release TERM
    __gptos_guard_lift
    __gptos_pause_forget
    __gptos_note_status $last_status
    __gptos_is_mark "$_GPTOS_TYPED" && _GPTOS_TYPED=''
    local bin="$GPTOS_BIN" query="$_GPTOS_QUERY" command_line="$_GPTOS_RUNNING"
    # The words of a line given up are worth keeping all the same.
    if [[ -n $_GPTOS_TYPED ]] && ! { (( hides_blank )) && [[ $_GPTOS_TYPED == [[:space:]]* ]] }; then
        print -sr -- "$_GPTOS_TYPED"
    fi
    __gptos_forget
    _GPTOS_ACCEPTED=0 _GPTOS_RUNNING='' _GPTOS_BLANK='' _GPTOS_UNCHECKED='' _GPTOS_HELD=''
    # 148: stopped by Ctrl-Z, not finished. A blank before the words or the command asks for no trace.
    if [[ $query == [^[:space:]]* && $command_line == [^[:space:]]* ]] && (( last_status != 148 )); then
        { print -rn -- "$query"$'\0'"$command_line" | command "$bin" ran zsh $last_status } </dev/null &>/dev/null &!
    fi
}

__gptos_exit() {
    emulate -L zsh
    __gptos_release TERM
    __gptos_pause_end
}

# --- setting up ------------------------------------------------------------------------------------------------------

# Keys are written `ctrl-x`, `alt-x`, or as bindkey reads them.
__gptos_bind() {
    emulate -L zsh
    local key='' keymap=''
    for key in "$GPTOS_KEY" "$GPTOS_KEY2"; do
        case ${(L)key} in
            '') continue ;;
            ctrl-space) key='^@' ;;
            ctrl-?) key="^${(U)key[-1]}" ;;
            alt-?) key="\\e${key[-1]}" ;;
        esac
        for keymap in emacs viins vicmd; do
            bindkey -M $keymap -- "$key" gptos-translate
        done
    done
}

# What the key is called in a message.
__gptos_name_key() {
    emulate -L zsh
    local key="${GPTOS_KEY:-$GPTOS_KEY2}"
    [[ ${TERM_PROGRAM-} == vscode && -n $GPTOS_KEY2 ]] && key="$GPTOS_KEY2"
    case ${(L)key} in
        ctrl-space) _GPTOS_KEY_NAME='Ctrl-Space' ;;
        ctrl-?) _GPTOS_KEY_NAME="Ctrl-${(U)key[-1]}" ;;
        alt-?) _GPTOS_KEY_NAME="Alt-${key[-1]}" ;;
        *) _GPTOS_KEY_NAME='the key' ;;
    esac
}

# If a plugin has wrapped our widget since, ours is already in its chain; wrapping once more would make a circle.
__gptos_wrap_accept_line() {
    emulate -L zsh
    local name='' ours=''
    for name in accept-line accept-and-hold accept-line-and-down-history accept-and-infer-next-history; do
        ours="__gptos_${name//-/_}"
        [[ -n ${widgets[(re)user:$ours]-} ]] && continue
        if [[ ${widgets[$name]-builtin} == builtin ]]; then
            # The builtin's own name, not an alias: zsh-syntax-highlighting 0.7.1 cannot wrap an aliased builtin, and Enter would be dead.
            _GPTOS_FORMER[$name]=.$name
        else
            zle -A $name _gptos-former-$name
            _GPTOS_FORMER[$name]=_gptos-former-$name
        fi
        zle -N $name $ours
    done
}

# Called at the first line, when the user's own keys are bound.
__gptos_bind_searches() {
    emulate -L zsh
    local binding=''
    _GPTOS_SEARCHES_BOUND=1
    # A history search knows these widgets by name and accepts the line by itself. A key that it does not know ends the search and is then
    # looked up as usual, so the keys that accept the line become unknown to it, unless the user gave them a meaning there.
    local -a bindings=(${(M)${(f)"$(bindkey -L -M isearch; bindkey -L -M emacs; bindkey -L -M viins)"}:#*(-M isearch|accept-)*}) words=()
    local -A meant=()
    zle -N gptos-end-search __gptos_end_search
    for binding in $bindings; do
        # `bindkey -M KEYMAP "KEY" WIDGET`
        words=(${(z)binding})
        case "$words[2] $words[3] $words[5]" in
            '-M isearch '*) meant[$words[4]]=1 ;;
            '-M '*' '(accept-line|accept-and-hold|accept-line-and-down-history|accept-and-infer-next-history))
                (( ${+meant[$words[4]]} )) || bindkey -M isearch -- "${(Q)words[4]}" gptos-end-search
                ;;
        esac
    done
}

# Bound where a history search would accept the line; the search never calls it.
__gptos_end_search() { : }

zle -N gptos-translate __gptos_translate
zle -N gptos-data __gptos_data
zle -N gptos-guard __gptos_guard
__gptos_bind
__gptos_name_key
__gptos_wrap_accept_line

autoload -Uz add-zsh-hook add-zle-hook-widget
add-zsh-hook zshaddhistory __gptos_add_history
add-zsh-hook preexec __gptos_preexec
add-zsh-hook precmd __gptos_precmd
add-zsh-hook zshexit __gptos_exit
add-zle-hook-widget line-init __gptos_line_init
add-zle-hook-widget line-pre-redraw __gptos_watch_line

fi

} always {
    # Only what differs, in one command: some options, like `zle`, cannot be set even to what they are.
    typeset -ga _GPTOS_RESTORE=()
    () {
        local -A former=(${=_GPTOS_USER_OPTIONS})
        local name=''
        for name in ${(k)former}; do
            [[ $options[$name] == $former[$name] ]] || _GPTOS_RESTORE+=(${${former[$name]:#on}/off/no}$name)
        done
    }
    (( $#_GPTOS_RESTORE )) && 'builtin' 'setopt' "${_GPTOS_RESTORE[@]}"
    'builtin' 'unset' '_GPTOS_USER_OPTIONS' '_GPTOS_RESTORE'
}
