//! A lookup: reads more about each record of a page.

use futures::future::FutureExt;
use futures::stream::{self, StreamExt};

use super::shaped::found;
use super::shared::Shared;
use super::source_lookup;
use super::step::{Fate, Met, Unit};
use super::write::Fatal;
use crate::plan::{Source, Step};
use crate::size::Memory;
use crate::units::MAX_FOUND_BYTES;

/// Looks up for the units of a page and says of each what became of it, in their order. Requests begin in the order of
/// the records, several at a time.
pub(super) async fn work<'u>(
    shared: &'u Shared<'_>,
    step: &'u Step,
    source: &'u Source,
    units: &'u [Unit<'u>],
) -> Result<Vec<Met>, Fatal> {
    let read = |unit: &'u Unit<'u>| {
        let turn = (unit.index << 16) ^ unit.child.unwrap_or_default() as u64;
        source_lookup::read(shared, source, &unit.value, step.place, turn).boxed_local()
    };
    let reads = units.iter().map(read);
    let mut answers = stream::iter(reads.collect::<Vec<_>>()).buffered(source.concurrency());
    let mut met = Vec::with_capacity(units.len());
    let mut memory = Memory::default();
    for unit in units {
        let Some(mut answer) = answers.next().await else { break };
        answer.data.iter().for_each(|found| memory.add(found));
        if memory.bytes() > MAX_FOUND_BYTES {
            let message = format!(
                "What the lookups of this page found takes more than {} MB of memory together. Choose a smaller page size in the export, or ask for less.",
                MAX_FOUND_BYTES / (1024 * 1024)
            );
            answer.errors.push(("too_big".to_owned(), message));
            answer.data.clear();
        }
        let failed = !answer.errors.is_empty();
        for (code, message) in &answer.errors {
            shared.record_failed(step.place, code, message.clone(), unit.index, Some(&unit.value));
        }
        if !failed {
            shared.count(step.place, |count| count.success += 1);
        }
        let response = found(answer.data, &answer.errors, answer.status_code);
        let fate = if failed { Fate::Failed } else { Fate::Done };
        met.push(Met { fate, response: Some(response) });
    }
    Ok(met)
}
