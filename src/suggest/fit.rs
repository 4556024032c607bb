//! Whether a command fits the machine that it would run on: programs that are not there, and options that its tools do
//! not know. It changes no command and no verdict; it is said beside them.

use super::ports::{Commands, Flavour, Tools};
use crate::domain::ShellFacts;
use crate::syntax::{self, Word};

/// Most remarks about one command.
const MOST: usize = 3;

/// Says what is missing for a command: `needs fd (package fd-find)`, `date -d is GNU's; this system has BSD date`.
/// `programs` are the ones that it runs.
pub fn remarks(command: &str, programs: &[String], facts: &ShellFacts, commands: &dyn Commands, tools: &dyn Tools) -> Vec<String> {
    let mut remarks = missing(programs, facts, commands, tools);
    remarks.extend(foreign_options(command, facts, tools));
    remarks.truncate(MOST);
    remarks
}

fn missing(programs: &[String], facts: &ShellFacts, commands: &dyn Commands, tools: &dyn Tools) -> Vec<String> {
    // Without a search path nothing could be found, which says nothing about the programs.
    if facts.path.is_empty() {
        return Vec::new();
    }
    let is_name = |program: &&String| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.+@:~/".contains(&b);
        !program.is_empty() && program.len() <= 128 && program.bytes().all(plain)
    };
    let missing = programs.iter().filter(is_name).filter(|program| !commands.resolves(program, facts));
    missing
        .map(|program| match (tools.other_name(program), tools.package(program)) {
            (Some(other), _) if commands.resolves(other, facts) => format!("{program} is called {other} on this system"),
            (Some(other), Some(package)) => format!("needs {program} (package {package}, there it is called {other})"),
            (None, Some(package)) => format!("needs {program} (package {package})"),
            (_, None) => format!("needs {program}, which is not here"),
        })
        .collect()
}

const GNU: u8 = 1;
const BSD: u8 = 2;
const BUSYBOX: u8 = 4;

/// The options of a tool that not every flavour has.
struct Dialect {
    tool: &'static str,
    /// Letters whose value may follow as a word of its own.
    values: &'static str,
    /// Options and the flavours that know them. Such as are left out are known to all, or it is not certain.
    options: &'static [(&'static str, u8)],
}

