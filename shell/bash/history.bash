# shellcheck shell=bash
# Part of the integration for bash: what goes into the history, and what is reported of a line that runs.

# The line in the buffer asks. Nothing may be added to the history while readline walks in it, so that waits for the next line.
__gptos_keep_request() {
  ((${#_GPTOS_REQUESTS[@]} < 20)) || _GPTOS_REQUESTS=("${_GPTOS_REQUESTS[@]:1}")
  _GPTOS_REQUESTS+=("$READLINE_LINE")
}

# Adds the requests to the history, as far as the user's HISTCONTROL and HISTIGNORE let them in; $1, if any, is the last one. A
# line that begins with a blank is kept nowhere.
__gptos_put_requests() {
  local request last=''
  if [[ ! -o history ]]; then
    _GPTOS_REQUESTS=()
    return 0
  fi
  for request in "${_GPTOS_REQUESTS[@]}" ${1:+"$1"}; do
    [[ $request != [[:blank:]]* ]] || continue
    builtin [ "$request" != "$last" ] || continue
    builtin history -s -- "$request"
    last=$request
  done
  _GPTOS_REQUESTS=()
}

# Whether bash will put older lines in the place of a part of this one, or looks for one in vain.
__gptos_means_older_lines() {
  local signs=${histchars-'!^#'}
  [[ -o histexpand && ($READLINE_LINE == *"${signs:0:1}"* || $READLINE_LINE == "${signs:1:1}"*) ]] &&
    ! builtin [ "$(builtin history -p -- "$READLINE_LINE" 2>/dev/null)" = "$READLINE_LINE" ]
}

# A line of the user's is about to run. If it came from a suggestion, the words go into the history before it, and the
# prompt hook will report it, unless one of them began with a blank: such a line is kept nowhere. The suggestion's first word
# must have survived: else the user typed something of his own.
__gptos_submit() {
  local suggestion word field words=''
  __gptos_replace_pending # who runs the line no longer waits for another one
  __gptos_note_line
  if ((_GPTOS_PROMPTING == 0)); then
    _GPTOS_RAN='' # a second line (PS2): the command is more than the line we know
    # Without our prompt hook nothing else ends the descent from a suggestion.
    ! __gptos_at_prompt key || __gptos_forget
    return 0
  fi
  for suggestion in "${_GPTOS_RING[@]}"; do
    word=${suggestion%%[[:space:]]*}
    # A mended line has no words.
    if [[ -n $_GPTOS_MEANT && $_GPTOS_LATE == 0 && " $READLINE_LINE " == *[[:space:]]"$word"[[:space:]]* ]]; then
      words=$_GPTOS_ORIGINAL
      [[ $_GPTOS_ORIGINAL != [[:blank:]]* && $_GPTOS_MEANT != [[:blank:]]* && $READLINE_LINE != [[:blank:]]* ]] || break
      _GPTOS_RAN=$READLINE_LINE _GPTOS_RAN_QUERY=$_GPTOS_QUERY _GPTOS_RAN_WITH=()
      for field in "${_GPTOS_RING_WITH[@]}"; do
        # Where the cursor was says nothing of the words.
        [[ $field == cursor=* ]] || _GPTOS_RAN_WITH+=("$field")
      done
      break
    fi
  done
  if __gptos_means_older_lines; then
    # It means what stands before the words, so these come behind.
    _GPTOS_REQUESTS+=(${words:+"$words"})
  else
    __gptos_put_requests "$words"
  fi
  _GPTOS_PROMPTING=0
}
