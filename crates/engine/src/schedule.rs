//! A flow's schedule: six fields and a zone.
//!
//! `? minutes hours dayOfMonth month dayOfWeek`; `?` also stands for "any". Seconds in the first field are
//! understood too. The wall clock of the zone decides: a local time that does not exist is left out, and one that exists
//! twice is due the first time only, so that no slot runs twice.
//!
//! Invariant: the first instants of the local times follow each other as the local times do, so the pattern is walked
//! on the wall clock and never has to look back.

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDateTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;

/// Why a schedule is none.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ScheduleError {
    /// Not six fields.
    #[error("a schedule has six fields, this has {0}")]
    Fields(usize),
    /// A field is wrong.
    #[error("the schedule is not understood: {0}")]
    Pattern(String),
    /// No such zone.
    #[error("there is no time zone {0:?}")]
    Zone(String),
}

/// A schedule.
#[derive(Debug, Clone)]
pub struct Schedule {
    text: String,
    zone: Tz,
    cron: Cron,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.zone == other.zone
    }
}

/// Clocks are put forward or back by less than this; Samoa once left out a day.
const SHIFT_SECONDS: i64 = 26 * 3_600;

impl Schedule {
    /// Reads a schedule; without a zone it is UTC.
    ///
    /// # Errors
    ///
    /// Returns what is not understood.
    pub fn parse(text: &str, zone: Option<&str>) -> Result<Self, ScheduleError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [first, rest @ ..] = fields.as_slice() else {
            return Err(ScheduleError::Fields(0));
        };
        if rest.len() != 5 {
            return Err(ScheduleError::Fields(fields.len()));
        }
        let seconds = if *first == "?" { "0" } else { first };
        let any = |field: &&str| {
            if *field == "?" { "*".to_owned() } else { (*field).to_owned() }
        };
        let pattern = format!("{seconds} {}", rest.iter().map(any).collect::<Vec<_>>().join(" "));
        let cron = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Disallowed)
            .build()
            .parse(&pattern)
            .map_err(|error| ScheduleError::Pattern(error.to_string().trim_end_matches('.').to_owned()))?;
        let zone = match zone.filter(|name| !name.is_empty()) {
            Some(name) => name.parse().map_err(|_| ScheduleError::Zone(name.to_owned()))?,
            None => Tz::UTC,
        };
        Ok(Self { text: fields.join(" "), zone, cron })
    }

    /// The first time after this one; nothing when there is none.
    #[must_use]
    pub fn next_after(&self, after_ms: i64) -> Option<i64> {
        let after = self.zone.from_utc_datetime(&DateTime::from_timestamp_millis(after_ms)?.naive_utc());
        let mut at = after.naive_local();
        let mut inclusive = false;
        let is_second = |local: NaiveDateTime| match self.zone.from_local_datetime(&local) {
            MappedLocalTime::Ambiguous(first, _) => first < after,
            MappedLocalTime::Single(_) | MappedLocalTime::None => false,
        };
        if is_second(at) {
            // What is left of this hour has been due already.
            at = end_of(at, is_second)?;
            inclusive = true;
        }
        loop {
            at = self.cron.find_next_occurrence(&Utc.from_utc_datetime(&at), inclusive).ok()?.naive_utc();
            match self.zone.from_local_datetime(&at) {
                MappedLocalTime::Single(time) | MappedLocalTime::Ambiguous(time, _) => {
                    return Some(time.timestamp_millis());
                }
                // Jumped over as a whole: a pattern with seconds would name thousands of times in it.
                MappedLocalTime::None => {
                    at = end_of(at, |local| self.zone.from_local_datetime(&local) == MappedLocalTime::None)?;
                    inclusive = true;
                }
            }
        }
    }

    /// The first time after `after_ms` that is at least so long after it.
    #[must_use]
    pub fn next_far_enough(&self, after_ms: i64, shortest_ms: i64) -> Option<i64> {
        self.next_after(after_ms.saturating_add(shortest_ms).saturating_sub(1))
    }
}

