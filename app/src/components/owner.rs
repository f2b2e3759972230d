//! Who owns the account on the screen: whom its members ask. Said by the server, and kept while this page is open.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Id, Role};
use tombolo_wire::rest::{AccountOwner, AccountSettings};
use tombolo_wire::store::Link;

use crate::browser::server;
use crate::state::App;

/// The lines of the account menu. Without a network, the last that was heard; nothing while nothing was.
#[component]
pub(super) fn OwnerLines() -> impl IntoView {
    let app = App::here();
    let known = RwSignal::new(None::<(Id, AccountOwner)>);
    let joined = Memo::new(move |_| {
        app.account.with(|account| account.as_ref().filter(|account| !account.local).map(|account| account.id))
    });
    let up = Memo::new(move |_| app.sync.with(|sync| sync.link == Link::Online));
    Effect::new(move |_| {
        let (Some(account), true) = (joined.get(), up.get()) else { return };
        spawn_local(async move {
            let path = format!("/api/accounts/{account}/settings");
            // Who owns an account is no reason to disturb anybody: it is asked again when the link comes back.
            if let Ok(found) = server::ask::<AccountSettings>(Method::GET, &path, None::<&()>).await {
                known.try_set(Some((account, found.owner)));
            }
        });
    });
    let mine = move || app.account.with(|account| account.as_ref().is_some_and(|account| account.role == Role::Owner));
    move || {
        let (of, owner) = known.get()?;
        (joined.get() == Some(of) && !mine()).then(|| {
            view! {
                <p class="menu-head"><small>"Account owner"</small><b>{owner.name}</b><small>{owner.email}</small></p>
            }
        })
    }
}
