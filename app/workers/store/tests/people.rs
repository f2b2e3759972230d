//! Several people at one computer, invitations, and what goes along with signing in; the server is a few answers.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tombolo_model::{Id, Intent, Kind};
use tombolo_store_worker::Device;
use tombolo_store_worker::storage::{Batch, Layout, Storage, Store, text};
use tombolo_wire::store::{AccountInfo, Call, Created, Edited, OpenReply, Overview, Unsent, WithUnsent};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

async fn ask<T: DeserializeOwned>(device: &Device, call: Call) -> T {
    serde_json::from_value(device.call(call).await.unwrap()).unwrap()
}

/// Each test has people and accounts of its own.
fn id(n: u8, test: u8) -> Id {
    Id::from_parts(u32::from(test), [n; 8])
}

/// What the server says of a person: the account of the same number is their own.
fn me(person: u8, test: u8, others: &[u8], joined: Option<u8>) -> Value {
    let user = id(person, test);
    let account = |n: u8, role: &str| json!({"id": id(n, test), "name": format!("Account {n}"), "role": role});
    let others = others.iter().map(|n| account(*n, "manage"));
    let accounts: Vec<Value> = [account(person, "owner")].into_iter().chain(others).collect();
    json!({
        "user": {"id": user, "name": format!("Person {person}"), "email": format!("{person}@example.com")},
        "accounts": accounts,
        "joined": joined.map(|n| id(n, test)),
    })
}

/// Answers these paths from now on, everything else with 404.
fn serve(answers: &Value) {
    let script = format!(
        "globalThis.fetch = async (path) => {{ const answers = {answers}; return path in answers \
           ? new Response(JSON.stringify(answers[path])) \
           : new Response('{{\"errors\":[{{\"code\":\"not_found\",\"message\":\"Not here.\"}}]}}', {{ status: 404 }}); }};"
    );
    js_sys::eval(&script).unwrap();
}

async fn sign_in(device: &Device, me: &Value, bring_local: bool) -> Overview {
    serve(&json!({"/api/signin": me, "/api/signout": null}));
    let (email, password) = ("somebody@example.com".to_owned(), "a long password".to_owned());
    ask(device, Call::SignIn { email, password, code: None, trust: false, bring_local, invitation: None }).await
}

async fn create(device: &Device, kind: Kind, name: &str) -> Id {
    ask::<Created>(device, Call::Create { kind, value: json!({"name": name}) }).await.id
}

fn names(overview: &Overview) -> Vec<&str> {
    overview.catalogue.iter().map(|row| row.name.as_str()).collect()
}

fn accounts(overview: &Overview) -> Vec<Id> {
    overview.accounts.iter().map(|info| info.id).collect()
}

