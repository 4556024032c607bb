//! Values from outside the files: `GPTOS_*` variables and options of the command line.

use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;

use toml::de::DeValue;

use super::resolve::{Layer, layer};
use super::{Config, ConfigProblem, keys, nearest};
use crate::env_vars::{self, Reader as ReadBy};

/// What the names of all variables begin with, and what those do that only tests know.
const PREFIX: &str = "GPTOS_";
const OF_TESTS: &str = "GPTOS_TEST_";

/// The options of this run. The whole process reads one configuration, as it has one environment.
static OPTIONS: OnceLock<Vec<(String, String)>> = OnceLock::new();

/// Notes the `--set KEY=VALUE` options of this run, before any configuration is read.
///
/// # Errors
/// What is wrong with one, and what to do about it.
pub fn take_options(options: &[OsString]) -> Result<(), ConfigProblem> {
    let mut taken = Vec::new();
    for option in options {
        let text = option.to_string_lossy();
        let problem = |key: Option<&str>, cause: &str| ConfigProblem {
            path: "--set".into(),
            line: None,
            key: key.map(str::to_owned),
            cause: cause.to_owned(),
            hint: None,
        };
        let Some((key, value)) = text.split_once('=') else {
            return Err(problem(None, "expected KEY=VALUE").with_hint("`gptos config reference` names the keys"));
        };
        if keys::variable(key).is_none() {
            let known = keys::ALL.iter().map(|key| key.path).filter(|path| keys::variable(path).is_some());
            let problem = problem(Some(key), "no key that can be set here");
            return Err(match nearest(key, known) {
                Some(meant) => problem.with_hint(format!("did you mean `{meant}`?")),
                None if keys::is_in_block(key) => problem.with_hint("`gptos config edit` opens the file that its block stands in"),
                None => problem.with_hint("`gptos config reference` names the keys"),
            });
        }
        let (_, left_out) = put("--set".as_ref(), (key, value), (Layer::Flag, &Config::default()))
            .map_err(|problem| ConfigProblem { line: None, ..problem })?;
        left_out.into_iter().next().map_or(Ok(()), Err)?;
        taken.push((key.to_owned(), value.to_owned()));
    }
    let _ = OPTIONS.set(taken);
    Ok(())
}

/// What stands in an environment under a name like that of a variable which is read, and is read by nobody.
pub(super) fn unknown(names: impl Iterator<Item = String>) -> Vec<ConfigProblem> {
    let known = || env_vars::ALL.iter().map(|variable| variable.name);
    let is_unknown = |name: &String| name.starts_with(PREFIX) && !name.starts_with(OF_TESTS) && !known().any(|known| known == name);
    let mut unknown: Vec<String> = names.filter(is_unknown).collect();
    unknown.sort();
    let problem = |name: String| {
        let problem = super::owned::problem(Path::new(&name), "no variable of this name is read");
        problem.with_hint(match nearest(&name, known()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`man gptos` and `gptos config reference` name them".to_owned(),
        })
    };
    unknown.into_iter().map(problem).collect()
}

/// Values that stand over those of the files.
#[derive(Debug, Clone, Default)]
pub(super) struct Overrides {
    values: Vec<(Layer, String, String)>,
}

