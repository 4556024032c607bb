//! What a line editor writes when it asks the resident itself: fields `key=value`, each ended by a NUL, an empty one behind
//! them, and then what the integration writes to a program of its own ([`Context`]).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::context::Context;
use super::shell_facts;
use crate::domain::{ShellFacts, ShellKind, TraceParent};
use crate::paths::Paths;

/// More fields are read by nobody.
const MOST_FIELDS: usize = 32;

/// What becomes of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It goes into the line, as if a program had been started.
    Answer,
    /// It is shown behind the words while they are typed.
    Ghost,
    /// The line is a command; its risk and what it does are shown below it.
    Reading,
}

/// Why it cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// No end of the fields, too many of them, or one that is no text.
    #[error("the fields are not of the form key=value")]
    Malformed,
    /// A field that must be there is missing or says nothing known.
    #[error("the field `{0}` is missing or not known")]
    Field(&'static str),
}

/// One question of a line editor.
#[derive(Debug, Clone)]
pub struct Question {
    /// What becomes of the answer.
    pub wish: Wish,
    /// The build whose script asks.
    pub build: String,
    /// Whether the script keeps a line with holes from running.
    pub holes: bool,
    /// The asking shell; what its script says of itself is told already.
    pub facts: ShellFacts,
    /// The words and what the integration says beside them.
    pub context: Context,
    /// The configuration file of the asking shell.
    pub config_file: Option<PathBuf>,
    /// Where it keeps what it was told.
    pub state_dir: Option<PathBuf>,
    /// The trace that the shell is part of.
    pub caller: Option<TraceParent>,
}

impl Question {
    /// Reads one from untrusted bytes.
    ///
    /// # Errors
    /// [`QuestionError`] names what is wrong with them.
    pub fn read(body: &[u8]) -> Result<Self, QuestionError> {
        let end = body.windows(2).position(|pair| pair == b"\0\0").ok_or(QuestionError::Malformed)?;
        let fields: Option<Vec<(&str, &str)>> =
            body[..end].split(|byte| *byte == 0).map(|field| std::str::from_utf8(field).ok()?.split_once('=')).collect();
        let fields = fields.filter(|fields| fields.len() <= MOST_FIELDS).ok_or(QuestionError::Malformed)?;
        let field = |key: &str| fields.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
        let wish = match field("wish") {
            Some("answer") => Wish::Answer,
            Some("ghost") => Wish::Ghost,
            Some("reading") => Wish::Reading,
            _ => return Err(QuestionError::Field("wish")),
        };
        let shell: ShellKind = field("shell").and_then(|name| name.parse().ok()).ok_or(QuestionError::Field("shell"))?;
        let cwd = field("PWD").map(Path::new).filter(|path| path.is_absolute()).ok_or(QuestionError::Field("PWD"))?;
        let lookup = |name: &str| field(name).map(OsString::from);
        let context = Context::from_bytes(&body[end + 2..]);
        let caller = context.caller();
        let version = field("version").unwrap_or_default().to_owned();
        let mut facts = shell_facts(shell, version, cwd.to_owned(), &lookup);
        context.tell(&mut facts);
        // Who has no home in its environment has one in the account, which only a process of that shell would look up.
        let paths = Paths::resolve(&lookup, crate::platform::own_uid(), &|| None);
        Ok(Self {
            wish,
            build: field("build").unwrap_or_default().to_owned(),
            holes: field("holes") == Some("1"),
            facts,
            context,
            config_file: paths.config_file,
            state_dir: paths.state_dir,
            caller,
        })
    }

