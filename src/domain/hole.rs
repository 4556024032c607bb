use std::ops::Range;

/// A part of a command that the user has yet to write: a `<name>` in its text.
///
/// A redirection has the same signs, and `cp <file> /backup` would empty what it names. So a command in which the last
/// hole is followed by other words ends in [`Hole::STOP`], an empty hole, and no shell reads a line that ends in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Its bytes in the command, brackets included.
    pub at: Range<usize>,
}

impl Hole {
    /// The hole at the end of a line that asks for nothing: whoever comes to it has filled in the others.
    pub const STOP: &str = "<>";

    /// Longest name, in bytes.
    const MOST_NAME: usize = 24;

    /// The text of a hole that asks for this.
    pub fn text(name: &str) -> String {
        format!("<{name}>")
    }

    /// What it asks for, without its brackets; empty for [`Hole::STOP`], and `None` when the command has no hole there.
    pub fn name<'a>(&self, command: &'a str) -> Option<&'a str> {
        let name = command.get(self.at.clone())?.strip_prefix('<')?.strip_suffix('>')?;
        (name.is_empty() || Self::is_name(name)).then_some(name)
    }

    /// Whether a hole can ask for this: at least two small letters, digits and dashes, the first a letter.
    pub fn is_name(name: &str) -> bool {
        (2..=Self::MOST_NAME).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_a_small_name_in_brackets() {
        let name = |text: &str| Hole { at: 3..text.len() }.name(text).map(str::to_owned);
        assert_eq!(name("cp <file>").as_deref(), Some("file"));
        assert_eq!(name("cp <new-name2>").as_deref(), Some("new-name2"));
        assert_eq!(name("cp <>").as_deref(), Some(""));
        for none in
            ["cp file", "cp <f>", "cp <File>", "cp <a b>", "cp <$x>", "cp <-f>", "cp <2x>", "cp <é1>", "cp <a_very_long_name_of_a_thing>"]
        {
            assert_eq!(name(none), None, "{none}");
        }
        assert_eq!(Hole { at: 3..4 }.name("cp é"), None);
        assert_eq!(Hole { at: 3..40 }.name("cp <file>"), None);
    }
}
