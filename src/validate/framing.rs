//! What stands around commands in documents and sessions: prompts, bullets, markup. A command in it is not taken out: what
//! else would have to come off is anyone's guess.

/// What surrounds the command, if something does.
pub(super) fn framing(text: &str) -> Option<&'static str> {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let has_more = words.next().is_some();
    let number = first.trim_end_matches(['.', ')']);
    let is_number = number.len() < first.len() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_tag = first.starts_with('[') && first.len() > 1 && !first.starts_with("[[");
    let sign = first.ends_with(['$', '%', '#', '>']) && !first.ends_with("$$") && first.contains(char::is_alphanumeric);
    let is_prompt = first == "%" || (sign && !first.contains([';', '|', '&', '(']));
    match () {
        () if has_more && (is_number || matches!(first, "*" | "+")) => Some("it begins as a list does"),
        () if has_more && (is_prompt || is_tag) || text.starts_with(">>>") => Some("it begins with a prompt"),
        () if ["null", "none", "n/a"].iter().any(|word| text.eq_ignore_ascii_case(word)) => Some("it says that there is none"),
        () if text.starts_with(['[', '"', '{']) && serde_json::from_str::<serde_json::Value>(text).is_ok() => Some("it is data"),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_bullets_and_data_are_not_commands_and_look_alikes_are() {
        for text in [
            "me@box:~/src$ df",
            "[me@box src]$ df",
            "C:\\> dir",
            "PS> dir",
            "% df",
            ">>> df()",
            "* df",
            "2. df",
            "3) df",
            "[ok] df",
            "None",
            "[\"df\"]",
            "\"df\"",
            "{\"x\":{}}",
        ] {
            assert!(framing(text).is_some(), "{text}");
        }
        for text in [
            "[ -d src ] && df",
            "[[ -d src ]] && df",
            "%1",
            "> out.txt",
            ">> log date",
            "7z x a.7z",
            "\"df\" -h",
            "{ df; }",
            "*.sh",
            "$(df)",
        ] {
            assert_eq!(framing(text), None, "{text}");
        }
    }
}
