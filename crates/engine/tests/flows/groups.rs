//! Sorted and grouped records, and how much fits on a page.

use serde_json::{Value, json};
use tombolo_engine::{Retry, RunEvent};
use tombolo_model::run::RunStatus;

use crate::support::{
    Answer, Memory, Ran, bundle, file_export, file_import, go, go_until, http_export, http_import, id, refusals, with,
};

const LINES: &[u8] = b"order,line,n\nB,1,10\nA,2,9\nA,1,100\n,x,1\n,y,1\nB,2,9\n";

fn sorted(order: &Value) -> Value {
    file_export(&with(json!({"type": "csv"}), order))
}

/// Each record that went on, as it was sent.
fn sent(export: Value, host: &Memory) -> (Ran, Vec<String>) {
    let ran = go(&bundle(export, &[http_import(&json!({"relativeURI": ["/sent"]}))]), host);
    let bodies = host.urls().into_iter().zip(host.bodies()).filter(|(url, _)| url.ends_with("/sent"));
    let bodies = bodies.map(|(_, body)| body).collect();
    (ran, bodies)
}

fn file(text: &[u8]) -> Memory {
    Memory::new(|_| Some(Answer::new(200, ""))).with_file(text)
}

#[test]
fn the_rows_of_a_file_are_sorted_and_then_grouped() {
    let order =
        json!({"sortByFields": [{"field": "order", "descending": true}, {"field": "n"}], "groupByFields": ["order"]});
    let (ran, bodies) = sent(sorted(&order), &file(LINES));
    let want = [
        r#"[{"order":"B","line":"1","n":"10"},{"order":"B","line":"2","n":"9"}]"#,
        r#"[{"order":"A","line":"1","n":"100"},{"order":"A","line":"2","n":"9"}]"#,
        r#"[{"order":"","line":"x","n":"1"}]"#,
        r#"[{"order":"","line":"y","n":"1"}]"#,
    ];
    assert_eq!(bodies, want);
    assert_eq!((ran.counts(0), ran.counts(1)), ([6, 4, 0, 0], [4, 4, 0, 0]), "rows are read and groups go on");
    let host = Memory::offline().with_file(LINES);
    let order = with(order, &json!({"groupEmptyValues": true}));
    let ran = go(&bundle(sorted(&order), &[]), &host);
    assert_eq!(ran.counts(0), [6, 3, 0, 0]);
}

#[test]
fn only_neighbours_are_joined_and_pages_count_groups() {
    for grouping in [json!({"groupByFields": ["order"]}), json!({"csv": {"keyColumns": ["order"]}})] {
        let export = with(sorted(&grouping), &json!({"pageSize": 2}));
        let (ran, bodies) = sent(export, &file(b"order\nB\nA\nA\nB\n"));
        let want = [r#"[{"order":"B"}]"#, r#"[{"order":"A"},{"order":"A"}]"#, r#"[{"order":"B"}]"#];
        assert_eq!(bodies, want, "{grouping}");
        assert_eq!((ran.counts(0), ran.outcome.steps[0].pages), ([4, 3, 0, 0], 2), "{grouping}");
    }
}

#[test]
fn records_of_an_endpoint_are_grouped_behind_the_filter_and_across_its_pages() {
    let host = Memory::new(|request| {
        let first = request.url.to_string().ends_with("=0");
        let second = request.url.to_string().ends_with("=1");
        Some(Answer::json(&if first {
            json!([{"k": 1, "n": 1}, {"k": 1, "n": 2}])
        } else if second {
            json!([{"k": 1, "n": 3}, {"k": 9, "n": 0}, {"k": 1, "n": 4}, {"k": "2", "n": 5}])
        } else {
            json!([])
        }))
    });
    let filter = json!({"filter": {"rules": ["notequals", ["extract", "n"], 0]}, "groupByFields": ["k"]});
    let http = json!({"relativeURI": "/x?page={{export.http.paging.page}}", "paging": {"method": "page"}});
    let (ran, bodies) = sent(with(http_export(&http), &filter), &host);
    let want = [r#"[{"k":1,"n":1},{"k":1,"n":2},{"k":1,"n":3},{"k":1,"n":4}]"#, r#"[{"k":"2","n":5}]"#];
    assert_eq!(bodies, want);
    assert_eq!(ran.counts(0), [6, 2, 1, 0]);
}

#[test]
fn a_source_that_breaks_off_sends_no_group_that_may_be_cut() {
    let host = Memory::offline().with_file(b"k\nA\nA\nB\nB\n\"C");
    let ran =
        go(&bundle(sorted(&json!({"groupByFields": ["k"]})), &[http_import(&json!({"relativeURI": ["/x"]}))]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)[1]), (RunStatus::Failed, 1), "the group that is open is not sent");
    let host = Memory::offline().with_file(b"k\nB\nA\n\"C");
    let ran = go(&bundle(sorted(&json!({"sortByFields": [{"field": "k"}]})), &[]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)[1]), (RunStatus::Failed, 0), "what is not all there is not sorted");
}

