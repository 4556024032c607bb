//! The one entrance to the parser. It is a recursive-descent parser that overflows the stack on deep nesting, and an
//! overflow cannot be caught, so nothing reaches it that is too long or too deep.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use brush_parser::{ParseError, Parser, ParserOptions};
use thiserror::Error;

use super::lexical;
use super::tree::Tree;
use super::walk::Walker;
use crate::domain::ShellKind;

/// Longest text that is parsed: the parser takes 40 ms for a megabyte of flat text, so this bounds the time as well.
pub const MAX_BYTES: usize = 16 * 1024;

/// Most constructs that may be opened anywhere in a text, in quotes or not.
pub const MAX_OPENERS: usize = 64;

/// Most of them that may make the parser try two ways: 2^8 is nothing, 2^20 is three seconds.
const MAX_AMBIGUOUS: usize = 8;

/// With no more openers than this the smallest thread has stack enough.
const INLINE_OPENERS: usize = 8;

/// Holds [`MAX_OPENERS`] levels many times over, in unoptimised builds too.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Why a text is not a command line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SyntaxError {
    /// More than [`MAX_BYTES`] bytes.
    #[error("the command has more than {MAX_BYTES} bytes")]
    TooLong,
    /// More than [`MAX_OPENERS`] openers, or substitutions nested too deeply.
    #[error("the command is nested too deeply")]
    TooDeep,
    /// A quote that is never closed.
    #[error("a quote is not closed")]
    OpenQuote,
    /// Parentheses, braces or block keywords that do not pair.
    #[error("`{0}` has no partner")]
    Unpaired(String),
    /// The grammar of the shell does not allow it.
    #[error("it is not {0} syntax")]
    Grammar(ShellKind),
    /// A construct of other shells.
    #[error("{0} does not exist in {1}")]
    Foreign(&'static str, ShellKind),
    /// The parser failed on it.
    #[error("the parser failed on it")]
    ParserFailure,
}

/// Reads a command line of `shell`. zsh and fish have no grammar of their own here: what bash's grammar accepts is
/// taken as that, the rest is split into words and marked [`Tree::is_partial`].
///
/// # Errors
/// [`SyntaxError`] when the text is too large to look at, or is no complete command line of that shell.
pub fn parse(text: &str, shell: ShellKind) -> Result<Tree, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError::TooLong);
    }
    if has_strange_delimiter(text) || has_huge_descriptor(text) {
        return Err(SyntaxError::ParserFailure);
    }
    match openers(text) {
        count if count > MAX_OPENERS || ambiguous_openers(text) > MAX_AMBIGUOUS => Err(SyntaxError::TooDeep),
        count if count <= INLINE_OPENERS => guarded(text, shell),
        _ => on_large_stack(text, shell),
    }
}

/// The byte near which a text that [`parse`] refused stops being a line of `shell`; the end of the text when something is
/// missing there, and `None` when no place can be named.
pub fn place_of_error(text: &str, shell: ShellKind) -> Option<usize> {
    let too_large = text.len() > MAX_BYTES || openers(text) > MAX_OPENERS || ambiguous_openers(text) > MAX_AMBIGUOUS;
    if too_large || has_strange_delimiter(text) || has_huge_descriptor(text) {
        return None;
    }
    let look = || if shell == ShellKind::Bash { place_in_grammar(text) } else { lexical::place_of_error(text, shell) };
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("syntax".to_owned()).stack_size(STACK_BYTES);
        let handle = worker.spawn_scoped(scope, || catch_unwind(AssertUnwindSafe(look)).ok().flatten()).ok()?;
        handle.join().ok().flatten()
    })
}

fn place_in_grammar(text: &str) -> Option<usize> {
    let error = Parser::new(text.as_bytes(), &ParserOptions::default()).parse_program().err()?;
    let position = match error {
        ParseError::ParsingNear(position) | ParseError::Tokenizing { position: Some(position), .. } => position,
        ParseError::ParsingAtEndOfInput => return Some(text.len()),
        ParseError::Tokenizing { position: None, .. } => return None,
    };
    Some(text.char_indices().nth(position.index).map_or(text.len(), |(at, _)| at))
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

fn on_large_stack(text: &str, shell: ShellKind) -> Result<Tree, SyntaxError> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().name("syntax".to_owned()).stack_size(STACK_BYTES);
        match worker.spawn_scoped(scope, || guarded(text, shell)) {
            Ok(handle) => handle.join().unwrap_or(Err(SyntaxError::ParserFailure)),
            Err(_) => Err(SyntaxError::ParserFailure),
        }
    })
}

