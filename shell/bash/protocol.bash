# shellcheck shell=bash
# Part of the integration for bash: the process that answers, and what it says.

# === the helper ===

__gptos_found() {
  case $GPTOS_BIN in
    */*) [[ -x $GPTOS_BIN && ! -d $GPTOS_BIN ]] ;;
    *) builtin type -P -- "$GPTOS_BIN" >/dev/null ;;
  esac
}

# Starts the helper for the words in $1 with the options behind it. It is a process substitution, because `&` would print `[1] 1234`.
# Substitutions hold calls only: bash parses their text again when it runs them, with the user's aliases.
__gptos_start() {
  exec {_GPTOS_FD}< <(__gptos_become_helper "$@")
  _GPTOS_PID=$!
}

# By exec, so that there is one process to kill. The words go to its stdin, where `ps` does not show them.
__gptos_become_helper() {
  exec -- "$GPTOS_BIN" widget bash "${@:2}" ${_GPTOS_MENDS:+--fix "$_GPTOS_MENDS"} ${_GPTOS_LISTS:+--list} \
    --shell-version "$BASH_VERSION" --holes 2>/dev/null < <(__gptos_put_request "$1" 2>/dev/null)
}

# The helper that says what is at hand. What is to become it writes the request first, into a pipe, so that no other process is needed.
__gptos_become_quick_helper() {
  local in out
  # The resident may have pipes for this shell.
  _GPTOS_WITH+=("pipes=$$")
  # Nobody reads while it writes, so all of it has to fit.
  if ((_GPTOS_NAMES_FIT && ${#1} < 4096)) && __gptos_open_pipe; then
    { __gptos_put_request "$1" >&"$out"; } 2>/dev/null
    exec -- "$GPTOS_BIN" widget bash --at-once --shell-version "$BASH_VERSION" --holes 2>/dev/null <&"$in" {in}<&- {out}>&-
  fi
  __gptos_become_helper "$1" --at-once
}

# Opens both ends of a pipe as `in` and `out`: that of an empty here-string, which Linux opens for writing as well.
__gptos_open_pipe() {
  { exec {in}<<<''; } 2>/dev/null && [[ -p /dev/fd/$in ]] && { exec {out}>|"/dev/fd/$in"; } 2>/dev/null || return 1
  # Here-strings end with a line feed.
  builtin read -r -u "$in"
}

# The words, what only this shell knows (the names of its functions and aliases, without those that begin with `_` or `-`, and
# the option that changes how a line is read), and what else the words are about.
__gptos_put_request() {
  local options=''
  builtin shopt -q interactive_comments || options=nocomments
  builtin printf '%s\0' "$1"
  __gptos_print_names
  builtin printf '\0%s' "$options" "${_GPTOS_WITH[@]}"
}

__gptos_print_names() {
  builtin compgen -X '[-_]*' -A function -A alias
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

# Takes one record of the answer; true when the answer is complete or can not become one.
__gptos_take_record() {
  local kind=${_GPTOS_FIELDS[0]} text=${_GPTOS_FIELDS[1]} note=${_GPTOS_FIELDS[2]}
  _GPTOS_FIELDS=()
  ((++_GPTOS_RECORDS <= _GPTOS_MAX_RECORDS)) || return 0
  [[ $kind == tick || $kind == meanwhile ]] || _GPTOS_BEGUN=1
  case $kind in
    tick) _GPTOS_WAITING_FOR=${note//[[:cntrl:]]/} ;;
    meanwhile) __gptos_keep_meanwhile "$text" "$note" ;;
    holes) _GPTOS_NEXT_HOLES=$text ;;
    reading) _GPTOS_NEXT_READING=${text//[[:cntrl:]]/} ;;
    took) _GPTOS_TOOK=${text//[[:cntrl:]]/} ;;
    cmd)
      if [[ -z $text ]] || ! __gptos_plain "$text"; then
        _GPTOS_REFUSED=1
        _GPTOS_NEXT_HOLES='' _GPTOS_NEXT_READING=''
      else
        __gptos_keep_command "$text" "${note//[[:cntrl:]]/}"
      fi
      ;;
    row) __gptos_keep_row "$text" ;;
    more) _GPTOS_OFFER=$text ;;
    pipes) __gptos_take_pipes "$text" ;;
    others) _GPTOS_HAS_OTHERS=1 ;;
    msg) _GPTOS_MESSAGE=$text ;;
    end)
      _GPTOS_ENDED=1
      return 0
      ;;
    lost) return 0 ;;
  esac
  return 1
}

# The command in $1 can be seen, and so can its note in $2.
__gptos_keep_command() {
  if ((${#_GPTOS_COMMANDS[@]} < 50)); then
    _GPTOS_KEPT=''
    [[ -z $_GPTOS_NEXT_HOLES ]] || __gptos_keep_holes "$1" "$_GPTOS_NEXT_HOLES"
    _GPTOS_COMMANDS+=("$1") _GPTOS_NOTES+=("$2") _GPTOS_READINGS+=("$_GPTOS_NEXT_READING") _GPTOS_COMMAND_HOLES+=("$_GPTOS_KEPT")
  fi
  _GPTOS_NEXT_HOLES='' _GPTOS_NEXT_READING=''
}

__gptos_clear_answer() {
  _GPTOS_FIELDS=() _GPTOS_COMMANDS=() _GPTOS_NOTES=() _GPTOS_READINGS=() _GPTOS_COMMAND_HOLES=() _GPTOS_PART='' _GPTOS_BEGUN=''
  _GPTOS_NEXT_HOLES='' _GPTOS_NEXT_READING='' _GPTOS_TOOK=''
  _GPTOS_OFFER='' _GPTOS_HAS_OTHERS=0 _GPTOS_MESSAGE='' _GPTOS_WAITING_FOR='' _GPTOS_RECORDS=0 _GPTOS_ENDED=0 _GPTOS_REFUSED=0
  _GPTOS_MEANWHILE='' _GPTOS_MEANWHILE_NOTE='' _GPTOS_TAKEN=0 _GPTOS_OFFERED=0 _GPTOS_ROWS=()
}

# Reads what is there, and waits at most $1 seconds for the record that comes next. 0: the answer is complete or broken; 1: go on.
# Bash 5.2 forgets that it has consumed the delimiter if the time runs out in that very moment. So the wait is for one
# character, which is kept in every case; the rest of the record is there already and gets time enough.
__gptos_read_records() {
  local part result
  while :; do
    if [[ -z $_GPTOS_PART && ${#_GPTOS_FIELDS[@]} -eq 0 ]]; then
      result=0
      IFS='' builtin read -r -d '' -n 1 -t "$1" -u "$_GPTOS_FD" _GPTOS_PART || result=$?
      [[ -n $_GPTOS_PART ]] || return $((result > 128 ? 1 : 0))
    fi
    while ((${#_GPTOS_FIELDS[@]} < 3)); do
      part='' result=0
      IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -t 1 -u "$_GPTOS_FD" part || result=$?
      _GPTOS_PART+=$part
      ((${#_GPTOS_PART} < _GPTOS_MAX_FIELD)) || return 0
      ((result <= 128)) || return 1 # the time is over or a signal came: the part read so far is kept
      ((result == 0)) || return 0
      _GPTOS_FIELDS+=("$_GPTOS_PART")
      _GPTOS_PART=''
    done
    ! __gptos_take_record || return 0
    builtin read -r -t 0 -u "$_GPTOS_FD" || return 1
  done
}

# Asks for what is at hand to the words in $1. It comes within a moment and its fields end with the sign US, so all of it is read in one
# go and not character by character as what ends with a NUL. True if it is a whole answer.
__gptos_ask_at_once() {
  local text='' result=1
  if [[ -n $in ]]; then
    result=0
    __gptos_read_pipes || result=$?
  fi
  ((result == 1 && _GPTOS_CANCELLED == 0)) || return "$result"
  result=0
  exec {_GPTOS_FD}< <(__gptos_become_quick_helper "$1")
  _GPTOS_PID=$!
  builtin read -r -N "$_GPTOS_MAX_FIELD" -t 1 -u "$_GPTOS_FD" text || result=$?
  if ((result > 128)); then
    # Perhaps the names are too many by now, and nobody makes room for them in the pipe. Ctrl-C tells nothing of them.
    ((_GPTOS_CANCELLED)) || _GPTOS_NAMES_FIT=0
  else
    # At the end of what it writes the helper is about to end as well.
    _GPTOS_PID=''
  fi
  __gptos_stop
  ((_GPTOS_CANCELLED == 0)) && [[ $text == *$'\x1fend\x1f0\x1f\x1f' ]] || return 1
  __gptos_take_text "$text"
}

# Takes the answer in $1, whose fields end with US. True if it is whole.
__gptos_take_text() {
  local fields i is_clean='' IFS=$'\x1f'
  # The sign is no blank to the shell, so empty fields stay.
  set -f
  # shellcheck disable=SC2206  # it is to be split
  fields=($1)
  set +f
  IFS=$' \t\n'
  # To look for what cannot be shown takes long, so it is done once for all fields; then most records are quickly taken.
  [[ "${fields[*]}" == *[[:cntrl:]]* ]] || is_clean=1
  for ((i = 0; i < ${#fields[@]}; i += 3)); do
    case $is_clean${fields[i]} in
      1reading) _GPTOS_NEXT_READING=${fields[i + 1]} ;;
      1took) _GPTOS_TOOK=${fields[i + 1]} ;;
      1others) _GPTOS_HAS_OTHERS=1 ;;
      1end)
        _GPTOS_ENDED=1
        break
        ;;
      1cmd)
        if [[ -n ${fields[i + 1]} && ${fields[i + 1]} != *[![:ascii:]]* ]]; then
          __gptos_keep_command "${fields[i + 1]}" "${fields[i + 2]}"
          continue
        fi
        ;;&
      *)
        _GPTOS_FIELDS=("${fields[@]:i:3}")
        ! __gptos_take_record || break
        ;;
    esac
  done
  ((_GPTOS_ENDED))
}

# 0: commands are there; 1: no answer, and _GPTOS_MESSAGE says why.
__gptos_judge_answer() {
  if ((_GPTOS_ENDED == 0)); then
    _GPTOS_MESSAGE='no answer (helper ended early)'
    return 1
  fi
  ((${#_GPTOS_COMMANDS[@]} == 0)) || return 0
  if ((_GPTOS_REFUSED)); then
    _GPTOS_MESSAGE='no answer (the command held unprintable characters)'
  fi
  : "${_GPTOS_MESSAGE:=no answer}"
  return 1
}
