# Part of the integration for zsh: the menu that suggestions are chosen from. The shell's own takes a row as soon as something is typed behind an
# arrow, has no empty list, and leaves the row in the line when it is given up.

# What the key that ended the menu means in the line, where it is no key of the menu.
typeset -g _GPTOS_MENU_KEY=''

# Lets the user choose: the words stay in the line, a row for each suggestion and ROWS that are only to be read stand below it, and keys are read here.
# REPLY is the place in the ring of what was taken, 0 for none.
__gptos_choose() {
    emulate -L zsh
    # Whatever the user has Ctrl-C do, here it ends the menu and nothing else.
    local typed='' trapped="${functions[TRAPINT]-}"
    trap - INT
    local -a rows texts fits below=("${(@f)1%$'\n'}") marks=("${region_highlight[@]}")
    integer current=1 taken=0 left=0 room=$(( LINES - BUFFERLINES - 3 ))
    [[ -n $1 ]] || below=()
    (( room > 6 )) || room=6
    (( $#below > room / 2 )) && below=("${(@)below[1,room / 2 - 1]}" '...')
    room=$(( room - $#below ))
    {
        __gptos_ghost_alone
        __gptos_menu_rows
        __gptos_menu_keymap
        while (( ! left )); do
            __gptos_menu_draw
            __gptos_menu_read
        done
    } always {
        TRY_BLOCK_INTERRUPT=0
        # A function that was put back by another one does not come back by itself.
        setopt no_local_traps
        [[ -z $trapped ]] || functions[TRAPINT]="$trapped"
        bindkey -D _gptos-menu 2>/dev/null
        if (( ${+widgets[_gptos-keymap-select]} )); then
            zle -A _gptos-keymap-select zle-keymap-select
            zle -D _gptos-keymap-select
        fi
        POSTDISPLAY='' region_highlight=("${marks[@]}")
    }
    zle -R
    REPLY=$taken
}

# The keys of the menu are those of the line and a few more. Who shows the keymap in the prompt is not told.
__gptos_menu_keymap() {
    emulate -L zsh
    if (( ${+widgets[zle-keymap-select]} )); then
        zle -A zle-keymap-select _gptos-keymap-select
        zle -D zle-keymap-select
    fi
    bindkey -N _gptos-menu main
    bindkey -M _gptos-menu '^[' .send-break '^[[Z' .redisplay '^[[5~' .redisplay '^[[6~' .redisplay
}

# Each suggestion and what is known of it in one row, and the text that typed words are looked for in. Where a row has to be cut its risk comes first.
__gptos_menu_rows() {
    emulate -L zsh
    local REPLY='' text='' source='' known=''
    integer i=0 width=0 columns=$(( COLUMNS - 3 ))
    (( columns > 8 )) || columns=8
    for (( i = 1; i <= $#_GPTOS_RING; i++ )); do
        (( ${(m)#_GPTOS_RING[i]} > width )) && width=${(m)#_GPTOS_RING[i]}
    done
    (( width > columns * 3 / 5 )) && width=$(( columns * 3 / 5 ))
    for (( i = 1; i <= $#_GPTOS_RING; i++ )); do
        __gptos_fit "$_GPTOS_RING[i]" $width
        text="${(mr:width:)REPLY}"
        known="${_GPTOS_READINGS[i]:+$_GPTOS_READINGS[i] · }$_GPTOS_NOTES[i]"
        source="${_GPTOS_NOTES[i]%% · risk *}"
        if (( width + 2 + ${(m)#known} > columns )) && [[ $source != "$_GPTOS_NOTES[i]" ]]; then
            known="${_GPTOS_NOTES[i]#"$source · "}${_GPTOS_READINGS[i]:+ · $_GPTOS_READINGS[i]} · $source"
        fi
        __gptos_fit "$text  $known" $columns
        rows+=("$REPLY")
        texts+=("${(L)_GPTOS_RING[i]} ${(L)_GPTOS_READINGS[i]} ${(L)_GPTOS_NOTES[i]}")
        fits+=($i)
    done
}

# What was typed has changed: the rows that hold each word of it. The one that was marked stays so while it is there.
__gptos_menu_narrow() {
    emulate -L zsh
    local word=''
    local -a words=(${=${(L)typed}})
    integer i=0 fit=0
    fits=()
    for (( i = 1; i <= $#texts; i++ )); do
        fit=1
        for word in "${words[@]}"; do
            [[ $texts[i] == *"$word"* ]] || fit=0
        done
        (( fit )) && fits+=($i)
    done
    (( $#fits && ! ${fits[(Ie)$current]} )) && current=$fits[1]
    return 0
}

__gptos_menu_draw() {
    emulate -L zsh
    local REPLY='' text='type to narrow it down · Enter takes one, Ctrl-C none'
    integer i=0 at=${fits[(Ie)$current]} first=1 start=0
    if (( ! $#fits )); then
        text="nothing fits \"$typed\" · Backspace takes it back"
    elif [[ -n $typed ]]; then
        text="\"$typed\": $#fits of $#rows"
    fi
    __gptos_fit "gptos: $text" $(( COLUMNS - 1 ))
    text=$'\n'"$REPLY"
    region_highlight=("${marks[@]}")
    (( at > room )) && first=$(( at - room + 1 ))
    for (( i = first; i <= $#fits && i < first + room; i++ )); do
        text+=$'\n'
        if (( i == at )); then
            start=$(( $#BUFFER + $#text ))
            text+="> $rows[fits[i]]"
            region_highlight+=("$start $(( $#BUFFER + $#text )) standout")
        else
            text+="  $rows[fits[i]]"
        fi
    done
    (( $#below )) && text+=$'\n'"${(pj:\n:)below}"
    POSTDISPLAY="$text"
    zle -Rc
}

# Marks the row so many below this one. With all of them passed it goes on at the other end.
__gptos_menu_move() {
    emulate -L zsh
    integer at=${fits[(Ie)$current]}
    (( $#fits )) || return 0
    (( at = (at - 1 + $1) % $#fits, at < 0 )) && (( at += $#fits ))
    current=$fits[at+1]
}

# Reads a key and does what it says.
__gptos_menu_read() {
    emulate -L zsh
    setopt extended_glob
    local REPLY='' pasted=''
    if ! zle .read-command -K _gptos-menu; then
        left=1
        return 0
    fi
    case $KEYS in
        $'\r'|$'\n') __gptos_menu_take ;;
        $'\t'|$'\e[B'|$'\eOB'|$'\C-n') __gptos_menu_move 1 ;;
        $'\e[Z'|$'\e[A'|$'\eOA'|$'\C-p') __gptos_menu_move -1 ;;
        $'\e[6~') __gptos_menu_move $(( room < $#fits ? room : 0 )) ;;
        $'\e[5~') __gptos_menu_move $(( room < $#fits ? -room : 0 )) ;;
        $'\C-?'|$'\b') typed="${typed%?}" && __gptos_menu_narrow ;;
        $'\C-w') typed="${${typed%%[[:space:]]#}%%[^[:space:]]#}" && __gptos_menu_narrow ;;
        $'\C-u') typed='' && __gptos_menu_narrow ;;
        $'\a'|$'\C-c') left=1 ;;
        $'\e') __gptos_menu_is_sequence || left=1 ;;
        *)
            case $REPLY in
                send-break|vi-cmd-mode|gptos-translate) left=1 ;;
                accept-*) __gptos_menu_take ;;
                bracketed-paste)
                    zle .bracketed-paste pasted
                    typed+="${pasted//[[:space:]]/ }"
                    __gptos_menu_narrow
                    ;;
                undefined-key) ;;
                *)
                    if [[ $KEYS == [^[:cntrl:]] ]]; then
                        typed+="$KEYS"
                        __gptos_menu_narrow
                    else
                        _GPTOS_MENU_KEY="$REPLY" left=1
                        (( $#fits )) && taken=$current
                    fi
                    ;;
            esac
            ;;
    esac
    return 0
}

__gptos_menu_take() {
    (( $#fits )) || return 0
    taken=$current left=1
}

# Escape came with the rest of a sequence that nobody has bound: it is read, so that it is not typed into the line.
__gptos_menu_is_sequence() {
    emulate -L zsh
    local sign=''
    integer i=0
    (( KEYS_QUEUED_COUNT )) || return 1
    read -rsk 1 sign
    [[ $sign == ['[O'] ]] || return 1
    while (( i++ < 16 )) && (( KEYS_QUEUED_COUNT || PENDING )); do
        read -rsk 1 sign
        [[ $sign == [@-~] ]] && break
    done
    return 0
}
