# shellcheck shell=bash
# Part of the integration for bash: small things, and what a line is.

_GPTOS_PATIENCE=1500000 # so many microseconds bash waits before the prompt is live
_GPTOS_MAX_FIELD=65536
_GPTOS_MAX_RECORDS=20000

# Takes the place of what was said at an earlier press of a key.
__gptos_say() {
  local text="gptos: ${1//[[:cntrl:]]/}"
  if ((_GPTOS_NOTE_WIDTH && _GPTOS_SAID_BEFORE)); then
    __gptos_remove_rows "$_GPTOS_SAID_ROWS"
    _GPTOS_SAID_ROWS=0
  fi
  builtin printf '%s\n' "$text" >&2
  __gptos_count_said "$text"
}

# Microseconds since 1970. Only the digits: the sign between them is the locale's.
__gptos_now() {
  _GPTOS_NOW=${EPOCHREALTIME//[!0-9]/}
}

# Whether the locale has the signs that we draw.
__gptos_unicode() {
  case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
    *[Uu][Tt][Ff]*8*) ;;
    *) return 1 ;;
  esac
}

# Signs that have no look of their own, or turn the order of others: from U+200B to U+200F, U+202A to U+202E, U+2060 to U+2069 and
# U+FEFF, as bytes of UTF-8, so that they are the same in every locale.
_GPTOS_UNSEEN=(
  $'\xe2\x80\x8b' $'\xe2\x80\x8c' $'\xe2\x80\x8d' $'\xe2\x80\x8e' $'\xe2\x80\x8f' $'\xe2\x80\xaa' $'\xe2\x80\xab'
  $'\xe2\x80\xac' $'\xe2\x80\xad' $'\xe2\x80\xae' $'\xe2\x81\xa0' $'\xe2\x81\xa1' $'\xe2\x81\xa2' $'\xe2\x81\xa3'
  $'\xe2\x81\xa4' $'\xe2\x81\xa5' $'\xe2\x81\xa6' $'\xe2\x81\xa7' $'\xe2\x81\xa8' $'\xe2\x81\xa9' $'\xef\xbb\xbf'
)

# Whether all of the text in $1 can be seen.
__gptos_plain() {
  local sign
  [[ $1 != *[[:cntrl:]]* ]] || return 1
  [[ $1 == *[![:ascii:]]* ]] || return 0
  for sign in "${_GPTOS_UNSEEN[@]}"; do
    [[ $1 != *"$sign"* ]] || return 1
  done
}

# Milliseconds as the seconds that `read -t` takes: with a point, even where the locale writes a comma.
__gptos_seconds() {
  builtin printf -v _GPTOS_SECONDS '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# The number in $1, or $2 if it is none.
__gptos_number() {
  case $1 in
    '' | *[!0-9]* | ????????*) _GPTOS_NUMBER=$2 ;;
    *) _GPTOS_NUMBER=$((10#$1)) ;;
  esac
}

# Splits a line into its mark (`??`, `???` or nothing) and the words after it. A line that begins with a blank is private,
# and one blank before the words says so.
__gptos_split() {
  local text=${1#"${1%%[![:space:]]*}"}
  _GPTOS_PRIVATE=''
  [[ $1 != [[:blank:]]* ]] || _GPTOS_PRIVATE=' '
  _GPTOS_MARK='' _GPTOS_WORDS=$text
  case $text in
    '??' | '??'[[:space:]]*) _GPTOS_MARK='??' _GPTOS_WORDS=${text:2} ;;
    '???' | '???'[[:space:]]*) _GPTOS_MARK='???' _GPTOS_WORDS=${text:3} ;;
  esac
  _GPTOS_WORDS=${_GPTOS_WORDS#"${_GPTOS_WORDS%%[![:space:]]*}"}
}

# False inside PS2, a here-document or `read -e`: those lines are not ours. If the user's startup file replaced
# PROMPT_COMMAND the flag never comes, and only the key (an explicit wish) still works.
__gptos_at_prompt() {
  ((_GPTOS_PROMPTING)) && return 0
  [[ $1 == key && " ${PROMPT_COMMAND[*]-} " != *__gptos_prompt* ]]
}

# Every entry point calls this after `local -`, so that the user's `set -e`, `-u` and `-x` do not reach our code, nor the traps for DEBUG and
# ERR what is read through a pipe.
__gptos_calm() {
  set +aeuxET
}
