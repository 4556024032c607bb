//! `gptos config …`

use std::path::{Path, PathBuf};

use super::ExitStatus;
use super::arguments::ConfigVerb;
use super::config_set;
use super::output::Output;
use crate::config::{
    Config, ConfigFile, ConfigProblem, PROJECT_FILE, Project, ValueOrigin, emptied, keys, mistakes_in, nearest, read_text,
    unknown_variables,
};
use crate::env_vars;
use crate::paths::Paths;

/// Does one of the `config` verbs.
pub fn run(verb: ConfigVerb, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let Some(file) = paths.config_file.as_deref() else { return without_place(output) };
    match verb {
        ConfigVerb::Path => {
            output.line(&file.display().to_string());
            ExitStatus::Success
        }
        ConfigVerb::Show { origin } => {
            let mut loaded = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
            let (config, problem) = loaded.current();
            match problem.filter(|_| loaded.is_rejected()) {
                Some(_) => refuse_all(&loaded.problems(), output),
                None => {
                    // What was left out is told of, and all the rest is in force.
                    refuse_all(&loaded.problems(), output);
                    let project = project(paths);
                    project.remarks.iter().for_each(|remark| output.remark(remark));
                    unknown_variables().iter().for_each(|problem| output.remark(&problem.in_one_line()));
                    show(&config, &project, file, origin, output)
                }
            }
        }
        ConfigVerb::Get { key } => match load(paths) {
            Ok(config) => get(&config, &key, output),
            Err(problem) => refuse(&problem, output),
        },
        ConfigVerb::Set { key, value } => config_set::set(&key, &value, file, paths, output),
        ConfigVerb::Unset { key } => config_set::unset(&key, file, paths, output),
        ConfigVerb::Edit => config_set::edit(file, paths, output),
        ConfigVerb::Reference => {
            output.data(&keys::reference());
            ExitStatus::Success
        }
        ConfigVerb::Check { file: Some(other) } if other.file_name() == Some(PROJECT_FILE.as_ref()) => match Project::of_file(&other) {
            Some(project) => check_project(&project, &[other], output),
            None => refuse(&missing(&other), output),
        },
        ConfigVerb::Check { file: Some(other) } => check_other(&other, paths, output),
        ConfigVerb::Check { file: None } => {
            let mut loaded = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
            loaded.current();
            let project = project(paths);
            let problems = [loaded.empty(), loaded.problems(), unknown_variables()].concat();
            if !problems.is_empty() {
                check_project(&project, &[], output);
                return refuse_all(&problems, output);
            }
            if let Some(admin) = loaded.admin_path().filter(|admin| admin.exists()) {
                output.line(&format!("{}: ok", admin.display()));
            }
            output.line(&format!("{}: {}", file.display(), if file.exists() { "ok" } else { "no such file, the defaults hold" }));
            check_project(&project, &project.files, output)
        }
    }
}

/// What the project asks for that this process stands in.
fn project(paths: &Paths) -> Project {
    std::env::current_dir().map(|here| Project::find(&here, paths.home.as_deref())).unwrap_or_default()
}

/// Says what is wrong with the files of a project, and which of `files` are right.
fn check_project(project: &Project, files: &[PathBuf], output: &mut Output<'_>) -> ExitStatus {
    project.remarks.iter().for_each(|remark| output.error(remark, None));
    let is_named = |file: &PathBuf| project.remarks.iter().any(|remark| remark.starts_with(&*file.to_string_lossy()));
    files.iter().filter(|file| !is_named(file)).for_each(|file| output.line(&format!("{}: ok", file.display())));
    if project.remarks.is_empty() { ExitStatus::Success } else { ExitStatus::Usage }
}

fn missing(file: &Path) -> ConfigProblem {
    ConfigProblem { path: file.to_owned(), line: None, key: None, cause: "no such file".to_owned(), hint: None }
}

/// Whether that is the user's configuration file, by whatever path.
fn is_own(other: &Path, paths: &Paths) -> bool {
    let place = |file: &Path| file.canonicalize().ok();
    paths.config_file.as_deref().is_some_and(|file| file == other || place(file).is_some_and(|file| place(other) == Some(file)))
}

