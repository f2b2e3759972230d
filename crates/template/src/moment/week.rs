//! The weeks of the calendar: those of ISO 8601, and English ones, which begin on Sunday.

use chrono::{Datelike, NaiveDate, TimeDelta};

/// How weeks are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Custom {
    /// The day that a week begins with, from Sunday.
    first_day: i64,
    /// The day of January that the first week of a year always has.
    always_in: i64,
}

const ISO: Custom = Custom { first_day: 1, always_in: 4 };
const ENGLISH: Custom = Custom { first_day: 0, always_in: 1 };

/// What a text says of a week. Days are as they are written: of ISO weeks from 1, of others from 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Week {
    pub(super) iso_year: Option<i32>,
    pub(super) iso_week: Option<u32>,
    pub(super) iso_day: Option<u32>,
    pub(super) year: Option<i32>,
    pub(super) week: Option<u32>,
    /// The day of an English week.
    pub(super) day: Option<u32>,
    /// The day by its name or its number, which has to be that of the date.
    pub(super) weekday: Option<u32>,
}

impl Week {
    /// Whether nothing was said.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The date, where `year` is the one that is written beside; nothing for a week or day that no year has.
    pub(super) fn date(&self, year: Option<i32>, today: NaiveDate) -> Option<NaiveDate> {
        if self.is_iso() {
            let year = self.iso_year.or(year).unwrap_or_else(|| today.iso_week().year());
            let day = self.iso_day.unwrap_or(1).checked_sub(1)?;
            return ISO.date(year, self.iso_week.unwrap_or(1), day);
        }
        let (this_year, this_week) = english(today);
        let year = self.year.or(year).unwrap_or(this_year);
        let day = self.weekday.or(self.day).unwrap_or(0);
        ENGLISH.date(year, self.week.unwrap_or(this_week), day)
    }

    fn is_iso(&self) -> bool {
        self.iso_year.is_some() || self.iso_week.is_some() || self.iso_day.is_some()
    }
}

impl Custom {
    /// The date of a day of a week, the days from 0.
    fn date(self, year: i32, week: u32, day: u32) -> Option<NaiveDate> {
        let (first, next) = (self.first_of(year)?, self.first_of(year.checked_add(1)?)?);
        let date = first.checked_add_signed(TimeDelta::weeks(i64::from(week.checked_sub(1)?)))?;
        if day > 6 || date >= next { None } else { date.checked_add_signed(TimeDelta::days(day.into())) }
    }

    /// The first day of the first week of a year.
    fn first_of(self, year: i32) -> Option<NaiveDate> {
        let always = NaiveDate::from_ymd_opt(year, 1, 1)?.checked_add_signed(TimeDelta::days(self.always_in - 1))?;
        let into_week = (i64::from(always.weekday().num_days_from_sunday()) + 7 - self.first_day) % 7;
        always.checked_sub_signed(TimeDelta::days(into_week))
    }
}

/// The year and week of a date by English custom.
pub(super) fn english(date: NaiveDate) -> (i32, u32) {
    let year =
        if ENGLISH.first_of(date.year() + 1).is_some_and(|next| next <= date) { date.year() + 1 } else { date.year() };
    let weeks = ENGLISH.first_of(year).map_or(0, |first| (date - first).num_weeks());
    (year, u32::try_from(weeks).map_or(1, |weeks| weeks + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_week_of_a_date_is_that_which_has_it() {
        for days in 0..4_000 {
            let date = NaiveDate::from_ymd_opt(2019, 12, 20).unwrap() + TimeDelta::days(days);
            let (year, week) = english(date);
            let day = date.weekday().num_days_from_sunday();
            assert_eq!(ENGLISH.date(year, week, day), Some(date));
            let iso = date.iso_week();
            assert_eq!(ISO.date(iso.year(), iso.week(), date.weekday().num_days_from_monday()), Some(date));
        }
        for none in
            [ENGLISH.date(2024, 53, 0), ENGLISH.date(2024, 0, 0), ENGLISH.date(2024, 1, 7), ISO.date(2021, 53, 0)]
        {
            assert_eq!(none, None);
        }
    }
}
