# Part of the integration for fish: `??` alone after a line that failed, and lines read aloud.

# Asks what the line that failed was meant to be; fails when none did. Nothing is run. The blank in front says that the line is
# nobody else's business: no report follows. Arguments: the line, its marks.
function __gptos_mend
    test "$argv[2]" = '??'; and set -q _GPTOS_FAILED[2]
    or return
    __gptos_ask new $argv[1] " $_GPTOS_FAILED[2]" --fix $_GPTOS_FAILED[1]
    return 0
end

# Keeps one row of a line that is read aloud; more than a screen of them would push everything else away.
function __gptos_keep_row
    set -l most (math "max($LINES, 10) - 6")
    set -l count (count $_GPTOS_ROWS)
    if test $count -lt (math $most - 1)
        set -a _GPTOS_ROWS (string replace -ar $_GPTOS_UNSEEN '' -- $argv[1])
    else if test $count -lt $most
        set -a _GPTOS_ROWS '...'
    end
end
