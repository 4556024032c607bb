//! A line that came from a suggestion is judged again when Enter is pressed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::{AT_ONCE, NOTE, READING, give_up_line, scripted, start_with};
use crate::fake::{FakeHelper, Ruling};
use crate::terminal::{Setup, Shell, Terminal, is_alive};

/// Longer than a second Enter has to wait after the reason was drawn.
const CONFIRMING: Duration = Duration::from_millis(1000);
const REASON: &str = "risk critical: wipes it all; rm -i asks first";
const OFFER: &str = "gptos: risk critical: wipes it all; rm -i asks first · Enter again runs it";

/// A suggestion `touch MARKER`, held where the line has `danger`.
struct Bench {
    _dir: TempDir,
    marker: PathBuf,
    command: String,
    helper: FakeHelper,
}

impl Bench {
    fn new() -> Self {
        let (dir, helper) = scripted();
        let marker = dir.path().join("marker");
        let command = format!("touch {}", marker.display());
        let helper = helper.answer_after(AT_ONCE, &[(command.as_str(), NOTE)]).ruling("harmless", Ruling::Pass("medium"));
        let helper = helper.ruling("danger", Ruling::Hold("critical", REASON));
        Self { _dir: dir, marker, command, helper }
    }

    fn start(&self, setup: Setup) -> Terminal {
        start_with(&self.helper, setup)
    }

    /// Types words, waits for the suggestion and reads it.
    fn suggest(&self, t: &Terminal) {
        t.type_text("make a marker");
        t.key("C-g");
        t.wait_for_buffer(|b| b == self.command);
        thread::sleep(READING);
    }

    fn assert_not_run(&self, t: &Terminal, prompt: u32) {
        assert!(!self.marker.exists(), "it ran; the screen:\n{}", t.screen());
        assert_eq!(t.prompt_number(), prompt, "{}", t.screen());
    }

    fn assert_runs(&self, t: &Terminal) {
        t.wait_for(|| self.marker.exists().then_some(()), "the line to run");
        fs::remove_file(&self.marker).unwrap();
    }
}

fn before(lines: &str) -> Setup {
    Setup { before: lines.to_owned(), ..Setup::default() }
}

#[test]
fn a_harmless_suggestion_is_judged_and_runs_at_once() {
    let bench = Bench::new();
    let t = bench.start(Setup::default());
    bench.suggest(&t);
    t.type_text(".harmless.danger");
    t.key("Enter");
    t.wait_for_prompt(2);
    assert_eq!(bench.helper.judged(), [format!("{}.harmless.danger", bench.command)]);
    assert_eq!(bench.helper.guard_calls(), ["guard zsh"]);
    assert!(!t.screen().contains("gptos:"), "{}", t.screen());
    // A line of the user's own is not asked about, nor one typed in place of a suggestion that was given up.
    t.type_text("true danger");
    t.key("Enter");
    t.wait_for_prompt(3);
    bench.suggest(&t);
    give_up_line(&t, 4);
    t.type_text("true danger");
    t.key("Enter");
    t.wait_for_prompt(5);
    bench.suggest(&t);
    t.key("C-u");
    t.type_text("true danger");
    t.key("Enter");
    t.wait_for_prompt(6);
    assert_eq!(bench.helper.judged().len(), 1);
}

#[test]
fn an_edited_suggestion_that_is_dangerous_runs_only_at_a_second_enter_after_reading() {
    for vi in [false, true] {
        let bench = Bench::new();
        let t = bench.start(Setup { vi, ..Setup::default() });
        bench.suggest(&t);
        t.type_text(" danger");
        t.key("Enter");
        t.wait_for_screen(OFFER);
        // Too early: the reason stays and nothing runs.
        t.keys(&["Enter", "Enter"]);
        assert_eq!(t.buffer(), format!("{} danger", bench.command));
        t.wait_for_screen(OFFER);
        bench.assert_not_run(&t, 1);
        thread::sleep(CONFIRMING);
        bench.assert_not_run(&t, 1);
        t.key("Enter");
        bench.assert_runs(&t);
        t.wait_for_prompt(2);
        assert_eq!(bench.helper.judged().len(), 1, "the second Enter is a decision, not a question");
        assert!(!t.screen().contains("gptos:"), "{}", t.screen());
        t.type_text("fc -ln -2");
        t.key("Enter");
        t.wait_for_prompt(3);
        assert!(t.screen().contains(&format!("fc -ln -2\nmake a marker\n{} danger\n", bench.command)), "{}", t.screen());
        t.wait_for(|| (bench.helper.ran().len() == 1).then_some(()), "the report");
        assert_eq!(bench.helper.ran()[0].command, format!("{} danger", bench.command));
        t.assert_not_spinning();
    }
}

