use super::*;

fn machine(shell: ShellKind) -> Machine {
    Machine::usual(shell, Os::Linux)
}

fn written(command: &str) -> Vec<String> {
    ways(command, &machine(ShellKind::Bash)).into_iter().map(|way| way.command).collect()
}

#[test]
fn what_says_the_same_comes_before_what_says_nearly_the_same() {
    assert_eq!(written("git switch -c fix-login"), ["git checkout -b fix-login", "git branch fix-login"]);
    assert_eq!(written("git checkout -b fix-login"), ["git switch -c fix-login", "git branch fix-login"]);
    let ways = ways("ss -tlnp", &machine(ShellKind::Bash));
    assert_eq!(ways[0], Way { command: "lsof -nP -iTCP -sTCP:LISTEN".to_owned(), difference: None });
    assert_eq!(ways.last().and_then(|way| way.difference), Some("UDP as well"));
}

#[test]
fn names_stay_as_they_are_written() {
    assert_eq!(written("rm 'my notes.txt' \"$old\"")[0], "rm -i 'my notes.txt' \"$old\"");
    assert_eq!(written("sed -n '42p' main.c")[0], "awk 'NR == 42' main.c");
    assert_eq!(written("git restore --source='HEAD~3' src/main.c")[0], "git checkout 'HEAD~3' -- src/main.c");
    assert_eq!(written("cp a b c")[0], "cp -i a b c");
    assert_eq!(written("sudo systemctl stop nginx")[0], "sudo service nginx stop");
    assert_eq!(written("lsblk -f")[0], "sudo blkid");
}

#[test]
fn the_form_that_says_most_of_a_line_counts() {
    assert_eq!(written("cat /etc/os-release")[0], "lsb_release -a");
    assert_eq!(written("cat notes.txt")[0], "less notes.txt");
}

#[test]
fn a_line_that_is_more_than_the_pattern_has_no_ways() {
    for command in [
        "ls; rm -rf x",
        "cat a > b",
        "cat `id`",
        "cat $(id)",
        "rm a | tee b",
        "cp a b && c",
        "cp -t x a",
        "cat -- -n\nls",
        "",
        "diff <(a) b",
        "find . -name a -o -name b",
        "git",
        "kill -9",
    ] {
        assert_eq!(written(command), Vec::<String>::new(), "{command}");
    }
    assert_eq!(written(&format!("rm{}", " a".repeat(MOST_WORDS))), Vec::<String>::new());
    assert!(written(&format!("rm{}", " a".repeat(MOST_WORDS - 1)))[0].starts_with("rm -i a a"));
}

#[test]
fn options_are_no_names() {
    assert_eq!(written("rm '-x'"), Vec::<String>::new());
    assert!(written("rm -x").is_empty());
}

#[test]
fn each_shell_and_system_has_its_own() {
    let has =
        |shell, os, command: &str, other: &str| ways(command, &Machine::usual(shell, os)).iter().any(|way| way.command.starts_with(other));
    assert!(has(ShellKind::Zsh, Os::Linux, "history", "fc") && !has(ShellKind::Fish, Os::Linux, "history", "fc"));
    assert!(has(ShellKind::Bash, Os::Linux, "seq 1 3", "printf") && !has(ShellKind::Zsh, Os::Linux, "seq 1 3", "printf"));
    assert!(has(ShellKind::Zsh, Os::MacOs, "git switch main", "git checkout main"));
    assert!(!has(ShellKind::Zsh, Os::MacOs, "cp a b", "cp -i"), "its options are not those of the table");
}

#[test]
fn the_same_in_another_form_is_no_other_command() {
    let same = |one: &str, other: &str| normal_form(one, ShellKind::Bash) == normal_form(other, ShellKind::Bash);
    for (one, other) in
        [("ls -la", "ls -al"), ("ls -l  -a", "ls -la"), ("git log 'main'", "git log main"), ("grep -rn x .", "grep -n -r x .")]
    {
        assert!(same(one, other), "{one} and {other}");
    }
    for (one, other) in
        [("ls -l", "ls -la"), ("rm a b", "rm b a"), ("echo 'a b'", "echo a b"), ("git log", "git log -p"), ("ls -l | wc", "ls -l wc")]
    {
        assert!(!same(one, other), "{one} and {other}");
    }
}

/// A form with a word in each of its slots.
fn filled(form: &Form) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => (*text).to_owned(),
        Part::Digits(_) => "7".to_owned(),
        Part::Rest(name) => format!("word{name}"),
    };
    let word = |token: &Token| match token {
        Token::Word(parts) => parts.iter().map(part).collect(),
        Token::Slot(Slot::Options, _) => "-q".to_owned(),
        Token::Slot(_, name) => format!("word{name}"),
    };
    form.tokens.iter().map(word).collect::<Vec<String>>().join(" ")
}

#[test]
fn every_form_is_a_command_and_leads_to_the_others_of_its_group() {
    let mut wrong = Vec::new();
    let mut first: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for (number, group) in TABLE.iter().enumerate() {
        let forms: Vec<String> = group.forms.iter().map(filled).collect();
        if forms.len() < 2 || group.forms[0].is_only_offered {
            wrong.push(format!("leads nowhere: {}", forms[0]));
        }
        for (form, text) in group.forms.iter().zip(&forms) {
            let shell = if form.guards.contains(&Guard::Bash) { ShellKind::Bash } else { ShellKind::Zsh };
            if syntax::parse(text, shell).is_err() {
                wrong.push(format!("no command: {text}"));
            }
            if forms.iter().filter(|other| *other == text).count() > 1 {
                wrong.push(format!("twice in its group: {text}"));
            }
            if form.difference.is_some() && !form.is_only_offered {
                wrong.push(format!("different, so it is only offered: {text}"));
            }
            if form.is_only_offered {
                continue;
            }
            let others = ways(text, &machine(ShellKind::Bash)).len();
            // A line of another group that is written in the same way comes first in the table.
            if *first.entry(text.clone()).or_insert(number) == number && others == 0 {
                wrong.push(format!("leads nowhere: {text}"));
            }
        }
        // What the first one says all of its group can be written with.
        let machine = machine(ShellKind::Bash);
        let all = group.forms.iter().skip(1).filter(|form| form.applies(&machine) && form.allows(&Line::of(&forms[0], ShellKind::Bash)));
        if let Some(bound) = group.forms[0].fit(&Line::of(&forms[0], ShellKind::Bash)) {
            wrong.extend(all.filter(|form| form.write(&bound).is_none()).map(|form| format!("lacks a word: {}", filled(form))));
        } else {
            wrong.push(format!("does not fit itself: {}", forms[0]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(TABLE.len() > 400, "{}", TABLE.len());
}

#[test]
fn no_folder_with_a_slash_goes_to_rsync() {
    let to_rsync = |command: &str| written(command).iter().any(|other| other.starts_with("rsync"));
    for (plain, slashed) in [("cp -r photos /backup", "cp -r photos/ /backup"), ("scp -r dir host:x", "scp -r dir/ host:x")] {
        assert!(to_rsync(plain) && !to_rsync(slashed), "{slashed}");
    }
}
