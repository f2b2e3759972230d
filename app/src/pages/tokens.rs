//! API tokens: what programs come in with. The server makes, keeps and checks them; this page asks it every time.

mod access;
mod form;
mod line;
mod made;
mod token;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use tombolo_model::{Action, Id, Kind};
use tombolo_wire::rest::{Member, Members};
use tombolo_wire::store::{AccountInfo, CallError};

use crate::browser::{page, server};
use crate::components::{AsOf, Dialog, Icon, NeedsServer};
use crate::state::{App, LastKnown};
use crate::words;
use form::{Create, Edit};
use line::{Asking, Line, Question};
use made::Made;
use token::Token;

/// The page.
#[component]
pub(crate) fn TokensPage() -> impl IntoView {
    let app = App::here();
    page::title(|| "API tokens".into());
    let account = Memo::new(move |_| app.account.get());
    move || {
        match account.get() {
        None => ().into_any(),
        Some(account) if account.local => view! {
            <div class="page-head"><div><h1>"API tokens"</h1></div></div>
            <div class="empty"><span class="kind"><Icon name="key-round"/></span><h2>"Sign in first"</h2>
                <p>"Programs reach an account over its server. This one is on this device alone, where no program can call it."</p>
                <A href="/sign-in" attr:class="button primary">"Sign in"</A></div>
        }
        .into_any(),
        Some(account) => view! { <List account=account/> }.into_any(),
    }
    }
}

/// What is known of the account's tokens, and how to hear it again.
#[derive(Clone, Copy)]
struct Ring {
    account: Id,
    /// The person who looks.
    me: Option<Id>,
    /// Whether they make tokens of the account, or only personal ones.
    administers: bool,
    tokens: RwSignal<Option<Vec<Token>>>,
    last: LastKnown,
    /// The members; nothing while they are not known.
    people: RwSignal<Option<Vec<Member>>>,
    people_last: LastKnown,
    problem: RwSignal<Option<String>>,
    /// The name and text of the token that was just made.
    made: RwSignal<Option<(String, String)>>,
}

impl Ring {
    fn refresh(self) {
        spawn_local(async move {
            let take = |found: Option<Vec<Token>>| drop(self.tokens.try_set(Some(found.unwrap_or_default())));
            match self.last.hear_rest(self.account, "/v1/accesstokens", take).await {
                Ok(()) => drop(self.problem.try_set(None)),
                Err(error) => drop(self.problem.try_set(Some(error.message))),
            }
        });
    }

    /// Asks a route below `/v1/accesstokens`.
    async fn ask<R: serde::de::DeserializeOwned>(
        self,
        method: Method,
        rest: &str,
        body: Option<&impl serde::Serialize>,
    ) -> Result<R, CallError> {
        server::ask_rest(self.account, method, &format!("/v1/accesstokens{rest}"), body).await
    }

    /// Whose names stand beside the tokens. Who may not see the members sees their own tokens alone.
    fn meet(self) {
        spawn_local(async move {
            let path = format!("/api/accounts/{}/members", self.account);
            let take = |found: Members| drop(self.people.try_set(Some(found.members)));
            if let Err(error) = self.people_last.hear(&path, take).await {
                self.problem.try_set(Some(error.message));
            }
        });
    }

    /// A person by name.
    fn whose(self, user: Id) -> String {
        if self.me == Some(user) {
            return "You".to_owned();
        }
        self.people.with(|people| {
            let Some(people) = people else { return "Another member".to_owned() };
            let found = people.iter().find(|person| person.user == Some(user));
            found.map_or_else(|| "Somebody who left".to_owned(), |person| person.name.clone())
        })
    }
}

