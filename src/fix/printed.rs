//! What a failed line printed, where the terminal hands it over. That text is somebody else's: only fixed forms of it count, a name
//! out of it must look like one, and the gate judges what comes of it like everything else.

use super::called::{Call, Line, value};
use super::{Fix, Seen, Wanted, nearest_names, ports};

/// How lines begin that programs print to be run instead. Only plain names may follow: other options could run anything, and part of
/// what a program prints is a server's text.
const ADVICE: [&str; 30] = [
    "git push --set-upstream ",
    "git push -u ",
    "git pull --rebase",
    "git stash",
    "git config --global --add safe.directory ",
    "git rebase --continue",
    "git rebase --abort",
    "git merge --continue",
    "git merge --abort",
    "git cherry-pick --continue",
    "git cherry-pick --abort",
    "apt update",
    "apt --fix-broken install",
    "apt-get update",
    "apt-get install ",
    "apt install ",
    "dpkg --configure -a",
    "cargo add ",
    "cargo install ",
    "cargo update",
    "rustup component add ",
    "rustup target add ",
    "rustup default ",
    "rustup toolchain install ",
    "rustup update",
    "npm install",
    "brew install ",
    "docker login",
    "gh auth login",
    "gcloud auth login",
];

/// In front of a name that was probably meant.
const MEANT: [&str; 6] = ["did you mean", "maybe you meant", "perhaps you meant", "most similar command", "a similar ", "some similar "];

/// What a program says to who lacks rights.
const RIGHTS: [&str; 8] = [
    "are you root",
    "must be root",
    "must be run as root",
    "superuser privileges",
    "requires root",
    "permission denied",
    "operation not permitted",
    "eacces",
];

/// Programs that say so of another machine.
const REMOTE: [&str; 6] = ["ssh", "scp", "sftp", "rsync", "git", "ssh-copy-id"];

/// Modules of Python whose package has another name.
const PACKAGES: [(&str, &str); 8] = [
    ("yaml", "pyyaml"),
    ("cv2", "opencv-python"),
    ("PIL", "pillow"),
    ("sklearn", "scikit-learn"),
    ("bs4", "beautifulsoup4"),
    ("dotenv", "python-dotenv"),
    ("dateutil", "python-dateutil"),
    ("serial", "pyserial"),
];

/// Bytes of the end that are looked at.
const MOST_BYTES: usize = 16 * 1024;

/// The printed text, cut to what is looked at.
pub(super) struct Printed<'a> {
    rows: Vec<&'a str>,
    lower: String,
}

impl<'a> Printed<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut from = text.len().saturating_sub(MOST_BYTES);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let text = &text[from..];
        Self { rows: text.lines().collect(), lower: text.to_lowercase() }
    }

    fn says(&self, phrase: &str) -> bool {
        self.lower.contains(phrase)
    }
}

pub(super) fn want(printed: &Printed<'_>, wanted: &mut Wanted) {
    wanted.commands.extend(missing_commands(printed));
}

/// The candidates, and what is to be said when there are none.
pub(super) fn fixes(line: &Line<'_>, printed: &Printed<'_>, seen: &Seen) -> (Vec<Fix>, Option<String>) {
    let mut found = Vec::new();
    for call in line.failing() {
        found.extend(meant(line, &call, printed));
        found.extend(advised(line, &call, printed));
        found.extend(rights(line, &call, printed, seen));
        found.extend(modules(&call, printed));
        found.extend(known(line, &call, printed, seen));
    }
    found.extend(installed(printed, seen));
    let mut remark = None;
    if printed.says("address already in use") || printed.says("eaddrinuse") || printed.says("port is already allocated") {
        found.extend(port(printed).and_then(|port| ports::who(port, seen)));
        remark = Some("somebody else listens there already".to_owned());
    }
    if printed.says("no space left on device") {
        found.push(Fix::new("df -h", "a disk is full; this shows which", 0.7));
    }
    if printed.says("could not resolve host") || printed.says("temporary failure in name resolution") {
        remark = Some("the name is not known, or the network is gone".to_owned());
    }
    (found, remark)
}

/// Whether a text may be a name, so that it can be a word of a command.
fn is_name(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.@/+=:".contains(letter);
    (1..=64).contains(&text.len()) && text.chars().all(is_plain)
}

/// The texts in quotes of any kind in a row.
fn quoted(row: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (open, close) in [('\'', '\''), ('`', '`'), ('"', '"'), ('‘', '’'), ('“', '”')] {
        let mut rest = row;
        while let Some((_, behind)) = rest.split_once(open) {
            let Some((inside, next)) = behind.split_once(close) else { break };
            found.push(inside);
            rest = next;
        }
    }
    found
}

