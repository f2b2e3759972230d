//! Integrations, flows and single resources as zips, as signed bundles and as copies, made of what is on this device: no network is needed.
//!
//! Invariant: what is installed is written in one transaction, so a tab that dies in between leaves all of it or nothing.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use tombolo_docs::{Chunk, Document};
use tombolo_model::Id;
use tombolo_model::package::{PackageChoices, PackageInstalled, PackagePreview, PackageSigned};
use tombolo_package::bundle::{self, Maker};
use tombolo_package::{Closure, Package, PackageError, Part, Purpose};
use tombolo_wire::store::{PackageSource, Packed};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag};

use crate::account::Account;
use crate::fault::Fault;
use crate::storage::Batch;
use crate::{blobs, documents, edit, env, export, secrets, stubs, writer};

/// What follows for screens and tabs from one of the documents being stored.
type After = Box<dyn FnOnce(&Rc<Account>)>;

impl From<PackageError> for Fault {
    fn from(error: PackageError) -> Self {
        match error {
            // The screen asks for the password.
            PackageError::Locked => Self::Refused { code: "locked".to_owned(), message: error.to_string() },
            error => Self::Invalid(error.to_string()),
        }
    }
}

/// Makes the zip of a resource and all that it needs.
pub(crate) async fn pack(account: &Rc<Account>, id: Id) -> Result<(Packed, Blob), Fault> {
    let package = gather(account, Purpose::File, id).await?;
    let file = blob(&tombolo_package::write(&package), "application/zip")?;
    let name = tombolo_package::file_name(&package);
    Ok((Packed { name, parts: package.parts.len(), notes: package.notes, key: None }, file))
}

/// The same as a bundle that this device signs.
pub(crate) async fn bundle(account: &Rc<Account>, id: Id, password: &str) -> Result<(Packed, Blob), Fault> {
    let package = gather(account, Purpose::File, id).await?;
    let seed = secrets::signing_seed(account).await?;
    let (name, by) = {
        let info = account.info.borrow();
        let by = info.user.as_ref().map(|user| format!("{} <{}>", user.name, user.email)).unwrap_or_default();
        // An account that is on one device alone has no name of its own.
        (if info.local { String::new() } else { info.name.clone() }, by)
    };
    let maker = Maker { seed, account: name, by, made_ms: env::now_ms() };
    let mut bytes = bundle::sign(&package, &maker);
    if !password.is_empty() {
        bytes = bundle::seal(&bytes, password, env::random(), env::random())?;
    }
    let name = tombolo_package::file_name(&package).replace(".zip", ".tombolo");
    let key = Some(bundle::fingerprint_of(&seed));
    Ok((
        Packed { name, parts: package.parts.len(), notes: package.notes, key },
        blob(&bytes, "application/octet-stream")?,
    ))
}

fn blob(bytes: &[u8], kind: &str) -> Result<Blob, Fault> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    Blob::new_with_u8_array_sequence_and_options(&Array::of1(&Uint8Array::from(bytes)), &options)
        .map_err(|error| Fault::Browser(format!("The file cannot be made: {error:?}.")))
}

/// Says what would be made.
pub(crate) async fn look(
    account: &Rc<Account>,
    of: &PackageSource,
    file: Option<&Blob>,
) -> Result<PackagePreview, Fault> {
    let (package, _, signed) = package(account, of, file).await?;
    let preview = tombolo_package::preview(&package).ok_or(PackageError::Empty)?;
    Ok(PackagePreview { signed, ..preview })
}

/// Makes it.
pub(crate) async fn install(
    account: &Rc<Account>,
    of: &PackageSource,
    choices: &PackageChoices,
    file: Option<&Blob>,
) -> Result<PackageInstalled, Fault> {
    let (package, purpose, _) = package(account, of, file).await?;
    let plan = tombolo_package::plan(package, purpose, choices, &mut env::new_id)?;
    // All of them before one of them is in memory: a resource that makes no document refuses the whole.
    let made = plan.parts.iter().map(|part| document(account, part)).collect::<Result<Vec<_>, Fault>>()?;
    let ids: Vec<Id> = made.iter().map(|(document, _)| document.id()).collect();
    let written = store(account, made).await;
    ids.iter().for_each(|_| documents::release(account));
    written?;
    Ok(PackageInstalled {
        id: plan.root,
        kind: plan.kind,
        integration: plan.integration,
        made: plan.parts.len(),
        needs: plan.needs,
    })
}

