//! What is lost where a command writes over a file. Whether there is one only a look at the disk tells, so what is to be said
//! of it goes with the effect.

use super::analyse::{Analysis, named};
use super::call::Call;
use super::path;
use super::verdict::{Effect, EffectKind, Finding};
use crate::domain::Risk;
use crate::syntax::{UNKNOWN, Word};

/// The rule of a file that is there and is written over.
const RULE: &str = "overwrite-existing";

/// Names that hold what a program wrote last time and will write again.
const REPLACEABLE: [&str; 9] = [".log", ".tmp", ".out", ".txt~", ".pid", ".lock", ".cache", ".bak", ".html"];

/// Whether nobody misses what a file of this name held.
pub(super) fn is_replaceable(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    REPLACEABLE.iter().any(|end| name.ends_with(end)) || path::is_passing(path)
}

impl Analysis<'_> {
    /// Notes what happens to the files of a word, for whoever wants to count them.
    pub(super) fn effect(&mut self, kind: EffectKind, word: &Word, path: &str, recursive: bool) {
        self.reaches(Effect { kind, path: path.to_owned(), recursive, loss: None }, word);
    }

    /// The same for a file that is written over, and whose loss is worth a second look.
    pub(super) fn overwrites(&mut self, word: &Word, path: &str) {
        let loss = Finding {
            rule: RULE.to_owned(),
            risk: Risk::Medium,
            span: self.place_of(word),
            reason: format!("overwrites {}, which is there", named(path)),
            safer: None,
        };
        let loss = (!self.policy.rules.silences(RULE)).then_some(loss);
        self.reaches(Effect { kind: EffectKind::Overwrite, path: path.to_owned(), recursive: false, loss }, word);
    }

    fn reaches(&mut self, mut effect: Effect, word: &Word) {
        if effect.path.contains(UNKNOWN) || effect.path.is_empty() || self.effects.len() >= 64 {
            return;
        }
        let mut written = String::with_capacity(effect.path.len());
        for c in effect.path.chars() {
            if c == '\\' || (!word.glob && matches!(c, '*' | '?' | '[')) {
                written.push('\\');
            }
            written.push(c);
        }
        effect.path = written;
        if !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    /// Programs that put a file in the place of one that they are told of.
    pub(super) fn replaces(&mut self, call: &Call<'_>) {
        match call.name {
            "cp" | "mv" | "install" => self.copies(call),
            "tee" if !call.has_any(&["-a", "--append"]) => {
                call.operands.iter().filter(|word| !is_replaceable(&word.shape)).for_each(|word| self.replaced(word, &word.shape));
            }
            "dd" => {
                let targets = call.operands.iter().filter_map(|word| Some((*word, word.shape.strip_prefix("of=")?)));
                targets.for_each(|(word, path)| self.replaced(word, path));
            }
            "curl" | "wget" => {
                let flags: &[&str] = if call.name == "wget" { &["-O", "--output-document"] } else { &["-o", "--output"] };
                if let Some(word) = call.value_in_cluster(flags).filter(|word| word.shape != "-" && !is_replaceable(&word.shape)) {
                    self.replaced(&word, &word.shape);
                }
            }
            _ => {}
        }
    }

    /// A copy has the place that it is given, or in a folder the name that it had. Nobody knows yet which of them it is.
    fn copies(&mut self, call: &Call<'_>) {
        let asks_or_keeps: &[&str] = match call.name {
            "install" => &["-b", "--backup", "-S", "--suffix", "-d", "--directory"],
            _ => &[
                "-n",
                "--no-clobber",
                "-i",
                "--interactive",
                "-b",
                "--backup",
                "-S",
                "--suffix",
                "-l",
                "--link",
                "-s",
                "--symbolic-link",
                "--parents",
                "--update=none",
                "--update=none-fail",
            ],
        };
        if call.has_any(asks_or_keeps) {
            return;
        }
        let folder = call.value_in_cluster(&["-t", "--target-directory"]);
        let others: &[&str] = if call.name == "install" { &["-m", "-o", "-g"] } else { &[] };
        let values: Vec<Word> = others.iter().filter_map(|flag| call.value_in_cluster(&[flag])).chain(folder.clone()).collect();
        // As far as the table goes the value of such an option is an operand like the others.
        let is_value = |word: &Word| values.iter().any(|value| value.span == word.span && value.shape == word.shape);
        let mut sources: Vec<&Word> = call.operands.iter().copied().filter(|word| !is_value(word)).collect();
        let target = match &folder {
            Some(folder) => folder,
            None => match sources.pop() {
                Some(target) if !sources.is_empty() => target,
                _ => return,
            },
        };
        if target.glob {
            return;
        }
        if folder.is_none() && sources.len() == 1 {
            self.replaced(target, &target.shape);
        }
        if call.has_any(&["-T", "--no-target-directory"]) {
            return;
        }
        for source in sources.into_iter().filter(|source| !source.glob) {
            let name = path::normalise(&source.shape);
            let name = name.rsplit('/').next().unwrap_or_default();
            if !matches!(name, "" | "." | ".." | "~") {
                self.replaced(target, &format!("{}/{name}", target.shape.trim_end_matches('/')));
            }
        }
    }

    fn replaced(&mut self, word: &Word, path: &str) {
        if let Some(path) = self.scope.resolve(path) {
            self.overwrites(word, &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::validate::{Policy, check};

    /// The paths whose loss would be told of.
    fn losses(line: &str) -> Vec<String> {
        let effects = check(line, &Policy::new(ShellKind::Bash)).effects;
        effects.into_iter().filter(|effect| effect.loss.is_some()).map(|effect| effect.path).collect()
    }

    #[test]
    fn what_a_copy_may_take_the_place_of_is_known_by_its_words() {
        for (line, expected) in [
            ("cp x a.txt", &["a.txt", "a.txt/x"] as &[&str]),
            ("cp ../x/y.txt .", &[".", "./y.txt"]),
            ("cd sub && mv x a.txt", &["sub/a.txt", "sub/a.txt/x"]),
            ("cp a b /srv/dir/", &["/srv/dir/a", "/srv/dir/b"]),
            ("cp -t dir a ~/b", &["dir/a", "dir/b"]),
            ("cp --target-directory=dir a", &["dir/a"]),
            ("cp -vt dir a.txt", &["dir/a.txt"]),
            ("mv -fvt dir a ~/b", &["dir/a", "dir/b"]),
            ("cp -T x a.txt", &["a.txt"]),
            ("install -m 644 x bin", &["bin", "bin/x"]),
            ("install -Dm 644 x bin", &["bin", "bin/x"]),
            ("curl -sLo a.txt http://localhost/", &["a.txt"]),
            ("wget -qO a.txt http://localhost/", &["a.txt"]),
            ("wget -qO- http://localhost/", &[]),
            ("install -o root --mode 755 x y bin/", &["bin/x", "bin/y"]),
            ("cp 'x*' 'a[1].txt'", &["a\\[1].txt", "a\\[1].txt/x\\*"]),
            ("ls > files.txt", &["files.txt"]),
            ("ls | tee files.txt", &["files.txt"]),
            ("curl -o page.json http://localhost/", &["page.json"]),
            ("dd if=x of=y.img", &["y.img"]),
            ("cp x", &[]),
            ("cp -n x a.txt", &[]),
            ("cp -ai x a.txt", &[]),
            ("mv --backup=numbered x a.txt", &[]),
            ("cp *.txt dir", &["dir"]),
            ("cp x \"$target\"", &[]),
            ("cd \"$somewhere\" && cp x a.txt", &[]),
            ("ls >> files.txt", &[]),
            ("ls | tee -a files.txt", &[]),
            ("make > build.log", &[]),
            ("ls > /tmp/files.txt", &[]),
            ("ls > /dev/null", &[]),
            ("curl -o - http://localhost/", &[]),
        ] {
            let found = losses(line);
            let expected: Vec<String> = expected.iter().map(|path| path::normalise(path)).collect();
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn a_file_that_is_there_makes_it_medium_and_none_leaves_it_as_it_was() {
        let policy = Policy::new(ShellKind::Bash);
        for line in ["cp x a.txt", "mv x a.txt", "ls > a.txt"] {
            let mut verdict = check(line, &policy);
            let before = verdict.clone();
            assert_eq!(verdict.risk, Risk::Low, "{line}");
            verdict.take_in(&[]);
            assert_eq!(verdict, before, "{line}");
            verdict.take_in(&[0]);
            let worst = verdict.worst().expect("a finding");
            assert_eq!((verdict.risk, worst.rule.as_str()), (Risk::Medium, RULE), "{line}");
            assert_eq!((worst.reason.as_str(), &line[worst.span.clone()]), ("overwrites a.txt, which is there", "a.txt"), "{line}");
            assert!(!verdict.findings.iter().any(|finding| finding.rule == "overwrite"), "{line}");
        }
        let mut worse = check("cp x /etc/passwd", &policy);
        worse.take_in(&[0]);
        assert_eq!((worse.risk, worse.findings[0].rule.as_str()), (Risk::Critical, "write-cornerstone"));
    }
}
