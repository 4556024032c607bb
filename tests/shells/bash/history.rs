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

/// An event means the command before the words, so these come behind.
#[test]
fn words_never_stand_where_an_event_looks() {
    for (behind, runs) in [(" !!", "echo answer echo begin"), (" !ech:1", "echo answer begin"), (" '!!'", "echo answer '!!'")] {
        let bench = remembering("");
        bench.type_and_press("?? say it", "Enter");
        bench.expect_buffer("echo answer");
        bench.run(behind);
        let wanted = if behind.contains('\'') {
            ["echo begin", "?? say it", runs, "echo end"]
        } else {
            ["echo begin", runs, "?? say it", "echo end"]
        };
        bench.run("echo end");
        assert_eq!(bench.history(), wanted, "{behind}");
    }
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
