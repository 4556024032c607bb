# Part of the integration for fish: what the answers are and how they come into the line.

# Controls, and the invisible or direction-changing characters that make a line look like another one.
set -g _GPTOS_UNSEEN_SIGNS '\x00-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}'
set -g _GPTOS_UNSEEN "[$_GPTOS_UNSEEN_SIGNS]"

# What an answer that is laid out looks like, its fields joined by blanks.
set -g _GPTOS_READY '^laid [01] [a-z]* (?:[1-9]\d* ){10}[\d.]* [^'$_GPTOS_UNSEEN_SIGNS']*$'

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

# The same for an answer of suggestions alone, which is laid out: the sign of that, whether other ways may be asked for, the risk of the first
# suggestion, where the lists end and begin, how wide what is said of the first suggestion is, the time, who could be asked for more, what is
# said, the line, its words and what was told beside them, where this shell may ask without a process, and the lists. A key press waits for
# this, so only what can be seen is done at once; the rest is kept as it came until the terminal has drawn it, or another key needs it. The
# clock was just read. Sees the variables of its caller.
function __gptos_take_ready --no-scope-shadowing
    if not string match -qr -- $_GPTOS_READY "$fields"; or not string match -qr '\S' -- "$fields[21]"
        set -l fault 'its layout is not the one that this shell knows'
        string match -qr -- $_GPTOS_UNSEEN "$fields"
        and set fault 'it holds unprintable characters'
        __gptos_fail "gptos: answer refused ($fault)"
        return
    end
    # What this shell has read itself may hold line breaks.
    set -q asked[1]
    and set fields[17..18] $asked
    set -g _GPTOS_PACKED $fields
    set -q _GPTOS_HOLES
    and __gptos_drop_holes
    commandline -r -- $fields[21]
    commandline -f end-of-buffer
    # What is said of it, if that fits.
    if test "$_GPTOS_MEASURED" = "$COLUMNS $LC_ALL/$LC_CTYPE/$LANG/$TERM/$GPTOS_NOTE"; and test $fields[13] -le $_GPTOS_PLAIN_ROOM
        set -g _GPTOS_RISK $fields[3]
        set -g _GPTOS_NOTE "$_GPTOS_SIGN $fields[16]"
        functions -q __gptos_user_prompt
        or __gptos_wrap
        commandline -f repaint
    else
        __gptos_unpack
        __gptos_say_suggestion
    end
    __gptos_guard_now
end

# Makes a ring of an answer that was laid out and is still as it came. Every function that a key or an event calls begins with it.
function __gptos_unpack
    set -l fields $_GPTOS_PACKED
    set -e _GPTOS_PACKED
    test -n "$fields[19]"
    and set -g _GPTOS_FIELDS $fields[19]
    set -g _GPTOS_ASKED new $fields[17..18] plain
    set -g _GPTOS_ASKED_FIELDS $_GPTOS_FIELDS
    set -g _GPTOS_ASKED_LIST 0
    set -g _GPTOS_ORIGINAL $fields[17]
    set -g _GPTOS_QUERY $fields[18]
    set -g _GPTOS_RING_FIELDS $_GPTOS_FIELDS
    set -g _GPTOS_LISTED 0
    set -g _GPTOS_RING $fields[21..$fields[4]]
    set -g _GPTOS_NOTES $fields[$fields[5]..$fields[6]]
    set -g _GPTOS_READINGS $fields[$fields[7]..$fields[8]]
    set -g _GPTOS_RING_HOLES $fields[$fields[9]..$fields[10]]
    set -g _GPTOS_TOOK $fields[$fields[11]..$fields[12]]
    set -g _GPTOS_MORE $fields[15]
    set -g _GPTOS_OTHERS $fields[2]
    set -g _GPTOS_AT 1
    set -g _GPTOS_PUT $fields[21]
    set -g _GPTOS_UNREAD
    set -e _GPTOS_HELD _GPTOS_STOPPED _GPTOS_LATE _GPTOS_ROWS _GPTOS_REMARKS
    set -g _GPTOS_NOW $fields[14]
    __gptos_remember_suggestion
    test -n "$fields[20]"
    and __gptos_take_slate $fields[20]
