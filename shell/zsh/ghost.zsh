# Part of the integration for zsh: what the resident would answer stands behind the words while they are typed. It is not in the line: Right
# and End take it, Alt-F takes its next word, and nothing else does.

: ${GPTOS_GHOST=1}
# The line that the ghost stands behind, what stands there, the whole command, and the records that it came with. Once a word of it was taken
# there are no records any more.
typeset -g _GPTOS_GHOST_LINE='' _GPTOS_GHOST_TEXT='' _GPTOS_GHOST_COMMAND='' _GPTOS_GHOST_RECORDS=''
# The line that was asked about last and when, and the mark that colours the ghost.
typeset -g _GPTOS_GHOST_ASKED='' _GPTOS_GHOST_MARK=''
typeset -gF _GPTOS_GHOST_AT=0
# What ends when the resident is there (0 = nothing is waited for).
typeset -gi _GPTOS_WARM_FD=${_GPTOS_WARM_FD:-0}
# What Ctrl-C did before it wiped the ghost, and whether it does that now (-1: it must not).
typeset -g _GPTOS_GHOST_TRAP=${_GPTOS_GHOST_TRAP-}
typeset -gi _GPTOS_GHOST_TRAPS=${_GPTOS_GHOST_TRAPS:-0}
# Whether the terminal has a grey.
typeset -gi _GPTOS_GHOST_COLOURS=0
zmodload zsh/terminfo 2>/dev/null && (( ${terminfo[colors]:-0} >= 16 )) && _GPTOS_GHOST_COLOURS=1