#[component]
fn List(account: AccountInfo) -> impl IntoView {
    let app = App::here();
    let last = LastKnown::new(app);
    let ring = Ring {
        account: account.id,
        me: account.user.as_ref().map(|user| user.id),
        administers: account.role.may(Action::ManageMembers, Kind::Integration),
        tokens: RwSignal::new(None),
        last,
        people: RwSignal::new(None),
        people_last: LastKnown::new(app),
        problem: RwSignal::new(None),
        made: RwSignal::new(None),
    };
    let meets = account.role.may(Action::ReadMembers, Kind::Integration);
    let hear = move || {
        ring.refresh();
        if meets {
            ring.meet();
        }
    };
    hear();
    last.follow(hear);
    let creating = RwSignal::new(false);
    let some = move || ring.tokens.with(|tokens| tokens.as_ref().is_some_and(|all| !all.is_empty()));
    let none = move || ring.tokens.with(|tokens| tokens.as_ref().is_some_and(Vec::is_empty));
    let says = move || match ring.tokens.with(|tokens| tokens.as_ref().map(Vec::len)) {
        Some(many) => words::count(many, "token"),
        None => "\u{a0}".to_owned(),
    };
    view! {
        <div class="page-head">
            <div><h1>"API tokens"</h1><p class="sub">{says}</p></div>
            <div class="actions">
                <a class="button" href="/v1/docs" rel="external"><Icon name="external-link"/>"Read about the API"</a>
                <NeedsServer last=last><button class="button primary" on:click=move |_| creating.set(true)><Icon name="plus"/>"Create token"</button></NeedsServer>
            </div>
        </div>
        <AsOf last=last/>
        <div class="page-body">
            {move || ring.problem.get().map(|problem| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{problem}</p></div> })}
            {move || ring.made.get().map(|(name, text)| view! { <Made ring=ring says=made::sentence(&name) text=text/> })}
        </div>
        <Show when=some><Table ring=ring/></Show>
        <Show when=none>
            <div class="empty"><span class="kind"><Icon name="key-round"/></span><h2>"No token yet"</h2>
                <p>"A program that reads or changes this account over its REST API needs a token. Its text is shown once, when you create it."</p></div>
        </Show>
        <Dialog open=creating title="Create token" wide=true><Create ring=ring open=creating/></Dialog>
    }
}

#[component]
fn Table(ring: Ring) -> impl IntoView {
    let asking = RwSignal::new(None::<Asking>);
    let (asked, editing) = (RwSignal::new(false), RwSignal::new(false));
    // Each dialog shows what was chosen last, and stays what it is while it closes.
    Effect::new(move |_| match asking.get() {
        Some(Asking::Edit(_)) => editing.set(true),
        Some(_) => asked.set(true),
        None => {}
    });
    Effect::new(move |_| {
        if !asked.get() && !editing.get() && asking.with_untracked(Option::is_some) {
            asking.set(None);
        }
    });
    let edit = move || match asking.get() {
        Some(Asking::Edit(token)) => Some(view! { <Edit ring=ring token=token open=editing/> }),
        _ => None,
    };
    let title = Signal::derive(move || asking.with(|asking| asking.as_ref().map_or_else(String::new, Asking::title)));
    let question = move || match asking.get() {
        Some(Asking::Edit(_)) | None => None,
        Some(asking) => Some(view! { <Question ring=ring asking=asking open=asked/> }),
    };
    view! {
        <NeedsServer last=ring.last>
        <div class="table-wrap">
            <table class="table tokens" aria-label="API tokens">
                <thead><tr><th>"Name"</th><th>"Status"</th><th data-rank="2">"Access"</th><th data-rank="2">"Whose"</th><th data-rank="3">"Last used"</th><th data-rank="3">"Ends"</th><th><span class="sr">"Actions"</span></th></tr></thead>
                <tbody><For each=move || ring.tokens.get().unwrap_or_default() key=Token::clone let:token><Line ring=ring token=token asking=asking/></For></tbody>
            </table>
        </div>
        </NeedsServer>
        <Dialog open=asked title=title>{question}</Dialog>
        <Dialog open=editing title="Edit token" wide=true>{edit}</Dialog>
    }
}
