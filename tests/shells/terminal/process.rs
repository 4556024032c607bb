//! What Linux tells of a process.

use std::fs;
use std::path::Path;

/// Whether a process exists and is not a zombie.
pub fn is_alive(pid: u32) -> bool {
    stat_fields(pid).is_some_and(|fields| fields[0] != "Z")
}

/// The fields of /proc/PID/stat after the name, which may itself hold spaces.
fn stat_fields(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

/// The process of this name that screen started for this home.
pub fn started_in(home: &Path, name: &str) -> Option<u32> {
    let home = format!("HOME={}", home.display());
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let environment = fs::read(entry.path().join("environ")).ok()?;
        let has = |wanted: &dyn Fn(&[u8]) -> bool| environment.split(|byte| *byte == 0).any(wanted);
        let is_ours = has(&|line| line == home.as_bytes()) && has(&|line| line.starts_with(b"STY="));
        (is_ours && fs::read_to_string(entry.path().join("comm")).ok()?.trim() == name).then_some(pid)
    })
}

/// The processes that carry this home in their environment.
pub fn all_in(home: &Path) -> Vec<u32> {
    let home = format!("HOME={}", home.display());
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let has_home = |pid: &u32| {
        fs::read(format!("/proc/{pid}/environ")).is_ok_and(|text| text.split(|byte| *byte == 0).any(|line| line == home.as_bytes()))
    };
    entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(|pid| has_home(pid) && is_alive(*pid)).collect()
}

/// The children of a process, those that have ended and were not yet asked about too.
pub fn children(pid: u32) -> Vec<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}

/// The processor time used so far.
pub fn cpu_ticks(pid: u32) -> u64 {
    let fields = stat_fields(pid).expect("the shell is alive");
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// How often the process has gone to sleep by itself.
pub fn times_slept(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

/// Whether the process waits in a call that reads a key or polls for one.
pub fn sleeps_for_input(pid: u32) -> bool {
    // read, poll, select, pselect6, ppoll and the epoll waits.
    const CALLS: &[&str] =
        if cfg!(target_arch = "x86_64") { &["0", "7", "23", "270", "271", "232", "281"] } else { &["63", "72", "73", "22"] };
    match fs::read_to_string(format!("/proc/{pid}/syscall")) {
        Ok(line) => CALLS.contains(&line.split(' ').next().unwrap_or_default()),
        Err(_) => stat_fields(pid).is_some_and(|fields| fields[0] == "S"),
    }
}
