use std::collections::BTreeMap;

use serde::Deserialize;

use super::budget::MOST_STEPS;
use super::lexicon::Lexicon;
use super::*;
use crate::domain::ShellKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
    /// Sentences that no command answers, or that leave open which one.
    #[serde(default)]
    decline: Vec<String>,
    /// Sentences that may be offered but not inserted.
    #[serde(default)]
    unsure: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    say: Vec<String>,
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

fn corpus() -> Corpus {
    let mut all = Corpus { case: Vec::new(), decline: Vec::new(), unsure: Vec::new() };
    for text in [
        include_str!("../../tests/corpus/offline.files.toml"),
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
        files.filter_map(|data| source::read(data, &mut lexicon, source::Author::User).err().map(|error| told(data, error))).collect();
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
const HELD: [&str; 3] = [
    include_str!("../../tests/corpus/phrases.files.held.toml"),
    include_str!("../../tests/corpus/phrases.system.held.toml"),
    include_str!("../../tests/corpus/phrases.text.held.toml"),
];

#[test]
fn most_sentences_that_no_pattern_was_written_for_give_their_command() {
    for text in HELD {
        let held: Corpus = toml::from_str(text).expect("the corpus is valid TOML");
        let all: Vec<_> = held.case.iter().flat_map(|case| case.say.iter().map(|say| (say, &case.is))).collect();
        let right = all.iter().filter(|(say, is)| {
            first(say, ShellKind::Bash, Os::Linux).is_some_and(|(command, confidence)| command == **is && confidence >= SURE)
        });
        let share = right.count() as f64 / all.len() as f64;
        assert!(share >= 0.70, "only {share:.2} of {} sentences are right", all.len());
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

/// A small generator of pseudo-random numbers, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

/// A sentence of the corpus with words dropped, doubled, swapped, misspelt or replaced by something odd.
fn mutated(sentences: &[String], dice: &mut Dice) -> String {
    const ODD: [&str; 24] = [
        "\"",
        "'",
        "`",
        "“",
        "”",
        "\u{0}",
        "\u{7f}",
        "🙂",
        "\u{202e}",
        "-",
        "--",
        "/",
        "~",
        "*",
        ".",
        "..",
        ":",
        "@",
        "%",
        "99999999999999999999",
        "0",
        "1.",
        ">1",
        "to",
    ];
    let mut words: Vec<String> = sentences[dice.roll(sentences.len())].split(' ').map(str::to_owned).collect();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(words.len());
        match dice.roll(6) {
            0 if words.len() > 1 => drop(words.remove(at)),
            1 => words.insert(at, ODD[dice.roll(ODD.len())].to_owned()),
            2 => words.insert(at, words[at].clone()),
            3 => {
                let other = &sentences[dice.roll(sentences.len())];
                words.extend(other.split(' ').skip(dice.roll(4)).map(str::to_owned));
            }
            4 => {
                let mut letters: Vec<char> = words[at].chars().collect();
                if letters.len() > 1 {
                    let place = dice.roll(letters.len() - 1);
                    letters.swap(place, place + 1);
                }
                words[at] = letters.into_iter().collect();
            }
            _ => words[at].push_str(ODD[dice.roll(ODD.len())]),
        }
    }
    words.join(if dice.roll(20) == 0 { "\n" } else { " " })
}

#[test]
fn no_sentence_panics_and_the_same_words_give_the_same_answer() {
    let corpus = corpus();
    let mut sentences: Vec<String> = corpus.case.into_iter().flat_map(|case| case.say).collect();
    sentences.extend(corpus.decline);
    let mut dice = Dice(2);
    let rounds = std::env::var("MUTATED_SENTENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(5_000);
    for round in 0..rounds {
        let query = mutated(&sentences, &mut dice);
        let machine = Machine::usual(ShellKind::ALL[round % 3], if round % 5 == 0 { Os::MacOs } else { Os::Linux });
        let translation = translate(&query, &machine);
        assert!(translation.candidates.len() <= 4 && translation.nearest.len() <= 3, "{query}");
        assert!(translation.candidates.iter().all(|candidate| (PLAUSIBLE..=1.0).contains(&candidate.confidence)), "{query}");
        assert!(translation.candidates.is_sorted_by(|a, b| a.confidence >= b.confidence), "{query}");
        if round % 10 == 0 {
            assert_eq!(translate(&query, &machine), translation, "{query}");
            let explanation = Translator::embedded().explain(&query, &machine);
            assert!(explanation.steps < MOST_STEPS && !explanation.gave_up, "{query}: {} steps", explanation.steps);
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text: String) {
        translate(&text, &Machine::usual(ShellKind::Zsh, Os::Linux));
    }
}
