//! The steps of `cargo xtask test`, in order.
//!
//! All native tests are built with `--workspace`, whatever part of them a step runs: another selection of packages would
//! unite other features and compile the dependencies again.

use super::{Failures, Tally};
use crate::{command, data, needs, places, site};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// The packages that run in a browser.
const BROWSER_PACKAGES: [&str; 4] =
    ["tombolo-app", "tombolo-store-worker", "tombolo-run-worker", "tombolo-script-worker"];
/// Of those, the ones with tests that need a browser.
const END_TO_END: &str = "tombolo-tests";
const TARGET: &str = "wasm32-unknown-unknown";

const PAGE: &str = "Page";
const SERVER: &str = "Server program";
const DATA: &str = "Real data";
const BROWSER: &str = "Browser";
const WASM: &str = "Compiler for the browser";

/// One step.
pub(crate) struct Step {
    /// What the log calls it.
    pub(crate) title: String,
    /// The titles of the steps without which this one makes no sense.
    pub(crate) needs: Vec<&'static str>,
    work: Work,
}

enum Work {
    /// Succeeds or fails as a whole.
    Command(Vec<String>),
    /// The same, and what comes after is built by the linter too if this went well. Otherwise nothing would compile, and
    /// no test could say anything.
    LintedBuild(Vec<String>),
    /// Reports its tests one by one.
    Tests {
        arguments: Vec<String>,
        wasm: bool,
        browser: bool,
    },
    Editor,
    Page,
    Data,
    Browser,
    Wasm,
}

impl Step {
    fn new(title: &str, work: Work) -> Self {
        Self { title: title.to_owned(), needs: Vec::new(), work }
    }

