//! Where paging stands: what the next request asks for, and whether there is one.
//!
//! Paging that would never end is an error, and so is a header that the browser hides: neither is "no next page".

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use tombolo_model::{MASK, Record, Val};

use super::source::Failure;
use super::source_names::with_paging;
use super::verdict::is_one_of;
use crate::http::{next_link, resolve, without_parameter};
use crate::path::Path;
use crate::plan::{HttpRead, Next, Paging, Stop, TokenPlace};
use crate::secret::{Masked, Piece};
use crate::units::SAME_ANSWERS;

/// What is known of an answer once its records have gone on.
pub(super) struct Answer {
    pub(super) records: u64,
    /// A fingerprint of its bytes.
    pub(super) print: u64,
    /// All of it, when paging reads something beside the records.
    pub(super) value: Option<Val>,
    /// Its last record, when a template reads it.
    pub(super) last_record: Option<Val>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) headers_may_be_hidden: bool,
}

/// Where paging stands.
pub(super) struct Progress<'r> {
    read: &'r HttpRead,
    /// Answers so far.
    pub(super) answers: u64,
    /// Records so far.
    records: u64,
    /// The address of the next one, when an answer named it.
    pub(super) next_url: Option<Masked>,
    token: Val,
    /// `previous_page`, when a template reads it.
    pub(super) previous: Option<Val>,
    hidden: bool,
    /// Fingerprints of the addresses and tokens so far.
    followed: HashSet<u64>,
    saw_header: bool,
    last_url: Option<String>,
    last_print: Option<u64>,
    same: u32,
}

impl<'r> Progress<'r> {
    pub(super) fn new(read: &'r HttpRead) -> Self {
        let token = match read.paging.as_ref().map(|paging| &paging.next) {
            Some(Next::Token { initial, .. }) => initial.clone(),
            _ => Val::Absent,
        };
        let given = Some(&token).filter(|token| !token.is_empty()).map(print_token);
        Self {
            read,
            answers: 0,
            records: 0,
            next_url: None,
            followed: given.into_iter().collect(),
            token,
            previous: None,
            hidden: false,
            saw_header: false,
            last_url: None,
            last_print: None,
            same: 0,
        }
    }

    /// Whether this is not the first request.
    pub(super) fn is_later(&self) -> bool {
        self.answers > 0
    }

