//! What may be wrong between a shell and its integration. Each check is a function of what was seen; a new one is one more line in
//! [`CHECKS`].

use std::borrow::Cow;

use serde::Serialize;

use super::files::{Line, start_up_file};
use super::report::Report;
use super::{neighbours, public, terminals};
use crate::config::key_notation::{self, Binding};
use crate::config::reserved::{self, OFFERED};
use crate::domain::ShellKind;

/// Something that is wrong, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What kind of thing it is.
    pub id: &'static str,
    /// Where. Here and below, what is borrowed are words of this program, and may be told to strangers.
    pub place: Cow<'static, str>,
    /// What is wrong there.
    pub cause: Cow<'static, str>,
    /// A command, a line for a file, or what to do.
    pub mend: Cow<'static, str>,
    /// What strangers may read of its details: numbers, names of keys and of programs that many have.
    #[serde(skip)]
    pub public: String,
}

impl Finding {
    pub(super) fn new(
        id: &'static str,
        place: impl Into<Cow<'static, str>>,
        cause: impl Into<Cow<'static, str>>,
        mend: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { id, place: place.into(), cause: cause.into(), mend: mend.into(), public: String::new() }
    }

    /// The same with what strangers may read of it.
    pub(super) fn publicly(self, public: impl Into<String>) -> Self {
        Self { public: public.into(), ..self }
    }
}

/// All that the checks look at.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    pub shell: ShellKind,
    pub report: Report,
    /// The lines of the shell's start-up files.
    pub start_up: Vec<Line>,
    /// The lines of the configuration of the terminal that this runs in.
    pub terminal: Vec<Line>,
    /// Which terminal that is.
    pub terminal_kind: Option<terminals::Terminal>,
    /// Whether the integration came from a file that is not what this program would write now.
    pub is_stale: bool,
    /// Whether the program that the integration asks is there.
    pub has_program: bool,
}

pub(super) const CHECKS: &[fn(&Sight) -> Vec<Finding>] = &[
    old_shell,
    line_editor,
    not_loaded,
    stale,
    no_program,
    neighbours::late,
    breaks,
    taken,
    prefix,
    enter,
    neighbours::tab,
    neighbours::check,
    prompt_hook,
    terminals::check,
];

/// What a key may do without anybody missing it.
const MISSED_BY_NOBODY: [&str; 6] = ["send-break", "list-expand", "undefined-key", "self-insert", "abort", "cancel"];

impl Sight {
    fn finding(
        id: &'static str,
        place: impl Into<Cow<'static, str>>,
        cause: impl Into<Cow<'static, str>>,
        mend: impl Into<Cow<'static, str>>,
    ) -> Vec<Finding> {
        vec![Finding::new(id, place, cause, mend)]
    }

    /// The line that loads the integration.
    pub(super) fn loader(&self) -> Option<&Line> {
        self.start_up.iter().rev().find(|line| line.text.contains("gptos") && (line.text.contains("init") || line.text.contains("source")))
    }

    pub(super) fn place_of_loader(&self) -> String {
        self.loader().map_or_else(|| start_up_file(self.shell).to_owned(), |line| line.place.clone())
    }

