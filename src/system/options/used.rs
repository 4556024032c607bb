//! The options that a command uses, each with the program it is given to.

use crate::domain::ShellKind;
use crate::syntax;

/// Programs that run what follows as they run it themselves: the rest of their words is a command of its own.
const RUNNERS: [&str; 2] = ["sudo", "doas"];

/// Programs whose later words may be a command of another program, so that only options before the first word that is none
/// are certainly theirs.
const CARRIERS: &[&str] = &[
    "adb",
    "bash",
    "buildah",
    "bun",
    "bundle",
    "bunx",
    "busybox",
    "chroot",
    "chrt",
    "dash",
    "deno",
    "direnv",
    "docker",
    "docker-compose",
    "dotenv",
    "entr",
    "env",
    "exec",
    "fakeroot",
    "find",
    "firejail",
    "fish",
    "flatpak",
    "gdb",
    "hyperfine",
    "ionice",
    "java",
    "ksh",
    "kubectl",
    "ltrace",
    "lxc",
    "mosh",
    "nice",
    "nix",
    "nix-shell",
    "node",
    "nohup",
    "npm",
    "npx",
    "nsenter",
    "parallel",
    "perf",
    "perl",
    "pipx",
    "pnpm",
    "podman",
    "poetry",
    "proxychains",
    "python",
    "python3",
    "rlwrap",
    "ruby",
    "screen",
    "script",
    "setsid",
    "sh",
    "ssh",
    "stdbuf",
    "strace",
    "su",
    "systemd-run",
    "taskset",
    "time",
    "timeout",
    "tmux",
    "torsocks",
    "unbuffer",
    "unshare",
    "uv",
    "uvx",
    "vagrant",
    "valgrind",
    "watch",
    "wsl",
    "xargs",
    "xvfb-run",
    "yarn",
    "zsh",
];

/// Programs and their options, in the order of the command. An option with a gap in it is left out.
pub(super) fn options(command: &str, gap: char) -> Vec<(String, Vec<String>)> {
    let Ok(tree) = syntax::parse(command, ShellKind::Bash) else { return Vec::new() };
    let mut found = Vec::new();
    for command in tree.commands() {
        let words: Option<Vec<&str>> = command.words.iter().map(|word| word.value.as_deref()).collect();
        // A word that only the running shell knows may be anything.
        let Some(words) = words else { continue };
        of_call(&words, gap, &mut found);
    }
    found
}

fn of_call(words: &[&str], gap: char, found: &mut Vec<(String, Vec<String>)>) {
    let Some((program, rest)) = words.split_first().filter(|(program, _)| is_program(program)) else { return };
    let is_option = |word: &&&str| word.starts_with('-') && word.len() > 1;
    let leading = rest.iter().take_while(is_option).count();
    if RUNNERS.contains(program) {
        found.push(((*program).to_owned(), rest[..leading].iter().filter_map(|word| option(word, gap)).collect()));
        return of_call(&rest[leading..], gap, found);
    }
    let theirs = if CARRIERS.contains(program) { &rest[..leading] } else { rest };
    let theirs = theirs.iter().take_while(|word| **word != "--");
    found.push(((*program).to_owned(), theirs.filter_map(|word| option(word, gap)).collect()));
}

/// A name that may be that of a file for completion.
fn is_program(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte);
    name.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && name.len() <= 64 && name.bytes().all(is_plain)
}

/// The option in a word, without its value; `None` for a number, a lone dash, and where the name has a gap.
fn option(word: &str, gap: char) -> Option<String> {
    let name = word.split('=').next()?;
    let letters = name.trim_start_matches('-');
    let begins = letters.starts_with(|letter: char| letter.is_ascii_alphabetic());
    // A gap behind a single letter is that option's value: `-n{{10}}`.
    let name = match (name.starts_with("--"), name.find(gap)) {
        (_, None) => name,
        (false, Some(at)) if at > 1 => &name[..at],
        _ => return None,
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+#@?".contains(&byte);
    (name.starts_with('-') && begins && name.bytes().all(is_plain)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_belong_to_the_program_they_are_given_to() {
        for (command, expected) in [
            ("tar -xvf _ --directory=_ -- -x", "tar -xvf --directory"),
            ("ls -l | sort -k2 --reverse", "ls -l; sort -k2 --reverse"),
            ("sudo -E apt install --yes _", "sudo -E; apt --yes"),
            ("find . -name _ -exec rm -r {} +", "find "),
            ("xargs -0 rm -f", "xargs "),
            ("head -_ _", "head "),
            ("head -n_ --lines=_ --_", "head -n --lines"),
            ("tail -5 -", "tail "),
            ("echo $(date -u) -n", "date -u; "),
            ("pack \"$X\" --all", ""),
            ("../pack --all; PACK=1 pack --some", "pack --some"),
            ("pack 'open", ""),
        ] {
            let found = options(command, '_');
            let shown: Vec<String> = found.iter().map(|(program, options)| format!("{program} {}", options.join(" "))).collect();
            assert_eq!(shown.join("; ").trim_end_matches("; "), expected.trim_end_matches("; "), "{command}");
        }
    }
}
