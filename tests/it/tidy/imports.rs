//! Who may import whom.

use super::rust::{code, words};
use super::{Source, assert_tidy, read};

/// What a module may reach of ours, and what it must never name.
struct Module {
    name: &'static str,
    ours: &'static [&'static str],
    never: &'static [&'static str],
}

const BROKER: &str = "lapin";
const DATABASE: [&str; 3] = ["tokio_postgres", "deadpool_postgres", "refinery"];

/// The table. A module that is not in it may be reached by the roles at the bottom alone.
const MODULES: &[Module] = &[
    Module {
        name: "domain",
        ours: &[],
        never: &[
            "tokio",
            "tokio_postgres",
            "deadpool_postgres",
            "refinery",
            "cqrs_es",
            "lapin",
            "axum",
            "tracing",
            "metrics",
            "rand",
            "SystemTime::now",
            "Instant::now",
        ],
    },
    Module {
        name: "statistics",
        ours: &[],
        never: &[
            "tokio",
            "tokio_postgres",
            "deadpool_postgres",
            "refinery",
            "cqrs_es",
            "lapin",
            "axum",
            "tracing",
            "metrics",
            "rand",
            "SystemTime::now",
            "Instant::now",
        ],
    },
    Module {
        name: "access",
        ours: &["domain", "config"],
        never: &["lapin", "axum"],
    },
    Module {
        name: "log",
        ours: &["config"],
        never: &["lapin", "axum", "cqrs_es"],
    },
    Module {
        name: "commands",
        ours: &["domain", "log", "config"],
        never: &["lapin", "axum"],
    },
    Module {
        name: "relay",
        ours: &["domain", "log", "commands", "config"],
        never: &["axum"],
    },
    Module {
        name: "notices",
        ours: &["domain", "log", "commands", "relay", "config"],
        never: &["axum", "lapin"],
    },
    Module {
        name: "lookups",
        ours: &["domain", "log", "access", "relay"],
        never: &["axum", "lapin"],
    },
    Module {
        name: "timers",
        ours: &["domain", "log", "commands", "config"],
        never: &["lapin", "axum"],
    },
    Module {
        name: "history",
        ours: &["domain", "log", "commands", "config"],
        never: &["lapin", "axum"],
    },
    Module {
        name: "sheet",
        ours: &["domain", "commands"],
        never: &["tokio_postgres", "lapin", "axum"],
    },
    Module {
        name: "simulate",
        ours: &["domain", "log", "commands", "config"],
        never: &["lapin", "axum"],
    },
    Module {
        name: "projections",
        ours: &["domain", "statistics", "log", "config"],
        never: &["lapin", "axum"],
    },
    Module {
        name: "charts",
        ours: &["statistics"],
        never: &["tokio", "lapin", "axum", "tokio_postgres"],
    },
    Module {
        name: "report",
        ours: &[
            "domain",
            "statistics",
            "charts",
            "projections",
            "log",
            "config",
        ],
        never: &["lapin", "axum", "tokio_postgres"],
    },
    Module {
        name: "api",
        ours: &[
            "commands",
            "charts",
            "report",
            "projections",
            "access",
            "lookups",
            "sheet",
            "notices",
            "statistics",
            "domain",
            "config",
        ],
        never: &["lapin", "tokio_postgres", "refinery"],
    },
    Module {
        name: "screens",
        ours: &[
            "api",
            "commands",
            "projections",
            "access",
            "statistics",
            "domain",
            "charts",
            "config",
            "drafts",
        ],
        never: &["lapin", "tokio_postgres", "refinery"],
    },
    Module {
        name: "drafts",
        ours: &["domain", "log"],
        never: &["axum", "lapin"],
    },
    Module {
        name: "config",
        ours: &[],
        never: &["axum", "lapin"],
    },
    Module {
        name: "telemetry",
        ours: &["config"],
        never: &["lapin", "tokio_postgres"],
    },
    Module {
        name: "shutdown",
        ours: &[],
        never: &["lapin", "tokio_postgres"],
    },
];

/// These put the parts together and may reach everything.
const ROLES: &[&str] = &["cli", "main", "lib"];

/// The only files that know the broker's client library.
const BROKER_FILES: &[&str] = &["src/relay/publisher.rs", "src/relay/intake.rs"];

/// The decision itself, inside a module that may do more.
const PURE_FILES: &[&str] = &["src/access/decide.rs"];

fn complaints(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        let name = module(&source.path);
        let code = code(&source.text);
        if code.split_whitespace().next().is_none() {
            continue;
        }
        if names(&code, BROKER)
            && !source.is_test()
            && !BROKER_FILES.contains(&source.path.as_str())
        {
            complaints.push(format!(
                "{}: only {BROKER_FILES:?} import {BROKER}",
                source.path
            ));
        }
        for library in DATABASE {
            if PURE_FILES.contains(&source.path.as_str()) && names(&code, library) {
                complaints.push(format!("{}: pure, but names {library}", source.path));
            }
        }
        if ROLES.contains(&name) {
            continue;
        }
        let Some(rules) = MODULES.iter().find(|module| module.name == name) else {
            complaints.push(format!(
                "{}: module {name} has no row in the import table",
                source.path
            ));
            continue;
        };
        for reached in reached_modules(&source.path, &code) {
            if reached != name && !rules.ours.contains(&reached.as_str()) && is_module(&reached) {
                complaints.push(format!("{}: {name} may not import {reached}", source.path));
            }
        }
        for never in rules.never {
            if names(&code, never) {
                complaints.push(format!("{}: {name} never names {never}", source.path));
            }
        }
    }
    complaints
}

