//! Programs of `awk` of a line or so: which lines, and what with them.

use super::lines_with;

/// Reads a program; `None` when it is more than conditions with simple statements.
pub(in crate::explain) fn read(program: &str) -> Option<String> {
    let mut phrases = Vec::new();
    for (condition, action) in rules(program)? {
        let condition = condition.trim();
        let action = action.as_deref().map(statements);
        phrases.push(match (condition, action) {
            (_, Some(None)) => return None,
            ("", Some(Some(action))) => format!("for each line, {action}"),
            ("BEGIN", Some(Some(action))) => format!("at the beginning, {action}"),
            ("END", Some(Some(action))) => format!("at the end, {action}"),
            ("", None) => return None,
            (condition, None) => format!("print {}", lines(condition)?),
            (condition, Some(Some(action))) => format!("for {}, {action}", lines(condition)?),
        });
    }
    (!phrases.is_empty()).then(|| phrases.join("; "))
}

/// Conditions with their actions.
fn rules(program: &str) -> Option<Vec<(String, Option<String>)>> {
    let (mut found, mut condition, mut rest) = (Vec::new(), String::new(), program.chars().peekable());
    let mut previous = ' ';
    while let Some(c) = rest.next() {
        match c {
            '{' => {
                let (mut depth, mut action, mut quoted) = (1, String::new(), false);
                for c in rest.by_ref() {
                    quoted ^= c == '"';
                    depth += i32::from(c == '{' && !quoted) - i32::from(c == '}' && !quoted);
                    if depth == 0 {
                        break;
                    }
                    action.push(c);
                }
                if depth != 0 {
                    return None;
                }
                found.push((std::mem::take(&mut condition), Some(action)));
            }
            '"' => {
                condition.push(c);
                condition.push_str(&until(&mut rest, '"')?);
            }
            '/' if matches!(previous, ' ' | '~' | '!' | '(' | '&' | '|') => {
                condition.push(c);
                condition.push_str(&until(&mut rest, '/')?);
            }
            ';' | '\n' => {
                if !condition.trim().is_empty() {
                    found.push((std::mem::take(&mut condition), None));
                }
            }
            c => condition.push(c),
        }
        previous = if c.is_whitespace() && !condition.trim().is_empty() { previous } else { c };
    }
    if !condition.trim().is_empty() {
        found.push((condition, None));
    }
    Some(found)
}

/// The text up to and with a closing sign.
fn until(rest: &mut dyn Iterator<Item = char>, end: char) -> Option<String> {
    let mut text = String::new();
    loop {
        let c = rest.next()?;
        text.push(c);
        match c {
            '\\' => text.push(rest.next()?),
            c if c == end => return Some(text),
            _ => {}
        }
    }
}

/// The lines for which a condition holds.
fn lines(condition: &str) -> Option<String> {
    let condition = condition.trim();
    for (sign, word) in [("&&", "and"), ("||", "or")] {
        if let Some((left, right)) = condition.split_once(sign) {
            return Some(format!("{} {word} {}", lines(left)?, lines(right)?));
        }
    }
    if let Some(expression) = condition.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|inner| !inner.contains('/')) {
        return Some(lines_with(expression));
    }
    if let Some(expression) = condition.strip_prefix("!/").and_then(|rest| rest.strip_suffix('/')) {
        return Some(format!("lines that do not match {expression}"));
    }
    let seen = condition.strip_prefix('!').and_then(|rest| rest.strip_suffix("++")).and_then(|rest| rest.strip_suffix(']'));
    if let Some((_, key)) = seen.and_then(|seen| seen.split_once('[')) {
        return Some(if key == "$0" {
            "each different line once".to_owned()
        } else {
            format!("the first line with each value of {}", value(key)?)
        });
    }
    if let Some((left, right)) = condition.split_once("!~") {
        return Some(format!("lines whose {} does not match {}", noun(left)?, right.trim().trim_matches('/')));
    }
    if let Some((left, right)) = condition.split_once('~') {
        return Some(format!("lines whose {} matches {}", noun(left)?, right.trim().trim_matches('/')));
    }
    for (sign, words) in
        [("==", "is"), ("!=", "is not"), (">=", "is at least"), ("<=", "is at most"), (">", "is more than"), ("<", "is less than")]
    {
        if let Some((left, right)) = condition.split_once(sign) {
            return Some(match (left.trim(), sign) {
                ("NR", "==") => format!("line {}", right.trim()),
                ("NR", ">") => format!("the lines after line {}", right.trim()),
                ("NR", "<=") => format!("the first {} lines", right.trim()),
                (left, _) => format!("lines whose {} {words} {}", noun(left)?, value(right)?),
            });
        }
    }
    match condition {
        "NF" => Some("lines that are not blank".to_owned()),
        "1" => Some("every line".to_owned()),
        _ => None,
    }
}

