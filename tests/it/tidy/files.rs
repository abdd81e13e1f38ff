//! No file that nothing uses, no file where none belongs.

use std::collections::BTreeMap;

use super::rust::{code, words};
use super::{Source, assert_tidy, checkout, read};

/// What may stand at the top of the checkout.
const TOP_LEVEL: &[&str] = &[
    ".ci",
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    // Cargo looks for it here.
    "build.rs",
    "Dockerfile",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "README.md",
    "benches",
    "clippy.toml",
    "deny.toml",
    "docker-compose.yml",
    "docs",
    "migrations",
    "scripts",
    "src",
    "tests",
    "web",
    "workflows",
];

/// Neither committed nor ours to judge.
const NOT_COMMITTED: &[&str] = &[".git", "target", "var"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "manager", "service", "types", "misc",
];

/// Where the compiler begins to read.
const ROOTS: &[&str] = &["src/lib.rs", "src/main.rs", "tests/it/main.rs"];

fn misplaced(entries: &[String]) -> Vec<String> {
    let known = |name: &str| TOP_LEVEL.contains(&name) || NOT_COMMITTED.contains(&name);
    let unknown = entries.iter().filter(|name| !known(name));
    unknown
        .map(|name| format!("{name}: does not belong at the top level"))
        .collect()
}

fn badly_named(sources: &[Source]) -> Vec<String> {
    let bad = |source: &&Source| {
        let stems = source
            .path
            .split('/')
            .map(|part| part.split('.').next().unwrap_or(part));
        source.is_rust() && stems.into_iter().any(|stem| EMPTY_NAMES.contains(&stem))
    };
    let bad = sources.iter().filter(bad);
    bad.map(|source| format!("{}: named for nothing in particular", source.path))
        .collect()
}

/// Rust files that no `mod` reaches from a root.
fn unreached(sources: &[Source], roots: &[&str]) -> Vec<String> {
    let by_path: BTreeMap<&str, &Source> = sources
        .iter()
        .map(|source| (source.path.as_str(), source))
        .collect();
    let mut reached = Vec::new();
    let mut open: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
    while let Some(path) = open.pop() {
        let Some(source) = by_path.get(path.as_str()) else {
            continue;
        };
        let folder = module_folder(&path);
        for name in declared_modules(&code(&source.text)) {
            open.push(format!("{folder}/{name}.rs"));
            open.push(format!("{folder}/{name}/mod.rs"));
        }
        reached.push(path);
    }
    let dead = sources
        .iter()
        .filter(|source| source.is_rust() && !reached.contains(&source.path));
    dead.map(|source| format!("{}: no mod declares it", source.path))
        .collect()
}

/// Where the modules that a file declares lie.
fn module_folder(path: &str) -> String {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    match file.strip_suffix(".rs").unwrap_or(file) {
        "mod" | "lib" | "main" => folder.to_owned(),
        stem => format!("{folder}/{stem}"),
    }
}

fn declared_modules(code: &str) -> Vec<&str> {
    let words = words(code);
    let pairs = words.windows(2).filter(|pair| pair[0].1 == "mod");
    pairs
        .filter(|pair| {
            code[pair[1].0 + pair[1].1.len()..]
                .trim_start()
                .starts_with(';')
        })
        .map(|pair| pair[1].1)
        .collect()
}

/// Statements that are not included exactly once, and migrations in a folder that nobody embeds.
fn stray_sql(sources: &[Source]) -> Vec<String> {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    let mut embedded = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        let folder = source
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        for included in arguments(&source.text, "include_str!(") {
            *uses.entry(resolved(folder, included)).or_default() += 1;
        }
        embedded.extend(arguments(&source.text, "embed_migrations!("));
    }
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.has_extension("sql")) {
        let folder = source
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        let count = uses.get(&source.path).copied().unwrap_or(0);
        if count != 1 && !embedded.contains(&folder) {
            complaints.push(format!(
                "{}: included {count} times, wanted once",
                source.path
            ));
        }
    }
    complaints
}

/// The text literals that directly follow an opening.
fn arguments<'a>(text: &'a str, opening: &str) -> Vec<&'a str> {
    let literal = |rest: &'a str| rest.trim_start().strip_prefix('"')?.split('"').next();
    text.split(opening).skip(1).filter_map(literal).collect()
}

/// `folder` and a relative path as one, `..` taken out.
fn resolved(folder: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in relative.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[test]
fn every_file_is_used_and_named_for_what_it_holds() {
    let sources = read(&["src", "tests", "benches", "migrations"]);
    assert_tidy(&badly_named(&sources));
    assert_tidy(&stray_sql(&sources));
    assert_tidy(&unreached(&read(&["src", "tests"]), ROOTS));
}

#[test]
fn the_top_level_holds_what_the_design_says() {
    let entries = checkout().read_dir().expect("the checkout");
    let names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_tidy(&misplaced(&names));
}

#[test]
fn a_dead_or_misnamed_file_is_seen() {
    assert_eq!(
        misplaced(&["src".to_owned(), "notes.txt".to_owned()]).len(),
        1
    );
    assert_eq!(badly_named(&[Source::new("src/log/utils.rs", "")]).len(), 1);
    let tree = [
        Source::new("src/lib.rs", "pub mod log; // mod dead;"),
        Source::new("src/log/mod.rs", "mod read;\nmod inline { fn f() {} }"),
        Source::new("src/log/read.rs", "#[cfg(test)]\nmod tests;"),
        Source::new("src/log/read/tests.rs", ""),
        Source::new("src/log/dead.rs", ""),
        Source::new("src/log/inline.rs", ""),
    ];
    let dead = unreached(&tree, &["src/lib.rs"]);
    assert_eq!(dead.len(), 2, "{dead:?}");
    let sql = [
        Source::new(
            "src/log/read.rs",
            "include_str!(\"sql/head.sql\") include_str!(\n    \"../api/sql/x.sql\")",
        ),
        Source::new(
            "src/log/more.rs",
            "include_str!(\"sql/head.sql\") embed_migrations!(\"migrations/log\")",
        ),
        Source::new("src/log/sql/head.sql", ""),
        Source::new("src/log/sql/never.sql", ""),
        Source::new("src/api/sql/x.sql", ""),
        Source::new("migrations/log/V1__a.sql", ""),
        Source::new("migrations/old/V1__a.sql", ""),
    ];
    let stray = stray_sql(&sql);
    assert_eq!(stray.len(), 3, "{stray:?}");
}
