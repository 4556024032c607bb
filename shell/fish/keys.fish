# Part of the integration for fish: what the other keys do, events, and the bindings, which are made here.

# === the key ===

function __gptos_key
    test (status current-command) = fish
    or return
    if set -q _GPTOS_PENDING[1]; and __gptos_pending_key
        return
    end
    if __gptos_too_early 0
        return
    end
    if __gptos_next_hole
        return
    end
    set -l line (commandline -b | string collect)
    if set -q _GPTOS_RING[1]
        if test "$line" = "$_GPTOS_PUT"
            __gptos_next
            return
        end
    end
    if string match -qr '(?s)^\s*(?<marks>\?\?\??)(?:\s+(?<words>.*?))?\s*$' -- "$line"
        __gptos_translate "$line" $marks $words
    else
        __gptos_translate "$line" '??' (string trim -- "$line" | string collect)
    end
end

function __gptos_next
    if set -q _GPTOS_RING[(math $_GPTOS_AT + 1)]
        __gptos_put (math $_GPTOS_AT + 1)
    else if test -n "$_GPTOS_MORE"
        __gptos_ask more $_GPTOS_RING[$_GPTOS_AT] $_GPTOS_QUERY --fresh
    else
        __gptos_put 0
    end
end

# Arguments: the line, its marks, the words if there are any.
function __gptos_translate
    if test -z "$argv[3]"
        __gptos_mend $argv[1..2]
        and return
        __gptos_say 'gptos: type what you want, for example: ?? list files by size'
        return
    end
    # A line that begins with a blank is private, and one blank before the words says so.
    set -l private (string match -qr '^[ \t]' -- $argv[1]; and echo ' ')
    if test $argv[2] = '???'
        __gptos_ask new $argv[1] "$private$argv[3]" --fresh
    else
        __gptos_ask new $argv[1] "$private$argv[3]"
    end
end

# === events ===

function __gptos_forget
    __gptos_drop_request
    __gptos_drop_holes
    set -e _GPTOS_RING
    set -e _GPTOS_SHOWN
    set -e _GPTOS_ARMED
    set -e _GPTOS_DUE
    set -e _GPTOS_EARLY
    set -e _GPTOS_HELD
end

function __gptos_new_prompt --on-event fish_prompt
    __gptos_forget
    __gptos_unwrap
    set -e _GPTOS_RAN
end

# Ctrl-C gives a new line without the event of a new prompt.
function __gptos_line_cancelled --on-event fish_cancel
    functions -q __gptos_user_prompt
    and __gptos_say ''
    __gptos_forget
end

# Some binding of the user ran the line while an answer was awaited.
function __gptos_running --on-event fish_preexec
    __gptos_drop_request
end

function __gptos_ran --on-event fish_postexec
    set -l code $status
    set -q _GPTOS_RAN
    or return
    set -l query $_GPTOS_RAN
    set -e _GPTOS_RAN
    # The line may have been cleared and typed anew: then it says nothing about the query.
    set -l kin 0
    for command in $_GPTOS_RAN_RING
        contains -- (string split -n -m 1 ' ' -- $command)[1] (string split ' ' -- $argv[1])
        and set kin 1
    end
    if test $kin = 0; or set -q fish_private_mode; or string match -q ' *' -- $argv[1]; or string match -q ' *' -- $query
        return
    end
    printf '%s\0%s' $query $argv[1] | command $GPTOS_BIN ran fish $code >/dev/null 2>&1 &
    disown 2>/dev/null
end

function __gptos_left --on-event fish_exit
    __gptos_drop_request
end

# === keys ===

# `ctrl-g`, `alt-g`, or fish's own notation, as `bind` wants it.
function __gptos_sequence
    if string match -qr '^(?<modifier>ctrl|alt)-(?<letter>.)$' -- $argv[1]
        test $modifier = ctrl
        and string unescape -- \\c$letter
        or string unescape -- \\e$letter
    else
        string unescape -- $argv[1]
    end
end

# Bindings of the user's level survive fish_vi_key_bindings, whichever comes first.
function __gptos_bind_keys
    for mode in default insert visual
        for key in $GPTOS_KEY $GPTOS_KEY2
            test -n "$key"
            and bind -M $mode (__gptos_sequence $key) __gptos_key
        end
    end
    for mode in default insert replace
        bind -M $mode \r __gptos_enter
        bind -M $mode \n __gptos_enter
    end
    if test $_GPTOS_REPORTS = 1
        for mode in default insert visual replace replace_one
            bind -M $mode \e\[0n __gptos_report
        end
    end
end
__gptos_bind_keys
