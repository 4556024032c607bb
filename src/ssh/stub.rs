//! What is run on the other side: one command line that any login shell passes on to `sh`, and that brings the stubs for the three
//! shells with it.

use crate::domain::ShellKind;

/// Most characters of one word of the command line: a C shell takes no longer ones.
const MOST_IN_A_WORD: usize = 900;

/// Bytes that mean something to some shell even between apostrophes, and what stands for them on the way.
const DISGUISED: [(char, char); 4] = [('\n', '\u{1}'), ('\'', '\u{2}'), ('\\', '\u{3}'), ('!', '\u{4}')];
/// Puts the words together and takes the disguise off; where that fails there is still a shell. It is read by the login shell, whichever that is, so it holds none of those bytes
/// but a backslash in front of a digit, which all of them leave alone.
const OPENER: &str = r#"x="$(printf %s "$@" | tr "\001\002\003\004" "\012\047\134\041")"; eval "${x:-exec $SHELL -l}""#;

const START: &str = include_str!("../../shell/ssh/start.sh");
const RUN: &str = include_str!("../../shell/ssh/run.sh");
const ZSHENV: &str = include_str!("../../shell/ssh/zshenv.zsh");
const ZSH: &str = include_str!("../../shell/ssh/far.zsh");
const BASHRC: &str = include_str!("../../shell/ssh/bashrc.bash");
const BASH: &str = include_str!("../../shell/ssh/far.bash");
const FISH: &str = include_str!("../../shell/ssh/far.fish");

/// What differs from session to session.
#[derive(Debug, Clone)]
pub struct Stub<'a> {
    /// Where the other side's ssh server puts the forwarded socket.
    pub socket: &'a str,
    /// The keys as the user configured them, such as `ctrl-g`.
    pub keys: Vec<&'a str>,
    /// Programs that the other side is to look for.
    pub tools: &'a [String],
    /// How long an answer is waited for, in seconds.
    pub wait: u64,
    /// Whether lines that came from a suggestion are judged at Enter.
    pub guard: bool,
}

/// A name for the socket that nobody can guess or have taken.
///
/// # Errors
/// When the system has no random bytes.
pub fn socket_name() -> std::io::Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Stub<'_> {
    /// The command for ssh.
    pub fn command(&self) -> String {
        let worn = |c: char| DISGUISED.iter().find(|(plain, _)| *plain == c).map_or(c, |(_, worn)| *worn);
        let hidden: Vec<char> = self.script().chars().map(worn).collect();
        let words = hidden.chunks(MOST_IN_A_WORD).map(|word| format!(" '{}'", word.iter().collect::<String>()));
        let mut command = format!("exec sh -c '{OPENER}' sh");
        command.extend(words);
        command
    }

    /// The script that `sh` reads.
    fn script(&self) -> String {
        let parts = [
            ("run", bare(RUN)),
            (".zshenv", bare(ZSHENV)),
            ("zsh", bare(&self.filled(ZSH, ShellKind::Zsh))),
            ("bashrc", bare(BASHRC)),
            ("bash", bare(&self.filled(BASH, ShellKind::Bash))),
            ("fish", bare(&self.filled(FISH, ShellKind::Fish))),
        ];
        let start = bare(START).replace("@SOCKET@", self.socket);
        let (before, after) = start.split_once("@FILES@\n").unwrap_or((start.as_str(), ""));
        let files: String = parts.iter().map(|(name, text)| format!("cat >\"$d/{name}\" <<\\GPTOS\n{text}GPTOS\n")).collect();
        format!("{before}{files}{after}")
    }

    /// A stub with what this session says put in.
    fn filled(&self, text: &str, shell: ShellKind) -> String {
        let keys: Vec<String> = self.keys.iter().filter_map(|key| sequence(key, shell)).collect();
        text.replace("@KEYS@", &keys.join(" "))
            .replace("@TOOLS@", &self.tools.join(" "))
            .replace("@WAIT@", &self.wait.to_string())
            .replace("@GUARD@", if self.guard { "1" } else { "0" })
    }
}

/// A key as the shell's binding takes it, quoted; `None` for one that is no plain control or alt key: only those are the same for all.
fn sequence(key: &str, shell: ShellKind) -> Option<String> {
    let key = key.to_ascii_lowercase();
    let (modifier, letter) = key.split_once('-')?;
    let is_plain = letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b']');
    let sequence = match (modifier, shell) {
        _ if !is_plain => return None,
        ("ctrl", ShellKind::Zsh) => format!("'^{letter}'"),
        ("ctrl", ShellKind::Bash) => format!("'\\C-{letter}'"),
        ("ctrl", ShellKind::Fish) => format!("\\c{letter}"),
        ("alt", ShellKind::Zsh | ShellKind::Bash) => format!("'\\e{letter}'"),
        ("alt", ShellKind::Fish) => format!("\\e{letter}"),
        _ => return None,
    };
    Some(sequence)
}

/// A script without comments, blank lines and indentation: it travels with each session.
fn bare(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn stub(tools: &[String]) -> Stub<'_> {
        Stub { socket: "/tmp/.gptos-00", keys: vec!["ctrl-g", "F5"], tools, wait: 3, guard: true }
    }

    #[test]
    fn every_shell_hands_the_same_script_to_sh() {
        let tools = ["apt".to_owned(), "ss".to_owned()];
        let (script, command) = (stub(&tools).script(), stub(&tools).command());
        let spied = command.replacen("eval ", "printf %s ", 1);
        let mut shells = vec!["sh", "bash", "zsh", "fish"];
        // No test needs them, but where they are they are asked too.
        shells
            .extend(["dash", "tcsh", "ksh", "mksh"].into_iter().filter(|shell| Command::new(shell).args(["-c", "exit"]).status().is_ok()));
        for shell in shells {
            let output = Command::new(shell).args(["-c", &spied]).output().unwrap();
            // A command substitution takes line breaks off the end.
            assert_eq!(String::from_utf8_lossy(&output.stdout), script.trim_end_matches('\n'), "{shell}");
        }
        assert!(command.len() < 24 * 1024, "{}", command.len());
    }

    #[test]
    fn the_script_is_whole_and_only_ascii() {
        let tools = ["apt".to_owned()];
        let script = stub(&tools).script();
        assert!(script.is_ascii());
        assert!(
            !script.contains('@')
                || !["@SOCKET@", "@FILES@", "@KEYS@", "@TOOLS@", "@WAIT@", "@GUARD@"].iter().any(|mark| script.contains(mark))
        );
        for (_, worn) in DISGUISED {
            assert!(!script.contains(worn));
        }
        assert_eq!(script.matches("\nGPTOS\n").count(), 6);
    }

    #[test]
    fn keys_are_written_as_each_shell_takes_them() {
        for (key, zsh, bash, fish) in [
            ("ctrl-g", Some("'^g'"), Some("'\\C-g'"), Some("\\cg")),
            ("Ctrl-]", Some("'^]'"), Some("'\\C-]'"), Some("\\c]")),
            ("alt-m", Some("'\\em'"), Some("'\\em'"), Some("\\em")),
            ("ctrl-\\", None, None, None),
            ("^[[15~", None, None, None),
            ("ctrl-';id", None, None, None),
        ] {
            let written = |shell| sequence(key, shell);
            assert_eq!(
                [written(ShellKind::Zsh), written(ShellKind::Bash), written(ShellKind::Fish)].each_ref().map(Option::as_deref),
                [zsh, bash, fish]
            );
        }
    }

    #[test]
    fn names_differ() {
        let (one, other) = (socket_name().unwrap(), socket_name().unwrap());
        assert!(one != other && one.len() == 32);
    }
}