    fn is_older_than(&self, wanted: (u32, u32)) -> bool {
        let mut numbers = self.report.version.split(|letter: char| !letter.is_ascii_digit()).map_while(|part| part.parse::<u32>().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), minor) => (major, minor.unwrap_or(0)) < wanted,
            (None, _) => false,
        }
    }

    /// The keys of the integration: as they are named and as the terminal sends them.
    pub(super) fn own_keys(&self) -> Vec<(String, String)> {
        let names = [("GPTOS_KEY", "ctrl-g"), ("GPTOS_KEY2", "")].map(|(name, usual)| {
            let set = self.report.variables.get(name).map(String::as_str);
            set.unwrap_or(usual).to_owned()
        });
        let sent = |name: String| key_notation::named(self.shell, &name).map(|sent| (name, sent));
        names.into_iter().filter(|name| !name.is_empty()).filter_map(sent).collect()
    }

    /// Whether a tool was seen.
    pub(super) fn has_seen(&self, tool: &str) -> bool {
        self.report.seen.iter().any(|name| name == tool)
    }

    /// The line that loads a tool, as far as it names it.
    pub(super) fn place_of(&self, tool: &str) -> String {
        let line = self.start_up.iter().find(|line| line.text.contains(tool));
        line.map_or_else(|| start_up_file(self.shell).to_owned(), |line| line.place.clone())
    }

    /// Whether the integration has this key in the same keymap; a shell may list what it has hidden as well.
    pub(super) fn is_ours_too(&self, binding: &Binding) -> bool {
        let same = |one: &&Binding| one.keys == binding.keys && one.keymap == binding.keymap;
        self.report.bindings.iter().filter(same).any(|one| self.is_ours(one))
    }

    pub(super) fn is_ours(&self, binding: &Binding) -> bool {
        match self.shell {
            ShellKind::Zsh => binding.action.starts_with("gptos-"),
            ShellKind::Bash => binding.action.contains(r"\C-x\C-_g") || binding.action.contains("__gptos"),
            ShellKind::Fish => binding.action.contains("__gptos_"),
        }
    }

    /// Who else has a key: the action and the keymaps.
    fn others(&self, sent: &str) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        let ours: Vec<&str> =
            self.report.bindings.iter().filter(|one| one.keys == sent && self.is_ours(one)).map(|one| one.keymap.as_str()).collect();
        for binding in self.report.bindings.iter().filter(|one| one.keys == sent && !ours.contains(&one.keymap.as_str())) {
            match found.iter_mut().find(|(action, _)| *action == binding.action) {
                Some((_, keymaps)) => keymaps.push(binding.keymap.clone()),
                None => found.push((binding.action.clone(), vec![binding.keymap.clone()])),
            }
        }
        found
    }

    /// The first action of another that a key has and that somebody would miss.
    pub(super) fn missed(&self, name: &str) -> Option<String> {
        let others = self.others(&key_notation::named(self.shell, name)?);
        let missed = others.into_iter().find(|(action, _)| !MISSED_BY_NOBODY.contains(&action.as_str()));
        missed.map(|(action, keymaps)| format!("`{action}` in keymap {}", keymaps.join(", ")))
    }

    /// A key that nobody would miss in any keymap.
    pub(super) fn free_key(&self) -> Option<&'static str> {
        let own = self.own_keys();
        OFFERED.into_iter().find(|name| {
            let Some(sent) = key_notation::named(self.shell, name) else { return false };
            !own.iter().any(|(_, taken)| *taken == sent)
                && self
                    .report
                    .bindings
                    .iter()
                    .filter(|one| one.keys.starts_with(&sent))
                    .all(|one| one.keys == sent && (self.is_ours(one) || MISSED_BY_NOBODY.contains(&one.action.as_str())))
        })
    }

    /// The line that gives the integration another key.
    pub(super) fn other_key(&self) -> String {
        let Some(key) = self.free_key() else { return "choose another key with GPTOS_KEY".to_owned() };
        let line = match self.shell {
            ShellKind::Zsh | ShellKind::Bash => format!("GPTOS_KEY='{key}'"),
            ShellKind::Fish => format!("set -g GPTOS_KEY '{key}'"),
        };
        format!("{line}    (free here; above {})", self.place_of_loader())
    }

    /// The line of the user's files that probably binds a key or loads who does.
    pub(super) fn culprit(&self, name: &str, action: &str) -> Option<&Line> {
        let letter = name.rsplit('-').next().unwrap_or_default();
        let spellings = [format!("^{letter}"), format!("\\c-{letter}"), format!("\\c{letter}"), format!("ctrl-{letter}")];
        let family = action.trim_start_matches(['_', '"']).split(['-', '_', ' ', '.']).next().unwrap_or_default().to_lowercase();
        let binds = |line: &&Line| {
            let lower = line.text.to_lowercase();
            lower.contains("bind") && (lower.contains(&action.to_lowercase()) || spellings.iter().any(|one| lower.contains(one)))
        };
        let others = || self.start_up.iter().rev().filter(|line| !line.text.contains("gptos"));
        others().find(binds).or_else(|| others().find(|line| family.len() > 2 && line.text.to_lowercase().contains(&family)))
    }
}

