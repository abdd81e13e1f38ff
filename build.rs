//! A migration that is added is built in, though no source names it; and what the screens are drawn
//! with has to be there before it can be embedded.

use std::path::Path;

/// Made by `scripts/assets.sh`; `src/screens/assets.rs` embeds them.
const ASSETS: [&str; 2] = ["var/assets/design-system.css", "var/assets/htmx.js"];

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    for asset in ASSETS {
        println!("cargo::rerun-if-changed={asset}");
        if !Path::new(asset).is_file() {
            println!(
                "cargo::error={asset} is missing: run scripts/assets.sh (it needs Node 18 or newer with npm, once)"
            );
        }
    }
}
