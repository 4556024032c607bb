# Part of the integration for fish: the parts of a suggestion that the user has yet to write, shown as `<name>`.
#
# A hole is known by its text, and only in a line that was shown here. What is typed on one takes its place; a hole in front of
# which something stands that was not there before counts as filled in, and goes at the next key or Enter.

# Prints the holes, apart by blanks, if the command holds them in this order; else nothing. Arguments: the command, the holes.
function __gptos_checked_holes
    set -l rest $argv[1]
    for hole in (string split -n ' ' -- $argv[2])
        string match -qr '^<[a-z0-9-]*>$' -- $hole
        and string match -q -- "*$hole*" $rest
        or return
        set rest (string split -m 1 -- $hole $rest)[2]
    end
    echo -n $argv[2]
end

# The line was just put there. Fails if it has no holes; else the cursor goes to the first.
function __gptos_open_holes
    __gptos_drop_holes
    test $_GPTOS_AT -gt 0; and set -q _GPTOS_RING_HOLES[$_GPTOS_AT]; and test -n "$_GPTOS_RING_HOLES[$_GPTOS_AT]"
    or return
    set -g _GPTOS_HOLES (string split -n ' ' -- $_GPTOS_RING_HOLES[$_GPTOS_AT])
    set -g _GPTOS_GLUE
    __gptos_find_holes
    for place in $_GPTOS_PLACES
        set -a _GPTOS_GLUE (__gptos_before_hole $place | string collect -a)
    end
    commandline -C $_GPTOS_PLACES[1]
    __gptos_arm_keys
end

function __gptos_drop_holes
    __gptos_disarm_keys
    set -e _GPTOS_HOLES
    set -e _GPTOS_GLUE
    set -e _GPTOS_ODD
end

# Sets _GPTOS_PLACES: where each hole is, -1 for one that is no more. Of those with one name the first are filled in first.
function __gptos_find_holes
    set -g _GPTOS_PLACES
    set -l before (commandline -b | string collect)
    for hole in $_GPTOS_HOLES[-1..1]
        set -l parts (string split -r -m 1 -- $hole "$before")
        if set -q parts[2]
            set before $parts[1]
            set -p _GPTOS_PLACES (string length -- "$before")
        else
            set -p _GPTOS_PLACES -1
        end
    end
end

# Prints what stands in front of a place in its word, behind any other hole.
function __gptos_before_hole
    test $argv[1] -gt 0
    and string sub -l $argv[1] -- (commandline -b | string collect) | string collect | string replace -r '(?s)^.*[\s>]' '' | string collect
end

# Takes away a hole by its number.
function __gptos_cut_hole
    set -l at $_GPTOS_PLACES[$argv[1]]
    set -l behind (math $at + (string length -- $_GPTOS_HOLES[$argv[1]]))
    set -l line (commandline -b | string collect)
    set -l cursor (commandline -C)
    if test $cursor -ge $behind
        set cursor (math $cursor - $behind + $at)
    else if test $cursor -gt $at
        set cursor $at
    end
    set -l head
    test $at -gt 0
    and set head (string sub -l $at -- $line | string collect)
    commandline -r -- "$head$(string sub -s (math $behind + 1) -- $line)"
    commandline -C $cursor
end

# Takes the holes away that are filled in, and finds those that are left.
function __gptos_settle_holes
    __gptos_find_holes
    for i in (seq (count $_GPTOS_HOLES))[-1..1]
        test $_GPTOS_PLACES[$i] -ge 0; and test $_GPTOS_HOLES[$i] != '<>'
        or continue
        set -l before "$(__gptos_before_hole $_GPTOS_PLACES[$i])"
        if test -n "$_GPTOS_GLUE[$i]"
            test (string sub -s -(string length -- $_GPTOS_GLUE[$i]) -- "$before") = "$_GPTOS_GLUE[$i]"
            and continue
        else if test -z "$before"
            continue
        end
        __gptos_cut_hole $i
    end
    __gptos_find_holes
end

# Sets _GPTOS_FIRST and _GPTOS_NEXT to the numbers of the first hole that is to be filled in and the first behind the cursor, 0 for none.
function __gptos_look_for_holes
    set -g _GPTOS_FIRST 0
    set -g _GPTOS_NEXT 0
    __gptos_settle_holes
    set -l cursor (commandline -C)
    for i in (seq (count $_GPTOS_HOLES))[-1..1]
        test $_GPTOS_PLACES[$i] -ge 0; and test $_GPTOS_HOLES[$i] != '<>'
        or continue
        set _GPTOS_FIRST $i
        test $_GPTOS_PLACES[$i] -gt $cursor
        and set _GPTOS_NEXT $i
    end
end

