//! When something was: how long ago, which moves on by itself, or the exact time, as this device wants it. The other one is
//! in the title.

use leptos::prelude::*;

use crate::browser::{time, times};
use crate::state::App;
use crate::words;

/// A time as people say it.
#[component]
pub(crate) fn Ago(ms: i64) -> impl IntoView {
    let app = App::here();
    let relative = Memo::new(|_| times::chosen().relative);
    let ago = move || words::ago(ms, app.now_ms.get());
    view! {
        <time title=move || if relative.get() { time::exact(ms) } else { ago() }>{move || if relative.get() { ago() } else { time::exact(ms) }}</time>
    }
}
