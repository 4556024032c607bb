//! Whatever a file is called, the commands that the embedded translator writes hand it over as one literal word: every
//! sentence that names something is said again with a hostile name in quotes, and the real shells read the command.

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, Sureness, Translator};

use crate::offline_syntax::sentences;
use crate::recorder::{Line, Record, record};

/// A command that no sentence asks for: whoever runs it was talked into it.
const CANARY: &str = "qxcanary";

/// What is put into names.
const NASTY: [&str; 57] = [
    " ",
    "  ",
    "'",
    "\"",
    "`",
    "“",
    "”",
    "$x",
    "$HOME",
    "${x}",
    "$(qxcanary)",
    "`qxcanary`",
    "!",
    "!!",
    "!q",
    "*",
    "?",
    "[a]",
    "[!a]",
    "{a,b}",
    "~",
    "=",
    "#",
    " #",
    "-",
    "--",
    " -rf ",
    ";",
    ";qxcanary;",
    "; qxcanary #",
    "|qxcanary",
    "| qxcanary ",
    "&",
    "&&qxcanary ",
    "& qxcanary &",
    "<",
    ">",
    ">x",
    "(qxcanary)",
    "<(qxcanary)",
    ")",
    "\\",
    "\\\\",
    "\\'",
    "\\n",
    "%",
    "^",
    "'; qxcanary; '",
    "\"; qxcanary; \"",
    "$'a'",
    "\nqxcanary\n",
    "\n",
    "\t",
    "é",
    "日本",
    "🙂",
    "+",
];

/// A small generator of pseudo-random numbers, so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

/// A sentence with the place of one name in it.
struct Gap {
    sentence: String,
    at: std::ops::Range<usize>,
    name: String,
}

impl Gap {
    /// The sentence with another name, in quotes that it does not hold itself; `None` if it holds them all.
    fn filled(&self, name: &str) -> Option<String> {
        let quotes = [('"', '"'), ('\'', '\''), ('“', '”'), ('«', '»'), ('`', '`')];
        let (open, close) =
            quotes.into_iter().find(|(open, close)| !(name.contains([*open, *close]) || *open == '`' && name.contains('\'')))?;
        Some(format!("{}{open}{name}{close}{}", &self.sentence[..self.at.start], &self.sentence[self.at.end..]))
    }
}

/// The places in a sentence where the translator finds what it binds, quotes included.
fn gaps(sentence: &str) -> Vec<Gap> {
    let explanation = Translator::embedded().explain(sentence, &Machine::usual(ShellKind::Bash, Os::Linux));
    let Some(best) = explanation.readings.first() else { return Vec::new() };
    let mut texts: Vec<&str> = best.slots.iter().flat_map(|(_, text)| std::iter::once(text.as_str()).chain(text.split(' '))).collect();
    texts.sort_unstable();
    texts.dedup();
    let gap = |name: &str| {
        let (start, _) = sentence.match_indices(name).find(|(start, _)| {
            let (before, after) = (sentence[..*start].chars().next_back(), sentence[start + name.len()..].chars().next());
            before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\''))
                && after.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '?'))
        })?;
        // A part of a quotation is no name.
        let inside = sentence[..start].matches('"').count() % 2 == 1 && !sentence[..start].ends_with('"');
        let end = start + name.len();
        let quoted = sentence[..start].ends_with(['"', '\'']) && sentence[end..].starts_with(['"', '\'']);
        let at = if quoted { start - 1..end + 1 } else { start..end };
        (!inside && (quoted || !sentence[..start].ends_with('"'))).then(|| Gap { sentence: sentence.to_owned(), at, name: name.to_owned() })
    };
    texts.into_iter().filter(|text| !text.is_empty()).filter_map(gap).collect()
}

/// A name like the one that stood there, which says nothing to a shell. It lies below the folder where the line is run.
fn plain_name(name: &str) -> String {
    let name = name.trim_start_matches(['/', '.', '$', '*', '-', '~']);
    let cut = name.rfind('.').filter(|at| *at > 0 && !name[*at..].contains('/')).unwrap_or(name.len());
    format!("{}zq{}", &name[..cut], &name[cut..])
        .replace(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '~' | '_' | '-')), "")
}

/// The same with something nasty in it.
fn hostile_name(plain: &str, dice: &mut Dice) -> String {
    let mut name = plain.to_owned();
    for _ in 0..=dice.roll(3) {
        let part = NASTY[dice.roll(NASTY.len())];
        let places: Vec<usize> = name.char_indices().map(|(at, _)| at).chain([name.len()]).collect();
        let last = name.rfind('.').unwrap_or(name.len());
        let at = [0, last, name.len(), places[dice.roll(places.len())]][dice.roll(4)];
        name.insert_str(at, part);
    }
    name
}

