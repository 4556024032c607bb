# shellcheck shell=bash
# GPT-OS for bash: words become a command in the edit buffer, by a key (Ctrl-G) or by `?? words` and Enter.
#
# Assumes: bash 5.1 or later, interactive, with line editing; this part is printed by `gptos init bash` and run by `eval`,
#   or from a file. It never runs `return` outside a function, because that would end the caller's startup file.
# Options (a value set by the user wins): GPTOS_BIN GPTOS_KEY GPTOS_KEY2 GPTOS_ENTER_GUARD_MS GPTOS_PROGRESS_MS
#   GPTOS_ASYNC: `1` the prompt stays live, `0` it waits, else it waits for 1.5 s and is live then, if the terminal
#   answers; GPTOS_GUARD: which lines are judged at Enter, `suggested` (those that descend from a suggestion), `all` or `off`;
#   GPTOS_GUARD_MS: how long Enter waits for that. A line held for its risk runs at a second Enter. GPTOS_NOTE: `0` hides the
#   line that tells of a suggestion; GPTOS_SCOPES: programs whose `name? words` asks; GPTOS_HASH: `1` lets `# words` ask.
# Parts: this one is printed by `gptos init bash` and read at the start, with early.bash as a text that is read when it is needed; the others are
#   printed by `gptos parts bash` at the first press of a key of ours.
# Defines: functions `__gptos_*`, private variables `_GPTOS_*`, one element of PROMPT_COMMAND, key bindings, completions of `??`,
#   `???` and the names in GPTOS_SCOPES.
# Limit: `$!` names the helper's process after a request, since bash counts a process substitution as a background job.
#
# What the helper answers to words is data: it is assigned to READLINE_LINE, never evaluated. The one place that lets a line run is
# the Enter wrapper, for a line that the user submitted.

# No comment may stand behind a command in this part: a user's `shopt -u interactive_comments` would make words of it.
#
# A function body is parsed once, here; without this an alias such as `alias local=false` would be parsed into it.
\builtin shopt -q expand_aliases && _GPTOS_ALIASES=1 || _GPTOS_ALIASES=0
\builtin shopt -u expand_aliases
# Nor is a user's `set -a` to hand these functions and texts to every program.
[[ $- == *a* ]] && _GPTOS_EXPORTS=1 || _GPTOS_EXPORTS=0
\builtin set +a

: "${GPTOS_BIN:=gptos}" "${GPTOS_KEY=ctrl-g}" "${GPTOS_GUARD=suggested}" "${GPTOS_SCOPES=}"
if [[ ${TERM_PROGRAM-} == vscode ]]; then
  # The editor takes Ctrl-G for itself.
  : "${GPTOS_KEY2=ctrl-]}"
else
  : "${GPTOS_KEY2=}"
fi

# The steps that the key macros are made of. Nobody types them; each macro below is a chain of two. They keep their names for good: a shell that was
# started before an update plays the second step of a macro of its own when the first has read a new integration.
_GPTOS_STEP_REQUEST='\C-x\C-_gr\a'
_GPTOS_STEP_REPLAY='\C-x\C-_gp\a'
_GPTOS_STEP_ENTER='\C-x\C-_ge\a'
_GPTOS_STEP_SUBMIT='\C-x\C-_gs\a'
# Who has the other parts, if `gptos init` did not say.
: "${_GPTOS_PARTS_BIN=}" "${_GPTOS_PARTS_BUILD=}"
_GPTOS_LACKING=''

# === what is read later ===

# Does $1 with the rest. It stands in a here-document until then, of which bash looks at a sign eight times as quickly as of a command.
__gptos_early() {
  { local - IFS=$' \t\n' text='' && set +aeuxET; } 2>/dev/null
  __gptos_early_text
  builtin eval "$text"
  # A here-document may need a file where there is no room for one.
  builtin declare -F "__gptos_early_$1" >/dev/null || return 2
  "__gptos_early_$1" "${@:2}"
}

# In the middle of a quoted line bash takes every quote that it reads for the end of that line's, so nothing is read there. Nobody knows where it
# is without our prompt hook, and before the first prompt there was no line yet.
__gptos_is_amid() {
  [[ $_GPTOS_PROMPTING == 0 && -z $_GPTOS_LOADED && " ${PROMPT_COMMAND[*]-} " == *__gptos_prompt* ]]
}

