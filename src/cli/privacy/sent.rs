//! Who is sent what.

use std::path::Path;

use serde::Serialize;

use crate::config::{Config, Project, ValueOrigin};
use crate::paths::{self, Paths};
use crate::protocol::WireEndpoint;
use crate::providers::{self, BaseUrl, ProviderSettings, ReachSettings};

/// What a question to a provider holds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sent {
    /// What is always in it.
    pub(super) always: [&'static str; 3],
    /// What of the place of the shell is in it.
    pub(super) context: Vec<&'static str>,
    /// Whether secrets are taken out; nothing turns that off.
    pub(super) redacted: bool,
    /// Whether words are sent before Enter, while the user pauses.
    pub(super) while_typing: bool,
    /// The port of this machine that tells counts, without words, to every user of it.
    pub(super) metrics_port: Option<u16>,
    /// What shows a request as it would be sent.
    pub(super) shown_by: &'static str,
}

impl Sent {
    pub(super) fn by(config: &Config) -> Self {
        Self {
            always: ["your words", "the shell and its version", "the system"],
            context: config.context.iter().map(|field| field.name()).collect(),
            redacted: true,
            while_typing: config.shell.prefetch,
            metrics_port: config.metrics_port,
            shown_by: "gptos translate --show-request -- WORDS",
        }
    }
}

/// Somebody who is asked.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Receiver {
    pub(super) name: String,
    pub(super) kind: String,
    /// Host and port, or the program.
    pub(super) to: String,
    /// Whether that is this machine.
    pub(super) stays_here: bool,
    /// `direct`, or the proxy of this shell; `None` for a program.
    pub(super) way: Option<String>,
    /// Who allowed it: nobody is asked whom no file names.
    pub(super) allowed_by: &'static str,
    /// The file and the line.
    pub(super) allowed_at: Option<String>,
    /// Where its key is.
    pub(super) key: String,
    /// The file of this project that keeps it from being asked here.
    pub(super) off_here: Option<String>,
    /// What takes it away.
    pub(super) ends_with: String,
}

/// Everybody whom the configuration names, in the order in which they are asked.
pub(super) fn receivers(config: &Config, project: &Project, paths: &Paths, proxies: &[(String, String)]) -> Vec<Receiver> {
    let rows = config.rows();
    let receiver = |provider: &ProviderSettings| {
        let name = &provider.name;
        let value = |key: &str| rows.iter().find(|(row, ..)| *row == format!("provider.{name}.{key}")).map(|(_, value, _)| value.clone());
        let (to, stays_here) = match &provider.reach {
            ReachSettings::Server(server) => (server.base_url.authority(), server.base_url.is_loopback()),
            ReachSettings::Program(_) => (format!("program {}", value("argv").unwrap_or_default()), false),
        };
        let home = paths.home.as_deref();
        let (allowed_by, allowed_at, ends_with) = match config.origin(&format!("provider.{name}.name")) {
            ValueOrigin::Admin { line } => {
                ("administrator", Some(format!("{}:{line}", paths::admin_config().display())), "ask your administrator".to_owned())
            }
            ValueOrigin::File { line } => {
                let file = paths.config_file.as_deref().map(|file| short(file, home)).unwrap_or_default();
                ("you", Some(format!("{file}:{line}")), format!("gptos config unset provider.{name}"))
            }
            ValueOrigin::Default | ValueOrigin::Variable | ValueOrigin::Flag => ("you", None, "leave the option out".to_owned()),
        };
        Receiver {
            name: name.clone(),
            kind: provider.kind().name().to_owned(),
            to,
            stays_here,
            way: provider.server().map(|server| providers::way_to(server, proxies)),
            allowed_by,
            allowed_at,
            key: value("key").unwrap_or_else(|| "its own login".to_owned()),
            off_here: project.providers_off.as_deref().map(|file| short(file, home)),
            ends_with,
        }
    };
    config.providers.iter().map(receiver).collect()
}

/// Whom a background process asks that keeps to what it read before the files had a mistake.
pub(super) fn kept_to(endpoints: &[WireEndpoint]) -> Vec<Receiver> {
    let receiver = |endpoint: &WireEndpoint| {
        let address = endpoint.address.as_deref().and_then(|address| address.parse::<BaseUrl>().ok());
        Receiver {
            name: endpoint.name.clone(),
            kind: endpoint.kind.clone().unwrap_or_default(),
            to: address.as_ref().map_or_else(|| "a program".to_owned(), BaseUrl::authority),
            stays_here: address.is_some_and(|address| address.is_loopback()),
            way: None,
            allowed_by: "the background process",
            allowed_at: None,
            key: "as before".to_owned(),
            off_here: None,
            ends_with: "gptos daemon stop".to_owned(),
        }
    };
    endpoints.iter().map(receiver).collect()
}

/// A path with the home directory as `~`.
pub(super) fn short(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(below) => format!("~/{}", below.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "context = [\"cwd\", \"files\"]\n\
        [shell]\nprefetch = true\n\
        [[provider]]\nname = \"openai\"\nkind = \"openai\"\nmodel = \"m\"\nkey = { command = \"pass show sk-secret\" }\n\
        [[provider]]\nname = \"mine\"\nkind = \"ollama\"\nmodel = \"m\"\n\
        [[provider]]\nname = \"claude\"\nkind = \"command\"\nargv = [\"claude\", \"-p\"]\n";

    fn paths() -> Paths {
        Paths::resolve(&|name| (name == "HOME").then(|| "/home/ada".into()), 1000, &|| None)
    }

    #[test]
    fn everybody_who_is_configured_is_named_with_whoever_allowed_it() {
        let config = crate::config::parse(CONFIG, Path::new("/c.toml"), None).unwrap();
        let all =
            receivers(&config, &Project::default(), &paths(), &[("https_proxy".to_owned(), "http://me:pw@proxy.example:3128".to_owned())]);
        let to: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.to.as_str(), one.stays_here)).collect();
        assert_eq!(to, [("openai", "api.openai.com", false), ("mine", "localhost:11434", true), ("claude", "program claude …", false)]);
        assert_eq!((all[0].allowed_by, all[0].allowed_at.as_deref()), ("you", Some("~/.config/gptos/config.toml:5")));
        assert_eq!((all[0].key.as_str(), all[2].key.as_str()), ("command pass …", "its own login"));
        assert_eq!(all[0].way.as_deref(), Some("proxy http://proxy.example:3128"));
        assert_eq!((all[1].way.as_deref(), all[2].way.as_deref()), (Some("direct"), None));
        assert!(all.iter().all(|one| one.off_here.is_none()));
        let project = Project { providers_off: Some("/home/ada/work/.gptos.toml".into()), ..Project::default() };
        assert_eq!(receivers(&config, &project, &paths(), &[])[0].off_here.as_deref(), Some("~/work/.gptos.toml"));
        let sent = Sent::by(&config);
        assert_eq!((sent.context, sent.while_typing, sent.redacted), (vec!["cwd", "files"], true, true));
        let admin = receivers(&crate::config::parse_admin(CONFIG), &Project::default(), &paths(), &[]);
        assert!(admin[0].allowed_by == "administrator" && admin[0].ends_with.contains("administrator"), "{admin:?}");
    }
}
