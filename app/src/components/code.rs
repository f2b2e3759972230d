//! A text in the code editor, typed in by one or by several people at once.
//!
//! The editor keeps one batch on its way; this side adds the heads that it was made at, so that the store
//! applies it to exactly the text that was on the screen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use leptos::html;
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::json;
use tombolo_model::{Intent, View};
use tombolo_wire::store::TextSplice;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::components::people::at_document;
use crate::state::{App, Doc, text_at};
use crate::words;

#[wasm_bindgen(inline_js = "export function loadEditor() { return import('/assets/editor.js'); }")]
extern "C" {
    #[wasm_bindgen(js_name = loadEditor)]
    fn load_editor() -> Promise;
}

#[derive(Deserialize)]
struct Batch {
    at: usize,
    delete: usize,
    insert: String,
}

/// The editor's handle, once it is there.
type Handle = Rc<RefCell<Option<JsValue>>>;

/// Which batches were sent, and which of them the document is known to have.
#[derive(Default)]
struct Batches {
    sent: Cell<u64>,
    landed: Cell<u64>,
}

impl Batches {
    fn send(&self) -> u64 {
        self.sent.set(self.sent.get() + 1);
        self.sent.get()
    }

    /// Notes that a batch was answered; false when that was known.
    fn land(&self, batch: u64) -> bool {
        let news = self.landed.get() < batch;
        self.landed.set(self.landed.get().max(batch));
        news
    }

    fn idle(&self) -> bool {
        self.landed.get() == self.sent.get()
    }
}

fn tell(handle: &Handle, method: &str, argument: &JsValue) {
    let editor = handle.borrow().clone();
    let Some(editor) = editor else { return };
    let called = Reflect::get(&editor, &method.into())
        .and_then(|function| function.dyn_into::<Function>()?.call1(&editor, argument));
    if let Err(error) = called {
        leptos::logging::error!("the editor does not {method}: {error:?}");
    }
}

/// What the editor needs to send its batches and to hear of the others'.
#[derive(Clone)]
struct Link {
    doc: Doc,
    path: &'static str,
    handle: Handle,
    heads: Rc<RefCell<Vec<String>>>,
    batches: Rc<Batches>,
    /// The component is gone; what was typed in it may still be on its way.
    left: Rc<Cell<bool>>,
    /// The document is kept open for this.
    holds: Rc<Cell<bool>>,
}

impl Link {
    fn new(doc: Doc, path: &'static str) -> Self {
        doc.hold();
        let heads = doc.view.with_untracked(|view| view.as_ref().map(|view| view.heads.clone()).unwrap_or_default());
        Self {
            doc,
            path,
            handle: Handle::default(),
            heads: Rc::new(RefCell::new(heads)),
            batches: Rc::default(),
            left: Rc::default(),
            holds: Rc::new(Cell::new(true)),
        }
    }

    /// Passes a change of the document on to the editor.
    fn hear(&self, view: &View, splices: &[TextSplice], own: bool) {
        self.heads.borrow_mut().clone_from(&view.heads);
        let mine: Vec<_> = splices.iter().filter(|splice| splice.path == self.path).collect();
        if mine.is_empty() {
            // After a refusal the document is another one, and nothing says in which stretches. This tab edits other
            // fields too, and such a change says nothing of the batch.
            let now = text_at(view, self.path);
            if !own && self.known().is_some_and(|(known, _)| known != now) {
                tell(&self.handle, "reset", &now.into());
            }
        } else if own {
            self.batches.land(self.batches.sent.get());
            tell(&self.handle, "settled", &text_at(view, self.path).into());
        } else {
            let list: Vec<_> = mine
                .iter()
                .map(|splice| json!({"at": splice.at, "delete": splice.delete, "insert": splice.insert}))
                .collect();
            tell(&self.handle, "remote", &serde_json::Value::Array(list).to_string().into());
        }
    }

    /// The text and the heads that this screen has heard of.
    fn known(&self) -> Option<(String, Vec<String>)> {
        let read = |view: &View| (text_at(view, self.path), view.heads.clone());
        self.doc.view.try_with_untracked(|view| view.as_ref().map(|view| read(view))).flatten()
    }

    /// The batch was answered and nothing else has said what came of it: the document does. An editor that is gone
    /// hears of the document in no other way.
    fn answered(&self) {
        if let Some((text, heads)) = self.known() {
            *self.heads.borrow_mut() = heads;
            tell(&self.handle, "settled", &text.into());
        }
    }

    /// Takes the editor off the page. The document stays open until everything typed is in it.
    fn leave(&self) {
        self.left.set(true);
        tell(&self.handle, "destroy", &JsValue::UNDEFINED);
        self.let_go();
    }

    /// Lets go of the document once the editor is gone and nothing is on its way.
    fn let_go(&self) {
        if self.left.get() && self.batches.idle() && self.holds.replace(false) {
            self.doc.release();
        }
    }
}

