//! The core of the language against handlebars.js: templates and contexts of our own, with what handlebars.js 4.7.8 made
//! of them.
//!
//! `language.json` was written by a script that ran handlebars.js 4.7.8 under Node 20 over two lists: templates written by
//! hand, one or more for each rule of the language, and templates put together at random from its parts (seed 20251125).
//! `error` says that handlebars.js refused the template or failed while rendering it. Helpers of our own are not among
//! them, and nor is what differs on purpose: `{{list.0}}` and `{"a":{{{b}}}}` are read, a helper that does not exist is
//! refused even where it would never be called, and raw numbers side by side are written and not added up. `{{#each text}}`
//! goes through the characters; the script's own `each` did the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that stops fails at the right line")]

use std::fs;
use std::path::Path;

use tombolo_model::{KeyPool, Record, Val};
use tombolo_template::{Env, Options, Target, Template, TemplateError};

fn corpus() -> Record {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language.json");
    match Val::parse(&fs::read(path).unwrap(), &mut KeyPool::default()).unwrap() {
        Val::Map(corpus) => corpus,
        other => panic!("the corpus is {other:?}"),
    }
}

fn map<'v>(record: &'v Record, name: &str) -> &'v Record {
    match record.get(name) {
        Some(Val::Map(map)) => map,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn templates_print_what_handlebars_js_prints() {
    let corpus = corpus();
    let (context, partials) = (map(&corpus, "context"), map(&corpus, "partials"));
    let partials: Vec<(&str, &str)> = partials.iter().map(|(name, source)| (name, source.as_str().unwrap())).collect();
    let Some(Val::List(cases)) = corpus.get("cases") else { panic!("no cases") };
    assert!(cases.len() > 700, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let Val::Map(case) = case else { panic!("{case:?}") };
        let source = case.get("template").and_then(Val::as_str).unwrap();
        let strict = case.get("strict").is_some();
        let options = Options { target: Target::Html, strict, partials: &partials };
        let made: Result<String, TemplateError> =
            Template::compile_with(source, &options).and_then(|template| template.render_in(context, &Env::default()));
        let want = case.get("output").and_then(Val::as_str);
        let same = match (&made, want) {
            (Ok(made), Some(want)) => made == want,
            (made, want) => made.is_err() && want.is_none(),
        };
        if !same {
            wrong.push(format!("{source:?}\n  want {want:?}\n  made {made:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
