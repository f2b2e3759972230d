//! Feeds a target: first the kept files, then what is made of them.
//!
//! An input that fails is made small, written into the target folder and named, so that it can be kept as a file of
//! the corpus. The seed of a round is printed; `TOMBOLO_SEED` repeats it, `TOMBOLO_ROUNDS` is how many minutes it goes on.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::mutate::{self, Kind};

/// What is asked of an input.
pub(crate) type Check = fn(&[u8]) -> Result<(), TestCaseError>;

/// Inputs of a short round.
const SHORT: u32 = 200;
/// Longer than any answer takes, also on a busy machine and in a build that is not optimised.
const TOO_LONG: Duration = Duration::from_secs(60);

/// One thing that takes inputs.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) check: Check,
}

impl Target {
    /// Tries the kept files, then inputs made of them.
    pub(crate) fn fuzz(&self) {
        let watch = Watch::new(self.name);
        let seeds = kept(self.name);
        assert!(!seeds.is_empty(), "tests/corpus/fuzz/{} has no files to begin with", self.name);
        for (path, bytes) in &seeds {
            watch.begin(bytes);
            if let Err(reason) = (self.check)(bytes) {
                panic!("{}: {reason}", path.display());
            }
        }
        let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|(_, bytes)| bytes).collect();
        let minutes = env::var("TOMBOLO_ROUNDS").ok().and_then(|text| text.parse().ok()).map(|n: u64| n * 60);
        let first = env::var("TOMBOLO_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(any_seed);
        println!("{}: seed {first}", self.name);
        let start = now();
        let mut rounds = 0_u64;
        loop {
            self.round(first.wrapping_add(rounds), &seeds, &watch);
            rounds += 1;
            if minutes.is_none_or(|seconds| start.elapsed() >= Duration::from_secs(seconds)) {
                break;
            }
        }
        println!("{}: {} inputs", self.name, rounds * u64::from(SHORT));
    }

    fn round(&self, seed: u64, seeds: &[Vec<u8>], watch: &Watch) {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { cases: SHORT, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let inputs = mutate::inputs(self.kind, seeds);
        let tried = runner.run(&inputs, |input| {
            watch.begin(&input);
            (self.check)(&input)
        });
        match tried {
            Ok(()) => {}
            Err(TestError::Abort(reason)) => panic!("{}, seed {seed}: {reason}", self.name),
            Err(TestError::Fail(reason, input)) => {
                let file = failed(self.name);
                fs::write(&file, &input).unwrap();
                let text = String::from_utf8_lossy(&input);
                panic!("{}, seed {seed}: {reason}\n{text}\nThe input is in {}", self.name, file.display());
            }
        }
    }
}

/// The kept files of a target, in an order of their own.
fn kept(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/fuzz").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn failed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"))
}

/// A seed that nobody chose.
fn any_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(())
}

#[expect(clippy::disallowed_methods, reason = "these tests run on the machine alone")]
fn now() -> Instant {
    Instant::now()
}

/// Ends the tests with the input at hand when an answer does not come: a hanging test would say nothing.
struct Watch {
    say: mpsc::Sender<Vec<u8>>,
    keep: Option<PathBuf>,
}

impl Watch {
    fn new(name: &'static str) -> Self {
        let (say, inputs) = mpsc::channel::<Vec<u8>>();
        thread::spawn(move || {
            let Ok(mut input) = inputs.recv() else { return };
            loop {
                match inputs.recv_timeout(TOO_LONG) {
                    Ok(next) => input = next,
                    Err(mpsc::RecvTimeoutError::Disconnected) => return,
                    Err(mpsc::RecvTimeoutError::Timeout) => {
                        let file = failed(name);
                        fs::write(&file, &input).unwrap();
                        eprintln!("{name}: no answer within {TOO_LONG:?} to the input in {}", file.display());
                        process::abort();
                    }
                }
            }
        });
        // An exhausted stack ends the process at once; in a long round the input is then on the disk.
        let keep = env::var_os("TOMBOLO_ROUNDS").map(|_| failed(name));
        Self { say, keep }
    }

    fn begin(&self, input: &[u8]) {
        if let Some(file) = &self.keep {
            fs::write(file, input).unwrap();
        }
        self.say.send(input.to_vec()).unwrap();
    }
}