fn document(account: &Account, part: &Part) -> Result<(Document, Vec<Chunk>), Fault> {
    let made = Document::create_in_parts(part.kind, part.id, &part.value, &account.author(), &mut env::new_row);
    made.map_err(|error| {
        let name = part.name();
        Fault::Invalid(format!("The {} “{name}” cannot be made: {error}. Nothing was made.", part.kind))
    })
}

async fn store(account: &Rc<Account>, made: Vec<(Document, Vec<Chunk>)>) -> Result<(), Fault> {
    let (mut batch, mut afters, mut changes) = (Batch::new(), Vec::<After>::new(), 0);
    for (document, chunks) in made {
        let id = document.id();
        account.documents.insert(document);
        documents::ensure(account, id).await?;
        let row = documents::changed(account, id, true);
        let (own, after) = edit::stage(account, id, &chunks, row);
        batch.extend(own);
        afters.push(Box::new(after));
        changes += chunks.len();
    }
    let after = move |account: &Rc<Account>| afters.into_iter().for_each(|after| after(account));
    Ok(writer::write(account, batch, changes, after).await?)
}

async fn package(
    account: &Rc<Account>,
    of: &PackageSource,
    file: Option<&Blob>,
) -> Result<(Package, Purpose, Option<PackageSigned>), Fault> {
    match of {
        PackageSource::Copy(id) => Ok((gather(account, Purpose::Copy, *id).await?, Purpose::Copy, None)),
        PackageSource::File { password } => {
            let file = file.ok_or_else(|| Fault::Invalid("No file came along. Choose it again.".to_owned()))?;
            let password = Some(password.as_str()).filter(|password| !password.is_empty());
            let (package, signed) = bundle::open(bytes(file).await?, password)?;
            Ok((package, Purpose::File, signed))
        }
    }
}

async fn bytes(file: &Blob) -> Result<Vec<u8>, Fault> {
    // Before any of it is in memory.
    if blobs::size(file) > tombolo_package::MOST_ARCHIVE_BYTES as u64 {
        let most = tombolo_package::MOST_ARCHIVE_BYTES;
        return Err(PackageError::TooMuch { what: "bytes", most }.into());
    }
    let content = JsFuture::from(file.array_buffer()).await;
    let content =
        content.map_err(|error| Fault::Invalid(format!("The file cannot be read: {error:?}. Choose it again.")))?;
    Ok(Uint8Array::new(&content).to_vec())
}

/// Gathers a resource and what belongs to it. Of one that lies in the recycle bin what lies there goes along.
async fn gather(account: &Rc<Account>, purpose: Purpose, root: Id) -> Result<Package, Fault> {
    let from_bin = is_binned(account, root).ok_or(Fault::NotFound(root))?;
    let owned: Vec<Id> = {
        let catalogue = account.catalogue.borrow();
        let rows = catalogue.values().map(|stored| &stored.row);
        rows.filter(|row| row.integration == Some(root)).map(|row| row.id).collect()
    };
    let mut closure = Closure::begin(purpose, root, owned);
    while let Some(id) = closure.wanted() {
        if is_binned(account, id).is_none_or(|binned| binned && !from_bin) {
            continue;
        }
        if stubs::is_stub(account, id) {
            let name = account.catalogue.borrow().get(&id).map(|stored| stored.row.name.clone()).unwrap_or_default();
            return Err(Fault::Invalid(format!(
                "“{name}” belongs to it, which you may not open. Ask somebody who manages it for the file."
            )));
        }
        match export::value(account, id).await {
            Ok((kind, value)) => closure.found(kind, id, value),
            // It went while we looked.
            Err(Fault::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(closure.end()?)
}

/// Whether a resource lies in the bin; nothing for one that is not here.
fn is_binned(account: &Account, id: Id) -> Option<bool> {
    account.catalogue.borrow().get(&id).map(|stored| stored.row.binned)
}
