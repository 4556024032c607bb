//! Terminals that keep keys for themselves. Their configuration is read as text.

use std::path::{Path, PathBuf};

use super::checks::{Finding, Sight};
use super::files::{Line, lines};
use super::public;
use crate::config::reserved::key_name;
use crate::system::Lookup;

/// A program that sits between the keyboard and the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terminal {
    VsCode,
    JetBrains,
    Kitty,
    WezTerm,
    Tmux,
    Screen,
}

impl Terminal {
    /// The one that this process runs in, as far as its environment tells. What is nearest to the shell comes first.
    pub(super) fn of(variable: Lookup<'_>) -> Option<Self> {
        let is = |name: &str, value: &str| variable(name).is_some_and(|set| set == value);
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        if set("TMUX") {
            Some(Self::Tmux)
        } else if set("STY") {
            Some(Self::Screen)
        } else if is("TERM_PROGRAM", "vscode") {
            Some(Self::VsCode)
        } else if is("TERMINAL_EMULATOR", "JetBrains-JediTerm") {
            Some(Self::JetBrains)
        } else if set("KITTY_WINDOW_ID") {
            Some(Self::Kitty)
        } else if is("TERM_PROGRAM", "WezTerm") {
            Some(Self::WezTerm)
        } else {
            None
        }
    }

    /// The lines of its configuration that can be read.
    pub(super) fn configuration(self, home: &Path, variable: Lookup<'_>) -> Vec<Line> {
        let config = variable("XDG_CONFIG_HOME").map(PathBuf::from).unwrap_or_else(|| home.join(".config"));
        let files = match self {
            Self::VsCode | Self::JetBrains => Vec::new(),
            Self::Kitty => vec![config.join("kitty/kitty.conf")],
            Self::WezTerm => vec![home.join(".wezterm.lua"), config.join("wezterm/wezterm.lua")],
            Self::Screen => {
                vec![PathBuf::from("/etc/screenrc"), variable("SCREENRC").map(PathBuf::from).unwrap_or_else(|| home.join(".screenrc"))]
            }
            Self::Tmux => vec![PathBuf::from("/etc/tmux.conf"), home.join(".tmux.conf"), config.join("tmux/tmux.conf")],
        };
        files.iter().flat_map(|file| lines(file, home)).collect()
    }

    /// What is worth knowing though nothing can be found out about it.
    pub(super) fn note(self) -> Option<&'static str> {
        match self {
            Self::JetBrains => Some(
                "in the terminal of JetBrains the key arrives only with Settings | Tools | Terminal | Override IDE shortcuts, or when \
                 Escape and Go to Line are taken off it in Settings | Keymap",
            ),
            Self::VsCode => Some(
                "VS Code keeps Ctrl-G for itself; Ctrl-] asks there, or this in settings.json: \
                 \"terminal.integrated.commandsToSkipShell\": [\"-workbench.action.gotoLine\"]",
            ),
            Self::Kitty | Self::WezTerm | Self::Tmux | Self::Screen => None,
        }
    }
}

/// Control keys of the integration that the terminal takes.
pub(super) fn check(sight: &Sight) -> Vec<Finding> {
    let (Some(terminal), true) = (sight.terminal_kind, sight.report.loaded.is_some()) else { return Vec::new() };
    let own = sight.own_keys();
    let letters = own.iter().filter_map(|(name, _)| Some((name, name.to_ascii_lowercase().strip_prefix("ctrl-")?.chars().next()?)));
    let mut found = Vec::new();
    for (name, letter) in letters {
        if terminal == Terminal::VsCode && letter == 'g' && own.len() < 2 {
            let cause = "it keeps Ctrl-G for itself, and no second key is set";
            found.push(Finding::new("terminal", "VS Code", cause, "GPTOS_KEY2='ctrl-]'"));
        }
        for line in &sight.terminal {
            if let Some(mend) = frees(terminal, &line.text, letter) {
                let cause = format!("takes {}: {}", key_name(name), line.text);
                let public = format!("{terminal:?} takes {}", public::key(name));
                found.push(Finding::new("terminal", line.place.clone(), cause, mend).publicly(public));
            }
        }
    }
    found
}

