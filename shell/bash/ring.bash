# shellcheck shell=bash
# Part of the integration for bash: the suggestions in order, and then the words they came from.

__gptos_forget() {
  _GPTOS_RING=() _GPTOS_RING_NOTES=() _GPTOS_RING_READINGS=() _GPTOS_RING_TOOK=() _GPTOS_RING_HOLES=() _GPTOS_RING_AT=0
  _GPTOS_RING_WITH=() _GPTOS_RING_LINE='' _GPTOS_HOLES=() _GPTOS_GLUE=() _GPTOS_ODD='' _GPTOS_ORIGINAL='' _GPTOS_QUERY='' _GPTOS_MEANT=''
  _GPTOS_MORE='' _GPTOS_OTHERS=0 _GPTOS_SHOWN='' _GPTOS_LATE=0 _GPTOS_GUARD_UNTIL=0 _GPTOS_GUARD_TOLD=0 _GPTOS_HELD=''
}

# Begins a ring for the line that was asked about; the words are given back as line $1.
__gptos_begin_ring() {
  __gptos_forget
  _GPTOS_ORIGINAL=$1 _GPTOS_RING_LINE=$_GPTOS_ASKED_LINE _GPTOS_NOTE_ROWS=$((_GPTOS_LIST_ROWS + _GPTOS_NOTE_ROWS)) _GPTOS_LIST_ROWS=0
  _GPTOS_QUERY=$_GPTOS_ASKED_QUERY _GPTOS_MEANT=$_GPTOS_ASKED_MEANT _GPTOS_RING_WITH=("${_GPTOS_ASKED_WITH[@]}")
}

# Puts entry $1 of the ring into the buffer; the last one is the original line. With $2 nothing is told of it.
__gptos_show() {
  local text=$_GPTOS_ORIGINAL
  _GPTOS_RING_AT=$1 _GPTOS_HELD=''
  if (($1 < ${#_GPTOS_RING[@]})); then
    text=${_GPTOS_RING[$1]}
    [[ -n ${2-} ]] || __gptos_print_note "$1"
    __gptos_remember_suggestion "$text"
  else
    __gptos_remove_note
  fi
  # Last before the write, so that no Enter of before the command can reach readline after it.
  if ((_GPTOS_CALLED_AT)) || builtin read -r -t 0 -u "$_GPTOS_TTY"; then
    __gptos_drain
  fi
  READLINE_LINE=$text
  READLINE_POINT=${#text}
  _GPTOS_SHOWN=$text _GPTOS_NOTE_LINE=$text
  _GPTOS_HOLES=() _GPTOS_GLUE=()
  [[ -z ${_GPTOS_RING_HOLES[$1]-} ]] || __gptos_open_holes "${_GPTOS_RING_HOLES[$1]}"
  __gptos_guard
}

# Whether the line is as the ring shows it. Words that were edited while their answer was awaited are other words.
__gptos_on_suggestion() {
  ((${#_GPTOS_RING[@]})) && builtin [ "$READLINE_LINE" = "$_GPTOS_SHOWN" ] || return 1
  ((_GPTOS_RING_AT < ${#_GPTOS_RING[@]})) || builtin [ "$_GPTOS_ORIGINAL" = "$_GPTOS_RING_LINE" ]
}

__gptos_accept_new() {
  __gptos_begin_ring "$_GPTOS_ASKED_LINE"
  __gptos_join
  _GPTOS_MORE=$_GPTOS_OFFER _GPTOS_OTHERS=$_GPTOS_HAS_OTHERS
  __gptos_show 0
}

# Other ways than the answer are here, or there are none. Who pressed the key and is still waiting for it sees to that.
__gptos_accept_others() {
  local first=${#_GPTOS_RING[@]}
  __gptos_join
  if ((first < ${#_GPTOS_RING[@]})); then
    __gptos_show "$first"
  elif [[ -n ${_GPTOS_BARREN-} ]]; then
    _GPTOS_BARREN=1
  else
    __gptos_say 'nothing else says this'
  fi
}

__gptos_accept_more() {
  local first=${#_GPTOS_RING[@]}
  __gptos_join
  if ((first == ${#_GPTOS_RING[@]})); then
    __gptos_remove_note
    __gptos_say "$_GPTOS_MORE gives no other answer"
  fi
  _GPTOS_MORE=''
  __gptos_show "$first"
}

# Adds to the ring what it does not hold yet.
__gptos_join() {
  local i known candidate
  for ((i = 0; i < ${#_GPTOS_COMMANDS[@]}; i++)); do
    candidate=${_GPTOS_COMMANDS[i]}
    for known in "${_GPTOS_RING[@]}"; do
      ! builtin [ "$known" = "$candidate" ] || continue 2
    done
    _GPTOS_RING+=("$candidate")
    _GPTOS_RING_NOTES+=("${_GPTOS_NOTES[i]}")
    _GPTOS_RING_READINGS+=("${_GPTOS_READINGS[i]}")
    _GPTOS_RING_TOOK+=("$_GPTOS_TOOK")
    _GPTOS_RING_HOLES+=("${_GPTOS_COMMAND_HOLES[i]}")
  done
}

__gptos_next() {
  local next=$((_GPTOS_RING_AT + 1)) count=${#_GPTOS_RING[@]} _GPTOS_BARREN=0
  # Other ways than the answer are looked for when they are wanted.
  if ((next == count && _GPTOS_OTHERS)); then
    _GPTOS_OTHERS=0 _GPTOS_WITH=("${_GPTOS_RING_WITH[@]}")
    __gptos_ask "$_GPTOS_QUERY" '' others
    ((_GPTOS_BARREN)) || return 0
  fi
  if ((next == count)) && [[ -n $_GPTOS_MORE ]]; then
    _GPTOS_WITH=("${_GPTOS_RING_WITH[@]}")
    __gptos_ask "$_GPTOS_QUERY" fresh more
    return 0
  fi
  __gptos_open_terminal
  # Of a request that brought nothing the keys are kept that were typed meanwhile.
  ((_GPTOS_BARREN)) || _GPTOS_TYPED=''
  __gptos_show $((next % (count + 1)))
  exec {_GPTOS_TTY}<&-
}
