//! Starts the resident without waiting for it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::env_vars;

/// Variables that the resident needs to find its files. It inherits nothing else, so that no credential of the
/// starting shell lives on in its environment.
const INHERITED: [&str; 10] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "GPTOS_CONFIG",
    "TLDR_CACHE_DIR",
    "TEALDEER_CACHE_DIR",
    "TMPDIR",
];

/// What stands over the files for the process itself, whoever starts it.
const ABOUT_ITSELF: [&str; 4] = [env_vars::IDLE_EXIT_MINUTES, env_vars::METRICS_PORT, env_vars::LOG_LEVEL, env_vars::TRACES_ENDPOINT];

/// The variables of OpenTelemetry that say where spans go.
const OTEL_ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// And what the resident reads of them beside one of these.
const OTEL_BESIDE: [&str; 27] = [
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_COMPRESSION",
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION",
    "OTEL_BSP_EXPORT_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    "OTEL_SPAN_EVENT_COUNT_LIMIT",
    "OTEL_SPAN_LINK_COUNT_LIMIT",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
];

/// Starts `binary daemon run` in the background. However many shells do so at once, one of the processes gets the
/// lock and the others end.
///
/// # Errors
/// When the process cannot be started.
pub fn start(binary: &Path, variable: &dyn Fn(&str) -> Option<OsString>) -> io::Result<()> {
    let mut command = Command::new(binary);
    command.args(["daemon", "run", "--detached"]);
    if variable("SSH_CONNECTION").is_some() {
        command.arg("--ssh");
    }
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.envs(handed_on(variable));
    #[cfg(debug_assertions)]
    if let Some(path) = variable(env_vars::ADMIN_CONFIG) {
        command.env(env_vars::ADMIN_CONFIG, path);
    }
    command.spawn().map(drop)
}

/// The variables that the resident gets, with their values.
fn handed_on(variable: &dyn Fn(&str) -> Option<OsString>) -> Vec<(&'static str, OsString)> {
    // Who wants spans says so to all programs alike; without an endpoint the rest means nothing.
    let wants_spans = OTEL_ENDPOINTS.iter().chain(&[env_vars::TRACES_ENDPOINT]).any(|name| variable(name).is_some());
    let of_spans = OTEL_ENDPOINTS.into_iter().chain(OTEL_BESIDE).filter(|_| wants_spans);
    let names = INHERITED.into_iter().chain(ABOUT_ITSELF).chain(of_spans);
    names.filter_map(|name| variable(name).map(|value| (name, value))).collect()
}

/// Becomes the same program with the same arguments and without these variables. Comes back only with what went wrong.
pub fn begin_anew(binary: &Path, without: &[&str]) -> io::Error {
    let mut command = Command::new(binary);
    command.args(std::env::args_os().skip(1));
    for name in without {
        command.env_remove(name);
    }
    command.exec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resident_gets_what_is_about_itself_and_nothing_secret() {
        let handed = |names: &[&str]| {
            let given = handed_on(&|name| names.contains(&name).then(|| "x".into()));
            given.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let about = ["GPTOS_IDLE_EXIT_MINUTES", "GPTOS_METRICS_PORT", "GPTOS_LOG_LEVEL", "GPTOS_TRACES_ENDPOINT"];
        let all = [&["HOME", "OPENAI_API_KEY", "GPTOS_DEADLINE_MS", "OTEL_EXPORTER_OTLP_TIMEOUT"], &about[..]].concat();
        assert_eq!(handed(&all), [&["HOME"], &about[..], &["OTEL_EXPORTER_OTLP_TIMEOUT"]].concat());
        assert_eq!(handed(&["HOME", "OTEL_EXPORTER_OTLP_HEADERS"]), ["HOME"], "without an endpoint it means nothing");
    }
}
