# shellcheck shell=bash
# Part of the integration for bash: asking, and waiting for the answer.

# === keys typed meanwhile ===

# A shell without a controlling terminal still has its keyboard as stdin.
__gptos_open_terminal() {
  { exec {_GPTOS_TTY}</dev/tty; } 2>/dev/null || exec {_GPTOS_TTY}<&0
}

# Moves the keys waiting in the terminal into _GPTOS_TYPED. Enter is dropped: its author could not have seen the command.
# So is Ctrl-O, which accepts a line as well.
__gptos_drain() {
  local key
  while builtin read -r -t 0 -u "$_GPTOS_TTY"; do
    key=''
    IFS='' builtin read -r -s -N 1 -t 0.050 -u "$_GPTOS_TTY" key || [[ -n $key ]] || return 0
    case $key in
      $'\r' | $'\n') _GPTOS_IMPATIENT=1 ;;
      $'\017') ;;
      *) _GPTOS_TYPED+=$key ;;
    esac
  done
  if ((_GPTOS_CALLED_AT)) && [[ $_GPTOS_TYPED == *"$_GPTOS_RAW_REPLY"* ]]; then
    _GPTOS_TYPED=${_GPTOS_TYPED/"$_GPTOS_RAW_REPLY"/}
    _GPTOS_CALLED_AT=0 _GPTOS_ANSWERS=1
  fi
}

