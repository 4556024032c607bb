# shellcheck shell=bash
# Part of the integration for bash: what the keys and the prompt do.

: "${GPTOS_ENTER_GUARD_MS=250}" "${GPTOS_PROGRESS_MS=120}" "${GPTOS_ASYNC=auto}" "${GPTOS_GUARD_MS=100}" "${GPTOS_NOTE=1}" "${GPTOS_HASH=0}"

# Further steps of macros. Enter's first half for Ctrl-O
_GPTOS_STEP_OPERATE='\C-x\C-_go\a'
_GPTOS_STEP_ARRIVE='\C-x\C-_ga\a'
# What a key does first that is typed on a hole
_GPTOS_STEP_HOLE='\C-x\C-_gh\a'
# What a key does first that reads further keys itself
_GPTOS_STEP_HUSH='\C-x\C-_gf\a'
# What a terminal answers to ESC[5n
_GPTOS_TERMINAL_REPLY='\e[0n'

__gptos_arrive() {
  { local - IFS=$' \t\n' unplayed=$_GPTOS_UNPLAYED && set +aeuxET; } 2>/dev/null
  if [[ -n $unplayed ]] && ! ((_GPTOS_PENDING || _GPTOS_TAB)); then
    # The keys that come now are for the line as it is.
    _GPTOS_CALLED_AT=0 _GPTOS_ANSWERS=1 _GPTOS_UNPLAYED=''
    __gptos_bind_replay "$_GPTOS_STEP_REPLAY" "$unplayed"
    return 0
  fi
  __gptos_begin
  _GPTOS_CALLED_AT=0 _GPTOS_ANSWERS=1
  if ((_GPTOS_PENDING)) && { __gptos_collect || ! ((_GPTOS_TAB)); }; then
    _GPTOS_CALLED_AT=0
    ((_GPTOS_PENDING == 0)) || __gptos_tell_offer
  elif ((_GPTOS_TAB)); then
    __gptos_list
  fi
  __gptos_bind_replay "$_GPTOS_STEP_REPLAY" "$unplayed$_GPTOS_TYPED"
}

# The same where no macro goes on behind the key.
__gptos_request_alone() {
  __gptos_request
  [[ -z $_GPTOS_TYPED ]] || __gptos_play_typed "$1"
}

