//! Words that mean the same to the grammar, under one name.

use std::sync::LazyLock;

use super::vocabulary::{ByKey, Key};

/// Words that stand for each other in a pattern: `@file`.
const SETS: &[(&str, &[&str])] = &[
    ("file", &["file", "files", "filenames"]),
    ("dir", &["directory", "directories", "folder", "folders", "dir", "dirs"]),
    (
        "sub",
        &[
            "subdirectory",
            "subdirectories",
            "subfolder",
            "subfolders",
            "subdir",
            "subdirs",
            "sub-directory",
            "sub-directories",
            "sub-folder",
            "sub-folders",
            "subtree",
            "subtrees",
            "sub-dirs",
        ],
    ),
    ("tree", &["tree", "trees", "hierarchy", "structure"]),
    ("mod", &["modified", "changed", "updated", "edited", "altered", "touched", "written", "created", "modification", "added"]),
    ("acc", &["accessed", "read", "opened", "used", "viewed", "access"]),
    (
        "in",
        &[
            "in",
            "under",
            "inside",
            "within",
            "below",
            "beneath",
            "underneath",
            "from",
            "of",
            "on",
            "at",
            "across",
            "through",
            "throughout",
            "into",
            "for",
        ],
    ),
    ("name", &["name", "names", "filename", "filenames", "basename", "basenames", "titled", "title"]),
    ("named", &["named", "called", "titled"]),
    (
        "show",
        &[
            "show",
            "list",
            "display",
            "print",
            "view",
            "output",
            "see",
            "get",
            "give",
            "ls",
            "lists",
            "displays",
            "prints",
            "shows",
            "enumerate",
            "return",
        ],
    ),
    (
        "find",
        &[
            "find",
            "search",
            "locate",
            "look",
            "looks",
            "looking",
            "lookup",
            "seek",
            "finds",
            "searches",
            "searching",
            "locates",
            "finding",
            "select",
            "identify",
            "get",
            "discover",
            "determine",
        ],
    ),
    ("del", &["delete", "remove", "rm", "erase", "purge", "deletes", "removes", "unlink", "deleting", "removing"]),
    ("begin", &["begin", "begins", "beginning", "start", "starts", "starting", "begining", "starting", "prefixed"]),
    ("end", &["end", "ends", "ending", "finish", "finishing", "suffixed", "ended"]),
    ("contain", &["contain", "contains", "containing", "include", "includes", "including", "contained", "have", "has", "having", "with"]),
    ("holds", &["contain", "contains", "containing", "contained", "mention", "mentions", "mentioning"]),
    ("matches", &["match", "matches", "matching", "matched", "satisfy", "satisfying", "like"]),
    ("ext", &["extension", "extensions", "suffix", "suffixes"]),
    (
        "string",
        &[
            "string",
            "strings",
            "text",
            "word",
            "words",
            "phrase",
            "pattern",
            "keyword",
            "expression",
            "line",
            "lines",
            "letters",
            "letter",
            "character",
            "characters",
            "substring",
            "occurrences",
            "occurrence",
            "prefix",
        ],
    ),
    ("perm", &["permission", "permissions", "perms", "mode", "modes", "perm", "access"]),
    ("count", &["count", "counts", "counting", "number"]),
    ("size", &["size", "sizes", "sized"]),
    ("group", &["group", "groups"]),
    ("link", &["link", "links"]),
    ("symlink", &["symlink", "symlinks", "symlinked", "softlink", "softlinks"]),
    (
        "neg",
        &[
            "not",
            "no",
            "without",
            "except",
            "excluding",
            "exclude",
            "excludes",
            "never",
            "isn't",
            "aren't",
            "don't",
            "doesn't",
            "haven't",
            "hasn't",
            "isnt",
            "arent",
            "dont",
            "doesnt",
            "ignoring",
            "ignore",
            "omit",
            "omitting",
            "skip",
            "skipping",
            "cannot",
            "wasn't",
            "weren't",
            "outside",
            "neither",
            "nor",
            "lacking",
            "lack",
            "lacks",
        ],
    ),
    ("own", &["owned", "belonging", "belong", "belongs", "owner", "owns", "own"]),
    ("copy", &["copy", "copies", "copying", "cp", "duplicate", "duplicates"]),
    ("move", &["move", "moves", "moving", "mv"]),
    ("make", &["create", "creates", "creating", "make", "makes", "making", "add", "adds", "generate", "generates"]),
    ("change", &["change", "changes", "changing", "set", "sets", "setting", "modify", "update", "alter"]),
    ("recursively", &["recursively", "recursive"]),
    ("force", &["force", "forced", "forcefully", "forcibly", "forcing"]),
    ("verbosely", &["verbose", "verbosely"]),
    (
        "extract",
        &[
            "extract",
            "extracts",
            "unpack",
            "unpacks",
            "untar",
            "untars",
            "decompress",
            "decompresses",
            "uncompress",
            "uncompresses",
            "unarchive",
            "extracting",
            "expand",
        ],
    ),
    ("compress", &["compress", "compresses", "compressing", "zip", "zips", "gzip", "gzips"]),
    ("line", &["line", "lines", "row", "rows", "record", "records", "strings", "entries", "entry"]),
    ("field", &["field", "fields", "column", "columns", "col"]),
    ("uniq", &["unique", "distinct", "uniq", "non-duplicate", "nonduplicate"]),
    ("dup", &["duplicate", "duplicates", "duplicated", "repeated", "repeating", "dupes", "dups", "repeats", "redundant", "repetitions"]),
    (
        "put",
        &[
            "show", "list", "display", "print", "view", "output", "see", "get", "give", "lists", "displays", "prints", "shows", "return",
            "returns", "extract", "extracts", "write", "select", "keep", "take", "outputs", "gives", "gets", "dump", "echo", "printing",
            "read", "isolate", "find", "filter", "grab", "fetch", "retrieve", "what",
        ],
    ),
    (
        "replace",
        &[
            "replace",
            "replaces",
            "replacing",
            "substitute",
            "substitutes",
            "change",
            "convert",
            "converts",
            "translate",
            "swap",
            "turn",
            "transform",
            "changes",
        ],
    ),
    ("to", &["with", "by", "to", "into", "as"]),
    ("sort", &["sort", "sorts", "sorting", "order", "orders", "sorted", "ordered", "arrange"]),
    ("most", &["frequent", "common", "often", "frequently", "occurring", "popular", "commonly", "repeated"]),
    ("char", &["character", "characters", "chars", "char", "letter", "letters", "symbol", "symbols"]),
    ("each", &["each", "every", "per", "individual"]),
];

