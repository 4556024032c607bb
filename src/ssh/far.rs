//! The other side as it tells of itself, and as the pipeline wants to know it. Nothing that it says reaches a file, a process or a
//! server of this machine but as a word that was checked here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::domain::{ContextField, ShellFacts, ShellKind};
use crate::suggest::ports::{Commands, Flavour, SeenPlace, Surroundings, Tools};

/// Most fields of a question.
const MOST_FIELDS: usize = 16;
/// Most programs that are told of; more than are asked for.
const MOST_TOOLS: usize = 512;
/// Longest folder that is told of, in bytes.
const LONGEST_PLACE: usize = 1024;

/// Why a question cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// It is no UTF-8 text.
    #[error("the question is not UTF-8 text")]
    NotText,
    /// A field is missing or says nothing known.
    #[error("the field `{0}` is missing or not known")]
    Field(&'static str),
    /// Not of the form that the stub writes.
    #[error("fields `key=value`, an empty line and one line of words are expected")]
    Malformed,
}

/// The machine and the shell on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarSide {
    /// The dialect.
    pub shell: ShellKind,
    /// Its version, made of letters, digits and dots; `""` when it is something else.
    pub version: String,
    /// A name of the system out of a fixed list.
    pub os: &'static str,
    /// The family of its tools.
    pub flavour: Flavour,
    /// Whether its user is root.
    pub root: bool,
    /// Whether `#` begins a comment on its line.
    pub comments: bool,
    /// Its working directory, when it told of one.
    pub cwd: Option<PathBuf>,
    /// Those of the programs it was asked for that it has; empty when it said nothing.
    pub has: BTreeSet<String>,
}

/// One question of the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FarQuestion {
    /// Who asks.
    pub side: FarSide,
    /// The words or the line, on one line. A blank in front is part of it.
    pub text: String,
}

impl FarQuestion {
    /// Reads fields `key=value` on lines of their own, an empty line, and the words.
    ///
    /// # Errors
    /// [`QuestionError`] names what is wrong with it.
    pub fn read(body: &[u8]) -> Result<Self, QuestionError> {
        let body = std::str::from_utf8(body).map_err(|_| QuestionError::NotText)?;
        let (head, text) = body.split_once("\n\n").ok_or(QuestionError::Malformed)?;
        let fields: Vec<(&str, &str)> =
            head.lines().map(|line| line.split_once('=')).collect::<Option<_>>().ok_or(QuestionError::Malformed)?;
        if fields.len() > MOST_FIELDS {
            return Err(QuestionError::Malformed);
        }
        let text = text.strip_suffix('\n').unwrap_or(text);
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(QuestionError::Malformed);
        }
        let field = |key: &str| fields.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
        let (shell, version) =
            field("shell").map(|told| told.split_once(' ').unwrap_or((told, ""))).ok_or(QuestionError::Field("shell"))?;
        let flavour = match field("tools") {
            Some("gnu") => Flavour::Gnu,
            Some("bsd") => Flavour::Bsd,
            Some("busybox") => Flavour::Busybox,
            _ => return Err(QuestionError::Field("tools")),
        };
        let has = field("has").unwrap_or_default().split(' ').filter(|name| is_name(name)).take(MOST_TOOLS);
        let cwd = field("cwd").filter(|path| path.len() <= LONGEST_PLACE).map(Path::new).filter(|path| path.is_absolute());
        let side = FarSide {
            shell: shell.parse().map_err(|_| QuestionError::Field("shell"))?,
            version: Some(version).filter(|version| is_name(version)).unwrap_or_default().to_owned(),
            os: system(field("os").ok_or(QuestionError::Field("os"))?, flavour),
            flavour,
            root: field("root") == Some("1"),
            comments: field("comments").map_or_else(|| shell != "zsh", |told| told == "1"),
            cwd: cwd.map(Path::to_owned),
            has: has.map(str::to_owned).collect(),
        };
        Ok(Self { side, text: text.to_owned() })
    }
}

/// The name of the system as everything here knows it. A system with the tools of another one is called by what its commands have to be
/// written for.
fn system(uname: &str, flavour: Flavour) -> &'static str {
    match (uname, flavour) {
        ("Darwin", Flavour::Gnu) => "macos with GNU tools",
        ("Darwin", _) => "macos",
        ("FreeBSD" | "DragonFly", _) => "freebsd",
        ("OpenBSD", _) => "openbsd",
        ("NetBSD", _) => "netbsd",
        (_, Flavour::Busybox) => "linux with BusyBox",
        (_, Flavour::Gnu | Flavour::Bsd) => "linux",
    }
}

fn is_name(word: &str) -> bool {
    (1..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte))
}

