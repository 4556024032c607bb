use std::fmt;

use thiserror::Error;

use super::Query;

/// What words are about beside what they say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aim {
    /// The command that they are to change.
    pub refines: Option<Refined>,
    /// The program that the command must be one of.
    pub scope: Option<Scope>,
    /// Where the cursor stands in them, in characters, when they may be a command that somebody has begun.
    pub cursor: Option<usize>,
}

/// A command that words are to change, and the words that it answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refined {
    command: String,
    asked: String,
}

/// A program whose commands alone are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(String);

/// Why words have no such aim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AimError {
    /// The command cannot be one that was suggested.
    #[error("the command to change is not one line of text of at most {} bytes", Query::MAX_BYTES)]
    NoCommand,
    /// The words it answered cannot have been a query.
    #[error("the words of the command to change are not text of at most {} bytes", Query::MAX_BYTES)]
    NoWords,
    /// It is no name of a program.
    #[error("the scope is not the name of a program")]
    NoProgram,
}

/// Short names that people give programs.
const SHORT_NAMES: [(&str, &str); 1] = [("k", "kubectl")];

/// Longest name of a program.
const LONGEST_NAME: usize = 64;

impl Aim {
    /// Whether the words say all there is to say.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

impl Refined {
    /// A command and its words, both from outside. The words may be missing.
    ///
    /// # Errors
    /// [`AimError`] names which of the two is none.
    pub fn new(command: &str, asked: &str) -> Result<Self, AimError> {
        let is_line = |text: &str| text.len() <= Query::MAX_BYTES && !text.contains(char::is_control);
        let (command, asked) = (command.trim(), asked.trim());
        match (is_line(command) && !command.is_empty(), is_line(asked)) {
            (true, true) => Ok(Self { command: command.to_owned(), asked: asked.to_owned() }),
            (false, _) => Err(AimError::NoCommand),
            (true, false) => Err(AimError::NoWords),
        }
    }

    /// The command.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The words that it answered; empty when nobody knows.
    pub fn asked(&self) -> &str {
        &self.asked
    }
}

impl Scope {
    /// The program that a word in front of `?` stands for.
    ///
    /// # Errors
    /// [`AimError::NoProgram`].
    pub fn from_word(word: &str) -> Result<Self, AimError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.+".contains(c);
        let is_name = !word.is_empty()
            && word.len() <= LONGEST_NAME
            && word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.chars().all(is_plain);
        if !is_name {
            return Err(AimError::NoProgram);
        }
        let full = SHORT_NAMES.iter().find(|(short, _)| *short == word).map_or(word, |(_, full)| full);
        Ok(Self(full.to_owned()))
    }

    /// The program's name.
    pub fn program(&self) -> &str {
        &self.0
    }

    /// Whether a command begins with the program, be it as the administrator.
    pub fn holds(&self, command: &str) -> bool {
        let mut words = command.split_whitespace();
        let first = words.next();
        let first = if first == Some("sudo") { words.next() } else { first };
        first == Some(self.program())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_the_name_of_a_program() {
        for (word, program) in
            [("git", "git"), ("k", "kubectl"), ("docker", "docker"), ("apt-get", "apt-get"), ("7z", "7z"), ("g++", "g++")]
        {
            assert_eq!(Scope::from_word(word).unwrap().program(), program);
        }
        for word in ["", "-rf", "a b", "a;b", "$(id)", "../x", "a/b", "größe", "a\n", &"x".repeat(65)] {
            assert_eq!(Scope::from_word(word), Err(AimError::NoProgram), "{word:?}");
        }
    }

    #[test]
    fn a_command_in_scope_begins_with_the_program() {
        let scope = Scope::from_word("git").unwrap();
        for (command, holds) in [
            ("git log", true),
            ("git", true),
            ("sudo git gc", true),
            ("git log | head", true),
            ("gitk", false),
            ("git;rm x", false),
            ("ls && git log", false),
            ("sudo rm git", false),
            ("", false),
        ] {
            assert_eq!(scope.holds(command), holds, "{command}");
        }
    }

    #[test]
    fn what_is_changed_is_one_line() {
        let refined = Refined::new(" ls -l ", " list files\n").unwrap();
        assert_eq!((refined.command(), refined.asked()), ("ls -l", "list files"));
        assert_eq!(Refined::new("ls", "").unwrap().asked(), "");
        for command in ["", "  ", "ls\nrm x", "ls \x1b[31m", "a\0b", &"x".repeat(100_000)] {
            assert_eq!(Refined::new(command, "x"), Err(AimError::NoCommand), "{:.20}", command);
        }
        for asked in ["a\x07b", &"x".repeat(100_000)] {
            assert_eq!(Refined::new("ls", asked), Err(AimError::NoWords), "{:.20}", asked);
        }
    }
}