/// The line that frees the key, if this one takes it.
fn frees(terminal: Terminal, line: &str, letter: char) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match terminal {
        Terminal::Kitty => {
            let takes = words.first() == Some(&"map") && words.get(1)?.eq_ignore_ascii_case(&format!("ctrl+{letter}"));
            (takes && words.get(2) != Some(&"no_op")).then(|| format!("map ctrl+{letter} no_op"))
        }
        Terminal::WezTerm => {
            let plain: String = line.chars().filter(|c| !c.is_whitespace()).map(|c| if c == '"' { '\'' } else { c }).collect();
            let plain = plain.to_lowercase();
            let takes = plain.contains(&format!("key='{letter}'")) && plain.contains("mods='ctrl'") && !plain.contains("disabledefault");
            takes.then(|| format!("{{ key = '{letter}', mods = 'CTRL', action = wezterm.action.DisableDefaultAssignment }}"))
        }
        Terminal::Tmux => {
            let key = format!("C-{letter}");
            let has = |word: &str| words.iter().any(|found| found.trim_matches(['"', '\'']).eq_ignore_ascii_case(word));
            let sets = matches!(*words.first()?, "set" | "set-option") && (has("prefix") || has("prefix2")) && has(&key);
            let at_root = words.windows(2).any(|pair| pair == ["-T", "root"]) || has("-n");
            let binds = matches!(*words.first()?, "bind" | "bind-key") && at_root && has(&key);
            if sets {
                Some(format!("bind-key {key} send-prefix    (then pressed twice; or another prefix: set -g prefix C-b)"))
            } else {
                binds.then(|| format!("unbind-key -n {key}"))
            }
        }
        Terminal::Screen => {
            let caret = |text: &str| text.trim_matches(['"', '\'']).to_lowercase().starts_with(&format!("^{letter}"));
            let prefix = matches!(*words.first()?, "escape" | "defescape") && caret(words.get(1)?);
            let binds = words.first() == Some(&"bindkey") && words.len() > 2 && words[1..].iter().any(|word| caret(word));
            if prefix {
                Some("escape ^Aa    (screen's own; or any other key)".to_owned())
            } else {
                binds.then(|| format!("bindkey \"^{}\"", letter.to_ascii_uppercase()))
            }
        }
        Terminal::VsCode | Terminal::JetBrains => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_take_the_key_are_told_from_others() {
        use Terminal::{Kitty, Screen, Tmux, WezTerm};
        for (terminal, line, takes) in [
            (Kitty, "map ctrl+g show_last_command_output", true),
            (Kitty, "map ctrl+g no_op", false),
            (Kitty, "map ctrl+shift+g show_last_command_output", false),
            (Kitty, "map", false),
            (WezTerm, "{ key = 'g', mods = 'CTRL', action = act.Search },", true),
            (WezTerm, "{ key = \"g\", mods = \"CTRL|SHIFT\", action = act.Search },", false),
            (Tmux, "set -g prefix C-g", true),
            (Tmux, "set-option -g prefix 'C-g'", true),
            (Tmux, "bind -n C-g copy-mode", true),
            (Tmux, "bind-key -T root C-g copy-mode", true),
            (Tmux, "bind C-g send-prefix", false),
            (Tmux, "set -g prefix C-a", false),
            (Tmux, "", false),
            (Screen, "escape ^Gg", true),
            (Screen, "defescape \"^Gg\"", true),
            (Screen, "escape ^Aa", false),
            (Screen, "bindkey \"^G\" next", true),
            (Screen, "bindkey -k k1 select 1", false),
            (Screen, "bindkey \"^G\"", false),
            (Screen, "", false),
        ] {
            assert_eq!(frees(terminal, line, 'g').is_some(), takes, "{line}");
        }
    }
}
