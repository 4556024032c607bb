//! Every `GPTOS_*` name, who reads it and what it means. Documentation and the manual page are made from this table.
//!
//! Two kinds share the prefix: environment variables that the program reads, and shell variables that the code in
//! `shell/` reads. The latter need not be exported. Nothing here reads a variable: callers look them up themselves.

/// Who reads a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// `gptos` itself, from its environment.
    Program,
    /// The shell integration, as a shell variable.
    Shell,
}

/// One documented variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// The full name.
    pub name: &'static str,
    /// Who reads it.
    pub read_by: Reader,
    /// What it means and its default, in one or two sentences.
    pub doc: &'static str,
}

/// Path of the configuration file, in place of the usual one.
pub const CONFIG: &str = "GPTOS_CONFIG";
/// Path of the binary that the shell integration runs.
pub const BIN: &str = "GPTOS_BIN";
/// The key that asks.
pub const KEY: &str = "GPTOS_KEY";
/// A second key that asks.
pub const KEY2: &str = "GPTOS_KEY2";
/// How long Enter is ignored after a command appeared.
pub const ENTER_GUARD_MS: &str = "GPTOS_ENTER_GUARD_MS";
/// Which lines are judged again at Enter.
pub const GUARD: &str = "GPTOS_GUARD";
/// How long Enter waits for that.
pub const GUARD_MS: &str = "GPTOS_GUARD_MS";
/// How long after the reason a second Enter counts.
pub const CONFIRM_MS: &str = "GPTOS_CONFIRM_MS";
/// How long to wait before showing progress.
pub const PROGRESS_MS: &str = "GPTOS_PROGRESS_MS";
/// Whether a pause while typing has the words asked ahead.
pub const PREFETCH: &str = "GPTOS_PREFETCH";
/// Whether what the resident would answer stands behind the words while they are typed.
pub const GHOST: &str = "GPTOS_GHOST";
/// Whether the shell prompt stays live while a request runs.
pub const ASYNC: &str = "GPTOS_ASYNC";

/// Whether a line under the prompt tells of a suggestion.
pub const NOTE: &str = "GPTOS_NOTE";
/// Words that ask about one program with a question mark behind them.
pub const SCOPES: &str = "GPTOS_SCOPES";
/// Whether a comment asks.
pub const HASH: &str = "GPTOS_HASH";

/// All of them, in the order the manual lists them.
pub const ALL: &[Variable] = &[
    Variable {
        name: CONFIG,
        read_by: Reader::Program,
        doc: "Absolute path of the configuration file. Default: `gptos/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`.",
    },
    Variable {
        name: BIN,
        read_by: Reader::Shell,
        doc: "Absolute path of the `gptos` binary. `gptos init` sets it; the default without it is `gptos` from `$PATH`.",
    },
    Variable {
        name: KEY,
        read_by: Reader::Shell,
        doc: "The key that asks: `ctrl-x`, `alt-x` or the shell's own notation; empty binds none. Default: `ctrl-g`.",
    },
    Variable {
        name: KEY2,
        read_by: Reader::Shell,
        doc: "A second key that asks, in the same notation. Default: `ctrl-]` in the terminal of Visual Studio Code, none elsewhere.",
    },
    Variable {
        name: ENTER_GUARD_MS,
        read_by: Reader::Shell,
        doc: "An Enter within this many milliseconds after a command appeared is ignored. Default: 250.",
    },
    Variable {
        name: GUARD,
        read_by: Reader::Shell,
        doc: "Which lines are judged again when Enter is pressed: `suggested` (those that came from a suggestion, edited or not), `all` or `off`. \
              Default: `suggested`.",
    },
    Variable {
        name: GUARD_MS,
        read_by: Reader::Shell,
        doc: "Enter waits this many milliseconds for the judgement; after that the line runs unchecked and the shell says so. Default: 100.",
    },
    Variable {
        name: CONFIRM_MS,
        read_by: Reader::Shell,
        doc: "How many milliseconds after the reason was shown a second Enter runs a dangerous line; less than 700 counts as 700. \
              Default: 700.",
    },
    Variable { name: PROGRESS_MS, read_by: Reader::Shell, doc: "No sign of progress before this many milliseconds. Default: 120." },
    Variable {
        name: PREFETCH,
        read_by: Reader::Shell,
        doc: "0 keeps this shell from asking providers while you pause in a line `?? words`, where the configuration says `prefetch = true`; \
              zsh only. Default: what the configuration says.",
    },
    Variable {
        name: GHOST,
        read_by: Reader::Shell,
        doc: "0 shows nothing behind the words of a line `?? words` while you type it; zsh only. Default: 1.",
    },
    Variable {
        name: ASYNC,
        read_by: Reader::Shell,
        doc: "1 keeps the shell prompt live while a request runs, 0 waits. Default: bash waits for 1.5 seconds and is live then, if the terminal \
              answers; zsh is always live.",
    },
    Variable {
        name: NOTE,
        read_by: Reader::Shell,
        doc: "0 hides the line that tells of a suggestion, unless its risk is high. Default: 1.",
    },
    Variable {
        name: SCOPES,
        read_by: Reader::Shell,
        doc: "Programs, apart by blanks, that `git? words` and Enter ask about: `git docker k`. Default: none.",
    },
    Variable { name: HASH, read_by: Reader::Shell, doc: "1 has a line `# words` ask like `?? words`. Default: 0." },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_the_prefix_and_is_listed_once() {
        let mut names: Vec<_> = ALL.iter().map(|variable| variable.name).collect();
        assert!(
            names
                .iter()
                .all(|name| name.starts_with("GPTOS_") && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'))
        );
        let listed = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), listed);
    }

    #[test]
    fn every_variable_is_described_in_sentences() {
        for variable in ALL {
            assert!(variable.doc.ends_with('.'), "{}", variable.name);
            assert!(variable.doc.contains("Default:") || variable.doc.contains("the default"), "{}", variable.name);
        }
    }
}
