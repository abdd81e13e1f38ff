//! How long a hundred workflows take to be read, asked by every rule and made ready. Needs no
//! server; `make bench` runs it. The last figures are in README.md beside it.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends at the first surprise"
)]

use rfa::commands::read_folder;
use rfa::domain::ids::Authority;
use std::path::{Path, PathBuf};
use std::time::Instant;

const WORKFLOWS: usize = 100;
const ROUNDS: usize = 3;
const AIM_S: f64 = 1.0;

fn main() {
    let folder = std::env::temp_dir().join(format!("rfa-bench-workflows-{}", std::process::id()));
    write(&folder);
    let authority = Authority::parse("south-ayrshire").unwrap();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let declared = read_folder(&folder, &authority).unwrap();
        times.push(started.elapsed().as_secs_f64());
        assert!(declared.len() > WORKFLOWS);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    times.sort_by(f64::total_cmp);
    let rounds: Vec<String> = times.iter().map(|s| format!("{s:.3}")).collect();
    println!(
        "lint and load of {WORKFLOWS} workflows        {} s (aim: under {AIM_S} s)",
        rounds.join(", ")
    );
}

/// The shipped workflow under other names, with the shipped files beside it.
fn write(folder: &Path) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    for part in ["calendars", "organisation/south-ayrshire"] {
        copy(&shipped.join(part), &folder.join(part));
    }
    let organisation = "organisation/south-ayrshire.yaml";
    let text = std::fs::read_to_string(shipped.join(organisation)).unwrap();
    let every = text.replace("workflows: [request-for-assistance]\n", "");
    std::fs::write(folder.join(organisation), every).unwrap();
    let text = std::fs::read_to_string(shipped.join("request-for-assistance/v1.yaml")).unwrap();
    for i in 0..WORKFLOWS {
        let name = format!("request-for-assistance-{i}");
        let old = "\nworkflow: request-for-assistance\n";
        let text = text.replace(old, &format!("\nworkflow: {name}\n"));
        let folder = folder.join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("v1.yaml"), text).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}
