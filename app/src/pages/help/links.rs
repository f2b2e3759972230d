//! Where the operator of the server sends people, as last heard.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::Links;
use tombolo_wire::store::Link;

use crate::browser::server;
use crate::state::App;

const KEY: &str = "tombolo.links";

/// The links that are known, asked for anew now and when the network is back.
pub(super) fn known(app: App) -> RwSignal<Links> {
    let links = RwSignal::new(kept().unwrap_or_default());
    let up = Memo::new(move |_| app.sync.with(|sync| sync.link == Link::Online));
    Effect::new(move |_| {
        up.track();
        spawn_local(async move {
            // Whoever cannot be asked has said before, or the entry is a message.
            if let Ok(found) = server::ask::<Links>(Method::GET, "/api/links", None::<&()>).await {
                keep(&found);
                links.try_set(found);
            }
        });
    });
    links
}

fn kept() -> Option<Links> {
    let kept = window().local_storage().ok().flatten()?.get_item(KEY).ok().flatten()?;
    serde_json::from_str(&kept).ok()
}

fn keep(links: &Links) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    let text = serde_json::to_string(links).unwrap_or_default();
    if let Err(error) = storage.set_item(KEY, &text) {
        leptos::logging::warn!("where help is found is not kept: {error:?}");
    }
}
