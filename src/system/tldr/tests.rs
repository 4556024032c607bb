use std::os::unix::fs::{FileExt, PermissionsExt};

use super::*;

/// Pages of programs that do not exist.
const PAGES: &[(&str, &str)] = &[
    (
        "crate-packer",
        "# crate-packer\n\n> Put files into crates and take them out again.\n\n- Pack a folder into a crate:\n\n\
         `crate-packer --into {{crate}} {{path/to/folder}}`\n\n- Show the weight of a crate:\n\n`crate-packer --weigh {{crate}}`\n",
    ),
    ("lamp", "# lamp\n\n> Control lamps of a house.\n\n- Switch a lamp on:\n\n`lamp on {{room}}`\n\n- List all lamps:\n\n`lamp list`\n"),
    ("make", "# make\n\n> Raise targets.\n\n- Raise the first target:\n\n`make`\n"),
];

struct Bench {
    temp: tempfile::TempDir,
    tldr: TldrPages,
}

impl Bench {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let tldr = TldrPages::new(vec![temp.path().join("none"), temp.path().join("data")], &temp.path().join("cache"));
        let bench = Self { temp, tldr };
        PAGES.iter().for_each(|(name, text)| bench.page(name, text));
        bench
    }

    fn page(&self, name: &str, text: &str) {
        let folder = self.temp.path().join("data/pages/common");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.md")), text).unwrap();
    }

    fn index(&self) -> PathBuf {
        self.temp.path().join("cache/tldr.index")
    }

    fn commands(&self, words: &str) -> Vec<String> {
        self.tldr.offers(words, 3).into_iter().map(|offer| offer.command).collect()
    }
}

#[test]
fn the_example_that_fits_is_found_by_what_it_does_or_by_name() {
    let bench = Bench::new();
    bench.tldr.refresh().unwrap();
    let first = |words: &str| bench.commands(words).into_iter().next();
    for (words, command) in [
        ("how much is the weight of my crate?", Some("crate-packer --weigh {{crate}}")),
        ("packing folders into crates", Some("crate-packer --into {{crate}} {{path/to/folder}}")),
        ("switch on the lamps", Some("lamp on {{room}}")),
        ("display lamps", Some("lamp list")),
        ("crate-packer", Some("crate-packer --into {{crate}} {{path/to/folder}}")),
        ("the weather in Lisbon", None),
        ("make a sandwich", None),
        ("our lamp went out while rain fell over the old house", None),
        ("", None),
    ] {
        assert_eq!(first(words).as_deref(), command, "{words}");
    }
    let offers = bench.tldr.offers("show the weight of a crate", 3);
    assert!(offers.iter().all(|offer| (0.3..0.8).contains(&offer.confidence)), "{offers:?}");
    assert_eq!((offers[0].page.as_str(), offers[0].reading.as_str()), ("crate-packer", "Show the weight of a crate"));
    assert_eq!(bench.tldr.offers("lamp crate pack weight", 1).len(), 1);
}

#[test]
fn an_index_that_is_missing_or_damaged_answers_nothing_and_is_built_anew() {
    let bench = Bench::new();
    assert!(bench.commands("switch on the lamps").is_empty(), "nothing was built");
    assert!(!bench.index().exists());
    bench.tldr.refresh().unwrap();
    assert_eq!(fs::metadata(bench.index()).unwrap().permissions().mode() & 0o777, 0o600);
    let whole = fs::read(bench.index()).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x40;
        // Another file, so that it is opened anew.
        fs::remove_file(bench.index()).unwrap();
        fs::write(bench.index(), &damaged).unwrap();
        assert!(bench.commands("switch on the lamps").is_empty(), "byte {at}");
    }
    for length in [0, 7, 60, whole.len() - 1] {
        fs::write(bench.index(), &whole[..length]).unwrap();
        assert!(bench.commands("switch on the lamps").is_empty(), "{length} bytes");
    }
    bench.tldr.refresh().unwrap();
    assert_eq!(bench.commands("switch on the lamps"), ["lamp on {{room}}"]);
}

#[test]
fn changed_pages_are_indexed_anew_and_the_same_pages_are_not() {
    let bench = Bench::new();
    bench.tldr.refresh().unwrap();
    let before = FileState::of(&bench.index());
    bench.tldr.refresh().unwrap();
    assert_eq!(FileState::of(&bench.index()), before);
    bench.page("fan", "# fan\n\n> Turn fans.\n\n- Turn a fan slowly:\n\n`fan --slow {{fan}}`\n");
    bench.tldr.refresh().unwrap();
    assert_eq!(bench.commands("turn the fan slowly"), ["fan --slow {{fan}}"]);
    fs::remove_dir_all(bench.temp.path().join("data")).unwrap();
    assert!(matches!(bench.tldr.refresh(), Err(IndexError::NoPages)));
    assert!(bench.commands("turn the fan slowly").is_empty());
}

#[test]
fn the_resident_builds_it_behind_the_first_question_and_again_after_damage() {
    let mut bench = Bench::new();
    bench.tldr = TldrPages::new(vec![bench.temp.path().join("data")], &bench.temp.path().join("cache")).with_upkeep();
    let wait = || {
        let deadline = Instant::now() + Duration::from_secs(20);
        while bench.commands("switch on the lamps").is_empty() {
            assert!(Instant::now() < deadline, "no index came");
            std::thread::yield_now();
        }
    };
    assert!(bench.commands("switch on the lamps").is_empty(), "the first question does not wait");
    wait();
    let file = fs::OpenOptions::new().write(true).open(bench.index()).unwrap();
    let length = file.metadata().unwrap().len();
    file.write_all_at(&[0xff; 16], length - 16).unwrap();
    file.write_all_at(&[0xff; 16], length - 400).unwrap();
    bench.commands("switch on the lamps");
    wait();
}

#[test]
fn only_one_look_in_an_hour() {
    let bench = Bench::new();
    let (upkeep, start) = (Upkeep::default(), Instant::now());
    let last = || *upkeep.last.lock().unwrap();
    let look = |after: u64| {
        upkeep.busy.store(false, Ordering::Release);
        upkeep.look(start + Duration::from_secs(after), false, &bench.tldr.kept);
        last()
    };
    assert_eq!(look(0), Some(start));
    assert_eq!(look(3599), Some(start));
    assert_eq!(look(3600), Some(start + LOOK_EVERY));
    upkeep.busy.store(true, Ordering::Release);
    upkeep.look(start + LOOK_EVERY * 2, true, &bench.tldr.kept);
    assert_eq!(last(), Some(start + LOOK_EVERY), "one at a time");
}

#[test]
fn a_collection_without_end_stays_within_the_bounds_of_the_file() {
    let bench = Bench::new();
    let words: String = (0..45).map(|number| format!("word{number} ")).collect();
    let example = format!("- {words}:\n\n`lamp {words}`\n\n").repeat(20);
    for number in 0..1200 {
        bench.page(&format!("lamp{number}"), &format!("# l\n\n> {words}\n\n{example}"));
    }
    bench.tldr.refresh().unwrap();
    let size = fs::metadata(bench.index()).unwrap().len();
    assert!((4_000_000..=file::MOST_BYTES as u64).contains(&size), "{size}");
    assert!(!bench.commands("word1 word2 word3").is_empty());
    assert!(!bench.commands("crate weight").is_empty(), "what fits is there");
}
