# The tour in zsh. Read after the user's own start-up files by a shell that `gptos tour` starts; _GPTOS_TOUR_STEPS holds what is said.
# No line is run: whatever accepts one, the last thing before it would run is that it is emptied.

'builtin' 'unalias' '-m' '*'
(( ${+functions[__gptos_translate]} )) || source <("$_GPTOS_TOUR_BIN" init zsh)
# Without the line editor nothing would empty a line before it runs.
[[ -o zle ]] && (( ${+functions[__gptos_translate]} )) || { print -ru2 -- 'gptos: zsh: no line editor here'; exit 1 }
unset HISTFILE
typeset -gi _GPTOS_TOUR_AT=0
typeset -g _GPTOS_TOUR_DONE=start

# The line is done.
__gptos_tour_finish() {
    emulate -L zsh
    setopt extended_glob
    _GPTOS_TOUR_DONE=next
    [[ $BUFFER == [[:space:]]#(exit|quit|logout)[[:space:]]# ]] && _GPTOS_TOUR_DONE=leave
    BUFFER=''
}

# Before each prompt: the next step, unless the line was given up where that is not what was asked for.
__gptos_tour_prompt() {
    emulate -L zsh
    local outcome="$_GPTOS_TOUR_DONE"
    _GPTOS_TOUR_DONE=''
    [[ -z $outcome ]] && (( _GPTOS_TOUR_AT == $#_GPTOS_TOUR_STEPS - 1 )) && outcome=next
    [[ $outcome == leave ]] && _GPTOS_TOUR_AT=$#_GPTOS_TOUR_STEPS
    [[ -n $outcome ]] && (( ++_GPTOS_TOUR_AT <= $#_GPTOS_TOUR_STEPS )) && print -r -- "$_GPTOS_TOUR_STEPS[_GPTOS_TOUR_AT]"
    (( _GPTOS_TOUR_AT < $#_GPTOS_TOUR_STEPS )) || exit 0
}

autoload -Uz add-zsh-hook add-zle-hook-widget
add-zsh-hook precmd __gptos_tour_prompt
add-zle-hook-widget line-finish __gptos_tour_finish
