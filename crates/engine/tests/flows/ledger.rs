//! What a host remembers beyond a run: connections that are offline, and errors that are over.

use std::cell::RefCell;

use futures::executor::block_on;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};
use tombolo_engine::{
    Bundle, Cancel, FileStore, Host, HttpClient, Ledger, Outcome, PingError, Request, RunEvent, Standing, compile,
    ping, run,
};
use tombolo_model::run::{ErrorClass, RunError};
use tombolo_model::{Id, Kind};

use crate::support::{Answer, Memory, bundle, file_export, file_import, http_import, id};

/// A host with a ledger.
struct Remembering {
    memory: Memory,
    known: Option<&'static str>,
    open: Vec<(&'static str, &'static str)>,
    said: RefCell<Vec<String>>,
}

impl Remembering {
    fn new(rows: &str, endpoint: impl Fn(&Request) -> Option<Answer> + 'static) -> Self {
        let memory = Memory::new(endpoint).with_file(rows.as_bytes());
        Self { memory, known: None, open: Vec::new(), said: RefCell::default() }
    }

    fn run(&self, bundle: &Bundle) -> (Outcome, Vec<RunError>) {
        let plan = compile(bundle).unwrap();
        let mut errors = Vec::new();
        let mut sink = |event: RunEvent| {
            if let RunEvent::Error(error) = event {
                errors.push(error);
            }
        };
        let outcome = self.memory.clock.run(run(&plan, self, &Cancel::default(), &mut sink));
        (outcome, errors)
    }
}

impl Host for Remembering {
    fn http(&self) -> &dyn HttpClient {
        self.memory.http()
    }

    fn files(&self) -> &dyn FileStore {
        self.memory.files()
    }

    fn now_ms(&self) -> i64 {
        self.memory.now_ms()
    }

    fn ledger(&self) -> Option<&dyn Ledger> {
        Some(self)
    }

    fn sleep(&self, ms: u32) -> LocalBoxFuture<'static, ()> {
        self.memory.sleep(ms)
    }
}

impl Ledger for Remembering {
    fn offline(&self, connection: Id) -> Option<String> {
        assert_eq!(connection, id(1));
        self.known.map(ToOwned::to_owned)
    }

    fn went_offline(&self, _: Id, why: &str) {
        self.said.borrow_mut().push(format!("offline: {why}"));
    }

    fn open_errors(&self, step: &str) -> Vec<String> {
        let own = self.open.iter().filter(|(of, _)| *of == step || (*of == "import" && step == id(3).to_string()));
        own.map(|(_, key)| (*key).to_owned()).collect()
    }

    fn resolved(&self, step: &str, trace_key: &str) {
        assert_eq!(step, id(3).to_string());
        self.said.borrow_mut().push(format!("over: {trace_key}"));
    }
}

/// Three records to an endpoint that takes one at a time, with these credentials.
fn sending(auth: &Value, secrets: &[(&str, &str)]) -> Bundle {
    let mut made = bundle(file_export(&json!({"type": "csv"})), &[http_import(&json!({"relativeURI": ["/x"]}))]);
    let value = json!({"name": "App", "type": "http",
        "http": {"baseURI": "https://app.example/v1", "auth": auth, "concurrencyLevel": 1}});
    made.resources.insert(id(1), (Kind::Connection, value));
    let secrets = secrets.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    made.secrets.insert(id(1), secrets);
    made
}

fn basic(more: &Value) -> Value {
    let mut auth = json!({"type": "basic", "basic": {"username": "ann"}});
    auth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    auth
}

const PASSWORD: [(&str, &str); 1] = [("/http/auth/basic/password", "hush")];
const ROWS: &str = "id\n1\n2\n3\n";

