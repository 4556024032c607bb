//! One page: a title, a summary, and examples of a description and a command each.

/// What is read of a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Page {
    /// What the program is for.
    pub(super) summary: String,
    /// The examples, in the order of the page.
    pub(super) examples: Vec<Example>,
}

/// What it does, and the command with its gaps in double braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Example {
    pub(super) says: String,
    pub(super) command: String,
}

/// Examples of a page that are read; pages have about eight.
const MOST_EXAMPLES: usize = 20;
/// Bytes of a description or a command; one that is longer helps nobody in a line.
const MOST_BYTES: usize = 400;

impl Page {
    /// Reads the Markdown of a page. Whatever is not as the collection writes it is passed by.
    pub(super) fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut says = None;
        for line in text.lines().map(str::trim).filter(|line| is_clean(line)) {
            if let Some(remark) = line.strip_prefix("> ") {
                let is_about = !["More information", "See also", "Note:"].iter().any(|start| remark.starts_with(start));
                if is_about && page.summary.len() + remark.len() <= MOST_BYTES {
                    page.summary.push_str(remark);
                    page.summary.push(' ');
                }
            } else if let Some(description) = line.strip_prefix("- ") {
                says = Some(without_marks(description.trim_end_matches(':')));
            } else if let Some(command) = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'))
                && let Some(says) = says.take()
                && !command.is_empty()
                && page.examples.len() < MOST_EXAMPLES
            {
                page.examples.push(Example { says, command: command.to_owned() });
            }
        }
        page
    }
}

/// Whether a line holds nothing that a terminal would obey, and not too much of anything.
fn is_clean(line: &str) -> bool {
    line.len() <= MOST_BYTES && !line.chars().any(char::is_control)
}

/// `E[x]tract an archive` marks the letter of an option; the word alone is meant.
fn without_marks(description: &str) -> String {
    let mut plain = String::with_capacity(description.len());
    let mut rest = description;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        match after.split_once(']') {
            Some((letters, tail)) if letters.len() <= 3 && letters.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                plain.push_str(letters);
                rest = tail;
            }
            _ => {
                plain.push('[');
                rest = after;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_its_summary_and_its_examples() {
        let page = Page::read(
            "# crate-packer\n\n> Puts things into crates.\n> More information: <https://example.com>.\n\n- [P]ack a folder [really]:\n\n\
             `crate-packer {{path/to/folder}}`\n\n- No command follows:\n- Show the version:\n\n`crate-packer --version`\n\n`stray`\n",
        );
        assert_eq!(page.summary, "Puts things into crates. ");
        let example = |says: &str, command: &str| Example { says: says.to_owned(), command: command.to_owned() };
        let expected =
            [example("Pack a folder [really]", "crate-packer {{path/to/folder}}"), example("Show the version", "crate-packer --version")];
        assert_eq!(page.examples, expected);
    }

    #[test]
    fn what_a_terminal_would_obey_and_what_has_no_end_is_passed_by() {
        let long = "y".repeat(500);
        let page = Page::read(&format!("> a\u{1b}[2Jb\n- One:\n`ls \u{7}`\n- Two:\n`ls {long}`\n- Three:\n``\n- Four:\n`pwd`\n"));
        assert_eq!((page.summary.as_str(), page.examples.len()), ("", 1));
        assert_eq!(Page::read(&"- A:\n`b`\n".repeat(100)).examples.len(), MOST_EXAMPLES);
        assert_eq!(Page::read(""), Page::default());
    }
}
