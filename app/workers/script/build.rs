//! How much stack and memory scripts have in a browser.

/// The interpreter's parser goes as deep as a script is nested.
const STACK: u32 = 8 * 1024 * 1024;
/// As much as the process of scripts has on a machine.
const MEMORY: u32 = 256 * 1024 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-bins=-zstack-size={STACK}");
        println!("cargo::rustc-link-arg-bins=--max-memory={MEMORY}");
    }
}
