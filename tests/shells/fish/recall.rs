//! The words in the history, and prompts that others draw.

use std::fs;

use super::{LIVE, NOTE, NOW, Scene, read_the_line};
use crate::terminal::Setup;

/// Asks, runs the answer, and waits for the prompt behind it.
fn ask_and_run(s: &Scene, line: &str, prompt: u32) {
    s.t.type_text(line);
    s.t.key("Enter");
    s.t.wait_for_buffer(|buffer| buffer.starts_with("echo answer"));
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(prompt);
}

#[test]
fn the_words_can_be_called_back_where_fish_can_keep_them() {
    let rc = "function fish_should_add_to_history; not string match -q '*unwanted*' -- $argv; end".to_owned();
    let setup = Setup { before: LIVE.to_owned(), rc, ..Setup::default() };
    let s = Scene::with(setup, |fake, _| fake.answer_after(NOW, &[("echo answer", NOTE)]));
    ask_and_run(&s, "?? say the answer", 2);
    ask_and_run(&s, " ?? say it in private", 3);
    ask_and_run(&s, "?? say unwanted things", 4);
    s.t.type_text("??");
    s.t.key("Up");
    s.t.wait_until_idle();
    // fish 3 keeps nothing that was not run.
    s.expect(if s.t.is_newer_fish() { "?? say the answer" } else { "??" });
    s.clear();
    s.t.key("Up");
    s.t.wait_for_buffer(|buffer| buffer.starts_with("echo answer"));
    s.clear();
    s.t.type_text("set fish_private_mode 1");
    s.t.key("Enter");
    s.t.wait_for_prompt(5);
    ask_and_run(&s, "?? say nothing of this", 6);
    s.t.type_text("??");
    s.t.key("Up");
    s.t.wait_until_idle();
    s.expect(if s.t.is_newer_fish() { "?? say the answer" } else { "??" });
}

#[test]
fn what_runs_sees_the_prompt_of_the_user_and_may_change_it() {
    let s = Scene::new(LIVE, |fake, _| {
        fake.answer_after(NOW, &[("functions fish_prompt", NOTE)])
            .answer_after(NOW, &[("function fish_prompt; printf '[%s]> mine ' $__test_prompt; end", NOTE)])
            .answer_after(NOW, &[("echo third", NOTE)])
    });
    for (prompt, wanted) in [(2, "functions fish_prompt"), (3, "function fish_prompt; printf '[%s]> mine ' $__test_prompt; end")] {
        s.ask("show it");
        s.expect(wanted);
        s.t.wait_for_screen(&format!("● {NOTE}"));
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_prompt(prompt);
        let screen = s.t.screen();
        assert!(screen.contains("function fish_prompt") && !screen.contains("GPTOS"), "{screen}");
        assert!(screen.trim_end().ends_with(if prompt == 3 { "[3]> mine" } else { "[2]>" }), "{screen}");
    }
    s.ask("say it");
    s.expect("echo third");
    s.t.wait_for_screen(&format!("● {NOTE}\n[3]> mine echo third"));
}

/// starship is no package of Debian 12.
#[test]
fn a_prompt_that_starship_draws_keeps_its_place_under_the_note() {
    let load = format!("source '{}'", crate::terminal::Shell::Fish.script().display());
    let starship = "starship init fish | source";
    for (first, second) in [(load.as_str(), starship), (starship, load.as_str())] {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("starship.toml");
        fs::write(&config, "add_newline = false\nformat = '\\[1\\]> '\nright_format = 'right'\n").unwrap();
        let lines = format!("set -gx STARSHIP_CONFIG '{}'\n{first}\n{second}", config.display());
        let newer = std::env::var_os("GPTOS_TEST_FISH_ROOT").is_some();
        let setup = Setup { load: Some(if newer { lines } else { load.clone() }), ..Setup::default() };
        let s = Scene::with(setup, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE), ("touch two", NOTE)]));
        s.ask("list files");
        let screen = s.t.wait_for_screen(&format!("● {NOTE}\n[1]> echo one"));
        assert_eq!(screen.contains("right"), newer, "{screen}");
        s.t.key("C-g");
        s.expect("touch two");
        let screen = s.t.wait_for_screen("]> touch two");
        assert_eq!(screen.matches('●').count(), 1, "{screen}");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for(|| s.t.dir().join("cwd/two").exists().then_some(()), "the line to run");
    }
}