# Brings the other parts; with `key` somebody waits for a word about it.
__gptos_load() {
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  if ! __gptos_is_amid; then
    __gptos_early load "$@"
  elif [[ ${1-} == key ]]; then
    builtin printf 'gptos: works at the shell prompt only\n' >&2
    return 1
  else
    return 1
  fi
}

# The parts bring functions of these names.
__gptos_request() {
  ! __gptos_load key || __gptos_request
}

__gptos_request_alone() {
  ! __gptos_load key || __gptos_request_alone "$1"
}

__gptos_complete() {
  COMPREPLY=()
  ! __gptos_load || __gptos_complete
}

# Words are no command, also where not even that can be read.
__gptos_enter_with_care() {
  local half=$1 map
  if __gptos_is_amid; then
    _GPTOS_LAST_ROW=$READLINE_LINE
  elif ! __gptos_early enter "$1"; then
    [[ $READLINE_LINE != *'??'* ]] || half='""'
    for map in "${_GPTOS_KEYMAPS[@]}"; do
      builtin bind -m "$map" "\"$_GPTOS_STEP_SUBMIT\": $half"
    done
    _GPTOS_SUBMIT_BOUND=$half
  fi
}

# === every line ===

# Whether a key of ours was pressed at this prompt, so that more than the line is to be looked at.
: "${_GPTOS_UNDER_WAY=}"

# Enter, first half: decides what the second half is, $1 or the keys typed meanwhile. Most lines are none of ours: then only the line
# is kept, in case that it fails. Of one with several rows readline shows one at a time.
__gptos_enter() {
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  if [[ $_GPTOS_PROMPTING$_GPTOS_UNDER_WAY == 1 && $READLINE_LINE != *'?'* && $READLINE_LINE != ['#^']* &&
    $READLINE_LINE != *'!'[![:space:]=]* && ${histchars-'!^#'} == @('!^#'|) && $GPTOS_GUARD != all && $_GPTOS_SUBMIT_BOUND == "$1" ]]; then
    _GPTOS_PROMPTING=0
    [[ $READLINE_LINE == *[![:space:]]* ]] || return 0
    _GPTOS_LINE=$READLINE_LINE _GPTOS_FAILED='' _GPTOS_LAST_ROW=''
    [[ $_GPTOS_LINE != [[:blank:]]* ]] || _GPTOS_LINE=''
  else
    __gptos_enter_with_care "$1"
  fi
}

