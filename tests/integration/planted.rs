//! What somebody put in advance at the places that are written: links to other files, second names of them, pipes and
//! directories. Nothing is written through them, and the answer comes all the same.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::environment::TestEnv;

const KNOWN: &str = "list files by size";
const SECRET: &str = "somebody else's\n";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Plant {
    Link,
    SecondName,
    Pipe,
    Directory,
}

const ALL: [Plant; 4] = [Plant::Link, Plant::SecondName, Plant::Pipe, Plant::Directory];

struct Planted {
    victim: PathBuf,
    before: (u32, u64, i64),
}

impl Planted {
    fn at(env: &TestEnv, path: &Path, plant: Plant) -> Self {
        let folder = path.parent().unwrap();
        fs::create_dir_all(folder).unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        let victim = env.home().join("victim");
        fs::write(&victim, SECRET).unwrap();
        fs::set_permissions(&victim, fs::Permissions::from_mode(0o600)).unwrap();
        match plant {
            Plant::Link => symlink(&victim, path).unwrap(),
            Plant::SecondName => fs::hard_link(&victim, path).unwrap(),
            Plant::Pipe => rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap(),
            Plant::Directory => {
                fs::create_dir(path).unwrap();
                fs::write(path.join("inside"), SECRET).unwrap();
            }
        }
        let before = state(&victim);
        Self { victim, before }
    }

    fn is_untouched(&self) -> bool {
        fs::read_to_string(&self.victim).is_ok_and(|text| text == SECRET) && state(&self.victim) == self.before
    }
}

/// Mode, inode and time of change of the content.
fn state(path: &Path) -> (u32, u64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.mode(), metadata.ino(), metadata.mtime_nsec())
}

#[test]
fn the_file_of_hints() {
    for plant in ALL {
        let env = TestEnv::new();
        env.configure("resident = \"off\"\n");
        let file = env.home().join(".local/state/gptos/hints");
        let planted = Planted::at(&env, &file, plant);
        for _ in 0..2 {
            let run = env.run_with_input(&["widget", "bash"], b"frobnicate the quux");
            assert!(run.out.contains("not sure what"), "{plant:?}: {}", run.out);
        }
        assert!(planted.is_untouched(), "{plant:?}");
        let metadata = fs::symlink_metadata(&file).unwrap();
        if plant == Plant::Directory {
            assert_eq!(fs::read_to_string(file.join("inside")).unwrap(), SECRET);
        } else {
            assert!(metadata.is_file() && metadata.nlink() == 1 && metadata.mode() & 0o777 == 0o600, "{plant:?}");
        }
        let mut left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        left.retain(|name| name != "stats.v1");
        left.sort();
        assert_eq!(left, ["audit", "audit.key", "hints"], "{plant:?}");
    }
}

#[test]
fn the_files_of_the_cache() {
    for name in ["cache.key", "cache.key.new", "cache.v1", "cache.lock"] {
        for plant in ALL {
            let env = TestEnv::new();
            let planted = Planted::at(&env, &env.home().join(".cache/gptos").join(name), plant);
            let mut resident = env.start_resident();
            for _ in 0..2 {
                let run = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
                assert!(run.out.starts_with("ls "), "{name} {plant:?}: {}", run.err);
            }
            env.run(&["daemon", "stop"]);
            resident.wait().unwrap();
            assert!(planted.is_untouched(), "{name} {plant:?}");
        }
    }
}

#[test]
fn the_lock_and_the_socket_of_the_resident() {
    for name in ["v1.lock", "v1.sock"] {
        for plant in ALL {
            let env = TestEnv::new();
            let planted = Planted::at(&env, &env.socket().with_file_name(name), plant);
            // A resident may start or refuse to; the answer does not depend on it.
            for _ in 0..3 {
                let run = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
                assert!(run.out.starts_with("ls "), "{name} {plant:?}: {}", run.err);
            }
            assert!(planted.is_untouched(), "{name} {plant:?}");
            if name == "v1.lock" {
                // It says what is in the way instead of taking it for its own.
                let run = env.run(&["daemon", "run"]);
                assert!(run.code != Some(0) && run.err.contains("v1.lock"), "{plant:?}: {}", run.err);
            }
        }
    }
}

#[test]
fn the_configuration() {
    let add = ["provider", "add", "local", "--kind", "openai", "--base-url", "http://127.0.0.1:9/v1", "--model", "m"];
    for plant in ALL {
        let env = TestEnv::new();
        let planted = Planted::at(&env, &env.config_file(), plant);
        let run = env.run(&add);
        assert_ne!(run.code, Some(0), "{plant:?}: what stands there is no configuration: {}", run.out);
        assert!(run.err.contains("config.toml") || run.err.contains("victim"), "{plant:?}: {}", run.err);
        assert!(planted.is_untouched(), "{plant:?}");
    }
    // The second name of a good file keeps what it had.
    let env = TestEnv::new();
    env.configure("deadline_ms = 5000\n");
    let other = env.home().join("other");
    fs::hard_link(env.config_file(), &other).unwrap();
    let run = env.run(&add);
    assert!(fs::read_to_string(env.config_file()).unwrap().contains("local"), "{}", run.err);
    assert_eq!(fs::read_to_string(&other).unwrap(), "deadline_ms = 5000\n");
}