impl Overrides {
    /// Those of this process.
    pub(super) fn of_process() -> Self {
        let mut overrides = Self::of_variables(&|name| std::env::var_os(name));
        let options = OPTIONS.get().into_iter().flatten();
        overrides.values.extend(options.map(|(key, value)| (Layer::Flag, key.clone(), value.clone())));
        overrides
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Those among them that are about the process itself: who starts one that answers others may say so much.
    pub(super) fn about_process(mut self) -> Self {
        self.values.retain(|(_, key, _)| is_about_process(key));
        self
    }

    /// Those of an environment.
    pub(super) fn of_variables(lookup: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let value = |key: &keys::Key| {
            let value = lookup(keys::variable(key.path)?.name)?;
            Some((Layer::Variable, key.path.to_owned(), value.to_string_lossy().into_owned()))
        };
        Self { values: keys::ALL.iter().filter_map(value).collect() }
    }

    /// The keys among them that change what a process that answers others would do. A variable about what that process
    /// shares among all shells is for the one that starts it.
    pub(super) fn change_answers(&self) -> Vec<&str> {
        let changing = self.values.iter().filter(|(layer, key, _)| changes_answers(*layer, key));
        changing.map(|(_, key, _)| key.as_str()).collect()
    }

    /// Puts them on what the files say. What cannot be taken is left out and named: mistakes, and what is locked.
    pub(super) fn put_on(&self, mut config: Config) -> (Config, Vec<ConfigProblem>, Vec<ConfigProblem>) {
        let (mut problems, mut locked) = (Vec::new(), Vec::new());
        for (layer, key, value) in &self.values {
            let variable = keys::variable(key);
            let is_for_shell = *layer == Layer::Variable && variable.is_some_and(|variable| variable.read_by == ReadBy::Shell);
            let name = if *layer == Layer::Flag { "--set" } else { variable.map_or("", |variable| variable.name) };
            match put(name.as_ref(), (key, value), (*layer, &config)) {
                Ok((changed, refused)) => {
                    config = changed;
                    // A shell's variable is the shell's, and what `gptos init` writes for a locked key stands over it.
                    locked.extend(refused.into_iter().filter(|_| !is_for_shell).map(|problem| ConfigProblem { line: None, ..problem }));
                }
                // The shell makes of its variables what it can.
                Err(_) if is_for_shell => {}
                Err(problem) => problems.push(ConfigProblem { line: None, ..problem }),
            }
        }
        (config, problems, locked)
    }
}

/// Whether a key is about the process that answers shells, and about no answer.
fn is_about_process(key: &str) -> bool {
    matches!(key, "idle_exit_minutes" | "metrics_port" | "log.level" | "traces.endpoint")
}

fn changes_answers(layer: Layer, key: &str) -> bool {
    let is_shared = is_about_process(key) || key.starts_with("cache.") || key.starts_with("limits.");
    let is_shells = key == "guard" || key.starts_with("shell.");
    !(is_shells || layer == Layer::Variable && is_shared)
}

/// The variables that change what a process that answers others would do: who has one set is answered by its own program.
pub fn answering_variables() -> impl Iterator<Item = &'static str> {
    let changing = keys::ALL.iter().filter(|key| changes_answers(Layer::Variable, key.path));
    changing.filter_map(|key| Some(keys::variable(key.path)?.name))
}

fn put(name: &Path, (key, value): (&str, &str), below: (Layer, &Config)) -> Result<(Config, Vec<ConfigProblem>), ConfigProblem> {
    let mut first = None;
    for literal in literals(value) {
        match layer(&format!("{key} = {literal}"), name, None, below) {
            Ok(done) => return Ok(done),
            Err(problem) => drop(first.get_or_insert(problem)),
        }
    }
    Err(first.unwrap_or_else(|| super::owned::problem(name, "expected a value")))
}

/// What somebody may have meant who wrote a value without TOML's quotes, the likeliest first.
pub fn literals(value: &str) -> Vec<String> {
    let is_value = DeValue::parse(value).is_ok();
    let switch = match value {
        "1" => Some("true"),
        "0" => Some("false"),
        _ => None,
    };
    let words: Vec<String> = value.split([',', ' ']).filter(|word| !word.is_empty()).map(quote).collect();
    let mut all: Vec<String> = is_value.then(|| value.to_owned()).into_iter().collect();
    all.push(quote(value));
    all.extend(switch.map(str::to_owned));
    all.push(format!("[{}]", words.join(", ")));
    all
}

/// A text as TOML writes it on one line.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_shares_among_shells_is_changed_by_options_alone() {
        let of = |set: &[&str]| Overrides::of_variables(&|name| set.contains(&name).then(|| "7".into()));
        let shared =
            ["GPTOS_IDLE_EXIT_MINUTES", "GPTOS_CACHE_TTL_DAYS", "GPTOS_LIMITS_IN_FLIGHT", "GPTOS_METRICS_PORT", "GPTOS_KEY", "GPTOS_GUARD"];
        let mut overrides = of(&shared);
        assert_eq!(overrides.values.len(), shared.len());
        assert!(overrides.change_answers().is_empty());
        assert_eq!(of(&["GPTOS_CACHE_TTL_DAYS", "GPTOS_DEADLINE_MS"]).change_answers(), ["deadline_ms"]);
        overrides.values.push((Layer::Flag, "cache.ttl_days".to_owned(), "7".to_owned()));
        assert_eq!(overrides.change_answers(), ["cache.ttl_days"]);
        let mut about: Vec<String> = overrides.about_process().values.into_iter().map(|(_, key, _)| key).collect();
        about.sort();
        assert_eq!(about, ["idle_exit_minutes", "metrics_port"]);
    }

    #[test]
    fn a_variable_that_nobody_reads_is_told_with_the_one_that_was_meant() {
        let names = ["DEADLIN_MS", "KEY", "GUARD_MS", "TEST_ADMIN_CONFIG", "FROBNICATE_THE_QUUX"].map(|name| format!("{PREFIX}{name}"));
        let told: Vec<String> = unknown(names.into_iter().chain(["HOME".to_owned()])).iter().map(ConfigProblem::in_one_line).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0], format!("{PREFIX}DEADLIN_MS: no variable of this name is read (did you mean `GPTOS_DEADLINE_MS`?)"));
        assert!(told[1].starts_with(&format!("{PREFIX}FROBNICATE_THE_QUUX: ")) && told[1].contains("name them"), "{told:?}");
    }
}
