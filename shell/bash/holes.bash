# shellcheck shell=bash
# Part of the integration for bash: the parts of a suggestion that the user has yet to write, shown as `<name>`.
#
# A hole is known by its text, and only in a line that was shown here. What is typed on one takes its place; a hole in front of
# which something stands that was not there before counts as filled in, and goes at the next key or Enter.

# Sets _GPTOS_KEPT to the holes in $2, if the command in $1 holds them in this order.
__gptos_keep_holes() {
  local hole rest=$1 holes=()
  _GPTOS_KEPT=''
  builtin read -r -a holes <<<"$2"
  for hole in "${holes[@]}"; do
    [[ $hole == '<'*'>' && ${hole:1:-1} != *[!a-z0-9-]* && $rest == *"$hole"* ]] || return 0
    rest=${rest#*"$hole"}
  done
  _GPTOS_KEPT=$2
}

# The line was just put there. Its holes are in $1, apart by blanks; the cursor goes to the first.
__gptos_open_holes() {
  local i
  _GPTOS_HOLES=() _GPTOS_GLUE=()
  [[ -n $1 ]] || return 0
  builtin read -r -a _GPTOS_HOLES <<<"$1"
  __gptos_find_holes
  for ((i = 0; i < ${#_GPTOS_HOLES[@]}; i++)); do
    __gptos_before_hole "${_GPTOS_PLACES[i]}"
    _GPTOS_GLUE+=("$_GPTOS_TEXT")
  done
  READLINE_POINT=${_GPTOS_PLACES[0]}
  __gptos_arm_keys
}

# Sets _GPTOS_PLACES: where each hole is, -1 for one that is no more. Of those with one name the first are filled in first.
__gptos_find_holes() {
  local before=$READLINE_LINE i
  _GPTOS_PLACES=()
  for ((i = ${#_GPTOS_HOLES[@]} - 1; i >= 0; i--)); do
    _GPTOS_PLACES[i]=-1
    [[ $before == *"${_GPTOS_HOLES[i]}"* ]] || continue
    before=${before%"${_GPTOS_HOLES[i]}"*}
    _GPTOS_PLACES[i]=${#before}
  done
}

# Sets _GPTOS_TEXT to what stands in front of place $1 in its word, behind any other hole.
__gptos_before_hole() {
  _GPTOS_TEXT=${READLINE_LINE:0:$1}
  _GPTOS_TEXT=${_GPTOS_TEXT##*[[:space:]]}
  _GPTOS_TEXT=${_GPTOS_TEXT##*>}
}

__gptos_cut_hole() {
  local at=${_GPTOS_PLACES[$1]} length=${#_GPTOS_HOLES[$1]}
  READLINE_LINE=${READLINE_LINE:0:at}${READLINE_LINE:at+length}
  if ((READLINE_POINT >= at + length)); then
    READLINE_POINT=$((READLINE_POINT - length))
  elif ((READLINE_POINT > at)); then
    READLINE_POINT=$at
  fi
}

# Takes the holes away that are filled in, and finds those that are left.
__gptos_settle_holes() {
  local i glue
  __gptos_find_holes
  for ((i = ${#_GPTOS_HOLES[@]} - 1; i >= 0; i--)); do
    [[ ${_GPTOS_PLACES[i]} != -1 && ${_GPTOS_HOLES[i]} != '<>' ]] || continue
    glue=${_GPTOS_GLUE[i]}
    __gptos_before_hole "${_GPTOS_PLACES[i]}"
    if [[ -n $glue ]]; then
      [[ $_GPTOS_TEXT != *"$glue" ]] || continue
    else
      [[ -n $_GPTOS_TEXT ]] || continue
    fi
    __gptos_cut_hole "$i"
  done
  __gptos_find_holes
}

# Sets _GPTOS_FIRST and _GPTOS_NEXT to the first hole that is to be filled in and the first behind the cursor, -1 for none.
__gptos_look_for_holes() {
  local i
  _GPTOS_FIRST=-1 _GPTOS_NEXT=-1
  __gptos_settle_holes
  for ((i = ${#_GPTOS_HOLES[@]} - 1; i >= 0; i--)); do
    [[ ${_GPTOS_PLACES[i]} != -1 && ${_GPTOS_HOLES[i]} != '<>' ]] || continue
    _GPTOS_FIRST=$i
    ((_GPTOS_PLACES[i] <= READLINE_POINT)) || _GPTOS_NEXT=$i
  done
}

# The key. False: nothing is to be filled in, or the line is as it was shown and the cursor is on the last hole, so that the key
# means the next suggestion.
__gptos_next_hole() {
  local was=$READLINE_POINT
  ((${#_GPTOS_HOLES[@]})) || return 1
  __gptos_look_for_holes
  if ((_GPTOS_FIRST < 0)); then
    ! __gptos_odd || return 0
    __gptos_close_holes
    ((was < ${#READLINE_LINE})) || return 1
    READLINE_POINT=${#READLINE_LINE}
    __gptos_say 'all is filled in, Enter runs it'
    return 0
  fi
  if ((_GPTOS_NEXT < 0)); then
    ! builtin [ "$READLINE_LINE" = "$_GPTOS_SHOWN" ] || ((READLINE_POINT < _GPTOS_PLACES[_GPTOS_FIRST])) || return 1
    _GPTOS_NEXT=$_GPTOS_FIRST
  fi
  READLINE_POINT=${_GPTOS_PLACES[_GPTOS_NEXT]}
  __gptos_say "fill in ${_GPTOS_HOLES[_GPTOS_NEXT]}"
  __gptos_arm_keys
}

# All is filled in: the sign at the end that kept the line from running has done its work.
__gptos_close_holes() {
  if ((${#_GPTOS_HOLES[@]})) && [[ ${_GPTOS_HOLES[-1]} == '<>' && $READLINE_LINE == *'<>' ]]; then
    READLINE_LINE=${READLINE_LINE%'<>'}
    READLINE_LINE=${READLINE_LINE% }
    ((READLINE_POINT <= ${#READLINE_LINE})) || READLINE_POINT=${#READLINE_LINE}
  fi
  _GPTOS_HOLES=() _GPTOS_GLUE=()
}

# True: nothing is left to fill in, but there are more of the signs of redirections than the command has: what was taken out of a
# hole may have left one of its brackets, which would write into a file. The same line is not told of twice.
__gptos_odd() {
  local hole signs=${READLINE_LINE//[!<>]/} shown=${_GPTOS_SHOWN//[!<>]/} brackets=0
  for hole in "${_GPTOS_HOLES[@]}"; do
    [[ $hole == '<>' ]] || brackets=$((brackets + 2))
  done
  ((${#signs} > ${#shown} - brackets)) || return 1
  ! builtin [ "$READLINE_LINE" = "$_GPTOS_ODD" ] || return 1
  _GPTOS_ODD=$READLINE_LINE
  __gptos_withhold 'a < or > is there that the suggestion did not have: take it out, or Enter again runs the line'
}

# Enter. True: the line must not run because a hole is left, and the cursor is on it.
__gptos_unfilled() {
  ((${#_GPTOS_HOLES[@]})) && __gptos_at_prompt key || return 1
  # Nobody tells when the line was emptied: what does not begin as it did, but for rights in front, is the user's own.
  local line=${READLINE_LINE#sudo }
  if [[ ${line%%[[:space:]]*} != "${_GPTOS_SHOWN%%[[:space:]]*}" ]]; then
    _GPTOS_HOLES=() _GPTOS_GLUE=()
    return 1
  fi
  __gptos_look_for_holes
  if ((_GPTOS_FIRST < 0)); then
    ! __gptos_odd || return 0
    __gptos_close_holes
    return 1
  fi
  READLINE_POINT=${_GPTOS_PLACES[_GPTOS_FIRST]}
  __gptos_say "fill in ${_GPTOS_HOLES[_GPTOS_FIRST]} first"
  __gptos_arm_keys
}

# === what is typed on a hole takes its place ===

# Readline tells nobody of a key that inserts itself. So while the cursor is on a hole, each of those keys first presses a key of
# ours. Keys that the user has bound to something else are left alone.
__gptos_arm_keys() {
  local line key keys=()
  ((${#_GPTOS_ARMED[@]} == 0)) || return 0
  _GPTOS_ARMED_MAP=emacs-standard
  [[ ! -o vi ]] || _GPTOS_ARMED_MAP=vi-insert
  builtin mapfile -t keys < <(__gptos_print_bindings "$_GPTOS_ARMED_MAP")
  for line in "${keys[@]}"; do
    case $line in
      '"'?'": self-insert' | '"\'[\"\\]'": self-insert') ;;
      *) continue ;;
    esac
    key=${line#\"}
    key=${key%'": self-insert'}
    _GPTOS_ARMED+=("$key")
    builtin bind -m "$_GPTOS_ARMED_MAP" "\"$key\": \"$_GPTOS_STEP_HOLE$key\""
  done
}

__gptos_print_bindings() {
  builtin bind -m "$1" -p
}

__gptos_disarm_keys() {
  local key
  for key in "${_GPTOS_ARMED[@]}"; do
    builtin bind -m "$_GPTOS_ARMED_MAP" "\"$key\": self-insert"
  done
  _GPTOS_ARMED=()
}

# The first key of a name: the hole under the cursor goes, and the key, which comes next, inserts itself.
__gptos_type() {
  { local - IFS=$' \t\n' && __gptos_calm; } 2>/dev/null
  local i
  __gptos_disarm_keys
  __gptos_find_holes
  for ((i = 0; i < ${#_GPTOS_HOLES[@]}; i++)); do
    if ((_GPTOS_PLACES[i] == READLINE_POINT)); then
      __gptos_cut_hole "$i"
      break
    fi
  done
}
