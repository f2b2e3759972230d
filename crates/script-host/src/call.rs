//! One call: asked, its questions answered, and ended when it takes too long.

use std::future::poll_fn;

use futures::future::{Either, select};
use futures::pin_mut;
use serde_json::Value;
use tombolo_engine::{ApiQuestion, ConsoleLine, ScriptAnswer, ScriptApi, ScriptCall, ScriptFailure};
use tombolo_wire::script_worker::{ANSWER_BYTES, Call, Done, FromScript, More, Question, ToScript};

use crate::pool::{Held, Pool};
use crate::workers::{Worker, Workers};

/// How long a worker may take until it listens.
const START_MS: u32 = 60_000;
/// How long a call may wait for `integrator-api`, all its questions together.
const API_MS: u32 = 10 * 60_000;
/// How often a call may ask it.
const QUESTIONS: usize = 100_000;
const WAITED: &str = "The script was stopped: it waited for integrator-api longer than 10 minutes.";
const NO_MEMORY: &str = "The script was stopped: it took more memory than it may have, or is nested too deeply.";

/// What a call is bound to.
#[derive(Clone, Copy)]
pub(crate) struct Within {
    pub(crate) deadline_ms: u32,
    /// Whether the script remembers what it does.
    pub(crate) keep: bool,
}

/// Starts a worker; says whether it is held to all that it gave up.
pub(crate) async fn start(workers: &impl Workers) -> Result<(Box<dyn Worker>, bool), String> {
    let mut worker = workers.start().await?;
    let heard = {
        let late = workers.sleep(START_MS);
        match select(worker.hear(), late).await {
            Either::Left((heard, _)) => heard,
            Either::Right(_) => return Err("it does not start".to_owned()),
        }
    };
    match heard.as_deref().map(serde_json::from_str) {
        Some(Ok(FromScript::Ready { caged })) => Ok((worker, caged)),
        Some(Ok(FromScript::Broke { reason })) => Err(reason),
        Some(_) => Err("it says what is not understood".to_owned()),
        None => Err("it ended before it began".to_owned()),
    }
}

/// Makes calls of one function by one step, in their order, each with who answers what it asks. The worker comes back when
/// it can be asked again; when it does not, the last answer says why, and what comes behind that call was not made.
pub(crate) async fn make<W: Workers>(
    pool: &Pool<W>,
    level: usize,
    mut held: Held,
    calls: &[(ScriptCall, &dyn ScriptApi)],
    within: Within,
) -> (Vec<ScriptAnswer>, Option<Held>) {
    let mut answers = Vec::with_capacity(calls.len());
    let Some((call, more)) = calls.split_first() else { return (answers, Some(held)) };
    let (call, step) = (&call.0, call.0.step as u64);
    let mut is_loaded = held.loaded.iter().any(|(of, script)| *of == step && *script == call.script.id);
    let frame = ToScript::Call {
        call: Box::new(Call {
            script: call.script.id.clone(),
            step: within.keep.then_some(step),
            content: (!is_loaded).then(|| call.script.content.clone()),
            function: call.function.to_string(),
            argument: call.argument.clone(),
            now_ms: call.now_ms,
            seed: call.seed,
            more: more.iter().map(|(call, _)| More { argument: call.argument.clone(), seed: call.seed }).collect(),
        }),
    };
    // There is nothing in a frame that cannot be written.
    if let Ok(text) = serde_json::to_string(&frame) {
        held.worker.say(text);
    }
    for (_, api) in calls {
        match attend(pool, level, &mut *held.worker, *api, within.deadline_ms).await {
            Ok(done) => {
                if done.loaded && !is_loaded {
                    held.loaded.push((step, call.script.id.clone()));
                    is_loaded = true;
                }
                answers.push(answer(done));
            }
            Err(ended) => {
                answers.push(ended);
                return (answers, None);
            }
        }
    }
    (answers, Some(held))
}

