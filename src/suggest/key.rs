//! The identity of an answer: which questions are the same question.
//!
//! Two queries share a key only when every right answer to one is a right answer to the other. A needless difference
//! costs one translation, a wrong equality costs a wrong command, so in doubt the text stays as it was typed.

mod normal;

use std::os::unix::ffi::OsStrExt;

use blake3::Hasher;

use super::ports::{CacheKey, RedactedText};
use crate::domain::ShellFacts;

pub use normal::{is_context_bound, normalise};

/// Goes into every key. Raise it when the meaning of a key or of a stored answer changes.
const SCHEMA: u64 = 1;

/// What kind of answer is looked for. The kinds never share an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What the user ran for these words.
    Ran,
    /// A provider's answer.
    Provider,
    /// The embedded translator's answer.
    Offline,
}

/// What an answer depends on besides the words and the asking shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyContext<'a> {
    /// The operating system and its family, as the prompt names it.
    pub os: &'a str,
    /// The identity of this build. It counts for [`Kind::Offline`] only, where the build is the source of the answer.
    pub build: Option<&'a str>,
    /// The tools on which the answer depends. They count for [`Kind::Offline`] only.
    pub tools: &'a str,
    /// The models that may answer. They count for [`Kind::Provider`] only.
    pub models: &'a str,
    /// The place that a provider is told about. It counts for [`Kind::Provider`] only.
    pub seen: &'a str,
    /// What the words are about beside what they say; empty for most.
    pub about: &'a str,
}

/// The key of the answer to `query` as asked from the shell that `facts` describe.
pub fn derive(kind: Kind, query: &RedactedText, facts: &ShellFacts, context: &KeyContext<'_>) -> CacheKey {
    let query = query.as_str();
    let mut fields = Fields(Hasher::new());
    fields.add(&SCHEMA.to_le_bytes());
    fields.add(match kind {
        Kind::Ran => b"ran",
        Kind::Provider => b"provider",
        Kind::Offline => b"offline",
    });
    fields.add(normalise(query).as_bytes());
    fields.add(language(&facts.locale).as_bytes());
    fields.add(context.os.as_bytes());
    fields.add(facts.shell.name().as_bytes());
    fields.add_optional(context.build.filter(|_| kind == Kind::Offline).map(str::as_bytes));
    fields.add_optional((kind == Kind::Offline).then_some(context.tools.as_bytes()));
    fields.add_optional((kind == Kind::Provider).then_some(context.models.as_bytes()));
    fields.add_optional(is_context_bound(query).then(|| facts.cwd.as_os_str().as_bytes()));
    if kind == Kind::Provider && !context.seen.is_empty() {
        fields.add(context.seen.as_bytes());
    }
    if !context.about.is_empty() {
        fields.add(b"about");
        fields.add(context.about.as_bytes());
    }
    CacheKey(*fields.0.finalize().as_bytes())
}

/// A hash over fields whose borders cannot be shifted: each is preceded by its length.
struct Fields(Hasher);

impl Fields {
    fn add(&mut self, field: &[u8]) {
        self.0.update(&(field.len() as u64).to_le_bytes());
        self.0.update(field);
    }

    fn add_optional(&mut self, field: Option<&[u8]>) {
        self.add(&[u8::from(field.is_some())]);
        self.add(field.unwrap_or_default());
    }
}

