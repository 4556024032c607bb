# shellcheck shell=bash
# Part of the integration for bash: what this machine can offer by itself while the answer is awaited.

# Keeps it, if it is fit for the line. There is one for a request.
__gptos_keep_meanwhile() {
  [[ -n $1 && -z $_GPTOS_MEANWHILE ]] && __gptos_plain "$1" || return 0
  builtin [ "$1" != "$_GPTOS_ASKED_LINE" ] || return 0
  _GPTOS_MEANWHILE=$1 _GPTOS_MEANWHILE_NOTE=${2//[[:cntrl:]]/}
}

# Sets _GPTOS_TEXT to the sign of waiting that offers it.
__gptos_offer_text() {
  local waited
  __gptos_now
  waited=$(((_GPTOS_NOW - _GPTOS_ASKED_AT) / 100000))
  _GPTOS_TEXT="asking${_GPTOS_WAITING_FOR:+ ${_GPTOS_WAITING_FOR:0:20}} $((waited / 10)).$((waited % 10)) s"
  _GPTOS_TEXT+=" · $_GPTOS_KEY_NAME takes: $_GPTOS_MEANWHILE ($_GPTOS_MEANWHILE_NOTE)"
  __gptos_unicode || _GPTOS_TEXT=${_GPTOS_TEXT//·/-}
}

# The same within one row, because a sign that wraps could not be drawn over.
__gptos_fit_offer() {
  local room=$((${COLUMNS:-80} - 10))
  __gptos_offer_text
  __gptos_fit "$_GPTOS_TEXT" $((room >= 20 ? room : 20))
}

# At the live prompt: says once what can be taken.
__gptos_tell_offer() {
  [[ -n $_GPTOS_MEANWHILE ]] && ((_GPTOS_OFFERED == 0 && _GPTOS_TAKEN == 0)) || return 0
  builtin [ "$READLINE_LINE" = "$_GPTOS_ASKED_LINE" ] || return 0
  _GPTOS_OFFERED=1
  __gptos_offer_text
  __gptos_say "$_GPTOS_TEXT"
}

# While the shell waits: is the key the first one that was pressed since the offer was drawn? A press before that can not have
# meant it, and keys that edit the line keep their order. What was typed after the key stays to be played.
__gptos_asked_to_take() {
  local sequence
  [[ -n $_GPTOS_MEANWHILE ]] || return 1
  for sequence in "${_GPTOS_RAW_KEYS[@]}"; do
    builtin [ "${_GPTOS_TYPED:0:${#sequence}}" = "$sequence" ] || continue
    _GPTOS_TYPED=${_GPTOS_TYPED:${#sequence}}
    ((_GPTOS_OFFERED == 0)) || return 0
  done
  _GPTOS_OFFERED=1
  return 1
}

# Puts it into the line, a suggestion like any other. The request goes on aside. The terminal must be open.
__gptos_take() {
  local i
  [[ $_GPTOS_ASKED_FOR == more || $_GPTOS_ASKED_FOR == others ]] || __gptos_begin_ring "$_GPTOS_ASKED_LINE"
  _GPTOS_TAKEN=1 _GPTOS_MORE=''
  for ((i = 0; i < ${#_GPTOS_RING[@]}; i++)); do
    ! builtin [ "${_GPTOS_RING[i]}" = "$_GPTOS_MEANWHILE" ] || break
  done
  if ((i == ${#_GPTOS_RING[@]})); then
    _GPTOS_RING+=("$_GPTOS_MEANWHILE")
    _GPTOS_RING_NOTES+=("$_GPTOS_MEANWHILE_NOTE")
    _GPTOS_RING_READINGS+=('')
    _GPTOS_RING_TOOK+=('')
    _GPTOS_RING_HOLES+=('')
  fi
  __gptos_show "$i"
}

# The answer to a request from which something was taken meanwhile: the line stays as it is, and the next press of the key leads
# to the answer.
__gptos_settle_late() {
  local first=${#_GPTOS_RING[@]}
  _GPTOS_TAKEN=0
  __gptos_drain
  if [[ -z $READLINE_LINE ]]; then
    __gptos_say 'the line was emptied, so the answer was dropped'
    return 0
  elif ! __gptos_judge_answer; then
    __gptos_say "$_GPTOS_MESSAGE"
    return 0
  fi
  __gptos_join
  [[ $_GPTOS_ASKED_FOR == more || $_GPTOS_ASKED_FOR == others ]] || _GPTOS_MORE=$_GPTOS_OFFER
  [[ -z $_GPTOS_MESSAGE ]] || __gptos_say "$_GPTOS_MESSAGE"
  if ((first == ${#_GPTOS_RING[@]})); then
    __gptos_say "the answer is the same (${_GPTOS_NOTES[0]})"
  else
    _GPTOS_RING_AT=$((first - 1)) _GPTOS_SHOWN=$READLINE_LINE
    __gptos_say "the answer is here, $_GPTOS_KEY_NAME shows: ${_GPTOS_RING[first]} (${_GPTOS_RING_NOTES[first]})"
  fi
}

# The answer to words that were edited meanwhile: it touches nothing, and the next press of the key shows it, whatever the line
# is then. `_GPTOS_LATE` says that nothing of this ring was shown yet.
__gptos_offer_answer() {
  if [[ -z $READLINE_LINE ]]; then
    __gptos_say 'the line was emptied, so the answer was dropped'
    return 0
  fi
  __gptos_begin_ring "$READLINE_LINE"
  __gptos_join
  _GPTOS_MORE=$_GPTOS_OFFER _GPTOS_RING_AT=${#_GPTOS_RING[@]} _GPTOS_LATE=1
  __gptos_say "the line was edited meanwhile; $_GPTOS_KEY_NAME shows the answer: ${_GPTOS_COMMANDS[0]} (${_GPTOS_NOTES[0]})"
}

# False: there is no such answer, or the line was emptied since.
__gptos_show_late() {
  ((_GPTOS_LATE)) && [[ -n $READLINE_LINE ]] || return 1
  _GPTOS_LATE=0 _GPTOS_ORIGINAL=$READLINE_LINE _GPTOS_TYPED=''
  __gptos_open_terminal
  if [[ $_GPTOS_ASKED_FOR == list ]]; then
    __gptos_show_list
  else
    __gptos_show 0
  fi
  exec {_GPTOS_TTY}<&-
}

# The key, while a request is pending at the live prompt. False: the key does what it always does.
__gptos_pending_key() {
  if __gptos_collect; then
    return 0
  elif ((_GPTOS_TAKEN)); then
    if __gptos_on_suggestion; then
      return 1
    elif builtin [ "$READLINE_LINE" = "$_GPTOS_ASKED_LINE" ]; then
      # The words came back by undo: the request for them is under way already.
      _GPTOS_RING_AT=${#_GPTOS_RING[@]} _GPTOS_SHOWN=$READLINE_LINE
      return 1
    fi
    __gptos_replace_pending
    return 1
  elif ! builtin [ "$READLINE_LINE" = "$_GPTOS_ASKED_LINE" ] && [[ -n $_GPTOS_WORDS ]]; then
    __gptos_replace_pending
    return 1
  elif [[ -n $_GPTOS_MEANWHILE ]]; then
    __gptos_open_terminal
    __gptos_take
    exec {_GPTOS_TTY}<&-
  else
    __gptos_say 'waiting, Ctrl-C cancels'
  fi
  return 0
}
