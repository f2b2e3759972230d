//! Whatever is stored in any field, and whatever an endpoint answers, is text on every screen: it runs nowhere, and the
//! content security policy has nothing to report (goal S12).
//!
//! Which fields there are is read off the tables: the shapes of each kind and its forms. A field that is added to either
//! is walked from that day on. `TOMBOLO_ROUNDS` sets how many texts go through all fields: the first two hold every payload;
//! the full round adds each of them alone.

#[path = "injection/fields.rs"]
mod fields;
#[path = "injection/payloads.rs"]
mod payloads;

use super::*;
use fields::loaded;
use payloads::{PAYLOADS, probe, rounds_of_texts};
use reqwest::Method;
use tombolo_tests::flows::{self, Destination, Source, row};
use tombolo_tests::{Sink, downloads, rounds};

/// Two people, and what is on their screens.
struct Scene {
    _server: Server,
    owner: Member,
    colleague: Member,
    screen: Screen,
    /// What was found wrong.
    wrong: Vec<String>,
}

impl Scene {
    async fn set() -> Result<Self> {
        let server = Server::start().await?;
        let owner = Member::sign_up(&server.address(), PAYLOADS[0], "ines@example.com").await?;
        let colleague = Member::sign_up(&server.address(), PAYLOADS[1], "jonas@example.com").await?;
        owner.invite("jonas@example.com", "manage").await?;
        owner.call(Method::POST, "/members", &json!({ "email": "x@example.com", "role": "monitor" })).await?;
        let profile = json!({ "name": PAYLOADS[0], "company": PAYLOADS[2], "phone": PAYLOADS[3] });
        owner.ask(Method::PUT, "/api/profile", &profile).await?;
        let screen = Screen::open(&server.address()).await?;
        screen.sign_in("ines@example.com").await?;
        drop(screen.browser.console().await);
        Ok(Self { _server: server, owner, colleague, screen, wrong: Vec::new() })
    }

    async fn probe(&mut self, place: &str) -> Result<()> {
        self.wrong.extend(probe(&self.screen, place).await?);
        Ok(())
    }

    /// Goes to a screen as a link does, without loading the page again, and looks at it.
    async fn walk(&mut self, route: &str) -> Result<()> {
        let go = "document.querySelectorAll('main *').forEach((one) => { one.dataset.before = ''; }); \
            history.pushState({}, '', arguments[0]); window.dispatchEvent(new PopStateEvent('popstate', { state: {} }));";
        self.screen.browser.js(go, vec![json!(route)]).await?;
        let gone = "return document.querySelector('main [data-before]') ? null : true;";
        let turned = until("the screen before to go", Duration::from_secs(2), || async {
            Ok(self.screen.browser.js(gone, Vec::new()).await?.as_bool())
        });
        // Two pages of one kind share what they have alike: that one is loaded.
        match turned.await {
            Ok(_) => drawn(&self.screen, route).await?,
            Err(_) => open(&self.screen, route).await?,
        }
        self.probe(route).await
    }

    /// One of everything with this text in each field, and the screens that show it.
    async fn load(&mut self, text: &str) -> Result<Vec<String>> {
        let account = account(&self.owner, &|_| text.to_owned()).await?;
        let mut device = self.owner.device(self.owner.account()).await?;
        let mut values = Vec::new();
        for kind in Kind::ALL {
            let adaptors =
                KINDS.into_iter().find(|(one, ..)| *one == kind).map_or(&[""][..], |(.., adaptors)| adaptors);
            values.extend(adaptors.iter().map(|adaptor| (kind, loaded(kind, adaptor, text).0)));
        }
        let kinds: Vec<Kind> = values.iter().map(|(kind, _)| *kind).collect();
        let mut pages = routes(&account);
        for (kind, id) in kinds.into_iter().zip(device.create_all(values).await?) {
            let folder = KINDS.into_iter().find(|(one, ..)| *one == kind).map(|(_, folder, _)| folder);
            match (kind, folder) {
                (Kind::Integration, _) => {
                    pages.extend([format!("/integrations/{id}"), format!("/integrations/{id}/tests")]);
                }
                (Kind::Flow, _) => pages.push(format!("/flows/{id}")),
                (_, Some(folder)) => pages.push(format!("/{folder}/{id}")),
                _ => {}
            }
            if kind == Kind::LookupCache {
                // A key has a limit, so each is there alone.
                let rows = PAYLOADS.iter().map(|key| json!({ "key": key, "value": { *key: text } }));
                let entry = json!({ "data": rows.collect::<Vec<_>>() });
                self.owner.ask(Method::POST, &format!("/v1/lookupcaches/{id}/data"), &entry).await?;
            }
        }
        self.authority(&account, text).await?;
        Ok(apart(pages))
    }

