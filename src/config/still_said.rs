//! What counts of a text that does not hold as a whole, or of a file that cannot be read as text: the record and the locks, of which
//! nothing may depend on a slip elsewhere.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::raw::RawConfig;
use super::resolve::{Layer, Reader};
use super::{Config, keys};
use crate::domain::AuditMode;

/// What is below with those of the `wanted` keys put on it that the text says, each if it has no mistake. Of a list of locks the known
/// names count, and who wrote something for the record that nobody understands wanted one.
pub(super) fn still_said(text: &str, path: &Path, wanted: &[&str], (speaker, below): (Layer, &Config)) -> Config {
    let reader = Reader { text, path, home: None };
    wanted.iter().fold(below.clone(), |config, wanted| {
        let (mut table, _) = DeTable::parse_recoverable(text);
        let others: Vec<String> = table.get_ref().keys().map(|key| key.get_ref().to_string()).filter(|key| key != wanted).collect();
        others.iter().for_each(|key| drop(table.get_mut().remove(key.as_str())));
        keep_known_locks(table.get_mut());
        let said_at = table.get_ref().get(*wanted).map(|value| value.span().start);
        let raw = RawConfig::deserialize(Deserializer::from(table)).ok();
        match (raw.and_then(|raw| reader.resolve(raw, speaker, &config).ok()), said_at) {
            (Some(read), _) => read,
            (None, Some(at)) if *wanted == "audit" => with_record(config, speaker, reader.line(at)),
            (None, _) => config,
        }
    })
}

/// The configuration with a required record, which the line of a layer is the reason of.
pub(super) fn with_record(mut config: Config, speaker: Layer, line: usize) -> Config {
    config.audit = AuditMode::Required;
    config.origins.insert("audit".to_owned(), speaker.origin(line));
    config
}

/// Whether recording is on by a user's text, also where the rest of it does not hold; `None` if it says nothing of it that counts.
pub fn audit_in(text: &str, path: &Path) -> Option<AuditMode> {
    let config = still_said(text, path, &["audit"], (Layer::User, &Config::default()));
    config.sets("audit").then_some(config.audit)
}

fn keep_known_locks<'a>(table: &mut DeTable<'a>) {
    if let Some(DeValue::Array(names)) = table.get_mut("locked").map(Spanned::as_mut) {
        let is_known = |name: &DeValue<'a>| name.as_str().is_some_and(|name| keys::lockable().any(|known| known == name));
        let kept = std::mem::replace(names, DeArray::new()).into_iter().filter(|name| is_known(name.get_ref())).collect();
        *names = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_something_for_the_record_that_nobody_understands_wanted_one() {
        for (text, mode) in [
            ("audit = \"off\"\nx = 1\n", Some(AuditMode::Off)),
            ("audit = \"requird\"\n", Some(AuditMode::Required)),
            ("audit = required\n", Some(AuditMode::Required)),
            ("audit = \"requ\u{fffd}red\"\n", Some(AuditMode::Required)),
            ("audit = true\n", Some(AuditMode::Required)),
            ("audit = \"required\n[shell]\nkey = \"x\"\n", Some(AuditMode::Required)),
            ("audits = \"required\"\n", None),
            ("", None),
        ] {
            assert_eq!(audit_in(text, Path::new("c.toml")), mode, "{text}");
        }
    }

    #[test]
    fn the_known_names_of_a_list_of_locks_count() {
        let text = "locked = [\"memroy\", \"cache\", 3, \"audit\"]\n";
        let said = still_said(text, Path::new("c.toml"), &["locked"], (Layer::Admin, &Config::default()));
        assert_eq!(said.locks.names().collect::<Vec<_>>(), ["cache", "audit"]);
    }
}