const DIALECTS: &[Dialect] = &[
    Dialect {
        tool: "find",
        values: "",
        options: &[
            ("-printf", GNU),
            ("-fprintf", GNU),
            ("-fprint", GNU),
            ("-regextype", GNU),
            ("-newermt", GNU | BSD),
            ("-daystart", GNU),
            ("-used", GNU),
            ("-xtype", GNU),
            ("-ilname", GNU | BSD),
            ("-lname", GNU | BSD),
            ("-E", BSD),
            ("-Bmin", BSD),
            ("-Btime", BSD),
            ("-flags", BSD),
        ],
    },
    Dialect {
        tool: "sed",
        values: "efl",
        options: &[
            ("-z", GNU | BUSYBOX),
            ("-s", GNU | BUSYBOX),
            ("--in-place", GNU | BUSYBOX),
            ("--expression", GNU | BUSYBOX),
            ("--regexp-extended", GNU | BUSYBOX),
            ("--null-data", GNU),
            ("--debug", GNU),
            ("--sandbox", GNU),
            ("-a", BSD),
        ],
    },
    Dialect {
        tool: "date",
        values: "dfrvD",
        options: &[
            ("-d", GNU | BUSYBOX),
            ("--date", GNU | BUSYBOX),
            ("--iso-8601", GNU),
            ("--rfc-3339", GNU),
            ("--rfc-email", GNU),
            ("--reference", GNU | BUSYBOX),
            ("--set", GNU | BUSYBOX),
            ("--utc", GNU | BUSYBOX),
            ("-v", BSD),
            ("-j", BSD),
        ],
    },
    Dialect {
        tool: "stat",
        values: "cft",
        options: &[
            ("-c", GNU | BUSYBOX),
            ("--format", GNU),
            ("--printf", GNU),
            ("--terse", GNU),
            ("--dereference", GNU),
            ("-x", BSD),
            ("-n", BSD),
        ],
    },
    Dialect {
        tool: "xargs",
        values: "adEeIiJLlnPRSs",
        options: &[
            ("-a", GNU),
            ("-d", GNU),
            ("--no-run-if-empty", GNU | BUSYBOX),
            ("--max-args", GNU),
            ("--max-procs", GNU),
            ("--null", GNU),
            ("--arg-file", GNU),
            ("--delimiter", GNU),
            ("--replace", GNU),
            ("-J", BSD),
            ("-R", BSD),
        ],
    },
    Dialect {
        tool: "du",
        values: "dBtXI",
        options: &[
            ("--max-depth", GNU | BUSYBOX),
            ("-b", GNU | BUSYBOX),
            ("--bytes", GNU),
            ("--apparent-size", GNU),
            ("--block-size", GNU),
            ("--exclude", GNU),
            ("--human-readable", GNU),
            ("--summarize", GNU),
            ("--time", GNU),
            ("-A", BSD),
            ("-I", BSD),
        ],
    },
    Dialect {
        tool: "grep",
        values: "efmABCdD",
        options: &[
            ("-P", GNU),
            ("--perl-regexp", GNU),
            ("--include", GNU | BSD),
            ("--exclude", GNU | BSD),
            ("--exclude-dir", GNU | BSD),
            ("--null-data", GNU),
            ("-J", BSD),
            ("--decompress", BSD),
        ],
    },
    Dialect {
        tool: "readlink",
        values: "",
        options: &[("-e", GNU), ("-m", GNU), ("--canonicalize", GNU), ("--canonicalize-existing", GNU), ("--canonicalize-missing", GNU)],
    },
    Dialect {
        tool: "base64",
        values: "wbio",
        options: &[("-w", GNU | BUSYBOX), ("--wrap", GNU), ("-b", BSD), ("-D", BSD), ("--break", BSD)],
    },
    Dialect {
        tool: "tar",
        values: "fCTXbgKNFLVHI",
        options: &[
            ("--transform", GNU),
            ("--xform", GNU),
            ("--wildcards", GNU),
            ("--remove-files", GNU),
            ("--delete", GNU),
            ("--one-top-level", GNU),
            ("--checkpoint", GNU),
            ("--exclude-vcs", GNU | BSD),
            ("--sort", GNU),
            ("--listed-incremental", GNU),
            ("--disable-copyfile", BSD),
            ("--no-mac-metadata", BSD),
        ],
    },
    Dialect {
        tool: "ls",
        values: "wITD",
        options: &[
            ("--group-directories-first", GNU | BUSYBOX),
            ("--time-style", GNU),
            ("--sort", GNU),
            ("--full-time", GNU | BUSYBOX),
            ("--hide", GNU),
            ("--block-size", GNU),
            ("--time", GNU),
            ("--human-readable", GNU),
            ("--all", GNU),
            ("--recursive", GNU),
            ("--reverse", GNU),
            ("--inode", GNU),
            ("-Q", GNU),
            ("-N", GNU),
            ("-Z", GNU | BUSYBOX),
            ("-@", BSD),
        ],
    },
    Dialect {
        tool: "cp",
        values: "tS",
        options: &[
            ("-u", GNU | BUSYBOX),
            ("-t", GNU | BUSYBOX),
            ("-T", GNU | BUSYBOX),
            ("--update", GNU),
            ("--parents", GNU | BUSYBOX),
            ("--backup", GNU),
            ("--reflink", GNU | BUSYBOX),
            ("--sparse", GNU),
            ("--target-directory", GNU),
            ("--recursive", GNU),
            ("--archive", GNU),
            ("--preserve", GNU),
            ("--no-clobber", GNU),
            ("--verbose", GNU),
            ("-c", BSD),
        ],
    },
    Dialect {
        tool: "ps",
        values: "opCuUgGtsqN",
        options: &[
            ("--sort", GNU),
            ("--forest", GNU),
            ("--ppid", GNU),
            ("--pid", GNU),
            ("--no-headers", GNU),
            ("--headers", GNU),
            ("--user", GNU),
            ("--format", GNU),
            ("-C", GNU),
            ("-M", BSD),
        ],
    },
];

/// Programs before the one that counts.
const WRAPPERS: [&str; 12] = ["sudo", "doas", "xargs", "env", "time", "nice", "nohup", "command", "builtin", "watch", "timeout", "ionice"];
/// Tests of `find` whose value is a text of any form.
const NAMING: [&str; 9] = ["-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex", "-lname", "-ilname"];
/// What begins a command in the arguments of `find`.
const RUNS: [&str; 4] = ["-exec", "-execdir", "-ok", "-okdir"];

