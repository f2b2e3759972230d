//! When the flow runs by itself. Applied on its button: a half-written schedule must never run.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Intent;
use tombolo_wire::store::Link;

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
    PRESETS.iter().find(|(key, _)| *key == schedule).map_or_else(|| schedule.to_owned(), |(_, words)| (*words).to_owned())
}

/// The zone that this device is in.
fn zone_here() -> String {
    let options = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new()).resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into()).ok().and_then(|zone| zone.as_string()).unwrap_or_else(|| "UTC".into())
}

/// The button in the head, and its dialog.
#[component]
pub(super) fn ScheduleButton(doc: Doc) -> impl IntoView {
    let app = App::here();
    let open = RwSignal::new(false);
    let (schedule, zone) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let error = RwSignal::new(None::<String>);
    let begin = move |_| {
        schedule.set(doc.text("/schedule"));
        let stored = doc.text("/timezone");
        zone.set(if stored.is_empty() { zone_here() } else { stored });
        error.set(None);
        open.set(true);
    };
    let apply = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (schedule, zone) = (schedule.get_untracked().trim().to_owned(), zone.get_untracked().trim().to_owned());
        let set = |path: &str, text: String| if text.is_empty() { Intent::Remove { path: path.into() } } else { Intent::Set { path: path.into(), value: text.into() } };
        let problem = check(&schedule);
        if problem.is_some() {
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
                <Field label="Time zone" name="zone" help="A name like Europe/Oslo."><input class="input" id="zone" prop:value=move || zone.get() on:input=move |event| zone.set(event_target_value(&event))/></Field>
                <FieldConflict doc=doc path="/schedule"/>
                <footer class="dialog-foot"><button class="button primary" type="submit">"Apply schedule"</button></footer>
            </form>
        </Dialog>
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
    fn every_preset_is_a_schedule_that_can_run() {
        for (schedule, words) in PRESETS {
            assert_eq!(check(schedule), None, "{words}");
            assert_eq!(in_words(schedule), words);
        }
        assert!(check("? 99 * ? * *").is_some());
        assert_eq!(in_words("? 5 9 ? * 1,2"), "? 5 9 ? * 1,2");
    }
}
