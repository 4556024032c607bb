# shellcheck shell=bash
# Part of the integration for bash: the line that tells of a suggestion, and texts that keep within the terminal.

# Sets _GPTOS_WIDTH to the columns that the text in $1 takes, rather too many than too few.
__gptos_measure() {
  local rest=${1//[·●…]/} i code
  _GPTOS_WIDTH=${#1}
  [[ $rest == *[![:ascii:]]* ]] || return 0
  for ((i = 0; i < ${#rest}; i++)); do
    [[ ${rest:i:1} != [[:ascii:]] ]] || continue
    builtin printf -v code '%d' "'${rest:i:1}"
    ((code < 0x1100 || (code >= 0x1e00 && code < 0x2e80))) || _GPTOS_WIDTH=$((_GPTOS_WIDTH + 1))
  done
}

# Sets _GPTOS_TEXT to the text in $1, cut to $2 columns. No more of a text is measured than may fit.
__gptos_fit() {
  local more='...' room=$(($2 > 0 ? $2 : 0))
  _GPTOS_TEXT=${1:0:room + 1}
  __gptos_measure "$_GPTOS_TEXT"
  ((_GPTOS_WIDTH > room)) || return 0
  ! __gptos_unicode || more='…'
  room=$((room > ${#more} ? room - ${#more} : 0))
  _GPTOS_TEXT=${1:0:room}
  while __gptos_measure "$_GPTOS_TEXT" && ((_GPTOS_WIDTH > room)); do
    _GPTOS_TEXT=${_GPTOS_TEXT:0:${#_GPTOS_TEXT} - 1}
  done
  _GPTOS_TEXT+=$more
}

# The same, but the end of the text stays in sight, and what is left out stands before it.
__gptos_fit_tail() {
  local room=$(($2 > 0 ? $2 : 0)) tail
  __gptos_measure "${1:0:room + 1}"
  if ((_GPTOS_WIDTH <= room || room < 16)); then
    __gptos_fit "$1" "$room"
    return 0
  fi
  tail=${1:${#1} - room / 3}
  while __gptos_measure "$tail" && ((_GPTOS_WIDTH > room / 3)); do
    tail=${tail:1}
  done
  __gptos_fit "$1" $((room - _GPTOS_WIDTH))
  _GPTOS_TEXT+=$tail
}

# Sets _GPTOS_TEXT to the note in $1, the risk first where it would not be seen behind the rest in $2 columns.
__gptos_keep_risk() {
  local source=${1%% · risk *}
  _GPTOS_TEXT=$1
  [[ $source != "$1" ]] || return 0
  __gptos_measure "$source"
  # `risk critical` and what stands before it
  ((_GPTOS_WIDTH + 16 <= $2)) || _GPTOS_TEXT="${1#"$source · "} · $source"
}

# Sets _GPTOS_COLOUR to the colour of what a note says of the risk, and _GPTOS_PLAIN to its end; both are empty where there is none.
__gptos_pick_colour() {
  _GPTOS_COLOUR='' _GPTOS_PLAIN=''
  [[ -z ${NO_COLOR-} && -t 2 ]] || return 0
  _GPTOS_PLAIN=$'\e[m'
  case $1 in
    *'risk high'* | *'risk critical'*) _GPTOS_COLOUR=$'\e[31m' ;;
    *'risk medium'*) _GPTOS_COLOUR=$'\e[33m' ;;
    *) _GPTOS_COLOUR=$'\e[32m' ;;
  esac
}

# === rows that something else takes the place of ===

# What is printed stands above the prompt: a list, below it what tells of the suggestion (_GPTOS_NOTE_ROWS), below that what was said
# (_GPTOS_SAID_ROWS). _GPTOS_SAID_BEFORE: not at this press of a key. Nobody knows what other keys print, so rows go only while the line is
# the one under which they were printed and the terminal as wide as then. Otherwise all of them are forgotten: _GPTOS_NOTE_WIDTH is 0 then,
# and so are their numbers.

# Removes the last $1 rows. A long line may have pushed them off the screen.
__gptos_remove_rows() {
  local i rows=''
  if ((_GPTOS_NOTE_WIDTH == ${COLUMNS:-80} && ${#READLINE_LINE} < _GPTOS_NOTE_WIDTH * (${LINES:-24} - 3 - $1))) &&
    builtin [ "$READLINE_LINE" = "$_GPTOS_NOTE_LINE" ]; then
    for ((i = 0; i < $1; i++)); do
      rows+=$'\e[A\e[2K'
    done
    builtin printf '\r%s' "$rows" >&2
  else
    __gptos_forget_rows
  fi
}

__gptos_forget_rows() {
  _GPTOS_NOTE_WIDTH=0 _GPTOS_LIST_ROWS=0 _GPTOS_NOTE_ROWS=0 _GPTOS_SAID_ROWS=0
}

# Something new is told of: removes what was told before, and what was said of that.
__gptos_remove_note() {
  ((_GPTOS_NOTE_WIDTH && _GPTOS_SAID_BEFORE)) || return 0
  __gptos_remove_rows $((_GPTOS_NOTE_ROWS + _GPTOS_SAID_ROWS))
  _GPTOS_NOTE_ROWS=0 _GPTOS_SAID_ROWS=0 _GPTOS_SAID_BEFORE=0
}

# The text in $1 was said and stands in rows of its own.
__gptos_count_said() {
  local columns=${COLUMNS:-80} rest=$1
  _GPTOS_NOTE_WIDTH=$columns _GPTOS_NOTE_LINE=$READLINE_LINE _GPTOS_SAID_BEFORE=0
  ! __gptos_unicode || rest=${rest//[·●…]/x}
  if [[ $rest != *[![:ascii:]]* ]] && ((columns > 0)); then
    _GPTOS_SAID_ROWS=$((_GPTOS_SAID_ROWS + (${#rest} ? (${#rest} + columns - 1) / columns : 1)))
  elif ((${#1} <= columns)) && __gptos_measure "$1" && ((_GPTOS_WIDTH <= columns)); then
    _GPTOS_SAID_ROWS=$((_GPTOS_SAID_ROWS + 1))
  else
    # Who knows how wide that is.
    __gptos_forget_rows
  fi
}

# Tells of suggestion $1 of the ring, in one row.
__gptos_print_note() {
  local columns=${COLUMNS:-80} note=${_GPTOS_RING_NOTES[$1]} reading=${_GPTOS_RING_READINGS[$1]} took=${_GPTOS_RING_TOOK[$1]}
  local dot='●'
  ((_GPTOS_NOTE_WIDTH == 0)) || __gptos_remove_note
  if [[ $GPTOS_NOTE == 0 && $note != *'risk high'* && $note != *'risk critical'* ]]; then
    return 0
  fi
  note="${took:+$took }$note${reading:+ · $reading}"
  __gptos_pick_colour "$note"
  _GPTOS_TEXT=$note
  # Most notes need not be measured.
  if ((${#note} > columns - 3)) || [[ ${note//·/} == *[![:ascii:]]* ]] || ! __gptos_unicode; then
    __gptos_fit_note "$note" "$columns"
  fi
  builtin printf '%s%s%s %s\n' "$_GPTOS_COLOUR" "$dot" "$_GPTOS_PLAIN" "$_GPTOS_TEXT" >&2
  _GPTOS_NOTE_WIDTH=$columns _GPTOS_NOTE_ROWS=$((_GPTOS_NOTE_ROWS + _GPTOS_SAID_ROWS + 1)) _GPTOS_SAID_ROWS=0
  ((${#_GPTOS_RING[$1]} + 8 <= columns)) || __gptos_print_tail "${_GPTOS_RING[$1]}"
}

# Sets _GPTOS_TEXT to the note in $1 as it can be shown in $2 columns, and `dot` to the sign in front of it.
__gptos_fit_note() {
  _GPTOS_TEXT=$1
  if ((${#1} > $2 - 3)) || [[ ${1//·/} == *[![:ascii:]]* ]]; then
    __gptos_keep_risk "$1" $(($2 - 3))
  fi
  if ! __gptos_unicode; then
    dot='*' _GPTOS_TEXT=${_GPTOS_TEXT//·/-}
  fi
  __gptos_fit "$_GPTOS_TEXT" $(($2 > 12 ? $2 - 3 : 9))
}

# Where the user has long lines scroll sideways, the end of a command may be out of sight.
__gptos_print_tail() {
  local room=$((${COLUMNS:-80} - 8))
  ((${#1} > room)) && [[ $(__gptos_print_variables) == *'horizontal-scroll-mode on'* ]] || return 0
  __gptos_fit_tail "$1" "$room"
  builtin printf '  %s\n' "$_GPTOS_TEXT" >&2
  _GPTOS_NOTE_ROWS=$((_GPTOS_NOTE_ROWS + 1))
}

__gptos_print_variables() {
  builtin bind -v
}
