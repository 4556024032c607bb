//! What a command does to files: deletes them, writes over them, changes who may use them.

use super::analyse::{Analysis, Around, named};
use super::call::Call;
use super::overwrite::is_replaceable;
use super::path;
use super::verdict::EffectKind;
use crate::domain::Risk;
use crate::syntax::{HOME, Redirect, RedirectKind, UNKNOWN, Word};

impl Analysis<'_> {
    pub(super) fn redirect(&mut self, redirect: &Redirect, words: &[Word], around: &Around<'_>) {
        let writes = matches!(redirect.kind, RedirectKind::Truncate | RedirectKind::Append | RedirectKind::ReadWrite);
        for word in self.expand(around.tree, &redirect.target) {
            let target = self.scope.resolve(&word.shape).unwrap_or_else(|| word.shape.clone());
            if word.shape.starts_with("/dev/tcp/") || word.shape.starts_with("/dev/udp/") {
                let shell = words.first().is_some_and(|name| super::unwrap::is_shell(name.shape.rsplit('/').next().unwrap_or_default()));
                match shell {
                    true => self.add_at(&redirect.target, "reverse-shell", Risk::Critical, "hands a shell to another machine"),
                    false => self.add_at(&redirect.target, "network-redirect", Risk::High, "connects to the network"),
                }
            }
            if writes {
                if let Some(text) = self.said(around.tree, around.index).filter(|text| !text.trim().is_empty()) {
                    self.scope.wrote(target.clone(), text);
                }
                if !target.starts_with("/dev/") && never_ends(words) {
                    self.add_at(&word, "fills-root", Risk::Medium, "writes without end until the disk is full");
                }
                self.writes(&word, &target, redirect, words, around);
            }
        }
    }

    fn writes(&mut self, word: &Word, target: &str, redirect: &Redirect, words: &[Word], around: &Around<'_>) {
        if matches!(target, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty" | "/dev/full") || target.starts_with("/dev/fd/") {
            return;
        }
        let truncates = redirect.kind == RedirectKind::Truncate;
        match truncates {
            true if is_replaceable(target) => self.effect(EffectKind::Overwrite, word, target, false),
            true => self.overwrites(word, target),
            false => {}
        }
        if self.write_to(word, target, !truncates) {
            return;
        }
        let group = around.tree.commands()[around.index].of_group;
        let empties = truncates && !group && prints_nothing(words);
        if truncates && reads(words, target, self) {
            self.add_at(word, "overwrites-input", Risk::High, "empties the file that it reads before it is read");
        } else if empties && (word.glob || around.repeated) {
            self.add_at(word, "empties-all", Risk::High, "empties every file it names");
        } else if empties && !is_replaceable(target) {
            self.add_at(word, "empties", Risk::Medium, format!("empties {}", named(target)));
        } else if redirect.forced {
            self.add_at(word, "overwrite-forced", Risk::Medium, format!("overwrites {} even where the shell would refuse", named(target)));
        } else if truncates {
            self.add_at(word, "overwrite", Risk::Low, format!("overwrites {}", named(target)));
        } else {
            self.add_at(word, "append", Risk::Low, format!("writes to {}", named(target)));
        }
    }

    /// Writing to a place that matters; whether it was one. Appending leaves what was there.
    pub(super) fn write_to(&mut self, word: &Word, target: &str, appends: bool) -> bool {
        if path::is_device(target) {
            self.add_at(word, "write-device", Risk::Critical, "writes over a disk");
        } else if path::normalise(target) == "/proc/sysrq-trigger" {
            self.add_at(word, "sysrq", Risk::Critical, "makes the kernel act at once: crash, restart or kill");
        } else if path::is_cornerstone(target) {
            let file = path::normalise(target);
            let accounts = ["/etc/passwd", "/etc/shadow", "/etc/sudoers", "/etc/cron", "/etc/ld.so.preload", "/etc/pam", "/var/spool/cron"];
            let names = ["/etc/hosts", "/etc/resolv.conf"].contains(&file.as_str());
            let risk = if names && appends {
                Risk::Medium
            } else if !appends || accounts.iter().any(|start| file.starts_with(start)) {
                Risk::Critical
            } else {
                Risk::High
            };
            self.add_at(word, "write-cornerstone", risk, format!("writes to {}, on which the system depends", named(&file)));
        } else if path::is_personal_setup(target) {
            let keys = target.contains(".ssh");
            let risk = if keys || !appends { Risk::High } else { Risk::Medium };
            let reason = if keys { "changes who may log in" } else { "changes what every new shell or session does" };
            self.add_at(word, "write-setup", risk, format!("{reason}: {}", named(target)));
        } else if path::is_log(target) && !appends {
            self.add_at(word, "write-log", Risk::High, "destroys records of the system");
        } else if path::is_system(target) || path::is_vital(target) {
            let risk = if target.starts_with("/etc/profile")
                || (target.starts_with("/usr/") && !target.starts_with("/usr/local/"))
                || target.starts_with("/bin")
            {
                Risk::High
            } else {
                Risk::Medium
            };
            self.add_at(word, "write-system", risk, format!("writes to {}", named(target)));
        } else if target.starts_with("/proc/") || target.starts_with("/sys/") {
            self.add_at(word, "write-kernel", Risk::Medium, "changes a setting of the running kernel");
        } else {
            return false;
        }
        true
    }

    /// `rm` and its like, on operands or on names that another program finds.
    pub(super) fn deletion(&mut self, call: &Call<'_>, around: &Around<'_>) {
        let recursive = call.has_any(&["-r", "-R", "--recursive"]) || matches!(call.name, "rimraf" | "trash");
        let moves = call.name == "mv";
        let mut paths = call.paths(&self.scope);
        if moves {
            // Only what is moved away is lost, and only when it ends nowhere.
            let Some((target, _)) = paths.pop() else { return };
            if target == "/dev/null" {
                self.add("move-nowhere", Risk::High, "destroys what it moves");
            }
        }
        let rule = |name: &str| format!("{}-{name}", if moves { "move" } else { "rm" });
        for (path, word) in &paths {
            if !moves {
                self.effect(EffectKind::Delete, word, path, recursive);
            }
            let (name, risk, reason) = match path.as_str() {
                path if path::is_vital(path) && !(moves && path::is_passing(path)) => (
                    "vital",
                    Risk::Critical,
                    if moves { "moves a whole system or home directory away" } else { "deletes a whole system or home directory" },
                ),
                path if path::is_device(path) => ("device", Risk::High, "removes or destroys a device"),
                path if path::is_cornerstone(path) || path.starts_with("/vmlinuz") || path.starts_with("/initrd") => {
                    ("cornerstone", Risk::Critical, "removes a file on which the system depends")
                }
                path if path::is_log(path) => ("log", Risk::High, "destroys records of the system"),
                path if path::is_system(path) => {
                    // One named setting of a service is taken away as easily as it was put there.
                    let one_setting = path.starts_with("/etc/") && !recursive && !word.glob;
                    ("system", if one_setting { Risk::Medium } else { Risk::High }, "removes files of the system")
                }
                path if path::is_personal_setup(path) => ("setup", Risk::High, "removes keys or settings of your account"),
                path if path.starts_with(UNKNOWN) && names_inside(path) && !moves => {
                    ("unset", Risk::High, "deletes from the root when that variable is empty")
                }
                path if path::is_everything(path, word.glob) && !moves => ("everything", Risk::High, "deletes everything here"),
                _ => continue,
            };
            self.add_at(word, &rule(name), risk, reason);
        }
        if moves {
            return;
        }
        if around.repeated {
            self.deletes_listed(around);
        }
        if recursive {
            let fed = around.repeated && call.operands.iter().all(|word| word.shape.contains(UNKNOWN));
            match fed {
                true => self.add("rm-fed", Risk::Medium, "deletes recursively whatever another program names"),
                false => self.add_safer("rm-recursive", Risk::Medium, "deletes recursively", Some("rm -ri asks before each file")),
            }
        }
    }

    /// `find / | xargs rm` deletes as much as `find / -delete`.
    fn deletes_listed(&mut self, around: &Around<'_>) {
        for index in around.tree.commands()[around.index].input.clone() {
            let feeder = &around.tree.commands()[index];
            let mut words = self.expand_all(around.tree, &feeder.words);
            let before = self.findings.len();
            match feeder.name() {
                Some("find" | "gfind") => {
                    words.push(Word::literal("-delete"));
                    self.find(&Call::new("find", &words[1..]));
                }
                Some("ls") => {
                    for (path, word) in Call::new("ls", &words[1..]).paths(&self.scope) {
                        if path::is_vital(&path) {
                            self.add_at(word, "rm-vital", Risk::Critical, "deletes a whole system or home directory");
                        }
                    }
                }
                _ => {}
            }
            let found = self.findings.split_off(before.min(self.findings.len()));
            self.findings.extend(found.into_iter().filter(|finding| finding.risk == Risk::Critical));
        }
    }

    /// `find … -delete`, `find … -exec rm`: what matters is where it looks and what it lets through.
    pub(super) fn find(&mut self, call: &Call<'_>) {
        let roots = call
            .args
            .iter()
            .take_while(|word| !word.shape.starts_with(['-', '(', '!']) || matches!(word.shape.as_str(), "-H" | "-L" | "-P"));
        let mut roots: Vec<Word> = roots.filter(|word| !word.shape.starts_with('-')).cloned().collect();
        if call.name.starts_with("fd") {
            roots = call.operands.iter().skip(1).map(|word| (*word).clone()).collect();
        }
        if roots.is_empty() {
            roots.push(Word::literal("."));
        }
        let deletes = call.has("-delete") || self.executes(call, &["rm", "shred", "unlink", "srm", "truncate", "dd"]);
        let moves = self.executes(call, &["mv", "openssl", "gpg", "7z", "zip", "chmod", "chown"]);
        let changes = self.executes(call, &["mv", "chmod", "chown", "sed", "perl", "sh", "bash", "openssl", "gpg", "zip", "7z"]);
        let tests = call.args.iter().filter(|word| word.shape.starts_with('-')).any(|word| {
            matches!(
                word.shape.as_str(),
                "-name"
                    | "-iname"
                    | "-path"
                    | "-ipath"
                    | "-regex"
                    | "-iregex"
                    | "-mtime"
                    | "-mmin"
                    | "-atime"
                    | "-ctime"
                    | "-newer"
                    | "-size"
                    | "-empty"
                    | "-user"
                    | "-uid"
                    | "-inum"
                    | "-samefile"
                    | "-perm"
                    | "-nouser"
                    | "-links"
                    | "-amin"
                    | "-cmin"
                    | "-wholename"
                    | "-lname"
                    | "-group"
                    | "-fstype"
                    | "-xtype"
                    | "-anewer"
                    | "-cnewer"
                    | "-e"
            ) || word.shape.starts_with("-newer")
        });
        let names_all = call.value_of(&["-name", "-iname"]).is_some_and(|word| matches!(word.shape.as_str(), "*" | "*.*"));
        let libraries = call.value_of(&["-name", "-iname"]).is_some_and(|word| word.shape.starts_with("*.so") || word.shape == "*.ko");
        // What is left out hardly narrows it down.
        let negated = call.args.iter().any(|word| matches!(word.shape.as_str(), "!" | "-not"));
        let broad = libraries
            || (negated && !call.args.windows(2).any(|pair| is_test_of_names(&pair[1]) && pair[0].shape != "!" && pair[0].shape != "-not"));
        let encrypts = self.executes(call, &["gpg", "gpg2", "openssl", "7z", "7za", "age", "ccrypt", "mcrypt"]);
        let old_only = call.value_of(&["-mtime", "-atime", "-mmin"]).is_none_or(|word| word.shape == "+0");
        let selective = tests && !names_all;
        let wanted = call
            .value_of(&["-name", "-iname"])
            .is_some_and(|word| path::is_secret(&format!("{HOME}/{}", word.shape.trim_start_matches('*'))));
        for root in &roots {
            let path = self.scope.resolve(&root.shape).unwrap_or_else(|| root.shape.clone());
            let vital = path::is_vital(&path);
            if wanted && vital {
                self.add_at(root, "find-secrets", Risk::Medium, "looks for stored credentials");
            }
            match (deletes, vital) {
                // A named kind of file below `/` or home is much; everything there is all.
                (true, true)
                    if !selective
                        || broad
                        || (call.has_any(&["-mtime", "-atime", "-mmin"]) && old_only && !call.has_any(&["-name", "-iname"])) =>
                {
                    self.add_at(root, "find-delete-vital", Risk::Critical, "deletes everything it finds below a system or home directory");
                }
                (true, true) if encrypts => {
                    self.add_at(root, "find-delete-vital", Risk::High, "encrypts what it finds and deletes the original")
                }
                (true, true) => {
                    self.add_at(root, "find-delete-wide", Risk::Medium, "deletes what it finds, below a system or home directory")
                }
                (true, false) if path::is_log(&path) && !selective => {
                    self.add_at(root, "find-delete-log", Risk::High, "destroys records of the system")
                }
                (true, false) if !selective && path::is_everything(&path, root.glob) => {
                    self.add_safer(
                        "find-delete-all",
                        Risk::High,
                        "deletes everything below this directory",
                        Some("the same find with -print shows what it would delete"),
                    );
                }
                (true, false) => self.add_safer(
                    "find-delete",
                    Risk::Medium,
                    "deletes what it finds",
                    Some("the same find with -print shows what it would delete"),
                ),
                (false, false) if moves && !selective && path::is_everything(&path, root.glob) => {
                    self.add_at(root, "find-change-all", Risk::Medium, "changes everything below this directory");
                }
                (false, true) if changes && !selective && !path::is_served(&path) => {
                    self.add_at(root, "find-change-vital", Risk::High, "changes everything below a system or home directory")
                }
                (false, true) if self.executes(call, &["chmod", "chown", "mv", "sed"]) => {
                    self.add_at(root, "find-change-vital", Risk::Medium, "changes what it finds, below a system or home directory")
                }
                _ => {}
            }
        }
    }

    fn executes(&self, call: &Call<'_>, programs: &[&str]) -> bool {
        call.args.windows(2).any(|pair| {
            let runs = matches!(pair[0].shape.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec" | "--exec-batch");
            runs && programs.contains(&pair[1].shape.rsplit('/').next().unwrap_or_default())
        })
    }
}

