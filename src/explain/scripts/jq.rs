//! Short filters of `jq`: paths, and a few functions.

/// Reads a filter; `None` when it is more than a few steps.
pub(in crate::explain) fn read(filter: &str) -> Option<String> {
    let filter = filter.trim();
    if filter.contains('"') || filter.len() > 200 {
        return None;
    }
    let steps: Vec<String> = split(filter, '|')?.into_iter().map(step).collect::<Option<_>>()?;
    Some(steps.join(", then of that "))
}

/// The parts between signs that stand outside all brackets.
fn split(text: &str, sign: char) -> Option<Vec<&str>> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        depth += i32::from(matches!(c, '(' | '[' | '{')) - i32::from(matches!(c, ')' | ']' | '}'));
        if depth < 0 {
            return None;
        }
        if c == sign && depth == 0 {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    (depth == 0).then_some(parts)
}

fn step(text: &str) -> Option<String> {
    let text = text.trim();
    let all = split(text, ',')?;
    if all.len() > 1 {
        let paths: Vec<String> = all.into_iter().map(step).collect::<Option<_>>()?;
        return Some(paths.join(" and "));
    }
    Some(match text {
        "." => "all of it, laid out".to_owned(),
        "length" => "the length".to_owned(),
        "keys" => "the names of the fields".to_owned(),
        "sort" => "the elements in order".to_owned(),
        "unique" => "the different elements".to_owned(),
        "add" => "the sum".to_owned(),
        "type" => "the type".to_owned(),
        "first" => "the first element".to_owned(),
        "last" => "the last element".to_owned(),
        "reverse" => "the elements in reverse".to_owned(),
        _ if text.starts_with("map(") && text.ends_with(')') => format!("of each element {}", step(&text[4..text.len() - 1])?),
        _ if text.starts_with("select(") && text.ends_with(')') => format!("only what fulfils {}", &text[7..text.len() - 1]),
        _ if text.starts_with("sort_by(") && text.ends_with(')') => format!("the elements in the order of {}", &text[8..text.len() - 1]),
        _ => path(text)?,
    })
}

/// `.a.b[]`, from the inside out.
fn path(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix('.')?;
    let mut phrase = String::new();
    while !rest.is_empty() {
        let here = if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']')?;
            rest = after;
            match index {
                "" => "each element".to_owned(),
                "-1" => "the last element".to_owned(),
                index if index.chars().all(|c| c.is_ascii_digit()) => format!("element {index}, counted from 0,"),
                _ => return None,
            }
        } else {
            let name = rest.trim_start_matches('.');
            let end = name.find(['.', '[', '?']).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return None;
            }
            rest = after.strip_prefix('?').unwrap_or(after);
            format!("the field {name}")
        };
        phrase = if phrase.is_empty() { here } else { format!("{here} of {phrase}") };
    }
    (!phrase.is_empty()).then(|| phrase.trim_end_matches(',').to_owned())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn paths_are_told_from_the_inside_out() {
        for (filter, expected) in [
            (".", "all of it, laid out"),
            (".version", "the field version"),
            (".a.b", "the field b of the field a"),
            (".items[].name", "the field name of each element of the field items"),
            (".[0]", "element 0, counted from 0"),
            (".[] | .id, .name", "each element, then of that the field id and the field name"),
            ("map(.x) | length", "of each element the field x, then of that the length"),
            (".[] | select(.a > 3)", "each element, then of that only what fulfils .a > 3"),
        ] {
            assert_eq!(read(filter).as_deref(), Some(expected), "{filter}");
        }
        for filter in ["", "a", "to_entries[]", ".a |", "..", "{a: .b}", ".[", "]["] {
            assert_eq!(read(filter), None, "{filter}");
        }
    }
}