fn guarded(text: &str, shell: ShellKind) -> Result<Tree, SyntaxError> {
    catch_unwind(AssertUnwindSafe(|| unguarded(text, shell))).unwrap_or(Err(SyntaxError::ParserFailure))
}

fn unguarded(text: &str, shell: ShellKind) -> Result<Tree, SyntaxError> {
    // Only fish has escapes inside single quotes, so there the two grammars disagree about where a word ends.
    if shell == ShellKind::Fish && text.contains("\\'") {
        return lexical::split(text, shell);
    }
    match Walker::read(text, shell) {
        Err(SyntaxError::Grammar(_)) if shell != ShellKind::Bash => lexical::split(text, shell),
        other => other,
    }
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
    use super::super::tree::RedirectKind;
    use super::*;

    fn names(text: &str, shell: ShellKind) -> Vec<String> {
        let tree = parse(text, shell).unwrap_or_else(|error| panic!("{text:?} in {shell}: {error}"));
        tree.commands().iter().filter_map(|command| command.name().map(str::to_owned)).collect()
    }

    #[test]
    fn finds_every_command_in_bash() {
        for (text, expected) in [
            ("ls -l", "ls"),
            ("a | b && c || d; e & f", "a b c d e f"),
            ("! a", "a"),
            ("if a; then b; elif c; then d; else e; fi", "a b c d e"),
            ("for x in 1 2; do a; done", "a"),
            ("while a; do b; done", "a b"),
            ("case x in y) a;; *) b;; esac", "a b"),
            ("(a; { b; })", "a b"),
            ("f() { a; }", "a"),
            ("echo $(a $(b))", "b a echo"),
            ("echo \"x `a` y\"", "a echo"),
            ("echo \"${x:-$(a)}\"", "a echo"),
            ("echo \"${x:-'$(a)'}\"", "a echo"),
            ("diff <(a) <(b)", "a b diff"),
            ("x=$(a) y", "a y"),
            ("x=(1 $(a))", "a"),
            ("echo $((1 + $(a)))", "a echo"),
            ("(( x = $(a) ))", "a"),
            ("[[ -n $(a) ]] && b", "a b"),
            ("cat <<E\n$(a)\nE", "a cat"),
            ("cat <<'E'\n$(a)\nE", "cat"),
            ("cat <<< $(a)", "a cat"),
            ("a > $(b)", "b a"),
            ("for x in $(a); do b; done", "a b"),
            ("'/bin/rm' x; \\rm y", "rm rm"),
            ("echo '$(a)'", "echo"),
            ("coproc a", "a"),
        ] {
            assert_eq!(names(text, ShellKind::Bash).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn words_say_what_is_certain() {
        let tree = parse("rm -rf 'a b' \"$HOME\"/x ~/y $z/* *.txt {a,b} \"~\"", ShellKind::Bash).expect("valid");
        let words = &tree.commands()[0].words;
        let shapes: Vec<&str> = words.iter().map(|word| word.shape.as_str()).collect();
        assert_eq!(shapes, ["rm", "-rf", "a b", "~/x", "~/y", "\u{fffc}/*", "*.txt", "{a,b}", "~"]);
        let known: Vec<bool> = words.iter().map(|word| word.value.is_some()).collect();
        assert_eq!(known, [true, true, true, false, false, false, true, false, true]);
    }

    #[test]
    fn pipelines_say_who_feeds_whom() {
        let tree = parse("a; b | { c; d; } | sh", ShellKind::Bash).expect("valid");
        let inputs: Vec<_> = tree.commands().iter().map(|command| command.input.clone()).collect();
        assert_eq!(inputs, [0..0, 0..0, 1..2, 1..2, 1..4]);
    }

    #[test]
    fn redirects_are_kept() {
        let tree = parse("{ a; } > out 2>&1; b &> both; c >> log < in", ShellKind::Bash).expect("valid");
        let found: Vec<_> =
            tree.commands().iter().flat_map(|command| &command.redirects).map(|r| (r.kind, r.target.shape.as_str())).collect();
        use RedirectKind::{Append, Duplicate, Read, Truncate};
        assert_eq!(found, [(Truncate, "out"), (Duplicate, "1"), (Truncate, "both"), (Append, "log"), (Read, "in")]);
    }

    #[test]
    fn counts_complete_commands() {
        for (text, expected) in [
            ("a", 1),
            ("a; b", 1),
            ("a\nb", 2),
            ("for x in 1\ndo\na\ndone", 1),
            ("a |\nb", 1),
            ("a 'x\ny'", 1),
            ("cat <<E\nx\nE", 1),
            ("", 0),
            ("# a", 0),
        ] {
            assert_eq!(parse(text, ShellKind::Bash).expect("valid").complete_commands(), expected, "{text}");
        }
        assert_eq!(parse("if true\necho a\nend", ShellKind::Fish).expect("valid").complete_commands(), 1);
        assert_eq!(parse("begin; a; end\nb", ShellKind::Fish).expect("valid").complete_commands(), 2);
    }

    #[test]
    fn refuses_what_does_not_parse() {
        for text in ["echo 'a", "echo \"a", "echo $(a", "a |", "if a; then b", "echo )", "a &&", "for x in", "{ a; "] {
            assert!(parse(text, ShellKind::Bash).is_err(), "{text}");
        }
        for text in ["echo 'a", "echo \"a", "echo (a", "if true", "end", "echo )", "begin; a"] {
            assert!(parse(text, ShellKind::Fish).is_err(), "{text}");
        }
        for text in ["echo 'a", "echo ${(f)x", "ls *(.om[1,3]", "print -l =(ls"] {
            assert!(parse(text, ShellKind::Zsh).is_err(), "{text}");
        }
    }

    #[test]
    fn fish_refuses_what_only_other_shells_have() {
        for text in [
            "cat <<E\nx\nE",
            "[[ -n x ]]",
            "echo `a`",
            "echo ${x}",
            "diff <(a) b",
            "for x in 1; do a; done",
            "f() { a; }",
            "x=1",
            "echo $((1+2))",
            "echo $?",
            "cat <<< x",
        ] {
            assert!(parse(text, ShellKind::Fish).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_dialects_in_part() {
        for (text, shell, expected) in [
            ("for f in *.txt; rm $f; end", ShellKind::Fish, "rm"),
            ("if test -f x; and b; end", ShellKind::Fish, "test b"),
            ("echo (a | b)", ShellKind::Fish, "a b echo"),
            ("set x (a)", ShellKind::Fish, "a set"),
            ("echo 'a\\'b'; c", ShellKind::Fish, "echo c"),
            ("function f; a; end", ShellKind::Fish, "a"),
            ("while true; a; end | b", ShellKind::Fish, "true a b"),
            ("print ${(j:,:)x} =(a)", ShellKind::Zsh, "a print"),
            ("ls **/*.rs(.om[1,3]); a", ShellKind::Zsh, "ls a"),
        ] {
            assert_eq!(names(text, shell).join(" "), expected, "{text}");
            assert!(parse(text, shell).expect("valid").is_partial(), "{text}");
        }
        assert!(!parse("ls | head; and echo x", ShellKind::Fish).expect("valid").is_partial());
        assert_eq!(names("ls; and not echo x", ShellKind::Fish), ["ls", "echo"]);
    }

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
    fn an_error_has_a_place() {
        for (text, shell, place) in [
            ("ls | | wc", ShellKind::Bash, Some(5)),
            ("ls; fi", ShellKind::Bash, Some(6)),
            ("ls é )", ShellKind::Bash, Some(6)),
            ("if true", ShellKind::Bash, Some(7)),
            ("ls | | wc", ShellKind::Fish, Some(5)),
            ("echo )", ShellKind::Zsh, Some(5)),
            ("ls", ShellKind::Bash, None),
        ] {
            assert_eq!(place_of_error(text, shell), place, "{text} in {shell}");
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
        assert_eq!(names(&nested(12), ShellKind::Bash).len(), 13);
        assert_eq!(parse(&nested(40), ShellKind::Bash), Err(SyntaxError::TooDeep));
        let groups = format!("{}a{}", "{ ".repeat(60), "; }".repeat(60));
        assert_eq!(names(&groups, ShellKind::Bash), ["a"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "[a-c$(){}`'\"\\\\ ;|&<>#\n=\\[\\]*!~-]{0,60}") {
            for shell in ShellKind::ALL {
                let _ = parse(&text, shell);
            }
        }
    }
}
