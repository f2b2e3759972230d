//! Leaving an account that somebody else owns.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::LeaveAccount;

use super::Desk;
use crate::browser::server;
use crate::components::{Dialog, Icon};

#[component]
pub(super) fn Leave(desk: Desk, name: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let press = move |_| {
        open.set(false);
        spawn_local(async move {
            // The server closes the account's socket, and the whole page says so.
            let body = LeaveAccount { account: desk.account };
            let done = server::ask::<serde_json::Value>(Method::POST, &desk.path("/leave"), Some(&body)).await;
            desk.problem.try_set(done.err().map(|error| error.message));
        });
    };
    view! {
        <section class="card setting" aria-label="Leave">
            <h2>"Leave"</h2>
            <p class="muted">"You can no longer open this account then. What you made stays in it; your personal API tokens end. Only an administrator can let you in again."</p>
            <footer><button class="button danger" on:click=move |_| open.set(true)><Icon name="log-out"/>"Leave the account"</button></footer>
            <Dialog open=open title="Leave the account?">
                <div class="dialog-body">
                    <p>{format!("You leave the account “{name}”. What this device has of it goes; changes of yours that the server does not have yet are kept as not accepted.")}</p>
                    <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Stay"</button><button class="button danger" on:click=press>"Leave"</button></footer>
                </div>
            </Dialog>
        </section>
    }
}
