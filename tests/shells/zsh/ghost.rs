//! What stands behind the words while they are typed: when it is there, what takes it, and that nothing else does.

use std::thread;
use std::time::Duration;

use super::{READING, give_up_line, scripted, start_with};
use crate::attacks::table;
use crate::parts::Held;
use crate::resident::{FakeResident, NOTE, Say};
use crate::terminal::{Setup, Shell, Terminal};

const AUTOSUGGESTIONS: &str = "source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh";
const HIGHLIGHTING: &str = "source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh";

/// Answers these words, and no others.
fn knows(pairs: &'static [(&'static str, &'static [&'static str])]) -> FakeResident {
    FakeResident::start(move |_, words| match pairs.iter().find(|(known, _)| *known == words) {
        Some((_, commands)) => Say::commands(commands),
        None => Say::ask(),
    })
}

fn two_ways() -> FakeResident {
    knows(&[("list files", &["ls -l --all", "ls"]), ("list files by size", &["ls -lS"])])
}

fn start(resident: &FakeResident, setup: Setup) -> (tempfile::TempDir, crate::fake::FakeHelper, Terminal) {
    let (dir, helper) = scripted();
    let helper = helper.answer_after(Duration::ZERO, &[("from the program", NOTE)]);
    let t = start_with(&helper, resident.setup(setup));
    (dir, helper, t)
}

fn without_ghost(t: &Terminal, resident: &FakeResident, line: &str) {
    let before = resident.questions().len();
    t.type_text(line);
    t.wait_until_idle();
    assert!(!t.screen().contains('→'), "{line}\n{}", t.screen());
    assert_eq!(t.buffer(), line);
    assert_eq!(resident.questions().len(), before, "{line}: nothing is asked");
    t.key("C-u");
}

#[test]
fn words_that_were_typed_before_all_parts_were_read_have_one_too() {
    let resident = two_ways();
    let held = Held::new();
    let (_dir, _helper, t) = start(&resident, Setup { rc: held.rc(), ..Setup::default() });
    t.type_text("?? list files");
    t.wait_for_screen("?? list files");
    t.wait_until_idle();
    held.hand_out();
    t.wait_for_screen("?? list files → ls -l --all");
    t.key("Right");
    t.wait_for_buffer(|b| b == "ls -l --all");
    t.assert_not_spinning();
}

#[test]
fn right_and_end_take_it_as_a_suggestion_like_any_other() {
    let resident = two_ways();
    for key in ["Right", "End", "C-e", "C-f"] {
        let (_dir, helper, t) = start(&resident, Setup::default());
        t.type_text("?? list files");
        t.wait_for_screen("?? list files → ls -l --all");
        assert_eq!(t.buffer(), "?? list files", "it is not in the line");
        t.assert_not_spinning();
        t.key(key);
        t.wait_for_buffer(|b| b == "ls -l --all");
        assert_eq!(t.screen(), format!("[1]> ls -l --all\n● {NOTE}"), "{key}");
        // The others are in the ring.
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls");
        t.key("C-_");
        t.wait_for_buffer(|b| b == "ls -l --all");
        t.key("C-_");
        t.wait_for_buffer(|b| b == "?? list files");
        t.wait_for_screen("?? list files → ls -l --all");
        t.key(key);
        t.wait_for_buffer(|b| b == "ls -l --all");
        // Enter waits until it was read.
        t.key("C-u");
        t.type_text("?? list files by size");
        t.wait_for_screen("→ ls -lS");
        t.key(key);
        t.wait_for_buffer(|b| b == "ls -lS");
        t.key("Enter");
        t.wait_for_screen("read it first");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(2);
        t.key("Up");
        t.key("Up");
        t.wait_for_buffer(|b| b == "?? list files by size");
        assert_eq!(helper.queries(), [""; 0]);
        t.wait_for(|| (helper.ran().len() == 1).then_some(()), "the report");
        assert_eq!(helper.ran()[0].query, "list files by size");
    }
}

#[test]
fn a_word_at_a_time_leaves_the_rest_behind_the_line() {
    let resident = two_ways();
    let (_dir, _helper, t) = start(&resident, Setup::default());
    t.type_text("?? list files");
    t.wait_for_screen("→ ls -l --all");
    t.key("M-f");
    t.wait_for_buffer(|b| b == "ls");
    assert_eq!(t.screen(), format!("[1]> ls -l --all\n● {NOTE}"));
    t.key("M-f");
    t.wait_for_buffer(|b| b == "ls -l");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "?? list files");
    t.wait_for_screen("→ ls -l --all");
    t.key("M-f");
    t.wait_for_buffer(|b| b == "ls");
    // What is typed as it stands there leaves the rest; anything else ends it.
    t.type_text(" -");
    t.wait_until_idle();
    assert!(t.screen().starts_with("[1]> ls -l --all\n"), "{}", t.screen());
    t.key("End");
    t.wait_for_buffer(|b| b == "ls -l --all");
    t.keys(&["C-_", "C-_", "C-_"]);
    t.wait_for_buffer(|b| b == "ls");
    t.type_text("x");
    t.wait_until_idle();
    assert!(t.screen().starts_with("[1]> lsx\n"), "{}", t.screen());
    t.key("C-h");
    // Only what is in the line runs.
    t.wait_for_buffer(|b| b == "ls");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(t.screen().starts_with("[1]> ls\n[2]>"), "{}", t.screen());
    t.key("Up");
    t.wait_for_buffer(|b| b == "ls");
    t.key("Up");
    t.wait_for_buffer(|b| b == "?? list files");
}

