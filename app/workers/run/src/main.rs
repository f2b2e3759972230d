//! The run worker's program; everything is in the library.

fn main() {
    tombolo_run_worker::start();
}