end

# Shows what the records hold. Arguments: the helper's exit status, their fields, three to each.
function __gptos_take_fields
    set -l code $argv[1]
    set -l fields $argv[2..]
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
    set -g _GPTOS_ROWS
    string match -qr -- $_GPTOS_UNSEEN $fields
    and __gptos_clean_fields
    while set -q fields[3]
        switch $fields[1]
            case holes
                set asked $fields[2]
            case reading
                set said $fields[2]
            case took
                set took $fields[2]
            case cmd
                if not contains -- $fields[2] $commands; and string match -qr '\S' -- $fields[2]
                    set -a commands $fields[2]
                    set -a notes $fields[3]
                    set -a readings "$said"
                    test -n "$asked"
                    and set asked (__gptos_checked_holes $fields[2] $asked | string collect -a)
                    set -a holes "$asked"
                else if not contains -- $fields[2] $commands
                    set refused 1
                end
                set asked
                set said
            case refused
                set refused 1
                set asked
                set said
            case pipes
                __gptos_take_slate $fields[2]
            case row
                __gptos_keep_row $fields[2]
            case more
                set more $fields[2]
            case others
                set others 1
            case msg
                set -a remarks (string replace -r '^gptos: ' '' -- $fields[2])
            case end
                set ended $fields[2]
                break
        end
        set -e fields[1..3]
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

# Takes out of the fields what is not seen, and marks the commands that held such. Sees the variables of its caller.
function __gptos_clean_fields --no-scope-shadowing
    for i in (seq 1 3 (count $fields))
        if test "$fields[$i]" = cmd; and string match -qr -- $_GPTOS_UNSEEN "$fields[$(math $i + 1)]"
            set fields[$i] refused
        end
        for at in (math $i + 1) (math $i + 2)
            set -q fields[$at]
            and set fields[$at] (string replace -ar $_GPTOS_UNSEEN '' -- $fields[$at] | string collect -a)
        end
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
        set -g _GPTOS_RING $commands
        set -g _GPTOS_NOTES $notes
        set -g _GPTOS_READINGS $readings
        set -g _GPTOS_RING_HOLES $holes
        set -g _GPTOS_TOOK
        for command in $commands
            set -a _GPTOS_TOOK "$took"
        end
        set -g _GPTOS_MORE
        if test $_GPTOS_ASKED[4] = plain
            set -g _GPTOS_MORE $more
        end
        set -g _GPTOS_OTHERS $others
        if set -q _GPTOS_LATE
            set -g _GPTOS_ORIGINAL $_GPTOS_LATE
            __gptos_offer_edited 1
        else
            __gptos_put 1
            set -g _GPTOS_UNREAD
        end
        return
    end
    set -l asked $_GPTOS_MORE
    set -l known (count $_GPTOS_RING)
    __gptos_join
    test $_GPTOS_ASKED[1] = others
    or set -g _GPTOS_MORE
    if set -q _GPTOS_LATE
        __gptos_offer_edited (math $known + 1)
        return
    end
    if test $_GPTOS_ASKED[1] = others
        __gptos_next
        return
    end
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
    set -e _GPTOS_HELD _GPTOS_STOPPED _GPTOS_LATE _GPTOS_UNREAD
    __gptos_clock
    if test $_GPTOS_AT -gt 0
        set -g _GPTOS_PUT $_GPTOS_RING[$_GPTOS_AT]
        __gptos_remember_suggestion
        commandline -r -- $_GPTOS_PUT
        if set -q _GPTOS_HOLES; or test -n "$_GPTOS_RING_HOLES[$_GPTOS_AT]"
            __gptos_open_holes
            or commandline -f end-of-buffer
        else
            commandline -f end-of-buffer
        end
    else
        set -g _GPTOS_PUT $_GPTOS_ORIGINAL
        commandline -r -- $_GPTOS_PUT
        __gptos_drop_holes
        commandline -f end-of-buffer
    end
    __gptos_say_suggestion $argv[2]
    __gptos_guard_now
end

function __gptos_fail
    set -e _GPTOS_LATE _GPTOS_UNREAD
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
