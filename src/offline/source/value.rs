//! What a file of intents holds before anybody knows what it means: texts, lists and tables, each with its place.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Cause, SourceError};

/// A text of a file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::offline) struct Text<'a> {
    pub at: Range<usize>,
    pub text: Cow<'a, str>,
}

impl Text<'_> {
    /// The text as one that outlives its file.
    pub(in crate::offline) fn into_string(self) -> String {
        self.text.into_owned()
    }
}

/// A list of texts, or one text that stands for a list of one.
#[derive(Debug)]
pub(in crate::offline) struct Texts<'a> {
    pub at: Range<usize>,
    pub all: Vec<Text<'a>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::offline) struct Value<'a> {
    pub at: Range<usize>,
    pub what: What<'a>,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::offline) enum What<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Truth(bool),
    /// A date, or a number that nobody counts to.
    Other,
    List(Vec<Value<'a>>),
    Table(Table<'a>),
}

/// A table in the order of its keys.
pub(in crate::offline) type Table<'a> = Vec<(Text<'a>, Value<'a>)>;

impl<'a> Value<'a> {
    fn wrong<T>(&self, wanted: &str) -> Result<T, SourceError> {
        Err(Cause::Toml(format!("expected {wanted}")).at(self.at.clone()))
    }

    pub(in crate::offline) fn text(self) -> Result<Text<'a>, SourceError> {
        match self.what {
            What::Text(text) => Ok(Text { at: self.at, text }),
            _ => self.wrong("a text"),
        }
    }

    /// A text or a list of texts.
    pub(in crate::offline) fn texts(self) -> Result<Texts<'a>, SourceError> {
        let at = self.at.clone();
        match self.what {
            What::List(list) => {
                let text = |value: Value<'a>| value.text();
                Ok(Texts { at, all: list.into_iter().map(text).collect::<Result<_, _>>()? })
            }
            What::Text(text) => Ok(Texts { at: at.clone(), all: vec![Text { at, text }] }),
            _ => self.wrong("a text or a list of texts"),
        }
    }

    pub(in crate::offline) fn list(self) -> Result<Vec<Value<'a>>, SourceError> {
        match self.what {
            What::List(list) => Ok(list),
            _ => self.wrong("a list"),
        }
    }

    /// A list of texts.
    pub(in crate::offline) fn list_of_texts(self) -> Result<Vec<Text<'a>>, SourceError> {
        self.list()?.into_iter().map(Value::text).collect()
    }

    pub(in crate::offline) fn table(self) -> Result<Table<'a>, SourceError> {
        match self.what {
            What::Table(table) => Ok(table),
            _ => self.wrong("a table"),
        }
    }

    fn each_text(&self, seen: &mut impl FnMut(&str)) {
        match &self.what {
            What::Text(text) => seen(text),
            What::List(list) => list.iter().for_each(|value| value.each_text(seen)),
            What::Table(table) => table.iter().for_each(|(_, value)| value.each_text(seen)),
            What::Number(_) | What::Truth(_) | What::Other => {}
        }
    }

    fn number(&self) -> Result<f64, SourceError> {
        match self.what {
            What::Number(number) => Ok(number),
            _ => self.wrong("a number"),
        }
    }

    fn whole(&self) -> Result<i8, SourceError> {
        match self.what {
            What::Number(number) if number.fract() == 0.0 && number.abs() <= f64::from(i8::MAX) => Ok(number as i8),
            _ => self.wrong("a small whole number"),
        }
    }

    fn truth(&self) -> Result<bool, SourceError> {
        match self.what {
            What::Truth(truth) => Ok(truth),
            _ => self.wrong("`true` or `false`"),
        }
    }
}

/// The keys of a table, which are taken out one by one.
#[derive(Debug)]
pub(in crate::offline) struct Fields<'a> {
    /// Where the table begins.
    pub at: Range<usize>,
    left: Table<'a>,
}

impl<'a> Fields<'a> {
    pub(in crate::offline) fn of(value: Value<'a>) -> Result<Self, SourceError> {
        Ok(Self { at: value.at.clone(), left: value.table()? })
    }

    /// Looks at each text that stands under this key.
    pub(in crate::offline) fn each_text(&self, key: &str, seen: &mut impl FnMut(&str)) {
        self.left.iter().filter(|(known, _)| known.text == key).for_each(|(_, value)| value.each_text(seen));
    }

    pub(in crate::offline) fn take(&mut self, key: &str) -> Option<Value<'a>> {
        let at = self.left.iter().position(|(known, _)| known.text == key)?;
        Some(self.left.swap_remove(at).1)
    }

    pub(in crate::offline) fn must(&mut self, key: &'static str) -> Result<Value<'a>, SourceError> {
        self.take(key).ok_or_else(|| Cause::Toml(format!("missing field `{key}`")).at(self.at.clone()))
    }

    /// A list of texts; none when it is not there.
    pub(in crate::offline) fn list_of_texts(&mut self, key: &str) -> Result<Vec<Text<'a>>, SourceError> {
        self.take(key).map_or(Ok(Vec::new()), Value::list_of_texts)
    }

    pub(in crate::offline) fn is_set(&mut self, key: &str) -> Result<bool, SourceError> {
        self.take(key).map_or(Ok(false), |value| value.truth())
    }

    pub(in crate::offline) fn number(&mut self, key: &str) -> Result<f64, SourceError> {
        self.take(key).map_or(Ok(0.0), |value| value.number())
    }

    pub(in crate::offline) fn whole(&mut self, key: &str) -> Result<i8, SourceError> {
        self.take(key).map_or(Ok(0), |value| value.whole())
    }

    /// A table of its own, sorted by its keys; an empty one when it is not there.
    pub(in crate::offline) fn table(&mut self, key: &str) -> Result<Table<'a>, SourceError> {
        let mut table = self.take(key).map_or(Ok(Vec::new()), Value::table)?;
        table.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
        Ok(table)
    }

    /// Makes sure that nothing is left that nobody knows.
    pub(in crate::offline) fn end(self) -> Result<(), SourceError> {
        match self.left.into_iter().min_by_key(|(key, _)| key.at.start) {
            Some((key, _)) => Err(Cause::Toml(format!("unknown field `{}`", key.text)).at(key.at)),
            None => Ok(()),
        }
    }
}

/// Reads any TOML.
pub(super) fn read(text: &str) -> Result<Value<'_>, SourceError> {
    let document =
        DeTable::parse(text).map_err(|error| SourceError { at: error.span(), cause: Cause::Toml(error.message().to_owned()) })?;
    Ok(Value { at: 0..0, what: What::Table(table(document.into_inner())) })
}

fn table(table: DeTable<'_>) -> Table<'_> {
    table.into_iter().map(|(key, one)| (Text { at: key.span(), text: key.into_inner() }, value(one))).collect()
}

fn value(spanned: Spanned<DeValue<'_>>) -> Value<'_> {
    let at = spanned.span();
    let what = match spanned.into_inner() {
        DeValue::String(text) => What::Text(text),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(What::Other, |number| What::Number(number as f64))
        }
        DeValue::Float(number) => number.as_str().parse().map_or(What::Other, What::Number),
        DeValue::Boolean(truth) => What::Truth(truth),
        DeValue::Datetime(_) => What::Other,
        DeValue::Array(list) => What::List(list.into_iter().map(value).collect()),
        DeValue::Table(inner) => What::Table(table(inner)),
    };
    Value { at, what }
}
