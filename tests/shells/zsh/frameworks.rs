//! How frameworks load plugins: from a file of theirs, inside a function, with options of their own, or late, when the prompt is there already.

use std::fs;

use super::{AT_ONCE, NOTE, give_up_line, scripted, start_with};
use crate::terminal::{Setup, Shell};

/// Ways to load a plugin file, each with `@F@` for the file.
const WAYS: &[(&str, &str)] = &[
    // oh-my-zsh reads the files of its plugins in a loop at the top, antidote and others from one file made of all.
    ("loop", "for __plugin in '@F@'; do source \"$__plugin\"; done"),
    // Managers read them inside a function that has put its own commands in the place of those that it watches.
    (
        "function",
        "__zinit() { emulate -LR zsh; setopt extended_glob warn_create_global typeset_silent
bindkey() { builtin bindkey \"$@\" }; zle() { builtin zle \"$@\" }; autoload() { builtin autoload \"$@\" }; alias() { builtin alias \"$@\" }
source '@F@'; unfunction bindkey zle autoload alias }; __zinit",
    ),
    ("sh", "emulate sh -c \". '@F@'\""),
    ("ksh", "__ksh() { emulate -L ksh; . '@F@'; }; __ksh"),
    // Late: before the second prompt, and when the line editor waits for a key.
    ("precmd", "__late() { source '@F@'; precmd_functions=(${precmd_functions:#__late}) }; precmd_functions+=(__late)"),
    ("turbo", "exec {__fd}</dev/null; __late() { zle -F $1; exec {1}<&-; source '@F@' }; zle -F $__fd __late"),
];

#[test]
fn it_loads_as_a_plugin_of_a_framework() {
    for (way, load) in WAYS {
        let (dir, helper) = scripted();
        let helper = helper.answer_after(AT_ONCE, &[("ls", NOTE)]);
        fs::write(dir.path().join("readme-first"), "").unwrap();
        // A plugin file is a line like that of a start-up file.
        let plugin = dir.path().join("gptos.plugin.zsh");
        fs::write(&plugin, format!("eval \"$(cat '{}')\"\n", Shell::Zsh.script().display())).unwrap();
        let load = load.replace("@F@", &plugin.display().to_string());
        let before = "autoload -Uz compinit; compinit -u -D; __options=\"${(kvj: :)options}\"".to_owned();
        let rc = "[[ \"$__options\" == \"${(kvj: :)options}\" ]] || echo CHANGED".to_owned();
        let t = start_with(&helper, Setup { load: Some(load), before, rc, ..Setup::default() });
        t.wait_until_idle();
        assert_eq!(t.screen(), "[1]>", "{way}");
        for (number, key) in [(2, "Enter"), (3, "C-g"), (4, "Tab")] {
            t.type_text("?? list files");
            t.key(key);
            t.wait_for_screen(&format!("● {NOTE}"));
            assert_eq!(t.buffer(), "ls", "{way}");
            give_up_line(&t, number);
        }
        t.type_text(&format!("echo {}/rea", dir.path().display()));
        t.key("Tab");
        t.wait_for_buffer(|b| b.trim_end().ends_with("/readme-first"));
        t.assert_not_spinning();
    }
}
