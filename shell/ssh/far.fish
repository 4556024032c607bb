# GPT-OS for fish on the other side of an ssh session: the key and `?? words` with Enter ask home through the forwarded socket.
#
# Lives in this one shell. What comes back is data: it is put into the line and never run, and a text with a control character is refused.
# The line is kept whatever happens. `gptos ssh` fills in what stands between at signs.

# The integration of a gptos that is installed here knows more than this one.
if functions -q __gptos_translate __gptos_load
    exit
end
if string match -qr '^(2|3\.[0-3])\.' -- $version
    echo "gptos: fish $version is too old for the keys (3.4 or later), so this is a plain session" >&2
    exit
end
if not command -q curl
    echo 'gptos: there is no curl to ask with, so this is a plain session' >&2
    exit
end

set -g _GPTOS_FAR (dirname (status filename))

function __gptos_far_facts
    set -q _GPTOS_FACTS
    and return
    set -l tools bsd
    switch "$(command ls --version 2>&1)"
        case '*GNU*' '*uutils*'
            set tools gnu
        case '*usy?ox*' '*oybox*'
            set tools busybox
    end
    set -l has
    for name in @TOOLS@
        command -q $name
        and set -a has $name
    end
    set -g _GPTOS_FACTS "shell=fish $version" "os=$(command uname -s 2>/dev/null)" tools=$tools "has=$has" root=(test (id -u) = 0; and echo 1; or echo 0)
end

# Asks ROUTE about TEXT and prints the lines of the answer.
function __gptos_far_ask
    __gptos_far_facts
    set -l here
    string match -q "*"\n"*" -- $PWD
    or set here cwd=$PWD
    printf '%s\n' $_GPTOS_FACTS $here '' $argv[2] | command curl -q -s --noproxy '*' --unix-socket $_GPTOS_FAR/s --max-time @WAIT@ \
        -H Expect: --data-binary @- http://gptos/v1/$argv[1] 2>/dev/null
end

# Below the line, which is drawn anew under it.
function __gptos_far_say
    printf '\n%s\n' "gptos: $argv[1]" >&2
    string repeat -N \n --count=(math (count (fish_prompt)) - 1) >&2
    commandline -f repaint
end

# In the row below the line while somebody is asked. Index and cursor up make sure that there is one.
function __gptos_far_sign
    printf '\eD\e[A\e7\eD\r\e[K%s\e8' $argv[1] >&2
end

function __gptos_far_interrupted --on-signal INT
    set -q _GPTOS_ASKING
    or return
    set -e _GPTOS_ASKING
    __gptos_far_sign ''
    __gptos_far_say cancelled
end

# Tenths of a second, or whole seconds where date knows nothing finer.
function __gptos_far_now
    set -l now (command date +%s%N)
    string match -qr '^\d{12,}$' -- $now
    and math -s0 $now / 100000000
    or math 10 x (command date +%s)
end

# Puts the command for the words of the line into its place.
function __gptos_far_translate
    test (status current-command) = fish
    or return
    set -l line "$(commandline -b)"
    set -l private
    set -l words
    string match -qr '^(?<private>\s?)\s*(?:\?\?\??(?=\s|$))?\s*(?<words>.*?)\s*$' -- $line
    if test -z "$words"; or string match -qr '[[:cntrl:]]' -- $line
        __gptos_far_say 'type what you want on one line, then press the key'
        return
    end
    __gptos_far_sign 'gptos: asking at home... (Ctrl-C keeps the line)'
    set -g _GPTOS_ASKING
    set -l answer (__gptos_far_ask line "$private$words")
    # Ctrl-C has been dealt with, if this function is still run then.
    set -q _GPTOS_ASKING
    or return
    set -e _GPTOS_ASKING
    __gptos_far_sign ''
    # An Enter that was typed meanwhile is not for these words.
    set -g _GPTOS_OFFERED $line
    set -g _GPTOS_RISK none
    set -g _GPTOS_HELD ''
    set -g _GPTOS_SINCE (__gptos_far_now)
    if test "$answer[-1]" != end
        __gptos_far_say 'nobody answers at home; the session goes on without the keys'
        return
    end
    set -l fields (string split \t -- $answer[1])
    if string match -qr '[[:cntrl:]]' -- $fields
        __gptos_far_say 'the answer holds a control character and stays out of the line'
    else if test "$fields[1]" = cmd
        set -g _GPTOS_OFFERED $fields[2]
        set -g _GPTOS_RISK $fields[3]
        set -g _GPTOS_WHY $fields[4]
        commandline -r -- $fields[2]
        commandline -f end-of-buffer
        __gptos_far_say $fields[5]
    else
        __gptos_far_say $fields[2]
    end
end

# Whether Enter is not to run the line: it asks, it came too early, or the line is held for its risk.
function __gptos_far_takes
    test (status current-command) = fish; and not commandline --paging-mode; and not commandline --search-mode
    or return 1
    set -l line "$(commandline -b)"
    if string match -qr '^\s*\?\?\??\s+\S' -- $line
        __gptos_far_translate
        return 0
    end
    test -n "$_GPTOS_OFFERED"; and string match -qr '\S' -- $line
    or return 1
    set -l now (__gptos_far_now)
    if test $now -ge $_GPTOS_SINCE; and test (math $now - $_GPTOS_SINCE) -lt 7
        return 0
    end
    test @GUARD@ = 1; and test "$line" != "$_GPTOS_HELD"
    or return 1
    set -l risk $_GPTOS_RISK
    set -l why $_GPTOS_WHY
    if test "$line" != "$_GPTOS_OFFERED"
        set -l answer
        string match -qr '[[:cntrl:]]' -- $line
        or set answer (__gptos_far_ask check $line)
        set -l fields (string split \t -- $answer[1])
        if test "$answer[-1]" = end; and test "$fields[1]" = risk
            set risk $fields[2]
            set why (string replace -ar '[[:cntrl:]]' '?' -- $fields[3])
        else if not contains -- "$risk" high critical
            __gptos_far_say 'the line was not checked'
            return 1
        end
    end
    contains -- "$risk" high critical
    or return 1
    set -g _GPTOS_HELD $line
    set -g _GPTOS_SINCE $now
    __gptos_far_say "risk $risk: $why; Enter again runs it"
end

function __gptos_far_enter
    if not __gptos_far_takes
        # In vi mode Enter starts a new line in insert mode.
        string match -q '* -m insert *' -- (bind --preset -M $fish_bind_mode \r 2>/dev/null)
        and set fish_bind_mode insert
        commandline -f execute
    end
end

# Ctrl-C gives a new line without the event of a new prompt.
function __gptos_far_prompt --on-event fish_prompt --on-event fish_cancel
    set -g _GPTOS_OFFERED ''
    set -g _GPTOS_HELD ''
end

for mode in default insert visual
    for key in @KEYS@
        bind -M $mode $key __gptos_far_translate
    end
end
for mode in default insert replace
    bind -M $mode \r __gptos_far_enter
    bind -M $mode \n __gptos_far_enter
end
