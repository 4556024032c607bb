# shellcheck shell=bash
# GPT-OS for bash: words become a command in the edit buffer, by a key (Ctrl-G) or by `?? words` and Enter.
#
# Assumes: bash 5.1 or later, interactive, with line editing; the file may be sourced, or printed by `gptos init bash`
#   and run by `eval`. It never runs `return` outside a function, because that would end the caller's startup file.
# Options (a value set by the user wins): GPTOS_BIN GPTOS_KEY GPTOS_KEY2 GPTOS_ENTER_GUARD_MS GPTOS_PROGRESS_MS GPTOS_ASYNC
# Defines: functions `__gptos_*`, private variables `_GPTOS_*`, one element of PROMPT_COMMAND, key bindings.
# Limit: `$!` names the helper's process after a request, since bash counts a process substitution as a background job.
#
# What the helper answers is data: it is assigned to READLINE_LINE, never evaluated. The one place that lets a line run is
# the Enter wrapper, for a line that the user submitted.

# A function body is parsed once, here; without this an alias such as `alias local=false` would be parsed into it.
\builtin shopt -q expand_aliases && _GPTOS_ALIASES=1 || _GPTOS_ALIASES=0
\builtin shopt -u expand_aliases

: "${GPTOS_BIN:=gptos}" "${GPTOS_KEY=ctrl-g}" "${GPTOS_ENTER_GUARD_MS=250}" "${GPTOS_PROGRESS_MS=120}" "${GPTOS_ASYNC=0}"
if [[ ${TERM_PROGRAM-} == vscode ]]; then
  : "${GPTOS_KEY2=ctrl-]}" # the editor takes Ctrl-G for itself
else
  : "${GPTOS_KEY2=}"
fi

# The steps that the key macros are made of. Nobody types them; each macro below is a chain of two.
_GPTOS_STEP_REQUEST='\C-x\C-_gr\a'
_GPTOS_STEP_REPLAY='\C-x\C-_gp\a'
_GPTOS_STEP_ENTER='\C-x\C-_ge\a'
_GPTOS_STEP_SUBMIT='\C-x\C-_gs\a'
_GPTOS_STEP_ARRIVE='\C-x\C-_ga\a'
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