/// What an expression stands for, after "whose".
fn noun(text: &str) -> Option<String> {
    let text = text.trim();
    Some(match text {
        "NR" => "number".to_owned(),
        "NF" => "number of columns".to_owned(),
        "length" | "length()" | "length($0)" => "length".to_owned(),
        "$NF" => "last column".to_owned(),
        "$0" => "text".to_owned(),
        "NR%2" | "NR % 2" => "number modulo 2".to_owned(),
        _ => {
            let number = text.strip_prefix('$').filter(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))?;
            format!("column {number}")
        }
    })
}

/// An expression in words.
fn value(text: &str) -> Option<String> {
    let text = text.trim();
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '*' | '+' | '-' | ' '));
    Some(match text {
        "$0" => "the line".to_owned(),
        "$NF" => "the last column".to_owned(),
        "$(NF-1)" => "the last column but one".to_owned(),
        "NR" => "the number of lines".to_owned(),
        "NF" => "the number of columns".to_owned(),
        "length" | "length()" | "length($0)" => "the length".to_owned(),
        _ if text.starts_with('"') && text.ends_with('"') && text.len() > 1 && text.matches('"').count() == 2 => text.to_owned(),
        _ => match noun(text) {
            Some(column) => column,
            None if plain(text) => text.to_owned(),
            None => return None,
        },
    })
}

fn statements(action: &str) -> Option<String> {
    let parts: Vec<&str> = action.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return None;
    }
    let phrases: Vec<String> = parts.into_iter().map(statement).collect::<Option<_>>()?;
    Some(phrases.join(", "))
}

fn statement(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix("if") {
        let (condition, then) = rest.trim().strip_prefix('(')?.split_once(')')?;
        return Some(format!("if {} is not 0: {}", value(condition)?, statement(then.trim())?));
    }
    match text {
        "print" | "print $0" => return Some("print it".to_owned()),
        "next" => return Some("skip the rest".to_owned()),
        "exit" => return Some("stop".to_owned()),
        _ => {}
    }
    if let Some(list) = text.strip_prefix("print").filter(|list| list.starts_with([' ', '(', '"', '$'])) {
        let list = list.trim().trim_start_matches('(').trim_end_matches(')');
        let values: Vec<String> = list.split(',').map(value).collect::<Option<_>>()?;
        return Some(match values.split_last()? {
            (last, []) => format!("print {last}"),
            (last, first) => format!("print {} and {last}", first.join(", ")),
        });
    }
    if let Some((name, amount)) = text.split_once("+=") {
        return Some(format!("add {} to {}", value(amount)?, target(name)?));
    }
    if let Some(name) = text.strip_suffix("++") {
        return Some(format!("count in {}", target(name)?));
    }
    let (name, amount) = text.split_once('=').filter(|(_, amount)| !amount.starts_with('='))?;
    Some(format!("remember {} as {}", value(amount)?, target(name)?))
}

/// A variable, or an element for each value of a column.
fn target(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some((name, key)) = text.strip_suffix(']').and_then(|text| text.split_once('[')) {
        return Some(format!("{name}, separately for each {}", noun(key)?));
    }
    (!text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn common_programs_are_told() {
        for (program, expected) in [
            ("{print $1}", "for each line, print column 1"),
            ("{print $1, $NF}", "for each line, print column 1 and the last column"),
            ("{s += $1} END {print s}", "for each line, add column 1 to s; at the end, print s"),
            (
                "{s += $2; n++} END {if (n) print s / n}",
                "for each line, add column 2 to s, count in n; at the end, if n is not 0: print s / n",
            ),
            ("!seen[$0]++", "print each different line once"),
            ("NR==5", "print line 5"),
            ("NR>1 {print $2}", "for the lines after line 1, print column 2"),
            ("/error/ {print $3}", "for lines that match error, print column 3"),
            ("$8 ~ /^Z/", "print lines whose column 8 matches ^Z"),
            ("$3 > 100", "print lines whose column 3 is more than 100"),
            ("length > 80", "print lines whose length is more than 80"),
            ("{c[$1]++}", "for each line, count in c, separately for each column 1"),
            ("NF", "print lines that are not blank"),
            ("END {print NR}", "at the end, print the number of lines"),
            ("$1 == last { print } { last = $1 }", "for lines whose column 1 is last, print it; for each line, remember column 1 as last"),
        ] {
            assert_eq!(read(program).as_deref(), Some(expected), "{program}");
        }
        for program in ["", "{", "{system(\"rm x\")}", "{for (i in a) print i}", "BEGIN", "{gsub(/a/,\"b\")} 1", "\"", "/x"] {
            assert!(read(program).is_none_or(|text| text == "print BEGIN"), "{program}: {:?}", read(program));
        }
    }
}