#[wasm_bindgen_test]
async fn what_one_person_left_unsent_is_not_shown_to_the_next() {
    const SHARED: u8 = 9;
    let device = Device::open().await.unwrap();
    let (anna, ben) = (me(1, 1, &[SHARED], None), me(2, 1, &[SHARED], None));
    sign_in(&device, &anna, false).await;
    create(&device, Kind::Flow, "Anna's own").await;
    ask::<Overview>(&device, Call::SwitchAccount { account: id(SHARED, 1) }).await;
    create(&device, Kind::Flow, "Anna's unsent").await;
    let local: Overview = ask(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    assert!(local.account.local && local.accounts.iter().all(|info| info.local));

    let first = sign_in(&device, &ben, false).await;
    assert_eq!(accounts(&first), [id(2, 1), id(SHARED, 1)]);
    let shared: Overview = ask(&device, Call::SwitchAccount { account: id(SHARED, 1) }).await;
    assert!(names(&shared).is_empty(), "{:?}", names(&shared));
    let error = device.call(Call::SwitchAccount { account: id(1, 1) }).await.unwrap_err();
    assert_eq!(error.code, "not_found");
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;

    sign_in(&device, &anna, false).await;
    let shared: Overview = ask(&device, Call::SwitchAccount { account: id(SHARED, 1) }).await;
    assert_eq!(names(&shared), ["Anna's unsent"]);
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    device.close();
}

#[wasm_bindgen_test]
async fn an_invitation_opens_the_account_that_invites_and_local_work_stays_the_persons_own() {
    let device = Device::open().await.unwrap();
    create(&device, Kind::Flow, "Made alone").await;
    serve(&json!({"/api/signup": me(1, 2, &[5], Some(5)), "/api/signout": null}));
    let call = Call::SignUp {
        name: "Person 1".to_owned(),
        email: "1@example.com".to_owned(),
        password: "a long password".to_owned(),
        invitation: Some("token".to_owned()),
    };
    let opened: Overview = ask(&device, call).await;
    assert_eq!(opened.account.id, id(5, 2));
    assert!(!names(&opened).contains(&"Made alone"));
    let own: Overview = ask(&device, Call::SwitchAccount { account: id(1, 2) }).await;
    assert!(names(&own).contains(&"Made alone") && own.sync.waiting > 0);
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    device.close();
}

#[wasm_bindgen_test]
async fn somebody_who_is_signed_in_follows_an_invitation_into_its_account() {
    let device = Device::open().await.unwrap();
    let refused = device.call(Call::AcceptInvitation { token: "token".to_owned() }).await.unwrap_err();
    assert_eq!(refused.code, "invalid");
    sign_in(&device, &me(1, 3, &[], None), false).await;
    serve(&json!({"/api/invitations/accept": me(1, 3, &[6], Some(6)), "/api/signout": null}));
    let opened: Overview = ask(&device, Call::AcceptInvitation { token: "token".to_owned() }).await;
    assert_eq!(opened.account.id, id(6, 3));
    assert_eq!(accounts(&opened), [id(1, 3), id(6, 3)]);
    serve(&json!({"/api/bell/invitations/accept": me(1, 3, &[6, 7], Some(7)), "/api/signout": null}));
    let opened: Overview = ask(&device, Call::AcceptWaiting { account: id(7, 3) }).await;
    assert_eq!(opened.account.id, id(7, 3));
    ask::<()>(&device, Call::Renamed { name: "Another".to_owned() }).await;
    for account in ask::<Overview>(&device, Call::Hello).await.accounts {
        assert_eq!(account.user.unwrap().name, "Another");
    }
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    device.close();
}

#[wasm_bindgen_test]
async fn local_work_that_went_on_after_it_was_brought_is_brought_again() {
    let device = Device::open().await.unwrap();
    let flow = create(&device, Kind::Flow, "First").await;
    let person = me(1, 4, &[], None);
    assert!(names(&sign_in(&device, &person, true).await).contains(&"First"));
    // Nothing was sent, so the local account is still there.
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    let intents = vec![Intent::Set { path: "/name".to_owned(), value: json!("Second") }];
    ask::<Edited>(&device, Call::Edit { id: flow, intents }).await;
    assert!(names(&sign_in(&device, &person, true).await).contains(&"Second"));
    let opened: OpenReply = ask(&device, Call::Open { id: flow }).await;
    assert_eq!(opened.view.value["name"], "Second");
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    device.close();
}

#[wasm_bindgen_test]
async fn a_flow_does_not_run_on_the_server_before_its_last_changes_are_there() {
    let device = Device::open().await.unwrap();
    sign_in(&device, &me(1, 5, &[], None), false).await;
    let flow = create(&device, Kind::Flow, "Newest").await;
    let run = json!({ "run": id(7, 5) });
    serve(&json!({format!("/api/accounts/{}/flows/{flow}/run", id(1, 5)): run, "/api/signout": null}));
    let refused = device.call(Call::StartRun { flow, on_server: true, options: Default::default() }).await.unwrap_err();
    assert_eq!(refused.code, "invalid");
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    device.close();
}

/// The names in the list of an account that is not open.
async fn rows_of(account: Id, user: Id) -> Vec<String> {
    let storage = Storage::open(&format!("tombolo-{account}-{user}"), Layout::Account, || ()).await.unwrap();
    let rows = storage.values(Store::Catalogue, None).await.unwrap();
    storage.close();
    let rows = rows.iter().map(|row| serde_json::from_str::<Value>(&row.as_string().unwrap()).unwrap());
    rows.map(|row| row["row"]["name"].as_str().unwrap().to_owned()).collect()
}

#[wasm_bindgen_test]
async fn what_the_device_has_of_accounts_that_somebody_was_taken_out_of_leaves_it() {
    const KEPT: u8 = 6;
    const EMPTY: u8 = 7;
    let device = Device::open().await.unwrap();
    let person = me(1, 8, &[KEPT, EMPTY], None);
    sign_in(&device, &person, false).await;
    for account in [EMPTY, KEPT] {
        ask::<Overview>(&device, Call::SwitchAccount { account: id(account, 8) }).await;
        if account == KEPT {
            create(&device, Kind::Flow, "Unsent").await;
        }
    }
    ask::<Overview>(&device, Call::SwitchAccount { account: id(1, 8) }).await;
    // What the server had sent of both.
    for account in [EMPTY, KEPT] {
        let name = format!("tombolo-{}-{}", id(account, 8), id(1, 8));
        let storage = Storage::open(&name, Layout::Account, || ()).await.unwrap();
        let mut batch = Batch::new();
        batch.put_json(Store::Catalogue, &text(id(9, 8).to_string()), &json!({"row": {"name": "Theirs"}}));
        batch.put_json(Store::Runs, &text("run"), &json!({}));
        storage.write(&batch).await.unwrap();
        storage.close();
        assert!(rows_of(id(account, 8), id(1, 8)).await.contains(&"Theirs".to_owned()));
    }
    let ended = vec![id(KEPT, 8), id(EMPTY, 8)];
    let left: Vec<AccountInfo> = ask(&device, Call::Accounts { open: vec![id(1, 8)], ended }).await;
    let known: Vec<(Id, bool)> = left.iter().map(|info| (info.id, info.ended)).collect();
    assert_eq!(known, [(id(1, 8), false), (id(KEPT, 8), true)], "what was not sent can be reached");
    assert_eq!(rows_of(id(KEPT, 8), id(1, 8)).await, ["Unsent"]);
    assert!(rows_of(id(EMPTY, 8), id(1, 8)).await.is_empty());
    // An account that is opened to them again is learnt of.
    serve(&json!({"/api/me": person, "/api/signout": null}));
    let open = vec![id(1, 8), id(EMPTY, 8)];
    let left: Vec<AccountInfo> = ask(&device, Call::Accounts { open, ended: Vec::new() }).await;
    assert!(left.iter().any(|info| info.id == id(EMPTY, 8) && !info.ended), "{left:?}");
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    device.close();
}

/// The names of the databases in this browser that hold a text.
async fn databases(of: &str) -> Vec<String> {
    let all = js_sys::eval("indexedDB.databases().then((all) => all.map((one) => one.name).sort())").unwrap();
    let all = JsFuture::from(js_sys::Promise::from(all)).await.unwrap();
    js_sys::Array::from(&all).iter().filter_map(|name| name.as_string()).filter(|name| name.contains(of)).collect()
}

/// Waits for what the browser does in its own time.
async fn until(done: impl AsyncFn() -> bool) -> bool {
    let mut tries = 300;
    while !done().await && tries > 0 {
        gloo_timers::future::TimeoutFuture::new(10).await;
        tries -= 1;
    }
    tries > 0
}

/// Waits until just these databases hold a text.
async fn left(of: &str, expected: &[String]) {
    let is_so = until(async || databases(of).await == expected).await;
    assert!(is_so, "{:?} are left, not {expected:?}", databases(of).await);
}

fn database(account: u8, person: u8, test: u8) -> String {
    format!("tombolo-{}-{}", id(account, test), id(person, test))
}

async fn unsent(device: &Device) -> Vec<(Id, usize, bool)> {
    let found: Vec<Unsent> = ask(device, Call::Unsent).await;
    found.into_iter().map(|of| (of.account, of.changes + of.not_accepted + of.others, of.unreadable)).collect()
}

#[wasm_bindgen_test]
async fn signing_out_takes_all_accounts_of_the_person_off_the_device_and_nobody_elses() {
    const SHARED: u8 = 9;
    let device = Device::open().await.unwrap();
    let local: Overview = ask(&device, Call::Hello).await;
    let alone = create(&device, Kind::Flow, "Made alone, and stays").await;
    sign_in(&device, &me(2, 10, &[SHARED], None), false).await;
    create(&device, Kind::Flow, "Ben's unsent").await;
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    sign_in(&device, &me(1, 10, &[SHARED], None), false).await;
    for account in [SHARED, 1] {
        ask::<Overview>(&device, Call::SwitchAccount { account: id(account, 10) }).await;
    }
    assert_eq!(databases(&id(1, 10).to_string()).await, [database(1, 1, 10), database(SHARED, 1, 10)]);
    assert!(unsent(&device).await.is_empty());
    let after: Overview = ask(&device, Call::SignOut { unsent: WithUnsent::Ask }).await;
    assert_eq!((after.account.id, after.account.local), (local.account.id, true));
    left(&id(1, 10).to_string(), &[]).await;
    assert!(names(&ask::<Overview>(&device, Call::Hello).await).contains(&"Made alone, and stays"));
    assert!(device.call(Call::Open { id: alone }).await.is_ok());
    left(&id(2, 10).to_string(), &[database(2, 2, 10)]).await;
    assert_eq!(rows_of(id(2, 10), id(2, 10)).await, ["Ben's unsent"]);
    device.close();
}

#[wasm_bindgen_test]
async fn what_the_server_has_not_is_counted_can_be_downloaded_and_goes_only_on_its_persons_word() {
    const SHARED: u8 = 9;
    let device = Device::open().await.unwrap();
    let person = me(1, 11, &[SHARED], None);
    sign_in(&device, &person, false).await;
    ask::<Overview>(&device, Call::SwitchAccount { account: id(SHARED, 11) }).await;
    let flow = create(&device, Kind::Flow, "Unsent elsewhere").await;
    let intents = vec![Intent::Set { path: "/description".to_owned(), value: json!("Mine") }];
    ask::<Edited>(&device, Call::Edit { id: flow, intents }).await;
    ask::<Overview>(&device, Call::SwitchAccount { account: id(1, 11) }).await;
    create(&device, Kind::Script, "Unsent here").await;
    let refused = device.call(Call::SignOut { unsent: WithUnsent::Ask }).await.unwrap_err();
    assert_eq!(refused.code, "unsent");
    assert_eq!(ask::<Overview>(&device, Call::Hello).await.account.id, id(1, 11), "still signed in");
    assert_eq!(unsent(&device).await, [(id(1, 11), 1, false), (id(SHARED, 11), 2, false)]);
    let file = device.file(Call::ExportUnsent).await.unwrap().unwrap();
    let text = JsFuture::from(file.text()).await.unwrap().as_string().unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let named = |account: usize, kind: Kind| file["accounts"][account]["resources"][kind.collection()][0].clone();
    assert_eq!(named(0, Kind::Script)["name"], "Unsent here", "{file}");
    let elsewhere = named(1, Kind::Flow);
    assert_eq!((&elsewhere["name"], &elsewhere["description"]), (&json!("Unsent elsewhere"), &json!("Mine")), "{file}");
    let both = [database(1, 1, 11), database(SHARED, 1, 11)];
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Keep }).await;
    assert_eq!(databases(&id(1, 11).to_string()).await, both);
    assert!(names(&sign_in(&device, &person, false).await).contains(&"Unsent here"));
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Delete }).await;
    left(&id(1, 11).to_string(), &[]).await;
    // Nothing comes back with the person.
    assert!(names(&sign_in(&device, &person, false).await).is_empty());
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Ask }).await;
    device.close();
}

