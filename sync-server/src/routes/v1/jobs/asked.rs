//! What the query of a list of jobs asks for. One by which jobs are not found is refused: the whole list in its place would be
//! taken for what was asked.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tombolo_model::views::Flow;
use tombolo_model::{Id, Kind};

use crate::app::App;
use crate::rest::acting::Acting;
use crate::rest::error::RestError;
use crate::rest::mirror;
use crate::rest::shown::read_time;
use crate::store::JobFilter;

/// Which pages, and which fields; read elsewhere.
const PAGES: [&str; 7] = ["skip", "offset", "limit", "page", "pageSize", "include", "exclude"];
/// What jobs are found by.
const FILTERS: [&str; 11] = [
    "_integrationId",
    "_flowId",
    "_flowId_in",
    "_flowJobId",
    "_exportId",
    "_importId",
    "status",
    "type",
    "type_in",
    "createdAt_gte",
    "createdAt_lte",
];
/// What is counted of a job, and compared with `_gte` and `_lte`.
const COUNTS: [&str; 4] = ["numSuccess", "numError", "numIgnore", "numExport"];
/// The types of runs; all others are of steps.
const RUNS: [&str; 2] = ["flow", "retry"];

/// The pairs of a query.
pub(super) struct Asked(Vec<(String, String)>);

/// What a job has to be beside what the store looks for.
pub(super) struct Wanted {
    /// The run whose steps are wanted.
    pub(super) run: Option<Id>,
    types: Option<Vec<String>>,
    export: Option<Id>,
    import: Option<Id>,
    counts: Vec<Bound>,
}

/// A bound of a count; both ends count as within.
struct Bound {
    count: &'static str,
    at_least: bool,
    value: u64,
}

