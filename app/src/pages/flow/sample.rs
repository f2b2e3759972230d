//! Records that editors show what they do with: those of the last test run of the flow, or what somebody pastes.
//!
//! The last test run's report stays in this tab after its view was closed, so that each editor has the last records at
//! hand. It is that of one flow, and goes when another account is shown: records are nobody else's to see.

use std::collections::HashMap;
use std::sync::Arc;

use leptos::prelude::*;
use serde_json::Value;
use tombolo_model::Id;
use tombolo_wire::run_worker::{RunOptions, StageRow};
use tombolo_wire::store::{Call, TestReport};

use super::Builder;
use super::steps::{SOURCES, Step, StepKind};
use crate::state::App;

/// Keeps a report. One that comes after another account was opened, which does not have the flow, is not kept.
pub(super) fn keep(app: App, flow: Id, report: &Arc<TestReport>) {
    if app.row(flow).is_some() {
        app.tried_out.set(Some((flow, Arc::clone(report))));
    }
}

/// The last report of a flow, when it is the one that was tried out last.
fn kept(app: App, flow: Id) -> Option<Arc<TestReport>> {
    app.tried_out
        .with_untracked(|kept| kept.as_ref().filter(|(of, _)| *of == flow).map(|(_, report)| Arc::clone(report)))
}

/// The records that come to a step in a test run, at the stage named `before` where it says that, else at its first one.
///
/// A step that changes nothing tells of no stage: then they are what the steps before it let through.
pub(super) fn coming(stages: &[StageRow], way: &[Place], before: &str) -> Vec<Value> {
    let Some((here, earlier)) = way.split_last() else { return Vec::new() };
    let of = |name: Option<&str>| inputs(stages, &here.key, name);
    let found = [Some(before), Some("inputFilter"), None].into_iter().map(of).find(|found| !found.is_empty());
    found
        .or_else(|| earlier.iter().rev().map(|place| outputs(stages, place)).find(|found| !found.is_empty()))
        .unwrap_or_default()
}

/// The records that a step reads, as they come to its stage named `before`: its transformation, or its filter after that.
pub(super) fn reading(stages: &[StageRow], way: &[Place], before: &str) -> Vec<Value> {
    let Some(here) = way.last() else { return Vec::new() };
    let given = inputs(stages, &here.key, Some(before));
    if !given.is_empty() {
        return given;
    }
    let read = Place { source: true, ..here.clone() };
    match before {
        "transform" => outputs(&untransformed(stages), &read),
        _ => outputs(stages, &read),
    }
}

fn untransformed(stages: &[StageRow]) -> Vec<StageRow> {
    stages.iter().filter(|stage| stage.name != "transform").cloned().collect()
}

/// What a stage of a step was given, by record. What reads records was given none.
fn inputs(stages: &[StageRow], key: &str, name: Option<&str>) -> Vec<Value> {
    let wanted = |stage: &&StageRow| {
        let known = name.map_or_else(
            || !["parse", "response", "mockOutput"].contains(&stage.name.as_str()),
            |name| stage.name == name,
        );
        stage.step == key && stage.index.is_some() && known && !stage.input.is_null()
    };
    firsts(stages.iter().filter(wanted).map(|stage| (stage.index, &stage.input)))
}

/// What a step let through, by record: of a source what it read, of others what they were given.
fn outputs(stages: &[StageRow], place: &Place) -> Vec<Value> {
    let read = |name: &'static str| {
        let of = move |stage: &&StageRow| stage.step == place.key && stage.index.is_some() && stage.name == name;
        firsts(stages.iter().filter(of).map(|stage| (stage.index, &stage.output)).filter(|(_, value)| !value.is_null()))
    };
    // What a lookup was answered is not what goes on.
    let names: &[&'static str] = if place.source { &["transform", "parse", "mockOutput"] } else { &["responseMap"] };
    let found = names.iter().map(|name| read(name)).find(|found| !found.is_empty());
    found.unwrap_or_else(|| inputs(stages, &place.key, None))
}

/// The first value of each record, in the order of the records.
fn firsts<'v>(all: impl Iterator<Item = (Option<u64>, &'v Value)>) -> Vec<Value> {
    let mut found: Vec<(Option<u64>, &Value)> = Vec::new();
    for (index, value) in all {
        if !found.iter().any(|(have, _)| *have == index) {
            found.push((index, value));
        }
    }
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, value)| value.clone()).collect()
}

/// A step on the way of records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// What runs call it by.
    key: String,
    source: bool,
}