/// A word of the line for which the program itself names another.
fn meant(line: &Line<'_>, call: &Call<'_>, printed: &Printed<'_>) -> Vec<Fix> {
    let mut names: Vec<&str> = Vec::new();
    for (at, row) in printed.rows.iter().enumerate() {
        let lower = row.to_ascii_lowercase();
        let Some(from) = MEANT.iter().find_map(|phrase| Some(lower.find(phrase)? + phrase.len())) else { continue };
        let rest = row.get(from..).unwrap_or_default();
        let length = |text: &'_ str| text.trim_matches(|letter: char| "?.,:;()".contains(letter)).len();
        names.extend(quoted(rest).into_iter().filter(|name| is_name(name)));
        names.extend(
            rest.split_whitespace()
                .map(|word| word.trim_matches(|letter: char| "?.,:;()'\"`".contains(letter)))
                .filter(|name| is_name(name)),
        );
        // `The most similar command is` stands alone in its row.
        let next = printed.rows.get(at + 1..).unwrap_or_default().iter().take_while(|row| row.starts_with(['\t', ' ']) && length(row) > 0);
        names.extend(next.map(|row| row.trim()).filter(|name| is_name(name)));
    }
    let mut found = Vec::new();
    for word in call.words.iter().skip(1) {
        let Some(text) = value(word) else { continue };
        // An option comes only in the place of an option.
        let alike = names.iter().filter(|name| name.starts_with('-') == text.starts_with('-'));
        if let Some(meant) = nearest_names(text, alike, 1).first() {
            let reading = format!("`{}` says that `{text}` may be `{meant}`", call.name());
            found.extend(line.with(word, &line.quoted(meant)).map(|line| Fix::new(line, reading, 0.93)));
        }
    }
    found
}

/// A line that the program itself prints to be run instead.
fn advised(line: &Line<'_>, call: &Call<'_>, printed: &Printed<'_>) -> Vec<Fix> {
    let name = call.name();
    let mut texts: Vec<&str> = Vec::new();
    for row in printed.rows.iter().filter(|row| !row.starts_with("remote:")) {
        if row.starts_with(['\t', ' ']) {
            texts.push(row.trim().trim_start_matches("$ "));
        }
        texts.extend(quoted(row));
    }
    let own = texts.into_iter().filter(|text| {
        let text = text.strip_prefix("sudo ").unwrap_or(text);
        let rest = ADVICE.iter().find_map(|advice| text.strip_prefix(advice));
        let is_plain = |word: &str| is_name(word) && !word.starts_with('-') && !word.contains("::");
        text.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '))
            && text != line.text.trim()
            && rest.is_some_and(|rest| rest.split_whitespace().all(is_plain))
    });
    let reading = || format!("`{name}` says so itself");
    own.take(2).map(|text| Fix::new(text, reading(), 0.9)).collect()
}

fn rights(line: &Line<'_>, call: &Call<'_>, printed: &Printed<'_>, seen: &Seen) -> Option<Fix> {
    let elevator = seen.elevator.as_deref().filter(|_| !seen.is_root && !call.elevated && !REMOTE.contains(&call.name()))?;
    RIGHTS.iter().find(|phrase| printed.says(phrase))?;
    call.words.first().and_then(value).filter(|name| name.contains('/') || seen.programs.contains(*name))?;
    let fixed = line.before(call.all.first()?, &format!("{elevator} "))?;
    Some(Fix::new(fixed, format!("`{}` says that it lacks the rights", call.name()), 0.75))
}

/// Modules that a program lacks.
fn modules(call: &Call<'_>, printed: &Printed<'_>) -> Vec<Fix> {
    let mut found = Vec::new();
    for row in &printed.rows {
        let after = |phrase: &str| row.split_once(phrase).and_then(|(_, rest)| quoted(rest).first().copied()).filter(|name| is_name(name));
        if let Some(module) = after("No module named ") {
            let top = module.split('.').next().unwrap_or(module);
            let begins = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
            if !top.starts_with(begins) || !top.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
                continue;
            }
            let package = PACKAGES.iter().find(|(name, _)| *name == top).map_or(top, |(_, package)| *package);
            let python = if call.name().starts_with("python") { call.name() } else { "python3" };
            found.push(Fix::new(format!("{python} -m pip install {package}"), format!("Python has no module `{top}`"), 0.7));
        }
        if let Some(module) = after("Cannot find module ").and_then(node_package) {
            found.push(Fix::new(format!("npm install {module}"), format!("Node has no module `{module}`"), 0.7));
        }
    }
    found.truncate(1);
    found
}

