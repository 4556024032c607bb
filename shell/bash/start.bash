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
# Parts: this one is printed by `gptos init bash` and read at the start, the others by `gptos parts bash` at the first press of a key of ours.
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

: "${GPTOS_BIN:=gptos}" "${GPTOS_KEY=ctrl-g}" "${GPTOS_ENTER_GUARD_MS=250}" "${GPTOS_PROGRESS_MS=120}" "${GPTOS_ASYNC=auto}"
: "${GPTOS_GUARD=suggested}" "${GPTOS_GUARD_MS=100}" "${GPTOS_NOTE=1}" "${GPTOS_SCOPES=}" "${GPTOS_HASH=0}"
if [[ ${TERM_PROGRAM-} == vscode ]]; then
  # The editor takes Ctrl-G for itself.
  : "${GPTOS_KEY2=ctrl-]}"
else
  : "${GPTOS_KEY2=}"
fi

# The steps that the key macros are made of. Nobody types them; each macro below is a chain of two.
_GPTOS_STEP_REQUEST='\C-x\C-_gr\a'
_GPTOS_STEP_REPLAY='\C-x\C-_gp\a'
_GPTOS_STEP_ENTER='\C-x\C-_ge\a'
# Enter's first half for Ctrl-O
_GPTOS_STEP_OPERATE='\C-x\C-_go\a'
_GPTOS_STEP_SUBMIT='\C-x\C-_gs\a'
_GPTOS_STEP_ARRIVE='\C-x\C-_ga\a'
# What a key does first that is typed on a hole
_GPTOS_STEP_HOLE='\C-x\C-_gh\a'
# What a key does first that reads further keys itself
_GPTOS_STEP_HUSH='\C-x\C-_gf\a'
# What a terminal answers to ESC[5n
_GPTOS_TERMINAL_REPLY='\e[0n'
_GPTOS_KEYMAPS=(emacs-standard vi-insert vi-command)
# Who has the other parts, if `gptos init` did not say.
: "${_GPTOS_PARTS_BIN=}" "${_GPTOS_PARTS_BUILD=}"
_GPTOS_LACKING=''

# === what is read later ===

# Bash needs longer to read the other parts than for all else at the start, so they are had from the binary when they are needed. 1: not
# here, as in the middle of a quoted line bash takes every quote for the end of that line's (nobody knows without our prompt hook, and
# there was no line yet before the first prompt); 2: nobody hands them out. Who did not is asked again only where somebody waits for a word
# about it: then $1 is `key`.
__gptos_load() {
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  # A whole integration of another build, which is read here, notes the user's options anew.
  local parts bin=$_GPTOS_PARTS_BIN _GPTOS_ALIASES='' _GPTOS_EXPORTS=''
  if [[ $_GPTOS_PROMPTING == 0 && -z $_GPTOS_LOADED && " ${PROMPT_COMMAND[*]-} " == *__gptos_prompt* ]]; then
    [[ ${1-} != key ]] || builtin printf 'gptos: works at the shell prompt only\n' >&2
    return 1
  fi
  [[ -z $_GPTOS_LACKING || ${1-} == key ]] || return 2
  [[ -f $bin && -x $bin ]] || bin=$GPTOS_BIN
  parts=$(__gptos_hand_out "$bin")
  if [[ $parts != *$'\n: end' ]]; then
    _GPTOS_LACKING=1
    builtin printf 'gptos: bash: %s does not hand out the integration\nhint: try again, or run the installer and open a new shell\n' "$bin" >&2
    return 2
  fi
  _GPTOS_LOADED='' _GPTOS_LACKING=''
  builtin eval "$parts" 2>/dev/null
  if [[ -n $_GPTOS_LOADED ]]; then
    __gptos_prepare
    return 0
  fi
  # A binary of another build has handed out its own first part.
  [[ ${2-} != again ]] || return 2
  __gptos_load "${1-}" again
}

