//! Dates as people of a country write them, as V8 does.

use chrono::{DateTime, Datelike, Offset, TimeZone, Timelike};
use chrono_tz::{OffsetName, Tz};
use tombolo_wire::excerpt;

use super::tag::Locale;

/// What `toLocaleString` and its kind are asked for: the options by name, each a text; flags are `true` and `false`.
pub(crate) type Options<'o> = &'o dyn Fn(&str) -> Option<String>;

/// Which of the three functions is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parts {
    Date,
    Time,
    Both,
}

const UNKNOWN: [&str; 4] = ["era", "dayPeriod", "calendar", "numberingSystem"];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
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

/// The fields that are written, and how: `numeric`, `2-digit`, `long`, `short`, `narrow`.
#[derive(Debug, Default)]
struct Fields {
    weekday: Option<String>,
    year: Option<String>,
    month: Option<String>,
    day: Option<String>,
    hour: Option<String>,
    minute: Option<String>,
    second: Option<String>,
    zone: bool,
    /// Between date and time.
    between: &'static str,
}

/// The text of a time in milliseconds since 1970.
pub(crate) fn text(ms: i64, locale: Locale, parts: Parts, options: Options<'_>) -> Result<String, String> {
    if let Some(name) = UNKNOWN.iter().find(|name| options(name).is_some()) {
        return Err(format!("the option {name} is not available in a script"));
    }
    let zone = options("timeZone").unwrap_or_else(|| "UTC".to_owned());
    let tz: Tz = zone.parse().map_err(|_| format!("Invalid time zone specified: {zone}"))?;
    let at = DateTime::from_timestamp_millis(ms).ok_or("the year is out of range")?.with_timezone(&tz);
    let fields = fields(locale, parts, options)?;
    let written = [date(&at, locale, &fields)?, time(&at, locale, &fields, options)?];
    let written: Vec<String> = written.into_iter().filter(|text| !text.is_empty()).collect();
    Ok(written.join(fields.between))
}

fn fields(locale: Locale, parts: Parts, options: Options<'_>) -> Result<Fields, String> {
    let styles = [options("dateStyle"), options("timeStyle")];
    if styles.iter().any(Option::is_some) {
        return styled(locale, styles);
    }
    let zone = match options("timeZoneName").as_deref() {
        None => false,
        Some("short") if locale == Locale::UnitedStates => true,
        Some(other) => {
            return Err(format!(
                "timeZoneName “{}” is not available in a script: use short, in en-US",
                excerpt(&other)
            ));
        }
    };
    let between = if locale == Locale::Sweden { " " } else { ", " };
    let mut fields = Fields {
        weekday: options("weekday"),
        year: options("year"),
        month: options("month"),
        day: options("day"),
        hour: options("hour"),
        minute: options("minute"),
        second: options("second"),
        zone,
        between,
    };
    let has_date = [&fields.weekday, &fields.year, &fields.month, &fields.day].iter().any(|field| field.is_some());
    let fraction = options("fractionalSecondDigits").is_some();
    let has_time = fraction || [&fields.hour, &fields.minute, &fields.second].iter().any(|field| field.is_some());
    let has_other = [&fields.year, &fields.month, &fields.day].iter().any(|field| field.is_some());
    if locale == Locale::UnitedStates && fields.month.as_deref() == Some("long") {
        fields.between = " at ";
    } else if fields.weekday.is_some() && !has_other {
        fields.between = " ";
    }
    let numeric = || Some("numeric".to_owned());
    let none = !has_date && !has_time;
    if parts == Parts::Date && !has_date || parts == Parts::Both && none {
        (fields.year, fields.month, fields.day) = (numeric(), numeric(), numeric());
    }
    if parts == Parts::Time && !has_time || parts == Parts::Both && none {
        (fields.hour, fields.minute, fields.second) = (numeric(), numeric(), numeric());
    }
    Ok(fields)
}

fn styled(locale: Locale, [date, time]: [Option<String>; 2]) -> Result<Fields, String> {
    if locale != Locale::UnitedStates {
        return Err("dateStyle and timeStyle are available for en-US alone in a script".to_owned());
    }
    let mut fields = Fields { between: ", ", ..Fields::default() };
    let some = |text: &str| Some(text.to_owned());
    if let Some(style) = date {
        (fields.weekday, fields.month) = match &*style {
            "full" => (some("long"), some("long")),
            "long" => (None, some("long")),
            "medium" => (None, some("short")),
            "short" => (None, some("numeric")),
            other => return Err(format!("Value {other} out of range for options property dateStyle")),
        };
        (fields.day, fields.year) = (some("numeric"), some(if style == "short" { "2-digit" } else { "numeric" }));
        if matches!(&*style, "full" | "long") {
            fields.between = " at ";
        }
    }
    if let Some(style) = time {
        (fields.hour, fields.minute) = (some("numeric"), some("numeric"));
        (fields.second, fields.zone) = match &*style {
            "long" => (some("numeric"), true),
            "medium" => (some("numeric"), false),
            "short" => (None, false),
            other => {
                return Err(format!(
                    "timeStyle “{}” is not available in a script: use long, medium or short",
                    excerpt(&other)
                ));
            }
        };
    }
    Ok(fields)
}

