# Part of the integration for fish: what is a request.

# Is the line one that Enter asks?
function __gptos_asks
    __gptos_may_ask $argv[1]
    or return
    if string match -qr '^\s*\?\?' -- $argv[1]
        string match -qr '^\s*\?\?\??(?:\s|$)' -- $argv[1]
    else if string match -q '#*' -- $argv[1]
        test "$GPTOS_HASH" = 1
    else if not __gptos_is_wish $argv[1]
        set -l scope
        set -q GPTOS_SCOPES
        and string match -qr '^\s*(?<scope>[\w.-]+)\? +\S' -- $argv[1]
        and contains -- $scope (string split -n ' ' -- $GPTOS_SCOPES)
    end
end

# Words that begin a wish about a suggestion.
set -g _GPTOS_WISHES 'but|and|only|now|instead|also|without|no,'

# Does the line begin with the suggestion shown last for it and say behind it, or behind what was added to it, what is to be changed? A command may
# hold `??` as a pattern, so behind one that is not the suggestion alone it must be a wish. A line that was asked so stays a request.
function __gptos_is_wish
    set -q _GPTOS_LATEST
    or return
    test "$argv[1]" = "$_GPTOS_WISH[1]"
    and return
    set -l length (string length -- $_GPTOS_LATEST)
    test "$(string sub -l $length -- $argv[1])" = $_GPTOS_LATEST
    and string match -qir "^ \?\?\s+\S|^.* \?\?\s+(?:$_GPTOS_WISHES)\s+\S" -- (string sub -s (math $length + 1) -- $argv[1] | string collect)
end
