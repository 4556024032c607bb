# GPT-OS for fish 3.4 and later: words in the command line become a command in
# the command line. Nothing here runs an answer; only Enter does, and only for a
# line that stood on the screen long enough to be seen.
#
#   Ctrl-G          on a line of words: translate; again: next suggestion
#   ?? words Enter  the same            ??? words Enter  ask a provider at once
#   Ctrl-C          give up waiting and keep the line
#
# Options (global variables, set before or after this file is read):
#   GPTOS_BIN  GPTOS_KEY  GPTOS_KEY2  GPTOS_ENTER_GUARD_MS  GPTOS_PROGRESS_MS
#   GPTOS_GUARD     which lines are judged at Enter: `suggested` (default; those that
#                descend from a suggestion), `all` or `off`. A line held for its risk
#                runs at a second Enter.
#   GPTOS_GUARD_MS  how long Enter waits for that
#   GPTOS_ASYNC  1: the prompt waits GPTOS_PROGRESS_MS and is then live again (default)
#                0: the prompt waits for the answer, with a sign of life, until this
#                machine has something to offer by itself
#
# Parts: this file, guard.fish, holes.fish, keys.fish, meanwhile.fish, mend.fish and note.fish, in this order;
# `gptos init fish` prints them as one. Defines functions called __gptos_* and variables called
# _GPTOS_*. While a note is shown, fish_prompt and fish_mode_prompt are wrapped; the next
# prompt has them back.

if not status is-interactive
    return
end
if string match -qr '^(2|3\.[0-3])\.' -- $version
    echo 'gptos: fish 3.4 or later is needed' >&2
    return
end

# === options ===

function __gptos_default
    set -q $argv[1]
    or set -g $argv
end
__gptos_default GPTOS_BIN gptos
__gptos_default GPTOS_KEY ctrl-g
__gptos_default GPTOS_ENTER_GUARD_MS 250
__gptos_default GPTOS_PROGRESS_MS 120
__gptos_default GPTOS_ASYNC 1
__gptos_default GPTOS_GUARD suggested
__gptos_default GPTOS_GUARD_MS 100
if test "$TERM_PROGRAM" = vscode
    # The editor keeps Ctrl-G for itself.
    __gptos_default GPTOS_KEY2 'ctrl-]'
else
    __gptos_default GPTOS_KEY2 ''
end
functions --erase __gptos_default

# fish 4 applies `commandline` in event handlers at once and swallows the terminal's
# status report; fish 3 does neither, so there the report drives what fish 4 does directly.
set -g _GPTOS_FISH (string split . -- $version)[1]
set -g _GPTOS_REPORTS 1
if test $_GPTOS_FISH -ge 4; or test "$TERM" = dumb
    set -g _GPTOS_REPORTS 0
end

# The value of an option if it is a number, else the default.
function __gptos_number
    string match -r '^\d+$' -- "$$argv[1]"
    or echo $argv[2]
end

# === the helper and its keeper ===

# Runs the helper in a private directory and says `done KEEPER DIR` when it has ended,
# `late KEEPER DIR` when it has not and the prompt is to be live, `cancelled` after Ctrl-C.
# A late answer is announced to fish by SIGURG, which does no harm where nobody expects it,
# and so is what may be taken until then.
# The keeper outlives this script and removes the directory if fish cannot do it.
# Arguments: fish's pid, live (1: when it is late; 0: when there is something to take; never),
# seconds until late, columns, the helper's command line.
set -g _GPTOS_KEEPER '
exec 2>/dev/null
fish=$1 live=$2 lull=$3 columns=$4
shift 4
keeper= cancelled= late=
trap "cancelled=1; test -z \"\$keeper\" || kill \"\$keeper\"" INT TERM HUP
trap "late=1" USR1
dir=$(mktemp -d "${XDG_RUNTIME_DIR:-/nonexistent}/gptos.XXXXXX") ||
    dir=$(mktemp -d "${TMPDIR:-/tmp}/gptos.XXXXXX") || exit 1
