//! What simple commands print, found out without running them: `echo`, `printf`, `base64 -d` and their like. Whoever
//! hides a command behind them has hidden nothing.

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::analyse::Analysis;
use super::call::Call;
use crate::domain::ShellKind;
use crate::syntax::{self, Dialect, Part, RedirectKind, Tree, UNKNOWN, Word};

/// Most commands that are looked through for one text, and most bytes it may have.
const MAX_STEPS: usize = 64;
const MAX_BYTES: usize = 16 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

impl Analysis<'_> {
    /// What the commands of a range print together, when that is certain.
    pub(super) fn output(&mut self, tree: &Arc<Tree>, range: Range<usize>) -> Option<String> {
        self.output_steps += 1;
        if self.output_steps > MAX_STEPS || range.is_empty() {
            return None;
        }
        let commands = tree.commands();
        // What another command of the range reads or substitutes is not printed.
        let mut text = String::new();
        for index in range.clone() {
            let taken = commands[range.clone()].iter().any(|other| other.input.contains(&index) || other.nested.contains(&index));
            if !taken {
                text.push_str(&self.printed(tree, index)?);
            }
            if text.len() > MAX_BYTES {
                return None;
            }
        }
        Some(text)
    }

    /// What a command reads from its standard input, when that is certain.
    pub(super) fn input(&mut self, tree: &Arc<Tree>, index: usize) -> Option<String> {
        let command = &tree.commands()[index];
        for redirect in command.redirects.iter().rev() {
            match redirect.kind {
                RedirectKind::HereText => {
                    let fields = self.expand(tree, &redirect.target);
                    let texts: Option<Vec<String>> = fields.into_iter().map(|field| readable(&field)).collect();
                    return texts.map(|texts| texts.join(" ") + "\n");
                }
                RedirectKind::Read => {
                    return match redirect.target.parts.as_slice() {
                        [Part::OutputFile(commands)] => self.output(tree, commands.clone()),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        let input = command.input.clone();
        self.output(tree, input)
    }

    fn printed(&mut self, tree: &Arc<Tree>, index: usize) -> Option<String> {
        let command = &tree.commands()[index];
        let elsewhere = |kind| matches!(kind, RedirectKind::Truncate | RedirectKind::Append | RedirectKind::ReadWrite);
        if command.redirects.iter().any(|redirect| elsewhere(redirect.kind) && redirect.target.shape != "/dev/stdout") {
            return Some(String::new());
        }
        self.said(tree, index)
    }

    /// What a command prints, wherever that goes.
    pub(super) fn said(&mut self, tree: &Arc<Tree>, index: usize) -> Option<String> {
        let command = &tree.commands()[index];
        let words = self.expand_all(tree, &command.words);
        let Some((first, args)) = words.split_first() else { return Some(String::new()) };
        let name = first.value.as_deref().filter(|_| !first.glob)?;
        let name = name.rsplit('/').next().unwrap_or(name);
        let call = Call::new(name, args);
        match name {
            "cd" | ":" | "true" | "false" | "test" | "sleep" | "set" | "export" | "mkdir" | "touch" | "wait" => Some(String::new()),
            "psub" => self.input(tree, index),
            "pwd" => Some(".\n".to_owned()),
            "echo" => echo(args, self.policy.shell),
            "printf" => printf(args),
            "string" => self.fish_string(args, tree, index),
            "cat" | "tac" | "tee" => match args.iter().find(|word| !word.shape.starts_with('-')) {
                Some(_) if name != "tee" => match command.words.get(1).map(|word| word.parts.as_slice()) {
                    Some([Part::OutputFile(commands)]) => self.output(tree, commands.clone()),
                    _ => None,
                },
                _ => self.input(tree, index),
            },
            "base64" | "gbase64" | "base32" | "xxd" | "rev" | "tr" | "openssl" | "sed" => {
                let text = match operand_text(&call) {
                    Some(_) if matches!(name, "base64" | "base32" | "xxd") => return None,
                    _ => self.input(tree, index)?,
                };
                filter(&call, &text)
            }
            _ => None,
        }
    }

    /// What `printf -v NAME FORMAT WORDS…` puts into its variable.
    pub(super) fn formatted(&self, call: &Call<'_>) -> Option<String> {
        printf(call.args.get(2..)?)
    }

    /// `string join SEPARATOR WORDS…` of fish.
    fn fish_string(&mut self, args: &[Word], tree: &Arc<Tree>, index: usize) -> Option<String> {
        let texts: Option<Vec<String>> = args.iter().map(readable).collect();
        let texts = texts?;
        let words: Vec<&str> =
            texts.iter().map(String::as_str).filter(|text| !matches!(*text, "--" | "-n" | "--no-empty" | "-q")).collect();
        match words.as_slice() {
            ["join", separator, parts @ ..] if !parts.is_empty() => Some(parts.join(separator) + "\n"),
            ["join0", parts @ ..] if !parts.is_empty() => Some(parts.join("\n") + "\n"),
            ["join", separator] => Some(self.input(tree, index)?.lines().collect::<Vec<_>>().join(separator) + "\n"),
            ["split", separator, parts @ ..] if !parts.is_empty() => Some(parts.join("\n").replace(separator, "\n") + "\n"),
            ["replace", from, to, parts @ ..] if !parts.is_empty() => Some(parts.join("\n").replacen(from, to, 1) + "\n"),
            ["lower", parts @ ..] => Some(parts.join("\n").to_lowercase() + "\n"),
            ["upper", parts @ ..] => Some(parts.join("\n").to_uppercase() + "\n"),
            ["unescape", parts @ ..] => Some(parts.join("\n") + "\n"),
            _ => None,
        }
    }
}

/// The text of a word that can be shown; a home directory stays a tilde, which is what it would be read as.
fn readable(word: &Word) -> Option<String> {
    (!word.shape.contains(UNKNOWN)).then(|| word.shape.clone())
}

fn operand_text<'a>(call: &'a Call<'_>) -> Option<&'a str> {
    call.operands.first().and_then(|word| word.value.as_deref()).filter(|text| *text != "-")
}

fn echo(args: &[Word], shell: ShellKind) -> Option<String> {
    let options = args.iter().take_while(|word| {
        let letters = word.shape.strip_prefix('-').unwrap_or_default();
        !letters.is_empty() && letters.chars().all(|c| matches!(c, 'n' | 'e' | 'E' | 's'))
    });
    let count = options.clone().count();
    let escapes = options.clone().any(|word| word.shape.contains('e')) || shell == ShellKind::Zsh;
    let newline = !options.clone().any(|word| word.shape.contains('n'));
    let texts: Option<Vec<String>> = args[count..].iter().map(readable).collect();
    let text = texts?.join(" ");
    let text = if escapes { syntax::decode(&text, Dialect::Echo) } else { text };
    Some(if newline { text + "\n" } else { text })
}

/// `printf FORMAT WORDS…`: the format is used again until all words are printed.
fn printf(args: &[Word]) -> Option<String> {
    let args = args.strip_prefix(&[Word::literal("--")][..]).unwrap_or(args);
    let texts: Option<Vec<String>> = args.iter().map(readable).collect();
    let texts = texts?;
    let (format, words) = texts.split_first()?;
    let mut words = words.iter();
    let mut out = String::new();
    for round in 0..MAX_STEPS {
        if round > 0 && words.len() == 0 {
            break;
        }
        let before = words.len();
        let mut chars = format.chars().peekable();
        let mut plain = String::new();
        while let Some(c) = chars.next() {
            if c != '%' {
                plain.push(c);
                continue;
            }
            out.push_str(&syntax::decode(&std::mem::take(&mut plain), Dialect::AnsiC));
            while chars.next_if(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | ' ' | '.' | '#')).is_some() {}
            match chars.next() {
                Some('%') => out.push('%'),
                Some('b') => out.push_str(&syntax::decode(words.next().map_or("", String::as_str), Dialect::Echo)),
                Some('s' | 'd' | 'i' | 'q') => out.push_str(words.next().map_or("", String::as_str)),
                Some('c') => out.extend(words.next().and_then(|word| word.chars().next())),
                _ => return None,
            }
        }
        out.push_str(&syntax::decode(&plain, Dialect::AnsiC));
        if words.len() == before {
            break;
        }
    }
    Some(out)
}

/// What a filter makes of a text.
fn filter(call: &Call<'_>, text: &str) -> Option<String> {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = match call.name {
        "base64" | "gbase64" => {
            let decodes = ["-d", "-D", "--decode"].iter().any(|flag| call.has(flag));
            if !decodes {
                return None;
            }
            BASE64.decode(squeezed).ok()?
        }
        "openssl" => {
            let decodes =
                call.has("-d") && (call.has("-base64") || call.has("-a") || call.operands.iter().any(|word| word.shape == "base64"));
            if !decodes {
                return None;
            }
            BASE64.decode(squeezed).ok()?
        }
        "base32" if call.has("-d") || call.has("--decode") => base32(&squeezed)?,
        "xxd" if call.has("-r") => hex(&squeezed)?,
        "rev" => return Some(text.lines().map(|line| line.chars().rev().collect::<String>() + "\n").collect()),
        "tr" => return translate(call, text),
        "sed" => return substitute(call, text),
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    Some(digits?.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit).to_le_bytes()[0]).collect())
}

fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count, mut out) = (0_u64, 0, Vec::new());
    for c in text.trim_end_matches('=').chars() {
        let digit = match c.to_ascii_uppercase() {
            c @ 'A'..='Z' => u64::from(c) - u64::from('A'),
            c @ '2'..='7' => u64::from(c) - u64::from('2') + 26,
            _ => return None,
        };
        bits = (bits << 5 | digit) & 0xffff;
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_le_bytes()[0]);
        }
    }
    Some(out)
}

/// `tr SET1 SET2` and `tr -d SET1`.
fn translate(call: &Call<'_>, text: &str) -> Option<String> {
    let sets: Option<Vec<Vec<char>>> = call.operands.iter().map(|word| word.value.as_deref().map(set)).collect();
    let sets = sets?;
    match sets.as_slice() {
        [from] if call.has("-d") => Some(text.chars().filter(|c| !from.contains(c)).collect()),
        [from, to] if !call.has("-d") && !call.has("-c") && !to.is_empty() => {
            let replaced = |c: char| from.iter().rposition(|known| *known == c).map_or(c, |at| to[at.min(to.len() - 1)]);
            Some(text.chars().map(replaced).collect())
        }
        _ => None,
    }
}

/// The characters of a set of `tr`: ranges, escapes and the classes of letters.
fn set(text: &str) -> Vec<char> {
    let text = text.replace("[:lower:]", "a-z").replace("[:upper:]", "A-Z").replace("[:digit:]", "0-9");
    let chars: Vec<char> = syntax::decode(&text, Dialect::AnsiC).chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() && out.len() < 4096 {
        match chars.get(at + 1..at + 3) {
            Some(['-', last]) if *last >= chars[at] => {
                out.extend(chars[at]..=*last);
                at += 3;
            }
            _ => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    out
}

/// `sed s/plain/plain/g`: the one form that needs no engine.
fn substitute(call: &Call<'_>, text: &str) -> Option<String> {
    let script = match call.operands.as_slice() {
        [script] => script.value.as_deref()?,
        _ => return None,
    };
    let mark = script.strip_prefix('s')?.chars().next()?;
    let parts: Vec<&str> = script.split(mark).collect();
    let special = |text: &str| text.contains(['*', '.', '[', '\\', '^', '$', '&', '+', '?', '(']);
    match parts.as_slice() {
        ["s", from, to, flags] if !special(from) && !special(to) && !from.is_empty() && matches!(*flags, "" | "g") => {
            let each = |line: &str| if *flags == "g" { line.replace(from, to) } else { line.replacen(from, to, 1) };
            Some(text.lines().map(|line| each(line) + "\n").collect())
        }
        _ => None,
    }
}