/// The first whole second at which it no longer holds, when it holds from `local` on without a gap.
fn end_of(local: NaiveDateTime, holds: impl Fn(NaiveDateTime) -> bool) -> Option<NaiveDateTime> {
    let start = local.with_nanosecond(0)?;
    let later = |seconds: i64| start.checked_add_signed(Duration::seconds(seconds));
    let (mut inside, mut outside) = (0, SHIFT_SECONDS);
    while outside - inside > 1 {
        let middle = i64::midpoint(inside, outside);
        if holds(later(middle)?) { inside = middle } else { outside = middle }
    }
    later(outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::parse(schedule, Some(zone)).unwrap();
        let mut at = after.parse::<DateTime<Utc>>().unwrap().timestamp_millis();
        (0..count)
            .map(|_| {
                at = schedule.next_after(at).unwrap();
                DateTime::from_timestamp_millis(at).unwrap().format("%m-%dT%H:%M:%S").to_string()
            })
            .collect()
    }

    #[test]
    fn the_presets_are_understood() {
        assert_eq!(next("? 5 9 ? * 1,2,3,4,5", "UTC", "2026-11-20T10:00:00Z", 2), ["11-23T09:05:00", "11-24T09:05:00"]);
        assert_eq!(
            next("? 0,15,30,45 * ? * *", "UTC", "2026-11-20T10:44:59Z", 2),
            ["11-20T10:45:00", "11-20T11:00:00"]
        );
        assert_eq!(next("? 5 0,12 ? * 0", "UTC", "2026-11-21T23:00:00Z", 2), ["11-22T00:05:00", "11-22T12:05:00"]);
    }

    #[test]
    fn the_zone_decides() {
        assert_eq!(next("? 5 9 ? * *", "America/New_York", "2026-07-01T00:00:00Z", 1), ["07-01T13:05:00"]);
        assert_eq!(next("? 5 9 ? * *", "Asia/Kolkata", "2026-07-01T00:00:00Z", 1), ["07-01T03:35:00"]);
    }

    #[test]
    fn a_time_that_does_not_exist_is_left_out() {
        // 2026-03-08 02:30 does not exist in New York, 2026-03-29 02:30 not in Berlin, 2026-10-04 02:30 not in Sydney.
        assert_eq!(next("? 30 2 ? * *", "America/New_York", "2026-03-07T12:00:00Z", 1), ["03-09T06:30:00"]);
        assert_eq!(next("? 30 2 ? * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 1), ["03-30T00:30:00"]);
        assert_eq!(next("? 30 2 ? * *", "Australia/Sydney", "2026-10-03T12:00:00Z", 1), ["10-04T15:30:00"]);
    }

    #[test]
    fn a_time_that_exists_twice_is_due_once() {
        assert_eq!(
            next("? 30 1 ? * *", "America/New_York", "2026-11-01T00:00:00Z", 2),
            ["11-01T05:30:00", "11-02T06:30:00"]
        );
        assert_eq!(
            next("? 0,30 2 ? * *", "Europe/Berlin", "2026-10-24T20:00:00Z", 3),
            ["10-25T00:00:00", "10-25T00:30:00", "10-26T01:00:00"]
        );
        // In Sydney 02:45 on 5 April 2026 is 15:45 and 16:45 of the day before.
        assert_eq!(
            next("? 45 2 ? * *", "Australia/Sydney", "2026-04-04T00:00:00Z", 2),
            ["04-04T15:45:00", "04-05T16:45:00"]
        );
        // Asked in the middle of the second time, also with part of a second.
        assert_eq!(next("? 45 1 ? * *", "America/New_York", "2026-11-01T06:30:00.500Z", 1), ["11-02T06:45:00"]);
        assert_eq!(
            next("? 0,30 * ? * *", "America/New_York", "2026-11-01T05:00:00Z", 3),
            ["11-01T05:30:00", "11-01T07:00:00", "11-01T07:30:00"]
        );
    }

    #[test]
    fn a_pattern_with_seconds_leaps_over_a_change_of_the_clock() {
        assert_eq!(next("* * * ? * *", "Europe/Berlin", "2026-10-25T00:59:59Z", 1), ["10-25T02:00:00"]);
        assert_eq!(next("* * * ? * *", "Europe/Berlin", "2026-10-25T01:10:00.250Z", 1), ["10-25T02:00:00"]);
        assert_eq!(
            next("* * * ? * *", "Europe/Berlin", "2026-03-29T00:59:59Z", 2),
            ["03-29T01:00:00", "03-29T01:00:01"]
        );
        // Samoa went from the 29th to the 31st.
        assert_eq!(
            next("? 0 12 ? * *", "Pacific/Apia", "2011-12-29T23:00:00Z", 2),
            ["12-30T22:00:00", "12-31T22:00:00"]
        );
    }

    /// Looking back some hours for each of them would take minutes.
    #[test]
    fn a_pattern_with_seconds_names_each_second_at_once() {
        let schedule = Schedule::parse("* * * ? * *", Some("Europe/Berlin")).unwrap();
        let mut at = "2026-06-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap().timestamp_millis();
        let end = at + 20_000_000;
        while at < end {
            let next = schedule.next_after(at).unwrap();
            assert_eq!(next, at + 1_000);
            at = next;
        }
    }

    #[test]
    fn a_wrong_schedule_says_what_is_wrong() {
        assert_eq!(Schedule::parse("", None).unwrap_err(), ScheduleError::Fields(0));
        assert_eq!(Schedule::parse("5 9 * * *", None).unwrap_err(), ScheduleError::Fields(5));
        assert!(matches!(Schedule::parse("? 61 9 ? * *", None), Err(ScheduleError::Pattern(_))));
        assert_eq!(
            Schedule::parse("? 5 9 ? * *", Some("Mars/Base")).unwrap_err(),
            ScheduleError::Zone("Mars/Base".to_owned())
        );
    }
}