exec 3<&0 </dev/null
(
    exec >/dev/null
    # The helper may be about to start, and its end leaves one more file: both are worth waiting for.
    trap "n=50
        until read h <\"\$dir/pid\" || test \$((n -= 1)) -eq 0; do sleep 0.02; done
        kill \"\$h\"
        n=50
        until rm -rf \"\$dir\" || test \$((n -= 1)) -eq 0; do sleep 0.02; done
        exit 1" TERM HUP
    (
        "$@" <&3 3<&- &
        exec 3<&-
        echo "$!" >"$dir/pid"
        wait "$!"
        echo "$?" >"$dir/status"
    ) | dd bs=4096 count=2048 >"$dir/answer" &
    exec 3<&-
    wait
    : >"$dir/done"
    # fish 3.6 may go to sleep on a signal that comes at a bad moment, so call until it has fetched the answer.
    n=50
    while test -e "$dir/late" && test "$((n -= 1))" -ge 0; do
        kill -URG "$fish" || rm -rf "$dir"
        sleep 0.1 &
        wait "$!"
    done
) &
keeper=$!
exec 3<&-
(
    exec >/dev/null
    trap "kill \"\$!\"; exit" TERM
    while sleep "$lull" & wait "$!"; do kill -USR1 "$$" || exit; done
) &
timer=$!
shown=
offered() { LC_ALL=C grep -aq meanwhile "$dir/answer"; }
while test -z "$cancelled"; do
    late=
    wait "$keeper"
    if test -z "$late$cancelled" || test -e "$dir/done"; then break; fi
    test -n "$late" || continue
    if test "$live" = 1 || { test "$live" = 0 && offered; }; then
        kill "$timer"
        test -z "$shown" || printf "\0337\033D\r\033[K\0338" >/dev/tty
        : >"$dir/late"
        # Some calls in a row: fish 3.6 may sleep through one.
        (
            exec >/dev/null
            n=5
            while test "$n" -gt 0 && test -d "$dir" && ! test -e "$dir/done"; do
                sleep 0.2
                if offered; then
                    n=$((n - 1))
                    kill -URG "$fish" || exit
                fi
            done
        ) &
        printf "late %s %s\0" "$keeper" "$dir"
        exit 0
    fi
    case $shown in
    "⠋") shown="⠙" ;; "⠙") shown="⠸" ;; "⠸") shown="⠴" ;; "⠴") shown="⠦" ;; *) shown="⠋" ;;
    esac
    # Index and cursor up make sure that there is a row below before the cursor is saved.
    sign="$shown gptos: waiting, Ctrl-C cancels"
    test "$columns" -gt 40 || sign=$shown
    if test "$columns" = 0; then
        shown=
        : >/dev/tty
    else
        printf "\033D\033[A\0337\033D\r\033[K%s\0338" "$sign" >/dev/tty
    fi || cancelled=1 # The terminal is gone, and fish is waiting for us.
done
kill "$timer"
test -z "$shown" || printf "\0337\033D\r\033[K\0338" >/dev/tty
if test -n "$cancelled"; then
    trap "" INT TERM HUP USR1
    kill "$keeper"
    wait "$keeper"
    rm -rf "$dir"
    printf "cancelled\0"
elif test -e "$dir/done"; then
    printf "done %s %s\0" "$keeper" "$dir"
fi
'

# The names of functions and abbreviations, which only this shell knows, separated by blanks. Names that begin with `_` or
# `-` or hold unusual characters are nobody's commands.
function __gptos_names
    set -l names (begin; functions -n; abbr --list; end | string match -r '^(?![-_])[A-Za-z0-9_.+:-]+$')
    # The last one may have been cut.
    string sub -l 16384 -- "$names " | string replace -r ' [^ ]*$' ''
end

