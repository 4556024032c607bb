//! What tools of the base system say when they are asked for help. They are the only programs that are started to learn of
//! their options: all of them are known to print their help and end, and none would change anything if it did not.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::OptionList;
use super::mentioned::option_at;
use crate::platform;
use crate::system::output::output_of;

/// Tools of the GNU project that read and print.
const TOOLS: [&str; 50] = [
    "b2sum",
    "base32",
    "base64",
    "basename",
    "cat",
    "cksum",
    "cmp",
    "comm",
    "cut",
    "date",
    "df",
    "diff",
    "diff3",
    "dirname",
    "du",
    "expand",
    "fmt",
    "fold",
    "grep",
    "gzip",
    "head",
    "id",
    "join",
    "ls",
    "md5sum",
    "nl",
    "nproc",
    "numfmt",
    "od",
    "paste",
    "pr",
    "readlink",
    "realpath",
    "sed",
    "seq",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "shuf",
    "sort",
    "split",
    "stat",
    "tac",
    "tail",
    "tar",
    "tr",
    "uname",
    "uniq",
    "wc",
    "xargs",
];
/// Where a system keeps them.
const FOLDERS: [&str; 2] = ["/usr/bin", "/bin"];
/// They take a millisecond or two; after this one is killed and has said nothing.
const LIMIT: Duration = Duration::from_secs(2);
/// Bytes of a help text; that of `tar`, the longest, has about 20 KiB.
const MOST_BYTES: u64 = 256 * 1024;
/// A text that lists fewer is no help.
const LEAST: usize = 3;

/// The tool of that name.
pub(super) fn base_tool(program: &str) -> Option<&'static str> {
    // Elsewhere these names belong to other programs, and not all of those know `--help`.
    if platform::OS_NAME != "linux" {
        return None;
    }
    TOOLS.iter().find(|tool| **tool == program).copied()
}

/// Asks a tool. It gets nothing of the user's: no environment, no input, no folder of theirs.
pub(super) fn ask(tool: &str) -> Option<String> {
    let path = FOLDERS.iter().map(|folder| Path::new(folder).join(tool)).find_map(|path| systems_own(&path))?;
    ask_program(&path, LIMIT)
}

/// The file itself, if it belongs to the system, nobody else may change it, and it is not many tools in one, which tell of
/// fewer options than they have.
fn systems_own(path: &Path) -> Option<PathBuf> {
    let facts = fs::metadata(path).ok()?;
    let real = path.canonicalize().ok()?;
    let name = real.file_name()?.to_str()?;
    let is_own = facts.is_file() && facts.uid() == 0 && facts.mode() & 0o022 == 0;
    (is_own && !name.starts_with("busybox") && !name.starts_with("toybox")).then(|| path.to_owned())
}

fn ask_program(path: &Path, limit: Duration) -> Option<String> {
    let mut command = Command::new(path);
    command.arg("--help").env_clear().env("LC_ALL", "C").current_dir("/");
    output_of(command, limit, MOST_BYTES)
}

/// The options that a help text names, wherever it does.
pub(super) fn read(text: &str) -> OptionList {
    let mut list = OptionList::default();
    for word in text.split(|letter: char| letter.is_whitespace() || ",[]()|/'`\"".contains(letter)) {
        list.known.extend(option_at(word));
    }
    list.is_whole = list.known.len() >= LEAST;
    list
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_help_text_names_its_options() {
        let list = read(
            "Usage: pack [OPTION]...\n  -a, --all      everything, see also '--deep'\n      --size=N[,M]  how large\n  -q|--quiet -- not\n",
        );
        assert_eq!(list.known.into_iter().collect::<Vec<_>>().join(" "), "--all --deep --quiet --size -a -q");
        assert!(list.is_whole);
        assert!(!read("pack: unrecognized option: -\n").is_whole);
    }

    #[test]
    fn only_tools_of_the_system_are_asked() {
        assert_eq!(base_tool("rm"), None);
        assert_eq!(base_tool("no-such-tool"), None);
        assert!(TOOLS.is_sorted());
        let place = tempfile::tempdir().unwrap();
        let tool = place.path().join("sort");
        fs::write(&tool, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(systems_own(&tool), None, "anybody may change it");
        if platform::OS_NAME == "linux" && systems_own(Path::new("/usr/bin/sort")).is_some() {
            let list = read(&ask("sort").unwrap());
            assert!(list.is_whole && list.known.contains("--reverse") && !list.known.contains("--gently"), "{list:?}");
        }
    }

    #[test]
    fn a_tool_gets_nothing_of_the_users_and_is_not_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let tool = place.path().join("tool");
        let write = |body: &str| {
            fs::write(&tool, format!("#!/bin/sh\n{body}\n")).unwrap();
            fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        };
        write("echo \"$@\"; pwd; /usr/bin/env; cat");
        // A child of another test may hold the script open for a moment; then it cannot be started.
        let said = (0..50).find_map(|_| ask_program(&tool, Duration::from_secs(20)).filter(|said| !said.is_empty())).unwrap();
        assert!(said.starts_with("--help\n/\n") && !said.contains("HOME=") && !said.contains("CARGO"), "{said}");
        write("exec sleep 1000");
        assert_eq!(ask_program(&tool, Duration::from_millis(50)), None);
        assert_eq!(ask_program(&place.path().join("none"), LIMIT), None);
    }
}
