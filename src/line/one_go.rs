//! The records of an answer in the form that bash and fish take in one go: a loop over fields that end with a NUL costs them more than the
//! process that writes them.

use crate::domain::ShellKind;

/// Before the first suggestion of a fish answer: the fields of its head and the sign that there is one.
const HEAD: usize = 14;

/// The records with fields that end with the sign at which the shell takes a whole text apart without a loop: it reads what ends
/// with a NUL in pieces. No field holds a control character. For fish an answer of suggestions alone is laid out as its variables want it.
#[must_use]
pub fn in_one_go(records: &str, shell: ShellKind) -> String {
    if shell == ShellKind::Bash {
        return records.replace('\0', "\x1f");
    }
    laid_out(records).map_or_else(|| records.replace('\0', "\n"), |fields| fields.iter().flat_map(|field| [field, "\n"]).collect())
}

/// The head, and behind it a list for each of the variables: commands, notes, readings, holes, how long it took. The head: the sign, who could
/// be asked for more, whether other ways may be asked for, the risk of the first suggestion, what is said of it, and the places of the first
/// and last elements of the lists but for the first of all. `None` for what has holes, rows or remarks, and for what a shell would refuse.
fn laid_out(records: &str) -> Option<Vec<String>> {
    let (mut more, mut others, mut took, mut reading) = ("", "", "", "");
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
            ["end", "0", _] => {}
            _ => return None,
        }
    }
    let count = lists[0].len();
    let (note, reading) = (*lists[1].first()?, *lists[2].first()?);
    let what = [note, reading].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let said = [took, &what].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let others = if others.is_empty() { "0" } else { others };
    let mut laid: Vec<String> = ["ready", more, others, risk(note), &said].map(str::to_owned).to_vec();
    laid.push((HEAD + count).to_string());
    for list in 1..5 {
        laid.push((HEAD + list * count + 1).to_string());
        laid.push((HEAD + (list + 1) * count).to_string());
    }
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
        let records = "reading\0files here\0\0cmd\0ls\0cache · risk none\0cmd\0rm x\0cache · risk high: removes\0more\0openai\0\0took\x000.1 ms\0\0end\x000\0\0";
        let text = in_one_go(records, ShellKind::Fish);
        let fields: Vec<&str> = text.strip_suffix('\n').unwrap().split('\n').collect();
        assert_eq!(fields[..5], ["ready", "openai", "0", "none", "0.1 ms cache · risk none · files here"]);
        // Places are counted from one.
        let list = |first: usize, last: usize| &fields[first - 1..last];
        let place = |at: usize| fields[at - 1].parse::<usize>().unwrap();
        assert_eq!(list(15, place(6)), ["ls", "rm x"]);
        assert_eq!(list(place(7), place(8)), ["cache · risk none", "cache · risk high: removes"]);
        assert_eq!(list(place(9), place(10)), ["files here", ""]);
        assert_eq!(list(place(11), place(12)), ["", ""]);
        assert_eq!(list(place(13), place(14)), ["0.1 ms", "0.1 ms"]);
        assert_eq!(fields.len(), place(14));
        assert_eq!(risk("cache · risk high: removes"), "high");
        let others = in_one_go("cmd\0ls\0\0others\0\0\0end\x000\0\0", ShellKind::Fish);
        assert!(others.starts_with("ready\n\n1\n\n\n15\n16\n16\n"), "{others}");
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
            assert_eq!(in_one_go(records, ShellKind::Fish), records.replace('\0', "\n"), "{records:?}");
            assert_eq!(in_one_go(records, ShellKind::Bash), records.replace('\0', "\x1f"), "{records:?}");
        }
    }
}
