//! The rules of the house, read from the source tree. Each rule is a function over a path and a text, so that the
//! tests at the end can hand it a violation and see it found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use gptos::domain::WISHES;

/// Which module may use which. `*` is everything but the listed exceptions; `*Settings` is any type of that ending;
/// `a::b` is that part of a module only.
const IMPORTS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("resilience", &[]),
    ("backlog", &[]),
    ("env_vars", &[]),
    ("platform", &[]),
    ("paths", &["env_vars", "platform"]),
    ("syntax", &["domain"]),
    ("redact", &["domain", "syntax"]),
    ("protocol", &["domain"]),
    ("offline", &["domain", "syntax"]),
    ("validate", &["domain", "syntax"]),
    ("explain", &["domain", "syntax"]),
    ("fix", &["domain", "syntax", "explain"]),
    ("complete", &["domain", "syntax", "explain", "fix"]),
    ("refine", &["domain", "syntax", "explain", "offline"]),
    ("suggest", &["domain", "redact", "refine", "offline", "validate", "resilience", "syntax"]),
    // A program that answers is run as one that prints a key is.
    ("providers", &["domain", "suggest::ports", "secrets::program"]),
    ("cache", &["domain", "suggest::ports"]),
    ("memory", &["domain", "platform", "suggest::ports"]),
    ("audit", &["domain", "platform", "backlog", "suggest::ports"]),
    ("stats", &["domain", "platform", "suggest::ports"]),
    ("secrets", &["domain", "platform", "suggest::ports"]),
    ("telemetry", &["domain", "platform", "backlog", "suggest::ports"]),
    ("system", &["domain", "syntax", "suggest::ports", "platform", "fix", "complete", "validate::Effect", "validate::EffectKind"]),
    ("client", &["domain", "protocol", "paths", "env_vars", "platform"]),
    ("api", &["domain", "protocol", "suggest", "validate", "offline", "fix", "platform", "line", "telemetry"]),
    ("daemon", &["api", "domain", "protocol", "paths", "platform"]),
    // The kinds and addresses that provider settings are made of come with them, and rules are data.
    (
        "config",
        &[
            "domain",
            "paths",
            "env_vars",
            "*Settings",
            "providers::BaseUrl",
            "providers::ProviderKind",
            "validate::CustomRule",
            "validate::CustomRules",
            "validate::CustomTarget",
            "validate::MOST_RULES",
            "validate::rule_ids",
            "offline::Preferred",
            "telemetry::is_endpoint",
        ],
    ),
    (
        "line",
        &[
            "domain",
            "syntax",
            "explain",
            "fix",
            "complete",
            "protocol",
            "validate",
            "suggest::fit",
            "suggest::ports",
            "system",
            "config::InForce",
            "config::PROJECT_FILE",
            "paths",
            "platform",
        ],
    ),
    ("alerts", &["suggest::metrics"]),
    ("ssh", &["domain", "validate", "suggest::ports", "paths", "platform"]),
    ("wiring", &["*", "!cli", "!client"]),
    ("cli", &["*"]),
];

const MAX_CODE_LINES: usize = 400;
const MAX_MAIN_LINES: usize = 40;
const MAX_UNSAFE: usize = 1;

/// Names that say nothing about what a file is for.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "manager"];

/// Where a process may be started.
const STARTS_PROCESSES: &[&str] = &[
    "src/secrets/",
    "src/secrets.rs",
    "src/system/",
    "src/system.rs",
    "src/client/autostart.rs",
    "src/cli/editor.rs",
    "src/ssh/session.rs",
];

const PRINTS: &[&str] = &["src/cli/output.rs"];

/// What would make the client slow to start.
const HEAVY_CRATES: &[&str] = &["tokio", "reqwest", "sled", "toml", "axum", "crate::config"];

const DOMAIN_MUST_NOT: &[&str] = &["serde", "tokio", "std::fs", "std::net", "std::env", "std::process", "Instant::now", "SystemTime::now"];