#[test]
fn enters_typed_ahead_and_a_key_held_down_run_nothing() {
    let bench = Bench::new();
    let rc = "_busy() { sleep 1 }; zle -N _busy; bindkey -M emacs '^B' _busy".to_owned();
    let t = bench.start(Setup { rc, ..Setup::default() });
    bench.suggest(&t);
    t.type_text(" danger");
    t.keys(&["Enter", "Enter", "Enter"]);
    t.wait_for_screen(OFFER);
    t.buffer();
    bench.assert_not_run(&t, 1);
    // The shell is busy until long after the time, and the Enters were pressed before the time was over.
    t.key("C-b");
    t.keys(&["Enter", "Enter"]);
    t.buffer();
    bench.assert_not_run(&t, 1);
    // Released and edited, the line is held anew; the key is then held down for longer than the time.
    t.type_text("ous");
    t.key("Enter");
    t.wait_for(|| (bench.helper.judged().len() == 2).then_some(()), "the second judgement");
    let begun = std::time::Instant::now();
    let mut longest_pause = Duration::ZERO;
    let mut last = begun;
    while begun.elapsed() < CONFIRMING {
        t.key("Enter");
        longest_pause = longest_pause.max(last.elapsed());
        last = std::time::Instant::now();
        thread::sleep(Duration::from_millis(30));
    }
    if longest_pause < Duration::from_millis(150) {
        t.buffer();
        bench.assert_not_run(&t, 1);
    }
    // On a busy machine one of the Enters may have come after a pause that makes it a decision.
    if !bench.marker.exists() {
        thread::sleep(CONFIRMING);
        t.key("Enter");
    }
    bench.assert_runs(&t);
}

#[test]
fn every_edit_asks_anew_and_the_way_back_too() {
    let bench = Bench::new();
    let t = bench.start(Setup::default());
    bench.suggest(&t);
    t.type_text(" danger");
    t.key("Enter");
    t.wait_for_screen(OFFER);
    thread::sleep(CONFIRMING);
    // Moving the cursor is no edit; a letter is, also when it is taken back.
    t.type_text("s");
    t.keys(&["BSpace", "Enter"]);
    t.wait_for(|| (bench.helper.judged().len() == 2).then_some(()), "the second judgement");
    t.buffer();
    bench.assert_not_run(&t, 1);
    thread::sleep(CONFIRMING);
    t.keys(&["C-a", "C-e", "Enter"]);
    bench.assert_runs(&t);
    t.wait_for_prompt(2);
    assert_eq!(bench.helper.judged().len(), 2);
    // Edited into a harmless line, it runs without waiting for the time.
    bench.suggest(&t);
    t.type_text(" danger");
    t.key("Enter");
    t.wait_for_screen(OFFER);
    t.key("C-w");
    t.key("Enter");
    bench.assert_runs(&t);
    assert_eq!(bench.helper.judged().len(), 4);
}

#[test]
fn giving_up_a_held_line_forgets_it() {
    for (rc, key) in [("", "C-c"), ("bindkey -M emacs '^X' send-break", "C-x"), ("TRAPINT() { return 130 }", "C-c")] {
        let bench = Bench::new();
        let t = bench.start(Setup { rc: rc.into(), ..Setup::default() });
        bench.suggest(&t);
        t.type_text(" danger");
        t.key("Enter");
        t.wait_for_screen(OFFER);
        t.key(key);
        t.wait_for_screen_without("gptos:");
        t.wait_until_idle();
        assert_eq!(t.buffer(), "");
        assert!(!bench.marker.exists());
        // Nothing of it is left: neither the line nor the time during which Enter is swallowed.
        let prompt = t.prompt_number();
        t.key("Enter");
        t.wait_for_prompt(prompt + 1);
        thread::sleep(CONFIRMING);
        t.type_text(&format!("{} danger", bench.command));
        t.key("Enter");
        bench.assert_runs(&t);
        t.assert_not_spinning();
    }
}

