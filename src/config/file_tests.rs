use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::super::owned::STAMP_SETTLES;
use super::*;

const AUDIT: &str = "local";

struct Place {
    _temp: tempfile::TempDir,
    path: PathBuf,
    file: ConfigFile,
}

fn place() -> Place {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("config.toml");
    Place { file: ConfigFile::new(Some(path.clone()), None), path, _temp: temp }
}

impl Place {
    fn write(&self, text: impl AsRef<[u8]>) {
        let staged = self.path.with_extension("staged");
        fs::write(&staged, text).unwrap();
        fs::set_permissions(&staged, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(staged, &self.path).unwrap();
    }

    /// The deadline in force and the problem.
    fn now(&mut self) -> (u128, Option<String>) {
        let (config, problem) = self.file.current();
        (config.deadline.as_millis(), problem.map(|problem| problem.to_string().replace(&self.path.display().to_string(), "FILE")))
    }
}

#[test]
fn a_change_is_seen_and_a_broken_file_keeps_the_last_good_state() {
    let mut place = place();
    assert_eq!(place.now(), (8000, None));
    place.write("deadline_ms = 5000");
    assert_eq!(place.now(), (5000, None));
    place.write("deadline_ms = 600");
    assert_eq!(place.now(), (600, None));
    place.write("deadline_ms = ");
    assert_eq!(place.now().0, 600);
    assert!(place.now().1.is_some_and(|problem| problem.starts_with("FILE:1: ")));
    place.write("resident = 3");
    assert_eq!(place.now(), (600, Some("FILE:1: `resident`: expected \"on\" or \"off\"".to_owned())));
    place.write("deadline_ms = 700");
    assert_eq!(place.now(), (700, None));
    fs::remove_file(&place.path).unwrap();
    assert_eq!(place.now(), (8000, None));
}

#[test]
fn whether_anything_is_recorded_does_not_depend_on_a_slip_elsewhere() {
    let mut place = place();
    let audit = |place: &mut Place| place.file.current().0.audit.name();
    place.write("audit = \"off\"\ndeadlin_ms = 700");
    assert_eq!(audit(&mut place), "off", "no former state holds");
    place.write("audit = \"required\"\ndeadline_ms = 700");
    assert_eq!((audit(&mut place), place.now().0), ("required", 700));
    place.write("audit = \"off\"\ndeadline_ms = 900\nmemory = ");
    assert_eq!((audit(&mut place), place.now().0), ("off", 700), "and nothing else of it");
    place.write("audit = \"of\"\ndeadline_ms = 900");
    assert_eq!(audit(&mut place), "required");
    place.write("deadlin_ms = 900");
    assert_eq!(audit(&mut place), "required");
    fs::remove_file(&place.path).unwrap();
    assert_eq!(audit(&mut place), AUDIT);
    place.write("audit = \"of\"\n");
    assert_eq!(audit(&mut place), "required", "what is not understood is no wish for less");
}

#[test]
fn a_rewrite_in_place_with_the_same_size_is_seen_at_once() {
    let mut place = place();
    for round in 0..300 {
        let deadline = 5000 + round;
        fs::write(&place.path, format!("deadline_ms = {deadline}")).unwrap();
        fs::set_permissions(&place.path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(place.now(), (deadline, None));
    }
}

#[test]
fn an_unchanged_file_is_read_once() {
    let mut place = place();
    place.write("deadline_ms = 5000");
    std::thread::sleep(STAMP_SETTLES + Duration::from_millis(20));
    let (first, _) = place.file.current();
    let (second, _) = place.file.current();
    assert!(Arc::ptr_eq(&first, &second));
}

#[test]
fn what_is_not_a_configuration_is_named_and_harmless() {
    let mut place = place();
    place.write("deadline_ms = 5000");
    assert_eq!(place.now(), (5000, None));
    place.write(vec![b'#'; 10_000_000]);
    assert_eq!(place.now(), (5000, Some("FILE: larger than 1 MiB".to_owned())));
    place.write(b"# ok\nkey = \"\xff\"\n");
    assert_eq!(place.now(), (5000, Some("FILE:2: not UTF-8 text".to_owned())));
    fs::remove_file(&place.path).unwrap();
    fs::create_dir(&place.path).unwrap();
    assert_eq!(place.now(), (5000, Some("FILE: is a directory".to_owned())));
    fs::remove_dir(&place.path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &place.path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    assert_eq!(place.now(), (5000, Some("FILE: is not a regular file".to_owned())));
    fs::remove_file(&place.path).unwrap();
    let below_a_file = place.path.join("config.toml");
    place.write("");
    assert_eq!(ConfigFile::new(Some(below_a_file), None).current(), (Arc::new(Config::default()), None));
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let mut place = place();
    for mode in [0o620, 0o602, 0o666] {
        place.write("deadline_ms = 5000");
        fs::set_permissions(&place.path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(place.now(), (8000, Some(format!("FILE: other users can write it (mode {mode:04o})"))));
    }
    fs::set_permissions(&place.path, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(place.now(), (5000, None));
}

#[test]
fn a_file_of_another_user_is_refused() {
    if rustix::process::geteuid().as_raw() != 0 {
        return;
    }
    let mut place = place();
    place.write("deadline_ms = 5000");
    std::os::unix::fs::chown(&place.path, Some(12345), None).unwrap();
    assert_eq!(place.now(), (8000, Some("FILE: belongs to user 12345".to_owned())));
}

#[test]
fn a_broken_file_of_the_administrators_opens_nothing() {
    let root = tempfile::tempdir().unwrap();
    let admin = root.path().join("admin.toml");
    let variables = Overrides::of_variables(&|name| match name {
        "GPTOS_AUDIT" => Some("off".into()),
        "GPTOS_DEADLINE_MS" => Some("700".into()),
        _ => None,
    });
    let held_of = |text: &[u8], mode: u32| {
        fs::write(&admin, text).unwrap();
        fs::set_permissions(&admin, fs::Permissions::from_mode(mode)).unwrap();
        let mut file = ConfigFile::layered(Some(admin.clone()), None, None, variables.clone());
        let config = file.current().0;
        (config.audit.name(), config.deadline.as_millis(), config.lock_on("memory").is_some())
    };
    let held = |text: &str| held_of(text.as_bytes(), 0o600);
    let said = "audit = \"required\"\nlocked = [\"memory\"]\n";
    assert_eq!(held(said), ("off", 700, true));
    for slip in ["deadlin_ms = 1\n", "deadline_ms = \n", "deadline_ms = 1\n", "[shell\n"] {
        assert_eq!(held(&format!("{said}{slip}")), ("required", 8000, true), "{slip}");
    }
    assert_eq!(held("audit = \"required\"\nlocked = [\"memroy\"]\n"), ("required", 8000, false));
    assert_eq!(held("audit = \"require\"\nlocked = [\"memory\"]\n"), ("required", 8000, true));
    assert_eq!(held("locked = [\"memroy\", \"memory\"]\n"), (AUDIT, 8000, true));
    assert_eq!(held("locked = [\"mem"), (AUDIT, 8000, false));
    assert_eq!(held_of(b"audit = \"required\"\nlocked = [\"memory\"]\n# f\xfcr\n", 0o600), ("required", 8000, true));
    assert_eq!(held_of(b"audit = \"off\"\n# f\xfcr\n", 0o600), ("off", 8000, false));
    assert_eq!(held_of(b"audit = \"off\"\n", 0o666), ("required", 8000, false), "nobody knows who wrote it");
    fs::remove_file(&admin).unwrap();
    fs::create_dir(&admin).unwrap();
    let user = root.path().join("user.toml");
    let write_user = |text: &str| {
        fs::write(&user, text).unwrap();
        fs::set_permissions(&user, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write_user("audit = \"off\"\n");
    let mut file = ConfigFile::layered(Some(admin.clone()), Some(user.clone()), None, variables.clone());
    assert_eq!(file.current().0.audit.name(), "required");
    fs::remove_dir(&admin).unwrap();
    held("deadlin_ms = 1\n");
    for (own, mode) in [("off", AUDIT), ("required", "required")] {
        write_user(&format!("audit = \"{own}\"\n"));
        let mut file = ConfigFile::layered(Some(admin.clone()), Some(user.clone()), None, Overrides::default());
        assert_eq!(file.current().0.audit.name(), mode, "a slip of the administrator's turns no record off that is required");
    }
}

#[test]
fn a_users_file_that_is_no_text_says_whether_anything_is_recorded_and_one_of_others_requires_it_at_most() {
    let mut place = place();
    let audit = |place: &Place| ConfigFile::new(Some(place.path.clone()), None).current().0.audit.name();
    for mode in ["required", "off"] {
        place.write([format!("audit = \"{mode}\"\n").as_bytes(), b"deadline_ms = 700\n# f\xfcr\n"].concat());
        assert_eq!((audit(&place), place.now().0), (mode, 8000));
    }
    for (said, mode) in [("required", "required"), ("off", AUDIT)] {
        place.write(format!("audit = \"{said}\"\n"));
        fs::set_permissions(&place.path, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(audit(&place), mode);
    }
}

#[test]
fn without_a_path_the_defaults_hold() {
    assert_eq!(ConfigFile::new(None, None).current(), (Arc::new(Config::default()), None));
}
