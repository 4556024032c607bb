//! What strangers may read of values that users choose: a kind, a number, or a name that many others have as well. What is not known here
//! is never shown, so that a new value is not told by accident.

use std::sync::LazyLock;

use crate::cli::provider;
use crate::config::key_notation::Binding;
use crate::config::{keys, reserved};
use crate::domain::ShellKind;
use crate::providers::{self, BaseUrl};

/// What the line editors of the three shells do by themselves, one name a line.
static ACTIONS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("actions.txt").lines().collect());

/// What the actions of known plugins hold, and what the plugin is called.
const PLUGINS: [(&str, &str); 21] = [
    ("autosuggest", "zsh-autosuggestions"),
    ("history-substring-search", "zsh-history-substring-search"),
    ("url-quote-magic", "url-quote-magic"),
    ("bracketed-paste-magic", "bracketed-paste-magic"),
    ("edit-command-line", "edit-command-line"),
    ("edit_command_buffer", "edit_command_buffer"),
    ("fzf-tab", "fzf-tab"),
    ("fzf", "fzf"),
    ("atuin", "atuin"),
    ("navi", "navi"),
    ("zvm_", "zsh-vi-mode"),
    ("zoxide", "zoxide"),
    ("per-directory-history", "per-directory-history"),
    ("sudo-command-line", "sudo"),
    ("skim", "skim"),
    ("mcfly", "mcfly"),
    ("hstr", "hstr"),
    ("thefuck", "thefuck"),
    ("copilot", "copilot"),
    ("tide", "tide"),
    ("starship", "starship"),
];

/// Keymaps that every shell has.
const KEYMAPS: [&str; 14] = [
    "emacs",
    "viins",
    "vicmd",
    "main",
    "emacs-standard",
    "emacs-meta",
    "emacs-ctlx",
    "vi-insert",
    "vi-command",
    "default",
    "insert",
    "visual",
    "replace",
    "paste",
];

/// What is told of a variable of the terminal when it has one of these values.
const TERMINALS: [&str; 34] = [
    "xterm",
    "xterm-256color",
    "xterm-color",
    "xterm-kitty",
    "xterm-ghostty",
    "xterm-direct",
    "screen",
    "screen-256color",
    "tmux",
    "tmux-256color",
    "linux",
    "vt100",
    "vt220",
    "dumb",
    "ansi",
    "alacritty",
    "foot",
    "foot-extra",
    "rxvt-unicode-256color",
    "st-256color",
    "wezterm",
    "konsole-256color",
    "Apple_Terminal",
    "iTerm.app",
    "vscode",
    "WezTerm",
    "ghostty",
    "WarpTerminal",
    "Hyper",
    "Tabby",
    "mintty",
    "truecolor",
    "24bit",
    "JetBrains-JediTerm",
];

/// Words that stand for values of the configuration.
const WORDS: [&str; 22] = [
    "on",
    "off",
    "true",
    "false",
    "none",
    "local",
    "required",
    "suggested",
    "all",
    "cwd",
    "branch",
    "files",
    "rg",
    "fd",
    "key",
    "quota",
    "disk",
    "audit",
    "spend",
    "chosen by the shell",
    "30, under SSH 5",
    "",
];

/// How the names of models begin that many people use.
const FAMILIES: [&str; 17] = [
    "gpt",
    "claude",
    "gemini",
    "llama",
    "codellama",
    "qwen",
    "mistral",
    "mixtral",
    "codestral",
    "devstral",
    "gemma",
    "phi",
    "deepseek",
    "granite",
    "starcoder",
    "grok",
    "command-r",
];

/// Whom an address belongs to: a service that many use, this machine, or somebody of whom nothing is told.
pub(super) fn address(url: &BaseUrl) -> String {
    let scheme = if url.is_https() { "https" } else { "http" };
    if url.is_loopback() {
        return format!("this machine, {scheme}, port {}", url.port());
    }
    if provider::is_address_of_a_service(url) {
        return url.origin();
    }
    format!("a private host, {scheme}, port {}", url.port())
}

/// The same for an address in a text.
pub(super) fn address_of(text: &str) -> String {
    text.parse().as_ref().map_or_else(|_| "an address".to_owned(), address)
}

/// A model that is in the vendors' price lists, or the family of one.
pub(super) fn model(name: &str) -> String {
    if providers::is_listed(name) {
        return name.to_owned();
    }
    let lower = name.to_ascii_lowercase();
    let family = FAMILIES.iter().find(|family| lower.rsplit('/').next().is_some_and(|name| name.starts_with(*family)));
    family.map_or_else(|| "another model".to_owned(), |family| format!("another model ({family}…)"))
}

