//! One call of a program: its verb, its options, its operands, and the command that it runs in its turn.

use super::arguments::{Argument, sort};
use super::knowledge::{self, Known, Meaning, Program, Takes};
use super::node::{Kind, Node, joined};
use super::phrase::{Filled, Value};
use super::{MOST_CALLS, Reader, measures};
use crate::domain::ShellKind;
use crate::syntax::Word;

/// What was found out about a call, for its one-line form.
#[derive(Default)]
struct Told {
    /// Names of the options in their order, with their meanings.
    options: Vec<(String, String)>,
    /// The meanings of the operands.
    operands: Vec<String>,
    /// The meanings of all of them in their order.
    all: Vec<String>,
    /// How many of them are leading ones.
    leading: usize,
    /// The short form of the command inside.
    inner: String,
}

impl Reader<'_> {
    /// Reads a call, the name of the program first.
    pub(super) fn call(&self, words: &[Word]) -> Node {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() > MOST_CALLS {
            // Nothing more is read, and the reading says that it is not whole.
            self.left.set(0);
        }
        let node = match words.first().filter(|_| self.take()) {
            Some(first) => self.named_call(first, words),
            None => Node::unknown(Kind::Command, "…"),
        };
        self.calls.set(self.calls.get() - 1);
        node
    }

    fn named_call(&self, first: &Word, words: &[Word]) -> Node {
        let raw: Vec<&str> = words.iter().map(|word| word.raw.as_str()).collect();
        let Some(value) = first.value.as_deref().filter(|_| !first.glob) else {
            let node =
                Node { known: false, ..Node::new(Kind::Command, raw.join(" "), "a command whose name only the running shell knows") };
            return node.with(words.iter().flat_map(|word| self.outputs(word)).collect());
        };
        let name = value.rsplit('/').next().unwrap_or(value);
        // A few commands of fish share nothing but the name with those of other shells.
        let own = (self.shell == ShellKind::Fish).then(|| knowledge::program(&format!("fish:{name}"))).flatten();
        let Some(program) = own.or_else(|| knowledge::program(name)) else {
            let inside = words.iter().flat_map(|word| self.outputs(word)).collect();
            let node = Node::unknown(Kind::Command, raw.join(" "));
            return Node { short: format!("{}: {}", first.raw, super::UNKNOWN), ..node }.with(inside);
        };
        self.known_call(name, program, words)
    }

    fn known_call(&self, name: &str, program: Program, words: &[Word]) -> Node {
        let (mut scopes, mut family, mut at) = (vec![program], knowledge::family(name), 1);
        let mut text = words[0].raw.clone();
        // Options of the program may stand before its verb; they are sorted once more below, with those of the verb.
        let mut before = Vec::new();
        while scopes.last().is_some_and(|program| program.subs) {
            let (found, next) = sort(&scopes, words, at, 0);
            let verb = words.get(next).and_then(|word| word.value.clone());
            let Some(known) = verb.as_deref().and_then(|verb| knowledge::program(&format!("{family} {verb}"))) else { break };
            let count = found.len();
            before.extend(words[at..next].iter().cloned());
            let verb = verb.unwrap_or_default();
            family = knowledge::family(&format!("{family} {verb}"));
            text.push_str(&format!(" {verb}"));
            scopes.push(known);
            at = next + 1;
            if count > 100 {
                break;
            }
        }
        let program = scopes.last().cloned().unwrap_or_default();
        let unknown_verb = program.subs && program.leading.is_empty() && program.rest.is_empty();
        let mut all = before;
        all.extend(words[at..].iter().cloned());
        self.sorted(text, &scopes, &program, &all, unknown_verb)
    }

    fn sorted(&self, text: String, scopes: &[Program], program: &Program, words: &[Word], unknown_verb: bool) -> Node {
        let most = if program.inner { self.own_operands(scopes, program, words) } else { usize::MAX };
        let (found, next) = sort(scopes, words, 0, most);
        let mut told = Told::default();
        let given = |flag: &str| {
            found.iter().any(|argument| match argument {
                Argument::Option(known, ..) | Argument::Runs(known, ..) => scopes.iter().any(|program| program.same(known.name, flag)),
                _ => false,
            })
        };
        let operands = found.iter().filter(|argument| matches!(argument, Argument::Operand(_))).count();
        let leading = if program.unless.iter().any(|flag| given(flag)) { 0 } else { program.leading.len() };
        let mut inside = Vec::new();
        let mut count = 0;
        for argument in &found {
            if !self.take() {
                break;
            }
            match argument {
                Argument::Option(known, values, text) => inside.push(self.option(known, values, text, &mut told)),
                Argument::Runs(known, inner, text) => inside.push(self.running(known, inner, text, &mut told)),
                Argument::Unknown(text) => inside.push(Node::unknown(Kind::Option, text.clone())),
                Argument::End => inside.push(Node::new(Kind::Option, "--", "no options after this")),
                Argument::Operand(at) => {
                    let word = &words[*at];
                    let setting = program.settings && word.shape.contains('=');
                    let role = match count {
                        _ if setting => "{setting}",
                        at if at < leading => &program.leading[at],
                        at if at + 1 == operands && operands >= leading + 2 && !program.last.is_empty() => &program.last,
                        _ => &program.rest,
                    };
                    count += usize::from(!setting);
                    let node = self.operand(word, role, unknown_verb && count == 1);
                    if node.known {
                        let inside = if node.meaning.ends_with(':') { joined(&node.inside) } else { String::new() };
                        let meaning = format!("{} {inside}", node.meaning).trim_end().to_owned();
                        told.all.push(meaning.clone());
                        told.operands.push(meaning);
                        told.leading = leading.min(told.operands.len());
                    }
                    inside.push(node);
                }
            }
        }
        if next < words.len() {
            let node = self.inner(program, &words[next..]);
            told.inner = joined(&node);
            inside.extend(node);
        }
        let replaced = program.when.iter().find(|(flag, _)| given(flag));
        let does = replaced.map_or(program.does.as_str(), |(_, does)| does);
        let alone = operands == 0 && replaced.is_none() && told.inner.is_empty();
        let meaning = if alone && !program.none.is_empty() { format!("{does} {}", program.none) } else { does.to_owned() };
        // An option that says no more than what the program does with it need not be told twice.
        if let Some((flag, _)) = replaced {
            let silent =
                |known: &Known<'_>| matches!(known.takes, Takes::Nothing) && scopes.iter().any(|program| program.same(known.name, flag));
            told.options.retain(|(name, _)| {
                !found.iter().any(|argument| matches!(argument, Argument::Option(known, ..) if known.name == name && silent(known)))
            });
        }
        let whole = replaced.is_some() || (alone && (!program.none.is_empty() || program.inner));
        let short = short(program, &meaning, whole, &told);
        Node { short, ..Node::new(Kind::Command, text, meaning) }.with(inside)
    }

    /// How many operands a program that runs a command has before it.
    fn own_operands(&self, scopes: &[Program], program: &Program, words: &[Word]) -> usize {
        let (found, _) = sort(scopes, words, 0, usize::MAX);
        let given =
            |flag: &String| found.iter().any(|argument| matches!(argument, Argument::Option(known, ..) if program.same(known.name, flag)));
        if program.unless.iter().any(given) {
            return usize::MAX;
        }
        let operands = found.iter().filter_map(|argument| if let Argument::Operand(at) = argument { words.get(*at) } else { None });
        let settings = operands.take_while(|word| program.settings && word.shape.contains('=')).count();
        settings + program.leading.len()
    }

    fn inner(&self, program: &Program, words: &[Word]) -> Vec<Node> {
        let shell = match program.text.as_str() {
            "" => return vec![self.call(words)],
            "line" => self.shell,
            _ => ShellKind::Bash,
        };
        let raws: Vec<&str> = words.iter().map(|word| word.raw.as_str()).collect();
        let texts: Option<Vec<&str>> = words.iter().map(|word| word.value.as_deref()).collect();
        let read = texts.and_then(|texts| self.text(&texts.join(" "), shell));
        read.unwrap_or_else(|| vec![Node::new(Kind::Operand, raws.join(" "), "a command that depends on the running shell")])
    }

    fn option(&self, known: &Known<'_>, values: &[Value], text: &str, told: &mut Told) -> Node {
        let mut filled = Filled::default();
        let template = match (known.meaning, values.first()) {
            (Meaning::Text(text), _) => text.as_str(),
            (Meaning::Values(table), value) => {
                let value = value.map_or("", |value| value.text.as_str());
                table.get(value).or_else(|| table.get("*")).map_or("{}", String::as_str)
            }
        };
        for (at, part) in template.split("{+}").enumerate() {
            // What follows the sign is about the second value.
            filled.join(self.fill(part, values.get(at)));
        }
        if !values.is_empty() && !template.contains('{') && matches!(known.meaning, Meaning::Text(_)) {
            filled.text.push_str(&format!(": {}", values[0].text));
        }
        let outputs = values.iter().filter_map(|value| value.word.as_ref()).flat_map(|word| self.outputs(word));
        filled.inside.extend(outputs);
        told.options.push((known.name.to_owned(), filled.text.clone()));
        told.all.push(filled.text.clone());
        Node::new(Kind::Option, text, filled.text).with(filled.inside)
    }

    fn running(&self, known: &Known<'_>, words: &[Word], text: &str, told: &mut Told) -> Node {
        let inner = self.call(words);
        let template = if let Meaning::Text(text) = known.meaning { text.as_str() } else { "run" };
        told.options.push((known.name.to_owned(), format!("{template} {}", inner.short)));
        Node::new(Kind::Option, text, template).with(vec![inner])
    }

    fn operand(&self, word: &Word, role: &str, unknown_verb: bool) -> Node {
        if unknown_verb || role.is_empty() {
            return Node::unknown(Kind::Operand, word.raw.clone()).with(self.outputs(word));
        }
        let mut filled = self.fill(role, Some(&Value::of(word)));
        filled.inside.extend(self.outputs(word));
        Node::new(Kind::Operand, word.raw.clone(), filled.text).with(filled.inside)
    }
}

