//! What a sentence costs when packs double what the translator knows. Steps are counted, not time.

#![expect(clippy::print_stdout, reason = "the figures are what people want to see of it")]

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, Pack, Translator, intents};

use crate::doubled;

/// How many times the steps each example takes with the packs, fewest first, and all of them together.
fn ratios(packs: &[Pack]) -> (Vec<f64>, f64) {
    let (translator, problems) = Translator::with_packs(packs);
    assert_eq!(problems, []);
    let known = |translator: &Translator| translator.intents().count();
    // What the grammar of files understands is in no pack.
    assert!(known(&translator) + 10 >= 2 * known(Translator::embedded()), "{} intents", known(&translator));
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let (mut before, mut after, mut ratios) = (0, 0, Vec::new());
    for info in intents() {
        let steps = |translator: &Translator| translator.explain(info.example, &machine).steps;
        let (alone, doubled) = (steps(Translator::embedded()), steps(&translator));
        before += alone;
        after += doubled;
        ratios.push(f64::from(doubled) / f64::from(alone.max(1)));
    }
    ratios.sort_by(f64::total_cmp);
    (ratios, f64::from(after) / f64::from(before))
}

#[test]
fn packs_about_other_things_cost_a_sentence_hardly_more_steps() {
    let (ratios, all) = ratios(&doubled::about_other_things());
    let median = ratios[ratios.len() / 2];
    println!("packs about other things: {all:.2} times the steps in all, median {median:.2}, most {:.2}", ratios[ratios.len() - 1]);
    assert!(all <= 1.1 && median <= 1.1, "{all:.2} times the steps in all, median {median:.2}");
}

/// A pattern that packs repeat is held against the sentence once.
#[test]
fn packs_about_the_same_things_cost_a_sentence_no_more_steps() {
    let (ratios, all) = ratios(&doubled::about_the_same());
    let most = ratios[ratios.len() - 1];
    println!("packs about the same: {all:.2} times the steps in all, most {most:.2}");
    assert!(most <= 1.0, "{most:.2} times the steps");
}
