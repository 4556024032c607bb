//! Who may use a file, in words.

const WHO: [&str; 3] = ["the owner", "the group", "others"];

/// The rights of one digit.
fn digit(value: u32) -> String {
    let names: Vec<&str> =
        [(4, "read"), (2, "write"), (1, "run")].iter().filter(|(bit, _)| value & bit != 0).map(|(_, name)| *name).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn octal(text: &str) -> Option<(u32, [u32; 3])> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(8)).collect::<Option<_>>()?;
    match digits.as_slice() {
        [owner, group, others] => Some((0, [*owner, *group, *others])),
        [special, owner, group, others] => Some((*special, [*owner, *group, *others])),
        _ => None,
    }
}

fn spoken(rights: [u32; 3], verb: &str) -> String {
    if rights[0] == rights[1] && rights[1] == rights[2] {
        return format!("everyone {verb} {}", digit(rights[0]));
    }
    if rights[1] == rights[2] {
        return format!("{} {verb} {}, all others {}", WHO[0], digit(rights[0]), digit(rights[1]));
    }
    let all: Vec<String> = WHO.iter().zip(rights).map(|(who, value)| format!("{who} {}", digit(value))).collect();
    all.join(", ").replacen(WHO[0], &format!("{} {verb}", WHO[0]), 1)
}

/// What `chmod` gives: `755`, `u+x,go-w`.
pub(super) fn given(text: &str) -> Option<String> {
    if let Some((special, rights)) = octal(text) {
        let special = match special {
            0 => String::new(),
            bits => {
                let names = [(4, "it runs as its owner"), (2, "it runs as its group"), (1, "only owners may delete in it")];
                names.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| format!("; {name}")).collect()
            }
        };
        return Some(spoken(rights, "may") + &special);
    }
    let clauses: Vec<String> = text.split(',').map(clause).collect::<Option<_>>()?;
    Some(clauses.join("; "))
}

/// `go-w`
fn clause(text: &str) -> Option<String> {
    let at = text.find(['+', '-', '='])?;
    let (who, rest) = text.split_at(at);
    let names: Vec<&str> = who
        .chars()
        .map(|c| match c {
            'u' => Some("the owner"),
            'g' => Some("the group"),
            'o' => Some("others"),
            'a' => Some("everyone"),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let who = if names.is_empty() { "everyone".to_owned() } else { names.join(" and ") };
    let what: Vec<&str> = rest[1..]
        .chars()
        .map(|c| match c {
            'r' => Some("read"),
            'w' => Some("write"),
            'x' => Some("run"),
            'X' => Some("enter folders"),
            's' => Some("run it as its owner or group"),
            't' => Some("delete only what is theirs"),
            'u' | 'g' | 'o' => Some("do what those may"),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let what = match what.as_slice() {
        [] => "do nothing".to_owned(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    Some(match &rest[..1] {
        "+" => format!("{who} may {what}"),
        "-" => format!("{who} may no longer {what}"),
        _ => format!("{who} may only {what}"),
    })
}

/// What `find -perm` looks for.
pub(super) fn wanted(text: &str) -> Option<String> {
    let (how, mode) = match text.chars().next()? {
        '-' => ("at least: ", &text[1..]),
        '/' => ("any of: ", &text[1..]),
        _ => ("exactly: ", text),
    };
    Some(format!("{how}{}", given(mode)?))
}

/// What `umask` takes away.
pub(super) fn masked(text: &str) -> Option<String> {
    let (_, rights) = octal(&format!("{text:0>3}"))?;
    let taken = WHO.iter().zip(rights).filter(|(_, value)| *value != 0);
    let taken: Vec<String> = taken.map(|(who, value)| format!("{who} may not {}", digit(value))).collect();
    Some(if taken.is_empty() { "new files: everyone may do everything".to_owned() } else { format!("new files: {}", taken.join(", ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_told_in_words() {
        for (text, expected) in [
            ("755", "the owner may read, write and run, all others read and run"),
            ("644", "the owner may read and write, all others read"),
            ("640", "the owner may read and write, the group read, others nothing"),
            ("777", "everyone may read, write and run"),
            ("4755", "the owner may read, write and run, all others read and run; it runs as its owner"),
            ("+x", "everyone may run"),
            ("u+x,go-w", "the owner may run; the group and others may no longer write"),
            ("a=rX", "everyone may only read and enter folders"),
        ] {
            assert_eq!(given(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "9", "88888", "u", "q+x", "u+q"] {
            assert_eq!(given(text), None, "{text}");
        }
        assert_eq!(wanted("-200").as_deref(), Some("at least: the owner may write, all others nothing"));
        assert_eq!(masked("077").as_deref(), Some("new files: the group may not read, write and run, others may not read, write and run"));
    }
}
