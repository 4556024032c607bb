use serde::Deserialize;

use crate::domain::{Candidate, ShellKind};
use crate::offline::{Machine, Os, PLAUSIBLE, SURE, Sureness, Translator, translate};
use crate::syntax;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    /// No command with holes.
    none: Vec<String>,
    /// A command without.
    complete: Vec<String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    say: Vec<String>,
    is: String,
}

fn corpus() -> Corpus {
    toml::from_str(include_str!("../../../tests/corpus/holes.toml")).expect("the corpus is valid TOML")
}

fn candidates(query: &str, shell: ShellKind) -> Vec<Candidate> {
    translate(query, &Machine::usual(shell, Os::Linux)).candidates
}

#[test]
fn what_a_sentence_leaves_open_is_a_hole_in_its_command() {
    let (mut sentences, mut wrong) = (0, Vec::new());
    for case in corpus().case {
        for say in &case.say {
            sentences += 1;
            for shell in ShellKind::ALL {
                let best = candidates(say, shell).into_iter().next();
                let right = best
                    .as_ref()
                    .is_some_and(|best| best.command == case.is && !best.holes.is_empty() && (PLAUSIBLE..SURE).contains(&best.confidence));
                if !right {
                    wrong.push(format!("{say}\n    wanted {}\n    got    {best:?} ({shell})", case.is));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(sentences >= 45, "the corpus has only {sentences} sentences");
}

#[test]
fn what_destroys_or_is_not_understood_has_no_holes() {
    let none = corpus().none;
    let holed = |say: &String| candidates(say, ShellKind::Bash).into_iter().find(|candidate| !candidate.holes.is_empty());
    let wrong: Vec<_> = none.iter().filter_map(|say| Some((say, holed(say)?.command))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(none.len() >= 20);
}

#[test]
fn what_names_all_that_it_means_is_complete() {
    for say in corpus().complete {
        let best = candidates(&say, ShellKind::Bash).into_iter().next();
        assert!(best.as_ref().is_some_and(|best| best.holes.is_empty() && best.confidence >= SURE), "{say}: {best:?}");
    }
}

#[test]
fn every_hole_is_marked_and_keeps_the_line_from_running() {
    for say in corpus().case.iter().flat_map(|case| &case.say) {
        for candidate in candidates(say, ShellKind::Zsh) {
            let names: Vec<_> = candidate.holes.iter().map(|hole| hole.name(&candidate.command)).collect();
            assert!(names.iter().all(Option::is_some), "{say}: {names:?}");
            assert_eq!(candidate.command.matches('<').count(), names.len(), "{say}: {}", candidate.command);
            assert!(syntax::is_inert(&candidate.command, &candidate.holes, ShellKind::Zsh), "{say}: {}", candidate.command);
            assert!(!candidate.command.contains("qzx") && candidate.reading.is_some_and(|reading| !reading.contains("qzx")), "{say}");
        }
    }
}

#[test]
fn words_that_look_like_a_stand_in_are_left_alone() {
    for say in ["copy a file to qzxja", "kill a process 48611", "copy a file to QZX"] {
        assert!(candidates(say, ShellKind::Bash).iter().all(|candidate| candidate.holes.is_empty()), "{say}");
    }
}

#[test]
fn whoever_asks_why_is_told_what_is_left_open() {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let explanation = Translator::embedded().explain("copy a file to the server", &machine);
    let best = &explanation.readings[0];
    assert_eq!((best.command.as_str(), best.sureness, best.holes.len()), ("scp <file> <host>: <>", Sureness::Open, 3));
    assert!(best.slots.contains(&("from".to_owned(), "<file>".to_owned())), "{:?}", best.slots);
    assert!(explanation.nearest.is_empty());
}
