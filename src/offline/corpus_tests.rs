use std::collections::BTreeMap;

use serde::Deserialize;

use super::lexicon::Lexicon;
use super::*;
use crate::domain::ShellKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Corpus {
    pub case: Vec<Case>,
    /// Sentences that no command answers, or that leave open which one.
    #[serde(default)]
    pub decline: Vec<String>,
    /// Sentences that may be offered but not inserted.
    #[serde(default)]
    unsure: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub say: Vec<String>,
    is: String,
    /// The shells that have such a command, when it is not all of them.
    #[serde(default)]
    only: Only,
    zsh: Option<String>,
    fish: Option<String>,
    mac: Option<String>,
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Only {
    #[default]
    All,
    Posix,
    Bash,
}

pub(super) fn corpus() -> Corpus {
    let mut all = Corpus { case: Vec::new(), decline: Vec::new(), unsure: Vec::new() };
    for text in [
        include_str!("../../tests/corpus/offline.files.toml"),
        include_str!("../../tests/corpus/offline.find.toml"),
        include_str!("../../tests/corpus/offline.system.toml"),
        include_str!("../../tests/corpus/offline.tools.toml"),
        include_str!("../../tests/corpus/phrases.files.toml"),
        include_str!("../../tests/corpus/phrases.system.toml"),
        include_str!("../../tests/corpus/phrases.text.toml"),
    ] {
        let part: Corpus = toml::from_str(text).expect("the corpus is valid TOML");
        all.case.extend(part.case);
        all.decline.extend(part.decline);
        all.unsure.extend(part.unsure);
    }
    all
}

fn first(query: &str, shell: ShellKind, os: Os) -> Option<(String, f64)> {
    let translation = translate(query, &Machine::usual(shell, os));
    translation.candidates.into_iter().next().map(|candidate| (candidate.command, candidate.confidence))
}

#[test]
fn the_embedded_data_is_sound() {
    let mut lexicon = Lexicon::from_data(include_str!("data/words.txt"));
    let told =
        |data: &str, error: source::SourceError| format!("{} (line {:?})", error.cause, error.at.map(|at| source::line(data, at.start)));
    let files = DATA.iter().chain(&PHRASES);
    let errors: Vec<String> =
        files.filter_map(|data| source::Source::of_pack(data, &mut lexicon).err().map(|error| told(data, error))).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn every_sentence_of_the_corpus_gives_its_command() {
    let (mut sentences, mut wrong) = (0, Vec::new());
    for case in corpus().case {
        let forms = [
            (ShellKind::Bash, Os::Linux, Some(&case.is)),
            (ShellKind::Zsh, Os::Linux, case.zsh.as_ref().or((case.only != Only::Bash).then_some(&case.is))),
            (ShellKind::Fish, Os::Linux, case.fish.as_ref().or((case.only == Only::All).then_some(&case.is))),
            (ShellKind::Bash, Os::MacOs, case.mac.as_ref()),
        ];
        for say in &case.say {
            sentences += 1;
            for (shell, os, expected) in forms {
                let Some(expected) = expected else { continue };
                let answer = first(say, shell, os);
                let right = answer.as_ref().is_some_and(|(command, confidence)| command == expected && *confidence >= SURE);
                // zsh and fish mostly repeat bash: one line of complaint is enough.
                if !right && !wrong.last().is_some_and(|line: &String| line.starts_with(&format!("{say}\n"))) {
                    wrong.push(format!("{say}\n    wanted {expected}\n    got    {answer:?} ({shell}, {os:?})"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {sentences} sentences are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sentences >= 250, "the corpus has only {sentences} sentences");
}

/// Sentences that no pattern was written for.
const HELD: [(&str, &str); 3] = [
    ("files", include_str!("../../tests/corpus/phrases.files.held.toml")),
    ("system", include_str!("../../tests/corpus/phrases.system.held.toml")),
    ("text", include_str!("../../tests/corpus/phrases.text.held.toml")),
];

fn held() -> impl Iterator<Item = (&'static str, Corpus)> {
    HELD.into_iter().map(|(name, text)| (name, toml::from_str(text).expect("the corpus is valid TOML")))
}

/// How often an answer was right, of those in one band of confidence.
#[derive(Default)]
struct Band {
    right: usize,
    all: usize,
}

impl Band {
    fn share(&self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
    }
}

/// The bands of a corpus: sure, plausible, and the sentences without an answer. A sentence that must be declined is right
/// when it is.
fn bands(corpus: &Corpus) -> [Band; 3] {
    let mut bands = [Band::default(), Band::default(), Band::default()];
    let said = corpus.case.iter().flat_map(|case| case.say.iter().map(|say| (say, Some(&case.is))));
    for (say, is) in said.chain(corpus.decline.iter().map(|say| (say, None))) {
        let answer = first(say, ShellKind::Bash, Os::Linux);
        let band = match answer {
            Some((_, confidence)) if confidence >= SURE => &mut bands[0],
            Some(_) => &mut bands[1],
            None => &mut bands[2],
        };
        band.all += 1;
        band.right += usize::from(answer.as_ref().map(|(command, _)| command) == is);
    }
    bands
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what people want to see of it")]
fn most_sentences_that_no_pattern_was_written_for_give_their_command() {
    let report = |name: &str, corpus: &Corpus| {
        let sentences: usize = corpus.case.iter().map(|case| case.say.len()).sum();
        let [sure, plausible, none] = bands(corpus);
        println!(
            "{name:<12} {sentences:>5} sentences, {:>5.1} % exact; precision: sure {:>5.1} % of {}, plausible {:>5.1} % of {}; {} without an answer",
            100.0 * sure.right as f64 / sentences as f64,
            100.0 * sure.share(),
            sure.all,
            100.0 * plausible.share(),
            plausible.all,
            none.all
        );
        (sure.right as f64 / sentences as f64, sure.share())
    };
    let (tuned, _) = report("tuned", &corpus());
    assert!(tuned >= 1.0, "only {tuned:.3} of the sentences are right");
    for (name, held) in held() {
        let (share, precision) = report(&format!("held, {name}"), &held);
        assert!(share >= 0.70, "only {share:.2} of the held sentences about {name} are right");
        assert!(precision >= 0.90, "only {precision:.2} of the answers to held sentences about {name} that are sure are right");
    }
}

#[test]
fn what_it_cannot_know_it_declines() {
    let decline = corpus().decline;
    let answered: Vec<_> = decline.iter().filter_map(|say| Some((say, first(say, ShellKind::Bash, Os::Linux)?))).collect();
    assert!(answered.is_empty(), "{answered:#?}");
    assert!(decline.len() >= 40);
}

#[test]
fn what_is_doubtful_is_never_inserted() {
    let sure = |say: &String| first(say, ShellKind::Bash, Os::Linux).filter(|(_, confidence)| *confidence >= SURE);
    let inserted: Vec<_> = corpus().unsure.iter().filter_map(|say| Some((say.clone(), sure(say)?))).collect();
    assert!(inserted.is_empty(), "{inserted:#?}");
}

#[test]
fn every_example_is_understood() {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let sure = |example: &str| translate(example, &machine).candidates.first().is_some_and(|candidate| candidate.confidence >= SURE);
    let lost: Vec<_> = intents().filter(|info| !sure(info.example)).map(|info| (info.id, info.example)).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    intents().for_each(|info| *ids.entry(info.id).or_default() += 1);
    assert!(ids.values().all(|count| *count == 1), "{ids:?}");
    assert!(ids.len() >= 120, "only {} intents", ids.len());
}

#[test]
fn nothing_known_nearby_gives_nothing() {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let translation = translate("undo the last commit of somebody else's fork", &machine);
    assert!(translation.nearest.len() <= 3);
    assert_eq!(translate("", &machine), Translation::default());
}

#[test]
fn a_deletion_that_says_no_place_is_told_with_one() {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    for say in ["delete all log files older than 30 days", "remove empty directories.", "delete all tmp files"] {
        let told = translate(say, &machine);
        assert!(told.candidates.is_empty(), "{say}");
        let placed = format!("{} here", say.trim_end_matches('.'));
        assert_eq!(told.nearest[0], placed);
        assert!(first(&placed, ShellKind::Bash, Os::Linux).is_some_and(|(command, _)| command.ends_with(" -delete")), "{placed}");
    }
    for say in ["delete the branch of somebody", "delete all log files\nolder than 30 days", "delete"] {
        assert!(translate(say, &machine).nearest.iter().all(|near| !near.ends_with(" here")), "{say}");
    }
}

#[test]
fn a_misspelt_trigger_never_destroys() {
    for say in ["delte the file old.log", "remve old.log", "delete the fodler build", "frce delete branch old-login"] {
        let answer = first(say, ShellKind::Bash, Os::Linux);
        assert!(answer.as_ref().is_none_or(|(command, _)| !command.starts_with("rm") && !command.contains("-D")), "{say}: {answer:?}");
    }
}

#[test]
fn a_negation_is_never_overlooked() {
    for say in [
        "don't delete old.log",
        "do not kill process 42",
        "never push to origin",
        "undo last commit without touching foo",
        "show files but not tomorrow",
    ] {
        assert_eq!(first(say, ShellKind::Bash, Os::Linux), None, "{say}");
    }
}

#[test]
fn odd_names_stay_one_word() {
    let quoted = |name: &str| first(&format!("delete the file \"{name}\""), ShellKind::Bash, Os::Linux).map(|(command, _)| command);
    assert_eq!(quoted("my file; rm -rf $HOME").as_deref(), Some("rm 'my file; rm -rf $HOME'"));
    assert_eq!(quoted("it's").as_deref(), Some("rm \"it's\""));
    assert_eq!(quoted("-rf").as_deref(), Some("rm ./-rf"));
}
