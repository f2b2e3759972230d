//! The program `tombolo`: reads its command line and leaves the rest to the library.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    tombolo_server::main()
}
