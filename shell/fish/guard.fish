# Part of the integration for fish: Enter, and what it must not run.

# === too early: nobody can have read the line ===

# Seconds of some steady clock in _GPTOS_NOW, without a process where the system allows it.
function __gptos_clock
    if set -q _GPTOS_UPTIME
        read -g _GPTOS_NOW _GPTOS_IDLE </proc/uptime
        return
    end
    set -g _GPTOS_NOW (command date +%s.%3N 2>/dev/null)
    string match -qr '^\d+\.\d+$' -- "$_GPTOS_NOW"
    or set -g _GPTOS_NOW (command perl -MTime::HiRes=time -e 'printf "%d.%03d", time, time * 1000 % 1000' 2>/dev/null)
    string match -qr '^\d+\.\d+$' -- "$_GPTOS_NOW"
    or set -g _GPTOS_NOW (command date +%s)
end
set -e _GPTOS_UPTIME
test -r /proc/uptime
and set -g _GPTOS_UPTIME

# From now on Enter is refused until the terminal has shown the line and some time has passed. The terminal
# answers the ping in the order of its input: every key before the answer was pressed before the line was shown.
function __gptos_guard
    __gptos_clock
    __gptos_guard_now
end

# The same, by a clock that was just read.
function __gptos_guard_now
    set -g _GPTOS_SHOWN $_GPTOS_NOW
    set -e _GPTOS_ARMED _GPTOS_EARLY
    # Without reports the time counts from the moment at which the prompt was drawn anew.
    if test $_GPTOS_REPORTS = 1
        # As __gptos_ping does.
        set -ga _GPTOS_DUE report
        printf '\e[5n'
    else if test "$TERM" = dumb
        __gptos_arm
    end
end

function __gptos_arm
    if set -q _GPTOS_SHOWN; and not set -q _GPTOS_ARMED
        __gptos_clock
        set -g _GPTOS_ARMED $_GPTOS_NOW
    end
end

# _GPTOS_DUE has an element for each report that is still to come.
function __gptos_ping
    set -ga _GPTOS_DUE report
    printf '\e[5n'
end

# fish 3 does not apply `commandline` in event handlers; fish 4 does, but hands no unknown sequence to bindings from 4.1 on. So
# the terminal's status report drives what later versions do directly.
set -g _GPTOS_FISH (string split . -- $version)[1]
if not set -q _GPTOS_REPORTS
    set -g _GPTOS_REPORTS 0
    test "$TERM" != dumb; and string match -qr '^(3|4\.0)\.' -- $version
    and set -g _GPTOS_REPORTS 1
