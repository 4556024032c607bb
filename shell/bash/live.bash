# shellcheck shell=bash
# Part of the integration for bash: a request that the live prompt does not wait for.

# === async: the prompt stays live while a second process waits ===

# Takes over the helper's output, then asks the terminal for a sign of life. Its reply is a key of ours, and only a key may
# change the buffer. Nothing is asked while another program owns the terminal: the reply would be typed into that program.
__gptos_wait_aside() {
  __gptos_claim_reply
  __gptos_claim_readers
  __gptos_read_children
  _GPTOS_OLD_CHILDREN=" $_GPTOS_CHILDREN $_GPTOS_PID "
  exec {_GPTOS_ASIDE_FD}< <(__gptos_relay "$_GPTOS_FD")
  _GPTOS_ASIDE_PID=$!
  _GPTOS_PENDING=1 _GPTOS_PENDING_TOLD=0
  builtin trap __gptos_interrupt INT
}

__gptos_relay() {
  local kind text note i tick=$_GPTOS_WAITING_FOR hushed=''
  for ((i = 0; i < _GPTOS_MAX_RECORDS; i++)); do
    IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -u "$1" kind || break
    IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -u "$1" text || break
    IFS='' builtin read -r -d '' -n "$_GPTOS_MAX_FIELD" -u "$1" note || break
    ((${#kind} + ${#text} + ${#note} < _GPTOS_MAX_FIELD)) || break
    if [[ $kind == tick ]]; then
      tick=$note
      continue
    fi
    # The latest name is enough.
    [[ $kind != meanwhile ]] || builtin printf '%s\0%s\0%s\0' tick '' "$tick"
    builtin printf '%s\0%s\0%s\0' "$kind" "$text" "$note"
    [[ $kind != end ]] || break
    # While the answer is awaited Enter runs nothing, so this reply cannot reach a program.
    if [[ $kind == meanwhile ]] && __gptos_may_ask_terminal; then
      builtin printf '\e[5n' >/dev/tty
    fi
  done
  # Something must be there to read when the terminal's reply comes, also after a crash.
  [[ $kind == end ]] || builtin printf '%s\0' lost '' ''
  for ((i = 0; i < 100; i++)); do
    if __gptos_may_ask_terminal; then
      builtin printf '\e[5n' >/dev/tty
      break
    fi
    command sleep 0.2
  done
}

# Not while another program reads the keys, nor in the first five seconds of a key that reads further ones.
__gptos_may_ask_terminal() {
  __gptos_owns_terminal || return 1
  if ((${#_GPTOS_READERS[@]} == 0)) || [[ ! -e /proc/$$/fd/250 ]]; then
    hushed=''
    return 0
  fi
  __gptos_now
  : "${hushed:=$_GPTOS_NOW}"
  ((_GPTOS_NOW - hushed >= 5000000))
}

# Is the shell's process group the one in the foreground, and no program of a user's key in it? `$$` is the shell, also in a
# subshell.
__gptos_owns_terminal() {
  local fields
  if __gptos_read_stat "$$"; then
    [[ ${fields[2]} == "${fields[5]}" ]] && ! __gptos_runs_program "${fields[2]}"
  else
    IFS=' ' builtin read -r -a fields < <(__gptos_print_groups)
    [[ -n ${fields[0]-} && ${fields[0]} == "${fields[1]-}" ]]
  fi
}

# Sets `fields` to what Linux says of process $1. The name in parentheses may hold blanks; after it: state, parent, group, session,
# terminal, foreground group.
__gptos_read_stat() {
  local line
  { IFS='' builtin read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  IFS=' ' builtin read -r -a fields <<<"${line##*) }"
}

# Sets _GPTOS_CHILDREN to the processes that the shell has started, where the system tells.
__gptos_read_children() {
  _GPTOS_CHILDREN=''
  { IFS='' builtin read -r _GPTOS_CHILDREN <"/proc/$$/task/$$/children"; } 2>/dev/null
  return 0
}

# Has a key that the user bound to a command started a program in the shell's own group $1, where `$(fzf)` runs? A job has a group of
# its own; what was there before the wait, such as the `tee` of a log, reads no keys.
__gptos_runs_program() {
  local group=$1 child children=() fields
  __gptos_read_children
  IFS=' ' builtin read -r -a children <<<"$_GPTOS_CHILDREN"
  for child in "${children[@]}"; do
    [[ $child != "$BASHPID" && $_GPTOS_OLD_CHILDREN != *" $child "* ]] || continue
    __gptos_read_stat "$child" || continue
    [[ ${fields[0]} == Z || ${fields[2]} != "$group" ]] || return 0
  done
  return 1
}

__gptos_print_groups() {
  command ps -o pgid=,tpgid= -p "$$" 2>/dev/null
}

__gptos_end_pending() {
  ((_GPTOS_PENDING)) || return 0
  _GPTOS_PENDING=0
  builtin kill -TERM "$_GPTOS_ASIDE_PID" 2>/dev/null
  exec {_GPTOS_ASIDE_FD}<&-
  _GPTOS_ASIDE_PID='' _GPTOS_ASIDE_FD=''
  __gptos_stop
}

# Ctrl-C at the live prompt. The trap must not be removed here: readline has remembered the handler of before, and the
# next Ctrl-C would be lost. A key function may do it, so the terminal is asked to press that key. Its reply must not
# reach a command started meanwhile: Enter waits for it.
__gptos_interrupt() {
  { local - IFS=$' \t\n' && __gptos_calm; } 2>/dev/null
  ((_GPTOS_PENDING)) || return 0
  __gptos_end_pending
  __gptos_now
  _GPTOS_GUARD_UNTIL=$((_GPTOS_NOW + 250000)) _GPTOS_GUARD_TOLD=1 _GPTOS_CALLED_AT=$_GPTOS_NOW
  builtin printf '\r\e[K' >&2
  __gptos_say 'cancelled'
  __gptos_forget_rows
  builtin printf '\e[5n' 2>/dev/null >/dev/tty
}

# Every key function begins with this.
__gptos_begin() {
  __gptos_calm
  _GPTOS_UNDER_WAY=1
  _GPTOS_TYPED='' _GPTOS_UNPLAYED='' _GPTOS_SAID_BEFORE=1
  ((${#_GPTOS_ARMED[@]} == 0)) || __gptos_disarm_keys
  ((_GPTOS_PENDING || _GPTOS_TRAP_HELD == 0)) || __gptos_restore_trap
  ((${#_GPTOS_READERS[@]} == 0)) || __gptos_listen
}

# Takes what the pending request has brought. False: still waiting.
__gptos_collect() {
  local helper_fd=$_GPTOS_FD result=1
  builtin read -r -t 0 -u "$_GPTOS_ASIDE_FD" || return 1
  _GPTOS_FD=$_GPTOS_ASIDE_FD
  __gptos_seconds 500
  while :; do
    if __gptos_read_records "$_GPTOS_SECONDS"; then
      result=0
      break
    fi
    # What can be offered meanwhile comes long before the answer.
    __gptos_only_progress && ! builtin read -r -t 0 -u "$_GPTOS_FD" && break
  done
  _GPTOS_FD=$helper_fd
  ((result == 0)) || return 1
  __gptos_end_pending
  __gptos_restore_trap
  __gptos_open_terminal
  # The relay may have asked the terminal, and another key was quicker than the reply.
  __gptos_now
  _GPTOS_TYPED='' _GPTOS_CALLED_AT=$_GPTOS_NOW
  __gptos_settle 0
  exec {_GPTOS_TTY}<&-
}

# Gives up the pending request for what the user does instead.
__gptos_replace_pending() {
  __gptos_end_pending
  __gptos_restore_trap
}

# === keys that read further keys themselves ===

# A search of the history and Ctrl-V take what comes next, so the terminal's reply would end the one and be written into the line by the
# other. At a live prompt each such key therefore presses one of ours first, which opens a descriptor that the relay finds in /proc.
# Where there is none, or the user has this descriptor, they stay as they are.
__gptos_claim_readers() {
  local map line reader key step keys=()
  [[ -d /proc/$$/fd && ! -e /proc/$$/fd/250 ]] || return 0
  for map in "${_GPTOS_KEYMAPS[@]}"; do
    builtin mapfile -t keys < <(__gptos_print_bindings "$map")
    for line in "${keys[@]}"; do
      reader=${line##*'": '}
      case $reader in
        reverse-search-history | forward-search-history | quoted-insert | character-search | character-search-backward) ;;
        non-incremental-reverse-search-history | non-incremental-forward-search-history) ;;
        *) continue ;;
      esac
      key=${line#\"} && key=${key%"\": $reader"}
      step="\\C-x\\C-_gf${#_GPTOS_READERS[@]}\\a"
      _GPTOS_READERS+=("$map" "$key" "$reader" "$step")
      builtin bind -m "$map" "\"$step\": $reader" "\"$key\": \"$_GPTOS_STEP_HUSH$step\""
    done
  done
}

# One of them was pressed.
__gptos_hush() {
  { local - IFS=$' \t\n' && __gptos_calm; } 2>/dev/null
  ((_GPTOS_PENDING == 0)) || exec 250</dev/null
}

# Any other key of ours was: what comes next is read by the line editor again.
__gptos_listen() {
  local i
  exec 250<&-
  ((_GPTOS_PENDING == 0)) || return 0
  for ((i = 0; i < ${#_GPTOS_READERS[@]}; i += 4)); do
    builtin bind -m "${_GPTOS_READERS[i]}" "\"${_GPTOS_READERS[i + 1]}\": ${_GPTOS_READERS[i + 2]}"
    builtin bind -m "${_GPTOS_READERS[i]}" -r "${_GPTOS_READERS[i + 3]}"
  done
  _GPTOS_READERS=()
}
