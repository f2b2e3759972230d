//! When the flow runs by itself. Applied on its button: a half-written schedule must never run.
//!
//! A source may have a schedule of its own; without one it is read when the flow runs.
//!
//! Only what was changed in the dialog is written: it must not take back what a colleague set meanwhile, nor write a
//! zone that nobody chose. Without a zone the server reads a schedule in UTC.

mod next;
mod words;
pub(crate) mod zones;

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Intent;
use tombolo_wire::store::Link;
use wasm_bindgen::JsCast;

use crate::components::{Dialog, Field, FieldConflict, Icon, described_by};
use crate::state::{App, Doc};

/// The schedules that need no thought: key, words, six fields.
const PRESETS: [(&str, &str); 11] = [
    ("", "Not on a schedule"),
    ("? 0,15,30,45 * ? * *", "Every 15 minutes"),
    ("? 0,30 * ? * *", "Every 30 minutes"),
    ("? 0 * ? * *", "Every hour"),
    ("? 0 0,2,4,6,8,10,12,14,16,18,20,22 ? * *", "Every 2 hours"),
    ("? 0 0,4,8,12,16,20 ? * *", "Every 4 hours"),
    ("? 0 0,6,12,18 ? * *", "Every 6 hours"),
    ("? 0 0,8,16 ? * *", "Every 8 hours"),
    ("? 0 6,18 ? * *", "Twice a day, at 06:00 and 18:00"),
    ("? 0 6 ? * *", "Every day at 06:00"),
    ("? 0 6 ? * 1", "Every Monday at 06:00"),
];

/// A schedule in words; nothing where there are none for it.
fn in_words(schedule: &str) -> Option<String> {
    let preset = PRESETS.iter().find(|(key, _)| *key == schedule).map(|(_, words)| (*words).to_owned());
    preset.or_else(|| words::sentence(schedule))
}

/// A schedule in words; its fields where there are none for it, with the next run.
fn on_its_button(schedule: &str, zone: &str) -> String {
    in_words(schedule).unwrap_or_else(|| match coming(schedule, zone, 1).as_slice() {
        [next, ..] => format!("Custom: {schedule}, next {next}"),
        [] => format!("Custom: {schedule}"),
    })
}

/// The next times of a schedule in words; none when it does not run or its zone is not known here.
fn coming(schedule: &str, zone: &str, wanted: usize) -> Vec<String> {
    if check(schedule).is_some() {
        return Vec::new();
    }
    let now = match zone.trim() {
        "" => wall_clock("UTC"),
        zone => zones::known(zone).and_then(wall_clock),
    };
    now.map(|now| next::next(schedule, now, wanted).into_iter().map(next::in_words).collect()).unwrap_or_default()
}

/// The zone that this device is in, when the server knows it.
fn zone_here() -> Option<&'static str> {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    zones::known(&Reflect::get(&options, &"timeZone".into()).ok()?.as_string()?)
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

/// A schedule and its zone, as they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Times {
    schedule: String,
    zone: String,
}

impl Times {
    /// Those of the flow, or of the source at this place in it. The zone is the flow's.
    fn of(doc: Doc, place: &str) -> Self {
        Self { schedule: doc.text(&format!("{place}/schedule")), zone: doc.text("/timezone") }
    }

    /// What must be written to come here from what the dialog showed when it opened.
    fn since(&self, opened: &Self, place: &str) -> Vec<Intent> {
        let set = |path: &str, text: &str| match text {
            "" => Intent::Remove { path: path.into() },
            text => Intent::Set { path: path.into(), value: text.into() },
        };
        let schedule = (self.schedule != opened.schedule).then(|| set(&format!("{place}/schedule"), &self.schedule));
        let zone = (self.zone != opened.zone).then(|| set("/timezone", &self.zone));
        schedule.into_iter().chain(zone).collect()
    }
}

/// The zone that is meant; none is UTC.
fn effective(zone: &str) -> &str {
    Some(zone.trim()).filter(|zone| !zone.is_empty()).unwrap_or("UTC")
}

/// What is wrong with a zone; none is UTC.
fn check_zone(zone: &str) -> Option<String> {
    let unknown = !zone.is_empty() && zones::known(zone).is_none();
    unknown.then(|| format!("There is no time zone “{zone}”. Choose one of the list."))
}

