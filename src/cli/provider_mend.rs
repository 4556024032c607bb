//! What mends a call that a provider did not answer: a command for each class of failure.

use std::fs;

use crate::domain::{FailureClass, KeySettings, ShellKind};
use crate::platform;
use crate::providers::ProviderSettings;
use crate::syntax::quote_path;

/// Words with which a hint begins that is a command already.
const COMMANDS: [&str; 6] = ["`gptos ", "gptos ", "chmod ", "export ", "`az ", "`mkdir "];

/// The reason with the command behind it, in the form in which reasons carry hints. `None` is a failure before anybody was called.
pub(super) fn with_command(section: &ProviderSettings, class: Option<&FailureClass>, reason: &str) -> String {
    let (reason, hint) = reason.split_once("; hint: ").map_or((reason, None), |(reason, hint)| (reason, Some(hint)));
    let mend = hint.and_then(as_command).unwrap_or_else(|| match (&section.key, class) {
        // The hint of a server knows nothing of where the key is.
        (Some(key @ (KeySettings::Command(_) | KeySettings::Env(_) | KeySettings::File(_))), Some(FailureClass::Auth)) => {
            let (command, why) = other_key(&section.name, key);
            format!("{command}    ({why})")
        }
        _ => {
            let (command, why) = command(&section.name, class, reason);
            format!("{command}    ({})", hint.unwrap_or(why))
        }
    });
    format!("{reason}; hint: {mend}")
}

/// What brings another key to where this one is, in the form in which the command is told from the rest.
pub(super) fn mend_key(provider: &str, key: Option<&KeySettings>) -> String {
    let (command, why) = key.map_or_else(|| login(provider), |key| other_key(provider, key));
    format!("{command}    ({why})")
}

fn login(provider: &str) -> (String, &'static str) {
    (format!("gptos auth login {provider}"), "asks for another key")
}

/// The same in two parts. What a command's arguments hold is never shown.
fn other_key(provider: &str, key: &KeySettings) -> (String, &'static str) {
    match key {
        KeySettings::Login(_) => login(provider),
        KeySettings::Command(_) => ("gptos config edit".to_owned(), "key: names the command that prints it; run that in a terminal"),
        KeySettings::Env(name) => (format!("export {name}=…"), "before the shell asks"),
        KeySettings::File(path) if fs::metadata(path).is_ok_and(|file| file.is_file() && platform::is_own(&file)) => {
            (format!("chmod 600 {}", quote_path(&path.display().to_string(), ShellKind::Bash)), "and put the key alone into it")
        }
        KeySettings::File(_) => ("gptos config edit".to_owned(), "key: name a file of your own"),
    }
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
        Some(FailureClass::Auth) => login(provider),
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
    use std::path::Path;

    use super::*;
    use crate::domain::Stage;

    fn section(key: &str) -> ProviderSettings {
        let block = "[[provider]]\nname = \"p\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n";
        let parsed = crate::config::parse(&format!("{block}{key}\n"), Path::new("/c/config.toml"), None).expect("parses");
        parsed.providers.into_iter().next().expect("is there")
    }

    #[test]
    fn what_mends_a_key_fits_the_place_where_it_is() {
        let folder = tempfile::tempdir().expect("makes a directory");
        let file = folder.path().join("a key");
        fs::write(&file, "sk-1\n").expect("writes");
        let (own, gone) = (file.display().to_string(), folder.path().join("gone").display().to_string());
        for (key, mend) in [
            (String::new(), "gptos auth login p    (asks for another key)".to_owned()),
            ("key = { login = \"file\" }".to_owned(), "gptos auth login p    (asks for another key)".to_owned()),
            (
                "key = { command = [\"pass\", \"show\", \"p\"] }".to_owned(),
                "gptos config edit    (key: names the command that prints it; run that in a terminal)".to_owned(),
            ),
            ("key = { env = \"P_KEY\" }".to_owned(), "export P_KEY=…    (before the shell asks)".to_owned()),
            (format!("key = {{ file = \"{own}\" }}"), format!("chmod 600 '{own}'    (and put the key alone into it)")),
            (format!("key = {{ file = \"{gone}\" }}"), "gptos config edit    (key: name a file of your own)".to_owned()),
        ] {
            for reason in ["HTTP 401: no; hint: check the key", "key command pass: exit status 1; hint: run it in a terminal"] {
                let told = with_command(&section(&key), Some(&FailureClass::Auth), reason);
                let command = |text: &str| text.split("    (").next().unwrap_or_default().to_owned();
                assert_eq!(command(told.split_once("; hint: ").expect("has a hint").1), command(&mend), "{key}");
            }
            assert_eq!(mend_key("p", section(&key).key.as_ref()), mend);
        }
    }

    #[test]
    fn every_failure_has_a_command() {
        use FailureClass::*;
        let section = || section("");
        for (class, reason, told) in [
            (Some(Auth), "HTTP 401: no; hint: check the key", "HTTP 401: no; hint: gptos auth login p    (check the key)"),
            (Some(Auth), "X: not set; hint: export X=…", "X: not set; hint: export X=…"),
            (Some(Auth), "k: open; hint: chmod 600 k", "k: open; hint: chmod 600 k"),
            (Some(Auth), "no keyring; hint: `gptos auth login p` asks again", "no keyring; hint: gptos auth login p    (asks again)"),
            (Some(Auth), "keyring: it is locked; hint: unlock it", "keyring: it is locked; hint: gptos provider test p    (unlock it)"),
            (Some(Quota), "HTTP 402", "HTTP 402; hint: gptos provider test p    (when its account has credit again)"),
            (Some(Spent), "a; hint: `gptos config set spend.day '2.00 USD'`", "a; hint: gptos config set spend.day '2.00 USD'"),
            (
                Some(Config),
                "HTTP 404",
                "HTTP 404; hint: gptos provider models p    (names its models; `gptos config edit` changes its block)",
            ),
            (Some(Malformed), "a page; hint: a login page?", "a page; hint: gptos config edit    (a login page?)"),
        ] {
            assert_eq!(with_command(&section(), class.as_ref(), reason), told);
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
            assert!(with_command(&section(), class, "why").starts_with("why; hint: gptos "), "{class:?}");
        }
    }
}
