//! A line that is not complete, split as far as it goes: quotes may still be open, and nothing is expanded.

/// A word with the bytes where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    /// What it stands for, its quotes gone.
    pub(super) value: String,
    /// Whether a quote or a backslash is in it.
    pub(super) quoted: bool,
}

/// Programs that run the command behind them.
pub(super) const WRAPPERS: [&str; 9] = ["sudo", "doas", "env", "time", "nohup", "nice", "command", "xargs", "watch"];

/// The simple command that the cursor is in, up to the word that it is in or behind.
#[derive(Debug, Clone, Default)]
pub(super) struct Begun {
    /// The words before it.
    pub(super) before: Vec<Piece>,
    /// The word itself; empty where none has been begun.
    pub(super) word: Option<Piece>,
    /// Where a new word would stand.
    pub(super) at: usize,
    /// Whether a file is due: a redirect stands before it.
    pub(super) is_target: bool,
    /// Whether it reads what the command before it prints.
    pub(super) is_piped: bool,
    /// Whether an operator stands anywhere in the line.
    pub(super) has_operator: bool,
}

/// Splits a line whose cursor stands before the byte `cursor`. A word that the cursor is in counts to its end.
pub(super) fn begun(line: &str, cursor: usize) -> Begun {
    let mut begun = Begun::default();
    let (mut words, mut current): (Vec<Piece>, Option<Piece>) = (Vec::new(), None);
    let (mut open, mut escaped, mut redirect) = (None, false, false);
    let mut end = line.len();
    for (at, c) in line.char_indices() {
        let blank = c.is_whitespace() && open.is_none() && !escaped;
        let operator = open.is_none() && !escaped && matches!(c, '|' | '&' | ';' | '(' | ')' | '<' | '>' | '`');
        begun.has_operator |= operator;
        if (blank || operator) && at >= cursor && current.as_ref().is_none_or(|word| word.end >= cursor) {
            end = at;
            break;
        }
        if blank || operator {
            words.extend(current.take());
            if matches!(c, '<' | '>') {
                redirect = true;
            } else if operator {
                words.clear();
                redirect = false;
                // `||` is no pipe, and `|&` is one.
                let before = line[..at].chars().next_back();
                begun.is_piped = c == '|' && before != Some('|') || c == '&' && before == Some('|');
            }
            continue;
        }
        let word = current.get_or_insert_with(|| {
            begun.is_target = std::mem::take(&mut redirect);
            Piece { start: at, end: at, value: String::new(), quoted: false }
        });
        word.end = at + c.len_utf8();
        match (open, c) {
            _ if escaped => {
                word.value.push(c);
                escaped = false;
            }
            (Some('\''), '\'') | (Some('"'), '"') => open = None,
            (None, '\'' | '"') => {
                open = Some(c);
                word.quoted = true;
            }
            (None | Some('"'), '\\') => {
                escaped = true;
                word.quoted = true;
            }
            _ => word.value.push(c),
        }
    }
    begun.is_target = if current.is_some() { begun.is_target } else { redirect };
    begun.has_operator |= line[end..].contains(['|', '>', '<', ';', '&']);
    let settings =
        |word: &Piece| word.value.split_once('=').is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    let leading = words.iter().take_while(|word| settings(word)).count();
    words.drain(..leading);
    while words.first().is_some_and(|word| WRAPPERS.contains(&word.value.as_str()))
        && words.get(1).or(current.as_ref()).is_none_or(|next| !next.value.starts_with('-'))
    {
        words.remove(0);
    }
    Begun { before: words, word: current, at: end.min(line.len()), ..begun }
}
