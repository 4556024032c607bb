//! `intents`: what the embedded translator can do, and whether files of one's own are right.

use std::path::Path;

use serde::Serialize;

use super::arguments::{IntentsListArguments, IntentsVerb};
use super::output::Output;
use super::{ExitStatus, config, facts, why};
use crate::config::{nearest, read_pack};
use crate::offline::{IntentInfo, Machine, Sureness, Translator};
use crate::paths::Paths;
use crate::validate::Policy;
use crate::wiring;

/// Where examples begin in the list, in columns.
const EXAMPLES_AT: usize = 30;
/// Columns of a line that everybody can read.
const COLUMNS: usize = 80;

pub(super) fn run(verb: &IntentsVerb, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    match verb {
        IntentsVerb::List(arguments) => list(arguments, paths, output),
        IntentsVerb::Check { files } => check(files, output),
    }
}

/// `intents list --json`.
#[derive(Serialize)]
struct Listed<'a> {
    family: &'a str,
    id: &'a str,
    example: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
}

fn list(arguments: &IntentsListArguments, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let (taught, problems) = wiring::translator(paths);
    problems.iter().for_each(|problem| output.error(&format!("{problem}; left out"), problem.hint.as_deref()));
    let translator = taught.as_deref().unwrap_or_else(|| Translator::embedded());
    let mut families: Vec<(&str, Vec<IntentInfo<'_>>)> = Vec::new();
    for info in translator.intents() {
        match families.iter_mut().find(|(family, _)| *family == info.family) {
            Some((_, known)) => known.push(info),
            None => families.push((info.family, vec![info])),
        }
    }
    if let Some(wanted) = &arguments.family {
        let names: Vec<&str> = families.iter().map(|(family, _)| *family).collect();
        families.retain(|(family, _)| family == wanted);
        if families.is_empty() {
            let meant = nearest(wanted, names.iter().copied()).map(|meant| format!("did you mean `{meant}`?"));
            let hint = meant.unwrap_or_else(|| format!("one of {}", names.join(", ")));
            output.error(&format!("there is no family `{wanted}`"), Some(&hint));
            return ExitStatus::Usage;
        }
    }
    if arguments.json {
        let listed: Vec<_> = families.iter().flat_map(|(_, infos)| infos).map(listed).collect();
        output.data(&format!("{}\n", serde_json::to_string(&listed).unwrap_or_default()));
        return ExitStatus::Success;
    }
    for (at, (family, infos)) in families.iter().enumerate() {
        if at > 0 {
            output.line("");
        }
        output.bold_line(family);
        infos.iter().for_each(|info| show(info, output));
    }
    ExitStatus::Success
}

fn listed<'a>(info: &IntentInfo<'a>) -> Listed<'a> {
    let IntentInfo { family, id, example, written } = *info;
    Listed { family, id, example, file: written.map(|written| &*written.pack), line: written.map(|written| written.line) }
}

/// An intent in one line, or in two if it would be too long.
fn show(info: &IntentInfo<'_>, output: &mut Output<'_>) {
    let width = EXAMPLES_AT - 2;
    let fits = info.id.len() < width && EXAMPLES_AT + info.example.chars().count() <= COLUMNS;
    if fits {
        output.line(&format!("  {:width$}{}", info.id, info.example));
    } else {
        output.line(&format!("  {}", info.id));
        output.line(&format!("      {}", info.example));
    }
}

fn check(files: &[String], output: &mut Output<'_>) -> ExitStatus {
    let mut wrong = false;
    for file in files {
        wrong |= !is_right(file, output);
    }
    if wrong { ExitStatus::Usage } else { ExitStatus::Success }
}

