# shellcheck shell=bash
# GPT-OS for bash: words become a command in the edit buffer, by a key (Ctrl-G) or by `?? words` and Enter.
#
# Assumes: bash 5.1 or later, interactive, with line editing; the whole may be sourced, or printed by `gptos init bash`
#   and run by `eval`. It never runs `return` outside a function, because that would end the caller's startup file.
# Options (a value set by the user wins): GPTOS_BIN GPTOS_KEY GPTOS_KEY2 GPTOS_ENTER_GUARD_MS GPTOS_PROGRESS_MS GPTOS_ASYNC
#   GPTOS_GUARD: which lines are judged at Enter, `suggested` (those that descend from a suggestion), `all` or `off`;
#   GPTOS_GUARD_MS: how long Enter waits for that. A line held for its risk runs at a second Enter.
# Parts: this file, guard.bash, holes.bash, live.bash, meanwhile.bash, mend.bash and setup.bash, in this order; `gptos init bash`
# prints them as one.
# Defines: functions `__gptos_*`, private variables `_GPTOS_*`, one element of PROMPT_COMMAND, key bindings.
# Limit: `$!` names the helper's process after a request, since bash counts a process substitution as a background job.
#
# What the helper answers is data: it is assigned to READLINE_LINE, never evaluated. The one place that lets a line run is
# the Enter wrapper, for a line that the user submitted.

# A function body is parsed once, here; without this an alias such as `alias local=false` would be parsed into it.
\builtin shopt -q expand_aliases && _GPTOS_ALIASES=1 || _GPTOS_ALIASES=0
\builtin shopt -u expand_aliases

: "${GPTOS_BIN:=gptos}" "${GPTOS_KEY=ctrl-g}" "${GPTOS_ENTER_GUARD_MS=250}" "${GPTOS_PROGRESS_MS=120}" "${GPTOS_ASYNC=0}"
: "${GPTOS_GUARD=suggested}" "${GPTOS_GUARD_MS=100}"
if [[ ${TERM_PROGRAM-} == vscode ]]; then
  : "${GPTOS_KEY2=ctrl-]}" # the editor takes Ctrl-G for itself
else
  : "${GPTOS_KEY2=}"
fi

# The steps that the key macros are made of. Nobody types them; each macro below is a chain of two.
_GPTOS_STEP_REQUEST='\C-x\C-_gr\a'
_GPTOS_STEP_REPLAY='\C-x\C-_gp\a'
_GPTOS_STEP_ENTER='\C-x\C-_ge\a'
_GPTOS_STEP_OPERATE='\C-x\C-_go\a' # Enter's first half for Ctrl-O
_GPTOS_STEP_SUBMIT='\C-x\C-_gs\a'
_GPTOS_STEP_ARRIVE='\C-x\C-_ga\a'
_GPTOS_STEP_HOLE='\C-x\C-_gh\a' # what a key does first that is typed on a hole
_GPTOS_TERMINAL_REPLY='\e[0n' # what a terminal answers to ESC[5n
_GPTOS_KEYMAPS=(emacs-standard vi-insert vi-command)
_GPTOS_MAX_FIELD=65536
_GPTOS_MAX_RECORDS=20000

# === small things ===

__gptos_say() {
  builtin printf 'gptos: %s\n' "${1//[[:cntrl:]]/}" >&2
}

