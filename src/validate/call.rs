//! One program with its arguments, sorted into options and operands.

use super::rules;
use super::scope::Scope;
use crate::syntax::{HOME, UNKNOWN, Word};

/// Programs that read `--recurs` as `--recursive`, of which the analysis asks for long options.
const ABBREVIATING: [&str; 18] = [
    "rm", "cp", "mv", "ln", "chmod", "chown", "chgrp", "shred", "truncate", "sed", "tar", "sort", "wget", "wipefs", "install", "tee",
    "rsync", "git",
];

/// Programs whose options of many letters begin with one dash, so that `-refresh-only` is no `-y`.
const LONG_BEHIND_ONE_DASH: [&str; 16] = [
    "terraform",
    "tofu",
    "terragrunt",
    "vault",
    "consul",
    "nomad",
    "packer",
    "influx",
    "find",
    "gfind",
    "openssl",
    "convert",
    "magick",
    "ffmpeg",
    "java",
    "go",
];

/// A program that is called.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// Its name without the folder.
    pub(super) name: &'a str,
    pub(super) args: &'a [Word],
    pub(super) options: Vec<&'a Word>,
    pub(super) operands: Vec<&'a Word>,
}

impl<'a> Call<'a> {
    pub(super) fn new(name: &'a str, args: &'a [Word]) -> Self {
        let mut call = Call { name, args, options: Vec::new(), operands: Vec::new() };
        let mut index = 0;
        while let Some(word) = args.get(index) {
            index += 1;
            match word.shape.as_str() {
                "--" => {
                    call.operands.extend(&args[index..]);
                    break;
                }
                shape if shape.len() > 1 && shape.starts_with('-') => {
                    call.options.push(word);
                    index += usize::from(rules::takes_value(name, shape));
                }
                _ => call.operands.push(word),
            }
        }
        call
    }

    /// Whether an option is given, alone, in a cluster of letters, abbreviated, or with `=value`.
    pub(super) fn has(&self, flag: &str) -> bool {
        let cluster = flag.strip_prefix('-').filter(|rest| rest.chars().count() == 1);
        let abbreviates = flag.starts_with("--") && !flag.contains('=') && ABBREVIATING.contains(&self.name);
        let clusters = !LONG_BEHIND_ONE_DASH.contains(&self.name);
        self.options.iter().map(|word| word.shape.as_str()).any(|option| {
            let name = option.split('=').next().unwrap_or(option);
            option == flag
                || name == flag
                || (abbreviates && name.len() > 4 && flag.starts_with(name))
                || cluster.is_some_and(|letter| !option.starts_with("--") && clusters && name[1..].contains(letter))
        })
    }

    pub(super) fn has_any(&self, flags: &[&str]) -> bool {
        flags.iter().any(|flag| self.has(flag))
    }

    /// The value of an option: `-o v`, `-ov`, `--out v`, `--out=v`.
    pub(super) fn value_of(&self, flags: &[&str]) -> Option<Word> {
        for (index, word) in self.args.iter().enumerate() {
            if word.shape == "--" {
                break;
            }
            for flag in flags {
                if word.shape == *flag {
                    return self.args.get(index + 1).cloned();
                }
                let attached = match word.shape.strip_prefix(flag) {
                    Some(rest) if flag.starts_with("--") => rest.strip_prefix('='),
                    Some(rest) if flag.len() == 2 => Some(rest),
                    _ => None,
                };
                if let Some(rest) = attached.filter(|rest| !rest.is_empty()) {
                    return Some(Word { shape: rest.to_owned(), value: word.value.as_ref().map(|_| rest.to_owned()), ..word.clone() });
                }
            }
        }
        None
    }

    /// The same, also for an option that is the last letter of a cluster: `-sLo v`.
    pub(super) fn value_in_cluster(&self, flags: &[&str]) -> Option<Word> {
        let is_cluster = |shape: &str| {
            let letters = shape.strip_prefix('-').filter(|letters| letters.len() > 1 && letters.bytes().all(|b| b.is_ascii_alphabetic()));
            letters.is_some_and(|letters| flags.iter().any(|flag| flag.len() == 2 && letters.ends_with(&flag[1..])))
        };
        let clustered = || {
            let at = self.args.iter().take_while(|word| word.shape != "--").position(|word| is_cluster(&word.shape))?;
            self.args.get(at + 1).cloned()
        };
        self.value_of(flags).or_else(clustered)
    }

    /// Whether the first operands are these.
    pub(super) fn begins_with(&self, phrase: &str) -> bool {
        let mut operands = self.operands.iter().map(|word| word.shape.as_str());
        phrase.split(' ').all(|part| operands.next().is_some_and(|operand| fits(part, operand)))
    }

    /// Whether an operand is a word of this kind, `delete` or `delete-*`.
    pub(super) fn has_operand(&self, pattern: &str) -> bool {
        self.operands.iter().any(|word| fits(pattern, &word.shape))
    }

    /// Whether one argument contains a text.
    pub(super) fn contains(&self, needle: &str) -> bool {
        self.args.iter().any(|word| word.shape.contains(needle))
    }

    /// The operands as paths seen from where the user is, each with its word.
    pub(super) fn paths(&self, scope: &Scope) -> Vec<(String, &'a Word)> {
        let located = |word: &&'a Word| {
            let shape = strip_key(&word.shape);
            (scope.resolve(shape).unwrap_or_else(|| shape.to_owned()), *word)
        };
        self.operands.iter().map(located).collect()
    }
}

/// `dd of=/dev/sda` names its target behind a sign, as `--file=x` does.
fn strip_key(shape: &str) -> &str {
    match shape.split_once('=') {
        Some((key, value))
            if !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase()) && value.starts_with(['/', HOME, '.', UNKNOWN]) =>
        {
            value
        }
        _ => shape,
    }
}

/// Whether a text is a pattern, in which one `*` at an end stands for anything.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(""), _) => true,
        (Some(start), _) => text.starts_with(start),
        (None, Some(end)) => text.ends_with(end),
        (None, None) => text == pattern,
    }
}
