# The tour in fish. Read after the user's own start-up files by a shell that `gptos tour` starts; _GPTOS_TOUR_STEPS holds what is said.
# No line is run: Enter goes to the integration for questions alone, and never for what could be run.

functions -q __gptos_enter
or $_GPTOS_TOUR_BIN init fish | source
# What is read late would define Enter anew.
functions -q __gptos_too_early
or __gptos_load
set -g fish_history ''
set -g _GPTOS_TOUR_AT 0

# Says the next step; behind the last one it leaves.
function __gptos_tour_next
    set -g _GPTOS_TOUR_AT (math $_GPTOS_TOUR_AT + 1)
    printf '%s\n' $_GPTOS_TOUR_STEPS[$_GPTOS_TOUR_AT]
    test $_GPTOS_TOUR_AT -lt (count $_GPTOS_TOUR_STEPS)
    or exit 0
end

# What is accepted in place of a line is an empty one.
function __gptos_tour_enter
    set -l line (commandline -b | string collect)
    if commandline --paging-mode; or commandline --search-mode
        commandline -f cancel
    else if string match -qr '(?s)^\s*\?\?\??(\s.*)?$' -- "$line"
        __gptos_enter
    else if not __gptos_too_early 250
        string match -qr '^\s*(exit|quit|logout)\s*$' -- "$line"
        and set -g _GPTOS_TOUR_AT (count $_GPTOS_TOUR_STEPS)
        set -g _GPTOS_TOUR_GOES_ON
        commandline -r ''
        commandline -f execute
    end
end

# The keys are bound at the first prompt, when the user's own are.
function __gptos_tour_prompt --on-event fish_prompt
    set -q _GPTOS_TOUR_GOES_ON
    or test $_GPTOS_TOUR_AT -eq 0
    or return
    set -e _GPTOS_TOUR_GOES_ON
    test $_GPTOS_TOUR_AT -lt (count $_GPTOS_TOUR_STEPS)
    or exit 0
    for mode in default insert replace visual
        bind -M $mode \r __gptos_tour_enter
        bind -M $mode \n __gptos_tour_enter
    end
    __gptos_tour_next
end

# A line was given up, which is what the last step asks for.
function __gptos_tour_cancelled --on-event fish_cancel
    test $_GPTOS_TOUR_AT -eq (math (count $_GPTOS_TOUR_STEPS) - 1)
    or return
    # `exit` alone would wait for the next line.
    commandline -f exit
    __gptos_tour_next
end
