//! `gptos config set`, `unset` and `edit`: changes of the user's file that leave the rest of it as it is, comments included.
//! Nothing is written that would not hold.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::ExitStatus;
use super::config::{refuse, refuse_all};
use super::config_document::{Place, with, without};
use super::config_edit::{EditError, NOTHING_SET, change, change_as};
use super::editor;
use super::output::Output;
use crate::config::{Config, ConfigFile, ConfigProblem, check_text, literals, mistakes_in, quote, read_for_editor, read_text, reserved};
use crate::paths::Paths;

/// What the names of copies for an editor begin with.
const COPY: &str = ".gptos-edit-";

/// Sets a value.
pub(super) fn set(key: &str, value: &str, file: &Path, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let place = match free(key, file, paths) {
        Ok(place) if !place.path.is_empty() => place,
        Ok(_) => {
            output.error(&format!("`{key}`: no key that can be set here"), Some("`gptos provider add` adds a provider"));
            return ExitStatus::Usage;
        }
        Err((what, hint)) => return wrong(&what, &hint, output),
    };
    if let Some(why) =
        Some(value.trim_matches(['"', '\''])).filter(|_| matches!(key, "shell.key" | "shell.key2")).and_then(reserved::refusal_anywhere)
    {
        return wrong(&format!("`{key}`: {why}"), &reserved::choice(), output);
    }
    let home = paths.home.as_deref();
    let done = change(file, |text| {
        check_text(text, file, home).map_err(EditError::Config)?;
        let mut first = None;
        for literal in literals(value) {
            let made = with(text, place, &literal).map_err(EditError::Refused)?;
            match check_text(&made, file, home) {
                Ok(_) => return Ok((made, ())),
                Err(problem) => drop(first.get_or_insert(problem)),
            }
        }
        let cause = first.map_or_else(|| "expected a value".to_owned(), |problem: ConfigProblem| problem.cause);
        Err(EditError::Refused(format!("`{key}`: {cause}")))
    });
    told(done, output)
}

/// Sets a key at the top of the file to a word, for another verb.
///
/// # Errors
/// Why the file stays as it is.
pub(super) fn set_word(file: &Path, paths: &Paths, key: &str, word: &str) -> Result<(), EditError> {
    set_literal(file, paths, key, &quote(word))
}

/// Sets a key to what stands for a value in TOML, for another verb.
///
/// # Errors
/// Why the file stays as it is.
pub(super) fn set_literal(file: &Path, paths: &Paths, key: &str, literal: &str) -> Result<(), EditError> {
    let place = free(key, file, paths).map_err(|(what, hint)| EditError::Refused(format!("{what} ({hint})")))?;
    let home = paths.home.as_deref();
    change(file, |text| {
        check_text(text, file, home).map_err(EditError::Config)?;
        let made = with(text, place, literal).map_err(EditError::Refused)?;
        check_text(&made, file, home).map_err(EditError::Config)?;
        Ok((made, ()))
    })
}

/// Takes a key out.
pub(super) fn unset(key: &str, file: &Path, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let home = paths.home.as_deref();
    let place = match free(key, file, paths) {
        Ok(place) => place,
        // One that nobody knows goes where it is what is wrong with the file.
        Err(_) if Place::of(key).is_err() && is_mistake(key, file, home) => Place::unknown(key),
        Err((what, hint)) => return wrong(&what, &hint, output),
    };
    let done = change(file, |text| {
        if let Err(first) = check_text(text, file, home) {
            // A file that does not hold may come nearer to it.
            let count = |text: &str| mistakes_in(text, file, home).map(|mistakes| mistakes.len()).map_err(EditError::Config);
            return match without(text, place) {
                Some(made) if count(&made)? < count(text)? => Ok((made, true)),
                _ => Err(EditError::Config(first)),
            };
        }
        let Some(made) = without(text, place) else { return Ok((text.to_owned(), false)) };
        check_text(&made, file, home).map_err(|problem| EditError::Refused(format!("`{key}` cannot go: {problem}")))?;
        Ok((made, true))
    });
    if matches!(done, Ok(false)) {
        output.remark(&format!("`{key}` is not set in {}", file.display()));
    }
    told(done.map(drop), output)
}

/// Whether a key of that name is one of the mistakes in the file.
fn is_mistake(key: &str, file: &Path, home: Option<&Path>) -> bool {
    let Ok(Some((text, _))) = read_text(file) else { return false };
    mistakes_in(&text, file, home).is_ok_and(|mistakes| mistakes.iter().any(|mistake| mistake.key.as_deref() == Some(key)))
}

