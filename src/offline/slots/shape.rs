use super::{Size, Unit, Value};

/// Endings that make `name.ending` a host rather than a file.
const DOMAINS: [&str; 30] = [
    "com",
    "org",
    "net",
    "io",
    "dev",
    "de",
    "uk",
    "fr",
    "edu",
    "gov",
    "local",
    "internal",
    "lan",
    "app",
    "ai",
    "co",
    "eu",
    "nl",
    "ch",
    "at",
    "us",
    "ca",
    "info",
    "cloud",
    "xyz",
    "se",
    "no",
    "jp",
    "test",
    "localhost",
];

/// What one blank-separated piece is by its shape alone.
pub(in crate::offline) fn classify(text: &str) -> Value {
    let lower = text.to_lowercase();
    if text.starts_with('$') && text.len() > 1 {
        return Value::Variable;
    }
    if lower.contains("://") {
        return Value::Url;
    }
    if text.contains(['*']) {
        return Value::Glob(vec![text.to_owned()]);
    }
    number_like(&lower)
        .or_else(|| colon_like(text, &lower))
        .or_else(|| reference(text, &lower))
        .or_else(|| is_mode(&lower).then_some(Value::Mode))
        .or_else(|| host(&lower))
        .or_else(|| is_path(text).then_some(Value::Path))
        .or_else(|| dotted(text, &lower))
        .unwrap_or(Value::Word)
}

fn number_like(lower: &str) -> Option<Value> {
    if let Ok(number) = lower.parse::<u64>() {
        return lower.bytes().all(|b| b.is_ascii_digit()).then_some(Value::Number(number));
    }
    let bare = lower.trim_start_matches(['>', '<', '+']);
    let digits = bare.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let (amount, unit) = bare.split_at(digits);
    if digits == 0 || amount.starts_with('.') {
        return date(lower);
    }
    let bound = match lower.as_bytes()[0] {
        b'>' | b'+' => Some(super::Bound::More),
        b'<' => Some(super::Bound::Less),
        _ if unit.ends_with('+') => Some(super::Bound::More),
        _ => None,
    };
    let unit = unit.trim_end_matches('+');
    if let Some(size) = Size::new(amount, unit, bound) {
        return Some(Value::Size(size));
    }
    if lower.len() != bare.len() {
        return None;
    }
    if let Some(seconds) = Unit::named(unit).and_then(|unit| amount.parse::<u64>().ok()?.checked_mul(unit.seconds())) {
        return Some(Value::Duration(seconds));
    }
    if let Some((from, to)) = bare.split_once('-')
        && let (Ok(from), Ok(to)) = (from.parse(), to.parse())
    {
        return Some(Value::Range(from, to));
    }
    let is_clock = matches!(unit, "am" | "pm") && amount.parse::<u64>().is_ok_and(|hour| (1..=12).contains(&hour));
    if is_clock {
        return Some(Value::Time);
    }
    if unit.is_empty() && amount.split('.').count() == 4 {
        return Some(Value::Host);
    }
    if unit.is_empty() && amount.contains('.') { Some(Value::Version) } else { date(lower) }
}

fn date(lower: &str) -> Option<Value> {
    let parts: Vec<&str> = lower.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    (lengths == [4, 2, 2] && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()))).then_some(Value::Date)
}

/// `12:30`, `00:01:00`, `8080:80`, `host:443`, `host:/path`, `image:tag`.
fn colon_like(text: &str, lower: &str) -> Option<Value> {
    let (left, right) = text.split_once(':')?;
    if left.is_empty() || right.is_empty() {
        return None;
    }
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if lower.split(':').all(digits) {
        let clock = lower.split(':').all(|part| part.len() == 2 || (part.len() == 1 && lower.starts_with(part))) && lower.len() <= 8;
        return Some(if clock && !(left.len() == 2 && right.len() == 2 && left > "24") { Value::Time } else { Value::Ports });
    }
    if let Some(clock) = lower.strip_suffix("am").or_else(|| lower.strip_suffix("pm"))
        && clock.split(':').all(digits)
    {
        return Some(Value::Time);
    }
    let name = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@'));
    if name(left) && digits(right) && (left.contains('.') || left == "localhost" || right.len() >= 2) {
        return Some(Value::HostPort);
    }
    if name(left) && (right.contains('/') || right.starts_with('~') || left.contains('@')) {
        return Some(Value::Remote);
    }
    let image = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/'));
    (image(left) && image(right)).then_some(Value::Image)
}

