# Part of the integration for fish: what the other keys do, events, and the bindings, which are made here.

# === the key ===

function __gptos_key
    if set -q _GPTOS_RUNS
        return
    end
    set -q _GPTOS_PACKED
    and __gptos_unpack
    # On a fresh line nothing of this is there, and to look is quicker than to call.
    if set -q _GPTOS_PENDING[1]; and __gptos_pending_key
        return
    end
    if set -q _GPTOS_SHOWN; and not set -q _GPTOS_ARMED; and __gptos_too_early 0
        return
    end
    if set -q _GPTOS_HOLES[1]; and __gptos_next_hole
        return
    end
    # To look at the line costs as much as twenty steps, so most are not looked at here.
    set -q _GPTOS_RING[1] _GPTOS_LATE fish_private_mode
    if test $status = 3; and __gptos_ask_unseen
        return
    end
    set -l line "$(commandline -b)"
    if set -q _GPTOS_LATE; and __gptos_show_late "$line"
        return
    end
    if set -q _GPTOS_RING[1]; and test "$line" = "$_GPTOS_PUT"
        __gptos_next
        return
    end
    # The helper does not read a line without the marks, but the resident does.
    if set -q _GPTOS_RING[1]; and not set -q fish_private_mode; and begin
            set -q _GPTOS_SLATE; or string match -qr '^\?\? ' -- $line
        end; and __gptos_ask_unseen
        return
    end
    if not __gptos_read_request "$line"
        # It may be a command that is begun.
        set -g _GPTOS_WORDS $line
        set -g _GPTOS_FIELDS cursor=(commandline -C)
    end
    __gptos_translate "$line"
    set -e _GPTOS_TRIED
end

function __gptos_next
    if set -q _GPTOS_RING[(math $_GPTOS_AT + 1)]
        __gptos_put (math $_GPTOS_AT + 1)
    else if test "$_GPTOS_OTHERS" = 1
        # Other ways than the answer are looked for when they are wanted.
        set -g _GPTOS_OTHERS 0
        set -g _GPTOS_FIELDS $_GPTOS_RING_FIELDS
        __gptos_ask others $_GPTOS_RING[$_GPTOS_AT] $_GPTOS_QUERY --list
    else if test -n "$_GPTOS_MORE"
        set -g _GPTOS_FIELDS $_GPTOS_RING_FIELDS
        __gptos_ask more $_GPTOS_RING[$_GPTOS_AT] $_GPTOS_QUERY --fresh
    else
        __gptos_put 0
    end
end

# === events ===

# Set while a line runs: a key pressed then is pressed in `read`, and none of our business.
set -e _GPTOS_RUNS
test (status current-command) = fish
or set -g _GPTOS_RUNS

# A Ctrl-C at a bad moment ends the function that is about to take this handler away. No loop of the user's could be ended any more.
function __gptos_let_interrupt
    functions -q __gptos_interrupt
    and functions --erase __gptos_interrupt
end

function __gptos_forget
    set -q _GPTOS_PACKED
    and __gptos_unpack
    __gptos_let_interrupt
    __gptos_drop_request
    __gptos_drop_holes
    set -e _GPTOS_RING _GPTOS_SHOWN _GPTOS_ARMED _GPTOS_DUE _GPTOS_EARLY _GPTOS_HELD _GPTOS_STOPPED _GPTOS_LATEST _GPTOS_WISH _GPTOS_LATE \
        _GPTOS_UNREAD
    set -g _GPTOS_LISTED 0
end

function __gptos_new_prompt --on-event fish_prompt
    __gptos_forget
    __gptos_unwrap
    set -e _GPTOS_RAN _GPTOS_RUNS
end

# Ctrl-C gives a new line without the event of a new prompt.
function __gptos_line_cancelled --on-event fish_cancel
    functions -q __gptos_user_prompt
    and __gptos_say ''
    __gptos_forget
end

# Some binding of the user may have run the line while an answer was awaited. What runs sees the user's own prompt.
function __gptos_running --on-event fish_preexec
    set -q _GPTOS_PACKED
    and __gptos_unpack
    set -g _GPTOS_RUNS
    __gptos_let_interrupt
    __gptos_drop_request
    __gptos_unwrap
end

function __gptos_ran --on-event fish_postexec
    set -l code $status
    set -e _GPTOS_RUNS
    set -q _GPTOS_RAN
    or return
    set -l query $_GPTOS_RAN[1]
    set -l fields $_GPTOS_RAN[2..]
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
    printf '%s\0' $query $argv[1] $fields | command $GPTOS_BIN ran fish $code >/dev/null 2>&1 &
    disown 2>/dev/null
end

function __gptos_left --on-event fish_exit
    __gptos_drop_request
end
