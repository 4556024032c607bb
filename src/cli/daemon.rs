//! `daemon run`, `daemon stop`, `metrics`, `cache stats` and `cache clear`.

use std::io;
use std::time::{Duration, Instant};

use super::arguments::RunArguments;
use super::ask::Surroundings;
use super::output::Output;
use super::translate::obstacle;
use super::{ExitStatus, provider};
use crate::cache::DiskCache;
use crate::client::{Channel, Unavailable, autostart};
use crate::config::{ConfigFile, ValueOrigin};
use crate::daemon::{self, Options};
use crate::paths::RuntimePaths;
use crate::protocol::WireCacheStats;
use crate::suggest::ports::AnswerCache;
use crate::{api, platform, wiring};

/// How long a short exchange with the resident may take.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(2);
/// A resident that has not gone by itself by then is terminated.
const TERMINATE_AFTER: Duration = Duration::from_millis(5500);
/// One that has not gone even then is killed.
const KILL_AFTER: Duration = Duration::from_millis(6500);
/// When `daemon stop` gives up.
const STOP_LIMIT: Duration = Duration::from_secs(8);

/// Runs the resident in this process until it has a reason to end.
pub(super) fn run(arguments: RunArguments, output: &mut Output<'_>) -> ExitStatus {
    if let Some(error) = leave_keys_behind() {
        output.remark(&format!("resident: its environment shows keys while it runs: {error}"));
    }
    if arguments.detached
        && let Err(error) = platform::detach()
    {
        return failed(output, &format!("resident: cannot leave the shell: {error}"), None);
    }
    platform::keep_files_private();
    let surroundings = Surroundings::look();
    let runtime = match surroundings.paths.runtime() {
        Ok(runtime) => runtime.clone(),
        Err(error) => return failed(output, &format!("resident: {error}"), Some("every request is answered in its own process meanwhile")),
    };
    let Some(binary) = surroundings.binary else {
        return failed(output, "resident: the own executable cannot be found", None);
    };
    let config = ConfigFile::new(surroundings.paths.config_file.clone(), surroundings.paths.home.clone()).current().0;
    if !config.resident {
        return failed(output, "resident: the configuration says `resident = \"off\"`", Some("set it to \"on\" or leave it out"));
    }
    // What the files say is read anew while it runs.
    let is_told = matches!(config.origin("idle_exit_minutes"), ValueOrigin::Variable | ValueOrigin::Flag);
    let idle_exit = config.idle_exit.filter(|_| is_told);
    let options = Options { socket: runtime.socket.clone(), idle_exit, over_ssh: arguments.ssh, binary: binary.clone() };
    let paths = surroundings.paths;
    match daemon::run(&options, || wiring::resident(&paths, &binary)) {
        Ok(true) => ExitStatus::Success,
        Ok(false) => {
            output.remark("another resident is running already");
            ExitStatus::Success
        }
        Err(error) => failed(output, &error.to_string(), None),
    }
}

/// Begins anew without the variables that hold keys: what a process was started with can be read from outside for as long as it lives, and the
/// resident has its keys from the shells that ask. Comes back when there are none, or when it failed.
fn leave_keys_behind() -> Option<io::Error> {
    let Surroundings { paths, binary, .. } = Surroundings::look();
    let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
    let vendors = provider::vendors();
    let names = config.key_variables().chain(vendors.iter().map(|vendor| vendor.variable));
    let set: Vec<&str> = names.filter(|name| std::env::var_os(name).is_some()).collect();
    if set.is_empty() {
        return None;
    }
    Some(autostart::begin_anew(&binary?.path, &set))
}

/// Ends the resident: returns when its socket is gone and its lock is free.
pub(super) fn stop(output: &mut Output<'_>) -> ExitStatus {
    let surroundings = Surroundings::look();
    let mut stopped_any = false;
    for runtime in &surroundings.paths.runtime {
        match stop_at(runtime, &surroundings) {
            Ok(stopped) => stopped_any |= stopped,
            Err(reason) => return failed(output, &format!("daemon stop: {reason}"), None),
        }
    }
    output.remark(if stopped_any { "the resident has stopped" } else { "no resident was running" });
    ExitStatus::Success
}

