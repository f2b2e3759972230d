//! Numbers of cells that are dates by their format.

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    Number,
    Date,
    Time,
    Both,
}

impl Shows {
    /// What one of the formats that every workbook has shows.
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            14..=17 | 27..=31 | 34..=36 | 50..=58 => Self::Date,
            18..=21 | 32..=33 | 45 | 47 => Self::Time,
            22 => Self::Both,
            _ => Self::Number,
        }
    }

    /// What a format code shows: `yyyy-mm-dd`, `[h]:mm`, `0.00`.
    pub(super) fn code(code: &str) -> Self {
        let (mut date, mut time, mut months) = (false, false, false);
        let mut characters = code.chars();
        while let Some(character) = characters.next() {
            match character.to_ascii_lowercase() {
                '"' => while characters.next().is_some_and(|next| next != '"') {},
                '\\' | '_' | '*' => drop(characters.next()),
                '[' => {
                    let inner: String = characters.by_ref().take_while(|next| *next != ']').collect();
                    // Hours and minutes beyond a day are a number of hours or minutes and no time of day.
                    if matches!(inner.to_ascii_lowercase().as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
                        return Self::Number;
                    }
                }
                'y' | 'd' => date = true,
                'h' | 's' => time = true,
                'm' => months = true,
                // General, and what stands behind a semicolon is for other numbers.
                'g' | ';' => break,
                _ => {}
            }
        }
        match (date || (months && !time), time) {
            (true, true) => Self::Both,
            (true, false) => Self::Date,
            (false, true) => Self::Time,
            (false, false) => Self::Number,
        }
    }
}

/// A number of days as the date or time that it shows; nothing when it is none.
pub(super) fn show(days: f64, shows: Shows, from_1904: bool) -> Option<String> {
    if shows == Shows::Number || !(0.0..2_958_466.0).contains(&days) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "days up to the year 9999")]
    let seconds = (days * 86_400.0).round() as i64;
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if shows == Shows::Time || (day == 0 && !from_1904) {
        return Some(time);
    }
    // In the other system 1900 has a 29th of February, which is day 60.
    let since_1970 = match (from_1904, day) {
        (true, _) => day - 24_107,
        (false, ..60) => day - 25_568,
        (false, _) => day - 25_569,
    };
    let (year, month, day) = civil(since_1970);
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if shows == Shows::Both { format!("{date}T{time}") } else { date })
}

/// Year, month and day of a number of days since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    // Years begin in March, so that the day that is sometimes missing is the last one.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_dates_from_numbers() {
        for (code, want) in [
            ("yyyy-mm-dd", Shows::Date),
            ("d/m/yy h:mm", Shows::Both),
            ("mm:ss", Shows::Time),
            ("mmm", Shows::Date),
            ("[h]:mm", Shows::Number),
            ("General", Shows::Number),
            ("0.00\" days\"", Shows::Number),
            ("[Red]#,##0\\d", Shows::Number),
            ("[$-409]h:mm AM/PM", Shows::Time),
        ] {
            assert_eq!(Shows::code(code), want, "{code}");
        }
    }

    #[test]
    fn numbers_of_days_are_dates_in_either_system() {
        let date = |days, from_1904| show(days, Shows::Date, from_1904).unwrap();
        assert_eq!(date(45_322.0, false), "2024-01-31");
        assert_eq!(date(59.0, false), "1900-02-28");
        assert_eq!(date(61.0, false), "1900-03-01");
        assert_eq!(date(0.0, true), "1904-01-01");
        assert_eq!(show(45_322.75, Shows::Both, false).unwrap(), "2024-01-31T18:00:00");
        assert_eq!(show(0.5, Shows::Time, false).unwrap(), "12:00:00");
        assert_eq!(show(-1.0, Shows::Date, false), None);
        assert_eq!(show(f64::NAN, Shows::Date, false), None);
    }
}