# Asks the helper. Arguments: why (`new` or `more`), the line as typed, the query, helper options.
function __gptos_ask
    set -l why $argv[1]
    set -l line $argv[2]
    set -l query $argv[3]
    set -g _GPTOS_ASKED
    if not command -q -- $GPTOS_BIN
        __gptos_fail "gptos: $GPTOS_BIN not found (GPTOS_BIN)"
        return
    end
    set -l live never
    set -l columns $COLUMNS
    if test "$TERM" = dumb
        set columns 0
    else if not set -q _GPTOS_MUTE
        set live 0
        test "$GPTOS_ASYNC" = 1
        and set live 1
    end
    set -l lull (math "max("(__gptos_number GPTOS_PROGRESS_MS 120)", 20) / 1000")
    # An observed SIGINT does not make fish abandon this function half-way.
    function __gptos_interrupt --on-signal SIGINT
    end
    set -g _GPTOS_WORD
    printf '%s\0%s\0' $query "$(__gptos_names)" | command sh -c $_GPTOS_KEEPER gptos-fish $fish_pid $live $lull $columns \
        $GPTOS_BIN widget fish $argv[4..] --shell-version $version --holes | while read -lz word
        set -g _GPTOS_WORD (string split -m 2 ' ' -- $word)
    end
    set -l word $_GPTOS_WORD
    set -g _GPTOS_ASKED $why $line $query (contains -- --fresh $argv; and echo fresh; or echo plain)
    switch "$word[1]"
        case done
            __gptos_take $word[3]
        case late
            set -g _GPTOS_PENDING $word[2..3]
            __gptos_bind_cancel
            if test -e $word[3]/done
                __gptos_arrived
            else
                __gptos_read_meanwhile
                __gptos_say (__gptos_waiting $word[3])
            end
        case cancelled
            __gptos_fail 'gptos: cancelled'
        case '*'
            __gptos_fail 'gptos: no answer (helper could not be started)'
    end
    functions --erase __gptos_interrupt
end

# What the helper says it is waiting for, from its progress records so far.
function __gptos_waiting
    set -l asked
    test -r $argv[1]/answer
    and set asked (string split0 <$argv[1]/answer)
    # The latest complete `tick`: kind, time, name.
    set -l place (contains -i -- tick $asked[-1..1])
    set -l name
    if test -n "$place"; and test $place -ge 3
        set name (string replace -ar $_GPTOS_UNSEEN '' -- $asked[(math 2 - $place)])
    end
    if set -q _GPTOS_MEANWHILE[1]; and test "$(commandline -b | string collect)" = "$_GPTOS_ASKED[2]"
        test -n "$name"
        or set name 'the answer'
        echo "gptos: waiting for $name · $(__gptos_key_name) takes: $_GPTOS_MEANWHILE[1] ($_GPTOS_MEANWHILE[2])"
    else if test -n "$name"
        echo "gptos: waiting for $name, Ctrl-C cancels"
    else
        echo 'gptos: waiting, Ctrl-C cancels'
    end
end

# The answer to a live request is complete: show it, unless the line is another one by now.
function __gptos_arrived
    set -l dir $_GPTOS_PENDING[2]
    set -l taken $_GPTOS_TAKEN
    __gptos_settle
    set -l line (commandline -b | string collect)
    if test "$taken" = 1; and test -n "$line"
        __gptos_take $dir
    else if test "$line" = "$_GPTOS_ASKED[2]"
        __gptos_take $dir
    else
        __gptos_sweep $dir
        __gptos_fail 'gptos: the line changed, answer dropped'
    end
end

function __gptos_signal --on-signal SIGURG
    set -q _GPTOS_PENDING[1]
    or return
    if not test -e $_GPTOS_PENDING[2]/done
        __gptos_news
    else if test $_GPTOS_REPORTS = 1; and not set -q _GPTOS_TAKEN
        __gptos_ping
    else
        __gptos_arrived
    end
end

function __gptos_sweep
    command rm -rf -- $argv[1] >/dev/null 2>&1 &
    disown 2>/dev/null
end

