//! Runs a flow in this program, from memory and into nothing, so that only the engine is measured.

use anyhow::{Context, Result, ensure};
use futures_util::future::{FutureExt, LocalBoxFuture, ready};
use futures_util::stream::{self, StreamExt};
use std::time::{Duration, Instant};
use tombolo_engine::{
    Bundle, Cancel, FileError, FileStore, FileWriter, Host, HttpClient, HttpError, Pieces, Request, Response, RunEvent,
    compile, run,
};
use tombolo_model::run::RunStatus;

/// How much of the file is read at once, as the hosts of the product do.
const PIECE_BYTES: usize = 64 * 1024;

/// The time of one run over a file, and how many records arrived.
pub(crate) fn time(bundle: &Bundle, file: &[u8]) -> Result<(Duration, u64)> {
    let plan = compile(bundle).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let host = Memory { pieces: file.chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect() };
    // The engine's futures stay on one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let start = Instant::now();
    let outcome = runtime.block_on(run(&plan, &host, &Cancel::default(), &mut |_: RunEvent| {}));
    let took = start.elapsed();
    ensure!(outcome.status == RunStatus::Completed, "the run ended with {:?}", outcome.error);
    let last = outcome.steps.last().context("a step")?;
    ensure!(last.errors == 0, "{} errors", last.errors);
    Ok((took, last.success))
}

struct Memory {
    pieces: Vec<Vec<u8>>,
}

impl Host for Memory {
    fn http(&self) -> &dyn HttpClient {
        self
    }

    fn files(&self) -> &dyn FileStore {
        self
    }

    fn now_ms(&self) -> i64 {
        1_795_492_800_000
    }

    fn sleep(&self, _: u32) -> LocalBoxFuture<'static, ()> {
        ready(()).boxed_local()
    }
}

impl HttpClient for Memory {
    fn send(&self, _: Request) -> LocalBoxFuture<'_, Result<Response, HttpError>> {
        ready(Err(HttpError::Refused("nothing is sent here".to_owned()))).boxed_local()
    }
}

impl FileStore for Memory {
    fn open(&self, _: &str) -> LocalBoxFuture<'_, Result<Pieces<FileError>, FileError>> {
        let pieces = stream::iter(self.pieces.clone().into_iter().map(Ok));
        ready(Ok(pieces.boxed_local())).boxed_local()
    }

    fn create(&self, _: &str, _: &str) -> LocalBoxFuture<'_, Result<Box<dyn FileWriter>, FileError>> {
        let writer: Box<dyn FileWriter> = Box::new(Nothing);
        ready(Ok(writer)).boxed_local()
    }
}

struct Nothing;

impl FileWriter for Nothing {
    fn write(&mut self, _: Vec<u8>) -> LocalBoxFuture<'_, Result<(), FileError>> {
        ready(Ok(())).boxed_local()
    }

    fn finish(self: Box<Self>) -> LocalBoxFuture<'static, Result<(), FileError>> {
        ready(Ok(())).boxed_local()
    }
}
