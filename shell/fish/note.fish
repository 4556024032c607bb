# Part of the integration for fish, the last one: what is said to the user.

# === the note above the prompt ===

function __gptos_return
    return $argv[1]
end

# Shows lines above the prompt. fish itself draws and redraws them, so that nothing is left behind by
# wrapped lines, the pager or a resized window. The wrapper stays until the next prompt.
function __gptos_say
    set -q argv[1]
    or set argv ''
    set -g _GPTOS_NOTE (string sub -l (math "max($COLUMNS, 20) - 1") -- $argv)
    if test "$TERM" = dumb
        # Nothing can be drawn over: say it once, and go on below.
        test -z "$_GPTOS_NOTE"
        or printf '%s\n' '' $_GPTOS_NOTE
    else if not functions -q __gptos_user_prompt
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
            set -l rows (count (string match -- '?*' $_GPTOS_NOTE))
            test $rows -ge "0$_GPTOS_NOTE_ROWS"
            or printf '\e[J'
            set -g _GPTOS_NOTE_ROWS $rows
            if test $rows -gt 0
                set_color brblack
                printf '%s\n' $_GPTOS_NOTE
                set_color normal
            end
            functions -q __gptos_user_mode_prompt
            and string join '' -- (__gptos_user_mode_prompt) | read -lz mode
            and printf %s (string trim -rc \n -- $mode)
            # The prompt may show $status or $pipestatus.
            eval (string join ' | ' -- '__gptos_return '$statuses)'; __gptos_user_prompt'
            test $_GPTOS_REPORTS = 1
            or __gptos_arm
        end
    end
    commandline -f repaint
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
