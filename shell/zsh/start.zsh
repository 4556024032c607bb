# GPT-OS for zsh: a key turns the words on the line into a command, which you read before you run it.
#
# Assumes zsh 5.3 or later with the modules zsh/system, zsh/zselect, zsh/parameter and zsh/datetime; any options, aliases and plugins,
# loaded before or after. Defines the widget gptos-translate (bound to GPTOS_KEY), wraps accept-line and its kin for lines that begin with
# `??` and for lines that are judged before they run, and adds hooks named __gptos_*. Options are GPTOS_*, private globals _GPTOS_*. Nothing
# here runs what the binary answers: accept-line is only called for a line the user submitted.
#
# `gptos init` prints this part alone, as a text for a function that reads it with the options of zsh and without aliases. When the first
# prompt is drawn and nobody types, `gptos parts` is asked for the others; a key that needs them sooner waits for them.

[[ -o interactive && -o zle && ${TERM:-dumb} != dumb ]] || return 0

# An old zsh is told of once for this user: the file that is made then keeps the next shells silent.
if [[ $ZSH_VERSION != (5.<3->|<6->.)* ]]; then
    () {
        local folder="${XDG_STATE_HOME:-${HOME-}/.local/state}/gptos" install='install a newer zsh'
        [[ -z ${_GPTOS_OLD_TOLD-} && ! -e $folder/old-zsh ]] || return 0
        typeset -g _GPTOS_OLD_TOLD=1
        [[ $OSTYPE == darwin* ]] && install='`brew install zsh` brings a newer one'
        print -ru2 -- "gptos: zsh $ZSH_VERSION is too old for the keys (5.3 or later); \`gptos \"words\"\` works, and $install"
        { command mkdir -p -m 700 -- "$folder" && : >$folder/old-zsh } 2>/dev/null
    }
    return 0
fi

: ${GPTOS_BIN=gptos}
: ${GPTOS_KEY=ctrl-g}
: ${GPTOS_GUARD=suggested}
# The terminal of that editor keeps Ctrl-G for itself.
if [[ ${TERM_PROGRAM-} == vscode ]]; then
    : ${GPTOS_KEY2='ctrl-]'}
else
    : ${GPTOS_KEY2=}
fi

# How far the other parts are: not asked for, coming, here, or read (nothing); `lacking` where
# nobody handed them out, `broken` where zsh lacks something. The parts themselves, or as much as has come of them.
typeset -g _GPTOS_STAGE=unasked
typeset -ga _GPTOS_PARTS=('')
# An fd that is always ready, so that the line editor calls as soon as it waits, or the one from which the parts come (0 = none).
typeset -gi _GPTOS_IDLE_FD=${_GPTOS_IDLE_FD:-0}
# Who has them, if `gptos init` did not say.
: ${_GPTOS_PARTS_BIN=} ${_GPTOS_PARTS_BUILD=}
# Tells, in arithmetic, whether anything of ours has happened to the line: a function that says so would cost each Enter more than it does.
: ${_GPTOS_TOUCHED=0}
# Whether that was looked at for the line that is entered and nothing had: to ask once more costs each Enter a tenth of all that is ours.
typeset -gi _GPTOS_PLAIN=0
# What Enter and its kin did before.
typeset -gA _GPTOS_FORMER

