//! What is said about commands on machines of other kinds, each remark with its harmless counterpart.

use super::*;
use crate::domain::ShellKind;

struct Machine {
    flavour: Flavour,
    present: &'static [&'static str],
}

impl Commands for Machine {
    fn resolves(&self, word: &str, _facts: &ShellFacts) -> bool {
        self.present.contains(&word)
    }
}

impl Tools for Machine {
    fn flavour(&self, _program: &str, _facts: &ShellFacts) -> Option<Flavour> {
        Some(self.flavour)
    }

    fn other_name(&self, program: &str) -> Option<&'static str> {
        (program == "fd").then_some("fdfind")
    }

    fn package(&self, program: &str) -> Option<&'static str> {
        [("fd", "fd-find"), ("tree", "tree")].into_iter().find(|(name, _)| *name == program).map(|(_, package)| package)
    }
}

fn facts() -> ShellFacts {
    ShellFacts { path: "/usr/bin".to_owned(), ..ShellFacts::bare(ShellKind::Bash, "/") }
}

fn said(command: &str, flavour: Flavour) -> Option<String> {
    let machine = Machine { flavour, present: &[] };
    let remarks = remarks(command, &[], &facts(), &machine, &machine);
    assert!(remarks.len() < 2, "{remarks:?}");
    remarks.into_iter().next()
}

#[test]
fn missing_programs_are_named_with_their_packages() {
    let said = |present: &'static [&'static str], programs: &[&str], path: &str| {
        let machine = Machine { flavour: Flavour::Gnu, present };
        let programs: Vec<String> = programs.iter().map(|name| (*name).to_owned()).collect();
        remarks("true", &programs, &ShellFacts { path: path.to_owned(), ..facts() }, &machine, &machine)
    };
    assert_eq!(said(&["ls", "tree"], &["ls", "tree"], "/bin"), Vec::<String>::new());
    assert_eq!(said(&["ls"], &["ls", "tree"], "/bin"), ["needs tree (package tree)"]);
    assert_eq!(said(&[], &["fd"], "/bin"), ["needs fd (package fd-find, there it is called fdfind)"]);
    assert_eq!(said(&["fdfind"], &["fd"], "/bin"), ["fd is called fdfind on this system"]);
    assert_eq!(said(&[], &["frobnicate", "./x"], "/bin"), ["needs frobnicate, which is not here", "needs ./x, which is not here"]);
    assert_eq!(said(&[], &["$EDITOR", "", "a b"], "/bin"), Vec::<String>::new());
    assert_eq!(said(&[], &["tree"], ""), Vec::<String>::new());
    assert_eq!(said(&[], &["a", "b", "c", "d", "e"], "/bin").len(), MOST);
}

#[test]
fn options_of_another_flavour_are_said() {
    use Flavour::{Bsd, Busybox, Gnu};
    for (command, flavour, remark) in [
        ("date -d yesterday", Bsd, "date -d is GNU's; this system has BSD date"),
        ("date -ud yesterday", Bsd, "date -d is GNU's; this system has BSD date"),
        ("date --date=yesterday +%F", Bsd, "date --date is GNU's; this system has BSD date"),
        ("date -v-1d", Gnu, "date -v is BSD's; this system has GNU date"),
        ("sed -i 's/a/b/' x", Bsd, "sed -i without an ending is GNU's; this system has BSD sed"),
        ("sed -i '' 's/a/b/' x", Gnu, "sed -i '' is BSD's; this system has GNU sed"),
        ("find . -printf '%p'", Bsd, "find -printf is GNU's; this system has BSD find"),
        ("find . -printf '%p'", Busybox, "find -printf is GNU's; this system has busybox find"),
        ("find -name x", Bsd, "find without a folder is GNU's; this system has BSD find"),
        ("find -E . -regex x", Gnu, "find -E is BSD's; this system has GNU find"),
        ("stat -c %s x", Bsd, "stat -c is GNU's; this system has BSD stat"),
        ("stat -f %z x", Gnu, "stat -f FORMAT is BSD's; this system has GNU stat"),
        ("ls | xargs -d '\\n' rm", Bsd, "xargs -d is GNU's; this system has BSD xargs"),
        ("ls | xargs -J % cp % d", Gnu, "xargs -J is BSD's; this system has GNU xargs"),
        ("du -h --max-depth=1", Bsd, "du --max-depth is GNU's; this system has BSD du"),
        ("grep -oP 'a' x", Bsd, "grep -P is GNU's; this system has BSD grep"),
        ("grep -r --include='*.c' x .", Busybox, "grep --include is GNU's; this system has busybox grep"),
        ("readlink -e x", Bsd, "readlink -e is GNU's; this system has BSD readlink"),
        ("base64 -w0 x", Bsd, "base64 -w is GNU's; this system has BSD base64"),
        ("base64 -D x", Gnu, "base64 -D is BSD's; this system has GNU base64"),
        ("tar -cf x.tar --transform 's/a/b/' d", Bsd, "tar --transform is GNU's; this system has BSD tar"),
        ("ls -l --time-style=full-iso", Bsd, "ls --time-style is GNU's; this system has BSD ls"),
        ("cp -ut d a", Bsd, "cp -u is GNU's; this system has BSD cp"),
        ("ps aux --sort=-%mem", Bsd, "ps --sort is GNU's; this system has BSD ps"),
        ("sudo sed -i s/a/b/ x", Bsd, "sed -i without an ending is GNU's; this system has BSD sed"),
        ("find . -exec sed -i s/a/b/ {} +", Bsd, "sed -i without an ending is GNU's; this system has BSD sed"),
        ("find . | xargs grep -P x", Bsd, "grep -P is GNU's; this system has BSD grep"),
        ("echo $(date -d now)", Bsd, "date -d is GNU's; this system has BSD date"),
    ] {
        assert_eq!(said(command, flavour).as_deref(), Some(remark), "{command}");
        let fits = if flavour == Gnu { Bsd } else { Gnu };
        assert_eq!(said(command, fits), None, "{command} on {fits:?}");
    }
}

#[test]
fn what_all_flavours_know_is_left_alone() {
    for command in [
        "date +%F",
        "sed -i.bak 's/a/b/' x",
        "sed -n -e '-z' x",
        "find . -name '-printf' -print",
        "grep -e -P x",
        "grep -A 3 -- -P x",
        "grep -eP x",
        "xargs -n 1 echo -d",
        "ls -lah",
        "cp -a a b",
        "ps aux",
        "echo date -d",
        "git commit -m 'date -d'",
        "tar -czf x.tgz -C d .",
        "stat x",
        "find . -exec echo -printf ';'",
        "/usr/local/bin/date -d x",
        "rm (",
    ] {
        for flavour in [Flavour::Gnu, Flavour::Bsd, Flavour::Busybox] {
            assert_eq!(said(command, flavour), None, "{command} {flavour:?}");
        }
    }
}
