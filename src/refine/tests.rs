use std::sync::Arc;

use super::*;
use crate::offline::{Machine, Os, translate};

fn refined(command: &str, asked: &str, words: &str) -> Vec<String> {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let read = |sentence: &str| Arc::new(translate(sentence, &machine));
    let refined = Refined::new(command, asked).expect("a command");
    let wish = Wish { refined: &refined, words, shell: ShellKind::Bash, read: &read };
    wish.candidates().into_iter().filter(|candidate| candidate.confidence >= SURE).map(|candidate| candidate.command).collect()
}

/// What was asked, the wish, and the command that it comes to. What was asked is a command where it begins with `$ `.
const TABLE: &str = include_str!("table.txt");

#[test]
fn wishes_come_to_the_commands_that_were_meant() {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let (mut wrong, mut count) = (Vec::new(), 0);
    for row in TABLE.lines().filter(|row| !row.is_empty() && !row.starts_with('#')) {
        let [asked, wish, expected] = row.split(" => ").collect::<Vec<_>>()[..] else { panic!("{row}") };
        let (asked, command) = match asked.strip_prefix("$ ") {
            Some(command) => ("", command.to_owned()),
            None => (asked, translate(asked, &machine).candidates.first().unwrap_or_else(|| panic!("{asked}")).command.clone()),
        };
        count += 1;
        let found = refined(&command, asked, wish);
        if found.first().map(String::as_str).unwrap_or("-") != expected {
            wrong.push(format!("{asked}\n  {command}\n  {wish}\n  {expected}\n  {found:?}"));
        }
    }
    assert!(count >= 60 && wrong.len() * 20 <= count, "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_second_wish_counts_from_where_the_first_one_led() {
    let first = refined("find . -size +100M", "find files bigger than 100 MB", "but only python files");
    let asked = "find files bigger than 100 MB, but only python files";
    let second = refined(&first[0], asked, "and only in /etc");
    assert_eq!(second.first().map(String::as_str), Some("find /etc -name '*.py' -size +100M"), "{first:?}");
    // Words that did not lead to the command say nothing of it.
    assert!(refined("ls -l", asked, "but bigger than 1 GB").is_empty());
    assert_eq!(refined("ls -l", asked, "human readable"), ["ls -lh"]);
}

#[test]
fn hostile_commands_and_wishes_come_to_nothing_that_is_not_quoted() {
    let long = format!("grep {}", "x".repeat(4000));
    for command in
        [long.as_str(), "echo 'open", "ls | | wc", "$(", "a;b&&c||d|e", "ls -l; rm -rf /", "for f in *; do", "cat <<end", "\u{202e}ls"]
    {
        for words in
            ["recursively", "case insensitive", "limit to 3", "save it to x.txt", "as root", "in /etc", "x", "but", "\u{202e}", "'\"`$("]
        {
            let _ = refined(command, "find files", words);
        }
    }
    assert_eq!(refined("ls", "", "save it to '$(touch x).txt'"), ["ls > '$(touch x).txt'"]);
    assert_eq!(refined("cat a", "", "only lines containing \"a; rm -rf b\""), ["cat a | grep -F 'a; rm -rf b'"]);
    assert_eq!(refined("ls /tmp", "", "use $(id) instead of /tmp"), ["ls '$(id)'"]);
    assert!(refined("ls", "list files", "but only frobnicated ones").is_empty(), "an adjective is no name");
    assert!(refined("find . -size +100M", "find files bigger than 100 MB", "but only those I own").is_empty(), "no word is passed over");
    assert!(refined("ls /tmp; uptime", "", "limit to 3").is_empty(), "of which of the two?");
    assert!(refined("ls", "", "limit to 99999999999999999999").is_empty());
}
