# Part of the integration for fish: Tab on a request shows several suggestions above the prompt. The pager of fish can not replace
# the whole line.

# Tab. The list is left by typing; as long as the line is one of its own, Tab leads on.
function __gptos_tab
    set -q _GPTOS_PACKED
    and __gptos_unpack
    set -l line "$(commandline -b)"
    if set -q _GPTOS_RUNS; or commandline --paging-mode; or commandline --search-mode
        __gptos_complete
    else if test "$_GPTOS_LISTED" = 1; and set -q _GPTOS_RING[1]; and test "$line" = "$_GPTOS_PUT"
        __gptos_too_early 0
        or __gptos_next
    else if not __gptos_read_request "$line"; or not string match -qr '\S' -- "$_GPTOS_WORDS"
        __gptos_complete
    else if set -q _GPTOS_PENDING[1]; and test "$line" = "$_GPTOS_ASKED[2]"
        __gptos_nudge
    else
        __gptos_drop_request
        __gptos_translate "$line" --list
    end
end

# The list, a row for each member of the ring. What does not fit is cut out of the commands, the reading and the
# source, never out of the risk.
function __gptos_list_rows
    set -l room (math "max($COLUMNS, 20) - 3")
    set -l commands (string pad -r -- (__gptos_cut (math "min(floor($room / 2), $room - 15)") $_GPTOS_RING))
    set -l most (math "max($LINES, 10) - 6")
    for i in (seq (count $commands))
        if test $i -gt $most
            echo '  ...'
            return
        end
        set -l facts (string split ' · ' -- $_GPTOS_NOTES[$i])[1..2]
        set facts (string replace -r ': .*' '' -- $facts)
        set -l rest (math $room - (string length -V -- "$commands[$i]  $facts[2] · "))
        if set -q facts[2]; and test (string length -V -- $facts[1]) -gt $rest
            test $rest -ge 4
            and set facts[1] (__gptos_cut $rest $facts[1])
            or set -e facts[1]
        end
        set facts (string join ' · ' -- $facts)
        set rest (math $room - (string length -V -- "$commands[$i]  $facts · "))
        if test -n "$_GPTOS_READINGS[$i]"; and test $rest -ge 8
            set facts "$(__gptos_cut $rest $_GPTOS_READINGS[$i]) · $facts"
        end
        test $i = $_GPTOS_AT
        and echo "> $commands[$i]  $facts"
        or echo "  $commands[$i]  $facts"
    end
end

# What Tab does on a line that is none of ours: what the user had bound to it, or what fish does.
function __gptos_complete
    set -l place (contains -i -- "$fish_bind_mode" $_GPTOS_TAB_MODES)
    and eval $_GPTOS_TAB_BOUND[$place]
    or test -n "$place"
    or commandline -f complete
end

# What a binding does. Functions of the line editor are called by `commandline`.
function __gptos_press
    for command in $argv
        contains -- (string split -m 1 ' ' -- $command)[1] (bind --function-names)
        and commandline -f (string split ' ' -- $command)
        or eval $command
    end
end