# Splits a line into its mark (`??`, `???` or nothing) and the words after it.
__gptos_split() {
  local text=${1#"${1%%[![:space:]]*}"}
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
  set +eux
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
  exec -- "$GPTOS_BIN" widget bash ${2:+--fresh} --shell-version "$BASH_VERSION" < <(__gptos_put "$1") 2>/dev/null
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
  [[ $kind == tick ]] || _GPTOS_BEGUN=1
  case $kind in
    tick) _GPTOS_WAITING_FOR=${note//[[:cntrl:]]/} ;;
    cmd)
      if [[ -z $text || $text == *[[:cntrl:]]* ]]; then
        _GPTOS_REFUSED=1
      elif ((${#_GPTOS_COMMANDS[@]} < 50)); then
        _GPTOS_COMMANDS+=("$text")
        _GPTOS_NOTES+=("$note")
      fi
      ;;
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
  _GPTOS_FIELDS=() _GPTOS_COMMANDS=() _GPTOS_NOTES=() _GPTOS_PART='' _GPTOS_BEGUN=''
  _GPTOS_OFFER='' _GPTOS_MESSAGE='' _GPTOS_WAITING_FOR='' _GPTOS_RECORDS=0 _GPTOS_ENDED=0 _GPTOS_REFUSED=0
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
  local text="${_GPTOS_WAITING_FOR:0:20}"
  text="asking${text:+ $text} (Ctrl-C cancels)"
  ((_GPTOS_IMPATIENT == 0)) || text='waiting, Ctrl-C cancels'
  case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
    *[Uu][Tt][Ff]*8*) local frames='⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' ;;
    *) local frames='|/-\' ;;
  esac
  builtin printf '\r\e[K%s gptos: %s' "${frames:$1 % ${#frames}:1}" "$text" >&2
}

# Waits for the answer. 0: it is there (or broken); 1: cancelled; 2: the wait goes on aside, the prompt is live.
__gptos_wait() {
  local start patience frame=0 drawn=0
  __gptos_number "$GPTOS_PROGRESS_MS" 120
  patience=$((_GPTOS_NUMBER * 1000))
  __gptos_now
  start=$_GPTOS_NOW
  while :; do
    __gptos_now
    if ((_GPTOS_NOW - start < patience)); then
      __gptos_seconds $(((patience - (_GPTOS_NOW - start)) / 1000 + 1))
    elif [[ $GPTOS_ASYNC == 1 && -z $_GPTOS_BEGUN$_GPTOS_PART && ${#_GPTOS_FIELDS[@]} -eq 0 ]]; then
      # Only between records, and only while nothing but progress was read: the rest of an answer comes at once.
      __gptos_wait_aside
      return 2
    else
      __gptos_drain
      __gptos_draw_wait $((frame++))
      drawn=1
      __gptos_seconds 100
    fi
    ((_GPTOS_CANCELLED == 0)) || break
    ! __gptos_read_field "$_GPTOS_SECONDS" || break
  done
  ((drawn == 0)) || builtin printf '\r\e[K' >&2
  ((_GPTOS_CANCELLED == 0))
}

# === the ring: suggestions in order, then the original words ===

__gptos_forget() {
  _GPTOS_RING=() _GPTOS_RING_NOTES=() _GPTOS_RING_AT=0 _GPTOS_ORIGINAL='' _GPTOS_QUERY='' _GPTOS_MORE=''
  _GPTOS_GUARD_UNTIL=0 _GPTOS_GUARD_TOLD=0
}

# Puts entry $1 of the ring into the buffer; the last one is the original line.
__gptos_show() {
  local text=$_GPTOS_ORIGINAL
  _GPTOS_RING_AT=$1
  if (($1 < ${#_GPTOS_RING[@]})); then
    text=${_GPTOS_RING[$1]}
    __gptos_say "${_GPTOS_RING_NOTES[$1]}"
  fi
  # Last before the write, so that no Enter of before the command can reach readline after it.
  __gptos_drain
  READLINE_LINE=$text
  READLINE_POINT=${#text}
  __gptos_guard
}

# From now on Enter runs nothing for a moment: nobody can have read what has just appeared.
__gptos_guard() {
  __gptos_number "$GPTOS_ENTER_GUARD_MS" 250
  __gptos_now
  _GPTOS_GUARD_UNTIL=$((_GPTOS_NOW + _GPTOS_NUMBER * 1000)) _GPTOS_GUARD_TOLD=0
}

__gptos_on_suggestion() {
  local shown=$_GPTOS_ORIGINAL
  ((${#_GPTOS_RING[@]})) || return 1
  ((_GPTOS_RING_AT == ${#_GPTOS_RING[@]})) || shown=${_GPTOS_RING[_GPTOS_RING_AT]}
  [[ $READLINE_LINE == "$shown" ]]
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
  if ((result != 2)); then
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
  if (($1 == 1)); then
    _GPTOS_TYPED='' # Ctrl-C has also emptied the terminal's own queue
    __gptos_say 'cancelled'
  elif ! __gptos_judge_answer; then
    __gptos_say "$_GPTOS_MESSAGE"
    [[ $_GPTOS_ASKED_FOR != more ]] || _GPTOS_MORE=''
    __gptos_drain
  elif [[ $READLINE_LINE != "$_GPTOS_ASKED_LINE" ]]; then
    __gptos_say 'the line was edited meanwhile, so the answer was dropped; press the key again'
    __gptos_drain
  else
    [[ -z $_GPTOS_MESSAGE ]] || __gptos_say "$_GPTOS_MESSAGE"
    "__gptos_accept_$_GPTOS_ASKED_FOR"
  fi
}

__gptos_accept_new() {
  __gptos_forget
  _GPTOS_RING=("${_GPTOS_COMMANDS[@]}") _GPTOS_RING_NOTES=("${_GPTOS_NOTES[@]}")
  _GPTOS_ORIGINAL=$_GPTOS_ASKED_LINE _GPTOS_QUERY=$_GPTOS_ASKED_QUERY _GPTOS_MORE=$_GPTOS_OFFER
  __gptos_show 0
}

__gptos_accept_more() {
  local i known candidate first=${#_GPTOS_RING[@]}
  for ((i = 0; i < ${#_GPTOS_COMMANDS[@]}; i++)); do
    candidate=${_GPTOS_COMMANDS[i]}
    for known in "${_GPTOS_RING[@]}"; do
      [[ $known != "$candidate" ]] || continue 2
    done
    _GPTOS_RING+=("$candidate")
    _GPTOS_RING_NOTES+=("${_GPTOS_NOTES[i]}")
  done
  ((first < ${#_GPTOS_RING[@]})) || __gptos_say "$_GPTOS_MORE gives no other answer"
  _GPTOS_MORE=''
  __gptos_show "$first"
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

# === async: the prompt stays live while a second process waits ===

# Takes over the helper's output, then asks the terminal for a sign of life. Its reply is a key of ours, and only a key may
# change the buffer. Nothing is asked while another program owns the terminal: the reply would be typed into that program.
__gptos_wait_aside() {
  exec {_GPTOS_ASIDE_FD}< <(__gptos_relay "$_GPTOS_FD")
  _GPTOS_ASIDE_PID=$!
  _GPTOS_PENDING=1 _GPTOS_PENDING_TOLD=0
  __gptos_say "asking${_GPTOS_WAITING_FOR:+ $_GPTOS_WAITING_FOR} (Ctrl-C cancels)"
  builtin trap __gptos_interrupt INT
}

__gptos_relay() {
  local kind text note i
  for ((i = 0; i < _GPTOS_MAX_RECORDS; i++)); do
    IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -u "$1" kind || break
    IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -u "$1" text || break
    IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -u "$1" note || break
    ((${#kind} + ${#text} + ${#note} < _GPTOS_MAX_FIELD)) || break
    [[ $kind != tick ]] || continue
    builtin printf '%s\0%s\0%s\0' "$kind" "$text" "$note"
    [[ $kind != end ]] || break
  done
  # Something must be there to read when the terminal's reply comes, also after a crash.
  [[ $kind == end ]] || builtin printf '%s\0' lost '' ''
  for ((i = 0; i < 100; i++)); do
    if __gptos_owns_terminal; then
      builtin printf '\e[5n' >/dev/tty
      break
    fi
    command sleep 0.2
  done
}

# Is the shell's process group the one in the foreground? `$$` is the shell, also in a subshell.
__gptos_owns_terminal() {
  local line fields
  if IFS='' builtin read -r line 2>/dev/null <"/proc/$$/stat"; then
    # The name in parentheses may hold blanks; after it: state, parent, group, session, terminal, foreground group.
    IFS=' ' builtin read -r -a fields <<<"${line##*) }"
    [[ ${fields[2]} == "${fields[5]}" ]]
  else
    IFS=' ' builtin read -r -a fields < <(__gptos_print_groups)
    [[ -n ${fields[0]-} && ${fields[0]} == "${fields[1]-}" ]]
  fi
}

__gptos_print_groups() {
  command ps -o pgid=,tpgid= -p "$$" 2>/dev/null
}

__gptos_end_pending() {
  _GPTOS_PENDING=0
  builtin kill -TERM "$_GPTOS_ASIDE_PID" 2>/dev/null
  exec {_GPTOS_ASIDE_FD}<&-
  _GPTOS_ASIDE_PID='' _GPTOS_ASIDE_FD=''
  __gptos_stop
}

# Ctrl-C at the live prompt. The trap must not be removed here: readline has remembered the handler of before, and the
# next Ctrl-C would be lost. A key function may do it, so the terminal is asked to press that key. Its reply must not
# reach a command started meanwhile: the guard of Enter covers that moment.
__gptos_interrupt() {
  { local - IFS=$' \t\n' && __gptos_calm; } 2>/dev/null
  ((_GPTOS_PENDING)) || return 0
  __gptos_end_pending
  __gptos_now
  _GPTOS_GUARD_UNTIL=$((_GPTOS_NOW + 250000)) _GPTOS_GUARD_TOLD=1
  builtin printf '\r\e[K' >&2
  __gptos_say 'cancelled'
  builtin printf '\e[5n' 2>/dev/null >/dev/tty
}

# Every key function begins with this.
__gptos_begin() {
  __gptos_calm
  _GPTOS_TYPED=''
  ((_GPTOS_PENDING)) || __gptos_restore_trap
}

# Takes the answer of the pending request, if it has come. False: still waiting.
__gptos_collect() {
  builtin read -r -t 0 -u "$_GPTOS_ASIDE_FD" || return 1
  __gptos_clear_answer
  local helper_fd=$_GPTOS_FD
  _GPTOS_FD=$_GPTOS_ASIDE_FD
  __gptos_seconds 500
  until __gptos_read_field "$_GPTOS_SECONDS"; do :; done
  _GPTOS_FD=$helper_fd
  __gptos_end_pending
  __gptos_restore_trap
  __gptos_open_terminal
  _GPTOS_TYPED=''
  __gptos_settle 0
  exec {_GPTOS_TTY}<&-
}

# === what the keys do ===

__gptos_arrive() {
  { local - IFS=$' \t\n' && __gptos_begin; } 2>/dev/null
  ((_GPTOS_PENDING == 0)) || __gptos_collect
  __gptos_bind_replay "$_GPTOS_STEP_REPLAY" "$_GPTOS_TYPED"
}

__gptos_request() {
  { local - IFS=$' \t\n' && __gptos_begin; } 2>/dev/null
  __gptos_split "$READLINE_LINE"
  if ((_GPTOS_PENDING)); then
    __gptos_collect || __gptos_say 'waiting, Ctrl-C cancels'
  elif ! __gptos_at_prompt key; then
    __gptos_say 'works at the shell prompt only'
  elif [[ -z $_GPTOS_WORDS ]]; then
    __gptos_say 'type what you want, then press the key'
  elif __gptos_on_suggestion; then
    __gptos_next
  else
    [[ $_GPTOS_MARK == '???' ]] || _GPTOS_MARK=''
    __gptos_ask "$_GPTOS_WORDS" "$_GPTOS_MARK" new
  fi
  __gptos_bind_replay "$_GPTOS_STEP_REPLAY" "$_GPTOS_TYPED"
}

# Enter, first half: decides what the second half is, `accept-line` or the keys typed meanwhile.
__gptos_enter() {
  { local - IFS=$' \t\n' && __gptos_begin; } 2>/dev/null
  __gptos_now
  __gptos_split "$READLINE_LINE"
  if ((_GPTOS_PENDING)); then
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" '""'
    if ! __gptos_collect && ((_GPTOS_PENDING_TOLD == 0)); then
      _GPTOS_PENDING_TOLD=1
      __gptos_say 'waiting, Ctrl-C cancels'
    fi
  elif [[ -n $_GPTOS_MARK ]] && __gptos_at_prompt enter; then
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" '""'
    if [[ -z $_GPTOS_WORDS ]]; then
      __gptos_say "type what you want after $_GPTOS_MARK"
    else
      [[ $_GPTOS_MARK == '???' ]] || _GPTOS_MARK=''
      __gptos_ask "$_GPTOS_WORDS" "$_GPTOS_MARK" new
    fi
  elif __gptos_guarded; then
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" '""'
  else
    __gptos_submit
    __gptos_bind_step "$_GPTOS_STEP_SUBMIT" accept-line
    return 0
  fi
  __gptos_bind_replay "$_GPTOS_STEP_SUBMIT" "$_GPTOS_TYPED"
}

# Each Enter swallowed prolongs the guard a little, so that a key held down or a burst that was delayed by a busy machine
# runs nothing. A clock set back ends the guard.
__gptos_guarded() {
  local left=$((_GPTOS_GUARD_UNTIL - _GPTOS_NOW))
  __gptos_number "$GPTOS_ENTER_GUARD_MS" 250
  ((left > 0 && left <= (_GPTOS_NUMBER > 250 ? _GPTOS_NUMBER : 250) * 1000)) || return 1
  ((left >= 100000)) || _GPTOS_GUARD_UNTIL=$((_GPTOS_NOW + 100000))
  ((_GPTOS_GUARD_TOLD)) || __gptos_say 'too early, press Enter again to run it'
  _GPTOS_GUARD_TOLD=1
}

# A line of the user's is about to run. If it came from a suggestion, the words go into the history before it, and the
# prompt hook will report it. The suggestion's first word must have survived: else the user typed something of his own.
__gptos_submit() {
  local suggestion word
  if ((_GPTOS_PROMPTING)); then
    for suggestion in "${_GPTOS_RING[@]}"; do
      word=${suggestion%%[[:space:]]*}
      if [[ " $READLINE_LINE " == *[[:space:]]"$word"[[:space:]]* ]]; then
        builtin history -s -- "$_GPTOS_ORIGINAL"
        _GPTOS_RAN=$READLINE_LINE _GPTOS_RAN_QUERY=$_GPTOS_QUERY
        break
      fi
    done
  else
    _GPTOS_RAN='' # a second line (PS2): the command is more than the line we know
  fi
  _GPTOS_PROMPTING=0
}

__gptos_prompt() {
  { local status=$? errexit=0 - IFS=$' \t\n'; [[ $- != *e* ]] || errexit=1; __gptos_calm; } 2>/dev/null
  _GPTOS_PROMPTING=1
  ((_GPTOS_PENDING == 0)) || __gptos_end_pending
  __gptos_restore_trap
  if [[ -n $_GPTOS_RAN ]]; then
    # The subshell keeps the job table and `$!` of the user clean.
    (builtin printf '%s\0%s' "$_GPTOS_RAN_QUERY" "$_GPTOS_RAN" |
      command "$GPTOS_BIN" ran bash "$status" >/dev/null 2>&1 &) 2>/dev/null
    _GPTOS_RAN=''
  fi
  __gptos_forget
  # Bash restores `$?` after each element of PROMPT_COMMAND; the status is for those who call us from a string of theirs.
  ((errexit == 0)) || return 0
  return "$status"
}

# === setting up ===

# `ctrl-g`, `alt-m`, or a key sequence as `bind` takes it.
__gptos_key_sequence() {
  case $1 in
    [Cc][Tt][Rr][Ll]-\\) _GPTOS_SEQUENCE='\C-\\' ;;
    [Cc][Tt][Rr][Ll]-?) _GPTOS_SEQUENCE="\\C-${1#*-}" ;;
    [Aa][Ll][Tt]-[\\\"]) _GPTOS_SEQUENCE="\\e\\${1#*-}" ;;
    [Aa][Ll][Tt]-?) _GPTOS_SEQUENCE="\\e${1#*-}" ;;
    *) _GPTOS_SEQUENCE=$1 ;;
  esac
}

__gptos_bind_keys() {
  local map key
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    # Bash 5.1 keeps the former command of a `bind -x` key unless it is unbound first.
    for key in "$_GPTOS_STEP_REQUEST" "$_GPTOS_STEP_ENTER" "$_GPTOS_STEP_ARRIVE" "${_GPTOS_KEYS[@]}"; do
      builtin bind -m "$map" -r "$key" 2>/dev/null
    done
    # `||` also exempts everything inside from the user's `set -e`.
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_REQUEST\": __gptos_request || :"
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_ENTER\": __gptos_enter || :"
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_ARRIVE\": __gptos_arrive || :"
  done
  __gptos_bind_step "$_GPTOS_STEP_REPLAY" '""'
  __gptos_bind_step "$_GPTOS_STEP_SUBMIT" accept-line
  _GPTOS_KEYS=()
  for key in "$GPTOS_KEY" "$GPTOS_KEY2"; do
    [[ -n $key ]] || continue
    __gptos_key_sequence "$key"
    _GPTOS_KEYS+=("$_GPTOS_SEQUENCE")
  done
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    for key in "${_GPTOS_KEYS[@]}"; do
      builtin bind -m "$map" "\"$key\": \"$_GPTOS_STEP_REQUEST$_GPTOS_STEP_REPLAY\""
    done
    builtin bind -m "$map" "\"$_GPTOS_TERMINAL_REPLY\": \"$_GPTOS_STEP_ARRIVE$_GPTOS_STEP_REPLAY\""
    builtin bind -m "$map" "\"\\C-m\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\""
    builtin bind -m "$map" "\"\\C-j\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\""
  done
}

__gptos_set_up() {
  { local - IFS=$' \t\n' && __gptos_calm; } 2>/dev/null
  local hook
  [[ $- == *i* && (-o emacs || -o vi) ]] || return 0
  case ${TERM-} in
    '' | dumb) return 0 ;; # every Enter would cost a line there
  esac
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
    __gptos_say "bash $BASH_VERSION is too old, 5.1 or later is needed"
    return 0
  fi
  if [[ -n ${BLE_VERSION-} ]]; then
    [[ -n ${_GPTOS_BLE_TOLD-} ]] || __gptos_say 'ble.sh replaces the line editor of bash, so nothing was bound; `gptos "words"` works'
    _GPTOS_BLE_TOLD=1
    return 0
  fi
  : "${_GPTOS_PROMPTING:=0}" "${_GPTOS_PENDING:=0}" "${_GPTOS_RAN=}" "${_GPTOS_PID=}" "${_GPTOS_FD=}" "${_GPTOS_TYPED=}"
  : "${_GPTOS_TRAP_HELD:=0}" "${_GPTOS_OLD_TRAP=}"
  ((_GPTOS_PENDING == 0)) || __gptos_end_pending
  __gptos_restore_trap
  _GPTOS_REPLAY_BOUND='' _GPTOS_SUBMIT_BOUND=''
  [[ -n ${_GPTOS_KEYS+set} ]] || _GPTOS_KEYS=()
  __gptos_forget
  __gptos_bind_keys
  for hook in "${PROMPT_COMMAND[@]}"; do
    [[ $hook != __gptos_prompt ]] || return 0
  done
  # Not at index 0: `PROMPT_COMMAND=…` further down in a startup file replaces exactly that element.
  [[ -n ${PROMPT_COMMAND[*]-} ]] || PROMPT_COMMAND=('')
  PROMPT_COMMAND+=(__gptos_prompt)
}

__gptos_set_up || :
[[ $_GPTOS_ALIASES == 0 ]] || \builtin shopt -s expand_aliases