#[test]
fn it_follows_the_words_and_leaves_when_they_do() {
    let resident = two_ways();
    let (_dir, helper, t) = start(&resident, Setup::default());
    t.type_text("?? list files");
    t.wait_for_screen("→ ls -l --all");
    t.type_text(" by");
    t.wait_for_screen_without("→");
    t.type_text(" size");
    t.wait_for_screen("by size → ls -lS");
    // Away from the end the keys are what they were.
    t.keys(&["C-a", "Right"]);
    assert_eq!((t.buffer().as_str(), t.cursor()), ("?? list files by size", 1));
    t.key("M-f");
    t.wait_until_idle();
    assert_eq!(t.buffer(), "?? list files by size");
    t.key("End");
    t.wait_for(|| (t.cursor() == 21).then_some(()), "the end of the line");
    assert_eq!(t.buffer(), "?? list files by size");
    // Enter asks, as without it.
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls -lS");
    assert_eq!(t.screen(), format!("[1]> ls -lS\n● {NOTE}"));
    give_up_line(&t, 2);
    t.type_text("?? list files");
    t.wait_for_screen("→ ls -l --all");
    t.key("C-u");
    t.wait_for_screen_without("→");
    assert_eq!(t.buffer(), "");
    t.type_text("echo done");
    t.key("Enter");
    t.wait_for_prompt(3);
    assert!(t.screen().ends_with("[2]> echo done\ndone\n[3]>"), "{}", t.screen());
    assert_eq!(helper.queries(), [""; 0]);
}

#[test]
fn it_stands_where_it_may_and_nowhere_else() {
    let resident = FakeResident::start(|_, _| Say::commands(&["ls"]));
    let (_dir, _helper, t) = start(&resident, Setup::default());
    for line in [" ?? list files", "?? list", "??? list files", "list files", "?? ", "echo ?? list files"] {
        without_ghost(&t, &resident, line);
    }
    t.type_text("echo 'a");
    t.key("Enter");
    t.wait_for_screen("quote>");
    without_ghost(&t, &resident, "?? list files");
    give_up_line(&t, 2);
    t.type_text("?? list files");
    t.wait_for_screen("→ ls");
    let off = start(&resident, Setup { before: "GPTOS_GHOST=0".to_owned(), ..Setup::default() });
    without_ghost(&off.2, &resident, "?? list files");
    off.2.type_text("?? list files");
    off.2.keys(&["Home", "End", "Left", "Right"]);
    assert_eq!((off.2.buffer().as_str(), off.2.cursor()), ("?? list files", 13));
}

#[test]
fn it_is_as_wide_as_there_is_room_and_wide_letters_count_twice() {
    let resident = FakeResident::start(|_, words| match words.split(' ').next_back() {
        Some("long") => Say::Records(vec![("cmd".to_owned(), format!("echo {}", "a".repeat(500)))]),
        _ => Say::Records(vec![("cmd".to_owned(), format!("echo {}", "漢".repeat(200)))]),
    });
    let (_dir, _helper, t) = start(&resident, Setup { columns: 40, rows: 12, ..Setup::default() });
    for (word, start) in [("long", "echo aaa"), ("wide", "echo 漢")] {
        t.type_text(&format!("?? say {word}"));
        t.wait_for_screen(start);
        let screen = t.screen();
        assert!(screen.lines().count() <= 3 && screen.ends_with("..."), "{screen}");
        t.key("Right");
        t.wait_for_buffer(|b| b.chars().count() >= 205);
        t.key("C-_");
        t.wait_for_buffer(|b| b.starts_with("?? "));
        t.key("C-u");
        t.wait_for_screen_without("echo");
    }
}

