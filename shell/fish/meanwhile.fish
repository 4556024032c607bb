# Part of the integration for fish: what this machine can offer by itself while the answer is awaited.

# What the key is called in a message.
function __gptos_key_name
    set -l letter
    set -l key $GPTOS_KEY
    if test -z "$key"; or begin
            test "$TERM_PROGRAM" = vscode; and test -n "$GPTOS_KEY2"
        end
        set key $GPTOS_KEY2
    end
    if string match -qr '^ctrl-(?<letter>.)$' -- "$key"
        echo Ctrl-(string upper -- $letter)
    else if string match -qr '^alt-(?<letter>.)$' -- "$key"
        echo Alt-$letter
    else
        echo 'the key'
    end
end

# Sets _GPTOS_MEANWHILE to the command and its note, if the helper has sent them and they are fit for the line.
function __gptos_read_meanwhile
    set -q _GPTOS_MEANWHILE[1]; or set -q _GPTOS_TAKEN
    and return
    test -r $_GPTOS_PENDING[2]/answer
    or return
    set -l fields (string split0 <$_GPTOS_PENDING[2]/answer)
    set -l at 1
    while set -q fields[(math $at + 2)]
        if test "$fields[$at]" = meanwhile
            set -l text $fields[(math $at + 1)]
            if not string match -qr -- $_GPTOS_UNSEEN $text; and string match -qr '\S' -- $text
                and test "$text" != "$_GPTOS_ASKED[2]"
                set -g _GPTOS_MEANWHILE $text (string replace -ar $_GPTOS_UNSEEN '' -- $fields[(math $at + 2)] | string collect -a)
            end
            return
        end
        set at (math $at + 3)
    end
end

# The keeper called, and the answer is not here yet.
function __gptos_news
    set -q _GPTOS_MEANWHILE[1]; or set -q _GPTOS_TAKEN
    and return
    __gptos_read_meanwhile
    set -q _GPTOS_MEANWHILE[1]
    and __gptos_say (__gptos_waiting $_GPTOS_PENDING[2])
end

# Puts it into the line, a suggestion like any other. The request goes on.
function __gptos_take_meanwhile
    if test $_GPTOS_ASKED[1] = new
        set -g _GPTOS_ORIGINAL $_GPTOS_ASKED[2]
        set -g _GPTOS_QUERY $_GPTOS_ASKED[3]
        set -g _GPTOS_RING_FIELDS $_GPTOS_ASKED_FIELDS
        set -g _GPTOS_LISTED 0
        __gptos_empty_ring
    else
        # Whoever was asked for more is not asked again.
        set -g _GPTOS_ASKED[4] fresh
    end
    set -g _GPTOS_ASKED[1] late
    set -g _GPTOS_MORE
    set -g _GPTOS_TAKEN 1
    if not contains -- $_GPTOS_MEANWHILE[1] $_GPTOS_RING
        set -a _GPTOS_RING $_GPTOS_MEANWHILE[1]
        set -a _GPTOS_NOTES "$_GPTOS_MEANWHILE[2]"
        set -a _GPTOS_READINGS ''
        set -a _GPTOS_TOOK ''
        set -a _GPTOS_RING_HOLES ''
    end
    __gptos_put (contains -i -- $_GPTOS_MEANWHILE[1] $_GPTOS_RING)
end

# The answer to a request from which something was taken meanwhile: the line stays as it is, and the next press of the key
# leads to the answer. Sees the variables of its caller's caller.
function __gptos_offer_late --no-scope-shadowing
    set -l known (count $_GPTOS_RING)
    __gptos_join
    if test $_GPTOS_ASKED[4] = plain
        set -g _GPTOS_MORE $more
    end
    set -l first (math $known + 1)
    if set -q _GPTOS_RING[$first]
        set -g _GPTOS_AT $known
        set -g _GPTOS_PUT (commandline -b | string collect)
        __gptos_say_late "gptos: the answer is here, $(__gptos_key_name) shows: $_GPTOS_RING[$first] ($_GPTOS_NOTES[$first])"
    else
        __gptos_say_late "gptos: the answer is the same ($notes[1])"
    end
