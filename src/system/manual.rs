//! Which manual of a program this machine has.

use std::path::Path;

use super::tldr::places;

/// Where manual pages are kept.
const PAGES: [&str; 5] = ["/usr/share/man", "/usr/local/share/man", "/usr/local/man", "/opt/homebrew/share/man", "/usr/local/opt/man"];

/// Sections with programs.
const SECTIONS: [&str; 3] = ["1", "8", "6"];

/// The command that tells more of a program on this machine; `None` when there is no page about it.
pub fn manual(program: &str, home: Option<&Path>) -> Option<String> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || name.len() > 64 || !name.chars().all(plain) {
        return None;
    }
    // Without its variables: this is asked for every word that is explained.
    if home.is_some_and(|home| places::have(&places::roots(None, Some(home), &|_| None), name)) {
        return Some(format!("tldr {name}"));
    }
    let page = |section: &str| {
        let folders = PAGES.iter().map(|pages| Path::new(pages).join(format!("man{section}")));
        folders
            .into_iter()
            .any(|folder| ["", ".gz", ".xz", ".zst"].iter().any(|ending| folder.join(format!("{name}.{section}{ending}")).is_file()))
    };
    SECTIONS.iter().any(|section| page(section)).then(|| format!("man {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_by_its_name_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join(".cache/tldr/pages/common");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("frobnicate.md"), "").unwrap();
        assert_eq!(manual("/usr/bin/frobnicate", Some(home.path())).as_deref(), Some("tldr frobnicate"));
        for name in ["", "-x", "../frobnicate.md", "frob\nnicate", "gibtesnicht", "a b"] {
            assert_eq!(manual(name, Some(home.path())), None, "{name}");
        }
        assert_eq!(manual("frobnicate", None), None);
    }
}
