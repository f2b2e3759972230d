//! Scripts in the browser's workers and in the machine's processes: the same answers, and nothing that one does harms
//! another.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;
use tombolo_model::Kind;
use tombolo_tests::device::fresh_id;
use tombolo_tests::flows::{self, Destination, Flow, Source, row};
use tombolo_tests::{Browser, Member, Screen, Server, Sink, bundle, places, until};
use tombolo_wire::script_worker::{Call, ToScript};

const FILE: &str = "made.json";

/// Calls of one script; each returns or throws what the next test of the interpreter would look at.
const CALLS: &str = "import { exports, request } from 'integrator-api';
import dayjs from 'dayjs';
import sjcl from 'sjcl';
const loaded = [Date.now(), Math.random()];
let calls = 0;
export function time() { calls += 1; return [calls, loaded, new Date(), String(new Date(2026, 2, 29, 2)), Date.now()]; }
function chance() { return [Math.random(), Math.random(), sjcl.codec.hex.fromBits(sjcl.random.randomWords(2))]; }
function days(o) { return [dayjs(o.at).add(1, 'month').format('dddd D MMMM YYYY'), dayjs().format()]; }
function hash(o) { return sjcl.codec.base64.fromBits(new sjcl.misc.hmac([1, 2], sjcl.hash.sha256).encrypt(o.text)); }
function talk(o) { console.log('a', 1.5, 1e21, { b: [null, -0] }, undefined); console.warn(new Error('e')); return o; }
function numbers() { return [0.1 + 0.2, 1e21, 1e-7, 2 ** 53, -1.5e300, NaN, 5e-324, 123456789012345680000]; }
function order(o) { return { ...o, z: 1, 2: 'two', a: 2, 1: 'one' }; }
function fails() { return null.x; }
function ask(o) { try { return [exports.run({ _id: o.id, at: new Date(0) }), request('x', undefined)]; } catch (e) { return e.message; } }
function regex() { return 'Straße 12, Ärger 7'.replace(/(?<w>\\p{L}+)\\s(\\d+)/gu, '$<w>:$2').normalize('NFD'); }
function sorted() { return [3, 20, 100, 'b', 'a', 'Ä'].sort().concat([5, 1, 4].toSorted((a, b) => b - a)); }
function deep() { let n = 0; (function f() { n += 1; f(); })(); }
function within() { [1].forEach(function g() { [1].forEach(g); }); }
function large() { return 'x'.repeat(6e6); }
function itself() { const a = {}; a.a = a; return a; }
function nothing() {}";

fn calls() -> Vec<Call> {
    let names =
        "time chance days hash talk numbers order fails ask regex sorted deep within large itself nothing gone time";
    let argument = json!({"at": "2026-01-31T10:00:00Z", "text": "é\"\\\n", "id": 7, "z": [1.0, -0.0, 1e30], "10": {}});
    let call = |(at, function): (usize, &str)| Call {
        script: "s".to_owned(),
        step: Some(1),
        content: (at == 0).then(|| CALLS.to_owned()),
        function: function.to_owned(),
        argument: argument.to_string(),
        now_ms: 1_780_000_000_123 + i64::try_from(at).unwrap(),
        seed: 40 + u64::try_from(at).unwrap(),
        more: Vec::new(),
    };
    names.split(' ').enumerate().map(call).collect()
}

/// The answer to every question: longer than a page of memory, and with what has to be escaped.
fn answer() -> String {
    let answer: Result<String, String> = Ok(json!({"rows": ["é\"\\\n".repeat(20_000)]}).to_string());
    serde_json::to_string(&ToScript::Answer { answer }).unwrap()
}

