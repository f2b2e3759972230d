//! The store worker's program; everything is in the library, so that tests can drive it.

fn main() {
    tombolo_store_worker::start();
}
