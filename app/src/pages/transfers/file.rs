//! An integration handed over as a file: made and taken without a network.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Id, Kind};
use tombolo_wire::store::{Call, CallError, Packed};

use crate::browser::files;
use crate::components::{Dialog, Field, Icon, SelectBox, described_by};
use crate::pages::bin::put_away;
use crate::pages::packages::InstallButton;
use crate::state::App;

const INTEGRATION: &str = "bundle-integration";
const PASSWORD: &str = "bundle-password";

/// Both ways, on one card.
#[component]
pub(super) fn AsFile() -> impl IntoView {
    let app = App::here();
    let making = RwSignal::new(false);
    let none = Memo::new(move |_| app.of_kind(Kind::Integration).is_empty());
    view! {
        <article class="card transfer" aria-label="As a file">
            <header class="row"><h3 class="grow">"As a file"</h3></header>
            <p class="muted">"A bundle is a signed file with one integration and all that it needs, without secrets. It is made and taken here, also when no server answers."</p>
            <footer class="row">
                <InstallButton action="Take a bundle"/>
                <button class="button" prop:disabled=none title=move || none.get().then_some("There are no integrations yet: make one first.") on:click=move |_| making.set(true)><Icon name="package"/>"Make a bundle"</button>
            </footer>
            <Dialog open=making title="Make a bundle"><Make open=making/></Dialog>
        </article>
    }
}

/// What goes into the bin with an integration: it, and what belongs to it.
fn with_all(app: App, integration: Id) -> Vec<Id> {
    let flows = untrack(|| app.of_kind(Kind::Flow));
    flows
        .into_iter()
        .filter(|row| row.integration == Some(integration))
        .map(|row| row.id)
        .chain([integration])
        .collect()
}

async fn make(app: App, id: Id, password: String) -> Result<Packed, CallError> {
    let reply = app.client()?.call_with::<Packed>(Call::Bundle { id, password }, &[]).await?;
    match reply.files.first().map(|file| files::download(file, &reply.value.name)) {
        Some(Ok(())) => Ok(reply.value),
        _ => {
            Err(CallError { code: "internal".into(), message: "The browser did not take the file. Try again.".into() })
        }
    }
}

#[component]
fn Make(open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let integrations = untrack(|| app.of_kind(Kind::Integration));
    let chosen = RwSignal::new(integrations.first().map(|row| row.id.to_string()).unwrap_or_default());
    let offered: Vec<(String, String)> = integrations.into_iter().map(|row| (row.id.to_string(), row.name)).collect();
    let (password, bin, busy) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(false));
    let (problem, made) = (RwSignal::new(None::<String>), RwSignal::new(None::<Packed>));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(id) = chosen.with_untracked(|id| id.parse::<Id>().ok()).filter(|_| !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        problem.set(None);
        let (word, away) = (password.get_untracked(), bin.get_untracked());
        spawn_local(async move {
            match make(app, id, word).await {
                Ok(packed) => {
                    if away {
                        put_away(app, with_all(app, id), "The integration is in the recycle bin.".to_owned());
                    }
                    made.try_set(Some(packed));
                }
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="dialog-body">{move || match made.get() {
            Some(packed) => view! { <Made packed=packed open=open/> }.into_any(),
            None => {
                let offered = offered.clone();
                view! {
                    <form class="package-form" on:submit=submit>
                        <Field label="Integration" name=INTEGRATION>
                            <SelectBox name=INTEGRATION value=chosen choices=Signal::derive(move || offered.clone()) on_change=Callback::new(move |key| chosen.set(key)) disabled=busy/>
                        </Field>
                        <Field label="Password" name=PASSWORD optional=true help="Closes the file. Give it to who takes the bundle by another way; nobody can open the file without it.">
                            <input class="input" id=PASSWORD type="password" autocomplete="new-password" aria-describedby=described_by(PASSWORD)
                                prop:value=move || password.get() on:input=move |event| password.set(event_target_value(&event))/>
                        </Field>
                        <label class="row"><input type="checkbox" prop:checked=move || bin.get() on:change=move |event| bin.set(event_target_checked(&event))/>"Put it into the recycle bin here afterwards"</label>
                        {move || problem.get().map(|why| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> })}
                        <footer class="dialog-foot"><button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                            <button class="button primary" type="submit" prop:disabled=busy aria-busy=move || busy.get().to_string()><Icon name="download"/>"Make the bundle"</button></footer>
                    </form>
                }
                .into_any()
            }
        }}</div>
    }
}

#[component]
fn Made(packed: Packed, open: RwSignal<bool>) -> impl IntoView {
    let said = format!("{} is in your downloads, without secrets.", packed.name);
    let notes = packed.notes;
    view! {
        <div class="banner success" role="status"><Icon name="circle-check"/><p>{said}</p></div>
        {packed.key.map(|key| view! { <p>"It is signed by the key of this device: "<code class="secret">{key}</code>". Tell it to who takes the bundle, who sees the same."</p> })}
        {(!notes.is_empty()).then(|| view! { <ul class="afterwards">{notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view()}</ul> })}
        <footer class="dialog-foot"><button class="button primary" type="button" on:click=move |_| open.set(false)>"Done"</button></footer>
    }
}
