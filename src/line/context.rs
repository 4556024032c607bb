//! What a shell integration writes on standard input: the words, the commands that only this shell knows, its options, and
//! what the words are about.

use std::io::Read;

use crate::domain::{Aim, AimError, Query, Refined, Scope, ShellFacts, ShellKind, TraceParent};

/// Most bytes of names that are read; a shell with a large framework has some 40 KiB.
const NAMES_LIMIT: usize = 128 * 1024;
/// Most names that are kept.
const MOST_NAMES: usize = 4096;
/// Longest name that is kept, in bytes.
const LONGEST_NAME: usize = 64;
/// Most keyed fields that are looked at.
const MOST_KEYED: usize = 16;
/// Most bytes of options that are read.
const OPTIONS_LIMIT: usize = 1024;
/// Most bytes that are read at all. What stands behind names that are too many is still reached.
const LIMIT: usize = 512 * 1024;

/// The fields `QUERY NUL NAMES NUL OPTIONS`, and any number of fields `key=value` behind them; all but the first may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The words as they were typed.
    pub query: Vec<u8>,
    own_commands: Vec<String>,
    options: Vec<String>,
    keyed: Vec<(String, String)>,
}

/// Reads standard input, no more of it than can be of use.
///
/// # Errors
/// What the system says.
pub fn read(input: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(u64::try_from(LIMIT).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Context {
    /// Reads standard input, no more of it than can be of use.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(input: impl Read) -> std::io::Result<Self> {
        Ok(Self::from_bytes(&read(input)?))
    }

    /// Reads the fields; what is of no use is left out.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut fields = bytes.split(|byte| *byte == 0);
        let query = fields.next().unwrap_or_default().to_vec();
        let names = cut(fields.next().unwrap_or_default(), NAMES_LIMIT);
        let options = cut(fields.next().unwrap_or_default(), OPTIONS_LIMIT);
        Self {
            query,
            own_commands: words(names).filter(|name| is_command_name(name)).take(MOST_NAMES).map(str::to_owned).collect(),
            options: words(options).map(str::to_owned).collect(),
            keyed: keyed(fields),
        }
    }

    /// The words, and what they are about beside what they say.
    ///
    /// # Errors
    /// What is wrong with them, in one line.
    pub fn asks(&self) -> Result<(Query, Aim), String> {
        let query = Query::from_bytes(&self.query).map_err(|error| error.to_string())?;
        let aim = self.aim().map_err(|error| error.to_string())?;
        if !self.is_private() {
            return Ok((query, aim));
        }
        let private = Query::from_bytes(format!(" {}", query.as_str()).as_bytes()).map_err(|error| error.to_string())?;
        Ok((private, aim))
    }

    /// What the words are about beside what they say.
    ///
    /// # Errors
    /// [`AimError`] when a field cannot be what it should be.
    pub fn aim(&self) -> Result<Aim, AimError> {
        aim(&self.keyed)
    }

    /// The shell that would rather ask over pipes of its own from now on, by its process number.
    pub fn wants_pipes(&self) -> Option<i32> {
        value(&self.keyed, "pipes")?.parse().ok()
    }

    /// The trace that the shell says it is part of, to who is no process of it and sees nothing of its environment.
    pub fn caller(&self) -> Option<TraceParent> {
        TraceParent::parse(value(&self.keyed, "traceparent")?)
    }

    /// Whether the words of the command to change were for this machine alone; then the words about it are too.
    pub fn is_private(&self) -> bool {
        value(&self.keyed, "asked").is_some_and(|asked| asked.starts_with([' ', '\t']))
    }

    /// Adds what the shell said of itself to its facts.
    pub fn tell(&self, facts: &mut ShellFacts) {
        facts.own_commands.clone_from(&self.own_commands);
        let has = |name: &str| self.options.iter().any(|option| option == name);
        facts.comments = match facts.shell {
            ShellKind::Zsh => has("interactivecomments"),
            ShellKind::Bash => !has("nocomments"),
            ShellKind::Fish => true,
        };
    }
}

/// The fields `key=value`; what is no text or has no key is none.
pub fn keyed<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Vec<(String, String)> {
    let pair = |field: &'a [u8]| {
        let (key, value) = std::str::from_utf8(field).ok()?.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
    };
    fields.filter_map(pair).take(MOST_KEYED).collect()
}

/// What keyed fields say of the words; keys that are not known say nothing.
///
/// # Errors
/// [`AimError`] when a field cannot be what it should be.
pub fn aim(keyed: &[(String, String)]) -> Result<Aim, AimError> {
    let value = |key| value(keyed, key);
    Ok(Aim {
        refines: value("refines").map(|command| Refined::new(command, value("asked").unwrap_or_default())).transpose()?,
        scope: value("scope").map(Scope::from_word).transpose()?,
        cursor: value("cursor").and_then(|cursor| cursor.trim().parse().ok()),
    })
}

fn value<'a>(keyed: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    keyed.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_str())
}

/// The first bytes of a field that is too long, without the word that the cut goes through.
fn cut(field: &[u8], limit: usize) -> &[u8] {
    let Some(kept) = field.get(..limit) else { return field };
    let end = kept.iter().rposition(u8::is_ascii_whitespace).unwrap_or(0);
    &kept[..end]
}

