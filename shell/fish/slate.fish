# Part of the integration for fish: asking the resident without a process. fish opens no sockets, and a pipe only with somebody at its other
# end, so the resident has two files in memory for this shell; the program asks for them when it asks for an answer. The line is written to
# one, and the answer stands in the other as soon as the first is empty again. Whatever is odd there leaves the question to the program.

set -e _GPTOS_SLATE

# How often a key looks whether the answer is there: for some 15 ms, when each look takes a dozen microseconds. A Ctrl-C that is typed in that
# moment is taken behind it.
set -q _GPTOS_LOOKS
or set -g _GPTOS_LOOKS (string split '' -- (string repeat -n 1000 .))

# Prints all that a program would see of this shell's environment, and what the resident knows since the files are there; `gptos init`
# wrote the names.
function __gptos_see
    set -l names (string join '|' -- $_GPTOS_WATCHES)
    begin
        echo GPTOS_BIN $GPTOS_BIN
        set -xL
    end | string match -r -- "^(?:$names)(?: .*)?\$" | string collect -a
end

# The files whose names begin with $argv[1], if they are any good, are for this shell, for as long as its environment stays what it is.
function __gptos_take_slate
    string match -q '/*' -- $argv[1]; and not set -q _GPTOS_FULL
    or return
    set -g _GPTOS_SLATE $argv[1]
    set -g _GPTOS_SEEN (__gptos_see)
    set -e _GPTOS_MOVED
    # It is called inside a change that is only for one command, too, so what has become of it is looked at later.
    functions -q __gptos_moved
    or function __gptos_moved --on-variable=$_GPTOS_WATCHES
        set -g _GPTOS_MOVED
    end
end

# Sets `fields` to what the resident says to the line; to nothing if it says nothing in time, or may not be asked. Sees the variables of its
# caller.
function __gptos_ask_slate --no-scope-shadowing
    set -l slate $_GPTOS_SLATE
    # Until it has answered: what comes too late must not be taken for the next answer.
    set -e _GPTOS_SLATE
    if set -q _GPTOS_MOVED
        set -e _GPTOS_MOVED
        test "$_GPTOS_SEEN" = "$(__gptos_see)"
        or return
    end
    test -f $slate.ask -a -O $slate.ask -a -O $slate.told
    or return
    begin
        printf '%s\0' "$_GPTOS_NAMES"
        commandline -C
        commandline -b
    end >$slate.ask
    # Where there is no room, the file is empty though nobody has read it, and fish has said so on the screen, which is enough.
    or begin
        set -g _GPTOS_FULL
        return
    end
    for look in $_GPTOS_LOOKS
        if not test -s $slate.ask
            # Files that are gone are no answer, nor is one that nobody has emptied.
            test -s $slate.told
            and read -z -d \n -a fields <$slate.told
            and test -f $slate.ask
            and contains -- "$fields[1]" laid records tried other
            and set -g _GPTOS_SLATE $slate
            or set fields
            return
        end
    end
    # Nobody has read it, and it is not to stay.
    test -f $slate.ask
    and true >$slate.ask
end
