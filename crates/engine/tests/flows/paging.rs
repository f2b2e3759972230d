//! Every way of paging, to the byte: what is asked for, what arrives, when it ends.

use serde_json::{Value, json};
use tombolo_engine::Request;
use tombolo_model::run::RunStatus;

use crate::support::{Answer, Memory, Ran, bundle, file_import, go, http_export, refusals, with};

/// Runs a paged export into a file; the run, the paths and queries that were asked for, and the file's lines.
fn paged(
    http: &Value,
    paging: &Value,
    endpoint: impl Fn(&Request) -> Option<Answer> + 'static,
) -> (Ran, Vec<String>, String, Memory) {
    let host = Memory::new(endpoint);
    let export = http_export(&with(http.clone(), &json!({"paging": paging})));
    let ran = go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &host);
    let asked = host.urls().iter().map(|url| url.replace("https://app.example/v1", "")).collect();
    let made = host.made_text().unwrap_or_default();
    (ran, asked, made, host)
}

/// What is behind the last `=` of an address.
fn last_value(request: &Request) -> String {
    request.url.to_string().rsplit_once('=').map(|(_, value)| value.to_owned()).unwrap_or_default()
}

fn body(request: &Request) -> String {
    request.body.as_ref().map(ToString::to_string).unwrap_or_default()
}

const THREE: &str = "[\n{\"n\":1},\n{\"n\":2},\n{\"n\":3}\n]\n";

#[test]
fn records_are_counted_into_the_next_address() {
    let rows = [json!({"n": 1}), json!({"n": 2}), json!({"n": 3})];
    let (ran, asked, made, _) = paged(
        &json!({"relativeURI": "/items?limit=2&from={{export.http.paging.skip}}"}),
        &json!({"method": "skip"}),
        move |request| {
            let from: usize = last_value(request).parse().unwrap();
            let to = (from + 2).min(rows.len());
            Some(Answer::json(&json!(rows[from.min(to)..to])))
        },
    );
    assert_eq!(asked, ["/items?limit=2&from=0", "/items?limit=2&from=2", "/items?limit=2&from=3"]);
    assert_eq!((ran.outcome.status, made.as_str()), (RunStatus::Completed, THREE));
}

#[test]
fn a_count_of_all_records_ends_skipping_wherever_it_began() {
    let (ran, asked, ..) = paged(
        &json!({"relativeURI": "/items?from={{export.http.paging.skip}}", "response": {"resourcePath": "items"}}),
        &json!({"method": "skip", "skip": 10, "maxCountPath": "total"}),
        |request| Some(Answer::json(&json!({"total": 13, "items": [{"from": last_value(request)}, {}]}))),
    );
    assert_eq!(asked, ["/items?from=10", "/items?from=12"]);
    assert_eq!(ran.counts(0), [4, 4, 0, 0]);
}

#[test]
fn the_number_of_pages_goes_before_the_number_of_records() {
    let (_, asked, ..) = paged(
        &json!({"relativeURI": "/x?page={{export.http.paging.page}}", "response": {"resourcePath": "items"}}),
        &json!({"method": "page", "page": 1, "maxPagePath": "pages", "maxCountPath": "total"}),
        |request| Some(Answer::json(&json!({"pages": 3, "total": 1, "items": [{"n": last_value(request)}]}))),
    );
    assert_eq!(asked.len(), 3);
}

fn token_of(request: &Request, next: [Value; 3]) -> Answer {
    let [first, second, third] = next;
    match last_value(request).as_str() {
        "" => Answer::json(&json!({"items": [{"n": 1}], "next": first, "later": {"next": second}})),
        "a%2Fb" | "start" => Answer::json(&json!({"items": [{"n": 2}], "next": first, "later": {"next": second}})),
        _ => Answer::json(&json!({"items": [{"n": 3}], "next": first, "later": {"next": third}})),
    }
}

#[test]
fn a_token_of_the_answer_asks_for_the_next_page() {
    let http = json!({"relativeURI": "/x?t={{export.http.paging.token}}", "response": {"resourcePath": "items"}});
    for end in [json!(null), json!(""), json!(false)] {
        let (ran, asked, made, _) = paged(
            &http,
            &json!({"method": "token", "path": "next", "pathLocation": "body", "pathAfterFirstRequest": "later.next"}),
            move |request| Some(token_of(request, [json!("a/b"), json!("c"), end.clone()])),
        );
        assert_eq!(asked, ["/x?t=", "/x?t=a%2Fb", "/x?t=c"]);
        assert_eq!((ran.outcome.status, made.as_str()), (RunStatus::Completed, THREE));
    }
    let (_, asked, ..) = paged(&http, &json!({"method": "token", "path": "no.such", "token": "start"}), |request| {
        Some(token_of(request, [json!(1), json!(1), json!(1)]))
    });
    assert_eq!(asked, ["/x?t=start"], "the first token may be given, and a missing one is the end");
}