#[wasm_bindgen_test]
async fn what_a_tab_did_not_come_to_delete_is_deleted_by_the_next_unless_its_person_is_back() {
    let (over, back) = (database(3, 1, 12), database(1, 1, 12));
    let device = Device::open().await.unwrap();
    sign_in(&device, &me(1, 12, &[], None), false).await;
    let registry = Storage::open("tombolo", Layout::Registry, || ()).await.unwrap();
    let marks = async || -> Vec<String> {
        let found = registry.entries(&[(Store::Meta, None)]).await.unwrap().concat();
        found.iter().filter_map(|(key, _)| key.as_string()).filter(|key| key.starts_with("leaving:")).collect()
    };
    Storage::open(&over, Layout::Account, || ()).await.unwrap().close();
    let mut batch = Batch::new();
    for database in [&over, &back] {
        batch.put_json(Store::Meta, &text(format!("leaving:{database}")), &true);
    }
    registry.write(&batch).await.unwrap();
    // Whoever signs in again keeps what they get.
    sign_in(&device, &me(1, 12, &[], None), false).await;
    assert_eq!(marks().await, [format!("leaving:{over}")]);
    let next = Device::open().await.unwrap();
    left(&id(1, 12).to_string(), &[back]).await;
    assert!(until(async || marks().await.is_empty()).await);
    registry.close();
    next.close();
    ask::<Overview>(&device, Call::SignOut { unsent: WithUnsent::Ask }).await;
    device.close();
}
