//! `gptos provider add --kind command NAME -- ARGV…`: a program of the user's that answers.

use super::arguments::ProviderAddArguments;
use super::provider::toml_string;
use crate::domain::ShellFacts;
use crate::providers::ProviderKind;
use crate::system::{find_executable, is_executable};

/// The text of a block, and what is wrong with the arguments, with a hint, if it cannot be made.
pub(super) fn block(name: &str, arguments: &ProviderAddArguments, facts: &ShellFacts) -> Result<String, (String, Option<String>)> {
    let of_servers = [
        ("--base-url", &arguments.base_url),
        ("--model", &arguments.model),
        ("--key-file", &arguments.key_file),
        ("--key-command", &arguments.key_command),
        ("--key-env", &arguments.key_env),
    ];
    if let Some((option, _)) = of_servers.iter().find(|(_, value)| value.is_some()) {
        let hint = "the program knows its model and logs in by itself; give it arguments of its own after its name";
        return Err((format!("{option} does not go with --kind command"), Some(hint.to_owned())));
    }
    let Some((program, rest)) = arguments.argv.split_first().filter(|(program, _)| !program.is_empty()) else {
        let hint = format!("gptos provider add --kind command {name} -- claude -p");
        return Err((format!("`{name}` needs a program after `--`"), Some(hint)));
    };
    let program = found(program, facts)?;
    let words: Vec<String> = std::iter::once(&program).chain(rest).map(|word| toml_string(word)).collect();
    let kind = toml_string(ProviderKind::Command.name());
    Ok(format!("[[provider]]\nname = {}\nkind = {kind}\nargv = [{}]\n", toml_string(name), words.join(", ")))
}

/// The word that the program will be started by. It runs in the home directory, so a path must not begin at this one.
fn found(program: &str, facts: &ShellFacts) -> Result<String, (String, Option<String>)> {
    if !program.contains('/') {
        let hint = "install it first, or name it by its whole path";
        let missing = || (format!("no program `{program}` is on the search path"), Some(hint.to_owned()));
        return find_executable(program, facts).map(|_| program.to_owned()).ok_or_else(missing);
    }
    let path = match (program.strip_prefix("~/"), &facts.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => facts.cwd.join(program),
    };
    if !is_executable(&path) {
        return Err((format!("`{}` is no program that can be run", path.display()), Some("check the path, and `chmod +x` it".to_owned())));
    }
    path.into_os_string().into_string().map_err(|_| ("the path of the program is not UTF-8 text".to_owned(), None))
}

/// What somebody who lets this program answer should know.
pub(super) fn who_pays(program: &str) -> String {
    format!(
        "each question runs `{program}` under its own login: it counts against the subscription or credit of that account, and your words go \
         where `{program}` sends them"
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;
    use crate::config::parse;
    use crate::providers::ReachSettings;
    use crate::system::tests::facts;

    fn with(argv: &[&str]) -> ProviderAddArguments {
        ProviderAddArguments { argv: argv.iter().map(|word| (*word).to_owned()).collect(), ..Default::default() }
    }

    #[test]
    fn the_block_names_the_program_as_it_will_be_found() {
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("llm");
        std::fs::write(&tool, "#!/bin/sh\n").unwrap();
        let facts = facts(folder.path().to_str().unwrap(), folder.path());
        let made = |argv: &[&str]| block("mine", &with(argv), &facts);
        let (what, hint) = made(&["llm"]).unwrap_err();
        assert_eq!(what, "no program `llm` is on the search path");
        assert!(hint.unwrap().contains("install it first"));
        assert!(made(&["./llm"]).unwrap_err().0.ends_with("is no program that can be run"));
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        for (word, expected) in [("llm", "llm"), ("./llm", tool.to_str().unwrap())] {
            let text = made(&[word, "-s", "it's \"so\""]).unwrap();
            let expected = [expected, "-s", "it's \"so\""].map(str::to_owned).to_vec();
            let config = parse(&text, Path::new("/c.toml"), None).unwrap();
            assert!(
                matches!(&config.providers[0].reach, ReachSettings::Program(argv) if argv.iter().map(|word| word.replace("/./", "/")).eq(expected)),
                "{text}"
            );
        }
        assert!(made(&[]).unwrap_err().1.unwrap().contains("-- claude -p"));
        assert!(made(&["cd"]).is_err(), "a word that only a shell knows cannot be run");
    }

    #[test]
    fn what_servers_need_does_not_go_with_a_program() {
        let facts = facts("/usr/bin:/bin", Path::new("/"));
        for option in ["--base-url", "--model", "--key-file", "--key-command", "--key-env"] {
            let value = Some("x".to_owned());
            let mut arguments = with(&["sh"]);
            match option {
                "--base-url" => arguments.base_url = value,
                "--model" => arguments.model = value,
                "--key-file" => arguments.key_file = value,
                "--key-command" => arguments.key_command = value,
                _ => arguments.key_env = value,
            }
            assert_eq!(block("mine", &arguments, &facts).unwrap_err().0, format!("{option} does not go with --kind command"));
        }
    }
}
