//! Golden flows: a flow, what its endpoints answer, and what must come of it, to the byte.
//!
//! `tests/corpus/flows` holds one a file. Each host runs all of them: memory (in `crates/engine`), `tombolo run` and the
//! browser's worker, so that all of them make the same. Read by the engine's tests too, which is why this file uses
//! nothing but JSON.
//!
//! `{{SERVER}}` stands for the address of the endpoints. Where a text is meant, JSON of any other type than a string
//! stands for its own text without spaces.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A golden flow.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Golden {
    /// The name of its file.
    #[serde(skip)]
    pub name: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// The flow and all it needs, as `tombolo run` reads it.
    pub bundle: Value,
    /// What templates and scripts take for the time.
    #[serde(default = "usual_time")]
    pub now_ms: i64,
    /// Where random values begin.
    #[serde(default)]
    pub seed: u64,
    /// Whether the flow is only tried out.
    #[serde(default)]
    pub test: bool,
    /// The files that exports read, by export.
    #[serde(default)]
    pub files: BTreeMap<String, Value>,
    /// What the endpoints answer.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// What must come of it.
    pub want: Value,
}

/// An answer; of those that fit a request, the first that is not used up is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The method it answers.
    #[serde(default = "get")]
    pub method: String,
    /// The path it answers, with the query; `*` answers any.
    pub path: String,
    /// A text that must be in the body.
    #[serde(default)]
    pub asked: String,
    /// How often it is given; without limit if left out.
    pub times: Option<u32>,
    /// Its status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body.
    #[serde(default)]
    pub body: Value,
}

/// 2026-11-24T04:00:00Z.
fn usual_time() -> i64 {
    1_795_492_800_000
}

fn get() -> String {
    "GET".to_owned()
}

fn ok() -> u16 {
    200
}

/// The text that a value stands for; none for null.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// All golden flows of a folder, in the order of their names, with endpoints at the address that `server` gives each.
///
/// # Panics
///
/// When one cannot be read.
pub fn read_all(folder: &Path, mut server: impl FnMut(&str) -> String) -> Vec<Golden> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("there is a folder").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let only = std::env::var("GOLDEN").unwrap_or_default();
    let mut read = |path: &Path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !name.contains(&only) {
            return None;
        }
        let text = fs::read_to_string(path).unwrap().replace("{{SERVER}}", &server(&name));
        let golden: Golden = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        Some(Golden { name, ..golden })
    };
    paths.iter().filter_map(|path| read(path)).collect()
}

/// The endpoints of one golden flow while it runs.
#[derive(Debug, Default)]
pub struct Endpoints {
    answers: Vec<Answer>,
    given: Vec<u32>,
    /// Each request: method, path and body.
    requests: Vec<Value>,
    /// Requests that no answer was for.
    unanswered: Vec<String>,
}

impl Endpoints {
    /// Endpoints that were not asked yet.
    pub fn new(golden: &Golden) -> Self {
        Self { given: vec![0; golden.answers.len()], answers: golden.answers.clone(), ..Self::default() }
    }

    /// The answer to a request.
    pub fn answer(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.requests.push(if body.is_empty() { json!([method, path]) } else { json!([method, path, body]) });
        for (answer, given) in self.answers.iter().zip(&mut self.given) {
            let fits = answer.method == method && (answer.path == path || answer.path == "*");
            if fits && body.contains(&answer.asked) && answer.times.is_none_or(|times| *given < times) {
                *given += 1;
                return answer.clone();
            }
        }
        self.unanswered.push(format!("{method} {path} {body}"));
        Answer {
            method: method.to_owned(),
            path: path.to_owned(),
            asked: String::new(),
            times: None,
            status: 501,
            headers: BTreeMap::new(),
            body: Value::Null,
        }
    }
}

/// What came of a golden flow, in one shape for all hosts.
#[derive(Debug, Default)]
pub struct Came {
    /// The last row of the run, as JSON.
    pub row: Value,
    /// The errors, as JSON.
    pub errors: Vec<Value>,
    /// Files: step, name and content.
    pub files: Vec<(String, String, Vec<u8>)>,
    /// What scripts wrote: step, function, level and text; nothing where the host does not tell.
    pub console: Option<Vec<[String; 4]>>,
    /// The stages of a test run: step, name and index; nothing where the host does not tell.
    pub stages: Option<Vec<(String, String, Option<u64>)>>,
}

impl Golden {
    /// What is wrong with what came, one line a difference; empty when all is as it must be.
    pub fn differences(&self, came: &Came, endpoints: &Endpoints) -> String {
        let mut lines = Vec::new();
        if !endpoints.unanswered.is_empty() {
            lines.push(format!("no answer for {:?}", endpoints.unanswered));
        }
        let want = self.want.as_object().expect("“want” is an object");
        let came = self.seen(came, endpoints);
        for name in want.keys().filter(|name| !SEEN.contains(&name.as_str()) && *name != "ordered") {
            lines.push(format!("“{name}” is not looked at"));
        }
        for name in SEEN {
            let (wanted, came) = (want.get(name).map(|want| self.wanted(name, want)), came.get(name));
            let nothing = || came.is_none_or(|came| *came == json!([]) || *came == json!({}) || *came == json!(""));
            let fits = match (&wanted, came) {
                (Some(wanted), Some(came)) => fits(wanted, came),
                // A host may be unable to tell.
                (Some(_), None) => true,
                (None, _) => OPTIONAL.contains(&name) || nothing(),
            };
            if !fits {
                let shown = |value: Option<&Value>| value.map_or_else(String::new, |value| format!("{value:#}"));
                lines.push(format!("{name}: wanted {}\ncame {}", shown(wanted.as_ref()), shown(came)));
            }
        }
        if lines.is_empty() { String::new() } else { format!("== {}\n{}\n", self.name, lines.join("\n")) }
    }