# Runs in a subshell, so that `$!` stays the user's. With a limit bash reads sign by sign, which takes ten times as long, so only the first
# sign has one. Who never stops is left after 1 MB.
__gptos_hand_out() {
  local fd part count=0
  exec {fd}< <(__gptos_become_parts "$1")
  if builtin read -r -t 2 -N 1 part <&"$fd"; then
    while builtin printf %s "$part" && ((++count < 16)) && builtin read -r -N 65536 part <&"$fd"; do
      :
    done
    ((count == 16)) || builtin printf %s "$part"
  else
    builtin kill $! 2>/dev/null
  fi
}

# What stands in a substitution is parsed when it runs, with the user's aliases; a function is not.
__gptos_become_parts() {
  exec -- "$1" parts bash "$_GPTOS_PARTS_BUILD" </dev/null 2>/dev/null
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

# === every line ===

# Whether a key of ours was pressed at this prompt, so that more than the line is to be looked at.
: "${_GPTOS_UNDER_WAY=}"

# Enter, first half: decides what the second half is, $1 or the keys typed meanwhile. Most lines are none of ours: then only the line
# is kept, in case that it fails. Of one with several rows readline shows one at a time.
__gptos_enter() {
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  if [[ $_GPTOS_PROMPTING$_GPTOS_UNDER_WAY == 1 && $READLINE_LINE != *'?'* && $READLINE_LINE != ['#^']* &&
    $READLINE_LINE != *'!'[![:space:]=\(]* && $GPTOS_GUARD != all && $_GPTOS_SUBMIT_BOUND == "$1" ]]; then
    _GPTOS_PROMPTING=0
    [[ $READLINE_LINE == *[![:space:]]* ]] || return 0
    _GPTOS_LINE=$READLINE_LINE _GPTOS_FAILED='' _GPTOS_LAST_ROW=''
    [[ $_GPTOS_LINE != [[:blank:]]* ]] || _GPTOS_LINE=''
  elif [[ -n $_GPTOS_LOADED ]]; then
    __gptos_enter_with_care "$1"
  else
    __gptos_enter_first "$1"
  fi
}

# The same before the other parts are read. Words are no command, also where nobody can make one of them.
__gptos_enter_first() {
  local words=${READLINE_LINE#"${READLINE_LINE%%[![:space:]]*}"} wanted='' result=0 half=$1
  [[ $words != '??'* ]] || wanted=key
  __gptos_load "$wanted" || result=$?
  if ((result == 0)); then
    __gptos_enter_with_care "$1"
  else
    _GPTOS_LAST_ROW=$READLINE_LINE
    [[ $result$wanted != 2key ]] || half='""'
    [[ $_GPTOS_SUBMIT_BOUND == "$half" ]] || __gptos_bind_everywhere "$_GPTOS_STEP_SUBMIT" "$half"
    _GPTOS_SUBMIT_BOUND=$half
  fi
}

# Binds the sequence $1 to $2 in each keymap.
__gptos_bind_everywhere() {
  local map
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    builtin bind -m "$map" "\"$1\": $2"
  done
}

# What needs the user lies in a file until it was told. The program tells one line of it, and takes it away when all is told.
__gptos_tell_notice() {
  command "$GPTOS_BIN" notice </dev/null 2>/dev/null || :
}

# What runs before each prompt. Bash restores `$?` after each element of PROMPT_COMMAND; the status is for those who call us from a
# string of theirs.
__gptos_prompt() {
  { local status=$? errexit=0 - IFS=$' \t\n'; [[ $- != *e* ]] || errexit=1; set +aeuxET; } 2>/dev/null
  _GPTOS_PROMPTING=1
  [[ ! -s ${_GPTOS_NOTICE-} ]] || __gptos_tell_notice
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

# Tab completes the words after `??` like those of a command of that name, so no other line and no binding of Tab is touched.
__gptos_complete_words() {
  local name names=('??' '???')
  set -f
  for name in $GPTOS_SCOPES; do
    names+=("$name?")
  done
  builtin complete -F __gptos_complete -- "${names[@]}"
}

__gptos_bind_keys() {
  local map mode key macros=() alone=() bound=("$_GPTOS_STEP_ENTER")
  for key in "$GPTOS_KEY" "$GPTOS_KEY2"; do
    [[ -n $key ]] || continue
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
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    # Bash 5.1 keeps the former command of a `bind -x` key unless it is unbound first. Later ones do not, and unbinding what is bound
    # anew loses them 8 kB each time.
    for key in "${_GPTOS_BOUND[@]}"; do
      if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 502)) || [[ " ${bound[*]} " != *" $key "* ]]; then
        builtin bind -m "$map" -r "$key" 2>/dev/null
      fi
    done
    # `||` also exempts everything inside from the user's `set -e`. The last argument of a command is `$_` afterwards, which so
    # stays the user's.
    ((${#macros[@]} == 0)) || builtin bind -m "$map" -x "\"$_GPTOS_STEP_REQUEST\": __gptos_request \"\$_\" || : \"\$_\""
    [[ $map == vi-command ]] && mode=commands || mode=text
    for key in "${alone[@]}"; do
      builtin bind -m "$map" -x "\"$key\": __gptos_request_alone $mode \"\$_\" || : \"\$_\""
    done
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_ENTER\": __gptos_enter accept-line \"\$_\" || : \"\$_\""
    builtin bind -m "$map" "${macros[@]}" "\"$_GPTOS_STEP_SUBMIT\": accept-line" \
      "\"\\C-m\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\"" "\"\\C-j\": \"$_GPTOS_STEP_ENTER$_GPTOS_STEP_SUBMIT\""
  done
  _GPTOS_SUBMIT_BOUND=accept-line
  _GPTOS_BOUND=("${bound[@]}")
}

# Says what works in a bash that is too old for the keys, once for this user: the file that was made then keeps the next shells
# silent. This must run in bash 3.2, which macOS has.
__gptos_tell_old() {
  local folder="${XDG_STATE_HOME:-${HOME-}/.local/state}/gptos" install='install a newer bash'
  if [[ -n ${_GPTOS_OLD_TOLD-} || -e $folder/old-bash ]]; then
    return 0
  fi
  _GPTOS_OLD_TOLD=1
  case ${OSTYPE-} in
    darwin*) install='`brew install bash` brings a newer one' ;;
  esac
  builtin printf 'gptos: bash %s is too old for the keys (5.1 or later); `gptos "words"` works, and %s\n' \
    "$BASH_VERSION" "$install" >&2
  { command mkdir -p -m 700 "$folder" && : >"$folder/old-bash"; } 2>/dev/null || :
}

__gptos_set_up() {
  case $- in
    *i*) ;;
    *) return 0 ;;
  esac
  # Before anything that an old bash does not know.
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
    __gptos_tell_old
    return 0
  fi
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  local hook
  [[ -o emacs || -o vi ]] || return 0
  case ${TERM-} in
    # Every Enter would cost a line there.
    '' | dumb) return 0 ;;
  esac
  if [[ -n ${BLE_VERSION-} ]]; then
    [[ -n ${_GPTOS_BLE_TOLD-} ]] ||
      builtin printf 'gptos: %s\n' 'ble.sh replaces the line editor of bash, so nothing was bound; `gptos "words"` works' >&2
    _GPTOS_BLE_TOLD=1
    return 0
  fi
  : "${_GPTOS_PROMPTING=}" "${_GPTOS_LOADED=}" "${_GPTOS_LINE=}" "${_GPTOS_FAILED=}" "${_GPTOS_LAST_ROW=}"
  _GPTOS_NOTICE=${XDG_STATE_HOME:-${HOME-}/.local/state}/gptos/notice
  [[ -n ${_GPTOS_BOUND+set} ]] || _GPTOS_BOUND=()
  __gptos_bind_keys
  __gptos_complete_words
  # Read once more: what is under way ends, and the functions that came later come again.
  [[ -z $_GPTOS_LOADED ]] || __gptos_load || :
  for hook in "${PROMPT_COMMAND[@]}"; do
    [[ $hook != __gptos_prompt ]] || return 0
  done
  # Not at index 0: `PROMPT_COMMAND=…` further down in a startup file replaces exactly that element.
  [[ -n ${PROMPT_COMMAND[*]-} ]] || PROMPT_COMMAND=('')
  PROMPT_COMMAND+=(__gptos_prompt)
}