#[test]
fn an_endpoint_that_breaks_off_sends_no_group_that_may_be_cut() {
    let host = Memory::new(|request| {
        let first = request.url.to_string().ends_with("=0");
        Some(if first { Answer::json(&json!([{"k": 1}, {"k": 2}])) } else { Answer::new(500, "") })
    });
    let http = json!({"relativeURI": "/x?page={{export.http.paging.page}}", "paging": {"method": "page"}});
    let ran = go(&bundle(with(http_export(&http), &json!({"groupByFields": ["k"]})), &[]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)[1]), (RunStatus::Failed, 1));
}

#[test]
fn sorting_more_than_fits_in_memory_is_refused() {
    let row = format!("{}\n", "x".repeat(1024 * 1024));
    let pieces = (0..70).map(|_| row.clone().into_bytes()).collect();
    let host = Memory::offline().with_pieces(std::iter::once(b"k\n".to_vec()).chain::<Vec<_>>(pieces).collect());
    let ran = go(&bundle(sorted(&json!({"sortByFields": [{"field": "k"}]})), &[]), &host);
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert!(ran.error().contains("more than 64 MB of memory"), "{}", ran.error());
    assert!(host.pieces_read.get() < 70);
}

#[test]
fn what_is_sorted_is_counted_as_the_memory_that_it_takes() {
    // Three megabytes of JSON, and many times as much in memory.
    let record = format!(r#"{{"k":[{}[]]}},"#, "[],".repeat(1_000_000));
    let sort = |rows: usize| {
        let mut pieces = vec![record.clone().into_bytes(); rows];
        pieces.insert(0, b"[".to_vec());
        pieces.push(b"{}]".to_vec());
        let export = file_export(&json!({"type": "json", "sortByFields": [{"field": "n"}]}));
        go(&bundle(export, &[]), &Memory::offline().with_pieces(pieces))
    };
    assert_eq!(sort(1).outcome.status, RunStatus::Completed);
    let ran = sort(3);
    assert_eq!(ran.outcome.status, RunStatus::Failed);
    assert!(ran.error().contains("more than 64 MB of memory"), "{}", ran.error());
}

#[test]
fn a_page_is_cut_before_it_is_too_big() {
    let row = "x".repeat(2 * 1024 * 1024);
    let host = Memory::offline().with_file(format!("k\n{row}\n{row}\n{row}\n1\n").as_bytes());
    let pages = std::cell::RefCell::new(Vec::new());
    go_until(&bundle(sorted(&json!({})), &[]), &host, |event| {
        if let RunEvent::Count { step: 0, count } = event {
            pages.borrow_mut().push(count.success);
        }
        false
    });
    assert_eq!(pages.take(), [2, 4, 4], "two of the four fit with less than five megabytes");
}

#[test]
fn a_record_or_group_that_is_too_big_costs_only_itself() {
    let row = "x".repeat(3 * 1024 * 1024);
    let text = format!("k,t\nA,1\nB,{row}\nB,{row}\nC,1\n");
    let host = Memory::offline().with_file(text.as_bytes());
    let export = sorted(&json!({"groupByFields": ["k"]}));
    let ran = go(&bundle(export, &[file_import(&json!({"type": "json"}))]), &host);
    assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [4, 2, 0, 1]));
    assert_eq!((ran.errors[0].code.as_str(), ran.errors[0].index), ("too_big", Some(1)));
    assert!(
        ran.errors[0].message.contains("The group that begins here has 6.0 MB where 5 are"),
        "{}",
        ran.errors[0].message
    );
    let double = json!({"transform": {"type": "expression", "expression": {"version": "2", "rulesTwoDotZero": {"mappings": [
        {"generate": "twice", "dataType": "string", "extract": "{{record.t}}{{record.t}}"}]}}}});
    let host = Memory::offline().with_file(text.as_bytes());
    let ran = go(&bundle(with(sorted(&json!({})), &double), &[]), &host);
    assert_eq!(ran.counts(0), [4, 2, 0, 2]);
    assert!(ran.errors[0].message.starts_with("The record has 6.0 MB"), "{}", ran.errors[0].message);
    assert_eq!(ran.errors[0].record, None);
}

