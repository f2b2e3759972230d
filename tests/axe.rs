//! Every screen in one browser: axe-core finds nothing against WCAG 2.2 AA, light and dark; and what is stored in any field,
//! or answered by an endpoint, runs nowhere.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::time::Duration;
use tombolo_model::forms::{Input, form};
use tombolo_model::{Id, Kind};
use tombolo_tests::{Member, Screen, Server, axe_core, until};

#[path = "axe/injection.rs"]
mod injection;

const PATIENCE: Duration = Duration::from_secs(20);

/// Runs axe on the page as it is; gives what is against the rules, each as "rule: where".
const RUN: &str = "
    const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const found = await axe.run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] });
    return found.violations.flatMap((rule) => rule.nodes.map((node) =>
        `${rule.id}: ${node.target.join(' ')} ${node.html.slice(0, 160)} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`));";

/// The resources of an account that has one of everything.
struct Account {
    integration: Id,
    flow: Id,
    /// The folder of its pages and the id.
    resources: Vec<(&'static str, Id)>,
}

/// The kinds with a form, their folders and what tells their applications apart.
const KINDS: [(Kind, &str, &[&str]); 11] = [
    (Kind::Connection, "connections", &["http"]),
    (Kind::Script, "scripts", &[""]),
    (Kind::LookupCache, "lookup-caches", &[""]),
    (Kind::IClient, "iclients", &[""]),
    (Kind::AsyncHelper, "async-helpers", &[""]),
    (Kind::FileDefinition, "file-definitions", &[""]),
    (Kind::Stack, "stacks", &["server"]),
    (Kind::Api, "apis", &[""]),
    (Kind::Agent, "agents", &[""]),
    (Kind::Export, "exports", &["HTTPExport", "SimpleExport"]),
    (Kind::Import, "imports", &["HTTPImport", "SimpleImport"]),
];

/// Puts a value at a pointer, making the objects on the way.
fn put(value: &mut Value, path: &str, what: Value) {
    let mut at = value;
    for segment in path.split('/').skip(1) {
        if !at.is_object() {
            *at = json!({});
        }
        at = &mut at[segment];
    }
    *at = what;
}

/// A resource with a text in each of its text fields.
fn filled(kind: Kind, adaptor: &str, text: &str) -> Value {
    let mut value = json!({});
    for field in form(kind, adaptor).iter().flat_map(|section| section.fields) {
        match field.input {
            Input::Line | Input::Code | Input::Area(_) => put(&mut value, field.path, text.into()),
            Input::Lines => put(&mut value, field.path, json!([text, text])),
            Input::Pairs { left, right, .. } => put(&mut value, field.path, json!([{left: text, right: text}])),
            _ => {}
        }
    }
    match kind {
        Kind::Connection => put(&mut value, "/type", adaptor.into()),
        Kind::Export | Kind::Import => put(&mut value, "/adaptorType", adaptor.into()),
        Kind::Stack => put(&mut value, "/type", adaptor.into()),
        Kind::Script => {
            put(&mut value, "/content", format!("// {text}\nfunction preMap(options) {{ return 1; }}").into())
        }
        _ => {}
    }
    put(&mut value, "/name", text.into());
    put(&mut value, "/description", text.into());
    put(&mut value, "/settings", json!({ "a": text, text: 1 }));
    value
}

/// Makes one of everything, with a text of the test in every field.
async fn account(owner: &Member, text: &dyn Fn(usize) -> String) -> Result<Account> {
    let mut device = owner.device(owner.account()).await?;
    let integration =
        device.create_all([(Kind::Integration, json!({"name": text(0), "description": text(1)}))]).await?;
    let integration = *integration.first().context("an integration")?;
    let (mut values, mut folders) = (Vec::new(), Vec::new());
    for (kind, folder, adaptors) in KINDS {
        for adaptor in adaptors {
            values.push((kind, filled(kind, adaptor, &text(values.len()))));
            folders.push(folder);
        }
    }
    let ids = device.create_all(values).await?;
    let resources: Vec<(&'static str, Id)> = folders.into_iter().zip(ids).collect();
    let of = |folder: &str| {
        resources.iter().filter(|(have, _)| *have == folder).map(|(_, id)| id.to_string()).collect::<Vec<_>>()
    };
    let (exports, imports, scripts) = (of("exports"), of("imports"), of("scripts"));
    let flow = json!({
        "name": text(2), "description": text(3), "_integrationId": integration, "disabled": false,
        "schedule": "? 5 9 ? * 1", "timezone": "Europe/Oslo",
        "pageGenerators": [{"_exportId": exports[0]}],
        "routers": [{"id": "r1", "name": text(4), "routeRecordsTo": "first_matching_branch", "branches": [
            {"name": text(5), "pageProcessors": [{"type": "import", "_importId": imports[0],
                "responseMapping": {"fields": [{"extract": text(6), "generate": text(7)}]},
                "hooks": {"postResponseMap": {"_scriptId": scripts[0], "function": text(8)}}}]},
            {"name": text(9), "pageProcessors": []}]}],
    });
    let load = json!({"name": text(10), "_integrationId": integration, "pageGenerators": [{"_exportId": exports[1]}],
        "pageProcessors": [{"type": "import", "_importId": imports[1]}]});
    let flows = device.create_all([(Kind::Flow, flow), (Kind::Flow, load)]).await?;
    let flow = *flows.first().context("a flow")?;
    Ok(Account { integration, flow, resources: resources.into_iter().chain([("data-loader", flows[1])]).collect() })
}

/// The address of every screen that somebody who is signed in can open.
fn routes(account: &Account) -> Vec<String> {
    let lists = KINDS.map(|(_, folder, _)| format!("/{folder}"));
    let pages = account.resources.iter().map(|(folder, id)| format!("/{folder}/{id}"));
    let own = [
        "/",
        "/flows",
        "/runs",
        "/bin",
        "/members",
        "/security",
        "/audit",
        "/transfers",
        "/not-accepted",
        "/review",
        "/subscription",
        "/data-loader",
        "/account",
        "/tokens",
        "/preferences",
        "/help",
        "/help/guide",
        "/help/news",
    ];
    let mut all: Vec<String> = own.map(str::to_owned).into_iter().chain(lists).chain(pages).collect();
    all.push(format!("/integrations/{}", account.integration));
    all.push(format!("/integrations/{}/tests", account.integration));
    all.push(format!("/integrations/{}/flows/{}", account.integration, account.flow));
    all.extend(["handlebars", "javascript", "csv-parser", "mapper-2"].map(|editor| format!("/playground/{editor}")));
    all.push("/no-such-page".to_owned());
    all
}

/// Opens a screen and waits until it has drawn what it has, and nothing more comes.
async fn open(screen: &Screen, route: &str) -> Result<()> {
    screen.visit(route).await?;
    drawn(screen, route).await
}

async fn drawn(screen: &Screen, route: &str) -> Result<()> {
    let drawn = "const main = document.querySelector('main'); if (!main || main.querySelector('.skeleton')) return null; \
        const there = main.querySelector('h1, h2, .title-line, .live-name, .empty, .playground'); \
        return there ? main.innerText + main.querySelectorAll('*').length : null;";
    let before = RefCell::new(Value::Null);
    until(&format!("{route} to be drawn"), PATIENCE, || async {
        let now = screen.browser.js(drawn, Vec::new()).await?;
        let still = !now.is_null() && *before.borrow() == now;
        before.replace(now);
        Ok(still.then_some(()))
    })
    .await
}

async fn judged(screen: &Screen) -> Result<Vec<String>> {
    Ok(serde_json::from_value(screen.browser.js_async(RUN, Vec::new()).await?)?)
}

async fn check(screen: &Screen, axe: &str, route: &str, found: &mut Vec<String>) -> Result<()> {
    screen.browser.js(axe, Vec::new()).await?;
    for theme in ["light", "dark"] {
        // A colour on its way from one theme to the other would be judged in between, what comes later too.
        let turn = "const still = new CSSStyleSheet(); \
            still.replaceSync('*, ::before, ::after { transition: none !important; animation: none !important; }'); \
            document.adoptedStyleSheets = [still]; \
            document.documentElement.dataset.theme = arguments[0]; \
            document.querySelectorAll('details').forEach((one) => { one.open = true; });";
        screen.browser.js(turn, vec![json!(theme)]).await?;
        let mut wrong = judged(screen).await?;
        if !wrong.is_empty() {
            // What was being drawn when it was looked at is gone the second time.
            let again = judged(screen).await?;
            wrong.retain(|one| again.contains(one));
        }
        found.extend(wrong.into_iter().map(|one| format!("{route} ({theme}) {one}")));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_screen_breaks_a_rule_of_wcag_2_2_aa() -> Result<()> {
    let axe = std::fs::read_to_string(axe_core())?;
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let account = account(&owner, &|n| format!("Beech {n}")).await?;
    let screen = Screen::open(&server.address()).await?;
    let mut found = Vec::new();
    for route in ["/", "/sign-in", "/sign-up", "/connections"] {
        open(&screen, route).await?;
        check(&screen, &axe, &format!("{route}, nobody signed in"), &mut found).await?;
    }
    screen.sign_in("ines@example.com").await?;
    for route in routes(&account) {
        open(&screen, &route).await?;
        check(&screen, &axe, &route, &mut found).await?;
    }
    ensure!(found.is_empty(), "{} against the rules:\n{}", found.len(), found.join("\n"));
    screen.browser.close().await
}
