use std::os::unix::fs::PermissionsExt;

use super::*;

fn logins(folder: &Path) -> Logins {
    Logins { keyring: Place::from_lookup(&|_| Some("unix:path=/nonexistent/bus".to_owned())), folder: Some(folder.join("state/keys")) }
}

fn login(origin: &str) -> LoginKey {
    LoginKey { provider: "openai".to_owned(), origin: origin.to_owned(), store: LoginStore::File }
}

const HERE: &str = "https://api.openai.com";

#[test]
fn a_key_goes_to_the_origin_it_was_given_for() {
    let folder = tempfile::tempdir().expect("makes a directory");
    let logins = logins(folder.path());
    let absent = logins.find(&login(HERE)).expect_err("nothing is there");
    assert_eq!(absent.to_string(), "no key is stored for `openai` in the file");
    assert_eq!(absent.hint("openai").as_deref(), Some("gptos auth login openai"));
    let key = Secret::new("sk-1".to_owned());
    logins.store(&login(HERE), &key).expect("stores");
    assert_eq!(logins.find(&login(HERE)), Ok(key));
    let refused = logins.find(&login("https://elsewhere.example")).expect_err("another address");
    assert_eq!(
        refused.to_string(),
        "the key of `openai` was given for https://api.openai.com and is not sent to https://elsewhere.example"
    );
    assert!(!format!("{refused:?}").contains("sk-1"));
    assert_eq!(logins.remove("openai", LoginStore::File), Ok(true));
    assert_eq!(logins.remove("openai", LoginStore::File), Ok(false));
    assert!(logins.find(&login(HERE)).is_err());
}

#[test]
fn a_file_is_private_and_whole_and_one_that_is_not_is_refused() {
    let folder = tempfile::tempdir().expect("makes a directory");
    let logins = logins(folder.path());
    for key in ["sk-1", "sk-2"] {
        logins.store(&login(HERE), &Secret::new(key.to_owned())).expect("stores");
    }
    let file = logins.file("openai").expect("has a place");
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().expect("is in a folder"))), (0o600, 0o700));
    assert_eq!(fs::read_dir(file.parent().expect("is in a folder")).expect("lists").count(), 1, "nothing is left over");
    assert_eq!(logins.find(&login(HERE)), Ok(Secret::new("sk-2".to_owned())));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("changes the mode");
    let error = logins.find(&login(HERE)).expect_err("others may read it").to_string();
    assert!(error.contains("mode 0640") && error.contains("; hint: chmod 600"), "{error}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("changes the mode");
    for (text, said) in [
        ("", "was not written by"),
        ("sk-only", "was not written by"),
        ("https://a\n\n", "is empty"),
        ("https://a\na\nb", "more than one line"),
    ] {
        fs::write(&file, text).expect("writes");
        let error = logins.find(&login(HERE)).expect_err("is refused").to_string();
        assert!(error.contains(said), "{text:?}: {error}");
    }
    assert_eq!(Logins { folder: None, ..logins }.find(&login(HERE)), Err(LoginError::NoFolder));
}

#[test]
fn leftovers_of_killed_processes_are_removed_with_their_keys() {
    let folder = tempfile::tempdir().expect("makes a directory");
    let logins = logins(folder.path());
    let file = logins.file("openai").expect("has a place");
    let keys = file.parent().expect("is in a folder").to_owned();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&keys).expect("lists").map(|entry| entry.expect("is there").file_name()).collect();
        names.sort();
        names
    };
    logins.store(&login(HERE), &Secret::new("sk-1".to_owned())).expect("stores");
    for name in [".openai.1", ".openai.99999999", ".openai-eu.2"] {
        fs::write(keys.join(name), "https://a\nsk-left\n").expect("writes");
    }
    logins.store(&login(HERE), &Secret::new("sk-2".to_owned())).expect("stores");
    assert_eq!(names(), [".openai-eu.2", "openai"]);
    fs::write(keys.join(".openai.3"), "https://a\nsk-left\n").expect("writes");
    assert_eq!(logins.remove("openai", LoginStore::File), Ok(true));
    assert_eq!(names(), [".openai-eu.2"]);
    assert_eq!(logins.remove("openai-eu", LoginStore::File), Ok(true), "that was a key, too");
    assert!(names().is_empty());
    assert_eq!(logins.remove("openai-eu", LoginStore::File), Ok(false));
}

#[test]
fn only_private_files_are_keys_that_are_stored() {
    let folder = tempfile::tempdir().expect("makes a directory");
    let logins = logins(folder.path());
    logins.store(&login(HERE), &Secret::new("sk-1".to_owned())).expect("stores");
    let keys = folder.path().join("state/keys");
    std::os::unix::fs::symlink(keys.join("openai"), keys.join("link")).expect("links");
    fs::create_dir(keys.join("folder")).expect("makes a directory");
    fs::write(keys.join("open"), "https://a\nsk-1\n").expect("writes");
    fs::set_permissions(keys.join("open"), fs::Permissions::from_mode(0o644)).expect("changes the mode");
    assert_eq!(logins.stored(LoginStore::File), ["openai"]);
}

#[test]
fn a_folder_that_others_may_open_gets_no_key() {
    let folder = tempfile::tempdir().expect("makes a directory");
    let logins = logins(folder.path());
    let keys = folder.path().join("state/keys");
    fs::create_dir_all(&keys).expect("makes a directory");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o755)).expect("changes the mode");
    let error = logins.store(&login(HERE), &Secret::new("sk-1".to_owned())).expect_err("is refused").to_string();
    assert!(error.contains("is not yours alone; hint: chmod 700") && error.contains("state/keys"), "{error}");
    assert_eq!(fs::read_dir(&keys).expect("lists").count(), 0);
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o700)).expect("changes the mode");
    assert_eq!(logins.store(&login(HERE), &Secret::new("sk-1".to_owned())), Ok(()));
}

#[test]
fn without_a_bus_the_keyring_says_so_and_what_to_do() {
    let folder = tempfile::tempdir().expect("makes a directory");
    let logins = logins(folder.path());
    let login = LoginKey { store: LoginStore::Keyring, ..login(HERE) };
    let error = logins.find(&login).expect_err("no bus");
    let expected = if cfg!(feature = "keyring") { "keyring: no session bus answers" } else { "keyring: this gptos was built without it" };
    assert_eq!(error.to_string(), expected);
    assert!(error.hint("openai").is_some_and(|hint| hint.contains("`gptos auth login openai --store file`")));
    assert_eq!(logins.store(&login, &Secret::new("sk-1".to_owned())).expect_err("no bus").to_string(), expected);
}
