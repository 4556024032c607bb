//! `gptos batch sanitize` and `gptos batch redact`: the gates that texts pass on their way in and out.

use std::io::BufReader;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

use super::ExitStatus;
use super::arguments::DialectArguments;
use super::batch::{self, Form};
use super::output::Output;
use crate::domain::{Risk, ShellKind};
use crate::redact;
use crate::validate::{self, Action, Policy, Sanitized};

const ANSWERS: Form = Form { field: "raw_b64", hint: "a line looks like {\"id\": 1, \"raw_b64\": \"bHMgLWwK\"}" };
const TEXTS: Form = Form { field: "text", hint: "a line looks like {\"id\": 1, \"text\": \"mysql -pSECRET\"}" };

#[derive(Serialize)]
struct SanitizedLine<'a> {
    id: &'a Value,
    action: &'static str,
    text: &'a str,
    risk: Option<&'static str>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct RedactedLine<'a> {
    id: &'a Value,
    text: Option<&'a str>,
}

/// Tells of JSON lines of raw answers what may enter the edit buffer.
pub(super) fn sanitize(arguments: DialectArguments, output: &mut Output<'_>) -> ExitStatus {
    let shell = arguments.shell.map(|name| name.0);
    let mut answer = |id: &Value, raw: Option<&str>| {
        let Some(raw) = raw else {
            return Ok(batch::json(&SanitizedLine { id, action: "refuse", text: "", risk: None, reason: None }));
        };
        let bytes = STANDARD.decode(raw).map_err(|error| format!("not base64: {error}"))?;
        let (sanitized, risk) = in_dialects(&bytes, shell);
        let action = match sanitized.action {
            Action::Insert => "insert",
            Action::Show => "warn",
            Action::Refuse => "refuse",
        };
        let reason = sanitized.why.map(|why| why.to_string());
        Ok(batch::json(&SanitizedLine { id, action, text: &sanitized.text, risk: Some(risk.name()), reason }))
    };
    batch::answer_lines(BufReader::new(std::io::stdin().lock()), &ANSWERS, &mut answer, output)
}

/// What one shell makes of an answer, or the strictest of the shells that understand it, with the highest risk.
fn in_dialects(bytes: &[u8], shell: Option<ShellKind>) -> (Sanitized, Risk) {
    let shells = shell.map_or(ShellKind::ALL.to_vec(), |shell| vec![shell]);
    let mut all: Vec<Sanitized> = shells.iter().map(|shell| validate::sanitize(bytes, &Policy::new(*shell))).collect();
    if all.iter().any(|sanitized| !sanitized.is_foreign()) {
        all.retain(|sanitized| !sanitized.is_foreign());
    }
    let risk = all.iter().map(|sanitized| sanitized.risk).max().unwrap_or(Risk::Medium);
    let strictest = all.into_iter().max_by_key(|sanitized| sanitized.action).expect("there is at least one shell");
    (strictest, risk)
}

/// Prints JSON lines with their secrets replaced.
pub(super) fn redact(output: &mut Output<'_>) -> ExitStatus {
    let mut answer = |id: &Value, text: Option<&str>| {
        let redacted = text.map(redact::redact);
        Ok(batch::json(&RedactedLine { id, text: redacted.as_ref().map(|redacted| redacted.text.as_str()) }))
    };
    batch::answer_lines(BufReader::new(std::io::stdin().lock()), &TEXTS, &mut answer, output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_shell_that_understands_an_answer_decides() {
        for (raw, shell, action) in [
            ("ls # all", None, Action::Show),
            ("ls # all", Some(ShellKind::Bash), Action::Insert),
            ("ls # all", Some(ShellKind::Zsh), Action::Show),
            ("for x in 1 2; echo $x; end", None, Action::Insert),
            ("for x in 1 2; echo $x; end", Some(ShellKind::Bash), Action::Refuse),
            ("echo 'a", None, Action::Refuse),
            ("ls !$", Some(ShellKind::Fish), Action::Insert),
            ("ls !$", None, Action::Show),
        ] {
            assert_eq!(in_dialects(raw.as_bytes(), shell).0.action, action, "{raw} {shell:?}");
        }
        assert!(in_dialects(b"ls # ; rm -rf ~", None).1 >= Risk::High);
    }
}
