//! Looking at the requests of a connection for a while: until then each run in a browser shows them in its log.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_model::Intent;

use crate::browser::time;
use crate::components::{Icon, SelectBox, choices};
use crate::state::Doc;

/// Until when somebody looks.
const PATH: &str = "/debugDate";

/// For how many minutes.
const MINUTES: [(&str, &str); 4] =
    [("15", "15 minutes"), ("30", "30 minutes"), ("45", "45 minutes"), ("60", "60 minutes")];

/// The time that a choice of minutes means; nothing for what is no choice.
fn until(minutes: &str, now_ms: i64) -> Option<i64> {
    let minutes = MINUTES.iter().find(|(key, _)| *key == minutes)?.0.parse::<i64>().ok()?;
    Some(now_ms + minutes * 60_000)
}

/// The switch of a connection.
#[component]
pub(super) fn Debug(doc: Doc) -> impl IntoView {
    let minutes = RwSignal::new(MINUTES[0].0.to_owned());
    let choices = choices(&MINUTES);
    let end_ms = Memo::new(move |_| {
        // The screen's own time moves on twice a minute.
        let now_ms = doc.app.now_ms.get();
        time::from_iso(&doc.text(PATH)).filter(|end_ms| *end_ms > now_ms)
    });
    // Whoever looks sees the end of it at once.
    Effect::new(move |_: Option<Option<Timeout>>| {
        let left = u32::try_from(end_ms.get()?.saturating_sub(time::now_ms()).max(0)).ok()?;
        Some(Timeout::new(left, move || {
            doc.app.now_ms.try_set(time::now_ms());
        }))
    });
    let write = move |intent: Intent| {
        let saving = doc.app.saving();
        spawn_local(async move {
            if let Err(error) = doc.try_edit(vec![intent]).await {
                doc.app.toasts.fail(error.message);
            }
            drop(saving);
        });
    };
    let start = move |_| {
        if let Some(end_ms) = minutes.with_untracked(|minutes| until(minutes, time::now_ms())) {
            write(Intent::Set { path: PATH.to_owned(), value: time::iso(end_ms).into() });
        }
    };
    let stop = move |_| write(Intent::Remove { path: PATH.to_owned() });
    let off = Signal::derive(move || !doc.writable.get());
    view! {
        <details class="group debug" open=untrack(move || end_ms.get().is_some())>
            <summary>"Look at its requests"</summary>
            <div class="group-body">
                <p class="help">"Until then each run in a browser shows the requests of this connection and their answers in its log, below its figures. Secrets are ******. Runs on the server show none."</p>
                <div class="row">
                    {move || match end_ms.get() {
                        Some(ms) => view! { <span role="status">{format!("They are shown until {}.", time::clock(ms))}</span><button class="button small" type="button" prop:disabled=off on:click=stop><Icon name="square" small=true/>"Stop"</button> }.into_any(),
                        None => view! { <SelectBox name="debug-minutes" label="For how long" value=minutes choices=choices disabled=off on_change=Callback::new(move |key| minutes.set(key))/><button class="button small" type="button" prop:disabled=off on:click=start><Icon name="eye" small=true/>"Start"</button> }.into_any(),
                    }}
                </div>
            </div>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_looks_at_requests_for_an_hour_at_most() {
        assert_eq!((until("15", 1), until("60", 1)), (Some(900_001), Some(3_600_001)));
        assert_eq!((until("600", 1), until("", 1)), (None, None));
    }
}