# The key. Fails if nothing is to be filled in, or the line is as it was shown and the cursor is on the last hole: then the key
# means the next suggestion.
function __gptos_next_hole
    set -q _GPTOS_HOLES[1]
    or return
    __gptos_disarm_keys
    set -l line (commandline -b | string collect)
    if test -z "$line"; or test "$line" = "$_GPTOS_ORIGINAL"
        __gptos_drop_holes
        return 1
    end
    set -l was (commandline -C)
    __gptos_look_for_holes
    if test $_GPTOS_FIRST = 0
        __gptos_odd
        and return
        __gptos_close_holes
        set -l end (string length -- (commandline -b | string collect))
        test $was -lt $end
        or return
        commandline -C $end
        __gptos_say 'gptos: all is filled in, Enter runs it'
        return
    end
    if test $_GPTOS_NEXT = 0
        if test "$(commandline -b | string collect)" = "$_GPTOS_PUT"; and test (commandline -C) -ge $_GPTOS_PLACES[$_GPTOS_FIRST]
            return 1
        end
        set _GPTOS_NEXT $_GPTOS_FIRST
    end
    commandline -C $_GPTOS_PLACES[$_GPTOS_NEXT]
    __gptos_arm_keys
    __gptos_say "gptos: fill in $_GPTOS_HOLES[$_GPTOS_NEXT]"
end

# All is filled in: the sign at the end that kept the line from running has done its work.
function __gptos_close_holes
    set -l line (commandline -b | string collect)
    if test $_GPTOS_HOLES[-1] = '<>'; and string match -q '*<>' -- $line
        set -l cursor (commandline -C)
        set line (string replace -r ' ?<>$' '' -- $line | string collect)
        commandline -r -- $line
        commandline -C (math "min($cursor, "(string length -- $line)")")
    end
    __gptos_drop_holes
end

# Nothing is left to fill in, but are there more of the signs of redirections than the command has? What was taken out of a hole may have
# left one of its brackets, which would write into a file. The same line is not told of twice.
function __gptos_odd
    set -l line (commandline -b | string collect)
    set -l signs (string replace -ar '[^<>]' '' -- "$line" "$_GPTOS_PUT" | string length)
    test $signs[1] -gt (math $signs[2] - 2 x (count (string match -v -- '<>' $_GPTOS_HOLES))); and test "$line" != "$_GPTOS_ODD"
    or return
    set -g _GPTOS_ODD $line
    set -g _GPTOS_STOPPED $line
    set -g _GPTOS_REASON 'gptos: a < or > is there that the suggestion did not have: take it out, or Enter again runs the line'
    __gptos_say $_GPTOS_REASON
    __gptos_guard
end

# Enter. Fails if the line may run as far as holes go; else the cursor is on the first that is left.
function __gptos_unfilled
    set -q _GPTOS_HOLES[1]
    or return
    __gptos_disarm_keys
    set -l line (commandline -b | string collect)
    # Nobody tells when the line was emptied: what does not begin as it did, but for rights in front, is the user's own.
    if test "$(string replace -r '^sudo ' '' -- $line | string split -m 1 ' ')[1]" != "$(string split -m 1 ' ' -- $_GPTOS_PUT)[1]"
        __gptos_drop_holes
        return 1
    end
    __gptos_look_for_holes
    if test $_GPTOS_FIRST = 0
        __gptos_odd
        and return
        __gptos_close_holes
        return 1
    end
    commandline -C $_GPTOS_PLACES[$_GPTOS_FIRST]
    __gptos_arm_keys
    set -g _GPTOS_STOPPED "$(commandline -b)"
    set -g _GPTOS_REASON "gptos: fill in $_GPTOS_HOLES[$_GPTOS_FIRST] first"
    __gptos_say $_GPTOS_REASON
end

# === what is typed on a hole takes its place ===

# Keys without a binding insert themselves, by a binding that they share. While the cursor is on a hole it is ours: the hole goes,
# and the key, which is still to be read, finds the binding of before.
function __gptos_arm_keys
    set -q _GPTOS_HOLE_MODES
    and return
    set -g _GPTOS_HOLE_MODES
    for mode in default insert
        string match -q '*self-insert*' -- (bind --preset -M $mode '' 2>/dev/null)
        and not bind --user -M $mode '' >/dev/null 2>&1
        or continue
        bind -M $mode '' __gptos_type
        set -a _GPTOS_HOLE_MODES $mode
    end
end

function __gptos_disarm_keys
    set -q _GPTOS_HOLE_MODES
    or return 0
    for mode in $_GPTOS_HOLE_MODES
        bind --erase --user -M $mode ''
    end
    set -e _GPTOS_HOLE_MODES
end

function __gptos_type
    __gptos_disarm_keys
    __gptos_find_holes
    set -l at (contains -i -- (commandline -C) $_GPTOS_PLACES)
    and __gptos_cut_hole $at
end
