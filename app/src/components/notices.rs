//! What a person should know: of the whole page in banners, of one document on its page.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::Id;
use tombolo_wire::store::Notice;

use super::Icon;
use crate::browser::service_worker;
use crate::state::App;
use crate::words::kinds;

/// What concerns the whole page.
#[component]
pub(crate) fn Banners() -> impl IntoView {
    let app = App::here();
    let general = move || {
        app.notices
            .with(|notices| notices.iter().filter(|notice| notice.document.is_none()).cloned().collect::<Vec<_>>())
    };
    view! {
        {move || app.failed.get().map(|why| view! {
            <div class="banner danger attention" role="alert"><Icon name="circle-alert"/><p class="grow">{why}</p>
                <button class="button small" on:click=|_| service_worker::reload()>"Reload"</button></div>
        })}
        {move || app.reload.get().map(|reason| view! {
            <div class="banner warning attention" role="alert"><Icon name="triangle-alert"/><p class="grow">{reason}</p>
                <button class="button small" on:click=|_| service_worker::reload()>"Reload"</button></div>
        })}
        {move || app.update.get().map(|what| view! {
            <div class="banner attention" role="status"><Icon name="refresh-cw"/><p class="grow">{what}</p>
                <button class="button small" on:click=|_| service_worker::take_over()>"Reload"</button></div>
        })}
        {move || app.demand.get().map(|demand| view! {
            <div class="banner warning attention" role="alert"><Icon name="shield-check"/><p class="grow">{demand.says}" Until then nothing goes to the server or comes from there; what you do is kept on this device."</p>
                <A href=demand.to attr:class="button small">{demand.way}</A></div>
        })}
        <For each=move || app.drafts.left() key=|id| *id let:id><LeftSecret id=id/></For>
        <For each=general key=|notice| (notice.code.clone(), notice.message.clone()) let:notice><Banner notice=notice/></For>
    }
}

/// A secret that was typed on another page and is not kept.
#[component]
fn LeftSecret(id: Id) -> impl IntoView {
    let app = App::here();
    let row = move || app.row(id);
    let says = move || {
        let name = row().map(|row| row.name).filter(|name| !name.is_empty());
        match name {
            Some(name) => {
                format!("A secret that you typed for “{name}” is not kept yet. Go back and keep it, or discard it.")
            }
            None => "A secret that you typed is not kept yet, and what it was for is not here any more.".to_owned(),
        }
    };
    let to = move || row().and_then(|row| kinds::address(&row));
    view! {
        <div class="banner warning attention" role="status"><Icon name="triangle-alert"/><p class="grow">{says}</p>
            {move || to().map(|to| view! { <A href=to attr:class="button small">"Go back"</A> })}
            <button class="button small" on:click=move |_| app.drafts.discard(id)>"Discard"</button></div>
    }
}

/// What concerns one document.
#[component]
pub(crate) fn DocNotices(id: Id) -> impl IntoView {
    let app = App::here();
    let here = move || {
        app.notices
            .with(|notices| notices.iter().filter(|notice| notice.document == Some(id)).cloned().collect::<Vec<_>>())
    };
    view! { <For each=here key=|notice| (notice.code.clone(), notice.message.clone()) let:notice><Banner notice=notice/></For> }
}

#[component]
fn Banner(notice: Notice) -> impl IntoView {
    let app = App::here();
    let full = notice.code == "quota";
    let code = notice.code.clone();
    let document = notice.document;
    let close =
        move |_| app.notices.update(|notices| notices.retain(|have| have.code != code || have.document != document));
    view! {
        <div class="banner warning attention" role="alert">
            <Icon name="triangle-alert"/>
            <p class="grow">{notice.message.clone()}</p>
            {full.then(|| view! { <button class="button small" on:click=move |_| crate::pages::export_all(app)>"Export everything now"</button> })}
            <button class="icon-button small" aria-label="Dismiss" on:click=close><Icon name="x" small=true/></button>
        </div>
    }
}