#[test]
fn an_interrupt_while_the_line_is_being_judged_runs_nothing() {
    let bench = Bench::new();
    let helper = bench.helper.clone().ruling("slow", Ruling::Hang);
    let t = start_with(&helper, Setup::default());
    bench.suggest(&t);
    t.type_text(" slow");
    t.key("Enter");
    t.wait_for(|| (helper.judged().len() == 1).then_some(()), "the judgement");
    t.key("C-c");
    t.wait_for_prompt(2);
    assert_eq!(t.buffer(), "");
    assert!(!bench.marker.exists());
    t.wait_for(|| (!is_alive(helper.guard_pids()[0])).then_some(()), "the binary to be killed");
    t.assert_not_spinning();
}

#[test]
fn off_asks_nothing_and_all_asks_about_every_line() {
    let bench = Bench::new();
    let t = bench.start(before("GPTOS_GUARD=off"));
    bench.suggest(&t);
    t.type_text(" danger");
    t.key("Enter");
    bench.assert_runs(&t);
    assert!(bench.helper.judged().is_empty());

    let bench = Bench::new();
    let t = bench.start(before("GPTOS_GUARD=all; setopt no_unset no_clobber err_return"));
    t.type_text("true");
    t.key("Enter");
    t.wait_for_prompt(2);
    for blank in ["", "  "] {
        let prompt = t.prompt_number();
        t.type_text(blank);
        t.key("Enter");
        t.wait_for_prompt(prompt + 1);
    }
    assert_eq!(bench.helper.judged(), ["true"]);
    t.type_text(&format!("{} danger", bench.command));
    t.key("Enter");
    t.wait_for_screen(OFFER);
    bench.assert_not_run(&t, 4);
    thread::sleep(CONFIRMING);
    t.key("Enter");
    bench.assert_runs(&t);
    t.wait_for_prompt(5);
    // Lines that the shell reads for somebody else are not commands.
    t.type_text("x=danger; vared x; read -r y");
    t.key("Enter");
    t.wait_for_screen("Enter again");
    thread::sleep(CONFIRMING);
    t.key("Enter");
    t.wait_for_screen("\ndanger");
    t.keys(&["Enter", "d", "a", "n", "g", "e", "r", "Enter"]);
    t.wait_for_prompt(6);
    assert_eq!(bench.helper.judged().len(), 3);
}

#[test]
fn a_line_with_a_gap_never_runs() {
    let bench = Bench::new();
    let helper = bench.helper.clone().ruling("<name>", Ruling::Stop("<name> is still to be filled in"));
    let t = start_with(&helper, Setup::default());
    bench.suggest(&t);
    t.type_text("<name>");
    for n in 1..4 {
        t.key("Enter");
        t.wait_for(|| (helper.judged().len() == n).then_some(()), "a judgement");
        t.wait_for_screen("gptos: <name> is still to be filled in");
        thread::sleep(CONFIRMING);
        bench.assert_not_run(&t, 1);
    }
    t.key("C-w");
    t.type_text(&bench.marker.display().to_string());
    t.buffer();
    assert!(!t.screen().contains("Enter again"));
}

#[test]
fn several_lines_and_continuations_are_judged_whole() {
    let bench = Bench::new();
    let t = bench.start(Setup::default());
    bench.suggest(&t);
    t.keys(&["Escape", "Enter"]);
    t.type_text("true danger");
    t.key("Enter");
    t.wait_for_screen(OFFER);
    bench.assert_not_run(&t, 1);
    give_up_line(&t, 2);
    bench.suggest(&t);
    t.type_text(" &&");
    t.key("Enter");
    t.wait_for_screen("cmdand>");
    t.type_text("true danger");
    t.key("Enter");
    t.wait_for_screen(OFFER);
    t.keys(&["Enter", "Enter"]);
    t.buffer();
    assert!(!bench.marker.exists());
    assert_eq!(
        bench.helper.judged(),
        [format!("{}\ntrue danger", bench.command), format!("{} &&", bench.command), format!("{} &&\ntrue danger", bench.command)]
    );
    thread::sleep(CONFIRMING);
    t.key("Enter");
    bench.assert_runs(&t);
}