/// The call in one line.
fn short(program: &Program, meaning: &str, whole: bool, told: &Told) -> String {
    let mut used = Vec::new();
    let mut text = match program.short.as_str() {
        "" => spoken(meaning, &told.operands),
        _ if whole => spoken(meaning, &told.operands),
        template => fill_short(template, told, &mut used),
    };
    let rest = told.options.iter().filter(|(name, meaning)| !used.contains(name) && !meaning.is_empty());
    let rest: Vec<&str> = rest.map(|(_, meaning)| meaning.as_str()).collect();
    if !rest.is_empty() {
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(&measures::listed(&rest));
    }
    if told.inner.is_empty() { text } else { format!("{text}: {}", told.inner) }
}

fn spoken(meaning: &str, operands: &[String]) -> String {
    if operands.is_empty() { meaning.to_owned() } else { format!("{meaning}: {}", operands.join(", ")) }
}

/// Fills the slots of a template; a part in brackets with an empty slot is left out.
fn fill_short(template: &str, told: &Told, used: &mut Vec<String>) -> String {
    let mut text = String::new();
    for (at, part) in template.split(['[', ']']).enumerate() {
        let (mut filled, mut missing, mut rest) = (String::new(), false, part);
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) = after.split_once('}').unwrap_or((after, ""));
            let value = slot_value(slot, told, used);
            missing |= value.is_empty();
            filled.push_str(before);
            filled.push_str(&value);
            rest = after;
        }
        filled.push_str(rest);
        // Every second part stands in brackets.
        if at % 2 == 0 || !missing {
            text.push_str(&filled);
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn slot_value(slot: &str, told: &Told, used: &mut Vec<String>) -> String {
    let operands = told.operands.as_slice();
    match slot {
        "all" => {
            used.extend(told.options.iter().map(|(name, _)| name.clone()));
            told.all.join(" ").trim_end().to_owned()
        }
        "rest" => operands.get(told.leading..).unwrap_or_default().join(", "),
        "first" => operands.split_last().map_or(String::new(), |(_, first)| first.join(", ")),
        "last" => operands.last().cloned().unwrap_or_default(),
        slot if slot.starts_with('-') => {
            let found = told.options.iter().find(|(name, _)| name == slot);
            used.extend(found.map(|(name, _)| name.clone()));
            found.map_or(String::new(), |(_, meaning)| meaning.clone())
        }
        slot => {
            let at = slot.parse::<usize>().ok().filter(|at| *at <= told.leading);
            at.and_then(|at| operands.get(at.checked_sub(1)?)).cloned().unwrap_or_default()
        }
    }
}
