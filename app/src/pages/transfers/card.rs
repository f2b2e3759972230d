//! One transfer: what goes from whom to whom, how far it is, and what there is to do.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::{AnswerTransfer, Transfer, TransferStatus};

use super::Desk;
use super::preview::{Contents, integrations};
use crate::browser::server;
use crate::components::{Ago, Dialog, Icon, NeedsServer};
use crate::words;

/// A status in words, with the colour of its badge.
fn status_words(status: TransferStatus) -> (&'static str, &'static str) {
    match status {
        TransferStatus::Offered => ("Waits for an answer", "badge info"),
        TransferStatus::Accepted => ("Runs are waited for", "badge info"),
        TransferStatus::Done => ("Handed over", "badge success"),
        TransferStatus::Declined => ("Declined", "badge"),
        TransferStatus::Canceled => ("Taken back", "badge"),
        TransferStatus::Expired => ("Expired", "badge"),
        TransferStatus::Failed => ("Not handed over", "badge danger"),
    }
}

#[component]
pub(super) fn Card(desk: Desk, transfer: Transfer) -> impl IntoView {
    let showing = RwSignal::new(false);
    let title = integrations(&transfer.contents.items);
    let (status, class) = status_words(transfer.status);
    let way = if transfer.incoming {
        format!("From {}, offered by {}", transfer.from, transfer.by)
    } else {
        format!("To {}, offered by {}", transfer.email, transfer.by)
    };
    let goes = words::count(transfer.contents.items.len(), "resource");
    let when = transfer.ended_ms.unwrap_or(transfer.created_ms);
    let afterwards = transfer.afterwards.clone();
    let contents = transfer.contents.clone();
    let label = title.clone();
    view! {
        <article class="card transfer" aria-label=label.clone()>
            <header class="row"><h3 class="grow cut" title=title.clone()>{title.clone()}</h3><span class=class>{status}</span></header>
            <p class="muted">{way}", "<Ago ms=when/></p>
            {transfer.mail.as_ref().map(|state| view! { <p class="muted">{words::letter(state)}</p> })}
            {(!afterwards.is_empty()).then(|| view! { <ul class="afterwards">{afterwards.into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ul> })}
            <footer class="row">
                <button class="button small quiet" aria-label=format!("Show what goes with {label}") on:click=move |_| showing.set(true)><Icon name="list"/>{goes}</button>
                <NeedsServer last=desk.last><Answers desk=desk transfer=transfer/></NeedsServer>
            </footer>
            <Dialog open=showing title=title wide=true><div class="dialog-body"><Contents contents=contents.clone()/></div></Dialog>
        </article>
    }
}

#[component]
fn Answers(desk: Desk, transfer: Transfer) -> impl IntoView {
    let busy = RwSignal::new(false);
    let id = transfer.id;
    let answer = move |path: String, body: Option<AnswerTransfer>| {
        busy.set(true);
        spawn_local(async move {
            let done = server::ask::<serde_json::Value>(Method::POST, &path, body.as_ref()).await;
            desk.problem.try_set(done.err().map(|problem| problem.message));
            busy.try_set(false);
            desk.refresh();
        });
    };
    let open = transfer.status == TransferStatus::Offered;
    let accept = move |_| answer(desk.path("/accept"), Some(AnswerTransfer { transfer: id }));
    let decline = move |_| answer("/api/transfers/decline".to_owned(), Some(AnswerTransfer { transfer: id }));
    let cancel = move |_| answer(desk.path(&format!("/{id}/cancel")), None);
    match (open, transfer.incoming) {
        (true, true) => view! {
            <button class="button small" prop:disabled=move || busy.get() on:click=decline>"Decline"</button>
            <button class="button small primary" prop:disabled=move || busy.get() aria-busy=move || busy.get().to_string() on:click=accept>"Accept into this account"</button>
        }
        .into_any(),
        (true, false) => view! { <button class="button small" prop:disabled=move || busy.get() on:click=cancel>"Take back"</button> }.into_any(),
        (false, _) => ().into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_words() {
        for status in TransferStatus::ALL {
            assert!(!status_words(status).0.is_empty());
        }
    }
}
