//! How long a server asks to wait, in the forms in which servers say so.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderMap;

/// Longest wait a server may ask for that is worth remembering.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const DAY: u64 = 86_400;

/// What is counted, by the names of the headers that say how much is left and when it is full again.
const LIMITS: [(&str, &str); 6] = [
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
];

/// What the headers of a response say about asking again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Advice {
    /// How long to wait, if the response was a refusal.
    pub(super) wait: Option<Duration>,
    /// How long the server asks in so many words not to be called: what is left of limits says nothing about trouble.
    pub(super) told: Option<Duration>,
    /// How long to pause although this request was answered: it used up what is allowed.
    pub(super) pause: Option<Duration>,
    /// Whether asking again may help.
    pub(super) may_retry: Option<bool>,
}

impl Advice {
    /// Reads it; `now` is what dates are counted from.
    pub(super) fn read(headers: &HeaderMap, now: SystemTime) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let millis = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()).map(|millis| millis / 1000.0);
        let seconds = millis.or_else(|| text("retry-after")?.parse::<f64>().ok()).and_then(wait_of);
        let date = || text("retry-after").and_then(http_date).map(|date| until(date, now));
        let reset = |name: &str| text(name).and_then(|value| duration(value).or_else(|| internet_date(value).map(|date| until(date, now))));
        let is_used_up = |name: &str| text(name).and_then(|value| value.parse::<f64>().ok()).is_some_and(|left| left <= 0.0);
        // All that is used up must be full again; of what is not known to be used up, any may have been in the way.
        let pause = LIMITS.iter().filter(|(left, _)| is_used_up(left)).filter_map(|(_, name)| reset(name)).max();
        let nearest = || LIMITS.iter().filter_map(|(_, name)| reset(name)).min();
        let may_retry = match text("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let told = seconds.or_else(date);
        Self { wait: told.or(pause).or_else(nearest), told, pause, may_retry }
    }
}

fn until(date: SystemTime, now: SystemTime) -> Duration {
    date.duration_since(now).unwrap_or_default().min(LONGEST)
}

fn wait_of(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(LONGEST))
}

/// Reads `20ms`, `1.5s`, `6m0s`, `1h2m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |at| digits + at);
        seconds += number
            * match &rest[digits..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    wait_of(seconds)
}

/// Reads `Wed, 21 Oct 2026 07:28:00 GMT`, the one form of a date that servers may send.
pub(super) fn http_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year, time, zone) = (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    let month = 1 + MONTHS.iter().position(|name| *name == month)?;
    if zone != "GMT" || words.next().is_some() {
        return None;
    }
    moment(number(year)?, u64::try_from(month).ok()?, number(day)?, time)
}

/// Reads `2026-10-21T07:28:00Z`, with or without parts of a second, and with an offset of hours and minutes.
fn internet_date(text: &str) -> Option<SystemTime> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = rest.split_at(zone_at);
    let at = moment(year, month, day, time.split('.').next()?)?;
    let offset = match zone.split_at(1) {
        ("Z" | "z", "") => return Some(at),
        (_, offset) => offset,
    };
    let (hours, minutes) = offset.split_once(':')?;
    let offset = Duration::from_secs(number(hours)?.min(24) * 3600 + number(minutes)?.min(60) * 60);
    if zone.starts_with('+') { at.checked_sub(offset) } else { at.checked_add(offset) }
}

