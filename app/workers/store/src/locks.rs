//! Web Locks: one holder of a name among all tabs, let go by the browser itself when the tab dies.

use std::collections::BTreeSet;

use futures::channel::oneshot;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::env;

/// How a lock is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Waits for its turn.
    InTurn,
    /// Takes it only when nobody has it.
    IfFree,
    /// Takes it from whoever has it.
    Steal,
}

/// A lock that is held until this is let go or dropped.
pub(crate) struct Held {
    release: Function,
}

impl Held {
    /// Lets it go.
    pub(crate) fn release(self) {
        drop(self);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.release.call0(&JsValue::UNDEFINED));
    }
}

/// Takes a lock; `None` when the browser has no locks, or it was wanted only if free. `lost` is called when another tab steals it.
pub(crate) async fn take(name: &str, ask: Ask, lost: impl FnOnce() + 'static) -> Option<Held> {
    let (sender, receiver) = oneshot::channel::<Option<Held>>();
    let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        if lock.is_null() || lock.is_undefined() {
            drop(sender.send(None));
            return JsValue::UNDEFINED;
        }
        let mut release = None;
        let until = Promise::new(&mut |resolve, _| release = Some(resolve));
        if let Some(release) = release {
            // Nobody who waits for it any more: the promise must not stay open.
            if let Err(Some(held)) = sender.send(Some(Held { release })) {
                held.release();
            }
        }
        until.into()
    });
    let done = request(name, ask, &granted).ok()?;
    spawn_local(async move {
        if JsFuture::from(done).await.is_err() {
            lost();
        }
    });
    receiver.await.ok().flatten()
}

/// Whether anybody holds a lock of this name.
pub(crate) async fn is_held(name: &str) -> bool {
    held().await.is_some_and(|held| held.contains(name))
}

/// The names of the locks that are held; `None` where the browser does not say.
pub(crate) async fn held() -> Option<BTreeSet<String>> {
    let locks = manager().ok()?;
    let query: Function = Reflect::get(&locks, &"query".into()).ok()?.dyn_into().ok()?;
    let promise: Promise = query.call0(&locks).ok()?.dyn_into().ok()?;
    let state = JsFuture::from(promise).await.ok()?;
    let held: Array = Reflect::get(&state, &"held".into()).ok()?.dyn_into().ok()?;
    Some(held.iter().filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string()).collect())
}

fn request(name: &str, ask: Ask, granted: &JsValue) -> Result<Promise, JsValue> {
    let options = Object::new();
    match ask {
        Ask::InTurn => {}
        Ask::IfFree => drop(Reflect::set(&options, &"ifAvailable".into(), &JsValue::TRUE)?),
        Ask::Steal => drop(Reflect::set(&options, &"steal".into(), &JsValue::TRUE)?),
    }
    let locks = manager()?;
    let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
    request.call3(&locks, &name.into(), &options, granted)?.dyn_into()
}

fn manager() -> Result<JsValue, JsValue> {
    Reflect::get(&env::scope().navigator(), &"locks".into())
}