/// Runs all checks.
pub(super) fn findings(sight: &Sight) -> Vec<Finding> {
    CHECKS.iter().flat_map(|check| check(sight)).collect()
}

fn old_shell(sight: &Sight) -> Vec<Finding> {
    let (wanted, says) = match sight.shell {
        ShellKind::Zsh => ((5, 3), "5.3"),
        ShellKind::Bash => ((5, 1), "5.1"),
        ShellKind::Fish => ((3, 4), "3.4"),
    };
    if !sight.is_older_than(wanted) {
        return Vec::new();
    }
    let name = sight.shell.name();
    let cause = format!("is older than {says}, so nothing is bound; `gptos \"words\"` works all the same");
    let mend = if crate::platform::OS_NAME.to_lowercase().contains("mac") {
        format!("brew install {name}")
    } else {
        format!("sudo apt-get install {name}    (or your system's package manager)")
    };
    let public = format!("{name} {}", public::version(&sight.report.version));
    vec![Finding::new("old-shell", format!("{name} {}", sight.report.version), cause, mend).publicly(public)]
}

fn line_editor(sight: &Sight) -> Vec<Finding> {
    if !sight.report.seen.iter().any(|name| name == "ble.sh") {
        return Vec::new();
    }
    let place = sight.start_up.iter().find(|line| line.text.contains("ble.sh"));
    let place = place.map_or_else(|| "~/.bashrc".to_owned(), |line| line.place.clone());
    Sight::finding(
        "line-editor",
        place,
        "ble.sh replaces the line editor of bash, so no key is bound; `gptos \"words\"` works all the same",
        "take the line that loads ble.sh out to have the keys",
    )
}

fn not_loaded(sight: &Sight) -> Vec<Finding> {
    if sight.report.loaded.is_some() || !old_shell(sight).is_empty() {
        return Vec::new();
    }
    let name = sight.shell.name();
    if let Some(line) = sight.loader() {
        let cause = format!("this line is there, and {name} starts without gptos all the same");
        return Sight::finding("not-loaded", line.place.clone(), cause, format!("see what is said there: {name} -i -c exit"));
    }
    let line = match sight.shell {
        ShellKind::Zsh => "source <(gptos init zsh)",
        ShellKind::Bash => "eval \"$(gptos init bash)\"",
        ShellKind::Fish => "gptos init fish | source",
    };
    Sight::finding("not-loaded", start_up_file(sight.shell), format!("{name} starts without gptos"), line)
}

fn stale(sight: &Sight) -> Vec<Finding> {
    let Some(file) = sight.report.loaded.as_ref().filter(|_| sight.is_stale) else { return Vec::new() };
    let cause = "was written by another version of gptos or before the configuration was changed";
    Sight::finding("stale", file.clone(), cause, format!("gptos init {} >'{file}'", sight.shell.name()))
}

fn no_program(sight: &Sight) -> Vec<Finding> {
    if sight.report.loaded.is_none() || sight.has_program {
        return Vec::new();
    }
    let program = sight.report.variables.get("GPTOS_BIN").map_or("gptos", String::as_str);
    Sight::finding("no-program", "GPTOS_BIN", format!("`{program}` is not there or is no program"), "take the line that sets GPTOS_BIN out")
}

/// Keys of ours that take from the shell what nobody can do without.
fn breaks(sight: &Sight) -> Vec<Finding> {
    let own = sight.own_keys().into_iter().filter(|_| sight.report.loaded.is_some());
    let lost = own.filter_map(|(name, sent)| reserved::lost(sight.shell, &sent).map(|what| (name, what)));
    let finding = |(name, what): (String, &str)| {
        let cause = format!("{} {what}, and gptos has taken it", reserved::key_name(&name));
        Finding::new("key-breaks", "GPTOS_KEY", cause, sight.other_key()).publicly(public::key(&name))
    };
    lost.map(finding).collect()
}