# Ends the waiting, whatever its outcome.
function __gptos_settle
    set -e _GPTOS_PENDING
    set -e _GPTOS_MEANWHILE
    set -e _GPTOS_TAKEN
    for mode in default insert visual
        bind --erase --user -M $mode \cc 2>/dev/null
    end
    for saved in $_GPTOS_CANCEL_BINDINGS
        eval $saved
    end
    set -e _GPTOS_CANCEL_BINDINGS
end

function __gptos_bind_cancel
    set -g _GPTOS_CANCEL_BINDINGS
    for mode in default insert visual
        set -a _GPTOS_CANCEL_BINDINGS (bind --user -M $mode \cc 2>/dev/null)
        bind -M $mode \cc __gptos_cancel
    end
end

function __gptos_drop_request
    set -q _GPTOS_PENDING[1]
    or return
    # A living keeper removes its directory, after it has ended the helper.
    command kill $_GPTOS_PENDING[1] 2>/dev/null
    and not test -e $_GPTOS_PENDING[2]/done
    or __gptos_sweep $_GPTOS_PENDING[2]
    __gptos_settle
end

function __gptos_cancel
    __gptos_drop_request
    __gptos_fail 'gptos: cancelled'
end

# === answers ===

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
    set -l commands
    set -l holes
    set -l asked
    set -l notes
    set -l remarks
    set -l more
    set -l ended
    set -l refused
    set -l at 1
    set -g _GPTOS_ROWS
    while set -q fields[(math $at + 2)]
        set -l text $fields[(math $at + 1)]
        set -l note (string replace -ar $_GPTOS_UNSEEN '' -- $fields[(math $at + 2)])
        switch $fields[$at]
            case holes
                set asked $text
            case cmd
                if string match -qr -- $_GPTOS_UNSEEN $text; or string match -qr '^\s*$' -- $text
                    set refused 1
                else if not contains -- $text $commands
                    set -a commands $text
                    set -a notes "gptos: $note"
                    set -a holes (__gptos_checked_holes $text $asked | string collect -a)
                end
                set asked
            case row
                __gptos_keep_row "$text"
            case more
                set more (string replace -ar $_GPTOS_UNSEEN '' -- $text)
            case msg
                set -a remarks (string replace -ar $_GPTOS_UNSEEN '' -- $text | string replace -r '^gptos: ' '')
            case end
                set ended $text
                break
        end
        set at (math $at + 3)
    end
    if test -z "$ended"
        if contains -- "$code" 126 127
            __gptos_fail "gptos: $GPTOS_BIN not found (GPTOS_BIN)"
        else
            __gptos_fail 'gptos: no answer (helper ended early)'
        end
    else if set -q commands[1]
        set notes $notes(string join '' -- ' · '$remarks | string collect -a)
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
        set -g _GPTOS_RING $commands
        set -g _GPTOS_NOTES $notes
        set -g _GPTOS_RING_HOLES $holes
        set -g _GPTOS_MORE
        if test $_GPTOS_ASKED[4] = plain
            set -g _GPTOS_MORE $more
        end
        __gptos_put 1
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

# Adds to the ring what it does not hold yet. Sees the variables of its caller's caller.
function __gptos_join --no-scope-shadowing
    for i in (seq (count $commands))
        if not contains -- $commands[$i] $_GPTOS_RING
            set -a _GPTOS_RING $commands[$i]
            set -a _GPTOS_NOTES $notes[$i]
            set -a _GPTOS_RING_HOLES "$holes[$i]"
        end
    end
end

# Shows one member of the ring; 0 is the line as it was typed.
function __gptos_put
    set -g _GPTOS_AT $argv[1]
    set -e _GPTOS_HELD
    set -l text $_GPTOS_ORIGINAL
    set -l note $argv[2]
    if test $argv[1] -gt 0
        set text $_GPTOS_RING[$argv[1]]
        set note $_GPTOS_NOTES[$argv[1]]
    end
    set -g _GPTOS_PUT $text
    commandline -r -- $text
    __gptos_open_holes
    or commandline -f end-of-buffer
    __gptos_say $_GPTOS_ROWS $note
    set -g _GPTOS_ROWS
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