impl Asked {
    pub(super) fn read(pairs: Vec<(String, String)>) -> Result<Self, RestError> {
        let known = |name: &str| FILTERS.contains(&name) || PAGES.contains(&name) || counted(name).is_some();
        let Some((name, _)) = pairs.iter().find(|(name, _)| !known(name)) else {
            return Ok(Self(pairs));
        };
        let name: String = name.chars().take(40).collect();
        let (filters, counts) = (FILTERS.join(", "), COUNTS.join(", "));
        let message = format!(
            "Jobs are not found by “{name}”. Leave it out, or use {filters}, or _gte and _lte behind {counts}."
        );
        Err(invalid(&message))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    fn id(&self, name: &str) -> Result<Option<Id>, RestError> {
        let wrong = || invalid(&format!("{name} is an id of 24 hex digits."));
        self.get(name).map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    fn time(&self, name: &str) -> Result<Option<i64>, RestError> {
        let wrong = || invalid(&format!("{name} is a time such as 2026-11-29T09:00:00.000Z."));
        self.get(name).map(|text| read_time(text).ok_or_else(wrong)).transpose()
    }

    pub(super) fn wanted(&self) -> Result<Wanted, RestError> {
        let types = self.get("type_in").or_else(|| self.get("type")).filter(|types| *types != "any");
        let types = types.map(|list| list.split(',').map(|one| one.trim().to_owned()).collect());
        let mut counts = Vec::new();
        for (name, value) in &self.0 {
            if let Some((count, at_least)) = counted(name) {
                let wrong = || invalid(&format!("{name} is a whole number, and “{value}” is none."));
                counts.push(Bound { count, at_least, value: value.parse::<u64>().map_err(|_| wrong())? });
            }
        }
        let run = self.id("_flowJobId")?;
        Ok(Wanted { run, types, export: self.id("_exportId")?, import: self.id("_importId")?, counts })
    }
}

/// What is counted by a name such as `numError_gte`, and whether that is the least.
fn counted(name: &str) -> Option<(&'static str, bool)> {
    let (name, end) = name.rsplit_once('_')?;
    let at_least = match end {
        "gte" => true,
        "lte" => false,
        _ => return None,
    };
    COUNTS.into_iter().find(|count| *count == name).map(|count| (count, at_least))
}

impl Wanted {
    /// Whether runs are among what is wanted.
    pub(super) fn runs(&self) -> bool {
        let named = |types: &Vec<String>| types.iter().any(|one| RUNS.contains(&one.as_str()));
        !self.of_steps() && self.types.as_ref().is_none_or(named)
    }

    /// Whether steps are: where a type of theirs is named, or what only they have.
    pub(super) fn steps(&self) -> bool {
        let named = |types: &Vec<String>| types.iter().any(|one| !RUNS.contains(&one.as_str()));
        self.types.as_ref().map_or_else(|| self.of_steps(), named)
    }

    fn of_steps(&self) -> bool {
        self.run.is_some() || self.export.is_some() || self.import.is_some()
    }

    /// Whether a job is.
    pub(super) fn takes(&self, job: &Value) -> bool {
        let is = |field: &str, wanted: Option<Id>| wanted.is_none_or(|id| job[field] == json!(id));
        let within = |bound: &Bound| {
            let have = job[bound.count].as_u64().unwrap_or(0);
            if bound.at_least { have >= bound.value } else { have <= bound.value }
        };
        self.types.as_ref().is_none_or(|types| types.iter().any(|one| job["type"] == *one))
            && is("_exportId", self.export)
            && is("_importId", self.import)
            && self.counts.iter().all(within)
    }
}

fn invalid(message: &str) -> RestError {
    RestError::new(StatusCode::BAD_REQUEST, "invalid_query", message)
}

/// What the store looks for.
pub(super) async fn filter(app: &App, acting: &Acting, asked: &Asked) -> Result<JobFilter, RestError> {
    let mut flows: Option<Vec<Id>> = asked.id("_flowId")?.map(|id| vec![id]);
    if let Some(list) = asked.get("_flowId_in") {
        let of: Vec<Id> = list.split(',').filter_map(|id| id.trim().parse().ok()).collect();
        flows = Some(match flows {
            Some(flows) => flows.into_iter().filter(|flow| of.contains(flow)).collect(),
            None => of,
        });
    }
    if let Some(integration) = asked.id("_integrationId")? {
        let all = mirror::all(app, acting.account, Some(Kind::Flow)).await?;
        let of = all.iter().filter(|flow| Flow(&flow.seen.value).integration() == Some(integration));
        let of: Vec<Id> = of.map(|flow| flow.row.id).collect();
        flows = Some(match flows {
            Some(flows) => flows.into_iter().filter(|flow| of.contains(flow)).collect(),
            None => of,
        });
    }
    let states = asked.get("status").into_iter().flat_map(|list| list.split(',')).map(str::to_owned).collect();
    let (from_ms, to_ms) = (asked.time("createdAt_gte")?, asked.time("createdAt_lte")?);
    Ok(JobFilter { flows, states, from_ms, to_ms, ids: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(pairs: &[(&str, &str)]) -> Wanted {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Asked::read(pairs.collect()).and_then(|asked| asked.wanted()).unwrap_or_else(|_| panic!("refused"))
    }

    #[test]
    fn runs_are_listed_unless_something_of_steps_is_named() {
        let id = "f".repeat(24);
        for (pairs, both) in [
            (vec![], (true, false)),
            (vec![("type", "flow")], (true, false)),
            (vec![("type", "import"), ("status", "running")], (false, true)),
            (vec![("type_in", "flow,import")], (true, true)),
            (vec![("_flowJobId", id.as_str())], (false, true)),
            (vec![("_importId", id.as_str()), ("type", "flow")], (false, false)),
        ] {
            let wanted = wanted(&pairs);
            assert_eq!((wanted.runs(), wanted.steps()), both, "{pairs:?}");
        }
    }

    #[test]
    fn counts_are_compared_and_what_jobs_are_not_found_by_is_refused() {
        let some = wanted(&[("numError_gte", "1"), ("numSuccess_lte", "5")]);
        assert!(some.takes(&json!({ "numError": 1, "numSuccess": 5 })));
        assert!(!some.takes(&json!({ "numError": 0, "numSuccess": 5 })));
        assert!(!some.takes(&json!({ "numError": 1, "numSuccess": 6 })));
        for wrong in ["retriable", "_bulkJobId", "numPages_gte", "numError_in"] {
            assert!(Asked::read(vec![(wrong.to_owned(), "1".to_owned())]).is_err(), "{wrong}");
        }
        let asked = Asked::read(vec![("numError_gte".to_owned(), "many".to_owned())]);
        assert!(asked.is_ok_and(|asked| asked.wanted().is_err()));
    }
}
