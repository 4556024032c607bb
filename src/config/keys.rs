//! The table of configuration keys. Error messages, `gptos config reference`, `gptos config show` and the manual page are made from it.

use crate::env_vars;

/// One key of the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The dotted path; `provider.` stands for any `[[provider]]` block.
    pub path: &'static str,
    /// What a value must be, as the end of the sentence "expected …".
    pub expects: &'static str,
    /// The default as it would be written, or what happens without the key.
    pub default: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// All keys, in the order the manual lists them.
pub const ALL: &[Key] = &[
    Key { path: "resident", expects: "\"on\" or \"off\"", default: "\"on\"", doc: "Whether a background process keeps answers at hand." },
    Key {
        path: "memory",
        expects: "\"on\" or \"off\"",
        default: "\"on\"",
        doc: "Whether what you run for a question becomes its first answer. It stays on this machine; `gptos memory list` shows it.",
    },
    Key {
        path: "audit",
        expects: "\"off\", \"local\" or \"required\"",
        default: "\"local\"",
        doc: "Whether what you ask, are offered and run is recorded, encrypted and without secrets, on this machine; `gptos audit show` prints it. With \"required\" no suggestion of medium or higher risk is given without a record on the disk.",
    },
    Key {
        path: "deadline_ms",
        expects: "a whole number from 500 to 60000",
        default: "8000",
        doc: "Every question is answered, or given up with a reason, within this many milliseconds; 30000 where it is not set and only models on this machine or programs are asked.",
    },
    Key {
        path: "idle_exit_minutes",
        expects: "a whole number from 1 to 10080",
        default: "30, under SSH 5",
        doc: "The background process ends after this long without a question.",
    },
    Key {
        path: "metrics_port",
        expects: "a whole number from 1024 to 65535, or 0 for none",
        default: "0",
        doc: "The port of 127.0.0.1 under which the background process serves `/metrics` to Prometheus: numbers, no words. Every user of this machine can read them there.",
    },
    Key {
        path: "guard",
        expects: "\"suggested\", \"all\" or \"off\"",
        default: "\"suggested\"",
        doc: "Which lines are judged again when Enter is pressed: those that came from a suggestion, every line, or none.",
    },
    Key {
        path: "context",
        expects: "an array out of \"cwd\", \"branch\" and \"files\"",
        default: "[]",
        doc: "What providers may be told about where you are: the folder's name, the git branch, the names of the files in it.",
    },
    Key { path: "shell.key", expects: "a key such as \"ctrl-g\"", default: "\"ctrl-g\"", doc: "The key that asks; \"\" binds none." },
    Key {
        path: "shell.key2",
        expects: "a key such as \"ctrl-]\"",
        default: "chosen by the shell",
        doc: "A second key that asks; \"\" binds none.",
    },
    Key {
        path: "shell.async",
        expects: "true or false",
        default: "chosen by the shell",
        doc: "Whether the shell prompt stays live while a question runs, where the shell leaves the choice.",
    },
    Key {
        path: "shell.progress_ms",
        expects: "a whole number from 0 to 60000",
        default: "120",
        doc: "No sign of progress before this many milliseconds.",
    },
    Key {
        path: "shell.enter_guard_ms",
        expects: "a whole number from 0 to 5000",
        default: "250",
        doc: "An Enter within this many milliseconds after a command appeared is ignored.",
    },
    Key {
        path: "shell.prefetch",
        expects: "true or false",
        default: "false",
        doc: "Whether providers are asked behind your back when you pause in a line `?? words` of zsh, so that Enter is answered at once; at most ten calls a minute.",
    },
    Key {
        path: "shell.note",
        expects: "true or false",
        default: "true",
        doc: "Whether a line under the prompt says where a suggestion is from, what it does and what it risks. High risks are always said.",
    },
    Key {
        path: "shell.ghost",
        expects: "true or false",
        default: "true",
        doc: "Whether zsh shows behind the words what this machine would answer, while you type a line `?? words`. No provider is asked for it.",
    },
    Key {
        path: "shell.scopes",
        expects: "an array of at most 32 names of programs such as [\"git\", \"docker\", \"k\"]",
        default: "[]",
        doc: "Programs that you may ask about with `git? words` and Enter; the answer is a command of that program. `k` is kubectl.",
    },
    Key { path: "shell.hash", expects: "true or false", default: "false", doc: "Whether a line `# words` asks like `?? words`." },
    Key {
        path: "shell.read_screen",
        expects: "true or false",
        default: "false",
        doc: "Whether `??` after a line that failed also reads what the line printed, where the terminal hands it over: tmux, kitty with remote control, WezTerm. It stays in the asking process.",
    },
    Key {
        path: "offline.prefer",
        expects: "an array of \"rg\" and \"fd\"",
        default: "[]",
        doc: "Programs that the embedded translator writes where it would write `grep -r` or `find`, if they are installed and can say the same. Both leave out hidden files and what `.gitignore` names.",
    },
    Key { path: "cache.max_entries", expects: "a whole number from 1 to 10000000", default: "10000", doc: "Most answers kept." },
    Key { path: "cache.max_disk_mib", expects: "a whole number from 1 to 65536", default: "64", doc: "Most space used on disk, in MiB." },
    Key { path: "cache.ttl_days", expects: "a whole number from 1 to 3650", default: "30", doc: "How long an answer counts as fresh." },
    Key {
        path: "log.level",
        expects: "a level out of off, error, warn, info, debug and trace, or levels by module such as \"info,suggest=debug\"",
        default: "\"info\"",
        doc: "Which lines the background process writes to its log. Your words are in it with debug and trace only, secrets never; `gptos log level` changes it while the process runs.",
    },
    Key {
        path: "traces.endpoint",
        expects: "an http or https URL such as \"http://localhost:4318\", or \"\" for none",
        default: "\"\"",
        doc: "The OpenTelemetry collector that the background process hands spans of requests to (OTLP, http/protobuf), without words, commands and paths. The `OTEL_*` variables of the shell that starts the process stand over it.",
    },
    Key {
        path: "hedge",
        expects: "\"on\" or \"off\"",
        default: "\"off\"",
        doc: "Whether the next provider is asked beside the first when that one is slow; it costs a second call.",
    },
    Key {
        path: "limits.user_per_minute",
        expects: "a whole number from 0 to 100000",
        default: "60",
        doc: "Most calls to providers a minute, a third of them at once; 0 sets no limit. What needs no provider is never counted.",
    },
    Key { path: "limits.session_per_minute", expects: "a whole number from 0 to 100000", default: "30", doc: "The same for each shell." },
    Key {
        path: "limits.in_flight",
        expects: "a whole number from 1 to 100000",
        default: "64",
        doc: "Most questions that wait for providers at once; more get what this machine knows. A batch waits its turn instead.",
    },
    Key {
        path: "limits.calls_per_provider",
        expects: "a whole number from 1 to 1000",
        default: "4",
        doc: "Most calls to one provider that are under way at once; as many more may wait a quarter of a second for a place.",
    },
    Key {
        path: "alerts.notify",
        expects: "true or false",
        default: "true",
        doc: "Whether an answer brings a line along when something needs you: a key that is refused, a quota or a disk that is full, a record that was changed, a cap on spending. Once a day for each, over all shells.",
    },
    Key {
        path: "alerts.silence",
        expects: "an array out of \"key\", \"quota\", \"disk\", \"audit\" and \"spend\"",
        default: "[]",
        doc: "Causes that this line does not speak of.",
    },
    Key {
        path: "spend.day",
        expects: "an amount such as \"2.50 USD\", or \"none\"",
        default: "\"none\"",
        doc: "The most that calls to providers may cost from midnight to midnight; then this machine answers by itself. Calls whose price nobody knows are not counted: see `provider.price` and `spend.day_tokens`.",
    },
    Key {
        path: "spend.month",
        expects: "an amount such as \"20 USD\", or \"none\"",
        default: "\"none\"",
        doc: "The same for a month of the calendar.",
    },
    Key {
        path: "spend.day_tokens",
        expects: "a whole number from 0 to 1000000000000",
        default: "0",
        doc: "Most tokens that calls to providers elsewhere may take from midnight to midnight, whatever they cost; 0 sets no limit.",
    },
    Key {
        path: "provider",
        expects: "blocks that begin with `[[provider]]`",
        default: "none",
        doc: "Services that are asked, in the order of the file.",
    },
    Key {
        path: "provider.name",
        expects: "1 to 32 characters out of a-z, 0-9, `_` and `-`",
        default: "required",
        doc: "Your name for it; no two providers share one.",
    },
    Key {
        path: "provider.kind",
        expects: "\"openai\", \"anthropic\", \"gemini\", \"ollama\", \"azure\" or \"command\"",
        default: "\"openai\"",
        doc: "The protocol it speaks; \"openai\" is spoken by most servers, \"command\" is a program of yours.",
    },
    Key {
        path: "provider.base_url",
        expects: "an https URL, or http on this machine, such as \"https://api.openai.com/v1\"",
        default: "the service's own where `kind` says \"openai\", \"anthropic\", \"gemini\" or \"ollama\", otherwise required",
        doc: "Where its interface begins; for \"azure\" it ends with the deployment.",
    },
    Key { path: "provider.model", expects: "the name of a model", default: "required, but not for \"command\"", doc: "The model to ask." },
    Key {
        path: "provider.key",
        expects: "one of { login = \"…\" }, { file = \"…\" }, { command = \"…\" } or { env = \"…\" }",
        default: "no key is sent",
        doc: "Where its key is kept; the key itself is never written here.",
    },
    Key {
        path: "provider.key.login",
        expects: "\"keyring\" or \"file\"",
        default: "none",
        doc: "Where `gptos auth login` put the key, which writes this line; it is sent to the address it was given for alone.",
    },
    Key {
        path: "provider.key.file",
        expects: "a path that is absolute, begins with `~/` or is relative to this file",
        default: "none",
        doc: "A file that only you can read and that holds the key.",
    },
    Key {
        path: "provider.key.command",
        expects: "a command line, or an array of its words",
        default: "none",
        doc: "A command that prints the key in its first line; no shell reads it.",
    },
    Key {
        path: "provider.key.env",
        expects: "the name of an environment variable",
        default: "none",
        doc: "An environment variable of the asking shell that holds the key.",
    },
    Key {
        path: "provider.api_version",
        expects: "a version such as \"2024-10-21\"",
        default: "\"2024-10-21\"",
        doc: "The version of Azure's interface; for \"azure\" alone.",
    },
    Key {
        path: "provider.argv",
        expects: "an array of words such as [\"claude\", \"-p\"]",
        default: "required for \"command\"",
        doc: "A program that reads the question on its standard input and prints the answer; no shell reads its words.",
    },
    Key {
        path: "provider.proxy",
        expects: "\"off\"",
        default: "the one that the shell's variables name",
        doc: "Whether a proxy stands between; never one for this machine.",
    },
    Key {
        path: "provider.ca_file",
        expects: "a path that is absolute, begins with `~/` or is relative to this file",
        default: "the system's authorities alone",
        doc: "A file with certificates, in PEM form, of authorities that are trusted for this provider as well.",
    },
    Key {
        path: "provider.price",
        expects: "{ input = \"0.15 USD/Mtok\", output = \"0.60 USD/Mtok\" } with both amounts",
        default: "that of the vendor's list in this program; nothing for a model on this machine",
        doc: "What its model costs for a million tokens that it reads and writes.",
    },
    Key {
        path: "provider.price.input",
        expects: "an amount for a million tokens such as \"0.15 USD/Mtok\"",
        default: "required in a price",
        doc: "What a million tokens cost that it reads.",
    },
    Key {
        path: "provider.price.output",
        expects: "an amount for a million tokens such as \"0.60 USD/Mtok\"",
        default: "required in a price",
        doc: "What a million tokens cost that it writes.",
    },
    Key {
        path: "rules",
        expects: "a table",
        default: "the embedded rules alone",
        doc: "Rules beside the embedded ones that say how risky a command is.",
    },
    Key {
        path: "rules.silence",
        expects: "an array of names of embedded rules",
        default: "[]",
        doc: "Embedded rules that you do not want; `gptos check` names the rules that apply to a command.",
    },
    Key {
        path: "rules.add",
        expects: "blocks that begin with `[[rules.add]]`",
        default: "none",
        doc: "Rules of your own; all conditions that a rule names must hold. A `.gptos.toml` in a project may have such blocks too.",
    },
    Key {
        path: "rules.add.id",
        expects: "1 to 64 characters out of a-z, 0-9 and `-`",
        default: "required",
        doc: "Its name, unlike that of every embedded rule.",
    },
    Key {
        path: "rules.add.programs",
        expects: "an array of names of programs without folders",
        default: "required",
        doc: "The programs it is about.",
    },
    Key {
        path: "rules.add.sub",
        expects: "an array of first operands such as [\"push\", \"remote add\"]",
        default: "any",
        doc: "The first operands must be one of these.",
    },
    Key {
        path: "rules.add.flags",
        expects: "an array of groups of flags such as [[\"-r\", \"--recursive\"], [\"-f\"]]",
        default: "any",
        doc: "Of each group one flag must be there.",
    },
    Key { path: "rules.add.without", expects: "an array of flags", default: "none", doc: "None of these flags may be there." },
    Key { path: "rules.add.contains", expects: "an array of texts", default: "any", doc: "One argument must contain one of these." },
    Key {
        path: "rules.add.target",
        expects: "\"vital\", \"system\", \"device\", \"everything\" or \"any\"",
        default: "none is needed",
        doc: "One operand must be of this kind.",
    },
    Key {
        path: "rules.add.risk",
        expects: "\"low\", \"medium\", \"high\" or \"critical\"",
        default: "required",
        doc: "How much such a command can destroy.",
    },
    Key {
        path: "rules.add.reason",
        expects: "one line of at most 200 characters",
        default: "required",
        doc: "Why, in plain words; it is shown beside the command.",
    },
    Key {
        path: "rules.add.safer",
        expects: "one line of at most 200 characters",
        default: "none",
        doc: "What would do the same with less danger.",
    },
    Key {
        path: "locked",
        expects: "an array of keys or tables such as [\"provider\", \"cache.ttl_days\"]",
        default: "[]",
        doc: "Keys that nothing after the administrator's file `/etc/gptos/config.toml` may set; it can stand in that file alone.",
    },
];

