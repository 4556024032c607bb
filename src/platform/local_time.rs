//! Which day it is where the user is.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use tz::TimeZone;

/// The day of the calendar at that moment, counted from the first of 1970: by `TZ`, or by the zone of this machine.
pub fn local_day(now: SystemTime) -> i32 {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    let zone = ZONE.get_or_init(|| zone(std::env::var("TZ").ok().as_deref()));
    day_in(zone, now)
}

fn zone(variable: Option<&str>) -> TimeZone {
    let told = variable.filter(|name| !name.is_empty()).and_then(|name| TimeZone::from_posix_tz(name).ok());
    match (told, variable) {
        (Some(zone), _) => zone,
        // As everywhere, a variable that is there and says nothing means UTC.
        (None, Some(_)) => TimeZone::utc(),
        (None, None) => TimeZone::local().unwrap_or_else(|_| TimeZone::utc()),
    }
}

fn day_in(zone: &TimeZone, now: SystemTime) -> i32 {
    let seconds = match now.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX / 2),
        Err(before) => -i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX / 2),
    };
    let offset = zone.find_local_time_type(seconds).map_or(0, |kind| kind.ut_offset());
    i32::try_from((seconds + i64::from(offset)).div_euclid(24 * 60 * 60)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_day_begins_at_the_midnight_of_the_zone() {
        let at = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds);
        // The 29th of November 2026 at 21:30 in Greenwich.
        let evening = at(20_786 * 86_400 + 21 * 3600 + 1800);
        for (name, day) in
            [("UTC0", 20_786), ("", 20_786), ("XXX-3", 20_787), ("XXX5", 20_786), ("XXX-2:29:59", 20_786), ("XXX-2:30", 20_787)]
        {
            assert_eq!(day_in(&zone(Some(name)), evening), day, "{name}");
        }
        // Where clocks go forward in summer, midnight does so too.
        let summer = zone(Some("CET-1CEST,M3.5.0,M10.5.0/3"));
        let night = |day: u64| at(day * 86_400 + 22 * 3600 + 1800);
        assert_eq!((day_in(&summer, night(20_640)), day_in(&summer, night(20_786))), (20_641, 20_786));
        assert_eq!(day_in(&zone(Some("UTC0")), UNIX_EPOCH - Duration::from_secs(1)), -1);
    }
}