# Microseconds since 1970. Only the digits: the sign between them is the locale's.
__gptos_now() {
  _GPTOS_NOW=${EPOCHREALTIME//[!0-9]/}
}

# Milliseconds as the seconds that `read -t` takes: with a point, even where the locale writes a comma.
__gptos_seconds() {
  builtin printf -v _GPTOS_SECONDS '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# The number in $1, or $2 if it is none.
__gptos_number() {
  case $1 in
    '' | *[!0-9]* | ????????*) _GPTOS_NUMBER=$2 ;;
    *) _GPTOS_NUMBER=$((10#$1)) ;;
  esac
}

# Splits a line into its mark (`??`, `???` or nothing) and the words after it. A line that begins with a blank is private,
# and one blank before the words says so.
__gptos_split() {
  local text=${1#"${1%%[![:space:]]*}"}
  _GPTOS_PRIVATE=''
  [[ $1 != [[:blank:]]* ]] || _GPTOS_PRIVATE=' '
  _GPTOS_MARK='' _GPTOS_WORDS=$text
  case $text in
    '??' | '??'[[:space:]]*) _GPTOS_MARK='??' _GPTOS_WORDS=${text:2} ;;
    '???' | '???'[[:space:]]*) _GPTOS_MARK='???' _GPTOS_WORDS=${text:3} ;;
  esac
  _GPTOS_WORDS=${_GPTOS_WORDS#"${_GPTOS_WORDS%%[![:space:]]*}"}
}

# False inside PS2, a here-document or `read -e`: those lines are not ours. If the user's startup file replaced
# PROMPT_COMMAND the flag never comes, and only the key (an explicit wish) still works.
__gptos_at_prompt() {
  ((_GPTOS_PROMPTING)) && return 0
  [[ $1 == key && " ${PROMPT_COMMAND[*]-} " != *__gptos_prompt* ]]
}

# Every entry point calls this after `local -`, so that the user's `set -e`, `-u` and `-x` do not reach our code.
__gptos_calm() {
  set +aeux
}

# === the helper ===

__gptos_found() {
  case $GPTOS_BIN in
    */*) [[ -x $GPTOS_BIN && ! -d $GPTOS_BIN ]] ;;
    *) builtin type -P -- "$GPTOS_BIN" >/dev/null ;;
  esac
}

# Starts the helper for the words in $1. It is a process substitution, because `&` would print `[1] 1234`.
# Substitutions hold calls only: bash parses their text again when it runs them, with the user's aliases.
__gptos_start() {
  exec {_GPTOS_FD}< <(__gptos_become_helper "$@")
  _GPTOS_PID=$!
}

# By exec, so that there is one process to kill. The words go to its stdin, where `ps` does not show them.
__gptos_become_helper() {
  exec -- "$GPTOS_BIN" widget bash ${2:+--fresh} ${_GPTOS_MENDS:+--fix "$_GPTOS_MENDS"} \
    --shell-version "$BASH_VERSION" --holes < <(__gptos_put_request "$1") 2>/dev/null
}

# The words, and what only this shell knows: the names of its functions and aliases, and the option that changes how a line
# is read. Names that begin with `_` or `-` or hold unusual characters are nobody's commands.
__gptos_put_request() {
  local LC_ALL=C IFS=' ' options='' list names
  builtin shopt -q interactive_comments || options=nocomments
  builtin mapfile -t names < <(__gptos_print_names)
  names=("${names[@]/#[-_]*/}")
  names=("${names[@]/#*[!A-Za-z0-9_.+:-]*/}")
  set -f
  # shellcheck disable=SC2206  # the split drops the names that were emptied
  names=(${names[*]})
  list="${names[*]} "
  list=${list:0:16384}
  builtin printf '%s\0%s\0%s' "$1" "${list% *}" "$options"
}

__gptos_print_names() {
  builtin compgen -A function -A alias
}

__gptos_put() {
  builtin printf '%s' "$1"
}

__gptos_stop() {
  if [[ -n $_GPTOS_PID ]]; then
    # A helper stopped by Ctrl-Z would not notice TERM before it continues.
    { builtin kill -TERM "$_GPTOS_PID" && builtin kill -CONT "$_GPTOS_PID"; } 2>/dev/null
  fi
  if [[ -n $_GPTOS_FD ]]; then
    exec {_GPTOS_FD}<&-
  fi
  _GPTOS_PID='' _GPTOS_FD=''
}

# Takes one field of the answer; true when the answer is complete or can not become one.
__gptos_take_field() {
  _GPTOS_FIELDS+=("$1")
  ((${#_GPTOS_FIELDS[@]} == 3)) || return 1
  local kind=${_GPTOS_FIELDS[0]} text=${_GPTOS_FIELDS[1]} note=${_GPTOS_FIELDS[2]}
  _GPTOS_FIELDS=()
  ((++_GPTOS_RECORDS <= _GPTOS_MAX_RECORDS)) || return 0
  [[ $kind == tick || $kind == meanwhile ]] || _GPTOS_BEGUN=1
  case $kind in
    tick) _GPTOS_WAITING_FOR=${note//[[:cntrl:]]/} ;;
    meanwhile) __gptos_keep_meanwhile "$text" "$note" ;;
    holes) _GPTOS_NEXT_HOLES=$text ;;
    cmd)
      if [[ -z $text || $text == *[[:cntrl:]]* ]]; then
        _GPTOS_REFUSED=1
      elif ((${#_GPTOS_COMMANDS[@]} < 50)); then
        __gptos_keep_holes "$text" "$_GPTOS_NEXT_HOLES"
        _GPTOS_COMMANDS+=("$text")
        _GPTOS_NOTES+=("$note")
        _GPTOS_COMMAND_HOLES+=("$_GPTOS_KEPT")
      fi
      _GPTOS_NEXT_HOLES=''
      ;;
    row) __gptos_keep_row "$text" ;;
    more) _GPTOS_OFFER=$text ;;
    msg) _GPTOS_MESSAGE=$text ;;
    end)
      _GPTOS_ENDED=1
      return 0
      ;;
    *) return 0 ;;
  esac
  return 1
}

