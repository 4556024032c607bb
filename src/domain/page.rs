/// An example out of a page of the tldr collection: something to read, never something to put into a line. Its command
/// has gaps in double braces, which only the user can fill.
#[derive(Debug, Clone, PartialEq)]
pub struct PageOffer {
    /// The page: `tar`, `git-commit`.
    pub page: String,
    /// What the example does, in the words of the page.
    pub reading: String,
    /// The command as the page has it: `tar xf {{path/to/file}}`.
    pub command: String,
    /// How well it fits the words, from 0 to 1 and always below what counts as sure.
    pub confidence: f64,
    /// What this machine says of the options in the command.
    pub options: OptionCheck,
}

/// What the lists of options on this machine say of those in a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OptionCheck {
    /// Nothing certain.
    #[default]
    Unknown,
    /// All of them exist.
    Listed,
    /// One is not in a list that is whole.
    Unlisted {
        /// The program.
        program: String,
        /// The option that it does not have.
        option: String,
    },
}

/// Letters of a gap's name that are shown.
const NAME_LIMIT: usize = 40;
/// What stands in a gap when the command is judged.
const FILLING: &str = "x";

enum Part<'a> {
    Text(&'a str),
    Gap(&'a str),
}

impl PageOffer {
    /// The command with its gaps as `<name>`.
    pub fn shown(&self) -> String {
        self.filled_by(|name| format!("<{}>", plain(name)))
    }

    /// The command with a word in each gap, so that it can be judged.
    pub fn filled(&self) -> String {
        self.filled_by(|_| FILLING.to_owned())
    }

    /// The command with this sign in each gap.
    pub fn with_gaps(&self, sign: char) -> String {
        self.filled_by(|_| sign.to_string())
    }

    /// Whether anything is left to fill in.
    pub fn has_placeholders(&self) -> bool {
        parts(&self.command).iter().any(|part| matches!(part, Part::Gap(_)))
    }

    fn filled_by(&self, fill: impl Fn(&str) -> String) -> String {
        let parts = parts(&self.command);
        parts.iter().map(|part| if let Part::Gap(name) = part { fill(name) } else { unescaped(part) }).collect()
    }
}

fn unescaped(part: &Part<'_>) -> String {
    let (Part::Text(text) | Part::Gap(text)) = part;
    text.replace("\\{\\{", "{{").replace("\\}\\}", "}}")
}

/// A command, cut at its gaps. `{{[-a|--all]}}` is no gap but two spellings of an option; the long one is taken.
fn parts(command: &str) -> Vec<Part<'_>> {
    let (mut found, mut rest) = (Vec::new(), command);
    while let Some((before, after)) = rest.split_once("{{") {
        // The last two braces of a row end the gap, so that its name may end with one: `{{path/to/{a,b}}}`.
        let Some(end) = after.find("}}").map(|at| at + after[at + 2..].bytes().take_while(|byte| *byte == b'}').count()) else { break };
        found.push(Part::Text(before));
        let name = after[..end].trim();
        let spellings = name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).and_then(|inner| inner.rsplit('|').next());
        found.push(spellings.map_or(Part::Gap(name), Part::Text));
        rest = &after[end + 2..];
    }
    found.push(Part::Text(rest));
    found
}

/// A gap's name in letters that cannot pass for a part of the command around it.
fn plain(name: &str) -> String {
    let is_plain = |letter: &char| letter.is_alphanumeric() || " _-./:@+=,~*|".contains(*letter);
    let name: String = name.chars().filter(is_plain).take(NAME_LIMIT).collect();
    if name.trim().is_empty() { "value".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(command: &str) -> PageOffer {
        PageOffer {
            page: "p".to_owned(),
            reading: "r".to_owned(),
            command: command.to_owned(),
            confidence: 0.5,
            options: OptionCheck::Unknown,
        }
    }

    #[test]
    fn gaps_are_shown_by_name_and_filled_with_a_word() {
        for (command, shown, filled, gaps) in [
            ("uptime", "uptime", "uptime", false),
            ("pack {{path/to/file}} {{name}}", "pack <path/to/file> <name>", "pack x x", true),
            ("pack {{[-a|--all]}} {{ n }}", "pack --all <n>", "pack --all x", true),
            ("pack {{[-a|--all]}}", "pack --all", "pack --all", false),
            ("pack {{path/{a,b}}}", "pack <path/a,b>", "pack x", true),
            ("pack --format '\\{\\{.Id\\}\\}'", "pack --format '{{.Id}}'", "pack --format '{{.Id}}'", false),
            ("pack {{open", "pack {{open", "pack {{open", false),
            ("pack {{}}", "pack <value>", "pack x", true),
        ] {
            let offer = offer(command);
            assert_eq!(offer.with_gaps('x'), filled, "{command}");
            assert_eq!((offer.shown().as_str(), offer.filled().as_str(), offer.has_placeholders()), (shown, filled, gaps), "{command}");
        }
    }

    #[test]
    fn the_name_of_a_gap_cannot_pass_for_a_command() {
        assert_eq!(offer("pack {{x> ; rm -rf ~ <y}}").shown(), "pack <x  rm -rf ~ y>");
        assert_eq!(offer("pack {{a\u{1b}[2J\u{202e}b`c`$(d)}}").shown(), "pack <a2Jbcd>");
        assert!(offer(&format!("pack {{{{{}}}}}", "n".repeat(500))).shown().len() < 50);
    }
}