fn number(text: &str) -> Option<u64> {
    // `parse` would take a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The moment of a date of the Gregorian calendar and a time `07:28:00`, both in universal time.
fn moment(year: u64, month: u64, day: u64, time: &str) -> Option<SystemTime> {
    let mut parts = time.split(':');
    let (hour, minute, second) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    let fits = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !fits || hour > 23 || minute > 59 || second > 60 || parts.next().is_some() {
        return None;
    }
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let years: u64 = (1970..year).map(|year| 365 + u64::from(is_leap(year))).sum();
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: u64 = lengths.iter().take(usize::try_from(month - 1).ok()?).sum();
    let seconds = (years + months + day - 1) * DAY + hour * 3600 + minute * 60 + second;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-10-21 07:28:00 in universal time.
    const NOW: Duration = Duration::from_secs(1_792_567_680);

    fn read(pairs: &[(&'static str, &str)]) -> Advice {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("the table holds header values"));
        }
        Advice::read(&headers, UNIX_EPOCH + NOW)
    }

    #[test]
    fn dates_are_counted_as_the_calendar_does() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
            ("Wed, 21 Oct 2026 07:28:00 GMT", Some(1_792_567_680)),
            ("Wed, 21 Oct 2026 07:28:00 UTC", None),
            ("Wed, 21 Okt 2026 07:28:00 GMT", None),
            ("Wed, 21 Oct 2026 27:28:00 GMT", None),
            ("21 Oct 2026", None),
            ("soon", None),
        ] {
            assert_eq!(http_date(text), seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)), "{text}");
        }
        for (text, seconds) in [
            ("2026-10-21T07:28:00Z", Some(1_792_567_680)),
            ("2026-10-21t07:28:00.123z", Some(1_792_567_680)),
            ("2026-10-21T09:28:00+02:00", Some(1_792_567_680)),
            ("2026-10-21T00:28:00-07:00", Some(1_792_567_680)),
            ("2026-10-21", None),
            ("2026-13-21T07:28:00Z", None),
            ("2026-10-21T07:28Z", None),
            ("+026-10-21T07:28:00Z", None),
        ] {
            assert_eq!(internet_date(text), seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn waits_are_read_from_every_header_that_carries_one() {
        for (name, value, millis) in [
            ("retry-after", "7", Some(7000)),
            ("retry-after", " 0.5 ", Some(500)),
            ("retry-after", "-1", None),
            ("retry-after", "NaN", None),
            ("retry-after", "1e300", None),
            ("retry-after", "99999999", Some(24 * 3600 * 1000)),
            ("retry-after", "Wed, 21 Oct 2026 07:28:09 GMT", Some(9000)),
            ("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT", Some(0)),
            ("retry-after", "Wed, 21 Oct 2099 07:27:00 GMT", Some(24 * 3600 * 1000)),
            ("retry-after", "in a while", None),
            ("retry-after-ms", "250", Some(250)),
            ("retry-after-ms", "-250", None),
            ("x-ratelimit-reset-requests", "1s", Some(1000)),
            ("x-ratelimit-reset-tokens", "6m0s", Some(360_000)),
            ("x-ratelimit-reset-tokens", "20ms", Some(20)),
            ("x-ratelimit-reset-tokens", "1h2m3.5s", Some(3_723_500)),
            ("x-ratelimit-reset-tokens", "soon", None),
            ("x-ratelimit-reset-tokens", "5", None),
            ("x-ratelimit-reset-tokens", "", None),
            ("anthropic-ratelimit-requests-reset", "2026-10-21T07:28:30Z", Some(30_000)),
            ("anthropic-ratelimit-input-tokens-reset", "2026-10-21T07:29:00Z", Some(60_000)),
        ] {
            assert_eq!(read(&[(name, value)]).wait, millis.map(Duration::from_millis), "{name}: {value}");
        }
    }

    #[test]
    fn what_is_used_up_decides_and_an_explicit_wait_before_all() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let used_up = [
            ("x-ratelimit-remaining-requests", "12"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "6s"),
        ];
        assert_eq!(read(&used_up), Advice { wait: seconds(6), told: None, pause: seconds(6), may_retry: None });
        let anthropic = [("anthropic-ratelimit-tokens-remaining", "0"), ("anthropic-ratelimit-tokens-reset", "2026-10-21T07:28:05Z")];
        assert_eq!(read(&anthropic).pause, seconds(5));
        let mut told = used_up.to_vec();
        told.push(("retry-after", "2"));
        assert_eq!((read(&told).wait, read(&told).told), (seconds(2), seconds(2)));
        let plenty = [("x-ratelimit-remaining-requests", "12"), ("x-ratelimit-reset-requests", "1s")];
        assert_eq!(read(&plenty).pause, None);
        assert_eq!(read(&[]), Advice::default());
        assert_eq!(read(&[("x-ratelimit-remaining-requests", "0")]).pause, None, "nothing says until when");
    }

    #[test]
    fn a_server_may_say_whether_to_ask_again() {
        for (value, expected) in [("true", Some(true)), ("false", Some(false)), ("maybe", None)] {
            assert_eq!(read(&[("x-should-retry", value)]).may_retry, expected);
        }
    }
}