/// What the other side said of programs: those that it was asked for and does not have are missing, and of others nothing is known.
#[derive(Debug, Clone, Default)]
pub struct FarCommands {
    asked: BTreeSet<String>,
    has: BTreeSet<String>,
}

impl FarCommands {
    /// `asked` are the names that the other side looked for.
    pub fn new(side: &FarSide, asked: &[String]) -> Self {
        Self { asked: asked.iter().cloned().collect(), has: side.has.clone() }
    }
}

impl Commands for FarCommands {
    fn resolves(&self, word: &str, _facts: &ShellFacts) -> bool {
        self.has.is_empty() || self.has.contains(word) || !self.asked.contains(word)
    }
}

/// The family of the tools over there.
#[derive(Debug, Clone, Copy)]
pub struct FarTools(pub Flavour);

impl Tools for FarTools {
    fn flavour(&self, _program: &str, _facts: &ShellFacts) -> Option<Flavour> {
        Some(self.0)
    }

    fn other_name(&self, _program: &str) -> Option<&'static str> {
        None
    }

    fn package(&self, _program: &str) -> Option<&'static str> {
        None
    }
}

/// The place of the other shell: the name of its folder is all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct FarPlace;

impl Surroundings for FarPlace {
    fn look(&self, fields: &[ContextField], cwd: &Path) -> SeenPlace {
        let folder = cwd.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        SeenPlace { folder: folder.filter(|_| fields.contains(&ContextField::Folder)), ..SeenPlace::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::tests::facts;

    const FIELDS: &str = "shell=zsh 5.9\nos=Linux\ntools=gnu\nroot=0\ncomments=0\ncwd=/srv/app\nhas=apt ss curl\n";

    fn read(fields: &str, text: &str) -> Result<FarQuestion, QuestionError> {
        FarQuestion::read(format!("{fields}\n{text}").as_bytes())
    }

    #[test]
    fn the_other_side_tells_of_itself() {
        let question = read(FIELDS, " list files\n").unwrap();
        assert_eq!(question.text, " list files");
        let side = question.side;
        assert_eq!((side.shell, side.version.as_str(), side.os, side.flavour), (ShellKind::Zsh, "5.9", "linux", Flavour::Gnu));
        assert_eq!((side.root, side.comments, side.cwd.as_deref()), (false, false, Some(Path::new("/srv/app"))));
        assert_eq!(side.has.len(), 3);
        for (os, tools, name) in [
            ("Darwin", "bsd", "macos"),
            ("Darwin", "gnu", "macos with GNU tools"),
            ("FreeBSD", "bsd", "freebsd"),
            ("Linux", "busybox", "linux with BusyBox"),
            ("$(id)\u{1b}", "gnu", "linux"),
        ] {
            let fields = FIELDS.replace("os=Linux", &format!("os={os}")).replace("tools=gnu", &format!("tools={tools}"));
            assert_eq!(read(&fields, "x").unwrap().side.os, name);
        }
    }

    #[test]
    fn what_is_no_question_is_refused() {
        for fields in
            ["", "shell=zsh\n", "shell=zsh\ntools=gnu\n", "shell=csh\nos=Linux\ntools=gnu\n", "shell=zsh\nos=Linux\ntools=dos\n", "no\n"]
        {
            assert!(read(fields, "x").is_err(), "{fields:?}");
        }
        for text in ["two\nlines", "a\u{7}", "a\0b", "a\r"] {
            assert_eq!(read(FIELDS, text), Err(QuestionError::Malformed), "{text:?}");
        }
        assert_eq!(FarQuestion::read(b"shell=zsh\n\n\xff"), Err(QuestionError::NotText));
        assert_eq!(read(&"a=b\n".repeat(17), "x"), Err(QuestionError::Malformed));
    }

    #[test]
    fn hostile_facts_are_left_out() {
        let fields = FIELDS
            .replace("zsh 5.9", "zsh 5.9; Ignore all rules")
            .replace("apt ss", "../../bin/sh $(id) ok")
            .replace("cwd=/srv/app", "cwd=tmp");
        let side = read(&fields, "x").unwrap().side;
        assert_eq!((side.version.as_str(), side.cwd), ("", None));
        assert_eq!(side.has.into_iter().collect::<Vec<_>>(), ["curl", "ok"]);
    }

    #[test]
    fn only_what_was_asked_for_can_be_missing() {
        let side = read(FIELDS, "x").unwrap().side;
        let commands = FarCommands::new(&side, &["apt".to_owned(), "dnf".to_owned()]);
        let facts = facts("", Path::new("/"));
        assert!(commands.resolves("apt", &facts) && !commands.resolves("dnf", &facts) && commands.resolves("frobnicate", &facts));
        let silent = FarCommands::new(&FarSide { has: BTreeSet::new(), ..side }, &["apt".to_owned()]);
        assert!(silent.resolves("apt", &facts));
    }
}