end

# The answer to words that were edited meanwhile: the line stays as it is, and the next press of the key shows this member of the ring,
# whatever the line is then.
function __gptos_offer_edited
    set -g _GPTOS_AT (math $argv[1] - 1)
    set -g _GPTOS_PUT $_GPTOS_LATE
    if set -q _GPTOS_RING[$argv[1]]
        __gptos_say $_GPTOS_ROWS "gptos: the line was edited; press the key again for: $_GPTOS_RING[$argv[1]]"
    else
        set -e _GPTOS_LATE
        __gptos_say $_GPTOS_ROWS 'gptos: the same answer again'
    end
    set -g _GPTOS_ROWS
    __gptos_guard
end

# The first suggestion has been on the screen since this moment. Whatever was typed into it before was meant for the words, so it is moved
# behind them, as if the answer had come to a line that was edited.
function __gptos_part_typed
    set -e _GPTOS_UNREAD
    set -l line (commandline -b | string collect)
    test "$line" != "$_GPTOS_PUT"
    or return
    # What stood before and behind the cursor.
    set -l parts $_GPTOS_PUT ''
    set -l hole (string split ' ' -- "$_GPTOS_RING_HOLES[1]")[1]
    test -n "$hole"
    and set parts (string split -m 1 -- $hole $_GPTOS_PUT)
    set -l before (string length -- "$parts[1]")
    set -l length (math (string length -- "$line") - $before - (string length -- "$parts[2]"))
    test $length -gt 0; and test "$parts[1]$(string sub -s (math $before + 1) -l $length -- $line)$parts[2]" = "$line"
    or return
    set -l typed (string sub -s (math $before + 1) -l $length -- $line | string collect)
    test -n "$hole"
    and set typed (string replace -- $hole '' $typed | string collect)
    test -n "$typed"
    or return
    __gptos_drop_holes
    set -g _GPTOS_LATE "$_GPTOS_ORIGINAL$typed"
    set -g _GPTOS_ORIGINAL $_GPTOS_LATE
    commandline -r -- $_GPTOS_LATE
    commandline -f end-of-buffer
    __gptos_offer_edited 1
end

# The key. Fails if there is no such answer, or the line was emptied since. Argument: the line.
function __gptos_show_late
    set -q _GPTOS_LATE; and test -n "$argv[1]"
    or return
    test $_GPTOS_AT -gt 0
    or set -g _GPTOS_ORIGINAL $argv[1]
    __gptos_put (math $_GPTOS_AT + 1)
end

# The reason why a line does not run must stay on the screen.
function __gptos_say_late
    if set -q _GPTOS_HELD
        __gptos_say $_GPTOS_REASON 'gptos: Enter again runs it' $argv[1]
    else if set -q _GPTOS_STOPPED; and test "$_GPTOS_STOPPED" = "$(commandline -b)"
        __gptos_say $_GPTOS_REASON $argv[1]
    else
        __gptos_say $argv[1]
    end
end

# The key, while a request is pending. Fails if the key does what it always does.
function __gptos_pending_key
    set -l line (commandline -b | string collect)
    if test -e $_GPTOS_PENDING[2]/done
        # The terminal did not report, or not yet.
        __gptos_arrived
    else if set -q _GPTOS_TAKEN; and test "$line" = "$_GPTOS_PUT"
        return 1
    else if set -q _GPTOS_TAKEN; and test "$line" = "$_GPTOS_ASKED[2]"
        # The words came back by undo: the request for them is under way already.
        set -g _GPTOS_AT 0
        set -g _GPTOS_PUT $line
        return 1
    else if set -q _GPTOS_TAKEN; or begin
            test "$line" != "$_GPTOS_ASKED[2]"; and string match -qr '\S' -- $line
        end
        __gptos_drop_request
        return 1
    else
        __gptos_read_meanwhile
        if set -q _GPTOS_MEANWHILE[1]
            __gptos_take_meanwhile
        else
            __gptos_nudge
        end
    end
end
