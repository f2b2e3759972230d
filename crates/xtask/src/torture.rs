//! The long tests in full.
//!
//! Each is an ordinary test that reads `TOMBOLO_TORTURE`: the short round is what continuous integration runs, the full
//! one takes minutes to hours. `tests/torture.md` records what came of them.

use crate::{command, say, test};
use anyhow::{Result, bail};

/// A long test: its name here, the package and test target it lives in, the filter, and what the full round does.
struct Torture {
    name: &'static str,
    package: &'static str,
    target: &'static str,
    filter: &'static str,
    full: &'static str,
    browser: bool,
}

const ALL: [Torture; 5] = [
    Torture {
        name: "simulator",
        package: "tombolo-sync",
        target: "simulator",
        filter: "",
        full: "10,000 seeds of a network that loses, doubles, reorders, parts and crashes",
        browser: false,
    },
    Torture {
        name: "server-kills",
        package: "tombolo-server",
        target: "kill",
        filter: "",
        full: "the server killed 200 times under 10 writers",
        browser: false,
    },
    Torture {
        name: "browser-kills",
        package: "tombolo-tests",
        target: "sigkill",
        filter: "",
        full: "Chromium killed 100 times while somebody types",
        browser: true,
    },
    Torture {
        name: "tabs",
        package: "tombolo-tests",
        target: "tabs",
        filter: "",
        full: "five tabs closed at random, 50 rounds",
        browser: true,
    },
    Torture {
        name: "typing",
        package: "tombolo-tests",
        target: "typing",
        filter: "",
        full: "two people type 10,000 characters into one script, 10 rounds",
        browser: true,
    },
];

/// Runs the named test in full, or lists what there is.
///
/// # Errors
///
/// When the name is unknown or something cannot be built.
pub(crate) fn torture(name: Option<&str>) -> Result<bool> {
    let Some(name) = name else {
        for torture in &ALL {
            say::line(&format!("{:14} {}", torture.name, torture.full));
        }
        return Ok(true);
    };
    let Some(torture) = ALL.iter().find(|torture| torture.name == name) else {
        let names: Vec<_> = ALL.iter().map(|torture| torture.name).collect();
        bail!("no torture is called \"{name}\"; there are {}", names.join(", "));
    };
    say::title(torture.full);
    let mut cargo = command::cargo(["test", "-p", torture.package, "--test", torture.target, "--"]);
    cargo.args(["--nocapture", "--test-threads=1"]).args(Some(torture.filter).filter(|text| !text.is_empty()));
    if torture.browser {
        test::prepare()?;
        test::browser_environment(&mut cargo)?;
    }
    cargo.env("TOMBOLO_TORTURE", "full");
    let mut tally = test::Tally::default();
    let good = command::watch(&mut cargo, |line| tally.read(line))?;
    say::line(&tally.to_string());
    Ok(good && tally.failed == 0)
}
