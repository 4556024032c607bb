# GPT-OS for zsh on the other side of an ssh session: the key and `?? words` with Enter ask home through the forwarded socket.
#
# Lives in this one shell. What comes back is data: it is put into the line and never run, and a text with a control character is refused.
# The line is kept whatever happens. `gptos ssh` fills in what stands between at signs.

# The integration of a gptos that is installed here knows more than this one.
(( ! ${+functions[__gptos_translate]} )) || return 0
if [[ $ZSH_VERSION != (5.<3->*|<6->.*) ]] || ! zmodload zsh/net/socket zsh/system zsh/datetime zsh/parameter 2>/dev/null; then
    print -ru2 -- "gptos: zsh $ZSH_VERSION is too old for the keys or lacks a module of theirs, so this is a plain session"
    return 0
fi

# What is told of this machine; the suggestion that the line came from, its risk and the reason; since when it stands there; the line that
# waits for a second Enter.
typeset -g _GPTOS_FACTS='' _GPTOS_OFFERED='' _GPTOS_RISK='' _GPTOS_WHY='' _GPTOS_HELD='' _GPTOS_COMMENTS=0 _GPTOS_FORMER=''
typeset -gF _GPTOS_SINCE=0
typeset -gi _GPTOS_CANCELLED=0

__gptos_far_facts() {
    emulate -L zsh
    [[ -z $_GPTOS_FACTS ]] || return 0
    local tools=bsd has='' name=''
    case "$(command ls --version 2>&1)" in
        (*GNU*|*uutils*) tools=gnu ;;
        (*[Bb]usy[Bb]ox*|*[Tt]oybox*) tools=busybox ;;
    esac
    for name in @TOOLS@; do
        (( ! ${+commands[$name]} )) || has+=" $name"
    done
    _GPTOS_FACTS="shell=zsh $ZSH_VERSION"$'\n'"os=$(command uname -s 2>/dev/null)"$'\n'"tools=$tools"$'\n'"has=${has# }"$'\n'
}

# Asks ROUTE about TEXT: reply holds the lines of the answer. Without one REPLY says why.
__gptos_far_ask() {
    emulate -L zsh
    setopt local_traps no_multibyte
    local body='' chunk='' answer='' link=$'\r\n'
    integer fd=0 failed=0
    local -F due=0
    _GPTOS_CANCELLED=0
    TRAPINT() { _GPTOS_CANCELLED=1; return 0 }
    __gptos_far_facts
    body="${_GPTOS_FACTS}root=$(( EUID == 0 ))"$'\n'"comments=$_GPTOS_COMMENTS"$'\n'
    [[ $PWD == *$'\n'* ]] || body+="cwd=$PWD"$'\n'
    body+=$'\n'"$2"
    if zsocket "$_GPTOS_FAR/s" 2>/dev/null; then
        fd=$REPLY
        (( due = EPOCHREALTIME + @WAIT@ ))
        syswrite -o $fd -- "POST /v1/$1 HTTP/1.1${link}host: gptos${link}content-length: $#body${link}${link}$body" 2>/dev/null
        while (( ! _GPTOS_CANCELLED && EPOCHREALTIME < due )); do
            sysread -i $fd -t 0.5 chunk 2>/dev/null
            failed=$?
            (( failed )) || answer+="$chunk"
            # 5 is the end, 4 means that nothing has come yet, and a signal is no reason to give up.
            (( failed != 5 && (failed != 2 || ERRNO == 4) )) || break
        done
        exec {fd}>&-
    fi
    REPLY='cancelled'
    (( ! _GPTOS_CANCELLED )) || return 1
    REPLY='nobody answers at home; the session goes on without the keys'
    [[ $answer == *$'\r\n\r\n'* && $'\n'"$answer" == *$'\n'end$'\n' ]] || return 1
    reply=("${(@f)${answer#*$'\r\n\r\n'}}")
}

# One line under the prompt.
__gptos_far_say() {
    zle -M -- "gptos: $1"
}

