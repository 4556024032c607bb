# Part of the integration for fish, the last one: what is said to the user.

# === what is said of a suggestion ===

function __gptos_has_colour
    test -z "$NO_COLOR"; and test "$TERM" != dumb
end

# Cuts texts to a width.
function __gptos_cut
    if not string match -qr '^3\.[45]\.' -- $version
        string shorten -m $argv[1] -- $argv[2..]
        return
    end
    for text in (string sub -l $argv[1] -- $argv[2..])
        while test (string length -V -- "$text") -gt $argv[1]
            set text (string sub -e -1 -- $text)
        end
        printf '%s\n' $text
    end
end

# Sets _GPTOS_ROOM to the columns that a row may take, _GPTOS_PLAIN_ROOM to those of a note that needs no second look, and _GPTOS_SIGN to what
# stands before what is said of a suggestion: can the terminal show what is no ASCII?
function __gptos_measure
    set -g _GPTOS_MEASURED "$COLUMNS $LC_ALL/$LC_CTYPE/$LANG/$TERM/$GPTOS_NOTE"
    set -g _GPTOS_ROOM (math "max(0$COLUMNS, 20) - 1")
    set -g _GPTOS_PLAIN_ROOM $_GPTOS_ROOM
    test "$TERM" = dumb; or test "$GPTOS_NOTE" = 0
    and set -g _GPTOS_PLAIN_ROOM 0
    set -l locale $LC_ALL
    test -n "$locale"
    or set locale $LC_CTYPE
    test -n "$locale"
    or set locale $LANG
    set -g _GPTOS_SIGN '*'
    string match -qir 'utf-?8' -- "$locale"
    and set -g _GPTOS_SIGN ●
end
__gptos_measure

# Does each of these rows fit? Of most characters it is known how wide they are, and to ask costs more than to know.
function __gptos_fits
    string match -qrv "^[ -~●·]{0,$_GPTOS_ROOM}\$" -- $argv
    or return 0
    for row in $argv
        test (string length -V -- "$row") -le $_GPTOS_ROOM
        or return
    end
end

# Sets _GPTOS_NOTE_FITTED to the rows of a note that is too wide for one. Why something is dangerous may take three of them, and the risk
# comes first where it would not be seen behind the rest.
function __gptos_fold
    set -l room $_GPTOS_ROOM
    set -l text $argv[1]
    set -l sign
    set -l source
    set -l risk
    string match -qr '^(?<sign>\S+) (?<source>.*?) · (?<risk>risk .*)' -- $text
    and test (string length -V -- "$source") -gt (math $room - 18)
    and set text "$sign $risk · $source"
    set -g _GPTOS_NOTE_FITTED
    contains -- "$_GPTOS_RISK" high critical
    and while test (count $_GPTOS_NOTE_FITTED) -lt 2; and test (string length -V -- "$text") -gt $room
        set -l part (string sub -l $room -- $text)
        while test (string length -V -- "$part") -gt $room
            set part (string sub -e -1 -- $part)
        end
        set -a _GPTOS_NOTE_FITTED $part
        set text (string sub -s (math (string length -- $part) + 1) -- $text)
    end
    set -a _GPTOS_NOTE_FITTED $text
end

# Shows the rows that came with an answer, the list if there is one, and the note of the suggestion in the line. Argument: what else is to be said.
function __gptos_say_suggestion
    test "$_GPTOS_MEASURED" = "$COLUMNS $LC_ALL/$LC_CTYPE/$LANG/$TERM/$GPTOS_NOTE"
    or __gptos_measure
    set -l note
    set -g _GPTOS_RISK
    if test $_GPTOS_AT -gt 0
        set note $_GPTOS_SIGN
        for part in $_GPTOS_TOOK[$_GPTOS_AT] $_GPTOS_NOTES[$_GPTOS_AT]
            test -n "$part"
            and set note "$note $part"
        end
        if test -n "$_GPTOS_READINGS[$_GPTOS_AT]"
            test -n "$_GPTOS_NOTES[$_GPTOS_AT]"
            and set note "$note · $_GPTOS_READINGS[$_GPTOS_AT]"
            or set note "$note $_GPTOS_READINGS[$_GPTOS_AT]"
        end
        set -l risk
        string match -qr 'risk (?<risk>\w+)' -- "$note"
        and set -g _GPTOS_RISK $risk
        test "$GPTOS_NOTE" != 0
        or contains -- "$_GPTOS_RISK" high critical
        or set note
    end
    set -l rows $_GPTOS_ROWS
    set -g _GPTOS_ROWS
    test "$_GPTOS_LISTED" = 1
    and set -p rows (__gptos_list_rows)
    set -l remarks
    set -q _GPTOS_REMARKS[1]
    and set remarks (string join ' · ' -- $_GPTOS_REMARKS)
    if test -n "$note"; and test -n "$remarks"; and __gptos_fits "$note · $remarks"
        set note "$note · $remarks"
        set remarks
    end
    if test -n "$note"; and not __gptos_fits $note
        __gptos_fold $note
        set -a rows $_GPTOS_NOTE_FITTED
    else if test -n "$note"
        set -a rows $note
    end
    test -n "$remarks"
    and set -a rows (string match -ar ".{1,$_GPTOS_ROOM}" -- "gptos: $remarks")
    set -g _GPTOS_REMARKS
    __gptos_say $rows $argv
