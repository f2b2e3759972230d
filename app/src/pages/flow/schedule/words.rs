//! A schedule in words: "At 05:10 and 17:10, Monday to Friday". Plain functions.
//!
//! Invariant: what cannot be said in one short sentence is not said at all, rather than said wrongly.

use super::next::{MONTHS, WEEK, field};

/// More times or days than this are no sentence any more.
const MOST: usize = 4;

/// A schedule of six fields in words; nothing when it is not understood or takes too many words.
pub(super) fn sentence(schedule: &str) -> Option<String> {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [_, minutes, hours, day, month, week_day] = fields.as_slice() else { return None };
    let (minutes, hours) = (numbers(field(minutes, 0, 59)?), numbers(field(hours, 0, 23)?));
    let days = days(day, month, week_day)?;
    Some(match (listed(&minutes, &hours), days.as_str()) {
        (Some(times), "") => format!("Every day at {times}"),
        (Some(times), days) => format!("At {times}, {days}"),
        (None, "") => interval(&minutes, &hours)?,
        (None, days) => format!("{}, {days}", interval(&minutes, &hours)?),
    })
}

/// The numbers that a field allows.
fn numbers(bits: u64) -> Vec<u32> {
    (0..64).filter(|number| bits & (1 << number) != 0).collect()
}

/// Few times of a day, one by one.
fn listed(minutes: &[u32], hours: &[u32]) -> Option<String> {
    (minutes.len() * hours.len() <= MOST).then(|| {
        let times = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| clock(*hour, *minute)));
        joined(&times.collect::<Vec<_>>())
    })
}

fn clock(hour: u32, minute: u32) -> String {
    format!("{hour:02}:{minute:02}")
}

/// Many times of a day, where they come at even distances.
fn interval(minutes: &[u32], hours: &[u32]) -> Option<String> {
    let every = match (minutes, step(minutes, 60)) {
        (_, Some(1)) => "Every minute".to_owned(),
        (_, Some(step)) => format!("Every {step} minutes"),
        ([minute], _) => return hourly(*minute, hours),
        _ => return None,
    };
    if hours.len() == 24 {
        return Some(every);
    }
    let (from, to) = (*hours.first()?, *hours.last()?);
    is_run(hours).then(|| format!("{every} from {} to {}", clock(from, 0), clock(to, *minutes.last().unwrap_or(&0))))
}

/// Once in each of many hours.
fn hourly(minute: u32, hours: &[u32]) -> Option<String> {
    let past = if minute == 0 { String::new() } else { format!(", {minute} min past") };
    match step(hours, 24) {
        Some(1) => Some(format!("Every hour{past}")),
        Some(step) => Some(format!("Every {step} hours{past}")),
        None if is_run(hours) => {
            Some(format!("Every hour from {} to {}", clock(*hours.first()?, minute), clock(*hours.last()?, minute)))
        }
        None => None,
    }
}

/// The distance of numbers that fill `whole` evenly from 0 on.
fn step(numbers: &[u32], whole: u32) -> Option<u32> {
    let many = u32::try_from(numbers.len()).ok().filter(|many| *many > 1 && whole.is_multiple_of(*many))?;
    let step = whole / many;
    numbers.iter().copied().eq((0..whole).step_by(usize::try_from(step).ok()?)).then_some(step)
}

/// Whether numbers follow one another.
fn is_run(numbers: &[u32]) -> bool {
    numbers.windows(2).all(|two| two[1] == two[0] + 1)
}

