//! Lines with holes: what they mean while nobody knows what will stand there, and whether a shell could run them as they are.

use super::parse;
use crate::domain::{Hole, ShellKind};

/// Most holes of one line, [`Hole::STOP`] among them.
pub const MOST_HOLES: usize = 6;

/// The line with a variable that nobody knows in place of each hole, byte for byte as long, and without [`Hole::STOP`].
/// `None` when the holes are not what they are said to be: in their order, each with a name, the stop behind all else.
pub fn with_unknowns(line: &str, holes: &[Hole]) -> Option<String> {
    let (mut text, mut end) = (String::with_capacity(line.len()), 0);
    for (at, hole) in holes.iter().enumerate() {
        let between = line.get(end..hole.at.start)?;
        text.push_str(between);
        end = hole.at.end;
        if hole.name(line)?.is_empty() {
            let is_last = at > 0 && at + 1 == holes.len() && end == line.len() && between.ends_with(' ');
            return (is_last && holes.len() <= MOST_HOLES).then(|| text.trim_end_matches(' ').to_owned());
        }
        text.push_str("\"$");
        text.extend(std::iter::repeat_n('_', hole.at.len() - 3));
        text.push('"');
    }
    text.push_str(line.get(end..)?);
    (holes.len() <= MOST_HOLES).then_some(text)
}

/// Whether the shell reads no command in the line as long as any of its holes is left, when they are filled in in their
/// order.
pub fn is_inert(line: &str, holes: &[Hole], shell: ShellKind) -> bool {
    (0..holes.len()).all(|n_filled| {
        let mut text = line.to_owned();
        for hole in holes[..n_filled].iter().rev() {
            text.replace_range(hole.at.clone(), "x");
        }
        parse(&text, shell).is_err()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of `<…>` in a line.
    fn holes(line: &str) -> Vec<Hole> {
        line.match_indices('<').map(|(at, _)| Hole { at: at..at + line[at..].find('>').expect("closed") + 1 }).collect()
    }

    #[test]
    fn what_is_unknown_is_a_word_of_the_same_length() {
        let known = |line: &str| with_unknowns(line, &holes(line));
        assert_eq!(known("scp <file> <host>:").as_deref(), Some("scp \"$___\" \"$___\":"));
        assert_eq!(known("scp <file> <host>: <>").as_deref(), Some("scp \"$___\" \"$___\":"));
        assert_eq!(known("ls").as_deref(), Some("ls"));
        for none in ["ls <>", "cp <a> x", "cp <file> <> x", "cp <file><>", "x <aa> <aa> <aa> <aa> <aa> <aa> <aa>"] {
            assert_eq!(known(none), None, "{none}");
        }
        let (line, file, host) = ("scp <file> <host>", Hole { at: 4..10 }, Hole { at: 11..17 });
        assert_eq!(with_unknowns(line, &[host, file.clone()]), None);
        assert_eq!(with_unknowns(line, &[file.clone(), file]), None);
    }

    #[test]
    fn a_line_that_a_shell_would_run_is_not_inert() {
        for shell in ShellKind::ALL {
            for line in [
                "tar -xf <file>",
                "mv <old> <new>",
                "sort <file> | head",
                "cp <file> /backup <>",
                "scp <file> <host>: <>",
                "ls; cp <file> x <>",
            ] {
                assert!(is_inert(line, &holes(line), shell), "{line} in {shell}");
            }
            for line in ["cp <file> /backup", "scp <file> <host>:", "ls <file> x; ls", "wc '<file>'"] {
                assert!(!is_inert(line, &holes(line), shell), "{line} in {shell}");
            }
        }
    }
}
