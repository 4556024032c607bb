//! What is kept away from the grammar. Its parser descends recursively and overflows the stack on deep nesting, which
//! cannot be caught; on some forms it reads without end, on others it panics.

use super::parse::SyntaxError;

/// Longest text that is parsed: the parser takes 40 ms for a megabyte of flat text, so this bounds the time as well.
pub const MAX_BYTES: usize = 16 * 1024;

/// Most constructs that may be opened anywhere in a text, in quotes or not.
pub const MAX_OPENERS: usize = 64;

/// Most of them that may make the parser try two ways: 2^8 is nothing, 2^20 is three seconds.
const MAX_AMBIGUOUS: usize = 8;

/// Lets in what the parser can read in little time and stack, and counts the constructs that it opens.
///
/// # Errors
/// [`SyntaxError::TooLong`], [`SyntaxError::TooDeep`], or [`SyntaxError::ParserFailure`] for a form it does not survive.
pub(super) fn admit(text: &str) -> Result<usize, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError::TooLong);
    }
    if has_strange_delimiter(text) || has_huge_descriptor(text) {
        return Err(SyntaxError::ParserFailure);
    }
    match openers(text) {
        count if count > MAX_OPENERS || ambiguous_openers(text) > MAX_AMBIGUOUS => Err(SyntaxError::TooDeep),
        count => Ok(count),
    }
}

/// Whether a here-document ends at a word that is missing, empty, holds control characters or has an open quote, such as
/// `<<''`. Such a one the grammar may read without end, until it has all memory. What stands in single quotes is data; in
/// double quotes it is data unless there are substitutions, where this scan cannot tell. A wrong refusal costs one answer.
fn has_strange_delimiter(text: &str) -> bool {
    if !text.contains("<<") {
        return false;
    }
    let text = text.replace("\\\n", "");
    let outside = outside_single_quotes(&text);
    let openers = |quoted: bool| if quoted { &["$(", "${", "`"][..] } else { &["$(", "${", "`", "<(", ">("] };
    let nested = outside.iter().any(|&(at, quoted)| openers(quoted).iter().any(|opener| text[at..].starts_with(opener)));
    let mut read = 0;
    outside.iter().any(|&(at, quoted)| {
        if at < read || !text[at..].starts_with("<<") || (quoted && !nested) {
            return false;
        }
        // Of a run of arrows the shell takes `<<<` first.
        read = at + if text[at..].starts_with("<<<") { 3 } else { 2 };
        if read == at + 3 {
            return false;
        }
        let rest = &text[read..];
        let rest = rest.strip_prefix('-').unwrap_or(rest).trim_start_matches([' ', '\t']);
        let word = &rest[..rest.find([' ', '\t', '\n', ';', '&', '|', '<', '>', '(', ')']).unwrap_or(rest.len())];
        let open = ['\'', '"'].iter().any(|quote| word.matches(*quote).count() % 2 == 1);
        let bare = word.replace(['\'', '"', '\\'], "");
        open || bare.trim().is_empty() || bare.contains(char::is_control)
    })
}

/// The places of the characters outside single quotes and comments, and whether they stand in double quotes.
pub(super) fn outside_single_quotes(text: &str) -> Vec<(usize, bool)> {
    let (mut outside, mut double, mut at_word_start) = (Vec::new(), false, true);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if !double => drop(chars.find(|(_, c)| *c == '\'')),
            '#' if !double && at_word_start => drop(chars.find(|(_, c)| *c == '\n')),
            '\\' => drop(chars.next()),
            '"' => double = !double,
            _ => outside.push((at, double)),
        }
        at_word_start = !double && matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&' | '#');
    }
    outside
}

/// Whether a redirect names a descriptor of more than nine digits, on which the grammar panics.
fn has_huge_descriptor(text: &str) -> bool {
    text.match_indices(['<', '>']).any(|(at, _)| text[..at].bytes().rev().take_while(u8::is_ascii_digit).count() > 9)
}

/// Counts everything that could make the parser descend. It counts inside quotes too: a wrong refusal costs one
/// answer, a missed level costs the process.
fn openers(text: &str) -> usize {
    let signs = text.bytes().filter(|byte| matches!(byte, b'(' | b'{' | b'`')).count();
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '[' || c == '!'));
    signs
        + words
            .filter(|word| {
                matches!(
                    *word,
                    "if" | "for"
                        | "while"
                        | "until"
                        | "case"
                        | "do"
                        | "select"
                        | "function"
                        | "coproc"
                        | "begin"
                        | "switch"
                        | "repeat"
                        | "[["
                        | "!"
                )
            })
            .count()
}

