# shellcheck shell=bash disable=SC2043,SC2050
# GPT-OS for bash on the other side of an ssh session: the key and `?? words` with Enter ask home through the forwarded socket.
#
# Lives in this one shell. What comes back is data: it is put into the line and never run, and a text with a control character is refused.
# The line is kept whatever happens. `gptos ssh` fills in what stands between at signs.

__gptos_far_facts() {
  local tools=bsd has='' name
  [[ -z $_GPTOS_FACTS ]] || return 0
  case $(command ls --version 2>&1) in
    *GNU* | *uutils*) tools=gnu ;;
    *[Bb]usy[Bb]ox* | *[Tt]oybox*) tools=busybox ;;
  esac
  for name in @TOOLS@; do
    ! builtin type -P "$name" >/dev/null || has+=" $name"
  done
  _GPTOS_FACTS="shell=bash ${BASH_VERSION%%[!0-9.]*}"$'\n'"os=$(command uname -s 2>/dev/null)"$'\n'"tools=$tools"$'\n'"has=${has# }"$'\n'
}

# Asks ROUTE about TEXT: _GPTOS_REPLY holds the lines of the answer. Without one _GPTOS_SAID says why.
__gptos_far_ask() {
  local answer status comments=1 root=0
  __gptos_far_facts
  builtin shopt -q interactive_comments || comments=0
  ((EUID != 0)) || root=1
  answer="${_GPTOS_FACTS}root=$root"$'\n'"comments=$comments"$'\n'
  [[ $PWD == *$'\n'* ]] || answer+="cwd=$PWD"$'\n'
  # Without a trap Ctrl-C would leave the line editor, and the line with it.
  _GPTOS_OLD_TRAP=$(builtin trap -p INT)
  builtin trap : INT
  answer=$(builtin printf '%s\n%s' "$answer" "$2" | command curl -q -s --noproxy '*' --unix-socket "$_GPTOS_FAR/s" --max-time @WAIT@ \
    -H Expect: --data-binary @- "http://gptos/v1/$1" 2>/dev/null)
  status=$?
  builtin trap - INT
  [[ -z $_GPTOS_OLD_TRAP ]] || builtin eval "\\builtin $_GPTOS_OLD_TRAP"
  builtin mapfile -t _GPTOS_REPLY <<<"$answer"
  case $status in
    0) [[ ${_GPTOS_REPLY[-1]} != end ]] || return 0 ;;
    130) _GPTOS_SAID=cancelled && return 1 ;;
  esac
  _GPTOS_SAID='nobody answers at home; the session goes on without the keys'
  return 1
}

__gptos_far_say() {
  builtin printf 'gptos: %s\n' "$1" >&2
}

