//! The script worker's program; everything is in the library.

fn main() {
    tombolo_script_worker::start();
}
