//! Changes of what becomes of the output: files, numbers of rows, further programs.

use super::edits::Line;
use super::phrasing::without_lead;
use super::sentences::counted;
use super::tokens::number;
use crate::syntax::{quote, quote_path};

impl Line<'_> {
    /// Its output into a file.
    pub(super) fn kept_in(&self, core: &str) -> Option<String> {
        let saves = [
            "save it to",
            "save it in",
            "save to",
            "save that to",
            "save the output to",
            "save the output in",
            "save them to",
            "save them in",
            "save the result to",
            "write it to",
            "write to",
            "write them to",
            "write the output to",
            "write the result to",
            "output to",
            "store it in",
            "into the file",
            "into a file called",
            "into",
            "redirect to",
            "put it into",
            "to the file",
        ];
        let adds = [
            "append it to",
            "append to",
            "append them to",
            "append the output to",
            "add it to",
            "add the output to",
            "append the result to",
        ];
        let target = |leads: &[&str]| {
            let name = leads.iter().find_map(|lead| without_lead(core, lead))?;
            let name = ["the file", "a file called", "file"].iter().find_map(|lead| without_lead(&name, lead)).unwrap_or(name);
            let bare = name.trim_matches(['"', '\'']);
            let is_file = bare == name && !bare.contains(' ') && bare.contains(['.', '/']) || bare.len() + 2 == name.len();
            (is_file && self.prints()).then(|| quote_path(bare, self.shell))
        };
        let text = self.text.trim_end();
        target(&adds).map(|file| format!("{text} >> {file}")).or_else(|| target(&saves).map(|file| format!("{text} > {file}")))
    }

    /// A number of rows.
    pub(super) fn limited(&self, wish: &str) -> Option<String> {
        let lead = ["limit to", "limit it to", "limited to", "at most", "no more than", "stop after", "show"];
        let bare = lead.iter().find_map(|lead| without_lead(wish, lead)).unwrap_or_else(|| wish.to_owned());
        let words: Vec<&str> = bare.split_whitespace().collect();
        let last = match words[..] {
            ["the", "last", count] | ["last", count] | ["the", "last", count, _] | ["last", count, _] => number(count),
            _ => None,
        };
        let count = last.or_else(|| counted(&bare)).filter(|count| (1..=1_000_000).contains(count))?;
        let calls = self.calls();
        let call = calls.last()?;
        let words = Self::words(call);
        let (program, verb) = (words.first()?.value.as_deref()?, words.get(1).and_then(|word| word.value.as_deref()));
        let ends = if last.is_some() { "tail" } else { "head" };
        if matches!(program, "head" | "tail") && (program == ends || last.is_none()) {
            let old = words.iter().skip(1).find(|word| number(word.raw.trim_start_matches(['-', 'n'])).is_some())?;
            let digits = old.raw.trim_start_matches(['-', 'n']).len();
            return self.with(old, &format!("{}{count}", &old.raw[..old.raw.len() - digits]));
        }
        match (program, verb) {
            ("git", Some("log")) if last.is_none() => self.behind(&words[1], &format!("-n {count}")),
            ("journalctl", _) => self.behind(&words[0], &format!("-n {count}")),
            ("docker", Some("logs")) => self.behind(&words[1], &format!("--tail {count}")),
            _ => self.then(&format!("{ends} -n {count}")),
        }
    }

    /// A further program that reads what it prints.
    pub(super) fn piped(&self, wish: &str) -> Option<String> {
        let text = match wish {
            "count them" | "count" | "how many" | "how many are there" | "count the lines" | "count lines" | "only the number"
            | "only count them" | "the number of them" | "only the count" => "wc -l",
            "sort"
            | "sorted"
            | "sort them"
            | "sort it"
            | "sort the lines"
            | "sort alphabetically"
            | "alphabetically"
            | "sort by name"
            | "sorted by name"
            | "in alphabetical order" => "sort",
            "sort by size" | "by size" | "sorted by size" | "biggest first" | "largest first" if self.is_of("du") => "sort -rh",
            "numerically" | "sort numerically" | "by number" | "sort by number" => "sort -n",
            "unique" | "without duplicates" | "no duplicates" | "remove duplicates" | "each once" | "every one only once" => "sort -u",
            "reverse" | "reversed" | "in reverse order" | "in reverse" | "reverse the order" | "reverse order" => "tac",
            "in a pager" | "page by page" | "with a pager" | "let me scroll" | "with less" | "in less" => "less",
            "in upper case" | "in capitals" => "tr a-z A-Z",
            "in lower case" => "tr A-Z a-z",
            "with line numbers" | "line numbers" | "numbered" | "number the lines" => "nl",
            _ => return None,
        };
        self.then(text)
    }

    /// The lines of its output that hold a text. Where it prints names, their contents may be meant.
    pub(super) fn matching(&self, core: &str) -> Option<String> {
        let leads =
            ["only lines containing", "only lines with", "lines containing", "containing", "that contain", "with the word", "matching"];
        let text = leads.iter().find_map(|lead| without_lead(core, lead))?;
        let bare = text.trim_matches(['"', '\'']);
        let is_one = !bare.contains(' ') || bare.len() < text.len();
        let names = ["find", "ls", "fd", "locate", "tree"].iter().any(|program| self.is_of(program));
        (is_one && !names).then(|| self.then(&format!("grep -F {}", quote(bare, self.shell))))?
    }

    fn is_of(&self, program: &str) -> bool {
        let calls = self.calls();
        calls.len() == 1 && Self::words(calls[0]).first().is_some_and(|word| word.raw == program)
    }
}
