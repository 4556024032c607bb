//! What a sentence costs when packs double what the translator knows.

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, Translator, intents};

use crate::doubled;

#[test]
fn packs_about_other_things_cost_a_sentence_no_more_steps() {
    let (translator, problems) = Translator::with_packs(&doubled::packs());
    assert_eq!(problems, []);
    let known = |translator: &Translator| translator.intents().filter(|info| info.family != "files").count();
    assert!(known(&translator) >= 2 * known(Translator::embedded()), "{} intents", known(&translator));
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let (mut before, mut after, mut ratios) = (0, 0, Vec::new());
    for sentence in intents().map(|info| info.example) {
        let steps = |translator: &Translator| translator.explain(sentence, &machine).steps;
        let (alone, doubled) = (steps(Translator::embedded()), steps(&translator));
        before += alone;
        after += doubled;
        ratios.push((f64::from(doubled) / f64::from(alone.max(1)), sentence));
    }
    ratios.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    println!("{before} {after} {:?} {:?} {:?}", ratios[ratios.len() / 2], ratios[ratios.len() * 9 / 10], ratios[ratios.len() - 1]);
    let of = |share: f64| ratios[((ratios.len() - 1) as f64 * share) as usize];
    assert!(after <= before + before / 5, "{after} steps for all examples, {before} before");
    assert!(of(0.5).0 <= 1.2, "half of the examples take more than {:?} times the steps", of(0.5));
}