fn is_module(name: &str) -> bool {
    MODULES.iter().any(|module| module.name == name) || ROLES.contains(&name)
}

/// `src/relay/publisher.rs` and `src/relay.rs` are `relay`.
fn module(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let first = inside.split('/').next().unwrap_or(inside);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// How many `super` lead from this file's module to the crate.
fn depth(path: &str) -> usize {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    inside
        .strip_suffix("/mod")
        .unwrap_or(inside)
        .split('/')
        .count()
}

/// Top-level modules reached by `crate::x`, `crate::{x, y::z}` or enough `super::`.
fn reached_modules(path: &str, code: &str) -> Vec<String> {
    let words = words(code);
    let mut reached = Vec::new();
    let mut supers = 0;
    for (index, (at, word)) in words.iter().enumerate() {
        let after = code[at + word.len()..].trim_start();
        let continues = after.strip_prefix("::").map(str::trim_start);
        supers = if *word == "super" { supers + 1 } else { 0 };
        let at_root = *word == "crate" || (supers > 0 && supers == depth(path));
        let Some(rest) = continues.filter(|_| at_root) else {
            continue;
        };
        if let Some(group) = rest.strip_prefix('{') {
            reached.extend(first_words(group));
        } else if let Some((_, next)) = words.get(index + 1) {
            reached.push((*next).to_owned());
        }
    }
    reached
}

/// The first word of each entry of `a, b::{c, d}, e}`.
fn first_words(group: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut entry = String::new();
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => found.push(std::mem::take(&mut entry)),
            other => {
                if depth == 0 {
                    entry.push(other);
                }
            }
        }
    }
    found.push(entry);
    let first = |entry: String| {
        entry
            .trim()
            .split("::")
            .next()
            .map(|word| word.trim().to_owned())
    };
    found
        .into_iter()
        .filter_map(first)
        .filter(|word| !word.is_empty())
        .collect()
}

/// Whether a path in the code begins or ends with that name: `lapin::…`, `use lapin`, `Instant::…`.
fn names(code: &str, name: &str) -> bool {
    if name.contains("::") {
        return code.replace(char::is_whitespace, "").contains(name);
    }
    words(code).iter().any(|(at, word)| {
        let before = code[..*at].trim_end();
        let after = code[at + word.len()..].trim_start();
        *word == name
            && (after.starts_with("::") || before.ends_with("use") || before.ends_with("::"))
    })
}

#[test]
fn modules_import_only_what_the_table_allows() {
    assert_tidy(&complaints(&read(&["src"])));
}

#[test]
fn a_forbidden_import_is_seen_however_it_is_written() {
    for (path, text) in [
        ("src/log/read.rs", "use crate::domain::ids::RequestId;"),
        ("src/log/read.rs", "fn f() -> crate::api::Problem {}"),
        (
            "src/log/read.rs",
            "use crate::{config, api::{self, problem}};",
        ),
        ("src/log/read.rs", "use super::super::relay::Message;"),
        ("src/log/mod.rs", "use super::relay::Message;"),
        ("src/domain/ids.rs", "use tokio::sync::Mutex;"),
        ("src/domain/ids.rs", "fn f() { std::time::Instant::now(); }"),
        ("src/api/queue.rs", "use crate::log::Log;"),
        ("src/api/queue.rs", "use tokio_postgres::Client;"),
        ("src/relay/message.rs", "use lapin::Channel;"),
        ("src/cli/serve.rs", "fn f(c: lapin::Channel) {}"),
        ("src/access/decide.rs", "use tokio_postgres::Client;"),
        ("src/reports/mod.rs", "fn f() {}"),
    ] {
        assert!(
            !complaints(&[Source::new(path, text)]).is_empty(),
            "{path}: {text}"
        );
    }
}

#[test]
fn an_allowed_import_is_let_through() {
    for (path, text) in [
        (
            "src/log/read.rs",
            "use super::event::Recorded; // crate::api",
        ),
        (
            "src/commands/execute.rs",
            "use crate::{domain::request, log::Log};",
        ),
        ("src/relay/publisher.rs", "use lapin::Channel;"),
        (
            "src/domain/time/clock.rs",
            "use crate::domain::ids; use super::super::log;",
        ),
        ("src/cli/serve.rs", "use crate::api;"),
    ] {
        assert_eq!(
            complaints(&[Source::new(path, text)]),
            [""; 0],
            "{path}: {text}"
        );
    }
}
