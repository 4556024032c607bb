//! What a project file can do and what it cannot, on real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::domain::Risk;

const RULE: &str =
    "[[rules.add]]\nid = \"no-apply\"\nprograms = [\"terraform\"]\nsub = [\"apply\"]\nrisk = \"high\"\nreason = \"changes what runs\"\n";

struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("home/work/deep")).unwrap();
        Self { root }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn write(&self, directory: &str, text: &str) -> PathBuf {
        let file = self.at(directory).join(PROJECT_FILE);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        file
    }

    fn find(&self, directory: &str) -> Project {
        let mut project = Project::find(&self.at(directory), Some(&self.at("home")));
        let prefix = format!("{}/", self.root.path().display());
        project.remarks.iter_mut().for_each(|remark| *remark = remark.replace(&prefix, ""));
        project
    }
}

#[test]
fn every_file_up_to_the_home_directory_tightens() {
    let place = Place::new();
    assert_eq!(place.find("home/work/deep"), Project::default());
    let outer = place.write("home/work", "providers = \"off\"\n");
    let inner = place.write("home/work/deep", &format!("cache = \"off\"\n{RULE}"));
    place.write("", "providers = \"off\"\n");
    let project = place.find("home/work/deep");
    assert_eq!(project.files, [inner.clone(), outer.clone()]);
    assert_eq!((project.providers_off, project.cache_off), (Some(outer), Some(inner)));
    assert_eq!(project.rules.iter().map(|rule| (rule.id.as_str(), rule.risk)).collect::<Vec<_>>(), [("no-apply", Risk::High)]);
    assert!(project.remarks.is_empty(), "{:?}", project.remarks);
    // Without a home the search ends at the root of the file system.
    assert!(Project::find(&place.at("home/work"), None).files.len() == 2);
    assert_eq!(Project::find(&place.at("nowhere"), None), Project::default());
    // What is below the directory is not looked at.
    assert_eq!(place.find("home"), Project::default());
}

#[test]
fn a_nearer_file_cannot_loosen_what_another_tightens() {
    let place = Place::new();
    let outer = place.write("home/work", "providers = \"off\"\ncache = \"off\"\n");
    place.write("home/work/deep", "providers = \"on\"\ncache = \"on\"\nguard = \"off\"\n");
    let project = place.find("home/work/deep");
    assert_eq!((project.providers_off, project.cache_off), (Some(outer.clone()), Some(outer)));
    let expected = "home/work/deep/.gptos.toml:1: `providers`, `cache`, `guard` are ignored: a project may only tighten";
    assert_eq!(project.remarks, [expected]);
}

#[test]
fn what_loosens_or_redirects_is_refused_in_one_line_and_the_rest_counts() {
    let place = Place::new();
    let block = "[[provider]]\nname = \"evil\"\nbase_url = \"https://evil.example\"\nmodel = \"m\"\n";
    for (text, remark) in [
        ("guard = \"off\"\n", ":1: `guard` is ignored: a project may only tighten"),
        ("base_url = \"https://evil.example\"\nkey = \"x\"\n", ":1: `base_url`, `key` are ignored: a project may only tighten"),
        (block, ":3: `provider` is ignored: a project may only tighten; did you mean `providers`?"),
        ("provider = \"off\"\n", ":1: `provider` is ignored: a project may only tighten; did you mean `providers`?"),
        ("[cache]\nttl_days = 1\n", ":1: `cache` is ignored: a project may only tighten"),
        ("[rules]\nsilence = [\"rm-vital\"]\n", ":2: `rules.silence` is ignored: a project may only tighten"),
        ("rules = 3\n", ":1: `rules` is ignored: a project may only tighten"),
        ("a=1\nb=1\nc=1\nd=1\ne=1\n", ":1: `a`, `b`, `c`, `d`, … are ignored: a project may only tighten"),
        ("\"a\\u001b[31m\" = 1\n", ":1: `a?[31m` is ignored: a project may only tighten"),
    ] {
        let before = if text.starts_with('[') { "providers = \"off\"\n\n" } else { "" };
        let after = if text.starts_with("[rules]") || text.starts_with("rules") { String::new() } else { format!("\n{RULE}") };
        place.write("home", &format!("{before}{text}{after}"));
        let project = place.find("home");
        let line = if text == block { remark.to_owned() } else { remark.replace(":1:", if before.is_empty() { ":1:" } else { ":3:" }) };
        let line = if text.starts_with("[rules]") { line.replace(":2:", ":4:") } else { line };
        assert_eq!(project.remarks, [format!("home/.gptos.toml{line}")], "{text}");
        assert_eq!(project.rules.len(), usize::from(!after.is_empty()), "{text}");
        assert_eq!(project.providers_off.is_some(), !before.is_empty(), "{text}");
    }
}

