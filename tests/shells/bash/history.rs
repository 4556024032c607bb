//! The history: the command as it was typed, the request before it, and what the user keeps out.

use super::*;

impl Bench {
    /// The history from its `echo begin` on, one entry a line.
    fn history(&self) -> Vec<String> {
        let file = self.dir.path().join("history");
        let prompt = self.t.prompt_number();
        self.type_and_press(&format!(" HISTTIMEFORMAT= history | cut -c8- >'{}'", file.display()), "Enter");
        self.t.wait_for_prompt(prompt + 1);
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().skip_while(|line| *line != "echo begin").filter(|line| !line.contains("HISTTIMEFORMAT"));
        lines.map(str::to_owned).collect()
    }

    fn run(&self, line: &str) {
        let prompt = self.t.prompt_number();
        self.t.type_text(line);
        self.read_and_enter();
        self.t.wait_for_prompt(prompt + 1);
    }

    fn request_and_run(&self, request: &str) {
        let prompt = self.t.prompt_number();
        self.type_and_press(request, "Enter");
        self.expect_buffer("echo answer");
        self.read_and_enter();
        self.t.wait_for_prompt(prompt + 1);
    }
}

fn remembering(rc: &str) -> Bench {
    let bench = Bench::answering(NOW, "echo answer", Setup { rc: rc.into(), ..Setup::default() });
    bench.run("echo begin");
    bench
}

#[test]
fn the_request_stands_before_the_command_in_every_mode_of_the_history() {
    for (rc, wanted) in [
        ("", &["echo begin", "?? say it", "echo answer", "?? say it", "echo answer"][..]),
        ("HISTCONTROL=ignorespace", &["echo begin", "?? say it", "echo answer", "?? say it", "echo answer"]),
        ("HISTCONTROL=ignoreboth:erasedups", &["echo begin", "?? say it", "echo answer"]),
        ("HISTCONTROL=ignoredups; shopt -s lithist histappend", &["echo begin", "?? say it", "echo answer", "?? say it", "echo answer"]),
        ("HISTIGNORE='\\?\\? *'", &["echo begin", "echo answer", "echo answer"]),
        ("HISTIGNORE='echo answer'", &["echo begin", "?? say it", "?? say it"]),
        ("shopt -u cmdhist", &["echo begin", "?? say it", "echo answer", "?? say it", "echo answer"]),
    ] {
        let bench = remembering(rc);
        bench.request_and_run("?? say it");
        bench.request_and_run("?? say it");
        assert_eq!(bench.history(), wanted, "{rc}");
    }
}

/// Events mean the commands, as if there were no words, also those that nobody finds.
#[test]
fn words_never_stand_where_an_event_looks() {
    let events = [
        (" !!", "echo answer echo two"),
        (" !-2:1", "echo answer one"),
        (" !ech:1", "echo answer two"),
        (" '!!' \\!!", "echo answer '!!' \\!!"),
        (" \"!!\"  a", "echo answer \"echo two\"  a"),
    ];
    for rc in ["", "HISTCONTROL=ignoreboth", "HISTTIMEFORMAT='%F %T '", "GPTOS_GUARD=off"] {
        let events = if rc.is_empty() { &events[..] } else { &events[..1] };
        for (behind, runs) in events {
            let bench = remembering(rc);
            bench.run("echo one");
            bench.run("echo two");
            bench.type_and_press("?? say it", "Enter");
            bench.expect_buffer("echo answer");
            bench.run(behind);
            bench.run("echo last !!");
            let last = format!("echo last {runs}");
            assert_eq!(bench.history(), ["echo begin", "echo one", "echo two", "?? say it", *runs, &last], "{rc}: {behind}");
        }
        let bench = remembering(rc);
        bench.type_and_press("?? say it", "Enter");
        bench.expect_buffer("echo answer");
        bench.t.type_text(" !nosuch");
        bench.read_and_enter();
        bench.t.wait_for_screen("!nosuch: event not found");
        bench.run("echo other");
        assert_eq!(bench.history(), ["echo begin", "?? say it", "echo other"], "{rc}");
    }
}

