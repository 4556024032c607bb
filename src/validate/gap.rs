//! Gaps in a line that stand for something the user has yet to write.

use super::text::angle_gap;
use crate::domain::ShellKind;
use crate::syntax;

/// The first `<name>` outside quotes, as documentation writes what is to be filled in. The bodies of here-documents are data.
pub fn unfilled(line: &str, shell: ShellKind) -> Option<String> {
    let bodies = here_document_bodies(line, shell);
    let (outside, _) = syntax::unquoted(line, shell);
    outside
        .into_iter()
        .filter(|(at, c)| *c == '<' && !line[..*at].ends_with('<') && !bodies.iter().any(|body| body.contains(at)))
        .find_map(|(at, _)| angle_gap(&line[at..]).map(str::to_owned))
}

fn here_document_bodies(line: &str, shell: ShellKind) -> Vec<std::ops::Range<usize>> {
    let mut bodies = Vec::new();
    if shell == ShellKind::Fish {
        return bodies;
    }
    let (mut waiting, mut at) = (Vec::new(), 0);
    let mut lines = line.split_inclusive('\n');
    while let Some(text) = lines.next() {
        let body = at + text.len();
        waiting.extend(delimiters(text));
        at = body;
        for (delimiter, indented) in waiting.drain(..) {
            for text in lines.by_ref() {
                at += text.len();
                let text = text.trim_end_matches('\n');
                if delimiter == if indented { text.trim_start_matches('\t') } else { text } {
                    break;
                }
            }
        }
        if at > body {
            bodies.push(body..at);
        }
    }
    bodies
}

/// The here-documents that a line begins: what ends each, and whether tabs may stand before that.
fn delimiters(line: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let (outside, _) = syntax::unquoted(line, ShellKind::Bash);
    for (at, _) in outside.iter().filter(|(at, c)| *c == '<' && line[at + 1..].starts_with('<')) {
        let rest = &line[at + 2..];
        // `<<<` is a here-string; its last two signs begin nothing either.
        if rest.starts_with('<') || line[..*at].ends_with('<') {
            continue;
        }
        let (rest, indented) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
        let ends = |c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | '<' | '>' | '(' | ')');
        let word: String = rest.trim_start_matches([' ', '\t']).chars().take_while(|c| !ends(*c)).collect();
        let delimiter = word.replace(['\'', '"', '\\'], "");
        if !delimiter.is_empty() {
            found.push((delimiter, indented));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_found_and_redirects_are_none() {
        for (line, gap) in [
            ("cat <file>", "<file>"),
            ("scp <local file> <user>@<host>:", "<local file>"),
            ("ssh root@<host>", "<host>"),
            ("true\ncat <file>", "<file>"),
            ("cat <<E\nbody\nE\ncat <file>", "<file>"),
            ("cat <<< word; cat <file>", "<file>"),
        ] {
            assert_eq!(unfilled(line, ShellKind::Bash).as_deref(), Some(gap), "{line}");
        }
        for line in [
            "",
            "sort <in >out",
            "sort <in>out",
            "sort < in > out",
            "diff <(a) <(b) > c",
            "echo '<file>' \"<file>\" \\<file\\>",
            "cat <<EOF > page.html\n<p>\nEOF",
            "cat <<-'E N' | tee <page\n\t<p> <b> <i>\n\tE N",
            "cat <<A <<B\n<p>\nA\n<b>\nB\n",
            "cat <<A\n<never closed>",
            "echo a # <file>",
        ] {
            assert_eq!(unfilled(line, ShellKind::Bash), None, "{line:?}");
            assert_eq!(unfilled(line, ShellKind::Zsh), None, "{line:?}");
        }
        assert_eq!(unfilled("cat <file> # fish has no here-documents", ShellKind::Fish).as_deref(), Some("<file>"));
    }
}
