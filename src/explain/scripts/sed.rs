//! Simple scripts of `sed`: substitutions, deletions, lines to print.

use super::lines_with;

/// Reads a script; `None` when it is more than a list of simple commands.
pub(in crate::explain) fn read(script: &str) -> Option<String> {
    let mut scanner = Scanner { chars: script.chars().collect(), at: 0 };
    let mut phrases = Vec::new();
    loop {
        scanner.skip(&[' ', '\t', '\n', ';']);
        if scanner.peek().is_none() {
            break;
        }
        phrases.push(scanner.command()?);
    }
    (!phrases.is_empty()).then(|| phrases.join("; "))
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
}

/// Which lines a command is for.
enum Address {
    Line(String),
    Last,
    Match(String),
    Step(String, String),
}

impl Address {
    fn one(&self) -> String {
        match self {
            Address::Line(number) => format!("line {number}"),
            Address::Last => "the last line".to_owned(),
            Address::Match(expression) => lines_with(expression),
            Address::Step(first, step) => format!("every line whose number is {first} plus a multiple of {step}"),
        }
    }

    fn bound(&self) -> String {
        match self {
            Address::Match(expression) => format!("one that matches {expression}"),
            other => other.one(),
        }
    }
}

impl Scanner {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn skip(&mut self, what: &[char]) {
        while self.peek().is_some_and(|c| what.contains(&c)) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect()
    }

    /// The text up to a sign that no backslash protects; the backslash before the sign itself goes.
    fn up_to(&mut self, end: char) -> Option<String> {
        let mut text = String::new();
        let mut bracket = false;
        loop {
            match self.next()? {
                c if c == end && !bracket => return Some(text),
                '\\' => {
                    let next = self.next()?;
                    if next != end {
                        text.push('\\');
                    }
                    text.push(next);
                }
                c => {
                    bracket = (bracket || c == '[') && c != ']';
                    text.push(c);
                }
            }
        }
    }

    fn address(&mut self) -> Option<Option<Address>> {
        Some(match self.peek() {
            Some('$') => {
                self.at += 1;
                Some(Address::Last)
            }
            Some('/') => {
                self.at += 1;
                Some(Address::Match(self.up_to('/')?))
            }
            Some(c) if c.is_ascii_digit() => {
                let number = self.number();
                if self.peek() == Some('~') {
                    self.at += 1;
                    return Some(Some(Address::Step(number, self.number())));
                }
                Some(Address::Line(number))
            }
            _ => None,
        })
    }

    fn lines(&mut self) -> Option<Option<String>> {
        let Some(first) = self.address()? else { return Some(None) };
        let mut lines = first.one();
        if self.peek() == Some(',') {
            self.at += 1;
            if self.peek() == Some('+') {
                self.at += 1;
                lines = format!("{lines} and the {} after it", self.number());
            } else {
                lines = match (&first, self.address()??) {
                    (Address::Line(from), Address::Line(to)) => format!("lines {from} to {to}"),
                    (Address::Line(from), Address::Last) => format!("all from line {from} on"),
                    (from, to) => format!("everything from {} to {}", from.bound(), to.bound()),
                };
            }
        }
        self.skip(&[' ']);
        if self.peek() == Some('!') {
            self.at += 1;
            lines = format!("all but {lines}");
        }
        Some(Some(lines))
    }

    fn command(&mut self) -> Option<String> {
        let lines = self.lines()?;
        let of = |verb: &str| format!("{verb} {}", lines.as_deref().unwrap_or("every line"));
        let inside = lines.as_ref().map_or(String::new(), |lines| format!("in {lines}, "));
        let phrase = match self.next()? {
            'd' => of("delete"),
            'p' => of("print"),
            'q' => lines.as_ref().map_or("stop".to_owned(), |lines| format!("stop after {lines}")),
            '=' => of("print the number of"),
            's' => inside + &self.substitution()?,
            'y' => {
                let delimiter = self.next()?;
                let (from, to) = (self.up_to(delimiter)?, self.up_to(delimiter)?);
                format!("{inside}replace each of the characters {from} by its partner of {to}")
            }
            verb @ ('a' | 'i' | 'c') => {
                self.skip(&['\\', ' ', '\n']);
                let text: String = self.chars[self.at..].iter().collect();
                self.at = self.chars.len();
                let lines = lines.as_deref().unwrap_or("every line");
                match verb {
                    'a' => format!("after {lines}, add: {text}"),
                    'i' => format!("before {lines}, add: {text}"),
                    _ => format!("replace {lines} by: {text}"),
                }
            }
            _ => return None,
        };
        self.skip(&[' ', '\t']);
        matches!(self.peek(), None | Some(';' | '\n')).then_some(phrase)
    }

