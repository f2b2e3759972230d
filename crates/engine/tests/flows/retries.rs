//! Requests that are sent again, their queue, and applications that say they have too many.

use std::cell::Cell;

use serde_json::{Value, json};
use tombolo_model::Kind;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, bundle, file_export, file_import, go, http_export, http_import, id};

/// A host that answers with these statuses, one after the other, and with 200 from then on.
fn troubled(statuses: &'static [u16]) -> Memory {
    let at = Cell::new(0);
    Memory::new(move |_| {
        let status = statuses.get(at.replace(at.get() + 1)).copied().unwrap_or(200);
        Some(Answer::new(status, if status == 200 { r#"[{"n":1}]"# } else { r#"{"message":"not now"}"# }))
    })
}

fn send(host: &Memory, http: &Value, connection: &Value) -> crate::support::Ran {
    let mut flow = bundle(file_export(&json!({"type": "csv"})), &[http_import(http)]);
    let own = flow.resources.get_mut(&id(1)).unwrap();
    own.1.as_object_mut().unwrap().extend(connection.as_object().unwrap().clone());
    own.1["http"]["baseURI"] = json!("https://app.example");
    go(&flow, host)
}

#[test]
fn a_trouble_that_passes_is_counted_as_resolved_and_is_no_error() {
    let host = troubled(&[503, 502]);
    let ran = go(&bundle(http_export(&json!({"relativeURI": "x"})), &[file_import(&json!({"type": "json"}))]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [1, 1, 0, 0]));
    assert_eq!(ran.outcome.steps[0].auto_resolved, 1);
    let times = host.times.borrow();
    assert!((500..=1000).contains(&times[1]) && (1000..=2000).contains(&(times[2] - times[1])), "{times:?}");
}

#[test]
fn a_trouble_that_stays_is_an_error_after_five_minutes() {
    let host = Memory::new(|_| Some(Answer::new(500, r#"{"message":"down"}"#))).with_file(b"id\n1\n2\n3\n");
    let ran =
        send(&host, &json!({"method": ["PUT"], "relativeURI": ["/x"]}), &json!({"http": {"concurrencyLevel": 1}}));
    assert_eq!((ran.outcome.status, ran.counts(1)), (RunStatus::Completed, [3, 0, 0, 3]));
    assert!(ran.errors[0].message.contains("down") && ran.errors[0].message.contains("was tried"), "{:?}", ran.errors);
    let last = *host.times.borrow().last().unwrap();
    assert!((240_000..=300_000).contains(&last), "the others are not waited for as long: {last}");
}

#[test]
fn what_must_not_happen_twice_is_sent_again_only_when_nothing_was_done() {
    for (status, method, sent) in [
        (429, "POST", 2),
        (503, "POST", 2),
        (408, "PATCH", 2),
        (500, "POST", 1),
        (502, "PATCH", 1),
        (504, "POST", 1),
        (500, "PUT", 2),
        (504, "DELETE", 2),
        (400, "PUT", 1),
        (409, "PUT", 1),
    ] {
        let at = Cell::new(0);
        let host = Memory::new(move |_| Some(Answer::new(if at.replace(1) == 0 { status } else { 200 }, "")))
            .with_file(b"id\n1\n");
        let ran = send(&host, &json!({"method": [method], "relativeURI": ["/x"]}), &json!({}));
        assert_eq!(host.urls().len(), sent, "{status} {method}");
        assert_eq!(ran.counts(1)[1], sent as u64 - 1, "{status} {method}");
        let says_so = ran.errors.iter().any(|error| error.message.ends_with("would be there twice."));
        assert_eq!(says_so, status >= 500 && sent == 1, "{status} {method}");
    }
    let host = troubled(&[500]).with_file(b"id\n1\n");
    let headers = json!([{"name": "Idempotency-Key", "value": "{{record.id}}"}]);
    send(&host, &json!({"relativeURI": ["/x"], "headers": headers}), &json!({}));
    assert_eq!(host.urls().len(), 2);
}

#[test]
fn an_application_says_itself_how_long_to_wait() {
    for (name, value, wait) in [
        ("retry-after", "7", 7000),
        ("retry-after", "Tue, 24 Nov 2026 04:00:30 GMT", 30_000),
        ("x-reset", "1795492812", 12_000),
    ] {
        let at = Cell::new(0);
        let host = Memory::new(move |_| {
            let first = at.replace(1) == 0;
            Some(if first { Answer::new(429, "").header(name, value) } else { Answer::new(200, "") })
        })
        .with_file(b"id\n1\n");
        send(&host, &json!({"relativeURI": ["/x"]}), &json!({"http": {"retryHeader": "X-Reset"}}));
        assert_eq!(*host.times.borrow(), [0, wait], "{name} {value}");
    }
    let host = Memory::new(|_| Some(Answer::new(429, "").header("retry-after", "3600"))).with_file(b"id\n1\n");
    let ran = send(&host, &json!({"relativeURI": ["/x"]}), &json!({}));
    assert_eq!((ran.counts(1), host.times.borrow().len()), ([1, 0, 0, 1], 1), "nobody waits for an hour");
}

#[test]
fn too_many_requests_stop_the_whole_queue_for_a_while() {
    for (recovers, early) in [(true, 1..=7), (false, 8..=8)] {
        let at = Cell::new(0);
        let host = Memory::new(move |_| {
            let first = at.replace(at.get() + 1) == 0;
            Some(if first { Answer::new(429, "").header("retry-after", "10") } else { Answer::new(200, "") })
        })
        .with_file(b"id\n1\n2\n3\n4\n5\n6\n7\n8\n");
        let connection = json!({"autoRecoverRateLimitErrors": recovers, "http": {"concurrencyLevel": 4}});
        let ran = send(&host, &json!({"relativeURI": ["/x"]}), &connection);
        assert_eq!((ran.counts(1), ran.outcome.steps[1].auto_resolved), ([8, 8, 0, 0], 1));
        let times = host.times.borrow();
        let sent = times.iter().filter(|time| **time < 10_000).count();
        assert!(early.contains(&sent), "{recovers}: {times:?}");
    }
}

#[test]
fn a_rate_limit_may_be_told_in_the_body_or_by_another_status() {
    for (limit, status, body) in [
        (json!({"failPath": "error.code", "failValues": ["slow"]}), 200, r#"{"error":{"code":"slow"}}"#),
        (json!({"failStatusCode": 403, "failPath": "code"}), 403, r#"{"code":1}"#),
        (json!({"failStatusCode": 420}), 420, ""),
    ] {
        let at = Cell::new(0);
        let host = Memory::new(move |_| {
            Some(if at.replace(1) == 0 { Answer::new(status, body) } else { Answer::new(200, "{}") })
        })
        .with_file(b"id\n1\n");
        let ran = send(&host, &json!({"relativeURI": ["/x"]}), &json!({"http": {"rateLimit": limit}}));
        assert_eq!((ran.counts(1), host.urls().len()), ([1, 1, 0, 0], 2), "{limit}");
    }
    let host = Memory::new(|_| Some(Answer::new(403, "{}"))).with_file(b"id\n1\n");
    let limit = json!({"rateLimit": {"failStatusCode": 403, "failPath": "code"}});
    send(&host, &json!({"relativeURI": ["/x"]}), &json!({"http": limit}));
    assert_eq!(host.urls().len(), 1, "not every 403 is a rate limit");
}

#[test]
fn a_gap_between_requests_is_kept() {
    let host = Memory::new(|_| Some(Answer::new(200, ""))).with_file(b"id\n1\n2\n3\n");
    send(&host, &json!({"relativeURI": ["/x"]}), &json!({"http": {"rateLimit": {"limit": 250}}}));
    assert_eq!(*host.times.borrow(), [0, 250, 500]);
}

#[test]
fn an_address_that_never_answers_is_given_up_soon() {
    let host = Memory::new(|_| None);
    let ran = go(&bundle(http_export(&json!({"relativeURI": "x"})), &[]), &host);
    assert!(ran.error().contains("60 seconds"), "{}", ran.error());
    assert_eq!(host.urls().len(), 3);
}

#[test]
fn steps_of_a_connection_and_of_its_borrowers_share_one_queue() {
    let under_way = std::rc::Rc::new(Cell::new((0_u32, 0_u32)));
    let seen = std::rc::Rc::clone(&under_way);
    let host = Memory::new(move |_| {
        let (now, most) = seen.get();
        seen.set((now + 1, most.max(now + 1)));
        Some(Answer::new(200, ""))
    });
    let mut host = host.with_file(b"id\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    host.answer_ms = 100;
    let ended = std::rc::Rc::clone(&under_way);
    host.on_answer = Some(Box::new(move || ended.set((ended.get().0 - 1, ended.get().1))));
    let import = |connection: u8| {
        let mut import = http_import(&json!({"relativeURI": ["/x"]}));
        import["_connectionId"] = json!(id(connection).to_string());
        import
    };
    let mut flow = bundle(file_export(&json!({"type": "csv"})), &[import(1), import(9)]);
    flow.resources.get_mut(&id(1)).unwrap().1["http"]["concurrencyLevel"] = json!(2);
    let borrower = json!({"name": "Other", "type": "http", "http": {"baseURI": "https://other.example"},
        "_borrowConcurrencyFromConnectionId": id(1).to_string()});
    flow.resources.insert(id(9), (Kind::Connection, borrower));
    let ran = go(&flow, &host);
    assert_eq!((ran.counts(1), ran.counts(2)), ([9, 9, 0, 0], [9, 9, 0, 0]));
    assert_eq!(under_way.get(), (0, 2));
}

#[test]
fn a_pause_beyond_all_patience_stops_no_other_request() {
    let host = Memory::new(|request| {
        let body = String::from_utf8(request.body.as_ref().unwrap().reveal()).unwrap();
        Some(if body.contains('1') {
            Answer::new(429, "").header("retry-after", "20000")
        } else {
            Answer::new(200, "")
        })
    })
    .with_file(b"id\n1\n2\n3\n");
    let ran = send(&host, &json!({"relativeURI": ["/x"]}), &json!({"http": {"concurrencyLevel": 1}}));
    assert_eq!(ran.counts(1), [3, 2, 0, 1]);
    assert!(*host.times.borrow().last().unwrap() < 300_000, "{:?}", host.times.borrow());
}
