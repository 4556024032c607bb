//! The binary decides nothing: it hands its arguments to the library and turns the outcome into an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    gptos::cli::run(std::env::args_os().skip(1).collect()).into()
}