/// Whether the name means something to the shell on purpose: a variable is one, and so is a home.
fn expands(name: &str) -> bool {
    let variable =
        name.strip_prefix('$').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '{')));
    let home = name.strip_prefix('~').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
    variable || home
}

/// Whether the text stands in the word, perhaps with backslashes for the tool that reads the word. These marks must have one.
fn holds(word: &str, text: &str, marks: &[char]) -> bool {
    fn follows(word: &str, text: &str, marks: &[char]) -> bool {
        let Some(c) = text.chars().next() else { return true };
        let rest = &text[c.len_utf8()..];
        let bare = word.strip_prefix(c).filter(|_| !marks.contains(&c));
        bare.is_some_and(|after| follows(after, rest, marks))
            || word.strip_prefix('\\').and_then(|after| after.strip_prefix(c)).is_some_and(|after| follows(after, rest, marks))
    }
    word.char_indices().any(|(at, _)| follows(&word[at..], text, marks))
}

/// In how many words it stands. A home is written out by then, and a slash at the end is nobody's.
fn hits(record: &Record, name: &str) -> usize {
    let name = name.strip_prefix('~').filter(|rest| rest.starts_with('/')).unwrap_or(name).trim_end_matches('/');
    record
        .words()
        .filter(|word| Record::is_content(word) || holds(word, name, &[]) || holds(&word.to_lowercase(), &name.to_lowercase(), &[]))
        .count()
}

/// The name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').filter(|(stem, ending)| !stem.is_empty() && !ending.contains('/')).map_or(name, |(stem, _)| stem)
}

/// A command in quotes is no name: its words are run as they stand.
fn is_run_as_command(record: &Record, name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '%' | '+' | ':' | ',' | '.' | '/' | '-' | ' '));
    let parts: Vec<&str> = name.split_whitespace().collect();
    let words: Vec<&str> = record.words().collect();
    plain && words.windows(parts.len()).any(|some| some == parts)
}

/// Whether a tool takes the name, which is a part of the program that it is given, for more than a text.
fn breaks_out(record: &Record, name: &str) -> Option<&'static str> {
    let scripts = |tool: &'static str| {
        let calls = record.calls.iter().filter(move |call| call.iter().any(|word| word == tool));
        calls.flat_map(|call| &call[1..call.len() - 1]).filter(|word| holds(word, name, &[]) && !word.ends_with(name))
    };
    let inserted = |script: &str| ["/i ", "/a "].iter().find_map(|mark| Some(script.split_once(mark)?.1.to_owned()));
    let of_sed = |script: &str| match inserted(script) {
        Some(line) if holds(&line, name, &['\\']) => true,
        Some(_) => holds(script, name, &['/', '\\']),
        None => {
            !(script.starts_with("s/") || script.starts_with('/') && script.ends_with(['d', 'p', 'q'])) || holds(script, name, &['/', '\\'])
        }
    };
    let in_quotes = |script: &str| !script.contains('"') || holds(script, name, &['"', '\\']);
    let as_key = |script: &str| script.contains('"') || name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let one_line = |script: &String| !script.contains('\n');
    if !scripts("sed").all(|script| of_sed(script) && one_line(script)) {
        return Some("sed takes the name for more than a text");
    }
    if !scripts("jq").all(|script| in_quotes(script) && as_key(script) && one_line(script)) {
        return Some("jq takes the name for more than a text");
    }
    (!scripts("awk").all(|script| in_quotes(script) && one_line(script))).then_some("awk takes the name for more than a text")
}

/// What is wrong with what came of a name, given what came of a plain one.
fn wrong((plain, trial): (&Record, &Trial), record: &Record, hostile: &Trial) -> Option<&'static str> {
    let name = &hostile.name;
    if record.programs().contains(&CANARY) || record.made.iter().any(|file| file == "x" || file == "y") {
        return Some("a part of the name was run");
    }
    // A program whose name begins with a dash is looked for here, where there is none.
    let is_program = name.starts_with('-') && plain.programs().contains(&trial.name.as_str());
    if is_run_as_command(record, name) || is_program {
        return None;
    }
    if hits(record, name) == 0 {
        return Some("the name did not arrive");
    }
    let same = record.programs() == plain.programs() && hostile.intent == trial.intent;
    let as_often = hits(record, name) == hits(plain, &trial.name) && hits(record, stem(name)) == hits(plain, stem(&trial.name));
    breaks_out(record, name).or((same && !as_often).then_some("the name did not arrive everywhere"))
}