/// The words of a field; what is not text is no word.
fn words(field: &[u8]) -> impl Iterator<Item = &str> {
    let words = field.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.filter_map(|word| std::str::from_utf8(word).ok())
}

/// Whether a command of this name may be proposed. Names with a leading underscore are the inner parts of completions
/// and frameworks, and by far the most of all names.
fn is_command_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-.:+@%,?!".contains(letter);
    name.len() <= LONGEST_NAME && !name.starts_with(['_', '-']) && name.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Query;
    use crate::system::tests::facts;

    fn told(shell: ShellKind, bytes: &[u8]) -> (Vec<u8>, Vec<String>, bool) {
        let context = Context::read(bytes).unwrap();
        let mut facts = ShellFacts { shell, ..facts("", std::path::Path::new("/")) };
        context.tell(&mut facts);
        (context.query, facts.own_commands, facts.comments)
    }

    #[test]
    fn three_fields_are_read_and_two_may_be_missing() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (shell, input, query, commands, comments) in [
            (ShellKind::Zsh, &b" list files \0ll gs _git _\0interactivecomments"[..], &b" list files "[..], names(&["ll", "gs"]), true),
            (ShellKind::Zsh, b"list\0\0globdots", b"list", names(&[]), false),
            (ShellKind::Zsh, b"list", b"list", names(&[]), false),
            (ShellKind::Bash, b"list\0a  b\nc\0", b"list", names(&["a", "b", "c"]), true),
            (ShellKind::Bash, b"list\0\0x nocomments\0more", b"list", names(&[]), false),
            (ShellKind::Bash, b"list\0\0x nocomments", b"list", names(&[]), false),
            (ShellKind::Fish, b"list\0la\0", b"list", names(&["la"]), true),
            (ShellKind::Fish, b"", b"", names(&[]), true),
            (ShellKind::Bash, b"\0\0", b"", names(&[]), true),
        ] {
            assert_eq!(told(shell, input), (query.to_vec(), commands, comments), "{:?}", String::from_utf8_lossy(input));
        }
    }

    #[test]
    fn keyed_fields_say_what_the_words_are_about() {
        let aim = |bytes: &[u8]| Context::read(bytes).unwrap().aim();
        let refined = |command: &str, asked: &str| Some(Refined::new(command, asked).unwrap());
        for (fields, expected) in [
            (&b""[..], Aim::default()),
            (b"\0cursor=12", Aim { cursor: Some(12), ..Aim::default() }),
            (b"\0cursor=-1\0cursor=3", Aim::default()),
            (b"\0new=x\0scope=k", Aim { scope: Some(Scope::from_word("kubectl").unwrap()), ..Aim::default() }),
            (b"\0refines=ls -l a=b\0asked=list files", Aim { refines: refined("ls -l a=b", "list files"), ..Aim::default() }),
            (b"\0asked=list files\0refines=ls\0", Aim { refines: refined("ls", "list files"), ..Aim::default() }),
            (b"\0asked=list files", Aim::default()),
            (b"\0\xff=1\0=\0scope", Aim::default()),
        ] {
            assert_eq!(aim(&[b"words\0\0", fields].concat()), Ok(expected), "{:?}", String::from_utf8_lossy(fields));
        }
        assert_eq!(aim(b"words\0\0\0refines=ls\x1b[2J"), Err(AimError::NoCommand));
        assert_eq!(aim(b"words\0\0\0refines="), Err(AimError::NoCommand));
        assert_eq!(aim(b"words\0\0\0refines=ls\0asked=a\x07"), Err(AimError::NoWords));
        assert_eq!(aim(b"words\0\0\0scope=$(id)"), Err(AimError::NoProgram));
        let long = [b"words\0", vec![b'x'; 200_000].as_slice(), b"\0\0scope=git"].concat();
        assert!(aim(&long).unwrap().scope.is_some(), "names that are too many hide nothing");
        assert!(Context::read(&b"but that\0\0\0refines=ls\0asked= list"[..]).unwrap().is_private());
    }

    #[test]
    fn hostile_context_is_bounded_and_harmless() {
        let (_, names, _) = told(ShellKind::Zsh, b"q\0a$(x) b;c d\x1b[31m \xff\xfe ok -rf ../x a/b e\xcc\x81 \0");
        assert_eq!(names, ["ok"]);
        let mut many = b"q\0".to_vec();
        (0..100_000).for_each(|number| many.extend(format!("name{number} ").into_bytes()));
        let (query, names, _) = told(ShellKind::Zsh, &many);
        assert_eq!((query.as_slice(), names.len()), (&b"q"[..], MOST_NAMES));
        let (_, names, _) = told(ShellKind::Zsh, &[b"q\0", vec![b'x'; 10_000_000].as_slice()].concat());
        assert!(names.is_empty());
        let context = Context::read([b'x'; 10_000_000].as_slice()).unwrap();
        assert!(Query::from_bytes(&context.query).is_err(), "too long is still said");
    }
}