/// The package that a module of Node is from: what stands behind it is a file of that package.
fn node_package(module: &str) -> Option<&str> {
    let is_part = |part: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        part.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && part.chars().all(plain)
    };
    let mut ends = module.match_indices('/').map(|(at, _)| at).chain([module.len()]);
    let scope = if module.starts_with('@') { ends.next()? } else { 0 };
    let package = &module[..ends.next()?];
    let (scope, name) = if scope > 0 { (&package[1..scope], &package[scope + 1..]) } else { ("a", package) };
    (is_part(scope) && is_part(name)).then_some(package)
}

/// Failures that one program tells of in its own words.
fn known(line: &Line<'_>, call: &Call<'_>, printed: &Printed<'_>, seen: &Seen) -> Option<Fix> {
    let elevated = |command: &str| match seen.elevator.as_deref().filter(|_| !seen.is_root) {
        Some(elevator) => format!("{elevator} {command}"),
        None => command.to_owned(),
    };
    let has = |verb: &str| call.words.iter().skip(1).any(|word| value(word) == Some(verb));
    match call.name() {
        "git" if has("push") && (printed.says("fetch first") || printed.says("non-fast-forward")) => {
            Some(Fix::new("git pull --rebase", "the other side has commits that are not here", 0.85))
        }
        "git" if printed.says("would be overwritten by") => {
            Some(Fix::new("git stash", "your changes stand in the way; this puts them aside", 0.8))
        }
        "apt" | "apt-get" if printed.says("unable to locate package") => {
            Some(Fix::new(elevated("apt update"), "the lists of packages may be old", 0.86))
        }
        "apt" | "apt-get" if printed.says("--fix-broken install") => {
            Some(Fix::new(elevated("apt --fix-broken install"), "packages lack what they need", 0.8))
        }
        "cp" if printed.says("omitting directory") => {
            let fixed = line.behind(call.words.first()?, " -r")?;
            Some(Fix::new(fixed, "a folder is copied with -r only", 0.9))
        }
        "pip" | "pip3" if printed.says("externally-managed-environment") => {
            let rest: Vec<&str> = call.words.iter().skip(1).map(|word| word.raw.as_str()).collect();
            let fixed = format!("python3 -m venv .venv && .venv/bin/pip {}", rest.join(" "));
            Some(Fix::new(fixed, "the system's Python takes no packages; a folder of its own does", 0.8))
        }
        _ => None,
    }
}

/// Commands that what was run did not find.
fn missing_commands(printed: &Printed<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for row in &printed.rows {
        let before = |end: &str| row.trim_end().strip_suffix(end).and_then(|row| row.rsplit(": ").next());
        let behind = |start: &str| row.split_once(start).map(|(_, rest)| rest.trim());
        let of_env = || {
            row.trim_end()
                .strip_suffix(": No such file or directory")?
                .split_once("env: ")
                .map(|(_, name)| name.trim_matches(['‘', '’', '\'']))
        };
        let name =
            before(": command not found").or_else(|| behind("command not found: ")).or_else(|| before(": not found")).or_else(of_env);
        found.extend(name.filter(|name| is_name(name) && !name.contains('/')).map(str::to_owned));
    }
    found.dedup();
    found.truncate(4);
    found
}

fn installed(printed: &Printed<'_>, seen: &Seen) -> Vec<Fix> {
    let fix = |name: String| {
        let (package, line) = seen.install(&name)?;
        Some(Fix::new(line, format!("`{name}` was not found; package {package} has it"), 0.8))
    };
    missing_commands(printed).into_iter().filter_map(fix).collect()
}

/// The port in a row that says that it is taken.
fn port(printed: &Printed<'_>) -> Option<u16> {
    let told = |row: &&&str| {
        let lower = row.to_ascii_lowercase();
        ["in use", "eaddrinuse", "already allocated"].iter().any(|phrase| lower.contains(phrase))
    };
    let row = printed.rows.iter().find(told)?;
    let numbers = |separator: char| {
        row.split(separator).skip(1).filter_map(|rest| {
            let digits: &str = &rest[..rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len())];
            digits.parse::<u16>().ok().filter(|port| *port > 0)
        })
    };
    let behind_word = || {
        row.to_ascii_lowercase()
            .split_once("port ")
            .and_then(|(_, rest)| rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok())
    };
    behind_word().or_else(|| numbers(':').last())
}

#[cfg(test)]
#[path = "printed_tests.rs"]
mod tests;
