//! The long tests in full.
//!
//! Each is an ordinary test that reads `TOMBOLO_ROUNDS`: the short round is what continuous integration runs, the full
//! one takes minutes to hours. What a round is, the test says: for `fuzz` a minute of each target, for `big-files` and
//! `backup` a megabyte. `tests/torture.md` records what came of them.

use crate::{command, say, test};
use anyhow::{Result, bail};

/// A long test: its name here, where cargo finds it, how often it goes round, and what that means.
struct Torture {
    name: &'static str,
    test: &'static str,
    rounds: u32,
    full: &'static str,
    browser: bool,
}

const ALL: [Torture; 17] = [
    Torture {
        name: "simulator",
        test: "-p tombolo-sync --lib five_hundred_worlds",
        rounds: 10_000,
        full: "10,000 seeds of a network that loses, doubles, reorders, parts and crashes",
        browser: false,
    },
    Torture {
        name: "hostile-pushes",
        test: "-p tombolo-sync --test gate nothing_that_is_pushed_by_those",
        rounds: 100_000,
        full: "100,000 pushes of members who may not change, and of those who are none any more",
        browser: false,
    },
    Torture {
        name: "hostile-sockets",
        test: "-p tombolo-server --test http hostile_sync::",
        rounds: 100_000,
        full: "100,000 of those over real sockets, replayed, relayed, spoofed and damaged ones",
        browser: false,
    },
    Torture {
        name: "full-disk",
        test: "-p tombolo-server --test http full_disk::",
        rounds: 30,
        full: "the server's disk full at 30 points",
        browser: false,
    },
    Torture {
        name: "old-data",
        test: "-p tombolo-server --test http old_data::",
        rounds: 50,
        full: "the data of each release opened, and the server killed 50 times while it brings them up to date",
        browser: false,
    },
    Torture {
        name: "webhooks",
        test: "-p tombolo-server --test http webhooks::kills::",
        rounds: 20,
        full: "the server killed 20 times while four senders send to a listener",
        browser: false,
    },
    Torture {
        name: "same-time",
        test: "--release -p tombolo-server --lib auth::same::",
        rounds: 1_000_000,
        full: "a million comparisons of secrets timed: t below 10",
        browser: false,
    },
    Torture {
        name: "injection",
        test: "-p tombolo-tests --test axe injection::",
        rounds: 1_000,
        full: "each payload in each field of each kind, on every screen and in every editor",
        browser: true,
    },
    Torture {
        name: "backup",
        test: "-p tombolo-server --test http backup_load::",
        rounds: 1_000,
        full: "a gigabyte backed up under load and restored",
        browser: false,
    },
    Torture {
        name: "server-kills",
        test: "-p tombolo-server --test http kill::",
        rounds: 200,
        full: "the server killed 200 times under 10 writers",
        browser: false,
    },
    Torture {
        name: "browser-kills",
        test: "-p tombolo-tests --test sigkill",
        rounds: 100,
        full: "Chromium killed 100 times while somebody types",
        browser: true,
    },
    Torture {
        name: "tabs",
        test: "-p tombolo-tests --test tabs",
        rounds: 50,
        full: "five tabs closed at random, leaders killed during a push, old tabs during an upgrade, 50 rounds each",
        browser: true,
    },
    Torture {
        name: "typing",
        test: "-p tombolo-tests --test typing",
        rounds: 10,
        full: "two people type 10,000 characters into one script, 10 rounds",
        browser: true,
    },
    Torture {
        name: "quota",
        test: "-p tombolo-tests --test quota",
        rounds: 10,
        full: "1, 2 and 5 MB filled until nothing goes in, 10 rounds",
        browser: true,
    },
    Torture {
        name: "damage",
        test: "-p tombolo-tests --test damage",
        rounds: 100,
        full: "500 random bytes of stored pieces damaged, 5 documents in each of 100 rounds",
        browser: true,
    },
    Torture {
        name: "fuzz",
        test: "-p tombolo-engine --test fuzz",
        rounds: 10,
        full: "every parser and every kind of rule on made input, 10 minutes each",
        browser: false,
    },
    Torture {
        name: "big-files",
        test: "--release -p tombolo-server --test big_file",
        rounds: 1_000,
        full: "a CSV file of 1 GB, plain and as gzip, through a run that may have 256 MiB",
        browser: false,
    },
];

/// Runs the named test in full, or in so many rounds, or lists what there is.
///
/// # Errors
///
/// When the name is unknown or something cannot be built.
pub(crate) fn torture(name: Option<&str>, rounds: Option<u32>) -> Result<bool> {
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
    let mut cargo = command::cargo(["test"]);
    cargo.args(torture.test.split(' ')).args(["--", "--nocapture", "--test-threads=1"]);
    if torture.browser {
        test::prepare()?;
        test::browser_environment(&mut cargo)?;
    }
    cargo.env("TOMBOLO_ROUNDS", rounds.unwrap_or(torture.rounds).to_string());
    if torture.name == "fuzz" {
        // A little optimised, overflows are still noticed and there is time for ten times as many inputs.
        cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    }
    let mut tally = test::Tally::default();
    let good = command::watch(&mut cargo, |line| tally.read(line))?;
    say::line(&tally.to_string());
    Ok(good && tally.failed == 0)
}
