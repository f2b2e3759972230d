//! A message to who runs the server, and those that wait on this device.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use tombolo_wire::rest::{Diagnostics, FeedbackKind, SendFeedback};

use crate::browser::{page, time};
use crate::components::{Ago, Field, Icon, described_by};
use crate::state::{App, feedback, row_id};
use crate::words;

const FIELD: &str = "feedback-message";

/// What a message is called.
pub(super) const fn about(kind: FeedbackKind) -> &'static str {
    match kind {
        FeedbackKind::Feedback => "Send feedback",
        FeedbackKind::Question => "Ask a question",
        FeedbackKind::Ticket => "Write a ticket",
        FeedbackKind::Course => "Wish for a course",
        FeedbackKind::Idea => "Tell an idea",
    }
}

/// Why a text is no message; nothing when it is one.
fn wrong(text: &str) -> Option<String> {
    match text.trim().chars().count() {
        0 => Some("Write a few words.".into()),
        many if many > SendFeedback::LONGEST => Some(format!(
            "A message has at most {} characters; this one has {}.",
            words::number(SendFeedback::LONGEST as u64),
            words::number(many as u64)
        )),
        _ => None,
    }
}

/// What goes along when the person wants it.
fn diagnostics() -> Diagnostics {
    let navigator = window().navigator();
    let size = |side: Result<wasm_bindgen::JsValue, _>| side.ok().and_then(|side| side.as_f64()).unwrap_or_default();
    Diagnostics {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        browser: navigator.user_agent().unwrap_or_default().chars().take(Diagnostics::LONGEST / 4).collect(),
        language: navigator.language().unwrap_or_default(),
        window: format!("{} × {}", size(window().inner_width()), size(window().inner_height())),
    }
}

/// The form in its dialog.
#[component]
pub(super) fn Write(kind: FeedbackKind, open: RwSignal<bool>) -> impl IntoView {
    let app = App::here();
    let text = RwSignal::new(String::new());
    let along = RwSignal::new(true);
    let problem = RwSignal::new(None::<String>);
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(wrong) = text.with_untracked(|text| wrong(text)) {
            problem.set(Some(wrong));
            return page::focus_soon(vec![FIELD.to_owned()]);
        }
        let message = SendFeedback {
            id: row_id::id(time::now_ms()),
            kind,
            message: text.get_untracked().trim().to_owned(),
            written_ms: time::now_ms(),
            diagnostics: along.get_untracked().then(diagnostics),
        };
        match feedback::write(app, message) {
            Ok(()) => open.set(false),
            Err(why) => problem.set(Some(why)),
        }
    };
    view! {
        <form class="dialog-body" on:submit=send novalidate>
            <Field label="Message" name=FIELD help="It goes to who runs this server, with your name and address if you are signed in." error=problem>
                <textarea class="input" id=FIELD rows="7" autofocus=true aria-describedby=described_by(FIELD) aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=move || text.get() on:input=move |event| { text.set(event_target_value(&event)); problem.set(None); }></textarea>
            </Field>
            <label class="row"><input type="checkbox" prop:checked=along on:change=move |event| along.set(event_target_checked(&event))/>
                "Send along the version of Tombolo and what browser this is. Nothing of your data."</label>
            <footer class="dialog-foot"><button class="button" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="button primary" type="submit"><Icon name="send"/>"Send"</button></footer>
        </form>
    }
}

/// What could not be sent yet.
#[component]
pub(super) fn Waiting() -> impl IntoView {
    let app = App::here();
    let mine = Memo::new(move |_| {
        let user = feedback::user_of(app);
        app.feedback.with(|all| all.iter().filter(|one| one.user == user).cloned().collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !mine.with(Vec::is_empty)>
            <section class="banner waiting-words" aria-label="Waits to be sent"><Icon name="clock"/><div class="grow">
                <p>{move || format!("{} on this device until the server answers.", waits(mine.with(Vec::len)))}</p>
                <ul><For each=move || mine.get() key=|one| one.message.id let:one>
                    <li class="row"><span class="grow cut" title=one.message.message.clone()>{one.message.message.clone()}</span><small class="muted"><Ago ms=one.message.written_ms/></small>
                        <button class="button small" on:click=move |_| feedback::discard(app, one.message.id)>"Discard"</button></li>
                </For></ul>
            </div>
            <button class="button small" on:click=move |_| feedback::send(app, true)>"Send now"</button></section>
        </Show>
    }
}

fn waits(many: usize) -> String {
    format!("{} {}", words::count(many, "message"), if many == 1 { "waits" } else { "wait" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_words_and_not_a_book() {
        assert_eq!(wrong("More colours"), None);
        assert_eq!(wrong(" \n").as_deref(), Some("Write a few words."));
        assert!(wrong(&"x".repeat(10_001)).is_some_and(|why| why.contains("10,001")));
        assert_eq!((waits(1), waits(2)), ("1 message waits".into(), "2 messages wait".into()));
        assert!(FeedbackKind::ALL.into_iter().all(|kind| !about(kind).is_empty()));
    }
}
