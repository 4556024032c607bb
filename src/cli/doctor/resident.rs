//! The background process: whether it answers, its age, its socket and its lock.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::around::{Area, Around, word};
use super::public;
use crate::client::Unavailable;
use crate::daemon;
use crate::paths::{PathError, ensure_private_dir};
use crate::platform;

pub(super) fn check(around: &Around) -> Area {
    let socket = around.surroundings.paths.runtime().ok().map(|runtime| runtime.socket.clone());
    let pid = socket.as_deref().and_then(daemon::running_pid);
    let name = "resident";
    let mut area = looked_at(around, name, socket.as_deref(), pid);
    if let Some(elsewhere) = &around.elsewhere {
        // What is open to others is told of with the folders of the socket.
        if elsewhere.open_folder().is_none() {
            let place = around.short(&elsewhere.socket);
            let cause = format!("process {} has your cache and listens at {place}, where this shell does not look", elsewhere.pid);
            area.wrong("elsewhere", name, cause, elsewhere.mend());
        }
    }
    area
}

fn looked_at(around: &Around, name: &'static str, socket: Option<&Path>, pid: Option<i32>) -> Area {
    match (&around.status, pid) {
        (Ok(status), _) => {
            let mut area = Area::counted(name, format!("answers, process {}, for {}", status.pid, span(status.uptime_s)));
            let own = env!("CARGO_PKG_VERSION");
            let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().saturating_sub(status.uptime_s);
            let built = around.surroundings.binary.as_ref().map(|binary| binary.modified_ns() / 1_000_000_000).unwrap_or_default();
            if status.version != own {
                area.wrong("other-version", name, format!("it is version {}, this program {own}", status.version), "gptos daemon stop");
                area.publicly(public::version(&status.version));
            } else if i128::from(begun) + 1 < built {
                area.wrong("older-build", name, "it was started before this program was written", "gptos daemon stop");
            }
            if !around.config.resident {
                area.wrong("not-wanted", name, "it runs although `resident = \"off\"`", "gptos daemon stop");
            }
            area
        }
        (Err(_), Some(pid)) => {
            let mut area = Area::counted(name, format!("silent, process {pid}"));
            let cause =
                format!("process {pid} holds the lock and does not answer; meanwhile every question is answered in its own process");
            area.wrong("silent", name, cause, "gptos daemon stop    (the next question starts a new one)");
            area
        }
        (Err(Unavailable::Foreign), None) => {
            let mut area = Area::new(name, "not ours");
            let place = socket.map(word).unwrap_or_default();
            area.wrong("foreign", name, "another user's process listens on the socket", format!("rm {place}    (as its owner or root)"));
            area
        }
        (Err(_), None) if !around.config.resident => Area::new(name, "off, every question is answered in its own process"),
        (Err(_), None) if around.elsewhere.is_some() => Area::new(name, "runs, and is not asked by this shell"),
        (Err(_), None) => Area::new(name, "not running; the first question of a shell starts it"),
    }
}

/// The folders for the socket, as far as they are there, and what lies in them.
pub(super) fn socket(around: &Around) -> Area {
    let paths = &around.surroundings.paths;
    let mut area = match paths.runtime() {
        Ok(runtime) => {
            let place = paths.runtime.iter().position(|one| one == runtime).map_or(0, |at| at + 1);
            let public = format!("in place {place} of {}", paths.runtime.len());
            Area { public: Some(public), ..Area::new("socket", around.short(&runtime.socket)) }
        }
        Err(error) => {
            let mut area = Area::new("socket", "none");
            area.wrong(
                "no-place",
                "socket",
                format!("there is no private folder for it: {error}"),
                "gptos doctor    (again, when what stands below is mended)",
            );
            area
        }
    };
    for runtime in paths.runtime.iter().filter(|runtime| fs::symlink_metadata(&runtime.dir).is_ok()) {
        let place = around.short(&runtime.dir);
        match ensure_private_dir(&runtime.dir) {
            Ok(()) => {}
            Err(PathError::Open { path, mode }) => {
                let mend = format!("chmod go-rwx {}", word(&path));
                let so = match around.elsewhere.as_ref().filter(|elsewhere| elsewhere.socket == runtime.socket) {
                    Some(elsewhere) => format!("process {}, which listens there, is not asked", elsewhere.pid),
                    None => "no socket is put there".to_owned(),
                };
                area.wrong("folder-open", around.short(&path), format!("others may enter it (mode {mode:04o}), so {so}"), mend);
                area.publicly(format!("{mode:04o}"));
            }
            Err(error) => area.wrong("folder", place.clone(), error.to_string(), format!("mv {0} {0}.old", word(&runtime.dir))),
        }
        let Ok(metadata) = fs::symlink_metadata(&runtime.socket) else { continue };
        if !platform::is_own(&metadata) {
            area.wrong("socket-owner", place, "the socket belongs to another user", format!("rm {}    (as root)", word(&runtime.socket)));
        } else if metadata.mode() & 0o077 != 0 {
            let cause = format!("others may use the socket (mode {:04o})", metadata.mode() & 0o7777);
            area.wrong("socket-open", place, cause, format!("chmod 600 {}", word(&runtime.socket)));
            area.publicly(format!("{:04o}", metadata.mode() & 0o7777));
        }
    }
    area
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
