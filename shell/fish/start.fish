# GPT-OS for fish 3.4 and later: words in the command line become a command in
# the command line. Nothing here runs an answer; only Enter does, and only for a
# line that stood on the screen long enough to be seen.
#
#   Ctrl-G          on a line of words: translate; again: next suggestion
#   ?? words Enter  the same            ??? words Enter  ask a provider at once
#   ?? words Tab    several suggestions as a list
#   COMMAND ?? words Enter, ?? but words Enter    change the suggestion
#   Ctrl-C          give up waiting and keep the line
#
# Options (global variables, set before or after this file is read):
#   GPTOS_BIN  GPTOS_KEY  GPTOS_KEY2  GPTOS_ENTER_GUARD_MS  GPTOS_PROGRESS_MS
#   GPTOS_GUARD     which lines are judged at Enter: `suggested` (default; those that
#                descend from a suggestion), `all` or `off`. A line held for its risk
#                runs at a second Enter.
#   GPTOS_GUARD_MS  how long Enter waits for that
#   GPTOS_ASYNC  1: the prompt waits GPTOS_PROGRESS_MS and is then live again (default)
#                0: the prompt waits for the answer, with a sign of life, until this
#                machine has something to offer by itself
#   GPTOS_NOTE   0: nothing is said of a suggestion unless its risk is high (default 1)
#   GPTOS_HASH   1: `# words` is asked like `?? words` (default 0)
#   GPTOS_SCOPES  programs of which `PROGRAM? words` asks, for example `git docker k`
#
# This part is printed by `gptos init fish` and read when the shell starts, the others by `gptos parts
# fish` at the first use. Defines functions called __gptos_* and variables called _GPTOS_*. While a note is
# shown, fish_prompt and fish_mode_prompt are wrapped; the next prompt has them back.

if not status is-interactive
    return
end
if string match -qr '^(2|3\.[0-3])\.' -- $version
    echo 'gptos: fish 3.4 or later is needed' >&2
    return
end

# === options ===

set -q GPTOS_BIN; or set -g GPTOS_BIN gptos
set -q GPTOS_KEY; or set -g GPTOS_KEY ctrl-g
if not set -q GPTOS_KEY2
    set -g GPTOS_KEY2
    # The editor keeps Ctrl-G for itself.
    test "$TERM_PROGRAM" = vscode
    and set GPTOS_KEY2 'ctrl-]'
end
set -q GPTOS_ENTER_GUARD_MS; or set -g GPTOS_ENTER_GUARD_MS 250
set -q GPTOS_PROGRESS_MS; or set -g GPTOS_PROGRESS_MS 120
set -q GPTOS_ASYNC; or set -g GPTOS_ASYNC 1
set -q GPTOS_GUARD; or set -g GPTOS_GUARD suggested
set -q GPTOS_GUARD_MS; or set -g GPTOS_GUARD_MS 100

set -g _GPTOS_NOTICE "$HOME/.local/state/gptos/notice"
test -n "$XDG_STATE_HOME"
and set -g _GPTOS_NOTICE "$XDG_STATE_HOME/gptos/notice"

# Whether the other parts could not be had.
set -e _GPTOS_LACKING

# === the last line ===

# A line has ended. One that begins with a blank is kept nowhere; a program stopped by Ctrl-Z has not failed.
function __gptos_note_line --on-event fish_postexec
    set -l code $status
    # What needs the user lies there until it was told. The program tells one line of it, and takes it away when all is told.
    test -s "$_GPTOS_NOTICE"
    and command $GPTOS_BIN notice </dev/null 2>/dev/null
    string match -qr '\S' -- $argv[1]
    or return
    set -e _GPTOS_FAILED
    contains -- $code 0 148
    or set -q fish_private_mode
    or string match -qr '^\s' -- $argv[1]
    or set -g _GPTOS_FAILED $code "$argv[1]"
end

# === the keys, until the rest is needed ===

