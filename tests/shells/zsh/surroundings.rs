//! The integration among the user's own settings: key maps, options, aliases, plugins, no line editor at all.

use std::thread;

use super::{AT_ONCE, NOTE, READING, SOON, give_up_line, list_files, scripted, start_with};
use crate::terminal::{Setup, Shell};

#[test]
fn vi_mode_works_from_both_keymaps() {
    let (dir, helper) = scripted();
    let marker = dir.path().join("marker");
    let command = format!("touch {}", marker.display());
    let helper = helper.answer_after(AT_ONCE, &[(command.as_str(), NOTE)]);
    let t = start_with(&helper, Setup { vi: true, ..Setup::default() });
    t.type_text("make a marker");
    t.key("Escape");
    t.wait_until_idle();
    t.key("C-g");
    t.wait_for_screen("● offline");
    assert_eq!(t.buffer(), command);
    give_up_line(&t, 2);
    t.type_text("?? what's a marker");
    t.key("Escape");
    t.wait_until_idle();
    t.keys(&["Enter", "Enter", "Enter"]);
    t.wait_for_screen("● offline");
    assert_eq!(t.buffer(), command);
    assert!(!marker.exists());
    // Where the insert mode has nothing better to do with it, the key of the emacs keymap takes the suggestion back.
    t.keys(&["a", "C-_"]);
    t.wait_for_buffer(|buffer| buffer == "?? what's a marker");
    t.key("C-g");
    t.wait_for_buffer(|buffer| buffer == command);
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(3);
    assert!(marker.exists());
}

#[test]
fn hostile_options_and_aliases_change_nothing() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(SOON, &[("echo *", NOTE), ("echo b", NOTE)]);
    let before = "alias local=false print=false zle=false emulate=false kill=false typeset=false command=false read=false
alias -g L='| less' fd=nothing
setopt ksh_arrays glob_subst sh_word_split no_unset warn_create_global warn_nested_var rc_quotes no_clobber ksh_glob no_bare_glob_qual pipe_fail
__before=\"${(kvj: :)options}\"";
    let script = Shell::Zsh.script();
    let load = format!("__load() {{ source '{0}'; eval \"$(<'{0}')\"; }}\n__load\n__load\nemulate sh -c __load", script.display());
    let rc = "[[ \"$__before\" == \"${(kvj: :)options}\" ]] || echo OPTIONS CHANGED".to_owned();
    let t = start_with(&helper, Setup { before: before.into(), load: Some(load), rc, ..Setup::default() });
    t.type_text("?? what's here");
    t.key("Enter");
    t.wait_for_screen("● offline");
    assert_eq!(t.buffer(), "echo *");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "echo b");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    t.wait_for(|| (helper.ran().len() == 1).then_some(()), "the report");
    // Neither does a line of the user's own.
    t.type_text("echo c");
    t.key("Enter");
    t.wait_for_prompt(3);
    assert_eq!(t.screen(), "[1]> echo b\nb\n[2]> echo c\nc\n[3]>");
    t.assert_not_spinning();
}

#[test]
fn loading_by_eval_and_loading_twice_work() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let script = Shell::Zsh.script();
    let load =
        format!("__again() {{ source '{0}'; eval \"$(cat '{0}')\" }}\neval \"$(cat '{0}')\"\nsource '{0}'\n__again", script.display());
    let t = start_with(&helper, Setup { load: Some(load), ..Setup::default() });
    for number in 2..5 {
        t.type_text("__again; echo \"hooks $#precmd_functions $#preexec_functions\"");
        t.key("Enter");
        t.wait_for_prompt(number);
        assert!(t.screen().ends_with(&format!("hooks 2 0\n[{number}]>")), "{}", t.screen());
    }
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls");
    assert_eq!(helper.queries().len(), 1);
    t.key("C-u");
    t.type_text("echo hello");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(5);
    assert!(t.screen().ends_with("echo hello\nhello\n[5]>"), "{}", t.screen());
    t.type_text("echo \"hooks $#precmd_functions $#preexec_functions\"");
    t.key("Enter");
    t.wait_for_screen("\nhooks 2 0\n[6]>");
}

/// Debian and many frameworks tell the terminal there that its keys are read.
#[test]
fn functions_that_the_line_editor_called_before_are_still_called() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let before = "typeset -gi __begun=0 __ended=0
zle-line-init() { (( ++__begun )) }; zle -N zle-line-init
zle-line-finish() { emulate -L zsh; (( ++__ended )); false }; zle -N zle-line-finish";
    let script = Shell::Zsh.script();
    // Somebody wraps ours, and then it is read once more.
    let load = format!(
        "__again() {{ source '{0}'; __gptos_load }}; __again
zle -A zle-line-init former; __wrapped() {{ (( __begun += 100 )); zle former }}; zle -N zle-line-init __wrapped; __again",
        script.display()
    );
    let t = start_with(&helper, Setup { before: before.to_owned(), load: Some(load), ..Setup::default() });
    for number in 2..5 {
        t.type_text("echo \"hooks $__begun $__ended\"");
        t.key("Enter");
        t.wait_for_prompt(number);
        assert!(t.screen().ends_with(&format!("hooks {} {}\n[{number}]>", 101 * (number - 1), number - 1)), "{}", t.screen());
    }
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls");
}