# Puts the command for the words of the line into its place.
__gptos_far_translate() {
    [[ -o interactivecomments ]] && _GPTOS_COMMENTS=1 || _GPTOS_COMMENTS=0
    emulate -L zsh
    setopt extended_glob
    local REPLY='' words="${BUFFER##[[:space:]]##}" private='' line='' command='' risk='' note='' key=''
    local -a reply fields
    [[ $BUFFER != [[:space:]]* ]] || private=' '
    [[ $words != '??'(|'?')([[:space:]]*|) ]] || words="${words##'??'(|'?')}"
    words="${${words##[[:space:]]##}%%[[:space:]]##}"
    if [[ -z $words || $words == *[[:cntrl:]]* ]]; then
        __gptos_far_say 'type what you want on one line, then press the key'
        return 0
    fi
    __gptos_far_say 'asking at home... (Ctrl-C keeps the line)'
    zle -R
    __gptos_far_ask line "$private$words"
    integer failed=$?
    # What was typed ahead was not meant for a line that nobody had seen, nor for words that got no answer.
    while (( KEYS_QUEUED_COUNT || PENDING )); do
        read -k 1 key
    done
    if (( failed )); then
        __gptos_far_say "$REPLY"
        return 0
    fi
    for line in "${reply[@]}"; do
        fields=("${(@ps:\t:)line}")
        case $fields[1] in
            (cmd) command="$fields[2]" risk="$fields[3]" _GPTOS_WHY="$fields[4]" note="$fields[5]" ;;
            (msg) note="$fields[2]" ;;
        esac
    done
    if [[ "$command$note" == *[[:cntrl:]]* ]]; then
        __gptos_far_say 'the answer holds a control character and stays out of the line'
        return 0
    fi
    if [[ -n $command ]]; then
        zle split-undo
        BUFFER="$command" CURSOR=$#command
        _GPTOS_OFFERED="$command" _GPTOS_RISK="$risk" _GPTOS_HELD='' _GPTOS_SINCE=$EPOCHREALTIME
    fi
    __gptos_far_say "$note"
}

# Whether Enter is not to run the line: it asks, it came too early, or the line is held for its risk.
__gptos_far_takes() {
    [[ -o interactivecomments ]] && _GPTOS_COMMENTS=1 || _GPTOS_COMMENTS=0
    emulate -L zsh
    setopt extended_glob
    local REPLY='' risk="$_GPTOS_RISK" why="$_GPTOS_WHY" line=''
    local -a reply fields
    integer checked=0
    [[ $CONTEXT == start ]] || return 1
    if [[ $BUFFER == [[:space:]]#'??'(|'?')[[:space:]]##[^[:space:]]* ]]; then
        __gptos_far_translate
        return 0
    fi
    [[ -n $_GPTOS_OFFERED && $BUFFER == *[^[:space:]]* ]] || return 1
    (( EPOCHREALTIME - _GPTOS_SINCE >= 0.7 || EPOCHREALTIME < _GPTOS_SINCE )) || return 0
    [[ $BUFFER != "$_GPTOS_HELD" ]] || return 1
    (( @GUARD@ )) || return 1
    if [[ $BUFFER != "$_GPTOS_OFFERED" ]]; then
        [[ $BUFFER == *[[:cntrl:]]* ]] || ! __gptos_far_ask check "$BUFFER" || for line in "${reply[@]}"; do
            fields=("${(@ps:\t:)line}")
            [[ $fields[1] != risk ]] || checked=1 risk="$fields[2]" why="${fields[3]//[[:cntrl:]]/?}"
        done
        if (( ! checked )) && [[ $risk != (high|critical) ]]; then
            zle -I
            print -ru2 -- 'gptos: the line was not checked'
            return 1
        fi
    fi
    [[ $risk == (high|critical) ]] || return 1
    _GPTOS_HELD="$BUFFER" _GPTOS_SINCE=$EPOCHREALTIME
    __gptos_far_say "risk $risk: $why; Enter again runs it"
}

# No options are changed around the widget that was there before.
__gptos_far_accept_line() {
    __gptos_far_takes || zle "$_GPTOS_FORMER" -- "$@"
}

__gptos_far_prompt() {
    _GPTOS_OFFERED='' _GPTOS_HELD=''
}

__gptos_far_bind() {
    emulate -L zsh
    local key='' map='' REPLY=''
    # Tells home that the session has begun, also where there is no curl.
    ! zsocket "$_GPTOS_FAR/s" 2>/dev/null || exec {REPLY}>&-
    zle -N gptos-translate __gptos_far_translate
    for key in @KEYS@; do
        for map in emacs viins vicmd; do
            bindkey -M $map -- "$key" gptos-translate
        done
        # It gives up a history search, as it did before it was ours.
        [[ $key != ('^G'|'^g') || "$(bindkey -M isearch '^G')" != *undefined-key ]] || bindkey -M isearch '^G' send-break
    done
    _GPTOS_FORMER=.accept-line
    if [[ ${widgets[accept-line]-builtin} != builtin ]]; then
        zle -A accept-line _gptos-former-accept-line
        _GPTOS_FORMER=_gptos-former-accept-line
    fi
    zle -N accept-line __gptos_far_accept_line
    precmd_functions+=(__gptos_far_prompt)
}
__gptos_far_bind
