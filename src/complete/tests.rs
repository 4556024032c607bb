use super::*;
use crate::domain::Hole;
use crate::fix::is_near;
use crate::offline::{Machine, Os, SURE, translate};

/// Programs that the tables do not hold and most machines have.
const OTHERS: &str = "split join test [ yes factor cargo rustc python3 node ruby perl php emacs vim nano code screen strace gdb go java mvn \
    gradle terraform ansible helm vagrant psql mysql sqlite3 redis-cli ffmpeg convert host time last at batch type true false look link \
    fmt fold paste comm tsort shuf seq dircolors for while if case until function cd echo export alias source bg fg jobs set unset read \
    ulimit umask exit eval exec trap wait return printf pwd history mount install write users who w date cal bc dc expr logger script";

/// Files of the made-up working directory.
const FILES: &str = "names.txt src README.md main.c notes build.sh data";

fn is_command(word: &str) -> bool {
    is_well_known(word) || OTHERS.split_ascii_whitespace().any(|other| other == word)
}

/// Whether a line is taken for a command first, as somebody sees it who presses the key.
fn is_begun(line: &str) -> bool {
    let known = Known {
        is_command: &is_command,
        is_near_command: &|word| known_commands().any(|name| is_near(word, name)),
        is_file: &|word| FILES.split_ascii_whitespace().any(|name| name == word),
    };
    match decide(line, &known) {
        Reading::Command => true,
        Reading::Words => false,
        Reading::Either => {
            let said = translate(line, &Machine::usual(ShellKind::Bash, Os::Linux));
            !said.candidates.first().is_some_and(|best| best.confidence >= SURE && best.command != line.trim() && best.holes.is_empty())
        }
    }
}

fn wrong(lines: &str, begun: bool) -> (usize, Vec<&str>) {
    let lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    (lines.len(), lines.into_iter().filter(|line| is_begun(line) != begun).collect())
}

#[test]
fn sentences_that_begin_with_a_command_are_told_from_commands_that_somebody_has_begun() {
    for (name, lines, begun) in [("sentences", include_str!("sentences.txt"), false), ("commands", include_str!("lines.txt"), true)] {
        let (count, wrong) = wrong(lines, begun);
        assert!(count >= 50 && wrong.len() * 100 <= count * 3, "{name}: {} of {count}\n{}", wrong.len(), wrong.join("\n"));
    }
}

fn found() -> Found {
    let mut found = Found::default();
    found.seen.commands = ["git", "ls", "tar", "cat", "find", "docker"].map(str::to_owned).into();
    let repository = Repository {
        branch: Some("main".to_owned()),
        names: ["main", "feature/login", "v1.0"].map(str::to_owned).into(),
        remotes: vec!["origin".to_owned()],
        has_upstream: true,
    };
    found.seen.repository = Some(Some(repository));
    found
}

fn completed(line: &str, cursor: usize, found: &Found) -> Vec<String> {
    let Some(partial) = Partial::new(line, cursor, ShellKind::Bash) else { return Vec::new() };
    partial.candidates(found).into_iter().map(|candidate| candidate.command).collect()
}

#[test]
fn a_word_is_completed_where_the_cursor_is() {
    let found = found();
    for (line, expected) in [
        ("git che|", "git checkout"),
        ("git stash po|", "git stash pop"),
        ("git checkout feat|", "git checkout feature/login"),
        ("git push or|", "git push origin"),
        ("git commit --ame|", "git commit --amend"),
        ("git sta| -s", "git status -s"),
        ("sudo systemctl rest|", "sudo systemctl restart"),
        ("docker compose u|", "docker compose up"),
        ("git comit|", "git commit"),
        ("make inst|", "make install"),
        ("find . -name|", "find . -name <pattern>"),
        ("find . -type f -size |", "find . -type f -size <size>"),
        ("tar xzf |", "tar xzf <archive>"),
        ("git clone|", "git clone <url>"),
        ("docker|", "docker ps"),
        ("find . -type f -nam x|", "find . -type f -name x"),
        ("grep -r foo |", "grep -r foo <file>"),
        ("cp a.txt |", "cp a.txt <to>"),
    ] {
        let cursor = line.find('|').expect("a cursor");
        let line = line.replace('|', "");
        let all = completed(&line, cursor, &found);
        assert_eq!(all.first().map(String::as_str), Some(expected), "{line}: {all:?}");
    }
}

#[test]
fn names_of_files_are_quoted_and_folders_stay_open() {
    let mut found = found();
    found.names = vec![("my file; rm -rf x".to_owned(), false), ("my folder".to_owned(), true)];
    assert_eq!(completed("cat my", 6, &found), ["cat 'my file; rm -rf x'", "cat 'my folder/'"]);
    assert_eq!(completed("cat 'my f", 9, &found)[0], "cat 'my file; rm -rf x'", "an open quote is closed");
    assert_eq!(completed("ls > my", 7, &found)[0], "ls > 'my file; rm -rf x'");
    found.names = vec![("-rf".to_owned(), false)];
    assert_eq!(completed("cat ", 4, &found).last().map(String::as_str), Some("cat ./-rf"));
}

#[test]
fn mistyped_words_are_mended_and_nothing_is_made_of_what_cannot_be_read() {
    let mut found = found();
    found.seen.near.insert("gti".to_owned(), vec!["git".to_owned()]);
    assert_eq!(completed("gti status", 10, &found), ["git status"]);
    for line in ["", "   ", "ls \u{1b}[2J", "a\nb", "))((", "echo 'x", "$(", "git \"", &"x ".repeat(2000)] {
        for cursor in [0, 1, line.len(), usize::MAX] {
            let _ = completed(line, cursor, &found);
        }
    }
    assert!(completed("ls\n", 2, &found).is_empty());
}

#[test]
fn what_is_missing_keeps_the_line_from_running() {
    let mut refused = Vec::new();
    for row in include_str!("missing.txt").lines().filter(|row| !row.starts_with('#')) {
        let (words, names) = row.split_once(" = ").expect("words and names");
        assert!(names.split(' ').all(Hole::is_name), "{row}");
        let line = format!("{words} ");
        let partial = Partial::new(&line, line.len(), ShellKind::Bash).expect("a line");
        let mut seen = found();
        seen.seen.commands.insert(words.split(' ').next().unwrap_or_default().to_owned());
        let all = partial.candidates(&seen);
        let best = all.iter().find(|candidate| !candidate.holes.is_empty()).unwrap_or_else(|| panic!("{row}: {all:?}"));
        for shell in ShellKind::ALL {
            if let Err(rejection) = crate::validate::judge(best, &crate::validate::Policy::new(shell)) {
                refused.push(format!("{} in {shell}: {rejection}", best.command));
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}
