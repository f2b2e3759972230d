//! Open documents: a view each, kept while any component shows it, and edits by intent.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::{Action, Id, Intent, Kind, Shape, View, shapes};
use tombolo_wire::store::{Call, CallError, Edited, OpenReply, TextSplice, UndoState};
use wasm_bindgen_futures::spawn_local;

use super::App;
use super::reading::read;
use super::values::{text_at, value_at};

/// A document that a component shows.
#[derive(Clone, Copy)]
pub(crate) struct Doc {
    /// Which.
    pub(crate) id: Id,
    /// What it shows; nothing while it opens.
    pub(crate) view: RwSignal<Option<Arc<View>>>,
    /// What kind of resource it is; nothing while it opens.
    pub(crate) kind: RwSignal<Option<Kind>>,
    /// This person may change it. Follows the role: a page that is open when it changes shows it.
    pub(crate) writable: Signal<bool>,
    /// Why it does not open.
    pub(crate) error: RwSignal<Option<CallError>>,
    /// What this tab may take back of it.
    pub(crate) undoable: RwSignal<UndoState>,
    /// The app it is shown in.
    pub(crate) app: App,
}

/// The code of the error of a document that was shown and has left the device.
pub(crate) const GONE: &str = "gone";

type OnSplices = Rc<dyn Fn(&View, &[TextSplice], bool)>;

#[derive(Clone)]
struct Held {
    view: RwSignal<Option<Arc<View>>>,
    kind: RwSignal<Option<Kind>>,
    writable: Signal<bool>,
    error: RwSignal<Option<CallError>>,
    undoable: RwSignal<UndoState>,
    users: usize,
    listeners: Vec<(u64, OnSplices)>,
}

/// The documents that are open anywhere in this tab.
#[derive(Clone, Copy)]
pub(crate) struct Documents {
    held: StoredValue<HashMap<Id, Held>, LocalStorage>,
    /// Signals made here outlive the component that happened to open the document first.
    owner: StoredValue<Owner>,
    next: StoredValue<u64>,
    /// The document that the others were told this person is at.
    present: StoredValue<Option<Id>>,
}

impl Documents {
    pub(super) fn new() -> Self {
        Self {
            held: StoredValue::new_local(HashMap::new()),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            next: StoredValue::new(1),
            present: StoredValue::new(None),
        }
    }

    /// Lets go of all of them: they belong to an account that is not shown any more. What that account did not have is
    /// looked for in the one that is shown now.
    pub(super) fn clear(self, app: App) {
        let held = self.held.try_update_value(std::mem::take).unwrap_or_default();
        held.values().for_each(|held| held.view.set(None));
        self.present.set_value(None);
        for (id, missing) in held.into_iter().filter(|(_, held)| held.error.with_untracked(Option::is_some)) {
            open(app, id, &missing);
            self.held.update_value(|all| drop(all.insert(id, missing)));
        }
    }

    /// Opens what did not open before and has come since.
    pub(super) fn came(self, app: App, rows: &[Id]) {
        for id in rows {
            let held = self.held.with_value(|all| all.get(id).cloned());
            if let Some(held) = held.filter(|held| held.error.with_untracked(Option::is_some)) {
                open(app, *id, &held);
            }
        }
    }

    /// These have left the device: whoever shows one says so, in place of what nobody keeps up to date any more.
    pub(super) fn gone(self, ids: &[Id]) {
        for id in ids {
            let Some(held) = self.held.with_value(|all| all.get(id).cloned()) else { continue };
            // What never was here is called that.
            if held.view.with_untracked(Option::is_some) {
                held.error.set(Some(CallError {
                    code: GONE.into(),
                    message: "It was deleted for good, or your access to it has ended.".into(),
                }));
                held.view.set(None);
            }
        }
    }

    fn hold(self, app: App, id: Id) -> (Held, bool) {
        if let Some(held) = self.held.with_value(|held| held.get(&id).cloned()) {
            return (held, false);
        }
        let held = self.owner.get_value().with(|| {
            let kind = RwSignal::new(None::<Kind>);
            Held {
                view: RwSignal::new(None),
                kind,
                writable: Signal::derive(move || kind.get().is_some_and(|kind| writable(app, id, kind))),
                error: RwSignal::new(None),
                undoable: RwSignal::new(UndoState::default()),
                users: 0,
                listeners: Vec::new(),
            }
        });
        (held, true)
    }

    /// One component less shows it. Returns whether that was the last.
    fn release(self, id: Id) -> bool {
        let last = self.held.try_update_value(|all| {
            let Some(held) = all.get_mut(&id) else { return false };
            held.users -= 1;
            let last = held.users == 0;
            if last {
                all.remove(&id);
            }
            last
        });
        last == Some(true)
    }

    pub(super) fn changed(self, id: Id, view: View, splices: &[TextSplice], own: bool, undo: UndoState) {
        let Some(held) = self.held.with_value(|held| held.get(&id).cloned()) else { return };
        held.listeners.iter().for_each(|(_, listener)| listener(&view, splices, own));
        held.view.set(Some(Arc::new(view)));
        held.undoable.set(undo);
    }
}

/// Opens a document for as long as the component lives.
pub(crate) fn use_document(id: Id) -> Doc {
    let app = App::here();
    let documents = app.documents;
    let (held, new) = documents.hold(app, id);
    let doc = Doc {
        id,
        view: held.view,
        kind: held.kind,
        writable: held.writable,
        error: held.error,
        undoable: held.undoable,
        app,
    };
    if new {
        open(app, id, &held);
    }
    documents.held.update_value(|all| all.entry(id).or_insert(held).users += 1);
    on_cleanup(move || doc.release());
    doc
}

