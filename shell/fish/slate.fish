# Part of the integration for fish: asking the resident without a process. fish opens no sockets, and a pipe only with somebody at its other
# end, so the resident has two files in memory for this shell; the program asks for them when it asks for an answer. The line is written to
# one, and the answer stands in the other as soon as the first is empty again. Whatever is odd there leaves the question to the program.

# How often a key looks whether the answer is there: for some 15 ms, when each look takes a dozen microseconds. A Ctrl-C of that moment is
# taken behind it.
set -q _GPTOS_LOOKS
or set -g _GPTOS_LOOKS (string split '' -- (string repeat -n 1000 .))

# Prints all that a program would see of this shell's environment, and what the resident knows since the files are there; `gptos init`
# wrote the names.
function __gptos_see
    begin
        echo GPTOS_BIN $GPTOS_BIN
        set -xL
    end | string match -r -- $_GPTOS_SEES | string collect -a
end

# The files whose names begin with $argv[1] are for this shell, for as long as its environment stays what it is.
function __gptos_take_slate
    set -g _GPTOS_SLATE $argv[1]
    set -g _GPTOS_SEEN (__gptos_see)
    functions -q __gptos_moved
    or function __gptos_moved --on-variable=$_GPTOS_WATCHES
        test "$_GPTOS_SEEN" = "$(__gptos_see)"
        or set -e _GPTOS_SLATE
    end
end

# Sets `fields` to what the resident says to the line; to nothing if it says nothing in time, or may not be asked. Sees the variables of its
# caller.
function __gptos_ask_slate --no-scope-shadowing
    set -l slate $_GPTOS_SLATE
    # Until it has answered: what comes too late must not be taken for the next answer.
    set -e _GPTOS_SLATE
    test -f $slate.ask -a -O $slate.ask -a -O $slate.told
    or return
    begin
        printf '%s\0' "$_GPTOS_NAMES"
        commandline -C
        commandline -b
    end >$slate.ask
    for look in $_GPTOS_LOOKS
        if not test -s $slate.ask
            read -z -d \n -a fields <$slate.told
            set -g _GPTOS_SLATE $slate
            return
        end
    end
end
