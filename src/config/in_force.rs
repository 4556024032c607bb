//! The rules that hold where a shell stands, read in the asking process on every key press, so that neither another
//! process nor the wire has a say in them. It costs some twenty microseconds.

use std::path::Path;
use std::sync::Arc;

use super::owned::{Owner, read_owned};
use super::resolve::{Layer, layer};
use super::{Config, Project, parse, read_text};
use crate::validate::CustomRules;

/// What holds where a shell stands.
#[derive(Debug, Clone, Default)]
pub struct InForce {
    /// The rules of the user and of the project, beside the embedded ones.
    pub rules: Arc<CustomRules>,
    /// What the project asks for.
    pub project: Project,
}

impl InForce {
    /// Reads the administrator's file, the user's `config_file` and the project files above `cwd`. It fails never: what cannot be read has no
    /// rules, and whoever answers the question says what is wrong with the user's file.
    pub fn read(config_file: Option<&Path>, cwd: &Path, home: Option<&Path>) -> Self {
        let own = user_rules(admin_file().as_deref(), config_file, home);
        let project = Project::find(cwd, home);
        let rules = if project.rules.is_empty() { own } else { own.and(&project.rules) };
        Self { rules: Arc::new(rules), project }
    }
}

#[cfg(not(test))]
fn admin_file() -> Option<std::path::PathBuf> {
    Some(crate::paths::admin_config())
}

/// A test is about the files that it names.
#[cfg(test)]
fn admin_file() -> Option<std::path::PathBuf> {
    None
}

/// The rules of the administrator and of the user. Where a file is broken, what it adds still counts, and what it silences
/// does not.
fn user_rules(admin: Option<&Path>, user: Option<&Path>, home: Option<&Path>) -> CustomRules {
    let own = || user.map(|file| own_rules(file, home)).unwrap_or_default();
    let said = admin.map(|file| (file, read_owned(file, Owner::Admin)));
    let Some((file, said)) = said.filter(|(_, said)| !matches!(said, Ok(None))) else { return own() };
    let text = said.ok().flatten().map(|(text, _)| text).unwrap_or_default();
    let Ok((below, _)) = layer(&text, file, home, (Layer::Admin, &Config::default())) else {
        return CustomRules::default().and(&Project::of_text(&text, file).rules).and(own().added());
    };
    let Some((file, Ok(Some((text, _))))) = user.map(|file| (file, read_text(file))) else { return Arc::unwrap_or_clone(below.rules) };
    match layer(&text, file, home, (Layer::User, &below)) {
        Ok((config, _)) => Arc::unwrap_or_clone(config.rules),
        Err(_) => below.rules.and(&Project::of_text(&text, file).rules),
    }
}

fn own_rules(file: &Path, home: Option<&Path>) -> CustomRules {
    let Ok(Some((text, _))) = read_text(file) else { return CustomRules::default() };
    // Most files have no rules, and finding that out costs less than reading TOML.
    if !text.contains("rules") {
        return CustomRules::default();
    }
    match parse(&text, file, home) {
        Ok(config) => Arc::unwrap_or_clone(config.rules),
        // A slip elsewhere in the file must not take away the rules that it adds.
        Err(_) => CustomRules::default().and(&Project::of_text(&text, file).rules),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const RULE: &str = "[[rules.add]]\nid = \"NAME\"\nprograms = [\"x\"]\nrisk = \"high\"\nreason = \"r\"\n";

    fn ids(root: &Path, config: &str) -> (Vec<String>, bool) {
        let file = root.join("config.toml");
        fs::write(&file, config).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let found = InForce::read(Some(&file), root, Some(root));
        (found.rules.added().iter().map(|rule| rule.id.clone()).collect(), found.rules.silences("rm-recursive"))
    }

    #[test]
    fn the_users_rules_and_the_projects_hold_together() {
        let root = tempfile::tempdir().unwrap();
        let own = RULE.replace("NAME", "own");
        assert_eq!(ids(root.path(), ""), (vec![], false));
        assert_eq!(ids(root.path(), &format!("[rules]\nsilence = [\"rm-recursive\"]\n{own}")), (vec!["own".to_owned()], true));
        let project = root.path().join(super::super::PROJECT_FILE);
        fs::write(&project, format!("{}[rules]\nsilence = [\"rm-recursive\"]\n", RULE.replace("NAME", "theirs"))).unwrap();
        fs::set_permissions(&project, fs::Permissions::from_mode(0o600)).unwrap();
        // TOML does not let a table be opened twice, and what was read before still counts.
        assert_eq!(ids(root.path(), &own), (vec!["own".to_owned(), "theirs".to_owned()], false));
        assert_eq!(ids(root.path(), ""), (vec!["theirs".to_owned()], false));
        assert_eq!(InForce::read(None, root.path(), None).rules.added().len(), 1);
    }

    #[test]
    fn a_slip_in_the_users_file_keeps_the_rules_it_adds_and_silences_nothing() {
        let root = tempfile::tempdir().unwrap();
        let text = format!("deadlin_ms = 1\n[rules]\nsilence = [\"rm-recursive\"]\n{}", RULE.replace("NAME", "own"));
        assert_eq!(ids(root.path(), &text), (vec!["own".to_owned()], false));
    }

    #[test]
    fn the_administrators_rules_hold_whatever_the_user_writes() {
        let root = tempfile::tempdir().unwrap();
        let (admin, user) = (root.path().join("admin.toml"), root.path().join("user.toml"));
        let rules = |theirs: &str, own: &str| {
            for (file, text) in [(&admin, theirs), (&user, own)] {
                fs::write(file, text).unwrap();
                fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
            }
            let found = user_rules(Some(&admin), Some(&user), Some(root.path()));
            (found.added().iter().map(|rule| rule.id.clone()).collect::<Vec<_>>().join(" "), found.silences("rm-recursive"))
        };
        let (theirs, own) = (RULE.replace("NAME", "theirs"), RULE.replace("NAME", "own"));
        let silencing = format!("[rules]\nsilence = [\"rm-recursive\"]\n{own}");
        assert_eq!(rules(&theirs, &silencing), ("theirs own".to_owned(), true));
        assert_eq!(rules(&format!("locked = [\"rules.silence\"]\n{theirs}"), &silencing), ("theirs own".to_owned(), false));
        assert_eq!(rules(&format!("locked = [\"rules\"]\n{theirs}"), &silencing), ("theirs".to_owned(), false));
        assert_eq!(rules(&theirs, &format!("x = 1\n{silencing}")), ("theirs own".to_owned(), false));
        assert_eq!(rules(&format!("x = 1\n{theirs}"), &silencing), ("theirs own".to_owned(), false));
        assert_eq!(user_rules(Some(&root.path().join("none")), Some(&user), None).added().len(), 1);
    }
}
