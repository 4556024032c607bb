use std::fmt;

/// A day of the calendar, counted from the first of 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

impl Day {
    /// The first day of its month.
    pub fn first_of_month(self) -> Self {
        let (_, _, day) = self.date();
        Self(self.0 - (day - 1))
    }

    /// Year, month and day of the month. The years are counted from March, so that the day that only some have is the last.
    pub fn date(self) -> (i32, i32, i32) {
        const ERA: i32 = 146_097;
        // From the first of March of the year 0.
        let days = self.0 + 719_468;
        let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, is_next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        (era * 400 + year + is_next, month, day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_the_dates_of_the_calendar() {
        for (day, date) in [(0, "1970-01-01"), (-1, "1969-12-31"), (11_016, "2000-02-29"), (19_782, "2024-02-29"), (20_786, "2026-11-29")] {
            assert_eq!(Day(day).to_string(), date);
        }
        assert_eq!(Day(20_786).first_of_month().to_string(), "2026-11-01");
        // No day is left out and none comes twice.
        for day in -1000..60_000 {
            let ((year, month, of_month), (next_year, next_month, next)) = (Day(day).date(), Day(day + 1).date());
            let follows = next == of_month + 1 || (next == 1 && of_month >= 28 && next_month == month % 12 + 1);
            assert!(follows && next_year == year + i32::from((month, next_month) == (12, 1)), "{day}");
        }
    }
}