fn is_test_of_names(word: &Word) -> bool {
    matches!(word.shape.as_str(), "-name" | "-iname" | "-path" | "-ipath" | "-regex" | "-mtime" | "-size" | "-empty" | "-perm" | "-inum")
}

/// Commands that print until somebody stops them.
fn never_ends(words: &[Word]) -> bool {
    let endless = |word: &Word| matches!(word.shape.as_str(), "/dev/zero" | "/dev/urandom" | "/dev/random");
    match words.first().map(|word| word.shape.as_str()) {
        Some("yes") => true,
        Some("cat" | "pv" | "tac" | "base64" | "xxd") => words.iter().skip(1).any(endless),
        _ => false,
    }
}

/// Commands that print nothing, so that what they are written to ends up empty.
fn prints_nothing(words: &[Word]) -> bool {
    let Some(first) = words.first() else { return true };
    match first.shape.as_str() {
        ":" | "true" => true,
        "cat" => words.get(1).is_some_and(|word| word.shape == "/dev/null") && words.len() == 2,
        "echo" | "printf" => {
            words.len() == 1 || (words.len() == 2 && words[1].shape.is_empty()) || (words.len() == 2 && words[1].shape == "-n")
        }
        _ => false,
    }
}

/// Whether a command reads the file that its own output goes to.
fn reads(words: &[Word], target: &str, analysis: &Analysis<'_>) -> bool {
    let reader = words.first().is_some_and(|word| {
        matches!(
            word.shape.as_str(),
            "cat" | "sort" | "uniq" | "sed" | "grep" | "awk" | "cut" | "tr" | "head" | "tail" | "jq" | "tac" | "nl" | "fmt"
        )
    });
    reader
        && words
            .iter()
            .skip(1)
            .any(|word| analysis.scope.resolve(&word.shape).is_some_and(|path| path == target && !word.shape.starts_with('-')))
}

/// `$x/*` and `$x/` name what lies inside; with an empty `x` that is the root.
fn names_inside(path: &str) -> bool {
    let mut rest = path.chars();
    rest.next();
    matches!(rest.as_str(), "/*" | "/" | "/.*" | "/**")
}