fn check_other(other: &Path, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let checked = read_text(other).and_then(|read| match read {
        Some((text, _)) if text.is_empty() && is_own(other, paths) => Ok(vec![emptied(other)]),
        Some((text, _)) => mistakes_in(&text, other, paths.home.as_deref()),
        None => Err(missing(other)),
    });
    match checked {
        Ok(refused) if refused.is_empty() => {
            output.line(&format!("{}: ok", other.display()));
            ExitStatus::Success
        }
        Ok(refused) => refuse_all(&refused, output),
        Err(problem) => refuse(&problem, output),
    }
}

/// One value as it is, so that a script can use it; of a table every value with its key.
fn get(config: &Config, key: &str, output: &mut Output<'_>) -> ExitStatus {
    let rows = config.rows();
    if let Some((_, value, _)) = rows.iter().find(|(known, ..)| known == key) {
        let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        output.line(bare.unwrap_or(value));
        return ExitStatus::Success;
    }
    let inside: Vec<_> = rows.iter().filter(|(known, ..)| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))).collect();
    if !inside.is_empty() {
        inside.iter().for_each(|(known, value, _)| output.line(&format!("{known} = {value}")));
        return ExitStatus::Success;
    }
    let general = key.strip_prefix("provider.").and_then(|rest| rest.split_once('.')).map(|(_, key)| format!("provider.{key}"));
    if keys::find(general.as_deref().unwrap_or(key)).is_some() {
        output.remark(&format!("`{key}` is not set"));
        return ExitStatus::NoAnswer;
    }
    let hint = match nearest(key, rows.iter().map(|(known, ..)| known.as_str())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`gptos config reference` names the keys".to_owned(),
    };
    output.error(&format!("`{key}`: unknown key"), Some(&hint));
    ExitStatus::Usage
}

/// The configuration as the file is now.
///
/// # Errors
/// What is wrong with a file that does not hold as it stands.
pub(super) fn load(paths: &Paths) -> Result<std::sync::Arc<Config>, ConfigProblem> {
    let mut file = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
    match file.current() {
        (_, Some(problem)) if file.is_rejected() => Err(problem),
        (config, _) => Ok(config),
    }
}

/// Says what is wrong with the configuration file.
pub(super) fn refuse(problem: &ConfigProblem, output: &mut Output<'_>) -> ExitStatus {
    output.error(&problem.to_string(), problem.hint.as_deref());
    ExitStatus::Usage
}

/// Says all that is wrong.
pub(super) fn refuse_all(problems: &[ConfigProblem], output: &mut Output<'_>) -> ExitStatus {
    for problem in problems {
        refuse(problem, output);
    }
    ExitStatus::Usage
}

/// Says that there is no place for a configuration file.
pub(super) fn without_place(output: &mut Output<'_>) -> ExitStatus {
    output.error(
        "config: there is no home directory to keep the file in",
        Some(&format!("set `HOME`, or `{}` to an absolute path", env_vars::CONFIG)),
    );
    ExitStatus::Usage
}

/// What the files of a project tighten, as key, value and file.
fn tightened(project: &Project) -> Vec<(&'static str, String, &Path)> {
    let off = || "\"off\"".to_owned();
    let switches = [("providers", &project.providers_off), ("cache", &project.cache_off)];
    let switches = switches.into_iter().filter_map(|(key, file)| Some((key, off(), file.as_deref()?)));
    let rules = project.rules.iter().zip(&project.rule_files).map(|(rule, file)| ("rules.add", rule.id.clone(), file.as_path()));
    switches.chain(rules).collect()
}