/// The language of a locale name. The nameless locales are English, as their messages are.
fn language(locale: &str) -> String {
    let name = locale.split(['_', '.', '@']).next().unwrap_or_default();
    match name {
        "" | "C" | "POSIX" => "en".to_owned(),
        name => name.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;

    const CONTEXT: KeyContext<'static> =
        KeyContext { os: "linux debian", build: Some("0.1.0-abc"), tools: "fd,rg", models: "openai/gpt", seen: "", about: "" };

    fn facts() -> ShellFacts {
        ShellFacts {
            shell: ShellKind::Zsh,
            shell_version: "5.9".to_owned(),
            cwd: "/home/ada/work".into(),
            home: Some("/home/ada".into()),
            path: "/usr/bin".to_owned(),
            locale: "en_GB.UTF-8".to_owned(),
            proxies: Vec::new(),
            keys: Vec::new(),
            own_commands: Vec::new(),
            comments: true,
        }
    }

    fn key(query: &str) -> CacheKey {
        derive(Kind::Provider, &RedactedText::mask(query), &facts(), &CONTEXT)
    }

    #[test]
    fn the_kinds_never_share_a_key() {
        let of = |kind| derive(kind, &RedactedText::mask("list files"), &facts(), &CONTEXT);
        assert_ne!(of(Kind::Ran), of(Kind::Provider));
        assert_ne!(of(Kind::Provider), of(Kind::Offline));
        assert_ne!(of(Kind::Ran), of(Kind::Offline));
    }

    #[test]
    fn each_kind_depends_on_what_its_answer_depends_on() {
        type Change = fn(&mut KeyContext<'static>, &mut ShellFacts);
        // Whether the key changes for ran, provider, offline.
        let table: [(&str, Change, [bool; 3]); 10] = [
            ("seen", |context, _| context.seen = "/tmp", [false, true, false]),
            ("os", |context, _| context.os = "macos", [true, true, true]),
            ("build", |context, _| context.build = Some("0.2.0-def"), [false, false, true]),
            ("no build", |context, _| context.build = None, [false, false, true]),
            ("tools", |context, _| context.tools = "rg", [false, false, true]),
            ("models", |context, _| context.models = "anthropic/claude", [false, true, false]),
            ("shell", |_, facts| facts.shell = ShellKind::Fish, [true, true, true]),
            ("language", |_, facts| facts.locale = "de_DE.UTF-8".to_owned(), [true, true, true]),
            ("country", |_, facts| facts.locale = "en_US".to_owned(), [false, false, false]),
            ("directory", |_, facts| facts.cwd = "/tmp".into(), [false, false, false]),
        ];
        for (name, change, expected) in table {
            let (mut context, mut other) = (CONTEXT, facts());
            change(&mut context, &mut other);
            for (kind, differs) in [Kind::Ran, Kind::Provider, Kind::Offline].into_iter().zip(expected) {
                let query = RedactedText::mask("list files");
                let before = derive(kind, &query, &facts(), &CONTEXT);
                assert_eq!(before != derive(kind, &query, &other, &context), differs, "{name}, {kind:?}");
            }
        }
    }

    #[test]
    fn the_directory_counts_where_the_words_mean_here() {
        let elsewhere = ShellFacts { cwd: "/tmp".into(), ..facts() };
        for kind in [Kind::Ran, Kind::Provider, Kind::Offline] {
            let at = |query, facts: &ShellFacts| derive(kind, &RedactedText::mask(query), facts, &CONTEXT);
            assert_ne!(at("list files here", &facts()), at("list files here", &elsewhere));
            assert_eq!(at("list files in /var", &facts()), at("list files in /var", &elsewhere));
        }
    }

    #[test]
    fn the_borders_of_fields_count() {
        let of =
            |models, seen| derive(Kind::Provider, &RedactedText::mask("list files"), &facts(), &KeyContext { models, seen, ..CONTEXT });
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_ne!(of("", "abc"), of("abc", ""));
    }

    #[test]
    fn the_nameless_locales_are_english() {
        for locale in ["", "C", "C.UTF-8", "POSIX", "en", "en_US.UTF-8", "en@quot"] {
            assert_eq!(language(locale), "en", "{locale}");
        }
        assert_eq!(language("de_AT@euro"), "de");
    }

    #[test]
    fn spellings_of_one_question_share_a_key() {
        let pairs = [
            ("list files", "  list \t files \n"),
            ("list files", "List files"),
            ("list files", "List Files"),
            ("list files", "list files."),
            ("list files", "list files!"),
            ("what is my ip", "What is my ip?"),
            ("what's my ip", "What's my ip?!"),
            ("what\u{2019}s my ip", "What\u{2019}s my ip?"),
            ("caf\u{e9} menu", "cafe\u{301} menu"),
            ("find files bigger than 10", "find files bigger than 10."),
            ("delete \"A.txt\"", "Delete  \"A.txt\"."),
            ("show files\u{a0}by size", "show files by size"),
            ("list files and folders", "list files AND folders"),
        ];
        for (one, other) in pairs {
            assert_eq!(key(one), key(other), "{one:?} and {other:?}: {:?} and {:?}", normalise(one), normalise(other));
        }
    }

    #[test]
    fn different_questions_have_different_keys() {
        let pairs = [
            ("files that are not empty", "files that are empty"),
            ("don't follow links", "do follow links"),
            ("list no hidden files", "list hidden files"),
            ("files bigger than 10 MB", "files bigger than 100 MB"),
            ("files bigger than 10 MB", "files bigger than 10 GB"),
            ("files bigger than 10M", "files bigger than 10m"),
            ("files older than 1.5 days", "files older than 15 days"),
            ("delete \"A.txt\"", "delete \"a.txt\""),
            ("delete 'A.txt'", "delete 'a.txt'"),
            ("delete `A`", "delete `a`"),
            ("delete \u{201c}A\u{201d}", "delete \u{201c}a\u{201d}"),
            ("search for \"a  b\"", "search for \"a b\""),
            ("search for \"a?\"", "search for \"a\""),
            ("delete A.txt", "delete a.txt"),
            ("copy a to b", "copy b to a"),
            ("list ~/Work", "list ~/work"),
            ("list /Etc", "list /etc"),
            ("count lines in src/Main.rs", "count lines in src/main.rs"),
            ("grep -I foo", "grep -i foo"),
            ("grep --Foo", "grep --foo"),
            ("delete *.TXT", "delete *.txt"),
            ("delete file?", "delete file[12]"),
            ("delete a*?", "delete a*"),
            ("list files in .", "list files in"),
            ("list files in ..", "list files in ."),
            ("list files in src/.", "list files in src/"),
            ("and then...", "and then"),
            ("go on\u{2026}", "go on"),
            ("open README", "open readme"),
            ("open Documents", "open documents"),
            ("delete MyProject", "delete myproject"),
            ("echo $HOME", "echo $home"),
            ("user Ada@example.org", "user ada@example.org"),
            ("it's 'A B' now", "it's 'a b' now"),
            ("list files", "listfiles"),
            ("list files", "files list"),
            ("kill job %1", "kill job %2"),
        ];
        for (one, other) in pairs {
            assert_ne!(key(one), key(other), "{one:?} and {other:?}: both {:?}", normalise(one));
        }
    }
}
