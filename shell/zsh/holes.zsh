# Part of the integration for zsh: what is to be filled in.

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
    local signs="${BUFFER//[^<>]/}"
    local -a real=("${(@)_GPTOS_HOLES:#<>}")
    _GPTOS_HOLE_SIGNS=$(( $#signs - 2 * $#real )) _GPTOS_ODD=''
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
        __gptos_is_odd && return 0
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

# Nothing is left to fill in, but there are more of the signs of redirections than the command has: what was taken out of a hole may have
# left one of its brackets, which would write into a file. The same line is not told of twice.
__gptos_is_odd() {
    emulate -L zsh
    local signs="${BUFFER//[^<>]/}"
    (( $#signs > _GPTOS_HOLE_SIGNS )) && [[ $BUFFER != "$_GPTOS_ODD" ]] || return 1
    _GPTOS_ODD="$BUFFER"
    __gptos_withhold 'a < or > is there that the suggestion did not have: take it out, or Enter again runs the line'
    __gptos_guard_arm
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
        __gptos_withhold "fill in $_GPTOS_HOLES[i] first"
        return 0
    done
    __gptos_is_odd && return 0
    __gptos_close_holes
    return 1
}