# Plays what was typed meanwhile behind a key that is no macro: the text in front of any other key at once, unless it is for vi's command mode
# ($1 is `commands`), and the rest when the terminal replies, whose reply is a macro. One that does not reply loses that rest.
__gptos_play_typed() {
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  local text=${_GPTOS_TYPED%%[[:cntrl:]]*}
  [[ $1 != commands ]] || text=''
  READLINE_LINE=${READLINE_LINE:0:READLINE_POINT}$text${READLINE_LINE:READLINE_POINT}
  ((READLINE_POINT += ${#text})) || :
  _GPTOS_UNPLAYED=${_GPTOS_TYPED:${#text}}
  [[ -z $_GPTOS_UNPLAYED || $_GPTOS_ANSWERS == 0 ]] || __gptos_call_terminal
}

# Bash copies all of a function before it runs it, so what a press seldom needs is in functions of its own.
__gptos_request() {
  { local - IFS=$' \t\n' && __gptos_begin; } 2>/dev/null
  __gptos_understand
  if ((_GPTOS_TAB || _GPTOS_PENDING || ${#_GPTOS_RING[@]} || _GPTOS_PROMPTING != 1)) || [[ -z $_GPTOS_WORDS ]]; then
    __gptos_request_amid
  else
    __gptos_request_new
  fi
  [[ -z $_GPTOS_TYPED && $_GPTOS_REPLAY_BOUND == '""' ]] || __gptos_bind_replay "$_GPTOS_STEP_REPLAY" "$_GPTOS_TYPED"
}

# The key on words.
__gptos_request_new() {
  if [[ -n $_GPTOS_MARK ]]; then
    [[ $_GPTOS_MARK == '???' ]] || _GPTOS_MARK=''
    __gptos_ask "$_GPTOS_PRIVATE$_GPTOS_WORDS" "$_GPTOS_MARK" new
  else
    # It may be a command that is to be completed where the cursor is.
    _GPTOS_WITH=("cursor=$READLINE_POINT")
    __gptos_ask "$READLINE_LINE" '' new
  fi
}

# The key where something else may be under way.
__gptos_request_amid() {
  if ((_GPTOS_TAB)) && __gptos_list; then
    :
  elif ((_GPTOS_PENDING)) && __gptos_pending_key; then
    :
  elif ! __gptos_at_prompt key; then
    __gptos_say 'works at the shell prompt only'
  elif [[ -z $_GPTOS_WORDS ]]; then
    __gptos_mend || __gptos_say 'type what you want, then press the key'
  elif ! ((${#_GPTOS_RING[@]})) || ! __gptos_move_on; then
    __gptos_request_new
  fi
}

# The key, after an answer. False: the line asks for something new.
__gptos_move_on() {
  ! __gptos_show_late || return 0
  ! __gptos_next_hole || return 0
  __gptos_on_suggestion || return 1
  __gptos_next
  return 0
}

# A line at whose prompt a key of ours was pressed has ended, with the status in $1.
__gptos_end_line() {
  __gptos_note_status "$1"
  ((_GPTOS_PENDING == 0)) || __gptos_end_pending
  __gptos_restore_trap
  if [[ -n $_GPTOS_RAN ]]; then
    # The subshell keeps the job table and `$!` of the user clean.
    (__gptos_print_fields "$_GPTOS_RAN_QUERY" "$_GPTOS_RAN" "${_GPTOS_RAN_WITH[@]}" |
      command "$GPTOS_BIN" ran bash "$1" >/dev/null 2>&1 &) 2>/dev/null
    _GPTOS_RAN=''
  fi
  __gptos_disarm_keys
  ((${#_GPTOS_READERS[@]} == 0)) || __gptos_listen
  __gptos_forget
  _GPTOS_TAB=0 _GPTOS_NOTE_WIDTH=0 _GPTOS_LIST_ROWS=0 _GPTOS_NOTE_ROWS=0 _GPTOS_SAID_ROWS=0
  ((${#_GPTOS_REQUESTS[@]} == 0)) || __gptos_put_requests
  # The reply of a terminal that was asked may still come.
  ((_GPTOS_CALLED_AT)) || _GPTOS_UNDER_WAY=''
}

__gptos_print_fields() {
  builtin printf '%s' "$1"
  builtin printf '\0%s' "${@:2}"
}

# Sets _GPTOS_RAW to the characters that arrive when the keys of a sequence, as `bind` takes it, are pressed.
__gptos_raw_sequence() {
  local rest=$1 code
  _GPTOS_RAW=''
  while [[ -n $rest ]]; do
    case $rest in
      '\C-'?*)
        builtin printf -v code '%d' "'${rest:3:1}"
        builtin printf -v code '\\%03o' $((code & 31))
        builtin printf -v code %b "$code"
        _GPTOS_RAW+=$code rest=${rest:4}
        ;;
      '\M-'?*) _GPTOS_RAW+=$'\e'${rest:3:1} rest=${rest:4} ;;
      '\e'*) _GPTOS_RAW+=$'\e' rest=${rest:2} ;;
      '\'?*) _GPTOS_RAW+=${rest:1:1} rest=${rest:2} ;;
      *) _GPTOS_RAW+=${rest:0:1} rest=${rest:1} ;;
    esac
  done
}

# What the key is called in a message.
__gptos_name_key() {
  local key=${GPTOS_KEY:-$GPTOS_KEY2}
  [[ ${TERM_PROGRAM-} != vscode || -z $GPTOS_KEY2 ]] || key=$GPTOS_KEY2
  case $key in
    [Cc][Tt][Rr][Ll]-?) key=${key#*-} && _GPTOS_KEY_NAME="Ctrl-${key^}" ;;
    [Aa][Ll][Tt]-?) _GPTOS_KEY_NAME="Alt-${key#*-}" ;;
    *) _GPTOS_KEY_NAME='the key' ;;
  esac
}

__gptos_print_operate() {
  builtin bind -m emacs-standard -q operate-and-get-next 2>/dev/null
}

# Once the parts are there, and again if they are read again.
__gptos_prepare() {
  local key names
  : "${_GPTOS_PENDING:=0}" "${_GPTOS_RAN=}" "${_GPTOS_PID=}" "${_GPTOS_FD=}" "${_GPTOS_TYPED=}" "${_GPTOS_UNPLAYED=}"
  : "${_GPTOS_FAILED_STATUS:=0}"
  : "${_GPTOS_LAST=}" "${_GPTOS_LAST_WORDS=}" "${_GPTOS_LAST_AT:=0}" "${_GPTOS_LAST_PLACE=}" "${_GPTOS_ANSWERS=}" "${_GPTOS_CALLED_AT:=0}"
  : "${_GPTOS_TRAP_HELD:=0}" "${_GPTOS_OLD_TRAP=}" "${_GPTOS_TAKEN:=0}" "${_GPTOS_NOTE_WIDTH:=0}"
  : "${_GPTOS_LIST_ROWS:=0}" "${_GPTOS_NOTE_ROWS:=0}" "${_GPTOS_SAID_ROWS:=0}" "${_GPTOS_SAID_BEFORE:=1}" "${_GPTOS_NOTE_LINE=}"
  [[ -n ${_GPTOS_ARMED+set} ]] || _GPTOS_ARMED=()
  [[ -n ${_GPTOS_READERS+set} ]] || _GPTOS_READERS=()
  [[ -n ${_GPTOS_REQUESTS+set} ]] || _GPTOS_REQUESTS=()
  [[ -n ${_GPTOS_RAN_WITH+set} ]] || _GPTOS_RAN_WITH=()
  _GPTOS_TAB=0 _GPTOS_WITH=() _GPTOS_BASE=''
  ((_GPTOS_PENDING == 0)) || __gptos_end_pending
  __gptos_restore_trap
  __gptos_disarm_keys
  ((${#_GPTOS_READERS[@]} == 0)) || __gptos_listen
  __gptos_forget
  __gptos_leave_pipes
  __gptos_name_key
  # A pipe takes 64 KiB before somebody reads it; in a shell that has so many names to tell a process writes them.
  names=$(__gptos_print_names)
  _GPTOS_NAMES_FIT=$((${#names} < 32768))
  __gptos_raw_sequence "$_GPTOS_TERMINAL_REPLY"
  _GPTOS_RAW_REPLY=$_GPTOS_RAW _GPTOS_RAW_KEYS=()
  for key in "$GPTOS_KEY" "$GPTOS_KEY2"; do
    [[ -n $key ]] || continue
    __gptos_key_sequence "$key"
    __gptos_raw_sequence "$_GPTOS_SEQUENCE"
    _GPTOS_RAW_KEYS+=("$_GPTOS_RAW")
  done
  __gptos_bind_steps "${_GPTOS_KEYMAPS[@]}"
}

# Binds the further steps in the keymaps $@.
__gptos_bind_steps() {
  local key map
  for map; do
    # As at the start: only bash 5.1 needs it.
    for key in "$_GPTOS_STEP_ARRIVE" "$_GPTOS_STEP_OPERATE" "$_GPTOS_STEP_HOLE" "$_GPTOS_STEP_HUSH"; do
      ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] > 501)) || builtin bind -m "$map" -r "$key" 2>/dev/null
    done
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_ARRIVE\": __gptos_arrive \"\$_\" || : \"\$_\""
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_OPERATE\": __gptos_enter operate-and-get-next \"\$_\" || : \"\$_\""
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_HOLE\": __gptos_type \"\$_\" || : \"\$_\""
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_HUSH\": __gptos_hush \"\$_\" || : \"\$_\""
    # Ctrl-O accepts the line, too, unless the user has given it to something else.
    if [[ $map == emacs-standard && $(__gptos_print_operate) == *'"\C-o"'* ]]; then
      builtin bind -m "$map" "\"\\C-o\": \"$_GPTOS_STEP_OPERATE$_GPTOS_STEP_SUBMIT\""
    fi
  done
  _GPTOS_SUBMIT_BOUND='' _GPTOS_REPLAY_BOUND=''
  __gptos_bind_step "$_GPTOS_STEP_SUBMIT" accept-line
  __gptos_bind_step "$_GPTOS_STEP_REPLAY" '""'
  __gptos_claim_reply
}
