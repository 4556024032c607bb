//! Intents of the user's own, from the file to the answer.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::environment::{Run, TestEnv};

const TEAM: &str = r#"
family = "team"

[[phrase]]
id = "team.deploy"
example = "deploy shop to staging"
say = ["deploy|ship $any:app"]
with.target = ["to $any:where"]
cmd = "./deploy <app>(?target: --to <where>?)"
reading = "deploy <app>"

[[intent]]
id = "team.wipe"
example = "wipe everything we have"
need = ["wipe", "everything"]
may = "we have"
cmd = "rm -rf ~"
reading = "the end"
"#;

fn write(env: &TestEnv, name: &str, text: &str) -> PathBuf {
    let folder = env.home().join(".config/gptos/intents");
    fs::create_dir_all(&folder).unwrap();
    let aside = folder.join(format!("{name}.new"));
    fs::write(&aside, text).unwrap();
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(aside, folder.join(name)).unwrap();
    folder.join(name)
}

fn ask(env: &TestEnv, words: &str) -> Run {
    env.run(&["translate", "--offline", "--", words])
}

#[test]
fn a_resident_follows_the_files_and_forgets_what_they_said() {
    let env = TestEnv::new();
    let file = write(&env, "team.toml", TEAM);
    let mut resident = env.start_resident();
    let deploy = |env: &TestEnv| ask(env, "deploy shop to staging").out;
    assert_eq!(deploy(&env), "./deploy shop --to staging\n");
    // From the cache now.
    assert_eq!(deploy(&env), "./deploy shop --to staging\n");
    write(&env, "team.toml", &TEAM.replace("--to <where>", "--in <where>"));
    assert_eq!(deploy(&env), "./deploy shop --in staging\n");
    write(&env, "bad.toml", "family = \"x\"\n[[intent]]\nid = 3\n");
    let told = ask(&env, "deploy shop to staging");
    assert_eq!(told.out, "./deploy shop --in staging\n");
    assert!(told.err.contains("bad.toml:3: ") && told.err.contains("left out"), "{}", told.err);
    assert!(!ask(&env, "deploy shop to staging").err.contains("bad.toml"));
    fs::remove_file(file).unwrap();
    let gone = ask(&env, "deploy shop to staging");
    assert_eq!((gone.code, gone.out.as_str()), (Some(1), ""));
    assert_eq!(env.run(&["daemon", "stop"]).code, Some(0));
    resident.wait().unwrap();
}

#[test]
fn without_a_resident_the_files_are_read_as_well_and_a_mistake_is_told_once_a_day() {
    let env = TestEnv::new();
    env.configure("resident = \"off\"\n");
    write(&env, "team.toml", TEAM);
    write(&env, "bad.toml", "family = \"x\"\n[[intent]]\nid = 3\n");
    let first = ask(&env, "ship shop");
    assert_eq!(first.out, "./deploy shop\n");
    assert!(first.err.contains("bad.toml:3: "), "{}", first.err);
    let second = ask(&env, "ship shop");
    assert_eq!((second.out.as_str(), second.err.contains("bad.toml")), ("./deploy shop\n", false));
    // Own intents pass the same gate.
    let wipe = env.run(&["translate", "--offline", "--json", "--", "wipe everything we have"]);
    let wipe: serde_json::Value = serde_json::from_str(&wipe.out).unwrap();
    assert_eq!((wipe["command"].as_str(), wipe["risk"].as_str()), (Some("rm -rf ~"), Some("critical")));
}

#[test]
fn the_parse_the_list_and_the_check_know_them() {
    let env = TestEnv::new();
    let file = write(&env, "team.toml", TEAM);
    let why = env.run(&["translate", "--why", "--", "ship shop to staging"]);
    assert!(why.code == Some(0) && why.out.starts_with("team.deploy: sure, 0.95\n    ./deploy shop --to staging\n"), "{}", why.out);
    assert!(env.status().is_none(), "nobody was asked");
    let list = env.run(&["intents", "list", "team"]);
    assert_eq!(
        list.out,
        "team\n  team.wipe                   wipe everything we have\n  team.deploy                 deploy shop to staging\n"
    );
    let check = env.run(&["intents", "check", file.to_str().unwrap()]);
    assert_eq!((check.code, check.err.as_str()), (Some(0), ""));
    assert!(check.out.contains("team.wipe: wipe everything we have\n    rm -rf ~\n"), "{}", check.out);
    let bad = write(&env, "bad.toml", &TEAM.replace("<app>", "<ap>"));
    let check = env.run(&["intents", "check", bad.to_str().unwrap(), file.to_str().unwrap()]);
    assert_eq!(check.code, Some(64));
    assert!(check.err.contains("bad.toml:9: `ap` is neither a slot nor a flag\nhint: "), "{}", check.err);
    let foreign = ask(&env, "zeige die größten dateien im ordner");
    assert!(foreign.code == Some(1) && foreign.err.contains("the embedded translator speaks English"), "{}", foreign.err);
}
