//! What the other side is told: lines of a kind, a text and a note, apart by tabs, and `end` at the end. No field holds a control
//! character, so that a stub of any shell can read them line by line.

use std::sync::Arc;

use crate::domain::visible;
use crate::validate::{CustomRule, CustomRules};

/// What is said of a rule that the user wrote.
const OWN_RULE: &str = "a rule of your own";

/// The lines of one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines(String);

impl Lines {
    /// An answer that says one thing.
    pub fn message(text: &str) -> Self {
        Self::default().with("msg", &[text])
    }

    /// Adds a line. What a terminal would obey is written out.
    #[must_use]
    pub fn with(mut self, kind: &str, fields: &[&str]) -> Self {
        self.0.push_str(kind);
        for field in fields {
            self.0.push('\t');
            self.0.push_str(&visible(field));
        }
        self.0.push('\n');
        self
    }

    /// The whole answer. What is cut on its way has no end.
    pub fn ended(self) -> String {
        self.0 + "end\n"
    }
}

/// The user's rules as they may be seen from outside: they hold, but nobody can read them out of the verdicts.
pub fn own_rules(rules: &CustomRules) -> Arc<CustomRules> {
    let hide = |rule: &CustomRule| CustomRule { reason: OWN_RULE.to_owned(), safer: None, ..rule.clone() };
    let hidden = CustomRules::new(rules.silenced().to_vec(), rules.added().iter().map(hide).collect());
    // They were checked when they were read, and a sentence of ours is one that may stand there.
    Arc::new(hidden.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Risk, ShellKind};
    use crate::validate::{Policy, check};

    #[test]
    fn nothing_can_end_a_field_or_a_line() {
        let lines = Lines::default().with("cmd", &["ls\t-l\n", "low", "a\u{1b}[2J\u{202e}"]).ended();
        assert_eq!(lines, "cmd\tls\\t-l\\n\tlow\ta\\x1b[2J\\u{202e}\nend\n");
        assert_eq!(Lines::message("no").ended(), "msg\tno\nend\n");
    }

    #[test]
    fn a_rule_of_the_user_holds_and_keeps_its_words() {
        let rule = CustomRule {
            id: "team-x".to_owned(),
            programs: vec!["deploy".to_owned()],
            sub: Vec::new(),
            flags: Vec::new(),
            without: Vec::new(),
            contains: Vec::new(),
            target: None,
            risk: Risk::High,
            reason: "it pages the secret team".to_owned(),
            safer: Some("deploy-secret".to_owned()),
        };
        let rules = CustomRules::new(vec!["rm-vital".to_owned()], vec![rule]).unwrap();
        let seen = own_rules(&rules);
        assert_eq!(seen.silenced(), ["rm-vital"]);
        let verdict = check("deploy now", &Policy::new(ShellKind::Bash).with_rules(seen));
        assert_eq!((verdict.risk, verdict.worst().map(|worst| worst.reason.as_str())), (Risk::High, Some(OWN_RULE)));
        assert!(!format!("{verdict:?}").contains("secret"), "{verdict:?}");
    }
}
