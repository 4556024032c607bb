//! `gptos tour`: the five keys, one after the other, at a prompt of the user's own shell at which nothing is run.

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::output::Output;
use super::{ExitStatus, facts, init};
use crate::config::ConfigFile;
use crate::config::reserved::key_name;
use crate::domain::ShellKind;
use crate::paths::Paths;
use crate::platform::OwnBinary;
use crate::system::own_shell::{ShellStart, become_shell};
use crate::system::{find_executable, is_executable};

/// The user's files come first, and then the tour.
const ZSHENV: &str = r#"_GPTOS_TOUR_DIR=$ZDOTDIR
if (( ${+_GPTOS_ZDOTDIR} )); then ZDOTDIR=$_GPTOS_ZDOTDIR; unset _GPTOS_ZDOTDIR; else unset ZDOTDIR; fi
[[ ! -r ${ZDOTDIR:-$HOME}/.zshenv ]] || source "${ZDOTDIR:-$HOME}/.zshenv"
typeset -a _GPTOS_TOUR_OWN=(${ZDOTDIR+"$ZDOTDIR"})
ZDOTDIR=$_GPTOS_TOUR_DIR
"#;
const ZSHRC: &str = r#"if (( $#_GPTOS_TOUR_OWN )); then ZDOTDIR=$_GPTOS_TOUR_OWN[1]; else unset ZDOTDIR; fi
[[ ! -r ${ZDOTDIR:-$HOME}/.zshrc ]] || source "${ZDOTDIR:-$HOME}/.zshrc"
"#;
const BASHRC: &str = "if [[ -r ~/.bashrc ]]; then source ~/.bashrc; elif [[ -r ~/.bash_profile ]]; then source ~/.bash_profile; fi\n";

/// Starts the tour; without a terminal it prints the steps.
pub(super) fn run(shell: Option<ShellKind>, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let shell = shell.unwrap_or_else(facts::shell_at_hand);
    let (config, _) = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current();
    let steps = steps(shell, &key_name(&config.shell.key));
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        for (at, step) in steps.iter().enumerate() {
            output.line(&format!("{}  {step}", at + 1));
        }
        return ExitStatus::Success;
    }
    let Some(program) = program(shell) else {
        output.error(&format!("tour: {} is not on the search path", shell.name()), Some("name another shell: gptos tour bash"));
        return ExitStatus::NoAnswer;
    };
    match prepare(shell, &steps, paths) {
        Ok(start) => {
            output.flush();
            let error = become_shell(&program, &start);
            output.error(&format!("tour: `{}`: {error}", program.display()), None);
        }
        Err(error) => output.error(&format!("tour: {error}"), Some("`gptos tour | cat` prints the steps")),
    }
    ExitStatus::NoAnswer
}

/// The user's login shell if it is of this kind, else the one on the search path.
pub(super) fn program(shell: ShellKind) -> Option<PathBuf> {
    let own = facts::variable("SHELL").map(PathBuf::from).filter(|path| path.is_absolute() && path.ends_with(shell.name()));
    own.filter(|path| is_executable(path)).or_else(|| find_executable(shell.name(), &facts::gather(shell, String::new())))
}

/// What each key does, in the order in which they are tried.
fn steps(shell: ShellKind, key: &str) -> [String; 5] {
    let undo = match shell {
        ShellKind::Fish => "Ctrl-Z",
        ShellKind::Zsh | ShellKind::Bash => "Ctrl-_",
    };
    [
        "Type `?? find files bigger than 100 MB` and press Enter: the words become a command, which you read, change and run with Enter."
            .to_owned(),
        format!("Type `list files by size` and press {key}: the key does the same without question marks."),
        format!("Type `list files by size`, press {key}, and {key} again: the next suggestion; behind the last come your own words."),
        format!("Type `list files by size`, press {key}, then {undo}: one undo brings your words back."),
        "Type anything and press Ctrl-C: the line is given up. While somebody is asked it ends the request and keeps the line.".to_owned(),
    ]
}

/// The same as the tour says it, with a greeting and a farewell.
fn said(steps: &[String; 5]) -> Vec<String> {
    let numbered = steps.iter().enumerate().map(|(at, step)| match at {
        0 => format!(
            "\nFive keys in two minutes. Nothing that you type here is run; `exit` leaves.\n\n1/5  {step} Here nothing runs: Enter leads on."
        ),
        4 => format!("\n5/5  {step}"),
        _ => format!("\n{}/5  {step} Then Enter.", at + 1),
    });
    let end = "\nThat is all. `gptos doctor --shell` looks into it when a key does nothing, `gptos help` lists the rest.\n";
    numbered.chain([end.to_owned()]).collect()
}

/// Writes the start-up file of the tour beside the state of this program, and says how a shell is started that reads it.
fn prepare(shell: ShellKind, steps: &[String; 5], paths: &Paths) -> io::Result<ShellStart> {
    let said: Vec<String> = said(steps).iter().map(|text| init::quote(shell, text)).collect();
    let said = said.join(" ");
    let assigned = match shell {
        ShellKind::Zsh => format!("typeset -ga _GPTOS_TOUR_STEPS=({said})\n"),
        ShellKind::Bash => format!("_GPTOS_TOUR_STEPS=({said})\n"),
        ShellKind::Fish => format!("set -g _GPTOS_TOUR_STEPS {said}\n"),
    };
    let tour = match shell {
        ShellKind::Zsh => include_str!("../../shell/tour/tour.zsh"),
        ShellKind::Bash => include_str!("../../shell/tour/tour.bash"),
        ShellKind::Fish => include_str!("../../shell/tour/tour.fish"),
    };
    let binary = OwnBinary::look()?.path;
    let mut start = ShellStart { variables: vec![("_GPTOS_TOUR_BIN".to_owned(), binary.into())], ..ShellStart::default() };
    if shell == ShellKind::Fish {
        start.arguments = vec!["-i".into(), "-C".into(), format!("{assigned}{tour}").into()];
        return Ok(start);
    }
    let folder = paths.state_dir.as_ref().ok_or_else(|| io::Error::other("there is no home directory"))?.join("tour");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    if shell == ShellKind::Zsh {
        write_private(&folder.join(".zshenv"), ZSHENV)?;
        write_private(&folder.join(".zshrc"), &format!("{ZSHRC}{assigned}{tour}"))?;
        if let Some(own) = std::env::var_os("ZDOTDIR") {
            start.variables.push(("_GPTOS_ZDOTDIR".to_owned(), own));
        }
        start.variables.push(("ZDOTDIR".to_owned(), folder.into()));
        start.arguments = vec!["-i".into()];
    } else {
        let file = folder.join("bashrc");
        write_private(&file, &format!("{BASHRC}{assigned}{tour}"))?;
        start.arguments = vec![OsString::from("--rcfile"), file.into(), "-i".into()];
    }
    Ok(start)
}

/// What is there may be a link of somebody else's or be read just now, so it is replaced.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_extension(std::process::id().to_string());
    let mut opened = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    opened.write_all(text.as_bytes()).and_then(|()| fs::rename(&new, file))
}
