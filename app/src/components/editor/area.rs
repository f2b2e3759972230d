//! One text of an editor, in the code editor.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::html;
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::describe::Language;
use crate::state::App;

#[wasm_bindgen(inline_js = "export function loadPlain() { return import('/assets/editor.js'); }")]
extern "C" {
    #[wasm_bindgen(js_name = loadPlain)]
    fn load() -> Promise;
}

/// The module of the code editor.
pub(crate) async fn module() -> Result<JsValue, JsValue> {
    JsFuture::from(load()).await
}

/// A handle on the text on the screen; nothing happens before it is there or after it is gone.
#[derive(Clone, Copy)]
pub(crate) struct Area(StoredValue<Option<JsValue>, LocalStorage>);

impl Area {
    pub(crate) fn new() -> Self {
        Self(StoredValue::new_local(None))
    }

    /// Calls a method of the code editor.
    pub(crate) fn tell(self, method: &str, arguments: &[JsValue]) -> Option<JsValue> {
        let editor = self.0.try_get_value().flatten()?;
        let called = Reflect::get(&editor, &method.into())
            .and_then(|function| function.dyn_into::<Function>()?.apply(&editor, &arguments.iter().collect::<Array>()));
        called.inspect_err(|error| leptos::logging::error!("the editor does not {method}: {error:?}")).ok()
    }

    /// Puts the cursor somewhere and shows it.
    pub(crate) fn go_to(self, line: u32, column: u32) {
        self.tell("goto", &[line.into(), column.into()]);
    }

    /// Marks places; gives the line and column of each.
    pub(crate) fn mark(self, places: &serde_json::Value) -> Vec<Option<(u32, u32)>> {
        let found = self.tell("mark", &[places.to_string().into()]).and_then(|found| found.as_string());
        found.and_then(|found| serde_json::from_str(&found).ok()).unwrap_or_default()
    }
}

/// A text that is typed in, or only read.
#[component]
pub(crate) fn CodeArea(
    area: Area,
    label: &'static str,
    /// The id of the text on the page.
    id: &'static str,
    #[prop(into)] text: Signal<String>,
    #[prop(into)] language: Signal<Language>,
    #[prop(optional)] read_only: bool,
    /// Hears what is typed.
    #[prop(into)]
    on_text: Callback<String>,
    /// Wants a preview now.
    #[prop(into)]
    on_run: Callback<()>,
    /// It is on the page.
    ready: RwSignal<u32>,
) -> impl IntoView {
    let app = App::here();
    let parent = NodeRef::<html::Div>::new();
    let closures = StoredValue::new_local(None);
    // What was typed here last: a long text is not handed back to where it came from.
    let typed = StoredValue::new(None::<String>);
    Effect::new(move |_| {
        let Some(parent) = parent.get() else { return };
        spawn_local(async move {
            let made = async {
                let module = module().await?;
                let create: Function = Reflect::get(&module, &"plain".into())?.dyn_into()?;
                let (Some(now), Some(spoken)) = (text.try_get_untracked(), language.try_get_untracked()) else {
                    return Ok(());
                };
                let settings =
                    json!({"text": now, "label": label, "id": id, "language": spoken.key(), "readOnly": read_only})
                        .to_string();
                let changed = Closure::<dyn Fn(String)>::new(move |text: String| {
                    typed.try_set_value(Some(text.clone()));
                    on_text.try_run(text);
                });
                let run = Closure::<dyn Fn()>::new(move || {
                    on_run.try_run(());
                });
                let editor = create.apply(
                    &JsValue::NULL,
                    &Array::of4(&parent.into(), &settings.into(), changed.as_ref(), run.as_ref()),
                )?;
                closures.try_set_value(Some((changed, run)));
                area.0.try_set_value(Some(editor));
                ready.try_update(|ready| *ready += 1);
                Ok::<_, JsValue>(())
            };
            if let Err(error) = made.await {
                app.toasts.fail(format!("The editor did not load ({error:?}). Reload the page."));
            }
        });
    });
    Effect::new(move |_| {
        let own = text.with(|now| typed.with_value(|typed| typed.as_ref() == Some(now)));
        if !own {
            typed.set_value(None);
            area.tell("set", &[text.get_untracked().into()]);
        }
    });
    Effect::new(move |before: Option<Language>| {
        let now = language.get();
        if before.is_some_and(|before| before != now) {
            area.tell("speak", &[now.key().into()]);
        }
        now
    });
    on_cleanup(move || {
        area.tell("destroy", &[]);
    });
    view! { <div class="code-area" node_ref=parent></div> }
}