    fn after(mut self, needs: &[&'static str]) -> Self {
        self.needs = needs.to_vec();
        self
    }

    /// Every step, in order.
    ///
    /// # Errors
    ///
    /// When cargo cannot say what the workspace holds.
    pub(crate) fn all() -> Result<Vec<Self>> {
        let targets = Targets::read()?;
        let page_tests = wasm_arguments(&targets.wasm);
        let mut steps = Self::linted_builds(&page_tests);
        steps.push(Self::unit());
        steps.push(Self::new("Tests of the code editor", Work::Editor));
        steps.push(Self::new("Tests of the crates and the server", native(&targets.others, false)));
        steps.push(Self::new(BROWSER, Work::Browser));
        steps.push(
            Self::new(
                "Tests of the page in a browser",
                Work::Tests { arguments: page_tests, wasm: true, browser: false },
            )
            .after(&[WASM, BROWSER]),
        );
        steps.push(Self::new(PAGE, Work::Page).after(&[WASM]));
        // As its HTTP tests have it: built for itself, its dependencies would have other features and be compiled again.
        steps.push(Self::new(SERVER, Work::Command(words("test --workspace --no-run --test http"))));
        steps.push(Self::new(DATA, Work::Data));
        // One step a file: the log then says which one took long, and the browsers of two files never compete.
        for target in &targets.end_to_end {
            let title = format!("End to end: {}", target.replace('_', " "));
            let step = Self::new(&title, native(std::slice::from_ref(target), true));
            steps.push(step.after(&[BROWSER, PAGE, SERVER, DATA]));
        }
        Ok(steps)
    }

    /// Formatting, and the builds of all that is tested, made by the linter: a check of its own would go through every
    /// dependency a second time, for each of the two targets.
    fn linted_builds(page_tests: &[String]) -> Vec<Self> {
        let mut page = page_tests.to_vec();
        page.push("--no-run".to_owned());
        vec![
            Self::new("Formatting", Work::Command(words("fmt --all --check"))),
            Self::new("Lints", Work::LintedBuild(words("test --workspace --no-run"))),
            Self::new(WASM, Work::Wasm),
            Self::new("Lints of the page", Work::LintedBuild(page)).after(&[WASM]),
        ]
    }

    /// Formatting and lints.
    pub(crate) fn lints() -> Vec<Self> {
        let mut wasm = words("clippy --all-targets --target");
        wasm.push(TARGET.to_owned());
        for package in BROWSER_PACKAGES {
            wasm.extend(["-p".to_owned(), package.to_owned()]);
        }
        wasm.extend(words("-- -D warnings"));
        vec![
            Self::new("Formatting", Work::Command(words("fmt --all --check"))),
            Self::new("Lints", Work::Command(words("clippy --workspace --all-targets -- -D warnings"))),
            Self::new(WASM, Work::Wasm),
            Self::new("Lints of the page", Work::Command(wasm)).after(&[WASM]),
        ]
    }

    /// The tests inside the source files.
    pub(crate) fn unit() -> Self {
        let arguments = words("test --workspace --lib --bins --no-fail-fast");
        Self::new("Unit tests", Work::Tests { arguments, wasm: false, browser: false })
    }

    /// Does the work, counts what came of it and hands over what is said of failed tests.
    ///
    /// # Errors
    ///
    /// When a tool cannot be started.
    pub(crate) fn run(&self, failures: &mut Failures) -> Result<Tally> {
        match &self.work {
            Work::Command(arguments) => Ok(Tally::one(command::run(&mut command::cargo(arguments)).is_ok())),
            Work::LintedBuild(arguments) => {
                let linter = command::linter()?;
                let built = command::run(command::lint(&mut command::cargo(arguments), &linter)).is_ok();
                command::lint_builds(built.then_some(linter));
                Ok(Tally::one(built))
            }
            Work::Editor => editor().map(|()| Tally::one(true)),
            Work::Page => site::build(site::Profile::Dev).map(|_| Tally::one(true)),
            Work::Data => data::install().map(|_| Tally::one(true)),
            Work::Browser => needs::browser().map(|_| Tally::one(true)),
            Work::Wasm => needs::wasm_target().map(|()| Tally::one(true)),
            Work::Tests { arguments, wasm, browser } => tests(arguments, *wasm, *browser, failures),
        }
    }
}

/// Runs the tests of what the code editor does with the texts of several people. They need Node and no browser.
fn editor() -> Result<()> {
    needs::node()?;
    let folder = places::editor();
    site::install(&folder)?;
    command::run(Command::new("node").args(["--test", "test/"]).current_dir(&folder))
}

fn tests(arguments: &[String], wasm: bool, browser: bool, failures: &mut Failures) -> Result<Tally> {
    let mut cargo = command::cargo(arguments);
    if wasm {
        needs::wasm_target()?;
        let runner = places::program().context("where is this program?")?;
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", format!("{} wasm-test-runner", runner.display()));
        cargo.env("CHROMEDRIVER", needs::browser()?.driver);
        // Of one file; 20 s, the usual, are too short for 500 damaged bytes on a busy machine.
        cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    }
    if browser {
        browser_environment(&mut cargo)?;
    }
    // A failing end-to-end test says what was on the screen; forty frames of the test program would hide it.
    cargo.env("RUST_BACKTRACE", "0");
    let mut tally = Tally::default();
    let good = command::watch(&mut cargo, |line| {
        tally.read(line);
        failures.read(line);
    })?;
    if !good && tally.failed == 0 {
        // It did not compile, or a test program died before it could report.
        tally.failed += 1;
    }
    Ok(tally)
}

/// Tells end-to-end tests where the page, the server, the data and the browser are.
///
/// # Errors
///
/// When there is no browser or no data.
pub(crate) fn browser_environment(command: &mut Command) -> Result<()> {
    let browser = needs::browser()?;
    command
        .env("TOMBOLO_SITE", places::site())
        .env("TOMBOLO_SERVER", places::server())
        .env("TOMBOLO_DATA", data::install()?)
        .env("CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver);
    Ok(())
}

/// Builds what end-to-end tests need.
///
/// # Errors
///
/// When something does not build.
pub(crate) fn prepare() -> Result<()> {
    needs::browser()?;
    data::install()?;
    site::build(site::Profile::Dev)?;
    command::run(&mut command::cargo(["build", "-p", "tombolo-server"]))
}

fn native(targets: &[String], browser: bool) -> Work {
    let mut arguments = words("test --workspace --no-fail-fast");
    for target in targets {
        arguments.extend(["--test".to_owned(), target.clone()]);
    }
    if browser {
        // Two browsers at once are what two cores can drive without missing their deadlines.
        arguments.extend(words("-- --test-threads=1"));
    }
    Work::Tests { arguments, wasm: false, browser }
}

fn wasm_arguments(targets: &[(String, String)]) -> Vec<String> {
    let mut arguments = words("test --no-fail-fast --target");
    arguments.push(TARGET.to_owned());
    // All of them, as the page is built: what they have in common is then compiled once.
    for package in BROWSER_PACKAGES {
        arguments.extend(["-p".to_owned(), package.to_owned()]);
    }
    for (_, target) in targets {
        arguments.extend(["--test".to_owned(), target.clone()]);
    }
    arguments
}

/// The names of the test files, by what they need.
#[derive(Default)]
struct Targets {
    others: Vec<String>,
    wasm: Vec<(String, String)>,
    end_to_end: Vec<String>,
}

impl Targets {
    fn read() -> Result<Self> {
        let output = command::cargo(["metadata", "--no-deps", "--format-version=1"]).output()?;
        if !output.status.success() {
            bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
        }
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let mut found = Self::default();
        for package in metadata["packages"].as_array().into_iter().flatten() {
            let owner = package["name"].as_str().unwrap_or_default();
            for target in package["targets"].as_array().into_iter().flatten() {
                if target["kind"][0] == "test" {
                    found.add(owner, target["name"].as_str().unwrap_or_default().to_owned());
                }
            }
        }
        found.others.sort_unstable();
        found.others.dedup();
        // cargo finds tests by the name of their file alone, and would run those of both.
        if let Some(name) = found.end_to_end.iter().find(|name| found.others.contains(name)) {
            bail!("a crate and the end-to-end tests both have a test file called {name}: rename that of the crate");
        }
        Ok(found)
    }

    fn add(&mut self, owner: &str, target: String) {
        if BROWSER_PACKAGES.contains(&owner) {
            self.wasm.push((owner.to_owned(), target));
        } else if owner == END_TO_END {
            self.end_to_end.push(target);
        } else {
            self.others.push(target);
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}