/// The days in words; empty for all of them.
fn days(day: &str, month: &str, week_day: &str) -> Option<String> {
    let (days, months) = (numbers(field(day, 1, 31)?), numbers(field(month, 1, 12)?));
    let week = field(week_day, 0, 7)?;
    // From Monday on; Sunday is 0 and 7.
    let week: Vec<u32> = (1..=7).filter(|day| week & (1 << day) != 0 || (*day == 7 && week & 1 != 0)).collect();
    // As when the times are counted: a field is open by its sign and not by naming all.
    let is_open = |text: &str| matches!(text, "*" | "?");
    let month_name = |month: &u32| name(&MONTHS, month - 1);
    let on = match (is_open(day), is_open(week_day)) {
        // Either will do: that takes a sentence of its own.
        (false, false) => return None,
        (false, true) if days.len() > MOST => return None,
        (false, true) => format!("on the {}", joined(&days.iter().map(ordinal).collect::<Vec<_>>())),
        (true, false) if week.len() < 7 => span(&week, |day| name(&WEEK, day % 7)),
        (true, _) => String::new(),
    };
    if months.len() == 12 {
        return Some(on);
    }
    let on = if on.is_empty() { "every day" } else { &on };
    let word = if months.len() > 2 && is_run(&months) { "from" } else { "in" };
    Some(format!("{on} {word} {}", span(&months, month_name)))
}

/// "Monday to Friday", or one by one.
fn span(numbers: &[u32], name: impl Fn(&u32) -> String) -> String {
    match numbers {
        [first, _, .., last] if is_run(numbers) => format!("{} to {}", name(first), name(last)),
        _ => joined(&numbers.iter().map(name).collect::<Vec<_>>()),
    }
}

fn name(names: &[&str], at: u32) -> String {
    usize::try_from(at).ok().and_then(|at| names.get(at).copied()).unwrap_or_default().to_owned()
}

fn ordinal(day: &u32) -> String {
    let ending = match (day % 10, day % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

/// "a, b and c".
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(schedule: &str, words: &str) {
        assert_eq!(sentence(schedule).as_deref(), Some(words), "{schedule}");
    }

    #[test]
    fn few_times_are_listed_with_their_days() {
        says("? 10 5,17 ? * 1-5", "At 05:10 and 17:10, Monday to Friday");
        says("? 10 5,17 ? * *", "Every day at 05:10 and 17:10");
        says("? 0 6 ? * 0,6", "At 06:00, Saturday and Sunday");
        says("? 0 6 ? * 7", "At 06:00, Sunday");
        says("? 0 6 ? * 1,3,5", "At 06:00, Monday, Wednesday and Friday");
        says("? 0 6 ? * 0-6", "Every day at 06:00");
        says("? 0 6 1,15,22 * ?", "At 06:00, on the 1st, 15th and 22nd");
        says("? 0 6 11 1,7 *", "At 06:00, on the 11th in January and July");
        says("? 0 6 ? 4-9 *", "At 06:00, every day from April to September");
    }

    #[test]
    fn even_distances_are_said_as_such() {
        says("? */10 * ? * *", "Every 10 minutes");
        says("? * * ? * 1-5", "Every minute, Monday to Friday");
        says("? 5 * ? * *", "Every hour, 5 min past");
        says("? 0 */2 ? * *", "Every 2 hours");
        says("? 0 8-17 ? * 1-5", "Every hour from 08:00 to 17:00, Monday to Friday");
        says("? */15 8-17 ? * *", "Every 15 minutes from 08:00 to 17:45");
    }

    #[test]
    fn what_takes_too_many_words_is_not_said() {
        for schedule in [
            "? 0 6 3 * 1",
            "? 0 6 1-31 * 1",
            "? 1,2,3,5,8 6 ? * *",
            "? 0 1,2,3,5,8 ? * *",
            "? 0 6 1,2,3,4,5 * ?",
            "? 0,7 * ? * *",
            "? 99 * ? * *",
            "every day",
        ] {
            assert_eq!(sentence(schedule), None, "{schedule}");
        }
    }

    /// The sentences of even distances name no time that the schedule does not have.
    #[test]
    fn an_uneven_field_is_never_called_even() {
        for text in ["1-59/2", "0-58", "5/10", "0,15,30"] {
            assert_eq!(step(&numbers(field(text, 0, 59).unwrap()), 60), None, "{text}");
        }
    }
}
