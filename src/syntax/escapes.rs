//! Backslash escapes, as `$'…'`, `printf` and `echo -e` read them.

/// Who reads the escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `$'…'` of bash and zsh, and the format of `printf`: octal is `\\nnn`.
    AnsiC,
    /// `echo -e`: octal is `\\0nnn`.
    Echo,
}

/// The text with its escapes read. Bytes that are no UTF-8 become the replacement character.
pub fn decode(text: &str, dialect: Dialect) -> String {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let Some(escaped) = chars.next() else {
            out.push(b'\\');
            break;
        };
        let mut digits = |radix: u32, most: usize, first: u32| {
            let mut value = first;
            for _ in 0..most {
                let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
                value = value.saturating_mul(radix).saturating_add(digit);
                chars.next();
            }
            value
        };
        match escaped {
            'a' => out.push(7),
            'b' => out.push(8),
            'e' | 'E' => out.push(27),
            'f' => out.push(12),
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'v' => out.push(11),
            'x' => out.push(digits(16, 2, 0).to_le_bytes()[0]),
            'u' | 'U' => {
                let code = digits(16, if escaped == 'u' { 4 } else { 8 }, 0);
                out.extend(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).as_bytes());
            }
            '0' if dialect == Dialect::Echo => out.push(digits(8, 3, 0).to_le_bytes()[0]),
            '0'..='7' => {
                let first = escaped.to_digit(8).unwrap_or_default();
                out.push(digits(8, 2, first).to_le_bytes()[0]);
            }
            '\\' | '\'' | '"' | '?' => out.extend(escaped.encode_utf8(&mut [0; 4]).as_bytes()),
            other => {
                out.push(b'\\');
                out.extend(other.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_as_each_program_does() {
        for (text, dialect, expected) in [
            (r"\162\155", Dialect::AnsiC, "rm"),
            (r"\x72\x6d", Dialect::AnsiC, "rm"),
            (r"\u0072m", Dialect::AnsiC, "rm"),
            (r"\0162m", Dialect::Echo, "rm"),
            (r"a\tb\n", Dialect::AnsiC, "a\tb\n"),
            (r"it\'s \q", Dialect::AnsiC, "it's \\q"),
            ("end\\", Dialect::AnsiC, "end\\"),
        ] {
            assert_eq!(decode(text, dialect), expected, "{text}");
        }
    }
}