#[test]
fn the_next_page_is_found_in_any_of_several_link_headers() {
    let paging = json!({"method": "linkheader"});
    let (ran, asked, made, _) = paged(&json!({"relativeURI": "/x"}), &paging, |request| {
        let n = match last_value(request).as_str() {
            "2" => 2,
            "3" => 3,
            _ => 1,
        };
        let answer = Answer::json(&json!([{"n": n}])).header("link", "</a.css>; rel=preload");
        Some(if n < 3 { answer.header("link", &format!("</v1/x?p={}>; rel=\"next\"", n + 1)) } else { answer })
    });
    assert_eq!(asked, ["/x", "/x?p=2", "/x?p=3"]);
    assert_eq!((ran.outcome.status, made.as_str()), (RunStatus::Completed, THREE));
}

#[test]
fn a_token_in_a_header_is_found_whatever_its_case() {
    let paging = json!({"method": "token", "path": "X-Next", "pathLocation": "header"});
    let http = json!({"relativeURI": "/x?t={{export.http.paging.token}}"});
    let (ran, asked, made, _) = paged(&http, &paging, |request| {
        let (n, next) = match last_value(request).as_str() {
            "" => (1, "two"),
            "two" => (2, "three"),
            _ => (3, ""),
        };
        let answer = Answer::json(&json!([{"n": n}]));
        Some(if next.is_empty() { answer } else { answer.header("x-next", next) })
    });
    assert_eq!(asked, ["/x?t=", "/x?t=two", "/x?t=three"]);
    assert_eq!((ran.outcome.status, made.as_str()), (RunStatus::Completed, THREE));
    let (ran, ..) = paged(&http, &paging, |_| Some(Answer { hidden: true, ..Answer::json(&json!([{"n": 1}])) }));
    assert!(ran.error().contains("hides the header “x-next”"), "{}", ran.error());
}

#[test]
fn the_same_token_again_is_a_loop() {
    let (ran, asked, ..) = paged(
        &json!({"relativeURI": "/x?t={{export.http.paging.token}}", "response": {"resourcePath": "items"}}),
        &json!({"method": "token", "path": "next"}),
        |request| {
            let next = if last_value(request) == "a" { "b" } else { "a" };
            Some(Answer::json(&json!({"next": next, "items": [{}]})))
        },
    );
    assert_eq!(asked, ["/x?t=", "/x?t=a", "/x?t=b"]);
    assert!(ran.error().contains("same token"), "{}", ran.error());
}

#[test]
fn an_address_in_the_answer_is_followed() {
    let http = json!({"relativeURI": "/x", "response": {"resourcePath": "items"}});
    let (ran, asked, made, _) = paged(&http, &json!({"method": "url", "path": "page.next"}), |request| {
        let url = request.url.to_string();
        Some(Answer::json(&if url.ends_with("/x") {
            json!({"items": [{"n": 1}], "page": {"next": "https://app.example/v1/x?after=1"}})
        } else if url.ends_with("=1") {
            json!({"items": [{"n": 2}], "page": {"next": "?after=2"}})
        } else {
            json!({"items": [{"n": 3}], "page": {"next": null}})
        }))
    });
    assert_eq!(asked, ["/x", "/x?after=1", "/x?after=2"]);
    assert_eq!((ran.outcome.status, made.as_str()), (RunStatus::Completed, THREE));
    let (ran, asked, ..) = paged(&http, &json!({"method": "url", "path": "page.next"}), |_| {
        Some(Answer::json(&json!({"items": [{}], "page": {"next": "/v1/x"}})))
    });
    assert_eq!(asked, ["/x"]);
    assert!(ran.error().contains("read already (https://app.example/v1/x)"), "{}", ran.error());
}

#[test]
fn a_template_makes_the_next_address_of_the_answer_before() {
    let http = json!({"relativeURI": "/x", "response": {"resourcePath": "items"}});
    let answer = |request: &Request| {
        let n: u64 = last_value(request).parse().unwrap_or(0) + 1;
        let items = if n <= 3 { json!([{"n": n}]) } else { json!([]) };
        Some(Answer::json(&json!({"items": items, "at": "a b"})).header("x-more", "m"))
    };
    let uri =
        "/x?{{previous_page.headers.x-more}}={{previous_page.full_response.at}}&after={{previous_page.last_record.n}}";
    let (ran, asked, made, _) = paged(&http, &json!({"method": "relativeuri", "relativeURI": uri}), answer);
    assert_eq!(asked, ["/x", "/x?m=a%20b&after=1", "/x?m=a%20b&after=2", "/x?m=a%20b&after=3"]);
    assert_eq!((ran.outcome.status, made.as_str()), (RunStatus::Completed, THREE));
}

