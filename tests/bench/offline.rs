//! What the embedded translator takes for a sentence of the corpus, beside the words of the sentence looked up in a table
//! in the same run; how long until it is ready and how much memory that takes; and both again with packs that double what
//! it knows.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, Pack, Translator};

use crate::doubled;

const ROUNDS: usize = 5;

fn sentences() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name != "explain.toml"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let corpus: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        let cases = corpus["case"].as_array().unwrap();
        all.extend(cases.iter().flat_map(|case| case["say"].as_array().unwrap()).map(|say| say.as_str().unwrap().to_owned()));
    }
    all
}

/// Resident memory of this process in kilobytes; nothing where the system does not tell.
fn resident() -> Option<f64> {
    let pages: f64 = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as f64 / 1e3)
}

fn grown(before: Option<f64>) -> String {
    before.zip(resident()).map_or_else(|| "unknown".to_owned(), |(before, after)| format!("{:.0} kB", after - before))
}

fn at(samples: &mut [Duration], share: f64) -> f64 {
    samples.sort_unstable();
    samples[((samples.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6
}

struct Times {
    p50: f64,
    p99: f64,
    most: f64,
    /// Of the look-ups, taken in turn with the sentences.
    floor: f64,
}

/// Times of all sentences, after one round that nobody counts.
fn times(translator: &Translator, sentences: &[String]) -> Times {
    let machine = Machine::usual(ShellKind::Bash, Os::Linux);
    let table: HashMap<&str, usize> = sentences.iter().flat_map(|sentence| sentence.split(' ')).zip(0..).collect();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for sentence in sentences {
            let begun = Instant::now();
            let found: usize = sentence.split(' ').filter_map(|word| table.get(word)).sum();
            std::hint::black_box(found);
            let looked_up = begun.elapsed();
            let begun = Instant::now();
            std::hint::black_box(translator.translate(sentence, &machine));
            if round > 0 {
                ours.push(begun.elapsed());
                floor.push(looked_up);
            }
        }
    }
    Times { p50: at(&mut ours, 0.5), p99: at(&mut ours, 0.99), most: at(&mut ours, 1.0), floor: at(&mut floor, 0.5) }
}

/// Gives the translator back, so that the next one finds none of its memory.
fn with_packs(name: &str, packs: &[Pack], sentences: &[String], alone: &Times) -> Translator {
    let (before, begun) = (resident(), Instant::now());
    let (translator, problems) = Translator::with_packs(packs);
    let ready = begun.elapsed().as_secs_f64() * 1e3;
    assert!(problems.is_empty(), "{problems:?}");
    let known = translator.intents().count();
    println!("translator, {known:>4} intents, {name:<18} ready in {ready:>6.1} ms, {} more memory", grown(before));
    let times = times(&translator, sentences);
    println!(
        "{:>37} p50 {:>6.1} µs  p99 {:>6.1} µs  most {:>6.1} µs   {:.2} times the p50 without packs",
        "",
        times.p50,
        times.p99,
        times.most,
        times.p50 / alone.p50
    );
    translator
}

pub(crate) fn report() {
    let sentences = sentences();
    let (before, begun) = (resident(), Instant::now());
    let translator = Translator::embedded();
    let ready = begun.elapsed().as_secs_f64() * 1e3;
    let known = translator.intents().count();
    println!("translator, {known:>4} intents, {:<18} ready in {ready:>6.1} ms, {} more memory", "embedded", grown(before));
    let alone = times(translator, &sentences);
    println!(
        "translator, {:>4} sentences            p50 {:>6.1} µs  p99 {:>6.1} µs  most {:>6.1} µs   look-ups p50 {:.2} µs   ratio {:.0}",
        sentences.len(),
        alone.p50,
        alone.p99,
        alone.most,
        alone.floor,
        alone.p50 / alone.floor
    );
    let packs = [doubled::about_other_things(), doubled::about_the_same()];
    let first = with_packs("others' things", &packs[0], &sentences, &alone);
    let second = with_packs("the same twice", &packs[1], &sentences, &alone);
    drop((first, second));
}
