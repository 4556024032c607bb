//! Options out of a file that fish completes with: a line `complete -c tar -s x -l extract` for each.

use super::OptionList;

/// A list of fewer options is a beginning and not a list.
const LEAST: usize = 4;

/// Letters and words of `complete` that a value follows.
const VALUED: [(char, &str); 9] = [
    ('c', "command"),
    ('p', "path"),
    ('s', "short-option"),
    ('l', "long-option"),
    ('o', "old-option"),
    ('a', "arguments"),
    ('d', "description"),
    ('n', "condition"),
    ('w', "wraps"),
];

/// Texts in a file that makes its list while fish runs, or another one for each word that follows the program.
const CHANGING: [&str; 5] = ["subcommand", "using_command", "\nsource ", "| source", "eval "];

/// The options of one program. They are all that it has when the file says each of them plainly.
pub(super) fn read(text: &str, program: &str) -> OptionList {
    let mut list = OptionList { is_whole: !CHANGING.iter().any(|sign| text.contains(sign)), ..OptionList::default() };
    for line in text.replace("\\\n", " ").lines().map(str::trim) {
        let begins = line == "complete" || line.starts_with("complete ");
        let Some(rest) = line.strip_prefix("complete ").or_else(|| line.split_once(" complete ").map(|(_, rest)| rest)) else { continue };
        if line.starts_with('#') {
            continue;
        }
        // Behind another word it is made on a condition, or in a loop.
        list.is_whole &= begins;
        let said = Said::read(&words(rest));
        let is_open = |value: &String| value.contains(['$', '(']);
        if said.programs.iter().any(is_open) || said.options.iter().any(is_open) {
            list.is_whole = false;
        } else if said.programs.iter().any(|name| name == program) {
            list.is_whole &= !said.wraps;
            list.known.extend(said.options);
        }
    }
    list.is_whole &= list.known.len() >= LEAST;
    list
}

/// What one line says.
#[derive(Default)]
struct Said {
    programs: Vec<String>,
    options: Vec<String>,
    /// Whether it takes over all options of another program.
    wraps: bool,
}

impl Said {
    fn read(words: &[String]) -> Self {
        let mut said = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if let Some(long) = word.strip_prefix("--") {
                let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value.to_owned())));
                if let Some((letter, _)) = VALUED.iter().find(|(_, valued)| *valued == name) {
                    said.take(*letter, value.or_else(|| words.next().cloned()));
                }
            } else if let Some(letters) = word.strip_prefix('-') {
                // Several letters may share a dash; what follows one that takes a value is its value.
                if let Some((at, letter)) = letters.char_indices().find(|(_, letter)| VALUED.iter().any(|(valued, _)| valued == letter)) {
                    let rest = &letters[at + letter.len_utf8()..];
                    said.take(letter, if rest.is_empty() { words.next().cloned() } else { Some(rest.to_owned()) });
                }
            } else if said.programs.is_empty() {
                said.programs.push(word.clone());
            }
        }
        said
    }

    fn take(&mut self, letter: char, value: Option<String>) {
        let Some(value) = value else { return };
        match letter {
            'c' | 'p' => self.programs.push(value),
            's' | 'o' => self.options.push(format!("-{value}")),
            'l' => self.options.push(format!("--{value}")),
            'w' => self.wraps = true,
            _ => {}
        }
    }
}

/// The words of a line, without their quotes. A comment ends it.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut begun) = (Vec::new(), String::new(), false);
    let (mut quote, mut depth) = (None, 0usize);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (_, '\\') => {
                begun = true;
                word.extend(letters.next());
            }
            (None, '\'' | '"') => {
                begun = true;
                quote = Some(letter);
            }
            (Some(open), _) if open == letter => quote = None,
            (None, '(' | ')') => {
                depth = if letter == '(' { depth + 1 } else { depth.saturating_sub(1) };
                begun = true;
                word.push(letter);
            }
            (None, '#') if !begun => break,
            (None, ';' | '|' | '&') if depth == 0 => break,
            (None, _) if letter.is_whitespace() && depth == 0 => {
                if std::mem::take(&mut begun) {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => {
                begun = true;
                word.push(letter);
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: &str = "# complete -c pack -l old\ncomplete -c pack -s a -l all -d \"Don't -l lie # here\"\ncomplete --command=pack -o deep -xa '-l x'\n\
                        complete -fc pack --long-option some \\\n  -s s\ncomplete pack -l last; complete -c other -l other\n";

    fn known(text: &str) -> (String, bool) {
        let list = read(text, "pack");
        (list.known.into_iter().collect::<Vec<_>>().join(" "), list.is_whole)
    }

    #[test]
    fn each_line_names_options_of_its_programs() {
        assert_eq!(known(PACK), ("--all --last --some -a -deep -s".to_owned(), true));
        assert_eq!(read(PACK, "other").known.len(), 0);
    }

    #[test]
    fn a_list_that_is_made_while_fish_runs_is_not_whole() {
        for more in [
            "complete -c pack -n '__fish_seen_subcommand_from a' -l b",
            "complete -c pack -w tar",
            "complete -c pack -l $x",
            "complete -c (basename x) -l x",
            "test -e /x; and complete -c pack -l b",
            "source /usr/share/more.fish",
            "pack --completions fish | eval (cat)",
        ] {
            assert!(!known(&format!("{PACK}{more}\n")).1, "{more}");
        }
        assert_eq!(known("complete -c pack -s a -l all\n"), ("--all -a".to_owned(), false));
        assert_eq!(known(""), (String::new(), false));
    }
}
