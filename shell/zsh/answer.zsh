# Part of the integration for zsh: what the binary writes becomes suggestions for the line.

# Called by the line editor when the binary has written something or has ended.
__gptos_data() {
    emulate -L zsh
    # A handler removed by another handler in the same round of polling is still called once.
    [[ $1 == "$_GPTOS_FD" ]] || return 0
    local chunk='' outcome=cancelled
    integer ended=0 rounds=0 failed=0 progressed=0 _GPTOS_HANDLING=1
    while (( rounds++ < 40 )); do
        sysread -i $1 -t 0 chunk
        failed=$?
        (( failed )) && break
        _GPTOS_INPUT+="$chunk"
    done

    __gptos_records

    if (( ended )); then
        __gptos_release
        __gptos_socket_back
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

# Takes whole records off _GPTOS_INPUT. The caller keeps whether the last one was there (ended) and whether there is progress (progressed).
__gptos_records() {
    emulate -L zsh
    local line=''
    integer i=0
    local -a fields=("${(@0)_GPTOS_INPUT}")
    # The last field is what follows the last NUL: not complete yet. What an answer at once is made of is looked for first.
    for (( i = 1; i + 3 <= $#fields; i += 3 )); do
        case $fields[i] in
            reading) _GPTOS_NEW_READING="$fields[i+1]" ;;
            cmd)
                line="$fields[i+1]"
                # What the binary refuses must not come in through a binary that was replaced. Of most one look tells.
                if [[ -z $line || $line == *[^\ -\~]* || $#line -gt 8192 ]] && ! __gptos_is_plain "$line"; then
                    _GPTOS_REFUSED=1
                elif (( $#_GPTOS_NEW < 50 && ! ${_GPTOS_NEW[(Ie)$line]} )); then
                    [[ -n $_GPTOS_NEW_HOLES ]] && __gptos_keep_holes "$line" "$_GPTOS_NEW_HOLES"
                    _GPTOS_NEW+=("$line")
                    _GPTOS_NEW_NOTES+=("$fields[i+2]")
                    _GPTOS_NEW_READINGS+=("$_GPTOS_NEW_READING")
                fi
                _GPTOS_NEW_HOLES='' _GPTOS_NEW_READING=''
                ;;
            took) _GPTOS_NEW_TOOK="$fields[i+1]" ;;
            others) _GPTOS_NEW_OTHERS=1 ;;
            end) ended=1; break ;;
            more) _GPTOS_NEW_MORE="$fields[i+1]" ;;
            tick) _GPTOS_ELAPSED="$fields[i+1]" _GPTOS_WAITING_FOR="$fields[i+2]" progressed=1 ;;
            meanwhile) __gptos_meanwhile "$fields[i+1]" "$fields[i+2]" && progressed=1 ;;
            holes) _GPTOS_NEW_HOLES="$fields[i+1]" ;;
            row) _GPTOS_ROWS+=("$fields[i+1]") ;;
            msg) _GPTOS_REMARK="$fields[i+1]" ;;
        esac
    done
    _GPTOS_INPUT="${(pj:\0:)fields[i,-1]}"
    return 0
}

# Adds the answer to the ring: REPLY is the place of its first command that was not there before.
__gptos_join() {
    emulate -L zsh
    integer i=0
    REPLY=$(( $#_GPTOS_RING + 1 ))
    for (( i = 1; i <= $#_GPTOS_NEW; i++ )); do
        (( ${_GPTOS_RING[(Ie)$_GPTOS_NEW[i]]} )) && continue
        _GPTOS_RING+=("$_GPTOS_NEW[i]")
        _GPTOS_NOTES+=("$_GPTOS_NEW_NOTES[i]")
        _GPTOS_READINGS+=("$_GPTOS_NEW_READINGS[i]")
        _GPTOS_TOOKS+=("$_GPTOS_NEW_TOOK")
        _GPTOS_REMARKS+=("$_GPTOS_REMARK")
    done
}

__gptos_why_none() {
    emulate -L zsh
    REPLY="${_GPTOS_REMARK:-no answer}"
    (( _GPTOS_REFUSED )) && REPLY='no answer (a command with unprintable characters was refused)'
    return 0
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
        if (( _GPTOS_EXTENDS && _GPTOS_LISTS )) && [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
            __gptos_go_on
        elif (( $#_GPTOS_NEW )); then
            __gptos_say 'the same answer again'
        else
            __gptos_why_none
            __gptos_say_rows "$REPLY"
        fi
        return 0
    fi
    (( _GPTOS_EXTENDS )) || _GPTOS_MORE="$_GPTOS_NEW_MORE" _GPTOS_OTHERS=$_GPTOS_NEW_OTHERS
    _GPTOS_TYPED="$_GPTOS_TYPED_ASKED"
    if (( _GPTOS_LISTS && ! _GPTOS_EXTENDS )) && [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
        _GPTOS_ORIGINAL="$BUFFER" _GPTOS_SHOWN="$BUFFER"
        __gptos_list_arrived
    elif [[ $BUFFER == "$_GPTOS_ASKED" ]]; then
        (( _GPTOS_EXTENDS )) || _GPTOS_ORIGINAL="$BUFFER"
        __gptos_show $first
    else
        # The line was edited meanwhile: it stays as it is, and the key puts the answer in.
        _GPTOS_ORIGINAL="$BUFFER" _GPTOS_SHOWN="$BUFFER" _GPTOS_AT=$(( first - 1 )) _GPTOS_NOTED=''
        __gptos_say "the line was edited; press the key again for: $_GPTOS_RING[first]"
    fi
}

# Makes the line the suggestion of this index (0 = the original words): one undo step.
__gptos_show() {
    emulate -L zsh
    zle split-undo
    if (( $1 )); then
        BUFFER="$_GPTOS_RING[$1]" _GPTOS_NOTE="$_GPTOS_NOTES[$1]" _GPTOS_NOTED="$_GPTOS_RING[$1]"
    else
        BUFFER="$_GPTOS_ORIGINAL" _GPTOS_NOTE='your words' _GPTOS_NOTED=''
    fi
    CURSOR=$#BUFFER
    (( $#_GPTOS_HOLED || _GPTOS_N_HOLES )) && __gptos_open_holes
    # The ghost text of another plugin belongs to the line that was replaced.
    POSTDISPLAY=''
    _GPTOS_AT=$1 _GPTOS_SHOWN="$BUFFER" _GPTOS_DESCENDS=$(( $1 > 0 ))
    if (( $1 )); then
        __gptos_say_note "$_GPTOS_NOTES[$1]" "$_GPTOS_READINGS[$1]" "$_GPTOS_TOOKS[$1]" "$_GPTOS_REMARKS[$1]"
    elif [[ $GPTOS_NOTE == 0 ]]; then
        zle -Rc
    else
        __gptos_say "$_GPTOS_NOTE"
    fi
    zle -R
    # Where the resident was asked it was done while that thought, and counts from now on.
    if (( ${_GPTOS_EXPECTED:-0} && _GPTOS_GUARD_FD )) && [[ $_GPTOS_NOTE != *'risk medium'* ]]; then
        (( _GPTOS_GUARD_DUE = EPOCHREALTIME + _GPTOS_GUARD_MS_NOW / 1000.0 + 0.1 ))
    else
        __gptos_guard_arm
    fi
    # What nobody sees comes after what is drawn.
    if (( $1 )); then
        __gptos_remember "$BUFFER"
        __gptos_offer "$BUFFER"
    fi
}
