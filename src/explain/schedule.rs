//! Lines of a crontab in words.

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A whole line: when, and what.
pub(super) fn crontab_line(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('@') {
        let (name, command) = rest.split_once(char::is_whitespace)?;
        let when = match name {
            "reboot" => "when the machine starts",
            "hourly" => "every hour",
            "daily" | "midnight" => "every day at 00:00",
            "weekly" => "every Sunday at 00:00",
            "monthly" => "on day 1 of every month at 00:00",
            "yearly" | "annually" => "on 1 January at 00:00",
            _ => return None,
        };
        return Some(format!("{when}, run {}", command.trim()));
    }
    let mut rest = text;
    let mut fields = Vec::new();
    for _ in 0..5 {
        let (field, after) = rest.split_once(char::is_whitespace)?;
        fields.push(field);
        rest = after.trim_start();
    }
    if rest.is_empty() {
        return None;
    }
    Some(format!("{}, run {rest}", when(&fields)?))
}

fn when(fields: &[&str]) -> Option<String> {
    let [minute, hour, day, month, weekday] = fields else { return None };
    let mut text = time(minute, hour)?;
    let weekday = field(weekday, 0, 7, &|value| Some(DAYS[value % 7].to_owned()), &DAYS, "day of the week")?;
    let day = field(day, 1, 31, &|value| Some(format!("day {value}")), &[], "day")?;
    let month = field(month, 1, 12, &|value| MONTHS.get(value.checked_sub(1)?).map(|name| (*name).to_owned()), &MONTHS, "month")?;
    text.push_str(&match (day, weekday) {
        (None, None) if text.starts_with("at ") && !text.contains("every") => " every day".to_owned(),
        (None, None) => String::new(),
        (Some(day), None) => format!(" on {day} of the month"),
        (None, Some(weekday)) => format!(" on {weekday}"),
        (Some(day), Some(weekday)) => format!(" on {day} of the month and also on {weekday}"),
    });
    if let Some(month) = month {
        text.push_str(&format!(" in {month}"));
    }
    Some(text)
}

fn time(minute: &str, hour: &str) -> Option<String> {
    let number = |text: &str, most: usize| text.parse::<usize>().ok().filter(|value| *value <= most);
    if let (Some(minute), Some(hour)) = (number(minute, 59), number(hour, 23)) {
        return Some(format!("at {hour:02}:{minute:02}"));
    }
    let plain = |value: usize| Some(value.to_string());
    let minutes = field(minute, 0, 59, &plain, &[], "minute")?;
    let hours = field(hour, 0, 23, &|value| Some(format!("{value:02}")), &[], "hour")?;
    Some(match (minutes, hours) {
        (None, None) => "every minute".to_owned(),
        (Some(minutes), None) if minutes.starts_with("every") => minutes,
        (Some(minutes), None) => format!("at minute {minutes} of every hour"),
        (None, Some(hours)) => format!("every minute of hour {hours}"),
        (Some(minutes), Some(hours)) if minutes.starts_with("every") => format!("{minutes} of hour {hours}"),
        (Some(minutes), Some(hours)) if hours.starts_with("every") => format!("at minute {minutes} of {hours}"),
        (Some(minutes), Some(hours)) => format!("at minute {minutes} of hour {hours}"),
    })
}

/// One field: `None` inside when it allows everything.
fn field(
    text: &str,
    least: usize,
    most: usize,
    name: &dyn Fn(usize) -> Option<String>,
    names: &[&str],
    unit: &str,
) -> Option<Option<String>> {
    if text == "*" {
        return Some(None);
    }
    let value = |text: &str| {
        let named = names.iter().position(|name| text.len() == 3 && name.to_ascii_lowercase().starts_with(&text.to_ascii_lowercase()));
        let offset = usize::from(names.len() == 12);
        named.map(|at| at + offset).or_else(|| text.parse().ok()).filter(|value| (least..=most).contains(value))
    };
    let mut parts = Vec::new();
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step = step.map(|step| step.parse::<usize>().ok().filter(|step| *step > 0)).map_or(Some(None), |step| step.map(Some))?;
        let every = step.map(|step| if step == 1 { format!("every {unit}") } else { format!("every {step} {unit}s") });
        let range = match range.split_once('-') {
            _ if range == "*" => None,
            Some((from, to)) => Some(format!("{} to {}", name(value(from)?)?, name(value(to)?)?)),
            None => Some(name(value(range)?)?),
        };
        parts.push(match (every, range) {
            (Some(every), None) => every,
            (Some(every), Some(range)) => format!("{every} of {range}"),
            (None, Some(range)) => range,
            (None, None) => return None,
        });
    }
    Some(Some(match parts.split_last()? {
        (last, []) => last.clone(),
        (last, first) => format!("{} and {last}", first.join(", ")),
    }))
}

#[cfg(test)]
mod tests {
    use super::crontab_line;

    #[test]
    fn schedules_are_told_in_words() {
        for (text, expected) in [
            ("0 3 * * * /opt/backup.sh", "at 03:00 every day, run /opt/backup.sh"),
            ("*/5 * * * * a b", "every 5 minutes, run a b"),
            ("* * * * * a", "every minute, run a"),
            ("30 4 1,15 * 5 a", "at 04:30 on day 1 and day 15 of the month and also on Friday, run a"),
            ("0 9 * * 1-5 a", "at 09:00 on Monday to Friday, run a"),
            ("0 22 * jan mon a", "at 22:00 on Monday in January, run a"),
            ("15 */2 * * * a", "at minute 15 of every 2 hours, run a"),
            ("0 0 1 1 * a", "at 00:00 on day 1 of the month in January, run a"),
            ("@reboot a", "when the machine starts, run a"),
        ] {
            assert_eq!(crontab_line(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "a b c d e f", "60 3 * * * a", "0 3 * * *", "0 3 * * * ", "*/0 * * * * a", "@x a", "0 3 32 * * a", "1 2 3 4 5"] {
            assert_eq!(crontab_line(text), None, "{text}");
        }
    }
}
