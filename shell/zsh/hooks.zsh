# Part of the integration for zsh: what happens at each line.

# The user's options hold in the first lines of what follows, up to `emulate`.

# A new line is not held; one that begins with text may be a suggestion put aside or accepted before.
__gptos_line_init() {
    [[ -z $_GPTOS_FORMER_INIT ]] || $_GPTOS_FORMER_INIT "$@"
    if [[ -z $BUFFER ]] && { (( _GPTOS_PLAIN )) || (( ! ($_GPTOS_TOUCHED) )) }; then
        typeset -gi _GPTOS_PLAIN=0
        return 0
    fi
    emulate -L zsh
    _GPTOS_PLAIN=0 _GPTOS_HELD='' _GPTOS_NOTED=''
    __gptos_guard_lift
    __gptos_watch_line
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
        if [[ $GPTOS_GHOST == 1 && -n $_GPTOS_BUILD ]]; then
            __gptos_ghost_warm
        else
            __gptos_aside '' warm zsh
        fi
    fi
    return 0
}

# Where the binary is: REPLY. Fails when there is none that can be run.
__gptos_binary() {
    emulate -L zsh
    REPLY="$GPTOS_BIN"
    [[ $REPLY == */* ]] || REPLY="${commands[$REPLY]-}"
    [[ -f $REPLY && -x $REPLY ]]
}

# Has the binary do something that nobody waits for: INPUT ARGUMENTS. `__gptos_reap` says why it is not the shell's child. What stands in a
# substitution is no job, so the list of jobs and `$!` stay as they are.
__gptos_aside() {
    emulate -L zsh
    setopt no_aliases no_bg_nice
    local input="$1" REPLY=''
    shift
    __gptos_binary || return 0
    : "$({ { [[ -z $input ]] || __gptos_question "$input" } | exec "$REPLY" "$@" } </dev/null &>/dev/null &)"
}

# Opens a descriptor that ends after HUNDREDTHS of a second: REPLY.
__gptos_clock() {
    emulate -L zsh
    setopt no_aliases no_bg_nice
    integer fd=0
    exec {fd}< <(zselect -t $1 &) || return 1
    REPLY=$fd
    __gptos_reap "${sysparams[procsubstpid]-}"
}

# Has the line editor call a function when a descriptor of ours can be read: FD ARGUMENTS, as `zle -F` takes them. zsh-autosuggestions 0.7.0
# closes the descriptor that it has noted, also when that ended long ago. If it is this one, the number was free a moment ago, so the note is old.
__gptos_await() {
    [[ ${_ZSH_AUTOSUGGEST_ASYNC_FD-} != "${@[-2]}" ]] || _ZSH_AUTOSUGGEST_ASYNC_FD=''
    zle -F "$@"
}

# Before each redraw: does the line still descend from a suggestion, or was it emptied or undone?
__gptos_watch_line() {
    # One look at the most usual line.
    [[ -n $BUFFER && $BUFFER != *'?'* && $BUFFER != '#'* && $GPTOS_PREFETCH != 1 && -z $_GPTOS_GHOST_LINE$_GPTOS_TYPED ]] &&
        (( ! (_GPTOS_N_HOLES || _GPTOS_HOLES_LIT || _GPTOS_DESCENDS || _GPTOS_SEARCHES) )) && return 0
    typeset -gi _GPTOS_PLAIN=0
    [[ $BUFFER == '?'* ]] && __gptos_warm
    (( _GPTOS_HAS_KEYS )) || [[ $BUFFER != *'?'* && $BUFFER != '#'* ]] || __gptos_watch_keys
    [[ $GPTOS_PREFETCH == 1 ]] && __gptos_watch_pause
    (( _GPTOS_N_HOLES || _GPTOS_HOLES_LIT )) && __gptos_watch_holes
    [[ $BUFFER == '??'* || -n $_GPTOS_GHOST_LINE ]] && __gptos_watch_ghost
    (( _GPTOS_SEARCHES )) && __gptos_watch_search
    (( _GPTOS_DESCENDS )) && __gptos_watch_live
    [[ -n $_GPTOS_TYPED || -z $BUFFER ]] || return 0
    [[ -z $BUFFER ]] && (( ! ($_GPTOS_TOUCHED) )) && return 0
    emulate -L zsh
    # Who empties the line wants neither what was taken nor what is still to come.
    if [[ -z $BUFFER ]] && (( _GPTOS_FD && _GPTOS_TAKEN && ! _GPTOS_CANCELLED )); then
        __gptos_release TERM
        __gptos_say 'cancelled'
        _GPTOS_NOTED=''
    fi
    if [[ -z $BUFFER || $BUFFER == "$_GPTOS_ORIGINAL" ]]; then
        _GPTOS_DESCENDS=0
        __gptos_drop_holes
        [[ -z $_GPTOS_NOTED || $BUFFER == "$_GPTOS_NOTED" ]] || __gptos_unsay
        # Words behind a suggestion came back by undo, and it with them.
        [[ -n $BUFFER && $#_GPTOS_CHANGED -gt 0 ]] && _GPTOS_OFFERED="$_GPTOS_CHANGED[1]" _GPTOS_OFFERED_WORDS="$_GPTOS_CHANGED[2]"
    elif (( ${_GPTOS_RING[(Ie)$BUFFER]} )); then
        _GPTOS_DESCENDS=1
        [[ $BUFFER == "$_GPTOS_NOTED" ]] || __gptos_come_back ${_GPTOS_RING[(Ie)$BUFFER]}
        (( _GPTOS_N_HOLES )) || __gptos_open_holes
    fi
}

# What was typed before all parts were read. A search of the history has the row below the line for itself.
__gptos_catch_up() {
    [[ $BUFFER != *'?'* ]] || { __gptos_watch_line; zle -R }
    return 0
}

# Puts the words into the history, just before the LINE that came of them and is about to run.
__gptos_keep_words() {
    emulate -L zsh
    local typed=''
    __gptos_is_mark "$_GPTOS_TYPED" && _GPTOS_TYPED=''
    [[ $1 != "$_GPTOS_TYPED" ]] || _GPTOS_TYPED=''
    for typed in $_GPTOS_TYPED_BEFORE $_GPTOS_TYPED; do
        # Words behind a blank are kept nowhere, whatever the shell does with such lines.
        [[ $typed == [[:space:]]* ]] || print -sr -- "$typed"
    done
    _GPTOS_TYPED_BEFORE=() _GPTOS_TYPED=''
}

# Whether zsh asks for a further row before the line is whole.
__gptos_goes_on() {
    emulate -L zsh
    setopt extended_glob
    [[ $BUFFER != *('<<'*|\\|'&&'[[:space:]]#|'||'[[:space:]]#) ]] || return 0
    # To give a function a body parses it.
    { functions[__gptos_parsed]="$BUFFER" 2>/dev/null } always { TRY_BLOCK_ERROR=0 }
    (( ${+functions[__gptos_parsed]} )) || return 0
    unfunction __gptos_parsed
    return 1
}

# Puts what `!!` and its like stand for into the line. Where the user wants to see that first, the line stays as it is for zsh to do so: then true.
__gptos_shows_older_lines() {
    emulate -L zsh
    [[ -n ${histchars-} && $BUFFER == *"$histchars[1]"* ]] || return 1
    local line="$BUFFER"
    zle .expand-history
    [[ $BUFFER != "$line" && -o hist_verify ]] || return 1
    BUFFER="$line"
}

# What is run, before it goes into the history.
__gptos_add_history() {
    # An empty array is not set for a shell that counts as ksh does.
    if [[ -z $_GPTOS_DRAWN$_GPTOS_AHEAD${_GPTOS_TYPED_BEFORE-} ]] && { (( _GPTOS_PLAIN )) || (( ! ($_GPTOS_TOUCHED) )) }; then
        [[ $1 == *[^[:space:]]* ]] && typeset -ga _GPTOS_LINE=("${1%$'\n'}") _GPTOS_FAILED=()
        [[ $1 == [[:space:]]* ]] && typeset -ga _GPTOS_LINE=()
        return 0
    fi
    emulate -L zsh
    # All other lines are spared the call.
    preexec_functions=(${preexec_functions:#__gptos_preexec} __gptos_preexec)
    _GPTOS_ENTERED="${1%$'\n'}"
    __gptos_note_line "$1"
    __gptos_keep_words "$_GPTOS_ENTERED"
    return 0
}

# The same before it runs, with what zsh makes of it.
__gptos_preexec() {
    emulate -L zsh
    __gptos_release TERM
    __gptos_pause_forget
    __gptos_ghost_forget
    __gptos_return_keys
    if (( _GPTOS_ACCEPTED )); then
        _GPTOS_RUNNING="${_GPTOS_ENTERED:-$1}"
        # Of several rows zsh makes one where it can.
        [[ $_GPTOS_RUNNING != *$'\n'* ]] || _GPTOS_RUNNING="${(M)_GPTOS_RUNNING#[[:space:]]}$3"
    fi
    [[ -n $_GPTOS_UNCHECKED ]] && print -ru2 -- "gptos: ${_GPTOS_UNCHECKED//[[:cntrl:]]/?}"
    _GPTOS_UNCHECKED=''
    return 0
}

# What needs the user lies there until it was told.
typeset -g _GPTOS_NOTICE="${XDG_STATE_HOME:-${HOME-}/.local/state}/gptos/notice"

# The program tells one line of it, and takes it away when all is told.
__gptos_tell_notice() {
    emulate -L zsh
    setopt no_aliases
    command "$GPTOS_BIN" notice </dev/null 2>/dev/null
    return 0
}

# A line given up by Ctrl-C or send-break comes only here; zle-line-finish is for lines that were accepted.
__gptos_precmd() {
    local -i last_status=$?
    [[ ! -s $_GPTOS_NOTICE ]] || __gptos_tell_notice
    if [[ -z $_GPTOS_DRAWN$_GPTOS_AHEAD$_GPTOS_ENTERED$_GPTOS_RUNNING ]] && { (( _GPTOS_PLAIN )) || (( ! ($_GPTOS_TOUCHED) )) }; then
        (( ! last_status )) && typeset -ga _GPTOS_LINE=() || __gptos_note_status $last_status
        return 0
    fi
    emulate -L zsh
    setopt no_aliases no_bg_nice
    preexec_functions=(${preexec_functions:#__gptos_preexec})
    __gptos_release TERM
    __gptos_guard_lift
    __gptos_pause_forget
    __gptos_ghost_forget
    __gptos_return_keys
    __gptos_note_status $last_status
    local bin="$GPTOS_BIN" query="$_GPTOS_QUERY" command_line="$_GPTOS_RUNNING"
    # The words of a line given up are worth keeping all the same.
    __gptos_keep_words ''
    __gptos_forget
    _GPTOS_ACCEPTED=0 _GPTOS_RUNNING='' _GPTOS_ENTERED='' _GPTOS_UNCHECKED='' _GPTOS_HELD=''
    # 148: stopped by Ctrl-Z, not finished. A blank before the words or the command asks for no trace.
    # Where the cursor was says nothing of the words.
    local -a fields=("$query" "$command_line" ${_GPTOS_ASKED_FIELDS:#cursor=*})
    if [[ $query == [^[:space:]]* && $command_line == [^[:space:]]* ]] && (( last_status != 148 )); then
        : "$({ print -rn -- "${(pj:\0:)fields}" | command "$bin" ran zsh $last_status } </dev/null &>/dev/null &)"
    fi
}

# What stands behind a line that is done must not stay on the screen. The words go into the history here, as zsh tells its hooks what is run
# only if nothing else has gone there since the line ended. But a `!!` on the line means what stands before them, so where zsh has yet to look for
# it they follow later.
__gptos_line_finish() {
    [[ -z $_GPTOS_FORMER_FINISH ]] || $_GPTOS_FORMER_FINISH "$@"
    (( _GPTOS_PLAIN )) && return 0
    (( $_GPTOS_TOUCHED )) || return 0
    __gptos_ghost_forget
    [[ $CONTEXT != start ]] || __gptos_goes_on || __gptos_shows_older_lines || __gptos_keep_words "$BUFFER"
    return 0
}

__gptos_exit() {
    emulate -L zsh
    __gptos_glance_end
    __gptos_release TERM
    __gptos_pause_end
}