fn date(at: &DateTime<Tz>, locale: Locale, fields: &Fields) -> Result<String, String> {
    let two = |style: &str, number: u32| if style == "2-digit" { format!("{number:02}") } else { number.to_string() };
    let year = fields.year.as_deref().map(|style| match style {
        "2-digit" => format!("{:02}", at.year().rem_euclid(100)),
        _ => at.year().to_string(),
    });
    let named = |style: &str, name: &str| match style {
        "long" => Some(name.to_owned()),
        "short" => Some(name.chars().take(3).collect::<String>()),
        "narrow" => Some(name.chars().take(1).collect()),
        _ => None,
    };
    let weekday =
        fields.weekday.as_deref().and_then(|style| named(style, DAYS[at.weekday().num_days_from_sunday() as usize]));
    let month_name = fields.month.as_deref().and_then(|style| named(style, MONTHS[at.month0() as usize]));
    if locale != Locale::UnitedStates && (weekday.is_some() || month_name.is_some()) {
        return Err("names of days and months are available for en-US alone in a script".to_owned());
    }
    if let Some(name) = month_name {
        let month = match &fields.day {
            Some(style) => format!("{name} {}", two(style, at.day())),
            None => name,
        };
        let dated = match (year, &fields.day) {
            (Some(year), Some(_)) => format!("{month}, {year}"),
            (Some(year), None) => format!("{month} {year}"),
            (None, _) => month,
        };
        return Ok(weekday.map_or(dated.clone(), |weekday| format!("{weekday}, {dated}")));
    }
    // Some countries write two digits unless one field alone is asked for.
    let padded = match locale {
        Locale::Britain | Locale::Canada | Locale::Sweden => fields.day.is_some() && fields.month.is_some(),
        Locale::UnitedStates | Locale::Germany => false,
    };
    let number = |style: &Option<String>, number: u32| {
        style.as_deref().map(|style| two(if padded { "2-digit" } else { style }, number))
    };
    let (month, day) = (number(&fields.month, at.month()), number(&fields.day, at.day()));
    if month.is_none() && [&year, &day, &weekday].iter().filter(|field| field.is_some()).count() > 1 {
        return Err("these fields of a date are not available together in a script: add the month".to_owned());
    }
    let (order, sign) = match locale {
        Locale::UnitedStates => ([month, day, year], "/"),
        Locale::Britain => ([day, month, year], "/"),
        Locale::Germany => ([day, month, year], "."),
        Locale::Canada | Locale::Sweden => ([year, month, day], "-"),
    };
    let dated = order.into_iter().flatten().collect::<Vec<_>>().join(sign);
    let both = [weekday.unwrap_or_default(), dated];
    Ok(both.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", "))
}

fn time(at: &DateTime<Tz>, locale: Locale, fields: &Fields, options: Options<'_>) -> Result<String, String> {
    let twelve = match (options("hour12").as_deref(), options("hourCycle").as_deref()) {
        (Some(flag), _) => flag == "true",
        (None, Some(cycle)) => matches!(cycle, "h11" | "h12"),
        (None, None) => matches!(locale, Locale::UnitedStates | Locale::Canada),
    };
    if twelve && matches!(locale, Locale::Germany | Locale::Sweden) {
        return Err("hours up to 12 are not available for this locale in a script".to_owned());
    }
    // Asked for no twelve hours, this country's midnight is 24, as in V8.
    let of_day = match (at.hour(), options("hour12").as_deref()) {
        (0, Some("false")) if locale == Locale::UnitedStates => 24,
        (hour, _) => hour,
    };
    let mut parts = Vec::new();
    if let Some(style) = &fields.hour {
        let hour = if twelve { (of_day + 11) % 12 + 1 } else { of_day };
        parts.push(if twelve && style != "2-digit" { hour.to_string() } else { format!("{hour:02}") });
    }
    let alone = fields.hour.is_none() && (fields.minute.is_none() || fields.second.is_none());
    let number = |number: u32| if alone { number.to_string() } else { format!("{number:02}") };
    parts.extend(fields.minute.as_ref().map(|_| number(at.minute())));
    let digits = options("fractionalSecondDigits").and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(0);
    parts.extend(fields.second.as_ref().map(|_| match digits {
        0 => number(at.second()),
        digits => {
            format!("{}.{}", number(at.second()), &format!("{:03}", at.timestamp_subsec_millis())[..digits.min(3)])
        }
    }));
    let mut text = parts.join(":");
    if twelve && fields.hour.is_some() {
        let noon = usize::from(at.hour() >= 12);
        let half = match locale {
            Locale::Canada => ["a.m.", "p.m."],
            Locale::Britain => ["am", "pm"],
            _ => ["AM", "PM"],
        };
        text = format!("{text} {}", half[noon]);
    }
    if fields.zone {
        text = format!("{text} {}", zone_name(at)).trim().to_owned();
    }
    Ok(text)
}

/// `EST`, or `GMT+5:30` where people of the United States have no name for it.
fn zone_name(at: &DateTime<Tz>) -> String {
    let offset = at.timezone().offset_from_utc_datetime(&at.naive_utc());
    let minutes = offset.fix().local_minus_utc() / 60;
    match offset.abbreviation() {
        Some(name)
            if ["UTC", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST"]
                .contains(&name)
                && (minutes == 0 || minutes <= -4 * 60) =>
        {
            name.to_owned()
        }
        _ => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
            match (hours, rest) {
                (0, 0) => "GMT".to_owned(),
                (hours, 0) => format!("GMT{sign}{hours}"),
                (hours, rest) => format!("GMT{sign}{hours}:{rest:02}"),
            }
        }
    }
}
