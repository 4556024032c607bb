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
/// Stands for the key `resident` of the configuration.
pub const RESIDENT: &str = "GPTOS_RESIDENT";
/// Stands for the key `memory` of the configuration.
pub const MEMORY: &str = "GPTOS_MEMORY";
/// Stands for the key `audit` of the configuration.
pub const AUDIT: &str = "GPTOS_AUDIT";
/// Stands for the key `deadline_ms` of the configuration.
pub const DEADLINE_MS: &str = "GPTOS_DEADLINE_MS";
/// Stands for the key `idle_exit_minutes` of the configuration.
pub const IDLE_EXIT_MINUTES: &str = "GPTOS_IDLE_EXIT_MINUTES";
/// Stands for the key `context` of the configuration.
pub const CONTEXT: &str = "GPTOS_CONTEXT";
/// Stands for the key `shell.read_screen` of the configuration.
pub const READ_SCREEN: &str = "GPTOS_READ_SCREEN";
/// Stands for the key `offline.prefer` of the configuration.
pub const OFFLINE_PREFER: &str = "GPTOS_OFFLINE_PREFER";
/// Stands for the key `cache.max_entries` of the configuration.
pub const CACHE_MAX_ENTRIES: &str = "GPTOS_CACHE_MAX_ENTRIES";
/// Stands for the key `cache.max_disk_mib` of the configuration.
pub const CACHE_MAX_DISK_MIB: &str = "GPTOS_CACHE_MAX_DISK_MIB";
/// Stands for the key `cache.ttl_days` of the configuration.
pub const CACHE_TTL_DAYS: &str = "GPTOS_CACHE_TTL_DAYS";
/// Stands for the key `hedge` of the configuration.
pub const HEDGE: &str = "GPTOS_HEDGE";
/// Stands for the key `limits.user_per_minute` of the configuration.
pub const LIMITS_USER_PER_MINUTE: &str = "GPTOS_LIMITS_USER_PER_MINUTE";
/// Stands for the key `limits.session_per_minute` of the configuration.
pub const LIMITS_SESSION_PER_MINUTE: &str = "GPTOS_LIMITS_SESSION_PER_MINUTE";
/// Stands for the key `limits.in_flight` of the configuration.
pub const LIMITS_IN_FLIGHT: &str = "GPTOS_LIMITS_IN_FLIGHT";
/// Stands for the key `limits.calls_per_provider` of the configuration.
pub const LIMITS_CALLS_PER_PROVIDER: &str = "GPTOS_LIMITS_CALLS_PER_PROVIDER";
/// Stands for the key `metrics_port` of the configuration.
pub const METRICS_PORT: &str = "GPTOS_METRICS_PORT";
/// Stands for the key `log.level` of the configuration.
pub const LOG_LEVEL: &str = "GPTOS_LOG_LEVEL";
/// Stands for the key `traces.endpoint` of the configuration.
pub const TRACES_ENDPOINT: &str = "GPTOS_TRACES_ENDPOINT";
/// Stands for the key `alerts.notify` of the configuration.
pub const ALERTS_NOTIFY: &str = "GPTOS_ALERTS_NOTIFY";
/// Stands for the key `alerts.silence` of the configuration.
pub const ALERTS_SILENCE: &str = "GPTOS_ALERTS_SILENCE";
/// Stands for the key `spend.day` of the configuration.
pub const SPEND_DAY: &str = "GPTOS_SPEND_DAY";
/// Stands for the key `spend.month` of the configuration.
pub const SPEND_MONTH: &str = "GPTOS_SPEND_MONTH";
/// Stands for the key `spend.day_tokens` of the configuration.
pub const SPEND_DAY_TOKENS: &str = "GPTOS_SPEND_DAY_TOKENS";

/// Path of the administrator's configuration, for tests. A program that is built for use does not read it: whoever could
/// move that file could leave its locks behind.
#[cfg(debug_assertions)]
pub const ADMIN_CONFIG: &str = "GPTOS_TEST_ADMIN_CONFIG";