#[test]
fn a_line_given_up_keeps_its_words_and_loses_the_ghost() {
    let resident = two_ways();
    // Behind a trap that returns so zsh calls no hooks, and the number of the prompt stays.
    let function = "TRAPINT() { SEEN+=i; return $(( 128 + $1 )) }";
    for (rc, numbers, seen) in [("", [2, 3, 4], ""), (function, [1, 1, 2], "ii"), (AUTOSUGGESTIONS, [2, 3, 4], "")] {
        let (_dir, helper, t) = start(&resident, Setup { rc: rc.to_owned(), ..Setup::default() });
        t.type_text("?? list files");
        t.wait_for_screen("→ ls -l --all");
        t.key("C-c");
        let given_up = format!("[1]> ?? list files\n[{}]>", numbers[0]);
        t.wait_for(|| (t.screen() == given_up).then_some(()), &given_up);
        // Also where only the rest of the command was left.
        t.type_text("?? list files");
        t.wait_for_screen("→ ls -l --all");
        t.key("M-f");
        t.wait_for_buffer(|b| b == "ls");
        t.key("C-c");
        let given_up = format!("[{}]> ls\n[{}]>", numbers[0], numbers[1]);
        t.wait_for(|| t.screen().ends_with(&given_up).then_some(()), &given_up);
        t.type_text("echo \"seen <$SEEN>\"; trap");
        t.key("Enter");
        t.wait_for_prompt(numbers[2]);
        let screen = t.screen();
        assert!(screen.contains(&format!("\nseen <{seen}>\n")), "{screen}");
        assert_eq!(screen.contains("\nTRAPINT () {\n"), rc == function, "{screen}");
        assert!(!screen.contains("__gptos"), "{screen}");
        assert!(helper.queries().is_empty());
    }
}

/// A trap that was given as a text could not be put back.
#[test]
fn a_trap_of_the_users_stays() {
    let resident = two_ways();
    let (_dir, _helper, t) = start(&resident, Setup { rc: "trap 'SEEN+=i' INT".to_owned(), ..Setup::default() });
    t.type_text("?? list files");
    t.wait_for_screen("→ ls -l --all");
    t.key("C-u");
    t.type_text("trap");
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(t.screen().contains("\ntrap -- 'SEEN+=i ' INT\n"), "{}", t.screen());
}

#[test]
fn other_plugins_stay_as_they_were_in_every_order() {
    let resident = two_ways();
    let script = Shell::Zsh.script();
    let own = format!("source '{}'", script.display());
    let orders = [
        [AUTOSUGGESTIONS, HIGHLIGHTING, own.as_str()],
        [own.as_str(), AUTOSUGGESTIONS, HIGHLIGHTING],
        [AUTOSUGGESTIONS, own.as_str(), HIGHLIGHTING],
        [own.as_str(), HIGHLIGHTING, AUTOSUGGESTIONS],
    ];
    for order in orders {
        let load = format!("{}\nprint -s '?? list files of mine'\nprint -s 'echo of mine'", order.join("\n"));
        let (_dir, _helper, t) = start(&resident, Setup { load: Some(load), ..Setup::default() });
        for _ in 0..2 {
            t.type_text("?? list files");
            t.wait_for_screen("?? list files → ls -l --all");
            t.key("Right");
            t.wait_for_buffer(|b| b != "?? list files");
            assert_eq!(t.buffer(), "ls -l --all", "{order:?}");
            t.key("C-_");
            t.wait_for_buffer(|b| b == "?? list files");
            t.wait_for_screen("→ ls -l --all");
            t.key("M-f");
            t.wait_for_buffer(|b| b == "ls");
            t.key("End");
            t.wait_for_buffer(|b| b == "ls -l --all");
            t.key("C-u");
        }
        // Their own suggestions are taken as before.
        t.type_text("echo o");
        t.wait_for_screen("echo of mine");
        t.key("Right");
        t.wait_for_buffer(|b| b == "echo of mine");
        t.key("C-u");
        // What takes the text behind the line for a suggestion of that plugin takes this one.
        t.type_text("?? list files");
        t.wait_for_screen("→ ls -l --all");
        t.assert_not_spinning();
    }
}

/// Plugins that look for suggestions of their own may come to their end after the ghost is there.
#[test]
fn a_slower_suggestion_of_another_plugin_does_not_take_its_place() {
    let resident = two_ways();
    let slow = "_zsh_autosuggest_strategy_slow() { sleep 0.4; typeset -g suggestion=\"$1 of mine\" }; ZSH_AUTOSUGGEST_STRATEGY=(slow)";
    let own = format!("source '{}'", Shell::Zsh.script().display());
    for order in [[AUTOSUGGESTIONS, own.as_str()], [own.as_str(), AUTOSUGGESTIONS]] {
        let load = format!("{}\n{slow}", order.join("\n"));
        let (_dir, _helper, t) = start(&resident, Setup { load: Some(load), ..Setup::default() });
        t.type_text("?? list files");
        t.wait_for_screen("?? list files → ls -l --all");
        thread::sleep(Duration::from_millis(600));
        t.wait_until_idle();
        assert!(t.screen().contains("?? list files → ls -l --all"), "{order:?}\n{}", t.screen());
        t.key("Right");
        t.wait_for_buffer(|b| b == "ls -l --all");
    }
}

