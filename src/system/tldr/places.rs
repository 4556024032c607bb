//! Where clients of the tldr collection keep its pages.

use std::path::{Path, PathBuf};

use crate::system::Lookup;

/// What a client calls the folder of the English pages.
const ENGLISH: [&str; 2] = ["pages.en", "pages"];
/// Folders below the one that a variable names.
const BELOW_A_VARIABLE: [&str; 4] = ["", "tldr", "cache", "tldr-pages"];
/// Below the folder for caches: tealdeer, tlrc, the Python client.
const BELOW_A_CACHE: [&str; 3] = ["tealdeer/tldr-pages", "tlrc", "tldr"];
/// Below the folder for data: the client in Haskell, which Debian has, of several versions.
const BELOW_DATA: [&str; 2] = ["tldr", "tldr/tldr"];
/// Below the home directory: the Node client, the one in C.
const BELOW_HOME: [&str; 3] = [".tldr/cache", ".tldr", ".tldrc/tldr"];

/// Platforms whose pages are read beside those for all.
pub(super) const PLATFORMS: &[&str] = if cfg!(target_os = "macos") { &["osx", "macos", "common"] } else { &["linux", "common"] };

/// Folders that may hold the collection, the best first: the copy that this program fetched, the one that a variable names,
/// then those of known clients.
pub fn roots(own: Option<&Path>, home: Option<&Path>, lookup: Lookup<'_>) -> Vec<PathBuf> {
    let absolute = |name: &str| lookup(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let mut found: Vec<PathBuf> = own.map(Path::to_owned).into_iter().collect();
    for named in ["TLDR_CACHE_DIR", "TEALDEER_CACHE_DIR"].into_iter().filter_map(absolute) {
        found.extend(BELOW_A_VARIABLE.iter().map(|below| named.join(below)));
    }
    let caches = [absolute("XDG_CACHE_HOME"), home.map(|home| home.join(".cache")), home.map(|home| home.join("Library/Caches"))];
    for cache in caches.into_iter().flatten() {
        found.extend(BELOW_A_CACHE.iter().map(|below| cache.join(below)));
    }
    let data = [absolute("XDG_DATA_HOME"), home.map(|home| home.join(".local/share"))];
    for data in data.into_iter().flatten() {
        found.extend(BELOW_DATA.iter().map(|below| data.join(below)));
    }
    found.extend(home.into_iter().flat_map(|home| BELOW_HOME.iter().map(|below| home.join(below))));
    found
}

/// The first folder of English pages below these.
pub(super) fn pages(roots: &[PathBuf]) -> Option<PathBuf> {
    let folders = roots.iter().flat_map(|root| ENGLISH.iter().map(|name| root.join(name)));
    folders.into_iter().find(|folder| folder.join("common").is_dir())
}

/// Whether one of the collections below these has a page about the program.
pub(in crate::system) fn have(roots: &[PathBuf], program: &str) -> bool {
    let page = format!("{program}.md");
    let folders = roots.iter().flat_map(|root| ENGLISH.iter().map(|name| root.join(name)));
    folders.into_iter().any(|folder| PLATFORMS.iter().any(|platform| folder.join(platform).join(&page).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_copy_comes_first_then_what_a_variable_names_then_known_clients() {
        let temp = tempfile::tempdir().unwrap();
        let (home, own, named) = (temp.path().join("home"), temp.path().join("own"), temp.path().join("named"));
        let lookup = |name: &str| (name == "TLDR_CACHE_DIR").then(|| named.clone().into_os_string());
        let roots = roots(Some(&own), Some(&home), &lookup);
        assert_eq!(pages(&roots), None);
        let places = [
            home.join(".tldrc/tldr/pages"),
            home.join(".tldr/cache/pages"),
            home.join(".local/share/tldr/tldr/pages"),
            home.join(".local/share/tldr/pages"),
            home.join(".cache/tldr/pages"),
            home.join(".cache/tlrc/pages.en"),
            home.join(".cache/tealdeer/tldr-pages/pages.en"),
            named.join("tldr/pages"),
            own.join("pages"),
        ];
        for place in places {
            std::fs::create_dir_all(place.join("common")).unwrap();
            assert_eq!(pages(&roots), Some(place));
        }
    }

    #[test]
    fn relative_variables_and_other_languages_are_passed_by() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(temp.path().join(".tldr/cache/pages.de/common")).unwrap();
        let roots = roots(None, Some(temp.path()), &|_| Some("relative".into()));
        assert!(roots.iter().all(|root| root.is_absolute()));
        assert_eq!(pages(&roots), None);
    }
}