/// What the process says, frame by frame.
fn in_the_process() -> Result<Vec<String>> {
    let mut child =
        Command::new(places::server()).arg("script-worker").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().context("a pipe")?;
    let mut lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
    let mut said = vec![lines.next().context("it says that it is ready")??];
    for call in calls() {
        writeln!(input, "{}", serde_json::to_string(&ToScript::Call { call: Box::new(call) })?)?;
        loop {
            let frame = lines.next().context("a call is answered")??;
            let asks = frame.starts_with("{\"api\"");
            said.push(frame);
            if !asks {
                break;
            }
            writeln!(input, "{}", answer())?;
        }
    }
    drop(input);
    child.wait()?;
    Ok(said)
}

/// The same calls of the worker, as the run worker makes them.
const IN_THE_WORKER: &str = "const [calls, answer] = arguments_;
const module = await WebAssembly.compileStreaming(fetch('/assets/script_bg.wasm'));
const worker = new Worker('/workers/script.js', { type: 'module' });
const mailbox = new SharedArrayBuffer(8 + 17 * 1024 * 1024);
const numbers = new Int32Array(mailbox, 0, 2);
const text = new Uint8Array(mailbox, 8);
const said = [];
return new Promise((resolve, reject) => {
  worker.onerror = (event) => reject(event.message + ' after ' + said.length);
  worker.onmessage = ({ data }) => {
    said.push(data);
    if (data.startsWith('{\"api\"')) {
      const bytes = new TextEncoder().encode(answer);
      text.set(bytes);
      Atomics.store(numbers, 1, bytes.length);
      Atomics.store(numbers, 0, 1);
      Atomics.notify(numbers, 0);
    } else if (calls.length) {
      worker.postMessage(calls.shift());
    } else {
      worker.terminate();
      resolve(said);
    }
  };
  worker.postMessage([module, mailbox]);
});";

#[tokio::test(flavor = "multi_thread")]
async fn a_process_and_a_browsers_worker_answer_calls_with_the_same_bytes() -> Result<()> {
    let server = Server::start().await?;
    let browser = Browser::open().await?;
    browser.goto(&format!("{}/", server.address())).await?;
    let frames: Vec<Value> = calls()
        .into_iter()
        .map(|call| Ok(json!(serde_json::to_string(&ToScript::Call { call: Box::new(call) })?)))
        .collect::<Result<_>>()?;
    let said = browser.js_async(IN_THE_WORKER, vec![json!(frames), json!(answer())]).await?;
    let in_the_browser: Vec<String> = serde_json::from_value(said)?;
    let in_the_process = in_the_process()?;
    assert_eq!(in_the_process.len(), calls().len() + 3, "{in_the_process:#?}");
    // Whether the machine holds the process is its own affair.
    for (one, other) in in_the_process.iter().zip(&in_the_browser).skip(1) {
        assert_eq!(one, other);
    }
    assert_eq!(in_the_process.len(), in_the_browser.len());
    let all = in_the_process.concat();
    for part in ["2026-05-28T20:26:40.123Z", "Saturday 28 February 2026", "TypeError", "more than 5 MB", "script_limit"]
    {
        assert!(all.contains(part), "{part}");
    }
    browser.close().await
}

/// A transformation that remembers, a filter that runs out of memory at one record, and an import that asks.
const HOOKS: &str = "import { connections } from 'integrator-api';
let calls = 0;
function make({ record }) { calls += 1; return { ...record, calls, at: new Date().getTime() > 0 }; }
function keep({ record }) {
  if (Number(record.n) === 3) { const all = []; for (let text = 'x'; ; text += text) all.push(text + 1); }
  return Number(record.n) !== 5;
}
function asks({ record }) {
  let said;
  try { said = connections.get({ _id: '000000000000000000000001' }); } catch (error) { said = error.message; }
  return said === null || typeof said === 'object' || typeof said === 'string';
}
function endless() { return /^(a+)+$/.test('a'.repeat(60) + 'b'); }";

