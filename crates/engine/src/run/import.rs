//! An import: preMap, mapping, postMap, destination, the answer's transformation, postSubmit, in this order.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Value, json};
use tombolo_model::Val;
use tombolo_model::run::RunFile;

use super::ask::{MAX_ROUNDS, ask};
use super::hooks::{Hook, Left, Options, problem};
use super::refine::too_big;
use super::response::Response;
use super::scripted::{Here, transformed};
use super::shared::{Place, Shared};
use super::stages::Came;
use super::step::{Fate, Met, Unit};
use super::write::{Fatal, Outgoing, Writer};
use crate::lookup::{Answers, Question};
use crate::mapper::{Around, Mapped};
use crate::mapping::Mapping;
use crate::plan::{Function, HttpWrite, Import, Operation, Step, Write};
use crate::size::size_bytes;
use crate::units::MAX_RECORD_BYTES;

pub(super) struct Importer<'a, 's> {
    shared: &'a Shared<'s>,
    import: &'a Import,
    place: Place,
    writer: Writer<'a, 's>,
    /// Records in a file that is not complete: they count as success once it is.
    unfinished: u64,
    /// A script runs it: what becomes of its records is told to that script, and counted nowhere.
    called: bool,
}

/// A unit on its way through the import.
struct Passing<'u> {
    unit: &'u Unit<'u>,
    /// As it came, or as preMap left it.
    before: Cow<'u, Val>,
    /// As the mapping made it.
    mapped: Cow<'u, Val>,
    /// What an endpoint is to do with it.
    operation: Operation,
    /// What its lookups found, where templates name that.
    looked_up: Option<Val>,
    /// Set once it goes no further here.
    met: Option<Met>,
}

impl<'a, 's> Importer<'a, 's> {
    pub(super) fn new(shared: &'a Shared<'s>, step: &Step, import: &'a Import) -> Self {
        let writer = Writer::new(shared, step.place, import);
        Self { shared, import, place: step.place, writer, unfinished: 0, called: false }
    }

    /// An import that a script of a step runs.
    pub(super) fn called(shared: &'a Shared<'s>, place: Place, import: &'a Import) -> Self {
        Self { shared, import, place, writer: Writer::new(shared, place, import), unfinished: 0, called: true }
    }

    /// Whether what is written is there only once all of it is.
    pub(super) fn writes_to_end(&self) -> bool {
        self.writer.writes_to_end()
    }

    /// Writes the units of a page and says of each what became of it, in their order.
    pub(super) async fn work<'u>(&mut self, units: &'u [Unit<'u>], turn: u64) -> Result<Vec<Met>, Fatal> {
        let mut all: Vec<Passing<'u>> = units.iter().map(Passing::new).collect();
        if let Some(function) = &self.import.pre_map {
            self.hooked(&mut all, ("preMap", function), turn).await;
        }
        if let Write::Http(http) = &self.import.write {
            self.asking(&mut all, |passing, answers| self.decide(http, passing, answers)).await;
        }
        if let Some(mapper) = &self.import.mapper {
            self.asking(&mut all, |passing, answers| self.map(mapper, passing, answers)).await;
        }
        if let Some(function) = &self.import.post_map {
            self.hooked(&mut all, ("postMap", function), turn).await;
        }
        self.submit(&mut all, turn).await?;
        // Whatever has met nothing was written by a destination that says nothing of it.
        Ok(all.into_iter().map(|passing| passing.met.unwrap_or(Met::without_answer(Fate::Done))).collect())
    }

    /// Completes what was written, and says so.
    pub(super) async fn finish(self) -> Result<(), Fatal> {
        let finished = self.writer.finish().await;
        if let Ok(file) = &finished {
            self.shared.count(self.place, |count| {
                count.success += self.unfinished;
                count.file.clone_from(file);
            });
        }
        if let (Some(function), Ok(Some(_)) | Err(_)) = (&self.import.post_aggregate, &finished) {
            let said = aggregated(&finished);
            let options = Options::of(&self.import.named).with("postAggregateData", &Val::from(&said));
            let hook = Hook { place: self.place, kind: "postAggregate", function };
            let called = hook.call(self.shared, options, 0).await;
            // What went wrong with the file goes before what a hook made of that.
            finished?;
            return called.map(drop).map_err(|failure| ("script_error", failure.message));
        }
        finished.map(drop)
    }

