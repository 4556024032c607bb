# shellcheck shell=bash
# Part of the integration for bash: Enter, and what it must not run.

# === too early: nobody can have read the line ===

# From now on Enter runs nothing for a moment: nobody can have read what has just appeared.
__gptos_guard() {
  __gptos_number "$GPTOS_ENTER_GUARD_MS" 250
  # A key that is held down repeats after half a second or a little more, and such a command must not be what it runs.
  ((_GPTOS_NUMBER == 0 || _GPTOS_NUMBER >= 700)) || [[ ${_GPTOS_RING_NOTES[_GPTOS_RING_AT]-} != *'risk medium'* ]] || _GPTOS_NUMBER=700
  _GPTOS_NOW=${EPOCHREALTIME//[!0-9]/}
  _GPTOS_GUARD_UNTIL=$((_GPTOS_NOW + _GPTOS_NUMBER * 1000)) _GPTOS_GUARD_TOLD=0
}

# Each Enter swallowed asks for a pause of 250 ms, so that neither a key that is held down or hit again and again nor a burst that was delayed
# by a busy machine runs anything. A clock set back ends the guard.
__gptos_guarded() {
  local left=$((_GPTOS_GUARD_UNTIL - _GPTOS_NOW))
  # The reply of a terminal that was asked is a key, and must not be typed into a program.
  if ((_GPTOS_CALLED_AT && _GPTOS_NOW >= _GPTOS_CALLED_AT && _GPTOS_NOW - _GPTOS_CALLED_AT < 1000000)); then
    ((_GPTOS_GUARD_TOLD)) || __gptos_say 'too early, press Enter again to run it'
    _GPTOS_GUARD_TOLD=1
    return 0
  fi
  __gptos_number "$GPTOS_ENTER_GUARD_MS" 250
  ((left > 0 && left <= (_GPTOS_NUMBER > 700 ? _GPTOS_NUMBER : 700) * 1000)) || return 1
  ((left >= 250000)) || _GPTOS_GUARD_UNTIL=$((_GPTOS_NOW + 250000))
  ((_GPTOS_GUARD_TOLD)) || __gptos_say 'too early, press Enter again to run it'
  _GPTOS_GUARD_TOLD=1
}

# === judged: a dangerous line needs a second Enter ===

# Is the line one to be judged? Every line entered at a prompt that has shown a suggestion descends from it, however it was
# edited, but not the user's own words given back. `[` and not `[[`: `nocasematch` must not make two lines equal.
__gptos_covered() {
  [[ $GPTOS_GUARD != off && $READLINE_LINE == *[![:space:]]* ]] || return 1
  if ((${#_GPTOS_RING[@]})) && __gptos_at_prompt key; then
    [[ $GPTOS_GUARD == all ]] || ! builtin [ "$READLINE_LINE" = "$_GPTOS_ORIGINAL" ]
  else
    [[ $GPTOS_GUARD == all ]] && __gptos_at_prompt enter
  fi
}

# Is the line taller than the window? Then nobody sees all of it, nor the reason. Prompt and reason take up to six rows.
__gptos_is_taller() {
  local breaks=${READLINE_LINE//[!$'\n']/} columns=${COLUMNS:-80} rows=$((${LINES:-24} - 6))
  __gptos_measure "$READLINE_LINE"
  ((_GPTOS_WIDTH + ${#breaks} * columns >= columns * (rows > 1 ? rows : 1)))
}

# True: the line must not run, and the user has been told why. What can not be judged runs, with a remark.
__gptos_withheld() {
  local verdict result=0
  __gptos_covered || return 1
  if [[ -n $_GPTOS_HELD ]] && builtin [ "$READLINE_LINE" = "$_GPTOS_HELD" ]; then
    ! __gptos_confirmed || return 1
    ((_GPTOS_NOW < _GPTOS_HELD_AT)) || return 0
  fi
  _GPTOS_HELD=''
  if ! __gptos_found; then
    __gptos_say "the line was not checked (GPTOS_BIN not found: $GPTOS_BIN)"
    return 1
  fi
  __gptos_bind_step "$_GPTOS_STEP_SUBMIT" '""' # first: Ctrl-C may end this function at any moment
  verdict=$(__gptos_print_verdict) || result=$?
  if ((result > 128)); then
    # Ctrl-C comes here if the user has a trap for it; else bash has dropped the line by itself.
    __gptos_withhold 'cancelled'
    return 0
  fi
  case $verdict in
    'pass '*) return 1 ;;
    'hold '*)
      if __gptos_is_taller; then
        __gptos_withhold "${verdict#* }" 'the line is taller than the window, so it does not run'
        return 0
      fi
      __gptos_withhold "${verdict#* }" 'Enter again runs it'
      __gptos_now
      _GPTOS_HELD=$READLINE_LINE _GPTOS_HELD_AT=$_GPTOS_NOW _GPTOS_HELD_UNTIL=$((_GPTOS_NOW + 700000)) _GPTOS_HELD_TOLD=0
      _GPTOS_GUARD_UNTIL=0 # an edited line is judged anew at once
      ;;
    'stop '*) __gptos_withhold "${verdict#* }" ;;
    'msg '*)
      __gptos_say "${verdict#* }"
      return 1
      ;;
    *)
      __gptos_say 'the line was not checked (gptos gave no answer)'
      return 1
      ;;
  esac
}

# Says why, and then drops every Enter that was typed before it could be read; the other keys are replayed.
__gptos_withhold() {
  local line
  for line in "$@"; do
    __gptos_say "$line"
  done
  __gptos_open_terminal
  __gptos_drain
  exec {_GPTOS_TTY}<&-
  __gptos_guard
  _GPTOS_GUARD_TOLD=1
}

# Is this the second Enter? It counts 700 ms after the reason was drawn, and a key that is held down never counts: each Enter
# swallowed asks for a pause of 250 ms.
__gptos_confirmed() {
  ((_GPTOS_NOW >= _GPTOS_HELD_AT)) || return 1
  ((_GPTOS_NOW < _GPTOS_HELD_UNTIL)) || return 0
  ((_GPTOS_HELD_UNTIL - _GPTOS_NOW >= 250000)) || _GPTOS_HELD_UNTIL=$((_GPTOS_NOW + 250000))
  ((_GPTOS_HELD_TOLD)) || __gptos_say 'too early, press Enter again to run it'
  _GPTOS_HELD_TOLD=1
  return 1
}

# Prints the verdict on the line: its kind, a blank and the text for the user; nothing if there is none in time. It runs in a
# command substitution, because `$!` must stay the user's: the next line may be `kill $!`.
__gptos_print_verdict() {
  local field fd deadline fields=()
  __gptos_number "$GPTOS_GUARD_MS" 100
  __gptos_now
  deadline=$((_GPTOS_NOW + _GPTOS_NUMBER * 1000))
  exec {fd}< <(__gptos_become_judge)
  while ((${#fields[@]} < 6)); do
    __gptos_now
    ((_GPTOS_NOW < deadline)) || break
    __gptos_seconds $(((deadline - _GPTOS_NOW) / 1000 + 1))
    IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -t "$_GPTOS_SECONDS" -u "$fd" field || break
    ((${#field} < _GPTOS_MAX_FIELD)) || break
    fields+=("$field")
  done
  # A judge that hangs may well be stopped or deaf.
  ((${#fields[@]} == 6)) || builtin kill -KILL "$!" 2>/dev/null
  [[ ${fields[3]-} == end ]] || return 0
  case ${fields[0]} in
    pass | hold | stop) builtin printf '%s %s' "${fields[0]}" "${fields[2]}" ;;
    msg) builtin printf 'msg %s' "${fields[1]}" ;;
  esac
}

__gptos_become_judge() {
  exec -- "$GPTOS_BIN" guard bash < <(__gptos_put "$READLINE_LINE") 2>/dev/null
}

# Undo has brought back another suggestion than the one that the note tells of, and it changes something: that is shown first.
__gptos_brought_back() {
  local i
  ((${#_GPTOS_RING[@]} > 1)) && ! builtin [ "$READLINE_LINE" = "$_GPTOS_SHOWN" ] || return 1
  for i in "${!_GPTOS_RING[@]}"; do
    builtin [ "$READLINE_LINE" = "${_GPTOS_RING[i]}" ] || continue
    [[ ${_GPTOS_RING_NOTES[i]-} == *'risk medium'* ]] || return 1
    __gptos_open_terminal
    __gptos_show "$i"
    exec {_GPTOS_TTY}<&-
    return 0
  done
  return 1
}

# === what Enter does ===

# Enter on a line that may be ours. $1 is what accepts it.
__gptos_enter_with_care() {
  { __gptos_begin; } 2>/dev/null
  __gptos_now
  __gptos_understand
  if ((_GPTOS_PENDING)) && { __gptos_collect || ((_GPTOS_TAKEN == 0)); }; then
    # Also when the answer was collected just now: the terminal's reply, which announces it, may be on its way.
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" '""'
    if ((_GPTOS_PENDING && _GPTOS_PENDING_TOLD == 0)); then
      _GPTOS_PENDING_TOLD=1
      __gptos_say 'waiting, Ctrl-C cancels'
    fi
  elif [[ -n $_GPTOS_MARK ]] && __gptos_at_prompt enter; then
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" '""'
    if __gptos_mend; then
      :
    elif [[ -z $_GPTOS_WORDS ]]; then
      __gptos_say "type what you want after $_GPTOS_MARK"
    else
      [[ $_GPTOS_MARK == '???' ]] || _GPTOS_MARK=''
      __gptos_replace_pending
      __gptos_keep_request
      __gptos_ask "$_GPTOS_PRIVATE$_GPTOS_WORDS" "$_GPTOS_MARK" new
    fi
  elif __gptos_guarded || __gptos_brought_back || __gptos_unfilled || __gptos_shows_older_lines || __gptos_withheld; then
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" '""'
  else
    __gptos_submit
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" "$1"
    return 0
  fi
  __gptos_bind_replay "$_GPTOS_STEP_SUBMIT" "$_GPTOS_TYPED"
}
