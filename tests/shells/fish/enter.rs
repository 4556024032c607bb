//! Enter runs what the user has seen, and nothing else.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{BLOCKING, LIVE, NOTE, NOW, SLOW, Scene, both_modes, read_the_line};
use crate::terminal::Setup;

#[test]
fn enter_belongs_to_the_pager_the_search_and_read() {
    // Tab on a request is ours.
    let setup = Setup { before: LIVE.to_owned(), rc: "bind \\co complete".to_owned(), ..Setup::default() };
    let s = Scene::with(setup, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
    for name in ["pick-a", "pick-b"] {
        fs::write(s.marker(name), "").unwrap();
    }
    for command in ["??", "echo"] {
        s.t.type_text(&format!("{command} {}/pick", s.dir.path().display()));
        let key = if command == "??" { "C-o" } else { "Tab" };
        s.t.keys(&[key, key]);
        s.t.wait_for_screen("pick-b");
        s.t.key("Enter");
        s.t.wait_for_buffer(|buffer| buffer.trim_end().ends_with("pick-a") || buffer.trim_end().ends_with("pick-b"));
        assert_eq!(s.t.prompt_number(), 1);
        if command == "??" {
            s.clear();
            s.t.wait_for_screen_without("pick-b");
        }
    }
    s.t.key("Enter");
    s.t.wait_for_prompt(2);

    // fish remembers a line that names a file later than others.
    s.t.type_text("string repeat -n 2 ha");
    s.t.key("Enter");
    s.t.wait_for_prompt(3);
    s.t.type_text("repeat");
    s.t.key("Up");
    s.expect("string repeat -n 2 ha");
    s.t.key("Enter");
    s.t.wait_for_prompt(4);

    s.t.type_text("read -P 'value: ' answer");
    s.t.key("Enter");
    s.t.wait_for_screen("\nvalue:");
    s.t.wait_until_idle();
    s.t.type_text("?? words");
    s.t.key("C-g");
    s.t.key("Enter");
    s.t.wait_for_prompt(5);
    s.t.type_text("echo \"<$answer>\"");
    s.t.key("Enter");
    s.t.wait_for_screen("\n<?? words>");
    s.t.wait_for_prompt(6);

    s.t.type_text("for i in 1 2");
    s.t.key("Enter");
    s.t.type_text("echo n$i");
    s.t.key("Enter");
    s.t.type_text("end");
    s.t.key("Enter");
    s.t.wait_for_screen("\nn1\nn2");
    assert!(s.fake.calls().is_empty());
}

#[test]
fn what_was_run_is_reported_once_and_is_in_the_history() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("test one = one", NOTE)]));
    s.ask("?? compare");
    s.expect("test one = one");
    s.t.type_text("x");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    let reports = s.t.wait_for(|| Some(s.fake.ran()).filter(|reports| !reports.is_empty()), "the report");
    assert_eq!((reports[0].shell.as_str(), reports[0].status.as_str()), ("fish", "1"));
    assert_eq!((reports[0].query.as_str(), reports[0].command.as_str()), ("compare", "test one = onex"));
    s.t.key("Up");
    s.expect("test one = onex");
    s.t.key("C-u");

    // A line typed anew has nothing to do with the question.
    s.ask("compare");
    s.expect("test one = one");
    s.t.key("C-u");
    s.t.type_text("true");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(3);
    s.t.type_text("false");
    s.t.key("Enter");
    s.t.wait_for_prompt(4);
    assert_eq!(s.fake.ran().len(), 1);
    assert!(!s.t.screen().to_lowercase().contains("job"), "{}", s.t.screen());
}