    /// What people enter that is in no document.
    async fn authority(&self, account: &Account, text: &str) -> Result<()> {
        let (owner, colleague) = (&self.owner, &self.colleague);
        let name: String = text.chars().take(190).collect();
        let token = json!({ "name": name, "description": text, "fullAccess": true });
        owner.ask(Method::POST, "/v1/accesstokens", &token).await?;
        let offer = json!({ "email": "x@example.com", "integrations": [account.integration], "copyShared": true });
        owner.call(Method::POST, "/transfers", &offer).await?;
        let script = owner.ask(Method::POST, "/v1/scripts", &json!({ "name": name, "content": text })).await?;
        let script = script["_id"].as_str().context("a script")?.to_owned();
        owner.ask(Method::DELETE, &format!("/v1/scripts/{script}"), &Value::Null).await?;
        let refused = json!({
            "parked": script, "document": account.integration, "kind": "integration", "name": text, "reason": text, "timeMs": 1,
            "intents": [{ "do": "set", "path": "/name", "value": format!("{name} again") }],
        });
        let path = format!("/api/accounts/{}/refused", owner.account());
        colleague.ask(Method::POST, &path, &refused).await.map(drop)
    }

    /// What lies over every screen, filled with the names of everything.
    async fn overlays(&mut self) -> Result<()> {
        self.screen.visit("/").await?;
        self.screen.usable().await?;
        let bell = "document.querySelector('[popovertarget=bell]').click(); return null;";
        self.screen.browser.js(bell, Vec::new()).await?;
        self.screen.browser.find("dialog", "Notifications").await?;
        self.probe("the bell").await?;
        self.screen.browser.reload().await?;
        self.screen.usable().await?;
        for (opener, name) in [("Switch account", "the accounts"), ("Account menu", "the menu of the person")] {
            let buttons = self.screen.browser.all("button", opener).await?;
            if let Some(button) = buttons.first() {
                button.click().await?;
                self.probe(name).await?;
            }
        }
        self.screen.visit("/").await?;
        self.screen.usable().await?;
        self.screen.browser.press("button", "Go to…").await?;
        for typed in ["<", "\"", "window"] {
            self.screen.browser.fill("Go to", typed).await?;
            self.probe("what is found by typing").await?;
        }
        // A change that waits is looked at, field by field.
        open(&self.screen, "/review").await?;
        let look = self.screen.browser.all("button", "Look at it").await?;
        look.first().context("a change to review")?.click().await?;
        self.screen.browser.find("button", "Take it over").await?;
        self.probe("a change that is looked at").await
    }

    /// The editors of a flow whose steps are full in everything but their names.
    async fn editors(&mut self, text: &str) -> Result<()> {
        let flow = load_editors(&self.owner, text).await?;
        open(&self.screen, &flow).await?;
        for (step, tool) in EDITORS {
            self.screen.tool(step, tool).await?;
            self.screen.browser.find("button", "Done").await?;
            self.probe(&format!("{tool} of {step}")).await?;
            self.screen.done().await?;
        }
        Ok(())
    }
}

/// Whether a screen shows one resource.
fn is_of_one(page: &str) -> bool {
    page.split('/').any(|part| part.parse::<Id>().is_ok())
}

