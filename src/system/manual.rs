//! Which manual of a program this machine has.

use std::path::Path;

/// Where manual pages are kept.
const PAGES: [&str; 5] = ["/usr/share/man", "/usr/local/share/man", "/usr/local/man", "/opt/homebrew/share/man", "/usr/local/opt/man"];

/// Sections with programs.
const SECTIONS: [&str; 3] = ["1", "8", "6"];

/// Where the usual readers of tldr pages keep them, below the home folder.
const TLDR: [&str; 5] = [
    ".cache/tldr/pages",
    ".cache/tealdeer/tldr-pages/pages",
    ".cache/tealdeer/tldr-pages/pages.en",
    ".local/share/tldr/pages",
    ".tldr/cache/pages",
];

/// The command that tells more of a program on this machine; `None` when there is no page about it.
pub fn manual(program: &str, home: Option<&Path>) -> Option<String> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || name.len() > 64 || !name.chars().all(plain) {
        return None;
    }
    let below = |home: &Path| {
        TLDR.iter().any(|folder| {
            ["common", "linux", "osx"].iter().any(|system| home.join(folder).join(system).join(format!("{name}.md")).is_file())
        })
    };
    if home.is_some_and(below) {
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
