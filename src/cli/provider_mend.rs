//! What mends a call that a provider did not answer: a command for each class of failure.

use crate::domain::FailureClass;

/// Words with which a hint begins that is a command already.
const COMMANDS: [&str; 5] = ["`gptos ", "gptos ", "chmod ", "export ", "`az "];

/// The reason with the command behind it, in the form in which reasons carry hints. `None` is a failure before anybody was called.
pub(super) fn with_command(provider: &str, class: Option<&FailureClass>, reason: &str) -> String {
    let (reason, hint) = reason.split_once("; hint: ").map_or((reason, None), |(reason, hint)| (reason, Some(hint)));
    let mend = hint.and_then(as_command).unwrap_or_else(|| {
        let (command, why) = command(provider, class, reason);
        format!("{command}    ({})", hint.unwrap_or(why))
    });
    format!("{reason}; hint: {mend}")
}

/// A hint that begins with a command, in the form in which the command is told from the rest.
pub(super) fn as_command(hint: &str) -> Option<String> {
    if !COMMANDS.iter().any(|begin| hint.starts_with(begin)) {
        return None;
    }
    match hint.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
        Some((command, "")) => Some(command.to_owned()),
        Some((command, rest)) => Some(format!("{command}    ({})", rest.trim_start())),
        None => Some(hint.to_owned()),
    }
}

/// The command, and what it is for.
fn command(provider: &str, class: Option<&FailureClass>, reason: &str) -> (String, &'static str) {
    let test = || format!("gptos provider test {provider}");
    match class {
        // Another key would not be stored either.
        Some(FailureClass::Auth) if reason.starts_with("keyring: ") => (test(), "when the keyring answers"),
        Some(FailureClass::Auth) => (format!("gptos auth login {provider}"), "takes another key"),
        Some(FailureClass::Quota) => (test(), "when its account has credit again"),
        Some(FailureClass::Spent) => ("gptos stats".to_owned(), "tells what was spent"),
        Some(FailureClass::Config | FailureClass::Request) => {
            (format!("gptos provider models {provider}"), "names its models; `gptos config edit` changes its block")
        }
        Some(FailureClass::Malformed) => ("gptos config edit".to_owned(), "base_url and kind of its block"),
        Some(FailureClass::LocalNetwork | FailureClass::Tls) => {
            ("gptos doctor".to_owned(), "looks at names, proxies, certificates and the clock")
        }
        Some(
            FailureClass::Transient
            | FailureClass::Unsent
            | FailureClass::Overloaded
            | FailureClass::RateLimited { .. }
            | FailureClass::Refusal
            | FailureClass::Truncated
            | FailureClass::Slow(_),
        )
        | None => (test(), "once more, in a while"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Stage;

    #[test]
    fn every_failure_has_a_command() {
        use FailureClass::*;
        for (class, reason, told) in [
            (Some(Auth), "HTTP 401: no; hint: check the key", "HTTP 401: no; hint: gptos auth login p    (check the key)"),
            (Some(Auth), "X: not set; hint: export X=…", "X: not set; hint: export X=…"),
            (Some(Auth), "k: open; hint: chmod 600 k", "k: open; hint: chmod 600 k"),
            (Some(Auth), "no keyring; hint: `gptos auth login` asks again", "no keyring; hint: gptos auth login    (asks again)"),
            (Some(Auth), "keyring: it is locked; hint: unlock it", "keyring: it is locked; hint: gptos provider test p    (unlock it)"),
            (Some(Quota), "HTTP 402", "HTTP 402; hint: gptos provider test p    (when its account has credit again)"),
            (Some(Spent), "a; hint: `gptos config set spend.day …`", "a; hint: gptos config set spend.day …"),
            (
                Some(Config),
                "HTTP 404",
                "HTTP 404; hint: gptos provider models p    (names its models; `gptos config edit` changes its block)",
            ),
            (Some(Malformed), "a page; hint: a login page?", "a page; hint: gptos config edit    (a login page?)"),
        ] {
            assert_eq!(with_command("p", class.as_ref(), reason), told);
        }
        let rest = [
            Transient,
            Unsent,
            Overloaded,
            RateLimited { retry_after: None },
            Request,
            Refusal,
            Truncated,
            Slow(Stage::Total),
            LocalNetwork,
            Tls,
        ];
        for class in rest.iter().map(Some).chain([None]) {
            assert!(with_command("p", class, "why").starts_with("why; hint: gptos "), "{class:?}");
        }
    }
}
