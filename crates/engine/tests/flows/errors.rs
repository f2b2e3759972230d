//! What is said of an error beside its message: class, source, trace key.

use serde_json::json;
use tombolo_model::run::ErrorClass;

use crate::support::{Answer, Memory, bundle, file_export, go, http_import, refusals, with};

#[test]
fn an_error_has_a_class_a_source_and_the_key_of_its_record() {
    let host = Memory::new(|_| Some(Answer::new(409, r#"{"message":"There is one."}"#)))
        .with_file(br#"[{"n":1,"id":7},{"n":2,"id":"","uuid":"u"},{"n":3}]"#);
    let flow = |import| bundle(file_export(&json!({"type": "json"})), &[import]);
    let http = http_import(&json!({"relativeURI": ["/x"]}));
    let ran = go(&flow(http.clone()), &host);
    let keys: Vec<_> = ran.errors.iter().map(|error| error.trace_key.as_deref()).collect();
    assert_eq!(keys, [Some("7"), Some("u"), None]);
    let error = &ran.errors[0];
    assert_eq!((error.class, error.source.as_str()), (Some(ErrorClass::Duplicate), "application"));
    let own = with(http.clone(), &json!({"traceKeyTemplate": "order {{record.n}}"}));
    let ran = go(&flow(own), &host);
    assert_eq!(ran.errors[2].trace_key.as_deref(), Some("order 3"));
    let long = with(http.clone(), &json!({"traceKeyTemplate": "x".repeat(600)}));
    assert_eq!(go(&flow(long), &host).errors[0].trace_key.as_ref().map(String::len), Some(512));
    assert!(refusals(&flow(with(http, &json!({"traceKeyTemplate": "{{#if"})))).contains("/traceKeyTemplate"));
}
