//! Others that live in the same shell, loaded before and after: fzf, bash-completion, and what hooks commands as bash-preexec does.

use super::*;

const FZF: &str = "export FZF_DEFAULT_OPTS=--prompt=FIND; source /usr/share/doc/fzf/examples/key-bindings.bash; source /usr/share/bash-completion/completions/fzf";
const COMPLETION: &str = "source /usr/share/bash-completion/bash_completion";
/// Functions before and after each command, by a DEBUG trap and by a PROMPT_COMMAND made into one string.
const PREEXEC: &str = r#"
hooked=0 before='' after=0
hook_debug() {
    ((hooked)) && [[ -z ${READLINE_POINT-}${COMP_POINT-} && " ${PROMPT_COMMAND[*]} " != *" $BASH_COMMAND "* ]] || return 0
    hooked=0; before+="<$BASH_COMMAND>"
}
hook_prompt() { local status=$?; after=$((after + 1)); return $status; }
hook_arm() { hooked=1; }
trap 'hook_debug "$_"' DEBUG
PROMPT_COMMAND="hook_prompt
${PROMPT_COMMAND[*]/%/;}
hook_arm"
"#;

fn around(neighbour: &str) -> [Setup; 2] {
    // The harness counts prompts by an element of its own.
    let counted = "[[ \"${PROMPT_COMMAND[*]}\" == *__test_precmd* ]] || PROMPT_COMMAND+=(__test_precmd)";
    [
        Setup { before: neighbour.into(), rc: counted.into(), ..Setup::default() },
        Setup { rc: format!("{neighbour}\n{counted}"), ..Setup::default() },
    ]
}

/// Every way to ask, cycling, undo, and the line that runs.
fn works(bench: &Bench) {
    bench.t.type_text("list files");
    bench.t.key("C-g");
    bench.expect_buffer("echo one");
    bench.t.key("C-g");
    bench.expect_buffer("echo two");
    bench.t.keys(&["C-u"]);
    bench.expect_buffer("");
    bench.type_and_press("?? what's here", "Enter");
    bench.expect_buffer("echo one");
    bench.t.keys(&["C-u"]);
    bench.expect_buffer("");
    bench.type_and_press("?? what's here", "Tab");
    bench.expect_buffer("echo one");
    bench.t.key("C-_");
    bench.expect_buffer("?? what's here");
    bench.t.keys(&["C-u"]);
    bench.assert_sane();
}

fn two(setup: Setup) -> Bench {
    Bench::new(|helper| helper.answer_after(NOW, &[("echo one", NOTE), ("echo two", NOTE)]), setup)
}

#[test]
fn fzf_works_beside_us() {
    for setup in around(FZF) {
        let bench = two(setup);
        works(&bench);
        bench.t.type_text("cat ");
        bench.t.keys(&["C-r"]);
        bench.t.wait_for_screen("FINDcat");
        bench.t.key("Escape");
        bench.t.wait_for_screen_without("FIND");
        bench.expect_buffer("cat ");
    }
}

/// The sign that an answer is there is a reply of the terminal, and fzf would read it as a key.
#[test]
fn an_answer_that_comes_while_fzf_is_open_waits_for_it() {
    let bench =
        Bench::new(|helper| helper.answer_after(NOW, &[("touch answer", NOTE)]).when_told(), Setup { rc: FZF.into(), ..asynchronous() });
    bench.type_and_press("?? make a file", "Enter");
    bench.wait_for_helper();
    bench.t.wait_for_screen("?? make a file");
    bench.t.key("C-r");
    bench.t.wait_for_screen("FIND");
    bench.helper.tell();
    bench.t.wait_for(|| (!terminal::is_alive(bench.helper.pids()[0])).then_some(()), "the helper to end");
    bench.t.wait_until_idle();
    bench.t.type_text("qqq");
    let screen = bench.t.wait_for_screen("qqq");
    assert!(screen.contains("FIND") && !screen.contains("0n"), "fzf was given the reply:\n{screen}");
    bench.t.key("Escape");
    bench.t.wait_for_screen_without("FIND");
    bench.expect_buffer("touch answer");
    bench.t.keys(&["C-u"]);
    bench.assert_sane();
}

#[test]
fn bash_completion_works_beside_us() {
    for setup in around(COMPLETION) {
        let bench = two(setup);
        works(&bench);
        bench.type_and_press("mkdir aaa && touch aab && cd a", "Tab");
        bench.expect_buffer("mkdir aaa && touch aab && cd a");
        bench.t.keys(&["C-u"]);
        bench.type_and_press("git --vers", "Tab");
        bench.t.wait_for_buffer(|buffer| buffer.starts_with("git --vers"));
        bench.t.keys(&["C-u"]);
        bench.type_and_press("complete -p | grep -c __gptos_complete", "Enter");
        bench.t.wait_for_screen("\n2\n");
    }
}

#[test]
fn hooks_around_commands_see_each_line_once() {
    for setup in around(PREEXEC) {
        let bench = two(setup);
        works(&bench);
        let prompt = bench.t.prompt_number();
        bench.type_and_press("before=; (exit 7)", "Enter");
        bench.t.wait_for_prompt(prompt + 1);
        bench.type_and_press("echo \"$? $before\"", "Enter");
        let screen = bench.t.wait_for_screen("\n7 ");
        assert!(screen.contains("\n7 <echo \"$? $before\">"), "{screen}");
        assert!(!screen.contains("<__gptos"), "our own functions ran as commands:\n{screen}");
    }
}
