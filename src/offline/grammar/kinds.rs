//! The kinds of slots that a pattern can have.

/// What a slot takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
    /// A name: quoted, with a dot or a star, or a word that nobody needs otherwise.
    Name,
    /// One or more of them.
    Names,
    /// Names after "called", where any word is one.
    AnyNames,
    /// Any one word that can be a name or a text.
    Any,
    /// Quoted text or a word that is no English.
    Text,
    /// The same, but no name of a file.
    Phrase,
    Place,
    /// A place that is no bare word.
    Where,
    Age,
    Size,
    Number,
    Path,
    User,
    Mode,
    Extensions,
    /// One or more files or patterns.
    Paths,
    /// "read and write", as the letters of `chmod`.
    Rights,
    /// "group and others", as the letters of `chmod`.
    Who,
    Url,
    Host,
    /// All that follows.
    Rest,
    /// A branch, a commit, a tag.
    Ref,
    /// An amount as `head -c` and `split -b` take it.
    Bytes,
    /// A file: by its shape, in quotes, or a name that the word "file" announces.
    File,
    /// One or more of them.
    Files,
    /// A directory by the way it is written, or one that every system has.
    Folder,
    /// Either of the two.
    Entry,
    /// Text in quotes.
    Quoted,
    /// The name of a field of a record, where any word can be one.
    Key,
    /// A place in a row: "second", "3rd", "column 3".
    Nth,
    /// A character that stands between fields: "comma", "tab-separated", "';'".
    Delimiter,
    /// "5-10", "5 to 10", "from 5 through 10", as `5,10`.
    Range,
    /// A kind of file that goes by its ending: "python", ".c", "jpg and png".
    Kind,
    /// The same, so plain that no noun needs to follow: "*.c", "pngs".
    Pattern,
    /// A name with an ending.
    Dotted,
    /// "txt" in front of "extension".
    Ending,
    /// One file or folder in words or as a path.
    Spot,
    /// The same; "in /x" behind a name says where it lies.
    Item,
    /// One or more of them.
    Items,
    /// `host:path`.
    Remote,
    /// One or more of them, or all of a kind in a place.
    Bunch,
    /// A length of time in seconds.
    Seconds,
    /// A length of time as `sleep` takes it.
    Delay,
    /// A length of time in words.
    Length,
    /// A moment as `git log --since` takes it.
    Since,
    /// The number of a month.
    Month,
    /// A signal other than SIGTERM.
    Signal,
    /// A command, in quotes or not.
    Command,
    /// A clock time.
    Clock,
    /// The name of a variable, with its dollar or not.
    Ident,
    /// A variable with its dollar.
    Var,
    /// An option of bash that `shopt` sets.
    Shopt,
    /// The number of a process or a variable that holds it.
    Pid,
}

/// The kind that goes by this name in a pattern.
pub(super) fn slot(name: &str) -> Option<Slot> {
    Some(match name {
        "name" => Slot::Name,
        "names" => Slot::Names,
        "called" => Slot::AnyNames,
        "any" => Slot::Any,
        "text" => Slot::Text,
        "phrase" => Slot::Phrase,
        "place" => Slot::Place,
        "where" => Slot::Where,
        "age" => Slot::Age,
        "size" => Slot::Size,
        "n" => Slot::Number,
        "path" => Slot::Path,
        "user" => Slot::User,
        "mode" => Slot::Mode,
        "ext" => Slot::Extensions,
        "kind" => Slot::Kind,
        "pattern" => Slot::Pattern,
        "dotted" => Slot::Dotted,
        "ending" => Slot::Ending,
        "paths" => Slot::Paths,
        "rights" => Slot::Rights,
        "who" => Slot::Who,
        "url" => Slot::Url,
        "host" => Slot::Host,
        "rest" => Slot::Rest,
        "ref" => Slot::Ref,
        "bytes" => Slot::Bytes,
        "spot" => Slot::Spot,
        "remote" => Slot::Remote,
        "item" => Slot::Item,
        "items" => Slot::Items,
        "bunch" => Slot::Bunch,
        "seconds" => Slot::Seconds,
        "delay" => Slot::Delay,
        "length" => Slot::Length,
        "since" => Slot::Since,
        "month" => Slot::Month,
        "signal" => Slot::Signal,
        "command" => Slot::Command,
        "clock" => Slot::Clock,
        "ident" => Slot::Ident,
        "var" => Slot::Var,
        "shopt" => Slot::Shopt,
        "pid" => Slot::Pid,
        "file" => Slot::File,
        "files" => Slot::Files,
        "folder" => Slot::Folder,
        "entry" => Slot::Entry,
        "quoted" => Slot::Quoted,
        "key" => Slot::Key,
        "nth" => Slot::Nth,
        "delim" => Slot::Delimiter,
        "range" => Slot::Range,
        _ => return None,
    })
}
