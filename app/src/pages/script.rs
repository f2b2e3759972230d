//! A script, typed in by one or by several people at once; what is wrong with it, and a place to try it.

mod check;
mod try_it;

use leptos::prelude::*;
use leptos_router::components::A;
use tombolo_model::{Id, Intent};

use super::bin::BinnedBanner;
use super::playground::stubs;
use super::{NotFound, Unopened, id_param};
use crate::browser::page;
use crate::components::editor::Stub;
use crate::components::{
    CodeEditor, ConflictBadge, DocNotices, HistoryDialog, Icon, LiveName, Menu, MenuItem, PeopleHere, UndoButtons,
};
use crate::state::{Doc, Evaluator, use_document};
use check::{Problems, checked};
use try_it::TryIt;

/// Where the text of a script is.
const CONTENT: &str = "/content";

/// The page of the script in the address.
#[component]
pub(crate) fn ScriptPage() -> impl IntoView {
    let id = id_param("id");
    move || match id.get() {
        Some(id) => view! { <Script id=id/> }.into_any(),
        None => NotFound().into_any(),
    }
}

/// What is put behind a text, so that a function stands on lines of its own.
fn behind(text: &str, code: &str) -> String {
    let gap = match text {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    format!("{gap}{}\n", code.trim())
}

/// Puts a function at the end of the script.
fn insert(doc: Doc, stub: &Stub) {
    let Some((text, heads)) = doc
        .view
        .with_untracked(|view| view.as_ref().map(|view| (crate::state::text_at(view, CONTENT), view.heads.clone())))
    else {
        return;
    };
    let (at, insert) = (text.encode_utf16().count(), behind(&text, stub.code));
    doc.edit(vec![Intent::Splice { path: CONTENT.to_owned(), at, delete: 0, insert, heads }]);
}

#[component]
fn Script(id: Id) -> impl IntoView {
    let doc = use_document(id);
    doc.here(None, None);
    page::title(move || doc.text("/name"));
    let open = Memo::new(move |_| doc.view.with(Option::is_some));
    let history = RwSignal::new(false);
    let evaluator = StoredValue::new_local(Evaluator::start(RwSignal::default()));
    on_cleanup(move || {
        evaluator.try_with_value(Evaluator::end);
    });
    let content = Memo::new(move |_| doc.text(CONTENT));
    let problems = checked(content, evaluator);
    let go = RwSignal::new(None::<(u32, u32)>);
    view! {
        <Show when=move || doc.error.with(Option::is_none) fallback=move || view! { <Unopened doc=doc/> }>
            <div class="editor-head">
                <nav class="crumbs wide-only" aria-label="Path"><A href="/scripts">"Scripts"</A><Icon name="chevron-right" small=true/></nav>
                <div class="title-line"><LiveName doc=doc action="Rename script"/><ConflictBadge doc=doc/></div>
                <span class="grow"></span>
                <PeopleHere id=id/>
                <UndoButtons doc=doc/>
                <InsertFunction doc=doc/>
                <Menu id="script-menu" label="More" face=view! { <Icon name="ellipsis"/> }.into_any()>
                    <MenuItem on_choose=Callback::new(move |()| history.set(true))><Icon name="history"/>"History"</MenuItem>
                </Menu>
            </div>
            <HistoryDialog doc=doc open=history/>
            <BinnedBanner id=id says="This script is in the recycle bin. Nothing runs it."/>
            <DocNotices id=id/>
            {move || open.get().then(|| view! { <CodeEditor doc=doc path=CONTENT label="Content" go=go/> })}
            <div class="script-foot">
                <Problems problems=problems go=go/>
                <TryIt content=content/>
            </div>
        </Show>
    }
}

/// The functions that a flow, a step or a form calls, as a beginning.
#[component]
fn InsertFunction(doc: Doc) -> impl IntoView {
    let closed = Signal::derive(move || (!doc.writable.get()).then(|| "You may look, not change.".to_owned()));
    view! {
        <Menu id="insert-function" label="Insert a function" class="button" face=view! { <Icon name="plus"/>"Function" }.into_any()>
            {stubs().iter().map(|stub| view! {
                <MenuItem blocked=closed on_choose=Callback::new(move |()| insert(doc, stub))>{stub.name}</MenuItem>
            }).collect_view()}
        </Menu>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_is_inserted_stands_on_lines_of_its_own() {
        assert_eq!(behind("", "\nfunction f() {}\n"), "function f() {}\n");
        assert_eq!(behind("a();", "f"), "\n\nf\n");
        assert_eq!(behind("a();\n", "f"), "\nf\n");
        assert_eq!(behind("a();\n\n", "f"), "f\n");
    }
}
