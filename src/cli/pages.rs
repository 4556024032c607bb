//! Examples out of pages, for people and programs to read. None of them is put into a line: a gap that nobody filled must
//! not run.

use serde::Serialize;

use crate::domain::{OptionCheck, PageOffer, Risk};
use crate::protocol::{Answer, WirePage};
use crate::suggest::pages::judged;
use crate::validate::{Policy, Suggestion};

/// An example that passed the gate.
pub(super) struct ShownPage {
    offer: PageOffer,
    judged: Suggestion,
}

/// Judges the examples of an answer; those that do not pass are dropped.
pub(super) fn of_answer(answer: &Answer, policy: &Policy) -> Vec<ShownPage> {
    shown(answer.pages.iter().cloned().map(WirePage::into_offer), policy)
}

/// Judges examples; those that do not pass are dropped.
pub(super) fn shown(offers: impl IntoIterator<Item = PageOffer>, policy: &Policy) -> Vec<ShownPage> {
    let judge = |offer: PageOffer| Some(ShownPage { judged: judged(&offer, policy)?, offer });
    offers.into_iter().filter_map(judge).collect()
}

impl ShownPage {
    /// The command, with its gaps as `<name>`.
    pub(super) fn command(&self) -> String {
        self.offer.shown()
    }

    /// What may keep it from working here.
    pub(super) fn doubt(&self) -> Option<String> {
        match &self.offer.options {
            OptionCheck::Unlisted { program, option } => Some(format!("{program} may have no {option} here")),
            OptionCheck::Unknown | OptionCheck::Listed => None,
        }
    }

    /// What it does, and what it risks when that deserves a second look.
    pub(super) fn remark(&self) -> String {
        let mut says = self.judged.reading().unwrap_or(&self.offer.page).to_owned();
        if let Some(doubt) = self.doubt() {
            says.push_str(&format!(" · {doubt}"));
        }
        if let Some(reason) = self.judged.reason().filter(|_| self.judged.risk() > Risk::Low) {
            says.push_str(&format!(" · risk {}: {reason}", self.judged.risk()));
        }
        says
    }
}

/// An example in `translate --json`.
#[derive(Debug, Serialize)]
pub(super) struct PageReport {
    command: String,
    source: &'static str,
    page: String,
    reading: Option<String>,
    risk: &'static str,
    confidence: f64,
    placeholders: bool,
    /// Whether the options exist here: `listed`, `unlisted` for one that may not, or `unknown`.
    options: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unlisted: Option<String>,
}

impl From<&ShownPage> for PageReport {
    fn from(page: &ShownPage) -> Self {
        let (options, unlisted) = match &page.offer.options {
            OptionCheck::Unknown => ("unknown", None),
            OptionCheck::Listed => ("listed", None),
            OptionCheck::Unlisted { option, .. } => ("unlisted", Some(option.clone())),
        };
        Self {
            options,
            unlisted,
            command: page.command(),
            source: "tldr",
            page: page.offer.page.clone(),
            reading: page.judged.reading().map(str::to_owned),
            risk: page.judged.risk().name(),
            confidence: page.judged.confidence(),
            placeholders: page.offer.has_placeholders(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;

    fn one(command: &str, reading: &str) -> Option<ShownPage> {
        with(command, reading, OptionCheck::Unknown)
    }

    fn with(command: &str, reading: &str, options: OptionCheck) -> Option<ShownPage> {
        let offer =
            PageOffer { page: "pack".to_owned(), reading: reading.to_owned(), command: command.to_owned(), confidence: 0.6, options };
        shown([offer], &Policy::new(ShellKind::Bash)).pop()
    }

    #[test]
    fn gaps_are_shown_and_what_an_example_risks_is_said() {
        let page = one("pack {{path/to/file}}", "Pack a\u{1b}[2J file").unwrap();
        assert_eq!(page.command(), "pack <path/to/file>");
        assert!(page.remark().starts_with("Pack a") && !page.remark().contains('\u{1b}'), "{}", page.remark());
        let unlisted = OptionCheck::Unlisted { program: "pack".to_owned(), option: "--gently".to_owned() };
        let page = with("pack --gently", "Pack", unlisted).unwrap();
        assert_eq!(page.remark(), "Pack · pack may have no --gently here");
        let report = serde_json::to_value(PageReport::from(&page)).unwrap();
        assert_eq!((&report["options"], &report["unlisted"]), (&"unlisted".into(), &"--gently".into()));
        let page = one("rm -rf ~", "Tidy up").unwrap();
        assert!(page.remark().starts_with("Tidy up · risk critical: "), "{}", page.remark());
    }

    #[test]
    fn what_the_gate_does_not_let_pass_is_not_shown() {
        for command in ["ls\u{202e}x", "ls\u{1b}[2J", "ls; 'open", "", "ls\nrm x", "cat \u{200b}{{file}}"] {
            assert!(one(command, "Do it").is_none(), "{command:?}");
        }
    }

    #[test]
    fn programs_are_told_of_gaps() {
        let report = |command: &str| serde_json::to_value(PageReport::from(&one(command, "Pack").unwrap())).unwrap();
        assert_eq!(
            report("pack {{file}}"),
            serde_json::json!({ "command": "pack <file>", "source": "tldr", "page": "pack", "reading": "Pack",
                "risk": report("pack {{file}}")["risk"], "confidence": 0.6, "placeholders": true, "options": "unknown" })
        );
        assert_eq!(report("pack --all")["placeholders"], false);
    }
}
