# shellcheck shell=bash
# Part of the integration for bash: asking the resident without a process. Bash opens no sockets, so the resident has two pipes for this
# shell; the program asks for them when it brings an answer. Whatever is odd there leaves the question to the program.

# How long a key waits for the resident, in seconds.
: "${_GPTOS_PIPES_LIMIT=0.02}"
# The number of the question.
_GPTOS_TURN=1000

# The pipes are used no more.
__gptos_leave_pipes() {
  _GPTOS_PIPES='' _GPTOS_PIPES_KNOW=''
}

# Sets _GPTOS_SEEN to all that a program would see of this shell's environment, and what the resident knows since the pipes are there.
__gptos_see() {
  _GPTOS_SEEN="$GPTOS_BIN ${HOME@A} ${PATH@A} ${LC_ALL@A} ${LC_MESSAGES@A} ${LANG@A} ${GPTOS_CONFIG@A}"
  _GPTOS_SEEN+=" ${XDG_CONFIG_HOME@A} ${XDG_STATE_HOME@A} ${XDG_RUNTIME_DIR@A}"
  # What the environment says of the configuration is the program's to read; `gptos init` wrote this function.
  __gptos_see_configuration
}

# The pipes whose names begin with $1 are for this shell.
__gptos_take_pipes() {
  [[ $1 == /* ]] || return 0
  __gptos_see
  _GPTOS_PIPES=$1 _GPTOS_PIPES_KNOW=$_GPTOS_SEEN
}

# Asks over the pipes for what is at hand to the words in $1. Sets the caller's `pipes`, and `in` to the end where the answer will be, if there
# will be one.
__gptos_put_to_pipes() {
  local sign='●' counts='' out=''
  pipes=$_GPTOS_PIPES
  # Until they have answered: what comes too late must not be taken for the next answer.
  _GPTOS_PIPES=''
  # They are this shell's, not those of a subshell.
  [[ -n $pipes && $BASHPID == "$$" && $_GPTOS_NAMES_FIT == 1 && ${#1} -lt 4096 ]] || return 1
  case ${#sign} in
    1) ;;
    3) counts=counts=bytes ;;
    *) return 1 ;; # `read` counts as nobody else does
  esac
  __gptos_see
  builtin [ "$_GPTOS_SEEN" = "$_GPTOS_PIPES_KNOW" ] || return 1
  [[ -p $pipes.ask && -O $pipes.ask && -p $pipes.told && -O $pipes.told ]] || return 1
  ((++_GPTOS_TURN < 10000)) || _GPTOS_TURN=1000
  # An end that is open for reading and writing waits for nobody and is never broken. The answers are read at one that is open for
  # reading alone: it ends when the resident does. All of them are closed again, so that no program inherits them.
  if ! { exec {out}<>"$pipes.told" {in}<"$pipes.told" {out}<&- {out}<>"$pipes.ask" && __gptos_put_question "$1" "$counts" >&"$out"; } 2>/dev/null; then
    [[ -z $in ]] || exec {in}<&-
    in=''
  fi
  [[ -z $out ]] || exec {out}<&-
}

# Waits for the answer to what was put to the caller's `pipes`. 0: it has been taken, 1: the program is to be asked for it, 2: nothing is at hand.
__gptos_read_pipes() {
  local head='' text=''
  if builtin read -r -N 9 -t "$_GPTOS_PIPES_LIMIT" -u "$in" head && [[ $head == "$_GPTOS_TURN"[0-9][0-9][0-9][0-9][0-9] ]]; then
    builtin read -r -N $((10#${head:4})) -t "$_GPTOS_PIPES_LIMIT" -u "$in" text || text=''
  fi
  exec {in}<&-
  [[ $text == *$'\x1fend\x1f0\x1f\x1f' ]] && ((_GPTOS_CANCELLED == 0)) || return 1
  _GPTOS_PIPES=$pipes
  [[ $text != ask$'\x1f'* ]] || return 2
  __gptos_take_text "$text"
}

__gptos_put_question() {
  local options='' trace=''
  # A program would find it in its environment.
  [[ ! -v TRACEPARENT || ${TRACEPARENT@a} != *x* || ${#TRACEPARENT} -ge 128 ]] || trace="traceparent=$TRACEPARENT"
  builtin shopt -q interactive_comments || options=nocomments
  __gptos_print_names
  builtin printf '%s\0' '' "$_GPTOS_TURN" "$1" "$options" "${_GPTOS_WITH[@]}" ${trace:+"$trace"} ${2:+"$2"} end
}