/// What is read at the start is small; the rest comes when nobody types, or with the first key that needs it.
#[test]
fn most_of_it_is_read_when_it_is_needed() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    // The words are typed by the shell itself, before the line editor looks at anything else.
    let typed = "__typed() { zle -U $'?? list files\\n' }; zle -N zle-line-init __typed";
    // A key may also come when the parts are on their way, or when only some of them have been read.
    let way = "__gptos_ask_parts\n";
    let half = "repeat 5 __gptos_load step\n";
    for (before, read) in [("", "read 0 unasked"), (way, "read 0 coming"), (half, "read 1 here")] {
        let rc = format!("{before}echo \"read $+functions[__gptos_ask] $_GPTOS_STAGE\"\n{typed}");
        let t = start_with(&helper, Setup { rc, ..Setup::default() });
        assert!(t.screen().starts_with(read), "{}", t.screen());
        t.wait_for_buffer(|b| b == "ls");
    }

    let t = start_with(&helper, Setup::default());
    t.type_text("echo \"read $+functions[__gptos_ask] $_GPTOS_IDLE_FD $#_GPTOS_PARTS$_GPTOS_STAGE\"");
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(t.screen().ends_with("read 1 0 0\n[2]>"), "{}", t.screen());
}

#[test]
fn the_keys_are_the_users_choice() {
    let cases = [
        ("GPTOS_KEY=ctrl-t", "", "C-t"),
        ("GPTOS_KEY=alt-k", "", "M-k"),
        ("GPTOS_KEY='^Xg'", "", "C-x g"),
        ("GPTOS_KEY= GPTOS_KEY2=ctrl-]", "", "C-]"),
        ("", "vscode", "C-]"),
    ];
    for (before, program, keys) in cases {
        let env = vec![("TERM_PROGRAM".to_owned(), program.to_owned())];
        let (_dir, helper) = scripted();
        let helper = list_files(helper);
        let t = start_with(&helper, Setup { before: before.into(), env, ..Setup::default() });
        t.type_text("list files");
        t.keys(&keys.split(' ').collect::<Vec<_>>());
        t.wait_for_buffer(|b| b == "ls");
    }
}

#[test]
fn messages_are_plain_where_the_locale_is_not_utf_8() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(SOON, &[("ls", NOTE)]).tick(SOON, 1200, "openai");
    let t = start_with(&helper, Setup { env: vec![("LC_ALL".into(), "C".into())], ..Setup::default() });
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_screen("gptos: openai... 1.2 s (Ctrl-C cancels)");
    t.wait_for_screen("* offline - risk none");
    assert_eq!(t.buffer(), "ls");
}

#[test]
fn ghost_text_of_another_plugin_does_not_stay_behind_the_command() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let rc = "_ghost() { POSTDISPLAY=' ghost' }; zle -N _ghost; bindkey '^B' _ghost".to_owned();
    let t = start_with(&helper, Setup { rc, ..Setup::default() });
    t.type_text("list files");
    t.key("C-b");
    t.wait_for_screen("list files ghost");
    t.key("C-g");
    t.wait_for_screen(NOTE);
    assert_eq!(t.screen(), "[1]> ls\n● offline · risk none");
}

#[test]
fn where_there_is_no_line_editor_nothing_happens() {
    let load = format!("source '{}'; echo \"status $? ${{widgets[accept-line]-none}}\"", Shell::Zsh.script().display());
    for (term, arguments) in [("xterm", ["-f", "-c"]), ("dumb", ["-fi", "-c"])] {
        let output = std::process::Command::new("zsh").env("TERM", term).args(arguments).arg(&load).output().expect("zsh is installed");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{term}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "status 0 builtin", "{term}");
    }
}

#[test]
fn the_common_plugins_may_come_before_or_after() {
    const PLUGINS: &str = "autoload -Uz compinit; compinit -u -D
source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh || echo MISSING
source /usr/share/doc/fzf/examples/key-bindings.zsh || echo MISSING
source /usr/share/doc/fzf/examples/completion.zsh || echo MISSING
source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh || echo MISSING
print -s '?? list files by size, old words'";
    let script = format!("source '{}'", Shell::Zsh.script().display());
    let orders = [(PLUGINS.to_owned(), false), (PLUGINS.to_owned(), true), (String::new(), false), (String::new(), true)];
    for (before, vi) in orders {
        let rc = if before.is_empty() { format!("{PLUGINS}\n{script}") } else { String::new() };
        let (_dir, helper) = scripted();
        let helper = helper.answer_after(SOON, &[("ls -d /", NOTE), ("ls -dA /", NOTE)]);
        let t = start_with(&helper, Setup { before, rc, vi, ..Setup::default() });
        assert!(!t.screen().contains("MISSING"), "install the plugins; {}", t.screen());
        t.type_text("?? list files");
        t.wait_for_screen("old words");
        t.key("Enter");
        t.wait_for_screen("● offline");
        assert_eq!(t.screen(), "[1]> ls -d /\n● offline · risk none");
        assert_eq!(t.buffer(), "ls -d /");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls -dA /");
        // The command is coloured as one that exists.
        t.wait_for(|| t.coloured_screen().contains("\u{1b}[32mls\u{1b}[39m -dA").then_some(()), "the highlighting");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "?? list files");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls -d /");
        // On a busy machine a shell of this size starts the timer that lets Enter through late.
        t.wait_for(
            || {
                thread::sleep(READING);
                t.key("Enter");
                t.wait_until_idle();
                (t.prompt_number() >= 2).then_some(())
            },
            "Enter to run the line",
        );
        assert!(t.screen().contains("ls -d /\n/\n[2]>"), "{}", t.screen());
        t.assert_not_spinning();
    }
}
