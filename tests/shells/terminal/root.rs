//! A shell of another system: fish 4 lives in a root folder of its own that `tests/fish4` makes.

use std::path::Path;

use super::Shell;

/// The root folder in which fish is started, for the tests of another version. Only root may use it.
const FISH_ROOT: &str = "GPTOS_TEST_FISH_ROOT";

/// What the shell sees there at its own place: the homes of the tests, this repository and what was built, the processes.
const SEEN: &str = r#"
root=$1 cwd=$2
for place in /dev /proc /tmp "$3" "$4"; do
    mkdir -p "$root$place" && mount --rbind "$place" "$root$place" || exit
done
shift 4
exec /usr/sbin/chroot "$root" env -C "$cwd" "$@"
"#;

pub fn has_newer_fish() -> bool {
    std::env::var_os(FISH_ROOT).is_some()
}

/// The words in front of `env` that start the shell in its root folder. The mounts are its own and end with it.
pub fn into_root(shell: Shell, cwd: &Path) -> Vec<String> {
    let Some(root) = std::env::var(FISH_ROOT).ok().filter(|_| shell == Shell::Fish) else { return Vec::new() };
    let built = Path::new(env!("CARGO_BIN_EXE_gptos")).parent().unwrap();
    let mut words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SEEN, "sh"].map(str::to_owned).to_vec();
    words.push(root);
    words.extend([cwd, Path::new(env!("CARGO_MANIFEST_DIR")), built].map(|path| path.display().to_string()));
    words
}