/// Functions that may accept the line: the wrappers of Enter, and what binds them.
const ENTER_FUNCTIONS: &[&str] = &[
    "__gptos_enter",
    // Accepts an empty line.
    "__gptos_tour_enter",
    // Tells who accepts the line.
    "__gptos_report",
    // Takes the keys away.
    "__gptos_tour_bind",
    "__gptos_accept_line",
    // The same in a session of `gptos ssh`.
    "__gptos_far_accept_line",
    "__gptos_far_bind",
    "__gptos_far_enter",
    "__gptos_accept_and_hold",
    "__gptos_accept_line_and_down_history",
    "__gptos_accept_and_infer_next_history",
    "__gptos_wrap_accept_line",
    "__gptos_bind_searches",
    "__gptos_bind_keys",
    "__gptos_bind_steps",
    "__gptos_early_other_mode",
];

/// Lines with `eval` that are no danger, and why.
const EVALS: &[(&str, &str)] = &[
    (r#"[[ -z $_GPTOS_OLD_TRAP ]] || builtin eval "\\builtin $_GPTOS_OLD_TRAP""#, "restores the user's own trap as `trap -p` printed it"),
    (r#"builtin eval "$part""#, "reads the other parts, which `gptos parts` of the user's own binary handed out"),
    (r#"builtin eval "$parts" 2>/dev/null"#, "the same in bash"),
    (r#"builtin eval "$text""#, "reads what a here-document of the first part holds"),
    ("eval $parts", "the same in fish"),
    ("eval $saved", "runs a line that this file saved from its own code"),
    ("and eval $_GPTOS_TAB_BOUND[$place]", "runs what the user had bound to Tab, as `bind` printed it"),
    ("or eval $command", "runs what the user had bound to Tab"),
    ("eval (string join ' | ' -- '__gptos_return '$statuses)'; __gptos_user_prompt'", "the statuses are numbers that fish counted"),
];

// === Reading ===

/// A source file: its path from the root of the package, with `/`, and its text.
struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let (mut found, mut open) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("a readable folder").path()) {
            let ends = path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known));
            if path.is_dir() {
                open.push(path);
            } else if ends {
                found.push(Source { path: relative(&path), text: fs::read_to_string(&path).expect("text") });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn relative(path: &Path) -> String {
    let parts: Vec<_> = path.strip_prefix(root()).expect("below the root").iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn is_test_file(path: &str) -> bool {
    path.ends_with("_tests.rs") || path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Rust code without comments, without the inside of texts, and without test modules. Line breaks stay.
fn code(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let skip_to = |from: usize, end: &dyn Fn(usize) -> bool, out: &mut String| {
        let mut at = from;
        while at < bytes.len() && !end(at) {
            if bytes[at] == '\n' {
                out.push('\n');
            }
            at += 1;
        }
        at
    };
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(offset, c)| bytes.get(at + offset) == Some(&c));
    while at < bytes.len() {
        let word_before = at > 0 && (bytes[at - 1].is_alphanumeric() || bytes[at - 1] == '_');
        let hashes = (at + 1..bytes.len()).take_while(|i| bytes[*i] == '#').count();
        if starts(at, "//") {
            at = skip_to(at, &|i| bytes[i] == '\n', &mut out);
        } else if starts(at, "/*") {
            at = skip_to(at, &|i| starts(i, "*/"), &mut out) + 2;
        } else if bytes[at] == 'r' && !word_before && bytes.get(at + 1 + hashes) == Some(&'"') {
            let close = format!("\"{}", "#".repeat(hashes));
            at = skip_to(at + hashes + 2, &|i| starts(i, &close), &mut out) + close.len();
            out.push_str("\"\"");
        } else if bytes[at] == '"' {
            at += 1;
            while at < bytes.len() && bytes[at] != '"' {
                if bytes[at] == '\n' {
                    out.push('\n');
                }
                at += 1 + usize::from(bytes[at] == '\\');
            }
            at += 1;
            out.push_str("\"\"");
        } else if bytes[at] == '\'' && (bytes.get(at + 1) == Some(&'\\') || bytes.get(at + 2) == Some(&'\'')) {
            at = skip_to(at + 2 + usize::from(bytes[at + 1] == '\\'), &|i| bytes[i] == '\'', &mut out) + 1;
            out.push_str("' '");
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    without_test_modules(&out)
}

fn without_test_modules(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = match (rest.find('{'), rest.find(';')) {
            (Some(open), semicolon) if semicolon.is_none_or(|semicolon| open < semicolon) => closing(rest, open, '{', '}'),
            (_, Some(semicolon)) => semicolon + 1,
            _ => rest.len(),
        };
        rest = &rest[end..];
    }
    out + rest
}

/// The place after the bracket that closes the one at `open`.
fn closing(text: &str, open: usize, opener: char, closer: char) -> usize {
    let mut depth = 0;
    for (at, c) in text[open..].char_indices() {
        depth += i32::from(c == opener) - i32::from(c == closer);
        if depth == 0 {
            return open + at + 1;
        }
    }
    text.len()
}

/// The places where a word stands on its own.
fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        let goes_on_before = before.is_some_and(joins) && word.starts_with(joins);
        let goes_on_after = after.is_some_and(joins) && word.ends_with(joins);
        !goes_on_before && !goes_on_after
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// `cli` of `src/cli/mod.rs` and of `src/cli.rs`; nothing of `src/lib.rs`.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let name = inside.split('/').next()?;
    let name = name.strip_suffix(".rs").unwrap_or(name);
    (!matches!(name, "lib" | "main")).then_some(name)
}

// === The import table ===

/// Every path of this crate that a file names: `crate::a::b` and each leaf of `crate::{a, b::{c, d}}`.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for at in words(code, "crate::") {
        leaves(&code[at + "crate::".len()..], "", &mut found);
    }
    found
}

fn leaves(text: &str, prefix: &str, found: &mut Vec<String>) {
    let text = text.trim_start();
    if text.starts_with('{') {
        let inside = &text[1..closing(text, 0, '{', '}') - 1];
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if c == ',' && depth == 0 {
                leaves(&inside[start..at], prefix, found);
                start = at + 1;
            }
        }
        return;
    }
    let length = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    if name.is_empty() {
        return;
    }
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    match rest.strip_prefix("::") {
        Some(rest) if rest.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '{') => leaves(rest, &path, found),
        _ => found.push(path),
    }
}