# Puts the command for the words of the line into its place.
__gptos_far_translate() {
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  local words=$READLINE_LINE private='' line kind text risk why note='' command='' key
  [[ $words != [[:space:]]* ]] || private=' '
  words=${words#"${words%%[![:space:]]*}"} words=${words%"${words##*[![:space:]]}"}
  [[ ! $words =~ ^\?\?\??([[:space:]]+|$)(.*) ]] || words=${BASH_REMATCH[2]}
  if [[ -z $words || $words == *[[:cntrl:]]* ]]; then
    __gptos_far_say 'type what you want on one line, then press the key'
    return 0
  fi
  builtin printf '\r\e[Kgptos: asking at home... (Ctrl-C keeps the line)' >&2
  __gptos_far_ask line "$private$words" || note=$_GPTOS_SAID
  # What was typed ahead was not meant for a line that nobody had seen.
  while IFS= builtin read -r -s -n 1 -d '' -t 0.01 key; do :; done
  builtin printf '\r\e[K' >&2
  [[ -n $note ]] || for line in "${_GPTOS_REPLY[@]}"; do
    # A tab is a blank to bash, and two would be one.
    IFS=$'\x1f' builtin read -r kind text risk why note <<<"${line//$'\t'/$'\x1f'}"
    case $kind in
      cmd) command=$text _GPTOS_RISK=$risk _GPTOS_WHY=$why && break ;;
      msg) note=$text && break ;;
    esac
  done
  if [[ $command$note == *[[:cntrl:]]* ]]; then
    __gptos_far_say 'the answer holds a control character and stays out of the line'
    return 0
  fi
  if [[ -n $command ]]; then
    READLINE_LINE=$command READLINE_POINT=${#command}
    _GPTOS_OFFERED=$command _GPTOS_HELD='' _GPTOS_SINCE=${EPOCHREALTIME//[!0-9]/}
  fi
  __gptos_far_say "$note"
}

# Whether Enter is not to run the line: it asks, it came too early, or the line is held for its risk.
__gptos_far_takes() {
  { local - IFS=$' \t\n' && set +aeuxET; } 2>/dev/null
  local line kind risk=$_GPTOS_RISK why=$_GPTOS_WHY told reason checked=0 now=${EPOCHREALTIME//[!0-9]/}
  ((_GPTOS_PROMPTING)) || return 1
  if [[ $READLINE_LINE =~ ^[[:space:]]*\?\?\??[[:space:]]+[^[:space:]] ]]; then
    __gptos_far_translate
    return 0
  fi
  [[ -n $_GPTOS_OFFERED && $READLINE_LINE == *[![:space:]]* ]] || return 1
  ((now - _GPTOS_SINCE >= 700000 || now < _GPTOS_SINCE)) || return 0
  [[ @GUARD@ == 1 ]] || return 1
  builtin [ "$READLINE_LINE" != "$_GPTOS_HELD" ] || return 1
  if builtin [ "$READLINE_LINE" != "$_GPTOS_OFFERED" ]; then
    [[ $READLINE_LINE == *[[:cntrl:]]* ]] || ! __gptos_far_ask check "$READLINE_LINE" || for line in "${_GPTOS_REPLY[@]}"; do
      IFS=$'\x1f' builtin read -r kind told reason <<<"${line//$'\t'/$'\x1f'}"
      [[ $kind != risk ]] || checked=1 risk=$told why=${reason//[[:cntrl:]]/?}
    done
    if ((!checked)) && [[ $risk != high && $risk != critical ]]; then
      __gptos_far_say 'the line was not checked'
      return 1
    fi
  fi
  [[ $risk == high || $risk == critical ]] || return 1
  _GPTOS_HELD=$READLINE_LINE _GPTOS_SINCE=${EPOCHREALTIME//[!0-9]/}
  __gptos_far_say "risk $risk: $why; Enter again runs it"
}

# Enter is two keys that nobody types: this one decides what the other one does.
__gptos_far_enter() {
  local does=accept-line map
  ! __gptos_far_takes || does='""'
  [[ $does != accept-line ]] || _GPTOS_PROMPTING=0
  [[ $does != "$_GPTOS_DOES" ]] || return 0
  for map in emacs-standard vi-insert vi-command; do
    builtin bind -m "$map" "\"\\C-x\\C-_fs\\a\": $does"
  done
  _GPTOS_DOES=$does
}

__gptos_far_prompt() {
  _GPTOS_PROMPTING=1 _GPTOS_OFFERED='' _GPTOS_HELD=''
}

__gptos_far_bind() {
  local map key
  for map in emacs-standard vi-insert vi-command; do
    builtin bind -m "$map" -x '"\C-x\C-_fe\a": __gptos_far_enter || :'
    builtin bind -m "$map" '"\C-x\C-_fs\a": accept-line' '"\C-m": "\C-x\C-_fe\a\C-x\C-_fs\a"' '"\C-j": "\C-x\C-_fe\a\C-x\C-_fs\a"'
    for key in @KEYS@; do
      # A macro in this place would keep Ctrl-G from ending a history search.
      builtin bind -m "$map" -x "\"$key\": __gptos_far_translate || :"
    done
  done
  [[ -n ${PROMPT_COMMAND[*]-} ]] || PROMPT_COMMAND=('')
  PROMPT_COMMAND+=(__gptos_far_prompt)
}

_GPTOS_FACTS='' _GPTOS_OFFERED='' _GPTOS_RISK='' _GPTOS_WHY='' _GPTOS_HELD='' _GPTOS_SINCE=0 _GPTOS_PROMPTING=0 _GPTOS_DOES=accept-line
if builtin type __gptos_set_up >/dev/null 2>&1; then
  # The integration of a gptos that is installed here knows more than this one.
  :
elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 501)); then
  builtin printf 'gptos: bash %s is too old for the keys (5.1 or later), so this is a plain session\n' "$BASH_VERSION" >&2
elif ! builtin type -P curl >/dev/null; then
  builtin printf 'gptos: there is no curl to ask with, so this is a plain session\n' >&2
elif [[ -o emacs || -o vi ]]; then
  __gptos_far_bind
fi
