//! A flow's schedule: six fields and a zone.
//!
//! `? minutes hours dayOfMonth month dayOfWeek`; `?` also stands for "any". Seconds in the first field are
//! understood too. At a change of the clock no correction is made: a local time that does not exist is left out, one that
//! exists twice is due twice.

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;

/// Why a schedule is none.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ScheduleError {
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
pub(crate) struct Schedule {
    text: String,
    zone: Tz,
    cron: Cron,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.zone == other.zone
    }
}

/// Clocks are put forward or back by less than this.
const SHIFT: Duration = Duration::hours(3);

impl Schedule {
    /// Reads a schedule; without a zone it is UTC.
    ///
    /// # Errors
    ///
    /// Returns what is not understood.
    pub(crate) fn parse(text: &str, zone: Option<&str>) -> Result<Self, ScheduleError> {
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
            .map_err(|error| ScheduleError::Pattern(error.to_string()))?;
        let zone = match zone.filter(|name| !name.is_empty()) {
            Some(name) => name.parse().map_err(|_| ScheduleError::Zone(name.to_owned()))?,
            None => Tz::UTC,
        };
        Ok(Self { text: fields.join(" "), zone, cron })
    }

    /// The first time after this one.
    pub(crate) fn next_after(&self, after_ms: i64) -> Option<i64> {
        let local = self.zone.from_utc_datetime(&DateTime::from_timestamp_millis(after_ms)?.naive_utc()).naive_local();
        // The pattern is walked on a clock that never changes, and each time is then looked up in the
        // zone. As the zone's clock may have gone back, the walk begins earlier and ends later.
        let mut at = local.checked_sub_signed(SHIFT)?;
        let mut best: Option<i64> = None;
        let mut until: Option<NaiveDateTime> = None;
        loop {
            at = self.cron.find_next_occurrence(&Utc.from_utc_datetime(&at), false).ok()?.naive_utc();
            if until.is_some_and(|until| at > until) {
                return best;
            }
            for instant in self.instants(at) {
                if instant > after_ms {
                    best = Some(best.map_or(instant, |best| best.min(instant)));
                    until = until.or_else(|| at.checked_add_signed(SHIFT));
                }
            }
        }
    }

    /// The first time after `after_ms` that is at least so long after it.
    pub(crate) fn next_far_enough(&self, after_ms: i64, shortest_ms: i64) -> Option<i64> {
        self.next_after(after_ms.saturating_add(shortest_ms).saturating_sub(1))
    }

    fn instants(&self, local: NaiveDateTime) -> Vec<i64> {
        match self.zone.from_local_datetime(&local) {
            MappedLocalTime::None => Vec::new(),
            MappedLocalTime::Single(time) => vec![time.timestamp_millis()],
            MappedLocalTime::Ambiguous(first, second) => {
                vec![first.timestamp_millis(), second.timestamp_millis()]
            }
        }
    }
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
    fn a_time_that_exists_twice_is_due_twice() {
        assert_eq!(
            next("? 30 1 ? * *", "America/New_York", "2026-11-01T00:00:00Z", 3),
            ["11-01T05:30:00", "11-01T06:30:00", "11-02T06:30:00"]
        );
        assert_eq!(
            next("? 0,30 2 ? * *", "Europe/Berlin", "2026-10-24T20:00:00Z", 4),
            ["10-25T00:00:00", "10-25T00:30:00", "10-25T01:00:00", "10-25T01:30:00"]
        );
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
