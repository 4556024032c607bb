//! What stands behind the answer in a list.

use std::collections::HashSet;

use super::*;
use crate::domain::{Risk, ShellFacts};
use crate::offline;

/// A machine with these programs and the builtins of a shell.
struct Only(&'static [&'static str]);

impl Commands for Only {
    fn resolves(&self, word: &str, _facts: &ShellFacts) -> bool {
        self.0.contains(&word)
    }
}

/// What a developer's machine has when nobody installed anything special.
const USUAL: &[&str] = &[
    "alias",
    "apt",
    "apt-cache",
    "apt-get",
    "apt-mark",
    "apropos",
    "arch",
    "at",
    "awk",
    "base64",
    "bg",
    "bzip2",
    "cal",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "chage",
    "cmp",
    "column",
    "comm",
    "command",
    "cp",
    "crontab",
    "curl",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "dig",
    "dmesg",
    "docker",
    "dpkg",
    "dpkg-query",
    "du",
    "echo",
    "env",
    "export",
    "fallocate",
    "fc",
    "file",
    "find",
    "findmnt",
    "fmt",
    "fold",
    "free",
    "fuser",
    "getent",
    "git",
    "gpasswd",
    "grep",
    "groupadd",
    "groups",
    "gunzip",
    "gzip",
    "head",
    "hexdump",
    "history",
    "host",
    "hostname",
    "hostnamectl",
    "id",
    "ip",
    "jobs",
    "journalctl",
    "jq",
    "kill",
    "killall",
    "kubectl",
    "last",
    "less",
    "ln",
    "locale",
    "ls",
    "lsblk",
    "lscpu",
    "lsof",
    "make",
    "man",
    "md5sum",
    "mkdir",
    "mktemp",
    "mount",
    "mv",
    "nc",
    "nl",
    "nohup",
    "npm",
    "npx",
    "nproc",
    "nslookup",
    "od",
    "openssl",
    "passwd",
    "paste",
    "pgrep",
    "pidof",
    "ping",
    "pip",
    "pkill",
    "poweroff",
    "pr",
    "printenv",
    "printf",
    "ps",
    "pstree",
    "pwd",
    "python3",
    "readlink",
    "realpath",
    "reboot",
    "renice",
    "rev",
    "rm",
    "rmdir",
    "rsync",
    "scp",
    "screen",
    "sdiff",
    "sed",
    "seq",
    "service",
    "set",
    "setsid",
    "sha256sum",
    "shuf",
    "shutdown",
    "sort",
    "split",
    "ss",
    "ssh",
    "ssh-copy-id",
    "ssh-keygen",
    "stat",
    "su",
    "sudo",
    "systemctl",
    "systemd-analyze",
    "tac",
    "tail",
    "tar",
    "tee",
    "test",
    "time",
    "timedatectl",
    "timeout",
    "tmux",
    "top",
    "touch",
    "tr",
    "traceroute",
    "tracepath",
    "truncate",
    "type",
    "ulimit",
    "umask",
    "umount",
    "uname",
    "uniq",
    "unxz",
    "unzip",
    "uptime",
    "useradd",
    "userdel",
    "usermod",
    "users",
    "vmstat",
    "w",
    "watch",
    "wc",
    "wget",
    "whereis",
    "which",
    "who",
    "whoami",
    "xargs",
    "xxd",
    "xz",
    "yes",
    "zcat",
    "zip",
    "zipinfo",
    "zless",
];

/// A pipeline on such a machine.
fn on(programs: &'static [&'static str]) -> Bench {
    let bench = Bench::new("echo one");
    let place = bench.pipeline.parts.place.clone();
    let pipeline =
        Pipeline::new(place, Arc::new(MemoryCache::new(CacheSettings::default())), Arc::new(Only(programs)), bench.shell.clone());
    pipeline.remember(Some(Arc::new(ShortMemory::default())));
    Bench { pipeline, ..bench }
}

impl Bench {
    async fn list(&self, query: &str) -> Vec<Offer> {
        let request = Request { mode: Mode::Offline, want: 8, others: true, ..self.request(query) };
        self.ask(&request).await.offers
    }
}

fn commands(offers: &[Offer]) -> Vec<&str> {
    offers.iter().map(|offer| offer.suggestion.command()).collect()
}

#[tokio::test]
async fn other_ways_stand_behind_the_answer_of_a_list_and_nowhere_else() {
    let bench = on(USUAL);
    let list = bench.list("show listening ports").await;
    assert_eq!(commands(&list)[..2], ["ss -tulpn", "lsof -nP -iTCP -sTCP:LISTEN"], "{list:?}");
    assert_eq!(list[1].suggestion.reading(), list[0].suggestion.reading(), "it does the same");
    assert!(list.iter().all(|offer| offer.via == Via::Live && offer.suggestion.reading().is_some()));
    assert!(list.len() <= 4);
    let asked = bench.ask(&Request { mode: Mode::Offline, ..bench.request("show listening ports") }).await;
    assert_eq!(commands(&asked.offers), ["ss -tulpn"], "a key press gives what it gave");
}

