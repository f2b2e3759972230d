//! The limits of a run, in one place.

/// Pages that may wait between two steps.
pub(crate) const QUEUED_PAGES: usize = 2;
/// Records a page when the export names no number.
pub(crate) const USUAL_PAGE_SIZE: usize = 20;
/// Bytes of a source that are parsed before full pages move on; bounds the records in memory.
pub(crate) const PARSE_BYTES: usize = 32 * 1024;
/// The most that one answer of an endpoint may bring.
pub(crate) const MAX_ANSWER_BYTES: u64 = 64 * 1024 * 1024;
/// As much of a refusal is read as a message can be found in.
pub(crate) const MAX_REFUSAL_BYTES: usize = 64 * 1024;
/// How long an endpoint may be silent.
pub(crate) const SILENCE_MS: u32 = 60_000;
/// Requests of a connection at the same time, when it names no number.
pub(crate) const USUAL_CONCURRENCY: usize = 25;
/// Requests of a connection at the same time, whatever it says.
pub(crate) const MOST_CONCURRENCY: usize = 25;
/// How long a request is tried again, its waits taken together.
pub(crate) const PATIENCE_MS: u32 = 5 * 60_000;
/// The longest wait between two tries, unless the application asks for another.
pub(crate) const LONGEST_WAIT_MS: u32 = 60_000;
/// Written bytes that are gathered before they go to the file.
pub(crate) const WRITE_BYTES: usize = 64 * 1024;
/// Errors of a step that keep their record: the latest ones.
pub(crate) const MAX_KEPT_RECORDS: usize = 20_000;
/// The same answer so often in a row is a loop.
pub(crate) const SAME_ANSWERS: u32 = 5;
/// The most that the records of a page have together; a page is cut before it.
pub(crate) const MAX_PAGE_BYTES: usize = 5 * 1024 * 1024;
/// The most that one record has, and all that a lookup found for one.
pub(crate) const MAX_RECORD_BYTES: usize = 5 * 1024 * 1024;
/// The most that a destination may answer to one request when something reads it.
pub(crate) const MAX_REPLY_BYTES: usize = 16 * 1024 * 1024;
/// How long to wait before work is asked for again, when the helper says nothing.
pub(crate) const USUAL_POLL_MS: u32 = 60_000;
/// How long work of an application is waited for.
pub(crate) const MAX_JOB_MS: u64 = 4 * 60 * 60 * 1000;
/// As much of a body is said where requests are looked at.
pub(crate) const MAX_CAPTURED_BYTES: usize = 64 * 1024;
/// As much of a trace key is kept.
pub(crate) const MAX_TRACE_KEY_CHARS: usize = 512;
/// What the records that are sorted may take in memory, which needs all of them there.
pub(crate) const MAX_SORTED_BYTES: usize = 64 * 1024 * 1024;
/// What the records may take in memory which wait to be marked as read until a file is complete.
pub(crate) const MAX_UNMARKED_BYTES: usize = 64 * 1024 * 1024;
/// The most records of an export that is limited.
pub(crate) const MAX_TEST_RECORDS: u64 = 100;
/// Errors that wait for the hook of their page at most.
pub(crate) const MAX_PAGE_ERRORS: usize = 1000;
/// What the records of a file that a template writes may take in memory, which needs all of them there.
pub(crate) const MAX_GATHERED_BYTES: usize = 64 * 1024 * 1024;
/// What the parents of the elements of one record may take in memory: each element has a copy.
pub(crate) const MAX_PARENTS_BYTES: usize = 64 * 1024 * 1024;
/// What the copies of a page's records for the branches that they go to may take in memory.
pub(crate) const MAX_ROUTED_BYTES: usize = 256 * 1024 * 1024;
/// What the lookups of a page find may take in memory: all of it is there at once.
pub(crate) const MAX_FOUND_BYTES: usize = 64 * 1024 * 1024;
