# What `gptos doctor` asks a fish that it started: who has which key, and what else is loaded. Printed to standard output behind a word, at the
# first prompt, because keys of the user are bound just before it.

function __gptos_report_at_prompt --on-event fish_prompt
    printf '\0%s\0version\0\0%s\0' $_GPTOS_REPORT $version
    for name in GPTOS_KEY GPTOS_KEY2 GPTOS_BIN
        set -q $name
        and printf 'variable\0%s\0%s\0' $name "$$name"
    end
    functions -q __gptos_key
    and printf 'loaded\0\0%s\0' (functions --details __gptos_key)
    for line in (bind)
        printf 'key\0\0%s\0' $line
    end
    for known in tide:tide fisher:fisher __atuin_search:atuin _atuin_search:atuin fzf_key_bindings:fzf __fzf_search_history:fzf.fish \
        _fzf_search_history:fzf.fish starship:starship starship_transient_prompt_func:starship __navi_widget:navi _navi_smart_replace:navi
        functions -q (string split -f 1 : -- $known)
        and printf 'seen\0\0%s\0' (string split -f 2 : -- $known)
    end
    printf 'end\0\0\0'
    exit
end
