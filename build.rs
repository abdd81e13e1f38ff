//! A migration that is added is built in, though no source names it.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
