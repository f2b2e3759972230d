//! How this device shows times: in which zone, in which form, and whether as "4 min ago". The choice is of this device.
//!
//! Whatever shows a time reads the choice here, so that all of it changes at once.

use leptos::prelude::*;
use leptos::reactive::graph::Observer;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

const KEY: &str = "tombolo.times";

/// The forms of a date: keys, and words with an example.
pub(crate) const DATES: [(&str, &str); 4] =
    [("words", "23 Nov 2026"), ("iso", "2026-11-23"), ("day", "23/11/2026"), ("month", "11/23/2026")];

/// How times are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Times {
    /// The zone; empty for the device's own.
    pub(crate) zone: String,
    /// One of [`DATES`].
    pub(crate) date: String,
    /// Twelve hours and a half of the day in place of twenty-four.
    pub(crate) twelve: bool,
    /// As "4 min ago" where that is short.
    pub(crate) relative: bool,
}

impl Default for Times {
    fn default() -> Self {
        Self { zone: String::new(), date: "words".into(), twelve: false, relative: true }
    }
}

thread_local! {
    static CHOSEN: ArcRwSignal<Times> = ArcRwSignal::new(kept());
}

fn kept() -> Times {
    let kept = window().local_storage().ok().flatten().and_then(|storage| storage.get_item(KEY).ok().flatten());
    kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default()
}

/// The choice; who asks while something is drawn is drawn anew when it changes.
pub(crate) fn chosen() -> Times {
    let signal = CHOSEN.with(Clone::clone);
    if Observer::get().is_some() { signal.get() } else { signal.get_untracked() }
}

/// Changes the choice and keeps it; without storage it lasts until the page is left.
pub(crate) fn choose(change: impl FnOnce(&mut Times)) {
    let signal = CHOSEN.with(Clone::clone);
    signal.update(change);
    let Ok(Some(storage)) = window().local_storage() else { return };
    let text = serde_json::to_string(&signal.get_untracked()).unwrap_or_default();
    if let Err(error) = storage.set_item(KEY, &text) {
        leptos::logging::warn!("how times are shown is not kept: {error:?}");
    }
}

/// Date and time in figures, `2026-11-23 09:41:07`, in the chosen zone.
pub(super) fn figures(ms: i64, zone: &str) -> String {
    #[expect(clippy::cast_precision_loss, reason = "times fit a double for the next 280,000 years")]
    let date = js_sys::Date::new(&(ms as f64).into());
    let options = js_sys::Object::new();
    // A zone that the browser does not know is no reason to show nothing.
    let known = !zone.is_empty() && js_sys::Reflect::set(&options, &"timeZone".into(), &zone.into()).is_ok();
    let text = |options: &JsValue| String::from(date.to_locale_string("sv-SE", options));
    let knows = known && knows(zone);
    if knows { text(&options) } else { text(&JsValue::UNDEFINED) }
}

/// Whether the browser shows times of a zone.
fn knows(zone: &str) -> bool {
    let options = js_sys::Object::new();
    let set = js_sys::Reflect::set(&options, &"timeZone".into(), &zone.into());
    let format = js_sys::Reflect::get(&js_sys::global(), &"Intl".into())
        .and_then(|intl| js_sys::Reflect::get(&intl, &"DateTimeFormat".into()))
        .and_then(wasm_bindgen::JsCast::dyn_into::<js_sys::Function>);
    let arguments = js_sys::Array::of2(&JsValue::UNDEFINED, &options);
    set.is_ok() && format.is_ok_and(|format| js_sys::Reflect::construct(&format, &arguments).is_ok())
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Figures as they are wanted: day and time, or the time alone.
pub(super) fn written(figures: &str, times: &Times, with_date: bool) -> String {
    let Some((date, clock)) = figures.split_once(' ') else { return figures.to_owned() };
    let clock = if times.twelve { twelve(clock) } else { clock.to_owned() };
    if with_date { format!("{}, {clock}", day(date, &times.date)) } else { clock }
}

fn day(date: &str, form: &str) -> String {
    let mut parts = date.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return date.to_owned();
    };
    match form {
        "iso" => date.to_owned(),
        "day" => format!("{day}/{month}/{year}"),
        "month" => format!("{month}/{day}/{year}"),
        _ => {
            let name = month.parse::<usize>().ok().and_then(|at| MONTHS.get(at.checked_sub(1)?)).unwrap_or(&"");
            format!("{} {name} {year}", day.trim_start_matches('0'))
        }
    }
}

fn twelve(clock: &str) -> String {
    let Some((hour, rest)) = clock.split_once(':') else { return clock.to_owned() };
    let Ok(hour) = hour.parse::<u32>() else { return clock.to_owned() };
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    format!("{hour}:{rest} {half}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_it_is_wanted() {
        let form = |date: &str, twelve| Times { date: date.into(), twelve, ..Times::default() };
        let at = "2026-11-03 21:41:07";
        for (times, shown) in [
            (form("words", false), "3 Nov 2026, 21:41:07"),
            (form("iso", false), "2026-11-03, 21:41:07"),
            (form("day", true), "03/11/2026, 9:41:07 PM"),
            (form("month", true), "11/03/2026, 9:41:07 PM"),
        ] {
            assert_eq!(written(at, &times, true), shown);
        }
        assert_eq!(written("2026-11-03 00:05:00", &form("iso", true), false), "12:05:00 AM");
        assert_eq!(written("2026-11-03 12:05:00", &form("iso", true), false), "12:05:00 PM");
        assert_eq!(written("not a time", &form("iso", false), false), "a time");
    }
}
