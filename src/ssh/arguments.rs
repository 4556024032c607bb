//! What ssh's own arguments ask for: a shell on another machine, or something that the keys have no place in.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// Options of ssh that take a value.
const VALUED: &[u8] = b"BbcDEeFIiJLlmOoPpQRSWw";
/// Options without a value that leave a shell at a terminal what it is.
const HARMLESS: &[u8] = b"46AaCgKkMqtvXxYy";
/// Options after which there is no shell at this terminal: no command, no terminal, in the background, forwarding alone, a subsystem,
/// or a word about ssh itself.
const SHELLESS: &[u8] = b"fGNnsTVOQW";

/// Why ssh is just run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// No host was named; ssh says so.
    NoHost,
    /// A command is run there, and no shell.
    Command,
    /// An option says that there will be no shell at this terminal.
    Option(char),
}

/// How ssh is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// As it was asked, with nothing of ours.
    Plain(Plain),
    /// For a shell on this host.
    Shell {
        /// The host as it was named.
        host: String,
    },
}

impl Plan {
    /// Reads the arguments as ssh does: options, the host, options again, a command.
    pub fn read(arguments: &[OsString]) -> Self {
        let mut host = None;
        let mut rest = arguments;
        loop {
            let mut ended = false;
            while let [first, more @ ..] = rest {
                let bytes = first.as_bytes();
                if bytes == b"--" {
                    (rest, ended) = (more, true);
                    break;
                }
                if bytes.len() < 2 || bytes[0] != b'-' {
                    break;
                }
                match letters(&bytes[1..]) {
                    Letters::Shellless(letter) => return Self::Plain(Plain::Option(letter)),
                    Letters::Whole => rest = more,
                    // The value is a word of its own.
                    Letters::Open => rest = more.get(1..).unwrap_or_default(),
                }
            }
            match (rest, host.is_some()) {
                ([], false) => return Self::Plain(Plain::NoHost),
                ([], true) => break,
                (_, true) => return Self::Plain(Plain::Command),
                ([name, more @ ..], false) => {
                    host = Some(name.to_string_lossy().into_owned());
                    rest = more;
                }
            }
            if ended && !rest.is_empty() {
                return Self::Plain(Plain::Command);
            }
        }
        Self::Shell { host: host.unwrap_or_default() }
    }
}

/// What a group of short options is.
enum Letters {
    /// All there is to it.
    Whole,
    /// The next word is the value of the last one.
    Open,
    /// One of them leaves no shell; so does one that nobody knows, about which ssh has the word.
    Shellless(char),
}

fn letters(group: &[u8]) -> Letters {
    for (at, letter) in group.iter().enumerate() {
        if SHELLESS.contains(letter) {
            return Letters::Shellless(char::from(*letter));
        }
        if VALUED.contains(letter) {
            return if at + 1 < group.len() { Letters::Whole } else { Letters::Open };
        }
        if !HARMLESS.contains(letter) {
            return Letters::Shellless(char::from(*letter));
        }
    }
    Letters::Whole
}

/// Reads what `ssh -G` says of the session, configuration files included: why there is no place for the keys in it. The inner text is
/// told to the user; without one there is simply no shell.
pub fn forbids(settings: &str) -> Option<Option<&'static str>> {
    let is = |key: &str, values: &[&str]| {
        let mut lines = settings.lines().filter_map(|line| line.split_once(' '));
        lines.any(|(known, value)| known.eq_ignore_ascii_case(key) && values.iter().any(|wanted| value.trim().eq_ignore_ascii_case(wanted)))
    };
    let has_command = settings
        .lines()
        .filter_map(|line| line.split_once(' '))
        .any(|(key, value)| key.eq_ignore_ascii_case("remotecommand") && !matches!(value.trim(), "" | "none"));
    if has_command
        || is("sessiontype", &["none", "subsystem"])
        || is("requesttty", &["no", "false"])
        || is("stdinnull", &["yes", "true"])
        || is("forkafterauthentication", &["yes", "true"])
    {
        return Some(None);
    }
    if is("exitonforwardfailure", &["yes", "true"]) {
        return Some(Some("ssh is told to end where a forwarding fails (ExitOnForwardFailure)"));
    }
    if is("clearallforwardings", &["yes", "true"]) {
        return Some(Some("ssh is told to forward nothing (ClearAllForwardings)"));
    }
    None
}

