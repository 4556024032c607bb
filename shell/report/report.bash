# shellcheck shell=bash
# What `gptos doctor` asks a bash that it started: who has which key, and what else is loaded. Printed to standard output behind the word in $2.

__gptos_report() {
  local name map line maps=(emacs-standard)
  [[ ! -o vi ]] || maps=(vi-insert vi-command)
  # What the first prompt would do.
  [[ -z ${_GPTOS_OTHER_MODE-} || ! -o $_GPTOS_OTHER_MODE ]] || __gptos_early other_mode
  builtin printf '\0%s\0version\0\0%s\0' "$1" "$BASH_VERSION"
  for name in GPTOS_KEY GPTOS_KEY2 GPTOS_BIN; do
    [[ -z ${!name+x} ]] || builtin printf 'variable\0%s\0%s\0' "$name" "${!name}"
  done
  if [[ $(builtin type -t __gptos_request) == function ]]; then
    builtin shopt -s extdebug
    # `__gptos_request LINE FILE`
    read -r name map line < <(builtin declare -F __gptos_request)
    builtin printf 'loaded\0\0%s\0' "$line"
  fi
  builtin printf 'completes\0\0%s\0' "$(builtin complete -p -- '??' 2>/dev/null)"
  builtin printf 'prompts\0\0%s\0' "${PROMPT_COMMAND[*]}"
  for map in "${maps[@]}"; do
    for name in -p -s -X; do
      # Behind the last command there is no end of line.
      while IFS='' read -r line || [[ -n $line ]]; do
        case $line in \"*) builtin printf 'key\0%s\0%s\0' "$map" "$line" ;; esac
      done < <(builtin bind -m "$map" "$name" 2>/dev/null)
    done
  done
  for name in __bp_install:bash-preexec _completion_loader:bash-completion _comp_load:bash-completion starship_precmd:starship \
    __fzf_history__:fzf _fzf_setup_completion:fzf __atuin_history:atuin _navi_widget:navi \
    notify_when_long_running_commands_finish_install:undistract-me __zoxide_hook:zoxide _zoxide_hook:zoxide _direnv_hook:direnv _lp_set_prompt:liquidprompt \
    _powerline_prompt:powerline; do
    [[ $(builtin type -t "${name%%:*}") != function ]] || builtin printf 'seen\0\0%s\0' "${name#*:}"
  done
  [[ -z ${BLE_VERSION-} ]] || builtin printf 'seen\0\0ble.sh\0'
  builtin printf 'end\0\0\0'
}
builtin set +eux
__gptos_report "$2"