fn show(config: &Config, project: &Project, file: &Path, by_whom: bool, output: &mut Output<'_>) -> ExitStatus {
    let rows = config.rows();
    let key_width = rows.iter().map(|(key, _, _)| key.chars().count()).max().unwrap_or(0);
    let value_width = rows.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or(0).min(48);
    let admin = crate::paths::admin_config();
    for (key, value, origin) in rows {
        let variable = keys::variable(&key).map_or("", |variable| variable.name);
        let (layer, place) = match origin {
            ValueOrigin::Default => ("default", String::new()),
            ValueOrigin::Admin { line } => ("administrator", format!("{}:{line}", admin.display())),
            ValueOrigin::File { line } => ("user", format!("{}:{line}", file.display())),
            ValueOrigin::Variable => ("environment", variable.to_owned()),
            ValueOrigin::Flag => ("option", "--set".to_owned()),
        };
        let lock = config.lock_on(&key).filter(|_| by_whom).map(|lock| format!(", locked by {lock}")).unwrap_or_default();
        let origin = match (by_whom, place.as_str()) {
            (_, "") => layer.to_owned(),
            (true, place) => format!("{layer}, {place}"),
            (false, place) => place.to_owned(),
        };
        let off = match key.split_once('.') {
            Some(("provider", _)) => project.providers_off.as_ref(),
            Some(("cache", _)) => project.cache_off.as_ref(),
            _ => None,
        };
        let off = off.filter(|_| by_whom).map(|file| format!(", off here by {}", file.display())).unwrap_or_default();
        output.line(&format!("{key:key_width$} = {value:value_width$}  # {origin}{lock}{off}"));
    }
    for (key, value, file) in tightened(project) {
        let origin = if by_whom { "project, " } else { "" };
        output.line(&format!("{key:key_width$} = {value:value_width$}  # {origin}{}", file.display()));
    }
    ExitStatus::Success
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::output::tests::Captured;

    const SHOW: ConfigVerb = ConfigVerb::Show { origin: false };
    const CHECK: ConfigVerb = ConfigVerb::Check { file: None };

    fn try_run(verb: ConfigVerb, text: Option<&str>) -> (ExitStatus, String, String) {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("config.toml");
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let paths =
            Paths { home: None, config_file: Some(path.clone()), cache_dir: None, data_dir: None, state_dir: None, runtime: Vec::new() };
        let captured = Captured::default();
        let mut output = captured.output();
        let status = run(verb, &paths, &mut output);
        let status = output.finish(status);
        let plain = |text: String| text.replace(&path.display().to_string(), "FILE");
        (status, plain(captured.out()), plain(captured.err()))
    }

    #[test]
    fn the_path_is_printed_whether_or_not_the_file_exists() {
        for text in [None, Some("nonsense")] {
            assert_eq!(try_run(ConfigVerb::Path, text), (ExitStatus::Success, "FILE\n".to_owned(), String::new()));
        }
    }

    #[test]
    fn values_are_shown_with_their_origin() {
        let text = "deadline_ms = 5000\n[[provider]]\nname = \"a\"\nbase_url = \"https://a.example\"\nmodel = \"m\"\nkey = { command = \"echo sk-secret\" }";
        let (status, out, err) = try_run(SHOW, Some(text));
        assert_eq!((status, err.as_str()), (ExitStatus::Success, ""));
        let line = |key: &str| {
            out.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(line("deadline_ms"), "deadline_ms = 5000 # FILE:1");
        assert_eq!(line("resident"), "resident = \"on\" # default");
        assert_eq!(line("provider.a.key"), "provider.a.key = command echo … # FILE:6");
        assert!(!out.contains("sk-secret"));
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_ends_in_64() {
        for verb in [SHOW, CHECK] {
            let (status, out, err) = try_run(verb, Some("\ndeadlin_ms = 1"));
            assert_eq!((status, out.as_str()), (ExitStatus::Usage, ""));
            assert_eq!(err, "gptos: FILE:2: `deadlin_ms`: unknown key\nhint: did you mean `deadline_ms`?\n");
        }
        assert_eq!(try_run(CHECK, Some("# nothing\n")).1, "FILE: ok\n");
        let empty = (ExitStatus::Usage, String::new(), "gptos: FILE: it is empty\nhint: remove it if the defaults are wanted\n".to_owned());
        assert_eq!(try_run(CHECK, Some("")), empty, "what a running process took up before stays in force");
        assert_eq!(try_run(CHECK, None).1, "FILE: no such file, the defaults hold\n");
    }

    #[test]
    fn without_a_home_the_user_is_told_what_to_set() {
        let paths = Paths { home: None, config_file: None, cache_dir: None, data_dir: None, state_dir: None, runtime: Vec::new() };
        let captured = Captured::default();
        assert_eq!(run(SHOW, &paths, &mut captured.output()), ExitStatus::Usage);
        assert!(captured.err().contains("GPTOS_CONFIG"));
    }
}