/// A key as people write it, and nothing of a text that is none.
pub(super) fn key(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let is_plain = |name: &str| {
        ["ctrl-", "alt-", "^", r"\c-", r"\e", r"\c"]
            .iter()
            .any(|before| name.strip_prefix(before).is_some_and(|rest| rest.chars().count() == 1))
    };
    match name {
        "" => "none".to_owned(),
        _ if is_plain(&lower) || lower == "ctrl-space" => reserved::key_name(name),
        _ => "another key".to_owned(),
    }
}

/// What kind of thing a key does: an action of the shell itself by its name, of a known plugin by the plugin's, else no name at all.
pub(super) fn action(shell: ShellKind, action: &str) -> String {
    let is_own = |name: &str| ACTIONS.binary_search(&name).is_ok();
    if !action.is_empty() && action.split_whitespace().all(is_own) {
        return format!("`{action}`");
    }
    if action.contains("gptos") {
        return "of gptos".to_owned();
    }
    if let Some((_, plugin)) = PLUGINS.iter().find(|(part, _)| action.contains(part)) {
        return format!("something of {plugin}");
    }
    match shell {
        ShellKind::Zsh if action.starts_with('"') => "a macro",
        ShellKind::Zsh => "a widget of the user's",
        ShellKind::Bash if action.starts_with('"') => "a macro or a command",
        ShellKind::Bash => "an action of the user's",
        ShellKind::Fish => "a command or function of the user's",
    }
    .to_owned()
}

/// A binding without what the user wrote.
pub(super) fn binding(shell: ShellKind, binding: &Binding) -> String {
    format!("{} in {}", action(shell, &binding.action), keymap(&binding.keymap))
}

/// The name of a keymap.
pub(super) fn keymap(name: &str) -> String {
    KEYMAPS.iter().find(|known| **known == name).map_or_else(|| "a keymap of the user's".to_owned(), |known| format!("keymap {known}"))
}

/// The numbers of a version.
pub(super) fn version(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    &text[..end]
}

/// A variable of the terminal.
pub(super) fn terminal(value: &str) -> &str {
    let is_locale = || {
        let (name, code) = value.split_once('.').unwrap_or((value, "UTF-8"));
        let letters = |text: &str, from: fn(&char) -> bool| text.chars().all(|letter| from(&letter));
        let named = match name.split_once('_') {
            Some((language, country)) => {
                language.len() == 2
                    && country.len() == 2
                    && letters(language, char::is_ascii_lowercase)
                    && letters(country, char::is_ascii_uppercase)
            }
            None => matches!(name, "C" | "POSIX"),
        };
        named && ["utf-8", "utf8", "iso-8859-1", "iso-8859-15"].contains(&code.to_ascii_lowercase().as_str())
    };
    if TERMINALS.contains(&value) || is_locale() || value == "1" { value } else { "set" }
}

/// A value of a key of the configuration that belongs to no provider.
pub(super) fn value(key_name: &str, value: &str) -> String {
    let default = keys::find(key_name).is_some_and(|key| key.default == value);
    let bare = value.trim_matches('"');
    if default || bare.parse::<f64>().is_ok() || WORDS.contains(&bare) {
        return value.to_owned();
    }
    if key_name.starts_with("shell.key") {
        return key(bare);
    }
    match value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(items) => {
            let items: Vec<&str> = items.split(", ").filter(|item| !item.is_empty()).collect();
            let known = items.iter().all(|item| WORDS.contains(&item.trim_matches('"')));
            if known { value.to_owned() } else { format!("{} of them", items.len()) }
        }
        None => "set".to_owned(),
    }
}

