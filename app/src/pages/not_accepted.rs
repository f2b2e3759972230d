//! What the server did not accept: kept on this device until a person decides.

mod ask;
mod changes;
mod stage;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use tombolo_model::Action;
use tombolo_wire::store::{Call, Link, Parked};
use wasm_bindgen::JsValue;
use web_sys::Blob;

use crate::browser::{files, page};
use crate::components::{Ago, Dialog, Icon, RemovedBanner};
use crate::state::App;
use crate::words::kinds::kind_name;
use ask::{AskButton, Asked, AskedLine};
pub(crate) use changes::Changes;
use stage::{Stage, is_answered, on_its_way, stage};

/// How long an answer stands before it is said that all was accepted.
const SETTLE_MS: u32 = 1_500;

/// The list.
#[component]
pub(crate) fn NotAcceptedPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "Not accepted".into());
    let parked = RwSignal::new(None::<Vec<Parked>>);
    let problem = RwSignal::new(None::<String>);
    // What was tried again, until the server has it or it is back in the list.
    let tried = RwSignal::new(false);
    let asked = Asked::new(app);
    // What was decided here counts at once, and an answer that a later one has overtaken does not.
    let decided = RwSignal::new(0_u32);
    let latest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        // The list lies in the store, which tells of each step of a change.
        app.moved.track();
        decided.track();
        asked.refresh();
        let turn = latest.get_value() + 1;
        latest.set_value(turn);
        spawn_local(async move {
            let answer = app.call::<Vec<Parked>>(Call::ParkedList).await;
            if latest.try_get_value() != Some(turn) {
                return;
            }
            match answer {
                Ok(list) => {
                    problem.try_set(None);
                    parked.try_set(Some(list));
                }
                Err(error) => drop(problem.try_set(Some(error.message))),
            }
        });
    });
    // Administrators answer without a change of anything here: it is asked for with the clock.
    Effect::new(move |_| {
        app.now_ms.track();
        asked.look_again();
    });
    // Between leaving one place and coming to the other a change is in neither for a moment. The clock is dropped, and
    // with it stopped, by the news that follow.
    Effect::new(move |_: Option<Option<Timeout>>| {
        app.moved.track();
        let over = tried.get() && app.sync.with(is_answered);
        over.then(|| {
            Timeout::new(SETTLE_MS, move || {
                tried.try_set(false);
            })
        })
    });
    let stands = Memo::new(move |_| {
        let listed = parked.with(|list| list.as_ref().map(Vec::len));
        app.sync.with(|sync| stage(listed, sync, tried.get()))
    });
    let some = move || stands.get() == Stage::Some;
    let says = Memo::new(move |_| app.sync.with(|sync| on_its_way(tried.get(), sync)));
    view! {
        <div class="page-head">
            <div>
                <h1>"Not accepted"</h1>
                {move || some().then(|| view! { <p class="sub">"The server did not take these changes. They were taken out of the resources and are kept here, on this device only."</p> })}
            </div>
            <div class="actions">
                <button class="button" prop:disabled=move || !some() on:click=move |_| parked.with(|list| save(app, list.as_deref().unwrap_or_default()))><Icon name="download"/>"Export all"</button>
            </div>
        </div>
        <RemovedBanner/>
        {move || problem.get().map(|problem| view! { <div class="banner danger attention" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
        {move || says.get().map(|says| view! { <div class="banner attention" role="status"><Icon name="refresh-cw"/><p>{says}</p></div> })}
        // Until the list is here nothing says that it is empty.
        <Show when=some fallback=move || (stands.get() == Stage::Nothing && problem.with(Option::is_none)).then(|| view! {
            <div class="empty"><span class="kind"><Icon name="circle-check"/></span><h2>"Everything was accepted"</h2><p>"A change that the server does not take is kept here: to try again, to export or to discard."</p></div>
        })>
            <div class="page-body parked">
                <For each=move || parked.get().unwrap_or_default() key=|one| one.id.clone() let:one><Card one=one decided=decided tried=tried questions=asked/></For>
            </div>
        </Show>
    }
}

#[component]
fn Card(one: Parked, decided: RwSignal<u32>, tried: RwSignal<bool>, questions: Asked) -> impl IntoView {
    let app = App::here();
    let asked = RwSignal::new(false);
    let name = if one.name.is_empty() { "Without a name".to_owned() } else { one.name.clone() };
    let (retried, discarded, exported) = (one.id.clone(), one.id.clone(), one.clone());
    let busy = RwSignal::new(false);
    let decide = move |call: Call| {
        busy.set(true);
        let again = matches!(call, Call::ParkedRetry { .. });
        spawn_local(async move {
            match app.call::<Value>(call).await {
                // What the server has taken by now is not on its way.
                Ok(_) if again => drop(tried.try_set(app.sync.with_untracked(|sync| sync.waiting > 0))),
                Ok(_) => {}
                Err(error) => app.toasts.fail(error.message),
            }
            busy.try_set(false);
            decided.try_update(|count| *count += 1);
        });
    };
    let discard = move || {
        decide(Call::ParkedDiscard { parked: discarded.clone() });
        asked.set(false);
    };
    let retry = move |_| decide(Call::ParkedRetry { parked: retried.clone() });
    let (id, kind) = (one.document, one.kind);
    let closed = Signal::derive(move || {
        let may = || app.row(id).map_or_else(|| app.may(Action::Write, kind), |row| app.may_change(&row));
        let role = || (!may()).then(|| "Your role still does not allow it.".to_owned());
        // It is written into what the server has, which may be on its way here.
        let link = app.sync.with(|sync| sync.link);
        let comes = || {
            (app.row(id).is_none() && link == Link::Connecting)
                .then(|| "The resource is looked for on the server.".to_owned())
        };
        app.removed().or_else(role).or_else(comes)
    });
    let warning = format!("Your change of {name} is lost for good. The resource stays as the server has it.");
    let label = name.clone();
    view! {
        <article class="card" aria-label=label>
            <header class="row">
                <div class="grow"><h2>{name}</h2><p class="muted">{kind_name(one.kind)}", "<Ago ms=one.time_ms/></p></div>
                <span class="row">
                    <button class="button small" on:click=retry title=move || closed.get() prop:disabled=move || busy.get() || closed.get().is_some() aria-busy=move || busy.get().to_string()><Icon name="refresh-cw"/>"Try again"</button>
                    <AskButton asked=questions parked=one.id.clone()/>
                    <button class="button small" on:click=move |_| save(app, std::slice::from_ref(&exported))><Icon name="download"/>"Export"</button>
                    <button class="button small" on:click=move |_| asked.set(true)><Icon name="trash-2"/>"Discard"</button>
                </span>
            </header>
            <p class="reason"><Icon name="circle-alert"/><span>{one.reason.clone()}</span></p>
            <AskedLine asked=questions parked=one.id.clone()/>
            <Changes differences=one.differences/>
            <Dialog open=asked title="Discard this change">
                <div class="dialog-body">
                <p>{warning.clone()}</p>
                <footer class="dialog-foot"><button class="button" on:click=move |_| asked.set(false)>"Keep it"</button><button class="button danger" on:click={ let discard = discard.clone(); move |_| discard() }>"Discard the change"</button></footer>
                </div>
            </Dialog>
        </article>
    }
}

/// What is exported: enough to do it again by hand or by a program.
pub(crate) fn as_json(parked: &[Parked]) -> Value {
    let changes: Vec<_> = parked
        .iter()
        .map(|one| {
            json!({
                "kind": one.kind.name(), "_id": one.document, "name": one.name, "reason": one.reason,
                "time": one.time_ms, "differences": one.differences,
            })
        })
        .collect();
    json!({ "notAccepted": changes })
}

fn save(app: App, parked: &[Parked]) {
    let text = serde_json::to_string_pretty(&as_json(parked)).unwrap_or_default();
    let parts = js_sys::Array::of1(&JsValue::from_str(&text));
    let saved = Blob::new_with_str_sequence(&parts).and_then(|blob| files::download(&blob, "not-accepted.json"));
    if saved.is_err() {
        app.toasts.fail("The browser did not take the file. Try again.");
    }
}