end

# === the note above the prompt ===

function __gptos_return
    return $argv[1]
end

# Shows lines above the prompt. fish itself draws and redraws them, so that nothing is left behind by
# wrapped lines, the pager or a resized window. The wrapper stays until the next prompt.
function __gptos_say
    set -q argv[1]
    or set argv ''
    test "$_GPTOS_MEASURED" = "$COLUMNS $LC_ALL/$LC_CTYPE/$LANG/$TERM/$GPTOS_NOTE"
    or __gptos_measure
    set -g _GPTOS_NOTE $argv
    string match -qrv "^[ -~●·]{0,$_GPTOS_ROOM}\$" -- $argv
    and set -g _GPTOS_NOTE (__gptos_cut $_GPTOS_ROOM $argv)
    if test "$TERM" = dumb
        # Nothing can be drawn over: say it once, and go on below.
        test -z "$_GPTOS_NOTE"
        or printf '%s\n' '' $_GPTOS_NOTE
    else if not functions -q __gptos_user_prompt
        __gptos_wrap
    end
    commandline -f repaint
end

# The prompt draws the note from now on.
function __gptos_wrap
    # Asking for the functions makes fish load them.
    functions -q fish_prompt
    and functions --copy fish_prompt __gptos_user_prompt
    or function __gptos_user_prompt
        echo -n '> '
    end
    functions -q fish_mode_prompt
    and functions --copy fish_mode_prompt __gptos_user_mode_prompt
    # fish puts the mode before the first row of the prompt, which is ours now.
    function fish_mode_prompt
    end
    function fish_prompt
        set -l statuses $pipestatus
        # fish 3.6 leaves the old last row on the screen when a prompt loses a row.
        set -l rows (count (string match -r -- . $_GPTOS_NOTE))
        test $rows -ge "0$_GPTOS_NOTE_ROWS"
        or printf '\e[J'
        set -g _GPTOS_NOTE_ROWS $rows
        test $rows -eq 0
        or __gptos_draw_note
        functions -q __gptos_user_mode_prompt
        and string join '' -- (__gptos_user_mode_prompt) | read -lz mode
        and printf %s (string trim -rc \n -- $mode)
        # The prompt may show $status or $pipestatus.
        eval (string join ' | ' -- '__gptos_return '$statuses)'; __gptos_user_prompt'
        test $_GPTOS_REPORTS = 1
        or __gptos_arm
    end
end

function __gptos_draw_note
    if not __gptos_has_colour
        printf '%s\n' $_GPTOS_NOTE
        return
    end
    set_color brblack
    for row in $_GPTOS_NOTE
        if string match -q '● *' -- $row
            switch "$_GPTOS_RISK"
                case high critical
                    set_color red
                case medium
                    set_color yellow
                case none low
                    set_color green
            end
            echo -n ●
            set_color normal
            set_color brblack
            set row (string sub -s 2 -- $row)
        end
        printf '%s\n' $row
    end
    set_color normal
end

function __gptos_unwrap
    functions -q __gptos_user_prompt
    or return
    # A prompt that was redefined meanwhile is the user's: leave it.
    if functions fish_prompt | string match -q '*_GPTOS_NOTE*'
        functions --erase fish_prompt fish_mode_prompt
        functions --copy __gptos_user_prompt fish_prompt
        functions -q __gptos_user_mode_prompt
        and functions --copy __gptos_user_mode_prompt fish_mode_prompt
    end
    functions --erase __gptos_user_prompt __gptos_user_mode_prompt
end