/// Whether the session may be one of several that share a connection, by what `ssh -G` says.
pub fn has_master(settings: &str) -> bool {
    let mut pairs = settings.lines().filter_map(|line| line.split_once(' '));
    pairs.any(|(key, value)| key.eq_ignore_ascii_case("controlpath") && !matches!(value.trim(), "" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(line: &str) -> Plan {
        Plan::read(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_shell_is_told_from_all_else() {
        for (line, host) in [
            ("box", "box"),
            ("ann@box", "ann@box"),
            ("-p 22 box", "box"),
            ("-p22 -vvA box", "box"),
            ("box -p 22", "box"),
            ("-o RequestTTY=yes -J hop box -4", "box"),
            ("-tt box", "box"),
            ("-L 80:a:80 -D1080 -i key box", "box"),
            ("-vp 22 box", "box"),
            ("-- box", "box"),
            ("box --", "box"),
            ("ssh://ann@box:22", "ssh://ann@box:22"),
        ] {
            assert_eq!(plan(line), Plan::Shell { host: host.to_owned() }, "{line}");
        }
        for (line, why) in [
            ("", Plain::NoHost),
            ("-v", Plain::NoHost),
            ("-p", Plain::NoHost),
            ("-p 22", Plain::NoHost),
            ("--", Plain::NoHost),
            ("box uptime", Plain::Command),
            ("box -p 22 uptime -a", Plain::Command),
            ("-p 22 box -- uptime", Plain::Command),
            ("-- box uptime", Plain::Command),
            ("-- box -v", Plain::Command),
            ("-N box", Plain::Option('N')),
            ("box -N", Plain::Option('N')),
            ("-vNL 80:a:80 box", Plain::Option('N')),
            ("-T box", Plain::Option('T')),
            ("-W a:22 box", Plain::Option('W')),
            ("-fN box", Plain::Option('f')),
            ("-O exit box", Plain::Option('O')),
            ("-s box sftp", Plain::Option('s')),
            ("-V", Plain::Option('V')),
            ("-Z box", Plain::Option('Z')),
            ("-é box", Plain::Option('Ã')),
        ] {
            assert_eq!(plan(line), Plan::Plain(why), "{line}");
        }
        // The value of an option is none, whatever it looks like.
        assert_eq!(plan("-l -N box"), Plan::Shell { host: "box".to_owned() });
        assert_eq!(plan("-lN box"), Plan::Shell { host: "box".to_owned() });
    }

    #[test]
    fn settings_of_the_users_files_count_too() {
        let usual = "user ann\nhostname box\nsessiontype default\nrequesttty auto\nstdinnull no\nexitonforwardfailure no\n\
                     forkafterauthentication no\nclearallforwardings no\npermitlocalcommand no\nremotecommand none\n";
        assert_eq!(forbids(usual), None);
        assert_eq!(forbids(""), None, "an older ssh says less");
        assert!(!has_master(usual) && !has_master("controlpath none\n") && has_master("controlmaster false\ncontrolpath /run/cm\n"));
        for line in [
            "sessiontype none",
            "sessiontype subsystem",
            "requesttty false",
            "requesttty no",
            "stdinnull yes",
            "forkafterauthentication yes",
            "remotecommand tmux new -A",
        ] {
            assert_eq!(forbids(&format!("{usual}{line}\n")), Some(None), "{line}");
        }
        for line in ["exitonforwardfailure yes", "ClearAllForwardings yes"] {
            assert!(matches!(forbids(&format!("{usual}{line}\n")), Some(Some(_))), "{line}");
        }
    }
}