    /// The next question of the same shell, which stands in `cwd` by now. `written` is what it would write to a program.
    #[must_use]
    pub fn again(&self, cwd: PathBuf, written: &[u8]) -> Self {
        let context = Context::from_bytes(written);
        let mut facts = ShellFacts { cwd, ..self.facts.clone() };
        context.tell(&mut facts);
        Self { caller: context.caller(), facts, context, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: &str = "wish=answer\0shell=zsh\0version=5.9\0build=b\0holes=1\0PWD=/p\0HOME=/h\0PATH=/bin\0LC_ALL=\0LANG=C.UTF-8\0";

    fn read(fields: &str, rest: &str) -> Result<Question, QuestionError> {
        Question::read(format!("{fields}\0{rest}").as_bytes())
    }

    #[test]
    fn the_facts_of_the_shell_come_with_the_words() {
        let question = read(FACTS, "list\nfiles\0ll gs\0interactivecomments\0").unwrap();
        assert_eq!((question.wish, question.build.as_str(), question.holes), (Wish::Answer, "b", true));
        let facts = &question.facts;
        assert_eq!((facts.shell, facts.shell_version.as_str(), facts.path.as_str()), (ShellKind::Zsh, "5.9", "/bin"));
        assert_eq!((facts.cwd.as_path(), facts.home.as_deref()), (Path::new("/p"), Some(Path::new("/h"))));
        assert_eq!((facts.locale.as_str(), facts.comments, facts.own_commands.len()), ("C.UTF-8", true, 2));
        assert_eq!(question.context.query, b"list\nfiles");
        assert_eq!(question.config_file.as_deref(), Some(Path::new("/h/.config/gptos/config.toml")));
        let other = read(&FACTS.replace("HOME=/h", "HOME=/h\0GPTOS_CONFIG=/c.toml\0XDG_CONFIG_HOME=/x"), "q").unwrap();
        assert_eq!(other.config_file.as_deref(), Some(Path::new("/c.toml")));
        let homeless = read(&FACTS.replace("HOME=/h", "HOME="), "q").unwrap();
        assert_eq!(homeless.config_file, None, "the home of the account is not known here");
    }

    #[test]
    fn the_next_question_of_a_shell_is_as_if_all_was_told_again() {
        let facts = FACTS.replace("shell=zsh", "shell=bash");
        let first = read(&facts, "list files\0ll gs\0\0cursor=3\0pipes=17\0").unwrap();
        assert_eq!(first.context.wants_pipes(), Some(17));
        let next = first.again(PathBuf::from("/elsewhere"), b"count them\0la\0nocomments\0scope=git\0");
        let whole = read(&facts.replace("PWD=/p", "PWD=/elsewhere"), "count them\0la\0nocomments\0scope=git\0").unwrap();
        assert_eq!(format!("{next:?}"), format!("{whole:?}"));
        assert!(first.facts.comments && !next.facts.comments && next.context.wants_pipes().is_none());
    }

    #[test]
    fn the_trace_of_each_question_is_its_own() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let first = read(FACTS, &format!("list files\0\0\0traceparent={parent}\0")).unwrap();
        assert_eq!(first.caller.map(|caller| caller.to_string()).as_deref(), Some(parent));
        assert_eq!(first.again(PathBuf::from("/p"), b"count them\0\0\0").caller, None);
        assert_eq!(read(FACTS, "list files\0\0\0traceparent=$(id)\0").unwrap().caller, None);
    }

    #[test]
    fn what_is_no_question_is_refused() {
        for fields in ["", "wish=answer", "no pair\0", "wish=sing\0shell=zsh\0PWD=/\0", "wish=ghost\0shell=csh\0PWD=/\0"] {
            assert!(read(fields, "q").is_err(), "{fields:?}");
        }
        assert!(read("wish=ghost\0shell=zsh\0PWD=tmp\0", "q").is_err(), "a relative directory");
        assert!(read("wish=ghost\0shell=zsh\0", "q").is_err(), "no directory");
        assert!(Question::read(b"wish=ghost\0shell=zsh\0PWD=/\xff\0\0q").is_err(), "no text");
        assert!(Question::read(b"wish=ghost\0shell=zsh\0PWD=/").is_err(), "no end");
        assert!(read(&"a=b\0".repeat(10_000), "q").is_err(), "too many");
        assert!(Question::read(&[0; 1000]).is_err());
    }
}
