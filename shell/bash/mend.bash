# shellcheck shell=bash
# Part of the integration for bash: `??` alone after a line that failed, and lines read aloud.

# A line is about to run. One that begins with a blank is kept nowhere. Of one with several rows readline shows one at a time.
__gptos_note_line() {
  # With `set -a` every program that is started later would be told of the line.
  local -
  set +a
  if ((_GPTOS_PROMPTING == 0)); then
    _GPTOS_LAST_ROW=$READLINE_LINE
  elif [[ $READLINE_LINE == *[![:space:]]* ]]; then
    _GPTOS_LINE=$READLINE_LINE _GPTOS_FAILED='' _GPTOS_FAILED_STATUS=0
    [[ $_GPTOS_LINE != [[:blank:]]* ]] || _GPTOS_LINE=''
    _GPTOS_LAST_ROW=''
  fi
}

# All rows of the line that has just ended stand in the history, unless the user keeps it out of there. What does not begin and end
# as this line did is another one.
__gptos_recall_rows() {
  local entry=''
  [[ ! -o history ]] || entry=$(__gptos_print_newest)
  entry=${entry#"${entry%%[![:space:]]*}"}
  if [[ $entry == "${_GPTOS_LINE%\\}"*"$_GPTOS_LAST_ROW" ]]; then
    _GPTOS_LINE=$entry
  else
    _GPTOS_LINE=''
  fi
  _GPTOS_LAST_ROW=''
}

__gptos_print_newest() {
  local HISTTIMEFORMAT=''
  builtin fc -ln -1
}

# It has ended, with the status in $1. A program stopped by Ctrl-Z has not failed.
__gptos_note_status() {
  local -
  set +a
  [[ -n $_GPTOS_LINE ]] || return 0
  _GPTOS_FAILED='' _GPTOS_FAILED_STATUS=0
  if (($1 != 0 && $1 != 148)); then
    [[ -z $_GPTOS_LAST_ROW ]] || __gptos_recall_rows
    _GPTOS_FAILED=$_GPTOS_LINE _GPTOS_FAILED_STATUS=$1
  fi
  _GPTOS_LINE='' _GPTOS_LAST_ROW=''
}

# Asks what the line that failed was meant to be; false when none did. Nothing is run.
__gptos_mend() {
  [[ $_GPTOS_MARK == '??' && -z $_GPTOS_WORDS && -n $_GPTOS_FAILED ]] || return 1
  local _GPTOS_MENDS=$_GPTOS_FAILED_STATUS
  __gptos_replace_pending
  # The blank in front says that the line is nobody else's business.
  __gptos_ask " $_GPTOS_FAILED" '' mend
}

# What comes of it descends from no words, so nothing is remembered for any.
__gptos_accept_mend() {
  _GPTOS_ASKED_MEANT=''
  __gptos_accept_new
}

# Keeps one row of a line that is read aloud; more than a screen of them would push everything else away.
__gptos_keep_row() {
  local most=$((${LINES:-24} > 8 ? ${LINES:-24} - 4 : 4))
  ((${#_GPTOS_ROWS[@]} < most)) || return 0
  ((${#_GPTOS_ROWS[@]} < most - 1)) || set -- '...'
  _GPTOS_ROWS+=("${1//[[:cntrl:]]/}")
}

__gptos_print_rows() {
  local row
  ((${#_GPTOS_ROWS[@]})) || return 0
  __gptos_remove_note
  for row in "${_GPTOS_ROWS[@]}"; do
    row=${row:0:${COLUMNS:-80} - 1}
    builtin printf '%s\n' "$row" >&2
    __gptos_count_said "$row"
  done
  _GPTOS_ROWS=()
}
