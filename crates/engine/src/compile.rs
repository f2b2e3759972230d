//! A bundle to a plan: everything that can be wrong before the first record is found here.

mod api;
mod async_helper;
mod auth;
mod endpoint;
mod entry;
mod export;
mod format;
mod function;
mod graph;
mod import;
mod import_http;
mod kind;
mod listener;
mod mapping;
mod media;
mod paging;
pub(crate) mod ping;
mod pool;
mod step;
mod unsupported;
mod verdict;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use tombolo_model::views::Flow;
use tombolo_model::{Id, Kind, Problem, Val, validate};
use tombolo_template::{Options, Target, Template};

use crate::bundle::Bundle;
use crate::path::Path;
use crate::plan::{Named, Plan, SkipsRetries, Source, Step, Work, settings_of};

use entry::Parts;
use graph::Graph;

pub(crate) use auth::percent;
pub(crate) use format::{csv as csv_options, xml as xml_options, xml_writer};
#[cfg(test)]
pub(crate) use listener::compile as listener_of;
pub(crate) use media::target as body_target;

/// Compiles a flow.
///
/// # Errors
///
/// Returns all that is wrong; the path of a problem in another resource than the flow begins with its id.
pub fn compile(bundle: &Bundle) -> Result<Plan, Vec<Problem>> {
    let mut problems = validate(Kind::Flow, &bundle.flow);
    if flag(&bundle.flow, "/isAbstract", false) {
        let message = "This flow is a pattern for others and does not run: run a flow that was made from it.";
        problems.push(Problem::new("/isAbstract", "abstract_flow", message));
    }
    let flow = Flow(&bundle.flow);
    let mut seen = BTreeSet::new();
    let mut sources = Vec::new();
    let mut skips_retries = SkipsRetries { flow: flag(&bundle.flow, "/skipRetries", false), ..SkipsRetries::default() };
    let chosen = &bundle.about.sources;
    for generator in flow.generators() {
        let Some(id) = generator.export().filter(|id| chosen.is_empty() || chosen.contains(id)) else { continue };
        let made = resource(bundle, id, Kind::Export, &mut seen, &mut problems)
            .and_then(|value| export::compile(bundle, id, value));
        keep(made, id, &mut sources, &mut problems);
        // Of one with a problem too, but then there is no plan.
        skips_retries.sources.push(flag(generator.0, "/skipRetries", false));
    }
    // A source with a problem has no place, but then there is no plan either.
    let mut graph = Graph::new(bundle, &mut seen, &mut problems, sources.len());
    let start = graph.build();
    let Graph { mut steps, routers, .. } = graph;
    if sources.is_empty() && problems.is_empty() {
        let message = if chosen.is_empty() {
            "Add a source: the flow has none."
        } else {
            "The flow has none of the sources that were chosen for this run: choose others."
        };
        problems.push(Problem::new("/pageGenerators", "no_source", message));
    }
    if problems.is_empty() && bundle.about.retry.is_none() && sources.iter().all(Source::waits) {
        problems.push(Problem::new("/pageGenerators", "listener", listener::WAITS));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    tell_apart(&mut sources, &mut steps);
    let parts = Parts { sources: &sources, steps: &steps, routers: &routers, start };
    let entry = entry::compile(parts, bundle.about.retry.as_ref()).map_err(|problem| vec![problem])?;
    Ok(Plan {
        sources,
        steps,
        routers,
        entry,
        caches: caches(bundle),
        callable: api::compile(bundle),
        test_mode: bundle.about.test_mode,
        begin: bundle.about.begin,
        skips_retries,
        next: Flow(&bundle.flow).next_flows(),
        resolves: bundle.flow.get("autoResolveMatchingTraceKeys").and_then(Value::as_bool).unwrap_or(false),
        parallel: bundle.flow.get("runPageGeneratorsInParallel").and_then(Value::as_bool).unwrap_or(false),
    })
}

/// The lookup caches whose data came with the flow.
fn caches(bundle: &Bundle) -> BTreeMap<String, HashMap<String, Val>> {
    let caches = bundle.resources.iter().filter(|(_, (kind, _))| *kind == Kind::LookupCache);
    let data = caches.filter_map(|(id, (_, value))| Some((id, value.get("data")?.as_object()?)));
    data.map(|(id, data)| {
        let entries = data.iter().map(|(key, value)| (key.clone(), Val::from(value)));
        (id.to_string(), entries.collect())
    })
    .collect()
}

/// Numbers steps that use the same resource, so that none hides the counts, errors or file of another.
fn tell_apart(sources: &mut [Source], steps: &mut [Step]) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    let sources = sources.iter_mut().map(|source| &mut source.named);
    let steps = steps.iter_mut().map(|step| match &mut step.work {
        Work::Import(import) => &mut import.named,
        Work::Lookup(source) => &mut source.named,
    });
    for named in sources.chain(steps) {
        let count = uses.entry(named.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            named.id = format!("{}~{count}", named.id);
        }
    }
}

/// A resource that a step uses, checked once however many steps use it.
fn resource<'b>(
    bundle: &'b Bundle,
    id: Id,
    kind: Kind,
    seen: &mut BTreeSet<Id>,
    problems: &mut Vec<Problem>,
) -> Result<&'b Value, Vec<Problem>> {
    let Some(value) = bundle.get(id, kind) else {
        let message = format!("This {kind} is not here: it was deleted, or you may not see it. Choose another one.");
        return Err(vec![Problem::new("", "missing_resource", message)]);
    };
    if seen.insert(id) {
        problems.extend(placed(validate(kind, value), id));
    }
    Ok(value)
}