end
if test $_GPTOS_REPORTS = 1
    for mode in default insert visual replace replace_one
        bind -M $mode \e\[0n __gptos_report
    end
end

function __gptos_report
    set -q _GPTOS_PACKED
    and __gptos_unpack
    set -q _GPTOS_DUE[1]
    and set -e _GPTOS_DUE[1]
    set -e _GPTOS_MUTE
    if set -q _GPTOS_PENDING[1]; and test -e $_GPTOS_PENDING[2]/done
        __gptos_arrived
    else if not set -q _GPTOS_DUE[1]
        __gptos_arm
        set -q _GPTOS_UNREAD
        and __gptos_part_typed
    end
end

# Succeeds if the line on the screen has not been shown for long enough. Arguments: how long, and the pause that is
# needed after each Enter that came too early, so that a key held down or a delayed burst runs nothing.
function __gptos_too_early
    set -q _GPTOS_SHOWN
    or return
    __gptos_clock
    set -l since $_GPTOS_SHOWN
    set -l wait $argv[1]
    if set -q _GPTOS_ARMED
        set since $_GPTOS_ARMED
    else if not set -q _GPTOS_MUTE
        # A terminal that never reports must not lock the line.
        set wait (math $wait + 1000)
    end
    if test (math "($_GPTOS_NOW - $since) * 1000") -lt $wait
        set -g _GPTOS_EARLY $_GPTOS_NOW
        return 0
    end
    if set -q argv[2] _GPTOS_EARLY; and test (math "($_GPTOS_NOW - $_GPTOS_EARLY) * 1000") -lt $argv[2]
        set -g _GPTOS_EARLY $_GPTOS_NOW
        return 0
    end
    set -q _GPTOS_ARMED
    or set -g _GPTOS_MUTE 1
    return 1
end

# Milliseconds for which nobody can have read the line. A key that is held down repeats after half a second or a little more, and a
# command that changes something must not be what it runs.
function __gptos_guard_time
    set -l limit (__gptos_number GPTOS_ENTER_GUARD_MS 250)
    test $limit -gt 0 -a $limit -lt 700; and test "$_GPTOS_AT" -gt 0 2>/dev/null; and string match -q '*risk medium*' -- "$_GPTOS_NOTES[$_GPTOS_AT]"
    and set limit 700
    echo $limit
end

# === judged: a dangerous line needs a second Enter ===

# Runs the verb, ends it after some seconds if it hangs, and says when there is nothing more to come: fish can not
# stop reading by itself. Arguments: the seconds, the command line of the verb.
set -g _GPTOS_JUDGE '
exec 2>/dev/null 3<&0 </dev/null
trap "exit 130" INT
limit=$1
shift
"$@" <&3 3<&- &
judge=$!
exec 3<&-
(sleep "$limit"; kill -KILL "$judge") >/dev/null &
timer=$!
wait "$judge"
kill "$timer"
printf "\0closed\0"
'

# Is the line one to be judged? Every line entered at a prompt that has shown a suggestion descends from it, however it
# was edited, but not the user's own words given back. What Enter only breaks into a second row does not run yet.
function __gptos_covered
    string match -qr '\S' -- $argv[1]
    or return
    switch "$GPTOS_GUARD"
        case off
            return 1
        case all
        case '*'
            set -q _GPTOS_RING[1]; and test "$argv[1]" != "$_GPTOS_ORIGINAL"
            or return
    end
    commandline --is-valid
    test $status -ne 2
end

# Is the line taller than the window? Then nobody sees all of it, nor the reason. Prompt and reason take up to six rows.
function __gptos_is_taller
    set -l taken 0
    for row in (string split \n -- $argv[1])
        # What has no width may be drawn as a sign of its own.
        set taken (math "$taken + $COLUMNS + max($(string length -- $row), $(string length -V -- $row))")
    end
    test $taken -ge (math "$COLUMNS * (1 + max($LINES - 6, 1))")
end

# Sets _GPTOS_MAY_RUN, or tells the user why the line does not run. What can not be judged may run, with a remark. Only what
# is said here counts, not the status: Ctrl-C may end this function at any moment.
function __gptos_judge
    if not __gptos_covered $argv[1]
        set -g _GPTOS_MAY_RUN
        return
    end
    if set -q _GPTOS_HELD; and test "$argv[1]" = "$_GPTOS_HELD"
        # A little more than was asked for: the clock is coarse.
        if __gptos_too_early 720 250
            __gptos_say $_GPTOS_REASON 'gptos: too early, press Enter again to run it'
        else
            set -g _GPTOS_MAY_RUN
        end
        return
    end
    set -e _GPTOS_HELD
    if not command -q -- $GPTOS_BIN
        __gptos_say "gptos: the line was not checked ($GPTOS_BIN not found, GPTOS_BIN)"
        set -g _GPTOS_MAY_RUN
        return
    end
    set -l limit (math (__gptos_number GPTOS_GUARD_MS 100) / 1000)
    # An observed SIGINT does not make fish abandon this function half-way.
    function __gptos_interrupt --on-signal SIGINT
    end
    set -g _GPTOS_RULING
    printf %s $argv[1] | command sh -c $_GPTOS_JUDGE gptos-fish $limit $GPTOS_BIN guard fish | while read -lz field
        test "$field" != closed
        or break
        set -q _GPTOS_RULING[6]
        or set -a _GPTOS_RULING "$field"
    end
    set -l ended $pipestatus[2]
    functions --erase __gptos_interrupt
    set -l ruling $_GPTOS_RULING
    set -e _GPTOS_RULING
    if test "$ended" = 130
        __gptos_say 'gptos: cancelled'
        __gptos_guard
        return
    end
    if test "$ruling[4]" != end; or not contains -- "$ruling[1]" pass hold stop msg
        set ruling msg 'the line was not checked (gptos gave no answer)' ''
    end
    set -l text $ruling[3]
    test $ruling[1] = msg
    and set text $ruling[2]
    set -l rows (string match -ar ".{1,$(math "max($COLUMNS, 20) - 1")}" -- "gptos: "(string replace -ar $_GPTOS_UNSEEN '' -- "$text"))
    switch $ruling[1]
        case pass
            set -g _GPTOS_MAY_RUN
        case msg
            __gptos_say $rows
            set -g _GPTOS_MAY_RUN
        case hold stop
            set -g _GPTOS_STOPPED $argv[1]
            set -g _GPTOS_REASON $rows
            if test $ruling[1] = hold; and __gptos_is_taller $argv[1]
                set -a rows 'gptos: the line is taller than the window, so it does not run'
            else if test $ruling[1] = hold
                set -g _GPTOS_HELD $argv[1]
                set -a rows 'gptos: Enter again runs it'
            end
            __gptos_say $rows
            __gptos_guard
    end
end

# === what Enter does ===

function __gptos_enter
    # Inside `read` and the like Enter is none of our business.
    if set -q _GPTOS_RUNS
        commandline -f execute
        return
    end
    set -q _GPTOS_PACKED
    and __gptos_unpack
    if set -q _GPTOS_PENDING[1]; and not set -q _GPTOS_TAKEN
        __gptos_nudge
        return
    end
    # A little more than was asked for: keys take a while to come here, too.
    if set -q _GPTOS_SHOWN; and __gptos_too_early (math (__gptos_guard_time) + 50) 250
        return
    end
    set -l line "$(commandline -b)"
    if __gptos_asks "$line"; and not commandline --paging-mode; and not commandline --search-mode
        __gptos_drop_request
        if begin
                set -q _GPTOS_SLATE; or not set -q _GPTOS_RING[1]
            end; and not set -q fish_private_mode; and __gptos_ask_unseen
            return
        end
        __gptos_read_request "$line"
        __gptos_translate "$line"
        set -e _GPTOS_TRIED
        return
    end
    if not commandline --paging-mode
        # Undo has brought back another suggestion than the one that the note tells of, and it changes something: that is shown first.
        if set -q _GPTOS_RING[2]; and test "$line" != "$_GPTOS_PUT"
            set -l at (contains -i -- "$line" $_GPTOS_RING)
            if test -n "$at"; and string match -q '*risk medium*' -- "$_GPTOS_NOTES[$at]"
                __gptos_put $at
                return
            end
        end
        if __gptos_unfilled
            return
        end
        # What kept it from running is gone.
        set line "$(commandline -b)"
        set -e _GPTOS_MAY_RUN
        __gptos_judge "$line"
        set -q _GPTOS_MAY_RUN
        or return
    end
    if set -q _GPTOS_RING[1]; and test $_GPTOS_AT -gt 0; and test "$line" != "$_GPTOS_ORIGINAL"
        # Where the cursor was says nothing of the words.
        set -g _GPTOS_RAN $_GPTOS_QUERY
        string match -q 'cursor=*' -- "$_GPTOS_RING_FIELDS[1]"
        or set -a _GPTOS_RAN $_GPTOS_RING_FIELDS
        set -g _GPTOS_RAN_RING $_GPTOS_RING
        __gptos_recall_request
    end
    __gptos_enter_mode
    commandline -f execute
end

# The words go into the history before the command, as a request that can be called back. fish 3 can not put a line there
# that was not executed.
function __gptos_recall_request
    test $_GPTOS_FISH -ge 4; and not set -q fish_private_mode
    or return
    set -l request $_GPTOS_ORIGINAL
    string match -qr '^\s|^\?\?\s*$' -- $request; or __gptos_is_wish $request
    and return
    __gptos_asks $request
    or set request "?? $request"
    functions -q fish_should_add_to_history; and not fish_should_add_to_history $request
    or builtin history append -- $request
end

# A key came while a live request is under way.
function __gptos_nudge
    if test -e $_GPTOS_PENDING[2]/done
        # The terminal did not report, or not yet.
        __gptos_arrived
    else
        __gptos_read_meanwhile
        __gptos_say (__gptos_waiting $_GPTOS_PENDING[2])
    end
end