#[test]
fn a_template_that_makes_no_new_address_ends_paging() {
    let http = json!({"relativeURI": "/x", "response": {"resourcePath": "items"}});
    let paging = json!({"method": "relativeuri", "relativeURI": "{{previous_page.full_response.next}}"});
    for last in [json!(""), json!(null), json!("/x?p=2&q=a/b")] {
        let (ran, asked, ..) = paged(&http, &paging, move |request| {
            let first = request.url.to_string().ends_with("/x");
            Some(Answer::json(
                &json!({"items": [{}], "next": if first { json!("/x?p=2&q=a/b") } else { last.clone() }}),
            ))
        });
        assert_eq!(asked, ["/x", "/x?p=2&q=a/b"], "a value that is all of the address keeps its slashes");
        assert_eq!(ran.outcome.status, RunStatus::Completed);
    }
    let (ran, asked, ..) = paged(&http, &paging, |request| {
        let next = if request.url.to_string().ends_with("/x") { "/x?p=2" } else { "/x" };
        Some(Answer::json(&json!({"items": [{}], "next": next})))
    });
    assert_eq!(asked.len(), 2);
    assert!(ran.error().contains("read already"), "{}", ran.error());
}

#[test]
fn headers_that_a_browser_hides_are_no_next_address() {
    let http = json!({"relativeURI": "/x"});
    let paging = json!({"method": "relativeuri", "relativeURI": "/x?c={{previous_page.headers.x-next}}"});
    for shown in ["content-type", "x-other"] {
        let (ran, ..) = paged(&http, &paging, move |_| {
            Some(Answer { hidden: true, ..Answer::json(&json!([{"n": 1}])) }.header(shown, "1"))
        });
        assert_eq!(ran.outcome.status, RunStatus::Failed, "{shown}");
        assert!(ran.error().contains("Run the flow on the server"), "{shown}: {}", ran.error());
    }
}

#[test]
fn a_template_makes_the_next_body_of_the_answer_before() {
    let http = json!({"method": "POST", "relativeURI": "/q", "body": "{\"first\":true}",
        "response": {"resourcePath": "data.items"}});
    let paging = json!({"method": "body",
        "body": "{\"after\":{{previous_page.full_response.data.end}},\"id\":{{previous_page.last_record.n}} }"});
    let (ran, asked, made, host) = paged(&http, &paging, |request| {
        let body = body(request);
        let n = if body.contains("first") { 1 } else { body[9..10].parse::<u64>().unwrap() + 1 };
        let items = if n <= 3 { json!([{"n": n}]) } else { json!([]) };
        Some(Answer::json(&json!({"data": {"items": items, "end": n}})))
    });
    assert_eq!(asked, ["/q"; 4]);
    let want = [r#"{"first":true}"#, r#"{"after":1,"id":1 }"#, r#"{"after":2,"id":2 }"#, r#"{"after":3,"id":3 }"#];
    assert_eq!(host.bodies(), want);
    assert_eq!((ran.outcome.status, made.as_str()), (RunStatus::Completed, THREE));
}

#[test]
fn later_pages_may_be_asked_for_and_found_elsewhere() {
    let (_, asked, made, _) = paged(
        &json!({"relativeURI": "/search", "response": {"resourcePath": "found.first"}}),
        &json!({"method": "token", "path": "cursor", "relativeURI": "/scroll/{{export.http.paging.token}}",
            "resourcePath": "more"}),
        |request| {
            let url = request.url.to_string();
            Some(Answer::json(&match url.rsplit('/').next().unwrap() {
                "search" => json!({"found": {"first": [{"n": 1}]}, "cursor": "k1"}),
                "k1" => json!({"more": [{"n": 2}], "cursor": "k2"}),
                _ => json!({"more": [{"n": 3}]}),
            }))
        },
    );
    assert_eq!(asked, ["/search", "/scroll/k1", "/scroll/k2"]);
    assert_eq!(made, THREE);
}

#[test]
fn a_status_may_say_that_there_are_no_more_pages() {
    let http = json!({"relativeURI": "/x?page={{export.http.paging.page}}"});
    let answer = |last: u16| {
        move |request: &Request| {
            Some(if last_value(request) == "0" { Answer::json(&json!([{"n": 1}])) } else { Answer::new(last, "{}") })
        }
    };
    let (ran, ..) = paged(&http, &json!({"method": "page", "lastPageStatusCode": 400}), answer(400));
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [1, 1, 0, 0]));
    let (ran, ..) = paged(&http, &json!({"method": "page", "lastPageStatusCode": 400}), answer(404));
    assert_eq!(ran.outcome.status, RunStatus::Failed, "another status replaces 404");
    let (ran, ..) = paged(&http, &json!({"method": "page"}), |_| Some(Answer::new(404, "")));
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [0; 4]));
    let warnings = &ran.outcome.steps[0].warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("check the address"), "a wrong address: {warnings:?}");
    let (ran, ..) =
        paged(&json!({"relativeURI": "/x"}), &json!({"method": "linkheader"}), |_| Some(Answer::new(404, "")));
    assert_eq!(ran.outcome.status, RunStatus::Failed, "only what counts asks for pages that may not be there");
    let (ran, ..) = paged(&http, &json!({"method": "page", "lastPageStatusCode": 410}), |_| Some(Answer::new(410, "")));
    assert_eq!(ran.outcome.status, RunStatus::Completed, "a status that was chosen is the end at any page");
}