fn allowed(module: &str, import: &str) -> bool {
    let target = import.split("::").next().unwrap_or(import);
    let Some((_, list)) = IMPORTS.iter().find(|(name, _)| *name == module) else { return false };
    let covers = |entry: &str| match entry {
        "*" => true,
        ending if ending.starts_with('*') => import.ends_with(&ending[1..]),
        entry => import == entry || import.starts_with(&format!("{entry}::")),
    };
    target == module || (list.iter().any(|entry| covers(entry)) && !list.contains(&format!("!{target}").as_str()))
}

fn check_imports(path: &str, code: &str) -> Vec<String> {
    let Some(module) = module_of(path) else { return Vec::new() };
    let mut found: Vec<String> = imports(code)
        .into_iter()
        .filter(|import| !allowed(module, import))
        .map(|import| format!("{path}: {module} must not use crate::{import}"))
        .collect();
    if !IMPORTS.iter().any(|(name, _)| *name == module) {
        found.push(format!("{path}: {module} stands in no row of the import table"));
    }
    // Enough `super::` in a row would leave the module by the back door.
    let depth = path.trim_end_matches("/mod.rs").matches('/').count();
    if words(code, &"super::".repeat(depth)).next().is_some() {
        found.push(format!("{path}: leaves its module with `super::`; write `crate::`"));
    }
    found
}

fn find_circle(edges: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        node: &str,
        edges: &BTreeMap<String, BTreeSet<String>>,
        trail: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = trail.iter().position(|seen| seen == node) {
            return Some(trail[start..].to_vec());
        }
        if !done.insert(node.to_owned()) {
            return None;
        }
        trail.push(node.to_owned());
        let circle = edges.get(node).into_iter().flatten().find_map(|next| visit(next, edges, trail, done));
        trail.pop();
        circle
    }
    let mut done = BTreeSet::new();
    edges.keys().find_map(|node| visit(node, edges, &mut Vec::new(), &mut done))
}

// === One file ===