/// A step and those before it, first the sources.
pub(super) fn way_to(steps: &[Step], keys: &HashMap<String, String>, row: &str) -> Vec<Place> {
    let Some(at) = steps.iter().position(|step| step.row == row) else { return Vec::new() };
    let list = &steps[at].list;
    let before =
        steps[..at].iter().filter(|step| step.list == SOURCES || step.list == *list || list.starts_with("/routers"));
    let place = |step: &Step| Some(Place { key: keys.get(&step.row)?.clone(), source: step.list == SOURCES });
    let mut way: Vec<Place> = if steps[at].list == SOURCES { Vec::new() } else { before.filter_map(place).collect() };
    way.extend(place(&steps[at]));
    way
}

/// How asking for records stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Asking {
    #[default]
    Idle,
    Going,
    /// What came of it, in words.
    Failed(String),
}

/// The records that an editor shows what it does with.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    builder: Builder,
    /// Those of the last test run.
    pub(super) records: RwSignal<Vec<Value>>,
    /// Which of them is shown.
    pub(super) at: RwSignal<usize>,
    /// What somebody wrote in the place of it.
    pub(super) own: RwSignal<Option<String>>,
    pub(super) asking: RwSignal<Asking>,
    row: StoredValue<String>,
    /// The row is the id of a branching.
    router: bool,
    before: &'static str,
}

impl Sample {
    /// The records that come to the step of a row, before its stage of this name.
    pub(super) fn of(builder: Builder, row: String, before: &'static str) -> Self {
        Self::begin(builder, row, false, before)
    }

    /// The records that come to the branching with this id.
    pub(super) fn of_router(builder: Builder, id: String) -> Self {
        Self::begin(builder, id, true, "router")
    }

    fn begin(builder: Builder, row: String, router: bool, before: &'static str) -> Self {
        let sample = Self {
            builder,
            records: RwSignal::new(Vec::new()),
            at: RwSignal::new(0),
            own: RwSignal::new(None),
            asking: RwSignal::new(Asking::Idle),
            row: StoredValue::new(row),
            router,
            before,
        };
        if let Some(report) = kept(builder.app, builder.doc.id) {
            sample.take(&report);
        }
        sample
    }

    fn take(self, report: &TestReport) {
        let way = self.builder.steps.with_untracked(|steps| {
            self.builder.keys.with_untracked(|keys| {
                self.row.with_value(|row| {
                    if !self.router {
                        return way_to(steps, keys, row);
                    }
                    let sources = steps.iter().filter(|step| step.list == SOURCES);
                    let mut way: Vec<Place> = sources.flat_map(|step| way_to(steps, keys, &step.row)).collect();
                    way.push(Place { key: row.clone(), source: false });
                    way
                })
            })
        });
        let found = match self.before {
            "transform" | "outputFilter" if !self.is_import(&way) => reading(&report.stages, &way, self.before),
            _ => coming(&report.stages, &way, self.before),
        };
        self.at.set(0);
        self.records.set(found);
    }

    /// The filter of an import is about what comes to it.
    fn is_import(self, way: &[Place]) -> bool {
        let row = self.row.get_value();
        let import = |step: &Step| step.row == row && step.kind == StepKind::Import;
        !way.is_empty() && self.builder.steps.with_untracked(|steps| steps.iter().any(import))
    }

    /// Asks for records by a test run, which writes nothing.
    pub(super) fn ask(self) {
        let builder = self.builder;
        self.asking.set(Asking::Going);
        let flow = builder.doc.id;
        builder.app.in_turn(async move {
            let reply = builder
                .app
                .call::<TestReport>(Call::TestRun { flow, options: RunOptions::default(), reads_only: false })
                .await;
            let now = match reply.map(Arc::new) {
                Ok(report) => {
                    keep(builder.app, flow, &report);
                    if self.records.is_disposed() {
                        return Ok(());
                    }
                    self.take(&report);
                    // What somebody wrote stays until there is something to show in its place.
                    if !self.records.with_untracked(Vec::is_empty) {
                        self.own.set(None);
                    }
                    let why = report.row.error.as_ref().map(|error| error.message.clone());
                    match (self.records.with_untracked(Vec::is_empty), why) {
                        (false, _) => Asking::Idle,
                        (true, Some(why)) => Asking::Failed(why),
                        (true, None) => Asking::Failed("No record came to this step in the test run.".to_owned()),
                    }
                }
                Err(error) => Asking::Failed(error.message),
            };
            self.asking.try_set(now);
            Ok(())
        });
    }

