# Part of the integration for fish: what the answers are and how they come into the line.

# Controls, and the invisible or direction-changing characters that make a line look like another one.
set -g _GPTOS_UNSEEN '[\x00-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}]'

# Reads the records of a finished helper and shows what they hold.
function __gptos_take
    set -l dir $argv[1]
    set -l fields
    set -l code
    if test -r $dir/answer; and test -r $dir/status
        set fields (string split0 <$dir/answer)
        read code <$dir/status
    end
    __gptos_sweep $dir
    __gptos_take_fields "$code" $fields
end

# Shows what the records hold. Arguments: the helper's exit status, their fields, three to each.
function __gptos_take_fields
    set -l code $argv[1]
    set -l commands
    set -l holes
    set -l asked
    set -l said
    set -l readings
    set -l took
    set -l notes
    set -l remarks
    set -l more
    set -l others 0
    set -l ended
    set -l refused
    set -l record
    set -g _GPTOS_ROWS
    # Looking once is quicker than cleaning each.
    string match -qr -- $_GPTOS_UNSEEN $argv[2..]
    set -l is_clean $status
    for field in $argv[2..]
        set -a record "$field"
        set -q record[3]
        or continue
        set -l text $record[2]
        set -l seen $record[2]
        set -l note $record[3]
        if test $is_clean = 0
            set seen (string replace -ar $_GPTOS_UNSEEN '' -- $text | string collect -a)
            set note (string replace -ar $_GPTOS_UNSEEN '' -- $note | string collect -a)
        end
        switch $record[1]
            case holes
                set asked $text
            case reading
                set said $seen
            case took
                set took $seen
            case cmd
                if string match -qr -- $_GPTOS_UNSEEN $text; or string match -qr '^\s*$' -- $text
                    set refused 1
                else if not contains -- $text $commands
                    set -a commands $text
                    set -a notes $note
                    set -a readings "$said"
                    test -n "$asked"
                    and set asked (__gptos_checked_holes $text $asked | string collect -a)
                    set -a holes "$asked"
                end
                set asked
                set said
            case row
                __gptos_keep_row $text
            case more
                set more $seen
            case others
                set others 1
            case msg
                set -a remarks (string replace -r '^gptos: ' '' -- $seen)
            case end
                set ended $text
                break
        end
        set record
    end
    if test -z "$ended"
        if contains -- "$code" 126 127
            __gptos_fail "gptos: $GPTOS_BIN not found (GPTOS_BIN)"
        else
            __gptos_fail 'gptos: no answer (helper ended early)'
        end
    else if set -q commands[1]
        set -g _GPTOS_REMARKS $remarks
        __gptos_offer
    else if test -n "$refused"
        __gptos_fail 'gptos: answer refused (it holds unprintable characters)'
    else if set -q remarks[1]
        __gptos_fail 'gptos: '(string join ' · ' -- $remarks)
    else
        __gptos_fail 'gptos: no answer'
    end
end

# Makes the ring of suggestions, or adds to it, and shows the first new one. Sees the variables of its caller.
function __gptos_offer --no-scope-shadowing
    if test $_GPTOS_ASKED[1] = late
        __gptos_offer_late
        return
    end
    if test $_GPTOS_ASKED[1] = new
        set -g _GPTOS_ORIGINAL $_GPTOS_ASKED[2]
        set -g _GPTOS_QUERY $_GPTOS_ASKED[3]
        set -g _GPTOS_RING_FIELDS $_GPTOS_ASKED_FIELDS
        set -g _GPTOS_LISTED $_GPTOS_ASKED_LIST
        __gptos_empty_ring
        __gptos_join
        set -g _GPTOS_MORE
        if test $_GPTOS_ASKED[4] = plain
            set -g _GPTOS_MORE $more
        end
        set -g _GPTOS_OTHERS $others
        __gptos_put 1
        return
    end
    if test $_GPTOS_ASKED[1] = others
        __gptos_join
        __gptos_next
        return
    end
    set -l asked $_GPTOS_MORE
    set -l known (count $_GPTOS_RING)
    set -g _GPTOS_MORE
    __gptos_join
    if set -q _GPTOS_RING[(math $known + 1)]
        __gptos_put (math $known + 1)
    else
        __gptos_put 0 "gptos: $asked has no other answer"
    end
end

function __gptos_empty_ring
    set -g _GPTOS_RING
    set -g _GPTOS_NOTES
    set -g _GPTOS_READINGS
    set -g _GPTOS_TOOK
    set -g _GPTOS_RING_HOLES
end

# Adds to the ring what it does not hold yet. Sees the variables of its caller's caller.
function __gptos_join --no-scope-shadowing
    begin
        set -l at_notes $notes
        set -l at_readings $readings
        set -l at_holes $holes
        for command in $commands
            if not contains -- $command $_GPTOS_RING
                set -a _GPTOS_RING $command
                set -a _GPTOS_NOTES "$at_notes[1]"
                set -a _GPTOS_READINGS "$at_readings[1]"
                set -a _GPTOS_TOOK "$took"
                set -a _GPTOS_RING_HOLES "$at_holes[1]"
            end
            set -e at_notes[1] at_readings[1] at_holes[1]
        end
    end
end

# Shows one member of the ring; 0 is the line as it was typed, with a message if there is one.
function __gptos_put
    set -g _GPTOS_AT $argv[1]
    set -e _GPTOS_HELD
    set -e _GPTOS_STOPPED
    set -g _GPTOS_PUT $_GPTOS_ORIGINAL
    if test $_GPTOS_AT -gt 0
        set -g _GPTOS_PUT $_GPTOS_RING[$_GPTOS_AT]
        __gptos_remember_suggestion
    end
    commandline -r -- $_GPTOS_PUT
    __gptos_open_holes
    or commandline -f end-of-buffer
    __gptos_say_suggestion $argv[2]
    __gptos_guard
end

function __gptos_fail
    if test "$_GPTOS_ASKED[1]" = late
        # The line may be about to run, so nothing is asked of the terminal.
        __gptos_say_late $argv[1]
        return
    end
    # A failed second question must not be asked for ever.
    if test "$_GPTOS_ASKED[1]" = more
        set -g _GPTOS_MORE
    end
    __gptos_say $_GPTOS_ROWS $argv[1]
    set -g _GPTOS_ROWS
    __gptos_guard
end