/// Shows what the examples of a file become, and says what is wrong with it.
fn is_right(file: &str, output: &mut Output<'_>) -> bool {
    let text = match read_pack(Path::new(file)) {
        Ok(Some(text)) => text,
        Ok(None) => {
            output.error(&format!("{file}: there is no such file"), None);
            return false;
        }
        Err(problem) => {
            config::refuse(&problem, output);
            return false;
        }
    };
    let (translator, problems) = Translator::with_packs(&[wiring::pack(Path::new(file), &text)]);
    if !problems.is_empty() {
        for problem in problems.into_iter().map(wiring::pack_problem) {
            config::refuse(&problem, output);
        }
        return false;
    }
    let shell = facts::default_shell();
    let machine = Machine::usual(shell, why::os());
    let mut right = true;
    for info in translator.intents() {
        let Some(written) = info.written else { continue };
        output.line(&format!("{}: {}", info.id, info.example));
        let explanation = translator.explain(info.example, &machine);
        let best = explanation.readings.first();
        if let Some(best) = best.filter(|best| best.intent == info.id) {
            output.line(&format!("    {}", best.command));
        }
        let complaint = match best {
            None if explanation.gave_up => Some("could be read in too many ways".to_owned()),
            None => Some("is not understood".to_owned()),
            Some(best) if best.intent != info.id => Some(format!("is taken for `{}`", best.intent)),
            Some(best) if best.sureness != Sureness::Sure => {
                Some(format!("is not sure enough ({:.2}): {}", best.confidence, why::reason(best)))
            }
            Some(best) => why::refusal(best, &Policy::new(shell)).map(|refusal| format!("is refused: {refusal}")),
        };
        if let Some(complaint) = complaint {
            right = false;
            output.error(&format!("{file}:{}: the example of `{}` {complaint}", written.line, info.id), None);
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::super::output::tests::Captured;
    use super::*;

    fn checked(text: &str) -> (ExitStatus, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("team.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let captured = Captured::default();
        let status = check(&[file.display().to_string()], &mut captured.output());
        let plain = |text: String| text.replace(&file.display().to_string(), "FILE");
        (status, plain(captured.out()), plain(captured.err()))
    }

    #[test]
    fn the_examples_of_the_manual_are_right() {
        let (status, out, err) = checked(include_str!("intents_example.toml"));
        assert_eq!((status, err.as_str()), (ExitStatus::Success, ""));
        for line in [
            "team.logs: follow the logs of shop\n    kubectl logs deploy/shop --follow\n",
            "team.deploy: deploy shop to staging as a dry run\n    ./deploy shop --to staging --dry-run\n",
            "team.drop-database: drop the dev database of shop\n    dropdb shop_dev\n",
        ] {
            assert!(out.contains(line), "{out}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let intent = |example: &str, more: &str| {
            format!("family = \"x\"\n[[intent]]\nid = \"x.y\"\nexample = \"{example}\"\nneed = [\"frobnicate\"]\nreading = \"r\"\n{more}\n")
        };
        let table = [
            (intent("frobnicate", "cmd = \"frob"), "FILE:7: "),
            (intent("frobnicate", "cmd = \"frob <it>\""), "FILE:7: `it` is neither a slot nor a flag"),
            (intent("wash the dishes", "cmd = \"frob\""), "FILE:3: the example of `x.y` is not understood"),
            (intent("undo last commit", "cmd = \"frob\""), "FILE:3: the example of `x.y` is taken for `git.undo-commit`"),
            (intent("frobnicate", "cmd = \"frob\"\ndoubt = 0.3"), "FILE:3: the example of `x.y` is not sure enough (0.65)"),
            (intent("frobnicate", "cmd = \"frob 'x\""), "FILE:3: the example of `x.y` is refused: "),
        ];
        for (text, said) in table {
            let (status, _, err) = checked(&text);
            assert!(status == ExitStatus::Usage && err.contains(said), "{text}\n{err}");
        }
        assert_eq!(check(&["/no/such/file.toml".to_owned()], &mut Captured::default().output()), ExitStatus::Usage);
    }

    #[test]
    fn the_list_is_grouped_and_fits_a_terminal() {
        let home = tempfile::tempdir().unwrap();
        let text = home.path().display().to_string();
        let lookup = |name: &str| (name == "HOME").then(|| text.clone().into());
        let paths = Paths::resolve(&lookup, 0, &|| None);
        let listed = |family: Option<&str>, json: bool| {
            let captured = Captured::default();
            let arguments = IntentsListArguments { family: family.map(str::to_owned), json };
            (list(&arguments, &paths, &mut captured.output()), captured)
        };
        let (status, all) = listed(None, false);
        assert_eq!(status, ExitStatus::Success);
        assert!(all.out().contains("\ngit\n  git.status"), "{}", all.out());
        let long: Vec<String> = all.out().lines().filter(|line| line.chars().count() > COLUMNS + 10).map(str::to_owned).collect();
        assert!(long.is_empty(), "{long:?}");
        let (_, git) = listed(Some("git"), true);
        let git: serde_json::Value = serde_json::from_str(&git.out()).unwrap();
        assert!(git.as_array().is_some_and(|all| all.iter().all(|one| one["family"] == "git" && one["file"].is_null())));
        let (status, none) = listed(Some("gti"), false);
        assert_eq!((status, none.out().as_str()), (ExitStatus::Usage, ""));
        assert_eq!(none.err(), "gptos: there is no family `gti`\nhint: did you mean `git`?\n");
    }
}