fn check_size(path: &str, code: &str) -> Vec<String> {
    let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
    let most = if path == "src/main.rs" { MAX_MAIN_LINES } else { MAX_CODE_LINES };
    if lines > most { vec![format!("{path}: {lines} lines of code, more than {most}")] } else { Vec::new() }
}

fn check_name(path: &str, _: &str) -> Vec<String> {
    let empty = |part: &str| EMPTY_NAMES.contains(&part.trim_end_matches(".rs"));
    path.split('/').filter(|part| empty(part)).map(|part| format!("{path}: `{part}` says nothing about what it is for")).collect()
}

fn check_lints(path: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for opening in ["#[allow(", "#![allow("] {
        for (at, _) in code.match_indices(opening) {
            let attribute = &code[at..closing(code, at + opening.len() - 1, '(', ')')];
            if attribute.contains("unsafe_code") {
                found.push(format!("{path}:{}: allows unsafe code", line_of(code, at)));
            } else if !attribute.contains("reason") {
                found.push(format!("{path}:{}: `allow` without a reason", line_of(code, at)));
            }
        }
    }
    found.extend(code.match_indices(".unwrap()").map(|(at, _)| format!("{path}:{}: `unwrap` outside tests", line_of(code, at))));
    found
}

fn unsafe_exceptions(code: &str) -> usize {
    words(code, "expect(unsafe_code").count()
}

fn check_processes(path: &str, code: &str) -> Vec<String> {
    if STARTS_PROCESSES.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    words(code, "Command::new").map(|at| format!("{path}:{}: starts a process", line_of(code, at))).collect()
}

/// A line of the log is about an event out of the list, and says what it says in the same words each time: what differs is in
/// its fields, which the log knows how to treat.
fn check_log_lines(path: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["error!", "warn!", "info!", "debug!", "trace!"] {
        for at in words(code, name) {
            let open = at + name.len();
            let inside = code[open..].trim_start_matches('(').trim_start();
            let line = &code[open..closing(code, open, '(', ')')];
            let is_about_one = inside.starts_with("event = LogEvent::") || inside.starts_with("target:");
            if !is_about_one || line.contains("format_args!") {
                found.push(format!("{path}:{}: a line of the log without an event", line_of(code, at)));
            }
        }
    }
    found
}

fn check_printing(path: &str, code: &str) -> Vec<String> {
    if PRINTS.contains(&path) {
        return Vec::new();
    }
    let macros = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
    macros.iter().flat_map(|name| words(code, name)).map(|at| format!("{path}:{}: prints", line_of(code, at))).collect()
}

fn check_module_crates(path: &str, code: &str) -> Vec<String> {
    let forbidden = match module_of(path) {
        Some("client") => HEAVY_CRATES,
        Some("domain") => DOMAIN_MUST_NOT,
        _ => return Vec::new(),
    };
    let used = |name: &&&str| words(code, name).any(|at| !code[at + name.len()..].starts_with('.') && !code[..at].ends_with('.'));
    forbidden.iter().filter(used).map(|name| format!("{path}: must not use {name}")).collect()
}

/// A suggestion exists only where the gate made it.
fn check_suggestion(path: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for at in words(code, "Suggestion") {
        let rest = code[at + "Suggestion".len()..].trim_start();
        if !rest.starts_with('{') {
            continue;
        }
        let before = code[..at].trim_end();
        let in_gate = module_of(path) == Some("validate");
        if before.ends_with("struct") {
            let open = code[at..].find('{').map_or(at, |open| at + open);
            let body = &code[open..closing(code, open, '{', '}')];
            let derives = &code[code[..at].rfind("#[derive").unwrap_or(at)..at];
            if !in_gate || words(body, "pub").next().is_some() {
                found.push(format!("{path}: a suggestion with fields that others can fill"));
            }
            if ["Default", "Deserialize"].iter().any(|derive| words(derives, derive).next().is_some()) {
                found.push(format!("{path}: a suggestion can be made without the gate"));
            }
        } else if !in_gate && !["->", "impl", "for", ">"].iter().any(|token| before.ends_with(token)) {
            found.push(format!("{path}:{}: builds a suggestion", line_of(code, at)));
        }
    }
    found
}

