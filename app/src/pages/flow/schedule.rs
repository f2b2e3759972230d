//! When the flow runs by itself. Applied on its button: a half-written schedule must never run.

mod next;

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Intent;
use tombolo_wire::store::Link;
use wasm_bindgen::JsCast;

use crate::components::{Dialog, Field, FieldConflict, Icon};
use crate::state::{App, Doc};

/// The schedules that need no thought: key, words, six fields.
const PRESETS: [(&str, &str); 7] = [
    ("", "Not on a schedule"),
    ("? 0,15,30,45 * ? * *", "Every 15 minutes"),
    ("? 0,30 * ? * *", "Every 30 minutes"),
    ("? 0 * ? * *", "Every hour"),
    ("? 0 0,4,8,12,16,20 ? * *", "Every 4 hours"),
    ("? 0 6 ? * *", "Every day at 06:00"),
    ("? 0 6 ? * 1", "Every Monday at 06:00"),
];

/// A schedule in words; its fields when no preset says it.
pub(super) fn in_words(schedule: &str) -> String {
    PRESETS
        .iter()
        .find(|(key, _)| *key == schedule)
        .map_or_else(|| schedule.to_owned(), |(_, words)| (*words).to_owned())
}

/// The zone that this device is in.
fn zone_here() -> String {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &"timeZone".into()).ok().and_then(|zone| zone.as_string()).unwrap_or_else(|| "UTC".into())
}

/// The zones that this browser knows; none in one that does not say.
fn zones() -> Vec<String> {
    let list = || {
        let intl = Reflect::get(&js_sys::global(), &"Intl".into())?;
        let supported: Function = Reflect::get(&intl, &"supportedValuesOf".into())?.dyn_into()?;
        supported.call1(&intl, &"timeZone".into())
    };
    list().map(|list| Array::from(&list).iter().filter_map(|zone| zone.as_string()).collect()).unwrap_or_default()
}

/// The wall clock of a zone now, for what is shown only; nothing when the browser does not know the zone.
fn wall_clock(zone: &str) -> Option<next::Minute> {
    let options = Object::new();
    for (key, value) in [
        ("timeZone", zone),
        ("hourCycle", "h23"),
        ("year", "numeric"),
        ("month", "2-digit"),
        ("day", "2-digit"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
    ] {
        Reflect::set(&options, &key.into(), &value.into()).ok()?;
    }
    let date = js_sys::Date::new_0();
    let method: Function = Reflect::get(&date, &"toLocaleString".into()).ok()?.dyn_into().ok()?;
    // The browser throws at a zone that it does not know.
    let text = method.call2(&date, &"en-GB".into(), &options).ok()?.as_string()?;
    read_clock(&text)
}

/// Reads `24/11/2026, 05:01`.
fn read_clock(text: &str) -> Option<next::Minute> {
    let numbers: Vec<i64> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .filter_map(|part| part.parse().ok())
        .collect();
    let [day, month, year, hour, minute] = numbers.as_slice() else { return None };
    Some((next::days(*year, *month, *day), u32::try_from(*hour).ok()?, u32::try_from(*minute).ok()?))
}

/// The button in the head, and its dialog.
#[component]
pub(super) fn ScheduleButton(doc: Doc) -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    let (schedule, zone) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let error = RwSignal::new(None::<String>);
    let zone_error = RwSignal::new(None::<String>);
    let begin = move |_| {
        schedule.set(doc.text("/schedule"));
        let stored = doc.text("/timezone");
        zone.set(if stored.is_empty() { zone_here() } else { stored });
        error.set(None);
        zone_error.set(None);
        open.set(true);
    };
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (schedule, zone) = (schedule.get_untracked().trim().to_owned(), zone.get_untracked().trim().to_owned());
        let set = |path: &str, text: String| {
            if text.is_empty() {
                Intent::Remove { path: path.into() }
            } else {
                Intent::Set { path: path.into(), value: text.into() }
            }
        };
        let problem = check(&schedule);
        zone_error.set(
            (!zone.is_empty() && wall_clock(&zone).is_none())
                .then(|| format!("There is no time zone “{zone}”. Choose one of the list.")),
        );
        if problem.is_some() || zone_error.with_untracked(Option::is_some) {
            error.set(problem);
            return;
        }
        spawn_local(async move {
            match doc.try_edit(vec![set("/schedule", schedule), set("/timezone", zone)]).await {
                Ok(_) => open.set(false),
                Err(failed) => error.set(Some(failed.message)),
            }
        });
    };
    let local = move || app.sync.with(|sync| sync.link == Link::Local);
    view! {
        <button class="button small" aria-label="Schedule" title=move || in_words(&doc.text("/schedule")) on:click=begin><Icon name="clock"/><span class="wide-only">{move || in_words(&doc.text("/schedule"))}</span></button>
        <Dialog open=open title="Schedule">
            <form class="dialog-body form" on:submit=apply>
                <p class="muted">"The server runs the flow, whether or not a browser is open."</p>
                {move || local().then(|| view! { <div class="banner warning"><Icon name="triangle-alert"/><p>"This account is only on this device. Sign in, so that a server can run the flow."</p></div> })}
                <Field label="Runs" name="preset">
                    <select class="input select-native" id="preset" prop:value=move || schedule.get() on:change=move |event| schedule.set(event_target_value(&event))>
                        {move || PRESETS.iter().map(|(key, words)| view! { <option value=*key prop:selected=move || schedule.get() == *key>{*words}</option> }).collect_view()}
                        {move || (!PRESETS.iter().any(|(key, _)| *key == schedule.get())).then(|| view! { <option value=move || schedule.get() prop:selected=true>"Custom"</option> })}
                    </select>
                </Field>
                <Field label="Cron expression" name="cron" error=error help="? minutes hours day-of-month month day-of-week; 0 is Sunday.">
                    <input class="input code" id="cron" prop:value=move || schedule.get() on:input=move |event| schedule.set(event_target_value(&event))/>
                </Field>
                <Field label="Time zone" name="zone" error=zone_error help="A name like Europe/Oslo.">
                    <input class="input" id="zone" list="zones" autocomplete="off" prop:value=move || zone.get() on:input=move |event| zone.set(event_target_value(&event))/>
                    <datalist id="zones">{zones().into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist>
                </Field>
                <NextRuns schedule=schedule zone=zone/>
                <FieldConflict doc=doc path="/schedule"/>
                <footer class="dialog-foot"><button class="button primary" type="submit">"Apply schedule"</button></footer>
            </form>
        </Dialog>
    }
}