#[test]
fn a_long_line_is_sent_whole_and_may_be_held() {
    let bench = Bench::new();
    let rc = "_grow() { BUFFER+=${(l:200000::a:):-}' danger' }; zle -N _grow; bindkey '^B' _grow".to_owned();
    let t = bench.start(Setup { rc, rows: 12, ..Setup::default() });
    bench.suggest(&t);
    t.type_text(" ");
    t.key("C-b");
    t.key("Enter");
    t.wait_for(|| (bench.helper.judged().len() == 1).then_some(()), "the judgement");
    assert_eq!(bench.helper.judged()[0].len(), bench.command.len() + 1 + 200_000 + 7);
    t.buffer();
    bench.assert_not_run(&t, 0);
}

#[test]
fn the_kin_of_enter_is_guarded_too() {
    let keys = [("M-a", "accept-and-hold"), ("C-o", "accept-line-and-down-history"), ("C-b", "accept-and-infer-next-history")];
    for (key, widget) in keys {
        let bench = Bench::new();
        let rc = "bindkey '^B' accept-and-infer-next-history; bindkey '^[a' accept-and-hold; bindkey '^O' accept-line-and-down-history";
        // The last of them runs only what was followed by something in the history.
        let history = format!("print -s '{} danger'; print -s true", bench.command);
        let t = bench.start(Setup { rc: format!("{rc}\n{history}"), ..Setup::default() });
        // The time after a suggestion appeared holds for them as well.
        t.type_text("make a marker");
        t.keys(&["C-g", key, key]);
        t.wait_for_buffer(|b| b == bench.command);
        bench.assert_not_run(&t, 1);
        thread::sleep(READING);
        t.type_text(" danger");
        t.key(key);
        t.wait_for_screen(OFFER);
        t.keys(&[key, "Enter"]);
        t.buffer();
        bench.assert_not_run(&t, 1);
        thread::sleep(CONFIRMING);
        t.key(key);
        bench.assert_runs(&t);
        t.wait_for_prompt(2);
        if widget == "accept-and-hold" {
            // The line is there again, and is as dangerous as before.
            t.wait_for_buffer(|b| b == format!("{} danger", bench.command));
            t.key("Enter");
            t.wait_for(|| (bench.helper.judged().len() == 2).then_some(()), "the second judgement");
            t.buffer();
            bench.assert_not_run(&t, 2);
        }
    }
}

#[test]
fn a_suggestion_that_was_moved_about_is_still_one() {
    let bench = Bench::new();
    let t = bench.start(Setup::default());
    // Cut out and put back behind other words.
    bench.suggest(&t);
    t.key("C-u");
    t.buffer();
    t.type_text("danger=1 ");
    t.key("C-y");
    t.key("Enter");
    t.wait_for_screen(OFFER);
    bench.assert_not_run(&t, 1);
    give_up_line(&t, 2);
    // Put aside for another line.
    let danger = bench.helper.clone().ruling("touch", Ruling::Hold("critical", REASON));
    danger.write();
    bench.suggest(&t);
    t.key("M-q");
    t.wait_for_buffer(str::is_empty);
    t.type_text("true");
    t.key("Enter");
    t.wait_for_prompt(3);
    t.wait_for_buffer(|b| b == bench.command);
    t.key("Enter");
    t.wait_for_screen(OFFER);
    bench.assert_not_run(&t, 3);
}

