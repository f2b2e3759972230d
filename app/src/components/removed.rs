//! What somebody is told whom the account does not have any more, with what they can do about it.

use leptos::prelude::*;
use tombolo_wire::store::{AccountInfo, Call};

use super::Icon;
use crate::state::{App, use_enter};

/// The sentence, a copy of everything, and the way to each other account; nothing for a member.
#[component]
pub(crate) fn RemovedBanner() -> impl IntoView {
    let app = App::here();
    let enter = use_enter();
    let removed = Memo::new(move |_| app.removed());
    let others = Memo::new(move |_| {
        let here = app.account.with(|account| account.as_ref().map(|account| account.id));
        app.accounts.with(|all| all.iter().filter(|one| Some(one.id) != here).cloned().collect::<Vec<_>>())
    });
    let switch = move |account: AccountInfo| {
        let label = format!("Switch to {}", account.name);
        view! { <button class="button small" on:click=move |_| enter.run(Call::SwitchAccount { account: account.id })>{label}</button> }
    };
    move || {
        removed.get().map(|sentence| {
            view! {
                <div class="banner warning attention removed" role="status"><Icon name="triangle-alert"/><p class="grow">{sentence}</p>
                    <span class="row">
                        <button class="button small" on:click=move |_| crate::pages::export_all(app)>"Export everything"</button>
                        {move || others.get().into_iter().map(switch).collect_view()}
                    </span>
                </div>
            }
        })
    }
}