/// The button in the head, and its dialog.
#[component]
pub(super) fn ScheduleButton(doc: Doc) -> impl IntoView {
    let open = RwSignal::new(false);
    let said = Memo::new(move |_| {
        doc.app.now_ms.track();
        on_its_button(&doc.text("/schedule"), &doc.text("/timezone"))
    });
    view! {
        <button class="button small schedule" aria-label=move || format!("Schedule: {}", said.get()) title=move || said.get() on:click=move |_| open.set(true)><Icon name="clock"/><span class="wide-only cut">{move || said.get()}</span></button>
        <Dialog open=open title="Schedule"><ScheduleForm doc=doc open=open place="".to_owned()/></Dialog>
    }
}

/// When a source is read by itself, and the dialog that says so; without a schedule of its own it follows the flow.
#[component]
pub(super) fn SourceSchedule(doc: Doc, #[prop(into)] place: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let path = format!("{place}/schedule");
    let said = Memo::new(move |_| {
        doc.app.now_ms.track();
        match doc.text(&path) {
            schedule if schedule.is_empty() => "With the flow".to_owned(),
            schedule => on_its_button(&schedule, &doc.text("/timezone")),
        }
    });
    view! {
        <button class="button small schedule" aria-label=move || format!("Schedule of this source: {}", said.get()) on:click=move |_| open.set(true)><Icon name="clock"/><span class="cut">{move || said.get()}</span></button>
        <Dialog open=open title="Schedule of this source"><ScheduleForm doc=doc open=open place=place.clone()/></Dialog>
    }
}

/// The dialog's form, made anew each time it opens.
#[component]
fn ScheduleForm(doc: Doc, open: RwSignal<bool>, place: String) -> impl IntoView {
    let app = App::here();
    let own = !place.is_empty();
    let path = format!("{place}/schedule");
    let opened = StoredValue::new(untrack(|| Times::of(doc, &place)));
    let place = StoredValue::new(place);
    let (schedule, zone) = opened.with_value(|times| (times.schedule.clone(), times.zone.clone()));
    let (schedule, zone) = (RwSignal::new(schedule), RwSignal::new(zone));
    let error = RwSignal::new(None::<String>);
    let zone_error = RwSignal::new(None::<String>);
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let typed = zone.get_untracked().trim().to_owned();
        let times = Times {
            schedule: schedule.get_untracked().trim().to_owned(),
            zone: zones::known(&typed).map_or_else(|| typed.clone(), ToOwned::to_owned),
        };
        let changes = opened.with_value(|opened| place.with_value(|place| times.since(opened, place)));
        // A zone that was there before and is not touched stays, whether or not it is understood here.
        let touched = opened.with_value(|opened| opened.zone != times.zone);
        error.set(check(&times.schedule));
        zone_error.set(check_zone(&typed).filter(|_| touched));
        if error.with_untracked(Option::is_some) || zone_error.with_untracked(Option::is_some) {
            return;
        }
        spawn_local(async move {
            let outcome = if changes.is_empty() { Ok(()) } else { doc.try_edit(changes).await.map(drop) };
            match outcome {
                Ok(()) => open.set(false),
                Err(failed) => drop(error.try_set(Some(failed.message))),
            }
        });
    };
    let local = Memo::new(move |_| app.sync.with(|sync| sync.link == Link::Local));
    let custom = Memo::new(move |_| schedule.with(|schedule| !PRESETS.iter().any(|(key, _)| key == schedule)));
    view! {
        <form class="dialog-body form" on:submit=apply>
            <p class="muted">{if own { "The server reads this source at its own times; the others follow the flow. What is due at the same time is one run." } else { "The server runs the flow, whether or not a browser is open." }}</p>
            {move || local.get().then(|| view! { <div class="banner warning"><Icon name="triangle-alert"/><p>"This account is only on this device. Sign in, so that a server can run the flow."</p></div> })}
            <Field label="Runs" name="preset">
                <select class="input select-native" id="preset" prop:value=move || schedule.get() on:change=move |event| schedule.set(event_target_value(&event))>
                    {PRESETS.iter().map(|(key, words)| {
                        let words = if own && key.is_empty() { "With the flow" } else { *words };
                        view! { <option value=*key prop:selected=move || schedule.get() == *key>{words}</option> }
                    }).collect_view()}
                    {move || custom.get().then(|| view! { <option value=move || schedule.get() prop:selected=true>{move || schedule.with(|schedule| words::sentence(schedule)).unwrap_or_else(|| "Custom".to_owned())}</option> })}
                </select>
            </Field>
            <Field label="Cron expression" name="cron" error=error help="? minutes hours day-of-month month day-of-week; 0 is Sunday.">
                <input class="input code" id="cron" aria-describedby=described_by("cron") prop:value=move || schedule.get() on:input=move |event| schedule.set(event_target_value(&event))/>
            </Field>
            {(!own).then(|| view! { <Zone zone=zone error=zone_error/> })}
            <NextRuns schedule=schedule zone=zone/>
            <FieldConflict doc=doc path=path/>
            {(!own).then(|| view! { <FieldConflict doc=doc path="/timezone"/> })}
            <footer class="dialog-foot"><button class="button primary" type="submit" prop:disabled=move || !doc.writable.get()>"Apply schedule"</button></footer>
        </form>
    }
}

