//! When somebody should look: objectives, and the rules by which Prometheus tells that they are missed.
//!
//! Whether too many questions fail is judged by how fast the month's allowance is used up, over a long and a short window at
//! once (*The Site Reliability Workbook*, chapter 5): a short outage pages soon, a slow leak makes a ticket, and what is over
//! is no longer told. On one machine a single failure is a large share, so nothing is told below a number of failures.

mod rules;

pub use rules::rules;

/// Of 100 questions that somebody waited for, the share that must not end in an error, over 30 days.
pub const AVAILABILITY: f64 = 0.999;

/// Failures within a window below which its rate says nothing.
pub const LEAST_FAILURES: u32 = 10;

/// Answers of the cache are due within this many seconds, one in a hundred excepted. It is an edge of the histogram.
pub const CACHED_WITHIN: &str = "0.5";

/// Answers of providers are due within this many seconds, one in twenty excepted. It is an edge of the histogram.
pub const ONLINE_WITHIN: &str = "2.048";

/// Share of answers that may be guesses or what is left when nobody better could be asked.
pub const MOST_DEGRADED: f64 = 0.10;

/// Share of a queue's capacity above which it is about to drop work.
pub const QUEUE_FULL: f64 = 0.8;

/// One rule of Prometheus: a series that is computed, or a condition that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// A ratio that others use.
    Record {
        /// The name of the new series.
        name: String,
        /// What it is.
        expr: String,
    },
    /// Something to look at.
    Alert {
        /// What it is called.
        name: &'static str,
        /// When it is.
        expr: String,
        /// For how long it must have been so.
        lasts: &'static str,
        /// How soon somebody should look.
        severity: Severity,
        /// What is wrong, in one line.
        summary: &'static str,
        /// What to do first, in one line.
        action: &'static str,
    },
}

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Now.
    Page,
    /// On a working day.
    Ticket,
}

impl Severity {
    /// The value of the label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Ticket => "ticket",
        }
    }
}

/// Rules that are evaluated together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What it is called.
    pub name: &'static str,
    /// Its rules; one may use what those before it compute.
    pub rules: Vec<Rule>,
}

/// The groups as a rules file of Prometheus.
pub fn yaml(groups: &[Group]) -> String {
    let mut text = String::from("groups:\n");
    for group in groups {
        text.push_str(&format!("- name: {}\n  interval: 30s\n  rules:\n", group.name));
        for rule in &group.rules {
            match rule {
                Rule::Record { name, expr } => text.push_str(&format!("  - record: {name}\n    expr: {}\n", quoted(expr))),
                Rule::Alert { name, expr, lasts, severity, summary, action } => {
                    text.push_str(&format!("  - alert: {name}\n    expr: {}\n", quoted(expr)));
                    if !lasts.is_empty() {
                        text.push_str(&format!("    for: {lasts}\n"));
                    }
                    text.push_str(&format!("    labels:\n      severity: {}\n", severity.name()));
                    text.push_str(&format!("    annotations:\n      summary: {}\n      action: {}\n", quoted(summary), quoted(action)));
                }
            }
        }
    }
    text
}

/// A text of one line as YAML reads it back. In single quotes only the quote itself means something.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::metrics::families;

    /// What looks like the name of a series in an expression: it has an underscore or a colon and no quotes around it.
    fn names(expr: &str) -> Vec<String> {
        let outside: String = expr.split('"').step_by(2).collect::<Vec<_>>().join(" ");
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        let words = outside.split(|c| !is_part(c)).filter(|word| word.starts_with("gptos") || word.starts_with("gen_ai_client"));
        words.map(str::to_owned).collect()
    }

    #[test]
    fn rules_speak_of_series_that_there_are() {
        let groups = rules();
        let mut recorded = Vec::new();
        for rule in groups.iter().flat_map(|group| &group.rules) {
            let (Rule::Record { expr, .. } | Rule::Alert { expr, .. }) = rule;
            for name in names(expr) {
                let family = ["_bucket", "_count", "_sum"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
                assert!(families::names().any(|known| known == family) || recorded.contains(&name), "{name} in {expr}");
            }
            if let Rule::Record { name, .. } = rule {
                recorded.push(name.clone());
            }
        }
        assert!(!recorded.is_empty());
    }

    #[test]
    fn limits_are_edges_of_the_histogram() {
        for limit in [CACHED_WITHIN, ONLINE_WITHIN] {
            assert!(families::request_edges().any(|edge| edge == limit), "{limit}");
        }
    }

    #[test]
    fn alerts_have_one_name_a_summary_and_something_to_do() {
        let groups = rules();
        let mut seen = Vec::new();
        for rule in groups.iter().flat_map(|group| &group.rules) {
            let Rule::Alert { name, summary, action, .. } = rule else { continue };
            assert!(name.starts_with("Gptos") && !seen.contains(name), "{name}");
            assert!(summary.len() > 10 && action.contains('`') && !summary.contains('\n'), "{name}");
            seen.push(name);
        }
        assert!(seen.len() >= 10);
    }

    #[test]
    fn texts_are_quoted_for_yaml() {
        let rule = Rule::Record { name: "a:b".to_owned(), expr: "x{y='z'}".to_owned() };
        let text = yaml(&[Group { name: "g", rules: vec![rule] }]);
        assert_eq!(text, "groups:\n- name: g\n  interval: 30s\n  rules:\n  - record: a:b\n    expr: 'x{y=''z''}'\n");
    }
}
