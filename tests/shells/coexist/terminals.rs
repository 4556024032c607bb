//! Terminals of all kinds: another multiplexer, no colours, few columns, a window that changes, and characters of two columns or none.

use super::*;

const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];
const MODEL: &str = "openrouter (some-vendor/a-model-with-a-long-name-2026-11)";

/// A shell whose helper answers everything with one command and this note.
fn noting(shell: Shell, note: &str, setup: Setup) -> (TempDir, FakeHelper, Terminal) {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[("echo one", note), ("echo two", note)]);
    let t = Terminal::start(shell, Setup { bin: helper.write(), ..setup });
    (dir, helper, t)
}

fn wait_for_line(t: &Terminal, line: &str) {
    t.wait_for(|| (t.buffer() == line).then_some(()), &format!("the buffer to be {line:?}"));
}

#[test]
fn screen_passes_everything_through() {
    for shell in SHELLS {
        let scene = Scene::start(shell, "screen", Setup { screen: true, ..Setup::default() });
        scene.lives();
        scene.t.type_text("?? what's to be written");
        scene.t.key("Tab");
        scene.expect_buffer("echo suggested again");
        scene.empty();
    }
}

#[test]
fn a_dumb_terminal_is_told_in_plain_rows() {
    let env = vec![("TERM".to_owned(), "dumb".to_owned())];
    let (_dir, helper, t) = noting(Shell::Fish, NOTE, Setup { env: env.clone(), ..Setup::default() });
    t.type_text("list files");
    t.key("C-g");
    wait_for_line(&t, "echo one");
    t.wait_for_screen(NOTE);
    assert!(!t.coloured_screen().contains("\u{1b}[3"), "{:?}", t.coloured_screen());
    assert_eq!(helper.queries(), ["list files"]);
    // The other two have no keys there, so such a line runs as it is and nothing is said of it.
    for shell in [Shell::Zsh, Shell::Bash] {
        let (_dir, helper, t) = noting(shell, NOTE, Setup { env: env.clone(), ..Setup::default() });
        t.type_text("echo '??' ordinary");
        t.key("Enter");
        t.wait_for_screen("\n?? ordinary");
        t.wait_for_prompt(2);
        assert!(helper.calls().is_empty() && !t.screen().contains("gptos"), "{shell:?}: {}", t.screen());
    }
}

#[test]
fn no_colour_is_used_where_none_is_wanted() {
    for shell in SHELLS {
        for (no_color, coloured) in [("", shell != Shell::Zsh), ("1", false)] {
            let env = vec![("NO_COLOR".to_owned(), no_color.to_owned())];
            let (_dir, _helper, t) = noting(shell, "offline · risk medium: changes files", Setup { env, ..Setup::default() });
            t.type_text("?? list files");
            t.key("Enter");
            t.wait_for_screen("risk medium");
            wait_for_line(&t, "echo one");
            t.wait_until_idle();
            let screen = t.coloured_screen();
            let note = screen.lines().find(|row| row.contains("risk medium")).unwrap();
            // The line itself has the shell's own colours.
            assert_eq!(note.contains("\u{1b}[3") || note.contains("\u{1b}[9"), coloured, "{shell:?} NO_COLOR={no_color}: {screen:?}");
        }
    }
}

/// Where a row is too short for the note, the risk is what stays.
#[test]
fn the_risk_is_seen_on_a_narrow_terminal() {
    for shell in SHELLS {
        for columns in [40, 20] {
            for risk in ["risk none", "risk critical: deletes every file"] {
                let note = format!("{MODEL} · {risk}");
                let (_dir, _helper, t) = noting(shell, &note, Setup { columns, ..Setup::default() });
                for (number, key) in [(1, "C-g"), (2, "C-g")] {
                    t.type_text("list files");
                    t.key(key);
                    wait_for_line(&t, "echo one");
                    let level = risk.split(':').next().unwrap();
                    let screen = t.wait_for_screen(level);
                    if shell != Shell::Bash && risk != level {
                        // What follows a high risk is told on as many rows as it needs.
                        assert!(screen.replace('\n', "").contains(&risk[..30]), "{shell:?} at {columns}: {screen}");
                    }
                    let rows = screen.lines().count();
                    assert!(rows < 5 * number, "{shell:?} at {columns}: {screen}");
                    thread::sleep(READING);
                    t.key("Enter");
                    t.wait_for_prompt(u32::try_from(number).unwrap() + 1);
                    let screen = t.screen();
                    assert!(screen.contains("]> echo one\none\n"), "{shell:?} at {columns}: {screen}");
                }
            }
        }
    }
}

/// Rows are cut by the columns that they take, not by their characters: a row that is too wide would push everything below it down.
#[test]
fn wide_characters_in_a_note_take_the_room_that_they_need() {
    for shell in SHELLS {
        let note = format!("offline · risk none · {}", "ファイルを一覧にする😀".repeat(6));
        let (_dir, _helper, t) = noting(shell, &note, Setup { columns: 60, rows: 12, ..Setup::default() });
        for line in ["echo one", "echo two", "list files", "echo one"] {
            if line == "echo one" && t.buffer().is_empty() {
                t.type_text("list files");
            }
            t.key("C-g");
            wait_for_line(&t, line);
            t.wait_until_idle();
        }
        let screen = t.wait_for_screen("ファイルを一覧");
        let noted = screen.lines().filter(|row| row.contains('フ')).count();
        assert_eq!((noted, screen.lines().count()), (1, 2), "{shell:?}: {screen}");
    }
}