# What runs before each prompt. Bash restores `$?` after each element of PROMPT_COMMAND; the status is for those who call us from a
# string of theirs.
__gptos_prompt() {
  { local status=$? errexit=0 - IFS=$' \t\n'; [[ $- != *e* ]] || errexit=1; set +aeuxET; } 2>/dev/null
  _GPTOS_PROMPTING=1
  # What needs the user lies in a file until it was told. The program tells one line of it, and takes it away when all is told.
  [[ ! -s ${_GPTOS_NOTICE-} ]] || command "$GPTOS_BIN" notice </dev/null 2>/dev/null || :
  if [[ -n $_GPTOS_UNDER_WAY ]]; then
    __gptos_end_line "$status"
  elif [[ -n $_GPTOS_LINE ]]; then
    # A program stopped by Ctrl-Z has not failed.
    if ((status == 0 || status == 148)); then
      _GPTOS_LINE=''
    elif [[ -z $_GPTOS_LAST_ROW ]]; then
      _GPTOS_FAILED=$_GPTOS_LINE _GPTOS_FAILED_STATUS=$status _GPTOS_LINE=''
    elif [[ -n $_GPTOS_LOADED ]] || __gptos_load; then
      __gptos_note_status "$status"
    else
      _GPTOS_LINE=''
    fi
  fi
  [[ -z $_GPTOS_OTHER_MODE || ! -o $_GPTOS_OTHER_MODE ]] || __gptos_early other_mode
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

# Binds the keys in the keymaps $@.
__gptos_bind_keys() {
  local map mode key macros=() alone=() bound=("$_GPTOS_STEP_ENTER")
  for key in "$GPTOS_KEY" "$GPTOS_KEY2"; do
    [[ -n $key && " ${_GPTOS_TAKEN_KEYS-} " != *" $key "* ]] || continue
    __gptos_key_sequence "$key"
    bound+=("$_GPTOS_SEQUENCE")
    case $_GPTOS_SEQUENCE in
      # It ends a history search, unless a macro is bound to it.
      '\C-'[Gg] | '\a' | $'\a') alone+=("$_GPTOS_SEQUENCE") ;;
      *) macros+=("\"$_GPTOS_SEQUENCE\": \"$_GPTOS_STEP_REQUEST$_GPTOS_STEP_REPLAY\"") ;;
    esac
  done
  if ((${#macros[@]})); then
    bound+=("$_GPTOS_STEP_REQUEST") macros+=("\"$_GPTOS_STEP_REPLAY\": \"\"")
    _GPTOS_REPLAY_BOUND='""'
  fi
  ((${#_GPTOS_BOUND[@]} == 0)) || __gptos_early unbind "${bound[@]}"
  for map; do
    # First what makes no keymaps of its own, through which each sequence that follows would be looked for.
    builtin bind -m "$map" "\"\\C-m\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\"" \
      "\"\\C-j\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\"" "${macros[@]}" "\"$_GPTOS_STEP_SUBMIT\": accept-line"
    # `||` also exempts everything inside from the user's `set -e`. The last argument of a command is `$_` afterwards, which so
    # stays the user's.
    ((${#macros[@]} == 0)) || builtin bind -m "$map" -x "\"$_GPTOS_STEP_REQUEST\": __gptos_request \"\$_\" || : \"\$_\""
    [[ $map == vi-command ]] && mode=commands || mode=text
    for key in "${alone[@]}"; do
      builtin bind -m "$map" -x "\"$key\": __gptos_request_alone $mode \"\$_\" || : \"\$_\""
    done
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_ENTER\": __gptos_enter accept-line \"\$_\" || : \"\$_\""
  done
  _GPTOS_SUBMIT_BOUND=accept-line
  _GPTOS_BOUND=("${bound[@]}")
}

__gptos_set_up() {
  case $- in
    *i*) ;;
    *) return 0 ;;
  esac
  # Before anything that an old bash does not know.
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
    __gptos_early tell_old
    return 0
  fi
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  local name map names=('??' '???') others=()
  [[ -o emacs || -o vi ]] || return 0
  case ${TERM-} in
    # Every Enter would cost a line there.
    '' | dumb) return 0 ;;
  esac
  if [[ -n ${BLE_VERSION-} ]]; then
    __gptos_early tell_ble
    return 0
  fi
  : "${_GPTOS_PROMPTING=}" "${_GPTOS_LOADED=}" "${_GPTOS_LINE=}" "${_GPTOS_FAILED=}" "${_GPTOS_LAST_ROW=}"
  _GPTOS_NOTICE=${XDG_STATE_HOME:-${HOME-}/.local/state}/gptos/notice
  [[ -n ${_GPTOS_BOUND+set} ]] || _GPTOS_BOUND=()
  # The keymaps that have our keys, those of the mode in use, and the mode whose keymaps get them at the first prompt in it. To bind them there as
  # well would cost each start a third of all that it takes; an Enter that does nothing but that costs little.
  if [[ -n ${_GPTOS_KEYMAPS-} ]]; then
    :
  elif [[ -o vi ]]; then
    _GPTOS_KEYMAPS=(vi-insert vi-command) _GPTOS_OTHER_MODE=emacs others=(emacs-standard)
  else
    _GPTOS_KEYMAPS=(emacs-standard) _GPTOS_OTHER_MODE=vi others=(vi-insert vi-command)
  fi
  __gptos_bind_keys "${_GPTOS_KEYMAPS[@]}"
  for map in "${others[@]}"; do
    builtin bind -m "$map" -x '"\C-m": __gptos_is_amid || __gptos_early other_enter "$_" || : "$_"'
  done
  # Tab completes the words after `??` like those of a command of that name, so no other line and no binding of Tab is touched.
  set -f
  for name in $GPTOS_SCOPES; do
    names+=("$name?")
  done
  builtin complete -F __gptos_complete -- "${names[@]}"
  # Read once more: what is under way ends, and the functions that came later come again.
  [[ -z $_GPTOS_LOADED ]] || __gptos_load || :
  [[ " ${PROMPT_COMMAND[*]-} " != *' __gptos_prompt '* ]] || return 0
  # Not at index 0: `PROMPT_COMMAND=…` further down in a startup file replaces exactly that element.
  [[ -n ${PROMPT_COMMAND[*]-} ]] || PROMPT_COMMAND=('')
  PROMPT_COMMAND+=(__gptos_prompt)
}
