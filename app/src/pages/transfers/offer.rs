//! Offering: which integrations, to whom, and what goes with them before anything is sent.

use std::collections::BTreeSet;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::{Id, Kind};
use tombolo_wire::rest::{OfferTransfer, PreviewTransfer, TransferContents, TransferOffered};

use super::Desk;
use super::preview::{Contents, Obstacles};
use crate::browser::{clipboard, page, server};
use crate::components::{Field, Icon, described_by};
use crate::state::App;
use crate::words;

const FIELD: &str = "transfer-email";

/// What is being put together.
#[derive(Clone, Copy)]
struct Draft {
    desk: Desk,
    chosen: RwSignal<BTreeSet<Id>>,
    email: RwSignal<String>,
    copy: RwSignal<bool>,
    preview: RwSignal<Option<TransferContents>>,
    problem: RwSignal<Option<String>>,
    link: RwSignal<Option<TransferOffered>>,
    busy: RwSignal<bool>,
}

impl Draft {
    fn integrations(self) -> Vec<Id> {
        self.chosen.with_untracked(|chosen| chosen.iter().copied().collect())
    }

    /// Chooses one or not, and asks what goes now.
    fn choose(self, id: Id, on: bool) {
        self.chosen.update(|chosen| {
            if on {
                chosen.insert(id);
            } else {
                chosen.remove(&id);
            }
        });
        self.problem.set(None);
        let integrations = self.integrations();
        if integrations.is_empty() {
            self.preview.set(None);
            return;
        }
        spawn_local(async move {
            let body = PreviewTransfer { integrations: integrations.clone() };
            let asked = server::ask::<TransferContents>(Method::POST, &self.desk.path("/preview"), Some(&body)).await;
            // Another choice was made meanwhile: its own answer is on the way.
            if self.chosen.try_with_untracked(|chosen| !chosen.iter().eq(integrations.iter())).unwrap_or(true) {
                return;
            }
            match asked {
                Ok(contents) => drop(self.preview.try_set(Some(contents))),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }

    fn send(self) {
        if let Some(wrong) = self.email.with_untracked(|email| words::email_problem(email)) {
            self.problem.set(Some(wrong));
            page::focus_soon(vec![FIELD.to_owned()]);
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        let body = OfferTransfer {
            integrations: self.integrations(),
            email: self.email.get_untracked().trim().to_owned(),
            copy_shared: self.copy.get_untracked(),
        };
        spawn_local(async move {
            match server::ask::<TransferOffered>(Method::POST, &self.desk.path(""), Some(&body)).await {
                Ok(offered) => {
                    self.link.try_set(Some(offered));
                    self.desk.refresh();
                }
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
            self.busy.try_set(false);
        });
    }
}

/// The dialog.
#[component]
pub(super) fn Offer(desk: Desk, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let draft = Draft {
        desk,
        chosen: RwSignal::new(BTreeSet::new()),
        email: RwSignal::new(String::new()),
        copy: RwSignal::new(false),
        preview: RwSignal::new(None),
        problem: RwSignal::new(None),
        link: RwSignal::new(None),
        busy: RwSignal::new(false),
    };
    let integrations = Memo::new(move |_| app.of_kind(Kind::Integration));
    let blocked = Signal::derive(move || {
        let shared = draft.preview.with(|preview| preview.as_ref().is_none_or(|all| !all.shared.is_empty()));
        draft.busy.get() || draft.chosen.with(BTreeSet::is_empty) || (shared && !draft.copy.get())
    });
    let none = move || {
        integrations
            .with(Vec::is_empty)
            .then(|| view! { <p class="muted">"There are no integrations yet: make one first."</p> })
    };
    let choices = move || {
        integrations.get().into_iter().map(|row| {
            let id = row.id;
            view! { <label class="row"><input type="checkbox" prop:checked=move || draft.chosen.with(|chosen| chosen.contains(&id)) on:change=move |event| draft.choose(id, event_target_checked(&event))/>{row.name}</label> }
        }).collect_view()
    };
    view! {
        <div class="dialog-body">
            {move || match draft.link.get() {
                Some(offered) => view! { <Sent who=draft.email.get_untracked().trim().to_owned() offered=offered open=open/> }.into_any(),
                None => view! {
                    <fieldset class="choices"><legend>"Integrations"</legend>{choices}{none}</fieldset>
                    {move || draft.preview.get().map(|contents| {
                        let shared = contents.shared.clone();
                        view! {
                            {(!shared.is_empty()).then(|| view! { <Obstacles shared=shared copy=draft.copy/> })}
                            <Contents contents=contents copies=draft.copy/>
                        }
                    })}
                    <Field label="Email of who takes them" name=FIELD help="Credentials, runs, history and members stay with you." error=Signal::derive(move || draft.problem.get())>
                        <input class="input" id=FIELD type="email" autocomplete="off" aria-required="true" aria-describedby=described_by(FIELD) aria-invalid=move || draft.problem.with(Option::is_some).to_string() prop:value=move || draft.email.get() on:input=move |event| draft.email.set(event_target_value(&event))/>
                    </Field>
                    <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Cancel"</button>
                        <button class="button primary" prop:disabled=blocked aria-busy=move || draft.busy.get().to_string() on:click=move |_| draft.send()><Icon name="send"/>"Send offer"</button></footer>
                }.into_any(),
            }}
        </div>
    }
}

/// The link, shown once.
#[component]
fn Sent(who: String, offered: TransferOffered, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let origin = window().location().origin().unwrap_or_default();
    let link = format!("{origin}{}", offered.link);
    let says = match offered.mailed {
        true => format!("The offer is sent to {who}. This is its link, should the letter get lost."),
        false => format!("Give this link to {who}."),
    };
    let shown = link.clone();
    let select = |event: leptos::ev::FocusEvent| event_target::<web_sys::HtmlInputElement>(&event).select();
    let copy = move |_| {
        let link = link.clone();
        spawn_local(async move {
            match clipboard::copy(&link).await {
                Ok(()) => app.toasts.say("The link is copied."),
                Err(_) => app.toasts.fail("The browser did not take the link. Select it and copy it by hand."),
            }
        });
    };
    view! {
        <div class="banner invited" role="status"><Icon name="link"/>
            <div class="grow"><p>{says}" It is shown once, good for 14 days, and only they can use it. Until they accept, everything stays as it is."</p>
                <input class="input code" readonly aria-label="Link of the offer" prop:value=shown on:focus=select/></div>
            <button class="button" type="button" on:click=copy><Icon name="copy"/>"Copy link"</button>
        </div>
        <footer class="dialog-foot"><button class="button primary" on:click=move |_| open.set(false)>"Done"</button></footer>
    }
}
