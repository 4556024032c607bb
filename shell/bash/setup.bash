# shellcheck shell=bash
# Part of the integration for bash, the last one: what the keys do, and the setting up, which runs here.

# === what the keys do ===

__gptos_arrive() {
  { local - IFS=$' \t\n' && __gptos_begin; } 2>/dev/null
  ((_GPTOS_PENDING == 0)) || __gptos_collect || __gptos_tell_offer
  __gptos_bind_replay "$_GPTOS_STEP_REPLAY" "$_GPTOS_TYPED"
}

__gptos_request() {
  { local - IFS=$' \t\n' && __gptos_begin; } 2>/dev/null
  __gptos_split "$READLINE_LINE"
  if ((_GPTOS_PENDING)) && __gptos_pending_key; then
    :
  elif ! __gptos_at_prompt key; then
    __gptos_say 'works at the shell prompt only'
  elif __gptos_mend; then
    :
  elif [[ -z $_GPTOS_WORDS ]]; then
    __gptos_say 'type what you want, then press the key'
  elif __gptos_next_hole; then
    :
  elif __gptos_on_suggestion; then
    __gptos_next
  else
    [[ $_GPTOS_MARK == '???' ]] || _GPTOS_MARK=''
    __gptos_ask "$_GPTOS_PRIVATE$_GPTOS_WORDS" "$_GPTOS_MARK" new
  fi
  __gptos_bind_replay "$_GPTOS_STEP_REPLAY" "$_GPTOS_TYPED"
}

__gptos_prompt() {
  { local status=$? errexit=0 - IFS=$' \t\n'; [[ $- != *e* ]] || errexit=1; __gptos_calm; } 2>/dev/null
  _GPTOS_PROMPTING=1
  __gptos_note_status "$status"
  ((_GPTOS_PENDING == 0)) || __gptos_end_pending
  __gptos_restore_trap
  if [[ -n $_GPTOS_RAN ]]; then
    # The subshell keeps the job table and `$!` of the user clean.
    (builtin printf '%s\0%s' "$_GPTOS_RAN_QUERY" "$_GPTOS_RAN" |
      command "$GPTOS_BIN" ran bash "$status" >/dev/null 2>&1 &) 2>/dev/null
    _GPTOS_RAN=''
  fi
  __gptos_disarm_keys
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

__gptos_bind_keys() {
  local map key
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    # Bash 5.1 keeps the former command of a `bind -x` key unless it is unbound first.
    for key in "$_GPTOS_STEP_REQUEST" "$_GPTOS_STEP_ENTER" "$_GPTOS_STEP_OPERATE" "$_GPTOS_STEP_ARRIVE" "$_GPTOS_STEP_HOLE" "${_GPTOS_KEYS[@]}"; do
      builtin bind -m "$map" -r "$key" 2>/dev/null
    done
    # `||` also exempts everything inside from the user's `set -e`.
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_REQUEST\": __gptos_request || :"
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_ENTER\": __gptos_enter || :"
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_OPERATE\": __gptos_enter operate-and-get-next || :"
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_ARRIVE\": __gptos_arrive || :"
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_HOLE\": __gptos_type || :"
  done
  __gptos_bind_step "$_GPTOS_STEP_REPLAY" '""'
  __gptos_bind_step "$_GPTOS_STEP_SUBMIT" accept-line
  __gptos_name_key
  _GPTOS_KEYS=() _GPTOS_RAW_KEYS=()
  for key in "$GPTOS_KEY" "$GPTOS_KEY2"; do
    [[ -n $key ]] || continue
    __gptos_key_sequence "$key"
    __gptos_raw_sequence "$_GPTOS_SEQUENCE"
    _GPTOS_KEYS+=("$_GPTOS_SEQUENCE")
    _GPTOS_RAW_KEYS+=("$_GPTOS_RAW")
  done
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    for key in "${_GPTOS_KEYS[@]}"; do
      builtin bind -m "$map" "\"$key\": \"$_GPTOS_STEP_REQUEST$_GPTOS_STEP_REPLAY\""
    done
    builtin bind -m "$map" "\"$_GPTOS_TERMINAL_REPLY\": \"$_GPTOS_STEP_ARRIVE$_GPTOS_STEP_REPLAY\""
    builtin bind -m "$map" "\"\\C-m\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\""
    builtin bind -m "$map" "\"\\C-j\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\""
  done
  # Ctrl-O accepts the line, too, unless the user has given it to something else.
  if [[ $(__gptos_print_operate) == *'"\C-o"'* ]]; then
    builtin bind -m emacs-standard "\"\\C-o\": \"$_GPTOS_STEP_OPERATE$_GPTOS_STEP_SUBMIT\""
  fi
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
  : "${_GPTOS_LINE=}" "${_GPTOS_FAILED=}" "${_GPTOS_FAILED_STATUS:=0}"
  : "${_GPTOS_TRAP_HELD:=0}" "${_GPTOS_OLD_TRAP=}" "${_GPTOS_TAKEN:=0}"
  ((_GPTOS_PENDING == 0)) || __gptos_end_pending
  __gptos_restore_trap
  _GPTOS_REPLAY_BOUND='' _GPTOS_SUBMIT_BOUND=''
  [[ -n ${_GPTOS_KEYS+set} ]] || _GPTOS_KEYS=()
  [[ -n ${_GPTOS_ARMED+set} ]] || _GPTOS_ARMED=()
  __gptos_disarm_keys
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
