# Part of the integration for zsh: the line that failed.

# Asks what the line that failed was meant to be; false when none did. Nothing is run. The blank in front says that the line is nobody
# else's business: no report follows.
__gptos_mend() {
    emulate -L zsh
    (( ! $1 )) && [[ -n $_GPTOS_FAILED ]] || return 1
    __gptos_release TERM
    __gptos_ask " $_GPTOS_FAILED" 0 0 $_GPTOS_FAILED_STATUS
    return 0
}

# Whether the line as typed is the mark alone, which is no words for the history.
__gptos_is_mark() {
    emulate -L zsh
    setopt extended_glob
    [[ $1 == [[:space:]]#'??'[[:space:]]# ]]
}
