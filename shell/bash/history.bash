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

# Whether bash may put older lines in the place of a part of this one. The user may have chosen other signs, or fewer.
__gptos_has_events() {
  local signs=${histchars-'!^#'}
  [[ -o histexpand && -n $signs ]] || return 1
  [[ $READLINE_LINE == *"${signs:0:1}"[![:space:]=]* || (-n ${signs:1:1} && $READLINE_LINE == "${signs:1:1}"*) ]]
}

# Whether bash will ask for the line again instead of running it, without the prompt hook: it does not find an event, or the user wants to see first
# what it stands for.
__gptos_is_asked_again() {
  local line
  __gptos_has_events || return 1
  line=$(__gptos_print_expanded) || return 0
  builtin shopt -q histverify && ! builtin [ "$line" = "$READLINE_LINE" ]
}

# Puts what `!!` and its like stand for into a line that came from words: these go into the history before it, and must not be what it means,
# and what runs is what is judged. True if the user has bash show such a line first. An event that is not there is bash's to tell.
__gptos_shows_older_lines() {
  local line
  ((_GPTOS_PROMPTING && ${#_GPTOS_RING[@]})) && __gptos_has_events || return 1
  line=$(__gptos_print_expanded) && [[ -n $line ]] && ! builtin [ "$line" = "$READLINE_LINE" ] || return 1
  READLINE_LINE=$line READLINE_POINT=${#line}
  builtin shopt -q histverify
}

# Prints the line as the history makes it. Runs in a subshell: `history -p` takes the newest entry for its own command and drops it, unless one
# was stored just now. So the newest is stored anew, which drops it first or not.
__gptos_print_expanded() {
  local HISTTIMEFORMAT='' newest number after
  newest=$(builtin history 1)
  newest=${newest#"${newest%%[![:space:]]*}"}
  number=${newest%%[!0-9]*}
  builtin history -s -- "${newest:${#number}+2}"
  after=$(builtin history 1)
  after=${after#"${after%%[![:space:]]*}"}
  [[ ${after%%[!0-9]*} == "$number" ]] || builtin history -d -1
  builtin history -p -- "$READLINE_LINE" 2>/dev/null
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
  __gptos_put_requests "$words"
  if __gptos_is_asked_again; then
    _GPTOS_RAN=''
    __gptos_end_line 0
  else
    _GPTOS_PROMPTING=0
  fi
}
