//! Where in the whole line the words of a nested text stand.

use std::ops::Range;

use brush_parser::ast;

/// The text that is being read and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Source {
    text: String,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    /// It stands in the line as it is, from this byte on.
    At(usize),
    /// It was written there in another form.
    Within(Range<usize>),
}

impl Source {
    /// The line itself.
    pub(super) fn line(text: &str) -> Self {
        Source { text: text.to_owned(), place: Place::At(0) }
    }

    /// A text inside a word that stands at `span` and is written `raw`.
    pub(super) fn inside(text: &str, raw: &str, span: &Range<usize>) -> Self {
        let verbatim = (raw.len() == span.len()).then(|| raw.find(text)).flatten();
        let place = verbatim.map_or_else(|| Place::Within(span.clone()), |at| Place::At(span.start + at));
        Source { text: text.to_owned(), place }
    }

    /// All of it.
    pub(super) fn whole(&self) -> Range<usize> {
        match &self.place {
            Place::At(base) => *base..*base + self.text.len(),
            Place::Within(span) => span.clone(),
        }
    }

    /// Where a word stands. The grammar counts characters, a line is counted in bytes.
    pub(super) fn locate(&self, word: &ast::Word) -> Range<usize> {
        let base = match &self.place {
            Place::At(base) => *base,
            Place::Within(span) => return span.clone(),
        };
        let Some(loc) = &word.loc else { return self.whole() };
        let start = match self.text.is_ascii() {
            true => loc.start.index,
            false => self.text.char_indices().nth(loc.start.index).map_or(self.text.len(), |(at, _)| at),
        };
        let end = start + word.value.len();
        if self.text.get(start..end) == Some(&word.value) { base + start..base + end } else { self.whole() }
    }
}