    fn ordered(&self) -> bool {
        self.want["ordered"] == true
    }

    /// A part of “want”, in the shape in which it comes.
    fn wanted(&self, name: &str, want: &Value) -> Value {
        match name {
            "files" => want
                .as_object()
                .into_iter()
                .flatten()
                .map(|(step, file)| (step.clone(), Value::from(text(file))))
                .collect(),
            "requests" => {
                let request = |request: &Value| {
                    let parts = request.as_array().map(Vec::as_slice).unwrap_or_default();
                    Value::from(parts.iter().map(text).collect::<Vec<_>>())
                };
                self.sorted(want.as_array().into_iter().flatten().map(request).collect())
            }
            "errors" | "console" | "stages" => sort(want.as_array().cloned().unwrap_or_default()),
            _ => want.clone(),
        }
    }

    fn sorted(&self, items: Vec<Value>) -> Value {
        if self.ordered() { items.into() } else { sort(items) }
    }

    fn seen(&self, came: &Came, endpoints: &Endpoints) -> BTreeMap<&'static str, Value> {
        let row = &came.row;
        let steps = || row["steps"].as_array().into_iter().flatten();
        let id = |step: &Value| step["step"].as_str().unwrap_or_default().to_owned();
        let count = |step: &Value| json!([step["received"], step["success"], step["ignored"], step["errors"]]);
        let named: BTreeMap<_, _> = came.files.iter().map(|(step, name, _)| (step.clone(), name.clone())).collect();
        let content = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        let files: BTreeMap<_, _> = came.files.iter().map(|(step, _, bytes)| (step.clone(), content(bytes))).collect();
        let error = |error: &Value| json!([error["step"], error["code"], error["index"], error["message"]]);
        let healed = steps().filter(|step| step["autoResolved"].as_u64() > Some(0));
        let healed: BTreeMap<_, _> = healed.map(|step| (id(step), step["autoResolved"].clone())).collect();
        let warned = steps().filter_map(|step| Some((id(step), step["warnings"].as_array()?.len())));
        let warned: BTreeMap<_, _> = warned.collect();
        let mut seen = BTreeMap::from([
            ("status", row["status"].clone()),
            ("error", row["error"]["message"].as_str().unwrap_or_default().into()),
            ("counts", steps().map(|step| (id(step), count(step))).collect::<serde_json::Map<_, _>>().into()),
            ("autoResolved", json!(healed)),
            ("warnings", json!(warned)),
            ("names", json!(named)),
            ("files", json!(files)),
            ("errors", sort(came.errors.iter().map(error).collect())),
            ("requests", self.sorted(endpoints.requests.clone())),
        ]);
        if let Some(console) = &came.console {
            seen.insert("console", sort(console.iter().map(|line| json!(line)).collect()));
        }
        if let Some(stages) = &came.stages {
            seen.insert("stages", sort(stages.iter().map(|stage| json!(stage)).collect()));
        }
        seen
    }
}

/// What is compared.
const SEEN: [&str; 11] = [
    "status",
    "error",
    "counts",
    "autoResolved",
    "warnings",
    "names",
    "files",
    "errors",
    "requests",
    "console",
    "stages",
];
/// What need not be said.
const OPTIONAL: [&str; 3] = ["error", "names", "stages"];

fn sort(mut items: Vec<Value>) -> Value {
    // With an end behind each part, a list without its last part keeps its place.
    let key =
        |item: &Value| -> String { item.as_array().into_iter().flatten().map(|part| format!("{part}\0")).collect() };
    items.sort_by_cached_key(key);
    items.into()
}

/// Whether what came is what was wanted. A wanted list may be shorter at its end, where messages are, and a wanted
/// sentence may be a part of it there and in `error`.
fn fits(wanted: &Value, came: &Value) -> bool {
    match (wanted, came) {
        (Value::Array(wanted), Value::Array(came)) if came.iter().any(Value::is_array) => {
            wanted.len() == came.len() && wanted.iter().zip(came).all(|(wanted, came)| row_fits(wanted, came))
        }
        (Value::String(wanted), Value::String(came)) => {
            came.contains(wanted.as_str()) && wanted.is_empty() == came.is_empty()
        }
        _ => wanted == came,
    }
}

fn row_fits(wanted: &Value, came: &Value) -> bool {
    let (Some(wanted), Some(came)) = (wanted.as_array(), came.as_array()) else { return wanted == came };
    let said = |at: usize| came.get(at).and_then(Value::as_str);
    // The fourth part of an error is its message.
    let is_error = came.len() == 4 && !came[2].is_string();
    if !is_error {
        return wanted == came;
    }
    wanted.len() >= 3
        && wanted[..3] == came[..3]
        && wanted
            .get(3)
            .is_none_or(|part| part.as_str().is_some_and(|part| said(3).is_some_and(|said| said.contains(part))))
}
