//! The records of an answer in the form that bash and fish take in one go: a loop over fields that end with a NUL costs them more than the
//! process that writes them.

use crate::domain::{ShellKind, is_wish};

/// The fields before the first suggestion of an answer that is laid out.
const HEAD: usize = 20;

/// Columns of what is said where they are not known without tables.
const UNKNOWN: usize = 9999;

/// What a shell is told back that has not looked at its line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unseen<'a> {
    /// The line.
    pub line: &'a str,
    /// The words in it.
    pub words: &'a str,
    /// What goes with them as a keyed field, if anything does.
    pub told: &'a str,
    /// Seconds since the system started, with two decimals; empty where they are not known.
    pub uptime: &'a str,
}

/// The records with fields that end with the sign at which the shell takes a whole text apart without a loop: it reads what ends
/// with a NUL in pieces. No field holds a control character. For fish an answer of suggestions alone is laid out as its variables want it.
/// A shell that has not looked at its line gets that back with the words in it, also before records that stay as they are.
#[must_use]
pub fn in_one_go(records: &str, shell: ShellKind, unseen: Option<Unseen<'_>>) -> String {
    if shell == ShellKind::Bash {
        return records.replace('\0', "\x1f");
    }
    if let Some(fields) = laid_out(records, unseen.unwrap_or_default()) {
        return fields.iter().flat_map(|field| [field, "\n"]).collect();
    }
    let before = unseen.map(|unseen| format!("records\n{}\n{}\n{}\n", unseen.line, unseen.words, unseen.told)).unwrap_or_default();
    before + &records.replace('\0', "\n")
}

/// The words of the most usual line, `?? words` without anything else; `None` for all that needs a closer look.
#[must_use]
pub fn plain_words(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("??")?;
    let words = rest.trim_matches([' ', '\t']);
    let is_plain = rest.starts_with([' ', '\t']) && !words.is_empty() && !words.contains(char::is_control);
    (is_plain && !is_wish(words)).then_some(words)
}

/// A line that is either words or a command that is begun, and nothing that has a meaning of its own at Enter: `None` says that it may have one.
#[must_use]
pub fn bare_words(line: &str) -> Option<&str> {
    let is_plain = !line.trim().is_empty() && !line.starts_with(['#', ' ', '\t']) && !line.contains(char::is_control);
    (is_plain && !line.contains("??") && !line.contains("? ")).then_some(line)
}

/// The head, and behind it a list for each of the variables: commands, notes, readings, holes, how long it took. The head: the sign, whether
/// other ways may be asked for, the risk of the first suggestion, the places of the first and last elements of the lists but for the first of
/// all, how wide what is said of the first suggestion is behind its sign, the time, who could be asked for more, what is said, the line with
/// its words and what was told beside them, and where the shell may ask without a process; time, line, words and what goes with them are
/// empty for a shell that knows them. `None` for what has holes, rows or remarks, and for what a shell would refuse.
fn laid_out(records: &str, unseen: Unseen<'_>) -> Option<Vec<String>> {
    let (mut more, mut others, mut took, mut reading, mut place) = ("", "", "", "", "");
    let mut lists: [Vec<&str>; 3] = Default::default();
    let fields: Vec<&str> = records.strip_suffix('\0')?.split('\0').collect();
    for record in fields.chunks(3) {
        match *record {
            ["reading", text, _] => reading = text,
            ["cmd", text, note] if !text.trim().is_empty() && !lists[0].contains(&text) => {
                lists[0].push(text);
                lists[1].push(note);
                lists[2].push(std::mem::take(&mut reading));
            }
            ["took", text, _] => took = text,
            ["more", text, _] => more = text,
            ["others", _, _] => others = "1",
            ["pipes", text, _] => place = text,
            ["end", "0", _] => {}
            _ => return None,
        }
    }
    let count = lists[0].len();
    let (note, reading) = (*lists[1].first()?, *lists[2].first()?);
    let what = [note, reading].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let said = [took, &what].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let others = if others.is_empty() { "0" } else { others };
    let mut laid: Vec<String> = ["laid", others, risk(note)].map(str::to_owned).to_vec();
    laid.push((HEAD + count).to_string());
    for list in 1..5 {
        laid.push((HEAD + list * count + 1).to_string());
        laid.push((HEAD + (list + 1) * count).to_string());
    }
    let is_narrow = |c: char| matches!(c, ' '..='~' | '●' | '·');
    let columns = if said.chars().all(is_narrow) { "● ".chars().chain(said.chars()).count() } else { UNKNOWN };
    laid.push(columns.to_string());
    laid.extend([unseen.uptime, more, &said, unseen.line, unseen.words, unseen.told, place].map(str::to_owned));
    for list in lists.into_iter().chain([vec![""; count], vec![took; count]]) {
        laid.extend(list.into_iter().map(str::to_owned));
    }
    Some(laid)
}

