//! The destination of a test run: nothing is sent, and the answers are the import's own mock ones.

use tombolo_model::Val;

use super::write::{Answered, Failure, Outgoing, Submitted};
use super::write_http::HttpDestination;
use crate::plan::Operation;

pub(super) struct MockDestination<'a, 's> {
    mock: Option<&'a Val>,
    /// Where they would go.
    unsent: Option<HttpDestination<'a, 's>>,
}

impl<'a, 's> MockDestination<'a, 's> {
    pub(super) fn new(mock: Option<&'a Val>, unsent: Option<HttpDestination<'a, 's>>) -> Self {
        Self { mock, unsent }
    }

    pub(super) fn write(&self, records: Vec<Outgoing<'_>>) -> Vec<Submitted> {
        let mut submitted = self.answers(&records);
        // What cannot even be made fails here as it would in a run.
        let failed = self.unsent.as_ref().map(|unsent| unsent.show(records)).unwrap_or_default();
        for (at, failure) in failed {
            if let Some(one) = submitted.iter_mut().find(|one| one.at == at) {
                one.result = Err(failure);
            }
        }
        submitted
    }

    fn answers(&self, records: &[Outgoing<'_>]) -> Vec<Submitted> {
        let answer = |(number, one): (usize, &Outgoing<'_>)| {
            // What is left alone in a run is left alone here: only the sending is not done.
            let ignored = || Ok(Answered { status_code: 200, ignored: true, ..Answered::default() });
            let result = if one.operation == Operation::Ignore { ignored() } else { self.answer(number) };
            Submitted { at: one.at, result }
        };
        records.iter().enumerate().map(answer).collect()
    }

    /// A list has an answer for each record of the page; a single answer is for all of them.
    fn answer(&self, number: usize) -> Result<Answered, Failure> {
        let one = match self.mock {
            Some(Val::List(answers)) => answers.get(number).or(answers.last()),
            other => other,
        };
        let usual = Answered { status_code: 200, ..Answered::default() };
        let Some(Val::Map(fields)) = one else {
            return Ok(Answered { json: one.cloned(), ..usual });
        };
        if ["statusCode", "id", "errors", "_json", "ignored"].iter().all(|name| fields.get(name).is_none()) {
            return Ok(Answered { json: one.cloned(), ..usual });
        }
        let status = match fields.get("statusCode") {
            Some(Val::Int(status)) => u16::try_from(*status).unwrap_or(200),
            _ => 200,
        };
        let json = fields.get("_json").cloned();
        if let Some(Val::List(errors)) = fields.get("errors")
            && let Some(first) = errors.first()
        {
            let (_, message) = super::hooks::problem(first, "mock_response");
            return Err(Failure { status_code: Some(status), json, ..Failure::new("mock_response", message) });
        }
        let ignored = fields.get("ignored") == Some(&Val::Bool(true));
        Ok(Answered { status_code: status, ignored, id: fields.get("id").cloned(), json, headers: None })
    }
}
