//! Rules of the user and of a project, out of their files.

use std::ops::Range;

use toml::Spanned;

use super::raw::{RawRisk, RawRule, RawRules};
use super::resolve::{Lines, Reader, expected};
use super::{ConfigProblem, nearest};
use crate::domain::Risk;
use crate::validate::{CustomRule, CustomRules, MOST_RULES, rule_ids};

impl Reader<'_> {
    /// The rules of the user's own file, which may silence embedded ones.
    pub(super) fn rules(&self, raw: RawRules, lines: &mut Lines) -> Result<CustomRules, ConfigProblem> {
        let (silence, add) = (raw.silence.unwrap_or_default(), raw.add.unwrap_or_default());
        if let Some(extra) = add.get(MOST_RULES) {
            return Err(self.problem(Some(extra.span()), Some("rules.add"), format!("more than {MOST_RULES} rules")));
        }
        if let Some(first) = silence.first() {
            lines.insert("rules.silence".to_owned(), self.line(first.span().start));
        }
        if let Some(first) = add.first() {
            lines.insert("rules.add".to_owned(), self.line(first.span().start));
        }
        let mut silenced: Vec<String> = Vec::new();
        for id in silence {
            if !rule_ids().any(|known| known == id.get_ref()) {
                let problem = self.problem(Some(id.span()), Some("rules.silence"), "no rule has this name");
                return Err(match nearest(id.get_ref(), rule_ids()) {
                    Some(meant) => problem.with_hint(format!("did you mean `{meant}`?")),
                    None => problem.with_hint("`gptos check` names the rules that apply to a command"),
                });
            }
            silenced.push(id.into_inner());
        }
        let mut added: Vec<CustomRule> = Vec::new();
        for rule in add {
            let span = rule.span();
            let rule = self.rule(span.clone(), rule.into_inner())?;
            if added.iter().any(|other| other.id == rule.id) {
                return Err(self.problem(Some(span), Some("rules.add.id"), format!("a second rule named `{}`", rule.id)));
            }
            added.push(rule);
        }
        // Every part has been checked with its place in the file; this is the gate that all rules pass.
        CustomRules::new(silenced, added).map_err(|error| self.problem(None, Some("rules"), error.to_string()))
    }

    /// The rules of a layer together with those of the layers below it.
    pub(super) fn all_rules(&self, below: &CustomRules, own: CustomRules, lines: &Lines) -> Result<CustomRules, ConfigProblem> {
        if below.is_empty() {
            return Ok(own);
        }
        let refuse = |cause: String| {
            let line = lines.get("rules.add").copied();
            ConfigProblem { line, ..self.problem(None, Some("rules.add"), cause) }
        };
        if let Some(twice) = own.added().iter().find(|rule| below.added().iter().any(|other| other.id == rule.id)) {
            return Err(refuse(format!("the administrator has a rule named `{}`", twice.id)));
        }
        let mut silenced = below.silenced().to_vec();
        silenced.extend(own.silenced().iter().filter(|id| !below.silences(id)).cloned());
        let added = below.added().iter().chain(own.added()).cloned().collect();
        CustomRules::new(silenced, added).map_err(|error| refuse(error.to_string()))
    }

    /// One rule out of a `[[rules.add]]` block.
    pub(super) fn rule(&self, block: Range<usize>, raw: RawRule) -> Result<CustomRule, ConfigProblem> {
        let missing = |part: &str| {
            let key = format!("rules.add.{part}");
            self.problem(Some(block.clone()), Some(&key), "missing").with_hint(expected(&key))
        };
        let spans = [
            ("id", raw.id.as_ref().map(Spanned::span)),
            ("programs", raw.programs.as_ref().map(Spanned::span)),
            ("sub", raw.sub.as_ref().map(Spanned::span)),
            ("flags", raw.flags.as_ref().map(Spanned::span)),
            ("without", raw.without.as_ref().map(Spanned::span)),
            ("contains", raw.contains.as_ref().map(Spanned::span)),
            ("reason", raw.reason.as_ref().map(Spanned::span)),
            ("safer", raw.safer.as_ref().map(Spanned::span)),
        ];
        let rule = CustomRule {
            id: raw.id.ok_or_else(|| missing("id"))?.into_inner(),
            programs: raw.programs.ok_or_else(|| missing("programs"))?.into_inner(),
            sub: list(raw.sub),
            flags: list(raw.flags),
            without: list(raw.without),
            contains: list(raw.contains),
            target: raw.target.map(Spanned::into_inner),
            risk: match raw.risk.ok_or_else(|| missing("risk"))?.into_inner() {
                RawRisk::Low => Risk::Low,
                RawRisk::Medium => Risk::Medium,
                RawRisk::High => Risk::High,
                RawRisk::Critical => Risk::Critical,
            },
            reason: raw.reason.ok_or_else(|| missing("reason"))?.into_inner(),
            safer: raw.safer.map(Spanned::into_inner),
        };
        rule.check().map_err(|error| {
            let span = spans.into_iter().find(|(part, _)| *part == error.field).and_then(|(_, span)| span);
            self.problem(span.or_else(|| Some(block.clone())), Some(&format!("rules.add.{}", error.field)), error.reason)
        })?;
        Ok(rule)
    }
}

fn list<T>(value: Option<Spanned<Vec<T>>>) -> Vec<T> {
    value.map(Spanned::into_inner).unwrap_or_default()
}
