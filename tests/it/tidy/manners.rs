//! What no lint sees: loose ends, sleeping tests, traces of the machine that a line was written on.

use super::rust::{code, words};
use super::{Source, all_written, assert_tidy, checkout};

/// Tests that wait by the clock, each with its reason.
const SLEEPERS: &[(&str, &str)] = &[(
    "tests/it/support/wait.rs",
    "asks another process again until a deadline; the only place that may",
)];

/// Marks of work that was left; an issue is the place for it.
const LOOSE_ENDS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("HA", "CK"),
];

/// Folders of somebody's own machine.
const MACHINE_PATHS: &[&str] = &["/root/", "/home/", "/Users/", "/work/"];

fn loose_ends(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for (_, word) in words(&source.text) {
            if LOOSE_ENDS.contains(&word) {
                complaints.push(format!("{}: {word}", source.path));
            }
        }
    }
    complaints
}

fn silenced_lints(sources: &[Source]) -> Vec<String> {
    let silences = |source: &&Source| {
        let code = code(&source.text).replace(char::is_whitespace, "");
        code.contains("#[allow(") || code.contains("#![allow(")
    };
    let rust = sources.iter().filter(|source| source.is_rust());
    let silenced = rust.filter(silences);
    silenced
        .map(|source| {
            format!(
                "{}: expect a lint with a reason, do not allow it",
                source.path
            )
        })
        .collect()
}

fn sleeping_tests(sources: &[Source]) -> Vec<String> {
    let asleep = |source: &&Source| {
        let may = SLEEPERS.iter().any(|(path, _)| *path == source.path);
        source.is_rust()
            && !may
            && words(&test_code(source))
                .iter()
                .any(|(_, word)| word.starts_with("sleep"))
    };
    let asleep = sources.iter().filter(asleep);
    asleep
        .map(|source| {
            format!(
                "{}: a test sleeps; wait for an outcome instead",
                source.path
            )
        })
        .collect()
}

/// All of a test file; of another from its first test module on.
fn test_code(source: &Source) -> String {
    let code = code(&source.text);
    if source.is_test() {
        return code;
    }
    code.find("#[cfg(test)]")
        .map_or(String::new(), |at| code[at..].to_owned())
}

fn prefixed_tests(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        let code = code(&source.text);
        for pair in words(&code).windows(2) {
            if pair[0].1 == "fn" && pair[1].1.starts_with("test_") {
                complaints.push(format!(
                    "{}: {}: a test is a sentence without a prefix",
                    source.path, pair[1].1
                ));
            }
        }
    }
    complaints
}

fn machine_paths(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        for path in MACHINE_PATHS {
            if begins_somewhere(&source.text, path) {
                complaints.push(format!("{}: {path} is on one machine only", source.path));
            }
        }
    }
    complaints
}

/// Whether `path` stands there as the beginning of a path, not inside of a longer one.
fn begins_somewhere(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_-./}".contains(c))
    })
}

/// All but the file that has to name what it forbids.
fn written_elsewhere() -> Vec<Source> {
    let mut sources = all_written();
    sources.retain(|source| source.path != "tests/it/tidy/manners.rs");
    sources
}

#[test]
fn nothing_is_left_lying_about() {
    let sources = written_elsewhere();
    assert_tidy(&loose_ends(&sources));
    assert_tidy(&silenced_lints(&sources));
    assert_tidy(&machine_paths(&sources));
}

#[test]
fn tests_are_sentences_and_stay_awake() {
    let sources = written_elsewhere();
    assert_tidy(&sleeping_tests(&sources));
    assert_tidy(&prefixed_tests(&sources));
}

#[test]
fn bad_manners_are_seen() {
    let of = |path: &str, text: &str| [Source::new(path, text)];
    assert_eq!(
        loose_ends(&of("README.md", &format!("a {} here", LOOSE_ENDS[0]))).len(),
        1
    );
    assert_eq!(loose_ends(&of("README.md", "todos")).len(), 0);
    assert_eq!(
        silenced_lints(&of("src/a.rs", "#[allow(\n dead_code)]")).len(),
        1
    );
    assert_eq!(
        silenced_lints(&of("src/a.rs", "#![allow(dead_code)]")).len(),
        1
    );
    assert_eq!(
        silenced_lints(&of(
            "src/a.rs",
            "// #[allow(x)]\n#[expect(x, reason = \"\")]"
        ))
        .len(),
        0
    );
    assert_eq!(
        sleeping_tests(&of("tests/it/a.rs", "tokio::time::sleep(d)")).len(),
        1
    );
    assert_eq!(
        sleeping_tests(&of(
            "src/a.rs",
            "#[cfg(test)]\nmod tests { fn f() { sleep(d) } }"
        ))
        .len(),
        1
    );
    assert_eq!(
        sleeping_tests(&of(
            "src/a.rs",
            "fn f() { sleep(d) }\n#[cfg(test)]\nmod tests {}"
        ))
        .len(),
        0
    );
    assert_eq!(
        prefixed_tests(&of("tests/it/a.rs", "fn test_it() {}")).len(),
        1
    );
    assert_eq!(machine_paths(&of("README.md", "cd /root/rfa")).len(), 1);
    assert_eq!(machine_paths(&of("README.md", "$here/home/x")).len(), 0);
}

/// The compose file cannot run everywhere; that it is well formed and stays on loopback can be seen.
fn compose_faults(text: &str) -> Vec<String> {
    let compose: serde_json::Value = match serde_saphyr::from_str(text) {
        Ok(compose) => compose,
        Err(error) => return vec![format!("docker-compose.yml: {error}")],
    };
    let mut faults = Vec::new();
    for (service, image) in [
        ("postgres", "postgres:17"),
        ("rabbitmq", "rabbitmq:4-management"),
    ] {
        let described = &compose["services"][service];
        if described["image"] != image {
            faults.push(format!("{service}: wanted image {image}"));
        }
        if !described["healthcheck"]["test"].is_array() {
            faults.push(format!("{service}: no health check"));
        }
        let ports: Vec<_> = described["ports"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let loopback = |port: &&serde_json::Value| {
            port.as_str()
                .is_some_and(|port| port.starts_with("127.0.0.1:"))
        };
        if ports.is_empty() || !ports.iter().all(loopback) {
            faults.push(format!("{service}: ports must be on loopback"));
        }
    }
    faults
}

#[test]
fn the_compose_file_is_well_formed_and_stays_on_loopback() {
    let file = checkout().join("docker-compose.yml");
    let text = std::fs::read_to_string(&file).expect("docker-compose.yml");
    assert_tidy(&compose_faults(&text));
    let mut docker = std::process::Command::new("docker");
    if docker
        .args(["compose", "version"])
        .output()
        .is_ok_and(|known| known.status.success())
    {
        let mut config = std::process::Command::new("docker");
        let checked = config
            .args(["compose", "-f"])
            .arg(&file)
            .args(["config", "--quiet"])
            .output();
        let checked = checked.expect("docker compose config");
        assert!(
            checked.status.success(),
            "{}",
            String::from_utf8_lossy(&checked.stderr)
        );
    }
}

#[test]
fn a_bad_compose_file_is_seen() {
    assert!(!compose_faults("services: [").is_empty());
    assert!(
        !compose_faults("services: { postgres: { image: 'postgres:17', ports: ['5432:5432'] } }")
            .is_empty()
    );
}