fn keep<T>(made: Result<T, Vec<Problem>>, id: Id, into: &mut Vec<T>, problems: &mut Vec<Problem>) {
    match made {
        Ok(made) => into.push(made),
        Err(found) => add(placed(found, id), problems),
    }
}

/// Adds problems; validation may have said the same already.
fn add(found: Vec<Problem>, problems: &mut Vec<Problem>) {
    for problem in found {
        if !problems.iter().any(|have| have.path == problem.path) {
            problems.push(problem);
        }
    }
}

fn placed(problems: Vec<Problem>, id: Id) -> Vec<Problem> {
    problems.into_iter().map(|problem| Problem { path: format!("/{id}{}", problem.path), ..problem }).collect()
}

/// The settings that templates and filters of a step may read, by scope.
fn settings(bundle: &Bundle, own: (&'static str, &Value), connection: Option<&Value>) -> Value {
    let integration = Flow(&bundle.flow).integration().and_then(|id| bundle.get(id, Kind::Integration));
    json!({
        own.0: settings_of(own.1),
        "flow": settings_of(&bundle.flow),
        "flowGrouping": integration.map_or(Value::Null, |integration| grouping(&bundle.flow, integration)),
        "integration": integration.map_or(Value::Null, settings_of),
        "connection": connection.map_or(Value::Null, settings_of),
    })
}

/// The settings of the group that a flow is in.
fn grouping(flow: &Value, integration: &Value) -> Value {
    let Some(id) = text_at(flow, "/_flowGroupingId") else { return Value::Null };
    let groups = integration.get("flowGroupings").and_then(Value::as_array);
    let found = groups.into_iter().flatten().find(|group| text_at(group, "/_id") == Some(id));
    found.map_or(Value::Null, settings_of)
}

/// What templates name beside a record and the settings: the resource itself, its connection without secrets, the run.
fn around(
    bundle: &Bundle,
    connection: Option<Id>,
    settings: &Value,
    (scope, value): (&'static str, &Value),
) -> Vec<(&'static str, Val)> {
    let mut context = vec![
        ("settings", Val::from(settings)),
        ("connection", endpoint::shown(bundle, connection)),
        (scope, Val::from(value)),
    ];
    context.extend(of_run(bundle));
    context
}

/// What templates name of the run.
fn of_run(bundle: &Bundle) -> [(&'static str, Val); 2] {
    [("job", Val::from(&job(bundle))), ("testMode", Val::Bool(bundle.about.test_mode))]
}

fn job(bundle: &Bundle) -> Value {
    json!({"_id": bundle.about.run, "_flowId": bundle.about.flow, "type": "flow"})
}

/// What tells the records of an export or import apart, where it says so itself.
fn trace_key(value: &Value) -> Result<Option<Template>, Vec<Problem>> {
    let place = "/traceKeyTemplate";
    text_at(value, place).map(|text| template(text, Target::Plain, place)).transpose()
}

/// A step's name, and what its hooks are told of it: `own` are the ids of what it uses.
fn named(bundle: &Bundle, id: &str, name: &str, own: &[(&str, Option<Id>)], settings: &Value) -> Named {
    let about = &bundle.about;
    let mut options = json!({
        "_flowId": about.flow,
        "_integrationId": Flow(&bundle.flow).integration(),
        "settings": settings,
        "testMode": about.test_mode,
        "job": job(bundle),
    });
    for (name, id) in own {
        options[name] = json!(id);
    }
    // Without the braces: data comes behind it.
    let members = options.to_string();
    let members = members.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    let resource = own.iter().find_map(|(_, id)| bundle.resources.get(id.as_ref()?));
    // What is wrong with the template is said where the resource is compiled.
    let trace_key = resource.and_then(|(_, value)| trace_key(value).ok().flatten());
    Named { id: id.to_owned(), name: name.to_owned(), options: members.into(), trace_key }
}

fn template(source: &str, target: Target, pointer: &str) -> Result<Template, Vec<Problem>> {
    strictly(source, target, pointer, false)
}

/// A template; where `strict`, a field that is missing is an error.
fn strictly(source: &str, target: Target, pointer: &str, strict: bool) -> Result<Template, Vec<Problem>> {
    Template::compile_with(source, &Options { target, strict, ..Options::default() })
        .map_err(|error| vec![Problem::new(pointer, "invalid_template", error.to_string())])
}

/// An optional dotted path.
fn path_at(value: &Value, pointer: &str) -> Result<Option<Path>, Vec<Problem>> {
    text_at(value, pointer).map(|text| path_in(text, pointer)).transpose()
}

/// A dotted path, or one of XML (`/a/b`), which is the same in another writing.
fn path_in(text: &str, pointer: &str) -> Result<Path, Vec<Problem>> {
    let dotted = text.strip_prefix('/').map(|rest| {
        let rest = rest.trim_start_matches('/');
        rest.strip_suffix("/text()").unwrap_or(rest).replace('/', ".")
    });
    Path::dotted(dotted.as_deref().unwrap_or(text))
        .map_err(|error| vec![Problem::new(pointer, "invalid_path", format!("{error}."))])
}

fn flag(value: &Value, pointer: &str, usual: bool) -> bool {
    value.pointer(pointer).and_then(Value::as_bool).unwrap_or(usual)
}

/// A text, or the first of a list of texts.
fn text_at<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(text.as_str()),
        Value::Array(texts) => texts.first()?.as_str(),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

fn whole_at(value: &Value, pointer: &str) -> Option<i64> {
    match value.pointer(pointer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