/// All `GPTOS_*` names of a text; `_GPTOS_*` are private and `GPTOS_` alone is a prefix.
fn variables(text: &str) -> BTreeSet<String> {
    let name_of =
        |at: usize| text[at..].chars().take_while(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_').collect::<String>();
    text.match_indices("GPTOS_")
        .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .map(|(at, _)| name_of(at))
        .filter(|name| name != "GPTOS_" && !name.ends_with('_'))
        .collect()
}

fn check_variables(path: &str, text: &str, declared: &BTreeSet<String>) -> Vec<String> {
    variables(text).difference(declared).map(|name| format!("{path}: {name} is not declared in src/env_vars.rs")).collect()
}

// === Shell files ===

fn check_shell(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut function = String::new();
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with('#') {
            continue;
        }
        if let Some(name) = function_name(line) {
            function = name;
        }
        let report = |what: &str| format!("{path}:{}: {what}: {trimmed}", number + 1);
        if words(trimmed, "eval").any(|at| command_word(trimmed, at, "eval")) && !EVALS.iter().any(|(known, _)| *known == trimmed) {
            found.push(report("runs a text"));
        }
        if trimmed.contains("zle -U") {
            found.push(report("types for the user"));
        }
        let accepts = ["accept-line", "ACCEPT_LINE", "-f execute", "accept-and-", "accept-or-"].iter().any(|name| trimmed.contains(name));
        if accepts && !ENTER_FUNCTIONS.contains(&function.as_str()) {
            found.push(report("accepts the line outside the wrapper of Enter"));
        }
    }
    found
}

/// Functions of fish that a key or an event calls and that need no ring.
const RINGLESS: &[(&str, &str)] = &[
    ("__gptos_signal", "an answer that is awaited makes its ring when it comes"),
    ("__gptos_cancel", "the same"),
    ("__gptos_type", "an answer with holes is never kept as it came"),
    ("__gptos_ran", "the event before the line ran has made it"),
    ("__gptos_left", "the shell ends"),
    ("__gptos_moved", "looks at the environment"),
];

/// What of fish a key or an event calls, and does not begin with the ring of an answer that is kept as it came.
fn check_entries(files: &[Source]) -> Vec<String> {
    let lines = || files.iter().flat_map(|file| file.text.lines());
    let is_called = |name: &str| {
        let bound = |line: &str| line.trim_start().starts_with("bind ") && words(line, name).next().is_some();
        let listens = |line: &str| function_name(line).as_deref() == Some(name) && line.contains(" --on-");
        lines().any(|line| bound(line) || listens(line))
    };
    let mut found = Vec::new();
    // What is read when the shell starts calls the rest, and nothing was asked before.
    for file in files.iter().filter(|file| !file.path.ends_with("start.fish")) {
        for body in file.text.split("\nfunction ").skip(1) {
            let body = body.split("\nend\n").next().unwrap_or_default();
            let name = function_name(&format!("function {body}")).unwrap_or_default();
            let makes = ["_GPTOS_PACKED", "__gptos_forget"].iter().any(|made| body.lines().take(8).any(|line| line.contains(made)));
            let is_free = RINGLESS.iter().any(|(known, _)| *known == name);
            if is_called(&name) && !makes && !is_free {
                found.push(format!("{}: {name} does not make the ring first", file.path));
            }
        }
    }
    found
}

/// Whether the word at a place is not part of a longer one with `-`, `/` or `.`.
fn command_word(line: &str, at: usize, word: &str) -> bool {
    let joins = |c: char| matches!(c, '-' | '/' | '.' | '=');
    !line[..at].ends_with(joins) && !line[at + word.len()..].starts_with(joins)
}

/// The function that a line of zsh, bash or fish begins.
fn function_name(line: &str) -> Option<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect::<String>();
    if let Some(rest) = line.trim_start().strip_prefix("function ") {
        return Some(name(rest.trim_start()));
    }
    let found = name(line);
    (!found.is_empty() && line[found.len()..].trim_start().starts_with("()")).then_some(found)
}