#[test]
fn a_message_of_wide_characters_takes_three_rows_at_most() {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path()).message_after(Duration::ZERO, &"答えがありません".repeat(30));
    let t = Terminal::start(Shell::Zsh, Setup { bin: helper.write(), columns: 40, rows: 12, ..Setup::default() });
    t.type_text("list files");
    t.key("C-g");
    let screen = t.wait_for_screen("gptos: 答え");
    assert!(screen.starts_with("[1]> list files\ngptos: 答え") && screen.lines().count() <= 4, "{screen}");
    t.key("C-u");
}

#[test]
fn a_row_of_wide_characters_that_is_read_aloud_is_one_row() {
    // bash prints it for good, so it may wrap.
    for shell in [Shell::Zsh, Shell::Fish] {
        let dir = tempfile::tempdir().unwrap();
        let answer = format!("row\0{}\0\0cmd\0echo one\0{NOTE}\0end\x000\0\0", "ファイル".repeat(20));
        let helper = FakeHelper::new(dir.path()).raw_after(Duration::ZERO, answer.as_bytes());
        let t = Terminal::start(shell, Setup { bin: helper.write(), columns: 40, rows: 12, ..Setup::default() });
        t.type_text("list files");
        t.key("C-g");
        wait_for_line(&t, "echo one");
        t.wait_for_screen(NOTE);
        let screen = t.wait_for_screen("ファイル");
        assert_eq!(screen.lines().count(), 3, "{shell:?}: {screen}");
    }
}

#[test]
fn wide_and_combining_characters_in_the_line_come_back_as_they_were() {
    let words = "?? 文件 naïve e\u{301}tude 😀 👩\u{200d}🔧 how's it";
    for shell in SHELLS {
        let (_dir, helper, t) = noting(shell, NOTE, Setup::default());
        t.type_text(words);
        t.key("Enter");
        wait_for_line(&t, "echo one");
        assert_eq!(helper.queries(), [words.trim_start_matches("?? ")], "{shell:?}");
        t.key("C-g");
        wait_for_line(&t, "echo two");
        t.key("C-g");
        wait_for_line(&t, words);
        t.type_text("!");
        wait_for_line(&t, &format!("{words}!"));
        t.key("C-u");
        wait_for_line(&t, "");
        assert_eq!(t.prompt_number(), 1, "{shell:?}");
    }
}

/// A window that is made narrower and wider while an answer is awaited.
#[test]
fn the_window_may_change_while_an_answer_is_awaited() {
    for (shell, options) in [(Shell::Zsh, ""), (Shell::Bash, "GPTOS_ASYNC=0"), (Shell::Bash, "GPTOS_ASYNC=1"), (Shell::Fish, "")] {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let command = format!("echo x >>{}", log.display());
        let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[(command.as_str(), NOTE)]).when_told();
        let setup = Setup { before: options.into(), bin: helper.write(), columns: 90, rows: 20, ..Setup::default() };
        let t = Terminal::start(shell, setup);
        t.type_text("?? write a line");
        t.key("Enter");
        t.wait_for(|| (!helper.pids().is_empty()).then_some(()), "the question");
        for (columns, rows) in [(50, 10), (120, 30), (70, 15)] {
            t.resize(columns, rows);
            t.wait_until_idle();
        }
        helper.tell();
        wait_for_line(&t, &command);
        t.wait_for_screen(NOTE);
        assert_eq!(t.screen().matches("echo x").count(), 1, "{shell:?} {options}: {}", t.screen());
        thread::sleep(READING);
        t.wait_for(
            || {
                thread::sleep(READING);
                t.key("Enter");
                log.exists().then_some(())
            },
            "the line to run",
        );
        t.wait_for_prompt(2);
        assert_eq!(fs::read_to_string(&log).unwrap(), "x\n", "{shell:?} {options}");
        t.type_text("echo after");
        t.key("Enter");
        t.wait_for_screen("\nafter\n");
    }
}

/// Prompts of several rows and prompts on the right keep their places around a note.
#[test]
fn tall_prompts_and_right_prompts_keep_their_places() {
    let tall = [
        (Shell::Zsh, "__tall() { PS1=$'above\\n'\"$PS1\" }; precmd_functions+=(__tall); RPROMPT=right"),
        (Shell::Bash, "__tall() { PS1=\"above\\n$PS1\"; }; PROMPT_COMMAND+=(__tall)"),
        (
            Shell::Fish,
            "functions --copy fish_prompt __low; function fish_prompt; echo above; __low; end; function fish_right_prompt; echo right; end",
        ),
    ];
    for (shell, rc) in tall {
        let (_dir, _helper, t) = noting(shell, NOTE, Setup { rc: rc.into(), columns: 60, rows: 20, ..Setup::default() });
        for number in 1..4 {
            t.type_text("?? say it");
            t.key("Enter");
            wait_for_line(&t, "echo one");
            t.wait_for_screen(NOTE);
            t.key("C-g");
            wait_for_line(&t, "echo two");
            t.wait_until_idle();
            thread::sleep(READING);
            t.key("Enter");
            t.wait_for_prompt(number + 1);
        }
        let screen = t.wait_for_screen("[4]>");
        let rows: Vec<&str> = screen.lines().map(str::trim_end).filter(|row| !row.contains(NOTE)).collect();
        assert_eq!(rows.iter().filter(|row| **row == "two").count(), 3, "{shell:?}: {screen}");
        let last = rows.len() - 1;
        assert_eq!(rows[last - 1], "above", "{shell:?}: {screen}");
        assert_eq!(rows[last].ends_with("right"), shell != Shell::Bash, "{shell:?}: {screen}");
    }
}
