//! Lists, pipes, groups, loops and branches, and what stands around a program: assignments and redirects.

use super::node::{Kind, Node, joined};
use super::phrase::Value;
use super::{Reader, phrase};
use crate::syntax::{Assignment, Block, Command, Item, Join, Part, Piece, Redirect, RedirectKind, Word};

impl Reader<'_> {
    /// Reads the pieces of a list.
    pub(super) fn items(&self, items: &[Item]) -> Vec<Node> {
        let mut nodes = Vec::new();
        for (place, item) in items.iter().enumerate() {
            // Of a chain in the background it is said once, at its end.
            let chained = items.get(place + 1).is_some_and(|next| matches!(next.join, Join::And | Join::Or | Join::Pipe | Join::Part));
            let background = item.background && !chained;
            let join = match item.join {
                Join::Start | Join::Part => "",
                Join::Then => ";",
                Join::And => "&&",
                Join::Or => "||",
                Join::Pipe => "|",
            };
            for (at, node) in self.piece(&item.piece).into_iter().enumerate() {
                let join = if at == 0 { join } else { "" };
                nodes.push(Node { join, negated: item.negated, background, ..node });
            }
        }
        nodes
    }

    fn piece(&self, piece: &Piece) -> Vec<Node> {
        if !self.take() {
            return Vec::new();
        }
        match piece {
            Piece::Command(index) => self.tree.commands().get(*index).map_or_else(Vec::new, |command| self.simple(command)),
            Piece::Block(block, items) => vec![self.block(block, items)],
            Piece::Test(text) => vec![self.test(text)],
            Piece::Arithmetic(text) => {
                vec![Node::new(Kind::Test, format!("(({text}))"), format!("calculate {text}; it holds unless that is 0"))]
            }
        }
    }

    fn block(&self, block: &Block, items: &[Item]) -> Node {
        let (text, meaning) = match block {
            Block::Subshell => ("( )", "in a shell of its own:".to_owned()),
            Block::Group => ("{ }", "together:".to_owned()),
            Block::If => ("if", "if this works:".to_owned()),
            Block::ElseIf => ("else if", "otherwise, if this works:".to_owned()),
            Block::Then => ("then", "then:".to_owned()),
            Block::Else => ("else", "otherwise:".to_owned()),
            Block::While => ("while", "as long as this works:".to_owned()),
            Block::Until => ("until", "until this works:".to_owned()),
            Block::Do => ("do", "each time:".to_owned()),
            Block::Count(_) => ("for", "count, and each time:".to_owned()),
            Block::Case(word) => ("case", format!("depending on what {word} is:")),
            Block::Arm(patterns) => ("", format!("if it is {}:", patterns.replace(" | ", " or "))),
            Block::Function(name) => ("", format!("what the new command {name} shall do:")),
            Block::Coprocess => ("coproc", "beside this shell, connected by pipes:".to_owned()),
        };
        let text = match block {
            Block::Count(head) => format!("for (({head}))"),
            Block::Case(word) => format!("case {word}"),
            Block::Arm(patterns) => format!("{patterns})"),
            Block::Function(name) => format!("{name}()"),
            _ => text.to_owned(),
        };
        let inside = self.items(items);
        let short = match block {
            Block::Subshell | Block::Group => joined(&inside),
            _ => format!("{meaning} {}", joined(&inside)),
        };
        Node { short, ..Node::new(Kind::Block, text, meaning) }.with(inside)
    }

    /// `[[ … ]]`, as `test` would read it.
    fn test(&self, text: &str) -> Node {
        let text = format!("[[ {text} ]]");
        let words: Vec<Word> = text.split_whitespace().map(Word::literal).collect();
        Node { kind: Kind::Test, text: text.clone(), ..self.call(&words) }
    }

    /// A simple command with everything around it.
    fn simple(&self, command: &Command) -> Vec<Node> {
        let mut around: Vec<Node> = command.assignments.iter().map(|assignment| self.assignment(assignment)).collect();
        let redirects = command.redirects.iter().map(|redirect| self.redirect(redirect));
        if command.words.is_empty() {
            around.extend(redirects);
            return around;
        }
        let mut node = self.call(&command.words);
        if !around.is_empty() {
            around.append(&mut node.inside);
            node.inside = around;
        }
        node.inside.extend(redirects);
        for range in self.tree.substitutions_in(&command.nested) {
            if !named_in(command, &range) {
                let inside = self.items(self.tree.outline_of(&range));
                node.inside.push(Node::new(Kind::Redirect, "> >( )", "the output goes to:").with(inside));
            }
        }
        let files: Vec<&str> = node.inside.iter().filter(|node| node.kind == Kind::Redirect).map(|node| node.meaning.as_str()).collect();
        let told = files.into_iter().filter(|meaning| !meaning.contains("discarded") && !meaning.contains("errors go where"));
        let told: Vec<&str> = told.collect();
        if !told.is_empty() {
            node.short = format!("{} ({})", node.short, told.join(", "));
        }
        vec![node]
    }

    fn assignment(&self, assignment: &Assignment) -> Node {
        let name = &assignment.name;
        let values: Vec<String> = assignment.elements.iter().map(|word| phrase::path(&Value::of(word))).collect();
        let inside = |words: &mut dyn Iterator<Item = &Word>| words.flat_map(|word| self.outputs(word)).collect::<Vec<_>>();
        if assignment.loops {
            let raws: Vec<&str> = assignment.elements.iter().map(|word| word.raw.as_str()).collect();
            let (text, from) = match raws.is_empty() {
                true => (format!("for {name}"), "the arguments".to_owned()),
                false => (format!("for {name} in {}", raws.join(" ")), values.join(", ")),
            };
            let node = Node::new(Kind::Loop, text, format!("for each of {from}, called {name}:"));
            return node.with(inside(&mut assignment.elements.iter()));
        }
        match &assignment.value {
            Some(word) => {
                let value = Value::of(word);
                let meaning = if value.text.is_empty() { format!("{name} is empty") } else { format!("{name} is {}", value.text) };
                Node::new(Kind::Assignment, format!("{name}={}", word.raw), meaning).with(inside(&mut std::iter::once(word)))
            }
            None => {
                let node = Node::new(Kind::Assignment, format!("{name}=( )"), format!("{name} is the list {}", values.join(", ")));
                node.with(inside(&mut assignment.elements.iter()))
            }
        }
    }

    fn redirect(&self, redirect: &Redirect) -> Node {
        let value = Value::of(&redirect.target);
        let target = phrase::path(&value);
        let sign = redirect.operator.trim_start_matches(|c: char| c.is_ascii_digit());
        let descriptor = &redirect.operator[..redirect.operator.len() - sign.len()];
        let what = match (sign.starts_with('&') || sign == ">&", descriptor) {
            (true, "") => "output and errors",
            (_, "2") => "errors",
            (_, "" | "1") => "the output",
            _ => "",
        };
        let what = if what.is_empty() { format!("channel {descriptor}") } else { what.to_owned() };
        let verb = if what.ends_with('s') { "go" } else { "goes" };
        let discarded = value.text == "/dev/null";
        let meaning = match redirect.kind {
            RedirectKind::Read if discarded => "there is no input".to_owned(),
            RedirectKind::Read => format!("the input comes from {target}"),
            RedirectKind::Truncate | RedirectKind::Append if discarded => {
                format!("{what} {} discarded", if verb == "go" { "are" } else { "is" })
            }
            RedirectKind::Truncate => format!("{what} {verb} to {target}, whose content is replaced"),
            RedirectKind::Append => format!("{what} {verb} to the end of {target}"),
            RedirectKind::ReadWrite => format!("{target} is open for reading and writing"),
            RedirectKind::Duplicate => match (sign, value.text.as_str()) {
                (_, "-") => format!("channel {} is closed", if descriptor.is_empty() { "1" } else { descriptor }),
                (">&", "1") => format!(
                    "{} {} where the output goes",
                    if descriptor == "2" { "errors" } else { &what },
                    if descriptor == "2" { "go" } else { verb }
                ),
                (">&", "2") => "the output goes where errors go".to_owned(),
                _ => format!("{what} {verb} where channel {} goes", value.text),
            },
            RedirectKind::HereText => "the input is this text".to_owned(),
        };
        let space = if sign.ends_with('&') { "" } else { " " };
        let text = format!("{}{space}{}", redirect.operator, redirect.target.raw);
        Node::new(Kind::Redirect, text, meaning).with(self.outputs(&redirect.target))
    }

    /// The commands whose output stands in a word.
    pub(super) fn outputs(&self, word: &Word) -> Vec<Node> {
        let ranges = word.parts.iter().filter_map(|part| match part {
            Part::Output { commands, .. } | Part::OutputFile(commands) => Some(commands),
            _ => None,
        });
        ranges.flat_map(|range| self.items(self.tree.outline_of(range))).collect()
    }
}

/// Whether a word of the command stands for the output of these commands.
fn named_in(command: &Command, range: &std::ops::Range<usize>) -> bool {
    let targets = command.redirects.iter().map(|redirect| &redirect.target);
    let values = command.assignments.iter().flat_map(|assignment| assignment.value.iter().chain(&assignment.elements));
    let mut parts = command.words.iter().chain(targets).chain(values).flat_map(|word| &word.parts);
    parts.any(|part| matches!(part, Part::Output { commands, .. } | Part::OutputFile(commands) if commands == range))
        || command.words.iter().any(|word| word.parts.iter().any(|part| matches!(part, Part::Unknown | Part::Parameter { .. })))
}
