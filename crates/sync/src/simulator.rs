//! Seeded worlds: real clients, peers, gate and documents over a simulated network, clock and disks.
//!
//! Everything that goes wrong comes from the seed, so a failure is replayed by its number: connections break and
//! stall, messages get lost or come twice, what a dead connection still carried overtakes the next one, devices and the
//! server crash and lose what was not yet on disk, the server is restored from an older backup, people lose rights and
//! get them back, or do not. Then the world heals, and what must hold is checked.
//!
//! Never sleeps and reads no clock: a run takes as long as its work.

mod acts;
mod check;
mod device;
mod disk;
mod network;
mod server;
mod store;
mod world;

pub use check::Failure;
pub use world::Report;

use world::World;

/// Runs one world to its end.
///
/// # Errors
///
/// Returns the seed and the first thing that does not hold.
pub fn run(seed: u64) -> Result<Report, Failure> {
    World::new(seed).run()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREADS: u64 = 2;

    #[test]
    fn five_hundred_worlds_heal_into_one() {
        // `cargo xtask torture simulator` runs 10,000.
        let count: u64 = std::env::var("TOMBOLO_ROUNDS").map_or(500, |text| text.parse().unwrap());
        let share = |thread: u64| {
            let seeds = (0..count).filter(move |seed| seed % THREADS == thread);
            seeds.map(|seed| (seed, run(seed))).collect::<Vec<_>>()
        };
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || share(thread))).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let mut total = Report::default();
        let mut failures = Vec::new();
        for (seed, result) in results {
            match result {
                Ok(report) => total.add(&report),
                Err(failure) => failures.push(format!("seed {seed}: {failure}")),
            }
        }
        println!("{count} seeds: {total:?}");
        assert!(failures.is_empty(), "{} of {count} failed:\n{}", failures.len(), failures.join("\n"));
        assert!(total.refused > 100 && total.restores > 50 && total.crashes > 500, "{total:?}");
    }

    #[test]
    fn a_seed_gives_the_same_world_twice() {
        let (one, two) = (run(7).unwrap(), run(7).unwrap());
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
    }
}