fn stop_at(runtime: &RuntimePaths, surroundings: &Surroundings) -> Result<bool, String> {
    if !daemon::is_running(&runtime.socket) {
        daemon::remove_stale(&runtime.socket);
        return Ok(false);
    }
    let channel = Channel { socket: runtime.socket.clone(), binary: surroundings.binary.clone(), caller: None };
    let begun = Instant::now();
    let _ = channel.exchange("POST", "/v1/drain", b"", Duration::from_millis(500));
    let mut pid = daemon::running_pid(&runtime.socket);
    let mut signals =
        [(TERMINATE_AFTER, rustix::process::Signal::TERM), (KILL_AFTER, rustix::process::Signal::KILL)].into_iter().peekable();
    while daemon::is_running(&runtime.socket) {
        let elapsed = begun.elapsed();
        if elapsed >= STOP_LIMIT {
            return Err(format!("the resident (pid {}) does not end", pid.unwrap_or_default()));
        }
        if let Some((_, signal)) = signals.next_if(|(after, _)| elapsed >= *after)
            && let Some(pid) = pid.take_if(|_| signal == rustix::process::Signal::KILL).or(pid).and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(pid, signal);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    daemon::remove_stale(&runtime.socket);
    Ok(true)
}

/// Prints the numbers of the resident.
pub(super) fn metrics(output: &mut Output<'_>) -> ExitStatus {
    match exchange("GET", "/v1/metrics").map(String::from_utf8) {
        Ok(Ok(text)) => output.data(&text),
        Ok(Err(_)) => return failed(output, "metrics: unreadable reply of the resident", Some("`gptos daemon stop` ends it")),
        Err(unavailable) => return not_running(&unavailable, output),
    }
    ExitStatus::Success
}

/// Prints what the cache holds.
pub(super) fn cache_stats(json: bool, output: &mut Output<'_>) -> ExitStatus {
    let stats = match exchange("GET", "/v1/cache") {
        Ok(reply) => match serde_json::from_slice::<WireCacheStats>(&reply) {
            Ok(stats) => stats,
            Err(_) => {
                if json {
                    output.data("{\"error\":\"unreadable reply of the resident\"}\n");
                }
                return failed(output, "cache stats: unreadable reply of the resident", Some("`gptos daemon stop` ends it"));
            }
        },
        Err(Unavailable::NotRunning) => offline_stats(),
        Err(unavailable) => return not_running(&unavailable, output),
    };
    if json {
        output.data(&format!("{}\n", serde_json::to_string(&stats).unwrap_or_default()));
    } else {
        output.line(&format!(
            "{} entries, {} bytes live, {} bytes on disk, {} hits, {} misses, {} damaged, kept in {}",
            stats.entries, stats.live_bytes, stats.disk_bytes, stats.hits, stats.misses, stats.damaged, stats.mode
        ));
    }
    ExitStatus::Success
}

/// Empties the cache.
pub(super) fn cache_clear(output: &mut Output<'_>) -> ExitStatus {
    match exchange("DELETE", "/v1/cache") {
        Ok(_) => {}
        Err(Unavailable::NotRunning) => {
            if let Some(cache) = open_cache()
                && let Err(error) = cache.clear()
            {
                return failed(output, &error.to_string(), None);
            }
        }
        Err(unavailable) => return not_running(&unavailable, output),
    }
    output.remark("the cache is empty");
    ExitStatus::Success
}

pub(super) fn exchange(method: &str, path: &str) -> Result<Vec<u8>, Unavailable> {
    match Surroundings::look().channel() {
        Some(channel) => channel.exchange(method, path, b"", EXCHANGE_LIMIT),
        None => Err(Unavailable::NotRunning),
    }
}

/// Without a resident nobody owns the cache on disk, so this process may open it.
fn open_cache() -> Option<DiskCache> {
    let paths = Surroundings::look().paths;
    let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
    let directory = paths.cache_dir.filter(|directory| directory.is_dir())?;
    Some(DiskCache::open(&directory, config.cache.clone()).0)
}

fn offline_stats() -> WireCacheStats {
    open_cache().map(|cache| api::to_stats(&cache.stats())).unwrap_or_default()
}

pub(super) fn not_running(unavailable: &Unavailable, output: &mut Output<'_>) -> ExitStatus {
    let hint = match unavailable {
        Unavailable::NotRunning => "it starts with the first question a shell asks",
        _ => "`gptos daemon stop` ends it; the next question starts a new one",
    };
    output.error(obstacle(unavailable), Some(hint));
    ExitStatus::NoAnswer
}

pub(super) fn failed(output: &mut Output<'_>, what: &str, hint: Option<&str>) -> ExitStatus {
    output.error(what, hint);
    ExitStatus::Internal
}
