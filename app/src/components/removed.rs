//! What somebody is told whom the account does not have any more, with what they can do about it.

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_wire::store::{Access, AccountInfo, Call};

use super::Icon;
use crate::state::{App, use_enter};

/// The pages that are about the person, or about what they had not sent: they stay open to who has no access.
const OPEN: [&str; 9] = [
    "/not-accepted",
    "/sign-in",
    "/sign-up",
    "/sso",
    "/help",
    "/preferences",
    "/security",
    "/playground",
    "/oauth/callback",
];

/// Whether a page shows what belongs to the account.
fn is_of_the_account(path: &str) -> bool {
    !OPEN.iter().any(|open| path.strip_prefix(open).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// Whether the page at this path is kept from the person, whose access has ended.
pub(super) fn is_barred(app: App, path: &str) -> bool {
    app.sync.with(|sync| sync.access == Access::Ended) && is_of_the_account(path)
}

/// The way to each other account.
#[component]
fn Others() -> impl IntoView {
    let app = App::here();
    let enter = use_enter();
    let others = Memo::new(move |_| {
        let here = app.account.with(|account| account.as_ref().map(|account| account.id));
        app.choices().into_iter().filter(|one| Some(one.id) != here).collect::<Vec<_>>()
    });
    let switch = move |account: AccountInfo| {
        let label = format!("Switch to {}", account.name);
        view! { <button class="button small" on:click=move |_| enter.run(Call::SwitchAccount { account: account.id })>{label}</button> }
    };
    move || others.get().into_iter().map(switch).collect_view()
}

/// The sentence, a copy of what is here, and the way to each other account; nothing for a member.
#[component]
pub(crate) fn RemovedBanner() -> impl IntoView {
    let app = App::here();
    let removed = Memo::new(move |_| app.removed());
    let something = Memo::new(move |_| app.sync.with(|sync| sync.access != Access::Ended || sync.not_accepted > 0));
    move || {
        removed.get().map(|sentence| {
            view! {
                <div class="banner warning attention removed" role="status"><Icon name="triangle-alert"/><p class="grow">{sentence}</p>
                    <span class="row">
                        <Show when=move || something.get()>
                            <button class="button small" on:click=move |_| crate::pages::export_all(app)>"Export everything"</button>
                        </Show>
                        <Others/>
                    </span>
                </div>
            }
        })
    }
}

/// In the place of a page of an account that this person was taken out of.
#[component]
pub(super) fn NoAccess() -> impl IntoView {
    let app = App::here();
    let kept = move || app.sync.with(|sync| sync.not_accepted > 0);
    view! {
        <div class="empty no-access" role="status">
            <span class="kind"><Icon name="lock"/></span>
            <h2>"You have no access any more"</h2>
            <p>{move || app.removed()}</p>
            <div class="row">
                <Show when=kept>
                    <A href="/not-accepted" attr:class="button small primary">"See what is kept"</A>
                </Show>
                <Others/>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_access_reads_what_is_theirs_and_no_page_of_the_account() {
        for theirs in ["/not-accepted", "/sign-in", "/sign-in/callback", "/help/guide", "/sso/acme", "/security"] {
            assert!(!is_of_the_account(theirs), "{theirs}");
        }
        for barred in ["/", "/members", "/integrations/1", "/connections", "/helpers", "/runs", "/bin", "/tokens"] {
            assert!(is_of_the_account(barred), "{barred}");
        }
    }
}
