//! What is made of a package: which resources, under which new ids, with which references.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use tombolo_model::package::{ConnectionChoice, PackageChoices, PackageItem, PackagePreview};
use tombolo_model::{Id, Kind, catalogue};

use crate::references::{self, Reference};
use crate::{Package, PackageError, Part, Purpose, closure, rewrite};

/// What is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The new root.
    pub root: Id,
    /// What it is.
    pub kind: Kind,
    /// The integration that it is in, or is.
    pub integration: Option<Id>,
    /// Every resource under its new id, those that others refer to mostly before these.
    pub parts: Vec<Part>,
    /// What each old id became, also of connections that others take the place of.
    pub names: BTreeMap<Id, Id>,
    /// What is left to do, in words.
    pub needs: Vec<String>,
}

/// What a package holds, for a person who decides.
#[must_use]
pub fn preview(package: &Package) -> Option<PackagePreview> {
    let root = package.part(package.root)?;
    let items: Vec<PackageItem> = package.parts.iter().map(item).collect();
    let connections = items.iter().filter(|item| item.kind == Kind::Connection && item.id != package.root);
    Some(PackagePreview {
        root: item(root),
        home: catalogue::describe(root.kind, &root.value).integration,
        needs_integration: needs_integration(package),
        connections: connections.cloned().collect(),
        items,
        notes: package.notes.clone(),
        signed: None,
    })
}

fn item(part: &Part) -> PackageItem {
    let found = catalogue::describe(part.kind, &part.value);
    PackageItem { id: part.id, kind: part.kind, name: found.name, adaptor: found.adaptor }
}

fn needs_integration(package: &Package) -> bool {
    let any = |kind| package.parts.iter().any(|part| part.kind == kind);
    any(Kind::Flow) && !any(Kind::Integration)
}

/// Says what to make. `fresh` gives a new id each time.
///
/// # Errors
///
/// Returns [`PackageError::NoSuchConnection`], [`PackageError::NeedsIntegration`] and [`PackageError::Absent`].
pub fn plan(
    package: Package,
    purpose: Purpose,
    choices: &PackageChoices,
    fresh: &mut dyn FnMut() -> Id,
) -> Result<Plan, PackageError> {
    let root = package.part(package.root).ok_or(PackageError::Absent(package.root))?;
    let (root_kind, old_root) = (root.kind, package.root);
    let home = catalogue::describe(root_kind, &root.value).integration.filter(|_| root_kind != Kind::Integration);
    let mut names = taken_place(&package, purpose, choices)?;
    let made = made(&package, &names);
    names.extend(made.iter().map(|id| (*id, fresh())));
    let target = choices.integration.filter(|_| root_kind != Kind::Integration);
    match (target, needs_integration(&package), purpose) {
        (None, true, Purpose::File) => return Err(PackageError::NeedsIntegration),
        (Some(target), ..) => names.extend(homes(&package, purpose, home).into_iter().map(|old| (old, target))),
        (None, ..) => {}
    }
    let integration = match root_kind {
        Kind::Integration => names.get(&old_root).copied(),
        _ => target.or(home.filter(|_| purpose == Purpose::Copy)),
    };
    let mut needs = Vec::new();
    let mut parts = Vec::with_capacity(made.len());
    for mut part in package.parts.into_iter().filter(|part| made.contains(&part.id)) {
        needs.extend(need(&part));
        closure::strip(&mut part);
        leave_outside(&mut part, purpose, target, &names);
        rewrite::ids(&mut part.value, &names);
        let old = part.id;
        part.id = names.get(&old).copied().unwrap_or(old);
        let here = target.filter(|_| part.kind == Kind::Flow || old == old_root);
        settle(&mut part, old, purpose, here);
        // The groups of one integration are not those of another.
        if target.is_some()
            && target != home
            && let (Kind::Flow, Value::Object(fields)) = (part.kind, &mut part.value)
        {
            fields.shift_remove("_flowGroupingId");
        }
        if old == old_root
            && let (Some(name), Value::Object(fields)) = (&choices.name, &mut part.value)
        {
            fields.insert("name".to_owned(), name.as_str().into());
        }
        parts.push(part);
    }
    parts.sort_by_key(|part| (order(part.kind), part.id));
    let root = names.get(&old_root).copied().unwrap_or(old_root);
    Ok(Plan { root, kind: root_kind, integration, parts, names, needs })
}