    /// What follows the `s`.
    fn substitution(&mut self) -> Option<String> {
        let delimiter = self.next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace() && *c != '\\')?;
        let (from, to) = (self.up_to(delimiter)?, self.up_to(delimiter)?);
        let (mut all, mut nth, mut extra) = (false, String::new(), String::new());
        while let Some(c) = self.peek() {
            match c {
                'g' => all = true,
                'i' | 'I' => extra.push_str(", ignoring case"),
                'p' => extra.push_str(", and print the line"),
                'm' | 'M' => extra.push_str(", with ^ and $ for lines"),
                c if c.is_ascii_digit() => {
                    nth = self.number();
                    continue;
                }
                _ => break,
            }
            self.at += 1;
        }
        let what = match from.as_str() {
            "[[:space:]]*$" | r"\s*$" | "[ \t]*$" | "[[:space:]]+$" | r"\s+$" => "blanks at the end of a line",
            "^[[:space:]]*" | r"^\s*" | "^[ \t]*" => "blanks at the beginning of a line",
            r"\r$" => "a carriage return at the end of a line",
            "^" => "the beginning of a line",
            "$" => "the end of a line",
            other => other,
        };
        let often = match (all, nth.as_str()) {
            (true, "") => ", each time",
            (true, _) => ", from that time in a line on",
            (false, "") if from.starts_with('^') || from.ends_with('$') => "",
            (false, "") => ", the first time in each line",
            (false, _) => ", that time in each line only",
        };
        let counted = if nth.is_empty() { String::new() } else { format!(" (number {nth})") };
        let verb = if to.is_empty() { format!("remove {what}{counted}") } else { format!("replace {what}{counted} by {to}") };
        Some(verb + often + &extra)
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn simple_scripts_are_told() {
        for (script, expected) in [
            ("s/foo/bar/g", "replace foo by bar, each time"),
            ("s/foo//", "remove foo, the first time in each line"),
            (r"s/http:\/\//https:\/\//g", "replace http:// by https://, each time"),
            ("s|a|b|gi", "replace a by b, each time, ignoring case"),
            ("s/[[:space:]]*$//", "remove blanks at the end of a line"),
            ("42p", "print line 42"),
            ("5,10p", "print lines 5 to 10"),
            ("3d", "delete line 3"),
            ("$d", "delete the last line"),
            ("2,$d", "delete all from line 2 on"),
            ("/DEBUG/d", "delete lines that match DEBUG"),
            ("/^[[:space:]]*$/d", "delete lines that are blank"),
            ("/x/!d", "delete all but lines that match x"),
            ("/a/,/b/p", "print everything from one that matches a to one that matches b"),
            ("1d;$d", "delete line 1; delete the last line"),
            ("10q", "stop after line 10"),
            ("2,4s/a/b/2", "in lines 2 to 4, replace a (number 2) by b, that time in each line only"),
            ("s/[/]x/y/", "replace [/]x by y, the first time in each line"),
            ("1i hello", "before line 1, add: hello"),
            ("y/abc/xyz/", "replace each of the characters abc by its partner of xyz"),
        ] {
            assert_eq!(read(script).as_deref(), Some(expected), "{script}");
        }
        for script in ["", "s/a", ":a;N;$!ba;s/\\n/ /g", "{p;d}", "s/a/b/e", "pp", "5,p", "k"] {
            assert_eq!(read(script), None, "{script}");
        }
    }
}
