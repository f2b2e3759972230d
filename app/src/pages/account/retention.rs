//! For how long what runs leave behind is kept. A shorter time says what goes and asks.

use gloo::net::http::Method;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_wire::rest::{KeepRetention, MOST_RETENTION_DAYS, PreviewRetention, RETENTION_DAYS, RetentionPreview};

use super::Desk;
use crate::browser::server;
use crate::components::{Dialog, Field, Icon, described_by};
use crate::state::App;
use crate::words;

const PERIOD: &str = "retention-period";
const DAYS: &str = "retention-days";
/// What is chosen to type any other number.
const OTHER: &str = "other";

#[component]
pub(super) fn Retention(desk: Desk) -> impl IntoView {
    let days = Memo::new(move |_| desk.known.with(|known| known.as_ref().map(|known| known.retention_days)));
    move || days.get().map(|days| view! { <Form desk=desk kept=days/> })
}

#[component]
fn Form(desk: Desk, kept: u32) -> impl IntoView {
    let app = App::here();
    let period = RwSignal::new(if RETENTION_DAYS.contains(&kept) { kept.to_string() } else { OTHER.to_owned() });
    let days = RwSignal::new(kept.to_string());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let going = RwSignal::new(None::<(u32, RetentionPreview)>);
    let asked = RwSignal::new(false);
    let save = move |days: u32, confirmed: bool| {
        busy.set(true);
        spawn_local(async move {
            let body = KeepRetention { days, confirmed };
            match server::ask::<Value>(Method::PUT, &desk.path("/retention"), Some(&body)).await {
                Ok(_) => {
                    asked.try_set(false);
                    problem.try_set(None);
                    app.toasts.say(format!("Runs are kept for {}.", words::count(days as usize, "day")));
                    desk.refresh();
                }
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    let look = move |days: u32| {
        busy.set(true);
        spawn_local(async move {
            let body = PreviewRetention { days };
            match server::ask::<RetentionPreview>(Method::POST, &desk.path("/retention/preview"), Some(&body)).await {
                Ok(found) => {
                    problem.try_set(None);
                    going.try_set(Some((days, found)));
                    asked.try_set(true);
                }
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        match read(&period.get_untracked(), &days.get_untracked()) {
            Err(why) => problem.set(Some(why)),
            Ok(days) if days < kept => look(days),
            Ok(days) => save(days, false),
        }
    };
    view! {
        <form class="card setting" novalidate=true aria-label="Data retention" on:submit=submit>
            <h2>"Data retention"</h2>
            <p class="muted">"How long the server keeps runs, their errors with the records that failed, and the files they made. The audit log stays."</p>
            {ten_years(kept)}
            <Field label="Keep runs for" name=PERIOD>
                <select class="input select-native" id=PERIOD prop:value=period on:change=move |event| period.set(event_target_value(&event))>
                    {RETENTION_DAYS.map(|days| view! { <option value=days.to_string() selected=move || period.get() == days.to_string()>{format!("{days} days")}</option> }).collect_view()}
                    <option value=OTHER selected=move || period.get() == OTHER>"Another time"</option>
                </select>
            </Field>
            <Show when=move || period.get() == OTHER>
                <Field label="Days" name=DAYS help=format!("1 to {}.", words::number(MOST_RETENTION_DAYS.into()))><input class="input" id=DAYS type="number" min="1" max=MOST_RETENTION_DAYS.to_string() inputmode="numeric" aria-describedby=described_by(DAYS) prop:value=move || days.get() on:input=move |event| days.set(event_target_value(&event))/></Field>
            </Show>
            {move || problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            <footer><button class="button" type="submit" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string()><Icon name="check"/>"Save the time"</button></footer>
            <Dialog open=asked title="Keep runs for a shorter time">
                <div class="dialog-body">
                    {move || going.get().map(|(days, found)| view! {
                        <p>{goes(days, &found)}</p>
                        <footer class="dialog-foot"><button class="button" type="button" on:click=move |_| asked.set(false)>{format!("Stay with {kept} days")}</button>
                            <button class="button danger" type="button" prop:disabled=move || busy.get() on:click=move |_| save(days, true)>{format!("Keep {}", words::count(days as usize, "day"))}</button></footer>
                    })}
                </div>
            </Dialog>
        </form>
    }
}

/// That everything is kept: what accounts began with that are older than the choice.
fn ten_years(kept: u32) -> Option<impl IntoView> {
    (kept >= MOST_RETENTION_DAYS).then(|| view! { <div class="banner" role="status"><Icon name="clock"/><p>"This account keeps its runs for ten years: it is older than this choice, or somebody wanted it so. The server’s data grow with each run. Choose a shorter time, unless you need them all."</p></div> })
}

fn read(period: &str, typed: &str) -> Result<u32, String> {
    let days = if period == OTHER { typed } else { period };
    let days = days.trim().parse().ok().filter(|days| (1..=MOST_RETENTION_DAYS).contains(days));
    days.ok_or_else(|| format!("Runs are kept for 1 to {} days.", words::number(MOST_RETENTION_DAYS.into())))
}

/// What goes at once, as a sentence.
fn goes(days: u32, found: &RetentionPreview) -> String {
    let days = words::count(days as usize, "day");
    if found.runs == 0 {
        return format!("Nothing is older than {days} now. From here on it goes when it is.");
    }
    let many = |count: u64, one: &str| words::count(usize::try_from(count).unwrap_or(usize::MAX), one);
    let files = if found.files == 0 {
        String::new()
    } else {
        format!(" and {} ({})", many(found.files, "file"), words::size(found.file_bytes))
    };
    let errors = if found.errors == 0 { String::new() } else { format!(", {}", many(found.errors, "error")) };
    format!("These go now and for good, being older than {days}: {}{errors}{files}.", many(found.runs, "run"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_time_says_what_goes() {
        let found = RetentionPreview { runs: 2, errors: 1, files: 3, file_bytes: 2_000 };
        let said = goes(30, &found);
        assert!(said.contains("older than 30 days: 2 runs, 1 error and 3 files ("), "{said}");
        let run = RetentionPreview { runs: 1, ..RetentionPreview::default() };
        assert_eq!(goes(1, &run), "These go now and for good, being older than 1 day: 1 run.");
        assert!(goes(60, &RetentionPreview::default()).starts_with("Nothing is older than 60 days"));
    }

    #[test]
    fn a_time_is_one_of_those_offered_or_any_number_of_days_that_is_typed() {
        assert_eq!(read("90", "").unwrap(), 90);
        assert_eq!(read(OTHER, " 7 ").unwrap(), 7);
        for wrong in ["", "0", "3651", "-1", "a week"] {
            assert!(read(OTHER, wrong).is_err(), "{wrong}");
        }
    }
}