fn reference(text: &str, lower: &str) -> Option<Value> {
    if text == "HEAD" || (text.starts_with("HEAD") && text[4..].starts_with(['~', '^', '@'])) {
        return Some(Value::Ref);
    }
    let hex = lower.bytes().all(|b| b.is_ascii_hexdigit()) && (7..=40).contains(&lower.len());
    (hex && lower.bytes().any(|b| b.is_ascii_digit()) && lower.bytes().any(|b| b.is_ascii_alphabetic())).then_some(Value::Ref)
}

/// `+x`, `u+rwx`, `go-w`, `a=r`.
fn is_mode(lower: &str) -> bool {
    let Some(at) = lower.find(['+', '=', '-']) else { return false };
    let (who, what) = (&lower[..at], &lower[at + 1..]);
    let plain = who.is_empty() && !lower.starts_with('+');
    !plain && who.bytes().all(|b| b"ugoa".contains(&b)) && !what.is_empty() && what.bytes().all(|b| b"rwxs".contains(&b))
}

fn host(lower: &str) -> Option<Value> {
    if lower == "localhost" {
        return Some(Value::Host);
    }
    let (user, host) = lower.split_once('@').map_or(("", lower), |(user, host)| (user, host));
    let label = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !host.split('.').all(label) {
        return None;
    }
    let domain = host.rsplit_once('.').is_some_and(|(_, last)| DOMAINS.contains(&last));
    let named = lower.contains('@') && !user.is_empty() && user.split('.').all(label);
    (domain || named).then_some(Value::Host)
}

fn is_path(text: &str) -> bool {
    let slash = text.contains('/') && !matches!(text.to_lowercase().as_str(), "and/or" | "tcp/udp" | "i/o" | "cpu/mem" | "files/folders");
    slash || text.starts_with('~') || text == ".."
}

/// `.rs` is an extension, `.env` and `notes.txt` are files.
fn dotted(text: &str, lower: &str) -> Option<Value> {
    if text == "." {
        return Some(Value::Here);
    }
    if let Some(rest) = lower.strip_prefix('.') {
        let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric());
        return Some(if plain && super::extensions_of(rest).is_some() { Value::Ext } else { Value::File });
    }
    let (stem, ending) = text.rsplit_once('.')?;
    let word = |part: &str| part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '+'));
    (!stem.is_empty() && !ending.is_empty() && ending.len() <= 10 && word(ending)).then_some(Value::File)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (text, value) in [
            ("notes.txt", Value::File),
            (".env", Value::File),
            (".rs", Value::Ext),
            ("src/main.rs", Value::Path),
            ("~", Value::Path),
            ("example.com", Value::Host),
            ("bob@web", Value::Host),
            ("README.md", Value::File),
            ("10.0.0.1", Value::Host),
            ("web:/var/www", Value::Remote),
            ("example.com:443", Value::HostPort),
            ("8080:80", Value::Ports),
            ("00:01:00", Value::Time),
            ("3am", Value::Time),
            ("myapp:1.0", Value::Image),
            ("HEAD~2", Value::Ref),
            ("+x", Value::Mode),
            ("755", Value::Number(755)),
            ("3.11", Value::Version),
            ("5-10", Value::Range(5, 10)),
            ("30s", Value::Duration(30)),
            ("2024-01-31", Value::Date),
            ("well-known", Value::Word),
            ("https://x.y/z", Value::Url),
        ] {
            assert_eq!(classify(text), value, "{text}");
        }
    }
}
