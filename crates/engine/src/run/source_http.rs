//! Reads an endpoint page by page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use futures::stream::StreamExt;
use tombolo_formats::FormatError;
use tombolo_model::{KeyPool, Record, Val};

use super::answer::{beginning, is_markup, refusal};
use super::exchange::exchange;
use super::pages::Pages;
use super::request::{accept_json, body, build, patiently};
use super::shared::Shared;
use super::source::Stopped;
use super::source_file::Parser;
use crate::http::{HttpError, Request, Response, next_link, resolve, without_parameter};
use crate::plan::{HttpRead, Paging, Stop};
use crate::secret::Masked;
use crate::units::{MAX_ANSWER_BYTES, PARSE_BYTES, SAME_ANSWERS};

/// What is known of an answer once its records have gone on.
struct Answer {
    records: u64,
    /// A fingerprint of its bytes.
    print: u64,
    /// All of it, when paging reads something beside the records.
    value: Option<Val>,
    link: Option<String>,
    links_may_be_hidden: bool,
}

/// Where paging stands.
#[derive(Default)]
struct Progress {
    /// Answers so far.
    answers: u64,
    /// The address of the next one, when a link named it.
    next: Option<String>,
    followed: HashSet<String>,
    saw_link: bool,
    last_print: Option<u64>,
    same: u32,
}

pub(super) async fn read(shared: &Shared<'_>, read: &HttpRead, pages: &mut Pages<'_, '_>) -> Result<(), Stopped> {
    let mut progress = Progress::default();
    loop {
        let request = request(shared, read, &progress)?;
        let url = request.url.to_string();
        let sent = exchange(shared, &read.endpoint, request).await;
        let response = sent.map_err(|error| unreachable(read, &error))?;
        let Some(answer) = answer(shared, read, response, pages, &progress).await? else {
            return Ok(());
        };
        progress.answers += 1;
        if !goes_on(read, &answer, pages.records, &url, &mut progress)? {
            return Ok(());
        }
    }
}

fn request(shared: &Shared<'_>, read: &HttpRead, progress: &Progress) -> Result<Request, Stopped> {
    let page = match &read.paging {
        Paging::Page { first, .. } => Val::Int(first.saturating_add_unsigned(progress.answers)),
        Paging::None | Paging::LinkHeader { .. } => Val::Absent,
    };
    let export = export_scope(page);
    let scope = |name: &str| match name {
        "export" => Some(&export),
        "timestamp" => Some(&shared.started),
        _ => read.endpoint.context.iter().find(|(have, _)| *have == name).map(|(_, value)| value),
    };
    let failed = |error: tombolo_template::TemplateError| Stopped::Failed("template", error.to_string());
    let body = read.body.as_ref().map(|template| body(template, &scope, &shared.env));
    let body = body.transpose().map_err(failed)?;
    let next = progress.next.clone().map(Masked::plain);
    let request = build(&read.endpoint, &scope, &shared.env, next, body).map_err(failed)?;
    Ok(accept_json(request))
}

/// `export.http.paging.page`, as templates read it.
fn export_scope(page: Val) -> Val {
    let nest = |name: &str, value: Val| {
        let mut record = Record::default();
        record.set(name, value);
        Val::Map(record)
    };
    nest("http", nest("paging", nest("page", page)))
}

/// Sends the records of an answer on; nothing when the answer says that there are no more pages.
async fn answer(
    shared: &Shared<'_>,
    read: &HttpRead,
    mut response: Response,
    pages: &mut Pages<'_, '_>,
    progress: &Progress,
) -> Result<Option<Answer>, Stopped> {
    let later = progress.answers > 0;
    match response.status {
        204 => return Ok(None),
        status if later && read.paging.stop().is_some_and(|stop| stop.last_page_status == status) => {
            return Ok(None);
        }
        200..=299 => {}
        status => {
            let body = beginning(shared.host, &mut response).await;
            let said = refusal(status, &body, read.error_path.as_ref(), &read.endpoint.scrub);
            return Err(Stopped::Failed("http_status", format!("the endpoint {said}")));
        }
    }
    let whole = read.paging.stop().is_some_and(Stop::reads_answer);
    let link = match &read.paging {
        Paging::LinkHeader { relation, .. } => {
            response.header("link").and_then(|header| next_link(header, relation)).map(ToOwned::to_owned)
        }
        _ => None,
    };
    let links_may_be_hidden = response.headers_may_be_hidden && response.header("link").is_none();
    let before = pages.records;
    let (print, kept) = records(shared, read, response, pages, whole).await?;
    let value = kept.map(|bytes| Val::parse(&bytes, &mut KeyPool::default()));
    let value = value.transpose().map_err(|error| invalid(&error.to_string()))?;
    Ok(Some(Answer { records: pages.records - before, print, value, link, links_may_be_hidden }))
}

