use crate::offline::lexicon::{Lemma, Lexicon, Role};

/// What a slot takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::offline) enum Kind {
    /// A folder or file to look at.
    Path,
    /// A folder, never a file.
    Folder,
    /// One file.
    File,
    /// One or more files or patterns.
    Files,
    /// A pattern or an extension.
    Glob,
    /// An extension alone.
    Ext,
    /// What people call a thing: branch, service, process, package…
    Name,
    /// Like a name, but English words count too ("install tree").
    Package,
    /// Quoted text or one word.
    Text,
    /// Quoted text or a word that is none of the engine's.
    Literal,
    /// Everything to the end of the sentence.
    Rest,
    Number,
    Port,
    Mode,
    Url,
    Host,
    HostPort,
    Remote,
    Image,
    Ports,
    Ref,
    Time,
    Date,
    Range,
    Age,
    Ago,
    /// "today", where that is what the command means anyway.
    Today,
    Size,
}

const KINDS: [(&str, Kind); 28] = [
    ("path", Kind::Path),
    ("folder", Kind::Folder),
    ("file", Kind::File),
    ("files", Kind::Files),
    ("glob", Kind::Glob),
    ("ext", Kind::Ext),
    ("name", Kind::Name),
    ("package", Kind::Package),
    ("text", Kind::Text),
    ("literal", Kind::Literal),
    ("rest", Kind::Rest),
    ("number", Kind::Number),
    ("port", Kind::Port),
    ("mode", Kind::Mode),
    ("url", Kind::Url),
    ("host", Kind::Host),
    ("hostport", Kind::HostPort),
    ("remote", Kind::Remote),
    ("image", Kind::Image),
    ("ports", Kind::Ports),
    ("ref", Kind::Ref),
    ("time", Kind::Time),
    ("date", Kind::Date),
    ("range", Kind::Range),
    ("age", Kind::Age),
    ("ago", Kind::Ago),
    ("today", Kind::Today),
    ("size", Kind::Size),
];

/// A slot of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::offline) struct SlotSpec {
    pub name: String,
    pub kind: Kind,
    pub optional: bool,
    pub default: Option<String>,
    /// The word that must stand in front of it.
    pub after: Vec<Lemma>,
    /// The word that must follow it.
    pub before: Vec<Lemma>,
}

impl SlotSpec {
    /// Reads `name?: kind after a|b before c = default`.
    pub(super) fn parse(text: &str, lexicon: &mut Lexicon) -> Result<Self, String> {
        let (head, default) = text.split_once('=').map_or((text, None), |(head, value)| (head, Some(value.trim().to_owned())));
        let (name, rest) = head.split_once(':').ok_or("expected `name: kind`")?;
        let (name, optional) = name.trim().strip_suffix('?').map_or((name.trim(), false), |name| (name, true));
        let mut words = rest.split_whitespace();
        let kind = words.next().ok_or("no kind")?;
        let kind = KINDS.iter().find(|(known, _)| *known == kind).ok_or_else(|| format!("unknown kind `{kind}`"))?.1;
        let mut spec =
            Self { name: name.to_owned(), kind, optional: optional || default.is_some(), default, after: Vec::new(), before: Vec::new() };
        while let Some(word) = words.next() {
            let list = words.next().ok_or_else(|| format!("nothing after `{word}`"))?;
            let lemmas = list.split('|').map(|word| lexicon.intern(word, Role::Content)).collect();
            match word {
                "after" => spec.after = lemmas,
                "before" => spec.before = lemmas,
                other => return Err(format!("expected `after` or `before`, not `{other}`")),
            }
        }
        Ok(spec)
    }
}