#[test]
fn mistakes_are_named_and_what_tightens_still_counts() {
    let place = Place::new();
    place.write("home", &format!("cache = \"off\"\nproviders = \"of\"\n{RULE}{}", RULE.replace("no-apply", "No Apply")));
    let project = place.find("home");
    assert!(project.providers_off.is_some() && project.cache_off.is_some());
    assert_eq!(project.rules.len(), 1);
    project
        .remarks
        .iter()
        .zip(["providers", "rules.add.id"])
        .for_each(|(remark, key)| assert!(remark.contains(&format!("`{key}`")), "{remark}"));
    assert_eq!(project.remarks.len(), 2);

    place.write("home", "providers = \"off\"\ncache = \n");
    let project = place.find("home");
    assert!(project.providers_off.is_some(), "what stands before broken syntax counts");
    assert!(project.remarks[0].starts_with("home/.gptos.toml:2: "), "{:?}", project.remarks);

    place.write("home", &RULE.replace("risk = \"high\"", "risk = \"none\""));
    assert_eq!(
        place.find("home").remarks,
        ["home/.gptos.toml:5: `rules.add.risk`: expected \"low\", \"medium\", \"high\" or \"critical\""]
    );
    place.write("home", &RULE.replace("reason", "raeson"));
    assert_eq!(place.find("home").remarks, ["home/.gptos.toml:6: `rules.add.raeson`: unknown key"]);
}

#[test]
fn only_a_plain_file_of_the_users_own_counts() {
    let place = Place::new();
    let file = place.write("home", "providers = \"off\"\n");
    let refused = |cause: &str| {
        let project = place.find("home");
        let [remark] = project.remarks.as_slice() else { panic!("{:?}", project.remarks) };
        assert!(remark.starts_with(&format!("home/.gptos.toml is not used: it {cause}; until it is mended (")), "{remark}");
        assert!(remark.ends_with("), neither a provider nor the cache is used here"), "{remark}");
        assert!(project.rules.is_empty() && project.files.is_empty());
        assert_eq!([project.providers_off, project.cache_off, project.unusable], [(); 3].map(|()| Some(file.clone())));
    };
    fs::write(&file, RULE).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    refused("can be written by other users (mode 0666)");
    if rustix::process::geteuid().is_root() {
        place.write("home", "providers = \"off\"\n");
        std::os::unix::fs::chown(&file, Some(12345), None).unwrap();
        refused("belongs to user 12345");
    }
    fs::remove_file(&file).unwrap();
    symlink("/etc/passwd", &file).unwrap();
    refused("is a symbolic link");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused("is not a regular file");
    fs::remove_dir(&file).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, Mode::RWXU, 0).unwrap();
    refused("is not a regular file");
    fs::remove_file(&file).unwrap();
    place.write("home", &"#".repeat(64 * 1024 + 1));
    refused("is larger than 64 KiB");
}

#[test]
fn a_file_that_may_have_said_more_turns_off_all_it_could_and_its_rules_count() {
    let place = Place::new();
    let bytes = |bad: &[u8]| [RULE.as_bytes(), b"# ", bad, b"\n"].concat();
    for (text, mode, start) in [
        (bytes(b"x"), 0o664, "home/.gptos.toml does not count as it stands: it can be written by other users (mode 0664)"),
        (bytes(b"\xff"), 0o644, "home/.gptos.toml does not count as it stands: it is not UTF-8 text in line 7"),
        ([b"cache = \n", RULE.as_bytes()].concat(), 0o644, "home/.gptos.toml:1: "),
    ] {
        let file = place.write("home", "");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let project = place.find("home");
        assert_eq!((&project.providers_off, &project.cache_off), (&Some(file.clone()), &Some(file.clone())), "{start}");
        assert_eq!((project.unusable, project.rules.len(), project.files), (Some(file.clone()), 1, vec![file]), "{start}");
        assert!(project.remarks[0].starts_with(start), "{:?}", project.remarks);
        assert!(project.remarks[0].ends_with("neither a provider nor the cache is used here"), "{:?}", project.remarks);
    }
}

#[test]
fn what_somebody_else_laid_where_anybody_may_turns_nothing_off() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let place = Place::new();
    let file = place.write("home", "providers = \"off\"\n");
    std::os::unix::fs::chown(&file, Some(12345), None).unwrap();
    assert!(place.find("home").providers_off.is_some());
    fs::set_permissions(place.at("home"), fs::Permissions::from_mode(0o1777)).unwrap();
    let project = place.find("home");
    assert_eq!(project.remarks, ["home/.gptos.toml is not used: it belongs to user 12345"]);
    assert!(project.providers_off.is_none() && project.cache_off.is_none() && project.unusable.is_none());
}
