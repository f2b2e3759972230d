//! One-to-many: the elements of a record's list as records of their own.

use std::borrow::Cow;

use tombolo_model::Val;

use super::Page;
use super::shared::Shared;
use super::step::Unit;
use crate::path::Path;
use crate::plan::{OneToMany, Step};
use crate::size::memory_bytes;
use crate::units::MAX_PARENTS_BYTES;

/// Where an element finds the record that its list is in.
const PARENT: &str = "_PARENT";

/// What a page is to a step, and the places of records that it cannot take apart. Counts what it received.
pub(super) fn of<'p>(shared: &Shared<'_>, step: &Step, page: &'p Page) -> (Vec<Unit<'p>>, Vec<usize>) {
    let Some(OneToMany { path, .. }) = &step.one_to_many else {
        shared.count(step.place, |count| count.received += page.len() as u64);
        let unit = |(at, item): (usize, &'p super::Item)| Unit {
            item: at,
            child: None,
            index: item.index,
            value: Cow::Borrowed(&item.value),
        };
        return (page.iter().enumerate().map(unit).collect(), Vec::new());
    };
    let (mut units, mut failed) = (Vec::new(), Vec::new());
    for (at, item) in page.iter().enumerate() {
        // A record without the list, or with an empty one, has nothing for this step and goes on.
        let Some(Val::List(children)) = path.get(&item.value) else { continue };
        let parent = without(&item.value, path);
        if memory_bytes(&parent).saturating_mul(children.len()) > MAX_PARENTS_BYTES {
            let message = format!(
                "What is beside the list is too big to go with each of its {} elements. Leave fields out of the record before this step.",
                children.len()
            );
            shared.count(step.place, |count| count.received += 1);
            shared.record_failed(step.place, "too_big", message, item.index, None);
            failed.push(at);
            continue;
        }
        for (number, child) in children.iter().enumerate() {
            let value = Cow::Owned(with_parent(child, &parent));
            units.push(Unit { item: at, child: Some(number), index: item.index, value });
        }
    }
    shared.count(step.place, |count| count.received += units.len() as u64);
    (units, failed)
}

/// The record without the list: each element would hold all the others otherwise.
fn without(record: &Val, path: &Path) -> Val {
    let mut record = record.clone();
    if let Some(list) = path.get_mut(&mut record) {
        *list = Val::Absent;
    }
    record
}

fn with_parent(child: &Val, parent: &Val) -> Val {
    let mut record = match child {
        Val::Map(child) => child.clone(),
        other => {
            let mut record = tombolo_model::Record::default();
            record.set("value", other.clone());
            record
        }
    };
    record.set(PARENT, parent.clone());
    Val::Map(record)
}