# Was text typed before the answer is on the screen? It can not have been meant for that, so it edits the words, and our key among it asks
# for nothing. Keys alone that write nothing (ours, arrows, what a terminal reports) act on the command.
__gptos_typed_ahead() {
  [[ $_GPTOS_ASKED_FOR != more && $_GPTOS_ASKED_FOR != others ]] || return 1
  __gptos_drain
  local rest=$_GPTOS_TYPED key
  while [[ ${rest%%$'\e'*} != *[![:cntrl:]]* ]]; do
    [[ $rest == *$'\e'* ]] || return 1
    rest=${rest#*$'\e'}
    # Some terminals put another one before a key that is pressed with Alt.
    rest=${rest#$'\e'}
    case $rest in
      '[M'*) rest=${rest:4} ;;
      '['*)
        rest=${rest:1}
        rest=${rest#"${rest%%[!0-9;:?<=>]*}"}
        ;;
      O*) rest=${rest:1} ;;
    esac
    rest=${rest:1}
  done
  for key in "${_GPTOS_RAW_KEYS[@]}"; do
    [[ $key != [[:cntrl:]]* ]] || _GPTOS_TYPED=${_GPTOS_TYPED//"$key"/}
  done
}

# Others bind the reply as well, fzf to a redrawing of the line, which follows every key of ours anyway.
__gptos_claim_reply() {
  __gptos_bind_everywhere "$_GPTOS_TERMINAL_REPLY" "\"$_GPTOS_STEP_ARRIVE$_GPTOS_STEP_REPLAY\""
}

# Asks the terminal for a sign of life. The reply is a key of ours; Enter waits for it, so that no program gets it.
__gptos_call_terminal() {
  __gptos_claim_reply
  __gptos_now
  _GPTOS_CALLED_AT=$_GPTOS_NOW
  builtin printf '\e[5n' 2>/dev/null >/dev/tty
}

# Whether it answers, without which the prompt can not be live: asked once in a shell, at the first sign of waiting. The shell
# reads the keyboard then, so nothing shows if the reply comes at once.
__gptos_try_terminal() {
  [[ $GPTOS_ASYNC != [01] && -z $_GPTOS_ANSWERS ]] || return 0
  local key
  _GPTOS_ANSWERS=0
  __gptos_call_terminal
  __gptos_seconds 30
  IFS='' builtin read -r -s -N 1 -t "$_GPTOS_SECONDS" -u "$_GPTOS_TTY" key
  [[ $key != $'\r' && $key != $'\n' ]] || key='' _GPTOS_IMPATIENT=1
  _GPTOS_TYPED+=$key
}

# Binds step $1 to the keys in $2, so that readline itself plays them: arrows and shortcuts keep their meaning.
__gptos_bind_replay() {
  local step=$1 macro=${2//\\/\\\\} key code i
  macro=${macro//\"/\\\"}
  # Each kind of them at once: to go from sign to sign would take the square of their number.
  if [[ $macro == *[[:cntrl:]]* ]]; then
    for i in {1..31} 127; do
      builtin printf -v code '\\%03o' "$i"
      builtin printf -v key %b "$code"
      macro=${macro//"$key"/"$code"}
    done
  fi
  __gptos_bind_step "$step" "\"$macro\""
}

# Rebinds a step in every keymap, only if it changes: Enter would be slow otherwise.
__gptos_bind_step() {
  [[ $1 == "$_GPTOS_STEP_REPLAY" && $2 == "${_GPTOS_REPLAY_BOUND-}" ]] && return 0
  [[ $1 == "$_GPTOS_STEP_SUBMIT" && $2 == "$_GPTOS_SUBMIT_BOUND" ]] && return 0
  __gptos_bind_everywhere "$1" "$2"
  case $1 in
    "$_GPTOS_STEP_REPLAY") _GPTOS_REPLAY_BOUND=$2 ;;
    *) _GPTOS_SUBMIT_BOUND=$2 ;;
  esac
}

# === waiting ===

__gptos_save_trap() {
  _GPTOS_CANCELLED=0 _GPTOS_TRAP_HELD=1
  __gptos_read_trap
  # shellcheck disable=SC2064  # the handler's name is meant to be fixed now
  builtin trap "$1" INT
}

# Sets _GPTOS_OLD_TRAP to what sets the user's trap for Ctrl-C. A substitution would cost a process, so the text goes through the
# pipe of an empty here-string, which Linux opens for writing as well; elsewhere a substitution it is.
__gptos_read_trap() {
  local fd rows
  exec {fd}<<<''
  if { __gptos_print_trap >|"/dev/fd/$fd"; } 2>/dev/null; then
    builtin mapfile -u "$fd" rows
    builtin printf -v _GPTOS_OLD_TRAP %s "${rows[@]}"
    # What the here-string held; a file of an older bash holds it no more.
    _GPTOS_OLD_TRAP=${_GPTOS_OLD_TRAP#$'\n'}
  else
    _GPTOS_OLD_TRAP=$(__gptos_print_trap)
  fi
  exec {fd}<&-
}

__gptos_print_trap() {
  builtin trap -p INT
}

# `trap -p` prints a command made to be evaluated; it is the user's own trap.
__gptos_restore_trap() {
  ((_GPTOS_TRAP_HELD)) || return 0
  _GPTOS_TRAP_HELD=0
  builtin trap - INT
  [[ -z $_GPTOS_OLD_TRAP ]] || builtin eval "\\builtin $_GPTOS_OLD_TRAP"
  _GPTOS_OLD_TRAP=''
}

# Bash has cleared the line for us and draws it again afterwards, so the sign may take its place.
__gptos_draw_wait() {
  local text
  if [[ -n $_GPTOS_MEANWHILE ]]; then
    __gptos_fit_offer
    text=$_GPTOS_TEXT
  else
    text="${_GPTOS_WAITING_FOR:0:20}"
    text="asking${text:+ $text} (Ctrl-C cancels)"
  fi
  ((_GPTOS_IMPATIENT == 0)) || text='waiting, Ctrl-C cancels'
  local frames='|/-\'
  ! __gptos_unicode || frames='⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
  # A sign that wraps could not be drawn over.
  __gptos_fit "$text" $((${COLUMNS:-80} - 10))
  builtin printf '\r\e[K%s gptos: %s' "${frames:$1 % ${#frames}:1}" "$_GPTOS_TEXT" >&2
}

# Waits for the answer. 0: it is there (or broken); 1: cancelled; 2: the wait goes on aside, the prompt is live; 3: the same, and
# what the machine offers by itself is to be taken.
__gptos_wait() {
  local quiet waited frame=0 drawn=0 taken=0
  __gptos_number "$GPTOS_PROGRESS_MS" 120
  quiet=$((_GPTOS_NUMBER * 1000))
  __gptos_now
  _GPTOS_ASKED_AT=$_GPTOS_NOW
  while :; do
    __gptos_now
    waited=$((_GPTOS_NOW - _GPTOS_ASKED_AT))
    if ((waited < quiet)); then
      __gptos_seconds $(((quiet - waited) / 1000 + 1))
    else
      __gptos_drain
      if ((drawn)) && __gptos_asked_to_take && __gptos_only_progress; then
        taken=1
        break
      elif __gptos_may_go_live "$waited" && __gptos_only_progress; then
        ((drawn == 0)) || builtin printf '\r\e[K' >&2
        __gptos_wait_aside
        __gptos_say "asking${_GPTOS_WAITING_FOR:+ $_GPTOS_WAITING_FOR} (Ctrl-C cancels)"
        __gptos_tell_offer
        return 2
      fi
      __gptos_draw_wait $((frame++))
      ((drawn)) || __gptos_try_terminal
      drawn=1
      __gptos_seconds 100
    fi
    ((_GPTOS_CANCELLED == 0)) || break
    ! __gptos_read_records "$_GPTOS_SECONDS" || break
  done
  ((drawn == 0)) || builtin printf '\r\e[K' >&2
  if ((taken && _GPTOS_CANCELLED == 0)); then
    __gptos_wait_aside
    return 3
  fi
  ((_GPTOS_CANCELLED == 0))
}

# Whether the prompt is to be live, $1 microseconds after the request began.
__gptos_may_go_live() {
  [[ $GPTOS_ASYNC != 0 ]] || return 1
  [[ $GPTOS_ASYNC == 1 ]] || (($1 >= _GPTOS_PATIENCE && _GPTOS_ANSWERS == 1))
}

# Only between records, and only while nothing but progress was read, may the wait go on aside: the rest of an answer comes at once.
__gptos_only_progress() {
  [[ -z $_GPTOS_BEGUN$_GPTOS_PART && ${#_GPTOS_FIELDS[@]} -eq 0 ]]
}

# === requests ===

# Asks for the words in $1 ($2 non-empty: a provider at once). $3 says what becomes of the answer: `new` makes a ring,
# `more` and `others` add to the one there is, `mend` and `list` make one in their own way.
__gptos_ask() {
  local result=0 pipes='' in='' _GPTOS_LISTS=''
  [[ $3 != list && $3 != others ]] || _GPTOS_LISTS=1
  _GPTOS_ASKED_QUERY=$1 _GPTOS_ASKED_LINE=$READLINE_LINE _GPTOS_ASKED_FOR=$3 _GPTOS_ASKED_WITH=("${_GPTOS_WITH[@]}")
  _GPTOS_ASKED_MEANT=$1
  if [[ -n $_GPTOS_BASE ]]; then
    # The answer is one to all these words together.
    _GPTOS_ASKED_MEANT="$_GPTOS_PRIVATE$_GPTOS_BASE, $_GPTOS_WORDS"
    ((${#_GPTOS_ASKED_MEANT} <= 1000)) || _GPTOS_ASKED_MEANT=''
  fi
  # What was typed while other ways were looked for is still to be played.
  ((${_GPTOS_BARREN:-0})) || _GPTOS_TYPED=''
  _GPTOS_IMPATIENT=0
  if ! __gptos_found; then
    __gptos_say "GPTOS_BIN not found: $GPTOS_BIN"
    return 0
  fi
  __gptos_save_trap '_GPTOS_CANCELLED=1' # first: Ctrl-C must not lose the line at any moment of the request
  # What is left to do before its answer is read is done while the resident looks for it.
  [[ -n $2 || $3 != new ]] || __gptos_put_to_pipes "$1" || :
  __gptos_open_terminal
  __gptos_clear_answer
  if [[ -n $2 || $3 != new ]] || ! __gptos_ask_at_once "$1"; then
    __gptos_ask_program "$1" "$2" || result=$?
  fi
  if ((result == 3)); then
    __gptos_take
  elif ((result != 2)); then
    [[ -z $_GPTOS_PID$_GPTOS_FD ]] || __gptos_stop
    __gptos_restore_trap
    __gptos_settle "$result"
  fi
  exec {_GPTOS_TTY}<&-
}

# Has the program answer the words in $1. What comes of it is told as __gptos_wait does.
__gptos_ask_program() {
  ((_GPTOS_CANCELLED == 0)) || return 1
  __gptos_clear_answer
  __gptos_start "$1" ${2:+--fresh}
  __gptos_wait
}

# Turns a finished request ($1: 0 ended, 1 cancelled) into a buffer, a message, or both. Also after a failure an Enter
# that was meant for the answer must not run the words.
__gptos_settle() {
  # What is shown is guarded by itself.
  if (($1 == 0 && _GPTOS_TAKEN == 0 && _GPTOS_ENDED && ${#_GPTOS_COMMANDS[@]} && ${#_GPTOS_ROWS[@]} == 0)) &&
    [[ $_GPTOS_ASKED_FOR$_GPTOS_MESSAGE$_GPTOS_TYPED == new ]] && builtin [ "$READLINE_LINE" = "$_GPTOS_ASKED_LINE" ] &&
    ! builtin read -r -t 0 -u "$_GPTOS_TTY"; then
    __gptos_accept_new
  else
    __gptos_settle_amid "$1"
    __gptos_guard
  fi
}

# The same where there is more to it than an answer to words.
__gptos_settle_amid() {
  if ((_GPTOS_TAKEN)); then
    __gptos_settle_late
  elif (($1 == 1)); then
    # Ctrl-C has also emptied the terminal's own queue, perhaps of its reply.
    _GPTOS_TYPED=''
    ((_GPTOS_CALLED_AT == 0)) || _GPTOS_ANSWERS=''
    __gptos_say 'cancelled'
  elif ! __gptos_judge_answer; then
    __gptos_print_rows
    __gptos_say "$_GPTOS_MESSAGE"
    [[ $_GPTOS_ASKED_FOR != more ]] || _GPTOS_MORE=''
    __gptos_drain
  elif ! builtin [ "$READLINE_LINE" = "$_GPTOS_ASKED_LINE" ] ||
    { { [[ -n $_GPTOS_TYPED ]] || builtin read -r -t 0 -u "$_GPTOS_TTY"; } && __gptos_typed_ahead; }; then
    __gptos_print_rows
    __gptos_offer_answer
    __gptos_drain
  else
    # Those of a list stand below it.
    [[ $_GPTOS_ASKED_FOR == list ]] || __gptos_print_rows
    if [[ -n $_GPTOS_MESSAGE ]]; then
      __gptos_remove_note
      __gptos_say "$_GPTOS_MESSAGE"
    fi
    "__gptos_accept_$_GPTOS_ASKED_FOR"
  fi
}
