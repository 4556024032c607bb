# shellcheck shell=bash
# Part of the integration for bash: what is done before the parts that follow are there, and how they are had. `gptos init` prints it as
# the here-document of a function, `__gptos_early` evaluates it and calls the function of its that is named without the beginning.

# Has the other parts from the binary, as bash needs longer to read them than for all else at the start. 2: nobody hands them out. Who did not
# is asked again only where somebody waits for a word about it: then $1 is `key`.
__gptos_early_load() {
  # A whole integration of another build, which is read here, notes the user's options anew.
  local parts bin=$_GPTOS_PARTS_BIN _GPTOS_ALIASES='' _GPTOS_EXPORTS=''
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

# The first half of Enter on a line that needs the other parts. Words are no command, also where nobody can make one of them.
__gptos_early_enter() {
  local words=${READLINE_LINE#"${READLINE_LINE%%[![:space:]]*}"} wanted='' half=$1
  [[ $words != '??'* ]] || wanted=key
  if __gptos_load "$wanted"; then
    __gptos_enter_with_care "$1"
  else
    _GPTOS_LAST_ROW=$READLINE_LINE
    [[ $wanted != key ]] || half='""'
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

# Enter in a mode whose keymaps have no keys of ours yet, which is so in a line in which the mode was changed.
__gptos_early_other_enter() {
  __gptos_early_other_mode
  builtin printf 'gptos: the mode of the keys has changed, press Enter again\n' >&2
}

# Binds the keys in the keymaps of the other mode, at the first prompt in it. A key to which the user has bound keys or a command there stays as
# it is; Enter does not.
__gptos_early_other_mode() {
  local map key line lines bound=("${_GPTOS_BOUND[@]}") maps=(vi-insert vi-command) _GPTOS_TAKEN_KEYS
  [[ $_GPTOS_OTHER_MODE == vi ]] || maps=(emacs-standard)
  for map in "${maps[@]}"; do
    _GPTOS_TAKEN_KEYS=''
    builtin mapfile -t lines <<<"$(__gptos_print_users_keys "$map")"
    for key in "$GPTOS_KEY" "$GPTOS_KEY2"; do
      __gptos_key_sequence "$key"
      for line in "${lines[@]}"; do
        [[ $line != "\"$_GPTOS_SEQUENCE\""* || $line == *__gptos_* ]] || _GPTOS_TAKEN_KEYS+=" $key"
      done
    done
    _GPTOS_BOUND=()
    __gptos_bind_keys "$map"
  done
  _GPTOS_BOUND=("${bound[@]}") _GPTOS_KEYMAPS+=("${maps[@]}") _GPTOS_OTHER_MODE=''
  if [[ -n $_GPTOS_LOADED ]]; then
    __gptos_bind_steps "${maps[@]}"
  else
    __gptos_bind_everywhere "$_GPTOS_STEP_SUBMIT" accept-line
  fi
}

# What stands in a substitution is parsed when it runs, with the user's aliases.
__gptos_print_users_keys() {
  builtin bind -m "$1" -s
  builtin bind -m "$1" -X
}

# The integration was read once more. Bash 5.1 keeps the former command of a `bind -x` key unless it is unbound first. Later ones do not, and
# unbinding what is bound anew, which are the arguments, loses them 8 kB each time.
__gptos_early_unbind() {
  local map key
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    for key in "${_GPTOS_BOUND[@]}"; do
      if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 502)) || [[ " $* " != *" $key "* ]]; then
        builtin bind -m "$map" -r "$key" 2>/dev/null
      fi
    done
  done
}

# Says what works in a bash that is too old for the keys, once for this user: the file that was made then keeps the next shells
# silent. This must run in bash 3.2, which macOS has.
__gptos_early_tell_old() {
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

# The same under a line editor that is not bash's own, once in a shell.
__gptos_early_tell_ble() {
  [[ -n ${_GPTOS_BLE_TOLD-} ]] ||
    builtin printf 'gptos: %s\n' 'ble.sh replaces the line editor of bash, so nothing was bound; `gptos "words"` works' >&2
  _GPTOS_BLE_TOLD=1
}
