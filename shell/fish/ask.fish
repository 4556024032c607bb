# Part of the integration for fish: a request, from the helper's start to its answer.

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
# `-` or hold unusual characters are nobody's commands. Looking for them takes half as long as a process, so an answer that is at hand
# comes with those of the question before: without a new one it is at worst not at hand.
function __gptos_learn_names
    set -g _GPTOS_NAMES (
        begin
            functions -n
            abbr --list
        end | string match -r '^(?![-_])[A-Za-z0-9_.+:-]+$' | string join ' ' | string replace -r '^(.{0,16383})(?: .*)?$' '$1')
end
__gptos_learn_names

# Hands the line over as it stands, to the resident or to the helper. Fails if it cannot be answered at once. The helper ends within a moment, so
# it needs no terminal of its own: to hand that over and take it back costs a tenth of what the helper does.
function __gptos_ask_unseen
    # What is not there is empty: to take several away is one step.
    set -e _GPTOS_TRIED _GPTOS_FIELDS _GPTOS_ASKED _GPTOS_ASKED_FIELDS _GPTOS_ASKED_LIST _GPTOS_LATE _GPTOS_UNREAD
    set -l asked
    set -l fields
    set -l code 0
    set -q _GPTOS_SLATE
    and __gptos_ask_slate
    if not set -q fields[1]
        command -q -- $GPTOS_BIN
        or return
        status is-interactive-job-control
        and set -l controls_jobs
        # An observed SIGINT does not make fish abandon this function half-way.
        function __gptos_interrupt --on-signal SIGINT
        end
        set -q controls_jobs
        and status job-control none
        commandline -b | command $GPTOS_BIN widget fish --at-once --line "$_GPTOS_NAMES" --shell-version $version --holes 2>/dev/null |
            read -z -d \n -a fields
        set code $pipestatus[2]
        set -q controls_jobs
        and status job-control interactive
        functions --erase __gptos_interrupt
    end
    if test "$code$fields[1]" = 0laid
        if set -q _GPTOS_UPTIME
            set -g _GPTOS_NOW $fields[14]
        else
            __gptos_clock
            set fields[14] $_GPTOS_NOW
        end
        __gptos_take_ready
        return 0
    end
    switch "$code$fields[1]"
        case 0records
            set -g _GPTOS_ASKED new $fields[2..3] plain
            set -g _GPTOS_ASKED_FIELDS (string split -n ' ' -- $fields[4])
            __gptos_take_fields 0 $fields[5..]
        case '130*'
            __gptos_fail 'gptos: cancelled'
        case '*other'
            return 1
        case '*'
            set -g _GPTOS_TRIED
            return 1
    end
    return 0
end

# Asks the helper. Arguments: why (`new` or `more`), the line as typed, the query, helper options. What else it is told stands in
# _GPTOS_FIELDS.
function __gptos_ask
    set -g _GPTOS_ASKED
    set -e _GPTOS_LATE _GPTOS_UNREAD
    if not command -q -- $GPTOS_BIN
        __gptos_fail "gptos: $GPTOS_BIN not found (GPTOS_BIN)"
        return
    end
    # An observed SIGINT does not make fish abandon this function half-way.
    function __gptos_interrupt --on-signal SIGINT
    end
    # What is at hand comes from one process that ends within a moment, so it needs no keeper.
    if set -q _GPTOS_TRIED
        set -e _GPTOS_TRIED
    else if not set -q argv[4]
        # From the next time on this shell may ask without a process, unless each question says which trace it is part of.
        set -l pipes
        set -q _GPTOS_SLATE
        or set -qx TRACEPARENT
        or set pipes pipes=$fish_pid
        printf '%s\0' $argv[3] "$_GPTOS_NAMES" '' $_GPTOS_FIELDS $pipes |
            command $GPTOS_BIN widget fish --at-once --shell-version $version --holes 2>/dev/null | read -lz -d \n -a fields
        set -l code $pipestatus[2]
        if contains -- $code 0 130
            if test "$code$fields[1]" = 0laid
                __gptos_clock
                set fields[14] $_GPTOS_NOW
                set -l asked $argv[2..3]
                __gptos_take_ready
            else if test $code = 0
                set -g _GPTOS_ASKED $argv plain
                set -g _GPTOS_ASKED_FIELDS $_GPTOS_FIELDS
                set -g _GPTOS_ASKED_LIST 0
                __gptos_take_fields 0 $fields
            else
                __gptos_fail 'gptos: cancelled'
            end
            functions --erase __gptos_interrupt
            return
        end
    end
    set -l query $argv[3]
    set -l asked $argv[1..3] plain
    contains -- --fresh $argv
    and set asked[4] fresh
    set -l listed 0
    contains -- --list $argv
    and set listed 1
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
    set -g _GPTOS_WORD
    __gptos_learn_names
    printf '%s\0' $query "$_GPTOS_NAMES" '' $_GPTOS_FIELDS | command sh -c $_GPTOS_KEEPER gptos-fish $fish_pid $live $lull $columns \
        $GPTOS_BIN widget fish $argv[4..] --shell-version $version --holes 2>/dev/null | while read -lz word
        set -g _GPTOS_WORD (string split -m 2 ' ' -- $word)
    end
    set -l word $_GPTOS_WORD
    set -g _GPTOS_ASKED $asked
    set -g _GPTOS_ASKED_FIELDS $_GPTOS_FIELDS
    set -g _GPTOS_ASKED_LIST $listed
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

# The answer to a live request is complete: show it. A line that was edited meanwhile stays as it is, and the key puts the answer in.
function __gptos_arrived
    set -l dir $_GPTOS_PENDING[2]
    set -l taken $_GPTOS_TAKEN
    __gptos_settle
    set -l line (commandline -b | string collect)
    if test -z "$line"
        __gptos_sweep $dir
        __gptos_fail 'gptos: the line was emptied, so the answer was dropped'
        return
    end
    test "$taken" = 1; or test "$line" = "$_GPTOS_ASKED[2]"
    or set -g _GPTOS_LATE "$line"
    __gptos_take $dir
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