/// Listens until the call has ended, and answers what it asks meanwhile.
async fn attend<W: Workers>(
    pool: &Pool<W>,
    level: usize,
    worker: &mut dyn Worker,
    api: &dyn ScriptApi,
    deadline_ms: u32,
) -> Result<Done, ScriptAnswer> {
    let (mut left_ms, mut api_ms, mut questions) = (deadline_ms, API_MS, 0);
    loop {
        let began = pool.workers().clock_ms();
        let frame = match select(worker.hear(), pool.workers().sleep(left_ms)).await {
            Either::Left((frame, _)) => frame.ok_or_else(|| stopped(NO_MEMORY))?,
            Either::Right(_) => return Err(stopped(&too_long(deadline_ms))),
        };
        left_ms = left_ms.saturating_sub(since(pool, began));
        match serde_json::from_str(&frame) {
            Ok(FromScript::Done { done }) => return Ok(done),
            Ok(FromScript::Api { question }) => {
                questions += 1;
                if questions > QUESTIONS {
                    return Err(stopped(&too_many()));
                }
                let began = pool.workers().clock_ms();
                let answering = below(pool, level + 1, ask(api, question));
                pin_mut!(answering);
                let answer = match select(answering, pool.workers().sleep(api_ms)).await {
                    Either::Left((answer, _)) => answer,
                    Either::Right(_) => return Err(stopped(WAITED)),
                };
                api_ms = api_ms.saturating_sub(since(pool, began));
                // There is nothing in a frame that cannot be written.
                if let Ok(text) = serde_json::to_string(&ToScript::Answer { answer }) {
                    worker.answer(text);
                }
            }
            Ok(FromScript::Stopped { message }) => return Err(stopped(&message)),
            Ok(FromScript::Broke { reason }) => return Err(unable(&reason)),
            Ok(FromScript::Ready { .. }) | Err(_) => return Err(unable("it says what is not understood")),
        }
    }
}

/// Looks at a future as one of this level: scripts that it calls meanwhile are told apart by it.
async fn below<W: Workers, T>(pool: &Pool<W>, level: usize, future: impl Future<Output = T>) -> T {
    pin_mut!(future);
    poll_fn(|context| {
        let before = pool.level.replace(level);
        let polled = future.as_mut().poll(context);
        pool.level.set(before);
        polled
    })
    .await
}

async fn ask(api: &dyn ScriptApi, question: Question) -> Result<String, String> {
    let called = format!("{}.{}", question.object, question.function);
    let called = called.trim_start_matches('.');
    let Ok(Value::Array(arguments)) = serde_json::from_str(&question.arguments) else {
        return Err(format!("{called} was called with what is not understood."));
    };
    let asked = ApiQuestion { object: question.object.clone(), function: question.function.clone(), arguments };
    let text = api.answer(asked).await.map_err(shortened)?.to_string();
    if text.len() > ANSWER_BYTES {
        return Err(format!("The answer of {called} has more than {} MB.", ANSWER_BYTES / (1024 * 1024)));
    }
    Ok(text)
}

/// A sentence for a script: what it says beyond a page nobody reads, and it may come from anywhere.
fn shortened(mut sentence: String) -> String {
    const MOST: usize = 16 * 1024;
    if sentence.len() > MOST {
        let end = (0..=MOST).rev().find(|at| sentence.is_char_boundary(*at)).unwrap_or(0);
        sentence.truncate(end);
        sentence.push('…');
    }
    sentence
}

fn since<W: Workers>(pool: &Pool<W>, began: u64) -> u32 {
    u32::try_from(pool.workers().clock_ms().saturating_sub(began)).unwrap_or(u32::MAX)
}

fn too_long(deadline_ms: u32) -> String {
    if deadline_ms.is_multiple_of(1_000) {
        format!("The script was stopped: it took longer than {} seconds.", deadline_ms / 1_000)
    } else {
        format!("The script was stopped: it took longer than {deadline_ms} ms.")
    }
}

fn too_many() -> String {
    format!("The script was stopped: it asked integrator-api more than {QUESTIONS} times.")
}

fn answer(done: Done) -> ScriptAnswer {
    let failed = |failure: tombolo_wire::script_worker::Failure| ScriptFailure {
        code: failure.code,
        message: failure.message,
        place: failure.place,
    };
    let console = done.console.into_iter().map(|line| ConsoleLine { level: line.level, text: line.text });
    ScriptAnswer { result: done.result.map_err(failed), console: console.collect() }
}

/// The answer of a call that was ended.
pub(crate) fn stopped(message: &str) -> ScriptAnswer {
    failed("script_limit", message.to_owned())
}

/// The answer of a call that nobody made.
pub(crate) fn unable(reason: &str) -> ScriptAnswer {
    failed("script_interpreter", format!("Scripts cannot be called: {reason}."))
}

fn failed(code: &str, message: String) -> ScriptAnswer {
    ScriptAnswer { result: Err(ScriptFailure { code: code.to_owned(), message, place: None }), console: Vec::new() }
}