/// Keys that somebody else has.
fn taken(sight: &Sight) -> Vec<Finding> {
    if sight.report.loaded.is_none() || !neighbours::late(sight).is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, sent) in sight.own_keys() {
        for (action, keymaps) in sight.others(&sent) {
            let culprit = sight.culprit(&name, &action);
            let place = culprit.map_or_else(|| format!("keymap {}", keymaps.join(", ")), |line| line.place.clone());
            let cause = format!("{} is `{action}` in keymap {}, not the key of gptos", reserved::key_name(&name), keymaps.join(", "));
            let mend = if sight.has_seen("zsh-vi-mode") && keymaps.iter().any(|keymap| keymap != "main") {
                "zvm_after_init_commands+=('source <(gptos init zsh)')    (zsh-vi-mode binds its keys at the first prompt)".to_owned()
            } else if keymaps == ["main"] {
                format!("bindkey -M main '{}' gptos-translate", key_notation::carets_of(&sent))
            } else {
                sight.other_key()
            };
            let public = format!("{} is {}", public::key(&name), public::action(sight.shell, &action));
            let public = keymaps.iter().fold(public, |told, name| format!("{told}, {}", public::keymap(name)));
            found.push(Finding::new("key-taken", place, cause, mend).publicly(public));
        }
    }
    found
}

/// Keys that begin longer ones: the shell waits to see whether more follows.
fn prefix(sight: &Sight) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, sent) in sight.own_keys().into_iter().filter(|_| sight.report.loaded.is_some()) {
        let longer: Vec<&Binding> =
            sight.report.bindings.iter().filter(|one| one.keys.len() > sent.len() && one.keys.starts_with(&sent)).collect();
        let Some(first) = longer.first() else { continue };
        let place = sight.culprit(&name, &first.action).map_or_else(|| format!("keymap {}", first.keymap), |line| line.place.clone());
        let cause = format!("{} begins a longer key, that of `{}`, so it acts late", reserved::key_name(&name), first.action);
        let public = format!("{} begins a longer key: {}", public::key(&name), public::binding(sight.shell, first));
        found.push(Finding::new("key-prefix", place, cause, sight.other_key()).publicly(public));
    }
    found
}

/// Enter, which asks for `?? words`.
fn enter(sight: &Sight) -> Vec<Finding> {
    if sight.report.loaded.is_none() {
        return Vec::new();
    }
    let mend = format!("load gptos last: move {} to the end of its file", sight.place_of_loader());
    if sight.shell == ShellKind::Zsh {
        if let Some((widget, leading)) = &sight.report.enter
            && leading.is_empty()
        {
            let cause = format!("Enter does `{widget}`, which does not lead to gptos: `?? words` would run as a command");
            let public = format!("Enter is {}", public::action(sight.shell, widget.rsplit(':').next().unwrap_or_default()));
            return vec![Finding::new("enter-taken", sight.place_of_loader(), cause, mend).publicly(public)];
        }
        return Vec::new();
    }
    let lines = ["emacs-standard", "vi-insert", "vi-command", "default", "insert"];
    let others = sight.others("\r").into_iter().flat_map(|(_, keymaps)| keymaps);
    let keymaps: Vec<String> = others.filter(|keymap| lines.contains(&keymap.as_str())).collect();
    if keymaps.is_empty() {
        return Vec::new();
    }
    let cause = format!("Enter is not that of gptos in keymap {}: `?? words` would run as a command", keymaps.join(", "));
    let public = keymaps.iter().map(|name| public::keymap(name)).collect::<Vec<_>>().join(", ");
    vec![Finding::new("enter-taken", sight.place_of_loader(), cause, mend).publicly(public)]
}

/// bash: without its hook the integration does not know when a prompt is one.
fn prompt_hook(sight: &Sight) -> Vec<Finding> {
    match &sight.report.prompts {
        Some(prompts) if sight.report.loaded.is_some() && sight.shell == ShellKind::Bash && !prompts.contains("__gptos_prompt") => {
            let place = sight.start_up.iter().rev().find(|line| line.text.contains("PROMPT_COMMAND=") && !line.text.contains("gptos"));
            let place = place.map_or_else(|| "~/.bashrc".to_owned(), |line| line.place.clone());
            let mend = format!("load gptos last: move {} to the end of its file", sight.place_of_loader());
            Sight::finding("prompt-hook", place, "PROMPT_COMMAND was set anew after gptos was loaded, so `?? words` is no question", mend)
        }
        _ => Vec::new(),
    }
}
