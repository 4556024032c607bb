//! This program: whether shells find it, and no other one in its place.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::around::{Area, Around, word};
use crate::system::is_executable;

/// Where programs usually are.
const USUAL: [&str; 8] =
    ["~/.local/bin", "~/.cargo/bin", "~/bin", "/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin"];

pub(super) fn check(around: &Around) -> Area {
    let Some(binary) = &around.surroundings.binary else {
        let mut area = Area::new("install", "where this program is cannot be found out");
        area.wrong("no-binary", "gptos", "the system does not tell where this program is", "mount /proc");
        return area;
    };
    let mut area = Area::new("install", format!("gptos {}, {}", env!("CARGO_PKG_VERSION"), around.short(&binary.path)));
    let folder = binary.path.parent().map(|folder| around.short(folder)).unwrap_or_default();
    let usual = USUAL.iter().find(|usual| **usual == folder).unwrap_or(&"a folder of the user's");
    area.public = Some(format!("gptos {}, in {usual}", env!("CARGO_PKG_VERSION")));
    let copies = copies(&around.facts.path);
    let Some(first) = copies.first() else {
        let folder = binary.path.parent().unwrap_or(Path::new("/"));
        let mend = format!("PATH={}:$PATH    (in the start-up file of your shell)", word(folder));
        area.wrong("not-on-path", "PATH", format!("no `gptos` is in its folders; this one is in {}", around.short(folder)), mend);
        return area;
    };
    let ours = identity(&binary.path);
    if identity(first) != ours {
        let cause = format!("`gptos` is another program than this one, {}", around.short(&binary.path));
        area.wrong("shadowed", around.short(first), cause, format!("rm {}    (or put the other folder first)", word(first)));
    }
    for other in copies.iter().skip(1).filter(|copy| identity(copy) != ours && identity(copy) != identity(first)) {
        let cause = format!("another copy, which {} hides", around.short(first));
        area.wrong("old-copy", around.short(other), cause, format!("rm {}", word(other)));
    }
    area
}

/// Every program of this name on a search path.
fn copies(path: &str) -> Vec<PathBuf> {
    let folders = path.split(':').filter(|folder| folder.starts_with('/'));
    folders.map(|folder| Path::new(folder).join("gptos")).filter(|file| is_executable(file)).collect()
}

/// Which file it is, whatever leads to it.
fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}