#[test]
fn a_key_that_ends_a_search_and_accepts_is_guarded() {
    for (key, rc) in [
        ("Enter", ""),
        ("C-j", ""),
        ("C-o", ""),
        ("M-a", ""),
        ("C-b", "bindkey '^B' accept-line"),
        ("Enter", "bindkey -v; bindkey '^R' history-incremental-search-backward"),
    ] {
        let bench = Bench::new();
        let history = format!("print -s '{} danger'; GPTOS_GUARD=all", bench.command);
        let t = bench.start(Setup { rc: format!("{rc}\n{history}"), ..Setup::default() });
        t.key("C-r");
        t.type_text("touch");
        t.wait_for_screen("bck-i-search: touch");
        t.key(key);
        t.wait_for_screen(OFFER);
        bench.assert_not_run(&t, 1);
        assert_eq!(t.buffer(), format!("{} danger", bench.command));
        thread::sleep(CONFIRMING);
        t.key(key);
        bench.assert_runs(&t);
    }
    // What the user gave the key in a search stays.
    let bench = Bench::new();
    let history = format!("print -s '{}'; GPTOS_GUARD=all; bindkey -M isearch '^M' accept-search", bench.command);
    let t = bench.start(before(&history));
    t.key("C-r");
    t.type_text("touch");
    t.wait_for_screen("bck-i-search: touch");
    t.key("Enter");
    assert_eq!(t.buffer(), bench.command);
    assert!(bench.helper.judged().is_empty());
}

#[test]
fn what_a_history_mark_stands_for_is_judged_and_shown() {
    let bench = Bench::new();
    let t = bench.start(before("GPTOS_GUARD=all"));
    t.type_text("true danger");
    t.key("Enter");
    t.wait_for_screen(OFFER);
    thread::sleep(CONFIRMING);
    t.key("Enter");
    t.wait_for_prompt(2);
    t.type_text(&format!("{} && !!", bench.command));
    t.key("Enter");
    t.wait_for(|| (bench.helper.judged().len() == 2).then_some(()), "the judgement");
    assert_eq!(t.buffer(), format!("{} && true danger", bench.command));
    bench.assert_not_run(&t, 2);
    t.key("C-u");
    t.type_text("echo 'no!! mark' \\!x");
    t.key("Enter");
    t.wait_for_screen("\nno!! mark !x");
}

#[test]
fn a_binary_that_does_not_judge_lets_the_line_through_and_says_so() {
    let cases: [(&str, Ruling, &str); 6] = [
        (
            "too slow",
            Ruling::Message("the line was not checked: it took \u{1b}[2Jtoo long"),
            "the line was not checked: it took ?[2Jtoo long",
        ),
        ("crash", Ruling::Crash, "the line was not checked: no answer"),
        ("garbage", Ruling::Raw(b"Segmentation \xff fault\npass\n"), "the line was not checked: no answer"),
        ("end alone", Ruling::Raw(b"end\x000\0\0"), "the line was not checked: no answer"),
        ("cut", Ruling::Raw(b"hold\0critical\0danger\0en"), "the line was not checked: no answer"),
        ("unknown", Ruling::Raw(b"maybe\0x\0y\0end\x000\0\0"), "the line was not checked: no answer"),
    ];
    for (name, ruling, message) in cases {
        let bench = Bench::new();
        let helper = bench.helper.clone().ruling("touch", ruling);
        let t = start_with(&helper, Setup::default());
        bench.suggest(&t);
        t.key("Enter");
        bench.assert_runs(&t);
        t.wait_for_prompt(2);
        assert!(t.screen().contains(&format!("\ngptos: {message}\n[2]>")), "{name}: {}", t.screen());
        t.type_text("true");
        t.key("Enter");
        t.wait_for_prompt(3);
        assert_eq!(t.screen().matches("not checked").count(), 1, "{name}: {}", t.screen());
        t.assert_not_spinning();
    }
}

#[test]
fn a_binary_that_hangs_is_given_up_within_the_time_and_killed() {
    for rc in ["unset GPTOS_GUARD_MS", "GPTOS_GUARD_MS=; setopt no_monitor"] {
        let bench = Bench::new();
        let helper = bench.helper.clone().ruling("touch", Ruling::Hang);
        let t = start_with(&helper, Setup { rc: rc.into(), ..Setup::default() });
        bench.suggest(&t);
        t.key("Enter");
        bench.assert_runs(&t);
        t.wait_for_prompt(2);
        assert!(t.screen().contains("\ngptos: the line was not checked: no answer\n"), "{}", t.screen());
        for pid in helper.guard_pids() {
            t.wait_for(|| (!is_alive(pid)).then_some(()), "the binary to be killed");
        }
        t.assert_not_spinning();
    }
}

