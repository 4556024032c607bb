//! What other tools of the line editor do to the keys of the integration, and the line of theirs that mends it. Most tools may be loaded
//! before or after it; only those that may not are named here.

use super::checks::{Finding, Sight};
use super::public;
use crate::config::key_notation::Binding;
use crate::domain::ShellKind;

/// Keymaps in which a line is typed.
const TYPED_IN: [&str; 6] = ["emacs", "viins", "emacs-standard", "vi-insert", "default", "insert"];

/// What a sentence says of the order in which the tools were loaded.
pub(super) fn order(sight: &Sight) -> &'static str {
    let matters = ["zsh-vi-mode", "ble.sh", "undistract-me"];
    if sight.report.seen.iter().any(|name| matters.contains(&name.as_str())) {
        ""
    } else {
        " (the order in which they are loaded does not matter)"
    }
}

/// Tools that take what the integration needs for themselves, whatever the order.
pub(super) fn check(sight: &Sight) -> Vec<Finding> {
    if sight.report.loaded.is_none() {
        return Vec::new();
    }
    let mut found = question_mark(sight);
    if sight.has_seen("undistract-me") {
        found.push(Finding::new(
            "prompt-hook",
            sight.place_of("undistract-me"),
            "undistract-me misses lines when anything else hooks the prompt by an array, and gptos does",
            "a tool that uses bash-preexec does not",
        ));
    }
    found
}

/// A `?` that does something else than to be typed: `?? words` is never in the line then.
fn question_mark(sight: &Sight) -> Vec<Finding> {
    // fish 3 and the vi modes use it as a command, outside of typing.
    let is_typed = |one: &&Binding| {
        let types = one.action.starts_with("self-insert") || one.action.contains("url-quote-magic") || sight.is_ours(one);
        one.keys == "?" && TYPED_IN.contains(&one.keymap.as_str()) && !types && !is_command_mode(sight, one)
    };
    let Some(binding) = sight.report.bindings.iter().find(is_typed) else { return Vec::new() };
    // In bash it binds keys by way of macros that do not name it.
    let is_atuin = binding.action.contains("atuin") || (sight.has_seen("atuin") && binding.action.contains(r"\C-x\C-_A"));
    let mend = match (is_atuin, sight.shell) {
        (true, shell) => format!("atuin init {} --disable-ai    (in the line that loads atuin)", shell.name()),
        (false, ShellKind::Zsh) => "bindkey '?' self-insert".to_owned(),
        (false, ShellKind::Bash) => "bind '\"?\": self-insert'".to_owned(),
        (false, ShellKind::Fish) => "bind --erase '?'".to_owned(),
    };
    let place = if is_atuin { sight.place_of("atuin") } else { format!("keymap {}", binding.keymap) };
    let cause = format!("`?` is `{}` in keymap {}, so `?? words` does not come into the line", binding.action, binding.keymap);
    vec![Finding::new("question-mark", place, cause, mend).publicly(public::binding(sight.shell, binding))]
}

/// In fish the mode `default` is that of commands when vi keys are on.
fn is_command_mode(sight: &Sight, binding: &Binding) -> bool {
    let has_insert = sight.report.bindings.iter().any(|one| one.keymap == "insert" && one.keys == "\x1b");
    sight.shell == ShellKind::Fish && binding.keymap == "default" && has_insert
}

/// Tab, which lists suggestions for `?? words`.
pub(super) fn tab(sight: &Sight) -> Vec<Finding> {
    if sight.report.loaded.is_none() {
        return Vec::new();
    }
    let tabs = || sight.report.bindings.iter().filter(|one| one.keys == "\t" && TYPED_IN.contains(&one.keymap.as_str()));
    let finding = |keymap: &str, cause: String, mend: String| {
        let place = sight.culprit("tab", &cause).map_or_else(|| format!("keymap {keymap}"), |line| line.place.clone());
        let bound = tabs().find(|one| one.keymap == keymap).map(|one| public::binding(sight.shell, one));
        vec![Finding::new("tab-taken", place, cause, mend).publicly(bound.unwrap_or_default())]
    };
    match sight.shell {
        // It is lent to the integration for a line of words, if it is a widget.
        ShellKind::Zsh => match tabs().find(|one| one.action.starts_with('"')) {
            Some(one) => finding(
                &one.keymap,
                format!("Tab types {} in keymap {}, so it lists nothing for `?? words`", one.action, one.keymap),
                format!("bindkey -M {} '^I' expand-or-complete", one.keymap),
            ),
            None => Vec::new(),
        },
        // It completes the words behind a command that is called `??`.
        ShellKind::Bash => {
            // What stands in quotes is a text or a command, and neither completes a word as bash does.
            let completes = |one: &&Binding| one.action.contains("complete") && !one.action.starts_with('"');
            if let Some(one) = tabs().find(|one| !completes(one)) {
                return finding(
                    &one.keymap,
                    format!("Tab is `{}` in keymap {}, so it lists nothing for `?? words`", one.action, one.keymap),
                    format!("bind -m {} '\"\\t\": complete'", one.keymap),
                );
            }
            if sight.report.completes.as_ref().is_some_and(|said| !said.contains("__gptos_complete")) {
                let mend = format!("load gptos last: move {} to the end of its file", sight.place_of_loader());
                return finding("", "the completion of `??` was taken away after gptos was loaded, so Tab lists nothing".to_owned(), mend);
            }
            Vec::new()
        }
        // The user's own bindings stand behind those of fish.
        ShellKind::Fish => match tabs().rfind(|one| !sight.is_ours(one) && !sight.is_ours_too(one)) {
            Some(one) => finding(
                &one.keymap,
                format!("Tab is `{}` in mode {}, so it lists nothing for `?? words`", one.action, one.keymap),
                format!("load gptos after it: {} behind the line that binds Tab", sight.place_of_loader()),
            ),
            None => Vec::new(),
        },
    }
}

/// What Tab is, when it does list suggestions for words.
pub(super) fn tab_note(sight: &Sight) -> Option<String> {
    if sight.report.loaded.is_none() || !tab(sight).is_empty() {
        return None;
    }
    let bound = sight.report.bindings.iter().rfind(|one| one.keys == "\t" && TYPED_IN.contains(&one.keymap.as_str()))?;
    let is = if sight.is_ours(bound) { "Tab".to_owned() } else { format!("Tab is `{}`, and", bound.action) };
    Some(format!("{is} lists suggestions for `?? words`"))
}

/// The key set in a line that is read when the keys are bound already.
pub(super) fn late(sight: &Sight) -> Vec<Finding> {
    let Some(at) = sight.loader().and_then(|loader| sight.start_up.iter().position(|line| line == loader)) else { return Vec::new() };
    let sets = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        ["GPTOS_KEY", "GPTOS_KEY2"].iter().any(|name| match sight.shell {
            ShellKind::Fish => words.first() == Some(&"set") && words.contains(name),
            ShellKind::Zsh | ShellKind::Bash => words.iter().any(|word| word.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))),
        })
    };
    let Some(line) = sight.start_up[at + 1..].iter().find(|line| sets(&line.text)) else { return Vec::new() };
    let cause = format!("sets the key after gptos was loaded: {}", line.text);
    let mend = format!("this line belongs above {}", sight.place_of_loader());
    vec![Finding::new("late-option", line.place.clone(), cause, mend)]
}