/// Bash asks for another line then, without the prompt hook.
#[test]
fn words_behind_an_event_that_nobody_finds_are_no_command() {
    for (rc, line, shown) in [
        ("", "echo !nosuch", "!nosuch: event not found"),
        ("", "^nosuch^other", "substitution failed"),
        ("shopt -s histverify", "echo !!", "echo echo begin"),
        ("shopt -u extglob", "echo !(x)", "event not found"),
        ("histchars='@^#'", "echo @nosuch", "@nosuch: event not found"),
    ] {
        let bench = remembering(rc);
        bench.type_and_press(line, "Enter");
        bench.t.wait_for_screen(shown);
        bench.t.key("C-u");
        bench.type_and_press("?? say it", "Enter");
        bench.expect_buffer("echo answer");
        bench.read_and_enter();
        bench.t.wait_for_screen("\nanswer\n");
        // A line that goes on in a second row is none that is asked for again.
        let prompt = bench.t.prompt_number();
        bench.type_and_press("echo \\", "Enter");
        bench.type_and_press("?? [ ! -e a ]", "Enter");
        bench.t.wait_for_prompt(prompt + 1);
    }
}

#[test]
fn what_is_to_be_seen_first_is_shown_by_enter() {
    let bench = remembering("shopt -s histverify");
    bench.type_and_press("?? say it", "Enter");
    bench.expect_buffer("echo answer");
    bench.t.type_text("; !!");
    bench.read_and_enter();
    bench.expect_buffer("echo answer; echo begin");
    assert!(!bench.t.screen().contains("\nanswer\n"), "{}", bench.t.screen());
    bench.t.key("Enter");
    bench.t.wait_for_screen("\nanswer\nbegin\n");
}

#[test]
fn a_request_with_a_blank_is_kept_nowhere() {
    for (rc, wanted) in [
        ("", &["echo begin", "echo answer", "echo end"][..]),
        ("HISTCONTROL=ignorespace", &["echo begin", "echo answer", "echo end"]),
        ("HISTCONTROL=ignoreboth", &["echo begin", "echo answer", "echo end"]),
    ] {
        let bench = remembering(rc);
        bench.request_and_run(" ?? say it");
        bench.run("echo end");
        assert_eq!(bench.history(), wanted, "{rc}");
    }
}

#[test]
fn a_request_that_led_to_nothing_can_be_recalled_as_well() {
    let bench = Bench::new(|helper| helper.answer_after(NOW, &[("echo answer", NOTE)]).message_after(NOW, "nothing"), Setup::default());
    bench.run("echo begin");
    // Given up, after an answer and after none.
    bench.type_and_press("?? say it", "Enter");
    bench.expect_buffer("echo answer");
    bench.t.key("C-c");
    bench.t.wait_for_prompt(3);
    bench.t.key("Up");
    bench.expect_buffer("?? say it");
    bench.t.key("Down");
    bench.expect_buffer("");
    bench.type_and_press("?? say more", "Enter");
    bench.t.wait_for_screen("gptos: nothing");
    bench.t.keys(&["C-e", "C-u"]);
    bench.expect_buffer("");
    bench.run("echo own");
    bench.t.keys(&["C-r"]);
    bench.t.type_text("??");
    bench.t.wait_for_screen("?? say more");
    bench.t.keys(&["C-e", "C-u"]);
    bench.expect_buffer("");
    assert_eq!(bench.history(), ["echo begin", "?? say it", "?? say more", "echo own"]);
}

#[test]
fn with_the_users_own_search_key_question_marks_and_up_find_the_requests() {
    let bench = remembering("bind '\"\\e[A\": history-search-backward' '\"\\eOA\": history-search-backward'");
    bench.request_and_run("?? say it");
    bench.run("echo later");
    bench.t.type_text("??");
    bench.t.key("Up");
    bench.expect_buffer("?? say it");
}

#[test]
fn without_a_history_nothing_is_lost() {
    let bench = remembering("");
    bench.run("set +o history");
    bench.request_and_run("?? say it");
    bench.request_and_run("?? say it");
    bench.t.wait_for_screen("\nanswer");
    assert!(!bench.history().iter().any(|line| line.contains("??")), "what is not to be stored was stored");
}

#[test]
fn the_key_gives_up_a_history_search_as_it_did_before_it_was_ours() {
    for setup in [Setup::default(), vi(), asynchronous()] {
        let bench = Bench::answering(NOW, "echo answer", setup);
        bench.run("echo from before");
        bench.t.type_text("echo mine");
        bench.t.key("C-r");
        bench.t.type_text("from");
        bench.t.wait_for_screen("echo from before");
        bench.t.key("C-g");
        bench.expect_buffer("echo mine");
        assert_eq!(bench.helper.calls().len(), 0);
        // Outside of a search it is the key.
        bench.t.keys(&["C-e", "C-u"]);
        bench.type_and_press("say it", "C-g");
        bench.expect_buffer("echo answer");
    }
}
