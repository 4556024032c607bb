//! What happened on the way to the providers, counted. Names and labels come from closed sets, so that there are few.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Different counts that are kept. The sets of labels are closed, so only many providers could make more.
const MOST: usize = 512;

/// Counters by name and labels.
#[derive(Debug, Default)]
pub struct Counts(Mutex<BTreeMap<String, u64>>);

impl Counts {
    /// Counts one event, as `name{label="value",…}`.
    pub fn add(&self, name: &'static str, labels: &[(&'static str, &str)]) {
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
        let series = if labels.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", labels.join(",")) };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < MOST || counts.contains_key(&series) {
            *counts.entry(series).or_default() += 1;
        }
    }

    /// All counts so far.
    pub fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_of_labels_has_its_own_count_and_there_are_not_too_many() {
        let counts = Counts::default();
        for _ in 0..3 {
            counts.add("a_total", &[("x", "1"), ("y", "2")]);
        }
        counts.add("b_total", &[]);
        let all = counts.all();
        assert_eq!(all.get("a_total{x=\"1\",y=\"2\"}"), Some(&3));
        assert_eq!(all.get("b_total"), Some(&1));
        for number in 0..1000 {
            counts.add("c_total", &[("n", &number.to_string())]);
        }
        assert_eq!(counts.all().len(), MOST);
    }
}
