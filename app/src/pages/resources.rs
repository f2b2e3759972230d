//! The lists of all kinds of resource and the pages of single ones. One list and one page for all: what is special about
//! a kind is data, its words in `words::kinds` and its form in `tombolo_model::forms`.

mod address;
mod copy;
mod create;
mod debug;
mod menu;
mod page;
mod rows;
mod selection;
mod stub;
mod table;
mod used_by;
mod window;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use tombolo_model::Kind;
use tombolo_wire::store::Call;

use super::NotFound;
use crate::browser::page as title;
use crate::state::App;
use crate::words;
use crate::words::kinds::{self, KindWords};
use create::Create;
pub(crate) use page::{More, ResourcePage};
use table::ResourceTable;
pub(crate) use used_by::UsedBy;
pub(crate) use window::use_window;
pub(in crate::pages) use window::{Part, part};

/// The kind whose folder the address names.
fn folder_param() -> Memo<Option<&'static KindWords>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("folder").and_then(|folder| kinds::of_folder(&folder))))
}

/// The list in the address.
#[component]
pub(crate) fn ResourcesPage() -> impl IntoView {
    let kind = folder_param();
    move || match kind.get() {
        Some(words) => view! { <List words=words/> }.into_any(),
        None => NotFound().into_any(),
    }
}

#[component]
fn List(words: &'static KindWords) -> impl IntoView {
    let app = App::here();
    title::title(move || words.title.into());
    // What happened elsewhere meanwhile is heard when somebody looks.
    if words.kind == Kind::Connection && app.account.with_untracked(Option::is_some) {
        app.send(Call::Outages);
    }
    let all = Memo::new(move |_| app.of_kind(words.kind));
    let sub = move || {
        if app.account.with(Option::is_none) {
            return "\u{a0}".to_owned();
        }
        words::count(all.with(Vec::len), words.one)
    };
    view! {
        <div class="page-head">
            <div><h1>{words.title}</h1><p class="sub">{sub}</p></div>
            <div class="actions"><Create words=words/></div>
        </div>
        <Show when=move || app.account.with(Option::is_some)>
            <ResourceTable words=words all=all/>
        </Show>
    }
}
