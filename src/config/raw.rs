//! The file as it is written: shapes and types only. `resolve` gives it meaning.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::validate::CustomTarget;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    pub resident: Option<Spanned<RawSwitch>>,
    pub memory: Option<Spanned<RawSwitch>>,
    pub audit: Option<Spanned<RawAudit>>,
    pub deadline_ms: Option<Spanned<i64>>,
    pub idle_exit_minutes: Option<Spanned<i64>>,
    pub metrics_port: Option<Spanned<i64>>,
    pub guard: Option<Spanned<RawGuard>>,
    pub context: Option<Spanned<Vec<RawContext>>>,
    #[serde(default)]
    pub shell: RawShell,
    #[serde(default)]
    pub cache: RawCache,
    #[serde(default)]
    pub offline: RawOffline,
    #[serde(default)]
    pub log: RawLog,
    #[serde(default)]
    pub traces: RawTraces,
    pub hedge: Option<Spanned<RawSwitch>>,
    #[serde(default)]
    pub limits: RawLimits,
    #[serde(default)]
    pub spend: RawSpend,
    #[serde(default)]
    pub alerts: RawAlerts,
    #[serde(default)]
    pub provider: Vec<Spanned<RawProvider>>,
    #[serde(default)]
    pub rules: RawRules,
    pub locked: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRules {
    pub silence: Option<Vec<Spanned<String>>>,
    pub add: Option<Vec<Spanned<RawRule>>>,
}

/// A rule; what it says is checked where rules are made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRule {
    pub id: Option<Spanned<String>>,
    pub programs: Option<Spanned<Vec<String>>>,
    pub sub: Option<Spanned<Vec<String>>>,
    pub flags: Option<Spanned<Vec<Vec<String>>>>,
    pub without: Option<Spanned<Vec<String>>>,
    pub contains: Option<Spanned<Vec<String>>>,
    pub target: Option<Spanned<CustomTarget>>,
    pub risk: Option<Spanned<RawRisk>>,
    pub reason: Option<Spanned<String>>,
    pub safer: Option<Spanned<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawRisk {
    Low,
    Medium,
    High,
    Critical,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawSwitch {
    On,
    Off,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawAudit {
    Off,
    Local,
    Required,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawGuard {
    Suggested,
    All,
    Off,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawContext {
    Cwd,
    Files,
    Branch,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShell {
    pub key: Option<Spanned<String>>,
    pub key2: Option<Spanned<String>>,
    #[serde(rename = "async")]
    pub asynchronous: Option<Spanned<bool>>,
    pub progress_ms: Option<Spanned<i64>>,
    pub enter_guard_ms: Option<Spanned<i64>>,
    pub prefetch: Option<Spanned<bool>>,
    pub note: Option<Spanned<bool>>,
    pub ghost: Option<Spanned<bool>>,
    pub scopes: Option<Spanned<Vec<String>>>,
    pub hash: Option<Spanned<bool>>,
    pub read_screen: Option<Spanned<bool>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOffline {
    pub prefer: Option<Spanned<Vec<RawPreferred>>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawPreferred {
    Rg,
    Fd,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCache {
    pub max_entries: Option<Spanned<i64>>,
    pub max_disk_mib: Option<Spanned<i64>>,
    pub ttl_days: Option<Spanned<i64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTraces {
    pub endpoint: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLog {
    pub level: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    pub in_flight: Option<Spanned<i64>>,
    pub user_per_minute: Option<Spanned<i64>>,
    pub session_per_minute: Option<Spanned<i64>>,
    pub calls_per_provider: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProvider {
    pub name: Option<Spanned<String>>,
    pub kind: Option<Spanned<RawKind>>,
    pub base_url: Option<Spanned<String>>,
    pub model: Option<Spanned<String>>,
    pub key: Option<Spanned<RawKey>>,
    pub api_version: Option<Spanned<String>>,
    pub argv: Option<Spanned<Vec<String>>>,
    pub proxy: Option<Spanned<RawProxy>>,
    pub ca_file: Option<Spanned<String>>,
    pub price: Option<Spanned<RawPrice>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPrice {
    pub input: Option<Spanned<String>>,
    pub output: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAlerts {
    pub notify: Option<Spanned<bool>>,
    pub silence: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSpend {
    pub day: Option<Spanned<String>>,
    pub month: Option<Spanned<String>>,
    pub day_tokens: Option<Spanned<RawCount>>,
}

/// A number, or a word that says that there is none.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawCount {
    Number(i64),
    Word(String),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawKind {
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
    Azure,
    Command,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawProxy {
    Off,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKey {
    pub file: Option<Spanned<String>>,
    pub command: Option<Spanned<RawCommand>>,
    pub env: Option<Spanned<String>>,
    pub login: Option<Spanned<RawStore>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawStore {
    Keyring,
    File,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawCommand {
    Line(String),
    Words(Vec<String>),
}

/// The dotted path of the innermost key at a byte of the text; positions in arrays are left out.
pub(super) fn key_at(text: &str, position: usize) -> Option<String> {
    let table = DeTable::parse(text).ok()?;
    in_table(table.get_ref(), "", position)
}

fn in_table(table: &DeTable<'_>, prefix: &str, position: usize) -> Option<String> {
    let mut found = None;
    for (key, value) in table {
        let path = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        // A `[table]` does not span its entries, so look inside before looking at the span.
        let inner = match value.get_ref() {
            DeValue::Table(inner) => in_table(inner, &path, position),
            DeValue::Array(items) => in_array(items, &path, position),
            _ => None,
        };
        if inner.is_some() {
            return inner;
        }
        if key.span().contains(&position) || value.span().contains(&position) {
            found = Some(path);
        }
    }
    found
}

fn in_array(items: &DeArray<'_>, path: &str, position: usize) -> Option<String> {
    items.iter().find_map(|item| match item.get_ref() {
        DeValue::Table(inner) => in_table(inner, path, position).or_else(|| item.span().contains(&position).then(|| path.to_owned())),
        _ => item.span().contains(&position).then(|| path.to_owned()),
    })
}
