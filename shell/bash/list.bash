# shellcheck shell=bash
# Part of the integration for bash: Tab on a line that asks shows several suggestions at once.

_GPTOS_MOST_LISTED=8

# Completion can not change the line, and does not see what stands before the command. So it asks the terminal to press a key of
# ours; where the terminal does not answer, the next press of the user's key takes its place.
__gptos_complete() {
  { local - IFS=$' \t\n' && __gptos_calm; } 2>/dev/null
  COMPREPLY=()
  ((_GPTOS_PROMPTING)) || return 0
  _GPTOS_TAB=1 _GPTOS_UNDER_WAY=1
  __gptos_call_terminal
}

# What Tab asked for. False: the line does not ask, or not yet.
__gptos_list() {
  _GPTOS_TAB=0
  __gptos_at_prompt enter || return 1
  __gptos_understand
  [[ -n $_GPTOS_MARK && -n $_GPTOS_WORDS ]] || return 1
  if ((_GPTOS_PENDING)); then
    if builtin [ "$READLINE_LINE" = "$_GPTOS_ASKED_LINE" ]; then
      __gptos_say 'waiting, Ctrl-C cancels'
      return 0
    fi
    __gptos_replace_pending
  fi
  [[ $_GPTOS_MARK == '???' ]] || _GPTOS_MARK=''
  __gptos_ask "$_GPTOS_PRIVATE$_GPTOS_WORDS" "$_GPTOS_MARK" list
}

__gptos_accept_list() {
  __gptos_begin_ring "$_GPTOS_ASKED_LINE"
  __gptos_join
  _GPTOS_MORE=$_GPTOS_OFFER
  __gptos_show_list
}

# Prints what the ring holds, and puts the first into the line.
__gptos_show_list() {
  __gptos_remove_note
  __gptos_print_list
  __gptos_print_rows
  _GPTOS_LIST_ROWS=$((_GPTOS_LIST_ROWS + _GPTOS_SAID_ROWS)) _GPTOS_SAID_ROWS=0
  __gptos_show 0 quiet
}

# Each suggestion in a row of its own: the command, and behind it, in line with the others, what it does, whence it comes and what
# it risks.
__gptos_print_list() {
  local columns=${COLUMNS:-80} i count=${#_GPTOS_RING[@]} room width=0 note commands=() widths=()
  ((count <= _GPTOS_MOST_LISTED)) || count=$_GPTOS_MOST_LISTED
  room=$(((columns - 5) / 2))
  for ((i = 0; i < count; i++)); do
    __gptos_fit_tail "${_GPTOS_RING[i]}" "$room"
    commands+=("$_GPTOS_TEXT")
    __gptos_measure "$_GPTOS_TEXT"
    widths+=("$_GPTOS_WIDTH")
    ((_GPTOS_WIDTH <= width)) || width=$_GPTOS_WIDTH
  done
  for ((i = 0; i < count; i++)); do
    room=$((columns - width - 6)) note=${_GPTOS_RING_NOTES[i]}
    __gptos_pick_colour "$note"
    __gptos_fit_remarks "$note" "${_GPTOS_RING_READINGS[i]}" "$room"
    builtin printf '%s%d%s %s%*s  %s\n' "$_GPTOS_COLOUR" $((i + 1)) "$_GPTOS_PLAIN" "${commands[i]}" $((width - widths[i])) '' "$_GPTOS_TEXT" >&2
  done
  _GPTOS_NOTE_WIDTH=$columns _GPTOS_LIST_ROWS=$((_GPTOS_NOTE_ROWS + _GPTOS_SAID_ROWS + count)) _GPTOS_NOTE_ROWS=0 _GPTOS_SAID_ROWS=0
  _GPTOS_SAID_BEFORE=0
}

# Sets _GPTOS_TEXT to what the command does ($2, perhaps nothing) and the note in $1, within $3 columns. What it does gives way to
# what it risks; where even that is too long, how much it risks comes first.
__gptos_fit_remarks() {
  local note=$1 text=$2 room=$(($3 > 0 ? $3 : 0)) left risk before=''
  __gptos_measure "${note:0:room + 1}"
  left=$((room - _GPTOS_WIDTH))
  if ((left < 0 || (left < 15 && ${#text} > 0))) && [[ $note == *'risk '[a-z]* ]]; then
    # The source, how much is risked, and why.
    before=${note%%risk *}
    risk=${note#"$before"risk }
    risk=${risk%%[!a-z]*}
    note=${note#"$before"risk "$risk"}
    note="risk $risk${text:+ · $text} · ${before% · }$note"
  elif [[ -n $text ]]; then
    __gptos_fit "$text" $((left > 15 ? left - 3 : 12))
    note="$_GPTOS_TEXT · $note"
  fi
  __gptos_unicode || note=${note//·/-}
  __gptos_fit "$note" "$room"
}
