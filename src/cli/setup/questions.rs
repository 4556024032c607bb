//! Questions that may be skipped. A bad answer is told of and asked again.

use crate::cli::output::Output;

/// Who answers: somebody at a terminal, or nobody.
pub(super) struct Questions<'a, 'o> {
    /// Whether somebody is asked.
    pub(super) asks: bool,
    /// Whether the answer is yes where nobody is.
    pub(super) yes: bool,
    pub(super) output: &'a mut Output<'o>,
}

impl Questions<'_, '_> {
    /// Tells something.
    pub(super) fn say(&mut self, text: &str) {
        self.output.remark(text);
    }

    /// Shows a text as it is, line by line.
    pub(super) fn show(&mut self, text: &str) {
        text.lines().for_each(|line| self.output.line(&format!("  {line}")));
    }

    /// Whether the answer is yes. What is skipped is a no.
    pub(super) fn yes_or_no(&mut self, question: &str) -> bool {
        if !self.asks {
            return self.yes;
        }
        let answer = self.until(&format!("{question} [y/N]"), |answer| match answer.to_lowercase().as_str() {
            "y" | "yes" => Ok(true),
            "n" | "no" => Ok(false),
            _ => Err("y for yes, n for no, Enter to skip".to_owned()),
        });
        answer.unwrap_or(false)
    }

    /// Asks until the answer can be read. `None` for an empty one, and at the end of the input.
    pub(super) fn until<T>(&mut self, question: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        loop {
            let answer = self.output.ask(question)?;
            if answer.is_empty() {
                return None;
            }
            match read(&answer) {
                Ok(value) => return Some(value),
                Err(why) => self.say(&why),
            }
        }
    }
}
