//! What goes with a transfer, by kind, and what others use too.

use leptos::prelude::*;
use tombolo_wire::rest::{SharedResource, TransferContents, TransferItem};

use crate::components::Icon;
use crate::words::kinds::kind_name;

/// Everything that goes. What others use too goes as a copy, which is said once copies are wanted.
#[component]
pub(super) fn Contents(contents: TransferContents, #[prop(optional)] copies: Option<RwSignal<bool>>) -> impl IntoView {
    let wanted = move || copies.is_none_or(|copies| copies.get());
    let lines = contents.items.into_iter().map(|item| {
        let (name, kind, copied) = (item.name, kind_name(item.kind), item.copied);
        view! { <tr><td class="name"><span class="cut" title=name.clone()>{name.clone()}</span>{copied.then(|| view! { <Show when=wanted>" "<span class="badge">"Copied"</span></Show> })}</td><td class="muted">{kind}</td></tr> }
    });
    let stays = (!contents.left_behind.is_empty()).then(|| {
        let names = contents.left_behind.join(", ");
        view! { <p class="muted">{format!("Stays behind, and has to be chosen anew: {names}.")}</p> }
    });
    view! {
        <div class="table-wrap"><table class="table" aria-label="What goes"><thead><tr><th>"Name"</th><th>"Kind"</th></tr></thead><tbody>{lines.collect_view()}</tbody></table></div>
        {stays}
    }
}

/// What others who stay use as well.
#[component]
pub(super) fn Obstacles(shared: Vec<SharedResource>, copy: RwSignal<bool>) -> impl IntoView {
    let lines = shared.into_iter().map(|one| {
        let used = one.used_by.join(", ");
        view! { <li><b>{one.name}</b>{format!(" ({}) is used by {used}", kind_name(one.kind))}</li> }
    });
    view! {
        <div class="banner warning attention" role="status"><Icon name="triangle-alert"/>
            <div class="grow"><p>"Others who stay use these as well. They cannot be handed over, but copied:"</p>
                <ul>{lines.collect_view()}</ul>
                <label class="row"><input type="checkbox" prop:checked=move || copy.get() on:change=move |event| copy.set(event_target_checked(&event))/>"Hand over copies of them and keep ours"</label></div>
        </div>
    }
}

/// `3 integrations` by name, for a title.
pub(super) fn integrations(items: &[TransferItem]) -> String {
    let names: Vec<&str> = items
        .iter()
        .filter(|item| item.kind == tombolo_model::Kind::Integration)
        .map(|item| item.name.as_str())
        .collect();
    names.join(", ")
}
