# shellcheck shell=bash
# The tour in bash. Read after the user's own start-up files by a shell that `gptos tour` starts; _GPTOS_TOUR_STEPS holds what is said.
# No line is run: no key accepts one any more, and the step that would have done so leads on instead.

\builtin shopt -u expand_aliases
if [[ $(builtin type -t __gptos_enter) != function ]]; then
  builtin source <("$_GPTOS_TOUR_BIN" init bash)
fi
# What is read late would bind Enter anew.
[[ -n ${_GPTOS_LOADED-} ]] || __gptos_load
unset HISTFILE
_GPTOS_TOUR_AT=0
_GPTOS_STEP_TOUR='\C-x\C-_gt\a'

# Says the next step; behind the last one it leaves.
__gptos_tour_next() {
  builtin printf '%s\n' "${_GPTOS_TOUR_STEPS[_GPTOS_TOUR_AT]}" >&2
  ((++_GPTOS_TOUR_AT < ${#_GPTOS_TOUR_STEPS[@]})) || exit 0
}

# In place of accepting the line.
__gptos_tour_enter() {
  case $READLINE_LINE in
    exit | quit | logout) exit 0 ;;
  esac
  READLINE_LINE='' READLINE_POINT=0 _GPTOS_RAN='' _GPTOS_LINE='' _GPTOS_PROMPTING=1
  __gptos_forget
  __gptos_tour_next
}

# A prompt comes first of all, and after a line was given up, which is what the last step asks for.
__gptos_tour_prompt() {
  ((_GPTOS_TOUR_AT > 0 && _GPTOS_TOUR_AT < ${#_GPTOS_TOUR_STEPS[@]} - 1)) || __gptos_tour_next
}

__gptos_tour_bind() {
  local map name
  for map in emacs-standard vi-insert vi-command; do
    builtin bind -m "$map" -x "\"$_GPTOS_STEP_TOUR\": __gptos_tour_enter || :"
    for name in accept-line operate-and-get-next edit-and-execute-command vi-edit-and-execute-command insert-comment; do
      builtin bind -m "$map" -u "$name" 2>/dev/null
    done
  done
  __gptos_bind_step "$_GPTOS_STEP_SUBMIT" accept-line
}

if [[ -n ${_GPTOS_STEP_SUBMIT-} ]]; then
  # Read later, the other parts would bring their own `__gptos_bind_step` back.
  [[ -n ${_GPTOS_LOADED-} ]] || __gptos_load
  # Takes the place of the integration's own: what it binds to accept the line leads to the next step of the tour.
  __gptos_bind_step() {
    local keys=$2
    [[ $keys == \"* ]] || keys="\"$_GPTOS_STEP_TOUR\""
    __gptos_bind_everywhere "$1" "$keys"
    [[ $1 != "$_GPTOS_STEP_REPLAY" ]] || _GPTOS_REPLAY_BOUND=$2
  }
  __gptos_tour_bind
  [[ -n ${PROMPT_COMMAND[*]-} ]] || PROMPT_COMMAND=('')
  PROMPT_COMMAND+=(__gptos_tour_prompt)
else
  exit 1
fi
