//! One step of a flow: the export or import it uses, and what the flow adds to it.

use serde_json::Value;
use tombolo_model::views::{PageProcessor, ProcessorKind};
use tombolo_model::{Id, Problem};

use super::{export, function, import, path_at, placed, settings, text_at};
use crate::bundle::Bundle;
use crate::plan::{FilterBy, Function, OneToMany, Step, Work};
use crate::response_mapping::ResponseMapping;

/// A step of a flow, and where it stands.
pub(super) struct Wanted<'a> {
    pub(super) processor: PageProcessor<'a>,
    /// Where the flow says so.
    pub(super) pointer: String,
    /// What it uses.
    pub(super) id: Id,
    pub(super) value: &'a Value,
    /// Its place among all that counts records.
    pub(super) place: usize,
}

/// Compiles one; the paths of problems are those of the flow, or begin with the id of what it uses.
pub(super) fn compile(bundle: &Bundle, wanted: &Wanted<'_>) -> Result<Step, Vec<Problem>> {
    let own = of_the_flow(bundle, wanted.processor).map_err(|problems| {
        let at = |problem: Problem| Problem { path: format!("{}{}", wanted.pointer, problem.path), ..problem };
        problems.into_iter().map(at).collect::<Vec<_>>()
    });
    let reads_answer = own.as_ref().is_ok_and(|(mapping, hook)| mapping.is_some() || hook.is_some());
    let used = of_the_resource(bundle, wanted, reads_answer).map_err(|problems| placed(problems, wanted.id));
    match (own, used) {
        (Ok((response_mapping, post_response_map)), Ok((work, filter, one_to_many))) => Ok(Step {
            place: wanted.place,
            filter,
            one_to_many,
            work,
            response_mapping,
            post_response_map,
            proceed_on_failure: wanted.processor.proceed_on_failure(),
        }),
        (own, used) => Err(own.err().into_iter().chain(used.err()).flatten().collect()),
    }
}

type OfTheFlow = (Option<ResponseMapping>, Option<Function>);

fn of_the_flow(bundle: &Bundle, processor: PageProcessor<'_>) -> Result<OfTheFlow, Vec<Problem>> {
    let rules = processor.0.get("responseMapping").unwrap_or(&Value::Null);
    let mapping = ResponseMapping::compile(rules, "/responseMapping")?;
    Ok((mapping, function::function(bundle, processor.0, "/hooks/postResponseMap")?))
}

type OfTheResource = (Work, Option<FilterBy>, Option<OneToMany>);

fn of_the_resource(bundle: &Bundle, wanted: &Wanted<'_>, reads_answer: bool) -> Result<OfTheResource, Vec<Problem>> {
    let Wanted { id, value, .. } = *wanted;
    let is_lookup = wanted.processor.kind() == Some(ProcessorKind::Lookup);
    let work = if is_lookup {
        export::compile(bundle, id, value).map(|source| Work::Lookup(Box::new(source)))
    } else {
        import::compile(bundle, id, value, reads_answer).map(|import| Work::Import(Box::new(import)))
    };
    let (scope, pointer) = if is_lookup { ("export", "/inputFilter") } else { ("import", "/filter") };
    let filter = function::filter(bundle, value, pointer, &settings(bundle, (scope, value), None));
    match (work, filter, one_to_many(value)) {
        (Ok(work), Ok(filter), Ok(one_to_many)) => Ok((work, filter, one_to_many)),
        (work, filter, many) => Err(work.err().into_iter().chain(filter.err()).chain(many.err()).flatten().collect()),
    }
}

fn one_to_many(value: &Value) -> Result<Option<OneToMany>, Vec<Problem>> {
    if value.get("oneToMany").and_then(Value::as_bool) != Some(true) {
        return Ok(None);
    }
    let path = path_at(value, "/pathToMany")?;
    let written = text_at(value, "/pathToMany").unwrap_or_default();
    path.map(|path| Some(OneToMany { path, written: written.into() })).ok_or_else(|| {
        let message = "Enter the path to the list whose elements become records.";
        vec![Problem::new("/pathToMany", "missing_required_field", message)]
    })
}