#[test]
fn a_limited_export_reads_no_more_records_than_it_says() {
    let limited = |limit: Value| json!({"type": "test", "test": {"limit": limit}});
    for (limit, want) in [(json!(null), 1), (json!(3), 3), (json!(100), 6)] {
        let host = Memory::offline().with_file(LINES);
        let ran = go(&bundle(with(sorted(&json!({})), &limited(limit)), &[]), &host);
        assert_eq!((ran.outcome.status, ran.counts(0)), (RunStatus::Completed, [want, want, 0, 0]));
    }
    let host = Memory::new(|_| Some(Answer::json(&json!([{"n": 1}, {"n": 2}]))));
    let http = json!({"relativeURI": "/x?page={{export.http.paging.page}}", "paging": {"method": "page"}});
    go(&bundle(with(http_export(&http), &limited(json!(3))), &[]), &host);
    assert_eq!(host.urls().len(), 2, "no page is asked for that is not needed");
    let order = json!({"sortByFields": [{"field": "n"}], "groupByFields": ["n"]});
    let (ran, bodies) = sent(with(sorted(&order), &limited(json!(2))), &file(LINES));
    assert_eq!((ran.counts(0), bodies.len()), ([6, 2, 0, 0], 2), "groups are counted");
    assert_eq!(bodies[0], r#"[{"order":"","line":"x","n":"1"},{"order":"","line":"y","n":"1"}]"#);
    for wrong in [json!(0), json!(101), json!("many")] {
        assert!(refusals(&bundle(with(sorted(&json!({})), &limited(wrong)), &[])).contains("/test/limit: "));
    }
}

#[test]
fn records_that_come_again_are_neither_limited_nor_grouped_twice() {
    let again = |export: Value, records: Vec<(u64, Value)>| {
        let mut flow = bundle(export, &[http_import(&json!({"relativeURI": ["/sent"]}))]);
        flow.about.retry = Some(Retry { step: id(2).to_string(), records });
        let host = file(b"");
        let ran = go(&flow, &host);
        assert_eq!(ran.outcome.status, RunStatus::Completed, "{:?}", ran.errors);
        host.bodies()
    };
    let limited = with(sorted(&json!({})), &json!({"type": "test"}));
    assert_eq!(again(limited, vec![(4, json!({"k": 1})), (9, json!({"k": 2}))]), [r#"{"k":1}"#, r#"{"k":2}"#]);
    let grouped = with(http_export(&json!({"relativeURI": "/x"})), &json!({"groupByFields": ["k"]}));
    let records = vec![(1, json!({"k": 1})), (2, json!({"k": 1})), (3, json!([{"k": 2}, {"k": 2}]))];
    let want = [r#"[{"k":2},{"k":2}]"#, r#"[{"k":1},{"k":1}]"#];
    assert_eq!(again(grouped, records), want);
}
