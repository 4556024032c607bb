# shellcheck shell=bash
# Part of the integration for bash: what a line asks for: words of their own, a change of a suggestion, or the words of one program.

# For so many seconds a suggestion can be changed by words on a line of their own.
_GPTOS_REFINE_SECONDS=600
_GPTOS_MAX_CONTEXT=4096

# Reads the line in the buffer. _GPTOS_MARK is empty where Enter has nothing to ask. Sets _GPTOS_PRIVATE, _GPTOS_WORDS,
# _GPTOS_WITH (what is sent besides the words) and _GPTOS_BASE (the words that were asked before, if these change their answer).
__gptos_understand() {
  _GPTOS_WITH=() _GPTOS_BASE=''
  ((${#_GPTOS_RING[@]} == 0)) || ! __gptos_appended || return 0
  __gptos_split "$READLINE_LINE"
  if [[ -n $_GPTOS_MARK ]]; then
    __gptos_follows
  elif [[ -n $GPTOS_SCOPES ]]; then
    __gptos_scoped
  fi
  if [[ $GPTOS_HASH == 1 && $READLINE_LINE == '#'[[:blank:]]*[![:space:]]* ]]; then
    _GPTOS_MARK='??' _GPTOS_WORDS=${READLINE_LINE#'#'}
    _GPTOS_WORDS=${_GPTOS_WORDS#"${_GPTOS_WORDS%%[![:space:]]*}"}
  fi
}

# The words that gave a change came back, by undo or by the key: they are about the same command as before.
__gptos_asked_again() {
  [[ ${_GPTOS_RING_WITH[0]-} == refines=* ]] && builtin [ "$READLINE_LINE" = "$_GPTOS_RING_LINE" ]
}

# Whether words begin a wish about a suggestion.
__gptos_is_wish() {
  case ${1,,} in
    but[[:space:]]* | and[[:space:]]* | only[[:space:]]* | now[[:space:]]* | instead[[:space:]]* | also[[:space:]]*) ;;
    without[[:space:]]* | no,[[:space:]]*) ;;
    *) return 1 ;;
  esac
}

# The suggestion as it was shown, and `?? words` behind it, or behind what was added to it. A command may hold `??` as a pattern, so behind one
# that is not the suggestion alone the words must be a wish.
__gptos_appended() {
  local shown=$_GPTOS_SHOWN base=${_GPTOS_MEANT# } length
  if __gptos_asked_again; then
    shown=${_GPTOS_RING_WITH[0]#refines=} base=${_GPTOS_RING_WITH[1]#asked=}
  elif ((_GPTOS_RING_AT >= ${#_GPTOS_RING[@]})); then
    return 1
  fi
  length=${#shown}
  builtin [ "${READLINE_LINE:0:length}" = "$shown" ] || return 1
  [[ ${READLINE_LINE:length} == *[[:blank:]]'??'* ]] || return 1
  __gptos_split "${READLINE_LINE:length}"
  if [[ -z $_GPTOS_MARK || ${READLINE_LINE:length:1} != [[:blank:]] ]]; then
    shown=${READLINE_LINE%[[:blank:]]'??'*}
    __gptos_split "${READLINE_LINE:${#shown}}"
    [[ ${#shown} -ge $length && -n $_GPTOS_MARK ]] && __gptos_is_wish "$_GPTOS_WORDS" || return 1
    shown=${shown%"${shown##*[![:space:]]}"}
  fi
  [[ -n $_GPTOS_MARK && -n $_GPTOS_WORDS ]] || return 1
  [[ $_GPTOS_QUERY == [[:blank:]]* || $_GPTOS_ORIGINAL == [[:blank:]]* ]] || _GPTOS_PRIVATE=''
  _GPTOS_BASE=$base _GPTOS_WITH=("refines=$shown" "asked=$base")
}

# Words that only make sense after others, soon after a suggestion and in the same folder: another one may be about things that no
# provider is to be told of, and the other way round. A line that begins with a blank knows nothing of other lines.
__gptos_follows() {
  if __gptos_asked_again; then
    _GPTOS_WITH=("${_GPTOS_RING_WITH[@]}") _GPTOS_BASE=${_GPTOS_RING_WITH[1]#asked=}
    return 0
  fi
  [[ -n $_GPTOS_LAST && -z $_GPTOS_PRIVATE ]] && builtin [ "$_GPTOS_LAST_PLACE" = "$PWD" ] || return 0
  __gptos_is_wish "$_GPTOS_WORDS" || return 0
  if ((EPOCHSECONDS >= _GPTOS_LAST_AT && EPOCHSECONDS - _GPTOS_LAST_AT <= _GPTOS_REFINE_SECONDS)); then
    _GPTOS_BASE=$_GPTOS_LAST_WORDS _GPTOS_WITH=("refines=$_GPTOS_LAST" "asked=$_GPTOS_LAST_WORDS")
  else
    _GPTOS_LAST='' _GPTOS_LAST_WORDS=''
  fi
}

# The suggestion in $1, which is shown, is the last one of this shell.
__gptos_remember_suggestion() {
  [[ -n $_GPTOS_MEANT && $_GPTOS_MEANT != [[:blank:]]* && $_GPTOS_ORIGINAL != [[:blank:]]* ]] || return 0
  ((${#1} + ${#_GPTOS_MEANT} <= _GPTOS_MAX_CONTEXT)) || return 0
  _GPTOS_LAST=$1 _GPTOS_LAST_WORDS=$_GPTOS_MEANT _GPTOS_LAST_AT=$EPOCHSECONDS _GPTOS_LAST_PLACE=$PWD
}

# `git? words`, for the programs that the user has named.
__gptos_scoped() {
  local name=${_GPTOS_WORDS%%[[:space:]]*} words
  [[ $name == ?*'?' && $_GPTOS_WORDS == *[[:space:]]* ]] || return 0
  words=${_GPTOS_WORDS#"$name"}
  words=${words#"${words%%[![:space:]]*}"}
  name=${name%'?'}
  [[ -n $words && $name != *[!A-Za-z0-9_.+-]* && " $GPTOS_SCOPES " == *" $name "* ]] || return 0
  _GPTOS_MARK='??' _GPTOS_WORDS=$words _GPTOS_WITH=("scope=$name")
}