/// A command and what the test expects of it.
struct Trial {
    sentence: String,
    command: String,
    name: String,
    intent: String,
    /// Where the same sentence with a plain name stands.
    plain: Option<usize>,
}

/// Whether the line may be run where nothing but its folder is its own.
fn is_safe(command: &str) -> bool {
    let outside = |rest: &str| rest.trim_start_matches(['>', '|', '&', ' ']).starts_with(['/', '~', '$', '"', '.']);
    let redirects = command.match_indices('>').any(|(at, _)| outside(&command[at..]) && !command[at..].contains("/dev/null"));
    !redirects && !["/dev/tcp", "while ", "until "].iter().any(|part| command.contains(part))
}

fn trials(shell: ShellKind, gaps: &[Gap], names: &[Vec<String>]) -> Vec<Trial> {
    let machine = Machine::usual(shell, Os::Linux);
    let best = |sentence: &str| {
        let best = Translator::embedded().explain(sentence, &machine).readings.into_iter().next()?;
        matches!(best.sureness, Sureness::Sure | Sureness::Guess | Sureness::Tie).then_some((best.command, best.intent))
    };
    let mut trials: Vec<Trial> = Vec::new();
    for (gap, names) in gaps.iter().zip(names) {
        let name = plain_name(&gap.name);
        let Some(sentence) = gap.filled(&name) else { continue };
        let Some((command, intent)) = best(&sentence).filter(|(command, _)| is_safe(command)) else { continue };
        let plain = trials.len();
        trials.push(Trial { sentence, command, name, intent, plain: None });
        for name in names.iter().filter(|name| !expands(name)) {
            let Some(sentence) = gap.filled(name) else { continue };
            if let Some((command, intent)) = best(&sentence) {
                trials.push(Trial { sentence, command, name: name.clone(), intent, plain: Some(plain) });
            }
        }
    }
    trials
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried is what people want to see of it")]
fn any_name_in_any_place_comes_back_as_one_literal_word() {
    const NAMES_EACH: usize = 3;
    let wanted: usize = std::env::var("GPTOS_TEST_NAMES").ok().and_then(|count| count.parse().ok()).unwrap_or(720);
    let sentences = sentences();
    let mut dice = Dice(1);
    let mut failures: Vec<String> = Vec::new();
    let (mut tried, mut answered, mut seen) = (0, 0, 0);
    while tried < wanted {
        let mut some: Vec<Gap> = Vec::new();
        while some.len() < 60 {
            some.extend(gaps(&sentences[dice.roll(sentences.len())]));
        }
        let mut name = |gap: &Gap| hostile_name(&plain_name(&gap.name), &mut dice);
        let names: Vec<Vec<String>> = some.iter().map(|gap| (0..NAMES_EACH).map(|_| name(gap)).collect()).collect();
        tried += some.len() * NAMES_EACH * ShellKind::ALL.len();
        for shell in ShellKind::ALL {
            let trials = trials(shell, &some, &names);
            let file = |name: &str| Some(name.to_owned()).filter(|name| name.len() < 200 && !name.ends_with('/'));
            let lines: Vec<Line> = trials.iter().map(|trial| Line { command: trial.command.clone(), file: file(&trial.name) }).collect();
            let records = record(shell, &lines);
            for (trial, record) in trials.iter().zip(&records) {
                let Some(plain) = trial.plain else { continue };
                answered += 1;
                if hits(&records[plain], &trials[plain].name) == 0 {
                    continue;
                }
                seen += 1;
                if let Some(what) = wrong((&records[plain], &trials[plain]), record, trial) {
                    failures.push(format!(
                        "{shell}: {what}\n    {:?}\n    {}\n    {record:?}\n    plain {:?}",
                        trial.sentence, trial.command, records[plain]
                    ));
                }
            }
        }
    }
    println!("{tried} names, {answered} commands, {seen} that show the name");
    // What it does not take for a name it declines; a quarter must be left for the test to mean anything.
    assert!(answered * 4 > tried && seen * 10 > answered * 9, "{tried} names, {answered} commands, {seen} that show the name");
    assert!(failures.is_empty(), "{} of {seen} names:\n{}", failures.len(), failures.join("\n"));
}
