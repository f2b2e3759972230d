//! One token with what may be done with it, and what is asked before.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use super::Ring;
use super::token::Token;
use crate::browser::time;
use crate::components::{Ago, Icon, Menu, MenuItem};
use crate::state::App;
use crate::words;

/// What somebody wants to do with a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asking {
    /// Change its name or its access.
    Edit(Token),
    /// Take it away.
    Revoke(Token),
    /// Put it into the recycle bin.
    Delete(Token),
}

impl Asking {
    /// What is asked, in a few words.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Edit(token) => format!("Edit “{}”", token.name()),
            Self::Revoke(token) => format!("Revoke “{}”?", token.name()),
            Self::Delete(token) => format!("Delete “{}”?", token.name()),
        }
    }
}

impl Ring {
    /// Sends the whole token with another word on whether it lets anybody in.
    fn turn(self, app: App, token: &Token, revoked: bool) {
        let (path, body, name) = (format!("/{}", token.id()), token.turned(revoked), token.name().to_owned());
        spawn_local(async move {
            match self.ask::<Value>(Method::PUT, &path, Some(&body)).await {
                Ok(_) if revoked => app.toasts.say(format!("“{name}” lets nobody in any more.")),
                Ok(_) => app.toasts.say(format!("“{name}” lets in again.")),
                Err(error) => app.toasts.fail(error.message),
            }
            self.refresh();
        });
    }

    fn delete(self, app: App, token: &Token) {
        let (path, name) = (format!("/{}", token.id()), token.name().to_owned());
        spawn_local(async move {
            match self.ask::<Value>(Method::DELETE, &path, None::<&()>).await {
                Ok(_) => app.toasts.say(format!("“{name}” is in the recycle bin.")),
                Err(error) => app.toasts.fail(error.message),
            }
            self.refresh();
        });
    }
}

#[component]
pub(super) fn Line(ring: Ring, token: Token, asking: RwSignal<Option<Asking>>) -> impl IntoView {
    let app = App::here();
    let (class, status) = if token.revoked() { ("badge warning", "Revoked") } else { ("badge success", "Active") };
    let user = token.user();
    let whose = move || user.map(|user| ring.whose(user));
    let used = match token.time("lastUsedAt").and_then(time::from_iso) {
        Some(ms) => view! { <Ago ms=ms/> }.into_any(),
        None => "Never".into_any(),
    };
    let ends = match token.time("autoPurgeAt").and_then(time::from_iso) {
        Some(ms) => {
            view! { <time title=time::exact(ms)>{move || words::ahead(ms, app.now_ms.get())}</time> }.into_any()
        }
        None => "Never".into_any(),
    };
    let description = Some(token.description().to_owned()).filter(|text| !text.is_empty());
    let (name, access) = (token.name().to_owned(), token.access());
    view! {
        <tr>
            <td class="name"><span class="who"><span class="cut" title=name.clone()>{name.clone()}</span>
                {description.map(|text| view! { <small class="muted cut" title=text.clone()>{text.clone()}</small> })}</span></td>
            <td><span class=class>{status}</span></td>
            <td class="muted" data-rank="2" title=access.clone()>{access.clone()}</td>
            <td class="muted" data-rank="2"><span class="who"><span class="cut">{whose}</span>{token.personal().then(|| view! { <small>"Personal"</small> })}</span></td>
            <td class="muted" data-rank="3">{used}</td>
            <td class="muted" data-rank="3">{ends}</td>
            <td class="actions"><Actions ring=ring token=token asking=asking/></td>
        </tr>
    }
}

/// A personal token is changed by its own person alone; who administers the account ends it.
#[component]
fn Actions(ring: Ring, token: Token, asking: RwSignal<Option<Asking>>) -> impl IntoView {
    let app = App::here();
    let own = match token.personal() {
        true => token.user() == ring.me,
        false => ring.administers,
    };
    if !own && !ring.administers {
        return ().into_any();
    }
    let (edited, turned, deleted) = (token.clone(), token.clone(), token.clone());
    let edit = move |()| asking.set(Some(Asking::Edit(edited.clone())));
    let first = if token.revoked() {
        let again = move |()| ring.turn(app, &turned, false);
        own.then(|| view! { <MenuItem on_choose=Callback::new(again)><Icon name="rotate-ccw"/>"Reactivate"</MenuItem> })
            .into_any()
    } else {
        let revoke = move |()| asking.set(Some(Asking::Revoke(turned.clone())));
        view! { <MenuItem on_choose=Callback::new(revoke)><Icon name="circle-stop"/>"Revoke"</MenuItem> }.into_any()
    };
    let delete = move |()| asking.set(Some(Asking::Delete(deleted.clone())));
    let blocked = (!token.revoked()).then(|| "Revoke it first.".to_owned());
    let label = format!("More for {}", token.name());
    view! {
        <Menu id=format!("token-{}", token.id()) label=label face=view! { <Icon name="ellipsis"/> }.into_any() class="icon-button small">
            {own.then(|| view! { <MenuItem on_choose=Callback::new(edit)><Icon name="pencil"/>"Edit"</MenuItem> })}
            {first}
            <MenuItem on_choose=Callback::new(delete) blocked=Signal::derive(move || blocked.clone())><Icon name="trash-2"/>"Delete"</MenuItem>
        </Menu>
    }
    .into_any()
}

/// What is asked before a token is taken away or removed.
#[component]
pub(super) fn Question(ring: Ring, asking: Asking, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let (says, go) = match &asking {
        Asking::Revoke(token) => (
            format!(
                "Programs that use “{}” are refused from their next request on. {} can reactivate it later.",
                token.name(),
                if token.personal() && token.user() != ring.me { "Only its owner" } else { "You" }
            ),
            "Revoke token",
        ),
        Asking::Edit(token) | Asking::Delete(token) => {
            let says = "goes to the recycle bin. It can be restored there for 30 days, and is deleted for good then.";
            (format!("“{}” {says}", token.name()), "Delete token")
        }
    };
    let press = move |_| {
        open.set(false);
        match &asking {
            Asking::Revoke(token) => ring.turn(app, token, true),
            Asking::Delete(token) => ring.delete(app, token),
            Asking::Edit(_) => {}
        }
    };
    view! {
        <div class="dialog-body">
            <p>{says}</p>
            <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Keep token"</button><button class="button danger" on:click=press>{go}</button></footer>
        </div>
    }
}
