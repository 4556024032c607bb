use super::*;
use crate::domain::ShellKind;
use crate::validate::{Policy, check};

fn findings(command: &str) -> Vec<String> {
    let verdict = check(command, &Policy::new(ShellKind::Bash));
    assert!(!verdict.findings.iter().any(|finding| finding.rule == "syntax"), "{command} does not parse");
    verdict.findings.into_iter().map(|finding| finding.rule).collect()
}

fn all() -> Vec<Table> {
    FILES.map(read).into()
}

/// An entry as text, without its programs and examples.
fn shown(mut table: Table) -> Vec<String> {
    table.base.iter_mut().for_each(|entry| entry.programs.clear());
    table.options.iter_mut().for_each(|entry| entry.programs.clear());
    table.wrapper.iter_mut().for_each(|entry| entry.programs.clear());
    table.rule.iter_mut().for_each(|entry| [&mut entry.programs, &mut entry.yes, &mut entry.no].into_iter().for_each(Vec::clear));
    let (base, rule) = (table.base.iter().map(|entry| format!("{entry:?}")), table.rule.iter().map(|entry| format!("{entry:?}")));
    let (options, wrapper) =
        (table.options.iter().map(|entry| format!("{entry:?}")), table.wrapper.iter().map(|entry| format!("{entry:?}")));
    base.chain(rule).chain(options).chain(wrapper).collect()
}

#[test]
fn reading_what_names_a_program_gives_what_reading_everything_gives() {
    let programs: std::collections::BTreeSet<String> = all()
        .into_iter()
        .flat_map(|table| {
            let base = table.base.into_iter().map(|entry| entry.programs);
            let rule = table.rule.into_iter().map(|entry| entry.programs);
            let options = table.options.into_iter().map(|entry| entry.programs);
            base.chain(rule).chain(options).chain(table.wrapper.into_iter().map(|entry| entry.programs)).flatten().collect::<Vec<_>>()
        })
        .collect();
    assert!(programs.len() > 200);
    for program in &programs {
        let mut entries = String::new();
        FILES.into_iter().for_each(|text| gather(text, &format!("\"{program}\""), &mut entries));
        let mut whole = Table::default();
        for mut table in all() {
            whole.base.extend(table.base.extract_if(.., |entry| entry.programs.contains(program)));
            whole.rule.extend(table.rule.extract_if(.., |entry| entry.programs.contains(program)));
            whole.options.extend(table.options.extract_if(.., |entry| entry.programs.contains(program)));
            whole.wrapper.extend(table.wrapper.extract_if(.., |entry| entry.programs.contains(program)));
        }
        assert_eq!(shown(read(&entries)), shown(whole), "{program}");
    }
    assert!(table("no-such-program").base.is_empty());
}

#[test]
fn every_rule_applies_to_its_examples_only() {
    for rule in all().iter().flat_map(|table| &table.rule) {
        assert!(!rule.yes.is_empty() && !rule.no.is_empty(), "{} needs examples of both kinds", rule.id);
        for command in &rule.yes {
            assert!(findings(command).contains(&rule.id), "{}: {command}", rule.id);
        }
        for command in &rule.no {
            assert!(!findings(command).contains(&rule.id), "{} must not apply: {command}", rule.id);
        }
    }
}

#[test]
fn rule_ids_are_unique_and_reasons_short() {
    let all = all();
    let mut ids: Vec<&str> = all.iter().flat_map(|table| &table.rule).map(|rule| rule.id.as_str()).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(all.iter().flat_map(|table| &table.rule).all(|rule| rule.reason.len() <= 60 && !rule.reason.ends_with('.')));
    assert!(all.iter().flat_map(|table| &table.base).all(|base| (base.risk.0 == Risk::None) == base.reason.is_empty()));
}

#[test]
fn rules_of_the_user_add_and_silence() {
    let added = CustomRule {
        id: "no-frobnicate".to_owned(),
        programs: vec!["frobnicate".to_owned()],
        sub: vec!["all".to_owned()],
        flags: Vec::new(),
        without: vec!["--dry-run".to_owned()],
        contains: Vec::new(),
        target: Some(CustomTarget::System),
        risk: Risk::High,
        reason: "frobnicates the system".to_owned(),
        safer: Some("frobnicate --dry-run".to_owned()),
    };
    let rules = CustomRules::new(vec!["rm-recursive".to_owned(), "program".to_owned()], vec![added]).expect("valid");
    let policy = Policy::new(ShellKind::Bash).with_rules(std::sync::Arc::new(rules));
    let ids = |command: &str| -> Vec<String> { check(command, &policy).findings.into_iter().map(|finding| finding.rule).collect() };
    assert!(ids("sudo frobnicate all /etc/x").contains(&"no-frobnicate".to_owned()));
    assert!(!ids("frobnicate all x").contains(&"no-frobnicate".to_owned()));
    assert!(!ids("frobnicate all /etc/x --dry-run").contains(&"no-frobnicate".to_owned()));
    assert_eq!(check("rm -r build", &policy).risk, Risk::None);
    assert_eq!(check("rm -r /usr", &policy).risk, Risk::Critical);
}
