//! How this device shows things: theme, and times. That takes effect at once, on this device alone. Besides, what a
//! person says of themselves.

mod profile;

use leptos::prelude::*;

use crate::browser::{page, theme, time, times};
use crate::components::{Field, SelectBox, described_by};
use crate::pages::flow::zones;
use crate::state::App;
use profile::ProfileForm;

const ZONE: &str = "preferences-zone";
const ZONES: &str = "preferences-zones";

/// The page.
#[component]
pub(crate) fn PreferencesPage() -> impl IntoView {
    page::title(|| "Preferences".into());
    view! {
        <div class="page-head"><div><h1>"Preferences"</h1><p class="sub">"How this browser shows things, and what others see of you."</p></div></div>
        <div class="page-form"><div class="form"><Theme/><TimesForm/><ProfileForm/></div></div>
    }
}

#[component]
fn Theme() -> impl IntoView {
    let chosen = Signal::derive(|| theme::chosen().unwrap_or_default());
    let choices = Signal::derive(|| {
        [("", "As the system"), ("light", "Light"), ("dark", "Dark")]
            .map(|(key, words)| (key.to_owned(), words.to_owned()))
            .to_vec()
    });
    let choose = move |key: String| {
        if key.is_empty() {
            theme::forget();
        } else {
            theme::choose(&key);
        }
    };
    view! {
        <fieldset class="group"><legend>"Colours"</legend>
            <Field label="Theme" name="preferences-theme"><SelectBox name="preferences-theme" value=chosen choices=choices on_change=Callback::new(choose)/></Field>
        </fieldset>
    }
}

#[component]
fn TimesForm() -> impl IntoView {
    let app = App::here();
    let now = move || time::exact(app.now_ms.get());
    let of = |read: fn(&times::Times) -> String| Signal::derive(move || read(&times::chosen()));
    let pairs = |all: &[(&str, &str)]| {
        all.iter().map(|(key, words)| ((*key).to_owned(), (*words).to_owned())).collect::<Vec<_>>()
    };
    let dates = Signal::derive(move || pairs(&times::DATES));
    let clocks = Signal::derive(move || pairs(&[("24", "21:41"), ("12", "9:41 PM")]));
    let ways = Signal::derive(move || pairs(&[("relative", "How long ago: 4 min ago"), ("exact", "Day and time")]));
    let typed = RwSignal::new(times::chosen().zone);
    let wrong = Signal::derive(move || {
        typed.with(|typed| {
            let unknown = !typed.trim().is_empty() && zones::known(typed).is_none();
            unknown.then(|| format!("“{}” is not a time zone: one looks like Europe/Oslo.", typed.trim()))
        })
    });
    let type_in = move |event| {
        let text: String = event_target_value(&event);
        if text.trim().is_empty() {
            times::choose(|times| times.zone.clear());
        } else if let Some(zone) = zones::known(&text) {
            times::choose(|times| times.zone = zone.to_owned());
        }
        typed.set(text);
    };
    view! {
        <fieldset class="group"><legend>"Times"</legend>
            <p class="help" role="status">"Now: "{now}</p>
            <Field label="Time zone" name=ZONE optional=true help="That of this computer when it is empty." error=wrong>
                <input class="input" id=ZONE list=ZONES autocomplete="off" spellcheck="false" aria-describedby=described_by(ZONE) aria-invalid=move || wrong.with(Option::is_some).to_string()
                    prop:value=move || typed.get() on:input=type_in/>
                <datalist id=ZONES>{zones::all().map(|zone| view! { <option value=zone></option> }).collect_view()}</datalist>
            </Field>
            <Field label="Dates" name="preferences-dates"><SelectBox name="preferences-dates" value=of(|times| times.date.clone()) choices=dates on_change=Callback::new(|key: String| times::choose(|times| times.date = key))/></Field>
            <Field label="Clock" name="preferences-clock"><SelectBox name="preferences-clock" value=of(|times| if times.twelve { "12".into() } else { "24".into() }) choices=clocks on_change=Callback::new(|key: String| times::choose(|times| times.twelve = key == "12"))/></Field>
            <Field label="In lists" name="preferences-relative"><SelectBox name="preferences-relative" value=of(|times| if times.relative { "relative".into() } else { "exact".into() }) choices=ways on_change=Callback::new(|key: String| times::choose(|times| times.relative = key == "relative"))/></Field>
        </fieldset>
    }
}