/// The word for the risk in a note.
fn risk(note: &str) -> &str {
    let word = note.split_once("risk ").map_or("", |(_, rest)| rest);
    word.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_suggestions_is_laid_out_for_fish() {
        let suggestions = "reading\0files here\0\0cmd\0ls\0cache · risk none\0cmd\0rm x\0cache · risk high: removes\0";
        let records = &format!("{suggestions}more\0openai\0\0took\x000.1 ms\0\0pipes\0/run/7\0\0end\x000\0\0");
        let text = in_one_go(records, ShellKind::Fish, None);
        let fields: Vec<&str> = text.strip_suffix('\n').unwrap().split('\n').collect();
        assert_eq!(fields[..3], ["laid", "0", "none"]);
        let said = "0.1 ms cache · risk none · files here";
        assert_eq!(fields[12..20], [(said.chars().count() + 2).to_string().as_str(), "", "openai", said, "", "", "", "/run/7"]);
        // Places are counted from one.
        let list = |first: usize, last: usize| &fields[first - 1..last];
        let place = |at: usize| fields[at - 1].parse::<usize>().unwrap();
        assert_eq!(list(21, place(4)), ["ls", "rm x"]);
        assert_eq!(list(place(5), place(6)), ["cache · risk none", "cache · risk high: removes"]);
        assert_eq!(list(place(7), place(8)), ["files here", ""]);
        assert_eq!(list(place(9), place(10)), ["", ""]);
        assert_eq!(list(place(11), place(12)), ["0.1 ms", "0.1 ms"]);
        assert_eq!(fields.len(), place(12));
        assert_eq!(risk("cache · risk high: removes"), "high");
        let others = in_one_go(
            "cmd\0ls\0\0others\0\0\0end\x000\0\0",
            ShellKind::Fish,
            Some(Unseen { line: "?? files ", words: "files", told: "cursor=3", uptime: "5.25" }),
        );
        assert!(others.starts_with("laid\n1\n\n21\n22\n22\n"), "{others}");
        assert!(others.contains("\n2\n5.25\n\n\n?? files \nfiles\ncursor=3\n\nls\n"), "{others}");
        let wide = in_one_go("reading\0文\0\0cmd\0ls\0\0end\x000\0\0", ShellKind::Fish, None);
        assert_eq!(wide.split('\n').nth(12), Some("9999"), "{wide}");
    }

    #[test]
    fn what_is_more_than_suggestions_stays_as_it_was() {
        for records in [
            "holes\0<file>\0\0cmd\0cat <file>\0\0end\x000\0\0",
            "cmd\0ls\0\0row\0a row\0\0end\x000\0\0",
            "cmd\0ls\0\0msg\0a remark\0\0end\x000\0\0",
            "cmd\0ls\0\0cmd\0ls\0\0end\x000\0\0",
            "cmd\0 \0\0end\x000\0\0",
            "cmd\0ls\0\0end\x001\0\0",
            "msg\0no answer\0\0end\x001\0\0",
            "end\x000\0\0",
            "cmd\0ls",
            "",
        ] {
            let plain = records.replace('\0', "\n");
            assert_eq!(in_one_go(records, ShellKind::Fish, None), plain, "{records:?}");
            let asked = in_one_go(records, ShellKind::Fish, Some(Unseen { line: "?? x ", words: "x", told: "", uptime: "5.25" }));
            assert_eq!(asked, format!("records\n?? x \nx\n\n{plain}"), "{records:?}");
            assert_eq!(in_one_go(records, ShellKind::Bash, None), records.replace('\0', "\x1f"), "{records:?}");
        }
    }

    #[test]
    fn only_the_most_usual_line_is_read_without_the_shell() {
        for (line, words) in [
            ("?? list files", Some("list files")),
            ("??\t list  files \t", Some("list  files")),
            ("?? no", Some("no")),
            ("?? butter", Some("butter")),
            ("?? é", Some("é")),
            ("?? only python files", None),
            ("?? No, the other one", None),
            ("?? BUT smaller", None),
            ("??? list files", None),
            (" ?? list files", None),
            ("??list", None),
            ("??", None),
            ("?? ", None),
            ("? list", None),
            ("?? list\nfiles", None),
            ("ls ?? but smaller", None),
            ("", None),
        ] {
            assert_eq!(plain_words(line), words, "{line:?}");
        }
        for (line, is_bare) in [
            ("list files", true),
            ("git che", true),
            ("is it there?", true),
            ("liste é", true),
            (" list files", false),
            ("# list files", false),
            ("git? undo", false),
            ("?? list", false),
            ("ls ??", false),
            ("list\nfiles", false),
            ("", false),
        ] {
            assert_eq!(bare_words(line), is_bare.then_some(line), "{line:?}");
        }
    }
}