/// The patterns by which the integrations know a wish about the suggestion before: the file, and what stands around the words.
const WISH_PATTERNS: &[(&str, &str, &str)] = &[
    ("shell/zsh/words.zsh", "_GPTOS_WISHES='(", ")[[:space:]]##*'"),
    ("shell/bash/refine.bash", "case ${1,,} in", "*) return 1"),
    ("shell/fish/asks.fish", "set -g _GPTOS_WISHES '", "'"),
];

/// The words of such a pattern.
fn wishes_between(text: &str, before: &str, behind: &str) -> BTreeSet<String> {
    let pattern = text.split_once(before).and_then(|(_, rest)| rest.split_once(behind)).map_or("", |(pattern, _)| pattern);
    let pattern = pattern.replace("[[:space:]]*", " ");
    pattern.split(|c: char| !c.is_alphabetic() && c != ',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

// === The real tree ===

type Check = fn(&str, &str) -> Vec<String>;

#[test]
fn the_source_follows_the_rules() {
    let checks: &[Check] = &[
        check_imports,
        check_size,
        check_name,
        check_lints,
        check_processes,
        check_printing,
        check_log_lines,
        check_module_crates,
        check_suggestion,
    ];
    let mut found = Vec::new();
    let mut unsafe_count = 0;
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let files = sources("src", &["rs"]);
    assert!(files.len() > 10, "the source tree was not found");
    for Source { path, text } in files.iter().filter(|source| !is_test_file(&source.path)) {
        let code = code(text);
        found.extend(checks.iter().flat_map(|check| check(path, &code)));
        unsafe_count += unsafe_exceptions(&code);
        if let Some(module) = module_of(path) {
            let targets = imports(&code).into_iter().filter_map(|import| import.split("::").next().map(str::to_owned));
            // The composition root and the command line stand above all others; a settings type is data.
            let direct =
                targets.filter(|target| target != module && !(module == "config" && matches!(target.as_str(), "providers" | "cache")));
            edges.entry(module.to_owned()).or_default().extend(direct);
        }
    }
    if let Some(circle) = find_circle(&edges) {
        found.push(format!("modules use each other in a circle: {}", circle.join(" -> ")));
    }
    if unsafe_count > MAX_UNSAFE {
        found.push(format!("{unsafe_count} exceptions for unsafe code, more than {MAX_UNSAFE}"));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn unsafe_code_is_denied() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    assert!(manifest.lines().any(|line| line.trim() == "unsafe_code = \"deny\""));
}

#[test]
fn shell_files_follow_the_rules() {
    let files = sources("shell", &["zsh", "bash", "fish"]);
    let found: Vec<String> = files.iter().flat_map(|source| check_shell(&source.path, &source.text)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn what_fish_calls_makes_the_ring_first() {
    let found = check_entries(&sources("shell/fish", &["fish"]));
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    let forgotten = |text: &str| !check_entries(&[Source { path: "shell/fish/x.fish".to_owned(), text: text.to_owned() }]).is_empty();
    assert!(forgotten("\nfunction __gptos_x --on-event y\n    __gptos_say\nend\n"));
    assert!(forgotten("\nfunction __gptos_x\n    __gptos_say\nend\nbind \\cx __gptos_x\n"));
    assert!(!forgotten("\nfunction __gptos_x --on-event y\n    set -q _GPTOS_PACKED\n    and __gptos_unpack\nend\n"));
    assert!(!forgotten("\nfunction __gptos_x\n    __gptos_say\nend\n"));
}

#[test]
fn every_variable_is_declared() {
    let declared = variables(&fs::read_to_string(root().join("src/env_vars.rs")).expect("src/env_vars.rs"));
    let mut files = sources("shell", &["zsh", "bash", "fish"]);
    files.extend(sources("src", &["rs"]));
    let found: Vec<String> = files.iter().flat_map(|source| check_variables(&source.path, &source.text, &declared)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_gate_is_there() {
    let gate = sources("src/validate", &["rs"]).into_iter().map(|source| code(&source.text)).collect::<String>();
    assert!(gate.contains("pub struct Suggestion {"), "the checks of the suggestion look for a type that is gone");
}

// === The rules themselves ===

fn finds(check: Check, path: &str, text: &str) -> bool {
    !check(path, &code(text)).is_empty()
}

#[test]
fn forbidden_imports_are_found() {
    for (path, text) in [
        ("src/domain/a.rs", "use crate::suggest::ports;"),
        ("src/client/mod.rs", "use crate::config;"),
        ("src/cache/a.rs", "use crate::suggest::pipeline;"),
        ("src/cache/a.rs", "use crate::{domain::Risk, suggest::{ports::A, pipeline::B}};"),
        ("src/offline/a.rs", "fn a() { crate::system::b(); }"),
        ("src/wiring.rs", "use crate::cli::Exit;"),
        ("src/config/a.rs", "use crate::cache::DiskCache;"),
        ("src/newcomer/a.rs", ""),
        ("src/cache/a.rs", "use super::super::daemon;"),
        ("src/cache/mod.rs", "use super::daemon;"),
    ] {
        assert!(finds(check_imports, path, text), "{path}: {text}");
    }
    for (path, text) in [
        ("src/cache/a.rs", "use crate::{domain::Risk, suggest::ports::{A, B}};"),
        ("src/cache/a.rs", "use super::store;"),
        ("src/cli/a.rs", "use crate::daemon::run;"),
        ("src/config/a.rs", "use crate::cache::CacheSettings;"),
        ("src/domain/a.rs", "// use crate::suggest;\n#[cfg(test)]\nmod tests { use crate::validate::X; }"),
        ("src/lib.rs", "pub mod anything;"),
    ] {
        assert!(!finds(check_imports, path, text), "{path}: {text}: {:?}", check_imports(path, text));
    }
}

#[test]
fn the_integrations_know_the_words_that_begin_a_wish() {
    let expected: BTreeSet<String> = WISHES.iter().map(|word| (*word).to_owned()).collect();
    for (path, before, behind) in WISH_PATTERNS {
        let text = fs::read_to_string(root().join(path)).expect("text");
        assert_eq!(wishes_between(&text, before, behind), expected, "{path}");
    }
    let found = wishes_between("case x in\n a[[:space:]]* | no,[[:space:]]*) ;;\n b[[:space:]]*) ;;\n *)", "case x in", "*)\n");
    assert!(found.is_empty(), "the end of the pattern is not there");
    let found = wishes_between("in\n a[[:space:]]* | no,[[:space:]]*) ;;\n b[[:space:]]*) ;;\n .", "in\n", " .");
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "no,"]);
}

#[test]
fn circles_are_found() {
    let edges = |pairs: &[(&str, &str)]| {
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        edges
    };
    assert_eq!(find_circle(&edges(&[("a", "b"), ("b", "c"), ("c", "b")])), Some(vec!["b".to_owned(), "c".to_owned()]));
    assert_eq!(find_circle(&edges(&[("a", "b"), ("a", "c"), ("b", "c")])), None);
}

#[test]
fn bad_files_are_found() {
    let long = "fn a() {}\n".repeat(MAX_CODE_LINES + 1);
    let tests_are_free = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n{}", "// a comment\n\n".repeat(500));
    assert!(finds(check_size, "src/a.rs", &long) && !finds(check_size, "src/a.rs", &tests_are_free));
    assert!(finds(check_size, "src/main.rs", &"a();\n".repeat(41)) && !finds(check_size, "src/main.rs", &"a();\n".repeat(40)));
    assert!(["src/util.rs", "src/a/helpers.rs", "src/common/mod.rs", "src/manager.rs"].iter().all(|path| finds(check_name, path, "")));
    assert!(!finds(check_name, "src/a/utility_bill.rs", ""));
}

#[test]
fn bad_lines_are_found() {
    let cases: &[(Check, &str, &str)] = &[
        (check_lints, "src/a.rs", "#[allow(dead_code)] fn a() {}"),
        (check_lints, "src/a.rs", "#![allow(unsafe_code, reason = \"x\")]"),
        (check_lints, "src/a.rs", "fn a() { b().unwrap(); }"),
        (check_processes, "src/cli/mod.rs", "fn a() { Command::new(\"b\"); }"),
        (check_processes, "src/client/mod.rs", "std::process::Command::new(a)"),
        (check_log_lines, "src/a.rs", "fn a() { warn!(\"cache: {error}\"); }"),
        (check_log_lines, "src/a.rs", "fn a() { tracing::info!(%query, \"asked\"); }"),
        (check_printing, "src/cli/mod.rs", "println!(\"a\");"),
        (check_printing, "src/daemon/mod.rs", "eprintln!();"),
        (check_module_crates, "src/client/mod.rs", "use tokio::net;"),
        (check_module_crates, "src/client/a.rs", "fn a() { reqwest::get(); }"),
        (check_module_crates, "src/domain/a.rs", "#[derive(serde::Serialize)]"),
        (check_module_crates, "src/domain/a.rs", "use std::fs;"),
        (check_suggestion, "src/validate/a.rs", "pub struct Suggestion { pub command: String }"),
        (check_suggestion, "src/validate/a.rs", "#[derive(Clone, Default)] pub struct Suggestion { command: String }"),
        (check_suggestion, "src/cache/a.rs", "let a = Suggestion { command };"),
        (check_suggestion, "src/cache/a.rs", "struct Suggestion { command: String }"),
    ];
    for (check, path, text) in cases {
        assert!(finds(*check, path, text), "{path}: {text}");
    }
    assert_eq!(unsafe_exceptions("#[expect(unsafe_code, reason = \"\")] fn a() {} #[expect(unsafe_code)] fn b() {}"), 2);
}

#[test]
fn good_lines_are_left_alone() {
    let cases: &[(Check, &str, &str)] = &[
        (check_lints, "src/a.rs", "#[allow(dead_code, reason = \"x\")] fn a() {}"),
        (check_lints, "src/a.rs", "fn a() { b().unwrap_or(1); } // .unwrap()\n#[cfg(test)] mod tests { fn a() { b().unwrap(); } }"),
        (check_lints, "src/a.rs", "const A: &str = \".unwrap() #[allow(\"; const B: &str = r#\".unwrap()\"#; const C: char = '\"';"),
        (check_processes, "src/secrets/command.rs", "Command::new(a)"),
        (check_processes, "src/a.rs", "KeyCommand::new(a)"),
        (check_log_lines, "src/a.rs", "fn a() { warn!(\n  event = LogEvent::CacheFailed.name(), detail = %error, \"it failed\"); }"),
        (check_printing, "src/cli/output.rs", "println!(\"a\");"),
        (check_printing, "src/a.rs", "// println!(\"a\")\nfn println() {}"),
        (check_module_crates, "src/client/mod.rs", "// no tokio here\nlet path = toml_path;"),
        (check_suggestion, "src/validate/a.rs", "struct Suggestion { command: String } fn a() -> Suggestion { Suggestion { command } }"),
        (check_suggestion, "src/cache/a.rs", "fn a() -> Suggestion { judge() } impl From<X> for Suggestion {}"),
    ];
    for (check, path, text) in cases {
        assert!(!finds(*check, path, text), "{path}: {text}: {:?}", check(path, &code(text)));
    }
}

#[test]
fn bad_shell_lines_are_found() {
    for text in [
        "eval \"$answer\"",
        "builtin eval $x",
        "zle -U -- \"$answer\"",
        "f() {\n  zle accept-line\n}",
        "__gptos_enter() {\n  zle .accept-line\n}\n__gptos_other() {\n  zle .accept-line\n}",
        "function __gptos_show\n  commandline -f execute\nend",
    ] {
        assert!(!check_shell("shell/x", text).is_empty(), "{text}");
    }
    for text in [
        "# eval and zle -U are not used",
        "retrieval=1; x-eval y",
        "__gptos_enter() {\n  zle .accept-line\n}",
        "function __gptos_enter\n  commandline -f execute\nend",
    ] {
        assert!(check_shell("shell/x", text).is_empty(), "{text}: {:?}", check_shell("shell/x", text));
    }
}

#[test]
fn undeclared_variables_are_found() {
    let declared = variables("GPTOS_KEY GPTOS_BIN");
    assert!(!check_variables("shell/x", "echo ${GPTOS_KYE}", &declared).is_empty());
    assert!(check_variables("shell/x", "echo $GPTOS_KEY $_GPTOS_PRIVATE GPTOS_* GPTOS_X_", &declared).is_empty());
}
