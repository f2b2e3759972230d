//! From which day until which: both days count, as they are in the zone in which this device shows times.

use leptos::prelude::*;

use crate::browser::time;

/// Some days; all of them where none is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Days {
    /// The first, as `2026-11-30`; empty for none.
    from: String,
    since_ms: Option<i64>,
    /// The last.
    until: String,
    before_ms: Option<i64>,
}

impl Days {
    /// Whether a time is on one of them.
    pub(crate) fn take(&self, ms: i64) -> bool {
        self.since_ms.is_none_or(|since| ms >= since) && self.before_ms.is_none_or(|before| ms < before)
    }

    /// Whether any day counts.
    pub(crate) fn is_empty(&self) -> bool {
        self.since_ms.is_none() && self.before_ms.is_none()
    }

    fn since(self, day: String) -> Self {
        Self { since_ms: time::day_begins(&day), from: day, ..self }
    }

    fn until(self, day: String) -> Self {
        Self { before_ms: time::day_ends(&day), until: day, ..self }
    }

    #[cfg(test)]
    pub(crate) fn between(since_ms: Option<i64>, before_ms: Option<i64>) -> Self {
        Self { since_ms, before_ms, ..Self::default() }
    }
}

/// The two fields. `of` is what happened on these days.
#[component]
pub(crate) fn DayRange(#[prop(into)] days: Signal<Days>, of: &'static str, on_change: Callback<Days>) -> impl IntoView {
    let from = move |event| on_change.run(days.get_untracked().since(event_target_value(&event)));
    let until = move |event| on_change.run(days.get_untracked().until(event_target_value(&event)));
    view! {
        <div class="day-range" role="group" aria-label=format!("Days of {of}")>
            <label><span class="muted">"From"</span><input class="input" type="date" prop:value=move || days.with(|days| days.from.clone()) on:change=from/></label>
            <label><span class="muted">"to"</span><input class="input" type="date" prop:value=move || days.with(|days| days.until.clone()) on:change=until/></label>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_on_the_days_from_the_first_until_the_last() {
        let days = Days::between(Some(10), Some(20));
        assert_eq!([9, 10, 19, 20].map(|ms| days.take(ms)), [false, true, true, false]);
        assert!(Days::default().take(i64::MIN) && Days::default().is_empty() && !days.is_empty());
        assert!(Days::between(None, Some(1)).take(-5));
    }
}