#[test]
fn a_value_of_the_answer_may_say_that_it_is_the_last() {
    let http = json!({"relativeURI": "/x?page={{export.http.paging.page}}", "response": {"resourcePath": "items"}});
    for (values, last, pages) in [
        (json!(["null"]), json!(null), 2),
        (json!([""]), json!(""), 2),
        (json!(["0", "false"]), json!(false), 2),
        (json!(["End"]), json!("end"), 3),
    ] {
        let paging = json!({"method": "page", "lastPagePath": "meta.next", "lastPageValues": values});
        let (_, asked, ..) = paged(&http, &paging, move |request| {
            let page = last_value(request);
            let items = if page == "2" { json!([]) } else { json!([{"page": page}]) };
            Some(Answer::json(&match page.as_str() {
                // Where the path leads nowhere, it says nothing.
                "0" => json!({"items": items}),
                _ => json!({"items": items, "meta": {"next": last}}),
            }))
        });
        assert_eq!(asked.len(), pages, "{values}");
    }
    let paging = json!({"method": "page", "lastPagePath": "error.message", "lastPageValues": ["No more pages"]});
    let (ran, ..) = paged(&http, &paging, |request| {
        let first = last_value(request) == "0";
        let end = Answer::new(400, r#"{"error": {"message": "No more pages"}}"#);
        Some(if first { Answer::json(&json!({"items": [{}]})) } else { end })
    });
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [1, 1, 0, 0]));
}

#[test]
fn pages_of_xml_say_where_the_next_one_is() {
    let (ran, asked, made, host) = paged(
        &json!({"relativeURI": "/x?t={{export.http.paging.token}}", "successMediaType": "xml",
            "response": {"resourcePath": "/list/item"}}),
        &json!({"method": "token", "path": "list[0].next[0]._"}),
        |request| {
            let n = last_value(request).parse::<u64>().unwrap_or(1);
            let next = if n < 3 { format!("<next>{}</next>", n + 1) } else { String::new() };
            Some(Answer::new(200, format!("<list><item><n>{n}</n></item>{next}</list>")))
        },
    );
    assert_eq!(ran.outcome.error, None);
    assert_eq!(asked, ["/x?t=", "/x?t=2", "/x?t=3"], "{made}");
    let accept = host.requests.borrow()[0].headers.iter().find(|(name, _)| name == "Accept").unwrap().1.to_string();
    assert_eq!(accept, "application/xml, text/xml");
}

#[test]
fn paging_that_cannot_work_is_refused() {
    for (paging, place) in [
        (json!({"method": "token", "path": "next"}), "/http/relativeURI"),
        (json!({"method": "skip"}), "/http/relativeURI"),
        (json!({"method": "token"}), "/http/paging/path"),
        (json!({"method": "url"}), "/http/paging/path"),
        (json!({"method": "relativeuri"}), "/http/paging/relativeURI"),
        (json!({"method": "body"}), "/http/paging/body"),
        (json!({"method": "odd"}), "/http/paging/method"),
    ] {
        let said = refusals(&bundle(http_export(&json!({"relativeURI": "/x", "paging": paging})), &[]));
        assert!(said.contains(&format!("{place}: ")), "{paging}: {said}");
    }
}
