//! The completion scripts of the shells, from the one definition of the command line. Names of configured providers are asked of
//! this program when somebody completes one.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command};
use clap_complete::{Shell, generate};

use super::arguments::definition;
use super::provider;
use crate::domain::ShellKind;

/// Which names an argument can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Those of the configured providers.
    Configured,
    /// The same, and those of services that bring their own address.
    ForLogin,
    /// Those that bring their own address.
    Known,
}

/// Arguments that name a provider: two verbs, the argument, and what it can be.
const PLACES: [([&str; 2], &str, Names); 6] = [
    (["auth", "login"], "provider", Names::ForLogin),
    (["auth", "logout"], "provider", Names::Configured),
    (["auth", "status"], "provider", Names::Configured),
    (["provider", "test"], "name", Names::Configured),
    (["provider", "models"], "name", Names::Configured),
    (["provider", "add"], "name", Names::Known),
];

/// A function that prints the words it is given and the names of the configured providers, each once.
const FOR_BASH: &str = r#"
_gptos_providers() {
    local name known=" $* "
    (($# == 0)) || printf '%s\n' "$@"
    while IFS= read -r name; do
        [[ $known == *" $name "* ]] || printf '%s\n' "$name"
    done < <(command gptos provider list --names 2>/dev/null)
}
"#;

/// A function that offers the words it is given, behind the options of `compadd`, and the names of the configured providers.
const FOR_ZSH: &str = r#"
(( $+functions[_gptos_providers] )) ||
_gptos_providers() {
    local -a names; names=(${(f)"$(command gptos provider list --names 2>/dev/null)"})
    compadd "$@" ${names:#-*}
}

"#;

impl Names {
    /// What stands in a script for names that are not known yet; no name has such a letter.
    fn words(self) -> Vec<&'static str> {
        match self {
            Self::Configured => vec!["@configured@"],
            Self::ForLogin => vec!["@for-login@"],
            Self::Known => provider::known_names().collect(),
        }
    }

    /// The words of a command that tells the names of this kind.
    fn arguments(self) -> String {
        let services = provider::services().filter(|_| self == Self::ForLogin);
        std::iter::once("_gptos_providers").chain(services).collect::<Vec<_>>().join(" ")
    }
}

/// The completion script of a shell.
pub fn script(shell: ShellKind) -> String {
    let generated = |generator: Shell| {
        let mut script = Vec::new();
        generate(generator, &mut marked(), "gptos", &mut script);
        String::from_utf8_lossy(&script).into_owned()
    };
    let asked = [Names::Configured, Names::ForLogin];
    match shell {
        ShellKind::Bash => {
            asked
                .iter()
                .fold(generated(Shell::Bash), |script, names| script.replace(names.words()[0], &format!("$({})", names.arguments())))
                + FOR_BASH
        }
        ShellKind::Zsh => {
            let script = generated(Shell::Zsh);
            let script = asked.iter().fold(script, |script, names| script.replace(&format!("({})", names.words()[0]), &names.arguments()));
            // What stands last in the file completes at once when the file is the function.
            let end = script.rfind("if [ \"$funcstack[1]\"").unwrap_or(script.len());
            format!("{}{}{}", &script[..end], FOR_ZSH.trim_start(), &script[end..])
        }
        ShellKind::Fish => generated(Shell::Fish) + &PLACES.map(|([verb, leaf], _, names)| in_fish(verb, leaf, names)).concat(),
    }
}

/// The definition with marks where names of providers go.
fn marked() -> Command {
    PLACES.iter().fold(definition(), |command, ([verb, leaf], argument, names)| {
        // All are gone through, because one that is changed by its name goes behind the others.
        let marked = |one: Arg| if one.get_id() == *argument { one.value_parser(PossibleValuesParser::new(names.words())) } else { one };
        command.mut_subcommand(verb, |verb| verb.mut_subcommand(leaf, |leaf| leaf.mut_args(marked)))
    })
}

/// The generator for fish passes over arguments that are no options.
fn in_fish(verb: &str, leaf: &str, names: Names) -> String {
    let asked = if names == Names::Known { "" } else { "(command gptos provider list --names 2>/dev/null) " };
    let words: Vec<&str> = match names {
        Names::Configured => Vec::new(),
        Names::ForLogin => provider::services().collect(),
        Names::Known => names.words(),
    };
    let condition = format!("__fish_gptos_using_subcommand {verb}; and __fish_seen_subcommand_from {leaf}");
    format!("complete -c gptos -n \"{condition}\" -f -a \"{}\"\n", format!("{asked}{}", words.join(" ")).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_know_the_verbs_and_not_the_hot_ones() {
        for shell in ShellKind::ALL {
            let script = script(shell);
            assert!(
                ["translate", "explain", "provider", "auth", "no-check", "key-command", "clear", "metrics", "provider list --names"]
                    .iter()
                    .all(|word| script.contains(word)),
                "{shell}"
            );
            assert!(!script.contains("widget") && !script.contains("@configured@") && !script.contains("@for-login@"), "{shell}");
        }
    }
}