/// The connections that others take the place of.
fn taken_place(
    package: &Package,
    purpose: Purpose,
    choices: &PackageChoices,
) -> Result<BTreeMap<Id, Id>, PackageError> {
    let is_one = |id: Id| package.part(id).is_some_and(|part| part.kind == Kind::Connection && id != package.root);
    if let Some(id) = choices.connections.keys().find(|id| !is_one(**id)) {
        return Err(PackageError::NoSuchConnection(*id));
    }
    let mut names = BTreeMap::new();
    for id in package.parts.iter().map(|part| part.id).filter(|id| is_one(*id)) {
        match (choices.connections.get(&id), purpose) {
            (Some(ConnectionChoice::Use(other)), _) => {
                names.insert(id, *other);
            }
            (None, Purpose::Copy) => {
                names.insert(id, id);
            }
            (Some(ConnectionChoice::Create), _) | (None, Purpose::File) => {}
        }
    }
    Ok(names)
}

/// What is made: everything but connections that others take the place of, and what only these need.
fn made(package: &Package, taken: &BTreeMap<Id, Id>) -> BTreeSet<Id> {
    let refers: BTreeMap<Id, Vec<Id>> = package
        .parts
        .iter()
        .map(|part| (part.id, references::of(part).into_iter().map(|reference| reference.id).collect()))
        .collect();
    let used: BTreeSet<Id> =
        refers.iter().flat_map(|(from, to)| to.iter().filter(move |id| *id != from)).copied().collect();
    let serves = |kind| matches!(kind, Kind::Connection | Kind::IClient | Kind::Stack);
    let mut open: Vec<Id> = package
        .parts
        .iter()
        .filter(|part| part.id == package.root || !serves(part.kind) || !used.contains(&part.id))
        .map(|part| part.id)
        .collect();
    let mut made = BTreeSet::new();
    while let Some(id) = open.pop() {
        if taken.contains_key(&id) || !refers.contains_key(&id) || !made.insert(id) {
            continue;
        }
        open.extend(refers.get(&id).into_iter().flatten().copied());
    }
    made
}

/// The integrations whose place the chosen one takes.
fn homes(package: &Package, purpose: Purpose, home: Option<Id>) -> Vec<Id> {
    match purpose {
        Purpose::Copy => home.into_iter().collect(),
        Purpose::File => {
            let all = package.parts.iter().flat_map(references::of);
            all.filter(|reference| reference.kind == Kind::Integration).map(|reference| reference.id).collect()
        }
    }
}

/// Takes out what would lead to what is not there: a copy is not begun by another flow unless somebody says so, and what
/// arrives without an integration belongs to none.
fn leave_outside(part: &mut Part, purpose: Purpose, target: Option<Id>, names: &BTreeMap<Id, Id>) {
    let outside = |reference: &Reference| match (purpose, reference.kind) {
        (Purpose::Copy, Kind::Flow) => part.kind == Kind::Flow && !names.contains_key(&reference.id),
        (Purpose::File, Kind::Integration) => target.is_none() && !names.contains_key(&reference.id),
        _ => false,
    };
    let gone: Vec<Reference> = references::of(part).into_iter().filter(outside).collect();
    references::take_out(part, &gone);
}

/// What is different about a resource that has just arrived: nothing runs by itself.
fn settle(part: &mut Part, old: Id, purpose: Purpose, target: Option<Id>) {
    let kind = part.kind;
    let Value::Object(fields) = &mut part.value else { return };
    if purpose == Purpose::Copy {
        fields.insert("_sourceId".to_owned(), old.to_string().into());
    }
    if let Some(target) = target {
        fields.insert("_integrationId".to_owned(), target.to_string().into());
    }
    if kind == Kind::Flow {
        fields.insert("disabled".to_owned(), true.into());
        if purpose == Purpose::Copy {
            without_schedule(fields);
        }
    }
}

fn without_schedule(flow: &mut Map<String, Value>) {
    flow.shift_remove("schedule");
    for generator in flow.get_mut("pageGenerators").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(generator) = generator {
            generator.shift_remove("schedule");
        }
    }
}

fn need(part: &Part) -> Option<String> {
    match part.kind {
        Kind::Connection | Kind::IClient | Kind::Stack => Some(format!("Enter the credentials of {}.", part.called())),
        _ => None,
    }
}

/// What others refer to comes before these.
const fn order(kind: Kind) -> u8 {
    match kind {
        Kind::Integration => 0,
        Kind::Agent | Kind::Stack | Kind::IClient | Kind::Script | Kind::FileDefinition | Kind::EdiProfile => 1,
        Kind::Connection | Kind::LookupCache => 2,
        Kind::AsyncHelper | Kind::TradingPartnerConnector => 3,
        Kind::Export | Kind::Import => 4,
        Kind::Tool => 5,
        Kind::Flow => 6,
        Kind::Api | Kind::Template | Kind::Notification => 7,
    }
}
