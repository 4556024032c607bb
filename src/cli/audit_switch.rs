//! `gptos audit off` and `on`: one key of the user's file, changed also where the rest of that file does not hold.

use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::audit::now;
use super::config_document::{Place, with};
use super::config_edit::{EditError, change};
use super::output::Output;
use super::{ExitStatus, config};
use crate::audit::Upkeep;
use crate::config::{ConfigFile, audit_in, check_text, quote};
use crate::domain::AuditMode;
use crate::paths::Paths;

const KEY: &str = "audit";
/// Stands behind `audit = "off"`, after the word that it took the place of.
const FORMER: &str = " again with `gptos audit on`";

/// Turns recording on or off, in the configuration file and, so that it can be seen there, in the trail.
pub(super) fn run(on: bool, paths: &Paths, state: &Path, output: &mut Output<'_>) -> ExitStatus {
    let Some(file) = paths.config_file.as_deref() else { return config::without_place(output) };
    // What stands in the environment is no part of what is changed here.
    let mut loaded = ConfigFile::shared(paths.config_file.clone(), paths.home.clone());
    let (before, problem) = loaded.current();
    if let Some(lock) = before.lock_on(KEY) {
        let what = format!("`{KEY}`: locked by the administrator, so it stays \"{}\"", before.audit.name());
        output.error(&what, Some(&format!("{lock} locks it")));
        return ExitStatus::Usage;
    }
    if (before.audit != AuditMode::Off) == on {
        output.remark(if on { "what you ask and run is recorded already" } else { "nothing is recorded already" });
        tell_environment(on, paths, output);
        return ExitStatus::Success;
    }
    let written = change(file, |text| {
        let made = if on { turned_on(text) } else { turned_off(text, before.audit) };
        let mode = audit_in(&made, file);
        // Of a file that holds all must hold still; of another one this key, which counts by itself.
        let holds = check_text(&made, file, paths.home.as_deref());
        let is_worse = holds.is_err() && check_text(text, file, paths.home.as_deref()).is_ok();
        if is_worse || mode.is_none_or(|mode| (mode != AuditMode::Off) != on) {
            return Err(EditError::Refused("it cannot be written into the file as that stands".to_owned()));
        }
        Ok((made, mode.unwrap_or_default()))
    });
    let mode = match written {
        Ok(mode) => mode,
        Err(EditError::Config(problem)) => return config::refuse(&problem, output),
        Err(error) => {
            let word = if on { AuditMode::Local } else { AuditMode::Off }.name();
            let hint = format!("write `audit = \"{word}\"` into the first line of {}", file.display());
            output.error(&format!("audit: {error}"), Some(&hint));
            return ExitStatus::Internal;
        }
    };
    // A trail that cannot be written cannot say so; the file counts.
    if let Err(error) = Upkeep::new(state).switched(on, now()) {
        output.remark(&format!("the trail does not say so: {error}"));
    }
    output.remark(&match mode {
        AuditMode::Off => "nothing is recorded from now on".to_owned(),
        mode => format!("what you ask and run is recorded from now on (`audit = \"{}\"`)", mode.name()),
    });
    if let Some(problem) = problem.filter(|_| loaded.is_rejected()) {
        output.remark(&format!("the rest of that file does not hold: {problem}"));
    }
    tell_environment(on, paths, output);
    ExitStatus::Success
}

/// A shell's own variable stands over the file.
fn tell_environment(on: bool, paths: &Paths, output: &mut Output<'_>) {
    let here = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
    if (here.audit != AuditMode::Off) != on {
        output.remark(&format!("in this shell `GPTOS_AUDIT` or `--set` says \"{}\" all the same", here.audit.name()));
    }
}

/// The text with recording off. What it takes the place of is noted behind it, if that is more than the default.
fn turned_off(text: &str, before: AuditMode) -> String {
    let made = set(text, AuditMode::Off);
    let Some(value) = value_in(&made).filter(|_| before == AuditMode::Required) else { return made };
    let end = line_end(&made, value.end);
    let rest = made[value.end..end].trim_end();
    let note = format!("{}{FORMER}", quote(before.name()));
    let gap = if rest.is_empty() { "  # " } else { "; " };
    format!("{}{rest}{gap}{note}{}", &made[..value.end], &made[end..])
}

/// The text with recording as it was before it was turned off.
fn turned_on(text: &str) -> String {
    let noted = value_in(text).and_then(|value| {
        let end = line_end(text, value.end);
        let rest = &text[value.end..end];
        AuditMode::ALL.into_iter().find_map(|mode| {
            let note = format!("{}{FORMER}", quote(mode.name()));
            let kept = rest.strip_suffix('\r').unwrap_or(rest).strip_suffix(&note)?;
            Some((mode, format!("{}{}{}", &text[..value.end], kept.trim_end_matches(['#', ';', ' ']), &text[end..])))
        })
    });
    let (mode, text) = noted.unwrap_or_else(|| (AuditMode::Local, text.to_owned()));
    set(&text, mode)
}

/// The text with this value, also where it is no TOML elsewhere.
fn set(text: &str, mode: AuditMode) -> String {
    let literal = quote(mode.name());
    let place = Place { key: KEY, provider: None, path: KEY };
    if let Ok(made) = with(text, place, &literal) {
        return made;
    }
    match value_in(text) {
        Some(value) => format!("{}{literal}{}", &text[..value.start], &text[value.end..]),
        None => format!("{KEY} = {literal}\n{text}"),
    }
}

/// Where the value of the key stands.
fn value_in(text: &str) -> Option<Range<usize>> {
    let (table, _) = DeTable::parse_recoverable(text);
    let (_, value) = table.get_ref().iter().find(|(key, _)| key.get_ref() == KEY)?;
    Some(value.span())
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_turned_off_is_turned_on_as_it_was() {
        for (text, before, off) in [
            ("", AuditMode::Local, "audit = \"off\"\n"),
            ("audit = \"local\" # mine\n", AuditMode::Local, "audit = \"off\" # mine\n"),
            ("audit = \"required\"\n", AuditMode::Required, "audit = \"off\"  # \"required\" again with `gptos audit on`\n"),
            (
                "a = 1\naudit = \"required\" # mine\n[b]\n",
                AuditMode::Required,
                "a = 1\naudit = \"off\" # mine; \"required\" again with `gptos audit on`\n[b]\n",
            ),
        ] {
            let made = turned_off(text, before);
            assert_eq!(made, off);
            let again = turned_on(&made);
            assert!(again.contains(&quote(before.name())) && !again.contains(FORMER), "{again}");
            if !text.is_empty() {
                assert_eq!(again, text);
            }
        }
        assert_eq!(turned_on("audit = \"off\" # since May\n"), "audit = \"local\" # since May\n");
    }

    #[test]
    fn the_key_is_changed_in_a_text_that_is_broken_elsewhere() {
        for text in ["deadlin_ms = 1\n", "audit = \"local\"\nmemory = \n", "memory = \n[shell\n", "audit = 3\n"] {
            let made = turned_off(text, AuditMode::Local);
            assert_eq!(audit_in(&made, Path::new("c.toml")), Some(AuditMode::Off), "{made}");
        }
    }
}
