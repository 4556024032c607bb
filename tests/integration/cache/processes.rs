//! Other processes: a second opener, a killed writer, a user without rights.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gptos::cache::{CacheSettings, DiskCache};
use gptos::suggest::ports::AnswerCache;

use super::{Random, answer, key, noon, open, repetitions};

const DIRECTORY: &str = "GPTOS_TEST_CACHE_DIRECTORY";
const DISK_BYTES: &str = "GPTOS_TEST_CACHE_BYTES";

/// This test program, told to run one of the ignored tests below.
fn child(program: &Path, test: &str, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .args([&format!("cache::processes::{test}"), "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory);
    command
}

fn own_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

fn directory() -> PathBuf {
    std::env::var_os(DIRECTORY).expect("started by another test").into()
}

#[test]
fn a_second_opener_works_in_memory() {
    let root = tempfile::tempdir().unwrap();
    let first = open(root.path());
    first.put(&key(1), &answer(1, 0));
    let started = Instant::now();
    let (second, notice) = DiskCache::open(root.path(), CacheSettings::default());
    assert!(started.elapsed() < Duration::from_secs(2));
    let notice = notice.unwrap();
    assert!(notice.contains("another process uses it") && notice.contains("in memory only"), "{notice}");
    assert_eq!(second.stats().mode, "memory");
    second.put(&key(2), &answer(2, 0));
    assert_eq!(second.get(&key(2), noon()), Some(answer(2, 0)));
    second.remove(&key(2));
    second.flush();
    second.clear().unwrap();
    drop(second);
    drop(first);
    let third = open(root.path());
    assert_eq!(third.get(&key(1), noon()), Some(answer(1, 0)));
    assert_eq!(third.get(&key(2), noon()), None);
}

#[test]
fn a_killed_writer_leaves_right_answers() {
    let mut random = Random(7);
    let mut acknowledged_in_all = 0;
    let used = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for round in 0..repetitions("GPTOS_TEST_KILLS", 20) {
        let new = tempfile::tempdir().unwrap();
        let is_new = round % 4 < 2;
        let root = if is_new { &new } else { &used[(round % 2) as usize] };
        // With the small bound the store is rewritten all the time, also at the moment of death.
        let is_small = round % 2 == 1;
        let bytes: u64 = if is_small { 1024 * 1024 } else { 64 * 1024 * 1024 };
        let mut writer: Child = child(&own_program(), "writer_until_killed", root.path())
            .env(DISK_BYTES, bytes.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let reader =
            thread::spawn(move || lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("written ")?.parse::<u64>().ok()).last());
        thread::sleep(Duration::from_millis(random.below(400)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let acknowledged = reader.join().unwrap().unwrap_or(0);
        acknowledged_in_all += acknowledged;

        let started = Instant::now();
        let settings = CacheSettings { max_disk_bytes: bytes, ..CacheSettings::default() };
        let (cache, notice) = DiskCache::open(root.path(), settings);
        assert!(started.elapsed() < Duration::from_secs(5), "round {round}");
        assert_eq!((notice, cache.stats().mode, cache.stats().damaged), (None, "disk", 0), "round {round}");
        for number in 0..acknowledged + 5_000 {
            let got = cache.get(&key(number), noon());
            assert!(got.is_none() || got == Some(answer(number, 100)), "round {round}: wrong answer for {number}");
            let must_be_there = is_new && !is_small && number < acknowledged && number + 9_000 > acknowledged;
            assert!(got.is_some() || !must_be_there, "round {round}: {number} of {acknowledged} is lost");
        }
    }
    assert!(acknowledged_in_all > 0, "no writer came so far as to be killed while writing");
}

#[test]
fn a_snapshot_that_a_killed_process_did_not_finish_damages_nothing() {
    let root = tempfile::tempdir().unwrap();
    let first = open(root.path());
    first.put(&key(1), &answer(1, 0));
    drop(first);
    // Opening what holds something makes sled write a snapshot.
    drop(open(root.path()));
    let store = root.path().join("cache.v1");
    let names = fs::read_dir(&store).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let whole = fs::read(store.join(names.into_iter().find(|name| name.starts_with("snap.")).unwrap())).unwrap();
    for length in [0, 11, whole.len() / 2] {
        let half = store.join("snap.00000000FFFFFFFF.generating");
        fs::write(&half, &whole[..length]).unwrap();
        let (cache, notice) = DiskCache::open(root.path(), CacheSettings::default());
        assert_eq!((notice, cache.stats().damaged, half.exists()), (None, 0, false), "{length}");
        assert_eq!(cache.get(&key(1), noon()), Some(answer(1, 0)), "{length}");
    }
}

#[test]
#[ignore = "the child of another test"]
fn writer_until_killed() {
    let max_disk_bytes = std::env::var(DISK_BYTES).unwrap().parse().unwrap();
    let (cache, _) = DiskCache::open(&directory(), CacheSettings { max_disk_bytes, ..CacheSettings::default() });
    for number in 0.. {
        cache.put(&key(number), &answer(number, 100));
        if number % 50 == 49 {
            cache.flush();
            writeln!(io::stdout(), "written {}", number + 1).unwrap();
        }
    }
}

#[test]
fn without_rights_the_cache_lives_in_memory() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let is_root = rustix::process::geteuid().is_root();
    let mut command = if is_root {
        // The program may lie where the other user cannot go.
        let program = root.path().join("tests");
        crate::environment::copy_program(own_program(), &program);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let home = root.path().join("home");
        fs::create_dir(&home).unwrap();
        std::os::unix::fs::chown(&home, Some(65534), Some(65534)).unwrap();
        let mut command = Command::new("setpriv");
        let test = child(&program, "user_without_rights", &home);
        command.args(["--reuid=65534", "--clear-groups", "--"]).arg(test.get_program()).args(test.get_args()).env(DIRECTORY, &home);
        command
    } else {
        let home = root.path().join("home");
        fs::create_dir(&home).unwrap();
        child(&own_program(), "user_without_rights", &home)
    };
    let output = command.current_dir("/").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "the child of another test"]
fn user_without_rights() {
    let home = directory();
    let readonly = home.join("readonly");
    fs::create_dir(&readonly).unwrap();
    fs::set_permissions(&readonly, fs::Permissions::from_mode(0o500)).unwrap();
    // A directory that cannot be made, one that cannot be written, and one of somebody else.
    for directory in [readonly.join("gptos"), readonly.clone(), PathBuf::from("/")] {
        let refusal = fs::File::create(if directory.exists() { directory.join("probe") } else { readonly.join("probe") });
        assert_eq!(refusal.unwrap_err().kind(), io::ErrorKind::PermissionDenied, "the refusal must be real");
        let (cache, notice) = DiskCache::open(&directory, CacheSettings::default());
        let notice = notice.expect("the user is told");
        assert!(notice.ends_with("answers are kept in memory only"), "{notice}");
        assert_eq!((cache.stats().mode, cache.stats().disk_bytes), ("memory", 0));
        cache.put(&key(1), &answer(1, 0));
        cache.flush();
        assert_eq!(cache.get(&key(1), noon()), Some(answer(1, 0)));
        assert_eq!(fs::read_dir(&readonly).unwrap().count(), 0);
    }
    // A store that became unreadable is no damage, and nothing is set aside.
    let spoiled = home.join("spoiled");
    drop(open(&spoiled));
    fs::set_permissions(spoiled.join("cache.v1"), fs::Permissions::from_mode(0o000)).unwrap();
    let (cache, _) = DiskCache::open(&spoiled, CacheSettings::default());
    cache.put(&key(1), &answer(1, 0));
    assert_eq!(cache.get(&key(1), noon()), Some(answer(1, 0)));
}

#[test]
fn a_full_disk_leaves_the_cache_in_memory() {
    let root = tempfile::tempdir().unwrap();
    // No file may grow beyond 300 blocks of 512 bytes, and the signal that tells so is ignored.
    let test = child(&own_program(), "writer_on_a_full_disk", root.path());
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 300; exec \"$@\"", "sh"]).arg(test.get_program()).args(test.get_args());
    let output = shell.env(DIRECTORY, root.path()).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let (cache, _) = DiskCache::open(root.path(), CacheSettings::default());
    assert_eq!(cache.stats().mode, "disk", "with room again, the disk is used again");
    for number in 0..5_000 {
        let got = cache.get(&key(number), noon());
        assert!(got.is_none() || got == Some(answer(number, 100)), "{number}");
    }
}

#[test]
#[ignore = "the child of another test"]
fn writer_on_a_full_disk() {
    let refusal = fs::write(directory().join("probe"), vec![0; 1024 * 1024]).unwrap_err();
    assert_eq!(refusal.kind(), io::ErrorKind::FileTooLarge, "the refusal must be real");
    let (cache, notice) = DiskCache::open(&directory(), CacheSettings::default());
    assert_eq!(notice, None);
    let started = Instant::now();
    for number in 0..5_000 {
        cache.put(&key(number), &answer(number, 100));
        assert_eq!(cache.get(&key(number), noon()), Some(answer(number, 100)));
        if number % 200 == 0 {
            cache.flush();
        }
    }
    assert_eq!(cache.stats().mode, "memory");
    drop(cache);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
