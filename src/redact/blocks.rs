//! Secrets of several words or lines: private keys, word lists of wallets, numbers of cards.

use std::ops::Range;

/// Card numbers that payment services publish for tests.
const TEST_CARDS: [&str; 32] = [
    "4242424242424242",
    "4000056655665556",
    "5555555555554444",
    "2223003122003222",
    "5200828282828210",
    "5105105105105100",
    "378282246310005",
    "371449635398431",
    "378734493671000",
    "6011111111111117",
    "6011000990139424",
    "6011981111111113",
    "3056930009020004",
    "30569309025904",
    "38520000023237",
    "36227206271667",
    "6555900000604105",
    "3566002020360505",
    "3530111333300000",
    "6200000000000005",
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "4000000000000002",
    "4000000000009995",
    "4000002500003155",
    "4000000000003220",
    "4000000000000077",
    "4000000000000341",
    "2221000000000009",
    "5019717010103742",
    "4917610000000000",
];

/// Finds all of them.
pub(super) fn find(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    private_keys(text, found);
    word_lists(text, lower, found);
    cards(text, lower, found);
}

fn private_keys(text: &str, found: &mut Vec<Range<usize>>) {
    for (begin, end) in [("-----BEGIN ", "-----END "), ("---- BEGIN ", "---- END "), ("PuTTY-User-Key-File", "Private-MAC:")] {
        let mut from = 0;
        while let Some(at) = text[from..].find(begin).map(|at| from + at) {
            let header_end = text[at + begin.len()..].find("----").map_or(text.len(), |end| at + begin.len() + end + 4);
            let header = &text[at..header_end];
            from = at + begin.len();
            if begin.starts_with('-') && !header.contains("PRIVATE KEY") && !header.contains("STATIC KEY") && !header.contains("PRIVATE") {
                continue;
            }
            let stop = text[from..].find(end).map_or(text.len(), |stop| {
                let tail = from + stop + end.len();
                match end {
                    "Private-MAC:" => text[tail..].find('\n').map_or(text.len(), |line| tail + line),
                    _ => text[tail..].find("----").map_or(text.len(), |dashes| {
                        let close = tail + dashes;
                        close + text[close..].bytes().take_while(|byte| *byte == b'-').count()
                    }),
                }
            });
            found.push(at..stop);
            from = stop;
        }
    }
}

/// Twelve to twenty-four short words in small letters, where a wallet is spoken of.
fn word_lists(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    if !["wallet", "mnemonic", "seed", "recovery", "bip39", "bip-39", "phrase"].iter().any(|word| lower.contains(word)) {
        return;
    }
    let mut run: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut flush = |run: &mut Vec<Range<usize>>| {
        // Words that speak of the list stand in front of it.
        let announcing = ["wallet", "mnemonic", "seed", "phrase", "words", "recovery", "is", "restore", "import"];
        let lead = if run.len() > 12 {
            run.iter().take(run.len() - 12).take_while(|word| announcing.contains(&&text[(*word).clone()])).count()
        } else {
            0
        };
        if run.len() - lead >= 12 {
            found.push(run[lead].start..run[run.len() - 1].end);
        }
        run.clear();
    };
    for part in text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',')) {
        let word = at..at + part.len();
        let short = (3..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
        // Words that no list holds tell a sentence from one.
        let short = short
            && !matches!(
                part,
                "the" | "and" | "for" | "are" | "was" | "with" | "them" | "from" | "please" | "into" | "has" | "its" | "which" | "your"
            );
        let ends_quote = text[..at].ends_with(['"', '\'']);
        if !part.is_empty() && (ends_quote || !short) {
            flush(&mut run);
        }
        if short {
            run.push(word);
        }
        at += part.len() + text[at + part.len()..].chars().next().map_or(0, char::len_utf8);
    }
    flush(&mut run);
}

/// Numbers with the right check digit, in groups, or in one piece where a card is spoken of.
fn cards(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    let speaks_of_it = ["card", "visa", "amex", "credit", "karte", "pan "].iter().any(|word| lower.contains(word));
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        let mut digits = String::new();
        let mut groups = vec![0usize];
        while at < bytes.len() {
            if bytes[at].is_ascii_digit() {
                digits.push(char::from(bytes[at]));
                *groups.last_mut().unwrap_or(&mut 0) += 1;
                at += 1;
            } else if matches!(bytes[at], b' ' | b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
                groups.push(0);
                at += 1;
            } else {
                break;
            }
        }
        let alone = text[..start].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '-' | '/'))
            && text[at..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        let grouped = matches!(groups.as_slice(), [4, 4, 4, 4] | [4, 6, 5] | [4, 4, 4, 4, 3] | [4, 6, 4]);
        let issued = digits.starts_with(['3', '4', '5', '6', '2']) && (13..=19).contains(&digits.len());
        let whole = groups.len() == 1 && speaks_of_it;
        if alone && issued && (grouped || whole) && passes_check(&digits) && !TEST_CARDS.contains(&digits.as_str()) {
            found.push(start..at);
        }
    }
}

/// The check digit of card numbers.
fn passes_check(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match place % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}