/// All of them, in the order the manual lists them.
pub const ALL: &[Variable] = &[
    Variable {
        name: CONFIG,
        read_by: Reader::Program,
        doc: "Absolute path of the configuration file. Default: `gptos/config.toml` in `$XDG_CONFIG_HOME` or `~/.config`.",
    },
    Variable {
        name: RESIDENT,
        read_by: Reader::Program,
        doc: "Whether a background process is asked; see `resident`. Default: what the files say.",
    },
    Variable {
        name: MEMORY,
        read_by: Reader::Program,
        doc: "Whether what you run for a question becomes its first answer; see `memory`. Default: what the files say.",
    },
    Variable {
        name: AUDIT,
        read_by: Reader::Program,
        doc: "Whether what you ask, are offered and run is recorded; see `audit`. Default: what the files say.",
    },
    Variable {
        name: DEADLINE_MS,
        read_by: Reader::Program,
        doc: "Within how many milliseconds every question is answered or given up; see `deadline_ms`. Default: what the files say.",
    },
    Variable {
        name: IDLE_EXIT_MINUTES,
        read_by: Reader::Program,
        doc: "After how many minutes without a question a background process that is started with it (by `gptos daemon run` or a shell) ends; see `idle_exit_minutes`. Default: what the files say.",
    },
    Variable {
        name: CONTEXT,
        read_by: Reader::Program,
        doc: "What providers may be told about where you are: `cwd`, `branch`, `files`; see `context`. Default: what the files say.",
    },
    Variable {
        name: READ_SCREEN,
        read_by: Reader::Program,
        doc: "Whether `??` after a line that failed reads what it printed; see `shell.read_screen`. Default: what the files say.",
    },
    Variable {
        name: OFFLINE_PREFER,
        read_by: Reader::Program,
        doc: "Programs that the embedded translator prefers: `rg`, `fd`; see `offline.prefer`. Default: what the files say.",
    },
    Variable {
        name: CACHE_MAX_ENTRIES,
        read_by: Reader::Program,
        doc: "Most answers kept; see `cache.max_entries`. A background process that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: CACHE_MAX_DISK_MIB,
        read_by: Reader::Program,
        doc: "Most space used on disk, in MiB; see `cache.max_disk_mib`. A background process that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: CACHE_TTL_DAYS,
        read_by: Reader::Program,
        doc: "How many days an answer counts as fresh; see `cache.ttl_days`. A background process that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: HEDGE,
        read_by: Reader::Program,
        doc: "Whether the next provider is asked beside a slow one; see `hedge`. Default: what the files say.",
    },
    Variable {
        name: LIMITS_USER_PER_MINUTE,
        read_by: Reader::Program,
        doc: "Most calls to providers a minute; see `limits.user_per_minute`. A background process that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: LIMITS_SESSION_PER_MINUTE,
        read_by: Reader::Program,
        doc: "The same for each shell; see `limits.session_per_minute`. A background process that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: LIMITS_IN_FLIGHT,
        read_by: Reader::Program,
        doc: "Most questions that wait for providers at once; see `limits.in_flight`. A background process that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: LIMITS_CALLS_PER_PROVIDER,
        read_by: Reader::Program,
        doc: "Most calls to one provider that are under way at once; see `limits.calls_per_provider`. A background process that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: METRICS_PORT,
        read_by: Reader::Program,
        doc: "The port of 127.0.0.1 under which a background process that is started with it (by `gptos daemon run` or a shell) serves its numbers; see `metrics_port`. One that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: LOG_LEVEL,
        read_by: Reader::Program,
        doc: "Which lines a background process that is started with it (by `gptos daemon run` or a shell) writes to its log; see `log.level`. One that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: TRACES_ENDPOINT,
        read_by: Reader::Program,
        doc: "The collector that a background process that is started with it (by `gptos daemon run` or a shell) hands spans to; see `traces.endpoint`. One that runs ignores it. Default: what the files say.",
    },
    Variable {
        name: ALERTS_NOTIFY,
        read_by: Reader::Program,
        doc: "Whether an answer brings a line along when something needs you; see `alerts.notify`. Default: what the files say.",
    },
    Variable {
        name: ALERTS_SILENCE,
        read_by: Reader::Program,
        doc: "Causes that this line does not speak of: `key`, `quota`, `disk`, `audit`, `spend`; see `alerts.silence`. Default: what the files say.",
    },
    Variable {
        name: SPEND_DAY,
        read_by: Reader::Program,
        doc: "The most that calls to providers may cost on a day; see `spend.day`. Default: what the files say.",
    },
    Variable { name: SPEND_MONTH, read_by: Reader::Program, doc: "The same for a month; see `spend.month`. Default: what the files say." },
    Variable {
        name: SPEND_DAY_TOKENS,
        read_by: Reader::Program,
        doc: "Most tokens that calls to providers elsewhere may take on a day; see `spend.day_tokens`. Default: what the files say.",
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
        doc: "An Enter within this many milliseconds after a command appeared is ignored; where its risk is medium, within 700 at least. 0 ignores none. Default: 250.",
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
