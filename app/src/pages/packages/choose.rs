//! What is asked before something is made: a name, the integration, the connections; and what is left to do afterwards.

use leptos::prelude::*;
use tombolo_model::Kind;
use tombolo_model::package::{PackageInstalled, PackagePreview, PackageSigned};

use super::connections::Connections;
use super::contents::Contents;
use super::draft::{Draft, asks_for_integration};
use crate::browser::page;
use crate::components::{Ago, Field, Icon, SelectBox, described_by};
use crate::words;
use crate::words::kinds;

/// The field of the name.
pub(super) const NAME: &str = "package-name";
/// The field of the integration.
const INTEGRATION: &str = "package-integration";

/// Everything below the choice of the file.
#[component]
pub(super) fn Choose(
    draft: Draft,
    open: RwSignal<bool>,
    verb: &'static str,
    on_open: Callback<PackageInstalled>,
) -> impl IntoView {
    move || {
        match (draft.installed.get(), draft.preview.get()) {
        (Some(made), _) => view! { <Done draft=draft made=made open=open on_open=on_open/> }.into_any(),
        (None, Some(preview)) => view! { <Ask draft=draft preview=preview open=open verb=verb on_open=on_open/> }.into_any(),
        (None, None) => view! {
            <footer class="dialog-foot">{move || draft.busy.get().then(|| view! { <span class="muted" role="status">"Reading"</span> })}
                <button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button></footer>
        }
        .into_any(),
    }
    }
}

/// The kind of what is made, within a sentence.
fn one(kind: Kind) -> &'static str {
    match kind {
        Kind::Integration => "integration",
        kind => kinds::of(kind).map_or(kind.name(), |words| words.one),
    }
}

#[component]
fn Ask(
    draft: Draft,
    preview: PackagePreview,
    open: RwSignal<bool>,
    verb: &'static str,
    on_open: Callback<PackageInstalled>,
) -> impl IntoView {
    let problem = Signal::derive(move || draft.name.with(|name| words::name_problem(name)));
    let integrations = Memo::new(move |_| draft.app.of_kind(Kind::Integration));
    let into = asks_for_integration(&preview);
    let nowhere = Signal::derive(move || {
        (preview.needs_integration && integrations.with(Vec::is_empty))
            .then(|| "A flow belongs to an integration: create one first.".to_owned())
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if problem.with_untracked(Option::is_some) {
            page::focus_soon(vec![NAME.to_owned()]);
        } else if nowhere.with_untracked(Option::is_none) {
            draft.install(on_open, open);
        }
    };
    let offered = Signal::derive(move || {
        integrations.get().into_iter().map(|row| (row.id.to_string(), row.name)).collect::<Vec<_>>()
    });
    let runs = matches!(preview.root.kind, Kind::Integration | Kind::Flow);
    let (action, connections) = (format!("{verb} {}", one(preview.root.kind)), preview.connections.clone());
    view! {
        <form class="package-form" novalidate=true on:submit=submit>
            {preview.signed.clone().map(|signed| view! { <Signed signed=signed/> })}
            <Field label="Name" name=NAME error=problem>
                <input class="input" id=NAME autocomplete="off" aria-required="true" aria-describedby=described_by(NAME) aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=move || draft.name.get() on:input=move |event| draft.name.set(event_target_value(&event))/>
            </Field>
            {into.then(|| view! {
                <Field label="Integration" name=INTEGRATION error=nowhere>
                    <SelectBox name=INTEGRATION value=draft.integration choices=offered on_change=Callback::new(move |key| draft.integration.set(key)) disabled=draft.busy described=true/>
                </Field>
            })}
            {(!connections.is_empty()).then(|| view! { <Connections draft=draft items=connections/> })}
            <Contents preview=preview/>
            {runs.then(|| view! { <p class="muted">"Its flows are switched off until you switch them on."</p> })}
            {move || draft.problem.get().map(|why| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> })}
            <footer class="dialog-foot">
                <button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="button primary" type="submit" prop:disabled=move || draft.busy.get() || nowhere.with(Option::is_some) aria-busy=move || draft.busy.get().to_string()>{action}</button>
            </footer>
        </form>
    }
}

/// By which key a bundle was signed. Only the key is proven.
#[component]
fn Signed(signed: PackageSigned) -> impl IntoView {
    let PackageSigned { account, by, made_ms, key } = signed;
    let who = match (by.is_empty(), account.is_empty()) {
        (false, false) => format!("It says that it is from {by}, of {account}."),
        (false, true) => format!("It says that it is from {by}."),
        (true, false) => format!("It says that it is from the account {account}."),
        (true, true) => "It does not say who made it.".to_owned(),
    };
    view! {
        <div class="banner" role="status"><Icon name="shield-check"/>
            <p>"Unchanged since it was signed by the key "<code class="secret">{key}</code>", "<Ago ms=made_ms/>". "{who}" Compare the key with who gave you the file."</p></div>
    }
}

/// It is made, and something is left to do.
#[component]
fn Done(
    draft: Draft,
    made: PackageInstalled,
    open: RwSignal<bool>,
    on_open: Callback<PackageInstalled>,
) -> impl IntoView {
    let said = format!("{} made. What is left to do:", words::count(made.made, "resource"));
    let needs = made.needs.clone();
    let action = format!("Open the {}", one(made.kind));
    let go = move |_| {
        open.set(false);
        on_open.run(made.clone());
    };
    view! {
        <div class="banner success" role="status"><Icon name="circle-check"/><p>{said}</p></div>
        <ul class="afterwards">{needs.into_iter().map(|need| view! { <li>{need}</li> }).collect_view()}</ul>
        <footer class="dialog-foot"><button class="button primary" type="button" on:click=go prop:disabled=move || draft.busy.get()>{action}</button></footer>
    }
}
