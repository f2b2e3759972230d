//! The editors of the playground inside the resources that they are about: beside a field that has one is a way into
//! it. What is written there is written into the resource as it is typed, as in the field itself.

mod answered;
mod bind;
mod came;
mod connection;
pub(super) mod graphql;
mod headers;
mod known;
mod object;
mod options;
mod places;
mod script;
mod start;

use leptos::prelude::*;

use super::{InnerFrame, bench_of};
use crate::browser::page;
use crate::components::editor::{Content, Editor, Saved, leave_full};
use crate::components::{Dialog, Icon, Typed};
use crate::state::{App, Doc, Evaluator};
use connection::LateConnection;
use graphql::Body;
use places::{Place, Shown, places};
pub(crate) use script::ScriptDoor;
use start::{Start, StartNote};

/// The ways into the editors of a field, where it has some.
#[component]
pub(crate) fn Door(
    doc: Doc,
    /// Where the field is.
    #[prop(into)]
    path: String,
    label: &'static str,
    /// What is typed in the field, where it is a text.
    #[prop(optional)]
    text: Option<Callback<(), Typed>>,
) -> impl IntoView {
    let all: Vec<_> = places(&path).collect();
    if all.is_empty() {
        return None;
    }
    let path = StoredValue::new(path);
    let ways = all.into_iter().map(|place| view! { <Way doc=doc place=place path=path label=label text=text/> });
    Some(view! { <div class="to-editors">{ways.collect_view()}</div> })
}

#[component]
fn Way(
    doc: Doc,
    place: &'static Place,
    path: StoredValue<String>,
    label: &'static str,
    text: Option<Callback<(), Typed>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let found = move || {
        if !doc.kind.get().is_some_and(|kind| place.is_of(kind)) {
            return None;
        }
        let own = || path.try_with_value(|path| doc.text(path)).unwrap_or_default();
        (place.editor)(&|at| if at.is_empty() { own() } else { doc.text(at) })
    };
    // While it is open it stays, whatever becomes of the field in it.
    let there = Memo::new(move |_| found().is_some() || open.get());
    let named = place.words.is_empty();
    let words = if named { "Editor" } else { place.words };
    let title = if named { label } else { place.words };
    view! {
        <Show when=move || there.get()>
            <button class="link to-editor" type="button" aria-haspopup="dialog" aria-label=named.then(|| format!("Editor of {label}")) title="Try it with a record, and see what comes of it" on:click=move |_| open.set(true)>
                <Icon name="maximize" small=true/>{words}
            </button>
            <Dialog open=open title=title vast=true>
                {move || untrack(found).map(|editor| view! { <Inside doc=doc place=place editor=editor path=path text=text/> })}
            </Dialog>
        </Show>
    }
}

/// The editor, with what the resource says.
#[component]
fn Inside(
    doc: Doc,
    place: &'static Place,
    editor: &'static Editor,
    path: StoredValue<String>,
    text: Option<Callback<(), Typed>>,
) -> impl IntoView {
    let helpers = RwSignal::default();
    let evaluator = StoredValue::new_local(Evaluator::start(helpers));
    on_cleanup(move || {
        evaluator.try_with_value(Evaluator::end);
    });
    let typed = bind::typed(doc, place.shown, path, text);
    let known = path.with_value(|path| known::at_hand(doc, place, editor, path));
    let example = editor.examples.first().map(|example| example.input.to_owned()).unwrap_or_default();
    let input = known.as_ref().map_or_else(|| example.clone(), |known| known.input.clone());
    let rules = untrack(|| typed.map(|typed| typed.shown().0).unwrap_or_default());
    let is_query = editor.eval == "graphql";
    let content = Content::new(if is_query {
        let body = Body::read(&rules).unwrap_or_default();
        Saved { options: bind::query_options(&body), rules: body.query, input }
    } else {
        let options = untrack(|| options::options_of(doc, editor, &|name| place.option(name, &|at| doc.text(at))));
        Saved { rules, input, options }
    });
    let start = Start::new(content, known, example);
    start.ask(known::asked_for(doc, place, editor));
    let writable = doc.writable.get_untracked();
    if writable {
        match typed {
            Some(typed) if is_query => bind::query(typed, content),
            Some(typed) => bind::rules(typed, content.rules),
            None => {}
        }
        if !is_query {
            options::keep(doc, place, editor, content);
        }
        tell_what_is_lost(doc.app, place, content);
    }
    let of_requests = matches!(editor.eval, "httpRequest" | "sql");
    let late = of_requests.then(|| connection::put_into(doc, start)).flatten();
    page::focus_when_there(vec![editor.beginning()]);
    let full = RwSignal::new(false);
    view! {
        <div class="inside" class:full=full on:keydown=move |event| leave_full(full, &event)>
        {(!writable).then(|| view! { <p class="play-note">"You may look, not change: what you write here is tried, and not kept."</p> })}
        {editor.input.is_some().then(|| view! { <StartNote start=start editor=editor/> })}
        {late.map(|late| view! { <LateConnection late=late content=content/> })}
        <InnerFrame editor=editor content=content bench=bench_of(|| None) evaluator=evaluator helpers=helpers full=full/>
        </div>
    }
}

/// Of rules that are several fields, what is no JSON cannot be kept, nor a field that there is not: whoever leaves them so
/// hears it.
fn tell_what_is_lost(app: App, place: &'static Place, content: Content) {
    if matches!(place.shown, Shown::Text | Shown::Other(_) | Shown::Nothing) {
        return;
    }
    on_cleanup(move || {
        let lost = content.rules.try_with_untracked(|rules| bind::unkept(place.shown, rules)).flatten();
        if let Some(why) = lost {
            app.toasts.fail(why);
        }
    });
}
