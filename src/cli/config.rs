//! `gptos config …`

use std::path::Path;

use super::ExitStatus;
use super::arguments::ConfigVerb;
use super::output::Output;
use crate::config::{Config, ConfigFile, ConfigProblem, ValueOrigin};
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
        ConfigVerb::Show => match load(paths) {
            Ok(config) => show(&config, file, output),
            Err(problem) => refuse(&problem, output),
        },
        ConfigVerb::Check => match load(paths) {
            Ok(_) if file.exists() => {
                output.line(&format!("{}: ok", file.display()));
                ExitStatus::Success
            }
            Ok(_) => {
                output.line(&format!("{}: no such file, the defaults hold", file.display()));
                ExitStatus::Success
            }
            Err(problem) => refuse(&problem, output),
        },
    }
}

/// The configuration as the file is now.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn load(paths: &Paths) -> Result<std::sync::Arc<Config>, ConfigProblem> {
    match ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current() {
        (_, Some(problem)) => Err(problem),
        (config, None) => Ok(config),
    }
}

/// Says what is wrong with the configuration file.
pub(super) fn refuse(problem: &ConfigProblem, output: &mut Output<'_>) -> ExitStatus {
    output.error(&problem.to_string(), problem.hint.as_deref());
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

fn show(config: &Config, file: &Path, output: &mut Output<'_>) -> ExitStatus {
    let rows = config.rows();
    let key_width = rows.iter().map(|(key, _, _)| key.chars().count()).max().unwrap_or(0);
    let value_width = rows.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or(0).min(48);
    for (key, value, origin) in rows {
        let origin = match origin {
            ValueOrigin::Default => "default".to_owned(),
            ValueOrigin::File { line } => format!("{}:{line}", file.display()),
        };
        output.line(&format!("{key:key_width$} = {value:value_width$}  # {origin}"));
    }
    ExitStatus::Success
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::cli::output::tests::Captured;

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
        let (status, out, err) = try_run(ConfigVerb::Show, Some(text));
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
        for verb in [ConfigVerb::Show, ConfigVerb::Check] {
            let (status, out, err) = try_run(verb, Some("\ndeadlin_ms = 1"));
            assert_eq!((status, out.as_str()), (ExitStatus::Usage, ""));
            assert_eq!(err, "gptos: FILE:2: `deadlin_ms`: unknown key\nhint: did you mean `deadline_ms`?\n");
        }
        assert_eq!(try_run(ConfigVerb::Check, Some("")).1, "FILE: ok\n");
        assert_eq!(try_run(ConfigVerb::Check, None).1, "FILE: no such file, the defaults hold\n");
    }

    #[test]
    fn without_a_home_the_user_is_told_what_to_set() {
        let paths = Paths { home: None, config_file: None, cache_dir: None, data_dir: None, state_dir: None, runtime: Vec::new() };
        let captured = Captured::default();
        assert_eq!(run(ConfigVerb::Show, &paths, &mut captured.output()), ExitStatus::Usage);
        assert!(captured.err().contains("GPTOS_CONFIG"));
    }
}
