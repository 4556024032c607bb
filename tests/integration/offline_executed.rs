//! What harmless commands of the embedded translator really print, in the real shells over a small tree with blanks in its
//! names.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, SURE, translate};

/// Programs that only read, as long as nothing is redirected.
const HARMLESS: [&str; 24] = [
    "find", "ls", "grep", "wc", "sort", "uniq", "head", "tail", "cat", "cut", "awk", "sed", "tr", "tac", "rev", "nl", "basename",
    "dirname", "diff", "comm", "paste", "seq", "stat", "join",
];

/// A sentence and the lines that its command prints.
type Row = (&'static str, &'static [&'static str]);

/// In the order in which they are printed.
const ORDERED: [Row; 29] = [
    ("show the contents of \"my notes.txt\"", &["milk", "bread", "milk", "eggs", "TODO call bob"]),
    ("first 2 lines of \"my notes.txt\"", &["milk", "bread"]),
    ("last 2 lines of \"my notes.txt\"", &["eggs", "TODO call bob"]),
    ("print lines 2 to 3 of \"my notes.txt\"", &["bread", "milk"]),
    ("print the second line of \"my notes.txt\"", &["bread"]),
    ("sort \"my notes.txt\"", &["TODO call bob", "bread", "eggs", "milk", "milk"]),
    ("sort \"my notes.txt\" in reverse order", &["milk", "milk", "eggs", "bread", "TODO call bob"]),
    ("sort \"my notes.txt\" and remove duplicate lines", &["TODO call bob", "bread", "eggs", "milk"]),
    ("count the lines in \"my notes.txt\"", &["5 my notes.txt"]),
    ("count the words in \"my notes.txt\"", &["7 my notes.txt"]),
    ("count lines containing milk in \"my notes.txt\"", &["2"]),
    ("show lines containing \"call bob\" in \"my notes.txt\"", &["TODO call bob"]),
    ("show lines not containing milk in \"my notes.txt\"", &["bread", "eggs", "TODO call bob"]),
    ("show lines starting with e in \"my notes.txt\"", &["eggs"]),
    ("show the lines of \"my notes.txt\" in reverse order", &["TODO call bob", "eggs", "milk", "bread", "milk"]),
    ("print the second column of table.csv", &["price", "3", "10", "2"]),
    ("sum the second column of table.csv", &["15"]),
    ("print the last column of table.csv", &["place", "north shelf", "south shelf", "north shelf"]),
    ("print table.csv without the first line", &["apple,3,north shelf", "pear,10,south shelf", "plum,2,north shelf"]),
    (
        "print table.csv with apple replaced by \"red apple\"",
        &["name,price,place", "red apple,3,north shelf", "pear,10,south shelf", "plum,2,north shelf"],
    ),
    ("compare table.csv with \"copy of table.csv\"", &["4c4", "< plum,2,north shelf", "---", "> plum,4,north shelf"]),
    ("newest file in logs", &["web server.log"]),
    ("how many log files are in logs", &["2"]),
    ("count the files in \"old logs\"", &["1"]),
    ("show the longest line of table.csv", &["apple,3,north shelf"]),
    ("print the file name of \"big files/large one.bin\" without the directory", &["large one.bin"]),
    ("numbers from 3 to 5", &["3", "4", "5"]),
    ("show the first column of table.csv", &["name", "apple", "pear", "plum"]),
    ("convert table.csv to upper case", &["NAME,PRICE,PLACE", "APPLE,3,NORTH SHELF", "PEAR,10,SOUTH SHELF", "PLUM,2,NORTH SHELF"]),
];

/// In any order.
const FOUND: [Row; 18] = [
    ("find all csv files", &["./copy of table.csv", "./table.csv"]),
    ("find log files", &["./logs/app.log", "./logs/web server.log", "./old logs/app.log"]),
    ("find log files in \"old logs\"", &["old logs/app.log"]),
    ("find files named \"large one.bin\"", &["./big files/large one.bin"]),
    ("find regular files bigger than 2 KB", &["./big files/large one.bin"]),
    ("find empty files", &["./big files/nothing"]),
    ("find directories", &[".", "./big files", "./logs", "./old logs"]),
    ("find files modified in the last 2 days", &["./table.csv"]),
    ("find files older than 100 days", &["./old logs/app.log"]),
    ("find log files except in \"old logs\"", &["./logs/app.log", "./logs/web server.log"]),
    ("find files whose name starts with \"my\"", &["./my notes.txt"]),
    ("find folders whose name contains a space", &["./big files", "./old logs"]),
    ("find txt files containing TODO", &["./my notes.txt"]),
    ("search for \"south shelf\" in csv files", &["./copy of table.csv:3:pear,10,south shelf", "./table.csv:3:pear,10,south shelf"]),
    ("list files in \"big files\"", &["large one.bin", "nothing"]),
    ("list all txt files", &["my notes.txt"]),
    ("find csv or txt files", &["./copy of table.csv", "./my notes.txt", "./table.csv"]),
    ("find hidden files", &["./.hidden file"]),
];

fn tree(root: &Path) {
    let day = Duration::from_secs(24 * 3600);
    let large = "x".repeat(4000);
    let files: [(&str, &str, u32); 10] = [
        ("my notes.txt", "milk\nbread\nmilk\neggs\nTODO call bob\n", 10),
        ("table.csv", "name,price,place\napple,3,north shelf\npear,10,south shelf\nplum,2,north shelf\n", 1),
        ("copy of table.csv", "name,price,place\napple,3,north shelf\npear,10,south shelf\nplum,4,north shelf\n", 10),
        ("logs/app.log", "start\nerror: no disk\n", 10),
        ("logs/web server.log", "start\n", 5),
        ("old logs/app.log", "start\n", 200),
        ("big files/large one.bin", &large, 10),
        ("big files/nothing", "", 10),
        (".hidden file", "x\n", 10),
        ("-dash.md", "x\n", 10),
    ];
    for (name, text, age) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::File::options().append(true).open(&path).unwrap().set_modified(SystemTime::now() - day * age).unwrap();
    }
}

fn is_harmless(command: &str) -> bool {
    // What stands in single quotes is no command.
    let command: String = command.split('\'').step_by(2).collect();
    let programs = command.split(" | ").all(|part| HARMLESS.contains(&part.split(' ').next().unwrap_or_default()));
    let acts = ["-delete", "-exec rm", "-i ", "-ok", "-fprint"];
    programs && !command.contains(['>', ';', '&', '`']) && !command.contains("$(") && !acts.iter().any(|act| command.contains(act))
}

/// What is wrong with the answer to a sentence in a shell.
fn wrong(shell: ShellKind, root: &Path, (say, wanted): Row, ordered: bool) -> Option<String> {
    let translation = translate(say, &Machine::usual(shell, Os::Linux));
    let Some(best) = translation.candidates.first().filter(|best| best.confidence >= SURE) else {
        return Some(format!("{say}\n    is not known: {:?}", translation.candidates));
    };
    let command = &best.command;
    if !is_harmless(command) {
        return Some(format!("{say}\n    is not run: {command}"));
    }
    let arguments: &[&str] = match shell {
        ShellKind::Bash => &["--noprofile", "--norc", "-c"],
        ShellKind::Zsh => &["-f", "-c"],
        ShellKind::Fish => &["--no-config", "-c"],
    };
    let output = Command::new(shell.name()).args(arguments).arg(command).current_dir(root).env("LC_ALL", "C.UTF-8").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines: Vec<&str> = text.lines().collect();
    let mut wanted = wanted.to_vec();
    if !ordered {
        lines.sort_unstable();
        wanted.sort_unstable();
    }
    let told = String::from_utf8_lossy(&output.stderr);
    (lines != wanted || !told.is_empty())
        .then(|| format!("{say} ({shell})\n    {command}\n    prints {lines:?} {told}\n    wanted {wanted:?}"))
}

#[test]
fn harmless_commands_print_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    tree(folder.path());
    let mut errors = Vec::new();
    for shell in ShellKind::ALL {
        errors.extend(ORDERED.into_iter().filter_map(|row| wrong(shell, folder.path(), row, true)));
        errors.extend(FOUND.into_iter().filter_map(|row| wrong(shell, folder.path(), row, false)));
    }
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}
