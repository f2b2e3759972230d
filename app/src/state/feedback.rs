//! Messages to who runs the server. They are kept on this device until the server has them: sent again after a reload,
//! and by whichever tab comes first; the server keeps each once.

use std::cell::Cell;

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use tombolo_model::Id;
use tombolo_wire::rest::SendFeedback;
use tombolo_wire::store::Link;

use super::App;
use super::reading::read;
use crate::browser::server;

const KEY: &str = "tombolo.feedback";
/// More than anybody writes without a network.
const MOST: usize = 50;

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsent {
    /// Who wrote it: it is sent in nobody else's name.
    pub(crate) user: Option<Id>,
    pub(crate) message: SendFeedback,
}

thread_local! {
    static SENDING: Cell<bool> = const { Cell::new(false) };
}

/// What waits on this device.
pub(super) fn kept() -> Vec<Unsent> {
    let text = window().local_storage().ok().flatten().and_then(|storage| storage.get_item(KEY).ok().flatten());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Changes what waits, starting from what other tabs left.
fn change(app: App, change: impl FnOnce(&mut Vec<Unsent>)) -> bool {
    let mut all = kept();
    change(&mut all);
    let text = serde_json::to_string(&all).unwrap_or_default();
    let stored = window().local_storage().ok().flatten().is_some_and(|storage| storage.set_item(KEY, &text).is_ok());
    app.feedback.set(all);
    stored
}

/// Who writes now.
pub(crate) fn user_of(app: App) -> Option<Id> {
    read(app.account, |account| account.as_ref().and_then(|account| account.user.as_ref()).map(|user| user.id))
}

/// Keeps a message and sends it as soon as the server answers.
///
/// # Errors
///
/// When too many wait already, in words.
pub(crate) fn write(app: App, message: SendFeedback) -> Result<(), String> {
    if kept().len() >= MOST {
        return Err(format!("{MOST} messages wait already: discard some on the page Help, or send them."));
    }
    let unsent = Unsent { user: user_of(app), message };
    if !change(app, |all| all.push(unsent)) {
        app.toasts.fail("This browser keeps nothing: leave the page open until the message is sent.");
    }
    send(app, true);
    Ok(())
}

/// Forgets a message.
pub(crate) fn discard(app: App, id: Id) {
    change(app, |all| all.retain(|one| one.message.id != id));
}

/// Sends what waits; with `tells`, says that it could not.
pub(crate) fn send(app: App, tells: bool) {
    if SENDING.replace(true) {
        return;
    }
    spawn_local(async move {
        let outcome = send_all(app).await;
        SENDING.set(false);
        match outcome {
            Ok(0) => {}
            Ok(_) => app.toasts.say("Thank you: your message is sent."),
            Err(why) if tells => app.toasts.say(format!("Your message is kept on this device and sent later. {why}")),
            Err(_) => {}
        }
    });
}

async fn send_all(app: App) -> Result<usize, String> {
    let user = user_of(app);
    let mine: Vec<_> = app.feedback.with_untracked(|all| all.iter().filter(|one| one.user == user).cloned().collect());
    let (mut sent, mut wrong) = (0, None);
    // One that the server does not take holds up none behind it.
    for Unsent { message, .. } in mine {
        match server::ask::<serde_json::Value>(Method::POST, "/api/feedback", Some(&message)).await {
            Ok(_) => {
                discard(app, message.id);
                sent += 1;
            }
            Err(error) if error.code == "offline" => return Err(error.message),
            Err(error) => wrong = wrong.or(Some(error.message)),
        }
    }
    wrong.map_or(Ok(sent), Err)
}

/// Sends what waits whenever the server may be back: now, with the link, with the network.
pub(super) fn begin(app: App) {
    let up = Memo::new(move |_| (app.sync.with(|sync| sync.link == Link::Online), user_of(app)));
    Effect::new(move |_| {
        up.track();
        if app.account.with(Option::is_some) && app.feedback.with_untracked(|all| !all.is_empty()) {
            send(app, false);
        }
    });
    drop(window_event_listener(leptos::ev::online, move |_| send(app, false)));
}