    /// Lets preMap or postMap change what is still on its way.
    async fn hooked(&self, all: &mut [Passing<'_>], (kind, function): (&'static str, &Function), turn: u64) {
        let before_mapping = kind == "preMap";
        let open: Vec<usize> = (0..all.len()).filter(|at| all[*at].met.is_none()).collect();
        if open.is_empty() {
            return;
        }
        let options = Options::of(&self.import.named);
        let before = open.iter().map(|at| &*all[*at].before);
        let options = if before_mapping {
            options.with_list("data", before)
        } else {
            options.with_list("preMapData", before).with_list("postMapData", open.iter().map(|at| &*all[*at].mapped))
        };
        let hook = Hook { place: self.place, kind, function };
        match hook.call_records(self.shared, options, turn, open.len()).await {
            Ok(left) => {
                for (at, left) in open.into_iter().zip(left) {
                    self.leave(&mut all[at], left, before_mapping);
                }
            }
            // The whole page fails, each record for the same reason.
            Err(failure) => {
                for at in open {
                    self.fail(&mut all[at], &failure.code, failure.message.clone());
                }
            }
        }
    }

    fn leave(&self, passing: &mut Passing<'_>, left: Left, before_mapping: bool) {
        let failed = !left.errors.is_empty();
        if !self.called {
            let hook = if before_mapping { "pre_map_hook" } else { "post_map_hook" };
            for (code, message) in &left.errors {
                let fault = (hook, code.as_str(), message.clone());
                self.shared.hook_failed(self.place, fault, passing.unit.index, Some(&passing.unit.value));
            }
        }
        match left.data {
            Some(data) if before_mapping => {
                passing.mapped = Cow::Owned(data.clone());
                passing.before = Cow::Owned(data);
            }
            Some(data) => passing.mapped = Cow::Owned(data),
            None if failed => passing.met = Some(self.failed(left.errors)),
            None => passing.met = Some(self.ignored()),
        }
    }

