//! Rules between the asking process and the resident. The asking process reads them where its shell stands, and they decide
//! there what is shown; the resident needs them for what it records.

use std::sync::Arc;

use crate::domain::Risk;
use crate::protocol::{WireRule, WireRules};
use crate::validate::{CustomRule, CustomRules, CustomTarget};

const RISKS: [Risk; 4] = [Risk::Low, Risk::Medium, Risk::High, Risk::Critical];

/// Puts rules on the wire.
pub fn to_wire(rules: &CustomRules) -> WireRules {
    WireRules { silenced: rules.silenced().to_vec(), added: rules.added().iter().map(rule_to_wire).collect() }
}

/// The rules that hold for who asks with `asker`: of those that the asking process found and those that are known here, `own`, the
/// stricter. Who says nothing of rules gets those that are known here.
///
/// # Errors
/// What is wrong with the asker's, in one line.
pub fn in_force(own: &Arc<CustomRules>, asker: Option<WireRules>) -> Result<Arc<CustomRules>, String> {
    let Some(wire) = asker else { return Ok(Arc::clone(own)) };
    let added = wire.added.into_iter().map(rule_from_wire).collect::<Result<Vec<_>, _>>()?;
    let theirs = CustomRules::new(wire.silenced, added).map_err(|error| format!("rules: {error}"))?;
    Ok(if **own == theirs { Arc::clone(own) } else { Arc::new(own.strictest(&theirs)) })
}

fn rule_to_wire(rule: &CustomRule) -> WireRule {
    let rule = rule.clone();
    WireRule {
        id: rule.id,
        programs: rule.programs,
        sub: rule.sub,
        flags: rule.flags,
        without: rule.without,
        contains: rule.contains,
        target: rule.target.map(|target| target.name().to_owned()),
        risk: rule.risk.name().to_owned(),
        reason: rule.reason,
        safer: rule.safer,
    }
}

fn rule_from_wire(wire: WireRule) -> Result<CustomRule, String> {
    let unknown = |what: &str, word: &str| format!("rules: {what} `{word}` is not known");
    let target = match &wire.target {
        Some(word) => Some(CustomTarget::ALL.into_iter().find(|target| target.name() == word).ok_or_else(|| unknown("target", word))?),
        None => None,
    };
    let risk = RISKS.into_iter().find(|risk| risk.name() == wire.risk).ok_or_else(|| unknown("risk", &wire.risk))?;
    Ok(CustomRule {
        id: wire.id,
        programs: wire.programs,
        sub: wire.sub,
        flags: wire.flags,
        without: wire.without,
        contains: wire.contains,
        target,
        risk,
        reason: wire.reason,
        safer: wire.safer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, risk: Risk, target: Option<CustomTarget>) -> CustomRule {
        let words = |text: &str| vec![text.to_owned()];
        CustomRule {
            id: id.to_owned(),
            programs: words("terraform"),
            sub: words("apply"),
            flags: vec![words("-auto-approve")],
            without: words("-help"),
            contains: words("prod"),
            target,
            risk,
            reason: "changes what is running".to_owned(),
            safer: Some("terraform plan".to_owned()),
        }
    }

    #[test]
    fn rules_come_off_the_wire_as_they_went_onto_it() {
        let targets = CustomTarget::ALL.into_iter().map(Some).chain([None]);
        for (target, risk) in targets.zip(RISKS.into_iter().cycle()) {
            let rules = CustomRules::new(vec!["rm-recursive".to_owned()], vec![rule("mine", risk, target)]).unwrap();
            let text = serde_json::to_string(&to_wire(&rules)).unwrap();
            let own = Arc::new(rules);
            let read = in_force(&own, Some(serde_json::from_str(&text).unwrap())).unwrap();
            assert!(Arc::ptr_eq(&read, &own), "{text}");
        }
        assert_eq!(serde_json::to_string(&to_wire(&CustomRules::default())).unwrap(), "{}");
    }

    #[test]
    fn of_two_sets_of_rules_the_stricter_hold() {
        let silenced = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let both = rule("both", Risk::High, None);
        let own = CustomRules::new(silenced(&["rm-recursive", "rm-vital"]), vec![both.clone(), rule("own", Risk::Low, None)]).unwrap();
        let asker = CustomRules::new(silenced(&["rm-vital", "append"]), vec![both, rule("project", Risk::Critical, None)]).unwrap();
        let held = in_force(&Arc::new(own), Some(to_wire(&asker))).unwrap();
        let ids: Vec<&str> = held.added().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!((held.silenced(), ids), (&["rm-vital".to_owned()][..], vec!["both", "own", "project"]));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let own = Arc::<CustomRules>::default();
        let spoilt = |spoil: fn(&mut WireRule)| {
            let mut wire = rule_to_wire(&rule("mine", Risk::High, Some(CustomTarget::Any)));
            spoil(&mut wire);
            in_force(&own, Some(WireRules { silenced: Vec::new(), added: vec![wire] }))
        };
        assert!(spoilt(|_| ()).is_ok());
        assert!(spoilt(|wire| wire.risk = "none".to_owned()).is_err());
        assert!(spoilt(|wire| wire.target = Some("moon".to_owned())).is_err());
        assert!(spoilt(|wire| wire.programs.clear()).is_err());
        assert!(in_force(&own, Some(WireRules { silenced: vec!["no-such-rule".to_owned()], added: Vec::new() })).is_err());
    }
}
