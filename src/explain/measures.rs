//! Sizes, times, counts, lists of columns and signals in words.

/// `1 line`, `5 lines`
pub(super) fn counted(count: &str, unit: &str) -> String {
    if count == "1" { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

/// Most phrases in a list.
const MOST_LISTED: usize = 10;

/// Phrases one after the other; words that join others stand without a comma.
pub(super) fn listed(items: &[&str]) -> String {
    let mut text = String::new();
    let mut tight = true;
    for item in items.iter().take(MOST_LISTED) {
        let joins = matches!(*item, "or" | "and" | "and also");
        text.push_str(match (tight, joins, *item) {
            (true, ..) | (_, _, ")") => "",
            (_, true, _) => " ",
            _ => ", ",
        });
        text.push_str(item);
        tight = joins || *item == "but not those" || *item == "(" || *item == "not";
        text.push_str(if tight && *item != "(" { " " } else { "" });
    }
    if items.len() > MOST_LISTED { text + " and more" } else { text }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

/// The sign that `find` reads as more or less.
fn signed(text: &str) -> (char, &str) {
    match text.chars().next() {
        Some(sign @ ('+' | '-')) => (sign, &text[1..]),
        _ => ('=', text),
    }
}

/// A size as `find -size` reads it.
pub(super) fn size(text: &str) -> Option<String> {
    let (sign, rest) = signed(text);
    let number = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if !is_number(number) {
        return None;
    }
    let amount = match &rest[number.len()..] {
        "c" => counted(number, "byte"),
        "k" => format!("{number} KiB"),
        "M" => format!("{number} MiB"),
        "G" => format!("{number} GiB"),
        "" | "b" => format!("{} of 512 bytes", counted(number, "block")),
        "w" => format!("{} of two bytes", counted(number, "word")),
        _ => return None,
    };
    Some(match sign {
        '+' => format!("larger than {amount}"),
        '-' => format!("smaller than {amount}"),
        _ => format!("of {amount}, rounded up"),
    })
}

/// An age as `find -mtime` and `-mmin` read it.
pub(super) fn ago(text: &str, unit: &str) -> Option<String> {
    let (sign, number) = signed(text);
    if !is_number(number) {
        return None;
    }
    let time = counted(number, unit);
    Some(match (sign, number) {
        ('+', _) => format!("more than {time} ago"),
        ('-', _) => format!("less than {time} ago"),
        (_, "0") => format!("less than 1 {unit} ago"),
        _ => format!("{time} ago"),
    })
}

/// A length of time as `sleep` and `timeout` read it.
pub(super) fn duration(text: &str) -> Option<String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if number.is_empty() || !number.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let unit = match &text[number.len()..] {
        "" | "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        _ => return None,
    };
    Some(counted(number, unit))
}

/// What `head -n` and `-c` keep.
pub(super) fn head(text: &str, unit: &str) -> Option<String> {
    let (sign, number) = signed(text);
    number.starts_with(|c: char| c.is_ascii_digit()).then(|| match (sign, number) {
        ('-', _) => format!("all but the last {}", counted(number, unit)),
        (_, "1") => format!("the first {unit}"),
        _ => format!("the first {}", counted(number, unit)),
    })
}

/// What `tail -n` and `-c` keep.
pub(super) fn tail(text: &str, unit: &str) -> Option<String> {
    let (sign, number) = signed(text);
    number.starts_with(|c: char| c.is_ascii_digit()).then(|| match (sign, number) {
        ('+', _) => format!("from {unit} {number} on"),
        (_, "1") => format!("the last {unit}"),
        _ => format!("the last {}", counted(number, unit)),
    })
}

/// `1,3-5,7-`: numbers and ranges of them, of columns or the like.
pub(super) fn fields(unit: &str, text: &str) -> Option<String> {
    let range = |part: &str| match part.split_once('-') {
        None => is_number(part).then(|| part.to_owned()),
        Some(("", to)) => is_number(to).then(|| format!("1 to {to}")),
        Some((from, "")) => is_number(from).then(|| format!("{from} to the end")),
        Some((from, to)) => (is_number(from) && is_number(to)).then(|| format!("{from} to {to}")),
    };
    let ranges: Vec<String> = text.split(',').map(range).collect::<Option<_>>()?;
    Some(match ranges.split_last()? {
        (last, []) if is_number(last) => format!("{unit} {last}"),
        (last, []) => format!("{unit}s {last}"),
        (last, first) => format!("{unit}s {} and {last}", first.join(", ")),
    })
}

/// A key of `sort`: `2,2nr`.
pub(super) fn sort_key(text: &str) -> Option<String> {
    let (from, to) = text.split_once(',').map_or((text, None), |(from, to)| (from, Some(to)));
    let letters = |part: &str| part.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned();
    let column = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_alphabetic()).to_owned();
    let (start, how) = (column(from), letters(from) + &to.map(letters).unwrap_or_default());
    if !start.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let place = |part: &str| part.split_once('.').map_or(part.to_owned(), |(field, at)| format!("{field} from character {at}"));
    let mut words = match to.map(column) {
        Some(end) if end == start => format!("column {}", place(&start)),
        Some(end) => format!("columns {} to {end}", place(&start)),
        None => format!("column {} to the end of the line", place(&start)),
    };
    for c in how.chars() {
        words.push_str(match c {
            'n' | 'g' => ", as numbers",
            'h' => ", as sizes like 2K",
            'r' => ", in reverse",
            'f' => ", ignoring case",
            'M' => ", as months",
            'V' => ", as version numbers",
            'b' => ", without blanks in front",
            'd' => ", letters and digits only",
            _ => return None,
        });
    }
    Some(words)
}

/// A signal by name or number, and what it asks for.
pub(super) fn signal(text: &str) -> String {
    let name = text.strip_prefix("SIG").unwrap_or(text).to_ascii_uppercase();
    let meaning = match name.as_str() {
        "1" | "HUP" => "HUP: hang up, or read the settings again",
        "2" | "INT" => "INT: interrupt, as Ctrl-C does",
        "3" | "QUIT" => "QUIT: quit and leave a core dump",
        "6" | "ABRT" => "ABRT: abort",
        "9" | "KILL" => "KILL: end at once, without a chance to tidy up",
        "10" | "USR1" => "USR1: whatever the program makes of it",
        "12" | "USR2" => "USR2: whatever the program makes of it",
        "15" | "TERM" => "TERM: please end",
        "18" | "CONT" => "CONT: go on",
        "19" | "STOP" => "STOP: stand still",
        "20" | "TSTP" => "TSTP: stand still, as Ctrl-Z does",
        "28" | "WINCH" => "WINCH: the window changed its size",
        "0" => return "signal 0, which only asks whether it is there".to_owned(),
        _ => return format!("signal {text}"),
    };
    format!("signal {meaning}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_read_as_the_programs_read_them() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(size("+100M"), some("larger than 100 MiB"));
        assert_eq!(size("-10k"), some("smaller than 10 KiB"));
        assert_eq!(size("1"), some("of 1 block of 512 bytes, rounded up"));
        assert_eq!(size("+1x"), None);
        assert_eq!(ago("-7", "day"), some("less than 7 days ago"));
        assert_eq!(ago("+1", "minute"), some("more than 1 minute ago"));
        assert_eq!(ago("0", "day"), some("less than 1 day ago"));
        assert_eq!(duration("1.5h"), some("1.5 hours"));
        assert_eq!(duration("x"), None);
        assert_eq!(head("-5", "line"), some("all but the last 5 lines"));
        assert_eq!(tail("+2", "line"), some("from line 2 on"));
        assert_eq!(fields("column", "1,3-5,7-"), some("columns 1, 3 to 5 and 7 to the end"));
        assert_eq!(fields("column", "2"), some("column 2"));
        assert_eq!(fields("column", "a"), None);
        assert_eq!(sort_key("2,2nr"), some("column 2, as numbers, in reverse"));
        assert_eq!(sort_key("3"), some("column 3 to the end of the line"));
        assert_eq!(signal("SIGHUP"), "signal HUP: hang up, or read the settings again");
        assert_eq!(signal("33"), "signal 33");
    }
}
