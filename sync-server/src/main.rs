//! The program `tombolo`: reads its command line and leaves the rest to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tombolo_server::main()
}