/// Some of the sets, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::offline) struct Sets(u64);

const _: () = assert!(SETS.len() <= Sets::MOST, "a set is one bit of 64");

impl Sets {
    /// As many as there can be.
    pub(in crate::offline) const MOST: usize = 64;

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The numbers of the sets.
    pub(in crate::offline) fn numbers(self) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(self.0), |left| Some(left & left.wrapping_sub(1)))
            .take_while(|left| *left != 0)
            .map(|left| left.trailing_zeros() as usize)
    }
}

static NAMES: LazyLock<ByKey<Sets>> =
    LazyLock::new(|| SETS.iter().enumerate().map(|(number, (name, _))| (Key::of(name), Sets(1 << number))).collect());

static MEMBERS: LazyLock<ByKey<Sets>> = LazyLock::new(|| {
    let mut members: ByKey<Sets> = ByKey::default();
    for (number, (_, words)) in SETS.iter().enumerate() {
        words.iter().for_each(|word| members.entry(Key::of(word)).or_default().join(Sets(1 << number)));
    }
    members
});

/// The set of this name.
pub(super) fn set_named(name: &str) -> Option<Sets> {
    NAMES.get(&Key::of(name)).copied()
}

/// The sets that a word is in.
pub(super) fn sets_of(word: Key) -> Sets {
    MEMBERS.get(&word).copied().unwrap_or_default()
}

/// The words of all sets.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    SETS.iter().flat_map(|(_, words)| words.iter().copied())
}