    /// The export as the templates of the next request find it.
    pub(super) fn export(&self) -> Cow<'r, Val> {
        let export = &self.read.export;
        let Some(paging) = &self.read.paging else { return Cow::Borrowed(export) };
        Cow::Owned(match &paging.next {
            Next::Page { first } => with_paging(export, "page", Val::Int(first.saturating_add_unsigned(self.answers))),
            Next::Skip { first } => with_paging(export, "skip", Val::Int(first.saturating_add_unsigned(self.records))),
            Next::Token { .. } => with_paging(export, "token", self.token.clone()),
            _ => return Cow::Borrowed(export),
        })
    }

    /// Whether the next request is one: a template that makes no new address ends paging. `relative` is what it made.
    pub(super) fn leads_on(&mut self, relative: Option<&str>, url: &str) -> Result<bool, Failure> {
        let Some(relative) = relative else { return Ok(true) };
        if relative.trim().is_empty() || self.last_url.as_deref() == Some(url) {
            return if self.hidden { Err(hidden("a header")) } else { Ok(false) };
        }
        if !self.followed.insert(print(url)) {
            return Err(self.read_already(url));
        }
        Ok(true)
    }

    /// Takes an answer in; whether there is another page.
    pub(super) fn goes_on(&mut self, answer: Answer, url: &Masked) -> Result<bool, Failure> {
        self.answers += 1;
        self.records += answer.records;
        let Some(paging) = &self.read.paging else { return Ok(false) };
        if self.is_last(paging, &answer) {
            return Ok(false);
        }
        let shown = url.to_string();
        self.followed.insert(print(&shown));
        self.last_url = Some(shown);
        let on = match &paging.next {
            Next::Page { .. } | Next::Skip { .. } | Next::RelativeUri | Next::Body => answer.records > 0,
            Next::Token { place, later_place, .. } => {
                let place = later_place.as_ref().filter(|_| self.answers > 1).unwrap_or(place);
                self.next_token(place, &answer)?
            }
            Next::Url { path } => {
                let found = answer.value.as_ref().and_then(|value| path.get(value));
                let address = found.map(Val::display).unwrap_or_default();
                self.follow(&address, url)?
            }
            Next::LinkHeader { relation } => {
                self.see(answer.header("link").is_some(), &answer, "the Link header")?;
                let link = answer.all("link").find_map(|header| next_link(header, relation));
                let link = link.unwrap_or_default().to_owned();
                self.follow(&link, url)?
            }
        };
        if on {
            self.differs(&answer)?;
            self.remember(paging, answer)?;
        }
        Ok(on)
    }

    fn next_token(&mut self, place: &TokenPlace, answer: &Answer) -> Result<bool, Failure> {
        let token = match place {
            TokenPlace::Body(path) => answer.value.as_ref().and_then(|value| path.get(value)).cloned(),
            TokenPlace::Header(name) => {
                let found = answer.header(name).map(Val::text);
                self.see(found.is_some(), answer, &format!("the header “{name}”"))?;
                found
            }
        };
        let Some(token) = token.filter(|token| !token.is_empty() && *token != Val::Bool(false)) else {
            return Ok(false);
        };
        if !self.followed.insert(print_token(&token)) {
            return Err(Failure::new(
                "paging_loop",
                "the endpoint gave the same token for the next page again, so paging would never end. Check the path of the token, and that the address names it.",
            ));
        }
        self.token = token;
        Ok(true)
    }

    fn follow(&mut self, address: &str, url: &Masked) -> Result<bool, Failure> {
        if address.trim().is_empty() {
            return Ok(false);
        }
        let mut next = resolve_masked(url, address);
        if let (Some(name), Some(plain)) = (self.read.endpoint.auth.parameter(), next.as_plain()) {
            // Endpoints repeat the token in their links. It is put in again for every request; twice in an address, it
            // would make each a new one.
            next = Masked::plain(without_parameter(plain, name));
        }
        let shown = next.to_string();
        if !self.followed.insert(print(&shown)) {
            return Err(self.read_already(&shown));
        }
        self.next_url = Some(next);
        Ok(true)
    }

    fn read_already(&self, address: &str) -> Failure {
        let address = self.read.endpoint.scrub.clean(address);
        let message = format!(
            "the endpoint names a page as the next one that was read already ({address}), so paging would never end."
        );
        Failure::new("paging_loop", message)
    }

    /// A header that was there once is not hidden later.
    fn see(&mut self, found: bool, answer: &Answer, name: &str) -> Result<(), Failure> {
        self.saw_header |= found;
        if !self.saw_header && answer.headers_may_be_hidden { Err(hidden(name)) } else { Ok(()) }
    }

    fn differs(&mut self, answer: &Answer) -> Result<(), Failure> {
        if answer.records == 0 {
            return Ok(());
        }
        let same = self.last_print.replace(answer.print) == Some(answer.print);
        self.same = if same { self.same + 1 } else { 1 };
        if self.same < SAME_ANSWERS {
            return Ok(());
        }
        let message = format!(
            "the endpoint gave the same answer {SAME_ANSWERS} times in a row, so paging would never end. Check that the address names the page."
        );
        Err(Failure::new("paging_loop", message))
    }

    fn remember(&mut self, paging: &Paging, answer: Answer) -> Result<(), Failure> {
        if paging.previous.headers && answer.headers_may_be_hidden {
            if answer.headers.iter().all(|(name, _)| SAFE_HEADERS.contains(&name.as_str())) {
                return Err(hidden("all headers that matter"));
            }
            self.hidden = true;
        }
        if paging.previous.any() {
            let mut previous = Record::default();
            previous.set("full_response", answer.value.unwrap_or_default());
            previous.set("last_record", answer.last_record.unwrap_or_default());
            let mut headers = Record::default();
            for (name, value) in &answer.headers {
                headers.set(name, Val::text(value));
            }
            previous.set("headers", Val::Map(headers));
            self.previous = Some(Val::Map(previous));
        }
        Ok(())
    }

    fn is_last(&self, paging: &Paging, answer: &Answer) -> bool {
        let Some(value) = &answer.value else { return false };
        let whole = |path: &Option<Path>| {
            let found = path.as_ref()?.get(value)?;
            found.display().trim().parse::<u64>().ok()
        };
        let first = if let Next::Skip { first } = paging.next { u64::try_from(first).unwrap_or(0) } else { 0 };
        // The number of pages goes before the number of records.
        let counted = match (whole(&paging.stop.max_page), whole(&paging.stop.max_count)) {
            (Some(most), _) => self.answers >= most,
            (None, Some(most)) => self.records.saturating_add(first) >= most,
            (None, None) => false,
        };
        counted || paging.stop.is_last_page(value)
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All headers of a name: there may be several lines of one (RFC 9110, 5.3).
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

impl Stop {
    /// Whether an answer says that it is the last one.
    pub(super) fn is_last_page(&self, value: &Val) -> bool {
        let Some((path, values)) = &self.last_page else { return false };
        path.get(value).is_some_and(|found| is_one_of(found, values))
    }
}

/// The headers that a browser shows of every answer (Fetch standard, CORS-safelisted response headers).
const SAFE_HEADERS: [&str; 7] =
    ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"];

fn hidden(what: &str) -> Failure {
    let message =
        format!("the browser hides {what} of this endpoint, so the next page is unknown. Run the flow on the server.");
    Failure::new("hidden_header", message)
}

/// An address as a page at `current` would follow it. What stays of `current` keeps its secrets, which are not in its
/// text.
fn resolve_masked(current: &Masked, reference: &str) -> Masked {
    let reference = reference.trim();
    let shown = current.to_string();
    let next = resolve(&shown, reference);
    let stays = next.strip_suffix(reference).filter(|stays| shown.starts_with(stays) && current.as_plain().is_none());
    let Some(mut left) = stays.map(str::len) else { return Masked::plain(next) };
    let mut made = Masked::default();
    for piece in current.pieces() {
        if left == 0 {
            break;
        }
        let (kept, length) = match piece {
            Piece::Plain(text) => (Piece::Plain(text[..text.len().min(left)].to_owned()), text.len()),
            secret => (secret.clone(), MASK.len()),
        };
        made.pieces_mut().push(kept);
        left = left.saturating_sub(length);
    }
    made.and(reference)
}

fn print_token(token: &Val) -> u64 {
    print(&format!("token {}", token.display()))
}

/// Enough to know an address or token again without keeping it.
fn print(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}
