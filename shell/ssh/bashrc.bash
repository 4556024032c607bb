# shellcheck shell=bash disable=SC1090,SC1091
# GPT-OS on the other side of an ssh session: read by a login shell in POSIX mode, which reads nothing else. It takes the mode back, reads
# what a login shell reads, and then the stub.

\builtin set +o posix
\builtin shopt -u inherit_errexit
\builtin unset POSIXLY_CORRECT
_GPTOS_FAR=${ENV%/bashrc}
if [[ -n ${_GPTOS_ENV+x} ]]; then
  \builtin export ENV="$_GPTOS_ENV"
  \builtin unset _GPTOS_ENV
else
  \builtin unset ENV
fi
# In that mode bash has another file for its history.
[[ ${HISTFILE-} != "$HOME/.sh_history" ]] || HISTFILE=$HOME/.bash_history
[[ ! -r /etc/profile ]] || \builtin source /etc/profile
if [[ -r ~/.bash_profile ]]; then
  \builtin source ~/.bash_profile
elif [[ -r ~/.bash_login ]]; then
  \builtin source ~/.bash_login
elif [[ -r ~/.profile ]]; then
  \builtin source ~/.profile
fi
\builtin source "$_GPTOS_FAR/bash"
