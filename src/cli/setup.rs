//! `gptos setup`: the first run. All questions come first and all writing after them, so that giving up in between leaves everything as it was.

mod plan;
mod questions;
mod request;
mod start_up;
mod vendors;

use self::plan::Plan;
use self::questions::Questions;
use super::arguments::SetupArguments;
use super::config::{load, refuse, without_place};
use super::output::Output;
use super::{ExitStatus, doctor, facts, provider_discover};
use crate::config::{Config, reserved};
use crate::domain::ShellKind;
use crate::paths::Paths;
use crate::platform::OwnBinary;

/// Asks, or does what the options say, and writes.
pub(super) fn run(arguments: &SetupArguments, paths: &Paths, looker: provider_discover::Looker<'_>, output: &mut Output<'_>) -> ExitStatus {
    let can_ask = output.can_ask();
    let says_nothing = SetupArguments { dry_run: arguments.dry_run, show_request: arguments.show_request, ..SetupArguments::default() };
    if !can_ask && *arguments == says_nothing {
        output.error(
            "setup: there is no terminal to ask at",
            Some("say it by options: gptos setup --shell zsh --provider openai --consent openai --yes; `gptos help setup` tells all"),
        );
        return ExitStatus::Internal;
    }
    if paths.config_file.is_none() {
        return without_place(output);
    }
    // Nobody keeps anything in a home that is not there: the variable is wrong.
    if let Some(home) = paths.home.as_deref().filter(|home| !home.is_dir()) {
        let what = format!("setup: the home directory `{}` is not there, so nothing is written", home.display());
        output.error(&what, Some("HOME names it; set it to a folder of yours"));
        return ExitStatus::NoAnswer;
    }
    let config = match load(paths) {
        Ok(config) => config,
        Err(problem) => return refuse(&problem, output),
    };
    let key = match arguments.key.as_deref().map(|key| key_named(key, arguments)).transpose() {
        Ok(key) => key,
        Err(what) => {
            output.error(&format!("setup: {what}"), Some(&reserved::choice()));
            return ExitStatus::Usage;
        }
    };
    let mut questions = Questions { asks: can_ask && !arguments.yes, yes: arguments.yes, output };
    if questions.asks {
        questions.say("Enter skips a question, Ctrl-C leaves everything as it was; nothing is written before the last answer.");
    }
    let mut plan = Plan::default();
    let shell = arguments.shell.map_or_else(facts::default_shell, |name| name.0);
    start_up_line(arguments, shell, paths, &mut plan, &mut questions);
    choose_key(key, shell, paths, &config, &mut plan, &mut questions);
    // Who was named and has no consent is not added, while the rest is done.
    let rest = match vendors::choose(arguments, paths, (&config, looker), &mut plan, &mut questions) {
        Ok(true) => ExitStatus::Success,
        Ok(false) => ExitStatus::NoAnswer,
        Err(status) => return status,
    };
    let output = questions.output;
    if plan.is_empty() {
        output.remark("nothing to be written; `gptos privacy` tells what is kept and sent, `gptos doctor` what is wrong");
        return rest;
    }
    if arguments.dry_run {
        plan.show(paths, output);
        return rest;
    }
    let status = plan.carry_out(paths, output);
    if status == ExitStatus::Success {
        output.remark(&format!(
            "done. Open a new {}, type `?? list files by size` and press Enter; `gptos tour` shows the keys",
            shell.name()
        ));
        return rest;
    }
    status
}

/// The name of a key as the configuration has it. `^G` is what zsh calls it.
fn key_named(key: &str, arguments: &SetupArguments) -> Result<String, String> {
    let shell = arguments.shell.map_or_else(facts::default_shell, |name| name.0);
    let mut letters = key.chars();
    let named = match (letters.next(), letters.next(), letters.next()) {
        (Some('^'), Some(letter), None) => format!("ctrl-{}", letter.to_ascii_lowercase()),
        _ => key.to_owned(),
    };
    reserved::refusal(shell, &named).map_or(Ok(named), Err)
}

/// The line of the start-up file.
fn start_up_line(arguments: &SetupArguments, shell: ShellKind, paths: &Paths, plan: &mut Plan, questions: &mut Questions<'_, '_>) {
    let (Some(home), Ok(binary)) = (paths.home.as_deref(), OwnBinary::look()) else { return };
    let line = start_up::Line::new(shell, home, &binary.path, &|name| std::env::var_os(name));
    if let Some(place) = line.is_there() {
        questions.say(&format!("{}: loaded by {place} already", shell.name()));
        return;
    }
    let wanted = arguments.shell.is_some() || {
        if questions.asks {
            questions.say(&format!("{} starts without gptos. This line in {} loads it:", shell.name(), line.file.display()));
            questions.show(&line.text);
        }
        questions.yes_or_no(&format!("Add it? A copy of {} is kept.", line.file.display()))
    };
    plan.line = wanted.then_some(line);
}