# Before each redraw: the ghost goes with the line, and a line of words that has none is asked about.
__gptos_watch_ghost() {
    emulate -L zsh
    setopt extended_glob
    local -a reply
    if [[ -n $_GPTOS_GHOST_RECORDS && $BUFFER == "$_GPTOS_GHOST_LINE$_GPTOS_GHOST_TEXT" ]]; then
        # A plugin for suggestions of its own has taken what stands behind the line for one of them.
        BUFFER="$_GPTOS_GHOST_LINE"
        __gptos_ghost_take
        return 0
    elif [[ -n $_GPTOS_GHOST_LINE && $BUFFER != "$_GPTOS_GHOST_LINE" ]]; then
        if [[ -z $_GPTOS_GHOST_RECORDS && -n $BUFFER && $_GPTOS_GHOST_COMMAND == "$BUFFER"?* ]]; then
            # The rest of a command whose first words were taken.
            _GPTOS_GHOST_LINE="$BUFFER" _GPTOS_GHOST_TEXT="${_GPTOS_GHOST_COMMAND#"$BUFFER"}"
        else
            __gptos_ghost_drop
        fi
    fi
    [[ -n $_GPTOS_GHOST_LINE ]] && __gptos_ghost_draw
    [[ $GPTOS_GHOST == 1 && $CONTEXT == start ]] && (( ! _GPTOS_FD )) || return 0
    # The same words may have been asked ahead meanwhile.
    if [[ $BUFFER == "$_GPTOS_GHOST_ASKED" ]] && { [[ -n $_GPTOS_GHOST_LINE ]] || (( EPOCHREALTIME < _GPTOS_GHOST_AT + 1 )) }; then
        return 0
    elif [[ $BUFFER == '??'[[:space:]]##[^[:space:]]##[[:space:]]##[^[:space:]]* && $BUFFER != *$'\n'* ]]; then
        __gptos_parse "$BUFFER"
        __gptos_glance_must_wait && return 0
        # What is to be changed is only told to the program.
        __gptos_is_change "$reply[2]" && return 0
        __gptos_glance_at ghost "$reply[2]" 2>/dev/null && (( _GPTOS_GLANCE_FD )) && [[ $_GPTOS_GLANCE_LINE == "$BUFFER" ]] || return 0
        _GPTOS_GHOST_ASKED="$BUFFER" _GPTOS_GHOST_AT=$EPOCHREALTIME
    fi
    return 0
}

# The resident has answered for the words on the line.
__gptos_ghost_answer() {
    emulate -L zsh
    local -a fields=("${(@0)1}")
    integer i=0
    __gptos_ghost_drop
    for (( i = 1; i + 3 <= $#fields; i += 3 )); do
        [[ $fields[i] == cmd ]] || continue
        __gptos_is_plain "$fields[i+1]" || return 0
        _GPTOS_GHOST_LINE="$BUFFER" _GPTOS_GHOST_COMMAND="$fields[i+1]" _GPTOS_GHOST_RECORDS="$1"
        __gptos_ghost_text " → $fields[i+1]"
        return 0
    done
}

# What stands behind the line, as wide as two rows at most.
__gptos_ghost_text() {
    emulate -L zsh
    local text="$1" arrow='→'
    integer room=$(( COLUMNS * 2 - 20 ))
    (( $#arrow > 1 )) && text="${text/#' → '/ => }"
    (( room > 10 )) || room=10
    (( ${(m)#text} > room )) && text="${(mr:room - 3:)text}..."
    _GPTOS_GHOST_TEXT="$text"
    __gptos_ghost_trap
}

__gptos_ghost_unmark() {
    [[ -n $_GPTOS_GHOST_MARK ]] || return 0
    emulate -L zsh
    region_highlight=("${(@)region_highlight:#(* memo=gptos-ghost|${(b)_GPTOS_GHOST_MARK})}")
    _GPTOS_GHOST_MARK=''
}

# The answer that zsh-autosuggestions still waits for would take what we show behind the line, without a redraw that we see, so it is ended as its
# next key would.
__gptos_ghost_alone() {
    [[ ${_ZSH_AUTOSUGGEST_ASYNC_FD-} == <-> ]] || return 0
    emulate -L zsh
    integer fd=$_ZSH_AUTOSUGGEST_ASYNC_FD
    _ZSH_AUTOSUGGEST_ASYNC_FD=''
    zle -F $fd 2>/dev/null && exec {fd}<&-
    return 0
}

__gptos_ghost_draw() {
    emulate -L zsh
    __gptos_ghost_unmark
    __gptos_ghost_alone
    POSTDISPLAY="$_GPTOS_GHOST_TEXT"
    local style=fg=8
    if [[ -n ${NO_COLOR-} || $_GPTOS_GHOST_COLOURS != 1 ]]; then
        # An arrow tells the ghost from the line, but the rest of a command has none.
        [[ -z $_GPTOS_GHOST_RECORDS ]] || return 0
        style=underline
    fi
    _GPTOS_GHOST_MARK="$#BUFFER $(( $#BUFFER + $#POSTDISPLAY )) $style"
    # Before 5.9 a mark has no name.
    [[ $ZSH_VERSION == (5.<9->*|<6->.*) ]] && _GPTOS_GHOST_MARK+=' memo=gptos-ghost'
    region_highlight+=("$_GPTOS_GHOST_MARK")
}

__gptos_ghost_drop() {
    emulate -L zsh
    [[ -n $_GPTOS_GHOST_LINE ]] || return 0
    __gptos_ghost_unmark
    # What another plugin put there by now is its own.
    [[ -n $POSTDISPLAY && $_GPTOS_GHOST_TEXT == *"$POSTDISPLAY" ]] && POSTDISPLAY=''
    _GPTOS_GHOST_LINE='' _GPTOS_GHOST_TEXT='' _GPTOS_GHOST_COMMAND='' _GPTOS_GHOST_RECORDS=''
}

# The line is done or given up, or its words are asked for.
__gptos_ghost_forget() {
    emulate -L zsh
    __gptos_ghost_drop
    __gptos_glance_end
    (( _GPTOS_WARM_FD )) && __gptos_ghost_warm_end
    (( _GPTOS_GHOST_TRAPS > 0 )) && __gptos_ghost_untrap
    _GPTOS_GHOST_ASKED=''
}

# --- before the first question of all: no resident runs yet ---

# Words are about to be typed, and the program sees to it that a resident runs. When it has ended the line is looked at again.
__gptos_ghost_warm() {
    emulate -L zsh
    setopt no_aliases no_bg_nice
    local REPLY=''
    integer fd=0
    __gptos_binary || return 0
    (( _GPTOS_WARM_FD )) && __gptos_ghost_warm_end
    exec {fd}< <(exec "$REPLY" warm zsh </dev/null 2>/dev/null &) || return 0
    __gptos_reap "${sysparams[procsubstpid]-}"
    _GPTOS_WARM_FD=$fd
    __gptos_await $fd __gptos_ghost_warmed
}

__gptos_ghost_warm_end() {
    emulate -L zsh
    zle -F $_GPTOS_WARM_FD
    exec {_GPTOS_WARM_FD}<&-
    _GPTOS_WARM_FD=0
}

# Called by the line editor, as no widget.
__gptos_ghost_warmed() {
    [[ $1 == "$_GPTOS_WARM_FD" ]] || return 0
    __gptos_ghost_warm_end
    (( _GPTOS_GLANCE_WAITS )) || zle _gptos-ghost-look
    return 0
}

# --- Ctrl-C leaves the line on the screen as it was drawn last, which must be without the ghost ---

# A function of the user's gets a beginning of ours and returns for itself. Without one the signal is sent anew when nothing is trapped any more: after a
# trap that returns, the next prompt would miss its first hook. What `trap` has as a text could not be put back, so then the ghost stays.
__gptos_ghost_trap() {
    emulate -L zsh
    setopt no_local_traps
    (( _GPTOS_GHOST_TRAPS || _GPTOS_FD )) && return 0
    _GPTOS_GHOST_TRAPS=1 _GPTOS_GHOST_TRAP="${functions[TRAPINT]-}"
    functions[TRAPINT]="__gptos_ghost_wipe"$'\n'"${_GPTOS_GHOST_TRAP:-__gptos_ghost_untrap; builtin kill -INT \$\$}"
}

__gptos_ghost_untrap() {
    emulate -L zsh
    setopt no_local_traps
    _GPTOS_GHOST_TRAPS=0
    if [[ ${functions[TRAPINT]-} == *__gptos_ghost_wipe* ]]; then
        unfunction TRAPINT
        [[ -z $_GPTOS_GHOST_TRAP ]] || functions[TRAPINT]="$_GPTOS_GHOST_TRAP"
    elif [[ $_GPTOS_USER_TRAP == *__gptos_ghost_wipe* ]]; then
        # A request has put it aside.
        _GPTOS_USER_TRAP="$_GPTOS_GHOST_TRAP"
    fi
    _GPTOS_GHOST_TRAP=''
}

__gptos_ghost_wipe() {
    zle && zle _gptos-ghost-drop 2>/dev/null
    return 0
}

# Whether the key at the end of the line takes the ghost.
__gptos_ghost_is_shown() {
    emulate -L zsh
    [[ -n $_GPTOS_GHOST_LINE && $BUFFER == "$_GPTOS_GHOST_LINE" && $CONTEXT == start ]] && (( CURSOR == $#BUFFER && ! _GPTOS_FD ))
}

# The records of the ghost become what a question would have brought.
__gptos_ghost_join() {
    emulate -L zsh
    local -a reply
    local records="$_GPTOS_GHOST_RECORDS"
    integer ended=0 progressed=0
    __gptos_parse "$BUFFER"
    _GPTOS_FIELDS=() _GPTOS_LISTS=0
    __gptos_expect "$reply[2]" 0
    _GPTOS_INPUT="$records"
    __gptos_records
}

# Makes the line the command, as if its words had been asked for.
__gptos_ghost_take() {
    emulate -L zsh
    local command="$_GPTOS_GHOST_COMMAND"
    integer at=0
    if [[ -n $_GPTOS_GHOST_RECORDS ]]; then
        __gptos_ghost_join
        __gptos_ghost_forget
        __gptos_arrive
    else
        __gptos_ghost_forget
        at=${_GPTOS_RING[(Ie)$command]}
        (( at )) && __gptos_show $at
    fi
    return 0
}

# Right and End.
__gptos_ghost_accept() {
    if __gptos_ghost_is_shown; then
        __gptos_ghost_take
    else
        zle "${WIDGET#_gptos-ghost-}" -- "$@" || zle .beep
    fi
}

# Alt-F: the line becomes the next word of the command, and the rest stays behind it.
__gptos_ghost_word() {
    if ! __gptos_ghost_is_shown; then
        zle "${WIDGET#_gptos-ghost-}" -- "$@" || zle .beep
        return 0
    fi
    emulate -L zsh
    setopt extended_glob
    local REPLY='' command="$_GPTOS_GHOST_COMMAND" taken=''
    if [[ -n $_GPTOS_GHOST_RECORDS ]]; then
        __gptos_ghost_join
        _GPTOS_ORIGINAL="$BUFFER" _GPTOS_TYPED="$_GPTOS_TYPED_ASKED" _GPTOS_MORE="$_GPTOS_NEW_MORE" _GPTOS_OTHERS=$_GPTOS_NEW_OTHERS
        __gptos_join
        (( $#_GPTOS_RING )) || return 0
    else
        taken="$BUFFER"
    fi
    taken+="${(M)${command#"$taken"}##[[:space:]]#[^[:space:]]##}"
    if [[ $taken == "$command" ]]; then
        _GPTOS_GHOST_RECORDS=''
        __gptos_ghost_take
        return 0
    fi
    zle split-undo
    BUFFER="$taken"
    CURSOR=$#BUFFER
    _GPTOS_GHOST_LINE="$BUFFER" _GPTOS_GHOST_RECORDS='' _GPTOS_GHOST_ASKED='' _GPTOS_GHOST_TEXT="${command#"$taken"}"
    _GPTOS_NOTE="$_GPTOS_NOTES[1]" _GPTOS_AT=0 _GPTOS_SHOWN="$BUFFER" _GPTOS_DESCENDS=1 _GPTOS_NOTED="$_GPTOS_RING[1]"
    __gptos_ghost_draw
    __gptos_say_suggestion 1
    zle -R
    __gptos_guard_arm
    return 0
}

# The widgets for the keys that move to the end of the line or over a word, which are borrowed on a line of words. Their names begin with a sign that other plugins leave
# alone: one that wrapped them would take the ghost for its own.
__gptos_ghost_bind() {
    emulate -L zsh
    local name=''
    for name in forward-char vi-forward-char end-of-line vi-end-of-line; do
        zle -N _gptos-ghost-$name __gptos_ghost_accept
    done
    zle -N _gptos-ghost-look __gptos_watch_ghost
    zle -N _gptos-ghost-drop __gptos_ghost_drop
    for name in forward-word emacs-forward-word vi-forward-word vi-forward-blank-word; do
        zle -N _gptos-ghost-$name __gptos_ghost_word
    done
}

[[ $GPTOS_GHOST != 1 || -z $_GPTOS_BUILD ]] || __gptos_ghost_bind
