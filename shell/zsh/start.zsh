# GPT-OS for zsh: a key turns the words on the line into a command, which you read before you run it.
#
# Assumes zsh 5.3 or later with the modules zsh/system, zsh/zselect, zsh/parameter and zsh/datetime; any options, aliases and plugins,
# loaded before or after. Defines the widget gptos-translate (bound to GPTOS_KEY), wraps accept-line and its kin for lines that begin with
# `??` and for lines that are judged before they run, and adds hooks named __gptos_*. Options are GPTOS_*, private globals _GPTOS_*. Nothing
# here runs what the binary answers: accept-line is only called for a line the user submitted.
#
# `gptos init` joins the parts. It hands this one and all the others, as two texts of which the second is folded, to a function that reads
# them with the options of zsh and without aliases. This part is read at once. The others are read when the first prompt is drawn and nobody
# types, or when they are needed.

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
# The terminal of that editor keeps Ctrl-G for itself.
if [[ ${TERM_PROGRAM-} == vscode ]]; then
    : ${GPTOS_KEY2='ctrl-]'}
else
    : ${GPTOS_KEY2=}
fi

# The other parts until they are read, and an fd that is always ready, so that the line editor calls as soon as it waits (0 = none).
typeset -ga _GPTOS_REST _GPTOS_FOLDS
_GPTOS_REST=("$2") _GPTOS_FOLDS=("${@:3}")
typeset -gi _GPTOS_IDLE_FD=${_GPTOS_IDLE_FD:-0}
# Tells, in arithmetic, whether anything of ours has happened to the line: a function that says so would cost each Enter more than it does.
: ${_GPTOS_TOUCHED=0}
# What Enter and its kin did before.
typeset -gA _GPTOS_FORMER

# Reads the other parts, or with `step` the next of them; the last puts real functions in the place of those that call this. False if this
# shell lacks something.
__gptos_load() {
    emulate -L zsh
    setopt no_aliases
    local rest='' whole='' sign=$'\x0e'
    if (( ! $#_GPTOS_REST )) || ! zmodload zsh/system zsh/zselect zsh/parameter zsh/datetime 2>/dev/null; then
        __gptos_idle_end
        (( $#_GPTOS_REST )) &&
            zle -M 'gptos: zsh: one of the modules zsh/system, zsh/zselect, zsh/parameter, zsh/datetime is missing'
        _GPTOS_REST=()
        return 1
    fi
    # They have come as one line, with signs between them and in the place of what is written most often. Each is evaluated by itself: for a
    # text of twice the length zsh takes more than twice as long.
    [[ $_GPTOS_REST[1] != *$sign* ]] || _GPTOS_REST=("${(@ps:$sign:)_GPTOS_REST}")
    while (( $#_GPTOS_REST )); do
        rest="$_GPTOS_REST[1]"
        shift _GPTOS_REST
        for whole in "${_GPTOS_FOLDS[@]}"; do
            sign="${whole[1]}" whole="${whole[2,-1]}"
            rest="${(pj:$whole:)${(@ps:$sign:)rest}}"
        done
        if (( ! $#_GPTOS_REST )); then
            __gptos_idle_end
            unset _GPTOS_FOLDS
        fi
        if [[ $_GPTOS_EMULATED == on ]]; then
            emulate zsh -o no_aliases -c "$rest"
        else
            builtin eval "$rest"
        fi
        [[ ${1-} != step ]] || break
    done
    return 0
}

__gptos_translate() {
    __gptos_load && __gptos_translate "$@"
}

__gptos_takes_enter() {
    __gptos_load && __gptos_takes_enter "$@"
}

# Called when the line editor waits for a key for the first time.
__gptos_idle() {
    [[ $1 == "$_GPTOS_IDLE_FD" ]] && __gptos_load step
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
    if [[ $BUFFER != *['?#']* && $GPTOS_GUARD != all ]] && (( ! ($_GPTOS_TOUCHED) )) || ! __gptos_takes_enter; then
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
        # It fails where the history holds no such line, and the line stays.
        zle "${_GPTOS_FORMER[accept-and-infer-next-history]}" -- "$@" || zle .beep
    fi
}

zle -N gptos-translate __gptos_translate
__gptos_bind
__gptos_wrap_accept_line
__gptos_idle_end
exec {_GPTOS_IDLE_FD}</dev/null && zle -F $_GPTOS_IDLE_FD __gptos_idle
