//! Numbers that grow with events. To count one more of a known series takes a lock and a look through a short list, and
//! allocates nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::families::{Family, Kind};
use super::page::{Page, Value};

/// The value of every label of the series in which a full family gathers the rest.
const OTHER: &str = "_OTHER";

/// Events, by the values of their labels.
#[derive(Debug)]
pub(crate) struct Counter<const LABELS: usize>(Series<LABELS, u64>);

/// How long events took, by the values of their labels.
#[derive(Debug)]
pub(crate) struct Histogram<const LABELS: usize> {
    edges: &'static [u64],
    series: Series<LABELS, Spread>,
}

/// How many events took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spread {
    /// Those within each edge and beyond the one before; the last ones are beyond all edges.
    pub(super) counts: Vec<u64>,
    pub(super) sum: Duration,
}

/// What a registry can put on its page without knowing how many labels it has.
pub(super) trait Collect {
    /// Puts all series on a page.
    fn collect(&self, page: &mut Page);
    /// Events that went to [`OTHER`].
    fn folded(&self) -> u64;
}

impl<const LABELS: usize> Counter<LABELS> {
    pub(super) fn new(family: &Family<LABELS>) -> Self {
        Self(Series::new(family))
    }

    /// Counts one event.
    pub(crate) fn add(&self, labels: [&str; LABELS]) {
        self.0.change(labels, |count| *count += 1);
    }
}

impl<const LABELS: usize> Histogram<LABELS> {
    pub(super) fn new(family: &Family<LABELS>) -> Self {
        let edges = if let Kind::Histogram(edges) = family.about.kind { edges } else { &[] };
        Self { edges, series: Series::new(family) }
    }

    /// Counts one event that took so long.
    pub(crate) fn observe(&self, labels: [&str; LABELS], took: Duration) {
        let bucket = self.edges.partition_point(|edge| Duration::from_millis(*edge) < took);
        self.series.change(labels, |spread| {
            spread.counts.resize(self.edges.len() + 1, 0);
            spread.counts[bucket] += 1;
            spread.sum += took;
        });
    }
}

impl<const LABELS: usize> Collect for Counter<LABELS> {
    fn collect(&self, page: &mut Page) {
        self.0.each(|family, labels, count| page.put(family, labels, Value::Count(*count)));
    }

    fn folded(&self) -> u64 {
        self.0.folded.load(Ordering::Relaxed)
    }
}

impl<const LABELS: usize> Collect for Histogram<LABELS> {
    fn collect(&self, page: &mut Page) {
        self.series.each(|family, labels, spread| page.put(family, labels, Value::Spread(spread.clone())));
    }

    fn folded(&self) -> u64 {
        self.series.folded.load(Ordering::Relaxed)
    }
}

/// One value for each set of labels, and not more of them than the family may have.
#[derive(Debug)]
struct Series<const LABELS: usize, V> {
    family: Family<LABELS>,
    known: Mutex<Vec<([Box<str>; LABELS], V)>>,
    folded: AtomicU64,
}

impl<const LABELS: usize, V: Default> Series<LABELS, V> {
    fn new(family: &Family<LABELS>) -> Self {
        Self { family: *family, known: Mutex::default(), folded: AtomicU64::new(0) }
    }

    fn change(&self, labels: [&str; LABELS], change: impl FnOnce(&mut V)) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |known: &[([Box<str>; LABELS], V)], labels: [&str; LABELS]| {
            known.iter().position(|(have, _)| have.iter().map(|value| &**value).eq(labels))
        };
        let mut labels = labels;
        let mut place = find(&known, labels);
        // The last place is kept for what does not fit.
        if place.is_none() && known.len() + 1 >= self.family.about.most {
            self.folded.fetch_add(1, Ordering::Relaxed);
            labels = [OTHER; LABELS];
            place = find(&known, labels);
        }
        let place = place.unwrap_or_else(|| {
            known.push((labels.map(Box::from), V::default()));
            known.len() - 1
        });
        if let Some((_, value)) = known.get_mut(place) {
            change(value);
        }
    }

    fn each(&self, mut visit: impl FnMut(&Family<LABELS>, [&str; LABELS], &V)) {
        for (labels, value) in self.known.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            visit(&self.family, labels.each_ref().map(|label| &**label), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::metrics::families::{FALLBACKS, HEDGES, REQUEST_DURATION};

    fn seen(counter: &impl Collect) -> Vec<(String, u64)> {
        let mut page = Page::default();
        counter.collect(&mut page);
        page.counts().into_iter().collect()
    }

    #[test]
    fn each_set_of_labels_has_its_own_count_and_what_does_not_fit_is_gathered() {
        let counter = Counter::new(&HEDGES);
        for value in ["a", "b", "a", "c", "d", "e", "f", "e", "a", "d"] {
            counter.add([value]);
        }
        let series = |value: &str, count| (format!("gptos_hedges_total{{result=\"{value}\"}}"), count);
        assert_eq!(seen(&counter), [series("_OTHER", 3), series("a", 3), series("b", 1), series("c", 1), series("d", 2)]);
        assert_eq!(counter.folded(), 3);
    }

    #[test]
    fn the_rest_of_a_family_with_several_labels_is_one_series() {
        let counter = Counter::new(&FALLBACKS);
        for number in 0..100 {
            counter.add(["a", &number.to_string(), "slow"]);
        }
        let seen = seen(&counter);
        assert_eq!(seen.len(), FALLBACKS.about.most);
        let other = "gptos_fallbacks_total{from=\"_OTHER\",to=\"_OTHER\",reason=\"_OTHER\"}".to_owned();
        assert!(seen.contains(&(other, 85)), "{seen:?}");
        assert_eq!(counter.folded(), 85);
    }

    #[test]
    fn an_event_on_an_edge_is_within_it() {
        let histogram = Histogram::new(&REQUEST_DURATION);
        let (ms, ns) = (Duration::from_millis, Duration::from_nanos);
        for took in [Duration::ZERO, ms(1), ms(1) + ns(1), ms(500), ms(8192), ms(8192) + ns(1), ms(60_000)] {
            histogram.observe(["cache"], took);
        }
        let mut counts = Vec::new();
        histogram.series.each(|_, _, spread| counts.clone_from(&spread.counts));
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2]);
    }
}