# Reads the other parts, or with `step` the next of them; the last puts real functions in the place of those that call this. False if this
# shell lacks something. Who does not hand them out is not asked again with `quiet`.
__gptos_load() {
    emulate -L zsh
    setopt no_aliases
    local part=''
    [[ $_GPTOS_STAGE != broken && ( $_GPTOS_STAGE != lacking || ${1-} != quiet ) ]] || return 1
    if [[ $_GPTOS_STAGE != here ]]; then
        [[ $_GPTOS_STAGE == coming ]] || __gptos_ask_parts || return 1
        while [[ $_GPTOS_STAGE == coming ]]; do
            __gptos_take_parts 2 || break
        done
        if [[ $_GPTOS_STAGE != here ]]; then
            _GPTOS_STAGE=lacking
            zle -M "gptos: zsh: $_GPTOS_PARTS_ASKED does not hand out the integration"$'\n''hint: try again, or run the installer and open a new shell'
            return 1
        fi
    fi
    while (( $#_GPTOS_PARTS )); do
        part="$_GPTOS_PARTS[1]"
        shift _GPTOS_PARTS
        if (( ! $#_GPTOS_PARTS )); then
            _GPTOS_STAGE=''
            __gptos_idle_end
        fi
        if [[ $_GPTOS_EMULATED == on ]]; then
            emulate zsh -o no_aliases -c "$part"
        else
            builtin eval "$part"
        fi
        [[ ${1-} != step ]] || return 0
    done
    # A binary of another build has handed out its own first part.
    [[ $_GPTOS_STAGE == unasked ]] || return 0
    [[ ${1-} != again ]] && __gptos_load again
}

# Has the binary write the other parts to the fd.
__gptos_ask_parts() {
    emulate -L zsh
    setopt no_aliases no_bg_nice
    if ! zmodload zsh/system zsh/zselect zsh/parameter zsh/datetime 2>/dev/null; then
        __gptos_idle_end
        _GPTOS_STAGE=broken
        zle -M 'gptos: zsh: one of the modules zsh/system, zsh/zselect, zsh/parameter, zsh/datetime is missing'
        return 1
    fi
    typeset -g _GPTOS_PARTS_ASKED="$_GPTOS_PARTS_BIN"
    [[ -f $_GPTOS_PARTS_ASKED && -x $_GPTOS_PARTS_ASKED ]] || _GPTOS_PARTS_ASKED="$GPTOS_BIN"
    __gptos_idle_end
    _GPTOS_PARTS=('')
    exec {_GPTOS_IDLE_FD}< <(command -- "$_GPTOS_PARTS_ASKED" parts zsh "$_GPTOS_PARTS_BUILD" </dev/null 2>/dev/null &) || return 1
    __gptos_reap "${sysparams[procsubstpid]-}"
    _GPTOS_STAGE=coming
    zle -F $_GPTOS_IDLE_FD __gptos_idle
}

# Waits for a child that is about to end, 5 ms at most. The end of a child interrupts what zsh writes at that moment, and stdio then drops it: a
# typed letter would be missing on the screen. So what ends at a time of its own is not the shell's child: its parent is gone before the shell
# goes on.
__gptos_reap() {
    emulate -L zsh
    local -F from=$EPOCHREALTIME
    [[ $1 == <2-> ]] || return 0
    while builtin kill -0 $1 2>/dev/null && (( EPOCHREALTIME >= from && EPOCHREALTIME < from + 0.005 )); do :; done
    return 0
}

# Takes what has come within SECONDS. The sign between the parts stands behind the last as well. At their end the fd is always ready.
__gptos_take_parts() {
    emulate -L zsh
    local sign=$'\x0e' text=''
    integer result=0
    sysread -i $_GPTOS_IDLE_FD -s 65536 -t $1 text || result=$?
    case $result in
        0)
            _GPTOS_PARTS[1]+="$text"
            (( $#_GPTOS_PARTS[1] > 1000000 )) || return 0
            ;;
        5)
            if [[ $_GPTOS_PARTS[1] == *$sign ]]; then
                _GPTOS_PARTS=("${(@ps:$sign:)_GPTOS_PARTS[1][1,-2]}")
                _GPTOS_STAGE=here
                return 0
            fi
            ;;
    esac
    __gptos_idle_end
    _GPTOS_STAGE=unasked
    return 1
}

__gptos_translate() {
    __gptos_load && __gptos_translate "$@"
}

# Words are no command, also where nobody can make one of them.
__gptos_takes_enter() {
    if [[ $CONTEXT == start ]] && [[ $BUFFER == '??'* || $BUFFER == [[:space:]]'??'* ]]; then
        ! __gptos_load || __gptos_takes_enter "$@"
    else
        __gptos_load quiet && __gptos_takes_enter "$@"
    fi
}

# Called when the line editor waits for a key and the fd can be read. What comes to nothing here is tried again when a key needs it.
__gptos_idle() {
    [[ $1 == "$_GPTOS_IDLE_FD" ]] || return 0
    case $_GPTOS_STAGE in
        unasked) __gptos_ask_parts ;;
        coming) __gptos_take_parts 0 ;;
        here)
            __gptos_load step
            # What was typed before the parts were there is looked at now.
            [[ -n $_GPTOS_STAGE ]] || ! zle || zle gptos-catch-up
            ;;
    esac
    return 0
}

__gptos_idle_end() {
    emulate -L zsh
    (( _GPTOS_IDLE_FD )) || return 0
    zle -F $_GPTOS_IDLE_FD
    exec {_GPTOS_IDLE_FD}<&-
    _GPTOS_IDLE_FD=0
}

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

# If a plugin has wrapped our widget since, ours is already in its chain; wrapping once more would make a circle.
__gptos_wrap_accept_line() {
    emulate -L zsh
    local name='' ours=''
    for name in accept-line accept-and-hold accept-line-and-down-history accept-and-infer-next-history; do
        ours="__gptos_${name//-/_}"
        # To ask what a widget is loads a module, to ask whether it is the user's does not.
        if ! zle -l $name || [[ ${widgets[$name]-builtin} == builtin ]]; then
            # The builtin's own name, not an alias: zsh-syntax-highlighting 0.7.1 cannot wrap an aliased builtin, and Enter would be dead.
            _GPTOS_FORMER[$name]=.$name
        elif [[ -n ${widgets[(re)user:$ours]-} ]]; then
            continue
        else
            zle -A $name _gptos-former-$name
            _GPTOS_FORMER[$name]=_gptos-former-$name
        fi
        zle -N $name $ours
    done
}

# No options are changed around the widget that was there before: it may be the user's. Most lines are the user's own and hold no sign of ours.
__gptos_accept_line() {
    # The user's options hold here, and one of them warns of what is set without a word.
    if [[ $BUFFER != *['?#']* && $GPTOS_GUARD != all ]] && (( ! ($_GPTOS_TOUCHED) )); then
        typeset -gi _GPTOS_PLAIN=1
    else
        typeset -gi _GPTOS_PLAIN=0
        ! __gptos_takes_enter || return 0
    fi
    zle "${_GPTOS_FORMER[accept-line]}" -- "$@"
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
        # It fails where the history holds no such line, and the line stays.
        zle "${_GPTOS_FORMER[accept-and-infer-next-history]}" -- "$@" || zle .beep
    fi
}

# A line is about to run. One that begins with a blank is kept nowhere.
__gptos_note_line() {
    emulate -L zsh
    [[ $1 == *[^[:space:]]* ]] || return 0
    _GPTOS_LINE=("${1%$'\n'}") _GPTOS_FAILED=()
    [[ $1 == [[:space:]]* ]] && _GPTOS_LINE=()
    return 0
}

# It has ended with this status. A program stopped by Ctrl-Z has not failed.
__gptos_note_status() {
    emulate -L zsh
    [[ -n $_GPTOS_LINE ]] || return 0
    (( $1 && $1 != 148 )) && _GPTOS_FAILED=("$_GPTOS_LINE") _GPTOS_FAILED_STATUS=$1
    _GPTOS_LINE=()
}

# The first lines of a shell may fail before the parts are there that do more at each line.
__gptos_first_history() { __gptos_note_line "$1" }
__gptos_first_precmd() { __gptos_note_status $? }
if [[ -z ${(M)precmd_functions:#__gptos_(first_|)precmd} ]]; then
    # The line that runs, and the last one that failed, with its status. Arrays never come into the environment of a program.
    typeset -ga _GPTOS_LINE=() _GPTOS_FAILED=()
    typeset -gi _GPTOS_FAILED_STATUS=0
    zshaddhistory_functions+=(__gptos_first_history)
    precmd_functions+=(__gptos_first_precmd)
fi

zle -N gptos-translate __gptos_translate
__gptos_bind
__gptos_wrap_accept_line
__gptos_idle_end
exec {_GPTOS_IDLE_FD}</dev/null && zle -F $_GPTOS_IDLE_FD __gptos_idle