__gptos_clear_answer() {
  _GPTOS_FIELDS=() _GPTOS_COMMANDS=() _GPTOS_NOTES=() _GPTOS_COMMAND_HOLES=() _GPTOS_NEXT_HOLES='' _GPTOS_PART='' _GPTOS_BEGUN=''
  _GPTOS_OFFER='' _GPTOS_MESSAGE='' _GPTOS_WAITING_FOR='' _GPTOS_RECORDS=0 _GPTOS_ENDED=0 _GPTOS_REFUSED=0
  _GPTOS_MEANWHILE='' _GPTOS_MEANWHILE_NOTE='' _GPTOS_TAKEN=0 _GPTOS_OFFERED=0 _GPTOS_ROWS=()
}

# Reads one field, and waits at most $1 seconds for the record that it may begin. 0: the answer is complete or broken; 1: go on.
# Bash 5.2 forgets that it has consumed the delimiter if the time runs out in that very moment. So the wait is for one
# character, which is kept in every case; the rest of the record is there already and gets time enough.
__gptos_read_field() {
  local part='' result=0
  if [[ -z $_GPTOS_PART && ${#_GPTOS_FIELDS[@]} -eq 0 ]]; then
    IFS='' builtin read -r -d '' -n 1 -t "$1" -u "$_GPTOS_FD" _GPTOS_PART || result=$?
    [[ -n $_GPTOS_PART ]] || return $((result > 128 ? 1 : 0))
    result=0
  fi
  IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -t 1 -u "$_GPTOS_FD" part || result=$?
  _GPTOS_PART+=$part
  ((${#_GPTOS_PART} < _GPTOS_MAX_FIELD)) || return 0
  ((result <= 128)) || return 1 # the time is over or a signal came: the part read so far is kept
  ((result == 0)) || return 0
  part=$_GPTOS_PART _GPTOS_PART=''
  __gptos_take_field "$part"
}

# 0: commands are there; 1: no answer, and _GPTOS_MESSAGE says why.
__gptos_judge_answer() {
  if ((_GPTOS_ENDED == 0)); then
    _GPTOS_MESSAGE='no answer (helper ended early)'
    return 1
  fi
  ((${#_GPTOS_COMMANDS[@]} == 0)) || return 0
  if ((_GPTOS_REFUSED)); then
    _GPTOS_MESSAGE='no answer (the command held control characters)'
  fi
  : "${_GPTOS_MESSAGE:=no answer}"
  return 1
}

# === keys typed meanwhile ===

# A shell without a controlling terminal still has its keyboard as stdin.
__gptos_open_terminal() {
  { exec {_GPTOS_TTY}</dev/tty; } 2>/dev/null || exec {_GPTOS_TTY}<&0
}

# Moves the keys waiting in the terminal into _GPTOS_TYPED. Enter is dropped: its author could not have seen the command.
# So is Ctrl-O, which accepts a line as well.
__gptos_drain() {
  local key
  __gptos_seconds 50
  while builtin read -r -t 0 -u "$_GPTOS_TTY"; do
    key=''
    IFS='' builtin read -r -s -N 1 -t "$_GPTOS_SECONDS" -u "$_GPTOS_TTY" key || [[ -n $key ]] || return 0
    case $key in
      $'\r' | $'\n') _GPTOS_IMPATIENT=1 ;;
      $'\017') ;;
      *) _GPTOS_TYPED+=$key ;;
    esac
  done
}

# Binds step $1 to the keys in $2, so that readline itself plays them: arrows and shortcuts keep their meaning.
__gptos_bind_replay() {
  local step=$1 keys=$2 macro='' key code i
  for ((i = 0; i < ${#keys}; i++)); do
    key=${keys:i:1}
    case $key in
      \" | \\) macro+=\\$key ;;
      [[:cntrl:]])
        builtin printf -v code '\\%03o' "'$key"
        macro+=$code
        ;;
      *) macro+=$key ;;
    esac
  done
  __gptos_bind_step "$step" "\"$macro\""
}

# Rebinds a step in every keymap, only if it changes: Enter would be slow otherwise.
__gptos_bind_step() {
  local map
  [[ $1 == "$_GPTOS_STEP_REPLAY" && $2 == "$_GPTOS_REPLAY_BOUND" ]] && return 0
  [[ $1 == "$_GPTOS_STEP_SUBMIT" && $2 == "$_GPTOS_SUBMIT_BOUND" ]] && return 0
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    builtin bind -m "$map" "\"$1\": $2"
  done
  case $1 in
    "$_GPTOS_STEP_REPLAY") _GPTOS_REPLAY_BOUND=$2 ;;
    *) _GPTOS_SUBMIT_BOUND=$2 ;;
  esac
}

# === waiting ===

__gptos_save_trap() {
  _GPTOS_CANCELLED=0 _GPTOS_TRAP_HELD=1
  _GPTOS_OLD_TRAP=$(__gptos_print_trap)
  # shellcheck disable=SC2064  # the handler's name is meant to be fixed now
  builtin trap "$1" INT
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
  case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
    *[Uu][Tt][Ff]*8*) local frames='⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' ;;
    *) local frames='|/-\' ;;
  esac
  builtin printf '\r\e[K%s gptos: %s' "${frames:$1 % ${#frames}:1}" "$text" >&2
}

# Waits for the answer. 0: it is there (or broken); 1: cancelled; 2: the wait goes on aside, the prompt is live; 3: the same, and
# what the machine offers by itself is to be taken.
__gptos_wait() {
  local patience frame=0 drawn=0 taken=0
  __gptos_number "$GPTOS_PROGRESS_MS" 120
  patience=$((_GPTOS_NUMBER * 1000))
  __gptos_now
  _GPTOS_ASKED_AT=$_GPTOS_NOW
  while :; do
    __gptos_now
    if ((_GPTOS_NOW - _GPTOS_ASKED_AT < patience)); then
      __gptos_seconds $(((patience - (_GPTOS_NOW - _GPTOS_ASKED_AT)) / 1000 + 1))
    elif [[ $GPTOS_ASYNC == 1 ]] && __gptos_only_progress; then
      __gptos_wait_aside
      __gptos_say "asking${_GPTOS_WAITING_FOR:+ $_GPTOS_WAITING_FOR} (Ctrl-C cancels)"
      __gptos_tell_offer
      return 2
    else
      __gptos_drain
      if ((drawn)) && __gptos_asked_to_take && __gptos_only_progress; then
        taken=1
        break
      fi
      __gptos_draw_wait $((frame++))
      drawn=1
      __gptos_seconds 100
    fi
    ((_GPTOS_CANCELLED == 0)) || break
    ! __gptos_read_field "$_GPTOS_SECONDS" || break
  done
  ((drawn == 0)) || builtin printf '\r\e[K' >&2
  if ((taken && _GPTOS_CANCELLED == 0)); then
    __gptos_wait_aside
    return 3
  fi
  ((_GPTOS_CANCELLED == 0))
}

# Only between records, and only while nothing but progress was read, may the wait go on aside: the rest of an answer comes at once.
__gptos_only_progress() {
  [[ -z $_GPTOS_BEGUN$_GPTOS_PART && ${#_GPTOS_FIELDS[@]} -eq 0 ]]
}

# === the ring: suggestions in order, then the original words ===

__gptos_forget() {
  _GPTOS_RING=() _GPTOS_RING_NOTES=() _GPTOS_RING_HOLES=() _GPTOS_HOLES=() _GPTOS_GLUE=() _GPTOS_RING_AT=0 _GPTOS_ORIGINAL='' _GPTOS_QUERY='' _GPTOS_MORE='' _GPTOS_SHOWN=''
  _GPTOS_GUARD_UNTIL=0 _GPTOS_GUARD_TOLD=0 _GPTOS_HELD=''
}

# Puts entry $1 of the ring into the buffer; the last one is the original line.
__gptos_show() {
  local text=$_GPTOS_ORIGINAL
  _GPTOS_RING_AT=$1 _GPTOS_HELD=''
  if (($1 < ${#_GPTOS_RING[@]})); then
    text=${_GPTOS_RING[$1]}
    __gptos_say "${_GPTOS_RING_NOTES[$1]}"
  fi
  # Last before the write, so that no Enter of before the command can reach readline after it.
  __gptos_drain
  READLINE_LINE=$text
  READLINE_POINT=${#text}
  _GPTOS_SHOWN=$text
  __gptos_open_holes "${_GPTOS_RING_HOLES[$1]-}"
  __gptos_guard
}

__gptos_on_suggestion() {
  ((${#_GPTOS_RING[@]})) && [[ $READLINE_LINE == "$_GPTOS_SHOWN" ]]
}

# === requests ===

# Asks for the words in $1 ($2 non-empty: a provider at once). $3 says what becomes of the answer: `new` makes a ring,
# `more` adds to the one there is.
__gptos_ask() {
  local result=0
  _GPTOS_ASKED_QUERY=$1 _GPTOS_ASKED_LINE=$READLINE_LINE _GPTOS_ASKED_FOR=$3
  _GPTOS_TYPED='' _GPTOS_IMPATIENT=0
  __gptos_clear_answer
  if ! __gptos_found; then
    __gptos_say "GPTOS_BIN not found: $GPTOS_BIN"
    return 0
  fi
  __gptos_save_trap '_GPTOS_CANCELLED=1' # first: Ctrl-C must not lose the line at any moment of the request
  __gptos_start "$1" "$2"
  __gptos_open_terminal
  __gptos_wait || result=$?
  if ((result == 3)); then
    __gptos_take
  elif ((result != 2)); then
    __gptos_stop
    __gptos_restore_trap
    __gptos_settle "$result"
  fi
  exec {_GPTOS_TTY}<&-
}

# Turns a finished request ($1: 0 ended, 1 cancelled) into a buffer, a message, or both. Also after a failure an Enter
# that was meant for the answer must not run the words.
__gptos_settle() {
  __gptos_guard
  if ((_GPTOS_TAKEN)); then
    __gptos_settle_late
  elif (($1 == 1)); then
    _GPTOS_TYPED='' # Ctrl-C has also emptied the terminal's own queue
    __gptos_say 'cancelled'
  elif ! __gptos_judge_answer; then
    __gptos_print_rows
    __gptos_say "$_GPTOS_MESSAGE"
    [[ $_GPTOS_ASKED_FOR != more ]] || _GPTOS_MORE=''
    __gptos_drain
  elif [[ $READLINE_LINE != "$_GPTOS_ASKED_LINE" ]]; then
    __gptos_say 'the line was edited meanwhile, so the answer was dropped; press the key again'
    __gptos_drain
  else
    __gptos_print_rows
    [[ -z $_GPTOS_MESSAGE ]] || __gptos_say "$_GPTOS_MESSAGE"
    "__gptos_accept_$_GPTOS_ASKED_FOR"
  fi
}

__gptos_accept_new() {
  __gptos_forget
  _GPTOS_RING=("${_GPTOS_COMMANDS[@]}") _GPTOS_RING_NOTES=("${_GPTOS_NOTES[@]}") _GPTOS_RING_HOLES=("${_GPTOS_COMMAND_HOLES[@]}")
  _GPTOS_ORIGINAL=$_GPTOS_ASKED_LINE _GPTOS_QUERY=$_GPTOS_ASKED_QUERY _GPTOS_MORE=$_GPTOS_OFFER
  __gptos_show 0
}

__gptos_accept_more() {
  local first=${#_GPTOS_RING[@]}
  __gptos_join
  ((first < ${#_GPTOS_RING[@]})) || __gptos_say "$_GPTOS_MORE gives no other answer"
  _GPTOS_MORE=''
  __gptos_show "$first"
}

# Adds to the ring what it does not hold yet.
__gptos_join() {
  local i known candidate
  for ((i = 0; i < ${#_GPTOS_COMMANDS[@]}; i++)); do
    candidate=${_GPTOS_COMMANDS[i]}
    for known in "${_GPTOS_RING[@]}"; do
      [[ $known != "$candidate" ]] || continue 2
    done
    _GPTOS_RING+=("$candidate")
    _GPTOS_RING_NOTES+=("${_GPTOS_NOTES[i]}")
    _GPTOS_RING_HOLES+=("${_GPTOS_COMMAND_HOLES[i]}")
  done
}

__gptos_next() {
  local next=$((_GPTOS_RING_AT + 1)) count=${#_GPTOS_RING[@]}
  if ((next == count)) && [[ -n $_GPTOS_MORE ]]; then
    __gptos_ask "$_GPTOS_QUERY" fresh more
    return 0
  fi
  __gptos_open_terminal
  _GPTOS_TYPED=''
  __gptos_show $((next % (count + 1)))
  exec {_GPTOS_TTY}<&-
}
