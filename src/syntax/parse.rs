//! The one entrance to the parser: what `bounds` lets in is read on a stack that is large enough for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use brush_parser::{ParseError, Parser, ParserOptions};
use thiserror::Error;

use super::bounds::{self, MAX_BYTES};
use super::lexical;
use super::tree::Tree;
use super::walk::Walker;
use crate::domain::ShellKind;

/// With no more openers than this the smallest thread has stack enough.
const INLINE_OPENERS: usize = 8;

/// Holds [`bounds::MAX_OPENERS`] levels many times over, in unoptimised builds too.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Why a text is not a command line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SyntaxError {
    /// More than [`MAX_BYTES`] bytes.
    #[error("the command has more than {MAX_BYTES} bytes")]
    TooLong,
    /// More than [`bounds::MAX_OPENERS`] openers, or substitutions nested too deeply.
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
    if bounds::admit(text)? <= INLINE_OPENERS { guarded(text, shell) } else { on_large_stack(text, shell) }
}

/// The byte near which a text that [`parse`] refused stops being a line of `shell`; the end of the text when something is
/// missing there, and `None` when no place can be named.
pub fn place_of_error(text: &str, shell: ShellKind) -> Option<usize> {
    bounds::admit(text).ok()?;
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

#[cfg(test)]
mod tests {
    use super::super::tree::RedirectKind;
    use super::*;

    fn names(text: &str, shell: ShellKind) -> Vec<String> {
        let tree = parse(text, shell).unwrap_or_else(|error| panic!("{text:?} in {shell}: {error}"));
        tree.commands().iter().filter_map(|command| command.name().map(str::to_owned)).collect()
    }

    #[test]
    fn an_error_has_a_place() {
        for (text, shell, place) in [
            ("ls | | wc", ShellKind::Bash, Some(5)),
            ("ls; fi", ShellKind::Bash, Some(6)),
            ("if true", ShellKind::Bash, Some(7)),
            ("ls | | wc", ShellKind::Fish, Some(5)),
            ("echo )", ShellKind::Zsh, Some(5)),
            ("ls", ShellKind::Bash, None),
        ] {
            assert_eq!(place_of_error(text, shell), place, "{text} in {shell}");
        }
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

    proptest::proptest! {
        #[test]
        fn any_text_is_answered(text in "[a-c$(){}`'\"\\\\ ;|&<>#\n=\\[\\]*!~-]{0,60}") {
            for shell in ShellKind::ALL {
                let _ = parse(&text, shell);
            }
        }
    }
}
