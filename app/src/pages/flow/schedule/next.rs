//! The next times of a schedule on the wall clock of its zone, for the dialog only.
//!
//! The server decides when a flow runs; this leaves zones, and clocks that are put forward or back, to it. Days are
//! counted from 1970-01-01 (a Thursday) in the proleptic Gregorian calendar.

/// A minute on a wall clock: days since 1970, hour, minute.
pub(super) type Minute = (i64, u32, u32);

/// How far ahead is looked: the 29th of February comes every four years, but for one time in eight.
const DAYS: i64 = 366 * 8;

/// The days of the week, from Sunday on.
pub(super) const WEEK: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What one field allows, a bit a number.
pub(super) fn field(text: &str, low: u32, high: u32) -> Option<u64> {
    let mut bits = 0_u64;
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (low, high),
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None if part.contains('/') => (range.parse().ok()?, high),
            None => {
                let one = range.parse().ok()?;
                (one, one)
            }
        };
        if from < low || to > high || from > to {
            return None;
        }
        (from..=to).step_by(step).for_each(|number| bits |= 1 << number);
    }
    Some(bits)
}

/// Year, month and day of a day since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms").
pub(super) fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

/// The days since 1970 of a date; the other way round.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The day of the week, Sunday is 0.
fn weekday(days: i64) -> u32 {
    u32::try_from((days + 4).rem_euclid(7)).unwrap_or(0)
}

/// The next minutes after `now` that a schedule names; none when it is not understood or never comes.
pub(super) fn next(schedule: &str, now: Minute, wanted: usize) -> Vec<Minute> {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [_, minutes, hours, day, month, week_day] = fields.as_slice() else { return Vec::new() };
    let read =
        (field(minutes, 0, 59), field(hours, 0, 23), field(day, 1, 31), field(month, 1, 12), field(week_day, 0, 7));
    let (Some(minutes), Some(hours), Some(days), Some(months), Some(week)) = read else { return Vec::new() };
    let any = |text: &str| matches!(text, "*" | "?");
    // Sunday is 0 and 7. Where both a day of the month and one of the week are named, either will do.
    let in_week = |date: i64| week & (1 << weekday(date)) != 0 || (weekday(date) == 0 && week & (1 << 7) != 0);
    let due = |date: i64| {
        let (_, in_month, in_day) = civil(date);
        let by_day = days & (1 << in_day) != 0;
        let right = if any(day) || any(week_day) { by_day && in_week(date) } else { by_day || in_week(date) };
        months & (1 << in_month) != 0 && right
    };
    let bits = |set: u64, high: u32| (0..=high).filter(move |number| set & (1 << number) != 0);
    (now.0..now.0 + DAYS)
        .filter(|date| due(*date))
        .flat_map(|date| {
            bits(hours, 23).flat_map(move |hour| bits(minutes, 59).map(move |minute| (date, hour, minute)))
        })
        .filter(|at| *at > now)
        .take(wanted)
        .collect()
}

/// `Mon 2 Mar 2026, 06:00`.
pub(super) fn in_words((date, hour, minute): Minute) -> String {
    let (year, month, day) = civil(date);
    // Their first three letters.
    let name = |names: &[&'static str], at: u32| {
        usize::try_from(at).ok().and_then(|at| names.get(at)?.get(..3)).unwrap_or_default()
    };
    format!(
        "{} {day} {} {year}, {hour:02}:{minute:02}",
        name(&WEEK, weekday(date)),
        name(&MONTHS, month.saturating_sub(1))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(schedule: &str, now: Minute, wanted: usize) -> Vec<String> {
        next(schedule, now, wanted).into_iter().map(in_words).collect()
    }

    #[test]
    fn dates_are_counted_both_ways() {
        for date in -1_000_000..1_000_000_i64 {
            if date % 97 == 0 {
                let (year, month, day) = civil(date);
                assert_eq!(days(year, i64::from(month), i64::from(day)), date);
            }
        }
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(20_454), (2026, 1, 1));
    }

    #[test]
    fn the_next_times_come_in_order_and_only_after_now() {
        let friday = days(2026, 2, 27);
        assert_eq!(said("? 5 9 ? * 1,2,3,4,5", (friday, 9, 5), 2), ["Mon 2 Mar 2026, 09:05", "Tue 3 Mar 2026, 09:05"]);
        assert_eq!(
            said("? 0,30 * ? * *", (friday, 23, 15), 3),
            ["Fri 27 Feb 2026, 23:30", "Sat 28 Feb 2026, 00:00", "Sat 28 Feb 2026, 00:30"]
        );
        assert_eq!(said("? 0 0 29 2 ?", (friday, 0, 0), 1), ["Tue 29 Feb 2028, 00:00"]);
        assert_eq!(said("? */20 8-9 ? * 7", (friday, 0, 0), 2), ["Sun 1 Mar 2026, 08:00", "Sun 1 Mar 2026, 08:20"]);
    }

    #[test]
    fn a_day_of_the_month_or_of_the_week_will_do_when_both_are_named() {
        let friday = days(2026, 2, 27);
        assert_eq!(said("? 0 6 3 * 1", (friday, 0, 0), 2), ["Mon 2 Mar 2026, 06:00", "Tue 3 Mar 2026, 06:00"]);
    }

    #[test]
    fn what_is_not_understood_has_no_next_time() {
        for schedule in ["", "every day", "? 99 * ? * *", "? 0 0 31 2 ?", "? 5-1 * ? * *", "? */0 * ? * *"] {
            assert_eq!(said(schedule, (0, 0, 0), 5), Vec::<String>::new(), "{schedule}");
        }
    }
}
