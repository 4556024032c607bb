//! A reader for the TOML that the embedded files are written in: keys with at most one dot, texts in one line, lists,
//! tables in one line, numbers, `true` and `false`. It is many times as fast as one for all of TOML, and a test holds the
//! two against each other. What it does not know it does not read.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::value::{Table, Text, Value, What};

/// What the text holds, or nothing when it is not written like the embedded files.
pub(super) fn read(text: &str) -> Option<Value<'_>> {
    let mut reader = Reader { text, at: 0 };
    let mut root = Table::new();
    let mut path = None;
    while reader.skip_to_next() {
        if reader.is_at(b'[') {
            path = Some(reader.header(&mut root)?);
            continue;
        }
        reader.pair(inner(&mut root, path)?)?;
    }
    Some(Value { at: 0..0, what: What::Table(root) })
}

/// The table that the last header opened: of a key, or the last one of a list.
fn inner<'t, 'a>(root: &'t mut Table<'a>, path: Option<usize>) -> Option<&'t mut Table<'a>> {
    let Some(at) = path else { return Some(root) };
    match &mut root.get_mut(at)?.1.what {
        What::List(list) => as_table(list.last_mut()?),
        What::Table(table) => Some(table),
        _ => None,
    }
}

fn as_table<'t, 'a>(value: &'t mut Value<'a>) -> Option<&'t mut Table<'a>> {
    match &mut value.what {
        What::Table(table) => Some(table),
        _ => None,
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn is_at(&self, byte: u8) -> bool {
        self.text.as_bytes().get(self.at) == Some(&byte)
    }

    fn takes(&mut self, byte: u8) -> Option<()> {
        self.is_at(byte).then(|| self.at += 1)
    }

    /// Goes to what comes next behind blanks, ends of lines and comments; `false` at the end.
    fn skip_to_next(&mut self) -> bool {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'#') => self.at = memchr(b'\n', &bytes[self.at..]).map_or(bytes.len(), |end| self.at + end),
                other => return other.is_some(),
            }
        }
    }

    fn skip_blanks(&mut self) {
        while self.is_at(b' ') || self.is_at(b'\t') {
            self.at += 1;
        }
    }

    fn key(&mut self) -> Option<Text<'a>> {
        let start = self.at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        self.at += self.text.as_bytes()[start..].iter().take_while(|byte| is_part(byte)).count();
        (self.at > start).then(|| Text { at: start..self.at, text: Cow::Borrowed(&self.text[start..self.at]) })
    }

    /// `[name]` or `[[name]]`: opens a table and tells where it is among those of the root.
    fn header(&mut self, root: &mut Table<'a>) -> Option<usize> {
        let start = self.at;
        self.takes(b'[')?;
        let is_list = self.takes(b'[').is_some();
        let key = self.key()?;
        self.takes(b']')?;
        if is_list {
            self.takes(b']')?;
        }
        // Most have eight keys at most.
        let table = Value { at: start..self.at, what: What::Table(Table::with_capacity(8)) };
        let known = root.iter().position(|(known, _)| known.text == key.text);
        match known {
            Some(at) if is_list => match &mut root[at].1.what {
                What::List(list) => list.push(table),
                _ => return None,
            },
            Some(_) => return None,
            None if is_list => root.push((key, Value { at: table.at.clone(), what: What::List(vec![table]) })),
            None => root.push((key, table)),
        }
        Some(known.unwrap_or(root.len() - 1))
    }

    /// `key = value` or `key.key = value`.
    fn pair(&mut self, table: &mut Table<'a>) -> Option<()> {
        let key = self.key()?;
        let within = self.takes(b'.').map(|()| self.key());
        self.skip_blanks();
        self.takes(b'=')?;
        self.skip_blanks();
        let value = self.value()?;
        let Some(second) = within else {
            table.push((key, value));
            return Some(());
        };
        let second = second?;
        match table.iter().position(|(known, _)| known.text == key.text) {
            Some(at) => as_table(&mut table[at].1)?.push((second, value)),
            None => {
                let at = key.at.clone();
                table.push((key, Value { at, what: What::Table(vec![(second, value)]) }));
            }
        }
        Some(())
    }

    fn value(&mut self) -> Option<Value<'a>> {
        let start = self.at;
        let what = match self.text.as_bytes().get(start)? {
            b'"' => What::Text(self.escaped()?),
            b'\'' => What::Text(Cow::Borrowed(self.literal()?)),
            b'[' => What::List(self.list()?),
            b'{' => What::Table(self.table()?),
            _ => self.plain()?,
        };
        Some(Value { at: start..self.at, what })
    }

    /// `"…"` with escapes.
    fn escaped(&mut self) -> Option<Cow<'a, str>> {
        self.at += 1;
        let mut whole = Cow::Borrowed("");
        loop {
            let rest = &self.text[self.at..];
            let end = memchr2(b'"', b'\\', rest.as_bytes())?;
            whole += &rest[..end];
            self.at += end + 1;
            if rest.as_bytes()[end] == b'"' {
                return Some(whole);
            }
            let meant = match rest.as_bytes().get(end + 1)? {
                b'n' => "\n",
                b't' => "\t",
                b'r' => "\r",
                b'"' => "\"",
                b'\\' => "\\",
                _ => return None,
            };
            whole += meant;
            self.at += 1;
        }
    }

    /// `'…'`, or `'''…'''`, in which there may be quotes.
    fn literal(&mut self) -> Option<&'a str> {
        let quote = if self.text[self.at..].starts_with("'''") { "'''" } else { "'" };
        let rest = &self.text[self.at + quote.len()..];
        let end = rest.find(quote)?;
        self.at += end + 2 * quote.len();
        Some(&rest[..end])
    }

    fn list(&mut self) -> Option<Vec<Value<'a>>> {
        self.at += 1;
        let mut list = Vec::new();
        loop {
            self.skip_to_next();
            if self.takes(b']').is_some() {
                return Some(list);
            }
            list.push(self.value()?);
            self.skip_to_next();
            if !self.is_at(b']') {
                self.takes(b',')?;
            }
        }
    }

    /// `{ key = value, … }`.
    fn table(&mut self) -> Option<Table<'a>> {
        self.at += 1;
        let mut table = Table::new();
        loop {
            self.skip_blanks();
            if self.takes(b'}').is_some() {
                return Some(table);
            }
            self.pair(&mut table)?;
            self.skip_blanks();
            if !self.is_at(b'}') {
                self.takes(b',')?;
            }
        }
    }

    fn plain(&mut self) -> Option<What<'a>> {
        let rest = &self.text[self.at..];
        let end = rest.find([' ', '\n', ',', ']', '}', '#']).unwrap_or(rest.len());
        self.at += end;
        match &rest[..end] {
            "true" => Some(What::Truth(true)),
            "false" => Some(What::Truth(false)),
            number => number.parse().ok().map(What::Number),
        }
    }
}
