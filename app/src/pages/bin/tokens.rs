//! API tokens in the recycle bin. They are the server's: no device has them, and without the server none is shown.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use tombolo_model::Id;

use super::told::{self, Entry};
use crate::browser::{server, time};
use crate::components::{Ago, Dialog, Icon, Menu, MenuItem};
use crate::state::App;

/// As the filter by kind names them.
pub(super) const KIND: &str = "accesstoken";
/// As people call one.
pub(super) const NAME: &str = "API token";

/// A token that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct BinnedToken {
    id: Id,
    name: String,
    deleted_at: String,
    by: Option<String>,
}

impl BinnedToken {
    /// The token of an entry of the server's list, when it is one.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let name = entry.doc.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let id = entry.id().filter(|_| entry.model == "AccessToken")?;
        Some(Self { id, name, deleted_at: entry.deleted_at.clone(), by: entry.by() })
    }

    async fn send(&self, app: App, method: Method) -> Result<(), String> {
        let account = app.account.with_untracked(|account| account.as_ref().map(|account| account.id));
        let account = account.ok_or("The account is not open any more. Reload the page.")?;
        let path = format!("/v1/recycleBinTTL/accesstokens/{}", self.id);
        let sent = server::ask_rest::<Value>(account, method, &path, None::<&()>).await;
        sent.map(drop).map_err(|error| error.message)
    }
}

/// Those whose name holds what is looked for, when they are looked for at all.
pub(super) fn matching(tokens: &[BinnedToken], search: &str, kind: &str) -> Vec<BinnedToken> {
    let wanted = search.trim().to_lowercase();
    let fits = |token: &&BinnedToken| (kind.is_empty() || kind == KIND) && token.name.to_lowercase().contains(&wanted);
    tokens.iter().filter(fits).cloned().collect()
}

/// A line of the table; `again` asks the server for what is in the bin now.
#[component]
pub(super) fn TokenRow(token: BinnedToken, again: Callback<()>) -> impl IntoView {
    let app = App::here();
    let asking = RwSignal::new(false);
    let (name, by) = (token.name.clone(), token.by.clone().unwrap_or_else(|| "—".to_owned()));
    let back = token.clone();
    let restore = move |_| {
        let token = back.clone();
        spawn_local(async move {
            match token.send(app, Method::POST).await {
                Ok(()) => {
                    app.toasts.say(format!("“{}” is back, and lets nobody in until it is reactivated.", token.name))
                }
                Err(why) => app.toasts.fail(why),
            }
            again.run(());
        });
    };
    let deleted = time::from_iso(&token.deleted_at);
    let left = move || deleted.map_or_else(|| "—".to_owned(), |ms| told::days_left(ms, app.now_ms.get()));
    let menu = format!("bin-{}", token.id);
    view! {
        <tr>
            <td class="name"><span class="cut" title=name.clone()>{name.clone()}</span></td>
            <td class="muted" data-rank="2">{NAME}</td>
            <td class="muted" data-rank="2">{deleted.map(|ms| view! { <Ago ms=ms/> })}</td>
            <td class="muted" data-rank="3">{by}</td>
            <td class="muted" data-rank="2">{left}</td>
            <td class="actions"><span class="row end">
                <button class="button small" aria-label=format!("Restore {name}") on:click=restore><Icon name="rotate-ccw"/>"Restore"</button>
                <Menu id=menu label=format!("More for {name}") face=view! { <Icon name="ellipsis"/> }.into_any() class="icon-button small">
                    <MenuItem on_choose=Callback::new(move |()| asking.set(true))><Icon name="trash-2"/>"Delete for good"</MenuItem>
                </Menu>
            </span>
            <Dialog open=asking title=format!("Delete {name} for good")><Purge token=token.clone() open=asking again=again/></Dialog></td>
        </tr>
    }
}

#[component]
fn Purge(token: BinnedToken, open: RwSignal<bool>, again: Callback<()>) -> impl IntoView {
    let app = App::here();
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let name = token.name.clone();
    let delete = move |_| {
        let token = token.clone();
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            match token.send(app, Method::DELETE).await {
                Ok(()) => {
                    app.toasts.say(format!("“{}” is deleted for good.", token.name));
                    open.try_set(false);
                    again.run(());
                }
                Err(why) => drop(problem.try_set(Some(why))),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="dialog-body">
            <p>{format!("“{name}” is lost for everybody and cannot be taken back. Whoever needs one makes another.")}</p>
            {move || problem.get().map(|why| view! { <div class="banner danger" role="alert"><Icon name="circle-alert"/><p>{why}</p></div> })}
            <footer class="dialog-foot"><button class="button" on:click=move |_| open.set(false)>"Keep it"</button>
                <button class="button danger" prop:disabled=busy aria-busy=move || busy.get().to_string() on:click=delete>"Delete for good"</button></footer>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn deleted_tokens_are_read_off_the_servers_list_and_found_by_name_and_kind() {
        let entry = |model: &str, n: u8, name: &str| -> Entry {
            let id = Id::from_parts(1, [n; 8]);
            let by = json!({ "_id": id, "name": "Ines" });
            let entry = json!({ "model": model, "doc": { "_id": id, "name": name }, "deletedAt": "2026-11-30T09:00:00.000Z", "deletedBy": by });
            serde_json::from_value(entry).unwrap()
        };
        let entries =
            [entry("AccessToken", 1, "Deploys"), entry("Flow", 2, "Deploys"), entry("AccessToken", 3, "Reports")];
        let tokens: Vec<BinnedToken> = entries.iter().filter_map(BinnedToken::of).collect();
        assert_eq!((tokens.len(), tokens[0].by.as_deref()), (2, Some("Ines")));
        let names = |search: &str, kind: &str| -> Vec<String> {
            matching(&tokens, search, kind).into_iter().map(|token| token.name).collect()
        };
        assert_eq!(names("", ""), ["Deploys", "Reports"]);
        assert_eq!(names(" DEPLOY ", KIND), ["Deploys"]);
        assert!(names("", "flow").is_empty());
    }
}
