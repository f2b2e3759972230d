//! The bell: what waits for this person, whichever account they have open, and what of the account on the screen they
//! should know.
//!
//! What the server said last is kept on this device, so that the bell opens without a network and says of when it is.
//! Answers are the server's: without it a button says so and nothing is answered.

mod assigned;
mod items;
mod known;
mod line;

use leptos::html;
use leptos::prelude::*;
use tombolo_wire::store::Link;

use super::Icon;
use crate::state::App;
use crate::words;
use assigned::assigned;
use items::{Item, items};
pub(in crate::components) use known::Desk;
use line::{Line, leads_to, says};

const PANEL: &str = "bell";

/// The button in the top bar, and its panel.
#[component]
pub(super) fn Bell() -> impl IntoView {
    let app = App::here();
    let desk = Desk::begin(app);
    let all = Memo::new(move |_| shown(app, desk));
    let unread = Memo::new(move |_| all.with(|all| all.iter().filter(|item| !desk.is_read(&item.key)).count()));
    let label = move || match unread.get() {
        0 => "Notifications".to_owned(),
        many => format!("Notifications, {} unread", words::number(many as u64)),
    };
    let panel = NodeRef::<html::Div>::new();
    let opened = move |_: leptos::ev::Event| {
        if panel.get_untracked().is_some_and(|panel| panel.matches(":popover-open").unwrap_or(false)) {
            desk.refresh();
        }
    };
    let close = Callback::new(move |()| {
        if let Some(Err(error)) = panel.get_untracked().map(|panel| panel.hide_popover()) {
            leptos::logging::debug_warn!("{error:?}");
        }
    });
    let read_all = move |_| desk.mark(all.with_untracked(|all| all.iter().map(|item| item.key.clone()).collect()));
    view! {
        <button class="icon-button" popovertarget=PANEL aria-haspopup="dialog" aria-label=label>
            <Icon name="bell"/>{move || (unread.get() > 0).then(|| view! { <span class="dot"></span> })}
        </button>
        <div class="popover popped bell" id=PANEL popover="auto" role="dialog" aria-label="Notifications" node_ref=panel on:toggle=opened>
            <header class="row"><h2 class="grow">"Notifications"</h2>
                {move || (unread.get() > 0).then(|| view! { <button class="button small quiet" on:click=read_all>"Mark all as read"</button> })}
            </header>
            <Show when=move || !all.with(Vec::is_empty) fallback=|| view! { <p class="muted nothing">"Nothing waits for you."</p> }>
                <ul><For each=move || {
                    app.account.track();
                    all.get()
                } key=move |item| drawn(app, item) let:item><Line desk=desk item=item close=close/></For></ul>
            </Show>
            <Age desk=desk/>
        </div>
    }
}

/// A line is drawn anew when it says something else, or leads elsewhere in the account that is open now.
fn drawn(app: App, item: &Item) -> (String, String, Option<String>) {
    let here = app.account.with(|account| account.as_ref().map(|account| account.id));
    (item.key.clone(), says(&item.what), leads_to(&item.what, here))
}

/// What is in the bell of the account on the screen.
fn shown(app: App, desk: Desk) -> Vec<Item> {
    let refused = app.sync.with(|sync| sync.not_accepted);
    let me = app.account.with(|account| account.as_ref().and_then(|account| account.user.as_ref()).map(|user| user.id));
    app.runs.with(|runs| {
        app.rows.with(|rows| {
            let assigned = app.marks.with(|marks| assigned(me, runs, rows, marks));
            let now_ms = app.now_ms.get();
            desk.known.with(|known| {
                app.notices.with(|notices| items(&known.bell, runs, rows, notices, (refused, assigned), now_ms))
            })
        })
    })
}

/// Of when all this is, where the server cannot be asked now.
#[component]
fn Age(desk: Desk) -> impl IntoView {
    let app = App::here();
    let away = move || {
        let down = app.sync.with(|sync| !matches!(sync.link, Link::Local | Link::Online));
        down || desk.problem.with(Option::is_some)
    };
    move || {
        (away() && !app.is_alone()).then(|| {
            let why = desk.problem.get().unwrap_or_else(|| "The server does not answer.".to_owned());
            let of = desk.known.with(|known| known.as_of_ms).map_or_else(
                || "Invitations and offers were not asked for yet.".to_owned(),
                |ms| format!("Invitations and offers as of {}.", words::ago(ms, app.now_ms.get())),
            );
            view! { <p class="help" role="status">{why}" "{of}</p> }
        })
    }
}