fn flow(name: &str, hash: &str, filter: &str) -> Flow {
    let mappings = json!([row("$.n", "n", "number"), row("$.calls", "calls", "number"), row("$.at", "at", "boolean")]);
    let mut flow = flows::flow(name, &Source::Csv(hash), None, &mappings, &Destination::Json(FILE));
    let script = fresh_id();
    let called = |function: &str| json!({"type": "script", "script": {"_scriptId": script, "function": function}});
    for (kind, _, value) in &mut flow.resources {
        match kind {
            Kind::Export => {
                value["transform"] = called("make");
                value["filter"] = called(filter);
            }
            Kind::Import => value["filter"] = called("asks"),
            _ => {}
        }
    }
    flow.resources.insert(0, (Kind::Script, script, json!({"name": "Hooks", "content": HOOKS})));
    flow
}

async fn build(owner: &Member, name: &str, filter: &str) -> Result<Flow> {
    let rows: String = (1..=9).map(|n| format!("{n},x\n")).collect();
    let hash = owner.store(format!("n,t\n{rows}").as_bytes()).await?;
    let flow = flow(name, &hash, filter);
    owner.device(owner.account()).await?.create_flow(&flow).await?;
    Ok(flow)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_with_scripts_makes_the_same_bytes_in_the_browser_on_the_server_and_on_the_command_line() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let flow = build(&owner, "Hooked", "keep").await?;

    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Hooked integration", "Hooked").await?;
    screen.completes(Duration::from_secs(90)).await?;
    let console = screen.console_text().await?;
    let in_browser = String::from_utf8(screen.download(FILE).await?)?;
    screen.browser.close().await?;

    let started = owner.call(Method::POST, &format!("/flows/{}/run", flow.flow), &Value::Null).await?;
    let run = started["run"].as_str().context("the answer names the run")?.to_owned();
    let import = flow.resources.iter().find(|(kind, ..)| *kind == Kind::Import).context("an import")?.1;
    let on_server = until("the server's file", Duration::from_secs(60), || async {
        owner.bytes(&format!("/runs/{run}/files/{import}")).await.map(Some)
    })
    .await?;
    let folder = tempfile::TempDir::new()?;
    let input = folder.path().join("in.csv");
    std::fs::write(&input, format!("n,t\n{}", (1..=9).map(|n| format!("{n},x\n")).collect::<String>()))?;
    let made = bundle::run(&flow, &[&input])?;
    let on_command_line = std::fs::read_to_string(made.path().join(FILE))?;

    let rows: Vec<Value> = serde_json::from_str(&in_browser)?;
    let kept: Vec<_> = rows.iter().map(|row| row["n"].as_i64().unwrap_or_default()).collect();
    assert_eq!(kept, [1, 2, 4, 6, 7, 8, 9], "{console}");
    assert_eq!(in_browser, String::from_utf8(on_server)?);
    assert_eq!(in_browser, on_command_line);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_never_ends_is_stopped_in_the_browser_and_the_run_comes_to_its_end() -> Result<()> {
    let server = Server::start().await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let rows = "n,t\n1,x\n";
    let hash = owner.store(rows.as_bytes()).await?;
    owner.device(owner.account()).await?.create_flow(&flow("Endless", &hash, "endless")).await?;
    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Endless integration", "Endless").await?;
    screen.run(Duration::from_secs(90)).await?;
    let counts = screen.counts("Endless source").await?;
    assert_eq!(counts.errors, 1, "{}", screen.console_text().await?);
    screen.browser.close().await
}

/// Counts its runs, writes into a cache and reads that again.
const KEEPS: &str = "import { state, lookupCaches } from 'integrator-api';
export function count(options) {
  const seen = (state.get('runs') || 0) + 1;
  state.put('runs', seen);
  lookupCaches.upsertData('CACHE', [{ key: 'run' + seen, value: { seen } }]);
  const kept = lookupCaches.getData('CACHE', {}).length;
  return { data: options.data.map((row) => ({ ...row, seen, kept })) };
}";

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_a_browser_keeps_its_data_on_the_server_which_calls_what_the_browser_may_not() -> Result<()> {
    let mut server = Server::start_with(&["--allow-private-network"]).await?;
    // It lets no page of another origin call it, and its pages are linked by a header that a browser would hide.
    let sink = Sink::start_closed((1..=5).map(|n| json!({ "n": n })).collect()).await?;
    let owner = Member::sign_up(&server.address(), "Ines", "ines@example.com").await?;
    let base = sink.address();
    let (path, paging) = flows::linked(2);
    let mappings = json!([row("$.n", "n", "number"), row("$.seen", "seen", "number"), row("$.kept", "kept", "number")]);
    let to = Destination::Http(&base, "/take");
    let mut flow = flows::flow("Counted", &Source::Http(&base, &path, paging), None, &mappings, &to);
    let (script, cache) = (fresh_id(), fresh_id());
    for (_, _, value) in flow.resources.iter_mut().filter(|(kind, ..)| *kind == Kind::Export) {
        value["hooks"] = json!({ "preSavePage": { "_scriptId": script, "function": "count" } });
    }
    let content = KEEPS.replace("CACHE", &cache.to_string());
    flow.resources.insert(0, (Kind::Script, script, json!({ "name": "Keeps", "content": content })));
    flow.resources.insert(0, (Kind::LookupCache, cache, json!({ "name": "Runs" })));
    owner.device(owner.account()).await?.create_flow(&flow).await?;

    let screen = Screen::open(&server.address()).await?;
    screen.sign_in("ines@example.com").await?;
    screen.open_flow("Counted integration", "Counted").await?;
    screen.completes(Duration::from_secs(90)).await?;
    let sent = |run: usize| -> Vec<Value> { (1..=5).map(|n| json!({ "n": n, "seen": run, "kept": run })).collect() };
    // Requests go out several at a time, so they arrive in whatever order.
    let in_order = |mut bodies: Vec<Vec<u8>>| {
        bodies.sort_unstable();
        bodies
    };
    let bodies = || -> Vec<Vec<u8>> { sink.received().into_iter().map(|one| one.body).collect() };
    let in_browser = in_order(bodies());
    let read: Vec<Value> = in_browser.iter().map(|body| serde_json::from_slice(body)).collect::<Result<_, _>>()?;
    assert_eq!(read, sent(1), "the browser's run");
    let started = owner.call(Method::POST, &format!("/flows/{}/run", flow.flow), &Value::Null).await?;
    started["run"].as_str().context("the answer names the run")?;
    let on_server = until("what the server sends", Duration::from_secs(60), || async {
        let all = bodies();
        Ok((all.len() == 2 * in_browser.len()).then(|| in_order(all[in_browser.len()..].to_vec())))
    })
    .await?;
    for (one, other) in in_browser.iter().zip(&on_server) {
        let again = String::from_utf8_lossy(one).replace("\"seen\":1,\"kept\":1", "\"seen\":2,\"kept\":2");
        assert_eq!(again.as_bytes(), other, "the bytes of both differ by what was kept alone");
    }
    let kept = owner.call(Method::POST, "/kept", &json!({ "state": { "owner": null, "key": "runs" } })).await?;
    assert_eq!(kept, json!({ "state": [2] }));

    // As long as the page believes that the server's run goes on, it starts no other.
    screen.browser.see("Run history (2)").await?;
    screen.run_end(Duration::from_secs(30)).await?;
    screen.wait_until_offline_ready().await?;
    server.stop().await?;
    screen.browser.see("Offline").await?;
    screen.browser.press("button", "Run flow").await?;
    let said = until("why the run failed", Duration::from_secs(60), || async {
        let said = screen.console_text().await?;
        Ok(said.contains("CORS").then_some(said))
    })
    .await?;
    assert!(said.contains("not connected to the server"), "{said}");
    screen.browser.close().await
}