    /// Does something with all that is still on its way, and asks what it has to know first, all records together.
    async fn asking<'u>(
        &self,
        all: &mut [Passing<'u>],
        mut one: impl FnMut(&mut Passing<'u>, &Answers) -> Option<Vec<Question>>,
    ) {
        let mut answers = Answers::default();
        let mut open: Vec<usize> = (0..all.len()).filter(|at| all[*at].met.is_none()).collect();
        for _ in 0..MAX_ROUNDS {
            let mut questions = Vec::new();
            open.retain(|at| match one(&mut all[*at], &answers) {
                None => false,
                Some(asked) => {
                    questions.extend(asked);
                    true
                }
            });
            if open.is_empty() {
                return;
            }
            let mut seen = HashSet::new();
            questions.retain(|question| seen.insert(question.clone()));
            let endpoint = match &self.import.write {
                Write::Http(http) => http.slots.first().map(|slot| &slot.endpoint),
                Write::File(_) => None,
            };
            ask(self.shared, self.place, endpoint, questions, &mut answers).await;
        }
        for at in open {
            let message = format!("Its lookups asked {MAX_ROUNDS} times, each for what another one found: use fewer.");
            self.fail(&mut all[at], "mapping", message);
        }
    }

    /// What templates of the import name, beside the record as it came.
    fn scope<'r>(&'r self, record: &'r Val, name: &str) -> Option<&'r Val> {
        match name {
            // A record of several rows has another name, so that templates tell them apart.
            "record" | "rows" => Some(record).filter(|record| matches!(record, Val::List(_)) == (name == "rows")),
            "timestamp" => Some(&self.shared.started),
            _ => self.import.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
        }
    }

    /// Decides what the endpoint is to do with a record; returns what has to be known first.
    fn decide(&self, http: &HttpWrite, passing: &mut Passing<'_>, answers: &Answers) -> Option<Vec<Question>> {
        let (decided, open) = {
            let scope = |name: &str| self.scope(&passing.before, name);
            let around = Around::new(&scope, self.shared.env(self.place), answers);
            let operation = http.operation(&passing.before, &around);
            let open = answers.take_open();
            if !open.is_empty() {
                // What templates name is asked when it is known whether they are used.
                return Some(open);
            }
            let decided = operation.and_then(|operation| Ok((operation, http.looked_up(operation, &around)?)));
            (decided, answers.take_open())
        };
        if !open.is_empty() {
            return Some(open);
        }
        match decided {
            Ok((operation, looked_up)) => (passing.operation, passing.looked_up) = (operation, looked_up),
            Err(reason) => self.fail(passing, "mapping", format!("Whether it is there is not known: {reason}.")),
        }
        None
    }

    /// Maps one; returns what has to be known first.
    fn map(&self, mapper: &Mapping, passing: &mut Passing<'_>, answers: &Answers) -> Option<Vec<Question>> {
        let mapped = {
            let scope = |name: &str| match (name, &passing.looked_up) {
                ("lookup", Some(found)) => Some(found),
                _ => self.scope(&passing.before, name),
            };
            let mut around = Around::new(&scope, self.shared.env(self.place), answers);
            around.updates = passing.operation == Operation::Update;
            mapper.map(&passing.before, &around)
        };
        let mapped = match mapped {
            Ok(Mapped::Asks(questions)) => return Some(questions),
            Ok(Mapped::Made(mapped)) => match size_bytes(&mapped) {
                size if size > MAX_RECORD_BYTES => Err(too_big("What the mapping made has", size)),
                _ => Ok(Some(mapped)),
            },
            Ok(Mapped::Discarded) => Ok(None),
            Err(error) => Err(("mapping".to_owned(), error.to_string())),
        };
        let came = mapped.as_ref().map(Option::as_ref).map_err(|(code, message)| (code.as_str(), message.as_str()));
        self.stage("mapping", passing.unit, &passing.before, came);
        match mapped {
            Ok(Some(mapped)) => passing.mapped = Cow::Owned(mapped),
            Ok(None) => passing.met = Some(self.ignored()),
            Err((code, message)) => self.fail(passing, &code, message),
        }
        None
    }

    async fn submit(&mut self, all: &mut [Passing<'_>], turn: u64) -> Result<(), Fatal> {
        let open = all.iter().enumerate().filter(|(_, passing)| passing.met.is_none());
        let records: Vec<Outgoing<'_>> = open
            .map(|(at, passing)| Outgoing {
                at,
                index: passing.unit.index,
                record: &passing.before,
                mapped: Cow::Borrowed(&passing.mapped),
                operation: passing.operation,
                looked_up: passing.looked_up.as_ref(),
            })
            .collect();
        if records.is_empty() {
            return Ok(());
        }
        let submitted = self.writer.write(records).await?;
        let mut answers: Vec<(usize, Response)> =
            submitted.into_iter().map(|one| (one.at, Response::of(one.result, self.import.reads_answer))).collect();
        self.transform(all, &mut answers, turn).await;
        if let Some(function) = &self.import.post_submit {
            self.post_submit(all, &mut answers, function, turn).await;
        }
        for (at, answer) in answers {
            let passing = &mut all[at];
            let fate = self.counted(passing.unit, &answer);
            let response = self.import.reads_answer.then(|| answer.into_val());
            self.stage("response", passing.unit, &passing.mapped, Ok(response.as_ref()));
            passing.met = Some(Met { fate, response });
        }
        Ok(())
    }

    /// Makes the bodies of answers anew.
    async fn transform(&self, all: &[Passing<'_>], answers: &mut [(usize, Response)], turn: u64) {
        let Some(transform) = &self.import.response_transform else { return };
        for (at, answer) in answers {
            let Some(body) = answer.json.take() else { continue };
            let find = |name: &str| self.scope(&body, name);
            let child = all[*at].unit.child.unwrap_or_default() as u64;
            let endpoint = match &self.import.write {
                Write::Http(http) => http.slots.first().map(|slot| &slot.endpoint),
                Write::File(_) => None,
            };
            let here =
                Here { place: self.place, endpoint, turn: (turn << 32) ^ all[*at].unit.index ^ child.rotate_right(16) };
            match transformed(self.shared, here, transform, &body, &find).await {
                Ok(made) => answer.json = made,
                Err((code, message)) => {
                    answer.errors.push((code, format!("The answer's transformation: {message}")));
                    answer.json = Some(body);
                }
            }
        }
    }

    async fn post_submit(
        &self,
        all: &[Passing<'_>],
        answers: &mut [(usize, Response)],
        function: &Function,
        turn: u64,
    ) {
        let said: Vec<Val> = answers.iter().map(|(_, answer)| answer.clone().into_val()).collect();
        let options = Options::of(&self.import.named)
            .with_list("preMapData", answers.iter().map(|(at, _)| &*all[*at].before))
            .with_list("postMapData", answers.iter().map(|(at, _)| &*all[*at].mapped))
            .with_list("responseData", &said);
        let hook = Hook { place: self.place, kind: "postSubmit", function };
        match hook.call_list(self.shared, options, turn, said.len()).await {
            Ok(left) => {
                for ((_, answer), left) in answers.iter_mut().zip(left) {
                    answer.replace(left, |error| problem(error, "postSubmit"));
                }
            }
            Err(failure) => {
                for (_, answer) in answers {
                    answer.errors.push((failure.code.clone(), failure.message.clone()));
                }
            }
        }
    }

    fn counted(&mut self, unit: &Unit<'_>, answer: &Response) -> Fate {
        for (code, message) in &answer.errors {
            self.say_failed(unit, code, message);
        }
        match (answer.errors.is_empty(), answer.ignored) {
            (false, _) => Fate::Failed,
            (true, true) => {
                self.count(0, 1);
                Fate::Ignored
            }
            (true, false) => {
                if self.writer.writes_to_end() {
                    self.unfinished += 1;
                } else {
                    self.count(1, 0);
                }
                Fate::Done
            }
        }
    }

    fn fail(&self, passing: &mut Passing<'_>, code: &str, message: String) {
        self.say_failed(passing.unit, code, &message);
        passing.met = Some(self.failed(vec![(code.to_owned(), message)]));
    }

    /// What became of a record that did not come to the destination.
    fn failed(&self, errors: Vec<(String, String)>) -> Met {
        let response = self.import.reads_answer.then(|| Response::refused(errors).into_val());
        Met { fate: Fate::Failed, response }
    }

    fn ignored(&self) -> Met {
        self.count(0, 1);
        Met::without_answer(Fate::Ignored)
    }

    fn count(&self, success: u64, ignored: u64) {
        if !self.called {
            self.shared.count(self.place, |count| {
                count.success += success;
                count.ignored += ignored;
            });
        }
    }

    fn say_failed(&self, unit: &Unit<'_>, code: &str, message: &str) {
        if !self.called {
            self.shared.record_failed(self.place, code, message.to_owned(), unit.index, Some(&unit.value));
        }
    }

    fn stage(&self, name: &str, unit: &Unit<'_>, input: &Val, came: Came<'_>) {
        if !self.called {
            self.shared.stage(self.place, name, unit.index, input, came);
        }
    }
}

/// What postAggregate is told of a file.
fn aggregated(finished: &Result<Option<RunFile>, Fatal>) -> Value {
    match finished {
        Ok(file) => {
            let file = file.as_ref().map(|file| json!({"fileName": file.name, "fileSize": file.size_bytes}));
            json!({"success": true, "_json": file})
        }
        Err((code, message)) => json!({"success": false, "code": code, "message": message, "source": "resource"}),
    }
}

impl<'u> Passing<'u> {
    fn new(unit: &'u Unit<'u>) -> Self {
        let value = || Cow::Borrowed(&*unit.value);
        Self { unit, before: value(), mapped: value(), operation: Operation::Create, looked_up: None, met: None }
    }
}