/// Counts the constructs that the parser reads several times over, each level doubling its work: `((`, which may be
/// arithmetic or two subshells, `case` and `coproc`.
fn ambiguous_openers(text: &str) -> usize {
    let (mut previous, mut doubled) = (' ', 0_usize);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        doubled += usize::from(c == '(' && previous == '(');
        previous = c;
    }
    let expansions = text.matches("$((").count();
    let cases = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| matches!(*word, "case" | "coproc")).count();
    doubled.saturating_sub(expansions) + cases
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::syntax::parse;

    #[test]
    fn a_here_document_with_a_strange_end_never_reaches_the_grammar() {
        for text in [
            "cat <<'' ",
            "<<\u{c}\t",
            "cat <<-\"\"\t",
            "cat <<\r ",
            "echo \"$(cat << '' )\"",
            "cat <<'\r' ",
            "<<\\\n''\t",
            "${x:-$(a; cd \"<< \" b",
            "$(<< &#",
            "# don't\ncat <<'' ",
            "<<<<<\r< ",
            "a <<<<<'' ",
        ] {
            assert_eq!(parse(text, ShellKind::Bash), Err(SyntaxError::ParserFailure), "{text:?}");
        }
        for text in [
            "grep '<<' x",
            "echo \"<<\" y",
            "cat <<< ''",
            "a '<<`'",
            "echo '$(x) << ' y",
            "cat <<E\nx\nE",
            "cat <<''E\nx\nE",
            "echo $((1 << 2))",
            "echo '${:' \\''${(f)x}'",
            "a \"<<'>(\"",
        ] {
            assert!(parse(text, ShellKind::Bash).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn a_descriptor_beyond_all_numbers_never_reaches_the_grammar() {
        assert_eq!(parse("ls 99999999999999999999<x", ShellKind::Bash), Err(SyntaxError::ParserFailure));
        assert!(parse("ls 99999999999999999999 <x 2>&1", ShellKind::Bash).is_ok());
    }

    #[test]
    fn no_mixture_of_openers_takes_long() {
        let pairs = [
            ("(", ")"),
            ("( ", " )"),
            ("{ ", "; }"),
            ("$(", ")"),
            ("`", "`"),
            ("if a; then ", "; fi"),
            ("[[ ", " ]]"),
            ("! ", ""),
            ("\"$(", ")\""),
            ("${x:-", "}"),
            ("<(", ")"),
            ("$((", "))"),
            ("f() { ", "; }"),
            ("a | ", ""),
            ("x=(", ")"),
            ("for x in ", "; do a; done"),
            ("coproc ", ""),
            ("case x in y) ", ";; esac"),
            ("((", "))"),
            ("a[", "]"),
        ];
        let mut seed = 12345_u64;
        let mut below = |bound: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % bound
        };
        for round in 0..400 {
            let kinds: Vec<_> = (0..=below(3)).map(|_| pairs[below(pairs.len())]).collect();
            let picks: Vec<_> = (0..5 + below(60)).map(|_| kinds[below(kinds.len())]).collect();
            let mut text: String = picks.iter().map(|pair| pair.0).collect();
            if round % 2 == 0 {
                text.push('a');
                text.extend(picks.iter().rev().map(|pair| pair.1));
            }
            for shell in ShellKind::ALL {
                let start = std::time::Instant::now();
                let _ = parse(&text, shell);
                assert!(start.elapsed().as_millis() < 1500, "{shell}: {text}");
            }
        }
    }

    #[test]
    fn deep_and_long_input_is_refused_quickly() {
        for opener in ["(", "{ ", "$(", "`", "if ", "while ", "[[ ", "! ", "\"$(", "${x:-", "begin;", "<(", "$(("] {
            for shell in ShellKind::ALL {
                assert_eq!(parse(&opener.repeat(200), shell), Err(SyntaxError::TooDeep), "{opener}");
                assert!(
                    parse(&opener.repeat(63), shell).is_err() || shell != ShellKind::Bash || ["! ", "begin;"].contains(&opener),
                    "{opener}"
                );
            }
        }
        assert_eq!(parse(&"a ".repeat(MAX_BYTES), ShellKind::Bash), Err(SyntaxError::TooLong));
        let nested = |depth: usize| format!("{}a{}", "echo $(".repeat(depth), ")".repeat(depth));
        for text in ["((((((((((a))))))))))", "( ( ( ( ( ( ( ( ( ( a"] {
            assert_eq!(parse(text, ShellKind::Bash), Err(SyntaxError::TooDeep), "{text}");
        }
        let count = |text: &str| parse(text, ShellKind::Bash).map(|tree| tree.commands().len());
        assert_eq!(count(&nested(12)), Ok(13));
        assert_eq!(parse(&nested(40), ShellKind::Bash), Err(SyntaxError::TooDeep));
        let groups = format!("{}a{}", "{ ".repeat(60), "; }".repeat(60));
        assert_eq!(count(&groups), Ok(1));
    }
}
