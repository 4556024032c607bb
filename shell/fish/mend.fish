# Part of the integration for fish: `??` alone after a line that failed.

# A line has ended. One that begins with a blank is kept nowhere; a program stopped by Ctrl-Z has not failed.
function __gptos_note_line --on-event fish_postexec
    set -l code $status
    string match -qr '\S' -- $argv[1]
    or return
    set -e _GPTOS_FAILED
    contains -- $code 0 148
    or set -q fish_private_mode
    or string match -qr '^\s' -- $argv[1]
    or set -g _GPTOS_FAILED $code "$argv[1]"
end

# Asks what the line that failed was meant to be; fails when none did. Nothing is run. The blank in front says that the line is
# nobody else's business: no report follows. Arguments: the line, its marks.
function __gptos_mend
    test "$argv[2]" = '??'; and set -q _GPTOS_FAILED[2]
    or return
    __gptos_ask new $argv[1] " $_GPTOS_FAILED[2]" --fix $_GPTOS_FAILED[1]
    return 0
end
