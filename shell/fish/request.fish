# Part of the integration for fish: what a line asks for, and what it builds on.

# === requests ===

# Sets _GPTOS_MARKS, _GPTOS_WORDS and _GPTOS_FIELDS, which tell the helper more, if the line is a request.
function __gptos_read_request
    set -g _GPTOS_MARKS '??'
    set -g _GPTOS_WORDS ''
    set -g _GPTOS_FIELDS
    __gptos_asks $argv[1]
    or return
    set -l marks
    set -l words
    set -l scope
    if string match -qr '(?s)^\s*(?<marks>\?\?\??)(?:\s+(?<words>.*?))?\s*$' -- $argv[1]
        set _GPTOS_MARKS $marks
        set _GPTOS_WORDS "$words"
        if not string match -qr '^[ \t]' -- $argv[1]; and string match -qir "^(?:$_GPTOS_WISHES)\s" -- "$words"
            __gptos_build_on_latest
        end
    else if string match -qr '(?s)^#[ \t]+(?<words>.*?)\s*$' -- $argv[1]
        set _GPTOS_WORDS $words
    else if __gptos_is_wish $argv[1]
        if test "$argv[1]" != "$_GPTOS_WISH[1]"
            __gptos_gather_words
            set -l changed $_GPTOS_LATEST
            string match -qr '^ \?\?\s' -- "$(string sub -s (math (string length -- $_GPTOS_LATEST) + 1) -- $argv[1])"
            or set changed (string replace -r '(?s)^(.*) \?\?\s.*$' '$1' -- $argv[1] | string collect)
            set -g _GPTOS_WISH $argv[1] $changed "$_GPTOS_ALL_WORDS"
        end
        set _GPTOS_WORDS (string sub -s (math (string length -- "$_GPTOS_WISH[2]") + 5) -- $argv[1] | string trim | string collect -a)
        # What began in private stays so.
        string match -q ' *' -- $_GPTOS_WISH[3]
        and set _GPTOS_WORDS " $_GPTOS_WORDS"
        set _GPTOS_FIELDS refines=$_GPTOS_WISH[2] asked=(string trim -- $_GPTOS_WISH[3] | string collect -a)
    else if string match -qr '(?s)^\s*(?<scope>[\w.-]+)\?\s+(?<words>.*?)\s*$' -- $argv[1]
        set _GPTOS_WORDS $words
        set _GPTOS_FIELDS scope=$scope
    end
    return 0
end

# Asks for what was read. Arguments: the line, helper options.
function __gptos_translate
    if not string match -qr '\S' -- "$_GPTOS_WORDS"
        __gptos_mend $argv[1] $_GPTOS_MARKS
        and return
        __gptos_say 'gptos: type what you want, for example: ?? list files by size'
        return
    end
    # A line that begins with a blank is private, as is each in private mode, and one blank before the words says so.
    set -l query $_GPTOS_WORDS
    if not string match -qr '^[ \t]' -- $query; and begin
            set -q fish_private_mode; or string match -qr '^[ \t]' -- $argv[1]
        end
        set query " $query"
        string match -q 'cursor=*' -- "$_GPTOS_FIELDS[1]"
        and set _GPTOS_FIELDS cursor=(math (commandline -C) + 1)
    end
    test $_GPTOS_MARKS = '???'
    and set -a argv --fresh
    __gptos_ask new $argv[1] $query $argv[2..]
end

# === the suggestion that a wish is about ===

# Keeps what stands in the line: for a wish behind it, and, unless it is private, for one on a fresh line. The clock was just read.
function __gptos_remember_suggestion
    set -g _GPTOS_LATEST $_GPTOS_PUT
    if set -q fish_private_mode; or string match -qr '^[ \t]' -- "$_GPTOS_QUERY"
        return
    end
    set -g _GPTOS_ALL_WORDS $_GPTOS_QUERY
    set -q _GPTOS_RING_FIELDS[1]
    and __gptos_gather_words
    set -g _GPTOS_CONTEXT $_GPTOS_PUT "$_GPTOS_ALL_WORDS" $_GPTOS_NOW "$PWD"
end

# Sets _GPTOS_ALL_WORDS to the words that the suggestion answers, with those of before when they were a wish about it, and with the
# blank that says that they are private.
function __gptos_gather_words
    set -g _GPTOS_ALL_WORDS $_GPTOS_QUERY
    set -l before
    if string match -qr '(?s)^asked=(?<before>.+)' -- $_GPTOS_RING_FIELDS
        string match -qr '^[ \t]' -- "$_GPTOS_QUERY"
        and set before " $before"
        set _GPTOS_ALL_WORDS (string sub -l 1000 -- "$before, $(string trim -- $_GPTOS_QUERY)" | string collect -a)
    end
end

# `?? but …` soon after a suggestion, and where it was made, is about that.
function __gptos_build_on_latest
    test "$_GPTOS_CONTEXT[4]" = "$PWD"; and not set -q fish_private_mode
    or return
    __gptos_clock
    test (math $_GPTOS_NOW - $_GPTOS_CONTEXT[3]) -le 600
    and set -g _GPTOS_FIELDS refines=$_GPTOS_CONTEXT[1] asked=$_GPTOS_CONTEXT[2]
end