/// The key that asks: nothing is asked where the usual one is free.
fn choose_key(
    wanted: Option<String>,
    shell: ShellKind,
    paths: &Paths,
    config: &Config,
    plan: &mut Plan,
    questions: &mut Questions<'_, '_>,
) {
    let now = config.shell.key.as_str();
    let chosen = match wanted {
        Some(wanted) => Some(wanted),
        None if !questions.asks && !questions.yes => None,
        None => free_key(shell, paths, now, questions),
    };
    plan.key = chosen.filter(|chosen| chosen != now);
}

fn free_key(shell: ShellKind, paths: &Paths, now: &str, questions: &mut Questions<'_, '_>) -> Option<String> {
    if questions.asks {
        questions.output.progress(&format!("looking at the keys of {}", shell.name()));
    }
    let sight = doctor::keys_of(shell, paths);
    questions.output.end_progress();
    let sight = sight?;
    let (taken, free) = (sight.taken_by(now)?, sight.free()?);
    questions.say(&format!(
        "{} is taken in your {}: {taken}. {} is free.",
        reserved::key_name(now),
        shell.name(),
        reserved::key_name(free)
    ));
    if questions.yes {
        return Some(free.to_owned());
    }
    questions.until(&format!("Which key shall ask instead? `{free}`, another one, or Enter for {}:", reserved::key_name(now)), |answer| {
        if let Some(why) = reserved::refusal(shell, answer) {
            return Err(format!("{why}; a key is written ctrl-o or alt-m"));
        }
        match sight.taken_by(answer) {
            Some(taken) => Err(format!("{} is taken as well: {taken}", reserved::key_name(answer))),
            None => Ok(answer.to_owned()),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cli::output::tests::Captured;
    use crate::providers::{Found, LOCAL_SERVERS};

    fn set_up(arguments: &SetupArguments, before: &str) -> (ExitStatus, String, String) {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("config.toml");
        fs::write(&file, before).unwrap();
        let paths = Paths { config_file: Some(file.clone()), ..Paths::resolve(&|_| None, 1000, &|| None) };
        let found = || {
            let found = |at: usize, models: &[&str]| Found {
                server: LOCAL_SERVERS[at],
                base_url: format!("http://localhost:{}", LOCAL_SERVERS[at].port).parse().unwrap(),
                models: models.iter().map(|model| (*model).to_owned()).collect(),
            };
            Ok(vec![found(0, &["qwen:7b"]), found(2, &[])])
        };
        let captured = Captured::default();
        let mut output = captured.output();
        let status = run(arguments, &paths, &found, &mut output);
        (output.finish(status), captured.err(), fs::read_to_string(&file).unwrap())
    }

    fn arguments(yes: bool, provider: &[&str]) -> SetupArguments {
        let provider = provider.iter().map(|name| (*name).to_owned()).collect();
        SetupArguments { yes, provider, key: Some("ctrl-g".to_owned()), ..SetupArguments::default() }
    }

    #[test]
    fn a_model_server_of_this_machine_is_added_when_it_is_named_or_all_is_wanted() {
        for arguments in [arguments(true, &[]), arguments(false, &["ollama"])] {
            let (status, err, file) = set_up(&arguments, "# mine\n");
            assert_eq!(status, ExitStatus::Success, "{err}");
            assert!(file.starts_with("# mine\n") && file.contains("name = \"ollama\"") && file.contains("qwen:7b"), "{file}");
            assert!(err.contains("localhost:1234, but it has no model yet"), "{err}");
            assert_eq!(set_up(&arguments, &file).2, file, "a second time changes nothing");
        }
        assert_eq!(set_up(&arguments(false, &[]), "").2, "");
    }

    #[test]
    fn whoever_is_named_and_nobody_knows_is_told_of() {
        let (status, err, file) = set_up(&arguments(true, &["nobody"]), "");
        assert_eq!((status, file.as_str()), (ExitStatus::Usage, ""));
        assert!(err.contains("`nobody` is neither") && err.contains("known here: openai, "), "{err}");
    }
}