fn open(app: App, id: Id, held: &Held) {
    let (view, kind, error, undoable) = (held.view, held.kind, held.error, held.undoable);
    spawn_local(async move {
        match app.call::<OpenReply>(Call::Open { id }).await {
            Ok(opened) => {
                kind.set(Some(opened.kind));
                view.set(Some(Arc::new(opened.view)));
                undoable.set(opened.undo);
                error.set(None);
            }
            Err(failed) => error.set(Some(failed)),
        }
    });
}

impl Doc {
    /// Keeps it open, for what must still hear of it when its component is gone, until [`Self::release`].
    pub(crate) fn hold(self) {
        self.app.documents.held.update_value(|all| {
            if let Some(held) = all.get_mut(&self.id) {
                held.users += 1;
            }
        });
    }

    /// Lets go of it; the last one closes it.
    pub(crate) fn release(self) {
        let documents = self.app.documents;
        if documents.release(self.id) {
            self.app.send(Call::Close { id: self.id });
            if documents.present.get_value() == Some(self.id) {
                documents.present.set_value(None);
                self.app.send(Call::Presence { document: None, field: None, cursor: None });
            }
        }
    }

    /// The value at a path, when there is one.
    pub(crate) fn at(self, path: &str) -> Option<Value> {
        read(self.view, |view| view.as_ref().and_then(|view| value_at(view, path).cloned()))
    }

    /// The text at a path; empty when there is none. A list of texts shows its first.
    pub(crate) fn text(self, path: &str) -> String {
        read(self.view, |view| view.as_ref().map(|view| text_at(view, path)).unwrap_or_default())
    }

    /// Whether the field at a path is a text that several people may type in at once.
    pub(crate) fn is_text(self, path: &str) -> bool {
        self.kind.get_untracked().is_some_and(|kind| shapes(kind).shape(path) == Shape::Text)
    }

    /// Whether a switch is on.
    pub(crate) fn flag(self, path: &str) -> bool {
        self.at(path).and_then(|value| value.as_bool()).unwrap_or(false)
    }

    /// Edits; says on the screen when that fails.
    pub(crate) fn edit(self, intents: Vec<Intent>) {
        let saving = self.app.saving();
        spawn_local(async move {
            if let Err(error) = self.try_edit(intents).await {
                self.app.toasts.fail(error.message);
            }
            drop(saving);
        });
    }

    /// Edits and waits until the change is safe on this device.
    pub(crate) async fn try_edit(self, intents: Vec<Intent>) -> Result<Edited, CallError> {
        self.app.call(Call::Edit { id: self.id, intents }).await
    }

    /// Sets one field.
    pub(crate) fn set(self, path: impl Into<String>, value: impl Into<Value>) {
        self.edit(vec![Intent::Set { path: path.into(), value: value.into() }]);
    }

    /// Sets a text; an empty one is taken away.
    pub(crate) fn set_text(self, path: &str, text: String) {
        let path = path.to_owned();
        self.edit(vec![if text.is_empty() {
            Intent::Remove { path }
        } else {
            Intent::Set { path, value: text.into() }
        }]);
    }

    /// Takes this tab's last edit back.
    pub(crate) fn undo(self) {
        self.step(Call::Undo { id: self.id });
    }

    /// Does it again.
    pub(crate) fn redo(self) {
        self.step(Call::Redo { id: self.id });
    }

    fn step(self, call: Call) {
        let saving = self.app.saving();
        spawn_local(async move {
            let stepped = self.app.call::<Edited>(call).await;
            // Where nothing changed, because somebody else's edits stay, no event says so.
            if let Ok(edited) = &stepped {
                self.undoable.try_set(edited.undo);
            }
            match stepped {
                Ok(edited) if edited.skipped.is_empty() => {}
                Ok(edited) => {
                    let what = edited.skipped.join(", ");
                    self.app.toasts.say(format!("Somebody else changed {what} since; that was left as it is."));
                }
                Err(error) => self.app.toasts.fail(error.message),
            }
            drop(saving);
        });
    }

    /// Says where this person is in the document. Said while its page goes away, they are nowhere.
    pub(crate) fn here(self, field: Option<String>, cursor: Option<(usize, usize)>) {
        let documents = self.app.documents;
        let open = documents.held.with_value(|held| held.contains_key(&self.id));
        let document = open.then_some(self.id);
        documents.present.set_value(document);
        self.app.send(Call::Presence { document, field: field.filter(|_| open), cursor: cursor.filter(|_| open) });
    }

    /// Hears of every change with its text splices, for as long as the component lives.
    pub(crate) fn on_splices(self, listener: impl Fn(&View, &[TextSplice], bool) + 'static) {
        let documents = self.app.documents;
        let number = documents.next.get_value();
        documents.next.set_value(number + 1);
        let id = self.id;
        documents.held.update_value(|all| {
            if let Some(held) = all.get_mut(&id) {
                held.listeners.push((number, Rc::new(listener)));
            }
        });
        on_cleanup(move || {
            documents.held.try_update_value(|all| {
                if let Some(held) = all.get_mut(&id) {
                    held.listeners.retain(|(have, _)| *have != number);
                }
            });
        });
    }
}
/// Whether a resource may be changed, by the integration that its row names.
fn writable(app: App, id: Id, kind: Kind) -> bool {
    app.row(id).map_or_else(|| app.may(Action::Write, kind), |row| app.may_change(&row))
}
