# GPT-OS on the other side of an ssh session: read in the place of the user's .zshenv, which it reads. All other files are read from where
# they are, because ZDOTDIR is the user's again. The stub follows behind them, in front of the first prompt.

'builtin' 'typeset' '-g' "_GPTOS_FAR=$ZDOTDIR"
if (( ${+_GPTOS_ZDOTDIR} )); then
    'builtin' 'export' "ZDOTDIR=$_GPTOS_ZDOTDIR"
    'builtin' 'unset' '_GPTOS_ZDOTDIR'
else
    'builtin' 'unset' 'ZDOTDIR'
fi
[[ ! -r ${ZDOTDIR:-$HOME}/.zshenv ]] || 'builtin' 'source' "${ZDOTDIR:-$HOME}/.zshenv"
if [[ -o interactive && -o zle ]]; then
    __gptos_start() {
        precmd_functions=("${(@)precmd_functions:#__gptos_start}")
        builtin emulate zsh -o no_aliases -c 'builtin source "$_GPTOS_FAR/zsh"'
    }
    precmd_functions+=(__gptos_start)
fi