/// Parses a body while it comes; returns its fingerprint and, when wanted, all of it.
async fn records(
    shared: &Shared<'_>,
    read: &HttpRead,
    mut response: Response,
    pages: &mut Pages<'_, '_>,
    whole: bool,
) -> Result<(u64, Option<Vec<u8>>), Stopped> {
    let mut parser = Parser::new(&read.format);
    let mut rows = Vec::new();
    let mut print = DefaultHasher::new();
    let mut kept = whole.then(Vec::new);
    let mut size: u64 = 0;
    let mut blank = true;
    loop {
        let next = patiently(shared.host, response.body.next()).await;
        let piece = match next.map_err(|error| unreachable(read, &error))? {
            None => break,
            Some(piece) => piece.map_err(|error| unreachable(read, &error))?,
        };
        size += piece.len() as u64;
        if size > MAX_ANSWER_BYTES {
            return Err(too_big());
        }
        if blank && matches!(parser, Parser::Json(_)) && is_markup(&piece) {
            let message = "the endpoint answered with a web page or XML and not with JSON. Check the address, and whether one must sign in first.";
            return Err(Stopped::Failed("not_json", message.to_owned()));
        }
        blank = blank && piece.trim_ascii().is_empty();
        print.write(&piece);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&piece);
        }
        for part in piece.chunks(PARSE_BYTES) {
            let parsed = parser.push(part, &mut rows);
            pages.take(&mut rows).await?;
            parsed.map_err(|error| unreadable(read, &error))?;
        }
    }
    if blank {
        let message = "the endpoint answered with nothing where records should be. Check the address; an endpoint without records answers with an empty list or status 204.";
        return Err(Stopped::Failed("empty_answer", message.to_owned()));
    }
    let mut more = true;
    while more {
        let parsed = parser.finish(&mut rows);
        pages.take(&mut rows).await?;
        more = parsed.map_err(|error| unreadable(read, &error))?;
    }
    Ok((print.finish(), kept))
}

/// Whether there is another page, and where.
fn goes_on(
    read: &HttpRead,
    answer: &Answer,
    records: u64,
    url: &str,
    progress: &mut Progress,
) -> Result<bool, Stopped> {
    let Some(stop) = read.paging.stop() else {
        return Ok(false);
    };
    if is_last(stop, answer, records, progress.answers) {
        return Ok(false);
    }
    if let Paging::LinkHeader { .. } = read.paging {
        return follow(read, answer, url, progress);
    }
    if answer.records == 0 {
        return Ok(false);
    }
    let same = progress.last_print.replace(answer.print) == Some(answer.print);
    progress.same = if same { progress.same + 1 } else { 1 };
    if progress.same >= SAME_ANSWERS {
        let message = format!(
            "the endpoint gave the same answer {SAME_ANSWERS} times in a row, so paging would never end. Check that the address names the page."
        );
        return Err(Stopped::Failed("paging_loop", message));
    }
    Ok(true)
}

fn follow(read: &HttpRead, answer: &Answer, url: &str, progress: &mut Progress) -> Result<bool, Stopped> {
    let Some(link) = &answer.link else {
        if answer.links_may_be_hidden && !progress.saw_link {
            let message = "the browser hides the Link header of this endpoint, so the next page is unknown. Run the flow on the server.";
            return Err(Stopped::Failed("hidden_header", message.to_owned()));
        }
        return Ok(false);
    };
    progress.saw_link = true;
    progress.followed.insert(url.to_owned());
    let mut next = resolve(url, link);
    if let Some(name) = read.endpoint.auth.parameter() {
        // Endpoints repeat the token in their links. It is put in again for every request; twice in an address, it would
        // make each a new one.
        next = without_parameter(&next, name);
    }
    if progress.followed.contains(&next) {
        let message = format!(
            "the endpoint names a page as the next one that was read already ({}), so paging would never end.",
            read.endpoint.scrub.clean(&next)
        );
        return Err(Stopped::Failed("paging_loop", message));
    }
    progress.next = Some(next);
    Ok(true)
}

fn is_last(stop: &Stop, answer: &Answer, records: u64, answers: u64) -> bool {
    let Some(value) = &answer.value else {
        return false;
    };
    let whole = |path: &Option<crate::path::Path>| {
        let found = path.as_ref()?.get(value)?;
        found.display().trim().parse::<u64>().ok()
    };
    whole(&stop.max_page).is_some_and(|most| answers >= most)
        || whole(&stop.max_count).is_some_and(|most| records >= most)
        || stop.last_page.as_ref().is_some_and(|(path, values)| {
            path.get(value).is_some_and(|found| {
                let text = if *found == Val::Null { "null".into() } else { found.display() };
                values.iter().any(|value| *value == text)
            })
        })
}

impl Paging {
    fn stop(&self) -> Option<&Stop> {
        match self {
            Self::None => None,
            Self::Page { stop, .. } | Self::LinkHeader { stop, .. } => Some(stop),
        }
    }
}

fn unreachable(read: &HttpRead, error: &HttpError) -> Stopped {
    Stopped::Failed("http", format!("the endpoint {}.", read.endpoint.scrub.clean(&error.to_string())))
}

fn too_big() -> Stopped {
    let most = MAX_ANSWER_BYTES / (1024 * 1024);
    let message = format!("the answer is bigger than {most} MiB. Ask for smaller pages, or set the paging.");
    Stopped::Failed("too_big", message)
}

fn invalid(reason: &str) -> Stopped {
    let message = format!("the answer is not valid JSON: {reason}. Check the address.");
    Stopped::Failed("not_json", message)
}

fn unreadable(read: &HttpRead, error: &FormatError) -> Stopped {
    let message = format!("the answer cannot be read. {}", read.endpoint.scrub.clean(&error.to_string()));
    Stopped::Failed("parse", message)
}