/// The zone in which a flow's schedules are read.
#[component]
fn Zone(zone: RwSignal<String>, error: RwSignal<Option<String>>) -> impl IntoView {
    let here = zone_here();
    let offered = Memo::new(move |_| here.filter(|here| zone.with(|zone| effective(zone) != *here)));
    view! {
        <Field label="Time zone" name="zone" optional=true error=error help="A name like Europe/Oslo. UTC when empty.">
            <div class="row">
                <input class="input grow" id="zone" aria-describedby=described_by("zone") list="zones" autocomplete="off" placeholder="UTC" prop:value=move || zone.get() on:input=move |event| zone.set(event_target_value(&event))/>
                {move || offered.get().map(|here| view! { <button class="button" type="button" on:click=move |_| zone.set(here.to_owned())>{format!("Use {here}")}</button> })}
            </div>
            <datalist id="zones">{zones::all().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist>
        </Field>
    }
}

/// The next five times a schedule starts the flow.
#[component]
fn NextRuns(schedule: RwSignal<String>, zone: RwSignal<String>) -> impl IntoView {
    let coming = Memo::new(move |_| coming(&schedule.get(), &zone.get(), 5));
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
    fn an_empty_time_zone_is_utc() {
        assert_eq!((effective(" "), effective("Europe/Oslo ")), ("UTC", "Europe/Oslo"));
    }

    #[test]
    fn the_browsers_clock_is_read() {
        let read = read_clock("24/11/2026, 05:01");
        assert_eq!(read.map(next::in_words).as_deref(), Some("Tue 24 Nov 2026, 05:01"));
        assert_eq!(read_clock("soon"), None);
    }

    fn times(schedule: &str, zone: &str) -> Times {
        Times { schedule: schedule.into(), zone: zone.into() }
    }

    #[test]
    fn only_what_was_changed_in_the_dialog_is_written() {
        let opened = times("? 0 6 ? * *", "");
        assert_eq!(opened.since(&opened, ""), []);
        let set = |path: &str, value: &str| Intent::Set { path: path.into(), value: value.into() };
        assert_eq!(times("? 0 * ? * *", "").since(&opened, ""), [set("/schedule", "? 0 * ? * *")]);
        assert_eq!(times("? 0 6 ? * *", "Europe/Oslo").since(&opened, ""), [set("/timezone", "Europe/Oslo")]);
        assert_eq!(times("", "").since(&opened, ""), [Intent::Remove { path: "/schedule".into() }]);
        let of_source = times("? 0 * ? * *", "").since(&opened, "/pageGenerators/r1");
        assert_eq!(of_source, [set("/pageGenerators/r1/schedule", "? 0 * ? * *")]);
    }

    #[test]
    fn a_zone_that_the_server_does_not_know_is_refused_and_none_is_utc() {
        assert_eq!((check_zone(""), check_zone("Europe/Oslo")), (None, None));
        assert_eq!(check_zone("+02:00").as_deref(), Some("There is no time zone “+02:00”. Choose one of the list."));
    }

    #[test]
    fn every_preset_is_a_schedule_that_can_run() {
        for (schedule, words) in PRESETS {
            assert_eq!(check(schedule), None, "{words}");
            assert_eq!(in_words(schedule).as_deref(), Some(words));
            assert_eq!(
                next::next(schedule, (20_000, 12, 0), 5).len(),
                if schedule.is_empty() { 0 } else { 5 },
                "{words}"
            );
        }
        assert!(check("? 99 * ? * *").is_some());
    }

    #[test]
    fn a_schedule_that_no_preset_says_is_said_all_the_same_and_else_called_custom() {
        assert_eq!(on_its_button("? 10 5,17 ? * 1-5", "UTC"), "At 05:10 and 17:10, Monday to Friday");
        assert_eq!(on_its_button("? 99 6 3 * 1", "UTC"), "Custom: ? 99 6 3 * 1");
    }
}