/// The place at which a setting stands and its name, for one that this program knows.
pub(super) fn setting(line: Option<usize>, key_name: Option<&str>) -> String {
    let line = line.map(|line| format!("line {line}"));
    let named = key_name.and_then(|name| {
        let generic = match name.strip_prefix("provider.").and_then(|rest| rest.split_once('.')) {
            Some((_, rest)) => format!("provider.{rest}"),
            None => name.to_owned(),
        };
        [generic.as_str(), name].into_iter().find_map(keys::find).map(|key| key.path.to_owned())
    });
    let named = if key_name.is_some() { Some(named.unwrap_or_else(|| "a key that is not known".to_owned())) } else { None };
    [line, named].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What a text of an error says by number: a status of HTTP, or an error of the system.
pub(super) fn number(text: &str) -> String {
    for (before, shown) in [("HTTP ", "HTTP "), ("os error ", "os error ")] {
        let digits =
            text.split_once(before).map(|(_, rest)| rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default());
        if let Some(digits) = digits.filter(|digits| (1..=3).contains(&digits.len())) {
            return format!("{shown}{digits}");
        }
    }
    String::new()
}

/// Words of this program, those that are not empty.
pub(super) fn words(words: &[&str]) -> String {
    let is_own = |word: &&&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.-".contains(&byte));
    words.iter().filter(is_own).copied().collect::<Vec<_>>().join(", ")
}

/// The users' names for their providers, which strangers know by number.
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self(names.map(str::to_owned).collect())
    }

    /// The number of a provider, in the user's order.
    pub(super) fn provider(&self, name: &str) -> String {
        match self.0.iter().position(|known| known == name) {
            Some(at) => format!("provider-{}", at + 1),
            // What a family of series has no place for goes there.
            None if name == "_OTHER" => name.to_owned(),
            None => "provider-other".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_known_service_or_has_no_name() {
        for (url, told) in [
            ("https://api.openai.com/v1", "https://api.openai.com"),
            ("https://openrouter.ai/api/v1", "https://openrouter.ai"),
            ("https://llm.acme.example:8443/v1", "a private host, https, port 8443"),
            ("https://api.openai.com.acme.example/v1", "a private host, https, port 443"),
            ("https://api.openai.com:8443/v1", "a private host, https, port 8443"),
            ("https://acme.openai.azure.com/openai/deployments/hush", "a private host, https, port 443"),
            ("https://10.1.2.3/v1", "a private host, https, port 443"),
            ("http://localhost:11434", "this machine, http, port 11434"),
        ] {
            assert_eq!(address_of(url), told);
        }
        assert_eq!(address_of("acme://hush"), "an address");
    }

    #[test]
    fn an_action_is_told_by_its_kind() {
        use ShellKind::{Bash, Fish, Zsh};
        for (shell, text, told) in [
            (Zsh, "send-break", "`send-break`"),
            (Zsh, "\"mysql -phunter2^J\"", "a macro"),
            (Zsh, "acme-deploy", "a widget of the user's"),
            (Zsh, "fzf-history-widget", "something of fzf"),
            (Zsh, "fzf-acme-hunter2", "something of fzf"),
            (Bash, "abort", "`abort`"),
            (Bash, r#""mysql -phunter2\n""#, "a macro or a command"),
            (Bash, r#""__atuin_history --hunter2""#, "something of atuin"),
            (Fish, "cancel repaint-mode", "`cancel repaint-mode`"),
            (Fish, "cancel hunter2", "a command or function of the user's"),
            (Fish, "", "a command or function of the user's"),
        ] {
            assert_eq!(action(shell, text), told, "{text}");
        }
        assert!(ACTIONS.is_sorted(), "a name is looked for by halves");
        assert_eq!((keymap("viins").as_str(), keymap("acme").as_str()), ("keymap viins", "a keymap of the user's"));
    }

    #[test]
    fn values_are_numbers_and_words_that_all_have() {
        for (name, set, told) in [
            ("deadline_ms", "5000", "5000"),
            ("guard", "\"all\"", "\"all\""),
            ("shell.key", "\"ctrl-o\"", "Ctrl-O"),
            ("shell.key", "\"hunter2\"", "another key"),
            ("shell.scopes", "[\"git\", \"acme\"]", "2 of them"),
            ("context", "[\"cwd\", \"files\"]", "[\"cwd\", \"files\"]"),
            ("spend.day", "\"2.50 USD\"", "set"),
            ("rules.add", "acme-rule, other", "set"),
            ("traces.endpoint", "\"http://acme:4318\"", "set"),
            ("something.new", "\"acme\"", "set"),
        ] {
            assert_eq!(value(name, set), told, "{name}");
        }
    }

    #[test]
    fn models_keys_versions_and_numbers_of_errors() {
        assert_eq!(model("gpt-4.1-mini"), "gpt-4.1-mini");
        assert_eq!(model("ft:gpt-4o:acme::hush"), "another model");
        assert_eq!(model("Qwen2.5-acme:7b"), "another model (qwen…)");
        assert_eq!((key("^G").as_str(), key("alt-m").as_str(), key("^X hunter2").as_str()), ("^G", "Alt-m", "another key"));
        assert_eq!((version("5.9.1-hush"), version("hush")), ("5.9.1", ""));
        assert_eq!(number("a: HTTP 401: the key of acme"), "HTTP 401");
        assert_eq!(number("/home/x: No space left on device (os error 28)"), "os error 28");
        assert_eq!(number("HTTP hunter2 os error hush"), "");
        for (set, told) in [
            ("xterm-256color", "xterm-256color"),
            ("de_DE.UTF-8", "de_DE.UTF-8"),
            ("C.UTF-8", "C.UTF-8"),
            ("ab_CD.hush", "set"),
            ("hush", "set"),
        ] {
            assert_eq!(terminal(set), told);
        }
        assert_eq!(setting(Some(3), Some("provider.acme.model")), "line 3, provider.model");
        assert_eq!(setting(Some(3), Some("acme")), "line 3, a key that is not known");
        let names = Names::new(["acme"].into_iter());
        assert_eq!((names.provider("acme").as_str(), names.provider("hush").as_str()), ("provider-1", "provider-other"));
    }
}