#[test]
fn a_key_of_another_plugin_that_takes_what_stands_there_takes_the_command() {
    let resident = two_ways();
    let script = Shell::Zsh.script();
    let load = format!("source '{}'\n{AUTOSUGGESTIONS}\nbindkey '^T' autosuggest-accept", script.display());
    let (_dir, _helper, t) = start(&resident, Setup { load: Some(load), ..Setup::default() });
    t.type_text("?? list files");
    t.wait_for_screen("→ ls -l --all");
    t.key("C-t");
    t.wait_for_buffer(|b| b != "?? list files");
    assert_eq!(t.buffer(), "ls -l --all");
}

#[test]
fn odd_answers_show_nothing_and_cost_nothing() {
    let odd = [
        Say::Raw(Vec::new()),
        Say::Raw(b"garbage".to_vec()),
        Say::Raw(Say::body(b"cmd\0ls\0note\0")),
        Say::Hang(Vec::new()),
        Say::Hang(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Say::Endless(vec![b'a'; 10_000]),
    ];
    for say in odd {
        let resident = FakeResident::start(move |_, _| say.clone());
        let (_dir, helper, t) = start(&resident, Setup { before: "_GPTOS_SOCKET_LIMIT=0.1".to_owned(), ..Setup::default() });
        t.type_text("?? list files");
        t.wait_for(|| (!resident.questions().is_empty()).then_some(()), "a question");
        t.type_text(" by size");
        t.wait_until_idle();
        assert_eq!(t.buffer(), "?? list files by size");
        assert!(!t.screen().contains('→'), "{}", t.screen());
        t.assert_not_spinning();
        t.key("Enter");
        t.wait_for_buffer(|b| b == "from the program");
        assert_eq!(helper.queries(), ["list files by size"]);
        t.assert_not_spinning();
    }
}

/// What the shell refuses beside controls.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{e0000}'..='\u{e0fff}' | '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}')
        || matches!(c, '\u{2000}'..='\u{200c}' | '\u{202f}' | '\u{205f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{ffa0}')
}

#[test]
fn hostile_answers_run_nothing_and_reach_no_line() {
    // A NUL would end the record.
    let commands = table::COMMANDS.iter().map(|(_, command)| command.replace("@M@", "/nowhere")).filter(|command| !command.contains('\0'));
    let commands: Vec<String> = commands.collect();
    let known = commands.clone();
    let resident = FakeResident::start(move |_, words| match words.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok()) {
        Some(number) if number < known.len() => Say::Records(vec![("cmd".to_owned(), known[number].clone())]),
        _ => Say::ask(),
    });
    let (_dir, _helper, t) = start(&resident, Setup { columns: 200, ..Setup::default() });
    let (prompt, state) = (t.prompt_number(), t.state());
    for (number, command) in commands.iter().enumerate() {
        let line = format!("?? sheep number {number}");
        t.type_text(&line);
        let words = line.trim_start_matches("?? ").to_owned();
        t.wait_for(|| resident.questions().iter().any(|(_, asked)| *asked == words).then_some(()), "the question");
        t.wait_until_idle();
        assert_eq!(t.buffer(), line, "{command:?}");
        let is_bad = command.is_empty() || command.contains(|c: char| c.is_control() || is_unseen(c));
        assert_eq!(t.screen().contains('→'), !is_bad, "{command:?}\n{}", t.screen());
        t.key("Right");
        t.wait_until_idle();
        let buffer = t.buffer();
        assert_eq!(buffer, if is_bad { line.as_str() } else { command.as_str() });
        assert_eq!((t.prompt_number(), t.state()), (prompt, state.clone()), "{command:?}");
        t.keys(&["C-e", "C-u", "C-l"]);
        t.wait_for_buffer(str::is_empty);
    }
}

#[test]
fn reading_the_script_again_changes_nothing() {
    let resident = two_ways();
    let again = format!("source '{}'", Shell::Zsh.script().display());
    let (_dir, _helper, t) = start(&resident, Setup { rc: format!("{again}\n{again}"), ..Setup::default() });
    t.type_text("?? list files");
    t.wait_for_screen("→ ls -l --all");
    give_up_line(&t, 2);
    t.type_text(&again);
    t.key("Enter");
    t.wait_for_prompt(3);
    t.type_text("?? list files");
    t.wait_for_screen("[3]> ?? list files → ls -l --all");
    t.key("Right");
    t.wait_for_buffer(|b| b == "ls -l --all");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "?? list files");
    t.keys(&["Home", "Right"]);
    assert_eq!(t.cursor(), 1);
    t.assert_not_spinning();
}
