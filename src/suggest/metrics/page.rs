//! All numbers of one moment, and how they are written for Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::families::{ALL, About, Family, Kind, seconds};
use super::series::Spread;

/// One number, or what stands for several.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Count(u64),
    Level(f64),
    Spread(Spread),
}

/// All numbers of one moment, by the name of their family and by their labels as they are written.
#[derive(Debug, Default)]
pub struct Page(BTreeMap<&'static str, BTreeMap<String, Value>>);

impl Page {
    /// Puts on it how something stands. Series that a family has no place for are left out.
    pub fn level<const LABELS: usize>(&mut self, family: &Family<LABELS>, labels: [&str; LABELS], level: f64) {
        self.put(family, labels, Value::Level(level));
    }

    /// Puts on it what was counted elsewhere.
    pub fn count<const LABELS: usize>(&mut self, family: &Family<LABELS>, labels: [&str; LABELS], count: u64) {
        self.put(family, labels, Value::Count(count));
    }

    pub(super) fn put<const LABELS: usize>(&mut self, family: &Family<LABELS>, labels: [&str; LABELS], value: Value) {
        let mut text = String::new();
        for (name, value) in family.labels.iter().zip(labels) {
            let comma = if text.is_empty() { "" } else { "," };
            // Writing to memory cannot fail.
            let _ = write!(text, "{comma}{name}=\"{}\"", escaped(value));
        }
        let series = self.0.entry(family.about.name).or_default();
        if series.len() < family.about.most || series.contains_key(&text) {
            series.insert(text, value);
        }
    }

    /// Only what was counted, by name and labels.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        let all = self.0.iter().flat_map(|(name, series)| series.iter().map(move |(labels, value)| (name, labels, value)));
        all.filter_map(|(name, labels, value)| if let Value::Count(count) = value { Some((series(name, labels), *count)) } else { None })
            .collect()
    }

    /// The text that Prometheus reads: families in the order of their names, each with what it means, also those
    /// without a number yet; series in the order of their labels.
    pub fn text(&self) -> String {
        let mut families: Vec<&About> = ALL.iter().collect();
        families.sort_unstable_by_key(|about| about.name);
        let mut text = String::new();
        for about in families {
            let kind = match about.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram(_) => "histogram",
            };
            let _ = writeln!(text, "# HELP {} {}\n# TYPE {0} {kind}", about.name, about.help);
            for (labels, value) in self.0.get(about.name).into_iter().flatten() {
                let _ = match value {
                    Value::Count(count) => writeln!(text, "{} {count}", series(about.name, labels)),
                    Value::Level(level) => writeln!(text, "{} {level}", series(about.name, labels)),
                    Value::Spread(spread) => write_spread(&mut text, about, labels, spread),
                };
            }
        }
        text
    }
}

fn write_spread(text: &mut String, about: &About, labels: &str, spread: &Spread) -> std::fmt::Result {
    let name = about.name;
    let edges = if let Kind::Histogram(edges) = about.kind { edges } else { &[] };
    let comma = if labels.is_empty() { "" } else { "," };
    let edges = edges.iter().map(|edge| seconds(*edge)).chain(["+Inf".to_owned()]);
    let mut within = 0;
    for (edge, count) in edges.zip(&spread.counts) {
        within += count;
        writeln!(text, "{name}_bucket{{{labels}{comma}le=\"{edge}\"}} {within}")?;
    }
    writeln!(text, "{} {}", series(&format!("{name}_sum"), labels), spread.sum.as_secs_f64())?;
    writeln!(text, "{} {within}", series(&format!("{name}_count"), labels))
}

fn series(name: &str, labels: &str) -> String {
    if labels.is_empty() { name.to_owned() } else { format!("{name}{{{labels}}}") }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::metrics::families;

    #[test]
    fn what_would_end_a_label_is_escaped() {
        let mut page = Page::default();
        page.level(&families::QUEUE_DEPTH, ["a\\b\"c\nd {e=\"f\"} é"], 1.5);
        assert!(page.text().contains("\ngptos_queue_depth{queue=\"a\\\\b\\\"c\\nd {e=\\\"f\\\"} é\"} 1.5\n"), "{}", page.text());
    }

    #[test]
    fn a_level_that_is_put_twice_counts_once_and_too_many_are_left_out() {
        let mut page = Page::default();
        for number in 0..20 {
            page.level(&families::QUEUE_DEPTH, [&number.to_string()], 0.0);
        }
        page.level(&families::QUEUE_DEPTH, ["0"], 7.0);
        let text = page.text();
        let series: Vec<_> = text.lines().filter(|line| line.starts_with("gptos_queue_depth{")).collect();
        assert_eq!(series.len(), families::QUEUE_DEPTH.about.most);
        assert_eq!(series[0], "gptos_queue_depth{queue=\"0\"} 7");
    }
}