#[test]
fn a_binary_that_is_gone_is_named_and_the_line_runs() {
    let bench = Bench::new();
    let t = bench.start(Setup::default());
    bench.suggest(&t);
    let bin = bench.helper.write();
    fs::remove_file(&bin).unwrap();
    t.key("Enter");
    bench.assert_runs(&t);
    t.wait_for_prompt(2);
    assert!(t.screen().contains(&format!("gptos: the line was not checked: {} not found", bin.display())), "{}", t.screen());
}

#[test]
fn the_common_plugins_may_come_before_or_after_the_guard() {
    const PLUGINS: &str = "source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh || echo MISSING
source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh || echo MISSING";
    let script = format!("source '{}'", Shell::Zsh.script().display());
    for (before, rc) in [(PLUGINS.to_owned(), String::new()), (String::new(), format!("{PLUGINS}\n{script}"))] {
        for key in ["Enter", "M-a"] {
            let bench = Bench::new();
            let t = bench.start(Setup { before: before.clone(), rc: rc.clone(), ..Setup::default() });
            assert!(!t.screen().contains("MISSING"), "install the plugins; {}", t.screen());
            bench.suggest(&t);
            t.type_text(" danger");
            t.key(key);
            t.wait_for_screen(OFFER);
            t.keys(&[key, key]);
            t.buffer();
            bench.assert_not_run(&t, 1);
            thread::sleep(CONFIRMING);
            t.key(key);
            bench.assert_runs(&t);
            assert_eq!(bench.helper.judged().len(), 1);
            t.assert_not_spinning();
        }
    }
}

#[test]
fn the_time_before_a_second_enter_can_only_be_made_longer() {
    for (value, early) in [("10", 300), ("never", 300), ("100000", 1500)] {
        let bench = Bench::new();
        let t = bench.start(before(&format!("GPTOS_CONFIRM_MS={value}")));
        bench.suggest(&t);
        t.type_text(" danger");
        t.key("Enter");
        let drawn = t.wait_for(|| t.screen().contains(OFFER).then(std::time::Instant::now), "the reason");
        thread::sleep(Duration::from_millis(early));
        t.key("Enter");
        t.buffer();
        // On a busy machine the Enter may have been late: then it proves nothing.
        if value == "100000" || drawn.elapsed() < Duration::from_millis(600) {
            bench.assert_not_run(&t, 1);
        }
    }
}

#[test]
fn a_reason_of_any_length_keeps_the_offer_in_sight() {
    const LONG: &str = "risk high: a reason that goes on and on, far longer than a narrow terminal has room for under the line, and still goes on, \
                        until nobody reads it any more because the important part at its end was cut off long ago";
    let bench = Bench::new();
    let helper = bench.helper.clone().ruling("touch", Ruling::Hold("high", LONG));
    let t = start_with(&helper, Setup { columns: 44, ..Setup::default() });
    bench.suggest(&t);
    t.key("Enter");
    t.wait_for(|| t.screen().replace('\n', "").contains("… · Enter again runs it").then_some(()), "the offer");
    bench.assert_not_run(&t, 1);
}