fn foreign_options(command: &str, facts: &ShellFacts, tools: &dyn Tools) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(tree) = syntax::parse(command, facts.shell) else { return found };
    for simple in tree.commands() {
        let words: Vec<&str> = simple.words.iter().map(text).collect();
        for (at, word) in words.iter().enumerate() {
            let name = word.rsplit('/').next().unwrap_or(word);
            let Some(dialect) = DIALECTS.iter().find(|dialect| dialect.tool == name) else { continue };
            let begins = at == 0
                || words.get(at - 1).is_some_and(|before| RUNS.contains(before))
                || words.first().is_some_and(|first| WRAPPERS.contains(first));
            if !begins {
                continue;
            }
            // What is known of the tool on the search path says nothing of one named with its folder.
            let Some(flavour) = (name == *word).then(|| tools.flavour(name, facts)).flatten() else { continue };
            if let Some((option, owner)) = dialect.foreign(&words[at + 1..], flavour) {
                let (owner, here) = (if owner & GNU != 0 { "GNU" } else { "BSD" }, flavour_name(flavour));
                let remark = format!("{name} {option} is {owner}'s; this system has {here} {name}");
                if !found.contains(&remark) {
                    found.push(remark);
                }
            }
        }
    }
    found
}

/// A word as far as its text is certain.
fn text(word: &Word) -> &str {
    word.value.as_deref().unwrap_or(&word.shape)
}

fn flavour_name(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::Gnu => "GNU",
        Flavour::Bsd => "BSD",
        Flavour::Busybox => "busybox",
    }
}

impl Dialect {
    /// The first option that this flavour does not know, and who knows it.
    fn foreign(&self, arguments: &[&str], flavour: Flavour) -> Option<(String, u8)> {
        let bit = match flavour {
            Flavour::Gnu => GNU,
            Flavour::Bsd => BSD,
            Flavour::Busybox => BUSYBOX,
        };
        let unknown = |option: &str| {
            let entry = self.options.iter().find(|(name, _)| *name == option)?;
            (entry.1 & bit == 0).then(|| (option.to_owned(), entry.1))
        };
        if let Some(found) = self.by_form(arguments, flavour) {
            return Some(found);
        }
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match *word {
                "--" | ";" | "+" => break,
                long if long.starts_with("--") || self.tool == "find" => {
                    let name = long.split('=').next().unwrap_or(long);
                    if let Some(found) = unknown(name) {
                        return Some(found);
                    }
                    if RUNS.contains(&name) {
                        break;
                    }
                    if self.tool == "find" && NAMING.contains(&name) {
                        words.next();
                    }
                }
                cluster if cluster.len() > 1 && cluster.starts_with('-') => {
                    let letters: Vec<char> = cluster.chars().skip(1).collect();
                    for (at, letter) in letters.iter().enumerate() {
                        if let Some(found) = unknown(&format!("-{letter}")) {
                            return Some(found);
                        }
                        // The ending of the copy that `sed -i` keeps belongs to the word.
                        if self.tool == "sed" && *letter == 'i' {
                            break;
                        }
                        if self.values.contains(*letter) {
                            // The value is the rest of the word or the next one.
                            if at + 1 == letters.len() {
                                words.next();
                            }
                            break;
                        }
                    }
                }
                // The command of xargs begins; its options are its own.
                _ if self.tool == "xargs" => break,
                _ => {}
            }
        }
        None
    }

    /// Options that all flavours have and take in different forms.
    fn by_form(&self, arguments: &[&str], flavour: Flavour) -> Option<(String, u8)> {
        let has = |option: &str| arguments.iter().position(|word| *word == option);
        match (self.tool, flavour) {
            // BSD's takes the next word for the ending of the copy it keeps; an empty word means none.
            ("sed", Flavour::Bsd) => {
                let at = has("-i")?;
                let is_ending = arguments.get(at + 1).is_some_and(|next| next.is_empty() || next.starts_with('.'));
                (!is_ending).then(|| ("-i without an ending".to_owned(), GNU))
            }
            ("sed", _) => {
                let at = has("-i")?;
                arguments.get(at + 1).is_some_and(|next| next.is_empty()).then(|| ("-i ''".to_owned(), BSD))
            }
            // GNU's asks about the file system with it.
            ("stat", Flavour::Gnu | Flavour::Busybox) => {
                let at = has("-f")?;
                arguments
                    .get(at + 1)
                    .is_some_and(|next| next.starts_with('%') && !next.contains('/'))
                    .then(|| ("-f FORMAT".to_owned(), BSD))
            }
            ("find", Flavour::Bsd) => {
                let first = arguments.first()?;
                (first.starts_with('-') && first.len() > 2 && !["-E", "-H", "-L", "-P", "-X", "-d", "-s", "-x", "-f"].contains(first))
                    .then(|| ("without a folder".to_owned(), GNU))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
