//! How long ago something was. It moves on by itself; the exact time is in the title.

use leptos::prelude::*;

use crate::browser::time;
use crate::state::App;
use crate::words;

/// A time as people say it.
#[component]
pub(crate) fn Ago(ms: i64) -> impl IntoView {
    let app = App::here();
    view! { <time title=time::exact(ms)>{move || words::ago(ms, app.now_ms.get())}</time> }
}
