//! What stands on the screen of the asking shell, where the terminal hands it over: tmux, kitty with remote control, WezTerm. Only who
//! set the option has it read.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::find_executable;
use super::output::output_of;
use crate::domain::ShellFacts;
use crate::platform;

/// A terminal that has not answered by then is not waited for.
const LIMIT: Duration = Duration::from_millis(150);
/// Rows above the present one that are asked for.
const MOST_ROWS: &str = "-300";
/// Bytes of them that are read.
const MOST_BYTES: u64 = 256 * 1024;
/// Variables by which the programs find their terminal; a child gets no others.
const VARIABLES: [&str; 4] = ["HOME", "XDG_RUNTIME_DIR", "WEZTERM_UNIX_SOCKET", "KITTY_LISTEN_ON"];
/// The mark that asks for the line that failed.
const MARK: &str = "??";

/// What the line printed that was run last, as far as it is on the screen. `variable` reads the environment of the asking shell.
pub fn printed_by(line: &str, facts: &ShellFacts, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let (program, arguments) = question(variable)?;
    let mut command = Command::new(find_executable(program, facts)?);
    command.args(arguments).env_clear().env("LC_ALL", "C.UTF-8").current_dir("/");
    command.envs(VARIABLES.iter().filter_map(|name| Some((*name, variable(name)?))));
    let text = output_of(command, LIMIT, MOST_BYTES)?;
    behind(&text, line).map(|rows| rows.chars().filter(|letter| matches!(letter, '\n' | '\t') || !letter.is_control()).collect())
}

/// The program that is asked and its arguments.
fn question(variable: &dyn Fn(&str) -> Option<String>) -> Option<(&'static str, Vec<String>)> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let (Some(server), Some(pane)) = (variable("TMUX"), variable("TMUX_PANE")) {
        let socket = server.split(',').next().map(PathBuf::from).filter(|socket| socket.is_absolute())?;
        // Whoever else serves there could answer anything.
        std::fs::metadata(&socket).ok().filter(|facts| facts.uid() == platform::own_uid())?;
        let socket = socket.to_str()?;
        pane.strip_prefix('%').filter(|number| is_number(number))?;
        return Some(("tmux", words(&["-u", "-S", socket, "capture-pane", "-p", "-J", "-S", MOST_ROWS, "-t", &pane])));
    }
    if let (Some(window), Some(_)) = (variable("KITTY_WINDOW_ID"), variable("KITTY_LISTEN_ON")) {
        let window = format!("id:{}", Some(window).filter(|number| is_number(number))?);
        return Some(("kitten", words(&["@", "get-text", "--extent", "all", "--match", &window])));
    }
    let pane = variable("WEZTERM_PANE").filter(|number| is_number(number))?;
    Some(("wezterm", words(&["cli", "get-text", "--start-line", MOST_ROWS, "--pane-id", &pane])))
}

/// The rows behind the last one that holds the line, up to the one with the mark. (bash takes its prompt off the screen while it asks.)
fn behind(text: &str, line: &str) -> Option<String> {
    let rows: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    let end = rows.iter().rposition(|row| row.ends_with(MARK)).unwrap_or(rows.len());
    let from = rows[..end].iter().rposition(|row| row.contains(line.trim()))?;
    Some(rows[from + 1..end].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(variables: &[(&str, &str)]) -> Option<(&'static str, Vec<String>)> {
        question(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn only_the_output_of_the_line_is_taken() {
        let screen = "$ ls\na  b\n$ make all\nmake: *** No rule.\nsh: 1: tsc: not found\n$ ??\n\n";
        assert_eq!(behind(screen, "make all").as_deref(), Some("make: *** No rule.\nsh: 1: tsc: not found"));
        assert_eq!(behind("[1]> gti status\ngti: command not found\n[2]> ??", "gti status").as_deref(), Some("gti: command not found"));
        assert_eq!(behind("$ true\n$ ??", "true").as_deref(), Some(""));
        assert_eq!(behind("$ ls x\nls: no x\n\n", "ls x").as_deref(), Some("ls: no x"));
        for (screen, line) in [("", "ls"), ("out\n$ ??", "ls"), ("$ ??\n$ cat", "ls")] {
            assert_eq!(behind(screen, line), None, "{screen:?}");
        }
    }

    #[test]
    fn terminals_are_asked_only_by_what_they_named_themselves() {
        let socket = tempfile::NamedTempFile::new().unwrap();
        let tmux = format!("{},77,0", socket.path().display());
        let (program, arguments) = asked(&[("TMUX", &tmux), ("TMUX_PANE", "%3")]).unwrap();
        assert_eq!((program, arguments.last().map(String::as_str)), ("tmux", Some("%3")));
        assert_eq!(asked(&[("WEZTERM_PANE", "4")]).unwrap().0, "wezterm");
        assert_eq!(asked(&[("KITTY_WINDOW_ID", "1"), ("KITTY_LISTEN_ON", "unix:/tmp/k")]).unwrap().0, "kitten");
        for hostile in [
            &[("TMUX", "/nonexistent,1,0"), ("TMUX_PANE", "%1")][..],
            &[("TMUX", "tmux,1,0"), ("TMUX_PANE", "%1")],
            &[("TMUX", tmux.as_str()), ("TMUX_PANE", "%1 -x")],
            &[("TMUX", tmux.as_str()), ("TMUX_PANE", "=x")],
            &[("WEZTERM_PANE", "--help")],
            &[("KITTY_WINDOW_ID", "1")],
            &[],
        ] {
            assert_eq!(asked(hostile), None, "{hostile:?}");
        }
    }
}