    /// The record as JSON text; empty when there is none.
    pub(super) fn text(self) -> String {
        self.own.get().unwrap_or_else(|| {
            let at = self.at.get();
            self.records.with(|all| all.get(at).map(pretty)).unwrap_or_default()
        })
    }

    /// The record; nothing when there is none, or what somebody wrote is no JSON.
    pub(super) fn value(self) -> Option<Value> {
        match self.own.get() {
            Some(text) => serde_json::from_str(&text).ok(),
            None => {
                let at = self.at.get();
                self.records.with(|all| all.get(at).cloned())
            }
        }
    }

    /// Whether what somebody wrote is no JSON yet.
    pub(super) fn is_unread(self) -> bool {
        self.own.with(|own| own.as_deref().is_some_and(is_unread))
    }

    /// Shows the record after or before.
    pub(super) fn step(self, forward: bool) {
        let last = self.records.with_untracked(Vec::len).saturating_sub(1);
        self.own.set(None);
        self.at.update(|at| *at = if forward { (*at + 1).min(last) } else { at.saturating_sub(1) });
    }
}

/// JSON on several lines.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Whether a text is no record yet; an empty one is none at all.
pub(super) fn is_unread(text: &str) -> bool {
    !text.trim().is_empty() && serde_json::from_str::<Value>(text).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stage(step: &str, name: &str, index: u64, input: Value, output: Value) -> StageRow {
        StageRow { step: step.into(), name: name.into(), index: Some(index), input, output, errors: Vec::new() }
    }

    /// The first is a source.
    fn keys(all: &[&str]) -> Vec<Place> {
        all.iter().enumerate().map(|(at, key)| Place { key: (*key).to_owned(), source: at == 0 }).collect()
    }

    #[test]
    fn what_is_half_written_is_no_record() {
        assert!(is_unread("{\"a\": 1") && is_unread("x"));
        assert!(!is_unread("{\"a\": 1}") && !is_unread("  "));
    }

    #[test]
    fn a_mapping_is_shown_with_the_records_that_come_to_it() {
        let all = [
            stage("s", "parse", 0, Value::Null, json!({"a": 1})),
            stage("s", "parse", 1, Value::Null, json!({"a": 2})),
            stage("i", "mapping", 1, json!({"b": 2}), json!({})),
            stage("i", "mapping", 0, json!({"b": 1}), json!({})),
        ];
        assert_eq!(coming(&all, &keys(&["s", "i"]), "mapping"), [json!({"b": 1}), json!({"b": 2})]);
        // A step without a stage gets what was read.
        assert_eq!(coming(&all, &keys(&["s", "j"]), "mapping"), [json!({"a": 1}), json!({"a": 2})]);
        assert_eq!(coming(&all, &[], "mapping"), Vec::<Value>::new());
    }

    #[test]
    fn what_a_source_read_is_shown_where_nothing_changed_it() {
        let all = [
            stage("s", "parse", 0, Value::Null, json!({"a": 1})),
            stage("s", "transform", 0, json!({"a": 1}), json!({"b": 1})),
        ];
        assert_eq!(reading(&all, &keys(&["s"]), "transform"), [json!({"a": 1})]);
        assert_eq!(reading(&all, &keys(&["s"]), "outputFilter"), [json!({"b": 1})], "the filter sees what was made");
        assert_eq!(reading(&all[..1], &keys(&["s"]), "transform"), [json!({"a": 1})]);
        let asked = [
            stage("s", "parse", 0, Value::Null, json!({"a": 1})),
            stage("l", "parse", 0, Value::Null, json!({"x": 1})),
        ];
        assert_eq!(coming(&asked, &keys(&["s", "l", "i"]), "mapping"), [json!({"a": 1})], "an answer does not go on");
        assert_eq!(coming(&all, &keys(&["s", "i"]), "mapping"), [json!({"b": 1})]);
    }

    #[test]
    fn the_way_to_a_step_begins_at_the_sources() {
        use super::super::steps::PROCESSORS;
        let step =
            |list: &str, row: &str| Step { list: list.into(), row: row.into(), kind: StepKind::Import, resource: None };
        let steps = [step(SOURCES, "s"), step(PROCESSORS, "a"), step(PROCESSORS, "b"), step(PROCESSORS, "c")];
        let named = ["s", "a", "b", "c"].map(|row| (row.to_owned(), row.to_uppercase())).into();
        assert_eq!(way_to(&steps, &named, "b"), keys(&["S", "A", "B"]));
        assert_eq!(way_to(&steps, &named, "s"), keys(&["S"]));
        assert_eq!(way_to(&steps, &named, "x"), []);
    }
}
