//! What `gptos doctor` says of the tools beside: Tab, the question mark, keymaps, and what was loaded when.

use super::*;

/// The findings of a home with these lines around the integration, and what is told of them.
fn look(shell: Shell, before: &str, after: &str) -> (i32, String) {
    let home = Home::loading(shell, &format!("{before}\n"), after);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("neighbours/bin");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
    told(&home.command(shell).env("PATH", path).output().unwrap())
}

#[test]
fn a_tab_that_lists_nothing_is_told_of() {
    for (shell, before, after, says) in [
        (Shell::Zsh, "", "bindkey -M emacs -s '^I' 'text'; bindkey -M viins -s '^I' 'text'", "Tab types \"text\""),
        (Shell::Zsh, "", "bindkey '^I' complete-word", ""),
        (Shell::Bash, "", "bind '\"\\t\": self-insert'", "Tab is `self-insert` in keymap emacs-standard"),
        (Shell::Bash, "", "bind -x '\"\\t\": complete_mine'", "Tab is `"),
        (Shell::Bash, "", "complete -r '??'", "the completion of `??` was taken away"),
        (Shell::Bash, "", "bind '\"\\t\": menu-complete'", ""),
        (Shell::Fish, "", "bind \\t 'echo mine'", "Tab is `'echo mine'` in mode default"),
        (Shell::Fish, "bind \\t 'echo mine'", "", ""),
    ] {
        let (status, text) = look(shell, before, after);
        assert_eq!((status == 0, text.contains(says)), (says.is_empty(), true), "{shell:?} {before}{after}: {text}");
    }
    for (shell, is) in
        [(Shell::Zsh, "Tab is `expand-or-complete`, and lists"), (Shell::Bash, "Tab is `complete`, and lists"), (Shell::Fish, "Tab lists")]
    {
        let (_, text) = look(shell, "", "");
        assert!(text.contains(&format!("{is} suggestions for `?? words`")), "{text}");
    }
    let (status, text) = look(Shell::Zsh, "", "bindkey -M emacs -s '^I' 'text'");
    let mend = text.lines().find_map(|line| line.strip_prefix("    ")).unwrap();
    assert_eq!(status, 1, "{text}");
    assert_eq!(look(Shell::Zsh, "", &format!("bindkey -M emacs -s '^I' 'text'\n{mend}")).0, 0, "{mend}");
}

#[test]
fn a_question_mark_that_cannot_be_typed_is_told_of() {
    for (shell, name) in [(Shell::Zsh, "zsh"), (Shell::Bash, "bash"), (Shell::Fish, "fish")] {
        let init = |option: &str| match shell {
            Shell::Fish => format!("atuin init fish{option} | source"),
            _ => format!("eval \"$(atuin init {name}{option})\""),
        };
        for (before, after) in [(init(""), String::new()), (String::new(), init(""))] {
            let (status, text) = look(shell, &before, &after);
            assert!(status == 1 && text.contains("`?? words` does not come into the line"), "{text}");
            assert!(text.contains(&format!("atuin init {name} --disable-ai")), "{text}");
        }
        let (status, text) = look(shell, &init(" --disable-ai"), "");
        assert!(status == 0 && text.contains("beside it: atuin"), "{text}");
    }
    let magic = "autoload -Uz url-quote-magic; zle -N self-insert url-quote-magic; bindkey '?' url-quote-magic";
    assert_eq!(look(Shell::Zsh, magic, "").0, 0);
    let (_, text) = look(Shell::Bash, "", "bind '\"?\": complete'");
    assert!(text.contains("bind '\"?\": self-insert'"), "{text}");
}

#[test]
fn a_key_that_is_set_too_late_is_told_of_alone() {
    for (shell, line) in
        [(Shell::Zsh, "GPTOS_KEY=ctrl-o"), (Shell::Bash, "export GPTOS_KEY=ctrl-o"), (Shell::Fish, "set -g GPTOS_KEY ctrl-o")]
    {
        let (status, text) = look(shell, "", line);
        assert!(status == 1 && text.contains("this line belongs above"), "{text}");
        assert_eq!(text.matches("\n    ").count(), 1, "{text}");
        let (status, text) = look(shell, line, "");
        assert_eq!(status, 0, "{text}");
    }
}

#[test]
fn keymaps_of_ones_own_and_those_that_come_late_are_told_of() {
    let own = "bindkey -N mine emacs; bindkey -A mine main";
    let (status, text) = look(Shell::Zsh, own, "");
    assert!(status == 1 && text.contains("in keymap main") && text.contains("bindkey -M main '^G' gptos-translate"), "{text}");
    let (status, text) = look(Shell::Zsh, own, "bindkey -M main '^G' gptos-translate");
    assert_eq!(status, 0, "{text}");

    // As zsh-vi-mode does: its keys are bound at the first prompt, and then what it was told to run.
    let late = "zvm_init() { bindkey -M viins '^G' list-expand; precmd_functions=(${precmd_functions:#zvm_init})
for line in \"${zvm_after_init_commands[@]}\"; do eval \"$line\"; done }; precmd_functions+=(zvm_init)";
    let (status, text) = look(Shell::Zsh, late, "");
    let mend = text.lines().find_map(|line| line.strip_prefix("    ")?.split("    ").next()).unwrap();
    assert!(status == 1 && mend.starts_with("zvm_after_init_commands+="), "{text}");
    let mend = mend.replace("(gptos ", &format!("({} ", env!("CARGO_BIN_EXE_gptos")));
    let (status, text) = look(Shell::Zsh, &format!("{mend}\n{late}"), "");
    assert_eq!(status, 0, "{text}");
}

#[test]
fn tools_that_may_be_loaded_in_any_order_are_named_and_nothing_else() {
    let zsh = "source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh; source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh
source <(fzf --zsh); eval \"$(starship init zsh)\"; eval \"$(zoxide init zsh)\"; eval \"$(direnv hook zsh)\"";
    let bash = "source /usr/share/bash-completion/bash_completion; eval \"$(fzf --bash)\"; eval \"$(starship init bash)\"
eval \"$(atuin init bash --disable-ai)\"; eval \"$(direnv hook bash)\"";
    let fish = "fzf --fish | source; starship init fish | source; atuin init fish --disable-ai | source";
    for (shell, tools, named) in [
        (Shell::Zsh, zsh, &["direnv", "fzf", "starship", "zoxide", "zsh-autosuggestions", "zsh-syntax-highlighting"][..]),
        (Shell::Bash, bash, &["atuin", "bash-completion", "direnv", "fzf", "starship"]),
        (Shell::Fish, fish, &["atuin", "fzf"]),
    ] {
        for (before, after) in [(tools, ""), ("", tools)] {
            let (status, text) = look(shell, before, after);
            let beside = text.lines().find_map(|line| line.strip_prefix("beside it: ")).unwrap_or_default();
            assert!(status == 0 && beside.ends_with("(the order in which they are loaded does not matter)"), "{text}");
            assert!(named.iter().all(|name| beside.contains(name)), "{text}");
        }
    }
    let (status, text) = look(Shell::Bash, "source /etc/profile.d/undistract-me.sh", "");
    assert!(status == 1 && text.contains("misses lines"), "{text}");
}