/// Opens a copy of the file in the user's editor until it holds or is given up.
pub(super) fn edit(file: &Path, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let copy = real.with_file_name(format!("{COPY}{}.toml", std::process::id()));
    let failed = |what: String, output: &mut Output<'_>| {
        output.error(&what, None);
        ExitStatus::Internal
    };
    let mut before = String::new();
    // Makes the folder as well; a file that must not be read is not copied.
    if let Err(error) = change_as(file, read_for_editor, |text| {
        before = text.to_owned();
        Ok((text.to_owned(), ()))
    }) {
        return told(Err(error), output);
    }
    if matches!(read_text(file), Err(problem) if problem.line.is_some()) {
        output.remark(&format!("{} is not UTF-8 text; what is none of it is shown as \u{fffd}", file.display()));
    }
    let shown = if before.is_empty() { NOTHING_SET } else { before.as_str() };
    take_leftovers_up(&copy, &before, output);
    let leave = {
        let (copy, shown) = (copy.clone(), shown.to_owned());
        move || leave_copy(&copy, &shown)
    };
    let signals = match editor::Signals::take(leave) {
        Ok(signals) => signals,
        Err(error) => return failed(format!("config edit: {error}"), output),
    };
    let made =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&copy).and_then(|mut made| made.write_all(shown.as_bytes()));
    if let Err(error) = made {
        return failed(format!("`{}`: {error}", copy.display()), output);
    }
    loop {
        output.flush();
        if let Err(what) = editor::open(&copy, &|name| std::env::var_os(name)) {
            // Some editors end so after a mere slip, with everything written.
            if fs::read_to_string(&copy).is_ok_and(|text| text == shown) {
                let _ = fs::remove_file(&copy);
                return failed(format!("config edit: {what}"), output);
            }
            let place = if copy.exists() { format!("; what you wrote is in {}", copy.display()) } else { String::new() };
            return failed(format!("config edit: {what}{place}"), output);
        }
        let text = match fs::read_to_string(&copy) {
            Ok(text) => text,
            Err(error) => return failed(format!("`{}`: {error}", copy.display()), output),
        };
        if text == shown {
            let _ = fs::remove_file(&copy);
            output.remark("nothing was changed");
            return ExitStatus::Success;
        }
        match mistakes_in(&text, file, paths.home.as_deref()) {
            Ok(mistakes) if mistakes.is_empty() => return replace(file, &copy, (&before, text), output),
            Ok(mistakes) => refuse_all(&in_copy(&mistakes, &copy), output),
            Err(of_admin) => refuse(&of_admin, output),
        };
        if !signals.let_through(|| output.consents("It does not take effect so. Edit it again?")) {
            output.remark(&format!("the file is as it was; what you wrote is in {}", copy.display()));
            return ExitStatus::Usage;
        }
    }
}

/// The program is ended by a signal: a copy in which nothing was written goes, of another one its user is told.
fn leave_copy(copy: &Path, shown: &str) {
    if fs::read_to_string(copy).is_ok_and(|text| text == shown) {
        let _ = fs::remove_file(copy);
    } else if copy.exists() {
        let mut output = Output::standard(&|name| std::env::var_os(name));
        output.remark(&format!("the file is as it was; what you wrote is in {}", copy.display()));
        output.flush();
    }
}

/// Copies of runs that could not clear up behind them: those in which nothing was written go, of the others their user is told.
fn take_leftovers_up(copy: &Path, now: &str, output: &mut Output<'_>) {
    let Some(entries) = copy.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let writer =
            name.strip_prefix(COPY).and_then(|rest| rest.strip_suffix(".toml")?.parse().ok()).and_then(rustix::process::Pid::from_raw);
        if writer.is_none_or(|writer| rustix::process::test_kill_process(writer).is_ok()) {
            continue;
        }
        match fs::read_to_string(&path) {
            Ok(text) if text == now || text == NOTHING_SET => drop(fs::remove_file(&path)),
            _ => output.remark(&format!("what you wrote at another time and did not take over is in {}", path.display())),
        }
    }
}

fn replace(file: &Path, copy: &Path, (before, text): (&str, String), output: &mut Output<'_>) -> ExitStatus {
    let done = change_as(file, read_for_editor, |now| {
        if now == before {
            return Ok((text, ()));
        }
        Err(EditError::Refused(format!("the file was changed in the meantime; what you wrote is in {}", copy.display())))
    });
    if done.is_ok() {
        let _ = fs::remove_file(copy);
    }
    told(done, output)
}

/// The lines are those of the copy, which is what the user has before them.
fn in_copy(problems: &[ConfigProblem], copy: &Path) -> Vec<ConfigProblem> {
    problems.iter().map(|problem| ConfigProblem { path: copy.to_owned(), ..problem.clone() }).collect()
}

/// The place of a key, unless the administrator locked it.
fn free<'a>(key: &'a str, file: &Path, paths: &Paths) -> Result<Place<'a>, (String, String)> {
    let place = Place::of(key)?;
    let config = ConfigFile::new(Some(file.to_owned()), paths.home.clone()).current().0;
    match Config::lock_on(&config, key) {
        Some(lock) => Err((format!("`{key}`: locked by the administrator"), format!("{lock} locks it"))),
        None => Ok(place),
    }
}

fn told(done: Result<(), EditError>, output: &mut Output<'_>) -> ExitStatus {
    match done {
        Ok(()) => ExitStatus::Success,
        Err(EditError::Config(problem)) => refuse(&problem, output),
        Err(error @ EditError::Io { .. }) => {
            output.error(&format!("config: {error}"), None);
            ExitStatus::Internal
        }
        Err(error) => {
            output.error(&error.to_string(), None);
            ExitStatus::Usage
        }
    }
}

fn wrong(what: &str, hint: &str, output: &mut Output<'_>) -> ExitStatus {
    output.error(what, Some(hint));
    ExitStatus::Usage
}