/// The editor of one text of a document.
#[component]
pub(crate) fn CodeEditor(
    doc: Doc,
    path: &'static str,
    label: &'static str,
    /// Where the cursor is put whenever this is set: line and column, from 1.
    #[prop(optional, into)]
    go: Signal<Option<(u32, u32)>>,
) -> impl IntoView {
    let app = App::here();
    let parent = NodeRef::<html::Div>::new();
    let ready = RwSignal::new(false);
    let link = Link::new(doc, path);
    {
        let link = link.clone();
        doc.on_splices(move |view, splices, own| link.hear(view, splices, own));
    }
    {
        let handle = Rc::clone(&link.handle);
        Effect::new(move |_| {
            ready.track();
            let here = app.sync.with(|sync| at_document(&sync.people, doc.id));
            let shown: Vec<_> = here
                .iter()
                .filter(|person| person.field.as_deref() == Some(path))
                .filter_map(|person| Some(json!({"name": person.user.name, "color": words::tint(&person.user.email), "head": person.cursor?.1})))
                .collect();
            tell(&handle, "people", &serde_json::Value::Array(shown).to_string().into());
        });
    }
    {
        let handle = Rc::clone(&link.handle);
        Effect::new(move |_| {
            if let Some((line, column)) = go.get() {
                tell(&handle, "goto", &json!({"line": line, "column": column}).to_string().into());
            }
        });
    }
    let starting = link.clone();
    Effect::new(move |_| {
        let Some(parent) = parent.get() else { return };
        let link = starting.clone();
        spawn_local(async move {
            match start(parent.into(), label, link).await {
                Ok(()) => drop(ready.try_set(true)),
                Err(error) => app.toasts.fail(format!("The editor did not load ({error:?}). Reload the page.")),
            }
        });
    });
    let ending = StoredValue::new_local(link);
    on_cleanup(move || ending.with_value(Link::leave));
    view! { <div class="code-editor" node_ref=parent></div> }
}

async fn start(parent: web_sys::HtmlElement, label: &'static str, link: Link) -> Result<(), JsValue> {
    let (doc, path) = (link.doc, link.path);
    let module = JsFuture::from(load_editor()).await?;
    let create: Function = Reflect::get(&module, &"create".into())?.dyn_into()?;
    let sending = link.clone();
    let send = Closure::<dyn Fn(String)>::new(move |batch: String| push(&sending, &batch));
    let moved = Closure::<dyn Fn(bool, usize, usize)>::new(move |inside: bool, anchor: usize, head: usize| {
        doc.here(inside.then(|| path.to_owned()), inside.then_some((anchor, head)));
    });
    // The page may be gone by now; then there is nothing to edit.
    let Some((text, heads)) = link.known().filter(|_| !link.left.get()) else { return Ok(()) };
    // What came since the component was made is in this text, and these are its heads.
    *link.heads.borrow_mut() = heads;
    let arguments = js_sys::Array::of5(
        &parent.into(),
        &text.into(),
        &label.into(),
        &(!doc.writable.get_untracked()).into(),
        send.as_ref(),
    );
    arguments.push(moved.as_ref());
    let editor = create.apply(&JsValue::NULL, &arguments)?;
    *link.handle.borrow_mut() = Some(editor);
    // Both live as long as the editor, which the browser frees with the page's element.
    send.forget();
    moved.forget();
    Ok(())
}

fn push(link: &Link, batch: &str) {
    let Ok(batch) = serde_json::from_str::<Vec<Batch>>(batch) else {
        leptos::logging::error!("the editor sent no batch");
        return;
    };
    let heads = link.heads.borrow().clone();
    let intent = |splice: Batch| Intent::Splice {
        path: link.path.into(),
        at: splice.at,
        delete: splice.delete,
        insert: splice.insert,
        heads: heads.clone(),
    };
    let intents = batch.into_iter().map(intent).collect();
    let (link, number) = (link.clone(), link.batches.send());
    spawn_local(async move {
        // What was handed over is never sent again: the store keeps it and tries again by itself. Only what it did not
        // take is missing from the document, which is what the editor then shows.
        if let Err(error) = link.doc.try_edit(intents).await {
            link.doc.app.toasts.fail(error.message);
        }
        // A batch that changed nothing, because somebody else removed the same stretch, has no event of its own.
        if link.batches.land(number) {
            link.answered();
        }
        link.let_go();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_settles_once_however_it_is_heard_of() {
        let batches = Batches::default();
        let first = batches.send();
        assert!(batches.land(first), "its event came");
        let second = batches.send();
        assert!(!batches.land(first), "its reply came after the next one left, and settles nothing");
        assert!(!batches.idle(), "the second one is still on its way");
        assert!(batches.land(second) && batches.idle());
    }
}