# Has the binary hand out the other parts, which bring functions of the same names. Who did not is asked again
# only where somebody waits for a word about it: `key`.
function __gptos_load
    set -q _GPTOS_LACKING
    and not contains key $argv
    and return 1
    set -l bin $_GPTOS_PARTS_BIN
    test -f "$bin" -a -x "$bin"
    or set bin $GPTOS_BIN
    set -l parts
    command -q "$bin"
    and set parts (command $bin parts fish "$_GPTOS_PARTS_BUILD" </dev/null 2>/dev/null | string collect)
    if not string match -qr '\n: end$' -- "$parts"
        # Below the line, which is drawn again below that.
        printf '\ngptos: fish: %s does not hand out the integration\nhint: try again, or run the installer and open a new shell\n' "$bin" >&2
        commandline -f repaint
        set -g _GPTOS_LACKING
        return 1
    end
    set -e _GPTOS_LOADED _GPTOS_LACKING
    eval $parts
    set -q _GPTOS_LOADED
    and return
    # A binary of another build has handed out its own first part.
    not contains again $argv
    and __gptos_load $argv again
end

# Whether a line may be a request; most are told apart from one by this look.
function __gptos_may_ask
    string match -qr '^\s*\?\?\??(?:\s|$)|^#[ \t]+\S|\? ' -- $argv[1]
end

function __gptos_key
    __gptos_load key
    and __gptos_key
end

# Words are no command, also where nobody can make one of them.
function __gptos_enter
    if test "$GPTOS_GUARD" = all; or __gptos_may_ask "$(commandline -b)"
        set -l asks (commandline -b | string match -r '^\s*\?\?')
        if __gptos_load (set -q asks[1]; and echo key)
            __gptos_enter
            return
        end
        set -q asks[1]
        and return
    end
    __gptos_enter_mode
    commandline -f execute
end

function __gptos_tab
    if set -q _GPTOS_TAB_BOUND[1]; or __gptos_may_ask "$(commandline -b)"
        if __gptos_load
            __gptos_tab
            return
        end
    end
    commandline -f complete
end

# In vi mode Enter starts a new line in insert mode. The keys of Emacs know no other, and to ask would cost each Enter.
function __gptos_enter_mode
    test "$fish_key_bindings" != fish_default_key_bindings
    and string match -q '* -m insert *' -- (bind --preset -M $fish_bind_mode \r 2>/dev/null)
    and set fish_bind_mode insert
end

# === bindings ===

# `ctrl-g`, `alt-g`, or fish's own notation, as `bind` wants it.
function __gptos_sequence
    set -l modifier
    set -l letter
    if string match -qr '^(?<modifier>ctrl|alt)-(?<letter>.)$' -- $argv[1]
        test $modifier = ctrl
        and string unescape -- \\c$letter
        or string unescape -- \\e$letter
    else
        string unescape -- $argv[1]
    end
end

# Keeps what the user has bound to Tab before in a mode, as a call of a function.
function __gptos_lend_tab
    set -l bound (bind --user -M $argv[1] \t 2>/dev/null)[1]
    if test -z "$bound"; or string match -q '*__gptos_*' -- $bound
        return
    end
    set -ga _GPTOS_TAB_MODES $argv[1]
    set -ga _GPTOS_TAB_BOUND (string replace -r '^bind(?: -\S+(?: (?:default|insert))?)* \S+ ' '__gptos_press ' -- $bound)
end

# Bindings of the user's level survive fish_vi_key_bindings, whichever comes first.
function __gptos_bind_keys
    set -l modes default insert
    # Who has bound nothing has not bound Tab.
    set -l bound (bind --user)
    for mode in $modes
        set -q bound[1]
        and __gptos_lend_tab $mode
        bind -M $mode \t __gptos_tab
    end
    for key in $GPTOS_KEY $GPTOS_KEY2
        test -n "$key"
        or continue
        set -l sequence \cg
        test $key = ctrl-g
        or set sequence (__gptos_sequence $key)
        for mode in $modes visual
            bind -M $mode $sequence __gptos_key
        end
    end
    for mode in $modes replace
        bind -M $mode \r __gptos_enter
        bind -M $mode \n __gptos_enter
    end
end
__gptos_bind_keys
