//! Small languages inside single words: places on other machines, ports, volumes, formats of dates, sets of characters.

use super::phrase::{Value, path};

/// `web:/var/www` for `scp` and `rsync`.
pub(super) fn remote(value: &Value) -> String {
    match value.text.split_once(':') {
        Some((host, "")) if is_host(host) => format!("the home folder on {host}"),
        Some((host, place)) if is_host(host) && !place.starts_with("//") => format!("{place} on {host}"),
        _ => path(value),
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', ' '])
}

/// `NAME=value`
pub(super) fn setting(text: &str) -> Option<String> {
    let (name, value) = text.split_once('=')?;
    Some(if value.is_empty() { format!("{name} is empty") } else { format!("{name} is {value}") })
}

fn is_port(text: &str) -> bool {
    let digits = text.split(['-', '/']).next().unwrap_or_default();
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}

/// `8080:80`, as containers publish ports.
pub(super) fn published(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [inside] if is_port(inside) => Some(format!("port {inside} of the container gets a free port here")),
        [here, inside] if is_port(here) && is_port(inside) => Some(format!("port {here} here leads to port {inside} of the container")),
        [address, here, inside] if is_port(inside) => Some(format!("port {here} of {address} leads to port {inside} of the container")),
        _ => None,
    }
}

/// `data:/var/lib:ro`, as containers mount folders.
pub(super) fn volume(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let name = |place: &str| if place == "." { "this folder".to_owned() } else { place.to_owned() };
    match parts.as_slice() {
        [only] if !only.is_empty() => Some(format!("a new volume appears inside as {only}")),
        [from, to] => Some(format!("{} appears inside as {to}", name(from))),
        [from, to, how] => {
            let how = if how.split(',').any(|word| word == "ro") { ", which can only be read" } else { "" };
            Some(format!("{} appears inside as {to}{how}", name(from)))
        }
        _ => None,
    }
}

/// `5432:db:5432`, as `ssh -L` and `-R` forward ports.
pub(super) fn forward(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [port, host, target] => Some(format!("port {port} leads to port {target} of {host}")),
        [address, port, host, target] => Some(format!("port {port} of {address} leads to port {target} of {host}")),
        _ => None,
    }
}

/// `%Y-%m-%d`, as `date` writes it.
pub(super) fn date_format(text: &str) -> Option<String> {
    let name = match text {
        "%s" => "the seconds since 1970",
        "%F" => "as year-month-day",
        "%T" => "as hours:minutes:seconds",
        "%V" => "the number of the week",
        "%A" => "the day of the week",
        "%j" => "the day of the year",
        "%Y" => "the year",
        "%N" => "nanoseconds",
        _ => "",
    };
    if !name.is_empty() {
        return Some(name.to_owned());
    }
    let (mut out, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        out.push_str(match chars.next()? {
            'Y' => "YEAR",
            'y' => "YY",
            'm' => "MONTH",
            'd' | 'e' => "DAY",
            'H' => "HOUR",
            'I' => "HOUR(12)",
            'M' => "MINUTE",
            'S' => "SECOND",
            'F' => "YEAR-MONTH-DAY",
            'T' => "HOUR:MINUTE:SECOND",
            'A' | 'a' => "WEEKDAY",
            'B' | 'b' => "MONTHNAME",
            'Z' | 'z' => "ZONE",
            'j' => "DAY-OF-YEAR",
            'V' => "WEEK",
            's' => "SECONDS-SINCE-1970",
            'p' => "AM/PM",
            '%' => "%",
            _ => return None,
        });
    }
    Some(format!("as {out}"))
}

/// A set of characters, as `tr` reads it.
pub(super) fn characters(text: &str) -> String {
    let name = match text {
        "[:lower:]" | "a-z" => "lower-case letters",
        "[:upper:]" | "A-Z" => "capital letters",
        "[:digit:]" | "0-9" => "digits",
        "[:space:]" => "blanks and line breaks",
        "[:blank:]" => "blanks and tabs",
        "[:alpha:]" | "a-zA-Z" | "A-Za-z" => "letters",
        "[:alnum:]" | "A-Za-z0-9" | "a-zA-Z0-9" => "letters and digits",
        "[:punct:]" => "punctuation",
        "[:cntrl:]" => "control characters",
        "[:print:]" => "printable characters",
        "\\n" => "line breaks",
        "\\r" => "carriage returns",
        "\\t" => "tabs",
        "\\0" | "\\000" => "NUL characters",
        " " => "blanks",
        "" => "nothing",
        _ => return format!("the characters {text}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_languages_are_read() {
        assert_eq!(remote(&Value::plain("web:/var/www")), "/var/www on web");
        assert_eq!(remote(&Value::plain("bob@web:")), "the home folder on bob@web");
        assert_eq!(remote(&Value::plain("./a:b")), "./a:b");
        assert_eq!(published("8080:80").as_deref(), Some("port 8080 here leads to port 80 of the container"));
        assert_eq!(published("x:y"), None);
        assert_eq!(volume(".:/src:ro").as_deref(), Some("this folder appears inside as /src, which can only be read"));
        assert_eq!(forward("5432:db:5432").as_deref(), Some("port 5432 leads to port 5432 of db"));
        assert_eq!(date_format("%Y-%m-%d").as_deref(), Some("as YEAR-MONTH-DAY"));
        assert_eq!(date_format("%"), None);
        assert_eq!(characters("[:lower:]"), "lower-case letters");
        assert_eq!(setting("A=b").as_deref(), Some("A is b"));
    }
}