#[tokio::test]
async fn what_is_not_installed_is_not_offered() {
    let list = on(&["ss"]).list("show listening ports").await;
    assert!(list.iter().all(|offer| offer.suggestion.command().starts_with("ss ")), "{list:?}");
    let sizes = "show the size of each folder here";
    let has = |list: &[Offer]| list.iter().any(|offer| offer.suggestion.command().starts_with("ncdu"));
    assert!(has(&on(&["du", "sort", "ncdu"]).list(sizes).await));
    assert!(!has(&on(&["du", "sort"]).list(sizes).await));
}

#[tokio::test]
async fn programs_that_people_install_for_it_come_first() {
    let list = on(&["find", "fd", "wc"]).list("find files named *.css").await;
    assert_eq!(commands(&list)[..2], ["find . -name '*.css'", "fd -s -g '*.css'"], "{list:?}");
}

#[tokio::test]
async fn what_the_user_ran_and_what_a_provider_said_have_other_ways_too() {
    let bench = on(USUAL);
    let query = Query::from_bytes(b"show listening ports").unwrap();
    bench.ran(&query, "ss -tlnp", 0);
    let list = bench.list("show listening ports").await;
    assert_eq!(commands(&list)[..2], ["ss -tlnp", "ss -tulpn"], "{list:?}");
    assert!(list.len() > 2, "{list:?}");
    // A line that was taken from a list is remembered like the answer.
    bench.ran(&query, "lsof -nP -iTCP -sTCP:LISTEN", 0);
    assert_eq!(commands(&bench.list("show listening ports").await)[0], "lsof -nP -iTCP -sTCP:LISTEN");
    bench.set(Ok("git switch -c quux"));
    let asked = bench.ask(&Request { others: true, want: 8, ..bench.request(UNKNOWN) }).await;
    assert_eq!(commands(&asked.offers)[..2], ["git switch -c quux", "git checkout -b quux"]);
}

#[tokio::test]
async fn no_other_way_risks_more_and_a_guess_has_none() {
    let bench = on(USUAL);
    let list = bench.list("delete the branch old-login").await;
    let risk = list[0].suggestion.risk().max(Risk::Low);
    assert!(list.iter().skip(1).filter(|offer| offer.via == Via::Live).all(|offer| offer.suggestion.risk() <= risk), "{list:?}");
    bench.set(Ok("cp a /etc/b"));
    let asked = bench.ask(&Request { others: true, want: 8, ..bench.request(UNKNOWN) }).await;
    assert!(asked.offers.iter().all(|offer| offer.suggestion.risk() <= asked.offers[0].suggestion.risk().max(Risk::Low)));
    let guessed = bench.list("change the last commit message to").await;
    assert!(guessed.iter().all(|offer| offer.via == Via::Guess), "{guessed:?}");
}

#[tokio::test]
async fn a_list_says_the_same_each_time_and_nothing_twice() {
    let bench = on(USUAL);
    for query in ["delete *.tmp files older than 7 days in /tmp", "list files by size", "show all running processes"] {
        let list = bench.list(query).await;
        assert_eq!(commands(&list), commands(&bench.list(query).await));
        let forms: HashSet<String> =
            commands(&list).iter().map(|command| offline::normal_form(command, crate::domain::ShellKind::Bash)).collect();
        assert_eq!(forms.len(), list.len(), "{list:?}");
    }
}

/// Of every tenth sentence, how many have something to choose from.
#[tokio::test]
async fn most_sentences_have_something_to_choose_from() {
    let bench = on(USUAL);
    let mut sentences: Vec<String> = Vec::new();
    for text in [
        include_str!("../../../../tests/corpus/offline.files.toml"),
        include_str!("../../../../tests/corpus/offline.find.toml"),
        include_str!("../../../../tests/corpus/offline.system.toml"),
        include_str!("../../../../tests/corpus/offline.tools.toml"),
        include_str!("../../../../tests/corpus/phrases.files.toml"),
        include_str!("../../../../tests/corpus/phrases.system.toml"),
        include_str!("../../../../tests/corpus/phrases.text.toml"),
    ] {
        let corpus: toml::Table = text.parse().unwrap();
        let said = corpus["case"].as_array().unwrap().iter().flat_map(|case| case["say"].as_array().unwrap());
        sentences.extend(said.map(|say| say.as_str().unwrap().to_owned()));
    }
    let (mut all, mut before, mut after, mut alone) = (0, 0, 0, Vec::new());
    for query in sentences.iter().step_by(10) {
        let asked = bench.ask(&Request { mode: Mode::Offline, want: 8, ..bench.request(query) }).await;
        let list = bench.list(query).await;
        assert_eq!(commands(&list)[..asked.offers.len()], commands(&asked.offers), "{query}: the answers stay as they are, in front");
        all += 1;
        before += usize::from(asked.offers.len() > 1);
        after += usize::from(list.len() > 1);
        if list.len() == 1 {
            alone.push(format!("{query}: {}", commands(&list)[0]));
        }
    }
    assert!(after * 100 >= all * 80 && before * 100 < all * 25, "{before} and {after} of {all}\n{}", alone.join("\n"));
}
