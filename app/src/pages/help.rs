//! Help: the guide and the release notes, which are part of the page and open without a network; and who else helps.
//!
//! Where the operator of the server has named a page for something, the entry leads there. Where not, the person writes
//! what they would have said there, and it waits on this device until the server takes it.

mod links;
mod read;
mod text;
mod write;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_query_map};
use tombolo_wire::rest::{FeedbackKind, Links};

use crate::browser::page;
use crate::components::{Dialog, Icon};
use crate::state::App;
pub(crate) use read::{GuidePage, NewsPage};
use write::{Waiting, Write, about};

/// An entry that leads to a page of the operator's, or to a message.
struct Entry {
    title: &'static str,
    says: &'static str,
    icon: &'static str,
    /// What is written where no page is named.
    kind: FeedbackKind,
    /// What that is called on its button.
    write: &'static str,
    page: fn(&Links) -> Option<&String>,
}

const ENTRIES: [Entry; 4] = [
    Entry {
        title: "Community",
        says: "People who use Tombolo help each other.",
        icon: "messages-square",
        kind: FeedbackKind::Question,
        write: "Ask a question",
        page: |links| links.community.as_ref(),
    },
    Entry {
        title: "Ticket",
        says: "Something does not work: tell what you did, what you expected and what came.",
        icon: "life-buoy",
        kind: FeedbackKind::Ticket,
        write: "Write a ticket",
        page: |links| links.tickets.as_ref(),
    },
    Entry {
        title: "Courses",
        says: "Learn to build integrations step by step.",
        icon: "graduation-cap",
        kind: FeedbackKind::Course,
        write: "Wish for a course",
        page: |links| links.courses.as_ref(),
    },
    Entry {
        title: "Ideas",
        says: "What is planned, and what you wish for.",
        icon: "lightbulb",
        kind: FeedbackKind::Idea,
        write: "Tell an idea",
        page: |links| links.ideas.as_ref(),
    },
];

/// The page; `?write=` opens a message of that kind.
#[component]
pub(crate) fn HelpPage() -> impl IntoView {
    page::title(|| "Help".into());
    let links = links::known(App::here());
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let name = query.with(|query| query.get("write"))?;
        FeedbackKind::ALL.into_iter().find(|kind| kind.name() == name)
    });
    let writing = RwSignal::new(None::<FeedbackKind>);
    let open = RwSignal::new(false);
    let write = Callback::new(move |kind: FeedbackKind| {
        writing.set(Some(kind));
        open.set(true);
    });
    let navigate = StoredValue::new_local(use_navigate());
    Effect::new(move |_| {
        if let Some(kind) = asked.get() {
            write.run(kind);
        }
    });
    // The address asks once: closed and loaded anew, the message does not open again.
    Effect::new(move |was: Option<bool>| {
        let is = open.get();
        if was == Some(true) && !is && asked.get_untracked().is_some() {
            let replace = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate.with_value(|navigate| navigate("/help", replace));
        }
        is
    });
    view! {
        <div class="page-head">
            <div><h1>"Help"</h1><p class="sub">"The guide and the release notes are here without a network too."</p></div>
            <div class="actions"><button class="button" on:click=move |_| write.run(FeedbackKind::Feedback)><Icon name="message-square"/>"Send feedback"</button></div>
        </div>
        <div class="page-body help-page">
            <Waiting/>
            <ul class="help-entries">
                <Bundled title="Guide" says="How to connect, build, map, run and share, in short." icon="book-open" to="/help/guide"/>
                <Bundled title="What is new" says="What came with this version and the ones before." icon="newspaper" to="/help/news"/>
                {ENTRIES.into_iter().map(|entry| view! { <Other entry=entry links=links write=write/> }).collect_view()}
            </ul>
        </div>
        {move || writing.get().map(|kind| view! { <Dialog open=open title=about(kind)><Write kind=kind open=open/></Dialog> })}
    }
}

#[component]
fn Bundled(title: &'static str, says: &'static str, icon: &'static str, to: &'static str) -> impl IntoView {
    view! {
        <li class="card"><span class="kind"><Icon name=icon/></span><h2><A href=to>{title}</A></h2><p class="muted">{says}</p></li>
    }
}

#[component]
fn Other(entry: Entry, links: RwSignal<Links>, write: Callback<FeedbackKind>) -> impl IntoView {
    let Entry { title, says, icon, kind, write: words, page } = entry;
    let to = Memo::new(move |_| links.with(|links| page(links).cloned()));
    let way = move || {
        match to.get() {
        Some(to) => view! { <a class="link row" href=to target="_blank" rel="noopener noreferrer"><Icon name="external-link" small=true/>"Open, needs a network"</a> }.into_any(),
        None => view! { <button class="button small" on:click=move |_| write.run(kind)>{words}</button> }.into_any(),
    }
    };
    view! { <li class="card"><span class="kind"><Icon name=icon/></span><h2>{title}</h2><p class="muted">{says}</p>{way}</li> }
}
