//! The playground: every editor, with nothing to save.
//!
//! What somebody has in an editor stays on this device until they clear it, and goes into a link when they copy one; it
//! reaches no integration and no server.

mod desk;
mod editors;
mod inner;
mod inside;
mod kept;
mod list;
mod my_data;
mod received;
mod save_test;
mod share;
mod test_cases;
mod unfolds;
mod use_this;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::NotFound;
use crate::state::Evaluator;
use desk::Desk;
pub(in crate::pages) use editors::find as editor;
pub(crate) use editors::{editor_names, stubs};
pub(in crate::pages) use inner::InnerFrame;
pub(crate) use inside::{Door, ScriptDoor};
pub(in crate::pages) use kept::bench_of;
pub(crate) use test_cases::TestCasesPage;

/// The page of the editor in the address, or of the last one that was open.
#[component]
pub(crate) fn PlaygroundPage() -> impl IntoView {
    let params = use_params_map();
    let slug = Memo::new(move |_| params.with(|params| params.get("editor")).filter(|slug| !slug.is_empty()));
    let navigate = use_navigate();
    Effect::new(move |_| {
        if slug.get().is_none() {
            let last = kept::bench().last;
            let last = editors::find(&last).map_or("handlebars", |editor| editor.slug);
            let replace = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate(&format!("/playground/{last}"), replace);
        }
    });
    let bench = bench_of(move || slug.get());
    let helpers = RwSignal::default();
    let entered = StoredValue::new(false);
    let came_back = RwSignal::new(0);
    let evaluator = StoredValue::new_local(Evaluator::start(helpers));
    on_cleanup(move || {
        if let Some(evaluator) = evaluator.try_get_value() {
            evaluator.end();
        }
    });
    move || {
        let slug = slug.get()?;
        Some(match editors::find(&slug) {
            Some(editor) => {
                view! { <Desk editor=editor bench=bench evaluator=evaluator helpers=helpers came_back=came_back entered=entered/> }
                    .into_any()
            }
            None => NotFound().into_any(),
        })
    }
}