#[test]
fn the_words_bring_the_names_and_options_of_the_shell_along() {
    let bench = Bench::new();
    let rc = "mkcd() { : }; _private() { : }; alias gs='git status' 'a/b'=x -- -=cd; ';x'() { : }";
    let load = Shell::Zsh.script().display().to_string();
    let setup = |options: &str| Setup { before: format!("{options}\n{rc}"), load: Some(format!("source '{load}'")), ..Setup::default() };
    for (options, expected) in [("", ""), ("setopt interactive_comments", "interactivecomments")] {
        let t = bench.start(setup(options));
        bench.suggest(&t);
        assert_eq!(bench.helper.queries().last().map(String::as_str), Some("make a marker"));
        let names = bench.helper.names().pop().unwrap();
        let names: Vec<&str> = names.split(' ').collect();
        assert!(names.contains(&"mkcd") && names.contains(&"gs"), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with(['_', '-']) || name.contains(['/', ';'])), "{names:?}");
        assert_eq!(bench.helper.options().pop().as_deref(), Some(expected));
    }
    let many = "for i in {1..4000}; do functions[function_$i]=:; done".to_owned();
    let t = bench.start(Setup { rc: many, ..Setup::default() });
    bench.suggest(&t);
    let names = bench.helper.names().pop().unwrap();
    assert!((16_300..=16_384).contains(&names.len()), "{}", names.len());
    let whole = |name: &str| name.strip_prefix("function_").is_none_or(|number| (1..=4000).contains(&number.parse().unwrap_or(0)));
    assert!(names.split(' ').all(whole), "{names}");
}

#[test]
fn a_blank_in_front_keeps_words_and_commands_out_of_what_is_learned() {
    let bench = Bench::new();
    let t = bench.start(Setup::default());
    t.type_text("  ?? make a marker");
    t.key("Enter");
    t.wait_for_buffer(|b| b == bench.command);
    assert_eq!(bench.helper.queries(), [" make a marker"]);
    thread::sleep(READING);
    t.key("Enter");
    bench.assert_runs(&t);
    t.wait_for_prompt(2);
    bench.suggest(&t);
    t.key("C-a");
    t.type_text(" ");
    t.key("Enter");
    bench.assert_runs(&t);
    t.wait_for_prompt(3);
    // A third line that is reported shows that the other two would have been by now.
    bench.suggest(&t);
    t.key("C-e");
    t.type_text(".third");
    t.key("Enter");
    let third = format!("{}.third", bench.command);
    t.wait_for(|| bench.helper.ran().into_iter().find(|ran| ran.command == third), "the report");
    let commands: Vec<String> = bench.helper.ran().into_iter().map(|ran| ran.command).collect();
    assert_eq!(commands, [third]);
}

/// The binary under test in place of the stand-in: the stand-in suggests, the binary judges.
fn both(dir: &Path, helper: &FakeHelper) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let bin = dir.join("both");
    let (real, fake) = (env!("CARGO_BIN_EXE_gptos"), helper.write());
    fs::write(&bin, format!("#!/bin/sh\n[ \"$1\" = guard ] && exec '{real}' \"$@\"\nexec '{}' \"$@\"\n", fake.display())).unwrap();
    fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

#[test]
fn the_binary_itself_holds_a_suggestion_that_was_edited_into_danger() {
    let (dir, helper) = scripted();
    let tree = dir.path().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), "kept").unwrap();
    let list = format!("ls {}", tree.display());
    let helper = helper.answer_after(AT_ONCE, &[(list.as_str(), NOTE)]);
    let t = Terminal::start(Shell::Zsh, Setup { bin: both(dir.path(), &helper), ..Setup::default() });
    let suggest = || {
        t.type_text("list the tree");
        t.key("C-g");
        t.wait_for_buffer(|b| b == list);
        thread::sleep(READING);
    };
    suggest();
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(t.screen().contains("\nfile\n[2]>"), "{}", t.screen());
    suggest();
    t.keys(&["C-a", "M-d"]);
    t.type_text("chmod -R 777");
    t.keys(&["Enter", "Enter", "Enter"]);
    t.wait_for_screen("Enter again runs it");
    t.buffer();
    assert!(t.screen().contains("gptos: risk high: "), "{}", t.screen());
    let open = || tree.metadata().unwrap().permissions().mode() & 0o777 == 0o777;
    assert!(!open());
    thread::sleep(CONFIRMING);
    t.key("Enter");
    t.wait_for(|| open().then_some(()), "the line to run");
    t.wait_for_prompt(3);
    // A gap that was left, or typed.
    suggest();
    t.type_text(" <name>");
    t.key("Enter");
    t.wait_for_screen("gptos: <name> is still to be filled in");
    assert_eq!(t.prompt_number(), 3);
}
