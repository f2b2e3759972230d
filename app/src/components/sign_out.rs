//! What is asked of somebody who signs out while something is on this device alone: to stay, to download it, and whether it
//! is kept here or deleted.

use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::store::{Unsent, WithUnsent};

use super::{Dialog, Icon};
use crate::state::{App, use_sign_out};
use crate::words;

/// The dialog.
#[component]
pub(super) fn SignOut() -> impl IntoView {
    let app = App::here();
    let open = app.signing_out.open;
    // What reaches the server while it is being asked about is not counted any more.
    Effect::new(move |before: Option<u32>| {
        let moved = app.moved.get();
        if before.is_some_and(|before| before != moved) && open.get_untracked() {
            spawn_local(async move {
                app.signing_out.count(app).await;
            });
        }
        moved
    });
    view! { <Dialog open=open title="Sign out"><Question/></Dialog> }
}

#[component]
fn Question() -> impl IntoView {
    let app = App::here();
    let (open, unsent) = (app.signing_out.open, app.signing_out.unsent);
    let leave = use_sign_out();
    let none = Memo::new(move |_| unsent.with(Vec::is_empty));
    let lines = move || {
        let line = |unsent: Unsent| view! { <div><dt>{unsent.name.clone()}</dt><dd>{in_words(&unsent)}</dd></div> };
        unsent.get().into_iter().map(line).collect_view()
    };
    let choices = move || {
        match none.get() {
        true => view! { <button class="button primary" on:click=move |_| leave.run(WithUnsent::Ask)>"Sign out"</button> }.into_any(),
        false => view! {
            <button class="button" on:click=move |_| leave.run(WithUnsent::Keep)>"Sign out and keep it here"</button>
            <button class="button danger" on:click=move |_| leave.run(WithUnsent::Delete)>"Sign out and delete it"</button>
        }
        .into_any(),
    }
    };
    view! {
        <div class="dialog-body">
            <p role="status">{move || unsent.with(|unsent| sentence(unsent))}</p>
            <Show when=move || !none.get()>
                <dl class="facts">{lines}</dl>
                <p class="muted">"Kept here, it goes to the server when you sign in on this device again, and nobody else is shown it. Deleted, it is lost."</p>
                <button class="button" on:click=move |_| crate::pages::export_unsent(app)><Icon name="download"/>"Download what was changed"</button>
            </Show>
            <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Stay signed in"</button>{choices}</footer>
        </div>
    }
}

/// How much there is, in all accounts.
fn sentence(unsent: &[Unsent]) -> String {
    let many: usize = unsent.iter().map(|unsent| unsent.changes + unsent.not_accepted + unsent.others).sum();
    let unreadable = unsent.iter().any(|unsent| unsent.unreadable);
    match (many, unreadable) {
        (0, false) => "Everything has reached the server.".to_owned(),
        (0, true) => {
            "Something on this device cannot be read, so nobody knows whether it has reached the server.".to_owned()
        }
        (1, _) => "1 thing is on this device and has not reached the server.".to_owned(),
        (many, _) => format!("{} are on this device and have not reached the server.", words::count(many, "thing")),
    }
}

/// What there is of one account.
fn in_words(unsent: &Unsent) -> String {
    let part = |many: usize, says: String| (many > 0).then_some(says);
    let parts = [
        part(unsent.changes, words::count(unsent.changes, "change")),
        part(unsent.not_accepted, format!("{} not accepted", words::number(unsent.not_accepted as u64))),
        part(unsent.others, format!("{} of runs, files and secrets", words::count(unsent.others, "record"))),
        unsent.unreadable.then(|| "cannot be read".to_owned()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_model::Id;

    fn unsent(changes: usize, not_accepted: usize, others: usize, unreadable: bool) -> Unsent {
        Unsent { account: Id::from_parts(1, [1; 8]), name: "Ines".into(), changes, not_accepted, others, unreadable }
    }

    #[test]
    fn what_has_not_reached_the_server_is_counted_and_named() {
        assert_eq!(in_words(&unsent(1, 0, 0, false)), "1 change");
        assert_eq!(
            in_words(&unsent(1_200, 2, 1, false)),
            "1,200 changes, 2 not accepted, 1 record of runs, files and secrets"
        );
        assert_eq!(in_words(&unsent(0, 0, 0, true)), "cannot be read");
        assert_eq!(sentence(&[]), "Everything has reached the server.");
        assert_eq!(sentence(&[unsent(1, 0, 0, false)]), "1 thing is on this device and has not reached the server.");
        let both = [unsent(2, 1, 0, false), unsent(0, 0, 4, false)];
        assert_eq!(sentence(&both), "7 things are on this device and have not reached the server.");
        assert!(sentence(&[unsent(0, 0, 0, true)]).contains("nobody knows"));
    }
}