/// The tables of single keys.
const SECTIONS: [&str; 8] = ["shell", "offline", "cache", "log", "traces", "limits", "alerts", "spend"];

/// The entry of a dotted path.
pub fn find(path: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.path == path)
}

/// The keys that may stand directly inside the table `parent` (`""` for the top of the file).
pub(super) fn inside(parent: &str) -> impl Iterator<Item = &'static str> {
    let prefix = if parent.is_empty() { String::new() } else { format!("{parent}.") };
    let top = parent.is_empty();
    ALL.iter()
        .filter_map(move |key| key.path.strip_prefix(&prefix).filter(|rest| !rest.contains('.')))
        .chain(SECTIONS.into_iter().filter(move |_| top))
}

/// The environment variable that stands for a key, if one does.
pub fn variable(path: &str) -> Option<&'static env_vars::Variable> {
    if path.starts_with("provider") || path.starts_with("rules") {
        return None;
    }
    let name = format!("GPTOS_{}", path.strip_prefix("shell.").unwrap_or(path).replace('.', "_").to_uppercase());
    env_vars::ALL.iter().find(|variable| variable.name == name)
}

/// Every key with what it takes and does, for people to read.
pub fn reference() -> String {
    let mut text = String::new();
    for key in ALL {
        let variable = variable(key.path).map(|variable| format!("\n    Environment: {}", variable.name)).unwrap_or_default();
        let Key { path, expects, default, doc } = key;
        text.push_str(&format!("{path}\n    {doc}\n    Expected: {expects}\n    Default: {default}{variable}\n\n"));
    }
    text
}

/// What an administrator may lock: keys that are no part of a block, and whole tables.
pub(super) fn lockable() -> impl Iterator<Item = &'static str> {
    let in_block = |path: &str| path.starts_with("provider.") || path.starts_with("rules.add.") || path == "locked";
    ALL.iter().map(|key| key.path).filter(move |path| !in_block(path)).chain(SECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_the_program_stands_for_a_key() {
        for variable in env_vars::ALL.iter().filter(|one| one.read_by == env_vars::Reader::Program && one.name != env_vars::CONFIG) {
            assert!(ALL.iter().any(|key| self::variable(key.path) == Some(variable)), "{}", variable.name);
        }
        assert_eq!(variable("shell.key").map(|variable| variable.name), Some(env_vars::KEY));
        assert_eq!((variable("provider.key"), variable("nonsense")), (None, None));
    }

    #[test]
    fn every_key_of_a_table_is_in_a_known_one() {
        for (table, _) in ALL.iter().filter_map(|key| key.path.split_once('.')) {
            assert!(SECTIONS.contains(&table) || find(table).is_some(), "{table}");
        }
        assert!(inside("").any(|key| key == "offline"));
    }
}