/// Neighbours are screens of different sorts, so that each is drawn anew.
fn apart(mut pages: Vec<String>) -> Vec<String> {
    let second = pages.split_off(pages.len() / 2);
    let (mut first, mut second) = (pages.into_iter(), second.into_iter());
    let mut all = Vec::new();
    loop {
        let pair = [first.next(), second.next()];
        if pair.iter().all(Option::is_none) {
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}

/// The editors of the steps that [`load_editors`] makes.
const EDITORS: [(&str, &str); 6] = [
    ("Loaded source", "Filter"),
    ("Loaded source", "Transformation"),
    ("Loaded source", "Address and body"),
    ("Loaded destination", "Filter"),
    ("Loaded destination", "Mapping"),
    ("Loaded destination", "Address and body"),
];

async fn load_editors(owner: &Member, text: &str) -> Result<String> {
    let mut device = owner.device(owner.account()).await?;
    let integration = device.create(Kind::Integration, &json!({ "name": "Loaded" })).await?.id();
    let rule = || json!({ "generate": text, "extract": text, "dataType": "string", "default": text });
    let mut export = loaded(Kind::Export, "HTTPExport", text).0;
    let made = json!({ "version": "2", "rulesTwoDotZero": { "mode": "create", "mappings": [rule()] } });
    export["transform"] = json!({ "type": "expression", "expression": made });
    let mut import = loaded(Kind::Import, "HTTPImport", text).0;
    import["mappings"] = json!([rule(), { "generate": "many", "dataType": "object", "mappings": [rule()] }]);
    for (step, name) in [(&mut export, "Loaded source"), (&mut import, "Loaded destination")] {
        step["name"] = json!(name);
    }
    let export = device.create(Kind::Export, &export).await?.id();
    let import = device.create(Kind::Import, &import).await?.id();
    let flow = json!({ "name": "Loaded", "_integrationId": integration, "pageGenerators": [{ "_exportId": export }],
        "pageProcessors": [{ "type": "import", "_importId": import }] });
    let flow = device.create(Kind::Flow, &flow).await?.id();
    Ok(format!("/integrations/{integration}/flows/{flow}"))
}

#[test]
fn every_text_and_list_of_the_tables_is_walked_and_carries_the_payload() {
    fields::are_all_walked();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_or_answered_runs_on_no_screen_and_is_reported_nowhere() -> Result<()> {
    let mut scene = Scene::set().await?;
    let texts = rounds_of_texts(rounds(2));
    let mut screens = 0;
    for (n, text) in texts.iter().enumerate() {
        // Lists show what was made before as well, as long as it is not much.
        let lists = texts.len() > 2 || n + 1 == texts.len();
        for page in scene.load(text).await?.into_iter().filter(|page| lists || is_of_one(page)) {
            scene.walk(&page).await?;
            screens += 1;
        }
        scene.editors(text).await?;
    }
    scene.overlays().await?;
    answers(&mut scene).await?;
    files(&mut scene).await?;
    println!("{} texts in all fields, {screens} screens, {} found wrong", texts.len(), scene.wrong.len());
    ensure!(scene.wrong.is_empty(), "{}", scene.wrong.join("\n"));
    scene.screen.browser.close().await
}

/// What an endpoint says of records, of a request and of itself.
async fn answers(scene: &mut Scene) -> Result<()> {
    let records = PAYLOADS.iter().map(|text| json!({ "id": text, (*text): text, "spite": text })).collect();
    let sink = Sink::start(records).await?;
    let (path, paging) = flows::numbered(PAYLOADS.len());
    let to = sink.address();
    let mappings = json!([row("$.id", "id", "string"), row("$.spite", "spite", "string")]);
    let source = Source::Http(&to, &path, paging);
    let flow = flows::flow("Spite", &source, None, &mappings, &Destination::Http(&to, "/spite"));
    let mut device = scene.owner.device(scene.owner.account()).await?;
    device.create_flow(&flow).await?;
    let source = Source::Http(&to, "/spite", None);
    let failing = flows::flow("Broken", &source, None, &mappings, &Destination::Http(&to, "/take"));
    device.create_flow(&failing).await?;

    scene.screen.open_flow("Spite integration", "Spite").await?;
    scene.screen.run(PATIENCE).await?;
    scene.screen.browser.find("region", "Errors").await?;
    scene.screen.browser.see("window.hit=2").await?;
    scene.probe("the errors of a run").await?;
    scene.screen.browser.press("button", "Edit and try again").await?;
    scene.probe("a record to try again").await?;
    scene.screen.open_flow("Spite integration", "Spite").await?;
    scene.screen.browser.press("button", "Test run").await?;
    let view = scene.screen.browser.find("region", "Test run").await?;
    until("the records of the test run", PATIENCE, || async {
        Ok(view.text().await?.contains("window.hit").then_some(()))
    })
    .await?;
    scene.probe("a test run").await?;
    scene.screen.browser.press_in(Some(&view), "button", "Spite destination").await?;
    scene.probe("the stages of a step").await?;
    scene.screen.open_flow("Broken integration", "Broken").await?;
    ensure!(scene.screen.run(PATIENCE).await? == "Failed", "a source that answers 403 does not fail the run");
    scene.screen.browser.see("window.hit").await?;
    scene.probe("a source that fails").await?;
    for route in ["/runs", "/", "/flows", "/audit"] {
        scene.walk(route).await?;
    }
    // The records that went wrong become the input of an editor.
    scene.screen.open_editor("mapper-2").await?;
    scene.screen.browser.press("button", "More").await?;
    scene.screen.browser.press("menuitem", "Use my data").await?;
    scene.screen.browser.press("button", "Spite, ").await?;
    scene.probe("one's own data").await?;
    scene.screen.browser.press("button", "Use Record 2").await?;
    scene.probe("an editor with one's own data").await?;
    let connection = flow.resources.iter().find(|(kind, ..)| *kind == Kind::Connection).context("a connection")?.1;
    scene.screen.visit(&format!("/connections/{connection}")).await?;
    scene.screen.browser.fill("Test URL", "/spite").await?;
    scene.screen.browser.press("button", "Test connection").await?;
    scene.screen.browser.see("403").await?;
    scene.probe("the test of a connection").await
}

/// Bytes that somebody has stored are the only answers that are not ours: no page, script, worker or frame is made of them,
/// so nothing of them reads what the origin keeps.
async fn files(scene: &mut Scene) -> Result<()> {
    let page = "<!doctype html><script>window.hit=20;document.title=localStorage.length</script>";
    let script = "window.hit=21;self.hit=21;self.postMessage&&self.postMessage(localStorage)";
    let stored = [scene.owner.store(page.as_bytes()).await?, scene.owner.store(script.as_bytes()).await?];
    let paths = stored.map(|hash| format!("/api/accounts/{}/blobs/{hash}", scene.owner.account()));
    open(&scene.screen, "/preferences").await?;
    let made = "
        const found = [];
        const settled = (what, make) => new Promise((done) => {
            const late = setTimeout(() => done(), 1500);
            const end = (word) => { clearTimeout(late); if (word) found.push(`${what}: ${word}`); done(); };
            try { make(end); } catch (error) { end(); }
        });
        for (const path of arguments_.slice(0, 2)) {
            await settled('script', (end) => {
                const one = document.createElement('script');
                one.src = path; one.onload = () => end('loaded'); one.onerror = () => end();
                document.head.append(one);
            });
            await settled('frame', (end) => {
                const one = document.createElement('iframe');
                one.src = path;
                one.onload = () => { let inside = null; try { inside = one.contentDocument?.body?.innerHTML; } catch { } end(inside ? 'shown' : undefined); };
                document.body.append(one);
            });
            await settled('worker', (end) => {
                const one = new Worker(path);
                one.onmessage = () => end('ran'); one.onerror = () => end();
            });
            await navigator.serviceWorker.register(path).then(() => found.push('service worker'), () => {});
            await import(path).then(() => found.push('module'), () => {});
        }
        document.querySelectorAll('iframe, head script[src^=\"/api/\"]').forEach((one) => one.remove());
        return [found, window.hit ?? null, document.title];";
    let answer = scene.screen.browser.js_async(made, paths.iter().map(|path| json!(path)).collect()).await?;
    ensure!(answer[0] == json!([]) && answer[1].is_null(), "what was stored ran: {answer}");
    // The policy has refused them, as it should: what it says of that is no finding.
    drop(scene.screen.browser.console().await);
    scene.screen.browser.js("window.reports = []; return null;", Vec::new()).await?;
    // Opened like a page it is a download.
    let before = scene.screen.browser.address().await?;
    let opened = format!("location.assign({}); return null;", json!(paths[0]));
    scene.screen.browser.js(&opened, Vec::new()).await?;
    let ending = &paths[0][paths[0].len() - 8..];
    let (_, bytes) = downloads::finished(&scene.screen.browser.downloads(), ending, PATIENCE).await?;
    ensure!(bytes == page.as_bytes(), "another file came");
    ensure!(scene.screen.browser.address().await? == before, "the page went to what somebody stored");
    Ok(())
}
