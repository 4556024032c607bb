//! What can be left open: nouns that stand for one thing of the user's, and what such a thing looks like in a sentence
//! that names it.

/// What a thing is to the patterns and slots of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A file with this ending.
    File(&'static str),
    Folder,
    Host,
    /// What people call a thing: a branch, a user, a package.
    Name,
    Url,
    /// A port, the number of a process.
    Number,
    /// Something to look for.
    Text,
}

/// A noun that stands for one thing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noun {
    pub word: &'static str,
    /// What the hole is called.
    pub label: &'static str,
    pub sort: Sort,
}

const fn noun(word: &'static str, label: &'static str, sort: Sort) -> Noun {
    Noun { word, label, sort }
}

const NOUNS: &[Noun] = &[
    noun("file", "file", Sort::File("txt")),
    noun("document", "file", Sort::File("txt")),
    noun("script", "script", Sort::File("sh")),
    noun("logfile", "file", Sort::File("log")),
    noun("log", "file", Sort::File("log")),
    noun("archive", "file", Sort::File("tar.gz")),
    noun("tarball", "file", Sort::File("tar.gz")),
    noun("zipfile", "file", Sort::File("zip")),
    noun("image", "image", Sort::File("png")),
    noun("photo", "image", Sort::File("jpg")),
    noun("picture", "image", Sort::File("jpg")),
    noun("video", "video", Sort::File("mp4")),
    noun("song", "audio", Sort::File("mp3")),
    noun("pdf", "file", Sort::File("pdf")),
    noun("csv", "file", Sort::File("csv")),
    noun("spreadsheet", "file", Sort::File("csv")),
    noun("certificate", "certificate", Sort::File("pem")),
    noun("folder", "folder", Sort::Folder),
    noun("directory", "folder", Sort::Folder),
    noun("dir", "folder", Sort::Folder),
    noun("server", "host", Sort::Host),
    noun("host", "host", Sort::Host),
    noun("machine", "host", Sort::Host),
    noun("domain", "domain", Sort::Host),
    noun("website", "url", Sort::Url),
    noun("page", "url", Sort::Url),
    noun("webpage", "url", Sort::Url),
    noun("site", "url", Sort::Url),
    noun("url", "url", Sort::Url),
    noun("link", "url", Sort::Url),
    noun("api", "url", Sort::Url),
    noun("repository", "url", Sort::Url),
    noun("repo", "url", Sort::Url),
    noun("branch", "branch", Sort::Name),
    noun("tag", "tag", Sort::Name),
    noun("commit", "commit", Sort::Name),
    noun("remote", "remote", Sort::Name),
    noun("service", "service", Sort::Name),
    noun("daemon", "service", Sort::Name),
    noun("unit", "unit", Sort::Name),
    noun("user", "user", Sort::Name),
    noun("group", "group", Sort::Name),
    noun("container", "container", Sort::Name),
    noun("volume", "volume", Sort::Name),
    noun("network", "network", Sort::Name),
    noun("pod", "pod", Sort::Name),
    noun("deployment", "deployment", Sort::Name),
    noun("namespace", "namespace", Sort::Name),
    noun("package", "package", Sort::Name),
    noun("program", "program", Sort::Name),
    noun("database", "database", Sort::Name),
    noun("table", "table", Sort::Name),
    noun("session", "session", Sort::Name),
    noun("variable", "name", Sort::Name),
    noun("port", "port", Sort::Number),
    noun("process", "pid", Sort::Number),
    noun("pid", "pid", Sort::Number),
    noun("word", "text", Sort::Text),
    noun("string", "text", Sort::Text),
    noun("text", "text", Sort::Text),
    noun("pattern", "pattern", Sort::Text),
];

/// The noun, if it stands for one thing.
pub(super) fn noun_of(word: &str) -> Option<&'static Noun> {
    NOUNS.iter().find(|noun| noun.word == word)
}

/// Words before a noun that leave open which one it is.
const NEUTRAL: &[&str] = &[
    "remote",
    "local",
    "single",
    "specific",
    "certain",
    "particular",
    "given",
    "existing",
    "new",
    "whole",
    "entire",
    "other",
    "different",
    "git",
    "docker",
    "web",
    "systemd",
    "linux",
    "regular",
    "plain",
    "compressed",
    "running",
    "ssh",
    "tcp",
];

/// Whether the word says nothing about which thing it is.
pub(super) fn is_neutral(word: &str) -> bool {
    NEUTRAL.contains(&word)
}

/// The ending of a file of this kind: "a json file", "a tar archive".
pub(super) fn ending_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "tar" => "tar",
        "tar.gz" | "gzipped" => "tar.gz",
        "zip" => "zip",
        "gz" | "gzip" => "gz",
        "text" | "txt" => "txt",
        "log" => "log",
        "json" => "json",
        "yaml" => "yaml",
        "csv" => "csv",
        "xml" => "xml",
        "pdf" => "pdf",
        "html" => "html",
        "markdown" => "md",
        "python" => "py",
        "shell" | "bash" => "sh",
        "png" => "png",
        "jpg" | "jpeg" => "jpg",
        "mp4" | "video" => "mp4",
        "mp3" | "audio" => "mp3",
        "image" => "png",
        "sql" => "sql",
        _ => return None,
    })
}

/// Verbs that make an archive of what is called a file.
pub(super) fn unpacked_by(verb: &str) -> Option<&'static str> {
    Some(match verb {
        "extract" | "unpack" | "untar" | "decompress" | "uncompress" => "tar.gz",
        "unzip" => "zip",
        "gunzip" => "gz",
        _ => return None,
    })
}

/// Verbs that take from the network what is called a file.
pub(super) fn fetches(verb: &str) -> bool {
    matches!(verb, "download" | "fetch" | "wget" | "curl")
}

/// What a verb needs beside the thing it names first: the words before it, and what it is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Second {
    pub link: &'static str,
    pub label: &'static str,
    /// What the first thing is called then, if not by its noun.
    pub first: Option<&'static str>,
    /// What it can be; `None` for the sort of the first.
    pub sort: Option<Sort>,
}

/// The things that people leave out with a verb.
pub(super) fn seconds_of(verb: &str) -> &'static [Second] {
    const NEW: Second = Second { link: "to", label: "new", first: Some("old"), sort: None };
    const PLACE: Second = Second { link: "to", label: "destination", first: None, sort: Some(Sort::Folder) };
    const OTHER: Second = Second { link: "with", label: "other", first: None, sort: None };
    const CALLED: Second = Second { link: "called", label: "name", first: None, sort: Some(Sort::Name) };
    match verb {
        "rename" => &[NEW],
        "copy" | "cp" | "move" | "mv" | "send" | "upload" | "transfer" | "sync" | "mirror" => &[PLACE],
        "compare" | "diff" => &[OTHER],
        "create" | "make" | "link" | "symlink" => &[CALLED],
        _ => &[],
    }
}