/// The next five times a schedule starts the flow.
#[component]
fn NextRuns(schedule: RwSignal<String>, zone: RwSignal<String>) -> impl IntoView {
    let coming = Memo::new(move |_| {
        let schedule = schedule.get();
        let now = zone.with(|zone| wall_clock(zone.trim()));
        now.filter(|_| check(&schedule).is_none())
            .map(|now| next::next(&schedule, now, 5).into_iter().map(next::in_words).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    view! {
        {move || (!coming.with(Vec::is_empty)).then(|| view! {
            <div class="field"><span class="label">"Next runs"</span>
                <ul class="num muted">{coming.get().into_iter().map(|at| view! { <li>{at}</li> }).collect_view()}</ul></div>
        })}
    }
}

/// What is wrong with a schedule; the same check that stops a run.
fn check(schedule: &str) -> Option<String> {
    let flow = serde_json::json!({"name": "flow", "schedule": schedule});
    let problems = tombolo_model::validate(tombolo_model::Kind::Flow, &flow);
    problems.into_iter().find(|problem| problem.path == "/schedule").map(|problem| problem.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_clock_is_read() {
        let read = read_clock("24/11/2026, 05:01");
        assert_eq!(read.map(next::in_words).as_deref(), Some("Tue 24 Nov 2026, 05:01"));
        assert_eq!(read_clock("soon"), None);
    }

    #[test]
    fn every_preset_is_a_schedule_that_can_run() {
        for (schedule, words) in PRESETS {
            assert_eq!(check(schedule), None, "{words}");
            assert_eq!(in_words(schedule), words);
            assert_eq!(
                next::next(schedule, (20_000, 12, 0), 5).len(),
                if schedule.is_empty() { 0 } else { 5 },
                "{words}"
            );
        }
        assert!(check("? 99 * ? * *").is_some());
        assert_eq!(in_words("? 5 9 ? * 1,2"), "? 5 9 ? * 1,2");
    }
}