/// Three Enters at a moment from the request until 200 ms after the line appeared.
fn impatient_enter(mode: &str, rc: &str, with_key: bool, delay: Duration) {
    let moments: u32 = std::env::var("GPTOS_TEST_MOMENTS").ok().and_then(|value| value.parse().ok()).unwrap_or(6);
    let command = |dir: &Path, n: u32| format!("touch {}", dir.join(format!("ran-{n}")).display());
    let s = Scene::with(Setup { before: mode.to_owned(), rc: rc.to_owned(), ..Setup::default() }, |mut fake, dir| {
        for n in 0..moments {
            fake = fake.answer_after(delay, &[(&command(dir, n), NOTE)]);
        }
        fake
    });
    let last = delay + Duration::from_millis(200);
    for n in 0..moments {
        let prompt = s.t.prompt_number();
        let moment = last * n / (moments - 1).max(1);
        let line = command(s.dir.path(), n);
        s.t.type_text(&format!("?? make file {n}"));
        // The last moments are counted from the appearance, or rather from the last look that did not show the line.
        let after = moment.checked_sub(delay).filter(|after| *after > Duration::ZERO);
        let mut start = Instant::now();
        s.t.key(if with_key { "C-g" } else { "Enter" });
        if after.is_some() {
            s.t.wait_for(
                || {
                    let look = Instant::now();
                    let shown = s.t.screen().contains(&format!("]> {line}"));
                    start = if shown { start } else { look };
                    shown.then_some(())
                },
                "the suggestion",
            );
        }
        thread::sleep(after.unwrap_or(moment).saturating_sub(start.elapsed()));
        s.t.keys(&["Enter", "Enter", "Enter"]);
        let age = start.elapsed();
        s.t.wait_for_screen(&format!("]> {line}"));
        let appeared = Instant::now();
        let marker = s.marker(&format!("ran-{n}"));
        if after.is_some() && age > Duration::from_millis(240) {
            // The machine was so busy that the Enters may have come late enough to run the line.
            s.t.wait_for(|| (marker.exists() || s.t.buffer() == line).then_some(()), "the line to stay or to run");
        } else {
            s.expect(&line);
            assert!(!marker.exists(), "{mode}: an Enter at {moment:?} ran the line");
        }
        if marker.exists() || n % 3 == 0 {
            if !marker.exists() {
                thread::sleep(Duration::from_millis(400).saturating_sub(appeared.elapsed()));
                s.t.key("Enter");
                s.wait_for_marker(&format!("ran-{n}"));
            }
            s.t.wait_for_prompt(prompt + 1);
        } else {
            s.clear();
        }
        s.expect("");
    }
    assert_eq!(s.fake.calls().len(), moments as usize, "an Enter asked again");
}

#[test]
fn an_impatient_enter_runs_nothing_live() {
    for delay in [0, 100, 400] {
        impatient_enter(LIVE, "", true, Duration::from_millis(delay));
        impatient_enter(LIVE, "", false, Duration::from_millis(delay));
    }
}

#[test]
fn an_impatient_enter_runs_nothing_blocking() {
    for delay in [0, 100, 400] {
        impatient_enter(BLOCKING, "", true, Duration::from_millis(delay));
        impatient_enter(BLOCKING, "", false, Duration::from_millis(delay));
    }
}

/// fish 4 does not pass the terminal's report on; then only time protects, also with a prompt that takes long to draw.
#[test]
fn an_impatient_enter_runs_nothing_without_reports() {
    let rc = "set -g _GPTOS_REPORTS 0; functions --copy fish_prompt plain_prompt; function fish_prompt; sleep 0.05; plain_prompt; end";
    impatient_enter(BLOCKING, rc, true, Duration::ZERO);
    impatient_enter(BLOCKING, rc, false, Duration::from_millis(100));
}

/// The order of the keys decides, not the clock: an Enter pressed before the answer runs nothing, however late fish comes to it.
#[test]
fn an_enter_that_waited_behind_a_slow_key_runs_nothing() {
    let rc = "function slow_key; sleep 0.8; end; bind \\cx slow_key".to_owned();
    let s = Scene::with(Setup { before: BLOCKING.to_owned(), rc, ..Setup::default() }, |fake, dir| {
        fake.answer_after(SLOW, &[(&format!("touch {}", dir.join("ran").display()), NOTE)])
    });
    s.ask("make a file");
    s.wait_for_helper(1);
    s.t.keys(&["C-x", "Enter"]);
    s.t.wait_for_buffer(|buffer| buffer.starts_with("touch "));
    assert!(!s.marker("ran").exists());
    read_the_line();
    s.t.key("Enter");
    s.wait_for_marker("ran");
}

#[test]
fn an_impatient_enter_runs_nothing_after_a_failure() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.message_after(SLOW, "no idea"));
        let line = format!("touch {}", s.marker("ran").display());
        s.ask(&line);
        s.wait_for_helper(1);
        s.t.keys(&["Enter", "Enter"]);
        s.t.wait_for_screen("gptos: no idea");
        s.expect(&line);
        assert!(!s.marker("ran").exists());
        read_the_line();
        s.t.key("Enter");
        s.wait_for_marker("ran");
    });
}
