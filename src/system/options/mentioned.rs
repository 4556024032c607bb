//! Options that the completions of bash and zsh mention. They are programs, most of which ask the completed one while they
//! run, so that what they do not mention says nothing.

use std::collections::BTreeSet;

/// A quoted text of nothing but options, such as `compgen -W '--all --some'` has it, and the patterns of a `case`.
pub(super) fn in_bash(text: &str) -> BTreeSet<String> {
    let text: String = text.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    let mut found = BTreeSet::new();
    // Every second piece between quotes is outside of them; which ones does not matter, because both must look alike.
    for piece in text.split(['\'', '"']) {
        let words: Vec<&str> = piece.split_whitespace().filter(|word| *word != "\\").collect();
        if words.len() > 1 && words.iter().all(|word| option_at(word).is_some()) {
            found.extend(words.into_iter().filter_map(option_at));
        }
    }
    for line in text.lines().map(str::trim).filter(|line| line.starts_with('-')) {
        if let Some((patterns, _)) = line.split_once(')').filter(|(patterns, _)| !patterns.contains(char::is_whitespace)) {
            found.extend(patterns.split('|').filter_map(option_at));
        }
    }
    found
}

/// What `_arguments` is given: `'--all[everything]'`, `{-a,--all}`, `'(-a)--all=[…]'`.
pub(super) fn in_zsh(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for (at, _) in line.match_indices('-') {
            let begins = line[..at].ends_with(['\'', '"', '{', ',', ')', '*']);
            if begins && let Some(option) = option_at(&line[at..]) {
                let after = line[at + option.len()..].trim_start_matches(['=', '+', '-']);
                if after.starts_with(['[', ',', '}', ':']) {
                    found.insert(option);
                }
            }
        }
    }
    found
}

/// The option at the beginning of a text.
pub(super) fn option_at(text: &str) -> Option<String> {
    let dashes = text.bytes().take_while(|byte| *byte == b'-').count();
    let name = text.get(dashes..)?;
    let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter)).unwrap_or(name.len());
    let name = name[..end].trim_end_matches(['-', '.', '_']);
    ((1..=2).contains(&dashes) && name.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
        .then(|| text[..dashes + name.len()].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: BTreeSet<String>) -> String {
        found.into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn bash_mentions_options_in_lists_and_patterns() {
        let text = "# --not this\n_pack() {\n  case $prev in\n    -o|--output)\n      return ;;\n  esac\n  OPTS=\"--all\n    --size= -q\"\n\
                    COMPREPLY=( $(compgen -W '--deep --flat' -- \"$cur\") )\n  sed -e 's/x/y/' | grep --color x\n}\ncomplete -F _pack pack\n";
        assert_eq!(shown(in_bash(text)), "--all --deep --flat --output --size -o -q");
        assert_eq!(shown(in_bash("")), "");
    }

    #[test]
    fn zsh_mentions_options_in_specifications() {
        let text = "#compdef pack\n_arguments -s -S \\\n  '(-a --all)'{-a,--all}'[everything]' \\\n  '*--size=[how large]:size' \\\n\
                    '-q[quiet]' '(-q)--loud-and-clear:how' && return\n  grep --color -e x\n";
        assert_eq!(shown(in_zsh(text)), "--all --loud-and-clear --size -a -q");
    }
}