#[test]
fn a_connection_whose_credentials_are_refused_goes_offline_and_nothing_more_is_sent() {
    let named = json!({"failStatusCode": 403});
    let by_body = json!({"failPath": "error", "failValues": ["who?"]});
    for (more, status, body, why) in [
        (json!({}), 401, "hush is wrong", "it answered 401 to them"),
        (named, 403, "", "it answered 403 to them"),
        (by_body, 200, r#"{"error":"who?"}"#, "it answered 200 to them"),
    ] {
        let host = Remembering::new(ROWS, move |_| Some(Answer::new(status, body)));
        let (outcome, errors) = host.run(&sending(&basic(&more), &PASSWORD));
        assert_eq!(host.memory.requests.borrow().len(), 1, "{more}");
        assert_eq!(*host.said.borrow(), [format!("offline: {why}")]);
        let later = &errors[errors.len() - 1];
        assert!(later.message.contains(&format!("its connection is offline: {why}")), "{}", later.message);
        assert_eq!((later.class, &*later.source), (Some(ErrorClass::Connection), "connection"));
        assert_eq!(outcome.steps[1].received, 3, "every record is accounted for");
        assert!(!format!("{errors:?}").contains("hush"));
    }
    // One thing that somebody may not see says nothing of all others.
    let host = Remembering::new(ROWS, |_| Some(Answer::new(403, "")));
    host.run(&sending(&basic(&json!({})), &PASSWORD));
    assert_eq!((host.memory.requests.borrow().len(), host.said.borrow().len()), (3, 0));
}

#[test]
fn a_grant_that_is_no_longer_good_takes_its_connection_offline() {
    let auth = json!({"type": "token", "token": {"location": "header", "refreshRelativeURI": "/token", "refreshBody":
        "{{{connection.http.auth.token.refreshToken}}}"}});
    let host = Remembering::new(ROWS, |request| {
        let grant = request.url.to_string().ends_with("/token");
        Some(if grant { Answer::new(400, r#"{"error":"invalid_grant"}"#) } else { Answer::new(500, "") })
    });
    let (_, errors) = host.run(&sending(&auth, &[("/http/auth/token/refreshToken", "hush")]));
    assert_eq!(host.memory.requests.borrow().len(), 1, "it is asked once");
    let said = host.said.borrow();
    assert!(said.len() == 1 && said[0].contains("invalid_grant") && !said[0].contains("hush"), "{said:?}");
    assert!(errors.len() == 3 && errors[2].message.contains("is offline"), "{errors:?}");
    assert!(errors.iter().all(|error| error.class == Some(ErrorClass::Connection)));
}

#[test]
fn through_a_connection_that_was_left_offline_nothing_is_sent() {
    let host =
        Remembering { known: Some("nobody has signed in"), ..Remembering::new(ROWS, |_| Some(Answer::new(200, "{}"))) };
    let mut flow = sending(&basic(&json!({})), &PASSWORD);
    flow.resources.get_mut(&id(1)).unwrap().1["http"]["rateLimit"] = json!({"limit": 60_000});
    let began_ms = host.memory.now_ms();
    let (_, errors) = host.run(&flow);
    assert_eq!((host.memory.requests.borrow().len(), errors.len()), (0, 3));
    assert_eq!(host.memory.now_ms(), began_ms, "what is not sent waits in no line");
    assert!(errors[0].message.contains("is offline: nobody has signed in. Enter the credentials again"));
    // A test of it is sent all the same, and says how it stands.
    let bundle = sending(&basic(&json!({})), &PASSWORD);
    let pinged = block_on(ping(&bundle, id(1), &host, &mut |_, _, _| {}));
    assert_eq!((Standing::of(&pinged), host.memory.requests.borrow().len()), (Standing::Online, 1));
}

#[test]
fn the_test_of_a_connection_says_how_it_stands() {
    let pinged = |status: u16| {
        let host = Memory::new(move |_| Some(Answer::new(status, "no")));
        block_on(ping(&sending(&basic(&json!({})), &PASSWORD), id(1), &host, &mut |_, _, _| {}))
    };
    assert!(matches!(Standing::of(&pinged(401)), Standing::Offline { why } if why.contains("401")));
    for status in [500, 403] {
        assert_eq!(Standing::of(&pinged(status)), Standing::Unknown, "{status}");
    }
    assert_eq!(Standing::of(&pinged(200)), Standing::Online);
    let refused: Result<u16, _> = Err(PingError::Credentials("did not take them".to_owned()));
    assert!(matches!(Standing::of(&refused), Standing::Offline { .. }));
}

#[test]
fn errors_are_over_when_their_trace_key_comes_to_the_step_again() {
    let answer = |request: &Request| {
        let body = String::from_utf8(request.body.as_ref().map(tombolo_engine::Body::reveal).unwrap()).unwrap();
        Some(if body.contains("bad") { Answer::new(422, "no") } else { Answer::new(200, "{}") })
    };
    let rows = "id,x\n1,good\n2,bad\n2,good\n3,bad\n3,bad\n4,good\n5,good\n5,bad\n";
    let open = vec![("import", "1"), ("import", "3"), ("import", "9"), ("other", "4")];
    for (resolves, want, count) in [(true, vec!["over: 3", "over: 3", "over: 1", "over: 2"], 2), (false, vec![], 0)] {
        let host = Remembering { open: open.clone(), ..Remembering::new(rows, answer) };
        let mut flow = sending(&basic(&json!({})), &PASSWORD);
        flow.flow["autoResolveMatchingTraceKeys"] = json!(resolves);
        let (outcome, errors) = host.run(&flow);
        assert_eq!(*host.said.borrow(), want);
        assert_eq!((outcome.steps[1].auto_resolved, outcome.steps[1].errors, errors.len()), (count, 4, 4));
        let host = Remembering { open: open.clone(), ..Remembering::new(rows, answer) };
        flow.about.test_mode = true;
        host.run(&flow);
        assert!(host.said.borrow().is_empty(), "a test run changes nothing");
    }
}

#[test]
fn errors_are_over_by_a_file_when_it_is_complete() {
    let mut flow = sending(&basic(&json!({})), &PASSWORD);
    flow.resources.insert(id(3), (Kind::Import, file_import(&json!({"type": "json"}))));
    flow.flow["autoResolveMatchingTraceKeys"] = json!(true);
    for (disk, want, count) in [(None, vec!["over: 1", "over: 3"], 2), (Some("it is full"), vec![], 0)] {
        let mut host = Remembering::new(ROWS, |_| None);
        (host.open, host.memory.disk) = (vec![("import", "3"), ("import", "1"), ("import", "9")], disk);
        let (outcome, _) = host.run(&flow);
        assert_eq!(
            (host.said.take(), outcome.steps[1].auto_resolved),
            (want.iter().map(|&said| said.into()).collect(), count)
        );
    }
}
