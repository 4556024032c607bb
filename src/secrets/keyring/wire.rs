//! The D-Bus wire format, as much of it as the Secret Service needs. A reader trusts nothing: what comes from the bus may
//! be short, long or nonsense.

use zeroize::Zeroizing;

/// Room that is taken in advance, so that a secret is not left behind when a buffer grows.
const ROOM: usize = 24 * 1024;

/// Values that are written one after another, with their types.
pub(super) struct Body {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) signature: &'static str,
}

impl Body {
    pub(super) fn empty() -> Self {
        Self { bytes: Zeroizing::default(), signature: "" }
    }

    pub(super) fn new(signature: &'static str, write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer(Zeroizing::new(Vec::with_capacity(ROOM)));
        write(&mut writer);
        Self { bytes: writer.0, signature }
    }
}

/// Writes values in little-endian order, each where its alignment wants it.
pub(super) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub(super) fn plain() -> Self {
        Self(Zeroizing::default())
    }

    pub(super) fn done(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    pub(super) fn align(&mut self, to: usize) {
        let end = self.0.len().next_multiple_of(to);
        self.0.resize(end, 0);
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn number(&mut self, value: u32) {
        self.align(4);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn truth(&mut self, value: bool) {
        self.number(u32::from(value));
    }

    /// A string or an object path.
    pub(super) fn text(&mut self, value: &str) {
        self.bytes(value.as_bytes());
        self.byte(0);
    }

    pub(super) fn signature(&mut self, value: &str) {
        // Those of this module are constants of a few characters.
        self.byte(u8::try_from(value.len()).unwrap_or_default());
        self.0.extend_from_slice(value.as_bytes());
        self.byte(0);
    }

    /// An array of bytes.
    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.number(u32::try_from(value.len()).unwrap_or_default());
        self.0.extend_from_slice(value);
    }

    /// An array whose items are aligned to `to`.
    pub(super) fn array(&mut self, to: usize, items: impl FnOnce(&mut Self)) {
        self.number(0);
        let place = self.0.len() - 4;
        self.align(to);
        let start = self.0.len();
        items(self);
        let len = u32::try_from(self.0.len() - start).unwrap_or_default();
        self.0[place..place + 4].copy_from_slice(&len.to_le_bytes());
    }

    /// An array of pairs of texts.
    pub(super) fn pairs(&mut self, pairs: &[(&str, &str)]) {
        self.array(8, |writer| {
            for (name, value) in pairs {
                writer.align(8);
                writer.text(name);
                writer.text(value);
            }
        });
    }
}

/// Reads values; `None` for what does not fit.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    is_big: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], is_big: bool) -> Self {
        Self { bytes, at: 0, is_big }
    }

    pub(super) fn align(&mut self, to: usize) {
        self.at = self.at.next_multiple_of(to);
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.align(4);
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if self.is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(super) fn truth(&mut self) -> Option<bool> {
        Some(self.number()? != 0)
    }

    /// A string or an object path.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let text = std::str::from_utf8(self.bytes()?).ok()?;
        (self.byte()? == 0).then_some(text)
    }

    pub(super) fn signature(&mut self) -> Option<&'a str> {
        let len = usize::from(self.byte()?);
        let text = std::str::from_utf8(self.take(len)?).ok()?;
        (self.byte()? == 0).then_some(text)
    }

    /// An array of bytes.
    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.number()?).ok()?;
        self.take(len)
    }

    /// A reader of the items of an array; their alignment counts from where the message begins, as here.
    pub(super) fn array(&mut self, to: usize) -> Option<Reader<'a>> {
        let len = usize::try_from(self.number()?).ok()?;
        self.align(to);
        let start = self.at;
        self.take(len)?;
        Some(Reader { bytes: self.bytes.get(..start + len)?, at: start, is_big: self.is_big })
    }

    /// All texts of an array of them.
    pub(super) fn texts(&mut self) -> Option<Vec<String>> {
        let mut items = self.array(4)?;
        let mut texts = Vec::new();
        while !items.is_at_end() {
            texts.push(items.text()?.to_owned());
        }
        Some(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let body = Body::new("sbayaoa{ss}", |writer| {
            writer.text("ä");
            writer.truth(true);
            writer.bytes(&[1, 2, 3]);
            writer.array(4, |writer| ["/a", "/bcd"].iter().for_each(|path| writer.text(path)));
            writer.pairs(&[("k", "v"), ("longer", "")]);
        });
        let mut reader = Reader::new(&body.bytes, false);
        assert_eq!((reader.text(), reader.truth(), reader.bytes()), (Some("ä"), Some(true), Some(&[1, 2, 3][..])));
        assert_eq!(reader.texts(), Some(vec!["/a".to_owned(), "/bcd".to_owned()]));
        let mut pairs = reader.array(8).unwrap();
        let mut read = Vec::new();
        while !pairs.is_at_end() {
            pairs.align(8);
            read.push((pairs.text().unwrap(), pairs.text().unwrap()));
        }
        assert_eq!(read, [("k", "v"), ("longer", "")]);
        assert!(reader.is_at_end());
    }

    #[test]
    fn the_specifications_example_of_alignment() {
        // An array of a structure begins at a multiple of eight, also when it is empty.
        let body = Body::new("ya{ss}", |writer| {
            writer.byte(9);
            writer.pairs(&[]);
        });
        assert_eq!(*body.bytes, [9, 0, 0, 0, 0, 0, 0, 0]);
        let big = [0, 0, 0, 2, b'h', b'i', 0];
        assert_eq!(Reader::new(&big, true).text(), Some("hi"));
    }

    proptest::proptest! {
        #[test]
        fn nonsense_is_refused_without_a_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            for is_big in [false, true] {
                let _ = Reader::new(&bytes, is_big).texts();
                let mut reader = Reader::new(&bytes, is_big);
                while reader.signature().is_some() && reader.text().is_some() && reader.truth().is_some() {}
                let _ = Reader::new(&bytes, is_big).array(8).map(|mut items| items.bytes().map(<[u8]>::len));
            }
        }
    }
}
