//! Where the person is signed in.

use gloo::net::http::Method;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tombolo_wire::rest::{EndSession, SessionLine};

use super::Safe;
use crate::browser::server;
use crate::components::Ago;

#[component]
pub(super) fn Sessions(safe: Safe) -> impl IntoView {
    let lines = move || safe.known.with(|known| known.as_ref().map(|known| known.sessions.clone()).unwrap_or_default());
    view! {
        <section class="card setting" aria-label="Sessions">
            <h2>"Where you are signed in"</h2>
            <ul class="sessions"><For each=lines key=|line| line.id.clone() let:line><Line safe=safe line=line/></For></ul>
        </section>
    }
}

#[component]
fn Line(safe: Safe, line: SessionLine) -> impl IntoView {
    let browser = browser(&line.agent);
    let label = format!("End session: {browser}");
    let id = line.id.clone();
    let end = move |_| {
        let body = EndSession { session: id.clone() };
        spawn_local(async move {
            let ended = server::ask::<serde_json::Value>(Method::POST, "/api/security/sessions/end", Some(&body)).await;
            safe.heard(ended.map(drop)).await;
        });
    };
    view! {
        <li class="row">
            <span class="grow"><b title=line.agent>{browser}</b><br/><small class="muted">{line.network}", since "<Ago ms=line.created_ms/></small></span>
            {if line.current {
                view! { <span class="badge success">"This browser"</span> }.into_any()
            } else {
                view! { <button class="button small" aria-label=label on:click=end>"End session"</button> }.into_any()
            }}
        </li>
    }
}

/// A browser and its system in two words, from what it says of itself.
fn browser(agent: &str) -> String {
    let first =
        |list: &[(&str, &'static str)]| list.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name);
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        _ if agent.is_empty() => "A browser that is not known".to_owned(),
        _ => agent.chars().take(40).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_by_what_it_says_of_itself() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser("curl/8"), "curl/8");
        assert_eq!(browser(""), "A browser that is not known");
    }
}
